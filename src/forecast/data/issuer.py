"""Who issues the reports: an optional file of the data folder.

::

    unit_vi = "Sở Nội vụ Thành phố Hồ Chí Minh"
    unit_en = "Ho Chi Minh City Department of Home Affairs"
    contact = "Phòng Cải cách hành chính, điện thoại ..."
    signer_vi = "Giám đốc"
    signer_en = "Director"
"""

from dataclasses import dataclass
from typing import Final

from forecast.base import incoming
from forecast.base.errors import DataError, Problem
from forecast.base.spec import nearest
from forecast.base.spelling import clean

FILE: Final = "issuer.toml"
MOST_NAME: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """The unit that issues reports, whom to ask, and the title of who signs; all may be empty."""

    unit_vi: str = ""
    unit_en: str = ""
    contact: str = ""
    signer_vi: str = ""
    signer_en: str = ""

    def unit(self, lang: str) -> str:
        """Name of the unit in a language."""
        return (lang == "en" and self.unit_en) or self.unit_vi

    def signer(self, lang: str) -> str:
        """Title of who signs, in a language."""
        return (lang == "en" and self.signer_en) or self.signer_vi


def parse(content: bytes) -> Issuer:
    """Read the file.

    Raises DataError with every key that is unknown, and every value that is no line of text.
    """
    values = incoming.toml(incoming.text(content, FILE), FILE)
    known = tuple(Issuer.__dataclass_fields__)
    problems = [
        Problem(FILE, None, name, str(value), key, {"allowed": list(known), "near": nearest(name, known)})
        for name, value in values.items()
        if (key := _wrong(name, value, known))
    ]
    if problems:
        raise DataError(problems)
    return Issuer(**{name: clean(value) for name, value in values.items()})


def _wrong(name: str, value: object, known: tuple[str, ...]) -> str:
    """Key of what is wrong with a line of the file; none if it is sound."""
    if name not in known:
        return "expect.known_column_near" if nearest(name, known) else "expect.known_column"
    if not isinstance(value, str):
        return "expect.quoted"
    return "" if clean(value).isprintable() and len(value) <= MOST_NAME else "expect.short_line"
