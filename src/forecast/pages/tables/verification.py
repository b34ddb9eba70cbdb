"""Tables of a verification: forecasts and results by revision, model, domain, department and target."""

from typing import Any

import pandas as pd

from forecast.answer.judgement import Judgement
from forecast.answer.result import RANK
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import Field, Record, TableSpec, Take, say


def figure_name(record: Any, lang: str) -> str:
    """Name a figure: the rank, a survey, the total, a domain or a part."""
    if record["component"] == RANK:
        rank = labels.text("verified.rank", lang)
        return f"{rank}, {reading.code_name('short_index', str(record['index_code']), lang)}"
    if record["component"] == reading.TOTAL:
        return reading.code_name("short_index", str(record["index_code"]), lang)
    return reading.short_name(str(record["component"]), lang)


def inside_text(record: Any, lang: str) -> str:
    """Say where a result lay."""
    key = "inside80" if record["inside80"] == 1 else "inside95" if record["inside95"] == 1 else "outside"
    return labels.text(f"verified.{key}", lang)


def _decimals(record: Record) -> int:
    return 0 if record["component"] == RANK else 2


def _figures(lang: str) -> tuple[Field, ...]:
    """Forecast, range, result, and where the result lay."""
    return (
        c.figure("said", "verified.said", "points", "median", decimals=_decimals),
        c.span("range80", "head.range", ("lower", "upper"), lang, decimals=_decimals),
        c.figure("came", "verified.came", "points", "observed", decimals=_decimals),
        c.figure("miss", "verified.miss", "change", decimals=_decimals),
        c.words("held", "verified.held", lambda r: inside_text(r, lang)),
    )


def last_report(judgement: Judgement, lang: str) -> TableSpec:
    """The last report's forecast of each figure, and the result."""
    day = judgement.last_report["as_of"].max() if len(judgement.last_report) else None
    return TableSpec(
        lang,
        say("verified.said_caption", as_of=day),
        judgement.last_report,
        (
            c.words("figure", "verified.component", lambda r: figure_name(r, lang)),
            *_figures(lang),
            c.figure("repeated", "verified.repeated", "points", decimals=_decimals),
            c.figure("crps", "verified.crps_rps", "points"),
        ),
    )


def _revision(lang: str) -> Field:
    def cell(record: Record) -> str:
        return f"{int(record['revision'])}/{int(record['revisions'])}"

    def mark(record: Record) -> str:
        return "" if record["before"] else labels.text("verified.in_hindsight", lang)

    return c.words("revision", "verified.revision", cell, mark=mark)


def revisions(judgement: Judgement, lang: str) -> TableSpec:
    """The total and the rank that each report showed."""

    def ranks(record: Record) -> str:
        if pd.isna(record["rank_median"]):
            return labels.MISSING
        places = " → ".join(labels.number(record[f"rank_{end}"], 0, lang) for end in ("median", "observed"))
        return f"{places} ({labels.number(record['rps'], 2, lang)})"

    return TableSpec(
        lang,
        say("verified.revisions_caption", unit=reading.unit(judgement.index_code, lang)),
        judgement.revisions,
        (
            _revision(lang),
            c.days("as_of", "verified.as_of"),
            *_figures(lang),
            c.figure("crps", "verified.crps", "points"),
            *_wis(lang),
            c.words("ranks", "verified.rank_said", ranks, numeric=True),
        ),
    )


def _wis(lang: str) -> tuple[Field, Field]:
    def parts(record: Record) -> str:
        return _join_numbers([record[name] for name in ("dispersion", "under", "over")], 2, lang)

    return (
        c.figure("wis", "verified.wis", "points"),
        c.words("wis_parts", "verified.parts", parts, numeric=True),
    )


def _join_numbers(values: list[float], decimals: int, lang: str) -> str:
    if all(map(pd.isna, values)):
        return labels.MISSING
    return " / ".join(labels.number(value, decimals, lang) for value in values)


def models(judgement: Judgement, lang: str) -> list[TableSpec]:
    """Scores of all models of the last report: totals, the area's domains, its rank."""
    tables = []
    place = reading.place_name(judgement.area, lang)
    for (index_code, kind), rows in judgement.models.groupby(["index_code", "kind"], sort=False):
        index = reading.code_name("short_index", str(index_code), lang)
        fields = [c.code("model", "head.model", "model", lang), *_sums(lang), *_wis(lang)]
        fields += [
            c.figure("crps", "verified.rps" if kind == RANK else "verified.crps", "points"),
            _skill(lang),
        ]
        if kind == RANK:
            fields = [field for field in fields if not field.name.startswith("wis")]
        tables.append(TableSpec(lang, say(f"verified.models_{kind}", index=index, place=place), rows, fields))
    return tables


def _sums(lang: str) -> tuple[Field, ...]:
    def inside(record: Record) -> str:
        return _join_numbers([100 * record[f"inside{level}"] for level in (50, 80, 95)], 0, lang)

    return (
        c.figure("cells", "verified.cells", "count"),
        c.figure("error", "verified.error", "points"),
        c.figure("miss", "verified.mean_miss", "change"),
        c.words("coverage", "verified.coverage", inside, numeric=True),
    )


def _skill(lang: str) -> Field:
    def gain(record: Record) -> str:
        if pd.isna(record["skill"]):
            return labels.MISSING
        return (
            f"{labels.signed(100 * record['skill'], 0, lang)}% ({labels.number(record['compared'], 0, lang)})"
        )

    return c.words("skill", "verified.skill", gain, numeric=True)


def domains(judgement: Judgement, lang: str) -> TableSpec:
    """Errors of each domain over all provinces with a result."""
    fields = (
        c.component("verified.component", lang),
        *_sums(lang),
        *_wis(lang),
        c.figure("crps", "verified.crps", "points"),
    )
    return TableSpec(lang, "verified.domains_caption", judgement.domains, fields)


def departments(judgement: Judgement, lang: str) -> TableSpec:
    """Each form of each department, beside the figure shown."""

    def beside(record: Record) -> str:
        pair = _join_numbers([record["paired"], record["model_crps"]], 2, lang)
        return pair if pair == labels.MISSING else f"{pair} ({labels.number(record['compared'], 0, lang)})"

    return TableSpec(
        lang,
        "verified.departments_caption",
        judgement.departments.assign(before=True),
        (
            c.department("department", "head.department", lang),
            _revision(lang),
            *_sums(lang),
            *_wis(lang),
            c.words("beside", "verified.beside", beside, numeric=True),
        ),
        absent="verified.departments_none",
    )


def targets(judgement: Judgement, lang: str) -> TableSpec:
    """The chance of each target in each report, and whether it was reached."""

    def name(record: Record) -> str:
        quantity, _, value = str(record["target"]).replace(">=", "<=").partition("<=")
        return reading.target_name({"quantity": quantity, "value": float(value)}, lang)

    return TableSpec(
        lang,
        "verified.targets_caption",
        judgement.targets,
        (
            c.words("target", "head.target", name),
            _revision(lang),
            c.days("as_of", "verified.as_of"),
            c.figure("chance", "verified.chance", "chance", "probability"),
            c.yes_or_no("happened", "verified.reached", lang),
            c.figure("brier", "verified.brier", "points"),
        ),
        absent="verified.targets_none",
    )


def common(judgement: Judgement, lang: str) -> TableSpec:
    """The error that all provinces shared, apart from their own."""
    return TableSpec(
        lang,
        "verified.common_caption",
        judgement.common,
        (
            c.code("index_code", "verified.index", "short_index", lang),
            c.figure("cells", "verified.cells", "count"),
            c.figure("miss", "verified.common", "change", decimals=1),
            c.figure("own", "verified.own", "points", decimals=1),
            c.figure("inside80", "verified.held80", "share"),
            c.figure("without", "verified.held_without", "share", "inside80_without"),
        ),
        notes=("verified.common_note",),
    )


def years(judgement: Judgement, lang: str) -> TableSpec:
    """The last shown total of every verified year."""

    def new(record: Record) -> str:
        return labels.text("verified.new_method", lang) if record["new_method"] else ""

    index: Take = c.code("index_code", "verified.index", "short_index", lang).take
    return TableSpec(
        lang,
        "verified.years_caption",
        judgement.years,
        (
            c.words("year", "head.year", lambda r: str(int(r["target_year"])), mark=new),
            c.words("index", "verified.index", index),
            *_figures(lang),
            c.figure("repeated", "verified.repeated", "points"),
        ),
    )
