"""Find the variances of the latent panel and of covariates' effects that fit best, given their priors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import linalg, optimize

from forecast.base.arrays import Floats
from forecast.model.cell_effects import search_sd
from forecast.model.conditioning import FLOOR, condition
from forecast.model.fitted_evidence import FittedEvidence
from forecast.model.latent import (
    COMPONENT_PRIOR_SD,
    LEVEL_SCALARS,
    PRIOR_SD,
    SCALARS,
    Variances,
    deviation_covariance,
    level_covariance,
)
from forecast.model.linear import Prior, logistic_line

REACH = 5.0  # on the searched scale: how far a variance may lie from its start
SPREAD_ERROR = 0.2  # of the log of a year's spread that is read off scores with ranks


def _spread_lines(fitted: FittedEvidence) -> tuple[Floats, Floats]:
    """Slopes of sums of components in cells, (m, L*T), and the log of their areas' spread, (m,)."""
    standings = fitted.statements.standings
    _, slope, _ = logistic_line(*fitted.every_cell)
    lines = np.zeros((len(standings), fitted.lattice.n_cells))
    for line, standing in zip(lines, standings, strict=True):
        line[list(standing.cells)] = list(standing.cells.values())
    return lines * slope.mean(axis=0), np.log([standing.spread for standing in standings])


def supported_effects(fitted: FittedEvidence) -> tuple[float, ...]:
    """Standard deviations of effects under which the figures are most likely, all else as it is."""
    effects, posterior, n = fitted.effects, fitted.posterior, fitted.lattice.n_cells
    sd = effects.sd(fitted.variances, np.ones(len(effects.names)))[1]
    base = fitted.prior.level - (effects.national * sd**2) @ effects.national.T
    has_expert = effects.by_expert
    # What is common is levels without covariates, effects of which experts speak, and those to be estimated.
    fixed = linalg.block_diag(base + FLOOR * np.eye(n), np.diag(fitted.prior.effect[has_expert]))
    unit = np.eye(n + len(has_expert))
    national = np.vstack([effects.national, np.zeros((len(has_expert), len(has_expert)))])[
        :, effects.moves_level
    ]
    known = np.hstack([unit[:, :n], unit[:, n:][:, has_expert]])
    sought = np.hstack([unit[:, n:][:, ~has_expert], national])
    inverse = np.linalg.inv(np.linalg.inv(fixed) + known.T @ posterior.information @ known)
    by_known = posterior.information @ known @ inverse @ known.T
    remaining = posterior.information - by_known @ posterior.information
    remaining_mean = posterior.information_mean - by_known @ posterior.information_mean
    # The statements have the prior means taken out, which move with the sd: they are put back.
    own, of_level = fitted.effect_mean
    information = sought.T @ remaining @ sought
    prior_mean = np.append(own[~has_expert], of_level[effects.moves_level])
    information_mean = sought.T @ remaining_mean + information @ prior_mean
    return tuple(search_sd(information, information_mean, effects.lean).tolist())


def search_variances(fitted: FittedEvidence, start: Variances) -> Variances:
    """Maximum a posteriori variances for statements that are linear already.

    Scores published beside ranks tell how far all areas lie apart in a year, also those of which nothing is
    published: the spread that the variances imply is drawn to that.
    """
    lattice, linear, centre = fitted.lattice, fitted.linear, start.to_vector()
    of_effects = fitted.prior.level - level_covariance(lattice, fitted.variances)
    # Complete years speak for themselves: what is said of provinces is held less firmly with each of them.
    complete = max(1.0, len(fitted.statements) / (len(lattice.areas) * len(lattice.components)))
    loose = [1.0 if name in LEVEL_SCALARS else complete for name in SCALARS]
    firm = [PRIOR_SD[name] for name in SCALARS]
    prior_sd = np.append(np.multiply(firm, loose), [COMPONENT_PRIOR_SD * complete] * len(lattice.components))
    lines, log_spread = _spread_lines(fitted)

    def loss(vector: Floats) -> tuple[float, Floats]:
        v = start.with_vector(vector)
        level, deviation = level_covariance(lattice, v), deviation_covariance(lattice, v)
        posterior = condition(
            linear, Prior(level + of_effects, deviation, fitted.prior.effect, fitted.prior.own_variance)
        )
        off = (vector - centre) / prior_sd
        implied = ((lines @ deviation) * lines).sum(axis=1)
        gap = (0.5 * np.log(implied) - log_spread) / SPREAD_ERROR
        value = 0.5 * (off @ off + gap @ gap) - posterior.log_density
        on_level, on_deviation = posterior.gradients()
        on_deviation = on_deviation + (lines.T * (gap / (2 * SPREAD_ERROR * implied))) @ lines
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
        by_cell = (on_deviation * deviation).sum(axis=1)[: lattice.n_scores]
        gradient[len(SCALARS) :] += 2 * by_cell.reshape(len(lattice.components), -1).sum(axis=1)
        return float(value), gradient

    result = optimize.minimize(
        loss,
        fitted.variances.to_vector(),
        jac=True,
        method="L-BFGS-B",
        bounds=[(c - REACH, c + REACH) for c in centre],
        options={"maxiter": 40, "ftol": 1e-6},
    )
    return replace(start.with_vector(result.x), effect_sd=fitted.variances.effect_sd)
