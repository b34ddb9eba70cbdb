"""Parse the times of a schedule, compute its slots, and write them for cron and systemd.

Times are those of the wall clock of the machine, without a zone, as cron, systemd and Windows have them: a
slot is "05:30 on the 1st", whatever the zone says in summer.
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from typing import Final, Self

from forecast.base.errors import SpecError, shown
from forecast.base.spec import refuse_unknown

EVERY: Final = ("daily", "weekly", "monthly")
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LAST_DAY: Final = 28  # every month has it
EXAMPLES: Final = ("daily 05:30", "weekly mon 05:30", "monthly 05:30", "monthly 25 05:30")

_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})", flags=re.ASCII)


@dataclass(frozen=True, slots=True)
class When:
    """The slots of a plan: one each day, week or month, at a minute of the wall clock."""

    every: str  # "daily", "weekly" or "monthly"
    # hour, minute: of the wall clock
    hour: int
    minute: int
    day: int = 0  # of the week from 0 (Monday) for weekly, of the month from 1 to 28 for monthly; 0 for daily

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "daily 05:30", "weekly mon 05:30", "monthly 05:30" or "monthly 25 05:30".

        Raises SpecError with the word that is not understood, the nearest one that is, and examples.
        """
        words = text.casefold().split()
        if not words:
            raise SpecError("spec.empty", {"name": "--every"})
        every = words[0]
        if every not in EVERY:
            refuse_unknown("--every", every, EVERY)
        longest = 2 if every == "daily" else 3
        if every == "monthly" and len(words) == 2:
            words.insert(1, "1")
        if len(words) != longest:
            raise SpecError("schedule.every", {"found": shown(text), "examples": EXAMPLES})
        hour, minute = _time(words[-1])
        return cls(every, hour, minute, _day(every, words[1]))

    def __str__(self) -> str:
        days = {"weekly": WEEKDAYS[self.day % 7], "monthly": str(self.day)}
        words = [self.every, days.get(self.every, ""), f"{self.hour:02d}:{self.minute:02d}"]
        return " ".join(word for word in words if word)

    def previous(self, now: dt.datetime) -> dt.datetime:
        """Give the last slot that is not after `now`."""
        slot = now.replace(hour=self.hour, minute=self.minute, second=0, microsecond=0)
        if slot > now:
            slot -= dt.timedelta(days=1)
        if self.every == "weekly":
            return slot - dt.timedelta(days=(slot.weekday() - self.day) % 7)
        if self.every == "monthly":
            if slot.day < self.day:
                slot = slot.replace(day=1) - dt.timedelta(days=1)  # in the month before
            return slot.replace(day=self.day)
        return slot

    def next(self, now: dt.datetime) -> dt.datetime:
        """Give the first slot after `now`."""
        slot = self.previous(now)
        if self.every == "monthly":
            days = calendar.monthrange(slot.year, slot.month)[1]
            return slot + dt.timedelta(days=days)
        return slot + dt.timedelta(days=7 if self.every == "weekly" else 1)

    def cron(self) -> str:
        """Write the five fields of a crontab line."""
        if self.every == "weekly":
            return f"{self.minute} {self.hour} * * {(self.day + 1) % 7}"
        return f"{self.minute} {self.hour} {self.day or '*'} * *"

    def calendar(self) -> str:
        """Write what systemd calls OnCalendar."""
        time = f"{self.hour:02d}:{self.minute:02d}:00"
        if self.every == "weekly":
            return f"{WEEKDAYS[self.day].capitalize()} *-*-* {time}"
        return f"*-*-{self.day:02d} {time}" if self.day else f"*-*-* {time}"


def _time(word: str) -> tuple[int, int]:
    parts = _TIME.fullmatch(word)
    hour, minute = (int(part) for part in parts.groups()) if parts else (24, 0)
    if hour > 23 or minute > 59:
        raise SpecError("schedule.time", {"found": word})
    return hour, minute


def _day(every: str, word: str) -> int:
    if every == "weekly":
        if word not in WEEKDAYS:
            refuse_unknown("--every", word, WEEKDAYS)
        return WEEKDAYS.index(word)
    if every == "monthly":
        if not re.fullmatch(r"\d{1,2}", word, flags=re.ASCII) or not 1 <= int(word) <= LAST_DAY:
            raise SpecError("schedule.day", {"found": word, "last": LAST_DAY})
        return int(word)
    return 0
