"""Score forecasts of which the outcome is known: one row a forecast, of points or of a rank."""

from typing import Final

import numpy as np
import pandas as pd

from forecast.base.arrays import Floats
from forecast.base.spec import interval_ends
from forecast.model import score

FACTS: Final = ["model", "index_code", "area", "component", "target_year", "observed", "new_method"]
ENDS: Final = {50: ("lower50", "upper50"), 80: ("lower", "upper"), 95: ("lower95", "upper95")}
MEASURES: Final = (
    *("median", *(end for pair in ENDS.values() for end in pair)),
    *("crps", "wis", "dispersion", "under", "over", *(f"inside{level}" for level in ENDS)),
)


def scored(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Score FORECAST rows beside their outcomes by every measure.

    `forecasts`: FORECAST rows with `observed` and `new_method` (whether the index changed its method that
    year). Gives `FACTS` and `MEASURES`, one row a forecast: median and ranges; the CRPS, of a rank the ranked
    probability score, which is the same integral over whole numbers; the weighted interval score and its
    parts (NaN for a rank); whether each range held what came (1 or 0, NaN where there is no such range).
    """
    kinds = {"quantile": _points, "pmf": _ranks}
    parts = [kinds[str(kind)](_wide(rows)) for kind, rows in forecasts.groupby("output_type", sort=False)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*FACTS, *MEASURES])


def _wide(forecasts: pd.DataFrame) -> pd.DataFrame:
    """One row a forecast, one column a level or a rank."""
    levels = forecasts["output_type_id"].astype(float).round(4)
    wide = forecasts.assign(level=levels).pivot_table(
        index=FACTS, columns="level", values="value", sort=False
    )
    return wide.sort_index(axis=1)


def _points(wide: pd.DataFrame) -> pd.DataFrame:
    observed = wide.index.get_level_values("observed").to_numpy(dtype=float)
    crps = score.crps_from_quantiles(observed, wide.to_numpy(), levels=wide.columns)
    quantile_levels = [0.5, *(end for level in ENDS for end in interval_ends(level))]
    parts = score.wis(observed, wide.to_numpy(), levels=wide.columns)
    return _measured(wide, wide.reindex(columns=quantile_levels).to_numpy(), crps, parts)


def _ranks(wide: pd.DataFrame) -> pd.DataFrame:
    observed = wide.index.get_level_values("observed").to_numpy(dtype=float)
    chances = wide.to_numpy()
    reached = chances.cumsum(axis=1)
    # Chances are rounded, so that the last rank is taken where they add up to a little less.
    quantile_levels = (0.5, *(end for level in ENDS for end in interval_ends(level)))
    ends = [1.0 + (reached < level - 1e-6)[:, :-1].sum(axis=1) for level in quantile_levels]
    return _measured(wide, np.array(ends).T, score.rps(observed, chances))


def _measured(wide: pd.DataFrame, ends: Floats, crps: Floats, wis: score.Wis | None = None) -> pd.DataFrame:
    facts = wide.index.to_frame(index=False)
    names = [name for pair in ENDS.values() for name in pair]
    scores = facts.assign(median=ends[:, 0], **dict(zip(names, ends[:, 1:].T, strict=True)))
    scores["crps"] = np.round(crps, 4)
    nothing = np.full(len(scores), np.nan)
    parts = wis or score.Wis(nothing, nothing, nothing, nothing)
    for name, part in zip(("wis", "dispersion", "under", "over"), parts, strict=True):
        scores[name] = np.round(part, 4)
    for level, (low, high) in ENDS.items():
        scores[f"inside{level}"] = score.inside(scores["observed"], scores[low], scores[high])
    return scores[[*FACTS, *MEASURES]]
