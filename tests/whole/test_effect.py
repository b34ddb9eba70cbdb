"""What an addition would change is told by the forecast's own steps; its figure is made up."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from forecast.answer.result import Result
from forecast.base.workers import Local, like_map
from forecast.intake.additions import one_row
from forecast.intake.additions.effect import RANK, Effect, effect
from forecast.intake.additions.proposal import Proposal

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def proposal(made: Result) -> Proposal:
    """A figure of D1 as it was estimated, so that the forecast stays where it was."""
    # Nearer the maximum ranges are narrower anyway.
    score = f"{made.summary.set_index('component')['last_median']['D1']:.2f}"
    cells = {"index_code": "PAR", "year": "2023", "area": "TPHCM", "component": "D1", "score": score}
    cells |= {"published_on": "2024-04-17", "source_url": "Phụ lục giả định"}
    return one_row.score(DATA, **cells)


@pytest.fixture(scope="module")
def found(made: Result, proposal: Proposal) -> Effect:
    """What it would change, found in this process."""
    told = effect(proposal, area="TPHCM", as_of=made.spec.as_of)
    assert told is not None
    return told


def test_before_is_what_the_report_shows_and_after_knows_the_new_figure(made: Result, found: Effect) -> None:
    """Without the row the table is the report's; with it the domain's range is narrower."""
    assert (found.spec.area, found.spec.target_year) == (made.spec.area, 2024)
    table = found.table.set_index("component")
    report = made.summary.set_index("component")
    for ours, theirs in (("before", "median"), ("before_lower", "lower"), ("before_upper", "upper")):
        assert table[ours].drop(RANK).to_dict() == pytest.approx(report[theirs].to_dict(), abs=1e-9)
    width = table["after_upper"] - table["after_lower"]
    assert width["D1"] < table["before_upper"]["D1"] - table["before_lower"]["D1"]
    assert found.moves


def test_two_processes_forecast_what_one_does(made: Result, proposal: Proposal, found: Effect) -> None:
    """Without and with the row beside each other, the table is the same to the last digit."""
    two = effect(proposal, area="TPHCM", as_of=made.spec.as_of, mapper=like_map(Local(2)))

    assert two is not None
    assert_frame_equal(found.table, two.table, check_exact=True)
    assert two.table.set_index("component").loc["D1", ["before", "after"]].nunique() == 2


@pytest.mark.parametrize("year", [None, 2025])
def test_on_a_day_after_a_merger_the_areas_are_those_of_the_year_that_is_forecast(
    proposal: Proposal, year: int | None
) -> None:
    """Provinces were merged in July 2025; a figure that is entered later has an effect too."""
    told = effect(proposal, area="TPHCM", as_of=dt.date(2025, 9, 1), target_year=year)

    assert told is not None
    assert told.spec.target_year == (year or 2024)
    assert told.table["after"].notna().all()


def test_the_year_of_an_event_has_no_result_for_that(made: Result) -> None:
    """What is forecast is the first year that is not out, however far ahead a framework is announced."""
    cells = {"index_code": "PAR", "year": "2026", "what": "876/QĐ-BNV", "known_on": "2024-05-01"}

    told = effect(one_row.event(DATA, **cells), area="TPHCM", as_of=made.spec.as_of)

    assert told is not None
    assert told.spec.target_year == 2024
