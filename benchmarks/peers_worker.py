"""Forecast series with statsforecast; runs in an environment of its own and knows nothing of the project.

Usage: ``python peers_worker.py FOLDER``.  FOLDER holds series.csv (task, unique_id, ds, y), tasks.csv
(task, h, models) and levels.csv (quantile_level); it gets forecasts.csv (task, model, unique_id, h,
quantile_level, predicted) and seconds.csv (task, model, seconds, cpu).
"""

import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from statsforecast import StatsForecast
from statsforecast import models as sf

FEWEST = 3  # observations; with fewer no spread can be estimated
MODELS = {
    "Naive": lambda: sf.Naive(alias="Naive"),
    "RWD": lambda: sf.RandomWalkWithDrift(alias="RWD"),
    "Theta": lambda: sf.Theta(season_length=1, alias="Theta"),
    "AutoTheta": lambda: sf.AutoTheta(season_length=1, alias="AutoTheta"),
    "Damped": lambda: sf.AutoETS(season_length=1, model="AAN", damped=True, alias="Damped"),
    "AutoETS": lambda: sf.AutoETS(season_length=1, alias="AutoETS"),
    "AutoARIMA": lambda: sf.AutoARIMA(season_length=1, alias="AutoARIMA"),
}


def main(folder):
    """Work through the tasks, one model at a time, in one process."""
    series = pd.read_csv(folder / "series.csv", dtype={"unique_id": str, "task": str})
    tasks = pd.read_csv(folder / "tasks.csv", dtype={"task": str})
    levels = pd.read_csv(folder / "levels.csv")["quantile_level"].tolist()
    forecasts, seconds = [], []
    for task in tasks.itertuples():
        own = series[series["task"] == task.task].drop(columns="task")
        own = own[own.groupby("unique_id")["ds"].transform("size") >= FEWEST]
        for name in task.models.split():
            wall, cpu = time.perf_counter(), time.process_time()
            forecasts.append(forecast(own, name, int(task.h), levels).assign(task=task.task))
            seconds.append((task.task, name, time.perf_counter() - wall, time.process_time() - cpu))
            print(f"  {task.task} {name}: {seconds[-1][2]:.1f} s", flush=True)
    pd.concat(forecasts).to_csv(folder / "forecasts.csv", index=False)
    columns = ["task", "model", "seconds", "cpu"]
    pd.DataFrame(seconds, columns=columns).to_csv(folder / "seconds.csv", index=False)


def forecast(own, name, h, levels):
    """Quantiles 1 to h years after each series' last one; the median is the point forecast.

    A model that refuses very short series (AutoETS does) gives way to the last value, as a user would do it.
    Series go in groups of one length, as what is refused depends on it; statsforecast's own
    fall-back is not used, as it mixes up the columns of two models' intervals.
    """
    length = own.groupby("unique_id")["ds"].transform("size")
    parts = []
    for _, group in own.groupby(length):
        try:
            wide = intervals(group, name, h, levels)
        except Exception as error:  # noqa: BLE001  # whatever a model refuses with
            print(
                f"    {name} on {group['unique_id'].nunique()} series: {error}; last value instead",
                flush=True,
            )
            wide = intervals(group, "Naive", h, levels).rename(columns=lambda c: c.replace("Naive", name))
        parts.append(long(wide, name, levels))
    return pd.concat(parts)


def percent_of(level):
    """Nominal coverage of the interval that ends at a quantile level."""
    return round(100 * abs(1 - 2 * level), 6)


def intervals(own, name, h, levels):
    """What statsforecast gives: one row a series and year ahead, a column for each end."""
    engine = StatsForecast([MODELS[name]()], freq=1, n_jobs=1)
    percents = sorted({percent_of(level) for level in levels} - {0.0})
    return engine.forecast(df=own, h=h, level=percents).sort_values(["unique_id", "ds"])


def long(wide, name, levels):
    """One row a series, year ahead and quantile level; refuses columns that are not what they say."""
    ahead = wide.groupby("unique_id").cumcount().to_numpy() + 1
    columns = [column_of(wide, name, level) for level in levels]
    values = wide[columns].to_numpy(dtype=np.float64)
    middle = levels.index(0.5)
    # A simulated interval may lie beside the point forecast, but not upside down.
    ends = np.delete(values, middle, axis=1)
    slack = 1e-3 * np.nanmax(np.abs(values), axis=1, keepdims=True)
    if (np.diff(ends, axis=1) < -slack).any():
        raise SystemExit(f"{name}: quantiles fall; the columns of its intervals are mixed up")
    count = len(levels)
    return pd.DataFrame(
        {
            "model": name,
            "unique_id": np.repeat(wide["unique_id"].to_numpy(), count),
            "h": np.repeat(ahead, count),
            "quantile_level": np.tile(levels, len(wide)),
            "predicted": values.ravel(),
        }
    )


def column_of(wide, name, level):
    """Name of the column that holds a quantile level."""
    if percent_of(level) == 0:
        return name
    end = "lo" if level < 0.5 else "hi"
    return next(column for column in wide if is_end(column, name, end, percent_of(level)))


def is_end(column, name, end, percent):
    """Say whether a column is one end of an interval; the level may be written 95 or 95.0."""
    head = f"{name}-{end}-"
    return column.startswith(head) and float(column[len(head) :]) == percent


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main(Path(sys.argv[1]))
