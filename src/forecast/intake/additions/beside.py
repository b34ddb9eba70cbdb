"""New rows of scores beside what is known: percent of the maximum, differences, a case for doubts."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from forecast.data.framework import TOTAL, WHOLE, framework_for, with_share
from forecast.data.load import Vintages
from forecast.data.load.coherence import contradictions, in_points, sums_of, wide
from forecast.data.tables import RELATED, SCORE_CODES, Table
from forecast.intake.additions.doubts import Case, Doubt
from forecast.intake.additions.history import History
from forecast.intake.additions.proposal import Compared, Difference

SAME = 0.02  # figures that differ by no more are the same, printed with other decimals


def added(now: Vintages, after: Vintages, table: Table) -> pd.DataFrame:
    """Rows of the table after that were not there before, with `maximum` and `percent` (of it)."""
    rows = after.frames[table.name].iloc[len(now.frames[table.name]) :].reset_index(drop=True)
    if table is RELATED:
        percent = WHOLE * rows["score"] / rows["max_score"]
        return rows.assign(maximum=rows["max_score"], percent=percent, statistic="value")
    day = last_day(now, after, table)
    shares = with_share(rows, after.frames["frameworks"], after.frames["events"], day)
    return shares.assign(percent=WHOLE * shares["share"])


def last_day(now: Vintages, after: Vintages, table: Table) -> dt.date:
    """Day on which all that stands in a table is known."""
    days = [frame[table.known_from].max() for frame in (now.frames[table.name], after.frames[table.name])]
    return max(pd.Timestamp(day) for day in days if not pd.isna(day)).date()


def compared(
    rows: pd.DataFrame, told: History, *, standing: int = 0, missing: tuple[str, ...] = ()
) -> Compared:
    """Hold new figures of provinces beside the known ones of the same year."""
    known = told.figures[told.figures["percent"].notna()]
    key = ["area", "component", "year"]
    beside = rows[rows["statistic"] == "value"].merge(
        known[[*key, "percent", "source_url"]], on=key, how="left", suffixes=("", "_known")
    )
    was = beside["percent_known"] * beside["maximum"] / WHOLE  # in the unit of the new figure
    apart = (was - beside["score"]).abs()
    differs = beside.assign(was=was)[apart > SAME]  # in this order: an empty frame takes any index
    return Compared(
        new=int(len(rows) - was.notna().sum()) if len(beside) else len(rows),
        same=int((apart <= SAME).sum()),
        standing=standing,
        different=tuple(
            Difference(str(area), str(component), round(float(before), 4), float(score), str(source))
            for area, component, before, score, source in differs[
                ["area", "component", "was", "score", "source_url_known"]
            ].itertuples(index=False)
        ),
        missing=missing,
    )


def incoherent(rows: pd.DataFrame, told: History, after: Vintages, beside: list[Doubt]) -> list[Doubt]:
    """Doubt new figures that do not fit the others of their year: parts, wholes, ranks by all scores.

    Parameters
    ----------
    rows
        The new rows, as `added` gives them.
    told
        What is known with them.
    beside
        Doubts that were raised already; the same is not raised twice.
    """
    values = rows[rows["statistic"] == "value"]
    if values.empty or str(values["index_code"].iloc[0]) not in SCORE_CODES:
        return []
    year, index_code = int(values["year"].iloc[0]), str(values["index_code"].iloc[0])
    columns = ["area", "component", "year", "score", "unit", "share", "rank"]
    known = told.figures.assign(share=told.figures["percent"] / WHOLE)
    every = pd.concat([known.loc[known["year"] == year, columns], values[columns]], ignore_index=True)
    frames, day = after.frames, rows["published_on"].max().date()
    framework = framework_for(frames["frameworks"], frames["events"], index_code, year, day)
    cells = set(zip(values["area"], values["component"], strict=True))
    every = every.assign(points=in_points(every, framework))
    count = int((frames["areas"]["kind"] == "province").sum())
    found = contradictions(wide(every, "points"), wide(every, "rank"), sums_of(framework), count)
    raised = {(each.area, each.component, each.key.startswith("doubt.rank")) for each in beside}
    return [
        Doubt(
            "doubt.parts" if each.kind == "sum" else "doubt.rank_due",
            each.area,
            each.component,
            {"stated": round(each.stated, 4), "due": round(each.due, 4), "parts": list(each.parts)},
        )
        for each in found
        if each.touches(cells) and (each.area, each.component, each.kind == "rank") not in raised
    ]


def case(rows: pd.DataFrame, addends: tuple[str, ...] = ()) -> Case:
    """Lay new figures of provinces out for judging; those of the country are judged by the door alone."""
    values = rows[rows["statistic"] == "value"]
    scored = values[values["score"].notna()]
    percent, printed = (
        scored.pivot_table(index="area", columns="component", values=name, aggfunc="first")
        for name in ("percent", "score")
    )
    ranked = values[(values["component"] == TOTAL) & values["rank"].notna()]
    maxima = scored.groupby("component")["maximum"].first()
    return Case(
        index_code=str(rows["index_code"].iloc[0]),
        year=int(rows["year"].iloc[0]),
        percent=percent,
        printed=printed,
        ranks=ranked.set_index("area")["rank"].reindex(percent.index),
        maxima={str(name): float(value) for name, value in maxima.items()},
        addends=addends,
    )
