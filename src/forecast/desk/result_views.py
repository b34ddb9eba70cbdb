"""Views of a result: the forecast, the models side by side, and how good earlier forecasts were."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.spec import refuse_unknown
from forecast.data.tables import pick
from forecast.desk.steps import Steps
from forecast.desk.views import Forecast, View, refuse_component, with_note
from forecast.model import score
from forecast.pages import plot, reading, report
from forecast.pages.markup import Displayable, Passage, Table
from forecast.pages.reading.past import BASELINE, KEY, cells
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import TableSpec, draw_table, say

LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
CELL: Final = ["area", "component", "target_year"]


def forecast(steps: Steps, component: str, lang: str) -> Forecast:
    """Show the total with its domains, or one component in depth."""
    result = steps.main_result()
    components = dict.fromkeys([*result.summary["component"], *result.scorecard["component"]])
    refuse_component(component, list(components))
    if component == reading.TOTAL:
        parts: tuple[Displayable, ...] = (
            report.headline(result, lang=lang),
            report.domain_table(result, lang=lang),
            plot.domains(result, lang=lang),
        )
        return Forecast(with_note(result, lang, *parts), result.summary, steps=steps)
    card = report.scorecard_table(result, component, lang=lang)
    if component not in set(result.summary["component"]):
        rows = result.scorecard[result.scorecard["component"] == component]
        return Forecast(with_note(result, lang, card), rows.reset_index(drop=True), steps=steps)
    rows = result.summary[result.summary["component"] == component].reset_index(drop=True)
    parts = (
        report.domain_passage(result, component, lang=lang),
        plot.history(result, component, lang=lang),
        report.level_table(result, component, lang=lang),
        card,
    )
    return Forecast(with_note(result, lang, *parts), rows, steps=steps)


def compare(steps: Steps, models: Sequence[str] | None, lang: str) -> View:
    """Lay models side by side: median and range of the total, medians of the domains, past errors."""
    result = steps.result()
    frame = by_model(result)
    models_ = list(dict.fromkeys([*frame["model"], *result.availability["model"]]))
    chosen = models_ if models is None else list(dict.fromkeys(models))
    for model in chosen:
        if model not in models_:
            refuse_unknown("model", model, models_)
    frame = frame[frame["model"].isin(chosen)]
    frame = frame.merge(past_errors(result), on="model", how="left")
    frame = frame.sort_values("model", key=lambda names: names.map(chosen.index), kind="stable")
    components = [reading.TOTAL, *reading.domains(result)["component"]]
    facts = {"year": result.spec.target_year, "place": reading.place_name(result.spec.area, lang)}
    table = draw_table(
        TableSpec(
            lang,
            say("desk.compare.caption", **facts),
            [_model_row(model, frame, components) for model in chosen],
            (
                c.code("model", "head.model", "model", lang),
                c.figure(
                    *("median", "component.total", "points", reading.TOTAL),
                    decimals=1,
                    mark=c.range_below(("lower", "upper"), lang, decimals=1),
                ),
                *(c.figure(component, component, "points", decimals=1) for component in components[1:]),
                c.figure("error", "desk.compare.error", "points"),
            ),
            notes=("desk.compare.note",),
            detail=lambda r: "" if r["speaks"] else _refusal(result, r["model"], lang),
            form="scroll",
        )
    )
    return View(with_note(result, lang, table), frame.reset_index(drop=True))


def by_model(result: Result) -> pd.DataFrame:
    """Give what each model says of the area: model, component, median, lower, upper (80 percent)."""
    row_key = {"area": result.spec.area, "index_code": result.spec.index_code}
    own = pick(result.forecast, **row_key, output_type="quantile")
    own = own.assign(level=own["output_type_id"].astype(float).round(4))
    names = {LOW: "lower", MIDDLE: "median", HIGH: "upper"}
    wide = own[own["level"].isin(names)].pivot_table(
        index=["model", "component"], columns="level", values="value", sort=False
    )
    return wide.rename(columns=names).rename_axis(columns=None).reset_index()


def past_errors(result: Result) -> pd.DataFrame:
    """Compare models on the past years and provinces that each shares with the main one.

    Gives model, cells, error and crps (mean absolute error of the median, mean CRPS), main_error and
    main_crps (of the main model on the same cells); points.
    """
    columns = ["model", "cells", "error", "crps", "main_error", "main_crps"]
    table = cells(result)
    if table.empty:
        return pd.DataFrame(columns=columns)
    levels = sorted(set(table.columns).difference([*KEY, "observed"]))
    errors = table[["model", *CELL]].assign(
        error=(table[MIDDLE] - table["observed"]).abs(),
        crps=score.crps_from_quantiles(table["observed"], table[levels].to_numpy(), levels=levels),
    )
    main = errors[errors["model"] == reading.recorded_model(result)].drop(columns="model")
    pairs = errors.merge(main.rename(columns={"error": "main_error", "crps": "main_crps"}), on=CELL)
    means = pairs.groupby("model", sort=False).agg(
        cells=("error", "size"),
        **{name: (name, "mean") for name in ("error", "crps", "main_error", "main_crps")},
    )
    return means.round(4).reset_index()[columns]


def backtest(steps: Steps, lang: str) -> View:
    """Show how good earlier forecasts would have been: the city's, the ranges', beside other models."""
    result = steps.result()
    frame = past_errors(result)
    if result.backtest.empty:
        facts = {"as_of": result.spec.as_of, "year": result.spec.target_year}
        return View(with_note(result, lang, Passage((labels.text("desk.no_record", lang, **facts),))), frame)
    parts: list[Displayable] = [
        plot.track(result, lang=lang),
        report.track_passage(result, lang=lang),
        plot.coverage(result, lang=lang),
        report.period_table(result, lang=lang),
        report.year_table(result, lang=lang),
        report.past_rank_table(result, lang=lang),
        report.past_component_table(result, lang=lang),
        plot.skill(result, lang=lang),
    ]
    if len(frame):
        parts.append(_error_table(frame, lang))
    return View(with_note(result, lang, *parts), frame)


def _model_row(model: str, frame: pd.DataFrame, components: list[str]) -> dict[str, Any]:
    """Lay a model's medians side by side, with the range of the total and its past error."""
    own = frame[frame["model"] == model].set_index("component")
    figures = own[["median", "lower", "upper"]].astype(float).reindex(components)
    return {
        "model": model,
        "speaks": len(own) > 0,
        "error": own["error"].iloc[0] if len(own) else np.nan,
        "lower": figures["lower"].iloc[0],
        "upper": figures["upper"].iloc[0],
        **dict(zip(components, figures["median"], strict=True)),
    }


def _refusal(result: Result, model: str, lang: str) -> str:
    """Say why a model is silent."""
    rows = result.availability
    own = rows[(rows["model"] == model) & (rows["index_code"] == result.spec.index_code)]
    reasons = dict.fromkeys(reason for reason in own["reason"] if reason)
    return "; ".join(reading.sentence(reason, lang) for reason in reasons)


def _error_table(frame: pd.DataFrame, lang: str) -> Table:
    errors = ("error", "crps", "main_error", "main_crps")
    fields = (
        c.code("model", "head.model", "model", lang),
        c.figure("cells", "desk.errors.cells", "count"),
        *(c.figure(name, f"desk.errors.{name}", "points") for name in errors),
    )
    caption, notes = "desk.errors.caption", ("desk.errors.note",)
    return draw_table(
        TableSpec(lang, caption, frame, fields, notes=notes, strong=lambda r: r["model"] == BASELINE)
    )
