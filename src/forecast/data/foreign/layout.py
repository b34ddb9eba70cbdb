"""Rearrange a sheet in any layout to one figure a row; the columns' own names are kept for messages."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase
from forecast.base.spec import nearest
from forecast.base.spelling import plain_words, slug
from forecast.data.foreign import besides, rows
from forecast.data.foreign.headings import (
    PART_OF_YEAR,
    PARTS_OF_YEARS,
    ROLES,
    SHORT_PARTS,
    Headings,
    headings,
    is_estimate,
    is_plan,
)
from forecast.data.foreign.sheet import Sheet
from forecast.data.foreign.values import is_number, year_of
from forecast.data.tables import COMPONENTS

_YEAR = re.compile(r"\bnam\b|\d+")
_OF_NUMBERS = ("year", "score", "max_score")
NEEDED = ("area", "component", "year", "score")


class Long(NamedTuple):
    """One figure a row: cells by role, the number of its row, and its column's own name."""

    cells: dict[str, list[str]]
    numbers: list[int]
    column: list[str]


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """How to read a sheet: columns by role, and columns of figures with the year or component they mean."""

    roles: dict[str, int]
    across: dict[int, str]
    across_role: str  # year or component; empty in a long table
    constant: dict[str, str]  # what roles without a column hold
    remarks: tuple[Phrase, ...]


def long_of(sheet: Sheet, *, area: str) -> tuple[Long, tuple[Phrase, ...]]:
    """Rearrange a sheet as one figure a row; `area` names the area if there is no column of areas.

    Raises DataError in few lines, if it is not clear what columns hold.
    """
    sheet, dropped = _without_nameless(sheet)
    sheet, told = besides.left_out(sheet)
    sheet, of_rows = rows.left_out(sheet)
    dropped += (*told, *of_rows)
    heads = _with_first_as_area(sheet, headings(sheet.header))
    plan = _plan(sheet, _with_years_of_months(sheet, heads), area)
    remarks = (*sheet.remarks, *dropped, *plan.remarks)
    count = len(sheet.numbers)
    cells_by_role = {role: list(sheet.columns[k]) for role, k in plan.roles.items()}
    cells_by_role |= {role: [text] * count for role, text in plan.constant.items()}
    cells_by_role.setdefault("max_score", [""] * count)
    if not plan.across_role:
        names = {role: sheet.header[k] for role, k in plan.roles.items()}
        return Long(cells_by_role, list(sheet.numbers), [names["score"]] * count), remarks
    cells: dict[str, list[str]] = {role: [] for role in ROLES}
    numbers: list[int] = []
    column: list[str] = []
    for k, stands_for in plan.across.items():
        for role in ROLES:
            if role == plan.across_role:
                cells[role] += [stands_for] * count
            elif role == "score":
                cells[role] += sheet.columns[k]
            else:
                cells[role] += cells_by_role[role]
        numbers += sheet.numbers
        column += [sheet.header[k]] * count
    return Long(cells, numbers, column), remarks


def _plan(sheet: Sheet, heads: Headings, area: str) -> ColumnPlan:
    """Decide what each column holds, or say in one line what to rename."""
    roles, others = dict(heads.roles), list(heads.others)
    repeated = sorted({name for name in sheet.header if sheet.header.count(name) > 1})
    if repeated:
        raise DataError([Problem(sheet.file, sheet.top, name, "", "expect.column_once") for name in repeated])
    _refuse_parts_of_years(sheet, heads)
    _refuse_years_twice(sheet, heads)
    remarks: list[Phrase] = []
    across: dict[int, str] = {}
    across_role = ""
    if "year" not in roles and "score" not in roles and len(heads.years) > 1:
        across, across_role = dict(heads.years), "year"
        remarks += _of_years(sheet, across)
    elif "year" in roles and "score" not in roles and not heads.years:
        figures = [k for k in others if all(is_number(cell, sheet.separator) for cell in sheet.columns[k])]
        others = [k for k in others if k not in figures]
        if figures and ("component" not in roles or len(figures) == 1):
            if "component" in roles:
                roles["score"] = figures[0]
            else:
                across, across_role = {k: sheet.header[k] for k in figures}, "component"
                remarks.append(Phrase("foreign.components_across", {"names": list(across.values())}))
    lost = [r for r in NEEDED if r not in roles and r != across_role and not (across_role and r == "score")]
    if {"year", "score"} & set(lost) or others or (heads.years and across_role != "year"):
        raise DataError(_unclear(sheet, roles, [*others, *([] if across_role else heads.years)], lost))
    constant: dict[str, str] = {}
    if "area" in lost:
        constant["area"] = area
        remarks.append(Phrase("foreign.one_area", {"name": area}))
    if "component" in lost:
        constant["component"] = "score" if "score" not in roles else sheet.header[roles["score"]]
        remarks.append(Phrase("foreign.one_component", {"name": constant["component"]}))
    renamed = [f"{sheet.header[k]} → {role}" for role, k in roles.items() if sheet.header[k] != role]
    if renamed:
        remarks.insert(0, Phrase("foreign.named", {"names": renamed}))
    return ColumnPlan(roles, across, across_role, constant, tuple(remarks))


def _of_years(sheet: Sheet, across: Mapping[int, str]) -> Iterator[Phrase]:
    """What is said of columns that are years."""
    years = [*across.values()]
    yield Phrase("foreign.years_across", {"first": min(years), "last": max(years)})
    if estimates := [sheet.header[k] for k in across if is_estimate(sheet.header[k])]:
        yield Phrase("foreign.estimates", {"names": estimates})
    words = {
        _YEAR.sub(" ", plain_words(name)).strip(): name for name in map(sheet.header.__getitem__, across)
    }
    unlike = [name for word, name in words.items() if word and not (is_estimate(name) or is_plan(name))]
    if len(unlike) > 1:
        yield Phrase("foreign.years_unlike", {"names": unlike})
    if years not in (sorted(years), sorted(years, reverse=True)):
        yield Phrase("foreign.years_unordered", {"years": years})


def _with_first_as_area(sheet: Sheet, heads: Headings) -> Headings:
    """Take a first column of words for the areas, whatever it is called, where no column names anything."""
    cells = sheet.columns[0] if sheet.header else ()
    filled = all(cell.strip() and not is_number(cell, sheet.separator) for cell in cells)
    known = {"area", "component"} & {*heads.roles} or slug(sheet.header[0]) in PARTS_OF_YEARS
    if known or heads.others[:1] != (0,) or not filled or any(map(_is_part, cells)):
        return heads
    return replace(heads, roles={**heads.roles, "area": 0}, others=heads.others[1:])


def _is_part(text: str) -> bool:
    return year_of(text)[1] or PART_OF_YEAR.fullmatch(plain_words(text)) is not None


def _with_years_of_months(sheet: Sheet, heads: Headings) -> Headings:
    """Take a column of quarters or months that name their year, such as 2019-03, for the year's."""
    months = [
        k
        for k in heads.others
        if slug(sheet.header[k]) in PARTS_OF_YEARS and all(year_of(cell)[1] for cell in sheet.columns[k])
    ]
    if not months or heads.years or "year" in heads.roles:
        return heads
    others = tuple(k for k in heads.others if k != months[0])
    return replace(heads, roles={**heads.roles, "year": months[0]}, others=others)


def _refuse_parts_of_years(sheet: Sheet, heads: Headings) -> None:
    """Refuse a column of quarters or months beside the years, or one column for each of them."""
    names = [sheet.header[k] for k in heads.others]
    part_columns = [name for name in names if slug(name) in PARTS_OF_YEARS]
    if part_columns and (heads.years or "year" in heads.roles):
        name = part_columns[0]
        raise DataError([Problem(sheet.file, sheet.top, name, "", "foreign.parts_beside", {"name": name})])
    if len(names) > 1 and "year" in heads.roles and _are_parts(names):
        raise DataError(
            [Problem(sheet.file, sheet.top, "", "", "foreign.parts_across", {"names": names[:4]})]
        )
    years = Counter(year for year, inner in map(year_of, names) if inner)
    if years and max(years.values()) > 1:
        examples = [name for name in names if year_of(name)[1]][:4]
        raise DataError([Problem(sheet.file, sheet.top, "", "", "foreign.parts_across", {"names": examples})])


def _are_parts(names: Sequence[str]) -> bool:
    """Whether columns are the quarters or months of a year; T1 and Q1 alone may be anything else."""
    words = [plain_words(name) for name in names]
    if all(PART_OF_YEAR.fullmatch(word) for word in words):
        return True
    short = {mark: {f"{mark}{at}" for at in range(1, most + 1)} for mark, most in SHORT_PARTS.items()}
    return any(set(words) == wanted for wanted in short.values())


def _refuse_years_twice(sheet: Sheet, heads: Headings) -> None:
    """Refuse several columns of one year, or years of several indexes: which are meant is not plain."""
    names_of = {k: plain_words(sheet.header[k]).split() for k in heads.years}
    indexes = {code for words in names_of.values() for code in COMPONENTS if code.casefold() in words}
    if len(indexes) > 1:
        facts = {"values": sorted(indexes)}
        raise DataError([Problem(sheet.file, sheet.top, "", "", "foreign.several_index_columns", facts)])
    for year, count in Counter(heads.years.values()).items():
        if count > 1:
            names = [sheet.header[k] for k, own in heads.years.items() if own == year]
            raise DataError(
                [Problem(sheet.file, sheet.top, "", "", "foreign.year_twice", {"names": names, "year": year})]
            )


def _unclear(
    sheet: Sheet, roles: dict[str, int], others: Sequence[int], lost: Sequence[str]
) -> list[Problem]:
    """Say which columns are not known, and how they are to be named; a few lines at most."""
    facts: dict[str, Any]
    names = [sheet.header[k] for k in others]
    if {"year", "score"} <= set(lost) or len(names) > 3:
        facts = {"found": list(sheet.header)[:12], "wanted": list(NEEDED)}
        return [Problem(sheet.file, sheet.top, "", "", "foreign.unclear", facts)]
    problems = []
    missing = list(lost)
    for name, k in zip(names, others, strict=True):
        near = nearest(name, missing or [role for role in ROLES if role not in roles])
        if near in _OF_NUMBERS and not any(is_number(cell, sheet.separator) for cell in sheet.columns[k]):
            near = ""
        key = "expect.known_column_near" if near else "expect.known_column"
        facts = {"near": near, "allowed": list(ROLES)}
        problems.append(Problem(sheet.file, sheet.top, name, name, key, facts))
        missing = [role for role in missing if role != near]
    needed = [role for role in missing if role in ("year", "score")]  # the others may be one for all
    return problems + [Problem(sheet.file, sheet.top, role, "", "expect.column") for role in needed]


def _without_nameless(sheet: Sheet) -> tuple[Sheet, tuple[Phrase, ...]]:
    """Leave out columns without a name that are empty or count the rows; others are refused."""
    dropped, remarks = set(), []
    for k, name in enumerate(sheet.header):
        if name:
            continue
        cells = [cell.strip() for cell in sheet.columns[k]]
        if not any(cells):
            key = "foreign.empty_column"
        elif cells in [[str(n) for n in range(first, len(cells) + first)] for first in (0, 1)]:
            key = "foreign.index_column"
        else:
            row, text = next(filled for filled in zip(sheet.numbers, cells, strict=True) if filled[1])
            raise DataError([Problem(sheet.file, row, "", text, "foreign.nameless", {"place": k + 1})])
        dropped.add(k)
        remarks.append(Phrase(key, {"place": k + 1}))
    return sheet.without(dropped), tuple(remarks)
