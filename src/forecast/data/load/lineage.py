"""Which areas and units there are in a year, and which older ones they are made of.

An index of a year is of the areas as they stand at the end of that year.  ``data/lineage.csv`` says from
which day an area is made of which older ones; a name may go on for an area that has become larger.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from forecast.data.tables import MERGED_COLUMNS

Facts = tuple[str, dict[str, Any]]  # key of a message, and what it fills in
IN_FILE: Final = {  # what a cell's problem says instead of the same sentence about a question
    "spec.area_ended": "expect.area_ended",
    "spec.area_not_yet": "expect.area_not_yet",
}
PROVINCE: Final = "province"


def by_day(lineage: pd.DataFrame, first: int, last: int) -> list[tuple[dt.date, pd.DataFrame]]:
    """Rows of `lineage` that change areas after the end of one year and up to that of another, by day."""
    days = lineage.loc[lineage["from_day"].dt.year.gt(first) & lineage["from_day"].dt.year.le(last)]
    return [(day.date(), rows) for day, rows in days.groupby("from_day", sort=True)]


def newcomers(lineage: pd.DataFrame) -> frozenset[str]:
    """Names that no area had before the day on which `lineage` first makes one of them."""
    made, parts = (lineage.groupby(column)["from_day"].min().to_dict() for column in ("area", "part"))
    return frozenset(str(name) for name, day in made.items() if name not in parts or parts[name] > day)


def with_newcomers(areas: pd.DataFrame, lineage: pd.DataFrame) -> pd.DataFrame:
    """Add the areas that `lineage` alone names: provinces, in the region of the first of their parts."""
    regions = dict(zip(areas["area"], areas["region"], strict=True))
    rows = lineage.loc[lineage["part"].isin(set(areas["area"])) & ~lineage["area"].isin(set(areas["area"]))]
    rows = rows.drop_duplicates("area")
    if rows.empty:
        return areas
    new = {"area": rows["area"], "kind": PROVINCE, "region": rows["part"].map(regions), "aliases": ""}
    added = pd.DataFrame(new).reindex(columns=areas.columns, fill_value=0)
    return pd.concat([areas, added.astype(areas.dtypes)], ignore_index=True)


def provinces_in(areas: pd.DataFrame, lineage: pd.DataFrame, year: int) -> tuple[str, ...]:
    """Provinces that there are at the end of a year, in the order of `areas`."""
    names = [str(name) for name in areas.loc[areas["kind"] == PROVINCE, "area"]]
    existing = set(names) - newcomers(lineage)
    for _, rows in by_day(lineage, 0, year):
        existing = (existing - set(rows["part"])) | set(rows["area"])
    return tuple(name for name in names if name in existing)


def weights_of(rows: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Weights of the parts of each area that one day makes: by population where all have one, else equal.

    >>> rows = pd.DataFrame({"area": ["A", "A", "B"], "part": ["x", "y", "z"], "population": [3, 1, None]})
    >>> weights_of(rows)
    {'A': {'x': 0.75, 'y': 0.25}, 'B': {'z': 1.0}}
    """
    weights = {}
    for area, own in rows.groupby("area", sort=False):
        size = own["population"] if own["population"].notna().all() else pd.Series(1.0, index=own.index)
        weights[str(area)] = {
            str(part): float(weight) for part, weight in zip(own["part"], size / size.sum(), strict=True)
        }
    return weights


def parts_of(
    areas: pd.DataFrame, lineage: pd.DataFrame, first: int, last: int
) -> dict[str, dict[str, float]]:
    """What each area of the year `last` was in the year `first`: its parts, with weights that sum to 1."""
    parts_of_area = {name: {name: 1.0} for name in provinces_in(areas, lineage, first)}
    for _, rows in by_day(lineage, first, last):
        newer = {
            area: _joined({part: parts_of_area.get(part, {}) for part in parts}, parts)
            for area, parts in weights_of(rows).items()
        }
        unchanged = {name: parts for name, parts in parts_of_area.items() if name not in set(rows["part"])}
        parts_of_area = unchanged | newer
    return parts_of_area


def merged_by(lineage: pd.DataFrame, year: int) -> pd.DataFrame:
    """Areas that were made of several by the end of a year: area, part, from_day, weight, weighted_by."""
    parts = []
    for _, rows in by_day(lineage, 0, year):
        own = rows.loc[rows["area"].duplicated(keep=False)]
        weights = weights_of(own)
        complete = own.groupby("area")["population"].transform(lambda size: size.notna().all()).astype(bool)
        parts.append(
            own.assign(
                weight=[weights[area][part] for area, part in zip(own["area"], own["part"], strict=True)],
                weighted_by=complete.map({True: "population", False: "equal"}),
            )
        )
    merged = pd.concat(parts) if parts else lineage.iloc[:0].assign(weight=0.0, weighted_by="")
    return merged[list(MERGED_COLUMNS)].reset_index(drop=True)


def _joined(parts: Mapping[str, Mapping[str, float]], weights: Mapping[str, float]) -> dict[str, float]:
    joined: dict[str, float] = {}
    for part, older in parts.items():
        for name, weight in older.items():
            joined[name] = joined.get(name, 0.0) + weights[part] * weight
    return joined


def provinces_of_other_years(areas: pd.DataFrame, lineage: pd.DataFrame, year: int) -> dict[str, Facts]:
    """Provinces of other years, and the sentence that says where they are in this one."""
    there = set(provinces_in(areas, lineage, year))
    messages: dict[str, Facts] = {}
    for name in set(areas.loc[areas["kind"] == PROVINCE, "area"]) - there:
        merged_rows = lineage.loc[(lineage["part"] == name) & (lineage["from_day"].dt.year <= year)]
        if len(merged_rows):
            last = merged_rows.sort_values("from_day").iloc[-1]
            facts = {
                "successor": _in_year(str(last["area"]), lineage, year),
                "from_day": last["from_day"].date(),
            }
            messages[str(name)] = ("spec.area_ended", {"area": name, "year": year, **facts})
            continue
        later_rows = lineage.loc[lineage["area"] == name].sort_values("from_day")
        if len(later_rows):
            first = later_rows.loc[later_rows["from_day"] == later_rows["from_day"].iloc[0]]
            parts, day = list(first["part"]), first["from_day"].iloc[0].date()
            facts = {"area": name, "year": year, "parts": parts, "from_day": day}
            messages[str(name)] = ("spec.area_not_yet", facts)
    return messages


def _in_year(area: str, lineage: pd.DataFrame, year: int) -> str:
    """Follow a merged area through later mergers."""
    for _, rows in by_day(lineage, 0, year):
        newer = rows.loc[(rows["part"] == area) & (rows["area"] != area), "area"]
        area = str(newer.iloc[0]) if len(newer) else area
    return area


def units_on(units: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """Units that there are on a day, in their order."""
    when = pd.Timestamp(day)
    started = units["from_day"].isna() | (units["from_day"] <= when)
    return units.loc[started & ~(units["to_day"] < when)].reset_index(drop=True)


def successors_on(units: pd.DataFrame, day: dt.date) -> dict[str, str]:
    """By unit that has ended by a day: the unit that has taken over its work, where one is named."""
    ended = units.loc[(units["to_day"] < pd.Timestamp(day)) & (units["successor"] != "")]
    direct = dict(zip(ended["unit"], ended["successor"], strict=True))
    last_of = {}
    for unit, successor in direct.items():
        newer, visited = successor, {unit}
        while newer in direct and newer not in visited:
            visited.add(newer)
            newer = direct[newer]
        last_of[str(unit)] = str(newer)
    return last_of


def replace_ended(names: str, successors: Mapping[str, str]) -> str:
    """Write in a list of units (; between them) who has taken over, each once.

    >>> replace_ended("Sở A; Sở B", {"Sở B": "Sở A"})
    'Sở A'
    """
    if not any(name.strip() in successors for name in names.split(";")):
        return names
    units = [successors.get(name.strip(), name.strip()) for name in names.split(";")]
    return "; ".join(dict.fromkeys(units))
