"""Seconds and memory: one forecast, a rolling backtest, and a panel larger than any in use.

Wall seconds are what a user waits; processor seconds are what is compared with other tools, as they do not
depend on what else the machine does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks import panels
from forecast.backtest import backtest
from forecast.models.engine import predict
from forecast.models.ensemble import Ensemble
from forecast.panel import Panel

ORIGINS = tuple(range(2015, 2023))
LARGE = (1000, 20, 30)  # areas, components, years


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


def one_forecast() -> Spent:
    """All models and their combination on PAPI, 63 areas x 8 components x 13 years."""
    panel = panels.papi()
    return spent(lambda: predict(panel, [panel.origin + 1]))


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


def _large_panel() -> Panel:
    """Made-up shares that wander around their component's level."""
    areas, components, years = LARGE
    rng = np.random.default_rng(1)
    common = rng.normal(scale=1.0, size=(1, components, years)).cumsum(axis=2)
    own = rng.normal(scale=5.0, size=(areas, components, 1)) + rng.normal(scale=1.5, size=LARGE)
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
    took = spent(lambda: predict(panel, [panel.origin + 1], models=["ensemble"]))
    # Linux counts in kilobytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(json.dumps({"wall": took.wall, "cpu": took.cpu, "gigabytes": peak}))


if __name__ == "__main__":
    _main()
