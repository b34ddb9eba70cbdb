"""Estimate scores of merged areas for the years before the merger: their parts' figures, weighted.

Of each index, year and component the published figures are read as shares of the maximum.  A part with a
score has it; one with a rank alone stands where its rank puts it among those of its year; one without a
figure is taken for any area of its year.  The merged area's share is the weighted mean of its parts'.  Its
doubt (a standard deviation) adds up what the parts' own doubts leave of it and what another choice of weights
would change: with populations the distance to the equally weighted mean; without, the standard deviation of
the mean if every weighting was as likely (weights of a flat Dirichlet distribution: s2 / (k + 1) of k parts
whose shares have the variance s2).
"""

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.base.indexes import INDEXES
from forecast.data.load.lineage import by_day, parts_of, provinces_in
from forecast.data.tables import COUNTRY, MADE

RANK_ERROR: Final = 0.2  # of the spread: a year's scores are not exactly normal, and ranks lie between others
MIN_PAIRS: Final = 3  # scores with ranks that tell how a year's scores follow its ranks,
MIN_REACH: Final = 1.0  # if their ranks lie so many standard deviations apart
MIN_SCORES: Final = 3  # scores that tell what the others of their year may be, where ranks do not
USUAL_SPREAD: Final = 0.04  # of the maximum, where no figure tells how far areas lie apart
Days = Sequence[tuple[dt.date, pd.DataFrame]]
_GROUP: Final = ["index_code", "year", "component"]


@dataclass(frozen=True, slots=True)
class _Year:
    """How the shares of one component and year lie: their middle and spread."""

    n: int
    middle: float
    spread: float
    pairs: int = 0  # scores with ranks that say so

    @property
    def by_rank(self) -> bool:
        """Whether ranks tell shares."""
        return self.pairs > 0

    def at(self, rank: float) -> tuple[float, float]:
        """Share and doubt of an area with this rank; any area's where it has none, or ranks tell nothing."""
        if self.by_rank and 1 <= rank <= self.n:
            return self.middle + self.spread * _normal(rank, self.n), self.spread * RANK_ERROR
        return self.middle, self.spread


@dataclass(frozen=True, slots=True)
class AreaConversion:
    """Converts figures of past years to the areas of a later one."""

    # areas, lineage: the tables of that name
    areas: pd.DataFrame
    lineage: pd.DataFrame
    year: int  # the year whose areas are wanted
    regions: Mapping[str, frozenset[str]]

    def convert(self, figures: pd.DataFrame) -> pd.DataFrame:
        """Give settled figures, with what `framework.with_share` adds, for the areas of the year.

        Of tables without a statistic each row is of one area.  Rows of years with the same areas are as they
        were; of an area that goes on, scores are as published.  What is made has the trust "made", a `spread`
        of twice its doubt, and a `note` that tells its parts; those without a figure in square brackets.
        """
        columns = [name for name in figures.columns if name not in ("share", "maximum", "share_status")]
        tables = []
        for year, rows in figures.groupby("year", sort=True):
            if not by_day(self.lineage, int(str(year)), self.year):
                tables.append(rows[columns])
                continue
            parts = parts_of(self.areas, self.lineage, int(str(year)), self.year)
            before = provinces_in(self.areas, self.lineage, int(str(year)))
            records = [
                record
                for _, own in rows.groupby(_GROUP, sort=True)
                for record in self._of_group(own, parts, before)
            ]
            if records:
                tables.append(pd.DataFrame(records)[columns].astype(figures[columns].dtypes))
        whole = pd.concat(tables, ignore_index=True) if tables else figures.iloc[:0][columns]
        keys = [name for name in ("index_code", "year", "area", "component", "statistic") if name in columns]
        return whole.sort_values(keys, kind="stable").reset_index(drop=True)

    def _of_group(
        self, rows: pd.DataFrame, parts: Mapping[str, Mapping[str, float]], before: tuple[str, ...]
    ) -> Iterator[dict[str, Any]]:
        records: list[dict[str, Any]] = [
            {str(k): v for k, v in row.items()} for row in rows.to_dict("records")
        ]
        own = {row["area"]: row for row in records if row.get("statistic", "value") == "value"}
        year = _year_of(records, own, len(before))
        same = len(before) == len(parts)
        for area, made_of in parts.items():
            if len(made_of) > 1:
                yield from _merged(area, made_of, own, year)
            elif (row := own.get(next(iter(made_of)))) is not None:
                yield from _continued(area, row, year, same=same)
        yield from self._of_many(records, parts, before, year)

    def _of_many(
        self,
        records: list[dict[str, Any]],
        parts: Mapping[str, Mapping[str, float]],
        before: tuple[str, ...],
        year: _Year | None,
    ) -> Iterator[dict[str, Any]]:
        """Means of the country and of regions; extremes and counts are of the areas that there were."""
        means = [row for row in records if row.get("statistic") == "mean" and not math.isnan(row["share"])]
        spread = year.spread if year is not None else USUAL_SPREAD
        for row in means:
            here = self.regions.get(row["area"])
            if here is None:
                continue
            older = {part for area in here for part in parts[area]}
            if row["area"] != COUNTRY and older != self._members(row["area"], before):
                continue  # the region has other areas now
            doubt = spread * _distance([parts[area] for area in here], older)
            yield row | {"trust": MADE, "spread": row["spread"] + 2 * doubt * row["maximum"]}
        ends = [row for row in records if row["area"] == COUNTRY and row.get("statistic") in ("max", "min")]
        if year is not None and year.by_rank and ends and not any(row["area"] == COUNTRY for row in means):
            doubt = year.spread * max(RANK_ERROR, 1 / math.sqrt(year.pairs))
            of_country = {"area": COUNTRY, "statistic": "mean", "note": f"n = {year.n}"}
            yield _estimated_row(ends[0], year.middle, doubt, ends) | of_country

    def _members(self, region: str, before: tuple[str, ...]) -> set[str]:
        return set(self.areas.loc[self.areas["region"] == region, "area"]) & set(before)


def events_with(events: pd.DataFrame, days: Days, scores: pd.DataFrame) -> pd.DataFrame:
    """Add an event of the kind "areas" for every index and year in which areas were merged."""
    merged = {day.year: day for day, rows in days if rows["area"].duplicated().any()}
    rows = [
        {"index_code": code, "year": year, "kind": "areas", "what": "areas", "note": "", "known_on": day}
        for code in sorted({*INDEXES, *scores["index_code"]})
        for year, day in merged.items()
    ]
    new = pd.DataFrame(rows, columns=events.columns).astype(events.dtypes)
    return pd.concat([events, new], ignore_index=True) if rows else events


def figures_since(indicators: pd.DataFrame, days: Days) -> pd.DataFrame:
    """Leave out an area's figures of periods that ended before it was merged, and name the renamed anew."""
    for day, rows in days:
        before = indicators["last_day"] < pd.Timestamp(day)
        merged = set(rows.loc[rows["area"].duplicated(keep=False), "area"])
        parts = set(rows.loc[rows["area"].isin(merged), "part"])
        names = {p: a for a, p in zip(rows["area"], rows["part"], strict=True) if a not in merged and a != p}
        rest = indicators.loc[~(before & indicators["area"].isin(parts | merged))]
        indicators = rest.assign(area=rest["area"].replace(names)).reset_index(drop=True)
    return indicators


def _year_of(records: list[dict[str, Any]], own: Mapping[str, dict[str, Any]], n: int) -> _Year | None:
    """Read how a year's shares lie off its scores with ranks and its extremes, else off its scores alone."""
    ends = {"max": 1.0, "min": float(n)}
    pairs = [(row["rank"], row["share"]) for row in own.values()]
    pairs += [
        (ends[row["statistic"]], row["share"])
        for row in records
        if row["area"] == COUNTRY and row.get("statistic") in ends
    ]
    pairs = [(rank, share) for rank, share in pairs if 1 <= rank <= n and not math.isnan(share)]
    scores = [row["share"] for row in own.values() if not math.isnan(row["share"])]
    means = [r["share"] for r in records if r["area"] == COUNTRY and r.get("statistic") == "mean"]
    mean = next((share for share in means if not math.isnan(share)), math.nan)
    if len(pairs) >= MIN_PAIRS:
        z, share = np.array([(_normal(rank, n), share) for rank, share in pairs]).T
        if np.ptp(z) >= MIN_REACH:
            slope, level = (float(x) for x in np.polyfit(z, share, 1))
            if slope > 0:
                return _Year(n, level if math.isnan(mean) else mean, slope, len(pairs))
    if len(scores) >= MIN_SCORES:
        spread = float(np.std(scores, ddof=1)) * math.sqrt(1 + 1 / len(scores))
        return _Year(n, float(np.mean(scores)) if math.isnan(mean) else mean, spread)
    return None


def _merged(
    area: str, weights: Mapping[str, float], own: Mapping[str, dict[str, Any]], year: _Year | None
) -> Iterator[dict[str, Any]]:
    """The row of a merged area, if a figure of any part is published and the others' can be said."""
    rows = [own[part] for part in weights if part in own]
    scored = [row for row in rows if not math.isnan(row["share"])]
    ranked = [row for row in rows if math.isnan(row["share"]) and year is not None and year.by_rank]
    if not (scored or ranked) or (year is None and len(scored) < len(weights)):
        return
    share, doubt, words = [], [], []
    for part, weight in weights.items():
        row = own.get(part, {"share": math.nan, "rank": math.nan})
        exact = not math.isnan(row["share"])
        value, error = (row["share"], 0.0) if exact or year is None else year.at(row["rank"])
        known = exact or row in ranked
        share.append(value)
        doubt.append(error)
        words.append(f"{weight:.2f} {part if known else f'[{part}]'}")
    mean, own_doubt = weighted(np.array(share), np.array(list(weights.values())), np.array(doubt))
    record = _estimated_row(scored[0] if scored else ranked[0], mean, own_doubt, rows)
    yield record | {"area": area, "note": " + ".join(words), "sources": len(scored)}


def weighted(
    share: np.ndarray[Any, Any], weight: np.ndarray[Any, Any], doubt: np.ndarray[Any, Any]
) -> tuple[float, float]:
    """Weighted mean of parts and its doubt, see the module's docstring; all of shape (k,), weights sum to 1.

    >>> weighted(np.array([0.8, 0.9]), np.array([0.5, 0.5]), np.array([0.0, 0.0]))[0]
    0.8500000000000001
    """
    mean, plain = float(weight @ share), float(share.mean())
    if np.allclose(weight, 1 / len(weight)):
        choice = float(share.std()) / math.sqrt(len(share) + 1)
    else:
        choice = abs(mean - plain)
    return mean, math.hypot(choice, float(np.sqrt((weight**2) @ (doubt**2))))


def _continued(area: str, row: dict[str, Any], year: _Year | None, *, same: bool) -> Iterator[dict[str, Any]]:
    """A row of an area that goes on: its score as published; a rank counts among as many areas alone."""
    if same:
        yield row | {"area": area}
    elif not math.isnan(row["score"]):
        yield row | {"area": area, "rank": math.nan, "rank_spread": 0.0}
    elif year is not None and year.by_rank and 1 <= row["rank"] <= year.n:
        share, doubt = year.at(row["rank"])
        yield _estimated_row(row, share, doubt, [row]) | {"area": area, "note": f"{row['rank']:.0f}/{year.n}"}


def _estimated_row(
    like: dict[str, Any], share: float, doubt: float, of: list[dict[str, Any]]
) -> dict[str, Any]:
    """A made row: in points where the maximum is not certain, so that its doubt is added as for others."""
    points = like["unit"] == "points" and like["share_status"] in ("assumed", "borrowed")
    whole = float(like["maximum"]) if points else 100.0
    return like | {
        "score": round(share * whole, 2),
        "unit": "points" if points else "percent",
        "max_score": math.nan,
        "rank": math.nan,
        "trust": MADE,
        "published_on": max(row["published_on"] for row in of),
        "source_day": max(row["published_on"] for row in of),
        "source_url": "; ".join(dict.fromkeys(row["source_url"] for row in of)),
        "spread": round(2 * doubt * whole, 2),
        "rank_spread": 0.0,
    }


def _distance(areas: list[Mapping[str, float]], older: set[str]) -> float:
    """How far the mean of areas may lie from that of their parts, in standard deviations of a part."""
    gap = dict.fromkeys(older, -1 / len(older))
    for parts in areas:
        for part, weight in parts.items():
            gap[part] += weight / len(areas)
    return math.sqrt(sum(value**2 for value in gap.values()))


def _normal(rank: float, n: int) -> float:
    """Normal quantile at which a rank is expected (Blom 1958), as the model has it."""
    return NormalDist().inv_cdf(1 - (rank - 0.375) / (n + 0.25))
