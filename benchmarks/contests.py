"""The contests on full panels: which panel, which years, which models; and how their figures are taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import panels
from benchmarks.goals import RESULT_COLUMNS
from benchmarks.peers import CATALOGUE, Task
from benchmarks.yardstick import NaivePooled
from forecast.base.spec import QUANTILE_LEVELS
from forecast.model import score
from forecast.model.contract import Model, Outlook
from forecast.model.ensemble import Ensemble
from forecast.model.panel import Panel
from forecast.model.rolling import CELL, backtest, score_cells

Floats = NDArray[np.float64]

YARDSTICK = "naive_pooled"
JOINT_DRAWS = 2000
SEED = 20241031
FIGURES = (
    *("crps", "relative", "relative_calm", "relative_break", "mase"),
    *("coverage_50", "coverage_80", "coverage_95", "missing"),
)


@dataclass(frozen=True, slots=True)
class Contest:
    """One panel with its origins; several lines of the table may be read off it.

    Attributes
    ----------
    panel : Panel
        With the outcomes.
    models : tuple of Model
        The yardstick among them.
    peers : tuple of str
        Models of the worker to run beside.
    skip : tuple of int
        Target years left out.
    foretold : bool
        A change of method in the target year is known when it is forecast, as with ``--events``.
    """

    name: str
    panel: Panel
    origins: tuple[int, ...]
    models: tuple[Model, ...]
    horizon: int = 1
    peers: tuple[str, ...] = CATALOGUE
    skip: tuple[int, ...] = ()
    foretold: bool = False

    def task(self) -> Task:
        """What the peers are asked."""
        return Task(self.name, self.panel, self.origins, self.horizon, self.peers)

    def table(self) -> pd.DataFrame:
        """Run the engine and the yardstick; see `forecast.model.rolling.backtest`."""
        known = {o: replace(self.panel.until(o), breaks=self.panel.breaks) for o in self.origins}
        return backtest(
            self.panel,
            self.models,
            origins=self.origins,
            vintages=known if self.foretold else None,
            horizons=range(1, self.horizon + 1),
            levels=QUANTILE_LEVELS,
        )


@dataclass(frozen=True, slots=True)
class SumOfDraws:
    """Total of some components from joint draws of all of them: never the sum of separate ranges.

    It is fitted to the panel of totals only to learn the origin; the components' panel is cut there.
    """

    dimensions: Panel
    members: tuple[str, ...]
    name: str = "ensemble_joint"

    def fit(self, panel: Panel) -> FittedSum:
        """See `forecast.model.contract.Model.fit`."""
        past = self.dimensions.until(panel.origin)
        known = [c for c in self.members if (~np.isnan(past.value[:, past.components.index(c)])).any()]
        return FittedSum(self.name, past, tuple(past.components.index(c) for c in known))


@dataclass(frozen=True, slots=True, eq=False)
class FittedSum:
    """State of `SumOfDraws`."""

    name: str
    past: Panel
    places: tuple[int, ...]
    notes: tuple[str, ...] = ()

    def outlook(self, target_year: int) -> Outlook:
        """Median and a spread from the draws, in points."""
        low, middle, high = np.moveaxis(self.quantiles(target_year, (0.1587, 0.5, 0.8413)), 2, 0)
        return Outlook(middle, (high - low) / 2)

    def quantiles(self, target_year: int, levels: Sequence[float]) -> Floats:
        """Quantiles in points, shape (A, 1, Q)."""
        fitted = Ensemble().fit(self.past)
        drawn = fitted.draws(target_year, JOINT_DRAWS, np.random.default_rng(SEED))
        total = drawn[:, :, list(self.places)].sum(axis=2)
        return np.moveaxis(np.quantile(total, levels, axis=0), 0, 1)[:, None, :]


def contests() -> tuple[Contest, ...]:
    """All contests on full panels, in the order of the table."""
    papi, six, total = panels.papi(), panels.papi_six(), panels.papi_total()
    _, m1 = panels.m1()
    engine: tuple[Model, ...] = (Ensemble(), NaivePooled())
    return (
        Contest("papi", papi, tuple(range(2015, 2023)), engine),
        Contest(
            "papi_six",
            six,
            tuple(range(2015, 2023)),
            (SumOfDraws(papi, panels.PAPI_FIRST_SIX), *engine),
        ),
        Contest(
            "papi_total",
            total,
            tuple(range(2015, 2023)),
            # The yardstick's spread holds the jump of 2018; `naive_calm` leaves it out and is harder to beat.
            (
                SumOfDraws(papi, panels.PAPI_DIMENSIONS),
                Ensemble(),
                NaivePooled(),
                NaivePooled(name="naive_calm", calm=True),
            ),
            # Two dimensions joined in 2018: no forecast made of six can be held against it.
            skip=(2018,),
        ),
        *(
            Contest(name, panel, tuple(range(2015, 2023)), engine, peers=(), foretold=True)
            for name, panel in (
                ("papi_hints", papi),
                ("papi_plain", panels.plain(papi)),
                ("papi_file", panels.papi_file()),
            )
        ),
        Contest("pci_file", panels.pci_file(), tuple(range(2010, 2016)), engine, peers=()),
        Contest("pci", panels.pci(), tuple(range(2010, 2016)), engine),
        Contest(
            "m1",
            m1,
            (100,),
            (Ensemble(reach=6), NaivePooled()),
            horizon=6,
            peers=("Naive", "RWD", "Theta", "AutoTheta", "Damped", "AutoETS", "AutoARIMA"),
        ),
    )


def cells_of(contest: Contest, peers: pd.DataFrame | None) -> pd.DataFrame:
    """Scores of every cell by the engine, the yardstick and, where they ran, the peers."""
    # No floor under M1's scale: its scaled error is to be the textbook's.
    floor = 0.0 if contest.name == "m1" else score.FLAT_FLOOR
    parts = [score_cells(contest.table(), floor=floor)]
    if peers is not None and len(own := peers[peers["task"] == contest.name].drop(columns="task")):
        parts.append(score_cells(own, floor=floor))
    cells = pd.concat([part.astype(dict.fromkeys(("model", "area", "component"), str)) for part in parts])
    return cells[~cells["target_year"].isin(contest.skip)].reset_index(drop=True)


def figures(cells: pd.DataFrame, *, breaks: Sequence[int] = ()) -> pd.DataFrame:
    """Figures of each model on the cells that the yardstick has forecast.

    Returns
    -------
    DataFrame
        One row a model: cells, missing, years; crps (mean over cells, then years); relative (to the
        yardstick on the same cells) with its standard error over years, and in calm and in break
        years; mase; coverage of 50, 80 and 95 percent with an 80 percent range over years.
    """
    base = cells.loc[cells["model"] == YARDSTICK, [*CELL, "crps"]].rename(columns={"crps": "base"})
    base = base[base["base"].notna()]
    paired = cells.merge(base, on=CELL)
    target = paired["target_year"].to_numpy()
    broken = np.isin(target, list(breaks)) & (paired["horizon"] == 1).to_numpy()
    rows = []
    for model, own in paired.groupby("model", sort=False):
        made = own[own["crps"].notna()]
        years = made["target_year"].to_numpy()
        gain = _relative(made)
        row = {
            "model": model,
            "cells": len(made),
            "missing": len(base) - len(made),
            "years": len(np.unique(years)),
            "crps": _mean(made["crps"], years),
            "relative": gain[0],
            "relative_error": gain[1],
            "relative_calm": _relative(made[~broken[made.index]])[0],
            "relative_break": _relative(made[broken[made.index]])[0],
            "mase": _mean(made["scaled_error"], years),
        }
        rng = np.random.default_rng(SEED)
        for level in (50, 80, 95):
            found = score.coverage(made[f"inside_{level}"], years, rng=rng)
            row |= {
                f"coverage_{level}": found.coverage,
                f"coverage_{level}_lower": found.lower,
                f"coverage_{level}_upper": found.upper,
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _relative(cells: pd.DataFrame) -> tuple[float, float]:
    gain = score.skill(cells["crps"], cells["base"], cells["target_year"])
    return 1 - gain.skill, gain.standard_error


def _mean(values: pd.Series, years: NDArray[np.int_]) -> float:
    by_year, _ = score.mean_by_year(values, years)
    return float(by_year.mean()) if len(by_year) else float("nan")


def as_results(contest: str, table: pd.DataFrame) -> pd.DataFrame:
    """Lay figures out as rows of results.csv; `lower` and `upper` where a figure has a range."""
    rows = []
    for row in table.to_dict("records"):
        ranges = {
            f"coverage_{level}": (row[f"coverage_{level}_lower"], row[f"coverage_{level}_upper"])
            for level in (50, 80, 95)
            if f"coverage_{level}" in row
        }
        error = row["relative_error"]
        ranges["relative"] = (row["relative"] - error, row["relative"] + error)
        counts = {"contest": contest, "model": row["model"], "years": row["years"], "cells": row["cells"]}
        for figure in FIGURES:
            if figure in row:
                low, high = ranges.get(figure, (np.nan, np.nan))
                rows.append(counts | {"figure": figure, "value": row[figure], "lower": low, "upper": high})
    return pd.DataFrame(rows)[RESULT_COLUMNS]
