"""Tables of what was published: figures, frameworks, events, announcements, targets, areas."""

from typing import Final

from forecast.data.tables.shape import AREA, MAX_SCORE, NOTE, PUBLISHED, SOURCE, YEAR, Column, Table
from forecast.data.tables.values import (
    DOMAINS,
    EVERY_CODE,
    FREQUENCIES,
    INDICATOR_KINDS,
    MAX_STATUS,
    RELATED_CODES,
    SCORE_CODES,
    SOURCES,
    STATISTICS,
    TRUST,
    UNITS,
)

SCORE_KEY: Final = ("index_code", "year", "area", "component", "statistic")
RELATED_KEY: Final = ("index_code", "year", "area", "component")
INDICATOR_KEY: Final = ("indicator_code", "area", "period")

_SCORE = Column(name="score", kind="number", empty=True, low=0)
_RANK = Column(name="rank", kind="number", empty=True, low=1, high=63)
_TRUST = Column(name="trust", kind="choice", choices=TRUST)
_SOURCE_DAY = Column(name="source_day", kind="day", empty=True)
# What both kinds of scores say of a figure.
_FIGURE: Final = (
    _SCORE,
    Column(name="unit", kind="choice", choices=UNITS),
    MAX_SCORE,
    _RANK,
    PUBLISHED,
    _SOURCE_DAY,
    SOURCE,
    _TRUST,
    NOTE,
)

SCORES: Final = Table(
    name="scores",
    columns=(
        Column(name="index_code", kind="choice", choices=SCORE_CODES),
        YEAR,
        AREA,
        Column(name="component"),
        Column(name="statistic", kind="choice", choices=STATISTICS),
        *_FIGURE,
    ),
    key=SCORE_KEY,
    source_key=(*SCORE_KEY, "published_on", "source_day", "source_url"),
    known_from="published_on",
    rowless=True,
)
RELATED: Final = Table(
    name="related_indices",
    columns=(
        Column(name="index_code", kind="choice", choices=RELATED_CODES),
        YEAR,
        AREA,
        Column(name="component"),
        *_FIGURE,
    ),
    key=RELATED_KEY,
    source_key=(*RELATED_KEY, "published_on", "source_day", "source_url"),
    known_from="published_on",
    rowless=True,
)
INDICATORS: Final = Table(
    name="indicators",
    columns=(
        Column(name="indicator_code", kind="code"),
        # Of a code that the catalogue has, the next one, `unit` and `linked_domain` may be left out.
        Column(name="indicator_name_vi", kind="name", empty=True, absent=True),
        AREA,
        Column(name="period", kind="period"),
        Column(name="value", kind="number"),
        Column(name="unit", empty=True, absent=True),
        Column(name="linked_domain", kind="choice", choices=DOMAINS, empty=True, absent=True),
        SOURCE,
        PUBLISHED,
        NOTE,
        _TRUST,
    ),
    key=INDICATOR_KEY,
    # One page may give two values of one indicator (two denominators): the value is part of the key.
    source_key=(*INDICATOR_KEY, "published_on", "source_url", "value"),
    known_from="published_on",
    rowless=True,
)
INDICATOR_TYPES: Final = Table(  # the catalogue of indicators, and how years are compared
    name="indicator_types",
    columns=(
        Column(name="indicator_code", kind="code"),
        Column(name="name_vi", kind="name"),
        Column(name="name_en", kind="name", empty=True),
        Column(name="unit"),
        Column(name="component", empty=True),  # domain or criterion that it may speak for
        Column(name="sign", kind="number", low=-1, high=1),  # -1 or 1 as expected; 0 where not obvious
        Column(name="kind", kind="choice", choices=INDICATOR_KINDS),
        Column(name="frequency", kind="choice", choices=FREQUENCIES, empty=True),
        Column(name="source", empty=True),  # who publishes it, or related:DTI:total
        Column(name="lag", kind="number", empty=True, absent=True, low=0, high=5),  # years
        Column(name="within_days", kind="number", empty=True, absent=True, low=0, high=366),
        Column(name="delay_days", kind="number", empty=True, absent=True, low=0, high=366),
        NOTE,
    ),
    key=("indicator_code",),
    source_key=("indicator_code",),
    optional=True,
)
FRAMEWORKS: Final = Table(
    name="frameworks",
    columns=(
        Column(name="framework"),
        Column(name="first_year", kind="year"),
        Column(name="last_year", kind="year"),
        Column(name="component"),
        Column(name="parent", empty=True),
        Column(name="name_vi"),
        Column(name="name_en", empty=True),
        Column(name="max_score", kind="number", low=0),
        Column(name="max_status", kind="choice", choices=MAX_STATUS),
        Column(name="max_low", kind="number", low=0, empty=True, absent=True),  # between which an assumed
        Column(name="max_high", kind="number", low=0, empty=True, absent=True),  # maximum is known to lie
        Column(name="responsible", empty=True),  # several with ; between them
        NOTE,
        Column(name="source", kind="choice", choices=SOURCES, empty=True, absent=True),
        Column(name="rule", empty=True, absent=True),  # see forecast.data.rules
        Column(name="indicator", empty=True, absent=True),  # indicator_code that the rule scores
        Column(name="deadline", kind="day", empty=True, absent=True),  # after it nothing can be won
    ),
    key=("framework", "component"),
    source_key=("framework", "component"),
)
EVENTS: Final = Table(
    name="events",
    columns=(
        Column(name="index_code", kind="choice", choices=EVERY_CODE),
        YEAR,
        Column(name="kind", kind="choice", choices=("framework", "method")),
        Column(name="what", kind="name"),
        NOTE,
        Column(name="known_on", kind="day", empty=True),
    ),
    key=("index_code", "year", "kind"),
    source_key=("index_code", "year", "kind", "what", "known_on"),
    known_from="known_on",
)
ANNOUNCEMENTS: Final = Table(
    name="announcements",
    columns=(
        Column(name="index_code", kind="choice", choices=EVERY_CODE),
        YEAR,
        Column(name="announced_on", kind="day", empty=True),
        Column(name="precision", kind="choice", choices=("day", "no later than")),
        Column(name="source_url", empty=True),
    ),
    key=("index_code", "year"),
    source_key=("index_code", "year"),
    known_from="announced_on",
    rowless=True,
)
TARGETS: Final = Table(
    name="targets",
    columns=(
        Column(name="index_code"),  # an index, or the indicator that the target is about
        AREA,
        YEAR,
        Column(name="quantity", kind="choice", choices=("rank", "percent", "points")),
        Column(name="relation", kind="choice", choices=("<=", ">=")),
        Column(name="value", kind="number", low=0),
        Column(name="set_on", kind="day", empty=True),
        SOURCE,
        Column(name="note", empty=True, absent=True),
    ),
    key=("index_code", "area", "year", "quantity", "set_on"),
    source_key=("index_code", "area", "year", "quantity", "set_on"),
    known_from="set_on",
    rowless=True,
)
LINEAGE: Final = Table(  # from a day an area is made of older ones; one that is not named goes on
    name="lineage",
    columns=(
        Column(name="area", kind="name"),
        Column(name="part", kind="name"),
        Column(name="from_day", kind="day"),
        Column(name="known_on", kind="day"),
        Column(name="population", kind="number", empty=True, absent=True, low=1),  # of the part, its weight
        SOURCE,
        NOTE,
    ),
    key=("part", "from_day"),
    source_key=("part", "from_day"),
    known_from="known_on",
    optional=True,
)
AREAS: Final = Table(
    name="areas",
    columns=(
        Column(name="area", kind="name"),
        Column(name="kind", kind="choice", choices=("country", "region", "province")),
        Column(name="region", empty=True),
        Column(name="aliases", empty=True),  # other spellings, with | between them
    ),
    key=("area",),
    source_key=("area",),
)
