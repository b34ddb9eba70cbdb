"""Read the figures of an earlier run, for verbs that compare with them."""

from pathlib import Path

import pandas as pd

from forecast.answer.result import Result
from forecast.base.errors import SpecError
from forecast.base.spec import RunSpec
from forecast.runs import site
from forecast.runs.store import LATEST, QUESTION, Store

_RANGE = ["component", "median", "lower", "upper"]


def result_of(run: str, reports_dir: Path, spec: RunSpec) -> Result:
    """Read the result of a run: its folder, its name in the folder of reports, or "latest".

    Raises SpecError if there is none, it cannot be read, or it is of another index, area or year.
    """
    folder = _folder(run, reports_dir, spec)
    try:
        result = Result.read(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SpecError("cli.figures.unreadable", {"folder": str(folder)}) from error
    answered = {
        "index_code": result.spec.index_code,
        "area": result.spec.area,
        "year": result.spec.target_year,
    }
    wanted = {"index_code": spec.index_code, "area": spec.area, "year": spec.target_year}
    if answered != wanted:
        other = f"{answered['index_code']}, {answered['area']}, {answered['year']}"
        raise SpecError("cli.figures.other", {"folder": str(folder), "found": other})
    return result


def models_of(result: Result) -> pd.DataFrame:
    """Give component, median, lower, upper (80 percent, points) of the models without departments."""
    departments = result.departments.rename(
        columns={"model_median": "median", "model_lower": "lower", "model_upper": "upper"}
    )
    tables = [table[_RANGE] for table in (departments, result.scorecard, result.summary) if len(table)]
    if not tables:
        return pd.DataFrame({name: [] for name in _RANGE})
    return pd.concat(tables).dropna().drop_duplicates("component").reset_index(drop=True)


def _folder(run: str, reports_dir: Path, spec: RunSpec) -> Path:
    if run != LATEST:
        folder = Path(run)
        return folder if folder.is_dir() else reports_dir / run
    wanted = (spec.index_code, spec.area, spec.target_year)
    runs = Store(reports_dir.resolve()).records()
    fitting = [run for run in runs if tuple(run.spec[name] for name in QUESTION) == wanted]
    newest = site.latest(fitting)
    if newest is None:
        raise SpecError("cli.figures.none", {"folder": str(reports_dir), "year": spec.target_year})
    return reports_dir / newest.run_id
