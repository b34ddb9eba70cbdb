"""Names, dtypes and keys of every table, and the one cut by day, `as_known`.

Inside the package a missing text is ``""``, a missing number NaN, a missing day NaT.
Days are ``datetime64[s]``; years and file rows are ``int64``; all other numbers are ``float64``.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:  # the command line's help needs the names, not pandas
    import pandas as pd

Kind = Literal["text", "choice", "area", "year", "number", "day", "period"]

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
DAY_DTYPE: Final = "datetime64[s]"

INDEX_CODES: Final = ("PAR", "SIPAS")
RELATED_CODES: Final = ("PAPI", "PCI", "DTI")
TRUST: Final = ("official", "press", "dataset preview", "copy", "derived")  # best first
UNITS: Final = ("percent", "points", "provinces")
STATISTICS: Final = (
    *("value", "mean", "max", "min", "count:above_mean", "count:above_80", "count:under_70"),
    *("count:group_A", "count:group_B", "count:group_C", "count:group_D"),
)
DOMAINS: Final = tuple(f"D{number}" for number in range(1, 9))
SOURCES: Final = ("appraised", "leaders_survey", "sipas", "outcome")  # where points come from
MAX_STATUS: Final = ("read", "assumed", "made_up")
STATES: Final = ("planned", "doing", "done", "dropped")  # of a remedy
UNIT_KINDS: Final = ("department", "district")
PARTS: Final = ("part.appraised", "part.leaders_survey", "part.survey", "part.impact")
COUNTRY: Final = "Việt Nam"
COMPONENTS: Final = {
    "PAR": ("total", *DOMAINS, "D8.sipas", "D8.outcome", *PARTS),
    "SIPAS": ("total", "access", "procedures", "officials", "results", "feedback"),
    "PAPI": ("total", *(f"P{number}" for number in range(1, 9))),
    "PCI": (
        *("total", "gia_nhap_thi_truong", "tiep_can_dat_dai", "tinh_minh_bach", "chi_phi_thoi_gian"),
        *("chi_phi_khong_chinh_thuc", "canh_tranh_binh_dang", "tinh_nang_dong", "ho_tro_doanh_nghiep"),
        *("dao_tao_lao_dong", "thiet_che_phap_ly"),
    ),
    "DTI": (
        *("total", "nhan_thuc_so", "the_che_so", "ha_tang_so", "nhan_luc_so", "an_toan_thong_tin"),
        *("hoat_dong_chinh_quyen_so", "hoat_dong_kinh_te_so", "hoat_dong_xa_hoi_so"),
        *("CQS", "KTS", "XHS"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What one column of a table may hold.

    `empty` allows empty cells; `absent` allows a file without the column; `low` and `high`
    bound a number or a year; `choices` are the values of a choice.
    """

    name: str
    kind: Kind = "text"
    empty: bool = False
    absent: bool = False
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Contract of one table: its file, its columns, its keys and the day from which a row is known.

    Attributes
    ----------
    key
        What a settled table has one row of.
    source_key
        What the file has one row of: the key and the source that gave it.  A repeat is an error.
    known_from
        Column of the day on which a row became known; ``""`` for reference tables.
    optional
        The folder may lack the file, and the file may lack rows.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    source_key: tuple[str, ...]
    known_from: str = ""
    file: str = ""
    optional: bool = False

    def __post_init__(self) -> None:
        if not self.file:
            object.__setattr__(self, "file", f"{self.name}.csv")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the file."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Find a column by name."""
        return next(column for column in self.columns if column.name == name)


SCORE_KEY: Final = ("index_code", "year", "area", "component", "statistic")
RELATED_KEY: Final = ("index_code", "year", "area", "component")
INDICATOR_KEY: Final = ("indicator_code", "area", "period")

_YEAR = Column(name="year", kind="year")
_AREA = Column(name="area", kind="area")
_SCORE = Column(name="score", kind="number", empty=True, low=0)
_MAX_SCORE = Column(name="max_score", kind="number", empty=True, low=0)
_RANK = Column(name="rank", kind="number", empty=True, low=1, high=63)
_TRUST = Column(name="trust", kind="choice", choices=TRUST)
_SOURCE = Column(name="source_url")
_NOTE = Column(name="note", empty=True)
_PUBLISHED = Column(name="published_on", kind="day", empty=True)
_SOURCE_DAY = Column(name="source_day", kind="day", empty=True)

SCORES: Final = Table(
    name="scores",
    columns=(
        Column(name="index_code", kind="choice", choices=INDEX_CODES),
        _YEAR,
        _AREA,
        Column(name="component"),
        Column(name="statistic", kind="choice", choices=STATISTICS),
        _SCORE,
        Column(name="unit", kind="choice", choices=UNITS),
        _MAX_SCORE,
        _RANK,
        _PUBLISHED,
        _SOURCE_DAY,
        _SOURCE,
        _TRUST,
        _NOTE,
    ),
    key=SCORE_KEY,
    source_key=(*SCORE_KEY, "published_on", "source_day", "source_url"),
    known_from="published_on",
)
RELATED: Final = Table(
    name="related_indices",
    columns=(
        Column(name="index_code", kind="choice", choices=RELATED_CODES),
        _YEAR,
        _AREA,
        Column(name="component"),
        _SCORE,
        Column(name="unit", kind="choice", choices=UNITS),
        _MAX_SCORE,
        _RANK,
        _PUBLISHED,
        _SOURCE_DAY,
        _SOURCE,
        _TRUST,
        _NOTE,
    ),
    key=RELATED_KEY,
    source_key=(*RELATED_KEY, "published_on", "source_day", "source_url"),
    known_from="published_on",
)
INDICATORS: Final = Table(
    name="indicators",
    columns=(
        Column(name="indicator_code"),
        Column(name="indicator_name_vi"),
        _AREA,
        Column(name="period", kind="period"),
        Column(name="value", kind="number"),
        Column(name="unit"),
        Column(name="linked_domain", kind="choice", choices=DOMAINS, empty=True),
        _SOURCE,
        _PUBLISHED,
        _NOTE,
        _TRUST,
    ),
    key=INDICATOR_KEY,
    # One page may give two values of one indicator (two denominators): the value is part of the key.
    source_key=(*INDICATOR_KEY, "published_on", "source_url", "value"),
    known_from="published_on",
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
        Column(name="responsible", empty=True),  # several with ; between them
        _NOTE,
        Column(name="source", kind="choice", choices=SOURCES, empty=True, absent=True),
        Column(name="rule", empty=True, absent=True),  # see forecast.rules
        Column(name="indicator", empty=True, absent=True),  # indicator_code that the rule scores
        Column(name="deadline", kind="day", empty=True, absent=True),  # after it nothing can be won
    ),
    key=("framework", "component"),
    source_key=("framework", "component"),
)
EVENTS: Final = Table(
    name="events",
    columns=(
        Column(name="index_code", kind="choice", choices=(*INDEX_CODES, *RELATED_CODES)),
        _YEAR,
        Column(name="kind", kind="choice", choices=("framework", "method")),
        Column(name="what"),
        _NOTE,
        Column(name="known_on", kind="day", empty=True),
    ),
    key=("index_code", "year", "kind"),
    source_key=("index_code", "year", "kind", "what", "known_on"),
    known_from="known_on",
)
ANNOUNCEMENTS: Final = Table(
    name="announcements",
    columns=(
        Column(name="index_code", kind="choice", choices=(*INDEX_CODES, *RELATED_CODES)),
        _YEAR,
        Column(name="announced_on", kind="day", empty=True),
        Column(name="precision", kind="choice", choices=("day", "no later than")),
        Column(name="source_url", empty=True),
    ),
    key=("index_code", "year"),
    source_key=("index_code", "year"),
    known_from="announced_on",
)
TARGETS: Final = Table(
    name="targets",
    columns=(
        Column(name="index_code"),  # an index, or the indicator that the target is about
        _AREA,
        _YEAR,
        Column(name="quantity", kind="choice", choices=("rank", "percent", "points")),
        Column(name="relation", kind="choice", choices=("<=", ">=")),
        Column(name="value", kind="number", low=0),
        Column(name="set_on", kind="day", empty=True),
        _SOURCE,
    ),
    key=("index_code", "area", "year", "quantity", "set_on"),
    source_key=("index_code", "area", "year", "quantity", "set_on"),
    known_from="set_on",
)
SUBMISSIONS: Final = Table(  # departments' forecasts, one row a component of an accepted form
    name="submissions",
    columns=(
        Column(name="submission_id"),
        Column(name="department"),
        Column(name="index_code", kind="choice", choices=INDEX_CODES),
        _AREA,
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
        _AREA,
        _YEAR,
        Column(name="component"),
        Column(name="self_score", kind="number", low=0),  # points
        Column(name="appraised_score", kind="number", empty=True, low=0),
        _MAX_SCORE,
        _PUBLISHED,
        _SOURCE,
        _NOTE,
    ),
    key=("area", "year", "component"),
    source_key=("area", "year", "component", "published_on", "source_url"),
    known_from="published_on",
    optional=True,
)
REMEDIES: Final = Table(  # append-only: a new state is a new row with a later day
    name="remedies",
    columns=(
        Column(name="unit"),
        Column(name="component", empty=True),  # the criterion whose points it is to win back
        Column(name="action"),
        Column(name="responsible", empty=True),
        Column(name="due", kind="day", empty=True),
        Column(name="state", kind="choice", choices=STATES),
        Column(name="expected_effect", kind="number", empty=True, low=0),  # points of the index
        Column(name="recorded_on", kind="day"),
        Column(name="source_url", empty=True),
        _NOTE,
    ),
    key=("unit", "component", "action"),
    source_key=("unit", "component", "action", "recorded_on", "state"),
    known_from="recorded_on",
    optional=True,
)
ORGANS: Final = Table(  # who must have a remedy plan
    name="units",
    columns=(
        Column(name="unit"),
        Column(name="kind", kind="choice", choices=UNIT_KINDS),
        _AREA,
        Column(name="aliases", empty=True),
        Column(name="source_url", empty=True),
        _NOTE,
    ),
    key=("unit",),
    source_key=("unit",),
    optional=True,
)
AREAS: Final = Table(
    name="areas",
    columns=(
        Column(name="area"),
        Column(name="kind", kind="choice", choices=("country", "region", "province")),
        Column(name="region", empty=True),
        Column(name="aliases", empty=True),  # other spellings, with | between them
    ),
    key=("area",),
    source_key=("area",),
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
DATA_TABLES: Final = (
    *(SCORES, RELATED, INDICATORS, FRAMEWORKS, EVENTS, ANNOUNCEMENTS, TARGETS),
    *(ORGANS, SUBMISSIONS, SELF_SCORES, REMEDIES),
)

FORECAST_KEY: Final = (
    *("index_code", "framework", "area", "component", "target_year", "as_of", "model"),
    *("output_type", "output_type_id"),
)
FORECAST_COLUMNS: Final = (*FORECAST_KEY, "value")

_KNOWN_FROM: Final = ("published_on", "known_on", "announced_on", "set_on", "received_on", "recorded_on")


def as_known(frame: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Keep the rows that were known on a day: those with ``published_on <= as_of``.

    Parameters
    ----------
    frame
        A table with one of the columns that say from which day a row is known.
    as_of
        The day; a row published on it counts.

    Returns
    -------
    DataFrame
        The known rows in their order, index from 0.  Undated rows are never known.

    Raises
    ------
    KeyError
        If the table has no column of days.
    """
    column = known_from(frame)
    return frame.loc[frame[column] <= dt.datetime.combine(as_of, dt.time())].reset_index(drop=True)


def clean(text: str) -> str:
    r"""Write text in one form: composed letters (NFC), single plain spaces, none at the ends.

    >>> clean(" a\N{NO-BREAK SPACE} b ")
    'a b'
    """
    if text.isascii() and text.isprintable() and "  " not in text:  # most cells of large files
        return text.strip()
    composed = unicodedata.normalize("NFC", text)
    visible = composed.translate({0xFEFF: None, 0x200B: None})  # byte order mark, zero-width space
    return " ".join(visible.split())


def slug(name: str) -> str:
    """Write a name in plain small ASCII letters, for files and models.

    >>> slug("TP. Hồ Chí Minh"), slug("Đắk Lắk")
    ('tp-ho-chi-minh', 'dak-lak')
    """
    plain = unicodedata.normalize("NFKD", name.replace("Đ", "D").replace("đ", "d"))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().lower()).strip("-")


def undated(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows that give no day from which they are known; they are counted, never used."""
    return frame.loc[frame[known_from(frame)].isna()].reset_index(drop=True)


def known_from(frame: pd.DataFrame) -> str:
    """Name the column of days by which a table is cut."""
    for column in _KNOWN_FROM:
        if column in frame.columns:
            return column
    raise KeyError(f"no column of {_KNOWN_FROM} in {list(frame.columns)}")
