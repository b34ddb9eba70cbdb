"""Forms that people changed while filling them in: what is plain is read, the rest is told by its cause."""

import io

import openpyxl
import pytest

from forecast.data import load
from forecast.intake.forms import layout

ENTRY = layout.sheet_name("entry")


@pytest.fixture
def changed(office):
    """Change a filled form; give the outcome and the stored answers."""

    def go(change, cells=None):
        path = office.filled(cells)
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
        change(book[ENTRY])
        book.save(path)
        (outcome,) = office.take(path)
        stored = load.read_vintages(office.data).frames["submissions"]
        return outcome, stored

    return go


def rows_of(sheet):
    """Rows with a likely figure."""
    return [row for row in range(layout.FIRST_ROW, sheet.max_row + 1) if sheet[f"I{row}"].value is not None]


def test_a_reason_merged_over_two_rows_is_the_reason_of_both(changed):
    """It is seen beside both."""
    seen = []

    def change(sheet):
        first, second = rows_of(sheet)[:2]
        sheet[f"L{first}"] = "Chưa đủ tài liệu"
        sheet.merge_cells(f"L{first}:L{second}")
        seen.extend(sheet[f"A{row}"].value for row in (first, second))

    outcome, stored = changed(change)

    assert outcome.state == "accepted"
    reasons = dict(zip(stored["component"], stored["reason"], strict=True))
    assert [reasons[str(code)] for code in seen] == ["Chưa đủ tài liệu"] * 2


@pytest.mark.parametrize("write", ["{}", " {} điểm", "'{}"])
def test_a_maximum_that_became_text_is_the_maximum(write, changed):
    """2 is 2; another number is refused."""

    def change(sheet, more=0.0):
        row = rows_of(sheet)[0]
        number = f"{sheet[f'C{row}'].value + more:g}".replace(".", ",")
        sheet[f"C{row}"].value = write.replace("'", "").format(number)

    assert changed(change)[0].state == "accepted"
    assert changed(lambda sheet: change(sheet, 0.5))[0].state == "refused"


def test_a_renamed_sheet_is_found_by_what_it_holds(changed):
    """Its department and its codes."""
    outcome, stored = changed(lambda sheet: setattr(sheet, "title", "Sheet1"))

    assert outcome.state == "accepted"
    assert len(stored)


@pytest.mark.parametrize("day", ["ngày 30 tháng 9 năm 2024", "30 tháng 9, năm 2024", "30/9/2024"])
def test_a_day_in_words_is_a_day(day, changed):
    """It is plain which."""

    def change(sheet):
        sheet[f"N{rows_of(sheet)[0]}"] = day

    outcome, stored = changed(change)

    assert outcome.state == "accepted"
    assert "2024-09-30" in set(stored["due"].astype(str).str[:10])


@pytest.mark.parametrize("column", ["I", "N"])
def test_a_figure_or_a_day_merged_over_two_rows_is_told_by_its_cause(column, changed):
    """Whose it is, is not said; nothing is taken, and no other fault is told of that row."""
    merged = []

    def change(sheet):
        first, second = rows_of(sheet)[:2]
        sheet[f"{column}{first}"] = sheet[f"{column}{first}"].value or "2024-11-15"
        sheet.merge_cells(f"{column}{first}:{column}{second}")
        merged.extend([f"{column}{first}", f"{column}{second}"])

    outcome, stored = changed(change)

    assert outcome.state == "refused"
    assert stored.empty
    told = [(each.cell, each.expected_key, each.expected_facts["first"]) for each in outcome.problems]
    assert told == [(merged[1], "expect.form_not_merged", merged[0])]
