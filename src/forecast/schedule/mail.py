"""A plain letter to the analyst when a run that nobody watched has failed."""

from __future__ import annotations

import datetime as dt
import smtplib
import socket
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Final

from forecast.base.errors import RunError
from forecast.schedule.due import Post

SECONDS: Final = 20.0


def letter(post: Post, subject: str, body: str) -> EmailMessage:
    """Make the letter: one reader, plain text, UTF-8, no attachment."""
    made = begun(sender=post.sender, to=post.to, subject=subject)
    made["Message-ID"] = make_msgid(domain=post.sender.partition("@")[2])
    made.set_content(writable(body))
    return made


def begun(*, sender: str, to: str | Address, subject: str) -> EmailMessage:
    """Begin a letter of the program's own: who, to whom, what about, when."""
    made = EmailMessage()
    made["From"] = sender
    made["To"] = to
    made["Subject"] = " ".join(writable(subject).split())  # a header has no line ends
    made["Date"] = format_datetime(dt.datetime.now().astimezone())
    made["Auto-Submitted"] = "auto-generated"  # so that no absence notice answers it
    return made


def send(post: Post, made: EmailMessage, *, seconds: float = SECONDS) -> None:
    """Hand the letter to the server; encrypted where the server offers it, and without a password.

    Raises
    ------
    RunError
        If the server cannot be reached, is silent for `seconds`, or refuses.
    """
    host, port = post.server
    try:
        # Our own name is given, as smtplib would ask the network for it and may wait long.
        with smtplib.SMTP(host, port, local_hostname=socket.gethostname(), timeout=seconds) as server:
            server.ehlo_or_helo_if_needed()
            if server.has_extn("starttls"):
                server.starttls()
            server.send_message(made, from_addr=post.sender, to_addrs=[post.to])
    except (OSError, smtplib.SMTPException, ValueError) as error:
        facts = {"to": post.to, "smtp": post.smtp, "error": f"{type(error).__name__}: {error}"}
        raise RunError("schedule.mail_failed", facts) from error


def writable(text: str) -> str:
    """Write what UTF-8 cannot hold (half characters of a damaged file name) as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
