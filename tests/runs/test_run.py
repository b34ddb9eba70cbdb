"""Whole runs on small notebooks and made-up figures: published together or not at all."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

from forecast.answer import pipeline
from forecast.base.errors import DataError, Problem, RunError, SpecError, WriteError
from forecast.runs import html_check, manifest, report_notebooks, run
from forecast.runs.execute import Limits
from forecast.runs.manifest import Manifest
from forecast.runs.store import Store

PAGE = object()  # the cell that begins a page
PAGES = ["meeting", "domain-D1", "domain-D2"]


@pytest.fixture
def report(made, place, fork_server):
    """Make a report in `place`; options may be changed."""

    def make(**changed):
        options = run.Options(**{"workers": 2, "server": fork_server, **changed.pop("options", {})})
        return run.report(made.SPEC, kinds=made.KINDS, options=options, **{**vars(place), **changed})

    return make


@pytest.fixture(scope="module")
def good(made, fork_server, tmp_path_factory):
    """One good run, to be looked at and not to be touched; with the steps that it told."""
    place = made.furnished(tmp_path_factory.mktemp("good"))
    steps = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "make", lambda *_: made.small_result())
        patch.setattr(manifest, "code_hash", lambda: "made up")
        options = run.Options(workers=2, server=fork_server)
        outcome = run.report(made.SPEC, kinds=made.KINDS, options=options, tell=steps.append, **vars(place))
    return SimpleNamespace(outcome=outcome, folder=outcome.folder, steps=steps)


def bytes_of(folder):
    """All bytes of a run that depend on its inputs alone."""
    return {name: (folder / name).read_bytes() for name in Manifest.read(folder).outputs}


def test_a_good_run_holds_pages_figures_notebooks_data_and_its_record(good):
    """What the folder must hold for leaders, for analysts and for whoever asks later."""
    outcome, steps = good.outcome, good.steps

    names = {
        path.relative_to(outcome.folder).as_posix() for path in outcome.folder.rglob("*") if path.is_file()
    }
    assert {f"{page}.html" for page in PAGES} | {f"notebooks/{page}.ipynb" for page in PAGES} <= names
    assert {"forecast.csv", "manifest.json", "run.log", "data/scores.csv"} <= names
    assert {"figures.xlsx", "figures.csv"} <= names & set(outcome.manifest.outputs)
    record = Manifest.read(outcome.folder)
    assert record == outcome.manifest
    assert record.state == "published"
    assert list(record.pages) == PAGES
    assert all(check.good for check in record.checks)
    assert set(record.seconds) == {"compute", *PAGES}
    assert {step.name for step in steps} == {"begun", "computed", "page", "published"}
    assert sorted(step.done for step in steps if step.name == "page") == [1, 2, 3]


def test_published_pages_show_the_figures_of_the_forecast(good):
    """Median and 80 percent range of forecast.csv stand in the page, in Vietnamese form."""
    table = pd.read_csv(good.folder / "forecast.csv")

    text = html_check.read((good.folder / "meeting.html").read_text(encoding="utf-8")).text

    shown = table[table["output_type_id"].isin([0.1, 0.5, 0.9])]
    assert len(shown) == 9
    for value in shown["value"]:
        assert f"{value:.1f}".replace(".", ",") in text


def test_nothing_of_the_making_is_in_the_notebooks_paths(good):
    """An executed notebook can be run again where it lies."""
    for path in (good.folder / "notebooks").iterdir():
        assert ".building-" not in path.read_text(encoding="utf-8")
        notebook = nbformat.read(path, as_version=4)
        assert notebook.metadata.papermill.parameters.run_dir == good.folder.as_posix()


@pytest.mark.parametrize("workers", [1, 3])
def test_the_same_inputs_give_the_same_bytes_on_any_number_of_workers(good, report, workers):
    """Which notebook ends first changes nothing, nor does the folder."""
    other = report(options={"workers": workers})

    assert other.folder.name == good.folder.name
    assert bytes_of(other.folder) == bytes_of(good.folder)
    records = [
        json.loads((each / "manifest.json").read_text(encoding="utf-8"))
        for each in (good.folder, other.folder)
    ]
    for record in records:
        del record["volatile"]
    assert records[0] == records[1]


def test_a_run_that_is_there_is_used_again(good, report, place, monkeypatch):
    """Nothing is computed or executed twice; a change of any input makes another run."""
    shutil.copytree(good.folder.parent, place.reports_dir)
    monkeypatch.setattr(pipeline, "make", None)

    again = report()

    assert (again.folder.name, again.made) == (good.folder.name, False)
    (place.data_dir / "scores.csv").write_text("changed\n", encoding="utf-8")
    with pytest.raises(TypeError):  # it wants to compute
        report()


def test_a_page_that_was_changed_is_made_anew(report):
    """A run in place counts only if every byte of it is as it was made."""
    first = report()
    (first.folder / "meeting.html").write_text("changed", encoding="utf-8")

    second = report()

    assert second.made
    assert (second.folder / "meeting.html").read_text(encoding="utf-8") != "changed"


def test_a_failing_notebook_leaves_the_last_good_run_and_a_trace_for_the_analyst(good, report, made, place):
    """No page of the failed run is to be seen, and the list stays as it was."""
    shutil.copytree(good.folder.parent, place.reports_dir)
    before = {path.name: path.read_bytes() for path in place.reports_dir.glob("*.html")}
    made.write_notebooks(place.notebooks_dir, "assert component == 'D1', 'no figure'")
    steps = []

    with pytest.raises(RunError) as failed:
        report(tell=steps.append)

    assert (failed.value.notebook, failed.value.cell) == ("domain-D2", 4)
    assert "AssertionError: no figure" in str(failed.value)
    assert {path.name: path.read_bytes() for path in place.reports_dir.glob("*.html")} == before
    assert [entry.folder for entry in Store(place.reports_dir).published()] == [
        place.reports_dir / good.folder.name
    ]
    kept = Path(steps[-1].page)
    assert kept.parent == place.reports_dir / "failed"
    assert not list(kept.rglob("*.html"))
    assert (kept / "notebooks" / "domain-D2.ipynb").is_file()
    assert "no figure" in (kept / "run.log").read_text(encoding="utf-8")
    assert Manifest.read(kept).error == {lang: failed.value.text(lang) for lang in ("vi", "en")}
    assert [step.page for step in steps if step.error] == ["domain-D2"]


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("from IPython.display import HTML, display\ndisplay(HTML('<script>1</script>'))", "<script>"),
        ("from IPython.display import HTML, display\ndisplay(HTML('<p>FutureWarning: x</p>'))", "warning"),
        ("from IPython.display import HTML, display\ndisplay(HTML(f'<p>{run_dir}</p>'))", "private text"),
    ],
)
def test_a_page_with_something_wrong_is_not_published(report, made, place, cell, problem):
    """All notebooks ran, and still nothing is published."""
    made.write_notebooks(place.notebooks_dir, cell)

    with pytest.raises(RunError, match=problem):
        report()

    assert Store(place.reports_dir).published() == []


def test_a_page_without_its_figures_or_tables_is_not_published(report, made, place):
    """A notebook that shows nothing has swallowed something."""
    empty = made.notebook('component = "all"\n' + made.PAGE, parameters=made.PARAMETERS)
    made.write_notebooks(place.notebooks_dir, meeting=empty)

    with pytest.raises(RunError, match="1 check failed") as failed:
        report()

    assert "does not show the figure 16,3" in str(failed.value)
    assert "shows 0 tables, at least 1 expected" in str(failed.value)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ((), "shows no cover"),
        (("try:\n    1 / 0\nexcept ZeroDivisionError:\n    pass", "None"), "shows no cover"),
        ((PAGE, "try:\n    Table(1)\nexcept TypeError:\n    pass"), "shows 0 tables"),
    ],
)
def test_a_notebook_that_shows_nothing_is_not_published(report, made, place, cells, reason):
    """Every cell ran, with or without an error that nobody is told of, and there is no page."""
    filled = [made.PAGE if cell is PAGE else cell for cell in cells]
    made.write_notebooks(
        place.notebooks_dir,
        meeting=made.notebook('component = "all"', *filled, parameters=made.PARAMETERS),
    )

    with pytest.raises(RunError, match=reason):
        report()

    assert Store(place.reports_dir).published() == []


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (lambda table: table.assign(value=table["value"].iloc[::-1].to_numpy()), "ranges are ordered"),
        (lambda table: table.assign(value=float("nan")), "forecast is finite"),
        (lambda table: table[table["output_type"] == "pmf"], "forecast is not empty"),
    ],
)
def test_a_forecast_that_makes_no_sense_is_not_published(report, made, monkeypatch, spoil, check):
    """Figures are looked at before anyone else does."""
    bad = made.small_result()
    monkeypatch.setattr(run.checks, "of_page", lambda *_, **__: [])
    monkeypatch.setattr(run.checks, "figures_to_show", lambda *_: [])
    spoilt = replace(bad, forecast=spoil(bad.forecast))

    found = {each.name: each.good for each in run.checks.of_forecast(spoilt)}

    assert found[check] is False
    assert all(each.good for each in run.checks.of_forecast(bad))


def test_misfitting_parameters_are_refused_before_anything_is_made(report, made, place, monkeypatch):
    """No kernel, no folder, and the nearest name in the message."""
    monkeypatch.setattr(run, "Kernels", None)
    misspelt = made.notebook("1", parameters=made.PARAMETERS.replace("target_year", "target_yaer"))
    made.write_notebooks(place.notebooks_dir, meeting=misspelt)

    with pytest.raises(SpecError, match="the nearest is target_yaer"):
        report()

    assert not place.reports_dir.exists()


def test_a_missing_or_broken_notebook_is_refused_before_anything_is_made(report, place):
    """What is to be run is read first."""
    no_version = '{"cells": [{"cell_type": "raw", "source": "x", "metadata": {}}], "metadata": {}}'
    no_minor = '{"nbformat": 4, "nbformat_minor": null, "cells": [], "metadata": {}}'
    shapes = ("[]", "null", "7", "{}", '{"nbformat": 4, "cells": 7}', no_version, no_minor)
    for content in ("{", "", *shapes, "[" * 100_000):
        (place.notebooks_dir / "meeting.ipynb").write_text(content, encoding="utf-8")
        with pytest.raises(RunError, match=r"meeting\.ipynb"):
            report()

    (place.notebooks_dir / "meeting.ipynb").unlink()
    with pytest.raises(RunError, match=r"no notebook meeting\.ipynb in the folder"):
        report()

    assert not place.reports_dir.exists()


def test_a_refused_question_leaves_nothing(report, place, monkeypatch):
    """A year that is out, say: that is no failed run."""

    def refuse(*_):
        raise SpecError("spec.empty", {"name": "area"})

    monkeypatch.setattr(pipeline, "make", refuse)
    with pytest.raises(SpecError):
        report()

    assert [path.name for path in place.reports_dir.iterdir()] == [".lock"]


def test_bad_data_are_recorded_as_a_failed_run(report, place, monkeypatch):
    """A run at night leaves the reason."""

    def refuse(*_):
        raise DataError([Problem("scores.csv", 3, "score", "87,5", "expect.something")])

    monkeypatch.setattr(pipeline, "make", refuse)
    with pytest.raises(DataError):
        report()

    (failed,) = Store(place.reports_dir).failed()
    assert "scores.csv" in failed.manifest.error["vi"]


def test_data_that_change_during_a_run_do_not_change_it(report, place, made, monkeypatch):
    """Figures, notebooks and hashes are of one copy, taken at the start."""
    seen = []

    def compute(_spec, data_dir, *_):
        (place.data_dir / "scores.csv").write_text("changed\n", encoding="utf-8")
        seen.append((data_dir / "scores.csv").read_text(encoding="utf-8"))
        return made.small_result()

    monkeypatch.setattr(pipeline, "make", compute)
    folder = report().folder

    assert seen == ["made up\n"]
    assert (folder / "data" / "scores.csv").read_text(encoding="utf-8") == "made up\n"


def test_a_run_that_takes_too_long_is_ended(report, made, place):
    """The notebooks that were not ready are named, and their kernels are gone."""
    made.write_notebooks(place.notebooks_dir, "import time; time.sleep(600 if component == 'D2' else 0)")

    with pytest.raises(RunError, match=r"longer than the 5 seconds allowed; not finished: .*domain-D2"):
        report(options={"workers": 3, "run_seconds": 5})

    assert Store(place.reports_dir).published() == []


@pytest.mark.parametrize("where", ["figures", "page", "move", "list"])
def test_a_full_disk_is_told_and_harms_no_older_run(good, report, place, made, monkeypatch, where):
    """Whatever does not fit any more: tables, pages or the record."""
    shutil.copytree(good.folder.parent, place.reports_dir)
    (place.data_dir / "scores.csv").write_text("changed\n", encoding="utf-8")
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    full_told = WriteError("write.no_room", {"path": "x"})
    if where == "figures":
        monkeypatch.setattr(type(made.small_result()), "write", _raise(full))
    elif where == "page":
        monkeypatch.setattr(run, "replace_file", _raise(full_told))
    elif where == "move":
        monkeypatch.setattr("forecast.runs.store.replace_folder", _raise(full_told))
    else:
        calls = iter(["the opening", full_told])
        raising = lambda *_: _raise(call)() if isinstance(call := next(calls), Exception) else None  # noqa: E731
        monkeypatch.setattr("forecast.runs.site.write", raising)

    with pytest.raises(WriteError, match="no room left") as failed:
        report()

    monkeypatch.undo()
    store = Store(place.reports_dir)
    assert failed.value.exit_code == 4
    assert store.whole(good.folder.name) is not None
    assert [entry.state for entry in store.failed()] == ([] if where == "list" else ["failed"])
    with store.opened():  # what was in its place already is then listed too
        pass
    assert len(store.published()) == (2 if where == "list" else 1)
    assert store.unfinished() == []


def _raise(error):
    def raising(*_, **__):
        raise error

    return raising


def test_a_cell_may_not_take_longer_than_allowed(report, made, place):
    """The time-out of the command reaches the cells."""
    made.write_notebooks(place.notebooks_dir, "import time; time.sleep(60)")

    with pytest.raises(RunError, match=r"domain-D1 failed in cell 4 .*longer than the 1 second"):
        report(options={"limits": Limits(cell_seconds=1)})


def start(place, patience="0"):
    """Start a run in a process of its own."""
    driver = Path(__file__).with_name("driver.py")
    return subprocess.Popen(
        [sys.executable, str(driver), str(place.data_dir.parent), patience],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "FORECAST_TEST_MARK": str(place.data_dir)},
    )


def survivors(place):
    """Processes that a run started and left, found by the mark in their environment."""
    mark = f"FORECAST_TEST_MARK={place.data_dir}\0".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes() + b"\0":
                found.append(folder.name)
        except OSError:
            continue
    return found


def until(process, word):
    """Wait until the run says a word; one that says nothing for two minutes is ended."""
    too_long = threading.Timer(120, process.kill)
    too_long.start()
    try:
        for line in process.stdout:
            if line.startswith(word):
                return
    finally:
        too_long.cancel()
    raise AssertionError(process.stderr.read())


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found by Linux' /proc")
@pytest.mark.parametrize(
    ("number", "moment"), [(signal.SIGINT, "begun"), (signal.SIGTERM, "page"), (signal.SIGKILL, "page")]
)
def test_a_stopped_run_leaves_no_process_and_no_half_report(made, place, number, moment):
    """Asked to stop, it puts its work aside; killed, the next opening does."""
    made.write_notebooks(place.notebooks_dir, "import time; time.sleep(600 if component == 'D2' else 0)")
    process = start(place, "30" if moment == "begun" else "0")
    until(process, moment)

    process.send_signal(number)
    _, said = process.communicate(timeout=120)

    expected = {signal.SIGINT: -2, signal.SIGTERM: 143, signal.SIGKILL: -9}[number]
    assert process.returncode == expected, said
    for _ in range(50):
        if not survivors(place):
            break
        signal.sigtimedwait([], 0.1)
    assert survivors(place) == []
    store = Store(place.reports_dir)
    assert store.published() == []
    with store.opened():
        pass
    (failed,) = store.failed()
    assert failed.manifest.state == "failed"
    assert not list(failed.folder.rglob("*.html"))
    assert sorted(path.name for path in place.reports_dir.iterdir()) == [".lock", "failed"]


def test_a_second_run_at_once_is_refused(report, place):
    """The first goes on undisturbed."""
    process = start(place, "30")
    until(process, "begun")
    try:
        with pytest.raises(WriteError, match=f"process {process.pid}"):
            report()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)


def test_the_command_says_what_it_does_and_where_the_report_lies(made, place, monkeypatch, capsys):
    """One line a notebook, then the paths; the exit codes are those of the help."""
    from forecast import cli

    monkeypatch.setattr(run.report_notebooks, "KINDS", made.KINDS)
    options = [f"--{name.replace('_', '-')}={path}" for name, path in vars(place).items()]
    words = ["report", "--target-year=2024", "--as-of=2024-10-20", "--area=TP. Hồ Chí Minh", *options]

    assert cli.run(words) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert sum(line.startswith("[") and line.endswith(" giây") for line in said.out.splitlines()) == 3
    assert str(place.reports_dir / "index.html") in said.out

    assert cli.run(words) == 0
    assert "không phải làm lại" in capsys.readouterr().out

    made.write_notebooks(place.notebooks_dir, "1 / 0")
    assert cli.run([*words, "--lang=en"]) == 3
    said = capsys.readouterr()
    assert "domain-D1: FAILED." in said.out
    assert "The executed notebooks and the log are in" in said.err
    assert said.err.count("ZeroDivisionError") == 1


def test_a_run_after_a_run_is_told_which_one_came_before(report, made, place, monkeypatch):
    """The first has no earlier report; the next has the first, and shows what its result says of it."""
    asked = []

    def compute(_spec, _data, previous, _each):
        asked.append(previous)
        told = pd.DataFrame({"run_id": [previous.name if previous else ""]})
        return replace(made.small_result(), previous=told)

    monkeypatch.setattr(pipeline, "make", compute)
    first = report()
    (place.data_dir / "scores.csv").write_text("changed\n", encoding="utf-8")

    second = report()

    assert asked == [None, first.folder]
    assert pd.read_csv(second.folder / "previous.csv")["run_id"].tolist() == [first.manifest.run_id]
    assert (first.folder / "forecast.csv").read_bytes() == (second.folder / "forecast.csv").read_bytes()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_a_pipe_among_the_tables_is_not_waited_for(place, monkeypatch):
    """It is refused by its name."""
    monkeypatch.setattr(run.load, "read", lambda *_, **__: None)
    os.mkfifo(place.data_dir / "issuer.toml")

    with pytest.raises(DataError, match=r"issuer\.toml: this is not a regular file"):
        run.data_of(place.data_dir, SimpleNamespace(as_of=None))


def test_the_name_of_a_run_does_not_depend_on_what_came_before(report, place, good):
    """The same spec and inputs give the same name beside other reports, and alone."""
    (place.data_dir / "events.csv").write_text("changed\n", encoding="utf-8")
    report()
    (place.data_dir / "events.csv").write_text("made up\n", encoding="utf-8")

    assert report().folder.name == good.folder.name


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"\xef\xbb\xbf", b"", ""),
        (b"", b"\n<<<<<<< HEAD\n", "merge marks of git"),
        (b"x", b"", "no Jupyter notebook"),
    ],
)
def test_a_notebook_with_a_mark_of_its_editor_is_read_or_named(before, after, said):
    """A byte order mark is none of its words; what is no notebook is told without a library's words."""
    content = before + nbformat.writes(nbformat.v4.new_notebook()).encode() + after

    try:
        told = "" if report_notebooks._parsed("x.ipynb", content).cells == [] else "cells"
    except RunError as error:
        told = str(error)

    assert said in told
    assert bool(said) == bool(told)
    assert "JSON" not in told
