"""Doubt new figures that are possible but unlikely; each doubt names its cell and the reason.

Figures are compared with those of other years (by plausible.py) and with each other: totals with their parts,
ranks with scores.  A doubt stops an addition until a person insists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.data.framework import TOTAL, is_criterion
from forecast.data.load.area_rules import PROVINCES
from forecast.data.load.coherence import Misplaced, causes_of, coarse_step, misplaced
from forecast.intake.doubts import plausible
from forecast.intake.doubts.history import REACH, History

# Ten parts of ten points and their weighted sum of 100, each with two decimals, are at most 0.055 off.
SUM_TOLERANCE: Final = 0.06
_RANGE_TOLERANCE: Final = 0.02
_OF_THE_WHOLE: Final = ("doubt.unlike", "doubt.level", "doubt.column")  # else each cell would be listed
_MOST_LISTED: Final = 12  # cells of one kind that a message lists one by one
_MOST_NAMED: Final = 5  # areas that one sentence names


@dataclass(frozen=True, slots=True)
class Doubt:
    """One doubt: `key` of the catalogue with its facts; where: area and component of a score, or a column.

    `statistic` tells figures of the country apart: mean, max, min.
    """

    key: str
    area: str = ""
    component: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    column: str = ""
    statistic: str = "value"

    @property
    def all_facts(self) -> dict[str, Any]:
        """Facts of the sentence, with area and component."""
        return {"area": self.area, "component": self.component, **self.facts}

    @property
    def own_column(self) -> str:
        """The column of a figure that it is about."""
        return self.column or ("rank" if self.key.startswith("doubt.rank") else "score")


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """New figures of one index and year."""

    year: int
    percent: pd.DataFrame  # by area and component, percent of the maximum; NaN where there is no figure
    printed: pd.DataFrame  # the same cells in the unit in which they were given
    ranks: pd.Series[float]  # rank of the total by area; NaN where none is given
    # what the total is made of: points by component, or NaN where the total only lies between them
    parts: Mapping[str, float]
    provinces: int = PROVINCES  # that there were in the year


def judge(case: Case, history: History) -> list[Doubt]:
    """List the doubts about new figures, the gravest kind first.

    Of criteria nothing follows: many have all of few points, or none, from one year to the next.
    """
    criteria = [name for name in case.percent if is_criterion(str(name))]
    percent, printed = case.percent.drop(columns=criteria), case.printed.drop(columns=criteria)
    case = replace(case, percent=percent, printed=printed)
    doubts = list(_copies(case, history))
    if not any(doubt.key == "doubt.copy" for doubt in doubts):  # which tells the cause of all that is unlike
        doubts += [*_unlike_other_years(case, history), *_far_below_all(case, history)]
    moved = {doubt.component for doubt in doubts if doubt.key == "doubt.level"}
    doubts = [d for d in doubts if d.key != "doubt.far_below_all" or d.component not in moved]
    if not any(doubt.key in _OF_THE_WHOLE for doubt in doubts):
        apart = list(islice(_unlike_known(case, history), _MOST_LISTED))
        apart += _alone(case, history)
        cells = {(doubt.area, doubt.component) for doubt in apart}
        doubts = [doubt for doubt in doubts if (doubt.area, doubt.component) not in cells] + apart
    return [*doubts, *_outside_range(case, history), *_totals(case), *_rank_order(case, history)]


def _copies(case: Case, history: History) -> Iterator[Doubt]:
    """Doubt a table that has the figures of another year, all or some; few figures those of the next year."""
    table, now = case.percent, case.percent.to_numpy()
    for year in history.years:
        if year == case.year:
            continue
        cells, known = plausible.copied(now, history.table_like(table, year).to_numpy(dtype=float))
        equal = int(cells.sum())
        facts = {"year": case.year, "other": year, "equal": equal, "known": known}
        few = table.size < plausible.FEWEST_COPIED and equal and abs(year - case.year) == 1
        if few or (known >= plausible.FEWEST_COPIED and equal > plausible.COPY * known):
            yield Doubt("doubt.copy", facts=facts)
        elif plausible.left_over(cells, known):
            most = int(cells.sum(axis=0).argmax())
            whole = 2 * int(cells[:, most].sum()) > equal and table.shape[1] > 1
            of_rows = cells.sum(axis=1)
            order = np.argsort(-of_rows, kind="stable")[:_MOST_NAMED]
            areas = [str(table.index[row]) for row in order.tolist() if of_rows[row]]
            named = [*areas, "…"] if np.count_nonzero(of_rows) > _MOST_NAMED else areas
            component = str(table.columns[most]) if whole else ""
            yield Doubt("doubt.left_over", component=component, facts={**facts, "areas": named})


def _unlike_other_years(case: Case, history: History) -> Iterator[Doubt]:
    """Doubt levels that moved, rows or columns that are exchanged, cells far from other years."""
    frame = case.percent
    usual, nearest = history.usual(case.year, frame)
    if not nearest or frame.empty:  # ranks alone, or nothing known
        return
    now, mean = frame.to_numpy(), usual.to_numpy(dtype=float)
    before = history.table_like(frame, nearest).to_numpy(dtype=float)
    names, facts = list(frame.columns), {"year": case.year, "other": nearest}
    off = np.flatnonzero(np.abs(plausible.level_moves(now, before)) > plausible.LEVEL).tolist()
    for column in off:
        middles = (round(float(np.nanmedian(cells[:, column])), 1) for cells in (now, before))
        level = dict(zip(("now", "before"), middles, strict=True))
        yield Doubt("doubt.level", component=names[column], facts={**facts, **level})
    like = plausible.likeness(now, mean)
    if like < plausible.LIKENESS:
        yield Doubt("doubt.unlike", facts={**facts, "found": round(like, 2)})
        return  # rows that are mixed up would be listed one by one
    exchanged = plausible.moved_columns(now, mean)
    for column, other in exchanged:
        yield Doubt("doubt.column", component=names[column], facts={**facts, "like": names[other]})
    parts = [place for place, name in enumerate(names) if name != TOTAL]
    columns = parts if len(parts) > 1 else list(range(len(names)))
    for pair in () if exchanged else plausible.swapped_rows(now[:, columns], mean[:, columns]):
        areas = str(frame.index[pair.first]), str(frame.index[pair.second])
        yield Doubt("doubt.swap", area=areas[0], facts={**facts, "other_area": areas[1]})
    jumps = np.argwhere(np.abs(plausible.jumps(now, before)) > plausible.JUMP)
    skipped = {*off, *(column for column, _ in exchanged)}
    for row, column in [cell for cell in jumps if cell[1] not in skipped][:_MOST_LISTED]:
        cells = {"now": round(float(now[row, column]), 2), "before": round(float(before[row, column]), 2)}
        yield Doubt("doubt.jump", str(frame.index[row]), str(names[column]), {"other": nearest, **cells})


def _unlike_known(case: Case, history: History) -> Iterator[Doubt]:
    """Doubt a cell far from the known figure of its year, from those of its area, or from all known ones."""
    known = history.figures.dropna(subset="percent")
    every = history.by_component
    movement = cache(lambda other: history.movement(case.year, other, case.percent[TOTAL]))
    years: defaultdict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for area, component, year, percent in known[["area", "component", "year", "percent"]].itertuples(
        index=False
    ):
        years[area, component].append((int(year), float(percent)))
    for row, column in np.argwhere(~np.isnan(case.percent.to_numpy())):
        cell = str(case.percent.index[row]), str(case.percent.columns[column])
        now, others = float(case.percent.iloc[row, column]), years[cell]
        facts: dict[str, Any] = {"now": round(now, 2)}
        standing = [percent for year, percent in others if year == case.year]
        own, all_known = [percent for _, percent in others], every.get(cell[1], np.array([]))
        total = cell[1] == TOTAL
        if standing and plausible.unlike(now, standing):
            yield Doubt("doubt.standing", *cell, {**facts, "known": round(standing[0], 2)})
        elif (
            own
            and not standing
            and (
                plausible.far(now, own, float(np.median(all_known)), total=total)
                or (total and _sudden(case, history, movement, now, others))
            )
        ):
            year, percent = min(others, key=lambda pair: abs(pair[0] - case.year))
            yield Doubt("doubt.jump", *cell, {**facts, "other": year, "before": round(percent, 2)})
        elif not standing and plausible.beyond(now, all_known, own, total=total):
            ends = {"low": round(float(all_known.min()), 2), "high": round(float(all_known.max()), 2)}
            yield Doubt("doubt.beyond", *cell, {**facts, **ends})


def _sudden(
    case: Case,
    history: History,
    movement: Callable[[int], float],
    now: float,
    others: Sequence[tuple[int, float]],
) -> bool:
    """Whether a total moved, beside all others, from the nearest year of its place as next to none did.

    `movement`: of all totals from another year to that of the case.
    The highest and lowest that were published for the country are sure.
    """
    apart, year, before = min((abs(year - case.year), year, percent) for year, percent in others)
    ends = history.ends.get((case.year, TOTAL), (np.nan, np.nan))
    if apart > REACH or any(abs(now - end) <= _RANGE_TOLERANCE for end in ends):
        return False
    middle = float(np.median(history.by_component[TOTAL]))
    return plausible.sudden(now, before, movement(year), middle, history.spread_of_changes)


def _alone(case: Case, history: History) -> Iterator[Doubt]:
    """Doubt a cell far from all others of its column, where no figure of its area and component is known."""
    known = history.figures.dropna(subset="percent")
    placed = set(zip(known["area"], known["component"], strict=True))
    for component in case.percent.columns:
        column = case.percent[component].to_numpy()
        found = plausible.alone(column)
        area = str(case.percent.index[found[0]]) if found else ""
        if found and (area, component) not in placed:
            facts = {"now": round(float(column[found[0]]), 2), "nearest": round(found[1], 2)}
            yield Doubt("doubt.alone", area, str(component), facts)


def _far_below_all(case: Case, history: History) -> Iterator[Doubt]:
    """Doubt the first figure of an area and component far below all others: points typed as percent, say."""
    known = history.figures.dropna(subset="percent")
    middle = float(known["percent"].median())
    placed = set(zip(known["area"], known["component"], strict=True))
    for row, column in np.argwhere(case.percent.to_numpy() < plausible.FAR_BELOW * middle):
        cell = str(case.percent.index[row]), str(case.percent.columns[column])
        if cell not in placed:
            now = float(case.percent.iloc[row, column])
            yield Doubt("doubt.far_below_all", *cell, {"now": round(now, 2), "middle": round(middle, 1)})


def _outside_range(case: Case, history: History) -> Iterator[Doubt]:
    """Doubt a figure outside the lowest and highest that were published for the year."""
    for component in case.percent.columns:
        low, high = history.ends.get((case.year, component), (-np.inf, np.inf))
        own = case.percent[component].dropna()
        outside = own[~own.between(low - _RANGE_TOLERANCE, high + _RANGE_TOLERANCE)]
        for area, value in islice(outside.items(), _MOST_LISTED):
            key, end = ("doubt.below_lowest", low) if value < low else ("doubt.above_highest", high)
            facts = {"end": round(float(end), 2), "now": round(float(value), 2)}
            yield Doubt(key, str(area), component, facts)


def _totals(case: Case) -> Iterator[Doubt]:
    """Doubt a total that is not the sum of its parts, or not between them."""
    if TOTAL not in case.percent:
        return
    parts = list(case.parts)
    if not parts or not set(parts) <= set(case.percent.columns):  # of some parts nothing follows
        return
    own, total = case.percent[parts].dropna(), case.percent[TOTAL]
    points = np.array([case.parts[name] for name in parts])
    if not np.isnan(points).any():
        sums, total = (own * points / 100).sum(axis=1), total[own.index] * points.sum() / 100
        off = (total - sums).abs()
        printed = case.printed.loc[own.index]
        steps = np.array([coarse_step(printed[name].to_numpy(dtype=float)) for name in parts])
        of_printed = (own * points / 100 / printed[parts]).median().to_numpy()
        for area in off.index[off > SUM_TOLERANCE + float(steps @ of_printed)][:_MOST_LISTED]:
            facts = {"sum": round(float(sums[area]), 4), "total": round(float(total[area]), 4)}
            yield Doubt("doubt.sum", str(area), TOTAL, facts)
        return
    low, high = own.min(axis=1), own.max(axis=1)
    inside = total[own.index].between(low - _RANGE_TOLERANCE, high + _RANGE_TOLERANCE)
    for area in own.index[~inside & total[own.index].notna()][:_MOST_LISTED]:
        ends = {"low": round(float(low[area]), 2), "high": round(float(high[area]), 2)}
        yield Doubt("doubt.between", str(area), TOTAL, {**ends, "now": round(float(total[area]), 2)})


def _rank_order(case: Case, history: History) -> Iterator[Doubt]:
    """Doubt a rank that contradicts the totals; of some provinces the order is compared, and other years."""
    if TOTAL not in case.printed:
        return
    both = pd.DataFrame({"score": case.printed[TOTAL], "rank": case.ranks}).dropna()
    if both.empty:
        return
    scores, ranks = both["score"], both["rank"]
    whole_table = len(both) == ranks.max()
    causes, wrong = causes_of(scores, ranks, _out_of_whole if whole_table else _out_of_order)
    for area, count in causes:
        yield Doubt("doubt.one_score", area, TOTAL, {"score": float(scores[area]), "count": count})
    for area, rank, due in wrong[:_MOST_LISTED]:
        facts = {"rank": int(rank), "score": float(scores[area]), "due": due}
        yield Doubt("doubt.rank" if whole_table else "doubt.rank_order", area, TOTAL, facts)
    told = {area for area, _ in causes} | {area for area, *_ in wrong}
    if not whole_table or len(both) == 1:
        yield from islice(_odd_ranks(case, history, told), _MOST_LISTED)


def _odd_ranks(case: Case, history: History, told: Collection[str]) -> Iterator[Doubt]:
    """Doubt a rank that the known totals of its year, and their ranks, do not leave, or whose total none had.

    What is new in the case itself is left to `_out_of_order`.
    """
    known = history.figures[history.figures["component"] == TOTAL].dropna(subset="percent")
    ranked = known[known["year"] != case.year].dropna(subset="rank")
    years = [(own["percent"].to_numpy(), own["rank"].to_numpy()) for _, own in ranked.groupby("year")]
    of_year = known.loc[known["year"] == case.year].set_index("area")
    of_year["rank"] = of_year["rank"].where(~of_year.index.isin(case.percent.index))
    both = pd.DataFrame({"percent": case.percent[TOTAL], "rank": case.ranks}).dropna()
    for area, percent, rank in both[~both.index.isin(told)].itertuples(name=None):
        others = of_year.drop(area, errors="ignore")
        above = others[others["percent"] > percent + _RANGE_TOLERANCE]["rank"]
        below = others[others["percent"] < percent - _RANGE_TOLERANCE]["rank"]
        least, most = 1 + len(above), case.provinces - len(below)
        after = int(above.max()) if above.notna().any() else 0
        until = int(below.min()) if below.notna().any() else case.provinces + 1
        if max(least, after + 1) <= min(most, until - 1):
            least, most = max(least, after + 1), min(most, until - 1)
        low, high = plausible.span_of_rank(rank, years)
        facts = {"rank": int(rank), "now": round(percent, 2)}
        if rank < least or rank > most:
            ends = {"least": least, "most": most, "known": len(others)}
            yield Doubt("doubt.rank_known", str(area), TOTAL, {**facts, **ends})
        elif after and after + 1 >= until and until <= case.provinces:  # two that follow each other
            yield Doubt("doubt.no_rank", str(area), TOTAL, {**facts, "above": after, "below": until})
        elif not low - plausible.RANK_SPAN <= percent <= high + plausible.RANK_SPAN:
            key, end = ("doubt.rank_low", low) if percent < low else ("doubt.rank_high", high)
            yield Doubt(key, str(area), TOTAL, {**facts, "end": round(float(end), 2)})


def _out_of_whole(scores: pd.Series[float], ranks: pd.Series[float]) -> list[Misplaced]:
    return misplaced(scores, ranks, slack=0)


def _out_of_order(scores: pd.Series[float], ranks: pd.Series[float]) -> list[Misplaced]:
    """Ranks that are not in the order of the scores of some provinces."""
    found = []
    for (area, score), rank in zip(scores.items(), ranks, strict=True):
        above = scores > score
        if (ranks[above] > rank).any() or (ranks[scores < score] < rank).any():
            found.append((str(area), float(rank), 1 + int(above.sum())))
    return found
