"""Linear statements on the latent panel, grouped: those on one province alone, and those on many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.special import expit

from forecast.base.arrays import Floats, Ints

NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
NODE_WEIGHTS = NODE_WEIGHTS / NODE_WEIGHTS.sum()


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Covariances before anything is published of ``cell = level + deviation + design . effect``."""

    # level, deviation: (L*T, L*T): of the levels, which all areas share, and of one area's deviations
    level: Floats
    deviation: Floats
    effect: Floats  # (K,): variances of the effects, which all areas share too and which are independent
    # (P, L*T): variances of what each cell has by itself beside its deviation.  To statements on many areas,
    # over which it averages out, it is an error.
    own_variance: Floats


@dataclass(frozen=True, eq=False)
class Linear:
    """Gaussian statements on the latent cells: ``value = slope . cells + error``.

    Statement i is on ``sum over areas of area_weight[i, p] * sum over cells of slope[i, l] * x[p, l]``.
    """

    slope: sparse.csr_array
    area_weight: sparse.csr_array
    # value, error: (n,): value with the prior mean taken out, and the standard deviation of its error
    value: Floats
    error: Floats
    design: Floats  # (P, L*T, K): what one unit of an effect adds to each cell

    def in_cells(self, area: int, common: Floats) -> Floats:
        """What levels and effects below each other, shape (L*T + K, ...), are in the cells of an area."""
        n_cells, n_effects = self.design.shape[1:]
        if not n_effects:
            return common
        return np.asarray(common[:n_cells] + self.design[area] @ common[n_cells:])

    def from_cells(self, area: int, cells: Floats) -> Floats:
        """The transpose of `in_cells`: shape (L*T, ...) to (L*T + K, ...)."""
        return np.concatenate([cells, self.design[area].T @ cells]) if self.design.shape[2] else cells

    @cached_property
    def effect(self) -> Floats:
        """What one unit of each effect adds to the statements, shape (n, K)."""
        columns = np.empty((len(self.value), self.design.shape[2]))
        for k in range(columns.shape[1]):  # one at a time, as slopes and weights of areas are sparse
            columns[:, k] = self.slope.multiply(self.area_weight @ self.design[:, :, k]).sum(axis=1)
        return columns

    @cached_property
    def _by_area(self) -> sparse.csr_array:
        """Slopes of own statements in the cells of all areas, shape (n, P * L*T); others have none."""
        area, (n_areas, n_cells) = own_area(self.area_weight), self.design.shape[:2]
        reach = np.where(area >= 0, np.asarray(self.area_weight.sum(axis=1)).reshape(-1), 0.0)
        times = np.diff(self.slope.indptr)
        place = self.slope.indices + np.repeat(np.maximum(area, 0) * n_cells, times)
        data = self.slope.data * np.repeat(reach, times)
        return sparse.csr_array((data, place, self.slope.indptr), shape=(len(area), n_areas * n_cells))

    @cached_property
    def groups(self) -> Groups:
        """The statements sorted by what they are on."""
        own = own_area(self.area_weight)
        n_areas = self.area_weight.shape[1]
        rows = tuple(np.flatnonzero(own == p) for p in range(n_areas))
        wide = np.flatnonzero(own == -1)
        reach = np.asarray(self.area_weight.sum(axis=1)).reshape(-1)
        weighed = (self.slope.multiply(reach[:, None])).tocsr()
        ends = np.cumsum([len(r) for r in rows]).tolist()
        return Groups(
            rows=rows,
            own=np.repeat(np.arange(n_areas), [len(r) for r in rows]),
            parts=tuple(slice(end - len(r), end) for end, r in zip(ends, rows, strict=True)),
            slopes=tuple(weighed[r].toarray() for r in rows),
            own_slope=weighed[np.concatenate(rows)],
            wide=wide,
            wide_slope=self.slope[wide].toarray(),
            wide_weight=self.area_weight[wide].toarray(),
            wide_effect=self.effect[wide],
        )

    def only(self, rows: Ints) -> Linear:
        """Some of the statements, in the order of `rows`."""
        return replace(
            self,
            slope=self.slope[rows],
            area_weight=self.area_weight[rows],
            value=self.value[rows],
            error=self.error[rows],
        )

    def covariance_with(self, other: Linear, prior: Prior) -> Floats:
        """Prior covariance with the statements of another, errors left out, shape (n, m)."""
        reach, beyond = (np.asarray(area.area_weight.sum(axis=1)).reshape(-1) for area in (self, other))
        both = (self.slope @ (other.slope @ prior.level).T) * np.outer(reach, beyond)
        both += (self.slope @ (other.slope @ prior.deviation).T) * (
            self.area_weight @ other.area_weight.T
        ).toarray()
        if prior.own_variance.any():
            both += ((self._by_area * prior.own_variance.reshape(-1)) @ other._by_area.T).toarray()
        return np.asarray(both + (self.effect * prior.effect) @ other.effect.T)

    def dense_covariance(self, prior: Prior) -> Floats:
        """Covariance of the statements themselves, errors included, shape (n, n)."""
        return self.covariance_with(self, prior) + np.diag(self.error**2)


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Statements by province, and those on many."""

    rows: tuple[Ints, ...]  # statements on one province alone
    slopes: tuple[Floats, ...]  # (n_p, L*T): their slopes, times the province's weight
    own_slope: sparse.csr_array  # the same below each other, (N, L*T)
    own: Ints  # (N,): the province of each of those
    parts: tuple[slice, ...]  # which of them are a province's
    wide: Ints  # (k,): statements on many provinces
    wide_slope: Floats
    wide_weight: Floats
    wide_effect: Floats

    @property
    def alike(self) -> Floats | None:
        """Weights of the provinces, shape (P,), if all statements on many have the same ones."""
        weight = self.wide_weight
        return weight[0] if len(weight) and (weight == weight[0]).all() else None


def own_area(area_weight: sparse.csr_array) -> Ints:
    """Area a statement is about, or -1 if it is about many; shape (n,)."""
    count = np.diff(area_weight.indptr)
    first = np.append(area_weight.indices, -1)[np.minimum(area_weight.indptr[:-1], len(area_weight.indices))]
    return np.where(count == 1, first, -1)


def logistic_line(mean: Floats, sd: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and best slope of the logistic function under a normal, and the variance left over."""
    sd = np.maximum(sd, 1e-6)
    share = np.zeros_like(mean)
    square = np.zeros_like(mean)
    product = np.zeros_like(mean)
    for node, weight in zip(NODES, NODE_WEIGHTS, strict=True):
        value = expit(mean + sd * node)
        share += weight * value
        square += weight * value**2
        product += weight * value * node
    slope = product / sd
    return share, slope, np.maximum(square - share**2 - product**2, 0.0)
