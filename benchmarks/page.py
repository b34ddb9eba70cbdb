"""Write what was measured: results.csv, and README.md for readers."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.goals import RESULT_COLUMNS, judged

TITLES = {
    "papi_core": "PAPI, dimensions P1 to P6, targets 2019 to 2023, one year ahead",
    "papi": "PAPI, eight dimensions, targets 2016 to 2023, one year ahead",
    "papi_six": "PAPI, sum of P1 to P6, targets 2016 to 2023",
    "papi_total": "PAPI, total as printed, targets 2016, 2017, 2019 to 2023",
    "papi_hints_core": "PAPI P1 to P6, 2019 to 2023: maximum and changes of method told",
    "papi_plain_core": "PAPI P1 to P6, 2019 to 2023: neither told",
    "papi_file_core": "PAPI P1 to P6, 2019 to 2023: neither told, the total among the components",
    "papi_hints": "PAPI, eight dimensions, 2016 to 2023: maximum and changes of method told",
    "papi_plain": "PAPI, eight dimensions, 2016 to 2023: neither told",
    "papi_file": "PAPI, eight dimensions, 2016 to 2023: neither told, the total among the components",
    "pci_file": "PCI as in its file, two totals among the components, nothing told, targets 2011 to 2016",
    "pci": "PCI, nine sub-indices, targets 2011 to 2016, one year ahead",
    "m1": "M1, 181 yearly series, one origin, 1 to 6 years ahead",
    "hidden_papi": "Hidden cells, PAPI: same years as the evidence",
    "ahead_papi": "Hidden cells, PAPI: one year after the evidence",
    "hidden_pci": "Hidden cells, PCI: same years as the evidence",
    "ahead_pci": "Hidden cells, PCI: one year after the evidence",
    **{
        f"record_{kind}{ending}": f"PAR record, {what}, targets {years}"
        for kind, what in (
            ("totals", "totals"),
            ("sipas", "SIPAS"),
            ("domains", "domains"),
            ("ranks", "ranks"),
            ("sipas_ranks", "ranks in SIPAS"),
        )
        for ending, years in (("", "2018 to 2023"), ("_settled", "2018 to 2021"), ("_after", "2022 and 2023"))
    },
    "time": "Seconds and memory",
    "report": "The meeting run: seconds, memory, pages",
    "desk": "The analyst's desk: seconds",
    "doors": "The doors to the data: processor seconds",
    "office": "Complete tables beside sparse data: seconds, memory",
}
SHOWN = {
    "crps": ("CRPS", 4),
    "relative": ("relative to the yardstick", 3),
    "relative_calm": ("calm years", 3),
    "relative_break": ("break years", 3),
    "mase": ("MASE", 3),
    "mae": ("MAE", 3),
    "coverage_50": ("50% coverage", 3),
    "coverage_80": ("80% coverage", 3),
    "coverage_95": ("95% coverage", 3),
}
DECIMALS = {"time": 1, "report": 2, "desk": 3, "doors": 1, "office": 2}
NOTES = {
    "time": "One process, one BLAS thread; Python {python}, {machine}. Wall seconds depend on what else the "
    "machine does; processor seconds hardly do.",
    "report": "All notebooks of `make report` on {count} processors, as typed, on warm caches: seconds from "
    "the command to its end. By hand: the figures computed once, then `papermill` and `jupyter nbconvert` "
    "for one notebook after the other. Memory is that of all processes, shared pages counted once; opening "
    "is that of the slowest page in a headless Chromium.",
    "desk": "On the project's own tables, in one process: the first forecast, the same again, an assumption, "
    "a slider, a changed score. `lab`: from opening JupyterLab's address in a headless Chromium to the "
    "forecast of the start page, kernel included. Medians of several but for the first and the last.",
    "doors": "On 12 complete, made-up years of 63 provinces, in one process.",
    "office": "A made-up office with the tables of 63 provinces from 2012 to 2023, made by a program that is "
    "not part of the project (`FORECAST_OFFICE`), and `sparse`: the project's own tables. Processor "
    "seconds of all processes, but for `import`, which is how long one waits.",
}
# Scales of M1's series lie a million apart: only figures without a unit can be averaged over them.
LEFT_OUT = {"m1": ("crps", "relative", "relative_calm", "relative_break")}

INTRODUCTION = """# How good the forecasts are on published panels

Written by `make bench` (`python -m benchmarks`); do not edit. The panels are published figures of others and
are not part of the project: set `FORECAST_PANELS` to their folder. Every forecast is made from what stood in
the panel up to its origin; nothing later is seen.

- **CRPS** is twice the integral of the pinball loss over the 23 quantile levels, in points
  (`forecast.model.score`): a mean over cells, then over years. Smaller is better. A forecast without spread
  scores its absolute error.
- **Relative** is CRPS over that of a yardstick on the same cells: below 1 beats it. The yardstick is last
  year's value with one normal spread for each component; for hidden cells it is the province's share of the
  total. The figure after ± is a standard error over years (jackknife; over deals for hidden cells).
- **Coverage** is the share of outcomes inside the range, over all cells; in brackets an 80 percent range from
  drawing whole years again (deals for hidden cells). Few years: do not read much into the second decimal.
- `ensemble`, `panel_ssm`, `ridge` and other small names are the engine's; `ensemble_joint` sums joint draws
  of the dimensions. AutoARIMA, AutoETS, AutoTheta, Damped, Naive, RWD and Theta are statsforecast's, series
  by series, with its own intervals, run in an environment of their own (`peers.txt`).
- Hidden cells: the pattern of the PAR data (which scores, ranks, means and extremes are public) is dealt out
  at random over the panel's areas and components; what it does not show is forecast, in percent of the
  maximum, for the last six years, and again for the last year with nothing of it shown. Part of the evidence
  model's starting variances was learnt on PAPI up to 2021 (`python -m benchmarks.variances`); PCI had no say.
- With and without hints: the same panel with maxima and years of changed method (that of the target year
  too, as with `--events`), without either, and with the printed total among the components besides.
- PAR record: each year forecast from what was known on 20 October of it, on the project's own tables. Not
  every model can forecast every cell of totals and domains: the project's README.md compares on common cells.
  Of ranks the CRPS is the ranked probability score over 1 to 63, on provinces whose rank was published in
  that year and the year before. Settings were chosen on targets up to 2021.
- MASE on PAPI and PCI has 0.25 points added under it; on M1 it is the textbook's.
"""


def write(results: pd.DataFrame, folder: Path) -> None:
    """Write results.csv, README.md and the table of goals in the note on the method."""
    kept = folder / "results.csv"
    results[RESULT_COLUMNS].to_csv(kept, index=False, float_format="%.6g", lineterminator="\n")
    results = pd.read_csv(kept)  # so that the pages say what the file holds, to the last digit
    (folder / "README.md").write_text(page(results), encoding="utf-8", newline="\n")
    method = folder.parent / "docs" / "method.md"
    if method.is_file():
        told = with_goals(method.read_text(encoding="utf-8"), goals_table(results))
        method.write_text(told, encoding="utf-8", newline="\n")


def with_part(folder: Path, part: pd.DataFrame) -> pd.DataFrame:
    """The stored results with the contests of `part` measured anew."""
    stored = pd.read_csv(folder / "results.csv")
    others = stored[~stored["contest"].isin(part["contest"])]
    return pd.concat([others, part[RESULT_COLUMNS]], ignore_index=True)


def with_goals(text: str, table: str) -> str:
    """Put the table of goals between its marks in the note on the method."""
    block = f"<!-- goals -->\n{table.strip()}\n<!-- /goals -->"
    return re.sub(r"<!-- goals -->.*?<!-- /goals -->", lambda _: block, text, flags=re.DOTALL)


def page(results: pd.DataFrame) -> str:
    """The whole of README.md."""
    parts = [INTRODUCTION, "## Goals\n", goals_table(results)]
    for contest, title in TITLES.items():
        own = results[results["contest"] == contest]
        if len(own):
            own = own[~own["figure"].isin(LEFT_OUT.get(contest, ()))]
            parts += [f"\n## {title}\n", _seconds(own) if contest in NOTES else _contest(own)]
    return "\n".join(parts).rstrip() + "\n"


def goals_table(results: pd.DataFrame) -> str:
    """Markdown table of the goals."""
    rows = judged(results).to_numpy().tolist()
    return _markdown(["on", "reached", "goal", "is it reached?", "beside"], rows)


def _contest(own: pd.DataFrame) -> str:
    """One line a model, best first."""
    first = next(figure for figure in SHOWN if (own["figure"] == figure).any())
    order = own[own["figure"] == first].sort_values("value")["model"].tolist()
    wide = {(row.model, row.figure): row for row in own.itertuples()}
    figures = [f for f in SHOWN if own.loc[own["figure"] == f, "value"].notna().any()]
    counted = "deals" if str(own["contest"].iloc[0]).startswith(("hidden", "ahead")) else "years"
    heads = ["model", *(SHOWN[f][0] for f in figures), counted, "cells", "not forecast"]
    rows = []
    for model in order:
        cells = [_cell(wide[model, f], SHOWN[f][1]) if (model, f) in wide else "–" for f in figures]
        missing = wide[model, "missing"].value if (model, "missing") in wide else 0
        counts = wide[model, first]
        rows.append([model, *cells, f"{counts.years:.0f}", f"{counts.cells:.0f}", f"{missing:.0f}"])
    return _markdown(heads, rows)


def _cell(row: tuple[object, ...], decimals: int) -> str:
    value, lower, upper = row.value, row.lower, row.upper
    if np.isnan(value):
        return "–"
    text = f"{value:.{decimals}f}"
    if np.isnan(lower):
        return text
    if row.figure == "relative":
        return f"{text} ± {(upper - lower) / 2:.3f}"
    return f"{text} ({lower:.2f} to {upper:.2f})"


def _seconds(own: pd.DataFrame) -> str:
    contest = str(own["contest"].iloc[0])
    rows = [
        [row.figure.replace("_", " "), row.model, f"{row.value:.{DECIMALS[contest]}f}"]
        for row in own.itertuples()
    ]
    facts = {"python": platform.python_version(), "machine": platform.machine(), "count": os.cpu_count()}
    note = NOTES[contest].format(**facts)
    return f"{_markdown(['what', 'of', 'value'], rows)}\n{note}"


def _markdown(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"
