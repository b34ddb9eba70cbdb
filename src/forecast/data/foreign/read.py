"""Read any yearly table, from a file or memory, as one long table with remarks."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase
from forecast.base.spelling import clean
from forecast.data import load, tables
from forecast.data.foreign.layout import Long, long_of
from forecast.data.foreign.sheet import Sheet, sheet_of_file, sheet_of_frame
from forecast.data.foreign.values import numbers, part_of, without_percent, year_meant, year_of
from forecast.data.load.cells import no_figure, parse_table
from forecast.data.load.files import Rows
from forecast.data.load.rules import Checked, repeated_rows
from forecast.data.spellings import component_named

THOUSANDS: Final = re.compile(r"[1-9]\d{0,2}\.\d{3}", flags=re.ASCII)
COMMAS: Final = re.compile(r"[1-9]\d{0,2},\d{3}", flags=re.ASCII)
SHOWN_AS_DAY: Final = "1905"  # of 2000 to 2050 as days since 1900
ALIKE: Final = 3  # problems of one kind that are listed; the rest are counted


@dataclass(frozen=True, slots=True, eq=False)
class YearlyTable:
    """A table that was read."""

    frame: pd.DataFrame  # area, component, year, score, max_score, row; a score may be missing
    remarks: tuple[Phrase, ...]  # what was understood otherwise than it stands there


def read_file(path: Path) -> YearlyTable:
    """Read a yearly table from a file of text.

    Raises DataError with what is wrong and what to do; many alike problems are counted, not listed.
    """
    try:
        sheet = sheet_of_file(path)
        if sheet is None:  # no text, or no rows: the usual reader says it
            return YearlyTable(load.read_panel(path), ())
        return table_of(sheet, path.stem, spelt=True)
    except DataError as error:
        raise DataError(fold_repeats(error.problems)) from error


def read_frame(frame: pd.DataFrame, *, name: str = "frame") -> YearlyTable:
    """Read a yearly table that is in memory; index levels with names count as columns.

    Raises DataError (see `read_file`).
    """
    level_names = [level for level in frame.index.names if level is not None]
    whole = frame.reset_index() if level_names else frame
    if whole.empty:
        raise DataError([Problem(name, None, "", "", "panel.empty")])
    try:
        return table_of(sheet_of_frame(whole, name), "series", spelt=True)
    except DataError as error:
        raise DataError(fold_repeats(error.problems)) from error


def fold_repeats(problems: Sequence[Problem]) -> list[Problem]:
    """Keep the first few problems of a kind, and count the others in one line."""
    kinds = Counter((p.column, p.expected_key) for p in problems)
    counts: Counter[tuple[str, str]] = Counter()
    result = []
    for problem in problems:
        kind = (problem.column, problem.expected_key)
        counts[kind] += 1
        if counts[kind] <= ALIKE or kinds[kind] == ALIKE + 1:
            result.append(problem)
        elif counts[kind] == ALIKE + 1:
            more = kinds[kind] - ALIKE
            result.append(Problem(problem.file, None, problem.column, "", "foreign.more", {"count": more}))
    return result


def table_of(sheet: Sheet, area: str, *, spelt: bool = False) -> YearlyTable:
    """Read a sheet; `area` names the area if there is no column of areas.

    `spelt`: “d3” and “Lĩnh vực 3” are one component, where each year of an area has one of them alone.
    """
    long, remarks = long_of(sheet, area=area)
    _refuse_merged(sheet, long)
    _refuse_commas(sheet, long)
    cells, plain_remarks = _plain(long, sheet.separator)
    if spelt:
        cells["component"], told = _one_spelling(cells)
        remarks = (*remarks, *told)
    years = {text: year_of(text) for text in dict.fromkeys(cells["year"])}
    if years and all(inner and year == SHOWN_AS_DAY for year, inner in years.values()):
        text = next(iter(years))
        raise DataError([Problem(sheet.file, None, "year", text, "foreign.year_shown_as_day")])
    _refuse_unclear_years(sheet, long, cells["year"])
    if any(inner for _, inner in years.values()):
        _refuse_several(sheet, cells, years)
        _refuse_mixed_parts(sheet, long, cells["year"])
        plain_remarks = (
            *plain_remarks,
            Phrase("foreign.year_of_day", {"example": next(t for t, (_, i) in years.items() if i)}),
        )
    cells["year"] = [years[text][0] for text in cells["year"]]
    # Rows are counted by their place first, as a row of a wide table holds several figures.
    rows = Rows(sheet.file, tuple(range(len(long.numbers))), cells, "")
    frame, problems, bad = parse_table(rows, tables.PANEL, None)
    problems = problems or repeated_rows(Checked(tables.PANEL, rows, frame, frozenset(bad)))
    if problems:
        placed = [_with_place(problem, long) for problem in problems]  # a row of a wide table once
        own: dict[tuple[object, ...], Problem] = {}
        for problem in placed:
            own.setdefault((problem.row, problem.column, problem.value, problem.expected_key), problem)
        raise DataError([*own.values()])
    frame["row"] = [long.numbers[place] for place in frame["row"]]
    return YearlyTable(frame, (*remarks, *plain_remarks))


def _refuse_merged(sheet: Sheet, long: Long) -> None:
    """Refuse a figure in cells that are merged: it is not plain whose it is."""
    found: dict[str, Problem] = {}
    for number, column, text in zip(long.numbers, long.column, long.cells["score"], strict=True):
        if span := sheet.merged.get((number, column)):
            facts = {"cells": span}
            found.setdefault(span, Problem(sheet.file, number, column, text, "foreign.merged", facts))
    if found:
        raise DataError([*found.values()])


def _refuse_commas(sheet: Sheet, long: Long) -> None:
    """Refuse figures such as 71,870 where columns have commas between them: they may be thousands."""
    cells = [(place, cell.strip()) for place, cell in enumerate(long.cells["score"]) if cell.strip()]
    if sheet.separator == "," and len(cells) > 1 and all(COMMAS.fullmatch(cell) for _, cell in cells):
        place, text = cells[0]
        facts = {"whole": text.replace(",", ""), "decimal": text.replace(",", "."), "count": len(cells)}
        number, column = long.numbers[place], long.column[place]
        raise DataError([Problem(sheet.file, number, column, text, "foreign.commas", facts)])


def _refuse_unclear_years(sheet: Sheet, long: Long, cells: Sequence[str]) -> None:
    """Refuse years of two digits, where all of them have no more, and cells that name two years, in one line.

    Numbers of periods, which begin with 1, may stand for years.
    """
    counts = {text: year_meant(text) for text in set(cells) if not year_of(text)[1]}
    all_alone = all(len(text.strip()) == 2 for text in counts)
    wrong = {text: year for text, year in counts.items() if year and (all_alone or len(text.strip()) != 2)}
    places = [place for place, text in enumerate(cells) if text in wrong]
    if places:
        text = cells[places[0]]
        facts = {"year": wrong[text], "count": len(places)}
        row = long.numbers[places[0]]
        raise DataError([Problem(sheet.file, row, "year", text, "foreign.unclear_year", facts)])


def _refuse_mixed_parts(sheet: Sheet, long: Long, cells: Sequence[str]) -> None:
    """Refuse a quarter or some months among whole years: its figure is not that of a year."""
    parts = [part_of(text) for text in cells]
    if "" in parts and (odd := [place for place, part in enumerate(parts) if part]):
        facts = {"count": len(odd)}
        row, text = long.numbers[odd[0]], cells[odd[0]]
        raise DataError([Problem(sheet.file, row, "year", text, "foreign.mixed_parts", facts)])


def _with_place(problem: Problem, long: Long) -> Problem:
    """Give a problem its row and column in the sheet."""
    place = problem.row or 0
    column = long.column[place] if problem.column == "score" else problem.column
    facts = problem.expected_facts
    if "first" in facts and problem.expected_key == "expect.new_key":
        facts = {**facts, "first": long.numbers[facts["first"]]}
    return replace(problem, row=long.numbers[place], column=column, expected_facts=facts)


def _plain(long: Long, separator: str) -> tuple[dict[str, list[str]], tuple[Phrase, ...]]:
    """Normalise cells: decimal commas become points, signs for no figure are emptied and counted."""
    cells = dict(long.cells)
    signs: Counter[str] = Counter()
    percent = 0
    for role in ("score", "max_score"):
        bare = [without_percent(cell) for cell in cells[role]]
        wanted = numbers(bare, separator)
        percent += sum(one != other for one, other in zip(bare, cells[role], strict=True))
        signs.update(cell.strip() for cell in wanted if cell.strip() and no_figure(cell))
        cells[role] = ["" if no_figure(cell) else cell for cell in wanted]
    told = []
    if signs:
        told.append(Phrase("foreign.no_figure", {"count": sum(signs.values()), "signs": sorted(signs)}))
    if percent:
        told.append(Phrase("foreign.percent", {"count": percent}))
    figures = [cell.strip() for cell in cells["score"] if cell.strip()]
    # where commas stand between columns, decimals have points
    if separator != "," and len(figures) > 1 and all(THOUSANDS.fullmatch(cell) for cell in figures):
        facts = {"example": figures[0], "whole": figures[0].replace(".", "")}
        told.append(Phrase("foreign.thousands", facts))
    return cells, tuple(told)


def _one_spelling(cells: Mapping[str, list[str]]) -> tuple[list[str], tuple[Phrase, ...]]:
    """Write components that are named in several ways by their code, and say which."""
    meant = {name: component_named(name) for name in dict.fromkeys(cells["component"])}
    ways: dict[str, list[str]] = {}
    for name, code in meant.items():
        ways.setdefault(code, []).append(name)
    once: dict[str, str] = {}
    for code, names in ways.items():
        if not code or len(names) == 1:
            continue
        own = [at for at, name in enumerate(cells["component"]) if name in names]
        places = {(clean(cells["area"][at]), year_of(cells["year"][at])[0]) for at in own}
        if len(places) == len(own):
            once |= {name: code for name in names if name != code}
    if not once:
        return cells["component"], ()
    names = [f"{name} → {code}" for name, code in once.items() if clean(name) != code]
    told = (Phrase("foreign.one_spelling", {"names": names}),) if names else ()
    return [once.get(name, name) for name in cells["component"]], told


def _refuse_several(sheet: Sheet, cells: dict[str, list[str]], years: dict[str, tuple[str, bool]]) -> None:
    """Refuse several figures of one year, with the way to make one of them."""
    keys = Counter(
        (clean(area), clean(component), years[year][0])
        for area, component, year in zip(cells["area"], cells["component"], cells["year"], strict=True)
    )
    (area, component, year), most = keys.most_common(1)[0]
    if most > 1:
        facts = {"count": most, "area": area, "component": component, "year": year}
        raise DataError([Problem(sheet.file, None, "", "", "foreign.several", facts)])
