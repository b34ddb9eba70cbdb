"""Signals are noted and looked for between steps."""

import os
import signal
import threading
import time

import pytest

from forecast.base import stop


@pytest.mark.parametrize(
    ("number", "error"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit), (signal.SIGHUP, SystemExit)],
)
def test_a_signal_stops_at_the_next_look_and_not_before(number, error):
    """The statement that it comes in ends undisturbed; handlers are afterwards as they were."""
    own = signal.signal(number, signal.default_int_handler)
    try:
        with stop.on_signals():
            os.kill(os.getpid(), number)
            assert stop.requested()
            with pytest.raises(error) as caught:
                stop.check()
        assert number == signal.SIGINT or caught.value.code == 128 + number
        assert signal.getsignal(number) is signal.default_int_handler
        assert not stop.requested()
    finally:
        signal.signal(number, own)


@pytest.mark.parametrize("early", [True, False])
def test_what_only_computes_is_ended_where_it_stands(early):
    """Also by a signal that came before; after the block one is noted again."""
    own = signal.signal(signal.SIGINT, signal.default_int_handler)
    reached = []
    try:
        with stop.on_signals():
            with pytest.raises(KeyboardInterrupt):
                compute(reached, early=early)
            assert stop.requested()
        with stop.on_signals():
            with stop.at_once():
                reached.append("another")
            os.kill(os.getpid(), signal.SIGINT)
            assert stop.requested()
    finally:
        signal.signal(signal.SIGINT, own)
    assert reached == (["another"] if early else ["computed", "another"])


def compute(reached, *, early):
    """Send the signal before the block, or in it."""
    if early:
        os.kill(os.getpid(), signal.SIGINT)
    with stop.at_once():
        reached.append("computed")
        os.kill(os.getpid(), signal.SIGINT)
        reached.append("went on")


def test_a_second_signal_does_what_it_would_have_done_anyway():
    """Whoever cannot wait for the next look is not held up."""
    own = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with stop.on_signals():
            os.kill(os.getpid(), signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, own)


def test_what_is_ignored_stays_ignored():
    """As a shell has it for what it starts in the background."""
    own = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop.on_signals():
            os.kill(os.getpid(), signal.SIGINT)
            stop.check()
    finally:
        signal.signal(signal.SIGINT, own)


def test_waiting_ends_with_the_signal():
    """A wait of an hour is not waited out."""
    own = signal.signal(signal.SIGTERM, signal.default_int_handler)
    sent = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM))
    began = time.monotonic()
    try:
        with stop.on_signals():
            sent.start()
            with pytest.raises(SystemExit):
                stop.sleep(3600)
    finally:
        sent.cancel()
        signal.signal(signal.SIGTERM, own)
    assert time.monotonic() - began < 60
