"""Leave out rows that hold no results: numbers of columns, titles of groups, notes, plans."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase
from forecast.base.spelling import clean, plain_words
from forecast.data.foreign.headings import headings, is_estimate, is_plan, year_in
from forecast.data.foreign.sheet import Sheet
from forecast.data.foreign.values import is_number

_FEWEST: Final = 3  # columns of a table in which a row with one filled cell cannot be a result
_RESULT: Final = re.compile(
    r"thuc (hien|te)|ket qua|(so )?chinh thuc|actuals?|observed|results?|final|history|historical"
)
_MARK: Final = re.compile(r"\(?([A-Z]|\d{1,2})\)?", flags=re.ASCII)
_SHOWN: Final = 40  # letters of a row's text


def left_out(sheet: Sheet) -> tuple[Sheet, tuple[Phrase, ...]]:
    """Give the sheet without them, and what is said of it."""
    remarks: list[Phrase] = []
    rows = list(zip(*sheet.columns, strict=True))
    if rows and _numbers_columns(sheet, rows):
        remarks.append(Phrase("foreign.numbers_columns", {"row": sheet.numbers[0]}))
        sheet = _kept(sheet, lambda at: at > 0)
        rows = rows[1:]
    _refuse_other_header(sheet, rows)
    again = [at for at, row in enumerate(rows) if tuple(map(clean, row)) == sheet.header]
    if again:  # printed on each page
        remarks.append(
            Phrase("foreign.header_again", {"rows": [sheet.numbers[at] for at in again][:_FEWEST]})
        )
        sheet = _kept(sheet, lambda at: at not in again)
        rows = [row for at, row in enumerate(rows) if at not in again]
    bare = [at for at, row in enumerate(rows) if _is_bare(sheet, row)]
    if bare and len(bare) < len(rows):
        texts = [next(filter(str.strip, rows[at]))[:_SHOWN] for at in bare[:_FEWEST]]
        remarks.append(Phrase("foreign.bare_rows", {"count": len(bare), "texts": texts}))
        gone = set(bare)
        sheet = _kept(sheet, lambda at: at not in gone)
    sheet, told = _of_results(sheet)
    sheet, of_kinds = _without_kinds(sheet)
    return sheet, (*remarks, *told, *of_kinds)


def _refuse_other_header(sheet: Sheet, rows: Sequence[Sequence[str]]) -> None:
    """Refuse a row that names other years than the header: the figures below it are of those."""
    years = headings(sheet.header).years
    for number, row in zip(sheet.numbers, rows, strict=True):
        named = [year_in(clean(row[k])) for k in years]
        words = all(clean(cell) == sheet.header[k] for k, cell in enumerate(row) if k not in years)
        if years and words and all(named) and named != [*years.values()] and len(row) > len(years):
            raise DataError(
                [Problem(sheet.file, number, "", row[0], "foreign.other_header", {"years": named})]
            )


def _kept(sheet: Sheet, keep: Callable[[int], bool]) -> Sheet:
    own = [at for at in range(len(sheet.numbers)) if keep(at)]
    columns = tuple(tuple(column[at] for at in own) for column in sheet.columns)
    return replace(sheet, numbers=tuple(sheet.numbers[at] for at in own), columns=columns)


def _is_bare(sheet: Sheet, row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell.strip()]
    return len(row) >= _FEWEST and len({*filled}) == 1 and not is_number(filled[0], sheet.separator)


def _numbers_columns(sheet: Sheet, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is one such as A, B, 1, 2, 3 or (1), (2), (3), which printed tables have."""
    marks = [_MARK.fullmatch(cell.strip()) for cell in rows[0] if cell.strip()]
    found = [mark[1] for mark in marks if mark]
    letters = [mark for mark in found if mark.isalpha()]
    digits = [int(mark) for mark in found if mark.isdigit()]
    if len(found) < max(len(marks), 2) or not digits or len(rows) < 2:
        return False
    in_order = letters == [chr(ord("A") + at) for at in range(len(letters))]
    if not in_order or digits != list(range(digits[0], digits[0] + len(digits))) or digits[0] > 2:
        return False
    in_brackets = all(cell.strip()[:1] == "(" for cell in rows[0] if cell.strip())
    year = headings(sheet.header).roles.get("year")
    no_year = year is not None and len(rows[0][year].strip()) < len(rows[1][year].strip())
    # of A, 1, 2, 3 in a wide table it is not plain whether these are figures of an area A
    counted = any(row[0].strip().isdigit() for row in rows[1:])
    every = len(digits) == len(sheet.header) > _FEWEST and not counted
    return in_brackets or no_year or every or len(letters) > 1 < len(digits)


def _of_results(sheet: Sheet) -> tuple[Sheet, tuple[Phrase, ...]]:
    """Leave out rows whose year is marked as a plan; of years marked as not final take the year."""
    place = headings(sheet.header).roles.get("year")
    if place is None:
        return sheet, ()
    cells = [cell.strip() for cell in sheet.columns[place]]
    years = {cell: year_in(cell) for cell in set(cells)}
    marked = {cell for cell, year in years.items() if year and (is_plan(cell) or is_estimate(cell))}
    plans = sorted(cell for cell in marked if is_plan(cell))
    remarks = []
    if plans and len(plans) < len(years):
        sheet = _kept(sheet, lambda at: cells[at] not in plans)
        remarks.append(Phrase("foreign.plan_rows", {"names": plans}))
    estimates = sorted(marked - set(plans))
    if estimates:
        own = tuple(years[cell.strip()] if cell.strip() in marked else cell for cell in sheet.columns[place])
        columns = tuple(own if at == place else column for at, column in enumerate(sheet.columns))
        sheet = replace(sheet, columns=columns)
        remarks.append(Phrase("foreign.estimate_rows", {"names": estimates}))
    return sheet, tuple(remarks)


def _without_kinds(sheet: Sheet) -> tuple[Sheet, tuple[Phrase, ...]]:
    """Leave out rows that a column calls forecasts or plans beside results, and that column."""
    for k in headings(sheet.header).others:
        words = {cell: plain_words(cell) for cell in set(sheet.columns[k])}
        plans = {cell for cell in words if is_plan(cell)}
        others = [word for cell, word in words.items() if cell not in plans]
        if plans and others and all(map(_RESULT.fullmatch, others)):
            kept = {at for at, cell in enumerate(sheet.columns[k]) if cell not in plans}
            remark = Phrase("foreign.plan_rows", {"names": sorted(plans)})
            return _kept(sheet, kept.__contains__).without((k,)), (remark,)
    return sheet, ()
