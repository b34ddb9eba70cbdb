"""Reads a Result for the page: which rows a reader asks for, and how figures are written.

Nothing is estimated here; figures are picked, counted and put into words that every page shares.
"""

from forecast.reading.marks import maximum_note, star_note, starred_maximum
from forecast.reading.past import coverage, record, skill_by_year
from forecast.reading.rows import (
    RANKED,
    TOTAL,
    chance_of_top,
    domains,
    history,
    interval,
    known_cells,
    last_rank,
    line,
    main_model,
    national_means,
    quantile,
    rank_at,
    share_quantile,
    shares,
)
from forecast.reading.wording import (
    BANDS,
    chance,
    department,
    listed,
    named,
    phrase,
    place_name,
    points,
    said,
    short_name,
    span,
)

__all__ = [
    "BANDS",
    "RANKED",
    "TOTAL",
    "chance",
    "chance_of_top",
    "coverage",
    "department",
    "domains",
    "history",
    "interval",
    "known_cells",
    "last_rank",
    "line",
    "listed",
    "main_model",
    "maximum_note",
    "named",
    "national_means",
    "phrase",
    "place_name",
    "points",
    "quantile",
    "rank_at",
    "record",
    "said",
    "share_quantile",
    "shares",
    "short_name",
    "skill_by_year",
    "span",
    "star_note",
    "starred_maximum",
]
