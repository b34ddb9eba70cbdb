"""Indicators of the year that is forecast: how far from usual, and what that moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from forecast import labels, reading
from forecast.markup import Cell, Column, Passage, Row, Table, row

if TYPE_CHECKING:
    from forecast.result import Result


def news_table(result: Result, *, lang: str) -> Table | Passage:
    """List the indicators of the year, the strongest first: value, surprise, weight, points moved, why.

    Indicators that cannot be compared with earlier years stand in a note, by reason.
    """
    compared = result.news["surprise"].notna()
    notes = tuple(_not_compared(result.news.loc[~compared], lang))
    if not compared.any():
        return Passage((labels.text("news.none", lang), *notes))
    strongest = result.news.loc[compared].sort_values("effect", key=abs, ascending=False, kind="stable")
    lines = [_line(record, lang) for _, record in strongest.iterrows()]
    heads = ("value", "usual", "surprise", "weight", "effect", "range")
    return Table(
        caption=labels.text("news.caption", lang),
        columns=(
            Column(labels.text("news.indicator", lang)),
            *(Column(labels.text(f"news.{head}", lang), numeric=True) for head in heads),
        ),
        rows=tuple(lines),
        notes=notes,
    )


def _line(record: pd.Series[Any], lang: str) -> Row:
    decimals = decimals_of(record)
    about = (
        str(record["component"]),
        reading.period(str(record["period"]), lang),
        reading.own_words(record["unit"]),
    )
    return row(
        Cell(reading.own_words(record["indicator"]), ", ".join(filter(None, about))),
        labels.number(record["value"], decimals, lang),
        labels.number(record["usual"], decimals, lang),
        labels.signed(record["surprise"], decimals, lang),
        labels.number(record["weight"], 2, lang),
        labels.signed(record["effect"], 2, lang),
        reading.span(float(record["lower"]), float(record["upper"]), lang, decimals=2),
        detail=reading.said(record["reason"], lang),
    )


def decimals_of(record: pd.Series[Any]) -> int:
    """Give the decimals that an indicator is shown with: none from a thousand on."""
    return 0 if max(abs(record["value"]), abs(record["usual"])) >= 1000 else 1


def _not_compared(news: pd.DataFrame, lang: str) -> list[str]:
    """Say each reason once, with the indicators that it holds for."""
    return [
        labels.text(
            "news.not_compared",
            lang,
            names="; ".join(dict.fromkeys(map(reading.own_words, group["indicator"]))),
            reason=reading.said(reason, lang),
        )
        for reason, group in news.groupby("reason", sort=False)
    ]
