"""Workbooks with yearly tables: what is hidden, struck through, merged or computed is told or refused.

All figures are made up.
"""

import openpyxl
import pytest

from forecast.base.errors import DataError
from forecast.data.foreign import read_file

COLUMNS = ["area", "component", "year", "score"]
ROWS = [
    (area, component, year, 60 + 5 * a + 2 * c + (year - 2015) / 4)
    for a, area in enumerate(("An", "Bình"))
    for c, component in enumerate(("D1", "D2"))
    for year in range(2015, 2019)
]


def test_what_a_workbook_hides_is_read_and_told(tmp_path):
    """A draft that is hidden may not be meant."""
    book = openpyxl.Workbook()
    for line in ([*COLUMNS, "max_score"], *([*row, 100] for row in ROWS)):
        book.active.append(list(line))
    book.active.row_dimensions[4].hidden = book.active.row_dimensions[900].hidden = True
    book.active.column_dimensions["E"].hidden = True
    book.save(tmp_path / "x.xlsx")

    table = read_file(tmp_path / "x.xlsx")

    assert len(table.frame) == len(ROWS)
    assert [(remark.key, remark.facts) for remark in table.remarks] == [
        ("imports.hidden_rows", {"rows": ["4"]}),
        ("imports.hidden_columns", {"columns": ["E"]}),
    ]


def book_of(tmp_path, change):
    """Write the panel as a workbook, with its sheet changed by a function."""
    book = openpyxl.Workbook()
    for line in (COLUMNS, *ROWS):
        book.active.append(list(line))
    change(book.active)
    book.save(tmp_path / "x.xlsx")
    return tmp_path / "x.xlsx"


def strike(*places):
    """Draw a line through cells."""

    def change(sheet):
        for place in places:
            sheet[place].font = openpyxl.styles.Font(strike=True)

    return change


def test_a_figure_with_a_line_through_it_is_left_out_and_named(tmp_path):
    """Somebody took it back: it is no result, and its row stays; a row that is struck whole is gone."""
    table = read_file(book_of(tmp_path, strike("D3", "A5", "B5", "C5", "D5")))

    assert len(table.frame) == len(ROWS) - 1
    assert table.frame.loc[table.frame["row"] == 3, "score"].isna().all()
    (remark,) = table.remarks
    assert "5 struck-through cells are left out: D3 (60.25), A5 (An)" in remark.text("en")


def test_a_name_alone_with_a_line_through_it_is_asked_about(tmp_path):
    """It is not plain whether its figures are taken back too."""
    with pytest.raises(DataError, match="row 4, column A, found “An”: a line is drawn through this name"):
        read_file(book_of(tmp_path, strike("A4")))


def test_one_figure_for_two_years_is_refused(tmp_path):
    """Merged cells hold it once, and it would count for each of them, or for the first alone."""
    long = book_of(tmp_path, lambda sheet: sheet.merge_cells("D3:D4"))
    with pytest.raises(DataError, match=r"x\.xlsx, row 3, column score, found “60\.25”: one figure .* D3:D4"):
        read_file(long)

    book = openpyxl.Workbook()
    for line in (
        ["area", "component", 2015, 2016, 2017],
        ["An", "D1", 60, 61, 62],
        ["Bình", "D1", 70, 71, 72],
    ):
        book.active.append(line)
    book.active.merge_cells("C3:D3")
    book.save(tmp_path / "wide.xlsx")
    with pytest.raises(DataError, match=r"wide\.xlsx, row 3, column 2015, found “70”: one figure .* C3:D3"):
        read_file(tmp_path / "wide.xlsx")


def test_a_year_merged_over_its_rows_is_the_year_of_all(tmp_path):
    """A label may be merged; it is no figure."""
    book = openpyxl.Workbook()
    rows = [
        ["year", "area", "score"],
        [2015, "An", 60],
        [None, "Bình", 70],
        [2016, "An", 61],
        [None, "Bình", 71],
    ]
    for line in rows:
        book.active.append(line)
    book.active.merge_cells("A2:A3")
    book.active.merge_cells("A4:A5")
    book.save(tmp_path / "x.xlsx")

    assert read_file(tmp_path / "x.xlsx").frame["year"].tolist() == [2015, 2015, 2016, 2016]


def test_a_workbook_without_one_table_is_refused(tmp_path):
    """Nothing at all, several sheets, or formulas whose results nobody has seen."""
    book = openpyxl.Workbook()
    for key, cells in (("expect.not_empty", []), ("imports.figure_formula", ["=1+1"]), ("", ["x"])):
        if not key:
            book.create_sheet("Nháp").append(["x"])
        book.worksheets[0].append(cells)
        book.save(tmp_path / "x.xlsx")
        with pytest.raises(DataError) as refusal:
            read_file(tmp_path / "x.xlsx")
        assert refusal.value.problems[0].expected_key == (key or "foreign.several_sheets")


def test_a_heading_alone_with_a_line_through_it_is_asked_about(tmp_path):
    """Its column may be taken back, or the year mended."""
    with pytest.raises(DataError, match="row 1, column D, found “score”: a line is drawn through this name"):
        read_file(book_of(tmp_path, strike("D1")))


def test_titles_two_rows_of_headings_and_a_cover_are_read_past_and_told(tmp_path):
    """The years stand in the second row, below a heading of all; a cover and notes hold no table."""
    book = openpyxl.Workbook()
    book.create_sheet("Bìa", 0).append(["BÁO CÁO", None, 2018])
    book.create_sheet("Ghi chú").append([1, "Nguồn: Bộ Nội vụ"])
    book.active = 1
    book.active.append(["Bảng 1. Chỉ số"])
    for line in (["Tỉnh", "Năm", None, None], [None, 2015, 2016, 2017], ["An", 1, 2, 3], ["Bình", 2, 3, 4]):
        book.active.append(line)
    book.active.merge_cells("A2:A3")
    book.active.merge_cells("B2:D2")
    book.save(tmp_path / "x.xlsx")

    table = read_file(tmp_path / "x.xlsx")

    assert table.frame["score"].tolist() == [1, 2, 2, 3, 3, 4]
    assert table.frame["row"].tolist() == [4, 5] * 3
    told = [remark.text("en") for remark in table.remarks]
    assert "without a table of figures are left out: Bìa, Ghi chú" in told[0]
    assert "Left out above the names of the columns (row 1): Bảng 1. Chỉ số." in told
    assert "take two rows, 2, 3, and are joined: Tỉnh, 2015, 2016, 2017." in " ".join(told)

    book.worksheets[2].append([2, "An", 71.5])
    book.worksheets[2].append([3, "Bình", 72.5])
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match="several sheets hold something"):
        read_file(tmp_path / "x.xlsx")
