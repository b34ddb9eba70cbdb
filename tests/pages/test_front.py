"""The meeting report: what is decided, each branch of a domain's account, neighbours, short tables."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from forecast.base import labels
from forecast.pages import reading, report
from forecast.pages.markup import Passage

LANGUAGES = ("vi", "en")
every_language = pytest.mark.parametrize("lang", LANGUAGES)


def changed(result, **tables):
    """The result with some of its tables replaced."""
    return dataclasses.replace(result, **tables)


# --- decisions --------------------------------------------------------------------------------------------


def test_five_decisions_are_the_five_largest_levers(made_up):
    """What to act on, how much it can bring, who and when: in the order of the levers."""
    rows = report.decision_table(made_up, lang="vi").rows
    levers = made_up.scorecard.dropna(subset="lever_rank").sort_values("lever_rank").head(5)

    assert [line.cells[1].text.split()[0] for line in rows] == [
        labels.number(value, 2, "vi") for value in levers["winnable"]
    ]
    assert [line.cells[0].text for line in rows] == [
        reading.name_of(made_up, name, "vi") for name in levers["component"]
    ]


def test_an_action_is_only_what_somebody_recorded(made_up):
    """A remedy on record is named, one that is done or dropped is not, and nothing else is an action."""
    recorded = made_up.remedies.assign(component="6.1.1", action=["a", "b", "c", "d"])
    rows = report.decision_table(changed(made_up, remedies=recorded), lang="en").rows

    marks = {line.cells[0].text[:5]: line.cells[0].mark for line in rows}
    assert marks.pop("6.1.1") == "Remedy on record: a (35 days overdue); and 2 more"
    assert set(marks.values()) == {""}


@every_language
def test_without_criteria_decisions_say_so_and_what_to_enter(lang, bare):
    """Domains stand in for criteria, in words: what is lost is the most to win, and what to enter."""
    table = report.decision_table(bare, lang=lang)

    assert {"vi": "mất nhiều điểm nhất", "en": "expected to be lost"}[lang] in table.caption
    assert {"vi": "nhiều nhất", "en": "the most"}[lang] in table.columns[1].label
    assert {"vi": "phụ lục", "en": "annex"}[lang] in table.notes[-1]
    assert table.columns[0].label == labels.text("domains.domain", lang)


def test_a_day_that_nobody_set_is_marked(made_up):
    """The year's last day stands with a star and its meaning below; a set day has none."""
    none = changed(made_up, scorecard=made_up.scorecard.assign(deadline=pd.NaT))

    table = report.decision_table(none, lang="vi")

    assert {line.cells[3].text for line in table.rows} == {"31/12/2024*"}
    assert table.notes[0].startswith("*")
    assert "*" not in str(report.decision_table(made_up, lang="vi"))


def test_nothing_to_win_is_nothing_to_decide(made_up):
    """Where no points can be won a sentence says so; where there is no scorecard, that."""
    over = changed(made_up, scorecard=made_up.scorecard.assign(winnable=0.0))
    empty = changed(made_up, scorecard=made_up.scorecard.head(0))

    for result in (over, empty):
        assert isinstance(report.decision_table(result, lang="en"), Passage)


# --- headline ---------------------------------------------------------------------------------------------


@every_language
def test_the_top_groups_are_told_whatever_the_targets(lang, made_up):
    """Without any target, or with one for points alone, the chances of the first 10 and 15 stand there."""
    points = made_up.targets.head(1).assign(quantity="points", value=90.0, probability=0.2)
    told = reading.phrase(reading.chance_of_top(made_up, 15), lang)

    for targets in (made_up.targets, made_up.targets.head(0), points):
        result = changed(made_up, targets=targets)
        for text in (str(report.headline(result, lang=lang)), str(report.target_table(result, lang=lang))):
            assert told in text
            assert reading.phrase(reading.chance_of_top(made_up, 10), lang) in text


def test_a_group_that_is_no_target_is_not_called_one(made_up):
    """The table says so in the place of the day, the headline speaks of a chance."""
    result = changed(made_up, targets=made_up.targets.head(1))  # the first 15 alone

    days = {line.cells[0].text: line.cells[1].text for line in report.target_table(result, lang="en").rows}
    assert days == {"among the first 15": "3 Jan 2024", "among the first 10": "not set as a target"}
    assert "Chance of finishing among the first 10" in str(report.headline(result, lang="en"))


# --- accounts of the domains -------------------------------------------------------------------------------


def of(result, component, lang="en"):
    """One domain's account as one text."""
    return " ".join(report.account(result, component, lang=lang))


def branches(made_up, bare):
    """Each branch of an account: name, result, domain."""
    card = made_up.scorecard
    past = card["component"].str.startswith("2.")
    by = {
        c: card.assign(informed=card["informed"].mask(card["component"].str.startswith("3."), c))
        for c in ("department", "indicator", "domain")
    }
    missing = made_up.department_domains.loc[made_up.department_domains["component"] != "D2"]
    two = pd.concat([made_up.department_domains, made_up.department_domains.head(1).assign(component="D2")])
    return {
        "criteria and departments": (made_up, "D2"),
        "a gamble": (made_up, "D3"),
        "a domain alone, published": (made_up, "D4"),
        "a domain alone, estimated": (made_up, "D5"),
        "parts": (made_up, "D8"),
        "nothing entered": (bare, "D1"),
        "nothing entered, parts": (bare, "D8"),
        "scored by indicators alone": (changed(made_up, scorecard=by["indicator"]), "D3"),
        "forecast by departments alone": (changed(made_up, scorecard=by["department"]), "D3"),
        "criteria without a word": (changed(made_up, scorecard=by["domain"]), "D3"),
        "department silent": (changed(made_up, department_domains=missing), "D2"),
        "two departments": (changed(made_up, department_domains=two), "D2"),
        "all past": (
            changed(made_up, scorecard=card.assign(
                deadline=card["deadline"].mask(past, pd.Timestamp("2024-06-30")),
                winnable=card["winnable"].mask(past, 0.0))),
            "D2",
        ),
        "no day set": (changed(made_up, scorecard=card.assign(deadline=pd.NaT)), "D2"),
        "no scorecard": (changed(made_up, scorecard=card.head(0)), "D3"),
    }  # fmt: skip


@every_language
def test_every_branch_of_an_account_is_as_agreed(lang, made_up, bare, golden):
    """What can be said of a domain is said in these words, and in two or three sentences at most."""
    told = [f"{name}\n  {of(*case, lang=lang)}" for name, case in branches(made_up, bare).items()]

    golden(f"report/account_branches.{lang}.txt", "\n".join(told) + "\n")


def test_an_account_has_five_sentences_at_most(made_up, bare):
    """No filler: what drives it, what it rests on, indicators, departments, what would change it."""
    for result, component in branches(made_up, bare).values():
        assert 1 <= len(report.account(result, component, lang="en")) <= 5


@every_language
@pytest.mark.parametrize(
    ("informed", "by", "years", "said"),
    [
        ("indicator", "figures", 5, "effect_rule"),
        ("domain", "figures", 5, "effect_figures"),
        ("domain", "expert", 0, "effect_expert"),
        ("domain", "expert", 5, "effect_expert_checked"),
        ("domain", "none", 5, "effect_none"),
        ("domain", "not_judged", 0, "effect_not_judged"),
    ],
)
def test_an_account_says_what_comes_of_an_indicator(informed, by, years, said, lang, made_up):
    """A rule's points; else its effect with its range, and who says so; no effect where none is supported."""
    code = made_up.current.loc[made_up.current["usual"].notna(), "code"].iloc[0]
    own = made_up.current.loc[made_up.current["code"] == code].assign(
        component="D6",
        by=by,
        area_years=years,
        stated_by="Sở Tài chính",
        effect=0.31,
        lower=0.12,
        upper=0.55,
    )
    told = changed(
        made_up, current=own, scorecard=made_up.scorecard.assign(indicator=code, informed=informed)
    )
    facts = {
        "effect": labels.signed(0.31, 2, lang),
        "span": reading.span(0.12, 0.55, lang, decimals=2),
        "who": reading.department("Sở Tài chính", lang),
    }
    wanted = {name: facts[name] for name in labels.fields(f"account.{said}", lang)}

    text = of(told, "D6", lang)

    assert labels.text(f"account.{said}", lang, **wanted) in text
    assert (facts["effect"] in text) is (by in ("figures", "expert") and informed == "domain")
    assert f"{own[f'name_{lang}'].iloc[0]} (" in text


@every_language
def test_an_account_does_not_contradict_the_tables(lang, made_up, without_codes):
    """Each number with decimals in an account stands in the tables of the same result."""
    tables = "\n".join(
        without_codes(str(show(made_up, lang=lang)))
        for show in (
            report.domain_table, report.lost_table, report.department_domain_table, report.scorecard_table,
            report.current_table,
        )
    )  # fmt: skip
    tables += str(report.lever_table(made_up, count=99, lang=lang))
    seen = 0
    for component in reading.domains(made_up)["component"]:
        text = without_codes(re.sub(r"\d\d/\d\d/\d{4}", "", of(made_up, component, lang)))
        for found in re.findall(r"\d+[.,]\d+", text):
            seen += 1
            assert found in tables, (component, found)
    assert seen > 30


def test_a_name_is_said_once_and_then_its_code(made_up):
    """The lever that loses most has its whole name once; later its code stands for it."""
    assert of(made_up, "D6").count("Investment disbursed") == 1
    assert "close to a threshold: 6.1.1." in of(made_up, "D6")


# --- neighbours -------------------------------------------------------------------------------------------


def test_the_city_stands_at_its_place_among_its_neighbours(made_up):
    """Medians fall from line to line, the city's own line is strong, and it has no chance against itself."""
    rows = report.neighbour_table(made_up, lang="en").rows

    medians = [float(line.cells[2].text) for line in rows]
    assert medians == sorted(medians, reverse=True)
    assert [line.cells[4].text for line in rows if line.strong] == [labels.MISSING]
    assert len(rows) == len(made_up.neighbours) + 1


@every_language
def test_the_first_and_the_last_have_neighbours_on_one_side(lang, made_up):
    """Who leads is told who is behind, who is last who is ahead; an old run says that it does not know."""
    near = made_up.neighbours
    texts = [
        report.neighbour_passage(changed(made_up, neighbours=rows), lang=lang).lines[0]
        for rows in (near.head(2), near.tail(2), near.head(0))
    ]

    assert ["Hà Nam" in text for text in texts] == [True, False, False]
    assert ["Bến Tre" in text for text in texts] == [False, True, False]
    assert "forecast report" in texts[2]


# --- the record, the quality line, short tables ------------------------------------------------------------


def test_the_record_stands_beside_the_last_value_by_hand(made_up):
    """Errors of 1 and 3 make 2, repeating last year errs by 4 and 2: 3; one of two lay inside."""
    rows = [
        (model, year, str(level), median + add, observed)
        for model, year, median, observed in (
            ("evidence", 2022, 84.0, 85.0),
            ("evidence", 2023, 84.0, 87.0),
            ("last_value", 2022, 81.0, 85.0),
            ("last_value", 2023, 85.0, 87.0),
        )
        for level, add in ((0.025, -3.0), (0.1, -2.0), (0.5, 0.0), (0.9, 2.0), (0.975, 3.0))
    ]
    columns = ["model", "target_year", "output_type_id", "value", "observed"]
    table = pd.DataFrame(rows, columns=columns).assign(
        index_code="PAR", area=made_up.spec.area, component="total"
    )

    text = report.track_passage(changed(made_up, backtest=table), lang="en").lines[0]

    assert "Of 2 years with a result, 1 " in text
    assert "off by 2.0 points" in text
    assert "off by 3.0." in text


def test_a_record_without_last_values_compares_with_nothing(made_up):
    """Where repeating last year could not forecast a year, no figure is given for it."""
    alone = changed(made_up, backtest=made_up.backtest.query("model == 'evidence'"))

    text = report.track_passage(alone, lang="en").lines[0]

    assert "repeating" not in text
    assert report.track_passage(changed(made_up, backtest=alone.backtest.head(0)), lang="en").lines


def test_the_quality_line_outside_a_run_says_so(made_up):
    """In JupyterLab nothing was checked for publication, and nothing pretends it was."""
    assert "outside a run" in report.quality_line(made_up, {}, lang="en").lines[0]
    early = {"run_id": "r", "inputs": {"data": {}}, "volatile": {"commit": "abc", "dirty": True}}
    assert "only if all checks pass" in report.quality_line(made_up, early, lang="en").lines[0]


def test_a_long_table_is_cut_and_says_where_the_rest_is(made_up):
    """Ten lines of the meeting's table, and the name of the page that has them all; a short one is whole."""
    table = report.lever_table(made_up, count=99, lang="en")

    cut = report.first_lines(table, on="scorecard", lang="en")

    assert cut.rows == table.rows[:10]
    assert cut.notes[-1] == f"{len(table.rows) - 10} more lines are on the page “Scorecard by criterion”."
    assert report.first_lines(cut, on="scorecard", lang="en") is cut
    nothing = Passage(("x",))
    assert report.first_lines(nothing, on="scorecard", lang="en") is nothing


def test_a_conflict_shows_both_values(made_up):
    """What was taken stands beside what was not; the city's own conflicts and real ones come first."""
    rows = report.conflict_table(made_up, lang="en").rows

    assert [line.cells[1].text for line in rows] == ["85.4", "4.5", "42.1", "84"]
    assert [line.cells[2].text for line in rows] == ["85.1", "4.6", "42.9", "84"]


@every_language
def test_sources_have_no_address(lang, made_up):
    """Names and days, no link and no address."""
    assert not re.search(r"https?:|www\.", str(report.source_table(made_up, lang=lang)))
    assert str(report.source_table(changed(made_up, evidence=made_up.evidence.head(0)), lang=lang))


def test_neighbours_survive_the_disk(made_up, tmp_path):
    """The table is written and read back with its missing scores."""
    made_up.write(tmp_path)
    again = type(made_up).read(tmp_path).neighbours

    pd.testing.assert_frame_equal(again, made_up.neighbours, check_dtype=False)
    assert np.isnan(again["last_score"].iloc[1])
