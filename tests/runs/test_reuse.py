"""A failed run repeated: what is the same is taken over, and the bytes are those of a run from nothing."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest

from forecast import cli
from forecast.answer import pipeline
from forecast.base.errors import RunError
from forecast.runs import manifest, report_notebooks, reuse, run
from forecast.runs.manifest import Inputs, Manifest
from forecast.runs.store import Store


def bytes_of(folder):
    """All bytes of a run that depend on its inputs alone."""
    return {name: (folder / name).read_bytes() for name in Manifest.read(folder).outputs}


@pytest.fixture
def bench(made, place, fork_server, monkeypatch):
    """A place in which a run has failed in its last page because of something outside of its inputs."""
    computed, steps = [], []
    switch = place.reports_dir.parent / "switch"
    switch.touch()

    def compute(*_):
        computed.append(1)
        return made.small_result()

    def report(**changed):
        steps.clear()
        options = run.Options(workers=2, server=fork_server, **changed)
        return run.report(made.SPEC, kinds=made.KINDS, options=options, tell=steps.append, **vars(place))

    monkeypatch.setattr(pipeline, "make", compute)
    cell = f"assert component != 'D2' or not Path({str(switch)!r}).exists(), 'no figure'"
    made.write_notebooks(place.notebooks_dir, cell)
    with pytest.raises(RunError, match="no figure"):
        report()
    switch.unlink()
    return SimpleNamespace(computed=computed, steps=steps, report=report, place=place, switch=switch)


def taken_over(steps):
    """Whether the tables were those of an earlier attempt."""
    return [step.reused for step in steps if step.name == "computed"] == [True]


def test_a_failed_run_repeated_computes_nothing_twice(bench):
    """In place, without a trace of the failure, and with the bytes of a run that takes nothing over."""
    retried = bench.report()

    assert taken_over(bench.steps)
    assert len(bench.computed) == 1
    assert Store(bench.place.reports_dir).failed() == []
    before = bytes_of(retried.folder)
    kept = (retried.folder / "notebooks" / "domain-D1.ipynb").read_text(encoding="utf-8")
    assert retried.folder.as_posix() in kept
    assert "/failed/" not in kept
    anew = bench.report(again=True)
    assert not taken_over(bench.steps)
    assert len(bench.computed) == 2
    assert bytes_of(anew.folder) == before


def test_what_was_altered_since_is_made_anew(bench):
    """An analyst may have mended a figure."""
    (kept,) = Store(bench.place.reports_dir).failed()
    path = next(kept.folder.rglob("forecast.csv"))
    path.write_text(path.read_text(encoding="utf-8").replace("16.73", "99.99") + " ", encoding="utf-8")

    outcome = bench.report()

    assert (taken_over(bench.steps), len(bench.computed)) == (False, 2)
    assert "99.99" not in (outcome.folder / "forecast.csv").read_text("utf-8")


def test_other_data_or_code_leave_nothing_to_take_over(bench, monkeypatch):
    """Whatever could have made another figure is in the key."""
    (bench.place.data_dir / "scores.csv").write_text("other\n", encoding="utf-8")
    bench.report()
    assert (taken_over(bench.steps), len(bench.computed)) == (False, 2)

    monkeypatch.setattr(manifest, "code_hash", lambda: "other code")
    bench.report()
    assert (taken_over(bench.steps), len(bench.computed)) == (False, 3)


def test_a_mended_notebook_needs_no_new_tables(made, bench):
    """The run has another name then; every notebook is executed on the tables that were there."""
    made.write_notebooks(bench.place.notebooks_dir)

    bench.report()

    assert (taken_over(bench.steps), len(bench.computed)) == (True, 1)


RECORD = Manifest(
    run_id="a",
    spec={"seed": 1},
    lang="vi",
    inputs=Inputs(data={}, notebooks={"x.ipynb": ""}, code="", versions={}),
)
OTHERS = [
    replace(RECORD, spec={"seed": 2}),
    replace(RECORD, inputs=replace(RECORD.inputs, data={"scores.csv": "1"})),
    replace(RECORD, inputs=replace(RECORD.inputs, code="1")),
    replace(RECORD, inputs=replace(RECORD.inputs, versions={"numpy": "1"})),
]


def test_all_that_makes_a_figure_is_in_the_key_of_the_tables(tmp_path):
    """Question, data, code, versions, and the report before, as the result tells what changed since."""
    keys = [reuse.key_of_tables(each, None) for each in (RECORD, *OTHERS)]
    keys += [reuse.key_of_tables(RECORD, tmp_path)]

    assert len(set(keys)) == len(keys)
    elsewhere = replace(RECORD, commit="x", started_at="y", run_id="b")
    assert reuse.key_of_tables(elsewhere, None) == keys[0]


def test_records_of_earlier_versions_are_still_read(bench):
    """They have nothing to take over."""
    (kept,) = Store(bench.place.reports_dir).failed()
    path = kept.folder / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    del told["volatile"]["traces"]
    path.write_text(json.dumps(told), encoding="utf-8")

    bench.report()

    assert (taken_over(bench.steps), len(bench.computed)) == (False, 2)


@pytest.fixture
def retry(bench, made, monkeypatch, capsys):
    """Give the command; code, output and refusals."""
    monkeypatch.setattr(report_notebooks, "KINDS", made.KINDS)
    words = [f"--{name.replace('_', '-')}={path}" for name, path in vars(bench.place).items()]

    def command(*more):
        code = cli.run(["--lang=en", "runs", "retry", *more, *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_the_command_repeats_a_failed_run(bench, retry, made):
    """The only one need not be named; what is taken over is said."""
    (kept,) = Store(bench.place.reports_dir).failed()

    code, out, _ = retry()

    assert code == 0
    assert f"Retrying the run {kept.run_id}: {made.SPEC.area}, PAR 2024, data up to" in out
    assert "The forecast computed by an earlier attempt is used" in out
    assert [entry.run_id for entry in Store(bench.place.reports_dir).published()] == [kept.run_id]
    assert retry() == (2, "", f"There is no failed run in {bench.place.reports_dir}, and nothing to retry.\n")
    code, _, err = retry(kept.run_id)
    assert (code, "is published, there is nothing to retry" in err) == (2, True)
    assert retry("2024")[0] == 2


def test_the_command_says_what_changed_since(bench, retry, monkeypatch):
    """Other code: nothing is taken over, the run has another name, and the failed one stays."""
    monkeypatch.setattr(manifest, "code_hash", lambda: "other code")

    code, out, _ = retry()

    assert code == 0
    assert "Changed since the failed attempt: code. This is a new run" in out
    assert "earlier attempt is used" not in out
    assert len(Store(bench.place.reports_dir).failed()) == 1


def test_the_command_refuses_what_cannot_be_repeated(bench, retry):
    """No data, no record, or two to choose from: in words, with the failed run left as it is."""
    store = Store(bench.place.reports_dir)
    (kept,) = store.failed()
    (bench.place.data_dir / "areas.csv").rename(bench.place.data_dir / "gone")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run.load, "read", lambda *_, **__: None)
        code, _, err = retry()
    assert (code, "areas.csv" in err) == (4, True) or "areas.csv" in err
    assert store.failed() == [kept]

    (kept.folder / "manifest.json").write_text("{", encoding="utf-8")
    code, _, err = retry()
    assert (code, "cannot be read, so it does not tell" in err) == (2, True)

    shutil.copytree(kept.folder, kept.folder.with_name("other"))
    code, _, err = retry()
    assert (code, "There are 2 failed runs" in err) == (2, True)
