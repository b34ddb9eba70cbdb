"""A failed run repeated: what is the same is taken over, and the bytes are those of a run from nothing."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest

from forecast import cli
from forecast.answer import pipeline
from forecast.base.errors import RunError
from forecast.runs import manifest, plan, reuse, run
from forecast.runs.manifest import Inputs, Manifest
from forecast.runs.store import Store


def bytes_of(folder):
    """All bytes of a run that depend on its inputs alone."""
    return {name: (folder / name).read_bytes() for name in Manifest.read(folder).outputs}


@pytest.fixture
def bench(made, place, server, monkeypatch):
    """A place in which a run has failed in its last page because of something outside of its inputs."""
    computed, steps = [], []
    switch = place.reports_dir.parent / "switch"
    switch.touch()

    def compute(*_):
        computed.append(1)
        return made.small_result()

    def report(**changed):
        steps.clear()
        options = run.Options(workers=2, server=server, **changed)
        return run.report(made.SPEC, kinds=made.KINDS, options=options, tell=steps.append, **vars(place))

    monkeypatch.setattr(pipeline, "make", compute)
    cell = f"assert component != 'D2' or not Path({str(switch)!r}).exists(), 'no figure'"
    made.write_notebooks(place.notebooks_dir, cell)
    with pytest.raises(RunError, match="no figure"):
        report()
    switch.unlink()
    return SimpleNamespace(computed=computed, steps=steps, report=report, place=place, switch=switch)


def reused(steps):
    """Pages that were taken over."""
    return {step.page for step in steps if step.name == "page" and step.reused}


def test_a_failed_run_repeated_does_only_what_failed(bench):
    """In place, without a trace of the failure, and with the bytes of a run that takes nothing over."""
    retried = bench.report()

    assert reused(bench.steps) == {"meeting", "domain-D1"}
    assert len(bench.computed) == 1
    assert Store(bench.place.reports_dir).failed() == []
    before = bytes_of(retried.folder)
    kept = (retried.folder / "notebooks" / "domain-D1.ipynb").read_text(encoding="utf-8")
    assert retried.folder.as_posix() in kept
    assert "/failed/" not in kept
    anew = bench.report(again=True)
    assert reused(bench.steps) == set()
    assert len(bench.computed) == 2
    assert bytes_of(anew.folder) == before


@pytest.mark.parametrize("name", ["domain-D1.ipynb", "forecast.csv"])
def test_what_was_altered_since_is_made_anew(bench, name):
    """An analyst may have run the notebook by hand, or mended a figure."""
    (kept,) = Store(bench.place.reports_dir).failed()
    path = next(kept.folder.rglob(name))
    path.write_text(path.read_text(encoding="utf-8").replace("16.73", "99.99") + " ", encoding="utf-8")

    outcome = bench.report()

    assert "domain-D1" not in reused(bench.steps) or name == "forecast.csv"
    assert len(bench.computed) == (2 if name == "forecast.csv" else 1)
    assert not (outcome.folder / name).exists() or "99.99" not in (outcome.folder / name).read_text("utf-8")


def test_other_data_or_code_leave_nothing_to_take_over(bench, monkeypatch):
    """Whatever could have made another figure is in the key."""
    (bench.place.data_dir / "scores.csv").write_text("other\n", encoding="utf-8")
    bench.report()
    assert (reused(bench.steps), len(bench.computed)) == (set(), 2)

    monkeypatch.setattr(manifest, "code_hash", lambda: "other code")
    bench.report()
    assert (reused(bench.steps), len(bench.computed)) == (set(), 3)


def test_a_mended_notebook_is_executed_and_those_that_only_open_the_result_are_not(made, bench):
    """A notebook that looks into the run's folder sees another run; one that opens the result does not."""
    open_only = made.PAGE.replace(
        "result = Result.read(Path(run_dir))",
        "from forecast.answer import pipeline\n"
        "result = pipeline.open_result(index_code=index_code, area=area, "
        "target_year=target_year, as_of=as_of, run_dir=run_dir)",
    )
    domain = made.notebook(open_only, made.TABLE, parameters=made.PARAMETERS + 'component: str = "D1"  # x\n')
    broken = made.notebook("1 / 0", parameters=made.PARAMETERS)
    made.write_notebooks(bench.place.notebooks_dir, domain=domain, meeting=broken)
    with pytest.raises(RunError, match="ZeroDivisionError"):
        bench.report()
    made.write_notebooks(bench.place.notebooks_dir, domain=domain)

    mended = bench.report()

    assert reused(bench.steps) == {"domain-D1", "domain-D2"}
    assert len(bench.computed) == 1
    assert mended.folder.as_posix() in (mended.folder / "notebooks" / "domain-D1.ipynb").read_text("utf-8")


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


def test_all_that_a_notebook_can_read_is_in_its_key(made):
    """Its file, parameters, tables, data, code, versions; the rest of the run only where it looks there."""
    opening = made.notebook("report.open_result(run_dir=run_dir)")
    job = plan.Job("x", plan.Kind(stem="x"), "", opening, {"lang": "vi", "run_dir": "/here"})
    other = replace(RECORD, inputs=replace(RECORD.inputs, notebooks={"x.ipynb": "1"}))
    keys = [reuse.key_of_notebook(job, each, "1") for each in (RECORD, *OTHERS[1:], other)]
    keys += [reuse.key_of_notebook(job, RECORD, "2")]
    keys += [reuse.key_of_notebook(replace(job, given={"lang": "en"}), RECORD, "1")]

    assert len(set(keys)) == len(keys)
    elsewhere = replace(RECORD, run_id="b", commit="c")
    moved = replace(job, given={"lang": "vi", "run_dir": "/there"})
    assert reuse.key_of_notebook(moved, elsewhere, "1") == keys[0]
    looking = replace(job, notebook=made.notebook("report.run_record(run_dir)"))
    found = {reuse.key_of_notebook(looking, each, "1") for each in (RECORD, elsewhere)}
    assert len(found | {keys[0]}) == 3


@pytest.mark.parametrize(
    ("cell", "reads"),
    [
        ("result = pipeline.open_result(area=area, run_dir=run_dir)", False),
        ("print(1)", False),
        ("run = report.run_record(run_dir)", True),
        ("pipeline.open_result(run_dir=run_dir + '/x')", True),
        ("%cd $run_dir", True),
    ],
)
def test_which_notebooks_look_into_the_folder_of_the_run(made, cell, reads):
    """Read from the cells without running them; what cannot be parsed may do anything."""
    assert reuse.reads_the_run(made.notebook(cell, parameters=made.PARAMETERS)) is reads


def test_records_of_earlier_versions_are_still_read(bench):
    """They have nothing to take over."""
    (kept,) = Store(bench.place.reports_dir).failed()
    path = kept.folder / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    del told["volatile"]["traces"]
    path.write_text(json.dumps(told), encoding="utf-8")

    bench.report()

    assert (reused(bench.steps), len(bench.computed)) == (set(), 2)


@pytest.fixture
def retry(bench, made, monkeypatch, capsys):
    """Give the command; code, output and refusals."""
    monkeypatch.setattr(plan, "KINDS", made.KINDS)
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
    assert "domain-D1: executed earlier, used again" in out
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
    assert "used again" not in out
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
