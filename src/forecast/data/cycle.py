"""The checklist of a new year: what is known on a day, what is missing, and where it is entered."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from forecast.base.indexes import INDEXES, MAIN
from forecast.data.framework import TOTAL, framework_for
from forecast.data.load import Known

State = Literal["there", "look", "missing"]
ENTER: Final = {  # where a step is entered: files, and the command where there is one
    "areas": "areas.csv, lineage.csv",
    "weights": "lineage.csv (population)",
    "units": "units.csv",
    "communes": "units.csv (kind: commune)",
    "framework": "forecast framework import; forecast add event",
    "departments": "frameworks.csv (responsible)",
    "announcement": "forecast add announcement",
    "result": "forecast import par",
    "survey": "forecast import sipas",
    "targets": "targets.csv",
    "events": "forecast add event",
    "indicators": "forecast import indicators",
    "remedies": "remedies.csv",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a new cycle: `says` is the key of a sentence ``new_year.<says>``, filled by `facts`."""

    name: str
    state: State
    says: str
    facts: dict[str, Any] = field(default_factory=dict)


def checklist(known: Known, year: int, area: str) -> tuple[Step, ...]:
    """List the steps of a new cycle of the main index for a province of `year`, in their order.

    What is known is as published, not for the areas of any year.
    """
    of_year = known.for_year(year)
    return (
        *_areas(of_year, year, area),
        *_units(known, year, area),
        *_framework(known, year),
        *_results(known, year),
        *_targets(known, year, area),
        *_current(of_year, year, area),
    )


def _areas(of_year: Known, year: int, area: str) -> Iterator[Step]:
    count = len(of_year.provinces)
    parts = of_year.merged.loc[of_year.merged["area"] == area]
    if parts.empty:
        yield Step("areas", "there", "areas", {"count": count, "year": year})
        return
    day = parts["from_day"].iloc[-1].date()
    facts = {"count": count, "year": year, "area": area, "parts": list(parts["part"]), "from_day": day}
    yield Step("areas", "there", "areas_merged", facts)
    known = bool((parts["weighted_by"] == "population").all())
    yield Step("weights", "there" if known else "look", "weights" if known else "weights_equal")


def _units(known: Known, year: int, area: str) -> Iterator[Step]:
    kinds = known.units.loc[known.units["area"] == area, "kind"]
    count = {kind: int((kinds == kind).sum()) for kind in ("department", "district", "commune")}
    day = min(known.as_of, dt.date(year, 12, 31))
    state: State = "look" if count["department"] else "missing"
    yield Step("units", state, "units", {"count": count["department"], "day": day})
    below = count["district"] + count["commune"]
    yield Step("communes", "there" if below else "missing", "below" if below else "no_below", count)


def _framework(known: Known, year: int) -> Iterator[Step]:
    version = framework_for(known.frameworks, known.events, MAIN, year, known.as_of)
    events = known.events
    own = (events["index_code"] == MAIN) & (events["kind"] == "framework") & (events["year"] == year)
    facts = {"year": year, "name": version.name, "lender": version.maxima_from}
    if version.name != version.maxima_from:
        yield Step("framework", "missing", "framework_borrowed", facts)
    elif not own.any():
        yield Step("framework", "look", "framework_older", facts)
    else:
        yield Step("framework", "there", "framework", facts)
    units = {name.strip() for cell in version.components["responsible"] for name in cell.split(";")} - {""}
    unknown = sorted(units - set(known.units["unit"])) if len(known.units) else []
    if unknown:
        yield Step("departments", "missing", "departments_lost", {"names": unknown})
    else:
        yield Step("departments", "there" if units else "missing", "departments", {"count": len(units)})


def _results(known: Known, year: int) -> Iterator[Step]:
    last = year - 1
    days, scores = known.announcements, known.scores
    for code in (MAIN, INDEXES[MAIN].survey):
        dates = days.loc[(days["index_code"] == code) & (days["year"] == last), "announced_on"].dropna()
        facts: dict[str, Any] = {"index": code, "year": last}
        if len(dates):
            yield Step("announcement", "there", "announced", {**facts, "day": dates.iloc[0].date()})
        else:
            yield Step("announcement", "missing", "not_announced", facts)
        own = (scores["index_code"] == code) & (scores["year"] == last) & (scores["component"] == TOTAL)
        count = int((own & (scores["statistic"] == "value") & scores["score"].notna()).sum())
        provinces = len(known.provinces_in(last))
        state: State = "there" if count >= provinces else "look" if count else "missing"
        name = "result" if code == MAIN else "survey"
        yield Step(name, state, "figures", {**facts, "count": count, "all": provinces})


def _targets(known: Known, year: int, area: str) -> Iterator[Step]:
    rows, events = known.targets, known.events
    count = int(((rows["area"] == area) & (rows["year"] == year)).sum())
    yield Step("targets", "there" if count else "missing", "targets", {"count": count, "year": year})
    codes = (MAIN, INDEXES[MAIN].survey)
    count = int((events["index_code"].isin(codes) & (events["year"] == year)).sum())
    yield Step("events", "there" if count else "look", "events", {"count": count, "year": year})


def _current(of_year: Known, year: int, area: str) -> Iterator[Step]:
    rows = of_year.indicators
    count = int(((rows["area"] == area) & (rows["last_day"].dt.year == year)).sum())
    yield Step("indicators", "there" if count else "missing", "indicators", {"count": count, "year": year})
    due = of_year.remedies["due"].fillna(of_year.remedies["recorded_on"]).dt.year
    count = int((due == year).sum())
    yield Step("remedies", "there" if count else "missing", "remedies", {"count": count, "year": year})
