"""How good past forecasts were: record, coverage and skill; by period, year, domain and rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from forecast.answer.result import SETTLED
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Passage, Table
from forecast.pages.tables import columns
from forecast.pages.tables.spec import (
    Ends,
    Field,
    Record,
    TableSpec,
    Text,
    beside_picture,
    draw,
    figure,
    head,
    lines,
    say,
    span,
    words,
)

if TYPE_CHECKING:
    from forecast.answer.result import Result

NONE: Final = "track.none"


def track(result: Result, lang: str) -> TableSpec:
    """Past forecasts of the total, with what came."""
    facts = columns.about_index(result, lang)
    return TableSpec(
        name="track",
        lang=lang,
        caption=say("track.caption", **facts),
        records=lines(reading.record(result)),
        key=("target_year",),
        fields=(
            columns.year("target_year", "history.year"),
            figure(
                *("forecast", "levels.median", "points", "median"),
                ranges=(
                    Ends(80, lambda r: r["lower"], lambda r: r["upper"]),
                    Ends(95, lambda r: r["lower95"], lambda r: r["upper95"]),
                ),
                decimals=1,
            ),
            span("range80", say("coverage.level", level=80), ("lower", "upper"), lang),
            span("range95", say("coverage.level", level=95), ("lower95", "upper95"), lang),
            figure("observed", "track.observed", "points"),
            figure("repeated", "track.last_value", "points"),
        ),
        absent=NONE,
    )


def coverage(table: pd.DataFrame, lang: str) -> TableSpec:
    """How many past results lay inside the ranges, from `reading.coverage`."""
    return TableSpec(
        name="coverage",
        lang=lang,
        caption="coverage.caption",
        records=lines(table),
        key=("level",),
        fields=(
            words("stated", "coverage.stated", lambda r: f"{int(r['level'])}%"),
            figure("inside", "coverage.reached", "share", "share", ends=("lower", "upper")),
            span(
                *("spread", "coverage.spread", lambda r: (100 * r["lower"], 100 * r["upper"]), lang),
                decimals=0,
            ),
            figure("years", "coverage.years", "count"),
            _forecasts(),
        ),
        absent=NONE,
    )


def skill(table: pd.DataFrame, lang: str) -> TableSpec:
    """By how much the main model's error was smaller than that of repeating last year."""
    return TableSpec(
        name="skill",
        lang=lang,
        caption="skill.caption",
        records=lines(table),
        key=("target_year",),
        fields=(
            columns.year("target_year", "skill.year"),
            figure(
                *("error_smaller_by", "skill.gain", "share", "skill"),
                cell=lambda r: labels.signed(100 * r["skill"], 0, lang) + "%",
            ),
            _forecasts(),
        ),
        sheet_notes=("skill.note",),
        absent=NONE,
        form="plain",
    )


def beside(spec: TableSpec) -> Table:
    """Tabulate what a picture of the record shows."""
    return beside_picture(spec, (field.name for field in spec.fields))


def _forecasts() -> Field:
    return figure("forecasts", "coverage.count", "count", "cells")


def periods(result: Result, lang: str) -> TableSpec:
    """The record of the totals, apart for the years on which settings were chosen and for those after."""
    table = reading.periods(result)
    note = say("periods.note", year=SETTLED)
    changed = reading.new_method_years(result, reading.SURVEY)
    same = (table["period"] == "same_method").any()
    return TableSpec(
        name="periods",
        lang=lang,
        caption="periods.caption",
        records=lines(table),
        key=("index_code", "period"),
        fields=(
            words("index_code", head("index")),
            words("period", "periods.period", lambda r: _period(r, lang)),
            words(
                *("index_and_period", "periods.period"),
                lambda r: labels.text(
                    "periods.of",
                    lang,
                    index=reading.named("short_index", str(r["index_code"]), lang),
                    period=_period(r, lang),
                ),
                in_sheet=False,
            ),
            *_measures(),
        ),
        columns=("index_and_period", *MEASURES),
        notes=(note, *((say("periods.survey", years=", ".join(map(str, changed))),) if same else ())),
        sheet_notes=(note,),
        absent=NONE,
    )


def period_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the record by period."""
    return draw(periods(result, lang))


def year_errors(result: Result, lang: str) -> TableSpec:
    """What the provinces of each year were missed by in common."""
    table = reading.year_errors(result)
    notes = (say("year_errors.note", years=len(table)),)
    return TableSpec(
        name="year_errors",
        lang=lang,
        caption=say("year_errors.caption", **columns.about_index(result, lang)),
        records=lines(table),
        key=("target_year",),
        fields=(
            columns.year("target_year", "skill.year"),
            figure("miss", "year_errors.miss", "change", decimals=1),
            figure("provinces", "year_errors.cells", "count", "cells"),
        ),
        notes=notes,
        sheet_notes=notes,
        absent=NONE,
        form="plain",
    )


def year_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the error of each year."""
    return draw(year_errors(result, lang))


def past_ranks(result: Result, lang: str) -> TableSpec:
    """Record of the rank beside a plain step from last year's."""
    return TableSpec(
        name="past_ranks",
        lang=lang,
        caption="past_ranks.caption",
        records=lines(reading.past_ranks(result)),
        key=("period", "model"),
        fields=(
            words("period", "periods.period", lambda r: _period(r, lang)),
            words("model", "coverage.model", lambda r: labels.text(f"model.{r['model']}", lang)),
            *_measures(score="past_ranks.rps"),
        ),
        notes=("past_ranks.note",),
        sheet_notes=("past_ranks.note",),
        absent="past_ranks.none",
    )


def past_rank_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the record of the rank."""
    return draw(past_ranks(result, lang))


def past_components(result: Result, lang: str) -> TableSpec:
    """Record of the total, the domains and their parts, beside repeating last year."""
    table = reading.past_components(result)

    def ratio_of(record: Record) -> str:
        """Write the CRPS over that of the last value, with the number of cells that both forecast."""
        if pd.isna(record["compared"]) or not record["base_crps"] > 0:
            return labels.MISSING
        return f"{labels.number(record['ratio'], 2, lang)} ({labels.number(record['compared'], 0, lang)})"

    return TableSpec(
        name="past_components",
        lang=lang,
        caption=say("past_components.caption", **columns.about_index(result, lang)),
        records=lines(table.assign(ratio=table["compared_crps"] / table["base_crps"])),
        key=("component",),
        fields=(
            columns.component("domains.domain", lang, sheet=head("domain")),
            *_measures(),
            figure("ratio", "past_components.beside", "points", cell=ratio_of),
            figure("compared", head("compared"), "count"),
        ),
        columns=("component", *MEASURES, "ratio"),
        notes=("past_components.note",),
        sheet_notes=("past_components.note",),
        absent=NONE,
    )


def past_component_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the record of the domains."""
    return draw(past_components(result, lang))


def _period(record: pd.Series[Any], lang: str) -> str:
    return labels.text(f"periods.{record['period']}", lang, year=SETTLED)


MEASURES: Final = ("years", "forecasts", "error", "inside", "crps")


def _measures(*, score: Text = "periods.crps") -> tuple[Field, ...]:
    def years(record: Record) -> str:
        first, last = int(record["first"]), int(record["last"])
        return str(first) if first == last else f"{first}–{last}"

    return (
        words("years", "periods.years", years),
        _forecasts(),
        figure("error", "periods.error", "points"),
        figure("inside", "periods.inside", "share"),
        figure("crps", score, "points"),
    )
