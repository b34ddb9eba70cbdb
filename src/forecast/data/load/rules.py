"""Rules that need more than one cell: rows that contradict themselves, each other or the framework."""

from __future__ import annotations

import bisect
import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pandas as pd

from forecast.base.errors import Problem
from forecast.base.indexes import INDEXES, MAIN
from forecast.data.framework import PART_PREFIX, TOTAL, WHOLE, is_criterion
from forecast.data.load import area_rules, indicators, points
from forecast.data.load.areas import Gazetteer
from forecast.data.load.cells import Finding, each_row, not_among, unknown_values
from forecast.data.load.files import Rows
from forecast.data.scenarios import FILE as SCENARIOS
from forecast.data.scenarios import Scenario
from forecast.data.tables import APPRAISED, COMPONENTS, COUNTRY, INDEX_CODES, Table

Frames = Mapping[str, pd.DataFrame]

# Cells that a finding in a column depends on: where one of them is bad, the finding may only repeat that.
_RESTS_ON: Final[Mapping[str, tuple[str, ...]]] = {
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
    "frameworks": ("indicators", "indicator_types"),
    "submissions": ("frameworks",),
    "self_scores": ("frameworks",),
    "remedies": ("units", "frameworks"),
}
_SUM_TOLERANCE: Final = 0.005
_DECISION: Final = re.compile(r"[0-9]{1,5}/QĐ-\w+|[12][0-9]{3}")  # or the year, where no number is known
_PROVINCES: Final = area_rules.PROVINCES
_NO_CATALOGUE: Final = pd.DataFrame(columns=["indicator_code", "name_vi", "unit", "component"])


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
    rows = zip(_rows(frame, repeated), first[repeated], strict=True)
    return [
        checked.problem((row, "", "expect.new_key", {"first": int(earlier), "key": key}))
        for row, earlier in rows
    ]


def broken_rules(tables: Mapping[str, Checked], gazetteer: Gazetteer, *, changed: str = "") -> list[Problem]:
    """Judge every table by its own rules, or only those that the one that `changed` can have broken."""
    reads = {name: (name, *_READS.get(name, ())) for name in _RULES if name in tables}
    return [
        problem
        for name, names in reads.items()
        if changed in ("", *names)
        for problem in _problems_of(tuple(tables[table] for table in names if table in tables), gazetteer)
    ]


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
        for row in _rows(checked.frame, checked.frame[name] > pd.Timestamp(today))
    ]


def unknown_in_scenarios(scenarios: Sequence[Scenario], tables: Mapping[str, Checked]) -> list[Problem]:
    """Report indicators and components of scenarios that no table knows."""
    frames = {name: checked.frame for name, checked in tables.items()}
    lists = ("indicators", "indicator_types")
    codes = {code for name in lists if name in frames for code in frames[name]["indicator_code"]}
    allowed = {"indicators": codes, "points": _every_component(frames) | {TOTAL}}
    return [
        Problem(
            SCENARIOS,
            None,
            f"{scenario.scenario_id}.{name}",
            name_used,
            *not_among(name_used, tuple(sorted(known))),
        )
        for scenario in scenarios
        for name, known in allowed.items()
        for name_used in getattr(scenario, name)
        if name_used not in known
    ]


def _announcements(frame: pd.DataFrame, _: Frames, __: Gazetteer) -> Iterator[Finding]:
    """A year's result is out after the year."""
    for row in _rows(frame, frame["announced_on"].dt.year <= frame["year"]):
        yield row, "announced_on", "expect.after_year", {}


def _scores(frame: pd.DataFrame, frames: Frames, gazetteer: Gazetteer) -> Iterator[Finding]:
    versions = frames.get("frameworks", pd.DataFrame(columns=["component"]))
    criteria = {MAIN: tuple(versions["component"])}
    rows = frame
    if versions.empty:  # a bad table of frameworks is told already, and names no criterion
        rows = frame[~((frame["index_code"] == MAIN) & frame["component"].map(is_criterion).astype(bool))]
    yield from _components(rows, criteria)
    yield from _figures(frame)
    yield from _framework_maxima(frame, versions)
    appraised = frame["component"].isin(APPRAISED)
    for number in _rows(frame, appraised & (frame["unit"] == "points") & frame["max_score"].isna()):
        yield number, "max_score", "expect.appraised_maximum", {}
    is_count = frame["statistic"].str.startswith("count:")
    for number in _rows(frame, is_count != (frame["unit"] == "provinces")):
        yield number, "unit", "expect.unit_of_count", {}
    for number in _rows(frame, is_count & (frame["score"] > _PROVINCES)):
        yield number, "score", "expect.at_most", {"high": float(_PROVINCES)}
    own, province = frame["statistic"] == "value", frame["area"].isin(gazetteer.provinces)
    for number in _rows(frame, own & ~province):
        yield number, "area", "expect.province", {"country": COUNTRY}
    for number in _rows(frame, ~own & province):
        yield number, "area", "expect.group_of_provinces", {"country": COUNTRY}
    yield from _days(frame)
    yield from area_rules.areas_of_year(frame, frames, gazetteer)


def _related(frame: pd.DataFrame, frames: Frames, gazetteer: Gazetteer) -> Iterator[Finding]:
    yield from _components(frame, {})
    yield from _figures(frame)
    yield from _days(frame)
    yield from _no_units(frame, gazetteer)
    yield from area_rules.areas_of_year(frame, frames, gazetteer)


def _indicator_types(_: pd.DataFrame, frames: Frames, __: Gazetteer) -> Iterator[Finding]:
    yield from indicators.catalogue(frames["indicator_types"], _every_component(frames))


def _indicators(frame: pd.DataFrame, frames: Frames, _: Gazetteer) -> Iterator[Finding]:
    yield from indicators.figures(frame, frames.get("indicator_types", _NO_CATALOGUE))


def _elasticities(frame: pd.DataFrame, frames: Frames, _: Gazetteer) -> Iterator[Finding]:
    yield from indicators.elasticities(frame, frames.get("indicator_types", _NO_CATALOGUE))


def _targets(frame: pd.DataFrame, frames: Frames, gazetteer: Gazetteer) -> Iterator[Finding]:
    known = frames.get("indicators", pd.DataFrame(columns=["indicator_code"]))
    yield from _no_units(frame, gazetteer)
    for row in each_row(frame):
        if row.quantity == "rank" and not 1 <= row.value <= _PROVINCES:
            yield row.row, "value", "expect.at_most", {"high": float(_PROVINCES)}
        if row.quantity != "rank" and row.value > WHOLE:
            yield row.row, "value", "expect.at_most", {"high": WHOLE}
        if row.quantity == "rank" and row.index_code not in INDEX_CODES:
            allowed = (*INDEX_CODES, *sorted(set(known["indicator_code"])))
            yield row.row, "index_code", *not_among(row.index_code, allowed)


def _submissions(frame: pd.DataFrame, frames: Frames, _: Gazetteer) -> Iterator[Finding]:
    yield from points.submissions(frame, _every_component(frames))


def _self_scores(frame: pd.DataFrame, frames: Frames, _: Gazetteer) -> Iterator[Finding]:
    yield from points.self_scores(frame, _every_component(frames))


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


def _frameworks(frame: pd.DataFrame, frames: Frames, _: Gazetteer) -> Iterator[Finding]:
    known = frames.get("indicators")
    if known is not None:
        catalogue = frames.get("indicator_types", _NO_CATALOGUE)
        yield from points.scoring(frame, {*known["indicator_code"], *catalogue["indicator_code"]})
    unique = frame.drop_duplicates(["framework", "component"])  # a repeat is told already
    for name, version in unique.groupby("framework", sort=False):
        if not _DECISION.fullmatch(str(name)):
            yield int(version["row"].iloc[0]), "framework", "expect.decision", {}
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
        yield from _sums(str(name), version)


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


def _sums(name: str, version: pd.DataFrame) -> Iterator[Finding]:
    """Report parents whose children's maxima do not add up, as points would be lost or made."""
    own = version.set_index("component")["max_score"]
    adding = version.loc[~version["component"].str.startswith(PART_PREFIX)]
    for parent, children in adding.loc[adding["parent"] != ""].groupby("parent", sort=False):
        total = float(children["max_score"].sum())
        if parent in own.index and abs(total - float(own[parent])) > _SUM_TOLERANCE:
            row = int(version.loc[version["component"] == parent, "row"].iloc[0])
            yield row, "max_score", "expect.sum", {"sum": round(total, 4), "framework": name}


def _components(frame: pd.DataFrame, more: Mapping[str, tuple[str, ...]]) -> Iterator[Finding]:
    for code, rows in frame.groupby("index_code", sort=False):
        allowed = tuple(dict.fromkeys((*COMPONENTS.get(str(code), ()), *more.get(str(code), ()))))
        yield from unknown_values(rows, "component", allowed)


def _figures(frame: pd.DataFrame) -> Iterator[Finding]:
    """A row gives a score or a rank, and no score above the maximum of its unit."""
    nothing = frame["score"].isna() & frame["rank"].isna()
    for row in _rows(frame, nothing):
        yield row, "score", "expect.score_or_rank", {}
    for row in _rows(frame, frame["rank"].notna() & (frame["rank"] % 1 != 0)):
        yield row, "rank", "expect.whole_rank", {}
    for row in _rows(frame, frame["max_score"] == 0):
        yield row, "max_score", "expect.above_zero", {}
    for row in _rows(frame, (frame["max_score"] > WHOLE) & (frame["unit"] == "points")):
        yield row, "max_score", "expect.at_most", {"high": WHOLE}
    percent = frame["unit"] == "percent"
    for row in _rows(frame, percent & frame["max_score"].notna() & (frame["max_score"] != WHOLE)):
        yield row, "max_score", "expect.percent_maximum", {}
    highest = frame["max_score"].fillna(_scales(frame)).where(~percent, WHOLE)
    above = frame["score"] > highest
    for row, high in zip(_rows(frame, above), highest[above], strict=True):
        yield row, "score", "expect.at_most", {"high": float(high)}


def _scales(frame: pd.DataFrame) -> pd.Series:
    """Maxima as the publishers print them; 100 where frameworks say them."""
    cells = zip(frame["index_code"], frame["year"], frame["component"], strict=True)
    scales = [
        INDEXES[code].scale(int(year), part) if code in INDEXES and not pd.isna(year) else WHOLE
        for code, year, part in cells
    ]
    return pd.Series(scales, index=frame.index, dtype=float).fillna(WHOLE)


def _framework_maxima(frame: pd.DataFrame, versions: pd.DataFrame) -> Iterator[Finding]:
    """Points may not exceed the maximum of their year's framework, nor one beside them differ from it.

    A maximum that is only assumed in the framework does not judge one that was printed.
    """
    points = frame.loc[(frame["index_code"] == MAIN) & (frame["unit"] == "points")]
    versions = versions.drop_duplicates(["framework", "component"])  # a repeat is told already
    odd = [name for name, version in versions.groupby("framework") if any(_sums(str(name), version))]
    versions = versions[~versions["framework"].isin(odd)]  # and so is this
    if points.empty or versions.empty:
        return
    joined = points.merge(
        versions[["component", "first_year", "last_year", "max_score", "max_status", "framework"]],
        on="component",
        suffixes=("", "_version"),
    )
    own, high = joined["max_score"], joined["max_score_version"]
    inside = joined["year"].between(joined["first_year"], joined["last_year"])
    above = own.isna() & (joined["score"] > high + 1e-9) & (high < WHOLE)  # the total is judged by its unit
    differs = (joined["max_status"] == "read") & (own > 0) & ((own - high).abs() > _SUM_TOLERANCE)
    for row in each_row(joined.loc[inside & above]):
        facts = {"high": float(row.max_score_version), "framework": row.framework}
        yield row.row, "score", "expect.at_most_framework", facts
    for row in each_row(joined.loc[inside & differs]):
        facts = {"high": float(row.max_score_version), "framework": row.framework}
        yield row.row, "max_score", "expect.maximum_of_framework", facts


def _days(frame: pd.DataFrame) -> Iterator[Finding]:
    """A year's result is out after the year, and a page that tells it is not older than it."""
    published = frame["published_on"]
    for row in _rows(frame, published.dt.year <= frame["year"]):
        yield row, "published_on", "expect.after_year", {}
    for row in _rows(frame, frame["source_day"] < published):
        yield row, "source_day", "expect.not_before_publication", {}


def _no_units(frame: pd.DataFrame, gazetteer: Gazetteer) -> Iterator[Finding]:
    for row in _rows(frame, ~frame["area"].isin(gazetteer.names)):
        yield row, "area", "expect.no_unit_below", {}


def _rows(frame: pd.DataFrame, mask: pd.Series) -> list[int]:
    """Numbers of the rows that were found."""
    return [int(row) for row in frame["row"].to_numpy()[mask.to_numpy(dtype=bool)]]


_RULES: Final[Mapping[str, Callable[[pd.DataFrame, Frames, Gazetteer], Iterator[Finding]]]] = {
    "scores": _scores,
    "related_indices": _related,
    "frameworks": _frameworks,
    "announcements": _announcements,
    "indicator_types": _indicator_types,
    "indicators": _indicators,
    "elasticities": _elasticities,
    "targets": _targets,
    "submissions": _submissions,
    "self_scores": _self_scores,
    "lineage": area_rules.lineage,
    "units": area_rules.units,
    "remedies": _remedies,
}
