"""Marks of maxima that were not read in a document; all figures are made up."""

import pandas as pd
import pytest

from forecast.pages import reading


def record(status: str) -> pd.Series:
    """One row of a summary."""
    return pd.Series({"component": "D7", "max_score": 13.5, "max_status": status})


@pytest.mark.parametrize("status", ["assumed", "borrowed"])
def test_a_maximum_that_was_not_read_has_a_star_and_a_note(status):
    """Whatever stands in for the maximum, figure and words say so, in the language of the page."""
    assert reading.starred_maximum(record(status), "vi") == "13,5*"
    assert reading.starred_maximum(record(status), "en") == "13.5*"
    assert reading.star_note(["read", status], "vi")[0].startswith("* Điểm tối đa")
    assert "13,5" in reading.maximum_note(record(status), "vi")[0]


def test_a_maximum_that_was_read_has_none():
    """A star is no ornament."""
    assert reading.starred_maximum(record("read"), "vi") == "13,5"
    assert reading.star_note(["read", "read"], "vi") == ()
    assert reading.maximum_note(record("read"), "vi") == ()
