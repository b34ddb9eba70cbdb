"""What a table is: its file, its columns and what they may hold, its keys."""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["text", "name", "code", "choice", "area", "year", "number", "day", "period"]

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
LARGEST: Final = 1e30  # no figure is larger, whatever its unit; its square is still a number
DAY_DTYPE: Final = "datetime64[s]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What one column of a table may hold.

    A name is text that no spreadsheet takes for a formula, a code a word that may stand in names of
    files.  `empty` allows empty cells; `absent`
    allows a file without the column; `low` and `high` bound a number or a year; `choices` are the
    values of a choice.
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
    """Contract of one table: its file, its columns, its keys and the day from which a row is known."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]  # what a settled table has one row of
    # What the file has one row of: the key and the source that gave it.  A repeat is an error.
    source_key: tuple[str, ...]
    known_from: str = ""  # column of the day on which a row became known; ``""`` for reference tables
    file: str = ""
    optional: bool = False  # the folder may lack the file, and the file may lack rows
    rowless: bool = False  # the file may lack rows: an office may begin with figures of its own

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


# Columns of many tables.
YEAR: Final = Column(name="year", kind="year")
AREA: Final = Column(name="area", kind="area")
MAX_SCORE: Final = Column(name="max_score", kind="number", empty=True, low=0)
SOURCE: Final = Column(name="source_url")
NOTE: Final = Column(name="note", empty=True)
PUBLISHED: Final = Column(name="published_on", kind="day", empty=True)
