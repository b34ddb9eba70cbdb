"""Write files of the folder of data: one process at a time, completely or not at all, the journal first.

A line goes into the journal before the table is written, and is taken back if that fails.  Should the power
fail between the two, the journal speaks of rows that are not there, which `undo --list` says; never the other
way round.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from forecast.base.disk import append_line, clear_parts, replace_file, writing
from forecast.base.errors import WriteError
from forecast.base.lock import hold_lock
from forecast.data.load import LOCK
from forecast.intake import journal

PATIENCE: Final = 10.0  # seconds to wait for another process, which takes one or two


@contextlib.contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Let one process at a time change the files of a folder, and clear away what a killed one left.

    Raises WriteError if another one is at work, or nothing can be written there.
    """
    with writing(data_dir), hold_lock(data_dir / LOCK, key="data.busy", patience=PATIENCE):
        clear_parts(data_dir)
        yield


def put(
    data_dir: Path, file: str, content: bytes, *, before: bytes, entry: journal.Entry | None = None
) -> None:
    """Put `content` in the place of `before`, and `entry` into the journal; only for who holds the lock.

    Without any content the file is taken away.

    Raises DataError if the journal is damaged, so that the entry could not be undone; nothing is changed;
    WriteError if the file is no longer `before`, or the system refuses; nothing is changed.
    """
    refuse_read_only(data_dir, file, with_journal=entry is not None)
    path = data_dir / file
    with writing(path):
        if (path.read_bytes() if path.exists() else b"") != before:
            raise WriteError("data.changed", {"path": str(path)})
    if entry is None:
        replace_file(path.resolve(), content)
        return
    lines = data_dir / journal.FILE
    length = lines.stat().st_size if lines.exists() else None
    try:
        append_line(lines, entry.line())
        if content:
            replace_file(path.resolve(), content)
        else:
            with writing(path):
                path.resolve().unlink()
    except BaseException:
        _shorten(lines, length)
        raise


def refuse_read_only(data_dir: Path, file: str, *, with_journal: bool) -> None:
    """Refuse a file that is not to be written, before anything is.

    A read-only mark is a wish, even where the system would let the file be replaced.

    Raises DataError if the journal is damaged and rows are to be added to it; WriteError if the file, its
    folder or the journal is marked as read-only.
    """
    if with_journal:
        journal.read(data_dir)
    paths = [(data_dir / name).resolve() for name in (file, *([journal.FILE] if with_journal else []))]
    for path in (*paths, paths[0].parent):
        with writing(path):
            if path.exists() and not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
                raise PermissionError(errno.EACCES, "read-only", str(path))


def _shorten(path: Path, length: int | None) -> None:
    """Take the journal's last line back; on a full disk too, as nothing is written."""
    with contextlib.suppress(OSError):
        if length is None:
            path.unlink(missing_ok=True)
        elif path.stat().st_size > length:
            os.truncate(path, length)
