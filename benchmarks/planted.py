"""Made-up indicators of all provinces whose effect on the domains is known, for an office's made-up tables.

An indicator is a year's level that wanders, what is lasting of each province, and what fades from year to
year.  Its effect is added to the office's domain scores, so that it explains a given share of their yearly
moves; an effect of nothing makes a useless indicator of the same looks.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data.tables import DOMAINS, INDICATOR_TYPES, INDICATORS, Table

Floats = NDArray[np.float64]

SOURCE: Final = "số giả định"
MONTH: Final = 9  # the figures are of January to September, out on the fifth of October
FADING: Final = 0.5  # of what is not lasting, from year to year
LASTING: Final = 2.0  # of provinces, in sizes of a yearly move
USELESS: Final = 5.0  # size of a yearly move of an indicator without effect
LEVEL: Final = 60.0
ROOM: Final = 0.5  # of all domains' distances from their means, alike: effects need room below the maximum
EDGE: Final = 0.005  # of the maximum: scores stay so far from nothing and from all
_MAD: Final = 1.4826  # median absolute deviation to the standard deviation of a normal


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """An office with indicators.

    Attributes
    ----------
    truth : DataFrame
        As given, with the effects in its domains, totals and ranks; if there are any, all domains' distances
        from their means are made smaller first, so that effects have room and domains stay alike.
    figures, types : DataFrame
        Rows of indicators.csv and of indicator_types.csv, all text.
    values : ndarray, shape (A, T, K)
        The indicators, by area and year of `areas` and `years`, in the order of the effects.
    kept : float
        Share of the scores that had room for the whole effect; 1 unless scores lie at an end.
    """

    truth: pd.DataFrame
    figures: pd.DataFrame
    types: pd.DataFrame
    areas: tuple[str, ...]
    years: tuple[int, ...]
    values: Floats
    kept: float

    def write(self, folder: Path) -> None:
        """Append the indicators to the tables of a folder."""
        for table, rows in ((INDICATOR_TYPES, self.types), (INDICATORS, self.figures)):
            path = folder / table.file
            head = path.read_text(encoding="utf-8").splitlines()[0].split(",") if path.exists() else []
            with path.open("a", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, head or table.names, extrasaction="ignore", lineterminator="\n")
                if not head:
                    writer.writeheader()
                writer.writerows(rows.to_dict("records"))


def planted(
    truth: pd.DataFrame,
    effects: Mapping[str, tuple[str, float]],
    seed: int,
    *,
    maxima: Callable[[int], Sequence[float]],
    share: float = 0.3,
    until: int | None = None,
) -> Planted:
    """Make indicators and put their effects into an office's domain scores.

    Parameters
    ----------
    truth : DataFrame
        area, year, D1 to D8 (points), total, rank; every area in every year.
    effects : mapping
        By code the domain and the effect: points of the domain, at the last year's maximum, for a unit of
        the indicator.  In years with another maximum the effect is in proportion to it.
    seed : int
    maxima : callable
        Maxima of D1 to D7 and of the parts of D8 in a year.
    share : float
        Part of a domain's yearly moves, with the effect in them, that each effect explains.
    until : int, optional
        Last year with figures, the target year say; that of `truth` if None.
    """
    rng = np.random.default_rng(seed)
    areas = tuple(sorted(truth["area"].unique()))
    scored = tuple(int(year) for year in sorted(truth["year"].unique()))
    years = tuple(range(scored[0], max(until or 0, scored[-1]) + 1))
    tops = {year: _domain_maxima(maxima(year)) for year in scored}
    shares = {
        name: truth.pivot_table(index="area", columns="year", values=name).loc[list(areas)].to_numpy()
        / np.array([tops[year][name] for year in scored])
        for name in DOMAINS
    }
    if any(effect for _, effect in effects.values()):
        shares = {name: own.mean() + ROOM * (own - own.mean()) for name, own in shares.items()}
    values, added, moved = [], {name: np.zeros_like(own) for name, own in shares.items()}, 0
    for domain, effect in effects.values():
        of_share = effect / tops[scored[-1]][domain]
        x = _indicator(shares[domain], of_share, share, len(years), rng)
        values.append(LEVEL + x)
        added[domain] = added[domain] + of_share * (x - x.mean())[:, : len(scored)]
    after = {}
    for name, own in shares.items():
        after[name] = np.clip(own + added[name], EDGE, 1 - EDGE) if added[name].any() else own
        moved += int(np.isclose(after[name], own + added[name]).sum())
    made = np.stack(values, axis=2) if values else np.zeros((len(areas), len(years), 0))
    return Planted(
        truth=_with_scores(truth, after, areas, tops),
        figures=_figures(made, tuple(effects), areas, years),
        types=_types(effects),
        areas=areas,
        years=years,
        values=made,
        kept=moved / sum(own.size for own in shares.values()),
    )


def _indicator(score: Floats, effect: float, share: float, years: int, rng: np.random.Generator) -> Floats:
    """Draw an indicator (A, T) whose effect makes `share` of a score's moves, national and provincial."""
    part = np.sqrt(share / (1 - share))
    level = score.mean(axis=0)
    own_move = float(np.std(np.diff(score - level, axis=1)))
    level_move = _MAD * float(np.median(np.abs(np.diff(level))))
    own, national = (part * move / abs(effect) if effect else USELESS for move in (own_move, level_move))
    wander = np.cumsum(national * rng.standard_normal(years))
    lasting = LASTING * own * rng.standard_normal((len(score), 1))
    spread = own / np.sqrt(2 * (1 - FADING))  # of the fading part, whose moves are then of size `own`
    fading = np.empty((len(score), years))
    fading[:, 0] = spread * rng.standard_normal(len(score))
    for t in range(1, years):
        new = np.sqrt(1 - FADING**2) * spread * rng.standard_normal(len(score))
        fading[:, t] = FADING * fading[:, t - 1] + new
    return np.asarray(wander + lasting + fading)


def _domain_maxima(tops: Sequence[float]) -> dict[str, float]:
    """Maxima of the eight domains, from those of D1 to D7 and of what D8 is made of."""
    return dict(zip(DOMAINS, (*tops[:7], float(sum(tops[7:]))), strict=True))


def _with_scores(
    truth: pd.DataFrame,
    shares: Mapping[str, Floats],
    areas: Sequence[str],
    tops: Mapping[int, Mapping[str, float]],
) -> pd.DataFrame:
    """Put shares (A, T) back as points, and the totals and ranks that they make."""
    rows = {area: place for place, area in enumerate(areas)}
    at = truth["area"].map(rows).to_numpy(), truth["year"].map({y: t for t, y in enumerate(tops)}).to_numpy()
    most = {name: truth["year"].map({year: top[name] for year, top in tops.items()}) for name in DOMAINS}
    found = truth.assign(**{name: (shares[name][at] * most[name]).round(2) for name in DOMAINS})
    found["total"] = found[list(DOMAINS)].sum(axis=1).round(2)
    found["rank"] = found.groupby("year")["total"].rank(ascending=False, method="min").astype(int)
    return found


def _figures(
    values: Floats, codes: Sequence[str], areas: Sequence[str], years: Sequence[int]
) -> pd.DataFrame:
    rows = [
        {
            "indicator_code": code,
            "area": area,
            "period": f"{year}-01..{year}-{MONTH:02d}",
            "value": f"{values[a, t, k]:.4f}",
            "source_url": SOURCE,
            "published_on": f"{year}-{MONTH + 1:02d}-05",
            "note": SOURCE,
            "trust": "official",
        }
        for k, code in enumerate(codes)
        for a, area in enumerate(areas)
        for t, year in enumerate(years)
    ]
    return _texts(rows, INDICATORS)


def _types(effects: Mapping[str, tuple[str, float]]) -> pd.DataFrame:
    rows = [
        {
            "indicator_code": code,
            "name_vi": f"Giả định: chỉ tiêu {code}",
            "name_en": f"Made up: indicator {code}",
            "unit": "điểm",
            "component": domain,
            "sign": f"{np.sign(effect):.0f}",
            "kind": "to_date",
            "frequency": "month",
            "source": SOURCE,
            "note": SOURCE,
        }
        for code, (domain, effect) in effects.items()
    ]
    return _texts(rows, INDICATOR_TYPES)


def _texts(rows: Sequence[Mapping[str, str]], table: Table) -> pd.DataFrame:
    return pd.DataFrame([{name: row.get(name, "") for name in table.names} for row in rows])
