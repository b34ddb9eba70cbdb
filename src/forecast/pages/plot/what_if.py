"""Draw how a scenario changes the chance of each rank."""

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch

from forecast.base import labels
from forecast.base.arrays import Ints
from forecast.pages.markup import Figure
from forecast.pages.plot.canvas import BLACK, BLUE, Sheet, figure
from forecast.pages.plot.standing import bars


def rank_change(before: Ints, after: Ints, ranked: int, *, lang: str) -> Figure:
    """Draw the chance of each of the ranks under a scenario, and without it as an outline, from draws."""
    places = np.arange(1, ranked + 1)
    heights = [100 * np.bincount(draws, minlength=ranked + 1)[1:] / len(draws) for draws in (before, after)]
    medians = [int(np.median(draws)) for draws in (before, after)]
    alt = labels.text("desk.rank.alt", lang, before=medians[0], after=medians[1])

    def drawing(sheet: Sheet) -> Canvas:
        canvas, axes = sheet.axes(height=2.5, narrow_height=2.8)
        faces = ["#b9d6e8"] * ranked
        axes.add_collection(bars(places, heights[1], faces, [BLUE] * ranked))
        axes.stairs(heights[0], np.arange(ranked + 1) + 0.5, color=BLACK, linewidth=1.4)
        axes.set_xlim(0, ranked + 1)
        axes.set_ylim(0, 1.08 * max(float(np.max(heights)), 1.0))
        axes.set_xticks([1, *range(10, ranked - 2, 10), ranked])
        axes.set_xlabel(labels.text("rank.axis", sheet.lang))
        sheet.name_unit(axes, labels.text("rank.axis_chance", sheet.lang))
        sheet.write_ticks(axes.yaxis)
        axes.grid(axis="y")
        scenario = Patch(
            facecolor=faces[0], edgecolor=BLUE, label=labels.text("desk.moved.after", sheet.lang)
        )
        now = Patch(facecolor="none", edgecolor=BLACK, label=labels.text("desk.moved.before", sheet.lang))
        sheet.key(axes, [scenario, now], columns=2)
        return canvas

    caption = labels.text("desk.rank.caption", lang)
    return figure(drawing, name="rank_moved", alt=alt, lang=lang, caption=caption)
