"""Condition the latent panel on linear statements, province by province.

Every statement is on one province alone (its scores and totals) or on many (means, ranks).  Given what is
common to all, levels and effects, provinces are independent but for the statements on many, so the covariance
of all statements is block-diagonal, bordered by those on many, plus what is common: one small Cholesky factor
a province, a Schur complement for the border, and the Woodbury identity for what is common (Golub and Van
Loan 2013, 2.1 and 3.2).
Time grows with the number of provinces times the cube of what is known of one, not with the cube of all.

Letters: P provinces, L*T cells of one, n_p own statements of province p, k statements on many, K effects,
Q = L*T + K levels and effects.
Where all of the k weigh the provinces alike, as plain means do, what they see of a province goes by its
information on its cells, and no product grows with k times the number of provinces.

``G_p`` (n_p, L*T) are slopes of own statements, ``g`` (k, L*T) and ``A`` (k, P) slopes and area weights of
those on many, ``T_p = [I, design]`` (L*T, Q) what is common in the province's cells, ``D`` the prior
covariance of one province's deviations.  What its cells have each by itself, `apart` (L*T,), adds to ``D``
within its own statements alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg

from forecast.base.arrays import Floats, Ints
from forecast.model.linear import Linear, Prior

FLOOR = 1e-10  # of a logit squared: keeps the levels' covariance invertible where a level cannot move


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    """What all own statements say together, given what is common."""

    information: Floats  # (Q, Q): sum over provinces of ``T_p' V_p V_p' T_p``
    pulled: Floats  # (Q,): sum of ``T_p' V_p z_p``
    # (Q, L*T): sum of ``T_p' V_p V_p'`` times the province's weight in every statement on many; zero if they
    # weigh provinces differently
    once: Floats
    twice: Floats  # (L*T, L*T): sum of ``V_p V_p'`` times the square of that weight
    # (L*T, L*T): ``V_p V_p'`` where it has no shorter way; none if provinces are weighed differently
    each: tuple[Floats | None, ...]


@dataclass(frozen=True, eq=False)
class Conditioned:
    """The posterior of levels, effects and deviations, in pieces of one province each.

    With ``S_p = G_p D G_p' + errors = C C'``: ``V_p = G_p' C^-T`` (L*T, n_p), ``z_p = C^-1 y_p``,
    ``M_p = C^-1 (covariance with the statements on many) = V_p' D g_p'`` (n_p, k), with ``g_p`` their slopes
    times the province's weight; ``schur`` is the covariance of the statements on many given all own ones and
    what is common.

    Attributes
    ----------
    log_density : float
        Of the statements' values, without its constant.
    mean : ndarray, shape (P, L*T)
        Posterior mean of every cell, less the prior mean.
    """

    linear: Linear
    prior: Prior
    whitened: tuple[tuple[Floats, Floats, Floats], ...]  # C, V, z of each province
    own: Own
    schur_inverse: Floats  # (k, k)
    gain: Floats  # schur^-1 times what is common in the statements on many, (k, Q)
    common_root: Floats  # N = common_root' common_root is the posterior covariance of what is common
    common_mean: Floats  # (Q,)
    information: Floats  # of the statements on what is common, (Q, Q)
    pulled: Floats  # the posterior covariance of what is common, times this, is its mean; (Q,)
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

    def _border(self, area: int) -> Floats:
        """``M_p`` of a province, (n_p, k)."""
        weight = self.linear.groups.wide_weight[:, area]
        return np.asarray((self.whitened[area][1].T @ self._reach) * weight)

    @cached_property
    def _wide_pull(self) -> Floats:
        """``S^-1 y`` of the statements on many, (k,)."""
        return np.asarray(self.wide_residual - self.gain @ self.common_mean)

    @cached_property
    def _residuals(self) -> tuple[Floats, ...]:
        """Whitened surprises of each province's own statements given all else, (n_p,) each."""
        shift = self._reach @ (self.linear.groups.wide_weight * self._wide_pull[:, None])  # (L*T, P)
        return tuple(
            z - v.T @ (self.linear.in_cells(p, self.common_mean) + shift[:, p])
            for p, (_, v, z) in enumerate(self.whitened)
        )

    @cached_property
    def _on_own(self) -> Floats:
        """The part of own statements in `_on_deviation`, shape (P, L*T)."""
        return np.stack(
            [v @ residual for (_, v, _), residual in zip(self.whitened, self._residuals, strict=True)]
        )

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
        common = [self.linear.in_cells(p, self.common_mean) for p in range(len(self.whitened))]
        own = self._on_deviation @ self.prior.deviation + self._on_own * self.prior.apart
        return np.asarray(np.stack(common) + own)

    @cached_property
    def pull(self) -> Floats:
        """``S^-1 y``: what each statement adds, per unit of its covariance with a cell; shape (n,)."""
        groups = self.linear.groups
        pull = np.empty(len(self.linear.value))
        pull[groups.wide] = self._wide_pull
        for rows, (root, _, _), residual in zip(groups.rows, self.whitened, self._residuals, strict=True):
            pull[rows] = linalg.solve_triangular(root, residual, lower=True, trans="T", check_finite=False)
        return pull

    def solve(self, columns: Floats) -> Floats:
        """``S^-1`` times any columns, shape (n, m), with S the covariance of all statements."""
        groups = self.linear.groups
        border = columns[groups.wide]
        reduced, halves = np.zeros((len(self.common_root), columns.shape[1])), []
        for p, (rows, (root, v, _)) in enumerate(zip(groups.rows, self.whitened, strict=True)):
            half = linalg.solve_triangular(root, columns[rows], lower=True, check_finite=False)
            halves.append(half)
            border = border - self._border(p).T @ half
            reduced += self.linear.from_cells(p, v @ half)
        on_common = self.common_root.T @ (self.common_root @ (reduced + self.gain.T @ border))
        solved = np.empty(columns.shape)
        solved[groups.wide] = self.schur_inverse @ border - self.gain @ on_common
        for p, (rows, half, (root, v, _)) in enumerate(zip(groups.rows, halves, self.whitened, strict=True)):
            residual = half - v.T @ self.linear.in_cells(p, on_common) - self._border(p) @ solved[groups.wide]
            solved[rows] = linalg.solve_triangular(root, residual, lower=True, trans="T", check_finite=False)
        return solved

    def precision(self) -> Floats:
        """Diagonal of ``S^-1``: one over what a statement's own variance is given all others; shape (n,)."""
        groups = self.linear.groups
        gain_root = self.gain @ self.common_root.T
        precision = np.empty(len(self.linear.value))
        precision[groups.wide] = np.diag(self.schur_inverse) - (gain_root**2).sum(axis=1)
        for p, (rows, (root, v, _)) in enumerate(zip(groups.rows, self.whitened, strict=True)):
            m = self._border(p)
            inverse = linalg.solve_triangular(root, np.eye(len(rows)), lower=True, check_finite=False)
            seen = v.T @ self.linear.in_cells(p, self.common_root.T) - m @ gain_root
            inner = np.eye(len(rows)) + m @ self.schur_inverse @ m.T - seen @ seen.T
            precision[rows] = (inverse * (inner @ inverse)).sum(axis=0)
        return precision

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
        left = self.schur_inverse - gain_root @ gain_root.T
        on_deviation = g.T @ (left * (a @ a.T)) @ g
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
        own = np.zeros_like(self.prior.deviation)
        cross = np.zeros((self.n_cells, len(self.linear.groups.wide)))
        for p, (_, v, _) in enumerate(self.whitened):
            if not v.shape[1]:
                continue
            m = self._border(p)
            # Of what is common, by own statements.
            seen = v.T @ self.linear.in_cells(p, self.common_root.T) - m @ gain_root
            beside = m @ self.schur_inverse
            own += v @ (np.eye(v.shape[1]) + beside @ m.T - seen @ seen.T) @ v.T
            cross += v @ ((beside + seen @ gain_root.T) * self.linear.groups.wide_weight[:, p])
        return own, cross

    def _seen_alike(self, gain_root: Floats, weight: Floats) -> tuple[Floats, Floats]:
        """The same where all statements on many weigh the provinces alike, by weights of shape (P,)."""
        left = self.schur_inverse - gain_root @ gain_root.T
        never = self.common_root.T @ self.common_root
        both = self.common_root.T @ (self._reach @ gain_root).T  # (Q, L*T)
        twice = self._reach @ left @ self._reach.T
        own = self.own.information[: self.n_cells, : self.n_cells].copy()
        for p, ((_, v, _), square, w) in enumerate(zip(self.whitened, self.own.each, weight, strict=True)):
            once = self.linear.in_cells(p, both)
            common = self.linear.in_cells(p, self.linear.in_cells(p, never).T)
            middle = w**2 * twice + w * (once + once.T) - common
            own += v @ (v.T @ middle @ v) @ v.T if square is None else square @ middle @ square
        cross = self.own.twice @ self._reach @ left + self.own.once.T @ self.common_root.T @ gain_root.T
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
        groups = self.linear.groups
        _, v, _ = self.whitened[area]
        m = self._border(area)
        prior, apart = self.prior.deviation[cells], self.prior.apart[area, cells]
        reach = prior @ v + apart[:, None] * v[cells]  # (m, n_p)
        on_wide = (prior @ groups.wide_slope.T) * groups.wide_weight[:, area] - reach @ m  # (m, k)
        same = np.equal.outer(cells, cells)
        own = self.prior.deviation[np.ix_(cells, cells)] + apart * same - reach @ reach.T
        unexplained = np.eye(self.n_cells)[cells] - reach @ v.T
        common = self.linear.from_cells(area, unexplained.T).T - on_wide @ self.gain
        return common @ self.common_root.T, on_wide @ self._schur_root, own

    def variance(self, area: int, cells: Ints) -> Floats:
        """Posterior variance of some cells of one area, shape (m,)."""
        common, wide, own = self.covariance_parts(area, cells)
        return np.asarray((common**2).sum(axis=1) - (wide**2).sum(axis=1) + np.diag(own))

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


def _whiten(linear: Linear, prior: Prior) -> Iterator[tuple[Floats, Floats, Floats]]:
    """C, V and z of each province."""
    groups = linear.groups
    reach = groups.own_slope @ prior.deviation
    ends = np.cumsum([len(rows) for rows in groups.rows])
    for rows, slope, end, apart in zip(groups.rows, groups.slopes, ends, prior.apart, strict=True):
        whole = reach[end - len(rows) : end]
        covariance = (whole + slope * apart if apart.any() else whole) @ slope.T + np.diag(
            linear.error[rows] ** 2
        )
        root = linalg.cholesky(covariance, lower=True, check_finite=False)
        both = np.column_stack([slope, linear.value[rows]])
        solved = linalg.solve_triangular(root, both, lower=True, check_finite=False)
        yield root, solved[:, :-1].T, solved[:, -1]


def _own(linear: Linear, whitened: Sequence[tuple[Floats, Floats, Floats]]) -> Own:
    n, size = linear.design.shape[1], sum(linear.design.shape[1:])
    information, pulled = np.zeros((size, size)), np.zeros(size)
    once, twice = np.zeros((size, n)), np.zeros((n, n))
    weight = linear.groups.alike
    squares: list[Floats | None] = []
    for p, (_, v, z) in enumerate(whitened):
        square = v @ v.T
        half = linear.from_cells(p, square)
        information += linear.from_cells(p, half.T)
        pulled += linear.from_cells(p, v @ z)
        if weight is not None:
            once += weight[p] * half
            twice += weight[p] ** 2 * square
            squares.append(square if 2 * v.shape[1] >= len(v) else None)
    return Own(information, pulled, once, twice, tuple(squares))


def condition(linear: Linear, prior: Prior) -> Conditioned:
    """Condition levels, effects and deviations on the statements."""
    groups, weight = linear.groups, linear.groups.alike
    g, a, wide = groups.wide_slope, groups.wide_weight, groups.wide
    schur = (g @ prior.deviation @ g.T) * (a @ a.T) + np.diag(linear.error[wide] ** 2)
    on_common = np.hstack([a.sum(axis=1)[:, None] * g, groups.wide_effect])  # (k, Q)
    surprise = linear.value[wide]
    whitened = tuple(_whiten(linear, prior))
    own = _own(linear, whitened)
    reach = prior.deviation @ g.T
    if weight is None:
        for p, (_, v, z) in enumerate(whitened):
            m = (v.T @ reach) * a[:, p]
            schur -= m.T @ m
            on_common -= linear.from_cells(p, v @ m).T
            surprise = surprise - m.T @ z
    else:
        schur -= reach.T @ own.twice @ reach
        on_common -= (own.once @ reach).T
        surprise = surprise - reach.T @ sum(
            w * (v @ z) for (_, v, z), w in zip(whitened, weight, strict=True)
        )
    log_density = -sum(float(np.log(np.diag(root)).sum() + 0.5 * z @ z) for root, _, z in whitened)
    root = linalg.cholesky(schur, lower=True)
    schur_inverse = linalg.cho_solve((root, True), np.eye(len(wide)))
    gain, wide_residual = schur_inverse @ on_common, schur_inverse @ surprise
    information = own.information + on_common.T @ gain
    pulled = own.pulled + on_common.T @ wide_residual
    level_root = linalg.cholesky(prior.level + FLOOR * np.eye(len(prior.level)), lower=True)
    prior_root = linalg.block_diag(level_root, np.diag(np.sqrt(prior.effect)))
    precision_root = linalg.cholesky(
        np.eye(len(prior_root)) + prior_root.T @ information @ prior_root, lower=True
    )
    common_root = linalg.solve_triangular(precision_root, prior_root.T, lower=True)
    common_mean = common_root.T @ (common_root @ pulled)
    log_density -= float(np.log(np.diag(root)).sum() + np.log(np.diag(precision_root)).sum())
    log_density -= 0.5 * float(surprise @ wide_residual - pulled @ common_mean)
    return Conditioned(
        linear=linear,
        prior=prior,
        whitened=whitened,
        own=own,
        schur_inverse=schur_inverse,
        gain=gain,
        common_root=common_root,
        common_mean=common_mean,
        information=information,
        pulled=pulled,
        wide_residual=wide_residual,
        log_density=log_density,
    )
