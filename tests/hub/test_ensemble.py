"""Models are combined as the hubverse's hubEnsembles does."""

from __future__ import annotations

import errno
import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from forecast import cli
from forecast.base.errors import WriteError
from forecast.cli.hub import METHODS
from forecast.hub import ensemble, layout, tables, validate

DAY = "2024-10-05"
# Printed by hubEnsembles 1.0 in its vignette for reference_date 2022-12-17, location 25, horizon 1
# (simple_ensemble with the mean; cdf, pmf and mean are the linear pool's too).
PRINTED = {
    ("cdf", "0.25"): 0.000284,
    ("cdf", "0.75"): 0.000556,
    ("cdf", "1"): 0.000767,
    ("cdf", "13"): 0.947,
    ("cdf", "15"): 0.977,
    ("pmf", "low"): 0.00437,
    ("pmf", "moderate"): 0.0233,
    ("pmf", "high"): 0.151,
    ("pmf", "very high"): 0.821,
    ("mean", ""): 627,
    ("median", ""): 620,
    ("quantile", "0.25"): 542,
    ("quantile", "0.75"): 704,
}
# The same for 2022-11-19, location 25, horizon 0, its cdf with weights 0.4, 0.4 and 0.2.
WEIGHTED = {
    "0.25": 0.0129,
    "0.5": 0.115,
    "0.75": 0.546,
    "1": 0.805,
    "1.25": 0.910,
    "1.5": 0.964,
    "1.75": 0.989,
}
WEIGHTS = {"MOBS-GLEAM_FLUH": 0.4, "PSI-DICE": 0.4, "Flusight-baseline": 0.2}


@pytest.fixture
def two(hub):
    """The hub with a second model that says ten more."""
    sound = tables.read(hub / f"model-output/team-one/{DAY}-team-one.csv", "one").astype(object)
    counts = sound["target"].isin(["cases", "peak"])
    sound["value"] = np.where(counts, sound["value"].astype(float) + 10, sound["value"].astype(float))
    sound["value"] = [f"{value:g}" for value in sound["value"]]
    folder = hub / "model-output" / "team-two"
    folder.mkdir()
    (folder / f"{DAY}-team-two.csv").write_text(tables.write_csv(sound.replace({"": None})), encoding="utf-8")
    (hub / "model-metadata" / "team-two.yml").write_text(
        "team_abbr: team\nmodel_abbr: two\ndesignated_model: true\n", encoding="utf-8"
    )
    return hub


def combined(root, method, weights=None, *, day=DAY):
    """The combination as a series by task and id."""
    opened = layout.read(root)
    parts = validate.sound(opened, rounds=[day])
    share = weights or dict.fromkeys((part.model for part in parts), 1.0)
    frame, left = ensemble.combine(parts, opened.round_of(day), method, share)
    return frame, left


def values(frame, **asked):
    """Values of one task, by output type and id."""
    for name, value in asked.items():
        frame = frame[frame[name].astype(str) == value]
    return {
        (kind, name): value
        for kind, name, value in zip(
            frame["output_type"], frame["output_type_id"], frame["value"], strict=True
        )
    }


def test_the_mean_is_taken_of_values_at_each_level(two):
    """Quantile averaging, and no samples."""
    frame, left = combined(two, "mean")

    found = values(frame, target="cases", horizon="1", location="A")
    assert found == {
        ("quantile", "0.1"): 15,
        ("quantile", "0.5"): 25,
        ("quantile", "0.9"): 45,
        ("mean", ""): 26,
        ("median", ""): 25,
    }
    assert left == ("sample",)


def test_weights_move_the_mean_and_the_median(two):
    """Three parts of one model to one of the other; of two models, both are the same."""
    weights = {"team-one": 3.0, "team-two": 1.0}

    for method in ("mean", "median"):
        found = values(combined(two, method, weights)[0], target="peak")
        assert found == {("quantile", "0.1"): 7.5, ("quantile", "0.5"): 8.5, ("quantile", "0.9"): 9.5}


def test_a_weighted_median_by_hand():
    """Values stand at 0.5, 1.5 and 3 of weights that add up to 4; half of them is 2."""
    found = ensemble.weighted_median(np.array([[10.0, 1.0, 2.0]]), np.array([2.0, 1.0, 1.0]))
    assert found == pytest.approx([2 + 8 * 0.5 / 1.5])


def test_the_linear_pool_is_wider_than_the_average(two):
    """Quantiles of the mixture of two normals by hand; samples stand side by side."""
    frame, left = combined(two, "linear_pool")

    pool = values(frame, target="peak")
    assert pool["quantile", "0.5"] == pytest.approx(11, abs=0.1)
    assert pool["quantile", "0.1"] < 7.5 - 1
    assert pool["quantile", "0.9"] > 9.5 + 5
    assert left == ("median",)
    samples = frame[(frame["output_type"] == "sample") & (frame["location"].astype(str) == "A")]
    assert samples.groupby("horizon", observed=True)["output_type_id"].nunique().tolist() == [4, 4]
    assert sorted(samples.loc[samples["horizon"].astype(str) == "1", "value"]) == [12, 18, 22, 28]


@pytest.mark.parametrize("method", METHODS)
def test_what_is_combined_is_sound(two, method, capsys):
    """The command writes a table that the hub takes."""
    assert cli.run(["hub", "ensemble", str(two), "--round", DAY, "--method", method, "--lang", "en"]) == 0

    said = capsys.readouterr()
    assert "2 models combined" in said.out
    found = validate.check(layout.read(two)).problems
    assert [each.text("en") for each in found] == [
        "model-metadata/hub-ensemble.yml: the description of this model is missing"
    ]


@pytest.mark.parametrize("sent", ["model-metadata/team-late.yml", "model-output/team-late/README.md"])
def test_a_team_without_a_file_in_the_round_is_named(two, sent, tmp_path, capsys):
    """It is in the hub already; the others are combined without it, unless it was asked for."""
    (two / sent).parent.mkdir(exist_ok=True)
    (two / sent).write_text("team_abbr: team\nmodel_abbr: late\ndesignated_model: true\n", encoding="utf-8")
    asked = ["hub", "ensemble", str(two), "--round", DAY, "--out", str(tmp_path / "out"), "--lang", "en"]

    assert cli.run(asked) == 0
    said = capsys.readouterr()
    assert f"Not counted, as there is no file in the round {DAY} yet: team-late." in said.err
    assert "2 models combined" in said.out
    refused = f"No file in the round {DAY} yet: team-late. Leave this --model out, or wait for its file."
    assert cli.run([*asked, "--model", "team-one", "--model", "team-late"]) == 2
    assert refused in capsys.readouterr().err
    validated = ["hub", "validate", str(two), "--round", DAY, "--model", "team-late", "--lang", "en"]
    assert cli.run(validated) == 2
    assert refused in capsys.readouterr().err


def test_a_table_of_a_team_is_not_written_over_unasked(two, tmp_path, capsys):
    """The refusal names it; another folder takes the table, and force the place of the team's."""
    asked = ["hub", "ensemble", str(two), "--round", DAY, "--name", "team-two", "--lang", "en"]
    path = two / f"model-output/team-two/{DAY}-team-two.csv"
    before = path.read_bytes()

    assert cli.run(asked) == 2
    assert f"team-two has a table already, perhaps a team's own: {path}" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert cli.run([*asked, "--out", str(tmp_path / "out")]) == 0
    assert path.read_bytes() == before
    assert cli.run([*asked, "--force"]) == 0
    assert path.read_bytes() == (tmp_path / f"out/{path.name}").read_bytes() != before


@pytest.mark.slow
def test_a_hub_that_takes_parquet_alone_gets_it(two, tmp_path):
    """The table is written in what the hub takes, and read back sound."""
    admin = two / "hub-config" / "admin.json"
    out = tmp_path / "out"
    config = admin.read_text(encoding="utf-8").replace('["csv", "parquet"]', '["parquet"]')
    for path in sorted(two.glob("model-output/*/*.csv")):
        tables.write_parquet(path.with_suffix(".parquet"), tables.read(path, "csv").astype({"value": float}))
        path.unlink()
    admin.write_text(config, encoding="utf-8")

    assert cli.run(["hub", "ensemble", str(two), "--round", DAY, "--out", str(out)]) == 0
    found = tables.read(out / f"{DAY}-hub-ensemble.parquet", "made")
    assert set(found["output_type"]) == {"quantile", "mean", "median", "pmf", "cdf"}
    assert found.loc[found["output_type"] == "mean", "output_type_id"].tolist() == [""] * 4


def test_a_parquet_table_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    """What stood there stays if the disk is full, and nothing is left beside it."""
    path = tmp_path / "a.parquet"
    frame = pd.DataFrame({"location": ["A", ""], "value": [1.0, 2.0]})
    tables.write_parquet(path, frame)
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match="no room"):
        tables.write_parquet(path, frame.assign(value=0.0))

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_weight_that_is_missing_or_none_is_told(two, tmp_path, capsys):
    """Every model needs one above zero."""
    weights = tmp_path / "w.csv"
    weights.write_text('model_id,weight\nteam-one,"0,7"\nteam-one,1\nteam-ten,1\n', encoding="utf-8")

    asked = ["hub", "ensemble", str(two), "--round", DAY, "--weights", str(weights), "--lang", "en"]
    assert cli.run(asked) == 1
    said = capsys.readouterr().err
    assert "w.csv, row 2, column weight, found “0,7”: a weight is a number above 0, with a point" in said
    assert "w.csv, row 3, column model_id, found “team-one”: this row repeats one above" in said
    assert "w.csv, row 4, column model_id, found “team-ten”: the hub has no such model" in said
    assert "w.csv, column model_id, found “team-two”: this model has no weight" in said


def test_a_pool_of_normals_has_their_mixtures_quantiles():
    """The example of hubEnsembles' linear_pool: normals at -3, 0 and 3 with weights 1/4, 1/2, 1/4."""
    means, weights = np.array([-3.0, 0.0, 3.0]), np.array([0.25, 0.5, 0.25])
    expected = np.arange(-5, 5.01, 0.25)
    levels = (norm.cdf(expected[:, None] - means) * weights).sum(axis=1)
    parts = norm.ppf(levels) + means[:, None]

    found = ensemble.mixture_quantiles(ensemble.spread_out(parts, levels), weights, levels)
    assert found == pytest.approx(expected, abs=0.01)  # theirs is within 0.01 of it, relatively


@given(
    st.lists(st.floats(0.01, 0.99), min_size=2, max_size=9, unique=True).map(sorted),
    st.integers(0, 2**32 - 1),
)
def test_a_distribution_spread_out_keeps_its_quantiles(levels, seed):
    """Points rise, and at the given levels they are the given quantiles."""
    levels = np.array(levels)
    if np.diff(levels).min() < 0.01:
        return
    given_values = np.random.default_rng(seed).uniform(0, 10, len(levels)).cumsum()[None]

    points = ensemble.spread_out(given_values, levels)
    assert (np.diff(points, axis=1) >= -1e-9).all()
    grid = (np.arange(points.shape[1]) + 0.5) / points.shape[1]
    assert np.interp(levels, grid, points[0]) == pytest.approx(given_values[0], rel=1e-2, abs=0.05)


@given(arrays(float, (3, 5), elements=st.floats(-100, 100)))
def test_equal_weights_are_the_usual_averages(found):
    """Against numpy."""
    ones = np.ones(5)
    assert ensemble.weighted_mean(found, ones) == pytest.approx(found.mean(axis=1))
    assert ensemble.weighted_median(found, ones) == pytest.approx(np.median(found, axis=1))


def test_ensembles_of_the_published_example_are_those_that_hubensembles_prints(hubs):
    """To the digits printed."""
    frame, _ = combined(hubs / "example-complex", "mean", day="2022-12-17")
    found = values(frame, location="25", horizon="1")
    assert {key: float(f"{found[key]:.3g}") for key in PRINTED} == PRINTED

    weighted, _ = combined(hubs / "example-complex", "linear_pool", WEIGHTS, day="2022-11-19")
    found = values(weighted, location="25", horizon="0", output_type="cdf")
    assert {key: float(f"{found['cdf', key]:.3g}") for key in WEIGHTED} == WEIGHTED


def test_a_pool_of_the_published_example_is_whole(hubs):
    """A hundred samples a task as the hub asks for, and nothing falls."""
    opened = layout.read(hubs / "example-complex")
    frame, _ = combined(hubs / "example-complex", "linear_pool", day="2022-12-17")
    from forecast.hub import checks

    text = pd.DataFrame({name: frame[name].map(str).astype("category") for name in frame})
    found, _ = checks.check(text, "2022-12-17", opened.round_of("2022-12-17"), "pool")
    assert [each.text("en") for each in found] == []
