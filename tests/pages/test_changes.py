"""What changed since the last report, as it is shown: laws of the two tables."""

import dataclasses
import json

import pandas as pd
import pytest

from forecast.pages import report
from forecast.pages.markup import Passage, Table
from forecast.pages.tables.changes import MOST_ROWS

LANGUAGES = ("vi", "en")
every_language = pytest.mark.parametrize("lang", LANGUAGES)


def changed(result, **tables):
    """The result with some of its tables replaced."""
    return dataclasses.replace(result, **tables)


def first(result):
    """The result of a first report."""
    return changed(
        result, **{name: getattr(result, name).head(0) for name in ("previous", "changes", "changed_rows")}
    )


def told(result, key, **facts):
    """The result whose earlier report could not be compared, or not be split."""
    reason = json.dumps({"key": key, "facts": facts})
    return changed(result, previous=result.previous.assign(reason=reason))


def number(text):
    """Read a shown move."""
    return 0.0 if text == "–" else float(text.replace("−", "-"))


def test_every_line_adds_up(made_up):
    """The reasons of a line make up its move, but for rounding."""
    table = report.changes_table(made_up, lang="en")

    assert [line.cells[0].text[:2] for line in table.rows[1:]] == [f"D{k}" for k in range(1, 9)]
    for line in table.rows:
        _, _, _, move, *parts = (cell.text for cell in line.cells)
        assert sum(map(number, parts)) == pytest.approx(number(move), abs=0.005 * (1 + len(parts)))


@every_language
def test_a_first_report_has_nothing_to_compare_with(made_up, lang):
    """One sentence, and no second one that says it again."""
    pieces = (
        report.changes_table(first(made_up), lang=lang),
        report.changed_rows_table(first(made_up), lang=lang),
    )

    assert [len(piece.lines) for piece in pieces] == [1, 0]


@every_language
def test_where_nothing_moved_that_is_said(made_up, lang):
    """Moves without a digit to show are none."""
    still = made_up.changes[made_up.changes["step"] == "total"].assign(effect=0.004)
    result = changed(made_up, changes=still, changed_rows=made_up.changed_rows.head(0))

    assert isinstance(report.changes_table(result, lang=lang), Passage)
    assert isinstance(report.changed_rows_table(result, lang=lang), Passage)


@every_language
def test_moves_that_cancel_in_the_whole_are_shown(made_up, lang):
    """Two reasons that take back each other's points are news, though the forecast stands still."""
    rows = [("total", "total", 86.4, 86.4, 0.0), ("total", "model", 86.4, 86.9, 0.5)]
    rows += [("total", "figures", 86.9, 86.4, -0.5)]
    rows += [(f"D{k}", "total", 8.0, 8.0, 0.0) for k in range(1, 9)]
    moves = pd.DataFrame(rows, columns=list(made_up.changes.columns))

    table = report.changes_table(changed(made_up, changes=moves), lang=lang)

    assert [cell.text[0] for cell in table.rows[0].cells[4:]] == ["+", "−"]


@every_language
def test_a_report_that_cannot_be_compared_with_is_named_with_the_reason(made_up, lang):
    """Which report, and what is wrong with it."""
    result = told(changed(first(made_up), previous=made_up.previous), "changes.damaged")

    text = str(report.changes_table(result, lang=lang))

    assert made_up.previous["run_id"].iloc[0] in text
    assert {"vi": "thiếu tệp", "en": "missing"}[lang] in text
    assert report.changed_rows_table(result, lang=lang).lines == ()


@every_language
def test_a_move_that_cannot_be_split_is_shown_whole_with_the_reason(made_up, lang):
    """The old data no longer pass: one column, and why."""
    whole = made_up.changes[made_up.changes["step"] == "total"]
    both = pd.concat([whole, whole.assign(step="unsplit")], ignore_index=True)
    result = told(changed(made_up, changes=both), "changes.other_rules", count=3)

    table = report.changes_table(result, lang=lang)

    assert len(table.columns) == 5
    assert any("3" in note for note in table.notes)


@every_language
def test_a_component_without_a_past_has_dashes(made_up, lang):
    """A new version's domain did not move: it came."""
    moves = made_up.changes
    new = (moves["component"] == "D1") & (moves["step"] == "total")
    moves = moves.assign(before=moves["before"].mask(new), effect=moves["effect"].mask(new))

    table = report.changes_table(changed(made_up, changes=moves), lang=lang)

    d1 = next(line for line in table.rows if line.cells[0].text.startswith("D1"))
    assert d1.cells[1].text == d1.cells[3].text == "–"
    assert d1.cells[2].text != "–"


def test_the_rows_behind_the_largest_moves_come_first(made_up):
    """By the size of the step of their domain; what moves no forecast comes last."""
    table = report.changed_rows_table(made_up, lang="en")

    assert [line.cells[0].text[:2] for line in table.rows] == ["D3", "D6", "D6", "D2", "D2", "D2", "–", "D3"]


@every_language
def test_a_long_list_says_how_many_are_left_out(made_up, lang):
    """Fifteen lines are shown, the others counted."""
    row = made_up.changed_rows.iloc[[0]]
    many = pd.concat([row.assign(key=f"PAR | {year} | Hà Nội | D6 | value") for year in range(1990, 2010)])

    table = report.changed_rows_table(changed(made_up, changed_rows=many), lang=lang)

    assert isinstance(table, Table)
    assert len(table.rows) == MOST_ROWS == 15
    assert "5" in table.notes[0]


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{x}"])
@pytest.mark.parametrize("column", ["key", "name", "old", "new", "source_url", "column"])
def test_what_rows_say_stays_text(made_up, column, payload):
    """Data may hold anything; a page shows it as it is."""
    rows = made_up.changed_rows.assign(**{column: payload})

    html = report.changed_rows_table(changed(made_up, changed_rows=rows), lang="vi")._repr_html_()

    assert "<script" not in html
    assert "<img" not in html


def test_an_address_that_is_none_is_shown_as_it_is(made_up):
    """A source may be a file's name, or broken."""
    rows = made_up.changed_rows.assign(source_url="http://[hỏng")

    assert "[hỏng" in str(report.changed_rows_table(changed(made_up, changed_rows=rows), lang="vi"))
