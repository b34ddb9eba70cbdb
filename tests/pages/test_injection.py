"""Markup and formulas that people type into any field stay words, wherever the words go."""

import csv
import dataclasses
import io
import itertools
import json
import re

import openpyxl
import pytest

from forecast.answer import result
from forecast.pages import handout
from forecast.pages.reading import own_words
from forecast.runs import html_check

MARK = "Zq7"  # by which a payload is found again
PAYLOADS = (
    f"<script>alert('{MARK}')</script>",
    f'"><img src=x onerror=alert("{MARK}")>',
    f"</td></table><iframe src=https://{MARK}.example>",
    f"</style><style>@import url(//{MARK})</style>",
    f"--> <svg onload={MARK}()> <!--",
    f"{{{{ {MARK} }}}} {{% raw %}}",
    f"[{MARK}](javascript:alert(1)) ![x](http://{MARK}.example/x.png) $x$",
    f'=HYPERLINK("http://{MARK}.example","xem")',
    f"+{MARK}|' /C calc'!A0",
    f"-2+3+cmd|{MARK}",
    f"@SUM(1;{MARK})",
    f"\t=1+{MARK}",
    f"{MARK}\r\nBcc: ai@example.org\r\n\r\n<b>thư</b>",
    f"&lt;b&gt;{MARK}&amp;#60;\x00\x07\N{RIGHT-TO-LEFT OVERRIDE}đảo\ufffe",
)
# Columns that hold people's words: names, reasons, remedies, actions, notes, units, sources, departments.
TYPED = {
    "summary": ["responsible"],
    "scorecard": ["name_vi", "name_en", "responsible"],
    "departments": ["name_vi", "name_en", "department", "given_reason", "remedy"],
    "department_domains": ["department"],
    "status": ["department"],
    "scenarios": ["name_vi", "name_en"],
    "remedies": ["unit", "action", "responsible", "note"],
    "units": ["unit"],
    "projections": ["name", "unit"],
    "current": ["name_vi", "name_en", "unit"],
    "evidence": ["source_url", "note", "sources"],
    "set_aside": ["name"],
}
STEMS = ("meeting", "total", "domain", "scorecard", "departments", "backtest", "data")


def typed_over(told, *payloads):
    """A result in which every field that a person fills holds one of the payloads, in turn."""
    changed, turn = {}, itertools.cycle(payloads)
    for table, columns in TYPED.items():
        frame = getattr(told, table)
        filled = {name: [next(turn) for _ in frame.index] for name in columns if name in frame.columns}
        changed[table] = frame.assign(**filled)
    for table in ("scorecard", "current", "projections", "scenarios", "departments"):
        changed[table] = changed[table].map(lambda value: _in_phrases(value, next(turn)))
    return dataclasses.replace(told, **changed)


def _in_phrases(value, payload):
    """Sentences that carry a person's words as a fact carry the payload."""
    if not (isinstance(value, str) and value.startswith('{"')):
        return value
    phrase = json.loads(value)
    words = ("name", "unit", "indicator", "department")
    phrase["facts"] = {
        name: payload if name in words and isinstance(fact, str) else fact
        for name, fact in phrase["facts"].items()
    }
    return json.dumps(phrase, ensure_ascii=False)


@pytest.fixture(scope="module")
def attacked(made_up):
    """One result with every payload in every field, one after another."""
    return typed_over(made_up, " ".join(PAYLOADS))


def tags_of(page):
    """The elements of a page, by name."""
    seen = set()

    class Reader(html_check.HTMLParser):
        def handle_starttag(self, tag, attrs):
            seen.add(tag)
            seen.update(f"{tag} {name}" for name, _ in attrs if name.startswith("on"))

    Reader().feed(page)
    return seen


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_markup_stays_text_on_every_page(lang, attacked, pages, pages_from):
    """A page has no element, event or address that it would not have without the payloads."""
    made = pages_from(attacked, *STEMS, lang=lang)

    for stem, page in made.items():
        assert html_check.problems(page, lang=lang) == []
        assert tags_of(page) <= tags_of(pages[stem, lang])
        assert not re.search(r"[\u202a-\u202e\u2066-\u2069]", page)  # signs that turn the text round
    told = html_check.read(made["departments"]).text
    for payload in PAYLOADS:
        assert own_words(payload) in told


@pytest.fixture(scope="module")
def handouts(made_up, tmp_path_factory):
    """The handouts of results that hold the payloads in turn, each time from another one on."""
    folders = []
    for first in (0, 5, 9):
        folders.append(tmp_path_factory.mktemp("handout"))
        told = typed_over(made_up, *PAYLOADS[first:], *PAYLOADS[:first])
        handout.write(folders[-1], told, lang="vi", run_id="x")
    return folders


@pytest.mark.slow
def test_formulas_stay_text_in_the_workbook(handouts):
    """No cell of any sheet is a formula or a link, and the words are there as they were typed."""
    books = [openpyxl.load_workbook(folder / handout.BOOK) for folder in handouts]

    cells = [cell for book in books for sheet in book for row in sheet.iter_rows() for cell in row]

    assert {cell.data_type for cell in cells} <= {"s", "n", "d", "inlineStr"}
    assert [cell for cell in cells if cell.hyperlink] == []
    seen = {str(cell.value) for cell in cells}
    assert {own_words(payload) for payload in PAYLOADS} <= seen


def test_no_cell_of_the_long_table_begins_as_a_formula(handouts):
    """What a spreadsheet would run has an apostrophe before it; figures have none."""
    tables = [(folder / handout.LONG).read_bytes().decode("utf-8-sig") for folder in handouts]

    rows = [row for table in tables for row in csv.DictReader(io.StringIO(table))]

    assert any(MARK in row["name"] for row in rows)
    for row in rows:
        for name in ("run_id", "table", "key", "name", "measure"):
            assert not re.match(r"[=+\-@\t\r]", row[name])
        for name in ("value", "lower", "upper"):
            assert row[name] == "" or float(row[name]) is not None


def test_people_s_words_are_one_line_for_a_mail(attacked):
    """No field of a result brings a line end or a hidden sign into a header or a plain text."""
    for table, columns in TYPED.items():
        frame = getattr(attacked, table)
        for name in set(columns) & set(frame.columns):
            for value in frame[name].unique():
                assert own_words(value).isprintable()


def test_every_column_of_words_is_tried():
    """A new column that a person fills is added to the payloads' test."""
    typed = {name for columns in TYPED.values() for name in columns}
    words = {
        "given_reason",
        "remedy",
        "action",
        "note",
        "name_vi",
        "name_en",
        "unit",
        "department",
        "responsible",
    }

    assert words <= typed
    assert words <= set(result.TEXTS)
