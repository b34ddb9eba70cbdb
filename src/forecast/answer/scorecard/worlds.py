"""Scenarios on the forecast's own draws, so that a difference between two is no noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.answer.findings import phrase
from forecast.answer.result import SCENARIO_COLUMNS, SCENARIO_TARGET_COLUMNS
from forecast.answer.scorecard.below import moved
from forecast.answer.scorecard.elasticity import Elasticity
from forecast.answer.scorecard.leaves import Leaves
from forecast.answer.scorecard.tree import NONE
from forecast.data.framework import WHOLE
from forecast.data.scenarios import Scenario, flat
from forecast.model.simulate import chance, quantiles, ranks

Floats = NDArray[np.float64]

ENDS: Final = (0.1, 0.5, 0.9)
LEAST: Final = 1e-12  # points


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """One scenario come true: the area's leaves (n, L) and the totals of all areas (n, P); or why not."""

    points: Floats
    totals: Floats
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """What scenarios are played on.

    Attributes
    ----------
    leaves : Leaves
        The forecast.
    totals : ndarray, shape (n, P)
        Totals of all areas; the column of the area is the sum of its leaves.
    place : int
        Column of the area.
    remedies : DataFrame
        Open remedies: component, expected_effect, days_overdue.
    attainable : ndarray, shape (L,)
        Most that a remedy can still bring each leaf to, in points; 0 where its day is past.
    elasticities : mapping from indicator to Elasticity
        What indicators are worth that no rule scores.
    """

    leaves: Leaves
    totals: Floats
    place: int
    remedies: pd.DataFrame
    attainable: Floats
    elasticities: Mapping[str, Elasticity] = field(default_factory=dict)

    @property
    def told_by_rule(self) -> frozenset[str]:
        """Indicators that a rule has scored a leaf by."""
        rows = self.leaves.tree.leaf_rows
        return frozenset(rows[leaf]["indicator"] for leaf in np.flatnonzero(self.leaves.by_rule))

    def ruled(self, code: str) -> list[int]:
        """Leaves that an indicator scores by their rule."""
        pairs = zip(self.leaves.tree.leaf_rows, self.leaves.scored, strict=True)
        return [leaf for leaf, (row, rule) in enumerate(pairs) if row["indicator"] == code and rule]

    def silent(self, code: str) -> str:
        """Say why an indicator can move nothing, as a phrase; empty if it can."""
        if self.ruled(code):
            return ""
        own = self.elasticities.get(code)
        if own is None:
            return phrase("scenario.no_indicator", indicator=code)
        return own.reason or ("" if len(self.free(own.component)) else phrase("scenario.all_ruled"))

    def free(self, component: str) -> NDArray[np.intp]:
        """Leaves below a component that no rule scores."""
        tree = self.leaves.tree
        under = np.asarray(tree.under(tree.place(component)))
        return under[~self.leaves.by_rule[under]]


def played(stage: Stage, scenario: Scenario, every: Sequence[Scenario]) -> World:
    """Let a scenario, and what it combines, come true in every draw.

    Indicators are set first, each once whatever is combined (the last part that names it counts), then
    points are added or taken, then remedies take effect, each within its maximum.
    """
    parts = flat(scenario, every)
    told = {code: value for part in parts for code, value in part.indicators.items()}
    world = _set_indicators(stage, told)
    if world.reason:
        return world
    points, totals = world.points, world.totals
    for step in (_shift, _remedy):
        for part in parts:
            world = step(stage, part, World(points, totals))
            if world.reason:
                return world
            points, totals = world.points, world.totals
    totals = totals.copy()
    totals[:, stage.place] = points.sum(axis=1)
    return World(points, totals)


def scenario_table(
    stage: Stage, every: Sequence[Scenario], targets: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Play all scenarios; see `world_table`."""
    return world_table(stage, [(each, played(stage, each, every)) for each in every], targets)


def world_table(
    stage: Stage, worlds: Sequence[tuple[Scenario, World]], targets: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Set out scenarios that were played: `SCENARIO_COLUMNS`, and the chance of every target under each.

    A scenario that cannot be told has no chances (`SCENARIO_TARGET_COLUMNS`).
    """
    rows: list[dict[str, Any]] = []
    chances: list[dict[str, Any]] = []
    base = stage.leaves.points.sum(axis=1)
    for scenario, world in worlds:
        row: dict[str, Any] = dict.fromkeys(SCENARIO_COLUMNS, np.nan) | {
            "scenario": scenario.scenario_id,
            "name_vi": scenario.name_vi,
            "name_en": scenario.name_en or scenario.name_vi,
            "reason": world.reason,
        }
        if not world.reason:
            total = world.totals[:, stage.place]
            rank = ranks(world.totals, stage.place).astype(float)
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


def _ends(name: str, found: Floats) -> dict[str, float]:
    low, middle, high = (float(value) for value in found)
    if name == "difference":
        return {"difference_lower": low, "difference": middle, "difference_upper": high}
    mark = f"{name}_" if name else ""
    return {f"{mark}lower": low, f"{mark}median": middle, f"{mark}upper": high}


def _set_indicators(stage: Stage, told: Mapping[str, float]) -> World:
    """Score indicators by their rule; those without one move their domain by what a unit is worth."""
    tree, scored = stage.leaves.tree, stage.leaves.scored
    points = stage.leaves.points.copy()
    for code in told:
        if reason := stage.silent(code):
            return World(stage.leaves.points, stage.totals, reason)
    for code, value in told.items():
        for leaf in stage.ruled(code):
            rule = scored[leaf]
            if rule is not None:
                points[:, leaf] = rule.points(value, float(tree.maxima[leaf]))
    for code, value in told.items():
        if not stage.ruled(code):
            points = _swayed(stage, points, stage.elasticities[code], value)
    return World(points, stage.totals)


def _swayed(stage: Stage, points: Floats, own: Elasticity, value: float) -> Floats:
    """Move a domain by an indicator's distance from what is expected, in every draw.

    Criteria that a rule scores have their own indicator and stay; the others take their share of the move.
    """
    tree, free = stage.leaves.tree, stage.free(own.component)
    part = float(tree.maxima[free].sum() / tree.maxima[tree.under(tree.place(own.component))].sum())
    return _raised(stage, points, free, (value - own.expected) * own.per_unit * part)


def _shift(stage: Stage, part: Scenario, world: World) -> World:
    tree = stage.leaves.tree
    points, totals = world.points, world.totals
    for name, step in part.points.items():
        if tree.place(name) == NONE:
            return World(points, totals, phrase("scenario.no_component", component=name))
        points = added(stage, points, name, step)
        if part.everywhere:
            totals = np.clip(totals + step, 0.0, WHOLE)
    return World(points, totals)


def _remedy(stage: Stage, part: Scenario, world: World) -> World:
    if not part.remedies:
        return world
    rows = stage.remedies
    rows = rows[rows["component"].isin(stage.leaves.tree.names) & (rows["expected_effect"] > 0)]
    if part.remedies == "overdue":
        rows = rows[rows["days_overdue"] > 0]
    if rows.empty:
        return World(world.points, world.totals, phrase("scenario.no_remedies"))
    points = world.points
    for name, effect in rows.groupby("component", sort=True)["expected_effect"].sum().items():
        points = won(stage, points, str(name), float(effect))
    return World(points, world.totals)


def won(stage: Stage, points: Floats, name: str, effect: float) -> Floats:
    """Add a remedy's effect to what is still open below a component, as far as each leaf can still rise."""
    under = stage.leaves.tree.under(stage.leaves.tree.place(name))
    room = np.maximum(stage.attainable[under] - points[:, under], 0.0)
    left = room.sum(axis=1, keepdims=True)
    changed = points.copy()
    changed[:, under] += room * np.minimum(effect / np.maximum(left, LEAST), 1.0)
    return changed


def added(stage: Stage, points: Floats, name: str, step: float) -> Floats:
    """Add points to a component in every draw, as far as its maximum and 0 allow."""
    tree = stage.leaves.tree
    return _raised(stage, points, np.asarray(tree.under(tree.place(name))), step)


def _raised(stage: Stage, points: Floats, under: NDArray[np.intp], step: float | Floats) -> Floats:
    own, maxima = points[:, under], stage.leaves.tree.maxima[under]
    changed = points.copy()
    changed[:, under] = moved(own, maxima, np.clip(own.sum(axis=1) + step, 0.0, maxima.sum()))
    return changed
