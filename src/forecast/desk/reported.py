"""The report made from a notebook: the very run that ``forecast report`` makes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from forecast.answer import pipeline
from forecast.base import labels
from forecast.base.spec import RunSpec
from forecast.desk.progress import telling
from forecast.desk.views import View
from forecast.pages.markup import Passage

NOTEBOOKS: Final = "notebooks"  # beside the project's tables
REPORTS: Final = "reports"  # beside the tables that were asked


def report(spec: RunSpec, data_dir: Path, lang: str) -> View:
    """Make and publish the report, and say where its first page lies.

    Raises
    ------
    ForecastError
        As `forecast.runs.run.report` does.
    """
    from forecast.runs import plan, run, site  # papermill and nbconvert take seconds to load

    with telling("desk.reporting", lang) as tell:

        def step(told: run.Step) -> None:
            if told.name == "page":
                tell(labels.text("desk.page", lang, page=told.page, done=told.done, total=told.total))

        outcome = run.report(
            spec,
            data_dir=data_dir,
            reports_dir=data_dir.parent / REPORTS,
            notebooks_dir=pipeline.project_data().parent / NOTEBOOKS,
            kinds=plan.KINDS,
            lang=lang,
            tell=step,
        )
    path = outcome.folder.parent / site.front_page(outcome.manifest)
    return View((Passage((labels.text("desk.report", lang, path=path),)),))
