"""When each year's figures became known, and how much of each table counts on the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from forecast.base import labels
from forecast.desk.views import View, said
from forecast.pages import reading
from forecast.pages.markup import Column, Table, row

if TYPE_CHECKING:
    from forecast.data.load import Known
    from forecast.desk.steps import Steps


def vintages(steps: Steps, lang: str) -> View:
    """Show announcements and counts; `frame` has a row an index and year."""
    known = steps.known()
    frame = by_year(known)
    return View(said(steps.told(), lang, _years(frame, lang), _counts(known, lang)), frame)


def by_year(known: Known) -> pd.DataFrame:
    """Give when a year's result was out and how many of its scores are known.

    Returns
    -------
    DataFrame
        index_code, year, announced_on, precision, months (from the year's end), scores, provinces.
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
    lines = [
        row(
            f"{record['index_code']} {int(record['year'])}",
            labels.text(
                "desk.vintages.day" if record["precision"] == "day" else "desk.vintages.by",
                lang,
                day=labels.day(record["announced_on"], lang),
            ),
            labels.number(record["months"], 1, lang),
            labels.number(record["scores"], 0, lang),
            labels.number(record["provinces"], 0, lang),
        )
        for _, record in frame.iterrows()
    ]
    return Table(
        caption=labels.text("desk.vintages.caption", lang),
        columns=(
            Column(labels.text("desk.vintages.year", lang)),
            Column(labels.text("desk.vintages.announced", lang)),
            *(
                Column(labels.text(f"desk.vintages.{name}", lang), numeric=True)
                for name in ("months", "scores", "provinces")
            ),
        ),
        rows=tuple(lines),
    )


def _counts(known: Known, lang: str) -> Table:
    names = ("rows", "known", "later", "undated", "set_aside", "taken")
    lines = [
        row(
            reading.named("table", str(record["table"]), lang),
            *(labels.number(record[name], 0, lang) for name in names),
        )
        for _, record in known.counts.iterrows()
    ]
    return Table(
        caption=labels.text("desk.counts.caption", lang, as_of=known.as_of),
        columns=(
            Column(labels.text("desk.counts.table", lang)),
            *(Column(labels.text(f"desk.counts.{name}", lang), numeric=True) for name in names),
        ),
        rows=tuple(lines),
        notes=(labels.text("desk.counts.note", lang),),
    )
