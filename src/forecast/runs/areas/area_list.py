"""List the areas of a batch: all provinces, or those that a file names."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from forecast.base import incoming
from forecast.base.errors import DataError, Problem
from forecast.base.spec import RunSpec
from forecast.data.load import Known, Vintages
from forecast.data.load.areas import gazetteer
from forecast.data.load.lineage import IN_FILE

COLUMN: Final = "area"


def all_provinces(question: RunSpec, vintages: Vintages) -> list[str]:
    """Name every province of the year, in the order of ``areas.csv``."""
    known = _known_data(question, vintages)
    names = set(known.provinces)
    return [str(area) for area in known.areas["area"] if area in names]


def read(path: Path) -> list[tuple[int, str]]:
    """Read a file of areas, one a line, or the column `area` of a CSV file.

    Gives line, the first being 1, and what stands there; empty lines and remarks (#) are passed over.

    Raises DataError if the file cannot be read, is not UTF-8, or names nothing.
    """
    file = str(path)
    lines = list(_names(incoming.text(incoming.content(path, name=file), file)))
    if not lines:
        raise incoming.refusal(file, "areas.no_name")
    return lines


def provinces(lines: list[tuple[int, str]], question: RunSpec, vintages: Vintages, file: str) -> list[str]:
    """Give each named province of the year once, in the spelling of ``areas.csv``.

    Raises DataError with every name that is no province of the year, and the nearest that is, or its
    successor.
    """
    places, _ = gazetteer(vintages.frames["areas"])
    known = _known_data(question, vintages)
    areas: dict[str, None] = {}
    problems = []
    for line, name in lines:
        area = places.find(name)
        if area in known.provinces:
            areas[str(area)] = None
            continue
        near = places.nearest(name)
        key, facts = "expect.area_near" if near in known.provinces else "expect.area", {"near": near}
        if area in known.other_years:
            key, facts = known.other_years[str(area)]
            key = IN_FILE[key]
        problems.append(Problem(file, line, COLUMN, name, key, dict(facts)))
    if problems:
        raise DataError(problems)
    return list(areas)


def _known_data(question: RunSpec, vintages: Vintages) -> Known:
    return vintages.known_at(question.as_of).for_year(question.target_year)


def _names(text: str) -> Iterator[tuple[int, str]]:
    lines = text.splitlines()
    head = next((line for line in lines if line.strip()), "")
    mark = max(",;\t", key=head.count)
    heads = [cell.strip() for cell in head.split(mark)]
    place = heads.index(COLUMN) if COLUMN in heads else None
    if place is None:
        rows: Iterator[tuple[int, str]] = enumerate(lines, start=1)
    else:
        reader = csv.reader(io.StringIO(text), delimiter=mark)
        rows = ((reader.line_num, row[place] if place < len(row) else "") for row in reader)
    for line, cell in rows:
        name = cell.strip()
        if name and not name.startswith("#") and (place is None or name != COLUMN):
            yield line, name
