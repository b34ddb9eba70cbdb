"""Split a domain's forecast among its criteria, so that they add up to it in every draw.

A criterion's share moves with its domain's and by itself around it, on the logit scale:
``logit(s) = base + step + noise``.  The step is the same for all criteria of a draw, and such that they
add up to what they must, so that the forecast of the domain stays what it was.

The spreads come from the 29 sub-dimensions of PAPI in 63 provinces (``python -m benchmarks.criteria``).
That of a move was measured on 2012 to 2017 and held on 2019 to 2023 (0.25 and 0.27).  That of a level was
0.47 and did not hold (0.68): criteria of the index are finer still and often all or nothing, so half the
spread of knowing nothing at all stands instead (the logit of an even share has 1.81).
"""

from typing import Final

import numpy as np
from scipy.special import expit, logit

from forecast.base.arrays import Flags, Floats

MOVE_SD: Final = 0.25  # of a criterion around its domain's move, where last year's score is known
LEVEL_SD: Final = 0.9  # of a criterion around its domain's level, where it is not
EDGE: Final = 0.004  # as in forecast.model.link
ROUNDS: Final = 50
CLOSE: Final = 1e-10


def allocate(share: Floats, last: float, maxima: Floats, bases: Floats, noise: Floats) -> Floats:
    """Draw the shares (n, L) of criteria from draws of the share (n,) that they make up together.

    `last` is that share of last year, `bases` (L,) the last share of each criterion (NaN where it is not
    known), `noise` (n, L) standard normal.  The sum of the shares, weighted by `maxima`, is `share` of the
    whole in every draw.
    """
    weights = maxima / maxima.sum()
    known = ~np.isnan(bases)
    rest = last
    if known.any() and not known.all():  # what last year's unknown criteria must have earned together
        rest = (last - float(weights[known] @ bases[known])) / float(weights[~known].sum())
    base = logit(_inside(np.where(known, bases, rest)))
    spread = np.where(known, MOVE_SD, LEVEL_SD)
    return shift_to_mean(base + spread * noise, weights, share)


def share_without_rule(
    share: Floats, last: float, maxima: Floats, bases: Floats, free: Flags
) -> tuple[Floats, float]:
    """Give the share that a domain's criteria without a scored indicator earn together.

    They move as their domain does, from where they themselves stood last year: what the scored ones lost then
    is not theirs to lose again.  Given are the domain's share (n,), the same of last year, maxima and last
    shares (L,) of all its criteria (NaN where not known), and which are free.  What comes back is the free
    criteria's share (n,), and of last year; the domain's own where all are free or none is known.
    """
    known = ~np.isnan(bases)
    if free.all() or not known.any():
        return share, last
    rest = last
    if not known.all():
        rest = (last * maxima.sum() - float(maxima[known] @ bases[known])) / float(maxima[~known].sum())
    before = float(np.average(np.clip(np.where(known, bases, rest), 0.0, 1.0)[free], weights=maxima[free]))
    step = logit(_inside(share)) - logit(_inside(np.asarray(last)))
    return np.asarray(expit(logit(_inside(np.asarray(before))) + step)), before


def shift_to_mean(drawn: Floats, weights: Floats, share: Floats) -> Floats:
    """Move logits (n, L) of each draw by one common step so that their shares' weighted mean is `share` (n,).

    Weights (L,) add up to 1.  Where the share is at an end of [0, 1], all shares are at that end.
    """
    goal = np.clip(share, 1e-9, 1 - 1e-9)
    low, high = np.full(len(goal), -60.0), np.full(len(goal), 60.0)
    step = np.zeros(len(goal))
    for _ in range(ROUNDS):  # Newton on the logit of the mean, which is nearly straight, inside a bracket
        shares = expit(drawn + step[:, None])
        mean = shares @ weights
        miss = mean - goal
        met = np.abs(miss) < CLOSE
        if met.all():
            break
        low, high = np.where(miss < 0, step, low), np.where(miss > 0, step, high)
        slope = (shares * (1 - shares)) @ weights / np.maximum(mean * (1 - mean), 1e-300)
        with np.errstate(divide="ignore", over="ignore"):
            move = (logit(goal) - logit(np.clip(mean, 1e-300, 1 - 1e-16))) / np.maximum(slope, 1e-12)
        candidate = step + move
        # A step that stays at an end, where the mean is flat, would stay there for ever.
        inside = (candidate > low) & (candidate < high)
        step = np.where(met, step, np.where(inside, candidate, (low + high) / 2))
    shares = expit(drawn + step[:, None])
    exact = np.where((share <= 0)[:, None], 0.0, np.where((share >= 1)[:, None], 1.0, shares))
    return np.asarray(exact)


def adjust_to_sum(leaves: Floats, maxima: Floats, together: Floats) -> Floats:
    """Change what leaves earn (points, (n, L)) so that they earn `together` (n,), each within its maximum.

    Every leaf moves the same way on the logit scale; none does where the sum is right already.
    """
    whole = maxima.sum()
    same = np.abs(leaves.sum(axis=1) - together) < 1e-9
    drawn = logit(np.clip(leaves / maxima, 1e-6, 1 - 1e-6))
    shares = shift_to_mean(drawn, maxima / whole, together / whole)
    return np.where(same[:, None], leaves, shares * maxima)


def _inside(share: Floats) -> Floats:
    return np.asarray(np.clip(share, EDGE, 1 - EDGE))
