"""`forecast predict`: forecast any yearly panel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import numpy as np
import pandas as pd

from forecast.base import labels
from forecast.base.errors import EXIT_GOOD, SpecError
from forecast.base.spec import refuse_outside, refuse_unknown
from forecast.cli.local import option, verb
from forecast.cli.panels import (
    YearsType,
    read_covariates,
    read_panel,
    refuse_places,
    write_file,
    write_table,
)
from forecast.cli.plain import table, tuples
from forecast.cli.types import PathType, WholeType
from forecast.data.spellings import component_named
from forecast.model.panel import MOST_AHEAD, Panel

if TYPE_CHECKING:
    from forecast.model.fitted_ensemble import FittedEnsemble
    from forecast.model.joined import FittedWithSums

PICTURES: Final = (".html", ".png")
MOST_EFFECTS: Final = 12  # rows of the table of effects
MOST_FANS: Final = 60  # series on one picture


@verb(
    "predict",
    option("scores", required=True),
    option("target-year", type=YearsType(), required=True, metavar="YYYY[:YYYY]"),
    option("out", required=True),
    option("model", multiple=True, metavar="NAME"),
    "events covariates",
    option("level", type=WholeType(), multiple=True, metavar="PERCENT"),
    option("summary", type=None, metavar=None, is_flag=True),
    option("plot", type=PathType(), metavar="FILE.html|png"),
    option("area", multiple=True, metavar="NAME", default=None),
    option("component", multiple=True, metavar="NAME"),
)
def predict(
    *,
    scores: Path,
    target_year: tuple[int, ...],
    out: Path,
    model: tuple[str, ...],
    events: Path | None,
    covariates: Path | None,
    level: tuple[int, ...],
    summary: bool,
    plot: Path | None,
    area: tuple[str, ...],
    component: tuple[str, ...],
    lang: str,
) -> int:
    """Forecast a panel, write the long table, and draw and summarise it if asked."""
    read = {"--scores": scores, "--events": events, "--covariates": covariates}
    refuse_places({**read, "--out": out, "--plot": plot})
    if plot is not None and plot.suffix.lower() not in PICTURES:
        raise SpecError("cli.predict.picture", {"found": plot.name})
    if plot is None and (area or component):
        raise SpecError("cli.predict.no_picture")
    panel, remarks = read_panel(scores, events, target_year)  # before the models, which import slowly
    from forecast.answer import basis
    from forecast.model import engine
    from forecast.model.contract import horizon_of

    names, levels = engine.names(list(model) or None), engine.quantile_levels(level)
    horizon_of(target_year[0], panel.origin)  # refuses a year that is not ahead
    refuse_outside("--target-year", target_year[-1], panel.origin + 1, panel.origin + MOST_AHEAD)
    series = [] if plot is None else _cells(panel, area, component)

    figures, covariate_remarks = read_covariates(covariates, panel, target_year[-1])

    fit = engine.fit_models(panel, target_year, figures)
    for remark in [*remarks, *covariate_remarks]:
        click.echo(remark.text(lang), err=True)
    if model:
        engine.refuse_unfitted(fit, names)
    _print_refusals(fit, names, lang)
    for remark in basis.left_out(fit, names, target_year[-1]):
        click.echo(remark.text(lang), err=True)
    count = _CountedParts(engine.tables(fit, target_year, levels, names))
    write_table(count, out)
    if plot is not None:
        _draw(fit, series, target_year, plot, lang)
    if covariates is not None:
        _print_effects(fit, lang)
    if summary:
        click.echo("\n".join(phrase.text(lang) for phrase in basis.basis(fit, target_year[0])))
    facts = {"rows": count.rows, "models": len(count.models), "path": str(out)}
    click.echo(labels.text("cli.predict.made", lang, **facts))
    return EXIT_GOOD


def _print_refusals(fit: FittedEnsemble | FittedWithSums, names: Sequence[str], lang: str) -> None:
    for name in names:
        if name in fit.refused:
            reason = fit.refused[name].text(lang)
            click.echo(labels.text("cli.predict.refused", lang, model=name, reason=reason), err=True)


def _print_effects(fit: FittedEnsemble | FittedWithSums, lang: str) -> None:
    """Print the effects of covariates, the surest first, and which covariates could not be used."""
    from forecast.answer import covariates

    for remark in covariates.unusable(fit):
        click.echo(remark.text(lang), err=True)
    effects = covariates.effects_table(fit)
    supported = effects[effects["chance"] > 0]
    if len(supported):
        heads = [labels.text(f"cli.predict.effects.{name}", lang) for name in covariates.EFFECTS]
        lines = [
            [
                row.covariate,
                row.component,
                _effect_text(row.effect, lang),
                _effect_text(row.standard_error, lang),
                labels.number(100 * row.chance, 0, lang) + "%",
                str(row.area_years),
            ]
            for row in tuples(supported.head(MOST_EFFECTS))
        ]
        click.echo(table(heads, lines, ("left", "left", "right", "right", "right", "right")))
    facts = {"count": len(effects), "supported": len(supported), "shown": min(len(supported), MOST_EFFECTS)}
    click.echo(labels.text("cli.predict.effects.rest", lang, **facts))


def _effect_text(value: float, lang: str) -> str:
    """Write an effect with three significant digits, as units of covariates may be of any size."""
    if value != 0 and not 1e-6 <= abs(value) < 1e6:
        return f"{value:.2e}"
    return labels.plain(float(f"{value:.3g}"), lang)


class _CountedParts:
    """An iterator over the parts of a table that counts rows and models."""

    def __init__(self, parts: Iterator[pd.DataFrame]) -> None:
        self._parts = parts
        self.rows = 0
        self.models: set[str] = set()

    def __iter__(self) -> Iterator[pd.DataFrame]:
        for part in self._parts:
            self.rows += len(part)
            self.models |= set(part["model"].iloc[:1])
            yield part


def _cells(panel: Panel, areas: Sequence[str], components: Sequence[str]) -> list[tuple[int, int]]:
    """Give the indices of the series to draw; refuse unknown names, with the nearest."""
    for option_, names, allowed in (
        ("--area", areas, panel.areas),
        ("--component", components, panel.components),
    ):
        for name in names:
            if name not in allowed:
                refuse_unknown(option_, name, allowed, near=_meant(name, allowed))
    has_values = (panel.value == panel.value).any(axis=2)
    cells = [
        (a, c)
        for c, component in enumerate(panel.components)
        for a, area in enumerate(panel.areas)
        if (not areas or area in areas) and (not components or component in components) and has_values[a, c]
    ]
    if len(cells) > MOST_FANS:
        raise SpecError("cli.predict.many_fans", {"count": len(cells), "most": MOST_FANS})
    if not cells:
        raise SpecError("cli.predict.no_fan")
    return cells


def _meant(name: str, components: Sequence[str]) -> str:
    """Component that a name means in other letters or words; an empty text where none is."""
    return meant if (meant := component_named(name)) in components else ""


def _draw(
    fit: FittedEnsemble | FittedWithSums,
    cells: Sequence[tuple[int, int]],
    target_years: Sequence[int],
    path: Path,
    lang: str,
) -> None:
    """Draw the combined forecast of some series."""
    from forecast.pages.plot import fan

    quantiles = np.stack([fit.quantiles(year, fan.LEVELS) for year in target_years], axis=2)
    fans = [
        fan.Fan(
            area=fit.panel.areas[a],
            component=fit.panel.components[c],
            years=fit.panel.years,
            values=fit.panel.value[a, c],
            target_years=target_years,
            quantiles=quantiles[a, c],
        )
        for a, c in cells
    ]
    write = fan.write_html if path.suffix.lower() == ".html" else fan.write_png
    write_file(path, lambda file: write(fans, file, lang))
