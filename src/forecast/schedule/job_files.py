"""Write the job files by which cron, systemd and Windows start a run; nothing is installed here.

All of them start ``forecast schedule run --reports-dir ...``, which decides from its own record whether a
report is due.  So they may start it more often than there are slots: after a start of the machine, and with
cron, which does not make up for missed slots, once an hour.
"""

import datetime as dt
import hashlib
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from forecast.base.errors import SpecError
from forecast.schedule.when import When

LOOK: Final = 17  # minute of the hourly look of cron; most jobs of a machine stand on 0
MOST_HOURS: Final = 4
XMLNS: Final = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Job:
    """The command to be started for one folder of reports, and its slots."""

    # whole path; control characters are refused with SpecError, as no system's file can hold them
    reports_dir: Path
    when: When  # the slots
    after: dt.datetime  # slots up to this moment need no start
    python: str = sys.executable  # interpreter of the environment in which `forecast` lives

    def __post_init__(self) -> None:
        for path in (str(self.reports_dir), self.python):
            if any(not char.isprintable() for char in path):
                raise SpecError("schedule.path", {"path": ascii(path)})

    @property
    def name(self) -> str:
        """Name of the task, one for each folder of reports."""
        return name_of(self.reports_dir)

    @property
    def command(self) -> list[str]:
        """Words of the command."""
        words = ["-m", "forecast", "schedule", "run", "--reports-dir", str(self.reports_dir)]
        return [self.python, *words]


def name_of(reports_dir: Path) -> str:
    """Name the task of a folder of reports, in plain ASCII."""
    return f"forecast-report-{hashlib.sha256(str(reports_dir).encode()).hexdigest()[:8]}"


# ---- cron


def cron_block(job: Job) -> str:
    """Write the lines of the crontab: the slots, the start of the machine, and a look each hour.

    Standard output is dropped, as the log has it; errors go to cron's own mail.
    """
    command = f"{shlex.join(job.command)} >/dev/null".replace("%", r"\%")
    first, last = _marks(job.name)
    lines = [first, f"# {job.reports_dir}", f"{job.when.cron()} {command}", f"@reboot {command}"]
    return "\n".join([*lines, f"{LOOK} * * * * {command}", last]) + "\n"


def without_block(crontab: str, name: str) -> str:
    """Give a crontab without our lines; every other line stays as it is.

    Raises SpecError if a mark of ours stands without the other, so that it is unclear what is ours.
    """
    first, last = _marks(name)
    lines: list[str] = []
    inside = False
    for line in crontab.splitlines(keepends=True):
        word = line.rstrip("\r\n")
        if word in (first, last):
            if inside == (word == first):
                raise SpecError("schedule.crontab", {"first": first, "last": last})
            inside = word == first
        elif not inside:
            lines.append(line)
    if inside:
        raise SpecError("schedule.crontab", {"first": first, "last": last})
    return "".join(lines)


def with_block(crontab: str, job: Job) -> str:
    """Give a crontab with our lines at the end, once."""
    others = without_block(crontab, job.name)
    if others and not others.endswith("\n"):
        others += "\n"
    return others + cron_block(job)


def _marks(name: str) -> tuple[str, str]:
    return f"# >>> {name} >>>", f"# <<< {name} <<<"


# ---- systemd


def service(job: Job) -> str:
    """Write the unit that makes a run."""
    words = " ".join(_systemd_word(word) for word in job.command)
    return f"""\
[Unit]
Description=forecast: {_systemd_escaped(str(job.reports_dir))}

[Service]
Type=oneshot
ExecStart={words}
TimeoutStartSec={MOST_HOURS}h
"""


def timer(job: Job) -> str:
    """Write the unit that starts it: at the slots, missed ones too, and after the machine's start.

    The last is for a run that was cut off, which Persistent does not repeat.
    """
    return f"""\
[Unit]
Description=forecast: {_systemd_escaped(str(job.reports_dir))}

[Timer]
OnCalendar={job.when.calendar()}
OnStartupSec=2min
Persistent=true

[Install]
WantedBy=timers.target
"""


def _systemd_escaped(text: str) -> str:
    return text.replace("%", "%%")


def _systemd_word(word: str) -> str:
    escaped = _systemd_escaped(word).replace("\\", "\\\\").replace('"', r"\"").replace("$", "$$")
    return escaped if re.fullmatch(r"[A-Za-z0-9_./:=-]+", escaped, re.ASCII) else f'"{escaped}"'


# ---- Windows


def windows_task(job: Job) -> bytes:
    """Write the task for Windows Task Scheduler, in the encoding that `schtasks` reads."""
    task = ET.Element("Task", {"version": "1.2", "xmlns": XMLNS})
    _add(task, "RegistrationInfo", {"Description": f"forecast: {job.reports_dir}"})
    trigger = ET.SubElement(ET.SubElement(task, "Triggers"), "CalendarTrigger")
    ET.SubElement(trigger, "StartBoundary").text = job.when.next(job.after).isoformat()
    ET.SubElement(trigger, "Enabled").text = "true"
    _windows_slots(trigger, job.when)
    principal = ET.SubElement(ET.SubElement(task, "Principals"), "Principal", {"id": "Author"})
    ET.SubElement(principal, "LogonType").text = "InteractiveToken"  # no password is stored
    ET.SubElement(principal, "RunLevel").text = "LeastPrivilege"
    settings = {
        "MultipleInstancesPolicy": "IgnoreNew",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "StartWhenAvailable": "true",
        "ExecutionTimeLimit": f"PT{MOST_HOURS}H",
    }
    _add(task, "Settings", settings)
    words = {"Command": job.command[0], "Arguments": subprocess.list2cmdline(job.command[1:])}
    actions = ET.SubElement(task, "Actions", {"Context": "Author"})
    _add(actions, "Exec", words)
    ET.indent(task)
    text = '<?xml version="1.0" encoding="UTF-16"?>\n' + ET.tostring(task, encoding="unicode") + "\n"
    return text.replace("\n", "\r\n").encode("utf-16")


def _windows_slots(trigger: ET.Element, when: When) -> None:
    if when.every == "daily":
        _add(trigger, "ScheduleByDay", {"DaysInterval": "1"})
    elif when.every == "weekly":
        week = _add(trigger, "ScheduleByWeek", {"WeeksInterval": "1"})
        ET.SubElement(ET.SubElement(week, "DaysOfWeek"), _DAYS[when.day])
    else:
        month = ET.SubElement(trigger, "ScheduleByMonth")
        _add(month, "DaysOfMonth", {"Day": str(when.day)})
        _add(month, "Months", dict.fromkeys(_MONTHS, ""))


def _add(parent: ET.Element, tag: str, texts: dict[str, str]) -> ET.Element:
    element = ET.SubElement(parent, tag)
    for name, text in texts.items():
        ET.SubElement(element, name).text = text or None
    return element
