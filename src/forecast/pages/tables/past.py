"""Tables of how good past forecasts were: record, coverage and skill; by period, year, domain and rank."""

from typing import Final

import pandas as pd

from forecast.answer.result import SETTLED, Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import Field, Record, TableSpec, Text, on_page, say

NONE: Final = "track.none"
MEASURES: Final = ("years", "forecasts", "error", "inside", "crps")


def track(result: Result, lang: str) -> TableSpec:
    """Past forecasts of the total, with what came."""
    ends = {80: ("lower", "upper"), 95: ("lower95", "upper95")}
    ranges = tuple(c.ends_of(level, names) for level, names in ends.items())
    spans = (
        c.span(f"range{level}", say("coverage.level", level=level), names, lang)
        for level, names in ends.items()
    )
    return TableSpec(
        lang,
        say("track.caption", **c.facts_of(result, lang)),
        reading.record(result),
        (
            c.whole("target_year", "head.year"),
            c.figure("forecast", "levels.median", "points", "median", ranges=ranges, decimals=1),
            *spans,
            c.figure("observed", "head.result", "points"),
            c.figure("repeated", "track.last_value", "points"),
        ),
        name="track",
        key=("target_year",),
        absent=NONE,
    )


def coverage(table: pd.DataFrame, lang: str) -> TableSpec:
    """How many past results lay inside the ranges, from `reading.coverage`."""

    def percent(record: Record) -> tuple[float, float]:
        return 100 * record["lower"], 100 * record["upper"]

    return TableSpec(
        lang,
        "coverage.caption",
        table,
        (
            c.words("stated", "coverage.stated", lambda r: f"{int(r['level'])}%"),
            c.figure("inside", "coverage.reached", "share", "share", ends=("lower", "upper")),
            c.span("spread", "coverage.spread", percent, lang, decimals=0),
            c.figure("years", "coverage.years", "count"),
            _forecasts(),
        ),
        name="coverage",
        key=("level",),
        absent=NONE,
    )


def skill(table: pd.DataFrame, lang: str) -> TableSpec:
    """By how much the main model's error was smaller than that of repeating last year."""

    def gain(record: Record) -> str:
        return labels.signed(100 * record["skill"], 0, lang) + "%"

    return TableSpec(
        lang,
        "skill.caption",
        table,
        (
            c.whole("target_year", "head.year"),
            c.figure("error_smaller_by", "skill.gain", "share", "skill", cell=gain),
            _forecasts(),
        ),
        name="skill",
        key=("target_year",),
        sheet_notes=("skill.note",),
        absent=NONE,
        form="plain",
    )


def _forecasts() -> Field:
    return c.figure("forecasts", "coverage.count", "count", "cells")


def periods(result: Result, lang: str) -> TableSpec:
    """The record of the totals, apart for the years on which settings were chosen and for those after."""
    table = reading.periods(result)
    note = say("periods.note", year=SETTLED)
    years = ", ".join(map(str, reading.new_method_years(result, reading.survey(result.spec.index_code))))
    same = (say("periods.survey", years=years),) if (table["period"] == "same_method").any() else ()
    period = _period(lang)

    def of_index(record: Record) -> str:
        index = reading.code_name("short_index", str(record["index_code"]), lang)
        return labels.text("periods.of", lang, index=index, period=period.take(record))

    return TableSpec(
        lang,
        "periods.caption",
        table,
        (
            c.words("index_code", "index"),
            period,
            c.words("index_and_period", "periods.period", of_index, in_sheet=False),
            *_measures(),
        ),
        ("index_and_period", *MEASURES),
        name="periods",
        key=("index_code", "period"),
        notes=(note, *same),
        sheet_notes=(note,),
        absent=NONE,
    )


period_table = on_page(periods)


def year_errors(result: Result, lang: str) -> TableSpec:
    """The mean error over all provinces of each year."""
    table = reading.year_errors(result)
    note = say("year_errors.note", years=len(table))
    return TableSpec(
        lang,
        say("year_errors.caption", **c.facts_of(result, lang)),
        table,
        (
            c.whole("target_year", "head.year"),
            c.figure("miss", "year_errors.miss", "change", decimals=1),
            c.figure("provinces", "year_errors.cells", "count", "cells"),
        ),
        name="year_errors",
        key=("target_year",),
        notes=(note,),
        sheet_notes=(note,),
        absent=NONE,
        form="plain",
    )


year_table = on_page(year_errors)


def past_ranks(result: Result, lang: str) -> TableSpec:
    """Record of the rank beside a plain step from last year's."""
    return TableSpec(
        lang,
        "past_ranks.caption",
        reading.past_ranks(result),
        (_period(lang), c.code("model", "head.model", "model", lang), *_measures(score="past_ranks.rps")),
        name="past_ranks",
        key=("period", "model"),
        notes=("past_ranks.note",),
        sheet_notes=("past_ranks.note",),
        absent="past_ranks.none",
    )


past_rank_table = on_page(past_ranks)


def past_components(result: Result, lang: str) -> TableSpec:
    """Record of the total, the domains and their parts, beside repeating last year."""
    table = reading.past_components(result)
    return TableSpec(
        lang,
        say("past_components.caption", **c.facts_of(result, lang)),
        table.assign(ratio=table["compared_crps"] / table["base_crps"]),
        (
            c.component("head.domain", lang),
            *_measures(),
            _ratio(lang),
            c.figure("compared", "compared", "count"),
        ),
        ("component", *MEASURES, "ratio"),
        name="past_components",
        key=("component",),
        notes=("past_components.note",),
        sheet_notes=("past_components.note",),
        absent=NONE,
    )


past_component_table = on_page(past_components)


def past_years(result: Result, lang: str) -> TableSpec:
    """The record of the last three years one by one: totals, survey, domains and ranks."""

    def figure(record: Record) -> str:
        index = reading.code_name("short_index", str(record["index_code"]), lang)
        return labels.text(f"past_years.{record['kind']}", lang, index=index)

    def new(record: Record) -> str:
        return labels.text("verified.new_method", lang) if record["new_method"] else ""

    table = reading.past_years(result)
    error, inside, crps = _measures(score="verified.crps_rps")[2:]
    return TableSpec(
        lang,
        say("past_years.caption", day=f"{result.spec.as_of.day}/{result.spec.as_of.month}"),
        table.assign(ratio=table["compared_crps"] / table["base_crps"]),
        (
            c.words("year", "head.year", lambda r: str(int(r["target_year"])), mark=new),
            c.words("figure", "verified.component", figure),
            _forecasts(),
            error,
            inside,
            crps,
            _ratio(lang),
        ),
        name="past_years",
        key=("target_year", "index_code", "kind"),
        notes=("past_years.note",),
        sheet_notes=("past_years.note",),
        absent=NONE,
    )


past_year_table = on_page(past_years)


def _ratio(lang: str) -> Field:
    """Write the CRPS over that of the last value, with the number of cells that both forecast."""

    def written(record: Record) -> str:
        if pd.isna(record["compared"]) or not record["base_crps"] > 0:
            return labels.MISSING
        return f"{labels.number(record['ratio'], 2, lang)} ({labels.number(record['compared'], 0, lang)})"

    return c.figure("ratio", "past_components.beside", "points", cell=written)


def _period(lang: str) -> Field:
    def name(record: Record) -> str:
        return labels.text(f"periods.{record['period']}", lang, year=SETTLED)

    return c.words("period", "periods.period", name)


def _measures(*, score: Text = "periods.crps") -> tuple[Field, ...]:
    def years(record: Record) -> str:
        return "–".join(dict.fromkeys(str(int(record[end])) for end in ("first", "last")))

    return (
        c.words("years", "periods.years", years),
        _forecasts(),
        c.figure("error", "periods.error", "points"),
        c.figure("inside", "periods.inside", "share"),
        c.figure("crps", score, "points"),
    )
