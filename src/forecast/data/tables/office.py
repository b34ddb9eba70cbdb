"""Tables of the office's own: forms, self-scores, remedies, units; and panels that others bring."""

from typing import Final

from forecast.data.tables.shape import AREA, MAX_SCORE, NOTE, PUBLISHED, SOURCE, YEAR, Column, Table
from forecast.data.tables.values import SCORE_CODES, STATES, UNIT_KINDS

SUBMISSIONS: Final = Table(  # departments' forecasts, one row a component of an accepted form
    name="submissions",
    columns=(
        Column(name="submission_id"),
        Column(name="department", kind="name"),
        Column(name="index_code", kind="choice", choices=SCORE_CODES),
        AREA,
        Column(name="target_year", kind="year"),
        Column(name="component"),
        Column(name="low", kind="number", empty=True, low=0),  # 10, 50, 90 percent, in points
        Column(name="likely", kind="number", empty=True, low=0),
        Column(name="high", kind="number", empty=True, low=0),
        Column(name="self_score", kind="number", empty=True, low=0),
        Column(name="reason", empty=True),
        Column(name="remedy", empty=True),
        Column(name="due", kind="day", empty=True),
        Column(name="received_on", kind="day"),
        Column(name="form_version"),
        Column(name="sha256"),
        Column(name="file"),
    ),
    key=("submission_id", "component"),
    source_key=("submission_id", "component"),
    known_from="received_on",
    optional=True,
)
SELF_SCORES: Final = Table(  # what units gave themselves, and what the appraisal made of it
    name="self_scores",
    columns=(
        AREA,
        YEAR,
        Column(name="component"),
        Column(name="self_score", kind="number", low=0),  # points
        Column(name="appraised_score", kind="number", empty=True, low=0),
        MAX_SCORE,
        PUBLISHED,
        SOURCE,
        NOTE,
    ),
    key=("area", "year", "component"),
    source_key=("area", "year", "component", "published_on", "source_url"),
    known_from="published_on",
    optional=True,
)
REMEDIES: Final = Table(  # append-only: a new state is a new row with a later day
    name="remedies",
    columns=(
        Column(name="unit", kind="name"),
        Column(name="component", empty=True),  # the criterion whose points it is to win back
        Column(name="action"),
        Column(name="responsible", empty=True),
        Column(name="due", kind="day", empty=True),
        Column(name="state", kind="choice", choices=STATES),
        Column(name="expected_effect", kind="number", empty=True, low=0),  # points of the index
        Column(name="recorded_on", kind="day"),
        Column(name="source_url", empty=True),
        NOTE,
    ),
    key=("unit", "component", "action"),
    source_key=("unit", "component", "action", "recorded_on", "state"),
    known_from="recorded_on",
    optional=True,
)
ELASTICITIES: Final = Table(  # what an expert says an indicator is worth; a later day takes its place
    name="elasticities",
    columns=(
        Column(name="indicator_code", kind="code"),
        Column(name="component"),
        Column(name="low", kind="number"),  # points of the component per unit: 10 percent below it
        Column(name="high", kind="number"),  # 10 percent above it
        Column(name="stated_by", kind="name"),
        Column(name="stated_on", kind="day"),
        Column(name="source_url", empty=True, absent=True),
        NOTE,
    ),
    key=("indicator_code", "component", "stated_by"),
    source_key=("indicator_code", "component", "stated_by", "stated_on"),
    known_from="stated_on",
    optional=True,
)
ORGANS: Final = Table(  # who must have a remedy plan, from which day to which
    name="units",
    columns=(
        Column(name="unit", kind="name"),
        Column(name="kind", kind="choice", choices=UNIT_KINDS),
        AREA,
        Column(name="aliases", empty=True),
        Column(name="from_day", kind="day", empty=True, absent=True),
        Column(name="to_day", kind="day", empty=True, absent=True),
        Column(name="successor", empty=True, absent=True),  # the unit that has taken over its work
        Column(name="source_url", empty=True),
        NOTE,
    ),
    key=("unit",),
    source_key=("unit",),
    optional=True,
)
PANEL: Final = Table(  # any yearly panel, as `forecast predict` takes it
    name="panel",
    columns=(
        Column(name="area"),
        Column(name="component"),
        Column(name="year", kind="year", low=1, high=9999),  # a series may be old, or count from 1
        Column(name="score", kind="number", empty=True),
        Column(name="max_score", kind="number", empty=True, absent=True, low=0),
    ),
    key=("area", "component", "year"),
    source_key=("area", "component", "year"),
)
BREAKS: Final = Table(  # years in which such a panel's method changed
    name="breaks",
    columns=(
        Column(name="year", kind="year", low=1, high=9999),
        Column(name="note", empty=True, absent=True),
    ),
    key=("year",),
    source_key=("year",),
)
