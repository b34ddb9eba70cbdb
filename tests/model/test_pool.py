"""Margins of complete components pooled with the engine: averages of quantiles, and nothing else moved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit, stdtrit

from forecast.model.contract import TAIL_DF
from forecast.model.panel import Panel
from forecast.model.pool import complete_components, pooled

LEVELS = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])


def engine(place: float, spread: float, levels: np.ndarray = LEVELS) -> np.ndarray:
    """Quantiles of a Student t on the logit scale, as the engine gives them."""
    return expit(place + spread * stdtrit(TAIL_DF, levels))


@given(place=st.floats(-1, 3), spread=st.floats(0.05, 1.0), weight=st.floats(0, 1), seed=st.integers(0, 99))
def test_pooled_quantiles_are_the_weighted_averages_of_both_models(place, spread, weight, seed):
    """Oracle: the closed form of the engine's quantiles, also far beyond the levels that are handed over."""
    drawn = expit(np.random.default_rng(seed).normal(1.0, 0.5, 501))
    result = pooled(drawn, LEVELS, engine(place, spread), weight)
    chance = (np.arange(501) + 0.5) / 501
    theirs = logit(engine(place, spread, chance).clip(1e-4, 1 - 1e-4))
    expected = expit((1 - weight) * logit(np.sort(drawn)) + weight * theirs)
    np.testing.assert_allclose(np.sort(result), expected, atol=2e-3)


@given(weight=st.floats(0, 1), seed=st.integers(0, 99))
def test_draws_keep_their_order(weight, seed):
    """Which draw is high and which is low stays, so that components and areas move together as before."""
    drawn = np.random.default_rng(seed).uniform(0.2, 0.95, 200)
    np.testing.assert_array_equal(pooled(drawn, LEVELS, engine(1.0, 0.3), weight).argsort(), drawn.argsort())


@pytest.mark.parametrize(("weight", "middle"), [(0.0, 0.8), (1.0, 0.6)])
def test_the_ends_of_the_weight_are_the_two_models(weight, middle):
    """Without weight the draws stay, with all of it they are the engine's."""
    drawn = expit(logit(0.8) + np.random.default_rng(1).normal(0, 0.2, 4001))
    assert np.median(pooled(drawn, LEVELS, engine(float(logit(0.6)), 0.2), weight)) == pytest.approx(
        middle, abs=0.01
    )


def panel(years: range, areas_of: dict[str, int]) -> Panel:
    """Components with scores of so many areas in every year."""
    rows = [
        (f"A{a}", name, year, 50.0 + a + year % 3)
        for name, count in areas_of.items()
        for year in years
        for a in range(count)
    ]
    return Panel.from_long(pd.DataFrame(rows, columns=["area", "component", "year", "score"]), upper=100.0)


def test_complete_is_who_has_nearly_all_areas_for_years_and_last_year_too():
    """Nine of ten areas over five years are enough; half of them, three years, or a year ago are not."""
    both = panel(range(2018, 2023), {"D1": 9, "D2": 5})
    assert complete_components(both, 10, 2022) == ("D1",)
    assert complete_components(both, 10, 2023) == ()
    assert complete_components(panel(range(2020, 2023), {"D1": 10}), 10, 2022) == ()
