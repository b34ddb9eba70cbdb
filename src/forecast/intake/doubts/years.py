"""Doubt what is said of years: when a result was out, what changed, what is aimed at, which areas are."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any, Final

import pandas as pd

from forecast.base.labels import text
from forecast.data.load import Vintages
from forecast.data.load.area_rules import provinces_before
from forecast.data.load.cells import each_row
from forecast.data.load.year_rules import is_decision
from forecast.data.tables import ANNOUNCEMENTS, EVENTS, LINEAGE, RELATED, SCORES, TABLE_LANG, TARGETS, Table
from forecast.intake.doubts.scores import Doubt

_FRAMEWORK: Final = "framework"
FAR_EVENT: Final = 3  # years between that of a change and the day on which it was known
_FAR_TARGET: Final = 10  # years ahead, as far as plans go
_FAR_DAYS: Final = pd.Timedelta(
    days=27
)  # between the day of a result and that of its figures: a month may slip
Doubted = Iterator[tuple[int, Any, Doubt]]  # number among the rows that are judged, row, doubt


def event_doubts(vintages: Vintages, first: int = 0) -> Doubted:
    """Doubt changes of criteria or method, from the row `first` on."""
    frame = vintages.frames[EVENTS.name]
    versions = vintages.frames["frameworks"]["framework"]
    for number, row in enumerate(each_row(frame.iloc[first:]), first):
        others = frame[(frame["index_code"] == row.index_code) & (frame["kind"] == row.kind)].drop(number)
        for doubt in _of_event(row, others, sorted({*versions, *others["what"]})):
            yield number - first, row, doubt


def _of_event(row: Any, others: pd.DataFrame, known: list[str]) -> Iterator[Doubt]:
    before = others[others["year"] <= row.year].sort_values("year", kind="stable").tail(1)
    if row.what in set(before["what"]):
        facts = {"what": row.what, "first": int(before["year"].iloc[0])}
        yield Doubt("doubt.holds", facts=facts, column="what")
    same_year = others[(others["year"] == row.year) & (others["what"] != row.what)]
    if row.kind == _FRAMEWORK and len(same_year):
        facts = {"what": str(same_year["what"].iloc[0]), "year": int(row.year)}
        yield Doubt("doubt.two_frameworks", facts=facts, column="what")
    if abs(row.known_on.year - row.year) > FAR_EVENT:
        yield Doubt("doubt.event_year", facts={"day": row.known_on.date()}, column="year")
    if row.kind == _FRAMEWORK and not is_decision(row.what):
        yield Doubt("doubt.decision", facts=_accepted_by("decision"), column="what")
    elif row.kind == _FRAMEWORK and row.what not in known:
        near = next((name for name in known if _one_letter_apart(name, row.what)), "")
        if near:
            yield Doubt("doubt.near_decision", facts={"near": near}, column="what")


def _one_letter_apart(one: str, other: str) -> bool:
    """Whether one letter was changed, left out or put in, or two were exchanged.

    >>> [_one_letter_apart("876/QĐ-BNV", other) for other in ("867/QĐ-BNV", "8766/QĐ-BNV", "1149/QĐ-BNV")]
    [True, True, False]
    """
    steps = [step for step in difflib.SequenceMatcher(None, one, other).get_opcodes() if step[0] != "equal"]
    lengths = sorted(max(to - start, end - begin) for _, start, to, begin, end in steps)
    return lengths == [1] or (lengths == [1, 1] and sorted(one) == sorted(other))


def announcement_doubts(vintages: Vintages, first: int = 0) -> Doubted:
    """Doubt days of results that nobody can look up, or far from the day of the figures, from `first` on."""
    days = _days_of_figures(vintages)
    for number, row in enumerate(each_row(vintages.frames[ANNOUNCEMENTS.name].iloc[first:])):
        if not row.source_url:
            yield number, row, Doubt("doubt.source", column="source_url")
        day = days.get((row.index_code, row.year))
        if day is not None and abs(row.announced_on - day) > _FAR_DAYS:  # not so of a day that is unknown
            facts = {"day": day.date(), "apart": abs((row.announced_on - day).days)}
            yield number, row, Doubt("doubt.other_day", facts=facts, column="announced_on")


def _days_of_figures(vintages: Vintages) -> dict[tuple[str, int], Any]:
    """Day on which most figures of an index and year were published."""
    columns = ["index_code", "year", "published_on"]
    rows = pd.concat([vintages.frames[table.name][columns] for table in (SCORES, RELATED)])
    by_year = rows.dropna().groupby(["index_code", "year"])["published_on"]
    return {(str(code), int(str(year))): days.mode().iloc[0] for (code, year), days in by_year}


def early_doubts(vintages: Vintages, first: int = 0, *, table: Table = SCORES) -> Doubted:
    """Doubt figures that were published long before their year's result, from `first` on.

    They would be used before anybody knew them.  Where most figures of the year say so, its day is doubted.
    """
    days, frame = vintages.frames[ANNOUNCEMENTS.name], vintages.frames[table.name].iloc[first:]
    usual = _days_of_figures(vintages)
    days = days[days["precision"] == "day"]
    known = {(row.index_code, row.year): row.announced_on for row in each_row(days)}
    keys = list(zip(frame["index_code"], frame["year"], strict=True))
    out = pd.Series([known.get(key, pd.NaT) for key in keys], index=frame.index, dtype="datetime64[ns]")
    most = pd.Series([usual.get(key, pd.NaT) for key in keys], index=frame.index, dtype="datetime64[ns]")
    early = (out - frame["published_on"] > _FAR_DAYS) & ~(out - most > _FAR_DAYS)
    numbers = range(len(frame))
    for row in each_row(frame.assign(number=numbers, announced=out)[early]):
        facts = {"published": row.published_on.date(), "day": row.announced.date()}
        yield row.number, row, Doubt("doubt.early", facts=facts, column="published_on")


def target_doubts(vintages: Vintages, first: int = 0) -> Doubted:
    """Doubt a target far ahead, and one that is easier than the one before it or in the other direction."""
    frame = vintages.frames[TARGETS.name].assign(number=range(len(vintages.frames[TARGETS.name])))
    for row in each_row(frame.iloc[first:]):
        if row.year > row.set_on.year + _FAR_TARGET:
            facts = {"day": row.set_on.date()}
            yield row.number - first, row, Doubt("doubt.target_year", facts=facts, column="year")
    ordered = frame.sort_values("set_on", kind="stable")
    for _, own in ordered.groupby(["index_code", "area", "year", "quantity"], sort=False):
        for before, row in pairwise(each_row(own)):
            easier = row.value > before.value if row.relation == "<=" else row.value < before.value
            if row.number < first or (row.relation == before.relation and not easier):
                continue
            facts = {
                "first": int(before.row),
                "relation": before.relation,
                "known": float(before.value),
                "other": row.relation,
                "value": float(row.value),
            }
            doubt = Doubt("doubt.target", facts={**facts, **_accepted_by("target")}, column="value")
            yield row.number - first, row, doubt


def lineage_doubts(vintages: Vintages, first: int = 0) -> Doubted:
    """Doubt an area that comes back after its end, and a day that lists areas that stay, but not all."""
    frame, areas = vintages.frames[LINEAGE.name], vintages.frames["areas"]
    frame = frame.assign(number=range(len(frame)))
    for day, rows in [(pd.Timestamp(str(day)), rows) for day, rows in frame.groupby("from_day")]:
        there = provinces_before(areas, frame, day)
        ended = set(frame.loc[frame["from_day"] < day, "part"]) - set(there)
        for row in each_row(rows[rows["area"].isin(ended)].drop_duplicates("area")):
            yield row.number - first, row, Doubt("doubt.comes_back", row.area, column="area")
        staying = rows[(rows["area"] == rows["part"]) & ~rows["area"].duplicated(keep=False)]
        left_out = [name for name in there if name not in set(rows["part"])]
        if len(staying) and left_out:
            facts = {"areas": left_out, "staying": str(staying["area"].iloc[0]), "day": day.date()}
            row = next(each_row(rows))
            yield row.number - first, row, Doubt("doubt.left_out", facts=facts, column="part")


def _accepted_by(kind: str) -> dict[str, str]:
    """Words with which a note accepts a doubt."""
    return {"accepted": text(f"doubt_kind.{kind}", TABLE_LANG)}


DOUBTS_OF_YEARS: Final[Mapping[str, Callable[[Vintages, int], Doubted]]] = {  # by table
    SCORES.name: early_doubts,
    RELATED.name: partial(early_doubts, table=RELATED),
    EVENTS.name: event_doubts,
    ANNOUNCEMENTS.name: announcement_doubts,
    TARGETS.name: target_doubts,
    LINEAGE.name: lineage_doubts,
}
