"""Page one: cover, headline, caveats, headings, what to decide; and what the ranges leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from forecast.base import labels
from forecast.base.indexes import INDEXES
from forecast.pages import reading
from forecast.pages.markup import Cover, Heading, Passage, Pieces, Section, Shown
from forecast.pages.tables.scorecard import decision_table

MOST_CAVEATS: Final = 3  # the full list stands further down
MEASURED_ON: Final = "PAPI"  # the full panel on which starting values of the variances were measured

if TYPE_CHECKING:
    from forecast.answer.result import Result


def cover(result: Result, kind: str, *, lang: str, component: str = "") -> Cover:
    """Write the head of a page; `kind` is the notebook's name.  Made-up figures are said to be so first."""
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
        foot=labels.text("page.foot", lang, seed=spec.seed, **facts),
        warning=labels.text("page.made_up", lang) if reading.made_up(result) else "",
    )


def heading(name: str, *, lang: str, level: int = 2) -> Heading:
    """Write a heading of the catalogue; its name is its anchor too."""
    return Heading(text=labels.text(f"heading.{name}", lang), anchor=name.replace("_", "-"), level=level)


def headline(result: Result, *, lang: str) -> Pieces:
    """Say the forecast in one sentence with its newest target, then the rank and the other chances."""
    first, *others = _aims(result, lang)
    return Pieces(
        (
            Passage((_first_sentence(result, first, lang),), form="headline"),
            Passage((" ".join((rank_sentence(result, lang), *others)),), form="lead"),
        )
    )


def _aims(result: Result, lang: str) -> tuple[str, ...]:
    """Say what the result is measured by: first the newest target, inside a sentence, then the others."""
    said = [] if len(result.targets) else [labels.text("headline.no_aim", lang)]
    for _, aim in reading.aims(result).iterrows():
        key = "headline.aim_too" if said else "headline.aim"
        said.append(
            labels.text(
                "headline.top" if pd.isna(aim["set_on"]) else key,
                lang,
                target=reading.target_name(aim, lang),
                phrase=reading.phrase(float(aim["probability"]), lang),
            )
        )
    return tuple(said)


def _first_sentence(result: Result, aim: str, lang: str) -> str:
    total = reading.line(result, reading.TOTAL)
    last_year = int(total["last_year"])
    past = reading.history(result, reading.TOTAL)
    ranks = past.loc[past["year"] == last_year, "rank"].dropna()
    last_rank = ""
    if len(ranks):
        last_rank = labels.text(
            "headline.last_rank", lang, rank=int(ranks.iloc[0]), ranked=reading.places_of(result)
        )
    in_percent = reading.is_survey(result.spec.index_code)
    return labels.text(
        "headline.first_percent" if in_percent else "headline.first",
        lang,
        year=result.spec.target_year,
        place=reading.place_name(result.spec.area, lang),
        index=labels.text(f"short_index.{result.spec.index_code}", lang),
        median=reading.points(total["median"], lang),
        span=reading.span(total["lower"], total["upper"], lang),
        comparison=comparison(float(total["change"]), lang, in_percent=in_percent),
        last_year=last_year,
        last=_last(total, lang),
        last_rank=last_rank,
        aim=aim,
    )


def _last(total: pd.Series[Any], lang: str) -> str:
    """Last year's figure; where it was not published, said to be estimated."""
    written = reading.points(total["last_median"], lang, published=bool(total["last_known"]))
    return written if total["last_known"] else labels.text("headline.estimated", lang, last=written)


def comparison(change: float, lang: str, *, in_percent: bool = False, decimals: int = 1) -> str:
    """Say a change against something: above, below, or about level where it rounds to nothing."""
    size = labels.number(abs(change), decimals, lang)
    if size == labels.number(0, decimals, lang):
        return labels.text("headline.level", lang)
    above, below = (
        ("headline.above_percent", "headline.below_percent")
        if in_percent
        else ("headline.above", "headline.below")
    )
    return labels.text(above if change > 0 else below, lang, change=size)


def rank_sentence(result: Result, lang: str) -> str:
    """Say the middle rank and its range of 80 percent."""
    return labels.text("headline.rank", lang, **reading.rank_facts(result))


def caveats(result: Result, *, lang: str) -> Passage:
    """Give the two or three caveats with most effect, as a list."""
    domains = reading.domains(result)
    known = domains.loc[domains["last_known"].astype(bool), "component"].tolist()
    lines = [*_gathered(result, lang), *_merged(result, lang)]
    last_year, newest = int(domains["last_year"].max()), reading.newest_year(result)
    if newest < last_year:
        lines.append(labels.text("caveat.no_result", lang, year=last_year, newest=newest))
    elif len(known) < len(domains):
        lines.append(
            labels.text(
                "caveat.missing" if known else "caveat.missing_all",
                lang,
                year=last_year,
                known=len(known),
                all=len(domains),
                names=reading.listed(known, lang),
            )
        )
    index = INDEXES[result.spec.index_code]
    facts = {"year": result.spec.target_year, "index": index.short[lang]}
    lines.append(labels.text(f"caveat.{index.basis}", lang, **facts))
    if names := assumed_names(result):
        lines.append(labels.text("caveat.assumed", lang, names=reading.listed(names, lang)))
    return Passage(tuple(lines[:MOST_CAVEATS]), form="list")


def _merged(result: Result, lang: str) -> tuple[str, ...]:
    """Say what a merged area is made of, and how its earlier figures were made."""
    parts = reading.parts(result)
    if parts.empty:
        return ()
    facts = {
        "place": reading.place_name(result.spec.area, lang),
        "from_day": parts["from_day"].iloc[-1].date(),
        "parts": reading.listed([_part(part, result.spec.area, lang) for part in parts["part"]], lang),
        "ranked": reading.places_of(result),
    }
    return (labels.text(f"caveat.merged_{parts['weighted_by'].iloc[-1]}", lang, **facts),)


def _part(part: str, area: str, lang: str) -> str:
    """Name a part of an area; of the same name the one before the merger."""
    name = reading.place_name(part, lang)
    return labels.text("caveat.former", lang, place=name) if part == area else name


def _gathered(result: Result, lang: str) -> tuple[str, ...]:
    """Say that criteria and departments have joined, and what the model alone says."""
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


def assumed_names(result: Result) -> list[str]:
    """Name the domains whose maximum was not read in a source."""
    domains = reading.domains(result)
    return [str(name) for name in domains.loc[domains["max_status"].map(reading.doubtful), "component"]]


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
    if len(reading.parts(result)):
        names.insert(0, "merged")
    if facts["names"]:
        names.insert(names.index(years) + 1, "assumed")
    return Passage(tuple(labels.text(f"left_out.{name}", lang, **facts) for name in names), form="list")


def front_page(result: Result, figure: Shown, *, lang: str) -> Section:
    """Put page one together, one sheet of A4: headline, caveats, the figure, what to decide."""
    parts = (headline(result, lang=lang), caveats(result, lang=lang), figure)
    decisions = (heading("decisions", lang=lang), decision_table(result, lang=lang))
    return Section((*parts, *decisions))
