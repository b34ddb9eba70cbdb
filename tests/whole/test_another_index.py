"""PAPI, declared in a few lines, goes the whole way: check, forecast, record, pages and desk."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.answer import pipeline
from forecast.answer.result import Result
from forecast.base.errors import SpecError
from forecast.base.indexes import INDEXES
from forecast.base.spec import RunSpec
from forecast.data import check, load
from forecast.data.load import Known
from forecast.pages import reading, report
from forecast.runs import checks
from forecast.runs.report_notebooks import Kind

DATA = Path(__file__).parents[2] / "data"
CITY = "TP. Hồ Chí Minh"
DAY = dt.date(2024, 10, 20)
SPEC = RunSpec(index_code="PAPI", area=CITY, target_year=2024, as_of=DAY, draws=500)


@pytest.fixture(scope="module")
def known() -> Known:
    """What was known on the day."""
    return load.read(DATA, as_of=DAY)


@pytest.fixture(scope="module")
def papi(known: Known) -> Result:
    """The forecast of PAPI."""
    return pipeline.forecast(known, SPEC)


def test_its_figures_stand_in_for_the_scores(known: Known):
    """By hand: 41.77 in 2023, of 80; no figure of another index; the main index keeps what it has."""
    own = known.of("PAPI")
    assert set(own.scores["index_code"]) == {"PAPI"}
    city = own.scores.query("area == @CITY and year == 2023 and component == 'total'")
    assert city["score"].tolist() == [41.77]
    assert list(own.scores.columns) == list(known.scores.columns)
    assert known.of("PAR") is known
    assert known.of("SIPAS") is known
    assert own.of("PAPI").scores.equals(own.scores)
    assert "indicators.csv" in set(known.set_aside["file"]) - set(own.set_aside["file"])


def test_a_year_is_announced_with_its_first_figure(known: Known):
    """PAPI 2023 was out on 2 April 2024: it is no more to be forecast afterwards."""
    said = known.of("PAPI").announcements.query("index_code == 'PAPI'").set_index("year")["announced_on"]
    assert said[2023].date() == dt.date(2024, 4, 2)
    with pytest.raises(SpecError):
        pipeline.forecast(
            known, RunSpec(index_code="PAPI", area=CITY, target_year=2023, as_of=DAY, draws=100)
        )


def test_the_forecast_adds_up_and_stays_within_its_maximum(papi: Result):
    """Nine components, their maxima those of the declaration, ranges in order and within them."""
    table = papi.summary.set_index("component")
    assert list(table.index) == ["total", *(f"P{k}" for k in range(1, 9))]
    assert table["max_score"].tolist() == [80.0, *[10.0] * 8]
    assert (table["lower"] < table["median"]).all()
    assert (table["median"] < table["upper"]).all()
    assert (table["upper95"] <= table["max_score"]).all()
    # Wide domains are skewed: medians add up to more than the median of the sum, by a point or so.
    assert table.loc["P1":, "median"].sum() == pytest.approx(table.loc["total", "median"], abs=2.0)
    assert table.loc["total", "last_median"] == pytest.approx(41.77)
    assert set(papi.forecast["index_code"]) == {"PAPI"}
    assert {"evidence", "ensemble", "theta"} <= set(papi.forecast["model"])


def test_the_forecast_rests_on_no_other_index(known: Known, papi: Result):
    """Without any score of the PAR Index and SIPAS but one it is the same."""
    bare = replace(known, scores=known.scores.iloc[:1])
    again = pipeline.forecast(bare, SPEC)
    assert np.array_equal(again.forecast["value"], papi.forecast["value"])


def test_check_speaks_of_it(known: Known):
    """Its components with their names, and its latest result."""
    found = check.summary(known, index_code="PAPI", area=CITY)
    assert found.last_year == 2023
    assert found.coverage["component"].tolist()[:2] == ["total", "P1"]
    assert found.coverage["name_en"].tolist()[4] == "Control of corruption in the public sector"


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_pages_speak_of_it_and_of_nothing_that_it_lacks(papi: Result, lang: str):
    """Its name and figure in the headline; no survey, no criteria, no Ministry."""
    title = report.headline(papi, lang=lang)._repr_html_()
    assert "PAPI" in title
    assert reading.points(papi.summary["median"].iloc[0], lang) in title
    pieces = (make(papi, lang=lang) for make in (report.left_out, report.sipas, report.caveats))
    shown = " ".join(piece._repr_html_() for piece in pieces)
    for word in ("Bộ Nội vụ", "Ministry", "580"):
        assert word not in shown
    assert reading.survey("PAPI") == ""


def test_the_desk_opens_on_it():
    """The next year, the component's way, and a plain refusal of what rests on criteria."""
    bench = forecast.open(as_of="2024-10-20", index_code="PAPI", lang="en")
    assert bench.spec.target_year == 2024
    assert bench.known("survey").frame.empty
    with pytest.raises(SpecError, match="PAPI has none of"):
        bench.what_if({"P3": 7.0})


def test_the_weights_of_pci_make_its_printed_totals(known: Known):
    """Each total of a province with all ten sub-indices is their weighted sum, to the printed digits."""
    own, pci = known.related[known.related["index_code"] == "PCI"], INDEXES["PCI"]
    wide = own.pivot_table("score", ["year", "area"], "component").dropna(subset=[*pci.domains, "total"])
    sums = sum(wide[name] * weight / pci.part_maximum for name, weight in pci.maxima.items())

    assert len(wide) > 40
    assert (sums - wide["total"]).abs().max() < 0.025


def test_the_weights_of_dti_make_its_printed_totals(known: Known):
    """Each total of 2022 beside all eight parts is their weighted sum, to the printed digits."""
    own, dti = known.related[known.related["index_code"] == "DTI"], INDEXES["DTI"]
    wide = own.pivot_table("score", ["year", "area"], "component").dropna(subset=[*dti.domains, "total"])
    sums = sum(wide[name] * weight / dti.maximum for name, weight in dti.maxima.items())

    assert len(wide) >= 4
    assert (sums - wide["total"]).abs().max() < 0.00015


@pytest.mark.parametrize(("lang", "note"), [("vi", "thang 0 đến 1;"), ("en", "scale of 0 to 1;")])
def test_an_index_printed_as_a_share_is_reported_in_points(known: Known, lang: str, note: str):
    """DTI 2022: 0.7163 in print, 71.63 points here, and the page says so; no past year can be judged."""
    spec = RunSpec(index_code="DTI", area=CITY, target_year=2024, as_of=DAY, draws=300)
    dti = pipeline.forecast(known, spec)

    past = dti.history.query("component == 'total' and year == 2022")
    assert past["median"].tolist() == pytest.approx([71.63])
    assert dti.summary["max_score"].tolist() == [100.0, 10, 10, 10, 10, 10, 20, 15, 15]
    assert dti.summary["median"].iloc[0] > 40
    assert note in report.domain_table(dti, lang=lang)._repr_html_()
    assert checks.tables_to_show(dti, Kind(stem="backtest")) == 0
