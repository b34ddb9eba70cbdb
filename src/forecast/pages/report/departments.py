"""What the departments sent: who, when, how far from the models, and their own words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Row, Table, row
from forecast.pages.report.scorecard import points
from forecast.pages.report.whatif import ranged

if TYPE_CHECKING:
    from forecast.answer.result import Result


def department_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate models, department as given and as corrected, and both combined, component by component.

    Where the two differ by more than their ranges a word says so, and a sentence leaves both possible.
    """
    if result.departments.empty:
        return Passage((labels.text("absent.departments", lang),))
    lines = tuple(_line(record, lang) for _, record in result.departments.iterrows())
    return _beside_models(result, "component", lines, lang)


def department_domain_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the same, summed over what each department answered in each domain: one page for leaders."""
    if result.department_domains.empty:
        return Passage((labels.text("absent.departments", lang),))
    lines = tuple(_domain_line(record, lang) for _, record in result.department_domains.iterrows())
    return _beside_models(result, "domain", lines, lang)


def _beside_models(result: Result, first: str, lines: tuple[Row, ...], lang: str) -> Table:
    """Put lines under the heads that both tables share."""
    heads = ("model", "given", "corrected", "combined", "gap")
    return Table(
        caption=labels.text("department_table.caption", lang, year=result.spec.target_year),
        columns=(
            Column(labels.text(f"department_table.{first}", lang)),
            *(Column(labels.text(f"department_table.{name}", lang), numeric=True) for name in heads),
        ),
        rows=lines,
        notes=(labels.text("department_table.note", lang), *_corrections(result, lang)),
    )


def _domain_line(record: pd.Series[Any], lang: str) -> Row:
    facts = {
        "count": reading.days(record["answered"], lang),
        "maximum": labels.plain(float(record["max_score"]), lang),
    }
    told = [labels.text("department_table.part", lang, **facts)]
    if record["disagreeing"] > 0:
        count = reading.days(record["disagreeing"], lang)
        told.append(labels.text("department_table.disagreeing", lang, count=count))
    return row(
        Cell(
            reading.department(str(record["department"]), lang),
            reading.short_name(str(record["component"]), lang),
        ),
        ranged(points(record["model_median"], lang), record["model_lower"], record["model_upper"], lang),
        ranged(points(record["likely"], lang), record["low"], record["high"], lang),
        *_members(record, lang),
        labels.signed(record["gap"], 2, lang),
        detail="; ".join(told),
    )


def _members(record: pd.Series[Any], lang: str) -> tuple[Cell, Cell]:
    """The department as corrected, and the combination."""
    return (
        ranged(
            points(record["corrected_likely"], lang), record["corrected_low"], record["corrected_high"], lang
        ),
        ranged(
            points(record["combined_median"], lang), record["combined_lower"], record["combined_upper"], lang
        ),
    )


def _corrections(result: Result, lang: str) -> tuple[str, ...]:
    """Say once where the corrections come from."""
    spoken = result.departments.loc[result.departments["likely"].notna(), "bias_reason"]
    return tuple(reading.said(reason, lang) for reason in dict.fromkeys(spoken))


def _line(record: pd.Series[Any], lang: str) -> Row:
    mark = labels.text("department_table.disagrees", lang) if record["disagrees"] else ""
    pool = ""
    if not math.isnan(record["pool_median"]):
        facts = {
            "median": points(record["pool_median"], lang),
            "span": reading.span(record["pool_lower"], record["pool_upper"], lang, decimals=2),
        }
        pool = labels.text("department_table.pool", lang, **facts)
    return row(
        Cell(
            reading.component_name(record, lang),
            reading.department(str(record["department"]), lang),
        ),
        ranged(points(record["model_median"], lang), record["model_lower"], record["model_upper"], lang),
        _given(record, lang),
        *_members(record, lang),
        Cell(labels.signed(record["gap"], 2, lang), mark),
        detail=pool,
    )


def _given(record: pd.Series[Any], lang: str) -> Cell:
    """Write what the department gave, its range, and what it scores itself."""
    if math.isnan(record["likely"]):
        return Cell(labels.MISSING, labels.text("department_table.not_given", lang))
    cell = ranged(points(record["likely"], lang), record["low"], record["high"], lang)
    if math.isnan(record["self_score"]):
        return cell
    own = labels.text("department_table.self_score", lang, score=points(record["self_score"], lang))
    return Cell(cell.text, f"{cell.mark}\n{own}".strip())


def department_reasons(result: Result, *, lang: str) -> Table | Passage:
    """List the reasons and remedies in the words of the departments."""
    table = result.departments
    spoken = table.loc[(table["given_reason"] != "") | (table["remedy"] != "")]
    if spoken.empty:
        return Passage((labels.text("absent.reasons", lang),))
    lines = [
        row(
            Cell(
                reading.component_name(record, lang),
                reading.department(str(record["department"]), lang),
            ),
            reading.own_words(record["given_reason"]) or labels.MISSING,
            reading.own_words(record["remedy"]) or labels.MISSING,
            labels.day(record["due"], lang),
        )
        for _, record in spoken.iterrows()
    ]
    return Table(
        caption=labels.text("reasons.caption", lang),
        columns=(
            Column(labels.text("department_table.component", lang)),
            Column(labels.text("reasons.reason", lang)),
            Column(labels.text("reasons.remedy", lang)),
            Column(labels.text("head.due", lang), numeric=True),
        ),
        rows=tuple(lines),
    )


def status_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate who has sent a forecast, who is late, who has not, and how many components disagree."""
    if result.status.empty:
        return Passage((labels.text("absent.status", lang),))
    if (result.status["state"] == "missing").all():  # nobody was asked yet, so nobody is late
        return Passage(())
    heads = ("department", "state", "received", "components", "disagreeing")
    due = labels.day(result.status["due_on"].iloc[0], lang)  # one day for all
    facts = {"year": result.spec.target_year, "as_of": result.spec.as_of, "due": due}
    return Table(
        caption=labels.text("status_table.caption", lang, **facts),
        columns=tuple(
            Column(labels.text(f"status_table.{name}", lang), numeric=name == "received") for name in heads
        ),
        rows=tuple(_state(result, record, lang) for _, record in result.status.iterrows()),
    )


def _state(result: Result, record: pd.Series[Any], lang: str) -> Row:
    late = earlier = ""
    if record["days_late"] > 0:
        late = labels.text("status_table.days_late", lang, days=reading.days(record["days_late"], lang))
    if record["earlier"] > 0:
        earlier = labels.text("status_table.earlier", lang, count=reading.days(record["earlier"], lang))
    answered = {
        "count": reading.days(record["components"], lang),
        "all": reading.days(record["expected"], lang),
    }
    return row(
        reading.department(str(record["department"]), lang),
        Cell(labels.text(f"status_table.{record['state']}", lang), late),
        Cell(labels.day(record["received_on"], lang), earlier),
        labels.text("status_table.of", lang, **answered),
        _disagreeing(result, record, lang),
    )


def _disagreeing(result: Result, record: pd.Series[Any], lang: str) -> Cell:
    if record["state"] == "missing":
        return Cell(labels.MISSING)
    if not record["disagreeing"] > 0:
        return Cell(labels.text("status_table.agree", lang))
    largest = labels.text(
        "status_table.largest",
        lang,
        component=reading.name_of(result, str(record["component"]), lang).partition(" ")[0],
        gap=labels.signed(record["gap"], 2, lang),
    )
    count = reading.days(record["disagreeing"], lang)
    return Cell(labels.text("status_table.count", lang, count=count), largest)
