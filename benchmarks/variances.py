"""What a full panel says of the evidence model's variances: ``python -m benchmarks.variances``.

Maximum likelihood on PAPI up to 2021, in two steps: deviations of the areas from the year's mean, areas taken
as independent; then the means themselves as one series of levels.  Both use the model's own covariances
(`forecast.model.latent`), on the logit of the share of the maximum.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg, optimize
from scipy.special import logit

from benchmarks import panels
from forecast.model.latent import (
    LEVEL_SCALARS,
    SCALARS,
    Lattice,
    Variances,
    deviation_covariance,
    level_covariance,
)
from forecast.model.panel import Panel

Floats = NDArray[np.float64]

LAST_YEAR = 2021  # later years are kept for confirmation
BOUND = 6.0  # how far a searched value may go from its start, on the log or logit scale


def estimates(panel: Panel) -> pd.DataFrame:
    """Estimate every variance on a full panel.

    Returns
    -------
    DataFrame
        Columns name, estimate, start (the model's own).
    """
    value = logit(np.clip(panel.value / panel.upper[:, None], 0.004, 0.996))
    count = (~np.isnan(value)).sum(axis=0)
    level = np.where(count > 0, np.nansum(value, axis=0) / np.maximum(count, 1), np.nan)
    breaks = np.tile([float(year in panel.breaks) for year in panel.years], (len(panel.components), 1))
    lattice = Lattice(panel.areas, panel.components, panel.years, breaks, np.ones(len(panel.years)))
    cells = (value - level).reshape(len(panel.areas), -1)
    start = Variances(component_spread=(1.0,) * len(panel.components))
    found = _deviations(lattice, cells, start)
    found = _levels(lattice, level.reshape(-1), found)
    own = Variances()
    rows = [(name, getattr(found, name), getattr(own, name)) for name in SCALARS]
    # `spread` and the components' spreads are told apart by a mean of 1.
    mean = float(np.mean(found.component_spread))
    rows = [(name, value * mean if name == "spread" else value, first) for name, value, first in rows]
    return pd.DataFrame(rows, columns=["name", "estimate", "start"])


def _deviations(lattice: Lattice, cells: Floats, start: Variances) -> Variances:
    """Maximum likelihood of the areas' deviations; areas with the same gaps share one factorization."""
    seen = ~np.isnan(cells)
    patterns = [(known, cells[(seen == known).all(axis=1)][:, known]) for known in np.unique(seen, axis=0)]
    free = [k for k, name in enumerate(SCALARS) if name not in (*LEVEL_SCALARS, "spread")]
    free += list(range(len(SCALARS), len(SCALARS) + len(lattice.components)))

    def loss(vector: Floats) -> float:
        covariance = deviation_covariance(lattice, _moved(start, free, vector))
        return sum(_minus_log_likelihood(covariance[np.ix_(known, known)], own) for known, own in patterns)

    return _searched(loss, start, free)


def _levels(lattice: Lattice, level: Floats, start: Variances) -> Variances:
    """Maximum likelihood of the common levels, one realization of L x T numbers."""
    known = ~np.isnan(level)
    middle = np.full(int(known.sum()), np.nanmean(level))
    free = [SCALARS.index(name) for name in LEVEL_SCALARS]

    def loss(vector: Floats) -> float:
        covariance = level_covariance(lattice, _moved(start, free, vector))[np.ix_(known, known)]
        return _minus_log_likelihood(covariance, (level[known] - middle)[None])

    return _searched(loss, start, free)


def _minus_log_likelihood(covariance: Floats, rows: Floats) -> float:
    root = linalg.cholesky(covariance + 1e-9 * np.eye(len(covariance)), lower=True)
    told = linalg.solve_triangular(root, rows.T, lower=True)
    return float(len(rows) * np.log(np.diag(root)).sum() + 0.5 * (told**2).sum())


def _moved(start: Variances, free: list[int], vector: Floats) -> Variances:
    whole = start.to_vector()
    whole[free] = vector
    return start.with_vector(whole)


def _searched(loss: Callable[[Floats], float], start: Variances, free: list[int]) -> Variances:
    first = start.to_vector()[free]
    bounds = [(value - BOUND, value + BOUND) for value in first]
    found = optimize.minimize(loss, first, method="L-BFGS-B", bounds=bounds)
    return _moved(start, free, found.x)


def main() -> int:
    """Print the estimates on PAPI; the exit code."""
    try:
        panel = panels.papi().until(LAST_YEAR)
    except panels.PanelsMissingError as error:
        print(error, file=sys.stderr)
        return 1
    print(estimates(panel).round(3).to_string(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
