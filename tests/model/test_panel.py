import numpy as np
import pandas as pd
import pytest

from forecast.base.errors import DataError
from forecast.model.panel import Panel


def long_table(**changes: object) -> pd.DataFrame:
    """Give three rows of two areas, with some columns changed."""
    rows = pd.DataFrame(
        {
            "area": ["B", "A", "A"],
            "component": ["D1", "D1", "D1"],
            "year": [2020, 2020, 2022],
            "score": [3.0, 1.0, 2.0],
        }
    )
    return rows.assign(**changes)


def test_rows_become_cells_and_gaps_become_nan():
    """Areas are sorted, years are consecutive, and what is not in the table is NaN."""
    panel = Panel.from_long(long_table())

    assert panel.areas == ("A", "B")
    assert panel.years == (2020, 2021, 2022)
    np.testing.assert_array_equal(panel.value[:, 0], [[1, np.nan, 2], [3, np.nan, np.nan]])
    assert np.isnan(panel.upper).all()


def test_scores_are_carried_to_the_latest_maximum():
    """Where the maximum changed from 10 to 20, a score of 3 of 10 is 6 of 20."""
    panel = Panel.from_long(long_table(max_score=[10.0, 10.0, 20.0]))

    np.testing.assert_allclose(panel.value[:, 0, 0], [2.0, 6.0])
    assert panel.upper.tolist() == [20.0]


def test_full_marks_stay_full_marks():
    """Carrying a full score to another maximum never oversteps it by rounding."""
    panel = Panel.from_long(long_table(score=[3.3, 3.3, 7.7], max_score=[3.3, 3.3, 7.7]))

    assert np.nanmax(panel.value) == 7.7


def test_names_that_cross_to_more_cells_than_can_be_held_are_refused():
    """Every row with an area and a component of its own is most often a wrong column."""
    names = [f"n{k}" for k in range(4_000)]
    rows = pd.DataFrame({"area": names, "component": names, "year": 2020, "score": 1.0})

    with pytest.raises(DataError, match="4000 areas × 4000 components × 1 years are too many cells"):
        Panel.from_long(rows)


@pytest.mark.parametrize(
    ("column", "values", "row", "words"),
    [
        ("score", [3.0, np.nan, 2.0], 3, "finite number"),
        ("score", [np.inf, 1.0, 2.0], 2, "finite number"),
        ("score", [3.0, 1.0, "n/a"], 4, "finite number"),
        ("year", [2020, 2020, 2020.5], 4, "whole number"),
        ("year", [2020, 2020, 2020], 3, "several rows"),
        ("area", ["B", "", "A"], 3, "empty"),
        ("score", [3.0, -1.0, 2.0], 3, "between 0"),
        ("max_score", [4.0, 0.0, 4.0], 3, "above zero"),
    ],
)
def test_a_bad_row_is_refused_by_number_and_column(column, values, row, words):
    """Each broken rule names the row as an editor counts it, the column, and what is expected."""
    with pytest.raises(DataError, match=words) as caught:
        Panel.from_long(long_table(**{column: values}), upper=10.0)

    assert (row, column) in {(p.row, p.column) for p in caught.value.problems}


def test_a_maximum_stands_in_every_row_of_its_component_or_in_none():
    """A component half with and half without a maximum is neither bounded nor unbounded."""
    with pytest.raises(DataError, match="every row") as caught:
        Panel.from_long(long_table(max_score=[4.0, np.nan, 4.0]))

    assert [(p.row, p.column) for p in caught.value.problems] == [(3, "max_score")]


def test_a_missing_column_is_named():
    """A table without scores cannot be a panel, and the message says which column it lacks."""
    with pytest.raises(DataError, match="score"):
        Panel.from_long(long_table().drop(columns="score"))


def test_an_empty_table_is_refused():
    """No rows, no panel."""
    with pytest.raises(DataError, match="no rows"):
        Panel.from_long(long_table().head(0))


def test_the_order_of_rows_does_not_matter():
    """A shuffled table gives the same panel."""
    straight = Panel.from_long(long_table(max_score=[10.0, 10.0, 20.0]))
    shuffled = Panel.from_long(long_table(max_score=[10.0, 10.0, 20.0]).iloc[[2, 0, 1]])

    np.testing.assert_array_equal(straight.value, shuffled.value)


def test_until_forgets_later_values_and_later_breaks():
    """A panel cut at a year knows neither scores nor changes of method after it."""
    panel = Panel.from_long(long_table(), breaks=[2021, 2022]).until(2021)

    assert panel.years == (2020, 2021)
    assert panel.breaks == (2021,)


@pytest.mark.parametrize(
    "changes",
    [
        {"years": (2020, 2022)},
        {"value": np.full((1, 1, 2), np.inf)},
        {"value": np.full((1, 1, 2), 11.0)},
        {"value": np.full((1, 1, 2), -1.0)},
        {"value": np.zeros((1, 1, 3))},
        {"upper": np.array([0.0])},
    ],
)
def test_a_panel_that_contradicts_itself_cannot_be_made(changes):
    """Shapes, consecutive years and bounds are checked when the panel is made."""
    good = {
        "areas": ("A",),
        "components": ("D",),
        "years": (2020, 2021),
        "value": np.zeros((1, 1, 2)),
        "upper": np.array([10.0]),
    }

    with pytest.raises(ValueError, match=r"must|fit|infinite"):
        Panel(**{**good, **changes})
