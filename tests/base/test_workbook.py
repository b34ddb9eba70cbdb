"""Workbooks that Excel opens are read, however odd their looks; no English reaches a reader."""

import io
import re
import zipfile

import openpyxl
import pytest
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from forecast.base import workbook
from forecast.base.errors import DataError
from forecast.base.workbook import hidden_parts, open_workbook, struck

USUAL = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@pytest.fixture
def made(tmp_path):
    """Write a workbook with one cell whose parts are changed; give its path."""

    def go(change):
        book = openpyxl.Workbook()
        book.active["B2"], book.active["B3"] = "Hà Nội", 0.5
        book.active["B3"].number_format = "0%"
        book.active["B4"], book.active["B4"].font = "cũ", Font(strike=True)
        book.active.row_dimensions[5].hidden = True
        book.active.merge_cells("D1:E1")
        book.active["B2"].fill = PatternFill("solid", start_color="FFFF0000")
        rule = DataValidation(type="whole", operator="between", formula1="1", formula2="9")
        rule.add("C1")
        book.active.add_data_validation(rule)
        saved = io.BytesIO()
        book.save(saved)
        path = tmp_path / "a.xlsx"
        with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                new.writestr(name, change(name, old.read(name)))
        return path

    return go


def within(part, old, new):
    """Change one part by a pattern, which must be in it."""

    def change(name, content):
        if name != part:
            return content
        assert re.search(old, content)
        return re.sub(old, new, content)

    return change


def strict(_, content):
    """Names of Strict Open XML."""
    content = content.replace(USUAL, b"http://purl.oclc.org/ooxml/spreadsheetml/main")
    return content.replace(RELATIONS, b"http://purl.oclc.org/ooxml/officeDocument/relationships")


ODD = {
    "an empty fill": within("xl/styles.xml", rb"<fill>.*?</fill>", b"<fill/>"),
    "an open empty fill": within("xl/styles.xml", rb"<fill>.*?</fill>", b"<fill></fill>"),
    "an unknown pattern": within("xl/styles.xml", b'patternType="solid"', b'patternType="sparkling"'),
    "a bad day of the properties": within(
        "docProps/core.xml", rb"(<dcterms:created[^>]*>)[^<]*", rb"\g<1>2024-01-01 00:00 x"
    ),
    "an unknown rule of typing": within("xl/worksheets/sheet1.xml", b'type="whole"', b'type="sparkling"'),
    "Strict Open XML": strict,
    "a family of fonts that is none": within("xl/styles.xml", rb'<family val="2"', b'<family val="99"'),
    "a size of a font that is no number": within("xl/styles.xml", rb'<sz val="11"', b'<sz val="big"'),
    "a colour that is none": within("xl/styles.xml", b'rgb="FFFF0000"', b'rgb="red"'),
    "a line around cells that is none": within("xl/styles.xml", rb"<left\s*/>", b'<left style="sparkling"/>'),
    "a style without a name": within("xl/styles.xml", rb'<cellStyle name="Normal"', b"<cellStyle"),
    "a rule for colours that is none": within(
        "xl/worksheets/sheet1.xml",
        b"</sheetData>",
        b'</sheetData><conditionalFormatting sqref="A1"><cfRule type="sparkling" priority="x"/>'
        b"</conditionalFormatting>",
    ),
    "a filter by a column that is none": within(
        "xl/worksheets/sheet1.xml",
        b"</sheetData>",
        b'</sheetData><autoFilter ref="A1:B2"><filterColumn colId="x"/></autoFilter>',
    ),
    "a link that leads nowhere": within(
        "xl/worksheets/sheet1.xml",
        b"</sheetData>",
        b'</sheetData><hyperlinks><hyperlink ref="A1" r:id="rId99" xmlns:r="%b"/></hyperlinks>' % RELATIONS,
    ),
    "a view that is none": within(
        "xl/worksheets/sheet1.xml", b"<sheetView ", b'<sheetView view="sparkling" '
    ),
}


@pytest.mark.parametrize("odd", ODD)
def test_no_value_depends_on_looks_and_properties(odd, made, recwarn):
    """The cells are as they were, their formats too; nothing is warned of in English."""
    sheet = open_workbook(made(ODD[odd])).book.worksheets[0]

    assert (sheet["B2"].value, sheet["B3"].value, sheet["B3"].number_format) == ("Hà Nội", 0.5, "0%")
    assert (struck(sheet["B4"]), struck(sheet["B3"])) == (True, False)
    assert (hidden_parts(sheet)[0], [str(span) for span in sheet.merged_cells.ranges]) == ({5}, ["D1:E1"])
    assert not recwarn.list


def test_a_damaged_workbook_is_refused_without_a_librarys_words(made):
    """What to do, in the reader's language."""
    path = made(within("xl/worksheets/sheet1.xml", rb"<sheetData>.*", b"<sheetData><row"))

    with pytest.raises(DataError) as refused:
        open_workbook(path)

    told = refused.value.text("vi")
    assert "không mở được sổ Excel" in told
    assert not re.search("Error|expected|token", told)


@pytest.mark.parametrize(
    "begin", ["<html>", '<!DOCTYPE html PUBLIC "x">', "\n <table border=1>", "<meta charset=x>"]
)
def test_a_web_page_under_the_name_of_a_workbook_is_named(begin, tmp_path):
    """As web applications export their tables."""
    path = tmp_path / "a.xls"
    path.write_text(f"{begin}<tr><td>1</td></tr>", encoding="utf-8")

    with pytest.raises(DataError) as refused:
        open_workbook(path)

    assert [problem.expected_key for problem in refused.value.problems] == ["expect.xlsx_not_page"]


MANY = 400_001
SHEET = "xl/worksheets/sheet1.xml"
CROWDED = {
    "cells": within(SHEET, b"</sheetData>", b"<row>" + b'<c s="1"/>' * MANY + b"</row></sheetData>"),
    "rows": within(SHEET, b"</sheetData>", b'<row ht="9"/>' * MANY + b"</sheetData>"),
    "rules": within(SHEET, b"</sheetData>", b"</sheetData>" + b"<cfRule/>" * MANY),
    "looks": within("xl/styles.xml", b"</cellXfs>", b"<xf/>" * MANY + b"</cellXfs>"),
}


@pytest.mark.parametrize("what", CROWDED)
def test_what_would_take_the_reader_minutes_is_not_begun(what, made, monkeypatch):
    """Packed it may be small, and be no bomb."""
    monkeypatch.setattr(workbook, "MOST_RATIO", 10_000)
    path = made(CROWDED[what])
    monkeypatch.setattr(workbook, "_book", lambda *_: pytest.fail("it was begun"))

    with pytest.raises(DataError) as refused:
        open_workbook(path)

    assert [problem.expected_key for problem in refused.value.problems] == ["expect.smaller_book"]


@pytest.mark.parametrize(
    ("parts", "size", "told"),
    [(2_001, 1, "phần (tối đa 2000)"), (1, 60_000_000, "60 MB"), (1, 101_000_000, "tối đa 100 MB")],
)
def test_a_bomb_is_told_by_what_it_has_too_much_of(parts, size, told, made):
    """Parts, ratio or size."""
    path = made(lambda _, content: content)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        for number in range(parts):
            packed.writestr(f"xl/media/{number}.bin", bytes(size))

    with pytest.raises(DataError) as refused:
        open_workbook(path)

    words = refused.value.text("vi")
    assert told in words
    assert "lưu lại" in words
