"""Effects of covariates on scores: one linear term beside the panel model's level and deviations.

On the link scale a score is ``level + deviation + covariates . effects``, with the panel model's own
parts: a level that walks, and for each area a permanent part, one that fades and noise.  Effects are
estimated by generalised least squares under that covariance, the levels integrated out, one component
at a time: with the same regressors in each, correlations between components would change nothing
(Zellner, 1962).  What covariates account for is taken away before any model sees the scores, and put
back for the target year, with the doubt about effects and about missing figures.

Covariates count as distances from an area's own mean over the years: how areas lie apart from each other
is known from their scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np

from forecast.base.arrays import Flags, Floats, Ints
from forecast.model.contract import SCALE, Fitted, History, Outlook, horizon_of, in_points, last_seen
from forecast.model.covariates import (
    NOTHING,
    Completed,
    Covariates,
    LeftOut,
    Memory,
    complete,
    masked_inverse,
    memory_of,
    unique_rows,
)
from forecast.model.levels import STILL, Scales, move_scales
from forecast.model.link import Link
from forecast.model.panel import Panel
from forecast.model.selection import Supported, select
from forecast.model.state_space import standardised, usual_move

# Variance of the levels' moves here over their scale squared: twice for their tails (Student, 4 degrees of
# freedom), twice as a few moves tell their scale badly.  With less, useless national figures look useful.
MOVES: Final = 4.0
STEP: Final = 1e-3  # of the link scale, for a slope
SUPPORTED: Final = 0.1  # chance of an effect from which on it is worth a second look at the variances


class Ahead(NamedTuple):
    """What covariates add to the scores of a target year, and the variance of that; (A, C), link scale."""

    place: Floats
    variance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What is needed of one component to tell how far a target year's covariates lie from the past's."""

    # (P, T, T): inverse covariances of the deviations, one a pattern of known years; zeros at the others
    inverse: Floats
    pattern: Ints
    level: Floats  # (T, K): levels of the covariates, estimated as those of the scores are
    size: Floats
    memory: Memory

    def surprise(self, x: Floats, now: Floats, horizon: int, used: Ints) -> Floats:
        """Those `used` of the covariates `now` (A, K) less what is carried on from past ones (A, T, K)."""
        years = len(self.size)
        gain = self.inverse @ self.memory.at(years - 1 + horizon - np.arange(years))
        gain = gain[self.pattern] * (self.size[-1] / self.size)
        level = self.level[:, used]
        drift = (level[-1] - level[0]) / (years - 1 + STILL)
        carried = (gain[:, None] @ (x[:, :, used] - level))[:, 0]
        return np.asarray(now[:, used] - level[-1] - horizon * drift - carried)


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Effects of covariates on the components of one panel, learnt up to its origin."""

    panel: Panel
    link: Link
    covariates: Covariates
    completed: Completed  # the covariates up to the origin
    acts: Flags  # (C, K): which of them may tell something of which component
    supported: Supported  # posterior of the effects, link scale for one standard unit
    past: tuple[Past | None, ...]  # one a component; None where covariates tell nothing of it
    left_out: tuple[LeftOut, ...]
    _remembered: dict[int, Ahead] = field(default_factory=dict, repr=False)

    @property
    def rests_on(self) -> Ints:
        """Areas times years with both a score and a figure, shape (C, K)."""
        figures = self.covariates.until(self.panel.origin).values[:, :, self.completed.kept]
        both = [~np.isnan(array) for array in (self.panel.value, figures)]
        return np.asarray(np.einsum("act,atk->ck", *(array.astype(int) for array in both)))

    @property
    def asked(self) -> Flags:
        """Components that some covariate is to act on, shape (C,)."""
        on = self.completed.components
        return np.array(
            [any(component in ("", name) for component in on) for name in self.panel.components], dtype=bool
        )

    @property
    def in_points(self) -> tuple[Floats, Floats]:
        """Effect of one unit of each covariate, and its standard error, in points; (C, K) each.

        On a bounded component that is the slope where its areas stand now, on average.
        """
        last, _ = last_seen(self.link.forward(self.panel.value))
        steep = (self.link.inverse(last + STEP) - self.link.inverse(last - STEP)) / (2 * STEP)
        known = ~np.isnan(steep)
        slope = np.nansum(steep, axis=0) / np.maximum(known.sum(axis=0), 1)
        unit = slope[:, None] / self.completed.scale
        error = np.sqrt(np.einsum("ckk->ck", self.supported.covariance))
        return self.supported.mean * unit, error * unit

    @property
    def rest(self) -> Panel:
        """The panel, with what covariates account for set aside."""
        offset = np.einsum("atk,ck->act", within(self.completed.mean), self.supported.mean)
        return replace(self.panel, offset=offset)

    def ahead(self, target_year: int) -> Ahead:
        """What covariates add in a target year, from figures up to that year."""
        if target_year not in self._remembered:  # every model asks for the same
            self._remembered[target_year] = self._ahead(target_year)
        return self._remembered[target_year]

    def _ahead(self, target_year: int) -> Ahead:
        horizon = horizon_of(target_year, self.panel.origin)
        x = self.completed
        own = x.mean.mean(axis=1)
        now, sd = self._figures(target_year)
        mean, covariance = self.supported.mean, self.supported.covariance
        place = (now - own) @ mean.T
        square = mean**2 + np.einsum("ckk->ck", covariance)
        variance = sd**2 @ square.T
        for c, past in enumerate(self.past):
            supported = np.flatnonzero(self.supported.chance[c] > 0)
            if past is not None and len(supported):
                far = past.surprise(x.mean - own[:, None], now - own, horizon, supported)
                variance[:, c] += ((far @ covariance[c][np.ix_(supported, supported)]) * far).sum(axis=1)
        return Ahead(place, variance)

    def added_to(self, fitted: Fitted) -> Fitted:
        """Put what covariates account for back into the forecasts of a model that did not see it."""
        return WithCovariates(fitted, self)

    def _figures(self, target_year: int) -> tuple[Floats, Floats]:
        """Standard figures of a target year and the doubt about them, (A, K) each."""
        known, x = self.covariates.until(target_year), self.completed
        now = (known.values[:, -1, x.kept] - x.centre) / x.scale
        if not np.isnan(now).any():
            return now, np.zeros_like(now)
        supported = (self.supported.chance > 0).any(axis=0)
        now[:, ~supported] = 0.0  # they move nothing
        gaps = np.flatnonzero(np.isnan(now).any(axis=0))
        places = x.kept[gaps]
        completed = complete(known.only(places))
        ratio = completed.scale / x.scale[gaps]
        sd = np.zeros_like(now)
        now[:, gaps] = completed.mean[:, -1] * ratio + (completed.centre - x.centre[gaps]) / x.scale[gaps]
        sd[:, gaps] = completed.sd[:, -1] * ratio
        return now, sd


@dataclass(frozen=True, slots=True, eq=False)
class WithCovariates:
    """A model fitted to what covariates leave over, its forecasts with their part; see `Fitted`."""

    rest: Fitted
    effects: Effects

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.rest.name

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of the model."""
        return self.rest.notes

    def outlook(self, target_year: int) -> Outlook:
        """Predictive distributions on the link scale."""
        rest, ahead = self.rest.outlook(target_year), self.effects.ahead(target_year)
        spread = np.sqrt(rest.spread**2 + SCALE**2 * ahead.variance)
        return Outlook(rest.place + ahead.place, spread)

    def quantiles(self, target_year: int, levels: Sequence[float]) -> Floats:
        """Quantiles in points, shape (A, C, Q)."""
        return in_points(self.effects.link, self.outlook(target_year), levels)


def within(mean: Floats) -> Floats:
    """Distances of completed covariates (A, T, K) from each area's own mean."""
    return np.asarray(mean - mean.mean(axis=1, keepdims=True))


def learn_effects(panel: Panel, covariates: Covariates) -> Effects:
    """Estimate the effects of covariates on a panel's scores, from both up to its origin.

    The covariates are of the panel's areas, in their order, from its first year on.
    """
    suited = [k for k, c in enumerate(covariates.components) if not c or c in panel.components]
    own = covariates.only(suited)
    completed = complete(own.until(panel.origin))
    past = History.of(panel)
    acts = np.array(
        [[c in ("", name) for c in completed.components] for name in panel.components], dtype=bool
    )
    young = (~np.isnan(past.x)).any(axis=0).sum(axis=1) < 3  # too few years to tell a move they explain
    acts &= ~(past.link.alone | young)[:, None]
    supported, kept = _estimate(past.x, panel, completed, acts)
    return Effects(
        panel=panel,
        link=past.link,
        covariates=own,
        completed=completed,
        acts=acts,
        supported=supported,
        past=kept,
        left_out=completed.left_out,
    )


def _estimate(
    x: Floats, panel: Panel, completed: Completed, acts: Flags
) -> tuple[Supported, tuple[Past | None, ...]]:
    """Estimate effects; once more, with variances of what is left, where any is supported."""
    regressors = within(completed.mean)
    offset, doubt = np.zeros_like(x), np.zeros_like(x)
    while True:
        rest = x - offset
        deviations, centre, size = standardised(rest) if len(x) > 1 else _alone(rest)
        scales = move_scales(centre, panel, usual_move(rest))
        count = acts.shape[1]
        information, information_mean = np.zeros((len(acts), count, count)), np.zeros(acts.shape)
        unit, walk = np.ones(len(acts)), _walk(scales, panel)
        past: list[Past | None] = [None] * len(acts)
        for c in np.flatnonzero(acts.any(axis=1)):
            memory = memory_of(deviations[:, c], noisy=True)
            unit[c] = _usual_surprise(memory, scales, size[c])
            past[c], information[c], information_mean[c] = _normal_equations(
                x[:, c], regressors, size[c], memory, walk, doubt[:, c]
            )
        selected = select(
            information * unit[:, None, None] ** 2, information_mean * unit[:, None], acts, completed.sign
        )
        mean, covariance = selected.mean * unit[:, None], selected.covariance * unit[:, None, None] ** 2
        repeat = not offset.any() and bool((selected.chance > SUPPORTED).any())
        if not repeat:
            return Supported(selected.chance, mean, covariance), tuple(past)
        offset = np.einsum("atk,ck->act", regressors, mean)
        doubt = np.einsum("atk,ck->act", completed.sd**2, mean**2)


def _alone(x: Floats) -> tuple[Floats, Floats, Floats]:
    """One area has a level and no deviations."""
    return np.zeros_like(x), x[0], np.full(x.shape[1:], usual_move(x))


def _usual_surprise(memory: Memory, scales: Scales, size: Floats) -> float:
    """Standard deviation of what the past does not tell of a year: of deviations, or of an area alone."""
    years = len(size)
    whole = memory.over(years)
    if whole[0, 0] <= NOTHING:
        return max(scales.calm, NOTHING)
    variance = 1 / np.linalg.inv(whole + NOTHING * whole[0, 0] * np.eye(years))[-1, -1]
    return float(np.sqrt(variance) * size[-1])


def _walk(scales: Scales, panel: Panel) -> Floats:
    """Precision of the levels (T, T) as a random walk whose drift is not known."""
    scale = [scales.broken if year in panel.breaks else scales.calm for year in panel.years[1:]]
    precision = 1 / (MOVES * np.maximum(np.array(scale), NOTHING) ** 2)
    moves = np.diff(np.eye(len(panel.years)), axis=0)
    centred = np.diag(precision) - np.outer(precision, precision) / precision.sum()
    return np.asarray(moves.T @ centred @ moves)


def _normal_equations(
    y: Floats, x: Floats, size: Floats, memory: Memory, walk: Floats, doubt: Floats
) -> tuple[Past, Floats, Floats]:
    """Information on the effects (K, K) and that times their mean (K,), the levels integrated out.

    `doubt` (A, T) is the variance that missing covariates add to scores.
    """
    known = ~np.isnan(y)
    years = len(size)
    floor = NOTHING * max(float(memory.at(np.zeros(1, dtype=int))[0]), NOTHING)
    covariance = memory.over(years) + floor * np.eye(years)
    if doubt.any():
        known_rows, pattern = known, np.arange(len(known))
        inverse = masked_inverse(covariance + (doubt / size**2)[:, :, None] * np.eye(years), known_rows)
    else:
        known_rows, pattern = unique_rows(known)
        inverse = masked_inverse(covariance, known_rows)
    # Whole numbers of areas at once: years first, then areas times regressors.
    scaled = (x / size[:, None]).transpose(1, 0, 2)
    values = (np.nan_to_num(y) / size).T
    count = x.shape[2]
    on_level, moments = np.zeros((years, years)), np.zeros((years, count + 1))
    information, information_mean = np.zeros((count, count)), np.zeros(count)
    for p, weight in enumerate(inverse):
        areas = pattern == p
        own, score = (scaled, values) if areas.all() else (scaled[:, areas], values[:, areas])
        flat = own.reshape(years, -1)
        weighed = (weight @ flat).reshape(-1, count)
        on_level += areas.sum() * weight
        moments += weight @ np.column_stack([own.sum(axis=1), score.sum(axis=1)])
        information += own.reshape(-1, count).T @ weighed
        information_mean += weighed.T @ score.ravel()
    on_level = on_level / np.outer(size, size) + walk
    moments = moments / size[:, None]
    solved = np.linalg.solve(on_level, moments)
    information = information - moments[:, :-1].T @ solved[:, :-1]
    information_mean = information_mean - moments[:, :-1].T @ solved[:, -1]
    level = np.asarray(solved[:, :-1], dtype=float)
    return Past(inverse, pattern, level, size, memory), information, information_mean
