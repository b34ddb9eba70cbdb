"""What a mail address is, and which one may be meant by an address that looks mistyped."""

import re
from collections.abc import Iterable
from itertools import takewhile
from typing import Final

from forecast.base.labels import Phrase

_LONGEST: Final = 254
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# No dot at an end or beside another one, no hyphen at an end of a label: servers refuse these one by one.
_ADDRESS: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")

_STATE: Final = "gov.vn"
_PUBLIC: Final = ("gmail.com", "yahoo.com", "yahoo.com.vn", "outlook.com", "hotmail.com", "icloud.com")
_ALIKE: Final = frozenset({"mail.com", "email.com", "ymail.com"})  # one slip from one of these, and real


def is_address(text: str) -> bool:
    """Whether a text is one mail address, and nothing else."""
    return bool(_ADDRESS.fullmatch(text)) and len(text) <= _LONGEST


def doubts(addresses: Iterable[str]) -> tuple[Phrase, ...]:
    """Name the addresses that look mistyped: they are used as they stand, and somebody should look."""
    pairs = ((address, meant(address)) for address in addresses)
    return tuple(Phrase("mail.near", {"found": address, "near": near}) for address, near in pairs if near)


def meant(address: str) -> str:
    """Give the address that may be meant by one whose domain is a slip away from a usual one; else "".

    >>> meant("lan@sonoivu.gov.nv"), meant("lan@sonoivugov.vn"), meant("lan@gmial.com")
    ('lan@sonoivu.gov.vn', 'lan@sonoivu.gov.vn', 'lan@gmail.com')
    >>> meant("lan@sonoivu.gov.vn"), meant("lan@mail.com"), meant("lan@example.org")
    ('', '', '')
    """
    name, _, domain = address.rpartition("@")
    near = _near(domain.lower())
    return f"{name}@{near}" if near else ""


def _near(domain: str) -> str:
    if domain in (*_PUBLIC, _STATE) or domain in _ALIKE or domain.endswith(f".{_STATE}"):
        return ""
    office, _, end = domain.rpartition(".")
    office, dot, second = office.rpartition(".")
    if _one_slip(f"{second}.{end}", _STATE):
        return f"{office}{dot}{_STATE}"
    if end == "vn" and second.endswith("gov"):
        return f"{office}{dot}{second.removesuffix('gov')}.{_STATE}"
    if end == "nv":  # no country has it
        return f"{domain.removesuffix(end)}vn"
    return next((usual for usual in _PUBLIC if _one_slip(domain, usual)), "")


def _one_slip(text: str, meant_: str) -> bool:
    """Whether one letter is missing, too many or another, or two neighbours are exchanged."""
    same = len([*takewhile(lambda pair: pair[0] == pair[1], zip(text, meant_, strict=False))])
    one, other = text[same:], meant_[same:]
    return one != other and (
        (one[1:] == other[1:])
        or one[1:] == other
        or one == other[1:]
        or (one[:2] == other[:2][::-1] and one[2:] == other[2:])
    )
