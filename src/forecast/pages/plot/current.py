"""Draw the largest effects of the year's indicators, as ranges around zero."""

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Elements, Figure, Table
from forecast.pages.plot.canvas import BLACK, BLUE, MEDIAN, RANGE_WIDTHS, VERMILION, Look, Sheet, figure
from forecast.pages.plot.losses import WIDE_NAME, name_rows, write_beside
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import TableSpec, draw_table

MOST: Final = 8
ROOM: Final = 0.05  # of the width, beyond the widest range
WORDS: Final = 0.2  # on a phone, where the effect is written within the axes
NOTHING: Look = {"color": BLACK, "linewidth": 0.8}
# An expert's range has another mark and a thinner line, so that it is told apart in black and white.
LEARNT: Final[Look] = {"color": BLUE, "linewidth": RANGE_WIDTHS[80]}
STATED: Final[Look] = {"color": VERMILION, "linewidth": RANGE_WIDTHS[80] / 2}
STATED_MARK: Final[Look] = {**MEDIAN, "marker": "D", "markersize": 6.5}


def current(result: Result, *, lang: str) -> Figure | Elements:
    """Draw the points that the year's indicators move, the largest first; no picture where none moves any."""
    rows = reading.moving_indicators(result).head(MOST)
    if rows.empty:
        return Elements(())
    names = [
        f"{record['component']}: {reading.own_words(record[f'name_{lang}'])}" for _, record in rows.iterrows()
    ]

    def drawing(sheet: Sheet) -> Canvas:
        canvas, axes = sheet.axes(height=1.25 + 0.36 * len(rows), narrow_height=1.65 + 0.55 * len(rows))
        _ranges(axes, rows, names, sheet)
        sheet.key(axes, _key(rows, lang), columns=3, narrow_columns=1)
        return canvas

    caption = labels.text("current.figure", lang, year=result.spec.target_year)
    return figure(
        drawing,
        name="current",
        alt=_finding(rows, lang),
        lang=lang,
        caption=caption,
        notes=(labels.text("current.figure_note", lang),),
        table=_table(rows.assign(name=names), caption, lang),
    )


def _finding(rows: pd.DataFrame, lang: str) -> str:
    first = rows.iloc[0]
    return labels.text(
        "current.alt",
        lang,
        name=reading.short(reading.own_words(first[f"name_{lang}"]), 2 * WIDE_NAME),
        effect=labels.signed(first["effect"], 2, lang),
        span=reading.span(first["lower"], first["upper"], lang, decimals=2),
        count=len(rows),
    )


def _ranges(axes: Axes, rows: pd.DataFrame, names: list[str], sheet: Sheet) -> None:
    places = np.arange(len(rows), 0, -1, dtype=float)
    axes.axvline(0.0, **NOTHING, zorder=1)
    for place, name, (_, record) in zip(places, names, rows.iterrows(), strict=True):
        line, mark = (STATED, STATED_MARK) if record["by"] == "expert" else (LEARNT, MEDIAN)
        axes.hlines([place], [record["lower"]], [record["upper"]], **line)
        axes.plot([record["effect"]], [place], **mark)
        write_beside(axes, name, labels.signed(record["effect"], 2, sheet.lang), place, sheet)
    ends = [0.0, *rows["lower"], *rows["upper"]]
    width = max(ends) - min(ends)
    axes.set_xlim(min(ends) - ROOM * width, max(ends) + (WORDS if sheet.narrow else ROOM) * width)
    below, beside = (labels.text(f"current.{name}", sheet.lang) for name in ("axis", "beside_head"))
    name_rows(axes, names, places, sheet, below=below, beside=beside)


def _key(rows: pd.DataFrame, lang: str) -> list[Line2D]:
    """Name the marks that are drawn."""
    looks = []
    if (rows["by"] != "expert").any():
        looks.append(("current.key_effect", LEARNT | MEDIAN | {"linestyle": "-"}))
    if (rows["by"] == "expert").any():
        looks.append(("current.key_expert", STATED | STATED_MARK | {"linestyle": "-"}))
    return [Line2D([], [], **look, label=labels.text(key, lang)) for key, look in looks]


def _table(rows: pd.DataFrame, caption: str, lang: str) -> Table:
    fields = (
        c.words("name", "head.indicator"),
        c.figure("effect", "current.effect", "change"),
        c.span("range", "head.range", ("lower", "upper"), lang, decimals=2),
    )
    return draw_table(TableSpec(lang, caption, rows, fields))
