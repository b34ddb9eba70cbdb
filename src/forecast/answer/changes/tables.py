"""Make the three tables of a result that say what changed since the last report."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from forecast.answer.changes.earlier import Earlier, read
from forecast.answer.changes.rows import changed_rows
from forecast.answer.changes.steps import MODEL, TABLES, UNSPLIT, WHOLE, put_back
from forecast.answer.findings import phrase
from forecast.answer.result import CHANGE_COLUMNS, PREVIOUS_COLUMNS
from forecast.base.errors import ForecastError
from forecast.base.spec import RunSpec
from forecast.data.load import Known
from forecast.data.tables import DAY_DTYPE

Medians = Mapping[str, float]  # by component
Row = tuple[str, str, float, float, float]  # of `changes`


def change_tables(
    folder: Path, known: Known, spec: RunSpec, now: Medians, medians: Callable[[Known], Medians]
) -> dict[str, pd.DataFrame]:
    """Compare with the report in `folder`: `previous`, `changes` and `changed_rows` of `Result`.

    `now` are the medians of the forecast made from `known`; `medians` gives those that today's code finds in
    any state of knowledge.  Where the earlier report cannot be compared the latter two tables have no rows.
    """
    earlier = read(folder, spec)
    rows = changed_rows(earlier.known or known, known, spec)
    moves: list[Row] = []
    if earlier.medians:
        earlier, steps, values = _walk(earlier, known, set(rows["step"]), now, medians)
        moves = _moves(steps, values)
    about = (earlier.run_id, earlier.spec and earlier.spec.as_of, earlier.reason)
    return {
        "previous": pd.DataFrame([about], columns=list(PREVIOUS_COLUMNS)).astype({"as_of": DAY_DTYPE}),
        "changes": pd.DataFrame(moves, columns=list(CHANGE_COLUMNS)),
        "changed_rows": rows,
    }


def _walk(
    earlier: Earlier, known: Known, changed_steps: set[str], now: Medians, medians: Callable[[Known], Medians]
) -> tuple[Earlier, list[str], list[Medians]]:
    """Walk from the earlier medians to today's: the steps, and the medians before, between and after them."""
    if earlier.known is None:
        return earlier, [UNSPLIT], [earlier.medians, now]
    order = [step for step in TABLES if step in changed_steps]
    try:
        between = [
            medians(put_back(known, earlier.known, order[place:])) for place in range(len(order))
        ]  # before each of them
    except ForecastError:
        unsplit = replace(earlier, reason=phrase("changes.other_model"))
        return unsplit, [UNSPLIT], [earlier.medians, now]
    return earlier, [MODEL, *order], [earlier.medians, *between, now]


def _moves(steps: Sequence[str], values: Sequence[Medians]) -> list[Row]:
    """Give each component's whole move, and each step's part in it.

    A component that is missing in between moves from where it was last seen.
    """
    before, after = values[0], values[-1]
    moves: list[Row] = []
    for component in after:
        moves.append(_row(component, WHOLE, before.get(component, math.nan), after[component]))
        last = before.get(component)
        if last is None:
            continue
        for step, medians in zip(steps, values[1:], strict=True):
            here = medians.get(component, last)
            if here != last:
                moves.append(_row(component, step, last, here))
            last = here
    return moves


def _row(component: str, step: str, before: float, after: float) -> Row:
    return component, step, before, after, round(after - before, 4)
