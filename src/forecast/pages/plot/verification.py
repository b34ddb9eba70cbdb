"""Draw the last report's forecasts less the results, one row for each figure, with the result at zero."""

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from forecast.answer.judgement import Judgement
from forecast.answer.result import RANK
from forecast.base import labels
from forecast.pages.markup import Figure
from forecast.pages.plot.canvas import BLACK, BLUE, MEDIAN, RANGE_WIDTHS, Sheet, figure, range_keys
from forecast.pages.tables import verification as tables

_ENDS = {80: ("lower", "upper"), 95: ("lower95", "upper95")}


def verified(judgement: Judgement, *, lang: str) -> Figure:
    """Draw the ranges of the last report about the results; the rank has another unit and is left out."""
    table = judgement.last_report[judgement.last_report["component"] != RANK]
    names = [tables.figure_name(row, lang) for _, row in table.iterrows()]
    results = table["observed"].to_numpy(dtype=float)

    def drawing(sheet: Sheet) -> Canvas:
        tall = 0.9 + 0.3 * max(len(table), 1)
        canvas, axes = sheet.axes(height=tall, narrow_height=1.1 + 0.5 * max(len(table), 1))
        places = np.arange(len(table), 0, -1, dtype=float)
        for level, width in RANGE_WIDTHS.items():
            low, high = (table[end].to_numpy(dtype=float) - results for end in _ENDS[level])
            axes.hlines(places, low, high, color=BLUE, linewidth=width)
        axes.plot(table["median"].to_numpy(dtype=float) - results, places, **MEDIAN)
        axes.axvline(0, color=BLACK, linewidth=1.2)
        axes.set_yticks([] if sheet.narrow else places, [] if sheet.narrow else names)
        if sheet.narrow:
            for place, name in zip(places, names, strict=True):
                axes.annotate(name, (0, place + 0.2), xycoords=("axes fraction", "data"), va="bottom")
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(0.4, len(table) + (0.9 if sheet.narrow else 0.6))
        axes.set_xlabel(labels.text("verified.axis", lang))
        sheet.write_ticks(axes.xaxis)
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        median = Line2D([], [], **MEDIAN, label=labels.text("verified.median", lang))
        sheet.key(axes, [median, *range_keys(lang)], columns=3)
        return canvas

    off = (table["median"] - table["observed"]).abs().to_numpy(dtype=float)
    worst = names[int(off.argmax())] if len(off) else labels.MISSING
    inside = int((table["inside80"] == 1).sum())
    alt = labels.text("verified.figure_alt", lang, inside=inside, count=len(table), worst=worst)
    caption = labels.text("verified.figure_caption", lang)
    return figure(drawing, name="verified", alt=alt, lang=lang, caption=caption)
