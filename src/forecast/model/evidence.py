"""The evidence model: one latent panel, conditioned at once on every published number.

A total is a weighted sum of domains, a mean an average over provinces, a rank a distance from the
mean: each is a statement on the same cells.  Scores are bounded, so cells live on the logit scale
and each statement is made linear where the posterior lies (posterior linearization: the slope and
the mean of the logistic function under the cell's own uncertainty, repeated until it settles;
Garcia-Fernandez et al. 2015).  The rest is Gaussian conditioning (`conditioning`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.special import expit

from forecast.base.arrays import Floats, Ints
from forecast.base.errors import TooFewYearsError
from forecast.model.cell_effects import EFFECT_START, CellEffects, no_effects
from forecast.model.conditioning import condition
from forecast.model.fitted_evidence import FittedEvidence, Statements
from forecast.model.latent import START, Lattice, Variances, deviation_covariance, level_covariance
from forecast.model.linear import Linear, Prior, logistic_line, own_area
from forecast.model.variance_search import search_variances, supported_effects

ROUNDS = 2  # of linearization, before and after each search
SEARCHES = 2
MIN_STATEMENTS = 3
WIDE = 0.3  # logits: standard deviation of a cell from which on its lines are drawn halfway


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
