"""From draws to points, rank and chances: adding up, counting, and what must never fall."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from forecast.model.scheme import Scheme, Subject, leaf_weights
from forecast.model.simulate import Draws, chance, drawn_maxima, quantiles, rank_chances, rank_table, ranks

# Made up: D1 (60 points) and D8 (40: survey 10, outcome 30), three areas, the survey beside the index too.
MAXIMA = {"total": 100.0, "D1": 60.0, "D8": 40.0, "D8.sipas": 10.0, "D8.outcome": 30.0}
SCHEME = Scheme(
    {c: m / 100 for c, m in MAXIMA.items()},
    MAXIMA,
    dict.fromkeys(MAXIMA, "read"),
    {"total": ("D1", "D8"), "D8": ("D8.sipas", "D8.outcome")},
)
SUBJECT = Subject(
    "PAR", ("A", "B", "C"), {"Nước": ("A", "B", "C")}, ("D1", "D8.sipas", "D8.outcome"), {2024: SCHEME}, {}
)

shares = arrays.arrays(float, (7, 3, 3), elements=st.floats(0, 1))
scores = arrays.arrays(float, (30, 5), elements=st.sampled_from([70.0, 80.0, 80.5, 90.0, 91.25]))


@given(drawn=shares)
def test_the_total_is_the_sum_of_the_domains_in_every_draw(drawn):
    """Points add up from the finest components to the domains and from the domains to the total."""
    draws = Draws(SUBJECT, 2024, drawn)
    domains = draws.points("D1") + draws.points("D8")
    np.testing.assert_allclose(draws.points("total"), domains, rtol=0, atol=1e-12)
    np.testing.assert_allclose(draws.points("D8"), 10 * drawn[..., 1] + 30 * drawn[..., 2], atol=1e-12)
    np.testing.assert_allclose(draws.points("total"), 100 * draws.share("total"), atol=1e-12)


@given(
    room=st.lists(st.tuples(st.floats(0.1, 2.0), st.floats(0.1, 2.0)), min_size=2, max_size=4),
    seed=st.integers(0, 99),
)
def test_assumed_maxima_are_drawn_within_their_bounds_and_keep_their_sum(room, seed):
    """Whatever their bounds, no drawn maximum leaves them, and together they stay what they were."""
    names = [f"D{k}" for k in range(len(room))]
    bounds = {name: (12.0 - below, 12.0 + above) for name, (below, above) in zip(names, room, strict=True)}
    scheme = Scheme({}, dict.fromkeys(names, 12.0), dict.fromkeys(names, "assumed"), {}, bounds)
    drawn = drawn_maxima(scheme, 200, np.random.default_rng(seed))
    for name, values in drawn.items():
        assert values.min() >= bounds[name][0] - 1e-9
        assert values.max() <= bounds[name][1] + 1e-9
        assert np.ptp(values) > 0
    np.testing.assert_allclose(sum(drawn.values()), 12.0 * len(names), atol=1e-9)


def test_one_assumed_maximum_alone_follows_from_those_that_are_read():
    """Bounds without room count as read, and then nothing is drawn."""
    scheme = Scheme({}, {"D1": 12.0, "D2": 9.0}, {}, {}, {"D1": (11.0, 13.0), "D2": (9.0, 9.0)})
    assert drawn_maxima(scheme, 3, np.random.default_rng(0)) == {}


def test_the_survey_is_a_percent_of_its_own():
    """Hand case: shares of 0.5 and 0.95 whose points stand 0.1 above, then 0.1 below the percent."""
    drawn = np.full((2, 3, 3), 0.5)
    drawn[1, :, 1] = 0.95
    subject = replace(SUBJECT, links={("SIPAS", "total"): "D8.sipas"})
    off = Draws(subject, 2024, drawn, offset=np.array([0.1, -0.1]))
    np.testing.assert_allclose(off.survey_percent()[:, 0], [40.0, 100.0])
    low = Draws(subject, 2024, drawn, offset=np.array([0.6, 0.0]))
    np.testing.assert_allclose(low.survey_percent()[:, 0], [0.0, 95.0])
    same = Draws(subject, 2024, drawn)
    np.testing.assert_allclose(same.survey_percent()[:, 0], [50.0, 95.0])
    np.testing.assert_array_equal(off.joint().offset, [[0.1], [-0.1]])
    np.testing.assert_array_equal(same.joint().offset, [[0.0], [0.0]])
    assert same.joint().effects.shape == (2, 0)


def test_a_drawn_maximum_is_carried_into_points_and_total():
    """Hand case: half of a maximum of 50 and of 70 points."""
    drawn = np.full((2, 3, 3), 0.5)
    draws = Draws(SUBJECT, 2024, drawn, {"D1": np.array([50.0, 70.0])})
    np.testing.assert_allclose(draws.points("D1")[:, 0], [25.0, 35.0])
    np.testing.assert_allclose(draws.points("total")[:, 1], [45.0, 55.0])
    np.testing.assert_allclose(draws.of_area("B").points("D1"), [[25.0], [35.0]])


@given(drawn=shares)
def test_points_lie_within_zero_and_the_maximum(drawn):
    """No draw of any component leaves its bounds."""
    draws = Draws(SUBJECT, 2024, drawn)
    for component, maximum in MAXIMA.items():
        assert (draws.points(component) >= 0).all()
        assert (draws.points(component) <= maximum + 1e-12).all()
        assert sum(leaf_weights(SUBJECT, component, 2024).values()) == pytest.approx(1)


@given(drawn=shares)
def test_one_area_by_itself_keeps_its_draws(drawn):
    """Keeping one area keeps its own figures, draw by draw."""
    draws = Draws(SUBJECT, 2024, drawn)
    for place, area in enumerate(SUBJECT.areas):
        np.testing.assert_array_equal(
            draws.of_area(area).points("total")[:, 0], draws.points("total")[:, place]
        )


def test_ranks_are_counted_by_hand():
    """The rank is one more than the areas with more points; equals share the better rank."""
    points = np.array([[90.0, 80.0, 70.0], [70.0, 80.0, 90.0], [80.0, 80.0, 90.0], [80.0, 80.0, 80.0]])
    assert ranks(points, 0).tolist() == [1, 3, 2, 1]
    assert ranks(points, 2).tolist() == [3, 1, 1, 1]


@given(points=scores, area=st.integers(0, 4))
def test_the_chances_of_the_ranks_are_counted_and_add_up_to_one(points, area):
    """Oracle: the probability of a rank is the share of draws in which sorting puts the area there."""
    table = rank_table(ranks(points, area), 5)
    assert table["rank"].tolist() == [1, 2, 3, 4, 5]
    assert table["probability"].sum() == pytest.approx(1)
    for rank, probability in zip(table["rank"], table["probability"], strict=True):
        by_hand = [sorted(draw, reverse=True).index(draw[area]) + 1 == rank for draw in points.tolist()]
        assert probability == pytest.approx(np.mean(by_hand))
    both = rank_chances(points, [area, 0])
    np.testing.assert_allclose(both, [rank_table(ranks(points, k), 5)["probability"] for k in (area, 0)])


@given(points=scores, area=st.integers(0, 4))
def test_the_chance_of_a_better_rank_is_never_greater(points, area):
    """The chance of rank k or better rises with k up to certainty; that of at least a score falls."""
    rank = ranks(points, area)
    below = [chance(rank.astype(float), "<=", k) for k in range(6)]
    above = [chance(points[:, area], ">=", bound) for bound in (0, 75, 80, 80.5, 95)]
    assert below == sorted(below)
    assert (below[0], below[-1]) == (0.0, 1.0)
    assert above == sorted(above, reverse=True)
    assert (above[0], above[-1]) == (1.0, 0.0)


@given(points=scores, more=st.floats(0, 30), area=st.integers(0, 4))
def test_more_points_never_worsen_the_rank(points, more, area):
    """An area that gains points keeps or betters its rank in every draw."""
    better = points.copy()
    better[:, area] += more
    assert (ranks(better, area) <= ranks(points, area)).all()


def test_a_chance_counts_the_bound_itself_and_refuses_other_relations():
    """Reaching a target is meeting it; an unknown relation is a programmer's error."""
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert chance(values, "<=", 2.0) == 0.5
    assert chance(values, ">=", 2.0) == 0.75
    with pytest.raises(ValueError, match="relation"):
        chance(values, "<", 2.0)


@given(values=arrays.arrays(float, (40, 2), elements=st.floats(0, 100)))
def test_quantiles_rise_and_lie_among_the_draws(values):
    """Quantiles are in the order of their levels, between the least and the greatest draw, to 4 places."""
    levels = (0.01, 0.1, 0.5, 0.9, 0.99)
    found = quantiles(values, levels)
    assert found.shape == (5, 2)
    assert (np.diff(found, axis=0) >= 0).all()
    assert (found >= values.min(axis=0) - 1e-4).all()
    assert (found <= values.max(axis=0) + 1e-4).all()
    np.testing.assert_allclose(found, np.round(found, 4), atol=0)
    np.testing.assert_allclose(found[2], np.median(values, axis=0), atol=1e-4)
