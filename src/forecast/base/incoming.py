"""Read files that people made or may have changed, with limits; a refusal says what is wrong."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import stat
import tomllib
from collections import Counter
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

from forecast.base.errors import DataError, Problem, reason_of
from forecast.base.spelling import misread

MOST_BYTES: Final = 10_000_000
MOST_RECORD: Final = 50_000_000  # bytes of a record in JSON; that of a large run has less than one million
MOST_TOML: Final = 1_000_000  # characters of what a person writes by hand; a hundred long scenarios are less
MOST_DEPTH: Final = 50  # brackets within brackets; a record of ours has less than ten
EXCEL: Final = b"PK\x03\x04"
_PLAIN: Final = (".toml", ".json", ".jsonl")  # written by an editor or by us, and not by Excel
_CURLY: Final = "“”„‘’«»"  # quotes that a word processor writes
MERGING: Final = ("<<<<<<<", "=======", ">>>>>>>")  # git leaves these where two changes meet
_DECIMAL_COMMA: Final = re.compile(r"""^[^"'#]*=\s*[+-]?\d+,\d+\s*([},#]|$)""")
_UNQUOTED: Final = re.compile(r"""^\s*[A-Za-z0-9_.-]+\s*=\s*(?!(true|false|inf|nan)\b)[^\W\d_][^"'=]*$""")
_LONGEST: Final = 80  # characters of a name that is too long
_ODD_NAMES: Final = {errno.ENAMETOOLONG: "expect.shorter_name", errno.ELOOP: "expect.no_circle_of_links"}
# https://…, which a path has made https:/…; the drive of Windows is one letter
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]+:/", flags=re.IGNORECASE)
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


class RepeatedKeyError(ValueError):
    """An object of JSON has a key, the error's only argument, more than once."""


class NoNumberError(ValueError):
    """JSON holds what stands for no number, the error's only argument: NaN, Infinity, 1e999."""


def content(path: Path, *, most: int = MOST_BYTES, name: str = "") -> bytes:
    """Read a file whole; messages call it `name`, or by its own name.

    Raises
    ------
    DataError
        If it is missing, no regular file, larger than `most` bytes, changed meanwhile, or the system refuses.
    """
    name = name or path.name
    try:
        with opened(path) as handle:
            about = os.fstat(handle.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise refusal(name, "expect.regular_file")
            data = b"" if about.st_size > most else handle.read(most + 1)
            if about.st_size > most or len(data) > most:
                megabytes = f"{max(about.st_size, len(data)) / 1e6:.1f}"
                raise refusal(name, "expect.smaller_file", found=megabytes, limit=most // 1_000_000)
            after = os.fstat(handle.fileno())
            if len(data) != about.st_size or after.st_mtime_ns != about.st_mtime_ns:
                raise refusal(name, "expect.steady_file")
            return data
    except FileNotFoundError:
        key = "expect.no_address" if is_address(path) else "expect.file"
        raise refusal(name, key, folder=str(path.parent)) from None
    except IsADirectoryError:
        raise refusal(name, "expect.regular_file") from None
    except OSError as error:
        if error.errno in _ODD_NAMES:
            raise refusal(name[:_LONGEST], _ODD_NAMES[error.errno]) from None
        if path.exists() and not path.is_file():  # a socket, or a folder on Windows
            raise refusal(name, "expect.regular_file") from None
        raise refusal(name, "expect.readable", reason=reason_of(error)) from error


def is_address(path: str | Path) -> bool:
    """Whether a path is an address of the web, or of another machine, which nothing here reads.

    >>> is_address("https://moha.gov.vn/a.xlsx"), is_address("C:/a.xlsx"), is_address("data/a.xlsx")
    (True, False, False)
    """
    return bool(_ADDRESS.match(str(path)))


def text(data: bytes, name: str, *, utf16: bool = False) -> str:
    """Decode a file of text in UTF-8, or also in Excel's "Unicode text" if `utf16`.

    Raises
    ------
    DataError
        If it is a workbook, in another encoding or was read in another before, or holds NUL characters.
    """
    marked = data.startswith(_UTF16)
    wide = not (marked and utf16) and (marked or data.count(0) * 4 > len(data))
    if data.startswith(EXCEL) or wide:
        key = "expect.csv_not_excel" if data.startswith(EXCEL) else "expect.utf8_not_utf16"
        plain = "expect.plain_utf8" if name.endswith(_PLAIN) else key
        raise refusal(name, plain, suffix=Path(name).suffix)
    try:
        decoded = data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        if marked:
            raise refusal(name, "expect.utf8_not_utf16") from error
        row = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start : error.start + 1].hex().upper()
        key = "expect.plain_utf8" if name.endswith(_PLAIN) else "expect.utf8"
        raise refusal(name, key, row, byte=byte) from error
    if word := misread(decoded):
        row = decoded.count("\n", 0, decoded.index(word)) + 1
        raise refusal(name, "expect.not_misread", row, found=word[:_LONGEST])
    if "\0" in decoded:
        raise refusal(name, "expect.no_nul", decoded.count("\n", 0, decoded.index("\0")) + 1)
    return decoded


def toml(written: str, name: str) -> dict[str, Any]:
    """Parse TOML.

    Raises
    ------
    DataError
        If it is too large, or with the place where it ends to be TOML; the parser's own words are English and
        are left out.
    """
    if len(written) > MOST_TOML:
        megabytes = f"{len(written.encode()) / 1e6:.1f}"
        raise refusal(name, "expect.smaller_file", found=megabytes, limit=MOST_TOML // 1_000_000)
    try:
        return tomllib.loads(written)
    except (ValueError, RecursionError) as error:  # no TOML, an endless number, brackets without end
        match = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        if match is None:
            raise refusal(name, "expect.toml_whole") from error
        line = written.splitlines()[int(match[1]) - 1 : int(match[1])]
        curly = bool(line) and any(mark in line[0] for mark in _CURLY)
        merging = bool(line) and line[0].startswith(MERGING)
        repeated = "twice" in str(error) or "overwrite" in str(error)
        usual = "expect.toml_twice" if repeated else "expect.toml"
        hints = ((_DECIMAL_COMMA, "expect.toml_comma"), (_UNQUOTED, "expect.toml_unquoted"))
        usual = next((key for mark, key in hints if line and mark.search(line[0])), usual)
        key = "expect.toml_merge" if merging else "expect.toml_quotes" if curly else usual
        raise refusal(name, key, int(match[1]), place=int(match[2])) from error


def record(content: str | bytes, *, foreign: bool = False) -> Any:
    """Parse JSON, in UTF-8, of our own making that somebody may have changed, or of others if `foreign`.

    Records of ours may hold NaN, which is no JSON.

    Raises
    ------
    ValueError
        If it is no JSON, too large or nested too deeply, or holds half of a character; `RepeatedKeyError`
        if it holds a key twice, one of which would be lost; `NoNumberError`.
    """
    if len(content) > MOST_RECORD:
        raise ValueError(f"more than {MOST_RECORD} bytes")
    whole = content.decode() if isinstance(content, bytes) else content
    try:
        numbers: dict[str, Any] = {"parse_constant": _finite, "parse_float": _finite} if foreign else {}
        value = json.loads(whole, object_pairs_hook=_object, **numbers)
    except RecursionError:
        raise ValueError(f"more than {MOST_DEPTH} brackets within brackets") from None
    if whole.count("[") + whole.count("{") > MOST_DEPTH and _depth(value) > MOST_DEPTH:
        raise ValueError(f"more than {MOST_DEPTH} brackets within brackets")
    if "\\u" in whole:
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        (name, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise RepeatedKeyError(name)
    return values


def _finite(written: str) -> float:
    if not math.isfinite(value := float(written)):
        raise NoNumberError(written)
    return value


def record_of(path: Path) -> Any:
    """Read a file of JSON; see `record`.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no such record.
    """
    return record(written(path))


def written(path: Path) -> bytes:
    """Read a file for `record`; nothing of what is no file, and no more than it would take.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with opened(path) as handle:
        return handle.read(MOST_RECORD + 1)


def refusal(name: str, key: str, row: int | None = None, **facts: Any) -> DataError:
    """Make the refusal of a whole file, or of one from a row on."""
    return DataError([Problem(name, row, "", "", key, facts)])


def opened(path: Path) -> BufferedReader:
    """Open a file to read; of a pipe nothing is read, and its writer is not waited for."""

    def at_once(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))

    return open(path, "rb", opener=at_once)


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= MOST_DEPTH:
        depth += 1
        parts = (item.values() if isinstance(item, Mapping) else item for item in level)
        level = [item for part in parts for item in part if isinstance(item, dict | list)]
    return depth
