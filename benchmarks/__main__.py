"""Measure the engine on published panels, and the main job.

``python -m benchmarks [--quick] [--only NAME [--store]] [--fresh]``
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial

import pandas as pd

from benchmarks import (
    contests,
    desk,
    doors,
    goals,
    guesses,
    indicators,
    office,
    page,
    panels,
    peers,
    points,
    record,
    report,
    timing,
)
from forecast.base.spec import QUANTILE_LEVELS

HIDDEN_DEALS, QUICK_DEALS = 10, 2
OTHERS = ("record", "hidden", "time", "report", "desk", "doors", "office", "indicators")
WAYS = ("papi_hints", "papi_plain", "papi_file")  # the same panel, told with more or less beside it
CATALOGUE_TRIO = ("AutoETS", "AutoTheta", "AutoARIMA")


def main(arguments: list[str] | None = None) -> int:
    """Run the contests asked for, print the goals, store the results; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        panels.folder()
    except panels.PanelsMissingError as error:
        print(error, file=sys.stderr)
        return 1
    known = {contest.name: contest for contest in contests.contests()}
    asked = _options(arguments, [*known, *OTHERS])
    names = asked.only or [*known, *OTHERS]
    wanted = [contest for name, contest in known.items() if name in names]
    beside, seconds = _peers(wanted, known, asked)
    work: dict[str, Callable[[], pd.DataFrame]] = {c.name: partial(_full_panel, c, beside) for c in wanted}
    work["record"] = record.measured
    work["hidden"] = partial(guesses.measured, QUICK_DEALS if asked.quick else HIDDEN_DEALS)
    work["time"] = partial(_times, seconds, large=not asked.quick)
    work["report"] = partial(_as_typed, "report", report.figures)
    work["desk"] = partial(_as_typed, "desk", desk.figures)
    work["doors"] = partial(_as_typed, "doors", doors.figures)
    work["office"] = partial(_as_typed, "office", office.figures)
    work["indicators"] = partial(_as_typed, "indicators", indicators.figures)
    parts = [_timed(name, measure) for name, measure in work.items() if name in names]
    results = pd.concat(parts, ignore_index=True)
    print("\n" + page.goals_table(results))
    if asked.store and asked.only and not asked.quick:
        page.write(page.with_part(panels.HERE, results), panels.HERE)
        print("Written: this part of benchmarks/results.csv and benchmarks/README.md")
    elif asked.quick or asked.only:
        print("A part only: results.csv and README.md are left as they are.")
    else:
        page.write(results, panels.HERE)
        print("Written: benchmarks/results.csv, benchmarks/README.md")
    return 0


def _options(arguments: list[str] | None, names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="no peers, fewer deals of hidden cells; store nothing"
    )
    parser.add_argument(
        "--only", action="append", choices=names, help="one contest; may be repeated; store nothing"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="run the peers again, even if their results are kept"
    )
    parser.add_argument(
        "--store", action="store_true", help="with --only: put this part into the stored results"
    )
    return parser.parse_args(arguments)


def _peers(
    wanted: list[contests.Contest], known: dict[str, contests.Contest], asked: argparse.Namespace
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Forecasts and seconds of the other tools; None where they did not run."""
    if asked.quick:
        return None, None
    # The time of the rolling backtest is held against theirs on the same panel.
    tasks = [c.task() for c in wanted if c.peers] or (
        [known["papi"].task()] if "time" in (asked.only or []) else []
    )
    if not tasks:
        return None, None
    print("peers", flush=True)
    try:
        return peers.run(tasks, QUANTILE_LEVELS, fresh=asked.fresh)
    except peers.PeersMissingError as error:
        print(f"  the other tools did not run, the table goes without them: {error}", file=sys.stderr)
        return None, None


def _timed(name: str, measure: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    start = time.perf_counter()
    found = measure()
    print(f"{name}: {time.perf_counter() - start:.1f} s", flush=True)
    return found


def _full_panel(contest: contests.Contest, beside: pd.DataFrame | None) -> pd.DataFrame:
    cells = contests.cells_of(contest, beside)
    if contest.name in WAYS:  # with a total in the file, its own forecasts are no matter of the dimensions
        cells = cells[cells["component"].isin(panels.PAPI_DIMENSIONS)].reset_index(drop=True)
    breaks = panels.PAPI_BREAKS if contest.name.startswith("papi") else ()
    parts = [contests.as_results(contest.name, contests.figures(cells, breaks=breaks))]
    core_name = "papi_core" if contest.name == "papi" else f"{contest.name}_core"
    if contest.name == "papi" or contest.name in WAYS:
        core = cells[cells["component"].isin(panels.PAPI_FIRST_SIX) & (cells["target_year"] >= 2019)]
        parts.insert(0, contests.as_results(core_name, contests.figures(core, breaks=breaks)))
    return pd.concat(parts, ignore_index=True)


def _times(seconds: pd.DataFrame | None, *, large: bool) -> pd.DataFrame:
    one, rolling = timing.one_forecast(), timing.rolling_backtest()
    rows = [
        ("one_forecast", "engine", one.wall),
        ("one_forecast_cpu", "engine", one.cpu),
        ("backtest", "engine", rolling.wall),
        ("backtest_cpu", "engine", rolling.cpu),
    ]
    (making, reading), card = points.forms(), points.scorecard()
    rows += [
        ("scorecard", "engine", card.wall),
        ("forms_made", "engine", making.wall),
        ("forms_read", "engine", reading.wall),
    ]
    if seconds is not None:
        theirs = seconds[(seconds["task"] == "papi") & seconds["model"].isin(CATALOGUE_TRIO)]
        rows += [("backtest_cpu", name, part["cpu"].sum()) for name, part in theirs.groupby("model")]
        rows.append(("times_faster", "engine", theirs["cpu"].sum() / rolling.cpu))
    if large:
        took, gigabytes = timing.large()
        rows += [("large_forecast", "engine", took.wall), ("large_gigabytes", "engine", gigabytes)]
        typed, megabytes = timing.typed()
        rows += [("typed_cpu", "engine", typed), ("typed_megabytes", "engine", megabytes)]
    table = pd.DataFrame(rows, columns=["figure", "model", "value"])
    return table.assign(contest="time").reindex(columns=goals.RESULT_COLUMNS)


def _as_typed(contest: str, measure: Callable[[], dict[str, float]]) -> pd.DataFrame:
    found = measure()
    print("  " + ", ".join(f"{name} {value:.3g}" for name, value in found.items()))
    table = pd.DataFrame({"figure": list(found), "value": list(found.values())})
    return table.assign(contest=contest, model="forecast").reindex(columns=goals.RESULT_COLUMNS)


if __name__ == "__main__":
    sys.exit(main())
