"""The evidence model: one latent panel, conditioned at once on every published number.

A total is a weighted sum of domains, a mean an average over provinces, a rank a distance from the
mean: each is a statement on the same cells.  Scores are bounded, so cells live on the logit scale
and each statement is made linear where the posterior lies (posterior linearization: the slope and
the mean of the logistic function under the cell's own uncertainty, repeated until it settles;
Garcia-Fernandez et al. 2015).  The rest is Gaussian conditioning (`conditioning`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.special import expit

from forecast.base.arrays import Flags, Floats, Ints
from forecast.base.errors import TooFewYearsError
from forecast.model.cell_effects import EFFECT_START, CellEffects, no_effects
from forecast.model.conditioning import FLOOR, Conditioned, condition
from forecast.model.joint_draws import JointDraws, joint_draws
from forecast.model.latent import START, Lattice, Variances, deviation_covariance, level_covariance
from forecast.model.linear import Linear, Prior, logistic_line, own_area
from forecast.model.standing import Standing
from forecast.model.variance_search import search_variances, supported_effects

ROUNDS = 2  # of linearization, before and after each search
SEARCHES = 2
MIN_STATEMENTS = 3
WIDE = 0.3  # logits: standard deviation of a cell from which on its lines are drawn halfway


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


@dataclass(frozen=True, slots=True)
class Evidence:
    """Recipe of the evidence model."""

    name: str = "evidence"
    start: Variances = START  # where the search for the variances starts and what it is drawn back to
    search: bool = True  # estimate the variances (maximum a posteriori); False takes `start` as it is

    def fit(
        self, lattice: Lattice, statements: Statements, effects: CellEffects | None = None
    ) -> FittedEvidence:
        """Condition the panel on the statements, with the effects of covariates if there are any.

        Raises TooFewYearsError if there are fewer than three statements.
        """
        if len(statements) < MIN_STATEMENTS:
            raise TooFewYearsError.of(self.name, MIN_STATEMENTS, len(statements))
        spread = self.start.component_spread or (1.0,) * len(lattice.components)
        effects_used = no_effects(lattice) if effects is None else effects
        sd = self.start.effect_sd or (EFFECT_START,) * effects_used.n_learnt
        start = replace(self.start, component_spread=spread, effect_sd=sd)
        panel = _Panel(lattice, statements, effects_used, _middle(lattice, statements))
        if not self.search:
            return _settle(panel, start, rounds=ROUNDS * (1 + SEARCHES))
        fitted = _settle(panel, start, rounds=ROUNDS)
        for _ in range(SEARCHES):
            fitted = _settle(panel, search_variances(fitted, start), rounds=ROUNDS, origin=fitted)
            if effects_used.n_learnt:
                variances = replace(fitted.variances, effect_sd=supported_effects(fitted))
                fitted = _settle(panel, variances, rounds=1, origin=fitted)
        return fitted


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """What stays the same while variances are sought."""

    lattice: Lattice
    statements: Statements
    effects: CellEffects
    middle: float


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

    def draws(
        self, years: Sequence[int], n: int, rng: np.random.Generator, *, areas: Sequence[int] | None = None
    ) -> JointDraws:
        """Joint draws of every cell of some years, as `joint_draws` gives them; `areas` restricts them."""
        return joint_draws(self, years, n, rng, range(len(self.lattice.areas)) if areas is None else areas)

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


def _middle(lattice: Lattice, statements: Statements) -> float:
    """Logit of the average share that is published: where the levels are searched first."""
    scores = statements.cell_weight[:, : lattice.n_scores]
    whole = np.asarray(scores.sum(axis=1)) * np.asarray(statements.area_weight.sum(axis=1))
    use = np.abs(whole - 1) < 0.05
    share = statements.value[use].mean() if use.any() else 0.5
    share = float(np.clip(share, 0.05, 0.95))
    return float(np.log(share / (1 - share)))


def _settle(
    panel: _Panel, variances: Variances, *, rounds: int, origin: FittedEvidence | None = None
) -> FittedEvidence:
    """Make the statements linear and condition on them, `rounds` times."""
    lattice, effects = panel.lattice, panel.effects
    covariances = level_covariance(lattice, variances), deviation_covariance(lattice, variances)
    year = np.arange(lattice.n_cells) % len(lattice.years)
    fitted = origin
    for _ in range(rounds):
        slope = _usual_slope(panel, fitted)
        sd = effects.sd(variances, slope)
        own, of_level = means = effects.mean(sd, slope)
        centre = np.full((len(lattice.areas), lattice.n_cells), panel.middle)
        centre[:, lattice.n_scores :] = 0.0
        centre += effects.design @ own + effects.national @ of_level
        squares = own**2 + sd[0] ** 2, of_level**2 + sd[1] ** 2
        if fitted is not None:
            squares = _squares(fitted, own)
        # A covariate that is forecast itself is one more unknown of its cells: its doubt times the effect.
        unknown = (effects.national_doubt * squares[1]) @ effects.national_doubt.T
        level = covariances[0] + (effects.national * sd[1] ** 2) @ effects.national.T
        level += unknown * np.equal.outer(year, year)
        prior = Prior(level, covariances[1], sd[0] ** 2, effects.doubt**2 @ squares[0])
        point = _point(prior, centre, fitted)
        posterior = condition(_linearize(panel, centre, prior.own_variance, point), prior)
        fitted = FittedEvidence(
            lattice, panel.statements, effects, variances, panel.middle, means, centre, point, posterior
        )
    if fitted is None:
        raise ValueError("rounds must be at least 1")
    return fitted


def _squares(fitted: FittedEvidence, own: Floats) -> tuple[Floats, Floats]:
    """Mean squares of provincial effects, with prior means `own`, and of national ones, (K,) each."""
    shift, root = fitted.posterior.effects
    mean, sd = fitted.national_effects()
    return (own + shift) ** 2 + (root**2).sum(axis=1), mean**2 + sd**2


def _usual_slope(panel: _Panel, fitted: FittedEvidence | None) -> Floats:
    """Derivative of a share in its logit in the last year, by covariate, shape (K,)."""
    lattice, effects = panel.lattice, panel.effects
    if fitted is None:
        share = np.full((len(lattice.areas), lattice.n_cells), expit(panel.middle))
    else:
        share = expit(fitted.centre + fitted.posterior.mean)
    bend = (share * (1 - share)).mean(axis=0)
    weights = (effects.design**2).sum(axis=0) + effects.national**2  # (cells, K)
    return np.asarray(bend @ weights / np.maximum(weights.sum(axis=0), 1e-300))


def _point(prior: Prior, centre: Floats, fitted: FittedEvidence | None) -> tuple[Floats, Floats]:
    """Mean and standard deviation of every cell, (P, cells) each, at which the next lines are drawn.

    Of wide cells halfway from those before to the posterior, as all the way they swing from round to round.
    """
    if fitted is None:
        variance = np.minimum(np.diag(prior.level), 1.0) + np.diag(prior.deviation) + prior.own_variance
        return centre, np.sqrt(variance)
    (mean, sd), (new_mean, new_sd) = fitted.point, fitted.every_cell
    back = np.minimum(new_sd / WIDE, 1.0) / 2
    return new_mean + back * (mean - new_mean), new_sd + back * (sd - new_sd)


def _linearize(panel: _Panel, centre: Floats, own_variance: Floats, point: tuple[Floats, Floats]) -> Linear:
    """Replace the logistic function in each statement by its best line under what is known."""
    statements, n_scores, mean = panel.statements, panel.lattice.n_scores, point[0]
    share, slope, left = logistic_line(*point)
    share[:, n_scores:], slope[:, n_scores:], left[:, n_scores:] = mean[:, n_scores:], 1.0, 0.0  # offsets
    over, weight = statements.area_weight, statements.cell_weight
    # Of every weight that is not 0: its statement, its cell, and the line there, averaged over areas.
    statement, cell = (
        np.repeat(np.arange(len(statements)), np.diff(weight.indptr)),
        weight.indices.astype(int),
    )
    size = abs(over)
    mean_slope = _at(size, slope, statement, cell) / np.asarray(size.sum(axis=1)).reshape(-1)[statement]
    reach = _at(over, mean - centre, statement, cell)
    part = weight.data * (_at(over, share, statement, cell) - mean_slope * reach)
    # What a line cannot follow is an error of the statement; over many areas it averages out.
    bend = weight.data**2 * _at(over.power(2), left, statement, cell)
    if own_variance.any():
        many = (own_area(over) < 0)[statement]
        bend += many * weight.data**2 * _at(over.power(2), slope**2 * own_variance, statement, cell)
    constant, bent = (np.bincount(statement, x, minlength=len(statements)) for x in (part, bend))
    line = sparse.csr_array((weight.data * mean_slope, weight.indices, weight.indptr), shape=weight.shape)
    error = np.sqrt(statements.error**2 + bent)
    return Linear(line, over, statements.value - constant, error, panel.effects.design)


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
