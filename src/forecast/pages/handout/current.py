"""The sheet of the indicators of the year."""

from __future__ import annotations

from forecast.answer.result import Result
from forecast.pages import reading
from forecast.pages.report.current import grounds
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import TableSpec


def current(result: Result, lang: str) -> TableSpec:
    """Indicators of the year against what is usual, and the points that they move."""
    unit, period = c.unit_and_period(lang)
    return TableSpec(
        lang,
        "",
        result.current,
        (
            c.words("name", "indicator", f"name_{lang}"),
            c.component("component", lang),
            *(period, unit),
            c.figure("latest", "current.value", "points", "value"),
            c.figure("newest", "current.newest_head", "points"),
            c.words("newest_period", "period", lambda r: reading.period(str(r["newest_period"]), lang)),
            c.figure("last_year", "current.last_year", "points"),
            c.figure("usual", "current.usual", "points"),
            c.figure("effect", "current.effect", "change", ends=("lower", "upper")),
            c.figure(*("per_unit", "current.per_unit", "change"), ends=("per_unit_lower", "per_unit_upper")),
            c.figure("area_years", "current.area_years", "count"),
            c.words("basis", "basis", lambda r: grounds(r, lang)),
        ),
        name="current",
        key=("code", "component", "period"),
    )
