"""One run to its readers: a letter each, every step in the ledger, nobody written to twice.

::

    reports/
        sent.jsonl         the ledger
        .sending.lock      held while letters go
        letters/<run id>/  what a rehearsal wrote
"""

from __future__ import annotations

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
from forecast.base.mail import SILENT, Answer, Patience, Server, ServerError
from forecast.runs.store import Store
from forecast.sending import secret
from forecast.sending.choice import LATEST, STALE_DAYS, choose
from forecast.sending.ledger import FILE, INTENT, Ledger, Past
from forecast.sending.letter import Writer
from forecast.sending.recipients import Recipient, Recipients

LETTERS: Final = "letters"
LOCK: Final = ".sending.lock"
MOST_SEEN: Final = 200  # letters written to be looked at; ten thousand would take 4 GB
MOST_SILENT: Final = 2  # letters in a row that a server leaves without an answer
State = Literal["sent", "already", "doubtful", "refused", "failed", "unknown", "left", "ready"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be sent.

    Attributes
    ----------
    run
        The run's name, or "latest".
    again
        Send even if it was sent, may have arrived, or is stale.
    only
        Addresses to send to; all of the file if there are none.
    stale_days
        The oldest that figures may be; default: None.
    insecure
        Ask the server, which must be this machine, for neither encryption nor certificate.
    """

    run: str = LATEST
    again: bool = False
    only: tuple[str, ...] = ()
    stale_days: int | None = None
    insecure: bool = False

    @property
    def oldest(self) -> int | None:
        """Days that figures may be old; None for any age."""
        if self.stale_days is None:
            return None if self.again else STALE_DAYS
        return self.stale_days


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the letter to one reader; `at` is when an earlier one went."""

    to: str
    state: State
    at: str = ""
    why: Phrase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a sending went.

    Attributes
    ----------
    run_id, told
        The run, and what became of each letter.
    lacking, unlisted
        Kinds of files asked for that the run does not have; files beside it that it has not made.
    ledger, torn
        Path of the ledger, and its lines that cannot be read.
    trouble
        Why the server took no more.
    """

    run_id: str
    told: tuple[Told, ...]
    lacking: tuple[str, ...]
    unlisted: tuple[str, ...]
    ledger: Path
    torn: tuple[int, ...] = ()
    trouble: ServerError | None = None

    @property
    def arrived(self) -> int:
        """Count those whose letter a server has taken, now or earlier."""
        return sum(one.state in {"sent", "already"} for one in self.told)

    @property
    def exit_code(self) -> int:
        """0 if every letter has gone, 3 if none has, 5 if some have."""
        if self.arrived == len(self.told):
            return EXIT_GOOD
        return EXIT_PARTLY if self.arrived else EXIT_RUN


def send(
    reports_dir: Path,
    recipients: Recipients,
    wish: Wish,
    *,
    today: dt.date,
    environment: Mapping[str, str] = os.environ,
    patience: Patience | None = None,
    tell: Callable[[Told], None] = lambda _: None,
) -> Outcome:
    """Send a run to those who do not have it yet.

    The size of every letter is looked at before the first one goes.

    Raises
    ------
    SpecError
        If the run may not be sent, a letter is too big, or the server must not be used so; nothing has gone.
    WriteError
        If another sending is at work, or the ledger cannot be written; no letter goes without its line.
    """
    root = reports_dir.resolve()
    letters = _chosen(root, recipients, wish, today)
    login = secret.find(recipients.smtp, environment)
    run_id = letters.run_id
    with (
        as_folder(root),
        hold_lock(root / LOCK, key="send.locked"),
        Server(recipients.smtp, login, wish.insecure, patience or Patience()) as server,
    ):
        ledger = Ledger(root / FILE)
        round_ = _Round(letters.writer, ledger, server, wish.again, tell)
        round_.take(letters.readers, ledger.read(run_id))
        return Outcome(
            run_id=run_id,
            told=tuple(round_.told),
            lacking=letters.lacking,
            unlisted=letters.unlisted,
            ledger=ledger.path,
            torn=tuple(ledger.torn()),
            trouble=round_.trouble,
        )


def rehearse(
    reports_dir: Path, recipients: Recipients, wish: Wish, *, today: dt.date, out: Path | None = None
) -> tuple[Outcome, list[Path]]:
    """Write letters as files instead of sending them, `MOST_SEEN` at most; tell what would become of each.

    Raises
    ------
    SpecError
        As `send` would.
    WriteError
        If the files cannot be written.
    """
    root = reports_dir.resolve()
    Server(recipients.smtp, insecure=wish.insecure)  # refuses what `send` would
    letters = _chosen(root, recipients, wish, today)
    ledger = Ledger(root / FILE)
    past = ledger.read(letters.run_id)
    folder = out if out is not None else root / LETTERS / letters.run_id
    paths = []
    with as_folder(folder):
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        for number, one in enumerate(letters.readers[:MOST_SEEN], 1):
            plain = re.sub(r"[^A-Za-z0-9.@_-]", "_", one.email)[:100]
            paths.append(folder / f"{number:02d}_{plain}.eml")
            replace_file(paths[-1], letters.writer.write(one).content())
    fates = tuple(_before(one.email, past, wish.again) or Told(one.email, "ready") for one in letters.readers)
    outcome = Outcome(
        run_id=letters.run_id,
        told=fates,
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
        return self.writer.chosen.manifest.run_id

    @property
    def unlisted(self) -> tuple[str, ...]:
        return self.writer.chosen.unlisted

    @property
    def lacking(self) -> tuple[str, ...]:
        files = self.writer.chosen.files
        return tuple(dict.fromkeys(kind for one in self.readers for kind in one.attach if not files[kind]))


def _chosen(root: Path, recipients: Recipients, wish: Wish, today: dt.date) -> _Letters:
    """Choose run and readers, or raise SpecError."""
    wanted = {email.casefold() for email in wish.only}
    known = {one.email.casefold(): one for one in recipients.to}
    strangers = [email for email in wish.only if email.casefold() not in known]
    if strangers:
        facts = {"found": strangers, "allowed": [one.email for one in recipients.to]}
        raise SpecError("send.unknown_reader", facts)
    chosen = choose(Store(root), wish.run, today=today, stale_days=wish.oldest)
    readers = tuple(one for address, one in known.items() if not wanted or address in wanted)
    writer = Writer(chosen, recipients.smtp.sender)
    writer.refuse_big(readers)
    return _Letters(writer, readers)


def _before(to: str, past: Mapping[str, Past], again: bool) -> Told | None:  # noqa: FBT001
    """Tell why a letter does not go, or None if it does."""
    known = past.get(to.casefold(), Past())
    if again or known.state == "open":
        return None
    return Told(to, "already", known.sent_on) if known.state == "sent" else Told(to, "doubtful")


@dataclass(slots=True)
class _Round:
    """One sending, with the lock held."""

    writer: Writer
    ledger: Ledger
    server: Server
    again: bool
    tell: Callable[[Told], None]
    told: list[Told] = field(default_factory=list)
    trouble: ServerError | None = None
    silent: int = 0

    def take(self, readers: Iterable[Recipient], past: Mapping[str, Past]) -> None:
        """Write to one reader after the other, until the server takes no letter at all."""
        for reader in readers:
            fate = _before(reader.email, past, self.again) or self._one(reader)
            self.told.append(fate)
            self.tell(fate)

    def _one(self, reader: Recipient) -> Told:
        to = reader.email
        if self.trouble is None:
            try:
                self.server.open()
            except ServerError as error:
                self.trouble = error
        if self.trouble is not None:
            return Told(to, "left")
        one = self.writer.write(reader)
        run_id = self.writer.chosen.manifest.run_id
        facts: dict[str, Any] = {"run_id": run_id, "to": to, "message_id": str(one.message["Message-ID"])}
        self.ledger.add(INTENT, **facts, subject=str(one.message["Subject"]), files=dict(one.files))
        answer = self.server.deliver(one.content(), sender=self.writer.sender, to=to)
        why = "" if answer.why is None else answer.why.text("en")
        self.ledger.add(answer.event, **facts, code=answer.code, answer=why)
        self._weary(answer)
        return Told(to, answer.event, why=answer.why)

    def _weary(self, answer: Answer) -> None:
        """Ask a server that leaves letter after letter without an answer no more: each costs the patience."""
        silent = answer.why is not None and answer.why.key == SILENT
        self.silent = self.silent + 1 if silent else 0
        if self.silent == MOST_SILENT:
            smtp = self.server.smtp
            self.trouble = ServerError("send.silent", {"host": smtp.host, "port": smtp.port})
