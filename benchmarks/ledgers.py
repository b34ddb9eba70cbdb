"""Ledgers of scores at random: broken, torn, with lines of other tables.  All figures are made up.

What `runs.ledger` takes of them is compared cell by cell with what the file holds, read without pandas.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from hypothesis import strategies as st

from forecast.answer.ledger import (
    COLUMNS,
    DAYS,
    FLAGS,
    TEXTS,
    current,
    last_verified,
    new_lines,
    of_last_year,
)
from forecast.base.spec import RunSpec
from forecast.runs import ledger

SPEC = RunSpec(index_code="PAR", area="Hà Nội", target_year=2024, as_of=dt.date(2024, 10, 20))
USUAL = {
    "run_id": "20240920-1",
    "index_code": "PAR",
    "area": "Hà Nội",
    "component": "D3",
    "target_year": "2023",
    "question": "PAR | Hà Nội | 2023",
    "observed": "8.51",
    "crps": "0.25",
}
CELLS = (
    *("", "8,51", "inf", "-inf", "nan", "1e999", "0x10", "1_0", "٣", "2023.5", "99999", "-1", "True", "true"),
    *(
        "2024-4-7",
        "2024-04-1",
        "2024-13-01",
        "17/4/2024",
        "0000-00-00",
        "9999-12-31",
        "total",
        "target",
        "=1",
    ),
    *('"', "a\nb", "\u202e", "a,b", "\0", "1" * 400, "PAR | Hà Nội | 2022", " 8.51 ", "<<<<<<< HEAD"),
)
FOREIGN = (
    "PAR,2023,Hà Nội,D3,value,8.51,points,13,,2024-04-17,2024-04-17,giả định,press,",
    "<<<<<<< HEAD",
    "",
    "{}",
    ",".join(COLUMNS),
)


def usual() -> list[str]:
    """Cells of a line as `ledger.content` writes it."""
    made = dict.fromkeys(COLUMNS, "") | dict.fromkeys(FLAGS, "True") | dict.fromkeys(DAYS, "2024-04-17")
    return list((made | USUAL).values())


@st.composite
def ledgers(draw: st.DrawFn) -> bytes:
    """Write some lines with odd cells, lines cut, doubled, too long or of other tables; and a torn end."""
    lines = [",".join(COLUMNS)]
    for number in range(draw(st.integers(0, 5))):
        cells = usual()
        cells[0] = f"20240920-{draw(st.integers(0, number))}"
        for place in draw(st.lists(st.integers(0, len(cells) - 1), max_size=2)):
            cells[place] = draw(st.sampled_from(CELLS))
        length = draw(st.sampled_from([len(cells)] * 6 + [len(cells) - 1, len(cells) + 1, 3]))
        lines.append(_line([*cells, "1"][:length]))
        lines += draw(st.sampled_from([[]] * 8 + [[other] for other in FOREIGN]))
    if not draw(st.integers(0, 15)):
        lines.pop(0)
    content = ("\n".join(lines) + "\n").encode()
    return content[: len(content) - draw(st.sampled_from([0, 0, 0, 1, 2, 3, 5, 9, 40, 300]))]


def _line(cells: Sequence[str]) -> str:
    made = io.StringIO()
    csv.writer(made, lineterminator="").writerow(cells)
    return made.getvalue()


def taken(path: Path) -> None:
    """Read a file as the ledger, and what a report and the next `verify` make of it.

    Raises
    ------
    AssertionError
        If a cell is not what the file says, or lines that are added touch those that are there.
    """
    with tempfile.TemporaryDirectory() as folder:
        _compare(Path(folder), path.read_bytes())


def _compare(folder: Path, content: bytes) -> None:
    (folder / ledger.FILE).write_bytes(content)
    found = ledger.read(folder)
    told = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    for (_, row), cells in zip(found.iterrows(), told, strict=True):
        wrong = [column for column in COLUMNS if not _is(column, row[column], cells[column])]
        assert not wrong, f"{wrong}: {cells} is {dict(row)}"  # noqa: S101
    current(found)
    last_verified(of_last_year(found, SPEC), SPEC)
    added = new_lines(found, [found.assign(observed=found["observed"] + 1)])
    ledger.append(folder, added)
    assert (folder / ledger.FILE).read_bytes().startswith(content)  # noqa: S101
    assert len(ledger.read(folder)) == len(found) + len(added)  # noqa: S101


def _is(column: str, value: object, text: str) -> bool:
    if column in TEXTS:
        return value == text
    if column in FLAGS:
        return str(value) == text
    if column in DAYS:
        return isinstance(value, pd.Timestamp) and value.date().isoformat() == text
    number = float(str(value))
    if not text:
        return math.isnan(number) and column not in {"observed", "target_year"}
    whole = column != "target_year" or 1 <= number <= 9999
    return whole and math.isfinite(number) and math.isclose(number, float(text), rel_tol=1e-12)
