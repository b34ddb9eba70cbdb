"""Find provinces that once stood where the area stands now, and show how far and in what they rose."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.data.framework import breaks
from forecast.data.tables import COUNTRY, pick
from forecast.desk.steps import Steps
from forecast.desk.views import View, with_note
from forecast.pages import reading
from forecast.pages.markup import Displayable, Passage, Table
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import Record, TableSpec, Take, draw_table, say

NEAR: Final = 1.5  # points (percent) from the country's mean, about where the area stands
YEARS: Final = 2  # after which the rise is measured
SHOWN: Final = 15
COLUMNS: Final = (
    *("area", "year", "score", "rank", "later", "later_score", "later_rank", "rise", "mean_rise", "own_rise"),
    "parts",
)


def provinces(steps: Steps, lang: str) -> View:
    """Show who stood as far from the country's mean as the area does, and rose above it; `frame` has all."""
    result = steps.main_result()
    method_years = breaks(steps.known().events, steps.spec.index_code)
    frame, gap = risers(result, method_years)
    facts = {"place": reading.place_name(result.spec.area, lang), "near": NEAR, "years": YEARS}
    if frame.empty:
        parts: tuple[Displayable, ...] = (Passage((labels.text("desk.risers.none", lang, **facts),)),)
        return View(with_note(result, lang, *parts), frame)
    facts |= {
        "gap": labels.signed(gap, 1, lang),
        "cases": len(frame),
        "rose": int((frame["own_rise"] > 0).sum()),
    }
    parts = (Passage((labels.text("desk.risers.first", lang, **facts),)), _table(frame, lang))
    return View(with_note(result, lang, *parts), frame)


def risers(result: Result, method_years: tuple[int, ...]) -> tuple[pd.DataFrame, float]:
    """Find provinces that stood where the area stands now, against the country's mean of their year.

    `method_years`: years in which the method changed; a rise across one says little, and is marked by its
    `parts`. Gives `frame`: `COLUMNS`, the largest own_rise first; percent of the maximum.  own_rise is the
    rise less that of the country's mean, or the rise itself where a mean is missing (mean_rise NaN); parts
    names the domains that are published of both years, with their rise: "D3 +1.2". `gap`: the area's last
    published total less the mean of its year.
    """
    totals, means = _shares(result)
    own = totals[totals["area"] == result.spec.area].sort_values("year")
    own = own[own["year"].isin(means.index)]
    if own.empty:
        return pd.DataFrame(columns=list(COLUMNS)), float("nan")
    gap = float(own["share"].iloc[-1] - means[own["year"].iloc[-1]])
    distances = totals.assign(mean=totals["year"].map(means))
    then = distances[
        (distances["area"] != result.spec.area)
        & ((distances["share"] - distances["mean"] - gap).abs() <= NEAR)
    ]
    later = totals.assign(year=totals["year"] - YEARS)
    pairs = then.merge(later, on=["area", "year"], suffixes=("", "_later"))
    mean_rise = (pairs["year"] + YEARS).map(means) - pairs["year"].map(means)
    rise = pairs["share_later"] - pairs["share"]
    cells = zip(pairs["area"], pairs["year"], strict=True)
    new_names = {"share": "score", "share_later": "later_score", "rank_later": "later_rank"}
    frame = pairs.rename(columns=new_names).assign(
        later=pairs["year"] + YEARS,
        rise=rise,
        mean_rise=mean_rise,
        own_rise=rise - mean_rise.fillna(0.0),
        parts=[_parts(result, str(area), int(year)) for area, year in cells],
    )[list(COLUMNS)]
    crosses_change = [any(year < change <= year + YEARS for change in method_years) for year in frame["year"]]
    # Across a change of method a rise without a mean to compare it with says nothing.
    frame = frame[~(np.array(crosses_change, dtype=bool) & frame["mean_rise"].isna().to_numpy())]
    return frame.round(2).sort_values("own_rise", ascending=False, kind="stable").reset_index(drop=True), gap


def _shares(result: Result) -> tuple[pd.DataFrame, pd.Series[float]]:
    """Published totals of provinces (area, year, share, rank) and the country's means, in percent."""
    rows = result.evidence
    own = rows[(rows["index_code"] == result.spec.index_code) & (rows["component"] == reading.TOTAL)]
    values = own[(own["use"] == "score") & own["observed_share"].notna()]
    totals = values[["area", "year", "rank"]].assign(share=100 * values["observed_share"])
    rows_of_means = own[(own["use"] == "mean") & (own["area"] == COUNTRY)]
    means = 100 * rows_of_means.groupby("year")["observed_share"].mean()
    return totals.drop_duplicates(["area", "year"]), means


def _parts(result: Result, area: str, year: int) -> str:
    """Write the rises of domains that are published of both years, largest first."""
    own = pick(result.evidence, index_code=result.spec.index_code, area=area, use="score")
    own = own[(own["component"] != reading.TOTAL) & own["year"].isin([year, year + YEARS])]
    wide = own.pivot_table(index="component", columns="year", values="observed_share")
    if not {year, year + YEARS} <= set(wide.columns):
        return ""
    steps = 100 * (wide[year + YEARS] - wide[year]).dropna().sort_values(ascending=False)
    return "; ".join(f"{name} {step:+.1f}" for name, step in steps.items())


def _table(frame: pd.DataFrame, lang: str) -> Table:
    def rank(name: str) -> Take:
        return lambda record: reading.rank_mark(record[name], lang)

    def years(record: Record) -> str:
        return f"{int(record['year'])}–{int(record['later'])}"

    fields = (
        c.words("area", "desk.gaps.province"),
        c.words("years", "desk.risers.years", years, numeric=True),
        c.figure("score", "desk.risers.before", "points", mark=rank("rank")),
        c.figure("later_score", "desk.risers.after", "points", mark=rank("later_rank")),
        c.figure("rise", "desk.risers.rise", "change"),
        c.figure("own_rise", "desk.risers.own_rise", "change"),
        c.words("parts", "desk.risers.parts", lambda r: _parts_text(str(r["parts"]), lang)),
    )
    notes = (say("desk.risers.note", years=YEARS),)
    return draw_table(TableSpec(lang, "desk.risers.caption", frame.head(SHOWN), fields, notes=notes))


def _parts_text(parts: str, lang: str) -> str:
    """Write the rises of domains in the reader's form."""
    if not parts:
        return labels.text("desk.risers.unknown", lang)
    pairs = (part.split(" ") for part in parts.split("; "))
    return "; ".join(f"{name} {labels.signed(float(step), 1, lang)}" for name, step in pairs)
