"""`forecast.predict` and `forecast.backtest`: any yearly table in memory, without files.

The same as the commands of these names; docs/python.md sets them beside statsforecast.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real

import numpy as np
import pandas as pd

from forecast.answer import basis
from forecast.answer import covariates as covariate_tables
from forecast.base.errors import SpecError
from forecast.base.labels import Phrase
from forecast.base.spec import refuse_unknown
from forecast.data import foreign
from forecast.model import doubts, engine, rolling
from forecast.model.baselines import LastValue
from forecast.model.covariates import Covariates
from forecast.model.ensemble import Ensemble
from forecast.model.panel import MOST_AHEAD, YEAR_RANGE, Panel

__all__ = ["ForecastWarning", "backtest", "effects", "predict"]


class ForecastWarning(UserWarning):
    """Something in the table is doubted, or a forecast rests on less than others."""


def predict(
    frame: pd.DataFrame,
    target_year: int | Sequence[int],
    *,
    level: int | Sequence[int] = (),
    models: str | Sequence[str] | None = None,
    max_score: Mapping[str, float] | float | None = None,
    events: int | Iterable[int] = (),
    covariates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Forecast every series of a yearly table, with prediction intervals.

    Parameters
    ----------
    frame : DataFrame
        One figure a row: area, component, year, score and perhaps max_score; or unique_id, ds, y; or one
        column a year.  Rows may be missing.
    target_year : int or sequence of int
        Years after the last of the table.
    level : int or sequence of int
        Intervals to add to those of the 23 usual quantile levels, whole percents from 1 to 99.
    models : str or sequence of str, optional
        Names to give; all models and their combination, ``ensemble``, if left out.
    max_score : mapping of str to float, or float, optional
        Maximum of each component, or of all, where the table has no max_score.
    events : int or iterable of int
        Years in which the method changed; a target year may be among them.
    covariates : DataFrame, optional
        Figures beside the scores: area, year, covariate, value, and component where a covariate acts on
        one alone; or area, year and one column a covariate.  Those of a target year may be missing, or
        be there for some areas: the others are forecast, with their doubt.  See `effects`.

    Returns
    -------
    DataFrame
        area, component, target_year, model, quantile_level, value; in the table's own units.

    Raises
    ------
    DataError
        If the table breaks its contract; every kind of problem is told.
    SpecError
        If a year is not ahead or no whole number, or a model, a level or a component of `max_score` is
        unknown.

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
    levels = engine.quantile_levels(_whole("level", level))
    years = _some("target_year", target_year)
    names = engine.names([models] if isinstance(models, str) else models)
    if not names:
        raise SpecError("spec.empty", {"name": "models"})
    panel, remarks = _read(frame, max_score, events)
    farthest = panel.origin + MOST_AHEAD
    if years[-1] > farthest:
        facts = {"name": "target_year", "found": years[-1], "low": panel.origin + 1, "high": farthest}
        raise SpecError("spec.out_of_range", facts)
    figures, covariate_remarks = _covariates(covariates, panel, years[-1])
    fit = engine.fit_models(panel, years, figures)
    if models is not None:
        engine.refuse_unfitted(fit, names)
    refusals = [
        Phrase("cli.predict.refused", {"model": name, "reason": Phrase(error.key, error.facts)})
        for name, error in fit.refused.items()
        if name in names
    ]
    _warn(
        [
            *remarks,
            *covariate_remarks,
            *refusals,
            *basis.left_out(fit, names, years[-1]),
            *covariate_tables.unusable(fit),
        ]
    )
    return engine.long_table(fit, years, levels, names)


def backtest(
    frame: pd.DataFrame,
    *,
    origins: int | Iterable[int] | None = None,
    horizons: int | Iterable[int] = (1,),
    max_score: Mapping[str, float] | float | None = None,
    events: int | Iterable[int] = (),
    covariates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Forecast a yearly table again from earlier years' ends, and set the results beside them.

    Parameters
    ----------
    frame, max_score, events
        See `predict`.
    origins : int or iterable of int, optional
        Years from whose end to forecast; the last eight that leave three years before them, if left out.
    horizons : int or iterable of int
        Years ahead.
    covariates : DataFrame, optional
        See `predict`; an origin's forecasts know the figures up to their own target year.  A figure that
        comes out later stands in the year in which it can be used.

    Returns
    -------
    DataFrame
        model, origin, target_year, horizon, area, component, quantile_level, predicted, observed, scale.
        `forecast.model.rolling.summary` makes of it errors, CRPS, coverage and skill of each model.

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
    ahead = _some("horizons", horizons)
    panel, remarks = _read(frame, max_score, events)
    farthest = max(len(panel.years) - 1, 1)
    for horizon in ahead:
        if not 1 <= horizon <= farthest:
            facts = {"name": "horizons", "found": horizon, "low": 1, "high": farthest}
            raise SpecError("spec.out_of_range", facts)
    origin_years = None if origins is None else _some("origins", origins)
    origins_used = rolling.origins_of(panel, origin_years, name="origins")
    figures, covariate_remarks = _covariates(covariates, panel, panel.origin)
    _warn([*remarks, *covariate_remarks])
    models = [Ensemble(reach=ahead[-1], covariates=figures)]
    return rolling.backtest(panel, models, origins=origins_used, horizons=ahead)


def effects(
    frame: pd.DataFrame,
    covariates: pd.DataFrame,
    *,
    max_score: Mapping[str, float] | float | None = None,
    events: int | Iterable[int] = (),
) -> pd.DataFrame:
    """Tell what covariates do to scores, as the forecasts of `predict` take it.

    Parameters
    ----------
    frame, covariates, max_score, events
        See `predict`.

    Returns
    -------
    DataFrame
        covariate, component, effect (points of the component for one unit of the covariate),
        standard_error, chance (that it is something at all) and area_years (figures it rests on); the
        surest first.

    Raises
    ------
    DataError, SpecError
        See `predict`.

    Examples
    --------
    >>> rows = [(a, y, (3 * y + 5 * a + a * y) % 7) for a in range(9) for y in range(2010, 2020)]
    >>> rain = pd.DataFrame(rows, columns=["area", "year", "rain"])
    >>> scores = rain.assign(component="D", score=50 + 2 * rain["rain"] + rain["area"] % 4 + rain["year"] % 3)
    >>> with warnings.catch_warnings(action="ignore"):
    ...     told = effects(scores.drop(columns="rain"), rain)
    >>> told.columns.tolist()
    ['covariate', 'component', 'effect', 'standard_error', 'chance', 'area_years']
    >>> bool(abs(told["effect"].iloc[0] - 2) < 2 * told["standard_error"].iloc[0])
    True
    """
    panel, remarks = _read(frame, max_score, events)
    figures, covariate_remarks = _covariates(covariates, panel, panel.origin)
    fit = Ensemble(models=(LastValue(),), covariates=figures).fit(panel)
    _warn([*remarks, *covariate_remarks, *covariate_tables.unusable(fit)])
    return covariate_tables.effects_table(fit)


def _covariates(
    frame: pd.DataFrame | None, panel: Panel, last_year: int
) -> tuple[Covariates | None, list[Phrase]]:
    if frame is None:
        return None, []
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"covariates must be a pandas DataFrame, got {type(frame).__name__}")
    return covariate_tables.covariates_of(foreign.read_covariates_frame(frame), panel, last_year)


def _read(
    frame: pd.DataFrame, max_score: Mapping[str, float] | float | None, events: int | Iterable[int]
) -> tuple[Panel, list[Phrase]]:
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"the table must be a pandas DataFrame, got {type(frame).__name__}")
    breaks = _whole("events", events)
    table = foreign.read_frame(frame)
    panel, remarks = doubts.panel_of(table, upper=max_score, breaks=breaks, file="frame")
    if isinstance(max_score, Mapping):  # a misspelt name would leave its component without a maximum
        for name in max_score:
            if name not in panel.components:
                refuse_unknown("max_score", name, panel.components)
    return panel, remarks


def _some(name: str, value: int | Iterable[int]) -> list[int]:
    """Whole numbers, at least one, each once and rising."""
    numbers = sorted(set(_whole(name, value)))
    if not numbers:
        raise SpecError("spec.empty", {"name": name})
    return numbers


def _whole(name: str, value: int | Iterable[int]) -> list[int]:
    """One or several whole numbers as a list; what is none is refused under the parameter's name."""
    items = value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
    numbers = [items] if isinstance(items, str) or not isinstance(items, Iterable) else list(items)
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, Real) or not float(number).is_integer():
            raise SpecError("spec.not_whole", {"name": name, "found": repr(number)})
        if abs(float(number)) > YEAR_RANGE[1]:
            low, high = YEAR_RANGE
            raise SpecError("spec.out_of_range", {"name": name, "found": number, "low": low, "high": high})
    return [int(number) for number in numbers]


def _warn(remarks: Sequence[Phrase]) -> None:
    for phrase in remarks:
        warnings.warn(phrase.text("en"), ForecastWarning, stacklevel=3)
