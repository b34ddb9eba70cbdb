"""The spec of a run: plain values that are checked when it is made; and checks of parameters."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NoReturn

from forecast.base.errors import SpecError, shown
from forecast.base.indexes import FORECAST_CODES
from forecast.base.labels import Phrase
from forecast.base.spelling import clean, slug

if TYPE_CHECKING:
    import pandas as pd

INDEX_CODES: Final = FORECAST_CODES  # what can be forecast
# The levels of the CDC forecast hubs, to which ranges of 10 to 98 percent belong.
QUANTILE_LEVELS: Final = (
    *(0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5),
    *(0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99),
)
FIRST_TARGET_YEAR: Final = 2012
YEARS_AHEAD: Final = 5
LAST_YEAR: Final = 2100  # tables go no further either
LONGEST_NAME: Final = 100
MAX_DRAWS: Final = 100_000
DEFAULT_AREA: Final = "TP. Hồ Chí Minh"  # whose workbench this is
EXAMPLE_DAY: Final = "2024-10-20"
_DAY_FORMS: Final = tuple(
    re.compile(form, flags=re.ASCII)
    for form in (
        r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})",
        r"(?P<year>\d{4})[/.-](?P<month>\d{1,2})[/.-](?P<day>\d{1,2})(?:[T ][\d:.]+Z?)?",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?:[Nn]gày )?(?P<day>\d{1,2}) tháng (?P<month>\d{1,2}),? năm (?P<year>\d{4})",
    )
)


def interval_ends(level: int) -> tuple[float, float]:
    """Give the quantile levels of a central interval, rounded, as tables use them as keys.

    >>> interval_ends(80)
    (0.1, 0.9)
    """
    tail = round((100 - level) / 200, 4)
    return tail, round(1 - tail, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """One forecasting run: what is forecast, for whom, and what is known at the time.

    Raises
    ------
    SpecError
        With the value got, the values allowed and the nearest one.
    """

    index_code: str  # an index of ``indexes.toml`` that can be forecast, such as ``"PAR"``
    area: str  # province, in the spelling of ``data/areas.csv``
    target_year: int  # year whose result is forecast
    as_of: dt.date  # nothing published after this day is used
    levels: tuple[int, ...] = (50, 80, 95)  # central intervals in whole percent, ascending
    seed: int = 20241031  # seed of the one random generator
    draws: int = 4000  # count of joint draws
    force: bool = False  # forecast a year whose result is out, for verification

    def __post_init__(self) -> None:
        if self.index_code not in INDEX_CODES:
            refuse_unknown("index_code", self.index_code, INDEX_CODES)
        object.__setattr__(self, "area", checked_text("area", self.area))
        _check_day("as_of", self.as_of)
        if not FIRST_TARGET_YEAR - YEARS_AHEAD <= self.as_of.year <= LAST_YEAR:
            low, high = FIRST_TARGET_YEAR - YEARS_AHEAD, LAST_YEAR
            facts = {"name": "as_of", "found": self.as_of, "low": low, "high": high}
            raise SpecError("spec.out_of_range", facts)
        _check_whole("target_year", self.target_year, FIRST_TARGET_YEAR, self.as_of.year + YEARS_AHEAD)
        _check_whole("seed", self.seed, 0, 2**63 - 1)
        _check_whole("draws", self.draws, 100, MAX_DRAWS)
        _check_flag("force", self.force)
        object.__setattr__(self, "levels", _checked_levels(self.levels))

    @property
    def quantile_levels(self) -> tuple[float, ...]:
        """Quantile levels that the run writes: the hub's 23 and the ends of each interval, ascending."""
        ends = (interval_ends(level) for level in self.levels)
        return tuple(sorted(set(QUANTILE_LEVELS).union(*ends)))

    def as_dict(self) -> dict[str, Any]:
        """Give the spec as plain JSON values, days in ISO form."""
        return {
            "index_code": self.index_code,
            "area": self.area,
            "target_year": self.target_year,
            "as_of": self.as_of.isoformat(),
            "levels": list(self.levels),
            "seed": self.seed,
            "draws": self.draws,
            "force": self.force,
        }


def refuse_unanswerable(
    spec: RunSpec,
    *,
    announcements: pd.DataFrame,
    areas: Collection[str],
    other_years: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType({}),
) -> None:
    """Refuse a run for an unknown area, or for a year whose result is already out.

    `spec`: the run asked for; `announcements`: announcements known on ``spec.as_of`` (columns index_code,
    year, announced_on); `areas`: names of the provinces of the target year; `other_years`: by province of
    other years: key and facts of the sentence that names its successor. Raises SpecError if the area is not
    among `areas`, or the target year's result was announced on or before ``spec.as_of`` and ``spec.force`` is
    not set.
    """
    if spec.area not in areas:
        if spec.area in other_years:
            raise SpecError(*other_years[spec.area])
        refuse_unknown("area", spec.area, sorted(areas))
    out = announcements.loc[
        (announcements["index_code"] == spec.index_code) & (announcements["year"] >= spec.target_year)
    ]
    if len(out) and not spec.force:
        first = out.sort_values("year").iloc[0]
        raise SpecError(
            "spec.already_published",
            {
                "index_code": spec.index_code,
                "target_year": spec.target_year,
                "announced_on": first["announced_on"].date(),
                "as_of": spec.as_of,
            },
        )


def parse_day(text: str, name: str = "as_of") -> dt.date:
    """Read a day in any form that `iso_hint` knows: 2024-10-20, 20/10/2024.

    Raises SpecError if the text is no day.
    """
    if iso := iso_hint(text):
        return dt.date.fromisoformat(iso)
    key = "spec.no_such_day" if looks_like_day(text) else "spec.no_day"
    raise SpecError(key, {"name": name, "found": text.strip(), "example": EXAMPLE_DAY})


def today() -> dt.date:
    """Give today's date in the machine's time zone."""
    return dt.datetime.now().astimezone().date()


def refuse_day_to_come(day: dt.date, name: str = "as_of") -> dt.date:
    """Give a day unless it is after today, when what will be known on it is not known yet."""
    if day > (now := today()):
        raise SpecError("spec.day_to_come", {"name": name, "found": day, "today": now})
    return day


def iso_hint(text: str) -> str:
    """Give the ISO form of a day written another way; an empty text where it is not plain which day is meant.

    >>> iso_hint("31/5/2024"), iso_hint("2024/5/31"), iso_hint("20240531"), iso_hint("May 2024")
    ('2024-05-31', '2024-05-31', '2024-05-31', '')
    """
    clean = text.strip()
    for form in _DAY_FORMS:
        match = form.fullmatch(clean)
        if match:
            try:
                return dt.date(int(match["year"]), int(match["month"]), int(match["day"])).isoformat()
            except ValueError:
                break
    return ""


def looks_like_day(text: str) -> bool:
    """Whether a text has the form of a day, be there such a day or not.

    >>> looks_like_day("31/9/2024"), looks_like_day("9/2024")
    (True, False)
    """
    return any(form.fullmatch(text.strip()) for form in _DAY_FORMS)


def same_day(day: dt.date, years: int) -> dt.date:
    """The same day some years away; 28 February stands for the 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def nearest(found: str, allowed: Collection[str], *, least: float = 0.5) -> str:
    """Give the allowed value closest to what was found, at `least` so alike (0 to 1), or an empty text.

    >>> nearest("Dan", ["An", "Dân"])
    'Dân'
    """
    same = [value for value in allowed if slug(value) == slug(str(found)) != ""]
    if same:
        return same[0]
    by_fold = {value.casefold(): value for value in allowed}
    near = difflib.get_close_matches(str(found).casefold(), by_fold, n=1, cutoff=least)
    return by_fold[near[0]] if near else ""


def refuse_unknown(
    name: str | Phrase, found: object, allowed: Collection[str], *, near: str = "", titles: Sequence[Any] = ()
) -> NoReturn:
    """Raise SpecError for a value outside its set, with the nearest value if one is near.

    `titles`: what is listed in place of `allowed`, where there is more to say of the values.
    """
    near = near or nearest(str(found), allowed)
    facts = {"name": name, "found": shown(str(found)), "near": near, "allowed": list(titles or allowed)}
    if near and len(allowed) > 12:
        raise SpecError("spec.unknown_near_of_many", facts)
    raise SpecError("spec.unknown_near" if near else "spec.unknown", facts)


def checked_text(name: str, value: object) -> str:
    """Give a name on one line, or raise SpecError, which calls it `name`."""
    if not isinstance(value, str) or not clean(value):
        raise SpecError("spec.empty", {"name": name})
    text = clean(value)
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise SpecError("spec.not_a_name", {"name": name, "most": LONGEST_NAME, "found": shown(text)})
    return text


def _check_day(name: str, value: object) -> None:
    # datetime is a date too, but does not compare with one
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise SpecError("spec.not_a_day", {"name": name, "found": repr(value)})


def _check_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise SpecError("spec.not_a_flag", {"name": name, "found": repr(value)})


def _check_whole(name: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise SpecError("spec.not_whole", {"name": name, "found": repr(value)})
    refuse_outside(name, value, low, high)


def refuse_outside(name: str, value: int, low: int, high: int) -> None:
    """Refuse a number outside its bounds."""
    if not low <= value <= high:
        raise SpecError("spec.out_of_range", {"name": name, "found": value, "low": low, "high": high})


def _checked_levels(levels: object) -> tuple[int, ...]:
    if not isinstance(levels, (tuple, list)) or not levels:
        raise SpecError("spec.levels", {"found": repr(levels)})
    for level in levels:
        if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= 99:
            raise SpecError("spec.levels", {"found": repr(level)})
    if len(set(levels)) != len(levels):
        raise SpecError("spec.levels_repeat", {"found": list(levels)})
    return tuple(sorted(levels))
