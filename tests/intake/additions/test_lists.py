"""Many rows at once, by the table's or Vietnamese headings, what they share given beside; undone whole."""

import openpyxl
import pytest

from forecast.base.errors import DataError, SpecError
from forecast.data import load
from forecast.data.tables import INDICATORS
from forecast.intake.additions import append, lists

CRITERION = "876/QĐ-BNV,2022,2024,2.1,D2,Tiêu chí giả định,Made up,10,made_up,,,,,\n"


@pytest.fixture
def office(data_dir):
    """A folder whose framework has one made-up criterion."""
    path = data_dir / "frameworks.csv"
    head = path.read_text(encoding="utf-8").splitlines()[0].count(",")
    row = CRITERION.strip().rstrip(",")
    path.write_bytes(path.read_bytes() + (row + "," * (head - row.count(",")) + "\n").encode())
    return data_dir


def sheet(path, rows):
    """Write rows of cells as a workbook."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


CASES = {
    "criteria": (
        [["Bảng điểm tiêu chí (giả định)"], [], ["STT", "Mã tiêu chí", "Năm", "Điểm", "Điểm tối đa"]],
        [[1, "2.1", 2023, "9,25", 10]],
        "scores.csv",
        {"component": "2.1", "score": 9.25, "area": "TP. Hồ Chí Minh", "unit": "points", "trust": "official"},
    ),
    "self-scores": (
        [["Năm", "Lĩnh vực/thành phần", "Thành phần", "Tự chấm", "Thẩm định", "Điểm tối đa"]],
        [[2023, "x", "D1", 9.1, "8,7", 9.5]],
        "self_scores.csv",
        {"component": "D1", "self_score": 9.1, "appraised_score": 8.7, "source_url": "Văn bản giả định"},
    ),
    "remedies": (
        [["Đơn vị", "Tiêu chí", "Nội dung khắc phục", "Người phụ trách", "Thời hạn", "Tình trạng"]],
        [["Sở Nội vụ", "D1", "Họp hằng tháng", "Ông A", "30/9/2024", "Đang làm"]],
        "remedies.csv",
        {"unit": "Sở Nội vụ", "state": "doing", "due": "2024-09-30", "recorded_on": "2024-04-17"},
    ),
    "indicators": (
        [["Mã chỉ tiêu", "Chỉ tiêu", "Kỳ", "Giá trị", "Đơn vị tính", "Lĩnh vực"]],
        [
            ["gd_x", "Giả định", "2024-01..2024-02", "1.234,5", "tỷ đồng", "D3"],
            ["gd_x", "Giả định", "2024-01..2024-03", 1300, "tỷ đồng", "D3"],
        ],
        "indicators.csv",
        {"indicator_code": "gd_x", "value": 1234.5, "unit": "tỷ đồng", "linked_domain": "D3"},
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_list_goes_in_by_vietnamese_headings_and_comes_out_again(kind, office, tmp_path, run):
    """One journal entry, the cells in the table's own form, and a folder as it was after the undoing."""
    head, body, file, cells = CASES[kind]
    path = sheet(tmp_path / "bang.xlsx", [*head, *body])
    before = {each.name: each.read_bytes() for each in office.glob("*.csv")}
    shared = ["--published", "2024-04-17", "--source", "Văn bản giả định", "--no-forecast"]

    code, _, err = run("import", kind, path, *shared, "--yes")
    table = file.removesuffix(".csv")
    row = load.read_vintages(office).frames[table].tail(len(body)).iloc[0]

    assert (code, err) == (0, "")
    assert {
        name: str(row[name])[:10] if name in ("due", "recorded_on") else row[name] for name in cells
    } == cells
    assert len(append.list_additions(office)) == 1
    code, *_ = run("undo", "--yes")
    assert code == 0
    after = {each.name: each.read_bytes() for each in office.glob("*.csv")}
    assert {name: text for name, text in after.items() if name != file or name in before} == before


def test_the_table_itself_is_a_list_and_adds_nothing(office, run):
    """What stands in the table, with areas in any spelling, is not added again."""
    path = office / "indicators.csv"

    code, out, _ = run("import", "indicators", path, "--no-forecast", "--yes", lang="en")

    assert code == 0
    assert f"{len(path.read_text(encoding='utf-8').splitlines()) - 1} figures of this very source" in out


def test_bad_cells_are_told_at_their_place_in_the_list(office, tmp_path):
    """The door's refusal names the sheet's cell, not a row of a table that was never written."""
    head, body, *_ = CASES["indicators"]
    wrong = [*body, ["gd_x", "Giả định", "tháng tư", "nhiều", "hồ sơ", "D3"]]
    path = sheet(tmp_path / "bang.xlsx", [*head, *wrong])

    with pytest.raises(DataError) as refused:
        lists.rows_of_list(office, path, "indicators", shared={"source_url": "x"})

    places = [(each.file, each.cell, each.expected_key) for each in refused.value.problems]
    assert places == [("bang.xlsx", "C4", "expect.period"), ("bang.xlsx", "D4", "expect.number")]


def test_a_cell_merged_with_the_row_above_is_told_as_such(office, tmp_path):
    """Whatever else would be said of an empty cell, which shows what stands above."""
    head, body, *_ = CASES["indicators"]
    path = sheet(tmp_path / "bang.xlsx", [*head, *body])
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A2:A3")
    book.save(path)

    with pytest.raises(DataError) as refused:
        lists.rows_of_list(office, path, "indicators", shared={"source_url": "x"})

    [told] = refused.value.problems
    assert (told.cell, told.expected_key) == ("A3", "imports.cell_merged")
    assert told.expected_facts == {"first": "A2", "value": "gd_x", "rows": "2–3"}


def test_another_figure_of_the_very_source_is_refused_and_an_odd_one_doubted(office, tmp_path):
    """A correction needs its own source; a cumulative count that falls below an earlier row is doubted."""
    head, body, *_ = CASES["indicators"]
    fallen = [*body, ["gd_x", "Giả định", "2024-01..2024-07", 90, "tỷ đồng", "D3"]]
    path = sheet(tmp_path / "bang.xlsx", [*head, *fallen])
    shared = {"source_url": "x", "published_on": "2024-08-05"}

    proposal = lists.rows_of_list(office, path, "indicators", shared=shared)

    assert {(each.cell, each.expected_key) for each in proposal.doubts} == {("D4", "doubt.cumulative")}
    append.append(proposal, insist=True)
    path = sheet(tmp_path / "bang.xlsx", [*head, [*body[0][:4], "triệu đồng", "D3"]])
    with pytest.raises(DataError, match="gave another figure"):
        lists.rows_of_list(office, path, "indicators", shared=shared)


def test_a_column_of_a_list_may_be_named_by_hand(office, tmp_path):
    """What no heading says is told beside the list; only columns of the table are known."""
    head = ["Mã chỉ tiêu", "Kỳ", "Ngày công bố", "Nguồn", "Cột lạ"]
    row = ["pub_inv_disb_rate", "2024-01..2024-09", "2024-10-08", "Giả định", 47.5]
    path = sheet(tmp_path / "bang.xlsx", [head, row])

    (read,) = lists.rows_of_list(office, path, "indicators", columns=["value=E"]).rows

    assert read["value"] == "47.5"
    with pytest.raises(SpecError, match="value"):
        lists.rows_of_list(office, path, "indicators", columns=["valu=E"])


def test_what_a_row_of_a_new_table_lacks_is_told_at_its_row(office, tmp_path):
    """The rows of a table that has no file yet are refused by their own numbers."""
    head = ["Mã chỉ tiêu", "Tiêu chí", "Thấp", "Cao", "Người nêu"]
    path = sheet(tmp_path / "bang.xlsx", [head, ["pub_inv_disb_rate", "", 0.03, 0.06, "x"]])

    with pytest.raises(DataError) as refused:
        lists.rows_of_list(office, path, "elasticities", shared={"stated_on": "2024-10-01"})

    places = [(each.row, each.column, each.expected_key) for each in refused.value.problems]
    assert places == [(2, "B", "expect.something")]


def test_a_sheet_without_such_a_table_is_refused(office, tmp_path):
    """The columns that are expected are named."""
    path = sheet(tmp_path / "bang.xlsx", [["Tỉnh", "Điểm"], ["Hà Nội", 90]])

    with pytest.raises(DataError, match=INDICATORS.names[0]):
        lists.rows_of_list(office, path, "indicators")


def test_the_first_table_of_an_office_goes_into_an_empty_one(data_dir, made_up, areas, run, tmp_path):
    """A heading alone is enough to begin with; there is then no forecast to compare with."""
    path = data_dir / "scores.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    table = made_up.annex(made_up.par(areas, 2022), 2022, tmp_path / "2022.csv", percent=False)
    told = ["--year", "2022", "--published", "2023-04-19", "--source", "giả định", "--yes", "--insist"]

    code, out, _ = run("import", "par", table, *told)

    assert code == 0
    assert "không có dự báo để so sánh" in out
    assert len(load.read_vintages(data_dir).frames["scores"]) >= 63


def test_criteria_that_do_not_make_their_domain_are_doubted_at_the_door(office, tmp_path):
    """9.25 points in all are not the domain's 10; the doubt stands at the criterion."""
    path = office / "scores.csv"
    domain = "PAR,2023,TP. Hồ Chí Minh,D2,value,10,points,10,,2024-04-17,2024-04-17,Dòng giả định,official,\n"
    path.write_text(path.read_text(encoding="utf-8") + domain, encoding="utf-8")
    head, body, *_ = CASES["criteria"]
    file = sheet(tmp_path / "bang.xlsx", [*head, *body])
    shared = {"source_url": "x", "published_on": "2024-04-17"}

    found = lists.rows_of_list(office, file, "criteria", shared=shared).doubts

    assert [(each.cell, each.expected_key, each.expected_facts["due"]) for each in found] == [
        ("D4", "doubt.parts", 9.25)
    ]
    assert "D2" in found[0].text("en")


def test_lists_on_two_sheets_below_the_same_headings_are_one(office, tmp_path):
    """Faults are told at their own sheet; other headings still ask for the sheet."""
    head, body, *_ = CASES["indicators"]
    path = tmp_path / "bang.xlsx"

    def written(second):
        book = openpyxl.Workbook()
        for page, rows in ((book.active, [*head, *body]), (book.create_sheet("Trang 2"), second)):
            for row in rows:
                page.append(row)
        page.sheet_state = "hidden"
        book.save(path)
        return path

    later = [[*row[:2], "2024-01..2024-05", *row[3:]] for row in body[:1]]
    proposal = lists.rows_of_list(office, written([*head, *later]), "indicators", shared={"source_url": "x"})

    assert len(proposal.rows) == len(body) + 1
    told = [remark.text("en") for remark in proposal.remarks]
    assert "The sheets Sheet, Trang 2 (hidden) have the same headings and are read as one table." in told
    assert "A sheet that the file hides is read: Trang 2; see whether it is meant." in told
    wrong = [[*later[0][:3], "nhiều", *later[0][4:]]]
    with pytest.raises(DataError) as refused:
        lists.rows_of_list(office, written([*head, *wrong]), "indicators", shared={"source_url": "x"})
    assert [(each.sheet, each.cell) for each in refused.value.problems] == [("Trang 2", "D2")]
    other = [[*head[0][:-1], "Ghi chú"], *later]
    with pytest.raises(SpecError, match="Trang 2"):
        lists.rows_of_list(office, written(other), "indicators", shared={"source_url": "x"})


@pytest.mark.parametrize("heading_first", [False, True])
def test_a_table_that_an_addition_began_is_taken_away_with_it(heading_first, office, tmp_path):
    """The folder is as before; a table with a heading of its own making keeps it."""
    table, (head, body, *_) = office / "remedies.csv", CASES["remedies"]
    if heading_first:
        names = "component,unit,action,responsible,due,state,expected_effect,recorded_on,source_url,note"
        table.write_text(names + "\n", encoding="utf-8")
    before = table.read_bytes() if heading_first else None
    file = sheet(tmp_path / "bang.xlsx", [*head, *body])
    shared = {"source_url": "x", "recorded_on": "2024-04-17"}

    append.append(lists.rows_of_list(office, file, "remedies", shared=shared))
    assert table.exists()
    append.undo(append.removal(office))

    assert (table.read_bytes() if table.exists() else None) == before
    assert append.list_additions(office)[0].state == "gone"
