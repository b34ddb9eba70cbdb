"""Doubt a table of totals whose order of provinces is that of another index: the wrong table was given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.indexes import INDEXES
from forecast.base.labels import Phrase
from forecast.data.framework import TOTAL
from forecast.data.load import Vintages
from forecast.intake.doubts.history import History, history
from forecast.intake.doubts.plausible import FEWEST, correlation
from forecast.intake.doubts.scores import Case, Doubt

# Gain in rank correlation with the year before: true tables gain at most 0.01, exchanged ones 0.22 and more
# (PAR and SIPAS of an office, PCI, PAPI).
GAIN: Final = 0.12


def of_other_index(
    case: Case, known: History, now: Vintages, index_code: str, day: dt.date
) -> Iterator[Doubt]:
    """Doubt totals that are more like those of another index, of the year or the one before, than their own.

    `known`: of the index itself; nothing is said of fewer than `FEWEST` provinces known in both.
    """
    totals = case.percent.get(TOTAL)
    if totals is None or len(totals) < FEWEST:
        return
    own = _likeness(totals, known.totals(case.year - 1))
    others = {
        code: max(_likeness(totals, other.totals(year)) for year in (case.year, case.year - 1))
        for code in sorted(INDEXES.keys() - {index_code})
        for other in [history(now, code, day)]
    }
    code = max(others, key=others.__getitem__)
    if own > -1 and others[code] > own + GAIN:
        facts = {"index": Phrase(f"index.{code}"), "like": round(others[code], 2), "own": round(own, 2)}
        yield Doubt("doubt.other_index", component=TOTAL, facts=facts)


def _likeness(totals: pd.Series[float], other: pd.Series[float]) -> float:
    """Rank correlation; -1 where too few provinces are known in both."""
    both = correlation(np.asarray(totals, dtype=float), np.asarray(other.reindex(totals.index), dtype=float))
    return -1.0 if np.isnan(both) else both
