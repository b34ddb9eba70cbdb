"""The evidence model: one latent panel, conditioned at once on every published number.

A total is a weighted sum of domains, a mean an average over provinces, a rank a distance from the
mean: each is a statement on the same cells.  Scores are bounded, so cells live on the logit scale
and each statement is made linear where the posterior lies (posterior linearization: the slope and
the mean of the logistic function under the cell's own uncertainty, repeated until it settles;
Garcia-Fernandez et al. 2015).  The rest is Gaussian conditioning (`conditioning`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, sparse
from scipy.special import expit

from forecast.errors import TooFewYearsError
from forecast.models.conditioning import Conditioned, Linear, condition, own_area
from forecast.models.latent import (
    COMPONENT_PRIOR_SD,
    LEVEL_SCALARS,
    PRIOR_SD,
    SCALARS,
    START,
    Lattice,
    Variances,
    deviation_covariance,
    level_covariance,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int_]
Flags = NDArray[np.bool_]

ROUNDS = 2  # of linearization, before and after each search
SEARCHES = 2
HOLDS = 5  # Newton steps that move draws onto the published sums
TAIL_DF = 8  # degrees of freedom of the draws: variances are themselves estimates
MIN_STATEMENTS = 3
JITTER = 1e-8  # of a logit squared: cells that are published to the last digit have no variance left
NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
NODE_WEIGHTS = NODE_WEIGHTS / NODE_WEIGHTS.sum()


@dataclass(frozen=True, slots=True, eq=False)
class Statements:
    """Published numbers as statements on shares of the maximum.

    Statement i says ``value = sum_p area_weight[i, p] * sum_l cell_weight[i, l] * share[p, l] + error``.

    Attributes
    ----------
    area_weight : sparse array, shape (n, P)
        One for a province's own figure, 1/n for a mean, one minus the mean for a rank.
    cell_weight : sparse array, shape (n, L*T)
    value, error : ndarray, shape (n,)
        Share of the maximum, and the standard deviation of the figure's own error.
    row : ndarray of int, shape (n,)
        Which row of the scores the statement comes from.
    """

    area_weight: sparse.csr_array
    cell_weight: sparse.csr_array
    value: Floats
    error: Floats
    row: Ints

    def __len__(self) -> int:
        return len(self.value)

    def by_row(self, values: Floats, n_rows: int) -> Floats:
        """Put one value per statement on the rows of the scores; NaN on rows without a statement."""
        placed = np.full(n_rows, np.nan)
        placed[self.row] = values
        return placed


@dataclass(frozen=True, slots=True)
class Evidence:
    """Recipe of the evidence model.

    Attributes
    ----------
    start : Variances
        Where the search for the variances starts and what it is drawn back to.
    search : bool
        Estimate the variances (maximum a posteriori); False takes `start` as it is.
    """

    name: str = "evidence"
    start: Variances = START
    search: bool = True

    def fit(self, lattice: Lattice, statements: Statements) -> FittedEvidence:
        """Condition the panel on the statements.

        Raises
        ------
        TooFewYearsError
            If there are fewer than three statements.
        """
        if len(statements) < MIN_STATEMENTS:
            raise TooFewYearsError.of(self.name, MIN_STATEMENTS, len(statements))
        spread = self.start.component_spread or (1.0,) * len(lattice.components)
        start = Variances(**{name: getattr(self.start, name) for name in SCALARS}, component_spread=spread)
        middle = _middle(statements)
        if not self.search:
            return _settle(lattice, statements, start, middle, rounds=ROUNDS * (1 + SEARCHES))
        fitted = _settle(lattice, statements, start, middle, rounds=ROUNDS)
        for _ in range(SEARCHES):
            variances = _search(lattice, fitted.linear, start, begin=fitted.variances)
            fitted = _settle(lattice, statements, variances, middle, rounds=ROUNDS, origin=fitted)
        return fitted


@dataclass(frozen=True, slots=True, eq=False)
class FittedEvidence:
    """The panel given all that is published.

    Attributes
    ----------
    middle : float
        Prior mean of every cell, on the logit scale.
    level, deviation : ndarray, shape (L*T, L*T)
        Prior covariance of the levels, and of one area's deviations.
    """

    lattice: Lattice
    statements: Statements
    variances: Variances
    middle: float
    level: Floats
    deviation: Floats
    posterior: Conditioned

    @property
    def linear(self) -> Linear:
        """The statements as lines."""
        return self.posterior.linear

    def cells(self, area: int, cells: Sequence[int]) -> tuple[Floats, Floats]:
        """Mean and standard deviation of cells of one area on the logit scale."""
        rows = np.asarray(cells, dtype=int)
        variance = self.posterior.variance(area, rows)
        return self.middle + self.posterior.mean[area, rows], np.sqrt(np.maximum(variance, 1e-12))

    def joint(self, area: Ints, cell: Ints) -> tuple[Floats, Floats]:
        """Joint mean, shape (m,), and covariance, (m, m), of cells ``(area[k], cell[k])``."""
        return self.middle + self.posterior.mean[area, cell], self.posterior.covariance(area, cell)

    def draws(
        self, years: Sequence[int], n: int, rng: np.random.Generator, *, areas: Sequence[int] | None = None
    ) -> Floats:
        """Joint draws of every cell of some years, as shares of the maximum; shape (n, P, L, Y).

        `areas` restricts them to some areas.

        Multivariate t on the logit scale, with one scale factor per draw, so that a wide draw is
        wide in every domain.  Then each area's published sums are made to hold exactly.
        """
        n_years = len(self.lattice.years)
        at = [self.lattice.years.index(year) for year in years]
        own = np.concatenate([[c * n_years + t for t in at] for c in range(len(self.lattice.components))])
        wanted = np.arange(len(self.lattice.areas)) if areas is None else np.asarray(areas, dtype=int)
        n_areas = len(wanted)
        mean, covariance = self.joint(np.repeat(wanted, len(own)), np.tile(own, n_areas))
        root = linalg.cholesky(covariance + JITTER * np.eye(len(mean)), lower=True)
        # Long tails, with the variance of the posterior.
        scale = np.sqrt((TAIL_DF - 2) / rng.chisquare(TAIL_DF, size=(n, 1)))
        drawn = mean + scale * (rng.standard_normal((n, len(mean))) @ root.T)
        about = self._sums_of(own)
        for k, area in enumerate(wanted):
            here = slice(k * len(own), (k + 1) * len(own))
            sums = np.flatnonzero(about == area)
            for _ in range(HOLDS if len(sums) else 0):
                drawn[:, here] = self._holding_sums(drawn[:, here], covariance[here, here], sums, own)
        return np.asarray(expit(drawn).reshape(n, n_areas, len(self.lattice.components), len(years)))

    def _sums_of(self, own: Ints) -> Ints:
        """Area whose sum of several of the cells `own` a statement is, or -1; shape (n,)."""
        weight = self.statements.cell_weight
        cells = np.diff(weight.indptr)
        within = np.diff(weight[:, own].tocsr().indptr) == cells
        return np.where((cells > 1) & within, own_area(self.statements.area_weight), -1)

    def _holding_sums(self, drawn: Floats, covariance: Floats, sums: Ints, own: Ints) -> Floats:
        """Move draws of one area's cells, as their covariance lets them, towards its published sums.

        A line only nearly follows the sum of bounded scores; Newton steps take up what is left.
        """
        weight, value = self.statements.cell_weight[sums][:, own].toarray(), self.statements.value[sums]
        error = np.diag(self.statements.error[sums] ** 2 + 1e-10)
        share = expit(drawn)
        slope = weight[None] * (share * (1 - share))[:, None, :]  # (n, sums, cells)
        reach = slope @ covariance
        gain = np.linalg.solve(
            reach @ slope.transpose(0, 2, 1) + error, (value - share @ weight.T)[..., None]
        )
        return np.asarray(drawn + (reach.transpose(0, 2, 1) @ gain)[..., 0])

    def cross(self, area: int, cells: Sequence[int]) -> Floats:
        """Prior covariance of some cells of one area with the statements, shape (m, n)."""
        slope, weight = self.linear.slope, self.linear.area_weight
        rows = np.asarray(cells, dtype=int)
        reach = np.asarray(weight.sum(axis=1)).reshape(-1)
        own = weight[:, [area]].toarray().reshape(-1)
        return np.asarray((slope @ self.level[:, rows]).T * reach + (slope @ self.deviation[:, rows]).T * own)

    def weights(self, area: int, cell: int) -> Floats:
        """How far each statement moves a cell, on the logit scale; they add up to its whole move."""
        return np.asarray(self.cross(area, [cell])[0] * self.posterior.pull)

    def fitted_values(self) -> Floats:
        """What the model holds each published number to be, as a share; shape (n,)."""
        residual = self.linear.error**2 * self.posterior.pull
        return np.asarray(self.statements.value - residual)


def _middle(statements: Statements) -> float:
    """Logit of the average share that is published: where the levels are searched first."""
    whole = np.asarray(statements.cell_weight.sum(axis=1)) * np.asarray(statements.area_weight.sum(axis=1))
    use = np.abs(whole - 1) < 0.05
    share = statements.value[use].mean() if use.any() else 0.5
    share = float(np.clip(share, 0.05, 0.95))
    return float(np.log(share / (1 - share)))


def _settle(
    lattice: Lattice,
    statements: Statements,
    variances: Variances,
    middle: float,
    *,
    rounds: int,
    origin: FittedEvidence | None = None,
) -> FittedEvidence:
    """Make the statements linear and condition on them, `rounds` times."""
    level = level_covariance(lattice, variances)
    deviation = deviation_covariance(lattice, variances)
    fitted = origin
    for _ in range(rounds):
        linear = _linearize(lattice, statements, level, deviation, middle, fitted)
        posterior = condition(linear, level, deviation)
        fitted = FittedEvidence(lattice, statements, variances, middle, level, deviation, posterior)
    if fitted is None:
        raise ValueError("rounds must be at least 1")
    return fitted


def _linearize(
    lattice: Lattice,
    statements: Statements,
    level: Floats,
    deviation: Floats,
    middle: float,
    fitted: FittedEvidence | None,
) -> Linear:
    """Replace the logistic function in each statement by its best line under what is known."""
    shape = (len(lattice.areas), lattice.n_cells)
    if fitted is None:
        mean = np.full(shape, middle)
        sd = np.tile(np.sqrt(np.minimum(np.diag(level), 1.0) + np.diag(deviation)), (shape[0], 1))
    else:
        known = [fitted.cells(area, range(lattice.n_cells)) for area in range(shape[0])]
        mean, sd = np.stack([m for m, _ in known]), np.stack([s for _, s in known])
    share, slope, left = _line(mean, sd)
    over, weight = statements.area_weight, statements.cell_weight
    # Of every weight that is not 0: its statement, its cell, and the line there, averaged over areas.
    statement, cell = (
        np.repeat(np.arange(len(statements)), np.diff(weight.indptr)),
        weight.indices.astype(int),
    )
    size = abs(over)
    mean_slope = _at(size, slope, statement, cell) / np.asarray(size.sum(axis=1)).reshape(-1)[statement]
    reach = _at(over, mean - middle, statement, cell)
    part = weight.data * (_at(over, share, statement, cell) - mean_slope * reach)
    # What a line cannot follow is an error of the statement; over many areas it averages out.
    bend = weight.data**2 * _at(over.power(2), left, statement, cell)
    constant, bent = (np.bincount(statement, x, minlength=len(statements)) for x in (part, bend))
    line = sparse.csr_array((weight.data * mean_slope, weight.indices, weight.indptr), shape=weight.shape)
    return Linear(line, over, statements.value - constant, np.sqrt(statements.error**2 + bent))


def _at(over: sparse.csr_array, values: Floats, statement: Ints, cell: Ints) -> Floats:
    """Entries ``(statement[j], cell[j])`` of ``over @ values``; of single areas no product is formed."""
    area = own_area(over)
    wide = np.flatnonzero(area == -1)
    single = np.asarray(over.sum(axis=1)).reshape(-1)
    entries = single[statement] * values[area[statement], cell]
    place = np.full(len(area), -1)
    place[wide] = np.arange(len(wide))
    of_many = place[statement] >= 0
    entries[of_many] = (over[wide] @ values)[place[statement[of_many]], cell[of_many]]
    return np.asarray(entries)


def _line(mean: Floats, sd: Floats) -> tuple[Floats, Floats, Floats]:
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


def _search(lattice: Lattice, linear: Linear, start: Variances, begin: Variances) -> Variances:
    """Maximum a posteriori variances for statements that are linear already."""
    centre = start.to_vector()
    prior_sd = np.array([PRIOR_SD[name] for name in SCALARS] + [COMPONENT_PRIOR_SD] * len(lattice.components))

    def loss(vector: Floats) -> tuple[float, Floats]:
        v = start.with_vector(vector)
        level, deviation = level_covariance(lattice, v), deviation_covariance(lattice, v)
        posterior = condition(linear, level, deviation)
        off = (vector - centre) / prior_sd
        value = 0.5 * off @ off - posterior.log_density
        on_level, on_deviation = posterior.gradients()
        gradient = off / prior_sd
        for k, name in enumerate(SCALARS):
            moved = vector.copy()
            moved[k] += 1e-5
            other = start.with_vector(moved)
            if name in LEVEL_SCALARS:
                gradient[k] += (on_level * (level_covariance(lattice, other) - level)).sum() / 1e-5
            else:
                gradient[k] += (
                    on_deviation * (deviation_covariance(lattice, other) - deviation)
                ).sum() / 1e-5
        by_cell = (on_deviation * deviation).sum(axis=1).reshape(len(lattice.components), -1)
        gradient[len(SCALARS) :] += 2 * by_cell.sum(axis=1)
        return float(value), gradient

    bounds = [(c - 4 * s, c + 4 * s) for c, s in zip(centre, prior_sd, strict=True)]
    found = optimize.minimize(
        loss,
        begin.to_vector(),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 40, "ftol": 1e-6},
    )
    return start.with_vector(found.x)
