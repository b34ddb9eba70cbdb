"""Share a list of work items between this process and a helper process.

This process begins with the first item, the helper with the last.  A process claims an item by creating a
file, which only one can do.  Results of the helper are in a private folder; if the helper ends before it has
finished an item, this process computes it::

    work.pkl               the function and its items
    2.taken  2.pkl         an item that the helper has claimed, and its result
"""

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


def map_items(
    work: Callable[[T], R],
    items: Iterable[T],
    *,
    folder: Path,
    start_helper: Callable[[Path], Callable[[], bool]],
) -> Iterator[R]:
    """Do `work` for each item, like `map`, with the help of a second process, which begins at once.

    `work`, `items`: both are pickled, and so are results; `folder`: empty, and this process's own;
    `start_helper`: starts a process that does `take` in a folder; gives a function that tells whether it is
    at work. Gives results in the order of the items.
    """
    all_items = list(items)
    (folder / WORK).write_bytes(pickle.dumps((work, all_items)))
    return _results(work, all_items, folder, start_helper(folder))


def _results(
    work: Callable[[T], R], items: Sequence[T], folder: Path, at_work: Callable[[], bool]
) -> Iterator[R]:
    for number, item in enumerate(items):
        if _claim(folder, number):
            yield work(item)
            continue
        result_file = folder / f"{number}.pkl"
        while at_work() and not result_file.exists():
            stop.check()
            time.sleep(_GLANCE)
        yield pickle.loads(result_file.read_bytes()) if result_file.exists() else work(item)  # noqa: S301 -- our own


def take(folder: Path) -> None:
    """Do the unclaimed items of a folder from the last to the first; run by the helper."""
    work, items = pickle.loads((folder / WORK).read_bytes())  # noqa: S301 -- written by this process's owner
    for number in reversed(range(len(items))):
        if _claim(folder, number):
            _write_result(folder, number, work(items[number]))


def _write_result(folder: Path, number: int, result: Any) -> None:
    aside = folder / f"{number}.part"
    aside.write_bytes(pickle.dumps(result))
    aside.rename(folder / f"{number}.pkl")


def _claim(folder: Path, number: int) -> bool:
    try:
        (folder / f"{number}.taken").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
