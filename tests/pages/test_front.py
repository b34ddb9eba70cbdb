"""The meeting report: what is decided, each branch of a domain's account, neighbours, short tables."""

import dataclasses
import re

import pandas as pd
import pytest

from forecast.base import labels
from forecast.pages import plot, reading, report
from forecast.pages.tables.standing import path_sentence

LANGUAGES = ("vi", "en")
every_language = pytest.mark.parametrize("lang", LANGUAGES)


def changed(result, **tables):
    """The result with some of its tables replaced."""
    return dataclasses.replace(result, **tables)


# --- decisions --------------------------------------------------------------------------------------------


def test_a_decision_says_who_by_when_what_and_what_it_brings(made_up):
    """The remedy's own day is past, so the criterion's last day stands there; before and after are told."""
    first, second = report.decision_lines(made_up, lang="vi")

    assert first.startswith("Giao Văn phòng UBND Thành phố chủ trì, hoàn thành trước ngày 30/11/2024: ")
    assert "đã quá hạn 20 ngày" in first
    assert first.endswith("hạng dự báo từ 31 lên 27, khả năng vào nhóm 15 từ 5% lên 9%.")
    assert "31/12/2024" in second
    assert "hạng dự báo vẫn là 31" in second


@every_language
def test_what_decisions_bring_together_is_said_once(lang, made_up):
    """Not the sum of the lines, but what the draws say of all of them."""
    notes = report.decision_notes(made_up, lang=lang)

    assert sum("25" in note and "12%" in note for note in notes) == 1


@every_language
def test_without_criteria_domains_are_named_and_what_is_missing(lang, bare):
    """A domain, its department, an example of what half a point brings, and whose task the rest is."""
    lines, notes = report.decision_lines(bare, lang=lang), report.decision_notes(bare, lang=lang)

    assert len(lines) == 1
    assert reading.short_name("D5", lang) in lines[0]
    assert labels.text("decision.absent_criteria", lang) in notes[-1]
    assert labels.text("decision.absent_remedies", lang) in notes[-1]


def test_a_part_that_nobody_can_change_is_named_apart(made_up):
    """It is no decision, and the reader is told why."""
    over = made_up.scorecard["winnable"].where(made_up.scorecard["kind"] != "part", 0.0)
    result = changed(made_up, scorecard=made_up.scorecard.assign(winnable=over))

    apart = [note for note in report.decision_notes(result, lang="vi") if "Không đề nghị giao việc" in note]

    assert len(apart) == 1
    assert reading.short_name("D8.outcome", "vi") in apart[0]


def test_surveys_of_leaders_that_are_settled_are_named_apart(made_up):
    """Criteria inside the domains that a survey scores are counted with what they lose; open ones are not."""
    card = made_up.scorecard
    two = card["component"].isin(card.loc[card["kind"] == "subcriterion", "component"].head(2))
    asked = card.assign(source=card["source"].mask(two, "leaders_survey"), lost=card["lost"].mask(two, 0.4))

    def apart(winnable):
        result = changed(made_up, scorecard=asked.assign(winnable=card["winnable"].mask(two, winnable)))
        return [note for note in report.decision_notes(result, lang="vi") if "điều tra lãnh đạo" in note]

    assert "2 tiêu chí chấm bằng điều tra lãnh đạo, quản lý" in apart(0.0)[0]
    assert "0,8 điểm" in apart(0.0)[0]
    assert apart(0.2) == []


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


# --- the ladder -------------------------------------------------------------------------------------------


def test_the_city_stands_at_its_place_on_the_ladder(made_up):
    """Scores fall from line to line, the city's own line is strong, and ranks aimed at are among them."""
    rows = report.ladder_table(made_up, lang="en").rows

    scores = [float(line.cells[1].text) for line in rows]
    assert scores == sorted(scores, reverse=True)
    assert [line.cells[0].text for line in rows if line.strong] == ["Ho Chi Minh City"]
    assert {"To be rank 10", "To be rank 15", "Lào Cai"} <= {line.cells[0].text for line in rows}


def test_a_peer_is_better_only_where_that_is_likely(made_up):
    """Two domains at 66 percent or more, the clearest first; 55 percent is not enough."""
    rows = {line.cells[0].text: line.cells[4].text for line in report.ladder_table(made_up, lang="en").rows}

    assert rows["Lào Cai"] == "D2 Institutions; D3 Administrative procedures"


# --- boxes and headline -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("fall", "said"), [(0.43, "about as in"), (0.1, "above 2023"), (0.9, "above 2023")])
def test_no_direction_is_claimed_where_a_fall_is_as_likely_as_not(fall, said, made_up):
    """Between 33 and 66 percent the headline says "about as in", and always how likely a fall is."""
    summary = made_up.summary.assign(p_fall=fall)

    first = report.headline(changed(made_up, summary=summary), lang="en").parts[0].lines[0]

    assert said in first
    assert f"the chance of a fall is {round(100 * fall)}%" in first


def test_a_change_is_that_of_the_figures_shown(made_up):
    """12.75 is shown as 12.8; beside an estimate of 12.7 the change is 0.1 and never 0.0."""
    row = made_up.summary.iloc[1].copy()
    row["median"], row["last_median"], row["last_known"] = 12.75, 12.7, False

    assert reading.change(row) == 0.1


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


@pytest.mark.parametrize("name", ["provinces", "ladder", "peers", "decisions", "path"])
def test_tables_survive_the_disk(name, made_up, tmp_path):
    """They are written and read back with what is missing."""
    made_up.write(tmp_path)
    again = getattr(type(made_up).read(tmp_path), name)

    pd.testing.assert_frame_equal(again, getattr(made_up, name), check_dtype=False)


def test_the_path_names_indicators_in_the_readers_language(made_up):
    """English pages have no Vietnamese names of indicators, where the catalogue has English ones."""
    moved_by = {"moved_by": f"grdp | {made_up.spec.area} | 2024-01..2024-09", "name": "Tăng trưởng GRDP"}
    told = dataclasses.replace(made_up, path=made_up.path.assign(name_en="Growth of GRDP", **moved_by))

    assert "Growth of GRDP, Ho Chi Minh City" in str(report.path_table(told, lang="en"))
    assert "Tăng trưởng GRDP" in str(report.path_table(told, lang="vi"))


@every_language
def test_a_move_that_rounds_to_nothing_is_said_to_be_none(lang, made_up):
    """Neither "0.0" nor "from 86.6 to 86.6" is news."""
    still = dataclasses.replace(made_up, path=made_up.path.assign(effect=0.02, median=86.6))
    unnamed = dataclasses.replace(still, path=still.path.assign(moved_by=""))

    by = str(report.path_table(still, lang=lang))
    sentence = path_sentence(still, lang=lang)

    assert labels.text("path.still", lang, by="").strip() in by
    assert labels.text("path.unmoved", lang) in str(report.path_table(unnamed, lang=lang))
    assert sentence.count("86") == 1


@every_language
def test_an_index_without_survey_and_departments_has_no_words_on_them(lang, made_up):
    """No part on SIPAS, no heading of decisions where there are none."""
    spec = dataclasses.replace(made_up.spec, index_code="PAPI")
    none = {name: getattr(made_up, name).head(0) for name in ("decisions", "scorecard", "remedies")}
    other = dataclasses.replace(made_up, spec=spec, **none)

    part = report.standing(plot.rank(other, lang=lang), other, lang=lang)

    assert part.title == labels.text("heading.standing_alone", lang)
    assert report.survey(other, lang=lang) == ()
    assert str(report.decisions(other, lang=lang)) == ""
    assert report.survey(made_up, lang=lang)[0].text == labels.text("heading.sipas", lang)
