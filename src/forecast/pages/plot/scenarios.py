"""Draw the total in each scenario, as ranges on one scale."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Elements, Figure
from forecast.pages.plot.canvas import BLACK, BLUE, MEDIAN, RANGE_WIDTHS, Look, Sheet, cached, figure
from forecast.pages.plot.losses import WIDE_NAME, name_rows, write_beside
from forecast.pages.tables.scenarios import scenario_figures

NOW: Look = {"color": BLACK, "linewidth": 1.0, "linestyle": (0, (3, 2))}


@cached
def scenarios(result: Result, *, lang: str) -> Figure | Elements:
    """Draw the total of each computed scenario, with its range and a line for "continue as now".

    If none could be computed there is no picture; the table says why.
    """
    rows = result.scenarios.dropna(subset="median").reset_index(drop=True)
    if rows.empty:
        return Elements(())
    names = [reading.scenario_name(record, lang) for _, record in rows.iterrows()]

    def drawing(sheet: Sheet) -> Canvas:
        canvas, axes = sheet.axes(height=1.2 + 0.36 * len(rows), narrow_height=1.5 + 0.55 * len(rows))
        _ranges(axes, rows, names, sheet)
        sheet.key(axes, _key(lang), columns=3, narrow_columns=2)
        return canvas

    rest = result.scenarios.loc[result.scenarios["median"].isna()]
    others = "; ".join(reading.scenario_name(record, lang) for _, record in rest.iterrows())
    left_out = (labels.text("scenario_table.left_out", lang, names=others),) if others else ()
    return figure(
        drawing,
        name="scenarios",
        alt=_finding(rows, names, lang),
        lang=lang,
        caption=labels.text("scenario_table.figure", lang, year=result.spec.target_year),
        notes=(labels.text("domains.figure_note", lang), *left_out),
        table=scenario_figures(result, rows, lang),
    )


def _finding(rows: pd.DataFrame, names: list[str], lang: str) -> str:
    order = rows["median"].to_numpy().argsort(kind="stable")
    best, worst = rows.loc[order[-1]], rows.loc[order[0]]
    facts = {
        "best": reading.short(names[order[-1]], 2 * WIDE_NAME),
        "median": reading.points(best["median"], lang),
    }
    if len(rows) == 1:
        span = reading.span(best["lower"], best["upper"], lang)
        return labels.text("scenario_table.alt_one", lang, span=span, **facts)
    return labels.text(
        "scenario_table.alt",
        lang,
        difference=labels.signed(best["difference"], 2, lang),
        worst=reading.short(names[order[0]], 2 * WIDE_NAME),
        worst_median=reading.points(worst["median"], lang),
        **facts,
    )


def _ranges(axes: Axes, rows: pd.DataFrame, names: list[str], sheet: Sheet) -> None:
    places = np.arange(len(rows), 0, -1, dtype=float)
    axes.axvline(float(rows["median"].iloc[0]), **NOW, zorder=1)  # carrying on as now comes first
    axes.hlines(places, rows["lower"], rows["upper"], color=BLUE, linewidth=RANGE_WIDTHS[80])
    axes.plot(rows["median"], places, **MEDIAN)
    for place, name, (_, record) in zip(places, names, rows.iterrows(), strict=True):
        text = labels.text(
            "scenario_table.beside",
            sheet.lang,
            median=reading.points(record["median"], sheet.lang),
            difference=labels.signed(record["difference"], 2, sheet.lang),
        )
        write_beside(axes, name, text, place, sheet)
    name_rows(
        axes,
        names,
        places,
        sheet,
        below=labels.text("scenario_table.axis", sheet.lang),
        beside=labels.text("scenario_table.beside_head", sheet.lang),
    )


def _key(lang: str) -> list[Line2D]:
    looks: tuple[tuple[str, Look], ...] = (
        ("scenario_table.key_median", MEDIAN),
        ("scenario_table.key_range", {"color": BLUE, "linewidth": RANGE_WIDTHS[80]}),
        ("scenario_table.key_base", NOW),
    )
    return [Line2D([], [], **look, label=labels.text(key, lang)) for key, look in looks]
