"""One spelling for each area: provinces, regions, the country, and units below a province."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pandas as pd

from forecast.base.spec import nearest
from forecast.base.spelling import clean, without_marks

_TONES: Final = "\N{COMBINING GRAVE ACCENT}\N{COMBINING ACUTE ACCENT}\N{COMBINING TILDE}"
_TONE_MARKS: Final = frozenset(f"{_TONES}\N{COMBINING HOOK ABOVE}\N{COMBINING DOT BELOW}")
_RANK: Final = r"(?:tỉnh|tinh|thành phố|thanh pho|t\.?\s?p\.?)"
_RANK_WORDS: Final = re.compile(rf"^{_RANK}\s*(?=\S)|(?<=\S)\s*\({_RANK}\)$", flags=re.IGNORECASE)
_ALIKE: Final = 0.65  # of two spellings; any word is a little like some province


@dataclass(frozen=True, slots=True, eq=False)
class Gazetteer:
    """Spellings of areas: `spellings` maps a folded spelling to the one that is used."""

    names: tuple[str, ...]
    provinces: tuple[str, ...]
    spellings: Mapping[str, str]

    def find(self, text: str) -> str | None:
        """Give the one spelling of an area, or None.

        ``Province/unit`` is a unit below the province: the part before the bar is looked up.

        The letters may be upper or lower case, the tone mark may stand on either vowel (Hoà, Hòa),
        dashes and spaces do not count, and a name may be written wholly without marks.
        """
        name, bar, unit = clean(text).partition("/")
        known = self.spellings.get(fold(name)) or self.spellings.get(fold(_RANK_WORDS.sub("", name)))
        if known is None or (bar and not unit.strip()):
            return None
        return f"{known}/{clean(unit)}" if bar else known

    def nearest(self, text: str) -> str:
        """Give the known area whose spelling is closest, or an empty text."""
        folded = fold(text.partition("/")[0])
        near = nearest(folded, self.spellings, least=_ALIKE)
        return self.spellings[near] if near else ""


def gazetteer(areas: pd.DataFrame) -> tuple[Gazetteer, list[tuple[int, str]]]:
    """Build the gazetteer from the table of areas.

    Returns
    -------
    Gazetteer
    list of (place, spelling)
        Spellings that two areas claim, and the place in the table of the later one.
    """
    spellings: dict[str, str] = {}
    clashes: list[tuple[int, str]] = []
    rows = zip(areas["area"], areas["aliases"], strict=True)
    for place, (area, aliases) in enumerate(rows):
        clashes += [
            (place, spelling)
            for spelling in _spellings(area, aliases.split("|"))
            if spellings.setdefault(spelling, area) != area
        ]
    provinces = tuple(areas.loc[areas["kind"] == "province", "area"])
    return Gazetteer(tuple(areas["area"]), provinces, spellings), clashes


@lru_cache(maxsize=4096)  # the spellings of all areas, folded whenever a folder is looked at
def fold(name: str) -> str:
    """Reduce a spelling to what tells areas apart.

    Tone marks go to the end, because they stand on either vowel of ``oa``, ``oe``, ``uy``.

    >>> fold("Hoà  Bình") == fold("Hòa-bình")
    True
    """
    parts = unicodedata.normalize("NFD", name.casefold())
    tones = "".join(char for char in parts if char in _TONE_MARKS)
    letters = "".join(char for char in parts if char not in _TONE_MARKS)
    return "".join(char for char in letters if char.isalnum() or unicodedata.combining(char)) + tones


def _spellings(area: str, aliases: Iterable[str]) -> list[str]:
    names = [area, _RANK_WORDS.sub("", area), *(alias for alias in aliases if alias.strip())]
    return list(dict.fromkeys(fold(form) for name in names for form in (name, without_marks(name))))
