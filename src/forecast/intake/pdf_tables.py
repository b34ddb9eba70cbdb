"""Read tables of PDF files by their ruled lines, in a separate process with limits.

A PDF may unpack or loop without end, and the library that reads it has no limits.
"""

import contextlib
import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from forecast.base import incoming
from forecast.intake.documents import PrintedTable

MOST_PAGES: Final = 60
SECONDS: Final = 60  # of all pages, each of which takes a tenth of a second to a second
PAGE_SECONDS: Final = 10
_MEMORY: Final = 900_000_000
_MOST_LINES: Final = 20_000  # ruled lines of a page; a page of a table has some hundreds
_TITLES: Final = 4
_NEAR: Final = 2.0  # points within which edges are the same


def pdf_tables(path: Path) -> list[PrintedTable]:
    """Read the tables of a PDF file.

    Raises DataError if it is missing, empty, too large, no PDF, damaged, a scan, without ruled tables, or
    takes too long.
    """
    data = incoming.content(path)
    if not data:
        raise incoming.refusal(path.name, "expect.content")
    if b"%PDF-" not in data[:1024]:
        raise incoming.refusal(path.name, "expect.pdf")
    command = [sys.executable, "-m", "forecast.intake.pdf_tables"]
    try:
        process = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise incoming.refusal(path.name, "expect.lighter_pdf", seconds=SECONDS) from None
    if process.returncode:  # ended by the system
        raise incoming.refusal(path.name, "expect.lighter_pdf", seconds=SECONDS)
    answer = incoming.record(process.stdout)
    if "key" in answer:
        raise incoming.refusal(path.name, answer["key"], **answer.get("facts", {}))
    return [_printed(table) for table in answer["tables"]]


def answered(data: bytes) -> dict[str, Any]:
    """Read the tables of a PDF's bytes: ``tables``, or the ``key`` of a refusal with its ``facts``."""
    import pdfplumber

    _at_most(PAGE_SECONDS)
    try:
        with pdfplumber.open(io.BytesIO(data)) as book:
            count = len(book.pages)
            if count > MOST_PAGES:
                return {"key": "expect.shorter_pdf", "facts": {"pages": count, "most": MOST_PAGES}}
            tables, any_text = [], False
            for page in book.pages:
                _at_most(PAGE_SECONDS)
                any_text = any_text or bool(page.chars)
                tables += list(_of_page(page))
                page.close()
    except MemoryError:
        return {"key": "expect.lighter_pdf", "facts": {"seconds": SECONDS}}
    except Exception:  # noqa: BLE001 - the library stumbles over damaged files in many ways
        return {"key": "expect.sound_pdf"}
    if not any_text:
        return {"key": "expect.pdf_with_text"}
    return {"tables": tables} if tables else {"key": "expect.pdf_with_table"}


def _of_page(page: Any) -> Iterator[dict[str, Any]]:
    """Tables of a page from the top, each with the lines of text above it."""
    if not page.chars or len(page.edges) > _MOST_LINES:
        return
    below = 0.0
    tables = sorted(page.find_tables(), key=lambda table: table.bbox[1])
    lines = page.extract_text_lines(strip=True, return_chars=False) if tables else []
    first = True
    for table in tables:
        left = _edges(x for cell in table.cells for x in (cell[0], cell[2]))
        top = _edges(y for cell in table.cells for y in (cell[1], cell[3]))
        if len(left) < 3 or len(top) < 3:  # a frame, no table
            continue
        titles = [
            line["text"] for line in lines if below <= line["top"] and line["bottom"] <= table.bbox[1] + 1
        ]
        texts = {
            cell: text
            for row, words in zip(table.rows, table.extract(), strict=True)
            for cell, text in zip(row.cells, words, strict=True)
            if cell
        }
        cells = [
            [
                r := _place(top, y0),
                c := _place(left, x0),
                _place(top, y1) - r,
                _place(left, x1) - c,
                text or "",
            ]
            for (x0, y0, x1, y1), text in texts.items()
        ]
        yield {
            "titles": [title for title in titles if not title.isdigit()][-_TITLES:],
            "cells": cells,
            "edges": left,
            "page": page.page_number,
            "next_to": first,
        }
        below, first = table.bbox[3], False


def _edges(places: Any) -> list[float]:
    """Distinct places from the least, those nearer than two points as one."""
    edges: list[float] = []
    for place in sorted(places):
        if not edges or place - edges[-1] > _NEAR:
            edges.append(float(place))
    return edges


def _place(edges: list[float], place: float) -> int:
    """Number of an edge, counted from 1."""
    return 1 + min(range(len(edges)), key=lambda number: abs(edges[number] - place))


def _printed(table: dict[str, Any]) -> PrintedTable:
    cells = tuple(
        (int(r), int(c), int(down), int(across), str(text)) for r, c, down, across, text in table["cells"]
    )
    return PrintedTable(
        tuple(table["titles"]), cells, tuple(table["edges"]), int(table["page"]), bool(table["next_to"])
    )


def _at_most(seconds: int) -> None:
    """Let the system end this process after so many seconds unless it asks again till then; 0: never."""
    if __name__ == "__main__" and hasattr(signal, "alarm"):
        signal.alarm(seconds)


def main() -> None:
    """Answer about the PDF on the standard input, within limits where the system knows any."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    answer = answered(sys.stdin.buffer.read())
    _at_most(0)
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
