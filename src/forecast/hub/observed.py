"""Read the observed figures of a hub (target-data): oracle output or time series, by task id."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.errors import DataError, Problem, SpecError
from forecast.base.incoming import refusal
from forecast.hub import tables
from forecast.hub.layout import Hub, spelled
from forecast.hub.tables import HEAD, numbers, spelled_number

FOLDER: Final = "target-data"
VALUE: Final = {"oracle-output": "oracle_value", "time-series": "observation"}
DATES: Final = ("target_end_date", "target_date")
_OUTPUT: Final = ("output_type", "output_type_id")


def files(hub: Hub) -> Iterator[tuple[Path, str, str]]:
    """Give path, name and kind of the files, those of oracle output first; a kind may be a folder."""
    folder = hub.root / FOLDER
    for kind in VALUE:
        paths = [folder / f"{kind}{ending}" for ending in (".csv", ".parquet")]
        if (folder / kind).is_dir():
            paths += sorted(
                path for path in (folder / kind).rglob("*") if path.suffix in {".csv", ".parquet"}
            )
        for path in paths:
            if path.is_file() and path.resolve().is_relative_to(hub.root.resolve()):
                yield path, path.relative_to(hub.root).as_posix(), kind


def others(hub: Hub) -> list[str]:
    """Name the tables of the folder that are in no layout of the hubverse."""
    in_layout = {name for _, name, _ in files(hub)}
    folder = hub.root / FOLDER
    names = sorted(path.relative_to(hub.root).as_posix() for path in folder.glob("*.csv"))
    return [name for name in names if name not in in_layout]


def problems(table: pd.DataFrame, kind: str, name: str, hub: Hub) -> list[Problem]:
    """List missing columns, values that are no numbers, and units that stand there twice."""
    column = VALUE[kind]
    unit = [column_ for column_ in hub.target_data.get("observable_unit", ()) if column_ in table]
    needed = [column, *(hub.target_data.get("observable_unit", ()) if kind == "time-series" else ())]
    result = [Problem(name, 1, column_, "", "expect.column") for column_ in needed if column_ not in table]
    if column not in table:
        return result
    for at in np.flatnonzero(np.isnan(numbers(table[column]))):
        text = str(table[column].iloc[at])
        if kind == "oracle-output" or text:  # a series may have a gap
            result.append(Problem(name, int(at) + HEAD, column, text or "NA", "expect.number"))
    keys = [*unit, *(column_ for column_ in (*_OUTPUT, "as_of") if column_ in table)]
    if unit:
        rows = table.duplicated(keys).to_numpy().nonzero()[0]
        result += [Problem(name, int(at) + HEAD, "", "", "hub.expect.once") for at in rows]
    return result


def read(hub: Hub, *, file: Path | None = None, target: str | None = None) -> pd.DataFrame:
    """Read the observed values.

    `file`: another table: with a column observation, oracle_value or value, and columns that are task ids
    (`date` is the day that the tasks are about); `target`: the target that such a table is of, if it has no
    column that says it. Gives task ids as text, perhaps output_type and output_type_id, and `observed` as
    text. Raises DataError if there is none, or it says two things of one unit.
    """
    if file is not None:
        return _one(file, str(file), hub, target)
    listing = list(files(hub))
    kinds = {kind for _, _, kind in listing}
    if not kinds:
        raise refusal(FOLDER, "hub.expect.observed")
    kind = "oracle-output" if "oracle-output" in kinds else "time-series"
    parts = [_one(path, name, hub, target) for path, name, file_kind in listing if file_kind == kind]
    return pd.concat(parts, ignore_index=True).drop_duplicates()


def _one(path: Path, name: str, hub: Hub, target: str | None) -> pd.DataFrame:
    table = tables.read(path, name)
    value = next((column for column in (*VALUE.values(), "value") if column in table), None)
    if value is None:
        raise refusal(name, "expect.column", 1)
    day = hub.target_data.get("date_col", "date")
    day = day if day in table else "date"
    if day in table and day not in hub.task_ids:
        names = [column for column in DATES if column in hub.task_ids and column not in table]
        table = table.rename(columns={day: names[0]} if names else {})
    if target is not None and "target" in table:
        raise SpecError("hub.target_column", {"file": name})
    if target is not None:
        table["target"] = pd.Categorical([target] * len(table))
    keys = [column for column in hub.task_ids if column in table]
    if not keys:
        raise refusal(name, "hub.expect.task_columns", 1, allowed=hub.task_ids)
    if "as_of" in table and "as_of" not in keys:
        table = table[table["as_of"].astype(str) == table["as_of"].astype(str).max()]
    groups = [group for round_ in hub.rounds for group in round_.groups]
    out = pd.DataFrame(
        {k: spelled(table[k], [g.tasks[k] for g in groups if k in g.tasks]).astype(str) for k in keys}
    )
    for column in _OUTPUT:
        if column in table:
            out[column] = table[column].astype(str)
    out["observed"] = table[value].astype(str).map(spelled_number)
    out = out[out["observed"] != ""]
    twice = out.duplicated([c for c in out if c != "observed"])
    if twice.any():
        rows = twice.to_numpy().nonzero()[0][: tables.MOST_LISTED]
        raise DataError([Problem(name, int(at) + HEAD, "", "", "hub.expect.once") for at in rows])
    return out
