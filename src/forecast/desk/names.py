"""A name that is not there, and which may be meant."""

from __future__ import annotations

from collections.abc import Sequence

from forecast import labels
from forecast.spec import nearest


def refusal(name: str, allowed: Sequence[str], lang: str) -> str:
    """Say that a name is not there, with the nearest that is.

    Examples
    --------
    >>> refusal("opne", ["Workbench", "open"], "en")
    'there is no “opne” here; is “open” meant? There are: Workbench, open'
    """
    near = nearest(name, allowed)
    key = "desk.no_name_near" if near else "desk.no_name"
    return labels.text(key, lang, name=name, near=near, allowed=", ".join(allowed))
