"""What current indicators gain where their effect is known: ``python -m benchmarks.indicators``.

A complete made-up office gets indicators of all provinces (`benchmarks.planted`) and is forecast for several
years as they were known in October, through the whole path that reports go: with the indicators, and without.
"""

from __future__ import annotations

import datetime as dt
import importlib
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.office import ROOT, ToolMissingError, tool
from benchmarks.planted import Planted, planted
from forecast.answer import panel_forecast
from forecast.base.spec import RunSpec
from forecast.data import load
from forecast.model.score import crps_from_quantiles

YEARS, SEED = (2019, 2020, 2021, 2022, 2023), 1
DOMAINS = tuple(f"D{k}" for k in range(1, 8))
USELESS = {f"useless_{k:02d}": (DOMAINS[k % 7], 0.0) for k in range(30)}
CASES: dict[str, dict[str, tuple[str, float]]] = {
    "one effect": {"effect": ("D6", 0.05)},
    "one among thirty": {"effect": ("D6", 0.05)} | dict(list(USELESS.items())[:29]),
    "thirty useless": USELESS,
}
LEVELS = np.arange(1, 100) / 100


@dataclass(frozen=True, slots=True)
class Gain:
    """Scores of one office.

    Attributes
    ----------
    touched, others : float
        CRPS with the indicators over CRPS without, of the domain with the effect and of the other six.
    inside : float
        Share of provinces inside the 80 percent range of that domain, with the indicators,
    before : float
        and without.
    everywhere : float
        The same of all seven domains, with the indicators.
    error : float
        Found effect less the planted one, in standard errors; NaN if none was planted.
    """

    touched: float
    others: float
    inside: float
    before: float
    everywhere: float
    error: float


def main() -> int:
    """Print one line a case: means over the seeds."""
    try:
        office = _office()
    except ToolMissingError as error:
        print(error, file=sys.stderr)
        return 1
    for name in sys.argv[1:] or CASES:
        gains = gains_of(office, CASES[name])
        print(name, pd.DataFrame(gains, index=list(YEARS)).round(3).to_string(), sep="\n")
        print("mean", pd.DataFrame(gains).mean().round(3).to_dict(), flush=True)
    return 0


def figures() -> dict[str, float]:
    """Measure all cases: means of `Gain` over the years, by case_field; nothing without the office's tool."""
    try:
        office = _office()
    except ToolMissingError as error:
        print(error, file=sys.stderr)
        return {}
    found = {}
    for name, effects in CASES.items():
        means = pd.DataFrame(gains_of(office, effects)).mean()
        found |= {f"{name.replace(' ', '_')}_{field}": value for field, value in means.items()}
    return found


def gains_of(office: ModuleType, effects: dict[str, tuple[str, float]]) -> list[Gain]:
    """Forecast each year of one office."""
    made = planted(office.world(ROOT), effects, SEED, maxima=office.maxima)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        office.start(ROOT, folder, keep_public=False)
        office.write_rows(made.truth, ROOT, folder, [f"D{k}" for k in range(1, 9)], office.maxima)
        made.write(folder)
        vintages = load.read_vintages(folder)
    return [_gain(vintages, made, effects, year) for year in YEARS]


def _gain(vintages: load.Vintages, made: Planted, effects: dict[str, tuple[str, float]], year: int) -> Gain:
    """Forecast one year with the indicators and without."""
    day = dt.date(year, 10, 20)
    known = vintages.known_at(day)
    types = known.indicator_types[known.indicator_types["indicator_code"].isin(effects)]
    known = replace(known, indicator_types=types)
    came = made.truth[made.truth["year"] == year].set_index("area")
    spec = RunSpec(index_code="PAR", area=known.provinces[0], target_year=year, as_of=day)
    posts, scores = [], []
    for seen in (known, replace(known, indicator_types=types.iloc[:0])):
        posts.append(panel_forecast.posterior(seen, spec, np.random.default_rng(spec.seed)))
        scores.append({domain: _score(posts[-1], domain, came[domain]) for domain in DOMAINS})
    domain, effect = next(iter(effects.values()))
    others = [np.mean([own[name][0] for name in DOMAINS if name != domain]) for own in scores]
    return Gain(
        touched=scores[0][domain][0] / scores[1][domain][0],
        others=float(others[0] / others[1]),
        inside=scores[0][domain][1],
        before=scores[1][domain][1],
        everywhere=float(np.mean([scores[0][name][1] for name in DOMAINS])),
        error=_error(posts[0], made, domain, effect) if effect else np.nan,
    )


def _score(post: panel_forecast.Posterior, domain: str, came: pd.Series[Any]) -> tuple[float, float]:
    """CRPS in points and share inside the 80 percent range, over the provinces."""
    drawn = np.quantile(post.target.points(domain), LEVELS, axis=0).T
    values = came.loc[list(post.subject.areas)].to_numpy(dtype=float)
    inside = (drawn[:, 9] <= values) & (values <= drawn[:, 89])
    return float(crps_from_quantiles(values, drawn, levels=LEVELS).mean()), float(inside.mean())


def _error(post: panel_forecast.Posterior, made: Planted, domain: str, effect: float) -> float:
    """Found less planted effect of the first indicator, in standard errors.

    The planted one is a share's; on the logit scale it is larger the nearer scores lie to their maximum.
    """
    year = post.fitted.lattice.years[-1]
    k = post.fitted.effects.names.index("effect")
    past = made.truth[made.truth["year"] < year]
    share = past[domain] / past["year"].map({y: made_maximum(post, domain, y) for y in past["year"].unique()})
    slope = float((1 / (share * (1 - share))).mean())
    planted_one = effect / made_maximum(post, domain, year) * slope * post.fitted.effects.scale[k]
    drawn = post.effect_draws[:, k]
    return float((drawn.mean() - planted_one) / drawn.std())


def made_maximum(post: panel_forecast.Posterior, domain: str, year: int) -> float:
    """Maximum of a domain in a year."""
    return float(post.subject.schemes[int(year)].maxima[domain])


def _office() -> ModuleType:
    """Load the tool that makes the office; it is no part of the project."""
    sys.path.insert(0, str(tool().parent))
    return importlib.import_module(tool().stem)


if __name__ == "__main__":
    sys.exit(main())
