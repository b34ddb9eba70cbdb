"""`forecast import KIND FILE`: a printed table of provinces or a list of rows, seen before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from forecast.base.errors import SpecError
from forecast.cli.add import finish
from forecast.cli.effect import shown
from forecast.cli.local import ChoiceType, DayType, PathType, Verb, WholeType, options
from forecast.data.tables import TRUST
from forecast.intake.additions import list_sheet, lists, province_table
from forecast.intake.additions.proposal import Proposal, preview

UNITS: Final = ("points", "percent")


def build(lang: str) -> click.Command:
    """Make the verb in one language."""
    option = options("import", lang)
    kinds = (*province_table.INDEXES, *list_sheet.KINDS)
    return Verb(
        "import",
        lang,
        params=[
            click.Argument(["kind"], type=ChoiceType(kinds), metavar="|".join(kinds)),
            click.Argument(["file"], type=PathType(), metavar="FILE"),
            option("year", type=WholeType(), metavar="YYYY"),
            option("published", type=DayType(), metavar="YYYY-MM-DD"),
            option("source", metavar="TEXT"),
            option("source-day", type=DayType(), metavar="YYYY-MM-DD"),
            option("trust", type=ChoiceType(TRUST), metavar="TEXT"),
            option("note", default="", metavar="TEXT"),
            option("sheet", default="", metavar="TEXT"),
            option("column", multiple=True, metavar="D3=E"),
            option("indicator", metavar="TEXT"),
            option("period", metavar="TEXT"),
            option("unit", type=ChoiceType(UNITS), metavar="|".join(UNITS)),
            option("area"),
            option("as-of"),
            option("target-year"),
            option("no-forecast"),
            option("data-dir"),
            option("by"),
            option("yes"),
            option("insist"),
            option("dry-run"),
        ],
        callback=lambda **given: bring_in(lang=lang, **given),
    )


def bring_in(*, kind: str, file: Path, data_dir: Path, lang: str, **given: Any) -> int:
    """Read a file, show what it holds and changes, and append it if that is wished."""
    propose = _list if kind in list_sheet.KINDS else _table
    proposal = propose(data_dir, file, kind, given)
    click.echo(preview(proposal, lang))
    blocked = proposal.doubts and not given["insist"]
    if proposal.rows and not blocked and not given["no_forecast"]:
        when = {"as_of": given["as_of"], "target_year": given["target_year"]}
        click.echo("\n" + shown(proposal, given["area"], lang, **when))
    how = {name: given[name] for name in ("by", "yes", "insist", "dry_run")}
    return finish(proposal, lang=lang, **how)


def _table(data_dir: Path, file: Path, kind: str, given: Mapping[str, Any]) -> Proposal:
    """Read a table of provinces, for whose rows year, day and source must be told."""
    for name in ("year", "published", "source"):
        if given[name] is None:
            raise SpecError(
                "cli.missing_option", {"option": f"--{name}", "command": f"forecast import {kind}"}
            )
    origin = province_table.Origin(
        published_on=given["published"],
        source=given["source"],
        source_day=given["source_day"],
        trust=given["trust"] or "official",
        note=given["note"],
    )
    return province_table.table(
        data_dir,
        file,
        province_table.INDEXES[kind],
        given["year"],
        origin,
        sheet=given["sheet"],
        columns=given["column"],
        unit=given["unit"] or "",
    )


def _list(data_dir: Path, file: Path, kind: str, given: Mapping[str, Any]) -> Proposal:
    """Read a list, whose rows may say all themselves; options fill what they leave empty."""
    published = given["published"]
    shared = {
        "indicator_code": given["indicator"] or "",
        "period": given["period"] or "",
        "area": given["area"],
        "year": str(given["year"] or ""),
        "published_on": published.isoformat() if published else "",
        "recorded_on": published.isoformat() if published else "",
        "stated_on": published.isoformat() if published else "",
        "source_day": given["source_day"].isoformat() if given["source_day"] else "",
        "source_url": given["source"] or "",
        "trust": given["trust"] or "",
        "note": given["note"],
    }
    return lists.rows_of_list(
        data_dir, file, kind, sheet=given["sheet"], columns=given["column"], shared=shared
    )
