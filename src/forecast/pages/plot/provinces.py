"""Draw all provinces: a map of tiles, and the ranking with its ranges."""

from __future__ import annotations

import textwrap
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Figure, environment
from forecast.pages.plot.canvas import BLACK, BLUE, GREY, VERMILION, Sheet, cached, draw
from forecast.pages.plot.tiles import tile_places
from forecast.pages.tables import standing

WIDE, TALL, GAP = 62, 36, 2  # a tile
LETTERS: Final = 11  # in a line of its name


def tile_map(result: Result, *, lang: str) -> Figure:
    """Draw a tile for every province, darker where the forecast is higher; each says more when touched."""
    table = result.provinces
    places, shades = tile_places(list(table["area"])), reading.Shades(table["median"])
    tiles = [
        _tile(record, places[str(record["area"])], shades.of(float(record["median"])), result, lang)
        for _, record in table.iterrows()
    ]
    facts = {**_facts(result, lang), **_ends(result, lang)}
    rows, columns = (max(place[k] for place in places.values()) for k in (0, 1))
    svg = (
        environment()
        .get_template("tiles.svg.j2")
        .render(
            tiles=tiles,
            width=columns * WIDE,
            height=rows * TALL,
            box=(WIDE - GAP, TALL - GAP),
            alt=labels.text("provinces.map_alt", lang, **facts),
        )
    )
    return Figure(
        caption=labels.text("provinces.map", lang, **facts),
        alt=labels.text("provinces.map_alt", lang, **facts),
        svg=svg,  # the ranking beside it has the table
    )


def _facts(result: Result, lang: str) -> dict[str, Any]:
    return {
        "year": result.spec.target_year,
        "unit": reading.unit(result.spec.index_code, lang),
        "place": reading.place_name(result.spec.area, lang),
    }


def _ends(result: Result, lang: str) -> dict[str, Any]:
    table = result.provinces
    own = reading.line(result, reading.TOTAL)
    return {
        "first": table["area"].iloc[0],
        "high": reading.points(table["median"].iloc[0], lang),
        "last": table["area"].iloc[-1],
        "low": reading.points(table["median"].iloc[-1], lang),
        "own": reading.points(own["median"], lang),
        "rank": reading.rank_facts(result)["median"],
    }


def _tile(
    record: pd.Series[Any], place: tuple[int, int], shade: int, result: Result, lang: str
) -> dict[str, Any]:
    median = reading.points(record["median"], lang)
    facts = {
        "area": record["area"],
        "median": median,
        "span": reading.span(record["lower"], record["upper"], lang),
        "rank": int(record["rank_median"]),
    }
    return {
        "x": (place[1] - 1) * WIDE,
        "y": (place[0] - 1) * TALL,
        "name": textwrap.wrap(str(record["area"]), LETTERS) or [""],
        "median": median,
        "shade": shade,
        "own": record["area"] == result.spec.area,
        "title": labels.text("provinces.tile", lang, **facts),
    }


@cached
def ranking(result: Result, *, lang: str) -> Figure:
    """Draw every province's range, the highest median first, the area marked; the table is behind it."""
    table = result.provinces
    facts = _facts(result, lang)
    alt = labels.text("provinces.map_alt", lang, **facts, **_ends(result, lang))

    def drawing(sheet: Sheet) -> Canvas:
        tall = 0.9 + 0.135 * len(table)
        canvas, axes = sheet.axes(height=tall)
        rows = np.arange(len(table), 0, -1, dtype=float)
        own = (table["area"] == result.spec.area).to_numpy()
        for these, color, width in ((~own, BLUE, 1.6), (own, VERMILION, 3.4)):
            axes.hlines(
                rows[these], table["lower"][these], table["upper"][these], color=color, linewidth=width
            )
            axes.plot(
                table["median"][these], rows[these], "o", color=BLACK if these is own else color, markersize=3
            )
        names = [f"{place}. {area}" for place, area in enumerate(table["area"], start=1)]
        axes.set_yticks(rows, names, fontsize=8)
        for label, is_own in zip(axes.get_yticklabels(), own, strict=True):
            label.set_fontweight("bold" if is_own else "normal")
            label.set_color(VERMILION if is_own else BLACK)
        edge = float(table["upper"].max())
        for row, (_, record), is_own in zip(rows, table.iterrows(), own, strict=True):
            span = reading.span(record["lower"], record["upper"], lang)
            text = f"{reading.points(record['median'], lang)} ({span})"
            axes.annotate(
                text,
                (edge + 0.4, row),
                va="center",
                fontsize=7.2,
                color=BLACK if is_own else GREY,
                weight="bold" if is_own else "normal",
                annotation_clip=False,
            )
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(0.3, len(table) + 0.7)
        axes.set_xlim(float(table["lower"].min()) - 0.3, edge + 0.2)
        sheet.write_ticks(axes.xaxis)
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        return canvas

    return Figure(
        caption=labels.text("provinces.ranking", lang, **facts),
        alt=alt,
        svg=draw(drawing, name="ranking", alt=alt, lang=lang, narrow=True),
        table=standing.province_figures(result, lang),
        table_label=labels.text("page.data", lang),
        notes=(labels.text("provinces.note", lang),),
    )
