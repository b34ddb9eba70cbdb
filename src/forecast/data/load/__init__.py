"""Read the data folder: every table checked, cut to one day, conflicts between sources settled.

`read` opens the tables of a folder, reports everything that is wrong with them at once, and gives
what was known on a day.  `read_panel` does the same for one file with any yearly panel.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import pandas as pd

from forecast.base.errors import DataError, Problem, SpecError
from forecast.base.incoming import is_address
from forecast.data import issuer, tables
from forecast.data.framework import with_printed
from forecast.data.load.area_rules import aliases
from forecast.data.load.areas import Clash, Gazetteer, gazetteer
from forecast.data.load.cells import parse_table
from forecast.data.load.files import Rows, Source, content_of, has, read_rows, rows_of
from forecast.data.load.indicators import with_catalogue
from forecast.data.load.known import Known, known_of, settled_rows
from forecast.data.load.lineage import with_newcomers
from forecast.data.load.rules import Checked, broken_rules, days_to_come, repeated_rows, wrong_in_scenarios
from forecast.data.scenarios import FILE as SCENARIOS_FILE
from forecast.data.scenarios import Scenario
from forecast.data.scenarios import parse as parse_scenarios
from forecast.data.tables import Table, as_known

LOCK: Final = ".lock"  # held in the folder by who adds to its tables


def read(source: Source, *, as_of: dt.date) -> Known:
    """Read all tables of a folder, or of files in memory by name, as they were known on one day.

    Rows published later are checked and left out.

    Raises DataError with every problem of every table, whatever its day; SpecError if no score was
    published on or before `as_of`.
    """
    return read_vintages(source).known_at(as_of)


@dataclass(frozen=True, slots=True, eq=False)
class Vintages:
    """All tables of a folder, checked once, from which any day can be asked for.

    Two are equal if they hold the very same tables, as those of files with the same bytes do.
    """

    frames: Mapping[str, pd.DataFrame]
    hashes: Mapping[str, str]
    scenarios: tuple[Scenario, ...] = ()
    checked: Mapping[str, Checked] = field(default_factory=dict, repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vintages):
            return NotImplemented
        return self._identity == other._identity and self.scenarios == other.scenarios

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[object, ...]:
        return tuple(map(id, self.frames.values())), tuple(self.hashes.items())

    def known_at(self, as_of: dt.date) -> Known:
        """Give what was known on a day; see `read`."""
        return _known_at(self, as_of).copy()

    def days_after(self, today: dt.date) -> list[Problem]:
        """List the cells that say that something was published after today."""
        return days_to_come(self.checked, today)

    def settled_of(self, index_code: str, as_of: dt.date) -> pd.DataFrame:
        """Give the settled figures of one index as known on a day, without those of any other table."""
        return _settled_of(self, index_code, as_of).copy(deep=False)

    def with_content(self, file: str, content: bytes) -> Vintages:
        """Give the folder as it would be with another content of one file; the others are as they were read.

        Raises DataError with every problem that the folder would have.
        """
        table = next(table for table in tables.DATA_TABLES if table.file == file)
        places, _ = _places(self.checked["areas"])
        table_read, problems_of_table = _table_of(content, table, places)
        checked = {**self.checked, **({table.name: table_read} if table_read is not None else {})}
        problems = list(problems_of_table) + broken_rules(checked, places, changed=table.name)
        _refuse(problems)
        return _vintages(checked, self.scenarios, self.hashes.get(SCENARIOS_FILE, ""))


def read_vintages(source: Source) -> Vintages:
    """Read and check all tables of a folder, or of files in memory by name.

    Raises DataError with every problem of every table.
    """
    folder = source if isinstance(source, Mapping) else Path(source)
    problems: list[Problem] = []
    scenarios: tuple[Scenario, ...] = ()
    digest = ""
    try:
        if has(folder, SCENARIOS_FILE):
            content = content_of(folder, SCENARIOS_FILE)
            scenarios, digest = parse_scenarios(content), hashlib.sha256(content).hexdigest()
    except DataError as error:
        problems += error.problems
    try:
        if has(folder, issuer.FILE):  # no figure depends on it, but it stands on every page
            issuer.parse(content_of(folder, issuer.FILE))
    except DataError as error:
        problems += error.problems
    try:
        checked = _checked(folder)
    except DataError as error:
        raise DataError([*error.problems, *problems]) from error
    problems += wrong_in_scenarios(scenarios, checked)
    if problems:
        raise DataError(problems)
    return _vintages(checked, scenarios, digest)


def _vintages(checked: Mapping[str, Checked], scenarios: tuple[Scenario, ...], digest: str) -> Vintages:
    frames = {name: table.frame for name, table in checked.items()}
    frames["indicators"] = _catalogued(checked["indicators"], checked["indicator_types"])
    hashes = {table.rows.file: table.rows.sha256 for table in checked.values() if table.rows.sha256}
    return Vintages(frames, hashes | ({SCENARIOS_FILE: digest} if digest else {}), scenarios, checked)


# What the same tables say of a day is made once, too; who asks for it is given a copy that may be changed.
@lru_cache(maxsize=16)
def _known_at(vintages: Vintages, as_of: dt.date) -> Known:
    scores = vintages.frames["scores"]
    if as_known(scores, as_of).empty:
        first = scores["published_on"].min()
        if pd.isna(first):
            raise SpecError("spec.no_scores", {"file": tables.SCORES.file})
        raise SpecError("spec.before_any_data", {"as_of": as_of, "first": first.date()})
    return known_of(vintages.frames, as_of, vintages.hashes, vintages.scenarios)


@lru_cache(maxsize=16)
def _settled_of(vintages: Vintages, index_code: str, as_of: dt.date) -> pd.DataFrame:
    frames, table = vintages.frames, tables.RELATED if index_code in tables.RELATED_CODES else tables.SCORES
    frame = frames[table.name]
    events = as_known(frames["events"], as_of)
    frameworks = frames["frameworks"]
    frameworks = frameworks.loc[frameworks["framework"].isin(events["what"])]
    frameworks = with_printed(frameworks, events, as_known(frames["scores"], as_of))
    known = as_known(frame.loc[frame["index_code"] == index_code], as_of)
    return settled_rows(known, table, frameworks, events, as_of)[0]


def rehearse(data_dir: Path, file: str, content: bytes) -> Vintages:
    """Read the folder as it would be with another content of one file; nothing is written to it.

    Raises DataError with every problem that the folder would have.
    """
    names = (tables.AREAS.file, *(table.file for table in tables.DATA_TABLES), SCENARIOS_FILE)
    others = {name: content_of(data_dir, name) for name in names if name != file and has(data_dir, name)}
    return read_vintages({**others, file: content})


def read_panel(path: Path) -> pd.DataFrame:
    """Read one file with any yearly panel: area, component, year, score and perhaps max_score.

    Gives area, component, year (int64), score, max_score (float64, NaN if missing), row.

    Raises DataError with every problem of the file.
    """
    table = _alone(path, tables.PANEL)
    frame = table.frame
    above = frame.loc[frame["score"] > frame["max_score"]]
    problems = [
        table.problem((int(row), "score", "expect.at_most", {"high": float(high)}))
        for row, high in zip(above["row"], above["max_score"], strict=True)
    ]
    if problems:
        raise DataError(problems)
    return frame


def read_breaks(path: Path) -> tuple[int, ...]:
    """Read the years in which a panel's method changed: one file with a column `year`.

    Raises DataError with every problem of the file.
    """
    return tuple(sorted({int(year) for year in _alone(path, tables.BREAKS).frame["year"]}))


def _alone(path: Path, table: Table) -> Checked:
    checked, problems = _checked_rows(table, None, *read_rows(Path(path), table))
    if checked is None or problems:
        raise DataError(problems)
    return checked


def _checked(source: Source) -> dict[str, Checked]:
    """Read and check all tables; raise one DataError with all that is wrong."""
    if isinstance(source, Path) and not source.is_dir():
        key = "expect.no_address" if is_address(source) else "expect.folder"
        raise DataError([Problem(str(source), None, "", "", key)])
    areas, problems = _read_table(source, tables.AREAS, None)
    if areas is not None and has(source, tables.LINEAGE.file):
        changes = _read_table(source, tables.LINEAGE, None)[0]
        areas = areas if changes is None else _grown(areas, changes)
    places = None
    checked = {}
    if areas is not None and not problems:  # else every use of a misspelt area would be reported too
        checked["areas"] = areas
        places, clashes = _places(areas)
        rows = areas.good["row"].tolist()
        problems += [
            areas.problem((rows[clash.place], "aliases", "expect.new_spelling", clash.facts))
            for clash in clashes
        ]
        problems += map(areas.problem, aliases(areas.good, "area"))
        places = None if problems else places
    for table in tables.DATA_TABLES:
        if table.optional and not has(source, table.file):
            checked[table.name] = _empty(table)
            continue
        table_read, problems_of_table = _read_table(source, table, places)
        problems += problems_of_table
        if table_read is not None:
            checked[table.name] = table_read
    if places is not None:
        problems += broken_rules(checked, places)
    _refuse(problems)
    return checked


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        order = {table.file: place for place, table in enumerate((tables.AREAS, *tables.DATA_TABLES))}
        raise DataError(sorted(problems, key=lambda p: (order[p.file], p.row or 0)))


def _read_table(
    source: Source, table: Table, places: Gazetteer | None
) -> tuple[Checked | None, list[Problem]]:
    try:
        checked, problems = _table_of(content_of(source, table.file), table, places)
    except DataError as refusal:
        return None, list(refusal.problems)
    return checked, list(problems)


# A command that adds a figure reads the folder before and after, the desk reads it again and again: the same
# bytes are parsed once.  The tables are never changed.
@lru_cache(maxsize=64)
def _table_of(
    content: bytes, table: Table, places: Gazetteer | None
) -> tuple[Checked | None, tuple[Problem, ...]]:
    checked, problems = _checked_rows(table, places, *rows_of(content, table, table.file))
    return checked, tuple(problems)


@lru_cache(maxsize=16)
def _catalogued(indicators: Checked, types: Checked) -> pd.DataFrame:
    return with_catalogue(indicators.frame, types.frame)


@lru_cache(maxsize=4)
def _grown(areas: Checked, lineage: Checked) -> Checked:
    """Areas with those that lineage alone names."""
    return replace(areas, frame=with_newcomers(areas.frame, lineage.frame))


@lru_cache(maxsize=4)
def _places(areas: Checked) -> tuple[Gazetteer, list[Clash]]:
    return gazetteer(areas.good)


def _checked_rows(
    table: Table, places: Gazetteer | None, rows: Rows | None, problems: list[Problem]
) -> tuple[Checked | None, list[Problem]]:
    if rows is None:
        return None, problems
    frame, cell_problems, bad_rows = parse_table(rows, table, places)
    cells = frozenset((problem.row, problem.column) for problem in cell_problems if problem.row is not None)
    checked = Checked(table, rows, frame, frozenset(bad_rows), cells)
    return checked, [*problems, *cell_problems, *repeated_rows(checked)]


@cache
def _empty(table: Table) -> Checked:
    rows = Rows(table.file, (), {name: [] for name in table.names}, "")
    return Checked(table, rows, parse_table(rows, table, None)[0], frozenset())
