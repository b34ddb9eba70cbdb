"""Table of the indicators of the target year: how far they are from usual, and the points they move."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import Record, TableSpec, on_page


def current(result: Result, lang: str) -> TableSpec:
    """Indicators of the year against what is usual, and the points that they move."""
    unit, period = c.unit_and_period(lang)

    def about(record: Record) -> str:
        return ", ".join(filter(None, (str(record["component"]), period.take(record), unit.take(record))))

    def detail(record: Record) -> str:
        return "; ".join(filter(None, (newest(record, lang), grounds(record, lang))))

    return TableSpec(
        lang,
        "current.caption",
        result.current,
        (
            c.own_words(f"name_{lang}", "head.indicator", mark=about),
            c.component("component", lang),
            *(period, unit),
            c.figure("latest", "current.value", "points", "value", decimals=decimals_of),
            c.figure("newest", "current.newest_head", "points"),
            c.words("newest_period", "period", lambda r: reading.period(str(r["newest_period"]), lang)),
            c.figure("last_year", "current.last_year", "points", decimals=decimals_of),
            c.figure("usual", "current.usual", "points", decimals=decimals_of),
            c.figure("effect", "current.effect", "change", ends=("lower", "upper")),
            c.span("range", "head.range", ("lower", "upper"), lang, decimals=c.POINTS),
            c.figure("per_unit", "current.per_unit", "change", ends=("per_unit_lower", "per_unit_upper")),
            c.figure("area_years", "current.area_years", "count"),
            c.words("basis", "basis", lambda r: grounds(r, lang)),
        ),
        (f"name_{lang}", "latest", "last_year", "usual", "effect", "range", "area_years"),
        name="current",
        key=("code", "component", "period"),
        detail=detail,
    )


@on_page
def current_table(result: Result, component: str = "", *, lang: str) -> TableSpec:
    """List the indicators of the year, or of a component, the strongest first.

    Those whose effect could not be judged come last, with the reason.
    """
    rows = result.current
    rows = rows.loc[rows["component"] == component] if component else rows
    return replace(
        current(result, lang),
        records=rows.sort_values("effect", key=abs, ascending=False, kind="stable"),
        notes=_rules(rows, lang),
        absent="current.none",
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
        return reading.sentence(record["reason"], lang)
    stated = float(record["said_lower"]), float(record["said_upper"])
    learnt = float(record["per_unit_lower"]), float(record["per_unit_upper"])
    largest = max(map(abs, (*stated, *learnt)), default=0.0)
    decimals = max(2, -math.floor(math.log10(largest))) if largest > 0 else 2
    key = "current.by_expert" if record["area_years"] else "current.by_expert_alone"
    facts = {
        "who": reading.department(str(record["stated_by"]), lang),
        "said": reading.span(*stated, lang, decimals=decimals),
        "found": reading.span(*learnt, lang, decimals=decimals),
    }
    return labels.text(key, lang, **{name: facts[name] for name in labels.fields(key, lang)})


def decimals_of(record: pd.Series[Any]) -> int:
    """Give the decimals that an indicator is shown with: none from a thousand on."""
    sizes = [abs(record[name]) for name in ("value", "last_year", "usual") if pd.notna(record[name])]
    return 0 if max(sizes, default=0.0) >= 1000 else 1


def _rules(current: pd.DataFrame, lang: str) -> tuple[str, ...]:
    """Say each rule by which years are compared once, with the indicators that it holds for."""
    compared = current.loc[current[["last_year", "usual"]].notna().any(axis=1)]
    names = compared[f"name_{lang}"].map(reading.own_words).groupby(compared["compared"], sort=False).unique()
    return tuple(
        labels.text("current.compared", lang, names="; ".join(group), reason=reading.sentence(rule, lang))
        for rule, group in names.items()
    )
