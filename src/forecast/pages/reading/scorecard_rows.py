"""Select and name rows of the scorecard, the indicators and the scenarios for pages."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages.reading.wording import code_name, own_words

BELOW_DOMAINS: Final = ("criterion", "subcriterion")
MOVING: Final = ("figures", "expert")  # what an effect of an indicator may rest on


def made_up(result: Result) -> bool:
    """Tell whether any maximum is made up, for a lesson or a test; then every page must say so."""
    return any("made_up" in set(table["max_status"]) for table in (result.scorecard, result.summary))


def has_criteria(result: Result) -> bool:
    """Tell whether the scorecard goes below the domains."""
    return bool(result.scorecard["kind"].isin(BELOW_DOMAINS).any())


def largest_losses(result: Result, kind: str, count: int = 0) -> pd.DataFrame:
    """Give the rows of one kind, those that lose most first; `count` of them, or all."""
    rows = result.scorecard.loc[result.scorecard["kind"] == kind]
    ordered = rows.sort_values("lost", ascending=False, kind="stable")
    return (ordered.head(count) if count else ordered).reset_index(drop=True)


def by_rank(result: Result, by: str) -> pd.DataFrame:
    """Give the finest components in the order of ``lever_rank`` or ``risk_rank``."""
    return result.scorecard.dropna(subset=by).sort_values(by, kind="stable").reset_index(drop=True)


def levers(result: Result) -> pd.DataFrame:
    """Give the finest components in which points can still be won, the most first."""
    rows = by_rank(result, "lever_rank")
    return rows.loc[rows["winnable"] > 0].reset_index(drop=True)


def finest(result: Result, component: str) -> pd.DataFrame:
    """Give the lowest components below a component, or itself if there are none."""
    rows = branch(result, component)
    return rows.loc[~rows["component"].isin(rows["parent"])].reset_index(drop=True)


def moving_indicators(result: Result) -> pd.DataFrame:
    """Give the indicators of the year that move points, the largest effect first."""
    rows = result.current.loc[result.current["by"].isin(MOVING) & result.current["effect"].notna()]
    return rows.sort_values("effect", key=abs, ascending=False, kind="stable").reset_index(drop=True)


def past_deadline(result: Result, rows: pd.DataFrame) -> pd.DataFrame:
    """Keep rows of the scorecard whose last day was over on the day of the figures, largest loss first."""
    over = rows.loc[rows["deadline"] < pd.Timestamp(result.spec.as_of)]
    return over.sort_values("lost", ascending=False, kind="stable").reset_index(drop=True)


def branch(result: Result, component: str) -> pd.DataFrame:
    """Give a component and all below it, in the framework's order, with their depth.

    Gives rows of the scorecard and depth: 0 for the component itself.
    """
    table = result.scorecard
    depth = {component: 0}
    for name, parent in zip(table["component"], table["parent"], strict=True):  # parents come first
        if parent in depth:
            depth[name] = depth[parent] + 1
    inside = table.loc[table["component"].isin(depth)]
    return inside.assign(depth=inside["component"].map(depth)).reset_index(drop=True)


def component_name(record: pd.Series[Any], lang: str) -> str:
    """Name a row by its code and, below the domains, the framework's name of it."""
    component = str(record["component"])
    name_in_catalogue = code_name("component", component, lang)
    if name_in_catalogue != component:
        return name_in_catalogue
    name = own_words((lang == "en" and record["name_en"]) or record["name_vi"])
    return f"{own_words(component)} {name}".strip()


def name_of(result: Result, component: str, lang: str) -> str:
    """Name a component that another table speaks of; one that the scorecard lacks by its code."""
    rows = result.scorecard.loc[result.scorecard["component"] == component]
    return (
        code_name("component", own_words(component), lang)
        if rows.empty
        else component_name(rows.iloc[0], lang)
    )


def scenario_name(record: pd.Series[Any], lang: str) -> str:
    """Name a scenario in the reader's language if it has a name there."""
    return own_words((lang == "en" and record["name_en"]) or record["name_vi"] or record["scenario"])


def days(value: float, lang: str) -> str:
    """Write a count of days or rows; a dash where there is none."""
    return labels.number(value, 0, lang)
