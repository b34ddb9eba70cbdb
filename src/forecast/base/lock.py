"""Lock a folder so that one process at a time works in it.

The operating system holds the lock and drops it when its process ends, in whatever way, so there is no
stale lock to be judged by process numbers, which systems use again.
"""

import contextlib
import datetime as dt
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from forecast.base.disk import writing
from forecast.base.errors import WriteError, shown
from forecast.base.incoming import record_of


@contextlib.contextmanager
def hold_lock(path: Path, *, key: str = "run.locked", patience: float = 0.0) -> Iterator[None]:
    """Hold the lock `path` for as long as the block lasts.

    `path`: file whose lock is taken; it is made if need be.  It is emptied, so a link there is not followed;
    `key`: what is said if another process holds it: a sentence with folder, pid and since; `patience`:
    seconds to wait for the other process. Raises WriteError if another process holds it (with that process'
    number and the time it began), or the file cannot be made.
    """
    with writing(path):
        # Without a buffer: else a full disk is told once more at its end.
        handle = open(path, "a+b", buffering=0, opener=_no_link)  # noqa: SIM115 - closed below
    with handle:
        last = time.monotonic() + patience
        while True:
            try:
                _take(handle)
                break
            except OSError as error:
                if time.monotonic() >= last:
                    raise WriteError(key, {"folder": str(path.parent), **_holder(path)}) from error
                time.sleep(0.05)
        _note(handle)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                handle.truncate(0)
            _release(handle)


def _no_link(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _note(handle: IO[bytes]) -> None:
    since = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    with contextlib.suppress(OSError):  # a full disk is found, and told, by the run itself
        handle.truncate(0)
        handle.write(json.dumps({"pid": os.getpid(), "since": since}).encode())
        handle.flush()


def _holder(path: Path) -> dict[str, Any]:
    try:
        noted = record_of(path)
        return {"pid": f"{noted['pid']:d}", "since": shown(str(noted["since"]))}
    except (OSError, ValueError, KeyError, TypeError):
        return {"pid": "?", "since": "?"}


if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # Windows hides locked bytes from readers, so lock one beyond the note

    def _take(handle: IO[bytes]) -> None:
        handle.seek(_FAR)
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        handle.seek(0)

    def _release(handle: IO[bytes]) -> None:
        handle.seek(_FAR)
        msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(handle: IO[bytes]) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _release(handle: IO[bytes]) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
