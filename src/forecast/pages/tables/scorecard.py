"""Tables of the scorecard: points expected, lost and still to be won; and of indicators of criteria."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Elements, Passage, Table
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import Record, TableSpec, Text, beside_picture, draw, on_page, say

FIRST: Final = 10  # levers and risks on a page
MOST_LOST: Final = 10
PLURAL: Final = {"domain": "domains", "criterion": "criteria"}


def scorecard(result: Result, lang: str) -> TableSpec:
    """Tree of the scorecard, from the total down to the finest criterion."""
    year, finest = result.spec.target_year, "criterion" if reading.has_criteria(result) else "domain"
    range_of, winnable = ("lower", "upper"), ("winnable_lower", "winnable_upper")
    return TableSpec(
        lang,
        "",
        result.scorecard,
        (
            c.words(*("component", f"head.{finest}", lambda r: reading.component_name(r, lang))),
            c.code("kind", "kind", "handout.kind", lang),
            *c.maximum("head.maximum", lang),
            c.figure("last_year", str(c.last_year_of(result)), "points", "last"),
            c.figure(
                "expected", "head.expected", "points", sheet="expected", ends=range_of, decimals=_places
            ),
            c.figure("median", "levels.median", "points"),
            c.span("range", "head.range", range_of, lang, decimals=_places),
            c.span("risk_range", "risks.range", range_of, lang, decimals=c.POINTS),
            c.figure("lost", "head.lost", "points", decimals=_places),
            c.figure("p_full", "head.full", "chance"),
            c.figure(*("winnable", "head.winnable", "points"), ends=winnable, decimals=_places),
            c.span("winnable_range", "head.range", winnable, lang, decimals=c.POINTS),
            c.figure("lever_rank", "head.order", "count", sheet="lever"),
            c.figure("risk_rank", "head.order", "count", sheet="risk"),
            c.days("deadline", "head.due", cell=lambda r: last_day(r, year, lang)),
            c.department("responsible", "head.charge", lang),
            c.sentence("basis", "basis", lang),
            c.sentence("gamble", "gamble", lang),
        ),
        name="scorecard",
        key=("component",),
        sheet_notes=("tree.note", "lost.note"),
        absent="absent.scorecard",
    )


def _places(record: Record) -> int:
    """Give the decimals of a row: a sub-criterion has half a point, all above is rounded as on every page."""
    return 1 if record["kind"] in ("total", "domain", "part") else c.POINTS


def last_day(record: Record, year: int, lang: str) -> Cell:
    """Write the day until which points can be won; where none is set, the year's last, and say so."""
    if pd.isna(record["deadline"]):
        return Cell(labels.day(dt.date(year, 12, 31), lang), labels.text("levers.year_end", lang))
    return Cell(labels.day(record["deadline"], lang))


def _with_headings(spec: TableSpec, **headings: Text) -> TableSpec:
    """Give columns other headings."""
    renamed = [replace(f, heading=headings.get(f.name, f.heading)) for f in spec.fields]
    return replace(spec, fields=renamed)


@on_page
def _lost(result: Result, kind: str, count: int = 0, *, lang: str) -> TableSpec:
    return replace(
        _with_headings(scorecard(result, lang), component=f"head.{kind}"),
        caption=say(f"lost.{PLURAL[kind]}_caption", year=result.spec.target_year),
        records=reading.largest_losses(result, kind, count),
        columns=("component", "maximum", "expected", "lost", "winnable", "responsible"),
        notes=("lost.note",) if kind == "domain" else (),
    )


def lost_table(result: Result, *, lang: str) -> Elements | Passage:
    """Tabulate where points are lost: the domains, then the criteria that lose most; in whose charge."""
    if result.scorecard.empty:
        return Passage((labels.text("absent.scorecard", lang),))
    below = Passage((labels.text("absent.criteria", lang),))
    most = _lost(result, "criterion", MOST_LOST, lang=lang) if reading.has_criteria(result) else below
    return Elements((_lost(result, "domain", lang=lang), most))


def lost_figures(result: Result, rows: pd.DataFrame, kind: str, lang: str) -> Table:
    """Tabulate what the picture of lost points shows."""
    spec = _with_headings(scorecard(result, lang), component=f"head.{kind}")
    columns = ("component", "starred_maximum", "expected", "lost", "winnable")
    caption = say(f"lost.{PLURAL[kind]}_figure", year=result.spec.target_year)
    return beside_picture(spec, *columns, caption=caption, records=rows)


def scorecard_table(result: Result, component: str = "", *, lang: str) -> Table | Elements | Passage:
    """Tabulate the tree of one component, or of every domain in turn if none is named.

    Without criteria one table shows what there is, and a line says what to enter.
    """
    if result.scorecard.empty:
        return Passage((labels.text("absent.scorecard", lang),))
    if not reading.has_criteria(result):
        caption = say("tree.caption_all", year=result.spec.target_year)
        hint = Passage((labels.text("absent.criteria", lang),))
        return Elements((hint, draw(_tree(result, component or reading.TOTAL, caption, lang))))
    if component:
        return _tree_of(result, component, lang)
    domains = result.scorecard.loc[result.scorecard["kind"] == "domain", "component"]
    return Elements(tuple(_tree_of(result, str(domain), lang) for domain in domains))


def _tree_of(result: Result, component: str, lang: str) -> Table | Passage:
    facts = {"component": reading.name_of(result, component, lang), "year": result.spec.target_year}
    return draw(_tree(result, component, say("tree.caption", **facts), lang))


def _tree(result: Result, component: str, caption: Text, lang: str) -> TableSpec:
    rows = reading.branch(result, component)
    full = ("p_full",) if rows["p_full"].notna().any() else ()

    def detail(record: Record) -> str:
        basis = reading.sentence(record["basis"], lang)
        is_total = record["kind"] == "total"
        return "" if is_total else c.rests_on(str(record["responsible"] or ""), basis, lang)

    return replace(
        scorecard(result, lang),
        caption=caption,
        records=rows,
        columns=("component", "maximum", "last_year", "expected", "range", "lost", *full),
        notes=("tree.note", *_dash(rows["last"])),
        detail=detail,
        strong=lambda r: r["kind"] in ("total", "domain"),
        level=lambda r: r["depth"],
    )


def _dash(values: pd.Series[float]) -> tuple[str, ...]:
    """Say what a dash means, where there is one."""
    return ("head.dash",) if values.isna().any() else ()


@on_page
def lever_table(result: Result, *, count: int = FIRST, lang: str) -> TableSpec:
    """Rank the first `count` criteria by the points that can still be won: how many, who, until when."""
    ranked, year = reading.levers(result), result.spec.target_year
    more, spec = len(ranked) - count, scorecard(result, lang)
    caption = "levers.caption" if reading.has_criteria(result) else "levers.domains_caption"
    fine = [replace(f, decimals=c.POINTS) if f.name == "winnable" else f for f in spec.fields]
    return replace(
        spec,
        fields=fine,  # one list in one order, so its figures have the same decimals
        caption=say(caption, year=year),
        records=ranked.head(count),
        columns=("component", "lever_rank", "winnable", "winnable_range", "responsible", "deadline"),
        notes=(
            "levers.note",
            *((say("levers.more", count=more),) if more > 0 else ()),
            *_without_criteria(result),
        ),
        absent="absent.scorecard" if result.scorecard.empty else say("levers.none", year=year),
        detail=lambda r: reading.sentence(r["gamble"], lang),
    )


@on_page
def risk_table(result: Result, *, count: int = FIRST, lang: str) -> TableSpec:
    """Rank the first `count` criteria by the points at risk: expected loss, range, chance of all points."""
    caption = "risks.caption" if reading.has_criteria(result) else "risks.domains_caption"
    return replace(
        scorecard(result, lang),
        caption=say(caption, year=result.spec.target_year),
        records=reading.by_rank(result, "risk_rank").head(count),
        columns=("component", "risk_rank", "maximum", "lost", "risk_range", "p_full", "responsible"),
        notes=_without_criteria(result),
        absent="absent.scorecard" if result.scorecard.empty else "risks.none",
    )


def _without_criteria(result: Result) -> tuple[str, ...]:
    return () if reading.has_criteria(result) else ("levers.no_criteria",)


def indicators(result: Result, lang: str) -> TableSpec:
    """Indicators that score criteria: latest figure, projected end of the year, its range."""
    ends = ("lower", "upper")

    def decimals(record: Record) -> int:
        return 0 if abs(record["value"]) >= 1000 else 1

    def name(record: Record) -> str:
        english = record.get("name_en") if lang == "en" else ""
        return reading.own_words(english) or reading.own_words(record["name"])

    def about(record: Record) -> str:
        parts = (reading.period(str(record["period"]), lang), reading.indicator_unit(record["unit"], lang))
        return ", ".join(filter(None, parts))

    return TableSpec(
        lang,
        say("projections.caption", year=result.spec.target_year),
        result.projections,
        (
            c.words("name", "head.indicator", name, mark=about),
            *c.unit_and_period(lang),
            c.figure(*("latest", "projections.value", "points", "value"), sheet="latest", decimals=decimals),
            c.figure(
                *("projected", "projections.projected", "points"),
                sheet="projected",
                ends=ends,
                decimals=decimals,
            ),
            c.span("range", "head.range", ends, lang, decimals=decimals),
            c.figure("years_learnt_from", "projections.pairs", "count", "pairs", sheet="pairs"),
            c.sentence("basis", "basis", lang, "reason"),
        ),
        ("name", "latest", "projected", "range", "years_learnt_from"),
        name="indicators",
        key=("indicator",),
        notes=("projections.note", *_dash(result.projections["projected"])),
        absent="absent.projections",
        detail=lambda r: reading.sentence(r["reason"], lang),
    )


projection_table = on_page(indicators)
