"""The plain models beside the main one: what each gives for the area, or why it gives nothing.

They see published scores alone, as percent of the maximum; the main model sees every number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import ForecastError
from forecast.findings import components, phrase, quantile_rows
from forecast.framework import TOTAL, Framework
from forecast.load import Known
from forecast.models.baselines import Drift, LastValue
from forecast.models.contract import Model
from forecast.models.evidence import Statements
from forecast.models.ridge import Ridge
from forecast.models.statements import Subject
from forecast.models.subject import SURVEY
from forecast.models.trend import DampedTrend, LocalLevel, Theta
from forecast.panel import Panel
from forecast.spec import RunSpec

Floats = NDArray[np.float64]

MEMBERS: Final[tuple[Model, ...]] = (LastValue(), Drift(), LocalLevel(), DampedTrend(), Theta(), Ridge())
# Years of its own that a series needs before a model of that kind says anything about it.
OWN_YEARS: Final = {"last_value": 1, "drift": 3, "local_level": 3, "damped_trend": 5, "theta": 4, "ridge": 2}
COLUMNS: Final = ("model", "index_code", "component", "available", "reason")


def member_forecasts(
    known: Known,
    subject: Subject,
    statements: Statements,
    uses: pd.Series[str],
    spec: RunSpec,
    framework: Framework,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecast with every plain model.

    Returns
    -------
    forecast : DataFrame
        FORECAST rows: the area's components and every area's total and SIPAS, where there is one.
    availability : DataFrame
        One row per model and component of the area: model, index_code, component, available,
        reason (a phrase of the catalogue).
    """
    rows: list[pd.DataFrame] = []
    told: list[tuple[str, str, str, bool, str]] = []
    for index_code, wanted in (("PAR", components(framework)), (SURVEY, (TOTAL,))):
        seen = published(known.scores, statements, uses, index_code)
        panel = _panel(seen, subject, spec.target_year, index_code)
        for model in MEMBERS:
            if panel is None:
                told += [(model.name, index_code, c, False, phrase("member.nothing")) for c in wanted]
                continue
            values, refusal = _quantiles(model, panel, spec)
            for component in wanted:
                reason = refusal or _too_short(panel, spec.area, component, model.name)
                told.append((model.name, index_code, component, not reason, reason))
            if not refusal:
                rows += _member_rows(model.name, panel, values, index_code, spec, framework)
    forecast = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    return forecast, pd.DataFrame(told, columns=list(COLUMNS))


def published(
    scores: pd.DataFrame, statements: Statements, uses: pd.Series[str], index_code: str
) -> pd.DataFrame:
    """Published scores as percent of the maximum: area, component, year, score."""
    share = pd.Series(statements.by_row(statements.value, len(scores)), index=scores.index)
    use = (uses == "score") & (scores["index_code"] == index_code)
    return scores.loc[use, ["area", "component", "year"]].assign(score=100 * share[use].clip(0, 1))


def _panel(seen: pd.DataFrame, subject: Subject, target_year: int, index_code: str) -> Panel | None:
    if seen.empty:
        return None
    breaks: Sequence[int] = max(subject.breaks.values(), key=len)
    if index_code == SURVEY:
        breaks = subject.breaks[subject.links[(SURVEY, TOTAL)]]
        # A new questionnaire is a new series: years before it are not its past.
        since = max((year for year in breaks if year < target_year), default=0)
        seen = seen[seen["year"] >= since] if (seen["year"] >= since).any() else seen
    return Panel.from_long(seen, upper=100.0, breaks=breaks)


def _quantiles(model: Model, panel: Panel, spec: RunSpec) -> tuple[Floats, str]:
    """Quantiles in percent, shape (A, C, Q), or the model's refusal."""
    try:
        return model.fit(panel).quantiles(spec.target_year, spec.quantile_levels), ""
    except ForecastError as refusal:
        return np.empty(0), phrase(refusal.key, **refusal.facts)


def _too_short(panel: Panel, area: str, component: str, model: str) -> str:
    """Reason why a model says nothing about a component of the area, or an empty text."""
    years = 0
    if area in panel.areas and component in panel.components:
        series = panel.value[panel.areas.index(area), panel.components.index(component)]
        years = int(np.isfinite(series).sum())
    if years >= OWN_YEARS[model]:
        return ""
    return phrase("member.too_short", needed=OWN_YEARS[model], got=years)


def _member_rows(
    name: str, panel: Panel, values: Floats, index_code: str, spec: RunSpec, framework: Framework
) -> list[pd.DataFrame]:
    rows = []
    for c, component in enumerate(panel.components):
        maximum = framework.maximum(component) if index_code == "PAR" else 100.0
        for a, area in enumerate(panel.areas):
            if area != spec.area and component != TOTAL:
                continue
            if _too_short(panel, area, component, name) or np.isnan(values[a, c]).any():
                continue
            points = values[a, c] / 100 * maximum
            rows.append(quantile_rows(spec, framework, name, (index_code, area, component), points))
    return rows
