"""How a notebook shows a refusal: as a sentence in the reader's language, not as the trace of a program."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from forecast.base import labels
from forecast.base.errors import ForecastError
from forecast.base.spec import nearest


def refusal(name: str, allowed: Sequence[str], lang: str) -> str:
    """Say that a name is not there, with the nearest that is.

    Examples
    --------
    >>> refusal("opne", ["Workbench", "open"], "en")
    'there is no “opne” here; did you mean “open”? There are: Workbench, open'
    """
    near = nearest(name, allowed)
    key = "desk.no_name_near" if near else "desk.no_name"
    return labels.text(key, lang, name=name, near=near, allowed=", ".join(allowed))


def show_as_sentences(lang: str) -> None:
    """Let the notebook that this runs in, if any, show refusals in `lang` and without a trace."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    if shell is None:
        return

    def tell(self: Any, kind: type[BaseException], error: BaseException, _: Any, **__: Any) -> list[str]:
        said = error.text(lang) if isinstance(error, ForecastError) else str(error)
        lines = [f"{kind.__name__}: {said}"]
        self._showtraceback(kind, error, lines)
        return lines

    shell.set_custom_exc((ForecastError,), tell)
