"""Work that workers are given in tests: functions of a module, as other processes must find them."""

import os
import signal
import time
from pathlib import Path


def sums(task, shared):
    """Add what is shared."""
    if task == 13:
        raise ValueError("thirteen")
    return task + shared


def dies(task, shared):
    """Die at the task 13, always; at others the first time if a folder to note it in is shared."""
    if task == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return task, os.getpid()


def dies_once(task, shared):
    """Die at the task 13 the first time."""
    mark = Path(shared) / "died"
    if task == 13 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def waits(task, shared):
    """Say who is at work, and work until killed."""
    (Path(shared) / f"pid-{os.getpid()}").touch()
    time.sleep(600)


def versions():
    """Say what must be alike: the same everywhere."""
    return {"python": "3", "code": "abc"}


def other_versions():
    """Say something else in each process."""
    return {"python": "3", "code": str(os.getpid())}


def waits_after_one(task, shared):
    """Do the first task; of others say who is at it, and go on until killed."""
    if task > 0:
        waits(task, shared)
    until = time.monotonic() + 60
    while not any(Path(shared).glob("pid-*")) and time.monotonic() < until:
        time.sleep(0.05)
