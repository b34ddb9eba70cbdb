"""Doubt self-scores and appraisals that may have lost a decimal mark: beside each other and other years."""

import math
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from forecast.base.indexes import MAIN
from forecast.data.framework import WHOLE, is_criterion, with_share
from forecast.data.load import Vintages
from forecast.data.load.cells import each_row
from forecast.data.tables import EVENTS, FRAMEWORKS, SCORES, SELF_SCORES
from forecast.intake.doubts.plausible import FEWEST_COPIED
from forecast.intake.doubts.scores import Doubt
from forecast.intake.figures import may_have_slipped

_COLUMNS: Final = ("self_score", "appraised_score")
_OF_SCORES: Final = ("area", "component", "year", "score", "unit", "index_code", "max_score", "published_on")


class _Figure(NamedTuple):
    """What a figure is of its maximum; `number` is its row among the self-scores, or -1."""

    number: int
    year: int
    what: str
    share: float


def self_score_doubts(vintages: Vintages, first: int = 0) -> Iterator[tuple[int, Any, Doubt]]:
    """Doubt self-scores beside their appraisal and other years, from `first` on: number, row, doubt."""
    rows = vintages.frames[SELF_SCORES.name]
    if len(rows) == first:
        return
    known = _known(vintages)
    yield from _of_years(rows, first)
    for number, row in enumerate(each_row(rows.iloc[first:])):
        figures = known.get((row.area, row.component), [])
        yield from ((number, row, doubt) for doubt in _of_row(row, first + number, figures))


def _of_years(rows: pd.DataFrame, first: int) -> Iterator[tuple[int, Any, Doubt]]:
    """Doubt an area's year whose columns may be exchanged, or that is an earlier year's: once, at a row.

    An appraisal takes points off; of full points nothing follows.
    """
    rows = rows.assign(number=range(-first, len(rows) - first))
    for (area, year), own in rows[rows["number"] >= 0].groupby(["area", "year"], sort=False):
        both = own.dropna(subset=list(_COLUMNS))
        above = both[both["appraised_score"] > both["self_score"]]
        if len(above) >= FEWEST_COPIED and 2 * len(above) > len(both):
            row = next(each_row(above))
            facts = {"above": len(above), "count": len(both)}
            yield int(row.number), row, Doubt("doubt.self_below", facts=facts, column="self_score")
        past = rows[(rows["area"] == area) & (rows["year"] < year)]
        for other, of_other in past.groupby("year"):
            before = own["component"].map(of_other.groupby("component")["self_score"].last())
            equal = own[(own["self_score"] == before) & ~(own["self_score"] >= own["max_score"])]
            if len(equal) >= FEWEST_COPIED and 2 * len(equal) > before.count():
                row = next(each_row(equal))
                facts = {"other": int(str(other)), "equal": len(equal), "known": int(before.count())}
                yield int(row.number), row, Doubt("doubt.copy", facts=facts, column="self_score")


def _of_row(row: Any, number: int, known: list[_Figure]) -> Iterator[Doubt]:
    criterion = is_criterion(row.component)
    points = {name: float(getattr(row, name)) for name in _COLUMNS}
    if may_have_slipped(*points.values(), criterion=criterion):
        yield Doubt("doubt.beside_self", facts=points, column=min(points, key=points.__getitem__))
        return
    past = [each.share for each in known if each.year != row.year or each.what == SCORES.name]
    usual = float(np.median(past)) if past else math.nan
    for figure in (each for each in known if each.number == number):
        if past and may_have_slipped(figure.share, usual, criterion=criterion):
            facts = {"now": round(WHOLE * figure.share, 1), "usual": round(WHOLE * usual, 1)}
            yield Doubt("doubt.self_before", "", row.component, facts, figure.what)
            return


def _known(vintages: Vintages) -> dict[tuple[str, str], list[_Figure]]:
    """Give the figures of the components that have self-scores, by area and component."""
    frames, scores = vintages.frames, vintages.frames[SCORES.name]
    rows = frames[SELF_SCORES.name]
    rows = rows.assign(unit="points", index_code=MAIN, number=range(len(rows)))
    scores = scores[(scores["index_code"] == MAIN) & (scores["statistic"] == "value")]
    own = [rows.assign(score=rows[name], what=name) for name in _COLUMNS]
    every = pd.concat(
        [
            frame[[*_OF_SCORES, "number", "what"]]
            for frame in (*own, scores.assign(what=SCORES.name, number=-1))
        ],
        ignore_index=True,
    )
    every = every[every["component"].isin(set(rows["component"])) & every["score"].notna()]
    shares = with_share(
        every, frames[FRAMEWORKS.name], frames[EVENTS.name], every["published_on"].max().date()
    )
    found: dict[tuple[str, str], list[_Figure]] = {}
    for row in each_row(shares[shares["share"].notna()]):
        figure = _Figure(int(row.number), int(row.year), row.what, float(row.share))
        found.setdefault((row.area, row.component), []).append(figure)
    return found
