"""Make the scheduled report when the machine's scheduler starts it.

It reads the plan, decides from its own record whether a slot is due, makes the report, writes the logs, and
mails the analyst if it fails.

::

    reports/
        schedule.json             the plan
        log.jsonl  log.txt        what was done: for programs, for people
        .schedule/record.json     the slots that are done
        .schedule/lock            held while a scheduled run is at work
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import platform
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import make_msgid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forecast.base import stop
from forecast.base.disk import append_line, as_folder, replace_file, writing
from forecast.base.errors import (
    EXIT_GOOD,
    EXIT_RUN,
    ForecastError,
    RunError,
    SpecError,
    WriteError,
    reason_of,
)
from forecast.base.incoming import written
from forecast.base.labels import Phrase, text
from forecast.base.lock import hold_lock
from forecast.base.mail import Patience, Server, new_message, writable
from forecast.schedule.due import Due, Plan, Post, Record, ServedSlot, due

if TYPE_CHECKING:
    from forecast.runs.run import Outcome

PLAN: Final = "schedule.json"
FOLDER: Final = ".schedule"
RECORD: Final = "record.json"
LOG: Final = "log.jsonl"
LOG_TEXT: Final = "log.txt"
LOCKED: Final = "run.locked"
PAUSE: Final = 30.0  # seconds between two tries while someone else's run holds the folder
PAUSES: Final = 120


@dataclass(frozen=True, slots=True)
class StartResult:
    """How a scheduled start ended: the exit code and a message."""

    exit_code: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The functions by which a scheduled run reaches the outside; tests give their own."""

    now: Callable[[], dt.datetime]  # the time with its zone
    # makes the report of a plan as of a day, in a folder of reports
    make: Callable[[Plan, dt.date, Path], Outcome]
    send: Callable[[Post, str, str], None]  # writes to the analyst: subject and body
    wait: Callable[[float], None]  # waits for some seconds


def real_environment() -> Environment:
    """Give the clock, the report and the mail as they are."""
    return Environment(now=lambda: dt.datetime.now().astimezone(), make=_report, send=send, wait=stop.sleep)


def run(reports_dir: Path, environment: Environment, *, lang: str = "vi", again: bool = False) -> StartResult:
    """Make the report if a slot is due.

    If another scheduled run is at work, this one ends with exit code 0.  If someone makes a report by hand,
    it waits, an hour at most.

    `reports_dir`: folder of the reports, with the plan in it; `lang`: language of messages until the plan is
    read, which has its own; `again`: serve the last slot anew. Raises SpecError if there is no plan, or it is
    damaged; the latter is logged too.
    """
    root = reports_dir.resolve()
    with as_folder(root):
        return _run(root, environment, lang, again=again)


def _run(root: Path, environment: Environment, lang: str, *, again: bool) -> StartResult:
    logs = Logs(root, lang, environment.now)
    try:
        plan = read_plan(root)
    except SpecError as error:
        if error.key == "schedule.damaged":
            logs.write("damaged", error.text(lang), exit_code=error.exit_code)
        raise
    logs = replace(logs, lang=plan.lang)
    record = _record(root, None)
    state = due(plan, record, _local_time(environment), again=again)
    message = _message(plan, state)
    if state.kind == "idle" or (state.kind == "over" and record.over_told == plan.until):
        return StartResult(EXIT_GOOD, message)  # the most frequent: nothing is touched
    scheduled_run = _ScheduledRun(root, plan, environment, logs)
    try:
        with writing(root):
            (root / FOLDER).mkdir(exist_ok=True)
        with hold_lock(root / FOLDER / "lock"):
            return scheduled_run.take(again=again)
    except WriteError as error:
        if error.key == LOCKED:
            return StartResult(EXIT_GOOD, logs.write("busy", error.text(plan.lang)))
        if state.kind == "over":
            return StartResult(EXIT_GOOD, message)
        return scheduled_run.failed(state.slot, error.text(plan.lang), error.exit_code)


@dataclass(frozen=True, slots=True)
class _ScheduledRun:
    """A scheduled run that holds the lock."""

    root: Path
    plan: Plan
    environment: Environment
    logs: Logs

    def take(self, *, again: bool) -> StartResult:
        """Decide again what is due, as another run may have ended meanwhile, and do it."""
        record = _record(self.root, self.logs)
        state = due(self.plan, record, _local_time(self.environment), again=again)
        if state.kind == "idle":
            return StartResult(EXIT_GOOD, _message(self.plan, state))
        if state.kind == "over":
            _write_record(self.root, replace(record, over_told=self.plan.until))
            return StartResult(EXIT_GOOD, self.logs.write("over", _message(self.plan, state)))
        if state.kind == "exhausted":
            error = RunError("schedule.exhausted", {"count": record.attempts})
            return self._finish(record, state, error.text(self.plan.lang), error.exit_code)
        return self._serve(record.begin(state.slot), state)

    def _serve(self, record: Record, state: Due) -> StartResult:
        _write_record(self.root, record)
        self.logs.write("begun", text("schedule.begun", self.plan.lang, at=moment(state.slot)))
        began = time.monotonic()
        try:
            outcome = self._make_report()
        except ForecastError as error:
            return self._finish(record, state, error.text(self.plan.lang), error.exit_code)
        except (KeyboardInterrupt, SystemExit):  # the machine goes down: the slot stays due
            self.logs.write("interrupted", text("run.interrupted", self.plan.lang))
            raise
        except Exception as error:  # noqa: BLE001 - nobody sees a traceback at night, so it goes by mail
            return self._finish(record, state, "".join(traceback.format_exception(error)), EXIT_RUN)
        run_id = outcome.manifest.run_id
        seconds = round(time.monotonic() - began, 1)
        key = "schedule.published" if outcome.made else "schedule.reused"
        message = text(key, self.plan.lang, at=moment(state.slot), path=outcome.folder)
        self.logs.write(
            "published" if outcome.made else "reused", message, run_id=run_id, seconds=seconds, exit_code=0
        )
        _write_record(self.root, record.end(self._served_slot(state, EXIT_GOOD, run_id)))
        return StartResult(EXIT_GOOD, message)

    def _make_report(self) -> Outcome:
        """Make the report; while someone's own run holds the folder, wait."""
        today = self.environment.now().date()
        for _ in range(PAUSES):
            try:
                return self.environment.make(self.plan, today, self.root)
            except WriteError as error:
                if error.key != LOCKED:
                    raise
            self.environment.wait(PAUSE)
        return self.environment.make(self.plan, today, self.root)

    def _finish(self, record: Record, state: Due, why: str, exit_code: int) -> StartResult:
        """Record the failed slot as done, as another attempt would fail too, and report the failure."""
        with contextlib.suppress(WriteError):  # the failure itself is reported below
            _write_record(self.root, record.end(self._served_slot(state, exit_code)))
        return self.failed(state.slot, why, exit_code)

    def _served_slot(self, state: Due, exit_code: int, run_id: str = "") -> ServedSlot:
        return ServedSlot(
            state.slot, exit_code, self.environment.now().isoformat(timespec="seconds"), run_id=run_id
        )

    def failed(self, slot: dt.datetime, why: str, exit_code: int) -> StartResult:
        """Log a failure and mail it to the analyst; a failure of the mail does not change the exit code."""
        message = text("schedule.failed", self.plan.lang, at=moment(slot), why=why)
        self.logs.write("failed", message, exit_code=exit_code)
        post = self.plan.post
        if post is not None:
            facts = {
                "index_code": self.plan.index_code,
                "target_year": self.plan.target_year,
                "area": self.plan.area,
                "at": moment(slot),
                "why": why,
                "exit_code": exit_code,
                "machine": platform.node(),
                "folder": self.root,
                "log": self.root / LOG_TEXT,
            }
            subject, body = (
                text(f"schedule.mail.{part}", self.plan.lang, **facts) for part in ("subject", "body")
            )
            try:
                self.environment.send(post, subject, body)
            except Exception as error:  # noqa: BLE001 - whatever it is, the run's own failure counts
                reason = error.text(self.plan.lang) if isinstance(error, ForecastError) else repr(error)
                self.logs.write("mail_failed", reason)
            else:
                self.logs.write("mailed", text("schedule.mailed", self.plan.lang, to=post.to))
        return StartResult(exit_code, message)


@dataclass(frozen=True, slots=True)
class Logs:
    """The two logs."""

    root: Path
    lang: str
    now: Callable[[], dt.datetime]

    def write(self, event: str, message: str, **facts: Any) -> str:
        """Add an entry to both logs and return the message; a log that cannot be written is ignored."""
        at = self.now().isoformat(timespec="seconds")
        entry = {"at": at, "event": event, **facts, "message": message}
        _append(self.root / LOG, json.dumps(entry, ensure_ascii=True))
        _append(self.root / LOG_TEXT, f"{at} {event}: " + "\n    ".join(message.splitlines()))
        return message


def send(post: Post, subject: str, body: str, patience: Patience | None = None) -> None:
    """Write to the analyst: plain text, UTF-8, no attachment, without a password.

    Raises RunError if the server cannot be reached, is silent, offers no protection or refuses.
    """
    message = new_message(sender=post.sender, to=post.to, subject=subject)
    message["Message-ID"] = make_msgid(domain=post.sender.partition("@")[2])
    message.set_content(writable(body))
    with Server(post.server, insecure=post.insecure, patience=patience or Patience()) as server:
        answer = server.deliver(message.as_bytes(), sender=post.sender, to=post.to)
    if answer.event != "sent":
        raise RunError("schedule.mail_failed", {"to": post.to, "smtp": post.smtp, "error": answer.why})


def read_plan(root: Path) -> Plan:
    """Read the plan of a folder of reports; raises SpecError if there is none, or it is damaged."""
    path = root / PLAN
    try:
        return Plan.from_json(written(path), str(path))
    except FileNotFoundError:
        raise SpecError("schedule.none", {"folder": str(root)}) from None
    except OSError as error:
        raise SpecError("system.refuses", {"path": str(path), "error": reason_of(error)}) from error


def read_record(root: Path) -> Record:
    """Read the record of a folder of reports; an empty one if there is none or it is damaged."""
    return _record(root, None)


def moment(slot: dt.datetime) -> Phrase:
    """Write a slot in the reader's language."""
    return Phrase("schedule.moment", {"time": f"{slot:%H:%M}", "day": slot.date()})


def _record(root: Path, logs: Logs | None) -> Record:
    """Read the record; move a damaged one aside and log it, so that a slot may be served a second time."""
    path = root / FOLDER / RECORD
    try:
        return Record.from_json(written(path), str(path))
    except FileNotFoundError:
        return Record()
    except (OSError, ValueError) as error:
        if logs is not None:
            with writing(path):
                path.replace(path.with_name(f"{RECORD}.damaged"))
            reason = error.text(logs.lang) if isinstance(error, ForecastError) else str(error)
            logs.write("record_damaged", reason)
        return Record()


def _message(plan: Plan, state: Due) -> str:
    key = "schedule.over" if state.kind == "over" else "schedule.idle"
    return text(key, plan.lang, at=moment(state.slot), until=plan.until)


def _write_record(root: Path, record: Record) -> None:
    replace_file(root / FOLDER / RECORD, record.as_json())


def _local_time(environment: Environment) -> dt.datetime:
    return environment.now().replace(tzinfo=None)


def _append(path: Path, line: str) -> None:
    with contextlib.suppress(WriteError):
        append_line(path, line)


def _report(plan: Plan, today: dt.date, root: Path) -> Outcome:
    # Loaded here, as it takes seconds and most starts find nothing due.
    from forecast.runs import report_notebooks as notebooks
    from forecast.runs import run as whole

    return whole.report(
        plan.spec(today),
        data_dir=plan.data_dir,
        reports_dir=root,
        notebooks_dir=plan.notebooks_dir,
        kinds=notebooks.KINDS,
        lang=plan.lang,
    )
