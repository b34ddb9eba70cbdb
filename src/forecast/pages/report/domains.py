"""The passage on one domain."""

from __future__ import annotations

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Passage, Pieces
from forecast.pages.report.accounts import account
from forecast.pages.report.front import comparison


def domain_passage(result: Result, component: str, *, lang: str) -> Pieces:
    """Say one domain in words: forecast, range, last year, chance of a fall, basis, who is in charge."""
    record = reading.line(result, component)
    known = bool(record["last_known"])
    past_span = reading.span(record["last_lower"], record["last_upper"], lang)
    status = labels.text("status.published" if known else "status.estimated", lang, span=past_span)
    first = labels.text(
        "domain.first",
        lang,
        component=reading.short_name(component, lang),
        year=result.spec.target_year,
        median=reading.points(record["median"], lang),
        maximum=labels.plain(float(record["max_score"]), lang),
        span=reading.span(record["lower"], record["upper"], lang),
        comparison=comparison(reading.change(record), lang),
        last_year=int(record["last_year"]),
        last=reading.points(record["last_median"], lang, published=known),
        status=status,
    )
    phrase = reading.phrase(float(record["p_fall"]), lang)
    rank = reading.last_rank_of(record, lang)
    lines = [labels.text("domain.last_rank", lang, year=int(record["last_year"]), rank=rank)] if rank else []
    lines += [
        labels.text("domain.fall", lang, last_year=int(record["last_year"]), phrase=phrase),
        labels.text("domain.basis", lang, basis=reading.said(record["basis"], lang)),
        domain_provinces(result, component, lang),
    ]
    if record["responsible"]:
        department = reading.department(str(record["responsible"]), lang)
        lines.append(labels.text("domain.charge", lang, department=department))
    lines += [*reading.maximum_note(record, lang), *account(result, component, lang=lang)]
    return Pieces((Passage((first,), form="headline"), Passage(tuple(lines))))


def domain_provinces(result: Result, component: str, lang: str) -> str:
    """Say on the figures of how many provinces a domain's forecast rests, and if the area is among them."""
    count, own = reading.provinces_with(result, component)
    key = "none" if not count else "own" if own else "others"
    place = reading.place_name(result.spec.area, lang)
    return labels.text(
        f"domain.provinces_{key}", lang, count=count, ranked=reading.ranked_areas(result), place=place
    )
