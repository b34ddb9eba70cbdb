"""How good past forecasts were, in words; the pictures are in `forecast.pages.plot`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Passage
from forecast.pages.report.verified import verified_lines

if TYPE_CHECKING:
    from forecast.answer.result import Result


def _held(result: Result, lang: str) -> list[str]:
    """Say how much of all that came each range held, and which range promised more than it kept."""
    table = reading.coverage(result)
    if table.empty:
        return []
    said = [
        labels.text("track.level", lang, level=int(level), share=labels.percent(share, 0, lang))
        for level, share in zip(table["level"], table["share"], strict=True)
    ]
    count = labels.number(table["cells"].max(), 0, lang)
    lines = [labels.text("track.held", lang, count=count, said=reading.listed(said, lang))]
    kept_less = table.loc[100 * table["upper"] < table["level"], "level"]
    return lines + [labels.text("track.too_narrow", lang, level=int(level)) for level in kept_less]


def track_passage(result: Result, *, lang: str) -> Passage:
    """Say how often the range held and how far off the forecast was, beside repeating last year."""
    past = reading.record(result)
    if past.empty:
        return Passage((labels.text("track.none", lang),))
    inside = ((past["lower"] <= past["observed"]) & (past["observed"] <= past["upper"])).sum()
    facts = {
        "all": len(past),
        "inside": int(inside),
        "place": reading.place_name(result.spec.area, lang),
        "unit": reading.unit(result.spec.index_code, lang),
        "error": labels.number((past["median"] - past["observed"]).abs().mean(), 1, lang),
    }
    if past["repeated"].notna().all():
        repeated = labels.number((past["repeated"] - past["observed"]).abs().mean(), 1, lang)
        lines = [labels.text("track.passage", lang, repeated=repeated, **facts)]
    else:
        lines = [labels.text("track.passage_alone", lang, **facts)]
    lines += _held(result, lang) + verified_lines(result, lang)
    if reading.recorded_model(result) != reading.main_model(result):
        lines.append(labels.text("track.beneath", lang))
    return Passage(tuple(lines))
