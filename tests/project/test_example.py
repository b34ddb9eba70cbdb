"""The made-up example: complete, sound, the same each time, and it says everywhere that it is made up."""

import datetime as dt
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.answer import pipeline
from forecast.base.spec import RunSpec
from forecast.data import load, rules, tables
from forecast.data.framework import Framework, framework_for
from forecast.data.load import Known
from forecast.data.scenarios import flat

DATA = Path(__file__).parents[2] / "data"
AS_OF = dt.date(2024, 10, 20)
TODAY = pd.Timestamp(AS_OF)
CITY = "TP. Hồ Chí Minh"
SIX = {
    *("Sở Nội vụ", "Sở Tài chính", "Sở Tư pháp", "Sở Kế hoạch và Đầu tư"),
    *("Sở Thông tin và Truyền thông", "Văn phòng UBND Thành phố"),
}
PARTS = {"appraised": 61.5, "leaders_survey": 22.0, "sipas": 10.0, "outcome": 6.5}
GRID = 0.25


@pytest.fixture(scope="module")
def known(example: Path) -> Known:
    """What the example's folder says on the day of the main job; it passes the door."""
    return load.read(example, as_of=AS_OF)


@pytest.fixture(scope="module")
def framework(known: Known) -> Framework:
    """The framework of 2024, with the invented criteria."""
    return framework_for(known.frameworks, known.events, "PAR", 2024, AS_OF)


@pytest.fixture(scope="module")
def finest(framework: Framework) -> pd.DataFrame:
    """Criteria without sub-criteria, and sub-criteria."""
    criteria = framework.criteria
    return criteria[~criteria["component"].isin(criteria["parent"])].reset_index(drop=True)


@pytest.fixture(scope="module")
def past(known: Known) -> pd.DataFrame:
    """The city's invented points of 2022 and 2023: rows are components, columns years."""
    own = known.scores[known.scores["component"].str.match(r"\d")]
    return own.pivot_table(index="component", columns="year", values="score")


def texts(path: Path) -> pd.DataFrame:
    """A table's cells as they stand in the file."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def projected(known: Known, code: str) -> float:
    """Value of the year's end, if the months left add what they added on average in earlier years."""
    own = known.indicators[known.indicators["indicator_code"] == code].set_index("period")["value"]
    left = [own[f"{year}"] / own[f"{year}-01..{year}-09"] for year in range(2019, 2024)]
    return float(own["2024-01..2024-09"] * np.mean(left))


def test_the_counts_are_those_of_the_real_decision(framework):
    """37 criteria and 88 sub-criteria stand below the real domains, each said to be made up."""
    dots = framework.criteria["component"].str.count(r"\.")

    assert (dots == 1).sum() == 37
    assert (dots == 2).sum() == 88
    assert set(framework.criteria["max_status"]) == {"made_up"}
    assert "made_up" not in set(framework.components["max_status"])
    assert framework.made_up


def test_children_add_up_to_parents_on_the_grid(framework):
    """Every criterion is the sum of its sub-criteria, every real domain the sum of its criteria."""
    maxima = pd.concat([framework.components, framework.criteria]).set_index("component")["max_score"]
    sums = framework.criteria.groupby("parent")["max_score"].sum()

    assert {"D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8.sipas", "D8.outcome"} <= set(sums.index)
    assert sums.equals(maxima[sums.index].rename_axis("parent"))
    assert (framework.criteria["max_score"] % GRID == 0).all()
    assert (framework.criteria["max_score"] > 0).all()


def test_the_four_sources_have_their_points(finest):
    """Points come from where they come from in reality; a source stands with the finest alone."""
    assert finest.groupby("source")["max_score"].sum().to_dict() == PARTS
    surveys = finest[finest["source"] == "leaders_survey"]
    assert surveys["component"].str[0].isin(list("1234567")).all()
    halves = finest[finest["component"].str.startswith("8")]
    assert set(halves["source"]) == {"sipas", "outcome"}


def test_departments_are_the_six_and_some_criteria_are_another_ones(framework, finest):
    """Each finest component has one of the six departments, not always the one of its domain."""
    of_domain = framework.components.set_index("component")["responsible"]
    own = finest[finest["component"].str[0] != "8"]
    usual = ("D" + own["component"].str[0]).map(of_domain)

    assert set(finest["responsible"]) == SIX
    assert (own["responsible"] != usual).sum() >= 5


def test_all_kinds_of_rules_are_there(finest):
    """Seven kinds, steps both ways, half of the appraised points by an indicator."""
    parsed = [rules.parse(text) for text in finest["rule"]]
    ways = {rule.downward for rule in parsed if rule.kind == "steps"}
    appraised = finest[finest["source"] == "appraised"]
    by_indicator = appraised.loc[appraised["indicator"] != "", "max_score"].sum()

    assert {rule.kind for rule in parsed} == set(rules.KINDS)
    assert ways == {True, False}
    assert 0.45 < by_indicator / PARTS["appraised"] < 0.6


def test_disbursement_is_a_step_at_95_percent_on_the_real_indicator(finest):
    """The one threshold that the city's plan speaks of is scored on published figures."""
    row = finest.set_index("indicator").loc["pub_inv_disb_rate"]

    assert rules.parse(row["rule"]).levels(row["max_score"])[-1] == (95.0, row["max_score"])


def test_three_criteria_are_gambles(known, finest):
    """Projected year's ends of three indicators lie within two percent of a threshold."""
    near = set()
    stepped = finest[finest["indicator"].str.startswith("gd_") & finest["rule"].str.startswith("steps(>=")]
    for row in stepped.to_dict("records"):
        value = projected(known, row["indicator"])
        levels = rules.parse(row["rule"]).levels(row["max_score"])
        near |= {row["component"] for threshold, _ in levels if abs(value / threshold - 1) < 0.02}

    assert {"3.3.2", "4.2.1", "7.2.1"} <= near


def test_some_deadlines_are_past_some_at_the_years_end_some_open(finest):
    """What can no longer be won, what still can, and what is not told are all there."""
    days = finest["deadline"]

    assert (days < TODAY).sum() == 3
    assert (days == pd.Timestamp(2024, 12, 31)).sum() >= 10
    assert days.isna().sum() >= 10


def test_indicators_are_monthly_and_known_on_the_tenth(known):
    """Cumulative months of 2019 to September 2024 and whole years, each known on the next month's tenth."""
    own = known.indicators[known.indicators["indicator_code"].str.startswith("gd_")]

    assert set(own.groupby("indicator_code").size()) == {5 * 11 + 8}
    assert own["first_day"].dt.strftime("%m-%d").eq("01-01").all()
    assert own["last_day"].max() == pd.Timestamp(2024, 9, 30)
    assert (own["last_day"] + pd.Timedelta(days=10) == own["published_on"]).all()
    assert (own.loc[own["unit"] == "%", "value"] <= 100).all()
    assert (own["value"] >= 0).all()


def test_what_only_grows_never_falls_within_a_year(known, example_tool):
    """Counts of cases and shares of a plan are cumulative; rates of a period go up and down."""
    kinds = texts(example_tool.MADE_UP / "indicators.csv").set_index("indicator_code")["shape"]
    own = known.indicators[known.indicators["indicator_code"].isin(kinds.index)]
    ordered = own.sort_values(["indicator_code", "last_day"])
    years = ordered["first_day"].dt.year
    steps = ordered.groupby(["indicator_code", years])["value"].diff()
    falls = set(ordered.loc[steps < 0, "indicator_code"])

    assert falls == set(kinds[kinds == "level"].index)


def test_last_years_points_add_up_to_the_real_results(past, framework, known):
    """Sums of the invented points are the city's published totals, and its published domains."""
    real = known.scores[(known.scores["area"] == CITY) & (known.scores["statistic"] == "value")]
    real = real.set_index(["index_code", "component", "year"])["score"]
    criteria = framework.criteria[framework.criteria["component"].isin(past.index)]
    top = criteria[criteria["component"].str.count(r"\.") == 1].set_index("component")
    sums = past.loc[top.index].groupby(top["parent"]).sum()

    assert len(past) == 125
    for year in (2022, 2023):
        assert sums[year].sum() == pytest.approx(real["PAR", "total", year])
        assert sums.loc["D8.sipas", year] == pytest.approx(real["SIPAS", "total", year] / 10, abs=0.005)
    for domain, year in itertools.product(("D3", "D4"), (2022, 2023)):
        share = sums.loc[domain, year] / framework.maximum(domain)
        assert share == pytest.approx(real["PAR", domain, year] / 100, abs=0.0005)


def test_last_years_points_are_what_rules_give_on_invented_indicators(past, finest, known):
    """A criterion that an indicator scores had the points of that indicator's year's end."""
    ends = known.indicators.set_index(["indicator_code", "period"])["value"]
    for row in finest[finest["indicator"].str.startswith("gd_")].to_dict("records"):
        given = rules.parse(row["rule"]).points(ends[row["indicator"], "2023"], row["max_score"])

        assert past.loc[row["component"], 2023] == pytest.approx(float(given), abs=0.006)


@pytest.mark.slow
def test_points_of_criteria_do_not_move_the_panel(known):
    """The panel's forecast of totals and domains is the same with and without the invented scores."""
    spec = RunSpec(index_code="PAR", area=CITY, target_year=2024, as_of=AS_OF, draws=200)
    above = known.scores[~known.scores["component"].str.match(r"\d")].reset_index(drop=True)

    with_criteria, without = (
        pipeline.forecast_rows(seen, spec) for seen in (known, replace(known, scores=above))
    )

    assert len(above) < len(known.scores)
    pd.testing.assert_frame_equal(with_criteria, without)


def test_self_scores_flatter_by_domain(known, past, framework):
    """The city gives itself 0.2 to 1.2 points more; what was appraised is the sum of its criteria."""
    own = known.self_scores[known.self_scores["area"] == CITY]
    more = own["self_score"] - own["appraised_score"]
    criteria = framework.criteria.set_index("component")["parent"]
    sums = past[past.index.str.count(r"\.") == 1].groupby(criteria).sum()

    assert more.between(0.2 - 1e-9, 1.2 + 1e-9).all()
    assert more.groupby(own["component"]).mean().round(3).nunique() >= 6
    for row in own.to_dict("records"):
        assert row["appraised_score"] == pytest.approx(sums.loc[row["component"], row["year"]])
    assert known.self_scores["area"].nunique() >= 3


def test_remedies_are_of_the_citys_units_in_every_state(known):
    """About 25 remedies, some overdue, each of a unit of the list, some units without any."""
    latest = known.remedies
    overdue = latest[latest["state"].isin(["planned", "doing"]) & (latest["due"] < TODAY)]

    assert 20 <= len(latest) <= 30
    assert set(latest["state"]) == set(tables.STATES)
    assert set(latest["unit"]) < set(known.units["unit"])
    assert len(overdue) >= 5
    assert set(known.units.loc[~known.units["unit"].isin(latest["unit"]), "kind"]) == {
        "department",
        "district",
    }


def test_forms_are_early_late_twice_and_missing(known, finest):
    """Four of the six have sent, one twice, one after 30 September; all their finest components."""
    forms = known.submissions.drop_duplicates("submission_id")
    days = forms.groupby("department")["received_on"].agg(["size", "max"])

    assert set(days.index) < SIX
    assert len(days) == 4
    assert sorted(days["size"]) == [1, 1, 1, 2]
    assert (days["max"] > pd.Timestamp(2024, 9, 30)).sum() == 1
    for row in forms.to_dict("records"):
        own = finest.loc[finest["responsible"] == row["department"], "component"]
        sent = known.submissions["submission_id"] == row["submission_id"]
        assert known.submissions.loc[sent, "component"].tolist() == own.tolist()


def test_one_form_disagrees_and_texts_are_hard(known, past):
    """One likely value is far above last year's; reasons hold markup and a leading equals sign."""
    rows = known.submissions
    last = rows["component"].map(past[2023])

    assert (rows["likely"] - last).max() > 0.9
    assert rows["reason"].str.contains("<b>", regex=False).any()
    assert rows["reason"].str.startswith("=").any()
    assert all(rows["reason"].str.contains(char, regex=False).any() for char in "&\"'")
    assert rows[["low", "likely", "high", "self_score"]].notna().all(axis=None)


def test_scenarios_depart_alone_and_together(known):
    """The first changes nothing; combinations of two and of three are there."""
    first, *others = known.scenarios
    sizes = {len(flat(each, known.scenarios)) - 1 for each in others}

    assert first.changes_nothing
    assert not any(each.changes_nothing for each in others)
    assert sizes == {0, 2, 3}
    assert {code for each in others for code in each.indicators} <= set(known.indicators["indicator_code"])


def test_real_rows_stay_and_every_other_row_says_that_it_is_made_up(example):
    """The real rows come first, cell by cell as they are; a word of invention is in all that follow."""
    for table in tables.DATA_TABLES:
        real = texts(DATA / table.file) if (DATA / table.file).exists() else pd.DataFrame()
        found = texts(example / table.file)
        more = found.iloc[len(real) :]
        said = more.apply(lambda row: "giả định" in " ".join(row) or "gia-dinh" in " ".join(row), axis=1)

        assert found.iloc[: len(real)][real.columns].equals(real)
        assert len(more) == 0 or said.all()
    assert all("giả định" in each.name_vi for each in load.read(example, as_of=AS_OF).scenarios)


def test_names_say_that_they_are_made_up(framework, known):
    """What a reader sees of a criterion, an indicator or a word of people is marked."""
    criteria = framework.criteria
    indicators = known.indicators[known.indicators["indicator_code"].str.startswith("gd_")]
    words = pd.concat([known.submissions["reason"], known.submissions["remedy"], known.remedies["action"]])

    assert (criteria["name_vi"].str.startswith("Tiêu chí giả định ")).all()
    assert (criteria["name_en"].str.startswith("Made-up criterion ")).all()
    assert (indicators["indicator_name_vi"].str.startswith("Giả định: ")).all()
    assert (indicators["trust"] == "copy").all()
    assert (words[words != ""].str.endswith("(giả định)")).all()


def test_the_example_is_the_same_each_time_and_the_real_data_stay(example, example_tool, tmp_path):
    """Made again, over itself, it has the same bytes; the folder it starts from is only read."""
    before = {path.name: path.read_bytes() for path in DATA.iterdir()}
    for _ in range(2):
        example_tool.make_example(tmp_path, data=DATA)
    again = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    assert again == {path.name: path.read_bytes() for path in example.iterdir()}
    assert before == {path.name: path.read_bytes() for path in DATA.iterdir()}


def test_the_real_data_hold_nobodys_forms_and_all_who_must_plan():
    """Forms, remedies and self-scores were never published; units are 24 and 22, scenarios start as now."""
    known = load.read(DATA, as_of=AS_OF)
    spellings = [
        spelling.casefold()
        for unit, aliases in zip(known.units["unit"], known.units["aliases"], strict=True)
        for spelling in (unit, *aliases.split("|"))
    ]

    assert [len(each) for each in (known.submissions, known.remedies, known.self_scores)] == [0, 0, 0]
    assert known.units["kind"].value_counts().to_dict() == {"department": 24, "district": 22}
    assert set(known.units["unit"]) > SIX
    assert {f"Quận {number}" for number in (1, 3, 4, 5, 6, 7, 8, 10, 11, 12)} < set(known.units["unit"])
    assert len(set(spellings)) == len(spellings)
    assert known.scenarios[0].changes_nothing
    assert len(known.scenarios) == 6


@pytest.mark.slow
def test_no_domain_falls_or_rises_with_certainty(known):
    """The invented points of last year lie near what the panel says of them, so that all is still open."""
    spec = RunSpec(index_code="PAR", area=CITY, target_year=2024, as_of=AS_OF, draws=400)
    summary = pipeline.forecast(known, spec).summary

    assert summary["p_fall"].between(0.02, 0.98).all()
