"""What the engine is to reach, and whether it does: one goal a line of the table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

RESULT_COLUMNS = ["contest", "model", "figure", "value", "lower", "upper", "years", "cells"]


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure to reach.

    Attributes
    ----------
    title : str
        What is measured, for readers.
    contest, figure, model : str
        Where the figure stands in the results.
    low, high : float
        It is reached if the value lies between them, ends included.
    beside : tuple of str
        Models whose figures are shown beside it.
    best_of : tuple of str
        If given, `high` is the best of these models' figures instead.
    decimals : int
    """

    title: str
    contest: str
    figure: str
    model: str
    low: float = -np.inf
    high: float = np.inf
    beside: tuple[str, ...] = ()
    best_of: tuple[str, ...] = ()
    decimals: int = 3


SPARSE_BEFORE = 2.0  # seconds that one dense matrix took on the same figures, measured in pairs
CATALOGUE = ("AutoTheta", "AutoETS", "AutoARIMA", "Naive")
OWN = ("ridge", "panel_ssm")
WAYS = (
    ("hints", "maximum and changes told", 0.200),
    ("plain", "neither told", 0.203),
    ("file", "neither told, total in the file", 0.204),
)
GOALS = (
    Goal(
        "PAPI P1 to P6, 2019 to 2023: CRPS",
        *("papi_core", "crps", "ensemble"),
        high=0.206,
        beside=("naive_pooled", *CATALOGUE, *OWN),
        decimals=4,
    ),
    Goal(
        "PAPI, all dimensions, 2016 to 2023: CRPS relative to naive",
        *("papi", "relative", "ensemble"),
        high=0.88,
        beside=(*CATALOGUE, *OWN),
    ),
    Goal(
        "the same: 80 percent coverage",
        *("papi", "coverage_80", "ensemble"),
        low=0.77,
        high=0.83,
        beside=("naive_pooled", *CATALOGUE),
    ),
    Goal(
        "the same: 95 percent coverage",
        *("papi", "coverage_95", "ensemble"),
        low=0.93,
        high=0.97,
        beside=("naive_pooled", *CATALOGUE),
    ),
    *(
        Goal(
            f"PAPI P1 to P6, 2019 to 2023, {told}: CRPS",
            *(f"papi_{name}_core", "crps", "ensemble"),
            high=high,
            beside=("naive_pooled", "last_value", *OWN),
            decimals=4,
        )
        for name, told, high in WAYS
    ),
    *(
        Goal(
            f"PAPI, all dimensions, 2016 to 2023, {told}: {level} percent coverage",
            *(f"papi_{name}", f"coverage_{level}", "ensemble"),
            low=low,
            high=high,
            beside=("naive_pooled",),
        )
        for name, told, _ in WAYS
        for level, low, high in ((80, 0.77, 0.83), (95, 0.93, 0.97))
    ),
    Goal(
        "PCI as in its file, nothing told, 2011 to 2016: CRPS",
        *("pci_file", "crps", "ensemble"),
        high=0.820,
        beside=("naive_pooled", "last_value", *OWN),
    ),
    Goal(
        "PAPI total as published, 2016 to 2023 without 2018: CRPS relative to naive",
        *("papi_total", "relative", "ensemble_joint"),
        high=0.90,
        beside=("naive_calm", "ensemble", *CATALOGUE, *OWN),
    ),
    Goal(
        "the same: 80 percent coverage",
        *("papi_total", "coverage_80", "ensemble_joint"),
        low=0.72,
        high=0.88,
        beside=("naive_calm", "ensemble", *CATALOGUE),
    ),
    Goal(
        "Sum of PAPI P1 to P6, 2016 to 2023: CRPS relative to naive",
        *("papi_six", "relative", "ensemble_joint"),
        high=0.90,
        beside=("ensemble", *CATALOGUE, *OWN),
    ),
    Goal(
        "the same: 80 percent coverage",
        *("papi_six", "coverage_80", "ensemble_joint"),
        low=0.72,
        high=0.88,
        beside=("ensemble", *CATALOGUE),
    ),
    Goal(
        "PCI, nine sub-indices, 2011 to 2016: CRPS relative to naive",
        *("pci", "relative", "ensemble"),
        high=0.87,
        beside=(*CATALOGUE, *OWN),
    ),
    Goal(
        "Hidden cells of PAPI: CRPS relative to share of the total",
        *("hidden_papi", "relative", "evidence"),
        high=0.80,
        beside=("share_and_level",),
    ),
    Goal(
        "the same: 80 percent coverage",
        *("hidden_papi", "coverage_80", "evidence"),
        low=0.75,
        high=0.85,
        beside=("share_of_the_total", "share_and_level"),
    ),
    Goal(
        "M1 yearly, 6 years ahead: MASE, better than the best of Theta, damped and naive",
        *("m1", "mase", "ensemble"),
        best_of=("Theta", "AutoTheta", "Damped", "Naive"),
        beside=("Theta", "AutoTheta", "Damped", "AutoETS", "AutoARIMA", "Naive"),
    ),
    Goal(
        "the same: 95 percent coverage",
        *("m1", "coverage_95", "ensemble"),
        low=0.92,
        high=0.97,
        beside=("Theta", "AutoTheta", "Damped", "AutoETS", "AutoARIMA", "Naive"),
    ),
    Goal(
        "One forecast of 63 x 8 x 13, all models: seconds",
        "time",
        "one_forecast",
        "engine",
        high=5.0,
        decimals=1,
    ),
    Goal("Rolling backtest of it, 8 origins: seconds", "time", "backtest", "engine", high=60.0, decimals=1),
    Goal(
        "the same: times faster than AutoETS + AutoTheta + AutoARIMA (processor seconds)",
        *("time", "times_faster", "engine"),
        low=5.0,
        decimals=0,
    ),
    Goal(
        "88 sub-criteria, 10,000 draws, 5 scenarios, 4 departments: seconds",
        *("time", "scorecard", "engine"),
        high=3.0,
        decimals=1,
    ),
    Goal("Six departments' forms made: seconds", "time", "forms_made", "engine", high=5.0, decimals=1),
    Goal("Six forms read, checked and stored: seconds", "time", "forms_read", "engine", high=5.0, decimals=1),
    Goal("1,000 x 20 x 30, all models: seconds", "time", "large_forecast", "engine", high=120.0, decimals=0),
    Goal("the same: peak memory, GB", "time", "large_gigabytes", "engine", high=4.0, decimals=1),
    Goal(
        "A file of 700 x 20 x 15 forecast by the command: processor seconds",
        *("time", "typed_cpu", "engine"),
        high=15.0,
        decimals=1,
    ),
    Goal("the same: peak memory, MB", "time", "typed_megabytes", "engine", high=400.0, decimals=0),
    Goal(
        "PAR record, ranks of 2018 to 2023: RPS",
        *("record_ranks", "crps", "evidence"),
        high=3.7,
        beside=("last_rank",),
        decimals=2,
    ),
    Goal(
        "the same: MAE of the median rank",
        *("record_ranks", "mae", "evidence"),
        high=5.24,
        beside=("last_rank",),
        decimals=2,
    ),
    Goal(
        "the same: share inside the 80% range",
        *("record_ranks", "coverage_80", "evidence"),
        low=0.75,
        high=0.88,
        beside=("last_rank",),
    ),
    Goal("Meeting run, all notebooks: seconds", "report", "meeting", "forecast", high=25.0, decimals=1),
    Goal(
        "the same, as a share of papermill and nbconvert by hand",
        *("report", "ratio", "forecast"),
        high=0.30,
        decimals=2,
    ),
    Goal("the same: peak memory, GB", "report", "gigabytes", "forecast", high=1.2, decimals=2),
    Goal("A second run, nothing changed: seconds", "report", "second", "forecast", high=3.0, decimals=1),
    Goal("forecast --help: seconds", "report", "help", "forecast", high=0.5, decimals=2),
    Goal("forecast check: seconds", "report", "check", "forecast", high=1.5, decimals=2),
    Goal("Largest page, MB", "report", "largest_mb", "forecast", high=2.0, decimals=2),
    Goal("Slowest page to open: milliseconds", "report", "slowest_ms", "forecast", high=1000, decimals=0),
    Goal(
        "JupyterLab opened to its first forecast: seconds", "desk", "lab", "forecast", high=20.0, decimals=1
    ),
    Goal("The desk's forecast again: seconds", "desk", "again", "forecast", high=0.2, decimals=3),
    Goal("What if, asked by a call: seconds", "desk", "what_if", "forecast", high=0.3, decimals=3),
    Goal("What if, a slider moved: seconds", "desk", "board", "forecast", high=0.3, decimals=3),
    Goal(
        "A changed figure to the new forecast: seconds", "desk", "changed", "forecast", high=5.0, decimals=1
    ),
    Goal("12 complete years checked: processor seconds", "doors", "check", "forecast", high=3.0, decimals=1),
    Goal("One figure proposed beside them: the same", "doors", "add", "forecast", high=2.0, decimals=1),
    Goal("A year's printed table proposed: the same", "doors", "table", "forecast", high=10.0, decimals=1),
    Goal(
        "10,000 sources of one cell settled: the same", "doors", "settled", "forecast", high=5.0, decimals=1
    ),
    Goal("200,000 wrong rows refused: the same", "doors", "wrong", "forecast", high=10.0, decimals=1),
    Goal(
        "Posterior of 12 complete years of 63 provinces: processor seconds",
        "office",
        "posterior",
        "forecast",
        high=20.0,
        decimals=1,
    ),
    Goal("the same: peak memory, GB", "office", "gigabytes", "forecast", high=0.8, decimals=2),
    Goal(
        "Posterior of the sparse public data: processor seconds",
        "office",
        "sparse_posterior",
        "forecast",
        high=SPARSE_BEFORE,
        decimals=1,
    ),
    Goal(
        "Report on complete tables, record included: times that on sparse data, in processor seconds",
        "office",
        "report_ratio",
        "forecast",
        high=2.0,
        decimals=2,
    ),
    Goal("Reports of all 63 areas: the same", "office", "areas_ratio", "forecast", high=1.5, decimals=2),
    Goal(
        "A changed figure at the desk: the same",
        "office",
        "changed_ratio",
        "forecast",
        high=1.5,
        decimals=2,
    ),
    Goal(
        "A year's table looked at with its preview beside 11 complete years: seconds",
        "office",
        "import",
        "forecast",
        high=10.0,
        decimals=1,
    ),
    *(
        Goal(title, "indicators", figure, "forecast", low=low, high=high, decimals=3)
        for title, figure, low, high in (
            (
                "An indicator's effect planted: CRPS of its domain over that without",
                "one_effect_touched",
                0,
                0.9,
            ),
            ("the same: CRPS of the other domains over that without", "one_effect_others", 0, 1.005),
            ("the same: domain inside its 80 percent range", "one_effect_inside", 0.76, 0.84),
            ("the same: all domains inside", "one_effect_everywhere", 0.76, 0.84),
            ("the same: effect less the planted one, in standard errors", "one_effect_error", -2, 2),
            ("Planted among 29 useless ones: CRPS of its domain", "one_among_thirty_touched", 0, 0.9),
            ("Thirty useless indicators: CRPS over that without", "thirty_useless_others", 0, 1.005),
        )
    ),
)


def value_of(results: pd.DataFrame, contest: str, figure: str, model: str) -> float:
    """One figure of the results; NaN if it was not measured."""
    found = results[
        (results["contest"] == contest) & (results["figure"] == figure) & (results["model"] == model)
    ]
    return float(found["value"].iloc[0]) if len(found) else float("nan")


def judged(results: pd.DataFrame) -> pd.DataFrame:
    """Hold each goal against what was measured.

    Returns
    -------
    DataFrame
        Columns title, value, goal (text), reached (yes, no, or not measured), beside (text).
    """
    rows = []
    for goal in GOALS:
        value = value_of(results, goal.contest, goal.figure, goal.model)
        high = goal.high
        if goal.best_of:
            best = [value_of(results, goal.contest, goal.figure, name) for name in goal.best_of]
            high = min((b for b in best if not np.isnan(b)), default=float("nan"))
        beside = [(name, value_of(results, goal.contest, goal.figure, name)) for name in goal.beside]
        rows.append(
            {
                "title": goal.title,
                "value": _number(value, goal.decimals),
                "goal": _bounds(goal.low, high, goal.decimals),
                "reached": _verdict(value, goal.low, high),
                "beside": ", ".join(
                    f"{name} {_number(found, goal.decimals)}" for name, found in beside if not np.isnan(found)
                ),
            }
        )
    return pd.DataFrame(rows)


def _verdict(value: float, low: float, high: float) -> str:
    if np.isnan(value) or np.isnan(high):
        return "not measured"
    return "yes" if low <= value <= high else "**no**"


def _bounds(low: float, high: float, decimals: int) -> str:
    if np.isnan(high):
        return "peers did not run"
    if np.isinf(low):
        return f"≤ {_number(high, decimals)}"
    return f"≥ {_number(low, decimals)}" if np.isinf(high) else f"{low:g} to {high:g}"


def _number(value: float, decimals: int) -> str:
    return "–" if np.isnan(value) else f"{value:.{decimals}f}"
