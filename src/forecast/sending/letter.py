"""A run as a letter to one reader: text, the same as HTML, and the files attached."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from forecast.base.errors import SpecError
from forecast.base.labels import Phrase
from forecast.base.spelling import slug
from forecast.pages import report
from forecast.schedule import mail
from forecast.sending.choice import MEETING, Chosen
from forecast.sending.recipients import Recipient

MOST_BYTES: Final = 10_000_000
MEGABYTE: Final = 1_000_000
TYPES: Final = {
    "html": ("text", "html"),
    "pdf": ("application", "pdf"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A letter that is ready to go; `lacking` names the kinds of files that the run does not have."""

    recipient: Recipient
    message: EmailMessage
    files: Mapping[str, int]
    lacking: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes on the wire, base64 included."""
        return len(self.message.as_bytes(policy=SMTP))


def write(chosen: Chosen, recipient: Recipient, *, sender: str) -> Written:
    """Write the letter to one reader; nobody else is named in it.

    Raises
    ------
    SpecError
        If the report is to be attached and the run has none.
    """
    run = chosen.manifest
    if "html" in recipient.attach and not chosen.files["html"]:
        reason = Phrase("send.not.no_page", {"file": MEETING})
        raise SpecError("send.not_sendable", {"run_id": run.run_id, "reasons": (reason,)})
    attached = [kind for kind in recipient.attach if chosen.files[kind]]
    body = report.letter(
        chosen.result,
        lang=recipient.lang,
        name=recipient.name,
        edition=run.lang,
        attached=attached,
        run_id=run.run_id,
    )
    to = Address(display_name=recipient.name, addr_spec=recipient.email)
    made = mail.begun(sender=sender, to=to, subject=body.subject)
    made["Message-ID"] = message_id(run.run_id, recipient.email, sender)
    made["Content-Language"] = recipient.lang
    # Quoted-printable, as not every server takes 8 bits.
    made.set_content(mail.writable(body.text), cte="quoted-printable")
    made.add_alternative(mail.writable(body.html), subtype="html", cte="quoted-printable")
    files: dict[str, int] = {}
    for kind in attached:
        for name, data in chosen.files[kind].items():
            shown = _file_name(chosen, name)
            maintype, subtype = TYPES[kind]
            made.add_attachment(data, maintype=maintype, subtype=subtype, filename=shown)
            files[shown] = len(data)
    return Written(recipient, made, files, tuple(kind for kind in recipient.attach if kind not in attached))


def message_id(run_id: str, email: str, sender: str) -> str:
    """Name a letter, the same each time, so that mail programs know one that comes twice."""
    digits = hashlib.sha256(f"{run_id}\0{email.casefold()}".encode()).hexdigest()[:32]
    return f"<forecast.{digits}@{sender.partition('@')[2]}>"


def refuse_big(letters: list[Written], most: int = MOST_BYTES) -> None:
    """Refuse letters that servers would not take, before any has gone.

    Raises
    ------
    SpecError
        Naming the readers, the whole size and that of each file as it travels.
    """
    big = [one for one in letters if one.size > most]
    if not big:
        return
    largest = max(big, key=lambda one: one.size)
    # Base64 makes four characters of three bytes, and a line end of two more after each 76.
    carried = {name: round(size * 4 / 3 * 78 / 76) for name, size in largest.files.items()}
    files = [
        Phrase("send.file_size", {"name": name, "size": _megabytes(size)}) for name, size in carried.items()
    ]
    facts = {
        "names": [one.recipient.email for one in big],
        "total": _megabytes(largest.size),
        "most": _megabytes(most),
        "files": files,
    }
    raise SpecError("send.too_big", facts)


def _megabytes(size: int) -> float:
    return round(size / MEGABYTE, 1)


def _file_name(chosen: Chosen, name: str) -> str:
    """Name an attachment in plain ASCII, so that those of two months do not fall into one."""
    stem, _, ending = name.rpartition(".")
    spec = chosen.manifest.spec
    return f"{spec['index_code']}-{spec['target_year']}_{spec['as_of']}_{slug(stem)}.{ending}"
