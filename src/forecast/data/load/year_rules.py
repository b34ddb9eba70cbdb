"""Check what is said of an index's years: when a result was out, what changed, what is aimed at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pandas as pd

from forecast.base.indexes import INDEXES
from forecast.base.spelling import plain_words
from forecast.data.framework import WHOLE
from forecast.data.load import area_rules
from forecast.data.load.areas import Gazetteer
from forecast.data.load.cells import Finding, Frames, each_row, not_among, rows_where
from forecast.data.tables import FIRST_YEAR, INDEX_CODES, LAST_YEAR

_DECISION: Final = re.compile(r"[0-9]{1,5}/QĐ-\w+|(?P<year>[0-9]{4})")  # or the year, with no number known
_NUMBER: Final = re.compile(r"(?:(?:quyet dinh|qd) )?(?:so )?([0-9]{1,5})(?: qd| qd bnv)?")


def from_first_year(frame: pd.DataFrame, column: str = "year") -> Iterator[Finding]:
    """An index has no year before the one that it was first made for."""
    firsts = _first_years(frame)
    for row in each_row(frame.assign(first=firsts).loc[frame[column] < firsts]):
        yield row.row, column, "expect.year_of_index", {"index_code": row.index_code, "first": int(row.first)}


def of_years_that_can_be(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of which more can be asked: their index was there in their year."""
    return frame.loc[frame["year"] >= _first_years(frame).fillna(1)]


def _first_years(frame: pd.DataFrame) -> pd.Series:
    return frame["index_code"].map({code: index.first_year for code, index in INDEXES.items()})


def announcements(frame: pd.DataFrame, _: Frames, __: Gazetteer) -> Iterator[Finding]:
    """A year's result is out after the year."""
    yield from from_first_year(frame)
    for row in rows_where(frame, frame["announced_on"].dt.year <= frame["year"]):
        yield row, "announced_on", "expect.after_year", {}


def events(frame: pd.DataFrame, frames: Frames, _: Gazetteer) -> Iterator[Finding]:
    """A decision may hold for longer than planned, but not earlier."""
    yield from from_first_year(frame)
    versions = frames.get("frameworks", pd.DataFrame(columns=["framework", "first_year"]))
    versions = versions.drop_duplicates("framework")
    dated = frame.loc[frame["kind"] == "framework"].merge(
        versions, left_on="what", right_on="framework", suffixes=("", "_version")
    )
    for row in each_row(dated.loc[dated["year"] < dated["first_year"]]):
        facts = {"framework": row.what, "first": int(row.first_year)}
        yield row.row, "year", "expect.year_of_framework", facts


def is_decision(name: str) -> bool:
    """Whether a framework may be called so.

    >>> [is_decision(name) for name in ("876/QĐ-BNV", "2024", "1149", "new criteria")]
    [True, True, False, False]
    """
    match = _DECISION.fullmatch(name)
    return match is not None and (not match["year"] or FIRST_YEAR <= int(match["year"]) <= LAST_YEAR)


def expected_decision(name: str) -> tuple[str, dict[str, object]]:
    """What is expected in place of a framework's name, as a key of the catalogue and its facts.

    >>> [expected_decision(name)[1] for name in ("1149", "Quyết định 876/QD-BNV", "abc")]
    [{'near': '1149/QĐ-BNV'}, {'near': '876/QĐ-BNV'}, {}]
    """
    match = _NUMBER.fullmatch(plain_words(name))
    return ("expect.decision_near", {"near": f"{match[1]}/QĐ-BNV"}) if match else ("expect.decision", {})


def targets(frame: pd.DataFrame, frames: Frames, gazetteer: Gazetteer) -> Iterator[Finding]:
    """What is aimed at can be reached, and is of a whole area."""
    known = frames.get("indicators", pd.DataFrame(columns=["indicator_code"]))
    yield from from_first_year(frame)
    yield from area_rules.no_units(frame, gazetteer)
    for row in each_row(frame):
        if row.quantity == "rank" and not 1 <= row.value <= area_rules.PROVINCES:
            yield row.row, "value", "expect.at_most", {"high": float(area_rules.PROVINCES)}
        if row.quantity != "rank" and row.value > WHOLE:
            yield row.row, "value", "expect.at_most", {"high": WHOLE}
        due = "<=" if row.quantity == "rank" else ">="
        if row.index_code in INDEX_CODES and row.relation != due:
            yield row.row, "relation", "expect.relation_of_target", {"due": due}
        if row.quantity == "rank" and row.index_code not in INDEX_CODES:
            allowed = (*INDEX_CODES, *sorted(set(known["indicator_code"])))
            yield row.row, "index_code", *not_among(row.index_code, allowed)
