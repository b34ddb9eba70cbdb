"""Compare new rows with the known figures of the year, and doubt those that do not fit them."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.indexes import INDEXES, MAIN
from forecast.data.framework import TOTAL, WHOLE, Framework, framework_for, with_share
from forecast.data.load import Vintages
from forecast.data.load.cells import each_row
from forecast.data.load.coherence import (
    Contradiction,
    certain_maxima,
    contradictions,
    in_points,
    sums_of,
    wide,
)
from forecast.data.load.lineage import provinces_in
from forecast.data.tables import INDICATOR_KEY, INDICATORS, RELATED, SCORE_CODES, Table
from forecast.intake.doubts import plausible
from forecast.intake.doubts.groups import doubts_of_new
from forecast.intake.doubts.history import History, history
from forecast.intake.doubts.other_index import of_other_index
from forecast.intake.doubts.scores import Case, Doubt, judge
from forecast.intake.doubts.years import DOUBTS_OF_YEARS

SAME: Final = 0.02  # figures that differ by no more are the same, printed with other decimals
_OF_ORDER: Final = ("doubt.rank", "doubt.one_score")
_OF_SUMS: Final = ("doubt.sum", "doubt.between")


@dataclass(frozen=True, slots=True)
class Difference:
    """A new figure beside the one that was known, and the source of the known one."""

    area: str
    component: str
    known: float
    new: float
    source: str


@dataclass(frozen=True, slots=True)
class Compared:
    """New figures against what was known: counts, those that differ, and provinces without any.

    `standing` counts figures that stand in the table from the very same source, and are not appended again.
    """

    new: int = 0
    same: int = 0
    standing: int = 0
    different: tuple[Difference, ...] = ()
    missing: tuple[str, ...] = ()


def compare_and_judge(
    now: Vintages,
    after: Vintages,
    table: Table,
    index_code: str,
    *,
    raised: Sequence[Doubt] = (),
) -> tuple[Compared, list[Doubt]]:
    """Compare the rows of one index and year that `after` has and `now` has not; list doubts about them.

    What was `raised` already comes first and is not raised twice.  Of figures that stand already, of another
    source, nothing is doubted: it was when they came.
    """
    rows = new_rows(now, after, table)
    if rows.empty:
        return Compared(), list(raised)
    known = known_with(now, after, table, index_code)
    frames, day = after.frames, _last_day(now, after, table)
    framework = framework_for(
        frames["frameworks"], frames["events"], index_code, int(rows["year"].iloc[0]), day
    )
    count = len(provinces_in(frames["areas"], frames["lineage"], int(rows["year"].iloc[0])))
    case, fresh = _case(rows, framework, count), _fresh_cells(rows, known)
    other = list(of_other_index(case, known, now, index_code, day))  # which tells why an order is unlike
    found = [*other, *(doubt for doubt in judge(case, known) if not (other and doubt.key == "doubt.unlike"))]
    doubts = [*raised, *(doubt for doubt in found if _is_about(doubt, fresh))]
    doubts += [*_taken_ranks(rows, known), *_far_statistics(rows, now, day)]
    early = DOUBTS_OF_YEARS[table.name](after, len(now.frames[table.name]))
    doubts += [doubt for _, _, doubt in islice(early, 1)]  # all rows of a file share their day
    told = {(doubt.area, doubt.component, doubt.statistic) for doubt in doubts}
    of_groups = doubts_of_new(rows, now, day)
    doubts += [odd for odd in of_groups if (odd.area, odd.component, odd.statistic) not in told]
    of_year = incoherent(rows, known, after, doubts)
    return _compared(rows, known), [*doubts, *(doubt for doubt in of_year if _is_about(doubt, fresh))]


def compare_years(
    now: Vintages, after: Vintages, table: Table
) -> tuple[Compared, list[tuple[int | None, Doubt]]]:
    """Compare and judge new rows of any indexes, years and sources; None for a doubt about no single row.

    Each index and year is a case of its own.  Where the rows give a figure twice, of two sources, the second
    is compared with the first as if that were in the table.
    """
    frame, known = after.frames[table.name].reset_index(drop=True), len(now.frames[table.name])
    new = frame.iloc[known:]
    turns = new.groupby(list(table.key), dropna=False).cumcount()
    compared, doubts = Compared(), list[tuple[int | None, Doubt]]()

    def with_rows(vintages: Vintages, rows: Sequence[int]) -> Vintages:
        return replace(vintages, frames={**vintages.frames, table.name: frame.iloc[list(rows)]})

    for turn in range(1 + int(turns.max())):
        before = [*range(known), *new.index[turns < turn]]
        for (code, _), own in new[turns == turn].groupby(["index_code", "year"], sort=False):
            case = with_rows(now, before), with_rows(after, [*before, *own.index])
            told, raised = compare_and_judge(*case, table, str(code))
            compared = replace(
                compared,
                new=compared.new + told.new,
                same=compared.same + told.same,
                different=(*compared.different, *told.different),
            )
            statistics = own["statistic"] if "statistic" in own else ["value"] * len(own)
            names = zip(own["area"], own["component"], statistics, strict=True)
            places = dict(zip(names, own.index - known, strict=True))
            doubts += [_of_row(doubt, places) for doubt in raised]
    return compared, doubts


def _of_row(doubt: Doubt, places: Mapping[tuple[str, str, str], int]) -> tuple[int | None, Doubt]:
    """Find the row of a doubt, or of a part that it names, by area, component and statistic."""
    names = (doubt.component, *doubt.facts.get("parts", ()))
    cells = ((doubt.area, name, doubt.statistic) for name in names)
    number = next((places[cell] for cell in cells if cell in places), None)
    return (None, doubt) if number is None else (int(number), replace(doubt, column=doubt.own_column))


def new_rows(now: Vintages, after: Vintages, table: Table) -> pd.DataFrame:
    """Rows of a table that `after` has and `now` has not, with `maximum` and `percent` (of it)."""
    rows = after.frames[table.name].iloc[len(now.frames[table.name]) :].reset_index(drop=True)
    if table is RELATED:
        percent = WHOLE * rows["score"] / rows["max_score"]
        return rows.assign(maximum=rows["max_score"], percent=percent, statistic="value")
    day = _last_day(now, after, table)
    shares = with_share(rows, after.frames["frameworks"], after.frames["events"], day)
    return shares.assign(percent=WHOLE * shares["share"])


def known_with(now: Vintages, after: Vintages, table: Table, index_code: str) -> History:
    """What is known of an index on the day on which the new rows are known too."""
    return history(now, index_code, _last_day(now, after, table))


def incoherent(
    rows: pd.DataFrame, known: History, after: Vintages, raised: Sequence[Doubt] = ()
) -> list[Doubt]:
    """Doubt new figures that do not fit the others of their year: parts, wholes, ranks by all scores."""
    values = rows[rows["statistic"] == "value"]
    if values.empty or str(values["index_code"].iloc[0]) not in SCORE_CODES:
        return []
    year, index_code = int(values["year"].iloc[0]), str(values["index_code"].iloc[0])
    columns = ["area", "component", "year", "score", "unit", "share", "rank"]
    others = known.figures.assign(share=known.figures["percent"] / WHOLE)
    all_rows = pd.concat([others.loc[others["year"] == year, columns], values[columns]], ignore_index=True)
    frames, day = after.frames, rows["published_on"].max().date()
    framework = framework_for(frames["frameworks"], frames["events"], index_code, year, day)
    all_rows = all_rows.assign(points=in_points(all_rows, framework))
    count = len(provinces_in(frames["areas"], frames["lineage"], year))
    cells = set(zip(values["area"], values["component"], strict=True))
    of_ranks = ("doubt.rank", "doubt.one_score")
    already = {(doubt.area, doubt.component, doubt.key.startswith(of_ranks)) for doubt in raised}
    return [
        _doubt_of(odd)
        for odd in contradictions(wide(all_rows, "points"), wide(all_rows, "rank"), sums_of(framework), count)
        if odd.touches(cells) and (odd.area, odd.component, odd.kind != "sum") not in already
    ]


def _doubt_of(odd: Contradiction) -> Doubt:
    facts = {"stated": round(odd.stated, 4), "due": round(odd.due, 4), "parts": list(odd.parts)}
    if odd.kind == "score":
        facts = {"score": round(odd.stated, 4), "count": odd.ranks}
    key = {"sum": "doubt.parts", "rank": "doubt.rank_due", "score": "doubt.one_score"}[odd.kind]
    return Doubt(key, odd.area, odd.component, facts)


def compare_indicators(now: Vintages, after: Vintages) -> Compared:
    """Compare new figures of indicators with those of the same area and period, whatever their source."""
    known, key = now.frames[INDICATORS.name], list(INDICATOR_KEY)
    rows = after.frames[INDICATORS.name].iloc[len(known) :]
    standing = known[[*key, "value", "source_url"]]
    pairs = rows.assign(number=range(len(rows))).merge(standing, on=key, suffixes=("", "_known"))
    pairs = pairs.assign(apart=(pairs["value"] - pairs["value_known"]).abs())
    nearest = pairs.groupby("number")["apart"].min()
    differs = pairs[pairs["number"].isin(nearest.index[nearest > SAME])]
    return Compared(
        new=len(rows) - len(nearest),
        same=int((nearest <= SAME).sum()),
        different=tuple(
            Difference(row.area, f"{row.indicator_code} {row.period}", row.value_known, row.value, row.source)
            for row in each_row(differs.rename(columns={"source_url_known": "source"}))
        ),
    )


def _last_day(now: Vintages, after: Vintages, table: Table) -> dt.date:
    """Day on which every row of a table is known."""
    days = [frame[table.known_from].max() for frame in (now.frames[table.name], after.frames[table.name])]
    return max(pd.Timestamp(day) for day in days if not pd.isna(day)).date()


def _beside_known(rows: pd.DataFrame, known: History) -> pd.DataFrame:
    """Give new figures of provinces with the known ones of the same year: `was` and how far it is `apart`."""
    key = ["area", "component", "year"]
    figures = known.figures.loc[known.figures["percent"].notna(), [*key, "percent", "rank", "source_url"]]
    pairs = rows[rows["statistic"] == "value"].merge(figures, on=key, how="left", suffixes=("", "_known"))
    was = pairs["percent_known"] * pairs["maximum"] / WHOLE  # in the unit of the new figure
    return pairs.assign(was=was, apart=(was - pairs["score"]).abs())


def _fresh_cells(rows: pd.DataFrame, known: History) -> set[tuple[str, str]]:
    """Name the new figures of provinces, by area and component, whose score or rank does not stand yet."""
    pairs = _beside_known(rows, known)
    ranked = pairs["rank"].isna() | (pairs["rank"] == pairs["rank_known"])
    fresh = pairs[~((pairs["apart"] <= SAME) & ranked)]
    return set(zip(fresh["area"], fresh["component"], strict=True))


def _is_about(doubt: Doubt, cells: set[tuple[str, str]]) -> bool:
    """Whether a doubt about provinces speaks of one of the cells.

    A total also speaks of all its parts, a rank of the totals of all others.
    """
    areas = {doubt.area, doubt.facts.get("other_area", doubt.area)}
    names = {doubt.component, *doubt.facts.get("parts", ())}
    any_area = not doubt.area or doubt.key.startswith(_OF_ORDER)
    any_name = not doubt.component or doubt.key in _OF_SUMS
    return any((any_area or area in areas) and (any_name or name in names) for area, name in cells)


def _compared(rows: pd.DataFrame, known: History) -> Compared:
    """Compare new figures of provinces with the known ones of the same year."""
    pairs = _beside_known(rows, known)
    was, apart = pairs["was"], pairs["apart"]
    differs = pairs[apart > SAME]
    cells = differs[["area", "component", "was", "score", "source_url_known"]]
    return Compared(
        new=int(len(rows) - was.notna().sum()),
        same=int((apart <= SAME).sum()),
        different=tuple(
            Difference(str(area), str(component), round(float(before), 4), float(score), str(source))
            for area, component, before, score, source in cells.itertuples(index=False)
        ),
    )


def _taken_ranks(rows: pd.DataFrame, known: History) -> Iterator[Doubt]:
    """Doubt a rank alone that another province of the year has, whose score is known.

    Of ranks alone nothing follows: provinces may share one, and the press does not say with how much.
    """
    figures = known.figures[known.figures["percent"].notna() & ~known.figures["area"].isin(rows["area"])]
    alone = rows[(rows["statistic"] == "value") & rows["score"].isna() & rows["rank"].notna()]
    key = ["component", "year", "rank"]
    pairs = alone[["area", *key]].merge(figures[["area", *key, "percent"]], on=key, suffixes=("", "_other"))
    for row in each_row(pairs.drop_duplicates(["area", "component"])):
        facts = {"rank": int(row.rank), "other_area": row.area_other, "known": round(row.percent, 2)}
        yield Doubt("doubt.rank_taken", str(row.area), str(row.component), facts)


def _far_statistics(rows: pd.DataFrame, now: Vintages, day: dt.date) -> list[Doubt]:
    """Doubt means and ends of all provinces far from those of every other year."""
    own = rows[(rows["statistic"].isin(["mean", "max", "min"])) & rows["percent"].notna()]
    if own.empty:
        return []
    settled = now.settled_of(str(own["index_code"].iloc[0]), day)
    shares = with_share(settled, now.frames["frameworks"], now.frames["events"], day)
    shares = shares[shares["share"].notna()].assign(percent=WHOLE * shares["share"])
    doubts = []
    for row in each_row(own):
        same = (shares["component"] == row.component) & (shares["area"] == row.area)
        others = shares[same & (shares["statistic"] == row.statistic) & (shares["year"] != row.year)]
        if len(others) and plausible.far(row.percent, others["percent"].tolist(), others["percent"].median()):
            near = others.iloc[(others["year"] - row.year).abs().argmin()]
            facts = {
                "now": round(row.percent, 2),
                "other": int(near["year"]),
                "before": round(near["percent"], 2),
            }
            cell = str(row.area), str(row.component)
            doubts.append(Doubt("doubt.jump", *cell, facts, statistic=str(row.statistic)))
    return doubts


def _case(rows: pd.DataFrame, framework: Framework, provinces: int) -> Case:
    """Arrange new figures of provinces by area and component, as doubts need them; the country has none."""
    values = rows[rows["statistic"] == "value"]
    scored = values[values["score"].notna()]
    percent, printed = (
        scored.pivot_table(index="area", columns="component", values=name, aggfunc="first")
        for name in ("percent", "score")
    )
    ranked = values[(values["component"] == TOTAL) & values["rank"].notna()]
    year, index_code = int(rows["year"].iloc[0]), str(rows["index_code"].iloc[0])
    parts = INDEXES[index_code].parts_of_total(year)
    if index_code == MAIN:  # its maxima are printed beside the points, or stand in frameworks
        own = scored.drop_duplicates("component").set_index("component")
        certain = certain_maxima(framework, parts)  # a part in percent weighs what its points are
        weights = own["maximum"].where(own["unit"] != "percent", own.index.to_series().map(certain))
        parts = {name: float(weights.get(name, np.nan)) for name in parts}
    return Case(
        year=year,
        percent=percent,
        printed=printed,
        ranks=ranked.set_index("area")["rank"].reindex(percent.index),
        parts=parts,
        provinces=provinces,
    )
