"""The scorecard: every component with what it earns, loses, can still win and may lose."""

import datetime as dt
from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.answer.findings import phrase, phrases
from forecast.answer.result import PROJECTION_COLUMNS, SCORECARD_COLUMNS
from forecast.answer.scorecard.leaves import SURVEY_SOURCES, Leaves
from forecast.answer.scorecard.pace import year_end
from forecast.answer.scorecard.tree import Tree
from forecast.base.arrays import Flags, Floats
from forecast.model.simulate import ENDS, quantiles

SLOW_SOURCES: Final = (*SURVEY_SOURCES, "outcome")
LEAST: Final = 0.005  # points: less than is shown
TURNS: Final = 92  # days that it takes, by assumption, to turn what people answer or statistics of the year
GAMBLE: Final = (0.1, 0.9)  # a chance between these of reaching a threshold is a gamble


def scorecard_table(
    leaves: Leaves, answered: Collection[str], target_year: int, as_of: dt.date
) -> pd.DataFrame:
    """Set out all components; see `Result.scorecard`.  Departments gave a forecast of those `answered`."""
    tree = leaves.tree
    node_points = tree.roll_up(leaves.points)
    can_win = tree.roll_up(np.maximum(attainable(leaves, target_year, as_of) - leaves.points, 0.0))
    by_leaf = {int(node): leaf for leaf, node in enumerate(tree.leaves)}
    rows = []
    for node, row in enumerate(tree.rows):
        maximum, points = float(row["max_score"]), node_points[:, node]
        ends, wins = quantiles(points, ENDS), quantiles(can_win[:, node], ENDS)
        # A step of a criterion is won or not, so its median jumps; above, every page has the median.
        whole = row["kind"] in ("total", "domain", "part")
        expected = float(ends[1]) if whole else float(points.mean())
        lost = maximum - expected
        winnable = float(wins[1]) if whole else float(can_win[:, node].mean())
        rows.append(
            {name: row[name] for name in SCORECARD_COLUMNS[:12]}
            | {
                "last": last_points(leaves, node, target_year - 1),
                "expected": round(expected, 4),
                "median": ends[1],
                "lower": ends[0],
                "upper": ends[2],
                "sd": round(float(points.std()), 4),
                "lost": round(lost, 4),
                "open": round(winnable / lost, 4) if lost > LEAST else 0.0,
                "winnable": round(winnable, 4),
                "winnable_lower": wins[0],
                "winnable_upper": wins[2],
            }
            | _of_leaf(leaves, by_leaf.get(node), answered, maximum)
        )
    table = pd.DataFrame(rows)
    finest = pd.Series([node in by_leaf for node in range(len(table))])
    worst = table["max_score"] - table["lower"]
    table["lever_rank"] = _order(table["winnable"], finest & (table["winnable"] > LEAST))
    table["risk_rank"] = _order(worst, finest & (worst > LEAST))
    return table[list(SCORECARD_COLUMNS)]


def projection_table(leaves: Leaves) -> pd.DataFrame:
    """Set out the indicators that rules score, with their projected value: `PROJECTION_COLUMNS`."""
    rows = []
    fields = ("indicator", "name", "name_en", "unit", "period", "value", "pairs", "method", "reason")
    for projection in leaves.projections.values():
        ends = quantiles(projection.draws, ENDS) if len(projection.draws) else np.full(3, np.nan)
        own = {name: getattr(projection, name) for name in fields}
        rows.append({**own, **dict(zip(("lower", "projected", "upper"), ends, strict=True))})
    return pd.DataFrame(rows, columns=list(PROJECTION_COLUMNS))


def attainable(leaves: Leaves, target_year: int, as_of: dt.date) -> Floats:
    """Most that each leaf can still reach; 0 after its day.  What a case has cost does not come back.

    In the last `TURNS` days of the year nobody turns surveys and whole-year statistics any more.
    """
    most = np.zeros(len(leaves.tree.leaves))
    settled = slow(leaves.tree) & ((year_end(target_year) - as_of).days < TURNS)
    for leaf, node in enumerate(leaves.tree.leaves):
        deadline = leaves.tree.rows[node]["deadline"]
        last_day = year_end(target_year) if pd.isna(deadline) else deadline.date()
        if as_of <= last_day and not settled[leaf]:
            most[leaf] = _attainable(leaves, leaf)
    return most


def slow(tree: Tree) -> Flags:
    """Which leaves are scored by surveys or by statistics of the whole year, shape (L,)."""
    return np.array(
        [row["kind"] == "part" or str(row.get("source") or "") in SLOW_SOURCES for row in tree.leaf_rows]
    )


def _attainable(leaves: Leaves, leaf: int) -> float:
    maximum = float(leaves.tree.maxima[leaf])
    rule, projection = leaves.scored[leaf], leaves.projections.get(leaves.tree.leaf_rows[leaf]["indicator"])
    if rule is None or projection is None or rule.kind != "deduct" or np.isnan(projection.value):
        return maximum
    return float(rule.points(projection.value, maximum))


def last_points(leaves: Leaves, node: int, year: int) -> float:
    """Published points of a node in a year, of a criterion the sum of its parts if all are known, else NaN.

    A domain without a published score has an estimate, by the panel, and no second one from here.
    """
    if leaves.last_year[node] == year:
        return round(float(leaves.last[node]), 4)
    if leaves.tree.rows[node]["kind"] not in ("criterion", "subcriterion"):
        return float("nan")
    under = leaves.tree.leaves[leaves.tree.under(node)]
    whole = (leaves.last_year[under] == year).all()
    return round(float(leaves.last[under].sum()), 4) if whole else float("nan")


def _of_leaf(leaves: Leaves, leaf: int | None, answered: Collection[str], maximum: float) -> dict[str, Any]:
    if leaf is None:
        return {"p_full": np.nan, "informed": "", "basis": "", "gamble": ""}
    by_rule = bool(leaves.by_rule[leaf])
    has_answer = leaves.tree.leaf_rows[leaf]["component"] in answered
    informed = (
        ("both" if has_answer else "indicator") if by_rule else "department" if has_answer else "domain"
    )
    full = float((leaves.points[:, leaf] >= maximum - LEAST).mean()) if informed == "indicator" else np.nan
    more = [phrase("scorecard.basis_department")] if has_answer else []
    basis, gamble = phrases([*leaves.basis(leaf), *more]), _gamble(leaves, leaf, maximum)
    return {"p_full": full, "informed": informed, "basis": basis, "gamble": gamble}


def _gamble(leaves: Leaves, leaf: int, maximum: float) -> str:
    """Name the threshold that is most in doubt, if one is, with what hangs on it."""
    rule = leaves.scored[leaf]
    if rule is None or not leaves.by_rule[leaf]:
        return ""
    levels = rule.levels(maximum)
    values = leaves.projections[leaves.tree.leaf_rows[leaf]["indicator"]].draws
    chances = [float(rule.reached(values, threshold).mean()) for threshold, _ in levels]
    doubtful = [k for k, chance in enumerate(chances) if GAMBLE[0] <= chance <= GAMBLE[1]]
    if not doubtful:
        return ""
    most = min(doubtful, key=lambda k: abs(chances[k] - 0.5))
    below = levels[most - 1][1] if most else 0.0
    facts = {
        "threshold": levels[most][0],
        "points_below": below,
        "points_at": levels[most][1],
        "chance": round(100 * chances[most]),
    }
    return phrase("scorecard.gamble_down" if rule.downward else "scorecard.gamble", **facts)


def _order(size: pd.Series, mask: pd.Series) -> pd.Series:
    """Count from 1, the largest first; NaN outside `mask`."""
    return size.where(mask).rank(method="first", ascending=False)
