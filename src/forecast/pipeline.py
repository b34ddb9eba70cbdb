"""Joins the steps of one forecast; the only place that knows their order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from forecast import findings, load, news, record
from forecast.errors import TooFewYearsError
from forecast.framework import TOTAL, framework_for
from forecast.load import Known
from forecast.members import member_forecasts
from forecast.models.evidence import Evidence
from forecast.models.statements import observe
from forecast.models.subject import subject_of
from forecast.result import Result
from forecast.simulate import Draws, rank_table, ranks
from forecast.spec import RunSpec, parse_day, refuse_unanswerable

MAIN_MODEL: Final = "evidence"
HISTORY_DRAWS: Final = 1000


def forecast(known: Known, spec: RunSpec) -> Result:
    """Forecast one area's index for the target year from what was known on one day.

    Raises
    ------
    SpecError
        If the area is no province, or the target year's result was already published.
    """
    refuse_unanswerable(spec, announcements=known.announcements, areas=known.provinces)
    subject = subject_of(known, "PAR", spec.target_year)
    framework = framework_for(known.frameworks, known.events, "PAR", spec.target_year, known.as_of)
    lattice, statements, uses = observe(known.scores, subject, Evidence().start)
    fitted = Evidence().fit(lattice, statements)
    rng = np.random.default_rng(spec.seed)
    years = (spec.target_year - 1, spec.target_year)
    shares = fitted.draws(years, spec.draws, rng)
    last, target = (Draws(subject, year, shares[..., k]) for k, year in enumerate(years))
    past = fitted.draws(lattice.years[:-1], HISTORY_DRAWS, rng, areas=[subject.areas.index(spec.area)])
    home = subject.only(spec.area)
    rank = ranks(target.points(TOTAL), subject.areas.index(spec.area))
    chances = rank_table(rank, len(subject.areas))
    evidence = findings.evidence_table(known, uses, fitted)
    members, availability = member_forecasts(known, subject, statements, uses, spec, framework)
    rows = [findings.main_rows(target, spec, framework, MAIN_MODEL)]
    rows += [findings.rank_rows(chances, spec, framework, MAIN_MODEL), members]
    return Result(
        spec=spec,
        forecast=pd.concat(rows, ignore_index=True),
        summary=findings.summary(last, target, framework, spec, evidence),
        history=findings.history(
            {year: Draws(home, year, past[..., k]) for k, year in enumerate(lattice.years[:-1])},
            framework,
            spec,
            evidence,
        ),
        rank=chances,
        targets=findings.targets(known, target, rank, spec),
        evidence=evidence,
        availability=availability,
        variances=findings.variances(fitted),
        news=news.no_news(),
        vintage=findings.vintage(known, framework),
        set_aside=known.set_aside,
        backtest=record.no_record(),
    )


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


def make(spec: RunSpec, data_dir: Path) -> Result:
    """Read the data as known on the day and forecast, with the record of earlier years."""
    known = load.read(data_dir, as_of=spec.as_of)
    result = forecast(known, spec)
    past = record.past_forecasts(data_dir, known, spec, forecast)
    return with_news(replace(result, backtest=past), known)


def with_news(result: Result, known: Known) -> Result:
    """Add what current indicators say, learnt on the result's own record."""
    spec = result.spec
    framework = framework_for(known.frameworks, known.events, "PAR", spec.target_year, known.as_of)
    errors = news.past_errors(result.backtest, spec, MAIN_MODEL)
    median = float(result.summary.set_index("component")["median"].loc[TOTAL])
    told: dict[str, object] = {"model": news.REGRESSION, "index_code": spec.index_code, "component": TOTAL}
    rows = result.forecast
    try:
        rows = pd.concat([rows, news.regression(known, errors, median, spec, framework)], ignore_index=True)
        told |= {"available": True, "reason": ""}
    except TooFewYearsError as refusal:
        told |= {"available": False, "reason": findings.phrase(refusal.key, **refusal.facts)}
    return replace(
        result,
        forecast=rows,
        availability=pd.concat([result.availability, pd.DataFrame([told])], ignore_index=True),
        news=news.indicator_news(known, errors, spec),
    )


def project_data() -> Path:
    """Folder ``data/`` of the project that this package is part of, or of the working folder."""
    for folder in (Path(__file__).resolve().parents[2], Path.cwd(), *Path.cwd().parents):
        if (folder / "data" / "scores.csv").is_file():
            return folder / "data"
    return Path.cwd() / "data"
