"""Each thing that can be wrong in an annex is told with its cell, in both languages; figures are made up."""

import datetime as dt
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.base.errors import DataError, SpecError
from forecast.intake.annex import framework_rows, tree
from forecast.intake.annex.headings import find_layout
from forecast.intake.annex.tree import parse_maximum, whole_annex
from forecast.intake.grid import Cell, Grid

REQUEST = framework_rows.Request(framework="876/QĐ-BNV", status="made_up")
HEAD = [
    *("STT", "Tiêu chí", "Điểm tối đa", "Nguồn điểm", "Ghi chú"),
    *("Quy tắc", "Chỉ tiêu", "Thời hạn", "Cơ quan chủ trì"),
]
NUMBER, NAME, MAX, SOURCE, NOTE, RULE, INDICATOR, DEADLINE, WHO = range(9)


class Sheet:
    """Rows of the made-up annex that a test may spoil; rows are counted as the sheet does."""

    def __init__(self, made_up, maxima=None):
        tree = made_up.nodes(maxima=maxima or made_up.DOMAIN_MAXIMA)
        points = float
        self.rows = [HEAD, *([*row, "", "", "", ""] for row in made_up.rows_of(tree, points=points))]
        self.rows.append(["", "Tổng cộng", 100.0, *[""] * 6])

    def at(self, number):
        """Row of a component."""
        return next(place for place, row in enumerate(self.rows, 1) if row[NUMBER] == number)

    def put(self, number, column, value):
        """Write a cell in the row of a component."""
        self.rows[self.at(number) - 1][column] = value

    def drop(self, number):
        """Take out the row of a component."""
        del self.rows[self.at(number) - 1]


@pytest.fixture
def sheet(made_up):
    """A sound sheet."""
    return Sheet(made_up)


@pytest.fixture
def problems(made_up, data_dir, tmp_path):
    """Everything that is told about a sheet: (place, Vietnamese, English)."""

    def tell(sheet):
        path = made_up.write_sheet(tmp_path / "annex.xlsx", sheet.rows)
        try:
            framework_rows.prepare_import(tree.read(path), REQUEST, data_dir)
        except DataError as error:
            return [(each.cell, each.text("vi"), each.text("en")) for each in error.problems]
        return []

    return tell


def test_a_sound_sheet_has_no_problem(sheet, problems):
    """What the tests below spoil is sound before."""
    assert problems(sheet) == []


def test_numbers_of_pages_between_the_rows_are_no_criteria(sheet, problems):
    """A table that was copied from print has them alone in a row."""
    for at in (30, 60):
        sheet.rows.insert(at, [str(at // 3), *[""] * 8])

    assert problems(sheet) == []


SPOILT = {
    # what: (number of the row, column, value, cell, Vietnamese, English)
    "no number": ("1.1.1", MAX, "nhiều", "C{1.1.1}", "không phải là số", "is no number"),
    "zero": ("1.1.1", MAX, 0, "C{1.1.1}", "phải lớn hơn 0", "must be above 0"),
    "negative": ("1.1.1", MAX, "-0,5", "C{1.1.1}", "phải lớn hơn 0", "must be above 0"),
    "too high": ("1.1.1", MAX, 250, "C{1.1.1}", "vượt quá 100", "above the 100 points"),
    "empty": ("1.1.1", MAX, "", "C{1.1.1}", "không có điểm tối đa", "has no maximum"),
    "formula": ("1.1.1", MAX, "=0.5*2", "C{1.1.1}", "là công thức", "is a formula"),
    "day": ("1.1.1", MAX, dt.datetime(2024, 5, 1), "C{1.1.1}", "đổi thành ngày", "turned into a day"),  # noqa: DTZ001
    "children": ("1.1.1", MAX, 1.0, "C{1.1}", "các mục con của 1.1 cộng lại là", "below 1.1 adds up to"),
    "repeat": ("1.2", NUMBER, "1.1", "A{1.1}+", "số 1.1 đã có ở ô A3", "1.1 stands in A3 already"),
    "gap": ("1.3", NUMBER, "1.4", "A{1.4}", "gặp 1.4, chờ 1.3", "1.4 was found, 1.3 expected"),
    "deep": ("1.1.2", NUMBER, "1.1.1.1", "A{1.1.1.1}", "quá ba cấp", "more than three levels"),
    "no name": ("1.1.2", NAME, "", "A{1.1.2}", "không có tên", "without a name"),
    "name formula": ("1.1.2", NAME, "=A1", "B{1.1.2}", "là công thức", "is a formula"),
    "unreadable": ("1.1.2", NUMBER, "1.x.2", "A{1.x.2}", "không có số thứ tự", "no number that can be read"),
    "lost number": ("1.1.2", NUMBER, "", "B{1.1.2}", "không có số thứ tự", "no number that can be read"),
    "ambiguous day": ("1.1.2", NUMBER, dt.datetime(2033, 9, 8), "A5+", "đổi thành ngày", "into a day"),  # noqa: DTZ001
    "source": ("1.1.1", SOURCE, "Xổ số", "D{1.1.1}", "nguồn điểm lạ", "unknown source"),
    "rule slip": ("1.1.1", RULE, "stepz(>=80: 0.25)", "F{1.1.1}", "stepz", "steps"),
    "rule form": ("1.1.1", RULE, "steps(80)", "F{1.1.1}", "steps(>=80", "steps(>=80"),
    "rule too rich": ("1.1.1", RULE, "steps(>=80: 90)", "F{1.1.1}", "nhiều điểm hơn", "more points than"),
    "indicator": ("1.1.1", INDICATOR, "grdp_grow", "G{1.1.1}", "“grdp_growth”", "“grdp_growth”"),
    "indicator alone": ("1.1.2", INDICATOR, "grdp_growth", "G{1.1.2}", "cần một quy tắc", "needs a scoring"),
    "deadline": ("1.1.1", DEADLINE, "cuối năm", "H{1.1.1}", "cần một ngày", "a day is expected"),
    "who": ("1.1.1", WHO, "=B2", "I{1.1.1}", "là công thức", "is a formula"),
    "read domain": ("1", MAX, 9.0, "C{1}", "frameworks.csv đã đọc được 9,5", "frameworks.csv has 9.5"),
    "part": ("1.1.1", SOURCE, "Điều tra", "D1", "frameworks.csv có 61,5", "frameworks.csv has 61.5"),
    "halves": ("8.1.1", SOURCE, "Tác động", "A{8.1}", "vừa có điểm từ SIPAS", "points from SIPAS and"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_spoilt_cell_is_told_with_its_place(sheet, problems, what):
    """One cell is spoilt; a problem names it and says what is wrong."""
    number, column, value, cell, vi, en = SPOILT[what]
    rows = {row[NUMBER]: place for place, row in enumerate(sheet.rows, 1)}
    sheet.put(number, column, value)
    rows |= {row[NUMBER]: place for place, row in reversed(list(enumerate(sheet.rows, 1)))}
    found = problems(sheet)

    place = cell
    if "{" in cell:
        place = f"{cell[0]}{rows[cell[cell.index('{') + 1 : cell.index('}')]]}"
    if cell.endswith("+"):  # the second row with that number
        later = [told for told in found if told[0].startswith(cell[0])]
        assert later
        place = later[0][0]
    told = [(there, in_vi, in_en) for there, in_vi, in_en in found if there == place and vi in in_vi]
    assert told, found
    assert en in told[0][2]
    assert "annex.xlsx, trang “Phụ lục”, ô " + place in told[0][1]


def test_a_missing_parent_is_told_where_its_first_child_stands(sheet, problems):
    """Without the row of 1.2, what stands below it has no parent."""
    sheet.drop("1.2")
    found = problems(sheet)

    place = f"A{sheet.at('1.2.1')}"
    assert any(cell == place and "không có mục cha 1.2" in vi for cell, vi, _ in found)
    assert any(cell == place and "has no parent 1.2" in en for cell, _, en in found)


def test_all_misfits_are_told_at_once_in_the_order_of_the_sheet(sheet, problems):
    """Ten spoilt cells give problems for all ten."""
    spoilt = ["no number", "source", "deadline"]
    for domain, what in enumerate(spoilt, 2):
        _, column, value, *_ = SPOILT[what]
        sheet.put(f"{domain}.1.1", column, value)
    found = problems(sheet)

    rows = [int(cell[1:]) for cell, _, _ in found if cell]
    assert rows == sorted(rows)
    assert {sheet.at(f"{domain}.1.1") for domain in (2, 3, 4)} <= set(rows)


def test_a_row_of_the_sum_must_be_the_sum(sheet, problems):
    """A total that is not what the domains add up to is told at its cell."""
    sheet.rows[-1][MAX] = 99.5
    [(cell, vi, en)] = problems(sheet)

    assert cell == f"C{len(sheet.rows)}"
    assert "hàng tổng không khớp: các mục cộng lại là 100" in vi
    assert "the items add up to 100" in en


def test_the_domains_must_give_a_hundred(made_up, problems):
    """An assumed domain may be another than assumed, but the whole is 100."""
    sheet = Sheet(made_up, {**made_up.DOMAIN_MAXIMA, 2: 10.25})
    sheet.rows.pop()
    found = problems(sheet)

    assert any("cộng lại là 100,25, phải là 100" in vi for _, vi, _ in found)
    assert any("add up to 100.25; they must give 100" in en for _, _, en in found)


def test_a_domain_of_the_table_must_be_in_the_annex(sheet, problems):
    """An annex without domain 8 is not this framework's."""
    start = sheet.at("8")
    del sheet.rows[start - 1 :]
    found = problems(sheet)

    assert any("thiếu lĩnh vực D8" in vi for _, vi, _ in found)
    assert any("lacks the domain D8" in en for _, _, en in found)


def test_a_ninth_domain_is_none_of_the_index(sheet, problems):
    """The index has eight domains; the row of another is told."""
    sheet.rows.insert(-1, ["9", "Lĩnh vực giả định", 1.0, *[""] * 6])
    found = problems(sheet)

    place = f"A{sheet.at('9')}"
    assert any(cell == place and "các lĩnh vực đến D8" in vi for cell, vi, _ in found)
    assert any(cell == place and "has domains up to D8" in en for cell, _, en in found)


@pytest.mark.parametrize("last", [1.1, 1.2])
def test_a_tenth_criterion_kept_as_a_number_is_told_with_what_it_was(made_up, tmp_path, last):
    """Excel keeps 1.10 as 1.1 and 1.20 as 1.2: told with its cell, and how to mend it."""
    count = 10 if last == 1.1 else 20
    rows = [["STT", "Tiêu chí", "Điểm tối đa"], [1, "Tiêu chí giả định", 100]]
    rows += [[f"1.{k}", "Tiêu chí giả định", 100 / count] for k in range(1, count)]
    rows.append([last, "Tiêu chí giả định", 100 / count])
    found = tree.read(made_up.write_sheet(tmp_path / "ten.xlsx", rows))

    [problem] = [each for each in found.problems if each.row == count + 2]
    assert problem.cell == f"A{count + 2}"
    assert f"có lẽ là 1.{count}" in problem.text("vi")
    assert f"perhaps it was 1.{count}" in problem.text("en")


def test_places_in_a_csv_are_row_and_column(made_up, tmp_path):
    """A CSV has no sheet, so the place is told as row and column, lettered as in a spreadsheet."""
    path = tmp_path / "annex.csv"
    path.write_text("STT;Tiêu chí;Điểm tối đa\n1;Tiêu chí giả định;mười\n", encoding="utf-8")
    [problem, *_] = tree.read(path).problems

    assert problem.text("vi").startswith("annex.csv, dòng 2, cột C, gặp “mười”")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04", "Excel"),
        (b"", "bảng trống"),
        ("STT;Tên;Giá\n1;a;2\n".encode(), "không tìm thấy bảng"),
        ("STT;Tiêu chí;Điểm tối đa\n".encode(), "số thứ tự"),
        ("STT;Tiêu chí;Điểm tối đa\n".encode("utf-16"), "số thứ tự"),  # read, as Excel's Unicode text
        ("STT;Tiêu chí;Điểm tối đa\n".encode("utf-16-le"), "UTF-16"),
        ("Tiêu chí".encode("cp1258", errors="replace"), "UTF-8"),
    ],
)
def test_a_file_without_a_table_is_refused_in_words(tmp_path, content, words):
    """Empty, another table, no rows, another encoding: each is told."""
    path = tmp_path / "annex.csv"
    path.write_bytes(content)
    try:
        told = "\n".join(problem.text("vi") for problem in tree.read(path).problems)
    except DataError as error:
        told = error.text("vi")

    assert words in told


def test_a_missing_file_and_a_folder_are_refused_in_words(tmp_path):
    """Neither is a file that can be read."""
    for name in ("none.csv", "none.xlsx"):
        with pytest.raises(DataError, match="there is no such file"):
            tree.read(tmp_path / name)
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    with pytest.raises(DataError, match="not a regular file"):
        tree.read(folder)


def test_merged_cells_without_end_are_refused_before_they_are_read(made_up, tmp_path):
    """A range over a whole sheet, which no reader would come to the end of, is told in words."""
    path = made_up.write_sheet(tmp_path / "small.xlsx", [["STT", "Tiêu chí", "Điểm tối đa"]], ["A3:C4"])
    huge = tmp_path / "huge.xlsx"
    with zipfile.ZipFile(path) as small, zipfile.ZipFile(huge, "w") as packed:
        for name in small.namelist():
            packed.writestr(name, small.read(name).replace(b"A3:C4", b"A3:XFD1048576"))

    with pytest.raises(DataError, match="merged or linked ranges cover more"):
        tree.read(huge)
    assert tree.read(path).items == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [("0,5", 0.5), ("0.5", 0.5), ("10", 10), ("10 điểm", 10), ("2,25đ", 2.25), ("Tối đa 3 điểm", 3)],
)
def test_maxima_are_read_in_every_form(text, value):
    """Comma or point, with or without the word for points."""
    assert parse_maximum(Cell(1, 1, (text,))) == (value, "")


WORDS = st.sampled_from(
    [
        *("STT", "Tiêu chí", "Điểm tối đa", "Ghi chú", "Nguồn điểm", "Quy tắc", "Thời hạn", "Chỉ tiêu"),
        *("I", "II.3", "1", "1.1", "1.1.1", "(1)", "Lĩnh vực 1: a", "Tổng cộng", "0,5", "10 điểm", "-1"),
        *("=SUM(A1)", "Từ 95% trở lên: 0,5", "steps(>=1: 2)", "a\nb", "31/12/2024", "1e5", "²", "٣", "0"),
    ]
)
TEXTS = WORDS | st.text(max_size=12)


@st.composite
def grids(draw):
    """Sheets of arbitrary cells, often below a heading."""
    cells = {}
    for spot in draw(st.lists(st.tuples(st.integers(2, 9), st.integers(1, 6)), max_size=25, unique=True)):
        kind = draw(st.sampled_from(["text", "number", "day", "formula"]))
        text = {
            "text": TEXTS.map(lambda text: tuple(text.split("\n"))),
            "number": st.floats(-1e3, 1e12).map(lambda value: (f"{value:.10g}",)),
            "day": st.dates().map(lambda day: (day.isoformat(),)),
            "formula": st.just(("=A1",)),
        }[kind]
        cells[spot] = Cell(*spot, draw(text), kind)
    if draw(st.booleans()):
        for column, heading in enumerate(
            ("STT", "Tiêu chí", "Điểm tối đa", "Nguồn", "Quy tắc", "Thời hạn"), 1
        ):
            cells[1, column] = Cell(1, column, (heading,))
    merged = {spot: draw(st.sampled_from(sorted(cells))) for spot in list(cells)[::5]} if cells else {}
    return Grid("a.xlsx", "Trang", cells, merged)


@settings(max_examples=100)
@given(grid=grids())
def test_no_sheet_breaks_the_reader(grid):
    """Whatever the cells are, the outcome is items and problems, each with a sentence."""
    layout = find_layout(grid, {})
    found = whole_annex(grid, layout) if layout else None

    if found:
        assert found.items or found.problems
        for lang in ("vi", "en"):
            assert all(problem.text(lang) for problem in found.problems)
            assert all(remark.text(lang) for remark in found.remarks)


@settings(max_examples=50)
@given(rows=st.lists(st.lists(TEXTS, max_size=6), max_size=12), mark=st.sampled_from(",;\t"))
def test_no_csv_breaks_the_import(shared_data, rows, mark):
    """Whatever the file holds, it is refused in words or planned."""
    told = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "annex.csv"
        lines = ["STT;Tiêu chí;Điểm tối đa".replace(";", mark), *(mark.join(row) for row in rows)]
        path.write_text("\n".join(lines), encoding="utf-8", errors="surrogatepass")
        try:
            framework_rows.prepare_import(tree.read(path), REQUEST, shared_data)
        except (DataError, SpecError) as error:
            told = [error.text("vi"), error.text("en")]

    assert all(told)


def refused_keys(path, columns=()):
    """Keys and cells of what is told about a file."""
    with pytest.raises(DataError) as refused:
        tree.read(path, columns=columns)
    return [(each.expected_key, f"{each.column}{each.row or ''}") for each in refused.value.problems]


def test_decimal_commas_in_a_file_of_commas_are_the_cause_that_is_told(made_up, tmp_path):
    """Not the sums that are wrong for it."""
    lines = ["STT,Tiêu chí,Điểm tối đa"]
    lines += [",".join(map(str, row[:3])) for row in made_up.rows_of(made_up.nodes()) if "," not in row[1]]
    path = tmp_path / "annex.csv"
    path.write_text("\n".join(lines), encoding="utf-8")

    assert {key for key, _ in refused_keys(path)} == {"imports.beyond_heading"}


def test_maxima_of_several_years_are_to_be_chosen(sheet, made_up, tmp_path):
    """Both columns are named; by hand either is read."""
    sheet.rows = [[*row[:3], row[2]] for row in sheet.rows]
    sheet.rows[0][2:] = ["Điểm tối đa 2022", "Điểm tối đa năm 2023"]
    path = made_up.write_sheet(tmp_path / "annex.xlsx", sheet.rows)

    assert refused_keys(path) == [("annex.several_maxima", "C1"), ("annex.several_maxima", "D1")]
    assert not tree.read(path, columns=["Điểm tối đa=D"]).problems


def test_a_title_is_no_heading_where_a_column_is_named_by_hand(sheet, made_up, tmp_path):
    """A title speaks of criteria as headings do; what the refusal says to write is read."""
    title = ["BỘ TIÊU CHÍ XÁC ĐỊNH CHỈ SỐ CCHC CẤP TỈNH"]
    sheet.rows = [title, *([*row[:3], row[2]] for row in sheet.rows)]
    sheet.rows[1][2:] = ["Điểm tối đa 2022", "Điểm tối đa 2023"]
    path = made_up.write_sheet(tmp_path / "annex.xlsx", sheet.rows)

    assert refused_keys(path) == [("annex.several_maxima", "C2"), ("annex.several_maxima", "D2")]
    assert not tree.read(path, columns=["Điểm tối đa=D"]).problems


def test_two_columns_of_maxima_that_differ_are_to_be_chosen_from(sheet, made_up, tmp_path):
    """Both columns and the figures are named; by hand either is read, and equal ones are one."""
    sheet.rows = [[*row[:3], row[2]] for row in sheet.rows]
    path = made_up.write_sheet(tmp_path / "annex.xlsx", sheet.rows)
    assert not tree.read(path).problems

    at = sheet.at("1.2")
    sheet.rows[at][3] = 0.75
    path = made_up.write_sheet(tmp_path / "annex.xlsx", sheet.rows)

    assert refused_keys(path) == [("annex.two_maxima", "D1")]
    assert not tree.read(path, columns=["Điểm tối đa=C"]).problems


def test_a_hidden_row_is_named_beside_what_it_spoils(sheet, made_up, data_dir, tmp_path):
    """A criterion that was dropped by hiding it."""
    import openpyxl

    at = sheet.at("1.2")
    sheet.rows.insert(at, ["1.2", "Tiêu chí cũ", 1.0, *[""] * 6])
    path = made_up.write_sheet(tmp_path / "annex.xlsx", sheet.rows)
    book = openpyxl.load_workbook(path)
    book.active.row_dimensions[at + 1].hidden = True
    book.save(path)

    annex = tree.read(path)
    with pytest.raises(DataError) as refused:
        framework_rows.prepare_import(annex, REQUEST, data_dir)

    assert "imports.hidden_rows" in {remark.key for remark in annex.remarks}
    hidden = [
        each.expected_facts for each in refused.value.problems if each.expected_key == "imports.hidden_rows"
    ]
    assert hidden == [{"rows": [str(at + 1)]}]
