"""Scorecard, departments, scenarios and remedies on the pages: laws of what is shown; people's words."""

import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from forecast.base import labels
from forecast.pages import plot, reading, report
from forecast.pages.markup import Column, Cover, Page, Table, row
from forecast.pages.plot.losses import two_lines
from forecast.runs import checks
from forecast.runs.report_notebooks import KINDS

LANGUAGES = ("vi", "en")
every_language = pytest.mark.parametrize("lang", LANGUAGES)
NEW = (
    "scorecard",
    "projections",
    "departments",
    "status",
    "scenarios",
    "scenario_targets",
    "remedies",
    "units",
)
SHOWN = {
    "lost_table": report.lost_table,
    "scorecard_table": report.scorecard_table,
    "projection_table": report.projection_table,
    "lever_table": report.lever_table,
    "risk_table": report.risk_table,
    "scenario_table": report.scenario_table,
    "department_table": report.department_table,
    "department_reasons": report.department_reasons,
    "status_table": report.status_table,
    "remedy_table": report.remedy_table,
    "plan_table": report.plan_table,
    "figure_lost": plot.lost,
    "figure_scenarios": plot.scenarios,
}
PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "]]></style><svg onload=alert(1)>",
    "javascript:alert(1)",
    "**đậm** [x](javascript:alert(1)) $x^2$ $",
    "{{ 7 * 7 }} {not_a_fact}",
    '{"key": "no.such.key"}',
    '=HYPERLINK("x")',
    "\N{RIGHT-TO-LEFT OVERRIDE}đảo\N{POP DIRECTIONAL FORMATTING} ngược",
    "dài" * 120,
    "hai\ndòng",
)


TURNING = "[\u202a-\u202e\u2066-\u2069]"  # signs that turn the direction of text


def changed(result, **tables):
    """The result with some of its tables replaced."""
    return dataclasses.replace(result, **tables)


def emptied(result):
    """The result as an index without domains has it, or one computed before these tables were there."""
    return changed(result, **{name: getattr(result, name).head(0) for name in NEW})


def tables_in(piece):
    """All tables of a piece."""
    if isinstance(piece, Table):
        return [piece]
    parts = [*getattr(piece, "parts", ()), *filter(None, [getattr(piece, "table", None)])]
    return [table for part in parts for table in tables_in(part)]


def first_cells(table):
    """The heads of a table's rows."""
    return [line.cells[0].text for line in table.rows]


# --- order ------------------------------------------------------------------------------------------------


def test_levers_come_in_the_order_of_what_can_still_be_won(made_up):
    """The first line is the criterion with most points to win; figures only fall from there."""
    table = report.lever_table(made_up, count=30, lang="en")

    won = [float(line.cells[2].text) for line in table.rows]
    assert won == sorted(won, reverse=True)
    assert [line.cells[1].text for line in table.rows] == [str(n) for n in range(1, len(won) + 1)]
    assert won[0] == pytest.approx(made_up.scorecard.query("lever_rank == 1")["winnable"].iloc[0], abs=0.005)


def test_what_can_no_longer_be_won_is_no_lever(made_up):
    """A criterion whose last day is over stays out of the levers, but not out of the risks."""
    levers = first_cells(report.lever_table(made_up, count=99, lang="vi"))
    risks = first_cells(report.risk_table(made_up, count=99, lang="vi"))

    assert not [name for name in levers if name.startswith("2.2 ")]
    assert [name for name in risks if name.startswith("2.2 ")]


def test_a_short_list_of_levers_says_how_many_are_left_out(made_up):
    """Whoever sees ten of sixteen is told of the other six."""
    table = report.lever_table(made_up, count=10, lang="en")

    assert len(table.rows) == 10
    assert any(note.startswith("6 more") for note in table.notes)


def test_only_the_finest_components_are_ranked(made_up):
    """A domain that has criteria is no lever and no risk beside its own criteria."""
    for show in (report.lever_table, report.risk_table):
        names = first_cells(show(made_up, count=99, lang="en"))

        assert not [name for name in names if re.match(r"D[236] |2\.1 |3\.[12] |6\.1 ", name)]


def test_risks_come_in_their_order(made_up):
    """The risk table follows risk_rank."""
    table = report.risk_table(made_up, lang="en")

    assert [line.cells[1].text for line in table.rows] == [str(n) for n in range(1, 11)]


def test_lost_points_fall_from_line_to_line(made_up):
    """Domains and criteria that lose most come first, in table and picture alike."""
    for table in tables_in(report.lost_table(made_up, lang="en")):
        lost = [float(line.cells[3].text) for line in table.rows]
        assert lost == sorted(lost, reverse=True)
    assert first_cells(plot.lost(made_up, lang="en").table) == first_cells(
        tables_in(report.lost_table(made_up, lang="en"))[0]
    )


def test_overdue_remedies_come_first(made_up):
    """The longest overdue first, then what is open, then what is done; or the overdue alone."""
    everything = first_cells(report.remedy_table(made_up, lang="vi"))

    assert everything == ["Sở Tư pháp", "Quận 5", "Sở Tài chính", "Sở Nội vụ"]
    assert first_cells(report.remedy_table(made_up, only_overdue=True, lang="vi")) == everything[:2]


def test_a_tree_goes_down_by_parents(made_up):
    """A branch holds the component and all below it, one step deeper for each parent, and nothing else."""
    rows = reading.branch(made_up, "D3")

    assert rows["component"].tolist() == ["D3", "3.1", "3.1.1", "3.1.2", "3.2", "3.2.1", "3.2.2", "3.3"]
    assert rows["depth"].tolist() == [0, 1, 2, 2, 1, 2, 2, 1]
    assert reading.branch(made_up, "3.1.1")["depth"].tolist() == [0]


# --- nothing but the result -------------------------------------------------------------------------------


def numbers_of(result):
    """Every number of the new tables as the pages may write it, in points: no sign, no group mark."""
    found = set()
    for name in NEW:
        for column in getattr(result, name).select_dtypes("number"):
            values = getattr(result, name)[column].dropna().unique()
            found |= {labels.number(abs(v), decimals, "en") for v in values for decimals in (0, 1, 2)}
            found |= {labels.plain(abs(round(v, 6)), "en") for v in values}
            found |= {labels.number(100 * v, 0, "en") for v in values if 0 <= v <= 1}
    return found


@pytest.mark.parametrize("name", SHOWN)
def test_no_cell_shows_a_number_that_is_not_in_the_result(name, made_up, without_codes):
    """Pages show and compute nothing: each number of a cell is one of the result's, rounded."""
    allowed = numbers_of(made_up) | {"1"}  # "below 1%"
    allowed |= (
        {labels.number(n, 0, "en") for n in range(len(made_up.units) + 1)} if name == "plan_table" else set()
    )
    seen = 0
    for table in tables_in(SHOWN[name](made_up, lang="en")):
        for line in table.rows:
            for cell, column in zip(line.cells[1:], table.columns[1:], strict=True):
                if column.numeric and not re.search(r"[A-Z][a-z]{2} \d{4}", cell.text):
                    text = without_codes(f"{cell.text} {cell.mark}")
                    numbers = re.findall(r"\d[\d,]*(?:\.\d+)?", text)
                    assert set(numbers) <= allowed, (line, set(numbers) - allowed)
                    seen += len(numbers)
    assert seen or name in {"department_reasons", "status_table"}


# --- what is absent ---------------------------------------------------------------------------------------


@every_language
@pytest.mark.parametrize("name", [name for name in SHOWN if not name.startswith("figure")])
def test_an_absent_part_is_one_line_and_tells_no_leader_what_to_enter(name, lang, made_up):
    """No empty table, no error, no program's sign for nothing, no file: a sentence."""
    passage = SHOWN[name](emptied(made_up), lang=lang)

    assert len(passage.lines) == 1
    assert not re.search(r"\w+\.(csv|toml|xlsx)|\bhãy\b|\benter\b", passage.lines[0])
    assert not re.search(r"\bnan\b|\bNone\b|NaT", passage.lines[0])


@every_language
def test_an_absent_picture_leaves_no_frame(lang, made_up):
    """Where there is nothing to draw the table beside it speaks, and the page has no empty figure."""
    nothing = emptied(made_up)

    assert [show(nothing, lang=lang)._repr_html_() for show in (plot.lost, plot.scenarios)] == ["", ""]


@every_language
def test_without_criteria_the_page_shows_domains_and_says_so(lang, bare):
    """As with the public figures: the two halves of D8 are the finest, and what is missing is named."""
    told, table = report.scorecard_table(bare, lang=lang).parts

    assert {"vi": "chưa có bộ tiêu chí", "en": "no criteria"}[lang] in told.lines[0]
    assert [line.level for line in table.rows] == [0, *[1] * 8, 2, 2]
    assert str(plot.lost(bare, "criterion", lang=lang)) == str(plot.lost(bare, lang=lang))
    assert len(report.gamble_list(bare, lang=lang).lines) == 1
    assert len(tables_in(report.lost_table(bare, lang=lang))) == 1
    assert labels.text("levers.no_criteria", lang) in report.lever_table(bare, lang=lang).notes


@every_language
def test_nobody_is_late_who_was_never_asked(lang, made_up):
    """Before the first form has come the page names nobody as late; with one it names who is missing."""
    nobody = changed(made_up, status=made_up.status.assign(state="missing"))

    assert str(report.status_table(nobody, lang=lang)) == labels.text("absent.forms", lang)
    assert labels.text("status_table.missing", lang) in str(report.status_table(made_up, lang=lang))


def test_lists_with_nothing_to_say_say_so(made_up):
    """No gamble, nothing to win, nothing overdue, every unit with its plan: a sentence each."""
    calm = changed(
        made_up,
        scorecard=made_up.scorecard.assign(gamble="", winnable=0.0, risk_rank=np.nan),
        remedies=made_up.remedies.assign(days_overdue=0.0),
        units=made_up.units.assign(has_plan=True),
        departments=made_up.departments.assign(given_reason="", remedy=""),
    )

    for passage in (
        report.gamble_list(calm, lang="en"),
        report.lever_table(calm, lang="en"),
        report.risk_table(calm, lang="en"),
        report.remedy_table(calm, only_overdue=True, lang="en"),
        report.plan_table(calm, lang="en"),
        report.department_reasons(calm, lang="en"),
    ):
        assert len(passage.lines) == 1


@pytest.mark.parametrize(
    ("which", "lang"), [("made_up", "vi"), ("made_up", "en"), ("bare", "vi"), ("emptied", "en")]
)
def test_every_page_passes_the_checks_of_a_run(which, lang, made_up, bare, pages, pages_from):
    """With all tables, without criteria and forms, and with none of it: the pages could be published."""
    result = {"made_up": made_up, "bare": bare, "emptied": emptied(made_up)}[which]
    stems = ("meeting", "scorecard", "departments", "domain")
    if which == "made_up":
        found = {stem: pages[stem, lang] for stem in stems}
    else:
        found = pages_from(result, *stems, lang=lang)

    for kind in KINDS:
        if kind.stem in stems:
            figures = checks.figures_to_show(result, kind, "D3" if kind.per_domain else "", lang)
            wrong = checks.of_page(
                found[kind.stem], kind, lang=lang, tables=kind.tables, figures=figures, private=()
            )
            assert wrong == []


def test_the_checks_know_what_the_new_pages_promise(made_up):
    """A page without the lost points of the domains, or without what the departments sent, is refused."""
    kinds = {kind.stem: kind for kind in KINDS}

    assert "2,9" in checks.figures_to_show(made_up, kinds["scorecard"], "", "vi")
    assert checks.figures_to_show(made_up, kinds["departments"], "", "en") == [
        "8.70",
        "9.30",
        "8.10",
        "10.45",
    ]
    empty = emptied(made_up)
    assert [
        checks.figures_to_show(empty, kinds[stem], "", "vi") for stem in ("scorecard", "departments")
    ] == [[], []]


# --- what the words say -----------------------------------------------------------------------------------


@every_language
def test_disagreement_is_a_word_and_leaves_both_possible(lang, made_up):
    """Where models and department differ by more than their ranges a word says so, with the pool's range."""
    word = labels.text("department_table.disagrees", lang)
    pool = reading.span(6.4, 9.6, lang, decimals=2)
    lines = report.department_table(made_up, lang=lang).rows

    assert [line.cells[0].text[:2] for line in lines if line.cells[-1].mark == word] == ["D2"]
    assert [pool in line.detail for line in lines] == [line.cells[-1].mark == word for line in lines]


@every_language
def test_a_scenario_that_cannot_be_told_says_why(lang, made_up):
    """Its cells are dashes, its reason stands below, and the picture names it as left out."""
    line = report.scenario_table(made_up, lang=lang).rows[-1]

    assert {cell.text for cell in line.cells[1:]} == {labels.MISSING}
    assert line.detail
    assert line.cells[0].text in plot.scenarios(made_up, lang=lang).notes[-1]


@every_language
def test_who_has_not_sent_stands_in_the_table(lang, made_up):
    """All six departments are listed, the missing ones in words."""
    lines = report.status_table(made_up, lang=lang).rows
    states = [line.cells[1].text for line in lines]

    assert len(lines) == 6
    assert states.count(labels.text("status_table.missing", lang)) == 2
    assert states.count(labels.text("status_table.late", lang)) == 1


def test_plans_are_counted_by_hand(made_up):
    """Of three departments one has no plan; of three districts two have none, and they are named."""
    departments, districts = report.plan_table(made_up, lang="vi").rows

    assert [cell.text for cell in departments.cells[1:]] == ["3", "1", "Sở Y tế"]
    assert [cell.text for cell in districts.cells[1:]] == ["3", "2", "Quận 7; Huyện Cần Giờ"]


def test_a_reason_may_hold_reasons_and_departments():
    """A phrase inside a phrase is written too, and a department is named in the reader's language."""
    inner = {"key": "basis.none", "facts": {}}
    told = json.dumps({"key": "gambles.line", "facts": {"component": "D3", "gamble": inner}})
    charge = json.dumps({"key": "domain.charge", "facts": {"department": "Sở Nội vụ"}})

    assert reading.sentence(told, "en") == f"D3: {labels.text('basis.none', 'en')}"
    assert reading.sentence(charge, "en") == "In charge: Department of Home Affairs."


def test_names_without_english_keep_their_own(made_up):
    """A criterion that the framework names in Vietnamese alone is shown so on an English page."""
    plain = changed(made_up, scorecard=made_up.scorecard.assign(name_en=""))

    assert reading.name_of(plain, "3.2.1", "en") == "3.2.1 Hồ sơ đúng hạn"
    assert reading.name_of(plain, "9.9.9", "en") == "9.9.9"


def test_indented_heads_are_indented_in_text_and_page():
    """Depth shows as two letters a step, and as a class that the style sheet knows."""
    table = Table("c", (Column("a"), Column("b")), (row("x", "1", level=2),))

    assert "    x" in str(table)
    assert BeautifulSoup(table._repr_html_(), "html.parser").tbody["class"] == ["level2"]


# --- made-up figures --------------------------------------------------------------------------------------


@every_language
def test_made_up_figures_are_said_to_be_so_first_on_every_page(lang, pages):
    """The words stand before title and all figures of each page, and at the foot of each printed one."""
    warning = labels.text("page.made_up", lang)
    for (_, language), html in pages.items():
        if language == lang:
            found = BeautifulSoup(html, "html.parser")
            assert next(found.header.stripped_strings) == warning
            assert found.html["style"] == f"--warning: '{warning}'"
            assert "@bottom-center { content: var(--warning)" in found.style.text


def test_real_figures_are_not_said_to_be_made_up(bare, pages_from):
    """A result without any made-up maximum has no such words on screen or on paper."""
    html = pages_from(bare, "departments")["departments"]

    found = BeautifulSoup(html, "html.parser")
    assert labels.text("page.made_up", "vi") not in found.get_text()
    assert found.header.find(class_="warning") is None
    assert "style" not in found.html.attrs


def test_one_made_up_maximum_is_enough(bare):
    """Whether it is a criterion's or a domain's, the page says so."""
    one = bare.scorecard["component"] == "D8.sipas"
    criterion = bare.scorecard.assign(max_status=bare.scorecard["max_status"].mask(one, "made_up"))
    domain = bare.summary.assign(
        max_status=bare.summary["max_status"].where(bare.summary.index != 3, "made_up")
    )

    assert report.cover(bare, "meeting", lang="vi").warning == ""
    for result in (changed(bare, scorecard=criterion), changed(bare, summary=domain)):
        assert report.cover(result, "meeting", lang="vi").warning == labels.text("page.made_up", "vi")
        assert "giả định" in str(report.assumed_table(result, lang="vi"))


def test_a_warning_cannot_leave_its_place():
    """Quotes and slashes are taken out of the style, markup is escaped in both places."""
    nasty = "'; } </style><b>\\\"x"
    html = Page(title="t", lang="vi", skip="s", contents_label="c", warning=nasty).document([])

    found = BeautifulSoup(html, "html.parser")
    assert found.header.find(class_="warning").text == nasty
    assert found.html["style"] == "--warning: '; } </style><b>\"x'"
    assert found.find_all("b") == []
    assert "<b>" not in Cover("t", "s", "p", "vi", warning=nasty)._repr_html_()


# --- people's own words -----------------------------------------------------------------------------------


def spoken(result, payload):
    """The result with a payload wherever people write."""
    word = f"a{payload}b"
    departments = result.departments.assign(given_reason=word, remedy=word, department=word)
    charge = result.scorecard["responsible"].where(result.scorecard.index % 2 == 0, word)
    scorecard = result.scorecard.assign(name_vi=word, name_en=word, responsible=charge)
    return changed(
        result,
        scorecard=scorecard,
        departments=departments,
        status=result.status.assign(department=word),
        projections=result.projections.assign(name=word, unit=word),
        scenarios=result.scenarios.assign(name_vi=word, name_en=word),
        remedies=result.remedies.assign(action=word, responsible=word, note=word, unit=word),
        units=result.units.assign(unit=word),
    )


def shape(html):
    """Elements and attributes of a page, without the drawing of its pictures."""
    found = BeautifulSoup(html, "html.parser")
    for picture in found("svg"):
        picture.clear()
    return (
        [element.name for element in found.find_all()],
        {name for element in found.find_all() for name in element.attrs},
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", SHOWN)
def test_peoples_words_stay_text_in_every_piece(name, made_up):
    """Markup, handlers, addresses, Markdown, formulas, turned and endless text are shown as written."""
    harmless = shape(SHOWN[name](spoken(made_up, "-"), lang="vi")._repr_html_())

    for payload in PAYLOADS:
        injected = SHOWN[name](spoken(made_up, payload), lang="vi")._repr_html_()

        assert shape(injected) == harmless, payload
        assert not re.search(TURNING, injected)
        if name != "figure_lost":  # it names domains alone
            text = BeautifulSoup(injected, "html.parser").get_text()
            assert reading.own_words(f"a{payload}b")[:30] in text


def test_own_words_lose_only_what_cannot_be_seen():
    """Letters and signs stay, composed; line ends become spaces; signs that turn the text are gone."""
    decomposed = "Ho\N{COMBINING CIRCUMFLEX ACCENT}\N{COMBINING DOT BELOW}i đồng"

    assert reading.own_words(decomposed) == "Hội đồng"
    assert reading.own_words(" a \r\n\t b\x00 ") == "a b"
    assert reading.own_words("100% <b> & “c” – d") == "100% <b> & “c” – d"
    assert reading.own_words(float("nan")) == reading.own_words(None) == ""


@pytest.mark.parametrize("name", ["$x^2$ và $y$", "một chữ" * 30, "dài" * 60, "", "a_b^c\\alpha"])
def test_a_picture_takes_any_name(name, made_up):
    """Signs of formulas are letters, long names take two lines or are cut; the table has the whole name."""
    strange = changed(made_up, scenarios=made_up.scenarios.assign(name_vi=name, name_en=""))

    figure = plot.scenarios(strange, lang="vi")

    words = [text.text for text in BeautifulSoup(figure.svg, "html.parser").find_all("text")]
    shown = two_lines(name or "continue").split("\n")
    assert set(shown) <= set(words)
    assert len(shown) <= 2
    assert max(map(len, shown)) <= 40
    assert first_cells(figure.table)[0] == (name or "continue")


def test_empty_scenarios_of_a_survey_have_no_rank(made_up):
    """Where there is no rank the cell has a dash."""
    none = dict.fromkeys(("rank_median", "rank_lower", "rank_upper"), np.nan)
    cells = (
        report.scenario_table(changed(made_up, scenarios=made_up.scenarios.assign(**none)), lang="vi")
        .rows[0]
        .cells
    )

    assert (cells[3].text, cells[3].mark) == (labels.MISSING, "")


def test_what_was_written_is_read_back_the_same(made_up, tmp_path):
    """A page from a run's folder is that of the result in hand."""
    made_up.write(tmp_path)
    again = type(made_up).read(tmp_path)

    for show in SHOWN.values():
        assert str(show(again, lang="vi")) == str(show(made_up, lang="vi"))
    assert isinstance(again.status["received_on"].dtype, type(pd.Series(dtype="datetime64[s]").dtype))
