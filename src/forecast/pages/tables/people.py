"""What departments and units do: their forms, who has sent them, remedies, plans."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Passage, Table
from forecast.pages.tables import columns
from forecast.pages.tables.spec import (
    Field,
    Record,
    TableSpec,
    days,
    draw,
    figure,
    head,
    lines,
    range_below,
    say,
    words,
)

if TYPE_CHECKING:
    from forecast.answer.result import Result

# Measure, and the columns of Result that hold it and its range.
_MEMBERS: Final = {
    "model": ("model_median", "model_lower", "model_upper"),
    "given": ("likely", "low", "high"),
    "corrected": ("corrected_likely", "corrected_low", "corrected_high"),
    "combined": ("combined_median", "combined_lower", "combined_upper"),
}


def departments(result: Result, lang: str) -> TableSpec:
    """Each component of each form: what models and department say, corrected, and both combined.

    Where the two differ by more than their ranges a word says so, and a sentence leaves both possible.
    """
    pool = ("pool_median", "pool_lower", "pool_upper")

    def pooled(record: Record) -> str:
        if math.isnan(record["pool_median"]):
            return ""
        median, low, high = (record[name] for name in pool)
        facts = {"median": labels.number(median, 2, lang), "span": reading.span(low, high, lang, decimals=2)}
        return labels.text("department_table.pool", lang, **facts)

    def disagrees(record: Record) -> str:
        return labels.text("department_table.disagrees", lang) if record["disagrees"] else ""

    model, given, corrected, combined = _members(lang)
    component = words(
        *("component", "department_table.component", lambda r: reading.component_name(r, lang)),
        sheet=head("component"),
        mark=lambda r: reading.department(str(r["department"]), lang),
    )
    return TableSpec(
        name="departments",
        lang=lang,
        caption=say("department_table.caption", year=result.spec.target_year),
        records=lines(result.departments),
        key=("department", "component"),
        fields=(
            columns.department("department", head("department"), lang),
            component,
            figure("maximum", head("maximum"), "plain", "max_score"),
            figure("last_year", head("last"), "points", "last"),
            *(model, replace(given, cell=lambda r: _given(r, given, lang)), corrected, combined),
            figure("pool", head("pool"), "points", pool[0], ends=pool[1:]),
            figure("self_score", head("self_score"), "points"),
            figure("gap", "department_table.gap", "change", mark=disagrees),
            columns.yes_or_no("disagrees", head("disagrees"), lang),
            columns.own_words("given_reason", "reasons.reason"),
            columns.own_words("remedy", "reasons.remedy"),
            days("due", "head.due"),
            days("received_on", "status_table.received"),
        ),
        columns=("component", *_MEMBERS, "gap"),
        notes=("department_table.note", *_corrections(result)),
        sheet_notes=("department_table.note",),
        absent="absent.departments",
        detail=pooled,
    )


def department_domains(result: Result, lang: str) -> TableSpec:
    """The same, summed over what each department answered in each domain: one page for leaders."""

    def answered(record: Record) -> str:
        facts = {
            "count": reading.days(record["answered"], lang),
            "maximum": labels.plain(float(record["max_score"]), lang),
        }
        told = [labels.text("department_table.part", lang, **facts)]
        if record["disagreeing"] > 0:
            count = reading.days(record["disagreeing"], lang)
            told.append(labels.text("department_table.disagreeing", lang, count=count))
        return "; ".join(told)

    return TableSpec(
        name="department_domains",
        lang=lang,
        caption=say("department_table.caption", year=result.spec.target_year),
        records=lines(result.department_domains),
        key=("department", "component"),
        fields=(
            replace(
                columns.department("department", "department_table.domain", lang, sheet=head("department")),
                mark=lambda r: reading.short_name(str(r["component"]), lang),
            ),
            columns.component(head("domain"), lang),
            figure("answered", head("answered"), "count"),
            figure("maximum", head("maximum"), "plain", "max_score"),
            *_members(lang),
            figure("gap", "department_table.gap", "change"),
            figure("disagreeing", head("disagreeing"), "count"),
        ),
        columns=("department", *_MEMBERS, "gap"),
        notes=("department_table.note", *_corrections(result)),
        sheet_notes=("department_table.note",),
        absent="absent.departments",
        detail=answered,
    )


def _members(lang: str) -> list[Field]:
    return [
        figure(
            *(measure, f"department_table.{measure}", "points", middle),
            ends=(low, high),
            mark=range_below(low, high, lang),
        )
        for measure, (middle, low, high) in _MEMBERS.items()
    ]


def _given(record: Record, field: Field, lang: str) -> Cell:
    """Write what the department gave, its range, and what it scores itself."""
    if math.isnan(record["likely"]):
        return Cell(labels.MISSING, labels.text("department_table.not_given", lang))
    marks = [field.mark(record) if field.mark else ""]
    if not math.isnan(record["self_score"]):
        score = labels.number(record["self_score"], 2, lang)
        marks.append(labels.text("department_table.self_score", lang, score=score))
    return Cell(labels.number(record["likely"], 2, lang), "\n".join(filter(None, marks)))


def _corrections(result: Result) -> tuple[str, ...]:
    """Say once where the corrections come from."""
    spoken = result.departments.loc[result.departments["likely"].notna(), "bias_reason"]
    return tuple(dict.fromkeys(spoken))


def department_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate models, department as given and as corrected, and both combined, component by component."""
    return draw(departments(result, lang))


def department_domain_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the same by domain."""
    return draw(department_domains(result, lang))


def department_reasons(result: Result, *, lang: str) -> Table | Passage:
    """List the reasons and remedies in the words of the departments."""
    spec = departments(result, lang)
    return draw(
        replace(
            spec,
            caption="reasons.caption",
            records=[r for r in spec.records if r["given_reason"] or r["remedy"]],
            columns=("component", "given_reason", "remedy", "due"),
            notes=(),
            absent="absent.reasons",
            detail=None,
        )
    )


def status(result: Result, lang: str) -> TableSpec:
    """Who has sent a forecast, who is late, who has not, and how many components disagree."""
    facts = {"year": result.spec.target_year, "as_of": result.spec.as_of}
    due = labels.day(result.status["due_on"].iloc[0], lang) if len(result.status) else ""  # one day for all

    def late(record: Record) -> str:
        number = reading.days(record["days_late"], lang)
        return labels.text("status_table.days_late", lang, days=number) if record["days_late"] > 0 else ""

    def earlier(record: Record) -> str:
        count = reading.days(record["earlier"], lang)
        return labels.text("status_table.earlier", lang, count=count) if record["earlier"] > 0 else ""

    def of_all(record: Record) -> str:
        count, expected = (reading.days(record[name], lang) for name in ("components", "expected"))
        return labels.text("status_table.of", lang, count=count, all=expected)

    return TableSpec(
        name="status",
        lang=lang,
        caption=say("status_table.caption", **facts, due=due),
        records=lines(result.status),
        key=("department",),
        fields=(
            columns.department("department", "status_table.department", lang, sheet=head("department")),
            words(
                *("state", "status_table.state"),
                lambda r: labels.text(f"status_table.{r['state']}", lang),
                mark=late,
            ),
            days("due_on", "head.due"),
            days("received", "status_table.received", "received_on", mark=earlier),
            figure("days_late", head("days_late"), "count"),
            figure("components", "status_table.components", "count", cell=of_all, numeric=False),
            figure("expected", head("to_answer"), "count"),
            figure("earlier", head("earlier"), "count"),
            figure(
                *("disagreeing", "status_table.disagreeing", "count"),
                sheet=head("disagreeing"),
                cell=lambda r: _disagreeing(result, r, lang),
                numeric=False,
            ),
            words("component", head("most_apart"), lambda r: _component(result, r, lang)),
            figure("gap", head("largest_gap"), "change"),
        ),
        columns=("department", "state", "received", "components", "disagreeing"),
        absent="absent.status",
    )


def status_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate who has sent a forecast; nothing if nobody was asked yet, so that nobody is late."""
    if len(result.status) and (result.status["state"] == "missing").all():
        return Passage(())
    return draw(status(result, lang))


def _disagreeing(result: Result, record: Record, lang: str) -> Cell:
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


def remedies(result: Result, lang: str) -> TableSpec:
    """Remedies in the order in which they are entered, with the days that they are overdue."""

    def overdue(record: Record) -> str:
        number = reading.days(record["days_overdue"], lang)
        return (
            labels.text("remedy_table.days_overdue", lang, days=number) if record["days_overdue"] > 0 else ""
        )

    return TableSpec(
        name="remedies",
        lang=lang,
        caption=say("remedy_table.caption", as_of=result.spec.as_of),
        records=lines(result.remedies),
        key=("unit", "component"),
        fields=(
            replace(
                columns.department("unit", "remedy_table.unit", lang, sheet=head("unit")),
                mark=lambda r: _component(result, r, lang),
            ),
            words("component", head("component"), lambda r: _component(result, r, lang)),
            columns.own_words("action", "remedy_table.action"),
            columns.own_words("responsible", "head.charge"),
            days("due", "head.due"),
            words(
                *("state", "remedy_table.state"),
                lambda r: labels.text(f"remedy_table.{r['state']}", lang),
                mark=overdue,
            ),
            figure("days_overdue", head("days_overdue"), "count"),
            figure("expected_effect", "remedy_table.effect", "points"),
            columns.own_words("note", head("note")),
        ),
        columns=("unit", "action", "responsible", "due", "state", "expected_effect"),
        absent="absent.remedies",
        detail=lambda r: reading.own_words(r["note"]),
    )


def remedy_table(result: Result, *, only_overdue: bool = False, lang: str) -> Table | Passage:
    """List the remedies, the longest overdue first, then by the day on which they are due."""
    told = result.remedies.assign(closed=result.remedies["state"].isin(["done", "dropped"]))
    order = ["days_overdue", "closed", "due"]
    ordered = told.sort_values(order, ascending=[False, True, True], kind="stable")
    spec = replace(remedies(result, lang), records=lines(ordered))
    if only_overdue and len(ordered):
        facts = {"as_of": result.spec.as_of}
        spec = replace(
            spec,
            caption=say("remedy_table.caption_overdue", **facts),
            records=[record for record in spec.records if record["days_overdue"] > 0],
            absent=say("remedy_table.none_overdue", **facts),
        )
    return draw(spec)


def _component(result: Result, record: Record, lang: str) -> str:
    component = str(record["component"] or "")
    return reading.name_of(result, component, lang) if component else ""


def units(result: Result, lang: str) -> TableSpec:
    """Units that must have a remedy plan, and whether they have one."""
    return TableSpec(
        name="units",
        lang=lang,
        records=lines(result.units),
        key=("unit",),
        fields=(
            columns.department("unit", head("unit"), lang),
            words("kind", "plan_table.kind", lambda r: labels.text(f"plan_table.{r['kind']}", lang)),
            columns.yes_or_no("has_plan", head("has_plan"), lang),
            figure("remedies", head("remedies"), "count"),
            figure("done", head("done"), "count"),
            figure("overdue", head("overdue"), "count"),
        ),
        absent="absent.units",
    )


def plan_table(result: Result, *, lang: str) -> Table | Passage:
    """Count the units that must have a remedy plan, by kind, and name those without one."""
    rows = result.units
    without = rows.loc[~rows["has_plan"].astype(bool)]
    if len(rows) and without.empty:
        return Passage((labels.text("plan_table.all", lang, count=len(rows)),))

    def names(kind: str) -> str:
        of_kind = without.loc[without["kind"] == kind, "unit"]
        return "; ".join(reading.department(str(unit), lang) for unit in of_kind)

    return draw(
        TableSpec(
            lang=lang,
            caption=say("plan_table.caption", as_of=result.spec.as_of),
            records=list(rows["kind"].unique()),
            fields=(
                words("kind", "plan_table.kind", lambda kind: labels.text(f"plan_table.{kind}", lang)),
                figure("must", "plan_table.must", "count", take=lambda kind: (rows["kind"] == kind).sum()),
                figure(
                    *("without", "plan_table.without", "count"),
                    take=lambda kind: (without["kind"] == kind).sum(),
                ),
                words(
                    "names",
                    "plan_table.names",
                    lambda kind: names(kind) or labels.text("plan_table.none", lang),
                ),
            ),
            absent="absent.units",
        )
    )
