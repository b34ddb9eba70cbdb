"""Names, dtypes and keys of every table, and the one cut by day, `as_known`.

Inside the package a missing text is ``""``, a missing number NaN, a missing day NaT.
Days are ``datetime64[s]``; years and file rows are ``int64``; all other numbers are ``float64``.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from forecast.data.tables.office import (
    BREAKS,
    ELASTICITIES,
    ORGANS,
    PANEL,
    REMEDIES,
    SELF_SCORES,
    SUBMISSIONS,
)
from forecast.data.tables.published import (
    ANNOUNCEMENTS,
    AREAS,
    EVENTS,
    FRAMEWORKS,
    INDICATOR_KEY,
    INDICATOR_TYPES,
    INDICATORS,
    LINEAGE,
    RELATED,
    RELATED_KEY,
    SCORE_KEY,
    SCORES,
    TARGETS,
)
from forecast.data.tables.shape import DAY_DTYPE, FIRST_YEAR, LARGEST, LAST_YEAR, Column, Kind, Table
from forecast.data.tables.values import (
    APPRAISED,
    COMPONENTS,
    COUNTRY,
    DOMAINS,
    EVERY_CODE,
    FREQUENCIES,
    INDEX_CODES,
    INDICATOR_KINDS,
    MADE,
    MAX_STATUS,
    MERGED_COLUMNS,
    RELATED_CODES,
    SCORE_CODES,
    SOURCES,
    STATES,
    STATISTICS,
    TABLE_LANG,
    TRUST,
    UNIT_KINDS,
    UNITS,
)

if TYPE_CHECKING:  # the command line's help needs the names, not pandas
    import pandas as pd

DATA_TABLES: Final = (
    *(SCORES, RELATED, INDICATORS, INDICATOR_TYPES, FRAMEWORKS, EVENTS, ANNOUNCEMENTS, TARGETS),
    *(LINEAGE, ORGANS, SUBMISSIONS, SELF_SCORES, REMEDIES, ELASTICITIES),
)

FORECAST_KEY: Final = (
    *("index_code", "framework", "area", "component", "target_year", "as_of", "model"),
    *("output_type", "output_type_id"),
)
FORECAST_COLUMNS: Final = (*FORECAST_KEY, "value")

_KNOWN_FROM: Final = (
    *("published_on", "known_on", "announced_on", "set_on", "received_on", "recorded_on", "stated_on"),
)


def as_known(frame: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Keep the rows with ``published_on <= as_of`` (or another column of days), in their order, index from 0.

    Undated rows are never known.

    Raises KeyError if the table has no column of days.
    """
    column = known_from(frame)
    return frame.loc[frame[column] <= dt.datetime.combine(as_of, dt.time())].reset_index(drop=True)


def pick(frame: pd.DataFrame, **values: object) -> pd.DataFrame:
    """Keep the rows in which each of these columns has this value."""
    for column, value in values.items():
        frame = frame[frame[column] == value]
    return frame


def undated(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows that give no day from which they are known; they are counted, never used."""
    return frame.loc[frame[known_from(frame)].isna()].reset_index(drop=True)


def known_from(frame: pd.DataFrame) -> str:
    """Name the column of days by which a table is cut."""
    for column in _KNOWN_FROM:
        if column in frame.columns:
            return column
    raise KeyError(f"no column of {_KNOWN_FROM} in {list(frame.columns)}")
