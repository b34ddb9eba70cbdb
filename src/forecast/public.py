"""`forecast.predict` and `forecast.backtest`: any yearly table in memory, without files.

The same as the commands of these names; docs/python.md sets them beside statsforecast.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from forecast import basis, doubts, foreign, rolling
from forecast.errors import SpecError
from forecast.labels import Phrase
from forecast.models import engine
from forecast.models.ensemble import Ensemble
from forecast.panel import Panel

__all__ = ["ForecastWarning", "backtest", "predict"]


class ForecastWarning(UserWarning):
    """Something in the table is doubted, or a forecast rests on less than others."""


def predict(
    frame: pd.DataFrame,
    target_year: int | Sequence[int],
    *,
    level: Sequence[int] = (),
    models: Sequence[str] | None = None,
    max_score: Mapping[str, float] | float | None = None,
    events: Iterable[int] = (),
) -> pd.DataFrame:
    """Forecast every series of a yearly table, with prediction intervals.

    Parameters
    ----------
    frame : DataFrame
        One figure a row: area, component, year, score and perhaps max_score; or unique_id, ds, y; or one
        column a year.  Rows may be missing.
    target_year : int or sequence of int
        Years after the last of the table.
    level : sequence of int
        Intervals to add to those of the 23 usual quantile levels, whole percents from 1 to 99.
    models : sequence of str, optional
        Names to give; all models and their combination, ``ensemble``, if left out.
    max_score : mapping of str to float, or float, optional
        Maximum of each component, or of all, where the table has no max_score.
    events : iterable of int
        Years in which the method changed; a target year may be among them.

    Returns
    -------
    DataFrame
        area, component, target_year, model, quantile_level, value; in the table's own units.

    Raises
    ------
    DataError
        If the table breaks its contract; every kind of problem is told.
    SpecError
        If a year is not ahead, or a model or level is unknown.

    Warns
    -----
    ForecastWarning
        For each doubt about the table, and for what a model leaves out.

    Examples
    --------
    >>> table = pd.DataFrame({"unique_id": "A", "ds": range(2010, 2020), "y": [5, 6, 5, 7, 6, 7, 8, 7, 8, 9]})
    >>> with warnings.catch_warnings(action="ignore"):
    ...     future = predict(table, 2020, level=[80])
    >>> best = future[future["model"] == "ensemble"].pivot(
    ...     index=["area", "target_year"], columns="quantile_level", values="value"
    ... )
    >>> bool((best[0.1] < best[0.5]).all() and (best[0.5] < best[0.9]).all())
    True
    """
    levels = engine.quantile_levels(level)
    years = sorted({int(year) for year in np.atleast_1d(np.asarray(target_year))})
    if not years:
        raise SpecError("spec.empty", {"name": "target_year"})
    asked = engine.names(models)
    panel, told = _read(frame, max_score, events)
    fit = engine.fit_models(panel, years)
    for name in asked:
        if models is not None and name in fit.refused:
            raise fit.refused[name]
    refused = [
        Phrase("cli.predict.refused", {"model": name, "reason": Phrase(error.key, error.facts)})
        for name, error in fit.refused.items()
        if name in asked
    ]
    _warn([*told, *refused, *basis.left_out(fit, asked, years[-1])])
    return engine.long_table(fit, years, levels, asked)


def backtest(
    frame: pd.DataFrame,
    *,
    origins: Iterable[int] | None = None,
    horizons: Iterable[int] = (1,),
    max_score: Mapping[str, float] | float | None = None,
    events: Iterable[int] = (),
) -> pd.DataFrame:
    """Forecast a yearly table again from earlier years' ends, and set what came beside.

    Parameters
    ----------
    frame, max_score, events
        See `predict`.
    origins : iterable of int, optional
        Years from whose end to forecast; the last eight that leave three years before them, if left out.
    horizons : iterable of int
        Years ahead.

    Returns
    -------
    DataFrame
        model, origin, target_year, horizon, area, component, quantile_level, predicted, observed, scale.
        `forecast.rolling.summary` makes of it errors, CRPS, coverage and skill of each model.

    Raises
    ------
    DataError, SpecError
        See `predict`.

    Examples
    --------
    >>> table = pd.DataFrame({"unique_id": "A", "ds": range(2010, 2020), "y": [5, 6, 5, 7, 6, 7, 8, 7, 8, 9]})
    >>> with warnings.catch_warnings(action="ignore"):
    ...     past = backtest(table, origins=[2017, 2018])
    >>> past.loc[past["quantile_level"] == 0.5, ["origin", "target_year", "observed"]].drop_duplicates()
    ...     # doctest: +NORMALIZE_WHITESPACE
         origin  target_year  observed
    11     2017         2018       8.0
    34     2018         2019       9.0
    """
    panel, told = _read(frame, max_score, events)
    _warn(told)
    ahead = sorted(set(horizons))
    chosen = rolling.origins_of(panel, origins, name="origins")
    return rolling.backtest(panel, [Ensemble(reach=ahead[-1])], origins=chosen, horizons=ahead)


def _read(
    frame: pd.DataFrame, max_score: Mapping[str, float] | float | None, events: Iterable[int]
) -> tuple[Panel, list[Phrase]]:
    return doubts.panel_of(foreign.read_frame(frame), upper=max_score, breaks=events, file="frame")


def _warn(told: Sequence[Phrase]) -> None:
    for phrase in told:
        warnings.warn(phrase.text("en"), ForecastWarning, stacklevel=3)
