"""Turn a table of covariates into arrays for the models, and the estimated effects into a table."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.arrays import Floats
from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase, shortened
from forecast.base.spec import nearest
from forecast.base.spelling import slug
from forecast.data import foreign
from forecast.data.spellings import component_named
from forecast.model import doubts
from forecast.model.covariates import Covariates
from forecast.model.effects import Effects
from forecast.model.fitted_ensemble import FittedEnsemble
from forecast.model.joined import FittedWithSums
from forecast.model.panel import Panel

EFFECTS: Final = ("covariate", "component", "effect", "standard_error", "chance", "area_years")
COUNTRY: Final = (foreign.EVERYWHERE, "ca-nuoc", "toan-quoc", "viet-nam", "vietnam", "country")
SHOWN: Final = 6  # names in one sentence
FEWEST_EQUAL: Final = 6  # figures that equal scores, before they are doubted


def covariates_of(
    table: foreign.CovariateTable, panel: Panel, last_year: int
) -> tuple[Covariates, list[Phrase]]:
    """Lay covariates out along the areas and years of a panel, with what their reader must know.

    Figures of the whole country are those of every area, unless areas have figures of their own.

    Raises DataError if a component is unknown, an area has the name of another nearly, or nothing is left.
    """
    table = _with_names_of(panel, table)
    rows = table.frame.dropna(subset=["score"])
    problems = [*_unknown_components(table, panel), *_misspelt(table, panel)]
    if problems:
        raise DataError(foreign.fold_repeats(problems))
    names = tuple(sorted(rows["component"].unique()))
    areas = {name: place for place, name in enumerate(panel.areas)}
    years = tuple(range(panel.years[0], max(last_year, panel.origin) + 1))
    values = np.full((len(areas), len(years), len(names)), np.nan)
    inside = rows[rows["year"].between(years[0], years[-1])]
    of_all = inside["area"].map(slug).isin(COUNTRY) | (inside["area"] == foreign.EVERYWHERE)
    of_all &= ~inside["area"].isin(areas)
    own = inside[inside["area"].isin(areas)]
    for part, everywhere in (
        (own, False),
        (inside[of_all & ~inside["component"].isin(own["component"])], True),
    ):
        place = slice(None) if everywhere else part["area"].map(areas).to_numpy(dtype=int)
        column = np.searchsorted(names, part["component"].to_numpy(dtype=str))
        values[place, part["year"].to_numpy(dtype=int) - years[0], column] = part["score"].to_numpy(
            dtype=float
        )
    if np.isnan(values).all():
        raise DataError(
            [Problem(table.file, None, "", "", "covariates.nothing", {"first": years[0], "last": years[-1]})]
        )
    remarks = [*table.remarks, *doubts.of_covariates(table.frame), *_unused(rows, panel, years)]
    lost = inside[of_all & inside["component"].isin(own["component"])]
    if len(lost):
        sample = sorted(lost["component"].unique())[:SHOWN]
        remarks.append(Phrase("covariates.country_unused", {"count": len(lost), "names": sample}))
    remarks += _the_score(values, names, panel)
    return Covariates(
        areas=panel.areas,
        years=years,
        names=tuple(table.acts[name][0] for name in names),
        components=tuple(table.acts[name][1] for name in names),
        values=values,
        sign=np.zeros(len(names)),
    ), remarks


def _the_score(values: Floats, names: tuple[str, ...], panel: Panel) -> Iterator[Phrase]:
    """Warn of covariates (A, T, K) that equal a component's scores in at least `FEWEST_EQUAL` figures."""
    past = values[:, : len(panel.years)]
    for k, name in enumerate(names):
        for c, component in enumerate(panel.components):
            own, score = past[:, :, k], panel.value[:, c]
            both = ~np.isnan(own) & ~np.isnan(score)
            if both.sum() >= FEWEST_EQUAL and (own[both] == score[both]).all() and np.ptp(own[both]) > 0:
                yield Phrase("covariates.the_score", {"name": name, "component": component})


def _with_names_of(panel: Panel, table: foreign.CovariateTable) -> foreign.CovariateTable:
    """Give components that are spelt in another way, as “Lĩnh vực 3” for D3, the name that the panel has."""
    by_code = {component_named(name) or name: name for name in panel.components}
    acts = {
        label: (name, own if own in panel.components else by_code.get(component_named(own), own))
        for label, (name, own) in table.acts.items()
    }
    return table if len(set(acts.values())) < len(acts) else replace(table, acts=acts)


def _unknown_components(table: foreign.CovariateTable, panel: Panel) -> Iterator[Problem]:
    for name, (_, component) in table.acts.items():
        if component and component not in panel.components:
            row = int(table.frame.loc[table.frame["component"] == name, "row"].iloc[0])
            near = nearest(component, panel.components)
            key = "covariates.component_near" if near else "covariates.component"
            facts = {"near": near, "allowed": list(panel.components[:SHOWN])}
            yield Problem(table.file, row, "component", component, key, facts)


def _misspelt(table: foreign.CovariateTable, panel: Panel) -> Iterator[Problem]:
    """Areas that the panel does not have, one of whose areas without any row is named nearly so."""
    areas = set(table.frame["area"])
    alone = [name for name in panel.areas if name not in areas]
    for name in sorted(areas - set(panel.areas)):
        near = nearest(name, alone) if slug(name) not in COUNTRY and name != foreign.EVERYWHERE else ""
        if near:
            row = int(table.frame.loc[table.frame["area"] == name, "row"].iloc[0])
            yield Problem(table.file, row, "area", name, "covariates.area_near", {"near": near})


def _unused(rows: pd.DataFrame, panel: Panel, years: tuple[int, ...]) -> Iterator[Phrase]:
    """Count the areas and years of a table that are not used."""
    unknown = sorted(set(rows["area"]) - set(panel.areas))
    unknown = [name for name in unknown if slug(name) not in COUNTRY and name != foreign.EVERYWHERE]
    if unknown:
        yield Phrase("covariates.areas_unused", {"count": len(unknown), "names": shortened(unknown)})
    outside = int((~rows["year"].between(years[0], years[-1])).sum())
    if outside:
        yield Phrase("covariates.years_unused", {"count": outside, "first": years[0], "last": years[-1]})


def effects_table(fit: FittedEnsemble | FittedWithSums) -> pd.DataFrame:
    """Effects of covariates that a forecast rests on, the surest first.

    Gives `EFFECTS`: points of the component for one unit of the covariate, standard error, chance that the
    effect is something at all, and areas times years that it rests on.
    """
    tables = [_of_panel(effects) for effects in _of_fit(fit)]
    whole = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(EFFECTS))
    ratio = (whole["effect"].abs() / whole["standard_error"].where(whole["standard_error"] > 0)).fillna(0.0)
    order = np.lexsort((whole["component"], whole["covariate"], -ratio, -whole["chance"].round(2)))
    return whole.iloc[order].reset_index(drop=True)


def _of_fit(fit: FittedEnsemble | FittedWithSums) -> list[Effects]:
    fits = [fit.of_parts, fit.of_sums] if isinstance(fit, FittedWithSums) else [fit]
    return [part.effects for part in fits if part.effects is not None]


def _of_panel(effects: Effects) -> pd.DataFrame:
    value, error = effects.in_points
    component, covariate = np.nonzero(effects.acts)
    names = effects.panel.components
    return pd.DataFrame(
        {
            "covariate": [effects.completed.names[k] for k in covariate],
            "component": [names[c] for c in component],
            "effect": value[component, covariate],
            "standard_error": error[component, covariate],
            "chance": effects.supported.chance[component, covariate],
            "area_years": effects.rests_on[component, covariate],
        }
    )


def unusable(fit: FittedEnsemble | FittedWithSums) -> list[Phrase]:
    """Say which covariates nothing can be learnt from, and why; and components they tell nothing of."""
    reasons: dict[str, list[str]] = {}
    for effects in _of_fit(fit):
        for covariate in effects.left_out:
            names = reasons.setdefault(covariate.reason, [])
            names += [covariate.name] if covariate.name not in names else []
        silent = ~effects.acts.any(axis=1)
        lost = [effects.panel.components[c] for c in np.flatnonzero(silent & effects.asked)]
        if lost:
            reasons.setdefault("covariates.unsuited", []).extend(lost)
    return [Phrase(key, {"names": shortened(names)}) for key, names in reasons.items()]
