"""Propose all rows of a printed table of provinces: one index and year."""

import dataclasses
import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from forecast.base.errors import DataError, Problem
from forecast.base.indexes import MAIN, SURVEYS
from forecast.base.labels import Phrase
from forecast.base.spec import refuse_outside
from forecast.data.framework import TOTAL, WHOLE, framework_for
from forecast.data.load import Vintages, read_vintages
from forecast.data.load.areas import gazetteer
from forecast.data.load.coherence import coarse_step
from forecast.data.load.lineage import provinces_in
from forecast.data.tables import (
    COMPONENTS,
    COUNTRY,
    EVERY_CODE,
    FIRST_YEAR,
    LAST_YEAR,
    RELATED,
    RELATED_CODES,
    SCORES,
    Table,
)
from forecast.intake.additions.headings import Unit, maximum_in
from forecast.intake.additions.one_row import scale
from forecast.intake.additions.proposal import (
    OPTIONS_OF_ALL,
    Doubted,
    Proposal,
    Row,
    of_all,
    propose,
)
from forecast.intake.additions.province_sheet import Figure, Line, Sheet, read_sheet
from forecast.intake.doubts.comparison import Compared, compare_and_judge
from forecast.intake.doubts.scores import Doubt
from forecast.intake.doubts.wholes import MOST_MISSING, ROUNDING, Wholes, whole_doubts
from forecast.intake.grid import Spot

INDEXES: Final = {code.casefold(): code for code in EVERY_CODE}
_MEAN_TOLERANCE: Final = 0.02


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


def table(
    data_dir: Path,
    path: Path,
    index_code: str,
    year: int,
    origin: Origin,
    *,
    sheet: str = "",
    columns: Sequence[str] = (),
    unit: Unit = "",
) -> Proposal:
    """Propose all rows of one printed table, in .xlsx or .csv.

    `data_dir`: folder of the tables; `index_code`: PAR, SIPAS, PAPI, PCI or DTI; `year`: year that is scored;
    `origin`: day, source and trust of every row; `sheet`, `columns`, `unit`: see `province_sheet.read_sheet`.
    Raises DataError with everything that cannot be read, and everything for which the folder would be
    refused.
    """
    refuse_outside("--year", year, FIRST_YEAR, LAST_YEAR)
    now = read_vintages(data_dir)
    places, _ = gazetteer(now.frames["areas"])
    read = read_sheet(path, index_code, year, places, sheet=sheet, columns=columns, unit=unit)
    target = RELATED if index_code in RELATED_CODES else SCORES
    maker = _RowMaker(read, index_code, year, origin, now, target)
    rows, spots = maker.rows()
    problems = [*read.problems, *maker.problems]
    areas = {line.area for line in read.of("value")}
    missing = tuple(area for area in maker.provinces if area not in areas)

    def place(problem: Problem, number: int) -> Problem:
        if problem.column == "source_day" and origin.source_day is None:  # the day of publication
            problem = dataclasses.replace(problem, column="published_on")
        if problem.column in OPTIONS_OF_ALL:
            return of_all(problem)
        spot = spots[number].get(problem.column, spots[number]["area"])
        placed = read.grid.problem(*spot, problem.expected_key, **problem.expected_facts)
        printed = problem.column in spots[number] and problem.column != "max_score"  # as it stands there
        return placed if printed else dataclasses.replace(placed, value=problem.value)

    def judge(after: Vintages) -> tuple[Compared, list[Doubted]]:
        of_wholes = (doubt for _, doubt in whole_doubts(after, target, maker.wholes))
        own = [*_own_doubts(read, maker), *of_wholes]
        compared, doubts = compare_and_judge(now, after, target, index_code, raised=own)
        compared = dataclasses.replace(compared, standing=maker.standing, missing=missing)
        return compared, [(_as_problem(doubt, read), _rows_of(doubt, rows)) for doubt in doubts]

    try:
        proposal = propose(
            data_dir,
            now,
            target,
            rows,
            action=f"import {index_code.lower()}",
            what=f"{path.name} ({year})",
            place=place,
            judge=judge,
            remarks=(maker.seen(), *read.remarks),
        )
    except DataError as error:
        raise read.grid.refusal([*problems, *error.problems]) from error
    if problems:
        raise read.grid.refusal([*problems, *proposal.doubts])
    return proposal if rows else dataclasses.replace(proposal, doubts=())


def _rows_of(doubt: Doubt, rows: Sequence[Row]) -> tuple[int, ...]:
    """Numbers of the rows that a doubt is about; none if it is about all."""
    areas = {doubt.area, doubt.facts.get("other_area", doubt.area)} - {""}
    return tuple(
        number
        for number, row in enumerate(rows)
        if (areas or doubt.component)
        and (not areas or (row["area"] in areas and row.get("statistic", "value") == doubt.statistic))
        and (not doubt.component or row["component"] == doubt.component)
    )


class _RowMaker:
    """Makes rows of a sheet's lines; what stands in the table from the same source is left out."""

    def __init__(
        self, read: Sheet, index_code: str, year: int, origin: Origin, now: Vintages, target: Table
    ) -> None:
        self.read, self.index_code, self.year, self.target = read, index_code, year, target
        self.shared = origin.cells()
        self.problems: list[Problem] = []
        self.standing = 0
        self.wholes: list[Wholes] = []  # of each row, where its cells print others than its column
        self.provinces = provinces_in(now.frames["areas"], now.frames["lineage"], year)
        frames = now.frames
        self.framework = framework_for(
            frames["frameworks"], frames["events"], MAIN, year, origin.published_on
        )
        self.known = self._known(now)
        self.printed = self._printed_maxima()
        self.units = {name: self._unit(name) for name in read.components}

    def rows(self) -> tuple[list[Row], list[dict[str, Spot]]]:
        """Make the rows, and say for each where its cells stand in the sheet."""
        rows: list[Row] = []
        spots: list[dict[str, Spot]] = []
        once = {(line.area, line.statistic): line for line in reversed(self.read.lines)}
        for line in reversed(once.values()):
            if line.statistic == "maximum" or (self.target is RELATED and line.statistic != "value"):
                continue
            for component in COMPONENTS[self.index_code]:
                figure, unit = self._figure(line, component)
                rank = line.ranks.get(component)
                if (figure or rank) and not self._stands(line, component, figure, unit, rank):
                    rows.append(self._row(line, component, figure, unit, rank))
                    cells = {"score": figure, "rank": rank, "max_score": self.printed.get(component, figure)}
                    self.wholes.append(self._wholes(component, figure, rank))
                    spots.append(
                        {"area": line.spot, **{name: cell.spot for name, cell in cells.items() if cell}}
                    )
        return rows, spots

    def _wholes(self, component: str, figure: Figure | None, rank: Figure | None) -> Wholes:
        of_column = self.printed[component].value if component in self.printed else 0.0
        score = figure.whole if figure and figure.whole != of_column else 0.0
        return {"score": score, "rank": rank.whole if rank else 0.0}

    def maximum(self, component: str) -> float:
        """Maximum in points: the one printed, or else the known one; NaN if unknown."""
        return self.printed[component].value if component in self.printed else self._known_maximum(component)

    def _known_maximum(self, component: str) -> float:
        if self.index_code != MAIN:
            return scale(self.index_code, self.year, component)
        return self.framework.maximum(component) if self.framework.max_status(component) else math.nan

    def other_maxima(self) -> Iterator[Doubt]:
        """Doubt printed maxima that are not the publisher's, nor those that were read of the framework."""
        for component, figure in self.printed.items():
            known = WHOLE if self.index_code in SURVEYS else self._known_maximum(component)
            sure = self.index_code != MAIN or self.framework.max_status(component) == "read"
            if sure and abs(known - figure.value) > ROUNDING:
                facts = {"printed": figure.value, "known": known}
                yield Doubt("doubt.maximum", component=component, facts=facts)

    def seen(self) -> Phrase:
        """Say which columns were read as what."""
        words: list[str | Phrase] = [
            f"{name} ({unit})" if unit else name for name, unit in self.units.items()
        ]
        ranked = dict.fromkeys(name for line in self.read.lines for name in line.ranks)
        words += [Phrase("imports.rank_of", {"component": name}) for name in ranked]
        return Phrase("imports.seen", {"lines": len(self.read.of("value")), "columns": words})

    def _figure(self, line: Line, component: str) -> tuple[Figure | None, Unit]:
        """Figure of a component that is taken (points before percent), and its unit."""
        units: tuple[Unit, ...] = ("points", "percent", "")
        for unit in units:
            if figure := line.figures.get((component, unit)):
                if unit == "percent" and self.target is RELATED:  # kept in the publisher's points
                    return Figure(figure.value * self.maximum(component) / WHOLE, figure.spot), "points"
                return figure, unit or self.units[component]
        return None, "points"

    def _unit(self, component: str) -> Unit:
        """Unit of a component: as its heading says, else as its figures show."""
        units = {unit for line in self.read.lines for name, unit in line.figures if name == component}
        if self.target is RELATED or "points" in units:
            return "points"
        if "percent" in units or self.index_code in SURVEYS or component == TOTAL:
            return "percent"
        figures = [line.figures.get((component, "")) for line in self.read.of("value")]
        values = [figure.value for figure in figures if figure]
        above = sum(value > self.maximum(component) for value in values)
        return "percent" if above * 2 > len(values) else "points"

    def _printed_maxima(self) -> dict[str, Figure]:
        maxima = {
            heading.component: Figure(heading.maximum, self._spot_of_maximum(column))
            for column, heading in self.read.columns.items()
            if heading.maximum and self.read.lines
        }
        for line in self.read.of("maximum"):
            maxima |= {name: figure for (name, unit), figure in line.figures.items() if unit != "percent"}
        return maxima

    def _spot_of_maximum(self, column: int) -> Spot:
        """Where the maximum of a column is printed: in its heading, or else in every figure."""
        grid, first = self.read.grid, self.read.lines[0].spot[0]
        above = ((row, grid.covering(row, column)) for row in range(first - 1, 0, -1))
        row = next((row for row, cell in above if cell and maximum_in(cell.text)), first)
        return grid.merged.get((row, column), (row, column))

    def _row(self, line: Line, component: str, figure: Figure | None, unit: Unit, rank: Figure | None) -> Row:
        printed = self.printed.get(component)
        maximum = printed.value if printed else math.nan
        if self.target is RELATED and printed is None:
            maximum = scale(self.index_code, self.year, component)
        cells = {
            "index_code": self.index_code,
            "year": str(self.year),
            "area": line.area,
            "component": component,
            "statistic": line.statistic,
            "score": _text(figure.value) if figure else "",
            "unit": unit,
            "max_score": "" if math.isnan(maximum) or unit == "percent" else _text(maximum),
            "rank": _text(rank.value) if rank else "",
            **self.shared,
        }
        return {name: cells.get(name, "") for name in self.target.names}

    def _known(self, now: Vintages) -> dict[tuple[str, ...], Any]:
        """Rows of the table from this very source, by what names their figure."""
        frame = now.frames[self.target.name]
        same = (frame["index_code"] == self.index_code) & (frame["year"] == self.year)
        own = frame[same & (frame["source_url"] == self.shared["source_url"])]
        return {
            (
                *(str(row.area), str(row.component), str(getattr(row, "statistic", "value"))),
                *(str(row.published_on)[:10], str(row.source_day)[:10]),
            ): row
            for row in own.itertuples(index=False)
        }

    def _stands(
        self, line: Line, component: str, figure: Figure | None, unit: Unit, rank: Figure | None
    ) -> bool:
        """Whether the table has this figure of this very source; with another figure it is a problem."""
        days = self.shared["published_on"], self.shared["source_day"]
        row = self.known.get((line.area, component, line.statistic, *days))
        if row is None:
            return False
        self.standing += 1
        new = [cell.value if cell else math.nan for cell in (figure, rank)]
        same = np.allclose(new, [row.score, row.rank], rtol=1e-5, atol=1e-9, equal_nan=True)
        if not same or (figure and row.unit != unit):
            spot = (figure or rank or Figure(0.0, line.spot)).spot
            self.problems.append(self.read.grid.problem(*spot, "imports.other_figure", number=int(row.row)))
        return True


def _own_doubts(read: Sheet, maker: _RowMaker) -> Iterator[Doubt]:
    """Doubts that the sheet raises by itself: its title, its maxima, points beside percent, its means."""
    lines = read.of("value")
    if read.years and maker.year not in read.years:
        yield Doubt("doubt.title_year", facts={"year": maker.year, "found": sorted(read.years)})
    if read.indexes and maker.index_code not in read.indexes:
        yield Doubt("doubt.title_index", facts={"code": maker.index_code, "found": sorted(read.indexes)})
    if read.of_other_years:
        facts = {"year": maker.year, "columns": list(read.of_other_years)}
        yield Doubt("doubt.column_year", facts=facts)
    fewest = len(maker.provinces) - MOST_MISSING
    if len(lines) < fewest:
        yield Doubt("doubt.few", facts={"count": len(lines), "fewest": fewest})
    if read.nameless:
        yield Doubt("doubt.nameless", facts={"sheets": read.nameless})
    yield from maker.other_maxima()
    yield from _wrong_percent(read, maker)
    if len(lines) >= len(maker.provinces):
        yield from _wrong_means(read)


def _wrong_percent(read: Sheet, maker: _RowMaker) -> Iterator[Doubt]:
    """Points and percent of one cell that do not belong together."""
    for component in read.components:
        high, pairs = maker.maximum(component), list[tuple[str, float, float]]()
        for line in read.of("value"):
            points, percent, bare = (line.figures.get((component, u)) for u in ("points", "percent", ""))
            percent = percent or (bare if points and bare and bare.value != points.value else None)
            if points and percent and high > 0:
                pairs.append((line.area, points.value, percent.value))
        steps = [ROUNDING + coarse_step(np.array(own)) for own in list(zip(*pairs, strict=True))[1:]]
        for area, points_of, percent_of in pairs:
            due = WHOLE * points_of / high
            if abs(due - percent_of) > WHOLE * steps[0] / high + steps[1]:
                facts = {"points": points_of, "percent": percent_of, "due": round(due, 2)}
                yield Doubt("doubt.percent", area, component, facts)


def _wrong_means(read: Sheet) -> Iterator[Doubt]:
    """Printed mean, highest and lowest that are not those of a full table."""
    lines = read.of("value")
    for own in (line for line in read.lines if line.area == COUNTRY and line.statistic != "maximum"):
        told = set[str]()  # the points of a component are wrong as its percent are
        for (component, unit), figure in own.figures.items():
            values = [
                line.figures[component, unit].value for line in lines if (component, unit) in line.figures
            ]
            if len(values) == len(lines) and component not in told:
                due = {"mean": float(np.mean(values)), "max": max(values), "min": min(values)}[own.statistic]
                if abs(due - figure.value) > _MEAN_TOLERANCE:
                    facts = {"printed": figure.value, "due": round(due, 4), "statistic": own.statistic}
                    told.add(component)
                    yield Doubt("doubt.mean", own.area, component, facts, statistic=own.statistic)


def _as_problem(doubt: Doubt, read: Sheet) -> Problem:
    """Put a doubt to its cell; one about a column to its heading, one about the whole to the sheet."""
    own = [line for line in read.lines if line.area == doubt.area]
    line = next((line for line in own if line.statistic == doubt.statistic), next(iter(own), None))
    if line is not None:
        spots = [figure.spot for (name, _), figure in line.figures.items() if name == doubt.component]
        if doubt.key.startswith("doubt.rank") and doubt.component in line.ranks:
            spots = [line.ranks[doubt.component].spot]
        return read.grid.problem(*(spots or [line.spot])[0], doubt.key, **doubt.all_facts)
    column = next((at for at, head in read.columns.items() if head.component == doubt.component), 0)
    if not (column and doubt.component):
        return read.grid.whole_problem(doubt.key, **doubt.all_facts)
    return dataclasses.replace(read.grid.problem(1, column, doubt.key, **doubt.all_facts), row=None, value="")


def _text(value: float) -> str:
    return repr(round(value, 6)).removesuffix(".0")
