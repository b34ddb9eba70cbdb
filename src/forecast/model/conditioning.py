"""Condition the latent panel on linear statements, province by province.

Every statement is on one province alone (its scores and totals) or on many (means, ranks).  Given what is
common to all, levels and effects, provinces are independent but for the statements on many, so the covariance
of all statements is block-diagonal, bordered by those on many, plus what is common: one small Cholesky factor
a province, a Schur complement for the border, and the Woodbury identity for what is common (Golub and Van
Loan 2013, 2.1 and 3.2).
Time grows with the number of provinces times the cube of what is known of one, not with the cube of all.

Letters: P provinces, L*T cells of one, n_p own statements of province p, k statements on many, K effects,
Q = L*T + K levels and effects.
All own statements stand below each other, so that what they say together is one product.  Slopes alone go
province by province; where all of the k weigh the provinces alike, as plain means do, what they see of a
province goes there by its information on its cells, the shorter way for complete tables.

``G_p`` (n_p, L*T) are slopes of own statements, ``g`` (k, L*T) and ``A`` (k, P) slopes and area weights of
those on many, ``T_p = [I, design]`` (L*T, Q) what is common in the province's cells, ``D`` the prior
covariance of one province's deviations.  What each of its cells has by itself, `own_variance` (L*T,), adds to
``D`` within its own statements alone.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg

from forecast.base.arrays import Floats, Ints
from forecast.model.linear import Linear, Prior

FLOOR = 1e-10  # of a logit squared: keeps the levels' covariance invertible where a level cannot move


@dataclass(frozen=True, eq=False)
class Whitened:
    """Own statements of all provinces below each other, N in all; each province's are independent.

    With ``S_p = G_p D G_p' + errors = C C'``, rows of province p are ``C^-1`` times what its statements say.
    """

    rows: tuple[slice, ...]  # of each province
    roots: tuple[Floats, ...]  # C of each province, (n_p, n_p)
    slope: Floats  # (N, L*T): ``V_p' = C^-1 G_p``
    value: Floats  # (N,): ``z_p = C^-1 y_p``
    common: Floats  # (N, Q): what levels and effects are in them, ``V_p' T_p``
    border: Floats  # (N, k): their covariance with the statements on many, ``M_p = V_p' D g_p'``


@dataclass(frozen=True, eq=False)
class Conditioned:
    """The posterior of levels, effects and deviations, in pieces of one province each.

    ``g_p`` are slopes of the statements on many times the province's weight; ``schur`` is their covariance
    given all own ones and what is common.

    Attributes
    ----------
    log_density : float
        Of the statements' values, without its constant.
    mean : ndarray, shape (P, L*T)
        Posterior mean of every cell, less the prior mean.
    """

    linear: Linear
    prior: Prior
    whitened: Whitened
    schur_inverse: Floats  # (k, k)
    gain: Floats  # schur^-1 times what is common in the statements on many, (k, Q)
    common_root: Floats  # N = common_root' common_root is the posterior covariance of what is common
    common_mean: Floats  # (Q,)
    information: Floats  # of the statements on what is common, (Q, Q)
    information_mean: Floats  # times the posterior covariance of what is common, its mean; (Q,)
    wide_residual: Floats  # schur^-1 times the surprise of the statements on many, (k,)
    log_density: float

    @property
    def n_cells(self) -> int:
        """L*T: the levels come first in what is common, then the effects."""
        return len(self.prior.level)

    @property
    def effects(self) -> tuple[Floats, Floats]:
        """Posterior mean of the effects less their prior mean, (K,), and root of their covariance, (K, Q)."""
        return self.common_mean[self.n_cells :], self.common_root.T[self.n_cells :]

    @cached_property
    def _reach(self) -> Floats:
        """``D g'``: of the statements on many into one province's deviations, (L*T, k)."""
        return np.asarray(self.prior.deviation @ self.linear.groups.wide_slope.T)

    @cached_property
    def _wide_pull(self) -> Floats:
        """``S^-1 y`` of the statements on many, (k,)."""
        return np.asarray(self.wide_residual - self.gain @ self.common_mean)

    @cached_property
    def _residual(self) -> Floats:
        """Whitened surprises of own statements given all else, (N,)."""
        own = self.whitened
        return np.asarray(own.value - own.common @ self.common_mean - own.border @ self._wide_pull)

    @cached_property
    def _on_own(self) -> Floats:
        """The part of own statements in `_on_deviation`, shape (P, L*T)."""
        own = self.whitened
        return np.stack([self._residual[rows] @ own.slope[rows] for rows in own.rows])

    @cached_property
    def _on_deviation(self) -> Floats:
        """``F_p' S^-1 y`` of every province, shape (P, L*T): what moves its deviations."""
        groups = self.linear.groups
        return np.asarray(
            self._on_own + (groups.wide_weight * self._wide_pull[:, None]).T @ groups.wide_slope
        )

    @cached_property
    def mean(self) -> Floats:
        """Posterior mean of every cell less the prior mean, shape (P, L*T)."""
        common = [self.linear.in_cells(p, self.common_mean) for p in range(len(self.whitened.rows))]
        own = self._on_deviation @ self.prior.deviation + self._on_own * self.prior.own_variance
        return np.asarray(np.stack(common) + own)

    @cached_property
    def pull(self) -> Floats:
        """``S^-1 y``: what each statement adds, per unit of its covariance with a cell; shape (n,)."""
        groups = self.linear.groups
        pull = np.empty(len(self.linear.value))
        pull[groups.wide] = self._wide_pull
        for at, rows, root in zip(groups.rows, self.whitened.rows, self.whitened.roots, strict=True):
            pull[at] = _solve(root, self._residual[rows], transposed=True)
        return pull

    def solve(self, columns: Floats) -> Floats:
        """``S^-1`` times any columns, shape (n, m), with S the covariance of all statements."""
        groups, own = self.linear.groups, self.whitened
        pairs = zip(groups.rows, own.roots, strict=True)
        half = np.vstack([_solve(root, columns[at]) for at, root in pairs])
        border = columns[groups.wide] - own.border.T @ half
        on_common = self.common_root.T @ (self.common_root @ (own.common.T @ half + self.gain.T @ border))
        solved = np.empty(columns.shape)
        solved[groups.wide] = self.schur_inverse @ border - self.gain @ on_common
        residual = half - own.common @ on_common - own.border @ solved[groups.wide]
        for at, rows, root in zip(groups.rows, own.rows, own.roots, strict=True):
            solved[at] = _solve(root, residual[rows], transposed=True)
        return solved

    def precision(self) -> Floats:
        """Diagonal of ``S^-1``: one over what a statement's own variance is given all others; shape (n,)."""
        groups, own = self.linear.groups, self.whitened
        gain_root = self.gain @ self.common_root.T
        precision = np.empty(len(self.linear.value))
        precision[groups.wide] = np.diag(self.schur_inverse) - (gain_root**2).sum(axis=1)
        common_in_own = self._common_in_own(gain_root)
        for at, rows, root in zip(groups.rows, own.rows, own.roots, strict=True):
            m, by_common = own.border[rows], common_in_own[rows]
            inverse = _solve(root, np.eye(len(root)))
            inner = np.eye(len(root)) + m @ self.schur_inverse @ m.T - by_common @ by_common.T
            precision[at] = (inverse * (inner @ inverse)).sum(axis=0)
        return precision

    def _common_in_own(self, gain_root: Floats) -> Floats:
        """What is common in own statements given those on many, times the root of its covariance, (N, Q)."""
        return np.asarray(self.whitened.common @ self.common_root.T - self.whitened.border @ gain_root)

    @cached_property
    def _schur_root(self) -> Floats:
        """Lower Cholesky factor of the inverse of the Schur complement, (k, k)."""
        return np.asarray(linalg.cholesky(self.schur_inverse, lower=True))

    def gradients(self) -> tuple[Floats, Floats]:
        """Slopes of minus the log density in the covariances of levels and of deviations, (L*T, L*T) each."""
        n, g, a = self.n_cells, self.linear.groups.wide_slope, self.linear.groups.wide_weight
        reduced = self.information @ self.common_root.T
        surprise = self._on_deviation.sum(axis=0)
        on_level = self.information[:n, :n] - reduced[:n] @ reduced[:n].T - np.outer(surprise, surprise)
        gain_root = self.gain @ self.common_root.T
        remaining = self.schur_inverse - gain_root @ gain_root.T
        on_deviation = g.T @ (remaining * (a @ a.T)) @ g
        weight = self.linear.groups.alike
        own, cross = self._seen_by_each(gain_root) if weight is None else self._seen_alike(gain_root, weight)
        cross = cross @ g
        on_deviation += own - cross - cross.T
        on_deviation -= self._on_deviation.T @ self._on_deviation
        return 0.5 * on_level, 0.5 * on_deviation

    def _seen_by_each(self, gain_root: Floats) -> tuple[Floats, Floats]:
        """What own statements add to the slope in the deviations' covariance, (L*T, L*T), and (L*T, k).

        The second, times the slopes of the statements on many, is what both say.
        """
        own = self.whitened
        by_common, by_border = self._common_in_own(gain_root), own.border @ self.schur_inverse
        inner = np.empty_like(own.slope)
        for rows in own.rows:
            of_many = by_border[rows] @ own.border[rows].T - by_common[rows] @ by_common[rows].T
            inner[rows] = own.slope[rows] + of_many @ own.slope[rows]
        weight = self.linear.groups.wide_weight[:, self.linear.groups.own].T
        return own.slope.T @ inner, own.slope.T @ ((by_border + by_common @ gain_root.T) * weight)

    def _seen_alike(self, gain_root: Floats, weight: Floats) -> tuple[Floats, Floats]:
        """The same where all statements on many weigh the provinces alike, by weights of shape (P,)."""
        remaining = self.schur_inverse - gain_root @ gain_root.T
        never = self.common_root.T @ self.common_root
        both = self.common_root.T @ (self._reach @ gain_root).T  # (Q, L*T)
        of_many = self._reach @ remaining @ self._reach.T
        own, square_sum = np.zeros_like(of_many), np.zeros_like(of_many)
        once = np.zeros((len(never), self.n_cells))  # sum of T_p' V_p V_p' times the weight
        for p, (rows, w) in enumerate(zip(self.whitened.rows, weight, strict=True)):
            v = self.whitened.slope[rows]
            square = v.T @ v
            of_both = self.linear.in_cells(p, both)
            common = self.linear.in_cells(p, self.linear.in_cells(p, never).T)
            middle = w**2 * of_many + w * (of_both + of_both.T) - common
            # The shorter way: through the statements where they are few, through the cells where not.
            own += square
            own += v.T @ (v @ middle @ v.T) @ v if 2 * len(v) < self.n_cells else square @ middle @ square
            square_sum += w**2 * square
            once += w * self.linear.from_cells(p, square)
        cross = square_sum @ self._reach @ remaining + once.T @ self.common_root.T @ gain_root.T
        return own, cross

    def covariance_parts(self, area: int, cells: Ints) -> tuple[Floats, Floats, Floats]:
        """Posterior covariance of some cells of one area, in parts.

        Returns
        -------
        common : ndarray, shape (m, Q)
            ``common @ common'`` is what the doubt about levels and effects adds, also between areas.
        wide : ndarray, shape (m, k)
            ``wide @ wide'`` is what statements on many take away, also between areas.
        own : ndarray, shape (m, m)
            The area's own part.
        """
        common, wide, reach = self._parts(area, cells)
        prior = self.prior.deviation[np.ix_(cells, cells)]
        own_variance = self.prior.own_variance[area, cells] * np.equal.outer(cells, cells)
        return common, wide, prior + own_variance - reach @ reach.T

    def _parts(self, area: int, cells: Ints) -> tuple[Floats, Floats, Floats]:
        """The first two of `covariance_parts`, and a root of what own statements take away, (m, n_p)."""
        groups, rows = self.linear.groups, self.whitened.rows[area]
        v, prior = self.whitened.slope[rows], self.prior.deviation[cells]
        reach = prior @ v.T + self.prior.own_variance[area, cells][:, None] * v.T[cells]
        on_wide = (
            self._reach[cells] * groups.wide_weight[:, area] - reach @ self.whitened.border[rows]
        )  # (m, k)
        unexplained = np.eye(self.n_cells)[cells] - reach @ v
        common = self.linear.from_cells(area, unexplained.T).T - on_wide @ self.gain
        return common @ self.common_root.T, on_wide @ self._schur_root, reach

    def variance(self, area: int, cells: Ints) -> Floats:
        """Posterior variance of some cells of one area, shape (m,)."""
        common, wide, reach = self._parts(area, cells)
        prior = np.diag(self.prior.deviation)[cells] + self.prior.own_variance[area, cells]
        return np.asarray(prior + (common**2).sum(axis=1) - (wide**2).sum(axis=1) - (reach**2).sum(axis=1))

    def covariance_of(self, area: Ints, cell: Ints) -> tuple[Floats, Floats]:
        """Joint posterior covariance of the cells ``(area[k], cell[k])``: ``common @ common' + own``.

        Returns
        -------
        common : ndarray, shape (m, Q)
            What the doubt about levels and effects adds.
        own : ndarray, shape (m, m)
            Each area's own part, less what statements on many areas tell.
        """
        common = np.empty((len(cell), len(self.common_root)))
        wide = np.empty((len(cell), len(self.linear.groups.wide)))
        own = np.zeros((len(cell), len(cell)))
        for a in np.unique(area):
            at = np.flatnonzero(area == a)
            common[at], wide[at], own[np.ix_(at, at)] = self.covariance_parts(int(a), cell[at])
        return common, np.asarray(own - wide @ wide.T)


def _solve(root: Floats, columns: Floats, *, transposed: bool = False) -> Floats:
    """Solve a lower triangular system; LAPACK itself, as there are thousands of small ones."""
    if not len(root):
        return columns
    solved, _ = linalg.lapack.dtrtrs(root, columns, lower=1, trans=int(transposed))
    return np.asarray(solved)


def _whiten(linear: Linear, prior: Prior) -> Whitened:
    """Whiten the own statements of each province."""
    groups = linear.groups
    reach = groups.own_slope @ prior.deviation
    roots, slope, value = [], np.empty_like(reach), np.empty(len(reach))
    for at, rows, own, own_variance in zip(
        groups.rows, groups.parts, groups.slopes, prior.own_variance, strict=True
    ):
        covariance = (reach[rows] + own * own_variance if own_variance.any() else reach[rows]) @ own.T
        covariance.flat[:: len(at) + 1] += linear.error[at] ** 2
        root, info = linalg.lapack.dpotrf(covariance, lower=1, clean=1) if len(at) else (covariance, 0)
        if info:
            message = f"the covariance of a province's statements is not positive definite ({info})"
            raise np.linalg.LinAlgError(message)
        roots.append(root)
        slope[rows], value[rows] = _solve(root, own), _solve(root, linear.value[at])
    of_effects = [slope[rows] @ design for rows, design in zip(groups.parts, linear.design, strict=True)]
    border = slope @ (prior.deviation @ groups.wide_slope.T) * groups.wide_weight[:, groups.own].T
    return Whitened(
        groups.parts, tuple(roots), slope, value, np.hstack([slope, np.vstack(of_effects)]), border
    )


def condition(linear: Linear, prior: Prior) -> Conditioned:
    """Condition levels, effects and deviations on the statements."""
    groups = linear.groups
    g, a, wide = groups.wide_slope, groups.wide_weight, groups.wide
    own = _whiten(linear, prior)
    schur = (g @ prior.deviation @ g.T) * (a @ a.T) + np.diag(linear.error[wide] ** 2)
    schur -= own.border.T @ own.border
    on_common = np.hstack([a.sum(axis=1)[:, None] * g, groups.wide_effect])  # (k, Q)
    on_common -= own.border.T @ own.common
    surprise = linear.value[wide] - own.border.T @ own.value
    log_density = -sum(float(np.log(np.diag(root)).sum()) for root in own.roots)
    log_density -= 0.5 * float(own.value @ own.value)
    root = linalg.cholesky(schur, lower=True)
    schur_inverse = linalg.cho_solve((root, True), np.eye(len(wide)))
    gain, wide_residual = schur_inverse @ on_common, schur_inverse @ surprise
    information = own.common.T @ own.common + on_common.T @ gain
    information_mean = own.common.T @ own.value + on_common.T @ wide_residual
    level_root = linalg.cholesky(prior.level + FLOOR * np.eye(len(prior.level)), lower=True)
    prior_root = linalg.block_diag(level_root, np.diag(np.sqrt(prior.effect)))
    precision_root = linalg.cholesky(
        np.eye(len(prior_root)) + prior_root.T @ information @ prior_root, lower=True
    )
    common_root = linalg.solve_triangular(precision_root, prior_root.T, lower=True)
    common_mean = common_root.T @ (common_root @ information_mean)
    log_density -= float(np.log(np.diag(root)).sum() + np.log(np.diag(precision_root)).sum())
    log_density -= 0.5 * float(surprise @ wide_residual - information_mean @ common_mean)
    return Conditioned(
        linear=linear,
        prior=prior,
        whitened=own,
        schur_inverse=schur_inverse,
        gain=gain,
        common_root=common_root,
        common_mean=common_mean,
        information=information,
        information_mean=information_mean,
        wide_residual=wide_residual,
        log_density=log_density,
    )
