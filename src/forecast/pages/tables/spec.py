"""Declare a table once, its columns and its rows, and draw it for a page or next to a picture.

The workbook and the long table are drawn from the same declaration by `forecast.pages.handout`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Final, Literal, ParamSpec

import pandas as pd

from forecast.base import labels
from forecast.base.labels import Phrase
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Row, Table

Kind = Literal["words", "day", "points", "change", "chance", "share", "count", "plain"]
Text = str | Phrase  # a key of the catalogue, the same with facts, or what is written already
Record = Any  # what a row is made from, mostly a row of a table of Result
Take = Callable[[Record], Any]
P = ParamSpec("P")

DECIMALS: Final = {"points": 2, "change": 2}  # on a page, unless a field has its own


@dataclass(frozen=True, slots=True)
class Ends:
    """The range of a figure: its level in percent, and both ends; `heading` names it in the workbook."""

    level: int
    lower: Take
    upper: Take
    heading: Text = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a table."""

    name: str  # for machines: by which a table picks its columns, and the figure's name in the long table
    # heading, sheet: above the column; in the workbook the second, if there is one
    heading: Text
    # kind, decimals: what it holds, and how a page rounds it; the workbook keeps a figure as it is
    kind: Kind
    take: Take  # takes the value from a record
    sheet: Text = ""
    ranges: tuple[Ends, ...] = ()  # of the figure; the workbook has two columns for each
    decimals: int | Take | None = None
    # mark, cell: take the word that qualifies the value on a page, or write the whole cell
    mark: Take | None = None
    cell: Take | None = None
    numeric: bool | None = None  # whether a page sets it to the right; by its kind if it is not said
    in_sheet: bool = True  # whether the workbook has it: not what repeats other columns


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table: columns, records, and what stands around them."""

    lang: str
    caption: Text
    records: Sequence[Record] | pd.DataFrame
    # fields, columns: all columns in the order of the workbook; names of those on a page, in its order, or
    # all
    fields: Sequence[Field]
    columns: Sequence[str] = ()
    # name, key: for machines: the table's name in the long table, and the columns that tell its records apart
    name: str = ""
    key: tuple[str, ...] = ()
    # notes, sheet_notes: below the table of a page, and of the workbook
    notes: Sequence[Text] = ()
    sheet_notes: Sequence[Text] = ()
    absent: Text = ""  # what a page says instead if there are no records, and the workbook on its last sheet
    # detail, strong, level: take from a record the sentence below its row, whether it is set in bold, and its
    # depth in a tree
    detail: Take | None = None
    strong: Take | None = None
    level: Take | None = None
    form: Literal["plain", "stack", "scroll"] = "stack"  # see `forecast.pages.markup.Table`

    @property
    def rows(self) -> Sequence[Record]:
        """Give the records one by one."""
        if isinstance(self.records, pd.DataFrame):
            return [record for _, record in self.records.iterrows()]
        return self.records

    def field(self, name: str) -> Field:
        """Give a column by its name."""
        return next(field for field in self.fields if field.name == name)


def say(key: str, **facts: Any) -> Phrase:
    """Name a text of the catalogue with its facts."""
    return Phrase(key, facts)


def draw(spec: TableSpec) -> Table | Passage:
    """Draw a table for a page, or say that there is none."""
    if not len(spec.records) and spec.absent:
        return Passage((reading.sentence(spec.absent, spec.lang),))
    return draw_table(spec)


def on_page(declare: Callable[P, TableSpec]) -> Callable[P, Table | Passage]:
    """Make the function that notebooks call from the one that declares a table."""

    @wraps(declare)
    def draw_declared(*args: P.args, **options: P.kwargs) -> Table | Passage:
        return draw(declare(*args, **options))

    return draw_declared


def beside_picture(spec: TableSpec, *columns: str, **more: Any) -> Table:
    """Draw the table that stands for a picture: figures alone, without marks, details and notes."""
    plain = [replace(spec.field(name), mark=None) for name in columns or [f.name for f in spec.fields]]
    around: dict[str, Any] = {"columns": (), "notes": (), "detail": None, "strong": None} | more
    return draw_table(replace(spec, fields=plain, **around))


def draw_table(spec: TableSpec) -> Table:
    """Draw a table for a page."""
    lang, fields = spec.lang, [spec.field(name) for name in spec.columns] or spec.fields
    right = [f.kind != "words" if f.numeric is None else f.numeric for f in fields]
    heads = [heading(f.heading, lang) for f in fields]
    return Table(
        caption=reading.sentence(spec.caption, lang),
        columns=tuple(Column(*pair) for pair in zip(heads, right, strict=True)),
        rows=tuple(
            Row(
                cells=tuple(_cell(field, record, lang) for field in fields),
                detail=spec.detail(record) if spec.detail else "",
                strong=bool(spec.strong(record)) if spec.strong else False,
                level=int(spec.level(record)) if spec.level else 0,
            )
            for record in spec.rows
        ),
        notes=tuple(reading.sentence(note, lang) for note in spec.notes),
        form=spec.form,
    )


def heading(text: Text, lang: str) -> str:
    """Write a heading; a word without a point is a key of those of the workbook, if it is one."""
    key = f"handout.head.{text}"
    return reading.sentence(key if key in labels.catalogue() else text, lang)


def _cell(field: Field, record: Record, lang: str) -> Cell:
    if field.cell:
        content = field.cell(record)
        return content if isinstance(content, Cell) else Cell(content)
    return Cell(_text(field, record, lang), field.mark(record) if field.mark else "")


def _text(field: Field, record: Record, lang: str) -> str:
    """Write a value as a page does."""
    value = field.take(record)
    decimals = field.decimals(record) if callable(field.decimals) else field.decimals
    places = DECIMALS.get(field.kind, 0) if decimals is None else decimals
    match field.kind:
        case "words":
            text = str(value) or labels.MISSING
        case "day":
            text = labels.day(value, lang)
        case "change":
            text = labels.signed(value, places, lang)
        case "chance":
            text = reading.chance(math.nan if value is None else float(value), lang)
        case "share":
            text = labels.percent(value, places, lang)
        case "plain":
            text = labels.plain(float(value), lang)
        case _:
            text = labels.number(value, places, lang)
    return text
