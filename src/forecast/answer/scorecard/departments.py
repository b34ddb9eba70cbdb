"""Combine departments' forecasts with the models', with equal weights until a record exists.

Quantiles are averaged at each level (Vincent averaging), draw by draw at the draw's own rank, so that the
way in which components move together stays that of the models (an empirical copula, Schefzik et al.
2013).  Where a department and the models exclude each other, the linear pool is shown beside it.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.answer.findings import phrase
from forecast.answer.result import DEPARTMENT_COLUMNS, DEPARTMENT_DOMAIN_COLUMNS
from forecast.answer.scorecard.allocation import adjust_to_sum
from forecast.answer.scorecard.card import last_points
from forecast.answer.scorecard.leaves import Leaves
from forecast.answer.scorecard.tree import Tree
from forecast.answer.submissions import WORTH_SAYING, Bias
from forecast.answer.submissions import quantiles as spread
from forecast.base.arrays import Floats
from forecast.model.simulate import ENDS, quantiles, stream

Row = dict[str, Any]

THREE: Final = ("low", "likely", "high")  # what a department gives


@dataclass(frozen=True, slots=True, eq=False)
class WithDepartments:
    """Leaves of models and departments combined; tables of both by component and by domain."""

    leaves: Leaves
    table: pd.DataFrame
    domains: pd.DataFrame

    @property
    def answered_components(self) -> frozenset[str]:
        """Components that a department gave a forecast of."""
        return frozenset(self.table.loc[self.table["likely"].notna(), "component"])


def combine_departments(
    leaves: Leaves, forms: pd.DataFrame, bias: Bias, last_year: int, rng: np.random.Generator
) -> WithDepartments:
    """Combine models and departments, finest components first.

    `forms` are the departments' latest, as `submissions.latest` gives them; published scores of `last_year`
    stand beside the forecasts.  The `table` has `DEPARTMENT_COLUMNS`, one row a department and component.
    """
    tree, root = leaves.tree, int(rng.integers(2**63))
    known_forms = forms[forms["component"].isin(tree.names)]
    answers: dict[str, list[Row]] = {}
    for record in known_forms.to_dict("records"):
        answers.setdefault(str(record["component"]), []).append({str(k): v for k, v in record.items()})
    points = leaves.points.copy()
    rows: list[Row] = []
    sums: dict[tuple[str, str], list[Answer]] = {}
    for node in sorted(map(tree.place, answers), key=lambda place: (len(tree.under(place)), place)):
        forms_of_node = answers[tree.names[node]]
        under, domain = tree.under(node), tree.domain(node)
        maximum = float(tree.maxima[under].sum())
        model = leaves.points[:, under].sum(axis=1)
        so_far = points[:, under].sum(axis=1)  # with what departments said of finer components
        rank = _ranks(so_far, stream(root, tree.names[node]))
        corrected = [_corrected(form, bias, domain, maximum) for form in forms_of_node]
        draws_of_forms = [_draws(three, maximum, rank) for three in corrected]
        members = [so_far, *(draws for draws in draws_of_forms if draws is not None)]
        together = np.clip(np.mean(members, axis=0), 0.0, maximum)
        points[:, under] = adjust_to_sum(points[:, under], tree.maxima[under], together)
        facts = _facts(leaves, node, model, together, last_year)
        for form, three, draws in zip(forms_of_node, corrected, draws_of_forms, strict=True):
            row = facts | _row(form, three, model, bias, facts, domain)
            rows.append(row)
            own = _draws(_stated(form, maximum), maximum, rank)
            if draws is not None and own is not None:
                answer = Answer(maximum, bool(row["disagrees"]), np.stack([model, own, draws, together]))
                sums.setdefault((row["department"], domain), []).append(answer)
    return WithDepartments(leaves.with_points(points), _ordered(rows, tree), _by_domain(sums))


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """One answer as draws: the models', as given, corrected, combined; shape (4, n)."""

    maximum: float
    disagrees: bool
    draws: Floats


def _ordered(rows: list[Row], tree: Tree) -> pd.DataFrame:
    """By department, and in the framework's order."""
    table = pd.DataFrame(rows, columns=list(DEPARTMENT_COLUMNS))
    order = table["component"].map(tree.place).sort_values(kind="stable").index
    return table.loc[order].sort_values("department", kind="stable").reset_index(drop=True)


def _by_domain(sums: dict[tuple[str, str], list[Answer]]) -> pd.DataFrame:
    """Sum answers draw by draw over each department's part of each domain."""
    rows = []
    for (department, domain), answers in sorted(sums.items()):
        model, given, corrected, combined = quantiles(
            np.sum([answer.draws for answer in answers], axis=0).T, ENDS
        ).T
        rows.append(
            {
                "department": department,
                "component": domain,
                "max_score": sum(answer.maximum for answer in answers),
                "answered": len(answers),
                **_figures("model", model),
                **dict(zip(THREE, given, strict=True)),
                **dict(zip((f"corrected_{name}" for name in THREE), corrected, strict=True)),
                **_figures("combined", combined),
                "gap": round(float(corrected[1] - model[1]), 4),
                "disagreeing": sum(answer.disagrees for answer in answers),
            }
        )
    return pd.DataFrame(rows, columns=list(DEPARTMENT_DOMAIN_COLUMNS))


def _draws(three: Floats, maximum: float, rank: Floats) -> Floats | None:
    """Draws of a member at the models' ranks; None if it gave no figures."""
    if np.isnan(three).any():
        return None
    low, likely, high = three
    return np.asarray(spread(low, likely, high, maximum, rank))


def _stated(form: Row, maximum: float) -> Floats:
    """The three figures of a form; its framework may have had a higher maximum."""
    return np.minimum([float(form[name]) for name in THREE], maximum)


def _corrected(form: Row, bias: Bias, domain: str, maximum: float) -> Floats:
    """A department's three figures less the learnt bias; NaN where it gave none."""
    low, likely, high = stated = _stated(form, maximum)
    if np.isnan(stated).any():
        return np.full(3, np.nan)
    return np.array(bias.correct(low, likely, high, domain, maximum))


def _figures(name: str, ends: Floats) -> Row:
    """Name the range and the median of a measure."""
    return {f"{name}_{end}": value for end, value in zip(("lower", "median", "upper"), ends, strict=True)}


def _facts(leaves: Leaves, node: int, model: Floats, together: Floats, last_year: int) -> Row:
    row = leaves.tree.rows[node]
    return {
        **{name: row[name] for name in ("component", "name_vi", "name_en", "max_score")},
        "last": last_points(leaves, node, last_year),
        **_figures("model", quantiles(model, ENDS)),
        **_figures("combined", quantiles(together, ENDS)),
    }


def _row(form: Row, corrected: Floats, model: Floats, bias: Bias, facts: Row, domain: str) -> Row:
    """One department's own words and figures, and how far they are from the models'."""
    maximum = float(facts["max_score"])
    gap = float(corrected[1]) - facts["model_median"]
    disjoint = corrected[2] < facts["model_lower"] or corrected[0] > facts["model_upper"]
    disagrees = bool(disjoint and abs(gap) >= WORTH_SAYING)
    pooled = np.full(3, np.nan)
    if disagrees:
        low, likely, high = corrected
        drawn = spread(low, likely, high, maximum, (np.arange(len(model)) + 0.5) / len(model))
        pooled = quantiles(np.concatenate([model, drawn]), ENDS)
    reason = bias.reason(domain)
    own = ("department", "low", "likely", "high", "self_score", "remedy", "due")
    return {
        **{name: form[name] for name in (*own, "received_on", "form_version", "submission_id")},
        "given_reason": form["reason"],
        "bias": round(bias.of(domain).mean * maximum, 4),
        "bias_reason": phrase(reason.key, **reason.facts),
        **dict(zip((f"corrected_{name}" for name in THREE), np.round(corrected, 4).tolist(), strict=True)),
        **_figures("pool", pooled),
        "gap": round(gap, 4),
        "disagrees": disagrees,
    }


def _ranks(values: Floats, rng: np.random.Generator) -> Floats:
    """Ranks in (0, 1); equal values, as steps give them, in an order of chance."""
    order = np.lexsort((rng.random(len(values)), values))
    ranks = np.empty(len(values))
    ranks[order] = (np.arange(len(values)) + 0.5) / len(values)
    return ranks
