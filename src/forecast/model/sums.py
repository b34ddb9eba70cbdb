"""Find components of a panel that are sums of others, so that a total is not taken for one more part.

A sum asks the same of weights and calibration as its parts together, and jumps when a part joins it.
Sums that the evidence model's draws hold are in `joint_draws`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import nnls

from forecast.base.arrays import Floats
from forecast.model.panel import Panel

EXACT: Final = 0.02  # what is left over, against how far the values lie apart: rounding
ROWS: Final = 2  # figures for each possible part, and so many more: with fewer, weights fit by accident
MOST_ROWS: Final = 400
STEADY: Final = 3  # years in which a sum must have been made in the same way, to be worked out for the next
SEEN: Final = 0.9  # a part is known in so many of the sum's cells
SMALL: Final = 0.02  # of the largest contribution: below it, a part is none
SLIP: Final = 5.0  # times the median error: a row that is farther off holds a slip of the hand
SLIPS: Final = 0.05  # share of rows that may hold one
ROUGH: Final = 1.3  # times the mean error of rounding: closer than that, weights of 1 will do
COARSE: Final = 0.1  # of how far the values lie apart: beyond, rounded figures cannot tell a sum
PLACES: Final = range(-3, 4)  # decimal places figures may be rounded to
APART: Final = 0.02  # parts that move together more closely than this cannot be told apart


@dataclass(frozen=True, slots=True)
class Sum:
    """A component that equals a weighted sum of others: their places among the components, and weights."""

    component: int
    parts: tuple[int, ...]
    weights: tuple[float, ...]


def find_sums(panel: Panel) -> tuple[Sum, ...]:
    """Components that are sums of others with weights above 0, made in the same way in the last years.

    Parts of a sum are no sums themselves.  Two parts at least; a component in another unit is no sum.
    """
    count = len(panel.components)
    if count < 3:
        return ()
    everyone = range(count)
    sums = {c for c in everyone if _sum_of(panel.value, c, [p for p in everyone if p != c])}
    parts = [p for p in everyone if p not in sums]
    sums_found = (_sum_of(panel.value, c, parts) for c in sorted(sums))
    return tuple(total for total in sums_found if total)


def broken(value: Floats, total: Sum) -> list[tuple[int, int, float]]:
    """Areas and years (places) in which a sum is not that of its parts, with what they make; few or none.

    Where many are off, the sum was made in another way then.
    """
    whole = value[:, total.component]
    made = np.tensordot(np.array(total.weights), value[:, list(total.parts)], axes=(0, 1))
    error = np.abs(whole - made)
    known = ~np.isnan(error)
    rounding = _rounding(whole[known], value[:, list(total.parts)].transpose(0, 2, 1)[known], total.weights)
    limit = max(SLIP * float(np.median(error[known])), EXACT * float(whole[known].std()), 3 * rounding)
    off = np.argwhere(known & (error > limit)).tolist()
    return [(a, t, float(made[a, t])) for a, t in off] if len(off) <= SLIPS * known.sum() else []


def _sum_of(value: Floats, component: int, others: list[int]) -> Sum | None:
    """Tell how a component is made of `others`, or give None if it is no sum of them."""
    years = np.flatnonzero((~np.isnan(value[:, component])).any(axis=0))
    for first in range(len(years) - 1, -1, -1):
        recent = years[first:]
        whole = value[:, component][:, recent].ravel()
        known = ~np.isnan(whole)
        whole = whole[known]
        columns = value[:, others][:, :, recent].transpose(0, 2, 1).reshape(-1, len(others))[known]
        there = (~np.isnan(columns)).mean(axis=0) >= SEEN
        complete = ~np.isnan(columns[:, there]).any(axis=1)
        if complete.sum() >= ROWS * there.sum() + ROWS:
            weights_found = _solved(columns[complete][:, there], whole[complete])
            if weights_found is None:
                return None
            parts = np.array(others)[there][weights_found > 0]
            weights = weights_found[weights_found > 0]
            before = years[max(len(years) - STEADY, 0) : first]
            steady = all(_holds(value[:, component, t], value[:, parts, t], weights) for t in before)
            return Sum(component, tuple(parts.tolist()), tuple(weights.tolist())) if steady else None
    return None


def _holds(whole: Floats, columns: Floats, weights: Floats) -> bool:
    """Tell whether the sum was made in the same way in an earlier year, as far as its parts were there."""
    there = (~np.isnan(columns)).any(axis=0)
    error = np.abs(whole - columns[:, there] @ weights[there])
    known = ~np.isnan(error)
    if not known.any():
        return True
    rounding = _rounding(whole[known], columns[known][:, there], weights[there])
    allowed = max(SLIP * EXACT * float(np.nanstd(whole)), 3 * rounding)
    return bool(np.mean(error[known] <= allowed) >= 1 - SLIPS)


def _solved(columns: Floats, whole: Floats) -> Floats | None:
    """Least squares with weights of at least 0; None unless it fits and its parts can be told apart.

    A few rows may break the sum, as figures are mistyped: they are left out.
    """
    step = max(1, len(whole) // MOST_ROWS)
    columns, whole = columns[::step], whole[::step]
    size = float(whole.std())
    if columns.shape[1] < 2 or size <= 1e-9 * max(float(np.abs(whole).max()), 1e-300):
        return None
    weights = _fitted(columns, whole)
    error = np.abs(whole - columns @ weights)
    close = error <= max(float(SLIP * np.median(error)), EXACT * size, 3 * _rounding(whole, columns, weights))
    if close.mean() < 1 - SLIPS:
        return None
    columns, whole = columns[close], whole[close]
    weights = _fitted(columns, whole)
    positive = weights > 0
    error = whole - columns @ weights
    if np.sqrt(np.mean(error**2)) > EXACT * size:
        weights = _plain(columns, whole, weights)
        positive = weights > 0
    if positive.sum() < 2:
        return None
    rest = columns[:, positive] - columns[:, positive].mean(axis=0)
    rest = rest / np.maximum(np.sqrt((rest**2).mean(axis=0)), 1e-300)
    smallest = float(np.linalg.svd(rest, compute_uv=False)[-1]) / np.sqrt(len(rest))
    return weights if smallest > APART else None


def _plain(columns: Floats, whole: Floats, weights: Floats) -> Floats:
    """Weight 1 for all parts, if their plain sum is off by no more than rounding; else 0.

    A mean is not looked for: where components are nearly alike, each is the mean of others by accident.
    """
    large = weights > weights.max() / 2
    parts = columns[:, large]
    error = float(np.sqrt(np.mean((whole - parts.sum(axis=1)) ** 2)))
    rounding = _rounding(whole, parts, np.ones(parts.shape[1]))
    return np.where(large & (error <= min(ROUGH * rounding, COARSE * float(whole.std()))), 1.0, 0.0)


def _rounding(whole: Floats, columns: Floats, weights: Floats | Sequence[float]) -> float:
    """Standard deviation of what rounding leaves over in a weighted sum."""
    units = [_rounded_to(whole), *(w * _rounded_to(c) for w, c in zip(weights, columns.T, strict=True))]
    return float(np.sqrt(np.sum(np.square(units)) / 12))  # an error spread evenly over one unit


def _rounded_to(values: Floats) -> float:
    """Largest power of ten that all values are multiples of; 0 where they have more places.

    >>> [_rounded_to(np.array(values)) for values in ([61.0, 58.0], [61.25, 58.0], [1 / 3, 58.0])]
    [1.0, 0.01, 0.0]
    """
    close = 1e-9 * max(float(np.abs(values).max()), 1e-300)
    for places in PLACES:
        if np.abs(values - np.round(values, places)).max() <= close:
            return float(10.0**-places)
    return 0.0


def _fitted(columns: Floats, whole: Floats) -> Floats:
    """Weights of at least 0, those of next to nothing set to 0."""
    scale = np.maximum(np.abs(columns).max(axis=0), 1e-300)
    weights = nnls(columns / scale, whole / np.abs(whole).max())[0] * np.abs(whole).max() / scale
    share = weights * scale
    large = share > SMALL * share.max()
    weights[~large] = 0.0
    if large.any():
        weights[large] = np.maximum(np.linalg.lstsq(columns[:, large], whole, rcond=None)[0], 0.0)
    return np.asarray(weights)
