"""Current indicators: what this year's figures say beyond what the forecast knows.

An indicator's surprise is its value against the same months of earlier years.  What a surprise is
worth is learnt from past surprises beside past errors of the main model, both as they were known on
the same day of their year.  Few years show little; then the tables say so and nothing is moved.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from forecast.errors import TooFewYearsError
from forecast.findings import phrase, quantile_rows
from forecast.framework import TOTAL, Framework
from forecast.load import Known
from forecast.models.news import FEWEST_YEARS, learn_news
from forecast.spec import RunSpec, same_day

Floats = NDArray[np.float64]

COLUMNS: Final = (
    *("indicator", "code", "component", "period", "value", "usual", "unit", "surprise"),
    *("weight", "effect", "lower", "upper", "years", "reason"),
)
REGRESSION: Final = "indicator_regression"
MIN_EARLIER: Final = 2  # earlier years with the same months, for a usual value


@dataclass(frozen=True, slots=True)
class Surprise:
    """One indicator's figure of one year, and its mean in the same months of earlier years."""

    value: float
    usual: float
    period: str

    @property
    def size(self) -> float:
        """Surprise in the indicator's unit."""
        return self.value - self.usual


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """One indicator: its latest row, this year's surprise, and past surprises beside past errors."""

    latest: pd.Series[Any]
    now: Surprise | None
    past: dict[int, float]


def no_news() -> pd.DataFrame:
    """A table of news without rows."""
    return pd.DataFrame(columns=list(COLUMNS))


def indicator_news(learnt: Sequence[Lesson], errors: dict[int, float]) -> pd.DataFrame:
    """Set out every indicator of the area that has a figure of the target year.

    Parameters
    ----------
    learnt : sequence of Lesson
    errors : dict of year to float
        Past errors of the main model, from `past_errors`.

    Returns
    -------
    DataFrame
        `COLUMNS`; surprise in the indicator's unit, effect and its 80 percent range in points of the
        total, `years` how many past surprises stand beside past errors, reason a phrase.
    """
    return pd.DataFrame([_news_row(lesson, errors) for lesson in learnt], columns=list(COLUMNS))


def lessons(known: Known, errors: dict[int, float], spec: RunSpec) -> list[Lesson]:
    """Collect the indicators of the area that have a figure of the target year."""
    own = known.indicators[known.indicators["area"] == spec.area]
    found = []
    for _, figures in own.groupby("indicator_code", sort=True):
        of_year = figures[figures["first_day"].dt.year == spec.target_year]
        if of_year.empty:
            continue
        latest = of_year.sort_values(["last_day", "first_day"]).iloc[-1]
        past = {}
        for year in sorted(errors):
            then = surprise(figures, year, same_day(spec.as_of, year - spec.target_year))
            if then is not None:
                past[year] = then.size
        found.append(Lesson(latest, surprise(figures, spec.target_year, spec.as_of), past))
    return found


def surprise(figures: pd.DataFrame, year: int, as_of: dt.date) -> Surprise | None:
    """Compare the latest months of a year with the same months of earlier years, as known on a day.

    Parameters
    ----------
    figures : DataFrame
        One indicator: value, period, first_day, last_day, published_on.

    Returns
    -------
    Surprise or None
        None if the year has no figure that two earlier years have too.
    """
    seen = figures[figures["published_on"] <= pd.Timestamp(as_of)]
    seen = seen[seen["first_day"].dt.year == seen["last_day"].dt.year]
    of_year = seen[seen["first_day"].dt.year == year].sort_values(
        ["last_day", "first_day"], ascending=[False, True]
    )
    for _, row in of_year.iterrows():
        same = (seen["first_day"].dt.month == row["first_day"].month) & (
            seen["last_day"].dt.month == row["last_day"].month
        )
        earlier = seen.loc[same & (seen["first_day"].dt.year < year), "value"]
        if len(earlier) >= MIN_EARLIER:
            return Surprise(float(row["value"]), float(earlier.mean()), str(row["period"]))
    return None


def past_errors(backtest: pd.DataFrame, spec: RunSpec, model: str) -> dict[int, float]:
    """Error (observed less median, points) of a model on the area's total, by year."""
    rows = backtest[
        (backtest["model"] == model)
        & (backtest["index_code"] == spec.index_code)
        & (backtest["area"] == spec.area)
        & (backtest["component"] == TOTAL)
        & (backtest["output_type_id"] == "0.5")
    ]
    gaps = rows["observed"] - rows["value"]
    return {int(year): float(gap) for year, gap in zip(rows["target_year"], gaps, strict=True)}


def regression(
    learnt: Sequence[Lesson], errors: dict[int, float], median: float, spec: RunSpec, framework: Framework
) -> pd.DataFrame:
    """Forecast the total by a regression of past errors on all past surprises (ridge, Bayesian).

    Surprises are put on their own scale; one that is missing in a year counts as none.  The ridge
    penalty and the noise are estimated together (MacKay 1992, as in scikit-learn's BayesianRidge).

    Parameters
    ----------
    median : float
        The main model's median of the total, which the predicted error is added to.

    Returns
    -------
    DataFrame
        FORECAST rows of the model.

    Raises
    ------
    TooFewYearsError
        If fewer than four past years have both a surprise and an error.
    """
    from sklearn.linear_model import BayesianRidge  # takes long to load

    usable = [lesson for lesson in learnt if lesson.now is not None and lesson.past]
    years = sorted({year for lesson in usable for year in lesson.past})
    if len(years) < FEWEST_YEARS:
        raise TooFewYearsError.of(REGRESSION, FEWEST_YEARS, len(years))
    past = np.array([[lesson.past.get(year, 0.0) for lesson in usable] for year in years])
    now = np.array([lesson.now.size for lesson in usable if lesson.now is not None])
    scale = np.sqrt((past**2).mean(axis=0))
    scale = np.where(scale > 0, scale, 1.0)
    fit = BayesianRidge(fit_intercept=False).fit(past / scale, np.array([errors[y] for y in years]))
    mean, sd = fit.predict((now / scale)[None, :], return_std=True)
    tails = stdtrit(len(years) - 1, np.asarray(spec.quantile_levels))
    points = np.clip(median + mean[0] + sd[0] * tails, 0, framework.maximum(TOTAL))
    return quantile_rows(spec, framework, REGRESSION, [(spec.index_code, spec.area, TOTAL)], points[None])


def _news_row(lesson: Lesson, errors: dict[int, float]) -> dict[str, object]:
    facts: dict[str, object] = {
        "indicator": str(lesson.latest["indicator_name_vi"]),
        "code": str(lesson.latest["indicator_code"]),
        "component": str(lesson.latest["linked_domain"]),
        "period": str(lesson.latest["period"]),
        "value": float(lesson.latest["value"]),
        "unit": str(lesson.latest["unit"]),
        "years": len(lesson.past),
    }
    if lesson.now is None:
        reason = phrase("news.no_earlier", needed=MIN_EARLIER)
        told = dict.fromkeys(("usual", "surprise", "lower", "upper"), np.nan)
        return facts | told | {"weight": 0.0, "effect": 0.0, "reason": reason}
    years = sorted(lesson.past)
    learnt = learn_news(
        np.array([lesson.past[y] for y in years]), np.array([errors[y] for y in years]), lesson.now.size
    )
    return facts | {
        "period": lesson.now.period,
        "value": lesson.now.value,
        "usual": round(lesson.now.usual, 4),
        "surprise": round(lesson.now.size, 4),
        "weight": round(learnt.weight, 6),
        "effect": round(learnt.effect, 4),
        "lower": round(learnt.lower, 4),
        "upper": round(learnt.upper, 4),
        "reason": phrase(learnt.reason),
    }
