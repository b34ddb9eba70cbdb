"""The analyst's notebooks in a real JupyterLab, in a browser.  Skipped where there is no Chromium.

With FORECAST_PICTURES naming a folder, a picture of each notebook is left there to be looked at.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from playwright.sync_api import Locator, Page, expect, sync_playwright

import forecast
from forecast.data import scenarios
from forecast.desk import Workbench
from forecast.desk.views import View
from forecast.runs import paper

ROOT = Path(__file__).parents[2] / "notebooks"
SMALL = Path(__file__).parent / "small"
NOTEBOOKS = [
    "00_start.ipynb",
    *(f"explore/{path.name}" for path in sorted((ROOT / "explore").glob("*.ipynb"))),
]
# What each notebook must show, among other things.
SHOWS: dict[str, Callable[[Workbench], View]] = {
    "00_start": lambda bench: bench.forecast(),
    "01_data": lambda bench: bench.known("conflicts"),
    "02_domain": lambda bench: bench.explain("D3"),
    "03_models": lambda bench: bench.compare(),
    "04_what_if": lambda bench: bench.what_if({"D3": 0.5}),
    "05_indicators": lambda bench: bench.known("indicators"),
    "06_provinces": lambda bench: bench.known("provinces"),
    "07_sipas": lambda bench: bench.explain(),
    "08_add": lambda bench: bench.forecast(),
}
PATIENCE = 120.0  # seconds; a machine under load is slow
# Opens a notebook as a click on its name does, on the kernel that is there if there is one.
OPEN = """async ([path, id]) => {
  const app = window.jupyterapp;
  const kernel = id ? {id} : undefined;
  window.opened = await app.commands.execute("docmanager:open", {path, factory: "Notebook", kernel});
  await window.opened.context.ready;
  await window.opened.sessionContext.ready;
  app.shell.activateById(window.opened.id);
  return window.opened.sessionContext.session.kernel.id;
}"""
DONE = """() => window.opened.sessionContext.session.kernel.status === "idle"
  && [...window.opened.content.model.cells].every(cell => cell.type !== "code" || cell.executionCount)"""
OUTPUTS = """() => [...window.opened.content.model.cells].flatMap(
  cell => cell.type === "code" ? cell.outputs.toJSON() : [])"""
# Whether one of the outputs that stand in the page reads as this HTML does.
READS = """html => {
  const wanted = document.createElement("div");
  wanted.innerHTML = html;
  return [...window.opened.node.querySelectorAll(".jp-OutputArea-output, .widget-html-content")].some(
    output => output.textContent.trim() === wanted.textContent.trim());
}"""

pytestmark = pytest.mark.skipif(
    paper.chromium() is None, reason="Chromium is not installed: JupyterLab is not tried in a browser"
)


class Lab:
    """JupyterLab in a browser, with notebooks that ask for `data`."""

    def __init__(self, page: Page, data: Path) -> None:
        self.page, self.data, self.kernel = page, data, ""

    def bench(self, stem: str = "") -> Workbench:
        """The workbench that a notebook opens."""
        index_code = "SIPAS" if stem == "07_sipas" else "PAR"
        return forecast.open(index_code=index_code, **asked(self.data))

    def run(self, name: str) -> Locator:
        """Open a notebook and run all its cells from the menu; give its panel."""
        self.kernel = self.page.evaluate(OPEN, [f"notebooks/{name}", self.kernel])
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.page.wait_for_function(DONE)
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def outputs(self) -> list[dict[str, Any]]:
        """What the cells of the notebook gave."""
        found: list[dict[str, Any]] = self.page.evaluate(OUTPUTS)
        return found

    def reads(self, view: View) -> None:
        """Wait until the notebook that was opened last shows a view."""
        self.page.wait_for_function(READS, arg=view._repr_html_())

    def picture(self, name: str) -> None:
        """Leave a picture of the whole notebook where a person asked for it."""
        if "FORECAST_PICTURES" in os.environ:
            self.page.set_viewport_size({"width": 1280, "height": 4000})
            self.page.evaluate("window.opened.content.outerNode.scrollTop = 0")
            self.page.wait_for_timeout(1000)
            self.page.screenshot(path=Path(os.environ["FORECAST_PICTURES"]) / f"{name}.png")
            self.page.set_viewport_size({"width": 1280, "height": 720})


def asked(data: Path) -> dict[str, Any]:
    """The question of every notebook."""
    return {"as_of": "2024-10-20", "data_dir": str(data)}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab as ``make lab`` starts it, but with folders of its own, and notebooks with small tables.

    It works in a folder that is not the project's, and the name of the tables' folder has letters of ours
    and what Windows writes between folders.
    """
    folder = tmp_path_factory.mktemp("lab")
    data = folder / "số liệu\\nhỏ"
    shutil.copytree(SMALL, data)
    for name in NOTEBOOKS:
        place = folder / "desk" / "notebooks" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        notebook = parameterize_notebook(load_notebook_node(str(ROOT / name)), asked(data))
        nbformat.write(notebook, place)
    server = started(folder)
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=paper.chromium())
            page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="vi-VN")
            page.set_default_timeout(PATIENCE * 1000)
            page.goto(address(folder, server))
            page.wait_for_function("window.jupyterapp?.restored")
            page.evaluate("window.jupyterapp.restored")
            yield Lab(page, data)
            browser.close()
    finally:
        server.terminate()
        server.wait(PATIENCE)


def started(folder: Path) -> subprocess.Popen[bytes]:
    """Start the server; all that it keeps for a person lies in the folder."""
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "share",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {name: str(folder / value) for name, value in own.items()}
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"),
        "--LabApp.default_url=/lab/tree/notebooks/00_start.ipynb",
        "--LabApp.expose_app_in_browser=True",
        f"--ServerApp.root_dir={folder / 'desk'}",
    ]
    # All cells stand in the page, also those that are scrolled out of sight.
    tracker = folder / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True)
    tracker.write_text('{"windowingMode": "none"}', encoding="utf-8")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, cwd=elsewhere, env=environment, stdout=log, stderr=log)


def address(folder: Path, server: subprocess.Popen[bytes]) -> str:
    """Where the server is, which it writes into its folder when it is ready, with the word that opens it."""
    told = folder / "runtime" / f"jpserver-{server.pid}.json"
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        if told.is_file() and told.read_text(encoding="utf-8").strip():
            known = json.loads(told.read_text(encoding="utf-8"))
            return f"{known['url']}lab/tree/notebooks/00_start.ipynb?token={known['token']}"
        time.sleep(0.1)
    raise AssertionError((folder / "log").read_text(encoding="utf-8"))


def test_every_notebook_runs_in_jupyterlab_and_shows_the_workbench(lab: Lab) -> None:
    """All cells run without an error, a warning or a question, and the page reads as the API's answer."""
    assert [Path(name).stem for name in NOTEBOOKS] == list(SHOWS)
    complaints: list[str] = []
    lab.page.on("pageerror", lambda error: complaints.append(str(error)))
    for name in NOTEBOOKS:
        stem = Path(name).stem
        panel = lab.run(name)
        lab.reads(SHOWS[stem](lab.bench(stem)))
        lab.picture(stem)

        red = [out for out in lab.outputs() if out["output_type"] in ("error", "stream")]
        assert red == [], stem
        expect(panel.locator("[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)
        expect(lab.page.locator(".jp-Dialog")).to_have_count(0)
    assert complaints == []


def test_sliders_move_the_forecast_and_a_scenario_is_kept(lab: Lab) -> None:
    """By keyboard and mouse: a slider, a remedy and a name become a row of the scenario table."""
    panel = lab.run("explore/04_what_if.ipynb")
    lab.reads(lab.bench().what_if({}))

    points = panel.locator(".widget-hbox", has_text="D3 Thủ tục hành chính").first
    points.get_by_role("slider").focus()
    for _ in range(3):
        lab.page.keyboard.press("ArrowRight")
    expect(points.locator(".widget-readout")).to_have_text("+0,3")
    lab.reads(lab.bench().what_if({"D3": 0.3}))  # one change at a time, as people do
    panel.get_by_label("Ở mọi tỉnh").check()
    lab.reads(lab.bench().what_if({"D3": 0.3, "everywhere": True}))
    panel.get_by_label("Ở mọi tỉnh").uncheck()
    lab.reads(lab.bench().what_if({"D3": 0.3}))
    panel.get_by_role("button", name="Mọi việc còn dở").click()
    lab.reads(lab.bench().what_if({"D3": 0.3, "remedies": "open"}))
    rate = panel.locator(".widget-hbox", has_text="Tỷ lệ giải ngân")
    # However many indicators there are, none is squeezed until it cannot be read.
    squeezed = "row => { row.parentElement.style.maxHeight = '2em'; return row.offsetHeight; }"
    assert rate.evaluate(squeezed) >= 24
    rate.evaluate("row => { row.parentElement.style.maxHeight = ''; }")
    track = rate.locator(".noUi-base")
    track.click(position={"x": track.bounding_box()["width"] * 0.6, "y": 2})
    expect(rate.get_by_label("Đặt")).to_be_checked()
    panel.get_by_placeholder("Tên kịch bản").fill("Thêm ở D3, xong mọi việc")
    panel.get_by_role("button", name="Đưa vào báo cáo họp").click()
    expect(panel.get_by_text("Đã ghi kịch bản “Thêm ở D3, xong mọi việc”")).to_be_visible()
    lab.picture("04_what_if_kept")

    kept = scenarios.parse((lab.data / scenarios.FILE).read_bytes())[-1]
    assert (kept.name_vi, kept.remedies, kept.points) == ("Thêm ở D3, xong mọi việc", "open", {"D3": 0.3})
    assert kept.indicators["pub_inv_disb_rate"] == pytest.approx(60, abs=2)
    told = {"D3": 0.3, "remedies": "open", **kept.indicators}
    lab.reads(lab.bench().what_if(told))
    panel.get_by_role("button", name="Đặt lại").click()
    lab.reads(lab.bench().what_if({}))


def test_a_figure_is_added_by_a_form_and_the_forecast_moves(lab: Lab) -> None:
    """Looked at first, then written to the table; the cell below then shows another forecast.  MADE UP."""
    panel = lab.run("explore/08_add.ipynb")
    before = (lab.data / "scores.csv").read_text(encoding="utf-8")
    for name, text in {"Thành phần": "D5 Chế độ công vụ", "Đơn vị": "điểm"}.items():
        panel.get_by_label(name, exact=True).select_option(label=text)
    cells = {"Năm": "2023", "Địa phương": "tphcm", "Điểm": "13,1"}
    cells |= {"Ngày công bố": "2024-04-17", "Nguồn": "số giả định"}
    for name, text in cells.items():
        panel.get_by_label(name, exact=True).fill(text)
    panel.get_by_role("button", name="Xem trước").click()
    expect(panel.get_by_text("1 số mới")).to_be_visible()
    lab.picture("08_add_seen")
    assert (lab.data / "scores.csv").read_text(encoding="utf-8") == before

    panel.get_by_role("button", name="Ghi", exact=True).click()
    expect(panel.get_by_text("Đã thêm 1 dòng")).to_be_visible()
    panel.locator(".jp-CodeCell").last.click()
    lab.page.keyboard.press("Control+Enter")
    lab.reads(lab.bench().forecast())
    lab.picture("08_add_written")

    added = (lab.data / "scores.csv").read_text(encoding="utf-8").removeprefix(before)
    assert added.startswith("PAR,2023,TP. Hồ Chí Minh,D5,value,13.1,points")
    panel.get_by_role("button", name="Bỏ dòng vừa ghi").click()
    expect(panel.get_by_text("forecast undo")).to_have_count(0)
    assert (lab.data / "scores.csv").read_text(encoding="utf-8") == before
