"""One real report after another: what moved between two days of 2019, on the project's published figures."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
from pathlib import Path

import pandas as pd
import pytest

from forecast.answer import pipeline
from forecast.answer.result import Result
from forecast.pages import report

DATA = Path(__file__).parents[2] / "data"
BEFORE = dt.date(2019, 4, 20)  # the result of 2018 came in between


@pytest.fixture(scope="module")
def earlier(ask, tmp_path_factory) -> Path:
    """The report of April 2019, as a run leaves it."""
    folder = tmp_path_factory.mktemp("reports") / "2019-04-20"
    ask(BEFORE, 2019).write(folder)
    shutil.copytree(DATA, folder / "data")
    return folder


@pytest.fixture(scope="module")
def after(early: Result, earlier: Path) -> Result:
    """The report of October 2019 after that one."""
    return pipeline.make(early.spec, DATA, earlier)


def test_the_forecast_does_not_depend_on_the_earlier_report(early: Result, after: Result):
    """Whatever came before, every other table is the same; a first report tells of no change."""
    for field in dataclasses.fields(Result):
        if field.name in ("spec", "previous", "changes", "changed_rows", "path"):
            continue
        pd.testing.assert_frame_equal(getattr(after, field.name), getattr(early, field.name), obj=field.name)
    assert early.previous.empty
    assert early.changes.empty
    assert early.changed_rows.empty


def test_a_move_is_split_and_its_figures_are_named(after: Result, ask):
    """The result of 2018, published in between, moved the forecast; each figure was known by the day."""
    table, rows = after.changes, after.changed_rows

    whole = table[table["step"] == "total"].set_index("component")
    before = ask(BEFORE, 2019).summary.set_index("component")["median"]
    assert whole["after"].to_dict() == after.summary.set_index("component")["median"].to_dict()
    assert whole["before"].to_dict() == before.to_dict()
    assert set(table["step"]) == {"total", "figures"}
    figures = rows[rows["step"] == "figures"]
    assert (figures["key"] == "PAR | 2018 | TP. Hồ Chí Minh | total | value").any()
    assert (rows["published_on"].dropna() <= pd.Timestamp(after.spec.as_of)).all()
    assert (figures.loc[figures["kind"] == "new", "published_on"] > pd.Timestamp(BEFORE)).all()


def test_what_changed_is_written_and_read_back(after: Result, tmp_path: Path):
    """The page says the same of a result that was read from disk."""
    after.write(tmp_path)
    again = Result.read(tmp_path)

    for show in (report.changes_table, report.changed_rows_table):
        for lang in ("vi", "en"):
            assert str(show(again, lang=lang)) == str(show(after, lang=lang))
    pd.testing.assert_frame_equal(again.changes, after.changes, check_dtype=False)
    pd.testing.assert_frame_equal(again.changed_rows, after.changed_rows, check_dtype=False)
