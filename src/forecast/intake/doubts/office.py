"""Doubt what the office and its experts say: what an indicator is worth, when a remedy is due."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, partial
from typing import Any, Final

import pandas as pd

from forecast.base.indexes import MAIN
from forecast.base.spelling import plain_words
from forecast.data.framework import framework_for
from forecast.data.load import Vintages
from forecast.data.load.cells import each_row, period_days
from forecast.data.load.indicators import is_share
from forecast.data.load.lineage import provinces_of_other_years
from forecast.data.tables import ELASTICITIES, INDICATOR_TYPES, INDICATORS, ORGANS, REMEDIES, SELF_SCORES
from forecast.intake.doubts.scores import Doubt
from forecast.intake.doubts.self_scores import self_score_doubts

_OPEN: Final = ("planned", "doing")
_FEWEST: Final = 3  # figures of the same months, from which they say how far an indicator goes
_FAR_YEARS: Final = 5  # from the day of a remedy to its end, as far as plans go
_WIDE: Final = 10.0  # times between the ends of an effect; a slipped decimal mark is as much
_USUAL_SHARE: Final = 10.0  # percent that a share may well change, where too few figures tell


def elasticity_doubts(vintages: Vintages, first: int = 0) -> Iterator[tuple[int, Any, Doubt]]:
    """Doubt what experts say, from the row `first` on: number from there, row, doubt.

    An effect is held against the catalogue's sign, and its size against the maximum of its component: one
    unit cannot be worth more, nor can the usual change of the indicator.
    """
    frames = vintages.frames
    types = frames[INDICATOR_TYPES.name].set_index("indicator_code")
    for number, row in enumerate(each_row(frames[ELASTICITIES.name].iloc[first:])):
        day = row.stated_on.date()
        framework = framework_for(frames["frameworks"], frames["events"], MAIN, day.year, day)
        kind = types.loc[row.indicator_code]
        change = usual_change(frames[INDICATORS.name], row.indicator_code, str(kind["unit"]))
        doubts = _of_effect(row, float(kind["sign"]), framework.maximum(row.component), change)
        yield from ((number, row, doubt) for doubt in doubts)


def _of_effect(row: Any, sign: float, maximum: float, change: float) -> Iterator[Doubt]:
    """`sign`: 1 or -1 as the catalogue expects, 0 for none; `maximum`: of the component, NaN if unknown."""
    low, high = float(row.low), float(row.high)
    if sign and max(sign * low, sign * high) < 0:
        column = "high" if sign > 0 else "low"
        yield Doubt("doubt.other_sign", facts={"sign": f"{sign:+.0f}"}, column=column)
    column, most = ("high", abs(high)) if abs(high) >= abs(low) else ("low", abs(low))
    if most > maximum:
        yield Doubt("doubt.above_maximum", "", str(row.component), {"maximum": maximum}, column)
    elif most * change > maximum:
        facts = {"maximum": maximum, "change": round(change, 2), "limit": float(f"{maximum / change:.2g}")}
        yield Doubt("doubt.large_effect", "", str(row.component), facts, column)
    elif low * high > 0 and most >= _WIDE * min(abs(low), abs(high)):
        facts = {"low": low, "high": high, "times": round(most / min(abs(low), abs(high)))}
        yield Doubt("doubt.wide_effect", "", str(row.component), facts, "low")


def usual_change(figures: pd.DataFrame, code: str, unit: str) -> float:
    """How far an indicator goes from year to year and area to area: the middle of the ranges of like periods.

    Where too few figures tell, 10 of a percentage and one unit of anything else.
    """
    alike: defaultdict[tuple[int, ...], set[float]] = defaultdict(set)
    for row in each_row(figures[figures["indicator_code"] == code]):
        if days := period_days(str(row.period)):
            alike[days[0].month, days[0].day, days[1].month, days[1].day].add(float(row.value))
    ranges = [max(values) - min(values) for values in alike.values() if len(values) >= _FEWEST]
    return statistics.median(ranges) if ranges else _USUAL_SHARE if is_share(unit) else 1.0


def area_doubts(vintages: Vintages, first: int = 0) -> Iterator[tuple[int, Any, Doubt]]:
    """Doubt indicators of provinces that were not there that year, from `first` on: number, row, doubt."""
    areas, lineage = vintages.frames["areas"], vintages.frames["lineage"]
    elsewhere = cache(partial(provinces_of_other_years, areas, lineage))  # at the end of a year
    for number, row in enumerate(each_row(vintages.frames[INDICATORS.name].iloc[first:])):
        if days := period_days(str(row.period)):
            key, facts = elsewhere(days[1].year).get(row.area, ("", {}))
            if row.area in elsewhere(days[0].year - 1) and key:
                yield number, row, Doubt(key.replace("spec.", "doubt."), facts=facts, column="area")


def remedy_doubts(vintages: Vintages, first: int = 0) -> Iterator[tuple[int, Any, Doubt]]:
    """Doubt remedies due before they were recorded or years later, from `first` on: number, row, doubt.

    A later row says the same of a remedy that is overdue by now.
    """
    due: set[tuple[Any, ...]] = set()
    for number, row in enumerate(each_row(vintages.frames[REMEDIES.name])):
        own = (*(getattr(row, name) for name in REMEDIES.key), row.due)
        facts = {"day": row.recorded_on.date()}
        key = "doubt.due_before" if row.state in _OPEN and row.due < row.recorded_on else ""
        if row.due > row.recorded_on + pd.DateOffset(years=_FAR_YEARS):
            key, facts = "doubt.due_far", {**facts, "years": _FAR_YEARS}
        if key and own not in due and number >= first:
            yield number - first, row, Doubt(key, facts=facts, column="due")
        due.add(own)


def name_doubts(vintages: Vintages, first: int = 0) -> Iterator[tuple[int, Any, Doubt]]:
    """Doubt indicators named as one of another code, from `first` on: printed tables name no codes."""
    codes: dict[str, str] = {}
    for number, row in enumerate(each_row(vintages.frames[INDICATOR_TYPES.name])):
        known = codes.setdefault(plain_words(row.name_vi), row.indicator_code)
        if known != row.indicator_code and number >= first:
            yield number - first, row, Doubt("doubt.same_name", facts={"code": known}, column="name_vi")


def unit_doubts(vintages: Vintages, first: int = 0) -> Iterator[tuple[int, Any, Doubt]]:
    """Doubt units that end while no other takes over their work, from `first` on: number, row, doubt."""
    frameworks, remedies = vintages.frames["frameworks"], vintages.frames[REMEDIES.name]
    for number, row in enumerate(each_row(vintages.frames[ORGANS.name].iloc[first:])):
        if pd.isna(row.to_day) or row.successor:
            continue
        later = frameworks[frameworks["last_year"] > row.to_day.year]
        left = [*later.loc[_names(later["responsible"], row.unit), "component"]]
        left += [
            *remedies.loc[_names(remedies["unit"], row.unit) & (remedies["due"] > row.to_day), "component"]
        ]
        if left:
            facts = {"unit": row.unit, "components": list(dict.fromkeys(left))}
            yield number, row, Doubt("doubt.no_successor", facts=facts, column="successor")


def _names(column: pd.Series[str], unit: str) -> pd.Series[bool]:
    """Whether each list of units (; between them) names one."""
    return column.map(lambda names: unit in map(str.strip, names.split(";"))).astype(bool)


DOUBTS_OF_OFFICE: Final = {  # by table
    INDICATORS.name: area_doubts,
    ELASTICITIES.name: elasticity_doubts,
    REMEDIES.name: remedy_doubts,
    INDICATOR_TYPES.name: name_doubts,
    SELF_SCORES.name: self_score_doubts,
    ORGANS.name: unit_doubts,
}
