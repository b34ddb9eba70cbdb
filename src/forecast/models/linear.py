"""Linear statements on the latent panel, sorted by what they are on: one province alone, or many."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int_]


@dataclass(frozen=True, eq=False)
class Linear:
    """Gaussian statements on the latent cells: ``value = slope . cells + error``.

    Statement i is on ``sum over areas of area_weight[i, p] * sum over cells of slope[i, l] * x[p, l]``.

    Attributes
    ----------
    slope : sparse array, shape (n, L*T)
    area_weight : sparse array, shape (n, P)
    value, error : ndarray, shape (n,)
        Value with the prior mean taken out, and the standard deviation of its error.
    """

    slope: sparse.csr_array
    area_weight: sparse.csr_array
    value: Floats
    error: Floats

    @cached_property
    def groups(self) -> Groups:
        """The statements sorted by what they are on."""
        own = own_area(self.area_weight)
        n_areas = self.area_weight.shape[1]
        rows = tuple(np.flatnonzero(own == p) for p in range(n_areas))
        wide = np.flatnonzero(own == -1)
        reach = np.asarray(self.area_weight.sum(axis=1)).reshape(-1)
        weighed = (self.slope.multiply(reach[:, None])).tocsr()
        return Groups(
            rows=rows,
            slopes=tuple(weighed[r].toarray() for r in rows),
            own_slope=weighed[np.concatenate(rows)],
            wide=wide,
            wide_slope=self.slope[wide].toarray(),
            wide_weight=self.area_weight[wide].toarray(),
        )

    def only(self, rows: Ints) -> Linear:
        """Some of the statements, in the order of `rows`."""
        return Linear(self.slope[rows], self.area_weight[rows], self.value[rows], self.error[rows])

    def covariance_with(self, other: Linear, level: Floats, deviation: Floats) -> Floats:
        """Prior covariance with the statements of another, errors left out, shape (n, m)."""
        reach, beyond = (np.asarray(each.area_weight.sum(axis=1)).reshape(-1) for each in (self, other))
        both = (self.slope @ (other.slope @ level).T) * np.outer(reach, beyond)
        both += (self.slope @ (other.slope @ deviation).T) * (
            self.area_weight @ other.area_weight.T
        ).toarray()
        return np.asarray(both)

    def dense_covariance(self, level: Floats, deviation: Floats) -> Floats:
        """Covariance of the statements themselves, errors included, shape (n, n)."""
        return self.covariance_with(self, level, deviation) + np.diag(self.error**2)


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Statements by province, and those on many.

    Attributes
    ----------
    rows : tuple of P arrays of int
        Statements on one province alone.
    slopes : tuple of P arrays, shape (n_p, L*T)
        Their slopes, times the province's weight.
    own_slope : sparse array
        The same below each other.
    wide : ndarray of int, shape (k,)
        Statements on many provinces.
    wide_slope, wide_weight : ndarray, shapes (k, L*T) and (k, P)
    """

    rows: tuple[Ints, ...]
    slopes: tuple[Floats, ...]
    own_slope: sparse.csr_array
    wide: Ints
    wide_slope: Floats
    wide_weight: Floats

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
