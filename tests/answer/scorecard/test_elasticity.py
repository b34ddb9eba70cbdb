"""What an indicator is held against in a scenario: its expected year end, or where it stands now."""

import datetime as dt
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from forecast.answer.scorecard.elasticity import elasticity
from forecast.base.spec import RunSpec
from forecast.data.load.indicators import with_days

AREA = "TP. Hồ Chí Minh"
SPEC = RunSpec(index_code="PAR", area=AREA, target_year=2024, as_of=dt.date(2024, 10, 20), draws=500)
UNIT = np.full(500, 0.04)
# Made up: a third of the year's figure is there by September, every year alike.
FIGURES = [
    ("2022-01..2022-09", 20.0),
    ("2022", 60.0),
    ("2023-01..2023-09", 20.0),
    ("2023", 60.0),
    ("2024-01..2024-09", 20.0),
]


def told(kind, *, lag=np.nan, figures=FIGURES, now=20.0, reason=""):
    """The elasticity of one indicator of this kind."""
    rows = pd.DataFrame(figures, columns=["period", "value"]).assign(
        indicator_code="x", indicator_name_vi="Chỉ tiêu", unit="tỷ đồng", area=AREA
    )
    types = pd.DataFrame({"indicator_code": ["x"], "kind": [kind], "lag": [lag]})
    known = SimpleNamespace(indicators=with_days(rows), indicator_types=types)
    return elasticity(known, SPEC, "x", now, ("D6", UNIT, UNIT), reason)


def test_a_cumulative_one_is_held_against_the_end_of_the_year():
    """September's 20 becomes 60 by December, so a scenario of 60 is what is expected."""
    found = told("cumulative")

    assert found.expected == pytest.approx(60, rel=0.05)
    assert (found.component, found.reason) == ("D6", "")


@pytest.mark.parametrize("kind", ["to_date", "level"])
def test_a_rate_or_a_level_stays_as_it_is(kind):
    """What is no sum does not grow with the days."""
    assert told(kind).expected == 20.0


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"kind": "cumulative", "figures": FIGURES[-1:]}, "scenario.not_projected"),
        ({"kind": "level", "now": np.nan}, "scenario.not_projected"),
        ({"kind": "level", "lag": 1.0}, "scenario.settled"),
        ({"kind": "level", "reason": '{"key": "indicators.by_none", "facts": {}}'}, "indicators.by_none"),
    ],
)
def test_what_cannot_be_played_says_why(facts, key):
    """No pace, no figure, last year's index, or an effect that figures do not support."""
    assert json.loads(told(**facts).reason)["key"] == key
