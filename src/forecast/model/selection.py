"""Select the effects that the figures support: each is zero, or comes from a normal distribution.

How many are something and how large these are is learnt from all of them together (empirical Bayes).  The
prior guess is that one is, however many are looked at (a tenth of one where they are few): thirty useless
covariates cost next to nothing.  The posterior is found by coordinate ascent on its mean-field
approximation (Carbonetto and Stephens, 2012).
"""

from typing import Final, NamedTuple

import numpy as np

from forecast.base.arrays import Flags, Floats

FEW: Final = (
    9  # fewer effects are looked at as if they were so many: one alone is something by a chance of 0.1
)
TAU: Final = 0.3  # prior guess on their size, in units of a usual move of the scores,
TAU_COUNT: Final = 2.0  # worth so many effects that are something
ALIKE: Final = 4.0  # components that weigh as much as all covariates' share, for the share of one covariate
EXPECTED: Final = (
    0.8  # mean of an effect whose sign is expected, in units of its size: 9 of 10 have that sign
)
MOST: Final = 0.95  # share that is believed at most
FAINT: Final = 2.0  # squared t from which on an effect is looked at
NEGLIGIBLE: Final = 0.2  # chance below which an effect is nothing
RIDGE: Final = 1e-3  # keeps covariates that are nearly alike apart
SWEEPS: Final = 30
CLOSE: Final = 1e-3  # of the size of effects


class Supported(NamedTuple):
    """Posterior of the effects."""

    chance: Floats  # (C, K): that an effect is something
    mean: Floats
    covariance: Floats


def select(information: Floats, information_mean: Floats, acts: Flags, sign: Floats) -> Supported:
    """Find the posterior of effects with a Gaussian likelihood.

    Parameters
    ----------
    information, information_mean : ndarray, shapes (C, K, K) and (C, K)
        ``log likelihood = information_mean . b - b . information . b / 2`` of each component's effects.
    acts : ndarray of bool, shape (C, K)
        Effects that may be something.
    sign : ndarray, shape (K,)
        Expected sign, 0 where there is none.
    """
    own = np.where(acts, np.einsum("ckk->ck", information), 0.0)
    acts = acts & (own > 0)
    strength = _strength(information, information_mean, own, acts)
    order = np.argsort(-strength, axis=1, kind="stable")[
        :, : int((strength > FAINT).sum(axis=1).max(initial=0))
    ]
    lean, width = EXPECTED * sign, 1 - (EXPECTED * sign) ** 2  # second moment 1 with any sign
    c = np.arange(len(own))[:, None]
    live = strength[c, order] > FAINT
    ordered = information[c[:, :, None], order[:, :, None], order[:, None, :]]
    size, aim = np.where(live, own[c, order], 1.0), information_mean[c, order]
    share, tau = np.full(own.shape, 1 / (max(acts.sum(), FEW) + 1)), TAU
    chance, mean, spread = np.zeros((3, *order.shape))
    for _ in range(SWEEPS):
        before = chance * mean
        fit = np.einsum("ckj,cj->ck", ordered, before)
        prior = width[order] * tau**2
        spread = 1 / (size + 1 / prior)
        entry = np.log(share[c, order] / (1 - share[c, order])) + 0.5 * (
            np.log(spread / prior) - lean[order] ** 2 / width[order]
        )
        push = lean[order] * tau / prior
        for k in range(order.shape[1]):
            old = chance[:, k] * mean[:, k]
            middle = spread[:, k] * (aim[:, k] - fit[:, k] + size[:, k] * old + push[:, k])
            odds = np.minimum(entry[:, k] + 0.5 * middle**2 / spread[:, k], 50.0)
            chance[:, k], mean[:, k] = live[:, k] / (1 + np.exp(-odds)), middle
            fit += ordered[:, :, k] * (chance[:, k] * middle - old)[:, None]
        all_chances = np.zeros(own.shape)
        all_chances[c, order] = chance
        share, tau = _learnt(all_chances, acts, float((chance * (mean**2 + spread)).sum()))
        if np.abs(chance * mean - before).max(initial=0.0) < CLOSE * tau:
            break
    chance = np.where(chance < NEGLIGIBLE, 0.0, chance)
    inner = _covariance(ordered, chance * tau**2 * width[order])
    inner += np.einsum("ck,kj->ckj", chance * (1 - chance) * mean**2, np.eye(order.shape[1]))
    supported = Supported(np.zeros(own.shape), np.zeros(own.shape), np.zeros(information.shape))
    supported.chance[c, order], supported.mean[c, order] = chance, chance * mean
    supported.covariance[c[:, :, None], order[:, :, None], order[:, None, :]] = inner
    return supported


def _strength(information: Floats, information_mean: Floats, own: Floats, acts: Flags) -> Floats:
    """Squared t of each effect, alone or beside all others, whichever is larger; (C, K)."""
    alone = information_mean**2 / np.where(own > 0, own, 1.0)
    root = np.sqrt(np.where(own > 0, own, np.inf))
    scaled = information / root[:, :, None] / root[:, None, :] + RIDGE * np.eye(own.shape[1])
    inverse = np.linalg.inv(scaled)
    given_others = np.einsum("ckj,cj->ck", inverse, information_mean / root) ** 2 / np.einsum(
        "ckk->ck", inverse
    )
    return np.where(acts, np.maximum(alone, given_others), 0.0)


def _learnt(chance: Floats, acts: Flags, squares: float) -> tuple[Floats, float]:
    """Chance before its own figures that an effect is something, (C, K), and the size of those that are.

    It is that of all effects and of the same covariate's effects on other components.
    """
    many = float(chance.sum())
    count = int(acts.sum())
    everywhere = (many + 1) / (count + max(count, FEW) + 1)  # a beta prior with parameters 1 and their number
    others = np.maximum(acts.sum(axis=0) - acts, 0)
    share = (chance.sum(axis=0) - chance + ALIKE * everywhere) / (others + ALIKE)
    tau = float(np.sqrt((squares + TAU_COUNT * TAU**2) / (many + TAU_COUNT)))
    return np.minimum(share, MOST), tau


def _covariance(information: Floats, prior: Floats) -> Floats:
    """Covariance under normal priors of variance `prior` (C, K), also where that is next to nothing."""
    root = np.sqrt(prior)
    inner = information * root[:, :, None] * root[:, None, :] + np.eye(prior.shape[1])
    return np.asarray(np.linalg.inv(inner) * root[:, :, None] * root[:, None, :])
