"""The form: whose components stand in it, what may be typed where, and what opens it."""

import io
import zipfile
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest

from forecast.answer.submissions import departments, items
from forecast.base.errors import SpecError
from forecast.data.framework import framework_for
from forecast.intake.forms import form, layout, sheets
from forecast.intake.forms.key import SHEET, Key

SIX = {
    *("Sở Nội vụ", "Sở Tài chính", "Sở Tư pháp", "Sở Kế hoạch và Đầu tư"),
    *("Sở Thông tin và Truyền thông", "Văn phòng UBND Thành phố"),
}


def book_of(made: form.Form) -> openpyxl.Workbook:
    """Open a form as a reader does."""
    return openpyxl.load_workbook(io.BytesIO(sheets.content(made)))


def test_the_framework_on_file_names_the_six_departments(plain_office):
    """Plan 3184 asks six departments, and the framework of 876/QĐ-BNV has just these."""
    _, framework = plain_office.known()

    assert set(departments(framework)) == SIX
    assert len(departments(framework)) == 6


def test_every_point_of_the_index_is_on_somebodys_form(office, plain_office):
    """The finest components of all forms add up to 100, whether there are criteria or not."""
    for place, count in ((office, 88), (plain_office, 9)):
        _, framework = place.known()
        found = {item.component: item for name in departments(framework) for item in items(framework, name)}

        assert len(found) == count
        assert sum(item.maximum for item in found.values()) == pytest.approx(100)


def test_a_part_belongs_to_its_own_department(plain_office):
    """D8 is shared, but its SIPAS half is Sở Nội vụ's alone."""
    _, framework = plain_office.known()

    assert [item.component for item in items(framework, "Sở Nội vụ")] == ["D1", "D4", "D5", "D8.sipas"]
    assert [item.component for item in items(framework, "Sở Kế hoạch và Đầu tư")] == ["D8.outcome"]


def test_an_unknown_department_is_told_the_nearest(plain_office):
    """A slip of the keyboard is met with the right name."""
    with pytest.raises(SpecError) as caught:
        plain_office.blank("Sở Tư phap")

    assert "--department “Sở Tư phap” không có; có phải là “Sở Tư pháp” không" in caught.value.text("vi")


def test_who_leads_a_domain_of_others_alone_has_no_form(plain_office):
    """All its criteria name others, so there is nothing to be asked."""
    _, framework = plain_office.known()
    components = framework.components.copy()
    leads = components["component"] == "D1"
    criterion = components[leads].assign(component="1.1", parent="D1", responsible="Sở Tư pháp")
    components.loc[leads, "responsible"] = "Sở Không Còn Gì"
    changed = replace(framework, components=components, criteria=criterion)

    assert "Sở Không Còn Gì" not in departments(changed)
    assert all(items(changed, name) for name in departments(changed))


def test_sipas_has_no_departments(plain_office):
    """One percentage is nobody's component."""
    known, _ = plain_office.known()

    assert departments(framework_for(known.frameworks, known.events, "SIPAS", 2024, known.as_of)) == ()


def test_the_same_form_has_the_same_bytes(office):
    """Nothing in a form tells when it was saved."""
    assert sheets.content(office.blank()) == sheets.content(office.blank())


def test_last_years_score_is_given_on_this_forms_maximum(plain_office):
    """Published: 85.12 percent of D3 in 2023; on 13 points that is 11.0656."""
    made = plain_office.blank("Văn phòng UBND Thành phố")

    assert made.last == {"D3": 11.0656}
    assert made.file_name == "du-bao-2024_van-phong-ubnd-thanh-pho.xlsx"


def test_the_models_figures_are_shown_where_wished(plain_office):
    """With figures the columns show them; without any the columns are hidden, so that places stay."""
    model = pd.DataFrame({"component": ["D2", "D3"], "median": 8.0, "lower": 7.0, "upper": 9.0})
    shown = book_of(plain_office.blank(model=model))[layout.sheet_name("entry")]
    without = book_of(plain_office.blank())[layout.sheet_name("entry")]

    assert [shown[f"{letter}8"].value for letter in "EFG"] == [8, 7, 9]
    assert not shown.column_dimensions["E"].hidden
    assert without.column_dimensions["E"].hidden


def test_only_input_cells_can_be_typed_into(office):
    """The sheet is protected without a password, and what is not locked is just the input cells."""
    book = book_of(office.blank())
    sheet = book[layout.sheet_name("entry")]
    unlocked = {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}

    assert unlocked == {f"{letter}{row}" for letter in "HIJKLMN" for row in range(9, 21)}
    assert sheet.protection.sheet
    assert sheet.protection.password is None
    assert book.security.lockStructure
    assert [each.sheet_state for each in book.worksheets] == ["visible", "visible", "hidden", "veryHidden"]


def test_every_input_cell_has_its_validation(office):
    """Numbers within the row's maximum, a list of reasons on a sheet, a length, days of the year."""
    sheet = book_of(office.blank("Sở Nội vụ"))[layout.sheet_name("entry")]
    rules = {rule.type: rule for rule in sheet.data_validations.dataValidation}
    rows = [row for row in range(8, sheet.max_row + 1) if not sheet[f"H{row}"].protection.locked]

    assert set(rules) == {"decimal", "list", "textLength", "date"}
    assert rules["decimal"].formula2 == "$C9"
    assert rules["list"].formula1 == "'Danh mục'!$A$2:$A$9"
    assert len(rows) == 38
    for row in rows:
        assert [kind for kind, rule in rules.items() if f"H{row}" in rule.cells] == ["decimal"]
        assert f"N{row}" in rules["date"].cells


def test_texts_of_validations_fit_what_excel_allows(office):
    """Longer ones would make Excel repair the file when it opens it."""
    sheet = book_of(office.blank())[layout.sheet_name("entry")]

    for rule in sheet.data_validations.dataValidation:
        assert max(len(rule.error), len(rule.prompt), len(rule.formula1)) <= 225
        assert max(len(rule.errorTitle), len(rule.promptTitle)) <= 32


def test_a_form_prints_on_a4_across_with_its_header_on_each_page(office):
    """Leaders print it."""
    sheet = book_of(office.blank())[layout.sheet_name("entry")]

    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$7:$7"
    assert sheet.freeze_panes == "C8"


def test_the_hidden_key_says_what_the_form_was_made_for(office):
    """Intake knows a form by it, and a change of it by its hash."""
    made = office.blank()
    book = book_of(made)

    assert Key.read(book) == made.key
    book[SHEET]["B2"] = "Sở Nội vụ"
    assert Key.read(book) is None
    del book[SHEET]
    assert Key.read(book) is None


def test_an_assumed_maximum_is_marked(plain_office):
    """D6's 12 points were never read in a document, and the form says so; D3's were."""
    assumed, read = (
        book_of(plain_office.blank(name))[layout.sheet_name("entry")]
        for name in ("Sở Tài chính", "Văn phòng UBND Thành phố")
    )

    assert assumed["C8"].number_format == '0.00"*"'
    assert "giả định" in assumed["A6"].value
    assert read["C8"].number_format == "0.00"
    assert "giả định" not in read["A6"].value


def test_a_made_up_framework_is_said_to_be(office):
    """No one takes a trial for the real annex."""
    assert "GIẢ ĐỊNH" in book_of(office.blank())[layout.sheet_name("entry")]["A6"].value


def test_a_name_that_looks_like_a_formula_is_a_name(office):
    """Nothing that we write into a form is ever computed."""
    office.data.joinpath("frameworks.csv").write_text(
        office.data.joinpath("frameworks.csv")
        .read_text(encoding="utf-8")
        .replace("Tiêu chí thành phần 2.1.1 (giả định)", '"=HYPERLINK(""x"")"'),
        encoding="utf-8",
    )
    made = sheets.content(office.blank())
    cells = [
        cell
        for sheet in openpyxl.load_workbook(io.BytesIO(made)).worksheets
        for row in sheet.iter_rows()
        for cell in row
    ]

    assert not [cell for cell in cells if cell.data_type == "f"]
    assert [cell for cell in cells if cell.value == '=HYPERLINK("x")']


def test_the_forms_words_are_as_agreed(plain_office, golden):
    """All that a department reads in its form; a change of it is looked at in the diff."""
    lines = []
    for sheet in book_of(plain_office.blank()).worksheets:
        lines.append(f"== {sheet.title} ({sheet.sheet_state})")
        for row in sheet.iter_rows():
            lines += [f"{cell.coordinate}: {cell.value}" for cell in row if cell.value is not None]

    golden("submissions/form.txt", "\n".join(lines) + "\n")


def test_the_parts_of_the_zip_are_dateless(office):
    """The clock of the machine leaves no trace in the container either."""
    with zipfile.ZipFile(io.BytesIO(sheets.content(office.blank()))) as packed:
        assert {part.date_time for part in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b">2024-08-15T00:00:00Z</dcterms:modified>" in packed.read("docProps/core.xml")
