"""Read a printed figure in any usual form: “8,21 điểm”, “85,3 (↑1,2)”, “8,11/9,5”, “Hạng 12”, “87,23(1)”."""

import re
from typing import Final

from forecast.base.spelling import clean, plain_words
from forecast.data.load.cells import number_hint

_MOST_WHOLE: Final = 100.0  # of a score; a rank is one of 63
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d{1,2})?", flags=re.ASCII | re.IGNORECASE)
_ARROWS: Final = "↑↓▲▼△▽⬆⬇↗↘→"
_MOVE: Final = re.compile(  # how much more or less than last time
    rf"\s*(\(\s*([{_ARROWS}=+\-−–]|tăng|giảm)[^()]*\)|[{_ARROWS}][\s\d.,%]*)$", flags=re.IGNORECASE
)
_RANK: Final = re.compile(  # “Hạng 2023” is a heading
    r"^(xếp )?(hạng|thứ hạng|thứ|vị trí)\s*:?\s*(?=\d)(?!(19|20)\d\d$)", flags=re.IGNORECASE
)
_UNIT: Final = re.compile(r"(?<=\d)\s*(điểm|đ)\.?$", flags=re.IGNORECASE)
_FOOTNOTE: Final = re.compile(r"(?<=\d)(\(\d\)|\s*\([*†‡]+\)|\s*[*†‡¹²³⁰⁴-⁹]+)$")
_WITH_UNIT: Final = re.compile(r"(?P<number>[+-]?\d[\d., ]*?)\s*(?P<unit>%|[^\W\d_].*|% .*)")
_PERCENT: Final = re.compile(r"phần trăm|pct", flags=re.IGNORECASE)
_TY: Final = re.compile(r"\btỉ\b", flags=re.IGNORECASE)
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}\.\d{3}")  # with a point alone: thousands, or three decimals
_OF: Final = re.compile(r"(?P<number>[\d.,]+)\s*/\s*(?P<of>[\d.,]+)", flags=re.ASCII)

_HALVED: Final = 2.0  # times: of a domain, an appraisal takes a seventh at most
_TENTH: Final = (8.0, 13.0)  # times: of a criterion it may take all, but hardly all save a tenth
_LEAST: Final = 0.001  # below which figures count as equal


def printed_figure(text: str) -> tuple[str, str]:
    """Give the number with a decimal point, and the number of which it is a part; ``""`` where there is none.

    >>> printed_figure("85,3 (↑1,2)"), printed_figure("8,11/9,5 điểm"), printed_figure("nhiều")
    (('85.3', ''), ('8.11', '9.5'), ('', ''))
    >>> printed_figure("Hạng 12"), printed_figure("Hạng 2023")
    (('12', ''), ('', ''))
    """
    bare = _UNIT.sub("", _RANK.sub("", _MOVE.sub("", _FOOTNOTE.sub("", clean(text)))))
    parts = _OF.fullmatch(bare)
    number, whole = (_plain(parts[name]) if parts else "" for name in ("number", "of"))
    if number and whole and float(number) <= float(whole) <= _MOST_WHOLE:  # 9/2024 is a month
        return number, whole
    return _plain(bare), ""


def whole_in(text: str) -> float:
    """Of what a figure is printed as a part; 0 if of nothing.

    >>> whole_in("8,17/10"), whole_in("8,17")
    (10.0, 0.0)
    """
    return float(printed_figure(text)[1] or 0)


def plain_number(text: str, *, part: bool = False) -> str:
    """Write a number with a point, where it is plain which number is meant; else the text as it is.

    `part` allows a number of a whole, as of a score or a rank.

    >>> plain_number("86,97"), plain_number("86.97"), plain_number("?"), plain_number("12/63", part=True)
    ('86.97', '86.97', '?', '12')
    """
    number, whole = printed_figure(text)
    return number if number and (part or not whole) else clean(text)


def with_unit(text: str, unit: str) -> tuple[str, str]:
    """Number of a value that is written with its unit, and what is wrong with it as a key; else the text.

    >>> with_unit("11.512,5 tỷ đồng", "tỷ đồng"), with_unit("12,5%", "%"), with_unit("5", "%")
    (('11512.5', ''), ('12.5', ''), ('5', ''))
    >>> with_unit("12 triệu đồng", "tỷ đồng")[1], with_unit("12.345 tỷ đồng", "tỷ đồng")[1]
    ('imports.other_unit', 'imports.thousands')
    """
    found = None if _NUMBER.fullmatch(clean(text)) else _WITH_UNIT.fullmatch(clean(text))
    number = _plain(found["number"]) if found else ""
    if not found or not number:
        return text, ""
    words, own = (
        plain_words(_TY.sub("tỷ", _PERCENT.sub("%", written))).split() for written in (found["unit"], unit)
    )
    if not words or not own:
        return text, ""
    if own[: len(words)] != words and not (words == ["diem"] and "diem" in own):
        return text, "imports.other_unit"
    if words != ["%"] and _THOUSANDS.fullmatch(found["number"].strip()):
        return text, "imports.thousands"
    return number, ""


def may_have_slipped(one: float, other: float, *, criterion: bool) -> bool:
    """Whether two figures of one component are so far apart that a decimal mark may be lost.

    >>> may_have_slipped(1.18, 12.5, criterion=False), may_have_slipped(0.5, 0.0, criterion=True)
    (True, False)
    """
    low, high = sorted((max(one, _LEAST), max(other, _LEAST)))
    return _TENTH[0] < high / low < _TENTH[1] if criterion else high > _HALVED * low


def _plain(text: str) -> str:
    bare = clean(text)
    hint = number_hint(bare) or number_hint(bare.removesuffix("%")) or bare.removesuffix("%").strip()
    return hint if _NUMBER.fullmatch(hint) else ""
