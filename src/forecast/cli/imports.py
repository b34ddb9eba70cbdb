"""`forecast import par|sipas|papi|pci|dti FILE`: a whole printed table, seen before it is written."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Final

import click

from forecast import additions, labels
from forecast.additions.told import preview
from forecast.cli.add import finish
from forecast.cli.effect import shown
from forecast.cli.local import ChoiceType, DayType, LocalOption, PathType, Verb, WholeType
from forecast.spec import DEFAULT_AREA
from forecast.tables import TRUST

UNITS: Final = ("points", "percent")


def build(lang: str) -> click.Command:
    """Make the verb in one language."""

    def option(name: str, **settings: Any) -> click.Option:
        says = labels.text(f"cli.import.{name.replace('-', '_')}", lang)
        return LocalOption([f"--{name}"], help=says, **settings)

    kinds = tuple(additions.INDEXES)
    return Verb(
        "import",
        lang,
        params=[
            click.Argument(["index"], type=ChoiceType(kinds), metavar="|".join(kinds)),
            click.Argument(["file"], type=PathType(), metavar="FILE"),
            option("year", type=WholeType(), required=True, metavar="YYYY"),
            option("published", type=DayType(), required=True, metavar="YYYY-MM-DD"),
            option("source", required=True, metavar="TEXT"),
            option("source-day", type=DayType(), metavar="YYYY-MM-DD"),
            option("trust", type=ChoiceType(TRUST), default="official", metavar="TEXT"),
            option("note", default="", metavar="TEXT"),
            option("sheet", default="", metavar="TEXT"),
            option("column", multiple=True, metavar="D3=E"),
            option("unit", type=ChoiceType(UNITS), metavar="|".join(UNITS)),
            option("area", default=DEFAULT_AREA, metavar="TEXT"),
            option("as-of", type=DayType(), metavar="YYYY-MM-DD"),
            option("target-year", type=WholeType(), metavar="YYYY"),
            option("no-forecast", is_flag=True),
            option("data-dir", type=PathType(), default=Path("data"), metavar="PATH"),
            option("by", default="", metavar="TEXT"),
            option("yes", is_flag=True),
            option("insist", is_flag=True),
            option("dry-run", is_flag=True),
        ],
        callback=lambda **given: bring_in(lang=lang, **given),
    )


def bring_in(
    *,
    index: str,
    file: Path,
    year: int,
    published: dt.date,
    source: str,
    source_day: dt.date | None,
    trust: str,
    note: str,
    data_dir: Path,
    lang: str,
    **given: Any,
) -> int:
    """Read a table, show what it holds and changes, and append it if that is wished."""
    origin = additions.Origin(
        published_on=published, source=source, source_day=source_day, trust=trust, note=note
    )
    proposal = additions.table(
        data_dir,
        file,
        additions.INDEXES[index],
        year,
        origin,
        sheet=given["sheet"],
        columns=given["column"],
        unit=given["unit"] or "",
    )
    click.echo(preview(proposal, lang))
    blocked = proposal.doubts and not given["insist"]
    if proposal.rows and not blocked and not given["no_forecast"]:
        when = {"as_of": given["as_of"], "target_year": given["target_year"]}
        click.echo("\n" + shown(proposal, given["area"], lang, **when))
    how = {name: given[name] for name in ("by", "yes", "insist", "dry_run")}
    return finish(proposal, lang=lang, **how)
