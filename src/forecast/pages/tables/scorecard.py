"""Where points are, where they are lost, what can still be won: the scorecard, and indicators of criteria."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Passage, Pieces, Table
from forecast.pages.tables import columns
from forecast.pages.tables.spec import (
    Field,
    Record,
    TableSpec,
    Text,
    beside_picture,
    days,
    draw,
    draw_table,
    figure,
    head,
    lines,
    say,
    span,
    words,
)

if TYPE_CHECKING:
    from forecast.answer.result import Result

FIRST: Final = 10  # levers and risks on a page
DECISIONS: Final = 5
MOST_LOST: Final = 10
LETTERS: Final = 70  # of a remedy on page one; its whole text is on the departments' page
OPEN: Final = ("planned", "doing")
DASH: Final = "head.dash"


def scorecard(result: Result, lang: str, *, first: Text = "head.criterion") -> TableSpec:
    """Tree of the scorecard, from the total down to the finest criterion; `first` heads its names."""
    year = result.spec.target_year
    return TableSpec(
        name="scorecard",
        lang=lang,
        records=lines(result.scorecard),
        key=("component",),
        fields=(
            words(*("component", first, lambda r: reading.component_name(r, lang)), sheet=head("criterion")),
            words("kind", head("kind"), lambda r: labels.text(f"handout.kind.{r['kind']}", lang)),
            *columns.maximum("head.maximum", lang),
            figure("last_year", str(columns.last_year_of(result)), "points", "last"),
            figure(*("expected", "head.expected", "points"), sheet=head("expected"), ends=("lower", "upper")),
            figure("median", "levels.median", "points"),
            span("range", "head.range", ("lower", "upper"), lang, decimals=columns.POINTS),
            span("risk_range", "risks.range", ("lower", "upper"), lang, decimals=columns.POINTS),
            figure("lost", "head.lost", "points", sheet=head("lost")),
            figure("p_full", "head.full", "chance", sheet=head("full")),
            figure(
                *("winnable", "head.winnable", "points"),
                sheet=head("winnable"),
                ends=("winnable_lower", "winnable_upper"),
            ),
            span(
                *("winnable_range", "head.range", ("winnable_lower", "winnable_upper"), lang),
                decimals=columns.POINTS,
            ),
            figure("lever_rank", "head.order", "count", sheet=head("lever")),
            figure("risk_rank", "head.order", "count", sheet=head("risk")),
            days(
                *("deadline", "head.due"),
                sheet_heading=head("deadline"),
                cell=lambda r: last_day(r, year, lang),
            ),
            columns.department("responsible", "head.charge", lang, sheet=head("charge")),
            columns.said("basis", head("basis"), lang),
            columns.said("gamble", head("gamble"), lang),
        ),
        sheet_notes=("tree.note", "lost.note"),
        absent="absent.scorecard",
    )


def last_day(record: Record, year: int, lang: str) -> Cell:
    """Write the day until which points can be won; where none is set, the year's last, and say so."""
    if pd.isna(record["deadline"]):
        return Cell(labels.day(dt.date(year, 12, 31), lang), labels.text("levers.year_end", lang))
    return Cell(labels.day(record["deadline"], lang))


def lost_table(result: Result, *, lang: str) -> Pieces | Passage:
    """Tabulate where points are lost: the domains, then the criteria that lose most; in whose charge."""
    if result.scorecard.empty:
        return Passage((labels.text("absent.scorecard", lang),))
    domains = replace(_lost(result, "domain", reading.lost(result, "domain"), lang), notes=("lost.note",))
    if not reading.has_criteria(result):
        return Pieces((draw_table(domains), Passage((labels.text("absent.criteria", lang),))))
    most = _lost(result, "criterion", reading.lost(result, "criterion", MOST_LOST), lang)
    return Pieces((draw_table(domains), draw_table(most)))


def _lost(result: Result, kind: str, rows: pd.DataFrame, lang: str) -> TableSpec:
    plural = {"domain": "domains", "criterion": "criteria"}[kind]
    return replace(
        scorecard(result, lang, first=f"head.{kind}"),
        caption=say(f"lost.{plural}_caption", year=result.spec.target_year),
        records=lines(rows),
        columns=("component", "maximum", "expected", "lost", "winnable", "responsible"),
    )


def lost_figures(result: Result, records: Sequence[Record], plural: str, lang: str) -> Table:
    """Tabulate what the picture of lost points shows."""
    return beside_picture(
        scorecard(result, lang, first="head.domain" if plural == "domains" else "head.criterion"),
        ("component", "starred_maximum", "expected", "lost", "winnable"),
        caption=say(f"lost.{plural}_figure", year=result.spec.target_year),
        records=records,
    )


def scorecard_table(result: Result, component: str = "", *, lang: str) -> Table | Pieces | Passage:
    """Tabulate the tree of one component, or of every domain in turn.

    Without criteria one table shows what there is, and a line says what to enter.

    Parameters
    ----------
    result
        Gives the scorecard.
    component
        A domain or what lies below it; empty for all domains.
    lang
        Language of the words.
    """
    if result.scorecard.empty:
        return Passage((labels.text("absent.scorecard", lang),))
    if not reading.has_criteria(result):
        caption = say("tree.caption_all", year=result.spec.target_year)
        told = Passage((labels.text("absent.criteria", lang),))
        return Pieces((told, _tree(result, component or reading.TOTAL, caption, lang)))
    if component:
        return _tree_of(result, component, lang)
    domains = result.scorecard.loc[result.scorecard["kind"] == "domain", "component"]
    return Pieces(tuple(_tree_of(result, str(domain), lang) for domain in domains))


def _tree_of(result: Result, component: str, lang: str) -> Table:
    name = reading.name_of(result, component, lang)
    return _tree(result, component, say("tree.caption", component=name, year=result.spec.target_year), lang)


def _tree(result: Result, component: str, caption: Text, lang: str) -> Table:
    rows = reading.branch(result, component)

    def detail(record: Record) -> str:
        if record["kind"] == "total":
            return ""
        basis = reading.said(record["basis"], lang) or labels.MISSING
        return columns.rests_on(str(record["responsible"] or ""), basis, lang)

    return draw_table(
        replace(
            scorecard(result, lang),
            caption=caption,
            records=lines(rows),
            columns=("component", "maximum", "last_year", "expected", "range", "lost", "p_full"),
            notes=("tree.note", *((DASH,) if rows["last"].isna().any() else ())),
            detail=detail,
            strong=lambda r: r["kind"] in ("total", "domain"),
            level=lambda r: r["depth"],
        )
    )


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
    ranked, year = reading.levers(result), result.spec.target_year
    more = max(0, len(ranked) - count)
    return draw(
        replace(
            scorecard(result, lang),
            caption=say("levers.caption", year=year),
            records=lines(ranked.head(count)),
            columns=("component", "lever_rank", "winnable", "winnable_range", "responsible", "deadline"),
            notes=(
                "levers.note",
                *((say("levers.more", count=more),) if more else ()),
                *_without_criteria(result),
            ),
            absent="absent.scorecard" if result.scorecard.empty else say("levers.none", year=year),
            detail=lambda r: reading.said(r["gamble"], lang),
        )
    )


def risk_table(result: Result, *, count: int = FIRST, lang: str) -> Table | Passage:
    """Rank the criteria by the points at risk: expected loss, range, chance of all points, department."""
    return draw(
        replace(
            scorecard(result, lang),
            caption=say("risks.caption", year=result.spec.target_year),
            records=lines(reading.ranked(result, "risk_rank").head(count)),
            columns=(
                *("component", "risk_rank", "maximum", "lost", "risk_range", "p_full"),
                "responsible",
            ),
            notes=_without_criteria(result),
            absent="absent.scorecard" if result.scorecard.empty else "risks.none",
        )
    )


def _without_criteria(result: Result) -> tuple[str, ...]:
    return () if reading.has_criteria(result) else ("levers.no_criteria",)


def decision_table(result: Result, *, count: int = DECISIONS, lang: str) -> Table | Passage:
    """Propose what to act on: the criteria, or without them the domains, with most points to win.

    Nothing is invented: a remedy is named where one is on record, else the criterion is what to act on.
    """
    shown, year = reading.levers(result).head(count), result.spec.target_year
    below = reading.has_criteria(result)
    by_name = {field.name: field for field in scorecard(result, lang).fields}
    range_of = by_name["winnable_range"].take
    return draw(
        TableSpec(
            lang=lang,
            caption=say(
                "decisions.caption" if below else "decisions.caption_domains", count=len(shown), year=year
            ),
            records=lines(shown),
            fields=(
                replace(
                    by_name["component"],
                    heading="decisions.what" if below else "domains.domain",
                    mark=lambda r: _remedy(result, str(r["component"]), lang),
                ),
                replace(
                    by_name["winnable"],
                    heading="decisions.points" if below else "decisions.points_most",
                    cell=lambda r: f"{labels.number(r['winnable'], columns.POINTS, lang)} ({range_of(r)})",
                ),
                replace(by_name["responsible"], heading="decisions.who"),
                replace(
                    by_name["deadline"],
                    heading="decisions.due",
                    cell=lambda r: last_day(r, year, lang).text + "*" * pd.isna(r["deadline"]),
                ),
            ),
            notes=(
                *(("decisions.star",) if shown["deadline"].isna().any() else ()),
                *(() if below else ("decisions.enter_criteria",)),
            ),
            absent="absent.scorecard" if result.scorecard.empty else say("levers.none", year=year),
        )
    )


def _remedy(result: Result, component: str, lang: str) -> str:
    """Name the open remedy of a criterion that is longest overdue, or due first, and count the others."""
    table = result.remedies
    mine = table.loc[(table["component"] == component) & table["state"].isin(OPEN)]
    if mine.empty:
        return ""
    ordered = mine.sort_values(["days_overdue", "due"], ascending=[False, True], kind="stable")
    first = ordered.iloc[0]
    late = first["days_overdue"] > 0
    said = labels.text(
        "decisions.remedy_overdue" if late else "decisions.remedy",
        lang,
        action=reading.short(reading.own_words(first["action"]), LETTERS),
        **({"days": reading.days(first["days_overdue"], lang)} if late else {}),
    )
    return said if len(mine) == 1 else labels.text("decisions.more", lang, first=said, count=len(mine) - 1)


def indicators(result: Result, lang: str) -> TableSpec:
    """Indicators that a criterion is scored by, projected to the year's end."""

    def decimals(record: Record) -> int:
        return 0 if abs(record["value"]) >= 1000 else 1

    def about(record: Record) -> str:
        parts = (reading.period(str(record["period"]), lang), reading.own_words(record["unit"]))
        return ", ".join(filter(None, parts))

    projected = result.projections["projected"]
    return TableSpec(
        name="indicators",
        lang=lang,
        caption=say("projections.caption", year=result.spec.target_year),
        records=lines(result.projections),
        key=("indicator",),
        fields=(
            replace(columns.own_words("name", "projections.indicator", sheet=head("indicator")), mark=about),
            *unit_and_period(lang),
            figure(
                *("latest", "projections.value", "points", "value"), sheet=head("latest"), decimals=decimals
            ),
            figure(
                *("projected", "projections.projected", "points"),
                sheet=head("projected"),
                ends=("lower", "upper"),
                decimals=decimals,
            ),
            span("range", "head.range", ("lower", "upper"), lang, decimals=decimals),
            figure("years_learnt_from", "projections.pairs", "count", "pairs", sheet=head("pairs")),
            columns.said("basis", head("basis"), lang, "reason"),
        ),
        columns=("name", "latest", "projected", "range", "years_learnt_from"),
        notes=("projections.note", *((DASH,) if projected.isna().any() else ())),
        absent="absent.projections",
        detail=lambda r: reading.said(r["reason"], lang),
    )


def unit_and_period(lang: str) -> tuple[Field, Field]:
    """Give the unit of an indicator, and the period that its figure is of."""
    return (
        words("unit", head("unit_of")),
        words("period", head("period"), lambda r: reading.period(str(r["period"]), lang)),
    )


def projection_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the indicators that score criteria: latest figure, projected end of the year, its range."""
    return draw(indicators(result, lang))
