"""`forecast report`: make and publish the report, from the data to the pages."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import click

from forecast.base import labels
from forecast.base.errors import EXIT_GOOD, ForecastError, SpecError
from forecast.base.spec import DEFAULT_AREA, RunSpec, refuse_outside
from forecast.base.stop import on_signals
from forecast.cli.areas import choose, report_areas
from forecast.cli.local import option, refuse_beside, verb
from forecast.cli.types import PathType
from forecast.data import load

if TYPE_CHECKING:
    from forecast.runs.run import Options, Outcome, Step

MOST: Final = 100_000


@verb(
    "report",
    "index-code",
    option("area", metavar="TEXT|all"),
    option("areas", type=PathType(), metavar="FILE"),
    option("target-year", required=True),
    option("as-of", required=True),
    "data-dir notebooks-dir reports-dir",
    option("workers", default=0),
    "scheduler cell-timeout run-timeout force again",
    option("pdf", is_flag=True),
)
def report(
    *,
    index_code: str,
    area: str,
    areas: Path | None,
    target_year: int,
    as_of: dt.date,
    data_dir: Path,
    notebooks_dir: Path,
    reports_dir: Path,
    workers: int,
    scheduler: str | None,
    cell_timeout: int,
    run_timeout: int,
    force: bool,
    again: bool,
    pdf: bool,
    lang: str,
) -> int:
    """Make the report and print its path; if the PDF cannot be made, print why and succeed."""
    refuse_outside("--workers", workers, 0, MOST)
    refuse_outside("--cell-timeout", cell_timeout, 1, MOST)
    refuse_outside("--run-timeout", run_timeout, 1, MOST)
    refuse_beside("scheduler", "workers", given=scheduler is not None)
    many = choose(area, areas, default=DEFAULT_AREA, scheduler=scheduler, pdf=pdf)
    spec = RunSpec(index_code=index_code, area=area, target_year=target_year, as_of=as_of, force=force)
    if many is None and area != DEFAULT_AREA:  # one of its other names, perhaps
        spec = replace(spec, area=load.read(data_dir, as_of=as_of).find_province(area))
    folders = {"data_dir": data_dir, "reports_dir": reports_dir, "notebooks_dir": notebooks_dir}
    if many is not None:
        with on_signals():
            limits = (cell_timeout, run_timeout)
            return report_areas(spec, many, folders, limits, workers, scheduler, again=again, lang=lang)
    for name in ("data_dir", "notebooks_dir"):  # what is made must not become what is read
        if reports_dir.resolve().is_relative_to(folders[name].resolve()):
            facts = {"found": str(reports_dir), "folder": str(folders[name])}
            raise SpecError("cli.report.among", facts)
    click.echo(labels.text("cli.report.begun", lang))
    # Loaded after the first word to the user, as it takes seconds.
    from forecast.runs import paper
    from forecast.runs.execute import Limits
    from forecast.runs.run import Options

    browser = paper.chromium() if pdf else None  # a wrong name is refused before the work
    per_cell = Limits(cell_seconds=cell_timeout)
    options = Options(workers=workers, limits=per_cell, run_seconds=run_timeout, again=again)
    outcome = make(spec, folders, options, lang=lang, pages_lang=lang)
    if pdf:
        _print(first_page(outcome), browser, lang)
    return EXIT_GOOD


def make(
    spec: RunSpec, folders: Mapping[str, Path], options: Options, *, lang: str, pages_lang: str
) -> Outcome:
    """Make the report, and print progress and path in `lang`."""
    from forecast.runs import run, site
    from forecast.runs.report_notebooks import KINDS

    began = time.monotonic()
    with on_signals(), _Progress(lang) as progress:
        outcome = run.report(
            spec, kinds=KINDS, lang=pages_lang, options=options, tell=progress.tell, **folders
        )
    path = first_page(outcome)
    key = "cli.report.made" if outcome.made else "cli.report.there"
    click.echo(labels.text(key, lang, seconds=_seconds(time.monotonic() - began, lang), path=path))
    click.echo(labels.text("cli.report.list", lang, path=outcome.folder.parent / site.INDEX))
    return outcome


def first_page(outcome: Outcome) -> Path:
    """Give the page that is read first."""
    from forecast.runs import site

    return outcome.folder.parent / site.front_page(outcome.manifest)


def _print(page: Path, browser: str | None, lang: str) -> None:
    """Print the front page as a PDF next to it, unless it is there already."""
    from forecast.runs import paper

    place = page.with_suffix(".pdf")
    if place.is_file():
        click.echo(labels.text("cli.report.pdf_there", lang, path=place))
    elif browser is None:
        click.echo(labels.text("paper.none", lang, name=place.name, variable=paper.VARIABLE), err=True)
    else:
        try:
            paper.pdf(page, place, browser=browser)
        except ForecastError as error:
            click.echo(error.text(lang), err=True)
        else:
            click.echo(labels.text("cli.report.pdf_made", lang, path=place))


class _Progress:
    """A line for each notebook; on a terminal a bar below them."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.render_finish()

    def tell(self, step: Step) -> None:
        """Say what the run has done."""
        facts = {"seconds": _seconds(step.seconds, self.lang), "page": step.page}
        if step.name == "computed":
            key = "cli.report.computed_earlier" if step.reused else "cli.report.computed"
            self._say(labels.text(key, self.lang, **facts))
        if step.name == "failed":
            click.echo(labels.text("run.kept", self.lang, folder=step.page), err=True)
        if step.name != "page":
            return
        facts |= {"done": str(step.done), "total": str(step.total)}
        if step.error is None:
            self._say(labels.text("cli.report.page", self.lang, **facts))
        else:
            why = step.error.text(self.lang)
            self._say(labels.text("cli.report.page_failed", self.lang, error=why, **facts))
        self._advance(step.total)

    def _say(self, line: str) -> None:
        if self.bar is not None:
            click.echo("\r\x1b[K", nl=False, err=True)
        click.echo(line)

    def _advance(self, total: int) -> None:
        if self.bar is None and sys.stderr.isatty():
            self.bar = click.progressbar(length=total, file=sys.stderr, show_eta=False)
        if self.bar is not None:
            self.bar.update(1)


def _seconds(seconds: float, lang: str) -> str:
    return labels.number(seconds, 1, lang)
