"""What the verbs on any yearly panel share: reading the panel, years from A to B, writing a table."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from forecast import load
from forecast.cli.local import Type
from forecast.errors import DataError, Problem, SpecError
from forecast.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence


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


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, whole or not at all."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        table.to_csv(aside, index=False, encoding="utf-8", lineterminator="\n")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def refuse_levels(levels: Sequence[int]) -> None:
    """Refuse interval levels that are no whole percents from 1 to 99."""
    for level in levels:
        if not 1 <= level <= 99:
            raise SpecError("spec.levels", {"found": level})
