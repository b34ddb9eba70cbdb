"""Sheets of what the forecast rests on: past forecasts, indicators, published figures, the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from forecast.answer.result import SETTLED
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.handout.sheet import Field, Sheet, days, end_of, figure, ranged, sheet, words
from forecast.pages.report.current import grounds

if TYPE_CHECKING:
    from forecast.answer.result import Result


def changes(result: Result, lang: str) -> Sheet:
    """How the forecast moved since the last report, by its reasons."""
    told = result.changes.assign(
        reason=[
            labels.text("changes.move" if step == "total" else f"changes_by.{step}", lang)
            for step in result.changes["step"]
        ]
    )
    fields = [
        words(_head("component", lang), lambda record: reading.short_name(str(record["component"]), lang)),
        words(labels.text("changes.reason", lang), lambda record: record["reason"]),
        figure("before", labels.text("changes.before", lang), "points"),
        figure("after", labels.text("changes.after", lang), "points"),
        figure("effect", labels.text("changes.move", lang), "change"),
    ]
    notes = tuple(labels.text(f"changes.{name}", lang) for name in ("note", "note_medians"))
    return sheet(
        "changes", told, fields, key=("component", "step"), lang=lang, notes=notes if len(told) else ()
    )


def changed_rows(result: Result, lang: str) -> Sheet:
    """The rows of the data behind that, as they stand in the tables."""
    fields = [
        words(_head("domain", lang), lambda record: record["component"]),
        words(_head("file", lang), lambda record: record["file"]),
        words(_head("row", lang), lambda record: " | ".join(filter(None, (record["key"], record["name"])))),
        words(
            labels.text("changed_rows.kind", lang),
            lambda record: labels.text(f"changed_rows.{record['kind']}", lang),
        ),
        words(_head("column", lang), lambda record: record["column"]),
        words(labels.text("changed_rows.before", lang), lambda record: record["old"]),
        words(labels.text("changed_rows.now", lang), lambda record: record["new"]),
        days(_head("published_on", lang), "published_on"),
        words(_head("source", lang), lambda record: record["source_url"]),
    ]
    return sheet("changed_rows", result.changed_rows, fields, key=("file", "key", "column"), lang=lang)


def track(result: Result, lang: str) -> Sheet:
    """Past forecasts of the total, with what came."""
    forecast = labels.text("levels.median", lang)
    fields = [
        words(labels.text("history.year", lang), lambda record: str(int(record["target_year"]))),
        *ranged("forecast", forecast, lang),
        end_of("forecast", forecast, "lower", 95, lang, "points", lambda record: record["lower95"]),
        end_of("forecast", forecast, "upper", 95, lang, "points", lambda record: record["upper95"]),
        figure("observed", labels.text("track.observed", lang), "points"),
        figure("repeated", labels.text("track.last_value", lang), "points"),
    ]
    return sheet("track", reading.record(result), fields, key="target_year", lang=lang)


def coverage(result: Result, lang: str) -> Sheet:
    """How many past results lay inside the ranges."""
    reached = labels.text("coverage.reached", lang)
    fields = [
        words(labels.text("coverage.stated", lang), lambda record: f"{int(record['level'])}%"),
        *ranged("inside", reached, lang, names=("share", "lower", "upper"), kind="share"),
        figure("years", labels.text("coverage.years", lang), "count"),
        figure("forecasts", labels.text("coverage.count", lang), "count", "cells"),
    ]
    return sheet("coverage", reading.coverage(result), fields, key="level", lang=lang)


def skill(result: Result, lang: str) -> Sheet:
    """By how much the main model's error was smaller than that of repeating last year."""
    fields = [
        words(labels.text("skill.year", lang), lambda record: str(int(record["target_year"]))),
        figure("error_smaller_by", labels.text("skill.gain", lang), "share", "skill"),
        figure("forecasts", labels.text("coverage.count", lang), "count", "cells"),
    ]
    notes = (labels.text("skill.note", lang),)
    return sheet("skill", reading.skill_by_year(result), fields, key="target_year", lang=lang, notes=notes)


def periods(result: Result, lang: str) -> Sheet:
    """Record of the totals, apart for the years on which settings were chosen."""
    fields = [
        words(_head("index", lang), lambda record: record["index_code"]),
        words(
            labels.text("periods.period", lang),
            lambda record: labels.text(f"periods.{record['period']}", lang, year=SETTLED),
        ),
        *_measures(lang),
    ]
    told = reading.periods(result)
    notes = (labels.text("periods.note", lang, year=SETTLED),) if len(told) else ()
    return sheet("periods", told, fields, key=("index_code", "period"), lang=lang, notes=notes)


def year_errors(result: Result, lang: str) -> Sheet:
    """What the provinces of each year were missed by in common."""
    fields = [
        words(labels.text("skill.year", lang), lambda record: str(int(record["target_year"]))),
        figure("miss", labels.text("year_errors.miss", lang), "change"),
        figure("provinces", labels.text("year_errors.cells", lang), "count", "cells"),
    ]
    told = reading.year_errors(result)
    notes = (labels.text("year_errors.note", lang, years=len(told)),) if len(told) else ()
    return sheet("year_errors", told, fields, key="target_year", lang=lang, notes=notes)


def past_ranks(result: Result, lang: str) -> Sheet:
    """Record of the rank beside a plain step from last year's."""
    fields = [
        words(
            labels.text("periods.period", lang),
            lambda record: labels.text(f"periods.{record['period']}", lang, year=SETTLED),
        ),
        words(
            labels.text("coverage.model", lang), lambda record: labels.text(f"model.{record['model']}", lang)
        ),
        *_measures(lang, score="past_ranks.rps"),
    ]
    told = reading.past_ranks(result)
    notes = (labels.text("past_ranks.note", lang),) if len(told) else ()
    return sheet("past_ranks", told, fields, key=("period", "model"), lang=lang, notes=notes)


def past_components(result: Result, lang: str) -> Sheet:
    """Record of the total, the domains and their parts."""
    fields = [
        words(_head("domain", lang), lambda record: reading.short_name(str(record["component"]), lang)),
        *_measures(lang),
        figure("ratio", labels.text("past_components.beside", lang), "points"),
        figure("compared", _head("compared", lang), "count"),
    ]
    told = reading.past_components(result)
    told = told.assign(ratio=told["compared_crps"] / told["base_crps"])
    notes = (labels.text("past_components.note", lang),) if len(told) else ()
    return sheet("past_components", told, fields, key="component", lang=lang, notes=notes)


def _measures(lang: str, *, score: str = "periods.crps") -> list[Field]:
    return [
        words(
            labels.text("periods.years", lang), lambda record: f"{int(record['first'])}–{int(record['last'])}"
        ),
        figure("forecasts", labels.text("coverage.count", lang), "count", "cells"),
        figure("error", labels.text("periods.error", lang), "points"),
        figure("inside", labels.text("periods.inside", lang), "share"),
        figure("crps", labels.text(score, lang), "points"),
    ]


def indicators(result: Result, lang: str) -> Sheet:
    """Indicators that a criterion is scored by, projected to the year's end."""
    fields = [
        words(_head("indicator", lang), lambda record: record["name"]),
        words(_head("unit_of", lang), lambda record: reading.indicator_unit(str(record["unit"]), lang)),
        words(_head("period", lang), lambda record: reading.period(str(record["period"]), lang)),
        figure("latest", _head("latest", lang), "points", "value"),
        *ranged("projected", _head("projected", lang), lang, names=("projected", "lower", "upper")),
        figure("years_learnt_from", _head("pairs", lang), "count", "pairs"),
        words(_head("basis", lang), lambda record: reading.said(record["reason"], lang)),
    ]
    return sheet("indicators", result.projections, fields, key="indicator", lang=lang)


def current(result: Result, lang: str) -> Sheet:
    """Indicators of the year against what is usual, and the points that they move."""

    def head(name: str) -> str:
        return labels.text(f"current.{name}", lang)

    fields = [
        words(_head("indicator", lang), lambda record: record[f"name_{lang}"]),
        words(_head("component", lang), lambda record: reading.short_name(str(record["component"]), lang)),
        words(_head("period", lang), lambda record: reading.period(str(record["period"]), lang)),
        words(_head("unit_of", lang), lambda record: reading.indicator_unit(str(record["unit"]), lang)),
        figure("latest", head("value"), "points", "value"),
        figure("last_year", head("last_year"), "points"),
        figure("usual", head("usual"), "points"),
        *ranged("effect", head("effect"), lang, names=("effect", "lower", "upper"), kind="change"),
        *ranged(
            *("per_unit", head("per_unit"), lang),
            names=("per_unit", "per_unit_lower", "per_unit_upper"),
            kind="change",
        ),
        figure("area_years", head("area_years"), "count"),
        words(_head("basis", lang), lambda record: grounds(record, lang)),
    ]
    return sheet("current", result.current, fields, key=("code", "component", "period"), lang=lang)


def published(result: Result, lang: str) -> Sheet:
    """Published figures of the area that the run has read, and what each was used for."""
    rows = result.evidence
    inside = (rows["area"] == result.spec.area) & (rows["statistic"] == "value")
    order = ["index_code", "component", "year"]
    fields = [
        words(_head("index", lang), lambda record: record["index_code"]),
        words(_head("component", lang), lambda record: reading.short_name(str(record["component"]), lang)),
        words(labels.text("history.year", lang), lambda record: str(int(record["year"]))),
        figure("score", labels.text("evidence.published", lang), "plain"),
        words(_head("unit_of", lang), lambda record: _unit(record, lang)),
        figure("rank", _head("rank", lang), "count"),
        figure("fitted_share", labels.text("evidence.fitted", lang), "share", "fitted"),
        days(_head("published_on", lang), "published_on"),
        words(_head("source", lang), lambda record: record["source_url"]),
        words(labels.text("evidence.use", lang), lambda record: reading.said(record["reason"], lang)),
    ]
    found = rows.loc[inside].sort_values(order, kind="stable")
    return sheet("published", found, fields, key=order, lang=lang)


def about(result: Result, lang: str, *, run_id: str, absent: tuple[str, ...]) -> Sheet:
    """What the file is: run, day, seed, warnings, what the ranges leave out, which parts are not there."""
    spec = result.spec
    index = labels.text(f"short_index.{spec.index_code}", lang)
    told = [
        (_head("about", lang), _head("about_text", lang, index=index, area=spec.area, year=spec.target_year)),
        *([(_head("warning", lang), labels.text("page.made_up", lang))] if reading.made_up(result) else []),
        (labels.text("quality.run_id", lang), run_id or labels.MISSING),
        (labels.text("quality.as_of", lang), labels.day(spec.as_of, lang)),
        (labels.text("quality.draws", lang), labels.number(spec.draws, 0, lang)),
        (labels.text("quality.seed", lang), str(spec.seed)),
        (_head("reading", lang), labels.text("handout.note.ranges", lang)),
        (_head("dash", lang), labels.text("handout.note.empty", lang)),
        *((_head("absent", lang), line) for line in absent),
    ]
    rows = pd.DataFrame(told, columns=["item", "value"])
    fields = [
        words(labels.text("quality.item", lang), lambda record: record["item"]),
        words(labels.text("quality.value", lang), lambda record: record["value"]),
    ]
    return sheet("about", rows, fields, key="item", lang=lang)


def _unit(record: Any, lang: str) -> str:
    return "%" if record["unit"] == "percent" else labels.text("word.points", lang)


def _head(name: str, lang: str, **facts: Any) -> str:
    return labels.text(f"handout.head.{name}", lang, **facts)
