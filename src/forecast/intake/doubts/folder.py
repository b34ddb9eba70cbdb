"""Doubt figures that are already in the tables, as for new ones; used by `forecast check`.

Each figure is compared with all others.  A figure that was added despite a doubt says so in its note, and the
doubt is not repeated.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, Final

import pandas as pd

from forecast.base.errors import Problem
from forecast.base.indexes import INDEXES
from forecast.base.labels import text
from forecast.data.load import Vintages
from forecast.data.load.cells import each_row
from forecast.data.load.lineage import provinces_in
from forecast.data.tables import (
    INDICATOR_TYPES,
    INDICATORS,
    RELATED,
    RELATED_CODES,
    SCORE_CODES,
    SCORES,
    TABLE_LANG,
)
from forecast.intake.doubts.groups import doubts_of_known
from forecast.intake.doubts.history import history
from forecast.intake.doubts.indicators import IndicatorDoubts
from forecast.intake.doubts.office import DOUBTS_OF_OFFICE
from forecast.intake.doubts.scores import Case, Doubt, judge
from forecast.intake.doubts.years import DOUBTS_OF_YEARS

_ENDS: Final = ("doubt.below_lowest", "doubt.above_highest")  # settled figures of several sources may be so


def doubts_in(vintages: Vintages, as_of: dt.date) -> list[Problem]:
    """List the doubts about all scores as known on a day, and about all rows of other tables."""
    scores = chain.from_iterable(_of_scores(vintages, index_code, as_of) for index_code in INDEXES)
    of_groups = (
        _problem(odd, SCORES.file, "score", row)
        for index_code in SCORE_CODES
        for row, odd in doubts_of_known(vintages, index_code, as_of)
    )
    return [*scores, *of_groups, *_of_indicators(vintages), *_of_rows(vintages)]


def _of_scores(vintages: Vintages, index_code: str, as_of: dt.date) -> Iterator[Problem]:
    table = RELATED if index_code in RELATED_CODES else SCORES
    frame = vintages.frames[table.name]
    frame = frame[frame["index_code"] == index_code]
    if "statistic" in frame:
        frame = frame[frame["statistic"] == "value"]
    known = history(vintages, index_code, as_of)
    place = ["area", "component", "year"]
    frame = frame.assign(note=frame.groupby(place)["note"].transform(" ".join))  # any row may accept a doubt
    key = [*place, "score"]  # of several sources the one that was taken
    taken = frame.merge(known.figures[key], on=key).drop_duplicates(key)
    rows = {(row.area, row.component, int(row.year)): row for row in each_row(taken)}
    for year in known.years:
        percent = known.table(year)
        others = replace(known, figures=known.figures[known.figures["year"] != year])
        if percent.empty or others.figures["percent"].isna().all():
            continue
        parts = INDEXES[index_code].parts_of_total(year)
        count = len(provinces_in(vintages.frames["areas"], vintages.frames["lineage"], year))
        ranks = known.ranks(year)
        ranks = ranks if len(known.totals(year)) < count else ranks[:0]  # else `contradictions` tell
        case = Case(year, percent, percent, ranks, parts, count)
        for doubt in judge(case, others):
            about = _rows_about(doubt, {cell[:2]: row for cell, row in rows.items() if cell[2] == year})
            accepted = sum(_accepted(doubt, row) for row in about)  # of a whole table: by most of its rows
            if doubt.key in _ENDS or 2 * accepted > len(about):
                continue
            if doubt.area and about:
                column = doubt.own_column if doubt.component else "area"
                row = _row_of_rank(doubt, frame[frame["year"] == year]) if column == "rank" else None
                yield _problem(doubt, table.file, column, row or about[0])
            else:
                yield _of_table(doubt, table.file, index_code)


def _row_of_rank(doubt: Doubt, rows: pd.DataFrame) -> Any:
    """Row that has the rank of a doubt, which need not be the one that has the score; None without one."""
    own = (rows["area"] == doubt.area) & (rows["component"] == doubt.component)
    return next(each_row(rows[own & (rows["rank"] == doubt.facts["rank"])]), None)


def _rows_about(doubt: Doubt, rows: Mapping[tuple[str, str], Any]) -> list[Any]:
    """Rows of a year, by area and component, of which a doubt speaks: of one cell, two areas, or all."""
    areas = {doubt.area, doubt.facts.get("other_area", doubt.area)} - {""}
    return [
        row
        for (area, component), row in rows.items()
        if (not areas or area in areas) and doubt.component in ("", component)
    ]


def _of_indicators(vintages: Vintages) -> Iterator[Problem]:
    frame, types = vintages.frames[INDICATORS.name], vintages.frames[INDICATOR_TYPES.name]
    kinds: Mapping[str, str] = dict(zip(types["indicator_code"], types["kind"], strict=True))
    others = IndicatorDoubts(frame, kinds=kinds, among=True)
    for row in each_row(frame):
        once = {doubt.key: doubt for doubt in others.of(row)}  # beside each other figure the same
        for doubt in once.values():
            if not _accepted(doubt, row):
                yield _problem(doubt, INDICATORS.file, doubt.column, row)


def _of_rows(vintages: Vintages) -> Iterator[Problem]:
    """Doubt rows of other tables, each kind by its own law."""
    for name, judge_rows in {**DOUBTS_OF_YEARS, **DOUBTS_OF_OFFICE}.items():
        for _, row, doubt in judge_rows(vintages, 0):
            if not _accepted(doubt, row):
                yield _problem(doubt, f"{name}.csv", doubt.column, row)


def _accepted(doubt: Doubt, row: Any) -> bool:
    """Whether a row's note says that it was added in spite of such a doubt."""
    kind = doubt.key.replace("doubt.", "doubt_kind.", 1)
    return text(kind, TABLE_LANG) in getattr(row, "note", "")


def _problem(doubt: Doubt, file: str, column: str, row: Any) -> Problem:
    value = f"{getattr(row, column)}"[:10].removesuffix(".0")
    return Problem(file, int(row.row), column, value, doubt.key, doubt.all_facts)


def _of_table(doubt: Doubt, file: str, index_code: str) -> Problem:
    return Problem(file, None, "index_code", index_code, doubt.key, doubt.all_facts)
