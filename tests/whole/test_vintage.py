"""The guard of the project: nothing published after the day changes one byte of a forecast."""

from __future__ import annotations

import csv
import datetime as dt
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.answer import pipeline
from forecast.answer.result import Result
from forecast.base.spec import RunSpec

DATA = Path(__file__).parents[2] / "data"
CITY = "TP. Hồ Chí Minh"
DAY = dt.date(2019, 10, 20)
SPEC = RunSpec(index_code="PAR", area=CITY, target_year=2019, as_of=DAY, draws=200)
MADE_UP = "bịa để kiểm thử | made up for a test"
LATER = {  # made up: a version of 2019 that the Ministry is said to announce after the day
    "frameworks": [
        {
            "framework": "0/QĐ-THỬ",
            "first_year": 2018,
            "last_year": 2019,
            "component": component,
            "parent": parent,
        }
        | {"name_vi": "thử", "max_score": maximum, "max_status": "read", "note": MADE_UP}
        for component, parent, maximum in (
            ("total", "", 100.0),
            *((f"D{k}", "total", 12.0) for k in range(1, 8)),
            ("D8", "total", 16.0),
            ("D8.sipas", "D8", 10.0),  # as printed of 2019
            ("D8.outcome", "D8", 6.0),
        )
    ],
    "events": [
        {"index_code": "PAR", "year": year, "kind": "framework", "what": "0/QĐ-THỬ", "note": MADE_UP}
        | {"known_on": "2019-10-21"}
        for year in (2018, 2019)
    ],
    "announcements": [
        {"index_code": code, "year": 2024, "announced_on": "2025-04-06", "precision": "day"}
        | {"source_url": MADE_UP}
        for code in ("PAR", "SIPAS")
    ],
}


def rows_of(table: str) -> list[dict[str, str]]:
    """The rows of one of the project's tables, as text."""
    with (DATA / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def with_rows(folder: Path, more: Mapping[str, list[dict[str, Any]]]) -> Path:
    """Copy the project's data and append rows."""
    shutil.copytree(DATA, folder)
    for table, rows in more.items():
        path = folder / f"{table}.csv"
        columns = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        with path.open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, columns, restval="", lineterminator="\n").writerows(rows)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Name and bytes of each file, without the one count that is about later rows."""
    found = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    kept = [line for line in found["vintage.csv"].splitlines() if not line.startswith(b"rows_later,")]
    return {**found, "vintage.csv": b"\n".join(kept)}


later_days = st.dates(DAY + dt.timedelta(days=1), dt.date(2026, 12, 31))
figure = st.floats(20, 100).map(lambda value: round(value, 2))


@st.composite
def later_scores(draw: st.DrawFn) -> dict[str, Any]:
    """A made-up score, mean, extreme or rank of any year up to 2024, published after the day."""
    day = draw(later_days)
    code = draw(st.sampled_from(["PAR", "SIPAS"]))
    domains = ["total", "total", *(f"D{k}" for k in range(1, 9)), "D8.sipas", "part.appraised"]
    component = draw(st.sampled_from(domains if code == "PAR" else ["total", "access"]))
    statistic = draw(st.sampled_from(["value", "value", "value", "mean", "max", "min"]))
    area = draw(st.sampled_from([CITY, CITY, "Hà Nội", "Đà Nẵng"])) if statistic == "value" else "Việt Nam"
    rank = draw(st.none() | st.integers(1, 63)) if statistic == "value" else None
    score = draw(figure if rank is None else st.none() | figure)
    return {
        "index_code": code,
        "year": min(draw(st.integers(2012 if code == "PAR" else 2015, 2024)), day.year - 1),
        "area": area,
        "component": component,
        "statistic": statistic,
        "score": "" if score is None else score,
        "unit": "percent",
        "rank": "" if rank is None else rank,
        "published_on": day.isoformat(),
        "source_day": day.isoformat(),
        "trust": draw(st.sampled_from(["official", "press", "copy"])),
        "note": MADE_UP,
    }


@st.composite
def later_indicators(draw: st.DrawFn) -> dict[str, Any]:
    """One of the real indicators with a made-up value and a later day."""
    row = draw(st.sampled_from(rows_of("indicators")))
    year = draw(st.integers(2015, 2024))
    period = draw(st.sampled_from([f"{year}", f"{year}-01..{year}-09", f"{year}-Q3"]))
    day = draw(later_days).isoformat()
    return row | {"area": CITY, "period": period, "value": draw(figure), "published_on": day, "note": MADE_UP}


@st.composite
def later_relatives(draw: st.DrawFn) -> dict[str, Any]:
    """One of the real related figures with a made-up score and a later day."""
    row = draw(st.sampled_from([r for r in rows_of("related_indices") if int(r["year"]) < 2019]))
    day = draw(later_days).isoformat()
    return row | {"area": CITY, "score": "1.0", "published_on": day, "source_day": day, "note": MADE_UP}


@st.composite
def later_targets(draw: st.DrawFn) -> dict[str, Any]:
    """A made-up target for the year that is forecast, set after the day."""
    quantity, relation = draw(st.sampled_from([("rank", "<="), ("points", ">=")]))
    return {
        "index_code": "PAR",
        "area": CITY,
        "year": 2019,
        "quantity": quantity,
        "relation": relation,
        "value": draw(st.integers(1, 63)),
        "set_on": draw(later_days).isoformat(),
    }


def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each row a source of its own, as no page tells the same thing twice."""
    return [row | {"source_url": f"https://made-up.invalid/{k}"} for k, row in enumerate(rows)]


later = st.fixed_dictionaries(
    {
        "scores": st.lists(later_scores(), min_size=5, max_size=30).map(numbered),
        "indicators": st.lists(later_indicators(), min_size=1, max_size=8).map(numbered),
        "related_indices": st.lists(later_relatives(), max_size=5).map(numbered),
        "targets": st.lists(
            later_targets(), max_size=3, unique_by=lambda row: (row["quantity"], row["set_on"])
        ).map(numbered),
    }
)


@pytest.fixture(scope="session")
def expected(early: Result, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of the result of the day, on the data as they are."""
    folder = tmp_path_factory.mktemp("expected")
    early.write(folder)
    return files(folder)


@settings(max_examples=3)
@given(more=later)
def test_no_row_published_after_the_day_changes_a_byte(expected, tmp_path_factory, more):
    """Append any later rows to every table: the written result is the same, byte for byte."""
    folder = tmp_path_factory.mktemp("later")
    data = with_rows(folder / "data", {**more, **LATER})
    pipeline.make(SPEC, data).write(folder / "result")
    found = files(folder / "result")
    assert [name for name in expected if found[name] != expected[name]] == []
    assert found.keys() == expected.keys()


def test_what_later_rows_say_changes_no_byte(expected, tmp_path):
    """Replace every figure published after the day by another: all files are the same, counts included."""
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    changed = 0
    for table in ("scores", "indicators", "related_indices"):
        rows = rows_of(table)
        for row in rows:
            if row["published_on"] > DAY.isoformat():
                name = "value" if table == "indicators" else "score"
                row[name] = (
                    str(round(0.9 * float(row[name]), 1))
                    if row[name] and row.get("unit") != "provinces"
                    else row[name]
                )
                changed += 1
        with (data / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    assert changed > 300
    pipeline.make(SPEC, data).write(tmp_path / "result")
    assert files(tmp_path / "result") == expected


def test_a_row_of_the_day_itself_does_change_the_forecast(expected, tmp_path):
    """The guard is not blind: one more score of the very day moves the result."""
    row = {
        "index_code": "PAR",
        "year": 2018,
        "area": CITY,
        "component": "D3",
        "statistic": "value",
        "score": 60.0,
    }
    row |= {"unit": "percent", "published_on": DAY.isoformat(), "trust": "official", "note": MADE_UP}
    data = with_rows(tmp_path / "data", {"scores": numbered([row])})
    pipeline.make(SPEC, data).write(tmp_path / "result")
    found = files(tmp_path / "result")
    for name in ("forecast.csv", "summary.csv", "evidence.csv", "rank.csv"):
        assert found[name] != expected[name]


PROGRAM = """
import datetime as dt, sys
from pathlib import Path
from forecast.answer import pipeline
from forecast.base.spec import RunSpec
spec = RunSpec(index_code="PAR", area=sys.argv[1], target_year=2019, as_of=dt.date(2019, 10, 20), draws=200)
pipeline.make(spec, Path(sys.argv[2])).write(Path(sys.argv[3]))
"""


def test_another_process_with_more_threads_and_later_rows_writes_the_same_bytes(expected, tmp_path):
    """Same inputs and seed give the same files in a fresh process, whatever its hash seed and threads."""
    row = {
        "index_code": "PAR",
        "year": 2018,
        "area": CITY,
        "component": "total",
        "statistic": "value",
        "score": 99.0,
    }
    row |= {"unit": "percent", "published_on": "2019-10-21", "trust": "official", "note": MADE_UP}
    data = with_rows(tmp_path / "data", {"scores": numbered([row]), **LATER})
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2")
    command = [sys.executable, "-c", PROGRAM, CITY, str(data), str(tmp_path / "result")]
    subprocess.run(command, check=True, env={**os.environ, **threads, "PYTHONHASHSEED": "12345"}, timeout=120)
    assert files(tmp_path / "result") == expected
