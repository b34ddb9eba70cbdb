"""A plain letter to the analyst when a run that nobody watched has failed."""

from __future__ import annotations

import datetime as dt
import smtplib
import socket
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Final

from forecast.errors import RunError
from forecast.runs.schedule import Post

SECONDS: Final = 20.0


def letter(post: Post, subject: str, body: str) -> EmailMessage:
    """Make the letter: one reader, plain text, UTF-8, no attachment."""
    made = EmailMessage()
    made["From"] = post.sender
    made["To"] = post.to
    made["Subject"] = " ".join(_writable(subject).split())  # a header has no line ends
    made["Date"] = format_datetime(dt.datetime.now().astimezone())
    made["Message-ID"] = make_msgid(domain=post.sender.partition("@")[2])
    made["Auto-Submitted"] = "auto-generated"  # so that no absence notice answers it
    made.set_content(_writable(body))
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


def _writable(text: str) -> str:
    """Write what UTF-8 cannot hold (half characters of a damaged file name) as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
