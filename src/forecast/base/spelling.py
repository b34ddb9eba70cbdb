"""Text in one form: a cell's text as it is compared, and a name as it stands in a file's name."""

from __future__ import annotations

import re
import unicodedata


def clean(text: str) -> str:
    r"""Write text in one form: composed letters (NFC), single plain spaces, none at the ends.

    >>> clean(" a\N{NO-BREAK SPACE} b ")
    'a b'
    """
    if text.isascii() and text.isprintable() and "  " not in text:  # most cells of large files
        return text.strip()
    composed = unicodedata.normalize("NFC", text)
    visible = composed.translate({0xFEFF: None, 0x200B: None})  # byte order mark, zero-width space
    return " ".join(visible.split())


def slug(name: str) -> str:
    """Write a name in plain small ASCII letters, for files and models.

    >>> slug("TP. Hồ Chí Minh"), slug("Đắk Lắk")
    ('tp-ho-chi-minh', 'dak-lak')
    """
    plain = unicodedata.normalize("NFKD", name.replace("Đ", "D").replace("đ", "d"))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().lower()).strip("-")
