"""The verbs `predict` and `backtest` on a sound panel: what they write is what the engine and the scores say.

All figures are made up.
"""

import numpy as np
import pandas as pd
import pytest

from forecast import cli
from forecast.data.load import read_panel
from forecast.model import engine
from forecast.model.panel import Panel

YEARS = range(2008, 2020)
AREAS = ("An", "Bình", "Chi")


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """A file with three areas, two components and twelve years."""
    rng = np.random.default_rng(7)
    steps = rng.normal(0.05, 0.2, size=(len(AREAS), 2, len(YEARS))).cumsum(axis=2)
    rows = [
        f"{area},{component},{year},{6 + a + steps[a, c, k]:.3f}"
        for a, area in enumerate(AREAS)
        for c, component in enumerate(("D1", "D2"))
        for k, year in enumerate(YEARS)
    ]
    path = tmp_path_factory.mktemp("panel") / "scores.csv"
    path.write_text("area,component,year,score\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def run(capsys, *arguments):
    """Run one command that should succeed; give what it printed."""
    code = cli.run(["--lang", "en", *map(str, arguments)])
    told = capsys.readouterr()
    assert (code, told.err) == (0, "")
    return told.out


def test_predict_writes_what_the_engine_gives(scores, tmp_path, capsys):
    """The file holds the engine's own quantiles of every cell, model and year that was asked for."""
    out = tmp_path / "out.csv"
    names = ("last_value", "damped_trend")
    asked = [part for name in names for part in ("--model", name)]
    told = run(
        capsys,
        "predict",
        "--scores",
        scores,
        "--target-year",
        "2020:2021",
        "--out",
        out,
        "--level",
        60,
        *asked,
    )
    found = pd.read_csv(out)

    panel = Panel.from_long(read_panel(scores), breaks=(), file="scores.csv")
    levels = sorted(found["quantile_level"].unique())
    years = [2020, 2021]
    expected = engine.long_table(engine.fit_models(panel, years), years, levels, names)
    pd.testing.assert_frame_equal(found, expected.reset_index(drop=True), check_dtype=False)
    assert {0.2, 0.5, 0.8} <= set(levels)
    assert len(found) == len(AREAS) * 2 * 2 * len(names) * len(levels)
    assert str(len(found)) in told.replace(",", "")


def test_the_same_panel_gives_the_same_bytes(scores, tmp_path, capsys):
    """Predicted twice, and from rows in another order, the file is the same."""
    lines = scores.read_text(encoding="utf-8").splitlines()
    shuffled = tmp_path / "shuffled.csv"
    shuffled.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n", encoding="utf-8")
    outs = []
    for k, file in enumerate((scores, scores, shuffled)):
        out = tmp_path / f"{k}.csv"
        run(capsys, "predict", "--scores", file, "--target-year", "2020", "--out", out, "--model", "drift")
        outs.append(pd.read_csv(out).sort_values(["area", "component", "quantile_level"]).to_csv(index=False))

    assert outs[0] == outs[1] == outs[2]
    assert (tmp_path / "0.csv").read_bytes() == (tmp_path / "1.csv").read_bytes()


@pytest.mark.parametrize(("year", "said"), [("2024", False), ("2049", True)])
def test_a_year_farther_ahead_than_the_table_is_long_is_doubted(scores, tmp_path, capsys, year, said):
    """It is forecast, as it was asked for, but 2049 may be 2024 mistyped."""
    words = ["predict", "--scores", str(scores), "--target-year", year, "--out", str(tmp_path / "o.csv")]

    assert cli.run(["--lang", "en", *words, "--model", "last_value"]) == 0
    assert ("next to nothing" in capsys.readouterr().err) == said


def test_a_model_that_cannot_be_fitted_is_told_and_the_others_are_given(tmp_path, capsys):
    """Two years are too few for a trend: the sentence says so, the last value is forecast."""
    file = tmp_path / "short.csv"
    rows = [f"A,D,{year},{year - 2000}" for year in (2018, 2019)]
    file.write_text("area,component,year,score\n" + "\n".join(rows) + "\n", encoding="utf-8")
    code = cli.run(
        ["predict", "--scores", str(file), "--target-year", "2020", "--out", str(tmp_path / "o.csv")]
    )
    told = capsys.readouterr()

    assert code == 0
    assert "drift" in told.err
    assert "last_value" in set(pd.read_csv(tmp_path / "o.csv")["model"])


def test_backtest_writes_forecasts_beside_what_came(scores, tmp_path, capsys):
    """Each origin's forecasts stand beside the figures of the file; the summary is what they score."""
    out, summary = tmp_path / "long.csv", tmp_path / "summary.csv"
    asked = ["--out", out, "--summary", summary, "--origins", "2017:2018"]
    told = run(capsys, "backtest", "--scores", scores, *asked)
    long, sums = pd.read_csv(out), pd.read_csv(summary)

    came = pd.read_csv(scores).set_index(["area", "component", "year"])["score"]
    keys = pd.MultiIndex.from_frame(long[["area", "component", "target_year"]])
    np.testing.assert_allclose(long["observed"], came.loc[list(keys)].to_numpy())
    assert set(long["target_year"]) == {2018, 2019}
    assert "last_value" in set(long["model"])
    assert str(len(long)) in told.replace(",", "")
    middle = long[(long["quantile_level"] == 0.5) & (long["model"] == "last_value")]
    error = (middle["observed"] - middle["predicted"]).abs().mean()
    line = sums[(sums["model"] == "last_value") & (sums["component"] == "all") & (sums["period"] == "all")]
    assert line["absolute_error"].iloc[0] == pytest.approx(error)
