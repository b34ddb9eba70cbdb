"""Errors that the package raises on purpose; each can be told in Vietnamese and in English.

An error holds a key of the catalogue and its facts, so it can be written in any language later,
and it pickles, as everything is in ``args``.  The class gives the exit code of the command line.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

from forecast.base import labels
from forecast.base.spelling import spans

EXIT_GOOD, EXIT_DATA, EXIT_USE, EXIT_RUN, EXIT_WRITE = 0, 1, 2, 3, 4
MOST_TOLD = 500  # problems that a list shows one by one
MOST_ALIKE: Final = 12  # problems of one kind in a column, above which only the first are listed
FEW_ALIKE: Final = 5
MOST_RANGES: Final = 100  # of rows that one line names
EXIT_PARTLY = 5  # of several things some were done and some were not
_REASONS: Final = {  # why systems refuse, by their code: a sentence `system.NAME`
    **dict.fromkeys(("EACCES", "EPERM"), "permission"),
    **dict.fromkeys(("EMFILE", "ENFILE"), "many_files"),
    **dict.fromkeys(("EBUSY", "ETXTBSY", "EAGAIN", "EDEADLK", "ENOLCK"), "busy"),
    **dict.fromkeys(("EIO", "ENXIO", "ENODEV", "EUCLEAN", "EBADMSG"), "device"),
    **dict.fromkeys(("ESTALE", "ENOTCONN", "EHOSTDOWN", "EREMOTEIO", "ENOLINK"), "share"),
    **dict.fromkeys(("EHOSTUNREACH", "ENETUNREACH", "ENETDOWN"), "network"),
    **dict.fromkeys(("ECONNRESET", "ECONNABORTED", "EPIPE"), "hung_up"),
    "ENOSPC": "no_room",
    "EDQUOT": "quota",
    "EFBIG": "too_large",
    "EROFS": "read_only",
    "ENOENT": "missing",
    "ENOTDIR": "no_folder",
    "EEXIST": "taken",
    "EISDIR": "is_folder",
    "ENOTEMPTY": "not_empty",
    "ELOOP": "link",
    "ENAMETOOLONG": "long_name",
    "EXDEV": "other_disk",
    "ENOMEM": "memory",
    "ETIMEDOUT": "silent",
    "ECONNREFUSED": "nobody_listens",
}


class ForecastError(Exception):
    """Base of every error raised on purpose: what is wrong, with which values, and what to do.

    Parameters
    ----------
    key
        Key of the sentence in the catalogue.
    facts
        Values of the sentence's fields.
    """

    exit_code: ClassVar[int] = EXIT_RUN

    def __init__(self, key: str, facts: Mapping[str, Any] | None = None) -> None:
        self.key = key
        self.facts: dict[str, Any] = dict(facts or {})
        super().__init__(key, self.facts)

    def text(self, lang: str) -> str:
        """Write the message in `lang`."""
        return labels.text(self.key, lang, **self.facts)

    def __str__(self) -> str:
        return self.text("en")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a table: where it stands, what was found, what is expected.

    `row` counts as an editor shows it, the header being row 1; None speaks of the whole file.
    In a workbook `sheet` names the sheet and `column` is the column's letter.
    """

    file: str
    row: int | None
    column: str
    value: str
    expected_key: str
    expected_facts: dict[str, Any] = field(default_factory=dict)
    sheet: str = ""

    @property
    def cell(self) -> str:
        """The cell of a sheet as a spreadsheet names it, C7; an empty text elsewhere."""
        return f"{self.column}{self.row}" if self.sheet and self.column and self.row else ""

    def text(self, lang: str) -> str:
        """Write the problem on one line in `lang`."""
        expected = labels.text(self.expected_key, lang, **self.expected_facts)
        place = [printable(self.file)]
        if self.sheet:
            is_document = self.file.casefold().endswith((".docx", ".pdf"))
            key = "problem.table" if is_document else "problem.sheet"
            place.append(labels.text(key, lang, sheet=self.sheet))
        if self.cell:
            place.append(labels.text("problem.cell", lang, cell=self.cell))
        elif self.row is not None:
            place.append(labels.text("problem.row", lang, row=self.row))
        if self.column and not self.cell:
            place.append(labels.text("problem.column", lang, column=self.column))
        if self.value:
            place.append(labels.text("problem.found", lang, value=shown(self.value)))
        return f"{', '.join(place)}: {expected}"

    def as_dict(self, lang: str) -> dict[str, Any]:
        """Give the parts for machine-readable output."""
        return {
            "file": self.file,
            "sheet": self.sheet,
            "cell": self.cell,
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "expected": labels.text(self.expected_key, lang, **self.expected_facts),
        }


class DataError(ForecastError, ValueError):
    """Tables break their contract; every problem found is listed, not the first alone."""

    exit_code = EXIT_DATA

    def __init__(self, problems: Sequence[Problem], *, heading: str = "error.data") -> None:
        """`heading`: the text above the problems; "error.doubts" where a person may insist."""
        self.problems = tuple(problems)
        ForecastError.__init__(self, heading, {"count": len(self.problems)})
        self.args = (self.problems,)

    def text(self, lang: str) -> str:
        """Write a heading with the count, then one line a problem, up to a number that can be read."""
        problems = _folded(self.problems)
        lines = [f"  {problem.text(lang)}" for problem in problems[:MOST_TOLD]]
        if len(problems) > MOST_TOLD:
            lines.append("  " + labels.text("error.data_rest", lang, count=len(problems) - MOST_TOLD))
        return "\n".join([labels.text(self.key, lang, **self.facts), *lines])

    @property
    def rest(self) -> int:
        """Count of the problems that a list leaves out."""
        return max(len(self.problems) - MOST_TOLD, 0)


def _folded(problems: Sequence[Problem]) -> list[Problem]:
    """List the first of many problems of one kind in a column, and the rows of the others in one line."""
    kinds: dict[tuple[str, ...], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault(_kind(problem), []).append(problem)
    others = {kind: own[FEW_ALIKE:] for kind, own in kinds.items() if len(own) > MOST_ALIKE}
    lines: list[Problem] = []
    listed: Counter[tuple[str, ...]] = Counter()
    for problem in problems:
        kind = _kind(problem)
        listed[kind] += 1
        if kind not in others or listed[kind] <= FEW_ALIKE:
            lines.append(problem)
        elif listed[kind] == FEW_ALIKE + 1:
            lines.append(_one_line(others[kind]))
    return lines


def _kind(problem: Problem) -> tuple[str, ...]:
    alone = str(problem) if problem.row is None else ""
    return problem.file, problem.sheet, problem.column, problem.expected_key, alone


def _one_line(alike: Sequence[Problem]) -> Problem:
    rows = sorted({problem.row for problem in alike if problem.row is not None})
    ranges = [str(first) if first == last else f"{first}–{last}" for first, last in spans(rows)]
    facts = {"count": len(alike), "rows": labels.shortened(ranges, MOST_RANGES)}
    return replace(alike[0], row=None, value="", expected_key="error.data_alike", expected_facts=facts)


class TooFewYearsError(ForecastError, ValueError):
    """A model needs more years than there are; raise it as ``TooFewYearsError.of(model, needed, got)``."""

    exit_code = EXIT_DATA

    @classmethod
    def of(cls, model: str, needed: int, count: int) -> TooFewYearsError:
        """Say which model needs how many years, and how many there are."""
        return cls("error.too_few_years", {"model": model, "needed": needed, "got": count})


class SpecError(ForecastError, ValueError):
    """What was asked for cannot be done: a parameter is unknown, ill-typed or contradicts another."""

    exit_code = EXIT_USE


class RunError(ForecastError):
    """A run of the notebooks failed; the facts name `notebook` and `cell` where they are known."""

    exit_code = EXIT_RUN

    @property
    def notebook(self) -> str:
        """Name of the notebook that failed, or an empty text."""
        return str(self.facts.get("notebook", ""))

    @property
    def cell(self) -> int | None:
        """Number of the cell that failed, counted from 1."""
        number = self.facts.get("cell")
        return None if number is None else int(number)


def unexpected(error: BaseException | None) -> RunError:
    """Tell of an error that nobody foresaw: its kind and its words, cut short."""
    return RunError("run.unexpected", {"error": shown(f"{type(error).__name__}: {error}", 300)})


def reason_of(error: OSError) -> labels.Phrase:
    """Say why the system refused, without its own words, which are English.

    >>> reason_of(OSError(errno.EMFILE, "Too many open files")).text("en")
    'too many files are open'
    """
    code = errno.errorcode.get(error.errno or 0, "") or type(error).__name__
    name = _REASONS.get(code)
    return labels.Phrase(f"system.{name}") if name else labels.Phrase("system.other", {"code": code})


class WriteError(ForecastError, OSError):
    """A result cannot be written: no permission, no room, or the place is taken."""

    exit_code = EXIT_WRITE


def shown(value: str, limit: int = 80) -> str:
    r"""Make a found value fit for a terminal: control characters escaped, long text cut.

    >>> shown("a" + chr(27) + "[31m")
    'a\\x1b[31m'
    """
    clean = printable(value)
    return clean if len(clean) <= limit else f"{clean[:limit]}…"


def printable(value: str) -> str:
    r"""Escape what would break a line or steer a terminal.

    >>> printable("a" + chr(10) + "b.csv")
    'a\\nb.csv'
    """
    if value.isprintable():
        return value
    kept = "\N{NO-BREAK SPACE}"
    return "".join(
        char if char.isprintable() or char in kept else char.encode("unicode_escape").decode("ascii")
        for char in value
    )
