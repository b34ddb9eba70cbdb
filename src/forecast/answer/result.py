"""The result of one run: the tables that notebooks and reports read, and how they are stored."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.base.incoming import record_of
from forecast.base.spec import RunSpec
from forecast.base.spelling import shielded, unshielded
from forecast.data.tables import DAY_DTYPE, MERGED_COLUMNS

SPEC_FILE = "spec.json"
DAYS = ("as_of", "published_on", "set_on", "deadline", "due", "due_on", "received_on", "last_day", "from_day")
TEXTS = (
    *("index_code", "framework", "area", "component", "model", "output_type", "output_type_id", "parent"),
    *("max_status", "responsible", "basis", "quantity", "relation", "statistic", "unit", "trust"),
    *("source_url", "use", "reason", "name", "source", "indicator", "note", "kind", "name_vi", "name_en"),
    *("rule", "informed", "gamble", "period", "method", "department", "bias_reason", "given_reason"),
    *("remedy", "form_version", "submission_id", "state", "action", "scenario"),
    *("run_id", "step", "file", "key", "column", "old", "new", "code", "compared", "by", "stated_by"),
    *("moved_by", "newest_period", "part", "weighted_by"),
)
SCORECARD_COLUMNS = (
    *("component", "parent", "kind", "name_vi", "name_en", "max_score", "max_status", "responsible"),
    *("source", "rule", "indicator", "deadline", "last", "expected", "median", "lower", "upper", "sd"),
    *("lost", "p_full", "open", "winnable", "winnable_lower", "winnable_upper", "lever_rank", "risk_rank"),
    *("informed", "basis", "gamble"),
)
PROJECTION_COLUMNS = (
    *("indicator", "name", "unit", "period", "value", "projected", "lower", "upper", "pairs", "method"),
    *("reason", "name_en"),
)
DEPARTMENT_COLUMNS = (
    *("department", "component", "name_vi", "name_en", "max_score", "last"),
    *("model_median", "model_lower", "model_upper", "low", "likely", "high", "self_score"),
    *("bias", "bias_reason", "corrected_low", "corrected_likely", "corrected_high"),
    *("combined_median", "combined_lower", "combined_upper", "pool_median", "pool_lower", "pool_upper"),
    *("gap", "disagrees", "given_reason", "remedy", "due", "received_on", "form_version", "submission_id"),
)
DEPARTMENT_DOMAIN_COLUMNS = (
    *("department", "component", "max_score", "answered"),
    *("model_median", "model_lower", "model_upper", "low", "likely", "high"),
    *("corrected_low", "corrected_likely", "corrected_high"),
    *("combined_median", "combined_lower", "combined_upper", "gap", "disagreeing"),
)
STATUS_COLUMNS = (
    *("department", "state", "due_on", "received_on", "days_late", "components", "expected", "earlier"),
    *("disagreeing", "component", "gap"),
)
SCENARIO_COLUMNS = (
    *("scenario", "name_vi", "name_en", "median", "lower", "upper", "difference", "difference_lower"),
    *("difference_upper", "rank_median", "rank_lower", "rank_upper", "reason"),
)
SCENARIO_TARGET_COLUMNS = ("scenario", "quantity", "relation", "value", "set_on", "probability")
REMEDY_COLUMNS = (
    *("unit", "component", "action", "responsible", "due", "state", "expected_effect", "days_overdue"),
    "note",
)
PROVINCE_COLUMNS = (
    *("area", "last_score", "last_rank", "median", "lower", "upper"),
    *("rank_median", "rank_lower", "rank_upper", "p_ahead"),
)
LADDER_COLUMNS = ("rank", "score", "short", "short_lower", "short_upper", "probability")
PEER_COLUMNS = ("area", "component", "gap", "gap_lower", "gap_upper", "p_ahead")
DECISION_COLUMNS = (
    *("kind", "component", "unit", "responsible", "action", "due", "deadline", "days_overdue"),
    *("points", "points_lower", "points_upper", "rank_before", "rank_after"),
    *("quantity", "value", "p_before", "p_after"),
)
PATH_COLUMNS = (
    *("as_of", "median", "lower", "upper", "rank", "step", "effect", "moved_by", "name", "name_en", "others"),
)
UNIT_COLUMNS = ("unit", "kind", "has_plan", "remedies", "done", "overdue")
PREVIOUS_COLUMNS = ("run_id", "as_of", "reason")
SETTLED = 2021  # the last target year by whose record settings of the models were chosen
RANK = "rank"  # stands in the place of a component where a forecast is of the rank
VERIFICATION_COLUMNS = (
    *("model", "index_code", "area", "component", "target_year", "observed", "new_method"),
    *("median", "lower", "upper", "crps"),
)
LAST_VERIFIED_COLUMNS = (
    *("run_id", "index_code", "area", "component", "target_year", "observed", "published_on", "as_of"),
    *("before", "new_method", "median", "lower", "upper", "inside80", "repeated"),
)
CHANGE_COLUMNS = ("component", "step", "before", "after", "effect")
CHANGED_ROW_COLUMNS = (
    *("step", "component", "file", "kind", "key", "name", "name_en", "column", "old", "new"),
    *("source_url", "published_on"),
)


def _empty(columns: tuple[str, ...]) -> "pd.DataFrame":
    return pd.DataFrame({name: pd.Series(dtype="str" if name in TEXTS else "float64") for name in columns})


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Everything that a report shows; nothing in it is computed again later.

    Attributes
    ----------
    spec : RunSpec
    forecast : DataFrame
        FORECAST, the main model's rows first, and shown: whether the pages show the row's model.
    summary : DataFrame
        One row per component of the area; see `findings.summary`.
    history : DataFrame
        component, year, kind (published, derived: computed from a stated change, estimated), known
        (published), median, lower, upper: the area's years up to the target year.
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
    current : DataFrame
        Indicators of the area with a figure of the year, and what they move; see `current.indicator_table`.
    vintage : DataFrame
        name, count: how many rows were known, later, undated, set aside.
    set_aside : DataFrame
        Rows of several sources for one key that were not taken, with the reason; taken_score and
        taken_rank are of the row that was; name and name_en are of an indicator.
    scorecard : DataFrame
        One row a component from the total down to the finest criterion, in the framework's order; no
        rows for SIPAS.  kind is total, domain, part (of D8), criterion or subcriterion; last is last
        year's published score; expected (the median,
        of criteria the mean), median, lower and upper (80 percent), sd and lost
        (maximum less expected) in points; p_full the chance of all points; open the share of what is
        lost that can still be won; winnable = lost x open, with its 80 percent range; lever_rank and
        risk_rank count the finest components from 1 (NaN elsewhere); informed says where the figures
        come from: indicator, department, both or domain; basis and gamble are phrases.
    projections : DataFrame
        One row an indicator that a rule scores: latest cumulative value and its period, the projected
        value of the year's end with its 80 percent range, pairs (past years learnt from).
    departments : DataFrame
        One row a department and component of its latest form: last year's score; the models' median
        and 80 percent range; the department's low, likely, high (10, 50, 90 percent) as given and
        less the learnt bias of self-scores; the equal-weights combination of models and department;
        the linear pool (NaN unless the two disagree); gap = corrected likely less the models' median;
        given_reason and remedy are people's own words.
    department_domains : DataFrame
        The same, summed draw by draw over what a department answered in a domain: `answered`
        components of together `max_score` points, of which `disagreeing` disagree with the models.
    status : DataFrame
        One row a department in charge: state is sent, late or missing; components answered, expected
        to be; earlier forms superseded; how many components disagree, and the largest gap.
    scenarios : DataFrame
        One row a scenario: median total and rank with their 80 percent ranges, mean difference to
        "continue" from the same draws, with its range; reason (a phrase) where it cannot be told.
    scenario_targets : DataFrame
        scenario, quantity, relation, value, set_on, probability.
    remedies : DataFrame
        Latest state of each remedy; days_overdue is 0 where it is not overdue on `as_of`.
    units : DataFrame
        Who must have a plan: unit, kind, has_plan, remedies, done, overdue.
    decisions : DataFrame
        What a meeting can decide, what brings most first: a remedy on record, a criterion or (where no
        criteria are entered) a domain that nobody has a remedy for; then the first ones "together", and
        what "half_point" more would bring.  The unit and its action, whoever is responsible, the day it
        is due, the criterion's own last day; points (mean) that it brings to the total with their 80
        percent range; the middle rank and the chance of the nearest target without and with it, on the
        draws of the forecast.  In "together" days_overdue counts the decisions.
    provinces : DataFrame
        Every province, the highest median total first: last year's published score (points of 100, or
        percent; NaN if none) and rank (NaN if none); median, lower and upper (80 percent) of the total;
        middle rank and its range of 80 percent; p_ahead, the chance of ending above the area (NaN of
        itself), from the joint draws of the rank.
    ladder : DataFrame
        rank, the median score that it takes, by how many points the area is short of it (80 percent
        range; below 0 where it has more), and the chance of reaching it.
    peers : DataFrame
        The cities under the Government and the best of the region against the area: component, gap
        (the peer's points less the area's) with its 80 percent range, and the chance that it is above 0.
    path : DataFrame
        How the median total and the middle rank moved over the reports of this year so far, this one
        last: for each the step that moved it most, its effect, the row of the data that it took in
        (its key, and the names of an indicator) and how many others.
    merged : DataFrame
        Provinces of the target year that were several before, one row a part: area, part, from_day, weight
        of the part in the figures of earlier years, weighted_by ("population" or "equal").
    backtest : DataFrame
        Forecasts of the totals of earlier years as they would have been made, with what came: model,
        index_code, area, component, target_year, output_type_id, value, observed.
    verification : DataFrame
        The same, scored, with domains, their parts and ranks (component "rank"), one row a forecast:
        model, index_code, area, component, target_year, observed, new_method (the index changed its
        method that year), median, lower, upper (80 percent), crps (of a rank the ranked probability
        score).  Points of the maximum known on the day of the forecast, percent for SIPAS, places.
    last_verified : DataFrame
        What the last report before the newest result said of the area, beside what came, as the ledger of
        scores had it when the run was made; no rows if nothing was verified.  inside80 says whether the 80
        percent range held, repeated what the last figure before would have said, before whether the
        report was made before the result was out.
    previous : DataFrame
        The report that `changes` compares with, one row, none if there was no earlier one: run_id,
        as_of, and a phrase as reason where it could not be compared or its move not be split.
    changes : DataFrame
        How the medians of `summary` moved since then, in points (percent for SIPAS): one row a
        component with the step "total", and one a step that moved it: model (code and settings),
        figures (published scores), framework (versions, criteria and rules), indicators, departments
        (forms and self-scores), or unsplit.  effect = after less before; the steps of a component
        follow each other and add up to its total.  before and effect are NaN where the earlier
        report had no such component.
    changed_rows : DataFrame
        Rows of the data that became known, changed or went since then, by the step that takes them
        in (empty for what moves no forecast): component (the domain that it is about), file, kind
        (new, changed, gone), key with " | " between its parts, names of an indicator, column, old and
        new as text, and the source and day of the newer row (of the older one where it is gone).
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
    current: pd.DataFrame
    vintage: pd.DataFrame
    set_aside: pd.DataFrame
    backtest: pd.DataFrame
    scorecard: pd.DataFrame = field(default_factory=lambda: _empty(SCORECARD_COLUMNS))
    projections: pd.DataFrame = field(default_factory=lambda: _empty(PROJECTION_COLUMNS))
    departments: pd.DataFrame = field(default_factory=lambda: _empty(DEPARTMENT_COLUMNS))
    department_domains: pd.DataFrame = field(default_factory=lambda: _empty(DEPARTMENT_DOMAIN_COLUMNS))
    status: pd.DataFrame = field(default_factory=lambda: _empty(STATUS_COLUMNS))
    scenarios: pd.DataFrame = field(default_factory=lambda: _empty(SCENARIO_COLUMNS))
    scenario_targets: pd.DataFrame = field(default_factory=lambda: _empty(SCENARIO_TARGET_COLUMNS))
    remedies: pd.DataFrame = field(default_factory=lambda: _empty(REMEDY_COLUMNS))
    units: pd.DataFrame = field(default_factory=lambda: _empty(UNIT_COLUMNS))
    previous: pd.DataFrame = field(default_factory=lambda: _empty(PREVIOUS_COLUMNS))
    changes: pd.DataFrame = field(default_factory=lambda: _empty(CHANGE_COLUMNS))
    changed_rows: pd.DataFrame = field(default_factory=lambda: _empty(CHANGED_ROW_COLUMNS))
    verification: pd.DataFrame = field(default_factory=lambda: _empty(VERIFICATION_COLUMNS))
    decisions: pd.DataFrame = field(default_factory=lambda: _empty(DECISION_COLUMNS))
    provinces: pd.DataFrame = field(default_factory=lambda: _empty(PROVINCE_COLUMNS))
    ladder: pd.DataFrame = field(default_factory=lambda: _empty(LADDER_COLUMNS))
    peers: pd.DataFrame = field(default_factory=lambda: _empty(PEER_COLUMNS))
    path: pd.DataFrame = field(default_factory=lambda: _empty(PATH_COLUMNS))
    last_verified: pd.DataFrame = field(default_factory=lambda: _empty(LAST_VERIFIED_COLUMNS))
    merged: pd.DataFrame = field(default_factory=lambda: _empty(MERGED_COLUMNS))

    def write(self, folder: Path) -> None:
        """Write every table as CSV (point, ISO days, UTF-8) and the spec as JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.spec.as_dict(), ensure_ascii=False, indent=2, sort_keys=True)
        (folder / SPEC_FILE).write_text(text + "\n", encoding="utf-8", newline="\n")
        for name in table_names():
            frame: pd.DataFrame = getattr(self, name)
            texts = [column for column in frame if column in TEXTS]
            frame = frame.assign(**{column: frame[column].map(shielded, "ignore") for column in texts})
            frame.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")

    @classmethod
    def read(cls, folder: Path) -> "Result":
        """Read what `write` wrote; who reads the same files again gets the same tables, which nobody changes.

        Raises FileNotFoundError if a table is missing.
        """
        stamps = [(folder / name).stat() for name in (SPEC_FILE, *(f"{name}.csv" for name in table_names()))]
        return _read(folder, tuple((stamp.st_mtime_ns, stamp.st_size, stamp.st_ino) for stamp in stamps))


@lru_cache(maxsize=1)  # kernels that are forked from a process that has read it need not read it again
def _read(folder: Path, _: tuple[tuple[int, ...], ...]) -> Result:
    return Result(spec=read_spec(folder), **{name: read_table(folder, name) for name in table_names()})


def table_names() -> tuple[str, ...]:
    """Names of the tables of a result, in order."""
    return tuple(f.name for f in fields(Result) if f.name != "spec")


def read_spec(folder: Path) -> RunSpec:
    """Read the spec of a stored result."""
    return spec_from(record_of(folder / SPEC_FILE))


def spec_from(values: Mapping[str, Any]) -> RunSpec:
    """Undo `RunSpec.as_dict`; raises ValueError, KeyError, TypeError or SpecError if that is none."""
    day, levels = dt.date.fromisoformat(values["as_of"]), tuple(values["levels"])
    return RunSpec(**{**values, "as_of": day, "levels": levels})


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Read one table of a result."""
    path = folder / f"{name}.csv"
    header = pd.read_csv(path, nrows=0).columns
    frame = pd.read_csv(path, dtype={c: "str" for c in header if c in TEXTS}, keep_default_na=True)
    for column in header:
        if column in DAYS:
            frame[column] = pd.to_datetime(frame[column], format="ISO8601").astype(DAY_DTYPE)
        elif column in TEXTS:
            frame[column] = frame[column].fillna("").map(unshielded)
    return frame
