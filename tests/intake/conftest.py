"""A folder of data to add to, and the commands that do it; every added figure is made up."""

import datetime as dt
import importlib.util
import re
import shutil
from pathlib import Path

import pytest

from forecast import cli
from forecast.intake.additions import append, province_table

_SPEC = importlib.util.spec_from_file_location("made_up_tables", Path(__file__).with_name("made_up.py"))
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)

REAL = Path(__file__).parents[2] / "data"


KEPT = {  # a part of the rows, so that reading them takes little time
    "scores.csv": re.compile(r"PAR,20(22|23),(TP|Việt Nam|Hà Nội|Đà Nẵng)"),
    "related_indices.csv": re.compile(r"PAPI,2023"),
    "indicators.csv": re.compile(r"pub_inv_disb_rate,"),
}


@pytest.fixture(scope="session")
def part(tmp_path_factory):
    """A folder with a part of the project's rows, not to be changed."""
    folder = tmp_path_factory.mktemp("part")
    for path in REAL.glob("*.*"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = KEPT.get(path.name)
        lines = [line for n, line in enumerate(lines) if n == 0 or kept is None or kept.match(line)]
        (folder / path.name).write_text("".join(lines), encoding="utf-8", newline="")
    return folder


@pytest.fixture
def data_dir(part, tmp_path):
    """A copy of it, to add to."""
    folder = tmp_path / "data"
    shutil.copytree(part, folder)
    return folder


@pytest.fixture
def run(data_dir, capsys, monkeypatch):
    """Run a command; give exit code, standard output and standard error."""

    def go(*arguments, lang="vi"):
        words = ["--lang", lang, *map(str, arguments), "--data-dir", str(data_dir)]
        code = cli.run(words)
        told = capsys.readouterr()
        return code, told.out, told.err

    return go


@pytest.fixture(scope="session")
def made_up():
    """The module that prints made-up tables."""
    return _MODULE


@pytest.fixture(scope="session")
def origin():
    """Where the made-up tables of a year come from."""

    def of(year, source="Phụ lục giả định"):
        return province_table.Origin(published_on=dt.date(year + 1, 4, 17), source=source)

    return of


@pytest.fixture(scope="session")
def areas(part):
    """The 63 provinces."""
    return _MODULE.provinces(part)


@pytest.fixture(scope="session")
def full(part, areas, origin, tmp_path_factory):
    """A folder whose PAR scores are a whole made-up table of 2022, not to be changed."""
    folder = tmp_path_factory.mktemp("full") / "data"
    shutil.copytree(part, folder)
    table = folder / "scores.csv"
    header = table.read_text(encoding="utf-8").splitlines(keepends=True)[0]
    first = "PAR,2020,TP. Hồ Chí Minh,total,value,80,percent,,,2021-06-25,,Dòng giả định,copy,\n"
    table.write_text(header + first, encoding="utf-8")
    path = _MODULE.annex(_MODULE.par(areas, 2022), 2022, folder.parent / "2022.csv", percent=False)
    append.append(province_table.table(folder, path, "PAR", 2022, origin(2022)), insist=True, who="thử")
    return folder
