"""Panel regression: one ridge for all areas and components, each horizon by itself.

Where areas share a level, the deviation to come is regressed on the last deviation, the one before,
the mean of all so far, and the area's averages over its components; the level moves as in the panel
model.  Where areas are on scales of their own, the change to come is regressed on past mean changes
over one, two, four and all years, in units of the series' usual change, and drawn to its mean change.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from forecast.base.arrays import Flags, Floats
from forecast.model.baselines import pooled_variance
from forecast.model.contract import FittedModel, History, Outlook, last_seen, need_years, outlook
from forecast.model.levels import Levels, fit_levels
from forecast.model.panel import Panel
from forecast.model.state_space import standardised, usual_move

PENALTY: Final = np.array([10.0, 10.0, 10.0, 10.0, 100.0, 100.0])  # on deviations; averages are kept small
CHANGE_PENALTY: Final = 50.0
CHANGE_SPANS: Final = (1, 2, 4)
FEWEST_CHANGES: Final = 3  # of a series, before its usual change means anything
ROUNDS: Final = 10  # of the two-way fit


class Regression(NamedTuple):
    """Coefficients (K,) and residual variance of each component (C,)."""

    coefficients: Floats
    variance: Floats


@dataclass(frozen=True, slots=True)
class Ridge:
    """Recipe of the panel regression."""

    name: str = "ridge"

    def fit(self, panel: Panel) -> FittedModel:
        """See `Model.fit`."""
        need_years(panel, self.name, 4)
        past = History.of(panel)
        alone = past.link.alone
        together = ~alone & (~np.isnan(past.x)).any(axis=(0, 2))
        parts: list[tuple[Flags, Callable[[int], Outlook]]] = []
        if together.any():
            parts.append((together, _fit_deviations(past.x[:, together], panel)))
        if alone.any():
            parts.append((alone, partial(_outlook_of_changes, past.x[:, alone])))
        return FittedModel(self.name, past.link, panel.origin, partial(_joined, past.x.shape[:2], parts))


def _joined(
    shape: tuple[int, int], parts: list[tuple[Flags, Callable[[int], Outlook]]], horizon: int
) -> Outlook:
    place, spread = np.full(shape, np.nan), np.full(shape, np.nan)
    for which, outlook_at in parts:
        part = outlook_at(horizon)
        place[:, which], spread[:, which] = part.place, part.spread
    return Outlook(place, spread)


def _fit_deviations(x: Floats, panel: Panel) -> Callable[[int], Outlook]:
    _, _, size = standardised(x)
    level = two_way_level(x)
    return partial(
        _outlook_of_deviations, (x - level) / size, size[:, -1], fit_levels(level, panel, usual_move(x))
    )


def two_way_level(x: Floats) -> Floats:
    """Level of each component and year, shape (C, T), when areas come and go.

    Fits area effect + year effect by turns, so that a year in which only good areas are known does
    not look like a good year.

    >>> two_way_level(np.array([[[1.0, 2.0]], [[3.0, np.nan]]])).round(3)
    array([[2., 3.]])
    """
    seen = ~np.isnan(x)
    by_area, by_year = np.maximum(seen.sum(axis=2), 1), np.maximum(seen.sum(axis=0), 1)
    level = np.nansum(x, axis=0) / by_year
    for _ in range(ROUNDS):
        effect = np.nansum(x - level, axis=2) / by_area
        effect -= effect.mean(axis=0)
        level = np.nansum(x - effect[..., None], axis=0) / by_year
    return np.asarray(np.where(seen.any(axis=0), level, np.nan))


def _outlook_of_deviations(z: Floats, spread: Floats, levels: Levels, horizon: int) -> Outlook:
    rule = regress(z, horizon)
    place = deviation_features(z) @ rule.coefficients * spread
    ahead = levels.ahead(levels.origin + horizon)
    variance = rule.variance * spread**2 + ahead.variance
    return outlook(place + ahead.place, np.broadcast_to(variance, place.shape))


def deviation_features(z: Floats) -> Floats:
    """Last deviation, the one before, mean so far, averages of the first and third; (A, C, 5).

    A cell never seen counts as average (0); the last deviation of a silent area is carried forward.
    """
    last, _ = last_seen(z)
    before, _ = last_seen(z[:, :, :-1]) if z.shape[2] > 1 else (np.zeros_like(last), None)
    known = (~np.isnan(z)).sum(axis=2)
    mean = np.nansum(z, axis=2) / np.maximum(known, 1)
    last, before = np.nan_to_num(last), np.nan_to_num(before)
    speaking = np.maximum((known > 0).sum(axis=1, keepdims=True), 1)
    means = [np.broadcast_to(v.sum(axis=1, keepdims=True) / speaking, v.shape) for v in (last, mean)]
    recent = z[:, :, -3:]
    count = (~np.isnan(recent)).sum(axis=2)
    three = np.where(count > 0, np.nansum(recent, axis=2) / np.maximum(count, 1), last)
    return np.stack([last, before, mean, three, *means], axis=-1)


def regress(z: Floats, horizon: int) -> Regression:
    """Ridge of deviations `horizon` years ahead, over all past origins with two years behind them."""
    years = z.shape[2]
    horizon = min(horizon, max(years - 2, 1))  # beyond what can be learnt, deviations stay put
    origins = range(min(2, years - horizon), years - horizon + 1)
    gram, cross_product = np.diag(PENALTY), np.zeros(len(PENALTY))
    pairs = []
    for t in origins:
        if t + horizon > years:
            continue
        features, y = deviation_features(z[:, :, :t]), z[:, :, t + horizon - 1]
        ok = ~np.isnan(y) & (~np.isnan(z[:, :, :t])).any(axis=2)
        gram = gram + features[ok].T @ features[ok]
        cross_product = cross_product + features[ok].T @ y[ok]
        pairs.append((features, np.where(ok, y, np.nan)))
    coefficients = np.linalg.solve(gram, cross_product)
    residual = np.stack([y - f @ coefficients for f, y in pairs], axis=2)
    return Regression(np.asarray(coefficients, dtype=float), pooled_variance(residual))


def _outlook_of_changes(x: Floats, horizon: int) -> Outlook:
    """Series on scales of their own: regress the change over `horizon` years on past changes."""
    years = x.shape[2]
    reach = min(horizon, max(years - FEWEST_CHANGES - 1, 1))
    stretch = horizon / reach
    count = len(CHANGE_SPANS) + 1
    prior = np.zeros(count)
    prior[-1] = reach
    gram, cross_product, pairs = CHANGE_PENALTY * np.eye(count), np.zeros(count), []
    for t in range(FEWEST_CHANGES + 1, years - reach + 1):
        features, unit = change_features(x[:, :, :t])
        y = (x[:, :, t + reach - 1] - x[:, :, t - 1]) / unit
        ok = ~np.isnan(y) & ~np.isnan(features).any(axis=-1)
        gram = gram + features[ok].T @ features[ok]
        cross_product = cross_product + features[ok].T @ (y[ok] - features[ok] @ prior)
        pairs.append((features, np.where(ok, y, np.nan)))
    coefficients = prior + np.linalg.solve(gram, cross_product)
    residual = [y - f @ coefficients for f, y in pairs] or [np.full(x.shape[:2], np.nan)]
    variance = pooled_variance(np.stack(residual, axis=2))
    features, unit = change_features(x)
    last, ago = last_seen(x)
    steps = (horizon + ago) / horizon
    place = last + np.nan_to_num(features) @ coefficients * stretch * steps * unit
    return outlook(place, np.where(variance > 0, variance, float(reach)) * stretch**2 * steps * unit**2)


def change_features(x: Floats) -> tuple[Floats, Floats]:
    """Mean changes of the last 1, 2, 4 and all years over the usual change, (A, C, 4); the usual change.

    The usual change is the root mean square of all so far; features are NaN with fewer than three.
    """
    steps = np.diff(x, axis=2)
    known = (~np.isnan(steps)).sum(axis=2)
    unit = np.sqrt(np.nansum(steps**2, axis=2) / np.maximum(known, 1))
    unit = np.where(unit > 0, unit, 1.0)
    means = []
    for span in (*CHANGE_SPANS, steps.shape[2]):
        part = steps[:, :, -span:]
        means.append(np.nansum(part, axis=2) / np.maximum((~np.isnan(part)).sum(axis=2), 1) / unit)
    features = np.stack(means, axis=-1)
    return np.where((known >= FEWEST_CHANGES)[..., None], features, np.nan), unit
