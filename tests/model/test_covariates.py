"""Covariates: standard scale, missing figures with their own doubt, what is left out and why."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.model.covariates import NOTHING, Covariates, complete

YEARS = tuple(range(2010, 2022))


def covariates_of(values, names=None, years=YEARS):
    """Give covariates of (A, T, K) values, acting on all components."""
    values = np.asarray(values, dtype=float)
    names = names or tuple(f"x{k}" for k in range(values.shape[2]))
    return Covariates(
        areas=tuple(f"A{i:02d}" for i in range(len(values))),
        years=years[: values.shape[1]],
        names=names,
        components=("",) * len(names),
        values=values,
        sign=np.zeros(len(names)),
    )


def made_up(seed, areas=40, years=12):
    """Give one covariate's figures (A, T): a moving mean, lasting differences, and a part that fades."""
    rng = np.random.default_rng(seed)
    fading = rng.normal(0, 1, (areas, years))
    for t in range(1, years):
        fading[:, t] = 0.6 * fading[:, t - 1] + 0.8 * fading[:, t]
    mean = np.cumsum(rng.normal(0.1, 0.5, years))
    return 100 + 7 * (mean + rng.normal(0, 1, (areas, 1)) + fading)


def test_known_figures_stay_as_they_are_and_have_no_doubt():
    """On the standard scale a figure is itself, and its own unit comes back by centre and scale."""
    x = made_up(1)
    x[3, 4:6] = np.nan
    done = complete(covariates_of(x[:, :, None]))

    known = ~np.isnan(x)
    np.testing.assert_allclose((done.mean[..., 0] * done.scale + done.centre)[known], x[known])
    assert (done.sd[..., 0][known] == 0).all()
    assert (done.sd[..., 0][~known] > 0.1).all()


def test_missing_figures_lie_within_their_ranges_as_often_as_these_say():
    """Of hidden figures 80 percent lie in the 80 percent range, whole years hidden or parts of one."""
    inside = []
    for seed in range(24):
        rng = np.random.default_rng(100 + seed)
        x = made_up(seed)
        hidden = rng.random(x.shape) < 0.1
        hidden[:, -1] = True if seed % 2 else rng.random(len(x)) < 0.7
        done = complete(covariates_of(np.where(hidden, np.nan, x)[..., None]))
        size = np.abs((x - done.centre) / done.scale - done.mean[..., 0]) / done.sd[..., 0].clip(1e-12)
        inside.append(np.mean(size[hidden] <= 1.2815515655446004))

    assert 0.75 < np.mean(inside) < 0.85


def test_means_of_years_lie_within_their_ranges_as_often_as_these_say():
    """Of true means of years hidden in part or whole, some 80 percent lie in the 80 percent range."""
    inside = []
    for seed in range(120):
        x = made_up(seed)
        hidden = np.zeros(x.shape, dtype=bool)
        hidden[:, -1] = True if seed % 2 else np.random.default_rng(seed).random(len(x)) < 0.7
        done = complete(covariates_of(np.where(hidden, np.nan, x)[..., None]))
        off = ((x - done.centre) / done.scale - done.mean[..., 0]).mean(axis=0)
        assert done.national_sd[:-1].max() < 1e-6
        inside.append(abs(off[-1]) <= 1.2815515655446004 * done.national_sd[-1, 0])

    assert 0.68 < np.mean(inside) < 0.88  # a dozen moves tell the size of the next one roughly


def test_a_partly_known_year_is_less_doubtful_than_an_unknown_one():
    """Figures of other areas tell the year's mean."""
    x = made_up(2)
    partly, not_at_all = x.copy(), x.copy()
    partly[::2, -1] = np.nan
    not_at_all[:, -1] = np.nan

    sd = [complete(covariates_of(each[..., None])).sd[0, -1, 0] for each in (partly, not_at_all)]
    assert sd[0] < 0.9 * sd[1]


def test_one_area_is_a_random_walk():
    """Mean and doubt of an area alone, two years ahead, are those of a walk with part of its drift."""
    x = np.array([[1.0, 3.0, 2.0, 4.0, np.nan, np.nan]])
    done = complete(covariates_of(x[..., None], years=tuple(range(2016, 2022))))
    drift = 3.0 / (3 + 8)
    step = np.mean((np.diff(x[0, :4]) - drift) ** 2)

    assert done.mean[0, 5, 0] * done.scale[0] + done.centre[0] == pytest.approx(4 + 2 * drift, abs=1e-4)
    assert (done.sd[0, 5, 0] * done.scale[0]) ** 2 == pytest.approx(2 * step, rel=1e-4)


def test_an_area_without_figures_has_the_mean_of_the_year_and_no_doubt():
    """Nothing is known of it, so nothing moves it apart from the others."""
    x = made_up(3)
    x[5] = np.nan
    done = complete(covariates_of(x[..., None]))

    assert (done.sd[5] == 0).all()
    np.testing.assert_allclose(
        done.mean[5, :, 0], np.delete(done.mean[..., 0], 5, axis=0).mean(axis=0), atol=0.15
    )


def test_covariates_that_tell_nothing_are_named_with_the_reason():
    """Constant ones and those of two years are left out; the others keep their places."""
    x = made_up(4)
    still = np.repeat(x[:, :1], 12, axis=1)
    short = np.where(np.arange(12) < 10, np.nan, x)
    none = np.full_like(x, np.nan)
    done = complete(
        covariates_of(np.stack([still, x, short, none], axis=2), ("still", "good", "short", "none"))
    )

    assert done.names == ("good",)
    assert done.kept.tolist() == [1]
    assert [(each.name, each.reason) for each in done.left_out] == [
        ("still", "covariates.constant"),
        ("short", "covariates.few_years"),
        ("none", "covariates.few_years"),
    ]


@pytest.mark.parametrize(("known", "kept"), [((2012, 2014), True), ((2014,), False)])
def test_what_an_expert_speaks_of_needs_two_years(known, kept):
    """One area, a usual figure and this year's: both stay as they are; this year's alone has no distance."""
    years = range(2010, 2015)
    x = np.array([[26.0 - 2 * (year == 2014) if year in known else np.nan for year in years]])

    done = complete(covariates_of(x[..., None], years=tuple(years)), np.array([True]))

    assert done.names == (("x0",) if kept else ())
    assert complete(covariates_of(x[..., None], years=tuple(years))).names == ()
    if kept:
        told = done.mean[0, :, 0] * done.scale + done.centre
        np.testing.assert_allclose(told[[2, 4]], [26.0, 24.0])
        assert (done.sd[0, [0, 1, 3], 0] > 0).all()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 999),
    unit=st.sampled_from([1e-6, 0.1, 3.0, 1e9]),
    shift=st.sampled_from([0.0, -50.0, 1e3]),
)
def test_units_do_not_matter(seed, unit, shift):
    """A covariate in another unit is the same on the standard scale, and so is its doubt."""
    x = made_up(seed, areas=8)
    x[np.random.default_rng(seed).random(x.shape) < 0.2] = np.nan
    one, other = (complete(covariates_of(v[..., None])) for v in (x, (x + shift) * unit))

    np.testing.assert_allclose(one.mean, other.mean, atol=1e-6)
    np.testing.assert_allclose(one.sd, other.sd, atol=1e-6)


def test_the_national_part_is_what_areas_have_in_common():
    """The national part has mean 0 over the years, the provincial one a constant mean over the areas."""
    done = complete(covariates_of(np.stack([made_up(5), made_up(6)], axis=2)))

    np.testing.assert_allclose(done.national.mean(axis=0), 0, atol=1e-12)
    provincial = done.mean - done.national
    np.testing.assert_allclose(np.ptp(provincial.mean(axis=0), axis=0), 0, atol=1e-12)


def test_years_after_a_cut_are_gone():
    """Cut at a year, nothing later is left; a cut beyond the last row adds empty years."""
    whole = covariates_of(made_up(7)[..., None])

    assert whole.until(2015).years == YEARS[:6]
    np.testing.assert_array_equal(whole.until(2015).values, whole.values[:, :6])
    assert np.isnan(whole.until(2023).values[:, 12:]).all()
    assert np.isnan(whole.until(2000).values).all()


def test_nearly_singular_covariances_are_kept_invertible():
    """Areas that move as one leave only the floor between them."""
    x = np.repeat(np.cumsum(np.random.default_rng(1).normal(size=12))[None], 9, axis=0)
    x[4, 6] = np.nan
    done = complete(covariates_of(x[..., None]))

    assert done.mean[4, 6, 0] == pytest.approx(done.mean[5, 6, 0], abs=1e-3)
    assert 0 < done.sd[4, 6, 0] <= 3 * np.sqrt(NOTHING)


def test_an_earlier_origin_knows_as_much_of_its_target_year_as_the_present_one():
    """Areas without a figure for the coming year have none for the year after any earlier origin either."""
    x = made_up(8)
    x[:10, -1] = np.nan  # 2021, from the end of 2020
    then = covariates_of(x[..., None]).as_at(2015, 2020)

    np.testing.assert_array_equal(then.values[:, :6, 0], x[:, :6])
    assert np.isnan(then.values[:10, 6, 0]).all()
    np.testing.assert_array_equal(then.values[10:, 6, 0], x[10:, 6])
    assert np.isnan(then.values[:, 7:]).all()
