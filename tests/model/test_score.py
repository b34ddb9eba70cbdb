"""Laws of the scores: closed forms, identities, propriety; each expected value comes by another route."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from forecast.model import score

HUB = (0.01, 0.025, *(round(0.05 * k, 2) for k in range(1, 20)), 0.975, 0.99)
CENTILES = tuple(round(k / 100, 2) for k in range(1, 100))
STANDARD_NORMAL_CRPS = 1 / np.sqrt(np.pi)  # expected score of a calibrated N(0, 1)

number = st.floats(-1e3, 1e3, allow_nan=False)
sample = st.lists(number, min_size=1, max_size=12)


def normal_crps(y, mean=0.0, sd=1.0):
    """Closed form (Gneiting et al., 2005)."""
    z = (y - mean) / sd
    return sd * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - STANDARD_NORMAL_CRPS)


def normal_draws(n):
    """An even spread of draws of N(0, 1), so that a mean over them has next to no noise."""
    return stats.norm.ppf((np.arange(n) + 0.5) / n)


# Pinball and the integral over the levels


def test_pinball_by_hand():
    """Too low by 4 at 0.9 costs 3.6; too high by 4 at 0.9 costs 0.4."""
    loss = score.pinball([10.0, 2.0], [[6.0], [6.0]], levels=[0.9])

    np.testing.assert_allclose(loss, [[3.6], [0.4]])


@given(values=st.lists(number, min_size=1, max_size=9), level=st.sampled_from(HUB), guess=number)
def test_the_sample_quantile_has_the_least_pinball_loss(values, level, guess):
    """Propriety: no guess beats the quantile of what comes."""
    best = np.quantile(values, level, method="inverted_cdf")

    def cost(q):
        return score.pinball(values, np.full((len(values), 1), q), levels=[level]).mean()

    assert cost(best) <= cost(guess) + 1e-9


@given(st.lists(st.floats(0.001, 0.999), min_size=1, max_size=30, unique=True))
def test_level_weights_share_out_the_unit_interval(levels):
    """Weights are positive and add up to one, whatever the levels."""
    weights = score.level_weights(sorted(levels))

    assert (weights > 0).all()
    assert weights.sum() == pytest.approx(1)


@given(y=number, point=number)
def test_a_point_forecast_scores_its_absolute_error(y, point):
    """With all quantiles in one place the CRPS is the distance to the truth, exactly."""
    crps = score.crps_from_quantiles(y, np.full(len(HUB), point), levels=HUB)

    assert crps == pytest.approx(abs(y - point), abs=1e-9)


@pytest.mark.parametrize(
    ("levels", "ratio"), [(HUB, 0.99830), (CENTILES, 1.00075)], ids=["hub levels", "centiles"]
)
def test_crps_from_quantiles_is_near_the_closed_form_on_a_normal(levels, ratio):
    """The documented error: -0.17 percent at the 23 hub levels, +0.08 percent at 99."""
    y = normal_draws(4000)
    quantiles = np.tile(stats.norm.ppf(levels), (len(y), 1))

    crps = score.crps_from_quantiles(y, quantiles, levels=levels)

    assert crps.mean() / STANDARD_NORMAL_CRPS == pytest.approx(ratio, abs=3e-4)
    np.testing.assert_allclose(crps, normal_crps(y), atol=0.02)


@given(
    values=st.lists(st.floats(-10, 10), min_size=5, max_size=30),
    shift=st.floats(-3, 3),
    wide=st.floats(0.2, 5),
)
def test_crps_from_quantiles_is_proper(values, shift, wide):
    """On average over what comes, the quantiles of what comes beat the same moved and stretched."""
    honest = np.quantile(values, HUB, method="inverted_cdf")
    other = np.median(values) + shift + wide * (honest - np.median(values))

    def cost(q):
        return score.crps_from_quantiles(values, np.tile(q, (len(values), 1)), levels=HUB).mean()

    assert cost(honest) <= cost(np.sort(other)) + 1e-9


# CRPS of draws


@given(y=number, draws=sample)
def test_crps_from_draws_is_the_integral_of_squared_distance_of_distributions(y, draws):
    """Oracle: the integral of (F(x) - 1{y <= x})^2, piece by piece between the corners."""
    corners = np.sort([*draws, y])
    left, width = corners[:-1], np.diff(corners)
    below = np.mean(np.asarray(draws)[:, None] <= left, axis=0)
    expected = (width * (below - (y <= left)) ** 2).sum()

    assert score.crps_from_draws(y, np.asarray(draws)) == pytest.approx(expected, rel=1e-9, abs=1e-7)


def test_crps_from_draws_is_the_closed_form_on_a_normal():
    """Many even draws of N(0, 1) score as N(0, 1) does, at any truth."""
    truth = np.array([-3.0, -0.5, 0.0, 2.0])

    crps = score.crps_from_draws(truth, np.tile(normal_draws(4000)[:, None], 4))

    np.testing.assert_allclose(crps, normal_crps(truth), atol=1e-3)


def test_crps_of_draws_and_of_quantiles_agree():
    """Two routes to one score: draws of a skew distribution, and its quantiles."""
    truth = np.array([0.2, 1.0, 4.0])
    draws = stats.gamma.ppf((np.arange(5000) + 0.5) / 5000, 2)
    quantiles = np.tile(stats.gamma.ppf(CENTILES, 2), (3, 1))

    from_draws = score.crps_from_draws(truth, np.tile(draws[:, None], 3))

    np.testing.assert_allclose(
        score.crps_from_quantiles(truth, quantiles, levels=CENTILES), from_draws, rtol=0.01
    )


# Intervals and WIS


@given(y=number, values=st.lists(number, min_size=23, max_size=23))
def test_wis_is_twice_the_mean_pinball_loss_and_the_sum_of_its_parts(y, values):
    """At the 23 hub levels both identities hold for any forecast."""
    quantiles = np.sort(values)

    parts = score.wis(y, quantiles, levels=HUB)

    assert parts.total == pytest.approx(
        2 * score.pinball(y, quantiles, levels=HUB).mean(), rel=1e-9, abs=1e-9
    )
    assert parts.total == pytest.approx(sum(parts[1:]), rel=1e-12)
    assert min(parts) >= 0


@given(y=number, values=st.lists(number, min_size=23, max_size=23))
def test_wis_is_the_weighted_sum_of_interval_scores(y, values):
    """Oracle: the textbook's formula over 11 intervals and the median (Bracher et al., 2021)."""
    q = np.sort(values)
    ends = [(tau, q[k], q[-1 - k]) for k, tau in enumerate(HUB[:11])]
    intervals = sum(tau * (high - low) + max(low - y, 0) + max(y - high, 0) for tau, low, high in ends)
    expected = (0.5 * abs(y - q[11]) + intervals) / 11.5

    assert score.wis(y, q, levels=HUB).total == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_wis_says_which_way_a_forecast_missed():
    """A truth above everything is underprediction alone, one below everything overprediction."""
    quantiles = np.tile([1.0, 2.0, 3.0], (2, 1))

    parts = score.wis([9.0, -9.0], quantiles, levels=[0.1, 0.5, 0.9])

    assert (parts.underprediction[0] > 0, parts.overprediction[0]) == (True, 0)
    assert (parts.underprediction[1], parts.overprediction[1] > 0) == (0, True)
    np.testing.assert_allclose(parts.dispersion, 2 * 0.1 / 1.5)


# Coverage


def test_an_end_of_the_interval_is_inside():
    """Intervals are closed; a missing truth is neither in nor out."""
    assert score.inside(80.0, 80.0, 80.0) == 1
    held = score.inside([80.0, 85.0, 85.1, np.nan], [80.0] * 4, [85.0] * 4)

    np.testing.assert_array_equal(held, [1, 1, 0, np.nan])


def test_coverage_of_a_known_normal():
    """The central 80 percent of N(0, 1) holds 80 percent of N(0, 1)."""
    y = normal_draws(10_000)
    end = np.full_like(y, stats.norm.ppf(0.9))

    found = score.coverage(score.inside(y, -end, end), np.arange(10_000) % 9, rng=np.random.default_rng(1))

    assert found.coverage == pytest.approx(0.8, abs=1e-3)
    assert (found.years, found.cells) == (9, 10_000)


def test_the_range_of_coverage_comes_from_years_not_cells():
    """Two years, one all in and one all out: resampling years can give 0 and 1, cells never would."""
    held, years = [1.0] * 100 + [0.0] * 100, [2020] * 100 + [2021] * 100

    found = score.coverage(held, years, rng=np.random.default_rng(1))

    assert (found.lower, found.coverage, found.upper) == (0, 0.5, 1)


def test_a_resample_has_as_many_years_as_there_are():
    """Of four years two held: half the resamples lie between 1/4 and 3/4, as Binomial(4, 1/2) does."""
    found = score.coverage(
        [1.0, 1.0, 0.0, 0.0], [2018, 2019, 2020, 2021], rng=np.random.default_rng(1), level=50
    )

    assert (found.lower, found.upper) == (0.25, 0.75)


def test_nothing_has_no_share():
    """Without a cell there is nothing to tell, and it is counted as none."""
    found = score.coverage([np.nan], [2020], rng=np.random.default_rng(0))

    assert (found.years, found.cells) == (0, 0)
    assert np.isnan(found[:3]).all()


def test_the_usual_range_is_the_80_percent_one_of_2000_resamples():
    """Who asks for nothing else gets these."""
    held, years = np.random.default_rng(1).random(820) < 0.8, np.repeat(np.arange(40), np.arange(1, 41))
    usual = score.coverage(held, years, rng=np.random.default_rng(0))

    assert usual == score.coverage(held, years, rng=np.random.default_rng(0), level=80, draws=2000)
    assert usual != score.coverage(held, years, rng=np.random.default_rng(0), level=81, draws=2000)


def test_one_year_has_a_share_but_no_range():
    """Coverage of one year is no proof of anything, and says so."""
    found = score.coverage([1.0, 0.0], [2020, 2020], rng=np.random.default_rng(1))

    assert found.coverage == 0.5
    assert np.isnan([found.lower, found.upper]).all()


@given(
    hits=st.lists(st.tuples(st.booleans(), st.integers(2010, 2014)), min_size=1, max_size=40),
    seed=st.integers(0, 99),
)
def test_the_range_holds_the_years_extremes_at_most(hits, seed):
    """A resampled share never leaves the span of the single years' shares."""
    held = np.array([float(hit) for hit, _ in hits])
    years = np.array([year for _, year in hits])
    shares = [held[years == year].mean() for year in set(years)]

    found = score.coverage(held, years, rng=np.random.default_rng(seed), draws=50)

    assert min(shares) - 1e-12 <= found.coverage <= max(shares) + 1e-12
    if found.years > 1:
        assert min(shares) - 1e-12 <= found.lower <= found.upper <= max(shares) + 1e-12


# PIT


def test_pit_is_uniform_for_a_calibrated_forecast():
    """Mean 1/2 and standard deviation 0.289."""
    y = normal_draws(2000)

    pit = score.pit_from_quantiles(y, np.tile(stats.norm.ppf(HUB), (len(y), 1)), levels=HUB)

    assert pit.mean() == pytest.approx(0.5, abs=2e-3)
    assert pit.std() == pytest.approx(12**-0.5, abs=2e-3)
    assert stats.kstest(pit, "uniform").statistic < 0.015


@given(y=st.tuples(number, number), values=st.lists(number, min_size=5, max_size=5))
def test_pit_rises_with_the_truth_and_stays_inside(y, values):
    """A higher truth never has a lower PIT; none is 0 or 1."""
    levels = (0.1, 0.25, 0.5, 0.75, 0.9)
    quantiles = np.tile(np.sort(values), (2, 1))

    low, high = score.pit_from_quantiles(sorted(y), quantiles, levels=levels)

    assert 0 < low <= high < 1


def test_pit_of_a_table_is_that_of_its_cells():
    """Areas by years give what one cell after another gives, a missing quantile spoils its own cell alone."""
    levels = [0.1, 0.5, 0.9]
    y = np.array([[0.0, 4.5, 9.0], [5.0, 5.5, 4.0]])
    q = np.tile([4.0, 5.0, 6.0], (2, 3, 1))
    q[0, 1, 2] = np.nan
    expected = [score.pit_from_quantiles([y[at]], [q[at]], levels=levels)[0] for at in np.ndindex(2, 3)]

    found = score.pit_from_quantiles(y, q, levels=levels)

    np.testing.assert_array_equal(found.ravel(), expected)
    assert np.isnan(found).sum() == 1
    np.testing.assert_allclose(
        score.pit_from_quantiles([4.5, 5.5], [[4, 5, 6]] * 2, levels=levels), [0.3, 0.7]
    )


def test_pit_of_a_forecast_without_spread_is_the_middle_when_it_is_right():
    """A flat series forecast flat and right is neither low nor high."""
    pit = score.pit_from_quantiles([5.0, 4.0, 6.0], np.full((3, 3), 5.0), levels=[0.1, 0.5, 0.9])

    np.testing.assert_allclose(pit, [0.5, 0.05, 0.95])


# MASE, ranks, events, skill


def test_mase_by_hand():
    """An error of 1 against a usual change of 0.75 and a floor of 0.25 is 1; a flat series stays finite."""
    np.testing.assert_allclose(score.mase([3.0, 3.0], [2.0, 2.0], [0.75, 0.0]), [1, 4])
    assert np.isnan(score.mase(3.0, 2.0, 0.0, floor=0))


@given(rank=st.integers(1, 6), weights=st.lists(st.floats(0.01, 1), min_size=6, max_size=6))
def test_rps_is_the_crps_of_the_rank(rank, weights):
    """Oracle: numeric integral of the squared distance of the two step functions."""
    chance = np.array(weights) / sum(weights)

    def distance(x):
        return (chance[: int(np.floor(x))].sum() - (rank <= x)) ** 2

    expected = sum(integrate.quad(distance, k + 1e-9, k + 1 - 1e-9)[0] for k in range(1, 6))

    assert score.rps(rank, chance) == pytest.approx(expected, abs=1e-6)


@given(share=st.floats(0.0, 1.0), guess=st.floats(0.0, 1.0))
def test_brier_is_least_at_the_true_chance(share, guess):
    """Propriety, for an event that comes with chance `share`."""

    def cost(p):
        return share * score.brier(1, p) + (1 - share) * score.brier(0, p)

    assert cost(share) <= cost(guess) + 1e-12


def test_skill_by_hand():
    """Year means 1, 3, 2 against 2, 4, 2: skill 1/4; without a year each it is 1/6, 1/4 and 1/3."""
    ours, theirs = [0.0, 2.0, 3.0, 2.0], [2.0, 2.0, 4.0, 2.0]

    found = score.skill(ours, theirs, [2020, 2020, 2021, 2022])

    assert found.skill == pytest.approx(1 / 4)
    assert found.standard_error == pytest.approx(np.sqrt(2 / 3 * 2) / 12)
    assert (found.years, found.cells) == (3, 4)
    small = score.skill(np.multiply(ours, 0.01), np.multiply(theirs, 0.01), [2020, 2020, 2021, 2022])
    np.testing.assert_allclose(small, found)  # whatever the unit


def test_skill_against_a_baseline_without_error_is_not_told():
    """Nothing beats a perfect baseline; where all but one year's are perfect, the error is not known."""
    assert np.isnan(score.skill([1.0, 1.0], [0.0, 0.0], [2020, 2021])[:2]).all()
    found = score.skill([1.0, 1.0], [0.0, 2.0], [2020, 2021])
    assert found.skill == 0
    assert np.isnan(found.standard_error)


def test_skill_compares_the_same_cells():
    """A cell that one of the two did not forecast counts for neither."""
    found = score.skill([1.0, 50.0, np.nan], [2.0, np.nan, 9.0], [2020, 2020, 2021])

    assert (found.skill, found.years, found.cells) == (0.5, 1, 1)


# What is refused


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: score.inside([1.0, 1.0], [2.0, 1.0], [0.0, 1.0]), r"lower exceeds upper at positions \[0\]"),
        (lambda: score.inside([1.0], 0.0, 2.0), "shapes differ"),
        (lambda: score.pinball(1.0, [0.0, 1.0], levels=[0.9, 0.1]), "levels must rise"),
        (lambda: score.pinball(1.0, [0.0, 1.0], levels=[10, 90]), r"within \(0, 1\)"),
        (lambda: score.pinball(1.0, [0.0, 1.0], levels=[0.5, 0.5]), "levels must rise"),
        (lambda: score.pinball(1.0, [0.0, 1.0], levels=[0.0, 0.5]), r"within \(0, 1\)"),
        (lambda: score.pinball(1.0, [0.0, 1.0], levels=[0.5, 1.0]), r"within \(0, 1\)"),
        (lambda: score.pinball(1.0, [0.0], levels=[0.1, 0.9]), "shapes differ"),
        (lambda: score.wis(1.0, [0.0, 1.0], levels=[0.1, 0.9]), "pairs around the median"),
        (lambda: score.wis(1.0, [2.0, 1.0, 3.0], levels=[0.1, 0.5, 0.9]), "quantiles cross"),
        (lambda: score.crps_from_draws(1.0, []), "shapes differ"),
        (lambda: score.rps([1, 2], [0.5, 0.5]), "shapes differ"),
        (lambda: score.skill([1.0], [1.0, 2.0], [2020]), "shapes differ"),
        (lambda: score.mean_by_year([1.0, 2.0], [2020]), "shapes differ"),
    ],
)
def test_misuse_is_refused_in_words(call, words):
    """Each refusal says what is wrong."""
    with pytest.raises(ValueError, match=words):
        call()


def test_a_missing_truth_or_forecast_has_no_score():
    """NaN in, NaN out; it is never counted as 0."""
    quantiles = np.array([[1.0, 2.0, 3.0], [np.nan] * 3])
    truth, levels = np.array([np.nan, 2.0]), [0.1, 0.5, 0.9]

    for part in (
        score.crps_from_quantiles(truth, quantiles, levels=levels),
        score.pit_from_quantiles(truth, quantiles, levels=levels),
        *score.wis(truth, quantiles, levels=levels),
    ):
        assert np.isnan(part).all()


def test_ranks_of_areas_by_years_have_a_score_each():
    """By hand: sure of rank 1; rank 2 came, then 3; 1 is right.  Shapes that only begin alike are refused."""
    sure = np.zeros((2, 2, 3))
    sure[..., 0] = 1.0
    np.testing.assert_array_equal(score.rps([[2, 3], [1, 1]], sure), [[1, 2], [0, 0]])
    with pytest.raises(ValueError, match="shapes differ"):
        score.rps([[2, 3, 1], [1, 1, 1]], sure)
