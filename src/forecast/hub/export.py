"""Write the workbench's own forecasts as a hub: configuration, tables, descriptions, published figures."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from forecast.answer.result import RANK, read_spec, read_table
from forecast.base import labels
from forecast.base.errors import SpecError
from forecast.base.indexes import INDEXES, SURVEYS
from forecast.base.spec import RunSpec
from forecast.data.framework import TOTAL
from forecast.hub import schema
from forecast.hub.tables import spelled_number, write_csv

SCHEMAS: Final = "https://raw.githubusercontent.com/hubverse-org/schemas/main/v6.0.0"
TEAM: Final = "hcmc"
UNIT: Final = ("target_date", "target", "location")
TABLES: Final = ("forecast.csv", "evidence.csv", "summary.csv", "spec.json")
_TASKS: Final = "hub-config/tasks.json"
_SERIES: Final = "target-data/time-series.csv"
_METADATA_SCHEMA: Final = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Description of a model",
    "type": "object",
    "properties": {
        **{name: {"type": "string"} for name in ("team_name", "model_name", "methods", "license")},
        **{
            name: {"type": "string", "pattern": "^[a-zA-Z0-9_+]{1,16}$"}
            for name in ("team_abbr", "model_abbr")
        },
        "designated_model": {"type": "boolean"},
    },
    "required": ["team_name", "team_abbr", "model_name", "model_abbr", "methods", "designated_model"],
    "additionalProperties": False,
}


def export(run: Path, hub: Path, *, license_name: str = "") -> tuple[dict[str, str], str]:
    """Write a run as a round of a hub.

    Parameters
    ----------
    run
        A run's folder, with the tables of its result.
    hub
        A new folder, or one that holds rounds written by this function; they stay.
    license_name
        Under which the forecasts may be used; left out if empty.

    Returns
    -------
    files : dict of str to str
        Content of each file by its path in the hub; nothing is written.
    round_name : str

    Raises
    ------
    SpecError
        If the run has no tables, or the folder holds something else.
    """
    missing = [name for name in TABLES if not (run / name).is_file()]
    if missing:
        raise SpecError("hub.no_run", {"folder": run, "files": missing})
    if hub.exists() and (not hub.is_dir() or (any(hub.iterdir()) and not (hub / _TASKS).is_file())):
        raise SpecError("hub.folder_taken", {"folder": hub})
    spec, forecast = read_spec(run), _with_task_ids(read_table(run, "forecast"))
    round_name = spec.as_of.isoformat()
    groups = [
        _group(rows, read_table(run, "summary"), spec) for _, rows in forecast.groupby("target", sort=False)
    ]
    files = {
        _TASKS: _json(_tasks(_merge(_earlier_groups(hub / _TASKS), groups))),
        "hub-config/admin.json": _json(_admin()),
        "hub-config/target-data.json": _json(
            {
                "schema_version": f"{SCHEMAS}/target-data-schema.json",
                "observable_unit": list(UNIT),
                "date_col": UNIT[0],
                "versioned": False,
            }
        ),
        "hub-config/model-metadata-schema.json": _json(_METADATA_SCHEMA),
        _SERIES: write_csv(_published_figures(read_table(run, "evidence"), forecast, hub / _SERIES)),
    }
    for model, rows in forecast.groupby("model", sort=False):
        name = f"{TEAM}-{model}"
        table = rows[["origin_date", *UNIT, "output_type", "output_type_id", "value"]]
        files[f"model-output/{name}/{round_name}-{name}.csv"] = write_csv(table)
        shown = bool((rows["shown"].astype(str) == "True").any())
        files[f"model-metadata/{name}.yml"] = _yaml(_description(str(model), license_name, shown=shown))
    return files, round_name


def _with_task_ids(forecast: pd.DataFrame) -> pd.DataFrame:
    """FORECAST rows with the task ids of the hub."""
    return forecast.assign(
        output_type_id=forecast["output_type_id"].map(spelled_number),
        origin_date=forecast["as_of"].dt.strftime("%Y-%m-%d"),
        target_date=forecast["target_year"].astype(str) + "-12-31",
        target=forecast["index_code"] + "." + forecast["component"],
        location=forecast["area"],
    )


def _group(rows: pd.DataFrame, summary: pd.DataFrame, spec: RunSpec) -> dict[str, Any]:
    """The tasks of one target."""
    index, component = str(rows["index_code"].iloc[0]), str(rows["component"].iloc[0])
    ranked = component == RANK
    own = summary.loc[summary["component"] == component, "max_score"]
    highest = own.iloc[0] if index == spec.index_code and len(own) else INDEXES[index].maximum
    ids = sorted(set(rows["output_type_id"]), key=float)
    value = {"type": "double", "minimum": 0, "maximum": 1 if ranked else float(highest)}
    required: list[Any] = ids if ranked else [float(level) for level in ids]
    target = str(rows["target"].iloc[0])
    part = (
        ""
        if component == TOTAL
        else ", rank"
        if ranked
        else f", {labels.text(f'component.{component}', 'en')}"
    )
    unit = "rank" if ranked else "percent" if index in SURVEYS else "points"
    return {
        "task_ids": {
            name: {"required": None, "optional": list(dict.fromkeys(rows[name].astype(str)))}
            for name in ("origin_date", *UNIT)
        },
        "output_type": {
            "pmf" if ranked else "quantile": {
                "output_type_id": {"required": required},
                "is_required": True,
                "value": value,
            }
        },
        "target_metadata": [
            {
                "target_id": target,
                "target_name": f"{labels.text(f'short_index.{index}', 'en')}{part}"[:100],
                "target_units": unit,
                "target_keys": {"target": target},
                "target_type": "ordinal" if ranked else "continuous",
                "is_step_ahead": False,
            }
        ],
    }


def _earlier_groups(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    tasks = schema.read_json(path, _TASKS)
    try:
        (round_,) = tasks["rounds"]
        groups = list(round_["model_tasks"])
        if all(list(group["task_ids"]) == ["origin_date", *UNIT] for group in groups):
            return groups
    except (KeyError, TypeError, ValueError):
        pass
    raise SpecError("hub.folder_taken", {"folder": path.parent.parent})


def _merge(earlier: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add a round's groups: equal groups share one entry with more days and places, others get their own."""
    groups = [*earlier]
    for group in new:
        same = [
            other
            for other in groups
            if all(other[part] == group[part] for part in ("output_type", "target_metadata"))
        ]
        if not same:
            groups.append(group)
            continue
        for name, values in group["task_ids"].items():
            old = same[0]["task_ids"][name]
            old["optional"] = list(dict.fromkeys([*old["optional"], *values["optional"]]))
    return groups


def _tasks(groups: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "schema_version": f"{SCHEMAS}/tasks-schema.json",
        "rounds": [
            {
                "round_id_from_variable": True,
                "round_id": "origin_date",
                "model_tasks": groups,
                "submissions_due": {"relative_to": "origin_date", "start": 0, "end": 0},
            }
        ],
    }


def _admin() -> dict[str, Any]:
    return {
        "schema_version": f"{SCHEMAS}/admin-schema.json",
        "name": labels.text("hub.export.name", "en"),
        "maintainer": labels.text("hub.export.team", "en"),
        "contact": {"name": labels.text("hub.export.team", "en")},
        "repository": {"host": "github", "owner": TEAM, "name": "par-index-hub"},
        "file_format": ["csv"],
        "timezone": "Asia/Ho_Chi_Minh",
    }


def _description(model: str, license_name: str, *, shown: bool) -> dict[str, Any]:
    return {
        "team_name": labels.text("hub.export.team", "en"),
        "team_abbr": TEAM,
        "model_name": labels.text(f"model.{model}", "en"),
        "model_abbr": model,
        "methods": labels.text("hub.export.methods", "en"),
        "designated_model": shown,
        **({"license": license_name} if license_name else {}),
    }


def _published_figures(evidence: pd.DataFrame, forecast: pd.DataFrame, earlier: Path) -> pd.DataFrame:
    """Published scores and ranks of the targets, as known on the day of the run."""
    rows = evidence[evidence["statistic"] == "value"].assign(
        target_date=lambda frame: frame["year"].astype(int).astype(str) + "-12-31",
        target=lambda frame: frame["index_code"] + "." + frame["component"],
        location=lambda frame: frame["area"],
    )
    whole = [code for code in INDEXES if code in SURVEYS or INDEXES[code].maximum == 100]
    same = (rows["component"] == TOTAL) & rows["index_code"].isin(whole)  # percent and points are one there
    scores = rows[same | (rows["unit"] == "points")].assign(observation=lambda frame: frame["score"])
    ranks = rows[rows["component"] == TOTAL].assign(
        target=lambda frame: frame["index_code"] + "." + RANK, observation=lambda frame: frame["rank"]
    )
    both: pd.DataFrame = pd.concat([scores, ranks])[[*UNIT, "observation"]].dropna()
    both = both.merge(forecast[list(UNIT[1:])].drop_duplicates(), on=list(UNIT[1:]))
    if earlier.is_file():
        both = pd.concat([pd.read_csv(earlier, dtype=dict.fromkeys(UNIT, "str")), both])
    return both.drop_duplicates(list(UNIT), keep="last").sort_values([UNIT[1], UNIT[2], UNIT[0]])


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _yaml(value: Mapping[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(dict(value), allow_unicode=True, sort_keys=False))
