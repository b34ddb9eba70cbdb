"""Compare a table of figures with the same places' earlier years; takes and gives plain arrays.

Figures are percent of the maximum; rows are areas, columns are components, NaN where nothing is known.
The limits were chosen on early years of full panels of other indices and confirmed on late ones
(`benchmarks/plausibility.py` prints false alarms and hits).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from forecast.base.arrays import Flags, Floats

LEVEL: Final = 30.0  # percent of the maximum by which the middle of a column may move in a year
JUMP: Final = 8.0  # robust standard deviations by which one cell may move otherwise than its column
LEAST_JUMP: Final = 10.0  # and never less than so many percent of the maximum
STANDING: Final = 15.0  # percent by which a cell may differ from what stands for its very year
FAR: Final = 25.0  # percent from each of several years of a place and from its column's middle
FAR_OF_ONE: Final = 28.0  # the same where one year is known
# A total varies less: the same by how many years are known at least.
FAR_TOTAL: Final = ((4, 15.0), (2, 18.0), (1, 22.0))
SUDDEN_TOTAL: Final = 6.0  # robust standard deviations by which a total may move otherwise than all others
LEAST_SUDDEN: Final = 8.0  # and never less than so many percent of the maximum
HIGH_TOTAL: Final = 10.0  # the same of a total above all that are known
BEYOND: Final = 16.0  # percent outside all known figures of a component, of any place and year
BEYOND_TOTAL: Final = 10.0  # the same of a total
ALONE: Final = 22.0  # percent between the first or last of a column and the next
RANK_SPAN: Final = 8.0  # percent that a total may be outside of what its rank had in the known years
FEWEST_SPANS: Final = 3  # years from which the span of a rank says something
SLIPPED: Final = 3.0  # times below what is usual; a slipped decimal mark is ten times
_LEAST: Final = 0.5  # percent, below which figures count as equal
FAR_BELOW: Final = 0.25  # of the middle of all figures, below which a place's first figure is doubted
SWAP: Final = 20.0  # twice the log odds that two rows are exchanged
COLUMN: Final = 0.2  # gain in rank correlation, a column, from which columns count as exchanged
LIKENESS: Final = 0.2  # median rank correlation of columns with the year before, below which rows are mixed
COPY: Final = 0.5  # share of equal cells from which a table is another year's
LEFT: Final = 0.05  # share from which a part of it was left from another year; by chance it is 0.02 at most
FEWEST: Final = 20  # rows known in both years, for what compares rows or columns
FEWEST_COPIED: Final = 4  # cells known in both, for equality
_MAD: Final = 1.4826
_TAIL: Final = 4.0  # degrees of freedom of a change: one wild cell says little of its row


class Pair(NamedTuple):
    """Two rows that fit better if they are exchanged."""

    first: int
    second: int


def copied(now: Floats, other: Floats) -> tuple[Flags, int]:
    """Find the cells that are equal, and count those known in both."""
    return np.abs(now - other) <= 1e-6, int(_known(now, other).sum())


def left_over(equal: Flags, known: int) -> bool:
    """Whether so many cells, or cells of one row, equal another year's that they were left from it."""
    of_rows = equal.sum(axis=1)
    count = int(of_rows.sum())
    return count >= FEWEST_COPIED and (count > LEFT * known or int(of_rows.max()) >= FEWEST_COPIED)


def level_moves(now: Floats, before: Floats) -> Floats:
    """Median move of each column; NaN where fewer than three cells are known in both."""
    columns = [column[~np.isnan(column)] for column in (now - before).T]
    return np.array([np.median(values) if len(values) >= 3 else np.nan for values in columns])


def jumps(now: Floats, before: Floats) -> Floats:
    """Move of each cell beyond its column's, in robust standard deviations of the column.

    A column with fewer than `FEWEST` cells known in both has none: `far` judges its cells one by one.
    """
    moves = now - before
    return np.column_stack([_robust(column) for column in moves.T])


def far(now: float, own: Sequence[float], middle: float, *, total: bool = False) -> bool:
    """Whether a figure fits no year of its place nor its column's middle, or is a third of what is usual.

    What is usual is the middle of the place's own years or of the column, whichever is higher.
    """
    nearest = min(abs(now - other) for other in (*own, middle))
    limit = FAR if len(own) > 1 else FAR_OF_ONE
    if total:
        limit = next(most for fewest, most in FAR_TOTAL if len(own) >= fewest)
    return nearest > limit or max(now, _LEAST) * SLIPPED < max(float(np.median(own)), middle)


def sudden(now: float, before: float, movement: float, middle: float, spread: float) -> bool:
    """Whether a total moved, beside the movement of all others, as next to none ever did.

    What goes back to the middle of all goes farther: the last of one year is not the last of the next.
    Nothing is sudden where the movement or the usual `spread` of changes is NaN.
    """
    expected = before + movement
    away = abs(now - movement - middle) > abs(before - middle)
    return away and bool(abs(now - expected) > np.maximum(LEAST_SUDDEN, SUDDEN_TOTAL * spread))


def beyond(now: float, known: Floats, own: Sequence[float], *, total: bool = False) -> bool:
    """Whether a figure is far outside all that are known of its component, whatever the place and year.

    A total above all that are known is told earlier, if it fits no year of its own place either.
    """
    if len(known) < FEWEST:
        return False
    low, high = float(known.min()), float(known.max())
    others = (*own, float(np.median(known)))
    if total and own and now > high and min(abs(now - other) for other in others) > HIGH_TOTAL:
        return True
    return max(low - now, now - high) > (BEYOND_TOTAL if total else BEYOND)


def alone(column: Floats) -> tuple[int, float] | None:
    """Row of a column that is far below or above all others, and the nearest of these; None without one."""
    order = [int(row) for row in np.argsort(column) if not np.isnan(column[row])]
    if len(order) < FEWEST:
        return None
    ends = [(order[0], order[1]), (order[-1], order[-2])]
    row, next_row = max(ends, key=lambda pair: abs(column[pair[0]] - column[pair[1]]))
    found = abs(column[row] - column[next_row]) > ALONE
    return (row, float(column[next_row])) if found else None


def span_of_rank(rank: float, years: Sequence[tuple[Floats, Floats]]) -> tuple[float, float]:
    """Lowest and highest that a rank had, as far as the scores and ranks of other years say.

    In a year it had at least what a worse rank had, and at most what a better one had.
    """
    lows = [scores[ranks >= rank].max(initial=-np.inf) for scores, ranks in years]
    highs = [scores[ranks <= rank].min(initial=np.inf) for scores, ranks in years]
    return (min(lows), max(highs)) if len(years) >= FEWEST_SPANS else (-np.inf, np.inf)


def unlike(now: float, standing: Sequence[float]) -> bool:
    """Whether a figure differs much from all that stand for its very year."""
    nearest = min(abs(now - other) for other in standing)
    return nearest > STANDING or max(now, _LEAST) * SLIPPED < min(standing)


def _robust(moves: Floats) -> Floats:
    finite = moves[~np.isnan(moves)]
    if len(finite) < FEWEST:
        return moves * 0.0
    return np.asarray((moves - np.median(finite)) / max(robust_spread(finite), LEAST_JUMP / JUMP))


def robust_spread(values: Floats) -> float:
    """Standard deviation as the median distance from the median gives it."""
    return _MAD * float(np.median(np.abs(values - np.median(values))))


def swapped_rows(now: Floats, before: Floats) -> list[Pair]:
    """Rows that fit each other's past much better than their own, the clearest first.

    Of a column in which a figure or the past of either row is not known, nothing follows.
    """
    gains = np.zeros((len(now), len(now)))  # of the rows i and k if they are exchanged
    for own, past in zip(now.T, before.T, strict=True):
        if _known(own, past).sum() >= FEWEST:
            x, y = own - np.nanmedian(own), past - np.nanmedian(past)
            slope, spread = _fit(x, y)
            rest = (x[:, None] - slope * y[None, :]) / spread  # of row i with the past of row k
            misfit = (_TAIL + 1) * np.log1p(rest**2 / _TAIL)
            fit = np.diag(misfit)
            gains += np.nan_to_num(fit[:, None] + fit[None, :] - misfit - misfit.T)
    return _clearest(gains, SWAP)


def moved_columns(now: Floats, before: Floats) -> list[tuple[int, int]]:
    """Columns that look like another column of the year before: (column, the one it looks like)."""
    likeness = np.array([[correlation(column, past) for past in before.T] for column in now.T])
    usable = [column for column in range(len(likeness)) if not np.isnan(likeness[column]).all()]
    if len(usable) < 2:
        return []
    from scipy.optimize import linear_sum_assignment  # only for a whole table: one figure is quick

    square = np.nan_to_num(likeness[np.ix_(usable, usable)], nan=-1.0)
    _, best = linear_sum_assignment(-square)
    moves = []
    for cycle in _cycles(best.tolist()):
        gain = np.mean([square[row, best[row]] - square[row, row] for row in cycle])
        if len(cycle) > 1 and gain > COLUMN:
            moves += [(usable[row], usable[best[row]]) for row in cycle]
    return sorted(moves)


def _cycles(best: list[int]) -> list[list[int]]:
    """Split a permutation into its cycles."""
    cycles, remaining = [], set(range(len(best)))
    while remaining:
        cycle = [min(remaining)]
        while best[cycle[-1]] != cycle[0]:
            cycle.append(best[cycle[-1]])
        remaining -= set(cycle)
        cycles.append(cycle)
    return cycles


def likeness(now: Floats, before: Floats) -> float:
    """Median over the columns of the rank correlation with the same column a year before; NaN if unknown."""
    own = np.array([correlation(column, past) for column, past in zip(now.T, before.T, strict=True)])
    return float(np.nanmedian(own)) if not np.isnan(own).all() else float("nan")


def correlation(now: Floats, before: Floats) -> float:
    """Rank correlation of what is known in both; NaN of fewer than `FEWEST` or where one is constant."""
    both = _known(now, before)
    if both.sum() < FEWEST:
        return float("nan")
    one, other = (pd.Series(column[both]).rank().to_numpy() for column in (now, before))
    return float(np.corrcoef(one, other)[0, 1]) if one.std() and other.std() else float("nan")


def _known(now: Floats, before: Floats) -> Flags:
    """Cells known in both."""
    return np.asarray(~np.isnan(now) & ~np.isnan(before))


def _fit(now: Floats, before: Floats) -> tuple[float, float]:
    """Slope of a column on its past and spread about it; robust against a few wrong rows."""
    both = _known(now, before)
    x, y = before[both], now[both]
    keep = np.full(len(x), fill_value=True)
    for _ in range(2):
        slope = float(np.clip(x[keep] @ y[keep] / max(x[keep] @ x[keep], 1e-9), 0.0, 1.0))
        rest = y - slope * x
        keep = np.abs(rest) <= 3 * max(_MAD * np.median(np.abs(rest)), 1e-9)
    return slope, max(_MAD * float(np.median(np.abs(rest - np.median(rest)))), 0.5)


def _clearest(gains: Floats, limit: float) -> list[Pair]:
    """Pairs above the limit, the clearest first, each row in one pair only."""
    pairs: list[Pair] = []
    used_rows: set[int] = set()
    first, second = np.triu_indices(len(gains), 1)
    order = np.argsort(-gains[first, second], kind="stable")
    for i, k in zip(first[order].tolist(), second[order].tolist(), strict=True):
        if gains[i, k] <= limit:
            break
        if not used_rows & {i, k}:
            pairs.append(Pair(i, k))
            used_rows |= {i, k}
    return pairs
