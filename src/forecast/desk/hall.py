"""The way of a notebook: refusals are read as sentences there, not as the traces of a program."""

from __future__ import annotations

import sys
from typing import Any

from forecast.errors import ForecastError

Trace = Any


def settle(lang: str) -> None:
    """Let the notebook that this runs in, if any, tell refusals in `lang` and without a trace."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    if shell is None:
        return

    def tell(self: Any, kind: type[BaseException], error: BaseException, _: Trace, **__: Any) -> list[str]:
        said = error.text(lang) if isinstance(error, ForecastError) else str(error)
        lines = [f"{kind.__name__}: {said}"]
        self._showtraceback(kind, error, lines)
        return lines

    shell.set_custom_exc((ForecastError,), tell)
