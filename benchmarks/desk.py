"""What an analyst waits for at the desk, on the project's own tables: in a process, and in JupyterLab."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.timing import Spent, spent
from forecast import desk
from forecast.desk.board import Board
from forecast.runs import paper

ROOT = Path(__file__).resolve().parents[1]
DAY, AREA, COMPONENT = "2024-10-20", "TP. Hồ Chí Minh", "D3"
TIMES = 5
PATIENCE = 180  # seconds
RUN = """async () => {
  const { commands, shell } = window.jupyterapp;
  await shell.currentWidget.context.ready;
  await shell.currentWidget.sessionContext.ready;
  commands.execute("notebook:run-all-cells");
}"""
SHOWN = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells].some(
  cell => cell.type === "code" && cell.sharedModel.source.trim() === "bench.forecast()"
    && cell.outputs.toJSON().some(out => "text/html" in (out.data ?? {})))"""


def figures() -> dict[str, float]:
    """Measure all, in seconds; medians of several but for the first forecast and the lab.

    Returns
    -------
    dict
        first, again, what_if, board (a slider moved until the answer stands below), changed, each also with
        processor seconds as ``changed_cpu`` and so on; lab, from opening JupyterLab's address in a browser
        to the forecast of the start page: NaN without a browser.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        shutil.copytree(ROOT / "data", data)
        bench = desk.open(as_of=DAY, area=AREA, data_dir=data)
        found = {"first": spent(lambda: bench.forecast()._repr_html_())}
        found["again"] = _middle([spent(lambda: bench.forecast()._repr_html_()) for _ in range(TIMES)])
        bench.what_if({COMPONENT: 0.1})
        found["what_if"] = _middle(
            [spent(lambda by=by: bench.what_if({COMPONENT: by})._repr_html_()) for by in range(1, TIMES)]
        )
        board = bench.what_if()
        found["board"] = _middle([spent(lambda by=by: _slide(board, by)) for by in (0.5, 1.0, 1.5)])
        found["changed"] = _middle([_changed(bench, data, by) for by in (0.1, 0.2, 0.3)])
    told = {name: each.wall for name, each in found.items()}
    told |= {f"{name}_cpu": each.cpu for name, each in found.items()}
    return told | {"lab": lab()}


def changed_scores(source: Path, times: int) -> Spent:
    """On a copy of some tables: change a score and ask for the forecast, which was there before."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        shutil.copytree(source, data)
        bench = desk.open(as_of=DAY, area=AREA, data_dir=data)
        bench.forecast()._repr_html_()
        return _middle([_changed(bench, data, (k + 1) / 10) for k in range(times)])


def lab() -> float:
    """Open JupyterLab at its start page and run it; seconds until the forecast is there."""
    browser = paper.chromium()
    if browser is None:
        return float("nan")
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = _server(Path(folder))
        try:
            address = _address(Path(folder), server)
            with sync_playwright() as play:
                page = play.chromium.launch(executable_path=browser).new_page()
                page.set_default_timeout(PATIENCE * 1000)
                began = time.perf_counter()
                page.goto(address)
                page.wait_for_function("window.jupyterapp?.shell.currentWidget?.context")
                page.evaluate(RUN)
                page.wait_for_function(SHOWN)
                return time.perf_counter() - began
        finally:
            server.terminate()
            server.wait(PATIENCE)


def _slide(board: Board, by: float) -> None:
    board.points[COMPONENT].value = by


def _middle(every: list[Spent]) -> Spent:
    return Spent(
        statistics.median(each.wall for each in every), statistics.median(each.cpu for each in every)
    )


def _changed(bench: desk.Workbench, data: Path, by: float) -> Spent:
    """Change the latest score of a component in the tables, and ask for the forecast."""
    place = data / "scores.csv"
    rows = list(csv.DictReader(io.StringIO(place.read_text(encoding="utf-8"))))
    own = [row for row in rows if row["area"] == AREA and row["component"] == COMPONENT and row["score"]]
    latest = max(own, key=lambda row: row["year"])
    latest["score"] = f"{float(latest['score']) + by:.2f}"
    with place.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return spent(lambda: bench.forecast()._repr_html_())


def _server(folder: Path) -> subprocess.Popen[bytes]:
    """Start JupyterLab on the project, with nothing of the person's own."""
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR")
    own += ("JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")
    environment = os.environ | {name: str(folder / name.lower()) for name in own}
    shutil.copytree(ROOT / "notebooks", folder / "root" / "notebooks")  # JupyterLab saves what it ran
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        "--port=0",
    ]
    command += ["--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={folder / 'root'}"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)


def _address(folder: Path, server: subprocess.Popen[bytes]) -> str:
    told = folder / "jupyter_runtime_dir" / f"jpserver-{server.pid}.json"
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        if told.is_file() and told.stat().st_size:
            known = json.loads(told.read_text(encoding="utf-8"))
            return f"{known['url']}lab/tree/notebooks/00_start.ipynb?token={known['token']}"
        time.sleep(0.1)
    raise RuntimeError((folder / "log").read_text(encoding="utf-8"))
