"""The elements of a page: headings, passages, tables and figures that render themselves as HTML.

An element holds finished text, which is escaped when it is rendered.  The same elements serve JupyterLab
(``_repr_html_``) and the reports, whose style sheet is ``template/page.css``.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, Protocol

import jinja2
from markupsafe import Markup, escape

TEMPLATE_FOLDER: Final = Path(__file__).parent / "template"
PAGE_TYPE: Final = "application/vnd.forecast.page+json"
HEADING_TYPE: Final = "application/vnd.forecast.heading+json"
_RANGE: Final = re.compile(
    "[\\d.,\N{MINUS SIGN}]+\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}[\\d.,\N{MINUS SIGN}]*\\d"
)


@cache
def environment() -> jinja2.Environment:
    """Open the project's templates; every value is escaped unless a template says otherwise."""
    loader = jinja2.FileSystemLoader(TEMPLATE_FOLDER, encoding="utf-8")
    env = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    env.filters["whole"] = _whole
    return env


def warm() -> None:
    """Read the template of the pieces, which takes longer than to fill it."""
    _pieces()


def _pieces() -> Any:
    return environment().get_template("pieces.html.j2").module


def _whole(text: str) -> Markup:
    """Escape a text and keep each range on one line: browsers break after its dash in spite of the space."""
    return Markup(_RANGE.sub(r'<span class="whole">\g<0></span>', str(escape(text))))  # noqa: S704 -- escaped


class Displayable(Protocol):
    """An object that renders itself as HTML, with its text escaped."""

    def _repr_html_(self) -> str: ...


class _Element:
    """An element that is rendered by the macro of its class in ``template/pieces.html.j2``."""

    __slots__ = ()
    macro: ClassVar[str]

    def _repr_html_(self) -> str:
        return str(getattr(_pieces(), self.macro)(self)).strip()

    def __repr__(self) -> str:
        """Stay short: an executed notebook stores this beside the HTML."""
        return f"<{type(self).__name__}: {str(self).partition(chr(10))[0]}>"


@dataclass(frozen=True, slots=True, repr=False)
class Cover(_Element):
    """The head of a page; the page's title, language and foot are taken from it.

    `warning` stands before everything else, and on every printed page; `links` lead to the other pages.
    """

    macro: ClassVar[str] = "cover"
    title: str
    subtitle: str
    place_day: str
    lang: str
    foot: str = ""
    warning: str = ""
    links: tuple[tuple[str, str], ...] = ()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        page = {
            "title": self.title,
            "subtitle": self.subtitle,
            "place_day": self.place_day,
            "lang": self.lang,
            "foot": self.foot,
            "warning": self.warning,
            "links": self.links,
        }
        return {"text/html": self._repr_html_(), "text/plain": repr(self), PAGE_TYPE: page}

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.warning, self.title, self.subtitle, self.place_day)))


@dataclass(frozen=True, slots=True, repr=False)
class Heading(_Element):
    """A heading that the list of contents can point at."""

    macro: ClassVar[str] = "heading"
    text: str
    anchor: str
    level: int = 2

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        place = {"text": self.text, "anchor": self.anchor, "level": self.level}
        return {"text/html": self._repr_html_(), "text/plain": repr(self), HEADING_TYPE: place}

    def __str__(self) -> str:
        return f"{'#' * self.level} {self.text}"


@dataclass(frozen=True, slots=True, repr=False)
class Passage(_Element):
    """Paragraphs, or the points of a list; `form` is the class in the style sheet."""

    macro: ClassVar[str] = "passage"
    lines: tuple[str, ...]
    form: Literal["text", "headline", "lead", "note", "list", "steps"] = "text"

    def __str__(self) -> str:
        if self.form == "steps":
            return "\n".join(f"{place}. {line}" for place, line in enumerate(self.lines, start=1))
        mark = "- " if self.form == "list" else ""
        return "\n".join(mark + line for line in self.lines)


@dataclass(frozen=True, slots=True, repr=False)
class Link(_Element):
    """A way to another page of the folder, named in that page's language."""

    macro: ClassVar[str] = "link"
    text: str
    address: str
    lang: str

    def __str__(self) -> str:
        return f"{self.text} ({self.address})"


@dataclass(frozen=True, slots=True)
class Card:
    """A box of sheet one: a label, its figure, the figure's range, and figures to compare it with."""

    label: str
    value: str
    span: str
    beside: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, repr=False)
class Cards(_Element):
    """Boxes side by side."""

    macro: ClassVar[str] = "cards"
    cards: tuple[Card, ...]

    def __str__(self) -> str:
        return "\n".join(
            f"{card.label}: {card.value} ({card.span}); " + "; ".join(": ".join(pair) for pair in card.beside)
            for card in self.cards
        )


@dataclass(frozen=True, slots=True)
class Column:
    """Head of a table's column."""

    label: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of a cell and, if need be, a word that qualifies it, such as "estimated".

    `lang` is set if the text is in another language than the page; `link` is the page that says more.
    """

    text: str
    mark: str = ""
    lang: str = ""
    link: str = ""

    def __str__(self) -> str:
        mark = self.mark.replace("\n", " ")
        return f"{self.text} [{mark}]" if mark else self.text


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; `detail` is a sentence below it, over the table's whole width.

    `level` says how deep its head stands in a tree, from 0.
    """

    cells: tuple[Cell, ...]
    detail: str = ""
    strong: bool = False
    level: int = 0


def row(*cells: Cell | str, detail: str = "", strong: bool = False, level: int = 0) -> Row:
    """Make a line of a table from texts and cells."""
    whole = tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in cells)
    return Row(cells=whole, detail=detail, strong=strong, level=level)


@dataclass(frozen=True, slots=True, repr=False)
class Table(_Element):
    """A table with a caption; the first column holds the heads of the rows.

    `form` says what a phone does with it: "stack" turns each line into a block, "scroll" lets
    the table slide in its frame, "plain" leaves it, for two or three narrow columns.

    Raises
    ------
    ValueError
        If a line has not as many cells as there are columns.
    """

    macro: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    form: Literal["plain", "stack", "scroll"] = "stack"

    def __post_init__(self) -> None:
        wrong = [line for line in self.rows if len(line.cells) != len(self.columns)]
        if wrong:
            raise ValueError(
                f"{len(self.columns)} columns, but a row has {len(wrong[0].cells)} cells: {wrong[0]}"
            )

    def __str__(self) -> str:
        heads = [column.label for column in self.columns]
        lines = [heads, *(_texts(line) for line in self.rows)]
        widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
        lines_ = [self._line(line, widths) for line in lines]
        for place in range(len(self.rows), 0, -1):
            if detail := self.rows[place - 1].detail:
                lines_.insert(place + 1, f"    {detail}")
        return "\n".join([self.caption, *lines_, *(f"({note})" for note in self.notes)])

    def _line(self, texts: Sequence[str], widths: Sequence[int]) -> str:
        parts = [
            text.rjust(width) if column.numeric else text.ljust(width)
            for text, width, column in zip(texts, widths, self.columns, strict=True)
        ]
        return " | ".join(parts).rstrip()


def _texts(line: Row) -> list[str]:
    head, *rest = map(str, line.cells)
    return [f"{'  ' * line.level}{head}", *rest]


@dataclass(frozen=True, slots=True, repr=False)
class Figure(_Element):
    """A vector picture with the words and figures that stand for it.

    `svg` is for a desk or paper, `narrow` (may be empty) for a phone.  `alt` says what the
    picture shows and is already inside both.
    """

    macro: ClassVar[str] = "figure"
    caption: str
    alt: str
    svg: str
    narrow: str = ""
    notes: tuple[str, ...] = ()
    table: Table | None = None
    table_label: str = ""

    def __str__(self) -> str:
        return "\n".join([self.caption, self.alt, *self.notes, *([str(self.table)] if self.table else [])])


@dataclass(frozen=True, slots=True, repr=False)
class Elements:
    """Several pieces shown one below the other."""

    parts: tuple[Displayable, ...]

    def _repr_html_(self) -> str:
        return "\n".join(part._repr_html_() for part in self.parts)

    def __repr__(self) -> str:
        return f"<Elements: {len(self.parts)}>"

    def __str__(self) -> str:
        return "\n\n".join(str(part) for part in self.parts)


@dataclass(frozen=True, slots=True, repr=False)
class Section(Elements):
    """Several pieces that the style sheet treats as one; `form` is their class there."""

    form: Literal["front", "second", "pair"] = "front"

    def _repr_html_(self) -> str:
        return f'<div class="{self.form}">\n{Elements._repr_html_(self)}\n</div>'


@dataclass(frozen=True, slots=True, repr=False)
class Fold(Elements):
    """Elements under a heading that a reader opens; on paper all are shown."""

    title: str = ""
    anchor: str = ""

    def _repr_html_(self) -> str:
        opens = f'<details class="annex" id="{escape(self.anchor)}">'
        head = f"<summary><h2>{escape(self.title)}</h2></summary>"
        return f"{opens}{head}\n{Elements._repr_html_(self)}\n</details>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the head and foot of an HTML file need; ready for the template."""

    title: str
    lang: str
    skip: str
    contents_label: str
    pages_label: str = ""
    subtitle: str = ""
    place_day: str = ""
    foot: str = ""
    warning: str = ""
    contents: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    def document(self, body: Iterable[Displayable]) -> str:
        """Write a whole file from pieces, without a notebook."""
        body_html = Markup("\n").join(Markup(piece._repr_html_()) for piece in body)  # noqa: S704 -- escaped inside
        return environment().get_template("document.html.j2").render(page=self, body=body_html)
