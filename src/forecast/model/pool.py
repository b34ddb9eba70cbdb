"""Pool the evidence model with the engine's combined forecast where whole tables are published.

Where nearly all areas' scores of a component are known for years, the engine (a panel model and a ridge
regression, weighted and calibrated on that panel's own past) forecasts the component's margins better than
the evidence model, whose strength is figures of many kinds.  Quantiles are averaged on the logit scale; how
components, areas and the total move together stays the evidence model's.
"""

from functools import cache
from typing import Final

import numpy as np
from scipy.special import expit, logit, stdtrit

from forecast.base.arrays import Floats
from forecast.model.contract import TAIL_DF
from forecast.model.panel import Panel

WEIGHT: Final = 0.75  # of the engine; chosen on PAPI's targets of 2019 and 2020, see docs/decisions/0004
COMPLETE_YEARS: Final = 4  # that a component needs, the last one among them,
COMPLETE_SHARE: Final = 0.8  # with the scores of so many of all areas
EDGE: Final = 1e-4  # of a share: logits stay finite


def complete_components(panel: Panel, n_areas: int, last_year: int) -> tuple[str, ...]:
    """Components of which the last year and enough earlier ones are published for nearly all areas."""
    if panel.years[-1] != last_year:
        return ()
    whole = (~np.isnan(panel.value)).sum(axis=0) >= COMPLETE_SHARE * n_areas  # (C, T)
    enough = whole[:, -1] & (whole.sum(axis=1) >= COMPLETE_YEARS)
    return tuple(name for name, is_whole in zip(panel.components, enough, strict=True) if is_whole)


def pooled(drawn: Floats, levels: Floats, quantiles: Floats, weight: float = WEIGHT) -> Floats:
    """Average one cell's draws (n,) with another model's quantiles (Q,), keeping the order of the draws.

    The k-th smallest is the average of both models' k-th of n quantiles, the other model having `weight`.

    >>> pooled(np.array([0.9, 0.7, 0.8]), np.array([0.1, 0.5, 0.9]), np.array([0.5, 0.6, 0.7]), 1.0).round(2)
    array([0.67, 0.53, 0.6 ])
    """
    order = drawn.argsort()
    own, at = _logit(drawn[order]), _places(len(drawn))
    grid, other = stdtrit(TAIL_DF, levels), _logit(quantiles)
    # Engine's margins are Student t on this scale, so a line in t quantiles is exact, beyond the ends too.
    low, high = np.minimum(at - grid[0], 0.0), np.maximum(at - grid[-1], 0.0)
    slopes = np.diff(other)[[0, -1]] / np.diff(grid)[[0, -1]]
    others = np.interp(at, grid, other) + low * slopes[0] + high * slopes[1]
    together = np.empty_like(own)
    together[order] = expit((1 - weight) * own + weight * others)
    return together


@cache
def _places(n: int) -> Floats:
    """Quantiles of a Student t at the middles of n equal parts."""
    return np.asarray(stdtrit(TAIL_DF, (np.arange(n) + 0.5) / n))


def _logit(share: Floats) -> Floats:
    return np.asarray(logit(np.clip(share, EDGE, 1 - EDGE)))
