"""Send letters through a mail server: encrypted, its certificate checked, every answer put into words.

A server that offers no encryption gets no letter.  Until the last byte has been sent a letter cannot have
arrived, so sending is tried again; between that byte and the answer it may have arrived, so it is not.
"""

import base64
import contextlib
import datetime as dt
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import ClassVar, Final, Literal, Self

from forecast.base.errors import RunError, SpecError, reason_of, shown
from forecast.base.labels import Phrase
from forecast.base.mail_line import Line, TlsLine

SECURITY: Final = {"starttls": 587, "tls": 465}  # and the port that is usual for it
LOCAL: Final = ("localhost", "127.0.0.1", "::1")
MOST_ANSWER: Final = 200
HIDDEN: Final = "***"
SILENT: Final = "send.why.silent"
NOT_NOW: Final = "send.why.not_now"
Event = Literal["sent", "refused", "failed", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The server that takes the letters; `sender` is the address that they come from."""

    host: str
    port: int
    security: str
    sender: str
    user: str = ""

    @property
    def local(self) -> bool:
        """Tell whether the server is this machine."""
        return self.host in LOCAL


@dataclass(frozen=True, slots=True)
class Login:
    """User and password; neither is shown, whatever prints this."""

    user: str = field(repr=False)
    password: str = field(repr=False)

    def hide(self, text: str) -> str:
        """Take user and password out of what a server has answered, also as it was sent (base64)."""
        pair = f"\0{self.user}\0{self.password}"
        plain = [self.password, self.user]
        coded = [base64.b64encode(part.encode()).decode() for part in (pair, *plain)]
        for part in (*coded, *plain):
            text = text.replace(part, HIDDEN)
        return text


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for each step of a server, after which it is not asked again, and before each new try."""

    seconds: float = 30.0
    pauses: tuple[float, ...] = (2.0, 8.0)
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a letter, the server's code (0: none) and why."""

    event: Event
    code: int = 0
    why: Phrase | None = None


class ServerError(RunError):
    """The server takes no letter at all; `lasting` if trying again is of no use."""

    lasting: ClassVar[bool] = True


class _PassingError(ServerError):
    lasting = False


class _Refused(Exception):  # noqa: N818 - never leaves this file
    """The server has answered a step with another code than it should."""

    def __init__(self, code: int, words: bytes) -> None:
        super().__init__(code)
        self.code, self.words = code, words


class _Lost(Exception):  # noqa: N818 - never leaves this file
    """The connection ended after the whole letter was handed over and before the answer."""


def new_message(*, sender: str, to: str | Address, subject: str) -> EmailMessage:
    """Begin a letter of the program's own: who, to whom, what about, when."""
    if isinstance(to, Address):
        to = Address(display_name=_in_clear(to.display_name), addr_spec=to.addr_spec)
    message = EmailMessage(SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = _in_clear(" ".join(writable(subject).split()))  # a header has no line ends
    message["Date"] = format_datetime(dt.datetime.now().astimezone())
    message["Auto-Submitted"] = "auto-generated"  # so that no absence notice answers it
    return message


def _in_clear(text: str) -> str:
    """Break what would be decoded as an encoded word, which may hold line ends, and so another header."""
    return text.replace("=?", "= ?")


def writable(text: str) -> str:
    """Write what UTF-8 cannot hold (half characters of a damaged file name) as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


@dataclass(slots=True)
class Server:
    """A mail server; the connection is kept from letter to letter, and made anew after trouble.

    Raises
    ------
    SpecError
        If the traffic is not to be protected and the server is not this machine.
    """

    smtp: Smtp
    login: Login | None = None
    insecure: bool = False
    patience: Patience = field(default_factory=Patience)
    _line: smtplib.SMTP | None = None

    def __post_init__(self) -> None:
        if self.insecure and not self.smtp.local:
            raise SpecError("send.insecure", {"host": self.smtp.host})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._line is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._line.quit()
        self.close()

    def close(self) -> None:
        """Drop the connection without a word."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def open(self) -> None:
        """Connect, encrypt and log in, unless that is done; what is passing is tried again.

        Raises ServerError if the server takes no letter from us.
        """
        for pause in (*self.patience.pauses, None):
            try:
                self._connect()
            except ServerError as error:
                if error.lasting or pause is None:
                    raise
                self.patience.sleep(pause)
            else:
                return

    def deliver(self, content: bytes, *, sender: str, to: str) -> Answer:
        """Hand one letter over.  What is passing is tried again, what may have arrived is not."""
        answer = Answer("failed")
        for pause in (*self.patience.pauses, None):
            try:
                self._connect()
                self._hand_over(content, sender, to)
            except ServerError as error:
                answer = Answer("failed", why=Phrase(error.key, error.facts))
                lasting = error.lasting
            except _Lost as error:
                answer, lasting = Answer("unknown", why=_silence(error.__cause__)), True
            except _Refused as error:
                answer = self._answer(error)
                lasting = answer.event == "refused"
            except (OSError, smtplib.SMTPException) as error:
                answer, lasting = Answer("failed", why=_silence(error)), _timed_out(error)
            else:
                return Answer("sent", 250)
            self.close()
            if lasting or pause is None:
                break
            self.patience.sleep(pause)
        return answer

    def _answer(self, refused: _Refused) -> Answer:
        facts = {"code": refused.code, "words": self._words(refused.words)}
        if 500 <= refused.code < 600:
            return Answer("refused", refused.code, Phrase("send.why.refused", facts))
        return Answer("failed", refused.code, Phrase(NOT_NOW, facts))

    def _words(self, words: bytes) -> str:
        """Make a server's words fit to be shown: on one line, without what is secret."""
        text = " ".join(words.decode("utf-8", "replace").split())
        return shown(self.login.hide(text) if self.login else text, MOST_ANSWER)

    def _hand_over(self, content: bytes, sender: str, to: str) -> None:
        line = self._line
        if line is None:
            raise smtplib.SMTPServerDisconnected("closed")
        size = [f"size={len(content)}"] if line.has_extn("size") else []
        _expect(line.mail(sender, size), 250)
        _expect(line.rcpt(to), 250, 251)
        _expect(line.docmd("DATA"), 354)
        line.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
        try:
            answer = line.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise _Lost from error
        if not 200 <= answer[0] < 600:  # no answer that can be understood
            raise _Lost
        _expect(answer, *range(200, 300))

    def _connect(self) -> None:
        if self._line is not None:
            return
        with self._in_words():
            line = self._greeted()
            try:
                self._encrypt(line)
                if self.login is not None:
                    _log_in(line, self.login)
            except BaseException:
                line.close()
                raise
            self._line = line

    def _greeted(self) -> smtplib.SMTP:
        # Our own name is given, as smtplib would ask the network for it and may wait long.
        host, port, name = self.smtp.host, self.smtp.port, socket.gethostname()
        if self.smtp.security != "tls":
            return Line(host, port, local_hostname=name, timeout=self.patience.seconds)
        return TlsLine(
            host, port, local_hostname=name, timeout=self.patience.seconds, context=self._context()
        )

    def _encrypt(self, line: smtplib.SMTP) -> None:
        line.ehlo_or_helo_if_needed()
        if self.smtp.security == "tls" or (self.insecure and not line.has_extn("starttls")):
            return
        line.starttls(context=self._context())
        line.ehlo()

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.insecure:  # this machine alone, see __post_init__
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        """Put what goes wrong before a letter is on its way into words, without its cause.

        The cause may hold what was sent to log in.
        """
        try:
            yield
        except smtplib.SMTPResponseException as error:
            raise self._unserved(error) from None
        except (OSError, ValueError) as error:
            key, why, passing = _reason(error)
            raise self._error(key, passing=passing, why=why) from None

    def _unserved(self, error: smtplib.SMTPResponseException) -> ServerError:
        code, passing = error.smtp_code, error.smtp_code < 500
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return self._error(
                "send.login_later" if passing else "send.login_refused", passing=passing, code=code
            )
        words = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
        return self._error("send.not_served", passing=passing, code=code, words=self._words(words))

    def _error(self, key: str, *, passing: bool, **facts: object) -> ServerError:
        error_type = _PassingError if passing else ServerError
        return error_type(key, {"host": self.smtp.host, "port": self.smtp.port, **facts})


def _log_in(line: smtplib.SMTP, login: Login) -> None:
    """Log in by one way only: smtplib's own tries all in turn, and wrong passwords lock accounts."""
    offered = line.esmtp_features.get("auth", "").upper().split()
    ways = {"PLAIN": "auth_plain", "LOGIN": "auth_login", "CRAM-MD5": "auth_cram_md5"}
    for name, way in ways.items():
        if name in offered:
            line.user, line.password = login.user, login.password
            line.auth(name, getattr(line, way))
            return
    raise smtplib.SMTPNotSupportedError("AUTH")


def _reason(error: Exception) -> tuple[str, str | Phrase, bool]:
    """Tell why there is no connection: the sentence, the reason, and whether it may pass."""
    reason: tuple[str, str | Phrase, bool]
    match error:
        case ssl.SSLCertVerificationError():
            reason = ("send.certificate", error.verify_message, False)
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            reason = ("send.dropped", "", True)
        case ssl.SSLError():
            reason = ("send.no_tls", error.reason or "TLS", False)
        case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
            reason = ("send.no_starttls", "", False)
        case smtplib.SMTPServerDisconnected() if not _timed_out(error):
            reason = ("send.dropped", "", True)
        case smtplib.SMTPNotSupportedError():
            reason = ("send.no_login", "", False)
        case OSError():
            silent = _timed_out(error)
            why = Phrase("send.why.no_host") if isinstance(error, socket.gaierror) else reason_of(error)
            reason = ("send.silent" if silent else "send.unreachable", why, not silent)
        case _:  # a name that cannot be one
            reason = ("send.unreachable", type(error).__name__, False)
    return reason


def _expect(answer: tuple[int, bytes], *good: int) -> None:
    code, words = answer
    if code not in good:
        raise _Refused(code, words)


def _silence(error: BaseException | None) -> Phrase:
    return Phrase(SILENT if _timed_out(error) else "send.why.dropped")


def _timed_out(error: BaseException | None) -> bool:
    """Tell a server that said nothing from one that hung up; smtplib wraps the one as the other."""
    while error is not None:
        if isinstance(error, TimeoutError):
            return True
        error = error.__cause__ or error.__context__
    return False
