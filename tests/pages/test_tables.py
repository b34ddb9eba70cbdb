"""One declaration a table: page, workbook, long table and picture's table say the same of it."""

import csv
import datetime as dt
import io
import re
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base import labels
from forecast.pages.handout import long
from forecast.pages.handout.sheet import sheet
from forecast.pages.handout.sheets import TABLES
from forecast.pages.markup import Passage
from forecast.pages.tables import columns as c
from forecast.pages.tables import forecast
from forecast.pages.tables.spec import TableSpec, beside_picture, draw, draw_table, heading

DAY = dt.date(2024, 10, 20)
ROWS = pd.DataFrame(
    {
        "rank": [7, 31],
        "name": ["Made-up\nplace", ""],
        "median": [87.25, 60.0],
        "low": [85.0, float("nan")],
        "high": [89.5, float("nan")],
        "p": [0.995, 0.4],
        "set_on": [pd.Timestamp(2024, 3, 5), pd.NaT],
    }
)


def small(**more):
    """A table with a column of most kinds."""
    fields = (
        c.whole("rank", "rank"),
        c.own_words("name", "word.component", sheet="note"),
        c.figure("forecast", "2024", "points", "median", ends=("low", "high"), decimals=1, mark=_mark),
        c.span("range", "head.range", ("low", "high"), "en"),
        c.figure("p_fall", "domains.fall", "chance", "p"),
        c.days("set_on", "targets.set_on"),
    )
    return TableSpec("en", "targets.caption", ROWS, fields, name="targets", key=("rank",), **more)


def _mark(record):
    return "high" if record["median"] > 80 else ""


def test_a_page_is_drawn_as_by_hand():
    """Rounded, with marks, a dash for what is missing, never 100 percent; figures to the right."""
    table = draw_table(replace(small(), strong=lambda r: r["rank"] == 7, detail=lambda r: f"no. {r['rank']}"))

    assert [[str(cell) for cell in row.cells] for row in table.rows] == [
        ["7", "Made-up place", "87.3 [high]", "85.0\xa0–\xa089.5", "above 99%", "5 Mar 2024"],
        ["31", "–", "60.0", "–", "40%", "–"],
    ]
    assert [column.numeric for column in table.columns] == [False, False, True, True, True, True]
    assert [(row.strong, row.detail) for row in table.rows] == [(True, "no. 7"), (False, "no. 31")]


def test_the_workbook_has_the_figures_themselves():
    """Nothing is rounded; a range is two columns; what a page alone shows is left out."""
    made = sheet(small())

    assert [(col.label, col.measure, col.end, col.level) for col in made.columns] == [
        ("Rank", "", "value", 0),
        ("Note", "", "value", 0),
        ("2024", "forecast", "value", 0),
        ("2024: 80% range, from", "forecast", "lower", 80),
        ("2024: 80% range, to", "forecast", "upper", 80),
        (labels.text("domains.fall", "en"), "p_fall", "value", 0),
        (labels.text("targets.set_on", "en"), "", "value", 0),
    ]
    assert made.rows == (
        ("7", "Made-up place", 87.25, 85.0, 89.5, 0.995, dt.date(2024, 3, 5)),
        ("31", "", 60.0, None, None, 0.4, None),
    )
    assert made.keys == ("7", "31")


def test_the_long_table_has_a_row_a_figure():
    """Measure, value and range, in no language."""
    content = long.content([sheet(small())], run_id="run", as_of=DAY).decode("utf-8-sig")
    rows = [list(row.values())[2:] for row in csv.DictReader(io.StringIO(content))]

    assert rows == [
        ["targets", "1", "7", "7", "forecast", "87.25", "85.0", "89.5", "80"],
        ["targets", "1", "7", "7", "p_fall", "0.995", "", "", ""],
        ["targets", "2", "31", "31", "forecast", "60.0", "", "", ""],
        ["targets", "2", "31", "31", "p_fall", "0.4", "", "", ""],
    ]


def test_a_picture_has_the_figures_alone():
    """No marks, no details, no notes, the columns that it names."""
    spec = small(notes=("near.note",), detail=lambda _: "a sentence")
    table = beside_picture(spec, "rank", "forecast", records=ROWS.head(1))

    assert [[str(cell) for cell in row.cells] for row in table.rows] == [["7", "87.3"]]
    assert (table.notes, table.rows[0].detail) == ((), "")


def test_without_records_a_page_says_what_is_missing():
    """The sentence of the declaration stands instead; without one, an empty table."""
    spec = replace(small(absent="absent.scenarios"), records=ROWS.head(0))

    assert draw(spec) == Passage((labels.text("absent.scenarios", "en"),))
    assert draw(replace(spec, absent="")).rows == ()


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("place", range(len(TABLES)))
def test_every_heading_is_in_the_catalogue(place, lang, made_up):
    """A slip in a key would stand on the page as it is; years and codes of components need no words."""
    for field in TABLES[place](made_up, lang).fields:
        for text in filter(None, (field.heading, field.sheet)):
            assert not re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)*", heading(text, lang)), field.name


def test_a_column_that_is_declared_stands_everywhere(made_up):
    """One line more in the declaration of the domains: on the page, in the workbook, in the long table."""
    spec = forecast.domains(made_up, "en")
    more = c.figure("lower95", "levels.from", "points", decimals=1)
    spec = replace(spec, fields=(*spec.fields, more), columns=(*spec.columns, "lower95"))
    keys = list(sheet(spec).keys)
    wanted = made_up.summary.set_index("component")["lower95"].loc[keys]
    content = long.content([sheet(spec)], run_id="run", as_of=DAY).decode("utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(content)) if row["measure"] == "lower95"]

    assert {row["key"]: float(row["value"]) for row in rows} == wanted.to_dict()
    assert [row.cells[-1].text for row in draw_table(spec).rows] == [
        labels.number(value, 1, "en") for value in wanted
    ]


@given(
    value=st.floats(-1e6, 1e6),
    kind=st.sampled_from(["points", "change", "count", "share"]),
    decimals=st.integers(0, 4),
)
def test_what_a_page_shows_is_the_workbooks_figure_rounded(value, kind, decimals):
    """Read back, the text of a page is within half a unit of its last digit from the figure."""
    fields = (c.whole("row", "rank"), c.figure("x", "2024", kind, decimals=decimals))
    spec = TableSpec("en", "", [{"row": 1, "x": value}], fields, name="rank", key=("row",))

    text = draw_table(spec).rows[0].cells[1].text
    shown = float(text.replace(labels.MINUS, "-").replace(",", "").rstrip("%"))
    scale = 100 if kind == "share" else 1
    figure = sheet(spec).rows[0][1]

    assert figure == value
    assert abs(shown - scale * figure) <= 0.5 * 10**-decimals * (1 + 1e-6) + 1e-6
