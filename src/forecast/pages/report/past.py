"""Say in words how good past forecasts were; pictures are in `plot`, tables in `tables.past`."""

from __future__ import annotations

import pandas as pd

from forecast.answer.result import SETTLED, Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Passage
from forecast.pages.tables.forecast import PICTURED


def _coverage(result: Result, lang: str) -> list[str]:
    """Say which share of the results each range contained, and which ranges were too narrow."""
    table = reading.coverage(result)
    table = table.loc[table["level"].isin(PICTURED)]
    if table.empty:
        return []
    texts = [
        labels.text("track.level", lang, level=int(level), share=labels.percent(share, 0, lang))
        for level, share in zip(table["level"], table["share"], strict=True)
    ]
    count = labels.number(table["cells"].max(), 0, lang)
    lines = [labels.text("track.held", lang, count=count, said=reading.join_words(texts, lang))]
    too_narrow = table.loc[100 * table["upper"] < table["level"], "level"]
    return lines + [labels.text("track.too_narrow", lang, level=int(level)) for level in too_narrow]


def track_passage(result: Result, *, short: bool = False, lang: str) -> Passage:
    """Say how often the range contained the result and how large the error was, next to repeating last year.

    In `short` without periods, domains and ranks.
    """
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
    lines += _coverage(result, lang) + ([] if short else _by_period(result, lang))
    if reading.recorded_model(result) != reading.main_model(result):
        lines.append(labels.text("track.beneath", lang))
    return Passage(tuple(lines))


def _by_period(result: Result, lang: str) -> list[str]:
    """Say the coverage of each range by period, and the error of the rank next to repeating last year's."""
    periods = reading.coverage(result, last=SETTLED), reading.coverage(result, first=SETTLED + 1)
    before, after = (table.loc[table["level"].isin(PICTURED)] for table in periods)
    lines = []
    if len(before) and len(after):
        columns = (
            ("levels", before["level"] / 100),
            ("settled", before["share"]),
            ("after", after["share"]),
        )
        facts = {name: reading.join_words(_percents(column, lang), lang) for name, column in columns}
        lines.append(labels.text("track.periods", lang, year=SETTLED, **facts))
    domains = reading.past_domains(result)
    if len(domains) == 2:
        inside = dict(zip(domains["period"], _percents(domains["inside"], lang), strict=True))
        lines.append(
            labels.text("track.domains", lang, year=SETTLED, count=int(domains["cells"].sum()), **inside)
        )
    ranks = reading.past_ranks(result)
    if len(ranks):
        cells = ranks.assign(sum=ranks["error"] * ranks["cells"]).groupby("model")[["sum", "cells"]].sum()
        off = {
            "plain" if model == reading.PLAIN_RANK else "own": labels.number(total / count, 1, lang)
            for model, total, count in cells.itertuples()
        }
        if {"plain", "own"} == set(off):
            lines.append(labels.text("track.ranks", lang, count=int(cells["cells"].max()), **off))
    return lines


def _percents(shares: pd.Series[float], lang: str) -> list[str]:
    return [labels.percent(share, 0, lang) for share in shares]
