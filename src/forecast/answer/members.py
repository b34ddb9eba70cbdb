"""Forecasts of the engine's models, beside the main one; or the reason why a model has none.

They see published scores alone, as percent of the maximum; the main model sees every number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from forecast.answer.findings import Key, components, phrase, quantile_rows
from forecast.base.arrays import Floats
from forecast.base.errors import ForecastError
from forecast.base.indexes import SURVEYS
from forecast.base.spec import RunSpec
from forecast.data.framework import TOTAL, Framework
from forecast.data.load import Known
from forecast.model.covariates import Covariates
from forecast.model.engine import fit_models
from forecast.model.ensemble import MODELS
from forecast.model.fitted_ensemble import ENSEMBLE
from forecast.model.fitted_evidence import Statements
from forecast.model.panel import Panel
from forecast.model.pool import pooled
from forecast.model.scheme import Subject
from forecast.model.simulate import Draws
from forecast.model.subject import survey_component, survey_of

NAMES: Final = (*(model.name for model in MODELS), ENSEMBLE)
MOST_DOUBT: Final = 0.02  # of a made score: yearly series take their figures as exact
COLUMNS: Final = ("model", "index_code", "component", "available", "reason")


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """What the engine's models give for all areas at once.

    `fits` holds one entry an index: its code, the panel of published scores (None if there are none) and
    the quantiles in percent by model, shape (A, C, Q), or why there are none.
    """

    fits: tuple[tuple[str, Panel | None, dict[str, Floats | str]], ...]


def fit_members(
    known: Known,
    subject: Subject,
    statements: Statements,
    uses: pd.Series[str],
    spec: RunSpec,
    covariates: Covariates,
) -> Members:
    """Fit every model of the engine, and their combination; the spec's area is not looked at."""
    panels = panels_of(known, subject, statements, uses, spec)
    return Members(
        tuple((index_code, panel, _fitted(panel, spec, covariates)) for index_code, panel in panels)
    )


def panels_of(
    known: Known, subject: Subject, statements: Statements, uses: pd.Series[str], spec: RunSpec
) -> tuple[tuple[str, Panel | None], ...]:
    """Published scores as one panel an index; None where nothing is published."""
    own = published(known.scores, statements, uses, subject.index_code)
    of_index = max(subject.breaks.values(), key=len)
    code = survey_of(subject)
    if not code:
        return ((subject.index_code, _panel(own, of_index)),)
    survey = published(known.scores, statements, uses, code)
    breaks = subject.breaks[survey_component(subject)]
    # A new questionnaire is a new series: years before it are not its past.
    since = max((year for year in breaks if year < spec.target_year), default=0)
    survey = survey[survey["year"] >= since] if (survey["year"] >= since).any() else survey
    index = with_halves(own, survey, subject)
    return ((subject.index_code, _panel(index, of_index)), (code, _panel(survey, breaks)))


def with_margins(target: Draws, members: Members, complete: Sequence[str], spec: RunSpec) -> Draws:
    """Pool the draws' margins of complete components with the engine's combined forecast."""
    _, panel, fitted = members.fits[0]
    quantiles = fitted[ENSEMBLE]
    if panel is None or isinstance(quantiles, str):
        return target
    shares, levels = target.shares.copy(), np.asarray(spec.quantile_levels)
    for component in set(complete) & set(target.subject.components):
        c, leaf = panel.components.index(component), target.subject.components.index(component)
        for a, area in enumerate(panel.areas):
            place, member_quantiles = target.subject.areas.index(area), quantiles[a, c] / 100
            if not np.isnan(member_quantiles).any():
                shares[:, place, leaf] = pooled(shares[:, place, leaf], levels, member_quantiles)
    return replace(target, shares=shares)


def member_rows(
    members: Members, spec: RunSpec, framework: Framework, *, everywhere: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the models' forecasts of one area; `everywhere` those of all, as the record needs.

    Returns
    -------
    forecast : DataFrame
        FORECAST rows: the area's components and every area's total and SIPAS, where there is one.
    availability : DataFrame
        One row per model and component of the area: model, index_code, component, available,
        reason (a phrase of the catalogue).
    """
    rows: list[pd.DataFrame] = []
    outcomes: list[tuple[str, str, str, bool, str]] = []
    for index_code, panel, fitted in members.fits:
        names = (TOTAL,) if index_code in SURVEYS else components(framework)
        for name, outcome in fitted.items():
            if panel is None or isinstance(outcome, str):
                outcomes += [(name, index_code, c, False, str(outcome)) for c in names]
                continue
            keys, points = _cells(panel, outcome, index_code, framework, "" if everywhere else spec.area)
            rows.append(quantile_rows(spec, framework, name, keys, points))
            components_given = {component for _, area, component in keys if area == spec.area}
            silent = phrase("member.no_score")
            outcomes += [
                (name, index_code, c, c in components_given, "" if c in components_given else silent)
                for c in names
            ]
    forecast = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    return forecast, pd.DataFrame(outcomes, columns=list(COLUMNS))


def published(
    scores: pd.DataFrame, statements: Statements, uses: pd.Series[str], index_code: str
) -> pd.DataFrame:
    """Published scores as percent of the maximum: area, component, year, score.

    Made scores of merged areas too, but for those too doubtful: a yearly series takes them as exact.
    """
    share = pd.Series(statements.by_row(statements.value, len(scores)), index=scores.index)
    whole = (uses == "made") & (scores["spread"] <= 2 * MOST_DOUBT * scores["score"])
    use = ((uses == "score") | whole) & (scores["index_code"] == index_code)
    return scores.loc[use, ["area", "component", "year"]].assign(score=100 * share[use].clip(0, 1))


def with_halves(scores: pd.DataFrame, survey: pd.DataFrame, subject: Subject) -> pd.DataFrame:
    """Add the halves of a domain that follow from the survey's percent and the domain's own score.

    The survey's half has the survey's percent; what is left of the domain is the other half.  Published
    halves stay, and a remainder outside [0, maximum] is left out, as its two sources contradict each other.
    """
    half = survey_component(subject)
    schemes = subject.schemes
    whole = next((c for c, parts in schemes[max(schemes)].children.items() if half in parts), "")
    others = [part for part in schemes[max(schemes)].children.get(whole, ()) if part != half]
    if len(others) != 1:
        return scores
    half_published = _by_cell(scores, half)
    half_percent = {**_by_cell(survey, TOTAL), **half_published}
    other_percent = {}
    for (area, year), percent in _by_cell(scores, whole).items():
        if (area, year) in half_percent and year in schemes:
            maxima = schemes[year].maxima
            points = percent * maxima[whole] - half_percent[area, year] * maxima[half]
            other_percent[area, year] = points / maxima[others[0]]
    other_percent = {cell: percent for cell, percent in other_percent.items() if 0 <= percent <= 100}
    rows = [(a, half, y, percent) for (a, y), percent in half_percent.items() if (a, y) not in half_published]
    other_published = _by_cell(scores, others[0])
    rows += [
        (a, others[0], y, percent)
        for (a, y), percent in other_percent.items()
        if (a, y) not in other_published
    ]
    additions = pd.DataFrame(rows, columns=["area", "component", "year", "score"])
    return pd.concat([scores, additions], ignore_index=True) if rows else scores


def _by_cell(scores: pd.DataFrame, component: str) -> dict[tuple[str, int], float]:
    rows = scores[scores["component"] == component]
    return dict(zip(zip(rows["area"], rows["year"], strict=True), rows["score"], strict=True))


def _panel(scores: pd.DataFrame, breaks: Sequence[int]) -> Panel | None:
    return None if scores.empty else Panel.from_long(scores, upper=100.0, breaks=breaks)


def _fitted(panel: Panel | None, spec: RunSpec, covariates: Covariates) -> dict[str, Floats | str]:
    """Quantiles in percent, shape (A, C, Q), by model, or why there are none."""
    if panel is None:
        return dict.fromkeys(NAMES, phrase("member.nothing"))
    try:
        years = range(panel.years[0], spec.target_year + 1)
        suited = [k for k, name in enumerate(covariates.components) if name in panel.components]
        suitable = covariates.only(suited).over(panel.areas, years) if suited else None
        fit = fit_models(panel, [spec.target_year], suitable)
    except ForecastError as refusal:
        return dict.fromkeys(NAMES, phrase(refusal.key, **refusal.facts))
    quantiles: dict[str, Floats | str] = {}
    for name in NAMES:
        if name in fit.refused:
            quantiles[name] = phrase(fit.refused[name].key, **fit.refused[name].facts)
        else:
            source = fit if name == ENSEMBLE else fit.fits[name]
            quantiles[name] = source.quantiles(spec.target_year, spec.quantile_levels)
    return quantiles


def _cells(
    panel: Panel, values: Floats, index_code: str, framework: Framework, only: str
) -> tuple[list[Key], Floats]:
    """Keys and quantiles, in points, of one area's components (of all areas' if "") and of every total."""
    keys: list[Key] = []
    points = []
    for c, component in enumerate(panel.components):
        maximum = 100.0 if index_code in SURVEYS else framework.maximum(component)
        for a, area in enumerate(panel.areas):
            needed = only in {"", area} or component == TOTAL
            if needed and not np.isnan(maximum) and not np.isnan(values[a, c]).any():
                keys.append((index_code, area, component))
                points.append(values[a, c] / 100 * maximum)
    return keys, np.array(points).reshape(len(keys), values.shape[-1])
