"""One cell at a time: what is read, what is refused, and what is advised instead."""

import datetime as dt
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.data import tables
from forecast.data.load import cells
from forecast.data.load.files import Rows
from forecast.data.tables import LARGEST, Column, Kind, Table


def read(text: str, kind: Kind, **limits: object) -> tuple[object, str, dict[str, object]]:
    """Read one cell; give its value, and the key and facts of its problem, if any."""
    column = Column(name="x", kind=kind, **limits)  # type: ignore[arg-type]
    table = Table(name="t", columns=(column,), key=("x",), source_key=("x",))
    frame, problems, bad = cells.parse_table(Rows("t.csv", (2,), {"x": [text]}, ""), table, None)
    assert bad == ({2} if problems else set())
    key, facts = (problems[0].expected_key, problems[0].expected_facts) if problems else ("", {})
    return frame["x"].iloc[0], key, facts


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("87.5", 87.5),
        (" 87.50 ", 87.5),
        ("+3", 3.0),
        ("-6.78", -6.78),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-3", 0.001),
        ("0", 0.0),
        ("100.0", 100.0),
    ],
)
def test_numbers_are_read(text, value):
    """Plain decimal numbers, as programs and people write them."""
    assert read(text, "number") == (value, "", {})


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("87,5", "87.5"),
        ("-0,25", "-0.25"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("87.5%", "87.5"),
        ("87,5 %", "87.5"),
        ("\N{MINUS SIGN}6.78", "-6.78"),
        ("\N{EN DASH}6,78", "-6.78"),
        ("446 500", "446500"),
    ],
)
def test_a_number_in_another_form_is_refused_with_the_right_form(text, hint):
    """Nothing is guessed in silence, and nobody has to guess what to write."""
    value, key, facts = read(text, "number")

    assert math.isnan(value)
    assert (key, facts) == ("expect.number_hint", {"hint": hint})


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "1e999",
        "1_000",
        "0x1F",
        "٣",
        "８７",
        "12..5",
        "1,2,3",
        "--1",
        "%",
    ],
)
def test_what_is_no_number_is_refused(text):
    """Python would take some of these for numbers; a table does not."""
    value, key, _ = read(text, "number")

    assert math.isnan(value)
    assert key == "expect.number"


@pytest.mark.parametrize(
    ("text", "key"), [("0", ""), ("63", ""), ("-0.01", "expect.at_least"), ("63.01", "expect.at_most")]
)
def test_limits_are_inclusive(text, key):
    """The lowest and the highest allowed value are allowed."""
    assert read(text, "number", low=0, high=63)[1] == key


@given(st.floats(-LARGEST, LARGEST))
def test_every_float_reads_back_as_itself(value):
    """What a program writes, the door reads, to the last bit; what nothing can be is refused."""
    assert read(repr(1.1 * LARGEST), "number")[1] == read("-1e308", "number")[1] == "expect.smaller_number"
    assert read(repr(value), "number") == (value, "", {})


@given(st.integers(0, 999_999), st.integers(1, 999))
def test_a_decimal_comma_is_always_recognised(whole, part):
    """The advice for a comma is the same number with a point."""
    assert cells.number_hint(f"{whole},{part}") == f"{whole}.{part}"


@pytest.mark.parametrize(
    ("text", "key", "advice"),
    [
        ("2024-02-29", "", None),
        ("1990-01-01", "", None),
        ("31/5/2024", "expect.iso_day", "2024-05-31"),
        ("05.07.2024", "expect.iso_day", "2024-07-05"),
        ("2024-1-5", "expect.iso_day", "2024-01-05"),
        ("2024/02/28", "expect.iso_day", "2024-02-28"),
        ("20240228", "expect.iso_day", "2024-02-28"),
        ("2024-02-29T00:00", "expect.iso_day", "2024-02-29"),
        ("45432", "expect.iso_day_example", "2024-10-20"),
        ("31/02/2024", "expect.real_day", None),
        ("2023-02-29", "expect.real_day", None),
        ("2024-00-10", "expect.real_day", None),
        ("1989-12-31", "expect.year", None),
        ("2101-01-01", "expect.year", None),
        ("0000-01-01", "expect.real_day", None),
    ],
)
def test_days_by_hand(text, key, advice):
    """ISO days of the calendar, and the ISO form of a day written the Vietnamese way."""
    value, found, facts = read(text, "day")

    assert found == key
    assert facts.get("example") == advice
    assert (value is pd.NaT) == bool(key)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2100, 12, 31)))
def test_every_day_reads_back_as_itself(day):
    """No day of the range is lost or moved."""
    value, key, _ = read(day.isoformat(), "day")

    assert (value, key) == (pd.Timestamp(day), "")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2023", "2023-01-01", "2023-12-31"),
        ("2023-Q1", "2023-01-01", "2023-03-31"),
        ("2023-Q4", "2023-10-01", "2023-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-01..2023-09", "2023-01-01", "2023-09-30"),
        ("2020-01..2022-06", "2020-01-01", "2022-06-30"),
        ("2016..2020", "2016-01-01", "2020-12-31"),
        ("2022-Q3..2023-Q1", "2022-07-01", "2023-03-31"),
    ],
)
def test_periods_by_hand(text, first, last):
    """A period knows its first and its last day."""
    assert cells.period_days(text) == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))


@pytest.mark.parametrize(
    "text",
    [
        *("", "..", "2023..", "..2023", "2023-13", "2023-00", "2023-Q0", "2023-Q5", "Q1-2023", "2023-1"),
        *("2023..2023-09", "2023-Q1..2023-09", "2023-09..2023-01", "2023..2023", "1..2", "1989", "2101"),
        *("2023-01..2023-02..2023-03", "２０２３", "2023 - Q1"),
    ],
)
def test_what_is_no_period_is_refused(text):
    """Ends of two kinds, ends the wrong way round and half a run are no periods."""
    assert cells.period_days(text) is None
    if text:
        assert read(text, "period")[1] == "expect.period"


@pytest.mark.parametrize(
    ("text", "value"), [("2023", 2023), ("2023.0", 2023), (" 1990 ", 1990), ("2100", 2100)]
)
def test_years_are_read(text, value):
    """A year that passed through a spreadsheet as a fraction is the same year."""
    assert read(text, "year") == (value, "", {})


@pytest.mark.parametrize(
    "text", ["1989", "2101", "2023.5", "23", "-2023", "năm 2023", "2023,0", "２０２３", "9999999"]
)
def test_what_is_no_year_is_refused(text):
    """The range is said, and a fraction is no year."""
    _, key, facts = read(text, "year")

    assert (key, facts) == ("expect.year", {"first": tables.FIRST_YEAR, "last": tables.LAST_YEAR})


@pytest.mark.parametrize(
    ("text", "key"), [("1", ""), ("9999", ""), ("0", "expect.year"), ("10000", "expect.year")]
)
def test_a_column_may_have_its_own_years(text, key):
    """A panel of any kind may be old, or count its years from 1."""
    assert read(text, "year", low=1, high=9999)[1] == key


@pytest.mark.parametrize("kind", ["text", "name", "area", "number", "day", "year", "period", "choice"])
@pytest.mark.parametrize("text", ["", "  ", "\N{NO-BREAK SPACE}", "\N{ZERO WIDTH SPACE}"])
def test_an_empty_cell_is_refused_unless_it_may_be_empty(kind, text):
    """What only looks like something is nothing."""
    assert read(text, kind)[1] == "expect.something"
    if kind != "year":
        value, key, _ = read(text, kind, empty=True)
        assert key == ""
        assert value == "" or pd.isna(value)


@pytest.mark.parametrize(
    ("text", "empty", "key"), [("-", False, "figure_or_no_row"), ("n/a", True, "empty_cell")]
)
def test_a_sign_for_no_figure_is_to_be_left_out(text, empty, key):
    """The cell alone, where it may be empty; else its row."""
    assert read(text, "number", empty=empty)[1] == f"expect.{key}"


@pytest.mark.parametrize(
    ("text", "key", "near"),
    [
        ("press", "", None),
        ("Press", "expect.write", "press"),
        ("pres", "expect.choice_near", "press"),
        ("zzz", "expect.choice", ""),
    ],
)
def test_choices_name_the_nearest(text, key, near):
    """A wrong capital is one word from its mending."""
    value, found, facts = read(text, "choice", choices=tables.TRUST)

    assert found == key
    assert facts.get("near", facts.get("meant")) == near
    assert value == ("" if key else text)


def test_a_message_lists_no_more_values_than_can_be_read():
    """Of many allowed values the first and the last are named, and the nearest is still looked for in all."""
    many = tuple(f"{domain}.{place}" for domain in range(1, 9) for place in range(1, 20))
    key, facts = cells.not_among("5.77", many)

    assert (key, facts["near"]) == ("expect.choice_near", "5.7")
    assert len(facts["allowed"]) == cells.MOST_SHOWN + 1
    assert facts["allowed"][-2:] == ("…", "8.19")
    assert cells.not_among("x", ("a", "b"))[1]["allowed"] == ("a", "b")
