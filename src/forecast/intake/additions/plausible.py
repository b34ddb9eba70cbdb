"""How a table of figures compares with the same places' earlier years: plain arrays in, findings out.

Figures are percent of the maximum; rows are areas, columns are components, NaN where nothing is known.
The limits were chosen on early years of full panels of other indices and confirmed on late ones
(`benchmarks/plausibility.py` prints false alarms and hits).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVEL: Final = 30.0  # percent of the maximum by which the middle of a column may move in a year
JUMP: Final = 8.0  # robust standard deviations by which one cell may move otherwise than its column
LEAST_JUMP: Final = 10.0  # and never less than so many percent of the maximum
ALONE: Final = 25.0  # percent by which a cell may move of whose column little is known
FAR_BELOW: Final = 0.25  # of the middle of all figures, below which a place's first figure is doubted
SWAP: Final = 20.0  # twice the log odds that two rows are exchanged
COLUMN: Final = 0.2  # gain in rank correlation, a column, from which columns count as exchanged
LIKENESS: Final = (
    0.2  # median rank correlation of columns with the year before, below which rows are mixed up
)
COPY: Final = 0.5  # share of equal cells from which a table is another year's
FEWEST: Final = 20  # rows known in both years, for what compares rows or columns
FEWEST_COPIED: Final = 4  # cells known in both, for equality
_MAD: Final = 1.4826
_TAIL: Final = 4.0  # degrees of freedom of a change: one wild cell says little of its row


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows, or two columns, that fit better exchanged; `gain` says by how much."""

    first: int
    second: int
    gain: float


def copied(now: Floats, other: Floats, tolerance: float = 1e-6) -> tuple[int, int]:
    """Count the cells that are equal, and those known in both."""
    both = ~np.isnan(now) & ~np.isnan(other)
    equal = np.abs(now - other) <= tolerance
    return int((both & equal).sum()), int(both.sum())


def level_moves(now: Floats, before: Floats) -> Floats:
    """Median move of each column; NaN where fewer than three cells are known in both."""
    moves = now - before
    found = np.full(moves.shape[1], np.nan)
    for column in range(moves.shape[1]):
        known = moves[~np.isnan(moves[:, column]), column]
        if len(known) >= 3:
            found[column] = np.median(known)
    return found


def jumps(now: Floats, before: Floats) -> Floats:
    """Move of each cell beyond its column's, in robust standard deviations of the column.

    In a column with fewer than `FEWEST` cells known in both the common move is taken as none, and
    `ALONE` counts as much as `JUMP` standard deviations.
    """
    moves = now - before
    found = np.full(moves.shape, np.nan)
    for column in range(moves.shape[1]):
        own = moves[:, column]
        known = own[~np.isnan(own)]
        if len(known) >= FEWEST:
            middle = np.median(known)
            spread = _MAD * np.median(np.abs(known - middle))
            found[:, column] = (own - middle) / max(spread, LEAST_JUMP / JUMP)
        else:
            found[:, column] = own * JUMP / ALONE
    return found


def swapped_rows(now: Floats, before: Floats) -> list[Pair]:
    """Rows that fit each other's past much better than their own, the clearest first."""
    usable = [column for column in range(now.shape[1]) if _both(now, before, column).sum() >= FEWEST]
    if not usable:
        return []
    x, y = _centred(now[:, usable]), _centred(before[:, usable])
    slope, spread = _fit(x, y)
    misfit = np.zeros((len(x), len(x)))  # of row i with the past of row k
    for column in range(x.shape[1]):
        rest = (x[:, None, column] - slope[column] * y[None, :, column]) / spread[column]
        misfit += np.nan_to_num((_TAIL + 1) * np.log1p(rest**2 / _TAIL))
    own = np.diag(misfit)
    gains = own[:, None] + own[None, :] - misfit - misfit.T
    return _clearest(gains, SWAP)


def moved_columns(now: Floats, before: Floats) -> list[tuple[int, int]]:
    """Columns that look like another column of the year before: (column, the one it looks like)."""
    likeness = correlations(now, before)
    known = [column for column in range(len(likeness)) if not np.isnan(likeness[column]).all()]
    if len(known) < 2:
        return []
    from scipy.optimize import (
        linear_sum_assignment,
    )  # only where a whole table is judged: one figure is quick

    square = np.nan_to_num(likeness[np.ix_(known, known)], nan=-1.0)
    _, best = linear_sum_assignment(-square)
    found = []
    for circle in _circles(best.tolist()):
        gain = np.mean([square[row, best[row]] - square[row, row] for row in circle])
        if len(circle) > 1 and gain > COLUMN:
            found += [(known[row], known[best[row]]) for row in circle]
    return sorted(found)


def _circles(best: list[int]) -> list[list[int]]:
    """Split an exchange into the circles that it is made of."""
    found, left = [], set(range(len(best)))
    while left:
        circle = [min(left)]
        while best[circle[-1]] != circle[0]:
            circle.append(best[circle[-1]])
        left -= set(circle)
        found.append(circle)
    return found


def correlations(now: Floats, before: Floats) -> Floats:
    """Rank correlation of every column with every column of the year before; NaN where too few are known."""
    places = range(now.shape[1])
    return np.array([[_correlation(now[:, j], before[:, k]) for k in places] for j in places])


def likeness(now: Floats, before: Floats) -> float:
    """Median over the columns of the rank correlation with the same column a year before; NaN if unknown."""
    own = np.array([_correlation(now[:, column], before[:, column]) for column in range(now.shape[1])])
    return float(np.nanmedian(own)) if not np.isnan(own).all() else float("nan")


def _correlation(now: Floats, before: Floats) -> float:
    both = ~np.isnan(now) & ~np.isnan(before)
    if both.sum() < FEWEST:
        return float("nan")
    from scipy.stats import rankdata

    pair = rankdata(now[both]), rankdata(before[both])
    return float(np.corrcoef(*pair)[0, 1]) if pair[0].std() and pair[1].std() else float("nan")


def _both(now: Floats, before: Floats, column: int) -> NDArray[np.bool_]:
    return np.asarray(~np.isnan(now[:, column]) & ~np.isnan(before[:, column]))


def _centred(values: Floats) -> Floats:
    return np.asarray(values - np.nanmedian(values, axis=0))


def _fit(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Slope of this year on the past and spread about it, by column; robust against a few wrong rows."""
    slopes, spreads = [], []
    for column in range(x.shape[1]):
        both = _both(x, y, column)
        a, b = y[both, column], x[both, column]
        slope = float(np.clip(a @ b / max(a @ a, 1e-9), 0.0, 1.0))
        rest = b - slope * a
        keep = np.abs(rest) <= 3 * max(_MAD * np.median(np.abs(rest)), 1e-9)
        slope = float(np.clip(a[keep] @ b[keep] / max(a[keep] @ a[keep], 1e-9), 0.0, 1.0))
        rest = b - slope * a
        slopes.append(slope)
        spreads.append(max(_MAD * float(np.median(np.abs(rest - np.median(rest)))), 0.5))
    return np.array(slopes), np.array(spreads)


def _clearest(gains: Floats, limit: float) -> list[Pair]:
    """Pairs above the limit, the clearest first, each row in one pair only."""
    found: list[Pair] = []
    taken: set[int] = set()
    first, second = np.triu_indices(len(gains), 1)
    order = np.argsort(-gains[first, second], kind="stable")
    for place in order:
        i, k = int(first[place]), int(second[place])
        if gains[i, k] <= limit:
            break
        if not taken & {i, k}:
            found.append(Pair(i, k, float(gains[i, k])))
            taken |= {i, k}
    return found
