"""What the meeting is asked to decide: the largest levers, who acts, until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Row, Section, Shown, Table, row
from forecast.pages.report.front import caveats, heading, headline
from forecast.pages.report.levers import last_day
from forecast.pages.report.scorecard import DECIMALS, points

if TYPE_CHECKING:
    from forecast.answer.result import Result

FIRST: Final = 5
LETTERS: Final = 70  # of a remedy on page one; its whole text is on the departments' page
OPEN: Final = ("planned", "doing")


def front_page(result: Result, figure: Shown, *, lang: str) -> Section:
    """Put page one together, one sheet of A4: headline, caveats, the figure, what to decide."""
    parts = (headline(result, lang=lang), caveats(result, lang=lang), figure)
    decisions = (heading("decisions", lang=lang), decision_table(result, lang=lang))
    return Section((*parts, *decisions))


def decision_table(result: Result, *, count: int = FIRST, lang: str) -> Table | Passage:
    """Propose what to act on: the criteria, or without them the domains, with most points to win.

    Nothing is invented: a remedy is named where one is on record, else the criterion is what to act on.
    """
    if result.scorecard.empty:
        return Passage((labels.text("absent.scorecard", lang),))
    shown = reading.levers(result).head(count)
    facts = {"count": len(shown), "year": result.spec.target_year}
    if shown.empty:
        return Passage((labels.text("levers.none", lang, year=facts["year"]),))
    below = reading.has_criteria(result)
    return Table(
        caption=labels.text("decisions.caption" if below else "decisions.caption_domains", lang, **facts),
        columns=(
            Column(labels.text("decisions.what" if below else "domains.domain", lang)),
            Column(labels.text("decisions.points" if below else "decisions.points_most", lang), numeric=True),
            Column(labels.text("decisions.who", lang)),
            Column(labels.text("decisions.due", lang), numeric=True),
        ),
        rows=tuple(_line(result, record, lang) for _, record in shown.iterrows()),
        notes=(
            *((labels.text("decisions.star", lang),) if shown["deadline"].isna().any() else ()),
            *(() if below else (labels.text("decisions.enter_criteria", lang),)),
        ),
    )


def _line(result: Result, record: pd.Series[Any], lang: str) -> Row:
    span = reading.span(record["winnable_lower"], record["winnable_upper"], lang, decimals=DECIMALS)
    return row(
        Cell(reading.component_name(record, lang), _remedy(result, str(record["component"]), lang)),
        f"{points(record['winnable'], lang)} ({span})",
        reading.department(str(record["responsible"]), lang),
        last_day(record, result.spec.target_year, lang).text + ("*" if pd.isna(record["deadline"]) else ""),
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
