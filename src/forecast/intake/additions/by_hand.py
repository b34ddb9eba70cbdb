"""Read columns that are named by hand: ``D3=E``, ``rank=L``."""

import re
from collections.abc import Sequence

from forecast.base.errors import SpecError
from forecast.base.spec import refuse_unknown
from forecast.base.spelling import column_of
from forecast.data.framework import TOTAL
from forecast.data.tables import COMPONENTS
from forecast.intake.additions.headings import Heading


def columns_by_hand(columns: Sequence[str]) -> dict[int, str]:
    """Read columns named by hand: what each holds, by its number."""
    named = {}
    for text in columns:
        parts = re.fullmatch(r"\s*(.+?)\s*=\s*([A-Za-z]{1,2})\s*", text)
        if not parts:
            raise SpecError("imports.column_form", {"found": text})
        if column_of(parts[2]) in named:
            raise SpecError("imports.column_again", {"found": text})
        named[column_of(parts[2])] = parts[1]
    return named


def headings_by_hand(columns: Sequence[str], index_code: str) -> dict[int, Heading]:
    """Read columns of a printed table of provinces that are named by hand: components, or the rank."""
    headings = {}
    allowed = (*COMPONENTS[index_code], "rank")
    for column, name in columns_by_hand(columns).items():
        if name not in allowed:
            refuse_unknown("--column", name, allowed)
        headings[column] = Heading("rank", TOTAL) if name == "rank" else Heading("figure", name)
    return headings
