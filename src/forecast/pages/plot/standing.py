"""Draw the chance of each rank among the provinces, and how a scenario changes it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.arrays import Floats, Ints
from forecast.pages import reading
from forecast.pages.markup import Figure
from forecast.pages.plot.canvas import BLACK, BLUE, VERMILION, Sheet, cached, figure
from forecast.pages.tables.forecast import rank_bands


@cached
def rank(result: Result, *, lang: str) -> Figure:
    """Draw the probability of each rank, with the groups of the first 10 and the first 15."""
    count = reading.ranked_areas(result)
    chances = {place: reading.chance(reading.chance_of_top(result, place), lang) for place in reading.TOPS}
    alt = labels.text("rank.alt", lang, **reading.rank_facts(result), top10=chances[10], top15=chances[15])

    def drawing(sheet: Sheet) -> Canvas:
        canvas, axes = sheet.axes(height=2.9, narrow_height=3.3)
        places = result.rank["rank"].to_numpy()
        heights = 100 * result.rank["probability"].to_numpy()
        faces = np.select([places <= reading.TOPS[0], places <= reading.TOPS[1]], [BLACK, VERMILION], "white")
        edges = np.select([places <= reading.TOPS[0], places <= reading.TOPS[1]], [BLACK, VERMILION], BLUE)
        axes.add_collection(_bars(places, heights, faces.tolist(), edges.tolist()))
        _marks(axes, result, chances, sheet)
        axes.set_xlabel(labels.text("rank.axis", sheet.lang))
        sheet.name_unit(axes, labels.text("rank.axis_chance", sheet.lang))
        axes.set_xticks([1, *range(10, count - 4, 10), count])
        axes.set_xlim(0, count + 1)
        sheet.write_ticks(axes.yaxis)
        axes.grid(axis="y")
        return canvas

    caption = labels.text("rank.caption", lang, year=result.spec.target_year, ranked=count)
    table = rank_bands(result, lang)
    return figure(drawing, name="rank", alt=alt, lang=lang, caption=caption, table=table)


def rank_change(before: Ints, after: Ints, ranked: int, *, lang: str) -> Figure:
    """Draw the chance of each of the ranks under a scenario, and without it as an outline, from draws."""
    places = np.arange(1, ranked + 1)
    heights = [100 * np.bincount(draws, minlength=ranked + 1)[1:] / len(draws) for draws in (before, after)]
    medians = [int(np.median(draws)) for draws in (before, after)]
    alt = labels.text("desk.rank.alt", lang, before=medians[0], after=medians[1])

    def drawing(sheet: Sheet) -> Canvas:
        canvas, axes = sheet.axes(height=2.5, narrow_height=2.8)
        faces = ["#b9d6e8"] * ranked
        axes.add_collection(_bars(places, heights[1], faces, [BLUE] * ranked))
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


def _bars(places: Ints, heights: Floats, faces: list[str], edges: list[str]) -> PolyCollection:
    """Make all bars one collection; single bars for 63 provinces take much longer to draw."""
    left, right, ground = places - 0.38, places + 0.38, np.zeros(len(places))
    corners = ((left, ground), (left, heights), (right, heights), (right, ground))
    bars = np.stack([np.column_stack(corner) for corner in corners], axis=1)
    return PolyCollection(list(bars), facecolors=faces, edgecolors=edges, linewidths=1)


def _marks(axes: Axes, result: Result, chances: dict[int, str], sheet: Sheet) -> None:
    """Bracket the leading groups and point at last year's and the middle rank, each on its own height."""
    top = 100 * float(result.rank["probability"].max())
    axes.set_ylim(0, top * 2)
    for place, height, color in ((reading.TOPS[1], 1.76, VERMILION), (reading.TOPS[0], 1.52, BLACK)):
        text = labels.text("rank.top", sheet.lang, place=place, chance=chances[place])
        axes.hlines(top * height, 0.6, place + 0.4, color=color, linewidth=2)
        axes.annotate(text, (0.6, top * height), xytext=(0, 4), textcoords="offset points", va="bottom")
    middle = reading.rank_at(result, 0.5)
    marks = [(middle, labels.text("rank.middle", sheet.lang, rank=middle), 1.04)]
    if last := reading.last_rank(result):
        year, place = last
        marks.append((place, labels.text("rank.last", sheet.lang, rank=place, year=year), 1.26))
    for place, text, height in marks:
        axes.vlines(place, 0, top * height, color=BLACK, linewidth=1, linestyle=(0, (3, 2)), zorder=2)
        side = "right" if place > 50 else "left" if place < 14 else "center"
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}  # a line must not cross words
        axes.annotate(
            text,
            (place, top * height),
            xytext=(0, 3),
            textcoords="offset points",
            ha=side,
            va="bottom",
            bbox=paper,
            zorder=3,
        )
