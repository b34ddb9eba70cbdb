"""A sheet of figures, before it becomes a page of the workbook and rows of the long table."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from forecast.base import labels
from forecast.pages.reading import own_words

Kind = Literal["words", "day", "points", "change", "chance", "share", "count", "plain"]
End = Literal["value", "lower", "upper"]
Value = str | float | dt.date | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what it holds.

    Attributes
    ----------
    label
        Head, in the reader's language.
    kind
        How its figures are shown; "words" and "day" are no figures.
    measure
        Name of the figure in the long table; empty for what only tells what a row is about.
    end, level
        Whether it is the figure itself, or an end of its range of `level` percent.
    """

    label: str
    kind: Kind
    measure: str = ""
    end: End = "value"
    level: int = 0


Field = tuple[Column, Callable[[Any], Value]]  # a column, and what it takes from a record


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of figures.

    Attributes
    ----------
    name
        For machines: the table's name in the long table.
    title
        On the tab.
    caption
        Above the table.
    columns, rows
        Every row has one value a column.
    keys
        For machines: what each row is about, such as a component.
    """

    name: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    keys: tuple[str, ...]
    notes: tuple[str, ...] = ()


def sheet(
    name: str,
    records: pd.DataFrame,
    fields: Sequence[Field],
    *,
    key: str | Sequence[str],
    lang: str,
    caption: str = "",
    notes: Sequence[str] = (),
) -> Sheet:
    """Fill a sheet with what its fields take from each record."""
    names = [key] if isinstance(key, str) else list(key)
    lines = [record for _, record in records.iterrows()]
    title = labels.text(f"handout.sheet.{name}", lang)
    return Sheet(
        name=name,
        title=title,
        caption=caption or title,
        columns=tuple(column for column, _ in fields),
        rows=tuple(tuple(take(record) for _, take in fields) for record in lines),
        keys=tuple("/".join(_code(record[each]) for each in names) for record in lines),
        notes=tuple(notes),
    )


def words(label: str, take: Callable[[Any], str]) -> Field:
    """Make a column of words, on one line, without signs that turn or hide others."""
    return Column(label, "words"), lambda record: own_words(take(record))


def days(label: str, name: str) -> Field:
    """Make a column of days."""
    return Column(label, "day"), lambda record: _day(record[name])


def figure(measure: str, label: str, kind: Kind, name: str = "") -> Field:
    """Make a column of figures that have no range."""
    return Column(label, kind, measure), lambda record: _number(record[name or measure])


def ranged(
    measure: str,
    label: str,
    lang: str,
    *,
    names: tuple[str, str, str] = ("median", "lower", "upper"),
    kind: Kind = "points",
) -> list[Field]:
    """Make the columns of a figure and of its range of 80 percent."""
    median, lower, upper = names
    return [
        figure(measure, label, kind, median),
        end_of(measure, label, "lower", 80, lang, kind, lambda record: record[lower]),
        end_of(measure, label, "upper", 80, lang, kind, lambda record: record[upper]),
    ]


def end_of(
    measure: str, label: str, end: End, level: int, lang: str, kind: Kind, take: Callable[[Any], Any]
) -> Field:
    """Make the column of one end of a figure's range."""
    head = labels.text(f"handout.{end}", lang, what=label, level=level)
    return Column(head, kind, measure, end, level), lambda record: _number(take(record))


def _number(value: Any) -> float | None:
    found = math.nan if value is None else float(value)
    return None if math.isnan(found) else found


def _day(value: Any) -> dt.date | None:
    if value is None or not isinstance(value.year, int):  # NaT's year is not-a-number
        return None
    return dt.date(value.year, value.month, value.day)


def _code(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return own_words(int(value) if whole else value)
