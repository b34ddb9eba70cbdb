"""What ``pytest --quick`` leaves out: whatever starts a program, a notebook, a browser or a whole report."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import settings

TESTS: Final = Path(__file__).parent
# A file of tests that names one of these starts programs, kernels or servers of its own.
STARTERS: Final = re.compile(
    r"^\s*(?:import|from) (?:subprocess|signal|socket|playwright)\b"
    r"|\bos\.fork\b|\bForkServer\b|\bLocalCluster\b",
    re.MULTILINE,
)
# Folders whose fixtures make whole reports or start kernels, workers or servers.
SLOW_FOLDERS: Final = ("answer/changes", "guides", "runs", "schedule", "sending", "whole", "base/workers")
# Files elsewhere that run notebooks, fit models and forecast again and again, or read and write whole tables
# of provinces for each test.
SLOW_FILES: Final = (
    "answer/test_verification.py",
    "cli/test_cli_predict.py",
    "data/test_check.py",
    "data/test_lineage.py",
    "data/test_load_points.py",
    "hub/test_ensemble.py",
    "hub/test_validate.py",
    "intake/additions/test_add_undo.py",
    "intake/additions/test_doors.py",
    "intake/additions/test_folder_doubts.py",
    "intake/additions/test_indicator_sheet.py",
    "intake/additions/test_list_doors.py",
    "intake/additions/test_printed_forms.py",
    "intake/additions/test_province_table.py",
    "intake/annex/test_annex_import.py",
    "intake/forms/test_as_people_change_them.py",
    "model/test_models_engine.py",
    "model/test_subject.py",
    "model/test_weights.py",
    "pages/test_plot.py",
    "project/test_architecture.py",
    "cli/test_cli_covariates.py",
    "desk/test_cli_notebook.py",
    "desk/test_indicator_effects.py",
    "desk/test_notebooks.py",
    "desk/test_what_if.py",
    "model/test_effects.py",
    "answer/test_areas_that_change.py",
    "answer/scorecard/test_vintage.py",
)
# Fixtures elsewhere that do so.
SLOW_FIXTURES: Final = frozenset({"pages", "pages_from"})
# What Python reports when a program or a copy of this one starts.
STARTS: Final = frozenset(
    {"subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"}
)


@cache  # asked for each file, and again for each of its tests
def is_slow_file(path: Path) -> bool:
    """Whether no test of this file is quick."""
    if path.suffix != ".py" or TESTS not in path.parents:
        return False
    place = path.relative_to(TESTS).as_posix()
    return (place.startswith(tuple(f"{folder}/" for folder in SLOW_FOLDERS)) or place in SLOW_FILES) or (
        path.name.startswith("test_") and STARTERS.search(path.read_text(encoding="utf-8")) is not None
    )


def _fewer_examples(test: object) -> None:
    """Try a tenth of the examples that a law asks for by itself; the others follow the profile."""
    own = getattr(test, "_hypothesis_internal_use_settings", None)
    if isinstance(own, settings):
        fewer = settings(own, max_examples=max(1, own.max_examples // 10))
        test._hypothesis_internal_use_settings = fewer  # type: ignore[attr-defined]


class Quick:
    """Keeps the quick tests, and fails one that starts a program all the same."""

    def __init__(self) -> None:
        self._running = ""
        sys.addaudithook(self._refuse)

    def _refuse(self, event: str, _: tuple[Any, ...]) -> None:
        if self._running and event in STARTS:
            message = f"{self._running} starts a program ({event}): mark it @pytest.mark.slow"
            raise AssertionError(message)

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Do not even import a file without quick tests."""
        return True if is_slow_file(collection_path) else None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out single tests that are marked or use a slow fixture, and slow files asked for by name."""
        slow = [
            item
            for item in items
            if item.get_closest_marker("slow")
            or SLOW_FIXTURES & set(getattr(item, "fixturenames", ()))
            or is_slow_file(item.path)
        ]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in set(slow)]
        for item in items:
            _fewer_examples(getattr(item, "obj", None))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Watch over a test with its fixtures."""
        self._running = item.nodeid
        try:
            return (yield)
        finally:
            self._running = ""
