"""Write files whole or not at all, and turn the system's errors into sentences."""

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from forecast.base.errors import WriteError, reason_of

_REFUSED: Final = frozenset({errno.EACCES, errno.EPERM})
_NO_FOLDER: Final = frozenset({errno.ENOTDIR, errno.EEXIST})
_TOLD: Final = {errno.ELOOP: "link", errno.ENAMETOOLONG: "long_name", errno.EISDIR: "is_folder"}
_PART: Final = ".part"
_DIGITS: Final = 16
_ASIDE: Final = re.compile(rf"\..+\.[0-9a-f]{{{_DIGITS}}}\{_PART}")
_NAMELESS: Final = sys.platform == "linux" and Path("/proc/self/fd").is_dir()


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a system's refusal to write into a sentence.

    Raises
    ------
    WriteError
        Saying which path cannot be written, why, and what to do.
    """
    try:
        yield
    except WriteError:
        raise
    except OSError as error:
        raise write_error(error, path) from error


def write_error(error: OSError, path: Path) -> WriteError:
    """Put a system's error into words."""
    file_name = str(error.filename or path)
    facts = {"path": str(path) if isinstance(error.filename, int) or file_name.endswith(_PART) else file_name}
    if error.errno == errno.ENOSPC:
        return WriteError("write.no_room", facts)
    if error.errno in _REFUSED:
        return WriteError("write.refused", facts)
    if error.errno in _NO_FOLDER:
        return WriteError("write.no_folder", facts)
    if error.errno in _TOLD:
        return WriteError(f"write.{_TOLD[error.errno]}", facts)
    return WriteError("write.failed", {**facts, "error": reason_of(error)})


def replace_file(path: Path, content: str | bytes) -> None:
    """Write a file aside and move it into place, so that a reader finds the old one or the new one.

    Who might read or write the old one may do so with the new one.

    Raises
    ------
    WriteError
        If there is no room or no permission; what stood there before stays.
    """
    with replacing(path) as handle:
        handle.write(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a new file to write to, which takes the place of `path` when the block ends without an error.

    Nobody can guess its name and lay a link there.  On Linux it has none until it is whole, so a writer
    that is killed leaves nothing.

    Raises
    ------
    WriteError
        See `replace_file`.
    """
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(_DIGITS // 2)}{_PART}")
    with writing(path):
        handle, has_name = _opened(part)
        try:
            with handle:
                yield handle
                handle.flush()
                os.fsync(handle.fileno())
                if not has_name:
                    # With a folder named, even though it is not looked at, a link to the file is followed.
                    source = f"/proc/self/fd/{handle.fileno()}"
                    os.link(source, part, src_dir_fd=handle.fileno(), follow_symlinks=True)
            if path.exists():
                shutil.copymode(path, part)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _opened(part: Path) -> tuple[IO[bytes], bool]:
    """Open a new file, and tell whether it has its name already."""
    if _NAMELESS:
        with contextlib.suppress(OSError):  # not every file system has files without a name
            return os.fdopen(os.open(part.parent, os.O_TMPFILE | os.O_WRONLY, 0o666), "wb"), False
    return part.open("xb"), True


@contextlib.contextmanager
def as_folder(folder: Path) -> Iterator[None]:
    """Give files made within the block the folder's group and its permissions, if a group is set on it.

    With ``chgrp GROUP folder; chmod 2750 folder`` files get the group and mode 0640, folders 2750, whatever
    the umask of who runs the command.  Without the set-group-ID bit nothing is changed.  A folder that is not
    there yet is as the one that it will be made in.
    """
    there = next((place for place in (folder, *folder.parents) if place.is_dir()), None)
    mode = there.stat().st_mode if there else 0
    if not mode & stat.S_ISGID:
        yield
        return
    before = os.umask(~mode & 0o777)
    try:
        yield
    finally:
        os.umask(before)


def clear_parts(folder: Path) -> None:
    """Remove what `replacing` left of its own in a folder where it was killed."""
    for part in folder.glob(f".*{_PART}"):
        if _ASIDE.fullmatch(part.name) and not part.is_dir():
            part.unlink(missing_ok=True)


def append_line(path: Path, line: str) -> None:
    """Add a line and wait until the disk has it; after one that a power cut has torn, on a line of its own.

    Raises
    ------
    WriteError
        If there is no room or no permission.
    """
    with writing(path), path.open("a+b") as handle:
        end = handle.seek(0, os.SEEK_END)
        if end:
            handle.seek(end - 1)
            if handle.read(1) != b"\n":
                line = "\n" + line
        handle.write(f"{line}\n".encode("utf-8", "backslashreplace"))
        handle.flush()
        os.fsync(handle.fileno())
