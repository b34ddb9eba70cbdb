"""Make the sheets of a run, in the order of reading; the last one names the parts without data."""

from collections.abc import Callable
from typing import Final

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.handout.sheet import Sheet, sheet
from forecast.pages.tables import (
    changes,
    current,
    data,
    departments,
    forecast,
    past,
    scenarios,
    scorecard,
    standing,
)
from forecast.pages.tables.spec import TableSpec

TABLES: Final[tuple[Callable[[Result, str], TableSpec], ...]] = (
    forecast.domains,
    scorecard.scorecard,
    forecast.rank,
    standing.provinces,
    standing.ladder,
    standing.path,
    forecast.targets,
    forecast.sipas,
    scenarios.scenarios,
    departments.department_domains,
    departments.departments,
    departments.status,
    departments.remedies,
    departments.units,
    changes.changes,
    changes.changed_rows,
    past.track,
    lambda result, lang: past.coverage(reading.coverage(result), lang),
    past.periods,
    past.year_errors,
    past.past_years,
    past.past_ranks,
    past.past_components,
    lambda result, lang: past.skill(reading.skill_by_year(result), lang),
    scorecard.indicators,
    current.current,
    data.published,
)


def sheets(result: Result, *, lang: str, run_id: str = "") -> tuple[Sheet, ...]:
    """Lay out every figure of a result with its range: the tables that have rows, and "about" last."""
    specs = [make(result, lang) for make in TABLES]
    absent = [reading.sentence(spec.absent, lang) for spec in specs if spec.absent and not len(spec.records)]
    if len(result.scorecard) and not reading.has_criteria(result):
        absent.insert(0, labels.text("absent.criteria", lang))
    last = data.about(result, lang, run_id=run_id, absent=tuple(dict.fromkeys(absent)))
    return tuple(sheet(spec) for spec in (*(spec for spec in specs if len(spec.records)), last))
