"""Columns and marks that several tables share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.tables.spec import Field, Record, Text, figure, head, words

if TYPE_CHECKING:
    from forecast.answer.result import Result

POINTS: Final = 2  # decimals of a criterion's points: a sub-criterion has half a point


def component(heading: Text, lang: str, *, sheet: Text = "") -> Field:
    """Name the total, a domain or a part of one."""
    return words(
        "component", heading, lambda record: reading.short_name(str(record["component"]), lang), sheet=sheet
    )


def department(name: str, heading: Text, lang: str, *, sheet: Text = "") -> Field:
    """Name who is in charge, by the column `name`."""
    return words(name, heading, lambda record: reading.department(str(record[name] or ""), lang), sheet=sheet)


def said(name: str, heading: Text, lang: str, column: str = "") -> Field:
    """Write a sentence that a table carries in no language."""
    return words(name, heading, lambda record: reading.said(record[column or name], lang))


def own_words(name: str, heading: Text, *, sheet: Text = "") -> Field:
    """Write what people wrote."""
    return words(name, heading, lambda record: reading.own_words(record[name]), sheet=sheet)


def year(name: str, heading: Text) -> Field:
    """Name a row by its year."""
    return words(name, heading, lambda record: str(int(record[name])))


def maximum(heading: Text, lang: str) -> tuple[Field, Field, Field]:
    """Give a component's maximum, the same with a star where it was not read, and where it is from."""

    def mark(record: Record) -> str:
        status = str(record["max_status"])
        return labels.text(f"mark.{status}", lang) if reading.doubtful(status) else ""

    return (
        figure("maximum", heading, "plain", "max_score", sheet=head("maximum"), mark=mark),
        figure(
            *("starred_maximum", heading, "plain", "max_score"),
            cell=lambda record: reading.starred_maximum(record, lang),
            in_sheet=False,
        ),
        words(
            "max_status",
            head("max_status"),
            lambda record: reading.named("max_status", str(record["max_status"]), lang),
        ),
    )


def rank_mark(record: Record, lang: str) -> str:
    """Write the rank of a score, as published."""
    return "" if pd.isna(record["rank"]) else labels.text("evidence.rank", lang, rank=int(record["rank"]))


def rests_on(responsible: str, basis: str, lang: str) -> str:
    """Say who is in charge, if anyone is said to be, and what a forecast rests on."""
    if not responsible:
        return labels.text("detail.basis", lang, basis=basis)
    return labels.text(
        "detail.charge_basis", lang, department=reading.department(responsible, lang), basis=basis
    )


def yes_or_no(name: str, heading: Text, lang: str) -> Field:
    """Say whether something holds."""
    return words(
        name, heading, lambda record: labels.text("word.yes" if record[name] else "handout.no", lang)
    )


def last_year_of(result: Result) -> int:
    """Give the year before the one that is forecast."""
    return int(reading.line(result, reading.TOTAL)["last_year"])


def about_index(result: Result, lang: str) -> dict[str, Any]:
    """Give index, unit and year, for captions."""
    spec = result.spec
    return {
        "index": labels.text(f"short_index.{spec.index_code}", lang),
        "unit": reading.unit(spec.index_code, lang),
        "place": reading.place_name(spec.area, lang),
        "year": spec.target_year,
        "as_of": spec.as_of,
    }
