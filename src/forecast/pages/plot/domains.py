"""Draw the domains: last year, forecast and ranges of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Figure
from forecast.pages.plot.canvas import (
    BLACK,
    BLUE,
    MEDIAN,
    RANGE_WIDTHS,
    VERMILION,
    Look,
    Sheet,
    figure,
    range_keys,
)
from forecast.pages.plot.history import history
from forecast.pages.plot.losses import head_beside
from forecast.pages.tables import forecast as tables

BEFORE: Final[Look] = {"marker": "D", "markersize": 5.5, "color": VERMILION, "linestyle": ""}

USUAL: Final = 8  # domains; a picture of more is higher


def domains(result: Result, *, lang: str) -> Figure:
    """Draw each domain's last year, forecast and ranges on one scale, percent of its maximum.

    An index without domains shows its years instead.
    """
    table = reading.domains(result)
    if table.empty:
        return history(result, lang=lang)
    names = [reading.short_name(str(component), lang) for component in table["component"]]

    def drawing(sheet: Sheet) -> Canvas:
        more = max(0, len(table) - USUAL)
        canvas, axes = sheet.axes(height=3.05 + 0.25 * more, narrow_height=6.6 + 0.65 * more)
        _rows(axes, result, table, names, sheet)
        sheet.key(axes, _key(table, result.spec.target_year, lang), columns=3)
        return canvas

    return figure(
        drawing,
        name="domains",
        alt=_finding(table, names, lang),
        lang=lang,
        caption=labels.text("domains.figure_caption", lang, year=result.spec.target_year),
        notes=reading.star_note(table["max_status"], lang),
        table=tables.domain_figures(result, lang),
    )


def _finding(table: pd.DataFrame, names: Sequence[str], lang: str) -> str:
    share = (100 * table["median"] / table["max_score"]).to_numpy()
    width = ((table["upper"] - table["lower"]) / table["max_score"]).to_numpy()
    return labels.text(
        "domains.figure_alt",
        lang,
        weakest=names[int(share.argmin())],
        low=labels.number(share.min(), 0, lang),
        strongest=names[int(share.argmax())],
        high=labels.number(share.max(), 0, lang),
        widest=names[int(width.argmax())],
    )


def _rows(axes: Axes, result: Result, table: pd.DataFrame, names: Sequence[str], sheet: Sheet) -> None:
    places = np.arange(len(table), 0, -1, dtype=float)
    scale = 100 / table["max_score"].to_numpy(dtype=float)
    up, down = (0.0, 0.26) if sheet.narrow else (0.12, 0.32)  # forecast and last year share a row
    before = table["last_median"].to_numpy(dtype=float) * scale
    lowest = min(100.0, float(np.fmin.reduce(before)))  # a year before that is not known counts for nothing
    components = [str(component) for component in table["component"]]
    for level, width in RANGE_WIDTHS.items():
        ends = np.array([reading.interval(result, component, level) for component in components])
        low, high = ends.T * scale
        axes.hlines(places + up, low, high, color=BLUE, linewidth=width)
        lowest = min(lowest, low.min())
    published = table["last_known"].to_numpy(dtype=bool)
    for these, face in ((published, VERMILION), (~published, "white")):
        axes.plot(before[these], places[these] - down, **BEFORE, markerfacecolor=face)
    axes.plot(table["median"].to_numpy(dtype=float) * scale, places + up, **MEDIAN)
    for place, name, (_, record) in zip(places, names, table.iterrows(), strict=True):
        _words(axes, record, place, name, sheet)
    axes.set_yticks([] if sheet.narrow else places, [] if sheet.narrow else names)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(math.floor(max(0.0, lowest - 2) / 10) * 10, 100)
    axes.set_ylim(0.35, len(table) + (0.95 if sheet.narrow else 0.5))
    axes.axvline(100, color=BLACK, linewidth=0.8)
    axes.set_xlabel(labels.text("domains.axis", sheet.lang))
    sheet.write_ticks(axes.xaxis)
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    if not sheet.narrow:
        head_beside(axes, labels.text("domains.points_head", sheet.lang))


def _words(axes: Axes, record: pd.Series[Any], place: float, name: str, sheet: Sheet) -> None:
    """Write forecast and maximum beside a row; on a phone the row's name too, above it."""
    text = labels.text(
        "domains.points_of",
        sheet.lang,
        median=reading.points(record["median"], sheet.lang),
        maximum=reading.starred_maximum(record, sheet.lang),
    )
    coords = ("axes fraction", "data")
    if sheet.narrow:
        axes.annotate(name, (0, place + 0.34), xycoords=coords, va="bottom")
        axes.annotate(text, (0.99, place + 0.34), xycoords=coords, ha="right", va="bottom")
    else:
        axes.annotate(text, (1.02, place), xycoords=coords, va="center")


def _key(table: pd.DataFrame, year: int, lang: str) -> list[Line2D]:
    last_year = int(table["last_year"].max())
    handles = [Line2D([], [], **MEDIAN, label=labels.text("key.median", lang, year=year))]
    if table["last_known"].any():
        text = labels.text("key.last_known", lang, year=last_year)
        handles.append(Line2D([], [], **BEFORE, label=text))
    if not table["last_known"].all():
        text = labels.text("key.last_estimated", lang, year=last_year)
        handles.append(Line2D([], [], **BEFORE, markerfacecolor="white", label=text))
    return [*handles, *range_keys(lang)]
