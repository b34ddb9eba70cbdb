"""Sentences that say what a forecast rests on and what it leaves out."""

from collections.abc import Iterator, Sequence

import numpy as np

from forecast.base.arrays import Flags
from forecast.base.labels import Phrase, shortened
from forecast.model.calibrate import CENTRAL
from forecast.model.combine import OWN_YEARS
from forecast.model.fitted_ensemble import ENSEMBLE, FittedEnsemble
from forecast.model.joined import FittedWithSums
from forecast.model.panel import Panel
from forecast.model.sums import Sum, broken


def basis(fit: FittedEnsemble | FittedWithSums, target_year: int) -> Iterator[Phrase]:
    """Say how large the table is, on what scale it is worked, which models weigh what, and what held."""
    panel = fit.panel
    known = int((~np.isnan(panel.value)).sum())
    yield Phrase(
        "rests.table",
        {
            "areas": len(panel.areas),
            "components": len(panel.components),
            "first": panel.years[0],
            "last": panel.origin,
            "known": known,
            "cells": panel.value.size,
        },
    )
    bounded = ~np.isnan(panel.upper)
    for key, which in (
        ("rests.share", bounded),
        ("rests.common", ~bounded & ~fit.link.alone),
        ("rests.own", fit.link.alone),
    ):
        names = [panel.components[c] for c in np.flatnonzero(which)]
        if names:
            yield Phrase(key, {"names": shortened(names)})
    yield Phrase("rests.breaks", {"years": list(panel.breaks)}) if panel.breaks else Phrase("rests.no_breaks")
    weights = sorted(fit.weights.items(), key=lambda pair: -pair[1])
    yield Phrase(
        "rests.weights", {"weights": [f"{name} {100 * w:.0f}%" for name, w in weights if w >= 0.005]}
    )
    if fit.past is None:
        return
    factor = round(fit.calibration.at(target_year - panel.origin), 2)
    years = fit.past.years
    facts = {"count": len(years), "first": years[0], "last": years[-1], "cells": fit.past.cells}
    shares = [
        f"{100 * level:.0f}% → {100 * s:.0f}%" for level, s in zip(CENTRAL, fit.past.shares, strict=True)
    ]
    yield Phrase("rests.past", {**facts, "shares": shares})
    yield Phrase("rests.widened", {"factor": factor}) if factor > 1 else Phrase("rests.not_widened")


def left_out(fit: FittedEnsemble | FittedWithSums, names: Sequence[str], target_year: int) -> list[Phrase]:
    """Say which models have no forecast of which components and why, and what rests on other figures."""
    panel = fit.panel
    has_values = np.asarray((~np.isnan(panel.value)).any(axis=2))
    young = [
        name
        for c, name in enumerate(panel.components)
        if 0 < (~np.isnan(panel.value[:, c])).any(axis=0).sum() < OWN_YEARS
    ]
    phrases = [Phrase(key) for key in fit.notes]
    ahead, years = target_year - panel.origin, len(panel.years)
    if ahead > years:
        phrases.append(Phrase("yearly.far", {"year": target_year, "ahead": ahead, "known": years}))
    if isinstance(fit, FittedWithSums):
        for total in fit.sums:
            parts = [
                _weighed(panel, part, weight) for part, weight in zip(total.parts, total.weights, strict=True)
            ]
            phrases.append(Phrase("yearly.sum", {"name": panel.components[total.component], "parts": parts}))
            phrases += _unlike_parts(panel, total)
    if young and len(young) < len(panel.components):
        phrases.append(Phrase("yearly.young", {"names": shortened(young), "needed": OWN_YEARS}))
    for name in names:
        source = fit if name == ENSEMBLE else fit.fits.get(name)
        if source is not None:
            lost = np.isnan(source.quantiles(target_year, (0.5,))[..., 0]) & has_values
            phrases += _silent(fit, name, np.asarray(lost), has_values)
    return phrases


def _unlike_parts(panel: Panel, total: Sum) -> Iterator[Phrase]:
    """Figures of a sum that its parts do not make: one of them is mistyped."""
    off = broken(panel.value, total)
    if off:
        area, year, made = off[0]
        facts = {"area": panel.areas[area], "name": panel.components[total.component], "count": len(off)}
        facts |= {"year": str(panel.years[year]), "made": float(f"{made:.6g}")}
        yield Phrase("yearly.sum_off", {**facts, "score": float(panel.value[area, total.component, year])})


def _weighed(panel: Panel, part: int, weight: float) -> str:
    name = panel.components[part]
    return name if abs(weight - 1) < 0.005 else f"{weight:.3g} × {name}"


def _silent(
    fit: FittedEnsemble | FittedWithSums, name: str, lost: Flags, has_values: Flags
) -> Iterator[Phrase]:
    """One sentence for each reason why a model gives nothing."""
    reasons: dict[str, list[str]] = {}
    for c in np.flatnonzero(lost.any(axis=0)):
        counts = (~np.isnan(fit.panel.value[:, c])).sum(axis=1)
        if fit.link.alone[c] and lost[:, c].sum() == has_values[:, c].sum():
            reason = "yearly.model_alone"
        else:
            reason = "yearly.model_few" if (counts[lost[:, c]] < 4).all() else "yearly.model_silent"
        part = f"{fit.panel.components[c]} ({lost[:, c].sum()}/{has_values[:, c].sum()})"
        reasons.setdefault(reason, []).append(part)
    for reason, parts in reasons.items():
        yield Phrase(reason, {"model": name, "names": shortened(parts)})
