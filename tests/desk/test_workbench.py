"""The workbench: what it shows is what a report shows, and what it has computed it does not compute again."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import forecast
from forecast.answer import panel_forecast, pipeline
from forecast.answer.result import Result
from forecast.base.errors import DataError, SpecError
from forecast.base.spec import RunSpec
from forecast.data import load
from forecast.desk import explanation
from forecast.desk import steps as desk_steps
from forecast.desk.cache import Shelf, digest
from forecast.model.evidence import Evidence
from forecast.pages import report
from forecast.runs.store import Store

ROOT = Path(__file__).parents[2]
SPEC = RunSpec(index_code="PAR", area="TP. Hồ Chí Minh", target_year=2024, as_of=dt.date(2024, 10, 20))


@pytest.fixture(scope="module")
def made(small, tmp_path_factory) -> Path:
    """What a run writes of the same tables, by the run's own way."""
    folder = tmp_path_factory.mktemp("run")
    pipeline.make(SPEC, small).write(folder)
    return folder


def add(bench, file: str, row: str) -> None:
    """Add a row to a table, as an editor would."""
    with (bench.data_dir / file).open("a", encoding="utf-8") as handle:
        handle.write(f"{row}\n")


def test_every_table_is_the_runs_byte_for_byte(bench, made, tmp_path):
    """What the workbench writes is what a run writes: forecast.csv and all the others."""
    bench.forecast().write(tmp_path)

    assert (tmp_path / "forecast.csv").read_bytes() == (made / "forecast.csv").read_bytes()
    written = {path.name: path.read_bytes() for path in made.iterdir()}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == written


def test_a_table_is_the_pages_byte_for_byte(bench, made):
    """The tables that a notebook of the report shows stand in what the workbench shows, the same bytes."""
    result = Result.read(made)  # as the report's notebooks have it
    html = bench.forecast()._repr_html_()

    assert report.domain_table(result, lang="vi")._repr_html_() in html
    assert report.headline(result, lang="vi")._repr_html_() in html
    assert report.level_table(result, "D3", lang="vi")._repr_html_() in bench.forecast("D3")._repr_html_()


def test_a_second_answer_is_the_first(bench):
    """Nothing is made twice: the same question on the same tables gives the very same object."""
    again = forecast.open(as_of="2024-10-20", data_dir=bench.data_dir)

    assert bench.forecast() is again.forecast()
    assert bench.explain("D3") is again.explain("D3")
    assert bench.forecast().result is again.forecast().result


def test_a_new_indicator_leaves_the_panel_as_it_is(own, monkeypatch):
    """An added indicator is in the next forecast; the panel, which it does not touch, is not fitted anew."""
    bench = own()
    before = bench.forecast().frame.set_index("component")["median"]
    monkeypatch.setattr(Evidence, "fit", _never)

    add(
        bench,
        "indicators.csv",
        "on_time_rate,Tỷ lệ hồ sơ đúng hạn,TP.HCM,2024-01..2024-10,70,%,D3,số giả định,2024-10-19,,official",
    )
    after = bench.forecast().frame.set_index("component")["median"]

    assert after["D3"] < before["D3"]
    assert after["D1"] == before["D1"]


def test_a_new_score_leaves_earlier_years_as_they_are(own, monkeypatch):
    """An added score is in the next forecast; earlier years, when it was unknown, are not done again."""
    bench = own()
    before = bench._now()
    before.record()
    asked = []
    rows = panel_forecast.forecast_rows
    monkeypatch.setattr(
        panel_forecast, "forecast_rows", lambda then, spec: asked.append(spec) or rows(then, spec)
    )

    add(bench, "scores.csv", "PAR,2023,TP.HCM,D6,value,70,percent,,,2024-04-17,2024-04-20,số giả định,press,")
    after = bench._now()

    assert after.main_result().summary.set_index("component").loc["D6", "last_median"] == pytest.approx(8.4)
    assert after.record().quantiles.equals(before.record().quantiles)
    cells, earlier = after.record().cells, before.record().cells
    more = cells.merge(earlier, how="left", indicator=True).query("_merge == 'left_only'")
    assert set(more["model"]) >= {"evidence"}  # its outcome is known now
    assert set(zip(more["area"], more["component"], more["target_year"], strict=True)) == {
        ("TP. Hồ Chí Minh", "D6", 2023)
    }
    assert asked == []


def test_the_record_is_found_on_disk(own, monkeypatch):
    """A kernel that is started anew finds the record of earlier years on disk, the same to the last byte."""
    bench = own()
    monkeypatch.setattr(desk_steps, "MEMORY", desk_steps.Memory())
    first = bench._now().record()
    monkeypatch.setattr(desk_steps, "MEMORY", desk_steps.Memory())
    monkeypatch.setattr(panel_forecast, "forecast_rows", _never)

    again = bench._now().record()

    assert again is not first
    assert again.quantiles.to_csv() == first.quantiles.to_csv()
    assert again.cells.to_csv() == first.cells.to_csv()


def test_other_code_finds_nothing_on_disk(tmp_path, monkeypatch, bench):
    """A table that other code has made, or that is torn, is made anew."""
    frame = bench.forecast().result.backtest.head(5)
    shelf = Shelf(tmp_path)
    shelf.get("key", lambda: frame)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    torn = shelf.get("key", lambda: frame.head(2))
    monkeypatch.setattr("forecast.desk.cache.of_code", lambda: "other")
    other = shelf.get("key", lambda: frame.head(3))

    assert [len(torn), len(other)] == [2, 3]


def test_a_hash_tells_tables_apart(bench):
    """One cell makes another key; the order of columns and rows too."""
    frame = load.read(bench.data_dir, as_of=SPEC.as_of).scores
    other = frame.copy()
    other.loc[0, "score"] += 1e-9

    assert digest(frame) == digest(frame.copy())
    assert (
        len({digest(frame), digest(other), digest(frame.iloc[::-1]), digest(frame[frame.columns[::-1]])}) == 4
    )


def test_bad_tables_are_refused_with_all_that_is_wrong(own):
    """What is broken while a notebook is open is told at the next question, with file and row."""
    bench = own()
    add(
        bench, "scores.csv", "PAR,2023,TP.HCM,D6,value,170,percent,,,2024-04-17,2024-04-20,số giả định,press,"
    )

    with pytest.raises(DataError) as told:
        bench.forecast()

    assert [(problem.file, problem.column) for problem in told.value.problems] == [("scores.csv", "score")]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"aera": "Hà Nội"}, "“aera”.*“area”"),
        ({"area": "Hà Nộ"}, "“Hà Nộ”.*“Hà Nội”"),
        ({"lang": "vn"}, "“vn”.*“vi”"),
        ({"index_code": "PARI"}, "“PARI”.*“PAR”"),
        ({"as_of": "20/13/2024"}, "20/13/2024"),
        ({"as_of": "2044-01-01"}, "still to come"),
        ({"target_year": 2023}, "2023"),
    ],
)
def test_a_slip_is_answered_with_what_is_near(small, given, said):
    """Every keyword and value that is refused is told, with the nearest that is not."""
    with pytest.raises(SpecError, match=said):
        forecast.open(**{"as_of": "2024-10-20", "data_dir": small, **given})


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda bench: bench.forecast("D33"), "“D33”.*“D3”"),
        (lambda bench: bench.explain("d3"), "“d3”.*“D3”"),
        (lambda bench: bench.compare(["evidense"]), "“evidense”.*“evidence”"),
        (lambda bench: bench.known("conflict"), "“conflict”.*“conflicts”"),
        (lambda bench: bench.known("survey", "D3"), "“survey”"),
        (lambda bench: bench.what_if({"pub_inv_rate": 95}), "“pub_inv_rate”.*“pub_inv_disb_rate”"),
    ],
)
def test_a_wrong_code_is_answered_with_what_is_near(bench, ask, said):
    """Components, models, topics and indicators that do not exist are told, with the nearest that does."""
    with pytest.raises(SpecError, match=said):
        ask(bench)


def test_a_misspelt_method_is_answered_with_what_is_near(bench):
    """A typo in a name gives a suggestion, on the workbench and on the package."""
    with pytest.raises(AttributeError, match=r"“forcast”.*“forecast”"):
        bench.forcast()
    with pytest.raises(AttributeError, match=r"“opne”.*“open”"):
        forecast.opne()


def test_there_are_less_than_ten_names():
    """All that there is to remember: open, and what a workbench can be asked."""
    names = [name for name in dir(forecast.Workbench) if not name.startswith("_")]

    assert "open" in dir(forecast)
    methods = {"backtest", "compare", "explain", "forecast", "known", "report", "what_if"}
    assert {name for name in names if callable(getattr(forecast.Workbench, name))} == methods
    assert len({"open", *methods}) < 10


def test_the_defaults_are_the_city_and_the_next_year(small):
    """Without more the question is the city's first year whose result is not out."""
    bench = forecast.open(data_dir=small, as_of=dt.date(2023, 10, 20))

    assert (bench.spec.area, bench.spec.target_year, bench.spec.index_code) == (
        "TP. Hồ Chí Minh",
        2023,
        "PAR",
    )


def test_the_start_page_asks_what_the_latest_report_asked(small, monkeypatch):
    """Day and year of the newest report on the same index and area; today's where there is none."""
    asked = [("PAR", "TP. Hồ Chí Minh", 2024, "2024-08-31"), ("PAR", "TP. Hồ Chí Minh", 2024, "2024-10-20")]
    asked += [("PAR", "Hà Nội", 2024, "2024-10-25"), ("SIPAS", "TP. Hồ Chí Minh", 2024, "2024-10-26")]
    names = ("index_code", "area", "target_year", "as_of")
    records = [
        SimpleNamespace(
            manifest=SimpleNamespace(spec={**dict(zip(names, each, strict=True)), "force": False}, number=k)
        )
        for k, each in enumerate(asked)
    ]
    monkeypatch.setattr(Store, "published", lambda _: records)

    bench = forecast.open(data_dir=small, as_of="report")
    assert (bench.spec.as_of, bench.spec.target_year) == (dt.date(2024, 10, 20), 2024)
    assert forecast.open(data_dir=small, as_of="report", area="Hà Nội").spec.as_of == dt.date(2024, 10, 25)
    monkeypatch.setattr(Store, "published", lambda _: [])
    assert forecast.open(data_dir=small, as_of="report").spec.as_of == dt.date.today()  # noqa: DTZ011


def test_importing_the_package_loads_nothing_heavy():
    """The command line's help must not wait for pandas: the desk is loaded when it is asked for."""
    code = (
        "import sys, forecast; dir(forecast); print(sorted({'pandas', 'numpy', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8", timeout=120
    )

    assert done.stdout.strip() == "[]"


def test_the_moves_add_up_to_the_forecast(bench):
    """From the prior to the median every step is told, and the steps add up, for leaves, sums and SIPAS."""
    survey = forecast.open(as_of="2024-10-20", data_dir=bench.data_dir, index_code="SIPAS")

    for view in (bench.explain("D3"), bench.explain("D8"), bench.explain(), survey.explain()):
        frame = view.frame
        assert frame["after"].iloc[0] + frame["effect"].sum() == pytest.approx(frame["after"].iloc[-1])
        inner = frame[frame["step"].isin(["figure", "shape", "criteria", "departments"])]
        assert (inner["after"] - inner["before"]).to_numpy() == pytest.approx(inner["effect"].to_numpy())


def test_where_figures_are_many_their_kinds_are_players_and_none_is_lost(bench, monkeypatch):
    """Above a number of figures, others' are taken in by kind: all keep a line, and the sum stays."""
    few = bench.explain("D8").frame
    monkeypatch.setattr(explanation, "MOST_ALONE", 20)
    many = explanation.explain(bench._now(), "D8", "vi").frame

    assert len(few) > 20
    assert len(many) == len(few)
    assert many["effect"].sum() == pytest.approx(few["effect"].sum())
    assert many["missing"].dropna().sort_values().to_numpy() == pytest.approx(
        few["missing"].dropna().sort_values().to_numpy(), abs=1e-7
    )
    assert not many["effect"].equals(few["effect"])


def test_the_way_ends_at_the_forecast(bench):
    """The last step is the very median that the forecast shows; criteria have a step of their own."""
    frame = bench.explain("D6").frame
    told = bench.forecast("D6").frame["median"].iloc[0]

    assert frame["after"].iloc[-1] == pytest.approx(told)
    assert abs(frame.loc[frame["step"] == "criteria", "effect"].iloc[0]) > 0.1
    assert "Giải ngân" in bench.explain("6.1")._repr_html_()


def test_models_are_compared_as_the_forecast_has_them(bench):
    """Medians are those of forecast.csv, in the order asked for; where a model is silent, it says why."""
    view = bench.compare(["drift", "last_value", "gathered"])
    rows = bench.forecast().result.forecast
    own = rows[
        (rows["area"] == SPEC.area) & (rows["index_code"] == "PAR") & (rows["output_type_id"] == "0.5")
    ]

    assert view.frame["model"].drop_duplicates().tolist() == ["drift", "last_value", "gathered"]
    for _, told in view.frame.iterrows():
        same = own[(own["model"] == told["model"]) & (own["component"] == told["component"])]
        assert told["median"] == same["value"].iloc[0]
    silent = set(view.frame.loc[view.frame["model"] == "gathered", "component"])
    silent -= set(view.frame.loc[view.frame["model"] == "drift", "component"])
    assert silent


def test_a_day_without_a_record_is_said_once(small):
    """Where no earlier year can be forecast again, one sentence says why, and what can be done."""
    late = forecast.open(as_of="2026-11-26", target_year=2024, data_dir=small)

    told = str(late.backtest())

    assert told.count("Chưa") == 1
    assert "26/11/2026" in told
    assert "2024-10-20" in told


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize(
    "topic", ["overview", "gaps", "conflicts", "vintages", "indicators", "provinces", "survey"]
)
def test_every_topic_shows_itself(small, topic, lang):
    """Each topic has something to show in each language, and the table behind it."""
    view = forecast.open(as_of="2024-10-20", data_dir=small, lang=lang).known(topic)

    assert len(view.frame)
    assert "nan" not in str(view).casefold().split()
    assert "<table" in view._repr_html_()


def test_gaps_are_what_was_never_published(bench):
    """The grid says what is known of a province and year: a score, a rank alone, or nothing."""
    frame = bench.known("gaps").frame.set_index(["component", "area", "year"])["known"]

    assert frame["total", "Quảng Ninh", 2020] == "rank"
    assert ("total", "Hải Phòng", 2021) not in frame.index
    assert frame["D3", "Quảng Ninh", 2023] == "score"


def test_risers_stood_where_the_area_stands(bench):
    """A rise is the difference of two published totals, beside that of the country's means."""
    frame = bench.known("provinces").frame
    scores = load.read(bench.data_dir, as_of=SPEC.as_of).scores
    totals = scores[(scores["index_code"] == "PAR") & (scores["component"] == "total")]
    told = totals.set_index(["area", "year"])["score"]

    assert len(frame)
    assert (frame["area"] != SPEC.area).all()
    for _, line in frame.iterrows():
        assert line["rise"] == pytest.approx(
            told[line["area"], line["year"] + 2] - told[line["area"], line["year"]]
        )
        mean = told["Việt Nam", line["year"] + 2] - told["Việt Nam", line["year"]]
        assert line["own_rise"] == pytest.approx(line["rise"] - mean, abs=0.011)


def test_the_report_is_the_runs(bench, monkeypatch):
    """The report is the very run of the command line, with the workbench's question, tables and language."""
    from forecast.runs import report_notebooks, run, site

    asked = {}

    def made(spec, **given):
        asked.update(given, spec=spec)
        return run.Outcome(bench.data_dir.parent / "reports" / "x", None, made=True)

    monkeypatch.setattr(run, "report", made)
    monkeypatch.setattr(site, "front_page", lambda _: "x/meeting.html")

    view = bench.report()

    assert (asked["spec"], asked["data_dir"], asked["lang"]) == (bench.spec, bench.data_dir, "vi")
    assert asked["kinds"] is report_notebooks.KINDS
    assert asked["notebooks_dir"] == ROOT / "notebooks"
    assert str(Path("x") / "meeting.html") in str(view)


def _never(*_: object, **__: object) -> None:
    raise AssertionError("this was computed already")
