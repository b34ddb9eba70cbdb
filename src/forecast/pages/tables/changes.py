"""Tables of what changed since the last report: every move by its reasons, and the changed rows of data."""

import datetime as dt
import math
import re
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Passage, Table
from forecast.pages.tables import columns as c
from forecast.pages.tables.data import indicator_name, key_name
from forecast.pages.tables.spec import Record, TableSpec, Take, draw, on_page, say

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

    def reason(record: Record) -> str:
        step = record["step"]
        return labels.text("changes.move" if step == WHOLE else f"changes_by.{step}", lang)

    return TableSpec(
        lang,
        "",
        result.changes,
        (
            c.component("component", lang),
            c.words("reason", "changes.reason", reason),
            c.figure("before", "changes.before", "points", decimals=1),
            c.figure("after", "changes.after", "points", decimals=1),
            c.figure("effect", "changes.move", "change"),
        ),
        name="changes",
        key=("component", "step"),
        sheet_notes=("changes.note", "changes.note_medians"),
        absent="changes.none",
    )


@on_page
def changes_table(result: Result, *, lang: str) -> TableSpec:
    """Split the move of the total and of each domain since the last report into its reasons."""
    spec, moves = changes(result, lang), result.changes
    if result.previous.empty:
        return replace(spec, records=[])
    earlier = result.previous.iloc[0]
    facts = {"as_of": earlier["as_of"], "run_id": earlier["run_id"]}
    reason = reading.sentence(earlier["reason"], lang)
    if moves.empty:
        return replace(spec, absent=say("changes.not_compared", **facts, reason=reason))
    if not (moves["effect"].isna() | (moves["effect"].abs() >= SHOWN)).any():
        return replace(spec, records=[], absent=say("changes.unmoved", **facts))
    effects = _effects(result)
    components = [reading.TOTAL, *reading.domains(result)["component"]]
    steps = [step for step in STEPS if any((component, step) in effects for component in components)]
    whole = moves.loc[moves["step"] == WHOLE].set_index("component", drop=False)

    def effect(step: str) -> Take:
        return lambda record: effects.get((record["component"], step), math.nan)

    return replace(
        spec,
        caption=say("changes.caption", **c.facts_of(result, lang) | facts),
        records=whole.loc[components],
        fields=(
            c.component("head.domain", lang),
            *(spec.field(name) for name in ("before", "after", "effect")),
            *(c.figure(step, f"changes_by.{step}", "change", effect(step)) for step in steps),
        ),
        notes=(
            *(("changes.note",) if len(steps) > 1 else ()),
            "changes.note_medians",
            say("changes.run", **facts),
            *((say("changes.unsplit_note", reason=reason),) if reason else ()),
        ),
        strong=lambda r: r["component"] == reading.TOTAL,
    )


def _effects(result: Result) -> dict[tuple[str, str], float]:
    moves = result.changes
    keys = zip(moves["component"], moves["step"], strict=True)
    return dict(zip(keys, moves["effect"].astype(float), strict=True))


def changed_rows(result: Result, lang: str) -> TableSpec:
    """The rows of the data behind the moves, as they stand in the tables."""
    return TableSpec(
        lang,
        "",
        result.changed_rows,
        (
            c.words("component", "domain"),
            c.words("file", "file"),
            c.words("row", "row", lambda r: " | ".join(filter(None, (r["key"], indicator_name(r, lang))))),
            c.code("kind", "changed_rows.kind", "changed_rows", lang),
            c.words("column", "column"),
            c.words("old", "changed_rows.before"),
            c.words("new", "changed_rows.now"),
            c.days("published_on", "published_on"),
            c.words("source_url", "source"),
        ),
        name="changed_rows",
        key=("file", "key", "column"),
    )


def changed_rows_table(result: Result, *, lang: str) -> Table | Passage:
    """List the rows of the data that are new, changed or gone, those behind the largest moves first.

    Long lists of one owner, such as a department's form, stand in one line.
    """
    if result.previous.empty or result.previous["reason"].iloc[0]:  # `changes_table` has said why
        return Passage(())
    groups = [] if result.changed_rows.empty else _groups(result)
    rest = len(groups) - MOST_ROWS

    def domain(record: Record) -> str:
        component = str(record["component"])
        return component and reading.short_name(component, lang)

    fields = (
        c.words("component", "head.domain", domain),
        c.words("row", "head.figure", cell=lambda r: _name(result, r, lang)),
        c.code("kind", "changed_rows.kind", "changed_rows", lang),
        c.words("old", "changed_rows.before", lambda r: _value(r, "old", lang), numeric=True),
        c.words("new", "changed_rows.now", lambda r: _value(r, "new", lang), numeric=True),
        c.days("published_on", "changed_rows.day", mark=lambda r: _source(str(r["source_url"]))),
    )
    return draw(
        TableSpec(
            lang,
            say("changed_rows.caption", as_of=result.previous["as_of"].iloc[0]),
            [_representative(group) for group in groups[:MOST_ROWS]],
            fields,
            notes=(say("changed_rows.more", count=rest),) if rest > 0 else (),
            absent="changed_rows.none",
        )
    )


def _groups(result: Result) -> list[pd.DataFrame]:
    """Group the rows into lines, in the order of the moves that they are part of."""
    rows, effects = result.changed_rows, _effects(result)
    owner = rows["key"].str.split(" | ", regex=False).str[0]
    one = rows["key"] + rows["column"]
    table = rows.assign(owner=owner.where(rows["file"].isin(_IN_ONE), one))
    groups = [group for _, group in table.groupby(["step", "component", "file", "kind", "owner"], sort=False)]

    def size(group: pd.DataFrame) -> tuple[bool, float]:
        step, component = group["step"].iloc[0], group["component"].iloc[0]
        return step == "", -abs(effects.get((component, step), 0.0))

    return sorted(groups, key=size)


def _representative(group: pd.DataFrame) -> dict[str, Any]:
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
    word = "" if column in _PLAIN else reading.code_name("changed_column", column, lang)
    parts = [part for part in str(record["key"]).split(" | ") if part != result.spec.area]
    if not any(parts):  # the same rows in another order
        return Cell(str(record["file"]), word)
    criteria = set(result.scorecard["component"]) - set(result.summary["component"])
    parts = [reading.name_of(result, part, lang) if part in criteria else _word(part, lang) for part in parts]
    return Cell(reading.own_words(key_name(" | ".join(parts), indicator_name(record, lang), lang)), word)


def _word(part: str, lang: str) -> str:
    """Write a part of a key, or a value: a day, a code of the tables, a department; others as they are."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", part):
        return labels.day(dt.date.fromisoformat(part), lang)
    return reading.code_name("unit", reading.code_name("changed_word", part, lang), lang)


def _value(record: Record, side: str, lang: str) -> str:
    text, column = str(record[side]), str(record["column"])
    if not text or column == _OWN_LANGUAGE or record["count"] > 1:
        return labels.MISSING
    if re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text):
        return labels.plain(float(text), lang)
    family = _FAMILIES.get(column, "")
    return reading.own_words(reading.code_name(family, text, lang) if family else _word(text, lang))


def _source(source: str) -> str:
    """Shorten an address to its site; what is none stays."""
    site = re.match(r"https?://(?:www\.)?([^/?#]+)", source)
    return reading.own_words(site[1] if site else source)
