"""Doubts that a printed table raises by itself: its title, its maxima, points beside percent, its means."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from forecast.base.indexes import MAIN
from forecast.data.framework import WHOLE
from forecast.data.tables import COUNTRY
from forecast.intake.additions.doubts import Doubt
from forecast.intake.additions.maker import Maker
from forecast.intake.additions.sheet import Sheet

PROVINCES: Final = 63
FEWEST_PROVINCES: Final = 55  # PAPI left out three in some years
_ROUNDING: Final = 0.006  # a figure printed with two decimals, and a little
_MEAN_TOLERANCE: Final = 0.02


def own_doubts(read: Sheet, maker: Maker) -> Iterator[Doubt]:
    """Doubts that the sheet raises by itself: its title, its maxima, points beside percent, its means."""
    if read.years and maker.year not in read.years:
        yield Doubt("doubt.title_year", facts={"year": maker.year, "found": sorted(read.years)})
    if len(read.of("value")) < FEWEST_PROVINCES:
        yield Doubt("doubt.few", facts={"count": len(read.of("value")), "fewest": FEWEST_PROVINCES})
    for component, figure in maker.printed.items():
        own = (
            maker.framework.maximum(component)
            if maker.framework.max_status(component) == "read"
            else math.nan
        )
        if maker.index_code == MAIN and abs(own - figure.value) > _ROUNDING:
            yield Doubt("doubt.maximum", component=component, facts={"printed": figure.value, "known": own})
    yield from _both_units(read, maker)
    yield from _means(read)


def _both_units(read: Sheet, maker: Maker) -> Iterator[Doubt]:
    for line in read.of("value"):
        for component in read.components:
            points, percent = (line.figures.get((component, unit)) for unit in ("points", "percent"))
            high = maker.maximum(component)
            if points and percent and high > 0:
                due = WHOLE * points.value / high
                if abs(due - percent.value) > WHOLE * _ROUNDING / high + _ROUNDING:
                    facts = {"points": points.value, "percent": percent.value, "due": round(due, 2)}
                    yield Doubt("doubt.percent", line.area, component, facts)


def _means(read: Sheet) -> Iterator[Doubt]:
    """Printed mean, highest and lowest beside those of a full table."""
    lines = read.of("value")
    if len(lines) < PROVINCES:
        return
    for own in (
        line for line in read.lines if line.area == COUNTRY and line.statistic in ("mean", "max", "min")
    ):
        for key, figure in own.figures.items():
            values = [line.figures[key].value for line in lines if key in line.figures]
            if len(values) == len(lines):
                due = {"mean": float(np.mean(values)), "max": max(values), "min": min(values)}[own.statistic]
                if abs(due - figure.value) > _MEAN_TOLERANCE:
                    facts = {"printed": figure.value, "due": round(due, 4), "statistic": own.statistic}
                    yield Doubt("doubt.mean", own.area, key[0], facts)
