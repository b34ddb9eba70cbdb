"""Draw which of the area's figures were published, component by year."""

from collections import Counter
from typing import Final

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Figure
from forecast.pages.plot.canvas import BLACK, BLUE, GREY, VERMILION, Look, Sheet, cached, figure
from forecast.pages.tables import forecast as tables

_ROUND: Final[Look] = {"marker": "o", "markersize": 9}
STATES: Final[dict[str, Look]] = {
    "score": _ROUND | {"color": BLACK},
    "derived": _ROUND | {"color": BLUE, "fillstyle": "left", "markerfacecoloralt": "white"},
    "rank": _ROUND | {"color": VERMILION, "markerfacecolor": "white", "markeredgewidth": 1.6},
    "none": {"marker": ".", "markersize": 3, "color": GREY},
}


@cached
def known(result: Result, *, lang: str) -> Figure:
    """Draw which cells of the area, component by year, have a published score, a rank alone, or nothing."""
    grid = reading.known_cells(result)
    years = [int(year) for year in grid.columns]
    counts = Counter(grid.to_numpy().ravel())
    alt = labels.text(
        "data.grid_alt",
        lang,
        scores=int(counts["score"] + counts["derived"]),
        ranks=int(counts["rank"]),
        none=int(counts["none"]),
        all=grid.size,
        first=years[0],
        last=years[-1],
    )
    names = [reading.short_name(component, lang) for component in grid.index]

    def drawing(sheet: Sheet) -> Canvas:
        canvas, axes = sheet.axes(height=0.9 + 0.27 * len(grid), narrow_height=1.2 + 0.42 * len(grid))
        cells = grid.to_numpy()
        for state, look in STATES.items():
            lines, columns = np.nonzero(cells == state)
            axes.plot([years[column] for column in columns], lines, **look, linestyle="")
        for line, name in enumerate(names if sheet.narrow else ()):
            axes.annotate(name, (0, line - 0.26), xycoords=("axes fraction", "data"), va="bottom")
        axes.set_yticks([] if sheet.narrow else range(len(grid)), [] if sheet.narrow else names)
        axes.set_ylim(len(grid) - 0.5, -0.9 if sheet.narrow else -0.6)
        axes.set_xticks(years[:: -3 if sheet.narrow else -1])
        axes.set_xlim(years[0] - 0.6, years[-1] + 0.6)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        handles = [
            Line2D([], [], **look, linestyle="", label=labels.text(f"grid.{state}", lang))
            for state, look in STATES.items()
        ]
        sheet.key(axes, handles, columns=4)
        return canvas

    table = tables.known(result, lang)
    return figure(drawing, name="known", alt=alt, lang=lang, caption=table.caption, table=table)
