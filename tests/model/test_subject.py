"""What the index is made of in each year, as known on a day: real tables, cut by day."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.base.errors import ForecastError
from forecast.data import load
from forecast.data.load import Known
from forecast.data.tables import COUNTRY, DOMAINS
from forecast.model.scheme import Subject, leaf_weights
from forecast.model.subject import subject_of, survey_component

DATA = Path(__file__).parents[2] / "data"


@cache
def tables() -> load.Vintages:
    """The project's tables."""
    return load.read_vintages(DATA)


@cache
def known_on(day: str) -> Known:
    """The project's tables as known on a day."""
    return tables().known_at(dt.date.fromisoformat(day))


def subject(day: str, target_year: int) -> Subject:
    """The PAR Index as known on a day."""
    return subject_of(known_on(day), "PAR", target_year)


def test_the_framework_in_force_is_read_with_its_survey_part():
    """On 20 October 2024 the nine components of decision 876 stand, D8 split, the survey linked."""
    found = subject("2024-10-20", 2024)
    assert found.components == (*DOMAINS[:-1], "D8.outcome", "D8.sipas")
    assert found.links == {("SIPAS", "total"): "D8.sipas"}
    assert found.schemes[2024].children == {"total": DOMAINS, "D8": ("D8.outcome", "D8.sipas")}
    assert found.schemes[2024].maxima["D3"] == 13.0
    assert found.schemes[2024].status["D6"] == "assumed"
    assert {"part.appraised", "part.leaders_survey", "part.survey"} <= found.spare
    assert len(found.areas) == 63
    assert found.regions[COUNTRY] == found.areas
    assert sum(len(areas) for name, areas in found.regions.items() if name != COUNTRY) == 63


def test_before_the_framework_was_known_older_maxima_are_borrowed():
    """On 20 October 2022 decision 876 was not out: the domains of 2017 stand, the survey beside them."""
    found = subject("2022-10-20", 2022)
    assert found.components == (*DOMAINS, "SIPAS")
    assert survey_component(found) == "SIPAS"
    assert found.schemes[2022].maxima["D3"] == 14.5
    assert {found.schemes[2022].status[d] for d in DOMAINS} == {"borrowed"}
    assert found.schemes[2017].status["D3"] == "read"
    assert subject("2022-11-10", 2022).components[-2:] == ("D8.outcome", "D8.sipas")


def test_before_any_framework_was_known_there_is_the_total_alone():
    """On 1 June 2014 nothing was known of domains: the total and the survey are single components."""
    found = subject("2014-06-01", 2014)
    assert found.components == ("total", "SIPAS")
    assert found.schemes[2014].children == {}
    assert found.years == (2012, 2013, 2014)


def test_an_older_version_is_split_as_the_target_year_splits_it():
    """2017 did not split D8: its 15.5 points are split 10 to 6.5 and marked borrowed."""
    scheme = subject("2024-10-20", 2024).schemes[2017]
    assert scheme.maxima["D8"] == 15.5
    assert scheme.status["D8"] == "read"
    assert scheme.maxima["D8.sipas"] == pytest.approx(15.5 * 10 / 16.5)
    assert scheme.status["D8.sipas"] == "borrowed"


def test_a_change_is_a_break_from_the_day_on_which_it_was_known():
    """The new set of 2024, known in April 2025, is no break for a forecast of October 2024."""
    assert 2024 not in subject("2024-10-20", 2024).breaks["D1"]
    assert 2024 in subject("2025-05-01", 2024).breaks["D1"]
    assert subject("2024-10-20", 2024).breaks["D8.sipas"] == (2017, 2022)
    assert 2022 not in subject("2022-10-20", 2022).breaks["D1"]


def test_years_beyond_the_first_without_a_result_may_have_changed():
    """By hand: results of 2012 to 2023, six changes (2016 to 2020, 2022): 7 of 13. SIPAS: 2015, two."""
    assert subject("2024-10-20", 2024).possible_breaks["D1"] == {}
    two = subject("2024-10-20", 2025).possible_breaks
    assert two["D1"] == {2025: pytest.approx(7 / 13)}
    assert two["D8.sipas"] == {2025: pytest.approx(3 / 10)}
    # What is entered of 2024 is known, and there is no figure of it.
    assert subject("2025-05-01", 2026).possible_breaks["D1"] == dict.fromkeys(
        (2025, 2026), pytest.approx(7 / 13)
    )


@settings(max_examples=8)
@given(day=st.dates(dt.date(2014, 3, 1), dt.date(2025, 6, 1)), ahead=st.integers(0, 3))
def test_on_every_day_each_year_is_whole(day, ahead):
    """Whatever is known, the weights of each component of each year add up to 1, and the maxima to 100."""
    found = subject_of(tables().known_at(day), "PAR", day.year + ahead)
    assert found.years[-1] == day.year + ahead
    for year in found.years:
        scheme = found.schemes[year]
        for component in scheme.weights:
            assert sum(leaf_weights(found, component, year).values()) == pytest.approx(1)
        for parent, children in scheme.children.items():
            assert sum(scheme.maxima[c] for c in children) == pytest.approx(scheme.maxima[parent])
        assert set(scheme.status.values()) <= {"read", "assumed", "borrowed"}


def test_a_target_year_without_a_year_before_it_is_refused():
    """The first year of the data, and any before it, cannot be forecast: a typed error, no traceback."""
    with pytest.raises(ForecastError):
        subject("2024-10-20", 2012)


def test_one_area_alone_keeps_what_the_index_is_made_of():
    """`only` leaves one area and no region, components and schemes as they are."""
    whole = subject("2024-10-20", 2024)
    alone = whole.only("Bắc Giang")
    assert (alone.areas, dict(alone.regions)) == (("Bắc Giang",), {})
    assert (alone.components, alone.schemes) == (whole.components, whole.schemes)
