"""Workers of a Dask cluster.

A worker may be another machine, with other folders and other packages.  So nothing but values is sent, and
a worker of other versions is refused: at the start with what differs, later, if it joins then, by itself.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from forecast.base import stop
from forecast.base.errors import RunError, SpecError, shown
from forecast.base.labels import Phrase
from forecast.base.workers.contract import Done, Shared, Task, Value

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT: Final = 8  # seconds to find the scheduler
PATIENCE: Final = 60  # seconds that tasks wait for a worker when none is left
ATTEMPTS: Final = 3  # of sending out what was lost with the workers that held it
_LOOK: Final = 0.2  # seconds between looks at what has ended
_ADDRESS: Final = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}/?", re.ASCII)

Versions = Callable[[], Mapping[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """A cluster that is connected to; see `connected`."""

    client: Client
    address: str
    versions: Versions

    def each(
        self, work: Callable[[Task, Shared], Value], tasks: Sequence[Task], shared: Shared
    ) -> Generator[Done[Value]]:
        """See `Workers.each`."""
        left = dict(enumerate(tasks))
        for _ in range(ATTEMPTS):
            with contextlib.closing(self._round(work, left, shared)) as done:
                for result in done:
                    del left[result.place]
                    yield result
            if not left:
                return
        for place in left:
            yield Done(place, error=RunError("workers.lost", {"address": self.address}))

    def _round(
        self, work: Callable[[Task, Shared], Value], tasks: Mapping[int, Task], shared: Shared
    ) -> Generator[Done[Value]]:
        """Send all tasks out and take what comes back; what was lost is left out."""
        from distributed import TimeoutError as DaskTimeoutError

        expected = dict(self.versions())
        try:
            sent = self.client.scatter(shared, broadcast=True, hash=False)
        except (DaskTimeoutError, OSError, RuntimeError):  # no worker took it
            return
        run = uuid4().hex  # a key that was used before would give what was found then
        futures: dict[Future[Any], int] = {}
        try:
            for place, task in tasks.items():
                key = f"forecast-{run}-{place}"
                given = (work, task, sent, self.versions, expected)
                futures[self.client.submit(_do, *given, key=key, pure=False)] = place
            yield from self._collected(futures)
        finally:
            with contextlib.suppress(Exception):  # the scheduler may be gone
                self.client.cancel(list(futures))

    def _collected(self, futures: dict[Future[Any], int]) -> Iterator[Done[Any]]:
        seen = time.monotonic()
        while futures:
            stop.check()
            if self._workers():
                seen = time.monotonic()
            elif time.monotonic() - seen > PATIENCE:
                return
            for future in [future for future in futures if future.status != "pending"]:
                place = futures.pop(future)
                if future.status == "finished":
                    yield from self._value(future, place)
                elif future.status == "error":
                    yield Done(place, error=_error(future))
            time.sleep(_LOOK)

    def _value(self, future: Future[Any], place: int) -> Iterator[Done[Any]]:
        """Fetch what a task gave; nothing if its worker is gone with it."""
        try:
            value = future.result(timeout=PATIENCE)
        except Exception:  # noqa: BLE001 -- whatever it is, the task is sent out once more
            return
        yield Done(place, value)

    def _workers(self) -> list[str]:
        if self.client.status != "running":
            return []
        return list(self.client.scheduler_info(n_workers=-1)["workers"])


@contextlib.contextmanager
def connected(address: str, versions: Versions) -> Iterator[Cluster]:
    """Connect to a cluster whose workers are like this process.

    `address`: ``tcp://host:port`` or ``tls://host:port`` of the scheduler; `versions`: a function of a
    module: names what must be alike, and its version here. Raises SpecError if the address is none, or Dask
    is not installed; RunError if the scheduler does not answer, has no workers, or a worker has other
    versions.
    """
    if not _ADDRESS.fullmatch(address):
        raise SpecError("workers.address", {"found": address})
    try:
        from distributed import Client
    except ImportError:
        raise SpecError("workers.no_dask") from None
    try:
        client = Client(address, timeout=CONNECT)
    except (OSError, ValueError, RuntimeError) as error:
        reason = shown(str(error).partition("\n")[0] or type(error).__name__, 200)
        facts = {"address": address, "seconds": CONNECT, "error": reason}
        raise RunError("workers.unreachable", facts) from error
    with client:
        cluster = Cluster(client, address, versions)
        _refuse_unlike(cluster)
        yield cluster


def _refuse_unlike(cluster: Cluster) -> None:
    versions_by_worker = cluster.client.run(cluster.versions, on_error="return")
    if not versions_by_worker:
        raise RunError("workers.none", {"address": cluster.address})
    here = cluster.versions()
    differences: list[Phrase] = []
    for worker in sorted(versions_by_worker):
        there = versions_by_worker[worker]
        if isinstance(there, BaseException):
            facts = {"worker": worker, "error": shown(f"{type(there).__name__}: {there}", 200)}
            differences.append(Phrase("workers.stranger", facts))
        else:
            differences += _differences(worker, here, there)
    if differences:
        raise RunError("workers.unlike", {"differences": tuple(differences)})


def _differences(worker: str, here: Mapping[str, str], there: Mapping[str, str]) -> list[Phrase]:
    return [
        Phrase(
            "workers.difference",
            {"worker": worker, "name": name, "here": here.get(name, "—"), "there": there.get(name, "—")},
        )
        for name in sorted({*here, *there})
        if here.get(name) != there.get(name)
    ]


def _do(
    work: Callable[[Task, Shared], Value],
    task: Task,
    shared: Shared,
    versions: Versions,
    expected: dict[str, str],
) -> Value:
    there = versions()
    if there != expected:
        from distributed import get_worker

        differences = tuple(_differences(get_worker().address, expected, there))
        raise RunError("workers.unlike", {"differences": differences})
    return work(task, shared)


def _error(future: Future[Any]) -> Exception:
    from distributed import KilledWorker

    error = future.exception()
    if isinstance(error, KilledWorker):
        return RunError("workers.died")
    return error if isinstance(error, Exception) else RuntimeError(repr(error))
