"""Appending rows and taking them back, noted in the journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forecast.base.errors import DataError, Problem, SpecError
from forecast.base.spec import refuse_unknown
from forecast.data import tables
from forecast.data.load import rehearse
from forecast.data.load.files import read_rows
from forecast.data.tables import Table
from forecast.intake import journal
from forecast.intake.additions.proposal import Proposal
from forecast.intake.journal import Entry, Standing
from forecast.intake.writer import locked, put

UNDO: Final = "undo"
_TABLES: Final = {table.file: table for table in tables.DATA_TABLES}


@dataclass(frozen=True, slots=True, eq=False)
class Removal:
    """What undoing an addition would do: the entry, the numbers of the rows that go, the table after it."""

    data_dir: Path
    entry: Entry
    numbers: tuple[int, ...]
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """One addition of the journal, with how its rows stand; `undone_by` is the entry that took it back."""

    entry: Entry
    state: journal.State
    undone_by: Entry | None


def append(
    proposal: Proposal, *, insist: bool = False, who: str = "", when: dt.datetime | None = None
) -> Entry:
    """Append a proposal's rows to its table.

    Parameters
    ----------
    proposal
        As a proposing function gave it; the rows have passed the door to the data.
    insist
        Append in spite of doubts; the rows' note says so.
    who, when
        For the journal: the system's user and the time now if not given.

    Raises
    ------
    DataError
        If there are doubts and `insist` is not set, or the journal is damaged.
    SpecError
        If there is nothing to append.
    WriteError
        If another process is at work, the table was changed since, or the system refuses; nothing is changed.
    """
    if proposal.doubts and not insist:
        raise DataError(proposal.refusal())
    if not proposal.rows:
        raise SpecError("additions.nothing", {"file": proposal.table.file})
    rows = proposal.noted(insist=insist)
    entry = journal.made(
        proposal.action,
        proposal.what,
        proposal.table,
        rows,
        who=who or journal.person(),
        when=when or dt.datetime.now().astimezone(),
        insisted=sorted({doubt.expected_key for doubt in proposal.doubts}),
    )
    content = proposal.content(insist=insist)
    if insist and proposal.doubts:  # the note is longer than what was tried
        rehearse(proposal.data_dir, proposal.table.file, content)
    with locked(proposal.data_dir):
        put(proposal.data_dir, proposal.table.file, content, before=proposal.before, entry=entry)
    return entry


def listed(data_dir: Path) -> tuple[Listed, ...]:
    """List the additions of the journal, the latest first, with how their rows stand now.

    Raises
    ------
    DataError
        If a line of the journal is no entry.
    """
    entries = journal.read(data_dir)
    undone = {entry.undoes: entry for entry in entries if entry.undoes}
    found = {}
    for entry in entries:
        if entry.file not in found:
            found[entry.file] = read_rows(data_dir / entry.file, _table(entry))[0]
    return tuple(
        Listed(
            entry,
            journal.state(journal.standing(entry.rows, _table(entry), found[entry.file])),
            undone.get(entry.entry_id),
        )
        for entry in reversed(entries)
        if not entry.undoes
    )


def removal(data_dir: Path, entry_id: str = "") -> Removal:
    """Prepare to undo an addition: the one with an id, else the latest that is not undone.

    Raises
    ------
    DataError
        If rows of it were changed or removed since, each told; or if the folder would be unsound
        without them.
    SpecError
        If there is no such addition, or it is undone already.
    """
    entry = _chosen(listed(data_dir), entry_id)
    table = _table(entry)
    rows, problems = read_rows(data_dir / table.file, table)
    if rows is None:
        raise DataError(problems)
    standings = journal.standing(entry.rows, table, rows)
    touched = [problem for each in standings for problem in _touched(each, table)]
    if touched:
        raise DataError(touched)
    before = (data_dir / table.file).read_bytes()
    gone = {each.line for each in standings}
    lines = before.splitlines(keepends=True)
    after = b"".join(line for number, line in enumerate(lines, 1) if number not in gone)
    rehearse(data_dir, table.file, after)
    return Removal(data_dir, entry, tuple(sorted(n for n in gone if n)), before, after)


def undo(removed: Removal, *, who: str = "", when: dt.datetime | None = None) -> Entry:
    """Take an addition's rows out of their table.

    Raises
    ------
    WriteError
        If another process is at work, the table was changed since, or the system refuses; nothing is changed.
    """
    entry, table = removed.entry, _table(removed.entry)
    note = journal.made(
        UNDO,
        entry.what,
        table,
        (),
        who=who or journal.person(),
        when=when or dt.datetime.now().astimezone(),
        undoes=entry.entry_id,
    )
    with locked(removed.data_dir):
        put(removed.data_dir, table.file, removed.after, before=removed.before, entry=note)
    return note


def _chosen(every: Sequence[Listed], entry_id: str) -> Entry:
    if not every:
        raise SpecError("additions.no_additions")
    if not entry_id:
        left = [each for each in every if not each.undone_by and each.state != "gone"]
        if not left:
            raise SpecError("additions.all_undone")
        return left[0].entry
    found = [each for each in every if each.entry.entry_id == entry_id.casefold()]
    if not found:
        refuse_unknown("ID", entry_id, [each.entry.entry_id for each in every])
    if found[0].undone_by:
        facts = {"id": entry_id, "when": found[0].undone_by.when, "who": found[0].undone_by.who}
        raise SpecError("additions.undone", facts)
    return found[0].entry


def _touched(each: Standing, table: Table) -> list[Problem]:
    """Say what happened to a row since it was appended."""
    if each.line is None:
        key = " | ".join(each.row.get(name, "") for name in table.key)
        return [Problem(table.file, None, "", key, "additions.row_gone")]
    return [
        Problem(table.file, each.line, column, found, "additions.row_changed", {"appended": appended})
        for column, appended, found in each.differs
    ]


def _table(entry: Entry) -> Table:
    if entry.file not in _TABLES:
        raise DataError([Problem(journal.FILE, None, "file", entry.file, "additions.journal_line")])
    return _TABLES[entry.file]
