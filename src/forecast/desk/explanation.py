"""Split a forecast into what each published figure moves it by, from the prior mean to the median."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from forecast.answer.current import indicator_effects
from forecast.answer.findings import scored
from forecast.answer.panel_forecast import Posterior
from forecast.answer.result import Result
from forecast.answer.scorecard.outlook import CRITERIA, FINAL
from forecast.base import labels
from forecast.base.arrays import Ints
from forecast.base.indexes import SURVEYS
from forecast.base.spec import RunSpec
from forecast.data.tables import pick
from forecast.desk.steps import Steps
from forecast.desk.views import View, refuse_component, with_note
from forecast.model.scheme import leaf_weights
from forecast.model.simulate import ENDS
from forecast.model.subject import survey_component
from forecast.model.weights import Moves, Ways, in_points, ways
from forecast.pages import reading
from forecast.pages.markup import Column, Passage, Row, Table, row
from forecast.pages.tables import columns as c
from forecast.pages.tables.data import figure_name, figure_value
from forecast.pages.tables.spec import TableSpec, draw_table, say

SHOWN: Final = 12  # figures that have a line of their own
MOST_ALONE: Final = 600  # statements; time grows with their cube
OWN: Final = ("1 own_same", "2 own_other")  # kinds of the area's own figures
FIGURE: Final = ("index_code", "year", "area", "component", "statistic", "score", "unit", "rank", "use")
COLUMNS: Final = ("step", "before", "after", "effect", "error", "missing", *FIGURE, "source_url")


def explain(steps: Steps, component: str, lang: str) -> View:
    """Show what moved one component: each published figure, then criteria and departments."""
    result = steps.main_result()
    modelled = result.summary["component"].tolist()
    below = [name for name in result.scorecard["component"] if name not in modelled]
    refuse_component(component, [*modelled, *below])
    if component in below:
        return _criterion(result, component, lang)
    frame = path_of(result, steps.posterior(), steps.known().scores, component, _moves(steps, component))
    parts = (*_pieces(frame, result, component, lang), *_indicators(steps, component, lang))
    return View(with_note(result, lang, *parts), frame)


def _moves(steps: Steps, component: str) -> Moves:
    """Give what each statement moves a component by.

    Up to `MOST_ALONE` statements the split is computed once for all components.  Beyond that it is computed
    for each component, with the statements of other areas grouped by kind (`_kinds`).
    """
    post, spec = steps.posterior(), steps.spec
    lattice, place = post.fitted.lattice, post.subject.areas.index(spec.area)
    cells = [lattice.cell(name, lattice.years[-1]) for name in lattice.components]
    many = len(post.fitted.statements) > MOST_ALONE

    def split() -> Ways:
        groups = None
        if many:
            rows = steps.known().scores.iloc[post.fitted.statements.row]
            groups = _groups(_kinds(rows, spec, component))
        with threadpool_limits(limits=1):  # many small steps, each slower on several threads
            return ways(post.fitted, place, cells, np.random.default_rng(spec.seed), groups=groups)

    all_paths = steps.remembered("ways", split, *([component] if many else []))
    names, maxima = _leaves(post, spec.index_code, component)
    rows = [lattice.components.index(name) for name in names]
    parts = {part: getattr(all_paths, part)[rows] for part in ("middle", "moves", "error", "without")}
    own = replace(all_paths, **parts)
    return in_points(own, maxima)


def path_of(
    result: Result, post: Posterior, scores: pd.DataFrame, component: str, moves: Moves
) -> pd.DataFrame:
    """List the steps from the prior to the median: every row's `effect` is ``after - before``.

    Gives `COLUMNS`, points (percent for SIPAS).  step is "prior" (the mean of all that is published, for any
    province), "figure" (one published number, the strongest first), "shape" (bounded scores and sums of them
    have a median that is not their mean; draws), "criteria", "departments" or "median". error: standard error
    of an effect, as the orders are random.  missing: what the forecast would be higher by if that figure
    alone were unknown.
    """
    spec, subject = result.spec, post.subject
    place = subject.areas.index(spec.area)
    rows = scores.loc[scores.index[post.fitted.statements.row]].reset_index(drop=True)
    uses = post.uses.iloc[post.fitted.statements.row].to_numpy()
    figures = rows.assign(
        step="figure", effect=moves.effect, error=moves.error, missing=moves.missing, use=uses
    )
    figures = figures.iloc[np.argsort(-np.abs(moves.effect), kind="stable")]
    if spec.index_code in SURVEYS:
        draws = scored(post.target, spec.index_code)[:, place]
    else:
        draws = post.target.of_area(spec.area).points(component)[:, 0]
    panel = float(np.round(np.median(draws), 4))
    final = reading.quantile(result, component, 0.5)
    by_rule = _median_of(result, CRITERIA, component, panel if reading.main_model(result) == FINAL else final)
    later = [
        ("shape", panel - moves.posterior),
        ("criteria", by_rule - panel),
        ("departments", final - by_rule),
    ]
    frame = pd.concat(
        [
            pd.DataFrame([{"step": "prior", "after": moves.prior}]),
            figures,
            pd.DataFrame([{"step": name, "effect": effect} for name, effect in later]),
        ],
        ignore_index=True,
    )
    after = moves.prior + frame["effect"].fillna(0.0).cumsum()
    frame = frame.assign(after=after, before=(after - frame["effect"]).where(frame["step"] != "prior"))
    last = pd.DataFrame([{"step": "median", "after": final}])
    return pd.concat([frame, last], ignore_index=True)[list(COLUMNS)]


def _leaves(post: Posterior, index_code: str, component: str) -> tuple[list[str], list[float]]:
    """Give the components without children that sum to a component, and the maximum of each."""
    subject, year = post.subject, post.fitted.lattice.years[-1]
    if index_code in SURVEYS:
        return [survey_component(subject)], [100.0]
    leaves = list(leaf_weights(subject, component, year))
    maxima = subject.schemes[year].maxima
    return leaves, [maxima[leaf] for leaf in leaves]


def _median_of(result: Result, model: str, component: str, otherwise: float) -> float:
    row_key = {"area": result.spec.area, "index_code": result.spec.index_code, "component": component}
    own = pick(result.forecast, **row_key, model=model, output_type_id="0.5")
    return float(own["value"].iloc[0]) if len(own) else otherwise


def _pieces(frame: pd.DataFrame, result: Result, component: str, lang: str) -> tuple[Passage | Table, ...]:
    figures = frame[frame["step"] == "figure"]
    first, rest = figures.head(SHOWN), figures.iloc[SHOWN:]
    lines = [_step("prior", frame, lang), *(_figure(record, lang) for _, record in first.iterrows())]
    for kind, group in rest.groupby(_kinds(rest, result.spec, component), sort=True):
        name = labels.text(f"desk.explain.kind.{str(kind).partition(' ')[2]}", lang, count=len(group))
        lines.append(row(name, "", _signed(group["effect"].sum(), lang), "", ""))
    effects = frame.set_index("step")["effect"]
    steps = [name for name in ("shape", "criteria", "departments") if abs(effects[name]) >= 5e-5]
    lines += [_step(name, frame, lang) for name in steps]
    lines.append(_step("median", frame, lang))
    facts = {
        "component": reading.short_name(component, lang),
        "year": result.spec.target_year,
        "unit": reading.unit(result.spec.index_code, lang),
    }
    strongest = figures.iloc[0] if len(figures) else None
    opening = labels.text(
        "desk.explain.first" if strongest is not None else "desk.explain.nothing",
        lang,
        prior=reading.points(float(frame["after"].iloc[0]), lang),
        median=reading.points(float(frame["after"].iloc[-1]), lang),
        figure="" if strongest is None else figure_name(strongest, True, lang),  # noqa: FBT003
        effect="" if strongest is None else _signed(strongest["effect"], lang),
        **facts,
    )
    table = Table(
        caption=labels.text("desk.explain.caption", lang, **facts),
        columns=(
            Column(labels.text("desk.explain.figure", lang)),
            *(
                Column(labels.text(f"desk.explain.{name}", lang), numeric=True)
                for name in ("published", "effect", "after", "missing")
            ),
        ),
        rows=tuple(lines),
        notes=(labels.text("desk.explain.note", lang, error=labels.number(figures["error"].max(), 2, lang)),),
    )
    return Passage((opening,)), table


def _kinds(figures: pd.DataFrame, spec: RunSpec, component: str) -> pd.Series[str]:
    """Sort figures: the area's or others', of this component or of others, or means of many areas."""
    home = figures["area"] == spec.area
    alike = (figures["component"] == component) & (figures["index_code"] == spec.index_code)
    many = figures["statistic"] != "value"
    kinds = np.select(
        [many, home & alike, home, alike],
        ["5 means", OWN[0], OWN[1], "3 others_same"],
        default="4 others_other",
    )
    return pd.Series(kinds, index=figures.index)


def _groups(kinds: pd.Series[str]) -> Ints:
    """Number the kinds of figures; -1 for the area's own, which are not grouped."""
    return np.where(kinds.isin(OWN), -1, kinds.astype("category").cat.codes).astype(int)


def _figure(record: pd.Series[Any], lang: str) -> Row:
    return row(
        figure_name(record, True, lang),  # noqa: FBT003
        figure_value(record, lang),
        _signed(record["effect"], lang),
        labels.number(record["after"], 2, lang),
        _signed(record["missing"], lang),
    )


def _step(name: str, frame: pd.DataFrame, lang: str) -> Row:
    record = frame[frame["step"] == name].iloc[0]
    return row(
        labels.text(f"desk.explain.step.{name}", lang),
        "",
        "" if name in ("prior", "median") else _signed(record["effect"], lang),
        labels.number(record["after"], 2, lang),
        "",
        strong=name in ("prior", "median"),
    )


def _indicators(steps: Steps, component: str, lang: str) -> tuple[Passage | Table, ...]:
    """List the points that this year's indicators move, each with its range, and all together."""
    result, post = steps.main_result(), steps.posterior()
    rows = result.current.loc[result.current["component"] == component]
    moving = reading.moving_indicators(result)
    if component == reading.TOTAL:
        rows = result.current
    else:
        moving = moving.loc[moving["component"] == component]
    if moving.empty:
        nothing = Passage((labels.text("desk.explain.indicators_none", lang),))
        return () if rows.empty else (nothing,)
    effects = indicator_effects(post, steps.spec)
    draws = {str(code): effects[str(code)].moved for code in moving["code"]}
    names = dict(zip(moving["code"], moving[f"name_{lang}"].map(reading.own_words), strict=True))
    lines = [(names[code], *np.quantile(points, ENDS), False) for code, points in draws.items()]
    if len(lines) > 1:
        whole = np.quantile(np.sum(list(draws.values()), axis=0), ENDS)
        lines.append((labels.text("desk.explain.indicators_all", lang), *whole, True))
    fields = (
        c.words("name", "head.indicator"),
        c.figure("effect", "current.effect", "change"),
        c.span("range", "head.range", ("lower", "upper"), lang, decimals=2),
    )
    spec = TableSpec(
        lang,
        say("desk.explain.indicators", component=reading.short_name(component, lang)),
        pd.DataFrame(lines, columns=["name", "lower", "effect", "upper", "strong"]),
        fields,
        notes=("desk.explain.indicators_note",),
        strong=lambda record: record["strong"],
    )
    return (draw_table(spec),)


def _signed(value: float, lang: str) -> str:
    return labels.signed(float(value), 2, lang)


def _criterion(result: Result, component: str, lang: str) -> View:
    """Say what a criterion's forecast is based on; the panel has no components below the domains."""
    rows = reading.branch(result, component)
    lines = [
        f"{reading.component_name(record, lang)}: {reading.sentence(record['basis'], lang)}"
        for _, record in rows.iterrows()
        if record["basis"]
    ]
    return View(with_note(result, lang, Passage(tuple(lines), form="list")), rows)
