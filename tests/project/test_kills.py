"""What `benchmarks.kills` looks at after a kill finds what is lost."""

import shutil
from collections import Counter
from pathlib import Path

import pytest
from benchmarks.kills import TRIALS, Place, data_faults, letter_faults, report_faults

from forecast.intake import journal
from forecast.runs.files import sha256
from forecast.runs.manifest import Inputs, Manifest, run_id_of
from forecast.runs.store import Store
from forecast.sending.ledger import FILE, Ledger

DATA = Path(__file__).parents[2] / "data"
SPEC = {"index_code": "PAR", "area": "Hà Nội", "target_year": 2024, "force": False, "as_of": "2024-01-20"}


@pytest.fixture
def place(tmp_path):
    """A folder with the tables and one published run."""
    made = Place(tmp_path)
    shutil.copytree(DATA, made.data)
    made.tables = (made.content(),)
    inputs, store = Inputs(data={}, notebooks={}, code="", versions={}), Store(made.reports)
    record = Manifest(run_id=run_id_of(SPEC, "vi", inputs), spec=SPEC, lang="vi", inputs=inputs, pages=("a",))
    with store.opened():
        folder = store.begin(record)
        (folder / "a.html").write_text("whole", encoding="utf-8")
        outputs = {"a.html": sha256(folder / "a.html")}
        store.publish(folder, Manifest(**{**_fields(record), "outputs": outputs}))
    return made


def _fields(record):
    return {name: getattr(record, name) for name in ("run_id", "spec", "lang", "inputs", "pages")}


def test_a_sound_place_has_no_faults(place):
    """Nothing is told where nothing is lost."""
    assert [*data_faults(place), *report_faults(place), *letter_faults(place)] == []


def test_what_is_lost_is_told(place):
    """A cut table, a torn journal, a changed page, a second letter, one that the ledger does not know."""
    (place.data / "scores.csv").write_bytes((place.data / "scores.csv").read_bytes()[:-20])
    (place.data / journal.FILE).write_bytes(b"{")
    (page,) = place.reports.glob("2*/a.html")
    page.write_text("half", encoding="utf-8")
    place.letters = Counter({"a@b.c": 2, "d@e.f": 1})
    Ledger(place.reports / FILE).add("sent", run_id=page.parent.name, to="a@b.c")

    assert any("scores.csv is neither as before nor as after" in fault for fault in data_faults(place))
    assert any(journal.FILE in fault for fault in data_faults(place))
    assert list(report_faults(place)) == [f"{page.parent.name} is not whole"]
    assert list(letter_faults(place)) == ["a@b.c has 2 letters", "d@e.f is not in the ledger"]


def test_a_lost_report_is_told(place):
    """An empty folder is no sound one."""
    shutil.rmtree(place.reports)
    place.reports.mkdir()

    assert list(report_faults(place)) == ["the report that was there is lost"]


def test_every_command_that_writes_is_killed():
    """None is forgotten."""
    assert set(TRIALS) == {"add", "import", "intake", "send", "report", "areas"}
