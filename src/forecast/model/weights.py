"""Attribute a forecast to statements: the part of each in the move from the prior to the posterior.

On the logit scale, where conditioning is linear, statements are added one after the other; each moves a
cell by the information that those before it lack.  Their order is arbitrary, so the moves are averaged over
random orders, each with its reverse (Shapley 1953; Castro et al. 2009): they add up in every order, and
figures with the same information share its effect.  Gain times innovation would add up too, but a total
that is published beside its parts has gains of hundreds that cancel each other.

Of thousands of statements most have much the same information.  They can be put in groups, each of which is
added at once, like a single statement; the move of a group is then split by the size of its statements'
weights.  Sums over a group are exact, the split within it is a convention.

Points are a curved function of logits: every statement takes the same part of the curvature along the
straight path from prior to posterior (Aumann and Shapley 1974), so that the moves still add up in points.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.special import expit

from forecast.base.arrays import Floats, Ints
from forecast.model.conditioning import condition
from forecast.model.fitted_evidence import FittedEvidence

ORDERS = 600  # even, as each comes with its reverse
NO_WAY = 1e-9  # logits: so near to the prior the way has one slope


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """The ways of some cells of one area from the prior to the posterior, on the logit scale."""

    middle: Floats  # (L,): where each starts
    # (L, n): what each statement moves each cell by, on average over orders; rows add up to the whole way
    moves: Floats
    # (L, n): standard error of that average; a statement in a group has its share of the group's
    error: Floats
    # (L, n): where each cell would be if one statement alone were unknown, variances and slopes held
    without: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """The way of a sum of cells from the prior to the posterior, in points."""

    # prior, posterior: the sum at the prior's and at the posterior's middle
    prior: float
    posterior: float
    effect: Floats  # (n,): what each statement moves it by; adds up to ``posterior - prior``
    error: Floats  # (n,): largest standard error that the random orders leave in each effect
    # (n,): what the sum would be higher by if that statement alone were unknown: near 0 where others say the
    # same
    missing: Floats


def ways(
    fitted: FittedEvidence,
    area: int,
    cells: Sequence[int],
    rng: np.random.Generator,
    *,
    groups: Ints | None = None,
    orders: int = ORDERS,
) -> Ways:
    """Split the ways of some cells (places in the lattice) of one area by statements, in random `orders`.

    Statements that share a number of 0 or more in `groups` (n,) are taken in at once; -1 stands alone, as all
    do if none is given.  Time grows with the cube of those alone, and doubles with every group.
    """
    parties = np.full(len(fitted.statements), -1) if groups is None else groups
    labels = np.unique(parties[parties >= 0])
    alone = np.flatnonzero(parties == -1)
    cross = fitted.cross(area, cells)  # (L, n)
    states = _states(fitted, [np.flatnonzero(parties == label) for label in labels], alone, cross)
    pairs = max(1, (orders + 1) // 2)
    total = np.zeros((len(alone) + len(labels), len(cells)))
    square = np.zeros_like(total)
    for _ in range(pairs):
        order = rng.permutation(len(total))
        pair = (_along(order, states, len(alone)) + _along(order[::-1], states, len(alone))) / 2
        total += pair
        square += pair**2
    mean = total / pairs
    error = np.sqrt(np.maximum(square / pairs - mean**2, 0.0) / pairs)
    player = np.empty(len(parties), dtype=int)
    player[alone] = np.arange(len(alone))
    player[parties >= 0] = len(alone) + np.searchsorted(labels, parties[parties >= 0])
    share = _shares(cross * fitted.posterior.pull, player)
    pull, precision = fitted.posterior.pull, fitted.posterior.precision()
    middle = fitted.centre[area, list(cells)]
    reached = middle + cross @ pull
    without = reached[:, None] - fitted.posterior.solve(cross.T).T * (pull / precision)
    return Ways(middle, share * mean.T[:, player], share * error.T[:, player], without)


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """What is known once some groups are taken in."""

    surprise: Floats  # (m,): of the statements that stand alone: their values less what the groups let expect
    covariance: Floats  # (m, m): of these statements
    cross: Floats  # (m, L): between them and the cells
    moved: Floats  # (L,): how far the groups move the cells


def _states(fitted: FittedEvidence, groups: Sequence[Ints], alone: Ints, cross: Floats) -> list[_State]:
    """Condition what stands alone on every subset of groups; bit g of a place is whether group g is in."""
    single = fitted.linear.only(alone)
    covariance = single.dense_covariance(fitted.prior)
    states = [_State(single.value, covariance, cross[:, alone].T, np.zeros(len(cross)))]
    for subset in range(1, 2 ** len(groups)):
        rows = np.concatenate([own for g, own in enumerate(groups) if subset >> g & 1])
        included = fitted.linear.only(rows)
        posterior = condition(included, fitted.prior)
        to_single = included.covariance_with(single, fitted.prior)
        to_cells = cross[:, rows].T
        solved = posterior.solve(np.column_stack([to_single, to_cells]))
        states.append(
            _State(
                surprise=single.value - to_single.T @ posterior.pull,
                covariance=covariance - to_single.T @ solved[:, : len(alone)],
                cross=cross[:, alone].T - to_single.T @ solved[:, len(alone) :],
                moved=to_cells.T @ posterior.pull,
            )
        )
    return states


def _along(order: Ints, states: Sequence[_State], n_alone: int) -> Floats:
    """What each player adds to those before it in one order: those alone first, then groups; (m + g, L)."""
    single = order[order < n_alone]
    gain = np.empty((len(order), states[0].cross.shape[1]))
    state, begin, moved = 0, 0, states[0].moved
    places = np.flatnonzero(order >= n_alone)
    for number, place in enumerate([*places, len(order)]):
        end = int(place) - number  # of those alone that come before the next group
        first, known = single[:end], states[state]
        root = linalg.cholesky(known.covariance[np.ix_(first, first)], lower=True, check_finite=False)
        columns = np.column_stack([known.surprise, known.cross])[first]
        whitened = linalg.solve_triangular(root, columns, lower=True, check_finite=False)
        adds = whitened[:, [0]] * whitened[:, 1:]
        gain[single[begin:end]] = adds[begin:]
        if number:
            gain[order[places[number - 1]]] = known.moved + adds[:begin].sum(axis=0) - moved
        moved = known.moved + adds.sum(axis=0)
        if number < len(places):
            state |= 1 << int(order[place] - n_alone)
        begin = end
    return gain


def _shares(weights: Floats, player: Ints) -> Floats:
    """Share of each statement in what its player moves, by the size of its weight; shape (L, n)."""
    size = np.abs(weights)
    whole = np.stack([np.bincount(player, row) for row in size])[:, player]
    count = np.bincount(player)[player]
    return np.asarray(np.where(whole > 0, size / np.where(whole > 0, whole, 1.0), 1.0 / count))


def in_points(weights: Ways, maxima: Sequence[float]) -> Moves:
    """Put the ways of cells together to the way of the points that they make up; `maxima` are those of each.

    >>> half = Ways(np.zeros(1), moves=np.ones((1, 2)), error=np.zeros((1, 2)), without=np.ones((1, 2)))
    >>> in_points(half, [10.0]).effect.round(2)
    array([1.9, 1.9])
    """
    points = np.asarray(maxima, dtype=float)
    way = weights.moves.sum(axis=1)
    start, end = expit(weights.middle), expit(weights.middle + way)
    straight = np.abs(way) > NO_WAY
    slope = np.where(straight, (end - start) / np.where(straight, way, 1.0), start * (1 - start))
    posterior = float(points @ end)
    return Moves(
        prior=float(points @ start),
        posterior=posterior,
        effect=(points * slope) @ weights.moves,
        error=(points * slope) @ weights.error,
        missing=points @ expit(weights.without) - posterior,
    )
