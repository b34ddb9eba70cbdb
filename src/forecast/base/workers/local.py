"""Workers of this machine: this process for one, else processes of their own."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from forecast.base import stop
from forecast.base.errors import RunError
from forecast.base.workers.contract import Done, Shared, Task, Value

LIBRARIES: Final = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
_LOOK: Final = 1.0  # seconds between looks at the parent
_TRIES: Final = 10  # to clear up after it

_here: dict[str, Any] = {}  # of a worker process: what all tasks share, and where it may write


def available() -> int:
    """Give the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Local:
    """So many processes; one means this very process."""

    count: int = 1

    def each(
        self, work: Callable[[Task, Shared], Value], tasks: Sequence[Task], shared: Shared
    ) -> Generator[Done[Value]]:
        """See `Workers.each`."""
        if self.count == 1 or len(tasks) < 2:
            return _in_this_process(work, tasks, shared)
        return _in_processes(self.count, work, tasks, shared)


def _in_this_process(
    work: Callable[[Task, Shared], Value], tasks: Sequence[Task], shared: Shared
) -> Generator[Done[Value]]:
    for place, task in enumerate(tasks):
        stop.check()
        try:
            yield Done(place, work(task, shared))
        except Exception as error:  # noqa: BLE001 -- it is handed on
            yield Done(place, error=error)


def _in_processes(
    count: int, work: Callable[[Task, Shared], Value], tasks: Sequence[Task], shared: Shared
) -> Generator[Done[Value]]:
    """Do the tasks in processes; when one dies, those it may have had are done one at a time."""
    left = set(range(len(tasks)))
    suspects: list[int] = []
    scratch = Path(tempfile.mkdtemp(prefix="forecast-"))
    try:
        while left:
            alone = bool(suspects)
            batch = [suspects.pop()] if alone else sorted(left)
            with _pool(min(count, len(batch)), shared, scratch) as pool:
                for done in _round(pool, work, {place: tasks[place] for place in batch}):
                    left.discard(done.place)
                    yield done
            begun = {int(mark.name) for mark in (scratch / "begun").iterdir()} & left
            shutil.rmtree(scratch / "begun")
            if alone and begun:
                left -= begun
                yield Done(batch[0], error=RunError("workers.died"))
            else:
                suspects += sorted(begun, reverse=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _round(
    pool: Executor, work: Callable[[Task, Shared], Value], tasks: dict[int, Task]
) -> Iterator[Done[Value]]:
    """Do tasks until all are done or a process dies."""
    futures: dict[Future[Value], int] = {
        pool.submit(_do, work, task, place): place for place, task in tasks.items()
    }
    while futures:
        stop.check()
        ended, _ = wait(futures, timeout=stop.LOOK, return_when=FIRST_COMPLETED)
        while ended:
            future = ended.pop()
            place = futures.pop(future)
            try:
                done = Done(place, future.result())
            except BrokenProcessPool:
                return
            except Exception as error:  # noqa: BLE001 -- it is handed on
                done = Done(place, error=error)
            yield done
            del future, done  # what came back is large


@contextlib.contextmanager
def _pool(count: int, shared: object, scratch: Path) -> Iterator[Executor]:
    """Start processes, and kill those that are left at the end with all that they started."""
    from joblib.externals.loky import ProcessPoolExecutor  # a plain pool cannot start them everywhere

    (scratch / "begun").mkdir()
    with _one_thread_each():
        pool = ProcessPoolExecutor(
            count, initializer=_begin, initargs=(os.getpid(), str(scratch), shared), timeout=None
        )
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, kill_workers=True)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let libraries of processes that are started now have one thread each: they are read when imported."""
    names = [f"{library}_NUM_THREADS" for library in LIBRARIES]
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _begin(parent: int, scratch: str, shared: object) -> None:
    """Make a worker: Ctrl-C on the terminal is for its parent, without which it ends, and so do its files."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = scratch
    _here.update(shared=shared, begun=Path(scratch) / "begun")
    if sys.platform != "win32":  # there a process keeps the number of a parent that is gone
        threading.Thread(target=_end_with, args=(parent, scratch), daemon=True).start()


def _end_with(parent: int, scratch: str) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    for _ in range(_TRIES):  # another worker, or a kernel, may be writing there at this moment
        shutil.rmtree(scratch, ignore_errors=True)
        if not Path(scratch).exists():
            break
        time.sleep(_LOOK / _TRIES)
    os._exit(1)


def _do(work: Callable[[Task, Any], Value], task: Task, place: int) -> Value:
    mark: Path = _here["begun"] / str(place)
    mark.touch()
    try:
        return work(task, _here["shared"])
    finally:
        mark.unlink()
