"""The analyst's notebooks: stored clean, thin, and showing what the workbench shows."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

import forecast
from forecast.answer import pipeline
from forecast.base.errors import SpecError
from forecast.desk import Workbench, refusals
from forecast.runs import parameters
from forecast.runs.execute import Limits, execute
from forecast.runs.kernels import ForkServer, Kernels, can_fork
from forecast.runs.report_notebooks import KINDS

ROOT = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = [ROOT / "00_start.ipynb", *sorted((ROOT / "explore").glob("*.ipynb"))]
SIPAS = ROOT / "explore" / "07_sipas.ipynb"
COMMON = ("index_code", "area", "target_year", "as_of", "data_dir", "lang")
NATIVE = "khoảng|điểm|năm|không|của|và|được|hạng|dự báo"
# Parameters of each notebook beside the question, and what it must show: the key figures are the API's.
Ask = Callable[[Workbench], list[Any]]
SHOWS: dict[str, tuple[dict[str, Any], dict[str, Any], Callable[..., Ask]]] = {
    "00_start": ({}, {}, lambda: lambda bench: [bench, bench.known(), bench.forecast()]),
    "01_data": (
        {},
        {"component": "D3"},
        lambda component="": (
            lambda bench: [
                bench.known("gaps", component),
                bench.known("conflicts"),
                bench.known("vintages"),
            ]
        ),
    ),
    "02_domain": (
        {},
        {"component": "D6"},
        lambda component="D3": lambda bench: [bench.forecast(component), bench.explain(component)],
    ),
    "03_models": (
        {},
        {"models": "evidence, last_value"},
        lambda models="": (
            lambda bench: [
                bench.compare(["evidence", "last_value"] if models else None),
                bench.backtest(),
            ]
        ),
    ),
    "04_what_if": (
        {},
        {"code": "pub_inv_disb_rate", "value": 95.0},
        lambda code="D3", value=0.5: (
            lambda bench: [
                bench.what_if({code: value}),
                bench.what_if({code: value}).figure,
            ]
        ),
    ),
    "05_indicators": ({}, {}, lambda: lambda bench: [bench.known("indicators")]),
    "06_provinces": ({}, {}, lambda: lambda bench: [bench.known("provinces"), bench.known("gaps")]),
    "07_sipas": (
        {},
        {},
        lambda: lambda bench: [bench.known("survey"), bench.forecast(), bench.explain()],
    ),
    "08_add": ({}, {"kind": "indicator"}, lambda kind="score": lambda bench: [bench.forecast()]),  # noqa: ARG005
}
# Answers what the notebooks ask, before their kernels are forked: they find it in memory.
WARM = """
import json, os, forecast
for asked in json.loads(os.environ["FORECAST_TEST_QUESTIONS"]):
    bench = forecast.open(**asked)
    bench.forecast()
    bench.explain()
    if asked.get("index_code") != "SIPAS":
        bench.backtest()
"""
# An analyst's own notebook, begun by `forecast notebook new` say, is run with its defaults.
OWN: tuple[dict[str, Any], dict[str, Any], Callable[..., Ask]] = ({}, {}, lambda: lambda _: [])
OTHER = {"area": "Hà Nội", "as_of": "2023-10-20", "lang": "en"}  # a changed question

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def question(path: Path, small: Path, *, changed: bool) -> dict[str, Any]:
    """What a notebook asks: its defaults on the small tables and a day that does not pass, or another's."""
    asked = {"as_of": "2024-10-20", "data_dir": str(small), "lang": "vi"} | (OTHER if changed else {})
    return asked | ({"index_code": "SIPAS"} if path == SIPAS else {})


@pytest.fixture(scope="module")
def kernels(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernels]:
    """Kernels, forked where that can be from a process that has computed already."""
    folder = tmp_path_factory.mktemp("kernels")
    asked = [question(path, small, changed=False) for path in (NOTEBOOKS[0], SIPAS)]
    asked += [question(path, small, changed=True) for path in (NOTEBOOKS[0], SIPAS)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORECAST_TEST_QUESTIONS", json.dumps(asked))
        (folder / "warm_desk.py").write_text(WARM, encoding="utf-8")
        patch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
        server = ForkServer(["forecast.desk.board", "warm_desk"], folder / "log") if can_fork() else None
        with Kernels([], folder / "log", server=server) as shared:
            yield shared
        if server is not None:
            server.close()


def test_all_notebooks_are_known_here() -> None:
    """A notebook for analysts is no template of the report, and the project's are run by the tests below."""
    assert set(SHOWS) <= {path.stem for path in NOTEBOOKS}
    assert not {kind.stem for kind in KINDS} & set(SHOWS)
    assert sorted(ROOT.glob("*.ipynb")) == sorted(
        [NOTEBOOKS[0], *(ROOT / f"{kind.stem}.ipynb" for kind in KINDS)]
    )


@every_notebook
def test_is_stored_clean_and_thin(path: Path) -> None:
    """No outputs, no definitions, one screen of Vietnamese text, and one kernel: the project's."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    lines = [line for cell in cells for line in cell.source.splitlines() if line.strip()]
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")

    assert [cell for cell in cells if cell.outputs or cell.execution_count] == []
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert (notebook.metadata.kernelspec.name, all(set(c.metadata) <= {"tags"} for c in notebook.cells)) == (
        "python3",
        True,
    )
    assert [line for line in lines if re.match(r"\s*(def|class|for|while|if|try|lambda)\b", line)] == []
    assert len(lines) <= 25
    assert re.search(NATIVE, text)
    assert len(text) < 3000
    assert "https:" not in path.read_text(encoding="utf-8")


@every_notebook
def test_begins_with_its_parameters(path: Path) -> None:
    """The first code cell declares plain values, one a line, each with its help; all share the question."""
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    names = []
    for line in cell.source.splitlines():
        told = re.fullmatch(r"(\w+): (str|int|float|bool) = (.+?)  # (\S.{8,})", line)
        assert told, line
        assert type(ast.literal_eval(told[3])).__name__ == told[2]
        names.append(told[1])

    assert cell.metadata.tags == ["parameters"]
    assert [name for name in names if name in COMMON] == list(COMMON)
    if path.stem in SHOWS:
        assert set(names) - set(COMMON) == set(SHOWS[path.stem][1])


@every_notebook
def test_links_lead_somewhere(path: Path) -> None:
    """What a notebook points at is there, from where it stands."""
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+\.ipynb)\)", text)

    assert links
    assert [link for link in links if not (path.parent / link).is_file()] == []
    if path.stem == "00_start":
        led_to = {(path.parent / link).resolve() for link in links}
        assert led_to == {other for other in NOTEBOOKS[1:] if other.stem in SHOWS}


@pytest.mark.parametrize(
    "given",
    [
        str(PureWindowsPath("D:/Nguyễn Văn A/số liệu/năm 2024/new")),
        str(PureWindowsPath("//server/Sở Nội vụ/tables")),
        "D:\\bảng 'mới'\\",
    ],
)
def test_a_path_of_windows_arrives_as_it_was_given(given: str) -> None:
    """Backslashes, spaces, quotes and our letters pass through the parameters cell to the notebook."""
    notebook = parameterize_notebook(load_notebook_node(str(NOTEBOOKS[0])), {"data_dir": given})
    cells = [
        cell.source
        for cell in notebook.cells
        if {"parameters", "injected-parameters"} & set(cell.metadata.tags)
    ]
    space: dict[str, Any] = {}
    exec("\n".join(cells), space)  # noqa: S102 -- as a kernel would

    assert (len(cells), space["data_dir"]) == (2, given)


def test_the_projects_tables_are_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty data_dir means the project's own tables, wherever JupyterLab was started."""
    monkeypatch.chdir(tmp_path)

    assert pipeline.project_data() == ROOT.parent / "data"


@pytest.mark.parametrize(
    ("name", "near"), [("componant", "component"), ("component", ""), ("as_off", "as_of")]
)
def test_a_parameter_that_papermill_only_warns_of_is_refused(
    name: str, near: str, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run without `forecast notebook run`, the page of the default is not taken for the one asked for."""
    path = next(path for path in NOTEBOOKS if path.stem == "02_domain")
    notebook = parameterize_notebook(load_notebook_node(str(path)), {name: "D5"})
    cells = ["", *(cell.source for cell in notebook.cells if cell.cell_type == "code")]
    shell = SimpleNamespace(user_ns={"In": cells}, set_custom_exc=lambda *_: None)
    monkeypatch.setattr(refusals, "_shell", lambda: shell)

    if near:
        with pytest.raises(SpecError, match=f"“{name}”; did you mean “{near}”"):
            forecast.open(data_dir=small)
    else:
        forecast.open(data_dir=small)


@pytest.mark.parametrize(
    ("path", "changed"),
    [(path, False) for path in NOTEBOOKS] + [(path, True) for path in NOTEBOOKS if path.stem in SHOWS],
    ids=lambda each: each.stem if isinstance(each, Path) else "changed" if each else "default",
)
def test_shows_what_the_workbench_shows(
    path: Path, changed: bool, small: Path, kernels: Kernels, tmp_path: Path
) -> None:
    """Run by papermill, with its defaults and with others, a notebook shows the API's figures."""
    notebook = nbformat.read(path, as_version=4)
    defaults, others, shows = SHOWS.get(path.stem, OWN)
    own = others if changed else defaults
    asked = question(path, small, changed=changed)
    given = {name: value for name, value in asked.items() if name != "index_code"} | own
    assert set(given) <= {each.name for each in parameters.read_declarations(notebook, path.name)}

    executed = execute(
        notebook,
        given,
        name=path.stem,
        output=tmp_path / path.name,
        kernels=kernels,
        limits=Limits(cell_seconds=120),
    )

    outputs = [out for cell in executed.cells for out in cell.get("outputs", [])]
    html = [out.data["text/html"] for out in outputs if "text/html" in out.get("data", {})]
    for view in shows(**own)(forecast.open(**asked)):
        assert view._repr_html_() in html
    assert [out for out in outputs if out.output_type == "stream" and out.name == "stderr"] == []
    if path.stem == "04_what_if":
        assert any("application/vnd.jupyter.widget-view+json" in out.get("data", {}) for out in outputs)
