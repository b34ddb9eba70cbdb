"""Any day, any province, either index: a whole result or a typed error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.answer import pipeline
from forecast.answer.result import Result
from forecast.base.errors import ForecastError, SpecError, TooFewYearsError
from forecast.base.spec import RunSpec
from forecast.data import load
from forecast.data.tables import FORECAST_COLUMNS, FORECAST_KEY

DATA = Path(__file__).parents[2] / "data"
CITY = "TP. Hồ Chí Minh"
MEETING, DAY = dt.date(2024, 10, 20), dt.date(2019, 10, 20)

Ask = Callable[..., Result]


def check(result: Result) -> None:
    """What holds in every result, whatever was known."""
    rows = result.forecast
    assert tuple(rows.columns) == (*FORECAST_COLUMNS, "shown")
    assert not rows.duplicated(list(FORECAST_KEY)).any()
    assert np.isfinite(rows["value"]).all()
    first = rows.iloc[0]
    assert (first["index_code"], first["area"]) == (result.spec.index_code, result.spec.area)
    quantiles = rows[rows["output_type"] == "quantile"]
    levels = [f"{level:g}" for level in result.spec.quantile_levels]
    maxima = result.summary.set_index("component")["max_score"]
    assumed = result.summary.set_index("component")["max_status"] == "assumed"
    maxima = maxima.where(~assumed, 1.1 * maxima)  # an assumed maximum is drawn within its bounds
    for (index_code, _, component, _), one in quantiles.groupby(["index_code", "area", "component", "model"]):
        assert one["output_type_id"].tolist() == levels
        assert (np.diff(one["value"]) >= 0).all()
        top = 100.0 if index_code == "SIPAS" or component == "total" else maxima.get(component, 100.0)
        assert one["value"].between(0, top).all()
    assert result.rank["probability"].sum() == pytest.approx(1)
    told = result.summary[
        ["median", "lower", "upper", "lower95", "upper95", "last_median", "change", "p_fall"]
    ]
    assert told.notna().all(axis=None)


@pytest.mark.parametrize(
    ("day", "target_year", "index_code", "components"),
    [
        ("2014-02-28", 2013, "PAR", 1),  # the first day with any figure: the total alone
        ("2014-06-01", 2015, "SIPAS", 1),  # no survey was published yet
        ("2017-10-20", 2017, "PAR", 1),  # a framework is known by name, no maxima
        ("2018-06-01", 2018, "PAR", 9),  # domains, D8 whole
        ("2020-05-18", 2019, "SIPAS", 1),  # the day before the result
        ("2022-11-09", 2022, "PAR", 9),  # the day before decision 876
        ("2022-11-10", 2022, "PAR", 11),  # its day
        ("2024-04-16", 2025, "PAR", 11),  # two years ahead
    ],
)
def test_every_day_gives_a_whole_result(ask: Ask, day, target_year, index_code, components):
    """Whatever is known on a day, each table is whole and each figure within its bounds."""
    result = ask(dt.date.fromisoformat(day), target_year, index_code=index_code)
    check(result)
    assert len(result.summary) == components


def test_the_full_result_is_whole(made: Result, early: Result, first: Result):
    """With record and news added, the same holds."""
    for result in (made, early, first):
        check(result)


@settings(max_examples=3)
@given(
    day=st.dates(dt.date(2012, 1, 1), dt.date(2025, 5, 1)),
    ahead=st.integers(-3, 4),
    index_code=st.sampled_from(["PAR", "SIPAS"]),
    force=st.booleans(),
)
def test_any_question_gets_a_result_or_a_typed_error(day, ahead, index_code, force):
    """Any day and any year: a result, or an error that can be told in both languages; never a traceback."""
    told = ("Kết quả", "Result")
    try:
        facts = {"index_code": index_code, "area": CITY, "force": force, "draws": 100}
        spec = RunSpec(target_year=day.year + ahead, as_of=day, **facts)
        check(pipeline.forecast(load.read(DATA, as_of=day), spec))
    except ForecastError as refusal:
        told = (refusal.text("vi"), refusal.text("en"))
    assert told[0] != told[1]


@pytest.mark.parametrize("area", ["Bắc Giang", "Thanh Hóa", "Đà Nẵng", "Điện Biên"])
@pytest.mark.parametrize("index_code", ["PAR", "SIPAS"])
def test_any_province_can_be_asked_for(ask: Ask, area, index_code):
    """The city is no special case: provinces with many figures and with hardly any get the same tables."""
    result = ask(DAY, 2019, area=area, index_code=index_code)
    check(result)
    assert set(result.forecast.loc[result.forecast["output_type"] == "pmf", "area"]) == {area}


def test_departments_of_the_city_are_in_charge_of_no_other_province(ask: Ask):
    """Who is in charge is a fact about the city; elsewhere it is not known."""
    own, other = ask(MEETING, 2024), ask(MEETING, 2024, area="Đà Nẵng")

    for name in ("summary", "scorecard"):
        assert getattr(own, name)["responsible"].ne("").any()
        assert set(getattr(other, name)["responsible"]) == {""}


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"day": dt.date(2014, 2, 27), "target_year": 2014}, SpecError),  # before any figure
        ({"day": dt.date(2024, 4, 17), "target_year": 2023}, SpecError),  # out that very day
        ({"day": DAY, "target_year": 2019, "area": "Sài Gòn cũ"}, SpecError),
        ({"day": DAY, "target_year": 2019, "area": "Tây Nguyên"}, SpecError),  # a region is no province
        ({"day": MEETING, "target_year": 2012, "force": True}, TooFewYearsError),  # nothing before it
    ],
)
def test_what_cannot_be_answered_is_refused(ask: Ask, facts, error):
    """Questions without an answer get a typed error in words."""
    with pytest.raises(error) as refusal:
        ask(facts.pop("day"), facts.pop("target_year"), **facts)
    assert refusal.value.text("vi")


def test_a_forced_forecast_does_not_know_the_result_it_is_to_be_checked_by(ask: Ask):
    """Forced to forecast a year whose result is out, the model does not see that result."""
    forced = ask(MEETING, 2023, force=True)
    check(forced)
    assert (forced.evidence["year"] < 2023).all()
    total = forced.summary.set_index("component").loc["total"]
    assert total["upper"] - total["lower"] > 1
    assert total["last_median"] == pytest.approx(84.70)  # 2022 is still known


def mean_rank(result: Result) -> float:
    """Expected rank."""
    return float((result.rank["rank"] * result.rank["probability"]).sum())


def test_the_rank_is_that_of_the_index_asked_for(early: Result, ask: Ask):
    """A province high in one index and low in the other is high in the one's run and low in the other's."""
    rows = early.forecast[
        (early.forecast["model"] == "evidence") & (early.forecast["output_type_id"] == "0.5")
    ]
    medians = rows[rows["component"] == "total"].pivot_table(
        index="area", columns="index_code", values="value"
    )
    places = medians.rank(ascending=False)
    area = str((places["PAR"] - places["SIPAS"]).abs().idxmax())
    for index_code in ("PAR", "SIPAS"):
        found = mean_rank(ask(DAY, 2019, area=area, index_code=index_code))
        other = "PAR" if index_code == "SIPAS" else "SIPAS"
        assert abs(found - places.loc[area, index_code]) < abs(found - places.loc[area, other])


def test_survey_and_index_say_the_same_of_the_survey(made: Result, ask: Ask):
    """A run for SIPAS forecasts the same percentage as a run for the whole index."""
    survey = ask(MEETING, 2024, index_code="SIPAS", draws=4000)

    def values(result: Result) -> list[float]:
        rows = result.forecast
        rows = rows[(rows["index_code"] == "SIPAS") & (rows["area"] == CITY) & (rows["model"] == "evidence")]
        return rows.loc[rows["output_type"] == "quantile", "value"].tolist()

    assert values(survey) == values(made)
    assert survey.summary["component"].tolist() == ["total"]
    assert survey.summary["median"].iloc[0] == values(made)[len(values(made)) // 2]


def test_frameworks_are_named_where_they_belong(made: Result, ask: Ask):
    """FORECAST rows of the PAR Index carry the decision in force, those of the survey none."""
    unread = ask(dt.date(2017, 10, 20), 2017)
    for result, name in (
        (made, "876/QĐ-BNV"),
        (unread, "4361/QĐ-BNV"),
        (ask(DAY, 2019, index_code="SIPAS"), ""),
    ):
        rows = result.forecast
        assert set(rows.loc[rows["index_code"] == "SIPAS", "framework"]) == {""}
        if name:
            assert set(rows.loc[rows["index_code"] == "PAR", "framework"]) == {name}


def test_notebooks_read_what_a_run_wrote(made: Result, tmp_path):
    """Within a run a notebook gets the run's own result; alone it computes one, for the same spec."""
    made.write(tmp_path)
    asked = {"index_code": "PAR", "area": CITY, "target_year": 2014, "as_of": "2014-06-01"}
    assert pipeline.open_result(**asked, run_dir=str(tmp_path)).spec == made.spec
    alone = pipeline.open_result(**asked, data_dir=str(DATA))
    assert alone.spec == RunSpec(index_code="PAR", area=CITY, target_year=2014, as_of=dt.date(2014, 6, 1))
