"""`forecast undo [ID]`: remove an addition, the last one if none is named; `--list` lists all."""

from pathlib import Path

import click

from forecast.base import labels
from forecast.base.errors import EXIT_GOOD, SpecError
from forecast.cli.local import argument, confirm, option, refuse_beside, verb
from forecast.cli.plain import labelled_table, ranges
from forecast.data.tables import SUBMISSIONS
from forecast.intake import kept_forms
from forecast.intake.additions import append


@verb(
    "undo",
    argument("entry_id", "[ID]", required=False, default=""),
    option("list", "as_list", is_flag=True),
    "data-dir by yes",
)
def undo(*, entry_id: str, as_list: bool, data_dir: Path, by: str, yes: bool, lang: str) -> int:
    """Take an addition back, or list all."""
    if as_list and entry_id:
        raise SpecError("cli.extra_words", {"found": [entry_id], "command": "forecast undo --list"})
    refuse_beside("list", "by yes", given=as_list)
    if as_list:
        click.echo(page(append.list_additions(data_dir), lang))
        return EXIT_GOOD
    removed = append.removal(data_dir, entry_id)
    entry = removed.entry
    file = data_dir / entry.file
    facts = {
        "id": entry.entry_id,
        "action": entry.action,
        "what": entry.what,
        "when": entry.when,
        "who": entry.who,
    }
    count = len(removed.numbers)
    click.echo(
        labels.text("additions.removal", lang, count=count, file=file, rows=ranges(removed.numbers), **facts)
    )
    if not confirm(labels.text("additions.ask_undo", lang, file=file), yes=yes):
        click.echo(labels.text("additions.declined", lang))
        return EXIT_GOOD
    append.undo(removed, who=by)
    click.echo(labels.text("additions.removed", lang, count=count, file=file, id=entry.entry_id))
    if entry.file == SUBMISSIONS.file:
        click.echo(labels.text("additions.form_aside", lang, folder=kept_forms.aside(data_dir)))
    return EXIT_GOOD


def page(additions: tuple[append.Addition, ...], lang: str) -> str:
    """Write the additions as a table, the latest first."""
    if not additions:
        return labels.text("additions.no_additions", lang)
    names = ("id", "when", "who", "what", "rows", "state")
    rows = [
        [
            addition.entry.entry_id,
            addition.entry.when,
            addition.entry.who,
            f"{addition.entry.action}: {addition.entry.what}",
            str(len(addition.entry.rows)),
            labels.text(f"additions.state.{'undone' if addition.undone_by else addition.state}", lang),
        ]
        for addition in additions
    ]
    return labelled_table(names, rows, lang, ["left", "left", "left", "left", "right"])
