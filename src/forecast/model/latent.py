"""The latent panel: what a province scores in a domain in a year, before anything is published.

On the logit scale a cell is ``level[component, year] + deviation[area, component, year]``.
Levels and deviations are Gaussian with the covariances of `Variances`; everything that is
published (a score, a total, a mean, a rank) is a linear statement on the cells, or nearly so.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from scipy import linalg

from forecast.base.arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """The cells of the panel: every area x component x year that is spoken of."""

    # areas, components, years: names of the P areas, of the L components that have no children, and the T
    # years in a row
    areas: tuple[str, ...]
    components: tuple[str, ...]
    years: tuple[int, ...]
    # (L, T): chance that a component's framework or method changed, so that its level may jump: 1 where it
    # did
    breaks: Floats
    spread: Floats  # (L, T): how far areas lie apart in a component and year, relative to its usual (1)
    # first years of the frameworks whose points for the survey need not be its percent: what they are off is
    # a cell of its own, a share and the same for all areas, after the L*T others
    offsets: tuple[int, ...] = ()

    @property
    def n_scores(self) -> int:
        """Number of an area's cells that are scores: L x T, component-major."""
        return len(self.components) * len(self.years)

    @property
    def n_cells(self) -> int:
        """Number of cells of one area: scores, then offsets."""
        return self.n_scores + len(self.offsets)

    def offset(self, year: int) -> int | None:
        """Place of the offset that holds in a year; None if the survey's points are its percent."""
        started = [k for k, first in enumerate(self.offsets) if first <= year]
        return self.n_scores + started[-1] if started else None

    def cell(self, component: str, year: int) -> int:
        """Place of a component and year among the cells of one area."""
        return self.components.index(component) * len(self.years) + self.years.index(year)


@dataclass(frozen=True, slots=True)
class Variances:
    """Variances and persistence of the latent panel, on the logit scale.

    The defaults are where the search starts and what it is drawn back to.  Likeness over domains
    is near that of PAPI (0.28 by maximum likelihood on 63 provinces, eight dimensions, 2011 to 2021;
    `benchmarks.variances`).  PAPI is a survey and half of its spread is gone the year after; an appraised
    index has little such noise, and provinces keep their ranks, so deviations start steadier, most of
    all what a province's domains have in common.  Levels start with more noise than steps, as a year's
    move is partly taken back.  Chosen on target years up to 2021, see docs/decisions/0004.
    """

    spread: float = 0.6  # sd of a province's deviation in one domain
    permanent: float = 0.85  # share of that variance that lasts for good
    noise: float = 0.1  # share of the rest that is gone the year after
    persistence: float = 0.95  # correlation of what is left from year to year
    retention: float = 0.98  # share of the correlation that outlives a framework change
    alike: float = 0.25  # correlation of a province's deviations over domains
    common_permanent: float = 0.95  # as `permanent`, of what a province's domains have in common
    level_step: float = 0.12  # sd of the yearly move of a domain's national level that lasts
    level_noise: float = 0.1  # sd of what a year adds to it and the next takes back
    level_break: float = 0.30  # sd of its jump when the framework changes
    level_alike: float = 0.70  # correlation of those moves over domains
    drift: float = 0.15  # sd of the lasting yearly trend of the levels
    component_spread: tuple[float, ...] = ()  # each component's spread against `spread`
    effect_sd: tuple[float, ...] = ()  # sd of each covariate's effect, estimated apart (`effects`)

    def to_vector(self) -> Floats:
        """Put positive numbers on the log and shares on the logit scale, for the search."""
        values = np.array([getattr(self, name) for name in SCALARS])
        free = np.where(IS_SHARE, _logit(np.where(IS_SHARE, values, 0.5)), np.log(values))
        return np.concatenate([free, np.log(np.asarray(self.component_spread, dtype=float))])

    def with_vector(self, vector: Floats) -> Self:
        """Undo `to_vector`."""
        free = vector[: len(SCALARS)]
        values = np.where(IS_SHARE, 1 / (1 + np.exp(-free)), np.exp(np.where(IS_SHARE, 0.0, free)))
        scalars: dict[str, Any] = {name: float(v) for name, v in zip(SCALARS, values, strict=True)}
        return replace(self, **scalars, component_spread=tuple(np.exp(vector[len(SCALARS) :]).tolist()))


SCALARS = tuple(f.name for f in fields(Variances) if f.type is float)
START = Variances()
LEVEL_SCALARS = ("level_step", "level_noise", "level_break", "level_alike", "drift")
PAPI_SCALARS = ("alike",)  # drawn back to what PAPI says
SHARES = ("permanent", "noise", "persistence", "retention", "alike", "common_permanent", "level_alike")
IS_SHARE = np.array([name in SHARES for name in SCALARS])
# How firmly the search is drawn back to the start, as the sd of a prior on the searched scale.  Firm where a
# few wild moves of weak provinces would pass for a panel that forgets.
PRIOR_SD = {"permanent": 0.3, "persistence": 0.3, "retention": 0.3, "common_permanent": 0.3, "noise": 0.5}
PRIOR_SD |= {"alike": 0.4, "spread": 0.5, "drift": 0.3}
PRIOR_SD |= {"level_step": 0.6, "level_noise": 0.8, "level_break": 0.6, "level_alike": 0.6}
COMPONENT_PRIOR_SD = 0.4
OFFSET_SD = 0.01  # of a share: the survey's points in the index less its percent, under one framework
START_SD = 0.8  # logit sd of a domain's level in the first year: 50 to 96 percent from a middle of 84


def level_covariance(lattice: Lattice, v: Variances) -> Floats:
    """Covariance of the common levels over components and years, then of the offsets, shape (cells, cells).

    A random walk with a shrunk lasting drift, noise of one year, and one jump for every known change; the
    variance of a change that is only possible is that of a jump times its chance.
    """
    years = np.asarray(lattice.years, dtype=float)
    elapsed = years - years[0]
    centred = years - years[-1]
    in_time = np.minimum.outer(elapsed, elapsed) * v.level_step**2
    in_time += np.outer(centred, centred) * v.drift**2 + np.eye(len(years)) * v.level_noise**2
    correlation = _equicorrelation(len(lattice.components), v.level_alike)
    covariance = _over(correlation, in_time)
    covariance += _over(_equicorrelation(len(lattice.components), 0.5), np.full_like(in_time, START_SD**2))
    # (L*T, T): what a jump in each year adds to that year and all after it
    jumps = (np.sqrt(lattice.breaks)[:, None, :] * np.tri(len(years))).reshape(len(covariance), -1)
    covariance += (jumps @ jumps.T) * v.level_break**2 * _over(correlation, np.ones_like(in_time))
    return np.asarray(linalg.block_diag(covariance, OFFSET_SD**2 * np.eye(len(lattice.offsets))))


def deviation_covariance(lattice: Lattice, v: Variances) -> Floats:
    """Covariance of one area's deviations over components and years, shape (cells, cells); none in offsets.

    What its components have in common, and what each has of its own; of either a permanent part, a
    part that fades and a part of one year only.  A framework change wears down what lasts.  All areas
    share this covariance and are independent of one another given the levels.
    """
    n_components, n_years = lattice.breaks.shape
    changes, place = np.unique(lattice.breaks.cumsum(axis=1), return_inverse=True)
    kernel = (v.retention ** np.abs(np.subtract.outer(changes, changes)))[place.reshape(-1, 1), place.ravel()]
    kernel = kernel.reshape(n_components, n_years, n_components, n_years)
    gap = np.abs(np.subtract.outer(np.arange(n_years), np.arange(n_years)))[:, None, :]
    fading = kernel * ((1 - v.noise) * v.persistence**gap) + v.noise * (gap == 0)
    common = v.common_permanent * kernel + (1 - v.common_permanent) * fading
    same = np.arange(n_components)
    own = v.permanent * kernel[same, :, same] + (1 - v.permanent) * fading[same, :, same]
    covariance = v.alike * common
    covariance[same, :, same] += (1 - v.alike) * own
    own_spread = np.asarray(v.component_spread) if v.component_spread else np.ones(n_components)
    scale = v.spread * (own_spread[:, None] * lattice.spread).reshape(-1)
    covariance = np.outer(scale, scale) * covariance.reshape(len(scale), len(scale))
    return np.pad(covariance, (0, len(lattice.offsets)))


def _equicorrelation(n: int, correlation: float) -> Floats:
    return np.full((n, n), correlation) + (1 - correlation) * np.eye(n)


def _over(components: Floats, years: Floats) -> Floats:
    """Give the Kronecker product, the same bits as `numpy.kron` in a fraction of its time."""
    size = len(components) * len(years)
    return (components[:, None, :, None] * years[None, :, None, :]).reshape(size, size)


def _logit(x: Floats) -> Floats:
    return np.asarray(np.log(x / (1 - x)))
