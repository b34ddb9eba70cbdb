"""What is close to a threshold, and how points of criteria are written."""

from __future__ import annotations

from typing import Final

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Passage

DECIMALS: Final = 2  # a sub-criterion has half a point


def gamble_list(result: Result, *, lang: str) -> Passage:
    """List the criteria whose indicator may end on either side of a threshold, with what is at stake."""
    if not reading.has_criteria(result):
        return Passage((labels.text("absent.gambles", lang),))
    rows = result.scorecard.loc[result.scorecard["gamble"] != ""]
    lines = tuple(
        labels.text(
            "gambles.line",
            lang,
            component=reading.component_name(record, lang),
            gamble=reading.said(record["gamble"], lang),
        )
        for _, record in rows.iterrows()
    )
    return Passage(lines, form="list") if lines else Passage((labels.text("gambles.none", lang),))


def points(value: float, lang: str) -> str:
    """Write points of a criterion."""
    return labels.number(value, DECIMALS, lang)
