"""Opening .xlsx files that others sent: what a file is, is told before anything in it is read."""

from __future__ import annotations

import contextlib
import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from forecast.base.errors import DataError, Problem
from forecast.base.incoming import content as read

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MOST_UNPACKED: Final = 100_000_000  # of all parts together; a form of ours has less than one million
MOST_PARTS: Final = 2_000
MOST_RATIO: Final = 200  # a sheet of text packs to a tenth or a twentieth, a bomb to a thousandth
MOST_MERGED: Final = 1_000_000  # cells under merged or linked ranges: the reader makes each of them
_MACROS: Final = ("vbaproject.bin", "macrosheets/", "activex/")
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

    Raises
    ------
    DataError
        If the file is missing, too large, no .xlsx, packed or merged beyond reason, or holds macros.
    """
    name = path.name
    content = read(path)
    problem = _refusal(name, content)
    if problem is None and _merged(content) > MOST_MERGED:
        limit = {"limit": MOST_MERGED // 1_000_000}
        problem = Problem(name, None, "", "", "expect.smaller_merges", limit)
    if problem:
        raise DataError([problem])
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=False, keep_links=False, rich_text=False)
    except Exception as error:  # openpyxl stumbles over damaged parts in many ways
        facts = {"reason": f"{type(error).__name__}: {error}"}
        raise DataError([Problem(name, None, "", "", "expect.sound_workbook", facts)]) from error
    return Opened(name, content, hashlib.sha256(content).hexdigest(), book)


def _refusal(name: str, content: bytes) -> Problem | None:
    def wrong(key: str, **facts: object) -> Problem:
        return Problem(name, None, "", "", key, dict(facts))

    if content.startswith(_OLD_EXCEL):
        return wrong("expect.xlsx_not_xls")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return wrong("expect.xlsx")
    unpacked = sum(part.file_size for part in parts)
    ratio = unpacked / max(len(content), 1)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED or (ratio > MOST_RATIO and unpacked > 1_000_000):
        return wrong("expect.no_bomb", unpacked=unpacked // 1_000_000, limit=MOST_UNPACKED // 1_000_000)
    names = [part.filename.casefold() for part in parts]
    if any(mark in part for part in names for mark in _MACROS) or name.casefold().endswith(
        (".xlsm", ".xlsb")
    ):
        return wrong("expect.no_macros")
    if "xl/workbook.xml" not in names:  # OpenDocument says in a part of its own what it is
        return wrong("expect.xlsx_not_ods" if "mimetype" in names else "expect.xlsx")
    return None


def _merged(content: bytes) -> int:
    """Count the cells under merged or linked ranges, in all sheets of a file that is no bomb."""
    cells = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for part in packed.infolist():
                if part.filename.casefold().startswith("xl/worksheets/"):
                    cells += sum(map(_size, _merged_ranges(packed.read(part))))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError):
        return 0  # damaged or locked: the reader says so
    return cells


def _merged_ranges(sheet: bytes) -> list[str]:
    """List merged and linked ranges as an XML parser finds them: quotes and encodings are many."""
    ranges: list[str] = []

    def opened(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] in ("mergeCell", "hyperlink"):
            ranges.append(attributes.get("ref", ""))

    parser = expat.ParserCreate()
    parser.StartElementHandler = opened
    with contextlib.suppress(expat.ExpatError):  # damaged: the reader says so
        parser.ParseFile(io.BytesIO(sheet))
    return ranges


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
