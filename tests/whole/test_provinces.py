"""All provinces, the ladder and the peers: read off the joint draws that give the rank."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from forecast.answer.provinces import ladder_table, peer_table, province_table
from forecast.answer.result import PROVINCE_COLUMNS, Result
from forecast.base.spec import RunSpec
from forecast.data.framework import Framework
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


def test_provinces_by_hand():
    """Medians 90, 85 and 70 around 80; A ends above in all draws, B in three of five, C in none."""
    points = [[90, 80, 85, 70], [91, 82, 83, 71], [89, 78, 90, 69], [90, 81, 80, 70], [95, 79, 78, 60]]

    table = province_table(draws(points), SPEC, evidence())

    assert tuple(table.columns) == PROVINCE_COLUMNS
    assert table["area"].tolist() == ["A", "B", CITY, "C"]
    assert table["median"].tolist() == [90, 83, 80, 70]
    assert table["p_ahead"].fillna(-1).tolist() == [1.0, 0.6, -1, 0.0]
    assert table["rank_median"].tolist() == [1, 2, 3, 4]
    assert table["last_score"].tolist()[0] == pytest.approx(81)
    assert table["last_rank"].fillna(0).tolist() == [5, 9, 0, 0]


def test_the_ladder_by_hand(monkeypatch):
    """To be second of four takes the second of the others: 85, 83, 89, 80 and 78 in five draws."""
    points = [[90, 80, 85, 70], [91, 82, 83, 71], [89, 78, 90, 69], [90, 81, 80, 70], [95, 79, 78, 60]]
    monkeypatch.setattr("forecast.answer.provinces.RUNGS", (2,))

    (rung,) = ladder_table(draws(points), SPEC).itertuples()

    assert (rung.rank, rung.score, rung.probability) == (2, 83, 0.4)
    assert rung.short == 1  # of 5, 1, 11, -1, -1


def test_peers_by_hand():
    """The best of the region is A; in every draw it has more points of the only domain."""
    areas = pd.DataFrame({"area": [*AREAS], "region": ["east"] * 4})
    points = [[90, 80, 85, 70], [91, 82, 83, 71]]
    components = pd.DataFrame(
        {"component": ["total", "D1"], "parent": ["", "total"], "max_score": [100.0, 100.0]}
    )

    table = peer_table(draws(points), SPEC, Framework("x", 2024, "x", components, components), areas)

    assert table[["area", "component"]].to_numpy().tolist() == [["A", "total"], ["A", "D1"]]
    assert table["gap"].tolist() == [9.5, 9.5]
    assert table["p_ahead"].tolist() == [1.0, 1.0]


def test_provinces_agree_with_the_forecast(made: Result):
    """All of the year's list, the highest first, with the medians and ranks of the forecast itself."""
    table = made.provinces
    assert len(table) == len(made.rank)
    assert table["median"].is_monotonic_decreasing
    middle = made.forecast.query("component == 'total' and index_code == 'PAR' and model == 'evidence'")
    middle = middle[middle["output_type_id"] == "0.5"].set_index("area")["value"]
    assert table["median"].tolist() == pytest.approx(middle[table["area"]].tolist())
    own = table.set_index("area").loc[CITY]
    assert own["rank_median"] == made.rank.loc[made.rank["probability"].cumsum() >= 0.5, "rank"].iloc[0]
    assert made.ladder["probability"].is_monotonic_decreasing
    chances = [made.rank.loc[made.rank["rank"] <= k, "probability"].sum() for k in made.ladder["rank"]]
    assert made.ladder["probability"].tolist() == pytest.approx(chances)
