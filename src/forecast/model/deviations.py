"""Deviations of areas from the common level: permanent effect + lasting part + noise, all components at once.

    z[area, component, year] = level[component, year] + u[area, component] + a[area, component, year] + e

u, a and e are Gaussian with covariances S over the components; a is an autoregression of order one
whose persistence all components share, u is constant, e has no memory.  The covariances are found by
expectation and maximisation with inverse-Wishart priors (restricted likelihood: the levels' own doubt
is allowed for).  Areas with the same pattern of missing cells share one inverse, so 60 areas cost
little more than one.  A known change of method adds a part b that is constant from then on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from forecast.base.arrays import Flags, Floats, Ints

STEPS: Final = 10  # iterations; more change the forecasts no further
SHARES: Final = (0.4, 0.3, 0.3)  # prior shares of the variance: permanent, lasting, noise
BREAK_SHARE: Final = 0.05  # prior variance of a break, as a share of all variance
PERSISTENCE: Final = 0.6  # where the search for the persistence starts
MOST_NUMBERS: Final = 4e6  # in the inverses of all patterns: bounds how many are learnt from
EXACT: Final = 16  # patterns up to which the doubt of the levels is worked out for each
LONGEST: Final = 240  # components x years of the window, at most
FEWEST: Final = 8  # years of the window, at least


class Pattern(NamedTuple):
    """Areas (places) whose seen cells (flags over C x T) are the same."""

    seen: Flags
    areas: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """Covariances of the parts, shape (C, C) each; `level` has shape (C, T)."""

    permanent: Floats
    lasting: Floats
    noise: Floats
    broken: Floats
    persistence: float
    level: Floats
    breaks: tuple[int, ...]

    def parts(self) -> list[Floats]:
        """Covariances in the order of `kernels`."""
        return [self.permanent, self.lasting, self.noise, *([self.broken] * len(self.breaks))]

    @property
    def total(self) -> Floats:
        """Covariance of the deviations of one year, breaks left out."""
        return np.asarray(self.permanent + self.lasting + self.noise)


def kernels(persistence: float, years: int, breaks: Sequence[int]) -> list[Floats]:
    """Correlations over time of each part, shape (years, years) each."""
    lag = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    matrices = [np.ones((years, years)), persistence**lag, np.eye(years)]
    for start in breaks:
        since = (np.arange(years) >= start).astype(float)
        matrices.append(np.outer(since, since))
    return matrices


def patterns(z: Floats) -> list[Pattern]:
    """Group the areas of (A, C, T) by which cells are seen; areas without any are left out."""
    known = ~np.isnan(z.reshape(len(z), -1))
    groups: dict[bytes, list[int]] = {}
    for i, row in enumerate(known):
        if row.any():
            groups.setdefault(row.tobytes(), []).append(i)
    return [Pattern(np.frombuffer(key, dtype=bool), np.array(areas)) for key, areas in groups.items()]


def affordable(groups: list[Pattern]) -> list[Pattern]:
    """Keep the patterns with most areas, then most cells, as far as memory and time allow."""
    ranked = sorted(groups, key=lambda g: (-len(g.areas), -int(g.seen.sum())))
    return ranked[: max(int(MOST_NUMBERS // ranked[0].seen.size ** 2), 1)]


def learn(z: Floats, breaks: Sequence[int] = ()) -> Structure:
    """Find covariances and levels of (A, C, T) deviations by expectation and maximisation."""
    _, components, years = z.shape
    groups = affordable(patterns(z))
    centred = z - _mean(z)
    known = (~np.isnan(z)).sum(axis=(0, 2))
    own = np.nansum(centred**2, axis=(0, 2)) / np.maximum(known, 1)
    everything = float(np.nansum(centred**2) / max(known.sum(), 1)) or 1.0
    variance = np.where((known > 0) & (own > 1e-8 * everything), own, everything)
    now = Structure(
        permanent=np.diag(variance * SHARES[0]),
        lasting=np.diag(variance * SHARES[1]),
        noise=np.diag(variance * SHARES[2]),
        broken=np.diag(variance * BREAK_SHARE),
        persistence=PERSISTENCE,
        level=np.zeros((components, years)),
        breaks=tuple(breaks),
    )
    prior = now
    flat = z.reshape(len(z), -1)
    for _ in range(STEPS):
        now = _step(now, prior, flat, groups)
    everyone = patterns(z)
    level, _ = _levels(flat, everyone, inverses(covariance(now), everyone))
    return replace(now, level=np.where((~np.isnan(z)).any(axis=0), level.reshape(components, years), np.nan))


def _mean(z: Floats) -> Floats:
    known = (~np.isnan(z)).sum(axis=0)
    return np.asarray(np.nansum(z, axis=0) / np.maximum(known, 1))


def covariance(s: Structure) -> Floats:
    """Covariance of all cells of one area, shape (C T, C T), component-major."""
    over_time = kernels(s.persistence, s.level.shape[1], s.breaks)
    return np.asarray(sum(np.kron(a, k) for a, k in zip(s.parts(), over_time, strict=True)))


def inverses(full: Floats, groups: list[Pattern]) -> Iterator[Floats]:
    """Inverse covariance of each pattern's seen cells, with zeros at the others; shape (C T, C T).

    Where few cells are missing it is the inverse of all cells less a correction of low rank (Schur).
    """
    whole = _inverse(full)
    for g in groups:
        missing = np.flatnonzero(~g.seen)
        if 2 * len(missing) < len(full):
            column = whole[:, missing]
            yield whole - column @ np.linalg.solve(whole[np.ix_(missing, missing)], column.T)
        else:
            part = np.zeros_like(full)
            part[np.ix_(g.seen, g.seen)] = _inverse(full[np.ix_(g.seen, g.seen)])
            yield part


def _inverse(matrix: Floats) -> Floats:
    inverse = np.linalg.inv(matrix)
    return np.asarray((inverse + inverse.T) / 2)


def _levels(flat: Floats, groups: list[Pattern], weights: Iterable[Floats]) -> tuple[Floats, Floats]:
    """Generalised least squares estimate of the levels, shape (C T,), and its covariance."""
    size = flat.shape[1]
    known = np.nan_to_num(flat)
    weight, weighted_sum = np.zeros((size, size)), np.zeros(size)
    for g, w in zip(groups, weights, strict=True):
        weight += len(g.areas) * w
        weighted_sum += w @ known[g.areas].sum(axis=0)
    cells_known = np.any([g.seen for g in groups], axis=0)
    level, doubt = np.zeros(size), np.zeros((size, size))
    inner = _inverse(weight[np.ix_(cells_known, cells_known)])
    level[cells_known] = inner @ weighted_sum[cells_known]
    doubt[np.ix_(cells_known, cells_known)] = inner
    return level, doubt


def _gain(flat: Floats, groups: list[Pattern], weights: list[Floats]) -> Floats:
    """What the data say beyond the covariances in force: zero on average when these are right.

    Sum over areas of w r r' w - w + w D w, with r the deviations, w their inverse covariance and D the
    doubt of the levels (restricted likelihood).  With very many patterns the last term is taken as if
    all areas had one pattern; it is one part in the number of areas known in a year.
    """
    level, doubt = _levels(flat, groups, weights)
    rest = np.nan_to_num(flat - level)
    gain = np.zeros_like(doubt)
    total = np.zeros_like(doubt)
    for g, w in zip(groups, weights, strict=True):
        weighted = rest[g.areas] @ w
        gain += weighted.T @ weighted
        total += len(g.areas) * w
        if len(groups) <= EXACT:
            gain += len(g.areas) * (w @ doubt @ w)
    if len(groups) > EXACT:
        gain += total / sum(len(g.areas) * g.seen.mean() for g in groups)
    return np.asarray(gain - total)


def _step(s: Structure, prior: Structure, flat: Floats, groups: list[Pattern]) -> Structure:
    """One round: expected squares of every part given the data, then new covariances."""
    components, years = s.level.shape
    gain = _gain(flat, groups, list(inverses(covariance(s), groups)))
    count = sum(len(g.areas) for g in groups)
    blocks = gain.reshape(components, years, components, years)
    over_time = kernels(s.persistence, years, s.breaks)
    permanent = _constant(s.permanent, blocks, np.ones(years), count)
    spread = [_part(a, k, gain, count) for a, k in zip((s.lasting, s.noise), over_time[1:3], strict=True)]
    persistence, lasting = _persistence(s.persistence, spread[0], count)
    noise = np.einsum("ctdt->cd", spread[1]) / years
    return replace(
        s,
        permanent=_shrink(permanent, prior.permanent, count),
        lasting=_shrink(lasting, prior.lasting, count),
        noise=_shrink(noise, prior.noise, count),
        broken=_broken(s, prior, blocks, count),
        persistence=persistence,
    )


def _constant(covariance_now: Floats, blocks: Floats, since: Floats, count: int) -> Floats:
    """Expected sum of squares of a part that is constant where `since` is 1."""
    inner = np.einsum("t,ctds,s->cd", since, blocks, since)
    return np.asarray(covariance_now @ inner @ covariance_now + count * covariance_now)


def _part(covariance_now: Floats, kernel: Floats, gain: Floats, count: int) -> Floats:
    """Expected sum of squares of a part with a memory, shape (C, T, C, T)."""
    components, years = len(covariance_now), len(kernel)
    full = np.kron(covariance_now, kernel)
    return np.asarray(full @ gain @ full + count * full).reshape(components, years, components, years)


def _persistence(now: float, squares: Floats, count: int) -> tuple[float, Floats]:
    """Persistence near `now` that fits best, and the lasting part's sum of squares under it."""
    components, years = squares.shape[:2]
    best: tuple[float, float, Floats] | None = None
    for trial in np.clip(now + np.array([-0.05, -0.01, 0.0, 0.01, 0.05]), 0.05, 0.95):
        kernel = kernels(float(trial), years, ())[1]
        inverse = np.linalg.inv(kernel)
        squares_by_year = np.einsum("ctds,st->cd", squares, inverse) / years
        fit = (
            -components * np.linalg.slogdet(kernel)[1] - years * np.linalg.slogdet(squares_by_year / count)[1]
        )
        if best is None or fit > best[0]:
            best = (float(fit), float(trial), squares_by_year)
    assert best is not None  # noqa: S101 - five trials were made
    return best[1], best[2]


def _broken(s: Structure, prior: Structure, blocks: Floats, count: int) -> Floats:
    """One multiple of the prior for the breaks of all components and years: few tell of it."""
    if not s.breaks:
        return prior.broken
    years = s.level.shape[1]
    unit = np.diag(prior.broken)
    squares = [_constant(s.broken, blocks, (np.arange(years) >= b).astype(float), count) for b in s.breaks]
    multiple = np.mean([np.mean(np.diag(q) / unit) / count for q in squares])
    weight = len(s.breaks)
    return np.asarray(prior.broken * (weight * multiple + 1) / (weight + 1))


def _shrink(squares: Floats, prior: Floats, count: int) -> Floats:
    """Covariance from a sum of squares, drawn to the prior as by components + 2 areas more."""
    extra = len(prior) + 2
    combined = (squares + extra * prior) / (count + extra)
    return np.asarray((combined + combined.T) / 2)


def predict(z: Floats, s: Structure, horizon: int, *, broken: int = 0) -> tuple[Floats, Floats]:
    """Deviations `horizon` years after the last: mean (A, C) and covariance (A, C, C).

    `broken` is the number of known changes of method on the way.  An area that was never seen has
    mean 0 and the covariance of any area.
    """
    areas, components, years = z.shape
    full = kernels(s.persistence, years + horizon, s.breaks)
    pairs = list(zip(s.parts(), full, strict=True))
    cross = np.sum([np.kron(a, k[-1:, :years]) for a, k in pairs], axis=0)
    alone = np.sum([a * k[-1, -1] for a, k in pairs], axis=0) + broken * s.broken
    level = np.nan_to_num(s.level).ravel()
    flat = z.reshape(areas, -1)
    mean = np.zeros((areas, components))
    spread = np.broadcast_to(alone, (areas, components, components)).copy()
    groups = patterns(z)
    for g, inverse in zip(groups, inverses(covariance(s), groups), strict=True):
        weight = inverse @ cross.T
        mean[g.areas] = np.nan_to_num(flat[g.areas] - level) @ weight
        covariance_left = alone - cross @ weight
        spread[g.areas] = (covariance_left + covariance_left.T) / 2
    return mean, spread


def window(components: int, years: int) -> int:
    """How many of the last years are looked at: as many as keep one area's covariance small."""
    return min(years, max(FEWEST, LONGEST // max(components, 1)))
