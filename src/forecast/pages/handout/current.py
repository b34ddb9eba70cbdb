"""The sheet of the indicators of the year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.pages.tables import columns
from forecast.pages.tables.scorecard import unit_and_period
from forecast.pages.tables.spec import TableSpec, figure, head, lines, words

if TYPE_CHECKING:
    from forecast.answer.result import Result


def current(result: Result, lang: str) -> TableSpec:
    """Indicators of the year against what is usual, and the points that they move."""
    unit, period = unit_and_period(lang)
    return TableSpec(
        name="current",
        lang=lang,
        records=lines(result.current),
        key=("code", "component", "period"),
        fields=(
            words("name", head("indicator"), lambda r: r[f"name_{lang}"]),
            columns.component(head("component"), lang),
            period,
            unit,
            figure("latest", "current.value", "points", "value"),
            figure("last_year", "current.last_year", "points"),
            figure("usual", "current.usual", "points"),
            figure("effect", "current.effect", "change", ends=("lower", "upper")),
            figure(*("per_unit", "current.per_unit", "change"), ends=("per_unit_lower", "per_unit_upper")),
            figure("area_years", "current.area_years", "count"),
            columns.said("basis", head("basis"), lang, "reason"),
        ),
    )
