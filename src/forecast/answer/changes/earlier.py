"""Read an earlier report from its folder: its medians, and the data that it used."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from forecast.answer.findings import phrase
from forecast.answer.result import SPEC_FILE, read_spec, read_table
from forecast.base.errors import DataError, ForecastError
from forecast.base.incoming import record_of
from forecast.base.spec import RunSpec
from forecast.data import load
from forecast.data.load import Known

DATA: Final = "data"  # a run's own copy of the tables
RECORD: Final = "manifest.json"
UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError, AttributeError, ForecastError)


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """An earlier report."""

    run_id: str  # name of its folder
    spec: RunSpec | None = None  # what it was asked; None if that cannot be read
    medians: Mapping[str, float] = field(default_factory=dict)  # by component; none if it cannot be compared
    known: Known | None = None  # what it knew; None if that cannot be read any more
    reason: str = ""  # a phrase, where something is missing


def read(folder: Path, spec: RunSpec) -> Earlier:
    """Read an earlier report for comparison with the answer to `spec`.

    Whatever is wrong with it is said in `reason`: it must not stop the report that is being made.
    """
    try:
        question, medians = _published(folder)
    except UNREADABLE:
        return Earlier(folder.name, reason=phrase("changes.damaged"))
    if _question(question) != _question(spec):
        return Earlier(folder.name, question, reason=phrase("changes.other_question"))
    if question.as_of > spec.as_of:  # it may know what is not to be known yet
        return Earlier(folder.name, question, reason=phrase("changes.later"))
    try:
        known = _known(folder, question)
    except DataError as error:
        reason = phrase("changes.other_rules", count=len(error.problems))
        return Earlier(folder.name, question, medians, reason=reason)
    except UNREADABLE:
        return Earlier(folder.name, question, medians, reason=phrase("changes.damaged_data"))
    return Earlier(folder.name, question, medians, known.of(spec.index_code).for_year(spec.target_year))


def _question(spec: RunSpec) -> tuple[object, ...]:
    return spec.index_code, spec.area, spec.target_year


def _published(folder: Path) -> tuple[RunSpec, dict[str, float]]:
    refuse_altered(folder, [SPEC_FILE, "summary.csv"])
    table = read_table(folder, "summary")
    pairs = zip(table["component"], table["median"].astype(float), strict=True)
    return read_spec(folder), {str(component): value for component, value in pairs}


def _known(folder: Path, spec: RunSpec) -> Known:
    names = sorted(path.name for path in (folder / DATA).iterdir() if path.is_file())
    refuse_altered(folder, [f"{DATA}/{name}" for name in names])
    return _read(tuple((name, (folder / DATA / name).read_bytes()) for name in names), spec.as_of)


@lru_cache(maxsize=2)  # the reports of many areas rest on the same tables
def _read(content: tuple[tuple[str, bytes], ...], as_of: dt.date) -> Known:
    return load.read(dict(content), as_of=as_of)


def refuse_altered(folder: Path, names: Iterable[str]) -> None:
    """Raise ValueError for a file that is no more what the run's record says it was.

    A folder without a record was not made by a run, and nothing can be said of it.
    """
    if not (folder / RECORD).exists():
        return
    written = record_of(folder / RECORD)["outputs"]
    for name in names:
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != written.get(name):
            raise ValueError(f"{name} was altered")
