"""The evidence model: one latent panel, conditioned at once on every published number.

A total is a weighted sum of domains, a mean an average over provinces, a rank a distance from the
mean: each is a statement on the same cells.  Scores are bounded, so cells live on the logit scale
and each statement is made linear where the posterior lies (posterior linearization: the slope and
the mean of the logistic function under the cell's own uncertainty, repeated until it settles;
Garcia-Fernandez et al. 2015).  With a few hundred statements the rest is one dense solve
(Rasmussen and Williams 2006, section 2.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize
from scipy.special import expit

from forecast.errors import TooFewYearsError
from forecast.models.latent import (
    COMPONENT_PRIOR_SD,
    LEVEL_SCALARS,
    PRIOR_SD,
    SCALARS,
    START,
    Lattice,
    Linear,
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
    area_weight : ndarray, shape (n, P)
        One for a province's own figure, 1/n for a mean, one minus the mean for a rank.
    cell_weight : ndarray, shape (n, L*T)
    value, error : ndarray, shape (n,)
        Share of the maximum, and the standard deviation of the figure's own error.
    row : ndarray of int, shape (n,)
        Which row of the scores the statement comes from.
    """

    area_weight: Floats
    cell_weight: Floats
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

    @property
    def own_area(self) -> Ints:
        """Area a statement is about, or -1 if it is about many; shape (n,)."""
        alone = (self.area_weight != 0).sum(axis=1) == 1
        return np.where(alone, self.area_weight.argmax(axis=1), -1)


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

    def fit(self, lattice: Lattice, statements: Statements) -> "FittedEvidence":
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
    """The panel given all that is published."""

    lattice: Lattice
    statements: Statements
    variances: Variances
    middle: float  # prior mean of every cell, on the logit scale
    linear: Linear
    level: Floats  # prior covariance of the levels, (L*T, L*T)
    deviation: Floats  # and of one area's deviations
    root: Floats  # lower Cholesky factor of the statements' covariance
    pull: Floats  # what each statement adds, per unit of its covariance with a cell
    common: Floats  # covariance of cells and statements through the levels, (L*T, n)
    own: Floats  # and through the deviations of an area that weighs 1

    def _cross(self, area: int, rows: Ints) -> Floats:
        """Covariance of some cells of one area with the statements, shape (len(rows), n)."""
        return np.asarray(self.common[rows] + self.own[rows] * self.linear.area_weight[:, area])

    def cells(self, area: int, cells: Sequence[int]) -> tuple[Floats, Floats]:
        """Mean and standard deviation of cells of one area on the logit scale."""
        rows = np.asarray(cells, dtype=int)
        cross = self._cross(area, rows)
        told = linalg.solve_triangular(self.root, cross.T, lower=True)
        prior = np.diag(self.level)[rows] + np.diag(self.deviation)[rows]
        return self.middle + cross @ self.pull, np.sqrt(np.maximum(prior - (told**2).sum(axis=0), 1e-12))

    def joint(self, area: Ints, cell: Ints) -> tuple[Floats, Floats]:
        """Joint mean, shape (m,), and covariance, (m, m), of cells ``(area[k], cell[k])``."""
        cross = np.empty((len(cell), len(self.statements)))
        for a in np.unique(area):
            at = np.flatnonzero(area == a)
            cross[at] = self._cross(int(a), cell[at])
        told = linalg.solve_triangular(self.root, cross.T, lower=True)
        prior = self.level[np.ix_(cell, cell)]
        prior = prior + self.deviation[np.ix_(cell, cell)] * (area[:, None] == area[None, :])
        return self.middle + cross @ self.pull, prior - told.T @ told

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
        used = self.statements.cell_weight != 0
        cells = used.sum(axis=1)
        return np.where((cells > 1) & (used[:, own].sum(axis=1) == cells), self.statements.own_area, -1)

    def _holding_sums(self, drawn: Floats, covariance: Floats, sums: Ints, own: Ints) -> Floats:
        """Move draws of one area's cells, as their covariance lets them, towards its published sums.

        A line only nearly follows the sum of bounded scores; Newton steps take up what is left.
        """
        weight, value = self.statements.cell_weight[np.ix_(sums, own)], self.statements.value[sums]
        error = np.diag(self.statements.error[sums] ** 2 + 1e-10)
        share = expit(drawn)
        slope = weight[None] * (share * (1 - share))[:, None, :]  # (n, sums, cells)
        reach = slope @ covariance
        gain = np.linalg.solve(
            reach @ slope.transpose(0, 2, 1) + error, (value - share @ weight.T)[..., None]
        )
        return np.asarray(drawn + (reach.transpose(0, 2, 1) @ gain)[..., 0])

    def weights(self, area: int, cell: int) -> Floats:
        """How far each statement moves a cell, on the logit scale; they add up to its whole move."""
        return np.asarray(self._cross(area, np.array([cell]))[0] * self.pull)

    def fitted_values(self) -> Floats:
        """What the model holds each published number to be, as a share; shape (n,)."""
        residual = self.linear.error**2 * self.pull
        return np.asarray(self.statements.value - residual)


def _middle(statements: Statements) -> float:
    """Logit of the average share that is published: where the levels are searched first."""
    whole = statements.cell_weight.sum(axis=1) * statements.area_weight.sum(axis=1)
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
        root = linalg.cholesky(linear.covariance(level, deviation), lower=True)
        pull = linalg.cho_solve((root, True), linear.value)
        common = (level @ linear.slope.T) * linear.area_weight.sum(axis=1)
        own = deviation @ linear.slope.T
        fitted = FittedEvidence(
            lattice, statements, variances, middle, linear, level, deviation, root, pull, common, own
        )
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
    size = np.abs(over)
    slope = (size / size.sum(axis=1, keepdims=True)) @ slope
    constant = (weight * (over @ share - slope * (over @ (mean - middle)))).sum(axis=1)
    # What a line cannot follow is an error of the statement; over many areas it averages out.
    bend = (weight**2 * (over**2 @ left)).sum(axis=1)
    error = np.sqrt(statements.error**2 + bend)
    return Linear(weight * slope, over, statements.value - constant, error)


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
    reach = linear.area_weight.sum(axis=1)
    areas = linear.area_weight @ linear.area_weight.T

    def loss(vector: Floats) -> tuple[float, Floats]:
        v = start.with_vector(vector)
        level, deviation = level_covariance(lattice, v), deviation_covariance(lattice, v)
        root = linalg.cholesky(linear.covariance(level, deviation), lower=True)
        pull = linalg.cho_solve((root, True), linear.value)
        off = (vector - centre) / prior_sd
        value = np.log(np.diag(root)).sum() + 0.5 * linear.value @ pull + 0.5 * off @ off
        # d loss / d S = (S^-1 - pull pull') / 2, carried back to the two small kernels.
        inverse = linalg.cho_solve((root, True), np.eye(len(pull)))
        back = 0.5 * (inverse - np.outer(pull, pull))
        on_level = linear.slope.T @ (back * np.outer(reach, reach)) @ linear.slope
        on_deviation = linear.slope.T @ (back * areas) @ linear.slope
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
