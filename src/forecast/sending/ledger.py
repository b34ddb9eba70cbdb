"""The ledger of letters: one line for each event, written before a letter is sent and after.

::

    {"at": ..., "event": "intent", "run_id": ..., "to": ..., "message_id": ..., "subject": ..., "files": ...}
    {"at": ..., "event": "sent", "run_id": ..., "to": ..., "message_id": ..., "code": 250, "answer": ""}

An intent without a result means that the program was stopped in between: the letter may have arrived.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from forecast.base.disk import append_line, writing
from forecast.base.incoming import content, record

FILE: Final = "sent.jsonl"
INTENT: Final = "intent"
MOST_BYTES: Final = 500_000_000


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the ledger says of one run's letters to one address.

    `sent_on` is when one was last taken by the server; `doubtful` says that one may have been.
    """

    sent_on: str = ""
    doubtful: bool = False
    waiting: bool = False

    @property
    def state(self) -> Literal["sent", "unknown", "open"]:
        """Whether a letter was sent, may have been sent ("unknown"), or neither ("open")."""
        if self.sent_on:
            return "sent"
        return "unknown" if self.doubtful or self.waiting else "open"

    def after(self, event: str, at: str) -> Delivery:
        """Give the state after one more event; of two intents in a row the first had no result."""
        match event:
            case "intent":
                return replace(self, doubtful=self.doubtful or self.waiting, waiting=True)
            case "sent":
                return replace(self, sent_on=at, waiting=False)
            case "unknown":
                return replace(self, doubtful=True, waiting=False)
        return replace(self, waiting=False)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of a folder of reports; whoever writes holds the lock of sending."""

    path: Path

    def add(self, event: str, *, run_id: str, to: str, **facts: Any) -> None:
        """Add an event and flush it to disk.

        Raises WriteError if that cannot be; then no letter may go.
        """
        at = dt.datetime.now().astimezone().isoformat(timespec="seconds")
        entry = {"at": at, "event": event, "run_id": run_id, "to": to, **facts}
        append_line(self.path, json.dumps(entry, ensure_ascii=True))

    def read(self, run_id: str) -> Mapping[str, Delivery]:
        """Give the state of a run's letters, by lower-case address.

        A line that cannot be read is skipped.  That is safe: a power cut damages a line only while it is
        written, and then either no letter has gone, or its intent is on an earlier line.
        """
        past: dict[str, Delivery] = {}
        for entry in self._entries():
            if entry["run_id"] == run_id:
                to = entry["to"].casefold()
                past[to] = past.get(to, Delivery()).after(entry["event"], entry["at"])
        return past

    def torn(self) -> list[int]:
        """Number the lines that cannot be read, from 1."""
        return [number for number, line in enumerate(self._lines(), 1) if line and _entry(line) is None]

    def _entries(self) -> Iterator[Mapping[str, str]]:
        return filter(None, map(_entry, self._lines()))

    def _lines(self) -> list[bytes]:
        with writing(self.path):
            return content(self.path, most=MOST_BYTES).split(b"\n") if self.path.exists() else []


def _entry(line: bytes) -> Mapping[str, str] | None:
    try:
        stored = record(line)
        entry = {name: stored[name] for name in ("at", "event", "run_id", "to")}
    except (ValueError, KeyError, TypeError):
        return None
    return entry if all(isinstance(value, str) and value for value in entry.values()) else None
