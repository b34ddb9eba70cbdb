"""Show refusals in a notebook as a sentence in the reader's language, without a traceback."""

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
    """Set the running notebook, if any, to show refusals in `lang` without a traceback."""
    shell = _shell()
    if shell is None:
        return

    def tell(self: Any, kind: type[BaseException], error: BaseException, _: Any, **__: Any) -> list[str]:
        text = error.text(lang) if isinstance(error, ForecastError) else str(error)
        lines = [f"{kind.__name__}: {text}"]
        self._showtraceback(kind, error, lines)
        return lines

    shell.set_custom_exc((ForecastError,), tell)


def refuse_undeclared() -> None:
    """Refuse a parameter that papermill has set and the notebook's parameters cell does not declare.

    papermill only warns of it, and the page would show the default as if it were the value asked for.

    Raises SpecError with the nearest parameter that there is.
    """
    shell = _shell()
    for cell, next_cell in pairwise(shell.user_ns.get("In", []) if shell is not None else []):
        if next_cell.startswith(_INJECTED) and (parameters := _names(cell)):
            for name in _names(next_cell):
                if name not in parameters:
                    refuse_unknown("parameter", name, parameters)


def _names(cell: str) -> list[str]:
    """List the names that a parameters cell sets; none if the cell is no Python."""
    try:
        statements = ast.parse(cell).body
    except (SyntaxError, ValueError):
        return []
    lines = [
        statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        for statement in statements
    ]
    return [target.id for targets in lines for target in targets if isinstance(target, ast.Name)]


def _shell() -> Any:
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None
