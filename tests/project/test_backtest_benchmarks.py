"""Laws of the measuring: what hidden cells give away, the yardstick, the peers' rows, the page.

All figures are made up, except where the published panels are at hand.
"""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from benchmarks import __main__ as command
from benchmarks import contests, goals, guesses, page, peers, record, report, variances
from benchmarks import panels as readers
from benchmarks.hidden import Pattern, Place, hide, pattern
from benchmarks.yardstick import NaivePooled
from scipy.special import expit

from forecast.base.spec import QUANTILE_LEVELS
from forecast.data.framework import TOTAL
from forecast.data.tables import COUNTRY
from forecast.model.latent import Lattice, Variances, deviation_covariance
from forecast.model.panel import Panel
from forecast.model.rolling import backtest, score_cells

LEVELS = list(QUANTILE_LEVELS)


def made_up_panel(seed=5, areas=63, components=8, years=12, missing=()):
    """Scores out of 10; the last year is 2023."""
    rng = np.random.default_rng(seed)
    value = np.clip(rng.normal(6, 1, size=(areas, components, years)), 0, 10)
    for cell in missing:
        value[cell] = np.nan
    return Panel(
        areas=tuple(f"A{k}" for k in range(areas)),
        components=tuple(f"Q{k}" for k in range(components)),
        years=tuple(range(2024 - years, 2024)),
        value=value,
        upper=np.full(components, 10.0),
    )


@pytest.fixture(scope="module")
def shape():
    """The pattern of the project's own data."""
    return pattern(guesses.DATA)


def dealt(panel, shape, seed=1):
    """One deal."""
    return hide(panel, shape, np.random.default_rng(seed), index_code="MADE")


# What is shown


def test_the_pattern_is_that_of_the_data(shape):
    """Many totals, few domains, the national mean of most years: and not one value."""
    places = pd.DataFrame(shape.places)

    assert len(shape.provinces) == 63
    assert (places["component"] == TOTAL).mean() > 0.6
    assert (places["statistic"] == "mean").sum() >= 8
    assert "score" not in places


def test_what_is_shown_is_the_panels_own(shape):
    """Scores of cells, totals, means and ranks are recomputed from the panel by plain loops."""
    panel = made_up_panel()
    hidden = dealt(panel, shape)
    value = {
        (area, name, year): panel.value[a, c, t]
        for a, area in enumerate(panel.areas)
        for c, name in enumerate(panel.components)
        for t, year in enumerate(panel.years)
    }

    def score_of(area, component, year):
        parts = panel.components if component == TOTAL else (component,)
        return sum(value[area, part, year] for part in parts)

    for row in hidden.scores.to_dict("records"):
        all_scores = [score_of(area, row["component"], row["year"]) for area in panel.areas]
        if row["statistic"] == "value":
            own = score_of(row["area"], row["component"], row["year"])
            assert np.isnan(row["score"]) or row["score"] == pytest.approx(own)
            assert np.isnan(row["rank"]) or row["rank"] == 1 + sum(other > own for other in all_scores)
        elif row["area"] == COUNTRY:
            whole = {"mean": np.mean, "max": max, "min": min}[row["statistic"]](all_scores)
            assert row["score"] == pytest.approx(whole)


def test_as_many_rows_are_shown_as_the_pattern_has(shape):
    """A full panel can say everything that the pattern says."""
    hidden = dealt(made_up_panel(), shape)

    expected = pd.DataFrame(shape.places)
    assert len(hidden.scores) == len(expected)
    assert hidden.scores["score"].notna().sum() == expected["has_score"].sum()
    shown = expected[
        (expected["component"] != TOTAL) & (expected["statistic"] == "value") & expected["has_score"]
    ]
    assert hidden.shown.sum() == len(shown)


def test_hidden_cells_speak_only_through_sums_means_and_ranks(shape):
    """Move two hidden cells of one area and year against each other: nothing shown changes."""
    panel = made_up_panel()
    hidden = dealt(panel, shape)
    t = hidden.years.index(2014)
    area = int(np.flatnonzero(~hidden.shown[:, :, t].any(axis=1))[0])
    first, second = [c for c in range(8) if 2014 not in _years_of(hidden, panel.components[c])][:2]
    value = panel.value.copy()
    value[area, first, panel.years.index(2014)] += 0.25
    value[area, second, panel.years.index(2014)] -= 0.25

    again = dealt(Panel(panel.areas, panel.components, panel.years, value, panel.upper), shape)

    pd.testing.assert_frame_equal(again.scores, hidden.scores)
    assert not np.array_equal(again.truth, hidden.truth)


def _years_of(hidden, component):
    return set(hidden.scores.loc[hidden.scores["component"] == component, "year"])


def test_a_year_ahead_nothing_of_the_year_is_shown(shape):
    """Before 2023, no row, cell or scheme of 2023 is left but the target's maxima."""
    ahead = dealt(made_up_panel(), shape).before(2023)

    assert ahead.scores["year"].max() == 2022
    assert not ahead.shown[:, :, -1].any()
    assert not ahead.told[:, -1].any()
    assert max(ahead.subject.schemes) == 2023


def test_a_total_without_one_of_its_parts_is_not_shown(shape):
    """An area with a missing cell has no total that year; its row is left out."""
    panel = made_up_panel(missing=[(slice(None), 0, 11)])  # a component that a whole year lacks
    gap = made_up_panel(missing=[(slice(0, 40), 0, 11)])

    assert dealt(panel, shape).subject.schemes[2023].children[TOTAL] == panel.components[1:]
    lost = dealt(gap, shape).scores
    assert not set(gap.areas[:40]) & set(
        lost.loc[(lost["year"] == 2023) & (lost["component"] == TOTAL), "area"]
    )


def test_a_rank_of_a_year_with_gaps_is_stretched():
    """Second of three areas that a year has is the middle one of five."""
    places = (Place(2023, "B", TOTAL, "value", has_score=False, has_rank=True, trust="official"),)
    small = Pattern(places, ("A", "B", "C", "D", "E"), {COUNTRY: ("A", "B", "C", "D", "E")})
    panel = made_up_panel(areas=5, components=1, years=1)
    value = np.array([[[3.0]], [[2.0]], [[1.0]], [[np.nan]], [[np.nan]]])

    ranks = []
    for seed in range(20):
        shown = hide(
            Panel(panel.areas, panel.components, panel.years, value, panel.upper),
            small,
            np.random.default_rng(seed),
            index_code="MADE",
        ).scores
        ranks += shown.loc[shown["area"] == "A1", "rank"].tolist() if len(shown) else []

    assert set(ranks) == {3.0}


# Guesses and their scores


def test_a_forecast_of_the_truth_scores_nothing(shape):
    """The scoring meets each hidden cell with its own truth."""
    hidden = dealt(made_up_panel(), shape)

    def knows(hidden, years):
        at = [hidden.years.index(year) for year in years]
        return np.moveaxis(hidden.truth[:, :, at], 2, 0)[..., None] + np.zeros(len(LEVELS))

    cells = guesses.scored(hidden, {"knows": knows}, [2022, 2023])

    assert cells["crps"].max() < 1e-9
    assert cells[["inside_80", "inside_95"]].to_numpy().min() == 1
    assert len(cells) == (~hidden.shown[:, :, -2:]).sum()


def test_the_share_of_the_total_is_right_where_all_domains_are_alike(shape):
    """With one share for all domains of an area, the plain guess hits each area with a total."""
    panel = made_up_panel(components=8)
    alike = np.repeat(panel.value[:, :1], 8, axis=1)
    hidden = dealt(Panel(panel.areas, panel.components, panel.years, alike, panel.upper), shape)
    rows = hidden.scores
    has_total = rows[(rows["component"] == TOTAL) & (rows["year"] == 2023) & rows["score"].notna()]
    at = [
        hidden.subject.areas.index(name) for name in has_total.loc[has_total["statistic"] == "value", "area"]
    ]

    median = guesses.share_of_the_total(hidden, [2023])[0, :, :, LEVELS.index(0.5)]

    np.testing.assert_allclose(median[at], hidden.truth[at][:, :, -1])


def test_the_evidence_model_can_be_asked(shape):
    """Its quantiles rise within [0, 1], for each area and component of each year asked for."""
    small = Pattern(shape.places[-60:], shape.provinces, shape.regions)

    found = guesses.evidence_model(dealt(made_up_panel(components=3, years=3), small), [2023])

    assert found.shape == (1, 63, 3, len(LEVELS))
    assert (np.diff(found, axis=-1) >= 0).all()
    assert found.min() >= 0
    assert found.max() <= 1


# The yardstick


def test_the_yardstick_by_hand():
    """Changes of 1, 2 and 2 have a mean square of 3; two years ahead of a gap of one it is 9."""
    panel = Panel(
        areas=("A", "B"),
        components=("Q",),
        years=(2019, 2020, 2021),
        value=np.array([[[1.0, 2.0, 4.0]], [[5.0, 7.0, np.nan]]]),
        upper=np.array([np.nan]),
    )

    q = NaivePooled().fit(panel).quantiles(2023, [0.5, 0.8413447])

    np.testing.assert_allclose(q[:, 0, 0], [4.0, 7.0])
    np.testing.assert_allclose(q[:, 0, 1] - q[:, 0, 0], [np.sqrt(3 * 2), np.sqrt(3 * 3)], rtol=1e-6)


def test_the_yardstick_may_leave_out_changes_into_break_years():
    """A jump of 100 in a known break year is no usual change."""
    panel = Panel(
        ("A",), ("Q",), (2018, 2019, 2020), np.array([[[1.0, 101.0, 102.0]]]), np.array([np.nan]), (2019,)
    )

    assert NaivePooled(calm=True).fit(panel).outlook(2021).spread.item() == pytest.approx(1)


def test_the_total_of_draws_is_not_the_sum_of_ranges():
    """Quantiles of the sum lie closer together than the sums of quantiles."""
    rng = np.random.default_rng(2)
    value = np.clip(6 + rng.normal(scale=0.4, size=(12, 3, 8)).cumsum(axis=2), 0, 10)
    dimensions = Panel(
        tuple(f"A{k}" for k in range(12)), ("P", "Q", "R"), tuple(range(2010, 2018)), value, np.full(3, 10.0)
    )
    total = Panel(
        dimensions.areas, ("sum",), dimensions.years, value.sum(axis=1, keepdims=True), np.array([30.0])
    )
    ends = (0.1, 0.9)

    joint = contests.SumOfDraws(dimensions, ("P", "Q")).fit(total).quantiles(2018, ends)
    alone = contests.Ensemble().fit(dimensions).quantiles(2018, ends)[:, :2].sum(axis=1, keepdims=True)

    assert joint.shape == (12, 1, 2)
    assert (np.diff(joint) < np.diff(alone)).all()
    np.testing.assert_allclose(joint.mean(axis=2), alone.mean(axis=2), rtol=0.02)


# Variances


def test_variances_are_found_again_in_a_panel_made_of_them():
    """Deviations drawn with known likeness, noise and persistence give them back, roughly."""
    rng = np.random.default_rng(8)
    truth = Variances(permanent=0.3, noise=0.5, persistence=0.8, alike=0.3, spread=0.4)
    names, years = ("P", "Q", "R"), tuple(range(2011, 2021))
    areas = tuple(f"A{k}" for k in range(300))
    lattice = Lattice(areas, names, years, np.zeros((3, 10)), np.ones(10))
    drawn = rng.multivariate_normal(np.zeros(30), deviation_covariance(lattice, truth), size=300)
    panel = Panel(areas, names, years, 10 * expit(drawn.reshape(300, 3, 10)), np.full(3, 10.0))

    found = variances.estimates(panel).set_index("name")["estimate"]

    assert found["alike"] == pytest.approx(0.3, abs=0.06)
    assert found["noise"] == pytest.approx(0.5, abs=0.1)
    assert found["spread"] == pytest.approx(0.4, abs=0.04)
    assert found["permanent"] == pytest.approx(0.3, abs=0.2)
    assert found["persistence"] == pytest.approx(0.8, abs=0.1)


# Peers


def test_peers_forecasts_are_set_at_the_year_they_speak_of():
    """A series that ends a year early is asked two years ahead; one with a hole keeps its years."""
    value = np.array([[[1.0, 2.0, 3.0, 4.0, 5.0]], [[1.0, np.nan, 3.0, np.nan, 7.0]]])
    panel = Panel(("A", "B"), ("Q",), (2016, 2017, 2018, 2019, 2020), value, np.array([np.nan]))
    task = peers.Task("made", panel, (2019,), models=("Naive",))
    series = peers._series(task)
    answers = pd.DataFrame(
        [
            {"task": "made|2019", "model": "Naive", "unique_id": name, "h": h, "quantile_level": level}
            | {"predicted": 10 * h + level}
            for name in ("0|0", "1|0")
            for h in (1, 2)
            for level in (0.1, 0.5, 0.9)
        ]
    )

    table = peers._long(task, answers)

    assert series.loc[series["unique_id"] == "1|0", "ds"].tolist() == [2016, 2018]
    assert peers._farthest(task, 2019) == 2
    assert table[["area", "target_year", "horizon"]].drop_duplicates().to_numpy().tolist() == [
        ["A", 2020, 1],
        ["B", 2020, 1],
    ]
    assert table["predicted"].tolist() == [10.1, 10.5, 10.9, 20.1, 20.5, 20.9]
    assert table["observed"].tolist() == [5.0] * 3 + [7.0] * 3


def test_peers_quantiles_are_put_in_order():
    """A median beside its interval is moved in; nothing else changes."""
    panel = Panel(("A",), ("Q",), (2018, 2019, 2020), np.array([[[1.0, 2.0, 3.0]]]), np.array([np.nan]))
    answers = pd.DataFrame(
        {
            "task": "made|2019",
            "model": "M",
            "unique_id": "0|0",
            "h": 1,
            "quantile_level": [0.1, 0.5, 0.9],
            "predicted": [2.0, 1.0, 3.0],
        }
    )

    table = peers._long(peers.Task("made", panel, (2019,)), answers)

    assert table["predicted"].tolist() == [1.0, 2.0, 3.0]


def test_a_peers_forecast_that_is_no_number_is_left_out():
    """One infinite end spoils the whole forecast, not its neighbours."""
    panel = Panel(("A",), ("Q",), (2018, 2019, 2020), np.array([[[1.0, 2.0, 3.0]]]), np.array([np.nan]))
    answers = pd.DataFrame(
        [
            {"task": "made|2019", "model": model, "unique_id": "0|0", "h": 1, "quantile_level": level}
            | {"predicted": np.inf if model == "bad" and level == 0.9 else level}
            for model in ("good", "bad")
            for level in (0.1, 0.5, 0.9)
        ]
    )

    table = peers._long(peers.Task("made", panel, (2019,)), answers)

    assert set(table["model"]) == {"good"}


# The page


def results(**values):
    """Rows of results.csv."""
    rows = [
        dict(zip(goals.RESULT_COLUMNS, (*key.split("__"), value, np.nan, np.nan, 5, 100), strict=True))
        for key, value in values.items()
    ]
    return pd.DataFrame(rows)


def test_a_goal_is_held_against_what_was_measured():
    """Inside its bounds: yes; outside: no; nothing measured: that is said."""
    table = results(papi_core__ensemble__crps=0.2, papi__ensemble__relative=0.9, papi_core__ridge__crps=0.21)

    judged = goals.judged(table).set_index("title")

    assert judged.iloc[0]["reached"] == "yes"
    assert "ridge 0.2100" in judged.iloc[0]["beside"]
    assert judged.iloc[1]["reached"] == "**no**"
    assert judged.iloc[2]["reached"] == "not measured"


def test_the_best_of_the_peers_is_the_bound():
    """Without the peers there is no bound, and the goal is not called reached."""
    own = {"m1__ensemble__mase": 3.3}

    alone = goals.judged(results(**own))
    beside = goals.judged(results(**own, m1__Theta__mase=4.0, m1__Naive__mase=4.9))

    line = alone["title"].str.startswith("M1")
    assert alone.loc[line, "reached"].tolist() == ["not measured"]
    assert beside.loc[line, ["goal", "reached"]].to_numpy().tolist() == [["≤ 4.000", "yes"]]


def test_the_page_has_a_line_for_each_model_best_first():
    """Every table of the page is complete Markdown: as many cells in each row as in its head."""
    table = results(
        papi_core__naive_pooled__crps=0.227,
        papi_core__ensemble__crps=0.203,
        papi_core__ensemble__coverage_80=0.81,
        time__engine__backtest=9.0,
    )

    text = page.page(table)

    lines = [line for line in text.splitlines() if line.startswith("|")]
    own = [line for line in lines if "0.2030" in line or "0.2270" in line][-2:]
    assert [line.split(" | ")[0] for line in own] == ["| ensemble", "| naive_pooled"]
    for first, second in pairwise(lines):
        if second.startswith("| ---"):
            assert first.count("|") == second.count("|")


def test_the_pages_say_what_the_results_file_holds(tmp_path):
    """Written again from results.csv, the page keeps its bytes, whatever digits were cut."""
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    table = results(papi_core__ensemble__crps=0.20325000001, papi_core__ridge__crps=0.20624999999)
    page.write(table, folder)
    first = (folder / "README.md").read_bytes()

    page.write(pd.read_csv(folder / "results.csv"), folder)

    assert (folder / "README.md").read_bytes() == first


def test_a_part_measured_anew_leaves_the_others_as_they_are(tmp_path):
    """All rows of its contest are replaced, those of others keep their digits."""
    stored = results(
        papi_core__ensemble__crps=0.20325, report__forecast__second=9.0, report__forecast__old=1.0
    )
    stored.to_csv(tmp_path / "results.csv", index=False)

    found = page.with_part(tmp_path, results(report__forecast__second=2.0))

    assert goals.value_of(found, "papi_core", "crps", "ensemble") == 0.20325
    assert goals.value_of(found, "report", "second", "forecast") == 2.0
    assert len(found) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="memory of other processes is read where Linux tells it")
def test_the_memory_of_a_command_is_that_of_all_its_processes():
    """What a process has started counts, and what that has started; ended ones weigh nothing."""
    inner = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen(
        [sys.executable, "-c", inner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as outer:
        outer.stdout.readline()
        found = report._below(os.getpid())
        weights = [report._memory(pid) for pid in (outer.pid, *report._below(outer.pid))]
        outer.communicate("\n")

    assert outer.pid in found
    assert len(weights) == 2
    assert all(weights)
    assert report._memory(outer.pid) == 0


def test_without_the_panels_the_command_says_so(monkeypatch, tmp_path, capsys):
    """A plain sentence in both languages and exit code 1; nothing is written."""
    monkeypatch.setenv(readers.VARIABLE, str(tmp_path))

    code = command.main([])

    said = capsys.readouterr().err
    assert code == 1
    assert "papi.csv" in said
    assert "Không thấy" in said
    assert "not here" in said


# The published panels, where they are at hand


def test_the_published_panels_are_read_whole(panels):
    """Names, years and gaps are those that are known of them."""
    assert panels.is_dir()
    assert readers.papi().value.shape == (63, 8, 13)
    assert readers.papi_six().value.shape == (63, 1, 13)
    assert len(readers.pci().components) == 9
    given, whole = readers.m1()
    assert given.value.shape[0] == whole.value.shape[0] == 181
    assert len(whole.years) - len(given.years) == 6
    assert not np.isnan(whole.value[:, 0, -7:]).any()


def test_the_yardstick_scores_what_is_published_of_it(panels):
    """Naive with pooled spread on PAPI P1 to P6, 2019 to 2023: 0.227, coverage 0.84 and 0.94 to 0.95."""
    table = backtest(readers.papi(), [NaivePooled()], origins=range(2018, 2023))
    cells = score_cells(table)
    core = cells[cells["component"].isin(readers.PAPI_FIRST_SIX)].astype({"model": str})

    row = contests.figures(core).iloc[0]

    assert row["crps"] == pytest.approx(0.227, abs=5e-4)
    assert row["coverage_80"] == pytest.approx(0.84, abs=0.01)
    assert row["coverage_95"] == pytest.approx(0.945, abs=0.01)
    assert row["relative"] == 1


@dataclass(frozen=True)
class Listening(NaivePooled):
    """Last value that notes the changes of method it is told of."""

    heard: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)

    def fit(self, panel):
        """Note the origin and the breaks."""
        self.heard.append((panel.origin, panel.breaks))
        return super().fit(panel)


@pytest.mark.parametrize(("foretold", "expected"), [(True, (2018, 2021)), (False, (2018,))])
def test_a_contest_tells_changes_to_come_only_if_they_are_foretold(foretold, expected):
    """A change in the target year is known with hints; without, only those up to the origin are."""
    value = np.random.default_rng(0).normal(5, 1, (4, 2, 10))
    years, breaks = tuple(range(2014, 2024)), (2018, 2021)
    panel = Panel(tuple("ABCD"), ("P", "Q"), years, value, np.full(2, np.nan), breaks)
    model = Listening()

    contests.Contest("c", panel, (2020,), (model,), foretold=foretold).table()

    assert model.heard == [(2020, expected)]


def test_a_panel_without_hints_has_neither_maxima_nor_changes():
    """The same figures, and nothing told beside them."""
    value = np.full((1, 1, 3), 5.0)
    told = Panel(("A",), ("P",), (2019, 2020, 2021), value, np.array([10.0]), (2020,))

    plain = readers.plain(told)

    np.testing.assert_array_equal(plain.value, told.value)
    assert np.isnan(plain.upper).all()
    assert plain.breaks == ()


def test_the_record_is_summed_by_hand():
    """Ranks: errors 2 and 4, one of two inside; the later year stands apart; D8.sipas is no domain."""
    columns = [
        "model",
        "index_code",
        "component",
        "target_year",
        "observed",
        "median",
        "lower",
        "upper",
        "crps",
    ]
    cells = pd.DataFrame(
        [
            ("evidence", "PAR", "rank", 2021, 30, 32, 29, 35, 1.0),
            ("evidence", "PAR", "rank", 2022, 30, 34, 31, 40, 3.0),
            ("last_rank", "PAR", "rank", 2022, 30, 30, 20, 40, 0.5),
            ("evidence", "PAR", "D3", 2022, 10, 11, 9, 12, 0.4),
            ("evidence", "PAR", "D8.sipas", 2022, 8, 8, 7, 9, 0.1),
        ],
        columns=columns,
    )
    found = record.summed(cells)
    assert goals.value_of(found, "record_ranks", "crps", "evidence") == 2.0
    assert goals.value_of(found, "record_ranks", "mae", "evidence") == 3.0
    assert goals.value_of(found, "record_ranks", "coverage_80", "evidence") == 0.5
    assert goals.value_of(found, "record_ranks_after", "crps", "evidence") == 3.0
    assert goals.value_of(found, "record_ranks", "crps", "last_rank") == 0.5
    assert goals.value_of(found, "record_domains", "crps", "evidence") == 0.4
    assert found["contest"].isin(page.TITLES).all()
