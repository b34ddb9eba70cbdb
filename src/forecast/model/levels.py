"""The common level of each component and year: how it moved, and how far it may move next.

Most of a year's error is common to all areas.  The level is smoothed a little and carries on part of
its mean change (half of it after eight moves, as in the Theta method; little after few).  Moves of all
components share one scale, with t tails, since a few years of one component cannot tell its own.
"""

import itertools
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from forecast.base.arrays import Floats, Ints
from forecast.model.panel import Panel

SMOOTHING: Final = 0.85  # weight of the newest year in the smoothed level
STILL: Final = 8.0  # moves of a level that halve the mean change that is carried on
MOVES_DF: Final = 4.0  # tails of the moves while their scale is estimated
BREAK_YEARS: Final = 2.0  # weight of the prior guess on how much wider moves are in break years
BREAK_GUESS: Final = 4.0  # that guess: four times the variance
ALIKE: Final = 8.0  # years that weigh as much as the panel's mean correlation of moves


class Ahead(NamedTuple):
    """Level of a target year: place and variance, shape (C,), link scale."""

    place: Floats
    variance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Forecaster of the common levels."""

    # smoothed, drift: (C,): where the level stands, and its change in a year
    smoothed: Floats
    drift: Floats
    ago: Ints  # (C,): years since the component was last seen
    moves: Ints  # (C,): number of yearly moves seen
    # scale, break_scale: scale of a yearly move, in ordinary years and in years of a known change of method
    scale: float
    break_scale: float
    correlation: Floats  # (C, C): of the moves of two components in one year
    origin: int
    breaks: tuple[int, ...]

    def ahead(self, target_year: int) -> Ahead:
        """Place and variance of the levels in `target_year`."""
        steps = target_year - self.origin + self.ago
        broken = np.array(
            [sum(1 for b in self.breaks if target_year - s < b <= target_year) for s in steps.tolist()]
        )
        walk = (steps - broken) * self.scale**2 + broken * self.break_scale**2
        # The drift is a guess from few moves: its doubt grows with the square of the horizon.
        # One step of that doubt is part of the scale already.
        believed = self.moves / (self.moves + STILL)
        doubt = (steps**2 - 1) * (believed * self.scale) ** 2 / np.maximum(self.moves, 1)
        return Ahead(self.smoothed + steps * self.drift, walk + np.maximum(doubt, 0.0))


class Scales(NamedTuple):
    """Scale of a yearly move, in ordinary years and in years of a known change of method."""

    calm: float
    broken: float


def move_scales(level: Floats, panel: Panel, guess: float) -> Scales:
    """Learn how far the levels (C, T) of `panel` move in a year; NaN where a component was not seen.

    `guess` is a scale of a move, in the link's unit, that counts as one move seen.
    """
    moves = np.diff(level, axis=1)
    flagged = np.isin(panel.years[1:], panel.breaks)
    known = ~np.isnan(moves)
    calm = moves[:, ~flagged]
    scale = t_scale(np.append(calm[~np.isnan(calm)], guess))
    loud = moves[:, flagged]
    loud = loud[~np.isnan(loud)]
    years = float(flagged[known.any(axis=0)].sum())
    mean_square = float(np.mean(loud**2)) if len(loud) else 0.0
    prior = BREAK_GUESS * scale**2
    break_variance = (years * mean_square + BREAK_YEARS * prior) / (years + BREAK_YEARS)
    return Scales(scale, float(np.sqrt(max(break_variance, scale**2))))


def fit_levels(level: Floats, panel: Panel, guess: float) -> Levels:
    """Learn how the levels move and where they stand; see `move_scales`."""
    moves = np.diff(level, axis=1)
    scales = move_scales(level, panel, guess)
    smoothed, drift, ago = _smooth(level)
    return Levels(
        smoothed=smoothed,
        drift=drift,
        ago=ago,
        moves=(~np.isnan(moves)).sum(axis=1),
        scale=scales.calm,
        break_scale=scales.broken,
        correlation=correlation(moves),
        origin=panel.origin,
        breaks=panel.breaks,
    )


def t_scale(moves: Floats) -> float:
    """Scale of a Student t with `MOVES_DF` degrees of freedom around 0, by maximum likelihood.

    >>> round(t_scale(np.array([1.0, -1.0])), 3)
    1.0
    """
    square = np.asarray(moves, dtype=float) ** 2
    scale = float(square.mean())
    if scale <= 0:
        return 0.0
    for _ in range(40):  # expectation and maximisation; converges linearly, and fast
        scale = float(np.mean((MOVES_DF + 1) / (MOVES_DF + square / scale) * square))
    return float(np.sqrt(scale))


def _smooth(level: Floats) -> tuple[Floats, Floats, Ints]:
    """Smoothed level, carried drift, and years since the last value, of each row of (C, T)."""
    rows = []
    for row in level:
        known = np.flatnonzero(~np.isnan(row))
        if not len(known):
            rows.append((np.nan, 0.0, len(row)))
            continue
        now = row[known[0]]
        for before, t in itertools.pairwise(known):
            now += (1 - (1 - SMOOTHING) ** (t - before)) * (row[t] - now)
        span = known[-1] - known[0]
        drift = (row[known[-1]] - row[known[0]]) / (span + STILL)
        rows.append((now, drift, len(row) - 1 - known[-1]))
    smoothed, drift, ago = zip(*rows, strict=True)
    return np.array(smoothed), np.array(drift), np.array(ago, dtype=int)


def correlation(moves: Floats) -> Floats:
    """Correlation of the rows of (C, n), each drawn towards the mean of all pairs.

    Values are cut at three times their row's usual size, so that one year does not make it all.
    """
    usual = np.sqrt(np.nanmean(moves**2)) if np.isfinite(moves).any() else 0.0
    count = len(moves)
    if count < 2 or not np.isfinite(usual) or usual <= 0:
        return np.eye(count)
    size = np.sqrt(np.nansum(moves**2, axis=1) / np.maximum((~np.isnan(moves)).sum(axis=1), 1))
    unit = np.clip(moves / np.where(size > 0, size, usual)[:, None], -3, 3)
    known = (~np.isnan(unit)).astype(float)
    unit = np.nan_to_num(unit)
    both = known @ known.T
    pairs = unit @ unit.T / np.maximum(both, 1)
    off = ~np.eye(count, dtype=bool)
    mean = float((pairs * both)[off].sum() / max(both[off].sum(), 1))
    mean = float(np.clip(mean, 0.0, 0.9))
    drawn = (both * pairs + ALIKE * mean) / (both + ALIKE)
    np.fill_diagonal(drawn, 1.0)
    return nearest_correlation(drawn)


def nearest_correlation(matrix: Floats) -> Floats:
    """Lift negative eigenvalues of a symmetric matrix with ones on its diagonal.

    >>> nearest_correlation(np.eye(2))
    array([[1., 0.],
           [0., 1.]])
    """
    values, vectors = np.linalg.eigh(matrix)
    if values.min() > 1e-6:
        return matrix
    fixed = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    size = np.sqrt(np.diag(fixed))
    return np.asarray(fixed / np.outer(size, size))


def known_breaks(panel: Panel) -> tuple[int, ...]:
    """Places along the years of `panel`, its first left out, at which the method changed."""
    return tuple(b - panel.years[0] for b in panel.breaks if panel.years[0] < b <= panel.origin)
