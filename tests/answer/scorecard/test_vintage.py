"""What became known after the day, below the domains: forms, self-scores, remedies, indicators, scores."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.answer import pipeline
from forecast.answer.result import Result, table_names
from forecast.base.spec import RunSpec
from forecast.data import load
from forecast.data.load import Vintages
from forecast.data.tables import known_from

CITY = "TP. Hồ Chí Minh"
# Figures of each table whose days are told; all of them are made up in the example, or real and changed here.
FIGURES = {
    "scores": ("score",),
    "indicators": ("value",),
    "submissions": ("low", "likely", "high", "self_score"),
    "self_scores": ("self_score", "appraised_score"),
    "remedies": ("expected_effect",),
}


def made(vintages: Vintages, day: dt.date) -> Result:
    """The city's forecast as of a day of the target year."""
    spec = RunSpec(index_code="PAR", area=CITY, target_year=day.year, as_of=day, draws=100)
    return pipeline.forecast(vintages.known_at(day), spec)


def garbled(vintages: Vintages, day: dt.date, seed: int) -> tuple[Vintages, dict[str, int]]:
    """Some rows of after the day left out, the figures of the others shrunk; how many rows there are."""
    rng = np.random.default_rng(seed)
    frames, counts = dict(vintages.frames), {}
    for name, columns in FIGURES.items():
        frame = frames[name].copy()
        later = (frame[known_from(frame)] > pd.Timestamp(day)).to_numpy()
        frame.loc[later, list(columns)] *= rng.uniform(0.2, 0.9)
        frames[name] = frame[~(later & (rng.random(len(frame)) < 0.3))].reset_index(drop=True)
        counts[name] = int(later.sum())
    return replace(vintages, frames=frames), counts


@pytest.fixture(scope="module")
def vintages(example: Path) -> Vintages:
    """The made-up example, of any day."""
    return load.read_vintages(example)


@pytest.mark.parametrize(
    ("day", "seed"), [(dt.date(2023, 10, 20), 1), (dt.date(2024, 4, 1), 2), (dt.date(2024, 9, 20), 3)]
)
def test_nothing_of_after_the_day_touches_a_figure(vintages, day, seed):
    """Whatever later rows say, and whether they are there at all, every table of the result is the same."""
    other, counts = garbled(vintages, day, seed)
    before, after = made(vintages, day), made(other, day)
    told = [name for name in table_names() if name != "vintage"]  # it says how many rows came later

    assert counts["indicators"] > 0
    assert counts["submissions"] > 0
    assert [name for name in told if not getattr(before, name).equals(getattr(after, name))] == []


def test_the_guard_is_not_blind(vintages):
    """The same changes to what was known on the day change the scorecard, departments and scenarios."""
    other, counts = garbled(vintages, dt.date(2022, 1, 1), 1)
    day = dt.date(2024, 10, 20)
    before, after = made(vintages, day), made(other, day)

    assert min(counts.values()) > 0
    for name in ("forecast", "scorecard", "projections", "departments", "scenarios", "remedies"):
        assert not getattr(before, name).equals(getattr(after, name))
