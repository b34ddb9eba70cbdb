"""CONTRIBUTING.md is true: each recipe is followed step by step in a copy of the project.

A fenced block says by its first words what it is: ``python FILE`` and ``csv FILE`` are saved, ``>> FILE`` is
added to a file, ``change FILE`` puts its lines with ``+`` in the place of those with ``-``, ``console``
is run and shows what it must print (``…`` stands for anything); ``console fails`` must be refused.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
TEXT: Final = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FENCE: Final = re.compile(r"^( *)```(\S.*)\n((?:.*\n)*?)\1```$", re.MULTILINE)
RECIPES: Final = dict(re.findall(r"^### (.+)\n((?:(?!### ).*\n)*)", TEXT, re.MULTILINE))
SECONDS: Final = 240
LINES: Final = 80  # a page


def test_each_kind_of_change_has_a_recipe_of_a_page():
    """None is missing, none is longer than a page."""
    assert set(RECIPES) == {
        *("A model", "An index", "A notebook", "A data source", "A language"),
        *("A column of a table in `data/`", "A column of a report's table"),
    }
    for name, body in RECIPES.items():
        assert len(body.strip().splitlines()) <= LINES, name
        assert FENCE.search(body), name


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_can_be_followed(name: str, tmp_path: Path):
    """Done as it is written, each step works, and prints what it shows."""
    for part in ("src", "data", "notebooks", "pyproject.toml"):
        whole, place = ROOT / part, tmp_path / part
        if whole.is_dir():
            shutil.copytree(whole, place, ignore=shutil.ignore_patterns(".*"))
        else:
            shutil.copy(whole, place)
    for _, words, body in FENCE.findall(RECIPES[name]):
        do(words.split(), textwrap.dedent(body), tmp_path)


def do(words: list[str], body: str, folder: Path) -> None:
    """Do one step of a recipe."""
    match words:
        case ["console", *how]:
            run(body, folder, refused=how == ["fails"])
        case [_, ">>", file]:
            with (folder / file).open("a", encoding="utf-8") as end:
                end.write(body)
        case ["change", file]:
            change(folder / file, body)
        case [_, file]:
            assert not (folder / file).exists(), file
            (folder / file).write_text(body, encoding="utf-8")
        case _:
            raise AssertionError(words)


def change(path: Path, body: str) -> None:
    """Put the lines with + in the place of those with -, wherever these stand in a row; once only."""
    text = path.read_text(encoding="utf-8")
    for olds, news in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)+)", body, re.MULTILINE):
        old, new = (re.sub(r"^[-+]", "", part, flags=re.MULTILINE) for part in (olds, news))
        assert text.count(old) == 1, f"{path.name}: {old}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def run(body: str, folder: Path, *, refused: bool) -> None:
    """Run the commands of a block, and look for each line that they must print, in order."""
    environment = os.environ | {"PYTHONPATH": str(folder / "src"), "PYTHONUTF8": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # each command would compile the package anew
    for command, shown in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", body, re.MULTILINE):
        program, *rest = shlex.split(command)
        started = {
            "python": [sys.executable],
            "forecast": [sys.executable, "-m", "forecast"],
            "lint-imports": [str(Path(sys.executable).parent / "lint-imports")],
        }[program]
        done = subprocess.run(
            [*started, *rest],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        printed = done.stdout + done.stderr
        assert (done.returncode != 0) == refused, printed
        parts = [part.strip() for line in shown.splitlines() for part in line.split("…")]
        wanted = ".*".join(re.escape(part) for part in parts if part)
        assert wanted, command
        assert re.search(wanted, printed, re.DOTALL), printed
