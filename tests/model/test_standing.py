"""Published ranks, extremes and means hold in draws, whatever was drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from forecast.model.evidence import Evidence
from forecast.model.fitted_evidence import Statements
from forecast.model.joint_draws import joint_draws
from forecast.model.latent import Lattice
from forecast.model.standing import Standing, normal_score

SIZE = 12


def standing(ranks: dict[int, int], shares: dict[int, float], **more: float) -> Standing:
    """A year of twelve areas of which some have a rank, some a share."""
    rank, share = np.full(SIZE, np.nan), np.full(SIZE, np.nan)
    rank[list(ranks)], share[list(ranks)] = list(ranks.values()), np.nan
    for area, value in shares.items():
        share[area] = value
    ends = {"best": np.nan, "worst": np.nan, "mean": np.nan} | more
    return Standing(2023, {0: 1.0}, rank, share, ends["best"], ends["worst"], ends["mean"], 0.03)


def ranks_of(shares: np.ndarray) -> np.ndarray:
    """Rank of every area in every draw, 1 the best."""
    return (-shares).argsort(axis=1).argsort(axis=1) + 1


@settings(max_examples=50)
@given(seed=st.integers(0, 9999), with_score=st.integers(2, 6), rank_alone=st.integers(0, 4))
def test_every_published_rank_and_score_holds(seed, with_score, rank_alone):
    """Of a made-up year some scores and ranks are published: no draw contradicts one of them."""
    rng = np.random.default_rng(seed)
    truth = np.sort(rng.uniform(0.6, 0.95, SIZE))[::-1]
    areas = rng.permutation(SIZE)
    place = {int(area): position + 1 for position, area in enumerate(areas)}
    chosen = rng.permutation(SIZE)[: with_score + rank_alone]
    year = standing(
        {int(a): place[int(a)] for a in chosen},
        {int(a): float(truth[place[int(a)] - 1]) for a in chosen[:with_score]},
        best=float(truth[0]),
        worst=float(truth[-1]),
    )
    held = year.hold(rng.uniform(0.5, 1.0, (20, SIZE)), rng)
    for area in chosen:
        assert (ranks_of(held)[:, area] == place[int(area)]).all()
    for area in chosen[:with_score]:
        np.testing.assert_array_equal(held[:, area], year.share[area])
    assert held.max() <= truth[0]
    assert held.min() >= truth[-1]


def test_areas_of_which_nothing_is_told_keep_their_order():
    """Who was drawn higher gets the higher free place."""
    year = standing({0: 1, 1: 12, 2: 6}, {0: 0.9, 1: 0.6, 2: 0.8})
    rng = np.random.default_rng(3)
    drawn = rng.uniform(0.5, 1.0, (30, SIZE))
    held = year.hold(drawn, rng)
    np.testing.assert_array_equal(
        ranks_of(held)[:, 3:].argsort(axis=1), ranks_of(drawn)[:, 3:].argsort(axis=1)
    )


@pytest.mark.parametrize("mean", [0.72, 0.75, 0.78])
def test_the_published_mean_holds_where_the_published_scores_leave_room(mean):
    """Three scores fix the ends and the middle; the rest moves so that the mean is the published one."""
    year = standing({0: 1, 1: 12, 2: 6}, {0: 0.9, 1: 0.6, 2: 0.76}, mean=mean)
    held = year.hold(np.random.default_rng(1).uniform(0.5, 1.0, (40, SIZE)), np.random.default_rng(2))
    np.testing.assert_allclose(held.mean(axis=1), mean, atol=1e-9)
    assert (ranks_of(held)[:, :3] == [1, 12, 6]).all()


def test_between_two_scores_the_others_lie_as_order_statistics_do():
    """Hand case: one area between ranks 1 and 3 of three; on average at the middle of its normal scores."""
    year = Standing(
        2023, {0: 1.0}, np.array([1.0, 3.0, np.nan]), np.array([0.9, 0.7, np.nan]), *[np.nan] * 3, spread=0.1
    )
    held = year.hold(np.full((20_000, 3), 0.5), np.random.default_rng(0))
    assert held[:, 2].mean() == pytest.approx(0.8, abs=0.002)
    np.testing.assert_allclose(normal_score(np.array([1, 2, 3]), 3), [0.8697, 0.0, -0.8697], atol=1e-3)


def test_an_area_drawn_alone_is_held_as_among_all():
    """The third of twelve lies between the scores of second and fifth; who has no rank stays as drawn."""
    year = standing({0: 2, 1: 5, 2: 3}, {0: 0.9, 1: 0.8}, best=0.95, worst=0.5)
    drawn = np.random.default_rng(4).uniform(0.5, 1.0, (500, SIZE))
    alone = year.hold(drawn[:, [2]], np.random.default_rng(5), areas=[2])
    np.testing.assert_array_equal(alone, year.hold(drawn, np.random.default_rng(5))[:, [2]])
    assert ((alone > 0.8) & (alone < 0.9)).all()
    both = year.hold(drawn[:, [7, 2]], np.random.default_rng(5), areas=[7, 2])
    np.testing.assert_array_equal(both[:, 0], drawn[:, 7])
    np.testing.assert_array_equal(both[:, 1], alone[:, 0])


def test_draws_of_the_panel_hold_the_ranks_and_the_year_after_leans_on_them():
    """Areas of which only others' ranks are told take the free places, and keep near them a year later."""
    areas = tuple("ABCDEFGH")
    lattice = Lattice(areas, ("D1",), (2022, 2023), np.zeros((1, 2)), np.ones(2))
    ranked = {0: (1, 0.92), 1: (2, 0.90), 2: (3, 0.88), 3: (4, 0.86), 4: (8, 0.60)}
    rank, share = np.full(8, np.nan), np.full(8, np.nan)
    for area, (place, value) in ranked.items():
        rank[area], share[area] = place, value
    year = Standing(2022, {0: 1.0}, rank, share, np.nan, np.nan, np.nan, 0.1)
    over = np.eye(8)[list(ranked)]
    statements = Statements(
        csr_array(over),
        csr_array(np.tile([1.0, 0.0], (5, 1))),
        np.array([value for _, value in ranked.values()]),
        np.full(5, 2e-4),
        np.arange(5),
        (year,),
    )
    drawn = joint_draws(
        Evidence(search=False).fit(lattice, statements), (2022, 2023), 400, np.random.default_rng(1)
    ).shares
    then, after = drawn[..., 0, 0], drawn[..., 0, 1]
    assert (ranks_of(then)[:, :5] == [1, 2, 3, 4, 8]).mean() > 0.99
    assert (then[:, 5:] < 0.861).mean() > 0.99
    assert np.median(ranks_of(after)[:, 0]) <= 2
    assert np.median(after[:, 5:]) < np.median(after[:, 3])
