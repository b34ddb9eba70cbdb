"""Writing ``frameworks.csv``: only what leaves the folder sound, whole or not at all, by one at a time."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from forecast import load
from forecast.errors import DataError, Problem, WriteError
from forecast.scenarios import FILE as SCENARIOS_FILE
from forecast.tables import AREAS, DATA_TABLES, FRAMEWORKS

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
_REFUSED: Final = (errno.EACCES, errno.EPERM, errno.EROFS)


def prove(data_dir: Path, content: bytes) -> None:
    """Read the whole folder as it would be with other frameworks.

    Raises
    ------
    DataError
        If it would not pass the door to the data, with every reason.
    """
    names = (AREAS.file, *(table.file for table in DATA_TABLES), SCENARIOS_FILE)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name in names:
            if name != FRAMEWORKS.file and (data_dir / name).is_file():
                shutil.copyfile(data_dir / name, folder / name)
        (folder / FRAMEWORKS.file).write_bytes(content)
        try:
            load.read_vintages(folder)
        except DataError as error:
            lead = Problem(FRAMEWORKS.file, None, "", "", "annex.unsound")
            raise DataError([lead, *error.problems]) from error


def write(path: Path, content: bytes, *, before: bytes) -> None:
    """Put `content` in the place of `before`.

    The file aside is made only if there is none, so it is the lock too.

    Raises
    ------
    WriteError
        If another import is at work, the file is no longer `before`, or the system refuses.
    """
    target = path.resolve()
    aside = target.with_name(f".{target.name}.part")
    with _told(path):
        _refuse_read_only(target)
        try:
            handle = aside.open("xb")
        except FileExistsError:
            raise WriteError("annex.busy", {"path": str(path), "aside": aside.name}) from None
        try:
            with handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            if target.read_bytes() != before:
                raise WriteError("annex.changed", {"path": str(path)})
            shutil.copymode(target, aside)
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)


def _refuse_read_only(target: Path) -> None:
    """A read-only mark is a wish, even where the system would let a replacement pass."""
    for place in (target, target.parent):
        if not place.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(errno.EACCES, "read-only", str(place))


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn a system's refusal into a sentence."""
    try:
        yield
    except WriteError:
        raise
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise WriteError("cli.out.no_room", {"path": str(path)}) from error
        if error.errno in _REFUSED:
            raise WriteError("annex.refused", {"path": str(path)}) from error
        facts = {"path": str(path), "error": error.strerror or str(error)}
        raise WriteError("write.failed", facts) from error
