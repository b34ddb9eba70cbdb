"""Find figures of a yearly table under a year that may be mistyped, or under a second name of their area."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pandas as pd

from forecast.base.labels import Phrase
from forecast.base.spelling import slug

_FEWEST: Final = 4  # years of a series from whose order a mistyped one is known
_SHOWN: Final = 5


def years(known: pd.DataFrame) -> Iterator[Phrase]:
    """Years that break the order in which their series goes on, one digit from the year that is missing.

    `known`: in the order of the file; in a wide table, of its columns.
    """
    found: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for _, rows in known.groupby(["area", "component"], sort=False):
        at, meant = _mistyped(rows["year"].astype(int).tolist())
        if meant:
            record = dict(rows.iloc[at])
            found.setdefault((int(record["year"]), meant), []).append(record)
    for (year, meant), records in itertools.islice(found.items(), _SHOWN):
        facts = {"year": str(year), "meant": str(meant), "count": len(records), "row": int(records[0]["row"])}
        yield Phrase("yearly.mistyped_year", {**facts, "area": records[0]["area"]})


def _mistyped(years_: Sequence[int]) -> tuple[int, int]:
    """Place of the one year that breaks an order of steps of one, and the year meant; zeros if there is none.

    >>> _mistyped([2018, 2019, 2010, 2021]), _mistyped([2019, 2020, 2022, 2023])
    ((2, 2020), (0, 0))
    """
    if len(years_) < _FEWEST:
        return 0, 0
    step = 1 if sum(b > a for a, b in itertools.pairwise(years_)) * 2 > len(years_) - 1 else -1
    for at, year in enumerate(years_):
        first = years_[0] if at else years_[1] - step
        meant = first + step * at
        others = all(other == first + step * k for k, other in enumerate(years_) if k != at)
        ahead = (year - meant) * step
        turns = ahead > 0 if at == 0 else ahead < 0 if at == len(years_) - 1 else ahead != 0
        if others and turns and _one_slip(str(year), str(meant)):
            return at, meant
    return 0, 0


def _one_slip(text: str, meant: str) -> bool:
    """Whether one digit is another, or two are exchanged."""
    wrong = [k for k, (one, other) in enumerate(zip(text, meant, strict=False)) if one != other]
    swapped = len(wrong) == 2 and text[wrong[0]] == meant[wrong[1]] and text[wrong[1]] == meant[wrong[0]]
    return len(text) == len(meant) and (len(wrong) == 1 or swapped)


def areas(known: pd.DataFrame) -> Iterator[Phrase]:
    """Pairs of areas that have together just the years that the others have: one area under two names."""
    told: dict[tuple[str, str], list[int]] = {}
    for _, rows in known.groupby("component", sort=False):
        all_years = frozenset(rows["year"])
        by_years: dict[frozenset[int], list[str]] = {}
        for area, own in rows.groupby("area", sort=False)["year"]:
            by_years.setdefault(frozenset(own), []).append(str(area))
        whole = len(by_years.pop(all_years, []))
        if whole < sum(map(len, by_years.values())) - 2:
            continue
        for own_years, names in by_years.items():
            others = by_years.get(all_years - own_years, [])
            if len(names) == len(others) == 1 and slug(names[0]) != slug(others[0]):
                pair = [int(rows.loc[rows["area"] == name, "row"].iloc[0]) for name in (*names, *others)]
                if pair == sorted(pair):
                    told.setdefault((names[0], others[0]), pair)
    for (one, other), lines in itertools.islice(told.items(), _SHOWN):
        yield Phrase("yearly.one_area", {"name": one, "other": other, "rows": lines})
