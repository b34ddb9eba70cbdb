"""Write the sheets as a long table for programs, one figure with one range in each row."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from typing import Final

from forecast.base.spelling import shielded
from forecast.pages.handout.sheet import Column, Sheet, Value

HEAD: Final = (
    *("run_id", "as_of", "table", "row", "key", "name"),
    *("measure", "value", "lower", "upper", "level"),
)


def content(sheets: Iterable[Sheet], *, run_id: str, as_of: dt.date) -> bytes:
    """Write the figures of all sheets: UTF-8 with the mark by which Excel knows it, point, ISO days.

    Texts that a spreadsheet would take for a formula have an apostrophe before them.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    for sheet in sheets:
        for place, (key, row) in enumerate(zip(sheet.keys, sheet.rows, strict=True), start=1):
            about: list[Value] = [run_id, as_of.isoformat(), sheet.name, place, key, row[0]]
            for figures in _figures(sheet.columns, row):
                cells = (*about, *figures)
                writer.writerow([shielded(cell) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue().encode("utf-8-sig")


def _figures(columns: tuple[Column, ...], row: tuple[Value, ...]) -> Iterator[tuple[Value, ...]]:
    """Give measure, value, lower, upper and level of each range; of a figure without one, once."""
    values = {
        (column.measure, column.end, column.level): value
        for column, value in zip(columns, row, strict=True)
        if column.measure
    }
    for measure in dict.fromkeys(name for name, _, _ in values):
        value = values[measure, "value", 0]
        levels = sorted({level for name, _, level in values if name == measure and level})
        ranges = [
            (values[measure, "lower", level], values[measure, "upper", level], level) for level in levels
        ]
        known_ranges = [ends for ends in ranges if ends[0] is not None]
        if value is None:
            continue
        if not known_ranges:
            yield (measure, value, None, None, None)
        for low, high, level in known_ranges:
            yield (measure, value, low, high, level)
