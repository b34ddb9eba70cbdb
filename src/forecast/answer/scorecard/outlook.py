"""Forecast what is below the total: from the panel's draws through criteria and departments to scenarios.

The panel forecasts domains.  Criteria with an indicator take their rule's points, the others what their
domain leaves them; departments join as members of equal weight.  The sum is the final draw of each
domain, and so of the total: where nothing is known below the domains, it is the panel's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from forecast.answer import submissions
from forecast.answer.findings import Key, quantile_rows, scored
from forecast.answer.scorecard.card import attainable, projection_table, scorecard_table
from forecast.answer.scorecard.decisions import decision_table
from forecast.answer.scorecard.departments import WithDepartments, combine_departments
from forecast.answer.scorecard.elasticity import Elasticity
from forecast.answer.scorecard.leaves import Leaves, leaves_of
from forecast.answer.scorecard.remedies import OPEN, of_year, remedy_table, unit_table
from forecast.answer.scorecard.scenarios import Baseline, scenario_table
from forecast.answer.scorecard.tree import Tree, tree_of
from forecast.base.arrays import Floats
from forecast.base.indexes import MAIN
from forecast.base.spec import RunSpec
from forecast.base.spelling import slug
from forecast.data.framework import TOTAL, Framework, with_share
from forecast.data.load import Known
from forecast.model.simulate import Draws, quantiles
from forecast.model.subject import survey_of

FINAL: Final = "gathered"  # the models with criteria and departments
CRITERIA: Final = "criteria"  # the models with criteria alone
DEPARTMENT: Final = "department"  # as given
CORRECTED: Final = "department_corrected"
INDEX: Final = MAIN


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """The tables below the total, and the final draws."""

    target: Draws  # the panel's draws with the area's as criteria and departments have them
    informed: bool  # whether criteria or departments change the panel's draws
    rows: pd.DataFrame  # FORECAST rows; of the final forecast only if `informed`, and then first
    tables: dict[str, pd.DataFrame]  # tables of `Result` by name
    baseline: Baseline | None = None  # the forecast that scenarios change; None for an index without parts


def outlook(
    known: Known,
    spec: RunSpec,
    framework: Framework,
    last: Draws,
    target: Draws,
    targets: pd.DataFrame,
    elasticities: Mapping[str, Elasticity],
) -> Outlook:
    """Make the outlook of one area from the panel's joint draws of last year and the target year.

    The elasticities say what indicators are worth where no rule scores them.
    """
    tree = tree_of(framework)
    models, combined = _combine(known, spec, tree, (last, target), elasticities)
    informed = _informed(models, combined)
    final = _replaced(target, spec.area, tree, combined.leaves.points) if informed else target
    # The departments in charge are the city's own; of an area without units nobody was asked anything.
    asked_of = 0 if len(known.units) and spec.area not in set(known.units["area"]) else None
    plans, units = of_year(known.remedies, known.units, spec.area, spec.target_year)
    remedies = remedy_table(plans, units, spec.as_of)
    baseline = Baseline(
        leaves=combined.leaves,
        totals=scored(final, INDEX),
        place=target.subject.areas.index(spec.area),
        remedies=remedies[remedies["state"].isin(OPEN)],
        attainable=attainable(combined.leaves, spec.target_year, spec.as_of),
        elasticities=elasticities,
    )
    outcomes, chances = scenario_table(baseline, known.scenarios, targets)
    rows = _rows(spec, framework, tree, combined, final, models.points if models.by_rule.any() else None)
    return Outlook(
        target=final,
        informed=informed,
        rows=rows if informed else rows.iloc[:0],
        tables={
            "scorecard": scorecard_table(
                combined.leaves, combined.answered_components, spec.target_year, spec.as_of
            ),
            "projections": projection_table(models),
            "departments": combined.table,
            "department_domains": combined.domains,
            "status": submissions.status(known, framework, spec, combined.table).iloc[:asked_of],
            "scenarios": outcomes,
            "scenario_targets": chances,
            "decisions": decision_table(baseline, targets),
            "remedies": remedies,
            "units": unit_table(remedies, units),
        },
        baseline=baseline,
    )


def final_draws(
    known: Known,
    spec: RunSpec,
    framework: Framework,
    last: Draws,
    target: Draws,
    elasticities: Mapping[str, Elasticity],
) -> Draws:
    """The target of `outlook`, without its tables."""
    tree = tree_of(framework)
    models, combined = _combine(known, spec, tree, (last, target), elasticities)
    if not _informed(models, combined):
        return target
    return _replaced(target, spec.area, tree, combined.leaves.points)


def _combine(
    known: Known,
    spec: RunSpec,
    tree: Tree,
    draws: tuple[Draws, Draws],
    elasticities: Mapping[str, Elasticity],
) -> tuple[Leaves, WithDepartments]:
    """Leaves of criteria alone, and with departments."""
    rng = np.random.default_rng([spec.seed, 1])  # its own, so that the panel's draws stay what they were
    last, target = (panel_draws.of_area(spec.area) for panel_draws in draws)
    models = leaves_of(known, spec, tree, last, target, elasticities, rng)
    forms = submissions.latest(
        known.submissions, area=spec.area, index_code=INDEX, target_year=spec.target_year
    )
    bias = submissions.learn(
        known.self_scores,
        area=spec.area,
        before_year=spec.target_year,
        scores=with_share(known.scores, known.frameworks, known.events, known.as_of),
        maxima={row["component"]: float(row["max_score"]) for row in tree.rows},
    )
    return models, combine_departments(models, forms, bias, spec.target_year - 1, rng)


def _informed(models: Leaves, combined: WithDepartments) -> bool:
    return bool(models.by_rule.any() or combined.answered_components)


def _replaced(target: Draws, area: str, tree: Tree, points: Floats) -> Draws:
    """Put the area's leaves, summed up to what the panel is modelled on, into the panel's draws."""
    place = target.subject.areas.index(area)
    shares = target.shares.copy()
    for anchor, leaves in tree.anchors().items():
        column = target.subject.components.index(anchor)
        whole = target.maxima.get(anchor, tree.maxima[leaves].sum())
        shares[:, place, column] = points[:, leaves].sum(axis=1) / whole
    return replace(target, shares=shares)


def _rows(
    spec: RunSpec,
    framework: Framework,
    tree: Tree,
    combined: WithDepartments,
    final: Draws,
    by_rules: Floats | None,
) -> pd.DataFrame:
    """FORECAST rows of the final forecast, of the models with criteria, and of each department's words."""
    levels = spec.quantile_levels
    parts = [_tree_rows(spec, framework, FINAL, tree, combined.leaves.points)]
    code = survey_of(final.subject)
    survey = quantiles(scored(final.of_area(spec.area), code)[:, 0], levels)
    parts.append(quantile_rows(spec, framework, FINAL, [(code, spec.area, TOTAL)], survey[None]))
    if by_rules is not None:
        parts.append(_tree_rows(spec, framework, CRITERIA, tree, by_rules))
    parts += department_rows(spec, framework, combined.table)
    return pd.concat(parts, ignore_index=True)


def department_rows(spec: RunSpec, framework: Framework, table: pd.DataFrame) -> list[pd.DataFrame]:
    """Give FORECAST rows of what each department says, as given and corrected, within today's maxima."""
    parts = []
    stated = table[table["likely"].notna()]
    for model, names in (
        (DEPARTMENT, ["low", "likely", "high"]),
        (CORRECTED, ["corrected_low", "corrected_likely", "corrected_high"]),
    ):
        for department, own in stated.groupby("department", sort=False):
            keys: list[Key] = [(INDEX, spec.area, str(name)) for name in own["component"]]
            maxima = own["max_score"].to_numpy(dtype=float)  # a form's framework may have had higher ones
            capped = np.minimum(own[names].to_numpy(dtype=float), maxima[:, None])
            values = [
                submissions.quantiles(low, likely, high, maximum, spec.quantile_levels)
                for (low, likely, high), maximum in zip(capped, maxima, strict=True)
            ]
            parts.append(
                quantile_rows(spec, framework, f"{model}_{slug(str(department))}", keys, np.array(values))
            )
    return parts


def _tree_rows(spec: RunSpec, framework: Framework, model: str, tree: Tree, points: Floats) -> pd.DataFrame:
    values = quantiles(tree.roll_up(points), spec.quantile_levels).T
    keys: list[Key] = [(INDEX, spec.area, name) for name in tree.names]
    return quantile_rows(spec, framework, model, keys, values)
