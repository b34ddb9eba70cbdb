"""`forecast runs prune` removes what is surely of no use, and nothing else; every run here is made up."""

import json

import pytest

from forecast import cli
from forecast.runs.manifest import FILE, Inputs, Manifest, run_id_of
from forecast.runs.store import BUILDING, FAILED, Store, prune

INPUTS = Inputs(data={}, notebooks={}, code="", versions={})


def made(store, day, *, failed=False):
    """Make a run, published or failed; give its folder."""
    spec = {"index_code": "PAR", "area": "Hà Nội", "target_year": 2024, "force": False, "as_of": day}
    record = Manifest(
        run_id=run_id_of(spec, "vi", INPUTS), spec=spec, lang="vi", inputs=INPUTS, pages=("meeting",)
    )
    with store.opened():
        folder = store.begin(record)
        return store.fail(folder, record, {}) if failed else store.publish(folder, record)[0]


@pytest.fixture
def store(tmp_path):
    """A folder with a published run."""
    store = Store(tmp_path / "reports")
    made(store, "2024-01-20")
    return store


def spoilt(place, how):
    """Spoil the record of a run."""
    path = place / FILE
    whole = path.read_text(encoding="utf-8")
    path.unlink()
    if how == "folder":
        path.mkdir()
    elif how != "missing":
        content = {
            "empty": b"",
            "UTF-16": whole.encode("utf-16"),
            "number": whole.replace('"target_year": 2024', '"target_year": ' + "9" * 5_000).encode(),
            "brackets": b"[" * 100_000,
            "another's": json.dumps({**json.loads(whole), "run_id": "../../evil"}).encode(),
            "language": json.dumps({**json.loads(whole), "lang": "zz"}).encode(),
            "other run": whole.replace(place.name, place.name[:-8] + "00000000").encode(),
        }[how]
        path.write_bytes(content)


@pytest.mark.parametrize(
    "how",
    ["empty", "UTF-16", "folder", "number", "brackets", "missing", "another's", "language", "other run"],
)
def test_a_report_whose_record_cannot_be_read_stays_and_is_named(how, store, capsys):
    """Only the flag removes it."""
    place = made(store, "2024-02-20")
    spoilt(place, how)

    assert cli.run(["runs", "prune", "--keep", "1", "--reports-dir", str(store.root)]) == 0
    told = capsys.readouterr()
    assert str(place) in told.out
    assert place.is_dir()
    assert "evil" not in "".join(page.read_text(encoding="utf-8") for page in store.root.glob("*.html"))

    assert cli.run(["runs", "prune", "--damaged", "--reports-dir", str(store.root)]) == 0
    assert not place.exists()


@pytest.mark.parametrize("how", ["empty", "UTF-16", "folder", "brackets", "another's"])
@pytest.mark.parametrize("when", ["failed", "unfinished"])
def test_so_does_a_run_that_failed_or_was_not_finished(how, when, store, capsys):
    """One that was being made goes among the failed ones; both are named, and nothing in them is lost."""
    place = made(store, "2024-03-20", failed=True)
    (place / "run.log").write_bytes(b"what happened")
    spoilt(place, how)
    if when == "unfinished":
        place.rename(store.root / f"{BUILDING}{place.name}")

    assert cli.run(["runs", "prune", "--reports-dir", str(store.root)]) == 0
    assert str(place) in capsys.readouterr().out
    assert (place / "run.log").read_bytes() == b"what happened"

    assert cli.run(["runs", "prune", "--damaged", "--reports-dir", str(store.root)]) == 0
    assert not place.exists()


@pytest.mark.parametrize("linked", ["failed", "run", "failed run"])
def test_nothing_behind_a_link_is_removed(linked, store, tmp_path):
    """Neither the folder of failed runs nor a run may lead elsewhere."""
    away = tmp_path / "away"
    away.mkdir()
    name = made(store, "2024-03-20", failed=True).name
    if linked == "failed":
        (store.root / FAILED).rename(away / FAILED)
        (store.root / FAILED).symlink_to(away / FAILED)
    else:
        place = store.root / name if linked == "run" else store.root / FAILED / name.replace("03", "04")
        place.symlink_to(away)
    (away / "precious").write_bytes(b"")
    before = sorted(path.relative_to(away) for path in away.rglob("*"))

    with store.opened():
        prune(store, keep=1, damaged=True)

    assert sorted(path.relative_to(away) for path in away.rglob("*")) == before


def test_what_is_no_run_among_the_failed_ones_stays(store):
    """A folder of somebody's notes is not ours to remove."""
    made(store, "2024-03-20", failed=True)
    notes = store.root / FAILED / "ghi chú"
    notes.mkdir()

    with store.opened():
        done = prune(store)

    assert len(done.removed) == 1
    assert list((store.root / FAILED).iterdir()) == [notes]


@pytest.mark.parametrize("where", ["run", "failed run"])
def test_a_link_among_the_runs_is_no_run_of_ours(where, store, tmp_path):
    """Nor is a file: both stay, and neither is named as a run whose record is damaged."""
    away = tmp_path / "away"
    away.mkdir()
    name = made(store, "2024-03-20", failed=True).name
    folder = store.root if where == "run" else store.root / FAILED
    link, file = folder / name.replace("03", "04"), folder / name.replace("03", "05")
    link.symlink_to(away)
    file.write_bytes(b"")

    with store.opened():
        kept, done = prune(store), prune(store, damaged=True)

    assert (link.is_symlink(), file.is_file()) == (True, True)
    assert kept.unreadable == done.removed == ()
