"""Make the runs of all areas: compute what they share once, then each area on the next free worker."""

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from forecast.answer.panel_forecast import PanelForecast, forecast_panel_with_record
from forecast.base import stop
from forecast.base.errors import ForecastError, RunError, WriteError, unexpected
from forecast.base.labels import LANGUAGES
from forecast.base.spec import RunSpec
from forecast.base.workers import Done, Workers
from forecast.data.load import Vintages, read_vintages
from forecast.runs import area_overview, ledger, report_notebooks, run, site
from forecast.runs.areas.task import Kit, Made, Task, make
from forecast.runs.kernels import Kernels
from forecast.runs.manifest import Inputs, Manifest, circumstances, inputs_of, run_id_of
from forecast.runs.report_notebooks import Kind
from forecast.runs.store import DATA, Store

NEEDED_OF_PREVIOUS = ("manifest.json", "spec.json", "summary.csv")  # and its data: see `changes.earlier`


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done, for whoever watches.

    `name` is "panel_forecast" (what all areas share was computed) or "area", with its name and, if it failed,
    the error; `seconds` since the beginning of this part of the work, of which `done` of `total` are done;
    `seconds_left` is how many more it will take, None if not known.
    """

    name: str
    seconds: float
    area: str = ""
    done: int = 0
    total: int = 0
    error: ForecastError | None = None
    seconds_left: float | None = None


@dataclass(slots=True)
class Outcome:
    """What became of the areas: made now, in place already, failed and why."""

    folder: Path
    made: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    failed: dict[str, ForecastError] = field(default_factory=dict)


def report(
    question: RunSpec,
    choose: Callable[[RunSpec, Vintages], Sequence[str]],
    *,
    data_dir: Path,
    reports_dir: Path,
    notebooks_dir: Path,
    kinds: Sequence[Kind],
    workers: Workers,
    lang: str = "vi",
    options: run.Options | None = None,
    tell: Callable[[Step], None] = lambda _: None,
) -> Outcome:
    """Make and publish the report of every area chosen; the question's own area is not looked at.

    `choose`: gives the areas, in the spelling of ``areas.csv``, from the question and the tables; `workers`:
    who makes the runs; what comes out is the same for any. Raises SpecError, DataError or RunError if the
    question, the tables or the notebooks are refused; then nothing was begun; WriteError if the folder is
    locked or cannot be written; areas done by then are in place.
    """
    how = options or run.Options()
    store = Store(reports_dir.resolve() / site.AREAS)
    notebooks = report_notebooks.read(notebooks_dir, kinds)
    notebooks.check(
        report_notebooks.parameters_of(question, data_dir=store.root, run_dir=store.root, lang=lang)
    )
    data = run.data_of(data_dir, question) | ledger.for_report(store.root, question)
    vintages = read_vintages(data)  # from the bytes that all runs are made from
    specs = [replace(question, area=area) for area in choose(question, vintages)]
    inputs = inputs_of(data, notebooks.content)
    outcome = Outcome(store.root)
    with store.opened():
        try:
            tasks = [_task(store, spec, lang, inputs) for spec in specs]
            to_make = [task for task in tasks if how.again or store.whole(task.run_id) is None]
            areas_to_make = {task.spec.area for task in to_make}
            outcome.there += [spec.area for spec in specs if spec.area not in areas_to_make]
            if to_make:
                began = time.monotonic()
                panel_forecast = _panel_forecast(to_make[0].spec, vintages)
                tell(Step("panel_forecast", time.monotonic() - began, total=len(to_make)))
                kit = Kit(panel_forecast, data, notebooks.content, kinds, lang, how.limits, how.run_seconds)
                batch = _Batch(store, to_make, kit, inputs, outcome, tell)
                batch.plan()
                with contextlib.closing(workers.each(make, to_make, kit)) as done:
                    batch.take(done)
        finally:
            store.give_up("areas.not_reached")  # none, unless the batch is cut off
            store.settle()
        wrong = area_overview.write(store.root, store.records())
        if wrong:
            raise RunError("areas.page", {"problems": wrong})
    with contextlib.suppress(WriteError), Store(reports_dir.resolve()).opened():
        pass  # so the city's list points here; who holds its lock writes it when done
    return outcome


@dataclass(frozen=True, slots=True)
class _Batch:
    """The areas that are to be made."""

    store: Store
    tasks: Sequence[Task]
    kit: Kit
    inputs: Inputs
    outcome: Outcome
    tell: Callable[[Step], None]

    def plan(self) -> None:
        """Put down what is to be done, so that a batch that is cut off does not look like a whole one."""
        known = circumstances()
        for task in self.tasks:
            self.store.begin(self._empty_manifest(task, known))

    def take(self, ended: Iterable[Done[Made]]) -> None:
        """Put each run where it belongs as it ends."""
        began, times = time.monotonic(), list[float]()
        for number, done in enumerate(ended, start=1):
            task = self.tasks[done.place]
            error = self._failure(task, done)
            if error is None:
                self.outcome.made.append(task.spec.area)
            else:
                self.outcome.failed[task.spec.area] = error
            times.append(time.monotonic() - began)
            seconds_left = time_left(times, len(self.tasks))
            self.tell(Step("area", times[-1], task.spec.area, number, len(self.tasks), error, seconds_left))

    def _failure(self, task: Task, done: Done[Made]) -> ForecastError | None:
        """Publish a run, or put it aside and say why."""
        made = done.value
        error = made.error if made else done.error
        error = error if error is None or isinstance(error, ForecastError) else unexpected(error)
        folder = self.store.adopt(task.run_id, made.files if made else {}, made.made_in if made else "")
        try:
            manifest = Manifest.read(folder)
        except (OSError, ValueError):
            manifest = self._empty_manifest(task, circumstances())
        if error is None and manifest.state == "running" and manifest.holds(folder):
            self.store.put(folder, manifest)
            self.store.forget_failed(task.run_id)
            return None
        error = error or RunError("areas.altered")
        replace(manifest, state="running").write(folder)  # nothing of it is in place
        self.store.fail(folder, manifest, {lang: error.text(lang) for lang in LANGUAGES})
        return error

    def _empty_manifest(self, task: Task, known: Mapping[str, Any]) -> Manifest:
        """Give the record of a run of which nothing came back, or has not yet."""
        return Manifest(
            run_id=task.run_id,
            spec=task.spec.as_dict(),
            lang=self.kit.lang,
            inputs=self.inputs,
            **known,
        )


def time_left(times: Sequence[float], total: int) -> float | None:
    """Guess how long the rest of `total` takes, from when each so far ended; None after too few.

    The first is no measure of the pace: it waited for the workers to start, and comes with its neighbours'.

    >>> time_left([20.0, 21.0, 30.0], total=9)
    30.0
    """
    if len(times) < 3:
        return None
    return (times[-1] - times[0]) / (len(times) - 1) * (total - len(times))


def _panel_forecast(spec: RunSpec, vintages: Vintages) -> PanelForecast:
    """Compute what all areas share, half of the earlier years in a process beside this one."""
    with contextlib.ExitStack() as stack:
        # No cell is executed: the process beside this one takes years alone.
        kernels = stack.enter_context(Kernels(["forecast.answer.panel_forecast"], Path(os.devnull)))
        stack.enter_context(threadpool_limits(limits=1))  # as in a run of one area
        stack.enter_context(stop.at_once())
        return forecast_panel_with_record(spec, vintages, kernels.map)


def _task(store: Store, spec: RunSpec, lang: str, inputs: Inputs) -> Task:
    run_id = run_id_of(spec.as_dict(), lang, inputs)
    planned = Manifest(run_id=run_id, spec=spec.as_dict(), lang=lang, inputs=inputs)
    before = store.previous(planned)
    if before is None:
        return Task(spec, run_id)
    names = [*NEEDED_OF_PREVIOUS, *(f"{DATA}/{path.name}" for path in sorted((before / DATA).glob("*")))]
    files = {name: (before / name).read_bytes() for name in names if (before / name).is_file()}
    return Task(spec, run_id, before.name, files)
