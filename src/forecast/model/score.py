"""Scores of forecasts on plain arrays: CRPS, WIS, coverage, PIT, MASE, rank and event scores, skill.

Nothing here knows a table or a model.  Smaller is better, skill excepted.  The same shapes everywhere:
``observed`` (...), one number a cell; ``predicted`` (..., Q), its quantiles at ``levels`` (Q,), fractions
that rise within (0, 1); ``draws`` (n, ...).  All in one unit, and so are the scores unless they say
otherwise.  NaN in, NaN out.  Shapes that do not fit, and levels that are none, raise ValueError.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from forecast.base.arrays import Floats, Ints

FLAT_FLOOR = 0.25  # points; keeps a series that never moved from an infinite scaled error


class Wis(NamedTuple):
    """Weighted interval score, shape (...), and its parts; ``total`` is the sum of the other three."""

    total: Floats
    dispersion: Floats
    underprediction: Floats
    overprediction: Floats


class Coverage(NamedTuple):
    """Share of intervals that held the truth, with a range for it from resampling whole years."""

    coverage: float
    lower: float
    upper: float
    years: int
    cells: int


class Skill(NamedTuple):
    """``1 - score / baseline`` over paired cells; the error clusters cells by year."""

    skill: float
    standard_error: float
    years: int
    cells: int


def pinball(observed: ArrayLike, predicted: ArrayLike, *, levels: ArrayLike) -> Floats:
    """Loss of quantile forecasts, shape (..., Q).

    A miss costs its distance times the level when the forecast is too low, times one minus the
    level when it is too high.  (Koenker and Bassett, 1978.)

    >>> pinball([10.0], [[8.0, 11.0]], levels=[0.1, 0.9])
    array([[0.2, 0.1]])
    """
    y, q, tau = _quantile_forecast(observed, predicted, levels)
    error = y[..., None] - q
    return np.asarray(np.maximum(tau * error, (tau - 1) * error))


def level_weights(levels: ArrayLike) -> Floats:
    """Share of (0, 1) that lies nearest to each level, shape (Q,): how losses are integrated.

    The shares add up to one, so a forecast without spread scores its absolute error exactly, and
    each is positive, so the weighted sum of pinball losses stays proper.

    >>> level_weights([0.1, 0.5, 0.9])
    array([0.3, 0.4, 0.3])
    """
    tau = _levels(levels)
    ends = np.concatenate([[0.0], (tau[1:] + tau[:-1]) / 2, [1.0]])
    return np.diff(ends)


def crps_from_quantiles(observed: ArrayLike, predicted: ArrayLike, *, levels: ArrayLike) -> Floats:
    """Continuous ranked probability score: twice the integral of the pinball loss over the levels.

    Each loss counts by the part of (0, 1) nearest to its level (`level_weights`), tails included.  On a
    calibrated normal forecast that is 0.17 percent below the exact value at the 23 hub levels and 0.08
    above at 0.01, ..., 0.99; the plain mean of the 23, which is `wis`, is 11 percent below.

    >>> crps_from_quantiles([10.0], [[8.0, 8.0, 8.0]], levels=[0.1, 0.5, 0.9])
    array([2.])
    """
    loss = pinball(observed, predicted, levels=levels)
    return np.asarray(2 * (loss @ level_weights(levels)))


def crps_from_draws(observed: ArrayLike, draws: ArrayLike) -> Floats:
    """Continuous ranked probability score of a sample: the score of its empirical distribution.

    Mean distance to the observation less half the mean distance between two draws (a draw with
    itself included).  (Gneiting and Raftery, 2007, equation 21.)

    >>> crps_from_draws(1.0, [0.0, 2.0])
    array(0.5)
    """
    y, x = _draws(observed, draws)
    n = len(x)
    # Over the sorted draws, the mean distance between two is a weighted sum: no n by n table.
    weight = (2 * np.arange(1, n + 1) - n - 1) / n**2
    half_spread = np.tensordot(weight, np.sort(x, axis=0), axes=1)
    return np.asarray(np.abs(x - y).mean(axis=0) - half_spread)


def wis(observed: ArrayLike, predicted: ArrayLike, *, levels: ArrayLike) -> Wis:
    """Weighted interval score, split by what is wrong with a forecast; smaller is better.

    For K central intervals and the median: ``(|y - m| / 2 + sum of alpha / 2 * interval score) / (K + 0.5)``,
    which equals twice the plain mean of the pinball losses.  Dispersion is the part of the widths,
    under- and overprediction those of observations above and below.  (Bracher et al., 2021.)

    Raises ValueError if the levels are not pairs around a median, or the quantiles cross.

    >>> wis(6.0, [1.0, 3.0, 5.0], levels=[0.1, 0.5, 0.9])
    Wis(total=array(1.93333333), dispersion=array(0.26666667), underprediction=array(1.66666667),
    overprediction=array(0.))
    """
    y, q, tau = _quantile_forecast(observed, predicted, levels)
    half = len(tau) // 2
    if len(tau) % 2 == 0 or not np.allclose(tau + tau[::-1], 1):
        raise ValueError(f"levels must be pairs around the median 0.5, got {tau.tolist()}")
    if np.any(np.diff(q, axis=-1) < 0):
        raise ValueError("quantiles cross: predicted must not fall along its last axis")
    low, high, median = q[..., :half], q[..., :half:-1], q[..., half]
    norm = half + 0.5
    dispersion = np.where(np.isnan(y), np.nan, ((high - low) * tau[:half]).sum(axis=-1) / norm)
    above = y[..., None] - high
    below = low - y[..., None]
    under = (np.maximum(above, 0).sum(axis=-1) + np.maximum(y - median, 0) / 2) / norm
    over = (np.maximum(below, 0).sum(axis=-1) + np.maximum(median - y, 0) / 2) / norm
    return Wis(*(np.asarray(part) for part in (dispersion + under + over, dispersion, under, over)))


def inside(observed: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> Floats:
    """Say where a closed interval held the truth: 1 or 0, NaN where something is missing.

    >>> inside([5.0, 6.0, np.nan], [4.0, 4.0, 4.0], [5.0, 5.0, 5.0])
    array([ 1.,  0., nan])
    """
    y, low, high = _interval(observed, lower, upper)
    inside = ((low <= y) & (y <= high)).astype(float)
    return np.where(np.isnan(y) | np.isnan(low) | np.isnan(high), np.nan, inside)


def coverage(
    inside_flags: ArrayLike, years: ArrayLike, *, rng: np.random.Generator, level: int = 80, draws: int = 2000
) -> Coverage:
    """Share of intervals that held the truth, with a bootstrap range (`level` percent) over whole years.

    `inside_flags` is 1 or 0 from `inside` (NaN is left out).  The errors of one year's cells are
    correlated, so years, not cells, are resampled.  The share is the mean over cells of all years; with one
    year there is no range (NaN).
    """
    hit, year = _paired_with_years(inside_flags, years)
    if not len(hit):
        return Coverage(np.nan, np.nan, np.nan, 0, 0)
    distinct_years, at = np.unique(year, return_inverse=True)
    hits = np.bincount(at, weights=hit, minlength=len(distinct_years))
    cells = np.bincount(at, minlength=len(distinct_years))
    share = float(hits.sum() / cells.sum())
    if len(distinct_years) == 1:
        return Coverage(share, np.nan, np.nan, 1, len(hit))
    picked = rng.integers(len(distinct_years), size=(draws, len(distinct_years)))
    shares = hits[picked].sum(axis=1) / cells[picked].sum(axis=1)
    tail = (100 - level) / 200
    low, high = np.quantile(shares, [tail, 1 - tail])
    return Coverage(share, float(low), float(high), len(distinct_years), len(hit))


def pit_from_quantiles(observed: ArrayLike, predicted: ArrayLike, *, levels: ArrayLike) -> Floats:
    """Probability that the forecast gave to values up to the truth; uniform when calibrated.

    Straight lines between the quantiles; outside them the middle of the tail that is left; where
    quantiles equal the truth, the middle of their levels.

    >>> pit_from_quantiles([0.0, 4.5, 9.0], [[4.0, 5.0, 6.0]] * 3, levels=[0.1, 0.5, 0.9])
    array([0.05, 0.3 , 0.95])
    """
    y, q, tau = _quantile_forecast(observed, predicted, levels)
    at_most, below = (q <= y[..., None]).sum(axis=-1), (q < y[..., None]).sum(axis=-1)
    last = len(tau) - 1
    left, right = np.maximum(at_most - 1, 0), np.minimum(at_most, last)
    q_left = np.take_along_axis(q, left[..., None], axis=-1)[..., 0]
    q_right = np.take_along_axis(q, right[..., None], axis=-1)[..., 0]
    gap = q_right - q_left
    share = np.divide(y - q_left, gap, out=np.zeros_like(gap), where=gap > 0)
    between = tau[left] + share * (tau[right] - tau[left])
    tied = (tau[np.clip(below, 0, last)] + tau[left]) / 2
    pit = np.where(at_most > below, tied, between)
    pit = np.where(at_most == 0, tau[0] / 2, pit)
    pit = np.where(below == len(tau), (1 + tau[-1]) / 2, pit)
    return np.where(np.isnan(y) | np.isnan(q).any(axis=-1), np.nan, pit)


def mase(observed: ArrayLike, predicted: ArrayLike, scale: ArrayLike, *, floor: float = FLAT_FLOOR) -> Floats:
    """Absolute error of a median over the usual yearly change before the origin; below 1 beats that change.

    (Hyndman and Koehler, 2006, with a floor added to the scale for series that never moved; 0 gives the
    textbook's.)

    >>> mase([10.0], [9.0], [0.75])
    array([1.])
    """
    y, q, unit = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (observed, predicted, scale)))
    unit = unit + floor
    return np.asarray(np.divide(np.abs(y - q), unit, out=np.full(unit.shape, np.nan), where=unit > 0))


def rps(observed_rank: ArrayLike, probability: ArrayLike) -> Floats:
    """Ranked probability score of a rank: squared distance between cumulative chances.

    A sum over ranks, so a sure forecast k places off scores k.  (Epstein, 1969.)

    Parameters
    ----------
    observed_rank, probability
        Ranks from 1, shape (...), and the chance of each rank from 1 to R, shape (..., R).

    Examples
    --------
    >>> rps(3, [1.0, 0.0, 0.0])
    array(2.)
    """
    rank, chance = np.asarray(observed_rank), np.asarray(probability, dtype=float)
    if chance.shape[:-1] != rank.shape:
        raise ValueError(f"shapes differ: observed_rank {rank.shape}, probability {chance.shape}")
    reached = rank[..., None] <= np.arange(1, chance.shape[-1] + 1)
    return np.asarray(((chance.cumsum(axis=-1) - reached) ** 2).sum(axis=-1))


def brier(happened: ArrayLike, probability: ArrayLike) -> Floats:
    """Squared distance between the chance of an event and what came (Brier, 1950).

    >>> brier([1, 0], [0.75, 0.5])
    array([0.0625, 0.25  ])
    """
    return np.asarray((np.asarray(probability, dtype=float) - np.asarray(happened, dtype=float)) ** 2)


def skill(score: ArrayLike, baseline: ArrayLike, years: ArrayLike) -> Skill:
    """How much smaller a score is than a baseline's on the same cells; above 0 beats the baseline.

    Means are over cells, then over years.  Cells where either is NaN are left out of both.
    The standard error is the jackknife's, a year left out at a time; NaN with one year.

    Parameters
    ----------
    score, baseline, years
        Shape (n,).  NaN comes back if the baseline is perfect.

    Examples
    --------
    >>> skill([1.0, 2.0], [2.0, 2.0], [2020, 2021])
    Skill(skill=0.25, standard_error=0.25, years=2, cells=2)
    """
    ours, year = np.asarray(score, dtype=float), np.asarray(years)
    baseline_score = np.asarray(baseline, dtype=float)
    if not ours.shape == baseline_score.shape == year.shape:
        raise ValueError(
            f"shapes differ: score {ours.shape}, baseline {baseline_score.shape}, years {year.shape}"
        )
    use = ~(np.isnan(ours) | np.isnan(baseline_score))
    own, _ = mean_by_year(ours[use], year[use])
    base, distinct_years = mean_by_year(baseline_score[use], year[use])
    n = len(distinct_years)
    if base.sum() <= 0:
        return Skill(np.nan, np.nan, n, int(use.sum()))
    value = float(1 - own.sum() / base.sum())
    remaining = base.sum() - base
    if np.any(remaining <= 0):
        return Skill(value, np.nan, n, int(use.sum()))
    without = (own.sum() - own) / remaining  # the error of one less this is the same
    error = float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
    return Skill(value, error, n, int(use.sum()))


def mean_by_year(values: ArrayLike, years: ArrayLike) -> tuple[Floats, Ints]:
    """Mean over the cells of each year, NaN left out; the means and the years they belong to.

    >>> mean_by_year([1.0, 3.0, 5.0], [2020, 2020, 2021])
    (array([2., 5.]), array([2020, 2021]))
    """
    known, year = _paired_with_years(values, years)
    distinct_years, at = np.unique(year, return_inverse=True)
    count = np.bincount(at, minlength=len(distinct_years))
    return np.bincount(at, weights=known, minlength=len(distinct_years)) / count, distinct_years


def _levels(levels: ArrayLike) -> Floats:
    tau = np.asarray(levels, dtype=float)
    if tau.ndim != 1 or not len(tau) or np.any(tau <= 0) or np.any(tau >= 1) or np.any(np.diff(tau) <= 0):
        raise ValueError(f"levels must rise within (0, 1), got {tau.tolist()}; write 0.8 for 80 percent")
    return tau


def _quantile_forecast(
    observed: ArrayLike, predicted: ArrayLike, levels: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    y, q, tau = np.asarray(observed, dtype=float), np.asarray(predicted, dtype=float), _levels(levels)
    if q.shape != (*y.shape, len(tau)):
        raise ValueError(f"shapes differ: observed {y.shape}, predicted {q.shape}, levels {tau.shape}")
    return y, q, tau


def _draws(observed: ArrayLike, draws: ArrayLike) -> tuple[Floats, Floats]:
    y, x = np.asarray(observed, dtype=float), np.asarray(draws, dtype=float)
    if x.ndim == 0 or not len(x) or x.shape[1:] != y.shape:
        raise ValueError(f"shapes differ: observed {y.shape}, draws {x.shape}")
    return y, x


def _interval(observed: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> tuple[Floats, Floats, Floats]:
    y, low, high = (np.asarray(a, dtype=float) for a in (observed, lower, upper))
    if not y.shape == low.shape == high.shape:
        raise ValueError(f"shapes differ: observed {y.shape}, lower {low.shape}, upper {high.shape}")
    if np.any(low > high):
        raise ValueError(f"lower exceeds upper at positions {np.flatnonzero(low > high).tolist()}")
    return y, low, high


def _paired_with_years(values: ArrayLike, years: ArrayLike) -> tuple[Floats, Ints]:
    value, year = np.asarray(values, dtype=float), np.asarray(years, dtype=int)
    if value.ndim != 1 or value.shape != year.shape:
        raise ValueError(f"shapes differ: values {value.shape}, years {year.shape}; both must have one axis")
    use = ~np.isnan(value)
    return value[use], year[use]
