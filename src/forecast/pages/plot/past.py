"""Draw how good past forecasts were: the city's record, coverage of the ranges, skill by year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Figure, Passage
from forecast.pages.plot.canvas import (
    BLACK,
    BLUE,
    GREY,
    MEDIAN,
    RANGE_WIDTHS,
    VERMILION,
    Look,
    Sheet,
    cached,
    figure,
    range_keys,
)
from forecast.pages.tables import past as tables
from forecast.pages.tables.spec import beside_picture

OUTCOME: Final[Look] = {
    "marker": "X",
    "markersize": 8,
    "color": VERMILION,
    "markeredgecolor": "white",
    "linestyle": "",
}
REPEATED: Final[Look] = {
    "marker": "_",
    "markersize": 14,
    "color": BLACK,
    "markeredgewidth": 1.8,
    "linestyle": "",
}
LEVEL_COLUMNS: Final = {80: ("lower", "upper"), 95: ("lower95", "upper95")}


def _nothing(lang: str) -> Passage:
    return Passage((labels.text("track.none", lang),))


@dataclass(frozen=True, slots=True)
class Cells:
    """The figures of a picture, as a hashable key: the same for all areas, so that it is drawn only once."""

    columns: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, table: pd.DataFrame) -> Cells:
        """Take a table's cells."""
        return cls(tuple(table.columns), tuple(table.itertuples(index=False, name=None)))

    def table(self) -> pd.DataFrame:
        """Give the table."""
        return pd.DataFrame(list(self.rows), columns=list(self.columns))


@cached
def track(result: Result, *, lang: str) -> Figure | Passage:
    """Draw the city's past forecasts of the total against what came; a sentence if there are none."""
    past = reading.record(result)
    if past.empty:
        return _nothing(lang)
    inside = ((past["lower"] <= past["observed"]) & (past["observed"] <= past["upper"])).sum()
    alt = labels.text("track.alt", lang, all=len(past), inside=int(inside))
    place = reading.place_name(result.spec.area, lang)
    unit = reading.unit(result.spec.index_code, lang)

    def drawing(sheet: Sheet) -> Canvas:
        canvas, axes = sheet.axes(height=3.1, narrow_height=3.4)
        for level, (low, high) in LEVEL_COLUMNS.items():
            axes.vlines(past["target_year"], past[low], past[high], color=BLUE, linewidth=RANGE_WIDTHS[level])
        axes.plot(past["target_year"], past["median"], **MEDIAN)
        axes.plot(past["target_year"], past["repeated"], **REPEATED)
        axes.plot(past["target_year"], past["observed"], **OUTCOME)
        axes.set_xticks(past["target_year"])
        axes.margins(x=0.12, y=0.1)
        sheet.write_ticks(axes.yaxis)
        sheet.name_unit(axes, unit)
        axes.grid(axis="y")
        ranges = [
            key for key, level in zip(range_keys(lang), RANGE_WIDTHS, strict=True) if level in LEVEL_COLUMNS
        ]
        handles = [
            Line2D([], [], **MEDIAN, label=labels.text("levels.median", lang)),
            Line2D([], [], **OUTCOME, label=labels.text("key.published", lang)),
            Line2D([], [], **REPEATED, label=labels.text("track.last_value", lang)),
            *ranges,
        ]
        sheet.key(axes, handles, columns=3, narrow_columns=1)
        return canvas

    caption = labels.text("track.caption", lang, place=place, unit=unit)
    notes, table = (labels.text("domains.figure_note", lang),), beside_picture(tables.track(result, lang))
    return figure(drawing, name="track", alt=alt, lang=lang, caption=caption, notes=notes, table=table)


def coverage(result: Result, *, lang: str) -> Figure | Passage:
    """Draw the share of outcomes inside each range against the share that was promised."""
    table = reading.coverage(result)
    return _nothing(lang) if table.empty else _coverage(Cells.of(table), lang)


@cached
def _coverage(cells: Cells, lang: str) -> Figure:
    table = cells.table()
    main = table.iloc[int((table["level"] - 80).abs().argmin())]
    alt = labels.text(
        "coverage.alt",
        lang,
        level=int(main["level"]),
        reached=labels.number(100 * main["share"], 0, lang),
        count=labels.number(main["cells"], 0, lang),
    )

    def drawing(sheet: Sheet) -> Canvas:
        canvas, axes = sheet.axes(height=3.4, narrow_height=3.6)
        axes.plot([0, 100], [0, 100], color=GREY, linewidth=1.2, linestyle=(0, (4, 3)))
        text = labels.text("coverage.wanted", lang)
        axes.annotate(text, (22, 22), xytext=(8, -8), textcoords="offset points", color=GREY, va="top")
        axes.vlines(table["level"], 100 * table["lower"], 100 * table["upper"], color=BLUE, linewidth=1.3)
        axes.plot(table["level"], 100 * table["share"], **MEDIAN)
        for _, record in table.iterrows():
            _name_share(axes, record, sheet)
        axes.set_xlim(0, 104)
        axes.set_ylim(0, 104)
        axes.set_xticks(range(0, 101, 20))
        axes.set_yticks(range(0, 101, 20))
        axes.set_xlabel(labels.text("coverage.axis_stated", lang))
        sheet.name_unit(axes, labels.text("coverage.axis_reached", lang))
        axes.grid(axis="y")
        return canvas

    caption, figures = labels.text("coverage.caption", lang), beside_picture(tables.coverage(table, lang))
    return figure(drawing, name="coverage", alt=alt, lang=lang, caption=caption, table=figures)


def _name_share(axes: Axes, record: pd.Series[Any], sheet: Sheet) -> None:
    """Write a share beside its mark, on the side away from the line of what is wanted."""
    level, share = float(record["level"]), 100 * float(record["share"])
    above = share >= level
    axes.annotate(
        labels.number(share, 0, sheet.lang) + "%",
        (level, share),
        xytext=(-8, 6) if above else (9, -6),
        textcoords="offset points",
        ha="right" if above else "left",
        va="bottom" if above else "top",
        weight="bold",
    )


def skill(result: Result, *, lang: str) -> Figure | Passage:
    """Draw, year by year, by how much the main model's error is smaller than that of repeating last year."""
    table = reading.skill_by_year(result)
    return _nothing(lang) if table.empty else _skill(Cells.of(table), lang)


@cached
def _skill(cells: Cells, lang: str) -> Figure:
    table = cells.table()
    alt = labels.text(
        "skill.alt",
        lang,
        better=int((table["skill"] > 0).sum()),
        all=len(table),
        mean=labels.signed(100 * table["skill"].mean(), 0, lang),
    )

    def drawing(sheet: Sheet) -> Canvas:
        canvas, axes = sheet.axes(height=2.8, narrow_height=3.2)
        gain = 100 * table["skill"]
        axes.axhline(0, color=BLACK, linewidth=1)
        axes.vlines(table["target_year"], 0, gain, color=BLUE, linewidth=4.5)
        axes.plot(table["target_year"], gain, **MEDIAN)
        for year, value in zip(table["target_year"], gain, strict=True):
            axes.annotate(
                labels.signed(value, 0, lang) + "%",
                (year, value),
                xytext=(0, 9 if value >= 0 else -9),
                textcoords="offset points",
                ha="center",
                va="bottom" if value >= 0 else "top",
            )
        axes.set_xticks(table["target_year"])
        axes.margins(x=0.1, y=0.25)
        sheet.write_ticks(axes.yaxis)
        sheet.name_unit(axes, labels.text("skill.axis", lang))
        axes.grid(axis="y")
        return canvas

    caption, note = (labels.text(f"skill.{key}", lang) for key in ("caption", "note"))
    figures = beside_picture(tables.skill(table, lang))
    return figure(drawing, name="skill", alt=alt, lang=lang, caption=caption, notes=(note,), table=figures)
