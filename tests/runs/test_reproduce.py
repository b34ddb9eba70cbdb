"""`forecast reproduce`: the same bytes, or what differs and why.  The forecast itself is made up."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from forecast import cli
from forecast.answer import pipeline
from forecast.data import load
from forecast.runs import reproduce, run

Say = Any


@pytest.fixture
def again(
    place: SimpleNamespace,
    made: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Say:
    """A published run, and the command about it; `medians` are those that are found today."""
    outcome = run.report(made.SPEC, kinds=made.KINDS, **vars(place))
    monkeypatch.setattr(reproduce, "code_hash", lambda: "made up")
    monkeypatch.setattr(load, "read", lambda *_, **__: None)

    def command(run_id: str = "latest", lang: str = "en", **medians: float) -> tuple[int, str]:
        result = made.small_result({"total": 16.23, "D1": 7.52, "D2": 8.74} | medians)
        monkeypatch.setattr(pipeline, "forecast", lambda *_: result)
        code = cli.run(["reproduce", run_id, "--reports-dir", str(place.reports_dir), "--lang", lang])
        said = capsys.readouterr()
        return code, said.out + said.err

    command.folder = outcome.folder  # type: ignore[attr-defined]
    return command


def change(folder: Path, name: str, *parts: str, to: str) -> None:
    """Change one field of a run's record."""
    path = folder / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    place = record
    for part in parts[:-1]:
        place = place[part]
    place[parts[-1]] = to
    path.write_text(json.dumps(record), encoding="utf-8")
    assert name in path.read_text(encoding="utf-8")


def test_the_same_bytes(again: Say):
    """What is found again is what was recorded: exit code 0."""
    code, said = again()
    assert (code, "the same bytes (rows of forecast: 69)" in said) == (0, True), said
    assert "giống từng byte" in again(lang="vi")[1]


def test_other_figures_are_counted_and_the_largest_is_named(again: Say):
    """One component moved: 23 of 69 figures, where most, and no reason but the machine is left."""
    code, said = again(D1=7.77)
    assert code == 1
    assert "figures that differ: 23 of 69, at most by 0.25" in said
    assert "D1" in said
    assert "which leaves the machine" in said


def test_versions_code_and_data_are_named_as_reasons(again: Say):
    """Each with what it was and what it is."""
    change(again.folder, "9.9.9", "inputs", "versions", "numpy", to="9.9.9")
    change(again.folder, "other", "inputs", "code", to="other")
    (again.folder / "data" / "scores.csv").write_text("altered\n", encoding="utf-8")
    (again.folder / "data" / "events.csv").unlink()
    code, said = again(D1=7.77)
    assert code == 1
    assert "numpy: 9.9.9 then" in said
    assert "the code has changed" in said
    assert "the data stored with the report were altered: scores.csv" in said
    assert "data stored with the report are missing: events.csv" in said
    assert "machine" not in said


def test_an_altered_forecast_is_not_the_same(again: Say):
    """The forecast comes out as recorded, but its file has been touched."""
    path = again.folder / "forecast.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("16.73", "17.73"), encoding="utf-8")
    code, said = again()
    assert (code, "forecast.csv was altered after the report was made" in said) == (1, True)
    path.unlink()
    assert "has no forecast.csv any more" in again()[1]


def test_data_that_are_refused_today_are_named(again: Say, monkeypatch: pytest.MonkeyPatch):
    """Stored tables that today's checks refuse: how many places, the first of them."""
    monkeypatch.undo()
    code, said = again()
    assert (code, "today's checks refuse the stored data" in said) == (1, True), said


def test_unknown_and_damaged_runs_are_refused(again: Say):
    """By name, with what to do; exit code 2."""
    code, said = again("2024-01-01_PAR_none_2024_00000000")
    assert (code, "2024-01-01_PAR_none_2024_00000000" in said) == (2, True)
    (again.folder / "manifest.json").write_text("{", encoding="utf-8")
    code, said = again(again.folder.name)
    assert (code, "record of the report" in said, "is damaged" in said) == (2, True, True)
