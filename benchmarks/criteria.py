"""How criteria move around their domain: ``python -m benchmarks.criteria``.

The 29 sub-dimensions of PAPI are criteria of a real index with three levels.  First the two spreads of
`forecast.answer.scorecard.allocation` are measured on targets up to 2017; then, on 2019 to 2023,
sub-dimensions are forecast from the engine's forecast of their dimension, and compared with last year's
value, with last year's split of the forecast, and with the engine's forecast of each sub-dimension by itself.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit
from scipy.stats import norm

from benchmarks import panels
from forecast.answer.scorecard.allocation import EDGE, LEVEL_SD, MOVE_SD, allocate
from forecast.model import score
from forecast.model.engine import fit_models
from forecast.model.panel import Panel

Floats = NDArray[np.float64]

LAST_CHOSEN = 2017  # later years only confirm
TARGETS = (2019, 2020, 2021, 2022, 2023)
LEVELS = (np.arange(200) + 0.5) / 200
SEED = 20241031


def cells() -> pd.DataFrame:
    """Sub-dimensions with their dimension and last year's figures.

    Returns
    -------
    DataFrame
        area, component, year, score, dimension, maximum (ten shared evenly), share, whole (share of the
        dimension), and share_last, whole_last (NaN where the split into sub-dimensions was another).
    """
    table = pd.read_csv(panels.folder() / "papi_subdimensions.csv")
    group = table.assign(dimension="P" + table["component"].str[2]).groupby(["area", "dimension", "year"])[
        "score"
    ]
    count = group.transform("size")
    table = table.assign(
        dimension="P" + table["component"].str[2],
        count=count,
        maximum=panels.MAXIMUM / count,
        whole=group.transform("sum") / panels.MAXIMUM,
    )
    table["share"] = (table["score"] / table["maximum"]).clip(0, 1)
    key = ["area", "component", "year"]
    last = table[[*key, "share", "whole", "count"]].assign(year=table["year"] + 1)
    joined = table.merge(last, on=key, how="left", suffixes=("", "_last"))
    same = joined["count"] == joined["count_last"]
    joined[["share_last", "whole_last"]] = joined[["share_last", "whole_last"]].where(same, axis=0)
    return joined


def spreads(table: pd.DataFrame) -> pd.DataFrame:
    """Standard deviations on the logit scale, on the years to choose on and the years to confirm on."""
    inside = {
        name: logit(table[name].clip(EDGE, 1 - EDGE))
        for name in ("share", "whole", "share_last", "whole_last")
    }
    move = (inside["share"] - inside["share_last"]) - (inside["whole"] - inside["whole_last"])
    level = inside["share"] - inside["whole"]
    early, late = table["year"] <= LAST_CHOSEN, table["year"].isin(TARGETS)
    rows = [
        (name, float(values[early].std()), float(values[late].std()), own)
        for name, values, own in (("move", move, MOVE_SD), ("level", level, LEVEL_SD))
    ]
    return pd.DataFrame(
        rows, columns=["spread", f"to {LAST_CHOSEN}", f"{TARGETS[0]} to {TARGETS[-1]}", "used"]
    )


def contest(table: pd.DataFrame) -> pd.DataFrame:
    """CRPS (points of a sub-dimension) and coverage of each way, means over cells and then years."""
    rng = np.random.default_rng(SEED)
    dimensions = panels.papi()
    rows = []
    for year in TARGETS:
        here = table[(table["year"] == year) & table["share_last"].notna()]
        whole = fit_models(dimensions.until(year - 1), [year]).quantiles(year, LEVELS)
        places = {
            (a, c): whole[i, j]
            for i, a in enumerate(dimensions.areas)
            for j, c in enumerate(dimensions.components)
        }
        alone = _alone(table, year)
        spread = table.loc[table["year"] < year, "share"] - table.loc[table["year"] < year, "share_last"]
        for (area, dimension), group in here.groupby(["area", "dimension"], sort=False):
            drawn = places.get((area, dimension))
            if drawn is None or np.isnan(drawn).any() or len(group) < 2:
                continue
            share = rng.permutation(drawn) / panels.MAXIMUM
            maxima, bases = group["maximum"].to_numpy(), group["share_last"].to_numpy()
            last = float(group["whole_last"].iloc[0])
            noise = rng.standard_normal((len(LEVELS), len(group)))
            ways = {
                "allocated": allocate(share, last, maxima, bases, noise),
                "allocated, no last score": allocate(share, last, maxima, np.full(len(group), np.nan), noise),
                "last split": np.clip(share[:, None] * bases / last, 0, 1),
                "last value": np.clip(bases + float(spread.std()) * norm.ppf(LEVELS)[:, None], 0, 1),
                "engine, each alone": np.column_stack(
                    [alone.get((area, c), np.full(len(LEVELS), np.nan)) for c in group["component"]]
                ),
            }
            rows += _scored(ways, group, year)
    found = pd.DataFrame(rows, columns=["way", "year", "crps", "held"]).dropna()
    by_year = found.groupby(["way", "year"]).mean().groupby("way").mean()
    return by_year.assign(cells=found.groupby("way").size()).sort_values("crps").reset_index()


def _scored(ways: dict[str, Floats], group: pd.DataFrame, year: int) -> list[tuple[str, int, float, float]]:
    rows = []
    for way, shares in ways.items():
        points = shares * group["maximum"].to_numpy()
        low, high = np.quantile(points, (0.1, 0.9), axis=0)
        crps = score.crps_from_draws(group["score"].to_numpy(), points)
        held = score.inside(group["score"].to_numpy(), low, high)
        rows += [(way, year, float(c), float(h)) for c, h in zip(crps, held, strict=True)]
    return rows


def _alone(table: pd.DataFrame, year: int) -> dict[tuple[str, str], Floats]:
    """The engine's forecast of each sub-dimension by itself, as a share of its maximum."""
    past = table[table["year"] < year]
    frame = past[["area", "component", "year"]].assign(score=panels.MAXIMUM * past["share"])
    panel = Panel.from_long(frame, upper=panels.MAXIMUM, breaks=panels.PAPI_BREAKS)
    drawn = fit_models(panel, [year]).quantiles(year, LEVELS) / panels.MAXIMUM
    return {(a, c): drawn[i, j] for i, a in enumerate(panel.areas) for j, c in enumerate(panel.components)}


def main() -> int:
    """Print both tables; the exit code."""
    try:
        table = cells()
    except panels.PanelsMissingError as error:
        print(error, file=sys.stderr)
        return 1
    print(spreads(table).to_string(index=False, float_format="{:.3f}".format))
    print()
    print(contest(table).to_string(index=False, float_format="{:.4f}".format))
    return 0


if __name__ == "__main__":
    sys.exit(main())
