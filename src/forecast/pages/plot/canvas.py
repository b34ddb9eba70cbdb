"""Convert a matplotlib figure to SVG for a page: real text, alt text, the same bytes each time.

Colours are of the four of Okabe and Ito's palette that keep 3:1 on white; shape and line width say
the same as colour, so that a black and white print reads as well.
"""

import hashlib
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from markupsafe import escape
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path
from matplotlib.ticker import Formatter

from forecast.base import labels
from forecast.pages.markup import Figure, Table

BLACK: Final = "#000000"
BLUE: Final = "#0072B2"
VERMILION: Final = "#D55E00"
GREY: Final = "#6b7075"  # quiet text, 4.9:1
GRID: Final = "#d9dcdf"
WHITE: Final = "#ffffff"
# Each colour has a name in the page's style sheet, which has another one for it in the dark.
_INKS: Final = {
    BLACK: "black",
    BLUE.lower(): "blue",
    VERMILION.lower(): "red",
    GREY: "grey",
    GRID: "grid",
    WHITE: "paper",
}
_COLOUR: Final = re.compile("|".join(_INKS), re.IGNORECASE)

Look = dict[str, Any]  # settings of a mark or line

# The bundled font alone is used for measuring, so that every machine writes the same bytes.
_MEASURING_FONT: Final = "DejaVu Sans"
# A figure that several pages show is drawn once for a result, which never changes.
cached: Final = lru_cache(maxsize=4)
_DPI: Final = 72.0  # of SVG, whatever a screen has
_FONTS: Final = "Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "font.family": _MEASURING_FONT,
    "font.size": 10,
    "text.color": BLACK,
    "axes.edgecolor": BLACK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.labelsize": 9.5,
    "axes.titley": 1.0,  # else matplotlib measures all ticks for a place above them; none stand there
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}


class _Ticks(Formatter):
    """Ticks with as many decimals as tell them apart."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: ARG002 -- matplotlib's contract
        return labels.plain(round(float(x), 6), self.lang)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        decimals = next(d for d in range(7) if d == 6 or np.allclose(np.round(values, d), values, atol=1e-6))
        return [labels.number(value, decimals, self.lang) for value in values]


# The wider the range, the thinner its line: level in percent -> width in points.  Narrower ranges are not
# drawn: those of 50 percent held a third of what came.
RANGE_WIDTHS: Final = {80: 4.5, 95: 1.3}
MEDIAN: Final[Look] = {
    "marker": "o",
    "markersize": 7.5,
    "markeredgecolor": BLACK,
    "markerfacecolor": "white",
    "markeredgewidth": 1.6,
    "linestyle": "",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The paper that a drawing gets: `narrow` is a phone; `lang` writes its numbers."""

    narrow: bool
    lang: str

    def axes(self, *, height: float, narrow_height: float | None = None) -> tuple[Canvas, Axes]:
        """Open a canvas with one pair of axes; heights in inches, a phone's width is fixed."""
        canvas, (axes,) = self._open(1, height, narrow_height)
        return canvas, axes

    def two_axes(self, *, height: float, narrow_height: float) -> tuple[Canvas, list[Axes]]:
        """Open a canvas with two pairs of axes, side by side or on a phone one below the other."""
        return self._open(2, height, narrow_height)

    def _open(self, count: int, height: float, narrow_height: float | None) -> tuple[Canvas, list[Axes]]:
        tall = narrow_height if self.narrow and narrow_height else height
        canvas = Canvas(figsize=(3.9 if self.narrow else 7.2, tall), layout="constrained")
        shape = (count, 1) if self.narrow else (1, count)
        every = list(np.atleast_1d(canvas.subplots(*shape)).ravel())
        for axes in every:
            axes.set_title("")
        return canvas, every

    def write_ticks(self, axis: Axis) -> None:
        """Write ticks in the form of the language."""
        axis.set_major_formatter(_Ticks(self.lang))

    def name_unit(self, axes: Axes, text: str) -> None:
        """Write what the upright axis counts, level and above it."""
        axes.set_title(text, loc="left", fontsize=9.5, pad=8)

    def key(self, axes: Axes, handles: Sequence[Artist], *, columns: int, narrow_columns: int = 2) -> None:
        """Put the key of marks and lines above the axes."""
        count = narrow_columns if self.narrow else columns
        if canvas := axes.get_figure(root=True):
            canvas.legend(handles=handles, loc="outside upper center", ncols=count, columnspacing=1.4)


def figure(
    drawing: Callable[[Sheet], Canvas],
    *,
    name: str,
    alt: str,
    lang: str,
    caption: str,
    table: Table | None = None,
    notes: Sequence[str] = (),
) -> Figure:
    """Draw a picture for a desk and for a phone, and put with it the words and figures that stand for it.

    `name`, with `alt`, makes the ids inside the picture unique on a page.
    """
    wide, narrow = (draw(drawing, name=name, alt=alt, lang=lang, narrow=small) for small in (False, True))
    label = labels.text("page.data", lang) if table else ""
    return Figure(caption, alt, wide, narrow, tuple(notes), table, label)


def warm() -> None:
    """Draw something, so that fonts are found and matplotlib's later modules are there."""

    def drawing(sheet: Sheet) -> Canvas:
        canvas, axes = sheet.axes(height=2)
        axes.plot([0, 1], [0, 1])
        sheet.write_ticks(axes.yaxis)
        sheet.name_unit(axes, "x")
        sheet.key(axes, range_keys(sheet.lang), columns=3)
        return canvas

    draw(drawing, name="warm", alt="x", lang="vi")


class _Pen(RendererSVG):
    """Writes SVG; measures a text once, in however many pictures it stands, and groups no parts by name."""

    def open_group(self, s: str, gid: str | None = None) -> None:
        """Write no group: a third of all elements would be such groups, and nobody asks for them."""

    def close_group(self, s: str) -> None:
        """See `open_group`."""

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> Any:
        return _measure(s, prop.copy(), ismath)  # a copy, as who asks may change its own


@lru_cache(maxsize=4096)
def _measure(text: str, font: FontProperties, ismath: Any) -> Any:
    return text_to_path.get_text_width_height_descent(text, font, ismath)


class _Paper(FigureCanvasSVG):
    """Parts are laid out by the pen that writes them; savefig makes a drawing for that and throws it away."""

    def __init__(self, picture: Canvas, out: io.StringIO) -> None:
        super().__init__(picture)
        picture.set_dpi(_DPI)
        width, height = (_DPI * inches for inches in picture.get_size_inches())
        self._pen = _Pen(width, height, out, image_dpi=_DPI)  # type: ignore[no-untyped-call, unused-ignore]

    def get_renderer(self) -> _Pen:
        """Give the pen; matplotlib asks for it to measure the parts."""
        return self._pen

    def write(self) -> None:
        """Lay out and write the picture, once."""
        picture = self.figure
        if layout := picture.get_layout_engine():
            layout.execute(picture)
            picture.set_layout_engine("none")
        picture.draw(self._pen)
        self._pen.finalize()  # type: ignore[no-untyped-call, unused-ignore]


def draw(drawing: Callable[[Sheet], Canvas], *, name: str, alt: str, lang: str, narrow: bool = False) -> str:
    """Draw one picture as SVG that goes into HTML as it is; see `figure`."""
    salt = hashlib.sha256(f"{name} {narrow} {alt}".encode()).hexdigest()[:12]
    out = io.StringIO()
    with mpl.rc_context({**_STYLE, "svg.hashsalt": salt}):
        picture = drawing(Sheet(narrow, lang))
        _fix_empty_labels(picture)
        _Paper(picture, out).write()
    return _for_html(out.getvalue(), salt, alt)


def _fix_empty_labels(picture: Canvas) -> None:
    """Fix the position of empty axis labels, as matplotlib would measure all ticks to find it."""
    for axis in (axis for axes in picture.axes for axis in (axes.xaxis, axes.yaxis)):
        if not axis.get_label_text():
            axis.set_label_coords(0, 0)


def _for_html(raw: str, salt: str, alt: str) -> str:
    """Keep the drawing, drop what only a separate file needs, name the picture for who cannot see it."""
    _, _, after = raw.partition('viewBox="')
    box, _, after = after.partition('"')
    body = after[after.index(">") + 1 : after.rindex("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = body.replace("xlink:href", "href").replace(f"; font-family: '{_MEASURING_FONT}'", "")
    body = body.replace(f"'{_MEASURING_FONT}'", _FONTS)
    used = set(re.findall(r'(?:href="|url\()#([\w.-]+)', body))
    body = re.sub(r' id="([^"]+)"', lambda match: match[0] if match[1] in used else "", body)
    body = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", body)
    body = re.sub(r"\d+\.\d{3,}", lambda match: f"{float(match[0]):.2f}", body)
    body = re.sub(r"\s*\n\s*", "\n", body).strip()
    body = _COLOUR.sub(lambda match: f"var(--c-{_INKS[match[0].lower()]},{match[0]})", body)
    return (
        f'<svg role="img" aria-labelledby="t{salt}" viewBox="{box}" '
        f'style="width:100%;height:auto;background:var(--c-paper,#fff);fill:var(--c-black,#000);font-family:{_FONTS};stroke-linejoin:round;stroke-linecap:butt">'
        f'<title id="t{salt}">{escape(alt)}</title>\n{body}\n</svg>'
    )


def range_keys(lang: str) -> list[Line2D]:
    """Make the key's lines for the ranges."""
    return [
        Line2D([], [], color=BLUE, linewidth=width, label=labels.text("key.level", lang, level=level))
        for level, width in RANGE_WIDTHS.items()
    ]
