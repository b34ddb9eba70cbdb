"""Declares a table once, its columns and its rows, and draws it for a page or beside a picture.

The workbook and the long table are drawn from the same declaration by `forecast.pages.handout`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import pandas as pd

from forecast.base import labels
from forecast.base.labels import Phrase
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Row, Table

Kind = Literal["words", "day", "points", "change", "chance", "share", "count", "plain"]
Text = str | Phrase  # a key of the catalogue, the same with facts, or what is written already
Take = Callable[[Any], Any]  # takes a value from a record, which is a row of a table of Result
Record = Any

DECIMALS: Final = {"points": 2, "change": 2, "share": 0}


@dataclass(frozen=True, slots=True)
class Ends:
    """The range of a figure: its level in percent, and both ends; `heading` names it in the workbook."""

    level: int
    lower: Take
    upper: Take
    heading: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column of a table.

    Attributes
    ----------
    name
        For machines: by which a table picks its columns, and the figure's name in the long table.
    heading, sheet_heading
        Above the column; in the workbook the second, if there is one.
    kind
        What it holds, which says how it is written.
    take
        Takes the value from a record.
    ends
        Ranges of the figure; the workbook has two columns for each.
    decimals
        On a page; the workbook keeps the figure as it is.
    mark
        Takes the word that qualifies the figure on a page.
    cell
        Writes the whole cell of a page, where value and mark do not say it.
    numeric
        Whether a page sets it to the right; by its kind if it is not said.
    in_sheet
        Whether the workbook has it: not what repeats other columns.
    """

    name: str
    heading: Text
    kind: Kind
    take: Take
    sheet_heading: Text = ""
    ends: tuple[Ends, ...] = ()
    decimals: int | Take | None = None
    mark: Take | None = None
    cell: Take | None = None
    numeric: bool | None = None
    in_sheet: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """A table: columns, records, and what stands around them.

    Attributes
    ----------
    fields
        All columns, in the order of the workbook.
    records
        What the rows are made from.
    name, key
        For machines: the table's name in the long table, and the columns of Result that tell its rows apart.
    columns
        Names of the fields that a page shows, in its order; all if none are named.
    notes, sheet_notes
        Below the table of a page, and of the workbook.
    absent
        What a page says instead, and the workbook on its last sheet, if there are no records.
    detail, strong, level
        Take from a record the sentence below its row, whether it is set in bold, and its depth in a tree.
    form
        See `forecast.pages.markup.Table`.
    """

    lang: str
    fields: tuple[Field, ...]
    records: Sequence[Record]
    caption: Text = ""
    name: str = ""
    key: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()
    sheet_notes: tuple[Text, ...] = ()
    absent: Text = ""
    detail: Take | None = None
    strong: Take | None = None
    level: Take | None = None
    form: Literal["plain", "stack", "scroll"] = "stack"


def lines(table: pd.DataFrame) -> list[pd.Series[Any]]:
    """Give the rows of a table as records."""
    return [record for _, record in table.iterrows()]


def say(key: str, **facts: Any) -> Phrase:
    """Name a text of the catalogue with its facts."""
    return Phrase(key, facts)


def head(name: str, **facts: Any) -> Phrase:
    """Name a heading of the workbook."""
    return Phrase(f"handout.head.{name}", facts)


def words(name: str, heading: Text, take: Take | None = None, *, sheet: Text = "", **more: Any) -> Field:
    """Declare a column of words."""
    return Field(
        name=name, heading=heading, kind="words", take=take or _column(name), sheet_heading=sheet, **more
    )


def days(name: str, heading: Text, column: str = "", **more: Any) -> Field:
    """Declare a column of days."""
    more = {"take": _column(column or name)} | more
    return Field(name=name, heading=heading, kind="day", **more)


def figure(
    name: str,
    heading: Text,
    kind: Kind,
    column: str = "",
    *,
    sheet: Text = "",
    ends: tuple[str, str] | None = None,
    ranges: tuple[Ends, ...] = (),
    **more: Any,
) -> Field:
    """Declare a column of figures; `ends` names the columns of its range of 80 percent."""
    if ends:
        ranges = (Ends(80, _column(ends[0]), _column(ends[1])),)
    more = {"take": _column(column or name)} | more
    return Field(name=name, heading=heading, kind=kind, sheet_heading=sheet, ends=ranges, **more)


def span(
    name: str, heading: Text, ends: tuple[str, str] | Take, lang: str, *, decimals: int | Take = 1
) -> Field:
    """Declare a column of ranges, which the workbook has as the ends of a figure."""

    def write(record: Record) -> str:
        low, high = ends(record) if callable(ends) else (record[ends[0]], record[ends[1]])
        places = decimals(record) if callable(decimals) else decimals
        return reading.span(float(low), float(high), lang, decimals=places)

    return Field(name=name, heading=heading, kind="words", take=write, numeric=True, in_sheet=False)


def range_below(lower: str, upper: str, lang: str, *, decimals: int = 2) -> Take:
    """Give the mark that puts a range below a figure; none where there is no range, or one without width."""

    def mark(record: Record) -> str:
        low, high = record[lower], record[upper]
        written = reading.span(low, high, lang, decimals=decimals)
        return "" if written == labels.MISSING or low == high else written

    return mark


def draw(spec: TableSpec) -> Table | Passage:
    """Draw a table for a page, or say that there is none."""
    if not len(spec.records) and spec.absent:
        return Passage((reading.said(spec.absent, spec.lang),))
    return draw_table(spec)


def draw_table(spec: TableSpec) -> Table:
    """Draw a table for a page."""
    fields = _picked(spec, spec.columns)
    return Table(
        caption=reading.said(spec.caption, spec.lang),
        columns=_heads(spec, fields),
        rows=tuple(_row(spec, fields, record) for record in spec.records),
        notes=tuple(reading.said(note, spec.lang) for note in spec.notes),
        form=spec.form,
    )


def beside_picture(
    spec: TableSpec, columns: Iterable[str], *, caption: Text = "", records: Sequence[Record] | None = None
) -> Table:
    """Draw the table that stands for a picture: figures alone, without marks, details and notes."""
    fields = _picked(spec, columns)
    shown = spec.records if records is None else records
    return Table(
        caption=reading.said(caption or spec.caption, spec.lang),
        columns=_heads(spec, fields),
        rows=tuple(
            Row(tuple(Cell(_cell(field, record, spec.lang).text) for field in fields)) for record in shown
        ),
        form=spec.form,
    )


def _picked(spec: TableSpec, names: Iterable[str]) -> tuple[Field, ...]:
    by_name = {field.name: field for field in spec.fields}
    return tuple(by_name[name] for name in names) or spec.fields


def _heads(spec: TableSpec, fields: Iterable[Field]) -> tuple[Column, ...]:
    return tuple(
        Column(
            reading.said(field.heading, spec.lang),
            numeric=field.kind != "words" if field.numeric is None else field.numeric,
        )
        for field in fields
    )


def _row(spec: TableSpec, fields: Iterable[Field], record: Record) -> Row:
    return Row(
        cells=tuple(_cell(field, record, spec.lang) for field in fields),
        detail=spec.detail(record) if spec.detail else "",
        strong=bool(spec.strong(record)) if spec.strong else False,
        level=int(spec.level(record)) if spec.level else 0,
    )


def _cell(field: Field, record: Record, lang: str) -> Cell:
    if field.cell:
        written = field.cell(record)
        return written if isinstance(written, Cell) else Cell(written)
    return Cell(_written(field, record, lang), field.mark(record) if field.mark else "")


def _written(field: Field, record: Record, lang: str) -> str:
    """Write a value as a page does."""
    value = field.take(record)
    decimals = field.decimals(record) if callable(field.decimals) else field.decimals
    places = DECIMALS.get(field.kind, 0) if decimals is None else decimals
    match field.kind:
        case "words":
            written = str(value) or labels.MISSING
        case "day":
            written = labels.day(value, lang)
        case "change":
            written = labels.signed(value, places, lang)
        case "chance":
            written = reading.chance(math.nan if value is None else float(value), lang)
        case "share":
            written = labels.percent(value, places, lang)
        case "plain":
            written = labels.plain(float(value), lang)
        case _:
            written = labels.number(value, places, lang)
    return written


def _column(name: str) -> Take:
    return lambda record: record[name]
