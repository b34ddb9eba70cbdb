"""Check a whole hub: folders, names, models' tables and descriptions, observed figures."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase
from forecast.hub import agreement, checks, observed, schema, tables
from forecast.hub.layout import METADATA, MODEL, Hub, is_within

_PACKED: Final = r"(?:\.(?:snappy|gzip|gz|brotli|zstd|lz4|lzo|bz2))?"
_NO_TABLES: Final = (".md", ".txt", ".html")


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """A model's table of one round, as it was read."""

    model: str
    round_name: str
    name: str
    frame: pd.DataFrame
    doubts: tuple[Phrase, ...] = ()


@dataclass(slots=True)
class Check:
    """The result of a check of a hub."""

    problems: list[Problem] = field(default_factory=list)
    remarks: list[Phrase] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    files: int = 0
    rows: int = 0


def check(hub: Hub, *, rounds: Sequence[str] = (), models: Sequence[str] = (), keep: bool = False) -> Check:
    """Check a hub.

    `rounds`, `models`: names of those to look at; default: all; `keep`: whether to keep the tables that were
    read.
    """
    result = Check()
    result.remarks += [Phrase("hub.no_schema", {"file": name}) for name in hub.unchecked]
    if not hub.output_folder.is_dir():
        result.problems.append(Problem(hub.output_folder.name, None, "", "", "hub.expect.output_folder"))
        return result
    known = None if keep else observed.of_hub(hub)
    models_with_files = set()
    for path in sorted(_files(hub, result)):
        model = path.parent.name
        if models and model not in models:
            continue
        models_with_files.add(model)
        round_name = _round_name(path, model, hub, result)
        if round_name is not None and (not rounds or round_name in rounds):
            _check_file(path, model, round_name, hub, result, known=known, keep=keep)
    if known is not None:
        result.remarks += agreement.odd_outcomes(known, observed.days(hub))
    _check_metadata(hub, models_with_files, result)
    _check_observed(hub, result)
    result.problems = checks.fold_repeats(result.problems)
    return result


def sound(hub: Hub, *, rounds: Sequence[str] = ()) -> list[Submission]:
    """Read the models' tables for a computation.

    Raises DataError if any of them is not as the hub asks for.
    """
    result = check(hub, rounds=rounds, keep=True)
    if result.problems:
        raise DataError(result.problems)
    return result.submissions


def name_of(path: Path, hub: Hub) -> str:
    """A file's name within its hub."""
    return path.relative_to(hub.root).as_posix() if path.is_relative_to(hub.root) else str(path)


def _files(hub: Hub, result: Check) -> Iterator[Path]:
    """Give the files of models, two levels down; note a problem for files elsewhere or outside the hub."""
    for folder in sorted(hub.output_folder.iterdir()):
        if folder.name.startswith(".") or (folder.is_file() and folder.suffix in _NO_TABLES):
            continue
        if not folder.is_dir():
            result.problems.append(Problem(name_of(folder, hub), None, "", "", "hub.expect.in_folder"))
            continue
        if not MODEL.fullmatch(folder.name):
            result.problems.append(
                Problem(name_of(folder, hub), None, "", folder.name, "hub.expect.model_name")
            )
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or path.suffix in _NO_TABLES:
                continue
            if not is_within(path, hub.root):
                result.problems.append(Problem(name_of(path, hub), None, "", "", "hub.expect.within"))
            elif path.is_dir():
                result.problems.append(Problem(name_of(path, hub), None, "", "", "expect.regular_file"))
            else:
                yield path


def _round_name(path: Path, model: str, hub: Hub, result: Check) -> str | None:
    """Read the round from a file's name."""
    name = name_of(path, hub)
    parts = re.fullmatch(rf"(.+)-{re.escape(model)}{_PACKED}\.(\w+)", path.name)
    if parts is None:
        facts = {"wanted": f"ROUND-{model}.csv"}
        result.problems.append(Problem(name, None, "", path.name, "hub.expect.file_name", facts))
        return None
    round_ = hub.round_of(parts[1])
    if round_ is None:
        rounds = sorted(value for round_ in hub.rounds for value in round_.names)
        facts = {"allowed": f"{rounds[0]}, …, {rounds[-1]}" if len(rounds) > 6 else ", ".join(rounds)}
        result.problems.append(Problem(name, None, "", parts[1], "hub.expect.round_name", facts))
        return None
    formats = [format_ for format_ in round_.formats if format_ in {"csv", "parquet"}]
    if parts[2] not in formats:
        facts = {"allowed": ", ".join(round_.formats)}
        result.problems.append(Problem(name, None, "", parts[2], "hub.expect.format", facts))
        return None
    return parts[1]


def _check_file(
    path: Path,
    model: str,
    round_name: str,
    hub: Hub,
    result: Check,
    *,
    known: pd.DataFrame | None,
    keep: bool,
) -> None:
    name, round_ = name_of(path, hub), hub.round_of(round_name)
    if round_ is None:
        return
    result.files += 1
    try:
        table = tables.read(path, name)
    except DataError as error:
        result.problems += error.problems
        return
    result.rows += len(table)
    problems, frame = checks.check(table, round_name, round_, name)
    if not problems:
        problems = [
            *agreement.contradictions(frame, round_, name),
            *agreement.wrong_days(frame, round_, observed.days(hub), name),
        ]
    result.problems += problems
    doubts = [] if problems else agreement.doubts(frame, round_, name)
    if keep:
        result.submissions.append(Submission(model, round_name, name, frame, tuple(doubts)))
        return
    if known is not None and not problems:
        doubts += agreement.unlike_known(frame, round_, round_name, known, observed.days(hub), name)
    result.remarks += doubts


def _check_metadata(hub: Hub, models: set[str], result: Check) -> None:
    """Descriptions of the models, if the hub keeps any."""
    folder = hub.root / METADATA
    if not folder.is_dir():
        result.remarks.append(Phrase("hub.no_metadata"))
        return
    paths = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix in {".yml", ".yaml"}}
    for model in sorted(models - set(paths)):
        result.problems.append(Problem(f"{METADATA}/{model}.yml", None, "", "", "hub.expect.metadata"))
    for model, path in paths.items():
        name = name_of(path, hub)
        try:
            description = schema.read_yaml(path, name)
        except DataError as error:
            result.problems += error.problems
            continue
        result.problems += schema.check(description, hub.metadata_schema or {"type": "object"}, name)
        if isinstance(description, dict) and {"team_abbr", "model_abbr"} <= set(description):
            stated = f"{description['team_abbr']}-{description['model_abbr']}"
            if stated != model:
                facts = {"name": model}
                result.problems.append(
                    Problem(name, None, "model_abbr", stated, "hub.expect.abbreviation", facts)
                )


def _check_observed(hub: Hub, result: Check) -> None:
    """Files of observed figures: columns and numbers."""
    for path, name, kind in observed.files(hub):
        try:
            result.problems += observed.problems(tables.read(path, name), kind, name, hub)
        except DataError as error:
            result.problems += error.problems
    result.remarks += [Phrase("hub.other_target_file", {"file": name}) for name in observed.others(hub)]
