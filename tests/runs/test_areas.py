"""Runs of many areas: each the same as alone, one page over all.  EVERY FIGURE IS MADE UP."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.answer import pipeline
from forecast.base.errors import DataError, RunError, SpecError
from forecast.base.workers import Done, Local
from forecast.runs import html_check, manifest, run
from forecast.runs import store as stores
from forecast.runs.areas import batch, task
from forecast.runs.kernels import Kernels
from forecast.runs.manifest import Manifest
from forecast.runs.store import Store, prune

NORTH, CITY, SOUTH = "Hà Giang", "TP. Hồ Chí Minh", "Cà Mau"
SHIFT = {NORTH: -0.5, CITY: 0.0, SOUTH: 0.25}


@pytest.fixture(scope="module")
def answer(made):
    """An area's result, as if from a panel forecast."""

    def of(_panel_forecast, spec, _previous=None):
        if spec.area == SOUTH:
            raise DataError([])
        whole = made.small_result({"total": 16.23 + SHIFT[spec.area], "D1": 7.52, "D2": 8.74})
        ranks = pd.DataFrame({"rank": [1, 2, 3, 4], "probability": [0.05, 0.25, 0.5, 0.2]})
        summary = whole.summary.assign(lower=whole.summary["median"] - 1, upper=whole.summary["median"] + 1)
        forecast = whole.forecast.assign(area=spec.area)
        return replace(whole, spec=spec, forecast=forecast, rank=ranks, summary=summary)

    return of


@pytest.fixture(scope="module")
def world(made, fork_server, answer):
    """Patch what would compute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "answer", answer)
        patch.setattr(pipeline, "make", lambda spec, _data, previous=None, *_: answer(None, spec, previous))
        patch.setattr(batch, "forecast_panel_with_record", lambda spec, *_: SimpleNamespace(spec=spec))
        patch.setattr(batch, "read_vintages", lambda _folder: None)
        patch.setattr(task, "_server", lambda: fork_server)
        patch.setattr(batch, "Kernels", lambda modules, log, **_: Kernels(modules, log, server=fork_server))
        patch.setattr(manifest, "code_hash", lambda: "made up")
        yield SimpleNamespace(made=made, server=fork_server)


def report(world, place, *areas, **more):
    """Make the reports of some areas in this process."""
    given = {"workers": Local(), "kinds": world.made.KINDS, **vars(place), **more}
    return batch.report(world.made.SPEC, lambda *_: areas, **given)


@pytest.fixture(scope="module")
def done(world, tmp_path_factory):
    """Three areas, of which one fails; to be looked at only."""
    place = world.made.furnished(tmp_path_factory.mktemp("areas"))
    steps = []
    outcome = report(world, place, NORTH, CITY, SOUTH, tell=steps.append)
    return SimpleNamespace(place=place, outcome=outcome, steps=steps, store=Store(outcome.folder))


def test_a_failure_of_one_area_stops_no_other(done):
    """What went well is published, what failed is put aside with its reason."""
    assert (done.outcome.made, list(done.outcome.failed)) == ([NORTH, CITY], [SOUTH])
    assert [entry.manifest.spec["area"] for entry in done.store.published()] == [NORTH, CITY]
    (failed,) = done.store.failed()
    assert failed.manifest.spec["area"] == SOUTH
    assert failed.manifest.error["vi"] == done.outcome.failed[SOUTH].text("vi")
    assert not list(failed.folder.glob("*.html"))
    assert not list(done.store.root.glob(".building-*"))


def test_progress_counts_the_areas(done):
    """Whoever watches learns how many are left, and how long they take once that can be told."""
    assert [step.name for step in done.steps] == ["panel_forecast", "area", "area", "area"]
    assert [step.seconds_left for step in done.steps] == [None, None, None, 0.0]
    assert [(step.done, step.total) for step in done.steps[1:]] == [(1, 3), (2, 3), (3, 3)]
    assert [step.area for step in done.steps if step.error] == [SOUTH]


@given(st.lists(st.floats(0, 1e4), min_size=3, max_size=9).map(sorted), st.integers(0, 60))
def test_the_time_left_does_not_rest_on_how_long_the_first_area_took(times, more):
    """Workers that take an hour to start change nothing of what is said about the areas after them."""
    late = [time + 3600 for time in times]

    assert batch.time_left(late, len(times) + more) == pytest.approx(
        batch.time_left(times, len(times) + more), abs=1e-6
    )


def test_the_citys_own_list_and_latest_stay_as_they_were(done):
    """The areas have a folder of their own: nothing of the city's is hidden or replaced."""
    names = {path.name for path in done.place.reports_dir.iterdir()}

    assert names == {".lock", "areas"}
    assert {path.name for path in done.store.root.glob("*.*") if path.is_file()} == {
        *("index.html", "index.en.html", "ranking.csv", ".lock")
    }


@pytest.mark.parametrize(("file", "lang"), [("index.html", "vi"), ("index.en.html", "en")])
def test_the_page_over_all_areas_is_fit_and_links_to_each(done, file, lang):
    """It passes the checks of every other page, and says what failed."""
    page = (done.store.root / file).read_text(encoding="utf-8")

    assert html_check.problems(page, lang=lang, figures=["16,2" if lang == "vi" else "16.2"]) == []
    for entry in done.store.published():
        assert page.count(f'href="{entry.run_id}/meeting.html"') == 2  # from its tile and from its line
    assert f"<b>{SOUTH}</b>: {done.outcome.failed[SOUTH].text(lang)}" in page


def test_the_ranking_is_read_off_the_runs(done):
    """Order by median; quantiles of the rank and chances of the top by hand; the failed area last."""
    table = pd.read_csv(done.store.root / "ranking.csv")

    assert table["area"].tolist() == [CITY, NORTH, SOUTH]
    assert table["median"].tolist()[:2] == [16.23, 15.73]
    first = table.iloc[0]
    assert (first["rank_lower"], first["rank_median"], first["rank_upper"]) == (2, 3, 4)
    assert first["p_top10"] == pytest.approx(1)
    assert table["reason"].tolist()[2] == done.outcome.failed[SOUTH].text("vi")


def test_an_areas_run_has_the_bytes_of_the_same_run_alone(done, world, tmp_path):
    """Made elsewhere and sent back, and yet the same; its notebooks name where they lie."""
    here = done.store.root / next(e.run_id for e in done.store.published() if "ho-chi-minh" in e.run_id)
    options = run.Options(workers=2, server=world.server)
    place = {**vars(done.place), "reports_dir": tmp_path / "alone"}

    alone = run.report(world.made.SPEC, kinds=world.made.KINDS, options=options, **place)

    assert alone.folder.name == here.name
    assert Manifest.read(here).outputs == alone.manifest.outputs
    notebook = json.loads((here / "notebooks" / "meeting.ipynb").read_text(encoding="utf-8"))
    assert notebook["metadata"]["papermill"]["parameters"]["run_dir"] == here.as_posix()


def test_areas_that_are_in_place_are_used_again(done, world, monkeypatch):
    """Only what failed is made once more."""
    monkeypatch.setattr(
        batch, "forecast_panel_with_record", lambda *_: pytest.fail("nothing is to be computed")
    )

    again = report(world, done.place, NORTH, CITY)

    assert (again.there, again.made, again.failed) == ([NORTH, CITY], [], {})


def test_a_run_that_cannot_be_read_hides_no_other(done, tmp_path):
    """It is listed with what failed."""
    store = Store(tmp_path / "areas")
    shutil.copytree(done.store.root, store.root)
    broken = next(entry.folder for entry in store.published() if "ha-giang" in entry.run_id)
    (broken / "summary.csv").unlink()

    store.settle()

    table = pd.read_csv(store.root / "ranking.csv")
    assert table["area"].tolist() == [CITY, NORTH, SOUTH]
    assert "không đọc được" in table["reason"].tolist()[1]


class Altering:
    """Workers that give back what was not made so."""

    def each(self, work, tasks, shared):
        """Change a page on the way."""
        for place, one in enumerate(tasks):
            made = work(one, shared)
            yield Done(place, replace(made, files={**made.files, "meeting.html": b"changed"}))


def test_what_was_altered_on_the_way_is_not_published(world, tmp_path):
    """Every output is held against the run's own record."""
    place = world.made.furnished(tmp_path)

    outcome = report(world, place, CITY, workers=Altering())

    assert outcome.failed[CITY].key == "areas.altered"
    assert Store(outcome.folder).published() == []
    assert len(Store(outcome.folder).failed()) == 1


class Lost:
    """Workers of which the task is never heard again."""

    def each(self, _work, tasks, _shared):
        """Give up."""
        yield from (Done(place, error=RunError("workers.died")) for place in range(len(tasks)))


def test_an_area_of_which_nothing_comes_back_is_recorded_as_failed(world, tmp_path):
    """Its record says why, as any other's."""
    place = world.made.furnished(tmp_path)

    outcome = report(world, place, CITY, workers=Lost())

    (failed,) = Store(outcome.folder).failed()
    assert failed.manifest.error["en"] == outcome.failed[CITY].text("en")


def test_a_question_that_is_refused_begins_nothing(world, tmp_path, monkeypatch):
    """A year that is out, say, is out for every area."""

    def refuse(*_):
        raise SpecError("spec.empty", {"name": "area"})

    monkeypatch.setattr(batch, "forecast_panel_with_record", refuse)
    place = world.made.furnished(tmp_path)

    with pytest.raises(SpecError):
        report(world, place, CITY)

    assert [path.name for path in (place.reports_dir / "areas").iterdir()] == [".lock"]


class CutOff:
    """Workers that are stopped on their way, as by SIGTERM."""

    def each(self, work, tasks, shared):
        """Do the first and end."""
        yield Done(0, work(tasks[0], shared))
        raise SystemExit(143)


def test_a_batch_that_is_cut_off_says_what_it_did_not_reach(world, tmp_path):
    """The page over all areas does not pass for a whole one: the others stand there, and can be repeated."""
    place = world.made.furnished(tmp_path)
    store = Store(place.reports_dir / "areas")

    with pytest.raises(SystemExit):
        report(world, place, NORTH, CITY, workers=CutOff())

    assert [entry.manifest.spec["area"] for entry in store.published()] == [NORTH]
    assert [entry.manifest.spec["area"] for entry in store.failed()] == [CITY]
    assert pd.read_csv(store.root / "ranking.csv")["area"].tolist() == [NORTH, CITY]
    assert not list(store.root.glob(".building-*"))


@pytest.mark.parametrize("moment", ["_rebase", "replace_folder"])
def test_an_area_that_is_cut_off_on_its_way_into_place_is_not_lost(world, tmp_path, monkeypatch, moment):
    """It was made, but stands nowhere: it is listed as not reached, and not lost."""
    place = world.made.furnished(tmp_path)
    store = Store(place.reports_dir / "areas")
    move, cuts = getattr(stores, moment), []

    def cut(folder, *more):
        if folder.parent == store.root and not cuts:  # not the folder in which the area is made
            cuts.append(folder)
            raise SystemExit(143)
        return move(folder, *more)

    monkeypatch.setattr(stores, moment, cut)

    with pytest.raises(SystemExit):
        report(world, place, NORTH, CITY)

    assert store.published() == []
    assert sorted(entry.manifest.spec["area"] for entry in store.failed()) == sorted([NORTH, CITY])


def test_a_batch_that_is_cut_off_takes_nothing_from_the_page_before_it(world, tmp_path):
    """The page over all areas stays the old one, whole, until the new batch is whole too."""
    place = world.made.furnished(tmp_path)
    folder = report(world, place, NORTH, CITY).folder
    names = ("index.html", "index.en.html", "ranking.csv")
    old = [(folder / name).read_text(encoding="utf-8") for name in names]
    later = SimpleNamespace(**{**vars(world.made), "SPEC": replace(world.made.SPEC, draws=1001)})
    now = SimpleNamespace(made=later, server=world.server)

    with pytest.raises(SystemExit):
        report(now, place, NORTH, CITY, workers=CutOff())

    assert [(folder / name).read_text(encoding="utf-8") for name in names] == old
    outcome = report(now, place, NORTH, CITY)
    assert (outcome.there, outcome.made) == ([NORTH], [CITY])
    told = (folder / "ranking.csv").read_text(encoding="utf-8")
    assert told != old[2]
    new = [e.manifest for e in Store(folder).published() if e.manifest.spec["draws"] == 1001]
    assert [run.run_id in told for run in new] == [True, True]


def test_what_prune_removes_stands_on_no_page(world, tmp_path):
    """A failed area that is given up is no longer listed beside the others."""
    place = world.made.furnished(tmp_path)
    folder = report(world, place, NORTH, SOUTH).folder
    before = pd.read_csv(folder / "ranking.csv")["area"].tolist()

    prune(Store(folder))

    assert before == [NORTH, SOUTH]
    assert pd.read_csv(folder / "ranking.csv")["area"].tolist() == [NORTH]


def test_a_batch_has_its_records_before_its_runs(world, tmp_path):
    """What a killed process did not reach is known to the next command."""
    place = world.made.furnished(tmp_path)
    store, seen = Store(place.reports_dir / "areas"), []

    report(world, place, NORTH, CITY, tell=lambda _: seen.append([e.state for e in store.unfinished()]))

    assert seen == [[], ["planned"], []]


def test_an_area_is_made_where_the_server_of_its_kernels_clears_up(world, tmp_path, monkeypatch):
    """What a killed process leaves is gone with its server."""
    places = []
    monkeypatch.setattr(
        task.run, "report", lambda *_, reports_dir, **__: places.append(reports_dir) or _fail()
    )

    report(world, world.made.furnished(tmp_path), CITY)

    assert places[0].is_relative_to(world.server.folder.resolve())


def test_an_area_made_by_other_code_than_planned_is_told(world, tmp_path, monkeypatch):
    """An update of the program while it runs is no error of the program's."""
    made = SimpleNamespace(folder=tmp_path / "of-other-code")
    monkeypatch.setattr(task.run, "report", lambda *_, **__: made)

    outcome = report(world, world.made.furnished(tmp_path), CITY)

    assert outcome.failed[CITY].key == "run.code_changed"


def _fail():
    raise RunError("workers.died")
