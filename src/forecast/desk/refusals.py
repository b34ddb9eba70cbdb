"""How a notebook shows a refusal: as a sentence in the reader's language, not as the trace of a program."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from forecast.base import labels
from forecast.base.errors import ForecastError
from forecast.base.spec import nearest, refuse_unknown

_INJECTED: Final = (
    "# Parameters\n"  # papermill's first line of the cell that it adds after that of the parameters
)


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
    shell = _shell()
    if shell is None:
        return

    def tell(self: Any, kind: type[BaseException], error: BaseException, _: Any, **__: Any) -> list[str]:
        said = error.text(lang) if isinstance(error, ForecastError) else str(error)
        lines = [f"{kind.__name__}: {said}"]
        self._showtraceback(kind, error, lines)
        return lines

    shell.set_custom_exc((ForecastError,), tell)


def refuse_undeclared() -> None:
    """Refuse a parameter that papermill has set by a name that the notebook's parameters cell does not have.

    papermill only warns of it, and the page of the default would be taken for the one that was asked for.

    Raises
    ------
    SpecError
        With the nearest parameter that there is.
    """
    shell = _shell()
    for declared, given in pairwise(shell.user_ns.get("In", []) if shell is not None else []):
        if given.startswith(_INJECTED) and (known := _names(declared)):
            for name in _names(given):
                if name not in known:
                    refuse_unknown("parameter", name, known)


def _names(cell: str) -> list[str]:
    """Names that the lines of a parameters cell set; none of a cell that is no Python."""
    try:
        statements = ast.parse(cell).body
    except (SyntaxError, ValueError):
        return []
    lines = [
        each.targets if isinstance(each, ast.Assign) else [getattr(each, "target", None)]
        for each in statements
    ]
    return [target.id for targets in lines for target in targets if isinstance(target, ast.Name)]


def _shell() -> Any:
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None
