"""Apply scenarios to the forecast's own draws, so that a difference between two is not noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.answer.findings import phrase
from forecast.answer.result import SCENARIO_COLUMNS, SCENARIO_TARGET_COLUMNS
from forecast.answer.scorecard.allocation import adjust_to_sum
from forecast.answer.scorecard.elasticity import Elasticity
from forecast.answer.scorecard.leaves import Leaves
from forecast.answer.scorecard.tree import NONE
from forecast.base.arrays import Floats
from forecast.data.framework import WHOLE
from forecast.data.scenarios import Scenario, flat
from forecast.model.simulate import ENDS, chance, quantiles, ranks

LEAST: Final = 1e-12  # points


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a scenario gives: the area's leaves (n, L) and the totals of all areas (n, P); or why nothing."""

    points: Floats
    totals: Floats
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """The forecast that scenarios change."""

    leaves: Leaves  # the forecast
    totals: Floats  # (n, P): totals of all areas; the column of the area is the sum of its leaves
    place: int  # column of the area
    remedies: pd.DataFrame  # open remedies: component, expected_effect, days_overdue
    # (L,): most that a remedy can still bring each leaf to, in points; 0 where its day is past
    attainable: Floats
    # what indicators are worth that no rule scores
    elasticities: Mapping[str, Elasticity] = field(default_factory=dict)

    @property
    def rule_indicators(self) -> frozenset[str]:
        """Indicators that a rule has scored a leaf by."""
        rows = self.leaves.tree.leaf_rows
        return frozenset(rows[leaf]["indicator"] for leaf in np.flatnonzero(self.leaves.by_rule))

    def leaves_with_rule(self, code: str) -> list[int]:
        """Leaves that an indicator scores by their rule."""
        pairs = zip(self.leaves.tree.leaf_rows, self.leaves.scored, strict=True)
        return [leaf for leaf, (row, rule) in enumerate(pairs) if row["indicator"] == code and rule]

    def no_effect_reason(self, code: str) -> str:
        """Say why an indicator can move nothing, as a phrase; empty if it can."""
        if self.leaves_with_rule(code):
            return ""
        own = self.elasticities.get(code)
        if own is None:
            return phrase("scenario.no_indicator", indicator=code)
        return own.reason or (
            "" if len(self.leaves_without_rule(own.component)) else phrase("scenario.all_ruled")
        )

    def leaves_without_rule(self, component: str) -> NDArray[np.intp]:
        """Leaves below a component that no rule scores."""
        tree = self.leaves.tree
        under = np.asarray(tree.under(tree.place(component)))
        return under[~self.leaves.by_rule[under]]


def outcome_of(baseline: Baseline, scenario: Scenario, scenarios: Sequence[Scenario]) -> Outcome:
    """Apply a scenario, and those that it combines, to every draw.

    Indicators are set first, each once whatever is combined (the last part that names it counts), then
    points are added or taken, then remedies take effect, each within its maximum.
    """
    parts = flat(scenario, scenarios)
    indicator_values = {code: value for part in parts for code, value in part.indicators.items()}
    outcome = _set_indicators(baseline, indicator_values)
    if outcome.reason:
        return outcome
    points, totals = outcome.points, outcome.totals
    for step in (_apply_points, _apply_remedies):
        for part in parts:
            outcome = step(baseline, part, Outcome(points, totals))
            if outcome.reason:
                return outcome
            points, totals = outcome.points, outcome.totals
    totals = totals.copy()
    totals[:, baseline.place] = points.sum(axis=1)
    return Outcome(points, totals)


def scenario_table(
    baseline: Baseline, scenarios: Sequence[Scenario], targets: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Apply all scenarios; see `outcome_table`."""
    return outcome_table(
        baseline, [(scenario, outcome_of(baseline, scenario, scenarios)) for scenario in scenarios], targets
    )


def outcome_table(
    baseline: Baseline, outcomes: Sequence[tuple[Scenario, Outcome]], targets: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tabulate scenarios that were applied: `SCENARIO_COLUMNS`, and the chance of every target under each.

    A scenario that could not be applied has no chances (`SCENARIO_TARGET_COLUMNS`).
    """
    rows: list[dict[str, Any]] = []
    chances: list[dict[str, Any]] = []
    base = baseline.leaves.points.sum(axis=1)
    for scenario, outcome in outcomes:
        row: dict[str, Any] = dict.fromkeys(SCENARIO_COLUMNS, np.nan) | {
            "scenario": scenario.scenario_id,
            "name_vi": scenario.name_vi,
            "name_en": scenario.name_en or scenario.name_vi,
            "reason": outcome.reason,
        }
        if not outcome.reason:
            total = outcome.totals[:, baseline.place]
            rank = ranks(outcome.totals, baseline.place).astype(float)
            for name, values in (("", total), ("difference", total - base), ("rank", rank)):
                row |= _ends(name, quantiles(values, ENDS))
            # A step of a rule is won or not: the median jumps from one to the other, the mean adds up.
            row["difference"] = round(float((total - base).mean()), 4)
            drawn = {"rank": rank, "points": total, "percent": total}
            for target in targets.to_dict("records"):
                reached = chance(drawn[target["quantity"]], target["relation"], float(target["value"]))
                own = {name: target[name] for name in ("quantity", "relation", "value", "set_on")}
                chances.append({"scenario": scenario.scenario_id, **own, "probability": reached})
        rows.append(row)
    return (
        pd.DataFrame(rows, columns=list(SCENARIO_COLUMNS)),
        pd.DataFrame(chances, columns=list(SCENARIO_TARGET_COLUMNS)),
    )


def _ends(name: str, ends: Floats) -> dict[str, float]:
    low, middle, high = (float(value) for value in ends)
    if name == "difference":
        return {"difference_lower": low, "difference": middle, "difference_upper": high}
    mark = f"{name}_" if name else ""
    return {f"{mark}lower": low, f"{mark}median": middle, f"{mark}upper": high}


def _set_indicators(baseline: Baseline, indicator_values: Mapping[str, float]) -> Outcome:
    """Score indicators by their rule; those without one move their domain by what a unit is worth."""
    tree, scored = baseline.leaves.tree, baseline.leaves.scored
    points = baseline.leaves.points.copy()
    for code in indicator_values:
        if reason := baseline.no_effect_reason(code):
            return Outcome(baseline.leaves.points, baseline.totals, reason)
    for code, value in indicator_values.items():
        for leaf in baseline.leaves_with_rule(code):
            rule = scored[leaf]
            if rule is not None:
                points[:, leaf] = rule.points(value, float(tree.maxima[leaf]))
    for code, value in indicator_values.items():
        if not baseline.leaves_with_rule(code):
            points = _move_domain(baseline, points, baseline.elasticities[code], value)
    return Outcome(points, baseline.totals)


def _move_domain(baseline: Baseline, points: Floats, own: Elasticity, value: float) -> Floats:
    """Move a domain by an indicator's distance from what is expected, in every draw.

    Criteria that a rule scores have their own indicator and stay; the others take their share of the move.
    """
    tree, free = baseline.leaves.tree, baseline.leaves_without_rule(own.component)
    part = float(tree.maxima[free].sum() / tree.maxima[tree.under(tree.place(own.component))].sum())
    return _add_to_leaves(baseline, points, free, (value - own.expected) * own.per_unit * part)


def _apply_points(baseline: Baseline, part: Scenario, outcome: Outcome) -> Outcome:
    tree = baseline.leaves.tree
    points, totals = outcome.points, outcome.totals
    for name, step in part.points.items():
        if tree.place(name) == NONE:
            return Outcome(points, totals, phrase("scenario.no_component", component=name))
        points = add_points(baseline, points, name, step)
        if part.everywhere:
            totals = np.clip(totals + step, 0.0, WHOLE)
    return Outcome(points, totals)


def _apply_remedies(baseline: Baseline, part: Scenario, outcome: Outcome) -> Outcome:
    if not part.remedies:
        return outcome
    rows = baseline.remedies
    rows = rows[rows["component"].isin(baseline.leaves.tree.names) & (rows["expected_effect"] > 0)]
    if part.remedies == "overdue":
        rows = rows[rows["days_overdue"] > 0]
    if rows.empty:
        return Outcome(outcome.points, outcome.totals, phrase("scenario.no_remedies"))
    points = outcome.points
    for name, effect in rows.groupby("component", sort=True)["expected_effect"].sum().items():
        points = add_remedy(baseline, points, str(name), float(effect))
    return Outcome(points, outcome.totals)


def add_remedy(baseline: Baseline, points: Floats, name: str, effect: float) -> Floats:
    """Add a remedy's effect to what is still open below a component, as far as each leaf can still rise."""
    under = baseline.leaves.tree.under(baseline.leaves.tree.place(name))
    room = np.maximum(baseline.attainable[under] - points[:, under], 0.0)
    total_room = room.sum(axis=1, keepdims=True)
    changed = points.copy()
    changed[:, under] += room * np.minimum(effect / np.maximum(total_room, LEAST), 1.0)
    return changed


def add_points(baseline: Baseline, points: Floats, name: str, step: float) -> Floats:
    """Add points to a component in every draw, as far as its maximum and 0 allow."""
    tree = baseline.leaves.tree
    return _add_to_leaves(baseline, points, np.asarray(tree.under(tree.place(name))), step)


def _add_to_leaves(
    baseline: Baseline, points: Floats, under: NDArray[np.intp], step: float | Floats
) -> Floats:
    own, maxima = points[:, under], baseline.leaves.tree.maxima[under]
    changed = points.copy()
    changed[:, under] = adjust_to_sum(own, maxima, np.clip(own.sum(axis=1) + step, 0.0, maxima.sum()))
    return changed
