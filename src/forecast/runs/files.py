"""Folders moved whole or not at all, and hashes of files."""

from __future__ import annotations

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

    There is a moment in which the old one bears the name ``.old-...`` and nothing stands in the place;
    `restore_folders` mends what a kill leaves then.

    Raises
    ------
    WriteError
        If the move is refused; then both are where they were.
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
    """Put back, or clear away, what `replace_folder` left of folders with such names when it was killed."""
    for old in root.glob(".old-*"):
        place = root / old.name.removeprefix(".old-")
        if not names.fullmatch(place.name):
            continue
        if old.is_symlink() or os.path.lexists(place):
            remove(old)
        else:
            old.rename(place)


def remove(folder: Path) -> None:
    """Remove a folder and what is in it, if it is there; of a link the link alone.

    Raises
    ------
    WriteError
        If the system refuses.
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
