"""The folder of reports: whole runs or none, whatever happens to the process that makes them."""

import errno
import json
import os
import re
import shutil
import signal
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base import disk
from forecast.base.errors import WriteError
from forecast.base.lock import hold_lock
from forecast.base.spelling import slug
from forecast.runs import files, site
from forecast.runs.html_check import read
from forecast.runs.manifest import RUN_ID, Inputs, Manifest, run_id_of
from forecast.runs.store import Store, prune

INPUTS = Inputs(
    data={"scores.csv": "ab"}, notebooks={"meeting.ipynb": "cd"}, code="ef", versions={"python": "3"}
)
SPEC = {
    "index_code": "PAR",
    "area": "TP. Hồ Chí Minh",
    "target_year": 2024,
    "as_of": "2024-10-20",
    "levels": [50],
    "seed": 1,
    "draws": 100,
    "force": False,
}


def manifest(**changed):
    """The record of a made-up run."""
    spec = {**SPEC, **changed}
    run_id = run_id_of(spec, "vi", INPUTS)
    return Manifest(run_id=run_id, spec=spec, lang="vi", inputs=INPUTS, pages=("meeting",))


def make(store, text="new", **changed):
    """Make and publish a run whose page says `text`."""
    with store.opened():
        record = manifest(**changed)
        folder = store.begin(record)
        (folder / "meeting.html").write_text(text, encoding="utf-8")
        outputs = {"meeting.html": files.sha256(folder / "meeting.html")}
        place, _ = store.publish(folder, replace(record, outputs=outputs))
    return place


def target_of(root):
    """The run that index and latest point at; they must agree."""
    index = (root / site.INDEX).read_text(encoding="utf-8")
    latest = (root / site.LATEST).read_text(encoding="utf-8")
    first = re.search(r'class="lead">.*?href="([^"]+)"', index)[1]
    assert f'url={first}"' in latest
    return root / first


def test_a_good_run_is_in_its_place_and_pointed_at(tmp_path):
    """After publication nothing else is left but the lock."""
    store = Store(tmp_path)

    place = make(store)

    assert target_of(tmp_path) == place / "meeting.html"
    assert Manifest.read(place).state == "published"
    assert {path.name for path in tmp_path.iterdir()} == {place.name, "index.html", "latest.html", ".lock"}


def test_the_list_can_be_read_without_a_network_and_in_vietnamese(tmp_path):
    """The list of runs obeys what is asked of pages; its links stay inside the folder."""
    make(Store(tmp_path))

    found = read((tmp_path / site.INDEX).read_text(encoding="utf-8"))

    assert found.lang == "vi"
    assert found.external == []
    assert "Báo cáo cho cuộc họp" in found.text


def test_the_list_says_when_a_report_was_made_and_in_what_language(tmp_path):
    """Two reports of one day can be told apart; who was logged in is nobody's business but the manifest's."""
    made = replace(manifest(), user="lan", finished_at="2024-10-20T05:30:00+07:00")

    site.write(tmp_path, [made])

    told = read((tmp_path / site.INDEX).read_text(encoding="utf-8")).text
    assert "lập lúc 05:30 ngày 20/10/2024" in told
    assert "bản tiếng Việt" in told
    assert "lan lập" not in told
    assert made.run_id in told


def test_a_record_is_read_as_it_was_written(tmp_path):
    """What another run of the same inputs may have otherwise stands by itself."""
    record = replace(
        manifest(), outputs={"a": "b"}, seconds={"compute": 1.5}, error={"vi": "hỏng", "en": "bad"}
    )
    record.write(tmp_path)

    told = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))

    assert Manifest.read(tmp_path) == record
    assert set(told["volatile"]) == set(Manifest.volatile)
    assert not set(told) & set(Manifest.volatile)


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "null", '{"format": 9}', '{"format": 1, "volatile": 3}', "\x00"]
)
def test_a_damaged_record_is_noticed_and_replaced_by_the_next_run(tmp_path, damage):
    """One broken file stops neither the list nor the next run."""
    store = Store(tmp_path)
    place = make(store)
    (place / "manifest.json").write_text(damage, encoding="utf-8")

    assert [entry.state for entry in store.published()] == ["damaged"]
    assert store.whole(place.name) is None
    make(store, "again")

    assert target_of(tmp_path).read_text(encoding="utf-8") == "again"


@pytest.mark.parametrize(
    "change",
    [
        {"spec": []},
        {"spec": {}},
        {"outputs": None},
        {"volatile": {"state": "gone"}},
        {"volatile": {"number": "1"}},
        {"volatile": {"seconds": []}},
        {"volatile": {"error": "?"}},
    ],
    ids=str,
)
def test_a_record_with_an_odd_value_is_a_damaged_one(tmp_path, change):
    """It is found when it is read, and not where the value is used."""
    store = Store(tmp_path)
    record = make(store) / "manifest.json"
    whole = json.loads(record.read_text(encoding="utf-8"))
    more = {**whole["volatile"], **change.pop("volatile", {})}
    record.write_text(json.dumps({**whole, **change, "volatile": more}), encoding="utf-8")

    assert [entry.state for entry in store.published()] == ["damaged"]
    with store.opened():
        assert [entry.state for entry in prune(store, damaged=True).removed] == ["damaged"]


def test_a_run_is_whole_only_if_each_output_is_as_it_was_made(tmp_path):
    """A page that was changed or lost is made anew."""
    store = Store(tmp_path)
    place = make(store)
    assert store.whole(place.name) is not None

    (place / "meeting.html").write_text("changed", encoding="utf-8")
    assert store.whole(place.name) is None

    (place / "meeting.html").unlink()
    assert store.whole(place.name) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_a_pipe_in_the_place_of_a_page_is_not_waited_for(tmp_path):
    """The run is no longer whole, which is told at once."""
    store = Store(tmp_path)
    place = make(store)
    (place / "meeting.html").unlink()
    os.mkfifo(place / "meeting.html")

    assert store.whole(place.name) is None


def test_the_same_run_replaces_the_old_one(tmp_path):
    """The second publication leaves one folder, the new one."""
    store = Store(tmp_path)
    make(store, "old")
    make(store, "new")

    assert len(store.published()) == 1
    assert target_of(tmp_path).read_text(encoding="utf-8") == "new"
    assert list(tmp_path.glob(".old-*")) == []


def test_the_latest_is_what_was_published_last_whatever_the_clock_says(tmp_path, monkeypatch):
    """A clock that goes back does not bring an older report to the front."""
    store = Store(tmp_path)
    make(store, as_of="2024-11-20")
    monkeypatch.setattr("forecast.runs.store.now", lambda: "1999-01-01T00:00:00+00:00")

    place = make(store, as_of="2024-10-20")

    assert target_of(tmp_path).parent == place


def test_a_run_for_verification_is_listed_but_never_the_latest(tmp_path):
    """Leaders do not meet a forecast of a year whose result is out."""
    store = Store(tmp_path)
    place = make(store)
    make(store, force=True, target_year=2023)

    assert target_of(tmp_path).parent == place
    assert len(store.published()) == 2


def test_a_failed_run_has_no_page_and_changes_nothing_else(tmp_path):
    """It keeps notebooks and log, and names the folder in which it lies."""
    store = Store(tmp_path)
    good = make(store, as_of="2024-09-20")
    before = (tmp_path / site.INDEX).read_bytes()
    with store.opened():
        folder = store.begin(manifest())
        (folder / "meeting.html").write_text("half", encoding="utf-8")
        (folder / "notebooks").mkdir()
        (folder / "notebooks" / "a.ipynb").write_text(f'"{folder.as_posix()}/x"', encoding="utf-8")

        place = store.fail(folder, manifest(), {"vi": "hỏng", "en": "bad"})

    assert [path.name for path in sorted(place.rglob("*"))] == ["manifest.json", "notebooks", "a.ipynb"]
    assert (place / "notebooks" / "a.ipynb").read_text(encoding="utf-8") == f'"{place.as_posix()}/x"'
    assert (Manifest.read(place).state, Manifest.read(place).error["en"]) == ("failed", "bad")
    assert target_of(tmp_path).parent == good
    assert (tmp_path / site.INDEX).read_bytes() == before


def test_two_at_once_cannot_be(tmp_path):
    """The second is told who is at work; when the first has ended it may go on."""
    first, second = Store(tmp_path), Store(tmp_path)
    holder = f"process {os.getpid()}, since 20"
    with first.opened(), pytest.raises(WriteError, match=holder) as refused, second.opened():
        pass

    assert refused.value.exit_code == 4
    with second.opened():
        pass


def test_a_killed_holder_holds_no_lock(tmp_path):
    """No number of a dead process has to be judged: the system drops the lock."""
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        with hold_lock(tmp_path / ".lock"):
            os.write(told, b"x")
            signal.pause()
    os.read(ready, 1)
    with pytest.raises(WriteError, match=f"process {child}"), hold_lock(tmp_path / ".lock"):
        pass

    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

    with hold_lock(tmp_path / ".lock"):
        pass


def test_a_kill_at_any_moment_leaves_the_old_or_the_new_run_whole(tmp_path, monkeypatch):
    """Killed at its first, second, ... touch of the disk, a run leaves what the next opening can mend."""
    monkeypatch.setattr(os, "fsync", lambda _: None)  # a kill is no power cut
    make(Store(tmp_path / "before"), "old")
    make(Store(tmp_path / "before"), "other", as_of="2024-09-20")
    seen = set()
    for moment in range(1, 1000):
        root = tmp_path / str(moment)
        shutil.copytree(tmp_path / "before", root)
        if _killed_at(moment, lambda root=root: make(Store(root), "new")) == 0:
            break
        if _killed_at(moment % 40, lambda root=root: _mend(root)) == 0:
            pass  # the mending was killed as well, or was through before
        _mend(root)

        pages = {
            path.parent.name: path.read_text(encoding="utf-8") for path in root.glob("[!.]*/meeting.html")
        }
        same = manifest().run_id
        seen.add(pages[same])
        assert pages[same] in {"old", "new"}
        assert len(pages) == 2
        assert {entry.state for entry in Store(root).published()} == {"published"}
        assert target_of(root).is_file()
        assert not list(root.glob(".old-*")) + list(root.glob(".building-*")) + list(root.glob(".*.part"))
        assert not list(root.glob("failed/*/*.html"))
        make(Store(root), "next")
        assert target_of(root).read_text(encoding="utf-8") == "next"
        shutil.rmtree(root)
    assert moment > 40
    assert seen == {"old", "new"}


def _mend(root):
    with Store(root).opened():
        pass


def _killed_at(moment, work):
    """Do `work` in a child that is killed at its touch number `moment` of the disk; 0 if it ended before."""
    child = os.fork()
    if child == 0:
        touches = iter(range(1, 100_000))

        def hook(event, _):
            if (
                event.startswith(("os.", "open", "shutil.", "pathlib.", "ctypes."))
                and next(touches) == moment
            ):
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        try:
            work()
        except BaseException:  # noqa: BLE001 -- a child must not go on with the tests
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no room left on the disk"),
        (errno.EDQUOT, "the share of the disk that is allowed is used up"),
        (errno.EACCES, "permission denied"),
        (errno.EROFS, "the disk can only be read"),
        (errno.EIO, "the disk fails to read or write"),
    ],
)
def test_a_disk_that_refuses_is_told_and_what_stood_there_stays(tmp_path, monkeypatch, number, words):
    """Old content is never half overwritten, and nothing is left beside it."""
    path = tmp_path / "a.html"
    disk.replace_file(path, "old")

    def refuse(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(WriteError, match=words) as refused:
        disk.replace_file(path, "new")

    assert str(path) in str(refused.value)
    assert refused.value.exit_code == 4
    assert [(each.name, each.read_text(encoding="utf-8")) for each in tmp_path.iterdir()] == [
        ("a.html", "old")
    ]


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    """The reports folder may be mistyped."""
    (tmp_path / "reports").write_text("a file", encoding="utf-8")

    with pytest.raises(WriteError, match="cannot be used as a folder"), Store(tmp_path / "reports").opened():
        pass
    with (
        pytest.raises(WriteError, match="cannot be used as a folder"),
        Store(tmp_path / "reports" / "x").opened(),
    ):
        pass


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told(tmp_path):
    """Nothing is begun that cannot be ended."""
    tmp_path.chmod(0o500)

    with pytest.raises(WriteError, match="permission denied"), Store(tmp_path).opened():
        pass


def test_prune_removes_what_is_of_no_use_and_never_the_latest(tmp_path):
    """Failed, damaged and surplus runs go; index and latest speak of what is left."""
    store = Store(tmp_path)
    days = [f"2024-{month:02d}-20" for month in range(1, 6)]
    places = [make(store, as_of=day) for day in days]
    other = make(store, area="Hà Nội", as_of=days[0])
    with store.opened():
        store.fail(store.begin(manifest()), manifest(), {})
        (places[1] / "manifest.json").write_text("", encoding="utf-8")
        gone = prune(store, keep=2, damaged=True).removed

    assert sorted(entry.state for entry in gone) == ["damaged", "failed", "published", "published"]
    assert sorted(path.name for path in tmp_path.glob("2*")) == sorted(
        path.name for path in (places[3], places[4], other)
    )
    assert target_of(tmp_path).parent == other
    assert places[0].name not in (tmp_path / site.INDEX).read_text(encoding="utf-8")


def test_prune_of_the_last_run_leaves_no_list(tmp_path):
    """A list that points nowhere is worse than none."""
    store = Store(tmp_path)
    place = make(store)
    (place / "manifest.json").write_text("", encoding="utf-8")
    with store.opened():
        prune(store, damaged=True)

    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


@given(st.text(min_size=1), st.integers(1900, 2100), st.text())
def test_a_run_has_one_name_that_every_system_takes(area, year, other):
    """Equal questions and inputs give equal names, others other names, all in plain ASCII."""
    spec = {**SPEC, "area": area, "target_year": year}
    name = run_id_of(spec, "vi", INPUTS)

    assert name == run_id_of(dict(reversed(spec.items())), "vi", INPUTS)
    assert name.isascii()
    assert not set(name) & set('<>:"/\\|?*. ')
    assert run_id_of(spec, "en", INPUTS) != name
    assert run_id_of({**spec, "seed": 2}, "vi", INPUTS) != name
    changed = replace(INPUTS, data={"scores.csv": other})
    assert (run_id_of(spec, "vi", changed) == name) == (other == "ab")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Đắk Lắk", "dak-lak"), ("TP.HCM", "tp-hcm"), ("Thừa Thiên – Huế", "thua-thien-hue")],
)
def test_names_of_areas_in_plain_letters(name, expected):
    """Vietnamese marks and đ go, words stay."""
    assert slug(name) == expected
    assert RUN_ID.fullmatch(run_id_of({**SPEC, "area": name}, "vi", INPUTS))


def test_the_report_before_a_run_is_the_last_one_that_answers_the_same_question(tmp_path):
    """Another place or year, a verification or a later day is no earlier report; nor is the run itself."""
    store = Store(tmp_path)
    day = manifest(as_of="2024-10-20")
    assert store.previous(day) is None
    make(store, as_of="2024-08-20")
    expected = make(store, as_of="2024-09-20")
    make(store, as_of="2024-10-20")
    make(store, as_of="2024-10-31")
    make(store, as_of="2024-10-20", area="Hà Nội")
    make(store, as_of="2024-10-20", target_year=2025)
    make(store, as_of="2024-10-20", index_code="SIPAS")
    make(store, as_of="2024-10-20", force=True)

    assert store.previous(day) == expected
    assert store.previous(manifest(as_of="2024-08-19")) is None
    assert store.previous(manifest(as_of="2024-10-20", force=True)) is None


def test_what_counts_as_last_is_when_a_report_was_published(tmp_path):
    """A report of an earlier day that was published later is the one that readers saw last."""
    store = Store(tmp_path)
    make(store, as_of="2024-09-20")
    expected = make(store, as_of="2024-08-20")

    assert store.previous(manifest(as_of="2024-10-20")) == expected


def test_the_same_report_in_another_language_is_no_earlier_one(tmp_path):
    """Both editions tell what changed since the same report; one of another draw count is another."""
    store = Store(tmp_path)
    expected = make(store, as_of="2024-09-20")
    vietnamese = make(store, as_of="2024-10-20")
    english = replace(manifest(as_of="2024-10-20"), lang="en")

    assert store.previous(english) == expected
    assert store.previous(manifest(as_of="2024-10-20", draws=200)) == vietnamese


def test_failed_and_damaged_runs_are_no_earlier_reports(tmp_path):
    """Nobody was shown them."""
    store = Store(tmp_path)
    damaged = make(store, as_of="2024-09-20")
    (damaged / "manifest.json").write_text("{", encoding="utf-8")
    with store.opened():
        record = manifest(as_of="2024-10-01")
        store.fail(store.begin(record), record, {"vi": "hỏng", "en": "broken"})

    assert store.previous(manifest(as_of="2024-10-20")) is None
