"""What one run has found: the tables that notebooks and reports read, and their place on disk."""

import datetime as dt
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import pandas as pd

from forecast.spec import RunSpec
from forecast.tables import DAY_DTYPE

SPEC_FILE = "spec.json"
DAYS = ("as_of", "published_on", "set_on")
TEXTS = (
    *("index_code", "framework", "area", "component", "model", "output_type", "output_type_id", "parent"),
    *(
        "max_status",
        "responsible",
        "basis",
        "quantity",
        "relation",
        "statistic",
        "unit",
        "trust",
        "source_url",
    ),
    *("use", "reason", "name", "source", "indicator", "note"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Everything that a report shows; nothing in it is computed again later.

    Attributes
    ----------
    spec : RunSpec
    forecast : DataFrame
        FORECAST, the main model's rows first.
    summary : DataFrame
        One row per component of the area: component, parent, max_score, max_status, responsible,
        last_year, last_known, last_median, last_lower, last_upper, median, lower, upper (80
        percent), lower95, upper95, change, p_fall, last_rank (NaN if not published), basis.  Points.
    history : DataFrame
        component, year, known, median, lower, upper: the area's years up to the target year.
    rank : DataFrame
        rank, probability.
    targets : DataFrame
        quantity, relation, value, set_on, probability.
    evidence : DataFrame
        Rows of the scores with use, reason, observed and fitted (points or percent as published).
    availability : DataFrame
        model, index_code, component, available, reason.
    variances : DataFrame
        name, value, source.
    news : DataFrame
        indicator, component, surprise, weight, effect, lower, upper, reason.
    vintage : DataFrame
        name, count: how many rows were known, later, undated, set aside.
    set_aside : DataFrame
        Rows of several sources for one key that were not taken, with the reason.
    backtest : DataFrame
        Forecasts of earlier years as they would have been made, with what came: model, index_code,
        area, component, target_year, output_type_id, value, observed.
    """

    spec: RunSpec
    forecast: pd.DataFrame
    summary: pd.DataFrame
    history: pd.DataFrame
    rank: pd.DataFrame
    targets: pd.DataFrame
    evidence: pd.DataFrame
    availability: pd.DataFrame
    variances: pd.DataFrame
    news: pd.DataFrame
    vintage: pd.DataFrame
    set_aside: pd.DataFrame
    backtest: pd.DataFrame

    def write(self, folder: Path) -> None:
        """Write every table as CSV (point, ISO days, UTF-8) and the spec as JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.spec.as_dict(), ensure_ascii=False, indent=2, sort_keys=True)
        (folder / SPEC_FILE).write_text(text + "\n", encoding="utf-8", newline="\n")
        for name in table_names():
            frame: pd.DataFrame = getattr(self, name)
            frame.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what `write` wrote.

        Raises
        ------
        FileNotFoundError
            If a table is missing.
        """
        told = json.loads((folder / SPEC_FILE).read_text(encoding="utf-8"))
        told["as_of"] = dt.date.fromisoformat(told["as_of"])
        told["levels"] = tuple(told["levels"])
        return cls(
            spec=RunSpec(**told), **{name: _read_table(folder / f"{name}.csv") for name in table_names()}
        )


def table_names() -> tuple[str, ...]:
    """Names of the tables of a result, in order."""
    return tuple(f.name for f in fields(Result) if f.name != "spec")


def _read_table(path: Path) -> pd.DataFrame:
    header = pd.read_csv(path, nrows=0).columns
    frame = pd.read_csv(path, dtype={c: "str" for c in header if c in TEXTS}, keep_default_na=True)
    for column in header:
        if column in DAYS:
            frame[column] = pd.to_datetime(frame[column], format="ISO8601").astype(DAY_DTYPE)
        elif column in TEXTS:
            frame[column] = frame[column].fillna("")
    return frame
