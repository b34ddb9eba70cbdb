"""Seconds and memory: one forecast, a rolling backtest, and a panel larger than any in use.

Wall seconds are what a user waits; processor seconds are what is compared with other tools, as they do not
depend on what else the machine does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import panels
from forecast.base.spec import QUANTILE_LEVELS
from forecast.model.engine import fit_models, long_table, names
from forecast.model.ensemble import Ensemble
from forecast.model.fitted_ensemble import ENSEMBLE
from forecast.model.panel import Panel
from forecast.model.rolling import backtest

ORIGINS = tuple(range(2015, 2023))
LARGE = (1000, 20, 30)  # areas, components, years
TYPED = (700, 20, 15)
MEASURED = """
import resource, sys
from forecast import cli
code = cli.run(sys.argv[1:])
own = resource.getrusage(resource.RUSAGE_SELF)
# The kernel's own mark: what getrusage tells may be the parent's, from before this program began.
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(own.ru_utime + own.ru_stime, int(peak) / 1024)
sys.exit(code)
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """Wall and processor seconds of one piece of work."""

    wall: float
    cpu: float


def spent(work: Callable[[], object]) -> Spent:
    """Time one call, all threads counted."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def _predict(panel: Panel, models: list[str]) -> pd.DataFrame:
    years = [panel.origin + 1]
    return long_table(fit_models(panel, years), years, QUANTILE_LEVELS, models)


def one_forecast() -> Spent:
    """All models and their combination on PAPI, 63 areas x 8 components x 13 years."""
    panel = panels.papi()
    return spent(lambda: _predict(panel, names(None)))


def rolling_backtest() -> Spent:
    """All models and their combination from eight origins of PAPI, in one process."""
    panel = panels.papi()
    return spent(lambda: backtest(panel, [Ensemble()], origins=ORIGINS))


def large() -> tuple[Spent, float]:
    """Forecast a made-up panel of `LARGE` in a process of its own; seconds and peak memory in GB."""
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.timing"],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    answer = json.loads(found.stdout)
    return Spent(answer["wall"], answer["cpu"]), float(answer["gigabytes"])


def typed() -> tuple[float, float]:
    """`forecast predict` on a file of `TYPED` with a twentieth missing: processor seconds, MB."""
    panel = _large_panel(TYPED)
    rng = np.random.default_rng(2)
    areas, components, years = (i.ravel() for i in np.indices(TYPED))
    table = pd.DataFrame(
        {
            "area": np.array(panel.areas)[areas],
            "component": np.array(panel.components)[components],
            "year": np.array(panel.years)[years],
            "score": panel.value.ravel().round(2),
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        scores, out = Path(folder) / "scores.csv", Path(folder) / "out.csv"
        table[rng.random(len(table)) > 0.05].to_csv(scores, index=False)
        words = [
            "predict",
            "--scores",
            str(scores),
            "--target-year",
            str(panel.origin + 1),
            "--out",
            str(out),
        ]
        found = subprocess.run(
            [sys.executable, "-c", MEASURED, *words],
            check=True,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
    cpu, megabytes = map(float, found.stdout.split()[-2:])
    return cpu, megabytes


def _large_panel(size: tuple[int, int, int] = LARGE) -> Panel:
    """Made-up shares that wander around their component's level."""
    areas, components, years = size
    rng = np.random.default_rng(1)
    common = rng.normal(scale=1.0, size=(1, components, years)).cumsum(axis=2)
    own = rng.normal(scale=5.0, size=(areas, components, 1)) + rng.normal(scale=1.5, size=size)
    return Panel(
        areas=tuple(f"A{k}" for k in range(areas)),
        components=tuple(f"D{k}" for k in range(components)),
        years=tuple(range(1995, 1995 + years)),
        value=np.clip(70 + common + own, 0, 100),
        upper=np.full(components, 100.0),
    )


def _main() -> None:
    import resource  # not on Windows, where only this line is lost

    panel = _large_panel()
    took = spent(lambda: _predict(panel, [ENSEMBLE]))
    # Linux counts in kilobytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(json.dumps({"wall": took.wall, "cpu": took.cpu, "gigabytes": peak}))


if __name__ == "__main__":
    _main()
