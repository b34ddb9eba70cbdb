"""Read the ledger of scores in the folder of reports, append to it, and give it to the next reports."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.answer.ledger import COLUMNS, DAYS, FLAGS, TEXTS, of_last_year
from forecast.base import incoming
from forecast.base.disk import replace_file
from forecast.base.errors import DataError, Problem
from forecast.base.spec import RunSpec
from forecast.data.tables import DAY_DTYPE
from forecast.runs.site import AREAS

FILE: Final = "verification.csv"
MOST_BYTES: Final = 500_000_000
_YEARS: Final = (1, 9999)
_DAY_LENGTH: Final = len("2024-04-17")  # one that is torn is another day


def read(folder: Path) -> pd.DataFrame:
    """Read the ledger of a folder of reports, or a run's own copy of a part; no rows where there is none.

    Raises DataError if it is no ledger; nothing was written to it.
    """
    path = folder / FILE
    if not path.exists():
        return _typed(pd.DataFrame(columns=list(COLUMNS), dtype=str))
    text = incoming.text(incoming.content(path, most=MOST_BYTES), FILE)
    _check_lines(text)
    return _typed(pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False))


def _check_lines(text: str) -> None:
    """Refuse a line of too few or too many cells: pandas would fill it up, or move its cells."""
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if tuple(header := next(lines, [])) != COLUMNS:
            raise _damaged(1, ",".join(header))
        for cells in lines:
            if cells and len(cells) != len(COLUMNS):
                raise _damaged(lines.line_num, ",".join(cells))
    except csv.Error as error:
        raise _damaged(lines.line_num, "") from error


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn text into days, flags and numbers; the first cell that is none is named."""
    typed: dict[str, pd.Series[Any]] = {}
    for column in COLUMNS:
        cells = rows[column]
        if column in TEXTS:
            typed[column] = cells.astype("str")
            continue
        values: pd.Series[Any]
        if column in FLAGS:
            values = cells.map({"True": True, "False": False})
        elif column in DAYS:
            values = pd.to_datetime(
                cells.where(cells.str.len() == _DAY_LENGTH), format="%Y-%m-%d", errors="coerce"
            )
        else:
            values = pd.to_numeric(cells, errors="coerce")
            values = values.where(
                values.between(*_YEARS) & (values % 1 == 0)
                if column == "target_year"
                else np.isfinite(values)
            )
        wrong = values.isna() & ((cells != "") | (column in (*FLAGS, *DAYS, "observed", "target_year")))
        if wrong.any():
            place = int(wrong.to_numpy().argmax())
            raise _damaged(place + 2, str(cells.iloc[place]), column)
        kind: Any = bool if column in FLAGS else DAY_DTYPE if column in DAYS else float
        typed[column] = values.astype(int if column == "target_year" else kind)
    return pd.DataFrame(typed)


def _damaged(row: int, value: str, column: str = "") -> DataError:
    return DataError([Problem(FILE, row, column, value, "verify.ledger_row")])


def append(folder: Path, lines: pd.DataFrame) -> None:
    """Append lines; earlier bytes stay, and a reader finds either the old ledger or the new one."""
    if lines.empty:
        return
    path = folder / FILE
    before = path.read_bytes() if path.exists() else b""
    if before and not before.endswith(b"\n"):
        before += b"\n"
    replace_file(path, before + content(lines, header=not before))


def content(lines: pd.DataFrame, *, header: bool = True) -> bytes:
    """Write lines as the ledger has them."""
    text = lines[list(COLUMNS)].to_csv(
        index=False, header=header, date_format="%Y-%m-%d", lineterminator="\n"
    )
    return str(text).encode()


def for_report(root: Path, spec: RunSpec) -> dict[str, bytes]:
    """Give the part of the ledger that a report uses, as a file of its data; no file if it is empty.

    It is the same for all areas, so that their reports have the same data.
    """
    lines = of_last_year(read(root.parent if root.name == AREAS else root), spec)
    return {FILE: content(lines)} if len(lines) else {}
