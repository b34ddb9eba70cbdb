"""Read what a hub asks for from its folder hub-config: rounds, groups of tasks, output types."""

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd

from forecast.base.errors import DataError
from forecast.base.incoming import refusal
from forecast.hub import schema
from forecast.hub.tables import spelled_number

POINTS: Final = ("mean", "median")  # without output_type_id
OUTPUT_COLUMNS: Final = ("output_type", "output_type_id", "value")
FORMATS: Final = ("csv", "parquet")
MODEL: Final = re.compile(r"[A-Za-z0-9_+]+-[A-Za-z0-9_+]+")
METADATA: Final = "model-metadata"


@dataclass(frozen=True, slots=True)
class Values:
    """Values that a task id may have; a number is compared as one, 0.01 being 0.010, and text as it stands.

    `required` and `optional` are written as tables hold them; `numbers` are those of them that are numbers in
    the configuration.  A column that must be missing requires "".
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()

    @property
    def allowed(self) -> tuple[str, ...]:
        """All of them, the required ones first."""
        return self.required + self.optional

    def spelled(self, text: str) -> str:
        """Write a cell as the hub writes it, if it means one of the values."""
        number = spelled_number(text) if text not in self.allowed else text
        return number if number in self.numbers else text


def spelled(column: pd.Series, lists: Sequence[Values]) -> pd.Series:
    """Write a column of cells as the hub writes them; what means none of the values stays."""
    new = {
        text: next((v.spelled(text) for v in lists if v.spelled(text) in v.allowed), text)
        for text in column.cat.categories.tolist()
    }
    return column.astype(object).map(new).astype("category")


@dataclass(frozen=True, slots=True)
class Samples:
    """How samples are named, how many a task has, and which task ids are fixed within one."""

    whole: bool
    longest: int
    fewest: int
    most: int
    compound: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Output:
    """One output type of a group: its ids in their order, and what its values may be."""

    kind: str
    required: bool
    ids: tuple[str, ...]
    numeric: bool
    whole: bool
    low: float
    high: float
    samples: Samples | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks that are asked for in the same way."""

    tasks: Mapping[str, Values]
    outputs: Mapping[str, Output]
    targets: tuple[Mapping[str, Any], ...]
    derived: frozenset[str]

    @property
    def keys(self) -> list[str]:
        """Task ids that do not follow from others."""
        return [name for name in self.tasks if name not in self.derived]

    @property
    def ordered(self) -> bool:
        """Whether the categories of its targets have an order."""
        return all(target["target_type"] in {"ordinal", "date", "discrete"} for target in self.targets)


@dataclass(frozen=True, slots=True)
class Round:
    """A round: its name, or the task id that holds its names."""

    name: str
    from_variable: bool
    groups: tuple[Group, ...]
    formats: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """Names of the rounds that it stands for."""
        if not self.from_variable:
            return frozenset({self.name})
        return frozenset(value for group in self.groups for value in group.tasks[self.name].allowed)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of its files."""
        return (*dict.fromkeys(name for group in self.groups for name in group.tasks), *OUTPUT_COLUMNS)


@dataclass(frozen=True)
class Hub:
    """A hub's folder and its configuration, checked."""

    root: Path
    rounds: tuple[Round, ...]
    admin: Mapping[str, Any]
    target_data: Mapping[str, Any]
    metadata_schema: Mapping[str, Any] | None
    unchecked: tuple[str, ...]  # files for which there was no schema of their version

    @property
    def output_folder(self) -> Path:
        """Folder of the models' files."""
        return self.root / str(self.admin.get("model_output_dir", "model-output"))

    @cached_property
    def teams(self) -> list[str]:
        """Names of all models: of those with a folder, and of those that have sent a description alone."""
        folder = self.output_folder
        names = {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
        described = (self.root / METADATA).glob("*.y*ml")
        return sorted(name for name in names | {path.stem for path in described} if MODEL.fullmatch(name))

    @cached_property
    def task_ids(self) -> list[str]:
        """Task ids of all rounds."""
        return list(dict.fromkeys(name for r in self.rounds for name in r.columns[:-3]))

    def round_of(self, name: str) -> Round | None:
        """The round of that name."""
        return next((round_ for round_ in self.rounds if name in round_.names), None)


def is_within(path: Path, root: Path) -> bool:
    """Whether a path is one of a folder's, links followed; of a link to itself, whether it lies there."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def read(root: Path, schemas: Path | None = None) -> Hub:
    """Read and check the folder hub-config.

    `schemas`: folder with the hubverse's schemas, or with one folder a version (``v6.0.0``).  Without it
    tasks.json is held against what this package needs of it. Raises DataError with all that is wrong in the
    configuration.
    """
    if not root.is_dir():
        raise refusal(str(root), "hub.expect.folder")
    config = root / "hub-config"
    files: dict[str, Any] = {}
    problems, unchecked = [], []
    for name in ("tasks.json", "admin.json", "target-data.json", "model-metadata-schema.json"):
        path = config / name
        if name in {"tasks.json", "admin.json"} or path.exists() or path.is_symlink():
            try:
                if not is_within(path, root):
                    raise refusal(f"hub-config/{name}", "hub.expect.within")
                files[name] = schema.read_json(path, f"hub-config/{name}")
                wrong, checked = schema.check_config(name, files[name], schemas)
            except DataError as error:
                wrong, checked = list(error.problems), True
            problems += wrong
            unchecked += [] if checked else [name]
    if not problems:
        problems = schema.check_rules(files["tasks.json"])
    if problems:
        raise DataError(problems)
    admin, target_data = files["admin.json"], files.get("target-data.json", {})
    rounds = tuple(_round(round_, files["tasks.json"], admin) for round_ in files["tasks.json"]["rounds"])
    hub = Hub(root, rounds, admin, target_data, files.get("model-metadata-schema.json"), tuple(unchecked))
    problems = list(schema.check_timezone(admin))
    problems += schema.check_target_data(target_data, hub.task_ids) if target_data else []
    if problems:
        raise DataError(problems)
    return hub


def _round(config: Mapping[str, Any], tasks: Mapping[str, Any], admin: Mapping[str, Any]) -> Round:
    derived = frozenset(config.get("derived_task_ids") or tasks.get("derived_task_ids") or ())
    groups = tuple(_group(group, derived) for group in config["model_tasks"])
    formats = tuple(config.get("file_format") or admin.get("file_format") or FORMATS)
    return Round(str(config["round_id"]), bool(config["round_id_from_variable"]), groups, formats)


def _group(config: Mapping[str, Any], derived: frozenset[str]) -> Group:
    tasks = {name: _values(values) for name, values in config["task_ids"].items()}
    outputs = {kind: _output(kind, output) for kind, output in config["output_type"].items()}
    return Group(tasks, outputs, tuple(config["target_metadata"]), derived)


def _values(config: Mapping[str, Any]) -> Values:
    if config["required"] is None and config["optional"] is None:
        return Values(("",))
    both = [*(config["required"] or ()), *(config["optional"] or ())]
    numbers = frozenset(_texts([value for value in both if not isinstance(value, str)]))
    return Values(_texts(config["required"]), _texts(config["optional"]), numbers)


def _output(kind: str, config: Mapping[str, Any]) -> Output:
    value, params = config["value"], config.get("output_type_id_params")
    ids = ("",) if kind in POINTS else _texts(config.get("output_type_id", {}).get("required"))
    required = config.get("output_type_id", {}).get("required") or ("",)
    numeric = kind != "sample" and all(schema.is_number(value_) for value_ in required)
    low, high = (float(value.get(name, end)) for name, end in (("minimum", -math.inf), ("maximum", math.inf)))
    samples = None
    if params is not None:
        compound = params.get("compound_taskid_set")
        samples = Samples(
            params["type"] == "integer",
            params.get("max_length", 0),
            params["min_samples_per_task"],
            params["max_samples_per_task"],
            None if compound is None else tuple(compound),
        )
    return Output(
        kind, bool(config["is_required"]), ids, numeric, value["type"] == "integer", low, high, samples
    )


def _texts(values: Sequence[Any] | None) -> tuple[str, ...]:
    """Write values of JSON as the text that tables hold."""
    return tuple(value if isinstance(value, str) else spelled_number(str(value)) for value in values or ())
