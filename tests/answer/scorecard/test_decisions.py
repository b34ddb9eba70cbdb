"""What can be decided, on the forecast's own draws.  Made-up figures."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from forecast.answer.scorecard.card import attainable
from forecast.answer.scorecard.decisions import decision_table
from forecast.answer.scorecard.leaves import Leaves
from forecast.answer.scorecard.scenarios import Baseline

SIZE = 400
TARGETS = pd.DataFrame({"quantity": ["rank"], "relation": ["<="], "value": [1.0], "set_on": [pd.NaT]})


def remedies(*rows):
    """Open remedies: component, effect, day due, days overdue."""
    table = pd.DataFrame(rows, columns=["component", "expected_effect", "due", "days_overdue"])
    return table.assign(unit="Sở A", action="việc", due=pd.to_datetime(table["due"]))


@pytest.fixture(scope="module")
def baseline(tree) -> Baseline:
    """Five leaves without a rule's word; the area has 6.5 of 10 points, the others 7 and 6."""
    points = np.tile([0.5, 1.0, 0.5, 3.0, 1.5], (SIZE, 1)).astype(float)
    empty = np.full(len(tree.rows), np.nan), np.zeros(len(tree.rows), dtype=int)
    leaves = Leaves(tree, points, *empty, np.zeros(5, dtype=bool), (None,) * 5, {})
    totals = np.column_stack([np.full(SIZE, 7.0), points.sum(axis=1), np.full(SIZE, 6.0)])
    open_ = attainable(leaves, 2024, dt.date(2024, 9, 1))
    return Baseline(leaves, totals, 1, remedies(), open_)


def test_a_remedy_by_hand(baseline):
    """Half a point of 1.2 makes 7.0, no better than the first; two remedies share what there is to win."""
    asked = dataclasses.replace(
        baseline, remedies=remedies(("1.2", 0.4, "2024-10-31", 0), ("1.2", 0.4, None, 3))
    )

    table = decision_table(asked, TARGETS)

    own = table[table["kind"] == "remedy"]
    assert own["points"].tolist() == pytest.approx([0.4, 0.4])
    assert own["rank_before"].tolist() == [2, 2]
    together = table[table["kind"] == "together"].iloc[0]
    # 1.1.1, 1.1.2, 8.1, 8.2 at their most give 0.5 + 1 + 1 + 0.5, and the two remedies no more than 0.5
    assert together["points"] <= 0.5 + 1 + 1 + 0.5 + 0.5 + 1e-9
    assert together["rank_after"] == 1
    assert together["p_after"] == 1.0


def test_what_cannot_be_won_any_more_is_no_decision(baseline):
    """A remedy whose criterion is past its day brings nothing and is not listed, late in the year nor D8."""
    late = attainable(baseline.leaves, 2024, dt.date(2024, 11, 1))
    asked = dataclasses.replace(baseline, remedies=remedies(("1.2", 0.4, None, 0)), attainable=late)

    table = decision_table(asked, TARGETS)

    assert "1.2" not in set(table["component"])
    assert not table["component"].str.startswith("8").any() or late[3:].any()


def test_what_brings_most_comes_first(baseline):
    """Points fall from line to line among what can be acted on."""
    table = decision_table(baseline, TARGETS)
    acted = table[table["kind"].isin(["remedy", "criterion"])]

    assert acted["points"].is_monotonic_decreasing
    assert (acted["p_after"] >= acted["p_before"]).all()
    assert (acted["rank_after"] <= acted["rank_before"]).all()


def test_half_a_point_is_told_whatever_is_entered(baseline):
    """The last line is the example of half a point."""
    last = decision_table(baseline, TARGETS).iloc[-1]

    assert (last["kind"], last["points"]) == ("half_point", pytest.approx(0.5))
