"""A hub checked whole: folders, names, models' tables and descriptions, observed figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase
from forecast.hub import checks, schema, tables
from forecast.hub.layout import Hub

MODEL: Final = re.compile(r"[A-Za-z0-9_+]+-[A-Za-z0-9_+]+")
_PACKED: Final = r"(?:\.(?:snappy|gzip|gz|brotli|zstd|lz4|lzo|bz2))?"
_NO_TABLES: Final = (".md", ".txt", ".html")
METADATA: Final = "model-metadata"


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """A model's table of one round, as it was read."""

    model: str
    round_name: str
    name: str
    frame: pd.DataFrame


@dataclass(slots=True)
class Checked:
    """What a check of a hub found."""

    problems: list[Problem] = field(default_factory=list)
    remarks: list[Phrase] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    files: int = 0
    rows: int = 0


def check(hub: Hub, *, rounds: Sequence[str] = (), models: Sequence[str] = (), keep: bool = False) -> Checked:
    """Check a hub.

    Parameters
    ----------
    rounds, models
        Names of those to look at; default: all.
    keep
        Whether to keep the tables that were read.
    """
    done = Checked()
    done.remarks += [Phrase("hub.no_schema", {"file": name}) for name in hub.unchecked]
    if not hub.output_folder.is_dir():
        done.problems.append(Problem(hub.output_folder.name, None, "", "", "hub.expect.output_folder"))
        return done
    seen = set()
    for path in sorted(_files(hub, done)):
        model = path.parent.name
        if models and model not in models:
            continue
        seen.add(model)
        round_name = _round_of(path, model, hub, done)
        if round_name is not None and (not rounds or round_name in rounds):
            _one(path, model, round_name, hub, done, keep=keep)
    _metadata(hub, seen, done)
    _observed(hub, done)
    done.problems = checks.folded(done.problems)
    return done


def sound(hub: Hub, *, rounds: Sequence[str] = ()) -> list[Submission]:
    """Read the models' tables for a computation.

    Raises
    ------
    DataError
        If any of them is not as the hub asks for.
    """
    done = check(hub, rounds=rounds, keep=True)
    if done.problems:
        raise DataError(done.problems)
    return done.submissions


def named(path: Path, hub: Hub) -> str:
    """A file's name within its hub."""
    return path.relative_to(hub.root).as_posix() if path.is_relative_to(hub.root) else str(path)


def _files(hub: Hub, done: Checked) -> Iterator[Path]:
    """Files of models, two levels down; what stands elsewhere, or points out of the hub, is told."""
    home = hub.root.resolve()
    for folder in sorted(hub.output_folder.iterdir()):
        if folder.name.startswith(".") or (folder.is_file() and folder.suffix in _NO_TABLES):
            continue
        if not folder.is_dir():
            done.problems.append(Problem(named(folder, hub), None, "", "", "hub.expect.in_folder"))
            continue
        if not MODEL.fullmatch(folder.name):
            done.problems.append(Problem(named(folder, hub), None, "", folder.name, "hub.expect.model_name"))
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or path.suffix in _NO_TABLES:
                continue
            if not path.resolve().is_relative_to(home):
                done.problems.append(Problem(named(path, hub), None, "", "", "hub.expect.within"))
            elif path.is_dir():
                done.problems.append(Problem(named(path, hub), None, "", "", "expect.regular_file"))
            else:
                yield path


def _round_of(path: Path, model: str, hub: Hub, done: Checked) -> str | None:
    """The round that a file's name says."""
    name = named(path, hub)
    parts = re.fullmatch(rf"(.+)-{re.escape(model)}{_PACKED}\.(\w+)", path.name)
    if parts is None:
        facts = {"wanted": f"ROUND-{model}.csv"}
        done.problems.append(Problem(name, None, "", path.name, "hub.expect.file_name", facts))
        return None
    asked = hub.round_of(parts[1])
    if asked is None:
        rounds = sorted(value for each in hub.rounds for value in each.names)
        facts = {"allowed": f"{rounds[0]}, …, {rounds[-1]}" if len(rounds) > 6 else ", ".join(rounds)}
        done.problems.append(Problem(name, None, "", parts[1], "hub.expect.round_name", facts))
        return None
    formats = [each for each in asked.formats if each in {"csv", "parquet"}]
    if parts[2] not in formats:
        facts = {"allowed": ", ".join(formats)}
        done.problems.append(Problem(name, None, "", parts[2], "hub.expect.format", facts))
        return None
    return parts[1]


def _one(path: Path, model: str, round_name: str, hub: Hub, done: Checked, *, keep: bool) -> None:
    name, asked = named(path, hub), hub.round_of(round_name)
    if asked is None:
        return
    done.files += 1
    try:
        table = tables.read(path, name)
    except DataError as error:
        done.problems += error.problems
        return
    done.rows += len(table)
    problems, frame = checks.check(table, round_name, asked, name)
    done.problems += problems
    if keep:
        done.submissions.append(Submission(model, round_name, name, frame))


def _metadata(hub: Hub, models: set[str], done: Checked) -> None:
    """Descriptions of the models, if the hub keeps any."""
    folder = hub.root / METADATA
    if not folder.is_dir():
        done.remarks.append(Phrase("hub.no_metadata"))
        return
    paths = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix in {".yml", ".yaml"}}
    for model in sorted(models - set(paths)):
        done.problems.append(Problem(f"{METADATA}/{model}.yml", None, "", "", "hub.expect.metadata"))
    for model, path in paths.items():
        name = named(path, hub)
        try:
            told = schema.read_yaml(path, name)
        except DataError as error:
            done.problems += error.problems
            continue
        done.problems += schema.check(told, hub.metadata_schema or {"type": "object"}, name)
        if isinstance(told, dict) and {"team_abbr", "model_abbr"} <= set(told):
            says = f"{told['team_abbr']}-{told['model_abbr']}"
            if says != model:
                facts = {"name": model}
                done.problems.append(
                    Problem(name, None, "model_abbr", says, "hub.expect.abbreviation", facts)
                )


def _observed(hub: Hub, done: Checked) -> None:
    """Files of observed figures: columns and numbers."""
    from forecast.hub import observed

    for path, name, kind in observed.files(hub):
        try:
            done.problems += observed.problems(tables.read(path, name), kind, name, hub)
        except DataError as error:
            done.problems += error.problems
    done.remarks += [Phrase("hub.other_target_file", {"file": name}) for name in observed.others(hub)]
