"""Check what is below the domains: criteria and their scoring, forms, self-scores, remedies."""

from collections.abc import Collection, Iterator
from typing import Any

import pandas as pd

from forecast.base.errors import SpecError
from forecast.base.indexes import MAIN
from forecast.data import rules
from forecast.data.framework import TOTAL
from forecast.data.load.cells import Finding, each_row, unknown_values
from forecast.data.load.year_rules import from_first_year

INDICATORLESS = ("manual",)


def scoring(frameworks: pd.DataFrame, indicators: Collection[str]) -> Iterator[Finding]:
    """Judge how criteria are scored: readable rules, within the maximum, on indicators that exist."""
    codes = tuple(sorted(indicators))
    yield from unknown_values(frameworks[frameworks["indicator"] != ""], "indicator", codes)
    for row in each_row(frameworks):
        text, indicator = str(row.rule), str(row.indicator)
        if not pd.isna(row.deadline) and not row.first_year <= row.deadline.year <= row.last_year:
            facts = {"first": int(row.first_year), "last": int(row.last_year)}
            yield row.row, "deadline", "expect.deadline_within", facts
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
    yield from from_first_year(frame, "target_year")
    yield from _known_components(frame, components)
    for row in each_row(frame):
        values = [row.low, row.likely, row.high]
        if any(pd.isna(value) for value in values) and not all(pd.isna(value) for value in values):
            yield row.row, "likely", "expect.all_three", {}
        if row.low > row.likely or row.likely > row.high:
            yield row.row, "likely", "expect.low_likely_high", {}


def self_scores(frame: pd.DataFrame, components: frozenset[str]) -> Iterator[Finding]:
    """Judge self-scores: known components, nothing above the maximum, no appraisal before its year's end."""
    yield from from_first_year(frame.assign(index_code=MAIN))
    yield from _known_components(frame, components)
    for row in each_row(frame):
        if not pd.isna(row.appraised_score) and row.published_on.year <= row.year:
            yield row.row, "published_on", "expect.after_year", {}
        for column in ("self_score", "appraised_score"):
            if getattr(row, column) > row.max_score:
                yield row.row, column, "expect.at_most", {"high": float(row.max_score)}


def remedies(
    frame: pd.DataFrame, components: frozenset[str], units: pd.DataFrame, frameworks: pd.DataFrame
) -> Iterator[Finding]:
    """Judge remedies: known units and components; an effect within the maximum of its component."""
    yield from _known_components(frame[frame["component"] != ""], components)
    names = tuple(units["unit"])
    aliases = {alias.strip() for text in units["aliases"] for alias in text.split("|")}
    if names:
        yield from unknown_values(frame[~frame["unit"].isin(aliases)], "unit", names)
    for row in each_row(frame):
        if row.expected_effect > 0 and not row.component:
            yield row.row, "component", "expect.component_of_effect", {}
        highest = _highest(frameworks, row.component, _year_of(row))
        if highest and row.expected_effect > highest[0] + rules.TOLERANCE:
            facts = {"high": highest[0], "component": row.component, "framework": highest[1]}
            yield row.row, "expected_effect", "expect.effect_within", facts


def _year_of(remedy: Any) -> int:
    """Year that a remedy belongs to: its due day's, else the one in which it was recorded."""
    return int((remedy.recorded_on if pd.isna(remedy.due) else remedy.due).year)


def _highest(frameworks: pd.DataFrame, component: str, year: int) -> tuple[float, str] | None:
    """Maximum of a component in the year's framework (in none of the year's: the highest of all)."""
    own = frameworks[frameworks["component"] == component]
    if own.empty:
        return None
    in_force = own[(own["first_year"] <= year) & (own["last_year"] >= year)]
    row = (in_force if len(in_force) else own).sort_values("max_score").iloc[-1]
    return float(row["max_score"]), str(row["framework"])


def _known_components(frame: pd.DataFrame, components: frozenset[str]) -> Iterator[Finding]:
    if components:
        yield from unknown_values(frame, "component", tuple(sorted(components - {TOTAL})))
