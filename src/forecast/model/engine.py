"""Forecast any yearly panel: one function that gives one long table."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from forecast.base.errors import SpecError
from forecast.base.spec import QUANTILE_LEVELS, interval_ends
from forecast.model.contract import horizon_of
from forecast.model.covariates import Covariates
from forecast.model.ensemble import MODELS, Ensemble
from forecast.model.fitted_ensemble import ENSEMBLE, FittedEnsemble
from forecast.model.joined import FittedWithSums
from forecast.model.panel import Panel


def fit_models(
    panel: Panel, target_years: Sequence[int], covariates: Covariates | None = None
) -> FittedEnsemble | FittedWithSums:
    """Fit every model of the engine and their combination, judged as far ahead as is asked for.

    `covariates` are of the panel's areas, from its first year on; every model forecasts with them.

    Raises SpecError if a target year is not after the last year of the panel; ForecastError if no model
    can be fitted.
    """
    reach = max((horizon_of(year, panel.origin) for year in target_years), default=1)
    return Ensemble(reach=reach, covariates=covariates).fit(panel)


def names(models: Sequence[str] | None) -> list[str]:
    """Names of the models asked for, each once; of all, if None.

    Raises SpecError if a name is unknown.
    """
    known = [*(m.name for m in MODELS), ENSEMBLE]
    chosen = known if models is None else list(dict.fromkeys(models))
    for name in chosen:
        if name not in known:
            raise SpecError("error.unknown_model", {"found": name, "known": ", ".join(known)})
    return chosen


def refuse_unfitted(fit: FittedEnsemble | FittedWithSums, models: Sequence[str]) -> None:
    """Raise the error of the first of these models that could not be fitted."""
    for name in models:
        if name in fit.refused:
            raise fit.refused[name]


def quantile_levels(intervals: Sequence[int]) -> tuple[float, ...]:
    """The usual quantile levels and the ends of more central intervals, whole percents from 1 to 99.

    Raises SpecError if an interval is none.

    >>> len(quantile_levels([])), len(quantile_levels([60, 85]))
    (23, 25)
    """
    for level in intervals:
        if not 1 <= level <= 99:
            raise SpecError("spec.levels", {"found": level})
    return tuple(sorted(set(QUANTILE_LEVELS).union(*(interval_ends(level) for level in intervals))))


def long_table(
    fit: FittedEnsemble | FittedWithSums,
    target_years: Sequence[int],
    levels: Sequence[float],
    models: Sequence[str],
) -> pd.DataFrame:
    """Write out the forecasts of fitted models: area, component, target_year, model, quantile_level, value.

    In the components' own unit, sorted as the panel is.  Models that were refused and cells that never had a
    figure have no rows.

    >>> years = range(2010, 2020)
    >>> rows = pd.DataFrame({"area": "A", "component": "D", "year": years, "score": range(60, 70)})
    >>> fit = fit_models(Panel.from_long(rows, upper=100.0), [2020])
    >>> long_table(fit, [2020], [0.5], ["drift"])["value"].round(0).tolist()
    [70.0]
    """
    return pd.concat(tables(fit, target_years, levels, models), ignore_index=True)


def tables(
    fit: FittedEnsemble | FittedWithSums,
    target_years: Sequence[int],
    levels: Sequence[float],
    models: Sequence[str],
) -> Iterator[pd.DataFrame]:
    """Give the long table in parts, one a year and model, so that a large one is never whole in memory."""
    for year in target_years:
        for name in models:
            if name == ENSEMBLE or name in fit.fits:
                yield _rows(fit, name, year, levels)


def _rows(
    fit: FittedEnsemble | FittedWithSums, name: str, target_year: int, levels: Sequence[float]
) -> pd.DataFrame:
    source = fit if name == ENSEMBLE else fit.fits[name]
    value = source.quantiles(target_year, levels)
    # What is known of other areas is no forecast of a cell without any figure of its own.
    value[np.isnan(fit.panel.value).all(axis=2)] = np.nan
    areas, components, count = value.shape
    area, component, level = (i.ravel() for i in np.indices((areas, components, count), dtype=np.int32))
    frame = pd.DataFrame(
        {
            "area": np.array(fit.panel.areas, dtype=object)[area],
            "component": np.array(fit.panel.components, dtype=object)[component],
            "target_year": target_year,
            "model": name,
            "quantile_level": np.round(np.asarray(levels, dtype=float), 4)[level],
            "value": value.ravel(),
        }
    )
    return frame.loc[~np.isnan(value.ravel())]
