"""Write rank, targets and SIPAS in words."""

import math

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.indexes import panel_of
from forecast.pages import reading
from forecast.pages.markup import Displayable, Elements, Fold, Passage
from forecast.pages.report.front import fold, heading
from forecast.pages.tables.forecast import target_table


def standing(rank: Displayable, result: Result, *, lang: str) -> Fold:
    """Put together the picture of the rank, the targets and the survey, where the index has one."""
    survey_code = reading.survey(result.spec.index_code)
    parts = (rank, target_table(result, lang=lang), *((sipas(result, lang=lang),) if survey_code else ()))
    return fold("standing" if survey_code else "standing_alone", *parts, lang=lang)


def survey(result: Result, *, lang: str) -> tuple[Displayable, ...]:
    """Give the survey's heading and words; nothing for an index without one."""
    if not reading.survey(result.spec.index_code):
        return ()
    return heading("sipas", lang=lang), sipas(result, lang=lang)


def sipas(result: Result, *, lang: str) -> Elements:
    """Say the forecast of SIPAS, and how large the sampling error is."""
    code = reading.survey(result.spec.index_code)
    if not code:
        index = labels.text(f"short_index.{result.spec.index_code}", lang)
        return Elements((Passage((labels.text("sipas.none", lang, index=index),)),))
    median = reading.quantile(result, reading.TOTAL, 0.5, index_code=code)
    if math.isnan(median):
        return Elements((Passage((labels.text("sipas.absent", lang),)),))
    facts = {
        "year": result.spec.target_year,
        "median": reading.points(median, lang),
        "span": reading.span(*reading.interval(result, reading.TOTAL, 80, index_code=code), lang),
    }
    past = reading.history(result, reading.TOTAL, index_code=code).dropna(subset="score")
    if past.empty:
        first = labels.text("sipas.no_last", lang, **facts)
    else:
        last = past.iloc[-1]
        rank = ""
        if not math.isnan(last["rank"]):
            rank = labels.text(
                "headline.last_rank",
                lang,
                rank=int(last["rank"]),
                ranked=reading.ranked_areas(result, int(last["year"])),
            )
        first = labels.text(
            "sipas.first",
            lang,
            last=reading.points(last["score"], lang, published=True),
            last_rank=rank,
            last_year=int(last["year"]),
            **facts,
        )
    index = labels.text(f"short_index.{panel_of(code)}", lang)
    rest = (_sampling(result, lang), labels.text("sipas.rule", lang, index=index))
    return Elements((Passage((first,), form="lead"), Passage(tuple(filter(None, rest)))))


def _sampling(result: Result, lang: str) -> str:
    """Say the standard error of a year's survey, which the run gives in percentage points."""
    rows = result.variances.loc[result.variances["name"] == "sipas_sampling", "value"]
    if rows.empty:
        return ""
    error = float(rows.iloc[0])
    both = {"error": error, "difference": error * math.sqrt(2)}
    return labels.text("sipas.sampling", lang, **{k: labels.number(v, 1, lang) for k, v in both.items()})
