"""Output types of one forecast must agree; figures far from each other or from what is known are doubted."""

import json

import pandas as pd
import pytest

from forecast import cli
from forecast.hub import layout, validate

DAY, MODEL = "2024-10-05", "team-one"
NAME = f"model-output/{MODEL}/{DAY}-{MODEL}.csv"


def change(root, asked, value):
    """Write another value into the rows of the model's table that a query finds."""
    path = root / NAME
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows = table.query(asked).index
    table.loc[rows, "value"] = [str(value(float(old))) for old in table.loc[rows, "value"]]
    table.to_csv(path, index=False)


def told(root):
    """Problems and remarks of a check, in English."""
    found = validate.check(layout.read(root))
    remarks = [phrase.text("en") for phrase in found.remarks if phrase.key.startswith("hub.doubt")]
    return [problem.text("en") for problem in found.problems], remarks


OF_A = "target == 'cases' and location == 'A' and horizon == '1'"


def test_a_median_that_is_not_its_quantile_is_refused(hub):
    """Both rows are named; a rounded one is the same."""
    change(hub, f"{OF_A} and output_type == 'quantile' and output_type_id == '0.5'", lambda _: 20.4)
    assert told(hub) == ([], [])

    change(hub, f"{OF_A} and output_type == 'median'", lambda _: 22)
    (problem,), doubts = told(hub)
    assert (
        f"{NAME}, row 6, column value, found “22”: the median is not the quantile 0.5 of the same" in problem
    )
    assert "20.4 in row 3; they must be one" in problem
    assert doubts == []


@pytest.mark.parametrize(
    ("asked", "value", "said"),
    [
        (
            "output_type == 'mean'",
            lambda _: 1e9,
            "row 5: mean 1,000,000,000, where the quantiles of the same",
        ),
        ("output_type == 'mean'", lambda old: old / 1000, "row 5: mean 0.021, where"),
        ("output_type == 'sample' and output_type_id == '3'", lambda _: 10**9, "row 9: sample 1,000,000,000"),
        ("output_type == 'sample'", lambda old: int(old * 1000), "row 7: sample 12,000, where"),
        ("output_type == 'sample' and output_type_id == '3'", lambda _: 300, ""),
        ("output_type == 'sample' and output_type_id == '3'", lambda _: 0, ""),
    ],
)
def test_a_mean_or_sample_far_from_the_quantiles_is_doubted(hub, asked, value, said):
    """A slip of the unit in one output type; a sample in a long tail is none."""
    change(hub, f"{OF_A} and {asked}", value)

    problems, doubts = told(hub)

    assert problems == []
    assert len(doubts) == bool(said)
    assert said in "".join(doubts)


@pytest.mark.parametrize("factor", [1 / 1000, 1000])
def test_forecasts_far_from_the_last_outcomes_are_doubted(hub, capsys, factor):
    """A whole table in another unit is told once, when it is checked and when it is scored."""
    path = hub / "target-data" / "time-series.csv"
    before = "".join(f"2024-09-{day},cases,{h},A,{19 + h}\n" for day in ("21", "28") for h in (1, 2))
    path.write_text(path.read_text(encoding="utf-8") + before, encoding="utf-8")
    assert told(hub) == ([], [])

    kinds = "output_type in ['quantile', 'mean', 'median']"
    change(hub, f"target == 'cases' and {kinds}", lambda old: old * factor)
    change(hub, "target == 'cases' and output_type == 'sample'", lambda old: int(old * factor))
    (doubt,) = told(hub)[1]
    assert f"{NAME}, row 3: a forecast of" in doubt
    assert "the last known outcome is 14 (2 such forecasts)" in doubt

    assert cli.run(["hub", "score", str(hub), "--lang", "en"]) == 0
    assert doubt in capsys.readouterr().err


def weekly(root, days):
    """Make the tasks those of weeks with the day that each is about, and write it beside the horizons."""
    path = root / "hub-config" / "tasks.json"
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for group in tasks["rounds"][0]["model_tasks"]:
        group["task_ids"]["target_end_date"] = {"required": None, "optional": [*days.values(), "2025-01-01"]}
        group["target_metadata"][0] |= {"is_step_ahead": True, "time_unit": "week"}
        if not group["task_ids"]["horizon"]["required"]:
            group["task_ids"]["target_end_date"] = {"required": None, "optional": None}
    path.write_text(json.dumps(tasks), encoding="utf-8")
    table = pd.read_csv(root / NAME, dtype=str, keep_default_na=False)
    table.insert(4, "target_end_date", table["horizon"].map(days).fillna("NA"))
    table.to_csv(root / NAME, index=False)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"1": "2024-10-12", "2": "2024-10-19"}, ""),
        ({"1": "2024-10-09", "2": "2024-10-16"}, ""),  # a week counted to its Wednesday
        (
            {"1": "2024-10-12", "2": "2024-10-26"},
            "found “2024-10-26”: the day does not go with the horizon 2",
        ),
        ({"1": "2024-11-12", "2": "2024-11-19"}, "the horizon 1 from 2024-10-05; 2024-10-12 is expected"),
    ],
)
def test_a_day_that_does_not_go_with_its_horizon_is_refused(hub, days, said):
    """The two say one thing; which outcome a forecast is scored by depends on it."""
    (hub / "target-data" / "time-series.csv").unlink()
    weekly(hub, days)

    problems, _ = told(hub)

    assert bool(problems) == bool(said)
    assert said in " ".join(problems)


def test_two_versions_of_the_oracle_do_not_contradict_each_other(hub):
    """A figure that was mended later stands beside the earlier one."""
    head = "origin_date,horizon,target,location,output_type,output_type_id,oracle_value,as_of"
    rows = [
        f"{DAY},1,level,A,pmf,{name},{int(name == came)},{day}"
        for day, came in (("2024-10-06", "low"), ("2024-10-07", "mid"))
        for name in ("low", "mid", "high")
    ]
    path = hub / "target-data" / "oracle-output.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")

    assert told(hub)[0] == []


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        (
            (25, 26, 24, 260),
            "an outcome of 260 (cases, 1, A, 2024-10-05), where the days beside it lie about 25",
        ),
        ((25, 2.6, 24, 26), "an outcome of 2.6 (cases, 1, A, 2024-09-14)"),
        ((25, 60, 150, 260), ""),
        ((25, 0, 24, 26), ""),
    ],
)
def test_an_outcome_far_from_those_beside_it_is_doubted(hub, capsys, outcomes, said):
    """A slip in one outcome would spoil the scores of all models; a wave or a zero is none."""
    days = ("2024-09-07", "2024-09-14", "2024-09-28", DAY)
    rows = [f"{day},cases,1,A,{outcome}\n" for day, outcome in zip(days, outcomes, strict=True)]
    (hub / "target-data" / "time-series.csv").write_text(
        "origin_date,target,horizon,location,observation\n" + "".join(rows), encoding="utf-8"
    )

    problems, doubts = told(hub)

    assert problems == []
    assert len(doubts) == bool(said)
    assert said in "".join(doubts)
    assert cli.run(["hub", "score", str(hub), "--lang", "en"]) == 0
    assert said in capsys.readouterr().err


def test_a_forecast_of_zero_alone_is_doubted_where_nothing_was_zero(hub):
    """Zeros stand for what was not computed."""
    change(hub, f"{OF_A} and output_type != 'sample'", lambda _: 0)

    problems, (doubt,) = told(hub)

    assert problems == []
    assert f"{NAME}, row 3: a forecast of 0, where the last known outcome is 14" in doubt
