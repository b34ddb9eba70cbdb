"""Files of results that `forecast verify --with` reads, all invented: each fault is told by its cause."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest

from forecast import cli

REAL = Path(__file__).parents[2] / "data"
CITY = "TP. Hồ Chí Minh"
HEAD = "index_code,year,area,component,score,published_on,source_url"
ROW = f"PAR,2024,{CITY},total,80.5,2025-04-10,https://made.up/a"
READ = "holds no report that forecasts"  # the file was read, and there is nothing to compare it with


def verify(path, capsys, *options):
    """Exit code, and what was said."""
    folders = ("--data-dir", str(REAL), "--reports-dir", str(path.parent), "--lang", "en")
    code = cli.run(["verify", "--with", str(path), *folders, *options])
    streams = capsys.readouterr()
    return code, streams.out + streams.err


def written(path, rows, head=HEAD):
    """A file of rows, as its suffix says."""
    lines = list(csv.reader(io.StringIO("\n".join([head, *rows]))))
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        book.active.append(["Made-up result of 2024"])
        for line in lines:
            book.active.append(line)
        book.save(path)
    else:
        path.write_text("\n".join(";".join(line) for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".tsv"])
def test_rows_of_scores_are_read_from_every_file_that_an_import_reads(suffix, tmp_path, capsys):
    """A workbook, or semicolons and decimal commas, are no printed table for that."""
    row = ROW.replace("80.5", '"80,5"')

    code, said = verify(written(tmp_path / f"x{suffix}", [row]), capsys)

    assert (code, "1 new" in said, READ in said) == (2, True, True), said


def test_what_was_not_read_is_named(tmp_path, capsys):
    """And a year with a decimal point is a year."""
    row = ROW.replace("2024,", "2024.0,") + ",well"

    code, said = verify(written(tmp_path / "x.csv", [row], HEAD + ",remark of mine"), capsys)

    assert (code, "not read: remark of mine" in said, READ in said) == (2, True, True), said


def test_a_day_to_come_is_told_once(tmp_path, capsys):
    """It is the day of the source too, which has no column of its own here."""
    code, said = verify(written(tmp_path / "x.csv", [ROW.replace("2025-04-10", "2099-04-10")]), capsys)

    assert (code, said.count("still to come"), "row 2, column F" in said) == (1, 1, True), said


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("", "x.csv: the table is empty"),
        ('PAR,2024,Hà Nội,total,"80\n', "x.csv, row 2: a double quote is misplaced or not closed"),
        (
            "PAR,2024,Hà Nội,total,80,more\n",
            "x.csv, row 2, column F, found “more”: 1 row from this one on has a cell",
        ),
        ("PAR,2024,Hà Nội,total," + "8" * 200_000, "x.csv, row 2: a cell is longer than 131072"),
    ],
    ids=["heading", "quote", "cells", "long"],
)
def test_a_row_that_cannot_be_read_is_never_left_out(rows, said, tmp_path, capsys):
    """As in the tables and in what is imported."""
    path = tmp_path / "x.csv"
    path.write_text("index_code,year,area,component,score\n" + rows, encoding="utf-8")

    code, all_said = verify(path, capsys)

    assert (code, said in all_said) == (1, True), all_said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            b"%PDF-1.4 nothing",
            "x.pdf: the PDF is damaged or has a password",
            marks=pytest.mark.slow,  # a PDF is read by a child that can be ended
        ),
        (b"PK\x03\x04" + bytes(600), "x.txt: this is a zip or Excel file with the ending .txt"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "x.xls: this is an old Excel file (.xls)"),
    ],
    ids=["pdf", "text", "xls"],
)
def test_a_file_of_another_kind_is_named(content, said, tmp_path, capsys):
    """And not called text that is not UTF-8."""
    path = tmp_path / said.split(":")[0]
    path.write_bytes(content)

    code, all_said = verify(path, capsys)

    assert (code, said in all_said) == (1, True), all_said


@pytest.mark.parametrize(
    ("row", "options", "said"),
    [
        (ROW.replace("2024", "2019"), ("--target-year", "2024"), "no row of PAR for 2024, only PAR 2019"),
        (ROW.replace("PAR", "SIPAS"), (), "no row of PAR, only SIPAS 2024"),
        (ROW.replace(CITY, "Hà Nội"), (), f"no figure of {CITY} for PAR 2024"),
        (ROW, ("--as-of", "2024-12-01"), "was not out; the file says it was published on 10 Apr 2025"),
        (ROW.replace("2025-04-10", ""), (), "has no day of publication"),
        (ROW, ("--unit", "percent"), "--unit does nothing"),
        (ROW, ("--source", "x"), "--source does nothing"),
    ],
    ids=["year", "index", "area", "later", "undated", "unit", "idle"],
)
def test_a_file_that_cannot_be_the_result_asked_for_is_refused(row, options, said, tmp_path, capsys):
    """It would be left out without a word, and other figures scored in its place."""
    code, all_said = verify(written(tmp_path / "x.csv", [row]), capsys, *options)

    assert (code, said in all_said) == (2, True), all_said


def test_the_index_of_a_row_is_read_below_a_vietnamese_heading(tmp_path, capsys):
    """SIPAS is not scored as the PAR Index."""
    head = "Chỉ số,Năm,Địa phương,Thành phần,Điểm,Ngày công bố,Nguồn"

    code, said = verify(written(tmp_path / "x.csv", [ROW.replace("PAR", "SIPAS")], head), capsys)

    assert (code, "no row of PAR, only SIPAS 2024" in said) == (2, True), said


def test_doubts_are_those_of_an_import(tmp_path, capsys):
    """A slipped decimal mark would stand in the ledger for good; no note of a row is promised."""
    path = written(tmp_path / "x.csv", [ROW.replace("80.5", "8.05")])

    code, said = verify(path, capsys)

    assert (code, "x.csv, row 2, column E, found “8.05”: doubtful" in said, "note" in said) == (
        1,
        True,
        False,
    )
    code, said = verify(path, capsys, "--insist")
    assert (code, "doubtful" in said) == (2, False), said


def test_two_sources_of_one_figure_are_compared(tmp_path, capsys):
    """A point apart both may stand, and both are shown; far apart is doubted."""
    near = ROW.replace("80.5", "81.5").replace("/a", "/b")
    far = ROW.replace("80.5", "98").replace("/a", "/b")

    _, said = verify(written(tmp_path / "x.csv", [ROW, near]), capsys)
    assert f"{CITY}, total: known 80.5, new 81.5 (known from https://made.up/a)" in said
    code, said = verify(written(tmp_path / "x.csv", [ROW, far]), capsys)
    assert (code, "98 percent of the maximum, while another source has 80.5" in said) == (1, True), said


RELATED = "PAPI,2024,{},{},{},2025-04-10,https://made.up/a"


def test_a_total_beside_some_of_its_parts_is_no_contradiction(tmp_path, capsys):
    """PAPI's total is 80 points of eight parts; of two of them nothing follows."""
    figures = [("total", 43.1), ("P1", 4.1), ("P2", 4.2)]
    path = written(tmp_path / "x.csv", [RELATED.format(CITY, *figure) for figure in figures])

    code, said = verify(path, capsys, "--index-code", "PAPI")
    assert (code, "3 new" in said) == (2, True), said

    whole = [("total", 43.1), *((f"P{k}", 4.1) for k in range(1, 9))]
    path = written(tmp_path / "x.csv", [RELATED.format(CITY, *figure) for figure in whole])
    code, said = verify(path, capsys, "--index-code", "PAPI")
    assert (code, "add up to 32.8, the total says 43.1" in said) == (1, True), said
