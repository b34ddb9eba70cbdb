"""The ledger of scores on disk: read whole, only added to, refused where it is damaged.  Made-up figures."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from forecast.answer.ledger import COLUMNS, DAYS, FLAGS, TEXTS
from forecast.base.errors import DataError
from forecast.runs import ledger


def lines(count: int) -> pd.DataFrame:
    """Some made-up lines, with a comma and a quote in a text and gaps in the numbers."""
    rows = []
    for number in range(count):
        row: dict[str, object] = dict.fromkeys(COLUMNS, float("nan"))
        row |= dict.fromkeys(TEXTS, 'Hà Nội, "thử"') | dict.fromkeys(FLAGS, number % 2 == 0)
        row |= dict.fromkeys(DAYS, pd.Timestamp(2024, 4, 17))
        rows.append(row | {"target_year": 2023, "observed": 0.1 + number, "crps": 1 / 3})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_what_is_written_is_read(tmp_path: Path):
    """Texts, days, flags, numbers and gaps come back as they were; no ledger is one without lines."""
    assert ledger.read(tmp_path).empty
    ledger.append(tmp_path, lines(3))
    found = ledger.read(tmp_path)
    assert found[list(TEXTS)].eq('Hà Nội, "thử"').all(axis=None)
    assert found["before"].tolist() == [True, False, True]
    assert found["observed"].tolist() == [0.1, 1.1, 2.1]
    assert found["wis"].isna().all()
    assert found["crps"].tolist() == [1 / 3] * 3
    assert (found["published_on"] == pd.Timestamp(2024, 4, 17)).all()


def test_lines_are_added_and_none_is_touched(tmp_path: Path):
    """The old bytes begin the new file, even where the last line lost its end."""
    ledger.append(tmp_path, lines(2))
    path = tmp_path / ledger.FILE
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    before = path.read_bytes()
    ledger.append(tmp_path, lines(1))
    assert path.read_bytes().startswith(before + b"\n")
    assert len(ledger.read(tmp_path)) == 3
    ledger.append(tmp_path, lines(0))
    assert len(ledger.read(tmp_path)) == 3


@pytest.mark.parametrize(
    ("old", "new", "row", "column"),
    [
        ("0.1", "much", 2, "observed"),
        ("True", "maybe", 2, "new_method"),
        ("2024-04-17", "17/4/2024", 2, "published_on"),
        ("run_id", "run", 1, ""),
    ],
)
def test_a_damaged_ledger_is_refused_where_it_is_damaged(
    tmp_path: Path, old: str, new: str, row: int, column: str
):
    """The cell is named in both languages, and nothing is written."""
    ledger.append(tmp_path, lines(2))
    path = tmp_path / ledger.FILE
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        ledger.read(tmp_path)
    (problem,) = refused.value.problems
    assert (problem.row, problem.column) == (row, column)
    assert "the ledger of scores is damaged here" in refused.value.text("en")
    assert "sổ kết quả kiểm chứng bị hỏng" in refused.value.text("vi")
