"""Current indicators as news: what a surprise in an indicator says about the error still to come.

For each past origin a surprise is the indicator's figure less what was expected of it, from what had
been published by the same day of that year; the error is what came less what was forecast.  One
coefficient per indicator, pooled over areas and components, drawn to nothing unless the past supports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]

NEWS_COLUMNS: Final = ("indicator", "surprise", "weight", "effect", "lower", "upper", "reason")
FEWEST_YEARS: Final = 4  # past years with both a surprise and errors, before anything is claimed
RANGE_LEVEL: Final = 0.8  # of the effect's range


@dataclass(frozen=True, slots=True)
class News:
    """What one indicator says.

    Attributes
    ----------
    weight : float
        Points of score for one unit of surprise, after shrinkage.
    effect, lower, upper : float
        Weight times the present surprise, and its 80 percent range, in points; the range always
        holds 0 where the past does not support the indicator.
    explained : float
        Share of the squared error that the indicator would have taken away out of sample; the
        variance of the forecast may be cut by it.  0 if it did not help.
    reason : str
        Key of the catalogue: ``news.used``, ``news.few_years`` or ``news.no_support``.
    """

    weight: float
    effect: float
    lower: float
    upper: float
    explained: float
    reason: str


def learn_news(surprises: Floats, errors: Floats, present: float) -> News:
    """Pooled effect of one indicator, shrunk by how well it did in years it had not seen.

    Parameters
    ----------
    surprises : ndarray, shape (Y,)
        Surprise of each past origin, vintage cut already made; NaN if there was none.
    errors : ndarray, shape (Y, ...)
        Errors (observed less forecast) of those origins, points; NaN if unknown.
    present : float
        Surprise of the present year.

    Returns
    -------
    News
        The least squares slope through the origin on yearly mean errors is multiplied by the share of
        squared error that it takes away when each year is left out in turn (0 if none).

    Examples
    --------
    >>> news = learn_news(np.array([1.0, -1.0, 2.0, -2.0]), np.array([1.0, -1.0, 2.0, -2.0]), 1.0)
    >>> round(news.effect, 3), news.reason
    (1.0, 'news.used')
    """
    yearly = _yearly(np.asarray(errors, dtype=float))
    x = np.asarray(surprises, dtype=float)
    known = ~np.isnan(x) & ~np.isnan(yearly)
    x, y = x[known], yearly[known]
    if len(x) < FEWEST_YEARS or not np.isfinite(present):
        return News(0.0, 0.0, 0.0, 0.0, 0.0, "news.few_years")
    square = float(x @ x)
    if square == 0.0:
        return News(0.0, 0.0, 0.0, 0.0, 0.0, "news.no_support")
    slope = float(x @ y) / square
    explained = _explained(x, y)
    weight = slope * explained
    residual = y - slope * x
    freedom = len(x) - 1
    error = float(np.sqrt(residual @ residual / freedom / square))
    reach = float(stdtrit(freedom, (1 + RANGE_LEVEL) / 2)) * error
    # Shrinkage moves the middle towards 0; the range keeps the doubt about how far.
    ends = sorted((weight * present - reach * abs(present), weight * present + reach * abs(present)))
    if explained == 0.0:
        return News(0.0, 0.0, min(ends[0], 0.0), max(ends[1], 0.0), 0.0, "news.no_support")
    return News(weight, weight * present, ends[0], ends[1], explained, "news.used")


def _yearly(errors: Floats) -> Floats:
    """Mean error of each year over whatever else there is, shape (Y,)."""
    flat = errors.reshape(len(errors), int(np.prod(errors.shape[1:])))
    known = (~np.isnan(flat)).sum(axis=1)
    return np.where(known > 0, np.nansum(flat, axis=1) / np.maximum(known, 1), np.nan)


def _explained(x: Floats, y: Floats) -> float:
    """Share of squared error taken away when each year's slope is learnt from the others; at least 0."""
    square, cross = float(x @ x), float(x @ y)
    left = square - x**2
    slopes = np.where(left > 0, (cross - x * y) / np.where(left > 0, left, 1.0), 0.0)
    without = float(y @ y)
    if without == 0.0:
        return 0.0
    return max(0.0, 1 - float(((y - slopes * x) ** 2).sum()) / without)


def news_table(
    surprises: Mapping[str, Floats], errors: Mapping[str, Floats], present: Mapping[str, float]
) -> pd.DataFrame:
    """Table of all indicators, one row each, with `NEWS_COLUMNS`; the strongest effects first.

    Parameters
    ----------
    surprises, errors : mapping
        By indicator: past surprises (Y,) and the errors (Y, ...) that they might explain.
    present : mapping
        By indicator: this year's surprise; NaN if it is not out yet.
    """
    rows = []
    for name in sorted(surprises):
        now = float(present.get(name, np.nan))
        news = learn_news(surprises[name], errors[name], now)
        rows.append((name, now, news.weight, news.effect, news.lower, news.upper, news.reason))
    table = pd.DataFrame(rows, columns=list(NEWS_COLUMNS))
    order = np.argsort(-table["effect"].abs().to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)
