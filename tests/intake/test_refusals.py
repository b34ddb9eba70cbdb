"""Bad inputs of every door by hand, each with the sentence that refuses it.  All figures are made up.

The tables stand in ``refusals/``: what is given, and what is said.  A line `says` is a part of the English
message.  Where the door asks instead, the sentence is that of its doubt.
"""

import dataclasses
import datetime as dt
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from forecast.base.errors import DataError, ForecastError
from forecast.data import load, scenarios
from forecast.data.load.files import append_rows
from forecast.data.tables import DATA_TABLES
from forecast.intake.additions import lists, one_row, province_table
from forecast.intake.annex import framework_rows, framework_table, tree

REAL = Path(__file__).parents[2] / "data"
TABLES = Path(__file__).with_name("refusals")
ORIGIN = province_table.Origin(published_on=dt.date(2024, 4, 17), source="giả định")
KEPT = {
    "scores.csv": re.compile("PAR,20(20|23),(TP|Việt Nam|Hà Nội)"),
    "related_indices.csv": re.compile("PAPI,2023,TP"),
    "indicators.csv": re.compile("(pub_inv_disb_rate|grdp_growth),"),
}
SHARED = {"source_url": "giả định", "published_on": "2024-04-17"}
ADD = {
    "add score": (
        one_row.score,
        {"index_code": "PAR", "year": "2023", "area": "Hà Nội", "component": "D5", "score": "9"},
    ),
    "add indicator": (
        one_row.indicator,
        {
            "indicator_code": "pub_inv_disb_rate",
            "area": "Hà Nội",
            "period": "2023-01..2023-09",
            "value": "40",
        },
    ),
    "add announcement": (
        one_row.announcement,
        {"index_code": "PAR", "year": "2025", "announced_on": "2026-04-17", "source_url": "giả định"},
    ),
    "add event": (
        one_row.event,
        {"known_on": "2024-04-17", "year": "2024", "index_code": "PAR", "what": "876/QĐ-BNV"},
    ),
}
FRAMEWORK = {"framework": "1/QĐ-GĐ", "first_year": 2025, "last_year": 2030, "status": "made_up", "source": ""}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A part of the data, read once, to which nothing is written: reading it again takes little time."""
    folder = tmp_path_factory.mktemp("refusals") / "data"
    shutil.copytree(REAL, folder)
    for name, kept in KEPT.items():
        head, *lines = (REAL / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / name).write_text("".join([head, *filter(kept.match, lines)]), encoding="utf-8", newline="")
    return folder, load.read_vintages(folder)


@pytest.fixture
def refusal(office, tmp_path, monkeypatch):
    """Give a case to its door; the message, or the doubts, or nothing if it was taken."""
    folder, vintages = office
    for module in (one_row, lists, province_table):
        monkeypatch.setattr(module, "read_vintages", lambda _: vintages)

    def enter(door, given):
        path = tmp_path / "file.csv"
        path.write_bytes(given.get("text", "").encode(given.get("encoding", "utf-8")))
        if door in ADD:
            make, usual = ADD[door]
            cells = {name: cell for name, cell in given.items() if name != "says"}
            shared = {} if door in ("add announcement", "add event") else SHARED
            return make(folder, **{**shared, **usual, **cells})
        if door == "import":
            year, unit = given.get("year", 2021), given.get("unit", "")
            hand = given.get("column", [])
            code = given.get("index", "PAR")
            origin = dataclasses.replace(ORIGIN, published_on=given.get("published", ORIGIN.published_on))
            return province_table.table(folder, path, code, year, origin, columns=hand, unit=unit)
        if door == "lists":
            shared = {} if given.get("alone") else {**SHARED, "source_url": given.get("source", "giả định")}
            own = given["text"].partition("\n")[0].split(",")
            shared = {name: cell for name, cell in shared.items() if name not in own}
            shared |= given.get("shared", {})
            return lists.rows_of_list(
                folder, path, given["kind"], columns=given.get("column", []), shared=shared
            )
        if door == "annex":
            request = framework_rows.Request(**{**FRAMEWORK, **given.get("request", {})})
            plan = framework_rows.prepare_import(tree.read(path), request, folder)
            return framework_table.rehearse_frameworks(folder, plan.content())
        if door == "scenarios":
            found = scenarios.parse(path.read_bytes())
            return load.rules.wrong_in_scenarios(found, vintages.checked)
        table = next(table for table in DATA_TABLES if table.name == given["table"])
        there = folder / table.file
        before = there.read_bytes() if there.exists() else b""
        content = path.read_bytes() if "text" in given else append_rows(before, table, [given["row"]])
        return vintages.with_content(table.file, content)

    def told(door, given):
        try:
            found = enter(door, given)
        except ForecastError as error:
            return error.text("en")
        odd = found if isinstance(found, list) else getattr(found, "doubts", ())
        return DataError(odd).text("en") if odd else ""

    return told


def cases():
    """All cases: door, name, what is given."""
    for path in sorted(TABLES.glob("*.toml")):
        for name, given in tomllib.loads(path.read_text(encoding="utf-8")).items():
            yield pytest.param(path.stem, given, id=f"{path.stem}: {name}")


@pytest.mark.parametrize(("door", "given"), list(cases()))
def test_a_bad_input_is_refused_with_its_sentence(door, given, refusal):
    """In the reader's words, never by a traceback, and never taken."""
    assert given["says"] in refusal(door, given)
