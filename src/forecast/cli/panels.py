"""What the verbs on any yearly panel share: reading the panel, years from A to B, writing a table."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from forecast import load
from forecast.cli.local import Type
from forecast.errors import DataError, Problem, SpecError, WriteError
from forecast.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_AHEAD: Final = 100  # years; beyond them a range is all that could ever be
RESULTS: Final = ("--out", "--summary")


class YearsType(Type):
    """One whole number, or a span of them: 2024 or 1995:2000."""

    name = "years"

    def read(self, value: str, option: str) -> tuple[int, ...]:
        """Read the span; its ends are in it."""
        found = re.fullmatch(r"(\d{1,4})(?::(\d{1,4}))?", value.strip(), flags=re.ASCII)
        if not found:
            raise SpecError("spec.not_years", {"name": option, "found": value})
        first = int(found[1])
        last = int(found[2]) if found[2] else first
        if last < first:
            raise SpecError("spec.years_reversed", {"name": option, "found": value})
        return tuple(range(first, last + 1))


def read_panel(scores: Path, events: Path | None) -> Panel:
    """Read a panel, and the years in which its method changed.

    Raises
    ------
    DataError
        With every bad row of either file.
    """
    rows = load.read_panel(scores).dropna(subset=["score"])
    if rows.empty:
        raise DataError([Problem(scores.name, None, "score", "", "panel.empty")])
    return Panel.from_long(rows, breaks=() if events is None else load.read_breaks(events), file=scores.name)


def refuse_places(given: Mapping[str, Path | None]) -> None:
    """Refuse places for results before any work is done for them.

    Parameters
    ----------
    given
        Paths by option; results (``--out``, ``--summary``) after the files that are read.

    Raises
    ------
    SpecError
        If a result would replace a file that is read, or another result.
    WriteError
        If a place takes no file.
    """
    taken: dict[Path, str] = {}
    for option, path in given.items():
        if path is None:
            continue
        with _writing(path):
            place = path.resolve()
            if option in RESULTS:
                _refuse_place(path)
        if option in RESULTS and place in taken:
            raise SpecError("cli.out.taken", {"name": option, "other": taken[place], "path": str(path)})
        taken[place] = option


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV: a plain file whole or not at all, a pipe or device straight.

    Raises
    ------
    WriteError
        If there is no room or no permission; what stood there before stays.
    """
    with _writing(path):
        if path.exists() and not path.is_file():
            _to_csv(table, path)
            return
        aside = path.with_name(f".{os.getpid()}.part")
        try:
            _to_csv(table, aside)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def _to_csv(table: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:  # a device cannot be sought, as pandas would
        table.to_csv(file, index=False, lineterminator="\n")


def _refuse_place(path: Path) -> None:
    if path.is_dir():
        raise WriteError("cli.out.folder", {"path": str(path)})
    if not path.parent.is_dir():
        raise WriteError("cli.out.no_folder", {"path": str(path), "folder": str(path.parent)})


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn a system's refusal into a sentence that names the file."""
    try:
        yield
    except WriteError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise WriteError("cli.out.no_room", {"path": str(path)}) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise WriteError("cli.out.refused", {"path": str(path)}) from error
        raise WriteError(
            "write.failed", {"path": str(path), "error": error.strerror or str(error)}
        ) from error


def refuse_levels(levels: Sequence[int]) -> None:
    """Refuse interval levels that are no whole percents from 1 to 99."""
    for level in levels:
        if not 1 <= level <= 99:
            raise SpecError("spec.levels", {"found": level})


def refuse_far(option: str, found: int, low: int, high: int) -> None:
    """Refuse a number outside its bounds."""
    if not low <= found <= high:
        raise SpecError("spec.out_of_range", {"name": option, "found": found, "low": low, "high": high})
