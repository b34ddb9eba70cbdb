"""A small framework with criteria.  EVERY FIGURE IN IT IS MADE UP."""

import numpy as np
import pandas as pd
import pytest

from forecast.answer.scorecard.tree import Tree, tree_of
from forecast.data.framework import Framework
from forecast.data.tables import DAY_DTYPE

MODELLED = [
    ("total", "", 10.0),
    ("D1", "total", 4.0),
    ("D8", "total", 6.0),
    ("D8.sipas", "D8", 4.0),
    ("D8.outcome", "D8", 2.0),
    ("part.appraised", "total", 4.0),
]
CRITERIA = [
    ("1.1", "D1", 3.0, "", "", None),
    ("1.1.1", "1.1", 1.0, "steps(>=80: 0.5; >=95: 1)", "rate", "2024-12-31"),
    ("1.1.2", "1.1", 2.0, "deduct(0.5)", "cases", None),
    ("1.2", "D1", 1.0, "manual", "", "2024-09-30"),
    ("8.1", "D8.sipas", 4.0, "", "", None),
    ("8.2", "D8.outcome", 2.0, "linear(0: 0; 10: 2)", "growth", None),
]


@pytest.fixture(scope="session")
def framework() -> Framework:
    """Two domains, one with three leaves on two levels, one in two parts."""
    plain = {"name_en": "", "max_status": "made_up", "responsible": "Sở Nội vụ", "source": "appraised"}
    components = pd.DataFrame(MODELLED, columns=["component", "parent", "max_score"]).assign(
        rule="", indicator="", deadline=pd.NaT, **plain
    )
    criteria = pd.DataFrame(
        CRITERIA, columns=["component", "parent", "max_score", "rule", "indicator", "deadline"]
    ).assign(**plain)
    tables = (
        table.assign(
            name_vi="Giả định " + table["component"],
            deadline=pd.to_datetime(table["deadline"]).astype(DAY_DTYPE),
        )
        for table in (components, criteria)
    )
    return Framework("giả định", 2024, "giả định", *tables)


@pytest.fixture(scope="session")
def tree(framework) -> Tree:
    """The framework as a tree."""
    return tree_of(framework)


@pytest.fixture
def rng() -> np.random.Generator:
    """Seeded."""
    return np.random.default_rng(5)
