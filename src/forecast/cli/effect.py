"""Compare the forecast without and with a proposed addition, as a table of plain text."""

import datetime as dt
from typing import Final

import click

from forecast.base import labels
from forecast.base.spec import today
from forecast.cli.plain import Side, labelled_table, tuples
from forecast.intake.additions.proposal import Proposal

MANY: Final = 2000  # scores, from which two processes are sooner done than one


def effect_text(
    proposal: Proposal,
    area: str,
    lang: str,
    *,
    as_of: dt.date | None = None,
    target_year: int | None = None,
) -> str:
    """Forecast without and with a proposal's rows, and write both side by side."""
    from forecast.base.workers import Local, like_map
    from forecast.intake.additions.effect import RANK, effect  # the models take their time

    if proposal.now.frames["scores"].empty:
        return labels.text("effect.first", lang)
    click.echo(labels.text("effect.working", lang), err=True)
    count = 2 if len(proposal.after.frames["scores"]) > MANY else 1
    day = as_of or today()
    change = effect(proposal, area=area, as_of=day, target_year=target_year, mapper=like_map(Local(count)))
    if change is None:
        return labels.text("effect.unused", lang, file=proposal.table.file)
    facts = {"area": change.spec.area, "year": change.spec.target_year, "as_of": change.spec.as_of}
    head = labels.text("effect.title" if change.moves else "effect.nothing", lang, **facts)
    if not change.moves:
        return head
    rows = [
        [
            labels.text("effect.rank", lang) if decimals == 0 else row.component,
            *_range(row.before, row.before_lower, row.before_upper, decimals, lang),
            *_range(row.after, row.after_lower, row.after_upper, decimals, lang),
            labels.signed(row.after - row.before, decimals, lang),
        ]
        for row in tuples(change.table)
        for decimals in [0 if row.component == RANK else 2]
    ]
    names = ("component", "before", "before_range", "after", "after_range", "move")
    sides: list[Side] = ["left", "right", "right", "right", "right", "right"]
    return f"{head}\n{labelled_table(names, rows, lang, sides)}"


def _range(middle: float, low: float, high: float, decimals: int, lang: str) -> tuple[str, str]:
    low_text, high_text = (labels.number(value, decimals, lang) for value in (low, high))
    return labels.number(middle, decimals, lang), f"{low_text} – {high_text}"
