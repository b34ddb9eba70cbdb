"""Make published ranks, extremes and means of one year hold in every draw.

Scores published beside ranks, and the year's extremes, are points of the year's quantile function.  Between
two of them the areas that have a rank or nothing fill the free places in the order in which they were drawn;
their scores lie between the two, spaced as order statistics of a normal distribution are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from forecast.base.arrays import Floats, Ints

MOST_SHIFT = 0.9  # of the room between neighbours, to make the published mean hold


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What is published of one sum of components in one year, for all areas."""

    year: int
    cells: Mapping[int, float]
    # rank, share: (P,): published rank (1 the best) and share of the maximum of each area; NaN where there is
    # none
    rank: Floats
    share: Floats
    # best, worst, mean: of all areas, as shares; NaN where not published
    best: float
    worst: float
    mean: float
    spread: float  # standard deviation of the areas' shares, as scores beside ranks tell it
    offset: float = 0.0  # weight in the sum of what the survey's points are off its percent

    def points(self) -> tuple[Ints, Floats]:
        """Ranks whose share is published, rising, and these shares, falling."""
        both = ~np.isnan(self.rank) & ~np.isnan(self.share)
        shares = dict(zip(self.rank[both].astype(int).tolist(), self.share[both].tolist(), strict=True))
        for rank, share in ((1, self.best), (len(self.rank), self.worst)):
            if not np.isnan(share):
                shares.setdefault(rank, share)
        ranks = sorted(shares)
        return np.array(ranks, dtype=int), np.minimum.accumulate([shares[rank] for rank in ranks])

    def hold(self, drawn: Floats, rng: np.random.Generator, *, areas: Sequence[int] | None = None) -> Floats:
        """Put areas (n, P) without a published score where ranks leave them room, in the order of `drawn`.

        Where not all areas are drawn, who has neither score nor rank keeps its draw, as the free places are
        shared out among all.  Published shares stand where there are any.
        """
        by_rank = self._by_rank(len(drawn), rng)
        here = list(range(len(self.rank)) if areas is None else areas)
        rank, share = self.rank[here], self.share[here]
        scored, ranked = ~np.isnan(share), ~np.isnan(rank)
        adjusted = np.where(scored, share, drawn)
        alone = ranked & ~scored
        adjusted[:, alone] = by_rank[:, rank[alone].astype(int) - 1]
        if len(here) < len(self.rank):
            return adjusted
        unranked = np.flatnonzero(~ranked & ~scored)
        free = np.setdiff1d(np.arange(1, len(self.rank) + 1), self.rank[ranked].astype(int))
        if 0 < len(unranked) <= len(free):
            # Ties, and scores without a rank, leave more places than areas: they are spread evenly.
            places = free[np.round(np.linspace(0, len(free) - 1, len(unranked))).astype(int)] - 1
            values = np.empty((len(drawn), len(unranked)))
            np.put_along_axis(values, np.argsort(-drawn[:, unranked], axis=1), by_rank[:, places], axis=1)
            adjusted[:, unranked] = values
        return adjusted

    def _by_rank(self, n: int, rng: np.random.Generator) -> Floats:
        """The share at every rank in every draw, falling with the rank; shape (n, P)."""
        size = len(self.rank)
        ranks, shares = self.points()
        by_rank, high, low = np.empty((n, size)), np.full(size, np.nan), np.full(size, np.nan)
        by_rank[:, ranks - 1] = shares
        levels = normal_score(np.arange(1, size + 1), size)
        for k in range(-1, len(ranks)):
            first = ranks[k] if k >= 0 else 0
            last = ranks[k + 1] if k + 1 < len(ranks) else size + 1
            inside = np.arange(first + 1, last) - 1
            if not len(inside):
                continue
            if k < 0 or last > size:  # beyond the last published score: on along the normal line
                near = max(k, 0)
                beyond = self.spread * (levels[inside] - levels[ranks[near] - 1])
                by_rank[:, inside] = shares[near] + beyond
                high[inside] = shares[near] + np.maximum(2 * beyond, 0.0)
                low[inside] = shares[near] + np.minimum(2 * beyond, 0.0)
                continue
            ends = levels[[first - 1, last - 1]]
            chance = upper_chance(np.array([first, last]), size)
            uniform = np.sort(rng.random((n, len(inside))), axis=1)
            level = -ndtri(chance[0] + (chance[1] - chance[0]) * uniform)
            part = (level - ends[1]) / (ends[0] - ends[1])
            by_rank[:, inside] = shares[k + 1] + (shares[k] - shares[k + 1]) * part
            high[inside], low[inside] = shares[k], shares[k + 1]
        return by_rank if np.isnan(self.mean) else self._with_mean(by_rank, high, low)

    def _with_mean(self, by_rank: Floats, high: Floats, low: Floats) -> Floats:
        """Move shares between published ones up or down, as far as their neighbours let them."""
        missing = (self.mean - by_rank.mean(axis=1)) * by_rank.shape[1]
        room = np.nan_to_num(np.where(missing[:, None] > 0, high - by_rank, low - by_rank))
        whole = room.sum(axis=1)
        part = np.clip(missing / np.where(whole == 0, np.inf, whole), 0.0, MOST_SHIFT)
        return np.asarray(by_rank + part[:, None] * room)


def upper_chance(rank: NDArray[np.generic] | float, n: int) -> Floats:
    """Share of a distribution above the expected place of a rank among n (Blom 1958); 1 is the best."""
    return (np.asarray(rank, dtype=float) - 0.375) / (n + 0.25)


def normal_score(rank: NDArray[np.generic] | float, n: int) -> Floats:
    """Normal quantile at which the area of this rank among n is expected (Blom 1958); 1 is the best."""
    return np.asarray(-ndtri(upper_chance(rank, n)))
