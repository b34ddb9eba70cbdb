"""Combine models: weights learnt on rolling origins and shrunk towards equal ones.

Quantiles are averaged at each level (Vincent averaging).  As all models' distributions are of one
family (`forecast.model.contract`), the average has the weighted places and spreads.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from scipy import optimize
from scipy.special import stdtrit

from forecast.base.arrays import Flags, Floats
from forecast.base.errors import ForecastError
from forecast.model.contract import TAIL_DF, Fitted, History, Model, Outlook
from forecast.model.covariates import Covariates
from forecast.model.effects import learn_effects
from forecast.model.panel import Panel

ORIGINS: Final = 5  # past origins on which models are judged, at most
FEWEST_YEARS: Final = 4  # years that the first of them must have
OWN_YEARS: Final = 3  # years of a component before its forecasts count in weights and calibration
PULL: Final = 0.03  # how strongly weights are drawn to equal ones, as a share of the best model's loss
JUDGED_LEVELS: Final = (0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975)
MOST_CELLS: Final = 20_000  # outcomes used for the weights, spread evenly over the panel


class Trial(NamedTuple):
    """Past forecasts of one year from one origin, and what came; link scale of that origin.

    `place` and `spread` have shape (M, A, C), `observed` (A, C); NaN where nothing was said or seen.
    """

    origin: int
    target_year: int
    place: Floats
    spread: Floats
    observed: Floats


def rolling(
    panel: Panel, models: Sequence[Model], reach: int, covariates: Covariates | None = None
) -> list[Trial]:
    """Forecast the panel's own last years from earlier origins, up to `reach` years ahead.

    ::

        origin T-3  x x x x o . .       x  seen     o  forecast     .  farther than reach
        origin T-2  x x x x x o .
        origin T-1  x x x x x x o

    Models that cannot be fitted at the first origins are left out there (NaN).  Effects of covariates
    are learnt anew at each origin, from as many figures as would have been there.
    """
    trials = []
    first = max(panel.years[0] + FEWEST_YEARS - 1, panel.origin - max(ORIGINS, reach))
    for origin in range(first, panel.origin):
        past = panel.until(origin)
        link = History.of(past).link
        if covariates is None:
            fits = [fitted(model, past) for model in models]
        else:
            effects = learn_effects(past, covariates.as_at(origin, panel.origin))
            rest = effects.rest
            bare = [fitted(model, rest) for model in models]
            fits = [effects.added_to(fit) if fit else None for fit in bare]
        young = (~np.isnan(past.value)).any(axis=0).sum(axis=1) < OWN_YEARS
        for target in range(origin + 1, min(origin + reach, panel.origin) + 1):
            outlooks = [fit.outlook(target) if fit else None for fit in fits]
            silent = np.full(panel.value.shape[:2], np.nan)
            column = panel.years.index(target)
            results = np.where(young, np.nan, panel.value[:, :, column])
            trials.append(
                Trial(
                    origin=origin,
                    target_year=target,
                    place=np.stack([o.place if o else silent for o in outlooks]),
                    spread=np.stack([o.spread if o else silent for o in outlooks]),
                    observed=link.forward(results),
                )
            )
    return trials


def fitted(model: Model, panel: Panel) -> Fitted | None:
    """Fit, or give None if the model refuses the panel for a reason it states."""
    try:
        return model.fit(panel)
    except ForecastError:
        return None


def equal_weights(speaking: Flags) -> Floats:
    """The same weight for each model that has anything to say, 0 for the others.

    >>> equal_weights(np.array([True, False, True]))
    array([0.5, 0. , 0.5])
    """
    return np.asarray(speaking / max(int(speaking.sum()), 1))


def learn_weights(trials: Sequence[Trial]) -> Floats:
    """Weights, shape (M,), that would have given the sharpest true forecasts; at least 0, sum 1.

    Minimises the mean CRPS (pinball losses at eleven levels) of the combined forecast, over the loss
    of the best single model, plus ``PULL`` times the squared distance to equal weights.  Each
    origin and horizon counts the same, however many cells it has.
    """
    place, spread, observed, share = _stacked(trials)
    fair = equal_weights(np.any([speaks(t) for t in trials], axis=0))
    count = len(fair)
    if not len(observed):
        return fair
    tails = stdtrit(TAIL_DF, JUDGED_LEVELS)
    levels = np.asarray(JUDGED_LEVELS)

    def loss(weight: Floats) -> tuple[float, Floats]:
        centre, width = weight @ place, weight @ spread
        error = observed[:, None] - centre[:, None] - width[:, None] * tails
        slope = np.where(error >= 0, -levels, 1 - levels) * share[:, None]
        total = float(-(slope * error).sum())
        return total, place @ slope.sum(axis=1) + spread @ (slope @ tails)

    alone = min(loss(row)[0] for row in np.eye(count)[fair > 0]) or 1.0

    def goal(weight: Floats) -> tuple[float, Floats]:
        value, gradient = loss(weight)
        away = weight - fair
        return value / alone + PULL * float(away @ away), gradient / alone + 2 * PULL * away

    optimum = optimize.minimize(
        goal,
        fair,
        jac=True,
        method="SLSQP",
        bounds=[(0.0, float(f > 0)) for f in fair],
        constraints=optimize.LinearConstraint(np.ones((1, count)), 1.0, 1.0),
        options={"ftol": 1e-7, "maxiter": 100},
    )
    weight = np.clip(optimum.x, 0.0, None)
    return np.asarray(weight / weight.sum())


def speaks(trial: Trial) -> Flags:
    """Which models said anything in a trial, shape (M,)."""
    return np.asarray((~np.isnan(trial.place)).any(axis=(1, 2)))


def combine(outlooks: Sequence[Outlook], weights: Floats) -> Outlook:
    """Weighted mean of quantiles; where a model is silent, the others' weights are scaled up."""
    place, spread = np.stack([o.place for o in outlooks]), np.stack([o.spread for o in outlooks])
    return Outlook(_mixed(place, weights), _mixed(spread, weights))


def _mixed(values: Floats, weights: Floats) -> Floats:
    """Weighted mean over the first axis among what is there; NaN where nothing is."""
    there = ~np.isnan(values)
    shaped = weights.reshape(-1, *[1] * (values.ndim - 1)) + 1e-12
    total = (there * shaped).sum(axis=0)
    mixed = (np.nan_to_num(values) * shaped).sum(axis=0) / np.where(total > 0, total, 1.0)
    return np.asarray(np.where(total > 0, mixed, np.nan))


def _stacked(trials: Sequence[Trial]) -> tuple[Floats, Floats, Floats, Floats]:
    """All outcomes in a row: place and spread (M, N), observed (N,), share of each in the loss (N,)."""
    parts = []
    for trial in trials:
        there = ~np.isnan(trial.observed) & ~np.isnan(trial.place).all(axis=0)
        if not there.any():
            continue
        fair = equal_weights(speaks(trial))
        place, spread = trial.place[:, there], trial.spread[:, there]
        # A model that is silent is judged as if it had said what the others say together.
        place = np.where(np.isnan(place), _mixed(place, fair), place)
        spread = np.where(np.isnan(spread), _mixed(spread, fair), spread)
        step = max(1, int(there.sum()) * len(trials) // MOST_CELLS)
        keep = slice(None, None, step)
        observed = trial.observed[there][keep]
        parts.append((place[:, keep], spread[:, keep], observed, np.full(len(observed), 1 / len(observed))))
    if not parts:
        empty = np.zeros((len(trials[0].place), 0))
        return empty, empty, np.zeros(0), np.zeros(0)
    share = np.concatenate([p[3] for p in parts]) / len(parts)
    place, spread = (np.concatenate([p[i] for p in parts], axis=1) for i in (0, 1))
    return place, spread, np.concatenate([p[2] for p in parts]), share
