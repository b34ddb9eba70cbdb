"""`forecast send`: a report to the leaders by mail."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.base import labels
from forecast.base.errors import EXIT_GOOD, SpecError
from forecast.cli.local import PathType, Verb, WholeType, options

if TYPE_CHECKING:
    from forecast.sending.send import Outcome, Told


def build(lang: str) -> click.Command:
    """Make the verb in one language."""
    option = options("send", lang)
    return Verb(
        "send",
        lang,
        params=[
            option("run", default="latest", metavar="latest|ID"),
            option("to-file", type=PathType(), required=True, metavar="PATH"),
            option("dry-run"),
            option("out", type=PathType(), metavar="PATH"),
            option("again"),
            option("only", multiple=True, metavar="ADDRESS"),
            option("stale-days", type=WholeType(), metavar="N"),
            option("insecure"),
            option("reports-dir"),
        ],
        callback=lambda **given: send(lang=lang, **given),
    )


def send(
    *, to_file: Path, dry_run: bool, out: Path | None, reports_dir: Path, lang: str, **wished: Any
) -> int:
    """Send, or with --dry-run write the letters into a folder."""
    from forecast.sending import recipients
    from forecast.sending import send as sending

    if out is not None and not dry_run:
        raise SpecError("send.out_alone")
    for name, values in (("--run", (wished["run"],)), ("--only", wished["only"])):
        if not all(value.strip() for value in values):
            raise SpecError("spec.empty", {"name": name})
    days = wished["stale_days"]
    if days is not None and days < 0:
        raise SpecError(
            "spec.out_of_range", {"name": "--stale-days", "found": days, "low": 0, "high": 100_000}
        )
    wish = sending.Wish(**wished)
    readers = recipients.read(to_file)
    if dry_run:
        outcome, paths = sending.rehearse(reports_dir, readers, wish, today=today(), out=out)
        for told in outcome.told:
            click.echo(said(told, lang))
        click.echo(labels.text("send.rehearsed", lang, count=len(paths), folder=paths[0].parent))
        if len(paths) < len(outcome.told):
            click.echo(labels.text("send.not_written", lang, count=len(outcome.told) - len(paths)))
        _noted(outcome, lang)
        return EXIT_GOOD

    outcome = sending.send(reports_dir, readers, wish, today=today(), tell=lambda told: _tell(told, lang))
    _noted(outcome, lang)
    if outcome.trouble is not None:
        click.echo(outcome.trouble.text(lang), err=True)
    facts = {"run_id": outcome.run_id, "sent": outcome.arrived, "all": len(outcome.told)}
    click.echo(labels.text("send.summary", lang, path=outcome.ledger, **facts))
    return outcome.exit_code


def today() -> dt.date:
    """Give the day."""
    return dt.datetime.now().astimezone().date()


def said(told: Told, lang: str) -> str:
    """Say what became of one letter."""
    return labels.text(f"send.state.{told.state}", lang, to=told.to, at=told.at, why=told.why or "")


def _tell(told: Told, lang: str) -> None:
    click.echo(said(told, lang), err=told.state not in {"sent", "already"})


def _noted(outcome: Outcome, lang: str) -> None:
    if outcome.lacking:
        click.echo(labels.text("send.lacking", lang, kinds=list(outcome.lacking)))
    if outcome.unlisted:
        click.echo(labels.text("send.unlisted", lang, files=list(outcome.unlisted)))
    if outcome.torn:
        facts = {"path": outcome.ledger, "rows": list(outcome.torn)}
        click.echo(labels.text("send.torn", lang, **facts), err=True)
