"""The annex: the method in half a page; and tables cut to what a meeting has time for."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from forecast.base import labels
from forecast.pages.markup import Passage, Shown, Table

MOST_LINES: Final = 10
METHOD: Final = ("evidence", "share", "draws", "criteria", "departments", "record")


def first_lines(piece: Shown, *, on: str, lang: str, count: int = MOST_LINES) -> Shown:
    """Cut a table to its first lines and say on which page of the run the others are."""
    if not isinstance(piece, Table) or len(piece.rows) <= count:
        return piece
    facts = {"count": len(piece.rows) - count, "page": labels.text(f"runs.page.{on}", lang)}
    more = labels.text("cut.more", lang, **facts)
    return replace(piece, rows=piece.rows[:count], notes=(*piece.notes, more))


def method(*, lang: str) -> Passage:
    """Say in words how the forecast is made."""
    return Passage(tuple(labels.text(f"method.{name}", lang) for name in METHOD))
