"""Marks of maxima that were not read in a document; all figures are made up."""

from dataclasses import replace

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from forecast.pages import plot, reading


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


@pytest.mark.parametrize("assumed", [("D2", "D6"), ()])
@pytest.mark.parametrize("name", ["domains", "lost"])
def test_a_note_about_a_star_stands_below_a_picture_that_has_one(name, assumed, made_up):
    """Wide and narrow, a star for each; where every maximum was read there is neither star nor note."""

    def marked(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(max_status=table["component"].isin(assumed).map({True: "assumed", False: "read"}))

    result = replace(made_up, scorecard=marked(made_up.scorecard), summary=marked(made_up.summary))

    figure = getattr(plot, name)(result, lang="vi")

    for svg in (figure.svg, figure.narrow):
        words = [text.text for text in BeautifulSoup(svg, "html.parser").find_all("text")]
        assert sum("*" in word for word in words) == len(assumed)
    assert [note.startswith("* ") for note in figure.notes] == [True] * bool(assumed)
