"""Figures of one year that cannot all be right, by hand, and what is never doubted; all are made up."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.data.framework import Framework
from forecast.data.load.coherence import contradictions, in_points, of_years, sums_of
from forecast.data.tables import DOMAINS

NO_RANKS = pd.DataFrame()


def framework(*criteria: tuple[str, str], lender: str = "A", status: str = "read") -> Framework:
    """A version with D6 of 12 points and some criteria: (component, parent)."""
    components = pd.DataFrame(
        [("total", "", 100.0, "read"), ("D6", "total", 12.0, status)],
        columns=["component", "parent", "max_score", "max_status"],
    )
    return Framework("A", 2023, lender, components, pd.DataFrame(criteria, columns=["component", "parent"]))


def one(**points: float) -> pd.DataFrame:
    """Points of one province by component; a dot in a name is written as an underscore."""
    return pd.DataFrame([{name.replace("_", "."): value for name, value in points.items()}], index=["Hà Nội"])


def told(points: pd.DataFrame, version: Framework) -> list[tuple[str, float, float]]:
    """Component, what is stated and what is due."""
    found = contradictions(points, NO_RANKS, sums_of(version), 63)
    return [(each.component, each.stated, each.due) for each in found]


CRITERIA = (("6.1", "D6"), ("6.2", "D6"), ("6.1.1", "6.1"), ("6.1.2", "6.1"))


@pytest.mark.parametrize(
    ("points", "found"),
    [
        ({"D6": 10.97, "6_1": 4.0, "6_2": 6.0}, [("D6", 10.97, 10.0)]),
        ({"D6": 10.04, "6_1": 4.0, "6_2": 6.0}, []),
        ({"D6": 10.97, "6_1": 4.0}, []),  # the other criterion may have the rest
        ({"D6": 3.5, "6_1": 4.0}, [("D6", 3.5, 4.0)]),  # no other can take points away
        ({"6_1": 4.0, "6_1_1": 1.0, "6_1_2": 2.0}, [("6.1", 4.0, 3.0)]),
        ({"6_1_1": 1.0, "6_1_2": 2.0}, []),
    ],
)
def test_criteria_beside_their_domain_and_sub_criteria_beside_their_criterion(points, found):
    """Each level must be the sum of the one below, where that is known whole."""
    named = pd.DataFrame(
        [{name.replace("_", "."): value for name, value in points.items()}], index=["Hà Nội"]
    )

    assert told(named, framework(*CRITERIA)) == found


def test_a_borrowed_version_s_criteria_prove_nothing():
    """Another year's criteria add up to another year's domains."""
    assert told(one(D6=10.97, **{"6_1": 4.0, "6_2": 6.0}), framework(*CRITERIA, lender="B")) == []


def test_domains_and_parts_beside_the_total():
    """Eight domains, or the parts that cut across them, make the total."""
    domains = dict.fromkeys(DOMAINS, 10.0)

    assert told(one(total=80.2, **domains), framework()) == [("total", 80.2, 80.0)]
    assert told(one(total=80.04, **domains), framework()) == []
    parts = pd.DataFrame([{"total": 86.14, "part.appraised": 54.95, "part.impact": 31.0}], index=["Hà Nội"])
    assert told(parts, framework()) == [("total", 86.14, 85.95)]


def test_a_percent_counts_only_where_its_maximum_was_read():
    """Points made of an assumed maximum may be off by as much as the assumption."""
    rows = pd.DataFrame({"component": ["D6", "D6"], "score": [80.0, 9.6], "unit": ["percent", "points"]})
    rows = rows.assign(share=[0.8, 0.8])

    assert in_points(rows, framework()).tolist() == pytest.approx([9.6, 9.6])
    assert in_points(rows, framework(status="assumed")).isna().tolist() == [True, False]


scores = st.lists(st.integers(600, 640), min_size=63, max_size=63)


@given(scores, st.randoms(use_true_random=False))
def test_ranks_of_unrounded_scores_never_contradict_the_printed_ones(hundredths, random):
    """Printed scores are rounded: any order within the rounding is a right one."""
    exact = pd.Series([value / 100 + random.uniform(-0.0049, 0.0049) for value in hundredths])
    ranks = pd.DataFrame({"D6": exact.rank(ascending=False, method="min")})

    assert contradictions(pd.DataFrame({"D6": exact.round(2)}), ranks, (), 63) == []


@given(st.permutations(range(63)), st.integers(0, 62), st.integers(1, 62))
def test_a_rank_that_the_scores_contradict_is_told_with_the_due_one(order, place, step):
    """With distinct scores every wrong rank is seen; where one score is missing none is."""
    points = pd.DataFrame({"D6": [6 + rank / 10 for rank in order]})
    ranks = points.rank(ascending=False)
    due = ranks.loc[place, "D6"]
    ranks.loc[place, "D6"] = (due - 1 + step) % 63 + 1

    found = contradictions(points, ranks, (), 63)

    assert [(each.kind, each.area, each.due) for each in found] == [("rank", str(place), due)]
    assert contradictions(points.drop(index=(place + 1) % 63), ranks, (), 63) == []


def test_scores_a_hundredth_apart_may_stand_in_either_order():
    """One of the two may have been rounded twice; two hundredths are an order."""
    ranks = pd.DataFrame({"D6": [2.0, 1.0]})

    assert contradictions(pd.DataFrame({"D6": [8.01, 8.0]}), ranks, (), 2) == []
    assert len(contradictions(pd.DataFrame({"D6": [8.02, 8.0]}), ranks, (), 2)) == 2


SLIPPED = {
    # what: (scores that are not what their rank says, those called the cause and how many ranks each moves)
    "a decimal mark too far to the left": ({2: 8.712}, [("2", 61)]),
    "digits that changed places": ({40: 95.5}, [("40", 41)]),
    "the last is the first": ({62: 101.0}, [("62", 63)]),
    "two cells": ({2: 8.712, 30: 7.5}, [("2", 28), ("30", 33)]),
    "two provinces exchanged": ({5: 89.0, 6: 90.0}, []),
}


@pytest.mark.parametrize(("scores", "causes"), SLIPPED.values(), ids=SLIPPED)
def test_a_score_by_which_alone_many_ranks_are_wrong_is_told_once(scores, causes):
    """One cell that slipped moves all others; where two fit equally well, both ranks are told."""
    points = pd.DataFrame({"total": [95.0 - place for place in range(63)]})
    points.index = points.index.map(str)
    ranks = points.rank(ascending=False)
    points.loc[list(map(str, scores)), "total"] = list(scores.values())

    found = contradictions(points, ranks, (), 63)

    assert [(each.area, each.ranks) for each in found if each.kind == "score"] == causes
    assert [each.area for each in found if each.kind == "rank"] == ([] if causes else ["5", "6"])


def test_ranks_that_are_wrong_by_themselves_are_told_beside_the_slipped_score():
    """What the cell does not explain is still told."""
    points = pd.DataFrame({"total": [95.0 - place for place in range(63)]})
    points.index = points.index.map(str)
    ranks = points.rank(ascending=False)
    points.loc["2", "total"] = 8.712
    ranks.loc["50", "total"] = 9.0

    found = contradictions(points, ranks, (), 63)

    assert [(each.kind, each.area) for each in found] == [("score", "2"), ("rank", "50")]


@pytest.mark.parametrize(("wrong", "kinds"), [(None, {"score"}), (9.0, {"rank"})])
def test_a_slipped_score_without_a_rank_is_the_cause_where_one_rank_alone_is_free(wrong, kinds):
    """Where the rank that it should have is not plain, no other cell is blamed."""
    points = pd.DataFrame({"total": [95.0 - place for place in range(63)]})
    points.index = points.index.map(str)
    ranks = points.rank(ascending=False).drop(index="2")
    points.loc["2", "total"] = 8.712
    ranks.loc["50", "total"] = wrong or ranks.loc["50", "total"]

    found = contradictions(points, ranks, (), 63)

    assert {each.kind for each in found} == kinds
    assert wrong or [(each.area, each.ranks) for each in found] == [("2", 60)]


def test_years_are_judged_apart():
    """A domain of one year is not held beside the criteria of another."""
    rows = pd.DataFrame(
        [(2022, "D6", 10.97), (2022, "6.1", 4.0), (2022, "6.2", 6.0), (2023, "D6", 10.0)],
        columns=["year", "component", "score"],
    ).assign(area="Hà Nội", unit="points", share=np.nan, rank=np.nan)
    version = framework(*CRITERIA)

    found = of_years(rows, {2022: version, 2023: version}, {2022: 63, 2023: 63})

    columns = ["year", "component", "kind", "stated", "due", "parts"]
    assert found[columns].to_numpy().tolist() == [[2022, "D6", "sum", 10.97, 10.0, "6.1, 6.2"]]
