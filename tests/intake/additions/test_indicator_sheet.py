"""Printed tables of indicators: provinces as rows, months or indicators as columns.

All figures are made up.
"""

import openpyxl
import pytest

from forecast.base.errors import DataError, SpecError
from forecast.data import load
from forecast.intake.additions import append, lists
from forecast.intake.additions.periods import YearMissingError, period_in

SOURCE = "Bảng in giả định"


def disbursement(path, areas, years=(2023, 2024), *, months=9, year_row=True):
    """As the Ministry of Finance prints it: merged years, months below, decimal commas, the country first."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "TÌNH HÌNH GIẢI NGÂN VỐN ĐẦU TƯ CÔNG CỦA CÁC ĐỊA PHƯƠNG (SỐ GIẢ ĐỊNH)"
    sheet.merge_cells("A1:H1")
    sheet["A4"], sheet["B4"] = "STT", "Địa phương"
    column = 3
    for year in years:
        if year_row:
            sheet.cell(3, column, f"Năm {year}")
            sheet.merge_cells(start_row=3, end_row=3, start_column=column, end_column=column + months - 1)
        for month in range(1, months + 1):
            sheet.cell(4, column, f"Tháng {month}")
            sheet.cell(5, column, "41,5")
            for row, _ in enumerate(areas, 6):
                sheet.cell(row, column, f"{6 * month + row % 5 + year % 3:.2f}".replace(".", ","))
            column += 1
    sheet["B5"] = "Cả nước"
    for row, area in enumerate(areas, 6):
        sheet.cell(row, 1, row - 5)
        sheet.cell(row, 2, area.upper() if row % 2 else area)
    sheet.cell(6, 3, "-")
    sheet.cell(6 + len(areas), 2, "Bộ Giao thông vận tải")
    sheet.cell(6 + len(areas), 3, "12,5")
    book.save(path)
    return path


def portal(path, areas, title="Bộ chỉ số phục vụ người dân, doanh nghiệp tháng 9 năm 2024 (giả định)"):
    """As the national portal prints a month's scores: groups of scores as columns, total and rank last."""
    lines = [title, "STT;Tỉnh, thành phố;Công khai, minh bạch;Thanh toán trực tuyến;Tổng điểm;Xếp hạng"]
    lines += [f"{n};{area};{10 + n % 7},5;{n % 10},25;{60 + n % 30};{n}" for n, area in enumerate(areas, 1)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


@pytest.mark.slow
def test_months_of_all_provinces_go_in_at_once_and_come_out_again(data_dir, areas, run, tmp_path):
    """63 provinces and the country, two years of nine months, each with its own day; a dash is no figure."""
    path = disbursement(tmp_path / "giai-ngan.xlsx", areas)
    before = (data_dir / "indicators.csv").read_bytes()
    told = ["--indicator", "pub_inv_disb_rate", "--source", SOURCE, "--no-forecast", "--yes", "--insist"]

    code, out, _ = run("import", "indicators", path, *told)
    frame = load.read_vintages(data_dir).frames["indicators"]
    fresh = frame[frame["source_url"] == SOURCE].set_index(["area", "period"])

    assert code == 0
    assert "Bộ Giao thông vận tải" in out
    assert len(fresh) == 64 * 18 - 1
    one = fresh.loc[(areas[1], "2024-01..2024-09")]
    assert one["value"] == 54 + 7 % 5 + 2024 % 3
    assert str(one["published_on"].date()) == "2024-10-05"  # five days after, as the catalogue says
    assert one["linked_domain"] == "D6"
    assert fresh.loc[("Việt Nam", "2023-01"), "value"] == 41.5
    assert (areas[0], "2023-01") not in fresh.index
    code, *_ = run("undo", "--yes")
    assert code == 0
    assert (data_dir / "indicators.csv").read_bytes() == before


def test_scores_of_one_month_go_in_by_their_names(data_dir, areas, tmp_path):
    """Headings name the indicators by the last part of their names; the month stands in the title."""
    path = portal(tmp_path / "766.csv", areas)

    proposal = lists.rows_of_list(data_dir, path, "indicators", shared={"source_url": SOURCE})
    found = {(row["indicator_code"], row["period"]) for row in proposal.rows}

    assert len(proposal.rows) == 3 * len(areas)
    assert found == {(f"p766_{name}", "2024-09") for name in ("transparency", "payment", "total")}
    assert {row["published_on"] for row in proposal.rows} == {"2024-10-05"}


def test_the_same_table_again_adds_nothing(data_dir, areas, tmp_path):
    """Every figure stands there from the very source."""
    path = portal(tmp_path / "766.csv", areas)
    shared = {"source_url": SOURCE}
    append.append(lists.rows_of_list(data_dir, path, "indicators", shared=shared))

    again = lists.rows_of_list(data_dir, path, "indicators", shared=shared)

    assert (len(again.rows), again.compared.standing) == (0, 3 * len(areas))


@pytest.mark.parametrize(
    ("spoil", "place", "key"),
    [
        (lambda sheet: sheet.cell(9, 2, "Hà Nộii"), ("B", 9), "expect.area_near"),
        (lambda sheet: sheet.cell(9, 4, "nhiều"), ("D", 9), "expect.number"),
        (lambda sheet: sheet.cell(9, 4, "=1+1"), ("D", 9), "imports.figure_formula"),
        (lambda sheet: sheet.merge_cells("B8:B9"), ("B", 9), "imports.cell_merged"),
        (lambda sheet: sheet.__delitem__("B9"), ("B", 9), "imports.name_empty"),
    ],
)
def test_what_is_wrong_is_told_at_its_cell(spoil, place, key, data_dir, areas, tmp_path):
    """A misspelt, merged or missing province, a word and a formula in the place of a figure."""
    path = disbursement(tmp_path / "x.xlsx", areas)
    book = openpyxl.load_workbook(path)
    spoil(book.active)
    book.save(path)

    shared = {"source_url": SOURCE, "indicator_code": "pub_inv_disb_rate"}
    with pytest.raises(DataError) as refused:
        lists.rows_of_list(data_dir, path, "indicators", shared=shared)

    assert [(each.column, each.row, each.expected_key) for each in refused.value.problems] == [(*place, key)]


@pytest.mark.parametrize(
    ("shared", "sentence"),
    [
        ({}, "không cột nào cho biết cả chỉ tiêu và kỳ"),
        ({"indicator_code": "pub_inv_disb_rate"}, "tiêu đề “Tháng 1” không cho biết năm"),
    ],
)
def test_columns_without_a_meaning_are_refused_with_what_to_do(shared, sentence, data_dir, areas, tmp_path):
    """Months need an indicator, and a year from somewhere."""
    path = disbursement(tmp_path / "x.xlsx", areas, (2024,), year_row=False)

    with pytest.raises(DataError) as refused:
        lists.rows_of_list(data_dir, path, "indicators", shared={"source_url": SOURCE, **shared})

    assert sentence in refused.value.text("vi")


def test_a_year_may_be_given_beside_the_table(data_dir, areas, tmp_path):
    """What no heading says, an option may."""
    path = disbursement(tmp_path / "x.xlsx", areas, (2024,), year_row=False)
    shared = {"source_url": SOURCE, "indicator_code": "pub_inv_disb_rate", "year": "2022"}

    rows = lists.rows_of_list(data_dir, path, "indicators", shared=shared).rows

    assert {row["period"][:4] for row in rows} == {"2022"}


def amounts(path, areas):
    """As a letter's annex prints it: under one heading the amount and the rate, then what is estimated."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["PHỤ LỤC (SỐ GIẢ ĐỊNH)"])
    months = ["Giải ngân đến hết tháng 9/2024", None, "Ước đến hết tháng 10/2024"]
    sheet.append(["STT", "Nội dung", "Kế hoạch", *months])
    sheet.append([None, None, None, "Số tiền", "Tỷ lệ (%)", "Số tiền"])
    sheet.merge_cells("D2:E2")
    for number, area in enumerate(areas, 1):
        sheet.append([number, area, 5000, 2000 + number, 40 + number % 9, 2500])
    book.save(path)
    return path


def test_two_columns_of_one_figure_are_refused(data_dir, areas, tmp_path):
    """An amount is no rate: nothing is read until somebody says which column it is."""
    shared = {"source_url": SOURCE, "published_on": "2024-10-08", "indicator_code": "pub_inv_disb_rate"}

    with pytest.raises(DataError) as refused:
        lists.rows_of_list(data_dir, amounts(tmp_path / "x.xlsx", areas), "indicators", shared=shared)

    assert [problem.cell for problem in refused.value.problems] == ["E3"]
    assert "--column pub_inv_disb_rate=E" in refused.value.text("vi")


@pytest.mark.parametrize(
    ("shared", "column"), [({}, "pub_inv_disb_rate=E"), ({"indicator_code": "pub_inv_disb_rate"}, "value=E")]
)
def test_a_column_named_by_hand_is_the_only_one_of_its_figure(shared, column, data_dir, areas, tmp_path):
    """The rate is read, the amount and the estimate are not."""
    shared = {"source_url": SOURCE, "published_on": "2024-10-08", **shared}
    path = amounts(tmp_path / "x.xlsx", areas)

    rows = lists.rows_of_list(data_dir, path, "indicators", columns=[column], shared=shared).rows

    assert {row["period"] for row in rows} == {"2024-01..2024-09"}
    assert [float(row["value"]) for row in rows] == [40 + number % 9 for number in range(1, len(areas) + 1)]


def test_an_unknown_code_of_a_column_is_refused(data_dir, areas, run, tmp_path):
    """The nearest code is named."""
    others = [area for area in areas if area != "TP. Hồ Chí Minh"]  # whose lower rate of October is known
    path = amounts(tmp_path / "x.xlsx", others)

    with pytest.raises(SpecError, match="pub_inv_disb_rate"):
        lists.rows_of_list(data_dir, path, "indicators", columns=["pub_inv_disb_rat=E"])
    told = ["--column", "pub_inv_disb_rate=E", "--published", "2024-10-08", "--source", SOURCE]
    assert run("import", "indicators", path, *told, "--no-forecast", "--dry-run")[0] == 0


def test_one_day_of_publication_for_old_months_is_remarked(data_dir, areas, tmp_path):
    """Figures that all came out now cannot be compared with the same period of past years."""
    path = disbursement(tmp_path / "x.xlsx", areas)
    shared = {"source_url": SOURCE, "indicator_code": "pub_inv_disb_rate", "published_on": "2024-10-10"}

    remarks = lists.rows_of_list(data_dir, path, "indicators", shared=shared).remarks

    late = next(each for each in remarks if each.key == "imports.late_publication")
    assert late.facts["count"] == 64 * 9 - 1  # those of 2023, up to the ninth of October a year before


@pytest.mark.parametrize(
    ("texts", "january", "period"),
    [
        (["Tháng 9", "Năm 2024"], True, "2024-01..2024-09"),
        (["Tháng 9", "Năm 2024"], False, "2024-09"),
        (["9 tháng đầu năm 2024"], False, "2024-01..2024-09"),
        (["Lũy kế đến 31/10/2024"], True, "2024-01..2024-10-31"),
        (["31/10/2024"], False, "2024-10-31"),
        (["Đến hết tháng 9/2024"], False, "2024-01..2024-09"),
        (["T9/2024"], False, "2024-09"),
        (["9/2024"], True, "2024-01..2024-09"),
        (["Quý III/2024"], False, "2024-Q3"),
        (["Quý III", "2024"], True, "2024-01..2024-09"),
        (["Tháng 1", "2024"], True, "2024-01"),
        (["Tháng 12", "2024"], True, "2024"),
        (["2024-01..2024-09"], True, "2024-01..2024-09"),
        (["Năm 2023"], True, "2023"),
        (["Xếp hạng"], True, ""),
    ],
)
def test_headings_mean_periods(texts, january, period):
    """What counts from January is a run of months, a score of one month is the month."""
    assert period_in(texts, january=january) == period


def test_a_month_without_its_year_is_none():
    """Nothing is guessed."""
    with pytest.raises(YearMissingError):
        period_in(["Tháng 9"], january=True)
