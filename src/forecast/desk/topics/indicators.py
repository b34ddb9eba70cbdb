"""Compare each indicator's yearly figures with the scores of the same years."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.answer.indicators import figures_at, name_of
from forecast.answer.result import Result
from forecast.base import labels
from forecast.data.load import Known
from forecast.desk.steps import Steps
from forecast.desk.views import View, with_note
from forecast.pages import reading, report
from forecast.pages.markup import Cell, Column, Row, Table, row

FEWEST: Final = 3  # years with both, before they are compared
COLUMNS: Final = (
    *("indicator", "name", "component", "unit", "period", "year", "value", "usual", "score", "change"),
)


def indicators(steps: Steps, lang: str) -> View:
    """Show this year's indicators and what they move, and past years' beside the scores: `frame`."""
    result = steps.result()
    frame = pairs(result, steps.known(), lang)
    parts = (report.current_table(result, lang=lang), _table(frame, result, lang))
    return View(with_note(result, lang, *parts), frame)


def pairs(result: Result, known: Known, lang: str) -> pd.DataFrame:
    """Put each indicator's figure of a year beside the score of that year.

    The figure is the one known on the same day of its year, so that all are of one kind.

    Gives `COLUMNS`: usual is the mean of earlier years on the same day; score the area's published total of
    the year in percent, change what it rose from the year before (NaN if either is missing; for the target
    year the forecast's).
    """
    spec = result.spec
    figures = figures_at(known, spec.target_year, spec.as_of)
    own = figures[figures["area"] == spec.area]
    units = dict(zip(known.indicator_types["indicator_code"], known.indicator_types["unit"], strict=True))
    scores = reading.history(result, reading.TOTAL).set_index("year")["score"].astype(float)
    scores[spec.target_year] = reading.quantile(result, reading.TOTAL, 0.5)
    rows = []
    for code, part in own.groupby("indicator", sort=True):
        facts = (code, name_of(known, str(code), lang), str(part["component"].iloc[0]), units[str(code)])
        values = {int(y): float(v) for y, v in zip(part["year"], part["value"], strict=True)}
        periods = dict(zip(part["year"], part["period"], strict=True))
        for year in sorted(set(values) & set(scores.index)):
            earlier = [value for other, value in values.items() if other < year]
            usual = float(np.mean(earlier)) if earlier else np.nan
            change = scores[year] - scores.get(year - 1, np.nan)
            rows.append((*facts, periods[year], year, values[year], usual, scores[year], change))
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
            Column(labels.text("head.indicator", lang)),
            *(
                Column(labels.text(f"desk.indicators.{name}", lang), numeric=name != "past")
                for name in ("years", "past", "now", "alike")
            ),
        ),
        rows=tuple(lines),
        notes=(labels.text("desk.indicators.note", lang, fewest=FEWEST),),
    )


def _line(group: pd.DataFrame, result: Result, lang: str) -> Row:
    past = group[group["year"] < result.spec.target_year]
    now = group[group["year"] == result.spec.target_year]
    both = past.dropna(subset=["change", "usual"])
    alike = _alike(both)
    first = group.iloc[-1]
    texts = [_past(record, lang) for _, record in past.iterrows()]
    about = ", ".join(filter(None, (str(first["component"]), str(first["unit"]))))
    current: Cell | str = labels.MISSING
    if len(now):
        record: pd.Series[Any] = now.iloc[-1]
        current = Cell(_figure(record["value"], lang), reading.period(str(record["period"]), lang))
    return row(
        Cell(str(first["name"]), about),
        str(len(both)),
        "; ".join(texts),
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
