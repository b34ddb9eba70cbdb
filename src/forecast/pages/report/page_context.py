"""Give a page its context: who issued it, links to the other pages, and the run's record."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from forecast.answer.result import Result
from forecast.base import incoming, labels
from forecast.base.errors import ForecastError
from forecast.data.issuer import FILE, Issuer, parse
from forecast.pages import reading
from forecast.pages.markup import Table
from forecast.pages.tables import data
from forecast.pages.tables.spec import draw_table

PAGES: Final = ("meeting", "total", "scorecard", "departments", "backtest", "data")
INDEX: Final = "../index.html"
MANIFEST: Final = "manifest.json"


def issuer(run_dir: str) -> Issuer:
    """Read who issues the report: from the run's own copy of the file, else the department in charge."""
    place = Path(run_dir) / "data" / FILE
    if not run_dir or not place.is_file():
        return Issuer()
    try:
        return parse(incoming.content(place))
    except ForecastError:
        return Issuer()


def issue_line(result: Result, run_dir: str, *, lang: str) -> str:
    """Say who issues a page, whom to ask, the day it was made and the day of its figures."""
    by = issuer(run_dir)
    parts = [f"{by.unit(lang) or labels.text('page.unit', lang)}."]
    if by.contact:
        parts.append(labels.text("page.contact", lang, contact=by.contact))
    record = run_record(run_dir)
    if started := str(record.get("volatile", {}).get("started_at", "")):
        made_on = dt.datetime.fromisoformat(started).date()
        parts.append(labels.text("page.made", lang, day=labels.day(made_on, lang)))
    parts.append(f"{labels.text('page.subtitle', lang, as_of=result.spec.as_of)}.")
    if name := record.get("run_id"):
        parts.append(labels.text("page.run", lang, run_id=name))
    return " ".join(parts)


def links(result: Result, stem: str, *, lang: str) -> tuple[tuple[str, str], ...]:
    """Give address and name of the other pages, the list of reports last."""
    domains = [
        (f"domain-{name}", reading.short_name(name, lang)) for name in reading.domains(result)["component"]
    ]
    pages = [(name, labels.text(f"page.link.{name}", lang)) for name in PAGES]
    every = [*pages[:2], *domains, *pages[2:]]
    others = [(f"{name}.html", text) for name, text in every if name != stem]
    return (*others, (INDEX, labels.text("page.index", lang)))


def run_record(run_dir: str) -> dict[str, Any]:
    """Read the record of the run that a notebook is part of; empty where it is part of none."""
    if not run_dir:
        return {}
    for folder in (Path(run_dir), Path(run_dir).parent):
        if (folder / MANIFEST).is_file():
            record: dict[str, Any] = incoming.record_of(folder / MANIFEST)
            return record
    return {}


def _commit(run: Mapping[str, Any], lang: str) -> str:
    volatile = run.get("volatile", {})
    commit = str(volatile.get("commit", ""))[:12]
    return labels.text("quality.dirty", lang, commit=commit) if commit and volatile.get("dirty") else commit


def quality_table(result: Result, run: Mapping[str, Any] | None = None, *, lang: str) -> Table:
    """Tabulate the record of a run: its name, day, commit, settings, and hashes of what went in."""
    run = run or {}
    checks = run.get("checks", [])
    passed = {"good": sum(check["good"] for check in checks), "all": len(checks)}
    spec = result.spec
    items = {
        "run_id": run.get("run_id", ""),
        "as_of": labels.day(spec.as_of, lang),
        "commit": _commit(run, lang),
        "draws": labels.number(spec.draws, 0, lang),
        "seed": str(spec.seed),
        "checked": labels.text("quality.checks", lang, **passed) if checks else "",
    }
    rows = [(labels.text(f"quality.{name}", lang), value) for name, value in items.items() if value]
    hashes = run.get("inputs", {}).get("data", {})
    rows += [(labels.text("quality.hash", lang, file=file), digest[:16]) for file, digest in hashes.items()]
    return draw_table(data.items(rows, lang, caption="quality.caption"))
