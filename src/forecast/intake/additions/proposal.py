"""Rows that are to be appended to a table, as they would stand there; nothing is written here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase, text
from forecast.data.load import Vintages
from forecast.data.load.files import grown
from forecast.data.tables import Table

Row = Mapping[str, str]
OWN: Final = "vi"  # the tables' language, whoever adds


@dataclass(frozen=True, slots=True)
class Difference:
    """A new figure beside the one that was known, and the source of the known one."""

    area: str
    component: str
    known: float
    new: float
    source: str


@dataclass(frozen=True, slots=True)
class Compared:
    """New figures against what was known: counts, those that differ, and provinces without any.

    `standing` counts figures that stand in the table from the very same source, and are not appended again.
    """

    new: int = 0
    same: int = 0
    standing: int = 0
    different: tuple[Difference, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What would be appended.

    Attributes
    ----------
    action, what
        For the journal: "import par"; the file's name or the row's key.
    rows
        Cells as text, by column of `table`.
    before
        Bytes of the table now.
    compared
        The figures beside what was known.
    doubts
        What is not impossible but unlikely, a problem each; it needs insisting.
    remarks
        What a person should know about the reading.
    now, after
        All tables of the folder without the rows and with them.
    """

    data_dir: Path
    table: Table
    action: str
    what: str
    rows: tuple[Row, ...]
    before: bytes
    now: Vintages
    after: Vintages
    compared: Compared = field(default_factory=Compared)
    doubts: tuple[Problem, ...] = ()
    remarks: tuple[Phrase, ...] = ()

    def noted(self, *, insist: bool) -> tuple[Row, ...]:
        """Give the rows as they are appended: with `insist` their note says that doubts were overruled."""
        if not (insist and self.doubts):
            return self.rows
        said = text("additions.note", OWN, doubts=self.kinds(OWN))
        return tuple(
            {**row, "note": "; ".join(filter(None, [row.get("note", ""), said]))} for row in self.rows
        )

    def kinds(self, lang: str) -> list[str]:
        """Name the kinds of the doubts shortly."""
        keys = sorted({each.expected_key.removeprefix("doubt.") for each in self.doubts})
        return [text(f"doubt_kind.{key}", lang) for key in keys]

    def content(self, *, insist: bool = False) -> bytes:
        """Give the table's bytes with the rows."""
        return grown(self.before, self.table, self.noted(insist=insist))

    def refusal(self) -> list[Problem]:
        """Give the doubts, and how to go on if they are none."""
        return [*self.doubts, Problem(self.what, None, "", "", "additions.insist")]


def through_the_door(
    data_dir: Path,
    now: Vintages,
    table: Table,
    rows: Sequence[Row],
    place: Callable[[Problem, int], Problem],
) -> tuple[bytes, Vintages]:
    """Read the folder as it would be with the rows.

    Parameters
    ----------
    now
        All tables as they are.
    place
        Puts a problem of the n-th new row (from 0) to where its cell came from.

    Returns
    -------
    before : bytes
        The table now.
    after : Vintages
        All tables with the rows.

    Raises
    ------
    DataError
        With everything that the door to the data refuses.
    """
    path = data_dir / table.file
    before = path.read_bytes() if path.exists() else b""
    first = len(before.splitlines()) + 1
    broken = [place(each, each.row or 0) for each in _unwritable(rows, table)]
    if broken:
        raise DataError(broken)
    today = dt.datetime.now().astimezone().date()
    try:
        after = now.with_content(table.file, grown(before, table, rows))
        new = [each for each in after.days_after(today) if each.file == table.file]
        if problems := [each for each in new if (each.row or 0) >= first]:
            raise DataError(problems)
    except DataError as error:
        raise DataError([_placed(each, table, first, place) for each in error.problems]) from error
    return before, after


def _unwritable(rows: Sequence[Row], table: Table) -> Iterator[Problem]:
    """Report cells that would not be one cell of one line in the file; `row` counts new rows from 0."""
    for number, row in enumerate(rows):
        for column, cell in row.items():
            if len(cell.splitlines()) > 1 or "\0" in cell:
                yield Problem(table.file, number, column, cell, "expect.one_line")
            elif not cell.isascii() and cell.encode(errors="ignore").decode() != cell:
                yield Problem(table.file, number, column, cell, "expect.letters")


def _placed(problem: Problem, table: Table, first: int, place: Callable[[Problem, int], Problem]) -> Problem:
    if problem.file != table.file or problem.row is None or problem.row < first:
        return problem
    return place(problem, problem.row - first)
