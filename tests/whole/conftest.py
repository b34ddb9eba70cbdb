"""The whole path on the project's real data: one full result, and small ones of other days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from forecast.answer import pipeline
from forecast.answer.result import Result
from forecast.base.spec import RunSpec
from forecast.data import load
from forecast.data.load import Known

DATA = Path(__file__).parents[2] / "data"
CITY = "TP. Hồ Chí Minh"
MEETING = dt.date(2024, 10, 20)

Ask = Callable[..., Result]


def spec_of(day: dt.date, target_year: int, **more: object) -> RunSpec:
    """A small run for the city."""
    facts = {"index_code": "PAR", "area": CITY, "draws": 200, **more}
    return RunSpec(target_year=target_year, as_of=day, **facts)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def known() -> Known:
    """What was known on 20 October 2024."""
    return load.read(DATA, as_of=MEETING)


@pytest.fixture(scope="session")
def made() -> Result:
    """The main job as it is run, record and news included: what README and reports show."""
    return pipeline.make(spec_of(MEETING, 2024, draws=4000), DATA)


@pytest.fixture(scope="session")
def early() -> Result:
    """The full result of 20 October 2019: domains without parts, a record of one year."""
    return pipeline.make(spec_of(dt.date(2019, 10, 20), 2019), DATA)


@pytest.fixture(scope="session")
def first() -> Result:
    """The full result of 1 June 2014, when the total alone was known."""
    return pipeline.make(spec_of(dt.date(2014, 6, 1), 2014), DATA)


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Forecast on a day: `ask(day, target_year, **spec)`; each question is answered once."""
    answers: dict[tuple[object, ...], Result] = {}

    def answer(day: dt.date, target_year: int, **more: object) -> Result:
        key = (day, target_year, *sorted(more.items()))
        if key not in answers:
            answers[key] = pipeline.forecast(load.read(DATA, as_of=day), spec_of(day, target_year, **more))
        return answers[key]

    return answer
