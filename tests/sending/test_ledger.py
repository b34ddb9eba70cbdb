"""The ledger: wherever a crash cuts it, nobody who may have the letter gets it again."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base.errors import DataError
from forecast.sending.ledger import FILE, Ledger

RESULTS = ("sent", "refused", "failed", "unknown")
attempts = st.lists(
    st.tuples(st.sampled_from(["lan@example.org", "MINH@example.org"]), st.sampled_from([*RESULTS, None])),
    max_size=6,
)


def written(folder, happened):
    """The ledger of attempts, each an intent and, unless it was cut off, a result."""
    ledger = Ledger(folder / "sent.jsonl")
    ledger.path.unlink(missing_ok=True)
    for to, result in happened:
        ledger.add("intent", run_id="run", to=to)
        if result:
            ledger.add(result, run_id="run", to=to)
    return ledger


@given(happened=attempts)
def test_a_state_follows_from_what_may_have_arrived(happened, tmp_path_factory):
    """Sent if any attempt was; else unknown if any had no result or a doubtful one; else open."""
    ledger = written(tmp_path_factory.mktemp("ledger"), happened)

    past = ledger.read("run")

    assert ledger.read("another run") == {}
    for to in {to for to, _ in happened}:
        results = {result for whom, result in happened if whom == to}
        expected = "sent" if "sent" in results else "unknown" if results & {None, "unknown"} else "open"
        assert past[to.casefold()].state == expected


@given(happened=attempts, cut=st.integers(0, 10_000))
def test_a_ledger_torn_anywhere_lets_nobody_be_written_to_twice(happened, cut, tmp_path_factory):
    """A crash leaves a beginning of the ledger; whoever may have the letter by it is not open."""
    ledger = written(tmp_path_factory.mktemp("ledger"), happened)
    whole = ledger.path.read_bytes() if ledger.path.exists() else b""
    left = whole[: cut % (len(whole) + 1)]
    ledger.path.write_bytes(left)
    kept = [entry for entry in map(_parsed, left.split(b"\n")) if entry]

    ledger.add("intent", run_id="another run", to="x@example.org")  # goes on after the torn line
    past = ledger.read("run")

    for to in {entry["to"] for entry in kept}:
        events = " ".join(entry["event"] for entry in kept if entry["to"] == to)
        certain = events.replace("intent refused", "").replace("intent failed", "").strip()
        assert (past[to.casefold()].state == "open") is (certain == "")
    assert len(ledger.torn()) == sum(bool(line) and not _parsed(line) for line in left.split(b"\n"))


def _parsed(line):
    try:
        return json.loads(line)
    except ValueError:
        return None


@pytest.mark.parametrize(
    "line", ["{", "[]", "{}", '{"at": 1, "event": "sent", "run_id": "run", "to": "x"}', "\0\0"]
)
def test_a_line_that_says_nothing_is_numbered_and_passed_over(line, tmp_path):
    """What surrounds it counts."""
    ledger = written(tmp_path, [("lan@example.org", "sent")])
    with ledger.path.open("a", encoding="utf-8") as handle:
        handle.write(line + "\n")
    ledger.add("intent", run_id="run", to="minh@example.org")

    assert ledger.torn() == [3]
    assert {to: past.state for to, past in ledger.read("run").items()} == {
        "lan@example.org": "sent",
        "minh@example.org": "unknown",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_a_pipe_in_the_place_of_the_ledger_is_refused(tmp_path):
    """Its writer is not waited for, and no letter goes."""
    os.mkfifo(tmp_path / FILE)

    with pytest.raises(DataError, match="not a regular file"):
        Ledger(tmp_path / FILE).read("run")
