"""`forecast add score|indicator|announcement|event`: add one row, after a preview."""

import datetime as dt
from pathlib import Path
from typing import Any, Final

import click

from forecast.base import labels
from forecast.base.errors import EXIT_GOOD
from forecast.base.spec import DEFAULT_AREA
from forecast.cli.effect import effect_text
from forecast.cli.local import argument, choice, confirm, option, refuse_foreign, require_options, verb
from forecast.intake.additions.append import append, undo_command
from forecast.intake.additions.one_row import KINDS, NEEDED, OPTIONS, option_of
from forecast.intake.additions.proposal import Proposal, preview

_COLUMNS: Final = {name: column for column, name in OPTIONS.items()}
_TEXTS: Final = (
    *("index-code", "year", "area", "component", "statistic", "score", "rank", "unit", "max-score"),
    *("indicator", "name", "period", "value", "linked-domain", "announced-on", "precision"),
    *("change", "what", "known-on"),
    *("published", "source-day", "source", "trust", "note"),
)

_FORECAST: Final = tuple(kind for kind in KINDS if kind != "announcement")  # a day changes no figure


@verb(
    "add",
    argument("kind", **choice(tuple(KINDS))),
    *(option(name, metavar="TEXT", type=None, default=None) for name in _TEXTS),
    "data-dir by yes insist as-of target-year no-forecast dry-run",
)
def add(
    *,
    kind: str,
    data_dir: Path,
    as_of: dt.date | None,
    target_year: int | None,
    no_forecast: bool,
    insist: bool,
    lang: str,
    **given: Any,
) -> int:
    """Propose one row, show it, and append it if the user agrees."""
    refuse_foreign(dict.fromkeys(("as-of", "target-year"), _FORECAST), kind)
    how = {name: given.pop(name) for name in ("by", "yes", "dry_run")}
    cells = {_COLUMNS.get(name, name): text for name, text in given.items() if text is not None}
    require_options(f"add {kind}", {option_of(column): cells.get(column) for column in NEEDED[kind]})
    proposal = KINDS[kind](data_dir, **cells)
    row = proposal.rows[0]
    click.echo(preview(proposal, lang))
    if kind in _FORECAST and not no_forecast and (insist or not proposal.doubts):
        area_of_row = row.get("area", "")
        area = area_of_row if area_of_row in proposal.now.frames["areas"]["area"].tolist() else DEFAULT_AREA
        click.echo("\n" + effect_text(proposal, area, lang, as_of=as_of, target_year=target_year))
    return finish(proposal, insist=insist, lang=lang, **how)


def finish(proposal: Proposal, *, by: str, yes: bool, insist: bool, dry_run: bool, lang: str) -> int:
    """Append a proposal after its preview, unless it has doubts or the user does not agree."""
    file = proposal.data_dir / proposal.table.file
    if not proposal.rows:
        click.echo(labels.text("additions.nothing", lang, file=file))
        return EXIT_GOOD
    if proposal.doubts and not insist:
        raise proposal.refusal()
    for doubt in proposal.questions:
        click.echo(doubt.text(lang), err=True)
    if dry_run:
        click.echo(labels.text("additions.dry", lang, file=file))
        return EXIT_GOOD
    if not confirm(labels.text("additions.ask", lang, file=file), yes=yes):
        click.echo(labels.text("additions.declined", lang))
        return EXIT_GOOD
    entry = append(proposal, insist=insist, who=by)
    facts = {"count": len(proposal.rows), "file": file, "id": entry.entry_id}
    command = undo_command(entry.entry_id, proposal.data_dir)
    click.echo(labels.text("additions.appended", lang, **facts, command=command))
    return EXIT_GOOD
