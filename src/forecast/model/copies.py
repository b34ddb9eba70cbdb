"""Find rows of a yearly table that are copies of another area's."""

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.base.arrays import Floats
from forecast.base.labels import Phrase

MANY: Final = 5  # different figures, all of which two areas share by no accident
RARE: Final = 0.003  # tables of chance in which any two areas share so many figures


def areas(known: pd.DataFrame, is_whole: Callable[[object], bool]) -> Iterator[Phrase]:
    """Areas with the very figures of another, in all components or in one, that no accident explains.

    `is_whole`: whether an area is called a sum or a mean of others, which may equal one of them.
    """
    ordered = known[~known["area"].map(is_whole).astype(bool)].sort_values(["component", "area", "year"])
    first: dict[tuple[Any, ...], str] = {}
    shared: dict[tuple[str, str], list[str]] = {}
    for (component, area), rows in ordered.groupby(["component", "area"], sort=False):
        key = (component, tuple(rows["year"]), tuple(rows["score"]))
        if (other := first.setdefault(key, str(area))) != area:
            shared.setdefault((str(area), other), []).append(str(component))
    for (area, other), components in shared.items():
        own = ordered[ordered["area"] == area]
        chances = {component: _chance(ordered, area, component) for component in components}
        if len(components) == own["component"].nunique() == _components(ordered, other):
            if own["score"].nunique() >= MANY or math.prod(chances.values()) < RARE:
                yield Phrase("yearly.copied_area", {"name": area, "other": other})
            continue
        of_table = ordered["component"].nunique()
        for component in (name for name, chance in chances.items() if chance * of_table < RARE):
            yield Phrase("yearly.copied_series", {"name": area, "other": other, "component": component})


def _components(ordered: pd.DataFrame, area: str) -> int:
    return int(ordered.loc[ordered["area"] == area, "component"].nunique())


def _chance(ordered: pd.DataFrame, area: str, component: str) -> float:
    """How often two areas of the table would share the figures of one by accident.

    Of the first year the figure, of the others the change is compared, as figures that stay are no evidence.
    """
    own = ordered[ordered["component"] == component]
    table = own.set_index(["area", "year"])["score"].unstack().sort_index(axis=1)  # noqa: PD010 -- keys are unique
    values = table.to_numpy(dtype=float)[:, table.loc[area].notna().to_numpy()]
    pairs = math.comb(len(values), 2)
    return pairs * math.prod(map(_share, np.hstack([values[:, :1], np.diff(values, axis=1).round(9)]).T))


def _share(figures: Floats) -> float:
    """Part of the pairs besides the one in question that share a figure; of fewest, half a pair."""
    known = figures[~np.isnan(figures)]
    counts = np.unique(known, return_counts=True)[1]
    alike = float((counts * (counts - 1) / 2).sum())
    return max(alike - 1, 0.5) / max(math.comb(len(known), 2) - 1, 1)
