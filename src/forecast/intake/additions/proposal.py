"""Check rows proposed for a table, compare them with known figures, and list doubts; nothing is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from forecast.base import labels
from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase
from forecast.base.spec import today
from forecast.data.load import Vintages
from forecast.data.load.files import append_rows
from forecast.data.tables import Table
from forecast.intake.doubts.comparison import Compared
from forecast.intake.grid import fold_repeats

Row = Mapping[str, str]
Place = Callable[[Problem, int], Problem]  # puts a problem of the n-th row to where its cell came from
Doubted = tuple[Problem, tuple[int, ...]]  # a doubt and the rows that it speaks of; all if none is named
OPTIONS_OF_ALL: Final = {  # of cells that all rows of a file may share
    "year": "--year",
    "published_on": "--published",
    "recorded_on": "--published",
    "stated_on": "--published",
    "source_day": "--source-day",
    "source_url": "--source",
    "trust": "--trust",
    "note": "--note",
}
_MOST_LISTED: Final = 12
_OF_A_FIGURE: Final = ("standing", "jump", "beyond", "far_below_all", "below_lowest", "above_highest")
# What a wrong figure brings with it; a sum that does not fit is told apart, as it says the right figure.
_FOLLOWING: Final = (
    *("below_lowest", "above_highest", "rank_known", "rank_low", "rank_high", "rank_order"),
    *("group_highest", "group_lowest", "group_mean", "group_far"),
)


def of_all(problem: Problem) -> Problem:
    """Name the option in a problem of a cell that all rows share."""
    option = OPTIONS_OF_ALL[problem.column]
    return replace(problem, file=option, row=None, column="", sheet="")


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """Rows that would be appended to a table, with what a person should know before."""

    data_dir: Path
    table: Table
    # action, what: for the journal: "import par"; the file's name or the row's key
    action: str
    what: str
    rows: tuple[Row, ...]  # cells as text, by column of `table`
    before: bytes  # bytes of the table now
    # now, after: all tables of the folder without the rows and with them
    now: Vintages
    after: Vintages
    compared: Compared = field(default_factory=Compared)  # the figures beside what was known
    # what is not impossible but unlikely, a problem each; a person must insist
    doubts: tuple[Problem, ...] = ()
    doubted: tuple[tuple[int, ...], ...] = ()  # rows of each doubt; all if none is named
    remarks: tuple[Phrase, ...] = ()  # what a person should know about the reading

    @property
    def questions(self) -> list[Problem]:
        """The doubts as a person is asked, what follows from one figure with the gravest doubt about it."""
        asked: list[Problem] = []
        causes: dict[tuple[int, ...], int] = {}  # by the one row: the place of its doubt
        more: dict[int, list[Phrase]] = {}
        for doubt, rows in zip(self.doubts, self.doubted, strict=True):
            kind = doubt.expected_key.removeprefix("doubt.")
            if rows in causes and kind in _FOLLOWING:
                more.setdefault(causes[rows], []).append(Phrase(f"doubt_kind.{kind}"))
                continue
            if len(rows) == 1 and kind in _OF_A_FIGURE:
                causes.setdefault(rows, len(asked))
            asked.append(doubt)
        for place, others in more.items():
            doubt = asked[place]
            facts = {"doubt": Phrase(doubt.expected_key, doubt.expected_facts), "others": others}
            asked[place] = replace(doubt, expected_key="additions.one_figure", expected_facts=facts)
        return asked

    def refusal(self, heading: str = "error.doubts") -> DataError:
        """Give the doubts as an error whose heading says how to go on if they are unfounded."""
        return DataError(fold_repeats(self.questions), heading=heading)


def propose(
    data_dir: Path,
    now: Vintages,
    table: Table,
    rows: Sequence[Row],
    *,
    action: str,
    what: str,
    place: Place,
    judge: Callable[[Vintages], tuple[Compared, Sequence[Doubted]]],
    remarks: Sequence[Phrase] = (),
) -> Proposal:
    """Check rows as all data are checked when they are read, then compare and judge them.

    Parameters
    ----------
    now
        All tables as they are.
    judge
        Compares the new rows with what is known, and doubts them, given all tables with the rows.

    Raises
    ------
    DataError
        With everything for which the folder with the rows would be refused.
    """
    path = data_dir / table.file
    before = path.read_bytes() if path.exists() else b""
    after = _with_rows(now, table, before, rows, place)
    compared, doubts = judge(after)
    return Proposal(
        *(data_dir, table, action, what, tuple(rows), before, now, after),
        *(compared, tuple(doubt for doubt, _ in doubts), tuple(rows for _, rows in doubts), tuple(remarks)),
    )


def preview(proposal: Proposal, lang: str) -> str:
    """Describe a proposal to the person who confirms it; a single row is shown whole."""
    rows = proposal.rows
    lines = [_say("title", lang, count=len(rows), file=proposal.table.file, what=proposal.what)]
    if len(rows) == 1:
        cells = rows[0].items()
        lines += ["  " + _say("cell", lang, column=name, value=cell) for name, cell in cells if cell]
    lines += [remark.text(lang) for remark in proposal.remarks]
    return "\n".join([*lines, comparison(proposal, lang)])


def comparison(proposal: Proposal, lang: str) -> str:
    """Say how new figures stand beside the known ones."""

    def say(key: str, **facts: Any) -> str:
        return _say(key, lang, **facts)

    compared, lines = proposal.compared, list[str]()
    different = compared.different
    lines.append(say("compared", new=compared.new, same=compared.same, different=len(different)))
    for cell in different[:_MOST_LISTED]:
        facts = {"area": cell.area, "component": cell.component, "known": cell.known, "new": cell.new}
        lines.append("  " + say("different", source=cell.source, **facts))
    if len(different) > _MOST_LISTED:
        lines.append("  " + say("more", count=len(different) - _MOST_LISTED))
    if compared.standing:
        lines.append(say("standing", count=compared.standing))
    if compared.missing:
        lines.append(say("missing", count=len(compared.missing), areas=list(compared.missing)))
    return "\n".join(lines)


def _say(key: str, lang: str, **facts: Any) -> str:
    return labels.text(f"additions.{key}", lang, **facts)


def _with_rows(now: Vintages, table: Table, before: bytes, rows: Sequence[Row], place: Place) -> Vintages:
    first = len(before.splitlines()) + (1 if before.strip() else 2)  # a new file begins with its header
    broken = [place(problem, number) for number, problem in _unwritable(rows, table)]
    if broken:
        raise DataError(_once(broken))
    try:
        after = now.with_content(table.file, append_rows(before, table, rows))
        to_come = [problem for problem in after.days_after(today()) if _is_new(problem, table, first)]
        if to_come:
            raise DataError(to_come)
    except DataError as error:
        placed = [
            _any_form(place(_among_new(problem, first, place), (problem.row or 0) - first))
            if _is_new(problem, table, first)
            else problem
            for problem in error.problems
        ]
        raise DataError(_once(placed)) from error
    return after


def _among_new(problem: Problem, first: int, place: Place) -> Problem:
    """Let the problem of a repeated row name the first one by its number in the file that was read."""
    earlier = problem.expected_facts.get("first")
    if problem.expected_key != "expect.new_key" or earlier is None or earlier < first:
        return problem
    row = place(problem, earlier - first).row or earlier
    return replace(problem, expected_facts={**problem.expected_facts, "first": row})


def _any_form(problem: Problem) -> Problem:
    """Ask for a day in any form that these doors read; the tables themselves have one."""
    iso = problem.expected_key == "expect.iso_day_example"
    return replace(problem, expected_key="expect.day") if iso else problem


def _once(problems: Sequence[Problem]) -> list[Problem]:
    """Leave out repeated problems: a wrong option is a problem of every row."""
    return list({(str(problem), problem.file): problem for problem in problems}.values())


def _is_new(problem: Problem, table: Table, first: int) -> bool:
    return problem.file == table.file and (problem.row or 0) >= first


def _unwritable(rows: Sequence[Row], table: Table) -> Iterator[tuple[int, Problem]]:
    """Report cells that the file cannot hold in one line."""
    for number, row in enumerate(rows):
        for column, cell in row.items():
            if len(cell.splitlines()) > 1 or "\0" in cell:
                yield number, Problem(table.file, None, column, cell, "expect.one_line")
            elif not cell.isascii() and cell.encode(errors="ignore").decode() != cell:
                yield number, Problem(table.file, None, column, cell, "expect.letters")
