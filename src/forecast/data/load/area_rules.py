"""Check areas and units that change: which there are in a year, and what they are made of."""

from collections.abc import Iterator
from typing import Final

import pandas as pd

from forecast.base.spec import nearest
from forecast.base.spelling import clean
from forecast.data.load.areas import Gazetteer, fold
from forecast.data.load.cells import Finding, Frames, each_row, is_name, not_among, rows_where, unknown_values
from forecast.data.load.lineage import IN_FILE, newcomers, provinces_in, provinces_of_other_years
from forecast.data.tables import COUNTRY, LAST_YEAR

PROVINCES: Final = 63  # before the first change
_NEAR: Final = 0.85  # a new name that is so like a listed one is a slip of it


def areas_of_year(frame: pd.DataFrame, frames: Frames, gazetteer: Gazetteer) -> Iterator[Finding]:
    """A figure is of an area that there was at the end of its year; a rank is among those of its year."""
    areas, changes = frames.get("areas"), frames.get("lineage")
    if areas is None or changes is None:
        return
    days = changes["from_day"].dt.year
    there_by: dict[int, tuple[str, ...]] = {}  # by how many rows of `changes` hold: most years have the same
    for year, own in frame.groupby("year"):
        changes_so_far = int((days <= year).sum())
        if changes_so_far not in there_by:
            there_by[changes_so_far] = provinces_in(areas, changes, int(str(year)))
        there = there_by[changes_so_far]
        unknown = own.loc[own["area"].isin(set(gazetteer.provinces).difference(there))]
        messages = provinces_of_other_years(areas, changes, int(str(year))) if len(unknown) else {}
        for row in each_row(unknown):
            key, facts = messages.get(row.area, ("expect.province", {"country": COUNTRY}))
            yield row.row, "area", IN_FILE.get(key, key), facts
        most = len(there) if changes_so_far else PROVINCES
        for number in own.loc[own["rank"] > most, "row"]:
            yield int(number), "rank", "expect.rank_of_year", {"high": most, "year": int(str(year))}


def regions(frame: pd.DataFrame, _: Frames, __: Gazetteer) -> Iterator[Finding]:
    """A province's region is one of the regions; else its mean would be one of fewer provinces."""
    own = frame.loc[(frame["row"] > 0) & (frame["region"] != "")]  # others come from lineage
    yield from unknown_values(own, "region", tuple(frame.loc[frame["kind"] == "region", "area"]))


def lineage(frame: pd.DataFrame, frames: Frames, gazetteer: Gazetteer) -> Iterator[Finding]:
    """Areas and their parts are provinces; a part is there on the day, and each is taken once."""
    for column in ("area", "part"):
        yield from unknown_values(frame, column, gazetteer.provinces)
    areas = frames.get("areas")
    if areas is None or not set(frame["area"]) | set(frame["part"]) <= set(gazetteer.provinces):
        return
    new = set(areas.loc[areas["row"] == 0, "area"])
    listed = {fold(name): name for name in areas.loc[areas["row"] > 0, "area"]}
    strange = new - set(frame["part"])  # else it is told as a part
    for row in each_row(frame.loc[frame["area"].isin(strange)].drop_duplicates("area")):
        if near := nearest(fold(row.area), listed, least=_NEAR):
            yield row.row, "area", "expect.new_area_near", {"near": listed[near]}
    for day, rows in frame.groupby("from_day"):
        existing = provinces_before(areas, frame, day)
        for row in each_row(rows.loc[~rows["part"].isin(existing)]):
            yield row.row, "part", *not_among(row.part, tuple(existing))
        unchanged = set(existing) - set(rows["part"])
        for row in each_row(rows.loc[rows["area"].isin(unchanged)].drop_duplicates("area")):
            yield row.row, "area", "expect.own_part", {"area": row.area}


def provinces_before(areas: pd.DataFrame, lineage: pd.DataFrame, day: object) -> list[str]:
    """Provinces that there are until a day from which others are made."""
    before = lineage.loc[lineage["from_day"] < day]
    unlisted = newcomers(lineage) | set(areas.loc[areas["row"] == 0, "area"])
    not_yet = unlisted - set(before["area"])
    return [name for name in provinces_in(areas, before, LAST_YEAR) if name not in not_yet]


def units(frame: pd.DataFrame, _: Frames, __: Gazetteer) -> Iterator[Finding]:
    """A unit has spellings of its own; it ends after it began, and its successor is another of the units."""
    yield from aliases(frame, "unit")
    owners: dict[str, str] = {}
    for column in ("unit", "aliases"):  # a name goes before what others are called, wherever its row is
        for row in each_row(frame):
            for spelling in filter(None, getattr(row, column).split("|")):
                owner = owners.setdefault(fold(spelling), row.unit)
                if owner != row.unit:
                    facts = {"spelling": spelling, "owner": owner}
                    yield row.row, column, "expect.spelling_of_unit", facts
    for number in frame.loc[frame["to_day"] < frame["from_day"], "row"]:
        yield int(number), "to_day", "expect.not_before_from_day", {}
    yield from unknown_values(frame.loc[frame["successor"] != ""], "successor", tuple(frame["unit"]))
    for number in frame.loc[(frame["successor"] != "") & frame["to_day"].isna(), "row"]:
        yield int(number), "to_day", "expect.day_of_end", {}
    next_of = dict(zip(frame["unit"], frame["successor"], strict=True))
    for row in each_row(frame.loc[frame["successor"] != ""]):
        after = [row.successor]
        while next_of.get(after[-1]) and after[-1] not in after[:-1]:
            after.append(next_of[after[-1]])
        if row.unit in after:
            yield row.row, "successor", "expect.no_circle_of_units", {}


def aliases(frame: pd.DataFrame, name: str) -> Iterator[Finding]:
    """Other spellings stand once each, none of them empty, a formula or the name itself."""
    for row in each_row(frame.loc[frame["aliases"] != ""]):
        spellings = [clean(spelling) for spelling in row.aliases.split("|")]
        names = [clean(getattr(row, name)), *spellings]
        if len(set(names)) < len(names) or not all(map(is_name, spellings)) or "" in spellings:
            yield row.row, "aliases", "expect.aliases", {}


def no_units(frame: pd.DataFrame, gazetteer: Gazetteer) -> Iterator[Finding]:
    """Report areas that are units below a province."""
    for row in rows_where(frame, ~frame["area"].isin(gazetteer.names)):
        yield row, "area", "expect.no_unit_below", {}
