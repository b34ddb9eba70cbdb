"""Criteria below a forecast domain: they add up to it, in every draw, each within its maximum."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import logit

from forecast.answer.scorecard import allocation

shares = st.floats(0, 1, allow_nan=False)


@st.composite
def domains(draw):
    """Draws of a domain's share, last year's share, maxima and last shares of its criteria."""
    count = draw(st.integers(2, 6))
    maxima = draw(st.lists(st.sampled_from([0.25, 0.5, 1.0, 2.0]), min_size=count, max_size=count))
    bases = draw(st.lists(st.none() | shares, min_size=count, max_size=count))
    known = np.array([np.nan if base is None else base for base in bases])
    return np.array(draw(st.lists(shares, min_size=3, max_size=6))), draw(shares), np.array(maxima), known


@given(case=domains(), seed=st.integers(0, 99))
def test_criteria_add_up_to_their_domain_in_every_draw(case, seed):
    """Whatever is known of last year, the sum of the criteria is the domain's own draw."""
    share, last, maxima, bases = case
    noise = np.random.default_rng(seed).standard_normal((len(share), len(maxima)))

    drawn = allocation.allocate(share, last, maxima, bases, noise)

    assert ((drawn >= 0) & (drawn <= 1)).all()
    np.testing.assert_allclose(drawn @ maxima, share * maxima.sum(), atol=1e-7)


def test_without_noise_unknown_criteria_share_their_domain_s_lot(monkeypatch):
    """Nothing is known below the domain: each criterion earns its domain's share."""
    drawn = allocation.allocate(
        np.array([0.6, 0.9]), 0.8, np.array([1.0, 2.0]), np.full(2, np.nan), np.zeros((2, 2))
    )

    np.testing.assert_allclose(drawn, [[0.6, 0.6], [0.9, 0.9]], atol=1e-8)


def test_a_domain_that_earns_nothing_or_all_has_criteria_that_do():
    """To the last bit: no criterion keeps a trace of what it was."""
    drawn = allocation.allocate(
        np.array([0.0, 1.0]), 0.8, np.array([1.0, 2.0]), np.array([0.9, np.nan]), np.ones((2, 2))
    )

    np.testing.assert_array_equal(drawn, [[0.0, 0.0], [1.0, 1.0]])


def test_without_noise_and_move_criteria_stay_what_they_were():
    """A domain that stays as it was keeps its criteria as they were."""
    bases = np.array([0.5, 0.95])
    last = float(np.array([1.0, 2.0]) @ bases) / 3

    drawn = allocation.allocate(np.array([last]), last, np.array([1.0, 2.0]), bases, np.zeros((1, 2)))

    np.testing.assert_allclose(drawn, [bases], atol=1e-8)


def test_the_unknown_criteria_had_what_the_known_ones_left():
    """Of last year's 2.4 of 3 points, a known criterion had 1 of 1: the other had 1.4 of 2."""
    drawn = allocation.allocate(
        np.array([0.8]), 0.8, np.array([1.0, 2.0]), np.array([0.9, np.nan]), np.zeros((1, 2))
    )

    np.testing.assert_allclose(drawn, [[0.9, 0.75]], atol=1e-8)


def test_criteria_lie_apart_by_what_they_were_and_by_their_own_noise():
    """By hand, in logits: 0.25 a unit of noise where last year's share is known, 0.9 where it is not."""
    noise = np.array([[1.0, -1.0], [0.0, 2.0]])

    known = allocation.allocate(np.array([0.6, 0.7]), 0.7, np.ones(2), np.array([0.8, 0.6]), noise)
    unknown = allocation.allocate(np.array([0.6, 0.7]), 0.7, np.ones(2), np.full(2, np.nan), noise)

    gap = logit(0.8) - logit(0.6)
    np.testing.assert_allclose(logit(known[:, 0]) - logit(known[:, 1]), [gap + 0.5, gap - 0.5], atol=1e-7)
    np.testing.assert_allclose(logit(unknown[:, 0]) - logit(unknown[:, 1]), [1.8, -1.8], atol=1e-7)


def test_the_common_step_is_found_in_a_few_rounds(rng, monkeypatch):
    """Six rounds of Newton's method do, also for draws that are right before the others."""
    monkeypatch.setattr(allocation, "ROUNDS", 6)
    share, weights = rng.uniform(0.005, 0.995, 500), np.array([0.1, 0.2, 0.3, 0.3, 0.1])

    drawn = 2 * rng.standard_normal((500, 5))

    np.testing.assert_allclose(allocation.shift_to_mean(drawn, weights, share) @ weights, share, atol=1e-9)
    np.testing.assert_allclose(
        allocation.shift_to_mean(-drawn, weights, 1 - share) @ weights, 1 - share, atol=1e-9
    )


@settings(max_examples=60)
@given(
    points=st.lists(st.floats(0, 1), min_size=4, max_size=4),
    goals=st.tuples(shares, shares),
)
@example(points=[0.75, 0.63, 0.0, 1.0], goals=(0.0, 0.73))  # flat between what three can earn and all
def test_moved_leaves_reach_the_goal_and_move_one_way(points, goals):
    """A larger goal gives no leaf less; every goal within the maxima is met exactly."""
    maxima = np.array([0.5, 1.0, 1.5, 2.0])
    leaves = np.array([points]) * maxima
    low, high = (np.array([goal * 5.0]) for goal in sorted(goals))

    less, more = allocation.adjust_to_sum(leaves, maxima, low), allocation.adjust_to_sum(leaves, maxima, high)

    np.testing.assert_allclose((less.sum(), more.sum()), (low[0], high[0]), atol=1e-6)
    assert (more >= less - 1e-6).all()
    assert ((more >= -1e-9) & (more <= maxima + 1e-9)).all()


def test_moved_leaves_move_alike_on_the_logit_scale():
    """From 0.2, 0.5 and 0.8 of their maxima, all by the same step; more than there is gives the maxima."""
    maxima, before = np.array([0.5, 2.0, 4.0]), np.array([0.2, 0.5, 0.8])

    after = allocation.adjust_to_sum(np.array([before * maxima] * 2), maxima, np.array([5.5, 9.0]))

    step = logit(after[0] / maxima) - logit(before)
    np.testing.assert_allclose(step, np.full(3, step[0]), atol=1e-6)
    assert step[0] > 0.5
    np.testing.assert_array_equal(after[1], maxima)


def test_a_goal_that_is_met_moves_nothing():
    """Steps stay on their steps where nothing has to change."""
    leaves = np.array([[0.25, 1.0, 0.0]])

    assert allocation.adjust_to_sum(leaves, np.array([0.5, 1.0, 1.0]), np.array([1.25])) is not leaves
    np.testing.assert_array_equal(
        allocation.adjust_to_sum(leaves, np.array([0.5, 1.0, 1.0]), np.array([1.25])), leaves
    )


@pytest.mark.parametrize(("last", "now"), [(0.5, 0.7), (0.9, 0.6)])
def test_criteria_move_with_their_domain(last, now, rng):
    """On average a criterion's logit moves as its domain's does."""
    bases = np.array([0.4, 0.6, 0.5]) if last == 0.5 else np.array([0.85, 0.9, 0.95])
    drawn = allocation.allocate(
        np.full(4000, now), last, np.ones(3), bases, rng.standard_normal((4000, 3))
    ).mean(axis=0)

    assert (np.sign(drawn - bases) == np.sign(now - last)).all()
    assert (np.argsort(drawn) == np.argsort(bases)).all()


def test_free_criteria_do_not_lose_again_what_scored_ones_lost():
    """Last year a scored criterion had 0 of 1, the others 2.9 of 3: they are expected to do as well."""
    maxima, bases = np.array([1.0, 1.0, 2.0]), np.array([0.0, 0.95, np.nan])
    free = np.array([False, True, True])

    share, last = allocation.share_without_rule(np.array([2.9 / 4, 0.8]), 2.9 / 4, maxima, bases, free)

    assert last == pytest.approx(2.9 / 3)
    assert share[0] == pytest.approx(2.9 / 3)  # a domain that stays where it was
    assert 2.9 / 3 < share[1] < 1
    for known, last, most in (
        (0.1, 0.9, 1.0),
        (0.9, 0.1, 0.0),
    ):  # the known one left more than there is, or less
        bases = np.array([known, np.nan])
        assert (
            allocation.share_without_rule(np.array([0.5]), last, np.ones(2), bases, np.isnan(bases))[1]
            == most
        )


@given(share=shares, last=shares, known=st.booleans())
def test_where_nothing_tells_them_apart_free_criteria_have_their_domain_s_share(share, last, known):
    """All criteria are free, or nothing is known of last year: the domain's own draws, to the last bit."""
    bases = np.array([0.2, 0.9]) if known else np.full(2, np.nan)
    drawn = np.array([share])

    found = allocation.share_without_rule(drawn, last, np.array([1.0, 2.0]), bases, np.array([known, True]))

    assert found[0] is drawn
    assert found[1] == last
