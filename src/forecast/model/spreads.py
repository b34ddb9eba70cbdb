"""Estimate each year's spread between areas from scores and ranks, and lay out the lattice by it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from forecast.base.arrays import Floats
from forecast.model.latent import Lattice, Variances, deviation_covariance
from forecast.model.scheme import Subject
from forecast.model.standing import normal_score

Row = Mapping[str, Any]  # one row of the settled scores
Key = tuple[str, str, int]  # index_code, component, year

MIN_PAIRS = 3  # published scores with ranks that tell how far areas lie apart in a year,
MIN_REACH = 1.0  # if their ranks lie this many standard deviations apart,
FULL_REACH = 4.0  # or just the two ends of a year


def lattice_of(records: Sequence[Row], subject: Subject) -> Lattice:
    """Cells of all areas up to the target year, with each year's jumps and spread."""
    years = subject.years
    breaks = np.zeros((len(subject.components), len(years)))
    for i, component in enumerate(subject.components):
        known = dict.fromkeys(subject.breaks.get(component, ()), 1.0)
        for year, chance in {**subject.possible_breaks.get(component, {}), **known}.items():
            if year in years[1:]:
                breaks[i, years.index(year)] = chance
    logits = slopes_on_ranks(records, subject, plain_logit)
    # Of the total's ranks a rough guide only, drawn halfway back to the usual and held where there are none.
    total = _relative([logits.get((subject.index_code, "total", year), np.nan) for year in years])
    own = _complete_spreads(records, subject)

    complete = {component for component, _ in own}
    spread = [
        _relative([own.get((component, year), np.nan) for year in years], 1.0)
        if component in complete
        else total
        for component in subject.components
    ]
    return Lattice(subject.areas, subject.components, years, breaks, np.array(spread), _offsets(subject))


def _offsets(subject: Subject) -> tuple[int, ...]:
    """First years of the frameworks that give points of their own for the linked index."""
    component = next(iter(subject.links.values()), "")
    changes = {year for name, years in subject.breaks.items() if name != component for year in years}
    own = [
        year
        for year, scheme in subject.schemes.items()
        if scheme.weights.get(component, 0.0) > 0 and scheme.status.get(component) != "borrowed"
    ]
    firsts = {max((first for first in changes if first <= year), default=min(own)) for year in own}
    return tuple(sorted(firsts))


def _relative(spreads: Sequence[float], part: float = 0.5) -> Floats:
    """Spreads of years against their middle one, drawn back to it."""
    spread = pd.Series(spreads, dtype=float)
    relative = ((spread / spread.median()).clip(0.5, 2.0) ** part).ffill().bfill().fillna(1.0)
    return np.asarray(relative, dtype=np.float64)


def _complete_spreads(records: Sequence[Row], subject: Subject) -> dict[tuple[str, int], float]:
    """Standard deviation of the logits of a component and year of which most areas' scores are published."""
    logits: dict[tuple[str, int], list[float]] = {}
    for row in records:
        key = (str(row["index_code"]), str(row["component"]))
        component = key[1] if key[0] == subject.index_code else subject.links.get(key)
        if row["statistic"] == "value" and component in subject.components and row["area"] in subject.areas:
            share = plain_logit(row)
            if np.isfinite(share):
                logits.setdefault((component, int(row["year"])), []).append(share)
    return {key: float(np.std(x)) for key, x in logits.items() if len(x) >= 0.5 * len(subject.areas)}


def usual_spread(lattice: Lattice, start: Variances) -> Mapping[str, float]:
    """Spread of areas' shares that the variances alone imply near the middle of what is published."""
    n = len(lattice.components)
    flat = Lattice(lattice.areas, lattice.components, lattice.years[:1], np.zeros((n, 1)), np.ones((n, 1)))
    deviation = deviation_covariance(flat, start) * 0.12**2  # slope of the logistic near 86 percent
    usual = {c: float(np.sqrt(deviation[i, i])) for i, c in enumerate(lattice.components)}
    return _Fallback(usual, float(np.sqrt(deviation.mean())))


class _Fallback(dict[str, float]):
    """Spread by component; a sum of components has the spread of their mean."""

    def __init__(self, known: Mapping[str, float], other: float) -> None:
        super().__init__(known)
        self.other = other

    def __missing__(self, key: str) -> float:
        return self.other


def countries_of(subject: Subject) -> tuple[str, ...]:
    """Names under which figures of all areas together are published."""
    return tuple(name for name, members in subject.regions.items() if len(members) == len(subject.areas))


def slopes_on_ranks(
    records: Sequence[Row], subject: Subject, measure: Callable[[Row], float]
) -> dict[Key, float]:
    """Slopes of a measure of each year's published scores on the normal quantiles of their ranks."""
    n, countries = len(subject.areas), countries_of(subject)
    pairs: dict[Key, list[tuple[float, float]]] = {}
    for row in records:
        share = measure(row)
        if row["statistic"] == "value" and row["area"] in subject.areas:
            rank = float(row["rank"])
        elif row["statistic"] in ("max", "min") and row["area"] in countries:
            rank = 1.0 if row["statistic"] == "max" else float(n)
        else:
            continue
        if np.isfinite(share) and 1 <= rank <= n:
            key = (str(row["index_code"]), str(row["component"]), int(row["year"]))
            pairs.setdefault(key, []).append((float(normal_score(rank, n)), share))
    slopes = {}
    for key, points in pairs.items():
        z, share_of = np.array(points).T
        if np.ptp(z) >= MIN_REACH and (len(points) >= MIN_PAIRS or np.ptp(z) >= FULL_REACH):
            slope = float(np.polyfit(z, share_of, 1)[0])
            if slope > 0:
                slopes[key] = slope
    return slopes


def plain_share(row: Row) -> float:
    """Share of the maximum where it needs no framework; NaN elsewhere."""
    if row["unit"] == "percent":
        return float(row["score"]) / 100
    whole = 100.0 if row["component"] == "total" else np.nan
    maximum = float(row["max_score"])
    return float(row["score"]) / (whole if np.isnan(maximum) else maximum)


def plain_logit(row: Row) -> float:
    """The same on the logit scale, on which years of unlike level compare."""
    return float(logit(np.clip(plain_share(row), 0.02, 0.98)))
