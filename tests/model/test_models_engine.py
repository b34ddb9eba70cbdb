"""The engine as a whole: laws that hold for any panel, and panels at the edge of what can be forecast."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.base.errors import ForecastError, SpecError, TooFewYearsError
from forecast.base.spec import QUANTILE_LEVELS
from forecast.model.contract import outlook
from forecast.model.covariates import Covariates
from forecast.model.deviations import predict as predict_deviations
from forecast.model.engine import fit_models, long_table, names, refuse_unfitted
from forecast.model.ensemble import MODELS, Ensemble
from forecast.model.fitted_ensemble import ENSEMBLE
from forecast.model.panel import Panel
from forecast.model.state_space import PanelStateSpace

RNG = np.random.default_rng(7)
BASE = (
    60
    + np.cumsum(RNG.normal(0, 2, (1, 3, 8)), axis=2)
    + RNG.normal(0, 5, (10, 3, 1))
    + RNG.normal(0, 2, (10, 3, 8))
)


def panel_of(value, upper=100.0, breaks=(), pattern="A{:02d}"):
    """Give a panel of (A, C, T) values from 2010 on."""
    value = np.asarray(value, dtype=float)
    areas, components, years = value.shape
    return Panel(
        areas=tuple(pattern.format(i) for i in range(areas)),
        components=tuple(f"D{i}" for i in range(components)),
        years=tuple(range(2010, 2010 + years)),
        value=value,
        upper=np.full(components, upper),
        breaks=breaks,
    )


def predict(panel, target_years, levels=QUANTILE_LEVELS, models=None, covariates=None):
    """Forecast as the command does."""
    chosen = names(models)
    fit = fit_models(panel, target_years, covariates)
    refuse_unfitted(fit, models or [])
    return long_table(fit, target_years, levels, chosen)


def without(cells, change=np.nan):
    """Give the base panel's values with some cells changed."""
    value = BASE.copy()
    value[cells] = change
    return value


def scales():
    """Give the base panel's values with each area on a scale of its own, one flat, one nil."""
    value = BASE * 10.0 ** np.arange(-3, 7)[:, None, None]
    value[3], value[4] = 7.0, 0.0
    return value


EDGES = {
    "four years": (BASE[:, :, :4], 100.0),
    "five years": (BASE[:, :, :5], 100.0),
    "two years": (BASE[:, :, :2], 100.0),
    "flat": (np.full((5, 2, 8), 70.0), 100.0),
    "flat without bounds": (np.full((5, 2, 8), 70.0), np.nan),
    "all nil": (np.zeros((5, 2, 8)), 100.0),
    "all nil without bounds": (np.zeros((5, 2, 8)), np.nan),
    "all at the maximum": (np.full((5, 2, 8), 100.0), 100.0),
    "nil or the maximum": (np.where(BASE > 60, 100.0, 0.0), 100.0),
    "a missing year": (without((slice(None), slice(None), 4)), 100.0),
    "last year missing": (without((slice(None), slice(None), -1)), 100.0),
    "a late component": (without((slice(None), 2, slice(0, 6))), 100.0),
    "a component of one year": (without((slice(None), 2, slice(0, 7))), 100.0),
    "an area never seen": (without((3,)), 100.0),
    "one area": (BASE[:1], 100.0),
    "two areas": (BASE[:2], 100.0),
    "one component": (BASE[:, :1], 100.0),
    "one series": (BASE[:1, :1], 100.0),
    "all areas equal": (np.repeat(BASE[:1], 6, axis=0), 100.0),
    "a jump of half": (np.where(np.arange(8) >= 5, BASE / 2, BASE), 100.0),
    "negative": (BASE - 1000, np.nan),
    "huge": (BASE * 1e12, np.nan),
    "tiny": (BASE * 1e-12, np.nan),
    "scales of their own": (scales(), np.nan),
}


@pytest.mark.parametrize("edge", EDGES)
def test_every_panel_that_can_be_forecast_is_forecast(edge):
    """Quantiles are finite, rise with their level, stay within bounds, and cover every cell ever seen."""
    value, upper = EDGES[edge]
    panel = panel_of(value, upper)

    table = predict(panel, [panel.origin + 1, panel.origin + 3])

    columns = ["area", "component", "target_year", "model", "quantile_level", "value"]
    assert list(table.columns) == columns
    assert np.isfinite(table["value"]).all()
    wide = table.pivot_table("value", ["area", "component", "target_year", "model"], "quantile_level")
    assert (np.diff(wide.to_numpy(), axis=1) >= 0).all()
    if not np.isnan(upper):
        assert table["value"].between(0, upper).all()
    seen = int((~np.isnan(panel.value)).any(axis=2).sum())
    combined = wide.xs(ENSEMBLE, level="model")
    assert len(combined) >= 2 * seen
    assert (combined[0.975] >= combined[0.025]).all()


def test_one_year_cannot_be_forecast():
    """A single year is refused, and the error names the models that were tried."""
    with pytest.raises(ForecastError, match="last_value"):
        predict(panel_of(BASE[:, :, :1]), [2011])


def test_a_model_asked_for_by_name_says_why_it_cannot():
    """Too few years for one model is a typed error when that model is wanted, none when it is not."""
    panel = panel_of(BASE[:, :, :2])

    with pytest.raises(TooFewYearsError, match="panel_ssm"):
        predict(panel, [2012], models=["panel_ssm"])
    assert set(predict(panel, [2012])["model"]) == {"last_value", ENSEMBLE}


def test_areas_that_share_no_scale_are_refused_by_the_panel_model():
    """A common level of series in other units means nothing, and the refusal says so."""
    with pytest.raises(ForecastError, match="different scales"):
        predict(panel_of(scales(), np.nan), [2018], models=["panel_ssm"])


@pytest.mark.parametrize(
    ("years", "models", "words"), [([2017], None, "after the last year"), ([2018], ["arima"], "arima")]
)
def test_what_cannot_be_asked_is_refused(years, models, words):
    """A past target year and an unknown model are errors of use."""
    with pytest.raises(SpecError, match=words):
        predict(panel_of(BASE), years, models=models)


def test_all_models_and_levels_are_in_the_table():
    """One row for each cell, model and level, the combination included."""
    table = predict(panel_of(BASE), [2018])

    assert set(table["model"]) == {m.name for m in MODELS} | {ENSEMBLE}
    assert len(table) == 30 * 8 * len(QUANTILE_LEVELS)
    assert sorted(table["quantile_level"].unique()) == sorted(round(v, 4) for v in QUANTILE_LEVELS)


def test_the_same_panel_gives_the_same_bytes():
    """Nothing in a forecast is left to chance."""
    first, second = (predict(panel_of(BASE), [2018, 2019]).to_csv() for _ in range(2))

    assert first == second


@given(scale=st.floats(1e-6, 1e6), shift=st.floats(-1e3, 1e3))
@settings(max_examples=5)
def test_a_change_of_unit_changes_the_unit_alone(scale, shift):
    """Without bounds, scores times a factor plus a constant give forecasts times it plus that."""
    plain = predict(panel_of(BASE, np.nan), [2018], levels=[0.1, 0.5, 0.9])["value"]

    other = predict(panel_of(BASE * scale + shift * scale, np.nan), [2018], levels=[0.1, 0.5, 0.9])["value"]

    np.testing.assert_allclose(other / scale - shift, plain, rtol=1e-4, atol=1e-3)


def test_the_order_of_areas_does_not_matter():
    """Areas in another order get the same forecasts."""
    order = np.random.default_rng(0).permutation(len(BASE))
    straight = Ensemble().fit(panel_of(BASE)).quantiles(2018, [0.1, 0.5, 0.9])

    shuffled = Ensemble().fit(panel_of(BASE[order])).quantiles(2018, [0.1, 0.5, 0.9])

    np.testing.assert_allclose(shuffled, straight[order], rtol=1e-5)


@given(future=st.floats(0, 100))
@settings(max_examples=5)
def test_the_future_does_not_change_the_forecast(future):
    """Whatever comes after the origin, the forecast from it is the same."""
    changed = BASE.copy()
    changed[:, :, 6:] = future
    cut = [Ensemble().fit(panel_of(v).until(2015)).quantiles(2016, [0.1, 0.9]) for v in (BASE, changed)]

    np.testing.assert_array_equal(cut[0], cut[1])


@pytest.mark.parametrize("model", [*MODELS, Ensemble(reach=5)], ids=lambda m: m.name)
def test_ranges_widen_with_the_years_ahead(model):
    """A year further off is less certain, in every cell of every model, on the models' own scale."""
    fit = model.fit(panel_of(BASE))
    spreads = [fit.outlook(2017 + h).spread for h in range(1, 6)]

    assert all((after >= before - 1e-9).all() for before, after in pairwise(spreads))
    assert (spreads[-1] > spreads[0]).all()


@pytest.mark.parametrize("name", ["panel_ssm", "ridge", ENSEMBLE])
def test_a_known_change_of_method_in_the_target_year_widens_ranges(name):
    """The same past is less telling of a year whose method is known to change."""

    def width(breaks):
        table = predict(panel_of(BASE, breaks=breaks), [2018], levels=[0.1, 0.9], models=[name])
        return table.groupby("quantile_level")["value"].mean().diff().iloc[-1]

    assert width((2018,)) > 1.2 * width(())


def test_series_of_other_scales_do_not_spoil_each_other():
    """A small series is forecast much the same whether or not giants stand beside it."""
    small = BASE[:5, :1]
    giants = BASE[5:, :1] * 10.0 ** np.arange(3, 8)[:, None, None]
    alone = predict(panel_of(small, np.nan), [2018], models=["ridge"], levels=[0.1, 0.5, 0.9])

    beside = predict(
        panel_of(np.concatenate([small, giants]), np.nan), [2018], models=[ENSEMBLE], levels=[0.1, 0.5, 0.9]
    )

    mine = beside[beside["area"].isin(alone["area"])].pivot_table("value", "area", "quantile_level")
    theirs = alone.pivot_table("value", "area", "quantile_level")
    assert (abs(mine[0.5] - theirs[0.5]) < theirs[0.9] - theirs[0.1]).all()
    ratio = (mine[0.9] - mine[0.1]) / (theirs[0.9] - theirs[0.1])
    assert ratio.between(0.3, 3).all()


class TestDraws:
    """Joint draws of all cells."""

    fit = fit_models(panel_of(BASE), [2018])
    draws = fit.draws(2018, 4000, np.random.default_rng(1))

    def test_each_cell_has_the_combined_forecast_as_its_margin(self):
        """Quantiles of a cell's draws are the quantiles that are published."""
        expected = self.fit.quantiles(2018, [0.1, 0.5, 0.9])

        found = np.moveaxis(np.quantile(self.draws, [0.1, 0.5, 0.9], axis=0), 0, 2)

        np.testing.assert_allclose(found, expected, atol=0.1)

    def test_areas_of_a_year_move_together(self):
        """The mean over areas is far less certain than if areas were independent."""
        together = self.draws.mean(axis=1).std(axis=0)
        apart = self.draws.std(axis=0).mean(axis=0) / np.sqrt(self.draws.shape[1])

        assert (together > 1.5 * apart).all()

    def test_the_same_seed_gives_the_same_draws(self):
        """Draws depend on the generator that is passed in, and on nothing else."""
        again = self.fit.draws(2018, 4000, np.random.default_rng(1))

        np.testing.assert_array_equal(again, self.draws)

    def test_a_model_of_single_series_leaves_its_cells_independent(self):
        """Where the panel model cannot speak, draws are still there, within the cells' own margins."""
        fit = fit_models(panel_of(scales(), np.nan), [2018])

        assert np.isfinite(fit.draws(2018, 50, np.random.default_rng(0))).all()


def test_the_panel_model_beats_last_value_on_a_panel_with_common_levels():
    """On simulated panels with common moves and lasting deviations it misses by less on average."""
    gains = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        level = np.cumsum(rng.normal(0, 1, (1, 3, 11)), axis=2)
        value = 60 + level + rng.normal(0, 4, (40, 3, 1)) + rng.normal(0, 2, (40, 3, 11))
        past = panel_of(value[:, :, :10])
        miss = {
            m.name: np.abs(m.fit(past).quantiles(2020, [0.5])[..., 0] - value[:, :, 10]).mean()
            for m in MODELS
            if m.name in {"last_value", "panel_ssm"}
        }
        gains.append(1 - miss["panel_ssm"] / miss["last_value"])

    assert np.mean(gains) > 0.1


def test_weights_add_up_and_name_what_is_combined():
    """Weights are those of fitted members, at least 0, and 1 together."""
    fit = fit_models(panel_of(BASE), [2018])

    assert set(fit.weights) <= set(fit.fits)
    assert min(fit.weights.values()) >= 0
    assert sum(fit.weights.values()) == pytest.approx(1.0)
    assert pd.Series(fit.weights).notna().all()


def of(table, area, component, model=ENSEMBLE):
    """Median and width of the 80 percent range of one cell."""
    rows = table[(table["area"] == area) & (table["component"] == component) & (table["model"] == model)]
    low, middle, high = rows.sort_values("quantile_level")["value"]
    return middle, high - low


@pytest.mark.parametrize("name", ["panel_ssm", "ridge", ENSEMBLE])
def test_without_a_maximum_areas_keep_their_distance_in_the_last_year(name):
    """Far from both ends a maximum says next to nothing: without it forecasts are nearly the same."""
    levels = [0.1, 0.5, 0.9]
    told, plain = (fit_models(panel_of(BASE, upper), [2018]) for upper in (100.0, np.nan))
    pair = [(fit if name == ENSEMBLE else fit.fits[name]).quantiles(2018, levels) for fit in (told, plain)]

    width = (pair[0][..., 2] - pair[0][..., 0]).mean()
    assert np.abs(pair[0][..., 1] - pair[1][..., 1]).mean() < 0.1 * width
    assert (pair[1][..., 2] - pair[1][..., 0]).mean() == pytest.approx(width, rel=0.15)


def test_a_young_component_asks_nothing_of_the_others_ranges():
    """A component of two years whose one step was a leap does not widen what is calibrated for all."""
    young = BASE[:, :1] / 10 + 40
    young[:, :, :-2] = np.nan
    young[:, :, -1] += 30
    both = np.concatenate([BASE, young], axis=1)
    levels = [0.1, 0.5, 0.9]

    alone, beside = (predict(panel_of(v, np.nan), [2018], levels, [ENSEMBLE]) for v in (BASE, both))

    for component in ("D0", "D1", "D2"):
        expected, found = (of(table, "A03", component)[1] for table in (alone, beside))
        assert found == pytest.approx(expected, rel=0.05)


def test_a_component_of_one_year_has_a_range_by_how_far_areas_lie_apart():
    """Nothing moved yet: the usual change is that of the others, set against the distances of areas."""
    young = (BASE[:, :1] - 60) / 5 + 900
    young[:, :, :-1] = np.nan
    table = predict(
        panel_of(np.concatenate([BASE, young], axis=1), np.nan), [2018], [0.1, 0.5, 0.9], [ENSEMBLE]
    )

    middle, width = of(table, "A03", "D3")

    assert abs(middle - young[3, 0, -1]) < width
    assert width == pytest.approx(of(table, "A03", "D0")[1] / 5, rel=0.5)


def test_a_cell_that_never_had_a_figure_has_no_forecast():
    """What is known of other areas is no forecast of a component that an area does not have."""
    table = predict(panel_of(without((2, 1))), [2018], levels=[0.5])

    assert not ((table["area"] == "A02") & (table["component"] == "D1")).any()
    assert len(table) == (10 * 3 - 1) * (len(MODELS) + 1)


@pytest.mark.parametrize("name", ["last_value", "drift", "local_level", "damped_trend"])
def test_ranges_of_single_series_hold_as_often_as_they_say(name):
    """On random walks, which these models hold in their families, 80 percent ranges hold about so often."""
    (model,) = (m for m in MODELS if m.name == name)
    held = []
    for seed in range(6):
        walk = 50 + np.random.default_rng(seed).normal(0, 1, (60, 2, 16)).cumsum(axis=2)
        low, high = np.moveaxis(
            model.fit(panel_of(walk[:, :, :15], np.nan)).quantiles(2025, [0.1, 0.9]), 2, 0
        )
        held.append(np.mean((low <= walk[:, :, 15]) & (walk[:, :, 15] <= high)))

    assert 0.75 < np.mean(held) < 0.87


def test_the_same_variance_is_the_same_range_in_every_model():
    """The 80 percent range of a variance is that of a normal distribution, whatever model tells it."""
    wide = 1.2815515655446004  # of a standard normal
    view = outlook(np.zeros((1, 1)), np.full((1, 1), 9.0))
    assert view.quantiles([0.9])[0, 0, 0] == pytest.approx(3 * wide)

    panel = panel_of(BASE, np.nan)
    fit = PanelStateSpace().fit(panel)
    assert fit.structure is not None
    _, covariance = predict_deviations(fit.deviations, fit.structure, 1)
    variance = np.einsum("acc->ac", covariance) * fit.spread**2 + fit.levels.ahead(2018).variance
    low, high = np.moveaxis(fit.outlook(2018).quantiles([0.1, 0.9]), 2, 0)
    np.testing.assert_allclose(high - low, 2 * wide * np.sqrt(variance))


@pytest.mark.parametrize("edge", EDGES, ids=str)
def test_covariates_with_gaps_do_not_upset_any_panel(edge):
    """The same cells are forecast as without, in order, whatever the panel and the covariates are like."""
    panel = panel_of(*EDGES[edge])
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1e6, (len(panel.areas), len(panel.years) + 1, 3))
    x[rng.random(x.shape) < 0.4] = np.nan
    x[0, :, 0], x[..., 2] = np.nan, 1.0
    years = (*panel.years, panel.origin + 1)
    beside = Covariates(panel.areas, years, ("a", "b", "c"), ("", "D0", ""), x, np.zeros(3))
    try:
        without = Ensemble().fit(panel).quantiles(panel.origin + 1, QUANTILE_LEVELS)
    except ForecastError:
        with pytest.raises(ForecastError):
            Ensemble(covariates=beside).fit(panel)
        return
    quantiles = Ensemble(covariates=beside).fit(panel).quantiles(panel.origin + 1, QUANTILE_LEVELS)

    np.testing.assert_array_equal(np.isnan(quantiles), np.isnan(without))
    known = quantiles[~np.isnan(quantiles[..., 0])]
    assert np.isfinite(known).all()
    assert (np.diff(known, axis=-1) >= 0).all()
