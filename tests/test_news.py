"""Indicators of the year that is forecast: surprises, what they were worth, the regression on them.

All figures are made up.
"""

import datetime as dt
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast import news
from forecast.errors import TooFewYearsError
from forecast.framework import Framework
from forecast.spec import RunSpec
from forecast.tables import FORECAST_COLUMNS

CITY = "TP. Hồ Chí Minh"
AS_OF = dt.date(2024, 10, 20)
SPEC = RunSpec(index_code="PAR", area=CITY, target_year=2024, as_of=AS_OF)
TOTAL_ONLY = pd.DataFrame(
    {"component": ["total"], "parent": [""], "max_score": [100.0], "max_status": ["read"]}
)
FRAMEWORK = Framework("876", 2024, "876", TOTAL_ONLY, TOTAL_ONLY.iloc[:0])


def figures(*rows: tuple[str, str, float, str], code: str = "disbursed", area: str = CITY) -> pd.DataFrame:
    """Rows of one indicator: first day, last day, value, day of publication."""
    first, last, value, published = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "indicator_code": code,
            "indicator_name_vi": "Giải ngân",
            "area": area,
            "linked_domain": "D6",
            "unit": "%",
            "period": [f"{a[:7]}..{b[:7]}" for a, b in zip(first, last, strict=True)],
            "value": value,
            "first_day": pd.to_datetime(list(first)),
            "last_day": pd.to_datetime(list(last)),
            "published_on": pd.to_datetime(list(published)),
        }
    )


def nine_months(year: int, value: float, published: str = "") -> tuple[str, str, float, str]:
    """A figure of January to September."""
    return f"{year}-01-01", f"{year}-09-30", value, published or f"{year}-10-05"


THREE = (nine_months(2022, 50.0), nine_months(2023, 60.0), nine_months(2024, 40.0))


def test_a_surprise_is_the_value_less_the_mean_of_the_same_months_by_hand():
    """40 percent after 50 and 60 in the same months is 15 less than usual."""
    found = news.surprise(figures(*THREE), 2024, AS_OF)

    assert (found.value, found.usual, found.size) == (40.0, 55.0, -15.0)
    assert found.period == "2024-01..2024-09"


def test_other_months_are_not_compared():
    """A whole year or half a year says nothing of nine months; two earlier years are needed."""
    half = ("2023-01-01", "2023-06-30", 10.0, "2023-07-05")
    whole = ("2021-01-01", "2021-12-31", 95.0, "2022-01-05")
    across = ("2021-10-01", "2022-09-30", 99.0, "2022-10-05")

    assert news.surprise(figures(THREE[0], half, whole, across, THREE[2]), 2024, AS_OF) is None
    assert news.surprise(figures(THREE[0], THREE[1]), 2024, AS_OF) is None


def test_the_latest_months_that_can_be_compared_are_taken():
    """Where nothing stands beside the newest figure, the one before it is compared."""
    months = [(f"{y}-01-01", f"{y}-06-30", v, f"{y}-07-05") for y, v in ((2022, 20.0), (2023, 30.0))]
    rows = figures(*months, ("2024-01-01", "2024-06-30", 26.0, "2024-07-05"), THREE[2])

    assert news.surprise(rows, 2024, AS_OF).size == pytest.approx(1.0)
    assert news.surprise(figures(*months, *THREE), 2024, AS_OF).size == pytest.approx(-15.0)


@given(
    years=st.lists(st.integers(2018, 2024), min_size=1, max_size=6),
    value=st.floats(-1e3, 1e3),
    delay=st.integers(1, 400),
)
def test_nothing_published_later_enters_a_surprise(years, value, delay):
    """Append figures of any year with a later day: the surprise is the same."""
    day = (AS_OF + dt.timedelta(days=delay)).isoformat()
    more = [nine_months(year, value, day) for year in years]

    assert news.surprise(figures(*THREE, *more), 2024, AS_OF) == news.surprise(figures(*THREE), 2024, AS_OF)


def test_past_surprises_are_those_of_the_same_day_of_their_year():
    """A figure of 2023 that came out in November was no surprise of October 2023."""
    early = [nine_months(year, value) for year, value in ((2020, 40.0), (2021, 50.0), (2022, 75.0))]
    late = nine_months(2023, 90.0, "2023-11-05")
    known = SimpleNamespace(indicators=figures(*early, late, THREE[2]))

    (lesson,) = news.lessons(known, {2021: 1.0, 2022: 2.0, 2023: 3.0}, SPEC)

    assert lesson.past == {2022: 30.0}  # 75 after 40 and 50; 2021 has one earlier year, 2023 came late
    assert lesson.now.usual == pytest.approx((40 + 50 + 75 + 90) / 4)


def test_only_the_areas_own_indicators_of_the_year_are_told():
    """Other areas' indicators, and those without a figure of the target year, are left out."""
    other = figures(*THREE, area="Hà Nội", code="other")
    old = figures(nine_months(2022, 1.0), code="old")
    known = SimpleNamespace(indicators=pd.concat([figures(*THREE), other, old], ignore_index=True))

    assert [lesson.latest["indicator_code"] for lesson in news.lessons(known, {}, SPEC)] == ["disbursed"]


def record(**changes: object) -> dict[str, object]:
    """One row of the record: the main model's median of the city's total of 2022."""
    row = {"model": "evidence", "index_code": "PAR", "area": CITY, "component": "total"}
    return {**row, "target_year": 2022, "output_type_id": "0.5", "value": 86.0, "observed": 84.7, **changes}


def test_an_error_is_what_came_less_the_median_by_hand():
    """84.7 after a median of 86 is an error of -1.3; other models, areas and quantiles do not count."""
    others = [{"model": "drift"}, {"index_code": "SIPAS"}, {"area": "Hà Nội"}, {"output_type_id": "0.1"}]
    table = pd.DataFrame([record(), *(record(value=50.0, **each) for each in others)])

    assert news.past_errors(table, SPEC, "evidence") == {2022: pytest.approx(-1.3)}


def lesson(past: dict[int, float], now: float | None) -> news.Lesson:
    """An indicator with past surprises and one of this year, around a usual value of 10."""
    latest = figures(THREE[2]).iloc[0]
    told = None if now is None else news.Surprise(10.0 + now, 10.0, "2024-01..2024-09")
    return news.Lesson(latest, told, past)


SIZES = dict(zip(range(2012, 2024), (3, -1, 2, -2, 1, -3, 2, -1, 3, -2, 1, -3), strict=True))


def shown(learnt: list[news.Lesson], errors: dict[int, float], median: float = 85.0) -> pd.DataFrame:
    """FORECAST rows of the regression."""
    return news.regression(learnt, errors, median, SPEC, FRAMEWORK)


@pytest.mark.parametrize("slope", [0.5, -0.5])
@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_a_surprise_that_always_told_moves_the_median_by_what_it_told(slope, unit):
    """Errors were half of each surprise: a surprise of 2 moves the forecast by 1, in whatever unit."""
    past = {year: unit * size for year, size in SIZES.items()}
    rows = shown([lesson(past, 2 * unit)], {year: slope * size for year, size in SIZES.items()})
    values = rows.set_index("output_type_id")["value"]

    assert tuple(rows.columns) == FORECAST_COLUMNS
    assert values["0.5"] == pytest.approx(85 + 2 * slope, abs=0.02)
    assert (np.diff(rows["value"]) >= 0).all()


def test_errors_that_have_nothing_to_do_with_surprises_move_next_to_nothing():
    """Where past surprises and errors do not go together, the median stays near the main model's."""
    errors = dict(zip(SIZES, (1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1), strict=True))
    values = shown([lesson(SIZES, 3.0)], errors).set_index("output_type_id")["value"]

    assert abs(values["0.5"] - 85) < 0.5
    assert values["0.975"] - values["0.025"] > 2


@pytest.mark.parametrize(("median", "now", "bound"), [(99.9, 3.0, 100.0), (0.1, -3.0, 0.0)])
def test_a_regression_stays_within_the_maximum(median, now, bound):
    """No quantile lies below nothing or above the maximum."""
    values = shown([lesson(SIZES, now)], {year: 2.0 * size for year, size in SIZES.items()}, median)["value"]

    assert values.between(0, 100).all()
    assert bound in values.to_numpy()


def test_too_few_years_or_nothing_of_this_year_are_refused():
    """Three past years, or an indicator without a figure to compare, give a typed error with the counts."""
    errors = dict.fromkeys(SIZES, 1.0)
    three = {year: SIZES[year] for year in (2021, 2022, 2023)}
    for learnt, got in (([lesson(three, 1.0)], 3), ([lesson(SIZES, None)], 0), ([], 0)):
        with pytest.raises(TooFewYearsError) as refusal:
            shown(learnt, errors)
        assert (refusal.value.facts["needed"], refusal.value.facts["got"]) == (4, got)


def test_the_table_tells_what_was_compared_and_why_nothing_moves():
    """Each indicator has a row: with a usual value and no weight, or with a reason why none was found."""
    table = news.indicator_news([lesson({2022: 1.0, 2023: 2.0}, -2.0), lesson({}, None)], {2022: 1, 2023: 1})

    assert tuple(table.columns) == news.COLUMNS
    assert table["usual"].tolist()[0] == 10.0
    assert table["surprise"].tolist()[0] == -2.0
    assert np.isnan(table["surprise"].tolist()[1])
    assert table["years"].tolist() == [2, 0]
    assert table["effect"].tolist() == [0.0, 0.0]
    assert [json.loads(reason)["key"] for reason in table["reason"]] == ["news.few_years", "news.no_earlier"]


def test_no_indicators_are_an_empty_table():
    """Nothing known of the year leaves the columns and no rows."""
    for table in (news.no_news(), news.indicator_news([], {})):
        assert table.empty
        assert tuple(table.columns) == news.COLUMNS
