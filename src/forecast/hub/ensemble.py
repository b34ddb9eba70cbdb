"""Combine several models of a hub: mean, median, or linear opinion pool.

Of quantiles, `mean` and `median` average the values at each level (quantile averaging: the shape is kept),
while the linear pool averages the distributions themselves (their chances), which is wider where models
disagree.  Of mean, cdf and pmf the linear pool is the mean.  (Stone, 1961; the same split as in the
hubverse's hubEnsembles.)
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.arrays import Floats
from forecast.hub.layout import OUTPUT_COLUMNS, Group, Output, Round
from forecast.hub.tables import spelled_number
from forecast.hub.validate import Submission

DRAWS: Final = 5000  # points of each model's distribution that a pool of quantiles is read off
_KIND, _ID, _VALUE = OUTPUT_COLUMNS
_NO_MEANING: Final = {"mean": ("sample",), "median": ("sample",), "linear_pool": ("median",)}
_AT_ONCE: Final = 500  # distributions that are spread out together


def combine(
    submissions: Sequence[Submission], round_: Round, method: str, weights: Mapping[str, float]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Combine tables of one round.

    `weights`: weight of each model, above zero; they need not add up to one.  A task that some models leave
    out is combined from the others. Gives `frame`: task ids, output_type, output_type_id and value, as a
    model's table has them. `left_out`: output types that the method has no meaning for.
    """
    all_rows = pd.concat([s.frame.assign(model=s.model) for s in submissions], ignore_index=True)
    parts: list[pd.DataFrame] = []
    for g, group in enumerate(round_.groups):
        for kind, output in group.outputs.items():
            rows = all_rows[(all_rows["group"] == g) & (all_rows[_KIND] == kind)]
            if rows.empty or kind in _NO_MEANING[method]:
                continue
            if kind == "sample":
                table = _gather_samples(rows, group, output, weights)
            elif kind == "quantile" and method == "linear_pool":
                table = _pool_quantiles(rows, group, output, weights)
            else:
                table = _average(rows, group, output, method, weights)
            table[_VALUE] = table[_VALUE].clip(output.low, output.high)
            parts.append(table.assign(value=table[_VALUE].round() if output.whole else table[_VALUE]))
    left_out = tuple(kind for kind in _NO_MEANING[method] if (all_rows[_KIND] == kind).any())
    columns = list(round_.columns)
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return frame.reindex(columns=columns), left_out


def _wide(rows: pd.DataFrame, index: list[str]) -> pd.DataFrame:
    """Pivot to one column for each model, NaN where it has no such row."""
    text = rows.astype(dict.fromkeys(index, str))
    return text.set_index([*index, "model"])[_VALUE].unstack("model")  # noqa: PD010 - rows are unique


def _average(
    rows: pd.DataFrame, group: Group, output: Output, method: str, weights: Mapping[str, float]
) -> pd.DataFrame:
    wide = _wide(rows, [*group.tasks, _ID])
    share = np.array([weights[model] for model in wide.columns])
    average = weighted_median if method == "median" else weighted_mean
    table = wide.index.to_frame(index=False)
    table[_VALUE] = average(wide.to_numpy(dtype=float), share)
    if method == "median" and output.kind == "pmf":  # medians of chances do not add up to one
        total = table.groupby(list(group.tasks))[_VALUE].transform("sum")
        mean = weighted_mean(wide.to_numpy(dtype=float), share)
        table[_VALUE] = np.where(total > 0, table[_VALUE] / total.where(total > 0, 1), mean)
    return _in_order(table.assign(output_type=output.kind), group, output)


def weighted_mean(values: Floats, weights: Floats) -> Floats:
    """Mean over the last axis, missing ones left out.

    >>> weighted_mean(np.array([[1.0, 3.0], [np.nan, 2.0]]), np.array([3.0, 1.0]))
    array([1.5, 2. ])
    """
    present = ~np.isnan(values)
    return np.asarray((np.where(present, values, 0) @ weights) / (present @ weights))


def weighted_median(values: Floats, weights: Floats) -> Floats:
    """Median over the last axis, missing ones left out; between two values by a straight line.

    Each value stands at the middle of its share of the weights; equal weights give the usual median.

    >>> weighted_median(np.array([[1.0, 2.0, 10.0], [1.0, 2.0, np.nan]]), np.array([1.0, 1.0, 1.0]))
    array([2. , 1.5])
    """
    out = np.empty(len(values))
    for k, row in enumerate(values):
        line = np.argsort(row)[: (~np.isnan(row)).sum()]
        share = weights[line]
        out[k] = np.interp(share.sum() / 2, share.cumsum() - share / 2, row[line])
    return out


def _pool_quantiles(
    rows: pd.DataFrame, group: Group, output: Output, weights: Mapping[str, float]
) -> pd.DataFrame:
    """Quantiles of the mixture of the models' distributions."""
    ids = sorted(output.ids, key=float)
    levels = np.array([float(id_) for id_ in ids])
    text = rows.astype(dict.fromkeys((*group.tasks, _ID), str))
    wide = text.set_index([*group.tasks, "model", _ID])[_VALUE].unstack(_ID)[ids]  # noqa: PD010 - rows are unique
    spread = spread_out(wide.to_numpy(dtype=float), levels)
    models = wide.index.get_level_values("model")
    share = np.array([weights[model] for model in models])
    tasks = wide.index.to_frame(index=False).drop(columns="model")
    task = tasks.groupby(list(group.tasks), sort=False).ngroup().to_numpy()
    once = tasks.drop_duplicates(ignore_index=True)
    values = np.array(
        [mixture_quantiles(spread[task == k], share[task == k], levels) for k in range(len(once))]
    )
    table = once.loc[np.repeat(np.arange(len(once)), len(ids))].reset_index(drop=True)
    return table.assign(output_type=output.kind, output_type_id=ids * len(once), value=values.ravel())


def spread_out(values: Floats, levels: Floats, count: int = DRAWS) -> Floats:
    """Read `count` evenly likely points off distributions of which some quantiles are given.

    Between the quantiles a monotone cubic on the normal scale (PCHIP), outside a normal distribution through
    the two outermost quantiles.

    `values` (n, Q): quantiles that do not fall; `levels` (Q,): their levels, rising; 0 and 1 say nothing of
    the shape and are left out. Gives shape (n, count).
    """
    from scipy.interpolate import PchipInterpolator
    from scipy.stats import norm

    inner = (levels > 0) & (levels < 1)
    values, place = values[:, inner], norm.ppf(levels[inner])
    at = norm.ppf((np.arange(count) + 0.5) / count)
    if len(place) == 1:
        return np.repeat(values, count, axis=1)
    out = np.empty((len(values), count))
    for start in range(0, len(values), _AT_ONCE):
        part = values[start : start + _AT_ONCE].T
        inside = PchipInterpolator(place, part)(np.clip(at, place[0], place[-1]))
        low = np.minimum(at - place[0], 0)[:, None] * (part[1] - part[0]) / (place[1] - place[0])
        high = np.maximum(at - place[-1], 0)[:, None] * (part[-1] - part[-2]) / (place[-1] - place[-2])
        out[start : start + _AT_ONCE] = (inside + low + high).T
    return out


def mixture_quantiles(points: Floats, weights: Floats, levels: Floats) -> Floats:
    """Quantiles of a mixture of samples (M, n), one a model, with a weight each, at `levels` (Q,)."""
    weight = np.repeat(weights / weights.sum() / points.shape[1], points.shape[1])
    line = np.argsort(points, axis=None)
    share = weight[line]
    return np.interp(levels, share.cumsum() - share / 2, points.ravel()[line])


def _gather_samples(
    rows: pd.DataFrame, group: Group, output: Output, weights: Mapping[str, float]
) -> pd.DataFrame:
    """Take samples of each model in proportion to its weight, up to the number that a task may have."""
    samples = output.samples
    assert samples is not None  # noqa: S101 - an output of samples says how many
    fixed = [key for key in group.keys if samples.compound is None or key in samples.compound]
    block = (
        rows.groupby(fixed, observed=True, sort=False).ngroup() if fixed else pd.Series(0, index=rows.index)
    )
    parts, number = [], 0
    for _, mine in rows.groupby(block, sort=False):
        names = {
            str(model): [*map(str, dict.fromkeys(part[_ID]))]
            for model, part in mine.groupby("model", observed=True)
        }
        counts = _shares({model: weights[model] for model in names}, samples.most)
        new_names: dict[tuple[str, str], str] = {}
        for model, own in names.items():
            take = min(counts[model], len(own))
            for at in (np.arange(take) * len(own) // max(take, 1)).tolist():
                number += 1
                new_names[model, own[at]] = str(number)
        new = [new_names.get(pair, "") for pair in zip(mine["model"], mine[_ID], strict=True)]
        parts.append(mine.assign(output_type_id=new)[np.array(new) != ""])
    table: pd.DataFrame = pd.concat(parts)[[*group.tasks, *OUTPUT_COLUMNS]]
    return table


def _shares(weights: Mapping[str, float], most: int) -> dict[str, int]:
    """Split `most` by weights into whole numbers, the largest remainders first.

    >>> _shares({"a": 1, "b": 1, "c": 1}, 100)
    {'a': 34, 'b': 33, 'c': 33}
    """
    exact = {name: most * weight / sum(weights.values()) for name, weight in weights.items()}
    counts = {name: int(share) for name, share in exact.items()}
    rest = sorted(exact, key=lambda name: counts[name] - exact[name])[: most - sum(counts.values())]
    return {name: count + (name in rest) for name, count in counts.items()}


def _in_order(table: pd.DataFrame, group: Group, output: Output) -> pd.DataFrame:
    """Sort the rows of a task in the order in which the hub lists its ids."""
    place = {id_: k for k, id_ in enumerate(output.ids)}
    order = table.assign(place=table[_ID].map(lambda id_: place.get(spelled_number(id_), place.get(id_, 0))))
    return order.sort_values([*group.tasks, "place"], kind="stable").drop(columns="place")
