"""One spelling for each area: provinces, regions, the country, and units below a province."""

import re
import unicodedata
from collections.abc import Mapping
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


@dataclass(frozen=True, slots=True)
class Clash:
    """A spelling, as it is written in the row at `place` of the table, that means another area, its owner."""

    place: int
    spelling: str
    owner: str

    @property
    def facts(self) -> dict[str, str]:
        """Facts of the sentence that says so."""
        return {"spelling": self.spelling, "owner": self.owner}


def gazetteer(areas: pd.DataFrame) -> tuple[Gazetteer, list[Clash]]:
    """Build the gazetteer from the table of areas, and list the spellings that two areas claim.

    An area's own name goes before what others are called, wherever its row is.
    """
    own = {form: area for area in reversed(areas["area"].tolist()) for form in _forms(area, bare=True)}
    spellings: dict[str, str] = {}
    clashes: list[Clash] = []
    rows = zip(areas["area"], areas["aliases"], strict=True)
    for place, (area, aliases) in enumerate(rows):
        for written in (area, *filter(str.strip, aliases.split("|"))):
            forms = _forms(written, bare=written == area)
            owners = [spellings.setdefault(form, own.get(form, area)) for form in forms]
            other = next((owner for owner in owners if owner != area), None)
            if other is not None:
                clashes.append(Clash(place, clean(written), other))
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


def _forms(name: str, *, bare: bool) -> list[str]:
    """Folded forms of a name, with and without marks; `bare`: also without “tỉnh” or “thành phố”."""
    names = (name, _RANK_WORDS.sub("", name)) if bare else (name,)
    return list(dict.fromkeys(fold(form) for name in names for form in (name, without_marks(name))))
