"""Sum up the data known on a day: coverage, the city's missing cells, conflicts, maxima, undated rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from forecast.base import labels
from forecast.data.framework import framework_for, frameworks_for, with_share
from forecast.data.load import Known
from forecast.data.load.coherence import of_years
from forecast.data.tables import APPRAISED, COMPONENTS, COUNTRY


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """The state of knowledge on one day about one index and one area.

    Attributes
    ----------
    last_year, last_announced
        Latest year whose result was out, and the day on which it was; None before the first.
    overdue
        Later years whose result was due by the day, with the day it was due, see `overdue`.
    counts
        One row a table: table, rows, known, later, undated, set_aside, taken.
    coverage
        One row a component: component, name_vi, name_en, years (with any province's score),
        first_year, last_year, provinces (with any score), scores, ranks (rank without score),
        means (years with a national mean).
    grid
        One row a component and year of the area: component, year, state (score, derived, rank or missing),
        score, unit, rank.
    conflicts
        Settled rows whose sources disagree, the widest first: year, area, component, statistic,
        score, unit, spread, rank, rank_spread, sources, trust.
    contradictions
        Figures of provinces that others of their year contradict: year, area, component, kind (sum, rank, or
        score: one that alone makes so many ranks wrong), stated, due, parts, ranks.
    set_aside
        Rows not taken by file and reason: file, reason, rows.
    undated
        Rows without a day by file: file, rows, numbers (their rows in the file).
    versions
        One row a year: year, framework, maxima_from, borrowed (the maxima are another version's).
    maxima
        The framework of the year after `last_year`: component, parent, name_vi, name_en,
        max_score, max_status, max_low, max_high, responsible.
    """

    as_of: dt.date
    index_code: str
    area: str
    last_year: int | None
    last_announced: dt.date | None
    overdue: tuple[tuple[int, dt.date], ...]
    counts: pd.DataFrame
    coverage: pd.DataFrame
    grid: pd.DataFrame
    conflicts: pd.DataFrame
    contradictions: pd.DataFrame
    set_aside: pd.DataFrame
    undated: pd.DataFrame
    versions: pd.DataFrame
    maxima: pd.DataFrame

    @property
    def missing(self) -> pd.DataFrame:
        """Cells of the area without any figure: component, year."""
        mask = self.grid["state"] == "missing"
        return self.grid.loc[mask, ["component", "year"]].reset_index(drop=True)

    @property
    def not_read(self) -> pd.DataFrame:
        """Components whose maximum was not read in a source: rows of `maxima`."""
        return self.maxima.loc[self.maxima["max_status"] != "read"].reset_index(drop=True)

    def as_dict(self) -> dict[str, Any]:
        """Give all parts as plain JSON values; missing numbers are null, days ISO text."""
        frames = {
            name: _records(getattr(self, name))
            for name in (
                *("counts", "coverage", "grid", "conflicts", "contradictions", "set_aside", "undated"),
                *("versions", "maxima"),
            )
        }
        return {
            "as_of": self.as_of.isoformat(),
            "index_code": self.index_code,
            "area": self.area,
            "last_year": self.last_year,
            "last_announced": self.last_announced.isoformat() if self.last_announced else None,
            "overdue": [{"year": year, "due": day.isoformat()} for year, day in self.overdue],
            **frames,
        }


def summary(known: Known, *, index_code: str, area: str) -> Summary:
    """Sum up what was known on ``known.as_of``; computes nothing that a forecast would use."""
    known = known.of(index_code)
    own = known.scores.loc[known.scores["index_code"] == index_code]
    announced = known.announcements.loc[known.announcements["index_code"] == index_code]
    last = announced.sort_values("year").iloc[-1] if len(announced) else None
    last_year = int(last["year"]) if last is not None else None
    newest = last_year if last_year is not None else int(own["year"].max()) if len(own) else known.as_of.year
    oldest = int(own["year"].min()) if len(own) else newest
    years = range(min(oldest, newest), newest + 1)
    components = _components(own, index_code)
    next_framework = framework_for(known.frameworks, known.events, index_code, newest + 1, known.as_of)
    return Summary(
        as_of=known.as_of,
        index_code=index_code,
        area=area,
        last_year=last_year,
        last_announced=last["announced_on"].date() if last is not None else None,
        overdue=overdue(known, index_code),
        counts=known.counts,
        coverage=_coverage(own, known, index_code, components, next_framework.components),
        grid=_grid(own, area, components, years),
        conflicts=_conflicts(own),
        contradictions=_contradictions(own, known, index_code),
        set_aside=known.set_aside.groupby(["file", "reason"]).size().rename("rows").reset_index(),
        undated=_undated(known),
        versions=_versions(known, index_code, years),
        maxima=next_framework.components,
    )


def overdue(known: Known, index_code: str) -> tuple[tuple[int, dt.date], ...]:
    """List results that were due by the day and are not announced: the year, and the day it was due.

    A result is due on the middle one of the days of the year on which the last three were announced.
    """
    own = known.announcements[known.announcements["index_code"] == index_code].dropna(subset="announced_on")
    own = own.sort_values("year").tail(3)
    if own.empty:
        return ()
    pairs = zip(own["announced_on"], own["year"].astype(int), strict=True)
    days = sorted((day.date() - dt.date(year + 1, 1, 1)).days for day, year in pairs)
    after = dt.timedelta(days=days[len(days) // 2])
    missing = range(int(own["year"].iloc[-1]) + 1, known.as_of.year)
    due = ((year, dt.date(year + 1, 1, 1) + after) for year in missing)
    return tuple((year, day) for year, day in due if day < known.as_of)


def _components(own: pd.DataFrame, index_code: str) -> list[str]:
    """Components of the index in their order, then any criteria that scores exist for."""
    usual, known = COMPONENTS[index_code], set(own["component"])
    always = [name for name in usual if name in known or name not in APPRAISED]
    return [*always, *sorted(known.difference(usual))]


def _name(component: str, index_code: str, framework: pd.DataFrame) -> tuple[str, str]:
    """Name of a component in the framework, else in the catalogue, else nothing."""
    row = framework.loc[framework["component"] == component]
    if len(row):
        return str(row["name_vi"].iloc[0]), str(row["name_en"].iloc[0])
    key = f"component.{index_code}.{component}"
    if key in labels.catalogue():
        return labels.text(key, "vi"), labels.text(key, "en")
    return "", ""


def _coverage(
    own: pd.DataFrame, known: Known, index_code: str, components: list[str], framework: pd.DataFrame
) -> pd.DataFrame:
    provinces = own.loc[own["area"].isin(_all_provinces(known)) & (own["statistic"] == "value")]
    means = own.loc[(own["area"] == COUNTRY) & (own["statistic"] == "mean") & own["score"].notna()]
    rows = []
    for component in components:
        cells = provinces.loc[provinces["component"] == component]
        scored = cells.loc[cells["score"].notna()]
        names = _name(component, index_code, framework)
        rows.append(
            {
                "component": component,
                "name_vi": names[0],
                "name_en": names[1],
                "years": int(scored["year"].nunique()),
                "first_year": scored["year"].min() if len(scored) else None,
                "last_year": scored["year"].max() if len(scored) else None,
                "provinces": int(scored["area"].nunique()),
                "scores": len(scored),
                "ranks": int((cells["score"].isna() & cells["rank"].notna()).sum()),
                "means": int((means["component"] == component).sum()),
            }
        )
    return pd.DataFrame(rows).astype({"first_year": "Int64", "last_year": "Int64"})


def _grid(own: pd.DataFrame, area: str, components: list[str], years: range) -> pd.DataFrame:
    cells = own.loc[(own["area"] == area) & (own["statistic"] == "value")]
    cross = pd.MultiIndex.from_product([components, years], names=["component", "year"]).to_frame(index=False)
    columns = ["component", "year", "score", "unit", "rank", "trust"]
    grid = cross.merge(cells[columns], on=["component", "year"], how="left")
    state = pd.Series("missing", index=grid.index, dtype="str")
    state = state.mask(grid["rank"].notna(), "rank").mask(grid["score"].notna(), "score")
    state = state.mask(grid["score"].notna() & (grid["trust"] == "derived"), "derived")
    unit = grid["unit"].fillna("").where(grid["score"].notna(), "")
    return grid.assign(state=state, unit=unit)[["component", "year", "state", "score", "unit", "rank"]]


def _conflicts(own: pd.DataFrame) -> pd.DataFrame:
    disagree = own.loc[(own["spread"] > 0) | (own["rank_spread"] > 0)]
    columns = ["year", "area", "component", "statistic", "score", "unit", "spread", "rank", "rank_spread"]
    ordered = disagree.sort_values(
        ["spread", "rank_spread", "year", "area", "component", "statistic"],
        ascending=[False, False, False, True, True, True],
    )
    return ordered[[*columns, "sources", "trust"]].reset_index(drop=True)


def _contradictions(own: pd.DataFrame, known: Known, index_code: str) -> pd.DataFrame:
    rows = own.loc[own["area"].isin(_all_provinces(known)) & (own["statistic"] == "value")]
    years = sorted(set(rows["year"]))
    frameworks = frameworks_for(known.frameworks, known.events, index_code, years, known.as_of)
    shares = with_share(rows, known.frameworks, known.events, known.as_of)
    return of_years(shares, frameworks, {year: len(known.provinces_in(year)) for year in years})


def _all_provinces(known: Known) -> list[str]:
    """Name the provinces of all years: a figure is of those of its own year."""
    return [str(area) for area in known.areas.loc[known.areas["kind"] == "province", "area"]]


def _undated(known: Known) -> pd.DataFrame:
    rows = [
        {"file": str(file), "rows": len(undated), "numbers": [int(row) for row in sorted(undated["row"])]}
        for file, undated in known.undated.groupby("file", sort=False)
    ]
    return pd.DataFrame(rows, columns=["file", "rows", "numbers"])


def _versions(known: Known, index_code: str, years: range) -> pd.DataFrame:
    rows = []
    range_of_years = range(years.start, years.stop + 1)  # and the year to come
    versions = frameworks_for(known.frameworks, known.events, index_code, range_of_years, known.as_of)
    for year, version in versions.items():
        rows.append(
            {
                "year": year,
                "framework": version.name,
                "maxima_from": version.maxima_from,
                "borrowed": version.name != version.maxima_from,
            }
        )
    return pd.DataFrame(rows)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    """Give a JSON value; a list is one already, and a missing value of any kind is null."""
    if isinstance(value, list):
        return value
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
