"""The yardstick of every relative figure: last year's value with one spread for each component.

It is written apart from the engine's own baselines, so that a change there cannot move the measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from forecast.model.contract import Outlook
from forecast.model.panel import Panel

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NaivePooled:
    """Normal around the last known value; its variance is the mean square of all yearly changes.

    The mean is over the areas and years of a component; a component with no change seen yet takes
    that of all.  Years without a figure and years ahead add up as in a random walk.

    Attributes
    ----------
    calm : bool
        Leave the changes into break years out of the spread.
    """

    name: str = "naive_pooled"
    calm: bool = False

    def fit(self, panel: Panel) -> FittedNaive:
        """See `forecast.model.contract.Model.fit`."""
        steps = np.diff(panel.value, axis=2)
        if self.calm:
            steps = steps[:, :, [year not in panel.breaks for year in panel.years[1:]]]
        square = np.nan_to_num(steps) ** 2
        count = (~np.isnan(steps)).sum(axis=(0, 2))
        everything = square.sum() / max(count.sum(), 1)
        variance = np.where(count > 0, square.sum(axis=(0, 2)) / np.maximum(count, 1), everything)
        seen = ~np.isnan(panel.value)
        ago = np.argmax(seen[:, :, ::-1], axis=2)
        at = len(panel.years) - 1 - ago
        last = np.take_along_axis(panel.value, at[..., None], axis=2)[..., 0]  # NaN if never seen
        return FittedNaive(self.name, panel.origin, last, variance, ago)


@dataclass(frozen=True, slots=True, eq=False)
class FittedNaive:
    """State of `NaivePooled`."""

    name: str
    origin: int
    last: Floats
    variance: Floats
    ago: NDArray[np.int_]
    notes: tuple[str, ...] = ()

    def outlook(self, target_year: int) -> Outlook:
        """Median and standard deviation, in points."""
        steps = target_year - self.origin + self.ago
        return Outlook(self.last, np.sqrt(self.variance * steps))

    def quantiles(self, target_year: int, levels: Sequence[float]) -> Floats:
        """Quantiles in points, shape (A, C, Q)."""
        view = self.outlook(target_year)
        return np.asarray(view.place[..., None] + view.spread[..., None] * stats.norm.ppf(levels))
