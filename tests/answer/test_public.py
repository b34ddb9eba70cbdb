"""`forecast.predict` and `forecast.backtest` on tables in memory: the same as the commands, with warnings.

All figures are made up.
"""

import doctest
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import forecast
from forecast import cli
from forecast.base.errors import DataError, SpecError, TooFewYearsError
from forecast.model import rolling

YEARS = range(2008, 2020)


@pytest.fixture(scope="module")
def table():
    """Give a sound table of three areas and two components."""
    rng = np.random.default_rng(7)
    return pd.DataFrame(
        [
            (area, component, year, round(60 + 4 * a + (year - 2008) / 5 + rng.normal(), 3))
            for a, area in enumerate(("An", "Bình", "Chi"))
            for component in ("D1", "D2")
            for year in YEARS
        ],
        columns=["area", "component", "year", "score"],
    )


def test_the_function_gives_what_the_command_writes(table, tmp_path):
    """A table in memory and the same table in a file have the same forecasts, and nothing is warned of."""
    table.to_csv(tmp_path / "t.csv", index=False)
    code = cli.run(
        [
            *("predict", "--scores", str(tmp_path / "t.csv"), "--target-year", "2020:2021"),
            *("--out", str(tmp_path / "o.csv"), "--level", "60", "--model", "ensemble", "--model", "ridge"),
        ]
    )
    with warnings.catch_warnings(action="error"):
        found = forecast.predict(table, [2020, 2021], level=[60], models=["ensemble", "ridge"])

    assert code == 0
    written = pd.read_csv(tmp_path / "o.csv")
    pd.testing.assert_frame_equal(found.reset_index(drop=True), written, check_dtype=False)


def test_names_of_nixtla_and_a_wide_table_are_the_same_forecast(table):
    """Users of statsforecast keep their names; what was understood is warned of."""
    one = table[table["component"] == "D1"]
    plain = forecast.predict(one, 2020, models=["ensemble"])
    theirs = pd.DataFrame(
        {
            "unique_id": one["area"],
            "ds": pd.to_datetime(one["year"].astype(str) + "-12-31"),
            "y": one["score"],
        }
    )
    with pytest.warns(forecast.ForecastWarning) as told:
        found = forecast.predict(theirs, 2020, models=["ensemble"])
    wide = one.pivot_table("score", ["area", "component"], "year")
    with pytest.warns(forecast.ForecastWarning, match="one column a year"):
        across = forecast.predict(wide, 2020, models=["ensemble"])

    assert "unique_id → area" in str(told[0].message)
    np.testing.assert_array_equal(found["value"], plain["value"])
    np.testing.assert_array_equal(across["value"], plain["value"])


def test_a_maximum_and_changes_of_method_are_taken(table):
    """A maximum bounds the ranges; a change of method in the target year widens them."""
    high = table.assign(score=table["score"] + 27)
    free, bounded = (forecast.predict(high, 2024, max_score=m, models=["ensemble"]) for m in (None, 100.0))
    told = forecast.predict(
        high, 2024, max_score={"D1": 100.0, "D2": 100.0}, events=[2024], models=["ensemble"]
    )

    assert free["value"].max() > 100 >= bounded["value"].max()
    spread = [
        t.groupby("quantile_level")["value"].mean().loc[[0.1, 0.9]].diff().iloc[1] for t in (bounded, told)
    ]
    assert spread[1] > 1.1 * spread[0]


def test_doubts_are_warnings(table):
    """A value a hundred times the rest is named, and so is a model that drops out."""
    wrong = table.copy()
    wrong.loc[5, "score"] *= 100
    with pytest.warns(forecast.ForecastWarning) as told:
        forecast.predict(wrong, 2020)

    words = " ".join(str(each.message) for each in told)
    assert "row 7, An, D1, 2013" in words
    assert "panel_ssm has no forecast of D1 (3/3)" in words


def test_the_backtest_sums_up_as_the_commands_does(table):
    """The long table of the function is what `rolling.summary` takes, with the last years as origins."""
    past = forecast.backtest(table, horizons=[1, 2])
    sums = rolling.summary(past)

    assert set(past["origin"]) == set(range(2011, 2019))
    assert set(past["horizon"]) == {1, 2}
    came = table.set_index(["area", "component", "year"])["score"]
    keys = pd.MultiIndex.from_frame(
        past[["area", "component", "target_year"]].astype({"area": str, "component": str})
    )
    np.testing.assert_allclose(past["observed"], came.loc[list(keys)].to_numpy())
    assert {"ensemble", "last_value"} <= set(sums["model"])


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda t: t.iloc[:0], DataError, "no rows"),
        (lambda t: t.drop(columns="year"), DataError, "column year"),
        (lambda t: t.assign(score="x"), DataError, "a number is expected"),
        (lambda t: pd.concat([t, t]), DataError, "repeats the key"),
        (lambda t: t[t["year"] == 2019], TooFewYearsError, "one more year"),
    ],
)
def test_what_is_wrong_is_an_error_that_says_so(table, change, error, words):
    """A table that cannot be forecast is refused, and the sentence names why."""
    with pytest.raises(error, match=words):
        forecast.predict(change(table), 2020)


def test_years_may_be_of_any_kind_of_whole_number(table):
    """numpy's own numbers, arrays and ranges are years too."""
    one = forecast.predict(table, np.int64(2020), models=["drift"])
    many = forecast.predict(table, np.arange(2020, 2022), models=["drift"])

    pd.testing.assert_frame_equal(one, many[many["target_year"] == 2020])


@pytest.mark.parametrize("origin", [2007, 2019, 2024])
def test_an_origin_that_cannot_be_judged_is_refused(table, origin):
    """Before the table begins and from its last year on nothing can be forecast or judged."""
    with pytest.raises(SpecError, match="origins"):
        forecast.backtest(table, origins=[origin])


@pytest.mark.parametrize(
    "asked", [{"target_year": 2019}, {"target_year": []}, {"level": [100]}, {"models": ["prophet"]}]
)
def test_what_cannot_be_asked_is_refused(table, asked):
    """A year that is over, no year, a level of 100 percent and a model that is not there."""
    with pytest.raises(SpecError):
        forecast.predict(table, **{"target_year": 2020, **asked})


def test_the_names_are_there_before_anything_heavy_is_loaded():
    """The package names its functions, and loads pandas only when one is asked for."""
    code = (
        "import sys, forecast; names = dir(forecast); assert {'predict', 'backtest'} <= set(names); "
        "print('pandas' in sys.modules); forecast.predict; print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.split() == ["False", "True"]


def test_the_scores_of_past_forecasts_are_at_hand_by_attribute_and_by_import():
    """``forecast.rolling`` works in a session that has imported nothing else, both ways."""
    for code in (
        "import forecast; forecast.rolling.summary",
        "from forecast import rolling; rolling.summary",
    ):
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_page_on_python_says_what_the_functions_do():
    """Every example of the page runs and gives what stands there."""
    page = Path(__file__).parents[2] / "docs" / "python.md"
    with warnings.catch_warnings(action="error"):
        outcome = doctest.testfile(str(page), module_relative=False, encoding="utf-8")

    assert outcome.attempted > 10
    assert outcome.failed == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"target_year": 2020.5}, "target_year must be a whole number, found 2020.5"),
        ({"target_year": 3020}, "target_year must be from 2020 to 2119, found 3020"),
        ({"target_year": None}, "target_year must be a whole number, found None"),
        ({"target_year": pd.Timestamp("2020-12-31")}, "target_year must be a whole number"),
        ({"target_year": []}, "target_year is empty"),
        ({"level": ["80"]}, "level must be a whole number"),
        ({"level": 100}, "found 100"),
        ({"models": []}, "models is empty"),
        ({"models": "thetta"}, "no model called thetta"),
        ({"events": ["2018"]}, "events must be a whole number"),
        ({"max_score": {"D3": 100}}, "no max_score “D3”; did you mean “D"),
    ],
)
def test_what_is_no_year_level_model_or_component_is_refused_by_name(table, given, words):
    """Nothing is rounded, left out or passed on to fail elsewhere."""
    with pytest.raises(SpecError, match=words):
        forecast.predict(table, **{"target_year": 2020, **given})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"horizons": 0}, "horizons must be from 1 to 11, found 0"),
        ({"horizons": [500]}, "horizons must be from 1 to 11, found 500"),
        ({"horizons": [1.5]}, "horizons must be a whole number"),
        ({"horizons": []}, "horizons is empty"),
        ({"origins": []}, "origins is empty"),
        ({"origins": ["2018"]}, "origins must be a whole number"),
    ],
)
def test_a_backtest_of_nothing_is_refused(table, given, words):
    """A horizon or an origin that no outcome can meet gives a sentence, not an empty table."""
    with pytest.raises(SpecError, match=words):
        forecast.backtest(table, **given)


def test_one_number_or_name_stands_for_a_list_of_one(table):
    """Users of statsforecast write a single level, model or horizon without brackets."""
    several = forecast.predict(table, [2020], level=[60], models=["ridge"], events=[2015])
    one = forecast.predict(table, np.int64(2020), level=60, models="ridge", events=2015)

    pd.testing.assert_frame_equal(one, several)
    pd.testing.assert_frame_equal(
        forecast.backtest(table, origins=2018, horizons=1),
        forecast.backtest(table, origins=[2018], horizons=[1]),
    )


@pytest.mark.parametrize("other", [None, {"area": ["An"]}, pd.Series([1.0])])
def test_what_is_no_table_is_refused(other):
    """A dictionary, a series or nothing at all is named for what it is."""
    with pytest.raises(TypeError, match="pandas DataFrame, got"):
        forecast.predict(other, 2020)


def test_a_table_without_any_score_is_said_to_have_none(table):
    """Rows are there, figures are not: the sentence does not call the table empty."""
    with pytest.raises(DataError, match="no row has a score"):
        forecast.predict(table.assign(score=np.nan), 2020)
