"""Scenarios: applied to the forecast's own draws, each point within its maximum.  Made-up figures."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from forecast.answer.result import SCENARIO_COLUMNS
from forecast.answer.scorecard.card import attainable, projection_table, scorecard_table
from forecast.answer.scorecard.elasticity import Elasticity
from forecast.answer.scorecard.leaves import Leaves
from forecast.answer.scorecard.pace import Projection
from forecast.answer.scorecard.scenarios import Baseline, outcome_of, scenario_table
from forecast.data import rules
from forecast.data.scenarios import Scenario

SIZE = 2000
NO_TARGETS = pd.DataFrame(columns=["quantity", "relation", "value", "set_on"])
NO_REMEDIES = pd.DataFrame({"component": [], "expected_effect": [], "days_overdue": []}).astype(
    {"component": "str", "expected_effect": "float64", "days_overdue": "int64"}
)


def scenario(name: str, **facts) -> Scenario:
    """A scenario with a made-up name."""
    return Scenario(scenario_id=name, name_vi=f"Giả định {name}", **facts)


@pytest.fixture(scope="module")
def leaves(tree) -> Leaves:
    """Five leaves: a rate about 95 percent, 2 to 4 cases, two told by the panel, growth of 5 percent."""
    rng = np.random.default_rng(3)
    rate, growth = 95 + 2 * rng.standard_normal(SIZE), 5 + rng.standard_normal(SIZE)
    cases = rng.integers(2, 5, SIZE).astype(float)
    scored = tuple(rules.parse(text) if text else None for text in (row["rule"] for row in tree.leaf_rows))
    points = np.column_stack(
        [
            scored[0].points(rate, 1.0),
            scored[1].points(cases, 2.0),
            np.minimum(0.8 + 0.05 * rng.standard_normal(SIZE), 1.0),
            3.2 + 0.1 * rng.standard_normal(SIZE),
            scored[4].points(growth, 2.0),
        ]
    )
    projections = {
        "rate": Projection("rate", "Tỷ lệ", "%", "2024-01..2024-09", 93.0, rate, 3, "pace", ""),
        "cases": Projection("cases", "Số vụ", "vụ", "2024-01..2024-09", 2.0, cases, 3, "pace", ""),
        "growth": Projection("growth", "Tăng trưởng", "%", "", np.nan, growth, 3, "pace", ""),
    }
    last = np.full(len(tree.rows), np.nan)
    years = np.zeros(len(tree.rows), dtype=int)
    for name, score in {"1.1.1": 0.5, "1.1.2": 1.5, "D1": 2.9}.items():
        last[tree.place(name)], years[tree.place(name)] = score, 2023
    by_rule = np.array([True, True, False, False, True])
    return Leaves(tree, points, last, years, by_rule, scored, projections)


@pytest.fixture(scope="module")
def baseline(leaves) -> Baseline:
    """The leaves' area stands second of three; the others have 7 and 8 points."""
    own = leaves.points.sum(axis=1)
    totals = np.column_stack([np.full(SIZE, 7.0), own, np.full(SIZE, 8.0)])
    return Baseline(leaves, totals, 1, NO_REMEDIES, attainable(leaves, 2024, dt.date(2024, 9, 1)))


def test_continuing_is_the_forecast(baseline):
    """A scenario that changes nothing differs by nothing, in every draw."""
    outcome = outcome_of(baseline, scenario("continue"), ())

    np.testing.assert_array_equal(outcome.points, baseline.leaves.points)
    np.testing.assert_array_equal(outcome.totals, baseline.totals)


def test_an_indicator_at_its_mark_earns_its_points(baseline):
    """With the rate at 95 the criterion earns its 1 point in every draw, and nothing else moves."""
    outcome = outcome_of(baseline, scenario("rate", indicators={"rate": 95}), ())

    assert (outcome.points[:, 0] == 1.0).all()
    np.testing.assert_array_equal(outcome.points[:, 1:], baseline.leaves.points[:, 1:])
    np.testing.assert_allclose(outcome.totals[:, 1], outcome.points.sum(axis=1))


def test_harder_criteria_take_points_from_everyone(baseline):
    """Three points harder everywhere: all totals fall by 3, so ranks stay as they were."""
    outcome = outcome_of(baseline, scenario("harder", points={"total": -3}, everywhere=True), ())

    np.testing.assert_allclose(outcome.totals, baseline.totals - 3, atol=1e-7)


def test_totals_of_all_areas_stay_within_nothing_and_the_whole(baseline):
    """However hard or easy the criteria become everywhere; with one area alone the others stay."""
    for step, end in ((-200, 0.0), (200, 100.0)):
        outcome = outcome_of(baseline, scenario("far", points={"total": step}, everywhere=True), ())
        assert (outcome.totals[:, [0, 2]] == end).all()
    alone = outcome_of(baseline, scenario("own", points={"total": 1}), ())
    np.testing.assert_array_equal(alone.totals[:, [0, 2]], baseline.totals[:, [0, 2]])


def test_points_of_a_component_move_what_stands_below_it(baseline):
    """A quarter of a point more for 8.2 is nobody else's; the order of remedies in a file never matters."""
    one = outcome_of(baseline, scenario("one", points={"8.2": 0.25}), ())
    np.testing.assert_array_equal(one.points[:, :4], baseline.leaves.points[:, :4])
    whole = outcome_of(baseline, scenario("whole", points={"total": 0.25}), ())
    assert (np.abs(whole.points - baseline.leaves.points).max(axis=0) > 0).all()

    remedies = pd.DataFrame(
        {"component": ["D1", "1.2"], "expected_effect": [0.2, 0.1], "days_overdue": [1, 1]}
    )
    both = (dataclasses.replace(baseline, remedies=rows) for rows in (remedies, remedies.iloc[::-1]))
    first, second = (outcome_of(each, scenario("done", remedies="open"), ()).points for each in both)
    np.testing.assert_array_equal(first, second)


def test_what_rules_tell_and_how_scenarios_are_named(baseline):
    """Indicators with a rule by name; a scenario without an English name has its Vietnamese one."""
    named = [scenario("a"), scenario("b", name_en="Made up")]
    table, _ = scenario_table(baseline, named, NO_TARGETS)

    assert baseline.rule_indicators == {"rate", "cases", "growth"}
    assert table["name_en"].tolist() == ["Giả định a", "Made up"]
    assert table["difference"].tolist() == [0.0, 0.0]


def test_points_for_one_area_change_its_rank(baseline):
    """Ten points more than there are to win give the maximum, and the first rank."""
    table, _ = scenario_table(baseline, [scenario("all", points={"total": 10})], NO_TARGETS)

    assert table["median"].iloc[0] == pytest.approx(10.0)
    assert table["rank_upper"].iloc[0] == 1


def test_remedies_win_what_their_owners_expect_and_no_more_than_there_is(baseline):
    """Overdue remedies add their effect to their criterion, capped at its maximum."""
    remedies = pd.DataFrame(
        {
            "component": ["1.2", "1.2", "8.2", "D1"],
            "expected_effect": [0.1, 5.0, 0.5, 0.1],
            "days_overdue": [3, 1, 0, 0],
        }
    )
    outcome = outcome_of(
        dataclasses.replace(baseline, remedies=remedies), scenario("done", remedies="overdue"), ()
    )

    np.testing.assert_allclose(outcome.points[:, 2], 1.0, atol=1e-6)
    np.testing.assert_array_equal(outcome.points[:, 4], baseline.leaves.points[:, 4])
    for none in (remedies.assign(component="9.9"), remedies.assign(expected_effect=0.0)):
        idle = dataclasses.replace(baseline, remedies=none)
        assert "scenario.no_remedies" in outcome_of(idle, scenario("idle", remedies="open"), ()).reason


@pytest.mark.parametrize(
    ("as_of", "won"),
    [
        # five points promised everywhere: two cases have cost 1 of 2 points for good
        (dt.date(2024, 9, 30), [1.0, 1.0, 1.0, 4.0, 2.0]),
        (dt.date(2024, 10, 1), [1.0, 1.0, None, 4.0, 2.0]),  # the day of 1.2 is past
        (dt.date(2025, 1, 1), [None] * 5),
    ],
)
def test_remedies_win_only_what_can_still_be_won(baseline, as_of, won):
    """What is lost for good does not come back, and nothing is won after a criterion's day."""
    codes = [row["component"] for row in baseline.leaves.tree.leaf_rows]
    remedies = pd.DataFrame({"component": codes, "expected_effect": 5.0, "days_overdue": 1})
    there = dataclasses.replace(
        baseline, remedies=remedies, attainable=attainable(baseline.leaves, 2024, as_of)
    )
    outcome = outcome_of(there, scenario("done", remedies="overdue"), ())

    for leaf, best in enumerate(won):
        before = baseline.leaves.points[:, leaf]
        expected = before if best is None else np.maximum(before, best)
        np.testing.assert_allclose(outcome.points[:, leaf], expected, atol=1e-9)


def test_a_remedy_of_a_domain_adds_its_effect_over_what_is_open(baseline):
    """A tenth of a point for a whole domain is a tenth of a point, wherever there is that much to win."""
    remedies = pd.DataFrame({"component": ["D1"], "expected_effect": [0.1], "days_overdue": [1]})
    outcome = outcome_of(
        dataclasses.replace(baseline, remedies=remedies), scenario("done", remedies="open"), ()
    )
    under = baseline.leaves.tree.under(baseline.leaves.tree.place("D1"))
    room = np.maximum(baseline.attainable - baseline.leaves.points, 0.0)[:, under].sum(axis=1)

    gain = (outcome.points - baseline.leaves.points)[:, under].sum(axis=1)

    np.testing.assert_allclose(gain, np.minimum(room, 0.1), atol=1e-9)
    np.testing.assert_allclose(outcome.totals[:, baseline.place], outcome.points.sum(axis=1))


def test_a_combination_is_all_its_parts(baseline):
    """Two scenarios on different criteria, together, win what each wins alone."""
    parts = [scenario("a", indicators={"rate": 95}), scenario("b", indicators={"growth": 10})]
    both = scenario("both", combine=("a", "b"))
    table, _ = scenario_table(baseline, [*parts, both], NO_TARGETS)
    gains = [
        outcome_of(baseline, each, [*parts, both]).points - baseline.leaves.points for each in (*parts, both)
    ]

    np.testing.assert_allclose(gains[0] + gains[1], gains[2], atol=1e-12)
    assert list(table.columns) == list(SCENARIO_COLUMNS)


def test_differences_are_no_noise(baseline):
    """The range of a difference comes from the same draws: a sure point is a sure point."""
    table, _ = scenario_table(baseline, [scenario("p", points={"8.2": 0.25})], NO_TARGETS)
    row = table.iloc[0]

    assert (row["difference_lower"], row["difference_upper"]) == pytest.approx((0.25, 0.25), abs=1e-4)
    assert row["upper"] - row["lower"] > 0.5


def test_a_gain_of_all_or_nothing_is_told_by_its_mean(baseline):
    """A step is won or not; reaching it brings the points expected to be lost on it, as levers say."""
    gain = 1.0 - baseline.leaves.points[:, 0]
    table, _ = scenario_table(baseline, [scenario("sure", indicators={"rate": 99})], NO_TARGETS)

    assert set(gain.round(6)) == {0.0, 0.5}
    assert table["difference"].iloc[0] == round(gain.mean(), 4)


def test_gains_apart_add_up_to_the_gain_together(baseline):
    """The differences of scenarios on different criteria can be added by hand."""
    parts = [scenario("a", indicators={"rate": 95}), scenario("b", indicators={"growth": 10})]
    table, _ = scenario_table(baseline, [*parts, scenario("both", combine=("a", "b"))], NO_TARGETS)
    apart, another, together = table["difference"]

    assert apart + another == pytest.approx(together, abs=2e-4)


def test_chances_of_targets_follow(baseline):
    """Targets on rank and points are read off each scenario's draws."""
    targets = pd.DataFrame(
        {
            "quantity": ["rank", "points"],
            "relation": ["<=", ">="],
            "value": [2.0, 8.5],
            "set_on": [pd.NaT, pd.NaT],
        }
    )
    every = [scenario("continue"), scenario("up", points={"total": 10})]
    _, chances = scenario_table(baseline, every, targets)

    assert chances["probability"].tolist()[2:] == [1.0, 1.0]
    total = baseline.totals[:, 1]
    assert chances["probability"].iloc[1] == pytest.approx((total >= 8.5).mean())
    assert chances["probability"].iloc[0] == pytest.approx((total >= 7.0).mean())


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"indicators": {"unknown": 1}}, "scenario.no_indicator"),
        ({"points": {"9.9": 1}}, "scenario.no_component"),
        ({"remedies": "open"}, "scenario.no_remedies"),
    ],
)
def test_what_cannot_be_told_says_why(baseline, facts, key):
    """A scenario on what is not there gives a reason and no figure."""
    table, chances = scenario_table(baseline, [scenario("x", **facts)], NO_TARGETS)

    assert key in table["reason"].iloc[0]
    assert table[["median", "difference", "rank_median"]].isna().all(axis=None)
    assert chances.empty


def test_the_scorecard_by_hand(leaves):
    """Expected, lost and winnable points of each leaf, summed up to the total."""
    card = scorecard_table(leaves, (), 2024, dt.date(2024, 10, 20)).set_index("component")
    means = dict(zip(["1.1.1", "1.1.2", "1.2", "8.1", "8.2"], leaves.points.mean(axis=0), strict=True))

    for name, mean in means.items():
        assert card.loc[name, "expected"] == pytest.approx(mean, abs=1e-4)
    middle = float(np.median(leaves.points.sum(axis=1)))  # of the total and domains the median is told
    assert card.loc["total", "lost"] == pytest.approx(10 - middle, abs=1e-3)
    assert card.loc["1.2", "winnable"] == 0  # its day is past
    assert card.loc["1.2", "open"] == 0
    # two cases have cost a point for good: at best 1 of 2 points
    assert card.loc["1.1.2", "winnable"] == pytest.approx(1.0 - means["1.1.2"], abs=1e-4)
    assert card.loc["8.1", "open"] == pytest.approx(1.0, abs=1e-3)
    left = np.maximum(attainable(leaves, 2024, dt.date(2024, 10, 20)) - leaves.points, 0).sum(axis=1)
    assert card.loc["total", "winnable"] == pytest.approx(float(np.median(left)), abs=1e-3)
    assert (card.loc["1.1", "last"], card.loc["D1", "last"]) == (2.0, 2.9)
    assert np.isnan(card.loc["total", "last"])


def test_a_domain_has_no_second_value_of_last_year(leaves):
    """Where all its criteria are known and it is not, a domain's year is for the panel to estimate."""
    places = {row["component"]: node for node, row in enumerate(leaves.tree.rows)}
    points, years = leaves.last.copy(), leaves.last_year.copy()
    points[places["1.2"]], years[places["1.2"]] = 0.9, 2023
    points[places["D1"]], years[places["D1"]] = np.nan, 0
    told = dataclasses.replace(leaves, last=points, last_year=years)

    card = scorecard_table(told, (), 2024, dt.date(2024, 10, 20)).set_index("component")

    assert card.loc[["1.1", "1.2"], "last"].tolist() == [2.0, 0.9]
    assert np.isnan(card.loc["D1", "last"])


def test_levers_and_risks_are_ranked_among_the_finest(leaves):
    """The first lever has most to win, the first risk most to lose; sums and closed criteria have no rank."""
    card = scorecard_table(leaves, (), 2024, dt.date(2024, 10, 20))
    levers = card.dropna(subset="lever_rank").sort_values("lever_rank")
    risks = card.dropna(subset="risk_rank").sort_values("risk_rank")

    assert levers["winnable"].is_monotonic_decreasing
    assert (risks["max_score"] - risks["lower"]).is_monotonic_decreasing
    assert set(levers["component"]) == {"1.1.1", "1.1.2", "8.1", "8.2"}
    assert levers["lever_rank"].tolist() == [1, 2, 3, 4]


def test_after_the_year_nothing_can_be_won(leaves):
    """On 1 January every criterion is closed."""
    card = scorecard_table(leaves, (), 2024, dt.date(2025, 1, 1))

    assert (card["winnable"] == 0).all()
    assert card["lever_rank"].isna().all()


def test_a_rate_near_its_threshold_is_a_gamble(leaves):
    """About 95 percent where 95 earns all: the card says so, and how much hangs on it."""
    card = scorecard_table(leaves, (), 2024, dt.date(2024, 10, 20)).set_index("component")

    told = card.loc["1.1.1", "gamble"]
    assert '"threshold": 95.0' in told
    assert '"points_below": 0.5' in told
    assert card.loc["1.1.1", "p_full"] == pytest.approx(0.5, abs=0.05)
    assert (card.drop("1.1.1")["gamble"] == "").all()
    assert set(card["informed"]) == {"", "indicator", "domain"}


def test_projections_are_listed(leaves):
    """Each scored indicator once, with the range of its value at the year's end."""
    table = projection_table(leaves)

    assert table["indicator"].tolist() == ["rate", "cases", "growth"]
    assert (table["lower"] <= table["projected"]).all()


def swayed(baseline, component="D1", expected=40.0, reason="", **more):
    """The baseline where one point of "online" is worth 0.02 to 0.04 points of a domain, drawn by draw."""
    per_unit = np.linspace(0.02, 0.04, SIZE)
    known = {"online": Elasticity(component, per_unit, np.zeros(SIZE), expected, reason)} | more
    return dataclasses.replace(baseline, elasticities=known)


def test_an_indicator_without_a_rule_moves_its_domain_by_what_a_unit_is_worth(baseline):
    """By hand: 2 units above what is expected, on the same draws; a domain without rules takes all of it."""
    free = dataclasses.replace(baseline.leaves, by_rule=np.zeros(5, dtype=bool))
    told = swayed(dataclasses.replace(baseline, leaves=free))
    under = told.leaves.tree.under(told.leaves.tree.place("D1"))

    outcome = outcome_of(told, scenario("online", indicators={"online": 42.0}), ())

    moved = (outcome.points - baseline.leaves.points)[:, under].sum(axis=1)
    room = (told.leaves.tree.maxima[under] - baseline.leaves.points[:, under]).sum(axis=1)
    np.testing.assert_allclose(moved, np.minimum(2.0 * np.linspace(0.02, 0.04, SIZE), room), atol=1e-6)
    others = [leaf for leaf in range(5) if leaf not in list(under)]
    np.testing.assert_array_equal(outcome.points[:, others], baseline.leaves.points[:, others])


def test_where_it_is_expected_to_end_nothing_moves(baseline):
    """The scenario of what the forecast expects is the forecast."""
    outcome = outcome_of(swayed(baseline), scenario("same", indicators={"online": 40.0}), ())

    np.testing.assert_allclose(outcome.points, baseline.leaves.points, atol=1e-9)


@pytest.mark.parametrize("value", [-1e6, 1e6])
def test_no_indicator_moves_a_domain_beyond_its_bounds(baseline, value):
    """Each criterion stays between nothing and its maximum."""
    outcome = outcome_of(swayed(baseline), scenario("far", indicators={"online": value}), ())

    assert (outcome.points >= -1e-9).all()
    assert (outcome.points <= baseline.leaves.tree.maxima + 1e-9).all()


def test_criteria_with_a_rule_keep_their_points_and_the_others_take_their_share(baseline):
    """Nothing is counted twice: of a domain that rules score in part, the rest moves by its part alone."""
    tree = baseline.leaves.tree
    under = np.asarray(tree.under(tree.place("D1")))
    ruled = under[baseline.leaves.by_rule[under]]
    free = under[~baseline.leaves.by_rule[under]]
    part = tree.maxima[free].sum() / tree.maxima[under].sum()

    outcome = outcome_of(swayed(baseline), scenario("less", indicators={"online": 38.0}), ())

    assert 0 < part < 1
    np.testing.assert_array_equal(outcome.points[:, ruled], baseline.leaves.points[:, ruled])
    moved = (outcome.points - baseline.leaves.points)[:, free].sum(axis=1)
    np.testing.assert_allclose(moved, -2.0 * np.linspace(0.02, 0.04, SIZE) * part, atol=1e-6)


def test_an_indicator_with_a_rule_moves_by_its_rule_alone(baseline):
    """What figures say of it too is within its rule's points already."""
    both = swayed(baseline, rate=Elasticity("D1", np.ones(SIZE), np.zeros(SIZE), 0.0))
    rate = scenario("rate", indicators={"rate": 95})

    np.testing.assert_array_equal(outcome_of(both, rate, ()).points, outcome_of(baseline, rate, ()).points)


def test_an_indicator_that_two_parts_set_counts_once(baseline):
    """Combined scenarios that name the same indicator: the last part counts, not the sum."""
    told = swayed(baseline)
    one, two = scenario("one", indicators={"online": 42}), scenario("two", indicators={"online": 44})
    both = scenario("both", combine=("one", "two"))

    together = outcome_of(told, both, [one, two, both])

    np.testing.assert_array_equal(together.points, outcome_of(told, two, ()).points)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"reason": '{"key": "indicators.by_none", "facts": {}}'}, "indicators.by_none"),
        ({"component": "D8.outcome"}, "scenario.all_ruled"),
    ],
)
def test_an_indicator_that_moves_nothing_says_why(baseline, told, said):
    """Unsupported by figures, or nothing left to move: no made-up zero but a reason."""
    outcome = outcome_of(swayed(baseline, **told), scenario("x", indicators={"online": 50}), ())

    assert said in outcome.reason
