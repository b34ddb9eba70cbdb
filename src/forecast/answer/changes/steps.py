"""The steps from one report to the next, and the tables that each exchanges."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from forecast.data.load import Known

MODEL: Final = "model"  # code and settings, on the data as they were
FIGURES: Final = "figures"
FRAMEWORK: Final = "framework"
INDICATORS: Final = "indicators"
EXPERTS: Final = "experts"  # what they say that indicators are worth
DEPARTMENTS: Final = "departments"
UNSPLIT: Final = "unsplit"
WHOLE: Final = "total"
NONE: Final = ""  # of rows that move no forecast

TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    FIGURES: ("areas", "scores"),
    FRAMEWORK: ("events", "frameworks"),
    INDICATORS: ("indicators", "indicator_rows", "indicator_types", "related"),
    EXPERTS: ("elasticities",),
    DEPARTMENTS: ("submissions", "self_scores"),
}
# all that the panel's posterior rests on: settled figures of indicators are for criteria alone
PANEL: Final = (
    *TABLES[FIGURES],
    *TABLES[FRAMEWORK],
    *("indicator_rows", "indicator_types", "related"),
    *TABLES[EXPERTS],
)


def put_back(now: Known, then: Known, steps: Iterable[str]) -> Known:
    """Give what is known now, with the tables of some steps as they were then."""
    return replace(now, **{name: getattr(then, name) for step in steps for name in TABLES[step]})
