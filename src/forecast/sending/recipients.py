"""Read the file of recipients: who gets a report, and through which server.  It holds no password.

::

    [smtp]
    host = "mail.example.org"
    port = 587
    security = "starttls"             # or "tls"
    from = "forecast@example.org"
    user = "forecast"                 # optional

    [[to]]
    name = "Nguyễn Thị Lan"
    email = "lan@example.org"
    lang = "vi"                       # or "en"
    title = "Đồng chí"                # optional: how the reader is addressed
    attach = ["html", "pdf", "xlsx", "docx"]
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from forecast.base import incoming
from forecast.base.errors import EXIT_USE, DataError, Problem
from forecast.base.labels import LANGUAGES
from forecast.base.mail import SECURITY, Smtp
from forecast.base.mail_address import is_address
from forecast.base.spec import nearest
from forecast.base.spelling import slug

ATTACHED: Final = ("html", "pdf", "xlsx", "docx")
MOST_NAME: Final = 100
_HOST: Final = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", re.ASCII)
_IPV6: Final = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*", re.ASCII)
_PASSWORD: Final = re.compile(r"pass|pwd|secret|token|api-?key|credential|mat-?khau", re.ASCII)
_HEADER: Final = re.compile(r"\s*(?P<name>\[\[?\s*[\w.\"-]+\s*\]\]?)")
_ONE_TO: Final = re.compile(r"\s*\[\s*[\"']?to[\"']?\s*\]", re.IGNORECASE)
_KEY: Final = re.compile(r"\s*(?P<name>[^\s=#\[]+)\s*=")


class RecipientsError(DataError):
    """The file of recipients breaks its contract; every problem is listed."""

    exit_code = EXIT_USE

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.key = "recipients.wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One reader."""

    name: str
    email: str
    lang: str = "vi"
    attach: tuple[str, ...] = ("html",)
    title: str = ""


@dataclass(frozen=True, slots=True)
class Recipients:
    """The content of the file."""

    smtp: Smtp
    to: tuple[Recipient, ...]


def read(path: Path) -> Recipients:
    """Read the file of recipients.

    Raises RecipientsError with everything that is wrong, each with its line, table and key.  Neither a
    password nor the value of a key that might be one is ever shown.
    """
    reader = _Reader(path.name)
    tables = reader.parse(path)
    smtp = reader.smtp(tables)
    to = reader.recipients(tables)
    if smtp is None or reader.problems:
        raise RecipientsError(reader.problems)
    return Recipients(smtp, to)


class _Wrong(Exception):  # noqa: N818 - never leaves this file
    """A value is not what its key expects; `shown` is what may be repeated of it."""

    def __init__(self, key: str, facts: dict[str, Any] | None = None, shown: str = "") -> None:
        super().__init__(key)
        self.key, self.facts, self.shown = key, facts or {}, shown


# What a key's value is turned into, or `_Wrong`; and whether the key must be there.
_Field: TypeAlias = tuple[Callable[[Any], Any], bool]


@dataclass(slots=True)
class _Reader:
    """Reads the file and collects its problems."""

    file: str
    lines: Mapping[tuple[str, str], int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def parse(self, path: Path) -> Mapping[str, Any]:
        """Parse the file; what looks like a password is refused wherever it stands."""
        try:
            text = incoming.text(incoming.content(path), self.file)
            rows = [row for row, line in enumerate(text.splitlines(), 1) if _ONE_TO.match(line)]
            if len(rows) > 1 or (rows and "[[to]]" in text):  # told better than by the parser: what is twice
                raise incoming.refusal(self.file, "recipients.one_to", rows[0])
            tables = incoming.toml(text, self.file)
        except DataError as refusal:
            raise RecipientsError(refusal.problems) from None
        self.lines = dict(_lines(text))
        for place, key in _passwords(tables):
            self.wrong(place, key, _Wrong("recipients.password"))
        self.unknown("", tables, ("smtp", "to"))
        return tables

    def smtp(self, tables: Mapping[str, Any]) -> Smtp | None:
        """Read the server's table; None if it is wrong."""
        table = tables.get("smtp")
        if not isinstance(table, dict):
            self.wrong("", "[smtp]", _Wrong("recipients.no_smtp"))
            return None
        usual = SECURITY.get(str(table.get("security")), 0)  # 0: the security is refused, not the port
        table = {"port": usual or next(iter(SECURITY.values())), **table}
        values = self.table("[smtp]", table, _SMTP)
        if values is None:
            return None
        own = next((name for name, port in SECURITY.items() if port == values["port"]), values["security"])
        if own != values["security"]:  # the server would wait for us as long as we for it
            facts = {"security": own, "usual": usual}
            self.wrong("[smtp]", "port", _Wrong("recipients.port_of_other", facts, str(values["port"])))
        return Smtp(sender=values.pop("from"), **values)

    def recipients(self, whole: Mapping[str, Any]) -> tuple[Recipient, ...]:
        """Read the readers; an address may stand there once."""
        tables = whole.get("to")
        if isinstance(tables, dict):
            self.wrong("[to]", "", _Wrong("recipients.one_to"))
            return ()
        if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
            self.wrong("", "[[to]]", _Wrong("recipients.no_to"))
            return ()
        readers: list[Recipient] = []
        places: dict[str, str] = {}
        for number, table in enumerate(tables, 1):
            place = f"[[to]] {number}"
            read = self.table(place, table, _TO)
            if read is None:
                continue
            reader = Recipient(**read)
            first = places.setdefault(reader.email.casefold(), place)
            if first != place:
                facts = {"first": first}
                self.wrong(place, "email", _Wrong("recipients.twice", facts, reader.email))
            readers.append(reader)
        return tuple(readers)

    def table(
        self, place: str, values: Mapping[str, Any], fields: Mapping[str, _Field]
    ) -> dict[str, Any] | None:
        """Read one table; None if anything in it is wrong."""
        before = len(self.problems)
        self.unknown(place, values, tuple(fields))
        checked = {}
        for key, (check, required) in fields.items():
            if key not in values:
                if required:
                    self.wrong(place, key, _Wrong("recipients.missing"))
                continue
            try:
                checked[key] = check(values[key])
            except _Wrong as wrong:
                self.wrong(place, key, wrong)
        return checked if len(self.problems) == before else None

    def unknown(self, place: str, values: Mapping[str, Any], known: Sequence[str]) -> None:
        """Refuse keys that nobody reads, with the nearest; their values are not shown."""
        for key in values:
            if key not in known and not _secret(key):
                near = nearest(key, known)
                name = "recipients.unknown_near" if near else "recipients.unknown"
                self.wrong(place, key, _Wrong(name, {"near": near, "known": list(known)}))

    def wrong(self, place: str, key: str, wrong: _Wrong) -> None:
        """Keep a problem with its place."""
        row = self.lines.get((place, key)) or self.lines.get((place, ""))
        where = ", ".join(filter(None, (self.file, place, key)))
        self.problems.append(Problem(where, row, "", wrong.shown, wrong.key, wrong.facts))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("recipients.text")
    text = unicodedata.normalize("NFC", value).strip()
    if not text or not text.isprintable() or len(text) > MOST_NAME:
        raise _Wrong("recipients.short_text", {"most": MOST_NAME}, text)
    return text


def _host(value: Any) -> str:
    host = _text(value).strip("[]")
    if not _HOST.fullmatch(host) and not _IPV6.fullmatch(host):
        raise _Wrong("recipients.host")  # not shown: it may be written user:password@host
    return host.lower()


def _port(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 65536:
        raise _Wrong("recipients.port", shown=str(value))
    return value


def _address(value: Any) -> str:
    if not isinstance(value, str) or not is_address(value):
        raise _Wrong("recipients.address", shown=str(value))
    return value


def _one_of(allowed: Sequence[str]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in allowed:
            raise _Wrong("recipients.choice", {"allowed": list(allowed)}, str(value))
        return str(value)

    return check


def _attach(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(kind in ATTACHED for kind in value):
        raise _Wrong("recipients.attach", {"allowed": list(ATTACHED)}, str(value))
    return tuple(kind for kind in ATTACHED if kind in value)


_SMTP: Final[Mapping[str, _Field]] = {
    "host": (_host, True),
    "port": (_port, True),
    "security": (_one_of(tuple(SECURITY)), True),
    "from": (_address, True),
    "user": (_text, False),
}
_TO: Final[Mapping[str, _Field]] = {
    "name": (_text, True),
    "email": (_address, True),
    "title": (_text, False),
    "lang": (_one_of(LANGUAGES), False),
    "attach": (_attach, False),
}


def _secret(key: str) -> bool:
    return bool(_PASSWORD.search(slug(key)))


def _passwords(tree: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Find each key that looks like a password's, however deep."""
    if isinstance(tree, list):
        for number, item in enumerate(tree, 1):
            yield from _passwords(item, f"[{place}] {number}" if place else "")
    if not isinstance(tree, dict):
        return
    for key, value in tree.items():
        if _secret(key):
            yield place, key
        else:
            yield from _passwords(value, place or f"[{key}]")


def _lines(text: str) -> Iterator[tuple[tuple[str, str], int]]:
    """Find the line of each table and key; enough for files written in the usual way."""
    place, count = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            place = re.sub(r"\s", "", header["name"])
            if place == "[[to]]":
                count += 1
                place = f"{place} {count}"
            yield (place, ""), number
        elif key_line := _KEY.match(line):
            yield (place, key_line["name"].strip("\"'")), number
