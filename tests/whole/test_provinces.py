"""Who is near: read off the joint draws that give the rank."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from forecast.answer.provinces import ladder_table, peer_table, province_table
from forecast.answer.result import PROVINCE_COLUMNS, Result
from forecast.base.spec import RunSpec
from forecast.model.scheme import Scheme, Subject
from forecast.model.simulate import Draws

CITY = "TP. Hồ Chí Minh"
# Made up: one domain of 100 points, four areas.
SCHEME = Scheme(
    {"total": 1.0, "D1": 1.0},
    {"total": 100.0, "D1": 100.0},
    {"total": "read", "D1": "read"},
    {"total": ("D1",)},
)
AREAS = ("A", CITY, "B", "C")
SUBJECT = Subject("PAR", AREAS, {}, ("D1",), {2024: SCHEME}, {})
SPEC = RunSpec(index_code="PAR", area=CITY, target_year=2024, as_of=dt.date(2024, 10, 20))


def draws(points):
    """Draws of totals, shape (n, 4)."""
    return Draws(SUBJECT, 2024, np.asarray(points, dtype=float)[..., None] / 100)


def evidence():
    """Last year: A has a score and a rank, B a rank alone, C nothing; other rows must not be taken."""
    rows = [
        ("PAR", 2023, "A", "total", "value", 0.81, 5.0),
        ("PAR", 2023, "B", "total", "value", np.nan, 9.0),
        ("PAR", 2022, "C", "total", "value", 0.5, 60.0),
        ("PAR", 2023, "C", "D1", "value", 0.5, 60.0),
        ("SIPAS", 2023, "C", "total", "value", 0.5, 60.0),
    ]
    columns = ["index_code", "year", "area", "component", "statistic", "observed_share", "rank"]
    return pd.DataFrame(rows, columns=columns)


def test_neighbours_by_hand():
    """Medians 90, 85 and 70 around 80; A ends above in all draws, B in three of five, C in none."""
    points = [[90, 80, 85, 70], [91, 82, 83, 71], [89, 78, 90, 69], [90, 81, 80, 70], [95, 79, 78, 60]]

    table = neighbours(draws(points), SPEC, evidence())

    assert tuple(table.columns) == PROVINCE_COLUMNS
    assert table["area"].tolist() == ["A", "B", "C"]
    assert table["median"].tolist() == [90, 83, 70]
    assert table["p_ahead"].tolist() == [1.0, 0.6, 0.0]
    assert table["last_score"].tolist()[0] == pytest.approx(81)
    assert table["last_score"].isna().tolist() == [False, True, True]
    assert table["last_rank"].fillna(0).tolist() == [5, 9, 0]


def test_neighbours_agree_with_the_rank(made: Result):
    """Ten provinces, none the city, the highest first; they are the nearest of all in the forecast."""
    near = made.neighbours
    assert len(near) == 10
    assert near["median"].is_monotonic_decreasing
    middle = made.forecast.query("component == 'total' and index_code == 'PAR' and model == 'evidence'")
    middle = middle[middle["output_type_id"] == "0.5"].set_index("area")["value"]
    others = (middle.drop(CITY) - middle[CITY]).abs().sort_values()
    assert set(near["area"]) == set(others.index[:10])
    assert near["median"].tolist() == pytest.approx(middle[near["area"]].tolist())
    assert near["p_ahead"].between(0.2, 0.8).all()
