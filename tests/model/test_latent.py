"""The latent panel: covariances entry by entry, and the search's own scale."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.model.latent import (
    IS_SHARE,
    PRIOR_SD,
    SCALARS,
    START,
    START_SD,
    Lattice,
    Variances,
    deviation_covariance,
    level_covariance,
)

# Made up: three components over four years; D1 and D2 change in 2021, the survey in 2022.
YEARS = (2020, 2021, 2022, 2023)
BREAKS = np.array([[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], dtype=float)
LATTICE = Lattice(("A", "B"), ("D1", "D2", "survey"), YEARS, BREAKS, np.array([1.0, 1.3, 0.8, 1.0]))

size = st.floats(0.02, 2.0)
fraction = st.floats(0.02, 0.98)
variances = st.builds(
    Variances,
    **{name: fraction if is_share else size for name, is_share in zip(SCALARS, IS_SHARE, strict=True)},
    component_spread=st.tuples(size, size, size),
)


@st.composite
def lattices(draw: st.DrawFn) -> Lattice:
    """Any small lattice of three components."""
    n = draw(st.integers(1, 5))
    flags = draw(st.lists(st.booleans(), min_size=3 * n, max_size=3 * n))
    spread = draw(st.lists(st.floats(0.5, 2.0), min_size=n, max_size=n))
    years = tuple(range(2015, 2015 + n))
    return Lattice(
        ("A",),
        ("D1", "D2", "survey"),
        years,
        np.array(flags, dtype=float).reshape(3, n),
        np.array(spread, dtype=float),
    )


def level_by_hand(c: int, t: int, d: int, s: int, v: Variances) -> float:
    """Covariance of two levels, written as the sum of what moves them."""
    alike = 1.0 if c == d else v.level_alike
    start = START_SD**2 * (1.0 if c == d else 0.5)
    walk = alike * (v.level_step**2 * min(t, s) + v.level_noise**2 * (t == s))
    last = len(YEARS) - 1
    drift = alike * v.drift**2 * (last - t) * (last - s)
    shared = [k for k in range(4) if BREAKS[c, k] and BREAKS[d, k] and k <= min(t, s)]
    return start + walk + drift + alike * v.level_break**2 * len(shared)


def deviation_by_hand(c: int, t: int, d: int, s: int, v: Variances) -> float:
    """Covariance of two deviations of one area, written out."""
    passed = abs(int(BREAKS[c, : t + 1].sum()) - int(BREAKS[d, : s + 1].sum()))
    kept = v.retention**passed
    fading = kept * (1 - v.noise) * v.persistence ** abs(t - s) + v.noise * (t == s)
    in_common = v.common_permanent * kept + (1 - v.common_permanent) * fading
    of_its_own = v.permanent * kept + (1 - v.permanent) * fading
    factor = v.component_spread[c] * v.component_spread[d] * LATTICE.spread[t] * LATTICE.spread[s]
    return v.spread**2 * factor * (v.alike * in_common + (c == d) * (1 - v.alike) * of_its_own)


@settings(max_examples=20)
@given(v=variances)
def test_every_covariance_is_what_the_docstrings_say(v):
    """Oracle: both kernels, entry by entry in plain loops."""
    level, deviation = level_covariance(LATTICE, v), deviation_covariance(LATTICE, v)
    for (c, t), (d, s) in itertools.product(itertools.product(range(3), range(4)), repeat=2):
        here = c * 4 + t, d * 4 + s
        assert level[here] == pytest.approx(level_by_hand(c, t, d, s, v), rel=1e-9)
        assert deviation[here] == pytest.approx(deviation_by_hand(c, t, d, s, v), rel=1e-9)


@settings(max_examples=40)
@given(lattice=lattices(), v=variances)
def test_covariances_are_covariances(lattice, v):
    """Whatever the breaks, both kernels are symmetric and have no negative variance in any direction."""
    for kernel in (level_covariance(lattice, v), deviation_covariance(lattice, v)):
        np.testing.assert_allclose(kernel, kernel.T)
        assert np.linalg.eigvalsh(kernel).min() > -1e-9 * np.trace(kernel)


def test_a_known_change_adds_its_own_variance_to_the_move_of_that_year():
    """A level moves by a step, a year of drift, the noise of two years and, in a year of change, a jump."""
    level = level_covariance(LATTICE, START)

    def moved(component: str, year: int) -> float:
        now, before = LATTICE.cell(component, year), LATTICE.cell(component, year - 1)
        return float(level[now, now] - 2 * level[now, before] + level[before, before])

    calm = START.level_step**2 + START.drift**2 + 2 * START.level_noise**2
    assert moved("D1", 2022) == pytest.approx(calm)
    assert moved("D1", 2021) == pytest.approx(calm + START.level_break**2)
    assert moved("survey", 2021) == pytest.approx(calm)
    assert moved("survey", 2022) == pytest.approx(calm + START.level_break**2)


def test_what_an_area_is_fades_with_years_and_with_changes():
    """A deviation is tied less to what lies further back, and less still across a change."""
    v = replace(START, component_spread=(1.0, 1.0, 1.0))
    calm = deviation_covariance(replace(LATTICE, breaks=np.zeros((3, 4)), spread=np.ones(4)), v)
    worn = deviation_covariance(replace(LATTICE, spread=np.ones(4)), v)
    last = LATTICE.cell("D1", 2023)
    back = [LATTICE.cell("D1", year) for year in (2022, 2021, 2020)]
    assert list(calm[last, back]) == sorted(calm[last, back], reverse=True)
    assert calm[last, back[-1]] > v.permanent * v.spread**2
    assert worn[last, back[-1]] == pytest.approx(v.retention * calm[last, back[-1]])
    np.testing.assert_allclose(worn[last, back[:-1]], calm[last, back[:-1]])  # no change since 2021


@given(v=variances)
def test_the_search_scale_and_back_gives_the_same_variances(v):
    """`with_vector` undoes `to_vector`."""
    again = START.with_vector(v.to_vector())
    np.testing.assert_allclose(
        [getattr(again, name) for name in SCALARS], [getattr(v, name) for name in SCALARS], rtol=1e-9
    )
    np.testing.assert_allclose(again.component_spread, v.component_spread, rtol=1e-9)


@given(vector=st.lists(st.floats(-6, 6), min_size=len(SCALARS) + 3, max_size=len(SCALARS) + 3))
def test_any_vector_of_the_search_is_a_set_of_variances(vector):
    """Wherever the search steps, sizes stay positive and shares stay between 0 and 1."""
    v = START.with_vector(np.array(vector))
    for name, is_share in zip(SCALARS, IS_SHARE, strict=True):
        assert 0 < getattr(v, name) < (1 if is_share else np.inf)
    assert min(v.component_spread) > 0


def test_every_searched_variance_is_drawn_back_to_its_start():
    """Few figures cannot tell ten variances, so each has a prior."""
    assert set(PRIOR_SD) == set(SCALARS)
    assert all(0 < sd < 1 for sd in PRIOR_SD.values())
