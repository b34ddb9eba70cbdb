"""Write the page of a verification, and the passage of the next report on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from forecast.answer.judgement import Judgement
from forecast.answer.result import RANK, Result
from forecast.base import labels
from forecast.base.incoming import record
from forecast.base.indexes import INDEXES, MAIN, panel_of
from forecast.base.spec import DEFAULT_AREA
from forecast.base.spelling import slug
from forecast.pages import reading
from forecast.pages.markup import Displayable, Elements, Figure, Heading, Link, Passage
from forecast.pages.report.front import heading
from forecast.pages.report.page import page_frame
from forecast.pages.tables import verification as tables
from forecast.pages.tables.spec import draw


def verification_files(index_code: str, area: str) -> dict[str, str]:
    """Name the page's file in each language; that of the city's main index is verify.html."""
    own = (index_code, area) == (MAIN, DEFAULT_AREA)
    stem = "verify" if own else f"verify-{index_code}-{slug(area)}"
    first, *others = labels.LANGUAGES
    return {first: f"{stem}.html", **{lang: f"{stem}.{lang}.html" for lang in others}}


def verification_page(judgement: Judgement, figure: Figure, other: str, *, lang: str) -> str:
    """Write the whole page; `other` is the file of the page in the other language."""
    place = reading.place_name(judgement.area, lang)
    index = labels.text(f"short_index.{judgement.index_code}", lang)
    parts = list(_pieces(judgement, figure, lang))
    contents = tuple((item.anchor, item.text) for item in parts if isinstance(item, Heading))
    frame = replace(
        page_frame(
            labels.text("verified.title", lang, index=index, year=judgement.year, place=place), lang=lang
        ),
        subtitle=labels.text("verified.subtitle", lang, day=judgement.published_on),
        foot=labels.text("verified.foot", lang),
        contents=contents,
    )
    language = next(item for item in labels.LANGUAGES if item != lang)
    link = Link(labels.text("verified.other_language", language), other, language)
    return frame.document([link, *parts])


def _pieces(judgement: Judgement, figure: Figure, lang: str) -> Iterator[Displayable]:
    yield from _front(judgement, lang)
    yield from (heading("verified_said", lang=lang), figure, draw(tables.last_report(judgement, lang)))
    advice = tuple(_advice(sentence, lang) for sentence in judgement.advice)
    yield from (heading("verified_advice", lang=lang), Passage(advice, form="list"))
    yield from (heading("verified_revisions", lang=lang), draw(tables.revisions(judgement, lang)))
    yield heading("verified_models", lang=lang)
    yield from (draw(table) for table in tables.models(judgement, lang))
    if len(judgement.domains):
        yield from (heading("verified_domains", lang=lang), draw(tables.domains(judgement, lang)))
    if INDEXES[judgement.index_code].departments:
        yield from (heading("verified_departments", lang=lang), draw(tables.departments(judgement, lang)))
    yield from (heading("verified_targets", lang=lang), draw(tables.targets(judgement, lang)))
    yield from (heading("verified_common", lang=lang), draw(tables.common(judgement, lang)))
    yield from (heading("verified_years", lang=lang), draw(tables.years(judgement, lang)))
    words = tuple(labels.text(f"verified.{name}", lang) for name in ("words", "words_source"))
    yield from (heading("verified_words", lang=lang), Passage(words))


def _advice(sentence: str, lang: str) -> str:
    """Write a sentence of advice, whose facts are codes."""
    phrase = record(sentence)
    facts = phrase["facts"]
    for name, family in (("index", "short_index"), ("component", "component"), ("model", "model")):
        if name in facts:
            facts[name] = reading.code_name(family, facts[name], lang)
    return labels.text(phrase["key"], lang, **facts)


def _front(judgement: Judgement, lang: str) -> Iterator[Passage]:
    """Say in two sentences what was said and what came, and what kind of year and report it was."""
    rows = judgement.last_report[judgement.last_report["index_code"] == judgement.index_code].drop_duplicates(
        "component"
    )
    total, rank = _row(rows, reading.TOTAL), _row(rows, RANK)
    if total is not None:
        yield Passage((_total(total, "verified.headline", lang),), form="headline")
    else:
        yield Passage((labels.text("verified.headline_without", lang),), form="headline")
    lead = [] if rank is None else [_rank(rank, "verified.lead_rank", lang)]
    yield Passage((" ".join([*lead, *_domains(rows, "verified.lead_domains", lang)]),), form="lead")
    notes = []
    if judgement.new_method:
        notes.append(labels.text("verified.break", lang, year=judgement.year))
    if len(judgement.last_report) and not judgement.last_report["before"].all():
        notes.append(labels.text("verified.hindsight", lang))
    if notes:
        yield Passage(tuple(notes), form="note")


def _row(rows: pd.DataFrame, component: str) -> pd.Series[Any] | None:
    """Give the row of a component, if there is one."""
    own = rows[rows["component"] == component]
    return own.iloc[0] if len(own) else None


def _total(row: pd.Series[Any], key: str, lang: str) -> str:
    inside = tables.inside_text(row, lang) if "inside95" in row else _inside_text(row, lang)
    return labels.text(
        key,
        lang,
        year=int(row["target_year"]),
        as_of=row["as_of"],
        day=row["published_on"],
        unit=reading.unit(str(row["index_code"]), lang),
        median=reading.points(row["median"], lang),
        span=reading.span(row["lower"], row["upper"], lang),
        observed=reading.points(row["observed"], lang, published=True),
        inside=inside,
    )


def _inside_text(row: pd.Series[Any], lang: str) -> str:
    return labels.text("verified.inside80" if row["inside80"] == 1 else "last_verification.outside80", lang)


def _rank(row: pd.Series[Any], key: str, lang: str) -> str:
    median, observed = (labels.number(row[name], 0, lang) for name in ("median", "observed"))
    span = reading.span(row["lower"], row["upper"], lang, decimals=0)
    return labels.text(key, lang, median=median, observed=observed, span=span, inside=_inside_text(row, lang))


def _domains(rows: pd.DataFrame, key: str, lang: str) -> list[str]:
    """Count the domains with a result, and those inside their range; nothing where there are none."""
    domains = INDEXES[panel_of(str(rows["index_code"].iloc[0]))].domains if len(rows) else ()
    own = rows[rows["component"].isin(domains)]
    if own.empty:
        return []
    return [labels.text(key, lang, count=len(own), inside=int((own["inside80"] == 1).sum()))]


def last_verification(result: Result, *, lang: str) -> Elements:
    """Say what became of the last forecast that has a result under a heading, or that there is none yet."""
    head = heading("last_verification", lang=lang, level=3)
    table = result.last_verified
    own = table[table["index_code"] == result.spec.index_code].drop_duplicates("component")
    total, rank = _row(own, reading.TOTAL), _row(own, RANK)
    lines = [] if total is None else [_total(total, "last_verification.said", lang)]
    lines += [] if rank is None else [_rank(rank, "last_verification.rank", lang)]
    lines += _domains(own, "last_verification.domains", lang)
    if not lines:
        return Elements((Passage((labels.text("last_verification.none", lang),)),))
    if own["new_method"].astype(bool).any():
        lines.append(labels.text("verified.break", lang, year=int(own["target_year"].max())))
    if not own["before"].astype(bool).all():
        lines.append(labels.text("verified.hindsight", lang))
    return Elements((head, Passage((*lines, labels.text("last_verification.where", lang)))))
