"""Read the observed figures of a hub (target-data): oracle output or time series, by task id."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.errors import DataError, Problem, SpecError
from forecast.base.incoming import refusal
from forecast.base.labels import Phrase, shortened
from forecast.base.spec import nearest, refuse_unknown
from forecast.hub import outcomes, tables
from forecast.hub.layout import Hub, is_within, spelled
from forecast.hub.outcomes import DATES, asked
from forecast.hub.tables import HEAD, numbers, spelled_number

FOLDER: Final = "target-data"
VALUE: Final = {"oracle-output": "oracle_value", "time-series": "observation"}
_OUTPUT: Final = ("output_type", "output_type_id")
_VALUES: Final = (*VALUE.values(), "value")
_ALIKE: Final = 0.85  # a column so like one that is missing is that one misspelt


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
            if path.is_file() and is_within(path, hub.root):
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
    result += [*outcomes.wrong_days(table, name, hub), *outcomes.outside(table, column, name, hub)]
    result += outcomes.contradictions(table, name, hub)
    if unit:
        rows = table.duplicated(keys).to_numpy().nonzero()[0]
        result += [Problem(name, int(at) + HEAD, "", "", "hub.expect.once") for at in rows]
    return result


def read(hub: Hub, *, file: Path | None = None, target: str | None = None) -> pd.DataFrame:
    """Read the observed values.

    `file`: another table: with a column observation, oracle_value or value, and columns that are task ids
    (`date` is the day that the tasks are about); `target`: the target that such a table is of, if it has no
    column that says it. Gives task ids as text, perhaps output_type and output_type_id, and `observed` as
    text. Raises DataError if there is none, a column is missing or misspelt, a value is no number, or it
    says two things of one unit; SpecError if the hub has no such target.
    """
    if file is not None:
        return _one(file, str(file), hub, target, by_hand=True)
    listing = list(files(hub))
    kinds = {kind for _, _, kind in listing}
    if not kinds:
        raise refusal(FOLDER, "hub.expect.observed")
    kind = "oracle-output" if "oracle-output" in kinds else "time-series"
    parts = [_one(path, name, hub, target) for path, name, file_kind in listing if file_kind == kind]
    return pd.concat(parts, ignore_index=True).drop_duplicates()


def of_hub(hub: Hub) -> pd.DataFrame | None:
    """Observed values of the hub's own folder; None where there are none, or they are not sound."""
    try:
        return read(hub)
    except DataError:  # a check of the hub says why
        return None


def days(hub: Hub) -> list[str]:
    """Columns of days, that which forecasts are about first."""
    return [*DATES, *(column for column in outcomes.day_columns(hub) if column not in DATES)]


def strange_values(observed: pd.DataFrame, hub: Hub, name: str) -> list[Problem]:
    """Name the columns none of whose values is one that the hub asks of."""
    problems = []
    for column in (column for column in hub.task_ids if column in observed):
        wanted = asked(hub, column)
        found = observed[column].iloc[:1].tolist()
        if found and wanted and not observed[column].isin(wanted).any():
            problems.append(Problem(name, None, column, found[0], "hub.expect.some_of", {"allowed": wanted}))
    return problems


def unmatched(
    observed: pd.DataFrame, forecasts: Sequence[pd.DataFrame], hub: Hub, *, besides: Collection[str] = ()
) -> Iterator[Phrase]:
    """Say which places, targets and the like have outcomes and are not asked of, or forecasts and no outcome.

    Days are left out, as most of those that are known have no forecast, and those to come no outcome; and the
    columns `besides`.
    """
    left_out = {*outcomes.day_columns(hub), *besides}
    for column in (c for c in hub.task_ids if c in observed and c not in left_out):
        wanted = {*asked(hub, column)}
        strange = observed.loc[~observed[column].isin(wanted | {""}), column]
        if len(strange):
            facts = {"count": len(strange), "names": shortened([*dict.fromkeys(strange)])}
            facts |= {"column": column, "allowed": shortened([*filter(None, asked(hub, column))])}
            yield Phrase("hub.no_forecast_of", facts)
        made = dict.fromkeys(v for frame in forecasts for v in frame[column].astype(str).unique() if v)
        never = [value for value in made if value not in set(observed[column])]
        if never:
            yield Phrase("hub.no_outcome_of", {"column": column, "names": shortened(never)})


def _wrong_columns(table: pd.DataFrame, name: str, hub: Hub, target: str | None) -> list[Problem]:
    """Columns that are missing from a table that was named by hand, and those that are misspelt."""
    found = list(map(str, table))
    problems = []
    missing = [column for column in hub.task_ids if column not in found]
    valued = any(column in found for column in _VALUES)
    for column in found:
        near = nearest(column, missing if valued else [*missing, *_VALUES], least=_ALIKE)
        if near and column not in hub.task_ids:
            problems.append(Problem(name, 1, column, column, "expect.known_column_near", {"near": near}))
            missing = [other for other in missing if other != near]
            valued = valued or near in _VALUES
    if not valued:
        facts = {"allowed": list(_VALUES), "found": found}
        problems.append(Problem(name, 1, "observation", "", "hub.expect.value_column", facts))
    targets = asked(hub, "target")
    if "target" in missing and target is None and len(targets) > 1:
        problems.append(Problem(name, 1, "target", "", "hub.expect.target_column", {"allowed": targets}))
    return problems


def _refuse_no_numbers(table: pd.DataFrame, value: str, name: str, hub: Hub) -> None:
    """Refuse values that are neither numbers nor categories of the hub; an empty one is not known yet."""
    outputs = [output for r in hub.rounds for group in r.groups for output in group.outputs.values()]
    categories = {id_ for output in outputs if not output.numeric for id_ in output.ids}
    at = np.flatnonzero(np.isnan(numbers(table[value])))
    cells = zip((table.index.to_numpy()[at] + HEAD).tolist(), table[value].iloc[at].tolist(), strict=True)
    wrong = [(row, str(text)) for row, text in cells if text and text not in categories]
    if wrong:
        raise DataError([Problem(name, row, value, text, "expect.number") for row, text in wrong])


def _one(path: Path, name: str, hub: Hub, target: str | None, *, by_hand: bool = False) -> pd.DataFrame:
    table = tables.read(path, name)
    if by_hand and (wrong := _wrong_columns(table, name, hub, target)):
        raise DataError(wrong)
    value = next((column for column in _VALUES if column in table), "")
    missing = [] if value else [VALUE["time-series"]]
    missing += [column for column in _OUTPUT if column not in table] if set(_OUTPUT) & set(table) else []
    if missing:  # a type without its id, and an id without its type, say nothing
        raise DataError([Problem(name, 1, column, "", "expect.column") for column in missing])
    table = _by_task(table, name, hub, target)
    keys = [column for column in hub.task_ids if column in table]
    if wrong := [*outcomes.wrong_days(table, name, hub)]:
        raise DataError(wrong)
    if "as_of" in table and "as_of" not in keys:
        table = table[table["as_of"].astype(str) == table["as_of"].astype(str).max()]
    _refuse_no_numbers(table, value, name, hub)
    if wrong := [*outcomes.outside(table, value, name, hub), *outcomes.contradictions(table, name, hub)]:
        raise DataError(wrong)
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
        rows = twice.index[twice][: tables.MOST_LISTED]
        raise DataError([Problem(name, int(at) + HEAD, "", "", "hub.expect.once") for at in rows])
    return out


def _by_task(table: pd.DataFrame, name: str, hub: Hub, target: str | None) -> pd.DataFrame:
    """Name the day's column as the task id that it is, and add the target."""
    day = hub.target_data.get("date_col", "date")
    day = day if day in table else "date"
    if day in table and day not in hub.task_ids:
        usual = hub.target_data.get("date_col", "")
        names = [c for c in (*DATES, usual) if c in hub.task_ids and c not in table]
        table = table.rename(columns={day: names[0]} if names else {})
    if target is not None and "target" in table:
        raise SpecError("hub.target_column", {"file": name})
    if target is not None and target not in asked(hub, "target"):
        refuse_unknown("--target", target, asked(hub, "target"))
    units = [column for column in hub.task_ids if column in table and column != "target"]
    if not units and set(hub.task_ids) - {"target"}:  # else one figure would be that of all places and days
        raise refusal(name, "hub.expect.task_columns", 1, allowed=hub.task_ids, found=list(table))
    return table if target is None else table.assign(target=pd.Categorical([target] * len(table)))
