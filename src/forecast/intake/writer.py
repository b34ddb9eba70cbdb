"""The one writer of the folder of data: by one process at a time, a file whole or not at all, noted first.

A note goes into the journal before the table is written, and is taken back if that fails.  Should the power
fail between the two, the journal tells of rows that are not there, which `undo --list` says; never the other
way round.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from forecast.base.disk import append_line, replace_file, writing
from forecast.base.errors import WriteError
from forecast.base.lock import held
from forecast.data.load import LOCK
from forecast.intake import journal

PATIENCE: Final = 10.0  # seconds to wait for another process, which takes one or two


@contextlib.contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Let one process at a time change the files of a folder, and clear away what a killed one left.

    Raises
    ------
    WriteError
        If another one is at work, or nothing can be written there.
    """
    with writing(data_dir), held(data_dir / LOCK, key="data.busy", patience=PATIENCE):
        for part in data_dir.glob(".*.part"):
            part.unlink(missing_ok=True)
        yield


def write(data_dir: Path, file: str, content: bytes, *, before: bytes) -> None:
    """Put `content` in the place of `before`; see `put`."""
    with locked(data_dir):
        put(data_dir, file, content, before=before)


def put(
    data_dir: Path, file: str, content: bytes, *, before: bytes, entry: journal.Entry | None = None
) -> None:
    """Put `content` in the place of `before`, after noting `entry`; only for who holds the lock.

    Raises
    ------
    DataError
        If the journal is damaged, so that the entry could not be undone; nothing is changed.
    WriteError
        If the file is no longer `before`, or the system refuses; nothing is changed.
    """
    refuse(data_dir, file, noted=entry is not None)
    path = data_dir / file
    with writing(path):
        if (path.read_bytes() if path.exists() else b"") != before:
            raise WriteError("data.changed", {"path": str(path)})
    notes = data_dir / journal.FILE
    length = notes.stat().st_size if notes.exists() else None
    try:
        if entry:
            append_line(notes, entry.line())
        replace_file(path.resolve(), content)
    except BaseException:
        if entry:
            _shorten(notes, length)
        raise


def refuse(data_dir: Path, file: str, *, noted: bool) -> None:
    """Refuse a file that is not to be written, before anything is.

    A read-only mark is a wish, even where the system would let the file be replaced.

    Raises
    ------
    DataError
        If the journal is damaged and rows are to be noted in it.
    WriteError
        If the file, its folder or the journal is marked as read-only.
    """
    if noted:
        journal.read(data_dir)
    paths = [(data_dir / name).resolve() for name in (file, *([journal.FILE] if noted else []))]
    for place in (*paths, paths[0].parent):
        with writing(place):
            if place.exists() and not place.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
                raise PermissionError(errno.EACCES, "read-only", str(place))


def _shorten(path: Path, length: int | None) -> None:
    """Take the journal's last line back; on a full disk too, as nothing is written."""
    with contextlib.suppress(OSError):
        if length is None:
            path.unlink(missing_ok=True)
        elif path.stat().st_size > length:
            os.truncate(path, length)
