"""Check versions of the framework: their decisions and years, what each is made of, what adds up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from forecast.base.indexes import MAIN
from forecast.data.framework import PART_PREFIX, TOTAL, is_criterion
from forecast.data.load import points
from forecast.data.load.areas import Gazetteer
from forecast.data.load.cells import Finding, Frames, each_row, not_among
from forecast.data.load.indicators import NO_CATALOGUE
from forecast.data.load.year_rules import expected_decision, from_first_year, is_decision
from forecast.data.tables import APPRAISED

SUM_TOLERANCE: Final = 0.005


def frameworks(frame: pd.DataFrame, frames: Frames, _: Gazetteer) -> Iterator[Finding]:
    """A version is of one decision and its years; its rows have their places, and their maxima add up."""
    known = frames.get("indicators")
    if known is not None:
        catalogue = frames.get("indicator_types", NO_CATALOGUE)
        yield from points.scoring(frame, {*known["indicator_code"], *catalogue["indicator_code"]})
    unique = frame.drop_duplicates(["framework", "component"])  # a repeat is told already
    for name, version in unique.groupby("framework", sort=False):
        if not is_decision(str(name)):
            yield int(version["row"].iloc[0]), "framework", *expected_decision(str(name))
        parts = set(version["component"])
        for row in each_row(version):
            if row.last_year < row.first_year:
                yield row.row, "last_year", "expect.not_before", {"first": int(row.first_year)}
            if row.component != TOTAL and row.parent not in parts:
                yield row.row, "parent", *not_among(row.parent, tuple(version["component"]))
            if row.max_score == 0:
                yield row.row, "max_score", "expect.above_zero", {}
            if row.component in APPRAISED:
                yield row.row, "component", "expect.no_appraised_maximum", {}
        yield from _bounds(version)
        yield from _places(version)
        yield from sums(str(name), version)
    yield from _years(unique, frames)


def _years(frame: pd.DataFrame, frames: Frames) -> Iterator[Finding]:
    """Report rows with other years than their version's, and two versions of an index for one year."""
    events = frames.get("events", pd.DataFrame(columns=["index_code", "what"]))
    first_rows = frame.drop_duplicates("framework")
    spans = {row.framework: (int(row.first_year), int(row.last_year)) for row in each_row(first_rows)}
    for row in each_row(frame):
        first, last = spans[row.framework]
        if (row.first_year, row.last_year) != (first, last):
            column = "first_year" if row.first_year != first else "last_year"
            facts = {"framework": row.framework, "first": first, "last": last}
            yield row.row, column, "expect.years_of_framework", facts
    of_index = [min(_indexes_of(name, events)) for name in first_rows["framework"]]
    yield from from_first_year(first_rows.assign(index_code=of_index), "first_year")
    earlier: list[str] = []
    for row in each_row(first_rows):
        indexes, (first, last) = _indexes_of(row.framework, events), spans[row.framework]
        for other in earlier:
            begin, end = spans[other]
            if first <= end and begin <= last and indexes & _indexes_of(other, events):
                facts = {"framework": other, "first": begin, "last": end}
                yield row.row, "first_year" if begin <= first else "last_year", "expect.free_years", facts
        earlier.append(row.framework)


def _indexes_of(framework: str, events: pd.DataFrame) -> frozenset[str]:
    """Indexes that a decision is said to be of; the main one where nothing says it."""
    return frozenset(events.loc[events["what"] == framework, "index_code"]) or frozenset({MAIN})


def _bounds(version: pd.DataFrame) -> Iterator[Finding]:
    """Report bounds that do not hold the maximum, or stand beside one that is not assumed."""
    for row in each_row(version):
        for column, outside in (
            ("max_low", row.max_low > row.max_score),
            ("max_high", row.max_high < row.max_score),
        ):
            if pd.isna(getattr(row, column)) != pd.isna(row.max_low + row.max_high):
                yield row.row, column, "expect.both_bounds", {}
            elif outside:
                yield row.row, column, "expect.bounds_of_maximum", {"maximum": float(row.max_score)}
            elif row.max_status != "assumed" and not pd.isna(getattr(row, column)):
                yield row.row, column, "expect.bounds_of_assumed", {}


def _places(version: pd.DataFrame) -> Iterator[Finding]:
    """Report rows whose parent is wrong; their points would be lost without a message."""
    above = dict(zip(version["component"], version["parent"], strict=True))
    sound = {TOTAL}
    for row in each_row(version):
        name, parent = row.component, row.parent
        due = _place(name)
        if is_criterion(name) and (parent == TOTAL or parent.startswith(PART_PREFIX)):
            yield row.row, "parent", "expect.below_domain", {}
        if not is_criterion(name) and parent != due and (parent in above or name == TOTAL):
            yield row.row, "parent", "expect.parent", {"parent": due}
        visited: set[str] = set()
        while name in above and name not in sound and name not in visited:
            visited.add(name)
            name = above[name]
        if name in visited:
            yield row.row, "parent", "expect.no_circle_of_parents", {}
        else:
            sound |= visited


def _place(component: str) -> str:
    """Give what a component of the panel's own stands below: D8 for D8.sipas, the total for D8."""
    if component == TOTAL:
        return ""
    return (component.startswith("D") and component.rpartition(".")[0]) or TOTAL


def sums(name: str, version: pd.DataFrame) -> Iterator[Finding]:
    """Report parents whose children's maxima do not add up, as points would be lost or made."""
    own = version.set_index("component")["max_score"]
    adding = version.loc[~version["component"].str.startswith(PART_PREFIX)]
    for parent, children in adding.loc[adding["parent"] != ""].groupby("parent", sort=False):
        total = float(children["max_score"].sum())
        if parent in own.index and abs(total - float(own[parent])) > SUM_TOLERANCE:
            row = int(version.loc[version["component"] == parent, "row"].iloc[0])
            yield row, "max_score", "expect.sum", {"sum": round(total, 4), "framework": name}
