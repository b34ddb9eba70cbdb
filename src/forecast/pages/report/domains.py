"""The table of the domains, and the passage on one domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Pieces, Row, Table, row
from forecast.pages.report.front import comparison

if TYPE_CHECKING:
    from forecast.answer.result import Result


def domain_table(result: Result, *, lang: str) -> Table:
    """Tabulate total and domains: last year, forecast, range, change, chance of a fall, maximum, basis."""
    total = reading.line(result, reading.TOTAL)
    facts = {"year": result.spec.target_year, "last_year": int(total["last_year"])}
    index = labels.text(f"short_index.{result.spec.index_code}", lang)
    lines = [_line(record, lang) for _, record in reading.domains(result).iterrows()]
    return Table(
        caption=labels.text(
            "domains.caption", lang, index=index, unit=reading.unit(result.spec.index_code, lang), **facts
        ),
        columns=(
            Column(labels.text("domains.domain", lang)),
            Column(str(facts["last_year"]), numeric=True),
            *(
                Column(labels.text(f"domains.{name}", lang, **facts), numeric=True)
                for name in ("forecast", "range", "change", "fall", "maximum")
            ),
        ),
        rows=(_line(total, lang), *lines),
        notes=(labels.text("domains.note", lang), *_provinces(result, lang)),
    )


def _provinces(result: Result, lang: str) -> list[str]:
    """Say on the figures of how many provinces the domains rest."""
    counts = reading.provinces_by_domain(result)
    if not counts:
        return []
    facts = {"low": min(counts), "high": max(counts), "ranked": reading.RANKED}
    return [labels.text("domains.provinces", lang, **facts)]


def _line(record: pd.Series[Any], lang: str) -> Row:
    component = str(record["component"])
    is_total = component == reading.TOTAL
    basis = reading.said(record["basis"], lang)
    charge = "" if is_total else str(record["responsible"] or "")
    return row(
        reading.short_name(component, lang),
        last_year(record, lang),
        reading.points(record["median"], lang),
        reading.span(record["lower"], record["upper"], lang),
        labels.signed(record["change"], 1, lang),
        reading.chance(float(record["p_fall"]), lang),
        maximum(record, lang),
        detail=rests_on(charge, basis, lang),
        strong=is_total,
    )


def rests_on(responsible: str, basis: str, lang: str) -> str:
    """Say who is in charge, if anyone is said to be, and what a forecast rests on."""
    if not responsible:
        return labels.text("detail.basis", lang, basis=basis)
    return labels.text(
        "detail.charge_basis", lang, department=reading.department(responsible, lang), basis=basis
    )


def last_year(record: pd.Series[Any], lang: str) -> Cell:
    """Write last year's score; where it was not published, its estimate, marked, with its range."""
    rank = reading.last_rank_of(record, lang)
    if record["last_known"]:
        return Cell(reading.points(record["last_median"], lang, published=True), rank)
    span = reading.span(record["last_lower"], record["last_upper"], lang)
    marks = (labels.text("mark.estimated", lang, span=span), rank)
    return Cell(reading.points(record["last_median"], lang), "; ".join(mark for mark in marks if mark))


def maximum(record: pd.Series[Any], lang: str) -> Cell:
    """Write a component's maximum; where no source gave it, marked."""
    status = str(record["max_status"])
    mark = labels.text(f"mark.{status}", lang) if reading.doubtful(status) else ""
    return Cell(labels.plain(float(record["max_score"]), lang), mark)


def domain_passage(result: Result, component: str, *, lang: str) -> Pieces:
    """Say one domain in words: forecast, range, last year, chance of a fall, basis, who is in charge."""
    record = reading.line(result, component)
    known = bool(record["last_known"])
    past_span = reading.span(record["last_lower"], record["last_upper"], lang)
    status = labels.text("status.published" if known else "status.estimated", lang, span=past_span)
    first = labels.text(
        "domain.first",
        lang,
        component=reading.short_name(component, lang),
        year=result.spec.target_year,
        median=reading.points(record["median"], lang),
        maximum=labels.plain(float(record["max_score"]), lang),
        span=reading.span(record["lower"], record["upper"], lang),
        comparison=comparison(float(record["change"]), lang),
        last_year=int(record["last_year"]),
        last=reading.points(record["last_median"], lang, published=known),
        status=status,
    )
    phrase = reading.phrase(float(record["p_fall"]), lang)
    rank = reading.last_rank_of(record, lang)
    lines = [labels.text("domain.last_rank", lang, year=int(record["last_year"]), rank=rank)] if rank else []
    lines += [
        labels.text("domain.fall", lang, last_year=int(record["last_year"]), phrase=phrase),
        labels.text("domain.basis", lang, basis=reading.said(record["basis"], lang)),
        domain_provinces(result, component, lang),
    ]
    if record["responsible"]:
        department = reading.department(str(record["responsible"]), lang)
        lines.append(labels.text("domain.charge", lang, department=department))
    lines += reading.maximum_note(record, lang)
    return Pieces((Passage((first,), form="headline"), Passage(tuple(lines))))


def domain_provinces(result: Result, component: str, lang: str) -> str:
    """Say on the figures of how many provinces a domain's forecast rests, and if the area is among them."""
    count, own = reading.provinces_with(result, component)
    key = "none" if not count else "own" if own else "others"
    place = reading.place_name(result.spec.area, lang)
    return labels.text(f"domain.provinces_{key}", lang, count=count, ranked=reading.RANKED, place=place)


def level_table(result: Result, component: str, *, lang: str) -> Table:
    """Tabulate the median and every range of the run for one component."""
    facts = {
        "year": result.spec.target_year,
        "component": reading.short_name(component, lang),
        "unit": reading.unit(result.spec.index_code, lang),
    }
    median = reading.points(reading.quantile(result, component, 0.5), lang)
    lines = [row(labels.text("levels.median", lang), median, median)]
    for level in result.spec.levels:
        ends = (reading.points(end, lang) for end in reading.interval(result, component, level))
        lines.append(row(f"{level}%", *ends))
    return Table(
        caption=labels.text("levels.caption", lang, **facts),
        columns=(
            Column(labels.text("levels.level", lang)),
            Column(labels.text("levels.from", lang), numeric=True),
            Column(labels.text("levels.to", lang), numeric=True),
        ),
        rows=tuple(lines),
        notes=(*reading.maximum_note(reading.line(result, component), lang), *_too_narrow(result, lang)),
        form="plain",
    )


def _too_narrow(result: Result, lang: str) -> list[str]:
    """Say which ranges kept less than they promised, by the record of the total."""
    table = reading.coverage(result)
    return [
        labels.text("levels.too_narrow", lang, level=int(level), share=labels.percent(share, 0, lang))
        for level, share, upper in zip(table["level"], table["share"], table["upper"], strict=True)
        if 100 * upper < level
    ]
