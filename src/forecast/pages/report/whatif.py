"""The scenarios side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Row, Table, row
from forecast.pages.report.front import target_name

if TYPE_CHECKING:
    from forecast.answer.result import Result

Target = tuple[str, float]


def scenario_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the scenarios: total, difference, rank, each with its range, and the chance of each target.

    One that cannot be told has dashes, and the reason below.
    """
    if result.scenarios.empty:
        return Passage((labels.text("absent.scenarios", lang),))
    found = result.scenario_targets.sort_values("set_on", kind="stable")
    pairs = zip(found["quantity"].astype(str), found["value"].astype(float), strict=True)
    targets: list[Target] = list(dict.fromkeys(pairs))
    lines = [_line(result, record, targets, lang) for _, record in result.scenarios.iterrows()]
    heads = [labels.text(f"scenario_table.{name}", lang) for name in ("total", "difference", "rank")]
    heads += [
        labels.text("scenario_table.chance", lang, target=target_name(*target, lang)) for target in targets
    ]
    return Table(
        caption=labels.text("scenario_table.caption", lang, year=result.spec.target_year),
        columns=(
            Column(labels.text("scenario_table.scenario", lang)),
            *(Column(head, numeric=True) for head in heads),
        ),
        rows=tuple(lines),
        notes=(labels.text("scenario_table.note", lang),),
    )


def _line(result: Result, record: pd.Series[Any], targets: list[Target], lang: str) -> Row:
    reason = reading.said(record["reason"], lang)
    rank = reading.span(record["rank_lower"], record["rank_upper"], lang, decimals=0)
    return row(
        reading.scenario_name(record, lang),
        ranged(reading.points(record["median"], lang), record["lower"], record["upper"], lang, decimals=1),
        ranged(
            labels.signed(record["difference"], 2, lang),
            record["difference_lower"],
            record["difference_upper"],
            lang,
        ),
        Cell(labels.number(record["rank_median"], 0, lang), "" if rank == labels.MISSING else rank),
        *(_chance(result.scenario_targets, str(record["scenario"]), target, lang) for target in targets),
        detail=labels.text("scenario_table.untold", lang, reason=reason) if reason else "",
    )


def ranged(text: str, lower: float, upper: float, lang: str, *, decimals: int = 2) -> Cell:
    """Put a range below a figure; nothing where there is none, or where it has no width."""
    span = reading.span(lower, upper, lang, decimals=decimals)
    return Cell(text, "" if span == labels.MISSING or lower == upper else span)


def _chance(table: pd.DataFrame, scenario: str, target: Target, lang: str) -> str:
    quantity, value = target
    wanted = (table["scenario"] == scenario) & (table["quantity"] == quantity) & (table["value"] == value)
    found = table.loc[wanted, "probability"]
    return labels.MISSING if found.empty else reading.chance(float(found.iloc[0]), lang)
