"""Remedy plans: who has none, what is overdue."""

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

from forecast.answer.result import REMEDY_COLUMNS, UNIT_COLUMNS

OPEN: Final = ("planned", "doing")


def of_year(
    remedies: pd.DataFrame, units: pd.DataFrame, area: str, year: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep what concerns one area and year, with columns and order.

    Units of other areas, and their remedies, are left out.  A remedy belongs to the year in which it is due;
    without a due day, in which it was recorded.
    """
    here = units[units["area"] == area].reset_index(drop=True)
    own = remedies["unit"].isin(_names(here)) if len(units) else pd.Series(data=True, index=remedies.index)
    counts_in = remedies["due"].fillna(remedies["recorded_on"]).dt.year
    return remedies[own & (counts_in == year)].reset_index(drop=True), here


def remedy_table(remedies: pd.DataFrame, units: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """List remedies in their latest state, the longest overdue first: `REMEDY_COLUMNS`.

    Overdue is one due before `as_of` that is neither done nor dropped; units have the names of the list of
    units.
    """
    late = (pd.Timestamp(as_of) - remedies["due"]).dt.days.fillna(0).clip(lower=0)
    open_ = remedies["state"].isin(OPEN)
    table = remedies.assign(
        unit=remedies["unit"].map(_names(units)).fillna(remedies["unit"]),
        days_overdue=np.where(open_, late, 0).astype("int64"),
    )
    ordered = table.sort_values(["days_overdue", "due", "unit"], ascending=[False, True, True], kind="stable")
    return ordered[list(REMEDY_COLUMNS)].reset_index(drop=True)


def unit_table(remedies: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Count the remedies of every unit that must have a plan; `remedies` from `remedy_table`."""
    live = remedies[remedies["state"] != "dropped"]
    counts = pd.DataFrame(
        {
            "remedies": live.groupby("unit").size(),
            "done": live[live["state"] == "done"].groupby("unit").size(),
            "overdue": live[live["days_overdue"] > 0].groupby("unit").size(),
        }
    )
    table = units[["unit", "kind"]].merge(counts, left_on="unit", right_index=True, how="left")
    numbers = ["remedies", "done", "overdue"]
    table[numbers] = table[numbers].fillna(0).astype("int64")
    return table.assign(has_plan=table["remedies"] > 0)[list(UNIT_COLUMNS)].reset_index(drop=True)


def _names(units: pd.DataFrame) -> dict[str, str]:
    """The list's own name of every spelling."""
    return {
        spelling.strip(): str(unit)
        for unit, aliases in zip(units["unit"], units["aliases"], strict=True)
        for spelling in (str(unit), *str(aliases).split("|"))
        if spelling.strip()
    }
