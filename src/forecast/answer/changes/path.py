"""The table of how the forecast of a year moved from report to report; each report adds one row."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from forecast.answer.changes.earlier import UNREADABLE
from forecast.answer.changes.steps import WHOLE
from forecast.answer.result import PATH_COLUMNS, read_table
from forecast.base.spec import RunSpec
from forecast.data.framework import TOTAL
from forecast.data.tables import DAY_DTYPE

TABLE: Final = "path"
NONE: Final = {"lower": math.nan, "upper": math.nan, "rank": math.nan, "step": "", "effect": math.nan}
UNNAMED: Final = {"moved_by": "", "name": "", "name_en": "", "others": 0}


def path_table(
    folder: Path | None, spec: RunSpec, now: Mapping[str, float], tables: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Add this report to the path of the one before, in `folder`, if there is one; see `Result.path`.

    `now` has median, lower, upper and rank of the total; `tables` are the tables of `change_tables`.
    """
    here = {"as_of": pd.Timestamp(spec.as_of), **NONE, **UNNAMED, **now}
    if folder is None or tables["changes"].empty:
        return _table([here])
    return _table([*_earlier(folder, tables), here | _step(tables["changes"], tables["changed_rows"])])


def _earlier(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """The rows of the earlier report's path; if it has no such table, one row with its median."""
    try:
        path = read_table(folder, TABLE)
        table = path.assign(name_en=path.get("name_en", ""))[list(PATH_COLUMNS)]  # older reports have none
        return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    except UNREADABLE:
        moves = tables["changes"]
        whole = moves.loc[(moves["component"] == TOTAL) & (moves["step"] == WHOLE), "before"]
        before = {"as_of": tables["previous"]["as_of"].iloc[0], "median": float(whole.iloc[0])}
        return [{**NONE, **UNNAMED, **before}]


def _step(changes: pd.DataFrame, rows: pd.DataFrame) -> dict[str, Any]:
    """Name the step that moved the total most, and the first row of the data that it took in."""
    steps = changes[(changes["component"] == TOTAL) & (changes["step"] != WHOLE)]
    if steps.empty:
        return {}
    most = steps.iloc[int(steps["effect"].abs().to_numpy().argmax())]
    behind = rows[rows["step"] == most["step"]]
    ordered = behind.sort_values("component", key=lambda column: column != TOTAL, kind="stable")
    first = ordered.iloc[0] if len(ordered) else None
    return {
        "step": most["step"],
        "effect": float(most["effect"]),
        "moved_by": "" if first is None else str(first["key"]),
        **{name: "" if first is None else str(first[name]) for name in ("name", "name_en")},
        "others": max(len(behind) - 1, 0),
    }


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(PATH_COLUMNS)).astype({"as_of": DAY_DTYPE})
