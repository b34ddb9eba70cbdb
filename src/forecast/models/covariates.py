"""Covariates: figures of areas and years beside the scores, on a standard scale, missing ones forecast.

A covariate is itself a panel.  Its figure in an area and year is the year's mean, which moves as a random
walk with drift, plus the area's lasting part, plus a part that fades over the years.  Missing figures are
forecast from what is known of their year and area, with their own doubt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from forecast.models.ridge import two_way_level

Floats = NDArray[np.float64]

FEWEST_YEARS: Final = 3  # with any figure, before a covariate can be told from the moves of the scores
FADING: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9)  # persistence from year to year that is looked for
STILL: Final = 8.0  # moves of a year's mean that halve the mean change that is carried on, as of the scores
NOTHING: Final = 1e-6  # of the variance of a standard covariate: keeps covariances invertible


@dataclass(frozen=True, slots=True, eq=False)
class Covariates:
    """Figures beside the scores, as they were given.

    Attributes
    ----------
    areas : tuple of str
    years : tuple of int
        Consecutive; target years are among them.
    names : tuple of str
        One a covariate; a name stands again where it acts on several components of its own.
    components : tuple of str
        The component that each acts on; empty for all.
    values : ndarray, shape (A, T, K)
        NaN where not known.
    sign : ndarray, shape (K,)
        Sign expected of the effect: -1, 1, or 0 where none is.
    """

    areas: tuple[str, ...]
    years: tuple[int, ...]
    names: tuple[str, ...]
    components: tuple[str, ...]
    values: Floats
    sign: Floats

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


class LeftOut(NamedTuple):
    """A covariate that nothing can be learnt from: its name, component, and key of the reason."""

    name: str
    component: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Completed:
    """Covariates on a standard scale, without gaps; K' of the K, those that can tell anything.

    Attributes
    ----------
    kept : ndarray of int, shape (K',)
        Their places among the given ones.
    centre, scale : ndarray, shape (K',)
        ``standard = (figure - centre) / scale``; the scale is how far figures usually lie from their own
        area's mean, so an effect of one standard unit is that of a usual move.
    mean, sd : ndarray, shape (A, T, K')
        Figure, and the doubt about it, standard scale; sd is 0 where it is known.  An area without any
        figure has the year's mean and no doubt: its ordinary uncertainty covers it.
    count : ndarray of int, shape (K',)
        Figures known.
    left_out : tuple of LeftOut
    """

    areas: tuple[str, ...]
    years: tuple[int, ...]
    names: tuple[str, ...]
    components: tuple[str, ...]
    sign: Floats
    kept: NDArray[np.int_]
    centre: Floats
    scale: Floats
    mean: Floats
    sd: Floats
    count: NDArray[np.int_]
    left_out: tuple[LeftOut, ...]

    @property
    def national(self) -> Floats:
        """Year's mean over the areas less its mean over the years, shape (T, K')."""
        of_year = self.mean.mean(axis=0)
        return np.asarray(of_year - of_year.mean(axis=0))

    @property
    def provincial(self) -> Floats:
        """What is left beside the national part, shape (A, T, K')."""
        return np.asarray(self.mean - self.national)


def complete(covariates: Covariates) -> Completed:
    """Put covariates on a standard scale and forecast the missing ones; see `Completed`."""
    kept, left_out, parts = [], [], []
    for k, name in enumerate(covariates.names):
        x = covariates.values[:, :, k]
        reason = _useless(x)
        if reason:
            left_out.append(LeftOut(name, covariates.components[k], reason))
            continue
        centre, scale = float(np.nanmean(x)), _usual_distance(x)
        kept.append(k)
        parts.append((centre, scale, *_filled((x - centre) / scale), int((~np.isnan(x)).sum())))
    shape = covariates.values.shape[:2]
    mean, sd = (np.stack([p[i] for p in parts], axis=2) if parts else np.zeros((*shape, 0)) for i in (2, 3))
    return Completed(
        areas=covariates.areas,
        years=covariates.years,
        names=tuple(covariates.names[k] for k in kept),
        components=tuple(covariates.components[k] for k in kept),
        sign=covariates.sign[kept],
        kept=np.array(kept, dtype=int),
        centre=np.array([p[0] for p in parts]),
        scale=np.array([p[1] for p in parts]),
        mean=mean,
        sd=sd,
        count=np.array([p[4] for p in parts], dtype=int),
        left_out=tuple(left_out),
    )


def _useless(x: Floats) -> str:
    """Key of the reason why nothing can be learnt from the figures (A, T); empty if something can."""
    if (~np.isnan(x)).any(axis=0).sum() < FEWEST_YEARS:
        return "covariates.few_years"
    still = _usual_distance(x) <= 1e-9 * float(np.nanmax(np.abs(x)))
    return "covariates.constant" if still else ""


def _usual_distance(x: Floats) -> float:
    """Root mean square distance of the figures (A, T) from their own area's mean."""
    known = ~np.isnan(x)
    own = np.nansum(x, axis=1) / np.maximum(known.sum(axis=1), 1)
    free = int(np.maximum(known.sum(axis=1) - 1, 0).sum())
    return float(np.sqrt(np.nansum((x - own[:, None]) ** 2) / max(free, 1)))


def _filled(x: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of every figure of (A, T), by Gaussian conditioning on the known ones."""
    known = ~np.isnan(x)
    years = x.shape[1]
    if known.all():
        return x, np.zeros_like(x)
    level = two_way_level(x[:, None])[0]
    drift, step = _walk(level)
    covariance = _covariance(x - level)
    both = known[:, :, None] & known[:, None, :]
    inverse = np.linalg.inv(np.where(both, covariance, 0.0) + ~known[:, :, None] * np.eye(years))
    inverse = np.where(both, inverse, 0.0)
    moves = np.diff(np.eye(years), axis=0)
    doubt = np.linalg.inv(inverse.sum(axis=0) + moves.T @ moves / step)
    pull = np.einsum("ats,as->t", inverse, np.nan_to_num(x)) + moves.sum(axis=0) * drift / step
    year_mean = doubt @ pull
    gain = covariance @ inverse
    mean = year_mean + np.einsum("ats,as->at", gain, np.where(known, x - year_mean, 0.0))
    rest = np.eye(years) - gain
    variance = np.einsum("att->at", rest @ covariance) + np.einsum("ats,sr,atr->at", rest, doubt, rest)
    never = ~known.any(axis=1, keepdims=True)
    sd = np.where(known | never, 0.0, np.sqrt(np.maximum(variance, 0.0)))
    return np.where(known, x, mean), sd


def _walk(level: Floats) -> tuple[float, float]:
    """Drift and variance of a yearly step of the years' means (T,), from those that are known."""
    seen = np.flatnonzero(~np.isnan(level))
    gap = np.diff(seen)
    drift = float(level[seen[-1]] - level[seen[0]]) / (float(gap.sum()) + STILL)
    return drift, max(float(np.mean((np.diff(level[seen]) - gap * drift) ** 2 / gap)), NOTHING)


def _covariance(z: Floats) -> Floats:
    """Covariance over the years, (T, T), of the distances (A, T) from the years' means.

    ``lasting + fading * persistence ** lag``: least squares on the mean products of all pairs of years.
    """
    areas, years = z.shape
    known = (~np.isnan(z)).astype(float)
    lag = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    product, pairs = np.nan_to_num(z).T @ np.nan_to_num(z), known.T @ known
    count = np.bincount(lag.ravel(), pairs.ravel())
    told = np.bincount(lag.ravel(), product.ravel()) / np.maximum(count, 1)
    told *= areas / max(areas - 1, 1)  # the years' means have taken up one area's worth
    weight = np.sqrt(count)
    fits = []
    for persistence in FADING:
        shape = np.column_stack([np.ones(years), float(persistence) ** np.arange(years)])
        parts, miss = nnls(shape * weight[:, None], told * weight)
        fits.append((miss, shape @ parts))
    best = min(fits, key=lambda fit: fit[0])[1]
    return np.asarray(best[lag] + NOTHING * np.eye(years))
