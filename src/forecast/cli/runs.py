"""`forecast runs list|show|prune`: what lies in the folder of reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from forecast import labels
from forecast.cli.local import ChoiceType, LocalOption, PathType, Verb, WholeType
from forecast.cli.plain import table
from forecast.errors import EXIT_GOOD, SpecError
from forecast.runs import site
from forecast.runs.store import Entry, Store

ACTIONS: Final = ("list", "show", "prune")


def build(lang: str) -> click.Command:
    """Make the verb in one language."""

    def option(name: str, **settings: Any) -> click.Option:
        says = labels.text(f"cli.runs.{name.replace('-', '_')}", lang)
        return LocalOption([f"--{name}"], help=says, **settings)

    return Verb(
        "runs",
        lang,
        params=[
            click.Argument(["action"], type=ChoiceType(ACTIONS), metavar="|".join(ACTIONS)),
            click.Argument(["run_id"], required=False, metavar="[ID]"),
            option("reports-dir", type=PathType(), default=Path("reports"), metavar="PATH"),
            option("keep", type=WholeType(), metavar="N"),
        ],
        callback=lambda **given: runs(lang=lang, **given),
    )


def runs(*, action: str, run_id: str | None, reports_dir: Path, keep: int | None, lang: str) -> int:
    """Do one of the three."""
    store = Store(reports_dir.resolve())
    if action == "list":
        click.echo(listed(store, lang))
    elif action == "show":
        click.echo(shown(store, run_id or "latest", lang))
    else:
        click.echo(pruned(store, keep, lang))
    return EXIT_GOOD


def listed(store: Store, lang: str) -> str:
    """Write a table of all runs, good ones first, the newest first."""
    good = sorted(
        store.published(), key=lambda entry: entry.manifest.number if entry.manifest else 0, reverse=True
    )
    entries = [*good, *store.failed(), *store.unfinished()]
    if not entries:
        return labels.text("cli.runs.none", lang, folder=store.root)
    newest = site.latest([entry.manifest for entry in good if entry.manifest])
    columns = ("run_id", "state", "finished", "seconds", "latest")
    headers = [labels.text(f"cli.runs.column.{column}", lang) for column in columns]
    rows = [_row(entry, lang, newest=newest is not None and entry.manifest is newest) for entry in entries]
    return table(headers, rows, ["left", "left", "left", "right"])


def shown(store: Store, run_id: str, lang: str) -> str:
    """Write the record of one run as it stands in its manifest."""
    entries = [*store.published(), *store.failed(), *store.unfinished()]
    if run_id == "latest":
        newest = site.latest([entry.manifest for entry in store.published() if entry.manifest])
        run_id = newest.run_id if newest else run_id
    found = [entry for entry in entries if entry.run_id == run_id]
    if not found:
        raise SpecError("cli.runs.unknown", {"run_id": run_id, "folder": str(store.root)})
    told = [
        entry.manifest.as_json() if entry.manifest else labels.text("runs.state.damaged", lang)
        for entry in found
    ]
    return "\n".join(f"{entry.folder}\n{text.rstrip()}" for entry, text in zip(found, told, strict=True))


def pruned(store: Store, keep: int | None, lang: str) -> str:
    """Clear away what is of no use and say what that was."""
    if keep is not None and keep < 1:
        raise SpecError("spec.out_of_range", {"name": "--keep", "found": keep, "low": 1, "high": 1000})
    with store.opened():
        gone = store.prune(keep)
    if not gone:
        return labels.text("cli.runs.nothing_removed", lang)
    return "\n".join(
        labels.text(
            "cli.runs.removed",
            lang,
            run_id=entry.run_id,
            state=labels.text(f"runs.state.{entry.state}", lang),
        )
        for entry in gone
    )


def _row(entry: Entry, lang: str, *, newest: bool) -> Sequence[str]:
    run = entry.manifest
    return [
        entry.run_id,
        labels.text(f"runs.state.{entry.state}", lang),
        run.finished_at if run else "",
        labels.number(sum(run.seconds.values()), 1, lang) if run else "",
        labels.text("word.yes", lang) if newest else "",
    ]
