"""Normalise text: a cell's text for comparison, a name for a file's name."""

import os
import re
import shlex
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

# What steers a terminal, turns the writing round, or stands for a letter that was lost.
UNSEEN: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffd]")
# UTF-8 that was read byte by byte, as Latin-1 or Windows-1252: no word has these pairs of letters.
_MISREAD: Final = re.compile(
    r"\u00e1[\u00ba\u00bb]|\u00c4[\u0082\u0083\u0090\u0091\u00a8\u00a9\u0192\u2018\u201a]|\u00c5[\u00a8\u00a9]"
    r"|\u00c6[\u00a0\u00a1\u00af\u00b0]|\u00c3[\u00a1-\u00aa\u00ac-\u00ba\u00bc-\u00be]"
)
_INVISIBLE: Final = dict.fromkeys(  # byte order mark, zero-width marks, soft hyphen, directions, joiners
    (0xFEFF, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x00AD, 0x2060)
)
# Cyrillic and Greek letters that cannot be told from Latin ones by eye, as a keyboard or a scan leaves them.
_LOOKALIKES: Final = str.maketrans(
    "АВЕКМНОРСТУХЅІЈаеорсухѕіјһ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
    "ABEKMHOPCTYXSIJaeopcyxsijh" + "ABEZHIKMNOPTYXo",
)
_OTHER_SCRIPT: Final = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_LATIN: Final = re.compile("[a-zA-Zđ\u0110]")
_ETH: Final = re.compile(r"\b\u00d0(?=\w)")  # Icelandic; no word begins with it, and Đ looks the same
_APART: Final = r'[\s,;|"]'  # what stands between words and cells
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?%?|[+-]?(inf|nan)", re.ASCII | re.IGNORECASE)


def clean(text: str) -> str:
    r"""Write text in one form: composed letters (NFC), single plain spaces, none at the ends.

    >>> clean(" a\N{NO-BREAK SPACE} b ")
    'a b'
    """
    if text.isascii() and text.isprintable() and "  " not in text:  # most cells of large files
        return text.strip()
    composed = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    return " ".join(in_latin(composed).split())


def in_latin(text: str, *, whole: bool = False) -> str:
    r"""Write letters of other scripts that look Latin as Latin ones, where Latin letters stand beside them.

    A text with any other letter of those scripts stays.  `whole`: also a text with no Latin letter at all.

    >>> in_latin("H\N{CYRILLIC SMALL LETTER A}noi"), in_latin("Москва A")
    ('Hanoi', 'Москва A')
    """
    text = _ETH.sub("Đ", text)
    if not _OTHER_SCRIPT.search(text):
        return text
    parts = unicodedata.normalize("NFD", text)
    alike = all(ord(letter) in _LOOKALIKES for letter in _OTHER_SCRIPT.findall(parts))
    if not alike or not (whole or _LATIN.search(parts)):
        return text
    return unicodedata.normalize("NFC", parts.translate(_LOOKALIKES))


def misread(text: str) -> str:
    r"""First word of a text that was stored in UTF-8 and read as Latin-1; an empty text if there is none.

    >>> misread("HÃ Ná»™i"), misread("Hà Nội, XÃ ĐÔNG, Đắk Lắk")
    ('Ná»™i', '')
    """
    found = None if text.isascii() else _MISREAD.search(text)
    if found is None:
        return ""
    before, after = re.split(_APART, text[: found.start()])[-1], re.split(_APART, text[found.end() :])[0]
    return before + found[0] + after


def shielded(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula; numbers stay as they are.

    >>> shielded("=1+1"), shielded("-0.5"), shielded("- theo báo cáo"), shielded("Hà Nội")
    ("'=1+1", '-0.5', "'- theo báo cáo", 'Hà Nội')
    """
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def unshielded(text: str) -> str:
    """Undo `shielded`.

    >>> unshielded("'=1+1"), unshielded("'Hà Nội'")
    ('=1+1', "'Hà Nội'")
    """
    return text[1:] if text.startswith("'") and shielded(text[1:]) == text else text


def without_marks(name: str) -> str:
    """Write a name without any Vietnamese mark.

    >>> without_marks("Đắk Lắk")
    'Dak Lak'
    """
    latin = in_latin(name, whole=True)
    parts = unicodedata.normalize("NFD", latin.replace("đ", "d").replace("Đ", "D"))
    return "".join(char for char in parts if not unicodedata.combining(char))


def plain_words(text: str) -> str:
    """Write text in small letters without marks and punctuation, but for signs of comparison and percent.

    >>> plain_words("Điểm  tối đa:")
    'diem toi da'
    """
    return clean(re.sub(r"[^a-z0-9%<>=≥≤]+", " ", without_marks(text.casefold())))


def slug(name: str) -> str:
    """Write a name in plain small ASCII letters, for files and models.

    >>> slug("TP. Hồ Chí Minh"), slug("Đắk Lắk")
    ('tp-ho-chi-minh', 'dak-lak')
    """
    plain = without_marks(unicodedata.normalize("NFKC", name)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def spans(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last number of each run without gaps.

    >>> list(spans([8, 9, 11]))
    [(8, 9), (11, 11)]
    """
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        together = [number for _, number in run]
        yield together[0], together[-1]


def letters_of(column: int) -> str:
    """Name a column, counted from 1, as spreadsheets do.

    >>> letters_of(1), letters_of(28)
    ('A', 'AB')
    """
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def column_of(letters: str) -> int:
    """Count the column that spreadsheets name so.

    >>> column_of("a"), column_of("AB")
    (1, 28)
    """
    column = 0
    for char in letters.upper():
        column = column * 26 + ord(char) - ord("A") + 1
    return column


def command_line(words: Sequence[str]) -> str:
    """Write a command as it is typed on this system.

    >>> command_line(["forecast", "undo", "a b"]) in ("forecast undo 'a b'", 'forecast undo "a b"')
    True
    """
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
