"""Rolling origins: forecast again from earlier years, and compare with the results.

::

    origin 2016   * * * * * * . o           * known     o forecast
    origin 2017   * * * * * * * . o         . known only if published by the origin's day
    origin 2018   * * * * * * * * . o

`backtest` gives a long table, `score_cells` one row of scores for each forecast of a cell, `summary` one
row for each model, component and horizon.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.base.arrays import Floats
from forecast.base.errors import ForecastError, SpecError
from forecast.base.spec import QUANTILE_LEVELS, interval_ends
from forecast.base.workers import Local, Workers, in_order
from forecast.data.tables import as_known
from forecast.model import score
from forecast.model.contract import Fitted, Model
from forecast.model.ensemble import Ensemble
from forecast.model.panel import Panel

CELL: Final = ["origin", "target_year", "horizon", "area", "component"]
COLUMNS: Final = ["model", *CELL, "quantile_level", "predicted", "observed", "scale"]
LEVELS: Final = (50, 80, 95)
ALL: Final = "all"
BASELINES: Final = ("last_value", "drift")
ORIGINS: Final = 8  # judged by default
SEED: Final = 20241031  # of the bootstrap over years
_PARTS: Final = ["dispersion", "underprediction", "overprediction"]
_MEANS: Final = ["crps", "wis", *_PARTS, "absolute_error", "scaled_error"]


def backtest(
    panel: Panel,
    models: Sequence[Model],
    *,
    origins: Iterable[int],
    horizons: Iterable[int] = (1,),
    levels: Sequence[float] = QUANTILE_LEVELS,
    vintages: Mapping[int, Panel] | None = None,
    workers: Workers | None = None,
) -> pd.DataFrame:
    """Forecast from every origin with what was known there, and set the outcomes beside it.

    Parameters
    ----------
    panel : Panel
        Holds the outcomes.
    models : sequence of Model
        Names differ.  An `Ensemble` brings its members' forecasts with it, fitted once.
    origins : iterable of int
        Years; each forecasts the years ``origin + horizon`` that have an outcome.
    horizons : iterable of int
        Years ahead, from 1.
    levels : sequence of float
        Quantile levels.
    vintages : mapping of int to Panel, optional
        What was known at each origin, from `known_at`.  By default the panel up to the origin, with
        the breaks up to it.
    workers : Workers, optional
        Who fits; the result has the same bytes for any.  By default this process.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: one row for each model, origin, target year, area, component and quantile
        level, in this order.  `origin` is the last year known, `horizon` the years from it to the
        target, `scale` the mean absolute yearly change of the series that far.  `predicted` is NaN
        where a model refused (too few years, say) or had nothing to say: no forecast is dropped in
        silence.
    """
    known = {origin: panel.until(origin) for origin in origins} if vintages is None else dict(vintages)
    ahead, tau = sorted(set(horizons)), tuple(levels)
    if not ahead or ahead[0] < 1:
        raise ValueError(f"horizons are years ahead, from 1, got {ahead}")
    rounds = [
        (past, targets)
        for origin, past in sorted(known.items())
        if (targets := tuple(t for t in (origin + h for h in ahead) if past.origin < t <= panel.origin))
    ]
    tasks = [(model, past, targets) for model in models for past, targets in rounds]
    forecasts = in_order((workers or Local()).each(_predict, tasks, tau), len(tasks))
    truth = [_outcomes(panel, past, targets) for past, targets in rounds]
    names = [name for model in models for name in _names(model)]
    ordered = [
        forecasts[k * len(rounds) + r][name]
        for k, model in enumerate(models)
        for name in _names(model)
        for r in range(len(rounds))
    ]
    return _long(names, rounds, truth, ordered, tau)


def origins_of(panel: Panel, origins: Iterable[int] | None, *, name: str) -> tuple[int, ...]:
    """Years to forecast from: those asked for, or the last ones that leave three years before them.

    Raises SpecError if nothing can be forecast or judged from a year; `name` is that of the option.

    >>> panel = Panel(("A",), ("D",), tuple(range(2010, 2016)), np.ones((1, 1, 6)), np.array([np.nan]))
    >>> origins_of(panel, None, name="origins")
    (2012, 2013, 2014)
    """
    if origins is None:
        return panel.years[2:-1][-ORIGINS:] or panel.years[:-1]
    chosen = tuple(int(year) for year in origins)
    low, high = panel.years[0], panel.years[-1] - 1
    for year in chosen:
        if not low <= year <= high:
            facts = {"name": name, "found": year, "low": low, "high": high}
            raise SpecError("spec.out_of_range", facts)
    return chosen


def known_at(
    scores: pd.DataFrame,
    days: Mapping[int, dt.date],
    *,
    upper: Mapping[str, float] | float | None = None,
    events: pd.DataFrame | None = None,
) -> dict[int, Panel]:
    """Build the panel that was known on each origin's day: the cut is by publication, not by year.

    Scores have area, component, year, score, published_on and, if known, max_score; of several publications
    of one cell the last one known counts.  `days` are the origins' own; those with no row before them are
    left out.  `events` (year, known_on) are changes of method, used from the day they were known.
    """
    panels = {}
    for origin, day in days.items():
        rows = as_known(scores, day).sort_values("published_on", kind="stable")
        rows = rows.drop_duplicates(["area", "component", "year"], keep="last")
        if len(rows):
            breaks = () if events is None else tuple(int(year) for year in as_known(events, day)["year"])
            panels[origin] = Panel.from_long(rows, upper=upper, breaks=breaks)
    return panels


def score_cells(table: pd.DataFrame, *, floor: float = score.FLAT_FLOOR) -> pd.DataFrame:
    """Score each forecast of a cell: one row for each model, origin, target year, area, component.

    Parameters
    ----------
    table : DataFrame
        From `backtest`; any order of rows.
    floor : float
        Points added to the scale of the scaled error, for series that never moved.

    Returns
    -------
    DataFrame
        The key, then observed, median, crps, wis and its parts, absolute_error, scaled_error, pit and
        inside_50, inside_80, inside_95 (1 or 0); NaN where there is no forecast or the levels do
        not hold what the column needs.

    Raises
    ------
    ValueError
        If the cells do not all have the same levels, or 0.5 is not among them.
    """
    wide, predicted, levels = _wide(table)
    observed = wide["observed"].to_numpy(dtype=float)
    parts = score.wis(observed, predicted, levels=levels)
    median = predicted[:, levels.index(0.5)]
    wide["median"] = median
    wide["crps"] = score.crps_from_quantiles(observed, predicted, levels=levels)
    for name, values in zip(["wis", *_PARTS], parts, strict=True):
        wide[name] = values
    wide["absolute_error"] = np.abs(observed - median)
    wide["scaled_error"] = score.mase(observed, median, wide.pop("scale"), floor=floor)
    wide["pit"] = score.pit_from_quantiles(observed, predicted, levels=levels)
    for level in LEVELS:
        low, high = interval_ends(level)
        wide[f"inside_{level}"] = (
            score.inside(observed, predicted[:, levels.index(low)], predicted[:, levels.index(high)])
            if {low, high} <= set(levels)
            else np.nan
        )
    return wide


def summary(
    table: pd.DataFrame,
    *,
    breaks: Iterable[int] = (),
    baselines: Sequence[str] = BASELINES,
    floor: float = score.FLAT_FLOOR,
    seed: int = SEED,
) -> pd.DataFrame:
    """Sum up a backtest, calm years and break years apart.

    Parameters
    ----------
    table : DataFrame
        From `backtest`.
    breaks : iterable of int
        Years in which the method changed.  A forecast is of a break if one lies after its origin and
        not after its target year.
    baselines : sequence of str
        Models against which skill is given, where they are in the table.
    floor : float
        See `score_cells`.
    seed : int
        Of the bootstrap over years.

    Returns
    -------
    DataFrame
        One row for each `period` (all, calm, break), component (and all), horizon and model.
        `cells` and `missing` count forecasts made and not made, `years` the target years.  Scores are
        means over cells, then years: crps, wis, dispersion, underprediction, overprediction,
        absolute_error, scaled_error (MASE).  coverage_L, coverage_L_lower, coverage_L_upper: share
        inside the range of L percent and an 80 percent bootstrap range over years.  pit_mean, pit_sd.
        skill_B and skill_B_error against baseline B on the same cells, in CRPS.
    """
    cells = score_cells(table, floor=floor)
    for name in baselines:
        cells[f"crps_{name}"] = _of_model(cells, name)
    broken = np.zeros(len(cells), dtype=bool)
    for year in breaks:
        broken |= (cells["origin"] < year).to_numpy() & (year <= cells["target_year"]).to_numpy()
    periods = [(ALL, cells)]
    if broken.any():
        periods += [("calm", cells[~broken]), ("break", cells[broken])]
    shown = [name for name in baselines if name in set(cells["model"])]
    rows = []
    for period, part in periods:
        for component, group in [(ALL, part), *part.groupby("component", observed=True, sort=False)]:
            for (horizon, model), own in group.groupby(["horizon", "model"], observed=True, sort=False):
                key = {"period": period, "component": component, "horizon": horizon, "model": model}
                rows.append(key | _summed(own, shown, np.random.default_rng(seed)))
    return pd.DataFrame(rows)


def _names(model: Model) -> list[str]:
    """Names of the forecasts that a model brings: its own, and those of an ensemble's members."""
    members = model.models if isinstance(model, Ensemble) else ()
    return [model.name, *(member.name for member in members)]


def _predict(task: tuple[Model, Panel, tuple[int, ...]], levels: tuple[float, ...]) -> dict[str, Floats]:
    """Quantiles of one origin by name, shape (targets, A, C, Q); NaN where a model refused."""
    model, past, targets = task
    fits: dict[str, Fitted] = {}
    try:
        fitted = model.fit(past)
    except ForecastError:
        pass
    else:
        fits = {model.name: fitted, **getattr(fitted, "fits", {})}
    silent = np.full((len(targets), *past.value.shape[:2], len(levels)), np.nan)
    return {
        name: np.stack([fits[name].quantiles(target, levels) for target in targets])
        if name in fits
        else silent
        for name in _names(model)
    }


def _outcomes(panel: Panel, past: Panel, targets: tuple[int, ...]) -> Floats:
    """What came, for the cells of an earlier panel; shape (targets, A, C), NaN where nothing did.

    In the earlier panel's units: where a maximum changed since, the outcome is carried back to it.
    """
    area = {name: place for place, name in enumerate(panel.areas)}
    component = {name: place for place, name in enumerate(panel.components)}
    a = np.array([area.get(name, -1) for name in past.areas])
    c = np.array([component.get(name, -1) for name in past.components])
    t = np.array(targets) - panel.years[0]
    change = np.where(past.upper == panel.upper[c], 1.0, past.upper / panel.upper[c])
    outcomes = panel.value[np.ix_(a, c, t)] * np.where(np.isnan(change), 1.0, change)[:, None]
    outcomes[a < 0] = np.nan
    outcomes[:, c < 0] = np.nan
    return np.asarray(outcomes.transpose(2, 0, 1))


def _usual_change(past: Panel) -> Floats:
    """Mean absolute change between known neighbouring years, shape (A, C); NaN if there are none."""
    steps = np.abs(np.diff(past.value, axis=2))
    count = (~np.isnan(steps)).sum(axis=2)
    total = np.nansum(steps, axis=2)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))


def _long(
    names: Sequence[str],
    rounds: list[tuple[Panel, tuple[int, ...]]],
    truth: list[Floats],
    forecasts: list[Floats],
    levels: tuple[float, ...],
) -> pd.DataFrame:
    """Lay forecasts and outcomes out as rows; cells without an outcome have none."""
    places = [np.nonzero(~np.isnan(observed)) for observed in truth]
    counts = [len(place[0]) for place in places]
    parts: dict[str, list[NDArray[np.generic]]] = {name: [] for name in (*CELL, "observed", "scale")}
    for (past, targets), observed, (t, a, c) in zip(rounds, truth, places, strict=True):
        target = np.array(targets)[t]
        parts["origin"].append(np.full(len(t), past.origin))
        parts["target_year"].append(target)
        parts["horizon"].append(target - past.origin)
        parts["area"].append(np.array(past.areas, dtype=object)[a])
        parts["component"].append(np.array(past.components, dtype=object)[c])
        parts["observed"].append(observed[t, a, c])
        parts["scale"].append(_usual_change(past)[a, c])
    if not sum(counts) or not names:
        return pd.DataFrame({name: [] for name in COLUMNS})
    one = {name: np.concatenate(values) for name, values in parts.items()}
    n_models, n_cells, n_levels = len(names), sum(counts), len(levels)
    columns: dict[str, object] = {
        "model": pd.Categorical.from_codes(
            np.repeat(np.arange(n_models), n_cells * n_levels), categories=pd.Index(names)
        )
    }
    for name in CELL:
        column = pd.Categorical(one[name]) if name in ("area", "component") else one[name]
        columns[name] = column.take(np.tile(np.repeat(np.arange(n_cells), n_levels), n_models))
    columns["quantile_level"] = np.tile([round(level, 4) for level in levels], n_models * n_cells)
    columns["predicted"] = np.concatenate(
        [values[place].ravel() for values, place in zip(forecasts, places * n_models, strict=True)]
    )
    for name in ("observed", "scale"):
        columns[name] = np.tile(np.repeat(one[name], n_levels), n_models)
    return pd.DataFrame(columns)[COLUMNS]


def _wide(table: pd.DataFrame) -> tuple[pd.DataFrame, Floats, list[float]]:
    """One row a cell, its quantiles beside it, shape (n, Q), and the levels."""
    levels = np.unique(table["quantile_level"].to_numpy(dtype=float))
    if 0.5 not in levels:
        raise ValueError(f"the median is needed: 0.5 is not among the levels {levels.tolist()}")
    ordered = table
    if not _is_tiled(table, levels):
        ordered = table.sort_values(["model", *CELL, "quantile_level"], kind="stable")
    cells = ordered.iloc[:: len(levels)]
    if not _is_tiled(ordered, levels) or cells.duplicated(["model", *CELL]).any():
        raise ValueError(f"each cell needs each of the levels {levels.tolist()} once")
    wide = cells[["model", *CELL, "observed", "scale"]].reset_index(drop=True)
    return wide, ordered["predicted"].to_numpy(dtype=float).reshape(-1, len(levels)), levels.tolist()


def _is_tiled(table: pd.DataFrame, levels: Floats) -> bool:
    """Say whether the rows of each cell stand together, with rising levels."""
    keys = table["quantile_level"].to_numpy(dtype=float)
    if len(keys) % len(levels) or not (keys.reshape(-1, len(levels)) == levels).all():
        return False
    codes = (pd.factorize(table[name])[0].reshape(-1, len(levels)) for name in ["model", *CELL])
    return all(bool((code == code[:, :1]).all()) for code in codes)


def _of_model(cells: pd.DataFrame, model: str) -> pd.Series:
    """CRPS of one model on the cells of every model; NaN where it has none."""
    base = cells.loc[cells["model"] == model, [*CELL, "crps"]]
    return cells[CELL].merge(base, on=CELL, how="left")["crps"]


def _summed(cells: pd.DataFrame, baselines: list[str], rng: np.random.Generator) -> dict[str, float]:
    scored = cells[cells["crps"].notna()]
    years = scored["target_year"].to_numpy(dtype=int)
    row: dict[str, float] = {
        "cells": len(scored),
        "missing": len(cells) - len(scored),
        "years": len(np.unique(years)),
    }
    for name in _MEANS:
        by_year, _ = score.mean_by_year(scored[name].to_numpy(dtype=float), years)
        row[name] = float(by_year.mean()) if len(by_year) else np.nan
    for level in LEVELS:
        coverage = score.coverage(scored[f"inside_{level}"].to_numpy(dtype=float), years, rng=rng)
        row |= {
            f"coverage_{level}": coverage.coverage,
            f"coverage_{level}_lower": coverage.lower,
            f"coverage_{level}_upper": coverage.upper,
        }
    row["pit_mean"], row["pit_sd"] = float(scored["pit"].mean()), float(scored["pit"].std(ddof=0))
    for name in baselines:
        gain = score.skill(scored["crps"].to_numpy(), scored[f"crps_{name}"].to_numpy(), years)
        row |= {f"skill_{name}": gain.skill, f"skill_{name}_error": gain.standard_error}
    return row
