"""`forecast runs`: what lies in a folder of reports; every run here is made up."""

import json
from dataclasses import replace

import pytest

from forecast import cli
from forecast.runs.manifest import Inputs, Manifest, run_id_of
from forecast.runs.store import Store

INPUTS = Inputs(data={}, notebooks={}, code="", versions={})
SPEC = {"index_code": "PAR", "area": "Hà Nội", "target_year": 2024, "force": False, "seed": 1}


def manifest(day):
    """The record of a made-up run."""
    spec = {**SPEC, "as_of": day}
    return Manifest(
        run_id=run_id_of(spec, "vi", INPUTS), spec=spec, lang="vi", inputs=INPUTS, pages=("meeting",)
    )


@pytest.fixture
def store(tmp_path):
    """A folder with three good runs, a failed one and a damaged one."""
    store = Store(tmp_path / "reports")
    for month in range(1, 5):
        record = manifest(f"2024-{month:02d}-20")
        with store.opened():
            store.publish(store.begin(record), replace(record, seconds={"compute": 1.25, "meeting": 0.5}))
    failed = manifest("2024-09-20")
    with store.opened():
        store.fail(store.begin(failed), failed, {"vi": "hỏng", "en": "bad"})
    (store.root / manifest("2024-01-20").run_id / "manifest.json").write_text("{", encoding="utf-8")
    return store


@pytest.fixture
def forecast(store, capsys):
    """Give a command about the folder; give code, output and refusals."""

    def command(*words):
        code = cli.run(["runs", *words, "--reports-dir", str(store.root)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_list_shows_every_run_with_its_state_newest_first(forecast):
    """Good ones, the latest marked; then what failed or is damaged."""
    code, out, _ = forecast("list", "--lang=en")

    rows = [line.split() for line in out.splitlines()[2:]]
    assert code == 0
    assert [(row[0][:10], row[1]) for row in rows] == [
        ("2024-04-20", "published"),
        ("2024-03-20", "published"),
        ("2024-02-20", "published"),
        ("2024-01-20", "damaged"),
        ("2024-09-20", "failed"),
    ]
    assert [row[-1] for row in rows].count("yes") == 1
    assert rows[0][-2:] == ["1.8", "yes"]


def test_list_of_nothing_says_so(tmp_path, capsys):
    """A folder that is not there has no runs, and is not made."""
    assert cli.run(["runs", "list", "--reports-dir", str(tmp_path / "none")]) == 0
    assert "Chưa có lượt chạy nào" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_show_gives_the_record_of_a_run_or_of_the_latest(forecast):
    """The folder, then the manifest as it is."""
    code, out, _ = forecast("show")
    folder, _, record = out.partition("\n")

    assert code == 0
    assert folder.endswith(json.loads(record)["run_id"])
    assert json.loads(record)["spec"]["as_of"] == "2024-04-20"
    assert json.loads(record)["volatile"]["state"] == "published"

    failed = manifest("2024-09-20").run_id
    _, out, _ = forecast("show", failed)
    assert '"en": "bad"' in out


def test_an_unknown_run_or_action_is_refused(forecast):
    """Exit code 2, and what to do."""
    code, _, err = forecast("show", "2024-10-20_no")
    assert (code, "forecast runs list" in err) == (2, True)

    code, _, err = forecast("prone")
    assert (code, "prune" in err) == (2, True)

    code, _, err = forecast("prune", "--keep=0")
    assert (code, "--keep" in err) == (2, True)


@pytest.mark.parametrize("action", ["list", "prune"])
def test_a_word_too_many_is_refused(forecast, action):
    """Neither takes a run's name, so a name means that something else was meant."""
    code, _, err = forecast(action, "gì-đó")

    assert (code, "gì-đó" in err) == (2, True)


def test_to_prune_a_folder_that_is_not_there_makes_none(tmp_path, capsys):
    """A folder's name mistyped is told, and nothing is left under that name."""
    assert cli.run(["runs", "prune", "--reports-dir", str(tmp_path / "reprots")]) == 0

    assert "reprots" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_what_lies_in_the_place_of_the_list_is_told_or_replaced(tmp_path, capsys):
    """A folder cannot be replaced; the bytes of another program can."""
    (tmp_path / "latest.html").write_bytes(b"\xff")
    assert cli.run(["runs", "prune", "--reports-dir", str(tmp_path)]) == 0
    (tmp_path / "index.html").mkdir()
    assert cli.run(["runs", "prune", "--reports-dir", str(tmp_path), "--lang", "en"]) == 4
    assert "index.html: a folder of that name stands there" in capsys.readouterr().err


def test_prune_says_what_it_removed(forecast, store):
    """Failed and damaged runs go; with --keep older good ones too; a second time there is nothing to do."""
    code, out, _ = forecast("prune", "--keep", "2", "--damaged")

    assert code == 0
    assert len(out.splitlines()) == 3
    assert [entry.run_id[:10] for entry in store.published()] == ["2024-03-20", "2024-04-20"]
    assert store.failed() == []
    assert forecast("prune")[1] == "Không có gì phải xóa.\n"
