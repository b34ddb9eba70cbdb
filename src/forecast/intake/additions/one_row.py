"""Proposes one row: a score, an indicator's value, the day of a result, or a change of what is counted."""

import dataclasses
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from forecast.base.errors import DataError, Problem, SpecError
from forecast.base.indexes import INDEXES, MAIN, SURVEYS
from forecast.base.spec import iso_hint, nearest
from forecast.base.spelling import clean
from forecast.data.framework import TOTAL
from forecast.data.load import Vintages, read_vintages
from forecast.data.load.areas import gazetteer
from forecast.data.load.indicators import FROM_CATALOGUE
from forecast.data.spellings import choice_named, value_named
from forecast.data.tables import (
    ANNOUNCEMENTS,
    EVENTS,
    EVERY_CODE,
    INDICATOR_TYPES,
    INDICATORS,
    RELATED,
    RELATED_CODES,
    SCORES,
    Table,
)
from forecast.intake.additions.periods import as_period
from forecast.intake.additions.proposal import Doubted, Proposal, Row, propose
from forecast.intake.additions.province_rows import area_named
from forecast.intake.doubts.comparison import Compared, compare_and_judge, compare_indicators
from forecast.intake.doubts.indicators import IndicatorDoubts
from forecast.intake.doubts.office import area_doubts
from forecast.intake.doubts.scores import Doubt
from forecast.intake.doubts.wholes import whole_doubts, wholes_in
from forecast.intake.doubts.years import DOUBTS_OF_YEARS
from forecast.intake.figures import plain_number, printed_figure, with_unit

OPTIONS: Final = {  # what a column is called where figures are entered
    "published_on": "published",
    "source_url": "source",
    "indicator_code": "indicator",
    "indicator_name_vi": "name",
    "kind": "change",
}
NEEDED: Final = {  # who enters a figure knows whence and from when it is
    "score": ("index_code", "year", "area", "published_on", "source_url"),
    "indicator": ("indicator_code", "area", "period", "value", "published_on", "source_url"),
    "announcement": ("index_code", "year", "announced_on", "source_url"),
    "event": ("index_code", "year", "what", "known_on"),
}
_NUMBERS: Final = ("score", "max_score", "rank", "value")


def score(data_dir: Path, **cells: str) -> Proposal:
    """Propose one row of scores or related indices; a comma may mark decimals.

    `cells`: text by column: index_code, year, area, component, score or rank, published_on and source_url are
    needed.  What is left out is filled: statistic (value), unit (percent for totals, else points), source_day
    (the day of publication), trust (press). Raises DataError with everything for which the folder with the
    row would be refused.
    """
    code = choice_named(cells.get("index_code", ""), "index_code", EVERY_CODE)
    table = RELATED if code in RELATED_CODES else SCORES
    now = read_vintages(data_dir)
    row_cells = _clean_cells(table, cells, now)
    row = with_usual_scale(
        table, {**dict.fromkeys(table.names, ""), "component": TOTAL, "trust": "press", **row_cells}
    )
    code = row["index_code"]

    def judge(after: Vintages) -> tuple[Compared, list[Doubt]]:
        compared, doubts = compare_and_judge(now, after, table, code)
        return compared, [*doubts, *(doubt for _, doubt in whole_doubts(after, table, [wholes_in(cells)]))]

    return _propose(
        *(data_dir, now, "score", table, row, judge),
        of_score=() if "max_score" in cells else ("max_score",),
    )


def indicator(data_dir: Path, **cells: str) -> Proposal:
    """Propose one row of indicators; name, unit and linked domain of a known code are filled."""
    now = read_vintages(data_dir)
    row_cells = _clean_cells(INDICATORS, cells, now)
    known = now.frames["indicators"]
    code = row_cells.get("indicator_code", "")
    types = now.frames[INDICATOR_TYPES.name]
    own, listed = (frame[frame["indicator_code"] == code] for frame in (known, types))
    codes = sorted({*known["indicator_code"], *types["indicator_code"]})
    alike = [other for other in codes if other.casefold() == code.casefold()]
    if alike and code not in alike:
        raise DataError([Problem("--indicator", None, "", code, "imports.code_letters", {"first": alike[0]})])
    if own.empty and listed.empty and not (row_cells.get("indicator_name_vi") and row_cells.get("unit")):
        near = nearest(code, codes)
        key = "additions.new_indicator_near" if near else "additions.new_indicator"
        raise SpecError(key, {"code": code, "near": near})
    defaults = {name: str(own[name].iloc[-1]) if len(own) else "" for name in FROM_CATALOGUE}
    if len(listed):
        defaults = {name: str(listed[source].iloc[-1]) for name, source in FROM_CATALOGUE.items()}
    kinds = dict(zip(types["indicator_code"], types["kind"], strict=True))
    january = kinds.get(code, "level") != "level"
    period = as_period(row_cells.get("period", ""), january=january)
    empty = dict.fromkeys(INDICATORS.names, "")
    row = {**empty, **defaults, "trust": "press", **row_cells, "period": period}
    written = clean(str(cells.get("value", "")))
    number, key = with_unit(written, row["unit"])
    if key:
        raise DataError([Problem(option_of("value"), None, "", written, key, {"unit": row["unit"]})])
    row["value"] = number if number != written else row["value"]

    def judge(after: Vintages) -> tuple[Compared, list[Doubt]]:
        new: Any = next(after.frames[INDICATORS.name].tail(1).itertuples(index=False))
        of_area = [doubt for _, _, doubt in area_doubts(after, len(known))]
        return compare_indicators(now, after), [*of_area, *IndicatorDoubts(own, kinds=kinds).of(new)]

    return _propose(data_dir, now, "indicator", INDICATORS, row, judge)


def announcement(data_dir: Path, **cells: str) -> Proposal:
    """Propose the day on which a year's result was out; after it the year is no longer forecast."""
    now = read_vintages(data_dir)
    row_cells = _clean_cells(ANNOUNCEMENTS, cells, now)
    row = {**dict.fromkeys(ANNOUNCEMENTS.names, ""), "precision": "day", **row_cells}
    return _propose(data_dir, now, "announcement", ANNOUNCEMENTS, row, partial(_of_years, ANNOUNCEMENTS, now))


def event(data_dir: Path, **cells: str) -> Proposal:
    """Propose a change of what an index counts, from the day on which it was known: a framework or a method.

    Until then a framework's rows are not used, and after it years before and after are kept apart.
    """
    now = read_vintages(data_dir)
    row = {**dict.fromkeys(EVENTS.names, ""), "kind": "framework", **_clean_cells(EVENTS, cells, now)}
    known = list(dict.fromkeys(now.frames["frameworks"]["framework"]))
    strange = row["kind"] == "framework" and row["what"] not in known
    doubts = [Doubt("doubt.no_framework", facts={"known": known}, column="what")] if strange else []

    def judge(after: Vintages) -> tuple[Compared, list[Doubt]]:
        compared, others = _of_years(EVENTS, now, after)
        near = "doubt.near_decision" if strange else ""  # it is among those that are listed
        return compared, [*doubts, *(doubt for doubt in others if doubt.key != near)]

    return _propose(data_dir, now, "event", EVENTS, row, judge)


def _of_years(table: Table, now: Vintages, after: Vintages) -> tuple[Compared, list[Doubt]]:
    """Doubt one new row of a table that says something of years."""
    doubts = DOUBTS_OF_YEARS[table.name](after, len(now.frames[table.name]))
    return Compared(new=1), [doubt for _, _, doubt in doubts]


KINDS: Final[Mapping[str, Callable[..., Proposal]]] = {
    "score": score,
    "indicator": indicator,
    "announcement": announcement,
    "event": event,
}


def scale(index_code: str, year: int, component: str) -> float:
    """Maximum of a related index's component, as its publisher has it; NaN for other indices."""
    return INDEXES[index_code].scale(year, component) if index_code in RELATED_CODES else math.nan


def with_usual_scale(table: Table, row: Row) -> dict[str, str]:
    """Fill what a row of scores leaves empty: statistic, unit, a fixed maximum, day of the source."""
    row = {**row, "source_day": row["source_day"] or row["published_on"]}
    code, component, unit = row["index_code"], row["component"], "points"
    if table is SCORES:
        row["statistic"] = row["statistic"] or "value"
        if row["statistic"].startswith("count:"):
            unit = "provinces"
        elif code in SURVEYS or component == TOTAL:
            unit = "percent"
    elif not row["max_score"] and row["year"].isdigit():
        maximum = scale(code, int(row["year"]), component)
        row["max_score"] = "" if math.isnan(maximum) else repr(maximum)
    row["unit"] = row["unit"] or unit
    return row


def _propose(
    data_dir: Path,
    now: Vintages,
    kind: str,
    table: Table,
    row: Row,
    judge: Callable[[Vintages], tuple[Compared, Sequence[Doubt]]],
    of_score: Collection[str] = (),
) -> Proposal:
    """Propose a row; its problems and doubts name the options with which it was given.

    `of_score`: columns that were not given, but printed in the score, as in 8,61/10, or follow from it.
    """

    def as_problem(doubt: Doubt) -> Problem:
        facts = {**doubt.all_facts, "component": doubt.component or row.get("component", "")}
        return Problem(option_of(doubt.own_column), None, "", row[doubt.own_column], doubt.key, facts)

    def judge_row(after: Vintages) -> tuple[Compared, list[Doubted]]:
        compared, doubts = judge(after)
        return compared, [(as_problem(doubt), (0,)) for doubt in doubts]

    def place(problem: Problem, _: int) -> Problem:
        copied = problem.column == "source_day" and problem.value == row.get("published_on")
        column = "published_on" if copied else problem.column  # the option that was given
        column = "score" if column in of_score else column
        file = option_of(column) if column else problem.file
        return dataclasses.replace(problem, file=file, row=None, column="")

    empty = [name for name in NEEDED[kind] if not row[name]]
    if empty:
        raise DataError([Problem(option_of(name), None, "", "", "expect.something") for name in empty])
    what = " ".join(row[name] for name in table.key if name != "statistic")
    try:
        return propose(
            data_dir, now, table, [row], action=f"add {kind}", what=what, place=place, judge=judge_row
        )
    except DataError as error:
        once = [
            problem for number, problem in enumerate(error.problems) if problem not in error.problems[:number]
        ]
        raise DataError(once) from error


def _clean_cells(table: Table, cells: Mapping[str, str], now: Vintages) -> dict[str, str]:
    """Write cells as the table has them: decimal points, the one spelling of an area."""
    unknown = sorted(set(cells) - set(table.names))
    if unknown:
        facts = {"option": option_of(unknown[0]), "allowed": [option_of(name) for name in table.names]}
        raise SpecError("additions.other_option", {"file": table.file, **facts})
    places, _ = gazetteer(now.frames["areas"])
    row_cells = {name: text for name, cell in cells.items() if (text := clean(str(cell)))}
    whole = printed_figure(row_cells.get("score", ""))[1]
    if whole and "max_score" in table.names:
        row_cells.setdefault("max_score", whole)
    known = frozenset(now.frames["frameworks"]["component"])
    index_code = choice_named(row_cells.get("index_code", ""), "index_code", EVERY_CODE) or MAIN
    row_cells |= {
        name: meant
        for name, text in row_cells.items()
        if (meant := value_named(text, table.column(name), index_code, known) or _day_in(table, name, text))
    }
    percent = table is SCORES and row_cells.get("score", "").endswith("%")
    if percent and row_cells.setdefault("unit", "percent") == "points":
        odd = Problem(option_of("score"), None, "", row_cells["score"], "imports.points_in_percent")
        raise DataError([odd])
    row_cells |= {
        name: plain_number(row_cells[name], part=name in ("score", "rank"))
        for name in _NUMBERS
        if name in row_cells
    }
    if "area" in row_cells:
        row_cells["area"] = area_named(row_cells["area"], places) or row_cells["area"]
    return row_cells


def _day_in(table: Table, name: str, text: str) -> str:
    """ISO form of a day in a column of days; ``""`` elsewhere, and where it is not plain."""
    return iso_hint(text) if table.column(name).kind == "day" else ""


def option_of(column: str) -> str:
    """Name the option by which a column is given."""
    return "--" + OPTIONS.get(column, column).replace("_", "-")
