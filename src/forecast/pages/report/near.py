"""Who is near: the provinces around the area, by their forecasts and the chance of ending above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Row, Table, row

if TYPE_CHECKING:
    from forecast.answer.result import Result


def neighbour_passage(result: Result, *, lang: str) -> Passage:
    """Say who is just ahead and just behind by the medians, with the chance of each to end above."""
    above, below = reading.around(result)
    if above is None and below is None:
        return Passage((labels.text("near.absent", lang),))
    facts = {"place": reading.place_name(result.spec.area, lang)}
    for side, record in (("above", above), ("below", below)):
        if record is not None:
            facts[side] = reading.place_name(str(record["area"]), lang)
            facts[f"{side}_chance"] = reading.chance(float(record["p_ahead"]), lang)
    key = "both" if above is not None and below is not None else "below" if above is None else "above"
    return Passage((labels.text(f"near.{key}", lang, **facts),))


def neighbour_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the nearest provinces with the area itself among them, the highest first."""
    if result.neighbours.empty:
        return Passage((labels.text("near.absent", lang),))
    place = reading.place_name(result.spec.area, lang)
    total = reading.line(result, reading.TOTAL)
    year = result.spec.target_year
    near = result.neighbours
    ahead = [_line(record, lang) for _, record in near.loc[near["median"] > total["median"]].iterrows()]
    behind = [_line(record, lang) for _, record in near.loc[~(near["median"] > total["median"])].iterrows()]
    return Table(
        caption=labels.text(
            "near.caption", lang, place=place, year=year, unit=reading.unit(result.spec.index_code, lang)
        ),
        columns=(
            Column(labels.text("near.area", lang)),
            Column(str(int(total["last_year"])), numeric=True),
            Column(labels.text("domains.forecast", lang, year=year), numeric=True),
            Column(labels.text("head.range", lang), numeric=True),
            Column(labels.text("near.ahead", lang, place=place), numeric=True),
        ),
        rows=(*ahead, _own(total, place, lang), *behind),
        notes=(labels.text("near.note", lang),),
    )


def _line(record: pd.Series[Any], lang: str) -> Row:
    return row(
        reading.place_name(str(record["area"]), lang),
        Cell(reading.points(record["last_score"], lang, published=True), reading.last_rank_of(record, lang)),
        reading.points(record["median"], lang),
        reading.span(record["lower"], record["upper"], lang),
        reading.chance(float(record["p_ahead"]), lang),
    )


def _own(total: pd.Series[Any], place: str, lang: str) -> Row:
    last = total["last_median"] if total["last_known"] else float("nan")
    return row(
        place,
        Cell(reading.points(last, lang, published=True), reading.last_rank_of(total, lang)),
        reading.points(total["median"], lang),
        reading.span(total["lower"], total["upper"], lang),
        labels.MISSING,
        strong=True,
    )
