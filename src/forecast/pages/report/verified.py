"""How good past forecasts were, in tables: by period, year, domain and rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from forecast.answer.result import SETTLED
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Table, row

if TYPE_CHECKING:
    from forecast.answer.result import Result


def period_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the record apart for the years on which settings were chosen and for those after."""
    table = reading.periods(result)
    if table.empty:
        return _nothing(lang)
    lines = [
        row(_period(record, lang), _years(record), *_measures(record, lang)) for _, record in table.iterrows()
    ]
    notes = [labels.text("periods.note", lang, year=SETTLED)]
    changed = reading.new_method_years(result, reading.survey(result.spec.index_code))
    if (table["period"] == "same_method").any():
        notes.append(labels.text("periods.survey", lang, years=", ".join(map(str, changed))))
    return Table(
        caption=labels.text("periods.caption", lang),
        columns=(*_heads(("periods.period", "periods.years"), lang, numeric=False), *_measure_heads(lang)),
        rows=tuple(lines),
        notes=tuple(notes),
    )


def year_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate what the provinces of each year were missed by in common."""
    table = reading.year_errors(result)
    if table.empty:
        return _nothing(lang)
    lines = [
        row(
            str(int(record["target_year"])),
            labels.signed(record["miss"], 1, lang),
            labels.number(record["cells"], 0, lang),
        )
        for _, record in table.iterrows()
    ]
    return Table(
        caption=labels.text("year_errors.caption", lang, unit=reading.unit(result.spec.index_code, lang)),
        columns=(
            Column(labels.text("skill.year", lang)),
            *_heads(("year_errors.miss", "year_errors.cells"), lang),
        ),
        rows=tuple(lines),
        notes=(labels.text("year_errors.note", lang, years=len(table)),),
        form="plain",
    )


def past_component_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the record of the total, the domains and their parts, beside repeating last year."""
    table = reading.past_components(result)
    if table.empty:
        return _nothing(lang)
    lines = [
        row(
            reading.short_name(str(record["component"]), lang),
            _years(record),
            *_measures(record, lang),
            _beside(record, lang),
        )
        for _, record in table.iterrows()
    ]
    return Table(
        caption=labels.text("past_components.caption", lang, unit=reading.unit(result.spec.index_code, lang)),
        columns=(
            *_heads(("domains.domain", "periods.years"), lang, numeric=False),
            *_measure_heads(lang),
            Column(labels.text("past_components.beside", lang), numeric=True),
        ),
        rows=tuple(lines),
        notes=(labels.text("past_components.note", lang),),
    )


def past_rank_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the record of the rank beside a plain step from last year's."""
    table = reading.past_ranks(result)
    if table.empty:
        return Passage((labels.text("past_ranks.none", lang),))
    lines = [
        row(
            labels.text(f"periods.{record['period']}", lang, year=SETTLED),
            labels.text(f"model.{record['model']}", lang),
            _years(record),
            *_measures(record, lang),
        )
        for _, record in table.iterrows()
    ]
    return Table(
        caption=labels.text("past_ranks.caption", lang),
        columns=(
            *_heads(("periods.period", "coverage.model", "periods.years"), lang, numeric=False),
            *_measure_heads(lang, score="past_ranks.rps"),
        ),
        rows=tuple(lines),
        notes=(labels.text("past_ranks.note", lang),),
    )


def verified_lines(result: Result, lang: str) -> list[str]:
    """Say the coverage of each range by period, and how far the rank was off beside the plain step."""
    settled, after = reading.coverage(result, last=SETTLED), reading.coverage(result, first=SETTLED + 1)
    lines = []
    if len(settled) and len(after):
        columns = (
            ("levels", settled["level"] / 100),
            ("settled", settled["share"]),
            ("after", after["share"]),
        )
        facts = {name: reading.listed(_percents(column, lang), lang) for name, column in columns}
        lines.append(labels.text("track.periods", lang, year=SETTLED, **facts))
    domains = reading.past_domains(result)
    if len(domains) == 2:
        inside = dict(zip(domains["period"], _percents(domains["inside"], lang), strict=True))
        lines.append(
            labels.text("track.domains", lang, year=SETTLED, count=int(domains["cells"].sum()), **inside)
        )
    ranks = reading.past_ranks(result)
    if len(ranks):
        cells = ranks.assign(sum=ranks["error"] * ranks["cells"]).groupby("model")[["sum", "cells"]].sum()
        off = {
            "plain" if model == reading.PLAIN_RANK else "own": labels.number(total / count, 1, lang)
            for model, total, count in cells.itertuples()
        }
        if {"plain", "own"} == set(off):
            lines.append(labels.text("track.ranks", lang, count=int(cells["cells"].max()), **off))
    return lines


def _percents(shares: pd.Series[float], lang: str) -> list[str]:
    return [labels.percent(share, 0, lang) for share in shares]


def _nothing(lang: str) -> Passage:
    return Passage((labels.text("track.none", lang),))


def _period(record: pd.Series[Any], lang: str) -> Cell:
    period = labels.text(f"periods.{record['period']}", lang, year=SETTLED)
    return Cell(
        labels.text(
            "periods.of",
            lang,
            index=reading.named("short_index", str(record["index_code"]), lang),
            period=period,
        )
    )


def _years(record: pd.Series[Any]) -> str:
    first, last = int(record["first"]), int(record["last"])
    return str(first) if first == last else f"{first}–{last}"


def _measures(record: pd.Series[Any], lang: str) -> list[str]:
    return [
        labels.number(record["cells"], 0, lang),
        labels.number(record["error"], 2, lang),
        labels.percent(record["inside"], 0, lang),
        labels.number(record["crps"], 2, lang),
    ]


def _beside(record: pd.Series[Any], lang: str) -> str:
    """Write the CRPS over that of the last value, with the number of cells that both forecast."""
    if pd.isna(record["compared"]) or not record["base_crps"] > 0:
        return labels.MISSING
    ratio = labels.number(record["compared_crps"] / record["base_crps"], 2, lang)
    return f"{ratio} ({labels.number(record['compared'], 0, lang)})"


def _heads(keys: tuple[str, ...], lang: str, *, numeric: bool = True) -> list[Column]:
    return [Column(labels.text(key, lang), numeric=numeric) for key in keys]


def _measure_heads(lang: str, *, score: str = "periods.crps") -> list[Column]:
    return _heads(("coverage.count", "periods.error", "periods.inside", score), lang)
