"""Smoothing of each series by itself, with smoothing constants and spread shared by the panel.

Every model here is a member of one family (Gardner and McKenzie, 1985):

    forecast  p = l + phi b          error  e = y - p
    level     l = p + alpha e        slope  b = phi b + alpha beta e

Constants are those of a small grid whose forecasts one to three years ahead missed least, over all
series of the panel; the spread h years ahead is that of the same forecasts' errors.
"""

import itertools
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from forecast.base.arrays import Floats
from forecast.model.baselines import pooled_variance
from forecast.model.contract import FittedModel, History, Outlook, last_seen, need_years, outlook
from forecast.model.panel import Panel

ALPHAS: Final = (0.4, 0.6, 0.8, 1.0)
BETAS: Final = (0.1, 0.2, 0.4)
PHIS: Final = (0.7, 0.85, 0.95, 1.0)
JUDGED: Final = 3  # constants are judged on forecasts up to so many years ahead
JUDGED_SERIES: Final = 4000  # they are judged on about so many series, spread evenly over the panel
SLOPE_YEARS: Final = 4  # values that a series needs before it has a slope
SETTLING: Final = 2  # years of each series that only start the filter


class Constants(NamedTuple):
    """Smoothing constants: of the level, of the slope, and the damping of the slope."""

    alpha: float
    beta: float
    phi: float


class States(NamedTuple):
    """Level and slope of every series after every year, shape (N, T) each."""

    level: Floats
    slope: Floats


@dataclass(frozen=True, slots=True)
class LocalLevel:
    """Simple exponential smoothing: no trend."""

    name: str = "local_level"

    def fit(self, panel: Panel) -> FittedModel:
        """See `Model.fit`."""
        return _fit(self.name, panel, [Constants(a, 0.0, 0.0) for a in ALPHAS], half_trend=False)


@dataclass(frozen=True, slots=True)
class DampedTrend:
    """Holt's linear trend, damped unless the panel's past speaks for an undamped one."""

    name: str = "damped_trend"

    def fit(self, panel: Panel) -> FittedModel:
        """See `Model.fit`."""
        grid = [Constants(*c) for c in itertools.product(ALPHAS[1:], BETAS, PHIS)]
        return _fit(self.name, panel, grid, half_trend=False)


@dataclass(frozen=True, slots=True)
class Theta:
    """Exponential smoothing plus half the linear trend (Assimakopoulos and Nikolopoulos, 2000)."""

    name: str = "theta"

    def fit(self, panel: Panel) -> FittedModel:
        """See `Model.fit`."""
        return _fit(self.name, panel, [Constants(a, 0.0, 0.0) for a in ALPHAS], half_trend=True)


def _fit(name: str, panel: Panel, grid: list[Constants], *, half_trend: bool) -> FittedModel:
    need_years(panel, name, 3)
    past = History.of(panel)
    areas, components, years = past.x.shape
    series = past.x.reshape(areas * components, years)
    tilt = half_slope(series) if half_trend else np.zeros(len(series))
    some = slice(None, None, max(1, len(series) // JUDGED_SERIES))
    age = _ages(series[some])
    misses = [_judge(series[some], smooth(series[some], c), c, tilt[some], age) for c in grid]
    constants = grid[int(np.argmin(misses))]
    run = smooth(series, constants)
    variances = _variances(series, run, constants, tilt, past.x.shape)
    outlook_at = partial(_outlook_at, series, run, constants, tilt, variances, (areas, components))
    return FittedModel(name, past.link, panel.origin, outlook_at)


def smooth(series: Floats, constants: Constants) -> States:
    """Run the filter over (N, T) series; a missing year moves the level along its slope.

    A series starts at its first value, with the median of its first four changes as its slope
    (a part of it if there are fewer than four).
    """
    alpha, beta, phi = constants
    level, slope = np.full(series.shape, np.nan), np.zeros(series.shape)
    start = _first_slope(series) if phi > 0 else np.zeros(len(series))
    now, trend = np.full(len(series), np.nan), np.zeros(len(series))
    for t in range(series.shape[1]):
        y = series[:, t]
        ahead = now + phi * trend
        error = np.where(np.isnan(y), 0.0, y - ahead)
        fresh = np.isnan(now) & ~np.isnan(y)
        now = np.where(fresh, y, ahead + alpha * error)
        trend = np.where(fresh, start, phi * trend + alpha * beta * error)
        trend = np.where(np.isnan(now), 0.0, trend)
        level[:, t], slope[:, t] = now, trend
    return States(level, slope)


def _first_slope(series: Floats) -> Floats:
    """Median of the first four known changes; 0 where there are none."""
    steps = np.diff(series, axis=1)
    early = np.where(np.cumsum(~np.isnan(steps), axis=1) <= 4, steps, np.nan)
    count = (~np.isnan(early)).sum(axis=1)
    ranked = np.sort(early, axis=1)  # NaN last
    rows = np.arange(len(series))
    if ranked.shape[1] == 0:
        return np.zeros(len(series))
    low = ranked[rows, np.maximum((count - 1) // 2, 0)]
    high = ranked[rows, np.minimum(count // 2, ranked.shape[1] - 1)]
    # One or two changes are no trend yet.
    return np.where(count > 0, (low + high) / 2 * np.minimum(count / 4, 1.0), 0.0)


def half_slope(series: Floats) -> Floats:
    """Half the least-squares slope of each series over its years, shape (N,); 0 with too few."""
    known = ~np.isnan(series)
    count = np.maximum(known.sum(axis=1), 1)
    time = np.where(known, np.arange(series.shape[1]), 0.0)
    centred = np.where(known, time - (time.sum(axis=1) / count)[:, None], 0.0)
    square = (centred**2).sum(axis=1)
    slope = (centred * np.nan_to_num(series)).sum(axis=1) / np.where(square > 0, square, 1.0)
    return np.asarray(np.where(known.sum(axis=1) >= SLOPE_YEARS, slope / 2, 0.0))


def _ahead(states: States, constants: Constants, tilt: Floats, horizon: int, age: Floats) -> Floats:
    """Forecasts `horizon` years on, from every year, shape (N, T); `age` is that of the series."""
    alpha, _, phi = constants
    reach = float(sum(phi**k for k in range(1, horizon + 1)))
    # The filter without a trend lags behind one with it by (1 - (1 - alpha)^n) / alpha - 1 years.
    lag = (1 - (1 - alpha) ** age) / alpha
    return states.level + reach * states.slope + tilt[:, None] * (horizon - 1 + lag)


def _ages(series: Floats) -> Floats:
    return np.cumsum(np.cumsum(~np.isnan(series), axis=1) > 0, axis=1).astype(float)


def _errors(
    series: Floats, states: States, constants: Constants, tilt: Floats, age: Floats, horizon: int
) -> Floats:
    """Past errors `horizon` years ahead, shape (N, T - horizon); NaN while the filter settles."""
    predicted = _ahead(states, constants, tilt, horizon, age)
    settled = (age >= SETTLING) & ~np.isnan(series)
    return series[:, horizon:] - np.where(settled, predicted, np.nan)[:, :-horizon]


def _judge(series: Floats, states: States, constants: Constants, tilt: Floats, age: Floats) -> float:
    horizons = range(1, min(JUDGED, series.shape[1] - SETTLING) + 1)
    misses = [np.abs(_errors(series, states, constants, tilt, age, h)).ravel() for h in horizons]
    errors = np.concatenate(misses) if misses else np.array([])
    errors = errors[~np.isnan(errors)]
    return float(errors.mean()) if len(errors) else 0.0


def _variances(
    series: Floats, states: States, constants: Constants, tilt: Floats, shape: tuple[int, ...]
) -> Floats:
    """Mean square errors 1, 2, ... years ahead, shape (H, C), as far as two origins can be judged."""
    areas, components, years = shape
    age = _ages(series)
    variances: list[Floats] = []
    for horizon in range(1, max(years - SETTLING, 2)):
        error = _errors(series, states, constants, tilt, age, horizon)
        if horizon > 1 and (~np.isnan(error)).any(axis=0).sum() < 2:
            break
        # Longer forecasts overlap and rest on fewer years: never less sure than shorter ones.
        now = pooled_variance(error.reshape(areas, components, -1))
        variances.append(np.maximum(now, variances[-1]) if variances else now)
    return np.array(variances)


def _outlook_at(
    series: Floats,
    states: States,
    constants: Constants,
    tilt: Floats,
    variances: Floats,
    shape: tuple[int, int],
    horizon: int,
) -> Outlook:
    _, ago = last_seen(series)
    age = _ages(series)[:, -1:]
    place = _ahead(States(states.level[:, -1:], states.slope[:, -1:]), constants, tilt, horizon, age)
    steps = (horizon + ago).reshape(shape)
    horizons = len(variances)
    inside = np.minimum(steps, horizons) - 1
    spread = np.take_along_axis(variances, inside, axis=0)
    # Beyond what the past can judge, spread grows as that of a random walk.
    return outlook(place.reshape(shape), spread * (steps / (inside + 1)))
