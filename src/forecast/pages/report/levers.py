"""What can still be won, and what may be lost: the tables that leaders act on."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Table, row
from forecast.pages.report.domains import maximum
from forecast.pages.report.scorecard import DECIMALS, numeric, points

if TYPE_CHECKING:
    from forecast.answer.result import Result

FIRST: Final = 10


def lever_table(result: Result, *, count: int = FIRST, lang: str) -> Table | Passage:
    """Rank the criteria by the points that can still be won: how many, who is in charge, until when.

    Parameters
    ----------
    result
        Gives the scorecard.
    count
        How many to show; a note says how many more there are.
    lang
        Language of the words.
    """
    if result.scorecard.empty:
        return Passage((labels.text("absent.scorecard", lang),))
    ranked = reading.levers(result)
    if ranked.empty:
        return Passage((labels.text("levers.none", lang, year=result.spec.target_year),))
    shown = ranked.head(count)
    lines = [
        row(
            reading.component_name(record, lang),
            labels.number(record["lever_rank"], 0, lang),
            points(record["winnable"], lang),
            reading.span(record["winnable_lower"], record["winnable_upper"], lang, decimals=DECIMALS),
            reading.department(str(record["responsible"]), lang),
            last_day(record, result.spec.target_year, lang),
            detail=reading.said(record["gamble"], lang),
        )
        for _, record in shown.iterrows()
    ]
    more = len(ranked) - len(shown)
    return Table(
        caption=labels.text("levers.caption", lang, year=result.spec.target_year),
        columns=(
            Column(labels.text("head.criterion", lang)),
            *numeric(("order", "winnable", "range"), lang),
            Column(labels.text("head.charge", lang)),
            Column(labels.text("head.due", lang), numeric=True),
        ),
        rows=tuple(lines),
        notes=(
            labels.text("levers.note", lang),
            *((labels.text("levers.more", lang, count=more),) if more else ()),
            *_without_criteria(result, lang),
        ),
    )


def last_day(record: pd.Series[Any], year: int, lang: str) -> Cell:
    """Write the day until which points can be won; where none is set, the year's last, and say so."""
    if pd.isna(record["deadline"]):
        return Cell(labels.day(dt.date(year, 12, 31), lang), labels.text("levers.year_end", lang))
    return Cell(labels.day(record["deadline"], lang))


def risk_table(result: Result, *, count: int = FIRST, lang: str) -> Table | Passage:
    """Rank the criteria by the points at risk: expected loss, range, chance of all points, department."""
    if result.scorecard.empty:
        return Passage((labels.text("absent.scorecard", lang),))
    shown = reading.ranked(result, "risk_rank").head(count)
    if shown.empty:
        return Passage((labels.text("risks.none", lang),))
    lines = [
        row(
            reading.component_name(record, lang),
            labels.number(record["risk_rank"], 0, lang),
            maximum(record, lang),
            points(record["lost"], lang),
            reading.span(record["lower"], record["upper"], lang, decimals=DECIMALS),
            reading.chance(float(record["p_full"]), lang),
            reading.department(str(record["responsible"]), lang),
        )
        for _, record in shown.iterrows()
    ]
    return Table(
        caption=labels.text("risks.caption", lang, year=result.spec.target_year),
        columns=(
            Column(labels.text("head.criterion", lang)),
            *numeric(("order", "maximum", "lost"), lang),
            Column(labels.text("risks.range", lang), numeric=True),
            *numeric(("full",), lang),
            Column(labels.text("head.charge", lang)),
        ),
        rows=tuple(lines),
        notes=_without_criteria(result, lang),
    )


def _without_criteria(result: Result, lang: str) -> tuple[str, ...]:
    return () if reading.has_criteria(result) else (labels.text("levers.no_criteria", lang),)
