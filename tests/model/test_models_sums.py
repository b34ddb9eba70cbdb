"""Sums among the components: recognised, worked out from their parts, and no burden on the others."""

import numpy as np
import pytest

from forecast.model.ensemble import Ensemble
from forecast.model.joined import FittedWithSums
from forecast.model.panel import Panel
from forecast.model.sums import broken, find_sums

LEVELS = (0.1, 0.5, 0.9)


def values(areas=12, parts=3, years=9, seed=1):
    """Give made-up scores (A, C, T) that move together and apart."""
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 1, (1, parts, years)).cumsum(axis=2)
    return 50 + level + rng.normal(0, 5, (areas, parts, 1)) + rng.normal(0, 1, (areas, parts, years))


def panel_of(value, names=None):
    """Make a panel without bounds."""
    areas, components, years = value.shape
    return Panel(
        areas=tuple(f"A{a:02d}" for a in range(areas)),
        components=tuple(names or (f"D{c}" for c in range(components))),
        years=tuple(range(2010, 2010 + years)),
        value=value,
        upper=np.full(components, np.nan),
    )


def with_total(value, weights):
    """Put a weighted sum beside the components."""
    total = np.einsum("act,c->at", np.nan_to_num(value), np.asarray(weights, dtype=float))
    return np.concatenate([value, total[:, None]], axis=1)


@pytest.mark.parametrize("weights", [(1, 1, 1), (0.5, 2, 1), (1, 0, 1), (1 / 3, 1 / 3, 1 / 3)])
def test_a_sum_is_recognised_with_its_weights(weights):
    """Sums, weighted sums and means of some of the others are found, rounded figures included."""
    panel = panel_of(with_total(values(), weights).round(2))

    (found,) = find_sums(panel)

    assert found.component == 3
    assert found.parts == tuple(np.flatnonzero(weights))
    np.testing.assert_allclose(found.weights, [w for w in weights if w], atol=0.02)


@pytest.mark.parametrize("first", [0, 4, 7])
def test_a_sum_in_whole_points_is_recognised_also_where_a_part_joined(first):
    """Rounding leaves over more than a sum's figures in full would; its parts' weights are the same."""
    value = values(areas=20, parts=4)
    value[:, 3, :first] = np.nan
    panel = panel_of(with_total(value, [1] * 4).round(0))

    (found,) = find_sums(panel)

    assert (found.component, found.parts) == (4, (0, 1, 2, 3))
    np.testing.assert_allclose(found.weights, 1, atol=0.01)


@pytest.mark.parametrize("seed", range(8))
def test_whole_points_that_do_not_add_up_are_no_sum(seed):
    """Components that move together or are nearly alike, and a total that is off by two points, are none."""
    rng = np.random.default_rng(seed)
    alone = values(seed=seed, parts=5)
    off = with_total(values(seed=seed), (1, 1, 1))
    off[:, 3] += rng.normal(0, 2, off[:, 3].shape)
    alike = 50 + rng.normal(0, 5, (20, 1, 1)) + rng.normal(0, 0.3, (20, 6, 9))

    assert [find_sums(panel_of(value.round(0))) for value in (alone, off, alike)] == [(), (), ()]


def test_two_totals_of_the_same_parts_are_both_found():
    """A weighted and a plain total stand beside each other; neither is a part of the other."""
    both = np.concatenate([with_total(values(), (1, 1, 1)), with_total(values(), (2, 1, 0.5))[:, 3:]], axis=1)

    found = find_sums(panel_of(both))

    assert [each.component for each in found] == [3, 4]
    assert {each.parts for each in found} == {(0, 1, 2)}


def test_a_part_that_joined_later_is_a_part():
    """The total held five parts until one more was measured: the sum is that of now, its past no error."""
    value = values(parts=4)
    value[:, 3, :5] = np.nan

    (found,) = find_sums(panel_of(with_total(value, (1, 1, 1, 1))))

    assert found.parts == (0, 1, 2, 3)


def near(value):
    """Put a component beside that moves like the sum, but is none."""
    total = with_total(value, (1, 1, 1))
    total[:, 3] += np.random.default_rng(5).normal(0, 1, total[:, 3].shape)
    return total


def changed(value):
    """Make the total in another way in the year before the last."""
    total = with_total(value, (1, 1, 1))
    total[:, 3, -2] = 2 * value[:, 0, -2] + value[:, 1, -2]
    return total


NO_SUMS = {
    "independent": values(parts=4),
    "near a sum": near(values()),
    "made in another way last year": changed(values()),
    "straight lines": np.array([[10.0], [20.0], [15.0]])
    + np.array([[1.0], [3.0], [2.0]]) * np.arange(9)
    + np.zeros((3, 1, 1)),
    "twice another": np.concatenate([values(parts=2), 2 * values(parts=2)[:, :1]], axis=1),
    "all zero": np.zeros((5, 4, 9)),
    "few areas and years": with_total(values(areas=2, years=3), (1, 1, 1)),
}


@pytest.mark.parametrize("case", NO_SUMS)
def test_what_is_no_sum_is_not_taken_for_one(case):
    """Alike movement, lines, copies and too few figures prove nothing."""
    assert find_sums(panel_of(NO_SUMS[case])) == ()


def test_one_mistyped_total_does_not_hide_the_sum():
    """A slip in one of many rows leaves the sum a sum."""
    value = with_total(values(areas=40), (1, 1, 1))
    value[3, 3, -1] += 30

    assert len(find_sums(panel_of(value))) == 1


@pytest.fixture(scope="module")
def alone():
    """What is forecast of the parts alone."""
    return Ensemble().fit(panel_of(values()))


@pytest.fixture(scope="module")
def whole():
    """What is forecast of the parts with their total."""
    return Ensemble().fit(panel_of(with_total(values(), (1, 1, 1))))


class TestForecast:
    """The forecast of a panel with its total in it."""

    def test_the_parts_are_forecast_as_if_the_total_were_not_there(self, alone, whole):
        """To the last digit: a sum tells nothing new of its parts."""
        assert isinstance(whole, FittedWithSums)
        expected = alone.quantiles(2019, LEVELS)
        np.testing.assert_array_equal(whole.quantiles(2019, LEVELS)[:, :3], expected)
        for name, fit in alone.fits.items():
            with_sum = whole.fits[name].quantiles(2019, LEVELS)[:, :3]
            np.testing.assert_array_equal(with_sum, fit.quantiles(2019, LEVELS))

    def test_in_every_draw_the_total_is_the_sum(self, whole):
        """What adds up in the past adds up in the future."""
        drawn = whole.draws(2019, 200, np.random.default_rng(0))

        np.testing.assert_allclose(drawn[:, :, 3], drawn[:, :, :3].sum(axis=2), rtol=1e-9)

    def test_the_totals_range_is_that_of_the_sums_of_draws(self, alone, whole):
        """Against sums of other draws of the parts; never the sum of separate ranges."""
        drawn = alone.draws(2019, 20_000, np.random.default_rng(9)).sum(axis=2)
        expected = np.quantile(drawn, LEVELS, axis=0).T

        found = whole.quantiles(2019, LEVELS)[:, 3]

        width = (expected[:, 2] - expected[:, 0]).mean()
        np.testing.assert_allclose(found, expected, atol=0.06 * width)
        sum_of_ends = alone.quantiles(2019, LEVELS).sum(axis=1)
        assert ((found[:, 2] - found[:, 0]) < (sum_of_ends[:, 2] - sum_of_ends[:, 0])).all()

    def test_a_total_whose_part_is_not_known_is_forecast_by_itself(self):
        """An area without figures of a part has a total all the same."""
        value = with_total(values(), (1, 1, 1))
        value[0, 1] = np.nan
        fit = Ensemble().fit(panel_of(value))

        assert isinstance(fit, FittedWithSums)
        assert np.isfinite(fit.quantiles(2019, LEVELS)[0, 3]).all()


def test_a_total_of_one_year_takes_no_forecast_from_its_parts():
    """A total printed for the first time has no past of its own; the others are forecast as before."""
    total = with_total(values(), (1, 1, 1))
    total[:, 3, :-1] = np.nan
    quantiles = Ensemble().fit(panel_of(total)).quantiles(2019, LEVELS)
    assert np.isfinite(quantiles[:, :3]).all()


@pytest.mark.parametrize("places", [2, 0])
@pytest.mark.parametrize("component", [1, 3])
def test_a_figure_that_breaks_a_sum_is_found(places, component):
    """A mistyped total, or part, is one cell in which they do not go together; rounding is none."""
    value = with_total(values(areas=20), [1, 1, 1]).round(places)
    (total,) = find_sums(panel_of(value))
    assert broken(value, total) == []

    value[4, component, 6] += 9

    ((area, year, made),) = broken(value, total)
    assert (area, year) == (4, 6)
    assert made == pytest.approx(value[4, :3, 6].sum(), abs=0.01 if places else 1)


def test_a_sum_made_in_another_way_in_many_years_is_not_broken():
    """Before a part joined, others made the total: no figure is mistyped."""
    value = with_total(values(areas=20), [1, 1, 1])
    (total,) = find_sums(panel_of(value))
    value[:, 3, :4] -= value[:, 2, :4]

    assert broken(value, total) == []
