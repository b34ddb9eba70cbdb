r"""Make one run from the question to the published pages, as a transaction.

::

    planned -> running -> good -> published        reports/<run id>/, then index and latest
                   \-> failed                      reports/failed/<run id>/

The figures are computed once; the notebooks, each in a kernel of its own, read them from the run's folder.
All is made beside the good runs from a copy of the data, checked, and moved into place in one step.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nbformat import NotebookNode
from threadpoolctl import threadpool_limits

from forecast.answer.ledger import last_verified
from forecast.answer.result import Result
from forecast.base import labels, stop
from forecast.base.disk import replace_file, writing
from forecast.base.errors import DataError, ForecastError, RunError, SpecError
from forecast.base.labels import LANGUAGES, Phrase
from forecast.base.spec import RunSpec
from forecast.base.workers import available
from forecast.data import issuer, load, scenarios, tables
from forecast.pages import handout, reading
from forecast.pages import report as pages
from forecast.runs import checks, ledger, report_notebooks, reuse
from forecast.runs.execute import Limits, execute
from forecast.runs.files import sha256
from forecast.runs.kernels import REPORT_MODULES, ForkServer, Kernels
from forecast.runs.manifest import Check, Manifest, Trace, circumstances, inputs_of, run_id_of
from forecast.runs.report_notebooks import Kind, PageJob, ReportNotebooks
from forecast.runs.store import DATA, NOTEBOOKS, Store

if TYPE_CHECKING:
    from forecast.answer.panel_forecast import PanelForecast

LOG: Final = logging.getLogger("forecast.runs")
_Executed = Future[tuple[NotebookNode, float]]  # with the seconds it took
_VOLATILE: Final = ("manifest.json", "run.log", "kernels.log")


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a run has done: for whoever watches it.

    `name` is "begun", "computed", "page", "published" or "failed"; `page` names the page, which has an
    `error` if it failed, or the folder of a failed run; `reused` if the tables were computed by an earlier
    attempt.
    """

    name: str
    seconds: float = 0.0
    page: str = ""
    done: int = 0
    total: int = 0
    error: ForecastError | None = None
    reused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Settings of a run that do not change its result."""

    workers: int = 0  # notebooks executed at a time; 0 for as many as there are processors
    limits: Limits = field(default_factory=Limits)  # of each notebook
    run_seconds: float = 1800  # time for all notebooks together
    # make the run anew even if it is in place and whole, and take nothing over from earlier attempts
    again: bool = False
    # forks the kernels of several runs, so that imports are paid once for all of them; None for a server of
    # this run's own, where the system can fork
    server: ForkServer | None = None
    panel_forecast: PanelForecast | None = None  # what is the same for all areas, if it was computed already


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run in its place; `made` is False if it was there already, whole."""

    folder: Path
    manifest: Manifest
    made: bool


def report(
    spec: RunSpec,
    *,
    data_dir: Path,
    reports_dir: Path,
    notebooks_dir: Path,
    kinds: Sequence[Kind],
    lang: str = "vi",
    options: Options | None = None,
    tell: Callable[[Step], None] = lambda _: None,
) -> Outcome:
    """Make and publish the reports of one forecast.

    Raises SpecError if the question or a notebook's parameters are refused; nothing is left behind; DataError
    if the data are not sound; RunError if a notebook or a check fails; what was made lies in ``failed/<run
    id>``; WriteError if the folder is locked or cannot be written.
    """
    how = options or Options()
    store = Store(reports_dir.resolve())
    notebooks = report_notebooks.read(notebooks_dir, kinds)
    notebooks.check(report_notebooks.parameters_of(spec, data_dir=store.root, run_dir=store.root, lang=lang))
    data = data_of(data_dir, spec) | ledger.for_report(store.root, spec)
    inputs = inputs_of(data, notebooks.content)
    run_id = run_id_of(spec.as_dict(), lang, inputs)
    with store.opened():
        existing = store.whole(run_id)
        if existing is not None and not how.again:
            return Outcome(store.root / run_id, store.again(existing), made=False)
        manifest = Manifest(
            run_id=run_id,
            spec=spec.as_dict(),
            lang=lang,
            inputs=inputs,
            workers=how.workers if how.workers > 0 else available(),
            **circumstances(),
        )
        folder = store.begin(manifest)
        earlier = [] if how.again else store.attempts(manifest)
        run = _Run(spec, manifest, folder, notebooks, how, tell, store.previous(manifest), earlier)
        try:
            run.copy_data(data)
            run.make()
            place, published = store.publish(folder, run.manifest)
            store.forget_failed(run_id)
        except SpecError:
            store.drop(folder)
            raise
        except BaseException as error:
            failed_page = store.fail(folder, run.manifest, _messages(error))
            if failed_page is not None:
                tell(Step("failed", page=str(failed_page)))
            raise
    tell(Step("published"))
    return Outcome(place, published, made=True)


@dataclass(slots=True)
class _Run:
    """A run while it is made; `manifest` is replaced as it goes on."""

    spec: RunSpec
    manifest: Manifest
    folder: Path
    notebooks: ReportNotebooks
    options: Options
    tell: Callable[[Step], None]
    previous: Path | None
    earlier: Sequence[tuple[Path, Manifest]]

    def copy_data(self, data: dict[str, bytes]) -> None:
        """Keep the data as they are now; a change of the originals is none of this run's."""
        with writing(self.folder):
            (self.folder / DATA).mkdir()
            (self.folder / NOTEBOOKS).mkdir()
            for name, content in data.items():
                (self.folder / DATA / name).write_bytes(content)

    def make(self) -> None:
        """Compute, execute, convert and check; the folder then holds a whole run."""
        self._record(state="running")
        self.tell(Step("begun"))
        with (
            logged(self.folder / "run.log"),
            Kernels(REPORT_MODULES, self.folder / "kernels.log", server=self.options.server) as kernels,
        ):
            result = self._compute(kernels)
            jobs = self._jobs(result)
            # Pages tell how many of these passed; their own come on top.
            self._record(
                pages=tuple(job.name for job in jobs),
                checks=checks.of_forecast(result),
                headline=reading.headline_figures(result),
            )
            with ThreadPoolExecutor(1, thread_name_prefix="handout") as pool:
                names = {"lang": self.manifest.lang, "run_id": self.manifest.run_id}
                written = pool.submit(handout.write, self.folder, result, **names)
                self._pages(result, jobs, kernels)
                written.result()
        self._record(outputs=self._outputs())

    def _record(self, **changes: object) -> None:
        """Keep what is known by now, unless a signal has come: this is where a run can be stopped."""
        stop.check()
        self.manifest = replace(self.manifest, **changes)  # type: ignore[arg-type]
        self.manifest.write(self.folder)

    def _add_seconds(self, name: str, seconds: float) -> None:
        self.manifest = replace(self.manifest, seconds={**self.manifest.seconds, name: round(seconds, 3)})

    def _compute(self, kernels: Kernels) -> Result:
        began = time.monotonic()
        key = reuse.key_of_tables(self.manifest, self.previous)
        with writing(self.folder):
            digest = reuse.tables(self.earlier, key, self.folder)
        if not digest:
            # Takes long to load; here the fork server loads it at the same time.
            with stop.at_once():
                from forecast.answer import pipeline

                with threadpool_limits(limits=1):  # as in the process beside
                    panel_forecast = self.options.panel_forecast
                    if panel_forecast is None:
                        result = pipeline.make(self.spec, self.folder / DATA, self.previous, kernels.map)
                    else:
                        result = pipeline.answer(panel_forecast, self.spec, self.previous)
            verified = last_verified(ledger.read(self.folder / DATA), self.spec)
            result = replace(result, last_verified=verified)
            with writing(self.folder):
                result.write(self.folder)
        self._record(traces={reuse.RESULT: Trace(key, digest or reuse.digest_of_tables(self.folder))})
        # Several notebooks at a time draw beside each other what one at a time would draw again.
        kernels.hold(self.folder, draw=self.manifest.lang if self.manifest.workers == 1 else "")
        self._add_seconds("compute", time.monotonic() - began)
        self.tell(Step("computed", time.monotonic() - began, reused=bool(digest)))
        return Result.read(self.folder)  # whoever made it, and as notebooks read it

    def _jobs(self, result: Result) -> tuple[PageJob, ...]:
        values = report_notebooks.parameters_of(
            self.spec, data_dir=self.folder / DATA, run_dir=self.folder, lang=self.manifest.lang
        )
        return self.notebooks.jobs(values, reading.domains(result)["component"].tolist())

    def _pages(self, result: Result, jobs: Sequence[PageJob], kernels: Kernels) -> None:
        """Execute all notebooks, convert and check them; the order in which they end changes nothing.

        Whatever is ready is worked on while kernels are busy with the rest.
        """
        html: dict[str, str] = {}
        faults: dict[str, list[str]] = {}
        failures: dict[str, ForecastError] = {}
        quotes = checks.words_of_people(result)
        for job, outcome in self._execute_all(jobs, kernels):
            seconds, error = 0.0, None
            try:
                notebook, seconds = outcome.result()
                began = time.monotonic()
                html[job.name] = pages.page(notebook, name=job.name)
                faults[job.name] = self._faults(result, job, html[job.name], quotes)
                seconds += time.monotonic() - began
            except ForecastError as failure:
                failures[job.name] = error = failure
            self._add_seconds(job.name, seconds)
            count = len(html) + len(failures)
            self.tell(Step("page", seconds, job.name, count, len(jobs), error))
        for job in jobs:  # the first in the order of reading
            if job.name in failures:
                raise failures[job.name]
        self._refuse_faults({job.name: faults[job.name] for job in jobs})
        for name, page in html.items():
            replace_file(self.folder / f"{name}.html", page)

    def _execute_all(self, jobs: Sequence[PageJob], kernels: Kernels) -> Iterator[tuple[PageJob, _Executed]]:
        pool = ThreadPoolExecutor(self.manifest.workers, thread_name_prefix="notebook")
        running = {pool.submit(self._execute, job, kernels): job for job in jobs}
        try:
            unfinished, end = set(running), time.monotonic() + self.options.run_seconds
            while unfinished:
                stop.check()
                ended, unfinished = wait(unfinished, timeout=stop.LOOK, return_when=FIRST_COMPLETED)
                for future in ended:
                    stop.check()
                    yield running[future], future
                if unfinished and time.monotonic() > end:
                    late = [job.name for future, job in running.items() if future in unfinished]
                    facts = {"seconds": self.options.run_seconds, "notebooks": late}
                    raise RunError("run.timeout", facts)
        finally:  # also when interrupted: kernels first, so that no thread waits for one
            if not all(future.done() for future in running):
                kernels.close()
            pool.shutdown(cancel_futures=True)

    def _execute(self, job: PageJob, kernels: Kernels) -> tuple[NotebookNode, float]:
        began = time.monotonic()
        executed = execute(
            job.notebook,
            job.values,
            name=job.name,
            output=self.folder / NOTEBOOKS / f"{job.name}.ipynb",
            kernels=kernels,
            limits=self.options.limits,
            lang=self.manifest.lang,
        )
        return executed, time.monotonic() - began

    def _faults(self, result: Result, job: PageJob, page: str, quotes: Sequence[str]) -> list[str]:
        lang, private = self.manifest.lang, [self.folder.parent.as_posix()]
        figures = checks.figures_to_show(result, job.kind, job.component, lang)
        tables = checks.tables_to_show(result, job.kind)
        return checks.of_page(
            page, job.kind, lang=lang, tables=tables, figures=figures, private=private, quotes=quotes
        )

    def _refuse_faults(self, pages: Mapping[str, Sequence[str]]) -> None:
        of_pages = [Check(f"page {name}", not faults, "; ".join(faults)) for name, faults in pages.items()]
        done = (*self.manifest.checks, *of_pages)
        self._record(checks=done)
        bad = [
            Phrase("run.check", {"name": check.name, "detail": check.detail})
            for check in done
            if not check.good
        ]
        if bad:
            raise RunError("run.checks_failed", {"count": len(bad), "checks": tuple(bad)})

    def _outputs(self) -> dict[str, str]:
        files = (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        inside = {path.relative_to(self.folder).as_posix(): path for path in files}
        return {
            name: sha256(path)
            for name, path in inside.items()
            if name not in _VOLATILE and not name.startswith(f"{NOTEBOOKS}/")
        }


def data_of(folder: Path, spec: RunSpec) -> dict[str, bytes]:
    """Read the tables as they are now, each once.

    Raises DataError if one is missing or cannot be read, with all else that is wrong.
    """
    every = (tables.AREAS, *tables.DATA_TABLES)
    names = [table.file for table in every if not table.optional or (folder / table.file).exists()]
    # What was verified last stands beside the tables where a run is made elsewhere.
    names += [name for name in (scenarios.FILE, issuer.FILE, ledger.FILE) if (folder / name).exists()]
    try:
        return {name: load.content_of(folder, name) for name in names}
    except DataError:
        load.read(folder, as_of=spec.as_of)  # says what else is wrong
        raise


def _messages(error: BaseException) -> dict[str, str]:
    if isinstance(error, ForecastError):
        return {lang: error.text(lang) for lang in LANGUAGES}
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return {lang: labels.text("run.interrupted", lang) for lang in LANGUAGES}
    return dict.fromkeys(LANGUAGES, f"{type(error).__name__}: {error}")


@contextlib.contextmanager
def logged(path: Path) -> Iterator[None]:
    """Write what the run's parts have to say to a file, and to nowhere else."""
    with writing(path):
        handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level, propagate = LOG.level, LOG.propagate
    LOG.addHandler(handler)
    LOG.propagate = False
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(level)
        LOG.propagate = propagate
        handler.close()
