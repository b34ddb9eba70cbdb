"""`forecast predict`: forecasts of any yearly panel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecast import labels
from forecast.cli.local import LocalOption, PathType, Verb, WholeType
from forecast.cli.panels import (
    MOST_AHEAD,
    YearsType,
    read_panel,
    refuse_far,
    refuse_levels,
    refuse_places,
    write_table,
)
from forecast.errors import EXIT_GOOD
from forecast.spec import QUANTILE_LEVELS, interval_ends


def build(lang: str) -> click.Command:
    """Make the verb in one language."""

    def option(name: str, **settings: Any) -> click.Option:
        says = labels.text(f"cli.predict.{name.replace('-', '_')}", lang)
        return LocalOption([f"--{name}"], help=says, **settings)

    return Verb(
        "predict",
        lang,
        params=[
            option("scores", type=PathType(), required=True, metavar="FILE"),
            option("target-year", type=YearsType(), required=True, metavar="YYYY[:YYYY]"),
            option("out", type=PathType(), required=True, metavar="FILE"),
            option("model", multiple=True, metavar="NAME"),
            option("events", type=PathType(), metavar="FILE"),
            option("level", type=WholeType(), multiple=True, metavar="PERCENT"),
        ],
        callback=lambda **given: predict(lang=lang, **given),
    )


def predict(
    *,
    scores: Path,
    target_year: tuple[int, ...],
    out: Path,
    model: tuple[str, ...],
    events: Path | None,
    level: tuple[int, ...],
    lang: str,
) -> int:
    """Forecast a panel and write the long table."""
    refuse_levels(level)
    refuse_places({"--scores": scores, "--events": events, "--out": out})
    from forecast.models import engine
    from forecast.models.contract import horizon_of

    asked = engine.names(list(model) or None)
    panel = read_panel(scores, events)
    horizon_of(target_year[0], panel.origin)  # refuses a year that is not ahead
    refuse_far("--target-year", target_year[-1], panel.origin + 1, panel.origin + MOST_AHEAD)

    ends = (interval_ends(each) for each in level)
    levels = tuple(sorted(set(QUANTILE_LEVELS).union(*ends)))
    fit = engine.fit_models(panel, target_year)
    for name in asked:
        if name in fit.refused:
            if model:
                raise fit.refused[name]
            reason = fit.refused[name].text(lang)
            click.echo(labels.text("cli.predict.refused", lang, model=name, reason=reason), err=True)
    for note in fit.notes:
        click.echo(labels.text(note, lang), err=True)
    table = engine.long_table(fit, target_year, levels, asked)
    write_table(table, out)
    facts = {"rows": len(table), "models": table["model"].nunique(), "path": str(out)}
    click.echo(labels.text("cli.predict.made", lang, **facts))
    return EXIT_GOOD
