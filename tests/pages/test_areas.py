"""The page over all provinces: a map of tiles and the order.  EVERY FIGURE IS MADE UP."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base import labels
from forecast.pages import reading
from forecast.runs import area_overview, html_check


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_page_reads_as_it_did(provinces, lang, golden):
    """What a reader of the page over all provinces gets to read changes only when somebody means it to."""
    read = html_check.read(area_overview.page(provinces, lang))

    lines = (line.strip() for line in read.text.splitlines())
    golden(f"report/areas.{lang}.txt", "\n".join(line for line in lines if line) + "\n")


@pytest.mark.parametrize(
    ("lang", "index_code", "said"),
    [
        ("vi", "PAR", "(91,0 điểm)"),
        ("en", "PAR", "(91.0 points)"),
        ("vi", "SIPAS", "(91,0%)"),
        ("en", "SIPAS", "(91.0%)"),
    ],
)
def test_every_index_has_its_unit(provinces, lang, index_code, said):
    """The survey is a percentage; the index is counted in points."""
    newest = provinces.newest
    asked = replace(newest, spec={**newest.spec, "index_code": index_code})

    text = html_check.read(area_overview.page(replace(provinces, newest=asked), lang)).text

    assert said in text
    assert ("điểm" in text or "points" in text) == (index_code == "PAR")


@given(st.lists(st.floats(40, 100), min_size=1, max_size=63))
def test_every_value_lies_in_its_class_of_the_map(medians):
    """Classes do not overlap, none reads "82,3 – 82,3", and each value has one."""
    shades = reading.Shades(pd.Series(medians))
    legend = shades.legend("vi")

    assert [number for number, _ in legend] == list(range(1, len(legend) + 1))
    assert all(len(set(ends.split("\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}"))) == 2 for _, ends in legend)
    for value in medians:
        low = shades.low + (shades.of(value) - 1) * shades.width
        assert low - 1e-9 <= value <= low + shades.width + 1e-9
    assert legend[0][1].startswith(labels.number(min(medians), 1, "vi"))
