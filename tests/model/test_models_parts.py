"""The parts of the models, each against another way to the same number."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.mixed_linear_model import MixedLM
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.holtwinters import Holt, SimpleExpSmoothing
from statsmodels.tsa.statespace.structural import UnobservedComponents

from forecast.model import baselines, calibrate, combine, deviations, levels, link, ridge, trend
from forecast.model.contract import TAIL_DF, Outlook
from forecast.model.panel import Panel
from forecast.model.state_space import standardised

YEARS = 12


def panel_of(value, upper=np.nan, breaks=()):
    """Give a panel of (A, C, T) values from 2010 on."""
    value = np.asarray(value, dtype=float)
    areas, components, years = value.shape
    return Panel(
        areas=tuple(f"A{i:03d}" for i in range(areas)),
        components=tuple(f"D{i}" for i in range(components)),
        years=tuple(range(2010, 2010 + years)),
        value=value,
        upper=np.full(components, upper),
        breaks=breaks,
    )


@pytest.fixture
def series():
    """Give a random walk of thirty years."""
    return 100 + np.cumsum(np.random.default_rng(3).normal(1, 2, 30))


class TestLink:
    """The scale that models work on."""

    def test_there_and_back(self):
        """Carrying scores to the models' scale and back changes nothing, 0 and the maximum included."""
        value = np.random.default_rng(0).uniform(0, 20, (4, 2, 6))
        value[0, 0, :2] = [0.0, 20.0]
        for upper in (20.0, np.nan):
            scale = link.link_of(panel_of(value, upper))

            np.testing.assert_allclose(scale.inverse(scale.forward(value)), value, atol=1e-10)

    def test_what_lies_beyond_an_end_is_put_on_it(self):
        """However far a forecast reaches, it stays within 0 and the maximum."""
        scale = link.link_of(panel_of(np.full((1, 1, 4), 5.0), 20.0))

        found = scale.inverse(np.array([[[-900.0, -8.0, 8.0, 900.0]]]))

        assert found.ravel().tolist() == [0.0, 0.0, 20.0, 20.0]

    def test_areas_on_scales_of_their_own_are_recognised(self):
        """The same series times a million is another scale; the same series again is not."""
        steps = np.cumsum(np.random.default_rng(1).normal(size=(6, 1, 10)), axis=2)

        assert not link.link_of(panel_of(steps)).alone[0]
        assert link.link_of(panel_of(steps * 10.0 ** np.arange(6)[:, None, None])).alone[0]


class TestBaselines:
    """Last value and drift."""

    def test_pooled_variance_by_hand(self):
        """Two components with mean squares 1 and 9 are drawn to the panel's 5 by three years' weight."""
        steps = np.array([[[1.0, -1.0, 1.0], [3.0, -3.0, 3.0]]])

        np.testing.assert_allclose(baselines.pooled_variance(steps), [(3 + 15) / 6, (27 + 15) / 6])

    def test_last_value_by_hand(self):
        """The median is the last value known, and two years on the variance is twice that of one."""
        fit = baselines.LastValue().fit(panel_of([[[1.0, 3.0, 2.0]], [[5.0, 4.0, np.nan]]]))

        median = fit.quantiles(2013, [0.5])[:, 0, 0]
        near, far = (fit.outlook(y).spread[0, 0] for y in (2013, 2014))

        np.testing.assert_allclose(median, [2.0, 4.0])
        assert far / near == pytest.approx(np.sqrt(2))
        assert fit.outlook(2013).spread[1, 0] == pytest.approx(far)  # last seen a year earlier

    def test_drift_by_hand(self):
        """Five years from 1 to 9 go on by 2 a year."""
        fit = baselines.Drift().fit(panel_of([[[1.0, 4.0, 5.0, 6.0, 9.0]]]))

        assert fit.quantiles(2017, [0.5])[0, 0, 0] == pytest.approx(15.0)

    def test_drift_is_silent_on_a_series_too_short_for_a_slope(self):
        """Three years of a late component are no mean change."""
        value = np.random.default_rng(0).normal(size=(2, 2, 6))
        value[:, 1, :3] = np.nan

        found = baselines.Drift().fit(panel_of(value)).quantiles(2016, [0.5])

        assert np.isnan(found[:, 1]).all()
        assert not np.isnan(found[:, 0]).any()


class TestTrend:
    """Smoothing of single series."""

    def test_smoothing_is_that_of_statsmodels(self, series):
        """Oracle: simple exponential smoothing started at the first value."""
        oracle = SimpleExpSmoothing(series, initialization_method="known", initial_level=series[0])

        found = trend.smooth(series[None], trend.Constants(0.6, 0.0, 0.0)).level[0, -1]

        expected = oracle.fit(smoothing_level=0.6, optimized=False).forecast(1)[0]
        assert found == pytest.approx(expected)

    def test_damped_trend_is_that_of_statsmodels(self, series):
        """Oracle: Holt's damped trend from the same start; ours starts at the first value itself."""
        slope = float(np.median(np.diff(series)[:4]))
        oracle = Holt(
            series[1:],
            damped_trend=True,
            initialization_method="known",
            initial_level=series[0],
            initial_trend=slope,
        ).fit(smoothing_level=0.7, smoothing_trend=0.2, damping_trend=0.9, optimized=False)
        constants = trend.Constants(0.7, 0.2, 0.9)
        states = trend.smooth(series[None], constants)

        found = [
            trend._ahead(states, constants, np.zeros(1), h, trend._ages(series[None]))[0, -1]
            for h in (1, 2, 3)
        ]

        np.testing.assert_allclose(found, oracle.forecast(3), rtol=1e-9)

    def test_theta_is_that_of_statsmodels(self, series):
        """Oracle: the Theta method with the same smoothing constant."""
        oracle = ThetaModel(series, deseasonalize=False).fit(use_mle=False)
        alpha = float(oracle.params["alpha"])
        constants = trend.Constants(alpha, 0.0, 0.0)
        states = trend.smooth(series[None], constants)
        tilt = trend.half_slope(series[None])

        found = [trend._ahead(states, constants, tilt, h, trend._ages(series[None]))[0, -1] for h in (1, 4)]

        expected = np.asarray(oracle.forecast(4))[[0, 3]]
        np.testing.assert_allclose(found, expected, rtol=2e-3)  # statsmodels starts its level elsewhere

    def test_a_missing_year_moves_the_level_along_its_slope(self):
        """On a straight line a gap changes nothing."""
        line = np.arange(10.0)[None]
        gap = line.copy()
        gap[0, 5] = np.nan

        full, holed = (trend.smooth(x, trend.Constants(0.6, 0.2, 1.0)).level[0, -1] for x in (line, gap))

        assert holed == pytest.approx(full)

    @pytest.mark.parametrize("model", [trend.LocalLevel(), trend.DampedTrend(), trend.Theta()])
    def test_ranges_widen_with_the_horizon(self, model):
        """A forecast is never surer than a shorter one."""
        fit = model.fit(panel_of(np.cumsum(np.random.default_rng(5).normal(size=(5, 2, 12)), axis=2)))

        spreads = [fit.outlook(2021 + h).spread for h in range(1, 9)]

        assert (np.diff(spreads, axis=0) >= 0).all()
        assert (spreads[-1] > spreads[0]).all()


class TestLevels:
    """The common levels."""

    def test_t_scale_is_the_maximum_likelihood_one(self):
        """Oracle: scipy's fit of a t with the same degrees of freedom around 0."""
        moves = stats.t.rvs(4, scale=0.3, size=200, random_state=1)

        expected = stats.t.fit(moves, fdf=levels.MOVES_DF, floc=0)[2]

        assert levels.t_scale(moves) == pytest.approx(expected, rel=1e-3)

    def test_a_level_carries_on_part_of_its_mean_change(self):
        """Nine years that rise by 1 a year: half of that is carried on after eight moves."""
        panel = panel_of(np.arange(9.0).reshape(1, 1, 9))

        fit = levels.fit_levels(np.arange(9.0)[None], panel, 1.0)

        assert fit.ahead(2020).place[0] - fit.ahead(2019).place[0] == pytest.approx(8 / 16)

    def test_a_known_change_of_method_ahead_widens_the_level(self):
        """The same past with a break in the target year leaves the level less certain."""
        level = np.random.default_rng(0).normal(size=(2, 8))
        calm, broken = (panel_of(np.zeros((1, 2, 8)), breaks=b) for b in ((), (2018,)))

        near, far = (levels.fit_levels(level, p, 1.0).ahead(2018).variance for p in (calm, broken))

        assert (far > 1.5 * near).all()

    def test_correlations_are_those_of_a_distribution(self):
        """However few the years, the correlation matrix has ones and no negative eigenvalue."""
        found = levels.correlation(np.random.default_rng(0).normal(size=(6, 3)))

        np.testing.assert_allclose(np.diag(found), 1.0)
        assert np.linalg.eigvalsh(found).min() > 0


def structure(components=1, years=YEARS, **parts):
    """Give covariances that are nothing but noise, unless said otherwise."""
    eye = np.eye(components)
    given = {"permanent": 0 * eye, "lasting": 0 * eye, "noise": eye, "broken": 0 * eye, **parts}
    return deviations.Structure(**given, persistence=0.7, level=np.zeros((components, years)), breaks=())


class TestDeviations:
    """The areas' deviations."""

    def test_prediction_is_that_of_the_kalman_filter(self):
        """Oracle: autoregression + noise of known variances in statsmodels' state space form."""
        x = np.random.default_rng(2).normal(size=YEARS)
        s = structure(lasting=np.array([[2.0]]), noise=np.array([[0.5]]))
        oracle = UnobservedComponents(x, irregular=True, autoregressive=1).smooth(
            [0.5, 2.0 * (1 - 0.49), 0.7]
        )
        expected = oracle.get_forecast(3)

        mean, covariance = deviations.predict(x.reshape(1, 1, -1), s, 3)

        assert mean[0, 0] == pytest.approx(expected.predicted_mean[2])
        assert covariance[0, 0, 0] == pytest.approx(expected.var_pred_mean[2], rel=1e-6)

    def test_patterns_of_missing_cells_take_the_right_inverse(self):
        """Few cells missing or many: the inverse is that of the seen cells' covariance."""
        full = deviations.covariance(structure(2, 6, permanent=np.array([[1.0, 0.5], [0.5, 1.0]])))
        for gone in ([3], list(range(2, 11))):
            seen = np.ones(12, dtype=bool)
            seen[gone] = False
            (found,) = deviations.inverses(full, [deviations.Pattern(seen, np.array([0]))])

            expected = np.linalg.inv(full[np.ix_(seen, seen)])
            np.testing.assert_allclose(found[np.ix_(seen, seen)], expected, atol=1e-9)
            np.testing.assert_allclose(found[~seen], 0.0, atol=1e-9)

    @pytest.mark.parametrize("areas", [3, 20])
    def test_the_right_covariances_leave_nothing_to_learn(self, areas, monkeypatch):
        """On average over many panels, few areas or many patterns, true covariances stay where they are."""
        rng = np.random.default_rng(8)
        s = structure(years=5, permanent=np.array([[1.0]]))
        root = np.linalg.cholesky(deviations.covariance(s))
        z = rng.normal(size=(areas, 1, 5))
        if areas > 3:  # areas miss cells of their own, and the short way is taken
            monkeypatch.setattr(deviations, "EXACT", 2)
            z[np.arange(areas), 0, np.arange(areas) % 5] = np.nan
            z[np.arange(10), 0, np.arange(10) // 2] = np.nan
            z[np.arange(10, 20), 0, (np.arange(10) * 3 + 1) % 5] = np.nan
        groups = deviations.patterns(z)
        weights = list(deviations.inverses(deviations.covariance(s), groups))
        gains, fishers = [], sum(len(g.areas) * w for g, w in zip(groups, weights, strict=True))
        for _ in range(2000):
            fresh = np.where(np.isnan(z[:, 0]), np.nan, rng.normal(size=(areas, 5)) @ root.T)
            gains.append(deviations._gain(fresh, groups, weights))

        lost = np.trace(np.mean(gains, axis=0)) / np.trace(fishers)

        assert abs(lost) < 0.4 / areas  # without restricted likelihood it is -1 / areas

    def test_a_permanent_effect_is_found_as_a_mixed_model_finds_it(self):
        """Oracle: the random intercepts of statsmodels, with a fixed effect for each year."""
        rng = np.random.default_rng(4)
        z = rng.normal(0, 1.0, (60, 1, 8)) + rng.normal(0, 0.5, (60, 1, 1)) * 2
        year = np.tile(np.arange(8), 60)
        oracle = MixedLM(z.ravel(), np.eye(8)[year], groups=np.repeat(np.arange(60), 8)).fit()

        found = deviations.learn(z)

        total = float(oracle.cov_re[0, 0] + oracle.scale)
        assert found.total[0, 0] == pytest.approx(total, rel=0.1)
        mean, _ = deviations.predict(z, found, 20)  # so far ahead, only what is permanent counts
        assert (
            np.corrcoef(mean[:, 0], [float(v.iloc[0]) for v in oracle.random_effects.values()])[0, 1] > 0.99
        )

    def test_what_moves_together_is_seen_to_move_together(self):
        """Two components that share their permanent effect get a high correlation of it."""
        rng = np.random.default_rng(5)
        shared = rng.normal(size=(80, 1, 1))
        z = np.concatenate([shared, shared], axis=1) + rng.normal(0, 0.5, (80, 2, 10))

        found = deviations.learn(z).permanent

        assert found[0, 1] / np.sqrt(found[0, 0] * found[1, 1]) > 0.9

    def test_an_area_never_seen_is_an_average_one_with_all_the_doubt(self):
        """Without any figure, the deviation's mean is 0 and its variance is that of any area."""
        z = np.random.default_rng(6).normal(size=(5, 1, YEARS))
        z[2] = np.nan
        s = structure(permanent=np.array([[1.5]]))

        mean, covariance = deviations.predict(z, s, 1)

        assert mean[2, 0] == 0.0
        assert covariance[2, 0, 0] == pytest.approx(s.total[0, 0])
        assert (covariance[[0, 1, 3, 4], 0, 0] < s.total[0, 0]).all()


class TestRidge:
    """The panel regression."""

    def test_levels_are_not_fooled_by_which_areas_are_known(self):
        """Oracle: least squares with dummies for areas and years; in one year only the best area is known."""
        x = np.array([1.0, 2.0, 4.0])[:, None] + np.array([0.0, 0.5, -0.5, 1.0])
        x[:2, 2] = np.nan

        found = ridge.two_way_level(x[:, None, :])[0]

        np.testing.assert_allclose(found, 7 / 3 + np.array([0.0, 0.5, -0.5, 1.0]), atol=1e-3)

    def test_deviations_that_stay_are_expected_to_stay(self):
        """Areas that keep their distance exactly are forecast to keep most of it."""
        z = np.random.default_rng(0).normal(size=(60, 3, 1)) * np.ones((1, 1, 10))

        rule = ridge.regress(z, 1)
        place = ridge.deviation_features(z) @ rule.coefficients

        assert np.corrcoef(place.ravel(), z[:, :, -1].ravel())[0, 1] > 0.999
        assert (rule.variance < 0.01).all()

    def test_a_years_spread_is_believed_only_in_part(self):
        """A year in which areas lie twice as far apart is given more spread, but not twice."""
        rng = np.random.default_rng(0)
        x = rng.normal(size=(60, 1, 9))
        x[:, :, -1] *= 2

        _, _, size = standardised(x)

        assert 1.1 < size[0, -1] / size[0, :-1].mean() < 1.9


def trials(place, spread, observed):
    """One trial a year from arrays (M, Y, A): models, years, areas."""
    return [
        combine.Trial(
            origin=2010 + y,
            target_year=2011 + y,
            place=place[:, y, :, None],
            spread=spread[:, y, :, None],
            observed=observed[y, :, None],
        )
        for y in range(observed.shape[0])
    ]


class TestCombination:
    """Weights and calibration."""

    truth = np.random.default_rng(0).standard_t(TAIL_DF, size=(40, 60))

    def test_a_model_that_knows_more_gets_the_weight(self):
        """Against a model that is far off, the one that is right gets nearly everything."""
        place = np.stack([np.zeros_like(self.truth), np.full_like(self.truth, 5.0)])

        weights = combine.learn_weights(trials(place, np.ones_like(place), self.truth))

        assert weights[0] > 0.9
        assert weights.sum() == pytest.approx(1.0)

    def test_models_that_say_the_same_share_the_weight(self):
        """With nothing to choose between them, weights are equal; a silent model has none."""
        same = np.zeros((3, *self.truth.shape))
        same[2] = np.nan

        weights = combine.learn_weights(trials(same, same + 1.0, self.truth))

        np.testing.assert_allclose(weights, [0.5, 0.5, 0.0], atol=1e-6)

    def test_the_others_speak_for_a_model_that_is_silent_on_a_cell(self):
        """A cell that one model cannot forecast gets the other's forecast, unshrunk."""
        one = Outlook(np.array([[1.0, 2.0]]), np.ones((1, 2)))
        other = Outlook(np.array([[3.0, np.nan]]), np.ones((1, 2)))

        found = combine.combine([one, other], np.array([0.5, 0.5]))

        np.testing.assert_allclose(found.place, [[2.0, 2.0]])

    def test_ranges_that_were_too_narrow_are_widened(self):
        """If past errors were twice what was promised, the factor is near 2, drawn to 1 by few years."""
        narrow = trials(np.zeros((1, *self.truth.shape)), np.full((1, *self.truth.shape), 0.5), self.truth)

        many = calibrate.learn_calibration(narrow, np.ones(1)).at(1)
        few = calibrate.learn_calibration(narrow[:2], np.ones(1)).at(1)

        assert 1.8 < many < 2.0
        assert 1.0 < few < many

    def test_ranges_are_never_narrowed(self):
        """A calm past does not make the forecast surer than the models are."""
        wide = trials(np.zeros((1, *self.truth.shape)), np.full((1, *self.truth.shape), 3.0), self.truth)

        assert calibrate.learn_calibration(wide, np.ones(1)).at(1) == 1.0

    def test_true_ranges_are_left_alone(self):
        """Errors as they were promised ask for no more than a hair."""
        true = trials(np.zeros((1, *self.truth.shape)), np.ones((1, *self.truth.shape)), self.truth)

        assert calibrate.learn_calibration(true, np.ones(1)).at(1) < 1.03
