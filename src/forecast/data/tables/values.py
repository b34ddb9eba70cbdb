"""Values that columns may hold: codes of indices, kinds of sources, components."""

from typing import Final

from forecast.base import indexes

INDEX_CODES: Final = indexes.FORECAST_CODES
SCORE_CODES: Final = indexes.SCORE_CODES
RELATED_CODES: Final = indexes.RELATED_CODES
EVERY_CODE: Final = (*SCORE_CODES, *RELATED_CODES)
TRUST: Final = ("official", "press", "dataset preview", "copy", "derived")  # best first
MERGED_COLUMNS: Final = ("area", "part", "from_day", "weight", "weighted_by")
MADE: Final = "made"  # trust of a figure that no source gives: of the parts of a merged area
UNITS: Final = ("percent", "points", "provinces")
STATISTICS: Final = (
    *("value", "mean", "max", "min", "count:above_mean", "count:above_80", "count:under_70"),
    *("count:group_A", "count:group_B", "count:group_C", "count:group_D"),
)
DOMAINS: Final = indexes.INDEXES[indexes.MAIN].domains
APPRAISED: Final = tuple(f"{domain}.appraised" for domain in DOMAINS[:-1])  # of a domain, without the survey
SOURCES: Final = ("appraised", "leaders_survey", "sipas", "outcome")  # where points come from
MAX_STATUS: Final = ("read", "assumed", "made_up")
STATES: Final = ("planned", "doing", "done", "dropped")  # of a remedy
# Of an indicator: grows from 1 January on; counts from 1 January without growing (a rate); stands by itself.
INDICATOR_KINDS: Final = ("cumulative", "to_date", "level")
FREQUENCIES: Final = ("day", "month", "quarter", "half_year", "year", "irregular")
UNIT_KINDS: Final = ("department", "district", "commune")
COUNTRY: Final = "Việt Nam"
TABLE_LANG: Final = "vi"  # of what is written into the tables, whoever adds it
COMPONENTS: Final = {code: index.components for code, index in indexes.INDEXES.items()}
