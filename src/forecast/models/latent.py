"""The latent panel: what a province scores in a domain in a year, before anything is published.

On the logit scale a cell is ``level[component, year] + deviation[area, component, year]``.
Levels and deviations are Gaussian with the covariances of `Variances`; everything that is
published (a score, a total, a mean, a rank) is a linear statement on the cells, or nearly so.
"""

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """The cells of the panel: every area x component x year that is spoken of.

    Attributes
    ----------
    areas, components, years : tuple
        Names of the P areas, of the L components that have no children, and the T years in a row.
    breaks : ndarray of bool, shape (L, T)
        True where a component's level may jump as its framework or method changed.
    spread : ndarray, shape (T,)
        How far areas lie apart in a year, relative to the usual (1).
    """

    areas: tuple[str, ...]
    components: tuple[str, ...]
    years: tuple[int, ...]
    breaks: Flags
    spread: Floats

    @property
    def n_cells(self) -> int:
        """Number of cells of one area: L x T, component-major."""
        return len(self.components) * len(self.years)

    def cell(self, component: str, year: int) -> int:
        """Place of a component and year among the cells of one area."""
        return self.components.index(component) * len(self.years) + self.years.index(year)


@dataclass(frozen=True, slots=True)
class Variances:
    """Variances and persistence of the latent panel, on the logit scale.

    The defaults are where the search starts and what it is drawn back to.  Likeness over domains
    and retention are near those of PAPI (0.28 and 0.90 by maximum likelihood on 63 provinces,
    eight dimensions, 2011 to 2021; `benchmarks.variances`); drift is a cautious 0.034, where PAPI has none
    beside its yearly steps.  PAPI is a survey and half of its spread is gone the year after; an
    appraised index has no such noise, so `noise`, `permanent` and `persistence` start steadier.
    Sizes start wide.  Chosen on target years up to 2021, see docs/decisions.
    """

    spread: float = 0.6  # sd of a province's deviation in one domain
    permanent: float = 0.45  # share of that variance that lasts for good
    noise: float = 0.05  # share of the rest that is gone the year after
    persistence: float = 0.85  # correlation of what is left from year to year
    retention: float = 0.95  # share of the correlation that outlives a framework change
    alike: float = 0.25  # correlation of a province's deviations over domains
    level_step: float = 0.20  # sd of the yearly move of a domain's national level
    level_break: float = 0.30  # sd of its jump when the framework changes
    level_alike: float = 0.50  # correlation of those moves over domains
    drift: float = 0.034  # sd of the lasting yearly trend of the levels
    component_spread: tuple[float, ...] = ()  # each component's spread against `spread`

    def to_vector(self) -> Floats:
        """Put positive numbers on the log and shares on the logit scale, for the search."""
        values = np.array([getattr(self, name) for name in SCALARS])
        free = np.where(IS_SHARE, _logit(np.where(IS_SHARE, values, 0.5)), np.log(values))
        return np.concatenate([free, np.log(np.asarray(self.component_spread, dtype=float))])

    def with_vector(self, vector: Floats) -> Self:
        """Undo `to_vector`."""
        free = vector[: len(SCALARS)]
        values = np.where(IS_SHARE, 1 / (1 + np.exp(-free)), np.exp(np.where(IS_SHARE, 0.0, free)))
        scalars = {name: float(v) for name, v in zip(SCALARS, values, strict=True)}
        return replace(self, **scalars, component_spread=tuple(np.exp(vector[len(SCALARS) :]).tolist()))


SCALARS = tuple(f.name for f in fields(Variances) if f.name != "component_spread")
START = Variances()
LEVEL_SCALARS = ("level_step", "level_break", "level_alike", "drift")
PAPI_SCALARS = ("retention", "alike")  # drawn back to what PAPI says
IS_SHARE = np.array(
    [name in ("permanent", "noise", "persistence", "retention", "alike", "level_alike") for name in SCALARS]
)
# How firmly the search is drawn back to the start, as the sd of a prior on the searched scale.
PRIOR_SD = {"permanent": 0.5, "noise": 0.5, "persistence": 0.5, "retention": 0.5, "alike": 0.4}
PRIOR_SD |= {"level_alike": 0.4, "spread": 0.5, "level_step": 0.4, "level_break": 0.4, "drift": 0.3}
COMPONENT_PRIOR_SD = 0.4
START_SD = 0.8  # logit sd of a domain's level in the first year: 50 to 96 percent from a middle of 84


def level_covariance(lattice: Lattice, v: Variances) -> Floats:
    """Covariance of the common levels over components and years, shape (L*T, L*T).

    A random walk with a shrunk lasting drift, and one jump for every known change.
    """
    years = np.asarray(lattice.years, dtype=float)
    elapsed = years - years[0]
    walk = np.minimum.outer(elapsed, elapsed) * v.level_step**2
    centred = years - years[-1]
    trend = np.outer(centred, centred) * v.drift**2
    alike = _equicorrelation(len(lattice.components), v.level_alike)
    covariance = np.kron(alike, walk + trend)
    covariance += np.kron(_equicorrelation(len(lattice.components), 0.5), np.full_like(walk, START_SD**2))
    for k in np.flatnonzero(lattice.breaks.any(axis=0)):
        after = (lattice.breaks[:, [k]] & (np.arange(len(years)) >= k)).astype(float)  # (L, T)
        jump = after.reshape(-1) * v.level_break
        covariance += np.outer(jump, jump) * np.kron(alike, np.ones_like(walk))
    return covariance


def deviation_covariance(lattice: Lattice, v: Variances) -> Floats:
    """Covariance of one area's deviations over components and years, shape (L*T, L*T).

    A permanent part, a part that fades, a part of one year only; a framework change wears down
    what lasts.  All areas share it and are independent of one another given the levels.
    """
    n_components, n_years = lattice.breaks.shape
    year = np.tile(np.arange(n_years), n_components)
    changes = lattice.breaks.cumsum(axis=1).reshape(-1)
    kept = v.retention ** np.abs(changes[:, None] - changes[None, :])
    gap = np.abs(year[:, None] - year[None, :])
    fading = (1 - v.permanent) * (1 - v.noise)
    in_time = kept * (v.permanent + fading * v.persistence**gap)
    in_time += (1 - v.permanent) * v.noise * (gap == 0)
    alike = _equicorrelation(n_components, v.alike)
    scale = v.spread * np.outer(_component_spread(v, n_components), lattice.spread).reshape(-1)
    in_space = np.repeat(np.repeat(alike, n_years, 0), n_years, 1)
    return np.asarray(np.outer(scale, scale) * in_space * in_time)


def _component_spread(v: Variances, n_components: int) -> Floats:
    return np.asarray(v.component_spread) if v.component_spread else np.ones(n_components)


def _equicorrelation(n: int, correlation: float) -> Floats:
    return np.full((n, n), correlation) + (1 - correlation) * np.eye(n)


def _logit(x: Floats) -> Floats:
    return np.asarray(np.log(x / (1 - x)))
