"""`forecast report --area all` and `--areas FILE`: report many areas, on this machine or a cluster."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from forecast.base import labels
from forecast.base.errors import EXIT_GOOD, EXIT_PARTLY, EXIT_RUN, SpecError
from forecast.base.spec import RunSpec

if TYPE_CHECKING:
    from forecast.base.workers import Workers
    from forecast.data.load import Vintages
    from forecast.runs.areas.batch import Outcome, Step

ALL: Final = "all"

Choice = Callable[[RunSpec, "Vintages"], Sequence[str]]


def choose(area: str, areas: Path | None, *, default: str, scheduler: str | None, pdf: bool) -> Choice | None:
    """Give a function that names the areas asked for; None if it is one area.

    Raises SpecError if options contradict each other; DataError if the file names nothing.
    """
    if areas is not None and area != default:
        raise SpecError("areas.both")
    if areas is None and area != ALL:
        if scheduler is not None:
            raise SpecError("areas.one_on_cluster")
        return None
    if pdf:
        raise SpecError("areas.no_pdf")
    from forecast.runs.areas import area_list

    if areas is None:
        return area_list.all_provinces
    lines, file = area_list.read(areas), str(areas)
    return lambda question, vintages: area_list.provinces(lines, question, vintages, file)


def report_areas(
    question: RunSpec,
    choose: Choice,
    folders: dict[str, Path],
    limits: tuple[int, int],
    workers: int,
    scheduler: str | None,
    *,
    again: bool,
    lang: str,
) -> int:
    """Make the reports, and say where they lie and which failed; `limits` are seconds of a cell and a run."""
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        pool = open_workers(stack, workers, scheduler)
        click.echo(labels.text("areas.begun", lang))
        # Loaded after the first word to the user, and after a refusal, as it takes seconds.
        from forecast.runs import run
        from forecast.runs.areas import batch
        from forecast.runs.execute import Limits
        from forecast.runs.report_notebooks import KINDS

        how = run.Options(limits=Limits(cell_seconds=limits[0]), run_seconds=limits[1], again=again)
        outcome = batch.report(
            question,
            choose,
            kinds=KINDS,
            workers=pool,
            lang=lang,
            options=how,
            tell=lambda step: _tell(step, lang),
            **folders,
        )
    return _print_outcome(outcome, time.monotonic() - began, lang)


def open_workers(stack: contextlib.ExitStack, count: int, scheduler: str | None) -> Workers:
    """Give `count` processes of this machine (0: one for each processor), or the workers of a cluster."""
    from forecast.base.workers import Local, available

    if scheduler is None:
        return Local(count or available())
    from forecast.base.workers.cluster import connected
    from forecast.runs.manifest import made_with

    return stack.enter_context(connected(scheduler, made_with))


def _tell(step: Step, lang: str) -> None:
    if step.name == "panel_forecast":
        facts: dict[str, Any] = {"seconds": labels.number(step.seconds, 1, lang), "total": step.total}
        click.echo(labels.text("areas.panel_forecast", lang, **facts))
        return
    facts = {"done": step.done, "total": step.total, "area": step.area}
    if step.error is None:
        line = labels.text("areas.done", lang, **facts)
    else:
        line = labels.text("areas.area_failed", lang, error=step.error.text(lang), **facts)
    if step.seconds_left:
        line += " " + labels.text("areas.left", lang, left=_duration(step.seconds_left, lang))
    click.echo(line)


def _print_outcome(outcome: Outcome, seconds: float, lang: str) -> int:
    from forecast.runs import site

    made, there, failed = len(outcome.made), len(outcome.there), len(outcome.failed)
    click.echo(
        labels.text("areas.ended", lang, made=made, there=there, failed=failed, took=_duration(seconds, lang))
    )
    if made + there:
        click.echo(labels.text("areas.page_at", lang, path=outcome.folder / site.INDEX))
    for area, error in outcome.failed.items():
        click.echo(labels.text("areas.failed_line", lang, area=area, error=error.text(lang)), err=True)
    if not failed:
        return EXIT_GOOD
    return EXIT_PARTLY if made + there else EXIT_RUN


def _duration(seconds: float, lang: str) -> str:
    if seconds < 90:
        return labels.text("areas.seconds", lang, count=round(seconds))
    return labels.text("areas.minutes", lang, count=round(seconds / 60))
