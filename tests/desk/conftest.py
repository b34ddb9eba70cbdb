"""The workbench on small tables.  EVERY FIGURE IN THEM IS MADE UP."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import forecast
from forecast.desk import Workbench

SMALL = Path(__file__).parent / "small"
DAY = "2024-10-20"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the small tables, to read only; what is remembered on disk lies beside it."""
    folder = tmp_path_factory.mktemp("desk") / "data"
    shutil.copytree(SMALL, folder)
    return folder


@pytest.fixture(scope="session")
def bench(small: Path) -> Workbench:
    """The workbench of the city."""
    return forecast.open(as_of=DAY, data_dir=small)


@pytest.fixture
def own(tmp_path: Path) -> Callable[[], Workbench]:
    """Open the workbench on tables that a test may change."""
    shutil.copytree(SMALL, tmp_path / "data")
    return lambda: forecast.open(as_of=DAY, data_dir=tmp_path / "data")
