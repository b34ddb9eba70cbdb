"""`forecast backtest`: forecast earlier years with every model, and compare with the results."""

import contextlib
import datetime as dt
from pathlib import Path
from typing import Final

import click
import pandas as pd

from forecast.base import labels
from forecast.base.errors import EXIT_GOOD, SpecError
from forecast.base.spec import refuse_outside
from forecast.cli.areas import open_workers
from forecast.cli.local import option, refuse_beside, refuse_without, verb
from forecast.cli.panels import (
    YearsType,
    read_covariates,
    read_panel,
    refuse_places,
    write_table,
)
from forecast.cli.plain import Side, table
from forecast.model.panel import MOST_AHEAD

MOST_WORKERS: Final = 256
SHOWN: Final = (
    *(("crps", 3), ("wis", 3), ("absolute_error", 3), ("scaled_error", 2)),
    *(("coverage_50", 2), ("coverage_80", 2), ("coverage_95", 2), ("skill_last_value", 3)),
)


@verb(
    "backtest",
    "scores as-of index-code data-dir",
    option("out", required=True),
    "summary",
    option("origins", type=YearsType(), metavar="YYYY[:YYYY]"),
    option("horizons", type=YearsType(), default=(1,), metavar="H[:H]"),
    "events covariates",
    option("workers", default=1),
    "scheduler",
)
def backtest(
    *,
    scores: Path | None,
    as_of: dt.date | None,
    index_code: str,
    data_dir: Path,
    out: Path,
    summary: Path | None,
    origins: tuple[int, ...] | None,
    horizons: tuple[int, ...],
    events: Path | None,
    covariates: Path | None,
    workers: int,
    scheduler: str | None,
    lang: str,
) -> int:
    """Forecast from every origin, write the long table, and print its summary."""
    refuse_beside("scheduler", "workers", given=scheduler is not None)
    refuse_beside("scores", "as-of index-code data-dir", given=scores is not None)
    refuse_outside("--workers", workers, 1, MOST_WORKERS)
    for horizon in (horizons[0], horizons[-1]):
        refuse_outside("--horizons", horizon, 1, MOST_AHEAD)
    read = {"--scores": scores, "--events": events, "--covariates": covariates}
    refuse_places({**read, "--out": out, "--summary": summary})
    refuse_without("scores", "events covariates origins horizons", given=scores is not None)
    if scores is not None:
        panel, remarks = read_panel(scores, events)
        figures, covariate_remarks = read_covariates(covariates, panel, panel.origin)
        for remark in [*remarks, *covariate_remarks]:
            click.echo(remark.text(lang), err=True)
        from forecast.model import rolling  # takes a second to import, so bad files are refused before

        origin_years = rolling.origins_of(panel, origins, name="--origins")
        from forecast.model.ensemble import Ensemble

        with contextlib.ExitStack() as stack:
            pool = open_workers(stack, workers, scheduler)
            models = [Ensemble(reach=horizons[-1], covariates=figures)]
            long = rolling.backtest(panel, models, origins=origin_years, horizons=horizons, workers=pool)
        last, breaks = panel.origin, panel.breaks
    elif as_of is not None:
        from forecast.answer import pipeline
        from forecast.base.workers import like_map
        from forecast.model import rolling

        last = as_of.year - 1
        with contextlib.ExitStack() as stack:
            pool = open_workers(stack, workers, scheduler)
            long, breaks = pipeline.record_of(data_dir, index_code, as_of, like_map(pool))
    else:
        raise SpecError("cli.backtest.what")
    if long.empty:
        raise SpecError("cli.backtest.nothing", {"last": last})
    sums = rolling.summary(long, breaks=breaks)
    write_table(long, out)
    if summary is not None:
        write_table(sums, summary)
    click.echo(_summary_table(sums, lang))
    click.echo(labels.text("cli.backtest.made", lang, rows=len(long), path=str(out)))
    return EXIT_GOOD


def _summary_table(sums: pd.DataFrame, lang: str) -> str:
    rows = sums.loc[sums["component"] == "all"]
    heads = [
        labels.text(f"cli.backtest.head.{name}", lang) for name in ("period", "horizon", "model", "years")
    ]
    heads += [labels.text(f"cli.backtest.head.{name}", lang) for name, _ in SHOWN]
    lines = [
        [
            labels.text(f"cli.backtest.period.{row['period']}", lang),
            str(row["horizon"]),
            labels.text(f"model.{row['model']}", lang),
            str(row["years"]),
            *(labels.number(row.get(name), decimals, lang) for name, decimals in SHOWN),
        ]
        for row in rows.to_dict("records")
    ]
    numbers: list[Side] = ["right"] * (len(SHOWN) + 1)
    sides: tuple[Side, ...] = ("left", "right", "left", *numbers)
    return table(heads, lines, sides)
