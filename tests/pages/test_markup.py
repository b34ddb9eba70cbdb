"""Pieces of a page: what they escape, refuse and say."""

import pytest
from bs4 import BeautifulSoup

from forecast.pages.markup import Column, Cover, Elements, Figure, Heading, Page, Passage, Table, row

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style><iframe src=//evil.example>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; & <b>",
    "javascript:alert(1)",
)


def tags(html):
    """Names of all elements of a piece."""
    return {element.name for element in BeautifulSoup(html, "html.parser").find_all()}


def attributes(html):
    """Names of all attributes of a piece."""
    return {name for element in BeautifulSoup(html, "html.parser").find_all() for name in element.attrs}


def pieces_of(text):
    """One piece of each kind with the same text in all its fields."""
    table = Table(
        caption=text,
        columns=(Column(text), Column(text, numeric=True)),
        rows=(row(text, text, detail=text),),
        notes=(text,),
        form="scroll",
    )
    return (
        table,
        Figure(caption=text, alt=text, svg="", notes=(text,), table=table, table_label=text),
        Heading(text=text, anchor=text),
        Passage((text, text), form="list"),
        Passage((text,)),
        Cover(title=text, subtitle=text, place_day=text, lang="vi", foot=text),
    )


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_stays_text_in_every_field(payload):
    """Injected markup adds no element and no attribute that harmless text would not have."""
    harmless = Elements(pieces_of("plain"))._repr_html_()

    injected = Elements(pieces_of(payload))._repr_html_()

    assert tags(injected) == tags(harmless)
    assert attributes(injected) == attributes(harmless)


def test_a_range_stays_on_one_line():
    """Both ends and the dash stand in one element that does not break, and text stays text."""
    text = "80%: −0,02 – 1.411,5), 2019 – <b>".replace(" – ", "\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}")

    found = BeautifulSoup(Passage((text,))._repr_html_(), "html.parser")

    assert [part.text for part in found.find_all("span")] == [text.partition(": ")[2].partition(")")[0]]
    assert found.get_text() == text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_stays_text_in_the_frame_of_a_page(payload):
    """Title, subtitle, list of contents and foot are escaped, and are read back as they were given."""
    page = Page(
        title=payload,
        lang="vi",
        skip=payload,
        contents_label=payload,
        subtitle=payload,
        place_day=payload,
        foot=payload,
        contents=(("a", payload), ("b", payload), ("c", payload), ("d", payload)),
    ).document([Passage((payload,))])

    found = BeautifulSoup(page, "html.parser")
    assert not tags(page) & {"script", "img", "iframe", "svg", "b"}
    assert found.h1.text == payload
    assert found.footer.p.text == payload


def test_a_row_of_wrong_length_is_refused():
    """A table says which row has not as many cells as there are columns."""
    with pytest.raises(ValueError, match="2 columns, but a row has 1 cells"):
        Table(caption="c", columns=(Column("a"), Column("b")), rows=(row("only one"),))


def test_a_table_names_its_rows_and_columns():
    """Heads have their scope, the table its caption, and a phone finds each cell's column name."""
    table = Table(
        caption="Điểm", columns=(Column("Lĩnh vực"), Column("2023", numeric=True)), rows=(row("D1", "9,1"),)
    )

    found = BeautifulSoup(table._repr_html_(), "html.parser")

    assert found.caption.text == "Điểm"
    assert [(head["scope"], head.text) for head in found.find_all("th")] == [
        ("col", "Lĩnh vực"),
        ("col", "2023"),
        ("row", "D1"),
    ]
    assert found.td["data-label"] == "2023"


def test_a_piece_is_short_in_an_executed_notebook():
    """The text form that Jupyter stores beside the HTML does not hold the picture again."""
    figure = Figure(caption="Hình", alt="a", svg="<svg>" + "x" * 10_000 + "</svg>")

    assert repr(figure) == "<Figure: Hình>"
