"""Run specs: refused when made, with the value, the allowed set and the nearest name."""

import dataclasses
import datetime as dt
import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base import spec
from forecast.base.errors import SpecError
from forecast.base.spec import RunSpec

GOOD = {
    "index_code": "PAR",
    "area": "TP. Hồ Chí Minh",
    "target_year": 2024,
    "as_of": dt.date(2024, 10, 20),
}
ANNOUNCED = pd.DataFrame(
    {
        "index_code": ["PAR", "PAR", "SIPAS"],
        "year": [2022, 2023, 2022],
        "announced_on": pd.to_datetime(["2023-04-19", "2024-04-17", "2023-04-19"]).astype("datetime64[s]"),
    }
)


def test_a_good_spec_is_kept_as_given():
    """Defaults are the project's: 50, 80, 95 percent, 4000 draws."""
    made = RunSpec(**GOOD)

    assert (made.levels, made.draws, made.force) == ((50, 80, 95), 4000, False)
    assert json.loads(json.dumps(made.as_dict()))["as_of"] == "2024-10-20"
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.draws = 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"index_code": "PARR"}, "PARR.*did you mean “PAR”"),
        ({"index_code": "sipas"}, "did you mean “SIPAS”"),
        ({"index_code": None}, "Allowed|allowed"),
        ({"area": "  "}, "area is empty"),
        ({"area": 7}, "area is empty"),
        ({"as_of": "2024-10-20"}, "must be a day"),
        ({"as_of": dt.datetime(2024, 10, 20)}, "must be a day"),  # noqa: DTZ001 - refused whatever its zone
        ({"target_year": "2024"}, "whole number"),
        ({"target_year": 2024.0}, "whole number"),
        ({"target_year": True}, "whole number"),
        ({"target_year": 1999}, "from 2012 to 2029"),
        ({"target_year": 2030}, "from 2012 to 2029"),
        ({"levels": ()}, "whole percents"),
        ({"levels": (0.8,)}, "for 0.8 write 80"),
        ({"levels": (100,)}, "1 to 99"),
        ({"levels": (True,)}, "whole percents"),
        ({"levels": 80}, "whole percents"),
        ({"levels": (80, 80)}, "repeat"),
        ({"seed": -1}, "from 0"),
        ({"draws": 10}, "from 100"),
        ({"force": 1}, "True or False"),
    ],
)
def test_a_bad_value_is_refused_in_words(change, words):
    """Each refusal names the parameter, what was found and what is allowed, in both languages."""
    with pytest.raises(SpecError, match=words) as caught:
        RunSpec(**{**GOOD, **change})

    assert caught.value.exit_code == 2
    assert caught.value.text("vi") != str(caught.value)


def test_an_area_in_decomposed_letters_is_the_same_area():
    """Names that look alike are alike."""
    made = RunSpec(**{**GOOD, "area": " TP. Ho\u0302\u0300 Chi\u0301 Minh"})

    assert made == RunSpec(**GOOD)


def test_levels_are_sorted_and_give_their_quantiles():
    """The hub's 23 levels and the ends of every interval, ascending, rounded as keys."""
    made = RunSpec(**{**GOOD, "levels": (90, 50)})

    assert made.levels == (50, 90)
    assert set(spec.QUANTILE_LEVELS) <= set(made.quantile_levels)
    assert list(made.quantile_levels) == sorted(made.quantile_levels)
    assert len(spec.QUANTILE_LEVELS) == 23


@given(st.integers(1, 99))
def test_interval_ends_hold_the_level_between_them(level):
    """The ends are symmetric and lie `level` percent apart, exactly at four places."""
    low, high = spec.interval_ends(level)

    assert round(high - low, 4) == level / 100
    assert round(low + high, 4) == 1
    assert (round(low, 4), round(high, 4)) == (low, high)


@pytest.mark.parametrize(("index_code", "year"), [("PAR", 2023), ("PAR", 2022), ("SIPAS", 2022)])
def test_a_year_that_is_out_is_refused_unless_forced(index_code, year):
    """Nothing is left to forecast of a result that was announced by the day."""
    asked = RunSpec(**{**GOOD, "index_code": index_code, "target_year": year})

    with pytest.raises(SpecError, match="force") as caught:
        spec.refuse_unanswerable(asked, announcements=ANNOUNCED, areas=[GOOD["area"]])

    assert "công bố" in caught.value.text("vi")
    forced = dataclasses.replace(asked, force=True)
    assert spec.refuse_unanswerable(forced, announcements=ANNOUNCED, areas=[GOOD["area"]]) is None


@pytest.mark.parametrize(("index_code", "year"), [("PAR", 2024), ("SIPAS", 2023)])
def test_a_year_that_is_not_out_may_be_forecast(index_code, year):
    """Another index's announcement does not count."""
    asked = RunSpec(**{**GOOD, "index_code": index_code, "target_year": year})

    assert spec.refuse_unanswerable(asked, announcements=ANNOUNCED, areas=[GOOD["area"]]) is None


def test_a_year_before_the_latest_result_is_refused():
    """SIPAS of a year that was never announced is past too, once a later one is out."""
    asked = RunSpec(**{**GOOD, "index_code": "SIPAS", "target_year": 2016})

    with pytest.raises(SpecError, match="19 Apr 2023"):
        spec.refuse_unanswerable(asked, announcements=ANNOUNCED, areas=[GOOD["area"]])


@pytest.mark.parametrize(("count", "listed"), [(12, True), (13, False)])
def test_a_long_list_gives_way_to_the_nearest(count, listed):
    """Nobody reads 63 provinces to find the one that was meant."""
    allowed = [f"name{number}" for number in range(count)]

    with pytest.raises(SpecError, match="did you mean “name1”") as caught:
        spec.refuse_unknown("area", "nam1", allowed)

    assert ("name9" in str(caught.value)) == listed


def test_an_unknown_area_is_refused_with_the_nearest():
    """A misspelt province never runs as an empty one."""
    asked = RunSpec(**{**GOOD, "area": "Hà Nộii"})

    with pytest.raises(SpecError, match="did you mean “Hà Nội”"):
        spec.refuse_unanswerable(asked, announcements=ANNOUNCED, areas=["Hà Nội", "Hà Nam"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2024-13-01", "no day"),
        ("2023-02-29", "no day"),
        ("31/9/2024", "no day"),
        ("5/31/2024", "no day"),
        ("10/2024", "day/month/year"),
        ("hôm nay", "year-month-day"),
        ("２０２４-10-20", "year-month-day"),
        ("", "year-month-day"),
    ],
)
def test_what_is_no_day_is_refused_with_the_forms_that_are(text, words):
    """A day stands before its month; a day that the calendar lacks is told as such."""
    with pytest.raises(SpecError, match=words):
        spec.parse_day(text)


@pytest.mark.parametrize(
    "text", ["20/10/2024", "20.10.2024", " 20-10-2024 ", "20241020", "ngày 20 tháng 10 năm 2024"]
)
def test_a_day_is_read_in_any_form_that_people_write(text):
    """Every door takes what lists take."""
    assert spec.parse_day(text) == dt.date(2024, 10, 20)


@given(st.dates())
def test_iso_days_read_back(day):
    """Every calendar day in ISO form is read as itself."""
    assert spec.parse_day(f" {day.isoformat()} ") == day


def test_the_nearest_name_ignores_case():
    """`d3` means D3, and nothing is near to nonsense."""
    assert spec.nearest("d3", ("D1", "D3")) == "D3"
    assert spec.nearest("xyzzy", ("total", "D8")) == ""
