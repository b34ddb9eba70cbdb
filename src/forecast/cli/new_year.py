"""`forecast new-year YEAR`: print the checklist of a new year, and where to enter what is missing."""

import datetime as dt
from pathlib import Path

import click

from forecast.base import labels
from forecast.base.errors import EXIT_GOOD
from forecast.base.indexes import MAIN
from forecast.base.spec import FIRST_TARGET_YEAR, YEARS_AHEAD, RunSpec, refuse_outside, today
from forecast.cli.local import argument, verb
from forecast.cli.plain import labelled_table
from forecast.cli.types import WholeType
from forecast.data import cycle, load
from forecast.data.load import Known

COLUMNS = ("step", "state", "there", "where_to_enter")


@verb("new-year", argument("year", "YYYY", type=WholeType()), "as-of area data-dir")
def show(*, year: int, as_of: dt.date | None, area: str, data_dir: Path, lang: str) -> int:
    """Print the checklist."""
    day = as_of or today()
    known = load.read(data_dir, as_of=day)
    refuse_outside("YYYY", year, FIRST_TARGET_YEAR, day.year + YEARS_AHEAD)
    spec = RunSpec(index_code=MAIN, area=known.find_province(area), target_year=year, as_of=day, force=True)
    known.for_year(year).refuse(spec)
    click.echo(page(known, spec, lang))
    return EXIT_GOOD


def page(known: Known, spec: RunSpec, lang: str) -> str:
    """Write the checklist as plain text."""
    steps = cycle.checklist(known, spec.target_year, spec.area)
    rows = [
        [
            labels.text(f"new_year.step.{step.name}", lang),
            labels.text(f"new_year.state.{step.state}", lang),
            labels.text(f"new_year.{step.says}", lang, **step.facts),
            "" if step.state == "there" else cycle.ENTER[step.name],
        ]
        for step in steps
    ]
    title = labels.text("new_year.title", lang, area=spec.area, year=spec.target_year, as_of=spec.as_of)
    missing = sum(step.state != "there" for step in steps)
    end = labels.text("new_year.end", lang, count=missing, all=len(steps))
    return "\n\n".join([title, labelled_table(COLUMNS, rows, lang), end])
