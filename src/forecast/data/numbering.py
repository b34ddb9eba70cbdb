"""Read the numbers of domains, criteria and sub-criteria in every form that annexes print."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from forecast.base.spelling import clean, plain_words

Style = Literal["roman", "plain", "bracketed"]
Path = tuple[int, ...]

DEEPEST: Final = 3
_ROMAN: Final = {"I": 1, "V": 5, "X": 10}
_NUMBER: Final = r"(?:(?-i:[IVX]{1,6})|[0-9]{1,3})(?:\s?\.\s?[0-9]{1,3}){0,4}"
_WORD: Final = r"lĩnh vực|lv(?=\.?\s?[0-9]|[\s.]\s?[IVX])|tiêu chí thành phần|tctp|tiêu chí|D(?=[0-9])"
_WORD_LEVELS: Final = {"linh vuc": 1, "lv": 1, "tieu chi thanh phan": 3, "tctp": 3, "tieu chi": 2, "d": 1}
_PLAIN: Final = re.compile(
    rf"(?:(?P<word>{_WORD})\s*(?:số\s|\.)?\s*)?(?P<open>\()?\s*(?P<number>{_NUMBER})\s*(?P<close>\))?(?:\s*[.:)])*",
    flags=re.IGNORECASE,
)
# In front of a name a number needs a mark after it, a point in it, or a word before it: "5 năm" is none.
_PREFIX: Final = re.compile(
    rf"(?P<whole>(?:(?:{_WORD})\s*(?:số\s|\.)?\s*{_NUMBER}(?:\s*[.:)–-])*|\(\s*{_NUMBER}\s*\)(?:\s*[.:])*"
    rf"|{_NUMBER}(?:\s*[.:)])+|[0-9]{{1,3}}(?:\.[0-9]{{1,3}})+))\s+(?P<rest>\S.*)",
    flags=re.IGNORECASE | re.DOTALL,
)
_NO_NAME: Final = re.compile(r"(điểm|đ|%)(?!\w)", flags=re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mark:
    """A number as it is written.

    `level` is 1 to 3 where a word or a column says it, else 0; `days` are the other readings of a
    number that a spreadsheet has turned into a day.
    """

    parts: Path
    style: Style
    level: int = 0
    days: tuple[Path, ...] = ()


def whole_mark(text: str) -> Mark | None:
    """Read a cell that holds a number and nothing else.

    >>> whole_mark("II.3").parts, whole_mark(" 1.2.3. ").parts, whole_mark("(4)").style
    ((2, 3), (1, 2, 3), 'bracketed')
    """
    plain = clean(text).replace(",", ".")
    match = _PLAIN.fullmatch(plain)
    if not match:
        return None
    head, *rest = re.split(r"\s?\.\s?", match["number"])
    roman = not head.isdigit()
    first = _roman(head) if roman else int(head)
    parts = (first, *map(int, rest))
    if min(parts) < 1:
        return None
    style: Style = "roman" if roman else "bracketed" if match["open"] else "plain"
    return Mark(parts, style, _WORD_LEVELS[plain_words(match["word"])] if match["word"] else 0)


def split_mark(text: str) -> tuple[Mark | None, str]:
    """Part a name from the number in front of it.

    >>> split_mark("Lĩnh vực 2: Cải cách thể chế")[1], split_mark("95% trở lên")[0]
    ('Cải cách thể chế', None)
    """
    match = _PREFIX.fullmatch(text)
    mark = whole_mark(re.sub(r"[–\s-]+$", "", match["whole"])) if match else None
    if match is None or mark is None or _NO_NAME.match(match["rest"]):
        return None, text
    return mark, clean(match["rest"])


def day_mark(iso: str) -> Mark:
    """Read a day that a spreadsheet made of a number: ``1.2`` or ``1.2.3``, in either order."""
    day = dt.date.fromisoformat(iso)
    year = day.year % 100
    pairs = ((day.day, day.month), (day.month, day.day))
    return Mark((), "plain", days=(*((a, b, year) for a, b in pairs if year), *pairs))


class Numbering:
    """Turns marks into full paths, from the scheme that all marks together show.

    Single numbers of a new style open a level below: ``I`` domains, then ``1`` criteria, then ``(1)``.
    """

    def __init__(self, marks: Iterable[Mark]) -> None:
        self.levels: dict[str, int] = {"roman": 1}
        known = list(marks)
        taken = 1 if any(self._opens_domains(mark) for mark in known) else 0
        for mark in known:
            if len(mark.parts) == 1 and not mark.level and mark.style not in self.levels:
                taken += 1
                self.levels[mark.style] = min(taken, DEEPEST)
        self.base = max(self.levels.get("plain", 1), 1)

    @staticmethod
    def _opens_domains(mark: Mark) -> bool:
        return (mark.style == "roman" and mark.level < 2) or (mark.level == 1 and len(mark.parts) == 1)

    def path(self, mark: Mark, context: Path) -> Path:
        """Give the full path of a mark below the component that came before it.

        It is shorter than the mark's level where what it should stand below is not there.
        """
        if mark.days:
            return self._day_path(mark, context)
        count = len(mark.parts)
        level = mark.level or self._level(mark)
        if level <= count:
            return mark.parts
        return (*context[: level - count], *mark.parts)

    def level(self, mark: Mark) -> int:
        """Level of a mark, 1 to 3 (more for a number with more parts)."""
        return max(mark.level or self._level(mark), len(mark.parts))

    def _level(self, mark: Mark) -> int:
        count = len(mark.parts)
        if count == 1:
            return self.levels.get(mark.style, 1)
        if mark.style == "roman" or self.base + count - 1 > DEEPEST:
            return count
        return self.base + count - 1

    def _day_path(self, mark: Mark, context: Path) -> Path:
        """Take the reading that is next in order; none if no reading or several are."""
        awaited = {(*context, 1)} | {(*context[:k], context[k] + 1) for k in range(len(context))}
        read = (self.path(replace(mark, parts=parts, days=()), context) for parts in mark.days)
        fitting = {path for path in read if path in awaited}
        return fitting.pop() if len(fitting) == 1 else ()


def code_of(path: Path) -> str:
    """Write a path as the tables do.

    >>> code_of((3,)), code_of((3, 10))
    ('D3', '3.10')
    """
    return f"D{path[0]}" if len(path) == 1 else ".".join(map(str, path))


def _roman(text: str) -> int:
    values = [_ROMAN[char] for char in text.upper()]
    signed = (
        -value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True)
    )
    return max(sum(signed), 0)
