"""A result on disk: written, read back, and nothing lost."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.answer.result import Result, table_names
from forecast.data.tables import FORECAST_COLUMNS
from forecast.pages.reading import main_model


@pytest.fixture(params=["made", "early", "first"])
def result(request: pytest.FixtureRequest) -> Result:
    """The full results of three days: rich, poor, and nearly empty."""
    return request.getfixturevalue(request.param)


def test_reading_gives_back_what_was_written(result: Result, tmp_path: Path):
    """Every table comes back with its values, texts, days and column names, exactly."""
    result.write(tmp_path)
    again = Result.read(tmp_path)
    assert again.spec == result.spec
    for name in table_names():
        before, after = getattr(result, name), getattr(again, name)
        assert list(after.columns) == list(before.columns), name
        if len(before):
            pd.testing.assert_frame_equal(after, before, check_dtype=False, check_exact=True, obj=name)
            for column in before:
                kinds = {pd.api.types.is_numeric_dtype(t[column].dtype) for t in (before, after)}
                assert len(kinds) == 1 or before[column].isna().all(), (name, column)
        else:
            assert after.empty, name


def test_writing_what_was_read_gives_the_same_bytes(result: Result, tmp_path: Path):
    """Written, read and written again, each file is the same, byte for byte."""
    result.write(tmp_path / "once")
    Result.read(tmp_path / "once").write(tmp_path / "twice")
    for path in sorted((tmp_path / "once").iterdir()):
        assert path.read_bytes() == (tmp_path / "twice" / path.name).read_bytes(), path.name


def test_the_forecast_table_is_the_contract(made: Result, tmp_path: Path):
    """forecast.csv has the columns of FORECAST and parses back: points, ISO days, one unit an index."""
    made.write(tmp_path)
    text = (tmp_path / "forecast.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == ",".join([*FORECAST_COLUMNS, "shown"])
    assert "\r" not in text
    rows = pd.read_csv(tmp_path / "forecast.csv", dtype={"output_type_id": "str"})
    assert set(rows["output_type"]) == {"quantile", "pmf"}
    assert set(rows["as_of"]) == {"2024-10-20"}
    assert set(rows.loc[rows["shown"], "model"]) == {main_model(made)}
    assert rows["shown"].equals(rows["model"] == main_model(made))
    np.testing.assert_allclose(rows["value"], made.forecast["value"], atol=0)
    levels = rows.loc[rows["output_type"] == "quantile", "output_type_id"].astype(float)
    assert set(levels.round(4)) == set(made.spec.quantile_levels)
    assert rows.loc[rows["output_type"] == "pmf", "output_type_id"].tolist() == [str(k) for k in range(1, 64)]


def test_the_spec_is_plain_json(made: Result, tmp_path: Path):
    """A person, or another program, can read what was asked."""
    made.write(tmp_path)
    assert json.loads((tmp_path / "spec.json").read_text(encoding="utf-8")) == made.spec.as_dict()


def test_a_missing_table_is_an_error(made: Result, tmp_path: Path):
    """A folder that lost a file is no result."""
    made.write(tmp_path)
    (tmp_path / "rank.csv").unlink()
    with pytest.raises(FileNotFoundError, match=r"rank\.csv"):
        Result.read(tmp_path)
