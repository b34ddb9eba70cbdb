"""The framework as a tree: every component in its place, every leaf in its sums."""

import numpy as np

from forecast.answer.scorecard.tree import tree_of


def test_components_stand_before_their_children_in_the_order_of_reading(tree):
    """Depth first, as the annex is printed; parts that cut across are left out."""
    assert tree.names == (
        *("total", "D1", "1.1", "1.1.1", "1.1.2", "1.2"),
        *("D8", "D8.sipas", "8.1", "D8.outcome", "8.2"),
    )
    assert [row["kind"] for row in tree.rows] == [
        *("total", "domain", "criterion", "subcriterion", "subcriterion", "criterion"),
        *("domain", "part", "criterion", "part", "criterion"),
    ]


def test_leaves_are_the_finest_components(tree):
    """A component without children is a leaf, whatever its level."""
    assert [tree.names[leaf] for leaf in tree.leaves] == ["1.1.1", "1.1.2", "1.2", "8.1", "8.2"]
    assert tree.maxima.tolist() == [1, 2, 1, 4, 2]


def test_sums_go_all_the_way_up(tree):
    """What leaves earn is what criteria, domains and the total earn."""
    summed = tree.roll_up(np.array([[1.0, 0.5, 0.25, 3.0, 2.0]]))[0]

    assert dict(zip(tree.names, summed, strict=True)) == {
        "total": 6.75,
        "D1": 1.75,
        "1.1": 1.5,
        "1.1.1": 1.0,
        "1.1.2": 0.5,
        "1.2": 0.25,
        "D8": 5.0,
        "D8.sipas": 3.0,
        "8.1": 3.0,
        "D8.outcome": 2.0,
        "8.2": 2.0,
    }


def test_each_leaf_hangs_on_what_the_panel_forecasts(tree):
    """The panel knows domains and the two halves of D8; each leaf belongs to one of them."""
    anchors = {name: places.tolist() for name, places in tree.anchors().items()}

    assert anchors == {"D1": [0, 1, 2], "D8.sipas": [3], "D8.outcome": [4]}
    assert tree.domain(tree.place("1.1.2")) == "D1"
    assert tree.domain(tree.place("8.1")) == "D8"
    assert tree.domain(tree.place("total")) == ""


def test_without_criteria_the_tree_ends_where_the_panel_does(framework):
    """A framework of domains alone has the panel's own components as leaves."""
    bare = type(framework)(*("x", 2024, "x"), framework.components, framework.criteria.iloc[:0])
    tree = tree_of(bare)

    assert [tree.names[leaf] for leaf in tree.leaves] == ["D1", "D8.sipas", "D8.outcome"]
    assert tree.place("1.1") == -1
