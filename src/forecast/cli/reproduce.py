"""`forecast reproduce RUN`: a report's forecast made again from what it stored."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from forecast.base import labels
from forecast.base.errors import EXIT_GOOD
from forecast.cli.local import argument, verb

EXIT_DIFFERENT: Final = 1


@verb("reproduce", argument("run", "RUN|latest"), "reports-dir")
def reproduce(*, run: str, reports_dir: Path, lang: str) -> int:
    """Say whether the bytes are the same, or what differs and why."""
    from forecast.runs.reproduce import reproduce as again  # takes seconds to load

    done = again(reports_dir.resolve(), run)
    key = "reproduce.same" if done.same else "reproduce.different"
    click.echo(labels.text(key, lang, run_id=done.run_id, rows=done.rows))
    for heading, phrases in (("what", done.differences), ("why", done.reasons)):
        if phrases:
            click.echo(labels.text(f"reproduce.{heading}", lang))
            click.echo("\n".join(f"  {phrase.text(lang)}" for phrase in phrases))
    return EXIT_GOOD if done.same else EXIT_DIFFERENT
