"""The interface of all models: a place and a spread for each cell, on the link scale, with Student tails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from scipy.special import ndtri, stdtrit

from forecast.base.arrays import Floats, Ints
from forecast.base.errors import SpecError, TooFewYearsError
from forecast.model.link import SMALLEST_SPREAD, Link, link_of
from forecast.model.panel import Panel

TAIL_DF: Final = 6.0  # degrees of freedom of every predictive distribution
# Scale of such a t over the root of the expected square error: its 80 percent range is as wide as that of
# a normal distribution with that variance, and what lies beyond has the heavier tails.
SCALE: Final = float(ndtri(0.9) / stdtrit(TAIL_DF, 0.9))


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """Predictive distributions of one target year: Student t around `place`, on the link scale.

    All models have the same degrees of freedom, so the weighted mean of their quantiles is again
    such a distribution.  Shapes (A, C); NaN where the model can say nothing.
    """

    place: Floats
    spread: Floats

    def quantiles(self, levels: Sequence[float]) -> Floats:
        """Quantiles on the link scale, shape (A, C, Q)."""
        tails = stdtrit(TAIL_DF, np.asarray(levels, dtype=float))
        return np.asarray(self.place[..., None] + self.spread[..., None] * tails)


def outlook(place: Floats, variance: Floats) -> Outlook:
    """Make an outlook from the expected square of the error: the one meaning of spread in all models.

    `SMALLEST_SPREAD` keeps flat series from forecasts without any doubt.
    """
    spread = SCALE * np.sqrt(np.maximum(variance, SMALLEST_SPREAD**2))
    return Outlook(place=place, spread=np.where(np.isnan(place), np.nan, spread))


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """A panel with its link scale, prepared once and shared by the models."""

    panel: Panel
    link: Link
    x: Floats = field(repr=False)  # (A, C, T), link scale, less what covariates account for

    @classmethod
    def of(cls, panel: Panel) -> History:
        """Choose the link from `panel` and carry its values over."""
        link = link_of(panel)
        x = link.forward(panel.value)
        return cls(panel=panel, link=link, x=x if panel.offset is None else x - panel.offset)


class Fitted(Protocol):
    """A model that is fitted to a panel."""

    @property
    def name(self) -> str:
        """Name of the model, as in every table."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Catalogue keys of what readers must know, such as a fall-back that was taken."""
        ...

    def outlook(self, target_year: int) -> Outlook:
        """Predictive distributions on the link scale."""
        ...

    def quantiles(self, target_year: int, levels: Sequence[float]) -> Floats:
        """Quantiles in points, shape (A, C, Q), rising along the last axis, within [0, upper]."""
        ...


class Model(Protocol):
    """A recipe without state: fitting returns a new object and leaves the model as it was."""

    @property
    def name(self) -> str:
        """Name of the model, as in every table."""
        ...

    def fit(self, panel: Panel) -> Fitted:
        """Learn from a panel; raises `TooFewYearsError` if it is too short."""
        ...


def last_seen(x: Floats) -> tuple[Floats, Ints]:
    """Last known value along the last axis and how many steps ago it was; NaN and T if none.

    >>> last_seen(np.array([[1.0, 2.0, np.nan]]))
    (array([2.]), array([1]))
    """
    known = ~np.isnan(x)
    ago = np.where(known.any(axis=-1), np.argmax(known[..., ::-1], axis=-1), x.shape[-1])
    place = np.maximum(x.shape[-1] - 1 - ago, 0)
    return np.take_along_axis(x, place[..., None], axis=-1)[..., 0], ago


@dataclass(frozen=True, slots=True, eq=False)
class FittedModel:
    """A fitted model as a link, an origin, and a function from horizon to outlook."""

    name: str
    link: Link
    origin: int
    outlook_at: Callable[[int], Outlook]
    notes: tuple[str, ...] = ()

    def outlook(self, target_year: int) -> Outlook:
        """Predictive distributions of `target_year` on the link scale."""
        return self.outlook_at(horizon_of(target_year, self.origin))

    def quantiles(self, target_year: int, levels: Sequence[float]) -> Floats:
        """Quantiles in points, shape (A, C, Q)."""
        return in_points(self.link, self.outlook(target_year), levels)


def horizon_of(target_year: int, origin: int) -> int:
    """Years from `origin` to `target_year`; `SpecError` unless it lies ahead."""
    if target_year <= origin:
        raise SpecError("error.target_year", {"target_year": target_year, "origin": origin})
    return target_year - origin


def in_points(link: Link, distributions: Outlook, levels: Sequence[float]) -> Floats:
    """Quantiles of an outlook in points, shape (A, C, Q), rising along the last axis."""
    return np.maximum.accumulate(link.inverse(distributions.quantiles(levels)), axis=-1)


def need_years(panel: Panel, model: str, needed: int) -> None:
    """Refuse a panel with fewer than `needed` years that have any figure."""
    count = int((~np.isnan(panel.value)).any(axis=(0, 1)).sum())
    if count < needed:
        raise TooFewYearsError.of(model, needed, count)
