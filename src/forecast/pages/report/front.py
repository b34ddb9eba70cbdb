"""Write cover, headline, caveats and headings, what the ranges leave out, and the parts of the annex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.indexes import INDEXES
from forecast.pages import reading
from forecast.pages.markup import Cover, Displayable, Elements, Fold, Heading, Passage, Section
from forecast.pages.report.cards import cards
from forecast.pages.report.decisions import decisions
from forecast.pages.report.page_context import issue_line, links
from forecast.pages.tables.departments import status_table
from forecast.pages.tables.forecast import domains
from forecast.pages.tables.scenarios import scenarios
from forecast.pages.tables.spec import draw
from forecast.pages.tables.standing import ladder_table

METHOD: Final = ("evidence", "share", "draws", "criteria", "departments", "record")
MOST_CAVEATS: Final = 2  # the full list stands further down
MERGED: Final = {"equal": "caveat.merged_equal", "population": "caveat.merged_population"}
MEASURED_ON: Final = "PAPI"  # the full panel on which starting values of the variances were measured


def cover(result: Result, kind: str, *, lang: str, component: str = "", run_dir: str = "") -> Cover:
    """Write the head of a page; `kind` is the notebook's name.  A warning comes first if figures are made up.

    Of a page that is part of a run, `run_dir` gives who issued it and when, and links to the other pages.
    """
    spec = result.spec
    place = reading.place_name(spec.area, lang)
    facts = {
        "index": labels.text(f"short_index.{spec.index_code}", lang),
        "year": spec.target_year,
        "place": place,
        "as_of": spec.as_of,
        "component": reading.short_name(component, lang),
    }
    return Cover(
        title=labels.text(f"title.{kind}", lang, **facts),
        subtitle=labels.text("page.subtitle", lang, as_of=spec.as_of),
        place_day=labels.text("page.place_day", lang, place=place, day=labels.long_day(spec.as_of, lang)),
        lang=lang,
        foot=issue_line(result, run_dir, lang=lang),
        links=links(result, f"{kind}-{component}" if component else kind, lang=lang) if run_dir else (),
        warning=labels.text("page.made_up", lang) if reading.made_up(result) else "",
    )


def heading(name: str, *, lang: str, level: int = 2) -> Heading:
    """Write a heading of the catalogue; its name is its anchor too."""
    return Heading(text=labels.text(f"heading.{name}", lang), anchor=name.replace("_", "-"), level=level)


def headline(result: Result, *, lang: str) -> Elements:
    """Say the forecast in one sentence with its newest target, then the rank and the other chances."""
    first, *others = _aims(result, lang)
    rank = labels.text("headline.rank", lang, **reading.rank_facts(result))
    return Elements(
        (
            Passage((_first_sentence(result, first, lang),), form="headline"),
            Passage((" ".join((rank, *others)),), form="lead"),
        )
    )


def _aims(result: Result, lang: str) -> tuple[str, ...]:
    """Say the chance of each target: first the newest, as part of a sentence, then the others."""
    sentences = [] if len(result.targets) else [labels.text("headline.no_aim", lang)]
    for _, aim in reading.aims(result).iterrows():
        key = "headline.aim_too" if sentences else "headline.aim"
        sentences.append(
            labels.text(
                "headline.top" if pd.isna(aim["set_on"]) else key,
                lang,
                target=reading.target_name(aim, lang),
                phrase=reading.phrase(float(aim["probability"]), lang),
            )
        )
    return tuple(sentences)


def _first_sentence(result: Result, aim: str, lang: str) -> str:
    total = reading.line(result, reading.TOTAL)
    in_percent = reading.is_survey(result.spec.index_code)
    return labels.text(
        "headline.first_percent" if in_percent else "headline.first",
        lang,
        year=result.spec.target_year,
        place=reading.place_name(result.spec.area, lang),
        index=labels.text(f"short_index.{result.spec.index_code}", lang),
        median=reading.points(total["median"], lang),
        span=reading.span(total["lower"], total["upper"], lang),
        move=_move(result, total, lang),
        aim=aim,
    )


def _move(result: Result, total: pd.Series[Any], lang: str) -> str:
    """Compare the forecast with last year; claim no direction if a fall is about as likely as not."""
    in_percent = reading.is_survey(result.spec.index_code)
    change, fall = reading.change(total), float(total["p_fall"])
    doubtful = reading.even(fall) or not round(change, 1)
    unit = "headline.percent_change" if in_percent else "headline.points"
    rank, ranked = reading.rank_of_year(result, int(total["last_year"])), reading.ranked_areas(result)
    facts = {
        "year": int(total["last_year"]),
        "change": labels.text(unit, lang, value=labels.number(abs(change), 1, lang)),
        "last": _last(total, lang, in_percent=in_percent),
        "last_rank": labels.text("headline.last_rank", lang, rank=rank, ranked=ranked) if rank else "",
    }
    key = "about" if doubtful else "higher" if change > 0 else "lower"
    text = labels.text(
        f"headline.{key}", lang, **{k: facts[k] for k in labels.fields(f"headline.{key}", lang)}
    )
    return f"{text}; {labels.text('headline.fall', lang, chance=reading.chance(fall, lang))}"


def _last(total: pd.Series[Any], lang: str, *, in_percent: bool) -> str:
    """Write last year's figure, marked as estimated if it was not published."""
    text = reading.points(total["last_median"], lang, published=bool(total["last_known"]))
    text = f"{text}%" if in_percent else labels.text("headline.points", lang, value=text)
    return text if total["last_known"] else labels.text("headline.estimated", lang, last=text)


def comparison(change: float, lang: str, *, decimals: int = 1) -> str:
    """Word a change: above, below, or about level if it rounds to zero."""
    size = labels.number(abs(change), decimals, lang)
    if size == labels.number(0, decimals, lang):
        return labels.text("headline.level", lang)
    return labels.text("headline.above" if change > 0 else "headline.below", lang, change=size)


def caveats(result: Result, *, lang: str) -> Passage:
    """Give the two or three caveats with most effect, as a list."""
    domains = reading.domains(result)
    published = domains.loc[domains["last_known"].astype(bool), "component"].tolist()
    lines = [*_joined_members(result, lang), *_merger(result, lang)]
    total = reading.line(result, reading.TOTAL)
    last_year, newest = int(total["last_year"]), reading.newest_year(result)
    if newest < last_year:
        lines.append(labels.text("caveat.no_result", lang, year=last_year, newest=newest))
    elif len(published) < len(domains):
        lines.append(
            labels.text(
                "caveat.missing" if published else "caveat.missing_all",
                lang,
                year=last_year,
                known=len(published),
                all=len(domains),
                names=_names(published, lang),
            )
        )
    index = INDEXES[result.spec.index_code]
    facts = {"year": result.spec.target_year, "index": index.short[lang]}
    lines.append(labels.text(f"caveat.{index.basis}", lang, **facts))
    if names := assumed_names(result):
        lines.append(labels.text("caveat.assumed", lang, names=_names(names, lang)))
    return Passage(tuple(lines[:MOST_CAVEATS]), form="list")


def _merger(result: Result, lang: str) -> tuple[str, ...]:
    """Say what a merged area is made of, and how its earlier figures were made."""
    parts = reading.parts(result)
    if parts.empty:
        return ()
    facts = {
        "place": reading.place_name(result.spec.area, lang),
        "from_day": parts["from_day"].iloc[-1].date(),
        "parts": reading.join_words([_part(part, result.spec.area, lang) for part in parts["part"]], lang),
        "ranked": reading.ranked_areas(result),
    }
    return (labels.text(MERGED[parts["weighted_by"].iloc[-1]], lang, **facts),)


def _part(part: str, area: str, lang: str) -> str:
    """Name a part of an area; say if it is the former area of the same name."""
    name = reading.place_name(part, lang)
    return labels.text("caveat.former", lang, place=name) if part == area else name


def _joined_members(result: Result, lang: str) -> tuple[str, ...]:
    """Say that the forecast includes criteria and departments, and give the model's forecast without them."""
    alone = reading.model_alone(result)
    if alone is None:
        return ()
    facts = {
        "departments": result.department_domains["department"].nunique(),
        "criteria": int(result.scorecard["informed"].isin(["indicator", "both"]).sum()),
        "median": reading.points(alone[0.5], lang),
        "span": reading.span(alone[0.1], alone[0.9], lang),
    }
    return (labels.text("caveat.gathered", lang, **facts),)


def _names(components: Sequence[str], lang: str) -> str:
    """Name components in a sentence: a code alone tells a leader nothing."""
    return reading.join_words([reading.short_name(component, lang) for component in components], lang)


def assumed_names(result: Result) -> list[str]:
    """Name the domains whose maximum was not read in a source."""
    domains = reading.domains(result)
    return [str(name) for name in domains.loc[domains["max_status"].map(reading.doubtful), "component"]]


def left_out(result: Result, *, lang: str) -> Passage:
    """List the uncertainties that the ranges do not include."""
    facts = {
        "year": result.spec.target_year,
        "as_of": result.spec.as_of,
        "index": labels.text(f"short_index.{result.spec.index_code}", lang),
        "names": _names(assumed_names(result), lang),
    }
    index = INDEXES[result.spec.index_code]
    years = "own_years" if index.code == MEASURED_ON else "years"
    names = ["survey", years, "remedies"] if reading.survey(index.code) else [years]
    if not index.inside:
        names.insert(0, index.basis)
    if len(reading.parts(result)):
        names.insert(0, "merged")
    if facts["names"]:
        names.insert(names.index(years) + 1, "assumed")
    return Passage(tuple(labels.text(f"left_out.{name}", lang, **facts) for name in names), form="list")


def second_page(result: Result, figure: Displayable, *, lang: str, run_dir: str = "") -> Section:
    """Put sheet two together: domains in a picture and a table, and the ladder to the ranks aimed at."""
    table = draw(domains(result, lang, linked=bool(run_dir)))
    ladder = (heading("ladder", lang=lang), ladder_table(result, lang=lang))
    return Section((heading("domains", lang=lang), figure, table, *ladder), form="second")


def annex(result: Result, *, lang: str) -> Elements:
    """Put together what departments, remedies and scenarios say, where there are any."""
    parts: list[Displayable] = []
    if len(result.departments):
        parts.append(status_table(result, lang=lang))
    if late := int((result.remedies["days_overdue"] > 0).sum()):
        facts = {
            "count": late,
            "as_of": result.spec.as_of,
            "page": labels.text("page.link.departments", lang),
        }
        parts.append(Passage((labels.text("remedies.overdue_count", lang, **facts),)))
    playable = result.scenarios["median"].notna()
    if playable.sum() > 1:
        parts.append(draw(replace(scenarios(result, lang), records=result.scenarios.loc[playable])))
    return Elements((fold("departments_scenarios", *parts, lang=lang),) if parts else ())


def front_page(result: Result, figure: Displayable, *, lang: str) -> Section:
    """Put sheet one together: headline, boxes, the years so far, what to decide, and what to keep in mind."""
    first, _ = headline(result, lang=lang).parts
    return Section(
        (first, cards(result, lang=lang), figure, decisions(result, lang=lang), caveats(result, lang=lang))
    )


def fold(name: str, *parts: Displayable, lang: str, **facts: Any) -> Fold:
    """Put a part of the annex under a heading that a reader opens; on paper it is shown."""
    return Fold(parts, title=labels.text(f"heading.{name}", lang, **facts), anchor=name.replace("_", "-"))


def provinces(tiles: Displayable, ranking: Displayable, result: Result, *, lang: str) -> Fold:
    """Put the map and the ranking of all provinces beside each other."""
    pair = Section((tiles, ranking), form="pair")
    return fold("provinces", pair, lang=lang, count=reading.ranked_areas(result))


def method(*, lang: str) -> Passage:
    """Say in words how the forecast is made."""
    return Passage(tuple(labels.text(f"method.{name}", lang) for name in METHOD))
