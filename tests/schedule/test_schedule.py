"""Plan, record and what is due: one run for however many were missed, whatever the clock does."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base.errors import SpecError
from forecast.schedule.due import MOST_ATTEMPTS, MOST_SERVED, Plan, Post, Record, ServedSlot, due, upcoming
from forecast.schedule.when import LAST_DAY, When


def moment(text):
    """Read a moment of the wall clock."""
    return dt.datetime.fromisoformat(text)


POST = Post(to="lan@office.example", sender="forecast@office.example", smtp="mail.office.example:2525")
PLAN = Plan(
    when=When.parse("monthly 05:30"),
    until=dt.date(2024, 10, 31),
    installed_at=moment("2024-05-20 09:00"),
    index_code="PAR",
    area="TP. Hồ Chí Minh",
    target_year=2024,
    lang="vi",
    data_dir=Path("/srv/data"),
    notebooks_dir=Path("/srv/notebooks"),
    post=POST,
)
NOWS = st.datetimes(moment("2024-01-01 00:00"), moment("2025-01-01 00:00"))
WHENS = st.one_of(
    st.builds(When, st.just("daily"), st.integers(0, 23), st.integers(0, 59)),
    st.builds(When, st.just("weekly"), st.integers(0, 23), st.integers(0, 59), st.integers(0, 6)),
    st.builds(When, st.just("monthly"), st.integers(0, 23), st.integers(0, 59), st.integers(1, LAST_DAY)),
)


def done(slot, exit_code=0):
    """Make the entry of a slot that is done with."""
    return ServedSlot(moment(slot), exit_code, f"{slot}:30+07:00", "a-run")


@pytest.mark.parametrize(
    ("now", "served", "kind"),
    [
        ("2024-05-31 23:59", [], "idle"),  # the slot of 1 May came before the installation
        ("2024-06-01 05:29", [], "idle"),
        ("2024-06-01 05:30", [], "run"),
        ("2024-06-20 12:00", [], "run"),  # missed, and made up
        ("2024-06-20 12:00", ["2024-06-01 05:30"], "idle"),
        ("2024-09-20 12:00", [], "run"),  # four were missed: one run
        ("2024-09-20 12:00", ["2024-09-01 05:30"], "idle"),
        ("2024-10-31 23:59", [], "run"),
        ("2024-11-01 00:00", [], "over"),
        ("2024-11-01 05:30", [], "over"),
    ],
)
def test_what_is_due_by_hand(now, served, kind):
    """The last slot counts, if it came after the installation, is not in the record, and no end is past."""
    record = Record(served=tuple(map(done, served)))

    assert due(PLAN, record, moment(now)).kind == kind


def test_a_clock_that_goes_back_repeats_nothing_that_was_done():
    """After the slot of 1 July the clock says June, whose slot was served too; then July comes again."""
    record = Record(served=(done("2024-06-01 05:30"), done("2024-07-01 05:30")))

    assert due(PLAN, record, moment("2024-06-15 00:00")).kind == "idle"
    assert due(PLAN, record, moment("2024-07-02 00:00")).kind == "idle"
    assert due(PLAN, record, moment("2024-08-01 05:30")).kind == "run"
    assert due(PLAN, record, moment("1970-01-01 00:00")).kind == "idle"


def test_a_clock_that_was_ahead_blocks_nothing_later():
    """A slot served while the clock was months ahead does not stand for those before it."""
    record = Record(served=(done("2024-10-01 05:30"),))

    assert due(PLAN, record, moment("2024-07-01 05:30")).kind == "run"


@given(WHENS, st.lists(NOWS, max_size=30))
def test_no_slot_is_served_twice_whatever_the_clock_says(when, nows):
    """Whenever it is started, forwards or backwards in time, each slot is made once at most."""
    plan = replace(PLAN, when=when)
    record = Record()
    slots = []
    for now in nows:
        found = due(plan, record, now)
        if found.kind == "run":
            assert plan.installed_at < found.slot <= now
            slots.append(found.slot)
            record = record.begin(found.slot).end(ServedSlot(found.slot, 0, ""))

    assert len(slots) == len(set(slots))


def test_an_hour_that_comes_twice_or_never_has_one_slot():
    """In spring 02:30 is skipped and due from 03:00 on; in autumn its second coming finds it done."""
    plan = replace(PLAN, when=When.parse("daily 02:30"), installed_at=moment("2024-03-30 12:00"))

    spring = due(plan, Record(served=(done("2024-03-30 02:30"),)), moment("2024-03-31 03:00"))
    autumn = due(plan, Record(served=(done("2024-10-27 02:30"),)), moment("2024-10-27 02:30"))

    assert (spring.kind, spring.slot) == ("run", moment("2024-03-31 02:30"))
    assert autumn.kind == "idle"


def test_a_run_that_is_cut_off_each_time_is_given_up():
    """Begun as often as allowed without an end, a slot is exhausted; the next slot starts anew."""
    record = Record()
    now = moment("2024-06-01 05:30")
    for _ in range(MOST_ATTEMPTS):
        assert due(PLAN, record, now).kind == "run"
        record = record.begin(moment("2024-06-01 05:30"))

    assert due(PLAN, record, now).kind == "exhausted"
    assert due(PLAN, record, now, again=True).kind == "run"
    assert due(PLAN, record, moment("2024-07-01 05:30")).kind == "run"


def test_again_serves_a_slot_anew_but_not_after_the_end():
    """For the analyst who has mended what was wrong."""
    record = Record(served=(done("2024-06-01 05:30", 1),))

    assert due(PLAN, record, moment("2024-06-02 00:00"), again=True).kind == "run"
    assert due(PLAN, record, moment("2024-11-02 00:00"), again=True).kind == "over"


def test_the_next_slots_end_with_the_plan():
    """From the installation on, up to the last day."""
    ahead = upcoming(PLAN, moment("2024-09-15 00:00"), 5)

    assert ahead == [moment("2024-10-01 05:30")]
    assert upcoming(PLAN, moment("2024-01-01 00:00"), 1) == [moment("2024-06-01 05:30")]
    assert upcoming(PLAN, moment("2024-10-01 05:30"), 5) == []


@given(WHENS, NOWS, st.sampled_from([None, POST]), st.sampled_from(["vi", "en"]))
def test_a_plan_reads_back(when, installed_at, post, lang):
    """What is kept in schedule.json is the plan."""
    plan = replace(PLAN, when=when, installed_at=installed_at, post=post, lang=lang)

    assert Plan.from_json(plan.as_json(), "schedule.json") == plan


@given(st.lists(st.tuples(NOWS, st.integers(0, 4)), max_size=MOST_SERVED + 5), st.booleans())
def test_a_record_reads_back(slots, over):
    """What is kept is the record, the latest slots of it."""
    record = Record(over_told=PLAN.until if over else None)
    for slot, exit_code in slots:
        record = record.begin(slot).end(ServedSlot(slot, exit_code, "then", "a-run"))

    assert Record.from_json(record.as_json(), "record.json") == record
    assert len(record.served) <= MOST_SERVED


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"when": "hourly"},
        {"until": "31/11/2024"},
        {"installed_at": "2024-05-20T09:00:00+07:00"},
        {"target_year": None},
        {"target_year": 20240},
        {"index_code": "XYZ"},
        {"area": 7},
        {"data_dir": None},
        {"post": {"to": "lan@office.example"}},
        {"post": "lan@office.example"},
        {"lang": "fr"},
    ],
    ids=str,
)
def test_a_damaged_plan_is_refused_with_its_name(change):
    """Whatever is wrong with it: the file, what is wrong, and what to do."""
    damaged = json.dumps({**json.loads(PLAN.as_json()), **change})

    with pytest.raises(SpecError) as caught:
        Plan.from_json(damaged, "reports/schedule.json")

    assert caught.value.key == "schedule.damaged"
    assert "reports/schedule.json" in caught.value.text("vi")


@given(st.one_of(st.text(max_size=40), st.integers(0, len(PLAN.as_json()) - 3)))
def test_any_other_text_is_no_plan_and_no_record(found):
    """Half a file or anything else gives a refusal, never another error."""
    text = found if isinstance(found, str) else PLAN.as_json()[:found]
    for kind in (Plan, Record):
        with pytest.raises(SpecError):
            kind.from_json(text, "file")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"to": "lan"}, "--mail-to"),
        ({"to": "lan@office.example, mayor@office.example"}, "--mail-to"),
        ({"to": "lan@office.example\nBcc: mayor@office.example"}, "--mail-to"),
        ({"sender": ""}, "--mail-from"),
        ({"smtp": "host:port"}, "--smtp"),
        ({"smtp": "host:70000"}, "--smtp"),
        ({"smtp": "http://host:25"}, "--smtp"),
    ],
)
def test_a_letter_has_one_reader_and_a_server(change, words):
    """Two addresses, or a header smuggled into one, are refused."""
    with pytest.raises(SpecError, match=words):
        replace(POST, **change)


def test_a_server_is_a_host_and_a_port():
    """Port 25 by default, TLS at once on 465; an IPv6 host stands in brackets."""
    found = [replace(POST, smtp=smtp).server for smtp in (POST.smtp, "mail", "[::1]:587", "mail:465")]

    assert [(one.host, one.port, one.security) for one in found] == [
        ("mail.office.example", 2525, "starttls"),
        ("mail", 25, "starttls"),
        ("::1", 587, "starttls"),
        ("mail", 465, "tls"),
    ]
