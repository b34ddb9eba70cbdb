"""Show the progress of a long computation as a line of text in a notebook."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from forecast.base import labels

Tell = Callable[[str], None]


@contextlib.contextmanager
def telling(key: str, lang: str, **facts: Any) -> Iterator[Tell]:
    """Show what is being computed, how far it is, and in the end how long it took; only in notebooks.

    The sentence of the catalogue has a field `step` that says how far.
    """
    began = time.monotonic()
    handle = _line()

    def tell(step: str) -> None:
        if handle is not None:
            handle(labels.text(key, lang, step=step, **facts))

    tell("…")
    yield tell
    seconds = labels.number(time.monotonic() - began, 1, lang)
    tell(labels.text("desk.done", lang, seconds=seconds))


def _line() -> Tell | None:
    """Open a line of output that can be rewritten; None where there is no notebook."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display

    opened: list[Any] = []

    def write(line: str) -> None:
        # A page of the notebook leaves out what was only of use while one waited.
        options = {"raw": True, "metadata": {"passing": True}}
        bundle = {"text/plain": line}
        if opened:
            opened[0].update(bundle, **options)
        else:
            opened.append(display(bundle, display_id=True, **options))  # type: ignore[no-untyped-call]

    return write
