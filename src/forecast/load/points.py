"""Rules for what stands below the domains: criteria and their scoring, forms, self-scores, remedies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from forecast import rules
from forecast.errors import SpecError
from forecast.framework import TOTAL
from forecast.load.cells import not_among

Finding = tuple[int, str, str, dict[str, Any]]  # row, column, key, facts

INDICATORLESS = ("manual",)


def scoring(frameworks: pd.DataFrame, indicators: pd.DataFrame) -> Iterator[Finding]:
    """Judge how criteria are scored: readable rules, within the maximum, on indicators that exist."""
    codes = tuple(sorted(set(indicators["indicator_code"])))
    for row in _each(frameworks):
        text, indicator = str(row.rule), str(row.indicator)
        if indicator and indicator not in codes:
            yield row.row, "indicator", *not_among(indicator, codes)
        if not text:
            if indicator:
                yield row.row, "rule", "expect.rule_for_indicator", {"indicator": indicator}
            continue
        try:
            rule = rules.parse(text)
        except SpecError as refusal:
            yield row.row, "rule", refusal.key, refusal.facts
            continue
        maximum = float(row.max_score)
        if rule.most(maximum) > maximum + rules.TOLERANCE:
            yield row.row, "rule", "expect.rule_within", {"high": maximum}
        if rule.kind in INDICATORLESS and indicator:
            yield row.row, "rule", "expect.rule_for_indicator", {"indicator": indicator}


def submissions(frame: pd.DataFrame, components: frozenset[str]) -> Iterator[Finding]:
    """Judge stored forms: known components, and low, likely and high all there and in order."""
    yield from _known_components(frame, components)
    for row in _each(frame):
        given = [row.low, row.likely, row.high]
        if any(pd.isna(value) for value in given) and not all(pd.isna(value) for value in given):
            yield row.row, "likely", "expect.all_three", {}
        if row.low > row.likely or row.likely > row.high:
            yield row.row, "likely", "expect.low_likely_high", {}


def self_scores(frame: pd.DataFrame, components: frozenset[str]) -> Iterator[Finding]:
    """Judge self-scores: known components, nothing above the maximum, no appraisal before its year's end."""
    yield from _known_components(frame, components)
    for row in _each(frame):
        if not pd.isna(row.appraised_score) and row.published_on.year <= row.year:
            yield row.row, "published_on", "expect.after_year", {}
        for column in ("self_score", "appraised_score"):
            if getattr(row, column) > row.max_score:
                yield row.row, column, "expect.at_most", {"high": float(row.max_score)}


def remedies(frame: pd.DataFrame, components: frozenset[str], units: pd.DataFrame) -> Iterator[Finding]:
    """Judge remedies: known units and components; an effect needs a component that it is an effect on."""
    yield from _known_components(frame[frame["component"] != ""], components)
    names = tuple(units["unit"])
    aliases = {alias.strip() for text in units["aliases"] for alias in text.split("|")}
    for row in _each(frame):
        if names and row.unit not in names and row.unit not in aliases:
            yield row.row, "unit", *not_among(row.unit, names)
        if row.expected_effect > 0 and not row.component:
            yield row.row, "component", "expect.component_of_effect", {}


def _known_components(frame: pd.DataFrame, components: frozenset[str]) -> Iterator[Finding]:
    if not components:
        return
    allowed = tuple(sorted(components - {TOTAL}))
    for row in _each(frame[~frame["component"].isin(allowed)]):
        yield row.row, "component", *not_among(row.component, allowed)


def _each(frame: pd.DataFrame) -> Iterator[Any]:
    """Walk rows as named tuples; the stubs give each field the union of all types."""
    yield from frame.itertuples(index=False)
