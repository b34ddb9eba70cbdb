"""Laws of rolling origins: no peeking, nothing dropped in silence, sums that agree with plain loops.

All figures are made up.
"""

import datetime as dt
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from forecast.base.errors import TooFewYearsError
from forecast.base.spec import QUANTILE_LEVELS
from forecast.base.workers import Local
from forecast.model import score
from forecast.model.baselines import Drift, LastValue
from forecast.model.ensemble import Ensemble
from forecast.model.panel import Panel
from forecast.model.rolling import CELL, COLUMNS, backtest, known_at, score_cells, summary

YEARS = tuple(range(2011, 2021))
THREE = (0.1, 0.5, 0.9)
points = st.floats(0, 100).map(lambda value: round(value, 3))


@dataclass(frozen=True)
class Stays:
    """A fake model: each series' last value, moved, with a normal of fixed spread around it."""

    name: str = "stays"
    move: float = 0.0
    spread: float = 2.0
    min_years: int = 1

    def fit(self, panel):
        """Remember the panel."""
        got = int((~np.isnan(panel.value)).any(axis=(0, 1)).sum())
        if got < self.min_years:
            raise TooFewYearsError.of(self.name, self.min_years, got)
        return FittedStays(self, panel)


@dataclass(frozen=True)
class FittedStays:
    """State of `Stays`; the break term shows that breaks, too, are cut."""

    model: Stays
    panel: Panel

    def quantiles(self, target_year, levels):
        """Add 0.01 for each year ahead and 10 for each known break after the origin."""
        last = pd.DataFrame(self.panel.value.reshape(-1, len(self.panel.years))).ffill(axis=1).iloc[:, -1]
        last = last.to_numpy().reshape(self.panel.value.shape[:2])
        origin = self.panel.years[-1]
        shift = 0.01 * (target_year - origin) + 10 * sum(origin < b <= target_year for b in self.panel.breaks)
        tails = [self.model.spread * NormalDist().inv_cdf(level) for level in levels]
        return last[..., None] + self.model.move + shift + np.array(tails)


def panel_of(value, *, upper=np.nan, breaks=()):
    """Name the axes of made-up values."""
    value = np.asarray(value, dtype=float)
    return Panel(
        areas=tuple(f"A{k}" for k in range(value.shape[0])),
        components=tuple(f"D{k}" for k in range(value.shape[1])),
        years=tuple(range(YEARS[0], YEARS[0] + value.shape[2])),
        value=value,
        upper=np.full(value.shape[1], upper),
        breaks=breaks,
    )


def walk(seed=7, shape=(5, 3, 10)):
    """A made-up panel of random walks around 50."""
    return panel_of(50 + np.random.default_rng(seed).normal(size=shape).cumsum(axis=2))


# What the table holds


def test_the_table_by_hand():
    """One series, two origins, three levels: every number can be told in advance."""
    panel = panel_of([[[10.0, 12.0, 15.0]]])

    table = backtest(panel, [Stays(spread=0.0)], origins=[2011, 2012], levels=THREE)

    expected = pd.DataFrame(
        {
            "model": ["stays"] * 6,
            "origin": [2011] * 3 + [2012] * 3,
            "target_year": [2012] * 3 + [2013] * 3,
            "horizon": [1] * 6,
            "area": ["A0"] * 6,
            "component": ["D0"] * 6,
            "quantile_level": [*THREE, *THREE],
            "predicted": [10.01] * 3 + [12.01] * 3,
            "observed": [12.0] * 3 + [15.0] * 3,
            "scale": [np.nan] * 3 + [2.0] * 3,
        }
    )
    pd.testing.assert_frame_equal(table, expected, check_dtype=False, check_categorical=False)
    assert list(table) == COLUMNS


def test_every_cell_of_the_table_is_the_models_own_answer():
    """Oracle: plain loops over models, origins, horizons and cells."""
    value = walk().value.copy()
    value[1, 2, 8] = np.nan
    value[:, 0, :4] = np.nan
    panel = panel_of(value)
    models = [Stays(), Stays(name="moved", move=1.5)]

    table = backtest(panel, models, origins=[2016, 2018], horizons=[2, 1], levels=THREE)

    rows = [
        (m.name, origin, origin + h, h, area, component, level, q[a, c, k], came[a, c])
        for m in models
        for origin in (2016, 2018)
        for h in (1, 2)
        for q in [m.fit(panel.until(origin)).quantiles(origin + h, THREE)]
        for came in [value[:, :, YEARS.index(origin + h)]]
        for a, area in enumerate(panel.areas)
        for c, component in enumerate(panel.components)
        if not np.isnan(came[a, c])
        for k, level in enumerate(THREE)
    ]
    assert table.drop(columns="scale").to_numpy().tolist() == [list(row) for row in rows]


def test_an_origin_forecasts_only_years_that_have_an_outcome():
    """From the last year but one, three years ahead, only one year came."""
    table = backtest(walk(), [Stays()], origins=[2019], horizons=[1, 2, 3], levels=THREE)

    assert set(table["target_year"]) == {2020}


def test_a_model_with_too_few_years_keeps_its_rows():
    """It is counted as missing; it does not drop out in silence."""
    table = backtest(walk(), [Stays(min_years=6)], origins=[2014, 2016], levels=THREE)

    total = summary(table).query("component == 'all'").iloc[0]

    assert table.groupby("origin")["predicted"].count().tolist() == [0, 45]
    assert (total["cells"], total["missing"], total["years"]) == (15, 15, 1)


def test_an_ensemble_brings_the_forecasts_of_its_members():
    """They are the same as those of the members alone; a member that refuses keeps its rows."""
    panel = walk()
    both = Ensemble(models=(LastValue(), Drift()), members=("last_value", "drift"))
    kept = {"origins": [2012, 2017], "levels": THREE}

    family = backtest(panel, [both], **kept)
    alone = backtest(panel, [LastValue(), Drift()], **kept)

    assert family["model"].cat.categories.tolist() == ["ensemble", "last_value", "drift"]
    members = family[family["model"] != "ensemble"].reset_index(drop=True)
    assert members.astype({"model": str}).equals(alone.astype({"model": str}))
    refused = family[(family["model"] == "drift") & (family["origin"] == 2012)]
    assert refused["predicted"].isna().all()
    assert len(refused) == 45


def test_a_horizon_of_no_years_is_refused():
    """The origin's own year is no forecast."""
    with pytest.raises(ValueError, match="years ahead, from 1"):
        backtest(walk(), [Stays()], origins=[2014], horizons=[0])


def test_no_origin_gives_an_empty_table():
    """The columns are there even so."""
    assert list(backtest(walk(), [Stays()], origins=[], levels=THREE)) == COLUMNS


# No peeking


@settings(max_examples=40)
@given(
    past=hnp.arrays(float, (2, 2, 10), elements=points),
    other=hnp.arrays(float, (2, 2, 10), elements=st.one_of(points, st.just(np.nan))),
    origin=st.integers(2014, 2018),
)
def test_the_future_does_not_change_a_forecast(past, other, origin):
    """Replace every value and every break after the origin: predictions from it keep their bytes."""
    later = np.array(YEARS) > origin
    changed = np.where(later, other, past)
    changed[0, 0, -1] = 1.0  # something to forecast
    kept = {"origins": [origin], "horizons": range(1, 7), "levels": THREE}

    def forecasts(value, breaks):
        table = backtest(panel_of(value, breaks=breaks), [Stays(), LastValue(), Drift()], **kept)
        return table.set_index(["model", *CELL, "quantile_level"])[["predicted", "scale"]]

    first, second = forecasts(past, (2013,)), forecasts(changed, (2013, origin + 1))

    both = first.index.intersection(second.index)
    assert len(both)
    assert first.loc[both].to_numpy().tobytes() == second.loc[both].to_numpy().tobytes()


def published(value, days):
    """Rows as a scores table has them; `days` gives each year's day of publication."""
    return pd.DataFrame(
        [
            {"area": "A0", "component": "D0", "year": year, "score": score, "published_on": pd.Timestamp(day)}
            for year, score, day in zip(YEARS, value, days, strict=False)
        ]
    )


def test_an_origin_is_a_day_and_a_late_year_is_not_known():
    """The year 2013 came out after the day in 2014: the forecast starts from 2012, two years ahead."""
    scores = published([1.0, 2.0, 30.0, 4.0], ["2012-04-01", "2013-04-01", "2014-12-31", "2015-04-01"])

    vintages = known_at(scores, {2013: dt.date(2014, 10, 20)})
    table = backtest(panel_of([[[1, 2, 30, 4]]]), [Stays()], origins=[], vintages=vintages, levels=THREE)

    assert table["origin"].unique().tolist() == [2012]
    assert table["horizon"].unique().tolist() == [2]
    assert table.loc[table["quantile_level"] == 0.5, "predicted"].tolist() == [2.02]


def test_a_year_that_was_out_already_is_not_forecast():
    """Published before the origin's day, it is no outcome."""
    scores = published([1.0, 2.0], ["2012-01-01", "2012-02-01"])

    vintages = known_at(scores, {2011: dt.date(2012, 10, 20)})

    assert backtest(panel_of([[[1, 2]]]), [Stays()], origins=[], vintages=vintages).empty


@settings(max_examples=40)
@given(
    delays=st.lists(st.integers(30, 900), min_size=6, max_size=6),
    later=st.lists(st.tuples(st.integers(0, 5), points), max_size=8),
)
def test_rows_published_later_do_not_change_what_was_known(delays, later):
    """Append any rows of later days, corrections among them: the vintage keeps its bytes."""
    day = dt.date(2015, 10, 20)
    days = [pd.Timestamp(year, 1, 1) + pd.Timedelta(days=d) for year, d in zip(YEARS, delays, strict=False)]
    scores = published([10.0, 11, 12, 13, 14, 15], days)
    after = [
        {"area": "A0", "component": "D0", "year": YEARS[k], "score": score, "published_on": "2015-10-21"}
        for k, score in later
    ]
    added = pd.concat([scores, pd.DataFrame(after, columns=scores.columns)])
    added["published_on"] = pd.to_datetime(added["published_on"])

    before, with_later = known_at(scores, {2014: day}), known_at(added, {2014: day})

    assert before.keys() == with_later.keys()
    for origin, panel in before.items():
        assert panel.years == with_later[origin].years
        assert panel.value.tobytes() == with_later[origin].value.tobytes()


def test_the_last_correction_known_on_the_day_counts():
    """Three publications of one cell: the middle one was the last before the day."""
    scores = published([1.0] * 3, ["2012-01-01", "2012-06-01", "2013-06-01"]).assign(
        year=2011, score=[1.0, 2.0, 3.0]
    )

    assert known_at(scores, {2011: dt.date(2012, 12, 31)})[2011].value.item() == 2


def test_a_break_is_used_from_the_day_it_was_known():
    """The change of 2014 was announced in 2015; one of 2015 was known before its year."""
    scores = published([1.0] * 4, ["2012-04-01"] * 4)
    events = pd.DataFrame({"year": [2014, 2015], "known_on": pd.to_datetime(["2015-06-01", "2014-01-01"])})

    vintages = known_at(
        scores, {2013: dt.date(2014, 10, 20), 2014: dt.date(2015, 10, 20)}, events=events, upper=10.0
    )

    assert vintages[2013].breaks == (2015,)
    assert vintages[2014].breaks == (2014, 2015)


def test_a_day_before_any_publication_has_no_vintage():
    """Nothing known, nothing forecast."""
    assert known_at(published([1.0], ["2012-04-01"]), {2010: dt.date(2011, 10, 20)}) == {}


def test_an_outcome_is_carried_to_the_maximum_of_its_forecast():
    """16 of 20 points came; the forecast was made out of 10: it is held against 8."""
    panel = panel_of([[[5.0, 16.0]]], upper=20.0)
    past = panel_of([[[5.0]]], upper=10.0)

    table = backtest(panel, [Stays()], origins=[], vintages={2011: past}, levels=THREE)

    assert table["observed"].unique().tolist() == [8.0]


def test_areas_and_components_are_matched_by_name():
    """A vintage may lack an area, or hold one that has no outcome."""
    panel = panel_of([[[1.0, 2.0]], [[3.0, 4.0]]])
    past = replace(panel.until(2011), areas=("A1", "gone"), value=np.array([[[3.0]], [[9.0]]]))

    table = backtest(panel, [Stays()], origins=[], vintages={2011: past}, levels=(0.5,))

    assert table[["area", "predicted", "observed"]].to_numpy().tolist() == [["A1", 3.01, 4.0]]


# Workers


@pytest.mark.slow
def test_any_number_of_workers_gives_the_same_bytes():
    """Processes share nothing and come back in order."""
    kept = {"origins": [2015, 2017, 2019], "horizons": [1, 2]}

    alone = backtest(walk(), [LastValue(), Drift()], **kept)
    shared = backtest(walk(), [LastValue(), Drift()], **kept, workers=Local(2))

    pd.testing.assert_frame_equal(shared, alone, check_exact=True)
    assert shared["predicted"].to_numpy().tobytes() == alone["predicted"].to_numpy().tobytes()


# Scores of cells


def test_scores_of_cells_are_those_of_the_kernels():
    """Oracle: each cell's rows taken by hand and scored alone."""
    table = backtest(walk(), [Stays(), LastValue()], origins=[2016, 2018], levels=QUANTILE_LEVELS)

    cells = score_cells(table, floor=0.5)

    parts = table.groupby(["model", *CELL], observed=True)
    assert len(cells) == parts.ngroups == 60
    for _, cell in cells.iloc[::7].iterrows():
        rows = parts.get_group(tuple(cell[["model", *CELL]]))
        y, q = rows["observed"].iloc[0], rows["predicted"].to_numpy()
        assert cell["median"] == q[11]
        assert cell["crps"] == pytest.approx(score.crps_from_quantiles(y, q, levels=QUANTILE_LEVELS))
        assert cell["wis"] == pytest.approx(
            cell["dispersion"] + cell["underprediction"] + cell["overprediction"]
        )
        assert cell["scaled_error"] == pytest.approx(abs(y - q[11]) / (rows["scale"].iloc[0] + 0.5))
        assert cell["inside_80"] == float(q[3] <= y <= q[-4])
        assert cell["inside_95"] == float(q[1] <= y <= q[-2])


def test_rows_of_two_cells_may_be_interleaved():
    """Levels that rise by chance, row by row, are not taken for those of one cell."""
    table = backtest(panel_of([[[1.0, 9.0]], [[5.0, 6.0]]]), [Stays()], origins=[2011], levels=THREE)

    mixed = score_cells(table.iloc[[0, 4, 2, 3, 1, 5]])

    pd.testing.assert_frame_equal(mixed, score_cells(table))


@given(seed=st.integers(0, 50))
@settings(max_examples=10)
def test_the_order_of_rows_does_not_matter(seed):
    """A table read from disk in any order has the same scores."""
    table = backtest(walk(), [Stays()], origins=[2016, 2018], levels=THREE)

    shuffled = score_cells(table.sample(frac=1, random_state=seed))

    pd.testing.assert_frame_equal(
        shuffled.sort_values(CELL, ignore_index=True), score_cells(table).sort_values(CELL, ignore_index=True)
    )


def test_a_table_read_back_from_csv_has_the_same_scores(tmp_path):
    """The long table is all that needs keeping."""
    table = backtest(walk(), [Stays()], origins=[2016, 2018], levels=QUANTILE_LEVELS)
    table.to_csv(tmp_path / "backtest.csv", index=False)

    again = pd.read_csv(tmp_path / "backtest.csv")

    pd.testing.assert_frame_equal(summary(again), summary(table))


def test_a_cell_without_all_levels_is_refused():
    """Scores over different levels cannot be compared."""
    table = backtest(walk(), [Stays()], origins=[2016], levels=THREE)

    for broken in (table.iloc[1:], pd.concat([table, table])):
        with pytest.raises(ValueError, match="once"):
            score_cells(broken)
    with pytest.raises(ValueError, match="median"):
        score_cells(table[table["quantile_level"] != 0.5])


# Summary


def test_the_summary_averages_over_cells_then_years():
    """A year with one cell weighs as much as a year with two."""
    value = np.array([[[10.0, 11.0, 13.0]], [[10.0, 11.0, np.nan]]])

    row = summary(backtest(panel_of(value), [Stays(spread=0.0)], origins=[2011, 2012], levels=THREE)).iloc[0]

    assert row["crps"] == pytest.approx((0.99 + 1.99) / 2)
    assert row["absolute_error"] == pytest.approx((0.99 + 1.99) / 2)
    assert (row["years"], row["cells"]) == (2, 3)


def test_skill_is_against_the_named_baselines_on_the_same_cells():
    """Oracle: one less the ratio of yearly mean scores, computed from the cells."""
    models = [LastValue(), Drift(), Stays(name="ours", move=0.3)]
    table = backtest(walk(), models, origins=[2015, 2016, 2017, 2018])
    cells = score_cells(table)
    by_year = cells.pivot_table(index="target_year", columns="model", values="crps", observed=True)

    total = summary(table).query("component == 'all'").set_index("model")

    mean = by_year.mean()
    assert total.loc["ours", "skill_last_value"] == pytest.approx(1 - mean["ours"] / mean["last_value"])
    assert total.loc["ours", "skill_drift"] == pytest.approx(1 - mean["ours"] / mean["drift"])
    assert total.loc["drift", "skill_drift"] == 0
    assert (total["skill_last_value_error"] >= 0).all()


def test_break_years_and_calm_years_stand_apart():
    """A break counts for every forecast that crosses it, however far ahead."""
    table = backtest(walk(), [Stays()], origins=range(2014, 2018), horizons=[1, 2], levels=THREE)

    rows = summary(table, breaks=[2017]).query("component == 'all'").set_index(["period", "horizon"])

    assert rows.loc[("break", 1), "years"] == 1
    assert rows.loc[("break", 2), "years"] == 2
    for horizon in (1, 2):
        parts = rows.loc[[("calm", horizon), ("break", horizon)], "cells"]
        assert parts.sum() == rows.loc[("all", horizon), "cells"]
    assert set(summary(table, breaks=[1999])["period"]) == {"all"}


def test_a_calibrated_forecast_looks_calibrated():
    """Values that follow the forecast: coverage near its level, PIT of mean 1/2 and sd 0.289."""
    rng = np.random.default_rng(3)
    value = np.stack([rng.normal(50, 2, size=(400, 2)) for _ in range(4)], axis=2)
    value[..., 0] = 50  # forecasts of the first year are centred and right

    table = backtest(panel_of(value), [Stays()], origins=[2011])
    row = summary(table).query("component == 'all'").iloc[0]

    assert row["coverage_50"] == pytest.approx(0.5, abs=0.04)
    assert row["coverage_80"] == pytest.approx(0.8, abs=0.04)
    assert row["coverage_95"] == pytest.approx(0.95, abs=0.02)
    assert np.isnan(row["coverage_80_lower"])  # one year
    assert (row["pit_mean"], row["pit_sd"]) == (pytest.approx(0.5, abs=0.02), pytest.approx(0.289, abs=0.02))


def test_the_summary_is_the_same_each_time():
    """The bootstrap has its own seed."""
    table = backtest(walk(), [Stays()], origins=range(2013, 2019))

    pd.testing.assert_frame_equal(summary(table), summary(table), check_exact=True)
