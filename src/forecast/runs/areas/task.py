"""Make one area's run as a pure function, from the bytes of tables and notebooks to those of its files."""

import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from forecast.answer.panel_forecast import PanelForecast
from forecast.base.errors import ForecastError, RunError, unexpected
from forecast.base.spec import RunSpec
from forecast.runs import run
from forecast.runs.execute import Limits
from forecast.runs.files import read_files, write_files
from forecast.runs.kernels import REPORT_MODULES, ForkServer, can_fork
from forecast.runs.manifest import Manifest
from forecast.runs.report_notebooks import Kind
from forecast.runs.store import FAILED

_ONE: Final = threading.Lock()  # a run's log and kernels are its process' own


@dataclass(frozen=True, slots=True, eq=False)
class Kit:
    """What the runs of all areas share; files by name."""

    panel_forecast: PanelForecast
    data: Mapping[str, bytes]
    notebooks: Mapping[str, bytes]
    kinds: Sequence[Kind]
    lang: str
    limits: Limits
    run_seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One area's run, and what is needed of the report before it: its name and its files by path."""

    spec: RunSpec
    run_id: str
    previous_id: str = ""
    previous: Mapping[str, bytes] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A run's files by path, the folder that they name as theirs, and why it failed if it did."""

    files: Mapping[str, bytes]
    made_in: str
    error: ForecastError | None = None


def make(task: Task, kit: Kit) -> Made:
    """Make one area's run in a folder that is gone afterwards."""
    server = _server()
    inside = server.folder if server else None  # which the server removes if this process is killed
    with _ONE, tempfile.TemporaryDirectory(prefix="forecast-", dir=inside) as place:
        root = Path(place).resolve()
        for name, files in (("data", kit.data), ("notebooks", kit.notebooks)):
            write_files(root / name, files)
        reports = root / "reports"
        if task.previous is not None:
            write_files(reports / task.previous_id, task.previous)
        options = run.Options(
            workers=1,
            limits=kit.limits,
            run_seconds=kit.run_seconds,
            again=True,
            server=server,
            panel_forecast=kit.panel_forecast,
        )
        folder, error = reports / task.run_id, None
        try:
            made = run.report(
                task.spec,
                data_dir=root / "data",
                reports_dir=reports,
                notebooks_dir=root / "notebooks",
                kinds=kit.kinds,
                lang=kit.lang,
                options=options,
            )
            if made.folder.name != task.run_id:  # its name says of which code and packages it is
                raise RunError("run.code_changed")
            replace(Manifest.read(folder), state="running").write(folder)  # in its place it is not yet
        except ForecastError as failure:
            folder, error = reports / FAILED / task.run_id, failure
        except Exception as failure:  # noqa: BLE001 -- an area's error must not be another's
            folder, error = reports / FAILED / task.run_id, unexpected(failure)
        return Made(read_files(folder), folder.as_posix(), error)


@cache
def _server() -> ForkServer | None:
    """Fork the kernels of all areas that this process makes; it ends with the process."""
    return ForkServer(REPORT_MODULES) if can_fork() else None
