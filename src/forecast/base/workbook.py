"""Open .xlsx and .docx files that others sent; a file is checked before anything in it is read."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat

from forecast.base.bare_workbook import bare
from forecast.base.errors import DataError, Problem
from forecast.base.incoming import content as read

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MOST_UNPACKED: Final = 100_000_000  # of all parts together; a form of ours has less than one million
MOST_PARTS: Final = 2_000
MOST_RATIO: Final = 200  # a sheet of text packs to a tenth or a twentieth, a bomb to a thousandth
MOST_MERGED: Final = 200_000  # cells under merged or linked ranges: the reader makes each of them
MOST_ELEMENTS: Final = 400_000  # cells, rows, texts, rules and looks, which take the reader some seconds
_OF_A_CELL: Final = frozenset({"v", "f", "is", "t"})  # not counted beside it
_BOOK: Final = "xl/workbook.xml"
_BEGINNING: Final = 2_000  # bytes in which a web page says that it is one
_MACROS: Final = ("vbaproject.bin", "macrosheets/", "activex/")
_STRICT: Final = {
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ),
    b"http://purl.oclc.org/ooxml/drawingml/main": b"http://schemas.openxmlformats.org/drawingml/2006/main",
}
_EMPTY_FILL: Final = rb"<\1\2fill><\1\2patternFill/></\1\2fill>"
_PATTERNS: Final = frozenset(
    b"none solid mediumGray darkGray lightGray darkHorizontal darkVertical darkDown darkUp darkGrid "
    b"darkTrellis lightHorizontal lightVertical lightDown lightUp lightGrid "
    b"lightTrellis gray125 gray0625".split()
)
_VALIDATION: Final = re.compile(
    rb"<(\w+:)?dataValidations\b[^>]*/>|<(\w+:)?dataValidations\b.*?</(\w+:)?dataValidations>", re.DOTALL
)
_PAGE: Final = re.compile(rb"<(!doctype html|html|table|meta)\b", re.IGNORECASE)
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"  # .xls, and .xlsx with a password


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """An .xlsx file: its name, its bytes' SHA-256, and the workbook with formulas as text."""

    name: str
    content: bytes
    sha256: str
    book: Workbook


def open_workbook(path: Path) -> Opened:
    """Open an .xlsx file, or say why it is refused.

    Formulas are kept as text (never their stored results), links to other files are not followed.

    Raises DataError if the file is missing, too large, no .xlsx, packed or merged beyond reason, or holds
    macros.
    """
    name = path.name
    content = read(path)
    problem = _refusal(name, content)
    if problem is None:
        problem = _crowded(name, content)
    if problem:
        raise DataError([problem])
    return Opened(name, content, hashlib.sha256(content).hexdigest(), _book(name, content))


def _book(name: str, content: bytes) -> Workbook:
    """Read a workbook, if need be without what Excel tolerates and no value depends on."""
    import openpyxl

    failure: Exception | None = None
    attempts: tuple[Callable[[], bytes], ...] = (
        lambda: content,
        lambda: _mended(content),
        lambda: bare(_mended(content)),
    )
    for last, attempt in enumerate(attempts):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about looks, in English
            try:
                readable = io.BytesIO(attempt())
                book = openpyxl.load_workbook(readable, data_only=False, keep_links=False, rich_text=False)
            except Exception as error:  # noqa: BLE001 - openpyxl stumbles over damaged parts in many ways
                failure = error
                continue
        if book.worksheets or last:  # of Strict Open XML no sheet is seen
            return book
    raise DataError([Problem(name, None, "", "", "expect.sound_workbook")]) from failure


def _mended(content: bytes) -> bytes:
    """Leave out properties and rules of typing, replace fills that are none, write Strict names as usual."""
    fresh = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(fresh, "w") as new:
        for part in old.infolist():
            if not part.filename.startswith("docProps/"):
                new.writestr(part.filename, _mended_part(part.filename, old.read(part)))
    return fresh.getvalue()


def _mended_part(name: str, part: bytes) -> bytes:
    if not name.endswith((".xml", ".rels")):
        return part
    for strict, usual in _STRICT.items():
        part = part.replace(strict, usual)
    if name == "xl/styles.xml":
        part = re.sub(rb"<((?:\w+:)?)fill\s*/>|<((?:\w+:)?)fill>\s*</(?:\w+:)?fill>", _EMPTY_FILL, part)
        part = re.sub(rb"<(?:\w+:)?patternFill\b[^>]*>", _known_pattern, part)
    if name.startswith("xl/worksheets/"):
        part = _VALIDATION.sub(b"", part)
    return part


def _known_pattern(match: re.Match[bytes]) -> bytes:
    """Keep a pattern that the format has; drop the name of another."""
    kind = re.search(rb'patternType="([^"]*)"', match[0])
    return match[0] if kind and kind[1] in _PATTERNS else re.sub(rb'\s*patternType="[^"]*"', b"", match[0])


def in_percent(cell: Any) -> bool:
    """Whether a number is shown a hundred times as large; a sign within quotes, 0.0"%", changes nothing."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", str(cell.number_format))


def hidden_parts(sheet: Any) -> tuple[frozenset[int], frozenset[int]]:
    """Numbers of the rows and of the columns that a sheet does not show."""
    spans = [span for span in sheet.column_dimensions.values() if span.hidden]
    columns = {number for span in spans for number in range(span.min or 0, (span.max or 0) + 1)}
    return frozenset(row for row, span in sheet.row_dimensions.items() if span.hidden), frozenset(columns)


def as_seen(cell: Any) -> Any:
    """Value of a cell; of a number that is shown in percent the text that is seen, 85% for 0.85."""
    value = cell.value
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"{100 * value:.10g}%" if number and in_percent(cell) else value


def struck(cell: Any) -> bool:
    """Whether a line is drawn through the whole cell, which takes back what stands there."""
    return bool(cell.value is not None and cell.has_style and cell.font.strike)


def open_document(path: Path) -> bytes:
    """Read a .docx file, or say why it is refused.

    Raises DataError if the file is missing, too large, no .docx, packed beyond reason, or holds macros.
    """
    data = read(path)
    if problem := _refusal(path.name, data, "word/document.xml"):
        raise DataError([problem])
    return data


def _refusal(name: str, content: bytes, main: str = _BOOK) -> Problem | None:
    """Say why a packed file is refused; `main` is the part that makes it one of its kind."""

    def wrong(key: str, **facts: object) -> Problem:
        return Problem(name, None, "", "", key, dict(facts))

    is_book = main == _BOOK
    usual = ("expect.xlsx" if is_book else "expect.docx") if content else "expect.content"
    if content.startswith(_OLD_EXCEL):
        return wrong("expect.xlsx_not_xls" if is_book else "expect.docx_not_doc")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        is_page = is_book and _PAGE.search(content[:_BEGINNING])
        return wrong("expect.xlsx_not_page" if is_page else usual)
    if too_much := _bomb(parts, len(content)):
        return wrong(too_much[0], **too_much[1])
    names = [part.filename.casefold() for part in parts]
    if any(mark in part for part in names for mark in _MACROS) or name.casefold().endswith(".xlsm"):
        return wrong("expect.no_macros" if is_book else "expect.no_macros_docx")
    if main in names:
        return None
    # A binary workbook has a part of its own, OpenDocument one that says what it is.
    other = {"xl/workbook.bin": "expect.xlsx_not_xlsb", "mimetype": "expect.xlsx_not_ods"}
    return wrong(next((other[part] for part in names if part in other and is_book), usual))


def _bomb(parts: list[zipfile.ZipInfo], size: int) -> tuple[str, dict[str, int]] | None:
    """Say by which measure a packed file of `size` bytes is a bomb."""
    unpacked = sum(part.file_size for part in parts)
    ratio = unpacked / max(size, 1)
    if len(parts) > MOST_PARTS:
        return "expect.fewer_parts", {"found": len(parts), "limit": MOST_PARTS}
    if unpacked > MOST_UNPACKED or (ratio > MOST_RATIO and unpacked > 1_000_000):
        sizes = {"unpacked": unpacked // 1_000_000, "limit": MOST_UNPACKED // 1_000_000}
        return "expect.no_bomb", {**sizes, "ratio": round(ratio), "most": MOST_RATIO}
    return None


def _crowded(name: str, content: bytes) -> Problem | None:
    """Say what a workbook that is no bomb has too much of: merged or linked cells, or elements in all."""
    merged = elements = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for part in packed.infolist():
                if part.filename.casefold().startswith("xl/") and part.filename.casefold().endswith(".xml"):
                    ranges, count = _counted(packed.read(part))
                    merged += sum(map(_size, ranges))
                    elements += count
    except (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, EOFError, OSError):
        return None  # damaged or locked: the reader says so
    for found, most, key in (
        (merged, MOST_MERGED, "expect.smaller_merges"),
        (elements, MOST_ELEMENTS, "expect.smaller_book"),
    ):
        if found > most:
            return Problem(name, None, "", "", key, {"limit": most // 1_000})
    return None


def _counted(part: bytes) -> tuple[list[str], int]:
    """List merged and linked ranges, and count elements, as an XML parser finds them.

    Quotes and encodings are many.  What comes after too many elements is not looked at.
    """
    ranges: list[str] = []
    elements = 0

    def opened(tag: str, attributes: dict[str, str]) -> None:
        nonlocal elements
        kind = tag.rpartition(":")[2]
        if kind in ("mergeCell", "hyperlink"):
            ranges.append(attributes.get("ref", ""))
        elif kind not in _OF_A_CELL:
            elements += 1
            if elements > MOST_ELEMENTS:
                parser.StartElementHandler = None

    parser = expat.ParserCreate()
    parser.StartElementHandler = opened
    with contextlib.suppress(expat.ExpatError):  # damaged: the reader says so
        parser.ParseFile(io.BytesIO(part))
    return ranges, elements


def _size(span: str) -> int:
    """Count the cells of a range such as A1:C3 or A:C; 0 if it is none, which the reader says."""
    from openpyxl.utils.cell import range_boundaries

    try:
        ends = range_boundaries(span)
    except (ValueError, TypeError):
        return 0
    left, top, right, bottom = (end or 0 for end in ends)
    if None in ends:  # whole rows or columns
        return MOST_MERGED + 1
    return max(0, right - left + 1) * max(0, bottom - top + 1)
