"""Draw a component's years so far and its forecast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.spec import interval_ends
from forecast.pages import reading
from forecast.pages.markup import Figure
from forecast.pages.plot.canvas import (
    BLACK,
    BLUE,
    GREY,
    MEDIAN,
    RANGE_WIDTHS,
    VERMILION,
    Look,
    Sheet,
    figure,
    range_keys,
)
from forecast.pages.plot.known import STATES
from forecast.pages.tables import forecast as tables

PUBLISHED: Final[Look] = {"color": BLACK, "marker": "o", "markersize": 5}
DERIVED: Final[Look] = {**STATES["derived"], "markersize": 6, "linestyle": ""}
MEAN: Final[Look] = {"color": GREY, "marker": "s", "markersize": 4.5}
_DIAMOND: Final[Look] = {"marker": "D", "markersize": 5, "markerfacecolor": "white", "linestyle": ""}
ESTIMATED: Final[Look] = _DIAMOND | {"color": VERMILION}


def history(result: Result, component: str = reading.TOTAL, *, lang: str) -> Figure:
    """Draw a component's years and its forecast, percent of the maximum, so that versions compare."""
    past, means = reading.shares(result, component), reading.national_means(result, component)
    alt = _finding(result, component, past, lang)
    doubt = reading.maximum_note(reading.line(result, component), lang)

    def drawing(sheet: Sheet) -> Canvas:
        canvas, axes = sheet.axes(height=3.3, narrow_height=3.5)
        unpublished = past.loc[past["kind"] != "published"]
        axes.vlines(
            unpublished["year"], unpublished["lower"], unpublished["upper"], color=VERMILION, linewidth=1.3
        )
        estimated, derived = (past.loc[past["kind"] == kind] for kind in ("estimated", "derived"))
        axes.plot(estimated["year"], estimated["median"], **ESTIMATED)
        axes.plot(means["year"], means["share"], **MEAN, linestyle="")
        published = past.loc[past["known"].astype(bool)]
        axes.plot(published["year"], published["median"], **PUBLISHED, linestyle="")
        axes.plot(derived["year"], derived["median"], **DERIVED)
        _forecast(axes, result, component, sheet)
        _frame(axes, result.spec.target_year, [*past["year"], *means["year"]], sheet)
        sheet.key(axes, _key(past, len(means), lang), columns=3)
        return canvas

    name = reading.short_name(component, lang)
    return figure(
        drawing,
        name=f"history {component}",
        alt=alt,
        lang=lang,
        caption=labels.text("history.caption", lang, component=name, year=result.spec.target_year),
        notes=(labels.text("domains.figure_note", lang), *doubt),
        table=tables.history(result, component, lang),
    )


def _finding(result: Result, component: str, past: pd.DataFrame, lang: str) -> str:
    facts = {"year": result.spec.target_year, "component": reading.short_name(component, lang)}
    for name, level in (("lower", 0.1), ("median", 0.5), ("upper", 0.9)):
        facts[name] = labels.number(reading.share_quantile(result, component, level), 1, lang)
    published = past.loc[past["known"].astype(bool)]
    if published.empty:
        return labels.text("history.alt_none", lang, **facts)
    first, last = published.iloc[0], published.iloc[-1]
    return labels.text(
        "history.alt",
        lang,
        first_year=int(first["year"]),
        last_year=int(last["year"]),
        first=reading.points(first["median"], lang, published=True),
        last=reading.points(last["median"], lang, published=True),
        **facts,
    )


def _forecast(axes: Axes, result: Result, component: str, sheet: Sheet) -> None:
    year, median = result.spec.target_year, reading.share_quantile(result, component, 0.5)
    for level, width in RANGE_WIDTHS.items():
        low, high = (reading.share_quantile(result, component, end) for end in interval_ends(level))
        axes.vlines(year, low, high, color=BLUE, linewidth=width)
    axes.plot(year, median, **MEDIAN)
    text = labels.number(median, 1, sheet.lang)
    axes.annotate(text, (year, median), xytext=(9, 0), textcoords="offset points", va="center", weight="bold")


def _frame(axes: Axes, target_year: int, years: Sequence[int], sheet: Sheet) -> None:
    first = min([*years, target_year - 4])
    step = 1 if target_year - first < 7 else 4 if sheet.narrow else 2
    axes.set_xticks(range(target_year, first - 1, -step))
    axes.set_xlim(
        first - 0.6, target_year + (1.9 if sheet.narrow else 1.0) * max(1, (target_year - first) / 9)
    )
    axes.margins(y=0.1)
    sheet.write_ticks(axes.yaxis)
    sheet.name_unit(axes, labels.text("domains.axis", sheet.lang))
    axes.grid(axis="y")


def _key(past: pd.DataFrame, means: int, lang: str) -> list[Line2D]:
    count = past["kind"].value_counts()
    looks = (
        (count.get("published", 0), PUBLISHED, "key.published"),
        (count.get("derived", 0), DERIVED, "grid.derived"),
        (count.get("estimated", 0), ESTIMATED, "key.estimated"),
        (means, MEAN, "key.mean"),
    )
    handles = [
        Line2D([], [], **{"linestyle": "", **look}, label=labels.text(name, lang))
        for count, look, name in looks
        if count
    ]
    return [*handles, *range_keys(lang)]
