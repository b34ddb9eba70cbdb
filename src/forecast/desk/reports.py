"""Make a report from a notebook, and find the day and year of the latest report."""

import datetime as dt
from pathlib import Path
from typing import Any, Final

from forecast.answer import pipeline
from forecast.base import labels
from forecast.base.spec import RunSpec
from forecast.desk.progress import telling
from forecast.desk.views import View
from forecast.pages.markup import Passage

NOTEBOOKS: Final = "notebooks"  # beside the project's tables
REPORTS: Final = "reports"  # beside the tables that were asked


def latest(
    data_dir: Path, index_code: str, area: str, target_year: int | None
) -> tuple[dt.date | None, int | None]:
    """Give day and year of the latest report on a question; no day if there is none beside the tables."""
    from forecast.runs import site
    from forecast.runs.store import Store

    records = (entry.manifest for entry in Store(data_dir.resolve().parent / REPORTS).published())
    question: dict[str, Any] = {"index_code": index_code, "area": area}
    if target_year:
        question["target_year"] = target_year
    newest = site.latest(record for record in records if record and question.items() <= record.spec.items())
    if newest is None:
        return None, target_year
    return dt.date.fromisoformat(str(newest.spec["as_of"])), int(newest.spec["target_year"])


def report(spec: RunSpec, data_dir: Path, lang: str) -> View:
    """Make and publish the report, and say where its first page lies.

    Raises ForecastError (as `forecast.runs.run.report` does).
    """
    from forecast.runs import run, site  # papermill and nbconvert take seconds to load
    from forecast.runs.report_notebooks import KINDS

    with telling("desk.reporting", lang) as tell:

        def step(event: run.Step) -> None:
            if event.name == "page":
                tell(labels.text("desk.page", lang, page=event.page, done=event.done, total=event.total))

        outcome = run.report(
            spec,
            data_dir=data_dir,
            reports_dir=data_dir.parent / REPORTS,
            notebooks_dir=pipeline.project_data().parent / NOTEBOOKS,
            kinds=KINDS,
            lang=lang,
            tell=step,
        )
    path = outcome.folder.parent / site.front_page(outcome.manifest)
    return View((Passage((labels.text("desk.report", lang, path=path),)),))
