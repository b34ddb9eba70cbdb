"""Figures of a group of provinces that its provinces, or others of the group, contradict: mean, ends, counts.

A group is the country or a region; all figures are of one index and year.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from forecast.data.framework import WHOLE
from forecast.data.load.lineage import provinces_in
from forecast.data.load.misprints import TOLERANCE
from forecast.data.tables import COUNTRY

_GROUPS: Final = "count:group_"  # no province is in two of them
_ABOVE_MEAN: Final = "count:above_mean"
_ABOVE: Final = {"count:above_80": 80.0}  # by count, what these are above
_BELOW: Final = {"count:under_70": 70.0}
# A mean lies farther beyond the known provinces the fewer and the more alike they are; in 13 years of PAPI no
# mean of all provinces is this far from those of any few.
_FAR, _FAR_OF_ONE = 10.0, 20.0


@dataclass(frozen=True, slots=True)
class Misfit:
    """A figure of a group that is not from `low` to `high`, which the others leave; all in percent.

    `kind`: highest or lowest (of the group, against a `province`), ends (the lowest against the highest),
    mean (against what provinces and ends leave), far (a mean, from the few provinces that are known), count
    (of provinces), beyond (a count, of provinces above or below something), or first and last (the highest
    and lowest of the country, against the `province` of that rank).
    """

    kind: Literal["highest", "lowest", "ends", "mean", "far", "count", "beyond", "first", "last"]
    area: str
    component: str
    statistic: str
    stated: float
    low: float
    high: float
    province: str = ""

    @property
    def place(self) -> tuple[str, str, str]:
        """Area, component and statistic of the figure."""
        return self.area, self.component, self.statistic


@dataclass(frozen=True, slots=True)
class _Group:
    """What is known of one component of a group: percent of its provinces, and of itself by statistic."""

    area: str
    component: str
    size: int  # provinces that it has
    provinces: pd.Series
    stated: Mapping[str, float]
    ends: tuple[float, float]  # between which its provinces lie, as is published

    def misfit(self, kind: str, statistic: str, low: float, high: float, province: str = "") -> Misfit:
        """Put the figure of a statistic beside its bounds."""
        of_figure = self.area, self.component, statistic, self.stated[statistic]
        return Misfit(kind, *of_figure, low, high, province)  # type: ignore[arg-type]


def members_in(areas: pd.DataFrame, lineage: pd.DataFrame, year: int) -> dict[str, list[str]]:
    """Provinces of the country and of each region at the end of a year."""
    there = areas.loc[areas["area"].isin(provinces_in(areas, lineage, year))]
    regions = {str(name): [str(area) for area in own["area"]] for name, own in there.groupby("region")}
    return {**regions, COUNTRY: [str(area) for area in there["area"]]}


def misfits(
    rows: pd.DataFrame, members: Mapping[str, Sequence[str]], *, weighted: bool = False
) -> Iterator[Misfit]:
    """List the figures of groups that cannot be, given the others: one row a cell and statistic.

    Rows: area, component, statistic, score, percent (of the maximum), rank.  `members`: provinces by group;
    `weighted`: means are not plain ones, as of a survey.
    """
    provinces = rows.loc[(rows["statistic"] == "value") & rows["percent"].notna()]
    own = rows.loc[rows["area"].isin(list(members)) & (rows["statistic"] != "value")]
    counts = own.loc[own["statistic"].str.startswith(_GROUPS)]
    for (area, component), groups in counts.groupby(["area", "component"], sort=False):
        count, most = float(groups["score"].sum()), len(members[str(area)])
        if count > most:
            last = str(groups["statistic"].iloc[-1])
            yield Misfit("count", str(area), str(component), last, count, 0, most)
    yield from _beyond(own, provinces, members)
    stated = own.dropna(subset="percent")
    figures = {
        (str(area), str(component)): dict(zip(cells["statistic"], cells["percent"], strict=True))
        for (area, component), cells in stated.groupby(["area", "component"], sort=False)
    }
    for (area, component), cells in figures.items():
        known = provinces.loc[
            (provinces["component"] == component) & provinces["area"].isin(list(members[area]))
        ]
        whole = {**figures.get((COUNTRY, component), {}), **cells}
        ends = whole.get("min", 0.0), whole.get("max", WHOLE)
        percent = known.set_index("area")["percent"]
        group = _Group(area, component, len(members[area]), percent, cells, ends)
        odd = [*_ends(group), *_mean(group, weighted=weighted)]
        yield from odd
        if area == COUNTRY and not odd:
            yield from _of_rank(group, known)


def _ends(group: _Group) -> Iterator[Misfit]:
    """A highest below a province, a lowest above one, a lowest above the highest."""
    stated, percent = group.stated, group.provinces
    if len(percent) and stated.get("max", WHOLE) < percent.max() - TOLERANCE:
        yield group.misfit("highest", "max", float(percent.max()), WHOLE, str(percent.idxmax()))
    if len(percent) and stated.get("min", 0.0) > percent.min() + TOLERANCE:
        yield group.misfit("lowest", "min", 0.0, float(percent.min()), str(percent.idxmin()))
    if stated.get("min", 0.0) > stated.get("max", WHOLE) + TOLERANCE:
        yield group.misfit("ends", "min", 0.0, stated["max"])


def _of_rank(group: _Group, known: pd.DataFrame) -> Iterator[Misfit]:
    """A highest that the first province does not have, a lowest that the last has not."""
    for kind, statistic, rank in (("first", "max", 1), ("last", "min", group.size)):
        own = known[known["rank"] == rank]
        if statistic in group.stated and len(own) == 1:
            percent = float(own["percent"].iloc[0])
            if abs(group.stated[statistic] - percent) > TOLERANCE:
                yield group.misfit(kind, statistic, percent, percent, str(own["area"].iloc[0]))


def _beyond(
    own: pd.DataFrame, provinces: pd.DataFrame, members: Mapping[str, Sequence[str]]
) -> Iterator[Misfit]:
    """Counts of provinces above or below something, that fewer or more of the known ones are."""
    means = own[own["statistic"] == "mean"].set_index(["area", "component"])["percent"]
    cells = own.loc[own["statistic"].str.startswith("count:"), ["area", "component", "statistic", "score"]]
    for area, component, statistic, count in cells.itertuples(index=False, name=None):
        above = _ABOVE | ({_ABOVE_MEAN: means[area, component]} if (area, component) in means.index else {})
        limit = above.get(statistic, _BELOW.get(statistic))
        if limit is None:
            continue
        known = provinces[(provinces["component"] == component) & provinces["area"].isin(list(members[area]))]
        over = int((known["percent"] > limit + TOLERANCE).sum())
        under = int((known["percent"] < limit - TOLERANCE).sum())
        inside, outside = (over, under) if statistic in above else (under, over)
        least, most = inside, len(members[area]) - outside
        if not least <= count <= most:
            yield Misfit("beyond", area, component, statistic, float(count), least, most)


def _mean(group: _Group, *, weighted: bool) -> Iterator[Misfit]:
    """A mean that no figures of the other provinces could give, or far from the few that are known."""
    mean, percent, unknown = group.stated.get("mean"), group.provinces, group.size - len(group.provinces)
    if mean is None or unknown < 0:
        return
    low, high = group.ends
    if weighted and not unknown:
        low, high = float(percent.min()), float(percent.max())
    if not weighted:
        low, high = ((percent.sum() + unknown * end) / group.size for end in (low, high))
    if not low - TOLERANCE <= mean <= high + TOLERANCE:
        yield group.misfit("mean", "mean", float(low), float(high))
    elif len(percent):
        least, most = float(percent.min()), float(percent.max())
        if max(least - mean, mean - most) > _FAR + _FAR_OF_ONE / len(percent) + most - least:
            yield group.misfit("far", "mean", least, most)
