"""The latent panel given all that is published: the statements, and what they say of every cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from forecast.base.arrays import Flags, Floats, Ints
from forecast.model.cell_effects import CellEffects
from forecast.model.conditioning import FLOOR, Conditioned
from forecast.model.latent import Lattice, Variances
from forecast.model.linear import Linear, Prior, own_area
from forecast.model.standing import Standing


@dataclass(frozen=True, slots=True, eq=False)
class Statements:
    """Published numbers as statements on shares of the maximum.

    Statement i says ``value = sum_p area_weight[i, p] * sum_l cell_weight[i, l] * share[p, l] + error``.
    """

    # (n, P): one for a province's own figure, 1/n for a mean, one minus the mean for a rank
    area_weight: sparse.csr_array
    cell_weight: sparse.csr_array
    # value, error: (n,): share of the maximum, and the standard deviation of the figure's own error
    value: Floats
    error: Floats
    row: Ints  # (n,): which row of the scores the statement comes from
    # how areas stand to each other in the years of which enough is published
    standings: tuple[Standing, ...] = ()
    # (n,): statements that were made, not published: draws hold them with their error
    loose: Flags | None = None

    def __len__(self) -> int:
        return len(self.value)

    def scored(self, lattice: Lattice, components: Sequence[str]) -> set[tuple[str, int]]:
        """Areas and years with a figure of their own on nothing but these components, or one of them."""
        years = len(lattice.years)
        area = np.repeat(own_area(self.area_weight), np.diff(self.cell_weight.indptr))
        row = np.repeat(np.arange(len(self)), np.diff(self.cell_weight.indptr))
        cell = self.cell_weight.indices
        own = (area >= 0) & (cell < lattice.n_scores)
        area, row, cell = area[own], row[own], cell[own]
        other = ~np.isin(lattice.components, components)[cell // years]
        alone = ~np.isin(row, row[other])
        pairs = zip(area[alone], cell[alone] % years, strict=True)
        return {(lattice.areas[a], lattice.years[t]) for a, t in pairs}

    def by_row(self, values: Floats, n_rows: int) -> Floats:
        """Put one value per statement on the rows of the scores; NaN on rows without a statement."""
        placed = np.full(n_rows, np.nan)
        placed[self.row] = values
        return placed


@dataclass(frozen=True, eq=False)
class FittedEvidence:
    """The panel given all that is published."""

    lattice: Lattice
    statements: Statements
    effects: CellEffects
    variances: Variances
    middle: float  # prior mean of every score, on the logit scale, before covariates
    # (K,): prior means of the covariates' effects, of provincial and of national parts
    effect_mean: tuple[Floats, Floats]
    centre: Floats  # (P, cells): prior mean of every cell: `middle`, and what covariates let expect
    # (P, cells): mean and standard deviation of every cell at which the statements were made linear
    point: tuple[Floats, Floats]
    posterior: Conditioned

    @property
    def linear(self) -> Linear:
        """The statements as lines."""
        return self.posterior.linear

    @property
    def prior(self) -> Prior:
        """Covariances of the cells before anything was published."""
        return self.posterior.prior

    def cells(self, area: int, cells: Sequence[int]) -> tuple[Floats, Floats]:
        """Mean and standard deviation of cells of one area on the logit scale."""
        rows = np.asarray(cells, dtype=int)
        variance = self.posterior.variance(area, rows)
        mean = self.centre[area, rows] + self.posterior.mean[area, rows]
        return mean, np.sqrt(np.maximum(variance, 1e-12))

    @cached_property
    def every_cell(self) -> tuple[Floats, Floats]:
        """The same of all cells of all areas, shape (P, cells) each."""
        known = [self.cells(area, range(self.lattice.n_cells)) for area in range(len(self.lattice.areas))]
        return np.stack([mean for mean, _ in known]), np.stack([sd for _, sd in known])

    def joint(self, area: Ints, cell: Ints) -> tuple[Floats, Floats, Floats]:
        """Joint mean, shape (m,), of cells ``(area[k], cell[k])``, and their covariance in two parts.

        ``common @ common'``, with common of shape (m, Q), is what the doubt about levels and effects adds;
        the rest, (m, m), is each area's own, less what statements on many areas tell.
        """
        common, own = self.posterior.covariance_of(area, cell)
        mean = self.centre[area, cell] + self.posterior.mean[area, cell]
        return mean, common, own

    def national_effects(self) -> tuple[Floats, Floats]:
        """Posterior mean and standard deviation of the covariates' national effects, shape (K,) each."""
        n, national = self.lattice.n_cells, self.effects.national
        variance = self.effects.sd(self.variances, np.ones(len(self.effects.names)))[1] ** 2
        levels, root = self.posterior.common_mean[:n], self.posterior.common_root[:, :n]
        gain = np.linalg.solve(self.prior.level + FLOOR * np.eye(n), national * variance)  # (cells, K)
        posterior_variance = (
            variance - (national * variance * gain).sum(axis=0) + ((root @ gain) ** 2).sum(axis=0)
        )
        return self.effect_mean[1] + gain.T @ levels, np.sqrt(np.maximum(posterior_variance, 0.0))

    def cross(self, area: int, cells: Sequence[int]) -> Floats:
        """Prior covariance of some cells of one area with the statements, shape (m, n)."""
        slope, weight, prior = self.linear.slope, self.linear.area_weight, self.prior
        rows = np.asarray(cells, dtype=int)
        reach = np.asarray(weight.sum(axis=1)).reshape(-1)
        own = weight[:, [area]].toarray().reshape(-1)
        scores = (slope @ prior.level[:, rows]).T * reach + (slope @ prior.deviation[:, rows]).T * own
        by_itself = prior.own_variance[area, rows][:, None] * slope[:, rows].T.multiply(
            own * (own_area(weight) == area)
        )
        by_effects = (self.effects.design[area, rows] * prior.effect) @ self.linear.effect.T
        return np.asarray(scores + by_itself + by_effects)

    def weights(self, area: int, cell: int) -> Floats:
        """How far each statement moves a cell, on the logit scale; they add up to its whole move."""
        return np.asarray(self.cross(area, [cell])[0] * self.posterior.pull)
