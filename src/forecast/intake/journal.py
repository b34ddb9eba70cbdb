"""The journal of additions to the tables, when and by whom: JSON lines in ``data/additions.jsonl``.

The journal keeps the very cells that were appended, so that they can be taken back later, and so that it is
seen where somebody changed them since.  It names no folder of anybody's machine.
"""

import datetime as dt
import getpass
import hashlib
import json
import time
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
    """One addition, or (where `undoes` is not empty) its undoing."""

    entry_id: str  # six hexadecimal digits
    when: str  # ISO time with its zone
    who: str  # name of the person at the keyboard, as the system or the command gave it
    action: str  # what was done: "add score", "import par", "undo"
    what: str  # for people: name of the file that was read, or the key of the row
    file: str  # name of the table
    rows: tuple[Row, ...] = ()  # the appended cells by column
    insisted: tuple[str, ...] = ()  # doubts that were overruled
    undoes: str = ""

    def line(self) -> str:
        """Write the entry as one line."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a row of the journal stands in its table now: `line` is None where it is not there.

    `differs` lists (column, appended, now) of a row whose key and source are there with other cells.
    """

    row: Row
    line: int | None
    differs: tuple[tuple[str, str, str], ...] = ()


def new_entry(
    action: str,
    what: str,
    table: Table,
    rows: Sequence[Row],
    *,
    who: str = "",
    insisted: Iterable[str] = (),
    undoes: str = "",
) -> Entry:
    """Make an entry of now, with its id; `who` is the system's user if not given."""
    stamp, who = dt.datetime.now().astimezone().isoformat(timespec="seconds"), who or _user()
    # The same row may be added twice within the stamp's second.
    facts = json.dumps([time.time_ns(), who, action, what, table.file, undoes, [dict(row) for row in rows]])
    digest = hashlib.sha256(facts.encode()).hexdigest()[:ID_DIGITS]
    return Entry(digest, stamp, who, action, what, table.file, tuple(rows), tuple(insisted), undoes)


def read(data_dir: Path) -> tuple[Entry, ...]:
    """Read the journal, oldest entry first; none without a file.

    Raises DataError with every line that is no entry.
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


def standing(rows: Sequence[Row], table: Table, now: Rows | None) -> tuple[Standing, ...]:
    """Look up rows in their table as it is now, by key and source."""
    lines: dict[tuple[str, ...], tuple[int, Row]] = {}
    if now is not None:
        for number, *cells in zip(now.numbers, *(now.cells[name] for name in table.names), strict=True):
            row = dict(zip(table.names, cells, strict=True))
            lines.setdefault(_key(row, table), (number, row))
    return tuple(_standing(row, table, *lines.get(_key(row, table), (None, {}))) for row in rows)


def state(standings: Sequence[Standing]) -> State:
    """State of an addition: all rows are as they were appended, none is there, or some were changed."""
    if all(row.line is not None and not row.differs for row in standings):
        return "stands"
    return "gone" if all(row.line is None for row in standings) else "changed"


def _user() -> str:
    """The system's name of the user; a question mark if it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "?"


def _entry(record: Mapping[str, Any]) -> Entry:
    lists = {
        "rows": tuple({str(name): str(cell) for name, cell in row.items()} for row in record["rows"]),
        "insisted": tuple(map(str, record["insisted"])),
    }
    return Entry(**{name: lists.get(name, str(record[name])) for name in Entry.__slots__})  # type: ignore[arg-type]


def _standing(row: Row, table: Table, line: int | None, now: Row) -> Standing:
    cells = [] if line is None else [(name, row.get(name, ""), now[name]) for name in table.names]
    differs = (cell for cell in cells if _plain(cell[1], table, cell[0]) != _plain(cell[2], table, cell[0]))
    return Standing(row, line, tuple(differs))


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
