"""Score the stored forecasts of a run against published results: lines of the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.answer import submissions
from forecast.answer.changes.earlier import refuse_altered
from forecast.answer.ledger import COLUMNS, TARGET, question_of
from forecast.answer.record import KEYS, outcomes
from forecast.answer.result import RANK, SPEC_FILE, read_spec, read_table
from forecast.answer.scorecard.outlook import DEPARTMENT
from forecast.answer.verify import MEASURES, scored
from forecast.base.indexes import MAIN, SURVEYS
from forecast.base.spec import RunSpec
from forecast.base.spelling import slug
from forecast.data.framework import TOTAL, WHOLE, is_criterion, with_share
from forecast.data.load import Known, Vintages
from forecast.data.tables import RELATED_CODES
from forecast.model import score
from forecast.model.last_rank import last_rank_chances

BASE: Final = "last_value"
TABLES: Final = (
    *("forecast", "summary", "scorecard", "evidence", "targets", "departments", "department_domains"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A run as its folder has it."""

    # run_id, spec: name and question
    run_id: str
    spec: RunSpec
    made_on: dt.date  # the day on which it was made, whatever day it looks at
    tables: Mapping[str, pd.DataFrame] = field(repr=False)  # of the result, by name; see `TABLES`
    # whether its forecasts of other areas count too: they stand alike in the reports of all areas
    everywhere: bool = True


def read(folder: Path, made_on: dt.date, *, everywhere: bool = True) -> Stored:
    """Read a run.

    Raises OSError, ValueError, KeyError, TypeError or AttributeError if a file is missing, damaged or not
    what the run's record says it was.
    """
    refuse_altered(folder, [SPEC_FILE, *(f"{name}.csv" for name in TABLES)])
    tables = {name: read_table(folder, name) for name in TABLES}
    return Stored(folder.name, read_spec(folder), made_on, tables, everywhere)


def results_of(vintages: Vintages, as_of: dt.date, index_code: str, year: int) -> pd.DataFrame:
    """Give what was published of a year, as known on a day.

    As `record.outcomes` gives it, with the criteria of units' appraised scores (percent of the maximum), and
    `first_on`: the day on which any source first gave the figure.
    """
    known = vintages.known_at(as_of).of(index_code)
    results = pd.concat([outcomes(known, index_code, year, year), _criteria(known, year)], ignore_index=True)
    results = results[results["observed"].notna()].drop_duplicates(KEYS)
    first = _first_days(vintages, index_code, year).reindex(pd.MultiIndex.from_frame(results[KEYS]))
    return results.assign(
        first_on=pd.Series(first.to_numpy(), index=results.index).fillna(results["published_on"])
    )


def _criteria(known: Known, year: int) -> pd.DataFrame:
    """Criteria: published scores, and what the appraisal made of self-scores where none was."""
    rows = known.scores
    rows = rows[(rows["year"] == year) & (rows["statistic"] == "value") & rows["score"].notna()]
    rows = rows[rows["component"].map(is_criterion).astype(bool)]
    published = with_share(rows, known.frameworks, known.events, known.as_of)
    published = published.assign(observed=WHOLE * published["share"])
    own = known.self_scores
    own = own[(own["year"] == year) & own["appraised_score"].notna() & (own["max_score"] > 0)]
    appraised = own.assign(index_code=MAIN, observed=WHOLE * own["appraised_score"] / own["max_score"])
    columns = ["index_code", "area", "component", "year", "observed", "published_on", "source_url"]
    both = pd.concat([published[columns], appraised[columns]], ignore_index=True)
    changed = year in set(known.events.loc[known.events["index_code"] == MAIN, "year"])
    return both.rename(columns={"year": "target_year"}).assign(new_method=changed)


def _first_days(vintages: Vintages, index_code: str, year: int) -> pd.Series[Any]:
    """First day of publication by `KEYS`, of scores and of the ranks of the total, from any source."""
    rows = vintages.frames["related_indices" if index_code in RELATED_CODES else "scores"]
    rows = rows[rows["year"] == year]
    if "statistic" in rows:
        rows = rows[rows["statistic"] == "value"]
    ranked = rows[(rows["component"] == TOTAL) & rows["rank"].notna()].assign(component=RANK)
    figures = pd.concat([rows[rows["score"].notna()], ranked]).rename(columns={"year": "target_year"})
    return figures.groupby(KEYS)["published_on"].min()


def lines_of(run: Stored, results: pd.DataFrame, verified_on: dt.date) -> pd.DataFrame:
    """Score one run: `COLUMNS`, one row a forecast with an outcome that was not out on its day.

    Points are those of the maxima that the run knew; totals as published.
    """
    fit = results[results["first_on"] > pd.Timestamp(run.spec.as_of)]
    fit = fit.assign(observed=(fit["observed"] * _factors(run, fit)).round(4))
    rows = _forecasts(run)
    with_results = rows.merge(fit[[*KEYS, "observed", "new_method"]], on=KEYS)
    lines = scored(with_results) if len(with_results) else pd.DataFrame(columns=[*KEYS, "model", *MEASURES])
    marks = rows.drop_duplicates([*KEYS, "model"])[[*KEYS, "model", "shown"]]
    lines = lines.merge(marks, on=[*KEYS, "model"], how="left").assign(target="")
    lines = pd.concat([_with_bases(lines, run), _targets(run, fit)], ignore_index=True)
    days = fit.set_index(pd.Index(list(fit[KEYS].itertuples(index=False, name=None)), tupleize_cols=False))
    of_result = [
        (code, area, {TARGET: RANK if text.startswith("rank") else TOTAL}.get(component, component), year)
        for code, area, component, year, text in lines[[*KEYS, "target"]].itertuples(index=False, name=None)
    ]
    for name in ("published_on", "source_url", "first_on"):
        lines[name] = days[name].reindex(of_result).to_numpy()
    lines = lines.assign(
        run_id=run.run_id,
        question=question_of(run.spec),
        as_of=pd.Timestamp(run.spec.as_of),
        made_on=pd.Timestamp(run.made_on),
        verified_on=pd.Timestamp(verified_on),
        department="",
    )
    lines = _of_forms(lines, run)
    lines["before"] = (lines["made_on"] < lines["first_on"]).astype(bool)
    return lines.reindex(columns=list(COLUMNS))


def _maxima(run: Stored) -> dict[str, float]:
    """Maxima of components and criteria as the run tells them."""
    tables = (run.tables[name] for name in ("scorecard", "summary"))
    pairs = (zip(table["component"], table["max_score"].astype(float), strict=True) for table in tables)
    return {component: maximum for table in pairs for component, maximum in table}


def _factors(run: Stored, results: pd.DataFrame) -> pd.Series[float]:
    """Points per percent: by the maxima that the run tells; 1 for totals, ranks and surveys."""
    whole = results["component"].isin([TOTAL, RANK]) | results["index_code"].isin(SURVEYS)
    return (results["component"].map(_maxima(run)).astype(float) / WHOLE).where(~whole, 1.0)


def _forecasts(run: Stored) -> pd.DataFrame:
    """FORECAST rows of a run that count, with the domains that a department answered as a whole."""
    rows = run.tables["forecast"]
    rows = rows.assign(output_type_id=rows["output_type_id"].astype(float))
    if not run.everywhere:
        rows = rows[rows["area"] == run.spec.area]
    return pd.concat([rows, *_whole_domains(run, rows)], ignore_index=True)


def _whole_domains(run: Stored, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """FORECAST rows of domains all of whose criteria a department forecast."""
    maxima = _maxima(run)
    forecast_cells = set(zip(rows["model"], rows["component"], strict=True))
    parts = []
    for own in run.tables["department_domains"].to_dict("records"):
        maximum = maxima.get(own["component"], np.nan)
        whole = np.isclose(own["max_score"], maximum) and not np.isnan(own["likely"])
        if whole and (_model_of(own), own["component"]) not in forecast_cells:
            parts.append(_department_rows(run, own, maximum))
    return parts


def _model_of(own: Mapping[Any, Any]) -> str:
    return f"{DEPARTMENT}_{slug(own['department'])}"


def _department_rows(run: Stored, own: Mapping[Any, Any], maximum: float) -> pd.DataFrame:
    """FORECAST rows of a department's low, likely and high figure of a component."""
    levels = list(run.spec.quantile_levels)
    low, likely, high = (min(float(own[name]), maximum) for name in ("low", "likely", "high"))
    facts = {
        "index_code": run.spec.index_code,
        "area": run.spec.area,
        "target_year": run.spec.target_year,
        "model": _model_of(own),
        "component": own["component"],
        "output_type": "quantile",
        "shown": False,
    }
    values = np.round(submissions.quantiles(low, likely, high, maximum, levels), 4)
    return pd.DataFrame({**facts, "output_type_id": levels, "value": values})


def forms_of(run: Stored, received: pd.DataFrame) -> list[Stored]:
    """Give each form of the run's question as a forecast of its own, superseded ones too."""
    spec = run.spec
    rows = submissions.of_run(
        received, area=spec.area, index_code=spec.index_code, target_year=spec.target_year
    )
    rows = rows[rows["likely"].notna()]
    none = {name: run.tables[name].iloc[:0] for name in ("targets", "department_domains")}
    return [
        Stored(
            str(submission_id),
            replace(spec, as_of=form["received_on"].iloc[0].date()),
            form["received_on"].iloc[0].date(),
            {**run.tables, **none, "departments": form, "forecast": _form_rows(run, form)},
            everywhere=False,
        )
        for submission_id, form in rows.groupby("submission_id", sort=False)
    ]


def _form_rows(run: Stored, form: pd.DataFrame) -> pd.DataFrame:
    """FORECAST rows of one form, within the maxima that the run knew."""
    maxima = _maxima(run)
    parts = [
        _department_rows(run, own, maxima[own["component"]])
        for own in form.to_dict("records")
        if not np.isnan(maxima.get(own["component"], np.nan))
    ]
    return pd.concat(parts, ignore_index=True) if parts else run.tables["forecast"].iloc[:0]


def _of_forms(lines: pd.DataFrame, run: Stored) -> pd.DataFrame:
    """Put a department's own words down to its form: several runs may have read the same one."""
    forms = run.tables["departments"].drop_duplicates("department", keep="last")
    for own in forms.to_dict("records"):
        name = _model_of(own)
        of_department = lines["model"].isin([name, f"{DEPARTMENT}_corrected_{slug(own['department'])}"])
        lines.loc[of_department, "department"] = own["department"]
        as_given = lines["model"] == name
        lines.loc[as_given, "run_id"] = own["submission_id"]
        lines.loc[as_given, "question"] = question_of(run.spec, own["department"])
        lines.loc[as_given, ["as_of", "made_on"]] = pd.Timestamp(own["received_on"])
    return lines


def _with_bases(lines: pd.DataFrame, run: Stored) -> pd.DataFrame:
    """Add what repeating the last figure would have said: its CRPS as a forecast, and the figure itself."""
    base = lines[lines["model"] == BASE].set_index(KEYS)["crps"]
    cells = pd.MultiIndex.from_frame(lines[KEYS])
    crps = pd.Series(base.reindex(cells).to_numpy(), index=lines.index, dtype=float)
    evidence = run.tables["evidence"]
    own = evidence[(evidence["statistic"] == "value") & (evidence["year"] < run.spec.target_year)]
    own = own.sort_values("year", kind="stable")
    last = own[own["observed_share"].notna()].drop_duplicates(KEYS[:3], keep="last")
    percent = (WHOLE * last["observed_share"]).to_numpy() * _factors(run, last).to_numpy()
    before = pd.Series(percent, index=pd.MultiIndex.from_frame(last[KEYS[:3]]))
    ranked = own[
        (own["component"] == TOTAL) & (own["year"] == run.spec.target_year - 1) & own["rank"].notna()
    ]
    ranked = ranked.assign(component=RANK)
    ranks = pd.Series(ranked["rank"].to_numpy(), index=pd.MultiIndex.from_frame(ranked[KEYS[:3]]))
    figures = pd.concat([before, ranks.astype(float)])
    repeated = pd.Series(
        figures[~figures.index.duplicated()].reindex(cells.droplevel(3)).to_numpy(), index=lines.index
    ).astype(float)
    rank = (lines["component"] == RANK) & repeated.notna()
    if rank.any():
        count = len(run.tables["forecast"].query("output_type == 'pmf'")["output_type_id"].unique())
        chances = last_rank_chances(repeated[rank].to_numpy(), count)
        crps[rank] = score.rps(lines.loc[rank, "observed"].to_numpy(dtype=float), chances).round(4)
    return lines.assign(base_crps=crps, repeated=repeated.round(4))


def _targets(run: Stored, results: pd.DataFrame) -> pd.DataFrame:
    """Chances of targets beside whether they were reached."""
    spec = run.spec
    own = results[(results["area"] == spec.area) & (results["index_code"] == spec.index_code)]
    observed_by_component = own.set_index("component")["observed"]
    forecast = run.tables["forecast"]
    shown_models = forecast.loc[forecast["shown"].astype(bool), "model"]
    rows = []
    for aim in run.tables["targets"].to_dict("records"):
        observed = observed_by_component.get(RANK if aim["quantity"] == "rank" else TOTAL, np.nan)
        if np.isnan(observed) or np.isnan(aim["probability"]):
            continue
        happened = observed <= aim["value"] if aim["relation"] == "<=" else observed >= aim["value"]
        facts: dict[str, Any] = {"index_code": spec.index_code, "area": spec.area, "component": TARGET}
        facts |= {
            "target_year": spec.target_year,
            "target": f"{aim['quantity']}{aim['relation']}{aim['value']:g}",
        }
        facts |= {
            "model": shown_models.iloc[0] if len(shown_models) else "",
            "shown": True,
            "observed": observed,
        }
        facts |= {"new_method": bool(own["new_method"].any()), "probability": aim["probability"]}
        facts |= {"happened": float(happened), "brier": float(score.brier(happened, aim["probability"]))}
        rows.append(facts)
    table = pd.DataFrame(rows)
    # Of a target set twice the later setting has the same chance.
    return table.drop_duplicates([*KEYS, "target"]) if len(table) else table
