"""The two models to beat: last year's value, and last year's value plus the mean yearly change."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from forecast.base.arrays import Floats, Ints
from forecast.model.contract import FittedModel, History, Outlook, last_seen, need_years, outlook
from forecast.model.panel import Panel

SLOPE_STEPS: Final = 3  # years between the first and the last value that a mean change needs
PANEL_YEARS: Final = 3.0  # years of its own that weigh as much as the other components' spread


@dataclass(frozen=True, slots=True)
class LastValue:
    """The last known value stays; the spread is that of past yearly changes, pooled over areas."""

    name: str = "last_value"

    def fit(self, panel: Panel) -> FittedModel:
        """See `Model.fit`."""
        need_years(panel, self.name, 2)
        past = History.of(panel)
        place, ago = last_seen(past.x)
        variance = pooled_variance(np.diff(past.x, axis=2))
        outlook_at = partial(_walk, place, np.zeros_like(place), variance, ago, np.full_like(place, np.inf))
        return FittedModel(self.name, past.link, panel.origin, outlook_at)


@dataclass(frozen=True, slots=True)
class Drift:
    """The last value plus the mean yearly change of each series (Hyndman and Athanasopoulos, 5.2).

    Silent (NaN) for a series of fewer than four years: its mean change is its last surprise.
    """

    name: str = "drift"

    def fit(self, panel: Panel) -> FittedModel:
        """See `Model.fit`."""
        need_years(panel, self.name, 4)
        past = History.of(panel)
        place, ago = last_seen(past.x)
        known = ~np.isnan(past.x)
        first = np.argmax(known, axis=2)
        start = np.take_along_axis(past.x, first[..., None], axis=2)[..., 0]
        years = np.maximum(past.x.shape[2] - 1 - ago - first, 0).astype(float)
        slope = np.where(years > 0, np.nan_to_num(place - start) / np.maximum(years, 1), 0.0)
        rest = np.diff(past.x, axis=2) - slope[..., None]
        variance = pooled_variance(rest, lost=1)
        place = np.where(years >= SLOPE_STEPS, place, np.nan)
        outlook_at = partial(_walk, place, slope, variance, ago, np.maximum(years, 1))
        return FittedModel(self.name, past.link, panel.origin, outlook_at)


def _walk(place: Floats, slope: Floats, variance: Floats, ago: Ints, years: Floats, horizon: int) -> Outlook:
    """Random walk with drift from each cell's own last year: variance h (1 + h / n) times a step's."""
    steps = horizon + ago
    return outlook(place + steps * slope, variance * steps * (1 + steps / years))


def pooled_variance(steps: Floats, *, lost: int = 0) -> Floats:
    """Mean square of (A, C, n) values for each component, drawn towards the mean of all; shape (C,).

    A component's own figure weighs as the years it was seen in, the panel's as `PANEL_YEARS` years.
    Years and not cells are counted, as the areas of one year move together.  `lost` degrees of
    freedom are taken off each series.

    >>> pooled_variance(np.array([[[1.0, -1.0, 1.0], [np.nan, np.nan, np.nan]]]))
    array([1., 1.])
    """
    known = ~np.isnan(steps)
    square = np.where(known, steps, 0.0) ** 2
    total = square.sum(axis=(0, 2))
    count = np.maximum(known.sum(axis=2) - lost, 0).sum(axis=0)
    years = np.maximum(known.any(axis=0).sum(axis=1) - lost, 0)
    everything = total.sum() / max(count.sum(), 1)
    own = np.where(count > 0, total / np.maximum(count, 1), everything)
    return np.asarray((years * own + PANEL_YEARS * everything) / (years + PANEL_YEARS))
