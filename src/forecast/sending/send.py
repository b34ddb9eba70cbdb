"""Send one run to its readers: one letter each, every step in the ledger, no letter twice.

::

    reports/
        sent.jsonl         the ledger
        .sending.lock      held while letters go
        letters/<run id>/  letters written by a rehearsal
"""

import datetime as dt
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from forecast.base.disk import as_folder, replace_file, writing
from forecast.base.errors import EXIT_GOOD, EXIT_PARTLY, EXIT_RUN, SpecError
from forecast.base.labels import Phrase
from forecast.base.lock import hold_lock
from forecast.base.mail import NOT_NOW, SILENT, Answer, Patience, Server, ServerError
from forecast.runs.store import LATEST, Store
from forecast.sending import secret
from forecast.sending.ledger import FILE, INTENT, Delivery, Ledger
from forecast.sending.letter import Writer
from forecast.sending.recipients import Recipient, Recipients
from forecast.sending.sendable_run import STALE_DAYS, choose

LETTERS: Final = "letters"
LOCK: Final = ".sending.lock"
MOST_REHEARSED: Final = 200  # letters written to be looked at; ten thousand would take 4 GB
MOST_SILENT: Final = 2  # letters in a row that a server leaves without an answer
State = Literal["sent", "already", "doubtful", "refused", "failed", "unknown", "left", "ready"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which run to send, to whom, and how."""

    run: str = LATEST  # the run's name, or "latest"
    again: bool = False  # send even if it was sent, may have arrived, or is stale
    only: tuple[str, ...] = ()  # addresses to send to; all of the file if there are none
    stale_days: int | None = None  # the oldest that figures may be; default: None
    # ask the server, which must be this machine, for neither encryption nor certificate
    insecure: bool = False

    @property
    def oldest(self) -> int | None:
        """Days that figures may be old; None for any age."""
        if self.stale_days is None:
            return None if self.again else STALE_DAYS
        return self.stale_days


@dataclass(frozen=True, slots=True)
class LetterResult:
    """The result of the letter to one reader; `at` is when an earlier one was sent."""

    to: str
    state: State
    at: str = ""
    why: Phrase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a sending went."""

    # run_id, letters: the run, and the result of each letter
    run_id: str
    letters: tuple[LetterResult, ...]
    # lacking, unlisted: kinds of files asked for that the run does not have; files in its folder that it has
    # not made
    lacking: tuple[str, ...]
    unlisted: tuple[str, ...]
    # ledger, torn: path of the ledger, and its lines that cannot be read
    ledger: Path
    torn: tuple[int, ...] = ()
    trouble: ServerError | None = None  # why the server took no more

    @property
    def arrived(self) -> int:
        """Count those whose letter a server has taken, now or earlier."""
        return sum(one.state in {"sent", "already"} for one in self.letters)

    @property
    def put_off(self) -> int:
        """Count those whose letter the server will take later, as it says."""
        return sum(one.why is not None and one.why.key == NOT_NOW for one in self.letters)

    @property
    def exit_code(self) -> int:
        """0 if every letter has gone, 3 if none has, 5 if some have."""
        if self.arrived == len(self.letters):
            return EXIT_GOOD
        return EXIT_PARTLY if self.arrived else EXIT_RUN


def send(
    reports_dir: Path,
    recipients: Recipients,
    request: Request,
    *,
    today: dt.date,
    environment: Mapping[str, str] = os.environ,
    patience: Patience | None = None,
    tell: Callable[[LetterResult], None] = lambda _: None,
) -> Outcome:
    """Send a run to those who do not have it yet.

    The size of every letter is looked at before the first one goes.

    Raises SpecError if the run may not be sent, a letter is too big, or the server must not be used so;
    nothing has gone; WriteError if another sending is at work, or the ledger cannot be written; no letter
    goes without its line.
    """
    root = reports_dir.resolve()
    letters = _choose(root, recipients, request, today)
    login = secret.find(recipients.smtp, environment)
    run_id = letters.run_id
    with (
        as_folder(root),
        hold_lock(root / LOCK, key="send.locked"),
        Server(recipients.smtp, login, request.insecure, patience or Patience()) as server,
    ):
        ledger = Ledger(root / FILE)
        sending = _Sending(letters.writer, ledger, server, request.again, tell)
        sending.take(letters.readers, ledger.read(run_id))
        return Outcome(
            run_id=run_id,
            letters=tuple(sending.letters),
            lacking=letters.lacking,
            unlisted=letters.unlisted,
            ledger=ledger.path,
            torn=tuple(ledger.torn()),
            trouble=sending.trouble,
        )


def rehearse(
    reports_dir: Path, recipients: Recipients, request: Request, *, today: dt.date, out: Path | None = None
) -> tuple[Outcome, list[Path]]:
    """Write at most `MOST_REHEARSED` letters as files instead of sending them; give the result of each.

    Raises SpecError (as `send` would); WriteError if the files cannot be written.
    """
    root = reports_dir.resolve()
    Server(recipients.smtp, insecure=request.insecure)  # refuses what `send` would
    letters = _choose(root, recipients, request, today)
    ledger = Ledger(root / FILE)
    past = ledger.read(letters.run_id)
    folder = out if out is not None else root / LETTERS / letters.run_id
    paths = []
    with as_folder(folder):
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        for number, one in enumerate(letters.readers[:MOST_REHEARSED], 1):
            plain = re.sub(r"[^A-Za-z0-9.@_-]", "_", one.email)[:100]
            paths.append(folder / f"{number:02d}_{plain}.eml")
            replace_file(paths[-1], letters.writer.write(one).content())
    outcomes = tuple(
        _earlier(one.email, past, request.again) or LetterResult(one.email, "ready")
        for one in letters.readers
    )
    outcome = Outcome(
        run_id=letters.run_id,
        letters=outcomes,
        lacking=letters.lacking,
        unlisted=letters.unlisted,
        ledger=ledger.path,
        torn=tuple(ledger.torn()),
    )
    return outcome, paths


@dataclass(frozen=True, slots=True)
class _Letters:
    writer: Writer
    readers: tuple[Recipient, ...]

    @property
    def run_id(self) -> str:
        return self.writer.run.manifest.run_id

    @property
    def unlisted(self) -> tuple[str, ...]:
        return self.writer.run.unlisted

    @property
    def lacking(self) -> tuple[str, ...]:
        files = self.writer.run.files
        return tuple(dict.fromkeys(kind for one in self.readers for kind in one.attach if not files[kind]))


def _choose(root: Path, recipients: Recipients, request: Request, today: dt.date) -> _Letters:
    """Choose the run and its readers, or raise SpecError."""
    wanted = {email.casefold() for email in request.only}
    by_address = {one.email.casefold(): one for one in recipients.to}
    strangers = [email for email in request.only if email.casefold() not in by_address]
    if strangers:
        facts = {"found": strangers, "allowed": [one.email for one in recipients.to]}
        raise SpecError("send.unknown_reader", facts)
    sendable = choose(Store(root), request.run, today=today, stale_days=request.oldest)
    readers = tuple(one for address, one in by_address.items() if not wanted or address in wanted)
    writer = Writer(sendable, recipients.smtp.sender)
    writer.refuse_big(readers)
    return _Letters(writer, readers)


def _earlier(to: str, past: Mapping[str, Delivery], again: bool) -> LetterResult | None:  # noqa: FBT001
    """Give the result of an earlier letter that forbids another; None if the letter may be sent."""
    earlier = past.get(to.casefold(), Delivery())
    if again or earlier.state == "open":
        return None
    return (
        LetterResult(to, "already", earlier.sent_on)
        if earlier.state == "sent"
        else LetterResult(to, "doubtful")
    )


@dataclass(slots=True)
class _Sending:
    """A sending that holds the lock."""

    writer: Writer
    ledger: Ledger
    server: Server
    again: bool
    tell: Callable[[LetterResult], None]
    letters: list[LetterResult] = field(default_factory=list)
    trouble: ServerError | None = None
    silent: int = 0

    def take(self, readers: Iterable[Recipient], past: Mapping[str, Delivery]) -> None:
        """Send to one reader after the other; after a server error the others get "left"."""
        for reader in readers:
            result = _earlier(reader.email, past, self.again) or self._one(reader)
            self.letters.append(result)
            self.tell(result)

    def _one(self, reader: Recipient) -> LetterResult:
        to = reader.email
        if self.trouble is None:
            try:
                self.server.open()
            except ServerError as error:
                self.trouble = error
        if self.trouble is not None:
            return LetterResult(to, "left")
        one = self.writer.write(reader)
        run_id = self.writer.run.manifest.run_id
        facts: dict[str, Any] = {"run_id": run_id, "to": to, "message_id": str(one.message["Message-ID"])}
        self.ledger.add(INTENT, **facts, subject=str(one.message["Subject"]), files=dict(one.files))
        answer = self.server.deliver(one.content(), sender=self.writer.sender, to=to)
        why = "" if answer.why is None else answer.why.text("en")
        self.ledger.add(answer.event, **facts, code=answer.code, answer=why)
        self._count_silence(answer)
        return LetterResult(to, answer.event, why=answer.why)

    def _count_silence(self, answer: Answer) -> None:
        """Give up after `MOST_SILENT` letters in a row without an answer, as each costs a time-out."""
        silent = answer.why is not None and answer.why.key == SILENT
        self.silent = self.silent + 1 if silent else 0
        if self.silent == MOST_SILENT:
            smtp = self.server.smtp
            self.trouble = ServerError("send.silent", {"host": smtp.host, "port": smtp.port})
