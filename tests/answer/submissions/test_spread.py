"""Three figures to a distribution: exact at the three, in bounds, never falling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.answer.submissions import quantiles

RANKS = np.linspace(0, 1, 401)


@st.composite
def triples(draw):
    """Draw low, likely, high in order, with bounds and ties among them, and a maximum."""
    maximum = draw(st.floats(0.05, 100))
    share = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1))
    low, likely, high = sorted(draw(share) * maximum for _ in range(3))
    return low, likely, high, maximum


@given(triples())
def test_the_three_figures_are_met_exactly(triple):
    """What a department wrote is what its distribution says."""
    met = quantiles(*triple, [0.1, 0.5, 0.9])

    assert met.tolist() == list(triple[:3])


@given(triples())
def test_no_quantile_leaves_the_scale_or_falls(triple):
    """Nobody scores below nothing or above the maximum, and a higher level is a higher figure."""
    curve = quantiles(*triple, RANKS)

    assert curve.min() >= 0
    assert curve.max() <= triple[3]
    assert np.all(np.diff(curve) >= -1e-12 * triple[3])


@given(triples())
def test_the_other_end_of_the_scale_is_the_same(triple):
    """Points lost are distributed as the mirror image of points won."""
    low, likely, high, maximum = triple
    lost = quantiles(maximum - high, maximum - likely, maximum - low, maximum, 1 - RANKS)

    np.testing.assert_allclose(quantiles(*triple, RANKS), maximum - lost, atol=1e-9 * maximum)


@given(triples(), st.floats(0.1, 10))
def test_the_unit_does_not_matter(triple, factor):
    """Figures in other units give the same distribution in those units."""
    scaled = quantiles(*(factor * each for each in triple), RANKS)

    np.testing.assert_allclose(scaled, factor * quantiles(*triple, RANKS), atol=1e-9 * factor * triple[3])


def test_each_side_has_its_own_spread_by_hand():
    """Half a standard deviation of the lower side below, of the upper side above the middle."""
    curve = quantiles(4.0, 6.0, 7.0, 10.0, [0.3085375387259869, 0.6914624612740131])

    np.testing.assert_allclose(curve, [6 - 2 * 0.5 / 1.2815515655, 6 + 1 * 0.5 / 1.2815515655], rtol=1e-9)


def test_a_figure_on_the_bound_is_a_chance_of_the_bound():
    """Who says "one in ten for all points" gives them exactly that chance."""
    ranks = (np.arange(10_000) + 0.5) / 10_000
    curve = quantiles(1.0, 1.5, 2.0, 2.0, ranks)

    assert np.mean(curve == 2.0) == pytest.approx(0.1, abs=1e-3)


def test_three_equal_figures_are_one_certain_figure():
    """No spread was given, so none is invented."""
    assert set(quantiles(1.5, 1.5, 1.5, 2.0, RANKS).tolist()) == {1.5}


@pytest.mark.parametrize(
    ("figures", "levels"),
    [
        ((2.0, 1.0, 3.0, 4.0), [0.5]),
        ((1.0, 3.0, 2.0, 4.0), [0.5]),
        ((-1.0, 1.0, 2.0, 4.0), [0.5]),
        ((1.0, 2.0, 5.0, 4.0), [0.5]),
        ((1.0, 2.0, float("nan"), 4.0), [0.5]),
        ((0.0, 0.0, 0.0, 0.0), [0.5]),
        ((1.0, 2.0, 3.0, 4.0), [1.5]),
    ],
)
def test_figures_off_the_scale_are_a_programmers_mistake(figures, levels):
    """The door has refused such figures long before."""
    with pytest.raises(ValueError, match=r"expected 0|levels"):
        quantiles(*figures, levels)
