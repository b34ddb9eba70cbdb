"""The sheets of a run, in the order of reading; what has not been entered is named on the last one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.handout import forecasts, people, record
from forecast.pages.handout.sheet import Sheet

if TYPE_CHECKING:
    from forecast.answer.result import Result

_SHEETS: Final[tuple[Callable[[Result, str], Sheet], ...]] = (
    forecasts.domains,
    forecasts.scorecard,
    forecasts.rank,
    forecasts.near,
    forecasts.targets,
    forecasts.sipas,
    forecasts.scenarios,
    people.department_domains,
    people.departments,
    people.status,
    people.remedies,
    people.units,
    record.changes,
    record.changed_rows,
    record.track,
    record.coverage,
    record.periods,
    record.year_errors,
    record.past_ranks,
    record.past_components,
    record.skill,
    record.indicators,
    record.current,
    record.published,
)
# Sheets without rows, and the sentence that says what to enter.
_ABSENT: Final = {
    "scorecard": "absent.scorecard",
    "targets": "handout.no_target",
    "sipas": "sipas.absent",
    "scenarios": "absent.scenarios",
    "near": "near.absent",
    "changes": "changes.none",
    "departments": "absent.departments",
    "status": "absent.status",
    "remedies": "absent.remedies",
    "units": "absent.units",
    "track": "track.none",
    "indicators": "absent.projections",
}


def sheets(result: Result, *, lang: str, run_id: str = "") -> tuple[Sheet, ...]:
    """Lay out every figure of a result with its range.

    Parameters
    ----------
    result
        Gives the figures.
    lang
        Language of heads and words.
    run_id
        Name of the run, for the sheet that says where the figures come from.

    Returns
    -------
    tuple of Sheet
        Those that have rows, and "about" last.
    """
    made = [make(result, lang) for make in _SHEETS]
    told = [labels.text(_ABSENT[each.name], lang) for each in made if not each.rows and each.name in _ABSENT]
    if len(result.scorecard) and not reading.has_criteria(result):
        told.insert(0, labels.text("absent.criteria", lang))
    about = record.about(result, lang, run_id=run_id, absent=tuple(told))
    return (*(each for each in made if each.rows), about)
