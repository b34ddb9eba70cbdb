"""Indicators of the year that is forecast: how far from usual, and what that moves."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Row, Table, row


def current_table(result: Result, component: str = "", *, lang: str) -> Table | Passage:
    """List the indicators of the year, the strongest first: now, last year, usual, points moved, on how much.

    Those whose effect could not be judged come last, with the reason.

    Parameters
    ----------
    component
        Domain to list alone; all if left out.
    """
    rows = result.current
    rows = rows.loc[rows["component"] == component] if component else rows
    if rows.empty:
        return Passage((labels.text("current.none", lang),))
    strongest = rows.sort_values("effect", key=abs, ascending=False, kind="stable")
    heads = ("value", "last_year", "usual", "effect", "range", "area_years")
    return Table(
        caption=labels.text("current.caption", lang),
        columns=(
            Column(labels.text("current.indicator", lang)),
            *(Column(labels.text(f"current.{head}", lang), numeric=True) for head in heads),
        ),
        rows=tuple(_line(record, lang) for _, record in strongest.iterrows()),
        notes=_rules(rows, lang),
    )


def _line(record: pd.Series[Any], lang: str) -> Row:
    decimals = decimals_of(record)
    about = (
        str(record["component"]),
        reading.period(str(record["period"]), lang),
        reading.indicator_unit(record["unit"], lang),
    )
    return row(
        Cell(reading.own_words(record[f"name_{lang}"]), ", ".join(filter(None, about))),
        labels.number(record["value"], decimals, lang),
        labels.number(record["last_year"], decimals, lang),
        labels.number(record["usual"], decimals, lang),
        labels.signed(record["effect"], 2, lang),
        reading.span(float(record["lower"]), float(record["upper"]), lang, decimals=2),
        labels.number(record["area_years"], 0, lang),
        detail="; ".join(filter(None, (newest(record, lang), grounds(record, lang)))),
    )


def newest(record: pd.Series[Any], lang: str) -> str:
    """Say the newest figure where a later one is out than can be compared with other years."""
    if pd.isna(record["newest"]):
        return ""
    facts = {
        "value": labels.number(record["newest"], decimals_of(record), lang),
        "period": reading.period(str(record["newest_period"]), lang),
    }
    return labels.text("current.newest", lang, **facts)


def grounds(record: pd.Series[Any], lang: str) -> str:
    """Say what an effect rests on: an expert by name and range, and what figures make of it; else why."""
    if record["by"] != "expert":
        return reading.said(record["reason"], lang)
    said = float(record["said_lower"]), float(record["said_upper"])
    found = float(record["per_unit_lower"]), float(record["per_unit_upper"])
    largest = max(map(abs, (*said, *found)), default=0.0)
    decimals = max(2, -math.floor(math.log10(largest))) if largest > 0 else 2
    key = "current.by_expert" if record["area_years"] else "current.by_expert_alone"
    facts = {
        "who": reading.department(str(record["stated_by"]), lang),
        "said": reading.span(*said, lang, decimals=decimals),
        "found": reading.span(*found, lang, decimals=decimals),
    }
    return labels.text(key, lang, **{name: facts[name] for name in labels.fields(key, lang)})


def decimals_of(record: pd.Series[Any]) -> int:
    """Give the decimals that an indicator is shown with: none from a thousand on."""
    sizes = [abs(record[name]) for name in ("value", "last_year", "usual") if pd.notna(record[name])]
    return 0 if max(sizes, default=0.0) >= 1000 else 1


def _rules(current: pd.DataFrame, lang: str) -> tuple[str, ...]:
    """Say each rule by which years are compared once, with the indicators that it holds for."""
    compared = current.loc[current[["last_year", "usual"]].notna().any(axis=1)]
    return tuple(
        labels.text(
            "current.compared",
            lang,
            names="; ".join(dict.fromkeys(map(reading.own_words, group[f"name_{lang}"]))),
            reason=reading.said(phrase, lang),
        )
        for phrase, group in compared.groupby("compared", sort=False)
    )
