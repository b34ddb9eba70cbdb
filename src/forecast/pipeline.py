"""Joins the steps of one forecast; the only place that knows their order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from forecast import backtest, changes, findings, load, news, record
from forecast.errors import TooFewYearsError
from forecast.framework import TOTAL, Framework, breaks, framework_for
from forecast.load import Known
from forecast.members import member_forecasts
from forecast.models.evidence import Evidence, FittedEvidence
from forecast.models.statements import Subject, observe
from forecast.models.subject import SURVEY, subject_of
from forecast.neighbours import neighbours
from forecast.result import Result
from forecast.scorecard.outlook import FINAL, Outlook, final_draws, outlook
from forecast.simulate import Draws, rank_table, ranks
from forecast.spec import RunSpec, parse_day, refuse_unanswerable

MAIN_MODEL: Final = "evidence"
HISTORY_DRAWS: Final = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """The latent panel given what was known, and joint draws of last year and the target year."""

    subject: Subject
    framework: Framework
    uses: pd.Series[str]
    fitted: FittedEvidence
    last: Draws
    target: Draws


def forecast(known: Known, spec: RunSpec) -> Result:
    """Forecast one area's index for the target year from what was known on one day.

    Raises
    ------
    SpecError
        If the area is no province, or the target year's result was already published.
    """
    known = _before_result(known, spec)
    rng = np.random.default_rng(spec.seed)
    return _told(known, spec, posterior(known, spec, rng), rng)


def _told(known: Known, spec: RunSpec, post: Posterior, rng: np.random.Generator) -> Result:
    """The tables of a result, but for the record, the news and what changed."""
    years = post.fitted.lattice.years[:-1]
    place = post.subject.areas.index(spec.area)
    with threadpool_limits(limits=1):
        past = post.fitted.draws(years, HISTORY_DRAWS, rng, areas=[place])
    home = post.subject.only(spec.area)
    below = _below(known, spec, post)
    rank = ranks(findings.scored(below.target, spec.index_code), place)
    chances = rank_table(rank, len(post.subject.areas))
    evidence = findings.evidence_table(known, post.uses, post.fitted)
    rows, availability = _rows(known, spec, post)
    shown = FINAL if below.informed else MAIN_MODEL
    return Result(
        spec=spec,
        forecast=pd.concat(
            [below.rows, rows, findings.rank_rows(chances, spec, post.framework, shown)], ignore_index=True
        ),
        summary=_with_grounds(
            findings.summary(post.last, below.target, post.framework, spec, evidence), below
        ),
        history=findings.history(
            {year: Draws(home, year, past[..., k]) for k, year in enumerate(years)},
            post.framework,
            spec,
            evidence,
        ),
        rank=chances,
        targets=findings.targets(known, below.target, rank, spec),
        evidence=evidence,
        availability=availability,
        variances=findings.variances(post.fitted),
        news=news.no_news(),
        vintage=findings.vintage(known, post.framework),
        set_aside=known.set_aside,
        backtest=record.no_record(),
        neighbours=neighbours(below.target, spec, evidence),
        **below.tables,
    )


def _with_grounds(summary: pd.DataFrame, below: Outlook) -> pd.DataFrame:
    """Add to what a forecast rests on the criteria and departments that moved it."""
    if not below.informed:
        return summary
    card, answers = below.tables["scorecard"], below.tables["department_domains"]
    parents = dict(zip(card["component"], card["parent"], strict=True))
    basis = []
    for component, told in zip(summary["component"], summary["basis"], strict=True):
        under = [name for name in parents if component in _above(name, parents)]
        own = card[card["component"].isin(under)]
        scored = int(own["informed"].isin(["indicator", "both"]).sum())
        domains = {component, *under} if component != TOTAL else set(answers["component"])
        spoken = answers.loc[answers["component"].isin(domains), "department"].nunique()
        more = [findings.phrase("basis.scored", count=scored)] if scored else []
        more += [findings.phrase("basis.departments", count=int(spoken))] if spoken else []
        basis.append(findings.phrases([*more, told[1:-1]]) if more else told)
    return summary.assign(basis=basis)


def _above(component: str, parents: Mapping[str, str]) -> list[str]:
    """The component and all that it adds to."""
    found = []
    while component:
        found.append(component)
        component = parents.get(component, "")
    return found


def _below(known: Known, spec: RunSpec, post: Posterior) -> Outlook:
    """What criteria, departments and scenarios add; nothing for the survey, which has no parts."""
    if spec.index_code == SURVEY:
        return Outlook(post.target, informed=False, rows=pd.DataFrame(), tables={})
    aims = findings.aims(known, spec)
    return outlook(known, spec, post.framework, post.last, post.target, aims)


def forecast_rows(known: Known, spec: RunSpec) -> pd.DataFrame:
    """The FORECAST rows of `forecast` alone: what the record of earlier years needs.

    Raises
    ------
    SpecError
        As `forecast` does.
    """
    known = _before_result(known, spec)
    return _rows(known, spec, posterior(known, spec, np.random.default_rng(spec.seed)))[0]


def _before_result(known: Known, spec: RunSpec) -> Known:
    """Hide the target year from a forced run, as a forecast that saw its result could verify nothing."""
    if not spec.force:
        return known
    seen = known.scores["year"] < spec.target_year
    return replace(known, scores=known.scores[seen].reset_index(drop=True))


def posterior(known: Known, spec: RunSpec, rng: np.random.Generator) -> Posterior:
    """Condition the latent panel on all that was known and draw last year and the target year.

    Raises
    ------
    SpecError
        As `forecast` does.
    """
    refuse_unanswerable(spec, announcements=known.announcements, areas=known.provinces)
    subject = subject_of(known, "PAR", spec.target_year)
    framework = framework_for(known.frameworks, known.events, "PAR", spec.target_year, known.as_of)
    lattice, statements, uses = observe(known.scores, subject, Evidence().start)
    years = (spec.target_year - 1, spec.target_year)
    with threadpool_limits(limits=1):  # the same bytes on any machine, and no quarrel over cores
        fitted = Evidence().fit(lattice, statements)
        shares = fitted.draws(years, spec.draws, rng)
    last, target = (Draws(subject, year, shares[..., k]) for k, year in enumerate(years))
    return Posterior(subject, framework, uses, fitted, last, target)


def _rows(known: Known, spec: RunSpec, post: Posterior) -> tuple[pd.DataFrame, pd.DataFrame]:
    """FORECAST rows of all models, and which model says something about what."""
    members, availability = member_forecasts(
        known, post.subject, post.fitted.statements, post.uses, spec, post.framework
    )
    main = findings.main_rows(post.target, spec, post.framework, MAIN_MODEL)
    return pd.concat([main, members], ignore_index=True), availability


def open_result(
    *,
    index_code: str,
    area: str,
    target_year: int,
    as_of: str,
    data_dir: str = "",
    run_dir: str = "",
) -> Result:
    """Give notebooks the result: the run's own if they are part of a run, else computed here.

    Parameters
    ----------
    as_of
        ISO date, as notebooks' parameters are plain text.
    data_dir
        Folder of the tables; empty for the project's own.
    run_dir
        Folder in which a run wrote its result; empty to compute.
    """
    if run_dir:
        return Result.read(Path(run_dir))
    spec = RunSpec(index_code=index_code, area=area, target_year=target_year, as_of=parse_day(as_of))
    return make(spec, Path(data_dir) if data_dir else project_data())


def make(spec: RunSpec, data_dir: Path, previous: Path | None = None, each: record.Each = map) -> Result:
    """Read the data as known on the day and forecast, with the record of earlier years and the news.

    Parameters
    ----------
    previous
        Folder of the report before this one, to tell what changed since; the forecast does not
        depend on it.
    each
        Does the earlier years of the record, beside this process where it can.

    Raises
    ------
    DataError, SpecError
        If the data are bad, or the spec cannot be answered.
    """
    vintages = load.read_vintages(data_dir)
    known = vintages.known_at(spec.as_of)
    seen = _before_result(known, spec)
    past = record.past_forecasts(vintages, known, spec, forecast_rows, each)
    rng = np.random.default_rng(spec.seed)
    post = posterior(seen, spec, rng)
    result = _told(seen, spec, post, rng)
    told = _with_news(replace(result, backtest=record.joined(past)), known)
    if previous is None:
        return told
    now = dict(zip(told.summary["component"], told.summary["median"], strict=True))
    changed = changes.since(previous, seen, spec, now, _Medians(spec, [(seen, post)]))
    return replace(
        told,
        previous=changed["previous"],
        changes=changed["changes"],
        changed_rows=changed["changed_rows"],
    )


@dataclass(frozen=True, slots=True)
class _Medians:
    """The medians found in any state of knowledge; the panel, which takes long, once for each."""

    spec: RunSpec
    panels: list[tuple[Known, Posterior]]

    def __call__(self, known: Known) -> changes.Medians:
        post = self._posterior(known)
        target = post.target
        if self.spec.index_code != SURVEY:
            target = final_draws(known, self.spec, post.framework, post.last, post.target)
        return findings.medians(target, post.framework, self.spec)

    def _posterior(self, known: Known) -> Posterior:
        for other, post in self.panels:
            if all(getattr(other, name) is getattr(known, name) for name in changes.PANEL):
                return post
        post = posterior(known, self.spec, np.random.default_rng(self.spec.seed))
        self.panels.append((known, post))
        return post


def record_of(data_dir: Path, index_code: str, as_of: dt.date) -> tuple[pd.DataFrame, tuple[int, ...]]:
    """Backtest an index on its own published totals, each earlier year as known on the same day of it.

    Returns
    -------
    table : DataFrame
        As `backtest.backtest` gives it, for every province with an outcome and every model.
    breaks : tuple of int
        Years in which the index's method changed.

    Raises
    ------
    DataError, SpecError
        If the data are bad, or nothing was known on the day.
    """
    vintages = load.read_vintages(data_dir)
    known = vintages.known_at(as_of)
    spec = RunSpec(index_code=index_code, area=known.provinces[0], target_year=as_of.year, as_of=as_of)
    past = record.joined(record.past_forecasts(vintages, known, spec, forecast_rows))
    past = past[past["index_code"] == index_code]
    table = past.assign(
        origin=past["target_year"] - 1,
        horizon=1,
        quantile_level=past["output_type_id"].astype(float),
        predicted=past["value"],
        scale=np.nan,
    )
    return table[backtest.COLUMNS].reset_index(drop=True), breaks(known.events, index_code)


def _with_news(result: Result, known: Known) -> Result:
    """Add what current indicators say, learnt on the result's own record."""
    spec = result.spec
    framework = framework_for(known.frameworks, known.events, "PAR", spec.target_year, known.as_of)
    errors = news.past_errors(result.backtest, spec, MAIN_MODEL)
    learnt = news.lessons(known, errors, spec)
    median = _main_median(result.forecast, spec)
    told: dict[str, object] = {
        "model": news.REGRESSION,
        "index_code": spec.index_code,
        "component": TOTAL,
        "available": True,
        "reason": "",
    }
    rows = result.forecast
    try:
        more = news.regression(learnt, errors, median, spec, framework)
        rows = pd.concat([rows, more], ignore_index=True)
    except TooFewYearsError as refusal:
        told |= {"available": False, "reason": findings.phrase(refusal.key, **refusal.facts)}
    return replace(
        result,
        forecast=rows,
        availability=pd.concat([result.availability, pd.DataFrame([told])], ignore_index=True),
        news=news.indicator_news(learnt, errors),
    )


def _main_median(rows: pd.DataFrame, spec: RunSpec) -> float:
    """Median of the main model's total, whose past errors the regression corrects."""
    middle = rows[
        (rows["model"] == MAIN_MODEL)
        & (rows["index_code"] == spec.index_code)
        & (rows["area"] == spec.area)
        & (rows["component"] == TOTAL)
        & (rows["output_type_id"] == "0.5")
    ]
    return float(middle["value"].iloc[0])


def project_data() -> Path:
    """Folder ``data/`` of the project that this package is part of, or of the working folder."""
    for folder in (Path(__file__).resolve().parents[2], Path.cwd(), *Path.cwd().parents):
        if (folder / "data" / "scores.csv").is_file():
            return folder / "data"
    return Path.cwd() / "data"
