"""The scale that models work on: logit of the share for bounded scores, units of change otherwise."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast.base.arrays import Flags, Floats
from forecast.model.panel import Panel

EDGE: Final = 0.004  # shares 0 and 1 stand here on the way to the logit, so that both are finite
UNEVEN: Final = 0.7  # areas whose log sizes of change spread more than this are on scales of their own
HALF_LIFE: Final = 8.0  # years after which a change counts half in an area's own unit
SMALLEST_SPREAD: Final = 0.005  # a forecast is never more certain than this, in units of the link


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """A monotone map between points and the scale of the models."""

    upper: Floats  # (C,): maximum, or NaN for an unbounded component
    # centre, unit: (A, C): for unbounded components the scale is (value - centre) / unit
    centre: Floats
    unit: Floats
    alone: Flags  # (C,): true where areas are on such different scales that a common level has no meaning

    def forward(self, value: Floats) -> Floats:
        """Carry points, shape (A, C, ...), to the models' scale."""
        extra = (1,) * (value.ndim - 2)
        top = self.upper.reshape(1, -1, *extra)
        plain = (value - self.centre.reshape(*self.centre.shape, *extra)) / self.unit.reshape(
            *self.unit.shape, *extra
        )
        share = EDGE + (1 - 2 * EDGE) * value / np.where(np.isnan(top), 1.0, top)
        share = np.where(np.isnan(top), 0.5, share)
        return np.where(np.isnan(top), plain, np.log(share / (1 - share)))

    def inverse(self, x: Floats) -> Floats:
        """Carry the models' scale, shape (A, C, ...), back to points within [0, upper]."""
        extra = (1,) * (x.ndim - 2)
        top = self.upper.reshape(1, -1, *extra)
        plain = self.centre.reshape(*self.centre.shape, *extra) + x * self.unit.reshape(
            *self.unit.shape, *extra
        )
        share = (1 / (1 + np.exp(-np.clip(x, -700, 700))) - EDGE) / (1 - 2 * EDGE)
        bounded = np.where(np.isnan(top), 1.0, top) * np.clip(share, 0.0, 1.0)
        return np.where(np.isnan(top), plain, bounded)


def link_of(panel: Panel) -> Link:
    """Choose the scale of each component from the panel's past.

    Bounded components: the logit of the share of the maximum, drawn in by `EDGE` at both ends.  What a
    forecast puts beyond an end is put on it, so 0 and the maximum can be forecast.  Unbounded ones are
    divided by the usual size of a yearly change, so that components and areas can share variances:
    one unit for the component, or one for each area where areas are on very different scales.
    """
    upper = panel.upper
    shape = panel.value.shape[:2]
    centre, unit = np.zeros(shape), np.ones(shape)
    alone = np.zeros(shape[1], dtype=bool)
    draft = Link(upper=upper, centre=centre, unit=unit, alone=alone)
    free = np.flatnonzero(np.isnan(upper))
    steps = np.diff(draft.forward(panel.value)[:, ~np.isnan(upper)], axis=2)
    reference = _size(steps, fallback=1.0)
    common = _common_units(panel.value[:, free])
    for c, size in zip(free, common, strict=True):
        x = panel.value[:, c]
        last, known = _last(x), (~np.isnan(x)).any(axis=1)
        alone[c] = _uneven(x)
        # Areas on one scale share a centre, or the differences between them would be gone in the last year.
        centre[:, c] = last if alone[c] else last.sum() / max(known.sum(), 1)
        unit[:, c] = (_own_units(x) if alone[c] else size) / reference
    return Link(upper=upper, centre=centre, unit=unit, alone=alone)


def _size(steps: Floats, fallback: float) -> float:
    size = np.sqrt(np.nanmean(steps**2)) if np.isfinite(steps).any() else 0.0
    return float(size) if size > 0 else fallback


def _last(x: Floats) -> Floats:
    """Last known value of each row of (A, T); 0 for an empty row."""
    known = ~np.isnan(x)
    place = x.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return np.where(known.any(axis=1), np.nan_to_num(x[np.arange(len(x)), place]), 0.0)


def _common_units(x: Floats) -> Floats:
    """Usual size of a yearly change of each component, shape (C,), from (A, C, T).

    A component that was never seen to change takes the other components' usual change as a part of how
    far areas lie apart, or of their level where there is one area; one percent where nothing tells.
    """
    moves = np.array([_size(np.diff(component, axis=1), fallback=0.0) for component in x.transpose(1, 0, 2)])
    known = moves > 0
    for size in (_apart(x), _levels(x)):
        enough = known & (size > 0)
        if enough.any():
            usual = float(np.median(moves[enough] / size[enough]))
            moves = np.where(moves > 0, moves, usual * size)
    moves = np.where(moves > 0, moves, _levels(x) / 100)
    return np.where(moves > 0, moves, 1.0)


def _apart(x: Floats) -> Floats:
    """Root mean square distance of areas from their year's mean, shape (C,); 0 where areas are alone."""
    known = ~np.isnan(x)
    count = known.sum(axis=0)
    rest = np.where(known, x - np.nansum(x, axis=0) / np.maximum(count, 1), 0.0)
    free = np.maximum(count - 1, 0).sum(axis=1)
    return np.asarray(np.sqrt((rest**2).sum(axis=(0, 2)) / np.maximum(free, 1)))


def _levels(x: Floats) -> Floats:
    """Mean size of the values of each component, shape (C,)."""
    return np.asarray(np.nansum(np.abs(x), axis=(0, 2)) / np.maximum((~np.isnan(x)).sum(axis=(0, 2)), 1))


def _own_units(x: Floats) -> Floats:
    """Root mean square change of each area, recent changes counting more, shape (A,)."""
    steps = np.diff(x, axis=1)
    age = np.arange(steps.shape[1])[::-1]
    weight = np.where(np.isnan(steps), 0.0, 0.5 ** (age / HALF_LIFE))
    total = weight.sum(axis=1)
    mean_square = (weight * np.nan_to_num(steps) ** 2).sum(axis=1) / np.where(total > 0, total, 1.0)
    level = np.nansum(np.abs(x), axis=1) / np.maximum((~np.isnan(x)).sum(axis=1), 1)
    own = np.sqrt(mean_square)
    moves = (own > 0) & (level > 0)
    usual = float(np.median(own[moves] / level[moves])) if moves.any() else 0.01
    return np.where(own > 0, own, np.where(level > 0, usual * level, 1.0))


def _uneven(x: Floats) -> bool:
    """Tell whether log sizes of change differ between areas by far more than chance."""
    steps = np.diff(x, axis=1)
    n = (~np.isnan(steps)).sum(axis=1)
    square = np.nansum(steps**2, axis=1)
    ok = (n >= 2) & (square > 0)
    if ok.sum() < 2:
        return False
    sizes = np.log(square[ok] / n[ok]) / 2
    chance = np.mean(1 / (2 * n[ok]))
    return bool(np.var(sizes, ddof=1) - chance > UNEVEN**2)
