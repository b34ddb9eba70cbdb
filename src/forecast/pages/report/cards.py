"""Make the four boxes of sheet one: points, rank, satisfaction, chances; each with last year and target."""

import math
from typing import Any

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Card, Cards


def cards(result: Result, *, lang: str) -> Cards:
    """Make the boxes; an index without a survey has none for it."""
    all_cards = [_total(result, lang), _rank(result, lang), _survey(result, lang), _aim(result, lang)]
    return Cards(tuple(card for card in all_cards if card))


def _places(result: Result) -> list[int]:
    """The ranks aimed at, the nearest first."""
    aims = result.targets.loc[result.targets["quantity"] == "rank", "value"]
    return sorted({int(value) for value in aims}, reverse=True)


def _index(code: str, lang: str) -> str:
    return labels.text(f"short_index.{code}", lang)


def _total(result: Result, lang: str) -> Card:
    record, code = reading.line(result, reading.TOTAL), result.spec.index_code
    last = reading.points(record["last_median"], lang, published=bool(record["last_known"]))
    if not record["last_known"]:
        last = labels.text("card.estimated", lang, value=last)
    in_percent = reading.is_survey(code)
    return Card(
        labels.text("card.total_percent" if in_percent else "card.total", lang, index=_index(code, lang)),
        reading.points(record["median"], lang) + ("%" if in_percent else ""),
        labels.text("card.span", lang, span=reading.span(record["lower"], record["upper"], lang)),
        ((str(int(record["last_year"])), last), _target_points(result, lang)),
    )


def _target_points(result: Result, lang: str) -> tuple[str, str]:
    """The target in points or, if it is a rank, the points needed for the nearest one."""
    target = labels.text("head.target", lang)
    set_points = result.targets.loc[result.targets["quantity"].isin(["points", "percent"])]
    if len(set_points):
        return target, reading.target_name(set_points.iloc[0], lang)
    places = _places(result)
    rung = result.ladder.loc[result.ladder["rank"].isin(places[:1])]
    if rung.empty:
        return target, labels.text("card.no_target", lang)
    score = reading.points(float(rung["score"].iloc[0]), lang)
    return labels.text("card.needed", lang, rank=places[0]), score


def _rank(result: Result, lang: str) -> Card:
    facts = reading.rank_facts(result)
    places = [str(place) for place in _places(result)]
    year = str(int(reading.line(result, reading.TOTAL)["last_year"]))
    target = (
        labels.text("card.target_rank", lang, places=reading.join_words(places, lang))
        if places
        else labels.text("card.no_target", lang)
    )
    return Card(
        labels.text("card.rank", lang),
        labels.text("card.of", lang, rank=facts["median"], ranked=facts["ranked"]),
        labels.text("card.rank_span", lang, best=facts["best"], worst=facts["worst"]),
        ((year, _last_rank(result, int(year), "card.of", lang)), (labels.text("head.target", lang), target)),
    )


def _last_rank(result: Result, year: int, key: str, lang: str, *, index_code: str = "") -> str:
    rank = reading.rank_of_year(result, year, index_code=index_code)
    if rank is None:
        return labels.text("card.unknown", lang)
    return labels.text(key, lang, rank=rank, ranked=reading.ranked_areas(result))


def _survey(result: Result, lang: str) -> Card | None:
    code = reading.survey(result.spec.index_code)
    if not code or code == result.spec.index_code:
        return None
    median = reading.quantile(result, reading.TOTAL, 0.5, index_code=code)
    if math.isnan(median):
        return None
    year = int(reading.line(result, reading.TOTAL)["last_year"])
    past = reading.history(result, reading.TOTAL, index_code=code)
    score = past.loc[past["year"] == year, "score"].dropna()
    last = labels.text("card.unknown", lang)
    if len(score):
        rank = _last_rank(result, year, "card.rank_of", lang, index_code=code)
        last = f"{reading.points(float(score.iloc[0]), lang, published=True)}%, {rank}"
    ends = reading.interval(result, reading.TOTAL, 80, index_code=code)
    return Card(
        labels.text("card.survey", lang, index=_index(code, lang)),
        f"{reading.points(median, lang)}%",
        labels.text("card.span", lang, span=reading.span(*ends, lang)),
        ((str(year), last), (labels.text("head.target", lang), labels.text("card.no_target", lang))),
    )


def _aim(result: Result, lang: str) -> Card:
    """The chance of each target: the nearest as the main figure, the others below."""
    aims = reading.aims(result).sort_values("value", ascending=False, kind="stable")
    first, *others = [record for _, record in aims.iterrows()]
    year = int(reading.line(result, reading.TOTAL)["last_year"])
    rank = reading.rank_of_year(result, year)
    beside: list[tuple[str, str]] = [(_short(other, lang), _chance(other, lang)) for other in others]
    if rank is not None and first["quantity"] == "rank":
        key = "card.reached" if rank <= first["value"] else "card.not_reached"
        beside.insert(0, (str(year), labels.text(key, lang, place=int(first["value"]))))
    label = labels.text("card.aim" if len(result.targets) else "card.no_aim", lang)
    return Card(label, _chance(first, lang), _short(first, lang), tuple(beside))


def _chance(aim: Any, lang: str) -> str:
    return reading.chance(float(aim["probability"]), lang)


def _short(aim: Any, lang: str) -> str:
    if aim["quantity"] == "rank":
        return labels.text("card.target_group", lang, place=int(aim["value"]))
    return reading.target_name(aim, lang)
