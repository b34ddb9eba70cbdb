"""Intake: what is taken, what is returned and why, and that a refused file changes nothing.  All made up."""

import dataclasses
import datetime as dt
import errno
import io
import re
import subprocess
import sys
import unicodedata
import zipfile

import openpyxl
import pandas as pd
import pytest

from forecast import cli
from forecast.answer.submissions import latest
from forecast.base.errors import DataError, WriteError
from forecast.base.lock import hold_lock
from forecast.base.workbook import open_workbook
from forecast.data import load
from forecast.data.load import LOCK
from forecast.intake import journal, kept_forms, writer
from forecast.intake.additions import append
from forecast.intake.forms import accepted_forms, key, layout, reading

ENTRY = layout.sheet_name("entry")


def stored(office) -> pd.DataFrame:
    """The table of accepted forms, through the door that everybody takes."""
    return load.read(office.data, as_of=dt.date(2025, 1, 1)).submissions


def refused(office, *files, **asked) -> list[str]:
    """Take files that must be refused without a trace; give their problems in Vietnamese."""
    before = office.tree()
    outcomes = office.take(*files, **asked)

    assert [outcome.state for outcome in outcomes] == ["refused"] * len(files)
    assert office.tree() == before
    return [problem.text("vi") for outcome in outcomes for problem in outcome.problems]


def test_a_good_form_is_stored_whole(office):
    """One row a component; the file as it was sent, under its hash; load accepts the table."""
    sent = office.filled({"K9": 0.7, "L9": "Còn 3 báo cáo muộn", "N9": dt.date(2024, 11, 30)})
    (outcome,) = office.take(sent)
    rows = stored(office)

    assert (outcome.state, outcome.answered, outcome.expected, outcome.days_late) == ("accepted", 12, 12, 0)
    assert rows["component"].tolist() == [f"2.{n}.{m}" for n in range(1, 5) for m in range(1, 4)]
    first = rows.iloc[0]
    assert first[["low", "likely", "high", "self_score"]].tolist() == [0.498, 0.581, 0.664, 0.7]
    assert (first["reason"], first["due"].date()) == ("Còn 3 báo cáo muộn", dt.date(2024, 11, 30))
    assert first["department"] == "Sở Tư pháp"
    kept = office.data / "submissions" / f"{first['sha256'][:12]}.xlsx"
    assert kept.read_bytes() == sent.read_bytes()


def test_the_table_only_grows(office):
    """What stood in the file stays byte for byte, with its line ends, whatever comes after."""
    office.take(office.filled())
    crlf = office.table.read_bytes().replace(b"\n", b"\r\n").removesuffix(b"\r\n")
    office.table.write_bytes(crlf)
    office.take(office.filled(department="Sở Tài chính", name="hai.xlsx"))

    assert office.table.read_bytes().startswith(crlf + b"\r\n")
    assert b"\n" not in office.table.read_bytes().replace(b"\r\n", b"")
    assert set(stored(office)["department"]) == {"Sở Tư pháp", "Sở Tài chính"}


TYPED_POINTS = (
    ("0,5", 0.5),
    ("0.5", 0.5),
    ("0,5 điểm", 0.5),
    (unicodedata.normalize("NFD", "0,5 điểm"), 0.5),
    ("\u00a00,5\u00a0đ ", 0.5),
    (" +,5 ", 0.5),
    (0, 0.0),
    ("0", 0.0),
)


def test_points_are_read_as_people_type_them(office):
    """Decimal comma or point, unit, spaces of all kinds, composed or not."""
    office.take(office.filled({f"H{row}": typed for row, (typed, _) in enumerate(TYPED_POINTS, start=9)}))

    assert stored(office)["low"].tolist()[: len(TYPED_POINTS)] == [meant for _, meant in TYPED_POINTS]


TYPED_DAYS = (
    "30/11/2024",
    "2024-11-30",
    "30.11.2024",
    " 30-11-2024 ",
    dt.date(2024, 11, 30),
    dt.datetime(2024, 11, 30),  # noqa: DTZ001 - as openpyxl gives it
    45626,
)


def test_days_are_read_as_people_type_them(office):
    """Both orders, any separator, a spreadsheet's date or its number."""
    office.take(office.filled({f"N{row}": typed for row, typed in enumerate(TYPED_DAYS, start=9)}))

    read = stored(office)["due"].tolist()[: len(TYPED_DAYS)]
    assert [day.date() for day in read] == [dt.date(2024, 11, 30)] * len(TYPED_DAYS)


def test_words_that_begin_like_a_formula_stay_words(office):
    """Kept as they are in the table, and still words in a copy that is returned."""
    words = {f"L{row}": f"{mark}SUM(A1:A9)" for row, mark in enumerate("=+-@", start=9)}
    sent = office.filled({"H9": "sai"})
    book = openpyxl.load_workbook(sent)
    for cell, typed in words.items():
        book[ENTRY][cell].value = typed
        book[ENTRY][cell].data_type = "s"
    book.save(sent)
    (outcome,) = office.take(sent)
    copy = openpyxl.load_workbook(outcome.copy)

    assert [problem.cell for problem in outcome.problems] == ["H9"]
    for cell, typed in words.items():
        assert (copy[ENTRY][cell].value, copy[ENTRY][cell].data_type) == (typed, "s")
    copy[ENTRY]["H9"].value = 0.5
    copy.save(outcome.copy)
    assert office.take(outcome.copy)[0].state == "accepted"
    assert stored(office)["reason"].tolist()[: len(words)] == list(words.values())


def test_characters_that_steer_are_not_stored(office):
    """Line breaks, escapes, zero-width and right-to-left marks become spaces or nothing."""
    office.take(
        office.filled({"L9": "a\nb\tc_x0007_d\u200be\u202ef", "M9": unicodedata.normalize("NFD", "đầy đủ")})
    )
    row = stored(office).iloc[0]

    assert (row["reason"], row["remedy"]) == ("a b c def", "đầy đủ")


BAD_CELLS = [
    ({"H9": "abc"}, "H9", "cần số điểm từ 0 đến 0,83"),
    ({"H9": -0.5}, "H9", "điểm không thể âm"),
    ({"J9": 0.9}, "J9", "cần số điểm từ 0 đến 0,83"),
    ({"J9": 95}, "J9", "95% của 0,83 điểm là 0,788 điểm"),
    ({"J9": 950}, "J9", "cần số điểm từ 0 đến 0,83"),
    ({"J9": "95%"}, "J9", "95% của 0,83 điểm là 0,788 điểm"),
    ({"H9": 0.7}, "H9", "mức Thấp phải không lớn hơn Khả năng nhất (0,581)"),
    ({"J9": 0.5}, "J9", "mức Cao phải không nhỏ hơn Khả năng nhất (0,581)"),
    ({"H9": None, "J9": None}, "H9", "cần đủ ba mức"),
    ({"I9": None}, "I9", "cần đủ ba mức"),
    ({"H9": "=0.1+0.2"}, "H9", "ô chứa công thức"),
    ({"L9": "=1+1"}, "L9", "ô chứa công thức"),
    ({"N9": "=TODAY()"}, "N9", "ô chứa công thức"),
    ({"H9": "#N/A"}, "H9", "ô chứa lỗi của bảng tính"),
    ({"H9": dt.date(2024, 5, 9)}, "H9", "không phải ngày"),
    ({"H9": True}, "H9", "đúng/sai"),
    ({"K9": 1.5}, "K9", "cần số điểm từ 0 đến 0,83"),
    ({"L9": "x" * 1001}, "L9", "dài 1001 ký tự, tối đa 1000"),
    ({"N9": "31/02/2024"}, "N9", "không có ngày này trong lịch"),
    ({"N9": "30/11/2033"}, "N9", "cần một ngày từ 01/01/2024 đến 31/12/2025"),
    ({"N9": "30/11/2034"}, "N9", "cần một ngày"),
    ({"N9": "cuối năm"}, "N9", "cần một ngày"),
    ({"N9": 7}, "N9", "cần một ngày"),
    ({"A9": "9.9.9"}, "H9", "dòng này không có mã thành phần"),
    ({"A10": "2.1.1"}, "A10", "mã này đã có ở ô A9"),
    ({"H30": 0.5}, "H30", "dòng này không có mã thành phần"),
    ({"B9": "tên khác"}, "B9", "tên thành phần đã bị đổi"),
    ({"C9": 0.5}, "C9", "điểm tối đa đã bị đổi; trong mẫu là 0,83"),
    ({"C2": "Sở Nội vụ"}, "C2", "mẫu này được lập cho “Sở Tư pháp”"),
    ({"C3": "Hà Nội"}, "C3", "mẫu này được lập cho “TP. Hồ Chí Minh”"),
    ({"C4": 2023}, "C4", "mẫu này được lập cho năm 2024"),
]


def test_a_bad_cell_is_told_with_its_place_and_what_is_expected(office):
    """File, sheet, cell, and what to write instead; nothing is changed."""
    sent = [office.filled(cells, name=f"{number}.xlsx") for number, (cells, *_) in enumerate(BAD_CELLS)]

    told = refused(office, *sent)

    for path, (_, place, words) in zip(sent, BAD_CELLS, strict=True):
        where = f"{path.name}, trang “Dự báo”, ô {place}"
        assert [line for line in told if line.startswith(where) and words in line], (where, words, told)


def test_all_that_is_wrong_is_told_at_once(office):
    """Two files with three bad cells each make six lines, in the order of the sheet."""
    bad = {"N9": "mai", "H9": "x", "J12": 99}
    told = refused(office, office.filled(bad), office.filled(bad, department="Sở Tài chính", name="hai.xlsx"))

    assert [line.split("ô ")[1][:3].strip(",") for line in told] == ["H9", "N9", "J12"] * 2


def test_a_percent_format_is_no_point(office):
    """Where a spreadsheet shows 95 percent it holds 0.95, which would pass as points."""
    sent = office.filled({"H9": 0.5, "I9": 0.55, "J9": 0.6})
    book = openpyxl.load_workbook(sent)
    book[ENTRY]["I9"].number_format = "0%"
    book.save(sent)

    (told,) = refused(office, sent)
    assert "ô I9" in told
    assert "55% của 0,83 điểm là 0,457 điểm" in told


def test_rows_are_found_by_their_codes(office):
    """Sorting the rows changes nothing; a deleted row is missed by name."""
    sent = office.filled()
    book = openpyxl.load_workbook(sent)
    sheet = book[ENTRY]
    rows = [[cell.value for cell in row] for row in sheet["A9:N20"]]
    for line, row in zip(sheet["A9:N20"], reversed(rows), strict=True):
        for cell, value in zip(line, row, strict=True):
            cell.value = value
    book.save(sent)
    assert office.take(sent)[0].state == "accepted"

    gone = office.filled(name="thieu.xlsx")
    book = openpyxl.load_workbook(gone)
    book[ENTRY].delete_rows(10)
    book.save(gone)
    assert (
        "thiếu dòng của thành phần 2.1.2 “Tiêu chí thành phần 2.1.2 (giả định)”" in refused(office, gone)[0]
    )


def test_an_empty_form_is_refused_and_a_part_is_taken(office):
    """Nothing at all is no forecast; one row is one, and only it is stored."""
    assert "chưa có dự báo nào" in refused(office, office.filled(three=False))[0]
    assert "chưa có dự báo nào" in refused(office, office.filled({"K9": 0.5}, three=False, name="b.xlsx"))[0]

    (outcome,) = office.take(office.filled({"H9": 0.1, "I9": 0.2, "J9": 0.3, "K10": 0.5}, three=False))
    assert (outcome.answered, outcome.expected) == (1, 12)
    assert stored(office)["component"].tolist() == ["2.1.1", "2.1.2"]


def test_a_late_form_is_taken_and_said_to_be_late(office):
    """Three days after 30 September of the target year; on the day itself it is in time."""
    first, second = office.filled(), office.filled({"K9": 0.1}, name="hai.xlsx")

    assert office.take(first, day="2024-09-30")[0].days_late == 0
    assert office.take(second, day="2024-10-03")[0].days_late == 3


def test_the_same_file_again_changes_nothing(office):
    """Its hash is known: said, and not stored twice, in one call or in two."""
    sent = office.filled()
    outcomes = office.take(sent, sent)
    before = office.tree()
    again = office.take(sent, day="2024-09-29")[0]

    assert [outcome.state for outcome in outcomes] == ["accepted", "stored"]
    assert (again.state, again.stored_on) == ("stored", dt.date(2024, 9, 27))
    assert office.tree() == before


def test_a_later_form_supersedes_and_the_earlier_is_kept(office):
    """Table and folder hold both; the latest by day counts, then by place in the file."""
    first = office.filled()
    second = office.filled({"I9": 0.6}, name="hai.xlsx")
    third = office.filled({"I9": 0.62}, name="ba.xlsx")
    office.take(first)
    outcome = office.take(second, day="2024-09-28")[0]
    old = office.take(third, day="2024-09-20")[0]
    rows = stored(office)
    last = latest(rows, area="TP. Hồ Chí Minh", index_code="PAR", target_year=2024)

    assert (outcome.supersedes, old.superseded_by) == (dt.date(2024, 9, 27), dt.date(2024, 9, 28))
    assert rows["submission_id"].nunique() == 3
    assert len(list((office.data / "submissions").iterdir())) == 3
    assert last["likely"].iloc[0] == 0.6
    assert len(last) == 12


def test_one_bad_file_does_not_stop_a_good_one(office):
    """Files of one call are judged each by itself."""
    good = office.filled()
    bad = office.filled({"H9": "x"}, department="Sở Tài chính", name="sai.xlsx")
    outcomes = office.take(bad, good)

    assert [outcome.state for outcome in outcomes] == ["refused", "accepted"]
    assert set(stored(office)["department"]) == {"Sở Tư pháp"}


@pytest.mark.parametrize(
    ("asked", "words"),
    [({"target_year": 2025}, "mẫu dự báo năm 2024"), ({"area": "Hà Nội"}, "lần nhận này chỉ nhận Hà Nội")],
)
def test_forms_of_another_year_or_area_are_refused_where_one_is_asked_for(office, asked, words):
    """The desk takes what it was told to take."""
    assert words in refused(office, office.filled(), **asked)[0]


def test_a_year_whose_result_is_out_is_no_forecast(office, monkeypatch):
    """The 2023 result was announced in April 2024."""
    sent = office.filled()
    old = dataclasses.replace(office.blank().key, target_year=2023)
    monkeypatch.setattr(key.Key, "read", lambda _: old)

    told = refused(office, sent)[0]
    assert "đã công bố" in told
    assert "--received-on" in told
    assert "force" not in told  # which intake has not


def test_an_older_form_is_refused_with_what_to_do(office, monkeypatch):
    """Only versions that intake knows are read."""
    sent = office.filled()
    monkeypatch.setattr(reading, "READ_VERSIONS", frozenset({"2"}))

    assert refused(office, sent)[0].endswith(
        "mẫu thuộc phiên bản 1, nay chỉ nhận phiên bản 2; tạo mẫu mới (forecast form), "
        "chép số liệu sang rồi gửi lại"
    )


def test_a_form_for_other_maxima_is_refused_with_the_components(office):
    """The framework was mended after the form was made."""
    sent = office.filled()
    path = office.data / "frameworks.csv"
    text = path.read_text(encoding="utf-8")
    for code, most in (("2.1.1", "0.82"), ("2.1.2", "0.84")):
        text = text.replace(f"thành phần {code} (giả định),,0.83", f"thành phần {code} (giả định),,{most}")
    path.write_text(text, encoding="utf-8")

    assert "khác với bộ tiêu chí hiện có ở: 2.1.1, 2.1.2" in refused(office, sent)[0]


def test_a_form_with_borrowed_maxima_is_refused_with_whose_they_were(office, monkeypatch):
    """The decision is the same; its own maxima became known after the form was made."""
    sent = office.filled()
    old = dataclasses.replace(office.blank().key, maxima_from="2948/QĐ-BNV")
    monkeypatch.setattr(key.Key, "read", lambda _: old)

    assert "lấy theo “2948/QĐ-BNV”, nay lấy theo “876/QĐ-BNV”" in refused(office, sent)[0]


def test_a_department_that_is_not_in_charge_is_refused(office):
    """A form made while another one was in charge."""
    sent = office.filled()
    path = office.data / "frameworks.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",Sở Tư pháp,", ",Sở Nội vụ,"), encoding="utf-8")

    assert "“Sở Tư pháp” không thuộc các cơ quan được giao dự báo" in refused(office, sent)[0]


def test_a_changed_key_is_no_form_of_ours(office):
    """Its hash no longer fits."""
    sent = office.change(office.filled(), key.SHEET, {"B2": "Sở Nội vụ"})

    assert "thông tin ẩn" in refused(office, sent)[0]


def spoiled(office, how: str):
    """Make a file that is no sound .xlsx form, and give its words of refusal."""
    path = office.filled()
    content = path.read_bytes()
    if how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif how == "csv":
        path.write_text("a,b\n1,2\n", encoding="utf-8")
    elif how == "xls":
        path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    elif how == "big":
        path.write_bytes(content + bytes(10_000_001))
    elif how == "gone":
        path.unlink()
    elif how in ("macro", "bomb"):
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
            name, size = ("xl/vbaProject.bin", 10) if how == "macro" else ("xl/media/x.bin", 120_000_000)
            packed.writestr(name, bytes(size))
    elif how == "other":
        openpyxl.Workbook().save(path)
    return path


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("truncated", "cần tệp Excel .xlsx"),
        ("csv", "cần tệp Excel .xlsx"),
        ("xls", "hoặc có mật khẩu"),
        ("big", "quá mức cho phép 10 MB"),
        ("gone", "không có tệp này"),
        ("macro", "có macro"),
        ("bomb", "nén bất thường"),
        ("other", "không phải mẫu dự báo"),
    ],
)
def test_what_is_no_sound_form_is_refused_in_words(office, how, words):
    """No traceback, no trace, and no copy of what cannot be mended cell by cell."""
    path = spoiled(office, how)

    assert words in refused(office, path)[0]
    assert list(office.desk.glob("*-can-sua*")) == []


def test_the_returned_copy_shows_each_place(office):
    """Coloured, commented, listed first; no formula in it, and no other file written over."""
    sent = office.filled({"H9": "abc", "J10": 99, "L11": "=1+1", "D9": "=2+2"})
    office.desk.joinpath("gui-can-sua.xlsx").write_bytes(b"somebody's")
    (outcome,) = office.take(sent)
    book = openpyxl.load_workbook(outcome.copy)
    marked = [c.coordinate for row in book[ENTRY].iter_rows() for c in row if c.comment]
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]

    assert outcome.copy.name == "gui-can-sua-2.xlsx"
    assert office.desk.joinpath("gui-can-sua.xlsx").read_bytes() == b"somebody's"
    assert marked == ["H9", "J10", "L11"]
    assert book[ENTRY]["H9"].fill.start_color.rgb == "FFF4B6B6"
    assert "từ 0 đến 0,83" in book[ENTRY]["H9"].comment.text
    assert book.worksheets[0].title == "Danh sách lỗi"
    assert [row[2].value for row in book.worksheets[0].iter_rows(min_row=2)] == ["H9", "J10", "L11"]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert book[ENTRY].data_validations.count == 4


def test_a_cell_far_away_is_no_trouble(office):
    """The last cell of a spreadsheet is looked at, and not the seventeen billion before it."""
    (outcome,) = office.take(office.filled({"H9": "abc", "XFD1048576": "=1+1"}))
    far = openpyxl.load_workbook(outcome.copy)[ENTRY]["XFD1048576"]

    assert (far.value, far.data_type) == ("=1+1", "s")


def rewrite(sent, old: bytes, new: bytes) -> None:
    """Change every part of a file as no spreadsheet would."""
    with zipfile.ZipFile(sent) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(sent, "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, re.sub(old, new, part))


def test_a_whole_number_of_any_length_is_no_points(office):
    """A cell may hold thousands of digits, which no floating-point number can."""
    sent = office.filled({"J9": 0.8125})
    rewrite(sent, rb"<v>0\.8125</v>", b"<v>" + b"9" * 4000 + b"</v>")
    (outcome,) = office.take(sent)

    assert [(problem.cell, problem.expected_key) for problem in outcome.problems] == [
        ("J9", "expect.form_points")
    ]


@pytest.mark.parametrize(
    "merge",
    [
        '<mergeCell ref="A1:XFD1048576"/>',
        "<mergeCell ref='$A$1:$XFD$1048576'/>",
        '<mergeCell\nref = "a1:xfd104857&#54;"/>',
        '<mergeCell ref="A:XFD"/>',
        '</mergeCells><hyperlinks><hyperlink ref="A1:B1048576" location="x"/></hyperlinks><mergeCells>',
    ],
)
def test_merges_beyond_reason_are_refused_however_they_are_written(office, merge):
    """The reader makes every merged cell, seventeen thousand million of them, so it must not begin."""
    sent = office.filled()
    rewrite(sent, b"</sheetData>", f"</sheetData><mergeCells>{merge}</mergeCells>".encode())

    with pytest.raises(DataError) as caught:
        open_workbook(sent)

    assert [problem.expected_key for problem in caught.value.problems] == ["expect.smaller_merges"]


def test_merges_one_over_the_other_are_undone_in_the_copy(office):
    """No spreadsheet makes them, but a damaged file may hold them; the copy comes back all the same."""
    sent = office.filled({"H9": "sai"})
    merges = b'<mergeCell ref="O15:Q16"/><mergeCell ref="P16:R19"/>'
    rewrite(sent, b"</sheetData>", b"</sheetData><mergeCells>" + merges + b"</mergeCells>")
    (outcome,) = office.take(sent)

    assert "H9" in [problem.cell for problem in outcome.problems]
    assert not openpyxl.load_workbook(outcome.copy)[ENTRY].merged_cells.ranges


def test_cells_merged_by_hand_are_shown_apart(office):
    """What a merge has swallowed is missing, and the copy shows where."""
    sent = office.filled()
    book = openpyxl.load_workbook(sent)
    book[ENTRY].merge_cells("I9:J9")
    book.save(sent)
    (outcome,) = office.take(sent)
    copy = openpyxl.load_workbook(outcome.copy)[ENTRY]

    assert [problem.cell for problem in outcome.problems] == ["J9"]
    assert copy["J9"].comment.text.startswith("ô này bị gộp với ô I9")


def test_a_mended_copy_is_taken(office):
    """The list of errors in it does no harm, nor does a second one of a copy sent back as it was."""
    (outcome,) = office.take(office.filled({"H9": "abc"}))
    (again,) = office.take(outcome.copy)
    mended = office.change(again.copy, ENTRY, {"H9": 0.5})

    assert again.state == "refused"
    assert len(openpyxl.load_workbook(mended).sheetnames) == 5
    assert office.take(mended)[0].state == "accepted"


def test_a_copy_that_cannot_be_written_is_said(office, monkeypatch):
    """The refusal stands all the same."""

    def full(*_, **__):
        raise WriteError("write.refused", {"path": "desk"})

    monkeypatch.setattr("forecast.intake.forms.return_copy.write", full)
    (outcome,) = office.take(office.filled({"H9": "abc"}))

    assert (outcome.state, outcome.copy, str(outcome.no_copy)[:18]) == ("refused", None, "Cannot write desk:")


def test_a_full_disk_leaves_no_half_of_a_copy(office, monkeypatch):
    """Nothing lies there that somebody might send back; there is no room, and that is said."""

    def full(_):
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr("forecast.intake.forms.return_copy.os.fsync", full)
    (outcome,) = office.take(office.filled({"H9": "abc"}))

    assert (outcome.copy, outcome.no_copy.key) == (None, "write.no_room")
    assert [path.name for path in office.desk.iterdir()] == ["gui.xlsx"]


def test_unsound_data_stop_intake_before_anything(office):
    """Into a table that nobody can read, nothing is added."""
    office.take(office.filled())
    office.table.write_text(
        office.table.read_text(encoding="utf-8").replace("0.498", "9.498"), encoding="utf-8"
    )
    before = office.tree()

    with pytest.raises(DataError):
        office.take(office.filled({"I9": 0.6}, name="hai.xlsx"))
    assert office.tree() == before


def test_a_table_that_load_would_refuse_is_never_written(office, monkeypatch):
    """The rehearsal stands between the new rows and the file."""
    sent = office.filled()
    monkeypatch.setattr(
        accepted_forms.Accepted, "rows", lambda _: [{"submission_id": "x", "component": "nope"}]
    )
    before = office.tree()

    with pytest.raises(DataError):
        office.take(sent)
    assert office.tree() == before


def test_a_full_disk_leaves_the_table_as_it_was(office, monkeypatch):
    """Aside first, in place last."""
    office.take(office.filled())
    sent, before = office.filled({"I9": 0.6}, name="hai.xlsx"), office.table.read_bytes()

    def full(path, content):
        raise WriteError("write.no_room", {"path": str(path)})

    monkeypatch.setattr(kept_forms, "replace_file", full)
    with pytest.raises(WriteError):
        office.take(sent)
    assert office.table.read_bytes() == before


def test_two_intakes_at_once_lose_nothing(office):
    """Each waits for the other: all rows of both are there."""
    names = ("Sở Tư pháp", "Sở Tài chính")
    sent = [office.filled(department=name, name=f"{n}.xlsx") for n, name in enumerate(names)]
    code = "import sys; from forecast import cli; sys.exit(cli.run(sys.argv[1:]))"
    asked = ["--received-on", "2024-09-27", "--data-dir", str(office.data)]
    at_once = [
        subprocess.Popen([sys.executable, "-c", code, "intake", str(path), *asked], stdout=subprocess.PIPE)
        for path in sent
    ]

    for process in at_once:
        process.communicate(timeout=120)
    assert [process.returncode for process in at_once] == [0, 0]
    assert set(stored(office)["department"]) == set(names)


def test_whoever_waits_too_long_is_told_for_whom(office, monkeypatch):
    """Another process holds the table: its number is told, and nothing is changed."""
    monkeypatch.setattr(writer, "PATIENCE", 0.1)
    sent = office.filled()

    with hold_lock(office.data / LOCK), pytest.raises(WriteError, match="another process"):
        office.take(sent)
    assert not office.table.exists()


def test_nothing_of_the_package_reads_a_workbook_twice(office):
    """What is stored is the very bytes that were judged."""
    sent = office.filled()
    opened = open_workbook(sent)
    sent.write_bytes(b"changed meanwhile")

    assert openpyxl.load_workbook(io.BytesIO(opened.content))[ENTRY]["H9"].value == 0.498


def test_an_intake_is_noted_and_can_be_undone(office):
    """As any addition; the form may be taken again afterwards."""
    sent = office.filled()
    office.take(sent)
    rows = len(stored(office))
    (noted,) = append.list_additions(office.data)
    append.undo(append.removal(office.data), who="thử")

    assert (noted.entry.action, len(noted.entry.rows), noted.state) == ("intake", rows, "stands")
    assert len(stored(office)) == 0
    assert [outcome.state for outcome in office.take(sent)] == ["accepted"]


def forms_kept(office):
    """The files of forms, by where they are."""
    folder = office.data / "submissions"
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.xlsx"))]


def test_an_undone_form_is_put_aside_with_its_rows(office, capsys):
    """Another one stays; taken in again, it is where it was, and there is no second copy."""
    office.take(office.filled())
    (first,) = forms_kept(office)
    office.take(office.filled({"I9": 0.6}, name="khac.xlsx"))
    (other,) = set(forms_kept(office)) - {first}

    assert cli.run(["undo", "--yes", "--data-dir", str(office.data), "--lang", "en"]) == 0
    assert f"were moved to {office.data / 'submissions' / 'undone'};" in capsys.readouterr().out
    assert forms_kept(office) == sorted([first, f"undone/{other}"])

    (outcome,) = office.take(office.data / "submissions" / "undone" / other)
    assert outcome.state == "accepted"
    assert forms_kept(office) == sorted([first, other])


@pytest.mark.parametrize("moment", ["rows", "file"])
def test_an_undoing_that_is_cut_off_is_ended_by_the_next_command(office, monkeypatch, moment):
    """Cut off before the rows go, all is as it was; after that, the file follows."""
    office.take(office.filled())
    kept = forms_kept(office)
    where = (append, "put") if moment == "rows" else (kept_forms, "settle")
    removal = append.removal(office.data)
    with monkeypatch.context() as patched:
        patched.setattr(*where, interrupt)
        with pytest.raises(KeyboardInterrupt):
            append.undo(removal)
    assert forms_kept(office) == kept
    assert len(stored(office)) == (12 if moment == "rows" else 0)

    office.take(office.filled({"I9": 0.6}, name="khac.xlsx"))
    assert (kept[0] in forms_kept(office)) == (moment == "rows")
    assert len(forms_kept(office)) == 2


def interrupt(*_args, **_facts):
    """End the command here."""
    raise KeyboardInterrupt


def test_forms_whose_place_is_taken_are_not_undone(office):
    """Rows do not go without their file."""
    office.take(office.filled())
    (office.data / "submissions" / "undone").write_text("x", encoding="utf-8")
    before = office.tree()

    with pytest.raises(WriteError, match="undone"):
        append.undo(append.removal(office.data))
    assert office.tree() == before


def test_nothing_is_taken_in_while_the_journal_is_damaged(office):
    """It could not be undone."""
    (office.data / journal.FILE).write_text("hỏng", encoding="utf-8")
    before = office.tree()
    with pytest.raises(DataError):
        office.take(office.filled())

    assert office.tree() == before


def test_a_table_marked_as_read_only_takes_no_form(office):
    """Not even a copy of the form is left."""
    office.take(office.filled())
    office.table.chmod(0o444)
    before = sorted(path.name for path in (office.data / "submissions").iterdir())
    with pytest.raises(WriteError, match="permission denied"):
        office.take(office.filled({"I9": 0.6}, name="khac.xlsx"))

    assert sorted(path.name for path in (office.data / "submissions").iterdir()) == before
