"""Forecasts beside their outcomes: by hand, and against brute force."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from forecast.answer.verify import scored
from forecast.model.last_rank import STEP, last_rank_chances
from forecast.model.simulate import rank_chances, ranks
from forecast.model.standing import normal_score

KEY = {"index_code": "PAR", "area": "Bình", "target_year": 2020, "new_method": False}


def rows(model: str, component: str, kind: str, told: dict[str, float], observed: float) -> pd.DataFrame:
    """FORECAST rows of one cell beside what came."""
    facts = KEY | {"model": model, "component": component, "output_type": kind, "observed": observed}
    return pd.DataFrame([facts | {"output_type_id": k, "value": v} for k, v in told.items()])


def test_points_by_hand():
    """Pinball losses 0.2, 0 and 0.1 of a result of 12 beside 10, 12 and 13, with weights 0.3, 0.4, 0.3."""
    made = rows("a", "D1", "quantile", {"0.1": 10.0, "0.5": 12.0, "0.9": 13.0}, 12.0)
    (cell,) = scored(made).to_dict("records")
    assert (cell["median"], cell["lower"], cell["upper"]) == (12.0, 10.0, 13.0)
    assert cell["crps"] == pytest.approx(2 * (0.3 * 0.1 * 2 + 0.3 * 0.1 * 1))


def test_a_rank_by_hand():
    """Chances 0.2, 0.5, 0.3 and the rank 3: 0.04 + 0.49 squared distance, range from 1 to 3, median 2."""
    made = rows("a", "rank", "pmf", {"1": 0.2, "2": 0.5, "3": 0.3}, 3.0)
    (cell,) = scored(made).to_dict("records")
    assert (cell["median"], cell["lower"], cell["upper"]) == (2.0, 1.0, 3.0)
    assert cell["crps"] == pytest.approx(0.2**2 + 0.7**2)


def test_ranks_come_in_the_order_of_numbers():
    """Rank 10 follows 9, although its text stands before "2"."""
    told = {str(k): 0.0 for k in range(1, 13)} | {"10": 1.0}
    (cell,) = scored(rows("a", "rank", "pmf", told, 12.0)).to_dict("records")
    assert (cell["median"], cell["crps"]) == (10.0, 2.0)


@given(st.lists(st.integers(1, 63), min_size=3, max_size=40), st.integers(1, 63))
def test_the_score_of_a_rank_is_the_crps_of_its_draws(drawn: list[int], came: int):
    """Brute force: mean distance to the rank that came, less half the mean distance between two draws."""
    x = np.array(drawn, dtype=float)
    chances = np.bincount(drawn, minlength=64)[1:] / len(drawn)
    made = rows("a", "rank", "pmf", {str(k + 1): v for k, v in enumerate(chances)}, float(came))
    (cell,) = scored(made).to_dict("records")
    expected = np.abs(x - came).mean() - np.abs(x[:, None] - x[None]).mean() / 2
    assert cell["crps"] == pytest.approx(expected, abs=1e-4)
    assert cell["lower"] == np.quantile(x, 0.1, method="inverted_cdf")
    assert cell["upper"] == np.quantile(x, 0.9, method="inverted_cdf")


def test_chances_of_ranks_are_counts_of_draws():
    """Three areas in four draws; equal points share the better rank."""
    points = np.array([[3.0, 2.0, 1.0], [3.0, 3.0, 1.0], [1.0, 2.0, 3.0], [2.0, 3.0, 1.0]])
    assert rank_chances(points, [0, 2]).tolist() == [[0.5, 0.25, 0.25], [0.25, 0.0, 0.75]]
    assert ranks(points, 0).tolist() == [1, 1, 3, 2]


def test_the_plain_reference_is_a_normal_step_from_last_years_rank():
    """Brute force: many steps of 0.4 from the normal score of rank 20 of 63, each turned back into a rank."""
    steps = ndtri((np.arange(200_000) + 0.5) / 200_000) * STEP + normal_score(np.array([20.0]), 63)
    share = 0.5 * np.vectorize(math.erfc)(steps / math.sqrt(2))
    landed = np.clip(np.round(share * 63.25 + 0.375), 1, 63).astype(int)
    counted = np.bincount(landed, minlength=64)[1:] / len(landed)
    assert np.abs(last_rank_chances([20.0], 63)[0] - counted).max() < 2e-5


@given(st.integers(1, 63))
def test_the_plain_reference_has_no_side(rank: int):
    """Chances add up to 1; ranks counted from the other end have the mirror image."""
    (chances,), (mirrored,) = last_rank_chances([rank], 63), last_rank_chances([64 - rank], 63)
    assert chances.sum() == pytest.approx(1)
    assert (chances >= 0).all()
    assert np.abs(chances - mirrored[::-1]).max() < 1e-12
