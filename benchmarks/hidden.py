"""Hidden cells: a full panel is hidden as the city's data are; what is hidden can then be forecast.

The pattern is that of data/scores.csv: which provinces, years and components have a score, which
only a rank, which years a national or regional mean, a maximum, a minimum.  Its provinces are
dealt out to the panel's areas, its domains to the panel's components, and its last year falls on the
panel's last.  Several deals give several tests of one panel.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data import load
from forecast.data.framework import TOTAL
from forecast.data.tables import COUNTRY, DOMAINS
from forecast.model.panel import Panel
from forecast.model.scheme import Scheme, Subject

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

AS_OF = dt.date(2024, 10, 20)  # the day whose pattern is taken
LAST_PATTERN_YEAR = 2023
STATISTICS = ("value", "mean", "max", "min")


class Place(NamedTuple):
    """One public figure: what it speaks of, not what it says."""

    year: int
    area: str
    component: str
    statistic: str
    has_score: bool
    has_rank: bool
    trust: str


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Which figures are public, the provinces, and the provinces of each region and of the country."""

    places: tuple[Place, ...]
    provinces: tuple[str, ...]
    regions: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Deal:
    """Which area stands for each province, and which component for each domain."""

    area: Mapping[str, int]
    component: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Hidden:
    """A panel of which only the pattern is shown.

    Attributes
    ----------
    scores : DataFrame
        What is shown, as settled rows of the scores table.
    subject : Subject
        Areas, components and maxima, for the evidence model.
    truth : ndarray, shape (A, C, T)
        Shares of the maximum, NaN where the panel itself has none.
    shown : ndarray of bool, shape (A, C, T)
        Cells whose own score is shown.
    told : ndarray of bool, shape (A, T)
        Areas of which any own figure of the year is shown.
    years : tuple of int
    """

    scores: pd.DataFrame
    subject: Subject
    truth: Floats
    shown: Flags
    told: Flags
    years: tuple[int, ...]

    def before(self, year: int) -> Hidden:
        """The same when nothing of `year` or later is known: its cells are forecast a year ahead."""
        later = np.array(self.years) >= year
        schemes = {y: scheme for y, scheme in self.subject.schemes.items() if y <= year}
        return replace(
            self,
            scores=self.scores[self.scores["year"] < year].reset_index(drop=True),
            subject=replace(self.subject, schemes=schemes),
            shown=self.shown & ~later,
            told=self.told & ~later,
        )


def pattern(data: Path) -> Pattern:
    """Read which figures of the PAR Index are public; parts of domains and counts are left out."""
    known = load.read(data, as_of=AS_OF)
    rows = known.scores
    rows = rows[
        (rows["index_code"] == "PAR")
        & rows["component"].isin([TOTAL, *DOMAINS])
        & rows["statistic"].isin(STATISTICS)
        & (rows["score"].notna() | rows["rank"].notna())
    ]
    columns = [rows[name].tolist() for name in ("year", "area", "component", "statistic")]
    columns += [rows["score"].notna().tolist(), rows["rank"].notna().tolist(), rows["trust"].tolist()]
    provinces = known.areas[known.areas["kind"] == "province"]
    regions = {str(name): tuple(part["area"]) for name, part in provinces.groupby("region")}
    return Pattern(
        places=tuple(Place(*row) for row in zip(*columns, strict=True)),
        provinces=known.provinces,
        regions=regions | {COUNTRY: known.provinces},
    )


def hide(
    panel: Panel, shape: Pattern, rng: np.random.Generator, *, index_code: str, breaks: Sequence[int] = ()
) -> Hidden:
    """Deal the pattern out over a panel and show only what it shows.

    Parameters
    ----------
    panel : Panel
        Components with a maximum; the total is the sum of those that a year has.
    shape : Pattern
    rng : Generator
        Deals provinces to areas and domains to components.
    index_code : str
    breaks : sequence of int
        Years whose levels may jump.
    """
    areas, components, _ = panel.value.shape
    deal = Deal(
        area=dict(zip(shape.provinces, rng.permutation(areas).tolist(), strict=False)),
        component=dict(zip(DOMAINS, rng.permutation(components).tolist(), strict=False)),
    )
    shift = panel.origin - LAST_PATTERN_YEAR
    first = max(panel.years[0], min(place.year for place in shape.places) + shift)
    years = tuple(range(first, panel.origin + 1))
    truth = panel.value[:, :, panel.years.index(first) :] / panel.upper[:, None]
    regions = {
        name: tuple(panel.areas[deal.area[province]] for province in members if province in deal.area)
        for name, members in shape.regions.items()
    } | {COUNTRY: panel.areas}
    force = ~np.isnan(truth).all(axis=0)  # components that a year has, (C, T)
    shown, told = np.zeros(truth.shape, dtype=bool), np.zeros((areas, len(years)), dtype=bool)
    rows = []
    for place in shape.places:
        t = place.year + shift - first
        if t < 0 or (place.component != TOTAL and place.component not in deal.component):
            continue
        parts = np.flatnonzero(force[:, t]) if place.component == TOTAL else [deal.component[place.component]]
        share = truth[:, parts, t].mean(axis=1)  # NaN where a part of the total is missing
        row = _row(place, share, panel, deal, regions)
        if row is None:
            continue
        maximum = float(panel.upper[parts].sum())
        name = TOTAL if place.component == TOTAL else panel.components[parts[0]]
        fixed = {"index_code": index_code, "year": years[t], "component": name, "max_score": maximum}
        rows.append(row | fixed | {"score": row["score"] * maximum})
        if place.statistic == "value":
            area = deal.area[place.area]
            told[area, t] = True
            shown[area, parts, t] |= len(parts) == 1 and place.has_score
    subject = Subject(
        index_code=index_code,
        areas=panel.areas,
        regions=regions,
        components=panel.components,
        schemes={year: _scheme(panel, force[:, t]) for t, year in enumerate(years)},
        breaks={name: tuple(year for year in breaks if year in years) for name in panel.components},
    )
    return Hidden(pd.DataFrame(rows), subject, truth, shown, told, years)


def _row(
    place: Place, share: Floats, panel: Panel, deal: Deal, regions: Mapping[str, tuple[str, ...]]
) -> dict[str, object] | None:
    """One shown figure, its score still a share; None if the panel cannot say it."""
    if place.statistic == "value":
        at = deal.area.get(place.area, -1)
        if at < 0 or np.isnan(share[at]):
            return None
        area = panel.areas[at]
        value = share[at] if place.has_score else np.nan
        rank = _rank(share, at) if place.has_rank else np.nan
    else:
        members = [panel.areas.index(name) for name in regions.get(place.area, ())]
        there = share[members][~np.isnan(share[members])]
        if not place.has_score or not len(there):
            return None
        area, rank = place.area, np.nan
        value = {"mean": np.mean, "max": np.max, "min": np.min}[place.statistic](there)
    blank = {"source_day": pd.NaT, "source_url": "", "note": "", "published_on": pd.NaT}
    sure = {"spread": 0.0, "rank_spread": 0.0, "sources": 1, "unit": "points"}
    told = {"area": area, "statistic": place.statistic, "trust": place.trust}
    return told | {"score": float(value), "rank": float(rank)} | blank | sure


def _rank(share: Floats, at: int) -> float:
    """Rank among the areas that a year has, stretched to all of them, as ranks are told of all."""
    there = share[~np.isnan(share)]
    place = (int((there > share[at]).sum()) + 0.5) / len(there)
    return float(round(place * len(share) + 0.5))


def _scheme(panel: Panel, force: Flags) -> Scheme:
    """What the total of one year is made of; components not yet there weigh nothing."""
    maxima = dict(zip(panel.components, panel.upper.tolist(), strict=True))
    inside = tuple(name for name, there in zip(panel.components, force, strict=True) if there)
    whole = sum(maxima[name] for name in inside)
    weights = {name: maxima[name] / whole if name in inside else 0.0 for name in panel.components}
    return Scheme(
        weights=weights | {TOTAL: 1.0},
        maxima=maxima | {TOTAL: whole},
        status=dict.fromkeys((*panel.components, TOTAL), "read"),
        children={TOTAL: inside},
    )
