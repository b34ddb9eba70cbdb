"""Joint draws of the latent panel in which all that is published holds: sums, ranks, extremes and means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.special import expit

from forecast.base.arrays import Floats, Ints
from forecast.model.fitted_evidence import FittedEvidence, Statements
from forecast.model.linear import own_area

LEVEL_DF = 8  # degrees of freedom of what all areas share: variances are themselves estimates
AREA_DF = 3  # and of an area's own part: most areas hardly move, a few weak ones jump
STEPS = 8  # at most, of Newton's method towards a published sum
LEAST_SHARE = 0.001  # to which a sum that we estimated is drawn at least
LONGEST = 3.0  # logits of such a step
SMALL = 1e-3  # logits: Newton's steps shrink quadratically, so the next would be about 1e-6
JITTER = 1e-8  # of a logit squared: cells that are published to the last digit have no variance left
STANDING_ERROR = 0.0002  # of a share: how exactly a place between published ranks is to be met


@dataclass(frozen=True, slots=True, eq=False)
class JointDraws:
    """Draws of some years and areas."""

    shares: Floats  # (n, areas, L, years): shares of the maximum
    offset: Floats  # (n, years): share that the survey's points in the index have more than its percent
    effects: Floats  # (n, K): what one unit of each covariate is worth, in logits


def joint_draws(
    fitted: FittedEvidence,
    years: Sequence[int],
    n: int,
    rng: np.random.Generator,
    *,
    areas: Sequence[int] | None = None,
) -> JointDraws:
    """Draw `n` times every cell of some years and areas (default: of all areas).

    Multivariate t on the logit scale with the posterior's variance: one scale factor a draw for what all
    areas share, so that a wide draw is wide everywhere, and one for each area's own part.  Then published
    sums and ranks are made to hold in every draw; where all areas are drawn, those of which nothing is
    published take the places that are free.
    """
    lattice = fitted.lattice
    n_years, size = len(lattice.years), len(lattice.components) * len(years)
    areas = range(len(lattice.areas)) if areas is None else areas
    at = [lattice.years.index(year) for year in years]
    cells = np.array([c * n_years + t for c in range(len(lattice.components)) for t in at], dtype=int)
    area = np.repeat(np.asarray(areas, dtype=int), size)
    mean, common, own = fitted.joint(area, np.tile(cells, len(areas)))
    shared = _scale(LEVEL_DF, (n, 1), rng) * rng.standard_normal((n, common.shape[1]))
    offset = _offsets(fitted, years, shared)
    drawn = mean + shared @ common.T
    root = linalg.cholesky(own + JITTER * np.eye(len(mean)), lower=True)
    noise = linalg.blas.dtrmm(1.0, root, rng.standard_normal((n, len(mean))).T, lower=True).T
    drawn += np.repeat(_scale(AREA_DF, (n, len(areas)), rng), size, axis=1) * noise
    blocks = [slice(k * size, (k + 1) * size) for k in range(len(areas))]
    covariances = [common[here] @ common[here].T + own[here, here] for here in blocks]
    sums = [_sums(fitted.statements, place, cells, n, rng) for place in areas]
    for here, covariance, own_sums in zip(blocks, covariances, sums, strict=True):
        drawn[:, here] = _hold(drawn[:, here], covariance, *own_sums)
    for standing in fitted.statements.standings:
        if standing.year not in years:
            continue
        whole = np.array([standing.cells.get(int(cell), 0.0) for cell in cells])
        off = offset[:, [years.index(standing.year)]] * standing.offset
        goal = standing.hold(expit(drawn.reshape(n, -1, size)) @ whole + off, rng, areas=areas) - off
        for k in np.flatnonzero(np.isnan(standing.share[list(areas)])):
            weight, value, error = sums[k]
            value = np.column_stack([value, goal[:, k]])
            sums[k] = np.vstack([weight, whole]), value, np.append(error, STANDING_ERROR)
            drawn[:, blocks[k]] = _hold(drawn[:, blocks[k]], covariances[k], *sums[k])
    shares = expit(drawn).reshape(n, len(areas), len(lattice.components), len(years))
    effect_shift, root = fitted.posterior.effects
    return JointDraws(np.asarray(shares), offset, fitted.effect_mean[0] + effect_shift + shared @ root.T)


def _offsets(fitted: FittedEvidence, years: Sequence[int], shared: Floats) -> Floats:
    """Draws of the offset that holds in each of the years, shape (n, years); 0 where there is none."""
    offset = np.zeros((len(shared), len(years)))
    for k, year in enumerate(years):
        place = fitted.lattice.offset(year)
        if place is not None:  # any area will do
            mean, common, _ = fitted.joint(np.array([0]), np.array([place]))
            offset[:, k] = mean + shared @ common[0]
    return offset


def _scale(df: float, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Factors that make normal draws those of a t with the same variance."""
    return np.asarray(np.sqrt((df - 2) / rng.chisquare(df, size=shape)))


def _sums(
    statements: Statements, area: int, cells: Ints, n: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """One area's published sums of several of the cells: weights (m, cells), values (n, m), errors (m,).

    A sum that we estimated (`loose`) is drawn within its error instead of held exactly.
    """
    rows = np.flatnonzero(own_area(statements.area_weight) == area)
    weight = statements.cell_weight[rows]
    count = np.diff(weight.indptr)
    of_cells = weight[:, cells]
    several = np.flatnonzero((count > 1) & (np.diff(of_cells.tocsr().indptr) == count))
    rows_kept = rows[several]
    value, error = np.tile(statements.value[rows_kept], (n, 1)), statements.error[rows_kept]
    if statements.loose is not None and (loose := statements.loose[rows_kept]).any():
        noise = error[loose] * rng.standard_normal((n, int(loose.sum())))
        value[:, loose] = np.clip(value[:, loose] + noise, LEAST_SHARE, 1 - LEAST_SHARE)
        error = np.where(loose, STANDING_ERROR, error)
    return of_cells[several].toarray(), value, error


def _hold(drawn: Floats, covariance: Floats, weight: Floats, value: Floats, error: Floats) -> Floats:
    """Move draws of one area's cells, as their covariance lets them, towards sums of their shares.

    A line only nearly follows the sum of bounded scores; Newton steps take up what is left, none so long
    that it leads from one end of the logistic function to the other.

    Parameters
    ----------
    drawn : ndarray, shape (n, cells), logit scale
    weight : ndarray, shape (m, cells)
    value : ndarray, shape (n, m)
    error : ndarray, shape (m,)
    """
    noise = np.diag(error**2 + 1e-10)
    adjusted, active = drawn.copy(), np.arange(len(drawn))
    summed = np.flatnonzero(weight.any(axis=0))
    weight, to_all = weight[:, summed], covariance[summed]
    for _ in range(STEPS if len(weight) else 0):
        share = expit(adjusted[np.ix_(active, summed)])
        slope = weight[None] * (share * (1 - share))[:, None, :]  # (n, m, cells in sums)
        reach = (slope.reshape(-1, len(summed)) @ to_all).reshape(len(active), len(weight), -1)
        missing = value[active] - share @ weight.T
        response = reach[:, :, summed] @ slope.transpose(0, 2, 1) + noise
        gain = (
            missing / response[:, 0]
            if len(weight) == 1
            else np.linalg.solve(response, missing[..., None])[..., 0]
        )
        move = np.einsum("nmc,nm->nc", reach, gain)
        longest = np.abs(move).max(axis=1)
        adjusted[active] += move * np.minimum(1.0, LONGEST / np.maximum(longest, SMALL))[:, None]
        active = active[longest > SMALL]
        if not len(active):
            break
    return adjusted
