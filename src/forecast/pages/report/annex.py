"""The annex: the method in half a page; and tables cut to what a meeting has time for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Fold, Passage, Section, Shown, Table

if TYPE_CHECKING:
    from forecast.answer.result import Result

MOST_LINES: Final = 10
METHOD: Final = ("evidence", "share", "draws", "criteria", "departments", "record")


def first_lines(piece: Shown, *, on: str, lang: str, count: int = MOST_LINES) -> Shown:
    """Cut a table to its first lines and say on which page of the run the others are."""
    if not isinstance(piece, Table) or len(piece.rows) <= count:
        return piece
    facts = {"count": len(piece.rows) - count, "page": labels.text(f"runs.page.{on}", lang)}
    more = labels.text("cut.more", lang, **facts)
    return replace(piece, rows=piece.rows[:count], notes=(*piece.notes, more))


def fold(name: str, *parts: Shown, lang: str, **facts: Any) -> Fold:
    """Put a part of the annex under its heading, which a reader opens; paper has it whole."""
    return Fold(parts, title=labels.text(f"heading.{name}", lang, **facts), anchor=name.replace("_", "-"))


def provinces(tiles: Shown, ranking: Shown, result: Result, *, lang: str) -> Fold:
    """Put the map and the ranking of all provinces beside each other."""
    pair = Section((tiles, ranking), form="pair")
    return fold("provinces", pair, lang=lang, count=reading.ranked_areas(result))


def method(*, lang: str) -> Passage:
    """Say in words how the forecast is made."""
    return Passage(tuple(labels.text(f"method.{name}", lang) for name in METHOD))
