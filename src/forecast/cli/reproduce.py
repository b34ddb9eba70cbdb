"""`forecast reproduce RUN`: compute a report's forecast again from its stored data."""

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
    from forecast.runs.reproduce import reproduce as reproduce_run  # takes seconds to load

    result = reproduce_run(reports_dir.resolve(), run)
    key = "reproduce.same" if result.same else "reproduce.different"
    click.echo(labels.text(key, lang, run_id=result.run_id, rows=result.rows))
    for heading, phrases in (("what", result.differences), ("why", result.reasons)):
        if phrases:
            click.echo(labels.text(f"reproduce.{heading}", lang))
            click.echo("\n".join(f"  {phrase.text(lang)}" for phrase in phrases))
    return EXIT_GOOD if result.same else EXIT_DIFFERENT
