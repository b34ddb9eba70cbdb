"""Parse cells: from text to a value, or to a problem that says what is expected."""

import calendar
import datetime as dt
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from forecast.base.errors import Problem
from forecast.base.indexes import MAIN
from forecast.base.spec import EXAMPLE_DAY, iso_hint, looks_like_day, nearest
from forecast.base.spelling import UNSEEN, clean
from forecast.data.framework import TOTAL
from forecast.data.load.areas import Gazetteer
from forecast.data.load.files import Rows
from forecast.data.spellings import (
    COMPONENT_COLUMNS,
    choice_named,
    component_named,
    in_words,
    turned_into_day,
)
from forecast.data.tables import COMPONENTS, DAY_DTYPE, FIRST_YEAR, LARGEST, LAST_YEAR, Column, Table

Expected = tuple[str, dict[str, Any]]
Frames = Mapping[str, pd.DataFrame]  # tables by name
Finding = tuple[int, str, str, dict[str, Any]]  # row, column, key, facts
Parse = Callable[..., "Cell"]  # (text, hint=whether a wrong value is told with the nearest right one)

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", flags=re.ASCII)
_WHOLE: Final = re.compile(r"(\d{1,6})(\.0+)?", flags=re.ASCII)
_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", flags=re.ASCII)
_STEP: Final = re.compile(r"(\d{4})(?:-Q([1-4])|-(0[1-9]|1[0-2])(?:-(\d{2}))?)?", flags=re.ASCII)
_FORMULA: Final = re.compile(r"[=@]|[+-]\S")
_CODE: Final = re.compile(r"\w[\w.-]{0,79}")
MOST_LETTERS: Final = 5_000  # of a cell; a long note has some hundreds
MOST_SHOWN: Final = 50  # allowed values that a message lists: all units, not all criteria
MOST_HINTS: Final = 200  # different wrong values of a column that are told with the nearest right one
NO_FIGURE: Final = frozenset("na n/a #n/a nan <na> null none .. . ... … - – — \N{MINUS SIGN}".split())
_DASHES: Final = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{EM DASH}": "-"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's value; `expected` says what is wrong with it and is None if nothing is."""

    value: Any
    expected: Expected | None = None


def parse_table(
    rows: Rows, table: Table, gazetteer: Gazetteer | None
) -> tuple[pd.DataFrame, list[Problem], set[int]]:
    """Turn rows of text into typed columns.

    Returns
    -------
    DataFrame
        The columns of `table`, and `row`, the row's number in the file.  Bad cells are missing.
    list of Problem
        Every bad cell.
    set of int
        Numbers of the rows that hold a bad cell.
    """
    problems: list[Problem] = []
    bad: set[int] = set()
    columns: dict[str, Any] = {}
    for column in table.columns:
        parse = _parser(column, gazetteer)
        texts = rows.cells[column.name]
        cells: dict[str, Cell] = {}
        slips = 0
        for text in dict.fromkeys(texts):
            cells[text] = _readable(text, parse(text, hint=slips < MOST_HINTS))
            slips += cells[text].expected is not None
        values = {text: cell.value for text, cell in cells.items()}
        wrong = {text: cell.expected for text, cell in cells.items() if cell.expected}
        columns[column.name] = pd.Series([values[text] for text in texts], dtype=_dtype(column))
        for number, text in zip(rows.numbers, texts, strict=True) if wrong else ():
            if text in wrong:
                key, facts = wrong[text]
                problems.append(Problem(rows.file, number, column.name, text, key, facts))
                bad.add(number)
    columns["row"] = pd.Series(rows.numbers, dtype="int64")
    return pd.DataFrame(columns), problems, bad


def _readable(text: str, cell: Cell) -> Cell:
    if odd := UNSEEN.search(text):
        return replace(cell, expected=("expect.visible", {"code": f"U+{ord(odd[0]):04X}"}))
    return (
        replace(cell, expected=("expect.short_cell", {"most": MOST_LETTERS}))
        if len(text) > MOST_LETTERS
        else cell
    )


def period_days(period: str) -> tuple[dt.date, dt.date] | None:
    """Give the first and the last day of a period, or None if it is none.

    A period is a year ``2023``, a quarter ``2023-Q1``, a month ``2023-08``, a day ``2023-10-19``, or a
    run of two of one kind, ``2023-01..2023-09``; a run of months may end on a day, ``2023-01..2023-10-19``.
    """
    begin, run, end = period.partition("..")
    if not run:
        return _step_days(begin)
    first, last = _step_days(begin), _step_days(end)
    to_day = len(end) == len("2023-10-19") and begin.count("-") and "Q" not in begin
    same_kind = len(begin) == len(end) and ("Q" in begin) == ("Q" in end)
    if first is None or last is None or not (same_kind or to_day) or first[0] > last[1] or first == last:
        return None
    return first[0], last[1]


def _step_days(text: str) -> tuple[dt.date, dt.date] | None:
    match = _STEP.fullmatch(text)
    if not match or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        return None
    year = int(match[1])
    first, last = (1, 12)
    if match[2]:
        first, last = 3 * int(match[2]) - 2, 3 * int(match[2])
    elif match[4]:
        return _one_day(year, int(match[3]), int(match[4]))
    elif match[3]:
        first = last = int(match[3])
    return dt.date(year, first, 1), dt.date(year, last, calendar.monthrange(year, last)[1])


def _one_day(year: int, month: int, day: int) -> tuple[dt.date, dt.date] | None:
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return dt.date(year, month, day), dt.date(year, month, day)


def _dtype(column: Column) -> str:
    return {"year": "int64", "number": "float64", "day": DAY_DTYPE}.get(column.kind, "str")


def _parser(column: Column, gazetteer: Gazetteer | None) -> Parse:
    kinds: dict[str, Callable[[str, Column], Cell]] = {
        "text": lambda text, _: Cell(text),
        "name": _name,
        "code": _code,
        "year": _year,
        "number": _number,
        "day": _day,
        "period": _period,
    }

    def parse(raw: str, *, hint: bool) -> Cell:
        text = clean(raw)
        if not text:
            return Cell(_NOTHING[column.kind], None if column.empty else ("expect.something", {}))
        if column.kind == "area":
            return _area(text, gazetteer, hint=hint)
        if column.kind == "choice":
            return _choice(text, column, hint=hint)
        return kinds[column.kind](text, column)

    return parse


_NOTHING: Final[dict[str, Any]] = {
    **dict.fromkeys(("text", "name", "code", "choice", "area", "period"), ""),
    "number": math.nan,
    "day": pd.NaT,
    "year": 0,
}


def _area(text: str, gazetteer: Gazetteer | None, *, hint: bool) -> Cell:
    if gazetteer is None:
        return Cell(text)
    known = gazetteer.find(text)
    if known is not None:
        return Cell(known)
    near = gazetteer.nearest(text) if hint else ""
    return Cell("", ("expect.area_near", {"near": near}) if near else ("expect.area", {}))


def _choice(text: str, column: Column, *, hint: bool) -> Cell:
    known = text in column.choices
    if not known and (meant := choice_named(text, column.name, column.choices)):
        return Cell("", ("expect.write", {"meant": meant}))
    return Cell(text) if known else Cell("", not_among(text, column.choices, hint=hint, column=column.name))


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """Walk rows as named tuples; the stubs give each field the union of all types."""
    if len(frame):  # most walks are along what is wrong: nothing, and the type of a row costs more
        yield from frame.itertuples(index=False)


def rows_where(frame: pd.DataFrame, mask: pd.Series) -> list[int]:
    """Numbers of the rows that were found."""
    return [int(row) for row in frame["row"].to_numpy()[mask.to_numpy(dtype=bool)]]


def unknown_values(
    frame: pd.DataFrame, column: str, allowed: tuple[str, ...], *, index_code: str = MAIN
) -> Iterator[Finding]:
    """Report the cells of a column that are not one of a set, the first with what of the set is meant."""
    odd = frame.loc[~frame[column].isin(allowed)]
    values = enumerate(dict.fromkeys(odd[column]))
    expected = {
        value: (column in COMPONENT_COLUMNS and of_components(value, allowed, index_code))
        or not_among(value, allowed, hint=count < MOST_HINTS)
        for count, value in values
    }
    for row, value in zip(odd["row"], odd[column], strict=True):
        yield int(row), column, *expected[value]


def of_components(text: str, allowed: tuple[str, ...], index_code: str = MAIN) -> Expected | None:
    """Say which component of a set a text means, or why it can be none; None where nothing is plain."""
    if index_code not in COMPONENTS:
        return None
    meant = component_named(text, index_code)
    if meant in allowed:
        return "expect.write", {"meant": meant}
    if meant == TOTAL:
        return "expect.no_total", {}
    if meant[:1].isdigit() and not any(name[:1].isdigit() for name in allowed):
        return "expect.criteria_first", {"found": meant}
    return ("annex.number_day", {}) if turned_into_day(text) else None


def not_among(text: str, allowed: tuple[str, ...], *, hint: bool = True, column: str = "") -> Expected:
    """Say that a value is not one of a set, with the nearest of the set if one is near; no list to scroll."""
    near = nearest(text, allowed) if hint else ""
    listed = allowed if len(allowed) <= MOST_SHOWN else (*allowed[: MOST_SHOWN - 1], "…", allowed[-1])
    return "expect.choice_near" if near else "expect.choice", {
        "near": near,
        "allowed": in_words(column, listed),
    }


def is_name(text: str) -> bool:
    """Whether text can name something: it is no formula.

    >>> is_name("Sở Nội vụ"), is_name("- Sở Nội vụ"), is_name("=1+1"), is_name("-1+1")
    (True, True, False, False)
    """
    return _FORMULA.match(text) is None


def _name(text: str, _: Column) -> Cell:
    return Cell(text) if is_name(text) else Cell("", ("expect.name", {}))


def _code(text: str, _: Column) -> Cell:
    return Cell(text) if _CODE.fullmatch(text) else Cell("", ("expect.code", {}))


def _year(text: str, column: Column) -> Cell:
    first = FIRST_YEAR if column.low is None else int(column.low)
    last = LAST_YEAR if column.high is None else int(column.high)
    match = _WHOLE.fullmatch(text)
    if match and first <= int(match[1]) <= last:
        return Cell(int(match[1]))
    return Cell(0, ("expect.year", {"first": first, "last": last}))


def _number(text: str, column: Column) -> Cell:
    if not _NUMBER.fullmatch(text):
        return Cell(math.nan, _no_number(text, column))
    value = float(text)
    if math.isinf(value):
        return Cell(math.nan, ("expect.number", {}))
    if abs(value) > LARGEST and column.low is None:
        return Cell(math.nan, ("expect.smaller_number", {}))
    if column.low is not None and value < column.low:
        return Cell(math.nan, ("expect.at_least", {"low": column.low}))
    if column.high is not None and value > column.high:
        return Cell(math.nan, ("expect.at_most", {"high": column.high}))
    return Cell(value)


def _no_number(text: str, column: Column) -> Expected:
    """Say what is to be written for a text that is no number: none where it says that there is none."""
    if no_figure(text) and not text.isalpha():  # “-”, “n/a”; “nan” is a program's word
        return "expect.empty_cell" if column.empty else "expect.figure_or_no_row", {}
    if turned_into_day(text):
        return "imports.figure_day", {}
    hint = number_hint(text)
    return ("expect.number_hint", {"hint": hint}) if hint else ("expect.number", {})


def no_figure(text: str) -> bool:
    """Tell whether a cell says that there is no figure.

    >>> no_figure(".."), no_figure("n/a"), no_figure("0")
    (True, True, False)
    """
    return not text.strip() or text.strip().casefold() in NO_FIGURE


def number_hint(text: str) -> str:
    """Rewrite a number with a point for the decimals, or give an empty text if it is none.

    Blanks may set thousands apart; elsewhere they may stand for a mark that was lost.

    >>> number_hint("87,5"), number_hint("1.234,5"), number_hint("87.5%")
    ('87.5', '1234.5', '87.5')
    >>> number_hint("1 234"), number_hint("12 5")
    ('1234', '')
    """
    bare = re.sub(r"^-\s+", "-", text.translate(_DASHES).removesuffix("%").strip())
    if re.fullmatch(r"-?\d{1,3}( \d{3})+([.,]\d+)?", bare, flags=re.ASCII):
        bare = bare.replace(" ", "")
    if bare.count(",") == 1 and re.fullmatch(r"-?\d{1,3}(\.\d{3})*,\d+|-?\d+,\d+", bare, flags=re.ASCII):
        bare = bare.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"-?\d{1,3}([.,])\d{3}(\1\d{3})+", bare, flags=re.ASCII):
        bare = bare.replace(".", "").replace(",", "")
    elif re.fullmatch(r"-?\d{1,3}(,\d{3})+\.\d+", bare, flags=re.ASCII):
        bare = bare.replace(",", "")
    return bare if _NUMBER.fullmatch(bare) and bare != text else ""


def _day(text: str, _: Column) -> Cell:
    iso = iso_hint(text)
    if not iso and looks_like_day(text):
        return Cell(pd.NaT, ("expect.real_day", {}))
    if not _ISO_DAY.fullmatch(text):
        key = "expect.iso_day" if iso else "expect.iso_day_example"
        return Cell(pd.NaT, (key, {"example": iso or EXAMPLE_DAY}))
    day = dt.date.fromisoformat(iso)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return Cell(pd.NaT, ("expect.year", {"first": FIRST_YEAR, "last": LAST_YEAR}))
    return Cell(pd.Timestamp(day))


def _period(text: str, _: Column) -> Cell:
    return Cell(text) if period_days(text) else Cell("", ("expect.period", {}))
