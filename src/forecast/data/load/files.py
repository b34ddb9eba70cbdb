"""Read the bytes of a CSV file into rows of text, or report what is wrong with the file itself."""

import csv
import hashlib
import io
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forecast.base import incoming, labels
from forecast.base.errors import DataError, Problem
from forecast.base.spec import nearest
from forecast.base.spelling import clean, shielded, unshielded
from forecast.data.tables import Table

Source = Path | Mapping[str, bytes]  # a folder, or its files in memory by name

MAX_BYTES: Final = 200_000_000
_WHOLE: Final = re.compile(r"-?\d+", flags=re.ASCII)
_DIGITS: Final = re.compile(r"\d+", flags=re.ASCII)
_OTHER_DELIMITERS: Final = {";": "delimiter.semicolon", "\t": "delimiter.tab", "|": "delimiter.bar"}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one file as text: `cells` by column, `numbers` as an editor counts them."""

    file: str
    numbers: tuple[int, ...]
    cells: dict[str, list[str]]
    sha256: str


def has(source: Source, file: str) -> bool:
    """Whether a folder, or files in memory by name, have a file."""
    # a link that leads nowhere is there: whoever reads it is told
    return file in source if isinstance(source, Mapping) else os.path.lexists(source / file)


def content_of(source: Source, file: str) -> bytes:
    """Read a file of a folder, or of files in memory.

    Raises DataError if it is not there or cannot be read.
    """
    if not isinstance(source, Mapping):
        return incoming.content(source / file, most=MAX_BYTES)
    if file not in source:
        raise incoming.refusal(file, "expect.file", folder="data")
    return source[file]


def read_rows(path: Path, table: Table, *, file: str = "") -> tuple[Rows | None, list[Problem]]:
    """Read a UTF-8 CSV file with the columns of `table`, in any order; None if it is no table at all.

    With it come the problems of the file, its header and the shape of its rows.
    """
    name = file or path.name
    try:
        data = incoming.content(path, most=MAX_BYTES, name=name)
    except DataError as refusal:
        return None, list(refusal.problems)
    return rows_of(data, table, name)


def rows_of(data: bytes, table: Table, name: str) -> tuple[Rows | None, list[Problem]]:
    """Read the bytes of a CSV file that messages call `name`; see `read_rows`."""
    try:
        text = incoming.text(data, name)
    except DataError as refusal:
        return None, list(refusal.problems)
    lines, problems = lines_of(text, name)
    wrong = _unusable(lines, problems, table, name)
    if wrong:
        return None, wrong
    (_, raw_header), *body = lines
    header = [clean(cell) for cell in raw_header]
    complete = [(number, cells) for number, cells in body if len(cells) == len(header)]
    problems += [
        _shape_problem(cells, number, header, table, name)
        for number, cells in body
        if len(cells) != len(header)
    ]
    columns = list(map(list, zip(*(cells for _, cells in complete), strict=True))) or [[] for _ in header]
    columns = [
        list(map(unshielded, texts)) if any("'" in cell[:1] for cell in texts) else texts for texts in columns
    ]
    by_name = dict(zip(header, columns, strict=True))
    for column in table.columns:
        by_name.setdefault(column.name, [""] * len(complete))
    numbers = tuple(number for number, _ in complete)
    return Rows(name, numbers, by_name, hashlib.sha256(data).hexdigest()), problems


def append_rows(before: bytes, table: Table, rows: Sequence[Mapping[str, str]]) -> bytes:
    """Give a CSV file's bytes with rows after them, in the file's own columns; a new file gets its header.

    No cell is written as a spreadsheet's formula; `rows_of` takes the apostrophe off.
    Columns that a row does not name, or that the file lacks, are left out of it.
    """
    text = io.StringIO(before.decode("utf-8-sig"), newline="")
    header = [clean(name) for name in next(csv.reader(text), [])] or list(table.names)
    end = "\r\n" if b"\r\n" in before else "\n"
    added = io.StringIO(newline="")
    writer = csv.DictWriter(added, header, lineterminator=end, extrasaction="ignore")
    if not before.strip():
        writer.writeheader()
    elif not before.endswith((b"\n", b"\r")):
        added.write(end)
    writer.writerows({name: shielded(cell) for name, cell in row.items()} for row in rows)
    return before + added.getvalue().encode()


def lines_of(
    text: str, name: str, *, separator: str = ",", above: int = 0
) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """Give the rows of CSV that hold anything, with their numbers, up to the first that is none.

    Numbers count from 1, or on from the lines `above`.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines: list[tuple[int, list[str]]] = []
    problems: list[Problem] = []
    before = 0
    try:
        for cells in reader:
            number, before = before + 1, reader.line_num
            if before > number:  # else an editor and a spreadsheet would count the rows differently
                cell = next(cell for cell in cells if "\n" in cell or "\r" in cell)
                problems.append(Problem(name, number + above, "", cell, "expect.one_line"))
            elif "".join(cells).strip():
                lines.append((number + above, cells))
    except csv.Error as error:
        key = "expect.shorter_cell" if "field limit" in str(error) else "expect.quotes"
        problems.append(Problem(name, before + 1 + above, "", "", key))
    return lines, problems


def _unusable(
    lines: list[tuple[int, list[str]]], problems: list[Problem], table: Table, name: str
) -> list[Problem]:
    """Give the problems of a file without a usable header or without rows; nothing if it has both."""
    empty = [Problem(name, None, "", "", "expect.not_empty")]
    if not lines:
        return problems or empty
    (row, header), *body = lines
    if any(problem.row is not None and problem.row < row for problem in problems):
        return problems  # the header itself is broken, and what follows is no header
    wrong = _delimiter_problem(header, row, name)
    wrong = wrong or _header_problems([clean(cell) for cell in header], row, table, name)
    if wrong:
        return problems + wrong
    return [] if body or table.optional or table.rowless else problems or empty


def _delimiter_problem(header: list[str], row: int, name: str) -> list[Problem]:
    for mark, key in _OTHER_DELIMITERS.items():
        if len(header) == 1 and mark in header[0]:
            return [Problem(name, row, "", header[0], "expect.commas", {"found": labels.Phrase(key)})]
    return []


def _shape_problem(cells: list[str], row: int, header: list[str], table: Table, name: str) -> Problem:
    """Say that a row is too long or too short; a decimal comma outside quotes is recognised."""
    if len(cells) == len(header) + 1:
        numbers = {column.name for column in table.columns if column.kind == "number"}
        halves = [
            (column, whole.strip(), part.strip())
            for column, whole, part in zip(header, cells, cells[1:], strict=False)
            if column in numbers and _WHOLE.fullmatch(whole.strip()) and _DIGITS.fullmatch(part.strip())
        ]
        if len(halves) == 1:
            column, whole, part = halves[0]
            return Problem(
                name, row, column, f"{whole},{part}", "expect.number_hint", {"hint": f"{whole}.{part}"}
            )
    facts = {"found": len(cells), "expected": len(header)}
    return Problem(name, row, "", ",".join(cells), "expect.cells", facts)


def _header_problems(header: list[str], row: int, table: Table, name: str) -> list[Problem]:
    required = [column.name for column in table.columns if not column.absent]
    missing = [column for column in required if column not in header]
    unknown = [column for column in header if column not in table.names]
    if not set(header) & set(table.names):
        return [Problem(name, row, "", ",".join(header), "expect.header", {"allowed": required})]
    problems = []
    for column in unknown:
        near = nearest(column, missing or table.names) if column else ""
        key = "expect.known_column_near" if near else "expect.known_column"
        problems.append(Problem(name, row, column, column, key, {"near": near, "allowed": list(table.names)}))
        missing = [other for other in missing if other != near]  # misspelt, so told already
    problems += [Problem(name, row, column, "", "expect.column") for column in missing]
    repeated = sorted({column for column in header if header.count(column) > 1})
    return problems + [Problem(name, row, column, "", "expect.column_once") for column in repeated]
