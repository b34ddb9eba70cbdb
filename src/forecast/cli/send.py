"""`forecast send`: send a report to the leaders by mail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from forecast.base import labels, mail_address
from forecast.base.errors import EXIT_GOOD, SpecError
from forecast.base.spec import refuse_outside, today
from forecast.base.spelling import command_line
from forecast.cli.local import option, verb
from forecast.cli.types import FolderType, PathType, WholeType

MOST_DAYS: Final = 100_000

if TYPE_CHECKING:
    from forecast.sending.recipients import Recipients
    from forecast.sending.send import LetterResult, Outcome


@verb(
    "send",
    option("run", default="latest", metavar="latest|ID"),
    option("to-file", type=PathType(), required=True, metavar="PATH"),
    "dry-run",
    option("out", type=FolderType(), metavar="PATH"),
    "again",
    option("only", multiple=True, metavar="ADDRESS"),
    option("stale-days", type=WholeType(), metavar="N"),
    "insecure reports-dir",
)
def send(
    *, to_file: Path, dry_run: bool, out: Path | None, reports_dir: Path, lang: str, **options: Any
) -> int:
    """Send, or with --dry-run write the letters into a folder."""
    from forecast.sending import recipients
    from forecast.sending import send as sending

    if out is not None and not dry_run:
        raise SpecError("send.out_alone")
    for name, values in (("--run", (options["run"],)), ("--only", options["only"])):
        if not all(value.strip() for value in values):
            raise SpecError("spec.empty", {"name": name})
    days = options["stale_days"]
    if days is not None:
        refuse_outside("--stale-days", days, 0, MOST_DAYS)
    request = sending.Request(**options)
    readers = recipients.read(to_file)
    _tell_doubts(readers, lang)
    if dry_run:
        outcome, paths = sending.rehearse(reports_dir, readers, request, today=today(), out=out)
        for letter in outcome.letters:
            click.echo(sentence(letter, lang))
        click.echo(labels.text("send.rehearsed", lang, count=len(paths), folder=paths[0].parent))
        if len(paths) < len(outcome.letters):
            click.echo(labels.text("send.not_written", lang, count=len(outcome.letters) - len(paths)))
        _print_notes(outcome, lang)
        return EXIT_GOOD

    def tell(letter: LetterResult) -> None:
        click.echo(sentence(letter, lang), err=letter.state not in {"sent", "already"})

    outcome = sending.send(reports_dir, readers, request, today=today(), tell=tell)
    _print_notes(outcome, lang)
    if outcome.trouble is not None:
        click.echo(outcome.trouble.text(lang), err=True)
    _tell_put_off(outcome, to_file, reports_dir, options["only"], lang)
    facts = {"run_id": outcome.run_id, "sent": outcome.arrived, "all": len(outcome.letters)}
    click.echo(labels.text("send.summary", lang, path=outcome.ledger, **facts))
    return outcome.exit_code


def sentence(letter: LetterResult, lang: str) -> str:
    """Say what became of one letter."""
    return labels.text(f"send.state.{letter.state}", lang, to=letter.to, at=letter.at, why=letter.why or "")


def _tell_doubts(readers: Recipients, lang: str) -> None:
    for doubt in mail_address.doubts((readers.smtp.sender, *(reader.email for reader in readers.to))):
        click.echo(doubt.text(lang), err=True)


def _tell_put_off(outcome: Outcome, to_file: Path, reports_dir: Path, only: Sequence[str], lang: str) -> None:
    """Give the command that sends what the server put off."""
    if not outcome.put_off:
        return
    words = ["forecast", "send", "--to-file", str(to_file), "--run", outcome.run_id]
    words += [word for email in only for word in ("--only", email)]
    words += [] if reports_dir == Path("reports") else ["--reports-dir", str(reports_dir)]
    facts = {"count": outcome.put_off, "command": command_line(words)}
    click.echo(labels.text("send.put_off", lang, **facts), err=True)


def _print_notes(outcome: Outcome, lang: str) -> None:
    if outcome.lacking:
        click.echo(labels.text("send.lacking", lang, kinds=list(outcome.lacking)))
    if outcome.unlisted:
        click.echo(labels.text("send.unlisted", lang, files=list(outcome.unlisted)))
    if outcome.torn:
        facts = {"path": outcome.ledger, "rows": list(outcome.torn)}
        click.echo(labels.text("send.torn", lang, **facts), err=True)
