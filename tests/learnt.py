"""In tests that forecast again and again, what models learn from the same numbers is learnt once."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

# That the same numbers give the same answer is tested where nothing is kept: tests/model/test_evidence.py,
# tests/model/test_models_engine.py, and in a process of its own in tests/whole/test_vintage.py.
PLACES: Final = (
    "tests/whole/",
    "tests/answer/changes/",
    "tests/answer/scorecard/test_vintage.py",
    "tests/project/test_example.py",
)


class Learnt:
    """Keeps what the models learnt, by all that they learnt it from."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], Any] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Let a test and its fixtures take what was learnt already."""
        if not item.nodeid.startswith(PLACES):
            return (yield)
        from forecast.answer import members
        from forecast.model.evidence import Evidence

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Evidence, "fit", self._once(Evidence.fit))
            patch.setattr(members, "fit_models", self._once(members.fit_models))
            return (yield)

    def _once(self, learn: Callable[..., Any]) -> Callable[..., Any]:
        def take(*given: Any) -> Any:
            key = (learn.__qualname__, pickle.dumps(given))
            if key not in self._known:
                self._known[key] = learn(*given)
            return self._known[key]

        return take
