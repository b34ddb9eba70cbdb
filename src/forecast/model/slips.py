"""Find mistyped figures of a yearly table: on another scale for years, or apart from a smooth series."""

import itertools
import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.base.arrays import Flags, Floats, Ints
from forecast.base.labels import Phrase, shortened

ALIKE: Final = math.log10(1.5)  # the largest step from year to year of a series that may be judged by itself
ALIKE_AREAS: Final = math.log10(2)  # how far the areas of a year may be from each other to judge one of them
SLIP: Final = 7.0  # a figure so many times its neighbours is doubted where these are alike
STEADY: Final = 1.5  # times the lowest neighbour, up to which neighbours are alike
NEAR: Final = 2  # neighbours on each side
MOST_PLACES: Final = 9  # from đồng to billions; what is farther apart is no unit of the same thing
FEWEST: Final = 4  # figures of a series, or areas of a year
SHORT: Final = 2  # figures of a series of which none is judged by those beside it
APART: Final = 5.0  # times the largest other step
LEAST_APART: Final = math.log(1.5)  # between two years
LEAST_AT_END: Final = math.log(2)  # where there is one year beside it
LEAST_SWAPPED: Final = math.log(1.15)  # where two exchanged digits explain it
ROUNDED: Final = 0.02  # a step this small is as good as none
LONG: Final = 6  # figures of a series that is judged by itself; a shorter one needs the other areas too
WHOLE: Final = 100  # percent
CLEAR: Final = 5.0  # times the largest fraction that all percent are
NEARLY: Final = 1.5  # times by which the fractions' range may pass that of the percent
POOL: Final = 20  # steps of a component from which the usual step is known
COMMON: Final = 5  # areas from which the movement of a year is known
_SHOWN: Final = 5
_CELL: Final = ["area", "component"]


def off_scale(known: pd.DataFrame) -> tuple[list[Phrase], pd.Series]:
    """Figures of several years, or of a whole series, that are ten, a hundred or more times the others.

    Gives the sentences, alike ones as one, and whether each row is among them.  Single years are left to
    those beside them.
    """
    fractions = _fractions(known)
    ordered = known[~fractions].sort_values([*_CELL, "year"], kind="stable")
    own, across = _against_years(ordered), _against_areas(ordered)
    power = pd.Series(np.where(own != 0, own, across), index=ordered.index)
    power = power.where(power.abs() <= MOST_PLACES, 0)
    series = ordered.groupby(_CELL, sort=False).ngroup()
    new_run = (series != series.shift()) | (power != power.shift())
    length = series.groupby(new_run.cumsum()).transform("size")
    off = (power != 0) & ((length > 1) | (ordered.groupby(series)["score"].transform("size") <= SHORT))
    runs = ordered.assign(power=power, by_years=own != 0, run=new_run.cumsum())[off]
    mixed = [_mixed(str(name), rows) for name, rows in known[fractions].groupby("component", sort=False)]
    return [*mixed, *_told(runs)], off.reindex(known.index, fill_value=True)


def _fractions(known: pd.DataFrame) -> pd.Series:
    """Figures up to one of a component whose others are percent, a hundred times as large: 0.85 beside 85."""
    result = pd.Series(data=False, index=known.index)
    for rows in known.groupby("component", sort=False).groups.values():
        score = known.loc[rows, "score"]
        low, high = score[(score > 0) & (score <= 1)], score[score > 1]
        if len(low) < 2 or len(high) < FEWEST or score.min() <= 0 or high.max() > WHOLE:
            continue
        apart_ = high.min() > CLEAR * low.max()
        if apart_ and WHOLE * low.min() * NEARLY >= high.min() and WHOLE * low.max() <= NEARLY * high.max():
            result[low.index] = True
    return result


def _mixed(component: str, rows: pd.DataFrame) -> Phrase:
    first = rows.sort_values("row").head(_SHOWN)
    cells = [
        Phrase("yearly.cell", {name: record[name] for name in ("row", "area", "year", "score")})
        for record in first.to_dict("records")
    ]
    facts = {"component": component, "count": len(rows), "cells": cells}
    return Phrase("yearly.fractions", facts)


def _against_years(ordered: pd.DataFrame) -> Ints:
    """Power of ten by which figures stand off most others of their series, which is smooth but for that."""
    result = np.zeros(len(ordered), dtype=int)
    score = ordered["score"].to_numpy(dtype=float)
    for rows in ordered.groupby(_CELL, sort=False).indices.values():
        if len(rows) < FEWEST or (score[rows] <= 0).any():
            continue
        step = np.diff(np.log10(score[rows]))
        power = np.round(step)
        if not power.any() or np.abs(step - power).max() > ALIKE:
            continue
        level = np.concatenate([[0], np.cumsum(power)]).astype(int)
        levels, counts = np.unique(level, return_counts=True)
        most = levels[counts == counts.max()]
        usual = level[-1] if level[-1] in most else most[0]
        if 2 * counts.max() >= len(rows):
            result[rows] = level - usual
    return result


def _against_areas(ordered: pd.DataFrame) -> Ints:
    """Power of ten by which figures stand off the other areas of the year, which are near each other."""
    result = np.zeros(len(ordered), dtype=int)
    score = ordered["score"].to_numpy(dtype=float)
    for rows in ordered.groupby(["component", "year"], sort=False).indices.values():
        if len(rows) < FEWEST or (score[rows] <= 0).any():
            continue
        size = np.log10(score[rows])
        size -= np.median(size)
        power = np.round(size).astype(int)
        if not power.any() or 5 * (power == 0).sum() < 3 * len(rows):
            continue
        near, scaled = size[power == 0], size - power
        if np.ptp(near) <= ALIKE_AREAS:
            fits = (scaled >= near.min() - ROUNDED) & (scaled <= near.max() + ROUNDED)
            result[rows] = np.where(fits, power, 0)
    return result


def _told(runs: pd.DataFrame) -> list[Phrase]:
    """Say which figures stand on another scale; areas and components of the same years in one sentence."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for _, run in runs.groupby("run", sort=False):
        first = run.iloc[0]
        key = (first["component"], first["power"], first["by_years"], first["year"], run["year"].iloc[-1])
        own = found.setdefault(key, {"areas": [], "row": int(first["row"]), "score": float(first["score"])})
        own["areas"].append(str(first["area"]))
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for (component, *rest), facts in found.items():
        own = merged.setdefault((*rest, *facts["areas"]), {**facts, "components": []})
        own["components"].append(str(component))
    phrases = [_sentence(key, facts) for key, facts in merged.items()]
    more = [Phrase("yearly.more_scales", {"count": len(phrases) - _SHOWN})] if len(phrases) > _SHOWN else []
    return [*phrases[:_SHOWN], *more]


def _sentence(key: tuple[Any, ...], own: dict[str, Any]) -> Phrase:
    power, by_years, first, last = key[:4]
    facts = {
        "areas": shortened(own["areas"], _SHOWN),
        "components": shortened(own["components"], _SHOWN),
        "years": f"{first:g}" if first == last else f"{first:g}–{last:g}",
        "row": own["row"],
        "score": own["score"],
        "times": 10 ** abs(int(power)),
        "others": Phrase("yearly.other_years" if by_years else "yearly.other_areas"),
    }
    return Phrase("yearly.scale_large" if power > 0 else "yearly.scale_small", facts)


def apart(ordered: pd.DataFrame) -> dict[int, float]:
    """Places of figures that stand apart from a smooth series, each with what exchanged digits would make it.

    `ordered` by area, component and year.  Not-a-number where no exchange of two digits brings it back.  A
    movement that the other areas of the year share is no slip.
    """
    score = ordered["score"].to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = pd.Series(np.log(score), index=ordered.index)
    step = size.groupby([ordered["area"], ordered["component"]], sort=False).diff()
    of_year = step.groupby([ordered["component"], ordered["year"]])
    common = of_year.transform("median").where(of_year.transform("count") >= COMMON, 0.0)
    own_steps = (step - common).abs()
    usual = own_steps.groupby(ordered["component"]).transform("quantile", 0.95)
    enough = own_steps.groupby(ordered["component"]).transform("count") >= POOL
    least = usual.where(enough).to_numpy(dtype=float)
    raw, shared = size.to_numpy(dtype=float), common.to_numpy(dtype=float)
    result: dict[int, float] = {}
    for rows in ordered.groupby(_CELL, sort=False).indices.values():
        short = len(rows) < LONG
        if len(rows) <= SHORT or (score[rows] <= 0).any() or (short and math.isnan(least[rows[0]])):
            continue
        own = raw[rows]
        widest = int(np.argmax(np.abs(np.diff(own))))
        if abs(own[widest + 1] - own[widest]) < LEAST_SWAPPED:
            continue
        both = (own, own - np.cumsum(shared[rows]))
        for at in (widest, widest + 1):
            floor = float(least[rows[0]]) if short else 0.0
            swapped = _apart_at(score[rows[at]], at, both, floor)
            if swapped is not None:
                result[int(rows[at])] = swapped
                break
    return result


def _apart_at(score: float, at: int, both: tuple[Floats, Floats], floor: float) -> float | None:
    """What exchanged digits would make a figure that stands apart; None if it does not."""
    beside = [there for there in (at - 1, at + 1) if 0 <= there < len(both[0])]
    distances, usual = [], []
    for sizes in both:
        from_beside = [sizes[at] - sizes[there] for there in beside]
        if min(from_beside) < 0 < max(from_beside):
            return None
        distances.append(min(map(abs, from_beside)))
        usual.append(max(floor, float(np.abs(np.diff(np.delete(sizes, at))).max())))
    tolerance = max(usual[0], ROUNDED)
    fitting = (
        other
        for other in exchanged(score)
        if max(abs(math.log(other) - both[0][there]) for there in beside) <= tolerance
    )
    other = next(fitting, math.nan)
    usual_least = LEAST_APART if len(beside) > 1 else LEAST_AT_END
    least = usual_least if math.isnan(other) else LEAST_SWAPPED
    far = all(distance >= max(APART * step, least) for distance, step in zip(distances, usual, strict=True))
    return other if far else None


def exchanged(score: float) -> Iterator[float]:
    """Figures that two digits beside each other make when they are exchanged.

    >>> list(exchanged(27.2)), list(exchanged(5.0))
    ([72.2, 22.7], [])
    """
    text = f"{score:.12g}"
    digits = [place for place, char in enumerate(text) if char.isdigit()]
    for one, next_ in itertools.pairwise(digits):
        if text[one] != text[next_] and "e" not in text:
            chars = list(text)
            chars[one], chars[next_] = chars[next_], chars[one]
            if (other := float("".join(chars))) > 0:
                yield other


def beside(size: Floats, groups: pd.Series) -> tuple[Floats, Floats, Flags]:
    """Hold sizes against those up to two places before and after them in their group.

    Gives how many times their middle each is (one where that says nothing), the middle, and whether those
    beside it are alike.
    """
    group = groups.to_numpy()
    neighbours = np.full((len(size), 2 * NEAR), np.nan)
    for k, step in enumerate(s for s in range(-NEAR, NEAR + 1) if s):
        there = np.arange(len(size)) + step
        inside = (there >= 0) & (there < len(size))
        same = inside & (group[np.clip(there, 0, len(size) - 1)] == group)
        neighbours[same, k] = size[there[same]]
    many = (~np.isnan(neighbours)).sum(axis=1) >= NEAR
    middle, ends = np.full(len(size), np.nan), np.full((2, len(size)), np.nan)
    if many.any():
        middle[many] = np.nanmedian(neighbours[many], axis=1)
        ends[:, many] = np.nanmin(neighbours[many], axis=1), np.nanmax(neighbours[many], axis=1)
    steady = (ends[0] > 0) & (ends[1] < STEADY * ends[0])
    before, after = neighbours[:, :NEAR][:, ::-1], neighbours[:, NEAR:]
    goes_on = ~steady & (_on_the_way(size, before, after) | _on_the_way(size, after, before))
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where((size > 0) & (middle > 0) & ~goes_on, size / middle, 1.0)
    return times, middle, steady


def _on_the_way(size: Floats, near: Floats, beyond: Floats) -> Flags:
    """Whether figures at an end go on as the two beside them do: 0.5, 4, 18 and 45 percent use a service."""
    with np.errstate(divide="ignore", invalid="ignore"):
        times = size * near[:, 1] / near[:, 0] ** 2
    return np.asarray(np.isnan(beyond).all(axis=1) & (times < SLIP) & (times > 1 / SLIP))
