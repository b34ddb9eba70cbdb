"""Tables: keys, names, and the one cut by day."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base import spelling
from forecast.data import tables

DAYS = st.dates(dt.date(2012, 1, 1), dt.date(2026, 1, 1))


def published(days: list[dt.date | None]) -> pd.DataFrame:
    """Make a table of made-up rows published on the given days."""
    column = pd.Series(days, dtype=tables.DAY_DTYPE)
    return pd.DataFrame({"score": range(len(days)), "published_on": column})


def test_a_row_of_the_day_itself_is_known():
    """The day is inclusive: what came out that morning counts."""
    frame = published([dt.date(2024, 4, 16), dt.date(2024, 4, 17), dt.date(2024, 4, 18)])

    assert tables.as_known(frame, dt.date(2024, 4, 17))["score"].tolist() == [0, 1]


@given(st.lists(st.none() | DAYS, max_size=20), DAYS)
def test_the_cut_keeps_what_was_out_and_nothing_else(days, as_of):
    """Oracle: a plain comparison of Python days; undated rows are never known."""
    expected = [place for place, day in enumerate(days) if day is not None and day <= as_of]

    known = tables.as_known(published(days), as_of)

    assert known["score"].tolist() == expected
    assert known.index.tolist() == list(range(len(expected)))


@given(st.lists(st.none() | DAYS, max_size=20), DAYS, DAYS)
def test_a_later_day_knows_no_less(days, one, other):
    """Knowledge only grows."""
    early, late = sorted((one, other))
    frame = published(days)

    assert set(tables.as_known(frame, early)["score"]) <= set(tables.as_known(frame, late)["score"])


@given(st.lists(st.none() | DAYS, max_size=20))
def test_a_row_is_undated_or_known_at_last(days):
    """Every row is either listed as undated or known in the end, never both or neither."""
    frame = published(days)
    at_last = tables.as_known(frame, dt.date(2100, 1, 1))

    assert sorted([*at_last["score"], *tables.undated(frame)["score"]]) == frame["score"].tolist()


def test_a_table_without_days_cannot_be_cut():
    """A cut that would silently keep all is a programmer's mistake."""
    with pytest.raises(KeyError, match="published_on"):
        tables.as_known(pd.DataFrame({"score": [1.0]}), dt.date(2024, 1, 1))


@pytest.mark.parametrize("table", tables.DATA_TABLES, ids=lambda table: table.name)
def test_keys_are_columns(table):
    """Every key is made of the table's own columns, and a source tells rows of one key apart."""
    assert set(table.source_key) <= set(table.names)
    assert set(table.key) <= set(table.source_key)
    assert not table.known_from or table.column(table.known_from).kind == "day"


def test_forecast_columns_are_those_of_the_design():
    """The table that all reports read keeps its form."""
    assert (
        *("index_code", "framework", "area", "component", "target_year", "as_of", "model"),
        *("output_type", "output_type_id", "value"),
    ) == tables.FORECAST_COLUMNS


def test_components_of_an_index_do_not_repeat():
    """A repeated name would make a second cell of one component."""
    for components in tables.COMPONENTS.values():
        assert len(set(components)) == len(components)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("  Hà   Nội ", "Hà Nội"),
        ("Ha\u0300 No\u0323\u0302i", "Hà Nội"),
        ("\ufeffPAR", "PAR"),
        ("A\u00a0B\u200b", "A B"),
        ("\t\n", ""),
        ("H\u0430\u0300 N\u1ed9\u0456", "Hà Nội"),  # Cyrillic a and i
        ("H\u0450", "Hè"),
        ("\u0420\u0410R Index", "PAR Index"),
        ("\u03a1APUl", "PAPUl"),  # a Greek rho
        ("\u00d0à N\u00adẵng\u200e", "Đà Nẵng"),
        ("Москва A", "Москва A"),
        ("\u0410\u0420", "\u0410\u0420"),  # nothing Latin beside them
        ("hệ số ρ", "hệ số ρ"),
    ],
)
def test_text_has_one_form(found, expected):
    """Composed letters, single spaces, nothing invisible, no letters of another script for Latin ones."""
    assert spelling.clean(found) == expected


@given(st.text(max_size=30) | st.text("AaеАТр\u0300\u0306\u00d0\u00addΡ ", max_size=9))
def test_cleaning_twice_changes_nothing_more(text):
    """The one form is a fixed point."""
    assert spelling.clean(spelling.clean(text)) == spelling.clean(text)
