"""SIPAS: the forecast, what sampling alone can make, and the years beside the country's mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.base import labels
from forecast.desk.views import View, said
from forecast.pages import reading, report
from forecast.pages.markup import Cell, Column, Table, row

if TYPE_CHECKING:
    from forecast.answer.result import Result
    from forecast.desk.steps import Steps


def survey(steps: Steps, lang: str) -> View:
    """Show SIPAS; `frame` has a row a year: score, rank, national (mean), ahead (score less mean)."""
    result = steps.told()
    frame = by_year(result)
    return View(said(result, lang, report.sipas(result, lang=lang), _table(result, frame, lang)), frame)


def by_year(result: Result) -> pd.DataFrame:
    """Give the area's published SIPAS and the country's mean: year, score, rank, national, ahead, method."""
    rows, code = result.evidence, reading.survey(result.spec.index_code)
    means = rows[
        (rows["index_code"] == code)
        & (rows["statistic"] == "mean")
        & (rows["component"] == reading.TOTAL)
        & (rows["use"] == "mean")
    ]
    national = means.groupby("year")["observed_share"].mean() * 100
    own = (
        reading.history(result, reading.TOTAL, index_code=code).set_index("year").iloc[: None if code else 0]
    )
    years = sorted({int(year) for year in [*own.index, *national.index]})
    frame = pd.DataFrame({"year": years, "national": national.reindex(years).round(2).to_numpy()})
    for name in ("score", "rank"):
        frame[name] = own[name].reindex(years).to_numpy(dtype=float)
    frame["ahead"] = np.round(frame["score"] - frame["national"], 2)
    return frame[["year", "score", "rank", "national", "ahead"]]


def _table(result: Result, frame: pd.DataFrame, lang: str) -> Table:
    lines = [
        row(
            str(int(record["year"])),
            Cell(
                labels.number(record["score"], 2, lang),
                ""
                if np.isnan(record["rank"])
                else labels.text("evidence.rank", lang, rank=int(record["rank"])),
            ),
            labels.number(record["national"], 2, lang),
            labels.signed(record["ahead"], 2, lang),
        )
        for _, record in frame.iterrows()
    ]
    place = reading.place_name(result.spec.area, lang)
    return Table(
        caption=labels.text("desk.survey.caption", lang, place=place),
        columns=(
            Column(labels.text("desk.year_head", lang)),
            *(
                Column(labels.text(f"desk.survey.{name}", lang), numeric=True)
                for name in ("score", "national", "ahead")
            ),
        ),
        rows=tuple(lines),
        notes=(labels.text("desk.survey.note", lang),),
        form="plain",
    )
