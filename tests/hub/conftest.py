"""A small hub with every output type, made up; every figure in it is an invention."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

SCHEMA = "https://raw.githubusercontent.com/hubverse-org/schemas/main/v6.0.0"
COLUMNS = ("origin_date", "target", "horizon", "location", "output_type", "output_type_id", "value")
DAY = "2024-10-05"
MODEL = "team-one"
FILE = f"model-output/{MODEL}/{DAY}-{MODEL}.csv"
LEVELS = (0.1, 0.5, 0.9)


def task_ids(target: str, horizon: dict[str, Any]) -> dict[str, Any]:
    """Task ids of one target."""
    return {
        "origin_date": {"required": None, "optional": [DAY, "2024-10-12"]},
        "target": {"required": [target], "optional": None},
        "horizon": horizon,
        "location": {"required": ["A"], "optional": ["01"]},
    }


def group(target: str, kind: str, output_type: dict[str, Any], horizon: dict[str, Any] | None = None) -> Any:
    """A group of tasks."""
    horizon = horizon or {"required": [1], "optional": [2]}
    about = {"target_id": target, "target_name": target, "target_units": "count", "target_type": kind}
    about |= {"target_keys": {"target": target}, "is_step_ahead": False}
    return {
        "task_ids": task_ids(target, horizon),
        "output_type": output_type,
        "target_metadata": [about],
    }


def listed(ids: Any, value: dict[str, Any], *, needed: bool = True) -> dict[str, Any]:
    """An output type whose ids are listed."""
    return {"output_type_id": {"required": ids}, "is_required": needed, "value": value}


def tasks() -> dict[str, Any]:
    """The hub's tasks.json."""
    count, share = {"type": "double", "minimum": 0}, {"type": "double", "minimum": 0, "maximum": 1}
    samples = {"type": "integer", "min_samples_per_task": 2, "max_samples_per_task": 4}
    samples["compound_taskid_set"] = ["origin_date", "target", "location"]
    cases = {
        "quantile": listed([*LEVELS], count),
        "mean": listed(None, count, needed=False),
        "median": listed(None, count, needed=False),
        "sample": {
            "output_type_id_params": samples,
            "is_required": False,
            "value": {"type": "integer", "minimum": 0},
        },
    }
    groups = [
        group("cases", "continuous", cases),
        group("level", "ordinal", {"pmf": listed(["low", "mid", "high"], share)}),
        group("rate", "continuous", {"cdf": listed([1, 2.5, 10], share)}),
        group(
            "peak",
            "continuous",
            {"quantile": listed([*LEVELS], count, needed=False)},
            {"required": None, "optional": None},
        ),
    ]
    due = {"relative_to": "origin_date", "start": -6, "end": 0}
    told = {"round_id_from_variable": True, "round_id": "origin_date", "submissions_due": due}
    return {"schema_version": f"{SCHEMA}/tasks-schema.json", "rounds": [{**told, "model_tasks": groups}]}


def rows(shift: float = 0) -> list[list[str]]:
    """A sound table; levels, numbers and missing cells are written in several ways."""
    out = []

    def add(target: str, horizon: object, location: str, kind: str, name: object, value: object) -> None:
        out.append([DAY, target, str(horizon), location, kind, str(name), str(value)])

    for location in ("A", "01"):
        for horizon in (1, 2):
            for level, value in zip(("0.10", "0.5", ".9"), (10, 20, 40), strict=True):
                add("cases", horizon, location, "quantile", level, value + shift)
            add("cases", horizon, location, "mean", "NA", 21 + shift)
            add("cases", horizon, location, "median", "", 20 + shift)
            for name, value in enumerate((12, 18, 33), start=1 if location == "A" else 4):
                add("cases", horizon, location, "sample", name, int(value + shift))
    for name, value in (("low", 0.2), ("mid", 0.5), ("high", 0.3)):
        add("level", 1, "A", "pmf", name, value)
    for name, value in (("1", 0.1), ("2.50", 0.4), ("1e1", 1)):
        add("rate", 1, "A", "cdf", name, value)
    for level, value in zip(LEVELS, (5, 6, 7), strict=True):
        add("peak", "NA", "A", "quantile", level, value + shift)
    return out


def written(table: list[list[str]], columns: tuple[str, ...] = COLUMNS) -> str:
    """A table as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([list(columns), *table])
    return text.getvalue()


def metadata(team: str = "team", model: str = "one") -> str:
    """A model's description."""
    return f"team_abbr: {team}\nmodel_abbr: {model}\nmethods: made up\ndesignated_model: true\n"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """The hub, on disk."""
    root = tmp_path / "hub"
    admin = {"schema_version": f"{SCHEMA}/admin-schema.json", "name": "made up", "maintainer": "nobody"}
    admin |= {"contact": {}, "repository": {"host": "github", "owner": "no", "name": "no"}}
    admin |= {"file_format": ["csv", "parquet"], "timezone": "UTC"}
    target = {"schema_version": f"{SCHEMA}/target-data-schema.json", "date_col": "origin_date"}
    target["observable_unit"] = ["origin_date", "target", "horizon", "location"]
    description = {
        "type": "object",
        "required": ["team_abbr", "model_abbr", "designated_model"],
        "properties": {
            "designated_model": {"type": "boolean"},
            "methods": {"type": "string", "maxLength": 20},
        },
    }
    files = {
        "hub-config/tasks.json": json.dumps(tasks(), indent=1),
        "hub-config/admin.json": json.dumps(admin),
        "hub-config/target-data.json": json.dumps(target),
        "hub-config/model-metadata-schema.json": json.dumps(description),
        FILE: written(rows()),
        f"model-metadata/{MODEL}.yml": metadata(),
        "target-data/time-series.csv": (
            "origin_date,target,horizon,location,observation\n"
            f"{DAY},cases,1,A,26\n{DAY},cases,2,A,14\n{DAY},level,1,A,3\n{DAY},rate,1,A,2\n"
        ),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def hubs() -> Path:
    """The folder of published hubs and schemas, which are not ours to pass on."""
    beside = Path(__file__).parents[2].parent / "shared" / "data" / "hubs"
    folder = Path(os.environ.get("FORECAST_HUBS") or beside)
    if not (folder / "schemas").is_dir():
        pytest.skip("the published hubs are not here; name their folder in FORECAST_HUBS")
    return folder
