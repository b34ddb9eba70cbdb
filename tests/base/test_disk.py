"""Files are there whole or not at all, whatever lies in their way, and whoever is killed while writing."""

import datetime as dt
import os
import signal
import subprocess
import sys
import tempfile

import pytest
from openpyxl import Workbook

from forecast.base import disk, excel
from forecast.base.errors import WriteError
from forecast.base.lock import hold_lock

KILLED = """
import os, pathlib, sys
from forecast.base import disk
with disk.replacing(pathlib.Path(sys.argv[1])) as handle:
    handle.write(b"half")
    handle.flush()
    os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(not disk._NAMELESS, reason="files without a name are Linux's")
def test_a_killed_writer_leaves_nothing(tmp_path):
    """The old file stands, alone."""
    path = tmp_path / "x.csv"
    path.write_bytes(b"old")

    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, timeout=60)

    assert done.returncode == -signal.SIGKILL
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("x.csv", b"old")]


@pytest.mark.parametrize("nameless", [True, False])
def test_the_new_file_has_the_rights_of_the_old_and_stands_alone(nameless, tmp_path, monkeypatch):
    """With and without files that have no name."""
    monkeypatch.setattr(disk, "_NAMELESS", disk._NAMELESS and nameless)
    path = tmp_path / "x.csv"
    path.write_bytes(b"old")
    path.chmod(0o640)
    disk.replace_file(path, "mới")

    assert path.read_text(encoding="utf-8") == "mới"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("nameless", [True, False])
def test_a_link_that_waits_beside_the_file_is_not_followed(nameless, tmp_path, monkeypatch):
    """Nobody can have a file of somebody else written over."""
    monkeypatch.setattr(disk, "_NAMELESS", disk._NAMELESS and nameless)
    (tmp_path / "other").write_bytes(b"precious")
    (tmp_path / ".x.csv.part").symlink_to(tmp_path / "other")
    disk.replace_file(tmp_path / "x.csv", b"new")

    assert (tmp_path / "other").read_bytes() == b"precious"
    assert (tmp_path / "x.csv").read_bytes() == b"new"


def test_the_name_of_a_part_cannot_be_known_before(tmp_path, monkeypatch):
    """Two writers at once have each their own, and the later one stays."""
    monkeypatch.setattr(disk, "_NAMELESS", False)
    path = tmp_path / "a.csv"

    with disk.replacing(path) as first, disk.replacing(path) as second:
        parts = {part.name for part in tmp_path.glob(".*.part")}
        second.write(b"second")
        first.write(b"first")

    assert len(parts) == 2
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"first", [path])


def test_a_refusal_names_the_file_that_was_meant(tmp_path):
    """And not the one beside it, whose name says nothing to anybody."""
    with pytest.raises(WriteError) as caught:
        disk.replace_file(tmp_path / "none" / "x.csv", b"")

    assert caught.value.facts["path"] == str(tmp_path / "none" / "x.csv")


def test_a_full_folder_of_temporary_files_is_told():
    """The library that writes sheets has words of its own for it."""

    class Full(Workbook):
        def save(self, _):
            raise ValueError("IO_ENOSPC")

    with pytest.raises(WriteError, match="no room left on the disk") as caught:
        excel.saved(Full(), dt.date(2024, 1, 1))

    assert caught.value.facts["path"] == tempfile.gettempdir()


def test_a_new_file_is_as_open_as_the_user_wants_new_files(tmp_path):
    """The mask of the process holds."""
    before = os.umask(0o027)
    try:
        disk.replace_file(tmp_path / "x", b"")
    finally:
        os.umask(before)

    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of Unix")
@pytest.mark.parametrize(
    ("mode", "file", "inner"), [(0o2750, 0o640, 0o2750), (0o2770, 0o660, 0o2770), (0o755, 0o644, 0o755)]
)
def test_files_are_for_whom_the_folder_is_where_a_group_is_set(tmp_path, mode, file, inner):
    """The folder's mode counts, and not the umask of who writes; without a group all is as before."""
    root = tmp_path / "reports"
    root.mkdir()
    root.chmod(mode)
    before = os.umask(0o022)
    try:
        with disk.as_folder(root / "areas"):
            (root / "areas").mkdir()
            disk.replace_file(root / "areas" / "a.html", "new")
            disk.append_line(root / "log.jsonl", "{}")
        left = os.umask(0o022)
    finally:
        os.umask(before)

    made = (root / "areas", root / "areas" / "a.html", root / "log.jsonl")
    assert [path.stat().st_mode & 0o7777 for path in made] == [inner, file, file]
    assert left == 0o022


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links as on Linux")
def test_a_lock_is_not_taken_through_a_link(tmp_path):
    """It would empty the file that the link leads to."""
    precious = tmp_path / "precious"
    precious.write_text("x", encoding="utf-8")
    (tmp_path / ".lock").symlink_to(precious)

    with pytest.raises(WriteError, match="a link stands there"), hold_lock(tmp_path / ".lock"):
        pass

    assert precious.read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize(("name", "said"), [("x" * 300, "too long"), ("folder", "a folder of that name")])
def test_a_name_that_cannot_be_written_is_told_in_our_words(name, said, tmp_path):
    """The system's own words are English."""
    (tmp_path / "folder").mkdir()

    with pytest.raises(WriteError, match=said):
        disk.replace_file(tmp_path / name, "x")
