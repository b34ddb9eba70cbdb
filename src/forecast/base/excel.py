"""Excel files that we write: the looks of their cells, heights of rows, and bytes that do not change."""

import datetime as dt
import errno
import io
import re
import tempfile
import textwrap
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from openpyxl.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.workbook import Workbook
from openpyxl.worksheet.header_footer import HeaderFooter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from forecast.base.disk import writing

FONT: Final = "Times New Roman"
DAY_FORMAT: Final = "dd/mm/yyyy"
LINE: Final = 15.5  # points of height
_THIN: Final = Side(style="thin", color="FF999999")
BOX: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
FILLS: Final = {
    name: PatternFill("solid", start_color=f"FF{colour}", end_color=f"FF{colour}")
    for name, colour in {
        "head": "D9E2EC",
        "domain": "EEF1F4",
        "input": "FFF8DC",
        "wrong": "F4B6B6",
        "half": "FFD98A",
    }.items()
}
_ZIP_DAY: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold


def saved(book: Workbook, day: dt.date) -> bytes:
    """Save a workbook so that the time of saving leaves no trace in its bytes.

    Raises WriteError if the folder of temporary files, where the library keeps the sheets, takes no more.
    """
    fresh, place = io.BytesIO(), Path(tempfile.gettempdir())
    with writing(place):
        try:
            book.save(fresh)
        except Exception as error:
            code = getattr(errno, str(error).removeprefix("IO_"), None)  # as lxml has it: IO_ENOSPC
            if code is None:
                raise
            raise OSError(code, "", str(place)) from error
    return repacked(fresh, day)


def repacked(fresh: io.BytesIO, day: dt.date) -> bytes:
    """Pack the parts of an Office file anew, with `day` as the time of saving."""
    fixed = io.BytesIO()
    # Rows whose height is not "custom" still grow with what is typed into them.
    grows = re.compile(rb' customHeight="1"')
    stamp = f"{day.isoformat()}T00:00:00Z".encode()
    with zipfile.ZipFile(fresh) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, part)
            elif name.startswith("xl/worksheets/"):
                part = grows.sub(b"", part)
            new.writestr(zipfile.ZipInfo(name, _ZIP_DAY), part, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def put_text(cell: Cell | MergedCell, words: str) -> None:
    """Write words into a cell that stay words, whatever they begin with."""
    cell.value = words
    cell.data_type = "s"
    cell.quotePrefix = words.startswith(("=", "+", "-", "@"))


def head(cell: Cell | MergedCell, words: str) -> None:
    """Write a heading of a table."""
    put_text(cell, words)
    cell.font = Font(name=FONT, size=11, bold=True)
    cell.fill = FILLS["head"]
    cell.border = BOX
    cell.alignment = Alignment(wrap_text=True, horizontal="center", vertical="center")


def fit(sheet: Worksheet, row: int, widths: Sequence[float], least: int = 1) -> None:
    """Make a row as high as its words need: LibreOffice does not find out when it opens a file."""
    words = ((str(sheet.cell(row, n).value or ""), n) for n in range(1, len(widths) + 1))
    lines = (_lines(text, widths[n - 1]) for text, n in words if sheet.cell(row, n).data_type == "s")
    sheet.row_dimensions[row].height = LINE * max(least, *lines) + 5


def on_paper(sheet: Worksheet, foot: tuple[str, str | None], *, margin: float, wide: int = 1) -> None:
    """Set a sheet up for A4 across, `wide` pages wide; `foot` stands left and in the middle."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth = wide
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for side in ("left", "right", "top", "bottom"):
        setattr(sheet.page_margins, side, margin)
    footer = HeaderFooter().oddFooter
    if footer is not None:  # for the type checker: openpyxl makes it
        footer.left.text, footer.center.text, footer.right.text = (*foot, "&P/&N")
        sheet.oddFooter = footer


def _lines(words: str, width: float) -> int:
    """Count the lines that words take in a column.

    >>> _lines("mot hai ba", 7)
    3
    """
    return max(1, len(textwrap.wrap(words, max(4, int(width) - 2))))
