"""Write a run as a letter to one reader: text, the same in HTML, and attached files."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final

from forecast.base import mail
from forecast.base.errors import SpecError
from forecast.base.labels import Phrase
from forecast.base.spelling import slug
from forecast.pages import report
from forecast.sending.recipients import Recipient
from forecast.sending.sendable_run import SendableRun

MOST_BYTES: Final = 10_000_000
MEGABYTE: Final = 1_000_000
TYPES: Final = {
    "html": ("text", "html"),
    "pdf": ("application", "pdf"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "docx": ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
}


@dataclass(frozen=True, slots=True)
class PreparedLetter:
    """A letter that is ready to go."""

    recipient: Recipient
    message: EmailMessage  # with its attachments
    files: Mapping[str, int]  # size of each attachment
    lacking: tuple[str, ...]  # kinds of files that the run does not have

    def content(self) -> bytes:
        """Give the bytes on the wire, attachments included."""
        return self.message.as_bytes()


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes one run's letters; the body is made once for each language and choice of files."""

    run: SendableRun
    sender: str
    _bodies: dict[tuple[str, str, tuple[str, ...]], report.Letter] = field(default_factory=dict)

    def write(self, recipient: Recipient) -> PreparedLetter:
        """Write the letter; of the files asked for, those that the run has are attached."""
        run_id = self.run.manifest.run_id
        edition, files_by_kind = self.run.edition(recipient.lang)
        attached = tuple(kind for kind in recipient.attach if files_by_kind[kind])
        body = self._body(recipient.lang, edition, attached).to(recipient.name, recipient.title)
        to = Address(display_name=recipient.name, addr_spec=recipient.email)
        message = mail.new_message(sender=self.sender, to=to, subject=body.subject)
        message["Message-ID"] = message_id(run_id, recipient.email, self.sender)
        message["Content-Language"] = recipient.lang
        # Quoted-printable, as not every server takes 8 bits.
        message.set_content(mail.writable(body.text), cte="quoted-printable")
        message.add_alternative(mail.writable(body.html), subtype="html", cte="quoted-printable")
        files: dict[str, int] = {}
        if attached:
            # Neither base64 nor quoted-printable text has such a line.
            message.make_mixed(
                boundary=f"=_{hashlib.sha256(str(message['Message-ID']).encode()).hexdigest()[:32]}"
            )
        for kind in attached:
            for name, data in files_by_kind[kind].items():
                file_name = _file_name(self.run, name)
                maintype, subtype = TYPES[kind]
                message.add_attachment(data, maintype=maintype, subtype=subtype, filename=file_name)
                files[file_name] = len(data)
        lacking = tuple(kind for kind in recipient.attach if kind not in attached)
        return PreparedLetter(recipient, message, files, lacking)

    def refuse_big(self, readers: Iterable[Recipient], most: int = MOST_BYTES) -> None:
        """Refuse letters that servers would not take, before any has gone.

        Letters of one language with the same files differ only by the name, so the longest is measured.

        Raises SpecError naming the readers, the whole size and that of each file as it travels.
        """
        groups: dict[tuple[str, tuple[str, ...]], list[Recipient]] = {}
        for reader in readers:
            groups.setdefault((reader.lang, reader.attach), []).append(reader)
        longest = [max(group, key=lambda one: len(one.name + one.email)) for group in groups.values()]
        letters = [self.write(one) for one in longest]
        sizes = [len(one.content()) for one in letters]
        big = [group for group, size in zip(groups.values(), sizes, strict=True) if size > most]
        if not big:
            return
        size, largest = max(zip(sizes, letters, strict=True), key=lambda pair: pair[0])
        # Base64 makes four characters of three bytes, and a line end of two more after each 76.
        sizes_sent = {name: round(size * 4 / 3 * 78 / 76) for name, size in largest.files.items()}
        files = [
            Phrase("send.file_size", {"name": name, "size": _megabytes(size)})
            for name, size in sizes_sent.items()
        ]
        facts = {
            "names": [one.email for group in big for one in group],
            "total": _megabytes(size),
            "most": _megabytes(most),
            "files": files,
        }
        raise SpecError("send.too_big", facts)

    def _body(self, lang: str, edition: str, attached: tuple[str, ...]) -> report.Letter:
        if (lang, edition, attached) not in self._bodies:
            run = self.run.manifest
            self._bodies[lang, edition, attached] = report.letter(
                self.run.result,
                lang=lang,
                name="",
                edition=edition,
                attached=attached,
                run_id=run.run_id,
                issuer=self.run.issuer,
            )
        return self._bodies[lang, edition, attached]


def message_id(run_id: str, email: str, sender: str) -> str:
    """Give the Message-ID of a letter, the same each time, so that mail programs recognise a second copy."""
    digits = hashlib.sha256(f"{run_id}\0{email.casefold()}".encode()).hexdigest()[:32]
    return f"<forecast.{digits}@{sender.partition('@')[2]}>"


def _megabytes(size: int) -> float:
    return round(size / MEGABYTE, 1)


def _file_name(run: SendableRun, name: str) -> str:
    """Name an attachment in plain ASCII, with its day, so that two months have two names."""
    stem, _, ending = name.rpartition(".")
    spec = run.manifest.spec
    return f"{spec['index_code']}-{spec['target_year']}_{spec['as_of']}_{slug(stem)}.{ending}"
