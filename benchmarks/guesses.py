"""Forecasts of hidden cells, by the evidence model and by plain guesses, and how good they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from benchmarks import panels
from benchmarks.contests import as_results
from benchmarks.hidden import Hidden, hide, pattern
from forecast.base.spec import QUANTILE_LEVELS, interval_ends
from forecast.data.framework import TOTAL
from forecast.data.tables import COUNTRY
from forecast.model import score
from forecast.model.evidence import Evidence
from forecast.model.joint_draws import joint_draws
from forecast.model.statements import observe

Floats = NDArray[np.float64]
# Quantiles of the shares of some years, shape (years, A, C, Q).
Forecaster = Callable[[Hidden, Sequence[int]], Floats]

DRAWS = 1000
SEED = 20241031
DATA = panels.HERE.parent / "data"
YEARS_SCORED = 6  # the last ones; before them next to nothing is public
BASELINE = "share_of_the_total"


def share_of_the_total(hidden: Hidden, years: Sequence[int], *, levels_learnt: bool = False) -> Floats:
    """The plain guess: a domain has its province's share of the total, that year's or the last known.

    Where a province has no total yet, the national mean stands in.  The spread is that of the shown
    cells around the same guess.  With `levels_learnt` each component is moved by the mean distance of
    its shown cells from the guess.
    """
    guess = np.stack([_total_known(hidden.scores, hidden.subject.areas, y) for y in hidden.years], axis=1)
    error = np.where(hidden.shown, hidden.truth - guess[:, None, :], np.nan)
    move = np.zeros(error.shape[1])
    if levels_learnt:
        # One pseudo-cell at the overall mean, for a component of which none is shown.
        count = hidden.shown.sum(axis=(0, 2))
        move = (np.nansum(error, axis=(0, 2)) + np.nanmean(error)) / (count + 1)
        error = error - move[:, None]
    errors = error[hidden.shown]
    tails = np.sqrt(np.mean(errors**2)) * stats.t.ppf(QUANTILE_LEVELS, max(len(errors) - 1, 2))
    place = guess[:, [hidden.years.index(year) for year in years]].T[:, :, None] + move
    return np.clip(place[..., None] + tails, 0.0, 1.0)


def share_and_level(hidden: Hidden, years: Sequence[int]) -> Floats:
    """A harder guess to beat: the share of the total, moved by component."""
    return share_of_the_total(hidden, years, levels_learnt=True)


def evidence_model(hidden: Hidden, years: Sequence[int]) -> Floats:
    """Quantiles of the evidence model's joint draws, given all that is shown."""
    recipe = Evidence()
    lattice, statements, _ = observe(hidden.scores, hidden.subject, recipe.start)
    fitted = recipe.fit(lattice, statements)
    rng = np.random.default_rng(SEED)
    drawn = (joint_draws(fitted, (year,), DRAWS, rng).shares[..., 0] for year in years)
    return np.stack([np.moveaxis(np.quantile(d, QUANTILE_LEVELS, axis=0), 0, 2) for d in drawn])


def scored(hidden: Hidden, forecasters: Mapping[str, Forecaster], years: Sequence[int]) -> pd.DataFrame:
    """Score the hidden cells of some years: one row a cell and model.

    Returns
    -------
    DataFrame
        Columns model, year, area, component, told, crps and inside_80, inside_95; shares of the
        maximum times 100, so that CRPS is in percent of the maximum.
    """
    levels = list(QUANTILE_LEVELS)
    parts = []
    for name, forecaster in forecasters.items():
        for year, quantiles in zip(years, 100 * forecaster(hidden, years), strict=True):
            t = hidden.years.index(year)
            a, c = np.nonzero(~hidden.shown[:, :, t] & ~np.isnan(hidden.truth[:, :, t]))
            truth, q = 100 * hidden.truth[a, c, t], quantiles[a, c]
            part = {
                "model": name,
                "year": year,
                "area": np.array(hidden.subject.areas, dtype=object)[a],
                "component": np.array(hidden.subject.components, dtype=object)[c],
                "told": hidden.told[a, t],
                "crps": score.crps_from_quantiles(truth, q, levels=levels),
            }
            for level in (80, 95):
                low, high = (levels.index(end) for end in interval_ends(level))
                part[f"inside_{level}"] = score.inside(truth, q[:, low], q[:, high])
            parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


FORECASTERS: Final[Mapping[str, Forecaster]] = {
    BASELINE: share_of_the_total,
    "share_and_level": share_and_level,
    "evidence": evidence_model,
}


def measured(deals: int) -> pd.DataFrame:
    """Figures on PAPI and PCI, hidden and one year ahead, as rows of results.csv.

    In place of years there are deals: the range of a figure comes from drawing whole deals again.
    """
    shape = pattern(DATA)
    contests = {"papi": (panels.papi(), panels.PAPI_BREAKS), "pci": (panels.pci(), ())}
    parts = []
    for name, (panel, breaks) in contests.items():
        same, ahead = [], []
        for deal in range(deals):
            rng = np.random.default_rng([SEED, deal])
            hidden = hide(panel, shape, rng, index_code=name.upper(), breaks=breaks)
            same.append(scored(hidden, FORECASTERS, hidden.years[-YEARS_SCORED:]).assign(deal=deal))
            year = hidden.years[-1]
            ahead.append(scored(hidden.before(year), FORECASTERS, [year]).assign(deal=deal))
        for kind, cells in (("hidden", same), ("ahead", ahead)):
            parts.append(as_results(f"{kind}_{name}", _figures(pd.concat(cells, ignore_index=True))))
    return pd.concat(parts, ignore_index=True)


def _figures(cells: pd.DataFrame) -> pd.DataFrame:
    """Figures of each forecaster over all deals."""
    base = cells.loc[cells["model"] == BASELINE, "crps"].to_numpy()
    rows = []
    for model, own in cells.groupby("model", sort=False):
        deals = own["deal"].to_numpy()
        gain = score.skill(own["crps"], base, deals)
        by_deal, found = score.mean_by_year(own["crps"], deals)
        row = {
            "model": model,
            "cells": len(own),
            "years": len(found),
            "crps": float(by_deal.mean()),
            "relative": 1 - gain.skill,
            "relative_error": gain.standard_error,
        }
        rng = np.random.default_rng(SEED)
        for level in (80, 95):
            held = score.coverage(own[f"inside_{level}"], deals, rng=rng)
            row |= {
                f"coverage_{level}": held.coverage,
                f"coverage_{level}_lower": held.lower,
                f"coverage_{level}_upper": held.upper,
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _total_known(rows: pd.DataFrame, areas: tuple[str, ...], year: int) -> Floats:
    """Share of the total of each area, of the year or the last known before it, else the nation's; (A,)."""
    totals = rows[(rows["component"] == TOTAL) & (rows["year"] <= year) & rows["score"].notna()]
    totals = totals.assign(share=totals["score"] / totals["max_score"]).sort_values("year", kind="stable")
    own = totals[totals["statistic"] == "value"].groupby("area")["share"].last().reindex(areas)
    nation = totals[(totals["statistic"] == "mean") & (totals["area"] == COUNTRY)]["share"]
    usual = nation.iloc[-1] if len(nation) else totals.loc[totals["statistic"] == "value", "share"].mean()
    return own.fillna(usual).to_numpy(dtype=float)
