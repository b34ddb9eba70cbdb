"""Score forecasts of which the outcome is known: one row a forecast, of points or of a rank."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.answer.result import VERIFICATION_COLUMNS
from forecast.base.spec import interval_ends
from forecast.model import score

Floats = NDArray[np.float64]

FACTS: Final = ["model", "index_code", "area", "component", "target_year", "observed", "new_method"]
LEVEL: Final = 80  # percent of the range


def verified(made: pd.DataFrame) -> pd.DataFrame:
    """Score FORECAST rows beside their outcomes.

    Parameters
    ----------
    made : DataFrame
        FORECAST rows with `observed` and `new_method` (whether the index changed its method that year).

    Returns
    -------
    DataFrame
        `Result.verification`: median and 80 percent range, and the CRPS; of a rank that is the ranked
        probability score, which is the same integral over whole numbers.
    """
    kinds = {"quantile": _points, "pmf": _ranks}
    parts = [kinds[str(kind)](_wide(rows)) for kind, rows in made.groupby("output_type", sort=False)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(VERIFICATION_COLUMNS))


def _wide(made: pd.DataFrame) -> pd.DataFrame:
    """One row a forecast, one column a level or a rank."""
    levels = made["output_type_id"].astype(float).round(4)
    wide = made.assign(level=levels).pivot_table(index=FACTS, columns="level", values="value", sort=False)
    return wide.sort_index(axis=1)


def _points(wide: pd.DataFrame) -> pd.DataFrame:
    observed = wide.index.get_level_values("observed").to_numpy(dtype=float)
    crps = score.crps_from_quantiles(observed, wide.to_numpy(), levels=wide.columns)
    low, high = interval_ends(LEVEL)
    ends = wide.reindex(columns=[0.5, low, high]).to_numpy()
    return _told(wide, ends, crps)


def _ranks(wide: pd.DataFrame) -> pd.DataFrame:
    observed = wide.index.get_level_values("observed").to_numpy(dtype=float)
    chances = wide.to_numpy()
    reached = chances.cumsum(axis=1)
    low, high = interval_ends(LEVEL)
    # Chances are rounded, so that the last rank is taken where they add up to a little less.
    ends = [1.0 + (reached < level - 1e-6)[:, :-1].sum(axis=1) for level in (0.5, low, high)]
    return _told(wide, np.array(ends).T, score.rps(observed, chances))


def _told(wide: pd.DataFrame, ends: Floats, crps: Floats) -> pd.DataFrame:
    facts = wide.index.to_frame(index=False)
    median, lower, upper = ends.T
    return facts.assign(median=median, lower=lower, upper=upper, crps=np.round(crps, 4))[
        list(VERIFICATION_COLUMNS)
    ]
