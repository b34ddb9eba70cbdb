"""Stored forecasts beside what came, by hand; every figure is made up."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.answer import lessons, verification
from forecast.answer.ledger import COLUMNS, current, last_verified, new_lines, of_last_year
from forecast.answer.verification import Stored, forms_of, lines_of
from forecast.answer.verify import scored
from forecast.base.spec import RunSpec
from forecast.model import score

CITY, OTHER = "TP. Hồ Chí Minh", "Hà Nội"
SPEC = RunSpec(index_code="PAR", area=CITY, target_year=2023, as_of=dt.date(2023, 10, 20))
LEVELS = {"0.025": -4.0, "0.1": -2.0, "0.25": -1.0, "0.5": 0.0, "0.75": 1.0, "0.9": 2.0, "0.975": 4.0}
TODAY = dt.date(2024, 5, 1)
OUT = pd.Timestamp(2024, 4, 17)


def quantiles(
    model: str, area: str, component: str, middle: float, width: float = 1.0, *, shown: bool = False
):
    """FORECAST rows of one figure, symmetric about its middle."""
    facts = {"index_code": "PAR", "area": area, "component": component, "target_year": 2023, "model": model}
    facts |= {"output_type": "quantile", "shown": shown}
    values = [middle + width * step for step in LEVELS.values()]
    return pd.DataFrame({**facts, "output_type_id": list(LEVELS), "value": values})


def stored(
    *forecasts: pd.DataFrame, spec: RunSpec = SPEC, run_id: str = "a", **tables: pd.DataFrame
) -> Stored:
    """A run with a total out of 100 and D2 out of 10 points."""
    pmf = {"index_code": "PAR", "area": CITY, "component": "rank", "target_year": 2023, "model": "evidence"}
    ranks = pd.DataFrame(
        {
            **pmf,
            "output_type": "pmf",
            "shown": True,
            "output_type_id": ["1", "2", "3"],
            "value": [0.2, 0.5, 0.3],
        }
    )
    none = {
        "scorecard": pd.DataFrame({"component": ["2.1"], "max_score": [2.0]}),
        "summary": pd.DataFrame({"component": ["total", "D2"], "max_score": [100.0, 10.0]}),
        "evidence": pd.DataFrame(
            [
                ("PAR", CITY, "total", 2022, "value", 0.80, 3.0),
                ("PAR", CITY, "D2", 2021, "value", 0.85, np.nan),
            ],
            columns=["index_code", "area", "component", "year", "statistic", "observed_share", "rank"],
        ),
        "targets": pd.DataFrame(columns=["quantity", "relation", "value", "set_on", "probability"]),
        "departments": pd.DataFrame(columns=["department", "submission_id", "received_on"]),
        "department_domains": pd.DataFrame(
            columns=["department", "component", "max_score", "low", "likely", "high"]
        ),
    }
    made = pd.concat([*forecasts, ranks], ignore_index=True)
    return Stored(run_id, spec, dt.date(2023, 10, 20), {"forecast": made, **none, **tables})


def came(
    *results: tuple[str, str, float], first_on: pd.Timestamp = OUT, new_method: bool = False
) -> pd.DataFrame:
    """Results in percent of their maximum (a rank as it is)."""
    rows = pd.DataFrame(results, columns=["area", "component", "observed"])
    facts = {"index_code": "PAR", "target_year": 2023, "new_method": new_method, "source_url": "made up"}
    return rows.assign(**facts, published_on=first_on, first_on=first_on)


RESULTS = came((CITY, "total", 83.0), (CITY, "D2", 70.0), (CITY, "rank", 3.0), (OTHER, "total", 90.0))
RUN = stored(
    quantiles("evidence", CITY, "total", 82.0, shown=True),
    quantiles("last_value", CITY, "total", 80.0, 2.0),
    quantiles("evidence", CITY, "D2", 8.5, 0.25, shown=True),
    quantiles("evidence", OTHER, "total", 85.0),
)


def ledger_of(*runs: Stored, results: pd.DataFrame = RESULTS) -> pd.DataFrame:
    """The ledger after one verification of some runs."""
    return new_lines(pd.DataFrame(columns=list(COLUMNS)), [lines_of(run, results, TODAY) for run in runs])


def test_a_run_is_scored_by_hand():
    """Total 83 beside 82 +- 2: inside; D2 70 percent of 10 points beside 8.5: below; what repeating says."""
    lines = ledger_of(RUN).set_index(["model", "area", "component"])
    total, domain = lines.loc[("evidence", CITY, "total")], lines.loc[("evidence", CITY, "D2")]
    assert (total["observed"], total["inside50"], total["inside80"]) == (83.0, 1.0, 1.0)
    assert (domain["observed"], domain["inside80"], domain["inside95"]) == (7.0, 0.0, 0.0)
    assert (total["repeated"], domain["repeated"]) == (80.0, 8.5)
    assert total["base_crps"] == lines.loc[("last_value", CITY, "total"), "crps"]
    rank = lines.loc[("evidence", CITY, "rank")]
    assert rank["crps"] == pytest.approx(0.2**2 + 0.7**2)
    assert (rank["repeated"], np.isnan(rank["wis"])) == (3.0, True)
    assert lines["before"].all()
    assert set(lines["verified_on"]) == {pd.Timestamp(TODAY)}


def test_the_parts_of_the_interval_score_add_up_and_are_those_of_its_definition():
    """Dispersion, under- and overprediction of each line, against the definition on plain arrays."""
    rows = pd.concat([quantiles("m", CITY, "total", middle) for middle in (70.0,)], ignore_index=True)
    told = scored(rows.assign(observed=76.0, new_method=False)).iloc[0]
    expected = score.wis(
        76.0, 70 + np.array(list(LEVELS.values())), levels=[float(level) for level in LEVELS]
    )
    parts = told[["wis", "dispersion", "under", "over"]].tolist()
    assert parts == pytest.approx([float(part) for part in expected], abs=1e-4)
    assert told["wis"] == pytest.approx(told["dispersion"] + told["under"] + told["over"], abs=2e-4)
    assert told[["inside50", "inside80", "inside95"]].tolist() == [0.0, 0.0, 0.0]


def test_a_result_that_the_run_could_see_is_not_scored():
    """What any source had published by the run's day makes no line."""
    seen = came((CITY, "total", 83.0), first_on=pd.Timestamp(SPEC.as_of))
    assert lines_of(RUN, seen, TODAY).empty
    late = replace(RUN, made_on=dt.date(2024, 6, 1))
    assert not lines_of(late, RESULTS, TODAY)["before"].any()  # scored, but said to be a test in hindsight


def test_of_other_areas_only_the_run_that_speaks_for_all_counts():
    """A run that stands beside others of the same question tells of its own area alone."""
    assert set(lines_of(replace(RUN, everywhere=False), RESULTS, TODAY)["area"]) == {CITY}


def test_a_chance_of_a_target_has_its_brier_score():
    """30 percent for the first two, the third place came: 0.09; 60 percent for 80 points, 83 came: 0.16."""
    aims = pd.DataFrame(
        [("rank", "<=", 2.0, pd.NaT, 0.3), ("points", ">=", 80.0, pd.NaT, 0.6)],
        columns=["quantity", "relation", "value", "set_on", "probability"],
    )
    run = replace(RUN, tables={**RUN.tables, "targets": aims})
    lines = ledger_of(run).set_index("target")
    assert lines.loc["rank<=2", ["happened", "brier"]].tolist() == pytest.approx([0.0, 0.09])
    assert lines.loc["points>=80", ["happened", "brier", "observed"]].tolist() == pytest.approx(
        [1.0, 0.16, 83.0]
    )


def submitted(*forms: tuple[str, float, str]) -> pd.DataFrame:
    """Forms of one department about D2, one after the other."""
    rows = [
        (name, "Sở Tư pháp", "PAR", CITY, 2023, "D2", likely - 1, likely, likely + 0.5, pd.Timestamp(day))
        for name, likely, day in forms
    ]
    columns = ["submission_id", "department", "index_code", "area", "target_year", "component"]
    return pd.DataFrame(rows, columns=[*columns, "low", "likely", "high", "received_on"])


def test_each_form_is_a_forecast_of_its_own_and_counted_among_its_department():
    """Two forms, one of them superseded before any report: revisions 1/2 and 2/2 with their own errors."""
    forms = forms_of(RUN, submitted(("one", 9.0, "2023-09-01"), ("two", 8.0, "2023-09-28")))
    lines = current(ledger_of(RUN, *forms))
    own = lines[lines["department"] == "Sở Tư pháp"].set_index("run_id")
    assert own["median"].to_dict() == {"one": 9.0, "two": 8.0}
    assert own[["revision", "revisions"]].to_numpy().tolist() == [[1, 2], [2, 2]]
    found = lessons.judge(ledger_of(RUN, *forms), "PAR", CITY, 2023)
    assert found is not None
    assert found.departments["miss"].tolist() == [2.0, 1.0]
    assert found.departments["model_crps"].notna().all()
    assert any(json.loads(told)["key"] == "judged.department_high" for told in found.advice)


def test_a_corrected_result_adds_lines_and_the_last_counts():
    """83 became 84: new lines for the total alone, and the page is made of these."""
    ledger = ledger_of(RUN)
    corrected = RESULTS.assign(observed=RESULTS["observed"].mask(RESULTS["observed"] == 83.0, 84.0))
    more = new_lines(ledger, [lines_of(RUN, corrected, TODAY)])
    assert set(zip(more["area"], more["component"], strict=True)) == {(CITY, "total")}
    whole = pd.concat([ledger, more], ignore_index=True)
    total = current(whole).query("component == 'total' and model == 'evidence' and area == @CITY")
    assert total["observed"].tolist() == [84.0]
    back = new_lines(whole, [lines_of(RUN, RESULTS, TODAY)])  # and back again is news too
    assert set(back["observed"]) == {83.0}


@cache
def _lines_of(observed: float) -> pd.DataFrame:
    """The lines of one result of the total."""
    return lines_of(RUN, came((CITY, "total", observed)), TODAY)


@settings(max_examples=30)
@given(st.lists(st.sampled_from([70.0, 71.5, 83.0]), min_size=1, max_size=5))
def test_verified_twice_nothing_is_added(results: list[float]):
    """Whatever came one after the other, the same result again makes no line, and lines only grow."""
    ledger = pd.DataFrame(columns=list(COLUMNS))
    for observed in results:
        for _ in range(2):
            more = new_lines(ledger, [_lines_of(observed)])
            ledger = pd.concat([ledger, more], ignore_index=True) if len(ledger) else more
        assert more.empty
    changes = 1 + sum(one != other for one, other in pairwise(results))
    assert len(ledger) == 2 * changes  # of two models


def test_revisions_follow_the_days_that_reports_look_at():
    """A report of June made after one of October is still the first of two."""
    june = replace(
        RUN, run_id="june", spec=replace(SPEC, as_of=dt.date(2023, 6, 30)), made_on=dt.date(2023, 11, 1)
    )
    lines = current(ledger_of(RUN, june))
    told = lines.drop_duplicates("run_id").set_index("run_id")[["revision", "revisions"]]
    assert told.loc["june"].tolist() == [1, 2]
    assert told.loc["a"].tolist() == [2, 2]


def many(shift: float, scatter: float, half: float, *, new_method: bool = False) -> lessons.Judgement:
    """What is learnt from 20 provinces missed by `shift` and a scatter to both sides."""
    names = [f"Tỉnh {k}" for k in range(20)]
    off = shift + scatter * np.linspace(-1, 1, 20)
    made = [
        quantiles("evidence", name, "total", 80 + miss, half / 2)
        for name, miss in zip(names, off, strict=True)
    ]
    run = stored(quantiles("evidence", CITY, "total", 80 + shift, half / 2, shown=True), *made)
    results = came((CITY, "total", 80.0), *((name, "total", 80.0) for name in names), new_method=new_method)
    found = lessons.judge(ledger_of(run, results=results), "PAR", CITY, 2023)
    assert found is not None
    return found


def test_the_common_error_stands_apart_from_the_provinces_own():
    """All 3 too high with a scatter of 2 at most: mean +3, own spread that of the scatter."""
    (row,) = many(3.0, 2.0, 2.5).common.to_dict("records")
    expected = np.std([0.0, *(2 * np.linspace(-1, 1, 20))], ddof=1)
    assert (row["cells"], row["miss"], row["own"]) == (21, pytest.approx(3.0), pytest.approx(expected))
    assert row["inside80"] < 0.5 < row["inside80_without"]


@pytest.mark.parametrize(
    ("shift", "scatter", "half", "keys"),
    [
        (3.0, 2.0, 2.5, ["shift_high", "narrow_year"]),
        (-3.0, 2.0, 2.5, ["shift_low", "narrow_year"]),
        (0.0, 4.0, 1.0, ["narrow"]),
        (0.0, 1.0, 5.0, ["wide"]),
        (0.0, 2.5, 2.0, ["fits"]),
    ],
)
def test_advice_follows_from_the_numbers(shift: float, scatter: float, half: float, keys: list[str]):
    """Ranges that fit, are too wide or too narrow; a year that missed all provinces to one side."""
    said = [json.loads(told)["key"] for told in many(shift, scatter, half).advice]
    assert said == [f"judged.{key}" for key in keys]


def test_a_year_of_a_new_method_changes_no_model():
    """Whatever its errors are, they stand apart."""
    said = [json.loads(told)["key"] for told in many(9.0, 2.0, 1.0, new_method=True).advice]
    assert said == ["judged.break"]


def test_few_results_say_nothing_of_ranges():
    """Two totals are fewer than eight."""
    found = lessons.judge(ledger_of(RUN), "PAR", CITY, 2023)
    assert found is not None
    keys = [json.loads(told)["key"] for told in found.advice]
    assert keys[0] == "judged.few"
    assert "judged.domain_high" in keys  # D2, far below its 95 percent range


def test_the_next_report_is_told_only_what_was_out_by_its_day():
    """As of 16 April nothing, a day later the last report's figures for the area; of that very year never."""
    ledger = ledger_of(RUN, replace(RUN, run_id="b", spec=replace(SPEC, as_of=dt.date(2023, 11, 1))))
    asked = replace(SPEC, target_year=2024, as_of=dt.date(2024, 4, 17))
    early = replace(asked, as_of=dt.date(2024, 4, 16))
    assert of_last_year(ledger, early).empty
    assert of_last_year(ledger, replace(asked, target_year=2023)).empty
    told = last_verified(of_last_year(ledger, asked), asked)
    assert set(told["run_id"]) == {"b"}
    assert set(told["component"]) == {"total", "D2", "rank"}
    assert last_verified(of_last_year(ledger, early), early).empty


def test_appraised_criteria_count_as_results(monkeypatch: pytest.MonkeyPatch):
    """1.5 of 2 points in the appraisal are 75 percent; a criterion's forecast is scored against them."""
    run = stored(quantiles("gathered", CITY, "2.1", 1.4, 0.1, shown=True))
    lines = ledger_of(run, results=came((CITY, "2.1", 75.0)))
    assert lines["observed"].tolist() == [1.5]
    assert lessons.kind_of("2.1", "PAR") == "criteria"
    assert verification.TABLES[0] == "forecast"
