"""Departments as members of the ensemble beside the models, with equal weights until a record exists.

Quantiles are averaged at each level (Vincent averaging), draw by draw at the draw's own rank, so that the
way in which components move together stays that of the models (an empirical copula, Schefzik et al.
2013).  Where a department and the models exclude each other, the linear pool is shown beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.findings import phrase
from forecast.result import DEPARTMENT_COLUMNS
from forecast.scorecard.below import moved
from forecast.scorecard.card import last_points
from forecast.scorecard.leaves import Leaves
from forecast.simulate import quantiles
from forecast.submissions import Bias
from forecast.submissions import quantiles as spread

Floats = NDArray[np.float64]
Row = dict[str, Any]

ENDS: Final = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """The models' leaves with what departments say of them, and the table of both."""

    leaves: Leaves
    table: pd.DataFrame

    @property
    def answered(self) -> frozenset[str]:
        """Components that a department gave a forecast of."""
        return frozenset(self.table.loc[self.table["likely"].notna(), "component"])


def gather(
    leaves: Leaves, forms: pd.DataFrame, bias: Bias, last_year: int, rng: np.random.Generator
) -> Gathered:
    """Combine models and departments, finest components first.

    Parameters
    ----------
    leaves : Leaves
        What the models say.
    forms : DataFrame
        Rows of the departments' latest forms, as `submissions.latest` gives them.
    bias : Bias
        What is known of how self-scores err.
    last_year
        Year whose published scores stand beside the forecasts.

    Returns
    -------
    Gathered
        `table` has `DEPARTMENT_COLUMNS`, one row a department and component.
    """
    tree = leaves.tree
    told = forms[forms["component"].isin(tree.names)]
    answers: dict[str, list[Row]] = {}
    for form in told.to_dict("records"):
        answers.setdefault(str(form["component"]), []).append({str(k): v for k, v in form.items()})
    points = leaves.points.copy()
    rows: list[Row] = []
    for node in sorted(map(tree.place, answers), key=lambda place: (len(tree.under(place)), place)):
        given = answers[tree.names[node]]
        under, domain = tree.under(node), tree.domain(node)
        maximum = float(tree.maxima[under].sum())
        model = points[:, under].sum(axis=1)
        corrected = np.array([_corrected(form, bias, domain, maximum) for form in given])
        spoken = corrected[~np.isnan(corrected).any(axis=1)]
        together = model
        if len(spoken):
            rank = _ranks(model, rng)
            members = [model, *(spread(low, likely, high, maximum, rank) for low, likely, high in spoken)]
            together = np.clip(np.mean(members, axis=0), 0.0, maximum)
            points[:, under] = moved(points[:, under], tree.maxima[under], together)
        facts = _facts(leaves, node, model, together, last_year)
        rows += [
            facts | _row(form, three, model, bias, facts, domain)
            for form, three in zip(given, corrected, strict=True)
        ]
    table = pd.DataFrame(rows, columns=list(DEPARTMENT_COLUMNS))
    order = table["component"].map(tree.place).sort_values(kind="stable").index
    table = table.loc[order].sort_values("department", kind="stable").reset_index(drop=True)
    return Gathered(leaves.with_points(points), table)


def _corrected(form: Row, bias: Bias, domain: str, maximum: float) -> Floats:
    """A department's three figures less the learnt bias; NaN where it gave none."""
    given = np.array([form[name] for name in ("low", "likely", "high")], dtype=float)
    if np.isnan(given).any():
        return np.full(3, np.nan)
    low, likely, high = np.minimum(given, maximum)  # the form's framework may have had a higher maximum
    return np.array(bias.correct(low, likely, high, domain, maximum))


def _facts(leaves: Leaves, node: int, model: Floats, together: Floats, last_year: int) -> Row:
    row = leaves.tree.rows[node]
    before, after = quantiles(model, ENDS), quantiles(together, ENDS)
    return {
        **{name: row[name] for name in ("component", "name_vi", "name_en", "max_score")},
        "last": last_points(leaves, node, last_year),
        "model_median": before[1],
        "model_lower": before[0],
        "model_upper": before[2],
        "combined_median": after[1],
        "combined_lower": after[0],
        "combined_upper": after[2],
    }


def _row(form: Row, corrected: Floats, model: Floats, bias: Bias, facts: Row, domain: str) -> Row:
    """One department's own words and figures, and how far they are from the models'."""
    maximum = float(facts["max_score"])
    disagrees = bool(corrected[2] < facts["model_lower"] or corrected[0] > facts["model_upper"])
    pooled = np.full(3, np.nan)
    if disagrees:
        low, likely, high = corrected
        said = spread(low, likely, high, maximum, (np.arange(len(model)) + 0.5) / len(model))
        pooled = quantiles(np.concatenate([model, said]), ENDS)
    reason = bias.reason(domain)
    own = ("department", "low", "likely", "high", "self_score", "remedy", "due")
    return {
        **{name: form[name] for name in (*own, "received_on", "form_version", "submission_id")},
        "given_reason": form["reason"],
        "bias": round(bias.of(domain).mean * maximum, 4),
        "bias_reason": phrase(reason.key, **reason.facts),
        "corrected_low": round(float(corrected[0]), 4),
        "corrected_likely": round(float(corrected[1]), 4),
        "corrected_high": round(float(corrected[2]), 4),
        "pool_median": pooled[1],
        "pool_lower": pooled[0],
        "pool_upper": pooled[2],
        "gap": round(float(form["likely"]) - facts["model_median"], 4),
        "disagrees": disagrees,
    }


def _ranks(values: Floats, rng: np.random.Generator) -> Floats:
    """Ranks in (0, 1); equal values, as steps give them, in an order of chance."""
    order = np.lexsort((rng.random(len(values)), values))
    ranks = np.empty(len(values))
    ranks[order] = (np.arange(len(values)) + 0.5) / len(values)
    return ranks
