"""PAPI's sub-dimensions, dimensions and total: a real index with three levels, all of it published."""

import numpy as np
import pandas as pd
import pytest
from benchmarks import criteria

from forecast.answer.scorecard.allocation import allocate
from forecast.answer.scorecard.tree import Tree, tree_of
from forecast.data.framework import Framework
from forecast.data.tables import DAY_DTYPE

YEAR = 2023


@pytest.fixture(scope="module")
def cells(panels, monkeypatch_module) -> pd.DataFrame:
    """All published sub-dimensions with their dimension and last year's figures."""
    if not (panels / "papi_subdimensions.csv").is_file():
        pytest.skip("papi_subdimensions.csv is not among the published panels")
    monkeypatch_module.setenv("FORECAST_PANELS", str(panels))
    return criteria.cells()


@pytest.fixture(scope="module")
def monkeypatch_module():
    """Like monkeypatch, for a whole module."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def tree(cells) -> Tree:
    """PAPI as a framework: P3 as D3, its sub-dimensions as 3.1, 3.2, 3.3, each of ten points' share."""
    here = cells[cells["year"] == YEAR].drop_duplicates("component").sort_values("component")
    rows = [("total", "", 80.0), *((f"D{k}", "total", 10.0) for k in range(1, 9))]
    rows += [
        (code(name), f"D{name[2]}", maximum)
        for name, maximum in zip(here["component"], here["maximum"], strict=True)
    ]
    plain = {"name_vi": "PAPI", "name_en": "PAPI", "max_status": "read", "responsible": "", "source": ""}
    table = pd.DataFrame(rows, columns=["component", "parent", "max_score"]).assign(
        rule="", indicator="", deadline=pd.Series(pd.NaT, index=range(len(rows)), dtype=DAY_DTYPE), **plain
    )
    below = table["component"].str.contains(r"^\d")
    return tree_of(Framework("PAPI", YEAR, "PAPI", table[~below], table[below]))


def code(name: str) -> str:
    """SC34 is the criterion 3.4."""
    return f"{name[2]}.{name[3]}"


def test_published_sub_dimensions_roll_up_to_published_dimensions_and_total(cells, tree, panels):
    """Summed along the tree, each province's 29 figures are its printed dimensions and total."""
    printed = pd.read_csv(panels / "papi.csv")
    printed = printed[printed["year"] == YEAR].pivot_table(index="area", columns="component", values="score")
    here = cells[cells["year"] == YEAR].assign(code=lambda t: t["component"].map(code))
    wide = here.pivot_table(index="area", columns="code", values="score").dropna()
    leaves = [tree.names[leaf] for leaf in tree.leaves]

    summed = pd.DataFrame(tree.roll_up(wide[leaves].to_numpy()), index=wide.index, columns=list(tree.names))

    assert len(leaves) == 28  # one of the 29 is no longer asked
    assert len(summed) >= 55
    printed = printed.loc[summed.index]
    for k in range(1, 9):
        np.testing.assert_allclose(summed[f"D{k}"], printed[f"P{k}"], atol=1e-4)
    np.testing.assert_allclose(summed["total"], printed["total"], atol=1e-3)


@pytest.fixture(scope="module")
def forecast(cells) -> pd.DataFrame:
    """Each sub-dimension of 2022 and 2023, from its dimension's own published score and last year's split."""
    rng = np.random.default_rng(7)
    parts = []
    for _, group in (
        cells[cells["year"].isin([2022, 2023])]
        .dropna(subset="share_last")
        .groupby(["area", "dimension", "year"])
    ):
        noise = rng.standard_normal((200, len(group)))
        drawn = allocate(
            np.full(200, group["whole"].iloc[0]),
            float(group["whole_last"].iloc[0]),
            group["maximum"].to_numpy(),
            group["share_last"].to_numpy(),
            noise,
        )
        low, middle, high = np.quantile(drawn, (0.1, 0.5, 0.9), axis=0)
        parts.append(group.assign(low=low, middle=middle, high=high))
    return pd.concat(parts)


@pytest.mark.slow
def test_ranges_of_criteria_hold_what_came(forecast):
    """With the dimension known, 80 percent ranges of its sub-dimensions hold 75 to 92 percent."""
    held = (forecast["share"] >= forecast["low"]) & (forecast["share"] <= forecast["high"])

    assert len(forecast) > 2000
    assert 0.75 < held.mean() < 0.92


def test_moving_with_the_dimension_beats_staying(forecast):
    """The criterion that moves with its dimension errs less than the one that stays as it was."""
    moves = (forecast["share"] - forecast["middle"]).abs().mean()
    stays = (forecast["share"] - forecast["share_last"]).abs().mean()

    assert moves < 0.97 * stays
