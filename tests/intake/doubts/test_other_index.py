"""A table of totals given for another index; all figures are made up."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from forecast.data.load import read_vintages
from forecast.intake.doubts.history import history
from forecast.intake.doubts.other_index import of_other_index
from forecast.intake.doubts.scores import Case

DAY = dt.date(2024, 4, 17)
ORDERS = {"PAR": 1, "SIPAS": 7}  # by index, the step in which its totals go through the provinces
LEVEL = {"PAR": 80.0, "SIPAS": 75.0}


def totals_of(code, areas, year):
    """Totals whose order hardly changes from year to year."""
    step = np.array([ORDERS[code] * number % len(areas) for number in range(len(areas))])
    noise = np.random.default_rng(year).normal(0, 1.0, len(areas))
    return pd.Series(LEVEL[code] + 0.3 * step + noise, index=areas, name="total").round(2)


@pytest.fixture
def office(data_dir):
    """The totals of all provinces in 2022, of both indexes."""
    areas = pd.read_csv(data_dir / "areas.csv").query("kind == 'province'")["area"].tolist()
    path = data_dir / "scores.csv"
    head = path.read_text(encoding="utf-8").splitlines()[0]
    rows = [
        f"{code},2022,{area},total,value,{score},percent,,,2023-04-19,2023-04-19,x,press,"
        for code in ORDERS
        for area, score in totals_of(code, areas, 2022).items()
    ]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return areas, read_vintages(data_dir)


@pytest.mark.parametrize("given", ORDERS)
@pytest.mark.parametrize("code", ORDERS)
def test_totals_in_the_order_of_another_index_are_doubted(given, code, office):
    """The levels of both indexes overlap, so the order of the provinces alone tells."""
    areas, now = office
    now_totals = totals_of(given, areas, 2023).to_frame()
    case = Case(2023, now_totals, now_totals, pd.Series(np.nan, index=areas), {})

    doubts = list(of_other_index(case, history(now, code, DAY), now, code, DAY))

    assert [doubt.key for doubt in doubts] == ([] if given == code else ["doubt.other_index"])
    assert all(doubt.facts["index"].key == f"index.{given}" for doubt in doubts)


def test_nothing_is_said_of_few_provinces(office):
    """Of nineteen, the order says too little."""
    areas, now = office
    few = totals_of("SIPAS", areas, 2023).to_frame().head(19)

    case = Case(2023, few, few, pd.Series(np.nan, index=few.index), {})

    assert list(of_other_index(case, history(now, "PAR", DAY), now, "PAR", DAY)) == []
