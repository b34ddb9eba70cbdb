"""Tests that share something expensive run on one worker, the longest first (``--dist loadgroup``)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parent
# Folders whose session fixtures (a whole result, a cluster, posteriors) are made once for all their files.
FOLDERS: Final = ("changes", "whole", "workers")
# A fixture of several files that is made once for all of their tests that use it.
FIXTURES: Final = {"pages": "pages"}
# What takes longest, in this order; all else follows.  What is not here loses nothing but time.
LONGEST: Final = (
    "whole",
    "pages",
    "guides/test_guides.py",
    "runs/test_run.py",
    "submissions/test_intake.py",
    "runs/test_areas.py",
    "changes",
    "runs/test_reuse.py",
    "scorecard/test_vintage.py",
    "desk/test_notebooks.py",
    "test_load.py",
    "runs/test_execute.py",
    "runs/test_store.py",
    "sending/test_send.py",
    "test_notebooks_in_git.py",
)


def group_of(item: pytest.Item) -> str:
    """The group of a test: a fixture's, else its folder's, else its file."""
    for fixture, group in FIXTURES.items():
        if fixture in getattr(item, "fixturenames", ()):
            return group
    if TESTS not in item.path.parents:
        return item.path.name
    place = item.path.relative_to(TESTS)
    return place.parts[0] if place.parts[0] in FOLDERS else place.as_posix()


class Order:
    """Puts tests into groups and the longest groups first."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Mark and sort the tests."""
        places = {name: place for place, name in enumerate(LONGEST)}
        keys = {}
        for item in items:
            group = group_of(item)
            item.add_marker(pytest.mark.xdist_group(group))
            keys[item] = places.get(group, len(places))
        items.sort(key=keys.__getitem__)  # it keeps the order of equals
