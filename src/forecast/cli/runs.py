"""`forecast runs list|show|retry|prune`: list, show, repeat or remove runs in the folder of reports."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from forecast.base import labels
from forecast.base.errors import EXIT_GOOD, SpecError
from forecast.base.spec import refuse_outside
from forecast.cli.local import action, argument, option, refuse_foreign, verb
from forecast.cli.plain import labelled_table
from forecast.cli.types import WholeType
from forecast.runs import site
from forecast.runs.manifest import Manifest
from forecast.runs.store import Entry, Store, prune

MOST_KEPT: Final = 100_000
_ONLY: Final = {
    **dict.fromkeys(("data-dir", "notebooks-dir"), ("retry",)),
    **dict.fromkeys(("keep", "damaged"), ("prune",)),
}
_INPUTS: Final = ("data", "notebooks", "code", "versions")


@verb(
    "runs",
    action("list", "show", "retry", "prune"),
    argument("run_id", "[ID]", required=False),
    "reports-dir data-dir notebooks-dir",
    option("keep", type=WholeType(), metavar="N"),
    option("damaged", is_flag=True),
)
def runs(
    *,
    action: str,
    run_id: str | None,
    reports_dir: Path,
    data_dir: Path,
    notebooks_dir: Path,
    keep: int | None,
    damaged: bool,
    lang: str,
) -> int:
    """List, show, repeat or remove, by `action`."""
    refuse_foreign(_ONLY, action)
    store = Store(reports_dir.resolve())
    if keep is not None:
        refuse_outside("--keep", keep, 1, MOST_KEPT)
    if run_id is not None and action in {"list", "prune"}:
        raise SpecError("cli.extra_words", {"found": [run_id], "command": f"forecast runs {action}"})
    if action == "prune" and not store.root.is_dir():  # to prune it would make it
        click.echo(labels.text("cli.runs.none", lang, folder=store.root))
    elif action == "list":
        click.echo(runs_table(store, lang))
    elif action == "show":
        click.echo(run_record(store, run_id or "latest", lang))
    elif action == "retry":
        folders = {"reports_dir": reports_dir, "data_dir": data_dir, "notebooks_dir": notebooks_dir}
        retry(store, run_id, folders, lang)
    else:
        click.echo(prune_runs(store, keep, lang, damaged=damaged))
    return EXIT_GOOD


def runs_table(store: Store, lang: str) -> str:
    """Write a table of all runs, good ones first, the newest first."""
    good = sorted(
        store.published(), key=lambda entry: entry.manifest.number if entry.manifest else 0, reverse=True
    )
    entries = [*good, *store.failed(), *store.unfinished()]
    if not entries:
        return labels.text("cli.runs.none", lang, folder=store.root)
    of_areas = store.root.name == site.AREAS  # the last of them is no more than the others
    newest = None if of_areas else store.latest()
    columns = ("run_id", "state", "finished", "seconds", "latest")
    rows = [
        _row(entry, lang, newest=newest is not None and entry.run_id == newest.run_id) for entry in entries
    ]
    return labelled_table(columns, rows, lang, ["left", "left", "left", "right"])


def run_record(store: Store, run_id: str, lang: str) -> str:
    """Write the record of one run as it stands in its manifest."""
    entries = [*store.published(), *store.failed(), *store.unfinished()]
    if run_id == "latest":
        newest = store.latest()
        run_id = newest.run_id if newest else run_id
    matching = [entry for entry in entries if entry.run_id == run_id]
    if not matching:
        raise SpecError("cli.runs.unknown", {"run_id": run_id, "folder": str(store.root)})
    records = [
        entry.manifest.as_json() if entry.manifest else labels.text("runs.state.damaged", lang)
        for entry in matching
    ]
    return "\n".join(
        f"{entry.folder}\n{text.rstrip()}" for entry, text in zip(matching, records, strict=True)
    )


def retry(store: Store, run_id: str | None, folders: Mapping[str, Path], lang: str) -> None:
    """Repeat a failed run with data, notebooks and code as they are now; see `forecast.runs.reuse`."""
    from forecast.answer.result import spec_from

    failed = _failed_run(store, run_id)
    try:
        spec = spec_from(failed.spec)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SpecError("cli.runs.no_record", {"run_id": failed.run_id, "folder": str(store.root)}) from None
    facts = {name: str(failed.spec[name]) for name in ("area", "index_code", "target_year")}
    day = labels.day(spec.as_of, lang)
    click.echo(labels.text("cli.runs.retrying", lang, run_id=failed.run_id, as_of=day, **facts))
    # Loaded after the first word to the user, as it takes seconds.
    from forecast.cli.report import make
    from forecast.runs.run import Options

    manifest = make(spec, folders, Options(), lang=lang, pages_lang=failed.lang).manifest
    changed = [name for name in _INPUTS if getattr(manifest.inputs, name) != getattr(failed.inputs, name)]
    if changed:
        what = ", ".join(labels.text(f"cli.runs.changed_{name}", lang) for name in changed)
        click.echo(labels.text("cli.runs.changed", lang, what=what, run_id=manifest.run_id))


def _failed_run(store: Store, run_id: str | None) -> Manifest:
    """Find the failed run that is meant; the only one if none is named."""
    if store.root.is_dir():
        with store.opened():  # a run that was killed is put among the failed ones
            pass
    failed, facts = store.failed(), {"folder": str(store.root)}
    if not failed and run_id is None:
        raise SpecError("cli.runs.none_failed", facts)
    if run_id is None and len(failed) > 1:
        names = [entry.run_id for entry in failed]
        raise SpecError("cli.runs.which", {**facts, "count": len(failed), "names": names})
    entry_ = next((entry for entry in failed if run_id in {None, entry.run_id}), None)
    if entry_ is None:
        published = any(entry.run_id == run_id for entry in store.published())
        raise SpecError(
            "cli.runs.not_failed" if published else "cli.runs.unknown", {**facts, "run_id": run_id}
        )
    if entry_.manifest is None:
        raise SpecError("cli.runs.no_record", {**facts, "run_id": entry_.run_id})
    return entry_.manifest


def prune_runs(store: Store, keep: int | None, lang: str, *, damaged: bool = False) -> str:
    """Remove failed and surplus runs; list them, and the runs that stay as their record is unreadable."""
    with store.opened():
        result = prune(store, keep, damaged=damaged)
    lines = [
        labels.text(
            "cli.runs.removed",
            lang,
            run_id=entry.run_id,
            state=labels.text(f"runs.state.{entry.state}", lang),
        )
        for entry in result.removed
    ]
    lines += [labels.text("cli.runs.unreadable", lang, folder=entry.folder) for entry in result.unreadable]
    return "\n".join(lines or [labels.text("cli.runs.nothing_removed", lang)])


def _row(entry: Entry, lang: str, *, newest: bool) -> Sequence[str]:
    run = entry.manifest
    return [
        entry.run_id,
        labels.text(f"runs.state.{entry.state}", lang),
        run.finished_at if run else "",
        labels.number(sum(run.seconds.values()), 1, lang) if run else "",
        labels.text("word.yes", lang) if newest else "",
    ]
