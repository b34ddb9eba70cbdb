"""Draw score and rank through the years with the ranges of the forecast, small enough for sheet one."""

from typing import Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.indexes import INDEXES
from forecast.base.spec import interval_ends
from forecast.pages import reading
from forecast.pages.markup import Figure
from forecast.pages.plot.canvas import BLUE, MEDIAN, Sheet, figure
from forecast.pages.plot.history import ESTIMATED, PUBLISHED
from forecast.pages.tables import forecast as tables

FANS: Final = {95: 0.18, 80: 0.45}  # level -> how dark
STEPS: Final = (10, 20)  # ranks from one line to the next, in a short list and in a long one


def card(result: Result, *, lang: str) -> Figure:
    """Draw the total in percent of the maximum, and the rank, since the first year that is known of."""
    past = reading.shares(result, reading.TOTAL)
    ranks = reading.history(result, reading.TOTAL).dropna(subset="rank")
    facts, total = reading.rank_facts(result), reading.line(result, reading.TOTAL)
    year = result.spec.target_year
    alt = labels.text(
        "card.history_alt",
        lang,
        year=year,
        last_year=int(total["last_year"]),
        place=reading.place_name(result.spec.area, lang),
        last=reading.points(total["last_median"], lang, published=bool(total["last_known"])),
        median=reading.points(total["median"], lang),
        lower=reading.points(total["lower"], lang),
        upper=reading.points(total["upper"], lang),
        rank=facts["median"],
        best=facts["best"],
        worst=facts["worst"],
    )

    def drawing(sheet: Sheet) -> Canvas:
        canvas, (left, right) = sheet.two_axes(height=1.8, narrow_height=4.0)
        _score(left, result, past, sheet)
        _rank(right, result, ranks, sheet)
        first = int(min([*past["year"], *ranks["year"], year - 4]))
        for axes in (left, right):
            axes.set_xticks(range(year, first - 1, -4))
            axes.set_xlim(first - 0.5, year + 2.2)
            axes.grid(axis="y")
        sheet.key(left, _key(past, year, lang), columns=4)
        return canvas

    first = int(min([*past["year"], *ranks["year"], year]))
    caption = labels.text("card.history", lang, first=first, year=year)
    by_criteria = INDEXES[result.spec.index_code].basis == "criteria"
    notes = (labels.text("card.history_note", lang),) if by_criteria else ()
    table = tables.history(result, reading.TOTAL, lang)
    return figure(drawing, name="card", alt=alt, lang=lang, caption=caption, notes=notes, table=table)


def _score(axes: Axes, result: Result, past: pd.DataFrame, sheet: Sheet) -> None:
    published = past["known"].astype(bool)
    guessed, year = past.loc[~published], result.spec.target_year
    axes.plot(past["year"], past["median"], color="#6b7075", linewidth=0.8, zorder=1)
    axes.vlines(guessed["year"], guessed["lower"], guessed["upper"], color=ESTIMATED["color"], linewidth=1.1)
    axes.plot(guessed["year"], guessed["median"], **ESTIMATED)
    axes.plot(past.loc[published, "year"], past.loc[published, "median"], **PUBLISHED, linestyle="")
    ends = {
        level: [reading.share_quantile(result, reading.TOTAL, end) for end in interval_ends(level)]
        for level in FANS
    }
    median = reading.share_quantile(result, reading.TOTAL, 0.5)
    start = past.iloc[-1] if len(past) else None
    _fan(axes, year, median, ends, None if start is None else (int(start["year"]), float(start["median"])))
    _say(axes, year, median, labels.number(median, 1, sheet.lang))
    sheet.write_ticks(axes.yaxis)
    sheet.name_unit(axes, labels.text("card.history_score", sheet.lang))


def _rank(axes: Axes, result: Result, ranks: pd.DataFrame, sheet: Sheet) -> None:
    year = result.spec.target_year
    axes.plot(ranks["year"], ranks["rank"], color="#6b7075", linewidth=0.8, zorder=1)
    axes.plot(ranks["year"], ranks["rank"], **PUBLISHED, linestyle="")
    ends = {level: [float(reading.rank_at(result, end)) for end in interval_ends(level)] for level in FANS}
    middle = reading.rank_at(result, 0.5)
    start = (int(ranks["year"].iloc[-1]), float(ranks["rank"].iloc[-1])) if len(ranks) else None
    _fan(axes, year, middle, ends, start)
    _say(axes, year, middle, str(middle))
    last = max(reading.ranked_areas(result), *ranks["rank"].astype(int), 1)
    step = STEPS[last > 2 * STEPS[1]]
    axes.set_yticks([1, *range(step, last + 1, step)])
    axes.set_ylim(last + 1, 0)
    sheet.name_unit(axes, labels.text("card.history_rank", sheet.lang))


def _fan(
    axes: Axes, year: int, middle: float, ends: dict[int, list[float]], start: tuple[int, float] | None
) -> None:
    """Open from the last year that is known of to the ranges of the forecast."""
    since, value = start or (year - 1, middle)
    for level, (low, high) in ends.items():
        axes.fill_between(
            [since, year], [value, low], [value, high], color=BLUE, alpha=FANS[level], linewidth=0
        )
    axes.plot([since, year], [value, middle], color=BLUE, linewidth=1.4)
    axes.plot([year], [middle], **MEDIAN)


def _say(axes: Axes, year: int, value: float, text: str) -> None:
    axes.annotate(text, (year, value), xytext=(8, 0), textcoords="offset points", va="center", weight="bold")


def _key(past: pd.DataFrame, year: int, lang: str) -> list[Line2D]:
    published = past["known"].astype(bool)
    handles = [Line2D([], [], **PUBLISHED, linestyle="", label=labels.text("key.published", lang))]
    if (~published).any():
        handles.append(Line2D([], [], **ESTIMATED, label=labels.text("key.estimated", lang)))
    handles.append(Line2D([], [], **MEDIAN, label=labels.text("key.median", lang, year=year)))
    fans = (
        Line2D([], [], color=BLUE, alpha=dark, linewidth=7, label=labels.text("key.level", lang, level=level))
        for level, dark in reversed(FANS.items())
    )
    return [*handles, *fans]
