"""Shared by the verbs on any yearly panel: read the panel, parse years from A to B, write a table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import pandas as pd

from forecast.base.disk import replacing, writing
from forecast.base.errors import SpecError, WriteError
from forecast.base.labels import Phrase, shortened
from forecast.base.spec import today
from forecast.base.spelling import shielded
from forecast.cli.types import Type
from forecast.data import foreign, load
from forecast.model import doubts
from forecast.model.panel import Panel

if TYPE_CHECKING:
    from forecast.model.covariates import Covariates

CHUNK: Final = 100_000  # rows turned into text at once
NO_CSV: Final = (".xlsx", ".xlsm", ".xls", ".ods", ".parquet", ".json", ".html", ".pdf", ".docx")
RESULTS: Final = ("--out", "--rows", "--summary", "--plot")


class YearsType(Type):
    """One whole number, or a span of them: 2024 or 1995:2000."""

    name = "years"

    def read(self, value: str, option: str) -> tuple[int, ...]:
        """Read the span; its ends are in it."""
        span = re.fullmatch(r"(\d{1,4})(?::(\d{1,4}))?", value.strip(), flags=re.ASCII)
        if not span:
            raise SpecError("spec.not_years", {"name": option, "found": value})
        first = int(span[1])
        last = int(span[2]) if span[2] else first
        if last < first:
            raise SpecError("spec.years_reversed", {"name": option, "found": value})
        return tuple(range(first, last + 1))


def read_panel(
    scores: Path, events: Path | None, target_years: tuple[int, ...] = ()
) -> tuple[Panel, list[Phrase]]:
    """Read a panel and the years in which its method changed; give remarks for the user too.

    `target_years`: that are forecast.  Raises DataError with what is wrong in either file.
    """
    rows = foreign.read_file(scores)
    breaks = () if events is None else load.read_breaks(events)
    target_year = target_years[0] if target_years else None
    panel, remarks = doubts.panel_of(
        rows, breaks=breaks, file=scores.name, today=today(), target_year=target_year
    )
    first, last = panel.years[0], max((panel.years[-1], *target_years))
    outside = [str(year) for year in breaks if not first < year <= last]
    if outside:
        facts = {"count": len(outside), "first": str(first), "last": str(last)}
        remarks.append(Phrase("yearly.break_outside", {**facts, "years": shortened(outside)}))
    return panel, remarks


def read_covariates(
    path: Path | None, panel: Panel, last_year: int
) -> tuple[Covariates | None, list[Phrase]]:
    """Read the covariates of a panel up to a year; give remarks for the user too.

    Raises DataError with what is wrong in the file.
    """
    if path is None:
        return None, []
    from forecast.answer import covariates  # takes a second to import, so bad scores are refused before

    return covariates.covariates_of(foreign.read_covariates_file(path), panel, last_year)


def refuse_places(paths: Mapping[str, Path | None]) -> None:
    """Refuse paths of results that cannot be written, before any work is done.

    `paths`: paths by option; results (``--out``, ``--summary``) after the files that are read. Raises
    SpecError if a result would replace a file that is read, or another result; WriteError if a place takes no
    file.
    """
    options: dict[Path, str] = {}
    for option, path in paths.items():
        if path is None:
            continue
        with writing(path):
            place = path.resolve()
            if option in RESULTS:
                _refuse_place(path)
                if option != "--plot" and path.suffix.casefold() in NO_CSV:
                    csv_name = path.with_suffix(".csv").name
                    raise SpecError("cli.out.csv", {"name": option, "found": path.name, "wanted": csv_name})
        if option in RESULTS and place in options:
            raise SpecError("cli.out.taken", {"name": option, "other": options[place], "path": str(path)})
        options[place] = option


def write_table(table: pd.DataFrame | Iterable[pd.DataFrame], path: Path) -> None:
    """Write a table, or its parts one by one, as CSV; see `write_file`.

    Raises WriteError if there is no room or no permission; what stood there before stays.
    """
    tables = [table] if isinstance(table, pd.DataFrame) else table
    write_file(path, lambda file: _to_csv(tables, file))


def write_file(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Write a regular file completely or not at all, a pipe or device directly.

    Raises WriteError if there is no room or no permission; what stood there before stays.
    """
    straight = path.exists() and not path.is_file()
    with writing(path), path.open("wb") if straight else replacing(path) as handle:
        write(handle)


def _to_csv(tables: Iterable[pd.DataFrame], handle: IO[bytes]) -> None:
    """Write tables with the same columns below one header; the same bytes as pandas', in half the time."""
    file = io.TextIOWrapper(handle, encoding="utf-8", newline="")
    writer = csv.writer(file, lineterminator="\n")
    for k, table in enumerate(tables):
        if not k:
            writer.writerow(table.columns)
        for first in range(0, len(table), CHUNK):
            part = table.iloc[first : first + CHUNK]
            writer.writerows(zip(*(_cells(part[name]) for name in part), strict=True))
    file.detach()


def _cells(column: pd.Series) -> list[object]:
    """Give values as Python's own; missing ones as "", and text so that spreadsheets see no formula."""
    values = list(column.astype(object).where(column.notna(), "")) if column.hasnans else column.tolist()
    if pd.api.types.is_numeric_dtype(column):
        return values
    safe = {text: shielded(text) for text in set(values) if isinstance(text, str)}
    return [safe.get(value, value) for value in values]


def _refuse_place(path: Path) -> None:
    if path.is_dir():
        raise WriteError("cli.out.folder", {"path": str(path)})
    if not path.parent.is_dir():
        raise WriteError("cli.out.no_folder", {"path": str(path), "folder": str(path.parent)})
