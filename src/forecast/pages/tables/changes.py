"""What changed since the last report: every move by its reasons, and the rows of the data behind them."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Passage, Table
from forecast.pages.tables import columns
from forecast.pages.tables.data import key_name
from forecast.pages.tables.spec import (
    Record,
    TableSpec,
    days,
    draw,
    draw_table,
    figure,
    head,
    lines,
    say,
    words,
)

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


def changes(result: Result, lang: str) -> TableSpec:
    """How the forecast moved since the last report, a row a component and reason."""
    return TableSpec(
        name="changes",
        lang=lang,
        records=lines(result.changes),
        key=("component", "step"),
        fields=(
            columns.component(head("component"), lang),
            words(
                *("reason", "changes.reason"),
                lambda r: labels.text(
                    "changes.move" if r["step"] == WHOLE else f"changes_by.{r['step']}", lang
                ),
            ),
            figure("before", "changes.before", "points"),
            figure("after", "changes.after", "points"),
            figure("effect", "changes.move", "change"),
        ),
        sheet_notes=("changes.note", "changes.note_medians"),
        absent="changes.none",
    )


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
    whole = moves.loc[moves["step"] == WHOLE].set_index("component", drop=False)

    def effect(step: str) -> Any:
        return lambda record: effects.get((record["component"], step), math.nan)

    return draw_table(
        TableSpec(
            lang=lang,
            caption=say("changes.caption", **columns.about_index(result, lang) | {"as_of": earlier["as_of"]}),
            records=[whole.loc[component] for component in components],
            fields=(
                columns.component("head.domain", lang),
                figure("before", "changes.before", "points", decimals=1),
                figure("after", "changes.after", "points", decimals=1),
                figure("effect", "changes.move", "change"),
                *(figure(step, f"changes_by.{step}", "change", take=effect(step)) for step in steps),
            ),
            notes=(
                *(("changes.note",) if len(steps) > 1 else ()),
                "changes.note_medians",
                say("changes.run", run_id=earlier["run_id"]),
                *((say("changes.unsplit_note", reason=reason),) if reason else ()),
            ),
            strong=lambda r: r["component"] == reading.TOTAL,
        )
    )


def _effects(result: Result) -> dict[tuple[str, str], float]:
    moves = result.changes
    keys = zip(moves["component"], moves["step"], strict=True)
    return dict(zip(keys, moves["effect"].astype(float), strict=True))


def changed_rows(result: Result, lang: str) -> TableSpec:
    """The rows of the data behind the moves, as they stand in the tables."""
    return TableSpec(
        name="changed_rows",
        lang=lang,
        records=lines(result.changed_rows),
        key=("file", "key", "column"),
        fields=(
            words("component", head("domain")),
            words("file", head("file")),
            words("row", head("row"), lambda r: " | ".join(filter(None, (r["key"], r["name"])))),
            words("kind", "changed_rows.kind", lambda r: labels.text(f"changed_rows.{r['kind']}", lang)),
            words("column", head("column")),
            words("old", "changed_rows.before"),
            words("new", "changed_rows.now"),
            days("published_on", head("published_on")),
            words("source_url", head("source")),
        ),
    )


def changed_rows_table(result: Result, *, lang: str) -> Table | Passage:
    """List the rows of the data that are new, changed or gone, those behind the largest moves first.

    Long lists of one owner, such as a department's form, stand in one line.
    """
    if result.previous.empty or result.previous["reason"].iloc[0]:  # `changes_table` has said why
        return Passage(())
    groups = [] if result.changed_rows.empty else _groups(result)
    left = len(groups) - MOST_ROWS
    return draw(
        TableSpec(
            lang=lang,
            caption=say("changed_rows.caption", as_of=result.previous["as_of"].iloc[0]),
            records=[_shown(group) for group in groups[:MOST_ROWS]],
            fields=(
                words(
                    *("component", "changed_rows.domain"),
                    lambda r: r["component"] and reading.short_name(str(r["component"]), lang),
                ),
                words("row", "changed_rows.row", cell=lambda r: _name(result, r, lang)),
                words("kind", "changed_rows.kind", lambda r: labels.text(f"changed_rows.{r['kind']}", lang)),
                words("old", "changed_rows.before", lambda r: _value(r, "old", lang), numeric=True),
                words("new", "changed_rows.now", lambda r: _value(r, "new", lang), numeric=True),
                days("published_on", "changed_rows.day", mark=lambda r: _source(str(r["source_url"]))),
            ),
            notes=(say("changed_rows.more", count=left),) if left > 0 else (),
            absent="changed_rows.none",
        )
    )


def _groups(result: Result) -> list[pd.DataFrame]:
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


def _shown(group: pd.DataFrame) -> dict[str, Any]:
    """Let one row stand for its group, with the number of rows; a form's likely score, if there is one."""
    likely = group.loc[group["column"] == "likely"]
    record = likely.iloc[0] if len(likely) else group.iloc[0]
    return {**record, "count": group["key"].nunique()}


def _name(result: Result, record: Record, lang: str) -> Cell:
    """Name a row, without the area that the whole report is about; of many, whose they are."""
    if record["count"] > 1:
        owner = reading.department(str(record["owner"]), lang)
        return Cell(labels.text("changed_rows.many", lang, owner=owner, count=record["count"]))
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


def _value(record: Record, side: str, lang: str) -> str:
    text, column = str(record[side]), str(record["column"])
    if not text or column == _OWN_LANGUAGE or record["count"] > 1:
        return labels.MISSING
    if re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text):
        return labels.plain(float(text), lang)
    family = _FAMILIES.get(column, "")
    return reading.own_words(reading.named(family, text, lang) if family else _word(text, lang))


def _source(source: str) -> str:
    """Shorten an address to its site; what is none stays."""
    site = re.match(r"https?://(?:www\.)?([^/?#]+)", source)
    return reading.own_words(site[1] if site else source)
