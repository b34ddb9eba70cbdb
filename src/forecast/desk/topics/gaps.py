"""Show which figures were published, province by year."""

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch

from forecast.base import labels
from forecast.data.load import Known
from forecast.data.tables import COMPONENTS, pick
from forecast.desk.steps import Steps
from forecast.desk.views import View, refuse_component, with_note
from forecast.pages import reading
from forecast.pages.markup import Figure, Table
from forecast.pages.plot.canvas import BLACK, BLUE, GRID, Sheet, figure
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import TableSpec, Take, draw_table, say

NOTHING, RANK, SCORE, DOMAINS = range(4)
SHADES: Final = (GRID, "#a8cfe6", BLUE, BLACK)  # nothing, a rank alone, a score, domains too
NAMES: Final = ("nothing", "rank", "score", "domains")
ONE: Final = NAMES[:3]


def gaps(steps: Steps, component: str, lang: str) -> View:
    """Draw what is known of every province in every year; `frame` has a row a figure that is known."""
    allowed = COMPONENTS[steps.spec.index_code]
    if component:
        refuse_component(component, allowed)
    frame = cells(steps.known(), steps.spec.index_code)
    grid = grid_of(steps.known(), frame, component)
    parts = (_picture(grid, component, lang), _by_component(frame, lang))
    return View(with_note(steps.main_result(), lang, *parts), frame)


def cells(known: Known, index_code: str) -> pd.DataFrame:
    """List what is published of provinces: component, area, year, known ("score" or "rank")."""
    own = pick(known.scores, index_code=index_code, statistic="value")
    own = own[own["area"].isin(known.provinces) & own["component"].isin(COMPONENTS[index_code])]
    table = own[["component", "area", "year"]].assign(known=np.where(own["score"].notna(), "score", "rank"))
    return table.sort_values(["component", "area", "year"]).reset_index(drop=True)


def grid_of(known: Known, frame: pd.DataFrame, component: str) -> pd.DataFrame:
    """Lay provinces by years out, the best known first: 0 nothing, 1 a rank, 2 a score, 3 domains too."""
    own = frame[frame["component"] == (component or reading.TOTAL)]
    level = own.assign(level=np.where(own["known"] == "score", SCORE, RANK))
    years = range(int(frame["year"].min()), int(frame["year"].max()) + 1) if len(frame) else range(0)
    grid = level.pivot_table(index="area", columns="year", values="level", aggfunc="max")
    grid = grid.reindex(index=list(known.provinces), columns=list(years)).fillna(NOTHING).astype(int)
    if not component:
        parts = frame[(frame["component"] != reading.TOTAL) & (frame["known"] == "score")]
        for area, year in parts[["area", "year"]].drop_duplicates().itertuples(index=False):
            grid.loc[area, year] = DOMAINS
    order = (-grid.sum(axis=1)).argsort(kind="stable")
    return grid.iloc[order]


def _picture(grid: pd.DataFrame, component: str, lang: str) -> Figure:
    names = ONE if component else NAMES
    counts = [int((grid.to_numpy() == level).sum()) for level in range(len(names))]
    about = reading.short_name(component, lang) if component else labels.text("desk.gaps.all", lang)
    facts = {"all": grid.size, "known": grid.size - counts[0], "provinces": len(grid), "about": about}
    alt = labels.text("desk.gaps.alt", lang, **facts)
    years = [int(year) for year in grid.columns]

    def drawing(sheet: Sheet) -> Canvas:
        canvas, axes = sheet.axes(height=0.9 + 0.145 * len(grid), narrow_height=0.9 + 0.17 * len(grid))
        axes.pcolormesh(
            np.arange(len(years) + 1),
            np.arange(len(grid) + 1),
            grid.to_numpy(),
            cmap=ListedColormap(list(SHADES)),
            vmin=NOTHING,
            vmax=DOMAINS,
            edgecolors="white",
            linewidth=1.2,
        )
        axes.set_ylim(len(grid), 0)
        axes.set_yticks(np.arange(len(grid)) + 0.5, list(grid.index), fontsize=7.5)
        step = 3 if sheet.narrow else 1
        axes.set_xticks((np.arange(len(years)) + 0.5)[::step], [str(year) for year in years][::step])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        handles = [
            Patch(facecolor=shade, label=labels.text(f"desk.gaps.{name}", lang))
            for shade, name in zip(SHADES, names, strict=False)
        ]
        sheet.key(axes, handles, columns=4)
        return canvas

    fields = (
        c.words("area", "desk.gaps.province"),
        *(c.words(str(year), str(year), _level(year, lang)) for year in years),
    )
    records = grid.rename_axis("area").reset_index()
    table = draw_table(TableSpec(lang, say("desk.gaps.caption", **facts), records, fields, form="scroll"))
    return figure(drawing, name="gaps", alt=alt, lang=lang, caption=table.caption, table=table)


def _level(year: int, lang: str) -> Take:
    return lambda record: labels.text(f"desk.gaps.{NAMES[record[year]]}", lang)


def _by_component(frame: pd.DataFrame, lang: str) -> Table:
    """Count provinces with a published figure, component by year."""
    counts = frame.pivot_table(index="component", columns="year", values="area", aggfunc="nunique")
    ordered = dict.fromkeys(name for names in COMPONENTS.values() for name in names)
    counts = counts.reindex([name for name in ordered if name in counts.index])
    years = (c.figure(str(year), str(year), "count", c.column(year)) for year in counts.columns)
    fields = (c.component("word.component", lang), *years)
    return draw_table(TableSpec(lang, "desk.gaps.counts", counts.reset_index(), fields, form="scroll"))
