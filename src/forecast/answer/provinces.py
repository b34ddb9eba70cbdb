"""Tables of all provinces from the draws of the rank: ranking, points short of a rank, peers by domain."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from forecast.answer.findings import scored
from forecast.answer.result import LADDER_COLUMNS, PEER_COLUMNS, PROVINCE_COLUMNS
from forecast.base.arrays import Floats
from forecast.base.indexes import SURVEYS
from forecast.base.spec import RunSpec
from forecast.data.framework import TOTAL, Framework
from forecast.data.tables import pick
from forecast.model.simulate import ENDS, Draws, quantiles, rank_chances

RUNGS: Final = (20, 15, 10)
CITIES: Final = ("Hà Nội", "Hải Phòng", "Đà Nẵng", "Cần Thơ", "TP. Hồ Chí Minh")  # run by the State


def province_table(target: Draws, spec: RunSpec, evidence: pd.DataFrame) -> pd.DataFrame:
    """Set out every province, the highest median first, on the draws of the rank; see `Result.provinces`."""
    points, areas = scored(target, spec.index_code), target.subject.areas
    home = areas.index(spec.area)
    lower, median, upper = quantiles(points, ENDS)
    chances = rank_chances(points, range(len(areas)))
    best, middle, worst = ((chances.cumsum(axis=1) < end - 1e-9).sum(axis=1) + 1 for end in ENDS)
    last = _last_year(evidence, spec).reindex(areas)
    ahead = (points > points[:, [home]]).mean(axis=0)
    ahead[home] = np.nan
    table = pd.DataFrame(
        {
            "area": areas,
            "last_score": (last["observed_share"].to_numpy() * 100).round(4),
            "last_rank": last["rank"].to_numpy(),
            "median": median,
            "lower": lower,
            "upper": upper,
            "rank_median": middle,
            "rank_lower": best,
            "rank_upper": worst,
            "p_ahead": ahead.round(6),
        },
        columns=list(PROVINCE_COLUMNS),
    )
    return table.sort_values("median", ascending=False, kind="stable").reset_index(drop=True)


def ladder_table(target: Draws, spec: RunSpec) -> pd.DataFrame:
    """Say how many points the area is short of a rank, in every draw; see `Result.ladder`.

    Rank k is reached with more points than the k-th of the other provinces has.
    """
    points = scored(target, spec.index_code)
    home = target.subject.areas.index(spec.area)
    others = -np.sort(-np.delete(points, home, axis=1), axis=1)
    rows = []
    for rung in (rung for rung in RUNGS if rung <= others.shape[1]):
        bar = others[:, rung - 1]
        low, short, high = quantiles(bar - points[:, home], ENDS)
        chance = float((points[:, home] >= bar).mean())
        rows.append((rung, float(quantiles(bar, (0.5,))[0]), short, low, high, chance))
    return pd.DataFrame(rows, columns=list(LADDER_COLUMNS))


def peer_table(target: Draws, spec: RunSpec, framework: Framework, areas: pd.DataFrame) -> pd.DataFrame:
    """Hold the area's domains against those of its peers, in every draw; see `Result.peers`."""
    totals = scored(target, spec.index_code)
    names = [TOTAL] if spec.index_code in SURVEYS else [TOTAL, *framework.children(TOTAL)]
    home = target.subject.areas.index(spec.area)
    rows = []
    for peer in _peers(target, spec.area, areas, np.median(totals, axis=0)):
        place = target.subject.areas.index(peer)
        for name in names:
            drawn = totals if name == TOTAL else target.points(name)
            gap = drawn[:, place] - drawn[:, home]
            low, middle, high = quantiles(gap, ENDS)
            rows.append((peer, name, middle, low, high, float((gap > 0).mean())))
    return pd.DataFrame(rows, columns=list(PEER_COLUMNS))


def _peers(target: Draws, area: str, areas: pd.DataFrame, medians: Floats) -> Sequence[str]:
    """The cities under the Government, then the best of the area's region, each once and never itself."""
    region = dict(zip(areas["area"], areas["region"], strict=True))
    order = [target.subject.areas[place] for place in np.argsort(-medians, kind="stable")]
    near = [name for name in order if region.get(name) == region.get(area) and name != area][:1]
    cities = [name for name in CITIES if name in order and name != area]
    return list(dict.fromkeys([*cities, *near]))


def _last_year(evidence: pd.DataFrame, spec: RunSpec) -> pd.DataFrame:
    """Published totals of the year before, by area: observed_share and rank, either may be missing."""
    cell = {"index_code": spec.index_code, "year": spec.target_year - 1, "component": TOTAL}
    own = pick(evidence, **cell, statistic="value").drop_duplicates("area")
    return own.set_index("area")[["observed_share", "rank"]].astype(float)
