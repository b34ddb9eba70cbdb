"""Condition the latent panel on linear statements, province by province.

Every statement is on one province alone (its scores and totals) or on many (means, ranks).  Given the
common levels, provinces are independent but for the statements on many, so the covariance of all statements
is block-diagonal, bordered by those on many, plus the levels: one small Cholesky factor a province, a Schur
complement for the border, and the Woodbury identity for the levels (Golub and Van Loan 2013, 2.1 and 3.2).
Time grows with the number of provinces times the cube of what is known of one, not with the cube of all.

Letters: P provinces, L*T cells of one, n_p own statements of province p, k statements on many.
Where all of the k weigh the provinces alike, as plain means do, what they see of a province goes by its
information on its cells, and no product grows with k times the number of provinces.

``G_p`` (n_p, L*T) are slopes of own statements, ``g`` (k, L*T) and ``A`` (k, P) slopes and area weights of
those on many, ``D`` and ``L_0`` the prior covariances of one province's deviations and of the levels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int_]

FLOOR = 1e-10  # of a logit squared: keeps the levels' covariance invertible where a level cannot move


@dataclass(frozen=True, eq=False)
class Linear:
    """Gaussian statements on the latent cells: ``value = slope . cells + error``.

    Statement i is on ``sum over areas of area_weight[i, p] * sum over cells of slope[i, l] * x[p, l]``.

    Attributes
    ----------
    slope : sparse array, shape (n, L*T)
    area_weight : sparse array, shape (n, P)
    value, error : ndarray, shape (n,)
        Value with the prior mean taken out, and the standard deviation of its error.
    """

    slope: sparse.csr_array
    area_weight: sparse.csr_array
    value: Floats
    error: Floats

    @cached_property
    def groups(self) -> Groups:
        """The statements sorted by what they are on."""
        own = own_area(self.area_weight)
        n_areas = self.area_weight.shape[1]
        rows = tuple(np.flatnonzero(own == p) for p in range(n_areas))
        wide = np.flatnonzero(own == -1)
        reach = np.asarray(self.area_weight.sum(axis=1)).reshape(-1)
        weighed = (self.slope.multiply(reach[:, None])).tocsr()
        return Groups(
            rows=rows,
            slopes=tuple(weighed[r].toarray() for r in rows),
            own_slope=weighed[np.concatenate(rows)],
            wide=wide,
            wide_slope=self.slope[wide].toarray(),
            wide_weight=self.area_weight[wide].toarray(),
        )

    def only(self, rows: Ints) -> Linear:
        """Some of the statements, in the order of `rows`."""
        return Linear(self.slope[rows], self.area_weight[rows], self.value[rows], self.error[rows])

    def covariance_with(self, other: Linear, level: Floats, deviation: Floats) -> Floats:
        """Prior covariance with the statements of another, errors left out, shape (n, m)."""
        reach, beyond = (np.asarray(each.area_weight.sum(axis=1)).reshape(-1) for each in (self, other))
        both = (self.slope @ (other.slope @ level).T) * np.outer(reach, beyond)
        both += (self.slope @ (other.slope @ deviation).T) * (
            self.area_weight @ other.area_weight.T
        ).toarray()
        return np.asarray(both)

    def dense_covariance(self, level: Floats, deviation: Floats) -> Floats:
        """Covariance of the statements themselves, errors included, shape (n, n)."""
        return self.covariance_with(self, level, deviation) + np.diag(self.error**2)


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Statements by province, and those on many.

    Attributes
    ----------
    rows : tuple of P arrays of int
        Statements on one province alone.
    slopes : tuple of P arrays, shape (n_p, L*T)
        Their slopes, times the province's weight.
    own_slope : sparse array
        The same below each other.
    wide : ndarray of int, shape (k,)
        Statements on many provinces.
    wide_slope, wide_weight : ndarray, shapes (k, L*T) and (k, P)
    """

    rows: tuple[Ints, ...]
    slopes: tuple[Floats, ...]
    own_slope: sparse.csr_array
    wide: Ints
    wide_slope: Floats
    wide_weight: Floats

    @property
    def alike(self) -> Floats | None:
        """Weights of the provinces, shape (P,), if all statements on many have the same ones."""
        weight = self.wide_weight
        return weight[0] if len(weight) and (weight == weight[0]).all() else None


def own_area(area_weight: sparse.csr_array) -> Ints:
    """Area a statement is about, or -1 if it is about many; shape (n,)."""
    count = np.diff(area_weight.indptr)
    first = np.append(area_weight.indices, -1)[np.minimum(area_weight.indptr[:-1], len(area_weight.indices))]
    return np.where(count == 1, first, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    """What all own statements say together, given the levels.

    Attributes
    ----------
    information : ndarray, shape (L*T, L*T)
        Sum over provinces of ``V_p V_p'``.
    pulled : ndarray, shape (L*T,)
        Sum of ``V_p z_p``.
    once, twice : ndarray, shape (L*T, L*T)
        As `information`, times the province's weight in every statement on many, and its square; empty if
        they weigh provinces differently.
    """

    information: Floats
    pulled: Floats
    once: Floats
    twice: Floats


@dataclass(frozen=True, eq=False)
class Conditioned:
    """The posterior of levels and deviations, in pieces of one province each.

    With ``S_p = G_p D G_p' + errors = C C'``: ``V_p = G_p' C^-T`` (L*T, n_p), ``z_p = C^-1 y_p``,
    ``M_p = C^-1 (covariance with the statements on many) = V_p' D g_p'`` (n_p, k), with ``g_p`` their slopes
    times the province's weight; ``schur`` is the covariance of the statements on many given all own ones and
    the levels.

    Attributes
    ----------
    log_density : float
        Of the statements' values, without its constant.
    mean : ndarray, shape (P, L*T)
        Posterior mean of every cell, less the prior mean.
    """

    linear: Linear
    deviation: Floats
    whitened: tuple[tuple[Floats, Floats, Floats], ...]  # C, V, z of each province
    own: Own
    schur_inverse: Floats  # (k, k)
    gain: Floats  # schur^-1 times what the levels do to the statements on many, (k, L*T)
    level_root: Floats  # N = level_root' level_root is the posterior covariance of the levels
    level_mean: Floats  # (L*T,)
    information: Floats  # of the statements on the levels, (L*T, L*T)
    wide_residual: Floats  # schur^-1 times the surprise of the statements on many, (k,)
    log_density: float

    @cached_property
    def _reach(self) -> Floats:
        """``D g'``: of the statements on many into one province's deviations, (L*T, k)."""
        return np.asarray(self.deviation @ self.linear.groups.wide_slope.T)

    def _border(self, area: int) -> Floats:
        """``M_p`` of a province, (n_p, k)."""
        weight = self.linear.groups.wide_weight[:, area]
        return np.asarray((self.whitened[area][1].T @ self._reach) * weight)

    @cached_property
    def _on_deviation(self) -> Floats:
        """``F_p' S^-1 y`` of every province, shape (P, L*T): what moves its deviations."""
        g, a = self.linear.groups.wide_slope, self.linear.groups.wide_weight
        wide = self.wide_residual - self.gain @ self.level_mean
        moved = self.level_mean[:, None] + self._reach @ (a * wide[:, None])  # (L*T, P)
        own = [v @ (z - v.T @ each) for (_, v, z), each in zip(self.whitened, moved.T, strict=True)]
        return np.asarray(np.stack(own) + (a * wide[:, None]).T @ g)

    @cached_property
    def mean(self) -> Floats:
        """Posterior mean of every cell less the prior mean, shape (P, L*T)."""
        return np.asarray(self.level_mean + self._on_deviation @ self.deviation)

    @cached_property
    def pull(self) -> Floats:
        """``S^-1 y``: what each statement adds, per unit of its covariance with a cell; shape (n,)."""
        groups = self.linear.groups
        pull = np.empty(len(self.linear.value))
        pull[groups.wide] = self.wide_residual - self.gain @ self.level_mean
        moved = self.level_mean[:, None] + self._reach @ (groups.wide_weight * pull[groups.wide][:, None])
        for rows, each, (root, v, z) in zip(groups.rows, moved.T, self.whitened, strict=True):
            left = z - v.T @ each
            pull[rows] = linalg.solve_triangular(root, left, lower=True, trans="T", check_finite=False)
        return pull

    def solve(self, columns: Floats) -> Floats:
        """``S^-1`` times any columns, shape (n, m), with S the covariance of all statements."""
        groups = self.linear.groups
        beside = columns[groups.wide]
        reduced, halves = np.zeros((len(self.level_root), columns.shape[1])), []
        for p, (rows, (root, v, _)) in enumerate(zip(groups.rows, self.whitened, strict=True)):
            half = linalg.solve_triangular(root, columns[rows], lower=True, check_finite=False)
            halves.append(half)
            beside = beside - self._border(p).T @ half
            reduced += v @ half
        on_levels = self.level_root.T @ (self.level_root @ (reduced + self.gain.T @ beside))
        solved = np.empty(columns.shape)
        solved[groups.wide] = self.schur_inverse @ beside - self.gain @ on_levels
        for p, (rows, half, (root, v, _)) in enumerate(zip(groups.rows, halves, self.whitened, strict=True)):
            left = half - v.T @ on_levels - self._border(p) @ solved[groups.wide]
            solved[rows] = linalg.solve_triangular(root, left, lower=True, trans="T", check_finite=False)
        return solved

    def precision(self) -> Floats:
        """Diagonal of ``S^-1``: one over what a statement's own variance is given all others; shape (n,)."""
        groups = self.linear.groups
        gain_root = self.gain @ self.level_root.T
        found = np.empty(len(self.linear.value))
        found[groups.wide] = np.diag(self.schur_inverse) - (gain_root**2).sum(axis=1)
        for p, (rows, (root, v, _)) in enumerate(zip(groups.rows, self.whitened, strict=True)):
            m = self._border(p)
            inverse = linalg.solve_triangular(root, np.eye(len(rows)), lower=True, check_finite=False)
            seen = v.T @ self.level_root.T - m @ gain_root
            inner = np.eye(len(rows)) + m @ self.schur_inverse @ m.T - seen @ seen.T
            found[rows] = (inverse * (inner @ inverse)).sum(axis=0)
        return found

    @cached_property
    def _schur_root(self) -> Floats:
        """Lower Cholesky factor of the inverse of the Schur complement, (k, k)."""
        return np.asarray(linalg.cholesky(self.schur_inverse, lower=True))

    def gradients(self) -> tuple[Floats, Floats]:
        """Slopes of minus the log density in the covariances of levels and of deviations, (L*T, L*T) each."""
        g, a = self.linear.groups.wide_slope, self.linear.groups.wide_weight
        reduced = self.information @ self.level_root.T
        surprise = self._on_deviation.sum(axis=0)
        on_level = self.information - reduced @ reduced.T - np.outer(surprise, surprise)
        gain_root = self.gain @ self.level_root.T
        left = self.schur_inverse - gain_root @ gain_root.T
        on_deviation = g.T @ (left * (a @ a.T)) @ g
        weight = self.linear.groups.alike
        if weight is None:
            own, cross = self._seen_by_each(gain_root)
        else:
            beside = self._reach @ gain_root
            both = beside @ self.level_root
            once, twice = both + both.T, self._reach @ left @ self._reach.T
            never = self.level_root.T @ self.level_root
            own = sum(
                (
                    _sandwich(v, w**2 * twice + w * once - never)
                    for (_, v, _), w in zip(self.whitened, weight, strict=True)
                ),
                start=self.own.information.copy(),
            )
            cross = self.own.twice @ self._reach @ left + self.own.once @ self.level_root.T @ gain_root.T
        cross = cross @ g
        on_deviation += own - cross - cross.T
        on_deviation -= self._on_deviation.T @ self._on_deviation
        return 0.5 * on_level, 0.5 * on_deviation

    def _seen_by_each(self, gain_root: Floats) -> tuple[Floats, Floats]:
        """What own statements add to the slope in the deviations' covariance, (L*T, L*T), and (L*T, k).

        The second, times the slopes of the statements on many, is what both say.
        """
        own = np.zeros_like(self.deviation)
        cross = np.zeros((len(self.deviation), len(self.linear.groups.wide)))
        for p, (_, v, _) in enumerate(self.whitened):
            if not v.shape[1]:
                continue
            m = self._border(p)
            seen = v.T @ self.level_root.T - m @ gain_root  # of the levels, by own statements
            beside = m @ self.schur_inverse
            own += v @ (np.eye(v.shape[1]) + beside @ m.T - seen @ seen.T) @ v.T
            cross += v @ ((beside + seen @ gain_root.T) * self.linear.groups.wide_weight[:, p])
        return own, cross

    def covariance_parts(self, area: int, cells: Ints) -> tuple[Floats, Floats, Floats]:
        """Posterior covariance of some cells of one area, in parts.

        Returns
        -------
        level : ndarray, shape (m, L*T)
            ``level @ level'`` is what the levels' doubt adds, also between areas.
        wide : ndarray, shape (m, k)
            ``wide @ wide'`` is what statements on many take away, also between areas.
        own : ndarray, shape (m, m)
            The area's own part.
        """
        groups = self.linear.groups
        _, v, _ = self.whitened[area]
        m = self._border(area)
        prior = self.deviation[cells]
        reach = prior @ v  # (m, n_p)
        on_wide = (prior @ groups.wide_slope.T) * groups.wide_weight[:, area]  # (m, k)
        moved = np.eye(len(self.deviation))[cells] - reach @ v.T - (on_wide - reach @ m) @ self.gain
        own = self.deviation[np.ix_(cells, cells)] - reach @ reach.T
        return moved @ self.level_root.T, (on_wide - reach @ m) @ self._schur_root, own

    def variance(self, area: int, cells: Ints) -> Floats:
        """Posterior variance of some cells of one area, shape (m,)."""
        level, wide, own = self.covariance_parts(area, cells)
        return np.asarray((level**2).sum(axis=1) - (wide**2).sum(axis=1) + np.diag(own))

    def covariance_of(self, area: Ints, cell: Ints) -> tuple[Floats, Floats]:
        """Joint posterior covariance of the cells ``(area[k], cell[k])``: ``level @ level' + own``.

        Returns
        -------
        level : ndarray, shape (m, L*T)
            What the levels' doubt adds.
        own : ndarray, shape (m, m)
            Each area's own part, less what statements on many areas tell.
        """
        level = np.empty((len(cell), len(self.deviation)))
        wide = np.empty((len(cell), len(self.linear.groups.wide)))
        own = np.zeros((len(cell), len(cell)))
        for a in np.unique(area):
            at = np.flatnonzero(area == a)
            level[at], wide[at], own[np.ix_(at, at)] = self.covariance_parts(int(a), cell[at])
        return level, np.asarray(own - wide @ wide.T)


def _whiten(linear: Linear, deviation: Floats) -> Iterator[tuple[Floats, Floats, Floats]]:
    """C, V and z of each province."""
    groups = linear.groups
    reach = groups.own_slope @ deviation
    ends = np.cumsum([len(rows) for rows in groups.rows])
    for rows, slope, end in zip(groups.rows, groups.slopes, ends, strict=True):
        covariance = reach[end - len(rows) : end] @ slope.T + np.diag(linear.error[rows] ** 2)
        root = linalg.cholesky(covariance, lower=True, check_finite=False)
        both = np.column_stack([slope, linear.value[rows]])
        solved = linalg.solve_triangular(root, both, lower=True, check_finite=False)
        yield root, solved[:, :-1].T, solved[:, -1]


def _own(groups: Groups, whitened: Sequence[tuple[Floats, Floats, Floats]]) -> Own:
    n_cells = groups.wide_slope.shape[1]
    information, once, twice = np.zeros((3, n_cells, n_cells))
    pulled = np.zeros(n_cells)
    weight = groups.alike
    for p, (_, v, z) in enumerate(whitened):
        each = v @ v.T
        information += each
        pulled += v @ z
        if weight is not None:
            once += weight[p] * each
            twice += weight[p] ** 2 * each
    return Own(information, pulled, once, twice)


def _sandwich(v: Floats, middle: Floats) -> Floats:
    """``v v' middle v v'``, by the shorter way."""
    if 2 * v.shape[1] < len(v):
        return np.asarray(v @ (v.T @ middle @ v) @ v.T)
    each = v @ v.T
    return np.asarray(each @ middle @ each)


def condition(linear: Linear, level: Floats, deviation: Floats) -> Conditioned:
    """Condition levels and deviations with these prior covariances on the statements.

    Parameters
    ----------
    linear : Linear
    level, deviation : ndarray, shape (L*T, L*T)
        Prior covariance of the levels, and of one area's deviations.
    """
    groups = linear.groups
    g, a, wide = groups.wide_slope, groups.wide_weight, groups.wide
    schur = (g @ deviation @ g.T) * (a @ a.T) + np.diag(linear.error[wide] ** 2)
    on_levels = a.sum(axis=1)[:, None] * g  # (k, L*T)
    surprise = linear.value[wide]
    whitened = tuple(_whiten(linear, deviation))
    own = _own(groups, whitened)
    reach = deviation @ g.T
    weight = groups.alike
    if weight is None:
        for (_, v, z), of_one in zip(whitened, a.T, strict=True):
            m = (v.T @ reach) * of_one
            schur -= m.T @ m
            on_levels -= m.T @ v.T
            surprise = surprise - m.T @ z
    else:
        schur -= reach.T @ own.twice @ reach
        on_levels -= reach.T @ own.once
        surprise = surprise - reach.T @ sum(
            w * (v @ z) for (_, v, z), w in zip(whitened, weight, strict=True)
        )
    log_density = -sum(float(np.log(np.diag(root)).sum() + 0.5 * z @ z) for root, _, z in whitened)
    information, pulled = own.information, own.pulled
    root = linalg.cholesky(schur, lower=True)
    schur_inverse = linalg.cho_solve((root, True), np.eye(len(wide)))
    gain, wide_residual = schur_inverse @ on_levels, schur_inverse @ surprise
    information = information + on_levels.T @ gain
    pulled = pulled + on_levels.T @ wide_residual
    prior_root = linalg.cholesky(level + FLOOR * np.eye(len(level)), lower=True)
    precision_root = linalg.cholesky(np.eye(len(level)) + prior_root.T @ information @ prior_root, lower=True)
    level_root = linalg.solve_triangular(precision_root, prior_root.T, lower=True)
    level_mean = level_root.T @ (level_root @ pulled)
    log_density -= float(np.log(np.diag(root)).sum() + np.log(np.diag(precision_root)).sum())
    log_density -= 0.5 * float(surprise @ wide_residual - pulled @ level_mean)
    return Conditioned(
        linear=linear,
        deviation=deviation,
        whitened=whitened,
        own=own,
        schur_inverse=schur_inverse,
        gain=gain,
        level_root=level_root,
        level_mean=level_mean,
        information=information,
        wide_residual=wide_residual,
        log_density=log_density,
    )
