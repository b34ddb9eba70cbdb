"""What stands around a page: who issued it and when, and the way to the other pages of the run."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

from forecast.answer.result import Result
from forecast.base import incoming, labels
from forecast.base.errors import ForecastError
from forecast.data.issuer import FILE, Issuer, parsed
from forecast.pages import reading
from forecast.pages.report.quality import run_record

PAGES: Final = ("meeting", "total", "scorecard", "departments", "backtest", "data")
INDEX: Final = "../index.html"


def issuer(run_dir: str) -> Issuer:
    """Read who issues the report: from the run's own copy of the file, else the department in charge."""
    place = Path(run_dir) / "data" / FILE
    if not run_dir or not place.is_file():
        return Issuer()
    try:
        return parsed(incoming.content(place))
    except ForecastError:
        return Issuer()


def issued(result: Result, run_dir: str, *, lang: str) -> str:
    """Say who issues a page, whom to ask, the day it was made and the day of its figures."""
    by = issuer(run_dir)
    parts = [f"{by.unit(lang) or labels.text('page.unit', lang)}."]
    if by.contact:
        parts.append(labels.text("page.contact", lang, contact=by.contact))
    record = run_record(run_dir)
    if started := str(record.get("volatile", {}).get("started_at", "")):
        made = dt.datetime.fromisoformat(started).date()
        parts.append(labels.text("page.made", lang, day=labels.day(made, lang)))
    parts.append(f"{labels.text('page.subtitle', lang, as_of=result.spec.as_of)}.")
    if name := record.get("run_id"):
        parts.append(labels.text("page.run", lang, run_id=name))
    return " ".join(parts)


def links(result: Result, here: str, *, lang: str) -> tuple[tuple[str, str], ...]:
    """Give address and name of the other pages, the list of reports last."""
    domains = [
        (f"domain-{name}", reading.short_name(name, lang)) for name in reading.domains(result)["component"]
    ]
    pages = [(name, labels.text(f"page.link.{name}", lang)) for name in PAGES]
    every = [*pages[:2], *domains, *pages[2:]]
    found = [(f"{name}.html", text) for name, text in every if name != here]
    return (*found, (INDEX, labels.text("page.index", lang)))
