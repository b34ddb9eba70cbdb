"""Seconds of the work below the domains, on the made-up example: a scorecard, six forms, six intakes."""

from __future__ import annotations

import datetime as dt
import importlib.util
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl

from benchmarks.timing import Spent, spent
from forecast.answer import findings, panel_forecast
from forecast.answer.current import elasticities
from forecast.answer.scorecard.outlook import outlook
from forecast.answer.submissions import departments
from forecast.base.spec import RunSpec
from forecast.data import load
from forecast.data.framework import framework_for
from forecast.intake.forms import layout
from forecast.intake.forms.form import prepare
from forecast.intake.forms.receive import receive
from forecast.intake.forms.sheets import content

ROOT = Path(__file__).resolve().parents[1]
SPEC = RunSpec(
    index_code="PAR",
    area="TP. Hồ Chí Minh",
    target_year=2024,
    as_of=dt.date(2024, 10, 20),
    draws=10_000,
)
SCENARIOS = 5


def scorecard() -> Spent:
    """88 sub-criteria, 10,000 draws, five scenarios, four departments: all below the panel's draws."""
    with _example() as folder:
        known = load.read(folder, as_of=SPEC.as_of)
    known = replace(known, scenarios=known.scenarios[:SCENARIOS])
    post = panel_forecast.posterior(known, SPEC, np.random.default_rng(SPEC.seed))
    aims, worth = findings.aims(known, SPEC), elasticities(known, post, SPEC)
    return spent(lambda: outlook(known, SPEC, post.framework, post.last, post.target, aims, worth))


def forms() -> tuple[Spent, Spent]:
    """Make the six departments' forms; read and store all six, filled."""
    with _example() as folder:
        (folder / "submissions.csv").unlink()
        known = load.read(folder, as_of=SPEC.as_of)
        framework = framework_for(known.frameworks, known.events, "PAR", SPEC.target_year, SPEC.as_of)
        made: dict[str, bytes] = {}

        def make() -> None:
            for name in departments(framework):
                form = prepare(known, framework, name, SPEC)
                made[form.file_name] = content(form)

        making = spent(make)
        paths = [_filled(folder / name, data) for name, data in made.items()]

        def read() -> None:
            found = receive(paths, folder, received_on=SPEC.as_of, as_of=SPEC.as_of)
            if any(outcome.state != "accepted" for outcome in found):
                raise RuntimeError([outcome.problems for outcome in found])

        return making, spent(read)


def _filled(path: Path, data: bytes) -> Path:
    """Write a form with made-up figures: 80, 90 and 100 percent of every maximum."""
    path.write_bytes(data)
    book = openpyxl.load_workbook(path)
    sheet = book[layout.sheet_name("entry")]
    for row in range(layout.FIRST_ROW, sheet.max_row + 1):
        maximum = sheet[f"{layout.COLUMNS['maximum']}{row}"].value
        if isinstance(maximum, int | float) and not sheet[f"{layout.COLUMNS['low']}{row}"].protection.locked:
            for name, share in zip(layout.FIGURES, (0.8, 0.9, 1.0), strict=True):
                sheet[f"{layout.COLUMNS[name]}{row}"] = round(share * maximum, 3)
    book.save(path)
    return path


@contextmanager
def _example() -> Iterator[Path]:
    found = importlib.util.spec_from_file_location("example", ROOT / "tools" / "example.py")
    if found is None or found.loader is None:
        raise RuntimeError("tools/example.py is not there")
    tool = importlib.util.module_from_spec(found)
    found.loader.exec_module(tool)
    folder = Path(tempfile.mkdtemp())
    try:
        tool.make_example(folder, data=ROOT / "data")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
