"""Departments beside the models: equal weights, the models' dependence, people's own words.  Made up."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from forecast.answer.result import DEPARTMENT_COLUMNS
from forecast.answer.scorecard.departments import combine_departments
from forecast.answer.scorecard.leaves import Leaves
from forecast.answer.scorecard.outlook import department_rows
from forecast.answer.submissions import Bias, learn
from forecast.base.spec import RunSpec
from forecast.data.tables import SELF_SCORES, SUBMISSIONS

SIZE = 4000
NO_SELF_SCORES = pd.DataFrame(
    {c.name: pd.Series(dtype="str" if c.kind in ("text", "area") else "float64") for c in SELF_SCORES.columns}
)


def forms(*rows) -> pd.DataFrame:
    """Rows of made-up forms: department, component, low, likely, high."""
    table = pd.DataFrame(rows, columns=["department", "component", "low", "likely", "high"])
    rest = {name: "" for name in SUBMISSIONS.names if name not in table}
    days = {"due": pd.NaT, "received_on": pd.Timestamp("2024-09-20")}
    return table.assign(
        **(rest | {"self_score": np.nan, "reason": "lý do <b>", "submission_id": "a1"} | days)
    )


@pytest.fixture(scope="module")
def leaves(tree) -> Leaves:
    """Five leaves whose draws all rise and fall together."""
    common = np.random.default_rng(2).standard_normal(SIZE)[:, None]
    points = np.clip(tree.maxima * (0.7 + 0.05 * common), 0, tree.maxima)
    years = np.where([name == "1.2" for name in tree.names], 2023, 0)
    last = np.where(years > 0, 0.6, np.nan)
    none = np.zeros(len(tree.leaves), dtype=bool)
    return Leaves(tree, points, last, years, none, (None,) * len(tree.leaves), {})


@pytest.fixture(scope="module")
def no_bias() -> Bias:
    """Nothing is known of how self-scores err."""
    return learn(NO_SELF_SCORES, area="Hà Nội", before_year=2024)


def test_the_combination_lies_half_way(leaves, no_bias, rng):
    """Model median 0.7, department 0.9: the combined median is 0.8, in the middle of the two."""
    found = combine_departments(leaves, forms(("A", "1.2", 0.85, 0.9, 0.95)), no_bias, 2023, rng)
    row = found.table.iloc[0]

    assert row["model_median"] == pytest.approx(0.7, abs=0.005)
    assert row["combined_median"] == pytest.approx(0.8, abs=0.005)
    assert row["combined_lower"] == pytest.approx((row["model_lower"] + 0.85) / 2, abs=0.005)
    assert row["last"] == 0.6


def test_what_nobody_answered_stays(leaves, no_bias, rng):
    """Other components keep their draws to the last bit."""
    found = combine_departments(leaves, forms(("A", "1.2", 0.85, 0.9, 0.95)), no_bias, 2023, rng)

    np.testing.assert_array_equal(
        np.delete(found.leaves.points, 2, axis=1), np.delete(leaves.points, 2, axis=1)
    )


def test_components_still_move_together(leaves, no_bias, rng):
    """Combining at each draw's own rank keeps the order of the draws."""
    found = combine_departments(leaves, forms(("A", "1.2", 0.85, 0.9, 0.95)), no_bias, 2023, rng)

    before, after = leaves.points[:, 2], found.leaves.points[:, 2]
    assert np.corrcoef(before.argsort().argsort(), after.argsort().argsort())[0, 1] > 0.999


def test_two_departments_weigh_a_third_each(leaves, no_bias, rng):
    """Three members, one of them the models: the mean of three medians."""
    two = forms(("A", "1.2", 0.85, 0.9, 0.95), ("B", "1.2", 0.4, 0.5, 0.6))

    found = combine_departments(leaves, two, no_bias, 2023, rng)

    assert found.table["combined_median"].tolist() == pytest.approx([0.7, 0.7], abs=0.01)
    assert found.table["department"].tolist() == ["A", "B"]


def test_an_answer_above_the_finest_level_moves_what_is_below_it(leaves, no_bias, rng):
    """A department that answers for a whole domain moves its criteria, each within its maximum."""
    found = combine_departments(leaves, forms(("A", "D1", 3.6, 3.8, 3.9)), no_bias, 2023, rng)
    under = found.leaves.tree.under(found.leaves.tree.place("D1"))

    assert np.median(found.leaves.points[:, under].sum(axis=1)) == pytest.approx((2.8 + 3.8) / 2, abs=0.02)
    assert (found.leaves.points[:, under] <= found.leaves.tree.maxima[under]).all()
    assert (found.leaves.points[:, under].mean(axis=0) > leaves.points[:, under].mean(axis=0)).all()


def test_the_models_beside_a_domain_s_answer_are_the_models_alone(leaves, no_bias, rng):
    """What another department said of a criterion stays out of the models' figures for its domain."""
    alone = combine_departments(leaves, forms(("A", "D1", 3.6, 3.8, 3.9)), no_bias, 2023, rng).table
    both = combine_departments(
        leaves, forms(("A", "D1", 3.6, 3.8, 3.9), ("B", "1.2", 0.1, 0.2, 0.3)), no_bias, 2023, rng
    ).table
    told = ["model_lower", "model_median", "model_upper", "gap"]

    row = both[both["component"] == "D1"].iloc[0]

    assert row[told].tolist() == alone.iloc[0][told].tolist()
    assert row["combined_median"] < alone.iloc[0]["combined_median"]


def test_the_pool_is_shown_where_members_exclude_each_other(leaves, no_bias, rng):
    """Ranges that do not meet are pooled: the pool spans both; where they meet none is shown."""
    far = combine_departments(leaves, forms(("A", "1.2", 0.97, 0.98, 0.99)), no_bias, 2023, rng).table.iloc[0]
    near = combine_departments(leaves, forms(("A", "1.2", 0.7, 0.75, 0.8)), no_bias, 2023, rng).table.iloc[0]

    assert far["disagrees"]
    assert far["pool_lower"] < 0.7
    assert far["pool_upper"] > 0.97
    assert not near["disagrees"]
    assert np.isnan(near["pool_median"])


def test_a_form_without_figures_keeps_its_words(leaves, no_bias, rng):
    """A reason alone is shown and moves nothing."""
    found = combine_departments(leaves, forms(("A", "1.2", np.nan, np.nan, np.nan)), no_bias, 2023, rng)

    np.testing.assert_array_equal(found.leaves.points, leaves.points)
    assert found.table["given_reason"].tolist() == ["lý do <b>"]
    assert found.answered_components == frozenset()


def test_without_forms_nothing_changes(leaves, no_bias, rng):
    """No form, no row, the same draws."""
    found = combine_departments(leaves, forms(), no_bias, 2023, rng)

    assert found.table.empty
    assert list(found.table.columns) == list(DEPARTMENT_COLUMNS)
    np.testing.assert_array_equal(found.leaves.points, leaves.points)


def test_a_code_that_is_no_longer_there_is_left_out(leaves, no_bias, rng):
    """An answer on a component of another framework moves nothing."""
    found = combine_departments(leaves, forms(("A", "9.9", 0.1, 0.2, 0.3)), no_bias, 2023, rng)

    assert found.table.empty


def test_a_domain_is_the_sum_of_what_was_answered_in_it(leaves, no_bias, rng):
    """Two answers of one department, summed draw by draw: medians of sums, not sums of ranges."""
    found = combine_departments(
        leaves, forms(("A", "1.2", 0.85, 0.9, 0.95), ("A", "1.1.1", 0.6, 0.8, 0.9)), no_bias, 2023, rng
    )
    row = found.domains.iloc[0]

    assert (row["component"], row["answered"], row["max_score"]) == ("D1", 2, 2.0)
    assert row["likely"] == pytest.approx(1.7, abs=0.01)
    assert row["model_median"] == pytest.approx(1.4, abs=0.01)
    assert row["combined_median"] == pytest.approx((1.7 + 1.4) / 2, abs=0.01)
    assert row["gap"] == pytest.approx(row["corrected_likely"] - row["model_median"], abs=1e-3)
    assert row["disagreeing"] == int(found.table["disagrees"].sum())


def test_a_difference_of_nothing_is_no_disagreement(leaves, no_bias, rng):
    """Ranges that miss each other by a hair are not called a disagreement."""
    row = combine_departments(
        leaves, forms(("A", "1.2", 0.771, 0.772, 0.773)), no_bias, 2023, rng
    ).table.iloc[0]

    assert row["low"] > row["model_upper"]
    assert not row["disagrees"]


def test_what_was_said_under_a_higher_maximum_is_taken_within_todays(leaves, no_bias, rng, framework):
    """A maximum may be lowered after a form was accepted: its figures are capped, and no run ends there."""
    spec = RunSpec(index_code="PAR", area="TP. Hồ Chí Minh", target_year=2024, as_of=dt.date(2024, 10, 20))
    found = combine_departments(leaves, forms(("A", "1.2", 0.9, 1.2, 1.5)), no_bias, 2023, rng)
    values = pd.concat(department_rows(spec, framework, found.table))["value"]

    assert found.table["high"].tolist() == [1.5]
    assert values.max() <= 1.0
