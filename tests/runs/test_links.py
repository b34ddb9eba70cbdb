"""What mends, moves or removes in the folder of reports touches runs alone, and nothing through a link."""

import shutil
from dataclasses import replace

import pytest

from forecast.base.errors import WriteError
from forecast.runs.manifest import FILE, Inputs, Manifest, run_id_of
from forecast.runs.store import BUILDING, FAILED, NOTEBOOKS, Store

INPUTS = Inputs(data={}, notebooks={}, code="", versions={})


def record(day):
    """The record of a made-up run."""
    spec = {"index_code": "PAR", "area": "Hà Nội", "target_year": 2024, "force": False, "as_of": day}
    return Manifest(run_id=run_id_of(spec, "vi", INPUTS), spec=spec, lang="vi", inputs=INPUTS)


def made(store, day, *, failed=False):
    """Make a run, published or failed; give its folder and record."""
    with store.opened():
        folder = store.begin(record(day))
        if failed:
            return store.fail(folder, record(day), {}), record(day)
        return store.publish(folder, record(day))


@pytest.fixture
def store(tmp_path):
    """A folder with a published run."""
    store = Store(tmp_path / "reports")
    made(store, "2024-01-20")
    return store


@pytest.fixture
def away(tmp_path):
    """A folder of somebody else's."""
    away = tmp_path / "away"
    away.mkdir()
    (away / "precious.html").write_bytes(b"theirs")
    return away


def content(folder):
    """Everything below a folder."""
    paths = sorted(folder.rglob("*"))
    return {path.relative_to(folder): path.read_bytes() for path in paths if path.is_file()}


def _links(root):
    return {path.name for path in root.iterdir() if path.is_symlink()}


def _old_of_no_run(store, away, _place):
    (store.root / ".old-notes").symlink_to(away)


def _old_of_a_run(store, away, place):
    shutil.rmtree(place)
    (store.root / f".old-{place.name}").symlink_to(away)


def _run_in_place_but_not_marked(store, away, _place):
    place, manifest = made(store, "2024-02-20")
    replace(manifest, state="good").write(place)
    place.rename(away / place.name)
    place.symlink_to(away / place.name)


def _notebooks_of_an_unfinished_run(store, away, place):
    folder = store.root / f"{BUILDING}{place.name}"
    folder.mkdir()
    replace(Manifest.read(place), state="running").write(folder)
    (away / "a.ipynb").write_text(str(folder), encoding="utf-8")
    (folder / NOTEBOOKS).symlink_to(away)


def _page_in_front(store, away, _place):
    (store.root / "index.html").unlink()
    (store.root / "index.html").symlink_to(away / "precious.html")


@pytest.mark.parametrize(
    "linked",
    [
        _old_of_no_run,
        _old_of_a_run,
        _run_in_place_but_not_marked,
        _notebooks_of_an_unfinished_run,
        _page_in_front,
    ],
)
def test_mending_touches_nothing_behind_a_link(linked, store, away):
    """The next command mends what a killed one left; nothing becomes a run by a link either."""
    (place,) = (entry.folder for entry in store.published())
    linked(store, away, place)
    before, links = content(away), _links(store.root)

    with store.opened():
        left = {entry.run_id for entry in store.published() if entry.manifest}

    assert content(away) == before
    assert left <= {place.name}
    assert _links(store.root) <= links


def test_a_run_is_made_neither_into_a_link_nor_taken_from_one(store, away):
    """A link in the place of a run, or of one that is being made, is replaced, wherever it leads."""
    place, manifest = made(store, "2024-03-20")
    place.rename(away / place.name)
    place.symlink_to(away / place.name)
    before = content(away)

    assert store.whole(place.name) is None
    (store.root / f"{BUILDING}{place.name}").symlink_to(away)
    folder = store.adopt(place.name, {"meeting.html": b"new"}, "/elsewhere")
    store.put(folder, manifest)

    assert content(away) == before
    assert (place / "meeting.html").read_bytes() == b"new"
    assert not place.is_symlink()


def test_a_link_that_leads_nowhere_is_replaced_too(store, away):
    """Where nothing can be found behind it, the run still comes into its place."""
    (place,) = (entry.folder for entry in store.published())
    manifest = Manifest.read(place)
    shutil.rmtree(place)
    place.symlink_to(away / "gone")

    with store.opened():
        store.put(store.begin(manifest), manifest)

    assert (place / FILE).is_file()


def test_failed_runs_behind_a_link_are_not_forgotten(store, away):
    """A repeated run removes the failed one before it, unless that lies elsewhere."""
    place, _ = made(store, "2024-03-20", failed=True)
    (store.root / FAILED).rename(away / FAILED)
    (store.root / FAILED).symlink_to(away / FAILED)
    before = content(away)

    store.forget_failed(place.name)
    folder = store.begin(record("2024-03-20"))
    with pytest.raises(WriteError):
        store.fail(folder, record("2024-03-20"), {})

    assert content(away) == before


@pytest.mark.parametrize("page", ["meeting.html", "meeting.pdf", "figures.xlsx"])
def test_a_folder_in_the_place_of_a_page_stops_no_command(page, store):
    """What a killed run left is put among the failed ones, whatever it is, and without pages."""
    folder = store.begin(record("2024-03-20"))
    (folder / page).mkdir()
    (folder / page / "a.txt").touch()

    with store.opened():
        (failed,) = store.failed()

    assert not (failed.folder / page).exists()


def test_mending_leaves_what_is_not_ours(store):
    """Somebody's old notes and half-loaded files stay; a folder named like one stops no report."""
    theirs = [store.root / ".old-notes" / "a.txt", store.root / ".a.part" / "a.txt", store.root / ".b.part"]
    (store.root / "notes").mkdir()
    for path in theirs:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"theirs")
    ours = store.root / ".index.html.0123456789abcdef.part"
    ours.write_bytes(b"half")

    with store.opened():
        pass

    assert [path.exists() for path in (*theirs, ours)] == [True, True, True, False]
