"""Work shared with a process beside: the same results as alone, whoever did which piece."""

import math
from pathlib import Path

import pytest

from forecast.runs import shared_work

ITEMS = (1.0, 4.0, 9.0, 16.0)
ROOTS = [1.0, 2.0, 3.0, 4.0]


def alone(_folder):
    """A process beside that never begins."""
    return lambda: False


def quick(folder):
    """One that has done everything before the owner looks."""
    shared_work.take(folder)
    return lambda: False


def dying(folder):
    """One that takes the last piece and dies over it."""
    (folder / "3.taken").touch()
    return lambda: False


@pytest.mark.parametrize("beside", [alone, quick, dying])
def test_results_come_in_order_whoever_made_them(tmp_path: Path, beside):
    """As from `map`, also if the process beside is gone with a piece that it had taken."""
    assert list(shared_work.map_items(math.sqrt, ITEMS, folder=tmp_path, start_helper=beside)) == ROOTS


def test_the_owner_waits_for_a_piece_that_is_being_done(tmp_path: Path):
    """It does not begin it a second time as long as the process beside is at work."""

    def slow(folder):
        (folder / "1.taken").touch()
        return lambda: shared_work._write_result(folder, 1, "beside") is None

    assert list(shared_work.map_items(math.sqrt, ITEMS, folder=tmp_path, start_helper=slow)) == [
        1.0,
        "beside",
        3.0,
        4.0,
    ]


def test_a_piece_that_cannot_be_done_fails_at_its_place(tmp_path: Path):
    """The owner meets the very error, and has the results before it."""
    found = shared_work.map_items(math.sqrt, (4.0, -1.0), folder=tmp_path, start_helper=alone)

    assert next(found) == 2.0
    with pytest.raises(ValueError, match="domain"):
        next(found)


def test_no_piece_is_done_twice(tmp_path: Path):
    """What the process beside has taken the owner leaves to it."""
    done = []
    (tmp_path / "0.taken").touch()
    shared_work._write_result(tmp_path, 0, 7)

    assert list(shared_work.map_items(done.append, (1, 2), folder=tmp_path, start_helper=alone)) == [7, None]
    assert done == [2]


def test_kernels_share_work_with_a_process_of_their_server(kernels):
    """Where kernels are forked, half the work is done beside; elsewhere all of it here."""
    assert list(kernels.map(math.sqrt, ITEMS)) == ROOTS
