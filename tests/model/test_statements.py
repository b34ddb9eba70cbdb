"""From published rows to statements: units, maxima, ranks, counts; every row has a use or a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from forecast.base.labels import text
from forecast.data.tables import MADE, TRUST
from forecast.model import statements
from forecast.model.evidence import Evidence
from forecast.model.fitted_evidence import Statements
from forecast.model.joint_draws import joint_draws
from forecast.model.latent import START
from forecast.model.linear import own_area
from forecast.model.scheme import ASSUMED_ERROR, Scheme, Subject, leaf_weights
from forecast.model.standing import normal_score
from forecast.model.statements import (
    BORROWED_ERROR,
    BORROWED_TOTAL_ERROR,
    DERIVED_ERROR,
    LINK_ERROR,
    TRUST_ERROR,
    observe,
)

# Made up: an index of D1 (40 points), D2 (35, assumed) and D8 (25: survey 10, outcome 15), ranked over
# forty areas.  In 2021 the maxima were others: D1 50, D2 30, D8 20 whose split is borrowed.
AREAS = tuple(f"A{number:02d}" for number in range(1, 41))
MAXIMA = {"total": 100.0, "D1": 40.0, "D2": 35.0, "D8": 25.0, "D8.sipas": 10.0, "D8.outcome": 15.0}
OLD = {"total": 100.0, "D1": 50.0, "D2": 30.0, "D8": 20.0, "D8.sipas": 8.0, "D8.outcome": 12.0}
CHILDREN = {"total": ("D1", "D2", "D8"), "D8": ("D8.sipas", "D8.outcome")}
STATUS = {c: "assumed" if c == "D2" else "read" for c in MAXIMA}
OLD_STATUS = {c: "borrowed" if c.startswith("D8.") else "read" for c in OLD}


def scheme(maxima: dict[str, float], status: dict[str, str]) -> Scheme:
    """One year's maxima."""
    return Scheme({c: m / 100 for c, m in maxima.items()}, maxima, status, CHILDREN)


SUBJECT = Subject(
    index_code="PAR",
    areas=AREAS,
    regions={"Nước": AREAS, "Vùng": AREAS[:4]},
    components=("D1", "D2", "D8.sipas", "D8.outcome"),
    schemes={2021: scheme(OLD, OLD_STATUS), 2022: scheme(MAXIMA, STATUS), 2023: scheme(MAXIMA, STATUS)},
    breaks={"D1": (2022,), "D2": (2022,), "D8.sipas": (2023,), "D8.outcome": (2022,)},
    links={("SIPAS", "total"): "D8.sipas"},
    spare=frozenset({"part.appraised"}),
)


def row(**facts: Any) -> dict[str, Any]:
    """A settled row: the area's total of 2022 in points, unless told otherwise."""
    usual = {"index_code": "PAR", "year": 2022, "area": "A01", "component": "total", "statistic": "value"}
    figures = {"score": np.nan, "unit": "points", "max_score": np.nan, "rank": np.nan}
    return usual | figures | {"trust": "official", "spread": 0.0} | facts


def read(*rows: dict[str, Any], subject: Subject = SUBJECT) -> tuple[Statements, list[str]]:
    """Read rows; statements and uses."""
    _, found, uses = observe(pd.DataFrame(rows), subject, START)
    return found, uses.tolist()


def one(subject: Subject = SUBJECT, **facts: Any) -> tuple[float, float]:
    """Value and error of the only statement of one row."""
    found, _ = read(row(**facts), subject=subject)
    assert len(found) == 1
    return float(found.value[0]), float(found.error[0])


OFFICIAL = TRUST_ERROR["official"]


@pytest.mark.parametrize(
    ("facts", "value", "error"),
    [
        ({"score": 84.7}, 0.847, OFFICIAL),  # points of the total's hundred
        ({"score": 84.7, "unit": "percent"}, 0.847, OFFICIAL),
        ({"component": "D1", "score": 30.0}, 0.75, OFFICIAL),  # points of the framework's maximum
        ({"component": "D1", "score": 75.0, "unit": "percent"}, 0.75, OFFICIAL),
        ({"component": "D1", "score": 30.0, "max_score": 60.0}, 0.5, OFFICIAL),  # printed maxima go first
        ({"component": "D1", "score": 30.0, "year": 2021}, 0.6, OFFICIAL),  # each year has its own
        ({"component": "D2", "score": 28.0}, 0.8, np.hypot(OFFICIAL, ASSUMED_ERROR * 0.8)),
        ({"component": "D2", "score": 80.0, "unit": "percent"}, 0.8, OFFICIAL),  # percent needs no maximum
        (
            {"component": "D8.sipas", "score": 6.0, "year": 2021},
            0.75,
            np.hypot(OFFICIAL, BORROWED_ERROR * 0.75),
        ),
        ({"score": 84.7, "year": 2021}, 0.847, np.hypot(OFFICIAL, BORROWED_TOTAL_ERROR * 0.847)),
        ({"score": 84.7, "year": 2021, "unit": "percent"}, 0.847, np.hypot(OFFICIAL, BORROWED_TOTAL_ERROR)),
        (
            {"component": "D1", "score": 45.0},
            0.9,
            np.hypot(OFFICIAL, BORROWED_ERROR * 0.9),
        ),  # only 2021's holds it
        ({"index_code": "SIPAS", "score": 82.0, "unit": "percent"}, 0.82, np.hypot(OFFICIAL, LINK_ERROR)),
        ({"score": 84.7, "trust": "derived"}, 0.847, TRUST_ERROR["derived"]),
        ({"component": "D1", "score": 30.0, "trust": "derived"}, 0.75, DERIVED_ERROR),  # a domain errs more
        ({"score": 84.7, "spread": 0.4}, 0.847, OFFICIAL + 0.002),  # sources disagree by 0.4 points
        ({"component": "D1", "score": 30.0, "spread": 0.4}, 0.75, OFFICIAL + 0.005),  # of forty
    ],
)
def test_a_score_is_a_share_of_its_maximum_with_the_doubt_of_both(facts, value, error):
    """By hand: the share, and the error of source, disagreement, link and maximum."""
    assert one(**facts) == pytest.approx((value, error))


def test_less_trusted_sources_err_more():
    """The order of trust is the order of errors, and each trust has one."""
    assert tuple(TRUST_ERROR) == (*TRUST, MADE)  # of what is made the spread holds all of the doubt
    errors = [TRUST_ERROR[trust] for trust in TRUST]
    assert sorted(errors) == errors


@given(score=st.floats(0, 50), maximum=st.floats(50, 200))
def test_points_and_percent_of_the_same_score_say_the_same(score, maximum):
    """A score in points with its maximum is the score in percent."""
    points = one(component="D1", score=score, max_score=maximum)
    percent = one(component="D1", score=100 * score / maximum, unit="percent")
    assert points == pytest.approx(percent, abs=1e-12)


@given(maxima=st.lists(st.floats(0.5, 60), min_size=4, max_size=4), year=st.integers(2021, 2023))
def test_weights_of_every_component_add_up_to_one(maxima, year):
    """Whatever the maxima, a share of 1 in every part is a share of 1 of the whole."""
    d1, d2, sipas, outcome = maxima
    parts = {"D1": d1, "D2": d2, "D8": sipas + outcome, "D8.sipas": sipas, "D8.outcome": outcome}
    maxima = {"total": 100.0, **{c: 100 * m / sum(maxima) for c, m in parts.items()}}
    subject = replace(SUBJECT, schemes=dict.fromkeys(SUBJECT.schemes, scheme(maxima, STATUS)))
    for component in MAXIMA:
        weights = leaf_weights(subject, component, year)
        assert sum(weights.values()) == pytest.approx(1)
        assert all(w > 0 for w in weights.values())
        for leaf, weight in weights.items():
            assert weight == pytest.approx(maxima[leaf] / maxima[component])


def test_a_sum_weighs_its_parts_as_the_year_did():
    """A total of 2021 is made of that year's maxima, a total of 2022 of the next."""
    found, uses = read(row(score=80.0, year=2021), row(score=80.0), row(component="D8", score=20.0))
    lattice, _, _ = observe(pd.DataFrame([row(score=80.0)]), SUBJECT, START)
    assert uses == ["score"] * 3
    for k, (year, parts) in enumerate(
        [
            (2021, {"D1": 0.5, "D2": 0.3, "D8.sipas": 0.08, "D8.outcome": 0.12}),
            (2022, {"D1": 0.4, "D2": 0.35, "D8.sipas": 0.1, "D8.outcome": 0.15}),
            (2022, {"D8.sipas": 0.4, "D8.outcome": 0.6}),
        ]
    ):
        expected = np.zeros(lattice.n_cells)
        for component, weight in parts.items():
            expected[lattice.cell(component, year)] = weight
        np.testing.assert_allclose(found.cell_weight[[k]].toarray()[0], expected)


def test_satisfaction_of_the_survey_is_the_survey_part_of_the_index():
    """SIPAS percent speaks of the cell of D8.sipas less the offset; the survey's own parts have no place."""
    survey, points = row(index_code="SIPAS", score=82.0, unit="percent"), row(component="D8.sipas", score=8.2)
    found, uses = read(
        survey, points, row(index_code="SIPAS", component="access", score=82.0, unit="percent")
    )
    assert uses == ["score", "score", "no_such_component"]
    weight = found.cell_weight.toarray()
    np.testing.assert_array_equal(weight[0, :-1], weight[1, :-1])
    assert weight[:, -1].tolist() == [-1.0, 0.0]
    np.testing.assert_allclose(found.value, 0.82)


def test_the_appraised_part_of_a_domain_says_less_of_it_than_its_score():
    """Percent of the appraised part stand on the domain's own cell, with an error of their own."""
    score = one(component="D1", score=80.0, unit="percent")
    part = one(component="D1.appraised", score=80.0, unit="percent")
    assert part[0] == score[0] == 0.8
    assert part[1] == pytest.approx(np.hypot(score[1], statements.APPRAISED_ERROR))


def test_a_maximum_within_bounds_doubts_a_score_by_what_they_leave_open():
    """Hand case: uniform from 33 to 39 about 35 points has a standard deviation of 6 / sqrt(12)."""
    scheme = SUBJECT.schemes[2022]
    bounded = replace(scheme, bounds={"D2": (33.0, 39.0)})
    subject = replace(SUBJECT, schemes=SUBJECT.schemes | {2022: bounded})
    plain, doubt = one(component="D2", score=28.0)[1], one(subject=subject, component="D2", score=28.0)[1]
    assert doubt == pytest.approx(np.hypot(OFFICIAL, 6 / np.sqrt(12) / 35 * 0.8), rel=1e-6)
    assert plain == pytest.approx(np.hypot(OFFICIAL, ASSUMED_ERROR * 0.8), rel=1e-6)


@pytest.mark.parametrize(
    ("facts", "use"),
    [
        ({"score": 84.7}, "score"),
        ({"score": 84.7, "rank": 9.0}, "score"),
        ({"rank": 9.0}, "rank"),
        ({"area": "Nước", "statistic": "mean", "score": 80.0}, "mean"),
        ({"area": "Vùng", "statistic": "mean", "score": 80.0}, "mean"),
        ({"area": "Nước", "statistic": "max", "score": 90.0}, "places_mean"),
        ({"area": "Nước", "statistic": "count:group_A", "score": 3.0, "unit": "provinces"}, "places_mean"),
        ({"component": "part.appraised", "score": 50.0}, "spare_part"),
        ({"component": "D1.appraised", "score": 80.0, "unit": "percent"}, "appraised"),
        ({"component": "D9", "score": 5.0}, "no_such_component"),
        ({"component": "1.2.3", "score": 0.5}, "criterion"),
        ({"index_code": "PAPI", "score": 40.0}, "no_such_component"),
        ({"area": "Nơi khác", "score": 80.0}, "no_such_area"),
        ({"area": "Vùng", "statistic": "max", "score": 90.0}, "no_such_area"),
        ({"year": 2020, "score": 80.0}, "outside_years"),
        ({"year": 2024, "score": 80.0}, "outside_years"),
        ({"component": "D1", "score": 70.0}, "above_every_maximum"),
        ({"rank": 41.0}, "no_such_rank"),
        ({}, "no_number"),
        ({"area": "Nước", "statistic": "mean", "rank": 3.0}, "no_number"),
        ({"area": "Nước", "statistic": "max", "rank": 1.0}, "no_number"),
        ({"area": "Nước", "statistic": "count:group_A", "rank": 1.0, "unit": "provinces"}, "no_number"),
        ({"area": "Nước", "statistic": "count:group_B", "score": 9.0, "unit": "provinces"}, "no_level"),
        ({"area": "Nước", "statistic": "count:above_mean", "score": 9.0, "unit": "provinces"}, "no_level"),
    ],
)
def test_every_row_has_a_use_or_a_reason(facts, use):
    """Each kind of row is used in its way or says in both languages why not; nothing missing gets in."""
    found, uses = read(row(**facts))
    assert uses == [use]
    assert len(found) == (use in {"score", "appraised", "rank", "mean", "places_mean"})
    assert np.isfinite(found.value).all()
    assert (found.error > 0).all()
    assert text(f"use.{use}", "vi") != text(f"use.{use}", "en")


def test_extremes_and_counts_place_the_mean_only_where_none_is_published():
    """Beside a published mean of the year a highest score tells the spread and a count tells nothing new."""
    shape = [
        row(area="Nước", statistic="max", score=90.0),
        row(area="Nước", statistic="count:group_A", score=2.0, unit="provinces"),
    ]
    told = row(area="Nước", statistic="mean", score=80.0)
    assert read(*shape)[1] == ["places_mean", "places_mean"]
    assert read(*shape, told)[1] == ["spread_only", "beside_mean", "mean"]
    assert read(*shape, told | {"score": np.nan, "rank": 1.0})[1] == [
        "places_mean",
        "places_mean",
        "no_number",
    ]
    assert read(*shape, told | {"year": 2023})[1] == ["places_mean", "places_mean", "mean"]  # another year's
    assert read(*shape, told | {"area": "Vùng"})[1] == ["places_mean", "places_mean", "mean"]  # a region's


ENDS = (row(area="Nước", statistic="max", score=90.0), row(area="Nước", statistic="min", score=70.0))


def test_extremes_place_the_mean_in_their_middle():
    """A highest and a lowest score alone: the mean is as far below the one as above the other."""
    found, _ = read(*ENDS)
    np.testing.assert_allclose(found.value, 0.80, atol=1e-9)
    assert (found.error > 0.005).all()


@given(count=st.integers(0, 40))
def test_more_areas_above_a_bound_say_a_higher_mean(count):
    """The mean rises with the areas above 80 and falls with those under 70; half of them put it there."""
    ends = [e | {"year": 2023} for e in ENDS]  # a spread to go by, of another year

    def place(statistic: str, score: int) -> float:
        found, _ = read(*ends, row(area="Nước", statistic=statistic, score=float(score), unit="provinces"))
        return float(found.value[-1])

    if count:
        assert place("count:above_80", count) > place("count:above_80", count - 1)
        assert place("count:under_70", count) < place("count:under_70", count - 1)
    assert place("count:above_80", 20) == pytest.approx(0.80)
    assert place("count:under_70", 20) == pytest.approx(0.70)
    # Those above a bound and those below it are all there are.
    assert place("count:above_80", count) == pytest.approx(place("count:group_C", 40 - count))


def order_statistic(rank: int, n: int) -> tuple[float, float]:
    """Mean and standard deviation of the rank-th highest of n normal draws, by numeric integration."""

    def density(u: float) -> float:
        return float(stats.beta.pdf(u, n + 1 - rank, rank))

    mean = integrate.quad(lambda u: special.ndtri(u) * density(u), 0, 1, limit=200)[0]
    square = integrate.quad(lambda u: special.ndtri(u) ** 2 * density(u), 0, 1, limit=200)[0]
    return mean, float(np.sqrt(square - mean**2))


@pytest.mark.parametrize("rank", [1, 2, 5, 15, 32, 49, 59, 62, 63])
def test_a_rank_stands_where_that_order_statistic_is_expected(rank):
    """Oracle: the mean and the spread of order statistics of 63 normal draws, integrated."""
    mean, sd = order_statistic(rank, 63)
    assert normal_score(rank, 63) == pytest.approx(mean, abs=0.02)
    assert statements._order_error(rank, 63) == pytest.approx(sd, rel=0.08, abs=0.01)


def test_the_spread_of_a_year_is_read_off_scores_with_ranks():
    """Scores that lie on a line over their ranks' normal places give that line's slope, if they lie apart."""
    sd = 0.03
    ranked = [
        row(area=f"A{r:02d}", rank=float(r), score=100 * (0.8 + sd * normal_score(r, 40)))
        for r in (1, 12, 24, 40)
    ]
    lone = row(area="A20", rank=20.0)
    for rows in (ranked, ranked[:3], [ranked[0], ranked[3]]):
        found, uses = read(*rows, lone)
        assert uses[-1] == "rank"
        assert found.value[-1] == pytest.approx(sd * normal_score(20, 40))
    near = [
        row(area=a, rank=r, score=s)
        for a, r, s in (("A18", 18.0, 81.0), ("A19", 19.0, 80.0), ("A21", 21.0, 60.0))
    ]
    usual = read(lone)[0].value[-1]
    assert read(*near, lone)[0].value[-1] == pytest.approx(usual)  # too close together to tell
    wrong = [r | {"rank": 41 - r["rank"]} for r in ranked]
    assert read(*wrong, lone)[0].value[-1] == pytest.approx(usual)  # better ranks cannot score less


def fitted_total(*rows: dict[str, Any]) -> np.ndarray:
    """Posterior mean share of every area's total in 2022."""
    lattice, found, _ = observe(pd.DataFrame(rows), SUBJECT, START)
    fitted = Evidence(search=False).fit(lattice, found)
    drawn = joint_draws(fitted, (2022,), 2000, np.random.default_rng(1)).shares[..., 0]
    weights = [leaf_weights(SUBJECT, "total", 2022)[c] for c in SUBJECT.components]
    return np.asarray((drawn @ weights).mean(axis=0))


def test_the_best_rank_raises_and_the_worst_lowers():
    """Of areas with nothing but a rank the first lies above the mean, the last below it, the middle at it."""
    means = [row(area="Nước", statistic="mean", score=80.0, year=year) for year in (2021, 2022, 2023)]
    ranked = [row(area="A01", rank=1.0), row(area="A02", rank=40.0), row(area="A03", rank=20.0)]
    first, last, middle, *others = fitted_total(*means, *ranked)
    assert first > max(others) + 0.01
    assert last < min(others) - 0.01
    assert middle == pytest.approx(float(np.mean(others)), abs=0.01)


def test_a_region_means_its_own_areas():
    """A regional mean weighs its four areas alike and moves them, and the others far less."""
    found, _ = read(row(area="Vùng", statistic="mean", score=80.0))
    np.testing.assert_allclose(found.area_weight[[0]].toarray()[0], [0.25] * 4 + [0.0] * 36)
    means = [row(area="Nước", statistic="mean", score=80.0, year=year) for year in (2021, 2022, 2023)]
    places = fitted_total(*means, row(area="Vùng", statistic="mean", score=90.0))
    np.testing.assert_allclose(places[:4].mean(), 0.90, atol=0.02)
    np.testing.assert_allclose(places.mean(), 0.80, atol=0.01)


def test_values_go_back_to_their_rows():
    """`by_row` puts each statement's value on the row that it came from and nothing on the others."""
    found, _ = read(row(component="D9", score=1.0), row(score=84.7), row(), row(area="A02", score=80.0))
    placed = found.by_row(found.value, 4)
    np.testing.assert_allclose(placed, [np.nan, 0.847, np.nan, 0.80])
    np.testing.assert_array_equal(own_area(found.area_weight), [0, 1])


def test_no_rows_are_no_statements():
    """Nothing published gives an empty set of statements, in the right shape."""
    lattice, found, uses = observe(pd.DataFrame([row(component="D9", score=1.0)]), SUBJECT, START)
    assert (len(found), found.area_weight.shape, found.cell_weight.shape) == (
        0,
        (0, 40),
        (0, lattice.n_cells),
    )
    assert uses.tolist() == ["no_such_component"]


def test_known_changes_stand_in_the_lattice():
    """A component's level may jump in the years of its own changes, never in the first year."""
    lattice, _, _ = observe(pd.DataFrame([row(score=80.0)]), SUBJECT, START)
    assert lattice.years == (2021, 2022, 2023)
    jumps = {
        c: [y for y, b in zip(lattice.years, row_, strict=True) if b]
        for c, row_ in zip(lattice.components, lattice.breaks, strict=True)
    }
    assert jumps == {"D1": [2022], "D2": [2022], "D8.sipas": [2023], "D8.outcome": [2022]}
    early = replace(SUBJECT, breaks=dict.fromkeys(SUBJECT.components, (2015, 2021)))
    assert not observe(pd.DataFrame([row(score=80.0)]), early, START)[0].breaks.any()
