"""What the examples in docstrings work on."""

from pathlib import Path
from typing import Any

import pytest

import forecast

SOURCE = Path(__file__).parent / "src"
SMALL = Path(__file__).parent / "tests" / "desk" / "small"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Do not load a module of the package that shows no example."""
    if collection_path.suffix != ".py" or SOURCE not in collection_path.parents:
        return None
    return ">>>" not in collection_path.read_text(encoding="utf-8") or None


@pytest.fixture(autouse=True)
def _example_tables(doctest_namespace: dict[str, Any]) -> None:
    """Give examples the package and a folder of small tables; EVERY FIGURE IN THEM IS MADE UP."""
    doctest_namespace.update(forecast=forecast, small=SMALL)
