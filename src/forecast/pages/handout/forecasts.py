"""Sheets of what is forecast: total and domains, criteria, rank, targets, SIPAS, scenarios."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from forecast.base import labels
from forecast.base.spec import interval_ends
from forecast.pages import reading
from forecast.pages.handout.sheet import Field, Sheet, days, end_of, figure, ranged, sheet, words
from forecast.pages.report.front import target_name

if TYPE_CHECKING:
    from forecast.answer.result import Result
    from forecast.pages.handout.sheet import End

ENDS: Final[tuple[End, End]] = ("lower", "upper")


def domains(result: Result, lang: str) -> Sheet:
    """Total and domains: last year, forecast with every range of the run, change, chance of a fall."""
    total = reading.line(result, reading.TOTAL)
    rows = pd.concat([total.to_frame().T, reading.domains(result)], ignore_index=True)
    last, year = str(int(total["last_year"])), str(result.spec.target_year)
    fields = [
        words(_head("component", lang), lambda record: reading.short_name(str(record["component"]), lang)),
        figure("maximum", _head("maximum", lang), "plain", "max_score"),
        words(_head("max_status", lang), lambda record: _status(record, lang)),
        *ranged("last_year", last, lang, names=("last_median", "last_lower", "last_upper")),
        words(_head("published", lang), lambda record: _published(record, lang)),
        figure("last_rank", _head("last_rank", lang, year=last), "count"),
        figure("forecast", _head("forecast", lang, year=year), "points", "median"),
        *_levels(result, lang),
        figure("change", _head("change", lang), "change"),
        figure("p_fall", _head("fall", lang), "chance"),
        words(
            _head("charge", lang), lambda record: reading.department(str(record["responsible"] or ""), lang)
        ),
        words(_head("basis", lang), lambda record: reading.said(record["basis"], lang)),
    ]
    notes = (_text("note.domains", lang), _text("note.ranges", lang))
    return sheet("domains", rows, fields, key="component", lang=lang, notes=notes)


def _levels(result: Result, lang: str, *, index_code: str = "") -> Iterator[Field]:
    """Make the columns of every range of the run."""
    for level in result.spec.levels:
        for end, share in zip(ENDS, interval_ends(level), strict=True):

            def take(record: Any, share: float = share) -> float:
                return reading.quantile(result, str(record["component"]), share, index_code=index_code)

            yield end_of("forecast", _head("range", lang), end, level, lang, "points", take)


def scorecard(result: Result, lang: str) -> Sheet:
    """Tree of the scorecard, from the total down to the finest criterion."""
    last = str(int(reading.line(result, reading.TOTAL)["last_year"]))
    fields = [
        words(_head("criterion", lang), lambda record: reading.component_name(record, lang)),
        words(_head("kind", lang), lambda record: _text(f"kind.{record['kind']}", lang)),
        figure("maximum", _head("maximum", lang), "plain", "max_score"),
        words(_head("max_status", lang), lambda record: _status(record, lang)),
        figure("last_year", last, "points", "last"),
        *ranged("expected", _head("expected", lang), lang, names=("expected", "lower", "upper")),
        figure("median", labels.text("levels.median", lang), "points"),
        figure("lost", _head("lost", lang), "points"),
        figure("p_full", _head("full", lang), "chance"),
        *ranged(
            "winnable", _head("winnable", lang), lang, names=("winnable", "winnable_lower", "winnable_upper")
        ),
        figure("lever_rank", _head("lever", lang), "count"),
        figure("risk_rank", _head("risk", lang), "count"),
        days(_head("deadline", lang), "deadline"),
        words(_head("charge", lang), lambda record: reading.department(str(record["responsible"]), lang)),
        words(_head("basis", lang), lambda record: reading.said(record["basis"], lang)),
        words(_head("gamble", lang), lambda record: reading.said(record["gamble"], lang)),
    ]
    notes = (labels.text("tree.note", lang), labels.text("lost.note", lang))
    return sheet("scorecard", result.scorecard, fields, key="component", lang=lang, notes=notes)


def rank(result: Result, lang: str) -> Sheet:
    """Chance of each rank, and of that rank or a better one."""
    fields = [
        words(_head("rank", lang), lambda record: str(int(record["rank"]))),
        figure("probability", _head("rank_chance", lang), "chance"),
        (
            figure("probability_or_better", _head("rank_or_better", lang), "chance")[0],
            lambda record: reading.chance_of_top(result, int(record["rank"])),
        ),
    ]
    notes = () if result.rank.empty else (labels.text("headline.rank", lang, **_ranks(result)),)
    return sheet("rank", result.rank, fields, key="rank", lang=lang, notes=notes)


def near(result: Result, lang: str) -> Sheet:
    """The provinces nearest to the area, with the chance of each to end above it."""
    place = reading.place_name(result.spec.area, lang)
    last = str(int(reading.line(result, reading.TOTAL)["last_year"]))
    fields = [
        words(labels.text("near.area", lang), lambda record: reading.place_name(str(record["area"]), lang)),
        figure("last_year", last, "points", "last_score"),
        figure("last_rank", _head("last_rank", lang, year=last), "count"),
        *ranged("forecast", _head("forecast", lang, year=result.spec.target_year), lang),
        figure("chance_ahead", labels.text("near.ahead", lang, place=place), "chance", "p_ahead"),
    ]
    notes = (labels.text("near.note", lang),)
    return sheet("near", result.neighbours, fields, key="area", lang=lang, notes=notes)


def _ranks(result: Result) -> dict[str, int]:
    ends = {"median": 0.5, "best": 0.1, "worst": 0.9}
    return {"ranked": reading.RANKED, **{name: reading.rank_at(result, at) for name, at in ends.items()}}


def targets(result: Result, lang: str) -> Sheet:
    """Published targets with the chance of each."""
    fields = [
        words(labels.text("targets.target", lang), lambda record: _target(record, lang)),
        days(labels.text("targets.set_on", lang), "set_on"),
        figure("probability", labels.text("targets.chance", lang), "chance"),
    ]
    found = result.targets.sort_values("set_on", kind="stable")
    return sheet("targets", found, fields, key=("quantity", "value"), lang=lang)


def sipas(result: Result, lang: str) -> Sheet:
    """Forecast of SIPAS with every range, last published figure, and the survey's sampling error."""
    code = reading.survey(result.spec.index_code)
    median = reading.quantile(result, reading.TOTAL, 0.5, index_code=code) if code else math.nan
    past = reading.history(result, reading.TOTAL, index_code=code).dropna(subset="score")
    last = past.iloc[-1] if len(past) else {"year": math.nan, "score": math.nan, "rank": math.nan}
    error = result.variances.loc[result.variances["name"] == "sipas_sampling", "value"]
    told = {
        "component": reading.TOTAL,
        "median": median,
        "last_score": last["score"],
        "last_rank": last["rank"],
        "error": float(error.iloc[0]) if len(error) else math.nan,
    }
    year = "" if math.isnan(last["year"]) else str(int(last["year"]))
    fields = [
        words(_head("component", lang), lambda _: labels.text(f"short_index.{code}", lang)),
        figure("last_year", year or labels.MISSING, "points", "last_score"),
        figure("last_rank", _head("last_rank", lang, year=year), "count"),
        figure("forecast", _head("forecast", lang, year=result.spec.target_year), "points", "median"),
        *_levels(result, lang, index_code=code),
        figure("sampling_error", _head("sampling", lang), "points", "error"),
    ]
    rows = pd.DataFrame([told] if not math.isnan(median) else [], columns=list(told))
    return sheet("sipas", rows, fields, key="component", lang=lang)


def scenarios(result: Result, lang: str) -> Sheet:
    """Scenarios side by side, with the chance of each target."""
    fields = [
        words(
            labels.text("scenario_table.scenario", lang), lambda record: reading.scenario_name(record, lang)
        ),
        *ranged("total", labels.text("scenario_table.total", lang), lang),
        *ranged(
            "difference",
            labels.text("scenario_table.difference", lang),
            lang,
            names=("difference", "difference_lower", "difference_upper"),
            kind="change",
        ),
        *ranged(
            "rank",
            labels.text("scenario_table.rank", lang),
            lang,
            names=("rank_median", "rank_lower", "rank_upper"),
            kind="count",
        ),
    ]
    goals = result.scenario_targets.drop_duplicates(["quantity", "value"])
    fields += [_chance(result, goal, lang) for _, goal in goals.iterrows()]
    fields.append(words(_head("reason", lang), lambda record: reading.said(record["reason"], lang)))
    notes = (labels.text("scenario_table.note", lang),)
    return sheet("scenarios", result.scenarios, fields, key="scenario", lang=lang, notes=notes)


def _chance(result: Result, goal: Any, lang: str) -> Field:
    """Make the column of one target's chance in each scenario."""
    rows = result.scenario_targets
    asked = rows.loc[(rows["quantity"] == goal["quantity"]) & (rows["value"] == goal["value"])]
    chances = dict(zip(asked["scenario"], asked["probability"], strict=True))
    column, _ = figure(
        f"p_{goal['quantity']}_{labels.plain(float(goal['value']), 'en')}",
        labels.text("scenario_table.chance", lang, target=_target(goal, lang)),
        "chance",
    )
    return column, lambda record: chances.get(record["scenario"])


def _target(record: Any, lang: str) -> str:
    return target_name(str(record["quantity"]), float(record["value"]), lang)


def _published(record: Any, lang: str) -> str:
    return _text("published" if record["last_known"] else "estimated", lang)


def _status(record: Any, lang: str) -> str:
    return reading.named("max_status", str(record["max_status"]), lang)


def _head(name: str, lang: str, **facts: Any) -> str:
    return labels.text(f"handout.head.{name}", lang, **facts)


def _text(name: str, lang: str) -> str:
    return labels.text(f"handout.{name}", lang)
