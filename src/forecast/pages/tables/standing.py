"""Tables of the city among the provinces: ranks aimed at and peers, every province, earlier reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Table
from forecast.pages.tables import columns as c
from forecast.pages.tables.data import indicator_name, key_name
from forecast.pages.tables.spec import Record, TableSpec, beside_picture, on_page, say

NAMED: Final = 3  # domains that find room beside a peer
BETTER: Final = 0.66  # chance from which a peer is said to be clearly better


def ladder(result: Result, lang: str) -> TableSpec:
    """Ranks aimed at, peers and the area itself, the highest score first."""
    facts = c.facts_of(result, lang)
    in_percent = reading.is_survey(result.spec.index_code)
    gap = ("gap_lower", "gap_upper")

    def short(record: Record) -> str:
        if math.isnan(record["gap"]):
            return labels.MISSING
        span = reading.span(record["gap_lower"], record["gap_upper"], lang)
        return f"{labels.signed(record['gap'], 1, lang)} ({span})"

    return TableSpec(
        lang,
        say("ladder.caption_percent" if in_percent else "ladder.caption", **facts),
        _steps(result, lang),
        (
            c.words("step", "ladder.step", "name"),
            c.figure("score", "ladder.score", "points", decimals=1),
            c.figure(
                *("gap", say("ladder.short_range", **_short_place(result, lang)), "change"),
                sheet=say("ladder.short", **facts),
                ends=gap,
                decimals=1,
                cell=short,
            ),
            c.figure("chance", "ladder.chance", "chance"),
            c.words("better", "ladder.better"),
        ),
        name="ladder",
        key=("name",),
        notes=(say("ladder.note", **facts),),
        sheet_notes=(say("ladder.note", **facts),),
        strong=lambda r: r["own"],
        form="scroll",
    )


ladder_table = on_page(ladder)


def _steps(result: Result, lang: str) -> list[dict[str, Any]]:
    total = reading.line(result, reading.TOTAL)
    own = {"name": reading.place_name(result.spec.area, lang), "score": total["median"], "own": True}
    rows = [
        {
            **own,
            "gap": math.nan,
            "gap_lower": math.nan,
            "gap_upper": math.nan,
            "chance": math.nan,
            "better": "",
        }
    ]
    for _, rung in result.ladder.iterrows():
        rows.append(
            {
                "name": labels.text("ladder.rung", lang, rank=int(rung["rank"])),
                "score": rung["score"],
                "own": False,
                "gap": rung["short"],
                "gap_lower": rung["short_lower"],
                "gap_upper": rung["short_upper"],
                "chance": rung["probability"],
                "better": "",
            }
        )
    scores = dict(zip(result.provinces["area"], result.provinces["median"], strict=True))
    peers = list(dict.fromkeys(result.peers["area"]))
    for area in peers:
        own_rows = result.peers.loc[result.peers["area"] == area].set_index("component")
        whole = own_rows.loc[reading.TOTAL]
        inside = own_rows.drop(index=reading.TOTAL)
        clear = inside.loc[inside["p_ahead"] >= BETTER].sort_values("p_ahead", ascending=False, kind="stable")
        rows.append(
            {
                "name": reading.place_name(area, lang),
                "score": scores[area],
                "own": False,
                **{name: whole[name] for name in ("gap", *("gap_lower", "gap_upper"))},
                "chance": whole["p_ahead"],
                "better": _better(list(map(str, clear.index)), lang),
            }
        )
    return sorted(rows, key=lambda row: -float(row["score"]))


def _better(components: Sequence[str], lang: str) -> str:
    """Name the domains in which a peer is most clearly better, and count the others."""
    names = "; ".join(reading.short_name(name, lang) for name in components[:NAMED])
    more = len(components) - NAMED
    return labels.text("ladder.more", lang, names=names, count=more) if more > 0 else names


def provinces(result: Result, lang: str) -> TableSpec:
    """Every province, the highest median first."""
    last, facts = c.last_year_of(result), c.facts_of(result, lang)
    ranks = ("rank_lower", "rank_upper")
    return TableSpec(
        lang,
        say("provinces.table", **facts),
        result.provinces.assign(place=range(1, len(result.provinces) + 1)),
        (
            c.figure("place", "provinces.place", "count"),
            c.code("area", "provinces.area", "place", lang),
            c.figure("last_year", str(last), "points", "last_score"),
            c.figure("last_rank", c.head("last_rank", year=last), "count"),
            c.figure(
                *("forecast", say("domains.forecast", **facts), "points", "median"),
                ends=("lower", "upper"),
                decimals=1,
            ),
            c.span("range", "head.range", ("lower", "upper"), lang),
            c.figure("rank", "head.rank", "count", "rank_median", ends=ranks),
            c.span("rank_range", "head.range", ranks, lang, decimals=0),
            c.figure(
                *("chance_ahead", say("provinces.ahead", **_short_place(result, lang)), "chance", "p_ahead"),
                sheet=say("provinces.ahead", **facts),
            ),
        ),
        name="provinces",
        key=("area",),
        notes=("provinces.note",),
        sheet_notes=("provinces.note",),
        strong=lambda r: r["area"] == result.spec.area,
    )


def _short_place(result: Result, lang: str) -> dict[str, str]:
    """Name the area as briefly as a heading of a column needs it."""
    return {"place": reading.code_name("short_place", result.spec.area, lang)}


def province_figures(result: Result, lang: str) -> Table:
    """Tabulate what the picture of all provinces shows."""
    columns = ("area", "last_year", "forecast", "range", "rank", "rank_range", "chance_ahead")
    spec = provinces(result, lang)
    return beside_picture(spec, *columns, strong=spec.strong, form="scroll")


def path(result: Result, lang: str) -> TableSpec:
    """The reports about the year so far: each with its figures, and the figure that moved it."""
    year = result.spec.target_year

    def why(record: Record) -> str:
        return (
            labels.text("path.first", lang) if record.name == result.path.index[0] else _reason(record, lang)
        )

    rank = c.figure("rank", "card.rank", "count")
    return TableSpec(
        lang,
        say("path.caption", year=year),
        result.path,
        (
            c.days("as_of", "path.day", numeric=False),
            c.figure(
                "forecast",
                say("domains.forecast", year=year),
                "points",
                "median",
                ends=("lower", "upper"),
                decimals=1,
            ),
            c.span("range", "head.range", ("lower", "upper"), lang),
            rank,
            c.words("why", "path.why", why),
        ),
        name="path",
        key=("as_of",),
        absent=say("path.none", year=year),
    )


@on_page
def path_table(result: Result, *, lang: str) -> TableSpec:
    """Tabulate the path where there is more than this report."""
    spec = path(result, lang)
    return replace(spec, records=result.path if len(result.path) > 1 else result.path.iloc[:0])


def _reason(record: pd.Series[Any], lang: str) -> str:
    small = not round(float(record["effect"]), 1)
    if not record["step"] or (small and not record["moved_by"]):
        return labels.text("path.unmoved", lang)
    facts = {
        "step": labels.text(f"changes_by.{record['step']}", lang),
        "effect": labels.signed(record["effect"], 1, lang),
    }
    if not record["moved_by"]:
        return labels.text("path.step_alone", lang, **facts)
    by = key_name(str(record["moved_by"]), indicator_name(record, lang), lang)
    if record["others"] > 0:
        by = labels.text("path.others", lang, by=by, count=int(record["others"]))
    if small:
        return labels.text("path.still", lang, by=by)
    return labels.text("path.step", lang, by=by, **facts)


def path_sentence(result: Result, *, lang: str) -> str:
    """Say how the total moved since the report before, and by what; nothing where there was none."""
    if len(result.path) < 2:
        return ""
    (_, before), (_, after) = list(result.path.iterrows())[-2:]
    why = _reason(after, lang)
    facts = {"as_of": before["as_of"], "why": why[:1].lower() + why[1:]}
    totals = {
        name: reading.points(row["median"], lang) for name, row in (("before", before), ("after", after))
    }
    if totals["before"] == totals["after"]:
        return labels.text("path.same", lang, **facts, after=totals["after"])
    return labels.text("path.sentence", lang, **facts, **totals)
