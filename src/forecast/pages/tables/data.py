"""What the forecast stands on: figures, conflicts, models, variances, sources, the run; and words."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from forecast.base import labels
from forecast.data.tables import TRUST
from forecast.pages import reading
from forecast.pages.markup import Cell, Passage, Pieces, Table
from forecast.pages.tables import columns
from forecast.pages.tables.spec import (
    Field,
    Record,
    TableSpec,
    Text,
    days,
    draw,
    draw_table,
    figure,
    head,
    lines,
    say,
    words,
)

if TYPE_CHECKING:
    from forecast.answer.result import Result

EVIDENCE_ORDER: Final = ["index_code", "component", "year", "area", "statistic"]
MOST_LISTED: Final = 200  # figures on a page; complete tables hold hundreds of each domain
TERMS: Final = (
    *("par", "sipas", "domain", "criterion", "appraisal", "median", "range"),
    *("lost", "winnable", "scenario", "last_value"),
)


def count_table(result: Result, *, lang: str) -> Table:
    """Tabulate how many rows were known, came later, were set aside, were undated."""
    return draw_table(
        TableSpec(
            lang=lang,
            caption=say("data.counts_caption", as_of=result.spec.as_of),
            records=lines(result.vintage),
            fields=(
                words("what", "data.what", lambda r: reading.named("count", str(r["name"]), lang)),
                figure("count", "data.count", "count"),
            ),
            form="plain",
        )
    )


def conflict_table(result: Result, *, lang: str) -> Table | Passage:
    """List the figures that were set aside because another row of the same figure was taken."""
    return draw(
        TableSpec(
            lang=lang,
            caption="conflicts.caption",
            records=lines(_most_telling(result)),
            fields=(
                words(
                    *("figure", "conflicts.figure"),
                    lambda r: key_name(str(r["key"]), str(r.get("name", "")), lang),
                ),
                figure("value", "conflicts.value", "plain", cell=lambda r: figure_value(r, lang)),
                figure(
                    *("taken", "conflicts.taken", "plain"),
                    cell=lambda r: figure_value(r, lang, taken="taken_"),
                ),
                words("trust", "conflicts.trust", lambda r: reading.named("trust", str(r["trust"]), lang)),
                words("reason", "conflicts.reason", lambda r: reading.named("aside", str(r["reason"]), lang)),
            ),
            absent="conflicts.none",
        )
    )


def _most_telling(result: Result) -> pd.DataFrame:
    """Order the rows set aside: what concerns the area first, and other figures before the same one."""
    aside = result.set_aside
    same = aside["reason"].isin(["same_figure", "rank_only"])
    foreign = ~aside["key"].str.contains(f"| {result.spec.area} |", regex=False)
    order = pd.DataFrame({"same": same, "foreign": foreign}).sort_values(["same", "foreign"], kind="stable")
    return aside.loc[order.index]


def key_name(key: str, name: str, lang: str) -> str:
    """Write a key ("PAR | 2021 | Hà Nội | total | value") for a reader: names for codes, commas for bars."""
    parts = [part for part in key.split(" | ") if part != "value"]
    if name:  # of an indicator, whose key is code, area, period
        return ", ".join([reading.own_words(name), *parts[1:-1], reading.period(parts[-1], lang)])
    return ", ".join(
        reading.named("component", reading.named("statistic", part, lang), lang) for part in parts
    )


def figure_value(record: Record, lang: str, *, taken: str = "") -> Cell:
    """Write score and rank of a row, or, with `taken`, of the row that was taken in its place."""
    score, place = float(record[f"{taken}score"]), float(record[f"{taken}rank"])
    rank = "" if math.isnan(place) else labels.text("evidence.rank", lang, rank=int(place))
    if math.isnan(score):
        return Cell(labels.MISSING, rank)
    text = labels.plain(score, lang)
    match record.get("unit"):
        case "percent":
            text = f"{text}%"
        case "points":
            text = labels.text("evidence.points", lang, points=text)
    return Cell(text, rank)


def published(result: Result, lang: str) -> TableSpec:
    """Published figures of the area that the run has read, and what each was used for."""
    rows = result.evidence
    inside = (rows["area"] == result.spec.area) & (rows["statistic"] == "value")
    order = ["index_code", "component", "year"]
    return TableSpec(
        name="published",
        lang=lang,
        records=lines(rows.loc[inside].sort_values(order, kind="stable")),
        key=tuple(order),
        fields=(
            words("index_code", head("index")),
            columns.component(head("component"), lang),
            columns.year("year", "history.year"),
            words("figure", "evidence.figure", lambda r: figure_name(r, False, lang), in_sheet=False),  # noqa: FBT003
            words("area_figure", "evidence.figure", lambda r: figure_name(r, True, lang), in_sheet=False),  # noqa: FBT003
            figure("score", "evidence.published", "plain", cell=lambda r: figure_value(r, lang)),
            words(
                *("unit", head("unit_of")),
                lambda r: "%" if r["unit"] == "percent" else labels.text("word.points", lang),
            ),
            figure("rank", head("rank"), "count"),
            figure("fitted_share", "evidence.fitted", "share", "fitted", decimals=1),
            days("published_on", head("published_on")),
            words("source_url", head("source")),
            columns.said("use", "evidence.use", lang, "reason"),
        ),
        columns=("figure", "score", "fitted_share", "use"),
        absent="evidence.none",
    )


def evidence_table(result: Result, component: str = "", *, lang: str) -> Table | Passage:
    """List published figures, what each was used for, and what the model makes of it.

    Parameters
    ----------
    result
        Gives the figures.
    component
        A component, of which every area's figures are listed, the nearest if they are many; empty for all of
        the run's area.
    lang
        Language of the words.
    """
    rows = result.evidence
    if component:
        inside = (rows["component"] == component) | rows["component"].str.startswith(f"{component}.")
    else:
        inside = (rows["area"] == result.spec.area) & (rows["statistic"] == "value")
    listed = _nearest(rows.loc[inside], result.spec.area)
    about = reading.short_name(component, lang) if component else reading.place_name(result.spec.area, lang)
    rest = int(inside.sum()) - len(listed)
    return draw(
        replace(
            published(result, lang),
            caption=say("evidence.caption", about=about),
            records=lines(listed.sort_values(EVIDENCE_ORDER, kind="stable")),
            columns=("area_figure" if component else "figure", "score", "fitted_share", "use"),
            notes=(say("evidence.rest", count=rest),) if rest else (),
        )
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
        parts.append(str(record["area"]))
    if record["statistic"] != "value":
        parts.append(reading.named("statistic", str(record["statistic"]), lang))
    return ", ".join(parts)


def model_table(result: Result, *, lang: str) -> Table | Passage:
    """List the models that could not be used, a line each, with the reasons."""
    refused = result.availability.loc[~result.availability["available"].astype(bool)]
    return draw(
        TableSpec(
            lang=lang,
            caption="models.caption",
            records=list(refused.groupby("model", sort=False)),
            fields=(
                words("model", "models.model", lambda r: reading.named("model", str(r[0]), lang)),
                words("reason", "models.reason", lambda r: "; ".join(_refusals(r[1], lang))),
            ),
            absent="models.all",
        )
    )


def _refusals(refused: pd.DataFrame, lang: str) -> Iterator[str]:
    """Say each reason once, after the components that it holds for."""
    for reason, group in refused.groupby("reason", sort=False):
        pairs = zip(group["index_code"], group["component"], strict=True)
        names = [_component_code(str(index_code), str(component), lang) for index_code, component in pairs]
        said = _without_model(str(reason), lang)
        yield labels.text("models.one_reason", lang, components=", ".join(names), reason=said)


def _without_model(reason: str, lang: str) -> str:
    """Say why a model was refused; its name stands at the head of the row already."""
    parsed = json.loads(reason) if reason.startswith("{") else {}
    if parsed.get("key") == "error.too_few_years":
        return labels.text("models.too_few_years", lang, **parsed["facts"])
    return reading.said(reason, lang).rstrip(".")


def _component_code(index_code: str, component: str, lang: str) -> str:
    """Write a component shortly; a total by its index."""
    return labels.text(f"short_index.{index_code}", lang) if component == reading.TOTAL else component


def variance_table(result: Result, *, lang: str) -> Table:
    """List the variances with where they come from."""
    return draw_table(
        TableSpec(
            lang=lang,
            caption="variances.caption",
            records=lines(result.variances),
            fields=(
                words("name", "variances.name", lambda r: _variance_name(str(r["name"]), lang)),
                figure("value", "variances.value", "points", decimals=4),
                columns.said("source", "variances.source", lang),
            ),
            notes=("variances.note",),
        )
    )


def _variance_name(name: str, lang: str) -> str:
    family, dot, component = name.partition(".")
    if dot:
        return labels.text(f"variance_name.{family}_of", lang, component=reading.short_name(component, lang))
    return reading.named("variance_name", name, lang)


def source_table(result: Result, *, lang: str) -> Pieces:
    """List the published results that were used, by index and year, without addresses."""
    groups = [rows for _, rows in result.evidence.groupby(["index_code", "year"], sort=True)]
    frameworks = [name for name in result.forecast["framework"].unique() if isinstance(name, str) and name]
    others = (labels.text("sources.framework", lang, framework=", ".join(frameworks)),) if frameworks else ()
    table = draw(
        TableSpec(
            lang=lang,
            caption="sources.caption",
            records=groups,
            fields=(
                words(
                    *("result", "sources.result"),
                    lambda rows: (
                        labels.text(f"short_index.{rows['index_code'].iloc[0]}", lang)
                        + f" {int(rows['year'].iloc[0])}"
                    ),
                ),
                days(
                    *("day", "sources.day"),
                    take=lambda rows: rows["published_on"].dropna().min(),
                    numeric=False,
                ),
                figure("rows", "sources.rows", "count", take=len),
                words("trust", "sources.trust", lambda rows: ", ".join(_kinds(rows["trust"], lang))),
            ),
            notes=("sources.note",),
            absent="sources.none",
        )
    )
    return Pieces((table, Passage(others)) if groups else (table,))


def _kinds(trust: pd.Series[Any], lang: str) -> Iterator[str]:
    """Count the figures by whose they are."""
    counts = trust.value_counts()
    for kind in TRUST:
        if kind in counts:
            name = reading.named("trust", kind, lang)
            yield labels.text("sources.kind", lang, kind=name, count=int(counts[kind]))


def items(
    told: Mapping[str, str] | list[tuple[str, str]], lang: str, *, name: str = "", caption: Text = ""
) -> TableSpec:
    """Tabulate names with what they stand for."""
    pairs = list(told.items()) if isinstance(told, Mapping) else told
    return TableSpec(
        name=name,
        lang=lang,
        caption=caption,
        records=[{"item": item, "value": value} for item, value in pairs],
        key=("item",),
        fields=(words("item", "quality.item"), words("value", "quality.value")),
        form="plain",
    )


def about(result: Result, lang: str, *, run_id: str, absent: tuple[str, ...]) -> TableSpec:
    """What the file is: run, day, seed, warnings, what the ranges leave out, which parts are not there."""
    spec = result.spec
    index = labels.text(f"short_index.{spec.index_code}", lang)
    facts = {"index": index, "area": spec.area, "year": spec.target_year}
    heads = {name: head(name).text(lang) for name in ("about", "warning", "reading", "dash", "absent")}
    told = [
        (heads["about"], labels.text("handout.head.about_text", lang, **facts)),
        *([(heads["warning"], labels.text("page.made_up", lang))] if reading.made_up(result) else []),
        (labels.text("quality.run_id", lang), run_id or labels.MISSING),
        (labels.text("quality.as_of", lang), labels.day(spec.as_of, lang)),
        (labels.text("quality.draws", lang), labels.number(spec.draws, 0, lang)),
        (labels.text("quality.seed", lang), str(spec.seed)),
        (heads["reading"], labels.text("handout.note.ranges", lang)),
        (heads["dash"], labels.text("handout.note.empty", lang)),
        *((heads["absent"], line) for line in absent),
    ]
    return items(told, lang, name="about")


def word_table(*, lang: str) -> Table:
    """Tabulate the words of the report in both languages with what they mean."""

    def term(each: str) -> Field:
        return words(
            each,
            f"words.{each}",
            cell=lambda name: Cell(labels.text(f"term.{name}", each), lang=each),
        )

    meaning = words("meaning", "words.meaning", lambda name: labels.text(f"meaning.{name}", lang))
    fields = (*map(term, labels.LANGUAGES), meaning)
    return draw_table(TableSpec(lang=lang, caption="words.caption", records=TERMS, fields=fields))


def phrase_table(*, lang: str) -> Table:
    """Tabulate the phrases for chances with their bands, likeliest first."""
    lows = [0, *(high for high, _ in reading.BANDS)]

    def band(record: Record) -> str:
        low, (high, _) = record
        form = "bottom" if low == 0 else "top" if high > 100 else "of"
        return labels.text(f"phrases.band_{form}", lang, low=f"{low}%", high=f"{high}%")

    return draw_table(
        TableSpec(
            lang=lang,
            caption="phrases.caption",
            records=list(zip(lows, reading.BANDS, strict=False))[::-1],
            fields=(
                words("phrase", "phrases.phrase", lambda r: labels.text(r[1][1], lang)),
                words("band", "phrases.band", band),
            ),
            form="plain",
        )
    )
