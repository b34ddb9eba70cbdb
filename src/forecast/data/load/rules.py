"""Which rules judge which table, and what of it they are given: rows that contradict themselves or others."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import pandas as pd

from forecast.base.errors import Problem
from forecast.base.indexes import MAIN
from forecast.data.framework import TOTAL
from forecast.data.load import area_rules, figure_rules, framework_rules, indicators, points, year_rules
from forecast.data.load.areas import Gazetteer
from forecast.data.load.causes import with_causes
from forecast.data.load.cells import Expected, Finding, Frames, not_among, of_components, rows_where
from forecast.data.load.files import Rows
from forecast.data.scenarios import FILE as SCENARIOS
from forecast.data.scenarios import Scenario
from forecast.data.tables import APPRAISED, COMPONENTS, LINEAGE, Table

# Cells that a finding in a column depends on: where one of them is bad, the finding may only repeat that.
_RESTS_ON: Final[Mapping[str, tuple[str, ...]]] = {
    "year": ("index_code", "year"),
    "component": ("index_code", "component"),
    "score": ("index_code", "year", "component", "statistic", "score", "unit", "max_score", "rank"),
    "unit": ("statistic", "unit"),
    "max_score": ("index_code", "year", "component", "unit", "max_score"),
    "rank": ("rank",),
    "area": ("statistic", "area"),
    "published_on": ("year", "published_on"),
    "source_day": ("published_on", "source_day"),
}
# Other tables that the rules of a table look at; no others are given to them.
_READS: Final[Mapping[str, tuple[str, ...]]] = {
    "scores": ("frameworks", "areas", "lineage"),
    "related_indices": ("areas", "lineage"),
    "lineage": ("areas",),
    "indicator_types": ("frameworks",),
    "indicators": ("indicator_types",),
    "elasticities": ("indicator_types",),
    "targets": ("indicators",),
    "frameworks": ("indicators", "indicator_types", "events"),
    "events": ("frameworks",),
    "submissions": ("frameworks",),
    "self_scores": ("frameworks",),
    "remedies": ("units", "frameworks"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """One parsed table, to be checked by the rules.

    Rows whose cells are all good are judged; of scores the others too, by what their good cells say.
    """

    table: Table
    rows: Rows
    frame: pd.DataFrame
    bad: frozenset[int]
    bad_cells: frozenset[tuple[int, str]] = frozenset()

    @property
    def good(self) -> pd.DataFrame:
        """Rows without a bad cell."""
        return self.frame.loc[~self.frame["row"].isin(list(self.bad))]

    def rests_on_good(self, finding: Finding) -> bool:
        """Whether no bad cell of its row can have led to a finding."""
        row, column, *_ = finding
        return row not in self.bad or (
            column in _RESTS_ON and not any((row, name) in self.bad_cells for name in _RESTS_ON[column])
        )

    def problem(self, finding: Finding) -> Problem:
        """Give a finding its file and the text that stands in the cell."""
        row, column, key, facts = finding
        cells = self.rows.cells.get(column)
        value = cells[bisect.bisect_left(self.rows.numbers, row)] if cells else ""
        return Problem(self.rows.file, row, column, value, key, facts)


def repeated_rows(checked: Checked) -> list[Problem]:
    """Report rows that repeat the key and the source of an earlier row."""
    frame = checked.good
    key = list(checked.table.source_key)
    first = frame.groupby(key, dropna=False, sort=False)["row"].transform("min")
    repeated = frame["row"] != first
    rows = zip(rows_where(frame, repeated), first[repeated], strict=True)
    return [
        checked.problem((row, "", "expect.new_key", {"first": int(earlier), "key": key}))
        for row, earlier in rows
    ]


def broken_rules(tables: Mapping[str, Checked], gazetteer: Gazetteer, *, changed: str = "") -> list[Problem]:
    """Judge every table by its own rules, or only those that the one that `changed` can have broken."""
    reads = {name: (name, *_READS.get(name, ())) for name in _RULES if name in tables}
    lineage = tables.get(LINEAGE.name)
    if lineage is None:
        return _broken(reads, tables, gazetteer, changed)
    own = _broken({LINEAGE.name: reads.pop(LINEAGE.name)}, tables, gazetteer, changed)
    if own or lineage.bad:  # told there, and not once more by every figure that does not fit it
        tables = {**tables, LINEAGE.name: _emptied(lineage)}
    others = _broken(reads, tables, gazetteer, changed)
    return own + (others if changed else with_causes(others, lineage.frame))


def _broken(
    reads: Mapping[str, Sequence[str]], tables: Mapping[str, Checked], gazetteer: Gazetteer, changed: str
) -> list[Problem]:
    """Judge tables by what each of them reads."""
    return [
        problem
        for name, names in reads.items()
        if changed in ("", *names)
        for problem in _problems_of(tuple(tables[table] for table in names if table in tables), gazetteer)
    ]


@lru_cache(maxsize=4)
def _emptied(checked: Checked) -> Checked:
    return replace(checked, frame=checked.frame.iloc[:0])


@lru_cache(maxsize=64)  # a command that adds a figure reads the folder before and after
def _problems_of(read: tuple[Checked, ...], gazetteer: Gazetteer) -> tuple[Problem, ...]:
    """Judge the first of some tables by its rule, which looks at the others."""
    own = read[0]
    frames = {table.table.name: _rows_to_check(table) for table in read}
    findings = _RULES[own.table.name](frames[own.table.name], frames, gazetteer)
    return tuple(own.problem(finding) for finding in findings if own.rests_on_good(finding))


def _rows_to_check(checked: Checked) -> pd.DataFrame:
    """The rows of a table that rules are given."""
    if checked.table.name in ("scores", "related_indices", "indicator_types"):  # one round tells both kinds
        return checked.frame
    if checked.table.name in ("frameworks", "units") and checked.bad:  # sums would be off, names seem unknown
        return checked.good.iloc[:0]
    return checked.good


def days_to_come(tables: Mapping[str, Checked], today: dt.date) -> list[Problem]:
    """Report days of publication after today: no source can have said it yet."""
    columns = ("published_on", "source_day")
    return [
        checked.problem((row, name, "expect.no_day_to_come", {"today": today}))
        for checked in tables.values()
        for name in dict.fromkeys((*columns, checked.table.known_from))
        if name in checked.frame
        for row in rows_where(checked.frame, checked.frame[name] > pd.Timestamp(today))
    ]


def wrong_in_scenarios(scenarios: Sequence[Scenario], tables: Mapping[str, Checked]) -> list[Problem]:
    """Report indicators and components of scenarios that no table knows, and values that cannot be."""
    frames = {name: checked.frame for name, checked in tables.items()}
    lists = ("indicators", "indicator_types")
    codes = {code for name in lists if name in frames for code in frames[name]["indicator_code"]}
    allowed = {"indicators": codes, "points": _every_component(frames) | {TOTAL}}
    unknown = [
        Problem(
            SCENARIOS,
            None,
            f"{scenario.scenario_id}.{name}",
            name_used,
            *_unknown_in_scenario(name, name_used, tuple(sorted(known))),
        )
        for scenario in scenarios
        for name, known in allowed.items()
        for name_used in getattr(scenario, name)
        if name_used not in known
    ]
    unknown += _beyond_maximum(scenarios, frames)
    if not set(lists) <= set(frames):
        return unknown
    return unknown + indicators.wrong_values(scenarios, *(frames[name] for name in lists))


def _unknown_in_scenario(kind: str, name: str, known: tuple[str, ...]) -> Expected:
    meant = of_components(name, known) if kind == "points" else None
    return meant or not_among(name, known)


def _beyond_maximum(scenarios: Sequence[Scenario], frames: Frames) -> list[Problem]:
    """Report points of a component that are more than its maximum in any framework."""
    versions = frames.get("frameworks", pd.DataFrame(columns=["component", "max_score"]))
    maxima = versions.groupby("component")["max_score"].max()
    return [
        Problem(SCENARIOS, None, f"{scenario.scenario_id}.points.{name}", f"{points:g}", key, {side: limit})
        for scenario in scenarios
        for name, points in scenario.points.items()
        if name in maxima.index and abs(points) > (most := float(maxima[name]))
        for key, side, limit in [
            ("expect.at_most", "high", most) if points > 0 else ("expect.at_least", "low", -most)
        ]
    ]


def _indicator_types(_: pd.DataFrame, frames: Frames, __: Gazetteer) -> Iterator[Finding]:
    yield from indicators.catalogue(frames["indicator_types"], _every_component(frames))


def _indicators(frame: pd.DataFrame, frames: Frames, _: Gazetteer) -> Iterator[Finding]:
    yield from indicators.figures(frame, frames.get("indicator_types", indicators.NO_CATALOGUE))


def _elasticities(frame: pd.DataFrame, frames: Frames, _: Gazetteer) -> Iterator[Finding]:
    yield from indicators.elasticities(frame, frames.get("indicator_types", indicators.NO_CATALOGUE))


def _submissions(frame: pd.DataFrame, frames: Frames, _: Gazetteer) -> Iterator[Finding]:
    yield from points.submissions(frame, _every_component(frames))


def _self_scores(frame: pd.DataFrame, frames: Frames, _: Gazetteer) -> Iterator[Finding]:
    yield from points.self_scores(frame, _every_component(frames))
    versions = frames.get("frameworks", pd.DataFrame(columns=["component"]))
    placed = set()  # a wrong maximum once, whichever score stands beside it
    for name in ("self_score", "appraised_score"):
        as_scores = frame.assign(index_code=MAIN, unit="points", score=frame[name])
        for row, column, key, facts in figure_rules.framework_maxima(as_scores, versions):
            place = row, name if column == "score" else column
            if place not in placed:
                placed.add(place)
                yield *place, key, facts


def _remedies(frame: pd.DataFrame, frames: Frames, _: Gazetteer) -> Iterator[Finding]:
    units = frames.get("units", pd.DataFrame(columns=["unit", "aliases"]))
    versions = frames.get("frameworks", pd.DataFrame(columns=["component"]))
    yield from points.remedies(frame, _every_component(frames), units, versions)


def _every_component(frames: Frames) -> frozenset[str]:
    """All components that exist; none if the table of frameworks is bad, which is told already."""
    versions = frames.get("frameworks")
    if versions is None or versions.empty:
        return frozenset()
    return frozenset(COMPONENTS[MAIN]).difference(APPRAISED) | frozenset(versions["component"])


_RULES: Final[Mapping[str, Callable[[pd.DataFrame, Frames, Gazetteer], Iterator[Finding]]]] = {
    "scores": figure_rules.scores,
    "related_indices": figure_rules.related,
    "frameworks": framework_rules.frameworks,
    "announcements": year_rules.announcements,
    "events": year_rules.events,
    "indicator_types": _indicator_types,
    "indicators": _indicators,
    "elasticities": _elasticities,
    "targets": year_rules.targets,
    "submissions": _submissions,
    "self_scores": _self_scores,
    "areas": area_rules.regions,
    "lineage": area_rules.lineage,
    "units": area_rules.units,
    "remedies": _remedies,
}
