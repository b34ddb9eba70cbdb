"""Check observed figures cell by cell: days, limits of the targets, columns that tell forecasts apart."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final, SupportsInt

import numpy as np
import pandas as pd

from forecast.base.errors import Problem
from forecast.base.labels import shortened
from forecast.base.spec import iso_hint
from forecast.hub.layout import Group, Hub
from forecast.hub.tables import HEAD, numbers

DATES: Final = ("target_end_date", "target_date")
_CHANCES: Final = ("pmf", "cdf")


def asked(hub: Hub, task_id: str) -> list[str]:
    """Values that the hub asks of a task id, in its order."""
    groups = (group for round_ in hub.rounds for group in round_.groups if task_id in group.tasks)
    return list(dict.fromkeys(value for group in groups for value in group.tasks[task_id].allowed))


def day_columns(hub: Hub) -> list[str]:
    """Task ids all of whose values are days, and the column of days that target-data.json names."""
    named = [hub.target_data["date_col"]] if "date_col" in hub.target_data else []
    of_days = [name for name in hub.task_ids if (values := _values(hub, name)) and all(map(_is_day, values))]
    return list(dict.fromkeys([*named, *of_days, *DATES]))


def wrong_days(table: pd.DataFrame, name: str, hub: Hub) -> Iterator[Problem]:
    """Days that are not written year-month-day: they would be those of no forecast."""
    for column in (column for column in [*day_columns(hub), "as_of"] if column in table):
        texts = table[column].cat.categories.tolist()
        bare = {
            text: text[:10] if column == "as_of" else text for text in texts
        }  # a version may have its hour
        wrong = [t for t in texts if t and not _is_day(bare[t]) and t not in _values(hub, column)]
        for at in np.flatnonzero(table[column].isin(wrong)) if wrong else ():
            text = str(table[column].iloc[at])
            facts = {"wanted": iso_hint(text) or "2022-12-24"}
            yield Problem(name, _row(table, at), column, text, "hub.expect.iso_day", facts)


def outside(table: pd.DataFrame, value: str, name: str, hub: Hub) -> Iterator[Problem]:
    """Figures that no forecast of their target may have, such as counts below zero."""
    figure, kinds = numbers(table[value]), table.get("output_type")
    chances = kinds.isin(_CHANCES).to_numpy() if kinds is not None else np.zeros(len(table), dtype=bool)
    for groups, own in _by_target(hub, table.get("target"), len(table)):
        ends = [(o.low, o.high) for g in groups for kind, o in g.outputs.items() if kind not in _CHANCES]
        if not ends:
            continue
        low, high = min(end for end, _ in ends), max(end for _, end in ends)
        for at in np.flatnonzero(own & ~chances & ((figure < low) | (figure > high))):
            facts = {"low": f"{low:g}", "high": f"{high:g}" if np.isfinite(high) else "∞"}
            yield Problem(
                name, _row(table, at), value, str(table[value].iloc[at]), "hub.expect.number", facts
            )
    if value == "oracle_value":  # of a category, whether it came; of a threshold, whether it was reached
        for at in np.flatnonzero(chances & ~np.isin(figure, (0, 1))):
            yield Problem(name, _row(table, at), value, str(table[value].iloc[at]), "hub.expect.zero_or_one")


def contradictions(table: pd.DataFrame, name: str, hub: Hub) -> Iterator[Problem]:
    """Oracle output that says two things of one task: two categories or none, two figures, a step back."""
    keys = [column for column in (*hub.task_ids, "as_of") if column in table]
    if not {"output_type", "output_type_id", "oracle_value"} <= {*table} or not keys:
        return
    rows = table.astype(dict.fromkeys([*keys, "output_type", "output_type_id"], str))
    rows = rows.assign(figure=numbers(table["oracle_value"]), level=numbers(table["output_type_id"]))
    for kind, key in (
        ("pmf", "hub.expect.one_category"),
        ("cdf", "hub.expect.no_return"),
        ("", "hub.expect.one_outcome"),
    ):
        own = rows[rows["output_type"] == kind] if kind else rows[~rows["output_type"].isin(_CHANCES)]
        for _, task in own.sort_values("level", kind="stable").groupby(keys, sort=False):
            figures = task["figure"].to_numpy(dtype=float)
            falls = not task["level"].isna().any() and bool((np.diff(figures) < 0).any())
            wrong = {"pmf": figures.sum() != 1, "cdf": falls, "": len(set(figures)) > 1}
            if wrong[kind]:
                at, text = task.index.min(), str(task["oracle_value"].iloc[-1])
                yield Problem(name, int(at) + HEAD, "oracle_value", text, key)


def untold(
    observed: pd.DataFrame, forecasts: Sequence[pd.DataFrame], name: str, hub: Hub
) -> Iterator[Problem]:
    """Task ids that a table must have, as an outcome of it would else be that of several forecasts.

    What a forecast is of is said by the day that it is about, or by its own day and the horizon.
    """
    of_days = [column for column in day_columns(hub) if column in hub.task_ids]
    about: list[str] = [column for column in DATES if column in of_days]
    made = [column for column in of_days if column not in about]
    free = ["horizon", *made] if about else []
    if "horizon" in observed and any(column in observed for column in made):
        free = about
    for column in hub.task_ids:
        if column in observed or column in free:
            continue
        values = dict.fromkeys(
            v for rows in _of_targets(observed, forecasts) for v in rows[column].astype(str) if v
        )
        if len(values) > 1:
            facts = {"values": shortened([*values], 4)}
            yield Problem(name, 1, column, "", "hub.expect.telling_column", facts)


def _of_targets(observed: pd.DataFrame, forecasts: Sequence[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Forecasts of the targets that a table has."""
    for frame in forecasts:
        both = "target" in frame and "target" in observed
        yield frame[frame["target"].isin(observed["target"].unique())] if both else frame


def _by_target(
    hub: Hub, targets: pd.Series | None, count: int
) -> Iterator[tuple[list[Group], np.ndarray[tuple[int], np.dtype[np.bool_]]]]:
    groups = [group for round_ in hub.rounds for group in round_.groups]
    names = [value for value in asked(hub, "target") if value]
    if targets is None or not names:
        yield groups, np.ones(count, dtype=bool)
        return
    for name in names:
        own = [g for g in groups if "target" in g.tasks and name in g.tasks["target"].allowed]
        yield own, np.asarray(targets == name, dtype=bool)


def _values(hub: Hub, task_id: str) -> list[str]:
    return [value for value in asked(hub, task_id) if value]


def _is_day(text: str) -> bool:
    try:
        return len(text) == len("2022-12-24") and bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


def _row(table: pd.DataFrame, at: SupportsInt) -> int:
    return int(table.index[int(at)]) + HEAD
