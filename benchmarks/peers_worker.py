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
    """Quantiles 1 to h years after each series' last one; the median is the point forecast."""
    # AutoETS refuses very short series; the last value then stands in, as a user would do.
    engine = StatsForecast([MODELS[name]()], freq=1, n_jobs=1, fallback_model=sf.Naive(alias=name))
    percents = sorted({round(100 * abs(1 - 2 * level), 6) for level in levels} - {0.0})
    wide = engine.forecast(df=own, h=h, level=percents).sort_values(["unique_id", "ds"])
    ahead = wide.groupby("unique_id").cumcount().to_numpy() + 1
    parts = []
    for level in levels:
        percent = round(100 * abs(1 - 2 * level), 6)
        end = "lo" if level < 0.5 else "hi"
        column = name if percent == 0 else next(c for c in wide if is_end(c, name, end, percent))
        parts.append(
            pd.DataFrame(
                {
                    "model": name,
                    "unique_id": wide["unique_id"].to_numpy(),
                    "h": ahead,
                    "quantile_level": level,
                    "predicted": wide[column].to_numpy(dtype=np.float64),
                }
            )
        )
    return pd.concat(parts)


def is_end(column, name, end, percent):
    """Say whether a column is one end of an interval; the level may be written 95 or 95.0."""
    head = f"{name}-{end}-"
    return column.startswith(head) and float(column[len(head) :]) == percent


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main(Path(sys.argv[1]))
