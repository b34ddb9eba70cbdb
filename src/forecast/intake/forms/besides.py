"""Name what a form holds besides its answers and nobody reads, and what it hides."""

import html
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Final

from openpyxl.cell import Cell, MergedCell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from forecast.base.labels import Phrase, shortened, text
from forecast.base.spelling import clean, column_of, spans
from forecast.base.workbook import Opened
from forecast.data.tables import DOMAINS
from forecast.intake.forms import cells
from forecast.intake.forms.key import SHEET
from forecast.intake.forms.layout import COLUMNS, HEAD_ROW, HEADED, INPUTS, LANG, MODEL, SIZES, sheet_name

_MOST_NAMED: Final = 8  # cells
_LONGEST: Final = 40  # characters of a cell that are repeated
_OF_TOP: Final = frozenset({"A1", "A2", "C2", "A3", "C3", "A4", "C4", "A5", "A6"})  # cells of the form itself
_DRAWING: Final = re.compile(r"xl/drawings/[^/]*\.xml")
_WORDS: Final = re.compile(r"<a:t>([^<]*)</a:t>")
_OWN: Final = ("guide", "entry", "lists", "errors")  # sheets of the form, and of the copy that goes back


def besides(
    opened: Opened, sheet: Worksheet, rows: Mapping[str, int], last: Collection[str]
) -> Iterator[Phrase]:
    """Name hidden rows and columns, filled cells outside the answers, comments, drawings, sheets of others.

    `rows`: where the components stand; `last`: components of which last year's points are known.
    """
    hidden = sorted(row for row in rows.values() if sheet.row_dimensions[row].hidden)
    if hidden:
        ranges = [str(first) if first == last_ else f"{first}–{last_}" for first, last_ in spans(hidden)]
        yield Phrase("imports.hidden_rows", {"rows": ranges})
    own = [COLUMNS[name] for name in HEADED]
    columns = [letter for letter in own if sheet.column_dimensions[letter].hidden]
    if columns:
        yield Phrase("imports.hidden_columns", {"columns": columns})
    empty = {f"{COLUMNS['last']}{row}" for component, row in rows.items() if component not in last}
    unused = [COLUMNS[name] for name in MODEL if sheet.column_dimensions[COLUMNS[name]].hidden]
    empty |= {f"{letter}{row}" for letter in unused for row in rows.values()}
    found: dict[str, Iterator[str]] = {
        "beside": chain(_outside(sheet, set(rows.values()), empty), _below(opened.book)),
        "comments": _comments(opened.book, sheet),
        "other_sheets": _other_sheets(opened.book, sheet),
        "drawn": _drawn(opened.content),
    }
    facts = {"beside": "cells", "comments": "cells", "other_sheets": "sheets", "drawn": "drawn"}
    for kind, names in found.items():
        if told := list(names):
            yield Phrase(f"intake.{kind}", {facts[kind]: shortened(told, _MOST_NAMED)})


def _outside(sheet: Worksheet, rows: Collection[int], empty: Collection[str]) -> Iterator[str]:
    """Give filled cells that are not of the form; `empty`: cells of the form in which nothing stood."""
    every = set(map(column_of, COLUMNS.values()))
    of_domain = every & set(map(column_of, ("A", "B", *(COLUMNS[name] for name in INPUTS))))
    for number, column, cell in _there(sheet):
        place = cell.coordinate
        own = every if number == HEAD_ROW or number in rows else frozenset[int]()
        if number > HEAD_ROW and cells.plain(sheet.cell(number, 1)) in DOMAINS and number not in rows:
            own = of_domain  # figures beside it are refused
        ours = (column in own and place not in empty) or (number < HEAD_ROW and place in _OF_TOP)
        if not ours and (words := cells.plain(cell)):
            yield _named(place, words)


def _below(book: Workbook) -> Iterator[str]:
    """Give what was written below or beside the form's own guide and list of reasons."""
    for name, (rows, columns) in SIZES.items():
        for sheet in (each for each in book.worksheets if clean(each.title) == sheet_name(name)):
            for row, column, cell in _there(sheet):
                if (row > rows or column > columns) and (words := cells.plain(cell)):
                    yield _named(f"“{sheet.title}” {cell.coordinate}", words)


def _comments(book: Workbook, entry: Worksheet) -> Iterator[str]:
    """Give comments of cells; those of the copy that went back are ours."""
    creator = text("form.creator", LANG)
    for sheet in book.worksheets:
        for _, _, cell in _there(sheet):
            comment = cell.comment
            if comment and comment.author != creator:
                # Of a thread Excel says first, in its own language, that older ones cannot show it.
                thread = (comment.author or "").startswith("tc=")
                if words := clean(comment.text.split("\n\n", 2)[-1] if thread else comment.text):
                    where = "" if sheet is entry else f"“{sheet.title}” "
                    yield _named(f"{where}{cell.coordinate}", words)


def _other_sheets(book: Workbook, entry: Worksheet) -> Iterator[str]:
    """Give sheets that the form does not have, with the first words that stand there."""
    own = {SHEET, *map(sheet_name, _OWN)}
    for sheet in book.worksheets:
        if sheet is not entry and clean(sheet.title) not in own:
            words = next((words for *_, cell in _there(sheet) if (words := cells.plain(cell))), "")
            if words:
                yield _named(f"“{sheet.title}”:", words)
    yield from (f"“{sheet.title}”" for sheet in book.chartsheets)


def _drawn(content: bytes) -> Iterator[str]:
    """Give the words of text boxes, and the names of pictures."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for part in parts.namelist():
            if _DRAWING.fullmatch(part):
                words = clean(" ".join(_WORDS.findall(parts.read(part).decode("utf-8", "replace"))))
                if words:
                    yield f"“{html.unescape(words)[:_LONGEST]}”"
            elif part.startswith("xl/media/"):
                yield part.rpartition("/")[2]


def _there(sheet: Worksheet) -> Iterator[tuple[int, int, Cell | MergedCell]]:
    """Give row, column and cell of what a file has, in this order, and not of all up to the farthest."""
    every = sheet._cells  # noqa: SLF001 - nothing public gives just what is there
    yield from ((*place, every[place]) for place in sorted(every))


def _named(place: str, words: str) -> str:
    return f"{place} “{words[:_LONGEST]}”"
