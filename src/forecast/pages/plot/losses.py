"""Draw where points are lost, and write the names of rows beside bars and ranges."""

from __future__ import annotations

import textwrap
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.arrays import Floats
from forecast.pages import reading
from forecast.pages.markup import Elements, Figure
from forecast.pages.plot.canvas import BLACK, BLUE, VERMILION, Look, Sheet, cached, figure
from forecast.pages.tables.scorecard import lost_figures

MOST: Final = 10
WIDE_NAME, NARROW_NAME = 40, 33  # letters that find room
# A white edge parts the pieces of a bar; hatching tells them apart on black and white paper.
PIECES: Final[dict[str, Look]] = {
    "expected": {"facecolor": BLUE, "edgecolor": "white", "linewidth": 1.0},
    "winnable": {"facecolor": "white", "edgecolor": VERMILION, "linewidth": 1.0, "hatch": "//////"},
    "gone": {"facecolor": "white", "edgecolor": BLACK, "linewidth": 1.0},
}


def lost(result: Result, by: Literal["domain", "criterion"] = "domain", *, lang: str) -> Figure | Elements:
    """Draw what each domain, or each of the criteria that lose most, is expected to give and to lose.

    Without criteria the domains stand in for them; without a scorecard there is no picture.
    """
    return _lost(result, by if reading.has_criteria(result) else "domain", lang)


@cached
def _lost(result: Result, kind: Literal["domain", "criterion"], lang: str) -> Figure | Elements:
    rows = reading.largest_losses(result, kind, MOST)
    if rows.empty:
        return Elements(())
    names = [reading.component_name(record, lang) for _, record in rows.iterrows()]
    marked = [_starred(name, record) for name, (_, record) in zip(names, rows.iterrows(), strict=True)]
    plural = "domains" if kind == "domain" else "criteria"

    def drawing(sheet: Sheet) -> Canvas:
        canvas, axes = sheet.axes(height=1.2 + 0.3 * len(rows), narrow_height=1.5 + 0.5 * len(rows))
        _bars(axes, rows, marked, sheet)
        handles = [
            Patch(**look, label=labels.text(f"lost.key_{piece}", lang)) for piece, look in PIECES.items()
        ]
        sheet.key(axes, handles, columns=3, narrow_columns=1)
        return canvas

    alt = _finding(rows, names, lang)
    return figure(
        drawing,
        name=f"lost-{kind}",
        alt=alt,
        lang=lang,
        caption=labels.text(f"lost.{plural}_figure", lang, year=result.spec.target_year),
        notes=reading.star_note(rows["max_status"], lang),
        table=lost_figures(result, rows, kind, lang),
    )


def _starred(name: str, record: pd.Series[Any]) -> str:
    """Put a star to the code in a row's name, where nothing is cut off, if its maximum was not read."""
    code = str(record["component"])
    return name.replace(code, f"{code}*", 1) if reading.doubtful(record["max_status"]) else name


def _finding(rows: pd.DataFrame, names: list[str], lang: str) -> str:
    short = [reading.short(name, 2 * WIDE_NAME) for name in names[:2]]
    figures = rows[["lost", "winnable"]].head(2).map(lambda value: labels.number(value, 2, lang))
    facts = {"first": short[0], **figures.iloc[0]}
    if len(short) == 1:
        return labels.text("lost.alt_one", lang, **facts)
    return labels.text("lost.alt", lang, **facts, second=short[1], second_lost=figures["lost"].iloc[1])


def _bars(axes: Axes, rows: pd.DataFrame, names: list[str], sheet: Sheet) -> None:
    places = np.arange(len(rows), 0, -1, dtype=float)
    thick = 0.34 if sheet.narrow else 0.62
    expected = rows["expected"].to_numpy(dtype=float)
    open_to = expected + rows["winnable"].fillna(0.0).to_numpy(dtype=float)
    ends = (np.zeros(len(rows)), expected, open_to, rows["max_score"].to_numpy(dtype=float))
    for look, begin, end in zip(PIECES.values(), ends, ends[1:], strict=False):
        part = end - begin > 1e-9
        axes.barh(places[part], (end - begin)[part], left=begin[part], height=thick, clip_on=False, **look)
    for place, name, (_, record) in zip(places, names, rows.iterrows(), strict=True):
        size = {key: labels.number(record[key], 2, sheet.lang) for key in ("lost", "winnable")}
        write_beside(axes, name, labels.text("lost.beside", sheet.lang, **size), place, sheet)
    axes.set_xlim(0, float(rows["max_score"].max()))
    below, beside = (labels.text(f"lost.{name}", sheet.lang) for name in ("axis", "beside_head"))
    name_rows(axes, names, places, sheet, below=below, beside=beside)


def write_beside(axes: Axes, name: str, words: str, place: float, sheet: Sheet) -> None:
    """Write words beside a row; on a phone above it, with the row's name."""
    coords = ("axes fraction", "data")
    if sheet.narrow:
        cut = reading.short(name, NARROW_NAME)
        axes.annotate(cut, (0, place + 0.22), xycoords=coords, va="bottom", fontsize=9, parse_math=False)
        axes.annotate(words, (0.995, place + 0.22), xycoords=coords, ha="right", va="bottom", fontsize=9)
    else:
        axes.annotate(words, (1.02, place), xycoords=coords, va="center")


def name_rows(axes: Axes, names: list[str], places: Floats, sheet: Sheet, *, below: str, beside: str) -> None:
    """Write the names of rows at their left, in one line or two, and of what stands below and beside them."""
    texts = [two_lines(name) for name in names]
    axes.set_yticks([] if sheet.narrow else places, [] if sheet.narrow else texts, parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(0.4, len(names) + (0.95 if sheet.narrow else 0.6))
    axes.set_xlabel(below)
    axes.locator_params(axis="x", nbins=6)
    sheet.write_ticks(axes.xaxis)
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    if not sheet.narrow:
        head_beside(axes, beside)


def two_lines(name: str) -> str:
    r"""Break a name that finds no room in one line; what finds none in two is cut.

    >>> two_lines("Giải ngân vốn đầu tư công đạt 95 phần trăm trong năm")
    'Giải ngân vốn đầu tư công đạt 95 phần\ntrăm trong năm'
    """
    lines = textwrap.wrap(name, WIDE_NAME) or [""]
    return "\n".join([lines[0], reading.short(" ".join(lines[1:]), WIDE_NAME)]) if lines[1:] else lines[0]


def head_beside(axes: Axes, text: str) -> None:
    """Write what stands beside the rows, above them."""
    axes.annotate(
        text,
        (1.02, 1),
        xytext=(0, 2),
        xycoords="axes fraction",
        textcoords="offset points",
        va="bottom",
        fontsize=8.5,
    )
