"""Forecast sums among the components from joint draws of their parts.

Models learn from the parts alone; the sums are fitted apart, which gives each model's own forecast of
them, and the combined one of areas whose parts are not all known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import stdtrit

from forecast.base.arrays import Floats, Ints
from forecast.base.errors import ForecastError
from forecast.model.contract import TAIL_DF, Fitted, Outlook
from forecast.model.link import Link
from forecast.model.panel import Panel
from forecast.model.sums import Sum

if TYPE_CHECKING:
    from forecast.model.calibrate import Calibration, PastCoverage
    from forecast.model.ensemble import FittedEnsemble

DRAWS: Final = (500, 4000)  # fewest and most joint draws of a sum
NUMBERS: Final = 4e6  # that they may take up together
SEED: Final = 20241031
MIDDLE: Final = (0.1, 0.5, 0.9)  # levels from which a sum's place and spread are read


@dataclass(frozen=True, slots=True, eq=False)
class PartsAndSums:
    """One model fitted to the parts and to the sums apart; see `Fitted`.  None where it was refused."""

    name: str
    shape: tuple[int, int]
    own: Fitted | None
    apart: Fitted | None
    places: Ints

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of both."""
        return tuple(dict.fromkeys(key for fit in (self.own, self.apart) if fit for key in fit.notes))

    def outlook(self, target_year: int) -> Outlook:
        """Predictive distributions on the link scale."""
        views = [fit.outlook(target_year) if fit else None for fit in (self.own, self.apart)]
        place = [view.place if view else None for view in views]
        spread = [view.spread if view else None for view in views]
        return Outlook(self._laid(*place), self._laid(*spread))

    def quantiles(self, target_year: int, levels: Sequence[float]) -> Floats:
        """Quantiles in points, shape (A, C, Q)."""
        own, apart = (fit.quantiles(target_year, levels) if fit else None for fit in (self.own, self.apart))
        return self._laid(own, apart)

    def _laid(self, own: Floats | None, apart: Floats | None) -> Floats:
        return laid(self.shape, self.places, own, apart)


def laid(shape: tuple[int, int], places: Ints, own: Floats | None, apart: Floats | None) -> Floats:
    """Put arrays (A, C', ...) of the parts and of the sums, at their places, into one (A, C, ...)."""
    some = own if own is not None else apart
    out = np.full((*shape, *(some.shape[2:] if some is not None else ())), np.nan)
    rest = np.setdiff1d(np.arange(shape[1]), places)
    if own is not None:
        out[:, rest] = own
    if apart is not None:
        out[:, places] = apart
    return out


@dataclass(frozen=True, slots=True, eq=False)
class FittedWithSums:
    """The combined forecast of parts and sums; has what `FittedEnsemble` has."""

    panel: Panel
    link: Link
    # own, apart: of the parts, and of the sums taken for series of their own
    own: FittedEnsemble
    apart: FittedEnsemble
    sums: tuple[Sum, ...]  # places among all components
    fits: Mapping[str, Fitted]
    refused: Mapping[str, ForecastError]
    notes: tuple[str, ...]
    name: str

    @property
    def weights(self) -> Mapping[str, float]:
        """Weights of the members in the parts' forecasts."""
        return self.own.weights

    @property
    def calibration(self) -> Calibration:
        """Factor on the spread of the parts' forecasts."""
        return self.own.calibration

    @property
    def judged(self) -> int:
        """Years of the panel's past that weights and factor were learnt from."""
        return self.own.judged

    @property
    def past(self) -> PastCoverage | None:
        """How often the parts' ranges would have held in these years."""
        return self.own.past

    def outlook(self, target_year: int) -> Outlook:
        """Predictive distributions on the link scale: those with the median and the 80 percent range."""
        low, middle, high = np.moveaxis(self.link.forward(self.quantiles(target_year, MIDDLE)), 2, 0)
        return Outlook(middle, (high - low) / 2 / stdtrit(TAIL_DF, MIDDLE[-1]))

    def quantiles(self, target_year: int, levels: Sequence[float]) -> Floats:
        """Quantiles in points, shape (A, C, Q)."""
        own = self.own.quantiles(target_year, levels)
        apart = self.apart.quantiles(target_year, levels)
        numbers = own.shape[0] * own.shape[1]
        drawn = self._sums(target_year, int(np.clip(NUMBERS // numbers, *DRAWS)), np.random.default_rng(SEED))
        worked = np.moveaxis(np.quantile(drawn, levels, axis=0), 0, 2)
        return laid(self.panel.value.shape[:2], self._places, own, np.where(np.isnan(worked), apart, worked))

    def draws(self, target_year: int, n: int, rng: np.random.Generator) -> Floats:
        """Joint draws in points, shape (n, A, C); in each of them a sum is the sum of its parts."""
        own = self.own.draws(target_year, n, rng)
        worked = self._summed(own)
        alone = self.apart.draws(target_year, n, rng)
        whole = np.where(np.isnan(worked), alone, worked)
        shape = self.panel.value.shape[:2]
        return np.moveaxis(laid(shape, self._places, np.moveaxis(own, 0, 2), np.moveaxis(whole, 0, 2)), 2, 0)

    @property
    def _places(self) -> Ints:
        return np.array([total.component for total in self.sums])

    def _sums(self, target_year: int, n: int, rng: np.random.Generator) -> Floats:
        return self._summed(self.own.draws(target_year, n, rng))

    def _summed(self, drawn: Floats) -> Floats:
        """Sums (n, A, S) of draws of the parts (n, A, C'); NaN where parts are not known to move together."""
        rest = np.setdiff1d(np.arange(len(self.panel.components)), self._places)
        together = self.own.together
        totals = []
        for sum_of_parts in self.sums:
            parts = np.searchsorted(rest, sum_of_parts.parts)
            total = drawn[:, :, parts] @ np.array(sum_of_parts.weights)
            top = self.panel.upper[sum_of_parts.component]
            total = total if np.isnan(top) else np.minimum(total, top)
            totals.append(total if together[parts].all() else np.full_like(total, np.nan))
        return np.stack(totals, axis=2)


def join(own: FittedEnsemble, apart: FittedEnsemble, panel: Panel, sums: tuple[Sum, ...]) -> FittedWithSums:
    """Put the forecast of the parts and that of the sums together."""
    places = np.array([total.component for total in sums])
    shape = (len(panel.areas), len(panel.components))
    names = [*own.fits, *(name for name in apart.fits if name not in own.fits)]
    pairs = {name: (own.fits.get(name), apart.fits.get(name)) for name in names}
    fits = {name: PartsAndSums(name, shape, *pair, places) for name, pair in pairs.items()}
    own_link, sums_link = own.link, apart.link
    alone = laid(
        (1, shape[1]), places, own_link.alone[None].astype(float), sums_link.alone[None].astype(float)
    )[0]
    link = Link(
        upper=panel.upper,
        centre=laid(shape, places, own_link.centre, sums_link.centre),
        unit=laid(shape, places, own_link.unit, sums_link.unit),
        alone=alone > 0,
    )
    return FittedWithSums(
        panel=panel,
        link=link,
        own=own,
        apart=apart,
        sums=sums,
        fits=fits,
        refused={name: error for name, error in own.refused.items() if name not in fits},
        notes=tuple(dict.fromkeys([*own.notes, *apart.notes])),
        name=own.name,
    )
