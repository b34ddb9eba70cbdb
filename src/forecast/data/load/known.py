"""Cut checked tables to one day: conflicts settled, the rows that are not used listed and counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.base.indexes import INDEXES, panel_of
from forecast.base.spec import RunSpec, refuse_unanswerable, refuse_unknown
from forecast.data import tables
from forecast.data.framework import with_printed, with_share
from forecast.data.load.areas import gazetteer
from forecast.data.load.indicators import with_days
from forecast.data.load.lineage import (
    PROVINCE,
    Facts,
    by_day,
    merged_by,
    newcomers,
    provinces_in,
    provinces_of_other_years,
    replace_ended,
    successors_on,
    units_on,
)
from forecast.data.load.merged_scores import AreaConversion, events_with, figures_since
from forecast.data.load.misprints import contradicted
from forecast.data.load.settle import settle
from forecast.data.scenarios import Scenario
from forecast.data.tables import MERGED_COLUMNS, Table, as_known

_OF_MAIN: Final = ("indicator_types", "elasticities", "submissions", "self_scores", "remedies")
_SETTLED: Final = (tables.SCORES, tables.RELATED, tables.INDICATORS)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What was known on one day.

    Attributes
    ----------
    as_of
        The day.
    scores
        One row per (index_code, year, area, component, statistic), sorted by it: score, unit,
        max_score, rank, trust, published_on, source_day, source_url, note, spread (highest less
        lowest score that the sources gave), rank_spread, sources (count of rows weighed).
    related
        The same for PAPI, PCI and DTI; no statistic.
    indicators
        One row per (indicator_code, area, period): value, unit, linked_domain, trust,
        published_on, source_url, note, spread, sources, and the period's days `first_day`,
        `last_day`.
    indicator_rows
        All rows of indicators known on the day, as published, before any was set aside: what was
        known on an earlier day is settled among those of that day.
    indicator_types
        The catalogue: indicator_code, name_vi, name_en, unit, component, sign, kind, frequency,
        source, lag, within_days, delay_days, note.
    elasticities
        What experts said by the day an indicator is worth: indicator_code, component, low, high,
        stated_by, stated_on; of each expert the latest.
    set_aside
        Rows known but not taken: file, row, key, name (of an indicator), score (an indicator's
        value too), rank, trust, source_url, reason, taken_row, taken_score, taken_rank.
    undated
        Rows without a day of publication, which are never used: file, row, key, name, score, source_url.
    frameworks
        Versions whose event was known on the day, and those that a year's printed maxima make.
    events, announcements, targets
        The tables of that name as known on the day.
    submissions
        Rows of the departments' forms received by the day; a later form of a department stands beside
        the one it supersedes.
    self_scores, remedies
        The tables of that name as known on the day; of a remedy the latest state.
    units
        Who must have a remedy plan, as units stand on the day: unit, kind, aliases; the work of one that has
        ended (`responsible` of frameworks, `unit` of remedies) is its successor's.
    scenarios
        Named departures from what is expected, "continue" first.
    areas
        All areas: area, kind (country, region, province), region, aliases.  Of `for_year` the provinces
        of that year alone.
    lineage
        What areas are made of from a day on, as known on the day: area, part, from_day, population.
    merged
        Of `for_year` the areas that were merged by then, see `lineage.merged_by`.
    counts
        One row a table: table, rows, known, later, undated, set_aside, taken.
    hashes
        SHA-256 of each file's bytes.
    """

    as_of: dt.date
    scores: pd.DataFrame
    related: pd.DataFrame
    indicators: pd.DataFrame
    set_aside: pd.DataFrame
    undated: pd.DataFrame
    frameworks: pd.DataFrame
    events: pd.DataFrame
    announcements: pd.DataFrame
    targets: pd.DataFrame
    submissions: pd.DataFrame
    self_scores: pd.DataFrame
    remedies: pd.DataFrame
    units: pd.DataFrame
    scenarios: tuple[Scenario, ...]
    areas: pd.DataFrame
    counts: pd.DataFrame
    hashes: Mapping[str, str]
    indicator_rows: pd.DataFrame
    indicator_types: pd.DataFrame
    elasticities: pd.DataFrame
    lineage: pd.DataFrame
    year: int | None = None  # whose areas the figures are of; each its own year's if None
    other_years: Mapping[str, Facts] = field(default_factory=dict)  # provinces of other years alone
    merged: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(MERGED_COLUMNS)))

    @property
    def provinces(self) -> tuple[str, ...]:
        """Names of the provinces of the year, sorted: no draw depends on the order of the table of areas."""
        return tuple(sorted(self.provinces_in(self.as_of.year if self.year is None else self.year)))

    def provinces_in(self, year: int) -> tuple[str, ...]:
        """Provinces that there are at the end of a year, in the order of the table of areas."""
        return provinces_in(self.areas, self.lineage, year)

    def for_year(self, year: int) -> Known:
        """Give the same for the areas of a year: of those that were merged by then, what their parts say.

        Scores of years with other areas are estimated by `merged_scores`.  The year of a change is a year of
        a new method, and current indicators of a merged area begin with it.

        Raises ValueError if it is given for another year already.
        """
        if self.year is not None:
            if self.year != year:
                raise ValueError(f"what is known is of the areas of {self.year}, not of {year}")
            return self
        days = by_day(self.lineage, 0, year)
        if not days and not newcomers(self.lineage):
            return replace(self, year=year)
        provinces = frozenset(self.provinces_in(year))
        areas = self.areas.loc[(self.areas["kind"] != PROVINCE) | self.areas["area"].isin(provinces)]
        other_years = provinces_of_other_years(self.areas, self.lineage, year)
        changed = replace(self, year=year, areas=areas.reset_index(drop=True), other_years=other_years)
        if not days:
            return changed
        regions = {name: frozenset(own["area"]) & provinces for name, own in areas.groupby("region") if name}
        countries = areas.loc[areas["kind"] == "country", "area"]
        conversion = AreaConversion(
            self.areas, self.lineage, year, regions | dict.fromkeys(countries, provinces)
        )
        versions = self.frameworks, self.events, self.as_of
        return replace(
            changed,
            merged=merged_by(self.lineage, year),
            scores=conversion.convert(with_share(self.scores, *versions)),
            related=conversion.convert(with_share(self.related, *versions)),
            indicators=figures_since(self.indicators, days),
            indicator_rows=figures_since(self.indicator_rows, days),
            events=events_with(self.events, days, self.scores),
        )

    def of(self, index_code: str) -> Known:
        """Give what is known of the index whose panel forecasts `index_code`.

        Of an index whose figures stand in another table those are the scores, and what is entered for the
        main index alone (indicators, forms, remedies) is left out.  A year of it was announced no later than
        its first figure was published, where announcements.csv does not say.
        """
        index = INDEXES[panel_of(index_code)]
        if index.departments:
            return self
        own = self.related.loc[self.related["index_code"] == index.code]
        scores = own.assign(statistic=pd.Series("value", index=own.index, dtype="str"))
        emptied = {name: getattr(self, name).iloc[:0] for name in _OF_MAIN}
        announced = pd.concat([self.announcements, _first_days(own, self.announcements)], ignore_index=True)
        scores = scores[self.scores.columns].reset_index(drop=True)
        # Without the catalogue no indicator counts, so none was set aside.
        aside = self.set_aside[self.set_aside["file"] != tables.INDICATORS.file].reset_index(drop=True)
        return replace(self, scores=scores, announcements=announced, set_aside=aside, **emptied)

    def copy(self) -> Known:
        """Give the same with tables whose changes do not come back; their cells are shared until then."""
        values = {member.name: getattr(self, member.name) for member in fields(self)}
        copies: dict[str, Any] = {
            name: value.copy(deep=False) for name, value in values.items() if isinstance(value, pd.DataFrame)
        }
        return replace(self, **copies)

    def refuse(self, spec: RunSpec) -> None:
        """Raise SpecError for an area that is none of the year's, or a year whose result is out."""
        refuse_unanswerable(
            spec, announcements=self.announcements, areas=self.provinces, other_years=self.other_years
        )

    def find_province(self, name: str) -> str:
        """Give the one spelling of a province of any year; SpecError with the nearest for an unknown one."""
        places, _ = gazetteer(self.areas)
        area = places.find(name)
        if area not in places.provinces:
            near = places.nearest(name)
            refuse_unknown("area", name, places.provinces, near=near if near in places.provinces else "")
        return str(area)


def _first_days(own: pd.DataFrame, announcements: pd.DataFrame) -> pd.DataFrame:
    """Rows of announcements for the years of one index that have none: the day of the first figure."""
    keys = set(zip(announcements["index_code"], announcements["year"], strict=True))
    first = own.sort_values("published_on", kind="stable").drop_duplicates(["index_code", "year"])
    new = [key not in keys for key in zip(first["index_code"], first["year"], strict=True)]
    rows = first.loc[new].sort_values("year")
    rows = rows.assign(announced_on=rows["published_on"], precision="no later than")
    return rows[announcements.columns].astype(announcements.dtypes)


def known_of(
    frames: Mapping[str, pd.DataFrame],
    as_of: dt.date,
    hashes: Mapping[str, str],
    scenarios: tuple[Scenario, ...],
) -> Known:
    """Cut checked tables to a day and settle what sources disagree on."""
    events = as_known(frames["events"], as_of)
    successors = successors_on(frames["units"], as_of)
    frameworks = frames["frameworks"].loc[frames["frameworks"]["framework"].isin(events["what"])]
    frameworks = with_printed(frameworks, events, as_known(frames["scores"], as_of))
    settled, asides, undated, counts = {}, [], [], []
    for table in tables.DATA_TABLES:
        frame = frames[table.name]
        if not table.known_from:
            continue
        known = as_known(frame, as_of)
        never = tables.undated(frame)
        aside = known.iloc[:0]
        if table in _SETTLED:
            known, aside = settled_rows(known, table, frameworks, events, as_of)
            asides.append(_list_rows(aside, table, ("reason", "taken_row", "taken_score", "taken_rank")))
        undated.append(_list_rows(never, table, ()))
        settled[table.name] = known
        if table is tables.LINEAGE or (table.optional and frame.empty):  # areas are no figures
            continue
        counts.append(_count(table, frame, len(known) + len(aside), len(never), len(aside)))
    return Known(
        as_of=as_of,
        scores=settled["scores"].drop(columns="row"),
        related=settled["related_indices"].drop(columns="row"),
        indicators=_indicators(settled["indicators"]),
        set_aside=pd.concat(asides, ignore_index=True),
        undated=pd.concat(undated, ignore_index=True),
        frameworks=_with_successors(
            frameworks.drop(columns="row").reset_index(drop=True), "responsible", successors
        ),
        events=_sorted(settled["events"], tables.EVENTS),
        announcements=_sorted(settled["announcements"], tables.ANNOUNCEMENTS),
        targets=_sorted(settled["targets"], tables.TARGETS),
        submissions=settled["submissions"].drop(columns="row"),
        self_scores=_latest(settled["self_scores"], tables.SELF_SCORES),
        remedies=_with_successors(_latest(settled["remedies"], tables.REMEDIES), "unit", successors),
        units=units_on(frames["units"].drop(columns="row"), as_of),
        scenarios=scenarios,
        areas=_known_areas(frames["areas"].drop(columns="row"), frames["lineage"], settled["lineage"]),
        lineage=settled["lineage"].drop(columns="row"),
        counts=pd.DataFrame(counts),
        hashes=dict(hashes),
        indicator_rows=with_days(as_known(frames["indicators"], as_of)),
        indicator_types=frames["indicator_types"].drop(columns="row"),
        elasticities=_latest(settled["elasticities"], tables.ELASTICITIES),
    )


def settled_rows(
    known: pd.DataFrame, table: Table, frameworks: pd.DataFrame, events: pd.DataFrame, as_of: dt.date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Settle the known rows of a table; give the rows taken and the rows set aside."""
    if table is tables.SCORES:
        share = with_share(known, frameworks, events, as_of)["share"]
        return settle(known, table.key, as_of=as_of, share=share, wrong=contradicted(known, as_of))
    if table is tables.RELATED:
        return settle(known, table.key, as_of=as_of)
    as_scores = known.assign(score=known["value"], rank=np.nan, source_day=known["published_on"])
    return settle(as_scores, table.key, as_of=as_of)


def _indicators(settled: pd.DataFrame) -> pd.DataFrame:
    return with_days(settled.drop(columns=["row", "score", "rank", "source_day", "rank_spread"]))


def _with_successors(frame: pd.DataFrame, column: str, successors: Mapping[str, str]) -> pd.DataFrame:
    """Name who has taken over the work of units that have ended."""
    if not successors:
        return frame
    units = [replace_ended(names, successors) for names in frame[column]]
    return frame.assign(**{column: pd.Series(units, index=frame.index, dtype=frame[column].dtype)})


def _known_areas(areas: pd.DataFrame, lineage: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Leave out areas of which nobody knew on the day that there would be such."""
    unknown_yet = newcomers(lineage) - set(known["area"])
    return areas.loc[~areas["area"].isin(unknown_yet)].reset_index(drop=True)


def _list_rows(frame: pd.DataFrame, table: Table, more: tuple[str, ...]) -> pd.DataFrame:
    """Give rows of any table the same few columns, so that they stand in one list."""
    figure = "score" if "score" in frame else "value" if "value" in frame else None
    none = pd.Series(np.nan, index=frame.index, dtype=float)
    parts = [frame[column].astype("str") for column in table.key]
    key = pd.Series([" | ".join(names) for names in zip(*parts, strict=True)], dtype="str")
    columns = {
        "file": pd.Series(table.file, index=frame.index, dtype="str"),
        "row": frame["row"],
        "key": key,
        "name": frame.get("indicator_name_vi", pd.Series("", index=frame.index, dtype="str")),
        "score": frame[figure] if figure else none,
        "rank": frame.get("rank", none),
        "trust": frame.get("trust", pd.Series("", index=frame.index, dtype="str")),
        "source_url": frame.get("source_url", pd.Series("", index=frame.index, dtype="str")),
    }
    return pd.DataFrame({**columns, **{column: frame[column] for column in more}})


def _count(table: Table, frame: pd.DataFrame, known: int, undated: int, aside: int) -> dict[str, object]:
    return {
        "table": table.name,
        "rows": len(frame),
        "known": known,
        "later": len(frame) - known - undated,
        "undated": undated,
        "set_aside": aside,
        "taken": known - aside,
    }


def _latest(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Keep the last row of each key, by day and then by place in the file, in the order of the file."""
    ordered = frame.sort_values([table.known_from, "row"]).drop_duplicates(list(table.key), keep="last")
    return ordered.sort_values("row").drop(columns="row").reset_index(drop=True)


def _sorted(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    by = [*table.key, *(name for name in table.names if name not in table.key)]
    return frame.drop(columns="row").sort_values(by).reset_index(drop=True)
