"""Marks of maxima that no document gave, wherever one is shown, and of scales other than the printed one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from forecast.base import labels
from forecast.base.indexes import INDEXES
from forecast.base.labels import Phrase


def doubtful(status: object) -> bool:
    """Tell whether a maximum must be marked: not if it was read, nor if the whole page says it is made up."""
    return status not in ("read", "made_up")


def starred_maximum(record: pd.Series[Any], lang: str) -> str:
    """Write a component's maximum, with a star if it was not read; for pictures, where there is no room."""
    return labels.plain(float(record["max_score"]), lang) + ("*" if doubtful(record["max_status"]) else "")


def star_note(statuses: Iterable[object], lang: str) -> tuple[str, ...]:
    """Say what the star means, where there is one."""
    return (labels.text("max_status.star", lang),) if any(map(doubtful, statuses)) else ()


def scale_note(index_code: str) -> tuple[Phrase, ...]:
    """Say that an index is published on another scale than its points here, where it is."""
    index = INDEXES[index_code]
    if math.isnan(index.printed_maximum):
        return ()
    facts = {"index": Phrase(f"short_index.{index_code}"), "maximum": f"{index.printed_maximum:g}"}
    return (Phrase("domains.scale", facts | {"points": f"{index.maximum:g}"}),)


def maximum_note(record: pd.Series[Any], lang: str) -> tuple[str, ...]:
    """Say that a component's own maximum was not read; nothing if it was."""
    if not doubtful(record["max_status"]):
        return ()
    top = labels.plain(float(record["max_score"]), lang)
    return (labels.text("domain.maximum_assumed", lang, maximum=top),)
