"""Scores of hubs' models, held against scoringrules and against what hubEvals and scoringutils print."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import scoringrules
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast import cli
from forecast.hub import layout, observed, scoring, validate
from forecast.model import score

DAY = "2024-10-05"


def scored(root, **how):
    """Scores of each forecast of a hub."""
    opened = layout.read(root)
    return scoring.scores(validate.sound(opened), opened, observed.read(opened, **how))


def of(frame, kind, **task):
    """The one row of an output type and task."""
    rows = frame[frame["output_type"] == kind]
    for name, value in task.items():
        rows = rows[rows[name] == value]
    (row,) = rows.to_dict("records")
    return row


def test_scores_by_hand(hub):
    """A time series as truth: 26 where quantiles 10, 20, 40 were given, 14 where they were too."""
    frame, unknown = scored(hub)

    first = of(frame, "quantile", target="cases", horizon="1")
    assert first["wis"] == pytest.approx((0.1 * 30 + 6 / 2) / 1.5)
    assert (first["ae_median"], first["interval_coverage_80"]) == (6, 1)
    assert of(frame, "mean", horizon="1")["se_point"] == 25
    assert of(frame, "median", horizon="2")["ae_point"] == 6
    assert of(frame, "sample", horizon="1")["crps"] == pytest.approx(
        np.mean([14, 8, 7]) - np.mean([0, 6, 21, 6, 0, 15, 21, 15, 0]) / 2
    )
    assert of(frame, "cdf")["rps"] == pytest.approx(0.1**2 + 0.6**2 + 0)
    assert unknown == 2 * 4 + 1 + 1  # location 01, the category (a number is none), the peak


def test_categories_and_thresholds_are_read_off_the_oracle(hub):
    """The oracle gives its chance to what came, and its cdf crosses to 1 there, or beyond its thresholds."""
    table = hub / f"model-output/team-one/{DAY}-team-one.csv"
    more = [
        line.replace(",A,cdf", ",01,cdf") for line in table.read_text(encoding="utf-8").splitlines()[-6:-3]
    ]
    table.write_text(table.read_text(encoding="utf-8") + "\n".join(more) + "\n", encoding="utf-8")
    rows = [f"{DAY},level,1,A,pmf,{name},{int(name == 'high')}" for name in ("low", "mid", "high")]
    rows += [f"{DAY},rate,1,A,cdf,{limit},{int(limit >= 2.5)}" for limit in (1, 2.5, 10)]
    rows += [f"{DAY},rate,1,01,cdf,{limit},0" for limit in (1, "2.50", "1e1")]
    rows += [f"{DAY},cases,1,A,quantile,NA,26"]
    head = "origin_date,target,horizon,location,output_type,output_type_id,oracle_value"
    (hub / "target-data" / "oracle-output.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")

    frame, _ = scored(hub)
    level = of(frame, "pmf")
    assert level["log_score"] == pytest.approx(-np.log(0.3))
    assert level["rps"] == pytest.approx(0.2**2 + 0.7**2)
    assert of(frame, "cdf", location="A")["rps"] == pytest.approx(0.1**2 + 0.6**2 + 0)
    assert of(frame, "cdf", location="01")["rps"] == pytest.approx(0.1**2 + 0.4**2 + 1)
    assert of(frame, "quantile")["ae_median"] == 6


def test_another_table_of_what_came(hub, tmp_path):
    """Its columns are task ids; the target may be said beside it."""
    table = tmp_path / "came.csv"
    table.write_text(f"date,location,horizon,value\n{DAY},A,1,26\n", encoding="utf-8")

    frame, _ = scored(hub, file=table, target="cases")
    assert of(frame, "quantile")["ae_median"] == 6


def test_the_command_shows_and_writes_means(hub, tmp_path, capsys):
    """A table an output type; both files as CSV."""
    out, rows = tmp_path / "means.csv", tmp_path / "rows.csv"
    asked = ["hub", "score", str(hub), "--baseline", "team-one", "--by", "horizon"]
    assert cli.run([*asked, "--out", str(out), "--rows", str(rows), "--lang", "en"]) == 0

    said = capsys.readouterr()
    assert "10 forecasts have no outcome yet" in said.err
    assert "quantile\ntarget  horizon  model_id  count  wis" in said.out
    means = pd.read_csv(out)
    assert means.loc[means["output_type"] == "quantile", "scaled_relative_skill"].tolist() == [1, 1]
    assert len(pd.read_csv(rows)) == 2 * 4 + 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["score", "HUB", "--baseline", "team-ten"], "team-one"),
        (["score", "HUB", "--by", "horizont"], "horizon"),
        (["validate", "HUB", "--model", "team-ten"], "there is no --model “team-ten”"),
        (["score", "HUB", "--round", "2024-10-06"], "2024-10-05"),
        (["validate", "HUB", "--baseline", "team-one"], "--baseline goes with score alone"),
        (["ensemble", "HUB"], "--round"),
        (["score", "HUB", "--target", "cases"], "--target does nothing: target-data/time-series.csv has a"),
        (["score", "HUB", "--rows", "made.csv", "--out", "made.csv"], "--out is the same file as --rows"),
        (["score", "HUB", "--observed", "seen.csv", "--out", "seen.csv"], "is the same file as --observed"),
        (["ensemble", "HUB", "--round", DAY, "--name", "ours"], "a model's name is team-model"),
        (["export", "HUB", "--run", "no-such-run"], "no-such-run"),
    ],
)
def test_slips_are_told(hub, asked, said, capsys, tmp_path, monkeypatch):
    """Names that are not there are refused with the nearest."""
    monkeypatch.chdir(tmp_path)
    words = [str(hub) if word == "HUB" else word for word in asked]
    where = ["--reports-dir", str(tmp_path)] if asked[0] == "export" else []
    assert cli.run(["hub", *words, "--lang", "en", *where]) in {1, 2}
    assert said in capsys.readouterr().err


OBSERVED = {
    "target,location,output_type,oracle_value\nlevel,A,pmf,1\n": [
        "column output_type_id: this column is missing"
    ],
    "target,location,output_type_id,oracle_value\nlevel,A,low,1\n": [
        "column output_type: this column is missing"
    ],
    "a,b,c\n1,2,3\n": [
        "column observation: the column of outcomes is missing from the header: oracle_value, observation",
        "the columns of the file are a, b, c",
        "column target: this column is missing, and the hub has several targets (cases, level, rate, peak",
    ],
    "location,observation\nA,26\n": ["column target: this column is missing"],
    "target,observation\ncases,26\n": [
        "no column is a task id of the hub",
        "of the file are target, observation",
    ],
    "target,Location,observation\ncases,A,26\n": [
        "found “Location”: unknown column; did you mean “location”?"
    ],
    'target,location,observation\ncases,A,"1,234"\n': ["row 2, column observation, found “1,234”: a number"],
    "target,location,observation\ncases,A,inf\n": ["row 2, column observation, found “inf”: a number"],
    "target,location,observation\nlevel,A,med\n": ["row 2, column observation, found “med”: a number"],
    "target,location,observation,as_of\ncases,A,1,2024-10-05\ncases,A,x,2024-10-12\n": [
        "row 3, column observation, found “x”"
    ],
    "target,location,observation\ncases,A,NA\ncases,B,1\ncases,B,2\n": ["row 4: this row repeats one above"],
    "target,horizon,location,observation\ncases,1,C,26\n": [
        "Column location: 1 outcome is of what the hub does not ask and not used: C; it asks of A, 01.",
        "Column location: forecasts and no outcome at all of A, 01.",
        "column location, found “C”: no row of this column has a value",
    ],
    "target,location,observation\ncases,A,26\n": [
        "row 1, column horizon: this column is missing, so one outcome would be that of several forecasts"
    ],
    "target,horizon,observation\ncases,1,26\n": [
        "column location: this column is missing, so one outcome would be that of several forecasts (A, 01)"
    ],
    "date,target,horizon,location,observation\n24/12/2024,cases,1,A,26\n": [
        "row 2, column origin_date, found “24/12/2024”: a day is written year-month-day, as 2024-12-24"
    ],
    "target,horizon,location,observation,as_of\ncases,1,A,26,5/10/2024\n": [
        "row 2, column as_of, found “5/10/2024”: a day is written year-month-day, as 2024-10-05"
    ],
    "target,horizon,location,observation\ncases,1,A,26\ncases,2,A,-4\n": [
        "row 3, column observation, found “-4”: a number from 0 to ∞ is needed"
    ],
    "target,horizon,location,output_type,output_type_id,oracle_value\nlevel,1,A,pmf,low,0.7\n": [
        "row 2, column oracle_value, found “0.7”: the outcome of a category or a threshold is 1"
    ],
}


ORACLE = "horizon,target,location,output_type,output_type_id,oracle_value\n"
OBSERVED |= {
    f"{ORACLE}1,level,A,pmf,low,1\n1,level,A,pmf,mid,1\n": [
        "row 2, column oracle_value",
        "one category alone came",
    ],
    f"{ORACLE}1,level,A,pmf,low,0\n1,level,A,pmf,mid,0\n": [
        "row 2, column oracle_value",
        "one category alone came",
    ],
    f"{ORACLE}1,rate,A,cdf,2.5,0\n1,rate,A,cdf,1,1\n": [
        "row 2, column oracle_value",
        "reached stays reached",
    ],
    f"{ORACLE}1,cases,A,mean,NA,26\n1,cases,A,median,NA,27\n": ["row 2, column oracle_value", "one outcome"],
    ",horizon,target,location,observation\n1,1,cases,A,26\n": ["row 1: column 1 has no name"],
}


@pytest.mark.parametrize("written", OBSERVED)
def test_what_cannot_be_scored_by_is_told_with_its_place(hub, tmp_path, capsys, written):
    """A table named by hand: columns, values, and what is of none of the hub's tasks."""
    seen = tmp_path / "seen.csv"
    seen.write_text(written, encoding="utf-8")

    assert cli.run(["hub", "score", str(hub), "--observed", str(seen), "--lang", "en"]) == 1
    told = capsys.readouterr().err
    assert all(words in told for words in OBSERVED[written]), told


def test_outcomes_without_a_forecast_and_forecasts_without_an_outcome_are_named(hub, capsys):
    """A place that is written otherwise is not silently one that has no outcome yet."""
    path = hub / "target-data" / "time-series.csv"
    path.write_text(path.read_text(encoding="utf-8") + f"{DAY},cases,1,1,30\n", encoding="utf-8")

    assert cli.run(["hub", "score", str(hub), "--lang", "en"]) == 0
    told = capsys.readouterr().err
    assert (
        "Column location: 1 outcome is of what the hub does not ask and not used: 1; it asks of A, 01" in told
    )
    assert "Column location: forecasts and no outcome at all of 01." in told
    assert "Column target: forecasts and no outcome at all of peak." in told


def test_a_target_that_the_hub_has_not_is_told(hub, tmp_path, capsys):
    """With the nearest."""
    seen = tmp_path / "seen.csv"
    seen.write_text(f"date,horizon,location,observation\n{DAY},1,A,26\n", encoding="utf-8")
    asked = ["hub", "score", str(hub), "--observed", str(seen), "--lang", "en", "--target"]

    assert cli.run([*asked, "case"]) == 2
    assert "there is no --target “case”; did you mean “cases”?" in capsys.readouterr().err
    assert cli.run([*asked, "cases"]) == 0


def test_what_scoringutils_prints():
    """WIS from the page of `wis`, RPS from that of `rps_ordinal`; scoringutils 2."""
    predicted = [[-1, 0, 1, 2, 3], [-2, 1, 2, 2, 4], [-2, 0, 3, 3, 4]]
    found = score.wis([1, -15, 22], predicted, levels=[0.1, 0.25, 0.5, 0.75, 0.9]).total
    assert found == pytest.approx([0.36, 15.34, 19.14])

    chances = [[0.8, 0.1, 0.1], [0.1, 0.2, 0.7], [0.4, 0.4, 0.2]]
    assert score.rps([1, 2, 2], chances) == pytest.approx([0.05, 0.5, 0.2])


def test_relative_skill_is_what_hubevals_prints():
    """Three models' mean WIS and their skill, from the readme and vignette of hubEvals 0.4."""
    means = np.array([329.4545, 315.2393, 227.9527])
    skill = scoring.relative_skill(np.repeat(means[:, None], 3, axis=1))

    assert skill == pytest.approx([1.1473659, 1.0978597, 0.794], rel=2e-4)
    assert skill[:2] == pytest.approx([1.1473659, 1.0978597], abs=2e-6)
    assert skill / skill[0] == pytest.approx([1, 0.957, 0.692], abs=5e-4)


@given(arrays(float, 7, elements=st.floats(-50, 50)), st.floats(-60, 60))
def test_quantiles_and_samples_score_as_scoringrules_says(drawn, came):
    """WIS of seven levels and the CRPS of seven samples, by another implementation."""
    value, levels = np.sort(drawn), [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
    # Not its weighted_interval_score, which in 0.10 adds the median's value where its error belongs.
    parts = [
        alpha / 2 * scoringrules.interval_score(came, value[k], value[-1 - k], alpha)
        for k, alpha in enumerate((0.1, 0.2, 0.5))
    ]
    theirs = (sum(map(float, parts)) + abs(came - value[3]) / 2) / 3.5
    assert score.wis(came, value, levels=levels).total == pytest.approx(theirs, abs=1e-9)
    assert score.crps_from_draws(came, drawn) == pytest.approx(
        float(scoringrules.crps_ensemble(came, drawn, estimator="nrg")), abs=1e-9
    )


@given(arrays(float, 5, elements=st.floats(0.01, 1)), st.integers(0, 4))
def test_categories_score_as_scoringrules_says(weights, came):
    """RPS of five categories."""
    chance = weights / weights.sum()
    assert score.rps(came + 1, chance) == pytest.approx(float(scoringrules.rps_score(came + 1, chance)))


# hubEvals 0.4, "Getting started", scores of each row: Flusight-baseline, 2022-11-19, location 25, horizons
# 0 to 3, with the seven levels of hubExamples.
PRINTED = {
    "wis": [15.4, 149, 370, 498],
    "underprediction": [12.6, 145, 363, 490],
    "dispersion": [2.83, 4.89, 6.3, 7.37],
    "overprediction": [0, 0, 0, 0],
    "ae_median": [28, 170, 395, 527],
    "interval_coverage_50": [0, 0, 0, 0],
    "interval_coverage_90": [1, 0, 0, 0],
}


def test_scores_of_the_published_example_are_those_that_hubevals_prints(hubs, tmp_path):
    """To the digits printed."""
    root = tmp_path / "hub"
    model = "Flusight-baseline"
    for folder in ("hub-config", f"model-output/{model}", "target-data"):
        (root / folder).mkdir(parents=True)
    tasks = json.loads((hubs / "example-complex/hub-config/tasks.json").read_text(encoding="utf-8"))
    for group in tasks["rounds"][0]["model_tasks"]:
        if "quantile" in group["output_type"]:
            levels = group["output_type"]["quantile"]["output_type_id"]
            levels["required"] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
    (root / "hub-config/tasks.json").write_text(json.dumps(tasks), encoding="utf-8")
    (root / "hub-config/admin.json").write_text(
        (hubs / "example-complex/hub-config/admin.json").read_text(encoding="utf-8"), encoding="utf-8"
    )
    name = f"model-output/{model}/2022-11-19-{model}.csv"
    table = pd.read_csv(hubs / "example-complex" / name, dtype=str, keep_default_na=False)
    extra = ~table["output_type_id"].isin(["0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95"])
    table[~((table["output_type"] == "quantile") & extra)].to_csv(root / name, index=False)
    series = hubs / "example-complex/target-data/time-series.csv"
    (root / "target-data/time-series.csv").write_text(series.read_text(encoding="utf-8"), encoding="utf-8")

    frame, _ = scored(root)
    rows = frame[(frame["output_type"] == "quantile") & (frame["location"] == "25")].sort_values("horizon")
    found = {name: [float(f"{value:.3g}") for value in rows[name]] for name in PRINTED}
    assert found == PRINTED
