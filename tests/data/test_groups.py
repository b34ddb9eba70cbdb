"""Figures of the country and its regions against those of their provinces.  All figures are made up."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.data.load.groups import misfits
from forecast.data.tables import COUNTRY

MEMBERS = {"North": ["A", "B"], COUNTRY: ["A", "B", "C", "D"]}


def table(*rows):
    """Rows of one component: area, statistic, figure in percent (of counts: provinces), rank if any."""
    made = [
        (area, "D1", statistic, figure, np.nan if ":" in statistic else figure, *(rank or (np.nan,)))
        for area, statistic, figure, *rank in rows
    ]
    return pd.DataFrame(made, columns=["area", "component", "statistic", "score", "percent", "rank"])


def found(rows, **how):
    """Kind, statistic, bounds and province of each misfit."""
    odd = misfits(table(*rows), MEMBERS, **how)
    return [(one.kind, one.statistic, round(one.low, 2), round(one.high, 2), one.province) for one in odd]


THREE = [("A", "value", 80.0), ("B", "value", 82.0), ("C", "value", 90.0)]
ALL = [*THREE, ("D", "value", 88.0)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([*THREE, (COUNTRY, "max", 85.0)], [("highest", "max", 90.0, 100.0, "C")]),
        ([*THREE, (COUNTRY, "max", 89.9)], []),
        ([*THREE, (COUNTRY, "min", 81.0)], [("lowest", "min", 0.0, 80.0, "A")]),
        ([*THREE, (COUNTRY, "min", 80.0)], []),
        ([(COUNTRY, "min", 90.0), (COUNTRY, "max", 70.0)], [("ends", "min", 0.0, 70.0, "")]),
        ([*ALL, (COUNTRY, "mean", 85.1)], []),
        ([*ALL, (COUNTRY, "mean", 85.2)], [("mean", "mean", 85.0, 85.0, "")]),
        # 252 points are known of four provinces, the last of which has 0 to 100, or 60 to 91
        ([*THREE, (COUNTRY, "mean", 62.8)], [("mean", "mean", 63.0, 88.0, "")]),
        ([*THREE, (COUNTRY, "mean", 88.0)], []),
        (
            [*THREE, (COUNTRY, "mean", 86.0), (COUNTRY, "min", 60.0), (COUNTRY, "max", 91.0)],
            [("mean", "mean", 78.0, 85.75, "")],
        ),
        ([("A", "value", 80.0), ("North", "mean", 45.0)], [("far", "mean", 80.0, 80.0, "")]),
        ([("A", "value", 80.0), ("North", "mean", 52.0)], []),
        ([("C", "value", 80.0), ("North", "mean", 45.0)], []),  # of another region
        ([(COUNTRY, "count:group_A", 3), (COUNTRY, "count:group_B", 1)], []),
        (
            [(COUNTRY, "count:group_A", 3), (COUNTRY, "count:group_B", 2)],
            [("count", "count:group_B", 0, 4, "")],
        ),
        ([(COUNTRY, "count:above_80", 3), (COUNTRY, "count:above_mean", 2)], []),
        ([*THREE, (COUNTRY, "count:above_80", 2)], []),  # 80.0 may be either
        ([*THREE, (COUNTRY, "count:above_80", 1)], [("beyond", "count:above_80", 2, 4, "")]),
        ([*THREE, (COUNTRY, "count:under_70", 2)], [("beyond", "count:under_70", 0, 1, "")]),
        (
            [*THREE, (COUNTRY, "mean", 85.0), (COUNTRY, "count:above_mean", 3)],
            [("beyond", "count:above_mean", 1, 2, "")],
        ),
        ([("C", "value", 90.0, 1), (COUNTRY, "max", 90.0)], []),
        ([("C", "value", 90.0, 1), (COUNTRY, "max", 95.0)], [("first", "max", 90.0, 90.0, "C")]),
        ([("A", "value", 80.0, 4), (COUNTRY, "min", 70.0)], [("last", "min", 80.0, 80.0, "A")]),
        ([("A", "value", 80.0, 3), (COUNTRY, "min", 70.0)], []),
    ],
)
def test_a_figure_that_the_others_leave_no_room_for(rows, expected):
    """Bounds by hand; a tenth of a percent is rounding."""
    assert found(rows) == expected


@pytest.mark.parametrize(("mean", "kinds"), [(79.0, ["mean"]), (81.0, []), (89.0, []), (90.2, ["mean"])])
def test_a_mean_of_a_survey_weighs_its_provinces(mean, kinds):
    """How much nobody prints, so it lies between them and no more is known."""
    assert [kind for kind, *_ in found([*ALL, (COUNTRY, "mean", mean)], weighted=True)] == kinds


@given(st.lists(st.floats(0, 100), min_size=4, max_size=4), st.integers(0, 4), st.booleans())
def test_true_figures_are_never_doubted(scores, known, weighted):
    """Mean and ends of any provinces fit, however few of these are known; few and alike may be far."""
    provinces = [(area, "value", score) for area, score in zip("ABCD", scores, strict=True)]
    own = [
        (COUNTRY, "mean", float(np.mean(scores))),
        (COUNTRY, "max", max(scores)),
        (COUNTRY, "min", min(scores)),
    ]

    assert {kind for kind, *_ in found([*provinces[:known], *own], weighted=weighted)} <= {"far"}
    assert found([*provinces, *own], weighted=weighted) == []


def test_real_means_are_not_far_from_any_few_provinces(panels):
    """Of 13 years of PAPI: the best, the worst and any few provinces, of every part."""
    rng, papi = np.random.default_rng(1), pd.read_csv(panels / "papi.csv")
    for (year, component), own in papi.groupby(["year", "component"]):
        scale = 100 / (10 if component != "total" else 10 * (6 if year < 2018 else 8))
        scores = np.sort(own["score"].to_numpy()) * scale
        members = {COUNTRY: [str(number) for number in range(len(scores))]}
        for size in (1, 2, 3, 5, 10):
            for taken in (slice(0, size), slice(-size, None), rng.choice(len(scores), size, replace=False)):
                rows = [(str(n), "value", score) for n, score in enumerate(scores[taken])]
                assert list(misfits(table(*rows, (COUNTRY, "mean", scores.mean())), members)) == []
