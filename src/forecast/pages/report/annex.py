"""The annex: the method in half a page, words, sources; and tables cut to what a meeting has time for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from forecast.base import labels
from forecast.data.tables import TRUST
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Pieces, Row, Shown, Table, row

if TYPE_CHECKING:
    from forecast.answer.result import Result

MOST_LINES: Final = 10
METHOD: Final = ("evidence", "share", "draws", "criteria", "departments", "record")
TERMS: Final = (
    *("par", "sipas", "domain", "criterion", "appraisal", "median", "range"),
    *("lost", "winnable", "scenario", "last_value"),
)


def first_lines(piece: Shown, *, on: str, lang: str, count: int = MOST_LINES) -> Shown:
    """Cut a table to its first lines and say on which page of the run the others are."""
    if not isinstance(piece, Table) or len(piece.rows) <= count:
        return piece
    facts = {"count": len(piece.rows) - count, "page": labels.text(f"runs.page.{on}", lang)}
    more = labels.text("cut.more", lang, **facts)
    return replace(piece, rows=piece.rows[:count], notes=(*piece.notes, more))


def method(*, lang: str) -> Passage:
    """Say in words how the forecast is made."""
    return Passage(tuple(labels.text(f"method.{name}", lang) for name in METHOD))


def word_table(*, lang: str) -> Table:
    """Tabulate the words of the report in both languages with what they mean."""
    lines = [
        row(
            *(Cell(labels.text(f"term.{name}", each), lang=each) for each in labels.LANGUAGES),
            labels.text(f"meaning.{name}", lang),
        )
        for name in TERMS
    ]
    heads = (Column(labels.text(f"words.{name}", lang)) for name in ("vi", "en", "meaning"))
    return Table(labels.text("words.caption", lang), tuple(heads), tuple(lines))


def source_table(result: Result, *, lang: str) -> Pieces:
    """List the published results that were used, by index and year, without addresses."""
    used = result.evidence
    if used.empty:
        return Pieces((Passage((labels.text("sources.none", lang),)),))
    groups = used.groupby(["index_code", "year"], sort=True)
    lines = tuple(_source(rows, lang) for _, rows in groups)
    heads = [Column(labels.text(f"sources.{name}", lang)) for name in ("result", "day", "rows", "trust")]
    heads[2] = replace(heads[2], numeric=True)
    notes = (labels.text("sources.note", lang),)
    table = Table(labels.text("sources.caption", lang), tuple(heads), lines, notes)
    return Pieces((table, Passage(_other_sources(result, lang))))


def _source(rows: pd.DataFrame, lang: str) -> Row:
    counts = rows["trust"].value_counts()
    kinds = [
        labels.text("sources.kind", lang, kind=reading.named("trust", kind, lang), count=int(counts[kind]))
        for kind in TRUST
        if kind in counts
    ]
    days: pd.Series[Any] = rows["published_on"].dropna()
    index = labels.text(f"short_index.{rows['index_code'].iloc[0]}", lang)
    return row(
        f"{index} {int(rows['year'].iloc[0])}",
        labels.day(days.min(), lang) if len(days) else labels.MISSING,
        labels.number(len(rows), 0, lang),
        ", ".join(kinds),
    )


def _other_sources(result: Result, lang: str) -> tuple[str, ...]:
    frameworks = [name for name in result.forecast["framework"].unique() if isinstance(name, str) and name]
    return (labels.text("sources.framework", lang, framework=", ".join(frameworks)),) if frameworks else ()
