"""Current indicators beside the scores of the same years: what there is to learn from, year by year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from forecast import labels, reading, report
from forecast.desk.views import View, said
from forecast.markup import Cell, Column, Row, Table, row
from forecast.news import surprise
from forecast.spec import same_day

if TYPE_CHECKING:
    from forecast.desk.steps import Steps
    from forecast.load import Known
    from forecast.result import Result

FEWEST: Final = 3  # years with both, before they are compared
COLUMNS: Final = (
    "indicator",
    "name",
    "component",
    "unit",
    "period",
    "year",
    "value",
    "usual",
    "score",
    "change",
)


def indicators(steps: Steps, lang: str) -> View:
    """Show this year's indicators and what they move, and past years' beside the scores: `frame`."""
    result = steps.result()
    frame = pairs(result, steps.known())
    parts = (report.news_table(result, lang=lang), _table(frame, result, lang))
    return View(said(result, lang, *parts), frame)


def pairs(result: Result, known: Known) -> pd.DataFrame:
    """Put each indicator's figure of a year beside the score of that year.

    The figure is of the latest months known on the same day of its year, so that all are of one kind.

    Returns
    -------
    DataFrame
        `COLUMNS`: usual is the mean of the same months of earlier years; score the area's published total
        of the year in percent, change what it rose from the year before (NaN if either is missing; for the
        target year the forecast's).
    """
    spec = result.spec
    own = known.indicators[known.indicators["area"] == spec.area]
    scores = reading.history(result, reading.TOTAL).set_index("year")["score"].astype(float)
    forecast = pd.Series({spec.target_year: reading.quantile(result, reading.TOTAL, 0.5)})
    scores = pd.concat([scores, forecast])
    rows = []
    for code, figures in own.groupby("indicator_code", sort=True):
        first = figures.iloc[0]
        for year in sorted(set(figures["first_day"].dt.year) & set(scores.index)):
            told = surprise(figures, int(year), same_day(spec.as_of, int(year) - spec.target_year))
            if told is not None:
                facts = (code, first["indicator_name_vi"], first["linked_domain"], first["unit"])
                change = scores.get(year, np.nan) - scores.get(year - 1, np.nan)
                rows.append((*facts, told.period, int(year), told.value, told.usual, scores[year], change))
    return pd.DataFrame(rows, columns=list(COLUMNS)).round(4)


def _table(frame: pd.DataFrame, result: Result, lang: str) -> Table:
    lines = [
        _line(group, result, lang)
        for _, group in frame.groupby("indicator", sort=False)
        if len(group) and (group["year"] < result.spec.target_year).any()
    ]
    return Table(
        caption=labels.text("desk.indicators.caption", lang),
        columns=(
            Column(labels.text("news.indicator", lang)),
            *(
                Column(labels.text(f"desk.indicators.{name}", lang), numeric=True)
                for name in ("years", "past", "now", "alike")
            ),
        ),
        rows=tuple(lines),
        notes=(labels.text("desk.indicators.note", lang, fewest=FEWEST),),
    )


def _line(group: pd.DataFrame, result: Result, lang: str) -> Row:
    past = group[group["year"] < result.spec.target_year]
    now = group[group["year"] == result.spec.target_year]
    both = past.dropna(subset=["change"])
    alike = _alike(both)
    first = group.iloc[-1]
    shown = [_past(record, lang) for _, record in past.iterrows()]
    about = ", ".join(filter(None, (str(first["component"]), str(first["unit"]))))
    current: Cell | str = labels.MISSING
    if len(now):
        record: pd.Series[Any] = now.iloc[-1]
        current = Cell(_figure(record["value"], lang), reading.period(str(record["period"]), lang))
    return row(
        Cell(str(first["name"]), about),
        str(len(both)),
        "; ".join(shown),
        current,
        labels.MISSING
        if alike is None
        else labels.text("desk.indicators.of", lang, same=alike, all=len(both)),
    )


def _past(record: pd.Series[Any], lang: str) -> str:
    """Write a past year: value, and in brackets how the score changed."""
    change = labels.signed(record["change"], 1, lang)
    return f"{int(record['year'])}: {_figure(record['value'], lang)} ({change})"


def _alike(both: pd.DataFrame) -> int | None:
    """In how many years score and indicator went the same way; None where there are too few."""
    if len(both) < FEWEST:
        return None
    above = both["value"] - both["usual"]
    return int((np.sign(above) == np.sign(both["change"])).sum())


def _figure(value: float, lang: str) -> str:
    return labels.number(value, 0 if abs(value) >= 1000 else 1, lang)
