"""Joins the steps of one forecast; the only place that knows their order."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from forecast.answer import changes, findings, record
from forecast.answer.current import elasticities, indicator_table
from forecast.answer.indicators import english_names
from forecast.answer.panel_forecast import (
    MAIN_MODEL,
    PanelForecast,
    begin_record,
    forecast_panel,
    forecast_rows,
    rows_of,
)
from forecast.answer.provinces import ladder_table, peer_table, province_table
from forecast.answer.result import VERIFICATION_COLUMNS, Result
from forecast.answer.scorecard.outlook import FINAL, Outlook, final_draws, outlook
from forecast.base.indexes import INDEXES
from forecast.base.spec import DEFAULT_AREA, RunSpec, parse_day
from forecast.data import load
from forecast.data.framework import TOTAL, Framework, breaks
from forecast.data.load import Known
from forecast.model import rolling
from forecast.model.joint_draws import joint_draws
from forecast.model.simulate import Draws, rank_table, ranks

HISTORY_DRAWS: Final = 1000


def forecast(known: Known, spec: RunSpec) -> Result:
    """Forecast one area's index for the target year from what was known on one day.

    Raises SpecError if the area is no province, or the target year's result was already published.
    """
    panel = forecast_panel(known, spec)
    return result_of(panel, spec, below_domains(panel, spec))


def result_of(
    panel: PanelForecast,
    spec: RunSpec,
    below: Outlook,
    past: record.Past | None = None,
    previous: Path | None = None,
) -> Result:
    """Assemble a result from the panel forecast, the outlook `below` the domains and the record.

    The record is the panel forecast's own unless `past` is given; `previous` is the folder of the report
    before this one, see `make`.
    """
    known, post, framework = (panel.visible, panel.posterior, _framework(panel, spec))
    place = post.subject.areas.index(spec.area)
    rank = ranks(findings.scored(below.target, spec.index_code), place)
    chances = rank_table(rank, len(post.subject.areas))
    of_rank = (chances["probability"].to_numpy()[None], [spec.area], spec.index_code)
    evidence = findings.evidence_table(known, post.uses, post.fitted.statements, panel.fitted_shares())
    rows, availability = rows_of(panel, spec)
    shown = FINAL if below.informed else MAIN_MODEL
    ranked = findings.rank_rows(*of_rank, spec, framework, shown)
    all_rows = pd.concat([below.rows, rows, ranked], ignore_index=True)
    summary = findings.summary(post.last, below.target, framework, spec, evidence, _grounds(framework, below))
    past = past or panel.past
    return Result(
        spec=spec,
        forecast=all_rows.assign(shown=all_rows["model"] == shown),
        summary=summary,
        history=findings.history(_past_draws(panel, spec), framework, spec, evidence),
        rank=chances,
        targets=findings.targets(known, below.target, rank, spec),
        evidence=evidence,
        availability=availability,
        variances=findings.variances(post.fitted, post.subject.index_code),
        current=indicator_table(known, post, spec, below.baseline.rule_indicators if below.baseline else ()),
        vintage=findings.vintage(known, framework),
        set_aside=known.set_aside.assign(name_en=english_names(known, known.set_aside["key"])),
        backtest=past.quantiles,
        verification=past.cells[list(VERIFICATION_COLUMNS)],
        merged=known.merged,
        provinces=province_table(below.target, spec, evidence),
        ladder=ladder_table(below.target, spec),
        peers=peer_table(below.target, spec, framework, known.areas),
        **below.tables,
        **_changes(panel, spec, summary, float(np.quantile(rank, 0.5, method="inverted_cdf")), previous),
    )


def _changes(
    panel: PanelForecast, spec: RunSpec, summary: pd.DataFrame, rank: float, previous: Path | None
) -> dict[str, pd.DataFrame]:
    """What changed since the report before, if there was one, and the path of the reports so far."""
    total = summary.loc[summary["component"] == TOTAL].iloc[0]
    figures = {name: float(total[name]) for name in ("median", "lower", "upper")} | {"rank": rank}
    if previous is None:
        return {"path": changes.path_table(None, spec, figures, {})}
    now = dict(zip(summary["component"], summary["median"], strict=True))
    tables = changes.change_tables(previous, panel.visible, spec, now, partial(_medians, panel, spec))
    return {**tables, "path": changes.path_table(previous, spec, figures, tables)}


def _past_draws(panel: PanelForecast, spec: RunSpec) -> dict[int, Draws]:
    """Draws of the area's years before the target year; last year's are those of the summary."""
    post = panel.posterior
    place, home, rng = (post.subject.areas.index(spec.area), post.subject.only(spec.area), panel.stream())
    draws = {post.last.year: post.last}
    with threadpool_limits(limits=1):
        for year in post.fitted.lattice.years[:-2]:  # each apart, as no table needs two of them together
            past = joint_draws(post.fitted, (year,), HISTORY_DRAWS, rng, areas=[place])
            draws[year] = Draws(home, year, past.shares[..., 0], offset=past.offset[:, 0])
    return dict(sorted(draws.items()))


def _framework(panel: PanelForecast, spec: RunSpec) -> Framework:
    """Give the components of the target year: the departments in the tables are those of the city."""
    framework = panel.posterior.framework
    return framework if spec.area == DEFAULT_AREA else framework.without_departments()


def _grounds(framework: Framework, below: Outlook) -> dict[str, list[str]]:
    """Say of each component what criteria and departments moved it, if any did."""
    if not below.informed:
        return {}
    card, answers = below.tables["scorecard"], below.tables["department_domains"]
    parents = dict(zip(card["component"], card["parent"], strict=True))
    grounds = {}
    for component in framework.components["component"]:
        under = [name for name in parents if component in _above(name, parents)]
        own = card[card["component"].isin(under)]
        scored = int(own["informed"].isin(["indicator", "both"]).sum())
        domains = {component, *under} if component != TOTAL else set(answers["component"])
        departments = answers.loc[answers["component"].isin(domains), "department"].nunique()
        counts = {"basis.scored": scored, "basis.departments": int(departments)}
        grounds[component] = [findings.phrase(key, count=count) for key, count in counts.items() if count]
    return grounds


def _above(component: str, parents: Mapping[str, str]) -> list[str]:
    """The component and all that it adds to."""
    line = []
    while component:
        line.append(component)
        component = parents.get(component, "")
    return line


def below_domains(panel: PanelForecast, spec: RunSpec) -> Outlook:
    """What criteria, departments and scenarios add; nothing for an index that has neither."""
    known, post = panel.visible, panel.posterior
    if not INDEXES[spec.index_code].departments:
        return Outlook(post.target, informed=False, rows=pd.DataFrame(), tables={})
    worth = elasticities(known, post, spec)
    framework, aims = _framework(panel, spec), findings.aims(known, spec)
    return outlook(known, spec, framework, post.last, post.target, aims, worth)


def open_result(
    *, index_code: str, area: str, target_year: int, as_of: str, data_dir: str = "", run_dir: str = ""
) -> Result:
    """Give notebooks the result: the run's own if they are part of a run, else computed here.

    Parameters are plain text: `as_of` an ISO date, `data_dir` empty for the project's own tables, `run_dir`
    the folder in which a run wrote its result, empty to compute.
    """
    if run_dir:
        return Result.read(Path(run_dir))
    spec = RunSpec(index_code=index_code, area=area, target_year=target_year, as_of=parse_day(as_of))
    return make(spec, Path(data_dir) if data_dir else project_data())


def make(spec: RunSpec, data_dir: Path, previous: Path | None = None, mapper: record.Mapper = map) -> Result:
    """Read the data as known on the day and forecast, with the record of earlier years.

    `previous` is the folder of the report before this one, to tell what changed since; the forecast does not
    depend on it.  `mapper` does the earlier years of the record, beside this process where it can.

    Raises DataError or SpecError if the data are bad, or the spec cannot be answered.
    """
    known, years = begin_record(spec, load.read_vintages(data_dir), mapper)
    result = answer(forecast_panel(known, spec), spec, previous)  # while years of the record are done beside
    past = record.joined(years)
    return replace(result, backtest=past.quantiles, verification=past.cells[list(VERIFICATION_COLUMNS)])


def answer(panel: PanelForecast, spec: RunSpec, previous: Path | None = None) -> Result:
    """Do what is left of `make` when the panel forecast that all areas share is there.

    Raises SpecError if the area is no province; ValueError if the panel forecast is that of another
    question.
    """
    if not panel.answers(spec):
        raise ValueError(f"the panel forecast is that of {panel.spec}, not of {spec}")
    panel.visible.refuse(spec)
    return result_of(panel, spec, below_domains(panel, spec), previous=previous)


def _medians(panel: PanelForecast, spec: RunSpec, known: Known) -> changes.Medians:
    """The medians found in any state of knowledge."""
    post = panel.posterior_of(known, changes.PANEL)
    target = post.target
    if INDEXES[spec.index_code].departments:
        worth = elasticities(known, post, spec)
        target = final_draws(known, spec, post.framework, post.last, post.target, worth)
    return findings.medians(target, post.framework, spec)


def record_of(
    data_dir: Path, index_code: str, as_of: dt.date, mapper: record.Mapper = map
) -> tuple[pd.DataFrame, tuple[int, ...]]:
    """Backtest an index on its own published totals, each earlier year as known on the same day of it.

    Returns
    -------
    table : DataFrame
        As `rolling.backtest` gives it, for every province with an outcome and every model.
    breaks : tuple of int
        Years in which the index's method changed.

    Raises
    ------
    DataError, SpecError
        If the data are bad, or nothing was known on the day.
    """
    vintages = load.read_vintages(data_dir)
    known = vintages.known_at(as_of).of(index_code)
    spec = RunSpec(index_code=index_code, area=known.provinces[0], target_year=as_of.year, as_of=as_of)
    past = record.joined(record.past_forecasts(vintages, known, spec, forecast_rows, mapper)).quantiles
    past = past[past["index_code"] == index_code]
    table = past.assign(
        origin=past["target_year"] - 1,
        horizon=1,
        quantile_level=past["output_type_id"].astype(float),
        predicted=past["value"],
        scale=np.nan,
    )
    return table[rolling.COLUMNS].reset_index(drop=True), breaks(known.events, index_code)


def project_data() -> Path:
    """Folder ``data/`` of the project that this package is part of, or of the working folder."""
    package = Path(str(resources.files("forecast"))).resolve()
    for folder in (package.parents[1], Path.cwd(), *Path.cwd().parents):
        if (folder / "data" / "scores.csv").is_file():
            return folder / "data"
    return Path.cwd() / "data"
