"""Who issues the reports: an optional file of the data folder.

::

    unit_vi = "Sở Nội vụ Thành phố Hồ Chí Minh"
    unit_en = "Ho Chi Minh City Department of Home Affairs"
    contact = "Phòng Cải cách hành chính, điện thoại ..."
    signer_vi = "Giám đốc"
    signer_en = "Director"
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from forecast.base import incoming
from forecast.base.errors import DataError, Problem

FILE: Final = "issuer.toml"


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


def parsed(content: bytes) -> Issuer:
    """Read the file.

    Raises
    ------
    DataError
        With every key that is unknown or no text.
    """
    told = incoming.toml(incoming.text(content, FILE), FILE)
    known = Issuer.__dataclass_fields__
    problems = [
        Problem(
            FILE,
            None,
            name,
            str(value),
            "expect.quoted" if name in known else "expect.known_column",
            {"allowed": list(known)},
        )
        for name, value in told.items()
        if name not in known or not isinstance(value, str)
    ]
    if problems:
        raise DataError(problems)
    return Issuer(**{name: " ".join(value.split()) for name, value in told.items()})
