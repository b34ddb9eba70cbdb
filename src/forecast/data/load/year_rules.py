"""Check what is said of an index's years: when a result was out, what changed, what is aimed at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from forecast.data.framework import WHOLE
from forecast.data.load import area_rules
from forecast.data.load.areas import Gazetteer
from forecast.data.load.cells import Finding, each_row, not_among, rows_where
from forecast.data.tables import INDEX_CODES

Frames = Mapping[str, pd.DataFrame]


def announcements(frame: pd.DataFrame, _: Frames, __: Gazetteer) -> Iterator[Finding]:
    """A year's result is out after the year."""
    for row in rows_where(frame, frame["announced_on"].dt.year <= frame["year"]):
        yield row, "announced_on", "expect.after_year", {}


def targets(frame: pd.DataFrame, frames: Frames, gazetteer: Gazetteer) -> Iterator[Finding]:
    """What is aimed at can be reached, and is of a whole area."""
    known = frames.get("indicators", pd.DataFrame(columns=["indicator_code"]))
    yield from area_rules.no_units(frame, gazetteer)
    for row in each_row(frame):
        if row.quantity == "rank" and not 1 <= row.value <= area_rules.PROVINCES:
            yield row.row, "value", "expect.at_most", {"high": float(area_rules.PROVINCES)}
        if row.quantity != "rank" and row.value > WHOLE:
            yield row.row, "value", "expect.at_most", {"high": WHOLE}
        if row.quantity == "rank" and row.index_code not in INDEX_CODES:
            allowed = (*INDEX_CODES, *sorted(set(known["indicator_code"])))
            yield row.row, "index_code", *not_among(row.index_code, allowed)
