"""`forecast status`: list which departments have sent forecasts, and where these disagree with the models."""

import datetime as dt
from pathlib import Path
from typing import Any

import click
import pandas as pd

from forecast.answer.result import Result
from forecast.answer.submissions import compare_with_models, latest, status
from forecast.answer.submissions.duties import deadline
from forecast.base import labels
from forecast.base.errors import EXIT_GOOD
from forecast.base.spec import RunSpec
from forecast.cli.figures import models_of, result_of
from forecast.cli.form import INDEX_CODE
from forecast.cli.local import option, refuse_without, verb
from forecast.cli.plain import labelled_table, tuples
from forecast.data import load
from forecast.data.framework import framework_for


@verb(
    "status",
    option("target-year", required=True),
    option("as-of", required=True),
    "area",
    option("run", metavar="RUN|latest"),
    "reports-dir data-dir",
)
def show(
    *,
    target_year: int,
    as_of: dt.date,
    area: str,
    run: str | None,
    reports_dir: Path,
    data_dir: Path,
    lang: str,
) -> int:
    """Print the table of departments, and what disagrees if a run is named."""
    refuse_without("run", "reports-dir", given=bool(run))
    known = load.read(data_dir, as_of=as_of)
    place = known.find_province(area)
    spec = RunSpec(index_code=INDEX_CODE, area=place, target_year=target_year, as_of=as_of)
    framework = framework_for(known.frameworks, known.events, INDEX_CODE, target_year, as_of)
    last = latest(known.submissions, area=place, index_code=INDEX_CODE, target_year=target_year)
    comparison = None
    if run:
        comparison = _comparison(result_of(run, reports_dir, spec), last)
    click.echo(page(status(known, framework, spec, comparison), last, comparison, spec, lang))
    return EXIT_GOOD


def _comparison(result: Result, last: pd.DataFrame) -> pd.DataFrame:
    """Take the run's own comparison if it had the same forms, else compare the forms with its models."""
    table = result.departments
    if not set(last["submission_id"]) <= set(table["submission_id"]):
        return compare_with_models(last, models_of(result))
    models = {"model_median": "median", "model_lower": "lower", "model_upper": "upper"}
    answered: pd.DataFrame = table.loc[table["likely"].notna()]
    return answered.rename(columns=models)


def page(
    states: pd.DataFrame, last: pd.DataFrame, comparison: pd.DataFrame | None, spec: RunSpec, lang: str
) -> str:
    """Write the status as plain text."""
    facts = {"year": spec.target_year, "as_of": spec.as_of, "deadline": deadline(spec.target_year)}
    head = labels.text("status.title", lang, area=spec.area, **facts)
    if states.empty:
        return f"{head}\n{labels.text('status.nobody', lang)}"
    columns = ("department", "state", "received_on", "days_late", "components", "earlier", "form_version")
    versions = dict(zip(last["department"], last["form_version"], strict=True))
    rows = [_row(row, str(versions.get(row.department, "")), lang) for row in tuples(states)]
    parts = [head, labelled_table(columns, rows, lang, ["left", "left", "left", "right", "right", "right"])]
    counts = {state: int((states["state"] == state).sum()) for state in ("sent", "late", "missing")}
    parts.append(labels.text("status.counts", lang, all=len(states), **counts))
    if comparison is not None:
        parts.append(_disagreements(comparison, lang))
    return "\n\n".join(parts)


def _row(row: Any, version: str, lang: str) -> list[str]:
    return [
        row.department,
        labels.text(f"status.state.{row.state}", lang),
        labels.day(row.received_on, lang),
        labels.number(row.days_late, 0, lang) if row.days_late else "",
        f"{row.components:.0f}/{row.expected:.0f}",
        labels.number(row.earlier, 0, lang),
        version or labels.MISSING,
    ]


def _disagreements(comparison: pd.DataFrame, lang: str) -> str:
    disagreeing = comparison.loc[comparison["disagrees"]]
    if disagreeing.empty:
        return labels.text("status.agree", lang, count=len(comparison))
    widest = disagreeing.loc[disagreeing["gap"].abs().sort_values(ascending=False, kind="stable").index]
    rows = [
        [
            row.department,
            row.component,
            _range(row.likely, row.low, row.high, lang),
            _range(row.median, row.lower, row.upper, lang),
            labels.signed(row.gap, 2, lang),
        ]
        for row in tuples(widest)
    ]
    columns = ("department", "component", "given", "model", "gap")
    title = labels.text("status.disagree", lang, count=len(disagreeing), all=len(comparison))
    return f"{title}\n{labelled_table(columns, rows, lang, ['left', 'left', 'right', 'right', 'right'])}"


def _range(middle: float, low: float, high: float, lang: str) -> str:
    middle_text, low_text, high_text = (labels.number(value, 2, lang) for value in (middle, low, high))
    return f"{middle_text} ({low_text} – {high_text})"
