"""Turn published rows into statements on the latent panel.

Every row of the scores gets a use or a reason why it has none, so that the report can show both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import ndtri

from forecast.data.tables.values import APPRAISED, MADE
from forecast.model.fitted_evidence import Statements
from forecast.model.latent import Lattice, Variances
from forecast.model.scheme import Subject, leaf_weights
from forecast.model.spreads import (
    Key,
    Row,
    countries_of,
    lattice_of,
    plain_share,
    slopes_on_ranks,
    usual_spread,
)
from forecast.model.standing import Standing, normal_score

Weights = dict[int, float]  # by place among the areas, or among the cells

# Standard deviation of a figure's own error, in share of the maximum, by the trust in its source.
TRUST_ERROR = {"official": 0.0002, "press": 0.0005, "dataset preview": 0.001, "copy": 0.001, "derived": 0.005}
TRUST_ERROR[MADE] = 0.0002  # it is rounded; its spread holds all of its doubt
BORROWED_ERROR = 0.08  # of the share, where the year's own maximum was never seen
DERIVED_ERROR = 0.03  # of a component: a sum of two statements, of which one may be loosely meant
BORROWED_TOTAL_ERROR = 0.003  # a total whose weights are borrowed: weights err, shares are alike
LINK_ERROR = 0.002  # points of SIPAS in the index against its percent
RANK_SHAPE_ERROR = 0.15  # of a standard deviation: a year's scores are not exactly normal
APPRAISED_ERROR = 0.03  # of the share: how far that part's share may lie from its domain's
COUNT_ERROR = 0.35
COUNTS_ABOVE = {"count:group_A": 0.90, "count:above_80": 0.80}
COUNTS_BELOW = {"count:under_70": 0.70, "count:group_C": 0.80}


def observe(
    scores: pd.DataFrame, subject: Subject, start: Variances
) -> tuple[Lattice, Statements, pd.Series[str]]:
    """Read settled scores, as `load.read` settles them, as statements.

    Returns
    -------
    lattice, statements
        What the evidence model takes.
    uses : Series of str, on the index of `scores`
        How each row is used, or why it is not.
    """
    records: list[Row] = [{str(k): v for k, v in row.items()} for row in scores.to_dict("records")]
    spreads = slopes_on_ranks(records, subject, plain_share)
    lattice = lattice_of(records, subject)
    countries = countries_of(subject)
    means = frozenset(
        (str(row["index_code"]), str(row["component"]), int(row["year"]))
        for row in records
        if row["statistic"] == "mean" and row["area"] in countries and not math.isnan(row["score"])
    )
    reader = _Reader(subject, lattice, spreads, means, usual_spread(lattice, start))
    rows = [reader.read(row) for row in records]
    parts = [r.statement for r in rows if r.statement is not None]
    statements = Statements(
        area_weight=_stacked([areas for areas, _, _, _ in parts], len(subject.areas)),
        cell_weight=_stacked([cells for _, cells, _, _ in parts], lattice.n_cells),
        value=np.array([value for _, _, value, _ in parts], dtype=float),
        error=np.array([error for _, _, _, error in parts], dtype=float),
        row=np.array([i for i, r in enumerate(rows) if r.statement is not None], dtype=int),
        standings=_standings(records, subject, reader),
        loose=np.array([r.use == "made" for r in rows if r.statement is not None], dtype=bool),
    )
    uses = pd.Series([r.use for r in rows], index=scores.index, dtype="object", name="use")
    return lattice, statements, uses


def _standings(records: Sequence[Row], subject: Subject, reader: _Reader) -> tuple[Standing, ...]:
    """What is published of how areas stand to each other, for sums and years whose spread is told."""
    own: dict[Key, dict[str, Any]] = {}
    n, countries = len(subject.areas), countries_of(subject)
    places = {area: place for place, area in enumerate(subject.areas)}
    for row in records:
        key = (str(row["index_code"]), str(row["component"]), int(row["year"]))
        if key not in reader.spreads or key[2] not in subject.schemes or row["trust"] == MADE:
            continue  # what is made need not hold
        facts = own.setdefault(key, {"rank": np.full(n, np.nan), "share": np.full(n, np.nan)})
        share = plain_share(row)
        if row["statistic"] == "value" and row["area"] in places:
            facts["share"][places[row["area"]]] = share
            if 1 <= row["rank"] <= n:
                facts["rank"][places[row["area"]]] = float(row["rank"])
        elif row["area"] in countries:
            facts[str(row["statistic"])] = share
    standings = []
    for key, facts in sorted(own.items()):
        component = reader.component({"index_code": key[0], "component": key[1]})
        if component is not None:
            best, worst, mean = (facts.get(name, np.nan) for name in ("max", "min", "mean"))
            cells = reader.cell_weights(component, key[2], linked=key[0] != subject.index_code)
            standings.append(
                Standing(
                    *(key[2], cells, facts["rank"], facts["share"], best, worst, mean, reader.spreads[key]),
                    offset=min(
                        (w for place, w in cells.items() if place >= reader.lattice.n_scores), default=0.0
                    ),
                )
            )
    return tuple(standings)


def _stacked(rows: Sequence[Weights], width: int) -> sparse.csr_array:
    """Put weights by place under each other."""
    ends = np.cumsum([0, *map(len, rows)])
    places = np.array([place for row in rows for place in sorted(row)], dtype=int)
    values = np.array([row[place] for row in rows for place in sorted(row)], dtype=float)
    return sparse.csr_array((values, places, ends), shape=(len(rows), width))


@dataclass(frozen=True, slots=True)
class _Read:
    """One row as read: its use, and its statement (areas, cells, value, error) if it has one."""

    use: str
    statement: tuple[Weights, Weights, float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """Reads one row at a time, knowing what the others of its year tell."""

    subject: Subject
    lattice: Lattice
    spreads: Mapping[Key, float]
    means: frozenset[Key]
    usual_spread: Mapping[str, float]

    def read(self, row: Row) -> _Read:
        year = int(row["year"])
        component = self.component(row)
        if component is None:
            own = row["index_code"] == self.subject.index_code and row["component"][:1].isdigit()
            return _Read("criterion" if own else "no_such_component")
        if component in self.subject.spare:
            return _Read("spare_part")
        if year not in self.subject.schemes:
            return _Read("outside_years")
        if row["statistic"] == "value":
            return self.own(row, component, year)
        if math.isnan(row["score"]):
            return _Read("no_number")  # a rank of a mean or an extreme says nothing
        of_many = self.mean if row["statistic"] == "mean" else self.shape_of_year
        return of_many(row, component, year)

    def component(self, row: Row) -> str | None:
        """Name of the row's component in this index, or None if it has no place in it."""
        key = (str(row["index_code"]), str(row["component"]))
        if key[0] == self.subject.index_code:
            scheme = self.subject.schemes[max(self.subject.schemes)]
            component = key[1].partition(".")[0] if key[1] in APPRAISED else key[1]
            return component if component in scheme.weights or component in self.subject.spare else None
        return self.subject.links.get(key)

    def own(self, row: Row, component: str, year: int) -> _Read:
        """Read a province's own figure: its score, or else its rank."""
        if row["area"] not in self.subject.areas:
            return _Read("no_such_area")
        areas = self.area_weights((str(row["area"]),))
        cells = self.cell_weights(component, year, linked=self.linked(row))
        if not math.isnan(row["score"]):
            share, error = self.share(row, component, year)
            if share is None:
                return _Read("above_every_maximum")
            part = row["component"] in APPRAISED
            own_error = float(np.hypot(error, APPRAISED_ERROR)) if part else error
            use = "appraised" if part else "made" if row["trust"] == MADE else "score"
            return _Read(use, (areas, cells, share, own_error))
        if math.isnan(row["rank"]):
            return _Read("no_number")
        n = len(self.subject.areas)
        rank = float(row["rank"])
        if not 1 <= rank <= n:
            return _Read("no_such_rank")
        sd = self.spread(row, component, year)
        error = sd * float(np.hypot(_order_error(rank, n), RANK_SHAPE_ERROR))
        apart = {p: areas.get(p, 0.0) - 1 / n for p in range(n)}
        return _Read("rank", (apart, cells, sd * float(normal_score(rank, n)), error))

    def mean(self, row: Row, component: str, year: int) -> _Read:
        """Read a national or regional mean."""
        members = self.subject.regions.get(str(row["area"]))
        if not members:
            return _Read("no_such_area")
        share, error = self.share(row, component, year)
        if share is None:
            return _Read("above_every_maximum")
        cells = self.cell_weights(component, year, linked=self.linked(row))
        return _Read("mean", (self.area_weights(members), cells, share, error))

    def shape_of_year(self, row: Row, component: str, year: int) -> _Read:
        """Read an extreme or a count: it places the mean where no mean is published."""
        members = self.subject.regions.get(str(row["area"]), ())
        if len(members) != len(self.subject.areas):
            return _Read("no_such_area")
        if (row["index_code"], row["component"], year) in self.means:
            return _Read("spread_only" if row["statistic"] in ("max", "min") else "beside_mean")
        n = len(self.subject.areas)
        sd = self.spread(row, component, year)
        if row["statistic"] in ("max", "min"):
            share, error = self.share(row, component, year)
            rank = 1.0 if row["statistic"] == "max" else float(n)
            offset, shape = float(normal_score(rank, n)), _order_error(rank, n) + RANK_SHAPE_ERROR
        elif row["statistic"] in COUNTS_ABOVE:
            share, error = COUNTS_ABOVE[row["statistic"]], 0.0
            offset, shape = float(normal_score(float(row["score"]) + 0.5, n)), COUNT_ERROR
        elif row["statistic"] in COUNTS_BELOW:
            share, error = COUNTS_BELOW[row["statistic"]], 0.0
            offset, shape = float(normal_score(n - float(row["score"]) + 0.5, n)), COUNT_ERROR
        else:
            return _Read("no_level")
        if share is None:
            return _Read("above_every_maximum")
        cells = self.cell_weights(component, year, linked=self.linked(row))
        value = (self.area_weights(members), cells, share - sd * offset, float(np.hypot(error, sd * shape)))
        return _Read("places_mean", value)

    def share(self, row: Row, component: str, year: int) -> tuple[float | None, float]:
        """Give the score as a share of the maximum, and its error; None if above every maximum."""
        score = float(row["score"])
        linked = self.linked(row)
        whole = 100.0 if row["unit"] == "percent" else (self.maximum(row, component, year, score)[0] or 100.0)
        loose_part = row["trust"] == "derived" and component != "total" and not linked
        own_error = DERIVED_ERROR if loose_part else TRUST_ERROR[str(row["trust"])]
        own_error += float(row["spread"]) / (2 * whole)
        own_error = float(np.hypot(own_error, LINK_ERROR if linked else 0.0))
        if row["unit"] == "percent":
            loose = BORROWED_TOTAL_ERROR if self._borrowed(component, year) else 0.0
            return score / 100, float(np.hypot(own_error, loose))
        maximum, doubt = self.maximum(row, component, year, score)
        if maximum is None:
            return None, 0.0
        share = score / maximum
        return share, float(np.hypot(own_error, doubt * share))

    def _borrowed(self, component: str, year: int) -> bool:
        """Whether a weighted sum's weights are not this year's own."""
        scheme = self.subject.schemes[year]
        return component in scheme.children and any(s == "borrowed" for s in scheme.status.values())

    def maximum(self, row: Row, component: str, year: int, score: float) -> tuple[float | None, float]:
        """Find the maximum that the points are of, and how uncertain the share becomes by it."""
        if not math.isnan(row["max_score"]):
            return float(row["max_score"]), 0.0
        scheme = self.subject.schemes[year]
        status = scheme.status.get(component, "borrowed")
        maximum = scheme.maxima.get(component)
        if component == "total":
            return maximum, BORROWED_TOTAL_ERROR if self._borrowed(component, year) else 0.0
        if maximum is None or score > maximum:
            # The nearest year whose maximum can hold the score.
            others = sorted(self.subject.schemes, key=lambda y: (abs(y - year), -y))
            maxima = [self.subject.schemes[y].maxima.get(component, 0.0) for y in others]
            maximum = next((m for m in maxima if m >= score), None)
            status = "borrowed"
        if status == "assumed":
            return maximum, scheme.assumed_error(component)
        return maximum, 0.0 if status == "read" else BORROWED_ERROR

    def area_weights(self, areas: Sequence[str]) -> Weights:
        return {self.subject.areas.index(a): 1 / len(areas) for a in areas}

    def linked(self, row: Row) -> bool:
        """Whether a row is of another index that is linked to this one."""
        return bool(row["index_code"] != self.subject.index_code)

    def cell_weights(self, component: str, year: int, *, linked: bool = False) -> Weights:
        """Weights of childless components in a component's share, and of the offset in the linked index's."""
        weights = leaf_weights(self.subject, component, year)
        cells = {self.lattice.cell(leaf, year): weight for leaf, weight in weights.items()}
        offset = self.lattice.offset(year)
        return cells if offset is None or not linked else cells | {offset: -1.0}

    def spread(self, row: Row, component: str, year: int) -> float:
        """Standard deviation of the areas' shares in one year, told by its published ranks."""
        own = self.spreads.get((str(row["index_code"]), str(row["component"]), year))
        k = self.lattice.years.index(year)
        return (
            own if own is not None else self.usual_spread[component] * float(self.lattice.spread[:, k].mean())
        )


def _order_error(rank: float, n: int) -> float:
    """Standard deviation of that order statistic, in standard deviations of the areas."""
    p = 1 - (rank - 0.375) / (n + 0.25)
    return float(np.sqrt(p * (1 - p) / (n + 2)) / NormalDist().pdf(ndtri(p)))
