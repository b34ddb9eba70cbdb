"""Yearly tables as people have them: read as they are meant, or refused in few lines that say what to do.

All figures are made up.
"""

import datetime as dt
import re

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.base.errors import DataError
from forecast.data.foreign import read_file, read_frame

ROWS = [
    (area, component, year, 60 + 5 * a + 2 * c + (year - 2015) / 4)
    for a, area in enumerate(("An", "Bình"))
    for c, component in enumerate(("D1", "D2"))
    for year in range(2015, 2019)
]
PLAIN = "area,component,year,score\n" + "".join(f"{a},{c},{y},{s}\n" for a, c, y, s in ROWS)


def lines(header, row, separator=","):
    """Write the rows of the panel, each as `row` says."""
    return "\n".join([separator.join(header), *(separator.join(row(*cells)) for cells in ROWS)]) + "\n"


def written(tmp_path, text, encoding="utf-8", name="t.csv"):
    """Put a text into a file."""
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def keyed(frame):
    """Scores by area, component and year, in one order."""
    return frame.set_index(["area", "component", "year"])["score"].sort_index()


def across(keys, columns, cells):
    """Write a wide table: cells of a list of columns, one row a key."""
    rows = [",".join([*key, *(str(cells[(*key, column)]) for column in columns)]) for key in keys]
    return "\n".join(rows) + "\n"


CELLS = {(a, c, y): s for a, c, y, s in ROWS}
LAYOUTS = {
    "sep line": "sep=;\n" + PLAIN.replace(",", ";"),
    "semicolons and decimal commas": PLAIN.replace(",", ";").replace(".", ","),
    "quoted decimal commas": re.sub(r"(\d+)\.(\d+)$", r'"\1,\2"', PLAIN, flags=re.MULTILINE),
    "first days of years": "area,component,"
    + ",".join(f"{year}-01-01" for year in range(2015, 2019))
    + "\n"
    + across([(a, c) for a in ("An", "Bình") for c in ("D1", "D2")], range(2015, 2019), CELLS),
    "numbers of all columns": PLAIN.replace("score\n", "score\n1,2,3,4\n"),
    "words in all years": "area,component,"
    + ",".join(f"Chỉ số CCHC năm {year}" for year in range(2015, 2019))
    + "\n"
    + across([(a, c) for a in ("An", "Bình") for c in ("D1", "D2")], range(2015, 2019), CELLS),
    "tabs": PLAIN.replace(",", "\t"),
    "bars": PLAIN.replace(",", "|"),
    "Nixtla's names": PLAIN.replace("area", "unique_id").replace("year", "ds").replace("score", "y"),
    "Vietnamese names": PLAIN.replace("area,component,year,score", "Tỉnh,Chỉ tiêu,Năm,Điểm"),
    "days": lines(("area", "component", "year", "score"), lambda a, c, y, s: (a, c, f"{y}-12-31", str(s))),
    "days of Vietnam": lines(
        ("area", "component", "year", "score"), lambda a, c, y, s: (a, c, f"31/12/{y}", str(s))
    ),
    "months of a year in English": lines(
        ("area", "component", "year", "score"), lambda a, c, y, s: (a, c, f"Dec-{y}", str(s))
    ),
    "days with a month in words": lines(
        ("area", "component", "year", "score"), lambda a, c, y, s: (a, c, f"31 December {y}", str(s))
    ),
    "years as text of Excel": lines(
        ("area", "component", "year", "score"), lambda a, c, y, s: (a, c, f"'{y}", str(s))
    ),
    "percent signs": lines(
        ("area", "component", "year", "score"), lambda a, c, y, s: (a, c, str(y), f"{s} %")
    ),
    "letters of another script": PLAIN.replace("An,", "\u0410n,").replace("score", "s\u0441ore"),
    "whole numbers with a point": lines(
        ("area", "component", "year", "score"), lambda a, c, y, s: (a, c, f"{y}.0", str(s))
    ),
    "years across": "area,component,2015,2016,2017,2018\n"
    + across(
        [(a, c) for a in ("An", "Bình") for c in ("D1", "D2")],
        range(2015, 2019),
        CELLS,
    ),
    "components across": "area,year,D1,D2\n"
    + "".join(
        f"{a},{y},{CELLS[a, 'D1', y]},{CELLS[a, 'D2', y]}\n"
        for a in ("An", "Bình")
        for y in range(2015, 2019)
    ),
    "ranks and a unit beside": lines(
        ("area", "component", "year", "score", "Xếp hạng", "Đơn vị"),
        lambda a, c, y, s: (a, c, str(y), str(s), "1", "điểm"),
    ),
    "ranks across": "area,component,2015,Hạng 2015,2016,2017,2018\n"
    + across(
        [(a, c) for a in ("An", "Bình") for c in ("D1", "D2")],
        (2015, "rank", 2016, 2017, 2018),
        {**CELLS, **{(a, c, "rank"): 1 for a in ("An", "Bình") for c in ("D1", "D2")}},
    ),
    "an index for all and counted rows": "STT,index_code,area,component,year,rank_2018,score\n"
    + "".join(f"{n},PAR,{a},{c},{y},{n},{s}\n" for n, (a, c, y, s) in enumerate(ROWS, 1)),
    "a plan, and figures that are not final": "area,component,2015,2016,KH 2016,Ước 2017,2018 (sơ bộ)\n"
    + across(
        [(a, c) for a in ("An", "Bình") for c in ("D1", "D2")],
        (2015, 2016, "plan", 2017, 2018),
        {**CELLS, **{(a, c, "plan"): 99 for a in ("An", "Bình") for c in ("D1", "D2")}},
    ),
    "months that name their year": lines(
        ("area", "component", "tháng", "score"), lambda a, c, y, s: (a, c, f"{y}-12", str(s))
    ),
    "numbers of columns below the header": PLAIN.replace("score\n", "score\n(1),(2),(3),(4)\n"),
    "letters and numbers of columns": PLAIN.replace("score\n", "score\nA,B,1,2\n"),
    "notes below": PLAIN + "Ghi chú: số liệu sơ bộ,,,\nNguồn: Cục Thống kê\n",
    "groups of rows": "STT,area,component,2015,2016,2017,2018\nI,Đông Nam Bộ,,,,,\n"
    + across(
        [(n, a, c) for a in ("An", "Bình") for n, c in (("1", "D1"), ("2", "D2"))],
        range(2015, 2019),
        {(n, a, c, y): s for (a, c, y), s in CELLS.items() for n in "12"},
    ),
    "plans and figures that are not final in rows": PLAIN.replace(",2018,", ",2018 (sơ bộ),")
    .replace(",2017,", ",2017*,")
    .replace("score\n", "score\nAn,D1,KH 2018,99\n"),
    "years of forecasts and estimates by a letter": "area,component,2015,2016,2017E,2018P,2019F\n"
    + across(
        [(a, c) for a in ("An", "Bình") for c in ("D1", "D2")],
        (2015, 2016, 2017, 2018, "plan"),
        {**CELLS, **{(a, c, "plan"): 99 for a in ("An", "Bình") for c in ("D1", "D2")}},
    ),
    "forecasts and results told apart by a column": PLAIN.replace("score\n", "score,Loại\n")
    .replace("5\n", "5,Thực hiện\n")
    .replace("0\n", "0,Thực hiện\n")
    + "An,D1,2019,99,Dự báo\n",
    "names of rows as R writes them": "\n".join(
        f"{k},{line}" if k else line for k, line in enumerate(PLAIN.splitlines())
    ),
    "the header again on each page": PLAIN.replace("Bình,D1,2015", "area,component,year,score\nBình,D1,2015"),
    "the header of years again": "area,component,2015,2016,2017,2018\n"
    + across([("An", "D1"), ("An", "D2")], range(2015, 2019), CELLS)
    + "area,component,2015,2016,2017,2018\n"
    + across([("Bình", "D1"), ("Bình", "D2")], range(2015, 2019), CELLS),
    "fiscal years across": "area,component,FY2015,FY2016,FY2017,FY2018\n"
    + across([(a, c) for a in ("An", "Bình") for c in ("D1", "D2")], range(2015, 2019), CELLS),
    "domains in several spellings": PLAIN.replace("D1,2016", "Lĩnh vực 1,2016").replace("D2,2017", "d2,2017"),
    "an index column": "\n".join(f"{k - 1 if k else ''},{line}" for k, line in enumerate(PLAIN.splitlines())),
    "a comma at each end": "\n".join(f"{line}," for line in PLAIN.splitlines()),
    "a comma in a heading, and decimal commas": PLAIN.replace(",", ";")
    .replace(".", ",")
    .replace("area", "Tỉnh, thành phố"),
    "other headings": PLAIN.replace("area,component,year", "Tỉnh/TP,Tiêu chí,Năm đánh giá"),
    "units below the years, and a note with semicolons": "area,component,2015,2016,2017,2018\n,,%,%,%,%\n"
    + across([(a, c) for a in ("An", "Bình") for c in ("D1", "D2")], range(2015, 2019), CELLS)
    + "Ghi chú: (1) sơ bộ; (2) ước tính\n",
    "years as a data bank writes them": "area,component,"
    + ",".join(f"{year} [YR{year}]" for year in range(2015, 2019))
    + "\n"
    + across([(a, c) for a in ("An", "Bình") for c in ("D1", "D2")], range(2015, 2019), CELLS),
    "a unit of each component": PLAIN.replace("score\n", "score,ĐVT\n")
    .replace("0\n", "0,tỷ đồng\n")
    .replace("5\n", "5,tỷ đồng\n"),
    "a title, a unit and a note above": "KẾT QUẢ,,,\n\nĐVT: điểm\n" + PLAIN,
    "what a data bank writes above": '"Data Source","World",\n"Last Updated","2019-06-30",\n\n'
    + PLAIN.replace("area", "Country Name"),
    "changes among the years": "area,component,2015,2016,Tăng giảm 2016/2015,2017,+/-,So với 2016,2018,+/-\n"
    + across(
        [(a, c) for a in ("An", "Bình") for c in ("D1", "D2")],
        (2015, 2016, "x", 2017, "x", "x", 2018, "x"),
        {**CELLS, **{(a, c, "x"): -0.5 for a in ("An", "Bình") for c in ("D1", "D2")}},
    ),
    "changes beside the figures": PLAIN.replace("score\n", "score,Thay đổi\n")
    .replace("0\n", "0,-1\n")
    .replace("5\n", "5,\n"),
    "years below a heading of all": "BẢNG 1,,,,,\narea,component,Điểm,,,\n,,2018,2016,2015,2017\n"
    + across([(a, c) for a in ("An", "Bình") for c in ("D1", "D2")], (2018, 2016, 2015, 2017), CELLS),
    "years above scores, ranks and changes": "area,component,2015,,,Năm 2016,,2017,,2018\n"
    ",,Điểm,Hạng,Tăng giảm,Điểm,Hạng,Điểm,Hạng,Điểm\n"
    + across(
        [(a, c) for a in ("An", "Bình") for c in ("D1", "D2")],
        (2015, "x", "x", 2016, "x", 2017, "x", 2018),
        {**CELLS, **{(a, c, "x"): 7 for a in ("An", "Bình") for c in ("D1", "D2")}},
    ),
    "blank rows": PLAIN.replace("An,D2,2015", "\n,,,\nAn,D2,2015"),
}


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_every_layout_is_the_same_table(tmp_path, layout):
    """Whatever separators, names and layout a file has, its figures are those of the plain table."""
    found = read_file(written(tmp_path, LAYOUTS[layout])).frame

    pd.testing.assert_series_equal(keyed(found), keyed(read_file(written(tmp_path, PLAIN)).frame))
    assert len(found) == len(ROWS)


@pytest.mark.parametrize("layout", ["long", "wide", "percent"])
def test_a_workbook_is_the_same_table(tmp_path, layout):
    """Numbers, numbers shown in percent, and areas merged over their rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    if layout == "wide":
        sheet.append(["Tỉnh", "Chỉ tiêu", *(dt.date(year, 12, 31) for year in range(2015, 2019))])
        for area, component in sorted({row[:2] for row in ROWS}):
            sheet.append([area, component, *(CELLS[area, component, year] for year in range(2015, 2019))])
    else:
        sheet.append(["Tỉnh", "Chỉ tiêu", "Năm", "Điểm"])
        for number, (area, component, year, score) in enumerate(sorted(ROWS), 2):
            own = [area if number in (2, 10) else None, component, year, score]
            sheet.append([*own[:3], score / 100] if layout == "percent" else own)
            sheet.cell(number, 4).number_format = "0.00%" if layout == "percent" else "0.00"
        sheet.merge_cells("A2:A9")
        sheet.merge_cells("A10:A17")
    book.save(tmp_path / "x.xlsx")

    found = read_file(tmp_path / "x.xlsx").frame

    pd.testing.assert_series_equal(keyed(found), keyed(read_file(written(tmp_path, PLAIN)).frame))


def test_an_old_workbook_is_told_as_such(tmp_path):
    """It is no text in an old encoding."""
    (tmp_path / "x.xls").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))

    with pytest.raises(DataError, match="this is an old Excel file"):
        read_file(tmp_path / "x.xls")


def test_two_spellings_with_a_figure_each_stay_apart(tmp_path):
    """Nobody knows which of two figures of one year is meant."""
    found = read_file(written(tmp_path, PLAIN + "An,d1,2015,3\n")).frame

    assert set(found["component"]) == {"D1", "D2", "d1"}


def test_excels_unicode_text_is_read(tmp_path):
    """A file in UTF-16 with tabs, as Excel calls Unicode text, is read."""
    found = read_file(written(tmp_path, PLAIN.replace(",", "\t"), "utf-16")).frame

    pd.testing.assert_series_equal(keyed(found), keyed(read_frame(pd.DataFrame(ROWS, columns=COLUMNS)).frame))


COLUMNS = ["area", "component", "year", "score"]


@settings(max_examples=25, deadline=None)
@given(
    scores=st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=6, max_size=6),
    order=st.permutations(range(6)),
)
def test_a_table_in_memory_reads_as_it_is_in_any_order(scores, order):
    """Scores come back to the last digit, whatever the order of rows, and a wide table is the long one."""
    keys = [(area, "D", year) for area in ("A", "B") for year in (2019, 2020, 2021)]
    long = pd.DataFrame([(*key, s) for key, s in zip(keys, scores, strict=True)], columns=COLUMNS)
    wide = long.pivot_table("score", ["area", "component"], "year")

    found = read_frame(long.iloc[list(order)])

    expected = keyed(long.astype({"area": "str", "component": "str"}))
    pd.testing.assert_series_equal(keyed(found.frame), expected)
    pd.testing.assert_series_equal(keyed(read_frame(wide).frame), expected)
    assert found.remarks == ()


def refusal(tmp_path, text):
    """Give the problems that a text is refused with."""
    with pytest.raises(DataError) as refused:
        read_file(written(tmp_path, text))
    return refused.value.problems


def test_quarters_are_refused_with_the_way_to_sum_them(tmp_path):
    """Four figures a year are one problem, not one a row, and it names a cell and what to do."""
    quarters = "".join(f"{a},{c},{y}-Q{q},{s}\n" for a, c, y, s in ROWS for q in range(1, 5))
    (problem,) = refusal(tmp_path, PLAIN.splitlines()[0] + "\n" + quarters)

    told = problem.text("en")
    assert "An, D1 has 4 figures in 2015" in told
    assert "PivotTable" in told


def test_the_same_mistake_in_every_row_is_told_three_times_and_counted(tmp_path):
    """What is wrong in all rows does not fill the screen."""
    problems = refusal(tmp_path, PLAIN.replace(",2015,", ",hai nghìn,").replace(",2016,", ",hai nghìn,"))

    assert [p.row for p in problems] == [2, 3, 6, None]
    assert problems[-1].expected_facts == {"count": 5}


def test_a_bad_cell_of_a_wide_table_is_named_by_its_own_row_and_column(tmp_path):
    """The row and the column are those of the file, not of the long table."""
    (problem,) = refusal(tmp_path, "area,component,2015,2016\nAn,D,1,2\nBình,D,3,bốn\n")

    assert (problem.row, problem.column, problem.value) == (3, "2016", "bốn")


@pytest.mark.parametrize(
    ("written_as", "meant"),
    [
        ("15", "2015"),
        ("'15", "2015"),
        ("12/31/15", "2015"),
        ("31.12.15", "2015"),
        ("Dec-15", "2015"),
        ("FY15", "2015"),
        ("Q4/15", "2015"),
        ("2015/16", "2015 / 2016"),
        ("2015-2016", "2015 / 2016"),
        ("42369", "2015"),
    ],
)
def test_years_that_are_not_plain_are_refused_in_one_line(tmp_path, written_as, meant):
    """The first cell is named, with what to write in it and how many there are."""
    rows = [(a, c, y, s) for a, c, y, s in ROWS if y == 2015]
    text = PLAIN.splitlines()[0] + "\n" + "".join(f"{a},{c},{written_as},{s}\n" for a, c, _, s in rows)

    (problem,) = refusal(tmp_path, text)

    assert (problem.row, problem.column, problem.value) == (2, "year", written_as)
    told = f"does not name one year in four digits (4 such cells); write the year alone, here {meant}"
    assert told in problem.text("en")


def test_numbers_of_periods_stand_for_years(tmp_path):
    """A series counted from 1 has numbers of two digits too."""
    text = "area,year,score\n" + "".join(f"An,{t},{50 + t}\n" for t in range(1, 14))

    assert read_file(written(tmp_path, text)).frame["year"].tolist() == [*range(1, 14)]


def test_rows_that_repeat_are_named_as_they_stand(tmp_path):
    """A key that stands twice is refused; both rows are named."""
    (problem,) = refusal(tmp_path, "sep=;\n" + (PLAIN + "An,D1,2016,61\n").replace(",", ";"))

    assert (problem.row, problem.expected_facts["first"]) == (19, 4)


@pytest.mark.parametrize(
    ("text", "count", "words"),
    [
        (PLAIN.split("\n", 1)[1], 1, "name them area, component, year, score"),
        (PLAIN.replace("score\n", "score,ghi chu\n"), 1, "cells"),
        ("a;b;c\n1;2;3\n", 1, "name them"),
        ("area,component,year,score,ghi so\nAn,D,2015,5,7\n", 1, "unknown column"),
        ("area,component,year,Code\nAn,D,2015,x\nAn,D,2016,y\n", 1, "unknown column; the columns taken are"),
        (",area,component,year,score\nx,An,D,2015,5\n", 1, "column 1 has no name"),
        ("area,area,year,score\nAn,An,2015,5\n", 1, "more than once"),
        ("area,component,year,score\nAn,D,2015,5,6,7\n", 1, "6 cells"),
        ("KẾT QUẢ,,,\nA,B,C,D\nAn,D,2015,5\n", 1, "row 1, found “KẾT QUẢ”: this row is a title"),
        ("Tỉnh,PAR 2015,SIPAS 2016\nAn,1,2\n", 1, "of several indexes (PAR, SIPAS)"),
        ("area,component,year,score\n", 1, "empty"),
        ("", 1, "empty"),
        (
            "index_code,area,year,score\nPAR,An,2015,5\nSIPAS,An,2015,5\n",
            1,
            "several indexes (PAR, SIPAS)",
        ),
        ("area,2015,2016,Mới 2016\nAn,1,2,3\n", 1, "2016, Mới 2016 are all of 2016"),
        ("area,year,Quý I,Quý II\nAn,2015,1,2\n", 1, "columns are quarters, months or days (Quý I"),
        ("area,year,Tháng 1,Tháng 2\nAn,2015,1,2\n", 1, "columns are quarters, months or days"),
        (
            "Tỉnh,Đơn vị tính,2015,2016\nAn,tỷ đồng,1,2\nBình,triệu đồng,1000,2000\n",
            1,
            "row 3, column Đơn vị tính, found “triệu đồng”: figures of one component are in several units",
        ),
        (PLAIN.replace("60.25", "8-May"), 1, "found “8-May”: Excel has turned the cell into a day"),
        ("Tỉnh,Đơn vị,2015,2016\nAn,tỷ,1,2\nBình,triệu,1000,2000\n", 1, "unknown column"),
        ("Kỳ báo cáo,2015,2016\nTháng 1,1,2\nTháng 2,1,2\n", 1, "unknown column"),
        ("area,component,2015,2016\nAn,D1,1,2\n,D2,1,2\n", 1, "row 3, column area: the cell is empty"),
        ("area,year,Q1,Q2,Q3,Q4\nAn,2015,1,2,3,4\n", 1, "columns are quarters, months or days"),
        (PLAIN.replace(",201", ",1905-07-0"), 1, "days of 1905: Excel shows numbers of years"),
        (
            PLAIN.replace("An,D1,2018", "An,D1,2018-Q1"),
            1,
            "t.csv, row 5, column year, found “2018-Q1”: the cell names a part of a year",
        ),
        (PLAIN.replace(",2018,", ",9T/2018,"), 1, "where other rows are of whole years (4 such cells)"),
        (PLAIN.replace("An,D1,2018", "An,D1,6 tháng 2018"), 1, "the cell names a part of a year"),
        (
            'area,component,year,score\nAn,D,2015,"71,870"\nAn,D,2016,"72,150"\n',
            1,
            "may set off thousands or decimals; write 71870 for thousands, 71.870 for decimals",
        ),
        (
            "area,2015,2016\nAn,1,2\nBình,2,3\narea,2017,2018\nAn,3,4\n",
            1,
            "row 4, found “area”: a second table begins here, with other years (2017, 2018)",
        ),
        (",2015,,2016,\narea,D1,D2,D1,D2\nAn,1,2,3,4\n", 1, "the names of the columns take two rows (1 and"),
        ("area,component,A,,B,\n,,2015,2016,2015,2016\nAn,D,1,2,3,4\n", 1, "take two rows (1 and the next)"),
        (",,,60\n".join(PLAIN.split("An,D1,2016,60.25\n")), 3, "the cell is empty"),
        (
            "area,year,score,unit\nAn,2015,7,điểm\nAn,2016,70,%\n",
            1,
            "t.csv, row 3, column unit, found “%”: figures of one component are in several units (điểm, %)",
        ),
    ],
)
def test_what_cannot_be_read_is_told_in_one_or_few_lines(tmp_path, text, count, words):
    """A header that is none, a column that is not known, a row too long: one line each."""
    problems = refusal(tmp_path, text)

    assert count <= len(problems) <= 4
    assert words in problems[0].text("en")


def test_signs_for_no_figure_are_read_as_none_and_counted(tmp_path):
    """NA, two dots and dashes are no figures; the count is told."""
    text = PLAIN.replace("60.0", "NA").replace("62.0", "..").replace("67.0", "–")
    found = read_file(written(tmp_path, text))

    assert found.frame["score"].isna().sum() == 3
    (remark,) = found.remarks
    assert "3 cells" in remark.text("en")


def test_points_that_may_set_off_thousands_are_doubted(tmp_path):
    """3.015 in every cell is three, or three thousand; where one figure has other decimals it is plain."""
    text = "area;component;year;score\nA;D;2019;3.015\nA;D;2020;12.380\n"

    (doubt,) = read_file(written(tmp_path, text)).remarks
    assert "write 3015" in doubt.text("en")
    assert read_file(written(tmp_path, text + "A;D;2021;3.5\n")).remarks == ()


def test_a_cell_far_away_in_a_workbook_takes_neither_time_nor_room(tmp_path):
    """A blank at the end of the sheet is nothing; a word there is named."""
    for text in (" ", "x"):
        book = openpyxl.Workbook()
        for row in (COLUMNS, *ROWS):
            book.active.append(row)
        book.active["XFD1048576"] = text
        book.save(tmp_path / "x.xlsx")
        if text == " ":
            assert len(read_file(tmp_path / "x.xlsx").frame) == len(ROWS)
            continue
        with pytest.raises(DataError, match="row 1048576, column XFD, found “x”: column 16384 has no name"):
            read_file(tmp_path / "x.xlsx")


def test_a_decimal_comma_among_decimal_points_is_not_guessed(tmp_path):
    """Where a column holds both, a comma may be a thousands separator: the cell is refused."""
    text = "area;component;year;score\nA;D;2019;1.5\nA;D;2020;1,234\n"
    (problem,) = refusal(tmp_path, text)

    assert problem.value == "1,234"


def test_a_bare_series_is_one_area_and_one_component(tmp_path):
    """Two columns, year and value, are enough; what stands for the others is told."""
    found = read_file(written(tmp_path, "ds,y\n2019,1\n2020,2\n", name="gia-dien.csv"))

    assert set(found.frame["area"]) == {"gia-dien"}
    assert set(found.frame["component"]) == {"y"}
    assert len(found.remarks) == 3


def test_timestamps_and_missing_values_of_a_table_in_memory(tmp_path):
    """Days of pandas give their year; NaN and NA are no figures."""
    days = pd.to_datetime(["2019-12-31", "2020-12-31", "2021-12-31"])
    frame = pd.DataFrame({"unique_id": "A", "ds": days, "y": [1.5, np.nan, 2.5]})

    found = read_frame(frame).frame

    assert found["year"].tolist() == [2019, 2020, 2021]
    assert found["score"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        ("area,component,year,quarter,score", "An,D1,2019,Q1,60", "column quarter splits years"),
        ("area,component,Năm,Quý,Điểm", "An,D1,2019,I,60", "column Quý splits years"),
        ("area,2018Q1,2018Q2,2019Q1", "An,60,61,62", "columns are quarters, months or days (2018Q1, 2018Q2"),
        ("area,component,2018-01,2018-02", "An,D1,60,61", "give one column a year"),
    ],
)
def test_quarters_beside_or_across_are_refused_with_the_way_to_sum(tmp_path, header, row, words):
    """Several figures a year are named as such, however the table is laid out, in one line."""
    with pytest.raises(DataError) as caught:
        read_file(written(tmp_path, f"{header}\n{row}\n"))

    (problem,) = caught.value.problems
    assert words in problem.text("en")
    assert "add" in problem.text("en")


@pytest.mark.parametrize("text", ["{year}-Q{q}", "Q{q}/{year}", "{year}-0{q}-01"])
def test_the_way_to_sum_in_pandas_can_be_run_as_it_stands(text):
    """The code in the refusal makes one figure a year of the table that was refused."""
    table = pd.DataFrame(
        [("An", "D1", text.format(year=year, q=q), float(q)) for year in (2018, 2019) for q in (1, 2, 3, 4)],
        columns=COLUMNS,
    )
    with pytest.raises(DataError) as caught:
        read_frame(table)
    code = caught.value.problems[0].text("en").partition("in pandas: ")[2]
    summed = eval(code, {"table": table})  # noqa: S307 -- the project's own sentence

    assert read_frame(summed).frame[["year", "score"]].to_numpy().tolist() == [[2018, 10], [2019, 10]]


def test_figures_parted_by_a_comma_are_not_taken_for_names_of_rows(tmp_path):
    """A numbered table with decimal commas has one cell too many in each row as well."""
    text = "area,year,score\n1,2015,87,23\n2,2015,88,10\n3,2015,85,40\n"

    assert refusal(tmp_path, text)[0].expected_key == "expect.cells"


def test_words_beside_the_figures_are_left_out_and_named(tmp_path):
    """Regions, codes and notes make no figure; a number among them may be one, and is refused."""
    text = "Code,Entity,Vùng,year,y\nAN,An,Bắc,2015,1\nAN,An,Bắc,2016,2\nBI,Bình,Nam,2015,3\n"

    remarks = read_file(written(tmp_path, text)).remarks

    assert "Not read, as they are no figures: Code, Vùng." in [remark.text("en") for remark in remarks]
    coded = written(
        tmp_path, text.replace("BI,", "79,").replace("Vùng", "Ghi chú").replace("Bắc,2016", "sơ bộ,2016")
    )
    assert len(read_file(coded).frame) == 3
    assert "unknown column" in refusal(tmp_path, text.replace("Nam,", "7,"))[0].text("en")
    assert "unknown column" in refusal(tmp_path, text.replace("Bắc,2016", "Trung,2016"))[0].text("en")


def test_a_first_column_of_words_names_the_areas(tmp_path):
    """Offices call them what they are; a column of codes beside components is not taken for it."""
    text = "Sở ban ngành,Ghi chú,2015,2016\nAn,sơ bộ,1,2\nBình,,3,4\n"

    found = read_file(written(tmp_path, text))

    assert found.frame["area"].tolist() == ["An", "Bình"] * 2
    assert "Sở ban ngành → area" in found.remarks[1].text("en")
    assert "unknown column" in refusal(tmp_path, text.replace("Ghi chú", "Tiêu chí").replace(",,", ",b,"))[
        0
    ].text("en")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("Dân số 2015", "GRDP 2016", "2017"), True),
        (("2015 [YR2015]", "2016 [YR2016]", "2017 [YR2017]"), False),
        (("2015", "Năm 2016", "Ước 2017"), False),
        (("Điểm 2015", "Điểm năm 2016", "2017"), False),
    ],
)
def test_columns_of_years_with_other_words_are_doubted(tmp_path, names, said):
    """Words that differ may be of two things; those of years and estimates are of none."""
    table = read_file(written(tmp_path, f"area,{','.join(names)}\nAn,1,2,3\nBình,2,3,4\n"))

    assert ("foreign.years_unlike" in [remark.key for remark in table.remarks]) == said
