"""Draw the finest components: by a scoring rule with an indicator, else from their domain's forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from forecast.answer.findings import phrase
from forecast.answer.scorecard import pace
from forecast.answer.scorecard.allocation import allocate, share_without_rule
from forecast.answer.scorecard.elasticity import Elasticity
from forecast.answer.scorecard.pace import Projection
from forecast.answer.scorecard.tree import Tree
from forecast.base.arrays import Flags, Floats, Ints
from forecast.base.indexes import MAIN
from forecast.base.spec import RunSpec
from forecast.data import rules
from forecast.data.framework import WHOLE
from forecast.data.load import Known
from forecast.data.rules import Rule
from forecast.data.tables import pick
from forecast.model.simulate import Draws, stream

SURVEY_SOURCES: Final = ("leaders_survey", "sipas")


@dataclass(frozen=True, slots=True, eq=False)
class Leaves:
    """Forecasts of the finest components.

    Attributes
    ----------
    tree : Tree
    points : ndarray, shape (n, L)
        Joint draws.
    last : ndarray, shape (K,)
        Latest published score of each node under this framework, in points; NaN if there is none.
    last_year : ndarray, shape (K,)
        Year of that score; 0 if there is none.
    by_rule : ndarray of bool, shape (L,)
        Whether a rule scores it by an indicator.
    scored : tuple of Rule or None, length L
    projections : mapping from indicator to `Projection`
    values : mapping from indicator to draws of its value at the year's end, shape (n,)
    """

    tree: Tree
    points: Floats
    last: Floats
    last_year: Ints
    by_rule: Flags
    scored: tuple[Rule | None, ...]
    projections: Mapping[str, Projection]

    def with_points(self, points: Floats) -> Leaves:
        """Keep all but the draws."""
        return replace(self, points=points)

    def basis(self, leaf: int) -> list[str]:
        """Say what a leaf's draws rest on, one phrase after the other."""
        code = self.tree.leaf_rows[leaf]["indicator"]
        year = int(self.last_year[self.tree.leaves[leaf]])
        last_phrase = [phrase("scorecard.basis_last", year=year)] if year else []
        if self.by_rule[leaf]:
            projection = self.projections[code]
            facts = {
                "name": {"vi": projection.name, "en": projection.name_en or projection.name},
                "unit": projection.unit,
                "period": projection.period,
                "value": _rounded(projection.value),
                "projected": _rounded(float(np.median(projection.draws))),
            }
            key = "scorecard.basis_indicator" if projection.period else "scorecard.basis_past_indicator"
            return [phrase(key, **facts), projection.reason]
        if code in self.projections:
            reason = self.projections[code].reason
            return [phrase("scorecard.basis_no_projection"), reason, *last_phrase]
        return [*last_phrase, phrase("scorecard.basis_domain")]


def leaves_of(
    known: Known,
    spec: RunSpec,
    tree: Tree,
    last: Draws,
    target: Draws,
    elasticities: Mapping[str, Elasticity],
    rng: np.random.Generator,
) -> Leaves:
    """Draw every leaf, from joint draws of last year and the target year of the area alone.

    The elasticities say what the forecast of a domain has of each indicator.
    """
    size, root = len(target.shares), int(rng.integers(2**63))
    scored = tuple(rules.parse(row["rule"]) if row["rule"] else None for row in tree.leaf_rows)
    uses = [row["indicator"] for row in tree.leaf_rows]
    codes = sorted({code for code in uses if code})
    english = dict(
        zip(known.indicator_types["indicator_code"], known.indicator_types["name_en"], strict=True)
    )
    projections = {}
    for code in codes:
        figures = pace.of_area(known.indicators, code, spec.area)
        if len(figures):
            projected = pace.project(figures, spec.target_year, size, stream(root, code))
            projections[code] = replace(projected, name_en=str(english.get(code, "")))
    last_points, years = last_scores(known, spec, tree)
    points = np.full((size, len(tree.leaves)), np.nan)
    for leaf, (rule, code) in enumerate(zip(scored, uses, strict=True)):
        projection = projections.get(code)
        if rule is not None and projection is not None and len(projection.draws):
            name = tree.leaf_rows[leaf]["component"]
            points[:, leaf] = earned(rule, projection, tree.maxima[leaf], stream(root, name))
    by_rule = ~np.isnan(points).any(axis=0)
    rule_codes = {code for code, has_rule in zip(uses, by_rule, strict=True) if has_rule}
    counted_twice = [own for code, own in elasticities.items() if code in rule_codes]
    for anchor, places in tree.anchors().items():
        free = places[~by_rule[places]]
        if not len(free):
            continue
        before, after = last.points(anchor)[:, 0], target.points(anchor)[:, 0]
        whole = float(tree.maxima[places].sum())
        after = np.clip(after - _moved_by_rules(tree, counted_twice, anchor), 0.0, whole)
        if len(places) == 1:
            points[:, free[0]] = after
            continue
        bases = last_points[tree.leaves[places]] / tree.maxima[places]
        unscored = ~by_rule[places]
        own, own_last = share_without_rule(
            after / whole,
            float(np.median(before)) / last.subject.schemes[last.year].maxima.get(anchor, whole),
            tree.maxima[places],
            bases,
            unscored,
        )
        noise = stream(root, anchor).standard_normal((size, len(places)))[:, unscored]
        share = allocate(own, own_last, tree.maxima[free], bases[unscored], noise)
        points[:, free] = share * tree.maxima[free]
    return Leaves(tree, points, last_points, years, by_rule, scored, projections)


def _moved_by_rules(tree: Tree, elasticities: Sequence[Elasticity], anchor: str) -> Floats:
    """Points of a component that moved with indicators by which rules score, so that nothing counts twice."""
    moved = np.zeros(1)
    for own in elasticities:
        under = [tree.maxima[tree.under(tree.place(name))].sum() for name in (anchor, own.component)]
        if anchor.partition(".")[0] == own.component:
            moved = moved + own.since_last * (under[0] / under[1])
    return moved


def earned(rule: Rule, projection: Projection, maximum: float, rng: np.random.Generator) -> Floats:
    """Score the draws of an indicator: whole cases, no fewer than there are; a survey with its sampling."""
    values = projection.draws
    if rule.kind == "deduct":
        values = np.round(values)
        if not np.isnan(projection.value):
            values = np.maximum(values, projection.value)
    if rule.kind == "survey" and rule.forms and projection.method != "final":
        share = np.clip(values / WHOLE, 0, 1)
        values = values + WHOLE * np.sqrt(share * (1 - share) / rule.forms) * rng.standard_normal(len(values))
    return rule.points(values, maximum)


def last_scores(known: Known, spec: RunSpec, tree: Tree) -> tuple[Floats, Ints]:
    """Latest published points of each node under the framework in force, and their years."""
    rows = pick(known.scores, index_code=MAIN, area=spec.area, statistic="value").dropna(subset="score")
    rows = rows[rows["year"].between(_since(known, spec), spec.target_year - 1)]
    rows = rows.sort_values("year").drop_duplicates("component", keep="last")
    points, years = np.full(len(tree.rows), np.nan), np.zeros(len(tree.rows), dtype=int)
    by_name = rows.set_index("component")[["score", "unit", "year"]].to_dict("index")
    for node, row in enumerate(tree.rows):
        if row["component"] in by_name:
            score, maximum = by_name[row["component"]], float(row["max_score"])
            scale = maximum / WHOLE if score["unit"] == "percent" else 1.0
            points[node] = min(float(score["score"]) * scale, maximum)
            years[node] = int(score["year"])
    return points, years


def _since(known: Known, spec: RunSpec) -> int:
    """First year of the framework in force: a code of an earlier one may mean another criterion."""
    years = pick(known.events, index_code=MAIN, kind="framework")["year"]
    return int(years[years <= spec.target_year].max()) if (years <= spec.target_year).any() else 0


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 2)
