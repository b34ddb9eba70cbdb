"""What the examples in docstrings work on."""

from pathlib import Path
from typing import Any

import pytest

import forecast

SMALL = Path(__file__).parent / "tests" / "desk" / "small"


@pytest.fixture(autouse=True)
def _example_tables(doctest_namespace: dict[str, Any]) -> None:
    """Give examples the package and a folder of small tables; EVERY FIGURE IN THEM IS MADE UP."""
    doctest_namespace.update(forecast=forecast, small=SMALL)
