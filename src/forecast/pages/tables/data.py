"""Tables of what the forecast is based on: figures, conflicts, models, variances, sources; and of terms."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from forecast.answer.result import Result
from forecast.base import incoming, labels
from forecast.data.tables import MADE, TRUST
from forecast.pages import reading
from forecast.pages.markup import Cell, Elements, Passage
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import Field, Record, TableSpec, Text, draw, on_page, say

EVIDENCE_ORDER: Final = ["index_code", "component", "year", "area", "statistic"]
MOST_LISTED: Final = 200  # figures on a page; complete tables hold hundreds of each domain
TERMS: Final = (
    *("par", "sipas", "domain", "criterion", "appraisal", "median", "range"),
    *("lost", "winnable", "scenario", "last_value"),
)


@on_page
def count_table(result: Result, *, lang: str) -> TableSpec:
    """Tabulate how many rows were known, came later, were set aside, were undated."""
    fields = (c.code("name", "data.what", "count", lang), c.figure("count", "data.count", "count"))
    caption = say("data.counts_caption", as_of=result.spec.as_of)
    return TableSpec(lang, caption, result.vintage, fields, form="plain")


@on_page
def conflict_table(result: Result, *, lang: str) -> TableSpec:
    """List the figures that were set aside because another row of the same figure was taken."""

    def name(record: Record) -> str:
        return key_name(str(record["key"]), indicator_name(record, lang), lang)

    def taken(record: Record) -> Cell:
        return figure_value(record, lang, taken="taken_")

    return TableSpec(
        lang,
        "conflicts.caption",
        _most_telling(result),
        (
            c.words("figure", "head.figure", name),
            c.figure("value", "conflicts.value", "plain", cell=lambda r: figure_value(r, lang)),
            c.figure("taken", "conflicts.taken", "plain", cell=taken),
            c.code("trust", "conflicts.trust", "trust", lang),
            c.code("reason", "head.reason", "aside", lang),
        ),
        absent="conflicts.none",
    )


def _most_telling(result: Result) -> pd.DataFrame:
    """Order the rows set aside: what concerns the area first, and other figures before the same one."""
    aside = result.set_aside
    same = aside["reason"].isin(["same_figure", "rank_only"])
    foreign = ~aside["key"].str.contains(f"| {result.spec.area} |", regex=False)
    order = pd.DataFrame({"same": same, "foreign": foreign}).sort_values(["same", "foreign"], kind="stable")
    return aside.loc[order.index]


def indicator_name(record: Record, lang: str) -> str:
    """Name a row's indicator, if it is about one; by its Vietnamese name where it has no English one."""
    return str((lang == "en" and record.get("name_en")) or record.get("name", ""))


def key_name(key: str, name: str, lang: str) -> str:
    """Write a key ("PAR | 2021 | Hà Nội | total | value") for a reader: names for codes, commas for bars."""
    parts = [part for part in key.split(" | ") if part != "value"]
    if name:  # of an indicator, whose key is code, area, period
        places = [reading.place_name(part, lang) for part in parts[1:-1]]
        return ", ".join([reading.own_words(name), *places, reading.period(parts[-1], lang)])
    return ", ".join(_part_name(part, lang) for part in parts)


def _part_name(part: str, lang: str) -> str:
    """Name a part of a key: a place, a component, a statistic; others as they are."""
    for family in ("statistic", "component", "place"):
        part = reading.code_name(family, part, lang)
    return part


def figure_value(record: Record, lang: str, *, taken: str = "") -> Cell:
    """Write score and rank of a row, or, with `taken`, of the row that was taken in its place."""
    score = float(record[f"{taken}score"])
    rank = reading.rank_mark(float(record[f"{taken}rank"]), lang)
    if math.isnan(score):
        return Cell(labels.MISSING, rank)
    text = labels.plain(score, lang)
    match record.get("unit"):
        case "percent":
            text = f"{text}%"
        case "points":
            text = labels.text("evidence.points", lang, points=text)
    made_up = record.get("trust") == MADE
    return Cell(labels.text("mark.made", lang, text=text) if made_up else text, rank)


def published(result: Result, lang: str) -> TableSpec:
    """Published figures of the area that the run has read, and what each was used for."""
    rows, order = result.evidence, EVIDENCE_ORDER[:3]
    inside = (rows["area"] == result.spec.area) & (rows["statistic"] == "value")

    def unit(record: Record) -> str:
        return "%" if record["unit"] == "percent" else labels.text("word.points", lang)

    return TableSpec(
        lang,
        "",
        rows.loc[inside].sort_values(order, kind="stable"),
        (
            c.words("index_code", "index"),
            c.component("component", lang),
            c.whole("year", "head.year"),
            c.figure("score", "evidence.published", "plain", cell=lambda r: figure_value(r, lang)),
            c.words("unit", "unit_of", unit),
            c.figure("rank", "rank", "count"),
            c.figure("fitted_share", "evidence.fitted", "share", "fitted", decimals=1),
            c.days("published_on", "published_on"),
            c.words("source_url", "source"),
            c.sentence("use", "evidence.use", lang, "reason"),
        ),
        name="published",
        key=tuple(order),
    )


@on_page
def evidence_table(result: Result, component: str = "", *, lang: str) -> TableSpec:
    """List published figures of the area, what each was used for, and what the model makes of it.

    With a component those of every area are listed, the nearest if they are many.
    """
    rows, spec = result.evidence, published(result, lang)
    if component:
        inside = (rows["component"] == component) | rows["component"].str.startswith(f"{component}.")
    else:
        inside = (rows["area"] == result.spec.area) & (rows["statistic"] == "value")
    nearest = _nearest(rows.loc[inside], result.spec.area)
    about = reading.short_name(component, lang) if component else reading.place_name(result.spec.area, lang)
    rest = int(inside.sum()) - len(nearest)
    name = c.words("figure", "head.figure", lambda r: figure_name(r, bool(component), lang))
    ordered = nearest.sort_values(EVIDENCE_ORDER, kind="stable")
    criteria_last = ordered["component"].str.match(r"\d").sort_values(kind="stable").index
    return replace(
        spec,
        caption=say("evidence.caption", about=about),
        records=ordered.loc[criteria_last],
        fields=(name, *(spec.field(field) for field in ("score", "fitted_share", "use"))),
        notes=(say("evidence.rest", count=rest),) if rest else (),
        absent="evidence.none",
    )


def _nearest(rows: pd.DataFrame, area: str) -> pd.DataFrame:
    """Figures of the area and of many areas first, then those of the latest years; `MOST_LISTED` at most."""
    far = (rows["area"] != area) & (rows["statistic"] == "value")
    order = rows.assign(far=far).sort_values(["far", "year"], ascending=[True, False], kind="stable")
    return rows.loc[order.index[:MOST_LISTED]]


def figure_name(record: Record, with_area: bool, lang: str) -> str:  # noqa: FBT001
    """Name a published figure by index, year, component and, where several are listed, area."""
    parts = [
        f"{record['index_code']} {int(record['year'])}",
        reading.short_name(str(record["component"]), lang),
    ]
    if with_area:
        parts.append(reading.place_name(str(record["area"]), lang))
    if record["statistic"] != "value":
        parts.append(reading.code_name("statistic", str(record["statistic"]), lang))
    return ", ".join(parts)


@on_page
def model_table(result: Result, *, lang: str) -> TableSpec:
    """List the models that could not be used, a line each, with the reasons."""
    refused = result.availability.loc[~result.availability["available"].astype(bool)]
    groups = list(refused.groupby("model", sort=False))
    fields = (
        c.code("model", "head.model", "model", lang, 0),
        c.words("reason", "models.reason", lambda group: "; ".join(_refusals(group[1], lang))),
    )
    return TableSpec(lang, "models.caption", groups, fields, absent="models.all")


def _refusals(refused: pd.DataFrame, lang: str) -> Iterator[str]:
    """Say each reason once, after the components that it holds for."""
    for reason, group in refused.groupby("reason", sort=False):
        pairs = zip(group["index_code"], group["component"], strict=True)
        names = [_component_code(str(index_code), str(component), lang) for index_code, component in pairs]
        text = _without_model(str(reason), lang)
        yield labels.text("models.one_reason", lang, components=", ".join(names), reason=text)


def _without_model(reason: str, lang: str) -> str:
    """Say why a model was refused; its name stands at the head of the row already."""
    parsed = incoming.record(reason) if reason.startswith("{") else {}
    if parsed.get("key") == "error.too_few_years":
        return labels.text("models.too_few_years", lang, **parsed["facts"])
    return reading.sentence(reason, lang).rstrip(".")


def _component_code(index_code: str, component: str, lang: str) -> str:
    """Write a component shortly; a total by its index."""
    return labels.text(f"short_index.{index_code}", lang) if component == reading.TOTAL else component


@on_page
def variance_table(result: Result, *, lang: str) -> TableSpec:
    """List the variances with where they come from."""
    fields = (
        c.words("name", "variances.name", lambda r: _variance_name(str(r["name"]), lang)),
        c.figure("value", "head.value", "points", decimals=4),
        c.sentence("source", "variances.source", lang),
    )
    return TableSpec(lang, "variances.caption", result.variances, fields, notes=("variances.note",))


def _variance_name(name: str, lang: str) -> str:
    family, dot, component = name.partition(".")
    if dot:
        return labels.text(f"variance_name.{family}_of", lang, component=reading.short_name(component, lang))
    return reading.code_name("variance_name", name, lang)


def source_table(result: Result, *, lang: str) -> Elements:
    """List the published results that were used, by index and year, without addresses."""
    groups = [rows for _, rows in result.evidence.groupby(["index_code", "year"], sort=True)]
    frameworks = [name for name in result.forecast["framework"].unique() if isinstance(name, str) and name]
    others = (labels.text("sources.framework", lang, framework=", ".join(frameworks)),) if frameworks else ()

    def name(rows: pd.DataFrame) -> str:
        index_code, year = rows[["index_code", "year"]].iloc[0]
        return f"{labels.text(f'short_index.{index_code}', lang)} {int(year)}"

    fields = (
        c.words("result", "head.result", name),
        c.days("day", "sources.day", lambda rows: rows["published_on"].dropna().min(), numeric=False),
        c.figure("rows", "sources.rows", "count", len),
        c.words("trust", "sources.trust", lambda rows: ", ".join(_kinds(rows["trust"], lang))),
    )
    caption, notes = "sources.caption", ("sources.note",)
    table = draw(TableSpec(lang, caption, groups, fields, notes=notes, absent="sources.none"))
    return Elements((table, Passage(others)) if groups else (table,))


def _kinds(trust: pd.Series[Any], lang: str) -> Iterator[str]:
    """Count the figures by whose they are."""
    counts = trust.value_counts()
    for kind in TRUST:
        if kind in counts:
            name = reading.code_name("trust", kind, lang)
            yield labels.text("sources.kind", lang, kind=name, count=int(counts[kind]))


def items(pairs: list[tuple[str, str]], lang: str, *, name: str = "", caption: Text = "") -> TableSpec:
    """Tabulate names with what they stand for."""
    fields = (c.words("item", "quality.item"), c.words("value", "head.value"))
    records = pd.DataFrame(pairs, columns=["item", "value"])
    return TableSpec(lang, caption, records, fields, name=name, key=("item",), form="plain")


def about(result: Result, lang: str, *, run_id: str, absent: tuple[str, ...]) -> TableSpec:
    """What the file is: run, day, seed, warnings, what the ranges leave out, which parts are not there."""
    spec = result.spec
    facts = c.facts_of(result, lang) | {"area": spec.area}
    made_up = [("handout.head.warning", "page.made_up")] if reading.made_up(result) else []
    lines: list[tuple[str, Text]] = [
        ("handout.head.about", c.head("about_text", **facts)),
        *made_up,
        ("quality.run_id", run_id or labels.MISSING),
        ("quality.as_of", labels.day(spec.as_of, lang)),
        ("quality.draws", labels.number(spec.draws, 0, lang)),
        ("quality.seed", str(spec.seed)),
        ("handout.head.reading", "handout.note.ranges"),
        ("handout.head.dash", "handout.note.empty"),
        *(("handout.head.absent", line) for line in absent),
    ]
    texts = [(labels.text(item, lang), reading.sentence(value, lang)) for item, value in lines]
    return items(texts, lang, name="about")


@on_page
def word_table(*, lang: str) -> TableSpec:
    """Tabulate the words of the report in both languages with what they mean."""

    def term(code: str) -> Field:
        return c.words(code, f"words.{code}", cell=lambda r: Cell(labels.text(f"term.{r}", code), lang=code))

    meaning = c.words("meaning", "words.meaning", lambda name: labels.text(f"meaning.{name}", lang))
    return TableSpec(lang, "words.caption", TERMS, (*map(term, labels.LANGUAGES), meaning))


@on_page
def phrase_table(*, lang: str) -> TableSpec:
    """Tabulate the phrases for chances with their bands, likeliest first."""
    lows = [0, *(high for high, _ in reading.BANDS)]
    bands = [(low, high, key) for low, (high, key) in zip(lows, reading.BANDS, strict=False)]

    def band(record: tuple[int, int, str]) -> str:
        low, high, _ = record
        form = "bottom" if low == 0 else "top" if high > 100 else "of"
        return labels.text(f"phrases.band_{form}", lang, low=f"{low}%", high=f"{high}%")

    fields = (
        c.words("phrase", "phrases.phrase", lambda r: labels.text(r[2], lang)),
        c.words("band", "head.chance", band),
    )
    return TableSpec(lang, "phrases.caption", bands[::-1], fields, form="plain")
