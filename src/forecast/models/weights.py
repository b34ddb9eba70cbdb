"""What moved a forecast: the part of each statement in the way from the prior to the posterior.

On the logit scale, where conditioning is linear, statements are taken in one after the other; each moves a
cell by what it says beyond those before it.  Which come before is arbitrary, so the moves are averaged over
random orders, each beside its reverse (Shapley 1953; Castro et al. 2009): they add up in every order, and
figures that say the same share what they say.  One gain times one surprise would add up too, but a total
that is published beside its parts has gains that run into the hundreds against each other.

In points the way is bent: every statement takes the same share of the bend along the straight way from
prior to posterior (Aumann and Shapley 1974), so that the moves still add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.special import expit

from forecast.models.evidence import FittedEvidence

Floats = NDArray[np.float64]

ORDERS = 600  # even, as each comes with its reverse
NO_WAY = 1e-9  # logits: so near to the prior the way has one slope


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """The ways of some cells of one area from the prior to the posterior, on the logit scale.

    Attributes
    ----------
    middle : float
        Where all start.
    moves : ndarray, shape (L, n)
        What each statement moves each cell by, on average over orders; rows add up to the whole way.
    error : ndarray, shape (L, n)
        Standard error of that average.
    without : ndarray, shape (L, n)
        Where each cell would be if one statement alone were unknown, variances and slopes held.
    """

    middle: float
    moves: Floats
    error: Floats
    without: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """The way of a sum of cells from the prior to the posterior, in points.

    Attributes
    ----------
    prior, posterior : float
        The sum at the prior's and at the posterior's middle.
    effect : ndarray, shape (n,)
        What each statement moves it by; adds up to ``posterior - prior``.
    error : ndarray, shape (n,)
        Largest standard error that the random orders leave in each effect.
    missing : ndarray, shape (n,)
        What the sum would be higher by if that statement alone were unknown: near 0 where others say
        the same.
    """

    prior: float
    posterior: float
    effect: Floats
    error: Floats
    missing: Floats


def ways(
    fitted: FittedEvidence, area: int, cells: Sequence[int], rng: np.random.Generator, *, orders: int = ORDERS
) -> Ways:
    """Split the ways of some cells of one area by statements.

    Parameters
    ----------
    fitted : FittedEvidence
    area : int
        Place of the area in the lattice.
    cells : sequence of int, length L
        Places of the cells, as ``lattice.cell`` gives them.
    rng
        Draws the orders.
    orders
        How many, rounded up to an even number.
    """
    cross = fitted.cross(area, cells)  # (L, n)
    covariance = fitted.linear.dense_covariance(fitted.level, fitted.deviation)
    beside = np.column_stack([fitted.linear.value, cross.T])  # surprise, then covariance with each cell
    pairs = max(1, (orders + 1) // 2)
    total, square = np.zeros_like(cross), np.zeros_like(cross)
    for _ in range(pairs):
        order = rng.permutation(len(beside))
        pair = np.zeros_like(cross)
        for each in (order, order[::-1]):
            root = linalg.cholesky(covariance[np.ix_(each, each)], lower=True, check_finite=False)
            told = linalg.solve_triangular(root, beside[each], lower=True, check_finite=False)
            pair[:, each] += (told[:, [0]] * told[:, 1:]).T / 2
        total += pair
        square += pair**2
    moves = total / pairs
    error = np.sqrt(np.maximum(square / pairs - moves**2, 0.0) / pairs)
    inverse = linalg.inv(covariance)
    pull = inverse @ fitted.linear.value
    mean = fitted.middle + cross @ pull
    without = mean[:, None] - (cross @ inverse) * (pull / np.diag(inverse))
    return Ways(fitted.middle, moves, error, without)


def in_points(found: Ways, maxima: Sequence[float]) -> Moves:
    """Put the ways of cells together to the way of the points that they make up.

    Parameters
    ----------
    found : Ways
    maxima : sequence of float, length L
        Points of each cell.

    Examples
    --------
    >>> half = Ways(middle=0.0, moves=np.ones((1, 2)), error=np.zeros((1, 2)), without=np.ones((1, 2)))
    >>> in_points(half, [10.0]).effect.round(2)
    array([1.9, 1.9])
    """
    points = np.asarray(maxima, dtype=float)
    way = found.moves.sum(axis=1)
    start, end = float(expit(found.middle)), expit(found.middle + way)
    straight = np.abs(way) > NO_WAY
    slope = np.where(straight, (end - start) / np.where(straight, way, 1.0), start * (1 - start))
    posterior = float(points @ end)
    return Moves(
        prior=float(points.sum() * start),
        posterior=posterior,
        effect=(points * slope) @ found.moves,
        error=(points * slope) @ found.error,
        missing=points @ expit(found.without) - posterior,
    )
