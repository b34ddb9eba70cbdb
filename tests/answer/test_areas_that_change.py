"""A year with other provinces from the tables to the result, on few draws; figures of 2025 are made up."""

import datetime as dt
from pathlib import Path

import pytest

from forecast.answer import pipeline
from forecast.base.labels import text
from forecast.base.spec import RunSpec
from forecast.data import load
from forecast.pages import report

REAL = Path(__file__).parents[2] / "data"
CITY = "TP. Hồ Chí Minh"


def spec_of(year, day):
    """A question with few draws."""
    return RunSpec(index_code="PAR", area=CITY, target_year=year, as_of=day, draws=200)


@pytest.fixture(scope="module")
def first():
    """The first year of 34 provinces, on the project's own tables."""
    spec = spec_of(2025, dt.date(2025, 10, 20))
    return pipeline.forecast(load.read(REAL, as_of=spec.as_of), spec)


def test_ranks_are_among_the_provinces_of_the_year(first):
    """34 ranks, 34 totals, none of a province that is gone."""
    totals = first.forecast[
        (first.forecast["model"] == "evidence") & (first.forecast["component"] == "total")
    ]

    assert len(first.rank) == 34
    assert first.rank["probability"].sum() == pytest.approx(1)
    assert totals.loc[totals["index_code"] == "PAR", "area"].nunique() == 34
    assert "Bình Dương" not in set(totals["area"])


def test_no_made_figure_passes_for_a_published_one(first):
    """Estimated with a range in the history, marked in the evidence, no last rank."""
    own = first.evidence[(first.evidence["area"] == CITY) & (first.evidence["statistic"] == "value")]
    past = first.history[first.history["component"] == "total"]

    assert not (own["use"] == "score").any()
    assert not past["known"].any()
    doubt = past.loc[past["year"] == 2023, ["lower", "upper"]].iloc[0]
    assert doubt["upper"] - doubt["lower"] > 1
    total = first.summary.set_index("component").loc["total"]
    assert not total["last_known"]
    assert total["upper"] - total["lower"] > 8


def test_the_page_says_what_the_area_is_made_of_and_what_is_not_known(first):
    """In both languages, before everything else that is to be minded."""
    for lang, former in (("vi", " cũ"), ("en", "the former ")):
        lines = report.caveats(first, lang=lang).lines
        assert "34" in lines[0]
        assert "Bình Dương" in lines[0]
        assert lines[1] == text("caveat.no_result", lang, year=2024, newest=2023)
        assert former in lines[0]


def test_the_year_after_begins_from_the_result_of_34():
    """Published figures of 34 provinces need no making, and their ranks are last ranks."""
    spec = spec_of(2026, dt.date(2026, 11, 20))
    there = load.read(REAL, as_of=spec.as_of).for_year(2026).provinces
    rows = "".join(
        f"PAR,2025,{area},total,value,{90 - 0.3 * place:.2f},percent,,{place + 1},2026-04-10,2026-04-10,"
        "http://made-up,press,made up\n"
        for place, area in enumerate((CITY, *(name for name in there if name != CITY)))
    )
    content = (REAL / "scores.csv").read_bytes() + rows.encode()
    known = load.rehearse(REAL, "scores.csv", content).known_at(spec.as_of)

    result = pipeline.forecast(known, spec)

    total = result.summary.set_index("component").loc["total"]
    assert (total["last_known"], total["last_median"], total["last_rank"]) == (True, pytest.approx(90), 1)
    assert len(result.rank) == 34
