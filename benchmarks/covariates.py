"""What covariates gain and cost, on published panels: ``python -m benchmarks.covariates``.

Budgets on PCI, PCI on PAPI, each a year early and a year late too, and thirty useless covariates; then the
time of a fit with thirty covariates over one without, in pairs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from benchmarks import panels
from forecast.model.covariates import Covariates
from forecast.model.ensemble import Ensemble
from forecast.model.panel import Panel
from forecast.model.score import crps_from_quantiles

LEVELS = tuple((np.arange(1, 100) / 100).tolist())
SHIFTS = {0: "same year", 1: "year before", -1: "year after"}
DRAWS = 6  # sets of useless covariates
PAIRS = 9  # fits timed with and without

Wide = Mapping[str, pd.DataFrame]  # areas by years, by covariate


def main() -> int:
    """Print one line a comparison."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        folder = panels.folder()
    except panels.PanelsMissingError as error:
        print(error, file=sys.stderr)
        return 1
    pci, papi = panels.pci(), panels.papi()
    late, early = range(2009, 2016), range(2014, 2017)
    for name, wide in _budgets(folder / "budget.csv").items():
        _compare(f"PCI, {name}", pci, wide, late)
    rows = pd.read_csv(folder / "pci.csv")
    parts = {name: _wide(rows, "component", name, "score") for name in panels.PCI_SUBINDICES}
    _compare("PAPI, nine PCI sub-indices", papi, parts, early)
    for name, panel, origins in (("PCI", pci, late), ("PAPI", papi, range(2014, 2023))):
        _useless(name, panel, origins)
    _timed()
    return 0


def _wide(rows: pd.DataFrame, column: str, name: str, value: str) -> pd.DataFrame:
    return rows[rows[column] == name].pivot_table(value, "area", "year")


def _budgets(path: object) -> dict[str, Wide]:
    rows = pd.read_csv(str(path))
    plain = {name: _wide(rows, "covariate", name, "value") for name in sorted(rows["covariate"].unique())}
    logs = {name: np.log(plain[name]) for name in ("total_exp", "total_rev")}
    growth = {name: each.diff(axis=1) for name, each in logs.items()}
    return {"budget": plain, "logarithms of the budget": logs, "growth of the budget": growth}


def _covariates(panel: Panel, wide: Wide, last: int) -> Covariates:
    years = tuple(range(panel.years[0], last + 1))
    values = [w.reindex(index=list(panel.areas), columns=list(years)).to_numpy(float) for w in wide.values()]
    names = tuple(wide)
    stacked = np.stack(values, axis=2)
    return Covariates(panel.areas, years, names, ("",) * len(names), stacked, np.zeros(len(names)))


def _judged(panel: Panel, wide: Wide | None, origins: Sequence[int]) -> tuple[float, float]:
    """CRPS, mean over cells, then years, and coverage of 80 percent ranges."""
    missed, held = [], []
    for origin in origins:
        beside = _covariates(panel, wide, origin + 1) if wide else None
        quantiles = Ensemble(covariates=beside).fit(panel.until(origin)).quantiles(origin + 1, LEVELS)
        came = panel.value[:, :, panel.years.index(origin + 1)].ravel()
        flat = quantiles.reshape(-1, len(LEVELS))
        known = ~np.isnan(came) & ~np.isnan(flat[:, 0])
        if known.any():
            missed.append(crps_from_quantiles(came[known], flat[known], levels=LEVELS).mean())
            held.append(np.mean((flat[known, 9] <= came[known]) & (came[known] <= flat[known, 89])))
    return float(np.mean(missed)), float(np.mean(held))


def _compare(name: str, panel: Panel, wide: Wide, origins: Sequence[int]) -> None:
    without, held = _judged(panel, None, origins)
    for by, when in SHIFTS.items():
        moved = {k: w.rename(columns=lambda year, by=by: year + by) for k, w in wide.items()}
        crps, covered = _judged(panel, moved, origins)
        _say(f"{name}, {when}", 100 * (crps / without - 1), covered, held)


def _useless(name: str, panel: Panel, origins: Sequence[int]) -> None:
    years = list(range(panel.years[0], panel.origin + 2))
    without, held = _judged(panel, None, origins)
    for kind in ("walks", "noise"):
        changes, covers = [], []
        for seed in range(DRAWS):
            rng = np.random.default_rng(seed)
            own = rng.normal(size=(30, len(panel.areas), len(years)))
            national = np.cumsum(rng.normal(size=(30, 1, len(years))), axis=2)
            x = (np.cumsum(own, axis=2) if kind == "walks" else own) + national
            wide = {f"x{k:02d}": pd.DataFrame(x[k], index=panel.areas, columns=years) for k in range(30)}
            crps, covered = _judged(panel, wide, origins)
            changes.append(100 * (crps / without - 1))
            covers.append(covered)
        _say(
            f"{name}, thirty useless ({kind}), most {max(changes):+.2f}%",
            np.mean(changes),
            np.mean(covers),
            held,
        )


def _say(name: str, change: float, covered: float, before: float) -> None:
    print(f"{name:56s} CRPS {change:+.2f}%  80% ranges held {covered:.3f}, without {before:.3f}", flush=True)


def _timed() -> None:
    """63 areas, 8 components, 12 years and 30 covariates; the target year known, or not at all."""
    rng = np.random.default_rng(1)
    years = tuple(range(2010, 2022))
    value = 50 + rng.normal(0, 1, (63, 8, 12)) + rng.normal(0, 3, (63, 8, 1))
    areas, parts = tuple(f"A{k:02d}" for k in range(63)), tuple(f"D{k}" for k in range(8))
    panel = Panel(areas, parts, years, value, np.full(8, 100.0))
    x = rng.normal(size=(63, 13, 30)) + np.cumsum(rng.normal(size=(1, 13, 30)), axis=1)
    gone = x.copy()
    gone[:, -1] = np.nan
    names = tuple(f"x{k}" for k in range(30))
    for told, each in (("known", x), ("missing", gone)):
        beside = Covariates(areas, (*years, 2022), names, ("",) * 30, each, np.zeros(30))
        pairs = [(_seconds(panel, beside), _seconds(panel, None)) for _ in range(PAIRS)]
        ratio = float(np.median([a / b for a, b in pairs]))
        print(f"time with thirty covariates over that without, target year {told}: {ratio:.2f}")


def _seconds(panel: Panel, covariates: Covariates | None) -> float:
    start = time.process_time()
    Ensemble(covariates=covariates).fit(panel).quantiles(panel.origin + 1, LEVELS)
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main())
