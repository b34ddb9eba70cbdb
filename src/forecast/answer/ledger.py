"""The ledger of scores as a table: which forecast was scored against which result.

A line is one forecast of one figure (or the chance of one target) and the result that it was scored against.
The ledger only grows: a result that is corrected later makes new lines; of a forecast the last line counts.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from forecast.answer.result import LAST_VERIFIED_COLUMNS
from forecast.answer.verify import MEASURES
from forecast.base.spec import RunSpec

TARGET: Final = "target"  # stands in the place of a component where the forecast is the chance of a target
FORECAST_KEY: Final = ("run_id", "model", "index_code", "area", "component", "target_year", "target")
COLUMNS: Final = (
    *FORECAST_KEY,
    *("observed", "published_on", "source_url", "new_method"),  # what came
    *("question", "as_of", "made_on", "before", "shown", "department"),  # who said it, and when
    *MEASURES,
    *("base_crps", "repeated", "probability", "happened", "brier", "verified_on"),
)
DAYS: Final = ("published_on", "as_of", "made_on", "verified_on")
FLAGS: Final = ("new_method", "before", "shown")
TEXTS: Final = (
    *("run_id", "model", "index_code", "area", "component", "target", "source_url", "question", "department"),
)


def question_of(spec: RunSpec, department: str = "") -> str:
    """Name what several runs, or forms of one department, answer one after the other."""
    return " | ".join(filter(None, (spec.index_code, spec.area, str(spec.target_year), department)))


def new_lines(ledger: pd.DataFrame, lines: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Give the lines that the ledger lacks: of forecasts not scored yet, or against another result."""
    parts = [part for part in lines if len(part)]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    candidates = pd.concat(parts, ignore_index=True).drop_duplicates(list(FORECAST_KEY))
    key = list(FORECAST_KEY)
    last = ledger.drop_duplicates(key, keep="last").set_index(key)["observed"]
    recorded = last.reindex(pd.MultiIndex.from_frame(candidates[key])).to_numpy(dtype=float)
    unchanged = np.isclose(recorded, candidates["observed"].to_numpy(dtype=float), rtol=0, atol=5e-5)
    new: pd.DataFrame = candidates.loc[~unchanged].reset_index(drop=True)
    return new


def current(ledger: pd.DataFrame) -> pd.DataFrame:
    """Give of each forecast the line that counts, the last, with its revision among those of its question.

    Gives the ledger's columns, and `revision` and `revisions`: the place of the run (of the form) among those
    that answer the same question, in the order of the days that they look at.
    """
    lines = ledger.drop_duplicates(list(FORECAST_KEY), keep="last").reset_index(drop=True)
    runs = lines.drop_duplicates(["question", "run_id"]).sort_values(["as_of", "made_on"], kind="stable")
    groups = runs.groupby("question", sort=False)
    runs = runs.assign(revision=groups.cumcount() + 1, revisions=groups["run_id"].transform("size"))
    columns = ["question", "run_id", "revision", "revisions"]
    table: pd.DataFrame = lines.merge(runs[columns], on=columns[:2], how="left")
    return table


def of_last_year(ledger: pd.DataFrame, spec: RunSpec) -> pd.DataFrame:
    """Give the lines that a report may tell of: shown figures of the newest year that was out by its day."""
    lines = ledger[ledger["shown"] & (ledger["published_on"] <= pd.Timestamp(spec.as_of))]
    lines = lines[(lines["index_code"] == spec.index_code) & (lines["target_year"] < spec.target_year)]
    lines = lines[lines["question"].str.startswith(f"{spec.index_code} | ")]
    newest: pd.DataFrame = lines.loc[lines["target_year"] == lines["target_year"].max()]
    return newest


def last_verified(ledger: pd.DataFrame, spec: RunSpec) -> pd.DataFrame:
    """Give `Result.last_verified` from the lines of `of_last_year`: what the last report said of the area."""
    question = question_of(replace(spec, target_year=int(ledger["target_year"].max()))) if len(ledger) else ""
    lines = current(ledger[(ledger["question"] == question) & (ledger["area"] == spec.area)])
    lines = lines[(lines["revision"] == lines["revision"].max()) & (lines["component"] != TARGET)]
    table: pd.DataFrame = lines[list(LAST_VERIFIED_COLUMNS)].reset_index(drop=True)
    return table
