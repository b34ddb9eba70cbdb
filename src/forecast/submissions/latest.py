"""Which of a department's forms counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def of_run(submissions: pd.DataFrame, *, area: str, index_code: str, target_year: int) -> pd.DataFrame:
    """Keep the rows of one area, index and target year, in their order."""
    wanted = (
        (submissions["area"] == area)
        & (submissions["index_code"] == index_code)
        & (submissions["target_year"] == target_year)
    )
    return submissions.loc[wanted]


def latest(submissions: pd.DataFrame, *, area: str, index_code: str, target_year: int) -> pd.DataFrame:
    """Give of each department the rows of its latest form.

    Parameters
    ----------
    submissions
        ``Known.submissions``, in the order of the file.
    area, index_code, target_year
        Forms for other areas, indexes and years do not count.

    Returns
    -------
    DataFrame
        The columns of `submissions`, index from 0.  Of two forms received on one day the one
        further down in the file is the later.
    """
    rows = of_run(submissions, area=area, index_code=index_code, target_year=target_year)
    order = rows.sort_values("received_on", kind="stable")
    last = order.drop_duplicates("department", keep="last")["submission_id"]
    kept = rows.loc[rows["submission_id"].isin(set(last))]
    return kept.reset_index(drop=True)
