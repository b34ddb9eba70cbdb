"""Doubt figures printed as parts of another whole than they have: “8,17/10” of at most 9.5, “26/36” of 63."""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from forecast.base.indexes import INDEXES
from forecast.data.framework import WHOLE, Framework, framework_for, is_criterion
from forecast.data.load import Vintages
from forecast.data.load.cells import each_row
from forecast.data.load.lineage import provinces_in
from forecast.data.tables import RELATED_CODES, Table
from forecast.intake.doubts.scores import Doubt
from forecast.intake.figures import whole_in

MOST_MISSING: Final = 8  # of the provinces of a year: PAPI left out three in some years
ROUNDING: Final = 0.006  # a figure printed with two decimals, and a little

Wholes = Mapping[str, float]  # by column: of what the score and the rank of a row are parts; 0: of nothing


def wholes_in(texts: Mapping[str, str]) -> Wholes:
    """Find the wholes that the cells of a row print, by column."""
    return {column: whole_in(texts.get(column, "")) for column in ("score", "rank")}


def whole_doubts(after: Vintages, table: Table, wholes: Sequence[Wholes]) -> Iterator[tuple[int, Doubt]]:
    """Doubt wholes that contradict the maximum of a score or the count of the provinces: number, doubt.

    `wholes`: of each new row; these are the last ones of the table.
    """
    if not any(any(own.values()) for own in wholes):
        return
    frames = after.frames
    count = cache(lambda year: len(provinces_in(frames["areas"], frames["lineage"], year)))
    version = cache(lambda *case: framework_for(frames["frameworks"], frames["events"], *case))
    for number, row in enumerate(each_row(frames[table.name].tail(len(wholes)))):
        own = wholes[number]
        if whole := own["score"]:
            framework = version(row.index_code, int(row.year), row.published_on.date())
            low, high = _maximum_of(row, whole, framework)
            if not low - ROUNDING <= whole <= high + ROUNDING:
                yield number, _doubt("doubt.whole", row, whole, min(max(whole, low), high))
        fewest = count(int(row.year)) - (MOST_MISSING if row.index_code in RELATED_CODES else 0)
        if (whole := own["rank"]) and not fewest <= whole <= count(int(row.year)):
            yield number, _doubt("doubt.rank_whole", row, whole, count(int(row.year)))


def _maximum_of(row: Any, whole: float, framework: Framework) -> tuple[float, float]:
    """Lowest and highest that the maximum of a row's score may be; without bounds where nothing says it."""
    anything = (-math.inf, math.inf)
    if row.unit != "points":
        return (WHOLE, WHOLE) if row.unit == "percent" else anything
    if not math.isnan(row.max_score) and row.max_score != whole:  # else it follows from the whole
        return row.max_score, row.max_score
    if row.index_code in RELATED_CODES:
        scale = INDEXES[row.index_code].scale(int(row.year), row.component)
        return anything if math.isnan(scale) else (scale, scale)
    if is_criterion(row.component):
        framework = dataclasses.replace(framework, components=framework.criteria)
    borrowed = framework.max_status(row.component) in ("", "borrowed")
    return anything if borrowed else framework.maximum_bounds(row.component)


def _doubt(key: str, row: Any, whole: float, known: float) -> Doubt:
    statistic = str(getattr(row, "statistic", "value"))
    facts = {"printed": whole, "known": known}
    column = "rank" if key.startswith("doubt.rank") else "score"
    return Doubt(key, str(row.area), str(row.component), facts, column, statistic)
