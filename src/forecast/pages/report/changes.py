"""What changed since the last report: every move by its reasons, and the rows of the data behind them."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Row, Table, row
from forecast.pages.report.sources import key_name

if TYPE_CHECKING:
    from forecast.answer.result import Result

STEPS: Final = ("model", "figures", "framework", "indicators", "departments", "unsplit")
WHOLE: Final = "total"  # the step that stands for the whole move
MOST_ROWS: Final = 15
SHOWN: Final = 0.005  # points: what is less has no digit in the table

_IN_ONE: Final = ("submissions.csv", "frameworks.csv", "self_scores.csv")  # long lists of one owner
_PLAIN: Final = ("value", "score", "likely", "known_on", "announced_on", "kind")  # need no word beside them
_FAMILIES: Final = {"trust": "trust", "state": "remedy_table", "max_status": "max_status"}
_OWN_LANGUAGE: Final = "rule"  # written for the program, with points in its numbers


def changes_table(result: Result, *, lang: str) -> Table | Passage:
    """Split the move of the total and of each domain since the last report into its reasons."""
    if result.previous.empty:
        return Passage((labels.text("changes.none", lang),))
    earlier, moves = result.previous.iloc[0], result.changes
    reason = reading.said(earlier["reason"], lang)
    if moves.empty:
        facts = {"run_id": earlier["run_id"], "reason": reason}
        return Passage((labels.text("changes.not_compared", lang, **facts),))
    if not (moves["effect"].isna() | (moves["effect"].abs() >= SHOWN)).any():
        return Passage((labels.text("changes.unmoved", lang, as_of=earlier["as_of"]),))
    effects = _effects(result)
    components = [reading.TOTAL, *reading.domains(result)["component"]]
    steps = [step for step in STEPS if any((component, step) in effects for component in components)]
    heads = [labels.text(f"changes.{name}", lang) for name in ("before", "after", "move")]
    heads += [labels.text(f"changes_by.{step}", lang) for step in steps]
    notes = [labels.text("changes.note", lang)] if len(steps) > 1 else []
    notes += [labels.text("changes.note_medians", lang)]
    notes += [labels.text("changes.run", lang, run_id=earlier["run_id"])]
    notes += [labels.text("changes.unsplit_note", lang, reason=reason)] if reason else []
    return Table(
        caption=labels.text(
            "changes.caption",
            lang,
            as_of=earlier["as_of"],
            unit=reading.unit(result.spec.index_code, lang),
        ),
        columns=(
            Column(labels.text("head.domain", lang)),
            *(Column(head, numeric=True) for head in heads),
        ),
        rows=tuple(_move(result, component, steps, effects, lang) for component in components),
        notes=tuple(notes),
    )


def _effects(result: Result) -> dict[tuple[str, str], float]:
    moves = result.changes
    keys = zip(moves["component"], moves["step"], strict=True)
    return dict(zip(keys, moves["effect"].astype(float), strict=True))


def _move(
    result: Result, component: str, steps: list[str], effects: dict[tuple[str, str], float], lang: str
) -> Row:
    moves = result.changes
    whole = moves.loc[(moves["component"] == component) & (moves["step"] == WHOLE)].iloc[0]
    return row(
        reading.short_name(component, lang),
        reading.points(whole["before"], lang),
        reading.points(whole["after"], lang),
        labels.signed(whole["effect"], 2, lang),
        *(labels.signed(effects.get((component, step), math.nan), 2, lang) for step in steps),
        strong=component == reading.TOTAL,
    )


def changed_rows_table(result: Result, *, lang: str) -> Table | Passage:
    """List the rows of the data that are new, changed or gone, those behind the largest moves first.

    Long lists of one owner, such as a department's form, stand in one line.
    """
    rows = result.changed_rows
    if result.previous.empty or result.previous["reason"].iloc[0]:  # `changes_table` has said why
        return Passage(())
    if rows.empty:
        return Passage((labels.text("changed_rows.none", lang),))
    lines = _lines(result)
    left = len(lines) - MOST_ROWS
    heads = ("domain", "row", "kind", "before", "now", "day")
    return Table(
        caption=labels.text("changed_rows.caption", lang, as_of=result.previous["as_of"].iloc[0]),
        columns=tuple(
            Column(labels.text(f"changed_rows.{head}", lang), numeric=head in ("before", "now", "day"))
            for head in heads
        ),
        rows=tuple(_line(result, group, lang) for group in lines[:MOST_ROWS]),
        notes=(labels.text("changed_rows.more", lang, count=left),) if left > 0 else (),
    )


def _lines(result: Result) -> list[pd.DataFrame]:
    """Group the rows into lines, in the order of the moves that they are part of."""
    rows, effects = result.changed_rows, _effects(result)
    owner = rows["key"].str.split(" | ", regex=False).str[0]
    one = rows["key"] + rows["column"]
    told = rows.assign(owner=owner.where(rows["file"].isin(_IN_ONE), one))
    groups = [group for _, group in told.groupby(["step", "component", "file", "kind", "owner"], sort=False)]

    def size(group: pd.DataFrame) -> tuple[bool, float]:
        step, component = group["step"].iloc[0], group["component"].iloc[0]
        return step == "", -abs(effects.get((component, step), 0.0))

    return sorted(groups, key=size)


def _line(result: Result, group: pd.DataFrame, lang: str) -> Row:
    record, count = group.iloc[0], group["key"].nunique()
    likely = group.loc[group["column"] == "likely"]
    if len(likely):
        record = likely.iloc[0]
    many = count > 1
    component = str(record["component"])
    return row(
        reading.short_name(component, lang) if component else labels.MISSING,
        _many(record, count, lang) if many else _one(result, record, lang),
        labels.text(f"changed_rows.{record['kind']}", lang),
        labels.MISSING if many else _value(record, "old", lang),
        labels.MISSING if many else _value(record, "new", lang),
        Cell(labels.day(record["published_on"], lang), _source(str(record["source_url"]))),
    )


def _many(record: pd.Series[Any], count: int, lang: str) -> str:
    owner = reading.department(str(record["owner"]), lang)
    return labels.text("changed_rows.many", lang, owner=owner, count=count)


def _one(result: Result, record: pd.Series[Any], lang: str) -> Cell:
    """Name a row, without the area that the whole report is about."""
    column = str(record["column"])
    word = "" if column in _PLAIN else reading.named("changed_column", column, lang)
    parts = [part for part in str(record["key"]).split(" | ") if part != result.spec.area]
    if not any(parts):  # the same rows in another order
        return Cell(str(record["file"]), word)
    criteria = set(result.scorecard["component"]) - set(result.summary["component"])
    parts = [reading.name_of(result, part, lang) if part in criteria else _word(part, lang) for part in parts]
    return Cell(reading.own_words(key_name(" | ".join(parts), str(record["name"]), lang)), word)


def _word(part: str, lang: str) -> str:
    """Write a part of a key, or a value: a day, a code of the tables, a department; others as they are."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", part):
        return labels.day(dt.date.fromisoformat(part), lang)
    return reading.named("unit", reading.named("changed_word", part, lang), lang)


def _value(record: pd.Series[Any], side: str, lang: str) -> str:
    text, column = str(record[side]), str(record["column"])
    if not text or column == _OWN_LANGUAGE:
        return labels.MISSING
    if re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text):
        return labels.plain(float(text), lang)
    family = _FAMILIES.get(column, "")
    return reading.own_words(reading.named(family, text, lang) if family else _word(text, lang))


def _source(source: str) -> str:
    """Shorten an address to its site; what is none stays."""
    site = re.match(r"https?://(?:www\.)?([^/?#]+)", source)
    return reading.own_words(site[1] if site else source)
