"""Check published figures of indices: scores, ranks, maxima and days that can be, of areas of their year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from forecast.base.indexes import INDEXES, MAIN
from forecast.data.framework import WHOLE, is_criterion
from forecast.data.load import area_rules
from forecast.data.load.areas import Gazetteer
from forecast.data.load.cells import Finding, Frames, each_row, rows_where, unknown_values
from forecast.data.load.framework_rules import SUM_TOLERANCE, sums
from forecast.data.load.year_rules import from_first_year, of_years_that_can_be
from forecast.data.tables import APPRAISED, COMPONENTS, COUNTRY


def scores(frame: pd.DataFrame, frames: Frames, gazetteer: Gazetteer) -> Iterator[Finding]:
    """Scores are of components of their index and of areas of their year, within their maxima."""
    yield from from_first_year(frame)
    versions = frames.get("frameworks", pd.DataFrame(columns=["component"]))
    criteria = {MAIN: tuple(versions["component"])}
    rows = frame
    if versions.empty:  # a bad table of frameworks is told already, and names no criterion
        rows = frame[~((frame["index_code"] == MAIN) & frame["component"].map(is_criterion).astype(bool))]
    yield from _components(rows, criteria)
    yield from _figures(frame)
    yield from framework_maxima(frame, versions)
    appraised = frame["component"].isin(APPRAISED)
    for number in rows_where(frame, appraised & (frame["unit"] == "points") & frame["max_score"].isna()):
        yield number, "max_score", "expect.appraised_maximum", {}
    is_count = frame["statistic"].str.startswith("count:")
    for number in rows_where(frame, is_count != (frame["unit"] == "provinces")):
        yield number, "unit", "expect.unit_of_count", {}
    for number in rows_where(frame, is_count & (frame["score"] > area_rules.PROVINCES)):
        yield number, "score", "expect.at_most", {"high": float(area_rules.PROVINCES)}
    for number in rows_where(frame, is_count & (frame["score"] % 1 != 0) & frame["score"].notna()):
        yield number, "score", "expect.whole_count", {}
    own, province = frame["statistic"] == "value", frame["area"].isin(gazetteer.provinces)
    for number in rows_where(frame, own & ~province):
        yield number, "area", "expect.province", {"country": COUNTRY}
    for number in rows_where(frame, ~own & province):
        yield number, "area", "expect.group_of_provinces", {"country": COUNTRY}
    yield from _days(frame)
    yield from area_rules.areas_of_year(of_years_that_can_be(frame), frames, gazetteer)


def related(frame: pd.DataFrame, frames: Frames, gazetteer: Gazetteer) -> Iterator[Finding]:
    """Figures of related indices are so, too; their areas are provinces or larger."""
    yield from from_first_year(frame)
    yield from _components(frame, {})
    yield from _figures(frame)
    yield from _days(frame)
    yield from area_rules.no_units(frame, gazetteer)
    yield from area_rules.areas_of_year(of_years_that_can_be(frame), frames, gazetteer)


def _components(frame: pd.DataFrame, more: Mapping[str, tuple[str, ...]]) -> Iterator[Finding]:
    for code, rows in frame.groupby("index_code", sort=False):
        allowed = tuple(dict.fromkeys((*COMPONENTS.get(str(code), ()), *more.get(str(code), ()))))
        yield from unknown_values(rows, "component", allowed, index_code=str(code))


def _figures(frame: pd.DataFrame) -> Iterator[Finding]:
    """A row gives a score or a rank, and no score above the maximum of its unit."""
    nothing = frame["score"].isna() & frame["rank"].isna()
    for row in rows_where(frame, nothing):
        yield row, "score", "expect.score_or_rank", {}
    for row in rows_where(frame, frame["rank"].notna() & (frame["rank"] % 1 != 0)):
        yield row, "rank", "expect.whole_rank", {}
    for row in rows_where(frame, frame["max_score"] == 0):
        yield row, "max_score", "expect.above_zero", {}
    for row in rows_where(frame, (frame["max_score"] > WHOLE) & (frame["unit"] == "points")):
        yield row, "max_score", "expect.at_most", {"high": WHOLE}
    percent = frame["unit"] == "percent"
    for row in rows_where(frame, percent & frame["max_score"].notna() & (frame["max_score"] != WHOLE)):
        yield row, "max_score", "expect.percent_maximum", {}
    highest = frame["max_score"].fillna(_scales(frame)).where(~percent, WHOLE)
    above = frame["score"] > highest
    for row, high in zip(rows_where(frame, above), highest[above], strict=True):
        yield row, "score", "expect.at_most", {"high": float(high)}


def _scales(frame: pd.DataFrame) -> pd.Series:
    """Maxima as the publishers print them; 100 where frameworks say them."""
    cells = zip(frame["index_code"], frame["year"], frame["component"], strict=True)
    scales = [
        INDEXES[code].scale(int(year), part) if code in INDEXES else WHOLE for code, year, part in cells
    ]
    return pd.Series(scales, index=frame.index, dtype=float).fillna(WHOLE)


def framework_maxima(frame: pd.DataFrame, versions: pd.DataFrame) -> Iterator[Finding]:
    """Points may not exceed the maximum of their year's framework, nor one beside them differ from it.

    A maximum that is only assumed in the framework does not judge one that was printed.
    """
    points = frame.loc[(frame["index_code"] == MAIN) & (frame["unit"] == "points")]
    if points.empty or versions.empty:  # a table that is missing has no columns
        return
    versions = versions.drop_duplicates(["framework", "component"])  # a repeat is told already
    odd = [name for name, version in versions.groupby("framework") if any(sums(str(name), version))]
    versions = versions[~versions["framework"].isin(odd)]  # and so is this
    joined = points.merge(
        versions[["component", "first_year", "last_year", "max_score", "max_status", "framework"]],
        on="component",
        suffixes=("", "_version"),
    )
    own, high = joined["max_score"], joined["max_score_version"]
    inside = joined["year"].between(joined["first_year"], joined["last_year"])
    above = own.isna() & (joined["score"] > high + 1e-9) & (high < WHOLE)  # the total is judged by its unit
    differs = (joined["max_status"] == "read") & (own > 0) & ((own - high).abs() > SUM_TOLERANCE)
    for row in each_row(joined.loc[inside & above]):
        facts = {"high": float(row.max_score_version), "framework": row.framework}
        yield row.row, "score", "expect.at_most_framework", facts
    for row in each_row(joined.loc[inside & differs]):
        facts = {"high": float(row.max_score_version), "framework": row.framework}
        yield row.row, "max_score", "expect.maximum_of_framework", facts


def _days(frame: pd.DataFrame) -> Iterator[Finding]:
    """A year's result is out after the year, and a page that tells it is not older than it."""
    published = frame["published_on"]
    for row in rows_where(frame, published.dt.year <= frame["year"]):
        yield row, "published_on", "expect.after_year", {}
    for row in rows_where(frame, frame["source_day"] < published):
        yield row, "source_day", "expect.not_before_publication", {}
