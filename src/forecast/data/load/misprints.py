"""Figures that other published figures of the same year prove wrong, misprints mostly.

Used only to choose among sources that disagree (settle.py); a figure that stands alone is kept.
"""

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.arrays import Flags
from forecast.data.framework import TOTAL
from forecast.data.tables import COUNTRY, DOMAINS

# Each set of points adds up to the total, under every version of the PAR Index.
SUMS: Final = (
    ("part.appraised", "part.leaders_survey", "D8.sipas", "D8.outcome"),
    ("part.appraised", "part.survey"),
    DOMAINS,
)
TOLERANCE: Final = 0.1  # eight figures rounded to two decimals may be 0.04 off; misprints are larger

_WHERE: Final = ["index_code", "year", "area"]


def contradicted(known: pd.DataFrame, as_of: dt.date) -> pd.Series:
    """Mark the rows that cannot be right, given the other rows known on the same day.

    A province's total must be the sum of its parts where all are known; the lowest score of the country may
    not exceed a province's own, nor the highest fall short of one.  A page made after `as_of` proves nothing.
    """
    of_the_day = known.loc[~(known["source_day"] > pd.Timestamp(as_of))]
    proofs = of_the_day.loc[(known["statistic"] == "value") & known["score"].notna()]
    wrong = _against_parts(known, proofs) | _against_provinces(known, proofs)
    return pd.Series(wrong, index=known.index)


def _against_parts(known: pd.DataFrame, proofs: pd.DataFrame) -> Flags:
    points = proofs.loc[proofs["unit"] == "points"]
    agreed = points.groupby([*_WHERE, "component"])["score"].agg(["min", "max"]).reset_index()
    agreed = agreed.loc[agreed["min"] == agreed["max"]]  # a part that is disputed proves nothing
    table = agreed.pivot_table(index=_WHERE, columns="component", values="min")
    totals = known.loc[(known["component"] == TOTAL) & (known["statistic"] == "value")]
    places = pd.MultiIndex.from_frame(totals[_WHERE])
    wrong = np.zeros(len(known), dtype=bool)
    for parts in SUMS:
        if not set(parts).issubset(table.columns):
            continue
        sums = table[list(parts)].sum(axis=1, skipna=False).reindex(places).to_numpy()
        off = np.abs(totals["score"].to_numpy() - sums) > TOLERANCE  # NaN compares as not off
        wrong[known.index.get_indexer(totals.index[off])] = True
    return wrong


def _against_provinces(known: pd.DataFrame, proofs: pd.DataFrame) -> Flags:
    where = ["index_code", "year", "component", "unit"]
    range_of = proofs.groupby(where)["score"].agg(["min", "max"])
    wrong = np.zeros(len(known), dtype=bool)
    country = (known["area"] == COUNTRY).to_numpy()
    for statistic in ("min", "max"):
        places = np.flatnonzero(country & (known["statistic"] == statistic).to_numpy())
        rows = known.iloc[places]
        bounds = range_of.reindex(pd.MultiIndex.from_frame(rows[where]))[statistic].to_numpy()
        score = rows["score"].to_numpy()
        wrong[places] = score > bounds + TOLERANCE if statistic == "min" else score < bounds - TOLERANCE
    return wrong
