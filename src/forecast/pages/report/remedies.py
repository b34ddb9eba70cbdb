"""Remedies and remedy plans: what is overdue, who has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Row, Table, row
from forecast.pages.report.scorecard import points

if TYPE_CHECKING:
    from forecast.answer.result import Result


def remedy_table(result: Result, *, only_overdue: bool = False, lang: str) -> Table | Passage:
    """List the remedies, the longest overdue first, then by the day on which they are due."""
    if result.remedies.empty:
        return Passage((labels.text("absent.remedies", lang),))
    told = result.remedies.assign(closed=result.remedies["state"].isin(["done", "dropped"]))
    order = ["days_overdue", "closed", "due"]
    ordered = told.sort_values(order, ascending=[False, True, True], kind="stable")
    if only_overdue:
        ordered = ordered.loc[ordered["days_overdue"] > 0]
    if ordered.empty:
        return Passage((labels.text("remedy_table.none_overdue", lang, as_of=result.spec.as_of),))
    caption = "remedy_table.caption_overdue" if only_overdue else "remedy_table.caption"
    return Table(
        caption=labels.text(caption, lang, as_of=result.spec.as_of),
        columns=(
            Column(labels.text("remedy_table.unit", lang)),
            Column(labels.text("remedy_table.action", lang)),
            Column(labels.text("head.charge", lang)),
            Column(labels.text("head.due", lang), numeric=True),
            Column(labels.text("remedy_table.state", lang)),
            Column(labels.text("remedy_table.effect", lang), numeric=True),
        ),
        rows=tuple(_line(result, record, lang) for _, record in ordered.iterrows()),
    )


def _line(result: Result, record: pd.Series[Any], lang: str) -> Row:
    component = str(record["component"])
    overdue = ""
    if record["days_overdue"] > 0:
        days = reading.days(record["days_overdue"], lang)
        overdue = labels.text("remedy_table.days_overdue", lang, days=days)
    return row(
        Cell(
            reading.department(str(record["unit"]), lang),
            reading.name_of(result, component, lang) if component else "",
        ),
        reading.own_words(record["action"]),
        reading.own_words(record["responsible"]) or labels.MISSING,
        labels.day(record["due"], lang),
        Cell(labels.text(f"remedy_table.{record['state']}", lang), overdue),
        points(record["expected_effect"], lang),
        detail=reading.own_words(record["note"]),
    )


def plan_table(result: Result, *, lang: str) -> Table | Passage:
    """Count the units that must have a remedy plan, by kind, and name those without one."""
    units = result.units
    if units.empty:
        return Passage((labels.text("absent.units", lang),))
    with_plan = units["has_plan"].astype(bool)
    if with_plan.all():
        return Passage((labels.text("plan_table.all", lang, count=len(units)),))
    lines = []
    for kind, group in units.groupby("kind", sort=False):
        without = group.loc[~group["has_plan"].astype(bool), "unit"]
        names = "; ".join(reading.department(str(unit), lang) for unit in without)
        lines.append(
            row(
                labels.text(f"plan_table.{kind}", lang),
                labels.number(len(group), 0, lang),
                labels.number(len(without), 0, lang),
                names or labels.text("plan_table.none", lang),
            )
        )
    return Table(
        caption=labels.text("plan_table.caption", lang, as_of=result.spec.as_of),
        columns=(
            Column(labels.text("plan_table.kind", lang)),
            Column(labels.text("plan_table.must", lang), numeric=True),
            Column(labels.text("plan_table.without", lang), numeric=True),
            Column(labels.text("plan_table.names", lang)),
        ),
        rows=tuple(lines),
    )
