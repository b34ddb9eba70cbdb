"""Calibrate the spread by one factor, the same for every area and component; it may grow with the horizon.

Past errors of the combined forecast are divided by their forecast spread; the factor brings the
ranges of 50, 80 and 95 percent to where they belong (split conformal prediction, pooled over the panel).
Never from one series: its few errors cannot tell a 95 percent range.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from scipy.special import stdtrit

from forecast.base.arrays import Floats
from forecast.model.combine import Trial, combine
from forecast.model.contract import TAIL_DF, Outlook

CENTRAL: Final = (0.5, 0.8, 0.95)  # intervals that the factor is fitted to
YEARS: Final = 4.0  # years that weigh as much as the prior factor of 1: cells of a year are not independent
RANGE: Final = (0.5, 3.0)  # what one horizon may ask for: beyond, its past is broken
# A calm spell is no reason to promise more than the models do: ranges are only ever widened.
ALLOWED: Final = (1.0, 2.0)


class Calibration(NamedTuple):
    """Factor on the spread one year ahead, and the power of the horizon by which it grows."""

    factor: float
    growth: float

    def at(self, horizon: int) -> float:
        """Factor on the spread `horizon` years ahead."""
        return float(np.clip(self.factor * horizon**self.growth, *ALLOWED))


NOTHING_LEARNT: Final = Calibration(1.0, 0.0)


class PastCoverage(NamedTuple):
    """Share of past outcomes inside the calibrated ranges of `CENTRAL`, and how many were judged."""

    shares: tuple[float, ...]
    cells: int
    years: tuple[int, ...]


def past_coverage(trials: Sequence[Trial], weights: Floats, calibration: Calibration) -> PastCoverage | None:
    """Count past outcomes inside the ranges as they are given now; None if there are none."""
    parts, years = [], set()
    for trial in trials:
        outlook = _combined(trial, weights)
        factor = calibration.at(trial.target_year - trial.origin)
        size = np.abs(trial.observed - outlook.place) / (outlook.spread * factor)
        if (~np.isnan(size)).any():
            parts.append(size[~np.isnan(size)])
            years.add(trial.target_year)
    if not parts:
        return None
    sizes = np.concatenate(parts)
    shares = tuple(float(np.mean(sizes <= stdtrit(TAIL_DF, (1 + level) / 2))) for level in CENTRAL)
    return PastCoverage(shares, len(sizes), tuple(sorted(years)))


def _combined(trial: Trial, weights: Floats) -> Outlook:
    return combine([Outlook(p, s) for p, s in zip(trial.place, trial.spread, strict=True)], weights)


def learn_calibration(trials: Sequence[Trial], weights: Floats) -> Calibration:
    """Estimate the factor from past outcomes, shrunk towards leaving the spread as it is.

    For each horizon the log of the factor is the mean over `CENTRAL` of what its interval asks for;
    a line through these over the log of the horizon gives factor and growth.  Each counts as the
    number of years judged against `YEARS`.
    """
    sizes: dict[int, list[Floats]] = {}
    years: dict[int, set[int]] = {}
    for trial in trials:
        outlook = _combined(trial, weights)
        size = np.abs(trial.observed - outlook.place) / outlook.spread
        size = size[~np.isnan(size)]
        if len(size):
            horizon = trial.target_year - trial.origin
            sizes.setdefault(horizon, []).append(size)
            years.setdefault(horizon, set()).add(trial.target_year)
    if not sizes:
        return NOTHING_LEARNT
    horizons = np.array(sorted(sizes))
    log_factors = np.array([_log_factor(sizes[h]) for h in horizons.tolist()])
    count = np.array([len(years[h]) for h in horizons.tolist()], dtype=float)
    # Two prior guesses, each worth `YEARS`: the factor is 1, and it does not grow.
    design = np.column_stack([np.ones(len(horizons)), np.log(horizons)])
    gram = (design * count[:, None]).T @ design + np.diag([YEARS, YEARS])
    level, growth = np.linalg.solve(gram, design.T @ (count * log_factors))
    return Calibration(float(np.exp(level)), float(growth))


def _log_factor(sizes: Sequence[Floats]) -> float:
    """Log of the factor that brings standardised errors to the t's own quantiles; each year alike."""
    share = np.concatenate([np.full(len(s), 1 / len(s)) for s in sizes])
    values = np.concatenate(sizes)
    factors = [
        weighted_quantile(values, share, level) / stdtrit(TAIL_DF, (1 + level) / 2) for level in CENTRAL
    ]
    return float(np.mean(np.log(np.clip(factors, *RANGE))))


def weighted_quantile(values: Floats, weights: Floats, level: float) -> float:
    """Smallest value below which at least `level` of the weight lies.

    >>> weighted_quantile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]), 0.5)
    2.0
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(reached, level - 1e-12)), len(values) - 1)])
