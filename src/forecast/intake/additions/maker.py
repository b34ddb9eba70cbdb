"""From the lines of a printed table to rows of scores, each knowing where its cells stand."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.base.errors import Problem
from forecast.base.indexes import INDEXES, MAIN, SURVEYS
from forecast.base.labels import Phrase
from forecast.data.framework import TOTAL, Framework, framework_for
from forecast.data.load import Vintages
from forecast.data.tables import COMPONENTS, DOMAINS, RELATED, Table
from forecast.intake.additions.proposal import Row
from forecast.intake.additions.sheet import Figure, Line, Sheet
from forecast.intake.additions.single import scale
from forecast.intake.additions.wording import Unit
from forecast.intake.annex.grid import Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a table comes from, for every row of it."""

    published_on: dt.date
    source: str
    source_day: dt.date | None = None
    trust: str = "official"
    note: str = ""

    def cells(self) -> dict[str, str]:
        """Give the cells that all rows share."""
        return {
            "published_on": self.published_on.isoformat(),
            "source_day": (self.source_day or self.published_on).isoformat(),
            "source_url": self.source,
            "trust": self.trust,
            "note": self.note,
        }


class Maker:
    """Makes rows of a sheet's lines; what stands in the table from the same source is left out."""

    def __init__(
        self, read: Sheet, index_code: str, year: int, origin: Origin, now: Vintages, target: Table
    ) -> None:
        self.read, self.index_code, self.year, self.origin = read, index_code, year, origin
        self.target = target
        self.problems: list[Problem] = []
        self.standing = 0
        frames = now.frames
        self.framework: Framework = framework_for(
            frames["frameworks"], frames["events"], MAIN, year, origin.published_on
        )
        self.known = self._known(now)
        self.printed = self._printed_maxima()
        self.units = {name: self._unit(name) for name in read.components}

    @property
    def addends(self) -> tuple[str, ...]:
        """Components of the sheet that add up to the total; none for an index of weights."""
        if self.index_code == MAIN:
            return DOMAINS
        own = tuple(name for name in self.read.components if name != TOTAL)
        return own if INDEXES[self.index_code].domains else ()

    def rows(self) -> tuple[list[Row], list[dict[str, Spot]]]:
        """Make the rows, and say for each where its cells stand in the sheet."""
        rows: list[Row] = []
        spots: list[dict[str, Spot]] = []
        once = {(line.area, line.statistic): line for line in reversed(self.read.lines)}
        for line in reversed(once.values()):
            if line.statistic == "maximum" or (self.target is RELATED and line.statistic != "value"):
                continue
            for component in COMPONENTS[self.index_code]:
                figure, unit = self.figure(line, component)
                rank = line.ranks.get(component)
                if (figure or rank) and not self._stands(line, component, figure, unit, rank):
                    rows.append(self._row(line, component, figure, unit, rank))
                    own = {"area": line.spot}
                    own |= {"score": figure.spot} if figure else {}
                    spots.append(own | ({"rank": rank.spot} if rank else {}))
        return rows, spots

    def figure(self, line: Line, component: str) -> tuple[Figure | None, Unit]:
        """Figure of a component that is taken (points before percent), and its unit."""
        for said in ("points", "percent", ""):
            figure = line.figures.get((component, said))
            if figure:
                return figure, said or self.units[component]
        return None, "points"

    def maximum(self, component: str) -> float:
        """Maximum in points: the one printed, the publisher's, or the framework's; NaN if unknown."""
        if component in self.printed:
            return self.printed[component].value
        if self.index_code != MAIN:
            return scale(self.index_code, self.year, component)
        return self.framework.maximum(component) if self.framework.max_status(component) else math.nan

    def seen(self) -> Phrase:
        """Say which columns were read as what."""
        words = [
            f"{component} ({unit})" if unit else component
            for component in self.read.components
            for unit in [self.units[component]]
        ]
        facts = {"lines": len(self.read.of("value")), "columns": words}
        return Phrase("imports.seen", facts)

    def _unit(self, component: str) -> Unit:
        """Unit of a component: as its heading says, else as its figures show."""
        said = {unit for line in self.read.lines for name, unit in line.figures if name == component}
        if self.target is RELATED or "points" in said:
            return "points"
        if "percent" in said or self.index_code in SURVEYS or component == TOTAL:
            return "percent"
        values = [
            line.figures[component, ""].value
            for line in self.read.of("value")
            if (component, "") in line.figures
        ]
        high = self.maximum(component)
        above = [value for value in values if value > high]
        return "percent" if len(above) * 2 > len(values) else "points"

    def _printed_maxima(self) -> dict[str, Figure]:
        found = {
            heading.component: Figure(heading.maximum, (self.read.lines[0].spot[0], column))
            for column, heading in self.read.columns.items()
            if heading.maximum and self.read.lines
        }
        for line in self.read.of("maximum"):
            found |= {name: figure for (name, unit), figure in line.figures.items() if unit != "percent"}
        return found

    def _row(self, line: Line, component: str, figure: Figure | None, unit: Unit, rank: Figure | None) -> Row:
        printed = self.printed.get(component)
        maximum = printed.value if printed else math.nan
        if self.target is RELATED and printed is None:
            maximum = scale(self.index_code, self.year, component)
        if unit == "percent":
            maximum = math.nan
        cells = {
            "index_code": self.index_code,
            "year": str(self.year),
            "area": line.area,
            "component": component,
            "statistic": line.statistic,
            "score": _text(figure.value) if figure else "",
            "unit": unit,
            "max_score": "" if math.isnan(maximum) else _text(maximum),
            "rank": _text(rank.value) if rank else "",
            **self.origin.cells(),
        }
        return {name: cells.get(name, "") for name in self.target.names}

    def _known(self, now: Vintages) -> dict[tuple[str, ...], Any]:
        frame = now.frames[self.target.name]
        same = frame[
            (frame["index_code"] == self.index_code)
            & (frame["year"] == self.year)
            & (frame["source_url"] == self.origin.source)
        ]
        found = {}
        for row in same.itertuples(index=False):
            days = tuple(str(day)[:10] for day in (row.published_on, row.source_day))
            found[(str(row.area), str(row.component), str(getattr(row, "statistic", "value")), *days)] = row
        return found

    def _stands(
        self, line: Line, component: str, figure: Figure | None, unit: Unit, rank: Figure | None
    ) -> bool:
        """Whether the table has this figure of this very source; with another figure it is a problem."""
        cells = self.origin.cells()
        key = (line.area, component, line.statistic, cells["published_on"], cells["source_day"])
        row = self.known.get(key)
        if row is None:
            return False
        self.standing += 1
        pairs = [
            (figure.value if figure else math.nan, row.score),
            (rank.value if rank else math.nan, row.rank),
        ]
        same = all(np.isclose(new, old, atol=1e-9, equal_nan=True) for new, old in pairs)
        if not same or (figure and row.unit != unit):
            spot = (figure or rank or Figure(0.0, line.spot)).spot
            self.problems.append(self.read.grid.problem(*spot, "imports.other_figure", number=int(row.row)))
        return True


def _text(value: float) -> str:
    return repr(round(value, 6)).removesuffix(".0")
