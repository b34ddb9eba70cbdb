"""Score a hub's models against the observed values, and compare the models with each other."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.arrays import Floats
from forecast.base.spec import interval_ends
from forecast.hub.layout import OUTPUT_COLUMNS, Group, Hub, Output
from forecast.hub.tables import spelled_number
from forecast.hub.validate import Submission
from forecast.model import score

INTERVALS: Final = (50, 80, 90, 95)
HEADLINE: Final = {
    "quantile": "wis",
    "median": "ae_point",
    "mean": "se_point",
    "sample": "crps",
    "pmf": "rps",
    "cdf": "rps",
}
_KIND, _ID, _VALUE = OUTPUT_COLUMNS
_MODEL: Final = "model_id"
METRICS: Final = (
    *("wis", "dispersion", "underprediction", "overprediction", "ae_median"),
    *("ae_point", "se_point", "crps", "rps", "log_score"),
    *(f"interval_coverage_{level}" for level in INTERVALS),
)


def scores(submissions: Sequence[Submission], hub: Hub, observed: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Score each forecast whose outcome is known.

    Returns
    -------
    frame : DataFrame
        model_id, the task ids, output_type and a column a metric (`METRICS`, NaN where it does not apply).
        Quantiles: the weighted interval score and its parts, error of the median, whether the central
        intervals held.  Means: squared error; medians: absolute error.  Samples: the CRPS of the empirical
        distribution.
        Categories: minus the logarithm of the chance of the outcome and, if they have an order, the ranked
        probability score; a cdf has that score over its thresholds.
    unknown : int
        How many forecasts have no outcome yet.
    """
    parts, unknown = [], 0
    for submission in submissions:
        round_ = hub.round_of(submission.round_name)
        for g, group in enumerate(round_.groups if round_ else ()):
            for kind in group.outputs:
                rows = submission.frame[(submission.frame["group"] == g) & (submission.frame[_KIND] == kind)]
                if rows.empty:
                    continue
                table, without_outcome = _score(rows, group, kind, observed)
                unknown += without_outcome
                parts.append(table.assign(model_id=submission.model, output_type=kind))
    columns = [_MODEL, *hub.task_ids, _KIND]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    metrics = [submission for submission in METRICS if submission in frame]
    return frame.reindex(columns=[*columns, *metrics]), unknown


def summary(frame: pd.DataFrame, *, by: Sequence[str] = (), baseline: str | None = None) -> pd.DataFrame:
    """Mean scores of each model by output type, target and `by`, with relative skill.

    relative_skill is the geometric mean of the ratios of a model's mean headline score (`HEADLINE`) to that
    of each model, itself included, over the forecasts that both made; below 1 is better.  With a baseline,
    scaled_relative_skill divides it by the baseline's.  (Cramer et al., 2022.)
    """
    target = [name for name in ("target",) if name in frame]
    group_columns = list(dict.fromkeys([_KIND, *target, *by]))
    metrics = [metric_ for metric_ in METRICS if metric_ in frame]
    groups = frame.groupby([*group_columns, _MODEL], dropna=False, sort=True)
    table = groups[metrics].mean().assign(count=groups.size()).reset_index()
    skills = []
    for key, part in frame.groupby(group_columns, dropna=False, sort=True):
        kind = str(key[0])
        metric = (
            HEADLINE[kind] if part.get(HEADLINE[kind], pd.Series(dtype=float)).notna().any() else "log_score"
        )
        if metric in part:
            skill = _relative(part, metric)
            skills.append(
                pd.DataFrame(
                    dict(zip(group_columns, key, strict=True))
                    | {_MODEL: skill.index, "relative_skill": skill.to_numpy()}
                )
            )
    if skills:
        table = table.merge(pd.concat(skills), on=[*group_columns, _MODEL], how="left")
        if baseline is not None:
            base = table[table[_MODEL] == baseline].set_index(group_columns)["relative_skill"]
            own = (
                pd.MultiIndex.from_frame(table[group_columns])
                if len(group_columns) > 1
                else pd.Index(table[group_columns[0]])
            )
            table["scaled_relative_skill"] = table["relative_skill"] / base.reindex(own).to_numpy()
    tail = [metric_ for metric_ in ("relative_skill", "scaled_relative_skill") if metric_ in table]
    return table[[*group_columns, _MODEL, "count", *metrics, *tail]].dropna(axis="columns", how="all")


def relative_skill(means: Floats) -> Floats:
    """Geometric mean of ratios of pairwise means (M, M): cell (i, j) is the mean of i over tasks with j.

    >>> relative_skill(np.array([[1.0, 1.0], [4.0, 4.0]])).round(3)
    array([0.5, 2. ])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(means / means.T)
    finite = np.isfinite(ratio)
    total = np.where(finite, ratio, 0).sum(axis=1)
    return np.where(finite.any(axis=1), np.exp(total / np.maximum(finite.sum(axis=1), 1)), np.nan)


def _relative(part: pd.DataFrame, metric: str) -> pd.Series:
    tasks = [name for name in part.columns if name not in {*METRICS, _MODEL, _KIND}]
    wide = part.fillna(dict.fromkeys(tasks, "")).pivot_table(index=tasks, columns=_MODEL, values=metric)
    value = wide.to_numpy(dtype=float)
    present = (~np.isnan(value)).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = (np.nan_to_num(value, posinf=np.inf).T @ present) / (present.T @ present)
    return pd.Series(relative_skill(means), index=wide.columns)


def _score(rows: pd.DataFrame, group: Group, kind: str, observed: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    keys = list(group.tasks)
    text = rows.astype(dict.fromkeys((*keys, _ID), str))
    if kind == "sample":
        text = text.assign(draw=text.groupby(keys, sort=False).cumcount())
        wide = text.set_index([*keys, "draw"])[_VALUE].unstack("draw")  # noqa: PD010 - rows are unique
    else:
        ids = list(group.outputs[kind].ids)
        wide = text.set_index([*keys, _ID])[_VALUE].unstack(_ID).reindex(columns=ids)  # noqa: PD010 - rows are unique
    output = group.outputs[kind]
    outcomes = _outcome(wide.index.to_frame(index=False), output, observed)
    categorical = kind == "pmf" or (kind == "cdf" and not output.numeric)
    could = outcomes.isin(output.ids) if categorical else pd.to_numeric(outcomes, errors="coerce").notna()
    scorable = could.to_numpy()
    wide, outcomes = wide[scorable], outcomes[scorable]
    table = wide.index.to_frame(index=False)
    if len(table):
        table = table.assign(**_METHODS[kind](wide, outcomes, group))
    return table, int((~scorable).sum())


def _outcome(tasks: pd.DataFrame, output: Output, observed: pd.DataFrame) -> pd.Series:
    """Give the outcome of each task, text of a number or a category; NaN where it is not known."""
    rows = observed
    if _KIND in rows:
        rows = rows[rows[_KIND] == output.kind]
        if output.kind in {
            "pmf",
            "cdf",
        }:  # the oracle says 1 of what came, and from the threshold on that it reached
            own = [spelled_number(id_) if output.numeric else id_ for id_ in rows[_ID]]
            above = "inf" if output.numeric else ""  # beyond all thresholds
            outcomes = np.where(rows["observed"] == "1", own, above)
            place = {id_: k for k, id_ in enumerate(output.ids)}
            order = [place.get(id_, len(place)) for id_ in outcomes]
            rows = rows.assign(observed=outcomes, order=order).sort_values("order", kind="stable")
    keys = [name for name in tasks if name in rows]
    once = rows.drop_duplicates(keys)[[*keys, "observed"]]
    return tasks.merge(once, on=keys, how="left")["observed"]


def _quantiles(wide: pd.DataFrame, truth: pd.Series, _: Group) -> dict[str, Floats]:
    y = pd.to_numeric(truth).to_numpy(dtype=float)
    levels = {round(float(str(column)), 6): column for column in wide}
    paired = sorted(level for level in levels if 0 < level < 1 and round(1 - level, 6) in levels)
    value = wide[[levels[level] for level in paired]].to_numpy(dtype=float)
    metrics: dict[str, Floats] = {}
    if 0.5 in paired:
        parts = score.wis(y, np.maximum.accumulate(value, axis=1), levels=paired)
        metrics = {"wis": parts.total, "dispersion": parts.dispersion}
        metrics |= {"underprediction": parts.underprediction, "overprediction": parts.overprediction}
        metrics["ae_median"] = np.abs(y - value[:, paired.index(0.5)])
    for level in INTERVALS:
        low, high = interval_ends(level)
        if low in paired:
            ends = value[:, paired.index(low)], value[:, paired.index(high)]
            metrics[f"interval_coverage_{level}"] = score.inside(y, *ends)
    return metrics


def _mean(wide: pd.DataFrame, truth: pd.Series, _: Group) -> dict[str, Floats]:
    return {"se_point": (wide.to_numpy(dtype=float)[:, 0] - pd.to_numeric(truth).to_numpy(dtype=float)) ** 2}


def _median(wide: pd.DataFrame, truth: pd.Series, _: Group) -> dict[str, Floats]:
    return {"ae_point": np.abs(wide.to_numpy(dtype=float)[:, 0] - pd.to_numeric(truth).to_numpy(dtype=float))}


def _samples(wide: pd.DataFrame, truth: pd.Series, _: Group) -> dict[str, Floats]:
    y, draws = pd.to_numeric(truth).to_numpy(dtype=float), wide.to_numpy(dtype=float)
    count = (~np.isnan(draws)).sum(axis=1)
    out = np.empty(len(y))
    for n in np.unique(count):  # tasks with as many draws together; a task's own stand first
        out[count == n] = score.crps_from_draws(y[count == n], draws[count == n, :n].T)
    return {"crps": out}


def _categories(wide: pd.DataFrame, truth: pd.Series, group: Group) -> dict[str, Floats]:
    chance = wide.fillna(0).to_numpy(dtype=float)
    at = truth.map(list(wide).index).to_numpy(dtype=int)
    with np.errstate(divide="ignore"):
        out = {"log_score": -np.log(chance[np.arange(len(at)), at])}
    return out | ({"rps": score.rps(at + 1, chance)} if group.ordered else {})


def _thresholds(wide: pd.DataFrame, truth: pd.Series, group: Group) -> dict[str, Floats]:
    """Squared distance to the step function at the outcome, summed over the thresholds."""
    ids = list(wide)
    limit = (
        np.array([float(str(id_)) for id_ in ids]) if group.outputs["cdf"].numeric else np.arange(len(ids))
    )
    place = truth.map(float) if group.outputs["cdf"].numeric else truth.map(ids.index)
    step = place.to_numpy(dtype=float)[:, None] <= limit
    return {"rps": ((wide.to_numpy(dtype=float) - step) ** 2).sum(axis=1)}


_METHODS: Final = {
    "quantile": _quantiles,
    "mean": _mean,
    "median": _median,
    "sample": _samples,
    "pmf": _categories,
    "cdf": _thresholds,
}
