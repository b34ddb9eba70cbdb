"""Where points are, and where they are lost: the scorecard from the total down to the finest criterion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Pieces, Row, Table, row
from forecast.pages.report.domains import maximum, rests_on

if TYPE_CHECKING:
    from forecast.answer.result import Result

DECIMALS: Final = 2  # a sub-criterion has half a point
MOST_LOST: Final = 10


def lost_table(result: Result, *, lang: str) -> Pieces | Passage:
    """Tabulate where points are lost: the domains, then the criteria that lose most; in whose charge."""
    if result.scorecard.empty:
        return Passage((labels.text("absent.scorecard", lang),))
    parts: list[Table | Passage] = [_lost(result, reading.lost(result, "domain"), "domain", "domains", lang)]
    if reading.has_criteria(result):
        most = reading.lost(result, "criterion", MOST_LOST)
        parts.append(_lost(result, most, "criterion", "criteria", lang))
    else:
        parts.append(Passage((labels.text("absent.criteria", lang),)))
    return Pieces(tuple(parts))


def _lost(result: Result, rows: pd.DataFrame, head: str, caption: str, lang: str) -> Table:
    lines = [
        row(
            reading.component_name(record, lang),
            maximum(record, lang),
            points(record["expected"], lang),
            points(record["lost"], lang),
            points(record["winnable"], lang),
            reading.department(str(record["responsible"]), lang),
        )
        for _, record in rows.iterrows()
    ]
    return Table(
        caption=labels.text(f"lost.{caption}_caption", lang, year=result.spec.target_year),
        columns=(
            Column(labels.text(f"head.{head}", lang)),
            *numeric(("maximum", "expected", "lost", "winnable"), lang),
            Column(labels.text("head.charge", lang)),
        ),
        rows=tuple(lines),
        notes=(labels.text("lost.note", lang),) if head == "domain" else (),
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
        caption = labels.text("tree.caption_all", lang, year=result.spec.target_year)
        told = Passage((labels.text("absent.criteria", lang),))
        return Pieces((told, _tree(result, component or reading.TOTAL, caption, lang)))
    if component:
        return _tree_of(result, component, lang)
    domains = result.scorecard.loc[result.scorecard["kind"] == "domain", "component"]
    return Pieces(tuple(_tree_of(result, str(domain), lang) for domain in domains))


def _tree_of(result: Result, component: str, lang: str) -> Table:
    name = reading.name_of(result, component, lang)
    caption = labels.text("tree.caption", lang, component=name, year=result.spec.target_year)
    return _tree(result, component, caption, lang)


def _tree(result: Result, component: str, caption: str, lang: str) -> Table:
    rows = reading.branch(result, component)
    last_year = int(reading.line(result, reading.TOTAL)["last_year"])
    return Table(
        caption=caption,
        columns=(
            Column(labels.text("head.criterion", lang)),
            Column(labels.text("head.maximum", lang), numeric=True),
            Column(str(last_year), numeric=True),
            *numeric(("expected", "range", "lost", "full"), lang),
        ),
        rows=tuple(_branch_line(record, lang) for _, record in rows.iterrows()),
        notes=(labels.text("tree.note", lang), *dash_note(rows["last"], lang)),
    )


def _branch_line(record: pd.Series[Any], lang: str) -> Row:
    basis = reading.said(record["basis"], lang) or labels.MISSING
    return row(
        reading.component_name(record, lang),
        maximum(record, lang),
        points(record["last"], lang),
        points(record["expected"], lang),
        reading.span(record["lower"], record["upper"], lang, decimals=DECIMALS),
        points(record["lost"], lang),
        reading.chance(float(record["p_full"]), lang),
        detail="" if record["kind"] == "total" else rests_on(str(record["responsible"] or ""), basis, lang),
        strong=record["kind"] in ("total", "domain"),
        level=int(record["depth"]),
    )


def gamble_list(result: Result, *, lang: str) -> Passage:
    """List the criteria whose indicator may end on either side of a threshold, with what is at stake."""
    if not reading.has_criteria(result):
        return Passage((labels.text("absent.gambles", lang),))
    rows = result.scorecard.loc[result.scorecard["gamble"] != ""]
    lines = tuple(
        labels.text(
            "gambles.line",
            lang,
            component=reading.component_name(record, lang),
            gamble=reading.said(record["gamble"], lang),
        )
        for _, record in rows.iterrows()
    )
    return Passage(lines, form="list") if lines else Passage((labels.text("gambles.none", lang),))


def projection_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the indicators that score criteria: latest figure, projected end of the year, its range."""
    if result.projections.empty:
        return Passage((labels.text("absent.projections", lang),))
    lines = [_projection(record, lang) for _, record in result.projections.iterrows()]
    return Table(
        caption=labels.text("projections.caption", lang, year=result.spec.target_year),
        columns=(
            Column(labels.text("projections.indicator", lang)),
            Column(labels.text("projections.value", lang), numeric=True),
            Column(labels.text("projections.projected", lang), numeric=True),
            Column(labels.text("head.range", lang), numeric=True),
            Column(labels.text("projections.pairs", lang), numeric=True),
        ),
        rows=tuple(lines),
        notes=(
            labels.text("projections.note", lang),
            *dash_note(result.projections["projected"], lang),
        ),
    )


def _projection(record: pd.Series[Any], lang: str) -> Row:
    decimals = 0 if abs(record["value"]) >= 1000 else 1
    about = (reading.period(str(record["period"]), lang), reading.indicator_unit(record["unit"], lang))
    return row(
        Cell(reading.own_words(record["name"]), ", ".join(filter(None, about))),
        labels.number(record["value"], decimals, lang),
        labels.number(record["projected"], decimals, lang),
        reading.span(record["lower"], record["upper"], lang, decimals=decimals),
        labels.number(record["pairs"], 0, lang),
        detail=reading.said(record["reason"], lang),
    )


def points(value: float, lang: str) -> str:
    """Write points of a criterion."""
    return labels.number(value, DECIMALS, lang)


def numeric(names: tuple[str, ...], lang: str) -> tuple[Column, ...]:
    """Make columns of figures from the heads that several tables share."""
    return tuple(Column(labels.text(f"head.{name}", lang), numeric=True) for name in names)


def dash_note(values: pd.Series[Any], lang: str) -> tuple[str, ...]:
    """Say what a dash means, where there is one."""
    return (labels.text("head.dash", lang),) if values.isna().any() else ()
