"""The one door to the data: every table checked, cut to one day, conflicts settled.

`read` opens the tables of a folder, reports everything that is wrong with them at once, and gives
what was known on a day.  `read_panel` does the same for one file with any yearly panel.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from forecast import tables
from forecast.errors import DataError, Problem, SpecError
from forecast.framework import with_share
from forecast.load.areas import Gazetteer, gazetteer
from forecast.load.cells import parse_table, period_days
from forecast.load.files import Rows, read_rows
from forecast.load.proofs import contradicted
from forecast.load.rules import Checked, broken_rules, repeated_rows
from forecast.load.settle import settle
from forecast.scenarios import FILE as SCENARIOS_FILE
from forecast.scenarios import Scenario
from forecast.scenarios import read as read_scenarios
from forecast.spec import refuse_unknown
from forecast.tables import Table, as_known

__all__ = ["LOCK", "Known", "Vintages", "read", "read_breaks", "read_panel", "read_vintages", "rehearse"]

LOCK: Final = ".lock"  # held in the folder by who adds to its tables
_SETTLED: Final = (tables.SCORES, tables.RELATED, tables.INDICATORS)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What was known on one day.

    Attributes
    ----------
    as_of
        The day.
    scores
        One row per (index_code, year, area, component, statistic), sorted by it: score, unit,
        max_score, rank, trust, published_on, source_day, source_url, note, spread (highest less
        lowest score that the sources gave), rank_spread, sources (count of rows weighed).
    related
        The same for PAPI, PCI and DTI; no statistic.
    indicators
        One row per (indicator_code, area, period): value, unit, linked_domain, trust,
        published_on, source_url, note, spread, sources, and the period's days `first_day`,
        `last_day`.
    set_aside
        Rows known but not taken: file, row, key, name (of an indicator), score (an indicator's
        value too), rank, trust, source_url, reason, taken_row, taken_score, taken_rank.
    undated
        Rows without a day of publication, which are never used: file, row, key, name, score, source_url.
    frameworks
        Versions whose event was known on the day.
    events, announcements, targets
        The tables of that name as known on the day.
    submissions
        Rows of the departments' forms received by the day; a later form of a department stands beside
        the one it supersedes.
    self_scores, remedies
        The tables of that name as known on the day; of a remedy the latest state.
    units
        Who must have a remedy plan: unit, kind, aliases.
    scenarios
        Named departures from what is expected, "continue" first.
    areas
        All areas: area, kind (country, region, province), region, aliases.
    counts
        One row a table: table, rows, known, later, undated, set_aside, taken.
    hashes
        SHA-256 of each file's bytes.
    """

    as_of: dt.date
    scores: pd.DataFrame
    related: pd.DataFrame
    indicators: pd.DataFrame
    set_aside: pd.DataFrame
    undated: pd.DataFrame
    frameworks: pd.DataFrame
    events: pd.DataFrame
    announcements: pd.DataFrame
    targets: pd.DataFrame
    submissions: pd.DataFrame
    self_scores: pd.DataFrame
    remedies: pd.DataFrame
    units: pd.DataFrame
    scenarios: tuple[Scenario, ...]
    areas: pd.DataFrame
    counts: pd.DataFrame
    hashes: Mapping[str, str]

    @property
    def provinces(self) -> tuple[str, ...]:
        """Names of the 63 provinces, in the order of the table of areas."""
        return tuple(self.areas.loc[self.areas["kind"] == "province", "area"])

    def find_province(self, name: str) -> str:
        """Give the one spelling of a province; SpecError with the nearest for an unknown one."""
        places, _ = gazetteer(self.areas)
        found = places.find(name)
        if found not in places.provinces:
            near = places.nearest(name)
            refuse_unknown("area", name, places.provinces, near=near if near in places.provinces else "")
        return str(found)


def read(data_dir: Path, *, as_of: dt.date) -> Known:
    """Read all tables of a folder as they were known on one day.

    Parameters
    ----------
    data_dir
        Folder with the CSV files of `tables.DATA_TABLES` and ``areas.csv``.
    as_of
        Rows published after this day are checked and left out.

    Raises
    ------
    DataError
        With every problem of every table, whatever its day.
    SpecError
        If no score was published on or before `as_of`.
    """
    return read_vintages(data_dir).known_at(as_of)


@dataclass(frozen=True, slots=True, eq=False)
class Vintages:
    """All tables of a folder, checked once, from which any day can be asked for."""

    frames: Mapping[str, pd.DataFrame]
    hashes: Mapping[str, str]
    scenarios: tuple[Scenario, ...] = ()

    def known_at(self, as_of: dt.date) -> Known:
        """Give what was known on a day; see `read`."""
        scores = self.frames["scores"]
        if as_known(scores, as_of).empty:
            facts = {"as_of": as_of, "first": scores["published_on"].min().date()}
            raise SpecError("spec.before_any_data", facts)
        return _known(self.frames, as_of, self.hashes, self.scenarios)


def read_vintages(data_dir: Path) -> Vintages:
    """Read and check all tables of a folder.

    Raises
    ------
    DataError
        With every problem of every table.
    """
    problems: list[Problem] = []
    told: tuple[Scenario, ...] = ()
    digest = ""
    try:
        told, digest = read_scenarios(Path(data_dir))
    except DataError as error:
        problems += error.problems
    try:
        checked = _checked(Path(data_dir))
    except DataError as error:
        raise DataError([*error.problems, *problems]) from error
    if problems:
        raise DataError(problems)
    frames = {name: table.frame for name, table in checked.items()}
    hashes = {table.rows.file: table.rows.sha256 for table in checked.values() if table.rows.sha256}
    return Vintages(frames, hashes | ({SCENARIOS_FILE: digest} if digest else {}), told)


def rehearse(data_dir: Path, file: str, content: bytes) -> Vintages:
    """Read the folder as it would be with another content of one file; nothing is written to it.

    Raises
    ------
    DataError
        With every problem that the folder would have.
    """
    names = (tables.AREAS.file, *(table.file for table in tables.DATA_TABLES), SCENARIOS_FILE)
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        for name in names:
            if name != file and (data_dir / name).is_file():
                shutil.copyfile(data_dir / name, copy / name)
        (copy / file).write_bytes(content)
        return read_vintages(copy)


def read_panel(path: Path) -> pd.DataFrame:
    """Read one file with any yearly panel: area, component, year, score and perhaps max_score.

    Returns
    -------
    DataFrame
        area, component, year (int64), score, max_score (float64, NaN if missing), row.

    Raises
    ------
    DataError
        With every problem of the file.
    """
    table, problems = _read_table(Path(path), tables.PANEL, None)
    if table is None or problems:
        raise DataError(problems)
    frame = table.frame
    above = frame.loc[frame["score"] > frame["max_score"]]
    found = [
        table.problem((int(row), "score", "expect.at_most", {"high": float(high)}))
        for row, high in zip(above["row"], above["max_score"], strict=True)
    ]
    if found:
        raise DataError(found)
    return frame


def read_breaks(path: Path) -> tuple[int, ...]:
    """Read the years in which a panel's method changed: one file with a column `year`.

    Raises
    ------
    DataError
        With every problem of the file.
    """
    table, problems = _read_table(Path(path), tables.BREAKS, None)
    if table is None or problems:
        raise DataError(problems)
    return tuple(sorted({int(year) for year in table.frame["year"]}))


def _checked(folder: Path) -> dict[str, Checked]:
    """Read and check all tables; raise one DataError with all that is wrong."""
    if not folder.is_dir():
        raise DataError([Problem(str(folder), None, "", "", "expect.folder")])
    areas, problems = _read_table(folder / tables.AREAS.file, tables.AREAS, None)
    places = None
    checked = {}
    if areas is not None and not problems:  # else every use of a misspelt area would be reported too
        checked["areas"] = areas
        places, clashes = gazetteer(areas.good)
        rows = areas.good["row"].tolist()
        problems += [
            areas.problem((rows[place], "aliases", "expect.new_spelling", {"spelling": spelling}))
            for place, spelling in clashes
        ]
        places = None if clashes else places
    for table in tables.DATA_TABLES:
        path = folder / table.file
        if table.optional and not path.exists():
            checked[table.name] = _empty(table)
            continue
        found, wrong = _read_table(path, table, places)
        problems += wrong
        if found is not None:
            checked[table.name] = found
    if places is not None:
        problems += broken_rules(checked, places)
    if problems or places is None:
        order = {table.file: place for place, table in enumerate((tables.AREAS, *tables.DATA_TABLES))}
        raise DataError(sorted(problems, key=lambda p: (order[p.file], p.row or 0)))
    return checked


def _read_table(path: Path, table: Table, places: Gazetteer | None) -> tuple[Checked | None, list[Problem]]:
    rows, problems = read_rows(path, table)
    if rows is None:
        return None, problems
    frame, cell_problems, bad = parse_table(rows, table, places)
    cells = frozenset((each.row, each.column) for each in cell_problems if each.row is not None)
    checked = Checked(table, rows, frame, frozenset(bad), cells)
    return checked, [*problems, *cell_problems, *repeated_rows(checked)]


def _empty(table: Table) -> Checked:
    rows = Rows(table.file, (), {name: [] for name in table.names}, "")
    return Checked(table, rows, parse_table(rows, table, None)[0], frozenset())


def _known(
    frames: Mapping[str, pd.DataFrame],
    as_of: dt.date,
    hashes: Mapping[str, str],
    scenarios: tuple[Scenario, ...],
) -> Known:
    events = as_known(frames["events"], as_of)
    frameworks = frames["frameworks"].loc[frames["frameworks"]["framework"].isin(events["what"])]
    settled, asides, undated, counts = {}, [], [], []
    for table in tables.DATA_TABLES:
        frame = frames[table.name]
        if not table.known_from:
            continue
        known = as_known(frame, as_of)
        never = tables.undated(frame)
        aside = known.iloc[:0]
        if table in _SETTLED:
            known, aside = _settled(known, table, frameworks, events, as_of)
            asides.append(_listed(aside, table, ("reason", "taken_row", "taken_score", "taken_rank")))
        undated.append(_listed(never, table, ()))
        settled[table.name] = known
        if table.optional and frame.empty:
            continue
        counts.append(_count(table, frame, len(known) + len(aside), len(never), len(aside)))
    return Known(
        as_of=as_of,
        scores=settled["scores"].drop(columns="row"),
        related=settled["related_indices"].drop(columns="row"),
        indicators=_indicators(settled["indicators"]),
        set_aside=pd.concat(asides, ignore_index=True),
        undated=pd.concat(undated, ignore_index=True),
        frameworks=frameworks.drop(columns="row").reset_index(drop=True),
        events=_sorted(settled["events"], tables.EVENTS),
        announcements=_sorted(settled["announcements"], tables.ANNOUNCEMENTS),
        targets=_sorted(settled["targets"], tables.TARGETS),
        submissions=settled["submissions"].drop(columns="row"),
        self_scores=_latest(settled["self_scores"], tables.SELF_SCORES),
        remedies=_latest(settled["remedies"], tables.REMEDIES),
        units=frames["units"].drop(columns="row"),
        scenarios=scenarios,
        areas=frames["areas"].drop(columns="row"),
        counts=pd.DataFrame(counts),
        hashes=dict(hashes),
    )


def _settled(
    known: pd.DataFrame,
    table: Table,
    frameworks: pd.DataFrame,
    events: pd.DataFrame,
    as_of: dt.date,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    if table is tables.SCORES:
        share = with_share(known, frameworks, events, as_of)["share"]
        return settle(known, table.key, as_of=as_of, share=share, wrong=contradicted(known, as_of))
    if table is tables.RELATED:
        return settle(known, table.key, as_of=as_of)
    as_scores = known.assign(score=known["value"], rank=np.nan, source_day=known["published_on"])
    return settle(as_scores, table.key, as_of=as_of)


def _indicators(settled: pd.DataFrame) -> pd.DataFrame:
    days = [period_days(period) for period in settled["period"]]
    ends = [pair for pair in days if pair is not None]
    frame = settled.drop(columns=["row", "score", "rank", "source_day", "rank_spread"])
    return frame.assign(
        first_day=pd.Series([first for first, _ in ends], dtype=tables.DAY_DTYPE),
        last_day=pd.Series([last for _, last in ends], dtype=tables.DAY_DTYPE),
    )


def _listed(frame: pd.DataFrame, table: Table, more: tuple[str, ...]) -> pd.DataFrame:
    """Give rows of any table the same few columns, so that they stand in one list."""
    figure = "score" if "score" in frame else "value" if "value" in frame else None
    none = pd.Series(np.nan, index=frame.index, dtype=float)
    parts = [frame[column].astype("str") for column in table.key]
    key = pd.Series([" | ".join(names) for names in zip(*parts, strict=True)], dtype="str")
    listed = {
        "file": pd.Series(table.file, index=frame.index, dtype="str"),
        "row": frame["row"],
        "key": key,
        "name": frame.get("indicator_name_vi", pd.Series("", index=frame.index, dtype="str")),
        "score": frame[figure] if figure else none,
        "rank": frame.get("rank", none),
        "trust": frame.get("trust", pd.Series("", index=frame.index, dtype="str")),
        "source_url": frame.get("source_url", pd.Series("", index=frame.index, dtype="str")),
    }
    return pd.DataFrame({**listed, **{column: frame[column] for column in more}})


def _count(table: Table, frame: pd.DataFrame, known: int, undated: int, aside: int) -> dict[str, object]:
    return {
        "table": table.name,
        "rows": len(frame),
        "known": known,
        "later": len(frame) - known - undated,
        "undated": undated,
        "set_aside": aside,
        "taken": known - aside,
    }


def _latest(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Keep the last row of each key, by day and then by place in the file, in the order of the file."""
    ordered = frame.sort_values([table.known_from, "row"]).drop_duplicates(list(table.key), keep="last")
    return ordered.sort_values("row").drop(columns="row").reset_index(drop=True)


def _sorted(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    by = [*table.key, *(name for name in table.names if name not in table.key)]
    return frame.drop(columns="row").sort_values(by).reset_index(drop=True)
