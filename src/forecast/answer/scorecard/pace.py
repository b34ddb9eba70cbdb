"""Project an indicator from its figure so far to the end of the year, at its own seasonal pace.

In each past year the figure of the same months stands beside the figure of the whole year; what lay
between them is what is still to come this year.  The step is taken on the scale on which such steps
are alike: logit for shares that never passed 100 percent, log for other positive figures, else plain.
Few past years tell little of the spread, so it is drawn to a prior (a scaled inverse chi-squared with
`PRIOR_YEARS` degrees of freedom), which shrinks with what is left of the year; the predictive is
Student's t (Gelman et al. 2013, section 3.2).  Small counts are counted instead: what is still to come is
Poisson with a gamma rate learnt from past years (Jeffreys' prior), wider where years differ by more, so
that five years without a case are no promise.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from forecast.answer.findings import phrase
from forecast.base.arrays import Floats

PRIOR_YEARS: Final = 2.0
PRIOR_SD: Final = {"logit": 0.5, "log": 0.2, "plain": 0.2}  # over a whole year; plain: of the usual size
MIN_ENDS: Final = 2  # year-end figures from which alone this year's may be told
FARTHEST: Final = 2  # months between two figures of a past year that a straight line may bridge
EDGE: Final = 1e-4
NEAR: Final = 5e-4  # a share nearer than that to 0 or 100 percent is there, as one decimal would be written
FEW: Final = 10  # cases still to come in a year up to which they are counted one by one
MONTHS: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """An indicator's value at the end of the target year."""

    # indicator, name, unit, name_en: code, Vietnamese name, unit and English name of the indicator
    indicator: str
    name: str
    unit: str
    # period, value: the latest figure of the target year that counts from January; ``""`` and NaN if none
    period: str
    value: float
    draws: Floats  # (n,): draws of the value at the end of the year; empty where nothing can be said
    pairs: int  # past years that the pace was learnt from
    # pace, count, past_ends (this year's figures say nothing), final (the year's own is out), none
    method: str
    reason: str  # a phrase: what it rests on, or why there is none
    name_en: str = ""


def project(figures: pd.DataFrame, target_year: int, size: int, rng: np.random.Generator) -> Projection:
    """Project one indicator of one area to the end of the year, in `size` draws.

    Figures are one row a period as known on the day: indicator_code, indicator_name_vi, value, unit, period,
    first_day, last_day.
    """
    first = figures.iloc[0]
    names = (str(first["indicator_code"]), str(first["indicator_name_vi"]), str(first["unit"]))
    years = _years(figures)
    now = years.get(target_year, {})
    ends = {year: run[MONTHS] for year, run in years.items() if MONTHS in run and year < target_year}
    if MONTHS in now:
        reason = phrase("pace.final", year=target_year)
        return Projection(
            *names, str(target_year), now[MONTHS], np.full(size, now[MONTHS]), 0, "final", reason
        )
    month = max(now, default=0)
    value = now.get(month, np.nan)
    period = _period(figures, target_year, month) if month else ""
    pairs = {
        year: (then, end)
        for year, end in ends.items()
        if month and not np.isnan(then := _at(years[year], month))
    }
    remainders = np.array([end - then for then, end in pairs.values()])
    if pairs and names[2] != "%" and _few([value, *remainders], remainders):
        drawn = value + _still_to_come(remainders, size, rng)
        return Projection(
            *names, period, value, drawn, len(pairs), "count", phrase("pace.learnt", years=sorted(pairs))
        )
    scale = _scale([value, *ends.values(), *(then for then, _ in pairs.values())], names[2])
    if pairs:
        steps = np.array([scale.forward(end) - scale.forward(then) for then, end in pairs.values()])
        year_left = (MONTHS - month) / MONTHS
        projected = scale.forward(value) + _predictive(steps, scale.prior * np.sqrt(year_left), size, rng)
        reason = phrase("pace.learnt", years=sorted(pairs))
        return Projection(*names, period, value, scale.inverse(projected), len(pairs), "pace", reason)
    if len(ends) >= MIN_ENDS:
        whole_years = np.array(list(ends.values()))
        if names[2] != "%" and _few(whole_years, whole_years):
            drawn = _still_to_come(whole_years, size, rng)
        else:
            ends_on_scale = np.array([scale.forward(end) for end in whole_years])
            drawn = scale.inverse(_predictive(ends_on_scale, scale.prior, size, rng))
        reason = phrase("pace.past_ends", years=sorted(ends))
        return Projection(*names, period, value, drawn, 0, "past_ends", reason)
    reason = phrase("pace.none" if month else "pace.no_figure", needed=MIN_ENDS)
    return Projection(*names, period, value, np.empty(0), 0, "none", reason)


@dataclass(frozen=True, slots=True)
class _Scale:
    name: str
    forward: Callable[[float], float]
    inverse: Callable[[Floats], Floats]
    prior: float


def _scale(values: list[float], unit: str) -> _Scale:
    """Choose the scale on which the figures' steps are alike."""
    known = np.array([v for v in values if not np.isnan(v)])
    if unit == "%" and len(known) and known.min() >= 0 and known.max() <= 100:
        return _Scale(
            "logit",
            lambda v: float(
                np.log(np.clip(v / 100, EDGE, 1 - EDGE) / (1 - np.clip(v / 100, EDGE, 1 - EDGE)))
            ),
            lambda x: 100 * _to_the_end(1 / (1 + np.exp(-np.clip(x, -50, 50)))),
            PRIOR_SD["logit"],
        )
    if len(known) and known.min() > 0:
        return _Scale(
            "log", lambda v: float(np.log(v)), lambda x: np.exp(np.clip(x, -50, 50)), PRIOR_SD["log"]
        )
    size = float(np.abs(known).mean()) if len(known) else 1.0
    return _Scale("plain", float, lambda x: x, PRIOR_SD["plain"] * (size or 1.0))


def _to_the_end(share: Floats) -> Floats:
    """Let shares next to 0 or 1 be 0 or 1: what all past years reached must be within reach."""
    return np.where(share < NEAR, 0.0, np.where(share > 1 - NEAR, 1.0, share))


def _predictive(steps: Floats, prior: float, size: int, rng: np.random.Generator) -> Floats:
    """Draw the next of a few normal steps whose variance is drawn to ``prior ** 2``."""
    n = len(steps)
    freedom = PRIOR_YEARS + n - 1
    spread = PRIOR_YEARS * prior**2 + float(((steps - steps.mean()) ** 2).sum())
    scale = np.sqrt(spread / freedom * (1 + 1 / n))
    return np.asarray(steps.mean() + scale * rng.standard_t(freedom, size))


def _few(values: Iterable[float], remainders: Floats) -> bool:
    """Whether figures are whole and what came in a year, or in its rest, is few enough to be counted."""
    return (
        all(float(value).is_integer() for value in values)
        and remainders.min() >= 0
        and remainders.max() <= FEW
    )


def _still_to_come(remainders: Floats, size: int, rng: np.random.Generator) -> Floats:
    """Draw the cases of the rest of a year from those of past years' rests."""
    n = len(remainders)
    wider = max(1.0, float(remainders.var(ddof=1)) / max(float(remainders.mean()), 0.5)) if n > 1 else 1.0
    rate = rng.gamma(0.5 + remainders.sum() / wider, wider / n, size)
    return np.asarray(np.round(wider * rng.poisson(rate / wider)))


def _years(figures: pd.DataFrame) -> dict[int, dict[int, float]]:
    """Figures that count from January, by year and last month."""
    first, last = figures["first_day"], figures["last_day"]
    from_january = (first.dt.month == 1) & (first.dt.day == 1) & (first.dt.year == last.dt.year)
    runs: dict[int, dict[int, float]] = {}
    rows = figures[from_january]
    for year, month, value in zip(
        rows["last_day"].dt.year, rows["last_day"].dt.month, rows["value"], strict=True
    ):
        runs.setdefault(int(year), {})[int(month)] = float(value)
    return runs


def _at(run: dict[int, float], month: int) -> float:
    """Figure at a month of a past year, on a straight line between two near ones; NaN if there are none."""
    if month in run:
        return run[month]
    before, after = (
        max((m for m in run if m < month), default=0),
        min((m for m in run if m > month), default=0),
    )
    if not before or not after or after - before > FARTHEST:
        return np.nan
    return float(np.interp(month, (before, after), (run[before], run[after])))


def _period(figures: pd.DataFrame, year: int, month: int) -> str:
    """The period that the figure of a month has itself: one up to the 11th is not one of the whole month."""
    last = figures["last_day"]
    inside = (last.dt.year == year) & (last.dt.month == month) & (figures["first_day"].dt.month == 1)
    return str(figures.loc[inside, "period"].iloc[-1])


def of_area(indicators: pd.DataFrame, code: str, area: str) -> pd.DataFrame:
    """Figures of one indicator and area, by last day."""
    own = (indicators["indicator_code"] == code) & (indicators["area"] == area)
    return indicators[own].sort_values(["last_day", "first_day"])


def year_end(year: int) -> dt.date:
    """The last day on which a year's points can be won where no other is set."""
    return dt.date(year, MONTHS, 31)
