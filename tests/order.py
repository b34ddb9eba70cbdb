"""Tests that share something expensive run on one worker, the longest first (``--dist loadgroup``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

TESTS: Final = Path(__file__).parent
# Folders whose session fixtures (a whole result, posteriors, a cluster) are made once for all their files.
FOLDERS: Final = ("answer/changes", "whole", "base/workers")
# Files of other folders that share the pages of all notebooks.
OF_PAGES: Final = tuple(
    f"pages/test_{name}.py" for name in ("axe", "browser", "injection", "notebooks", "points", "reader")
)
# What takes longest, in this order; all else follows.  What is not here loses nothing but time.
LONGEST: Final = (
    "whole",
    "pages",
    "guides/test_guides.py",
    "runs/test_run.py",
    "desk/test_lab.py",
    "runs/test_areas.py",
    "intake/forms/test_intake.py",
    "answer/changes",
    "runs/test_reuse.py",
    "desk/test_notebooks.py",
    "answer/scorecard/test_vintage.py",
    "data/test_load.py",
    "data/test_load_points.py",
    "runs/test_execute.py",
    "runs/test_store.py",
    "sending/test_send.py",
    "project/test_notebooks_in_git.py",
)


def group_of(place: str) -> str:
    """The group of the tests of a file, given by its path from here or from the project's folder."""
    place = place.removeprefix("tests/")
    if place in OF_PAGES:
        return "pages"
    return next((folder for folder in FOLDERS if place.startswith(f"{folder}/")), place)


class Order:
    """Sorts the tests, and hands a group to one worker."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the longest groups first; within them, and after them, the order stays."""
        places = {name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: places.get(group_of(item.nodeid.partition("::")[0]), len(places)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Group by file and folder: xdist's own marks do not reach it from the workers of pytest 9."""
        if config.getvalue("dist") != "loadgroup":
            return None
        from xdist.scheduler import LoadGroupScheduling

        class ByPlace(LoadGroupScheduling):
            """One unit of work is a group."""

            def _split_scope(self, nodeid: str) -> str:
                return group_of(nodeid.partition("::")[0])

        return ByPlace(config, log)
