"""Effects of covariates: planted ones come back, useless ones cost nothing, nothing later touches what was.

All figures are made up.
"""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.formula.api as smf
from pandas import DataFrame

from forecast.model import rolling
from forecast.model.covariates import Covariates, Memory
from forecast.model.effects import _normal_equations, learn_effects
from forecast.model.ensemble import Ensemble
from forecast.model.fitted_ensemble import ENSEMBLE
from forecast.model.panel import Panel
from forecast.model.score import crps_from_quantiles
from forecast.model.selection import select

FIRST = 2010
LEVELS = tuple((np.arange(1, 100) / 100).tolist())
INNER = (LEVELS.index(0.1), LEVELS.index(0.9))


def scores(seed, areas=40, components=3, years=12):
    """Give scores (A, C, T) without a maximum: levels that walk, lasting and fading differences, noise."""
    rng = np.random.default_rng(seed)
    fading = rng.normal(0, 1, (areas, components, years))
    for t in range(1, years):
        fading[..., t] = 0.6 * fading[..., t - 1] + 0.8 * fading[..., t]
    level = np.cumsum(rng.normal(0, 0.6, (1, components, years)), axis=2)
    noise = rng.normal(0, 0.5, (areas, components, years))
    return 50 + level + rng.normal(0, 2, (areas, components, 1)) + fading + noise


def figures(seed, count, areas=40, years=12):
    """Give covariates (A, T, K): a national walk, lasting differences, and moves of their own."""
    rng = np.random.default_rng(1000 + seed)
    national = np.cumsum(rng.normal(0, 0.4, (1, years, count)), axis=1)
    return national + rng.normal(0, 1.5, (areas, 1, count)) + rng.normal(0, 1, (areas, years, count))


def panel_of(value, upper=np.nan):
    """Give a panel of (A, C, T) values."""
    areas, components, years = value.shape
    return Panel(
        areas=tuple(f"A{i:02d}" for i in range(areas)),
        components=tuple(f"D{i}" for i in range(components)),
        years=tuple(range(FIRST, FIRST + years)),
        value=value,
        upper=np.full(components, upper),
    )


def covariates_of(values, components=None, sign=None):
    """Give covariates of (A, T, K) values."""
    areas, years, count = values.shape
    return Covariates(
        areas=tuple(f"A{i:02d}" for i in range(areas)),
        years=tuple(range(FIRST, FIRST + years)),
        names=tuple(f"x{k:02d}" for k in range(count)),
        components=components or ("",) * count,
        values=values,
        sign=np.zeros(count) if sign is None else np.asarray(sign, dtype=float),
    )


def planted(seed, count=1, share=0.3):
    """Scores whose first component the first covariate moves, its effect, and the covariates."""
    y, x = scores(seed), figures(seed, count)
    own, moves = np.diff(y[:, 0], axis=1), np.diff(x[:, :, 0], axis=1)
    own, moves = own - own.mean(axis=0), moves - moves.mean(axis=0)
    effect = float(np.sqrt(share / (1 - share) * own.var() / moves.var()))
    y[:, 0] += effect * x[:, :, 0]
    return y, effect, x


def judged(y, covariates):
    """Mean CRPS of each component in the last year, and whether the 80 percent ranges held; and the fit."""
    fit = Ensemble(covariates=covariates).fit(panel_of(y[:, :, :-1]))
    quantiles = fit.quantiles(FIRST + y.shape[2] - 1, LEVELS)
    came = y[:, :, -1]
    held = (quantiles[..., INNER[0]] <= came) & (came <= quantiles[..., INNER[1]])
    missed = crps_from_quantiles(came.ravel(), quantiles.reshape(-1, len(LEVELS)), levels=LEVELS)
    return missed.reshape(came.shape).mean(axis=0), held, fit


@pytest.fixture(scope="module")
def worlds():
    """Twelve planted worlds, judged without and with their covariates."""
    told = []
    for seed in range(12):
        y, effect, x = planted(seed, count=1 if seed % 2 else 12)
        told.append((effect, judged(y, None), judged(y, covariates_of(x))))
    return told


def test_planted_effects_are_recovered_within_two_standard_errors(worlds):
    """In the covariate's own unit, for 11 of 12 worlds at least, and 19 of 20 are what to expect."""
    off = []
    for effect, _, (_, _, fit) in worlds:
        value, error = fit.effects.in_points
        off.append((value[0, 0] - effect) / error[0, 0])

    assert np.mean(np.abs(off) < 2) >= 11 / 12
    assert np.std(off) < 1.6


def test_what_an_effect_explains_is_gained_and_ranges_still_hold(worlds):
    """CRPS of the component falls by a tenth, and 80 percent ranges hold 76 to 84 percent."""
    without = np.mean([before[0][0] for _, before, _ in worlds])
    gained = np.mean([after[0][0] for _, _, after in worlds])
    held = np.mean([after[1] for _, _, after in worlds])

    assert gained < 0.9 * without
    assert 0.76 <= held <= 0.84


def test_useless_covariates_cost_next_to_nothing():
    """Thirty of them: CRPS is worse by half a percent at most."""
    without, told = [], []
    for seed in range(5):
        y = scores(100 + seed)
        without.append(judged(y, None)[0].mean())
        told.append(judged(y, covariates_of(figures(500 + seed, 30)))[0].mean())

    assert np.mean(told) <= 1.005 * np.mean(without)


def test_effects_agree_with_a_mixed_model():
    """A mixed model with an intercept a year and a random one an area: within two standard errors."""
    rng = np.random.default_rng(3)
    x = figures(3, 2, areas=30, years=9)
    y = 50 + np.cumsum(rng.normal(0, 1, 9)) + rng.normal(0, 2, (30, 1)) + rng.normal(0, 1, (30, 9))
    y = y + 0.8 * x[:, :, 0] - 0.5 * x[:, :, 1]
    effects = learn_effects(panel_of(y[:, None]), covariates_of(x))
    area, year = np.indices(y.shape)
    own = x - x.mean(axis=1, keepdims=True)
    rows = {"y": y.ravel(), "year": year.ravel(), "area": area.ravel()}
    rows |= {f"x{k}": own[:, :, k].ravel() for k in range(2)}
    mixed = smf.mixedlm("y ~ C(year) + x0 + x1", DataFrame(rows), groups="area").fit(method="lbfgs")
    value, error = effects.in_points

    for k in range(2):
        assert abs(value[0, k] - mixed.params[f"x{k}"]) < 2 * mixed.bse[f"x{k}"]
        assert error[0, k] == pytest.approx(mixed.bse[f"x{k}"], rel=0.3)


def test_the_normal_equations_are_those_of_levels_and_effects_together():
    """Levels and effects estimated at once, area by area, give the same information on the effects."""
    rng = np.random.default_rng(5)
    areas, years, count = 6, 5, 2
    y, x = rng.normal(size=(areas, years)), rng.normal(size=(areas, years, count))
    y[1, 2], y[4, :3] = np.nan, np.nan
    size, memory = rng.uniform(0.5, 2, years), Memory(1.0, 0.5, 0.6, 0.3)
    moves = np.diff(np.eye(years), axis=0)
    walk = moves.T @ moves
    doubt = rng.uniform(0, 0.2, (areas, years))
    _, information, information_mean = _normal_equations(y, x, size, memory, walk, doubt)

    whole, right = np.zeros((years + count,) * 2), np.zeros(years + count)
    whole[:years, :years] = walk
    for a in range(areas):
        seen = ~np.isnan(y[a])
        covariance = memory.over(years) * np.outer(size, size) + np.diag(doubt[a])
        design = np.hstack([np.eye(years), x[a]])[seen]
        inverse = np.linalg.inv(covariance[np.ix_(seen, seen)])
        whole += design.T @ inverse @ design
        right += design.T @ inverse @ y[a, seen]
    posterior = np.linalg.inv(whole)
    np.testing.assert_allclose(np.linalg.inv(information), posterior[years:, years:], rtol=1e-4)
    np.testing.assert_allclose(
        np.linalg.solve(information, information_mean), (posterior @ right)[years:], rtol=1e-4
    )


def test_a_lone_strong_effect_is_least_squares():
    """Where figures are strong, neither the prior nor the other effects matter; a weak one is nothing."""
    information = np.diag([400.0, 400.0])[None]
    found = select(information, np.array([[240.0, 4.0]]), np.ones((1, 2), dtype=bool), np.zeros(2))

    assert found.mean[0, 0] == pytest.approx(0.6, rel=0.03)
    assert np.sqrt(found.covariance[0, 0, 0]) == pytest.approx(0.05, rel=0.03)
    assert found.mean[0, 1] == 0
    assert found.covariance[0, 1, 1] == 0


def test_effects_of_covariates_that_move_together_are_told_apart():
    """Two strong effects beside each other are those of least squares, not each one's own slope."""
    information = np.array([[[4000.0, 3200.0], [3200.0, 4000.0]]])
    information_mean = information[0] @ np.array([0.6, -0.4])
    found = select(information, information_mean[None], np.ones((1, 2), dtype=bool), np.zeros(2))

    np.testing.assert_allclose(found.mean[0], [0.6, -0.4], rtol=0.05)


def test_an_expected_sign_makes_a_weak_effect_likelier_and_the_other_one_less_likely():
    """The same figures, with the sign expected, none, and the other."""
    chance = [
        select(
            np.full((1, 1, 1), 100.0), np.full((1, 1), 28.0), np.ones((1, 1), dtype=bool), np.array([sign])
        ).chance[0, 0]
        for sign in (1.0, 0.0, -1.0)
    ]

    assert chance[0] > chance[1] > chance[2]


@pytest.mark.parametrize("horizons", [(1,), (1, 2)])
def test_nothing_later_changes_an_earlier_forecast(horizons):
    """Scores after the origin and covariates after the target year: not a byte."""
    y, _, x = planted(7, count=3)
    x[::3, 9] = np.nan
    origin, after = FIRST + 7, FIRST + 7 + horizons[-1]
    changed, other = y.copy(), x.copy()
    changed[:, :, after - FIRST + 1 :] += 5
    other[:, after - FIRST + 1 :] *= -3

    tables = []
    for value, figure in ((y, x), (changed, other)):
        model = Ensemble(reach=horizons[-1], covariates=covariates_of(figure))
        table = rolling.backtest(panel_of(value), [model], origins=[origin], horizons=horizons)
        tables.append(table["predicted"].to_numpy().tobytes())
    assert tables[0] == tables[1]


def test_a_year_is_forecast_from_figures_up_to_that_year():
    """Figures of the second target year do not move the first."""
    y, _, x = planted(8)
    x = np.concatenate([x, x[:, -1:] + 1], axis=1)
    panel = panel_of(y[:, :, :-1])
    other = x.copy()
    other[:, -1] += 100
    first, second = (Ensemble(covariates=covariates_of(v)).fit(panel) for v in (x, other))

    year = FIRST + 11
    assert first.quantiles(year, LEVELS).tobytes() == second.quantiles(year, LEVELS).tobytes()
    assert not np.allclose(first.quantiles(year + 1, LEVELS), second.quantiles(year + 1, LEVELS))


def test_a_missing_target_year_leaves_the_doubt_about_it():
    """Without the target year's figures ranges are wider; where some areas have them, those gain."""
    y, _, x = planted(9, share=0.6)
    missing, partly = x.copy(), x.copy()
    missing[:, -1] = np.nan
    partly[::2, -1] = np.nan
    widths = []
    for each in (x, missing, partly):
        quantiles = judged(y, covariates_of(each))[2].effects.ahead(FIRST + 11).variance[:, 0]
        widths.append(quantiles)

    assert (widths[1] > 2 * widths[0]).all()
    assert (widths[2][::2] > 2 * widths[0][::2]).all()
    np.testing.assert_allclose(widths[2][1::2], widths[0][1::2], rtol=0.05)


def test_units_of_a_covariate_do_not_matter():
    """Another unit and origin give the same forecasts and the effect in that unit."""
    y, _, x = planted(10)
    one, other = (judged(y, covariates_of(v))[2] for v in (x, 40 * x + 7))

    year = FIRST + 11
    np.testing.assert_allclose(one.quantiles(year, LEVELS), other.quantiles(year, LEVELS), rtol=1e-6)
    np.testing.assert_allclose(one.effects.in_points[0], 40 * other.effects.in_points[0], rtol=1e-5)


def test_a_covariate_acts_on_the_component_it_is_given_for():
    """The same figures given for another component say nothing of the first."""
    y, _, x = planted(11, share=0.5)
    fit = judged(y, covariates_of(x, components=("D2",)))[2]

    assert fit.effects.acts.tolist() == [[False], [False], [True]]
    assert not fit.effects.supported.mean[:2].any()


def test_covariates_without_support_leave_forecasts_as_they_are():
    """No effect is exactly none."""
    y = scores(20)
    before, after = (judged(y, c)[2] for c in (None, covariates_of(figures(999, 1))))

    assert not after.effects.supported.chance.any()
    np.testing.assert_allclose(
        before.quantiles(FIRST + 11, LEVELS), after.quantiles(FIRST + 11, LEVELS), rtol=1e-12
    )


def test_a_figure_of_the_whole_country_moves_one_area_alone():
    """One area has a level and no deviations; thirty years of it can tell an effect."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(1, 31, 1))
    y = 50 + np.cumsum(rng.normal(0, 0.1, 31)) + 2 * x[0, :, 0]
    fit = Ensemble(covariates=covariates_of(x)).fit(panel_of(y[None, None, :-1]))
    value, error = fit.effects.in_points

    assert abs(value[0, 0] - 2) < 2 * error[0, 0]
    assert fit.quantiles(FIRST + 30, (0.5,))[0, 0, 0] == pytest.approx(y[-1], abs=0.5)


def test_a_total_is_the_sum_of_parts_that_covariates_move():
    """The total among the components is worked out from parts forecast with covariates."""
    y, _, x = planted(12, share=0.5)
    with_total = np.concatenate([y, y.sum(axis=1, keepdims=True)], axis=1)
    panel = panel_of(with_total[:, :, :-1])
    far = x.copy()
    far[:, -1] += 20
    near, moved = (Ensemble(covariates=covariates_of(v)).fit(panel) for v in (x, far))
    middle = [fit.quantiles(FIRST + 11, (0.5,))[..., 0] for fit in (near, moved)]
    step = middle[1] - middle[0]

    assert step[:, 0].mean() > 5
    np.testing.assert_allclose(step[:, 3], step[:, :3].sum(axis=1), rtol=0.05)


def test_bounded_scores_stay_within_their_bounds():
    """A large move of a covariate puts forecasts on the end, not beyond."""
    y, _, x = planted(13, share=0.6)
    x[:, -1] += 500
    fit = Ensemble(covariates=covariates_of(x)).fit(panel_of(y[:, :, :-1].clip(0, 100), upper=100.0))
    quantiles = fit.quantiles(FIRST + 11, LEVELS)

    assert quantiles.min() >= 0
    assert quantiles.max() <= 100
    assert quantiles[:, 0, LEVELS.index(0.5)].min() > 90


def test_every_model_forecasts_with_covariates_and_names_stay():
    """The fits have the names, notes and weights of those without."""
    y, _, x = planted(14)
    before, after = (Ensemble(covariates=c).fit(panel_of(y)) for c in (None, covariates_of(x)))

    assert list(before.fits) == list(after.fits)
    assert after.name == ENSEMBLE
    assert all(fit.notes == before.fits[name].notes for name, fit in after.fits.items())
    assert after.draws(FIRST + 12, 50, np.random.default_rng(1)).shape == (50, *y.shape[:2])
    assert replace(panel_of(y), offset=np.zeros_like(y)).until(FIRST + 5).offset is None
