"""Run other tools on the same series, in an environment of their own under .cache/."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.panels import HERE
from forecast.model.panel import Panel
from forecast.model.rolling import CELL, COLUMNS

CACHE = HERE.parent / ".cache"
VENV = CACHE / "peers"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
WORKER, PINS = HERE / "peers_worker.py", HERE / "peers.txt"
QUIET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NIXTLA_ID_AS_COL": "1",
    "PYTHONUTF8": "1",
}
CATALOGUE = ("Naive", "RWD", "AutoTheta", "AutoETS", "AutoARIMA")
SEPARATOR = "|"


class PeersMissingError(Exception):
    """The other tools could not be installed or run; the benchmark goes on without them."""


@dataclass(frozen=True, slots=True)
class Task:
    """One contest for the peers: forecast every series of a panel from each origin.

    Attributes
    ----------
    name : str
    panel : Panel
        With the outcomes.
    origins : tuple of int
    horizon : int
        Years ahead, all from 1.
    models : tuple of str
    """

    name: str
    panel: Panel
    origins: tuple[int, ...]
    horizon: int = 1
    models: tuple[str, ...] = CATALOGUE


def run(tasks: Sequence[Task], levels: Sequence[float], *, fresh: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the long table of the peers' forecasts with a column `task`, and the seconds they took.

    Results are kept under .cache/ by the content of what was asked; `fresh` measures again.

    Raises
    ------
    PeersMissingError
        If the environment cannot be made or the worker fails.
    """
    forecasts, seconds = [], []
    for task in tasks:
        folder = _answers(task, levels, fresh=fresh)
        forecasts.append(_long(task, pd.read_csv(folder / "forecasts.csv", dtype={"unique_id": str})))
        seconds.append(pd.read_csv(folder / "seconds.csv"))
    spent = pd.concat(seconds, ignore_index=True)
    spent[["task", "origin"]] = spent["task"].str.split(SEPARATOR, regex=False, expand=True)
    return pd.concat(forecasts, ignore_index=True), spent


def _answers(task: Task, levels: Sequence[float], *, fresh: bool) -> Path:
    """Folder with the worker's answers to one task; it runs if they are not there yet."""
    name = f"{task.name}{SEPARATOR}"
    asked = [
        {"task": f"{name}{origin}", "h": _farthest(task, origin), "models": " ".join(task.models)}
        for origin in task.origins
    ]
    parts = {
        "series.csv": _series(task).to_csv(index=False),
        "tasks.csv": pd.DataFrame(asked).to_csv(index=False),
        "levels.csv": pd.DataFrame({"quantile_level": list(levels)}).to_csv(index=False),
    }
    text = "".join([*parts.values(), WORKER.read_text(encoding="utf-8"), PINS.read_text(encoding="utf-8")])
    folder = CACHE / "peers-results" / f"{task.name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    if not (folder / "seconds.csv").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in parts.items():
            (folder / file).write_text(content, encoding="utf-8")
        _install()
        _call([str(PYTHON), str(WORKER), str(folder)], quiet=False)
    return folder


def _series(task: Task) -> pd.DataFrame:
    """All series of a panel, cut at each origin; years without a figure are left out."""
    parts = []
    for origin in task.origins:
        past = task.panel.until(origin)
        a, c, t = np.nonzero(~np.isnan(past.value))
        parts.append(
            pd.DataFrame(
                {
                    "task": f"{task.name}{SEPARATOR}{origin}",
                    "unique_id": [f"{i}{SEPARATOR}{j}" for i, j in zip(a, c, strict=True)],
                    "ds": np.array(past.years)[t],
                    "y": past.value[a, c, t],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _last_year(task: Task, origin: int) -> np.ndarray:
    """Last known year of each series at an origin, shape (A, C); 0 if there is none."""
    seen = ~np.isnan(task.panel.until(origin).value)
    years = np.array(task.panel.years[: seen.shape[2]])
    return (seen * years).max(axis=2)


def _farthest(task: Task, origin: int) -> int:
    """Years ahead that the oldest ending series with an outcome needs."""
    last = _last_year(task, origin)
    ahead = [0]
    for target in range(origin + 1, origin + task.horizon + 1):
        came = ~np.isnan(task.panel.value[:, :, task.panel.years.index(target)])
        ahead.append(int((target - last[came & (last > 0)]).max(initial=0)))
    return max(ahead)


def _long(task: Task, forecasts: pd.DataFrame) -> pd.DataFrame:
    """The peers' answers as rows of a backtest; only those that have an outcome and are finite."""
    parts = []
    for origin in task.origins:
        rows = forecasts[forecasts["task"] == f"{task.name}{SEPARATOR}{origin}"]
        rows = rows[
            np.isfinite(
                rows["predicted"].groupby([rows["model"], rows["unique_id"], rows["h"]]).transform("sum")
            )
        ]
        place = rows["unique_id"].str.split(SEPARATOR, regex=False, expand=True).astype(int)
        a, c = place[0].to_numpy(), place[1].to_numpy()
        target = _last_year(task, origin)[a, c] + rows["h"].to_numpy()
        wanted = (target > origin) & (target <= origin + task.horizon)
        rows, a, c, target = rows[wanted], a[wanted], c[wanted], target[wanted]
        past = task.panel.until(origin)
        steps = np.abs(np.diff(past.value, axis=2))
        scale = np.nansum(steps, axis=2) / np.maximum((~np.isnan(steps)).sum(axis=2), 1)
        table = pd.DataFrame(
            {
                "model": rows["model"].to_numpy(),
                "origin": origin,
                "target_year": target,
                "horizon": target - origin,
                "area": np.array(past.areas, dtype=object)[a],
                "component": np.array(past.components, dtype=object)[c],
                "quantile_level": rows["quantile_level"].to_numpy(),
                "predicted": rows["predicted"].to_numpy(),
                "observed": task.panel.value[a, c, target - task.panel.years[0]],
                "scale": scale[a, c],
            }
        )
        parts.append(table[table["observed"].notna()])
    found = pd.concat(parts, ignore_index=True)[COLUMNS]
    # A simulated interval may lie beside the point forecast: put in order, no quantile is worse for it.
    found = found.sort_values(["model", *CELL, "quantile_level"], kind="stable", ignore_index=True)
    count = found["quantile_level"].nunique()
    found["predicted"] = np.sort(found["predicted"].to_numpy().reshape(-1, count), axis=1).ravel()
    return found.assign(task=task.name)


def _install() -> None:
    """Make the environment if it is not the one that peers.txt describes."""
    ready, wanted = VENV / ".ready", PINS.read_text(encoding="utf-8")
    if ready.is_file() and ready.read_text(encoding="utf-8") == wanted:
        return
    print("  making the environment of the other tools (once)", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    _call([sys.executable, "-m", "venv", str(VENV)])
    try:
        uv = [sys.executable, "-m", "uv", "pip", "install", "--python", str(PYTHON), "-r", str(PINS)]
        _call(uv)
    except PeersMissingError:
        _call([str(PYTHON), "-m", "pip", "install", "-r", str(PINS)])
    ready.write_text(wanted, encoding="utf-8")


def _call(command: list[str], *, quiet: bool = True) -> None:
    found = subprocess.run(
        command,
        check=False,
        env=os.environ | QUIET,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if found.returncode:
        tail = "\n".join((found.stderr or "").strip().splitlines()[-3:])
        raise PeersMissingError(f"{Path(command[0]).name} {command[1]}: {tail}")
