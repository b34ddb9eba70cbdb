"""Make a sheet of figures from a table, for the workbook and the long table."""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from forecast.base import labels
from forecast.pages.reading import own_words, sentence
from forecast.pages.tables.spec import Field, Kind, TableSpec, Take, heading

End = Literal["value", "lower", "upper"]
Value = str | float | dt.date | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what it holds."""

    label: str  # head, in the reader's language
    kind: Kind  # how its figures are shown; "words" and "day" are no figures
    measure: str = ""  # name of the figure in the long table; empty for what only tells what a row is about
    # end, level: whether it is the figure itself, or an end of its range of `level` percent
    end: End = "value"
    level: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of figures."""

    name: str  # for machines: the table's name in the long table
    title: str  # on the tab, and above the table
    # columns, rows: every row has one value a column
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    keys: tuple[str, ...]  # for machines: what each row is about, such as a component
    notes: tuple[str, ...] = ()


def sheet(spec: TableSpec) -> Sheet:
    """Lay a table out for the workbook: every figure, then both ends of each of its ranges."""
    pairs = [pair for field in spec.fields if field.in_sheet for pair in _columns(field, spec.lang)]
    return Sheet(
        name=spec.name,
        title=labels.text(f"handout.sheet.{spec.name}", spec.lang),
        columns=tuple(column for column, _ in pairs),
        rows=tuple(
            tuple(_value(column.kind, take(record)) for column, take in pairs) for record in spec.rows
        ),
        keys=tuple("/".join(_code(record[name]) for name in spec.key) for record in spec.rows),
        notes=tuple(sentence(note, spec.lang) for note in spec.sheet_notes),
    )


def _columns(field: Field, lang: str) -> Iterator[tuple[Column, Take]]:
    label = heading(field.sheet or field.heading, lang)
    measure = "" if field.kind in ("words", "day") else field.name
    yield Column(label, field.kind, measure), field.take
    for ends in field.ranges:
        what = heading(ends.heading, lang) if ends.heading else label
        both: tuple[tuple[End, Take], ...] = (("lower", ends.lower), ("upper", ends.upper))
        for end, take in both:
            text = labels.text(f"handout.{end}", lang, what=what, level=ends.level)
            yield Column(text, field.kind, measure, end, ends.level), take


def _value(kind: Kind, value: Any) -> Value:
    if kind == "words":
        return own_words(value)
    if kind == "day":
        return _day(value)
    number = math.nan if value is None else float(value)
    return None if math.isnan(number) else number


def _day(value: Any) -> dt.date | None:
    if value is None or not isinstance(value.year, int):  # NaT's year is not-a-number
        return None
    return dt.date(value.year, value.month, value.day)


def _code(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return own_words(int(value) if whole else value)
