"""`forecast add score|indicator|announcement`: one figure, seen before it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from forecast import additions, labels
from forecast.additions.single import OPTIONS
from forecast.cli.effect import shown
from forecast.cli.local import ChoiceType, LocalOption, PathType, Verb, confirmed
from forecast.errors import EXIT_GOOD, DataError, SpecError
from forecast.spec import DEFAULT_AREA

KINDS: Final = {
    "score": additions.score,
    "indicator": additions.indicator,
    "announcement": additions.announcement,
}
_COLUMNS: Final = {name: column for column, name in OPTIONS.items()}
_TEXTS: Final = (
    *("index-code", "year", "area", "component", "statistic", "score", "rank", "unit", "max-score"),
    *("indicator", "name", "period", "value", "linked-domain", "announced-on", "precision"),
    *("published", "source-day", "source", "trust", "note"),
)
_MOST_SHOWN: Final = 12


def build(lang: str) -> click.Command:
    """Make the verb in one language."""

    def option(name: str, **settings: Any) -> click.Option:
        says = labels.text(f"cli.add.{name.replace('-', '_')}", lang)
        return LocalOption([f"--{name}"], help=says, **settings)

    return Verb(
        "add",
        lang,
        params=[
            click.Argument(["kind"], type=ChoiceType(tuple(KINDS)), metavar="|".join(KINDS)),
            *(option(name, metavar="TEXT") for name in _TEXTS),
            option("data-dir", type=PathType(), default=Path("data"), metavar="PATH"),
            option("by", default="", metavar="TEXT"),
            option("yes", is_flag=True),
            option("insist", is_flag=True),
            option("no-forecast", is_flag=True),
            option("dry-run", is_flag=True),
        ],
        callback=lambda **given: add(lang=lang, **given),
    )


def add(*, kind: str, data_dir: Path, no_forecast: bool, insist: bool, lang: str, **given: Any) -> int:
    """Propose one row, show it, and append it if that is wished."""
    how = {name: given.pop(name) for name in ("by", "yes", "dry_run")}
    cells = {_COLUMNS.get(name, name): text for name, text in given.items() if text is not None}
    needed = {"source_url": "--source", "published_on": "--published"}
    if kind == "announcement":
        needed.pop("published_on")
    for column, option in needed.items():
        if column not in cells:
            raise SpecError("cli.missing_option", {"option": option, "command": f"forecast add {kind}"})
    proposal = KINDS[kind](data_dir, **cells)
    row = proposal.rows[0]
    lines = [
        labels.text("additions.cell", lang, column=name, value=text) for name, text in row.items() if text
    ]
    click.echo("\n".join([title(proposal, lang), *lines, beside(proposal, lang)]))
    if kind != "announcement" and not no_forecast and (insist or not proposal.doubts):
        area = row["area"] if row["area"] in proposal.now.frames["areas"]["area"].tolist() else DEFAULT_AREA
        click.echo("\n" + shown(proposal, area, lang))
    return finish(proposal, insist=insist, lang=lang, **how)


def title(proposal: additions.Proposal, lang: str) -> str:
    """Say what would be added where."""
    facts = {"count": len(proposal.rows), "file": proposal.table.file, "what": proposal.what}
    return labels.text("additions.title", lang, **facts)


def beside(proposal: additions.Proposal, lang: str) -> str:
    """Say how the new figures stand beside the known ones."""
    found = proposal.compared
    counts = {"new": found.new, "same": found.same, "different": len(found.different)}
    lines = [labels.text("additions.compared", lang, **counts)]
    for each in found.different[:_MOST_SHOWN]:
        facts = {"area": each.area, "component": each.component, "known": each.known, "new": each.new}
        lines.append("  " + labels.text("additions.different", lang, source=each.source, **facts))
    if len(found.different) > _MOST_SHOWN:
        lines.append("  " + labels.text("additions.more", lang, count=len(found.different) - _MOST_SHOWN))
    if found.standing:
        lines.append(labels.text("additions.standing", lang, count=found.standing))
    if found.missing:
        facts = {"count": len(found.missing), "areas": list(found.missing)}
        lines.append(labels.text("additions.missing", lang, **facts))
    return "\n".join(lines)


def finish(
    proposal: additions.Proposal, *, by: str, yes: bool, insist: bool, dry_run: bool, lang: str
) -> int:
    """Append a proposal that was shown, if nothing is in the way and a person says yes."""
    file = proposal.data_dir / proposal.table.file
    if not proposal.rows:
        click.echo(labels.text("additions.nothing", lang, file=file))
        return EXIT_GOOD
    if proposal.doubts and not insist:
        raise DataError(proposal.refusal())
    for doubt in proposal.doubts:
        click.echo(doubt.text(lang), err=True)
    if dry_run:
        click.echo(labels.text("additions.dry", lang, file=file))
        return EXIT_GOOD
    if not confirmed(labels.text("additions.ask", lang, file=file), yes=yes):
        click.echo(labels.text("additions.declined", lang))
        return EXIT_GOOD
    entry = additions.append(proposal, insist=insist, who=by)
    facts = {"count": len(proposal.rows), "file": file, "id": entry.entry_id}
    click.echo(labels.text("additions.appended", lang, **facts))
    return EXIT_GOOD
