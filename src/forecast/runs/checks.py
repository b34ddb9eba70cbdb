"""Check a run's figures and pages before they are published."""

from collections.abc import Iterable, Iterator
from typing import Final

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.incoming import record
from forecast.pages import reading
from forecast.runs import html_check
from forecast.runs.manifest import Check
from forecast.runs.report_notebooks import Kind
from forecast.runs.site import FRONT_PAGE

SHOWN_LEVELS: Final = (0.1, 0.5, 0.9)
PEOPLES: Final = (  # tables of the result that hold what people called things, and what they said
    *("scorecard", "projections", "departments", "department_domains", "status", "scenarios", "remedies"),
    *("units", "summary", "evidence", "set_aside", "current", "targets"),
)
_UNIT: Final = ["index_code", "area", "component", "target_year", "model", "output_type"]


def of_forecast(result: Result) -> tuple[Check, ...]:
    """Look at the FORECAST table: there at all, finite, ranges the right way round, probabilities whole."""
    table = result.forecast
    quantiles = table[table["output_type"] == "quantile"]
    chances = table[table["output_type"] == "pmf"]
    return (
        _check("forecast is not empty", [] if len(quantiles) else ["no quantiles"]),
        _check("forecast is finite", _rows(table[~table["value"].abs().lt(float("inf"))])),
        _check("ranges are ordered", _disordered(quantiles)),
        _check("probabilities sum to one", _not_whole(chances)),
        _check("domains are in the forecast", _missing_domains(result)),
    )


def of_page(
    page: str,
    kind: Kind,
    *,
    lang: str,
    tables: int,
    figures: Iterable[str],
    private: Iterable[str],
    quotes: Iterable[str] = (),
) -> list[str]:
    """List what forbids publishing one page: see `html_check`, and how many tables and figures it shows."""
    parsed = html_check.read(page)
    wrong = html_check.problems(
        page, lang=lang, figures=figures, private=private, quotes=quotes, parsed=parsed
    )
    for name, least, seen in (
        ("tables", tables, parsed.tables),
        ("figures", kind.figures, parsed.figures),
    ):
        if seen < least:
            wrong.append(f"shows {seen} {name}, at least {least} expected")
    return wrong


def tables_to_show(result: Result, kind: Kind) -> int:
    """Count the tables that a page must show; an index whose first results are new has no past to judge."""
    return 0 if kind.stem == "backtest" and result.backtest.empty else kind.tables


def figures_to_show(result: Result, kind: Kind, component: str, lang: str) -> list[str]:
    """Write the figures that a page must show: median and 80 percent range of what it is about.

    The first page shows the total and each domain, a domain's page that domain; the scorecard's page what
    each domain loses, the departments' page what comes of each forecast sent; others are free.
    """
    columns = {
        "scorecard": reading.largest_losses(result, "domain")["lost"],
        "departments": result.departments["combined_median"].dropna(),
    }
    if kind.stem in columns:
        decimals = 1 if kind.stem == "scorecard" else 2
        return [labels.number(value, decimals, lang) for value in columns[kind.stem]]
    if kind.per_domain:
        about = [component]
    elif kind.stem == FRONT_PAGE:
        about = [reading.TOTAL, *reading.domains(result)["component"]]
    else:
        about = []
    values = (reading.quantile(result, name, level) for name in about for level in SHOWN_LEVELS)
    return [reading.points(value, lang) for value in values]


def words_of_people(result: Result) -> list[str]:
    """List the names and reasons from the data that could be taken for a trace of the work on a page."""
    tables = (getattr(result, name) for name in PEOPLES)
    columns = (table[name] for table in tables for name in table if table[name].dtype.kind not in "fiubM")
    cells = {cell for column in columns for cell in column.unique() if isinstance(cell, str)}
    return html_check.like_traces(word for cell in cells for word in _words(cell))


def _words(cell: str) -> Iterator[str]:
    """Give a cell's text as pages show it; of a phrase in JSON, its facts."""
    yield reading.own_words(cell)
    if cell.startswith(("{", "[")):
        try:
            yield from _texts(record(cell))
        except ValueError:  # people's words that only begin like it
            return


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield reading.own_words(value)
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _check(name: str, wrong: Iterable[str]) -> Check:
    problems = list(wrong)
    return Check(name, not problems, "; ".join(problems[:5]))


def _missing_domains(result: Result) -> list[str]:
    """A survey has no domains; every other index must have some."""
    whole = reading.is_survey(result.spec.index_code)
    return [] if whole or len(reading.domains(result)) else ["no domain"]


def _disordered(quantiles: pd.DataFrame) -> Iterator[str]:
    level = pd.to_numeric(quantiles["output_type_id"])
    ordered = quantiles.assign(level=level).sort_values("level", kind="stable")
    for key, group in ordered.groupby(_UNIT, sort=True):
        if not group["value"].is_monotonic_increasing:
            yield " ".join(str(part) for part in key)


def _not_whole(chances: pd.DataFrame) -> Iterator[str]:
    for key, group in chances.groupby(_UNIT, sort=True):
        if abs(group["value"].sum() - 1) > 1e-6:
            yield " ".join(str(part) for part in key)


def _rows(frame: pd.DataFrame) -> list[str]:
    return [" ".join(str(part) for part in row) for row in frame.itertuples(index=False)]
