"""The interface of all kinds of workers."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Task = TypeVar("Task")
Shared = TypeVar("Shared")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Done(Generic[Value]):
    """What became of the task at `place`: its value, or the error that it ended with."""

    place: int
    value: Value | None = None
    error: Exception | None = None


class Workers(Protocol):
    """Who does many tasks."""

    def each(
        self, work: Callable[[Task, Shared], Value], tasks: Sequence[Task], shared: Shared
    ) -> Generator[Done[Value]]:
        """Do every task, and tell of each as it ends, in any order.

        `work`: a function of a module; it changes nothing, and what it gives depends on its arguments alone;
        `shared`: what all tasks need; sent to each worker once.

        An error ends its own task only.  A task whose worker dies is done again by another; one whose
        worker dies again and again ends with RunError.  Closing the iterator ends what is still at work.
        """
        ...


def in_order(results: Iterator[Done[Value]], count: int) -> list[Value]:
    """Collect the values in the order of the tasks; the first error is raised."""
    by_place: dict[int, Value] = {}
    for result in results:
        if result.error is not None:
            raise result.error
        by_place[result.place] = result.value  # type: ignore[assignment]  # no error, so a value
    return [by_place[place] for place in range(count)]


def like_map(workers: Workers) -> Callable[[Callable[[Task], Value], Iterable[Task]], Iterator[Value]]:
    """Give `map` as these workers do it: the function travels once, the results come in order."""

    def each(work: Callable[[Task], Value], items: Iterable[Task], /) -> Iterator[Value]:
        tasks = list(items)
        return iter(in_order(workers.each(_called, tasks, work), len(tasks)))

    return each


def _called(item: Task, work: Callable[[Task], Value]) -> Value:
    return work(item)
