"""Write a form as .xlsx: the sheets guide, entry, hidden lists and key."""

import datetime as dt
import math
from typing import Any, Final

from openpyxl.cell import Cell, MergedCell
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Font, Protection
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.workbook import Workbook
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from forecast.answer.submissions.duties import Item, deadline
from forecast.base.excel import BOX, DAY_FORMAT, FILLS, FONT, LINE, fit, head, on_paper, put_text, saved
from forecast.base.labels import text
from forecast.base.spelling import spans
from forecast.intake.forms.form import Form
from forecast.intake.forms.layout import (
    AREA_CELL,
    COLUMNS,
    DEPARTMENT_CELL,
    FIGURES,
    FIRST_ROW,
    GUIDE_LINES,
    HEAD_ROW,
    INPUTS,
    LANG,
    MOST_TEXT,
    POINTS,
    REASONS,
    TEXTS,
    YEAR_CELL,
    due_days,
    sheet_name,
)

POINTS_FORMAT: Final = "0.00"
ASSUMED_FORMAT: Final = '0.00"*"'
_WIDTHS: Final = (8, 40, 9, 9, 10, 10, 10, 14, 16, 14, 9, 30, 30, 18)
_GUIDE_WIDTHS: Final = (8, 30, 10, 14, 16, 14, 10, 32, 32, 18)
_LETTERS_A_LINE: Final = 165  # of the guide, over all its columns
_SURE: Final = ("read", "made_up")  # an invented framework says so on top
_DAY_ZERO: Final = dt.date(1899, 12, 30)  # of spreadsheets' day numbers


def content(form: Form) -> bytes:
    """Write a form as .xlsx; the same form gives the same bytes."""
    return saved(book_of(form), form.day)


def book_of(form: Form) -> Workbook:
    """Lay out the workbook of a form."""
    book = Workbook()
    book.remove(book.worksheets[0])
    _guide(book.create_sheet(sheet_name("guide")), form)
    entry = book.create_sheet(sheet_name("entry"))
    lists = book.create_sheet(sheet_name("lists"))
    _lists(lists)
    _entry(entry, form)
    form.key.write(book)
    book.security = WorkbookProtection(lockStructure=True)  # no password: against slips, not against people
    facts = {"year": form.key.target_year, "department": form.key.department}
    book.properties.title = text("form.title_of", LANG, **facts)
    book.properties.creator = text("form.creator", LANG)
    book.properties.language = "vi-VN"
    book.properties.created = dt.datetime.combine(form.day, dt.time())
    return book


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
    on_paper(sheet, (text("form.footer", LANG), None), margin=0.5)
    sheet.print_options.horizontalCentered = True


def _guide(sheet: Worksheet, form: Form) -> None:
    last = deadline(form.key.target_year)
    facts: dict[str, Any] = {
        "year": form.key.target_year,
        "department": form.key.department,
        "deadline": last,
        "first_due": due_days(form.key.target_year)[0],
        "last_due": due_days(form.key.target_year)[1],
        "most": MOST_TEXT,
    }
    for letter, width in zip("ABCDEFGHIJ", _GUIDE_WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    _paragraph(sheet, 1, text("form.guide.title", LANG, **facts), Font(name=FONT, size=15, bold=True))
    for row, name in enumerate(GUIDE_LINES, 2):
        _paragraph(sheet, row, _guide_text(name, form, facts), Font(name=FONT, size=12))
    below = len(GUIDE_LINES) + 3
    _paragraph(
        sheet, below, text("form.guide.example", LANG), Font(name=FONT, size=12, bold=True, italic=True)
    )
    _example(sheet, below + 1, form)
    page(sheet)
    sheet.protection.enable()


def _guide_text(name: str, form: Form, facts: dict[str, Any]) -> str:
    """Give one paragraph; plan 3184 speaks of one city and one year."""
    if name == "plan" and (form.key.area, form.key.target_year) != ("TP. Hồ Chí Minh", 2024):
        return text("form.guide.plan_other", LANG, **facts)
    return text(f"form.guide.{name}", LANG, **facts)


def _paragraph(sheet: Worksheet, row: int, words: str, font: Font) -> None:
    """Write a paragraph over all columns; merged cells do not find their height themselves."""
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(_GUIDE_WIDTHS))
    cell = sheet.cell(row, 1)
    put_text(cell, words)
    cell.font = font
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    sheet.row_dimensions[row].height = LINE * math.ceil(len(words) / _LETTERS_A_LINE) + 8


def _example(sheet: Worksheet, row: int, form: Form) -> None:
    heads = ("code", "name", "maximum", *INPUTS)
    made_up: tuple[Any, ...] = (
        *("X.1", text("form.example.name", LANG), 2.0, 1.2, 1.5, 1.8, 1.75),
        *(text("form.example.reason", LANG), text("form.example.remedy", LANG)),
        dt.date(form.key.target_year, 11, 15),
    )
    for place, (name, value) in enumerate(zip(heads, made_up, strict=True), start=1):
        head(sheet.cell(row, place), _heading(name, form))
        cell = sheet.cell(row + 1, place, value)
        plain(cell, name)
        cell.font = Font(name=FONT, size=11, italic=True)
    fit(sheet, row, _GUIDE_WIDTHS)
    fit(sheet, row + 1, _GUIDE_WIDTHS)


def _heading(name: str, form: Form) -> str:
    return text(f"form.column.{name}", LANG, last=form.key.target_year - 1)


def _lists(sheet: Worksheet) -> None:
    sheet.sheet_state = "hidden"
    sheet.append([text("form.column.reason", LANG)])
    for number in range(1, REASONS + 1):
        sheet.append([text(f"form.reason.{number}", LANG)])
    sheet.protection.enable()


def _entry(sheet: Worksheet, form: Form) -> None:
    _top(sheet, form)
    for name, letter in COLUMNS.items():
        head(sheet[f"{letter}{HEAD_ROW}"], _heading(name, form))
        sheet.column_dimensions[letter].width = _WIDTHS[ord(letter) - ord("A")]
        if name.startswith("model_"):
            sheet.column_dimensions[letter].hidden = not form.model
    fit(sheet, HEAD_ROW, _WIDTHS)
    row, domain = FIRST_ROW, ""
    entries = []
    for item in form.items:
        if item.domain not in (domain, item.component):
            _domain_row(sheet, row, item.domain, form)
            row += 1
        domain = item.domain
        _item_row(sheet, row, item, form)
        fit(sheet, row, _WIDTHS, least=2)  # room for a reason
        entries.append(row)
        row += 1
    _validations(sheet, entries, form)
    _marks(sheet, row - 1)
    sheet.freeze_panes = f"C{FIRST_ROW}"
    page(sheet)
    sheet.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"
    sheet.print_area = f"A1:{COLUMNS['due']}{row - 1}"
    sheet.protection.enable()
    sheet.protection.formatColumns = False  # the reader may widen columns and rows
    sheet.protection.formatRows = False


def _top(sheet: Worksheet, form: Form) -> None:
    key = form.key
    put_text(sheet["A1"], text("form.title", LANG, year=key.target_year))
    sheet["A1"].font = Font(name=FONT, size=15, bold=True)
    for cell, value, name in (
        (DEPARTMENT_CELL, key.department, "department"),
        (AREA_CELL, key.area, "area"),
        (YEAR_CELL, key.target_year, "year"),
    ):
        row = cell[1:]
        sheet[f"A{row}"] = text(f"form.label.{name}", LANG)
        sheet[f"A{row}"].font = Font(name=FONT, size=12)
        if isinstance(value, str):
            put_text(sheet[cell], value)
        else:
            sheet[cell] = value
        sheet[cell].font = Font(name=FONT, size=12, bold=True)
        sheet[cell].alignment = Alignment(horizontal="left")
    facts = {"deadline": deadline(key.target_year), "version": key.form_version, "framework": key.framework}
    sheet["A5"] = text("form.label.facts" if key.framework else "form.label.no_framework", LANG, **facts)
    notes = [text("form.label.colour", LANG)]
    if any(item.max_status not in _SURE for item in form.items):
        notes.append(text("max_status.star", LANG))
    if form.made_up:
        notes.insert(0, text("form.label.made_up", LANG))
    put_text(sheet["A6"], " ".join(notes))
    for cell in ("A5", "A6"):
        sheet[cell].font = Font(name=FONT, size=11, italic=True)


def _domain_row(sheet: Worksheet, row: int, domain: str, form: Form) -> None:
    for name, letter in COLUMNS.items():
        cell = sheet[f"{letter}{row}"]
        plain(cell, "name")
        cell.alignment = Alignment(vertical="center")  # a long name runs on over the empty cells
        cell.fill = FILLS["domain"]
        cell.font = Font(name=FONT, size=11, bold=True)
        if name in ("code", "name"):
            put_text(cell, domain if name == "code" else form.domains[domain])


def _item_row(sheet: Worksheet, row: int, item: Item, form: Form) -> None:
    median, lower, upper = form.model.get(item.component, (None, None, None))
    values = {
        "maximum": item.maximum,
        "last": form.last.get(item.component),
        "model_median": median,
        "model_lower": lower,
        "model_upper": upper,
    }
    for name, letter in COLUMNS.items():
        cell = sheet[f"{letter}{row}"]
        plain(cell, name)
        if name in ("code", "name"):
            put_text(cell, item.component if name == "code" else item.name)
        elif values.get(name) is not None:
            cell.value = values[name]
        if name in INPUTS:
            cell.fill = FILLS["input"]
            cell.protection = Protection(locked=False)
            cell.quotePrefix = name in TEXTS  # what is typed stays text, even after an =
    if item.max_status not in _SURE:
        sheet[f"{COLUMNS['maximum']}{row}"].number_format = ASSUMED_FORMAT


def _validations(sheet: Worksheet, rows: list[int], form: Form) -> None:
    first, last = (str((day - _DAY_ZERO).days) for day in due_days(form.key.target_year))
    reasons = f"'{sheet_name('lists')}'!$A$2:$A${REASONS + 1}"
    rules: dict[str, tuple[Any, Any, str, str | None, str]] = {
        **dict.fromkeys(POINTS, ("decimal", "between", "0", f"${COLUMNS['maximum']}{rows[0]}", "points")),
        "reason": ("list", None, reasons, None, "reason"),
        "remedy": ("textLength", "lessThanOrEqual", str(MOST_TEXT), None, "remedy"),
        "due": ("date", "between", first, last, "due"),
    }
    kept: dict[str, DataValidation] = {}
    for name, (kind, operator, formula1, formula2, words) in rules.items():
        rule = kept.setdefault(
            words,
            DataValidation(
                type=kind,
                operator=operator,
                formula1=formula1,
                formula2=formula2,
                allow_blank=True,
                showErrorMessage=name != "reason",  # the list offers, other words are welcome
                showInputMessage=True,
                errorTitle=text("form.check.title", LANG),
                error=_check_words(words, form),
                promptTitle=text("form.check.prompt", LANG),
                prompt=_check_words(words, form),
            ),
        )
        for begin, end in spans(rows):
            rule.add(f"{COLUMNS[name]}{begin}:{COLUMNS[name]}{end}")
    for rule in kept.values():
        sheet.add_data_validation(rule)


def _check_words(words: str, form: Form) -> str:
    first, last = due_days(form.key.target_year)
    return text(f"form.check.{words}", LANG, first=first, last=last, most=MOST_TEXT)


def _marks(sheet: Worksheet, last: int) -> None:
    """Colour figures that are out of order, and rows with one or two of the three."""
    low, likely, high = (f"${COLUMNS[name]}{FIRST_ROW}" for name in FIGURES)
    three = f"{low}:{high}"
    area = f"{COLUMNS['low']}{FIRST_ROW}:{COLUMNS['high']}{last}"
    order = f"OR(AND(COUNT({low}:{likely})=2,{low}>{likely}),AND(COUNT({likely}:{high})=2,{likely}>{high}))"
    sheet.conditional_formatting.add(
        area,
        Rule(type="expression", formula=[order], dxf=DifferentialStyle(fill=FILLS["wrong"]), stopIfTrue=True),
    )
    half = f"AND(COUNT({three})>0,COUNT({three})<3)"
    sheet.conditional_formatting.add(
        area, Rule(type="expression", formula=[half], dxf=DifferentialStyle(fill=FILLS["half"]))
    )
