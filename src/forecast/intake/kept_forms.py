"""The forms as they were sent: kept beside their table, put aside when their rows are taken back.

::

    data/
        submissions/<12 digits>.xlsx          each accepted file, by its SHA-256
        submissions/undone/<12 digits>.xlsx   those of which the table has no row, or no longer
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from forecast.base.disk import replace_file, writing
from forecast.data.load.files import read_rows
from forecast.data.tables import SUBMISSIONS

ID_DIGITS: Final = 12
FOLDER: Final = SUBMISSIONS.name
UNDONE: Final = "undone"
_ID: Final = re.compile(rf"[0-9a-f]{{{ID_DIGITS}}}")


def keep(data_dir: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Keep files, each with its id; only for who holds the lock.

    Raises WriteError if there is no room or no permission.
    """
    with writing(data_dir / FOLDER):
        (data_dir / FOLDER).mkdir(exist_ok=True)
    for submission_id, content in files:
        replace_file(data_dir / FOLDER / f"{submission_id}.xlsx", content)


def aside(data_dir: Path) -> Path:
    """Give the folder of what is put aside."""
    return data_dir / FOLDER / UNDONE


def make_room(data_dir: Path) -> None:
    """Make the folder of what is put aside, before anything is taken back.

    Raises WriteError if it cannot be made.
    """
    with writing(aside(data_dir)):
        aside(data_dir).mkdir(parents=True, exist_ok=True)


def settle(data_dir: Path) -> None:
    """Put aside the files of which the table has no row, and back those of which it has one again.

    What a killed command left to do is done by the next one; only for who holds the lock.

    Raises WriteError if the system refuses.
    """
    rows, _ = read_rows(data_dir / SUBMISSIONS.file, SUBMISSIONS)
    if rows is None:  # then nobody knows what belongs where
        return
    there = set(rows.cells["submission_id"])
    for file in sorted((data_dir / FOLDER).glob("*.xlsx")):
        if _ID.fullmatch(file.stem) and file.stem not in there:
            make_room(data_dir)
            _move(file, aside(data_dir) / file.name)
    for file in sorted(aside(data_dir).glob("*.xlsx")):
        if file.stem in there:
            _move(file, data_dir / FOLDER / file.name)


def _move(file: Path, place: Path) -> None:
    """Move a file; of the same name are the same bytes."""
    with writing(place):
        file.replace(place)
