"""Forecast sums among the components from joint draws of their parts.

Models learn from the parts alone; the sums are fitted by themselves, which gives each model's own
forecast of them, and the combined one of areas whose parts are not all known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import stdtrit

from forecast.base.arrays import Floats, Ints
from forecast.base.errors import ForecastError
from forecast.model.calibrate import Calibration, PastCoverage
from forecast.model.contract import TAIL_DF, Fitted, Outlook
from forecast.model.fitted_ensemble import FittedEnsemble
from forecast.model.link import Link
from forecast.model.panel import Panel
from forecast.model.sums import Sum

DRAWS: Final = (500, 4000)  # fewest and most joint draws of a sum
NUMBERS: Final = 4e6  # that they may take up together
SEED: Final = 20241031
MIDDLE: Final = (0.1, 0.5, 0.9)  # levels from which a sum's place and spread are read


@dataclass(frozen=True, slots=True, eq=False)
class PartsAndSums:
    """One model fitted to the parts and, by themselves, to the sums; None where it was refused."""

    name: str
    shape: tuple[int, int]
    of_parts: Fitted | None
    of_sums: Fitted | None
    places: Ints

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of both."""
        return tuple(dict.fromkeys(key for fit in (self.of_parts, self.of_sums) if fit for key in fit.notes))

    def outlook(self, target_year: int) -> Outlook:
        """Predictive distributions on the link scale."""
        outlooks = [fit.outlook(target_year) if fit else None for fit in (self.of_parts, self.of_sums)]
        place = [outlook.place if outlook else None for outlook in outlooks]
        spread = [outlook.spread if outlook else None for outlook in outlooks]
        return Outlook(self._merge(*place), self._merge(*spread))

    def quantiles(self, target_year: int, levels: Sequence[float]) -> Floats:
        """Quantiles in points, shape (A, C, Q)."""
        of_parts, of_sums = (
            fit.quantiles(target_year, levels) if fit else None for fit in (self.of_parts, self.of_sums)
        )
        return self._merge(of_parts, of_sums)

    def _merge(self, of_parts: Floats | None, of_sums: Floats | None) -> Floats:
        return merge(self.shape, self.places, of_parts, of_sums)


def merge(shape: tuple[int, int], places: Ints, of_parts: Floats | None, of_sums: Floats | None) -> Floats:
    """Put arrays (A, C', ...) of the parts and of the sums, at their places, into one (A, C, ...)."""
    either = of_parts if of_parts is not None else of_sums
    out = np.full((*shape, *(either.shape[2:] if either is not None else ())), np.nan)
    rest = np.setdiff1d(np.arange(shape[1]), places)
    if of_parts is not None:
        out[:, rest] = of_parts
    if of_sums is not None:
        out[:, places] = of_sums
    return out


@dataclass(frozen=True, slots=True, eq=False)
class FittedWithSums:
    """The combined forecast of parts and sums; has what `FittedEnsemble` has."""

    panel: Panel
    link: Link
    # of_parts, of_sums: of the parts, and of the sums taken for series of their own
    of_parts: FittedEnsemble
    of_sums: FittedEnsemble
    sums: tuple[Sum, ...]  # places among all components
    fits: Mapping[str, Fitted]
    refused: Mapping[str, ForecastError]
    notes: tuple[str, ...]
    name: str

    @property
    def weights(self) -> Mapping[str, float]:
        """Weights of the members in the parts' forecasts."""
        return self.of_parts.weights

    @property
    def calibration(self) -> Calibration:
        """Factor on the spread of the parts' forecasts."""
        return self.of_parts.calibration

    @property
    def judged(self) -> int:
        """Years of the panel's past that weights and factor were learnt from."""
        return self.of_parts.judged

    @property
    def past(self) -> PastCoverage | None:
        """How often the parts' ranges would have held in these years."""
        return self.of_parts.past

    def outlook(self, target_year: int) -> Outlook:
        """Predictive distributions on the link scale: those with the median and the 80 percent range."""
        low, middle, high = np.moveaxis(self.link.forward(self.quantiles(target_year, MIDDLE)), 2, 0)
        return Outlook(middle, (high - low) / 2 / stdtrit(TAIL_DF, MIDDLE[-1]))

    def quantiles(self, target_year: int, levels: Sequence[float]) -> Floats:
        """Quantiles in points, shape (A, C, Q)."""
        of_parts = self.of_parts.quantiles(target_year, levels)
        of_sums = self.of_sums.quantiles(target_year, levels)
        numbers = of_parts.shape[0] * of_parts.shape[1]
        draws = self._sums(target_year, int(np.clip(NUMBERS // numbers, *DRAWS)), np.random.default_rng(SEED))
        summed = np.moveaxis(np.quantile(draws, levels, axis=0), 0, 2)
        return merge(
            self.panel.value.shape[:2], self._places, of_parts, np.where(np.isnan(summed), of_sums, summed)
        )

    def draws(self, target_year: int, n: int, rng: np.random.Generator) -> Floats:
        """Joint draws in points, shape (n, A, C); in each of them a sum is the sum of its parts."""
        of_parts = self.of_parts.draws(target_year, n, rng)
        summed = self._summed(of_parts)
        alone = self.of_sums.draws(target_year, n, rng)
        whole = np.where(np.isnan(summed), alone, summed)
        shape = self.panel.value.shape[:2]
        return np.moveaxis(
            merge(shape, self._places, np.moveaxis(of_parts, 0, 2), np.moveaxis(whole, 0, 2)), 2, 0
        )

    @property
    def _places(self) -> Ints:
        return np.array([total.component for total in self.sums])

    def _sums(self, target_year: int, n: int, rng: np.random.Generator) -> Floats:
        return self._summed(self.of_parts.draws(target_year, n, rng))

    def _summed(self, drawn: Floats) -> Floats:
        """Sums (n, A, S) of draws of the parts (n, A, C'); NaN where parts are not known to move together."""
        rest = np.setdiff1d(np.arange(len(self.panel.components)), self._places)
        together = self.of_parts.together
        totals = []
        for sum_of_parts in self.sums:
            parts = np.searchsorted(rest, sum_of_parts.parts)
            total = drawn[:, :, parts] @ np.array(sum_of_parts.weights)
            top = self.panel.upper[sum_of_parts.component]
            total = total if np.isnan(top) else np.minimum(total, top)
            totals.append(total if together[parts].all() else np.full_like(total, np.nan))
        return np.stack(totals, axis=2)


def join(
    of_parts: FittedEnsemble, of_sums: FittedEnsemble, panel: Panel, sums: tuple[Sum, ...]
) -> FittedWithSums:
    """Put the forecast of the parts and that of the sums together."""
    places = np.array([total.component for total in sums])
    shape = (len(panel.areas), len(panel.components))
    names = [*of_parts.fits, *(name for name in of_sums.fits if name not in of_parts.fits)]
    pairs = {name: (of_parts.fits.get(name), of_sums.fits.get(name)) for name in names}
    fits = {name: PartsAndSums(name, shape, *pair, places) for name, pair in pairs.items()}
    parts_link, sums_link = of_parts.link, of_sums.link
    alone = merge(
        (1, shape[1]), places, parts_link.alone[None].astype(float), sums_link.alone[None].astype(float)
    )[0]
    link = Link(
        upper=panel.upper,
        centre=merge(shape, places, parts_link.centre, sums_link.centre),
        unit=merge(shape, places, parts_link.unit, sums_link.unit),
        alone=alone > 0,
    )
    return FittedWithSums(
        panel=panel,
        link=link,
        of_parts=of_parts,
        of_sums=of_sums,
        sums=sums,
        fits=fits,
        refused={name: error for name, error in of_parts.refused.items() if name not in fits},
        notes=tuple(dict.fromkeys([*of_parts.notes, *of_sums.notes])),
        name=of_parts.name,
    )
