"""What the sheets of a form have beyond any sheet of ours: looks by column, and the page on paper."""

from __future__ import annotations

from typing import Final

from openpyxl.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.header_footer import HeaderFooter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from forecast.base.excel import BOX, DAY_FORMAT, FONT
from forecast.base.labels import text
from forecast.intake.forms.layout import LANG, TEXTS

POINTS_FORMAT: Final = "0.00"
ASSUMED_FORMAT: Final = '0.00"*"'


def plain(cell: Cell | MergedCell, name: str) -> None:
    """Give a cell of a column the column's looks: words, points or days."""
    cell.font = Font(name=FONT, size=11)
    cell.border = BOX
    words = name in ("code", "name", *TEXTS)
    cell.alignment = Alignment(
        wrap_text=words,
        vertical="center",
        horizontal="left" if words else "center" if name == "due" else "right",
    )
    cell.number_format = DAY_FORMAT if name == "due" else "@" if words else POINTS_FORMAT


def page(sheet: Worksheet) -> None:
    """Set a sheet up for paper: A4 across, as wide as the page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_options.horizontalCentered = True
    for side in ("left", "right", "top", "bottom"):
        setattr(sheet.page_margins, side, 0.5)
    footer = HeaderFooter().oddFooter
    if footer is not None:  # for the type checker: openpyxl makes it
        footer.left.text, footer.right.text = text("form.footer", LANG), "&P/&N"
        sheet.oddFooter = footer
