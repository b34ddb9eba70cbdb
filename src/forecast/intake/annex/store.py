"""Writing ``frameworks.csv``: only what leaves the folder sound, whole or not at all, by one at a time."""

from __future__ import annotations

import contextlib
import errno
import stat
from collections.abc import Iterator
from pathlib import Path

from forecast.base.disk import replace_file, writing
from forecast.base.errors import DataError, Problem, WriteError
from forecast.base.lock import held
from forecast.data.load import LOCK, Vintages, rehearse
from forecast.data.tables import FRAMEWORKS


def prove(data_dir: Path, content: bytes) -> Vintages:
    """Read the whole folder as it would be with other frameworks.

    Returns
    -------
    Vintages
        All tables, as they would be.

    Raises
    ------
    DataError
        If it would not pass the door to the data, with every reason.
    """
    try:
        return rehearse(data_dir, FRAMEWORKS.file, content)
    except DataError as error:
        lead = Problem(FRAMEWORKS.file, None, "", "", "annex.unsound")
        raise DataError([lead, *error.problems]) from error


def write(path: Path, content: bytes, *, before: bytes) -> None:
    """Put `content` in the place of `before`.

    Raises
    ------
    WriteError
        If another import is at work, the file is no longer `before`, or the system refuses.
    """
    with locked(path.resolve().parent):
        put(path, content, before=before)


@contextlib.contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Let one process at a time change the tables of a folder.

    Raises
    ------
    WriteError
        If another one is at work, or nothing can be written there.
    """
    with writing(data_dir), held(data_dir / LOCK, key="annex.busy"):
        yield


def put(path: Path, content: bytes, *, before: bytes) -> None:
    """Put `content` in the place of `before`; only for who holds the lock.

    Raises
    ------
    WriteError
        If the file is no longer `before`, or the system refuses.
    """
    target = path.resolve()
    with writing(path):
        _refuse_read_only(target)
        if (target.read_bytes() if target.exists() else b"") != before:
            raise WriteError("annex.changed", {"path": str(path)})
        replace_file(target, content)


def _refuse_read_only(target: Path) -> None:
    """A read-only mark is a wish, even where the system would let a replacement pass."""
    for place in (target, target.parent):
        if place.exists() and not place.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(errno.EACCES, "read-only", str(place))
