"""Execute one notebook for an analyst, and write the executed notebook and its page, both or neither."""

import contextlib
import hashlib
import json
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import nbformat
from nbformat import NotebookNode

from forecast.base import labels, stop
from forecast.base.disk import replace_file, writing
from forecast.base.errors import RunError, SpecError
from forecast.base.spec import parse_day, refuse_day_to_come, refuse_unknown
from forecast.data.tables import INDEX_CODES
from forecast.pages.markup import Page
from forecast.pages.report.page import page, page_frame
from forecast.runs import html_check, parameters, question
from forecast.runs.execute import Limits, execute
from forecast.runs.kernels import Kernels
from forecast.runs.notebooks import Notebook, remove_title
from forecast.runs.run import logged

CACHE: Final = Path(".cache") / "notebooks"  # beside the folder of notebooks
LOGS: Final = ("run.log", "kernels.log")


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What is executed, with which values, and where it goes."""

    notebook: Notebook  # as stored
    texts: tuple[str, ...]  # ``name=value`` as they were given, for the page's head
    # the same, read; parameters that are not there keep their defaults
    values: Mapping[str, parameters.Value]
    place: Path  # folder for the executed notebook and its page, of the notebook's name
    # limits, run_seconds: time allowed for a cell and for all
    limits: Limits = field(default_factory=Limits)
    run_seconds: int = 1800

    @property
    def executed(self) -> Path:
        """The executed notebook."""
        return self.place / self.notebook.path.name

    @property
    def html(self) -> Path:
        """The HTML file."""
        return self.executed.with_suffix(".html")

    @property
    def failed(self) -> Path:
        """Folder for what a failed execution leaves, beside the good one's, which stays."""
        place = self.place if self.place.name not in ("", "..") else self.place.resolve()
        return place.parent / f"{place.name}-failed"


def prepare(notebook: Notebook, folder: Path, texts: Sequence[str], out: Path | None = None) -> Execution:
    """Prepare an execution; nothing is written yet.

    `texts`: ``name=value`` for each parameter that is not to keep its default; `out`: folder for the result;
    ``.cache/notebooks/NAME-HASH`` beside `folder` if left out, the same for the same notebook and values.
    Raises SpecError with everything that is wrong with the values, or if the result would lie among the
    notebooks; RunError if the parameters cell is not sound.
    """
    declared = notebook.parameters
    defaults = _defaults(declared)

    def settle(target: str, value: parameters.Value) -> parameters.Value:
        return value if value == defaults[target] else _check_value(target, value)

    values = parameters.parse_texts(notebook.path.name, declared, texts, settle=settle)
    values = question.settled(notebook.path.name, defaults, values)
    if out is None:
        content = json.dumps([notebook.content, {**defaults, **values}], sort_keys=True)
        mark = hashlib.sha256(content.encode()).hexdigest()[:8]
        out = folder.resolve().parent / CACHE / f"{notebook.stem}-{mark}"
    elif out.resolve().is_relative_to(folder.resolve()):
        raise SpecError("notebook.among", {"place": str(out), "folder": str(folder)})
    return Execution(notebook=notebook, texts=tuple(texts), values=values, place=out)


def run(task: Execution, *, lang: str) -> tuple[str, ...]:
    """Execute the notebook in a kernel of its own, and write it and its page.

    Gives what a browser will not show of the page, as it would have to fetch or run it; most often nothing.

    Raises RunError if a cell fails, or it takes too long; the executed notebook is then in ``task.failed``,
    if there is one, and what stood in ``task.place`` stays; WriteError if the result cannot be written.
    """
    new = not task.place.exists()
    _remove_old_files(task)
    with writing(task.place):
        task.place.mkdir(parents=True, exist_ok=True)
    try:
        executed = _execute(task, lang)
        html = _page(task, executed, lang)
    except BaseException:
        if new:
            with contextlib.suppress(OSError):
                task.place.rmdir()
        raise
    replace_file(task.executed, nbformat.writes(executed))
    replace_file(task.html, html)
    return tuple(html_check.read(html).external)


def _check_value(target: str, value: parameters.Value) -> parameters.Value:
    """Check parameters that mean the same in every notebook, and make paths absolute."""
    if not isinstance(value, str) or not value:
        return value  # an empty text has a meaning of its own, today say
    match target:
        case "as_of":
            return refuse_day_to_come(parse_day(value)).isoformat()
        case "lang" | "index_code":
            allowed = labels.LANGUAGES if target == "lang" else INDEX_CODES
            if value not in allowed:
                refuse_unknown(target, value, allowed)
        case "data_dir" | "run_dir":
            if not Path(value).is_dir():
                raise SpecError("notebook.no_data", {"name": target, "folder": value})
            return Path(value).resolve().as_posix()
    return value


def _defaults(known: Sequence[parameters.Parameter]) -> dict[str, parameters.Value]:
    return {parameter.name: parameter.default for parameter in known}


def _execute(task: Execution, lang: str) -> NotebookNode:
    notebook = task.notebook
    values = parameters.check_values(
        notebook.path.name, notebook.parameters, {**_defaults(notebook.parameters), **task.values}
    )
    with tempfile.TemporaryDirectory(prefix="forecast-") as scratch:
        output = Path(scratch) / notebook.path.name
        logs = [Path(scratch) / name for name in LOGS]
        try:
            with logged(logs[0]), Kernels((), logs[1]) as kernels, _stop_in_time(task, kernels):
                return execute(
                    notebook.content,
                    values,
                    name=notebook.name,
                    output=output,
                    kernels=kernels,
                    limits=task.limits,
                    lang=lang,
                )
        except RunError:
            _keep_files(task.failed, output, *logs)
            raise


@contextlib.contextmanager
def _stop_in_time(task: Execution, kernels: Kernels) -> Iterator[None]:
    """End the kernel when the time for all cells is over, or a signal has come."""
    over, late = threading.Event(), threading.Event()

    def watch() -> None:
        end = time.monotonic() + task.run_seconds
        while not over.wait(stop.LOOK):
            if time.monotonic() > end:
                late.set()
            if late.is_set() or stop.requested():
                kernels.close()
                return

    watching = threading.Thread(target=watch, name="watch")
    watching.start()
    try:
        yield
    except RunError as error:
        stop.check()
        if late.is_set():
            facts = {"seconds": task.run_seconds, "notebooks": [task.notebook.name]}
            raise RunError("run.timeout", facts) from error
        raise
    finally:
        over.set()
        watching.join()


def _keep_files(folder: Path, *files: Path) -> None:
    """Keep the files of a failed execution, if that is possible."""
    present = [file for file in files if file.is_file() and file.stat().st_size]
    with contextlib.suppress(OSError):
        if present:
            folder.mkdir(parents=True, exist_ok=True)
        for file in present:
            replace_file(folder / file.name, file.read_bytes())


def _remove_old_files(task: Execution) -> None:
    """Remove the files of an earlier failure, and nothing else."""
    with contextlib.suppress(OSError):
        for name in (task.executed.name, *LOGS):
            (task.failed / name).unlink(missing_ok=True)
        task.failed.rmdir()


def _page(task: Execution, executed: NotebookNode, lang: str) -> str:
    notebook, copy = task.notebook, nbformat.from_dict(executed)
    chosen_lang = {**_defaults(notebook.parameters), **task.values}.get("lang", lang)
    page_lang = str(chosen_lang) if chosen_lang in labels.LANGUAGES else lang
    remove_title(copy)
    return page(copy, name=notebook.name, head=_head(task, page_lang))


def _head(task: Execution, lang: str) -> Page:
    """Make the page's head: the notebook's title and the values of its parameters."""
    facts = {"notebook": task.notebook.name, "values": "; ".join(task.texts)}
    key = "notebook.page.given" if task.texts else "notebook.page.defaults"
    return replace(
        page_frame(task.notebook.title(lang), lang=lang),
        subtitle=labels.text(key, lang, **facts),
        foot=labels.text("notebook.page.foot", lang, **facts),
    )
