"""Table of the scenarios side by side."""

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Table
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import Field, Record, TableSpec, beside_picture, on_page, say


def scenarios(result: Result, lang: str) -> TableSpec:
    """Total, difference, rank, each with its range, and the chance of each target.

    A scenario that cannot be computed has dashes, and the reason below.
    """
    goals = result.scenario_targets.drop_duplicates(["quantity", "value"])
    chances = [_chance(result, goal, lang) for _, goal in goals.iterrows()]
    by_day = [_name(goal) for _, goal in goals.sort_values("set_on", kind="stable").iterrows()]
    total, rank = ("lower", "upper"), ("rank_lower", "rank_upper")
    difference = ("difference_lower", "difference_upper")

    def rank_range(record: Record) -> str:
        text = reading.span(record["rank_lower"], record["rank_upper"], lang, decimals=0)
        return "" if text == labels.MISSING else text

    def reason_text(record: Record) -> str:
        reason = reading.sentence(record["reason"], lang)
        return labels.text("scenario_table.untold", lang, reason=reason) if reason else ""

    return TableSpec(
        lang,
        say("scenario_table.caption", year=result.spec.target_year),
        result.scenarios,
        (
            c.words("scenario", "scenario_table.scenario", lambda r: reading.scenario_name(r, lang)),
            c.figure(
                *("total", "component.total", "points", "median"),
                ends=total,
                decimals=1,
                mark=c.range_below(total, lang, decimals=1),
            ),
            c.span("range", "head.range", total, lang),
            c.figure(
                *("difference", "scenario_table.difference", "change"),
                ends=difference,
                mark=c.range_below(difference, lang),
            ),
            c.span("difference_range", "head.range", difference, lang, decimals=2),
            c.figure("rank", "head.rank", "count", "rank_median", ends=rank, mark=rank_range),
            *chances,
            c.sentence("reason", "reason", lang),
        ),
        ("scenario", "total", "difference", "rank", *by_day),
        name="scenarios",
        key=("scenario",),
        notes=("scenario_table.note",),
        sheet_notes=("scenario_table.note",),
        absent="absent.scenarios",
        detail=reason_text,
    )


scenario_table = on_page(scenarios)


def _name(goal: Record) -> str:
    return f"p_{goal['quantity']}_{labels.plain(float(goal['value']), 'en')}"


def _chance(result: Result, goal: Record, lang: str) -> Field:
    """Declare the column of one target's chance in each scenario."""
    rows = result.scenario_targets
    matching = rows.loc[(rows["quantity"] == goal["quantity"]) & (rows["value"] == goal["value"])]
    chances = dict(zip(matching["scenario"], matching["probability"], strict=True))
    heading = say("scenario_table.chance", target=reading.target_name(goal, lang))
    return c.figure(_name(goal), heading, "chance", lambda r: chances.get(r["scenario"]))


def scenario_figures(result: Result, rows: pd.DataFrame, lang: str) -> Table:
    """Tabulate what the picture of the scenarios shows."""
    columns = ("scenario", "total", "range", "difference", "difference_range")
    caption = say("scenario_table.figure", year=result.spec.target_year)
    return beside_picture(scenarios(result, lang), *columns, caption=caption, records=rows)
