"""Types of the command line's parameters, whose refusals are in the reader's language."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from forecast.base.errors import SpecError, shown
from forecast.base.incoming import is_address
from forecast.base.labels import Phrase
from forecast.base.spec import checked_text, parse_day, refuse_day_to_come, refuse_outside, refuse_unknown
from forecast.base.spelling import UNSEEN
from forecast.data.tables import FIRST_YEAR, LAST_YEAR

_LONGEST: Final = 255  # bytes that usual systems allow in the name of a file

if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]  # generic to the type checker alone in older versions
else:
    _ParamType = click.ParamType


class Type(_ParamType, ABC):
    """A type of parameter whose refusals are the package's own, in the reader's language."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ARG002 - click's signature
        """Read the value; a default is what it is already."""
        return self.read(value, parameter_name(param)) if isinstance(value, str) else value

    @abstractmethod
    def read(self, value: str, option: str) -> Any:
        """Turn the text given for `option` into a value, or raise SpecError."""


class DayType(Type):
    """An ISO day; unless `to_come`, not one after today."""

    name = "day"

    def __init__(self, *, to_come: bool = False) -> None:
        self.to_come = to_come

    def read(self, value: str, option: str) -> dt.date:
        """Read the day."""
        day = parse_day(value, option)
        return day if self.to_come else refuse_day_to_come(day, option)


class ChoiceType(Type):
    """One of a set of values."""

    name = "choice"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed

    def read(self, value: str, option: str) -> str:
        """Refuse a value outside the set, with the nearest."""
        if value not in self.allowed:
            # An argument's metavar lists its words, as the refusal does.
            refuse_unknown(Phrase("cli.choice") if "|" in option else option, value, self.allowed)
        return value


class WholeType(Type):
    """A whole number."""

    name = "whole"

    def read(self, value: str, option: str) -> int:
        """Read the number; its range is for the spec to judge."""
        if not re.fullmatch(r"[+-]?\d{1,18}", value.strip(), flags=re.ASCII):
            raise SpecError("spec.not_whole", {"name": option, "found": value})
        return int(value)


class YearType(WholeType):
    """A year that a table can have."""

    def read(self, value: str, option: str) -> int:
        """Refuse a year that no table has: with one digit too many, say."""
        year = super().read(value, option)
        refuse_outside(option, year, FIRST_YEAR, LAST_YEAR)
        return year


class NameType(Type):
    """A name on one line."""

    name = "name"

    def read(self, value: str, option: str) -> str:
        """Refuse what is longer, or steers terminals: it is written down and shown to others."""
        return checked_text(option, value) if value else ""  # what is typed empty is refused by `Verb`


class PathType(Type):
    """A path, which need not exist."""

    name = "path"

    def read(self, value: str, option: str) -> Path:
        """Make a Path; a name that breaks over lines would spoil messages and records."""
        if not value.strip() or "\0" in value:
            raise SpecError("spec.empty", {"name": option})
        odd = [part for part in Path(value).parts if part.splitlines() != [part] or UNSEEN.search(part)]
        if odd:
            raise SpecError("spec.name_of_lines", {"name": option, "found": shown(odd[0])})
        if is_address(value):
            why = Phrase("expect.no_address")
            raise SpecError("spec.address", {"name": option, "found": shown(value), "why": why})
        path = Path(value)
        if any(len(os.fsencode(part)) > _LONGEST for part in path.parts):
            part = max(path.parts, key=len)
            raise SpecError("spec.long_name", {"name": option, "found": shown(part)})
        return path


class FolderType(PathType):
    """A folder, which need not exist yet."""

    name = "folder"

    def read(self, value: str, option: str) -> Path:
        """Refuse what is something else, lies below something else, or may not be looked into."""
        path = super().read(value, option)
        there = next((place for place in (path, *path.parents) if os.path.lexists(place)), None)
        with contextlib.suppress(PermissionError):  # told when it is used
            if there and not there.is_dir():
                raise SpecError("spec.no_folder", {"name": option, "found": shown(str(there))})
        wanted = os.X_OK | (os.R_OK if there == path else 0)  # else it would be taken for an empty one
        if there and not os.access(there, wanted):
            raise SpecError("spec.closed_folder", {"name": option, "found": shown(str(there))})
        return path


def parameter_name(param: click.Parameter | None) -> str:
    """Name a parameter as the help does: an option as it is typed, an argument by its metavar."""
    if isinstance(param, click.Argument):
        return (param.metavar or param.human_readable_name).rstrip(".")
    return param.opts[-1] if param else ""
