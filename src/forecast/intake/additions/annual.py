"""A whole printed table of one index and year: the Ministry's annex, or a table of PAPI, PCI or DTI."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from forecast.base.errors import DataError, Problem
from forecast.data.load import read_vintages
from forecast.data.load.areas import gazetteer
from forecast.data.tables import EVERY_CODE, RELATED, RELATED_CODES, SCORES
from forecast.intake.additions.beside import added, case, compared, incoherent, last_day
from forecast.intake.additions.doubts import Doubt, judge
from forecast.intake.additions.history import history
from forecast.intake.additions.maker import Maker, Origin
from forecast.intake.additions.proposal import Compared, Proposal, through_the_door
from forecast.intake.additions.sheet import Sheet, read_sheet
from forecast.intake.additions.within import own_doubts
from forecast.intake.additions.wording import Unit
from forecast.intake.annex.grid import Spot

INDEXES: Final = {code.casefold(): code for code in EVERY_CODE}


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
    """Propose all rows of one printed table.

    Parameters
    ----------
    data_dir
        Folder of the tables.
    path
        .xlsx or .csv, as the Ministry, the publisher or a newspaper prints it.
    index_code
        PAR, SIPAS, PAPI, PCI or DTI.
    year
        Year that is scored.
    origin
        Day, source and trust of every row.
    sheet, columns, unit
        See `sheet.read_sheet`.

    Raises
    ------
    DataError
        With everything that cannot be read, and everything that the door to the data refuses.
    """
    now = read_vintages(data_dir)
    places, _ = gazetteer(now.frames["areas"])
    read = read_sheet(path, index_code, year, places, sheet=sheet, columns=columns, unit=unit)
    target = RELATED if index_code in RELATED_CODES else SCORES
    maker = Maker(read, index_code, year, origin, now, target)
    rows, spots = maker.rows()
    problems = [*read.problems, *maker.problems]

    def place(problem: Problem, number: int) -> Problem:
        row, column = spots[number].get(problem.column, spots[number]["area"])
        found = _at(read, (row, column), problem.expected_key, problem.expected_facts)
        return dataclasses.replace(found, value=problem.value)

    try:
        before, after = through_the_door(data_dir, now, target, rows, place)
    except DataError as error:
        raise DataError(_in_order([*problems, *error.problems])) from error
    kept = added(now, after, target)
    told = history(now, index_code, last_day(now, after, target))
    missing = tuple(area for area in places.provinces if area not in {line.area for line in read.of("value")})
    doubts = list(own_doubts(read, maker))
    if len(kept):
        doubts += judge(case(kept, maker.addends), told)
        doubts += incoherent(kept, told, after, doubts)
    told_doubts = tuple(_problem(doubt, read) for doubt in doubts)
    if problems:
        raise DataError(_in_order([*problems, *told_doubts]))
    return Proposal(
        data_dir=data_dir,
        table=target,
        action=f"import {index_code.lower()}",
        what=f"{path.name} ({year})",
        rows=tuple(rows),
        before=before,
        now=now,
        after=after,
        compared=(
            compared(kept, told, standing=maker.standing, missing=missing)
            if len(kept)
            else Compared(standing=maker.standing, missing=missing)
        ),
        doubts=told_doubts if rows else (),
        remarks=(maker.seen(), *read.remarks),
    )


def _problem(doubt: Doubt, read: Sheet) -> Problem:
    """Put a doubt to its cell; one about a column to its heading, one about the whole to the sheet."""
    line = next((each for each in read.lines if each.area == doubt.area), None)
    facts = {"area": doubt.area, "component": doubt.component, **doubt.facts}
    if line is not None:
        spots = [figure.spot for (name, _), figure in line.figures.items() if name == doubt.component]
        if doubt.key.startswith("doubt.rank") and doubt.component in line.ranks:
            spots = [line.ranks[doubt.component].spot]
        return _at(read, spots[0] if spots else line.spot, doubt.key, facts)
    column = next((at for at, head in read.columns.items() if head.component == doubt.component), 0)
    if not (column and doubt.component):
        return dataclasses.replace(read.grid.whole_problem(doubt.key), expected_facts=facts)
    return dataclasses.replace(_at(read, (1, column), doubt.key, facts), row=None, value="")


def _at(read: Sheet, spot: Spot, key: str, facts: Mapping[str, Any]) -> Problem:
    return dataclasses.replace(read.grid.problem(*spot, key), expected_facts=dict(facts))


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    once = {
        (each.sheet, each.row, each.column, each.expected_key, str(each.expected_facts)): each
        for each in problems
    }
    return sorted(
        once.values(), key=lambda each: (each.sheet == "", each.row or 0, len(each.column), each.column)
    )
