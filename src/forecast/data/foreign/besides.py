"""Leave out columns that stand beside the figures: ranks, plans, counted rows, a unit or an index of all."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase
from forecast.base.spelling import clean, plain_words, slug
from forecast.data.foreign.headings import PARTS_OF_YEARS, Headings, headings, is_plan
from forecast.data.foreign.sheet import Sheet
from forecast.data.foreign.values import is_number, year_of
from forecast.data.spellings import choice_named, is_change, is_rank
from forecast.data.tables import UNITS

_UNITS_ALONE: Final = ("units", "don-vi-tinh", "dvt")
_UNIT_NAMES: Final = (*_UNITS_ALONE, "unit", "don-vi")
_SAME: Final = ("index-code", "index")
_COUNTS: Final = ("stt", "tt", "so-tt", "so-thu-tu")
_NOTES: Final = re.compile(r"ghi-chu|notes?|remarks?|comments?|nguon(-so-lieu)?|source(-url)?|url")
_CODES: Final = re.compile(r"ma|ma-so|ma-(tinh|dia-phuong|don-vi|xa|huyen)|(.*-)?code")
_NUMBER: Final = re.compile(r"(\d{1,5}|[IVXL]{1,6}|[A-Z])?\.?", flags=re.ASCII)
_YEAR: Final = re.compile(r"(?<!\d)\d{4}(?!\d)|năm")
_KEYS: Final = ("area", "component", "year", "max_score")


def left_out(sheet: Sheet) -> tuple[Sheet, tuple[Phrase, ...]]:
    """Give the sheet without them, and what is said of it.

    Raises DataError if figures of one component are in several units.
    """
    units = [k for k, name in enumerate(sheet.header) if slug(name) in _UNIT_NAMES and _holds_units(sheet, k)]
    remarks = [Phrase("foreign.unit_column", {"name": sheet.header[k]}) for k in units]
    _refuse_mixed(sheet, units)
    for k, name in enumerate(sheet.header):
        values = list(dict.fromkeys(map(clean, sheet.columns[k])))
        if slug(name) in _SAME and len(values) > 1:
            raise DataError(
                [Problem(sheet.file, sheet.top, name, "", "foreign.several_indexes", {"values": values[:6]})]
            )
    same = [
        k for k, name in enumerate(sheet.header) if slug(name) in _SAME and len(set(sheet.columns[k])) == 1
    ]
    remarks += [
        Phrase("foreign.one_value", {"name": sheet.header[k], "value": sheet.columns[k][0]}) for k in same
    ]
    counts = [k for k, name in enumerate(sheet.header) if slug(name) in _COUNTS and _counts(sheet.columns[k])]
    remarks += [Phrase("foreign.counts", {"name": sheet.header[k]}) for k in counts]
    plans = _plans(sheet)
    if plans:
        remarks.append(Phrase("foreign.plans", {"names": [sheet.header[k] for k in plans]}))
    changes = _changes(sheet, {*plans})
    if changes:
        remarks.append(Phrase("foreign.changes", {"names": [sheet.header[k] for k in changes]}))
    about = _about_series(sheet, {*units, *same, *counts, *changes})
    if about:
        remarks.append(Phrase("foreign.no_figures", {"names": [sheet.header[k] for k in about]}))
    rest = sheet.without((*units, *same, *counts, *plans, *changes, *about))
    ranks = _ranks(rest)
    if ranks:
        remarks.append(Phrase("foreign.ranks", {"names": [rest.header[k] for k in ranks]}))
    return rest.without(ranks), tuple(remarks)


def _counts(cells: Sequence[str]) -> bool:
    """Whether cells count rows, perhaps anew in each group, whose own number is Roman."""
    return all(_NUMBER.fullmatch(cell.strip()) for cell in cells)


def _about_series(sheet: Sheet, known: Collection[int]) -> list[int]:
    """Columns of notes, and those that are empty or hold one thing for each series: a region, a code."""
    heads = headings(sheet.header)
    places = [heads.roles[role] for role in ("area", "component") if role in heads.roles]
    first = set() if "area" in heads.roles else {0} & {*heads.others}  # it may name the areas
    keys = [sheet.columns[k] for k in first or places]
    series = list(zip(*keys, strict=True)) or [()] * len(sheet.numbers)
    names = Counter(sheet.header)
    others = [k for k in heads.others if k not in known and sheet.header[k] and names[sheet.header[k]] == 1]

    def is_about(k: int) -> bool:
        pairs = {*zip(series, map(clean, sheet.columns[k]), strict=True)}
        cells = {cell for _, cell in pairs if cell}
        figures = not _CODES.fullmatch(slug(sheet.header[k])) and any(
            is_number(cell, sheet.separator) or is_plan(cell) or year_of(cell)[1] for cell in cells
        )
        figures |= slug(sheet.header[k]) in _UNIT_NAMES and len(cells) > 1  # in several units
        return not figures and len(pairs) == len({*series}) and slug(sheet.header[k]) not in PARTS_OF_YEARS

    return [k for k in others if _NOTES.fullmatch(slug(sheet.header[k])) or ({k} != first and is_about(k))]


def _plans(sheet: Sheet) -> list[int]:
    """Columns of years that hold plans or forecasts; where there is nothing else, they are forecast."""
    years = headings(sheet.header).years
    plans = [k for k in years if is_plan(sheet.header[k])]
    return plans if len(plans) < len(years) else []


def _changes(sheet: Sheet, plans: Collection[int]) -> list[int]:
    """Columns of changes against another year, such as +/-, where there are results beside them."""
    found = [k for k, name in enumerate(sheet.header) if is_change(name)]
    rest = sheet.without((*found, *plans))
    heads = headings(rest.header)
    in_others = "year" in heads.roles and _figures(rest, heads)
    return found if in_others or "score" in heads.roles or len(heads.years) > 1 else []


def _figures(sheet: Sheet, heads: Headings) -> bool:
    return any(all(is_number(cell, sheet.separator) for cell in sheet.columns[k]) for k in heads.others)


def _ranks(sheet: Sheet) -> list[int]:
    """Columns of ranks beside other figures; where there is nothing else, they are what is forecast."""
    bare = [plain_words(_YEAR.sub(" ", name.casefold())) for name in sheet.header]
    named = [k for k, words in enumerate(bare) if is_rank(words)]
    if not named:
        return []
    roles = headings(sheet.header).roles
    keys = {roles[role] for role in _KEYS if role in roles}
    others = (k for k in range(len(sheet.header)) if k not in keys and k not in named)
    has_figures = any(all(is_number(cell, sheet.separator) for cell in sheet.columns[k]) for k in others)
    return named if has_figures else []


def _holds_units(sheet: Sheet, column: int) -> bool:
    cells = {cell for cell in map(clean, sheet.columns[column]) if cell}
    if slug(sheet.header[column]) in _UNITS_ALONE:
        return not any(is_number(cell, sheet.separator) for cell in cells)
    return bool(cells) and all(choice_named(cell, "unit", UNITS) for cell in cells)


def _refuse_mixed(sheet: Sheet, units: list[int]) -> None:
    """Refuse points and percent of one component: they are no series."""
    place = headings(sheet.header).roles.get("component")
    for column in units:
        seen: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for number, row in zip(sheet.numbers, zip(*sheet.columns, strict=True), strict=True):
            unit = clean(row[column])
            own = seen[clean(row[place]) if place is not None else ""]
            if unit:
                own.setdefault(choice_named(unit, "unit", UNITS) or plain_words(unit), unit)
            if len(own) > 1:
                name, facts = sheet.header[column], {"units": [*own.values()]}
                raise DataError([Problem(sheet.file, number, name, unit, "foreign.several_units", facts)])
