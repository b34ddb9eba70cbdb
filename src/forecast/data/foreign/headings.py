"""Recognise what each column of a table holds by its name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from forecast.base.spelling import plain_words, slug

ROLES: Final = ("area", "component", "year", "score", "max_score")
# Other names by slug; those of Nixtla's tools first.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "area": (
        *("unique-id", "id", "series", "series-id", "region", "province", "unit", "name", "entity"),
        "country",
        *("dia-phuong", "tinh", "tinh-thanh", "tinh-thanh-pho", "don-vi", "so-nganh", "quan-huyen", "ten"),
        *("quan", "huyen", "phuong-xa", "xa-phuong", "co-quan", "ten-don-vi", "ten-tinh", "tinh-tp"),
        *("ten-dia-phuong", "thanh-pho", "khu-vuc", "vung", "country-name"),
    ),
    "component": (
        *("indicator", "variable", "item", "dimension", "domain", "measure"),
        *("thanh-phan", "linh-vuc", "chi-tieu", "chi-so", "truc", "noi-dung", "tieu-chi"),
        *("tieu-chi-thanh-phan", "chi-so-thanh-phan", "chi-so-noi-dung", "truc-noi-dung", "ten-chi-tieu"),
        *("criterion", "indicator-name"),
    ),
    "year": (
        *("ds", "date", "time", "period", "day", "nam", "ngay", "thoi-gian", "ky"),
        *("nam-danh-gia", "nam-bao-cao", "time-period"),
    ),
    "score": ("y", "value", "figure", "points", "diem", "diem-so", "gia-tri", "so-lieu", "ket-qua"),
    "max_score": ("max", "maximum", "max-score", "toi-da", "diem-toi-da", "diem-chuan"),
}
PARTS_OF_YEARS: Final = ("quarter", "qtr", "month", "half", "week", "quy", "thang", "tuan", "nua-nam")
PART_OF_YEAR: Final = re.compile(  # in words without marks
    r"(thang|month) ?\d{1,2}|(quy|quarter|qtr) ?([1-4]|i{1,3}|iv)|"
    r"(jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)"
)
SHORT_PARTS: Final[Mapping[str, int]] = {"t": 12, "m": 12, "q": 4}
_YEAR: Final = re.compile(  # perhaps with a word before it, and a mark or words in brackets behind
    r"(?:[^\d]{0,12}[\s_.])?(?:FY|[yYxX])?([0-9]{4})(?:\.0+)?(?:-12-31|-01-01)?"
    r"(?:\s*(?:\*{1,3}|\[YR\d{4}\]|\([^)\d]{1,30}\)|[EFPefp]))?"
)
_LONG: Final = re.compile(r"(\D{12,60}[\s_.])([0-9]{4})")  # words that all columns of years have
_PLAN: Final = re.compile(
    r"\b(kh|ke hoach|muc tieu|du bao|du kien|du toan|plan|planned|target|goal|forecast|budget|\d{4} ?f)\b"
)
_ESTIMATE: Final = re.compile(
    r"\b(uoc|uoc tinh|so bo|tam tinh|est|estimated?|prelim|preliminary|provisional|\d{4} ?[ep])\b"
)


@dataclass(frozen=True, slots=True)
class Headings:
    """Indices of the columns by role, of columns that are years, and of those without a role."""

    roles: Mapping[str, int]
    years: Mapping[int, str]
    others: tuple[int, ...]


def year_in(name: str) -> str:
    """Year that a name of a column, or a cell, is all about; an empty text where there is none.

    >>> year_in("Ước 2023"), year_in("FY2020"), year_in("2021 (sơ bộ)"), year_in("6 tháng 2023")
    ('2023', '2020', '2021', '')
    """
    match = _YEAR.fullmatch(name)
    return match[1] if match else ""


def is_plan(name: str) -> bool:
    """Whether the heading of a year's column says that it holds no results.

    >>> is_plan("KH 2023"), is_plan("2023 (dự báo)"), is_plan("2023F"), is_plan("Năm 2023")
    (True, True, True, False)
    """
    return bool(_PLAN.search(plain_words(name)))


def is_estimate(name: str) -> bool:
    """Whether the heading of a year's column says that its figures are not final.

    >>> is_estimate("Ước 2023"), is_estimate("2023*"), is_estimate("2023")
    (True, True, False)
    """
    return bool(_ESTIMATE.search(plain_words(name)) or "*" in name)


def headings(header: Sequence[str]) -> Headings:
    """Find the columns of a header.

    >>> headings(["unique_id", "ds", "y"]).roles
    {'area': 0, 'year': 1, 'score': 2}
    >>> headings(["Tỉnh", "2019", "Năm 2020", "2021 (sơ bộ)"]).years
    {1: '2019', 2: '2020', 3: '2021'}
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
    years = {k: year for k, name in enumerate(header) if k not in used and (year := year_in(name))}
    long = {k: match for k, name in enumerate(header) if k not in used and (match := _LONG.fullmatch(name))}
    if not years and len({match[1].casefold() for match in long.values()}) == 1 < len(long):
        years = {k: match[2] for k, match in long.items()}
    others = tuple(k for k in range(len(header)) if k not in used and k not in years)
    return Headings({role: roles[role] for role in ROLES if role in roles}, years, others)
