"""Laws of workers of this machine: the same values, in any number, whatever dies."""

import time
from pathlib import Path

import pytest

from forecast.base.errors import RunError
from forecast.base.workers import Local, in_order, like_map
from forecast.base.workers import local as module


@pytest.mark.parametrize("count", [1, 2])
def test_an_error_ends_its_own_task_only(jobs, count):
    """Each task gives its value or its error, here and in processes alike."""
    done = {each.place: each for each in Local(count).each(jobs.sums, [1, 13, 2], 10)}

    assert {place: each.value for place, each in done.items()} == {0: 11, 1: None, 2: 12}
    assert str(done[1].error) == "thirteen"
    assert [done[0].error, done[2].error] == [None, None]


def test_a_process_that_dies_takes_no_other_task_with_it(jobs):
    """What it was at is tried alone once more, and only what kills again is given up."""
    tasks = [1, 2, 13, 3, 4]

    done = {each.place: each for each in Local(2).each(jobs.dies, tasks, None)}

    assert {place for place, each in done.items() if each.error} == {2}
    assert isinstance(done[2].error, RunError)
    assert "memory ran out" in done[2].error.text("en")
    assert [done[place].value[0] for place in (0, 1, 3, 4)] == [1, 2, 3, 4]


def test_a_task_whose_process_died_by_chance_is_done_again(jobs, tmp_path):
    """A process may be killed for another's sake."""
    found = in_order(Local(2).each(jobs.dies_once, [1, 13], str(tmp_path)), 2)

    assert found == [1, 13]


def test_closing_ends_the_processes_and_removes_their_files(jobs, tmp_path, monkeypatch):
    """Nobody goes on working for a run that was stopped."""
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    done = Local(2).each(jobs.waits_after_one, [0, 1, 2], str(tmp_path))
    next(done)

    done.close()

    pids = [int(path.name.removeprefix("pid-")) for path in tmp_path.glob("pid-*")]
    assert len(pids) >= 1
    until = time.monotonic() + 5
    while any(map(alive, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(alive, pids))
    assert list((tmp_path / "scratch").iterdir()) == []


def test_no_more_processes_than_tasks_are_started(jobs, monkeypatch):
    """Asking for many workers does not start processes that would have nothing to do."""
    asked = []
    pool = module._pool
    monkeypatch.setattr(module, "_pool", lambda count, *more: asked.append(count) or pool(count, *more))

    found = in_order(Local(64).each(jobs.sums, [1, 2], 1), 2)

    assert (found, asked) == ([2, 3], [2])


def test_work_in_order_is_like_map(jobs):
    """Who wants `map` gets it."""
    assert list(like_map(Local())(abs, [-1, 2])) == list(map(abs, [-1, 2]))


def alive(pid):
    """Say whether a process is at work; one that waits to be reaped is not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False
