"""One row at a time: a score, an indicator's value, the day of a result, or a change of what is counted."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pandas as pd

from forecast.base.errors import Problem, SpecError
from forecast.base.indexes import INDEXES, SURVEYS
from forecast.base.spec import nearest
from forecast.base.spelling import clean
from forecast.data.framework import TOTAL
from forecast.data.load import Vintages, read_vintages
from forecast.data.load.areas import gazetteer
from forecast.data.load.cells import number_hint
from forecast.data.tables import ANNOUNCEMENTS, EVENTS, INDICATORS, RELATED, RELATED_CODES, SCORES, Table
from forecast.intake.additions.beside import SAME, added, case, compared, incoherent, last_day
from forecast.intake.additions.doubts import Doubt, judge
from forecast.intake.additions.history import history
from forecast.intake.additions.ownpast import Past, indicator_doubts
from forecast.intake.additions.proposal import Compared, Difference, Proposal, Row, through_the_door

OPTIONS: Final = {  # what a column is called where figures are given
    "published_on": "published",
    "source_url": "source",
    "indicator_code": "indicator",
    "indicator_name_vi": "name",
    "kind": "change",
}
Judged = tuple[Compared, list[Problem]]

_NUMBERS: Final = ("score", "max_score", "rank", "value")


def score(data_dir: Path, **cells: str) -> Proposal:
    """Propose one row of scores or related indices.

    Parameters
    ----------
    data_dir
        Folder of the tables.
    cells
        Text by column: index_code, year, area, component, score or rank, published_on and source_url are
        needed; a comma may mark decimals.  What is left out is filled: statistic (value), unit (percent for
        totals, else points), source_day (the day of publication), trust (press).

    Raises
    ------
    DataError
        With everything that the door to the data refuses.
    """
    table = RELATED if cells.get("index_code") in RELATED_CODES else SCORES
    now = read_vintages(data_dir)
    given = _cleaned(table, cells, now)
    row = _score_defaults(table, given)

    def beside(after: Vintages) -> Judged:
        kept = added(now, after, table)
        told = history(now, row["index_code"], last_day(now, after, table))
        found = judge(case(kept), told)
        found += incoherent(kept, told, after, found)
        return compared(kept, told), [_problem(doubt, row) for doubt in found]

    return _proposal(data_dir, now, "score", table, row, beside)


def indicator(data_dir: Path, **cells: str) -> Proposal:
    """Propose one row of indicators; name, unit and linked domain of a known code are filled.

    Raises
    ------
    DataError
        With everything that the door to the data refuses.
    """
    now = read_vintages(data_dir)
    given = _cleaned(INDICATORS, cells, now)
    known = now.frames["indicators"]
    own = known[known["indicator_code"] == given.get("indicator_code", "")]
    if own.empty and not (given.get("indicator_name_vi") and given.get("unit")):
        codes = sorted(set(known["indicator_code"]))
        facts = {
            "code": given.get("indicator_code", ""),
            "near": nearest(given.get("indicator_code", ""), codes),
        }
        raise SpecError("additions.new_indicator_near" if facts["near"] else "additions.new_indicator", facts)
    usual = own.iloc[-1].to_dict() if len(own) else {}
    fill = {name: str(usual.get(name, "")) for name in ("indicator_name_vi", "unit", "linked_domain")}
    row = {**dict.fromkeys(INDICATORS.names, ""), **fill, "trust": "press", **given}

    def beside(after: Vintages) -> Judged:
        kept = next(after.frames[INDICATORS.name].tail(1).itertuples(index=False))
        doubts = [
            Problem(_option(column), None, "", row[column], key, facts)
            for column, key, facts in indicator_doubts(kept, Past(own).of(kept))
        ]
        same = own[(own["area"] == row["area"]) & (own["period"] == row["period"])]
        return Compared(int(same.empty), different=_other_values(same, float(row["value"]))), doubts

    return _proposal(data_dir, now, "indicator", INDICATORS, row, beside)


def announcement(data_dir: Path, **cells: str) -> Proposal:
    """Propose the day on which a year's result was out; after it the year is no longer forecast.

    Raises
    ------
    DataError
        With everything that the door to the data refuses.
    """
    now = read_vintages(data_dir)
    row = {
        **dict.fromkeys(ANNOUNCEMENTS.names, ""),
        "precision": "day",
        **_cleaned(ANNOUNCEMENTS, cells, now),
    }
    return _proposal(data_dir, now, "announcement", ANNOUNCEMENTS, row, lambda _: (Compared(new=1), []))


def event(data_dir: Path, **cells: str) -> Proposal:
    """Propose a change of what an index counts, from the day on which it was known: a framework or a method.

    Until then a framework's rows are not used, and after it years before and after are told apart.

    Raises
    ------
    DataError
        With everything that the door to the data refuses.
    """
    now = read_vintages(data_dir)
    row = {**dict.fromkeys(EVENTS.names, ""), "kind": "framework", **_cleaned(EVENTS, cells, now)}
    known = list(dict.fromkeys(now.frames["frameworks"]["framework"]))
    strange = row["kind"] == "framework" and row["what"] not in known
    doubts = [Problem("--what", None, "", row["what"], "doubt.no_framework", {"known": known})]
    judged = Compared(new=1), doubts if strange else []
    return _proposal(data_dir, now, "event", EVENTS, row, lambda _: judged)


def _proposal(
    data_dir: Path, now: Vintages, kind: str, table: Table, row: Row, beside: Callable[[Vintages], Judged]
) -> Proposal:
    """Let a row pass the door, and hold it beside what is known."""
    before, after = through_the_door(data_dir, now, table, [row], _place)
    found, doubts = beside(after)
    what = _what(table, row)
    return Proposal(data_dir, table, f"add {kind}", what, (row,), before, now, after, found, tuple(doubts))


def scale(index_code: str, year: int, component: str) -> float:
    """Maximum of a related index's component, as its publisher has it; NaN for other indices."""
    return INDEXES[index_code].scale(year, component) if index_code in RELATED_CODES else math.nan


def plain_number(text: str) -> str:
    """Write a number with a point, where it is plain which number is meant; else the text as it is.

    >>> plain_number("86,97"), plain_number("86.97"), plain_number("?")
    ('86.97', '86.97', '?')
    """
    return number_hint(text) or clean(text)


def _cleaned(table: Table, cells: Mapping[str, str], now: Vintages) -> dict[str, str]:
    """Write cells as the table has them: decimal points, the one spelling of an area."""
    unknown = sorted(set(cells) - set(table.names))
    if unknown:
        facts = {"found": _option(unknown[0]), "allowed": [_option(name) for name in table.names]}
        raise SpecError("spec.unknown", {"name": table.file, **facts})
    places, _ = gazetteer(now.frames["areas"])
    given = {name: clean(str(text)) for name, text in cells.items() if clean(str(text))}
    for name in _NUMBERS:
        if name in given:
            given[name] = plain_number(given[name])
    if "area" in given:
        given["area"] = places.find(given["area"]) or given["area"]
    return given


def _score_defaults(table: Table, given: Mapping[str, str]) -> dict[str, str]:
    row = {**dict.fromkeys(table.names, ""), "component": TOTAL, "trust": "press", **given}
    row["source_day"] = row["source_day"] or row["published_on"]
    code, component = row["index_code"], row["component"]
    if table is SCORES:
        row["statistic"] = row["statistic"] or "value"
        percent = code in SURVEYS or component == TOTAL
        usual = "provinces" if row["statistic"].startswith("count:") else "percent" if percent else "points"
        row["unit"] = row["unit"] or usual
        return row
    row["unit"] = row["unit"] or "points"
    if not row["max_score"] and row["year"].isdigit():
        maximum = scale(code, int(row["year"]), component)
        row["max_score"] = "" if math.isnan(maximum) else repr(maximum)
    return row


def _place(problem: Problem, _: int) -> Problem:
    """A problem of the one new row is one of what was given."""
    if not problem.column:
        return dataclasses.replace(problem, row=None)
    return dataclasses.replace(problem, file=_option(problem.column), row=None, column="")


def _option(column: str) -> str:
    return "--" + OPTIONS.get(column, column).replace("_", "-")


def _other_values(same: pd.DataFrame, value: float) -> tuple[Difference, ...]:
    return tuple(
        Difference(
            str(row["area"]), str(row["indicator_code"]), float(row["value"]), value, str(row["source_url"])
        )
        for _, row in same.iterrows()
        if abs(float(row["value"]) - value) > SAME
    )


def _problem(doubt: Doubt, row: Row) -> Problem:
    column = "rank" if doubt.key.startswith("doubt.rank") else "score"
    facts = {"area": row["area"], "component": doubt.component or row["component"], **doubt.facts}
    return Problem(_option(column), None, "", row[column], doubt.key, facts)


def _what(table: Table, row: Row) -> str:
    names = [name for name in table.key if name != "statistic"]
    return " ".join(row[name] for name in names)


KINDS: Final[Mapping[str, Callable[..., Proposal]]] = {
    "score": score,
    "indicator": indicator,
    "announcement": announcement,
    "event": event,
}
