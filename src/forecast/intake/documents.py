"""Read the tables of Word documents; join pages and name tables of any printed document."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from forecast.base import incoming
from forecast.base.spelling import clean, plain_words
from forecast.base.workbook import open_document
from forecast.intake.grid import MOST_COLUMNS, MOST_ROWS, Grid, Piece, Spot, cells_of

FORMATS: Final = (".docx", ".pdf")
_MOST_TITLES: Final = 4  # lines above a table that are kept as its title
_LONGEST_NAME: Final = 70
_TITLE: Final = re.compile(r"(bang|bieu|phu luc|table|annex)( so)? ?[0-9ivxa-z.]*\b", flags=re.IGNORECASE)
_GOES_ON: Final = re.compile(r"\(?(bang )?(tiep( theo)?|tt|continued)\)?$")
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """One table as it is printed, on one page."""

    titles: tuple[str, ...]  # lines above it, the nearest last
    # (row, column, rows down, columns across, text) of each cell, counted from 1
    cells: tuple[tuple[int, int, int, int, str], ...]
    # where its columns begin and end, in points; of a Word table their number says enough
    edges: tuple[float, ...] = ()
    page: int = 0  # number of the page; 0 where none is known
    next_to: bool = False  # whether it is the first of its page, or stands right below the table before
    struck: frozenset[Spot] = frozenset()  # cells of which something is struck through, and left out

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """Texts of the rows, without empty ones at the end of the columns."""
        high = max((row for row, *_ in self.cells), default=0)
        rows: list[list[str]] = [[] for _ in range(high)]
        for row, *_, text in sorted(self.cells):
            rows[row - 1].append(clean(text))
        return [tuple(row) for row in rows]

    def continues(self, first: PrintedTable) -> bool:
        """Whether it is a later page of a table: the same columns, and no title or heading of its own."""
        if not self.next_to or len(self.edges) != len(first.edges):
            return False
        if any(abs(own - other) > 3 for own, other in zip(self.edges, first.edges, strict=True)):
            return False
        words = [plain_words(title) for title in self.titles]
        if any(_TITLE.match(words_of_cell) and not _GOES_ON.search(words_of_cell) for words_of_cell in words):
            return False
        return self.repeated(first) > 0 or any(re.search(r"\d", text) for text in self.rows[0])

    def repeated(self, first: PrintedTable) -> int:
        """Rows at the top that repeat the heading of the first page."""
        count = 0
        for own, other in zip(self.rows, first.rows, strict=False):
            if own != other or not any(own):
                break
            count += 1
        return count


def grids(file: str, tables: Sequence[PrintedTable]) -> Iterator[Grid]:
    """Put the pages of each table together; a table is named by its number and its title."""
    wholes: list[list[PrintedTable]] = []
    for table in tables:
        if wholes and table.cells and table.continues(wholes[-1][0]):
            wholes[-1].append(table)
        elif table.cells:
            wholes.append([table])
    for number, pages in enumerate(wholes, 1):
        yield _grid(file, number, pages)


def chosen(named: str, names: Sequence[str]) -> str:
    """Name of the table that a number or some words of its title mean; ``""`` if not one alone."""
    words = plain_words(named)
    fits = [name for name in names if name.partition(".")[0] == named.strip()]
    fits = fits or [name for name in names if words and words in plain_words(name)]
    return fits[0] if len(fits) == 1 else ""


def word_tables(path: Path) -> list[PrintedTable]:
    """Read the tables of a .docx file; tracked insertions count, deletions do not.

    Raises DataError if the file is refused: missing, too large, no .docx, damaged, macros.
    """
    data = open_document(path)
    import docx

    try:
        body = docx.Document(io.BytesIO(data)).element.body
    except Exception as error:  # the library stumbles over damaged parts in many ways
        raise incoming.refusal(path.name, "expect.sound_document") from error
    tables: list[PrintedTable] = []
    titles: list[str] = []
    for part in body.iter(f"{_W}p", f"{_W}tbl"):
        if any(above.tag == f"{_W}tbl" for above in part.iterancestors()):
            continue
        if part.tag == f"{_W}p":
            titles += [line for line in map(clean, _words(part).splitlines()) if line]
            continue
        cells, width, struck = _word_cells(part)
        near = all(_GOES_ON.search(plain_words(title)) for title in titles)
        above = tuple(titles[-_MOST_TITLES:])
        tables.append(PrintedTable(above, cells, (0.0,) * width, next_to=near, struck=struck))
        titles = []
    return tables


def _word_cells(table: Any) -> tuple[tuple[tuple[int, int, int, int, str], ...], int, frozenset[Spot]]:
    """Cells of a Word table, its number of columns, and the spots where something is struck through.

    Tables within cells are no tables of their own.
    """
    cells: list[list[Any]] = []
    struck: set[Spot] = set()
    above: dict[int, list[Any]] = {}  # by column, the cell that may go on below
    width = 0
    for row, line in enumerate(islice(_within(table, "tr", "tbl"), MOST_ROWS), 1):
        column = 1 + _number(line, "trPr", "gridBefore", 0)
        here: dict[int, list[Any]] = {}
        for cell in _within(line, "tc", "tr"):
            across = _number(cell, "tcPr", "gridSpan", 1)
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            if merge is not None and merge.get(f"{_W}val") != "restart" and column in above:
                here[column] = above[column]
                here[column][2] += 1
            else:
                here[column] = [row, column, 1, across, _words(cell)]
                cells.append(here[column])
                if any(_struck(part) for part in cell.iter(f"{_W}t")):
                    struck.add((row, column))
            column += across
        above, width = here, max(width, column - 1)
    return tuple((r, c, down, across, text) for r, c, down, across, text in cells), width, frozenset(struck)


def _within(element: Any, tag: str, owner: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, in controls too; not those of a table inside, nor deleted rows."""
    for part in element.iter(f"{_W}{tag}"):
        own = next(above for above in part.iterancestors(f"{_W}{owner}"))
        if own is element and part.find(f"{_W}trPr/{_W}del") is None:
            yield part


def _number(element: Any, properties: str, name: str, usual: int) -> int:
    found = element.find(f"{_W}{properties}/{_W}{name}")
    text = found.get(f"{_W}val", "") if found is not None else ""
    return min(int(text), MOST_COLUMNS + 1) if text.isascii() and text.isdigit() else usual


def _words(element: Any) -> str:
    """Text of a paragraph or cell as it is seen, without what was deleted, moved away or struck through."""
    pieces: list[str] = []
    for part in element.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}p", f"{_W}noBreakHyphen"):
        if next(part.iterancestors(f"{_W}del", f"{_W}moveFrom"), None) is not None or _struck(part):
            continue
        name = part.tag.removeprefix(_W)
        pieces.append({"t": part.text or "", "tab": " ", "noBreakHyphen": "-"}.get(name, "\n"))
    return "".join(pieces)


def _struck(text: Any) -> bool:
    """Whether a piece of text has a line through it; its style may say so too, which is not looked up."""
    marks = (
        text.xpath("parent::w:r/w:rPr/*[self::w:strike or self::w:dstrike]") if text.tag == f"{_W}t" else []
    )
    return any(mark.get(f"{_W}val", "1") not in ("0", "false", "off") for mark in marks)


def _grid(file: str, number: int, pages: Sequence[PrintedTable]) -> Grid:
    """Make one grid of the pages of a table, its title above it."""
    titles = pages[0].titles
    name = _name(number, titles)
    rows: list[list[str]] = [[title] for title in titles]
    merged: dict[Spot, Spot] = {}
    struck: set[Spot] = set()
    pieces = []
    for place, page in enumerate(pages):
        skipped = page.repeated(pages[0]) if place else 0
        top, high = len(rows) - skipped, max(row for row, *_ in page.cells)
        where = f"{name} (tr. {page.page})" if page.page else name
        pieces.append(Piece(len(rows) + 1, where, -top, 0))
        rows += [[] for _ in range(high - skipped)]
        struck |= {(top + row, column) for row, column in page.struck if row > skipped}
        for row, column, down, across, text in page.cells:
            if row <= skipped or column > MOST_COLUMNS + 1:
                continue
            line = rows[top + row - 1]
            line += [""] * (column - len(line))
            line[column - 1] = text
            if down * across > 1:
                merged |= {
                    (top + row + below, column + right): (top + row, column)
                    for below in range(min(down, high - row + 1))
                    for right in range(min(across, MOST_COLUMNS))
                }
    wider = any(len(row) > MOST_COLUMNS and row[MOST_COLUMNS].strip() for row in rows)
    cells = cells_of(row[:MOST_COLUMNS] for row in rows[:MOST_ROWS])
    return Grid(file, name, cells, merged, wider=wider, pieces=tuple(pieces), struck=frozenset(struck))


def _name(number: int, titles: Sequence[str]) -> str:
    """Name a table: its number, and the line above it that is a title, or the nearest."""
    title = next((line for line in reversed(titles) if _TITLE.match(plain_words(line))), "")
    title = title or (titles[-1] if titles else "")
    short = title if len(title) <= _LONGEST_NAME else f"{title[:_LONGEST_NAME]}…"
    return f"{number}. {short}".rstrip(". ") if short else str(number)
