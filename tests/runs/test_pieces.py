"""Work shared with a process beside: the same results as alone, whoever did which piece."""

import math
from pathlib import Path

import pytest

from forecast.runs import pieces

ITEMS = (1.0, 4.0, 9.0, 16.0)
ROOTS = [1.0, 2.0, 3.0, 4.0]


def alone(_folder):
    """A process beside that never begins."""
    return lambda: False


def quick(folder):
    """One that has done everything before the owner looks."""
    pieces.take(folder)
    return lambda: False


def dying(folder):
    """One that takes the last piece and dies over it."""
    (folder / "3.taken").touch()
    return lambda: False


def slow(folder):
    """One that does a piece only while the owner waits for it."""
    (folder / "1.taken").touch()

    def at_work():
        pieces._keep(folder, 1, math.sqrt(ITEMS[1]))
        return True

    return at_work


@pytest.mark.parametrize("beside", [alone, quick, dying, slow])
def test_results_come_in_order_whoever_made_them(tmp_path: Path, beside):
    """As from `map`, also if the process beside is gone with a piece that it had taken."""
    assert list(pieces.each(math.sqrt, ITEMS, folder=tmp_path, beside=beside)) == ROOTS


def test_a_piece_that_cannot_be_done_fails_at_its_place(tmp_path: Path):
    """The owner meets the very error, and has the results before it."""
    found = pieces.each(math.sqrt, (4.0, -1.0), folder=tmp_path, beside=alone)

    assert next(found) == 2.0
    with pytest.raises(ValueError, match="domain"):
        next(found)


def test_no_piece_is_done_twice(tmp_path: Path):
    """What the process beside has taken the owner leaves to it."""
    done = []
    (tmp_path / "0.taken").touch()
    pieces._keep(tmp_path, 0, 7)

    assert list(pieces.each(done.append, (1, 2), folder=tmp_path, beside=alone)) == [7, None]
    assert done == [2]


def test_kernels_share_work_with_a_process_of_their_server(kernels):
    """Where kernels are forked, half the work is done beside; elsewhere all of it here."""
    assert list(kernels.each(math.sqrt, ITEMS)) == ROOTS
