"""Letters have the headers that were meant; a server that answers too slowly or without end is left."""

import contextlib
import email
import itertools
import socket
import threading
import time
from email.headerregistry import Address
from email.policy import SMTP

import pytest

from forecast.base import mail
from forecast.base.mail import Patience, Server, ServerError, Smtp

PATIENCE = 0.6
LETTER = b"Subject: x\r\n\r\nx\r\n"
GOOD = {"": b"220 here\r\n", "DATA": b"354 go on\r\n", ".": b"250 taken\r\n"}


def slowly(answer, pause=0.1):
    """Give an answer byte by byte."""
    for byte in answer:
        yield bytes([byte])
        time.sleep(pause)


@pytest.fixture
def server():
    """Give the port of a server that answers a step (its first word) as told, else well."""
    with contextlib.ExitStack() as stack:

        def go(answers):
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            thread = threading.Thread(target=_serve, args=(listener, answers), daemon=True)
            thread.start()
            stack.callback(thread.join, 5)
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            return listener.getsockname()[1]

        yield go


def _serve(listener, answers):
    with contextlib.suppress(OSError):
        while True:
            line, _ = listener.accept()
            _talk(line, answers)


def _talk(line, answers):
    data = False
    with contextlib.suppress(OSError), line, line.makefile("rb") as said:
        for words in itertools.chain([b""], said):
            step = words.decode().strip().partition(" ")[0].upper()
            if data and step != ".":
                continue
            data = step == "DATA"
            for part in answers.get(step, lambda step=step: [GOOD.get(step, b"250 good\r\n")])():
                line.sendall(part)


def deliver(port):
    """Hand a letter over; give the answer, or the error, and the seconds that it took."""
    smtp = Smtp(host="127.0.0.1", port=port, security="starttls", sender="a@example.org")
    began = time.monotonic()
    with Server(smtp, insecure=True, patience=Patience(PATIENCE, sleep=lambda _: None)) as server:
        try:
            server.open()
            answer = server.deliver(LETTER, sender="a@example.org", to="b@example.org")
        except ServerError as error:
            answer = error
    return answer, time.monotonic() - began


def test_a_slow_answer_within_the_time_is_taken(server):
    """Some bytes a second are not what is refused."""
    answer, _ = deliver(server({"RCPT": lambda: slowly(b"250 ok\r\n", 0.02)}))

    assert (answer.event, answer.code) == ("sent", 250)


@pytest.mark.parametrize(
    ("step", "told"), [("", "send.silent"), ("EHLO", "send.silent"), ("MAIL", "failed"), (".", "unknown")]
)
def test_an_answer_byte_by_byte_is_silence_in_the_end(step, told, server):
    """Each byte comes in time, the answer would take minutes; nothing is tried again."""
    answer, seconds = deliver(server({step: lambda: slowly(b"250 " + b"." * 600)}))

    assert told == (answer.key if isinstance(answer, ServerError) else answer.event)
    assert isinstance(answer, ServerError) or answer.why.key == mail.SILENT
    assert seconds < 2 * PATIENCE + 1


@pytest.mark.parametrize("step", ["", "EHLO", "RCPT"])
def test_an_answer_of_endless_lines_is_not_collected(step, server, monkeypatch):
    """It would fill the memory."""
    monkeypatch.setattr("forecast.base.mail_line.MOST_LINES", 50)
    answer, _ = deliver(server({step: lambda: itertools.repeat(b"250-more\r\n")}))

    assert isinstance(answer, ServerError) or answer.event == "failed"


ENCODED = [
    "=?utf-8?q?x=0D=0ABcc:_c@example.org?=",
    "A =?UTF-8?B?eA0KQmNjOiBjQGV4YW1wbGUub3Jn?= B",
    "=?utf-8?q?x=00?=",
    "==?utf-8?q?=0A?=",
]


@pytest.mark.parametrize("words", ENCODED)
def test_words_that_look_encoded_make_no_header(words):
    """A name or a subject that came encoded would be decoded, line ends and all, on its way out."""
    to = Address(display_name=words, addr_spec="b@example.org")
    message = mail.new_message(sender="a@example.org", to=to, subject=words)
    sent = email.message_from_bytes(message.as_bytes(), policy=SMTP)

    assert sorted(sent.keys()) == ["Auto-Submitted", "Date", "From", "Subject", "To"]
    assert [each.addr_spec for each in sent["To"].addresses] == ["b@example.org"]
    assert b"\0" not in message.as_bytes()
    assert sent["Subject"] == words.replace("=?", "= ?")
