"""Show when each year's figures became known, and how many rows of each table count on the day."""

import pandas as pd

from forecast.base import labels
from forecast.data.load import Known
from forecast.desk.steps import Steps
from forecast.desk.views import View, with_note
from forecast.pages.markup import Table
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import Record, TableSpec, draw_table, say


def vintages(steps: Steps, lang: str) -> View:
    """Show announcements and counts; `frame` has a row an index and year."""
    known = steps.known()
    frame = by_year(known)
    return View(with_note(steps.main_result(), lang, _years(frame, lang), _counts(known, lang)), frame)


def by_year(known: Known) -> pd.DataFrame:
    """Give when a year's result was out and how many of its scores are known.

    Gives index_code, year, announced_on, precision, months (from the year's end), scores, provinces.
    """
    rows = known.announcements[["index_code", "year", "announced_on", "precision"]]
    ends = pd.to_datetime(rows["year"].astype(str) + "-12-31")
    months = ((rows["announced_on"] - ends).dt.days / 30.44).round(1)
    own = known.scores.groupby(["index_code", "year"])
    counts = own.size().rename("scores")
    places = known.scores[known.scores["statistic"] == "value"].groupby(["index_code", "year"])["area"]
    frame = rows.assign(months=months).merge(counts, on=["index_code", "year"], how="left")
    frame = frame.merge(places.nunique().rename("provinces"), on=["index_code", "year"], how="left")
    return frame.fillna({"scores": 0, "provinces": 0}).astype({"scores": int, "provinces": int})


def _years(frame: pd.DataFrame, lang: str) -> Table:
    def announced(record: Record) -> str:
        key = "desk.vintages.day" if record["precision"] == "day" else "desk.vintages.by"
        return labels.text(key, lang, day=labels.day(record["announced_on"], lang))

    fields = (
        c.words("year", "desk.vintages.year", lambda r: f"{r['index_code']} {int(r['year'])}"),
        c.words("announced", "desk.vintages.announced", announced),
        c.figure("months", "desk.vintages.months", "points", decimals=1),
        *(c.figure(name, f"desk.vintages.{name}", "count") for name in ("scores", "provinces")),
    )
    return draw_table(TableSpec(lang, "desk.vintages.caption", frame, fields))


def _counts(known: Known, lang: str) -> Table:
    names = ("rows", "known", "later", "undated", "set_aside", "taken")
    fields = (
        c.code("table", "desk.counts.table", "table", lang),
        *(c.figure(name, f"desk.counts.{name}", "count") for name in names),
    )
    caption = say("desk.counts.caption", as_of=known.as_of)
    return draw_table(TableSpec(lang, caption, known.counts, fields, notes=("desk.counts.note",)))
