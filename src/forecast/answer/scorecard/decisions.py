"""The table of decisions: what a meeting can decide, and how many points each would add.

A remedy on record brings the effect that it states, a criterion without one the most that it can still
reach, and where no criteria are entered a domain half a point.  None brings more than can still be won
on the day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.answer.result import DECISION_COLUMNS
from forecast.answer.scorecard.scenarios import Baseline, add_points, add_remedy
from forecast.base.arrays import Floats
from forecast.data.framework import TOTAL
from forecast.data.tables import DAY_DTYPE
from forecast.model.simulate import ENDS, chance, quantiles, ranks

Row = dict[str, Any]

LEAST: Final = 0.005  # points: less is not shown
HALF: Final = 0.5  # points, where nobody has entered what can be done: an example, not what can be won
GROUP: Final = 15  # the rank that a chance is given of where no target is a rank
TOGETHER: Final = 5  # decisions that fit on the first sheet


@dataclass(frozen=True, slots=True, eq=False)
class _Aim:
    """The measure of decisions: the rank, and the chance of the nearest target."""

    baseline: Baseline
    quantity: str
    relation: str
    value: float

    def row(self, points: Floats, **facts: Any) -> Row:
        """Make the row of a decision after which the area's leaves are `points`, shape (n, L)."""
        base, own = self.baseline.leaves.points.sum(axis=1), points.sum(axis=1)
        totals = self.baseline.totals.copy()
        totals[:, self.baseline.place] = own
        gained = own - base
        low, _, high = quantiles(gained, ENDS)
        before, after = (self._rank_and_chance(sums) for sums in (self.baseline.totals, totals))
        return facts | {
            "points": round(float(gained.mean()), 4),  # a step is won or not, so its median jumps
            "points_lower": low,
            "points_upper": high,
            "rank_before": before[0],
            "rank_after": after[0],
            "quantity": self.quantity,
            "value": self.value,
            "p_before": before[1],
            "p_after": after[1],
        }

    def _rank_and_chance(self, totals: Floats) -> tuple[float, float]:
        """The middle rank, and the chance of the target."""
        rank, own = ranks(totals, self.baseline.place), totals[:, self.baseline.place]
        drawn = {"rank": rank.astype(float), "points": own, "percent": own}
        middle = float(np.quantile(rank, 0.5, method="inverted_cdf"))
        return middle, chance(drawn[self.quantity], self.relation, self.value)


def decision_table(baseline: Baseline, targets: pd.DataFrame) -> pd.DataFrame:
    """Set out what can be decided, what brings most first; see `Result.decisions`.

    Chances are of the nearest of the ranks aimed at.
    """
    aim = _aim(baseline, targets)
    options = [(row, points) for row, points in _options(baseline) if _gain(baseline, points) > LEAST]
    options.sort(key=lambda pair: (pair[0].pop("least", 0.0), -_gain(baseline, pair[1])))
    rows = [aim.row(points, **row) for row, points in options]
    options = [pair for pair in options if pair[0]["kind"] != "domain"]
    if options:
        together = baseline.leaves.points
        for row, points in options[:TOGETHER]:
            together = together + _beyond(baseline, row, points, together)
        count = min(TOGETHER, len(options))
        rows.append(aim.row(together, kind="together", component=TOTAL, days_overdue=float(count)))
    rows.append(
        aim.row(add_points(baseline, baseline.leaves.points, TOTAL, HALF), kind="half_point", component=TOTAL)
    )
    table = pd.DataFrame(rows, columns=list(DECISION_COLUMNS))
    texts = ["kind", "component", "unit", "responsible", "action"]
    table[texts] = table[texts].astype("object").fillna("").astype("str")
    return table.astype({"due": DAY_DTYPE, "deadline": DAY_DTYPE})


def _aim(baseline: Baseline, targets: pd.DataFrame) -> _Aim:
    ranked = targets.loc[targets["quantity"] == "rank"].sort_values("value")
    if ranked.empty:
        return _Aim(baseline, "rank", "<=", float(GROUP))
    nearest = ranked.iloc[-1]
    return _Aim(baseline, "rank", str(nearest["relation"]), float(nearest["value"]))


def _options(baseline: Baseline) -> Iterator[tuple[Row, Floats]]:
    """Give every remedy, criterion or domain that can be acted on, with the leaves once it is done."""
    leaves, tree = baseline.leaves.points, baseline.leaves.tree
    rows = baseline.remedies
    rows = rows[rows["component"].isin(tree.names) & (rows["expected_effect"] > 0)]
    for _, remedy in rows.iterrows():
        name = str(remedy["component"])
        facts = {key: remedy[key] for key in ("unit", "action", "due", "days_overdue")}
        row = {"kind": "remedy", "component": name, **facts, **_of_node(baseline, name)}
        yield row, add_remedy(baseline, leaves, name, float(remedy["expected_effect"]))
    acted_on = {int(leaf) for name in rows["component"] for leaf in tree.under(tree.place(str(name)))}
    for leaf, node in enumerate(tree.leaves):
        kind = tree.rows[int(node)]["kind"]
        if leaf in acted_on:
            continue
        name = str(tree.rows[int(node)]["component"])
        room = np.maximum(baseline.attainable[leaf] - leaves[:, leaf], 0.0)
        points = leaves.copy()
        if kind in ("criterion", "subcriterion"):
            points[:, leaf] += room
            yield {"kind": "criterion", "component": name, **_of_node(baseline, name)}, points
        else:  # where most is lost first: what half a point brings is the same everywhere
            points[:, leaf] += np.minimum(room, HALF)
            lost = float(np.median(tree.maxima[leaf] - leaves[:, leaf]))
            yield {"kind": "domain", "component": name, "least": -lost, **_of_node(baseline, name)}, points


def _of_node(baseline: Baseline, name: str) -> Row:
    row = baseline.leaves.tree.rows[baseline.leaves.tree.place(name)]
    return {"responsible": str(row["responsible"] or ""), "deadline": row.get("deadline", pd.NaT)}


def _gain(baseline: Baseline, points: Floats) -> float:
    return float((points - baseline.leaves.points).sum(axis=1).mean())


def _beyond(baseline: Baseline, row: Row, points: Floats, so_far: Floats) -> Floats:
    """What a decision adds to others that are done: two remedies of a criterion share its room."""
    step = points - baseline.leaves.points
    room = np.maximum(baseline.attainable - so_far, 0.0)
    return np.asarray(np.minimum(step, room)) if row["kind"] == "remedy" else step
