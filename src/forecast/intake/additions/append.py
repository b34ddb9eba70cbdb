"""Append proposed rows to their table, list earlier additions, and undo them; all in the journal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forecast.base.errors import DataError, Problem, SpecError
from forecast.base.labels import text
from forecast.base.spec import refuse_unknown
from forecast.base.spelling import command_line
from forecast.data import tables
from forecast.data.load import rehearse
from forecast.data.load.files import append_rows, read_rows
from forecast.data.tables import TABLE_LANG, Table
from forecast.intake import journal, kept_forms
from forecast.intake.additions.proposal import Proposal, Row
from forecast.intake.journal import Entry, Standing
from forecast.intake.writer import locked, put

_TABLES: Final = {table.file: table for table in tables.DATA_TABLES}


@dataclass(frozen=True, slots=True, eq=False)
class Removal:
    """How to undo an addition: its entry in the journal, the rows to remove, the table without them.

    `after` is empty where of a table that may be missing only the heading that it was begun with is left.
    """

    data_dir: Path
    entry: Entry
    numbers: tuple[int, ...]
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Addition:
    """One addition of the journal, with the state of its rows; `undone_by` is the entry that removed it."""

    entry: Entry
    state: journal.State
    undone_by: Entry | None


def append(proposal: Proposal, *, insist: bool = False, who: str = "") -> Entry:
    """Append a proposal's rows to its table; with `insist` despite doubts, which are noted in the rows.

    Raises DataError if there are doubts and `insist` is not set, or the journal is damaged; SpecError if
    there is nothing to append; WriteError if another process is at work, the table was changed since, or the
    system refuses; nothing is changed.
    """
    if proposal.doubts and not insist:
        raise proposal.refusal()
    table, rows, doubts = proposal.table, proposal.rows, {doubt.expected_key for doubt in proposal.doubts}
    about = [*zip((doubt.expected_key for doubt in proposal.doubts), proposal.doubted, strict=True)]
    if not rows:
        raise SpecError("additions.nothing", {"file": table.file})
    if doubts:
        rows = tuple(
            _with_note(row, {key for key, numbers in about if not numbers or number in numbers})
            for number, row in enumerate(rows)
        )
    content = append_rows(proposal.before, table, rows)
    if doubts:  # the notes are longer than what was checked
        rehearse(proposal.data_dir, table.file, content)
    entry = journal.new_entry(proposal.action, proposal.what, table, rows, who=who, insisted=sorted(doubts))
    with locked(proposal.data_dir):
        put(proposal.data_dir, table.file, content, before=proposal.before, entry=entry)
    return entry


def _with_note(row: Row, doubts: Iterable[str]) -> Row:
    """Add to a row's note the doubts despite which it was added."""
    kinds = [text(key.replace("doubt.", "doubt_kind.", 1), TABLE_LANG) for key in sorted(doubts)]
    words = text("additions.note", TABLE_LANG, doubts=kinds) if kinds else ""
    return {**row, "note": "; ".join(filter(None, [row.get("note", ""), words]))} if words else row


def undo_command(entry_id: str, data_dir: Path, usual: Path = Path("data")) -> str:
    """Give the command that undoes an addition, with its folder unless that is the `usual` one."""
    words = ["forecast", "undo", entry_id]
    if data_dir.resolve() != usual.resolve():
        words += ["--data-dir", str(data_dir)]
    return command_line(words)


def list_additions(data_dir: Path) -> tuple[Addition, ...]:
    """List the additions of the journal, the latest first, with how their rows stand now.

    Raises DataError if a line of the journal is no entry.
    """
    entries = journal.read(data_dir)
    undone = {entry.undoes: entry for entry in entries if entry.undoes}
    now = {entry.file: read_rows(data_dir / entry.file, _table(entry))[0] for entry in entries}
    return tuple(
        Addition(
            entry,
            journal.state(journal.standing(entry.rows, _table(entry), now[entry.file])),
            undone.get(entry.entry_id),
        )
        for entry in reversed(entries)
        if not entry.undoes
    )


def removal(data_dir: Path, entry_id: str = "") -> Removal:
    """Prepare to undo an addition: the one with an id, else the latest that is not undone.

    Raises DataError if rows of it were changed or removed since, each said; or if the folder would be unsound
    without them; SpecError if there is no such addition, or it is undone already.
    """
    entry = _chosen(list_additions(data_dir), entry_id)
    table = _table(entry)
    rows, problems = read_rows(data_dir / table.file, table)
    if rows is None:
        raise DataError(problems)
    standings = journal.standing(entry.rows, table, rows)
    changed = [problem for row in standings for problem in _changes(row, table)]
    if changed:
        raise DataError(changed)
    before = (data_dir / table.file).read_bytes()
    gone = {row.line for row in standings}
    lines = before.splitlines(keepends=True)
    after = b"".join(line for number, line in enumerate(lines, 1) if number not in gone)
    rehearse(data_dir, table.file, after)
    if table.optional and after == append_rows(b"", table, ()):
        after = b""
    return Removal(data_dir, entry, tuple(sorted(number for number in gone if number)), before, after)


def undo(removal: Removal, *, who: str = "") -> Entry:
    """Remove an addition's rows from their table, or a table that it began; its forms are put aside.

    Raises WriteError if another process is at work, the table was changed since, or the system refuses;
    nothing is changed.
    """
    entry, table = removal.entry, _table(removal.entry)
    note = journal.new_entry("undo", entry.what, table, (), who=who, undoes=entry.entry_id)
    forms = table is tables.SUBMISSIONS
    with locked(removal.data_dir):
        if forms:
            kept_forms.make_room(removal.data_dir)
        put(removal.data_dir, table.file, removal.after, before=removal.before, entry=note)
        if forms:
            kept_forms.settle(removal.data_dir)
    return note


def _chosen(additions: Sequence[Addition], entry_id: str) -> Entry:
    if not additions:
        raise SpecError("additions.no_additions")
    if not entry_id:
        left = [addition for addition in additions if not addition.undone_by and addition.state != "gone"]
        if not left:
            raise SpecError("additions.all_undone")
        return left[0].entry
    by_id = {addition.entry.entry_id: addition for addition in additions}
    chosen = by_id.get(entry_id.casefold())
    if chosen is None:
        refuse_unknown("ID", entry_id, list(by_id))
    if chosen.undone_by:
        facts = {"id": entry_id, "when": chosen.undone_by.when, "who": chosen.undone_by.who}
        raise SpecError("additions.undone", facts)
    return chosen.entry


def _changes(row: Standing, table: Table) -> list[Problem]:
    """Say what happened to a row since it was appended."""
    if row.line is None:
        key = " | ".join(row.row.get(name, "") for name in table.key)
        return [Problem(table.file, None, "", key, "additions.row_gone")]
    return [
        Problem(table.file, row.line, column, now, "additions.row_changed", {"appended": appended})
        for column, appended, now in row.differs
    ]


def _table(entry: Entry) -> Table:
    if entry.file not in _TABLES:
        raise DataError([Problem(journal.FILE, None, "file", entry.file, "additions.journal_line")])
    return _TABLES[entry.file]
