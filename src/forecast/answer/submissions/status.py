"""Who has sent a forecast, which of a department's forms counts, who is late, who is missing."""

import datetime as dt
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.answer.result import STATUS_COLUMNS
from forecast.answer.submissions.duties import deadline, departments, items
from forecast.base.spec import RunSpec
from forecast.data.framework import Framework
from forecast.data.load import Known
from forecast.data.tables import DAY_DTYPE, pick

WORTH_SAYING: Final = 0.1  # points: members nearer than that do not disagree, whatever their ranges
_DAYS = ("due_on", "received_on")


def of_run(submissions: pd.DataFrame, *, area: str, index_code: str, target_year: int) -> pd.DataFrame:
    """Keep the rows of one area, index and target year, in their order."""
    return pick(submissions, area=area, index_code=index_code, target_year=target_year)


def latest(submissions: pd.DataFrame, *, area: str, index_code: str, target_year: int) -> pd.DataFrame:
    """Give of each department the rows of its latest form for one area, index and target year.

    Of two forms received on one day the one further down in the file is the later.
    """
    rows = of_run(submissions, area=area, index_code=index_code, target_year=target_year)
    order = rows.sort_values("received_on", kind="stable")
    last = order.drop_duplicates("department", keep="last")["submission_id"]
    latest_rows = rows.loc[rows["submission_id"].isin(set(last))]
    return latest_rows.reset_index(drop=True)


def status(
    known: Known, framework: Framework, spec: RunSpec, comparison: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Tell of each department in charge, in the framework's order, whether its forecast is there.

    The state is "sent", "late" (its first form came after 30 September) or "missing"; days_late counts to the
    day of that first form, or to ``spec.as_of`` where there is none.  Component and gap are those of the
    largest disagreement in the `comparison`, which is as ``Result.departments``; without it nothing is said
    of any.
    """
    submissions, area, code, year = known.submissions, spec.area, spec.index_code, spec.target_year
    rows = of_run(submissions, area=area, index_code=code, target_year=year)
    last = latest(submissions, area=area, index_code=code, target_year=year)
    due = deadline(spec.target_year)
    rows_of_status = [
        _row(
            rows.loc[rows["department"] == name],
            last.loc[last["department"] == name],
            due,
            spec.as_of,
            {"department": name, "expected": float(len(items(framework, name)))} | _gap(comparison, name),
        )
        for name in departments(framework)
    ]
    frame = pd.DataFrame(rows_of_status, columns=list(STATUS_COLUMNS))
    return frame.astype({**dict.fromkeys(_DAYS, DAY_DTYPE), "days_late": float, "earlier": float})


def _row(
    rows: pd.DataFrame, last: pd.DataFrame, due: dt.date, as_of: dt.date, known: dict[str, Any]
) -> dict[str, Any]:
    row = {**known, "due_on": pd.Timestamp(due)}
    if rows.empty:
        late = max(0, (as_of - due).days)
        return {**row, "state": "missing", "days_late": late, "components": 0.0, "earlier": 0.0}
    late = max(0, (rows["received_on"].min() - pd.Timestamp(due)).days)
    return {
        **row,
        "state": "late" if late else "sent",
        "received_on": last["received_on"].iloc[0],
        "days_late": late,
        "components": float(last["likely"].notna().sum()),
        "earlier": float(rows["submission_id"].nunique() - 1),
    }


def _gap(comparison: pd.DataFrame | None, department: str) -> dict[str, Any]:
    if comparison is None:
        return {"disagreeing": np.nan, "component": "", "gap": np.nan}
    own = comparison.loc[comparison["department"] == department]
    disagreements = own.loc[own["disagrees"].astype(bool) & own["gap"].notna()]
    if disagreements.empty:
        return {"disagreeing": 0.0 if len(own) else np.nan, "component": "", "gap": np.nan}
    widest = disagreements.iloc[int(disagreements["gap"].abs().to_numpy().argmax())]
    return {
        "disagreeing": float(len(disagreements)),
        "component": str(widest["component"]),
        "gap": float(widest["gap"]),
    }


def compare_with_models(last: pd.DataFrame, model: pd.DataFrame) -> pd.DataFrame:
    """Hold departments' latest forms against the models' median, lower and upper (80 percent, points).

    Gives department, component, low, likely, high, median, lower, upper, gap (likely less median), disagrees
    (the two 80 percent ranges have no point in common, and it is worth saying).
    """
    both = last.loc[last["likely"].notna()].merge(model, on="component")
    disjoint = (both["low"] > both["upper"]) | (both["high"] < both["lower"])
    names = ["department", "component", "low", "likely", "high", "median", "lower", "upper"]
    gap = both["likely"] - both["median"]
    return both[names].assign(gap=gap, disagrees=disjoint & (gap.abs() >= WORTH_SAYING))
