"""Execute one notebook with papermill, and name the reason if that fails.

papermill reports a cell that raises.  The rest is detected here: a cell that takes too long (papermill
leaves it "completed"), a kernel that dies, output without end, an error that a cell caught, cells that were
never run.  Whatever happens, the executed notebook is written for the analyst.
"""

import asyncio
import contextlib
import copy
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import nbformat
import papermill
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import ERROR_MARKER_TAG
from papermill.translators import PythonTranslator, papermill_translators

from forecast.base import labels
from forecast.base.disk import replace_file
from forecast.base.errors import RunError, WriteError, shown, unexpected
from forecast.runs.kernel_startup import MAGIC_ERROR, MOST_OUTPUT, SHELL_ERROR
from forecast.runs.kernels import Kernels, kill

LOG: Final = logging.getLogger(__name__)
ENGINE: Final = "forecast"
TRACEBACK: Final = "Traceback (most recent call last)"
_START_ATTEMPTS: Final = 2
_ASKED: Final = "StdinNotImplementedError"  # input(), getpass, a debugger: nobody sits before a run


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a notebook may take, and how much output it may write."""

    cell_seconds: int = 300
    start_seconds: int = 120
    output_bytes: int = MOST_OUTPUT  # a kernel sends no more of what is printed
    shown_bytes: int = 5_000_000  # of texts and tables on a page; its pictures are not counted


@dataclass(slots=True)
class Watch:
    """The state of an execution."""

    name: str
    kernels: Kernels
    limits: Limits
    notebook: NotebookNode | None = None
    place: int | None = None  # of the cell that was last begun
    process: Any = None
    written: int = 0
    too_loud: bool = False


def execute(
    notebook: NotebookNode,
    values: Mapping[str, Any],
    *,
    name: str,
    output: Path,
    kernels: Kernels,
    limits: Limits,
    lang: str = "vi",
) -> NotebookNode:
    """Execute a notebook in a kernel of its own.

    `values`: parameters, checked already; `output`: file for the executed notebook; written in any case;
    `lang`: language of the mark that a failed notebook bears. Gives the executed notebook. Raises RunError
    with notebook, number of the cell in the stored notebook, its first line and the reason.
    """
    _prepare_papermill()
    for attempt in range(1, _START_ATTEMPTS + 1):
        watch = Watch(name, kernels, limits)
        try:
            return _attempt(copy.deepcopy(notebook), values, watch, output)
        except _StartError as error:
            LOG.warning("%s: kernel start %d failed: %s", name, attempt, error)
            if attempt == _START_ATTEMPTS or kernels.closed:
                raise _failure(watch, error) from error
        except WriteError:
            raise
        except Exception as error:
            failure = error if isinstance(error, RunError) else _failure(watch, error)
            LOG.error("%s", failure)
            if watch.notebook is not None:
                _mark(watch, failure.text(lang))
                replace_file(output, nbformat.writes(watch.notebook))
            raise failure from error
    raise AssertionError("unreachable")


def _attempt(notebook: NotebookNode, values: Mapping[str, Any], watch: Watch, output: Path) -> NotebookNode:
    executed: NotebookNode = papermill.execute_notebook(
        notebook,
        None,  # written here: papermill would read braces in the path as parameters
        dict(values),
        engine_name=ENGINE,
        kernel_name="python3",  # our kernels are Python's, whatever another program wrote or left out
        language="python",
        progress_bar=False,
        autosave_cell_every=0,
        watch=watch,
    )
    _refuse_hidden_errors(executed, watch)
    _refuse_huge(executed, watch)
    replace_file(output, nbformat.writes(executed))
    return executed


class _StartError(RuntimeError):
    """A kernel did not start; the only failure that is tried again."""


class _Client(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    watch: Watch

    def start_new_kernel(self, **kwargs: Any) -> None:
        try:
            super().start_new_kernel(**kwargs)
        except Exception as error:
            raise _StartError(str(error)) from error
        self.watch.process = self.km.provisioner.process
        if self.watch.kernels.closed:  # while it was being started
            kill(self.km)

    def start_new_kernel_client(self) -> Any:
        try:
            return super().start_new_kernel_client()
        except Exception as error:
            raise _StartError(str(error)) from error

    def process_message(self, msg: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        content = msg["content"]
        watch = self.watch
        watch.written += len(content.get("text", "")) + sum(
            len(str(part)) for part in content.get("data", {}).values()
        )
        if watch.written > watch.limits.output_bytes and msg["msg_type"] != "status":
            if not watch.too_loud:
                watch.too_loud = True
                kill(self.km)
            return None
        return super().process_message(msg, *args, **kwargs)


class _Engine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, *, watch: Watch, **_: Any) -> None:  # noqa: ARG003
        def begins(cell: NotebookNode, cell_index: int) -> None:  # noqa: ARG001 -- nbclient names them
            watch.place = cell_index

        watch.notebook = nb_man.nb
        client = _Client(
            nb_man,
            km=watch.kernels.manager(),
            log=LOG,
            timeout=watch.limits.cell_seconds,
            startup_timeout=watch.limits.start_seconds,
            shutdown_kernel="immediate",
            on_cell_execute=begins,
        )
        client.watch = watch
        with _event_loop():
            client.execute(
                cleanup_kc=True,
                env=watch.kernels.environment,
                cwd=watch.kernels.folder,
                stdout=watch.kernels.log,
                stderr=watch.kernels.log,
            )


@contextlib.contextmanager
def _event_loop() -> Iterator[None]:
    """Give nbclient an event loop for this thread, and close it; nbclient itself would leave it open."""
    loop = ensure_event_loop(prefer_selector_loop=True)  # zmq cannot use the other kind of Windows
    try:
        yield
    finally:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.close()
        asyncio.set_event_loop(None)


class _Readable(PythonTranslator):  # type: ignore[misc]  # papermill has no types
    @classmethod
    def translate_str(cls, val: str) -> str:
        """Write Vietnamese as it is read; papermill writes it as escapes."""
        return repr(val)


@cache
def _prepare_papermill() -> None:
    papermill_engines.register(ENGINE, _Engine)
    papermill_translators.register("python", _Readable)


def _failure(watch: Watch, error: Exception) -> RunError:
    facts: dict[str, Any] = {"notebook": watch.name}
    if isinstance(error, PapermillExecutionError):
        watch.place = error.cell_index
    key, details = _reason(watch, error)
    place = _place(watch)
    if place is None:
        return RunError("run.notebook", {**facts, "reason": labels.Phrase(key, details)})
    number, line = place
    return RunError(
        "run.cell", {**facts, "cell": number, "line": line, "reason": labels.Phrase(key, details)}
    )


def _reason(watch: Watch, error: Exception) -> tuple[str, dict[str, Any]]:
    if watch.too_loud:
        return "run.too_loud", {"megabytes": watch.limits.output_bytes / 1e6}
    if watch.kernels.closed:
        return "run.stopped", {}
    match error:
        case PapermillExecutionError() if error.ename == SHELL_ERROR:
            code, _, line = str(error.evalue).partition(" ")
            reason = ("run.shell_line", {"line": shown(line, 300), "code": code})
        case PapermillExecutionError() if error.ename == MAGIC_ERROR:
            reason = ("run.cell_magic", {"error": shown(str(error.evalue).rstrip("."), 300)})
        case PapermillExecutionError() if error.ename == _ASKED:
            reason = ("run.cell_asked", {})
        case PapermillExecutionError():
            reason = ("run.cell_raised", {"error": shown(_first_line(error), 300)})
        case CellTimeoutError():
            reason = ("run.cell_timeout", {"seconds": str(watch.limits.cell_seconds)})
        case DeadKernelError():
            reason = ("run.kernel_died", {"code": str(getattr(watch.process, "returncode", "?"))})
        case _StartError():
            reason = ("run.kernel_start", {"attempts": str(_START_ATTEMPTS), "error": shown(str(error), 300)})
        case _:
            reason = ("run.unexpected", dict(unexpected(error).facts))
    return reason


def _first_line(error: PapermillExecutionError) -> str:
    """First line of what a cell raised, and the first of those that it announces.

    What the desk refuses stands there in the notebook's language.
    """
    lines: list[str] = list(error.traceback or ())
    by_desk = len(lines) == 1 and lines[0].startswith(f"{error.ename}: ")
    told = str(lines[0] if by_desk else f"{error.ename}: {error.evalue}").removesuffix(": ").splitlines()
    return " ".join(line.strip() for line in told[: 2 if told[:1] and told[0].endswith(":") else 1])


def _place(watch: Watch) -> tuple[int, str] | None:
    """Number of the last cell begun, as the stored notebook counts from 1, and its first line."""
    if watch.notebook is None or watch.place is None:
        return None
    cells = [cell for cell in watch.notebook.cells if ERROR_MARKER_TAG not in _tags(cell)]
    injected = [place for place, cell in enumerate(cells) if "injected-parameters" in _tags(cell)]
    number = watch.place + 1 - sum(place <= watch.place for place in injected)
    lines = (line.strip() for line in cells[watch.place].source.splitlines())
    return max(number, 1), next((line for line in lines if line), "")


def _refuse_hidden_errors(notebook: NotebookNode, watch: Watch) -> None:
    """Refuse errors that were shown but not raised, and cells never run; papermill reports success."""
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        error_output = next((output for output in cell.outputs if _is_error(output)), None)
        if error_output is not None:
            watch.place = place
            raise _cell_error(
                watch, "run.exited" if error_output.get("ename") == "SystemExit" else "run.swallowed"
            )
        if cell.execution_count is None:
            watch.place = place
            raise _cell_error(watch, "run.not_run")


def _refuse_huge(notebook: NotebookNode, watch: Watch) -> None:
    """Refuse tables with which the page would be too large to open, before the page is made."""
    shown = 0
    for place, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            parts = output.get("data", {"text/plain": output.get("text", "")})
            shown += max(
                (len(str(part)) for kind, part in parts.items() if kind.startswith("text/")), default=0
            )
        if shown > watch.limits.shown_bytes:
            watch.place = place
            raise _cell_error(watch, "run.too_much_shown", megabytes=round(shown / 1e6, 1))


def _cell_error(watch: Watch, key: str, **more: Any) -> RunError:
    number, line = _place(watch) or (1, "")
    facts = {"notebook": watch.name, "cell": number, "line": line, "reason": labels.Phrase(key, more)}
    return RunError("run.cell", facts)


def _is_error(output: NotebookNode) -> bool:
    if output.output_type == "error":
        return True
    texts = [output.text] if output.output_type == "stream" else [str(part) for part in output.data.values()]
    return any(TRACEBACK in text for text in texts)


def _mark(watch: Watch, sentence: str) -> None:
    """Say in the notebook itself that it failed; papermill leaves a cell that timed out "completed"."""
    notebook = watch.notebook
    if notebook is None:
        return
    notebook.metadata.setdefault("papermill", {})["exception"] = True
    cells = [cell for cell in notebook.cells if ERROR_MARKER_TAG not in _tags(cell)]
    if watch.place is not None:
        cells[watch.place].metadata.setdefault("papermill", {}).update(exception=True, status="failed")
    cell = nbformat.v4.new_markdown_cell(f"**{sentence}**", metadata={"tags": [ERROR_MARKER_TAG]})
    notebook.cells.insert(0, cell)


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))
