"""`forecast import KIND FILE`: import a printed table of provinces or a list of rows, after a preview."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from forecast.cli.add import finish
from forecast.cli.effect import effect_text
from forecast.cli.local import (
    argument,
    choice,
    option,
    refuse_beside,
    refuse_foreign,
    require_options,
    typed_options,
    verb,
)
from forecast.cli.types import ChoiceType, PathType
from forecast.data.tables import TRUST
from forecast.intake.additions import list_sheet, lists, province_table
from forecast.intake.additions.proposal import Proposal, preview

_OF_PRINTED: Final = ("unit",)
_OF_LISTS: Final = ("indicator", "period")


@verb(
    "import",
    argument("kind", **choice((*province_table.INDEXES, *list_sheet.KINDS))),
    argument("file", "FILE", type=PathType()),
    "year published source source-day",
    option("trust", type=ChoiceType(TRUST), metavar="TEXT"),
    "note sheet column indicator period unit area as-of target-year no-forecast",
    "data-dir by yes insist dry-run",
)
def import_file(*, kind: str, file: Path, data_dir: Path, lang: str, **given: Any) -> int:
    """Read a file, show its rows and their effect, and append them if the user agrees."""
    for names, kinds in ((_OF_PRINTED, tuple(province_table.INDEXES)), (_OF_LISTS, tuple(list_sheet.KINDS))):
        refuse_foreign(dict.fromkeys(names, kinds), kind)
    if "area" not in list_sheet.columns_of(kind):  # it is the one whose forecast is shown
        refuse_beside("no-forecast", "area", given=given["no_forecast"])
    propose = _list if kind in list_sheet.KINDS else _table
    proposal = propose(data_dir, file, kind, given)
    click.echo(preview(proposal, lang))
    blocked = proposal.doubts and not given["insist"]
    if proposal.rows and not blocked and not given["no_forecast"]:
        when = {"as_of": given["as_of"], "target_year": given["target_year"]}
        click.echo("\n" + effect_text(proposal, given["area"], lang, **when))
    how = {name: given[name] for name in ("by", "yes", "insist", "dry_run")}
    return finish(proposal, lang=lang, **how)


def _table(data_dir: Path, file: Path, kind: str, given: Mapping[str, Any]) -> Proposal:
    """Read a table of provinces; year, day and source must be given as options."""
    require_options(f"import {kind}", {f"--{name}": given[name] for name in ("year", "published", "source")})
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
    """Read a list of rows; options fill the cells that are empty."""
    published = given["published"]
    shared = {
        "indicator_code": given["indicator"] or "",
        "period": given["period"] or "",
        "area": given["area"] if "area" in typed_options() else "",
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
