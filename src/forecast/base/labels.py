"""Write every text that readers see, in Vietnamese or English, and format numbers and days.

The sentences live in ``catalogue/*.toml``: one table a key, with the fields ``vi`` and ``en``, or ``same``,
the key of another sentence that stands there too.
Fields in braces are filled with facts; a fact is written in the form of the language
(a decimal comma in Vietnamese), except whole numbers, which are mostly years and rows.
``{count:row|rows}`` writes the first word where the fact is 1, else the second, and not the fact itself.
"""

import datetime as dt
import math
import string
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from importlib import resources
from typing import Any, SupportsFloat

from forecast.base.indexes import INDEXES
from forecast.base.spelling import UNSEEN

LANGUAGES = ("vi", "en")
MISSING = "–"  # what a table shows where there is no figure; `text("word.missing", ...)` says it aloud
MINUS = "\N{MINUS SIGN}"  # a hyphen can break a line, is lost among range dashes, and screen readers skip it

_EXACT = Context(prec=400)  # any floating-point number can be written, be it a slip of the hand
_EN_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence still to be written in a language: a fact of another sentence, or a reason in a table."""

    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text(self, lang: str) -> str:
        """Write the sentence in `lang`."""
        return text(self.key, lang, **self.facts)


def text(key: str, lang: str, /, **facts: Any) -> str:
    """Write one sentence of the catalogue.

    Parameters
    ----------
    key
        Name of a table in ``catalogue/*.toml``.
    lang
        ``"vi"`` or ``"en"``.
    **facts
        One value for each field in braces.  Days and fractions take the form of the language,
        a `Phrase` is written in it, sequences are joined by commas, the rest is ``str``.

    Raises
    ------
    KeyError
        If the key, the language or a field has no value: a programmer's mistake.

    Examples
    --------
    >>> text("count.problems", "en", count=3), text("count.problems", "en", count=1)
    ('3 problems', '1 problem')
    """
    sentence = catalogue()[key][lang]
    return sentence.format_map({name: _Fact(_written(fact, lang)) for name, fact in facts.items()})


class _Fact(str):
    """A fact as written, which also chooses between a word for one and a word for any other number."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if "|" not in spec:
            return super().__format__(spec)
        one, other = spec.split("|")
        return one if self == "1" else other


def shortened(names: Sequence[str], most: int = 6) -> list[str]:
    """Give the first names of a list for a sentence, and how many more there are.

    >>> shortened(["a", "b", "c"], 2)
    ['a', 'b', '+1']
    """
    return [*names[:most], *([f"+{len(names) - most}"] if len(names) > most else [])]


def fields(key: str, lang: str) -> frozenset[str]:
    """Name the fields in braces of one sentence."""
    parts = string.Formatter().parse(catalogue()[key][lang])
    return frozenset(name for _, name, _, _ in parts if name is not None)


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Read all files of the catalogue, and the indexes' words, once.

    Raises KeyError if a key is repeated, or is said to be the same as one that has no sentence of its own.
    """
    merged: dict[str, Mapping[str, str]] = {}
    folder = resources.files("forecast.base") / "catalogue"
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".toml"):
            continue
        for key, entry in entries(tomllib.loads(file.read_text(encoding="utf-8"))):
            if key in merged:
                raise KeyError(f"{file.name}: the key {key!r} is already in another file of the catalogue")
            merged[key] = entry
    for index in INDEXES.values():
        for key, entry in index.texts():
            merged |= dict(entries(entry, key))
    own = {key: entry for key, entry in merged.items() if "same" not in entry}
    return {key: own[entry["same"]] if "same" in entry else entry for key, entry in merged.items()}


def entries(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    """Walk parsed TOML and give (dotted key, {"vi": ..., "en": ...} or {"same": key}) for each entry."""
    texts = {name: value for name, value in tree.items() if isinstance(value, str)}
    if texts:
        if sorted(texts) not in (sorted(LANGUAGES), ["same"]):
            raise KeyError(f"entry {prefix!r} must have exactly {LANGUAGES} or 'same', has {sorted(texts)}")
        yield prefix, texts
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from entries(value, f"{prefix}.{name}" if prefix else name)


def number(value: SupportsFloat | None, decimals: int, lang: str) -> str:
    """Write a number with a fixed count of decimals; halves are rounded away from zero.

    Rounding works on the shortest decimal form, so 86.25 gives 86.3 as a reader expects,
    whatever the binary fraction is.  Not-a-number and None give `MISSING`.

    Raises ValueError if the value is infinite.

    >>> number(1234.565, 2, "vi"), number(1234.565, 2, "en")
    ('1.234,57', '1,234.57')
    """
    return _decimal_text(_decimal(value), decimals, lang)


def percent(share: SupportsFloat | None, decimals: int, lang: str) -> str:
    """Write a share in [0, 1] as a percentage: 0.805 is '80,5%' in Vietnamese."""
    exact = _decimal(share)
    return MISSING if exact is None else _decimal_text(exact * 100, decimals, lang) + "%"


def signed(value: SupportsFloat | None, decimals: int, lang: str) -> str:
    """Write a change: '+1,2', '−0,4'; what rounds to zero has no sign."""
    written = number(value, decimals, lang)
    rises = any(digit in "123456789" for digit in written) and not written.startswith(MINUS)
    return f"+{written}" if rises else written


def plain(value: float, lang: str) -> str:
    """Write a number with just the decimals it has: 87.5 is '87,5', 100.0 is '100'.

    >>> plain(868.1999999999999, "en")
    '868.2'
    """
    exact = _decimal(value)
    if exact is None:
        return MISSING
    exact = Decimal(f"{exact:.15g}")  # 868.1999999999999 is what computers make of 868.2
    exponent = exact.normalize().as_tuple().exponent
    return _decimal_text(exact, max(0, -int(exponent)), lang)


def day(date: dt.date | None, lang: str) -> str:
    """Write a day for tables: '05/07/2024', in English '5 Jul 2024'; no day gives `MISSING`."""
    if date is None or not isinstance(date.year, int):  # NaT's year is not-a-number
        return MISSING
    if lang == "vi":
        return f"{date.day:02d}/{date.month:02d}/{date.year:04d}"
    return f"{date.day} {_EN_MONTHS[date.month - 1][:3]} {date.year}"


def long_day(date: dt.date, lang: str) -> str:
    """Write a day in words, as in official letters (Decree 30/2020/NĐ-CP, annex I).

    Vietnamese puts a zero before days under 10 and before the months 1 and 2 only.

    >>> long_day(dt.date(2024, 7, 5), "vi")
    'ngày 05 tháng 7 năm 2024'
    """
    if lang == "vi":
        month = f"{date.month:02d}" if date.month < 3 else str(date.month)
        return f"ngày {date.day:02d} tháng {month} năm {date.year}"
    return f"{date.day} {_EN_MONTHS[date.month - 1]} {date.year}"


def _written(fact: Any, lang: str) -> str:
    if isinstance(fact, Phrase):
        return fact.text(lang)
    if isinstance(fact, dt.date):
        return day(fact, lang)
    if isinstance(fact, float):
        return plain(fact, lang)
    if isinstance(fact, (list, tuple)):
        return ", ".join(_written(part, lang) for part in fact)
    return UNSEEN.sub(lambda odd: ascii(odd[0])[1:-1], str(fact))


def _decimal(value: SupportsFloat | None) -> Decimal | None:
    if value is None:
        return None
    as_float = float(value)
    if math.isnan(as_float):
        return None
    if math.isinf(as_float):
        raise ValueError("an infinite number cannot be written; check the computation that gave it")
    return Decimal(repr(as_float))


def _decimal_text(exact: Decimal | None, decimals: int, lang: str) -> str:
    if exact is None:
        return MISSING
    if lang not in LANGUAGES:
        raise KeyError(lang)
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP, context=_EXACT)
    written = f"{abs(rounded):,.{decimals}f}"
    if lang == "vi":
        written = written.translate(str.maketrans(",.", ".,"))
    return f"{MINUS}{written}" if rounded < 0 else written
