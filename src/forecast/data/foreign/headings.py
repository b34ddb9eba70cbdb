"""Recognise what each column of a table holds by its name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from forecast.base.spelling import slug

ROLES: Final = ("area", "component", "year", "score", "max_score")
# Other names by slug; those of Nixtla's tools first.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "area": (
        *("unique-id", "id", "series", "series-id", "region", "province", "unit", "name", "entity"),
        "country",
        *("dia-phuong", "tinh", "tinh-thanh", "tinh-thanh-pho", "don-vi", "so-nganh", "quan-huyen", "ten"),
    ),
    "component": (
        *("indicator", "variable", "item", "dimension", "domain", "measure"),
        *("thanh-phan", "linh-vuc", "chi-tieu", "chi-so", "truc", "noi-dung"),
    ),
    "year": ("ds", "date", "time", "period", "day", "nam", "ngay", "thoi-gian", "ky"),
    "score": ("y", "value", "figure", "points", "diem", "diem-so", "gia-tri", "so-lieu", "ket-qua"),
    "max_score": ("max", "maximum", "max-score", "toi-da", "diem-toi-da", "diem-chuan"),
}
PARTS_OF_YEARS: Final = ("quarter", "qtr", "month", "half", "week", "quy", "thang", "tuan", "nua-nam")
_YEAR: Final = re.compile(r"(?:[^\d]{0,12}[\s_.])?[yYxX]?([0-9]{4})(?:\.0+)?(?:-12-31)?")


@dataclass(frozen=True, slots=True)
class Headings:
    """Indices of the columns by role, of columns that are years, and of those without a role."""

    roles: Mapping[str, int]
    years: Mapping[int, str]
    others: tuple[int, ...]


def headings(header: Sequence[str]) -> Headings:
    """Find the columns of a header.

    >>> headings(["unique_id", "ds", "y"]).roles
    {'area': 0, 'year': 1, 'score': 2}
    >>> headings(["Tỉnh", "2019", "Năm 2020"]).years
    {1: '2019', 2: '2020'}
    """
    exact = {name.casefold().replace(" ", "_"): k for k, name in reversed(list(enumerate(header)))}
    roles = {role: exact[role] for role in ROLES if role in exact}
    slugs = [slug(name) for name in header]
    for role in ROLES:
        free = [k for k in range(len(header)) if k not in roles.values()]
        if role not in roles:
            matching = [k for other in NAMES[role] for k in free if slugs[k] == other]
            roles |= {role: matching[0]} if matching else {}
    used = set(roles.values())
    matches = {k: _YEAR.fullmatch(name) for k, name in enumerate(header) if k not in used}
    years = {k: match[1] for k, match in matches.items() if match}
    others = tuple(k for k in range(len(header)) if k not in used and k not in years)
    return Headings({role: roles[role] for role in ROLES if role in roles}, years, others)
