"""Every formula of docs/method.md, computed once from numbers that stand here.

The map at the end of docs/method.md names the test of each formula; the last tests check that map.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from forecast.answer.scorecard import allocation, pace
from forecast.model import (
    baselines,
    calibrate,
    combine,
    deviations,
    joint_draws,
    levels,
    link,
    pool,
    ridge,
    trend,
)
from forecast.model.cell_effects import EFFECT_WEIGHT, NO_EFFECT, search_sd
from forecast.model.contract import outlook
from forecast.model.latent import Lattice, Variances, deviation_covariance, level_covariance
from forecast.model.panel import Panel
from forecast.model.state_space import standardised

ROOT = Path(__file__).parents[2]
METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
NAN = math.nan


def panel_of(value: object, *, upper: tuple[float, ...] | None = None, breaks: tuple[int, ...] = ()) -> Panel:
    """Give a panel of (A, C, T) values from 2010 on."""
    array = np.asarray(value, dtype=float)
    areas, components, years = array.shape
    return Panel(
        areas=tuple(f"A{i}" for i in range(areas)),
        components=tuple(f"D{i}" for i in range(components)),
        years=tuple(range(2010, 2010 + years)),
        value=array,
        upper=np.array(upper or (NAN,) * components),
        breaks=breaks,
    )


# --- the scale ---------------------------------------------------------------------------------------------


def test_a_share_is_drawn_in_and_taken_to_the_logit():
    """15 of 20: 0.004 + 0.992 * 0.75 = 0.748, ln(0.748 / 0.252) = 1.087974; 20 of 20: ln(0.996 / 0.004)."""
    scale = link.link_of(panel_of([[[15.0, 20.0]]], upper=(20.0,)))
    np.testing.assert_allclose(
        scale.forward(np.array([[[15.0, 20.0]]]))[0, 0], [1.087974, 5.517453], atol=1e-6
    )


def test_without_a_maximum_a_value_is_counted_in_usual_changes_from_the_last_years_mean():
    """Last values 2 and 6, so c = 4; changes 2, -1, -1, 2 have s = 1.581139; (2 - 4) / s = -1.264911."""
    value = [[[1.0, 3.0, 2.0]], [[5.0, 4.0, 6.0]]]
    scale = link.link_of(panel_of(value))
    found = scale.forward(np.array(value))[:, 0, -1]
    np.testing.assert_allclose(found, [-1.264911, 1.264911], atol=1e-6)


def test_one_step_means_the_same_with_a_maximum_and_without():
    """Of 100 points 50 and 76.32 lie 1.1554 logits apart, which is r; the other changes by 3, its s."""
    value = [[[50.0, 76.32], [10.0, 13.0]]]
    found = link.link_of(panel_of(value, upper=(100.0, NAN))).forward(np.array(value))[0]
    step = math.log((0.004 + 0.992 * 0.7632) / (1 - 0.004 - 0.992 * 0.7632))
    assert found[0, 1] - found[0, 0] == pytest.approx(step)
    assert found[1, 1] - found[1, 0] == pytest.approx(step)


def test_in_an_areas_own_unit_a_change_counts_half_after_eight_years():
    """Changes 3, then eight years of none but 1 at the end: (0.5 * 9 + 1 * 1) / (weights), by hand."""
    weights = [0.5 ** (age / 8) for age in range(8, -1, -1)]
    steps = [3.0, 0, 0, 0, 0, 0, 0, 0, 1.0]
    assert weights[0] == 0.5
    by_hand = math.sqrt((0.5 * 9 + 1 * 1) / sum(weights))
    found = link._own_units(np.cumsum([[0.0, *steps]], axis=1))
    assert found[0] == pytest.approx(by_hand)


def test_a_component_that_never_changed_takes_the_others_usual_change():
    """The one changes by 2 where areas lie 4 apart (sd 2.83); the other, 6 apart (sd 4.24), takes 3."""
    moving, still = [[1.0, 3.0], [5.0, 7.0]], [[10.0, 10.0], [16.0, 16.0]]
    found = link._common_units(np.array([[moving[0], still[0]], [moving[1], still[1]]]))
    np.testing.assert_allclose(found, [2.0, 3.0])


def test_spread_is_that_of_a_t6_whose_80_percent_range_is_the_normal_ones():
    """Variance 4: 2 * 1.281552 / 1.439756 = 1.780234, and the 90 percent point is 2 * 1.281552."""
    view = outlook(np.array([[0.0]]), np.array([[4.0]]))
    assert view.spread[0, 0] == pytest.approx(1.780234, abs=1e-5)
    assert view.quantiles([0.9])[0, 0, 0] == pytest.approx(2.563103, abs=1e-5)


# --- the models --------------------------------------------------------------------------------------------


def test_last_value_and_drift_widen_as_walks_do():
    """1, 4, 5, 6, 9: the link divides by sqrt 5.  Last value: s^2 = 1, so variance h.

    Drift: 2 a year, rests 1, -1, -1, 1 with one degree of freedom lost, s^2 = 4 / 3 / 5.
    Two years on that is 2 (1 + 2 / 4) * 4 / 15 = 0.8.
    """
    panel = panel_of([[[1.0, 4.0, 5.0, 6.0, 9.0]]])
    last, drift = baselines.LastValue().fit(panel), baselines.Drift().fit(panel)
    spread = [fit.outlook(2016).spread[0, 0] / 0.890117 for fit in (last, drift)]
    np.testing.assert_allclose(np.square(spread), [2.0, 0.8], rtol=1e-4)
    assert [fit.quantiles(2016, [0.5])[0, 0, 0] for fit in (last, drift)] == pytest.approx([9.0, 13.0])


def test_a_components_own_variance_counts_as_its_years_the_panels_as_three():
    """Mean squares 1 and 9 over three years, 5 in all: (3 * 1 + 3 * 5) / 6 and (3 * 9 + 3 * 5) / 6."""
    steps = np.array([[[1.0, -1.0, 1.0], [3.0, -3.0, 3.0]]])
    np.testing.assert_allclose(baselines.pooled_variance(steps), [3.0, 7.0])


def test_level_and_slope_are_smoothed():
    """1, 2, 4 with alpha 0.5, beta 0.2, phi 0.9; the slope starts at 1.5 * 2 / 4 = 0.75.

    p = 1.675, e = 0.325, l = 1.8375, b = 0.675 + 0.0325 = 0.7075; p = 2.47425, e = 1.52575, l = 3.237125.
    """
    states = trend.smooth(np.array([[1.0, 2.0, 4.0]]), trend.Constants(0.5, 0.2, 0.9))
    np.testing.assert_allclose(states.level[0], [1.0, 1.8375, 3.237125])
    np.testing.assert_allclose(states.slope[0], [0.75, 0.7075, 0.789325])


def test_theta_adds_half_the_slope_of_a_line():
    """1, 2, 4, 5 rise by 1.4 a year along the line of least squares: half is 0.7."""
    np.testing.assert_allclose(trend.half_slope(np.array([[1.0, 2.0, 4.0, 5.0]])), [0.7])


def test_deviations_have_a_permanent_a_lasting_and_a_passing_part():
    """A = 0.5, P = 0.3, R = 0.2, persistence 0.7: 1; a year apart 0.5 + 0.21, two apart 0.5 + 0.147."""
    parts = {
        name: np.array([[size]]) for name, size in (("permanent", 0.5), ("lasting", 0.3), ("noise", 0.2))
    }
    structure = deviations.Structure(
        **parts, broken=np.zeros((1, 1)), persistence=0.7, level=np.zeros((1, 3)), breaks=()
    )
    np.testing.assert_allclose(deviations.covariance(structure)[0], [1.0, 0.71, 0.647])


def test_the_prior_of_a_covariance_is_worth_components_plus_two_areas():
    """One component, six areas with a sum of squares of 12, prior 1: (12 + 3 * 1) / (6 + 3)."""
    found = deviations._shrink(np.array([[12.0]]), np.array([[1.0]]), 6)
    assert found[0, 0] == pytest.approx(15 / 9)


def test_a_years_own_spread_counts_as_its_areas_against_eight():
    """Two areas, variances 2 and 8: logs lie ln 2 off their mean, of which 2 / (2 + 8) is believed."""
    _, _, size = standardised(np.array([[[-1.0, -2.0]], [[1.0, 2.0]]]))
    usual = (math.log(2) + math.log(8)) / 2
    by_hand = [math.exp((usual + 0.2 * way * math.log(2)) / 2) for way in (-1, 1)]
    np.testing.assert_allclose(size[0], by_hand)


def test_the_level_is_smoothed_and_carries_on_part_of_its_mean_change():
    """0, 1, 3: 0.85, then 0.85 + 0.85 * 2.15 = 2.6775; 3 in two moves, of which 2 / (2 + 8): 0.3 a year."""
    smoothed, drift, _ = levels._smooth(np.array([[0.0, 1.0, 3.0]]))
    assert (smoothed[0], drift[0]) == pytest.approx((2.6775, 0.3))


def test_moves_have_the_scale_of_a_t4():
    """Moves 1 and -1: the slope of the likelihood, (5 / (4 + 1 / s^2)) / s^2 - 1, is 0 at s = 1."""
    assert levels.t_scale(np.array([1.0, -1.0])) == pytest.approx(1.0)
    moves = np.array([1.0, 3.0])
    grid = np.linspace(0.5, 4, 70_001)
    density = sum(stats.t.logpdf(move / grid, 4) - np.log(grid) for move in moves)
    assert levels.t_scale(moves) == pytest.approx(grid[density.argmax()], abs=1e-3)


def test_a_change_of_method_widens_a_move_by_what_was_seen_and_four_times_an_ordinary_one():
    """Ordinary moves of 1, one move of 3 in a year of change: variance (1 * 9 + 2 * 4 * 1) / (1 + 2)."""
    panel = panel_of(np.zeros((1, 1, 4)), breaks=(2013,))
    fit = levels.fit_levels(np.array([[0.0, 1.0, 0.0, 3.0]]), panel, 1.0)
    assert (fit.scale, fit.break_scale**2) == pytest.approx((1.0, 17 / 3))


def test_ridge_looks_at_six_figures_of_each_deviation():
    """1, 2, 6, 4 and 0, 0, 0, 2: last, the one before, means of all and of three years, averages of two."""
    found = ridge.deviation_features(np.array([[[1.0, 2.0, 6.0, 4.0], [0.0, 0.0, 0.0, 2.0]]]))[0]
    np.testing.assert_allclose(found[0], [4.0, 6.0, 3.25, 4.0, 3.0, 1.875])
    np.testing.assert_allclose(found[1], [2.0, 0.0, 0.5, 2 / 3, 3.0, 1.875])


def test_series_of_their_own_scale_are_told_by_mean_changes():
    """Changes 1, 1, 1, 1, 2 with root mean square sqrt(8 / 5): means of the last 1, 2, 4 and all."""
    features, unit = ridge.change_features(np.array([[[0.0, 1.0, 2.0, 3.0, 4.0, 6.0]]]))
    assert unit[0, 0] == pytest.approx(math.sqrt(1.6))
    np.testing.assert_allclose(features[0, 0] * math.sqrt(1.6), [2.0, 1.5, 1.25, 1.2])


# --- combination and calibration ---------------------------------------------------------------------------


@pytest.mark.slow
def test_weights_minimise_the_loss_with_a_pull_to_equal_ones():
    """Two models with one outcome: the loss written out, on a grid of weights."""
    place, spread, came = (0.0, 0.1), (1.0, 1.0), 0.3
    levels_judged = (0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975)

    def loss(weight: float) -> float:
        middle, width = (weight * a + (1 - weight) * b for a, b in (place, spread))
        errors = [(p, came - middle - width * stats.t.ppf(p, 6)) for p in levels_judged]
        return sum(max(p * error, (p - 1) * error) for p, error in errors)

    best = min(loss(1.0), loss(0.0))
    grid = np.linspace(0, 1, 2001)
    goal = [loss(w) / best + 0.03 * 2 * (w - 0.5) ** 2 for w in grid]
    trial = combine.Trial(
        origin=2020,
        target_year=2021,
        place=np.array(place).reshape(2, 1, 1),
        spread=np.array(spread).reshape(2, 1, 1),
        observed=np.array([[came]]),
    )
    assert combine.learn_weights([trial])[0] == pytest.approx(grid[np.argmin(goal)], abs=2e-3)


def errors_of(sizes: np.ndarray) -> combine.Trial:
    """One year's errors of one model, in units of its spread."""
    zero = np.zeros((1, len(sizes), 1))
    return combine.Trial(2020, 2021, zero, zero + 1, sizes[:, None])


def test_the_factor_is_the_mean_log_of_what_three_ranges_ask_for():
    """Errors 0.1 to 2.0: 1.0, 1.6 and 1.9 against 0.71756, 1.43976 and 2.44691 of a t6.

    Logs 0.33189, 0.10554 and -0.25295 have the mean 0.06149; one year counts against four: a fifth of it.
    """
    found = calibrate.learn_calibration([errors_of(np.arange(1, 21) / 10)], np.ones(1))
    assert math.log(found.factor) == pytest.approx(0.012298, abs=1e-5)


def test_each_range_asks_for_three_at_most_and_the_whole_for_one_to_two():
    """Errors four times as large: all three cut at 3, so ln 3 / 5; the factor that is used is 1 to 2."""
    found = calibrate.learn_calibration([errors_of(np.arange(1, 21) / 2.5)], np.ones(1))
    assert math.log(found.factor) == pytest.approx(1.098612 / 5, abs=1e-6)
    used = [calibrate.Calibration(factor, 0.5).at(4) for factor in (0.4, 0.6, 1.2)]
    assert used == pytest.approx([1.0, 1.2, 2.0])


# --- the evidence model ------------------------------------------------------------------------------------

SMALL = Lattice(("A",), ("D1", "D2"), (2022, 2023), np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([1.0, 2.0]))


def test_levels_walk_drift_jump_and_start_apart():
    """Two domains, change in 2023; step 0.1, noise 0.2, jump 0.3, drift 0.4, alike 0.5; start 0.8.

    2022: 0.04 + 0.16 + 0.64.  2023: 0.01 + 0.04 + 0.09 + 0.64.  Between years 0.64.
    Between domains half of each.
    """
    v = Variances(level_step=0.1, level_noise=0.2, level_break=0.3, level_alike=0.5, drift=0.4)
    found = level_covariance(SMALL, v)
    np.testing.assert_allclose(found[0], [0.84, 0.64, 0.42, 0.32])
    np.testing.assert_allclose(found[1], [0.64, 0.78, 0.32, 0.39])


def test_a_possible_change_counts_by_its_chance():
    """A chance of 0.25 in D1: a quarter of 0.09 in its own year, and half of 0.045 shared with D2."""
    v = Variances(level_step=0.1, level_noise=0.2, level_break=0.3, level_alike=0.5, drift=0.4)
    possible = replace(SMALL, breaks=np.array([[0.0, 0.25], [0.0, 1.0]]))
    found = level_covariance(possible, v)
    np.testing.assert_allclose(found[1], [0.64, 0.7125, 0.32, 0.3675])


def test_deviations_last_fade_and_pass():
    """Spread 0.5, alike 0.2; permanent 0.6, in common 0.9; noise 0.25, persistence 0.8, retention 0.5.

    A year and a change apart, v = 1 and 2: fading 0.5 * 0.75 * 0.8 = 0.3.  In common 0.9 * 0.5 + 0.1 * 0.3
    = 0.48, own 0.6 * 0.5 + 0.4 * 0.3 = 0.42; 0.25 * 2 * (0.2 * 0.48 + 0.8 * 0.42) = 0.216, between domains
    0.25 * 2 * 0.096 = 0.048.
    """
    v = Variances(
        spread=0.5,
        permanent=0.6,
        noise=0.25,
        persistence=0.8,
        retention=0.5,
        alike=0.2,
        common_permanent=0.9,
        component_spread=(1.0, 1.0),
    )
    np.testing.assert_allclose(deviation_covariance(SMALL, v)[0], [0.25, 0.216, 0.05, 0.048])


def test_draws_have_t_tails_with_the_variance_kept():
    """The squared scale of a t8, of a t3, is (df - 2) over chi-square: its inverse has mean df / (df - 2)."""
    rng = np.random.default_rng(3)
    shared, own = (
        joint_draws._scale(df, (400_000,), rng) for df in (joint_draws.LEVEL_DF, joint_draws.AREA_DF)
    )
    assert (shared**-2.0).mean() == pytest.approx(8 / 6, rel=0.01)
    assert (own**-2.0).mean() == pytest.approx(3 / 1, rel=0.01)
    assert (shared**2).mean() == pytest.approx(1.0, rel=0.02)


def test_complete_components_lean_three_quarters_on_the_engine():
    """Own draws of 0.5 and an engine that says 0.8 at each level: the logit is 0.75 * 1.386294."""
    found = pool.pooled(np.full(3, 0.5), np.array([0.1, 0.5, 0.9]), np.full(3, 0.8))
    np.testing.assert_allclose(found, 1 / (1 + math.exp(-0.75 * 1.386294)), rtol=1e-6)


# --- indicators --------------------------------------------------------------------------------------------


def test_an_effect_has_the_spread_that_is_likeliest():
    """Figures say 0.2 +- 0.02 (information 2500, pull 500): at the best s the slope of the loss is 0.

    The loss is log v / 2 + 0.2^2 / (2 v) + w (sqrt(1 + x^2) - 1), v = 0.02^2 + s^2, x = log(s / 0.001).
    An effect of 0.02 +- 0.02 is one standard error from nothing: it stays nothing.
    """
    s = float(search_sd(np.array([[2500.0]]), np.array([500.0]), np.zeros(1))[0])
    x, v = math.log(s / NO_EFFECT), 0.02**2 + s**2
    slope = s**2 / v * (1 - 0.2**2 / v) + EFFECT_WEIGHT * x / math.sqrt(1 + x**2)
    assert slope == pytest.approx(0, abs=1e-3)
    assert 0.1 < s < 0.2
    assert search_sd(np.array([[2500.0]]), np.array([50.0]), np.zeros(1))[0] == pytest.approx(NO_EFFECT)


def test_an_expected_sign_makes_its_effect_likelier():
    """Figures say 0.2 +- 0.02, the prior is N(s / 2, s^2): the loss is log v / 2 + (0.2 - s / 2)^2 / (2 v).

    With v and x as above its slope in log s is 0 at the best s.  An effect of 0.07 +- 0.02 is something on
    the side that is expected, and nothing on the other.
    """
    s = float(search_sd(np.array([[2500.0]]), np.array([500.0]), np.array([0.5]))[0])
    x, v, off = math.log(s / NO_EFFECT), 0.02**2 + s**2, 0.2 - s / 2
    slope = s**2 / v * (1 - off**2 / v) - s / 2 * off / v + EFFECT_WEIGHT * x / math.sqrt(1 + x**2)
    assert slope == pytest.approx(0, abs=1e-3)
    small = [search_sd(np.array([[2500.0]]), np.array([175.0]), np.array([way]))[0] for way in (0.5, -0.5)]
    assert small[0] > 10 * NO_EFFECT
    assert small[1] == pytest.approx(NO_EFFECT, rel=0.1)


def test_a_step_to_the_years_end_is_a_t_of_few_past_steps():
    """Steps 0.1 and 0.3 with a quarter of the year left and a prior of 0.2 logs: s^2 = (2 * 0.01 + 0.02) / 3.

    The 75 percent point of a t3 is 0.764892: 0.2 + sqrt(0.04 / 3 * 1.5) * 0.764892 = 0.308172.
    """
    drawn = pace._predictive(np.array([0.1, 0.3]), 0.2 * math.sqrt(0.25), 400_000, np.random.default_rng(1))
    assert np.quantile(drawn, [0.5, 0.75]) == pytest.approx([0.2, 0.308172], abs=0.002)


def test_each_scale_of_steps_has_its_prior():
    """Half a logit for percentages, a fifth of a log for what is above 0, a fifth of the usual size else."""
    cases = (
        ([60.0, 80.0], "%", "logit", 0.5),
        ([60.0, 120.0], "%", "log", 0.2),
        ([-10.0, 30.0], "x", "plain", 4.0),
    )
    for values, unit, name, prior in cases:
        scale = pace._scale(values, unit)
        assert (scale.name, scale.prior) == (name, pytest.approx(prior))


def test_few_cases_are_poisson_with_an_uncertain_rate():
    """Past rests of 3 and 5: rate of shape 8.5 and 2 years, mean 4.25, variance 4.25 + 8.5 / 4 = 6.375.

    Rests of 0 and 8 have a variance of 32, 8 times their mean: counted in eights, 8 * 1.5 / 2 = 6.
    """
    rng = np.random.default_rng(5)
    even, uneven = (pace._still_to_come(np.array(came), 400_000, rng) for came in ([3.0, 5.0], [0.0, 8.0]))
    assert (even.mean(), even.var()) == pytest.approx((4.25, 6.375), rel=0.02)
    assert uneven.mean() == pytest.approx(6.0, rel=0.02)


# --- points ------------------------------------------------------------------------------------------------


def odds(share: float) -> float:
    """Log odds."""
    return math.log(share / (1 - share))


def test_criteria_move_with_their_part_and_add_up_to_it():
    """Bases 0.8 and 0.6, part from 0.7 to 0.75, noise 1 on the first: log odds lie 0.980829 + 0.25 apart."""
    found = allocation.allocate(
        np.array([0.75]), 0.7, np.array([1.0, 1.0]), np.array([0.8, 0.6]), np.array([[1.0, 0.0]])
    )[0]
    assert found.mean() == pytest.approx(0.75)
    assert odds(found[0]) - odds(found[1]) == pytest.approx(0.980829 + 0.25, abs=1e-5)


def test_a_criterion_that_is_not_known_starts_at_what_is_left_with_wider_noise():
    """Of 0.7 the known one had 0.8, so the other 0.6; its noise of 1 is 0.9 logits."""
    found = allocation.allocate(
        np.array([0.7]), 0.7, np.array([1.0, 1.0]), np.array([0.8, NAN]), np.array([[0.0, 1.0]])
    )[0]
    assert odds(found[0]) - odds(found[1]) == pytest.approx(0.980829 - 0.9, abs=1e-5)


# --- the map -----------------------------------------------------------------------------------------------


def mapped() -> list[tuple[str, str, str]]:
    """Lines of the map: formula, file, test."""
    block = METHOD.partition("<!-- formulas -->")[2].partition("<!-- /formulas -->")[0]
    return re.findall(r"^\| (.+?) \| `(tests/[\w/]+\.py)` \| `(\w+)` \|$", block, re.MULTILINE)


def test_every_test_of_the_map_is_there():
    """Each line of the map in docs/method.md names a test that exists."""
    lines = mapped()
    assert len(lines) > 35
    gone = [
        name for _, file, name in lines if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert gone == []


def test_every_test_here_is_in_the_map():
    """A formula that is computed here is named in docs/method.md."""
    own = set(re.findall(r"^def (test_\w+)", Path(__file__).read_text(encoding="utf-8"), re.MULTILINE))
    own -= {"test_every_test_of_the_map_is_there", "test_every_test_here_is_in_the_map"}
    assert own == {name for _, file, name in mapped() if file == "tests/model/test_method.py"}
