"""Pictures: same bytes, real text, alt text, few colours, no address."""

import dataclasses
import re

import pytest
from bs4 import BeautifulSoup

from forecast.base import labels
from forecast.pages import plot
from forecast.pages.plot import canvas

GRID = "#d9dcdf"
FIGURES = {
    "domains": lambda result, lang: plot.domains(result, lang=lang),
    "history": lambda result, lang: plot.history(result, lang=lang),
    "history_of_domain": lambda result, lang: plot.history(result, "D2", lang=lang),
    "known": lambda result, lang: plot.known(result, lang=lang),
    "rank": lambda result, lang: plot.rank(result, lang=lang),
    "track": lambda result, lang: plot.track(result, lang=lang),
    "coverage": lambda result, lang: plot.coverage(result, lang=lang),
    "lost": lambda result, lang: plot.lost(result, lang=lang),
    "lost_criteria": lambda result, lang: plot.lost(result, "criterion", lang=lang),
    "scenarios": lambda result, lang: plot.scenarios(result, lang=lang),
    "current": lambda result, lang: plot.current(result, lang=lang),
    "skill": lambda result, lang: plot.skill(result, lang=lang),
}
every_figure = pytest.mark.parametrize("name", FIGURES)


@pytest.fixture(scope="module")
def figures(made_up):
    """Each figure in each language."""
    return {(name, lang): make(made_up, lang) for name, make in FIGURES.items() for lang in ("vi", "en")}


@every_figure
def test_the_same_result_gives_the_same_bytes(name, figures, made_up):
    """Neither time, nor place, nor order of drawing is in a picture."""
    again = FIGURES[name](made_up, "vi")

    assert (again.svg, again.narrow) == (figures[name, "vi"].svg, figures[name, "vi"].narrow)


@every_figure
def test_a_picture_names_itself(name, figures):
    """Whoever cannot see it is told what it shows, in a sentence that is not too long."""
    for lang in ("vi", "en"):
        figure = figures[name, lang]
        for svg in (figure.svg, figure.narrow):
            picture = BeautifulSoup(svg, "html.parser").svg
            assert picture["role"] == "img"
            assert picture.find(id=picture["aria-labelledby"]).text == figure.alt
        assert 30 <= len(figure.alt) <= 200


@every_figure
def test_text_is_text_in_the_language(name, figures, without_codes):
    """Words are letters, not outlines; Vietnamese ones have their marks and decimal commas."""
    words = [
        without_codes(text.text)
        for text in BeautifulSoup(figures[name, "vi"].svg, "html.parser").find_all("text")
    ]

    assert words
    assert any(set("ạảãầẩẫậắếềểễệịọốồổộớờợụứừửữựăâđêôơư") & set(word) for word in words)
    assert [word for word in words if re.search(r"\d\.\d", word)] == []


@every_figure
def test_only_the_palette_is_used(name, figures):
    """Four colours that keep 3:1 on white, grey for what is quiet, and white."""
    okabe_ito = {"#000000", "#0072b2", "#d55e00", "#009e73"}
    allowed = okabe_ito | {"#6b7075", GRID, "#ffffff", "#fff"}
    for svg in (figures[name, "vi"].svg, figures[name, "vi"].narrow):
        found = {color.lower() for color in re.findall(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b(?=[;\"])", svg)}
        assert found <= allowed


@every_figure
def test_gridlines_are_few(name, figures):
    """There are at most ten light lines behind the data."""
    for svg in (figures[name, "vi"].svg, figures[name, "vi"].narrow):
        assert svg.count(f"stroke: {GRID}") <= 10


@every_figure
def test_a_picture_leads_nowhere(name, figures):
    """No address and no namespace of one, only references inside the picture; nothing for a separate file."""
    for svg in (figures[name, "vi"].svg, figures[name, "vi"].narrow):
        assert "http" not in svg
        assert "xmlns" not in svg
        assert "<metadata" not in svg
        for target in re.findall(r'href="([^"]*)"', svg) + re.findall(r"url\(([^)]*)\)", svg):
            assert target.startswith("#")
            assert f'id="{target[1:]}"' in svg


def test_ids_of_different_pictures_differ(figures):
    """Two pictures on one page do not take each other's markers."""
    ids = [
        found
        for (_, lang), figure in figures.items()
        if lang == "vi"
        for svg in (figure.svg, figure.narrow)
        for found in re.findall(r' id="([^"]+)"', svg)
    ]

    assert len(ids) == len(set(ids))


@every_figure
def test_the_figures_stand_beside_the_picture(name, figures):
    """Each picture has its data as a table with a caption, and both are in the HTML."""
    html = BeautifulSoup(figures[name, "vi"]._repr_html_(), "html.parser")

    assert html.figcaption.text == figures[name, "vi"].caption
    assert html.details.summary.text == labels.text("page.data", "vi")
    assert html.details.table.caption.text
    assert len(html.details.table.find_all("tr")) > 2


def test_the_domain_picture_shows_the_figures_of_the_table(made_up, figures):
    """Median and maximum of each domain are written beside its row."""
    words = BeautifulSoup(figures["domains", "vi"].svg, "html.parser").get_text(" ")

    for _, record in made_up.summary.loc[made_up.summary["parent"] == "total"].iterrows():
        median = labels.number(record["median"], 1, "vi")
        assert f"{median} / {labels.plain(record['max_score'], 'vi')}" in words


def test_a_derived_year_is_not_drawn_as_published(made_up):
    """D3 of 2022 was derived from a stated change: key and table keep it apart from the published 2023."""
    figure = plot.history(made_up, "D3", lang="vi")
    rows = {year: (published, other) for year, published, other, *_ in _cells(figure)}

    assert "điểm suy ra" in BeautifulSoup(figure.svg, "html.parser").get_text(" ")
    assert rows["2022"][0] == labels.MISSING
    assert rows["2022"][1].endswith(f") {labels.text('history.derived', 'vi')}")
    assert re.fullmatch(r"[\d,]+", rows["2023"][0])
    assert rows["2023"][1] == labels.MISSING
    others = plot.history(made_up, "D1", lang="vi")
    assert "suy ra" not in str(others)


def _cells(figure):
    rows = BeautifulSoup(figure._repr_html_(), "html.parser").details.table.find_all("tr")
    return [[cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])] for row in rows]


@every_figure
def test_text_on_a_phone_stays_on_the_paper(name, figures):
    """Words begin and end inside the picture, with letters taken as half as wide as high."""
    picture = BeautifulSoup(figures[name, "vi"].narrow, "html.parser").svg
    _, _, width, height = (float(part) for part in picture["viewbox"].split())
    for text in picture.find_all("text"):
        size = float(re.search(r"font(?:-size)?:[^;]*?(\d+\.?\d*)px", text["style"])[1])
        long = 0.5 * size * len(text.text)
        left = float(text["x"]) - long * {"middle": 0.5, "end": 1}.get(_anchor(text), 0)
        assert left >= -1
        assert left + long <= width + 1
        assert 0 <= float(text["y"]) <= height


def _anchor(text):
    found = re.search(r"text-anchor: (\w+)", text["style"])
    return found[1] if found else "start"


def test_what_several_pages_show_is_drawn_once(made_up, monkeypatch):
    """After `prepare` these figures are there, the same as they would have been; in another language not."""
    fresh = dataclasses.replace(made_up)
    shown = ("coverage", "known", "rank", "scenarios", "track")
    drawn = {name: getattr(plot, name)(made_up, lang="vi") for name in shown}

    plot.prepare(fresh, "vi")
    monkeypatch.setattr(canvas, "draw", lambda *_, **__: pytest.fail("drawn again"))

    for name in shown:
        assert getattr(plot, name)(fresh, lang="vi") == drawn[name]
    with pytest.raises(pytest.fail.Exception):
        plot.rank(fresh, lang="en")
