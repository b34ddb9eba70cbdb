"""The connection to a mail server, each answer of which is bounded in time and in length."""

import contextlib
import smtplib
import socket
import threading
from typing import IO, Any, Final

MOST_LINES: Final = 1_000  # of one answer


class _Lines:
    """The lines of a server's answers, so many an answer: smtplib would collect them without end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.left = stream, MOST_LINES
        self.close = stream.close

    def readline(self, size: int) -> bytes:
        """Give one more line, at most `size` bytes of it."""
        if self.left == 0:
            raise ConnectionError("an answer without end")
        self.left -= 1
        return self._stream.readline(size)


class Line(smtplib.SMTP):
    """A connection on which a whole answer takes no longer than the timeout, which is one for each byte."""

    file: Any

    def getreply(self) -> tuple[int, bytes]:
        """Wait for one answer."""
        late = threading.Event()

        def end(line: socket.socket) -> None:
            late.set()
            with contextlib.suppress(OSError):  # not that of TLS, which is not to be called while it reads
                socket.socket.shutdown(line, socket.SHUT_RDWR)

        if self.file is None and self.sock is not None:
            self.file = _Lines(self.sock.makefile("rb"))
        self.file.left = MOST_LINES
        clock = threading.Timer(self.timeout, end, (self.sock,))
        clock.daemon = True
        clock.start()
        try:
            answer = super().getreply()
        except (OSError, smtplib.SMTPException):
            if not late.is_set():
                raise
        finally:
            clock.cancel()
        if late.is_set():  # what has come of the answer is no answer
            self.close()
            raise TimeoutError
        return answer


class TlsLine(Line, smtplib.SMTP_SSL):
    """The same, encrypted from its beginning."""
