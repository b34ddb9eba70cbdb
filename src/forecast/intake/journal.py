"""What was appended when and by whom: one JSON line an addition or undoing, in ``data/additions.jsonl``.

The journal keeps the very cells that an addition appended, so that it can be undone later, and so that
it is seen where somebody changed them since.  It names no folder of anybody's machine.
"""

from __future__ import annotations

import datetime as dt
import getpass
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from forecast.base import incoming
from forecast.base.errors import DataError, Problem
from forecast.base.spelling import clean
from forecast.data.load.files import Rows
from forecast.data.tables import Table

FILE: Final = "additions.jsonl"
ID_DIGITS: Final = 6
Row = Mapping[str, str]
State = Literal["stands", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One addition, or (where `undoes` is not empty) its undoing.

    Attributes
    ----------
    entry_id
        Six hexadecimal digits.
    when
        ISO time with its zone.
    who
        Name of the person at the keyboard, as the system or the command gave it.
    action
        What was done: "add score", "import par", "undo".
    what
        For people: name of the file that was read, or the key of the row.
    file
        Name of the table.
    rows
        The appended cells by column.
    insisted
        Doubts that were overruled.
    """

    entry_id: str
    when: str
    who: str
    action: str
    what: str
    file: str
    rows: tuple[Row, ...] = ()
    insisted: tuple[str, ...] = ()
    undoes: str = ""

    def line(self) -> str:
        """Write the entry as one line."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(told, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a row of the journal stands in its table now: `line` is None where it is not there.

    `differs` lists (column, appended, found) of a row whose key and source are there with other cells.
    """

    row: Row
    line: int | None
    differs: tuple[tuple[str, str, str], ...] = ()


def made(
    action: str,
    what: str,
    table: Table,
    rows: Sequence[Row],
    *,
    who: str,
    when: dt.datetime,
    insisted: Iterable[str] = (),
    undoes: str = "",
) -> Entry:
    """Make an entry, with its id."""
    stamp = when.isoformat(timespec="seconds")
    facts = json.dumps([stamp, who, action, what, table.file, undoes, [dict(row) for row in rows]])
    digest = hashlib.sha256(facts.encode()).hexdigest()[:ID_DIGITS]
    return Entry(digest, stamp, who, action, what, table.file, tuple(rows), tuple(insisted), undoes)


def person() -> str:
    """Name of who is at the keyboard, as the system knows it; a question mark if it does not."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "?"


def read(data_dir: Path) -> tuple[Entry, ...]:
    """Read the journal, oldest entry first; none without a file.

    Raises
    ------
    DataError
        With every line that is no entry.
    """
    path = data_dir / FILE
    if not path.exists():
        return ()
    entries, problems = [], []
    content = incoming.content(path, most=incoming.MOST_RECORD)
    for number, line in enumerate(incoming.text(content, FILE).split("\n"), 1):
        if line.strip():
            try:
                entries.append(_entry(incoming.record(line)))
            except (ValueError, TypeError, KeyError, AttributeError):
                problems.append(Problem(FILE, number, "", line, "additions.journal_line"))
    if problems:
        raise DataError(problems)
    return tuple(entries)


def standing(rows: Sequence[Row], table: Table, found: Rows | None) -> tuple[Standing, ...]:
    """Look up rows of the journal in their table, by key and source."""
    if found is None:
        return tuple(Standing(row, None) for row in rows)
    columns = [found.cells[name] for name in table.names]
    lines: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
    for number, *cells in zip(found.numbers, *columns, strict=True):
        row = dict(zip(table.names, cells, strict=True))
        lines.setdefault(_key(row, table), []).append((number, row))
    return tuple(_standing(row, table, lines.get(_key(row, table), [])) for row in rows)


def state(standings: Sequence[Standing]) -> State:
    """Sum up: all stand as they were appended, none is there, or something was changed."""
    if all(each.line is not None and not each.differs for each in standings):
        return "stands"
    return "gone" if all(each.line is None for each in standings) else "changed"


def _entry(told: Mapping[str, Any]) -> Entry:
    rows = tuple({str(name): str(cell) for name, cell in row.items()} for row in told["rows"])
    insisted = tuple(map(str, told["insisted"]))
    texts = {
        name: str(told[name]) for name in ("entry_id", "when", "who", "action", "what", "file", "undoes")
    }
    return Entry(**texts, rows=rows, insisted=insisted)


def _standing(row: Row, table: Table, places: Sequence[tuple[int, Row]]) -> Standing:
    if not places:
        return Standing(row, None)
    number, found = places[0]
    differs = tuple(
        (name, row.get(name, ""), found[name])
        for name in table.names
        if _plain(row.get(name, ""), table, name) != _plain(found[name], table, name)
    )
    return Standing(row, number, differs)


def _key(row: Row, table: Table) -> tuple[str, ...]:
    return tuple(_plain(row.get(name, ""), table, name) for name in table.source_key)


def _plain(cell: str, table: Table, column: str) -> str:
    """Write a cell in one form: a spreadsheet may have saved 87.50 as 87.5."""
    text = clean(cell)
    if table.column(column).kind not in ("number", "year"):
        return text
    try:
        return repr(float(text))
    except ValueError:
        return text
