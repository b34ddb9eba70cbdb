"""Move folders completely or not at all, read and write their files, and hash files."""

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from forecast.base.disk import writing
from forecast.base.errors import WriteError
from forecast.base.incoming import opened


def replace_folder(new: Path, place: Path) -> None:
    """Move the folder `new` to `place`; what was there is gone afterwards.

    For a moment the old one is called ``.old-...`` and `place` does not exist; `restore_folders` repairs what
    a killed process leaves then.

    Raises WriteError if the move is refused; then both are where they were.
    """
    with writing(place):
        if not os.path.lexists(place):
            new.rename(place)
        else:
            old = place.with_name(f".old-{place.name}")
            remove(old)
            place.rename(old)
            try:
                new.rename(place)
            except OSError:
                old.rename(place)
                raise
            with contextlib.suppress(WriteError):  # `restore_folders` will
                remove(old)


def restore_folders(root: Path, names: re.Pattern[str]) -> None:
    """Restore or remove the ``.old-...`` folders that a killed `replace_folder` left, for matching names."""
    for old in root.glob(".old-*"):
        place = root / old.name.removeprefix(".old-")
        if not names.fullmatch(place.name):
            continue
        if old.is_symlink() or os.path.lexists(place):
            remove(old)
        else:
            old.rename(place)


def remove(folder: Path) -> None:
    """Remove a folder with its content, if it exists; of a link only the link.

    Raises WriteError if the system refuses.
    """
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        with writing(folder):
            shutil.rmtree(folder)


def read_files(folder: Path) -> dict[str, bytes]:
    """Give all files below a folder, by path inside it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files, by path inside the folder, and the folders that they need."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def sha256(path: Path) -> str:
    """Hash a file's bytes."""
    with opened(path) as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
