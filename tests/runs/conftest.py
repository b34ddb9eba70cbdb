"""Small notebooks and a small result for the runs.  EVERY FIGURE HERE IS MADE UP."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

from forecast.answer import pipeline
from forecast.answer.result import Result
from forecast.base.spec import QUANTILE_LEVELS, RunSpec
from forecast.data import load, tables
from forecast.runs import manifest, run
from forecast.runs.kernels import ForkServer, Kernels, can_fork
from forecast.runs.report_notebooks import Kind

AREA = "TP. Hồ Chí Minh"
SPEC = RunSpec(index_code="PAR", area=AREA, target_year=2024, as_of=dt.date(2024, 10, 20))
MEDIANS = {"total": 16.23, "D1": 7.52, "D2": 8.74}
KINDS = (Kind(stem="meeting"), Kind(stem="domain", per_domain=True))
EMPTY = {  # columns of tables without rows
    "rank": "rank probability",
    "targets": "quantity relation value set_on probability",
    "evidence": "index_code year area component statistic score unit rank trust use fitted reason"
    " published_on",
    "variances": "name value source",
    "current": "code component period value unit",
    "backtest": "model index_code area component target_year output_type_id value observed",
}
PARAMETERS = """\
index_code: str = "PAR"  # which index
area: str = "x"  # province
target_year: int = 2000  # year
as_of: str = "2000-01-01"  # ISO day
data_dir: str = ""  # tables
run_dir: str = ""  # result
lang: str = "vi"  # language
"""
PAGE = """\
from pathlib import Path
from forecast.pages import reading
from forecast.pages.markup import Column, Cover, Table, row
from forecast.answer.result import Result
result = Result.read(Path(run_dir))
def written(name):
    return row(name, *(reading.points(reading.quantile(result, name, q), lang) for q in (0.1, 0.5, 0.9)))
Cover(title=f"Thử {component}", subtitle="", place_day="", lang=lang)
"""
TABLE = """\
names = [component] if component != "all" else ["total", "D1", "D2"]
Table("Bảng", (Column("a"), Column("b"), Column("c"), Column("d")), tuple(written(n) for n in names))
"""


def code(source: str, **metadata: object) -> nbformat.NotebookNode:
    """Make a code cell."""
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def notebook(*cells: str, parameters: str = "") -> nbformat.NotebookNode:
    """Make a notebook from the sources of its cells, with a parameters cell if there is one."""
    first = [code(parameters, tags=["parameters"])] if parameters else []
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}}
    every = [*first, *map(code, cells)]
    for number, cell in enumerate(every):
        cell.id = f"cell-{number}"  # by themselves ids are random, and so would be the notebook's hash
    return nbformat.v4.new_notebook(cells=every, metadata=kernel)


def write_notebooks(folder: Path, *more: str, **replaced: nbformat.NotebookNode) -> Path:
    """Write the notebooks of `KINDS`; `more` cells go into the domain's, `replaced` are whole notebooks."""
    folder.mkdir(exist_ok=True)
    made = {
        "meeting": notebook('component = "all"\n' + PAGE, TABLE, parameters=PARAMETERS),
        "domain": notebook(PAGE, TABLE, *more, parameters=PARAMETERS + 'component: str = "D1"  # domain\n'),
        **replaced,
    }
    for stem, content in made.items():
        nbformat.write(content, folder / f"{stem}.ipynb")
    return folder


def small_result(medians: Mapping[str, float] = MEDIANS) -> Result:
    """Make a result with two domains, as far as runs look at it."""
    rows = [
        ("PAR", "876/QĐ-BNV", AREA, component, 2024, "2024-10-20", "main", "quantile", str(q), middle + q)
        for component, middle in medians.items()
        for q in QUANTILE_LEVELS
    ]
    summary = pd.DataFrame(
        {
            "component": list(medians),
            "parent": ["", "total", "total"],
            "median": list(medians.values()),
            **dict.fromkeys(("max_score", "last_year", "last_median", "lower", "upper"), 20.0),
            **dict.fromkeys(("last_lower", "last_upper", "last_rank"), float("nan")),
            **dict.fromkeys(("change", "p_fall"), 0.0),
            **dict.fromkeys(("max_status", "responsible", "basis"), ""),
            "last_known": True,
        }
    )
    needed = [f.name for f in fields(Result) if f.name != "spec" and f.default_factory is MISSING]
    empty = {name: pd.DataFrame(columns=EMPTY.get(name, "name").split()) for name in needed}
    return Result(
        spec=SPEC,
        **{
            **empty,
            "forecast": pd.DataFrame(rows, columns=list(tables.FORECAST_COLUMNS)),
            "summary": summary,
            "rank": pd.DataFrame({"rank": [1, 2, 3], "probability": [0.2, 0.5, 0.3]}),
        },
    )


@pytest.fixture(scope="session")
def made() -> SimpleNamespace:
    """The functions above, for tests, which cannot import this file."""
    return SimpleNamespace(
        code=code,
        notebook=notebook,
        write_notebooks=write_notebooks,
        small_result=small_result,
        furnished=furnished,
        KINDS=KINDS,
        PARAMETERS=PARAMETERS,
        PAGE=PAGE,
        TABLE=TABLE,
        SPEC=SPEC,
    )


@pytest.fixture(scope="session")
def fork_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer | None]:
    """The process that forks the tests' kernels; None where kernels are ordinary."""
    if not can_fork():
        yield None
        return
    modules = ["pandas", "forecast.answer.result", "forecast.pages.reading", "forecast.pages.markup"]
    with ForkServer(modules, tmp_path_factory.mktemp("server") / "kernels.log") as shared:
        yield shared


@pytest.fixture(scope="session")
def kernels(fork_server: ForkServer | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernels]:
    """Kernels that tests share; each test's notebook has one of its own."""
    with Kernels([], tmp_path_factory.mktemp("kernels") / "kernels.log", server=fork_server) as shared:
        yield shared


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fork_server: ForkServer | None) -> SimpleNamespace:
    """A folder with data, notebooks and room for reports; the forecast itself is made up.

    Kernels of runs in this process are forked from one server, as each of its own takes seconds to begin.
    """
    monkeypatch.setattr(run, "Kernels", lambda modules, log, **_: Kernels(modules, log, server=fork_server))
    monkeypatch.setattr(pipeline, "make", lambda *_: small_result())
    monkeypatch.setattr(load, "read", _unexpected)
    monkeypatch.setattr(manifest, "code_hash", lambda: "made up")  # someone may be at work on the code
    return furnished(tmp_path)


def furnished(folder: Path) -> SimpleNamespace:
    """Write made-up data and notebooks into a folder."""
    data = folder / "data"
    data.mkdir()
    for table in (tables.AREAS, *tables.DATA_TABLES):
        (data / table.file).write_text("made up\n", encoding="utf-8")
    return SimpleNamespace(
        data_dir=data, notebooks_dir=write_notebooks(folder / "notebooks"), reports_dir=folder / "reports"
    )


def _unexpected(*_: object, **__: object) -> Callable[[], None]:
    raise AssertionError("the made-up data are not to be read")
