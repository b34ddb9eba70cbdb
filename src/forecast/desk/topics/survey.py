"""Show SIPAS: the forecast, its sampling error, and the area's years next to the country's mean."""

import numpy as np
import pandas as pd

from forecast.answer.result import Result
from forecast.data.tables import pick
from forecast.desk.steps import Steps
from forecast.desk.views import View, with_note
from forecast.pages import reading, report
from forecast.pages.markup import Table
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import TableSpec, draw_table, say


def survey(steps: Steps, lang: str) -> View:
    """Show SIPAS; `frame` has a row a year: score, rank, national (mean), ahead (score less mean)."""
    result = steps.main_result()
    frame = by_year(result)
    return View(with_note(result, lang, report.sipas(result, lang=lang), _table(result, frame, lang)), frame)


def by_year(result: Result) -> pd.DataFrame:
    """Give the area's published SIPAS and the country's mean: year, score, rank, national, ahead, method."""
    code = reading.survey(result.spec.index_code)
    means = pick(result.evidence, index_code=code, statistic="mean", component=reading.TOTAL, use="mean")
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
    fields = (
        c.whole("year", "head.year"),
        c.figure("score", "head.result", "points", mark=lambda r: reading.rank_mark(r["rank"], lang)),
        c.figure("national", "desk.survey.national", "points"),
        c.figure("ahead", "desk.survey.ahead", "change"),
    )
    caption = say("desk.survey.caption", place=reading.place_name(result.spec.area, lang))
    return draw_table(TableSpec(lang, caption, frame, fields, notes=("desk.survey.note",), form="plain"))
