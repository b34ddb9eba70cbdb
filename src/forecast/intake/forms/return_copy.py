"""Write the copy that goes back to a department: wrong cells coloured and commented, a list of errors."""

import datetime as dt
import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment
from openpyxl.workbook import Workbook
from openpyxl.worksheet.cell_range import MultiCellRange
from openpyxl.worksheet.worksheet import Worksheet

from forecast.base.disk import writing
from forecast.base.errors import Problem
from forecast.base.excel import FILLS, head, put_text, saved
from forecast.base.labels import text
from forecast.base.workbook import Opened
from forecast.intake.forms.layout import sheet_name
from forecast.intake.forms.sheets import page, plain

SUFFIX: Final = "-can-sua"
_COLUMNS: Final = ("number", "sheet", "cell", "value", "expected")
_WIDTHS: Final = (6, 16, 8, 40, 90)
_MOST_BITS: Final = 1000  # of a whole number; a little more is beyond what the writer can take
_COMMENT_WIDTH, _COMMENT_HEIGHT = 320, 110  # pixels


def write(opened: Opened, problems: Sequence[Problem], sent: Path, day: dt.date, lang: str) -> Path:
    """Write the copy beside the file that was sent, under a name that no file has yet.

    The opened workbook is changed; none of its cells is a formula or an endless number afterwards.

    Raises WriteError if nothing can be written there.
    """
    _as_text(opened.book)
    by_cell: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        if problem.cell:
            by_cell.setdefault((problem.sheet, problem.cell), []).append(_expected(problem, lang))
    for sheet in {sheet for sheet, _ in by_cell}:
        _unmerge(opened.book[sheet])  # a form has no merged cells, and they hide others
    for (sheet, cell), lines in by_cell.items():
        _mark(opened.book[sheet], cell, lines)
    _list(opened.book, problems, lang)
    content = saved(opened.book, day)
    for path in _names(sent):
        with writing(path):
            try:
                file = path.open("xb")
            except FileExistsError:
                continue
            try:
                with file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
            except BaseException:  # half a copy is none
                path.unlink(missing_ok=True)
                raise
            return path
    raise AssertionError("the names do not end")


def _names(sent: Path) -> Iterator[Path]:
    yield sent.with_name(f"{sent.stem}{SUFFIX}.xlsx")
    for number in itertools.count(2):
        yield sent.with_name(f"{sent.stem}{SUFFIX}-{number}.xlsx")


def _unmerge(sheet: Worksheet) -> None:
    """Undo all merges, be they one over the other, which openpyxl's own undoing stumbles over."""
    for place, cell in list(sheet._cells.items()):  # noqa: SLF001 - as below
        if isinstance(cell, MergedCell):
            del sheet._cells[place]  # noqa: SLF001
    sheet.merged_cells = MultiCellRange()


def _as_text(book: Workbook) -> None:
    for sheet in book.worksheets:
        # iter_rows would make every cell up to the farthest, which may be the last of a spreadsheet
        for cell in list(sheet._cells.values()):  # noqa: SLF001 - nothing public gives just what is there
            if cell.data_type == "f":
                put_text(cell, str(getattr(cell.value, "text", cell.value)))
            elif isinstance(cell.value, int) and cell.value.bit_length() > _MOST_BITS:
                put_text(cell, str(cell.value))


def _mark(sheet: Worksheet, cell: str, lines: list[str]) -> None:
    sheet[cell].fill = FILLS["wrong"]
    comment = Comment("\n".join(lines), text("form.creator", "vi"))
    comment.width, comment.height = _COMMENT_WIDTH, _COMMENT_HEIGHT
    sheet[cell].comment = comment


def _list(book: Workbook, problems: Sequence[Problem], lang: str) -> None:
    name = sheet_name("errors")
    if name in book.sheetnames:  # of a copy that was sent back uncorrected
        book.remove(book[name])
    sheet = book.create_sheet(name, 0)
    for place, (column, width) in enumerate(zip(_COLUMNS, _WIDTHS, strict=True), start=1):
        head(sheet.cell(1, place), text(f"intake.column.{column}", lang))
        sheet.column_dimensions["ABCDE"[place - 1]].width = width
    for row, problem in enumerate(problems, start=2):
        words = (str(row - 1), problem.sheet, problem.cell, problem.value, _expected(problem, lang))
        for place, word in enumerate(words, start=1):
            cell = sheet.cell(row, place)
            put_text(cell, _printable(word))
            plain(cell, "name")
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    page(sheet)
    sheet.print_title_rows = "1:1"
    book.active = 0
    for other in book.worksheets:  # else two sheets would be selected, and typed into, together
        other.sheet_view.tabSelected = other is sheet


def _expected(problem: Problem, lang: str) -> str:
    return text(problem.expected_key, lang, **problem.expected_facts)


def _printable(words: str) -> str:
    """Leave out what a workbook cannot hold, and what is too long to read."""
    printable = "".join(char if char.isprintable() else " " for char in words)
    return printable if len(printable) <= 200 else f"{printable[:200]}…"
