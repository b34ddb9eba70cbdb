"""Covariates: figures of areas and years beside the scores, on a standard scale, missing ones forecast.

A covariate is itself a panel.  Its figure in an area and year is the year's mean, which moves as a random
walk with drift, plus the area's lasting part, plus a part that fades over the years.  Missing figures are
forecast from what is known of their year and area, with their own doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import nnls

from forecast.base.arrays import Flags, Floats, Ints
from forecast.model.ridge import two_way_level

FEWEST_YEARS: Final = 3  # with any figure, before a covariate can be told from the moves of the scores
FEWEST_OF_EXPERT: Final = 2  # where an expert says what it is worth: this year's figure and a usual one
USUAL: Final = 2  # figures of one area, before any is far from its usual one
FADING: Final = (0.0, 0.3, 0.6, 0.9)  # persistence from year to year that is looked for
STILL: Final = 8.0  # moves of a year's mean that halve the mean change that is carried on, as of the scores
NOTHING: Final = 1e-6  # of the variance of a standard covariate: keeps covariances invertible


@dataclass(frozen=True, slots=True, eq=False)
class Covariates:
    """Figures beside the scores, as they were given."""

    areas: tuple[str, ...]
    years: tuple[int, ...]  # consecutive; target years are among them
    # one a covariate; a name stands again where it acts on several components of its own
    names: tuple[str, ...]
    components: tuple[str, ...]  # the component that each acts on; empty for all
    values: Floats  # (A, T, K): NaN where not known
    sign: Floats  # (K,): sign expected of the effect: -1, 1, or 0 where none is

    def __post_init__(self) -> None:
        shape = (len(self.areas), len(self.years), len(self.names))
        if self.values.shape != shape or len(self.components) != shape[2] or self.sign.shape != shape[2:]:
            raise ValueError(f"values {self.values.shape} do not fit names {shape}")
        if self.years != tuple(range(self.years[0], self.years[0] + len(self.years))):
            raise ValueError(f"years must be consecutive, got {self.years}")

    def until(self, year: int) -> Covariates:
        """Give the covariates as they ended in `year`; years without any row hold nothing."""
        years = tuple(range(self.years[0], max(year, self.years[0]) + 1))
        values = np.full((len(self.areas), len(years), len(self.names)), np.nan)
        count = min(len(years), len(self.years))
        values[:, :count] = self.values[:, :count]
        values[:, [y > year for y in years]] = np.nan
        return replace(self, years=years, values=values)

    def over(self, areas: Sequence[str], years: Sequence[int]) -> Covariates:
        """Give the covariates of some areas and consecutive years; what is not among the figures is NaN."""
        values = np.full((len(areas), len(years), len(self.names)), np.nan)
        to = [k for k, area in enumerate(areas) if area in self.areas]
        at = [k for k, year in enumerate(years) if year in self.years]
        own = [self.areas.index(areas[k]) for k in to], [self.years.index(years[k]) for k in at]
        values[np.ix_(to, at)] = self.values[np.ix_(*own)]
        return replace(self, areas=tuple(areas), years=tuple(years), values=values)

    def only(self, places: Sequence[int] | Ints) -> Covariates:
        """Give some of the covariates, by their places."""
        chosen = list(places)
        return replace(
            self,
            names=tuple(self.names[k] for k in chosen),
            components=tuple(self.components[k] for k in chosen),
            values=self.values[:, :, chosen],
            sign=self.sign[chosen],
        )

    def as_at(self, origin: int, now: int) -> Covariates:
        """Give what would have been known in forecasts made from `origin`, if as much as is known from `now`.

        A figure of the k-th year after the origin is there for the areas that have one for the k-th
        year after `now`.
        """
        values = self.values.copy()
        for t, year in enumerate(self.years):
            if year > origin:
                later = t + now - origin
                unknown = np.isnan(self.values[:, later]) if later < len(self.years) else True
                values[:, t] = np.where(unknown, np.nan, values[:, t])
        return replace(self, values=values)


class LeftOut(NamedTuple):
    """A covariate that nothing can be learnt from: its name, component, and key of the reason."""

    name: str
    component: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Completed:
    """Covariates on a standard scale, without gaps; K' of the K, those that can tell anything."""

    areas: tuple[str, ...]
    years: tuple[int, ...]
    names: tuple[str, ...]
    components: tuple[str, ...]
    sign: Floats
    kept: Ints  # (K',): their places among the given ones
    # centre, scale: (K',): ``standard = (figure - centre) / scale``; the scale is how far figures usually lie
    # from their own area's mean, so an effect of one standard unit is that of a usual move
    centre: Floats
    scale: Floats
    # mean, sd: (A, T, K'): figure, and the doubt about it, standard scale; sd is 0 where it is known.  An
    # area without any figure has the year's mean and no doubt: its ordinary uncertainty covers it.
    mean: Floats
    sd: Floats
    national_sd: Floats  # (T, K'): the doubt about the year's mean over the areas, which all of them share
    count: Ints  # (K',): figures known
    # (A, K'): whether an area has figures of two years at least: one is not held against any other
    seen: Flags
    left_out: tuple[LeftOut, ...]

    @property
    def national(self) -> Floats:
        """Year's mean over the areas less its mean over the years, shape (T, K')."""
        of_year = self.mean.mean(axis=0)
        return np.asarray(of_year - of_year.mean(axis=0))


def complete(covariates: Covariates, by_expert: Flags | None = None) -> Completed:
    """Put covariates on a standard scale and forecast the missing ones; see `Completed`.

    One whose worth an expert says (`by_expert`, shape (K,)) needs no history to learn from.
    """
    has_expert = np.zeros(len(covariates.names), dtype=bool) if by_expert is None else by_expert
    known = ~np.isnan(covariates.values)
    count = known.sum(axis=(0, 1))
    size = np.abs(np.nan_to_num(covariates.values)).max(axis=(0, 1), initial=0.0)
    unit = np.where(size > 0, size, 1.0)  # squares of tiny figures would be zero
    distance = unit * _usual_distance(covariates.values / unit, known)
    few = known.any(axis=0).sum(axis=0) < np.where(has_expert, FEWEST_OF_EXPERT, FEWEST_YEARS)
    still = ~few & (distance <= 1e-9 * size)
    usable = np.flatnonzero(~few & ~still)
    x = covariates.values[:, :, usable]
    centre = np.nansum(x, axis=(0, 1)) / count[usable]
    mean, sd, national_sd = _filled((x - centre) / distance[usable])
    reasons = np.where(few, "covariates.few_years", "covariates.constant").tolist()
    return Completed(
        areas=covariates.areas,
        years=covariates.years,
        names=tuple(covariates.names[k] for k in usable),
        components=tuple(covariates.components[k] for k in usable),
        sign=covariates.sign[usable],
        kept=usable,
        centre=centre,
        scale=distance[usable],
        mean=mean,
        sd=sd,
        national_sd=national_sd,
        count=count[usable],
        seen=np.asarray(known[:, :, usable].sum(axis=1) >= USUAL),
        left_out=tuple(
            LeftOut(covariates.names[k], covariates.components[k], reasons[k])
            for k in np.flatnonzero(few | still)
        ),
    )


def _usual_distance(x: Floats, known: Flags) -> Floats:
    """Root mean square distance of the figures (A, T, K) from their own area's mean, shape (K,)."""
    count = known.sum(axis=1)
    own = np.nansum(x, axis=1) / np.maximum(count, 1)
    square = np.nansum((x - own[:, None]) ** 2, axis=(0, 1))
    return np.asarray(np.sqrt(square / np.maximum(np.maximum(count - 1, 0).sum(axis=0), 1)))


def _filled(x: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and standard deviation of every figure of (A, T, K), and of the years' means, (T, K).

    Each covariate by itself.
    """
    mean, sd, national_sd = x.copy(), np.zeros_like(x), np.zeros(x.shape[1:])
    gaps = np.flatnonzero(np.isnan(x).any(axis=(0, 1)))
    if len(gaps):
        levels = two_way_level(x[:, :, gaps].transpose(0, 2, 1))
        for k, level in zip(gaps, levels, strict=True):
            mean[:, :, k], sd[:, :, k], national_sd[:, k] = _conditioned(x[:, :, k], level)
    return mean, sd, national_sd


def _conditioned(x: Floats, level: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and standard deviation of the figures (A, T), and of the years' means over the areas (T,).

    By Gaussian conditioning on the known figures.

    `level` (T,) is a first estimate of the years' means; NaN where nothing is known of a year.
    """
    known = ~np.isnan(x)
    years = x.shape[1]
    known_years, pattern = unique_rows(known)
    drift, step = _walk(level)
    covariance = memory_of(x - level, noisy=False).over(years) + NOTHING * np.eye(years)
    inverse = masked_inverse(covariance, known_years)
    moves = np.diff(np.eye(years), axis=0)
    values = np.where(known, x - np.nanmean(level), 0.0)
    # By pattern: how many areas, and their sum.
    count = np.bincount(pattern, minlength=len(known_years))
    total = np.zeros(known_years.shape)
    np.add.at(total, pattern, values)
    doubt = np.linalg.inv(np.tensordot(count, inverse, 1) + moves.T @ moves / step)
    pull = np.einsum("pts,ps->t", inverse, total) + moves.sum(axis=0) * drift / step
    year_mean = doubt @ pull
    gain = covariance @ inverse
    rest = np.eye(years) - gain
    own = np.einsum("ptt->pt", rest @ covariance) * known_years.any(axis=1, keepdims=True)
    variance = own + np.einsum("pts,pts->pt", rest @ doubt, rest)
    of_mean = np.tensordot(count, rest, 1) / len(x)
    national = np.einsum("ts,ts->t", of_mean @ doubt, of_mean) + count @ own / len(x) ** 2
    own_shift = (gain[pattern] @ np.where(known, values - year_mean, 0.0)[:, :, None])[:, :, 0]
    mean = np.where(known, x, np.nanmean(level) + year_mean + own_shift)
    never = ~known.any(axis=1, keepdims=True)
    sd = np.where(known | never, 0.0, np.sqrt(np.maximum(variance, 0.0))[pattern])
    return mean, sd, np.sqrt(np.maximum(national, 0.0))


def unique_rows(flags: Flags) -> tuple[Flags, Ints]:
    """Different rows of (A, T) flags, (P, T), and which of them each row is, (A,)."""
    places: dict[bytes, int] = {}
    pattern = np.array([places.setdefault(row.tobytes(), len(places)) for row in flags])
    first = np.array([np.argmax(pattern == p) for p in range(len(places))])
    return flags[first], pattern


def masked_inverse(covariance: Floats, known: Flags) -> Floats:
    """Inverse covariances of the seen years of each pattern (P, T), zeros at the others; (P, T, T)."""
    both = known[:, :, None] & known[:, None, :]
    whole = np.where(both, covariance, 0.0) + ~known[:, :, None] * np.eye(known.shape[1])
    return np.where(both, np.linalg.inv(whole), 0.0)


def _walk(level: Floats) -> tuple[float, float]:
    """Drift and variance of a yearly step of the years' means (T,), from those that are known."""
    known = np.flatnonzero(~np.isnan(level))
    gap = np.diff(known)
    drift = float(level[known[-1]] - level[known[0]]) / (float(gap.sum()) + STILL)
    return drift, max(float(np.mean((np.diff(level[known]) - gap * drift) ** 2 / gap)), NOTHING)


class Memory(NamedTuple):
    """How distances of areas from the year's mean hang together over the years: variances of three parts."""

    lasting: float
    fading: float
    persistence: float
    noise: float

    def at(self, lag: Ints) -> Floats:
        """Covariance of two years so far apart."""
        return np.asarray(self.lasting + self.fading * self.persistence**lag + self.noise * (lag == 0))

    def over(self, years: int) -> Floats:
        """Covariance of so many years in a row, (T, T)."""
        return self.at(np.abs(np.subtract.outer(np.arange(years), np.arange(years))))


def memory_of(z: Floats, *, noisy: bool) -> Memory:
    """Variances of the parts of the distances (A, T) from the years' means; without noise unless `noisy`.

    Least squares on the mean products of all pairs of years.
    """
    areas, years = z.shape
    known = (~np.isnan(z)).astype(float)
    lag = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    product, pairs = np.nan_to_num(z).T @ np.nan_to_num(z), known.T @ known
    count = np.bincount(lag.ravel(), pairs.ravel())
    product_by_lag = np.bincount(lag.ravel(), product.ravel()) / np.maximum(count, 1)
    product_by_lag *= areas / max(areas - 1, 1)  # the years' means have taken up one area's worth
    weight = np.sqrt(count)
    fits = []
    for persistence in FADING:
        parts = [np.ones(years), float(persistence) ** np.arange(years), np.eye(years)[0]]
        shape = np.column_stack(parts[: 3 if noisy else 2])
        sizes, miss = nnls(shape * weight[:, None], product_by_lag * weight)
        fits.append((float(miss), persistence, [*sizes.tolist(), 0.0]))
    _, persistence, (lasting, fading, noise, *_) = min(fits, key=lambda fit: fit[0])
    return Memory(lasting, fading, persistence, noise)
