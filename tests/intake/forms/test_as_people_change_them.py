"""Forms that people changed while filling them in: what is plain is read, the rest is told by its cause."""

import io
import zipfile

import openpyxl
import pytest
from openpyxl.comments import Comment

from forecast.base import labels
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


@pytest.mark.parametrize("column", ["I", "K", "L", "N"])
def test_an_answer_that_is_struck_through_is_asked_about(column, changed):
    """It is taken back or not: nothing is stored before somebody says which."""
    places = []

    def change(sheet):
        row = rows_of(sheet)[0]
        cell = sheet[f"{column}{row}"]
        cell.value = cell.value or "2024-11-15"
        cell.font = openpyxl.styles.Font(strike=True)
        places.append(cell.coordinate)

    outcome, stored = changed(change)

    assert (outcome.state, stored.empty) == ("refused", True)
    assert [(each.cell, each.expected_key) for each in outcome.problems] == [
        (places[0], "imports.struck_part")
    ]


def swapped(first, second):
    """Exchange two columns, their headings too."""

    def change(sheet):
        for row in range(layout.HEAD_ROW, sheet.max_row + 1):
            one, other = sheet[f"{first}{row}"], sheet[f"{second}{row}"]
            one.value, other.value = other.value, one.value

    return change


MOVED = {  # how columns are moved: the first place told, and where its heading belongs
    "before the reason": (lambda sheet: sheet.insert_cols(12), ("M7", "L")),
    "before the day": (lambda sheet: sheet.insert_cols(14), ("O7", "N")),
    "before the low": (lambda sheet: sheet.insert_cols(8), ("I7", "H")),
    "before the code": (lambda sheet: sheet.insert_cols(1), ("B7", "A")),
    "the high is gone": (lambda sheet: sheet.delete_cols(10), ("J7", "K")),
    "the self-score is gone": (lambda sheet: sheet.delete_cols(11), ("K7", "L")),
    "likely and self-score": (swapped("I", "K"), ("I7", "K")),
    "reason and remedy": (swapped("L", "M"), ("L7", "M")),
    "below a new row": (lambda sheet: (sheet.insert_rows(2), sheet.insert_cols(12)), ("M8", "L")),
}


@pytest.mark.parametrize("how", MOVED)
def test_columns_that_moved_are_told_and_nothing_is_read_in_their_place(how, changed):
    """A self-score is never taken for a reason, nor a high for a likely figure."""
    change, told = MOVED[how]
    outcome, stored = changed(change)

    assert (outcome.state, stored.empty) == ("refused", True)
    assert {problem.expected_key for problem in outcome.problems} == {"expect.form_column"}
    assert len(outcome.problems) == (2 if "and" in how else 1)  # one cause, one line; two of an exchange
    first = outcome.problems[0]
    assert (first.cell, first.expected_facts["meant"]) == told


def without_headings(sheet, *, first="H"):
    """Clear the headings from a column on."""
    for cell in sheet[layout.HEAD_ROW]:
        if cell.column_letter >= first:
            cell.value = None


HEADINGS = {  # what is done to the row of headings: the first place told, and how often
    "deleted": (lambda sheet: sheet.delete_rows(layout.HEAD_ROW), "A7", 1),
    "deleted with the row above": (lambda sheet: sheet.delete_rows(layout.HEAD_ROW - 1, 2), "A7", 1),
    "emptied": (lambda sheet: without_headings(sheet, first="A"), "A7", 1),
    "in part": (without_headings, "H7", 7),
    "one written anew": (lambda sheet: setattr(sheet["I7"], "value", "Điểm"), "I7", 1),
    "merged": (lambda sheet: sheet.merge_cells("H7:J7"), "I7", 2),
    "one emptied below a new row": (
        lambda sheet: (setattr(sheet["K7"], "value", None), sheet.insert_rows(1)),
        "K8",
        1,
    ),
    "deleted, columns exchanged": (
        lambda sheet: (swapped("I", "K")(sheet), sheet.delete_rows(layout.HEAD_ROW)),
        "A7",
        1,
    ),
}


@pytest.mark.parametrize("how", HEADINGS)
def test_columns_without_their_headings_are_not_read(how, changed):
    """Whether they were moved cannot be seen; the cause is told, and nothing that follows from it."""
    change, place, count = HEADINGS[how]
    outcome, stored = changed(change)

    assert (outcome.state, stored.empty) == ("refused", True)
    assert {problem.expected_key for problem in outcome.problems} <= {
        "expect.form_heading",
        "expect.form_headings",
    }
    assert (outcome.problems[0].cell, len(outcome.problems)) == (place, count)


def test_headings_in_capitals_are_the_headings(changed):
    """And blanks around them change nothing."""

    def change(sheet):
        for cell in sheet[layout.HEAD_ROW]:
            cell.value = f" {cell.value} ".upper()

    assert changed(change)[0].state == "accepted"


def test_words_that_are_a_heading_too_are_words(changed):
    """Only what stands above the codes is a heading."""

    def change(sheet):
        sheet[f"L{rows_of(sheet)[0]}"] = "Điểm tự chấm"

    outcome, stored = changed(change)

    assert outcome.state == "accepted"
    assert "Điểm tự chấm" in set(stored["reason"])


@pytest.mark.parametrize("row", [1, 2, 5, 7])
def test_a_row_inserted_above_the_table_is_the_one_thing_told(row, changed):
    """And not that department, area and year are other ones."""
    outcome, stored = changed(lambda sheet: sheet.insert_rows(row))

    assert stored.empty
    told = [(problem.cell, problem.expected_key) for problem in outcome.problems]
    assert told == [("A8", "expect.form_head_row")]


def test_a_row_inserted_above_hides_no_wrong_cell(changed):
    """All that is to be mended is told at once."""

    def change(sheet):
        sheet[f"I{rows_of(sheet)[0]}"] = -1
        sheet.insert_rows(1)

    told = [problem.expected_key for problem in changed(change)[0].problems]
    assert told == ["expect.form_head_row", "expect.form_not_negative"]


@pytest.mark.parametrize("row", [5, 12])
def test_a_row_that_nothing_depends_on_may_come_or_go(row, changed):
    """The line of facts is deleted, an empty row is inserted among the components."""
    change = (lambda sheet: sheet.delete_rows(5)) if row == 5 else (lambda sheet: sheet.insert_rows(row))

    assert changed(change)[0].state == "accepted"


COPIES = {  # what is done with a sheet and its copy, and whether the form is taken
    "alike": (lambda _: None, True),
    "an empty copy": (lambda pair: emptied(pair[1]), True),
    "filled in the copy": (lambda pair: emptied(pair[0]), False),
    "another figure": (lambda pair: put(pair[1], "I", 0), False),
    "another reason": (lambda pair: put(pair[1], "L", "x"), False),
    "one renamed too": (lambda pair: (put(pair[1], "L", "x"), setattr(pair[1], "title", "Sheet1")), False),
}


def emptied(sheet):
    """Take out all figures."""
    for row in rows_of(sheet):
        for column in "HIJ":
            sheet[f"{column}{row}"].value = None


def put(sheet, column, value):
    """Type a value into the first row, and a low figure that allows it."""
    row = rows_of(sheet)[0]
    sheet[f"H{row}"], sheet[f"{column}{row}"] = 0, value


@pytest.mark.parametrize("what", COPIES)
def test_no_second_sheet_of_answers_is_passed_over(what, changed):
    """An unchanged or an empty copy does no harm; one that says something else is told."""
    change, taken = COPIES[what]
    outcome, stored = changed(lambda sheet: change((sheet, sheet.parent.copy_worksheet(sheet))))

    assert (outcome.state, stored.empty) == (("accepted", False) if taken else ("refused", True))
    assert [problem.expected_key for problem in outcome.problems] == (
        [] if taken else ["expect.form_one_sheet"]
    )
    assert all(problem.expected_facts == {"other": ENTRY} for problem in outcome.problems)


@pytest.mark.parametrize(
    ("typed", "taken"), [("0 5", None), ("0 0", None), ("0 , 5", "0.5"), ("0,5 đ", "0.5"), ("-0", "0")]
)
def test_a_blank_between_digits_may_be_a_lost_comma(typed, taken, changed):
    """So it is asked; elsewhere it means nothing, and minus nothing is nothing."""

    def change(sheet):
        row = rows_of(sheet)[0]
        sheet[f"H{row}"], sheet[f"I{row}"] = 0, typed

    outcome, stored = changed(change)

    assert outcome.state == ("accepted" if taken else "refused")
    assert stored["likely"].astype(str).str.removesuffix(".0").tolist()[:1] == ([taken] if taken else [])


@pytest.mark.parametrize(
    ("shares", "last", "where", "key"),
    [
        ({"K": 0.075}, "", "K", "slipped"),  # beside a likely figure of 70 percent
        ({"H": 0.07, "I": 0.1, "J": 0.14, "K": 0.95}, "", "I", "slipped"),
        ({"H": 0.07, "I": 0.09, "J": 0.1, "K": 0.095}, "90", "I", "before"),  # all of the row
    ],
)
def test_a_figure_far_from_those_beside_it_is_asked_about(shares, last, where, key, office):
    """It is returned with a comment in its cell, and taken if somebody has looked."""
    path = office.filled()
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    sheet = book[ENTRY]
    row = rows_of(sheet)[0]
    for letter, value in shares.items():
        sheet[f"{letter}{row}"] = round(value * sheet[f"C{row}"].value, 3)
    book.save(path)
    if last:
        cells = f"{sheet['C3'].value},{sheet[f'A{row}'].value},value,{last},percent,,,2024-04-17,2024-04-17"
        with (office.data / "scores.csv").open("a", encoding="utf-8") as file:
            file.write(f"PAR,2023,{cells},số giả định,official,\n")

    (outcome,) = office.take(path)
    (insisted,) = office.take(path, insist=True)

    assert [(p.expected_key, p.column, p.row) for p in outcome.problems] == [
        (f"expect.form_{key}", where, row)
    ]
    assert outcome.copy is not None
    assert insisted.state == "accepted"


@pytest.mark.parametrize("ranges", [0, 1])
def test_a_form_without_any_range_is_asked_about(ranges, office):
    """Some figures may be sure, but not all of them."""
    path = office.filled()
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    sheet = book[ENTRY]
    rows = rows_of(sheet)
    for row in rows[ranges:]:
        sheet[f"H{row}"] = sheet[f"J{row}"] = sheet[f"I{row}"].value
    book.save(path)

    (outcome,) = office.take(path)
    (insisted,) = office.take(path, insist=True)

    told = [(each.expected_key, each.cell) for each in outcome.problems]
    assert told == ([] if ranges else [("expect.form_range", f"H{rows[0]}")])
    assert insisted.state == ("stored" if ranges else "accepted")


def test_what_is_hidden_or_beside_the_table_is_named(changed):
    """Nothing that somebody wrote is lost in silence."""
    last = []

    def change(sheet):
        rows = rows_of(sheet)
        last.extend((max(rows), rows[0]))
        sheet["O9"] = "Xem công văn kèm theo"
        sheet[f"A{max(rows) + 2}"] = "Ghi chú: số ước"
        sheet.row_dimensions[rows[0]].hidden = True
        sheet.column_dimensions["M"].hidden = True

    outcome, _ = changed(change)
    told = "\n".join(remark.text("en") for remark in outcome.remarks)

    assert outcome.state == "accepted"
    assert f"Rows that the file hides are read: {last[1]};" in told
    assert "Columns that the file hides are read: M;" in told
    assert f"O9 “Xem công văn kèm theo”, A{last[0] + 2} “Ghi chú: số ước”" in told


def test_what_is_added_to_the_form_itself_is_named(changed):
    """A sheet, comments, words on top and a figure where the form left last year's points empty."""

    def change(sheet):
        row = rows_of(sheet)[0]
        sheet["C5"] = "Bản thay thế"
        sheet[f"D{row}"] = 0.4
        sheet["L9"].comment = Comment("theo công văn 12", "Chị Hoa")
        sheet["H9"].comment = Comment(
            "cần số điểm", labels.text("form.creator", "vi")
        )  # of the copy sent back
        sheet.parent.create_sheet("Thuyết minh").append(["", "Giải trình số liệu"])
        sheet.parent.create_sheet("Sheet1")  # empty

    outcome, _ = changed(change)
    told = [remark.text("en") for remark in outcome.remarks]

    assert outcome.state == "accepted"
    assert ["C5 “Bản thay thế”, D9 “0.4”;" in told[0], "L9 “theo công văn 12”;" in told[1]] == [True, True]
    assert told[2].startswith("Sheets that were added to the form are not read: “Thuyết minh”: “Giải trình")
    assert len(told) == 3


THREAD = "[Threaded comment]\n\nYour version of Excel allows you to read it.\n\nComment:\n    chưa chốt"
BESIDES = {  # what is added, and what is told of it
    "below the guide": (
        lambda sheet: put_in(sheet, 0, "A30", "Đề nghị sửa"),
        "“Hướng dẫn” A30 “Đề nghị sửa”",
    ),
    "a comment in the guide": (
        lambda sheet: comment(sheet.parent.worksheets[0]["A1"], "x"),
        "“Hướng dẫn” A1 “x”",
    ),
    "below the reasons": (lambda sheet: put_in(sheet, 2, "A20", "Lý do mới"), "“Danh mục” A20 “Lý do mới”"),
    "where the form has no forecast": (lambda sheet: put_in(sheet, 1, "E9", 0.5), "E9 “0.5”"),
    "in the last cell": (lambda sheet: put_in(sheet, 1, "XFD1048576", "xa"), "XFD1048576 “xa”"),
    "a thread": (lambda sheet: comment(sheet["H9"], THREAD, "tc={1}"), "H9 “Comment: chưa chốt”"),
}


def put_in(sheet, place, cell, value):
    """Type a value into a cell of a sheet of the book."""
    sheet.parent.worksheets[place][cell] = value


def comment(cell, words, who="Chị Hoa"):
    """Comment on a cell."""
    cell.comment = Comment(words, who)


@pytest.mark.parametrize("what", BESIDES)
def test_nothing_that_somebody_wrote_elsewhere_is_passed_over(what, changed):
    """Wherever it stands, and without looking through all cells up to there."""
    change, words = BESIDES[what]
    outcome, _ = changed(change)

    assert outcome.state == "accepted"
    assert [words in remark.text("vi") for remark in outcome.remarks] == [True]


def test_text_boxes_and_pictures_are_named(office):
    """What is drawn over the cells is none of them."""
    path = office.filled()
    with zipfile.ZipFile(path, "a") as parts:
        parts.writestr("xl/drawings/drawing1.xml", "<a:p><a:t>Số ước &amp; chưa</a:t><a:t>duyệt</a:t></a:p>")
        parts.writestr("xl/media/image1.png", b"")

    (outcome,) = office.take(path)

    assert outcome.state == "accepted"
    assert "“Số ước & chưa duyệt”, image1.png;" in outcome.remarks[0].text("vi")


def test_a_form_as_it_is_sent_out_has_nothing_besides(office):
    """Neither its guide nor its labels are told."""
    (outcome,) = office.take(office.filled())

    assert outcome.remarks == ()
