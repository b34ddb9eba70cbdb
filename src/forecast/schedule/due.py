"""The plan of automatic reports, the record of slots already served, and whether a report is due.

Nothing here reads a clock or a file.  Times are those of the wall clock, see `when`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeVar

from forecast.base.errors import SpecError, shown
from forecast.base.incoming import RepeatedKeyError, record
from forecast.base.labels import LANGUAGES, Phrase
from forecast.base.mail import SECURITY, Server, Smtp
from forecast.base.mail_address import is_address
from forecast.base.spec import RunSpec, parse_day, refuse_unknown
from forecast.schedule.when import When

FORMAT: Final = 1
MOST_ATTEMPTS: Final = 3
MOST_SERVED: Final = 100  # slots in the record; far more than a clock can go back by mistake and matter

T = TypeVar("T")
_SERVER: Final = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """To whom a failure is reported by mail, and through which server.

    Raises
    ------
    SpecError
        If an address or the server is not written as such, or `insecure` and not this machine.  There is
        one reader, the analyst.
    """

    to: str
    sender: str
    smtp: str
    insecure: bool = False

    def __post_init__(self) -> None:
        for name, address in (("--mail-to", self.to), ("--mail-from", self.sender)):
            if not is_address(_text(address)):
                raise SpecError("schedule.address", {"name": name, "found": address})
        Server(self.server, insecure=self.insecure)

    @property
    def server(self) -> Smtp:
        """The server, encrypted from the first byte on the port that is for that, else by STARTTLS."""
        address = _SERVER.fullmatch(_text(self.smtp))
        port = int(address["port"] or 25) if address else 0
        if not address or not 0 < port < 65536:
            raise SpecError("schedule.smtp", {"found": self.smtp})
        security = "tls" if port == SECURITY["tls"] else "starttls"
        return Smtp(host=address["host"].strip("[]"), port=port, security=security, sender=self.sender)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which report is made, when, and who gets mail of a failure; stored as ``schedule.json``."""

    # when, until: the slots, and the last day on which one is served
    when: When
    until: dt.date
    installed_at: dt.datetime  # slots up to this moment are none of the plan's
    # index_code, area, target_year, lang: the question each time; the day of the data is the day of the run
    index_code: str
    area: str
    target_year: int
    lang: str
    # data_dir, notebooks_dir: absolute paths, as schedulers start programs in any folder
    data_dir: Path
    notebooks_dir: Path
    post: Post | None = None  # none if nobody is written to

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            refuse_unknown("--lang", self.lang, LANGUAGES)
        self.spec(self.installed_at.date())

    def spec(self, as_of: dt.date) -> RunSpec:
        """Give what is asked on a day."""
        return RunSpec(index_code=self.index_code, area=self.area, target_year=self.target_year, as_of=as_of)

    def as_json(self) -> str:
        """Write the plan."""
        values = {item.name: _plain(getattr(self, item.name)) for item in fields(self)}
        return _json({"format": FORMAT, **values})

    @classmethod
    def from_json(cls, text: str | bytes, file: str) -> Plan:
        """Read a plan; raises SpecError if it is damaged, naming the file and what is wrong."""

        def build(entries: Mapping[str, Any]) -> Plan:
            return cls(
                when=When.parse(_text(entries["when"])),
                until=parse_day(entries["until"], "until"),
                installed_at=_moment(entries["installed_at"]),
                target_year=_whole(entries["target_year"]),
                index_code=_text(entries["index_code"]),
                area=_text(entries["area"]),
                lang=_text(entries["lang"]),
                data_dir=_folder(entries["data_dir"]),
                notebooks_dir=_folder(entries["notebooks_dir"]),
                post=Post(**entries["post"]) if entries["post"] is not None else None,
            )

        return _read(text, file, build)


@dataclass(frozen=True, slots=True)
class ServedSlot:
    """A slot that is done: its report was made, or failed and was reported."""

    slot: dt.datetime
    exit_code: int
    finished_at: str
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Which slots of a plan are done."""

    served: tuple[ServedSlot, ...] = ()  # slots that are done, oldest first
    # begun, attempts: the slot last begun, and how often; it is among `served` once a run of it has ended
    begun: dt.datetime | None = None
    attempts: int = 0
    over_told: dt.date | None = None  # the `until` of the plan whose end is already in the log

    def begin(self, slot: dt.datetime) -> Self:
        """Record that a run of a slot begins, so that a killed run is noticed."""
        return replace(self, begun=slot, attempts=self.attempts_of(slot) + 1)

    def end(self, served: ServedSlot) -> Self:
        """Record how the run of a slot ended."""
        others = tuple(one for one in self.served if one.slot != served.slot)
        return replace(self, served=(*others, served)[-MOST_SERVED:])

    def attempts_of(self, slot: dt.datetime) -> int:
        """Count the runs begun for a slot, whether they ended or not."""
        return self.attempts if slot == self.begun else 0

    def find(self, slot: dt.datetime) -> ServedSlot | None:
        """Give how a slot ended, or None."""
        return next((one for one in self.served if one.slot == slot), None)

    def as_json(self) -> str:
        """Write the record."""
        served = [{name: _plain(getattr(one, name)) for name in ServedSlot.__slots__} for one in self.served]
        values = {name: _plain(getattr(self, name)) for name in ("begun", "attempts", "over_told")}
        return _json({"format": FORMAT, "served": served, **values})

    @classmethod
    def from_json(cls, text: str | bytes, file: str) -> Record:
        """Read a record; SpecError if it is damaged."""

        def build(entries: Mapping[str, Any]) -> Record:
            if not isinstance(entries["served"], list):
                raise TypeError("no list of slots")
            return cls(
                served=tuple(
                    ServedSlot(
                        _moment(one["slot"]),
                        _whole(one["exit_code"]),
                        _text(one["finished_at"]),
                        _text(one["run_id"]),
                    )
                    for one in entries["served"]
                ),
                begun=_moment(entries["begun"]) if entries["begun"] is not None else None,
                attempts=_whole(entries["attempts"]),
                over_told=parse_day(entries["over_told"]) if entries["over_told"] is not None else None,
            )

        return _read(text, file, build)


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done now: "run", "exhausted" (run too often without an end), "idle" or "over"."""

    kind: Literal["run", "exhausted", "idle", "over"]
    slot: dt.datetime


def due(plan: Plan, record: Record, now: dt.datetime, *, again: bool = False) -> Due:
    """Decide what is to be done at `now`.

    The one slot that counts is the last not after `now`: however many were missed, one run makes up for all.
    It is due if it lies after the installation, is not in the record, and the plan is not over.  A clock that
    goes back therefore repeats nothing that is in the record, and one that was ahead for a while blocks
    nothing later.

    `plan`, `record`: what was planned, and what was done; `now`: wall clock, without a zone; `again`: serve
    the slot even if it is done, or was before the installation.
    """
    slot = plan.when.previous(now)
    if now.date() > plan.until:
        return Due("over", slot)
    if again:
        return Due("run", slot)
    if slot <= plan.installed_at or record.find(slot):
        return Due("idle", slot)
    return Due("exhausted" if record.attempts_of(slot) >= MOST_ATTEMPTS else "run", slot)


def upcoming(plan: Plan, now: dt.datetime, count: int) -> list[dt.datetime]:
    """List the next slots that the plan will serve, at most `count`."""
    slots: list[dt.datetime] = []
    slot = plan.when.next(max(now, plan.installed_at))
    while len(slots) < count and slot.date() <= plan.until:
        slots.append(slot)
        slot = plan.when.next(slot)
    return slots


def _read(text: str | bytes, file: str, build: Callable[[Mapping[str, Any]], T]) -> T:
    try:
        stored = record(text)
        if stored["format"] != FORMAT:
            raise ValueError
        return build(stored)
    except SpecError as error:
        raise SpecError(
            "schedule.damaged", {"file": file, "detail": Phrase(error.key, error.facts)}
        ) from error
    except KeyError as error:
        detail = Phrase("schedule.lacks", {"name": error.args[0]})
        raise SpecError("schedule.damaged", {"file": file, "detail": detail}) from error
    except RepeatedKeyError as error:
        detail = Phrase("expect.json_key_once", {"name": shown(error.args[0])})
        raise SpecError("schedule.damaged", {"file": file, "detail": detail}) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise SpecError("schedule.damaged", {"file": file, "detail": Phrase("schedule.odd")}) from error


def _plain(value: object) -> object:
    match value:
        case None | int():
            return value
        case dt.date():
            return value.isoformat()
        case Post():
            return {item.name: getattr(value, item.name) for item in fields(value)}
    return str(value)


def _moment(text: object) -> dt.datetime:
    moment = dt.datetime.fromisoformat(_text(text))
    if moment.tzinfo is not None:
        raise ValueError(f"{text} has a zone")
    return moment


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{value!r} is no whole number")
    return value


def _folder(value: object) -> Path:
    path = Path(_text(value))
    if "\0" in str(path) or not path.is_absolute():  # who starts a run stands in no folder of ours
        raise ValueError(f"{value!r} is no whole path")
    return path


def _json(values: Mapping[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False, indent=1) + "\n"
