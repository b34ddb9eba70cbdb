"""`forecast intake`: receive the departments' forms, or return them with comments."""

import datetime as dt
from pathlib import Path

import click

from forecast.base import labels
from forecast.base.errors import EXIT_DATA, EXIT_GOOD
from forecast.base.spec import refuse_outside, today
from forecast.cli.local import argument, option, verb
from forecast.cli.types import DayType, PathType
from forecast.data.tables import FIRST_YEAR, LAST_YEAR
from forecast.intake.forms.receive import Outcome, receive


@verb(
    "intake",
    argument("files", "FILE...", nargs=-1, required=True, type=PathType()),
    option("received-on", type=DayType(), metavar="YYYY-MM-DD"),
    "as-of target-year",
    option("area", default=None),
    "data-dir insist",
)
def intake(
    *,
    files: tuple[Path, ...],
    received_on: dt.date | None,
    as_of: dt.date | None,
    target_year: int | None,
    area: str | None,
    data_dir: Path,
    insist: bool,
    lang: str,
) -> int:
    """Take forms; exit code 1 if any was refused."""
    if target_year is not None:
        refuse_outside("--target-year", target_year, FIRST_YEAR, LAST_YEAR)
    day = received_on or today()
    outcomes = receive(
        files,
        data_dir,
        received_on=day,
        as_of=as_of or day,
        target_year=target_year,
        area=area,
        lang=lang,
        insist=insist,
    )
    for outcome in outcomes:
        click.echo(page(outcome, lang), err=outcome.state == "refused")
    return EXIT_DATA if any(outcome.state == "refused" for outcome in outcomes) else EXIT_GOOD


def page(outcome: Outcome, lang: str) -> str:
    """Say what became of one file."""
    name = outcome.file.name
    if outcome.state == "stored":
        return labels.text("intake.stored", lang, file=name, received_on=outcome.stored_on)
    if outcome.state == "refused":
        lines = [labels.text("intake.refused", lang, file=name, count=len(outcome.problems))]
        told = [problem.text(lang) for problem in outcome.problems]
        lines += [f"  {line}" for line in (*told, *(remark.text(lang) for remark in outcome.remarks))]
        if outcome.copy:
            lines.append("  " + labels.text("intake.copy", lang, path=str(outcome.copy)))
        if outcome.no_copy:
            lines.append("  " + labels.text("intake.no_copy", lang, reason=outcome.no_copy.text(lang)))
        return "\n".join(lines)
    facts = {"answered": outcome.answered, "expected": outcome.expected, "department": outcome.department}
    lines = [labels.text("intake.accepted", lang, file=name, **facts)]
    if outcome.days_late:
        lines.append(labels.text("intake.late", lang, days=outcome.days_late))
    if outcome.supersedes:
        lines.append(labels.text("intake.supersedes", lang, received_on=outcome.supersedes))
    if outcome.superseded_by:
        lines.append(labels.text("intake.superseded", lang, received_on=outcome.superseded_by))
    lines += [remark.text(lang) for remark in outcome.remarks]
    return "\n  ".join(lines)
