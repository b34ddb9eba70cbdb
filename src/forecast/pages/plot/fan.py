"""Draw fan charts: a series with the ranges of its forecast, one picture each or many on one sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Final

import matplotlib as mpl
import numpy as np
from markupsafe import escape
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from forecast.base import labels
from forecast.base.arrays import Floats
from forecast.base.spec import interval_ends
from forecast.pages.plot.canvas import BLACK, BLUE, Sheet, draw

SHADES: Final = {95: 0.16, 80: 0.26, 50: 0.42}  # the wider the range, the lighter
LEVELS: Final = (*sorted({end for level in SHADES for end in interval_ends(level)} | {0.5}),)
COLUMNS: Final = 3  # of small pictures on one sheet
INCHES: Final = (3.6, 2.5)  # of one small picture
DPI: Final = 160
_PAGE: Final = """<!doctype html>
<html lang="{lang}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body{{font-family:Arial,'Liberation Sans',sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}}
figure{{margin:0 0 2rem}}figcaption{{font-weight:bold;margin-bottom:.3rem}}</style></head>
<body><h1>{title}</h1>
{figures}
</body></html>
"""


@dataclass(frozen=True, slots=True, eq=False)
class Fan:
    """One series: years and values so far, quantiles at `LEVELS` of years to come, shape (H, 7)."""

    area: str
    component: str
    years: Sequence[int]
    values: Floats
    target_years: Sequence[int]
    quantiles: Floats

    @property
    def title(self) -> str:
        """Area and component."""
        return f"{self.area} · {self.component}"


def write_html(fans: Sequence[Fan], file: IO[bytes], lang: str) -> None:
    """Write a page that needs nothing else: a picture a series, with words for who cannot see it."""
    parts = []
    for fan in fans:
        alt = _alt(fan, lang)

        def drawing(sheet: Sheet, fan: Fan = fan) -> Canvas:
            canvas, axes = sheet.axes(height=3.0)
            _draw(axes, fan, sheet)
            sheet.key(axes, _key(lang), columns=5)
            return canvas

        wide = draw(drawing, name=f"fan {fan.title}", alt=alt, lang=lang)
        parts.append(
            f"<figure><figcaption>{escape(fan.title)}</figcaption>\n{wide}\n<p>{escape(alt)}</p></figure>"
        )
    title = labels.text("fan.title", lang, years=_span(fans))
    file.write(_PAGE.format(lang=lang, title=escape(title), figures="\n".join(parts)).encode())


def write_png(fans: Sequence[Fan], file: IO[bytes], lang: str) -> None:
    """Write all series as small pictures on one sheet."""
    columns = min(COLUMNS, len(fans))
    rows = -(-len(fans) // columns)
    sheet = Sheet(narrow=True, lang=lang)
    with mpl.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        canvas = Canvas(figsize=(INCHES[0] * columns, INCHES[1] * rows + 0.6), layout="constrained")
        cells = np.atleast_1d(canvas.subplots(rows, columns)).ravel()
        for axes, fan in zip(cells, fans, strict=False):
            _draw(axes, fan, sheet)
            axes.set_title(_cut(fan.title), loc="left", fontsize=8.5)
        for axes in cells[len(fans) :]:
            axes.set_visible(False)
        canvas.legend(
            handles=_key(lang),
            loc="outside upper center",
            ncols=min(5, 2 * columns),
            frameon=False,
            fontsize=8,
        )
        canvas.savefig(file, dpi=DPI, format="png", facecolor="white")


def _draw(axes: Axes, fan: Fan, sheet: Sheet) -> None:
    present = ~np.isnan(fan.values)
    years = np.array(fan.years)
    axes.plot(years[present], fan.values[present], color=BLACK, marker="o", markersize=3.5, linewidth=1.3)
    # A fan opens at the last year that is known.
    start = (years[present][-1], fan.values[present][-1]) if present.any() else None
    ahead = np.array([*([start[0]] if start else []), *fan.target_years])
    lines = {
        level: np.array([*([start[1]] if start else []), *fan.quantiles[:, k]])
        for k, level in enumerate(LEVELS)
    }
    for level, shade in SHADES.items():
        low, high = interval_ends(level)
        axes.fill_between(ahead, lines[low], lines[high], color=BLUE, alpha=shade, linewidth=0)
    axes.plot(ahead, lines[0.5], color=BLUE, linewidth=1.6)
    axes.plot(
        fan.target_years,
        fan.quantiles[:, LEVELS.index(0.5)],
        color=BLUE,
        marker="D",
        markersize=4,
        linestyle="",
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.grid(axis="y", color="#d9dcdf", linewidth=0.6)
    axes.margins(y=0.08)
    sheet.write_ticks(axes.yaxis)


def _key(lang: str) -> list[Artist]:
    past = Line2D([], [], color=BLACK, marker="o", markersize=4, label=labels.text("fan.past", lang))
    middle = Line2D([], [], color=BLUE, marker="D", markersize=4, label=labels.text("fan.median", lang))
    ranges = [
        Patch(color=BLUE, alpha=shade, label=labels.text("key.level", lang, level=level))
        for level, shade in sorted(SHADES.items())
    ]
    return [past, middle, *ranges]


def _alt(fan: Fan, lang: str) -> str:
    low, high = interval_ends(80)
    last = fan.quantiles[-1]
    decimals = _decimals(last)
    facts = {
        name: labels.number(float(last[LEVELS.index(level)]), decimals, lang)
        for name, level in (("low", low), ("median", 0.5), ("high", high))
    }
    return labels.text("fan.alt", lang, series=fan.title, year=fan.target_years[-1], **facts)


def _decimals(values: Floats) -> int:
    """As many decimals as tell the quantiles apart."""
    width = float(values[-1] - values[0]) or abs(float(values[0])) or 1.0
    return int(np.clip(2 - np.floor(np.log10(width)), 0, 6))


def _cut(text: str) -> str:
    return text if len(text) <= 46 else f"{text[:45]}…"


def _span(fans: Sequence[Fan]) -> str:
    first, last = fans[0].target_years[0], fans[0].target_years[-1]
    return str(first) if first == last else f"{first}–{last}"
