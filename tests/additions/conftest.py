"""A folder of data to add to, and the commands that do it; every added figure is made up."""

import re
import shutil
from pathlib import Path

import pytest

from forecast import cli

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
