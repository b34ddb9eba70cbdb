"""What the forecast stands on: figures, conflicts, models, variances, indicators, the record of the run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from forecast.base import labels
from forecast.base.indexes import INDEXES
from forecast.pages import reading
from forecast.pages.markup import Cell, Column, Passage, Table, row
from forecast.pages.report.domains import maximum
from forecast.pages.report.front import assumed_names

if TYPE_CHECKING:
    from forecast.answer.result import Result

EVIDENCE_ORDER: Final = ["index_code", "component", "year", "area", "statistic"]
MOST_LISTED: Final = 200  # figures on a page; complete tables hold hundreds of each domain

MEASURED_ON: Final = "PAPI"  # the full panel on which starting values of the variances were measured


def left_out(result: Result, *, lang: str) -> Passage:
    """List what the ranges do not hold."""
    facts = {
        "year": result.spec.target_year,
        "as_of": result.spec.as_of,
        "index": labels.text(f"short_index.{result.spec.index_code}", lang),
        "names": reading.listed(assumed_names(result), lang),
    }
    index = INDEXES[result.spec.index_code]
    years = "own_years" if index.code == MEASURED_ON else "years"
    names = ["survey", years, "remedies"] if reading.survey(index.code) else [years]
    if not index.inside:
        names.insert(0, index.basis)
    if facts["names"]:
        names.insert(names.index(years) + 1, "assumed")
    return Passage(tuple(labels.text(f"left_out.{name}", lang, **facts) for name in names), form="list")


def count_table(result: Result, *, lang: str) -> Table:
    """Tabulate how many rows were known, came later, were set aside, were undated."""
    lines = [
        row(reading.named("count", str(name), lang), labels.number(count, 0, lang))
        for name, count in zip(result.vintage["name"], result.vintage["count"], strict=True)
    ]
    heads = (
        Column(labels.text("data.what", lang)),
        Column(labels.text("data.count", lang), numeric=True),
    )
    caption = labels.text("data.counts_caption", lang, as_of=result.spec.as_of)
    return Table(caption, heads, tuple(lines), form="plain")


def conflict_table(result: Result, *, lang: str) -> Table | Passage:
    """List the figures that were set aside because another row of the same figure was taken."""
    aside = _most_telling(result)
    if aside.empty:
        return Passage((labels.text("conflicts.none", lang),))
    lines = [
        row(
            key_name(str(record["key"]), str(record.get("name", "")), lang),
            figure_value(record, lang),
            figure_value(record, lang, taken="taken_"),
            reading.named("trust", str(record["trust"]), lang),
            reading.named("aside", str(record["reason"]), lang),
        )
        for _, record in aside.iterrows()
    ]
    heads = (
        Column(labels.text("conflicts.figure", lang)),
        Column(labels.text("conflicts.value", lang), numeric=True),
        Column(labels.text("conflicts.taken", lang), numeric=True),
        Column(labels.text("conflicts.trust", lang)),
        Column(labels.text("conflicts.reason", lang)),
    )
    return Table(labels.text("conflicts.caption", lang), heads, tuple(lines))


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


def figure_value(record: pd.Series[Any], lang: str, *, taken: str = "") -> Cell:
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
    if not inside.any():
        return Passage((labels.text("evidence.none", lang),))
    listed = _nearest(rows.loc[inside], result.spec.area)
    lines = [
        row(
            figure_name(record, bool(component), lang),
            figure_value(record, lang),
            labels.percent(record["fitted"], 1, lang),
            reading.said(record["reason"], lang),
        )
        for _, record in listed.sort_values(EVIDENCE_ORDER, kind="stable").iterrows()
    ]
    heads = (
        Column(labels.text("evidence.figure", lang)),
        Column(labels.text("evidence.published", lang), numeric=True),
        Column(labels.text("evidence.fitted", lang), numeric=True),
        Column(labels.text("evidence.use", lang)),
    )
    about = reading.short_name(component, lang) if component else reading.place_name(result.spec.area, lang)
    rest = int(inside.sum()) - len(listed)
    notes = (labels.text("evidence.rest", lang, count=rest),) if rest else ()
    return Table(labels.text("evidence.caption", lang, about=about), heads, tuple(lines), notes=notes)


def _nearest(rows: pd.DataFrame, area: str) -> pd.DataFrame:
    """Figures of the area and of many areas first, then those of the latest years; `MOST_LISTED` at most."""
    far = (rows["area"] != area) & (rows["statistic"] == "value")
    order = rows.assign(far=far).sort_values(["far", "year"], ascending=[True, False], kind="stable")
    return rows.loc[order.index[:MOST_LISTED]]


def figure_name(record: pd.Series[Any], with_area: bool, lang: str) -> str:  # noqa: FBT001
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


def assumed_table(result: Result, *, lang: str) -> Table | Passage:
    """List the domains whose maximum was not read in a source."""
    domains = reading.domains(result)
    doubtful = domains.loc[domains["max_status"].map(reading.doubtful)]
    if doubtful.empty:
        return Passage((labels.text("page.made_up" if reading.made_up(result) else "assumed.none", lang),))
    lines = [
        row(reading.short_name(str(record["component"]), lang), maximum(record, lang))
        for _, record in doubtful.iterrows()
    ]
    heads = (
        Column(labels.text("domains.domain", lang)),
        Column(labels.text("domains.maximum", lang), numeric=True),
    )
    return Table(labels.text("assumed.caption", lang), heads, tuple(lines), form="plain")


def model_table(result: Result, *, lang: str) -> Table | Passage:
    """List the models that could not be used, a line each, with the reasons."""
    refused = result.availability.loc[~result.availability["available"].astype(bool)]
    if refused.empty:
        return Passage((labels.text("models.all", lang),))
    lines = [
        row(reading.named("model", str(model), lang), "; ".join(_refusals(group, lang)))
        for model, group in refused.groupby("model", sort=False)
    ]
    heads = (Column(labels.text(f"models.{name}", lang)) for name in ("model", "reason"))
    return Table(labels.text("models.caption", lang), tuple(heads), tuple(lines))


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
    lines = [
        row(_variance_name(str(name), lang), labels.number(value, 4, lang), reading.said(source, lang))
        for name, value, source in zip(
            result.variances["name"], result.variances["value"], result.variances["source"], strict=True
        )
    ]
    heads = (
        Column(labels.text("variances.name", lang)),
        Column(labels.text("variances.value", lang), numeric=True),
        Column(labels.text("variances.source", lang)),
    )
    notes = (labels.text("variances.note", lang),)
    return Table(labels.text("variances.caption", lang), heads, tuple(lines), notes)


def _variance_name(name: str, lang: str) -> str:
    family, dot, component = name.partition(".")
    if dot:
        return labels.text(f"variance_name.{family}_of", lang, component=reading.short_name(component, lang))
    return reading.named("variance_name", name, lang)
