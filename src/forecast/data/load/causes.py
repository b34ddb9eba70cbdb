"""Tell one wrong row of lineage.csv once, instead of every figure that does not fit it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from forecast.base.errors import Problem
from forecast.data.tables import LINEAGE

_ENDED, _NOT_YET, _RANK = "expect.area_ended", "expect.area_not_yet", "expect.rank_of_year"
_OF_MANY: Final = {_ENDED: "expect.area_ended_of_many", _NOT_YET: "expect.area_not_yet_of_many"}
_FEWEST: Final = 5  # rows of one area; with fewer, these are as likely to be wrong


def with_causes(problems: Sequence[Problem], lineage: pd.DataFrame) -> list[Problem]:
    """Put one problem of lineage.csv in the place of those that many rows have with the years of one area.

    So, too, of ranks beyond the count of the provinces that this row leaves.
    """
    by_area: defaultdict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        if problem.expected_key in (_ENDED, _NOT_YET):
            by_area[problem.expected_key, problem.expected_facts["area"]].append(problem)
    many = {cause: follow for cause, follow in by_area.items() if len(follow) >= _FEWEST}
    if not many:
        return list(problems)
    first = min(follow[0].expected_facts["from_day"].year for follow in many.values())
    told = {id(problem) for follow in many.values() for problem in follow}
    rest = [
        problem
        for problem in problems
        if id(problem) not in told
        and not (problem.expected_key == _RANK and problem.expected_facts["year"] >= first)
    ]
    return [*(_cause(key, follow, lineage) for (key, _), follow in many.items()), *rest]


def _cause(key: str, follow: Sequence[Problem], lineage: pd.DataFrame) -> Problem:
    """Give the problem of the row of lineage by which an area ends or begins."""
    one = min((each for each in follow if each.file == follow[0].file), key=lambda each: each.row or 0)
    facts: dict[str, Any] = dict(one.expected_facts)
    name = facts["area"]
    own = lineage.loc[lineage["part" if key == _ENDED else "area"] == name].sort_values("from_day")
    row = own.iloc[-1 if key == _ENDED else 0]
    place = {"count": len(follow), "file": one.file, "number": one.row}
    day = f"{row['from_day']:%Y-%m-%d}"
    cause = replace(one, file=LINEAGE.file, row=int(row["row"]), column="from_day", value=day)
    return replace(cause, expected_key=_OF_MANY[key], expected_facts={**facts, **place})
