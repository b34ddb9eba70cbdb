"""Hold the output types of one forecast against each other, and a model's forecasts against what is known."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.arrays import Floats
from forecast.base.errors import Problem
from forecast.base.labels import Phrase
from forecast.hub.layout import OUTPUT_COLUMNS, Round
from forecast.hub.outcomes import DATES
from forecast.model import slips

TIMES: Final = 20.0  # one centre of a forecast so many times another, or the outcomes before
FAR_SAMPLE: Final = 100.0  # times the farthest quantile
ROUNDED: Final = 1e-3  # of a figure, by which a median may differ from the quantile that it is
LAST: Final = 4  # outcomes before a forecast that it is held against
_UNITS: Final = {"day": 1, "week": 7}  # days; other units have no one length
_KIND, _ID, _VALUE = OUTPUT_COLUMNS
_HALF: Final = "0.5"


def contradictions(frame: pd.DataFrame, round_: Round, name: str) -> Iterator[Problem]:
    """Medians that are not the quantile of one half of the same forecast, but for rounding."""
    for rows in _of_groups(frame, round_):
        half, median = _points(rows, "quantile", _HALF), _points(rows, "median")
        both = median.add_suffix("_own").join(half.add_suffix("_half"), how="inner")
        own, other = both["value_own"].to_numpy(dtype=float), both["value_half"].to_numpy(dtype=float)
        slack = np.maximum(ROUNDED * np.abs(other), _rounding(own, other))
        for at in np.flatnonzero(np.abs(own - other) > slack):
            facts = {"row": int(both["row_half"].iloc[at]), "value": f"{other[at]:.6g}"}
            row = int(both["row_own"].iloc[at])
            yield Problem(name, row, _VALUE, f"{own[at]:.6g}", "hub.expect.median_of_quantiles", facts)


def wrong_days(frame: pd.DataFrame, round_: Round, days: Sequence[str], name: str) -> Iterator[Problem]:
    """Days that are not so far from the day of the forecast as its horizon says; `days`: columns of days.

    How many days a horizon of none is, a hub decides: most rows say.
    """
    for group, rows in zip(
        round_.groups, (frame[frame["group"] == g] for g in itertools.count()), strict=False
    ):
        about = next((column for column in DATES if column in group.tasks), "")
        made = round_.name if round_.from_variable else next((d for d in days if d not in DATES), "")
        units = {_UNITS.get(str(target.get("time_unit")), 0) for target in group.targets}
        if (
            not about
            or "horizon" not in group.tasks
            or made not in group.tasks
            or units - {1, 7}
            or len(units) != 1
        ):
            continue
        unit = units.pop()
        end, start = (
            pd.to_datetime(rows[c].astype(str), format="%Y-%m-%d", errors="coerce") for c in (about, made)
        )
        ahead = unit * pd.to_numeric(rows["horizon"].astype(str), errors="coerce")
        offset = (end - start).dt.days - ahead
        if not offset.notna().any():
            continue
        usual = offset.mode().iloc[0]
        wrong = offset.notna() & ((offset != usual) | (offset.abs() > unit))
        first = usual if abs(usual) <= unit else 0
        for at in np.flatnonzero(wrong):
            due = (start.iloc[at] + pd.Timedelta(days=int(ahead.iloc[at] + first))).date().isoformat()
            facts = {"horizon": str(rows["horizon"].iloc[at]), "made": str(rows[made].iloc[at]), "due": due}
            row, text = int(rows["row"].iloc[at]), str(rows[about].iloc[at])
            yield Problem(name, row, about, text, "hub.expect.day_of_horizon", facts)


def doubts(frame: pd.DataFrame, round_: Round, name: str) -> list[Phrase]:
    """Means, medians and samples many times as large as the quantiles of the same forecast, or as small."""
    found: list[Phrase] = []
    for rows in _of_groups(frame, round_):
        quantiles = rows[rows[_KIND] == "quantile"]
        task = quantiles.assign(size=quantiles[_VALUE].abs()).groupby("task")
        usual = pd.DataFrame({"centre": task[_VALUE].median(), "far": task["size"].max()})
        for kind in ("mean", "median", "sample"):
            own = rows[rows[_KIND] == kind].join(usual, on="task", how="inner")
            odd = _unlike(own[_VALUE], own["centre"], own["centre"])
            if kind == "sample":  # one sample may be far out; half of a forecast's samples may not
                odd = odd & (odd.groupby(own["task"]).transform("mean") > 0.5)
                odd |= (own["far"] > 0) & (own[_VALUE].abs() > FAR_SAMPLE * own["far"])
            if odd.any():
                first = own[odd].iloc[0]
                facts = {"file": name, "kind": kind, "count": int(odd.sum()), "row": int(first["row"])}
                far = {"value": float(first[_VALUE]), "centre": float(first["centre"])}
                found.append(Phrase("hub.doubt.kinds", {**facts, **far}))
    return found


def unlike_known(
    frame: pd.DataFrame, round_: Round, day: str, known: pd.DataFrame, days: Sequence[str], name: str
) -> list[Phrase]:
    """Forecasts that are many times the last outcomes known of their place and target, or a part of them.

    `day`: of the round; outcomes after it are left out where there are any before.  `days`: columns of days.
    """
    observed = _figures(known)
    dated = next((column for column in days if column in observed), "")
    if dated:
        before = observed[observed[dated] <= day]
        observed = (before if len(before) else observed).sort_values(dated, kind="stable")
    found = []
    for rows in _of_groups(frame, round_):
        keys = [c for c in round_.columns[:-3] if c in observed and c in rows and c not in (*days, "horizon")]
        if not keys:
            continue
        last = observed.groupby(keys).tail(LAST).groupby(keys)["outcome"].agg(["min", "max", "last"])
        centres = (_points(rows, "quantile", _HALF), _points(rows, "median"), _points(rows, "mean"))
        row = pd.concat(centres).groupby("task")["row"].first()  # of the quantile where there is one
        centre = rows[rows["row"].isin(row)]
        own = centre.astype(dict.fromkeys(keys, str)).join(last, on=keys, how="inner")
        most = own["task"].map(rows[rows[_KIND] == "quantile"].groupby("task")[_VALUE].max())
        odd = _unlike(own[_VALUE], own["min"], own["max"]) | ((most == 0) & (own["min"] > 0))
        if odd.any():
            first = own[odd].iloc[0]
            facts = {"file": name, "count": int(odd.sum()), "row": int(first["row"])}
            far = {"value": float(first[_VALUE]), "outcome": float(first["last"])}
            found.append(Phrase("hub.doubt.known", {**facts, **far}))
    return found


def odd_outcomes(known: pd.DataFrame, days: Sequence[str]) -> list[Phrase]:
    """Outcomes many times those of the days beside them, which are alike, or a small part of them."""
    dated = next((column for column in days if column in known), "")
    keys = [str(c) for c in known if c not in (*days, "observed", _KIND, _ID)]
    if not dated or not keys:
        return []
    series = _figures(known).sort_values([*keys, dated], kind="stable").drop_duplicates([*keys, dated])
    groups = series.groupby(keys, sort=False).ngroup()
    times, middle, steady = slips.beside(series["outcome"].to_numpy(dtype=float), groups)
    odd = np.flatnonzero(steady & ((times >= slips.SLIP) | (times <= 1 / slips.SLIP)))
    if not len(odd):
        return []
    first = series.iloc[odd[0]]
    facts = {"of": [str(first[column]) for column in (*keys, dated)], "count": len(odd)}
    far = {"outcome": float(first["outcome"]), "middle": float(middle[odd[0]])}
    return [Phrase("hub.doubt.outcome", {**facts, **far})]


def _figures(known: pd.DataFrame) -> pd.DataFrame:
    """Outcomes that are figures, without those of categories and thresholds."""
    found = known.assign(outcome=pd.to_numeric(known["observed"], errors="coerce")).dropna(subset="outcome")
    return found[~found[_KIND].isin(["pmf", "cdf"])] if _KIND in found else found


def _of_groups(frame: pd.DataFrame, round_: Round) -> Iterator[pd.DataFrame]:
    """Rows of each group of tasks, with the number of their task."""
    for g, group in enumerate(round_.groups):
        rows = frame[frame["group"] == g]
        if len(rows):
            texts = rows.astype({_KIND: str, _ID: str})
            yield texts.assign(task=rows.groupby(group.keys, observed=True, sort=False).ngroup())


def _points(rows: pd.DataFrame, kind: str, id_: str = "") -> pd.DataFrame:
    own = rows[(rows[_KIND] == kind) & ((rows[_ID] == id_) | (not id_))]
    return own.set_index("task")[["row", _VALUE]]


def _unlike(value: pd.Series, low: pd.Series, high: pd.Series) -> pd.Series:
    return ((high > 0) & (value > TIMES * high)) | ((value > 0) & (TIMES * value < low))


def _rounding(one: Floats, other: Floats) -> Floats:
    """Half a unit of the last decimal of the figure that has fewer."""
    decimals = [[len(f"{v:.10g}".partition(".")[2]) for v in values.tolist()] for values in (one, other)]
    fewest = np.min(np.array(decimals, dtype=float).reshape(2, -1), axis=0)
    return np.asarray(0.5 * 10.0**-fewest + 1e-9, dtype=float)
