"""Check a model's table against what its round asks for: list bad cells and missing rows."""

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.base.arrays import Flags, Ints
from forecast.base.errors import Problem
from forecast.hub.layout import OUTPUT_COLUMNS, Group, Output, Round, spelled
from forecast.hub.tables import HEAD, MOST_LISTED, numbers, spelled_number

SLACK: Final = 1e-9  # of values that must not fall; figures that were rounded one by one
SUM_SLACK: Final = 1e-4  # of chances that add up to one: published files round to some digits
_KIND, _ID, _VALUE = OUTPUT_COLUMNS


def check(
    table: pd.DataFrame, round_name: str, round_: Round, name: str
) -> tuple[list[Problem], pd.DataFrame]:
    """Check a table of a round.

    Returns
    -------
    problems : list of Problem
        Alike ones are listed up to a number, and the rest counted.
    frame : DataFrame
        The rows as the hub writes them: task ids and output_type_id text, value a number, `group` the number
        of the group of tasks and `row` as an editor counts.  Of use if there are no problems.
    """
    columns = _columns(table, round_, name)
    if columns:
        return columns, pd.DataFrame()
    frame, problems = _assign_groups(table, round_, name)
    problems += _round_name(frame, round_name, round_, name)
    problems += _values(frame, table, round_, name)
    good = frame[frame["group"] >= 0]
    problems += _repeated_rows(good, round_, name)
    once = good.drop_duplicates([*round_.columns[:-1]])
    for g, group in enumerate(round_.groups):
        rows = once[once["group"] == g]
        problems += _missing_rows(rows, group, round_, round_name, name)
        for output in group.outputs.values():
            problems += _shape(rows[rows[_KIND] == output.kind], group, output, name)
    return fold_repeats(problems), frame


def fold_repeats(problems: Sequence[Problem]) -> list[Problem]:
    """Keep the first of many similar problems, and count the others on one line."""
    kinds = Counter((problem.file, problem.column, problem.expected_key) for problem in problems)
    met: Counter[tuple[str, str, str]] = Counter()
    result = []
    for problem in problems:
        kind = (problem.file, problem.column, problem.expected_key)
        met[kind] += 1
        if met[kind] <= MOST_LISTED:
            result.append(problem)
        elif met[kind] == kinds[kind]:
            facts = {"count": kinds[kind] - MOST_LISTED}
            result.append(Problem(problem.file, None, problem.column, "", "hub.expect.more", facts))
    return result


def _columns(table: pd.DataFrame, round_: Round, name: str) -> list[Problem]:
    missing = [
        Problem(name, 1, column, "", "expect.column") for column in round_.columns if column not in table
    ]
    extra = [
        Problem(name, 1, str(column), "", "expect.known_column", {"allowed": list(round_.columns)})
        for column in table
        if column not in round_.columns
    ]
    return missing + extra


def _assign_groups(table: pd.DataFrame, round_: Round, name: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Give each row the group of tasks that it fits; list what is wrong with rows that fit none."""
    tasks = list(round_.columns[:-3])
    misses = []
    for group in round_.groups:
        kinds = table[_KIND].astype(str).to_numpy()
        parts = [
            _outside(table[k], lambda text, v=group.tasks[k]: v.spelled(text) in v.allowed)
            if k in group.tasks
            else np.zeros(len(table), dtype=bool)
            for k in tasks
        ]
        parts.append(~np.isin(kinds, list(group.outputs)))
        bad_id = np.zeros(len(table), dtype=bool)
        for output in group.outputs.values():
            bad_id |= (kinds == output.kind) & _outside(table[_ID], lambda text, o=output: _is_id(text, o))
        misses.append(np.array([*parts, bad_id]))
    names = [{key for t in group.targets for key in t["target_keys"] or ()} for group in round_.groups]
    weigh = [np.array([2 if k in own else 1 for k in (*tasks, _KIND, _ID)]) for own in names]
    count = np.array([miss.T @ weight for miss, weight in zip(misses, weigh, strict=True)])
    best = count.argmin(axis=0)
    fits = count.min(axis=0) == 0
    frame = _standard_cells(table, round_, np.where(fits, best, -1))
    return frame, list(_row_problems(table, round_, misses, best, np.flatnonzero(~fits), name))


def _outside(column: pd.Series, inside: Any) -> Flags:
    """Mark the cells that do not pass a test, which is made once for each category."""
    flags = np.array([not inside(text) for text in column.cat.categories.tolist()] or [True], dtype=bool)
    return np.asarray(flags[column.cat.codes], dtype=bool)


def _is_id(text: str, output: Output) -> bool:
    if output.samples is None:
        return (spelled_number(text) if output.numeric else text) in output.ids
    if output.samples.whole:
        return spelled_number(text).isascii() and spelled_number(text).isdigit()
    return 0 < len(text) <= output.samples.longest


def _standard_cells(table: pd.DataFrame, round_: Round, group: Ints) -> pd.DataFrame:
    """Write the cells as the hub writes them, with the number of each row and its group."""
    frame = pd.DataFrame({"row": np.arange(len(table)) + HEAD, "group": group})
    for k in round_.columns[:-3]:
        frame[k] = spelled(table[k], [part.tasks[k] for part in round_.groups if k in part.tasks])
    frame[_KIND] = table[_KIND].to_numpy()
    standard = np.array([*map(spelled_number, map(str, table[_ID].cat.categories)), ""], dtype=object)
    original = np.array([*map(str, table[_ID].cat.categories), ""], dtype=object)
    numeric = np.zeros(len(table), dtype=bool)
    for g, part in enumerate(round_.groups):
        kinds = [
            o.kind for o in part.outputs.values() if o.numeric or (o.samples is not None and o.samples.whole)
        ]
        numeric |= (group == g) & table[_KIND].isin(kinds).to_numpy()
    codes = table[_ID].cat.codes
    frame[_ID] = pd.Categorical(np.where(numeric, standard[codes], original[codes]))
    frame[_VALUE] = numbers(table[_VALUE])
    return frame


def _row_problems(
    table: pd.DataFrame,
    round_: Round,
    misses: Sequence[Flags],
    best: Ints,
    rows: Ints,
    name: str,
) -> Iterator[Problem]:
    """List the cells for which a row fits no group, and what may stand there."""
    columns = [*round_.columns[:-3], _KIND, _ID]
    for row in rows[: MOST_LISTED * 20]:
        for c in np.flatnonzero(misses[best[row]][:, row]):
            column = columns[c]
            nowhere = column == _ID or all(miss[c, row] for miss in misses)
            groups = round_.groups if nowhere and column != _ID else [round_.groups[best[row]]]
            allowed = _allowed(groups, column, str(table[_KIND].iloc[row]))
            key = "hub.expect.value" if nowhere else "hub.expect.value_here"
            text = str(table[column].iloc[row]) or "NA"
            yield Problem(name, int(row) + HEAD, column, text, key, {"allowed": allowed})


def _allowed(groups: Sequence[Group], column: str, kind: str) -> str:
    if column == _KIND:
        return _join([kind_ for group in groups for kind_ in group.outputs])
    if column != _ID:
        return _join([value for group in groups for value in group.tasks[column].allowed])
    output = groups[0].outputs[kind]
    if output.samples is None:
        return _join(output.ids)
    return "1, 2, 3, …" if output.samples.whole else f"1–{output.samples.longest} a–z, 0–9"


def _join(values: Sequence[str]) -> str:
    """Join values with commas; of many values, the first and the last."""
    texts = [value or "NA" for value in dict.fromkeys(values)]
    return ", ".join(texts if len(texts) <= 8 else [*texts[:6], "…", texts[-1]])


def _round_name(frame: pd.DataFrame, round_name: str, round_: Round, name: str) -> Iterator[Problem]:
    if round_.from_variable:
        other = frame[frame[round_.name].astype(str) != round_name]
        for row, value in zip(other["row"], other[round_.name], strict=True):
            facts = {"round": round_name}
            yield Problem(name, int(row), round_.name, str(value) or "NA", "hub.expect.round", facts)


def _values(frame: pd.DataFrame, table: pd.DataFrame, round_: Round, name: str) -> Iterator[Problem]:
    for g, group in enumerate(round_.groups):
        for output in group.outputs.values():
            own = (frame["group"] == g) & (frame[_KIND] == output.kind)
            value = frame[_VALUE]
            whole = output.whole & (value % 1 != 0)
            bad = own & (value.isna() | (value < output.low) | (value > output.high) | whole)
            key = "whole" if output.whole else "number"
            for at in np.flatnonzero(bad):
                facts = {"low": _end(output.low), "high": _end(output.high)}
                text = str(table[_VALUE].iloc[at]) or "NA"
                yield Problem(name, int(frame["row"].iloc[at]), _VALUE, text, f"hub.expect.{key}", facts)


def _end(value: float) -> str:
    return spelled_number(str(value)) if math.isfinite(value) else "∞" if value > 0 else "-∞"


def _repeated_rows(frame: pd.DataFrame, round_: Round, name: str) -> Iterator[Problem]:
    keys = list(round_.columns[:-1])
    for row in frame.loc[frame.duplicated(keys), "row"]:
        yield Problem(name, int(row), "", "", "hub.expect.once")


def _missing_rows(
    rows: pd.DataFrame, group: Group, round_: Round, round_name: str, name: str
) -> Iterator[Problem]:
    """List required tasks, output types and ids that are missing."""
    keys = group.keys
    needed = [output for output in group.outputs.values() if output.required]
    present = {tuple(map(str, task)) for task in rows[keys].drop_duplicates().itertuples(index=False)}
    for task in sorted(_required_tasks(present, group, round_, round_name) - present if needed else ()):
        yield Problem(name, None, "", _task(keys, task), "hub.expect.task")
    if rows.empty:
        return
    counts = rows.groupby([*keys, _KIND], observed=True, sort=False).size()
    counts_by_task = {
        tuple(str(part) for part in at): int(count) for at, count in zip(counts.index, counts, strict=True)
    }
    for task in sorted(present):
        for output in needed:
            if (*task, output.kind) not in counts_by_task:
                facts = {"kind": output.kind}
                yield Problem(name, None, _KIND, _task(keys, task), "hub.expect.output_type", facts)
    for at, count in counts_by_task.items():
        output = group.outputs[at[-1]]
        if output.samples is None and count < len(output.ids):
            mask = rows[_KIND] == output.kind
            for key, value in zip(keys, at, strict=False):
                mask &= rows[key] == value
            missing_ids = [id_ for id_ in output.ids if id_ not in set(rows.loc[mask, _ID])]
            facts = {"kind": output.kind, "ids": _join(missing_ids)}
            yield Problem(name, None, _ID, _task(keys, at[:-1]), "hub.expect.ids", facts)


def _required_tasks(
    present: set[tuple[str, ...]], group: Group, round_: Round, round_name: str
) -> set[tuple[str, ...]]:
    """Combine the required values with each choice of optional values that the table has."""
    required = [group.tasks[key].required for key in group.keys]
    if round_.from_variable and round_.name in group.keys:  # a file is of one round, and must be
        required[group.keys.index(round_.name)] = (round_name,)
    choices = {
        tuple("" if v in need else v for v, need in zip(task, required, strict=True)) for task in present
    }
    tasks: set[tuple[str, ...]] = set()
    if all(required):
        tasks.update(itertools.product(*required))
    for choice in choices:
        parts = [need if not v and need else (v,) for v, need in zip(choice, required, strict=True)]
        tasks.update(itertools.product(*parts))
    return tasks


def _task(keys: Sequence[str], task: Sequence[str]) -> str:
    return "; ".join(f"{key} {value or 'NA'}" for key, value in zip(keys, task, strict=False))


def _shape(rows: pd.DataFrame, group: Group, output: Output, name: str) -> Iterator[Problem]:
    """Check the values of one task against each other: order, sum, number of samples."""
    if rows.empty:
        return
    if output.kind in {"quantile", "cdf"}:
        yield from _falling_values(rows, group, output, name)
    elif output.kind == "pmf":
        task = rows.groupby(group.keys, observed=True, sort=False)
        total = task[_VALUE].sum(min_count=1)
        for at in np.flatnonzero((total - 1).abs() > SUM_SLACK):
            first = int(task["row"].first().iloc[at])
            yield Problem(name, first, _VALUE, f"{total.iloc[at]:.6g}", "hub.expect.sum")
    elif output.kind == "sample":
        yield from _samples(rows, group, output, name)


def _falling_values(rows: pd.DataFrame, group: Group, output: Output, name: str) -> Iterator[Problem]:
    order = {
        id_: place
        for place, id_ in enumerate(sorted(output.ids, key=float) if output.numeric else output.ids)
    }
    task = rows.groupby(group.keys, observed=True, sort=False).ngroup().to_numpy()
    place = rows[_ID].astype(str).map(order).to_numpy()
    line = np.lexsort((place, task))
    value, at = rows[_VALUE].to_numpy()[line], task[line]
    falls = (np.diff(value) < -SLACK * np.maximum(1, np.abs(value[1:]))) & (np.diff(at) == 0)
    for k in np.flatnonzero(falls):
        row, before = rows.iloc[line[k + 1]], rows.iloc[line[k]]
        facts = {"kind": output.kind, "id": str(before[_ID]), "value": f"{before[_VALUE]:.6g}"}
        yield Problem(name, int(row["row"]), _VALUE, f"{row[_VALUE]:.6g}", "hub.expect.rising", facts)


def _samples(rows: pd.DataFrame, group: Group, output: Output, name: str) -> Iterator[Problem]:
    """Check how many samples a task has, and that a sample is there for all tasks that share it."""
    samples = output.samples
    if samples is None:
        return
    keys = group.keys
    task = rows.groupby(keys, observed=True, sort=False)
    count = task.size()
    for at in np.flatnonzero((count < samples.fewest) | (count > samples.most)):
        facts = {"fewest": samples.fewest, "most": samples.most}
        first = int(task["row"].first().iloc[at])
        yield Problem(name, first, _ID, str(count.iloc[at]), "hub.expect.samples", facts)
    fixed = [key for key in keys if samples.compound is None or key in samples.compound]
    free = [key for key in keys if key not in fixed]
    if not free:
        return
    whole = rows.groupby(fixed, observed=True, sort=False) if fixed else None
    block = whole.ngroup() if whole is not None else pd.Series(0, index=rows.index)
    tasks = task.ngroup().groupby(block).transform("nunique")
    size = rows.groupby([block, rows[_ID]], observed=True, sort=False)["row"].transform("size")
    torn = rows[size < tasks].drop_duplicates([*fixed, _ID])
    for row, sample in zip(torn["row"], torn[_ID], strict=True):
        yield Problem(name, int(row), _ID, str(sample), "hub.expect.compound", {"free": free, "fixed": fixed})
