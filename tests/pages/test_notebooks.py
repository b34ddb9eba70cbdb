"""Notebooks as they are stored, and the pages that come out of them."""

import ast
import itertools
import re
import unicodedata
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from forecast.base import labels
from forecast.base.errors import RunError
from forecast.pages.report import cover, page
from forecast.runs.report_notebooks import KINDS

NOTEBOOKS = sorted(Path(__file__).parents[2] / "notebooks" / f"{kind.stem}.ipynb" for kind in KINDS)
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
every_page = pytest.mark.parametrize("lang", ["vi", "en"])
COMMON = ["index_code", "area", "target_year", "as_of", "data_dir", "run_dir", "lang"]
# English words that a Vietnamese page must not show, and what programs print where there is nothing.
FOREIGN = (
    "forecast|table|figure|range|rank|total|score|scores|domain|domains|median|published|estimated|assumed|year|"
    "years|chance|likely|unlikely|target|model|models|source|value|change|points|maximum|contents|"
    "none|nan|nat|true|false|null|undefined|inf|traceback|error|warning|dtype|object"
)
NATIVE = "khoảng|điểm|năm|không|của|và|được|hạng|dự báo|ước tính|giả định|công bố"


def code_cells(path):
    """The code cells of a stored notebook."""
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def lines_of(path):
    """The code lines of a stored notebook."""
    return [line for cell in code_cells(path) for line in cell.source.splitlines() if line.strip()]


@every_notebook
def test_is_stored_without_outputs(path):
    """Outputs belong to reports/, not to git; nor do counts and the traces of a run."""
    notebook = nbformat.read(path, as_version=4)

    assert [cell.outputs for cell in code_cells(path) if cell.outputs or cell.execution_count] == []
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)
    nbformat.validate(notebook)


@every_notebook
def test_begins_with_its_parameters(path):
    """The first code cell declares plain values, one a line, each with its help."""
    cell = code_cells(path)[0]
    assert cell.metadata.tags == ["parameters"]

    names = []
    for line in cell.source.splitlines():
        told = re.fullmatch(r"(\w+): (str|int|float|bool) = (.+?)  # (\S.{8,})", line)
        assert told, line
        assert type(ast.literal_eval(told[3])).__name__ == told[2]
        names.append(told[1])
    assert [name for name in names if name != "component"] == COMMON
    assert ("component" in names) == (path.stem == "domain")


@every_notebook
def test_is_thin(path):
    """A notebook defines nothing: what can be wrong lives in the package and has a test."""
    lines = lines_of(path)

    assert [line for line in lines if re.match(r"\s*(def|class|for|while|if|try|lambda)\b", line)] == []
    assert len(lines) <= (60 if path.stem == "meeting" else 40)


@every_notebook
def test_tells_the_analyst_what_it_is(path):
    """The first cell is a Vietnamese note that stays out of the report."""
    first = nbformat.read(path, as_version=4).cells[0]

    assert first.cell_type == "markdown"
    assert first.metadata.tags == ["analyst"]
    assert re.search(NATIVE, first.source)


@every_page
@every_notebook
def test_the_page_is_one_whole_document(path, lang, pages):
    """Language, title, landmarks, one first heading, and headings that go down by one step at most."""
    html = pages[path.stem, lang]
    found = BeautifulSoup(html, "html.parser")

    assert html.startswith("<!DOCTYPE html>")
    assert unicodedata.is_normalized("NFC", html)
    assert len(html.encode()) < 2_000_000
    assert found.html["lang"] == lang
    assert found.title.text == found.h1.text != ""
    assert [len(found.find_all(name)) for name in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert found.body.a["href"] == f"#{found.main['id']}"
    levels = [int(heading.name[1]) for heading in found.find_all(re.compile(r"h[1-6]"))]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    anchors = [element["id"] for element in found.find_all(id=True)]
    assert len(anchors) == len(set(anchors))
    links = {link["href"] for link in found.find_all("a")}
    assert {link[1:] for link in links if link.startswith("#")} <= set(anchors)
    others = {link for link in links if not link.startswith("#")}
    assert others, "a page of a run leads to the others"
    assert all(re.fullmatch(r"(\.\./index|[a-z]+(-D\d)?)\.html", link) for link in others)


@every_page
@every_notebook
def test_the_page_reaches_nowhere(path, lang, pages):
    """No script, no frame, no handler, and no address but places in the page; browsers are told so."""
    html = pages[path.stem, lang]
    found = BeautifulSoup(html, "html.parser")

    policy = found.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert (
        found.find_all(["script", "iframe", "object", "embed", "link", "base", "form", "audio", "video"])
        == []
    )
    for element in found.find_all():
        for name, value in element.attrs.items():
            assert not name.startswith("on")
            if name in {
                "src",
                "srcset",
                "href",
                "xlink:href",
                "action",
                "data",
                "poster",
                "background",
                "cite",
            }:
                beside = element.name == "a" and re.fullmatch(r"(\.\./)?[\w-]+\.html", value)
                assert value.startswith("#") or beside
    assert re.findall(r"https?://|//\w+\.|@import|url\((?!#)", html.replace(policy, "")) == []


@every_page
@every_notebook
def test_the_page_is_readable_to_all(path, lang, pages):
    """Tables have captions and scoped heads; pictures say what they show and have their figures beside."""
    found = BeautifulSoup(pages[path.stem, lang], "html.parser")

    for table in found.find_all("table"):
        assert table.caption.text.strip()
        heads = table.find_all("th")
        assert {head["scope"] for head in heads} == {"col", "row"}
        assert all(head.text.strip() for head in heads)
        for line in table.find_all("tr", class_=lambda name: name != "detail"):
            assert len(line.find_all(["th", "td"])) == len(table.thead.find_all("th"))
    for picture in found.find_all("svg"):
        assert picture["role"] == "img"
        assert found.find(id=picture["aria-labelledby"]).text.strip()
    for figure in found.find_all("figure"):
        assert figure.figcaption.text.strip()
        beside = figure.find_parent(class_="pair") or figure  # the map and the ranking share one table
        assert len(beside.select("details table")) == 1


@every_page
@every_notebook
def test_the_page_shows_no_trace_of_how_it_was_made(path, lang, pages):
    """No code, no prompt, no message of a library, and nothing of the note to the analyst."""
    text = seen(pages[path.stem, lang])

    assert not re.search(
        r"report\.\w+\(|plot\.\w+\(|In \[|Out\[|import |Traceback|Warning|run_dir|analyst", text
    )
    assert "¶" not in text


@every_notebook
def test_the_vietnamese_page_is_vietnamese(path, pages, without_codes):
    """No English word, no sign for nothing from a program, no decimal point."""
    text = re.sub(r"\w+\.csv|D8\.\w+", "", without_codes(seen(pages[path.stem, "vi"], own_language=True)))

    assert re.findall(rf"\b({FOREIGN})\b", text, re.IGNORECASE) == []
    assert re.findall(r"\d\.(?!\d{3}(?!\d))\d+", text) == []


@every_notebook
def test_the_english_page_is_english(path, pages):
    """No word of the Vietnamese catalogue is left on the English page."""
    text = seen(pages[path.stem, "en"], own_language=True)

    assert re.findall(rf"\b({NATIVE})\b", text, re.IGNORECASE) == []


@every_page
def test_the_meeting_page_holds_what_leaders_ask_for(lang, pages, made_up):
    """Total and each domain with range and chance of a fall, rank, targets, SIPAS, the record of the run."""
    text = seen(pages["meeting", lang])
    number = "86,4" if lang == "vi" else "86.4"

    assert number in text
    for component in ("D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8"):
        assert re.search(rf"\b{component}\b", text)
    for word in ("SIPAS", "63", "2024-10-20_par_made-up_2024_0badcafe"):
        assert word in text
    assert not re.search("feedc0defeed|0123456789abcdef", text), "hashes are for the page of the data"
    assert re.search("feedc0defeed", seen(pages["data", lang]))


def test_paper_is_a4_with_the_margins_of_official_letters(pages):
    """Margins as in Decree 30/2020, a page number on top from the second page on, rows and pictures whole."""
    style = BeautifulSoup(pages["meeting", "vi"], "html.parser").style.text
    paper = style[style.index("@media print") :]

    top, right, bottom, left = (
        int(mm) for mm in re.search(r"margin: (\d+)mm (\d+)mm (\d+)mm (\d+)mm", paper).groups()
    )
    assert "size: A4" in paper
    assert 20 <= top <= 25
    assert 15 <= right <= 20
    assert 20 <= bottom <= 25
    assert 30 <= left <= 35
    assert re.search(r"@top-center \{ content: counter\(page\); font: 13pt", paper)
    assert "@page :first { @top-center { content: none; } }" in paper
    assert re.search(r"figure, tbody, tr, li, .*break-inside: avoid", paper)
    assert re.search(r"body \{[^}]*font: 13pt/1.3 var\(--serif\)", paper)
    assert re.search(r'--serif: "Times New Roman"', style)


def notebook_showing(made_up, *cells):
    """An executed notebook with a cover and some further cells."""
    bundle = cover(made_up, "meeting", lang="vi")._repr_mimebundle_()
    first = nbformat.v4.new_code_cell("report.cover(...)")
    first.outputs = [nbformat.v4.new_output("display_data", bundle)]
    return nbformat.v4.new_notebook(cells=[first, *cells])


def code(*outputs):
    """An executed code cell."""
    cell = nbformat.v4.new_code_cell("secret_name = 1")
    cell.outputs = list(outputs)
    return cell


def test_what_libraries_print_is_not_shown(made_up):
    """Streams stay in the executed notebook, as do code and plain text."""
    out = nbformat.v4.new_output
    cell = code(
        out("stream", name="stderr", text="LibraryWarning: mind this"),
        out("stream", name="stdout", text="some progress"),
        out("execute_result", {"text/plain": "plain repr"}, execution_count=3),
        out("display_data", {"text/html": "<p>shown</p>", "text/plain": "not shown"}),
    )

    text = seen(page(notebook_showing(made_up, cell)))

    assert "shown" in text
    assert not re.search(r"mind this|progress|plain repr|not shown|secret_name", text)


def test_an_analysts_own_text_is_shown_and_cannot_act(made_up):
    """Markdown becomes text: raw HTML is escaped, links lose their address, headings stay below the title."""
    source = "# Nhận xét\n\nMột **ý** và [nguồn](https://example.org/x) <script>alert(1)</script> ![ảnh](http://a/b.png)"
    cell = nbformat.v4.new_markdown_cell(source)

    found = BeautifulSoup(page(notebook_showing(made_up, cell)), "html.parser")

    assert found.main.h2.text == "Nhận xét"
    assert found.main.strong.text == "ý"
    assert "nguồn (https://example.org/x)" in found.main.text
    assert found.find_all(["script", "img"]) == []
    assert found.main.find_all("a") == []
    assert len(found.find_all("h1")) == 1


def test_a_drawn_figure_of_an_analyst_is_shown(made_up):
    """An SVG output stands in the page as it is."""
    cell = code(nbformat.v4.new_output("display_data", {"image/svg+xml": "<svg role='img'></svg>"}))

    assert len(BeautifulSoup(page(notebook_showing(made_up, cell)), "html.parser").find_all("svg")) == 1


def test_a_failed_notebook_gives_no_page(made_up):
    """A cell's error stops the page, and the message names notebook, cell and error."""
    failed = code(nbformat.v4.new_output("error", ename="ZeroDivisionError", evalue="", traceback=[]))

    with pytest.raises(RunError, match=r"cell 2 of the notebook total failed \(ZeroDivisionError"):
        page(notebook_showing(made_up, failed), name="total")


def test_a_notebook_without_a_cover_gives_no_page(made_up):
    """Title and language come from the cover, so it must be there."""
    with pytest.raises(RunError, match="data shows no cover"):
        page(nbformat.v4.new_notebook(cells=[code()]), name="data")


def seen(html, *, own_language=False):
    """What a reader sees: text outside styles and heads; of the page's own language alone, if wanted."""
    found = BeautifulSoup(html, "html.parser")
    foreign = [part for part in found.body.find_all(lang=True) if part["lang"] != found.html["lang"]]
    for element in (*found(["style", "head"]), *(foreign if own_language else ())):
        element.decompose()
    return found.get_text(" ")


@pytest.mark.parametrize(("lang", "unit"), [("vi", "Sở Nội vụ thử"), ("en", "Test Home Affairs")])
def test_a_page_says_who_issued_it(lang, unit, made_up, tmp_path):
    """Unit and contact come from the run's own copy of the file; without one the usual unit stands there."""
    usual = cover(made_up, "meeting", lang=lang, run_dir=str(tmp_path)).foot
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "issuer.toml").write_text(
        'unit_vi = "Sở Nội vụ thử"\nunit_en = "Test Home Affairs"\ncontact = "Phòng thử, số 1"\n',
        encoding="utf-8",
    )

    foot = cover(made_up, "meeting", lang=lang, run_dir=str(tmp_path)).foot

    assert labels.text("page.unit", lang) in usual
    assert unit in foot
    assert labels.text("page.contact", lang, contact="Phòng thử, số 1") in foot
    assert labels.text("page.unit", lang) not in foot
