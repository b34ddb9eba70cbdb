"""Effects of current indicators on the latent panel: one unknown slope each, the same for all areas.

A covariate acts on the cells of a component by a national part, which moves the level of all areas, and a
provincial part, which moves an area's own distance from it.  Each area is held against its own usual figure,
as areas that differ for good differ in much else (Mundlak 1978).  Slopes are normal with a mean that leans to
the expected sign and a spread that is estimated (empirical Bayes); an expert's range takes the place of both.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize

from forecast.base.arrays import Flags, Floats
from forecast.model.covariates import Completed
from forecast.model.latent import Lattice, Variances

NO_EFFECT = 0.001  # logits for a usual move of the covariate: the sd of an effect that figures do not support
EFFECT_WEIGHT = 1.5  # a prior that falls as this power of the sd: most effects are nothing, a few are large
EFFECT_START = 0.05  # where the search for an effect's sd begins
MOST_EFFECT = 2.0  # and where it ends
LEAN = 0.5  # of an effect's sd: how far its prior mean lies on the side that is expected
ENOUGH = 0.25  # of the areas must have figures for the year's mean to be that of all


@dataclass(frozen=True, slots=True, eq=False)
class CellEffects:
    """What covariates may do to the cells."""

    names: tuple[str, ...]
    components: tuple[str, ...]
    # design, doubt: (P, cells, K): logits that one unit of a provincial effect adds to a cell, and the
    # standard deviation of that where the covariate is forecast
    design: Floats
    doubt: Floats
    sign: Floats  # (K,): expected sign, or 0
    # share_mean, share_sd: (K,): what an expert says of the effect, in shares of the maximum; NaN where it is
    # estimated
    share_mean: Floats
    share_sd: Floats
    # national, national_doubt: (cells, K): the same of the national part; zero where an expert speaks of both
    # at once
    national: Floats
    national_doubt: Floats
    scale: Floats  # (K,): units of the covariate that one unit of its effect is for

    @property
    def by_expert(self) -> Flags:
        """Whether an expert's range stands for the effect, shape (K,)."""
        return ~np.isnan(self.share_mean)

    @property
    def moves_level(self) -> Flags:
        """Whether a covariate has a national part, shape (K,)."""
        return np.asarray(np.abs(self.national).max(axis=0, initial=0.0) > 0)

    @property
    def lean(self) -> Floats:
        """Prior means in units of the standard deviation, of the effects that are estimated, (M,)."""
        return LEAN * np.append(self.sign[~self.by_expert], self.sign[self.moves_level])

    @property
    def n_learnt(self) -> int:
        """How many standard deviations are estimated: of provincial parts, then of national ones."""
        return int((~self.by_expert).sum() + self.moves_level.sum())

    def sd(self, variances: Variances, slope: Floats) -> tuple[Floats, Floats]:
        """Prior standard deviations of provincial effects and of national ones, in logits, (K,) each.

        `slope` is the derivative of a share in its logit, by covariate; national ones without a part are 0.
        """
        estimated = np.asarray(variances.effect_sd)
        own = self.share_sd / slope
        n = int((~self.by_expert).sum())
        own[~self.by_expert] = estimated[:n]
        of_level = np.zeros(len(own))
        of_level[self.moves_level] = estimated[n:]
        return own, of_level

    def mean(self, sd: tuple[Floats, Floats], slope: Floats) -> tuple[Floats, Floats]:
        """Prior means that go with these standard deviations, (K,) each."""
        leaning = LEAN * self.sign
        own = np.where(self.by_expert, self.share_mean / slope, leaning * sd[0])
        return own, leaning * sd[1]


def no_effects(lattice: Lattice) -> CellEffects:
    """No covariates at all."""
    cells, none = np.zeros((len(lattice.areas), lattice.n_cells, 0)), np.zeros(0)
    return CellEffects((), (), cells, cells, none, none, none, cells[0], cells[0], none)


def effects_of(
    completed: Completed, lattice: Lattice, leaves: dict[str, tuple[str, ...]], expert: tuple[Floats, Floats]
) -> CellEffects:
    """Put covariates, completed for the lattice's areas and years, on the cells that they act on.

    `leaves` are the components without children that a covariate's component is made of; `expert` has mean
    and sd (K,) of an effect of one standard unit, in shares of the component's maximum, NaN where no expert
    speaks.
    """
    n_years, k = len(lattice.years), len(completed.names)
    design, doubt = np.zeros((2, len(lattice.areas), lattice.n_cells, k))
    national, national_doubt = np.zeros((2, lattice.n_cells, k))
    for j, component in enumerate(completed.components):
        (of_all, sd_of_all), (own, sd) = _parts(completed, j)
        has_expert = not np.isnan(expert[0][j])
        for leaf in leaves[component]:
            at = lattice.components.index(leaf) * n_years + np.arange(n_years)
            design[:, at, j] = own + of_all if has_expert else own
            doubt[:, at, j] = np.hypot(sd, sd_of_all * completed.seen[:, [j]]) if has_expert else sd
            national[at, j], national_doubt[at, j] = (0.0, 0.0) if has_expert else (of_all, sd_of_all)
    return CellEffects(
        names=completed.names,
        components=completed.components,
        design=design,
        doubt=doubt,
        sign=completed.sign,
        share_mean=expert[0],
        share_sd=expert[1],
        national=national,
        national_doubt=national_doubt,
        scale=completed.scale,
    )


def _parts(completed: Completed, k: int) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """National (T,) and provincial (P, T) part of a covariate, each with its doubt.

    Of a few areas' figures no mean of all is read.
    """
    enough, mean = completed.seen[:, k], completed.mean[:, :, k]
    read = float(enough.mean() >= ENOUGH)
    national, national_sd = read * completed.national[:, k], read * completed.national_sd[:, k]
    distance = mean - national
    own = np.where(enough[:, None], distance - distance.mean(axis=1, keepdims=True), 0.0)
    own_sd = np.sqrt(np.maximum(completed.sd[:, :, k] ** 2 - national_sd**2, 0.0))
    return (national, national_sd), (own, np.where(enough[:, None], own_sd, 0.0))


def search_sd(information: Floats, information_mean: Floats, lean: Floats) -> Floats:
    """Standard deviations of effects, shape (M,), that are most likely for what figures say of them.

    Figures say of effects b that their log density is ``-b' information b / 2 + information_mean' b`` and a
    constant: `information_mean` is the information times the mean.
    The prior mean of an effect is `lean` times its sd.  The search begins at large effects, as from the other
    side it would see none.
    """

    def loss(log_sd: Floats) -> tuple[float, Floats]:
        sd = np.exp(log_sd)
        scaled = information * np.outer(sd, sd)
        root = linalg.cholesky(np.eye(len(sd)) + scaled, lower=True)
        inverse = linalg.cho_solve((root, True), np.eye(len(sd)))
        beyond = information_mean * sd - scaled @ lean  # what figures say beyond the prior mean
        off = inverse @ beyond  # posterior mean less prior mean, in units of the sd
        log_ratio = log_sd - np.log(NO_EFFECT)
        tail = np.sqrt(1 + log_ratio**2)
        value = np.log(np.diag(root)).sum() + EFFECT_WEIGHT * (tail - 1).sum()
        value -= lean @ (information_mean * sd) - 0.5 * lean @ scaled @ lean + 0.5 * beyond @ off
        slope = 1 - np.diag(inverse) - off * (lean + off) + EFFECT_WEIGHT * log_ratio / tail
        return float(value), slope

    start = np.full(len(information_mean), np.log(EFFECT_START))
    bounds = [(np.log(NO_EFFECT), np.log(MOST_EFFECT))] * len(information_mean)
    log_sds = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    for k in np.argsort(log_sds):  # a valley that is not the deepest: without the effect all is likelier
        without = log_sds.copy()
        without[k] = bounds[k][0]
        if loss(without)[0] <= loss(log_sds)[0]:
            log_sds = without
    return np.exp(log_sds)
