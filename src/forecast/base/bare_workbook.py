"""Leave in an .xlsx file only what its figures depend on: cells, their formats, what is hidden or struck.

Other programs write looks, filters, views and links that Excel passes over and the reader does not.
"""

import io
import zipfile
from typing import Any, Final
from xml.sax.saxutils import quoteattr

_LINKS: Final = "xl/worksheets/_rels/"  # from sheets to comments, pictures, tables
_OF_A_SHEET: Final = frozenset({"dimension", "cols", "sheetData", "mergeCells"})
_OF_A_BOOK: Final = frozenset({"workbookPr", "sheets"})
_STYLES: Final = """\
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<numFmts>{formats}</numFmts><fonts>{fonts}</fonts><fills><fill><patternFill/></fill></fills>
<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs>{cells}</cellXfs></styleSheet>"""


def bare(content: bytes) -> bytes:
    """Pack a workbook anew with its bare parts; its names must be the usual ones, not those of Strict."""
    fresh = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(fresh, "w") as new:
        for part in old.infolist():
            if not part.filename.startswith(_LINKS):
                new.writestr(part.filename, _bare_part(part.filename, old.read(part)))
    return fresh.getvalue()


def _bare_part(name: str, part: bytes) -> bytes:
    from openpyxl.xml.functions import fromstring  # it resolves no entities

    if name == "xl/styles.xml":
        return _formats(fromstring(part)).encode()
    if name == "xl/workbook.xml":
        return _only(fromstring(part), _OF_A_BOOK)
    if name.startswith("xl/worksheets/") and name.endswith(".xml"):
        return _only(fromstring(part), _OF_A_SHEET)
    return part


def _only(root: Any, kept: frozenset[str]) -> bytes:
    """Keep the children of these names; a comment's name is no text."""
    from openpyxl.xml.functions import tostring

    for child in list(root):
        if str(child.tag).rpartition("}")[2] not in kept:
            root.remove(child)
    return bytes(tostring(root))


def _formats(root: Any) -> str:
    """Write styles with nothing but formats of numbers, and lines through words."""
    space = root.tag.rpartition("}")[0] + "}" if "}" in root.tag else ""

    def parts(group: str, one: str) -> list[Any]:
        return list(root.findall(f"{space}{group}/{space}{one}"))

    lines = [font.find(f"{space}strike") for font in parts("fonts", "font")]
    struck = [line is not None and line.get("val", "1") in ("1", "true") for line in lines]
    return _STYLES.format(
        formats="".join(
            f'<numFmt numFmtId="{part.get("numFmtId")}" formatCode={quoteattr(part.get("formatCode"))}/>'
            for part in parts("numFmts", "numFmt")
            if part.get("numFmtId", "").isdecimal() and part.get("formatCode")
        ),
        fonts="".join("<font><strike/></font>" if line else "<font/>" for line in struck) or "<font/>",
        cells="".join(
            f'<xf numFmtId="{_number(part.get("numFmtId"))}" fontId="{_number(part.get("fontId"))}"/>'
            for part in parts("cellXfs", "xf")
        )
        or "<xf/>",
    )


def _number(written: str | None) -> str:
    return written if written and written.isdecimal() else "0"
