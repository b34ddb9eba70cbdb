"""Tables of departments and units: their forms, who has sent them, remedies, plans."""

import math
from dataclasses import replace
from typing import Final

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Cell, Passage, Table
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import Field, Record, TableSpec, draw, on_page, say

# Measure, and the columns of Result that hold it and its range.
_MEMBERS: Final = {
    "model": ("model_median", ("model_lower", "model_upper")),
    "given": ("likely", ("low", "high")),
    "corrected": ("corrected_likely", ("corrected_low", "corrected_high")),
    "combined": ("combined_median", ("combined_lower", "combined_upper")),
}
_POOL: Final = ("pool_median", "pool_lower", "pool_upper")


def departments(result: Result, lang: str) -> TableSpec:
    """Models, department as given and as corrected, and both combined, component by component.

    Where the two differ by more than their ranges a word says so, and a sentence leaves both possible.
    """

    def pool(record: Record) -> str:
        median, low, high = record[list(_POOL)]
        facts = {"median": labels.number(median, 2, lang), "span": reading.span(low, high, lang, decimals=2)}
        return "" if math.isnan(median) else labels.text("department_table.pool", lang, **facts)

    def disagrees(record: Record) -> str:
        return labels.text("department_table.disagrees", lang) if record["disagrees"] else ""

    model, given, corrected, combined = _members(lang)
    component = c.words(
        *("component", "department_table.component", lambda r: reading.component_name(r, lang)),
        sheet="component",
        mark=lambda r: reading.department(str(r["department"]), lang),
    )
    return TableSpec(
        lang,
        say("department_table.caption", year=result.spec.target_year),
        result.departments,
        (
            c.department("department", "department", lang),
            component,
            c.figure("maximum", "maximum", "plain", "max_score"),
            c.figure("last_year", "last", "points", "last"),
            *(model, replace(given, cell=lambda r: _given(r, given, lang)), corrected, combined),
            c.figure("pool", "pool", "points", _POOL[0], ends=("pool_lower", "pool_upper")),
            c.figure("self_score", "self_score", "points"),
            c.figure("gap", "department_table.gap", "change", mark=disagrees),
            c.yes_or_no("disagrees", "disagrees", lang),
            c.own_words("given_reason", "head.reason"),
            c.own_words("remedy", "reasons.remedy"),
            c.days("due", "head.due"),
            c.days("received_on", "status_table.received"),
        ),
        ("component", *_MEMBERS, "gap"),
        name="departments",
        key=("department", "component"),
        notes=("department_table.note", *_corrections(result)),
        sheet_notes=("department_table.note",),
        absent="absent.departments",
        detail=pool,
    )


department_table = on_page(departments)


def department_domains(result: Result, lang: str) -> TableSpec:
    """The same, summed over what each department answered in each domain: one page for leaders."""

    def answered(record: Record) -> str:
        count, apart = (reading.days(record[name], lang) for name in ("answered", "disagreeing"))
        maximum = labels.plain(float(record["max_score"]), lang)
        text = labels.text("department_table.part", lang, count=count, maximum=maximum)
        disagreeing = labels.text("department_table.disagreeing", lang, count=apart)
        return f"{text}; {disagreeing}" if record["disagreeing"] > 0 else text

    domain = c.component("domain", lang)
    first = ("department", "department_table.domain", lang)
    return TableSpec(
        lang,
        say("department_table.caption", year=result.spec.target_year),
        result.department_domains,
        (
            c.department(*first, sheet="department", mark=domain.take),
            domain,
            c.figure("answered", "answered", "count"),
            c.figure("maximum", "maximum", "plain", "max_score"),
            *_members(lang),
            c.figure("gap", "department_table.gap", "change"),
            c.figure("disagreeing", "disagreeing", "count"),
        ),
        ("department", *_MEMBERS, "gap"),
        name="department_domains",
        key=("department", "component"),
        notes=("department_table.note", *_corrections(result)),
        sheet_notes=("department_table.note",),
        absent="absent.departments",
        detail=answered,
    )


def department_domain_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate them; nothing without any, which `department_table` below says."""
    return draw(department_domains(result, lang)) if len(result.department_domains) else Passage(())


def _members(lang: str) -> list[Field]:
    return [
        c.figure(
            *(measure, f"department_table.{measure}", "points", middle),
            ends=ends,
            mark=c.range_below(ends, lang),
        )
        for measure, (middle, ends) in _MEMBERS.items()
    ]


def _given(record: Record, field: Field, lang: str) -> Cell:
    """Write what the department gave, its range, and what it scores itself."""
    if math.isnan(record["likely"]):
        return Cell(labels.MISSING, labels.text("department_table.not_given", lang))
    marks = [field.mark(record)] if field.mark else []
    if not math.isnan(record["self_score"]):
        score = labels.number(record["self_score"], 2, lang)
        marks.append(labels.text("department_table.self_score", lang, score=score))
    return Cell(labels.number(record["likely"], 2, lang), "\n".join(filter(None, marks)))


def _corrections(result: Result) -> tuple[str, ...]:
    """Say once where the corrections come from."""
    reasons = result.departments.loc[result.departments["likely"].notna(), "bias_reason"]
    return tuple(dict.fromkeys(reasons))


@on_page
def department_reasons(result: Result, *, lang: str) -> TableSpec:
    """List the reasons and remedies in the words of the departments."""
    table = result.departments
    return replace(
        departments(result, lang),
        caption="reasons.caption",
        records=table.loc[(table["given_reason"] != "") | (table["remedy"] != "")],
        columns=("component", "given_reason", "remedy", "due"),
        notes=(),
        absent="absent.reasons",
        detail=None,
    )


def status(result: Result, lang: str) -> TableSpec:
    """Who has sent a forecast, who is late, who has not, and how many components disagree."""
    due = labels.day(result.status["due_on"].iloc[0], lang) if len(result.status) else ""  # one day for all

    def late(record: Record) -> str:
        text = labels.text("status_table.days_late", lang, days=reading.days(record["days_late"], lang))
        return text if record["days_late"] > 0 else ""

    def earlier(record: Record) -> str:
        text = labels.text("status_table.earlier", lang, count=reading.days(record["earlier"], lang))
        return text if record["earlier"] > 0 else ""

    def of_all(record: Record) -> str:
        count, expected = (reading.days(record[name], lang) for name in ("components", "expected"))
        return labels.text("status_table.of", lang, count=count, all=expected)

    def disagreeing(record: Record) -> Cell:
        return _disagreeing(result, record, lang)

    return TableSpec(
        lang,
        say("status_table.caption", **c.facts_of(result, lang), due=due),
        result.status,
        (
            c.department("department", "head.department", lang),
            c.code("state", "head.state", "status_table", lang, mark=late),
            c.days("due_on", "head.due"),
            c.days("received", "status_table.received", "received_on", mark=earlier),
            c.figure("days_late", "days_late", "count"),
            c.figure("components", "status_table.components", "count", cell=of_all, numeric=False),
            c.figure("expected", "to_answer", "count"),
            c.figure("earlier", "earlier", "count"),
            c.figure(
                *("disagreeing", "status_table.disagreeing", "count"),
                sheet="disagreeing",
                cell=disagreeing,
                numeric=False,
            ),
            c.words("component", "most_apart", lambda r: _component(result, r, lang)),
            c.figure("gap", "largest_gap", "change"),
        ),
        ("department", "state", "received", "components", "disagreeing"),
        name="status",
        key=("department",),
        absent="absent.status",
    )


def status_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate who has sent a forecast; if nobody was asked yet, one sentence, as nobody is late."""
    unasked = len(result.status) and (result.status["state"] == "missing").all()
    return Passage((labels.text("absent.forms", lang),)) if unasked else draw(status(result, lang))


def _disagreeing(result: Result, record: Record, lang: str) -> Cell:
    if record["state"] == "missing":
        return Cell(labels.MISSING)
    if not record["disagreeing"] > 0:
        return Cell(labels.text("status_table.agree", lang))
    facts = {"component": _component(result, record, lang), "gap": labels.signed(record["gap"], 2, lang)}
    count = labels.text("status_table.count", lang, count=reading.days(record["disagreeing"], lang))
    return Cell(count, labels.text("status_table.largest", lang, **facts))


def remedies(result: Result, lang: str) -> TableSpec:
    """Remedies in the order in which they are entered, with the days that they are overdue."""

    def overdue(record: Record) -> str:
        days = reading.days(record["days_overdue"], lang)
        text = labels.text("remedy_table.days_overdue", lang, days=days)
        return text if record["days_overdue"] > 0 else ""

    component = c.words("component", "component", lambda r: _component(result, r, lang))
    return TableSpec(
        lang,
        say("remedy_table.caption", as_of=result.spec.as_of),
        result.remedies,
        (
            c.department("unit", "remedy_table.unit", lang, sheet="unit", mark=component.take),
            component,
            c.own_words("action", "remedy_table.action"),
            c.own_words("responsible", "head.charge"),
            c.days("due", "head.due"),
            c.code("state", "head.state", "remedy_table", lang, mark=overdue),
            c.figure("days_overdue", "days_overdue", "count"),
            c.figure("expected_effect", "remedy_table.effect", "points"),
            c.own_words("note", "note"),
        ),
        ("unit", "action", "responsible", "due", "state", "expected_effect"),
        name="remedies",
        key=("unit", "component"),
        absent="absent.remedies",
        detail=lambda r: reading.own_words(r["note"]),
    )


@on_page
def remedy_table(result: Result, *, only_overdue: bool = False, lang: str) -> TableSpec:
    """List the remedies, the longest overdue first, then by the day on which they are due."""
    with_closed = result.remedies.assign(closed=result.remedies["state"].isin(["done", "dropped"]))
    order = ["days_overdue", "closed", "due"]
    ordered = with_closed.sort_values(order, ascending=[False, True, True], kind="stable")
    spec, day = remedies(result, lang), result.spec.as_of
    if not only_overdue or ordered.empty:
        return replace(spec, records=ordered)
    return replace(
        spec,
        caption=say("remedy_table.caption_overdue", as_of=day),
        records=ordered.loc[ordered["days_overdue"] > 0],
        absent=say("remedy_table.none_overdue", as_of=day),
    )


def _component(result: Result, record: Record, lang: str) -> str:
    component = str(record["component"] or "")
    return reading.name_of(result, component, lang) if component else ""


def units(result: Result, lang: str) -> TableSpec:
    """Units that must have a remedy plan, and whether they have one."""
    return TableSpec(
        lang,
        "",
        result.units,
        (
            c.department("unit", "unit", lang),
            c.code("kind", "plan_table.kind", "plan_table", lang),
            c.yes_or_no("has_plan", "has_plan", lang),
            *(c.figure(name, name, "count") for name in ("remedies", "done", "overdue")),
        ),
        name="units",
        key=("unit",),
        absent="absent.units",
    )


@on_page
def plan_table(result: Result, *, lang: str) -> TableSpec:
    """Count the units that must have a remedy plan, by kind, and name those without one."""
    rows = result.units
    without = rows.loc[~rows["has_plan"].astype(bool)]
    all_have = len(rows) > 0 and without.empty

    def names(kind: str) -> str:
        units = without.loc[without["kind"] == kind, "unit"]
        text = "; ".join(reading.department(str(unit), lang) for unit in units)
        return text or labels.text("plan_table.none", lang)

    return TableSpec(
        lang,
        say("plan_table.caption", as_of=result.spec.as_of),
        list(rows["kind"].unique()) if len(result.remedies) and not all_have else [],
        (
            c.words("kind", "plan_table.kind", lambda kind: labels.text(f"plan_table.{kind}", lang)),
            c.figure("must", "plan_table.must", "count", lambda kind: (rows["kind"] == kind).sum()),
            c.figure("none", "plan_table.without", "count", lambda kind: (without["kind"] == kind).sum()),
            c.words("names", "plan_table.names", names),
        ),
        absent=say(f"plan_table.{'all' if all_have else 'unknown'}", count=len(rows))
        if len(rows)
        else "absent.units",
    )
