"""Pieces of work done by two processes: each takes the next piece that nobody has begun.

The owner begins at the first piece, when it has time for them, and the process beside it at the last; a
piece is taken by making its file, which only one can.  What is done beside lies in a folder that nobody
else may enter, and what was begun there and never finished is done by the owner::

    work.pkl               the function and its items
    2.taken  2.pkl         a piece that the process beside has taken, and its result
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from forecast.base import stop

T = TypeVar("T")
R = TypeVar("R")

WORK: Final = "work.pkl"
_GLANCE: Final = 0.01  # seconds between two looks at what the other does


def each(
    work: Callable[[T], R], items: Iterable[T], *, folder: Path, beside: Callable[[Path], Callable[[], bool]]
) -> Iterator[R]:
    """Do `work` for each item, like `map`, with the help of a process beside this one, which begins at once.

    Parameters
    ----------
    work, items
        Both are pickled, and so are results.
    folder
        Empty, and this process's own.
    beside
        Starts a process that does `take` in a folder; gives a function that tells whether it is at work.

    Returns
    -------
    iterator
        Results in the order of the items.
    """
    every = list(items)
    (folder / WORK).write_bytes(pickle.dumps((work, every)))
    return _results(work, every, folder, beside(folder))


def _results(
    work: Callable[[T], R], items: Sequence[T], folder: Path, at_work: Callable[[], bool]
) -> Iterator[R]:
    for number, item in enumerate(items):
        if _take(folder, number):
            yield work(item)
            continue
        done = folder / f"{number}.pkl"
        while at_work() and not done.exists():
            stop.check()
            time.sleep(_GLANCE)
        yield pickle.loads(done.read_bytes()) if done.exists() else work(item)  # noqa: S301 -- our own


def take(folder: Path) -> None:
    """Do the pieces of a folder from the last to the first, as the process beside."""
    work, items = pickle.loads((folder / WORK).read_bytes())  # noqa: S301 -- written by this process's owner
    for number in reversed(range(len(items))):
        if _take(folder, number):
            _keep(folder, number, work(items[number]))


def _keep(folder: Path, number: int, result: Any) -> None:
    aside = folder / f"{number}.part"
    aside.write_bytes(pickle.dumps(result))
    aside.rename(folder / f"{number}.pkl")


def _take(folder: Path, number: int) -> bool:
    try:
        (folder / f"{number}.taken").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
