"""Stop at a signal, but between two steps of the work: a handler notes the signal, `check` looks for it.

An exception raised by a handler could interrupt any statement, also one that cleans up after a failed run.
What only computes, for seconds, is ended where it stands (`at_once`).
"""

import contextlib
import signal
import time
from collections.abc import Iterator
from typing import Final

FROM_SIGNAL: Final = 128  # shells add the signal's number
LOOK: Final = 0.2  # seconds between two looks while something is waited for
_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")
_noted: list[int] = []  # signals are their process' own
_computing: list[bool] = []


@contextlib.contextmanager
def on_signals() -> Iterator[None]:
    """Note Ctrl-C, SIGTERM and the closing of the terminal, for `check`; a second one ends at once.

    What is ignored stays so: nohup ignores the closing, a shell Ctrl-C of what it starts in the background.
    """
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}

    def note(number: int, _frame: object) -> None:
        _noted.append(number)
        signal.signal(number, before[number])
        if _computing:
            check()

    caught = [number for number in numbers if before[number] not in (signal.SIG_IGN, None)]
    for number in caught:
        signal.signal(number, note)
    try:
        yield
    finally:
        for number in caught:
            signal.signal(number, before[number])
        _noted.clear()


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """Let a signal end the block in the middle: only for what writes nothing that anybody reads after it."""
    _computing.append(True)
    try:
        check()
        yield
    finally:
        _computing.clear()


def requested() -> bool:
    """Whether a signal to stop has come."""
    return bool(_noted)


def check() -> None:
    """Stop here if a signal has come.

    Raises KeyboardInterrupt or SystemExit on Ctrl-C; on another signal, with the code that shells give it.
    """
    if signal.SIGINT in _noted:
        raise KeyboardInterrupt
    if _noted:
        raise SystemExit(FROM_SIGNAL + _noted[0])


def sleep(seconds: float) -> None:
    """Wait, unless a signal comes."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        check()
        time.sleep(min(left, LOOK))
    check()
