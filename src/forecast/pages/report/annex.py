"""The annex: parts that a reader opens, and the method in half a page."""

from __future__ import annotations

from typing import Any, Final

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Fold, Passage, Section, Shown

METHOD: Final = ("evidence", "share", "draws", "criteria", "departments", "record")


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
