"""The layout of a form: sheets, rows and columns, for writing and reading it."""

import datetime as dt
from typing import Final

from forecast.base.labels import text

LANG: Final = "vi"  # the form is an official paper; messages about it come in either language

DEPARTMENT_CELL: Final = "C2"
AREA_CELL: Final = "C3"
YEAR_CELL: Final = "C4"
HEAD_ROW: Final = 7
FIRST_ROW: Final = HEAD_ROW + 1
MOST_ROWS: Final = 2_000  # of a sheet that intake looks through

COLUMNS: Final = {  # in the order of the sheet; what a column holds, and its letter
    "code": "A",
    "name": "B",
    "maximum": "C",
    "last": "D",
    "model_median": "E",
    "model_lower": "F",
    "model_upper": "G",
    "low": "H",
    "likely": "I",
    "high": "J",
    "self_score": "K",
    "reason": "L",
    "remedy": "M",
    "due": "N",
}
MOST_COLUMNS: Final = 2 * len(COLUMNS)  # in which a heading is looked for
FIGURES: Final = ("low", "likely", "high")
POINTS: Final = (*FIGURES, "self_score")
TEXTS: Final = ("reason", "remedy")
INPUTS: Final = (*POINTS, *TEXTS, "due")
HEADED: Final = ("code", "name", "maximum", *INPUTS)  # columns that intake reads
MOST_TEXT: Final = 1_000  # characters of a reason or a remedy
REASONS: Final = 8  # offered in the drop-down
MODEL: Final = ("model_median", "model_lower", "model_upper")  # hidden where the form has no forecasts
GUIDE_LINES: Final = ("plan", "what", "figures", "self", "words", "safe", "send")
# Rows and columns of the sheets without answers: title, lines, gap, example; heading, reasons.
SIZES: Final = {"guide": (len(GUIDE_LINES) + 5, 10), "lists": (REASONS + 1, 1)}


def sheet_name(which: str) -> str:
    """Name of a sheet: guide, entry, lists or errors."""
    return text(f"form.sheet.{which}", LANG)


def due_days(target_year: int) -> tuple[dt.date, dt.date]:
    """Give the first and the last day that a remedy may be due."""
    return dt.date(target_year, 1, 1), dt.date(target_year + 1, 12, 31)
