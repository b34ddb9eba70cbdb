"""Sheets of what departments and units have to do with the forecast: forms, who has sent them, remedies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.handout.sheet import Field, Sheet, days, figure, ranged, sheet, words

if TYPE_CHECKING:
    from forecast.answer.result import Result

# Measure, and the columns of Result that hold it and its range.
_MEMBERS: Final = {
    "model": ("model_median", "model_lower", "model_upper"),
    "given": ("likely", "low", "high"),
    "corrected": ("corrected_likely", "corrected_low", "corrected_high"),
    "combined": ("combined_median", "combined_lower", "combined_upper"),
}


def departments(result: Result, lang: str) -> Sheet:
    """Each component of each form: what models and department say, corrected, and both combined."""
    pool = labels.text("handout.head.pool", lang)
    fields = [
        words(_head("department", lang), lambda record: reading.department(str(record["department"]), lang)),
        words(_head("component", lang), lambda record: reading.component_name(record, lang)),
        figure("maximum", _head("maximum", lang), "plain", "max_score"),
        figure("last_year", _head("last", lang), "points", "last"),
        *_members(lang),
        *ranged("pool", pool, lang, names=("pool_median", "pool_lower", "pool_upper")),
        figure("self_score", _head("self_score", lang), "points"),
        figure("gap", labels.text("department_table.gap", lang), "change"),
        words(_head("disagrees", lang), lambda record: _yes(record["disagrees"], lang)),
        words(labels.text("reasons.reason", lang), lambda record: record["given_reason"]),
        words(labels.text("reasons.remedy", lang), lambda record: record["remedy"]),
        days(labels.text("head.due", lang), "due"),
        days(labels.text("status_table.received", lang), "received_on"),
    ]
    notes = (labels.text("department_table.note", lang),)
    return sheet(
        "departments", result.departments, fields, key=("department", "component"), lang=lang, notes=notes
    )


def department_domains(result: Result, lang: str) -> Sheet:
    """The same, summed over what a department answered in each domain."""
    fields = [
        words(_head("department", lang), lambda record: reading.department(str(record["department"]), lang)),
        words(_head("domain", lang), lambda record: reading.short_name(str(record["component"]), lang)),
        figure("answered", _head("answered", lang), "count"),
        figure("maximum", _head("maximum", lang), "plain", "max_score"),
        *_members(lang),
        figure("gap", labels.text("department_table.gap", lang), "change"),
        figure("disagreeing", _head("disagreeing", lang), "count"),
    ]
    return sheet(
        "department_domains",
        result.department_domains,
        fields,
        key=("department", "component"),
        lang=lang,
        notes=(labels.text("department_table.note", lang),),
    )


def status(result: Result, lang: str) -> Sheet:
    """Who has sent a forecast, who is late, who has not."""
    fields = [
        words(_head("department", lang), lambda record: reading.department(str(record["department"]), lang)),
        words(
            labels.text("status_table.state", lang),
            lambda record: labels.text(f"status_table.{record['state']}", lang),
        ),
        days(labels.text("head.due", lang), "due_on"),
        days(labels.text("status_table.received", lang), "received_on"),
        figure("days_late", _head("days_late", lang), "count"),
        figure("components", labels.text("status_table.components", lang), "count"),
        figure("expected", _head("to_answer", lang), "count"),
        figure("earlier", _head("earlier", lang), "count"),
        figure("disagreeing", _head("disagreeing", lang), "count"),
        words(_head("most_apart", lang), lambda record: _component(result, record, lang)),
        figure("gap", _head("largest_gap", lang), "change"),
    ]
    return sheet("status", result.status, fields, key="department", lang=lang)


def remedies(result: Result, lang: str) -> Sheet:
    """Remedies in the order in which they are entered, with the days that they are overdue."""
    fields = [
        words(_head("unit", lang), lambda record: reading.department(str(record["unit"]), lang)),
        words(_head("component", lang), lambda record: _component(result, record, lang)),
        words(labels.text("remedy_table.action", lang), lambda record: record["action"]),
        words(labels.text("head.charge", lang), lambda record: record["responsible"]),
        days(labels.text("head.due", lang), "due"),
        words(
            labels.text("remedy_table.state", lang),
            lambda record: labels.text(f"remedy_table.{record['state']}", lang),
        ),
        figure("days_overdue", _head("days_overdue", lang), "count"),
        figure("expected_effect", labels.text("remedy_table.effect", lang), "points"),
        words(_head("note", lang), lambda record: record["note"]),
    ]
    return sheet("remedies", result.remedies, fields, key=("unit", "component"), lang=lang)


def units(result: Result, lang: str) -> Sheet:
    """Units that must have a remedy plan, and whether they have one."""
    fields = [
        words(_head("unit", lang), lambda record: reading.department(str(record["unit"]), lang)),
        words(
            labels.text("plan_table.kind", lang),
            lambda record: labels.text(f"plan_table.{record['kind']}", lang),
        ),
        words(_head("has_plan", lang), lambda record: _yes(record["has_plan"], lang)),
        figure("remedies", _head("remedies", lang), "count"),
        figure("done", _head("done", lang), "count"),
        figure("overdue", _head("overdue", lang), "count"),
    ]
    return sheet("units", result.units, fields, key="unit", lang=lang)


def _members(lang: str) -> list[Field]:
    return [
        field
        for measure, names in _MEMBERS.items()
        for field in ranged(measure, labels.text(f"department_table.{measure}", lang), lang, names=names)
    ]


def _component(result: Result, record: Any, lang: str) -> str:
    component = str(record["component"] or "")
    return reading.name_of(result, component, lang) if component else ""


def _yes(value: Any, lang: str) -> str:
    return labels.text("word.yes" if bool(value) else "handout.no", lang)


def _head(name: str, lang: str) -> str:
    return labels.text(f"handout.head.{name}", lang)
