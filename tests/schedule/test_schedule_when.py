"""Slots of a schedule: laws over all of them, the same minute in each system's own words, refusals."""

import datetime as dt
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base.errors import SpecError
from forecast.schedule.when import LAST_DAY, WEEKDAYS, When

MINUTES = {"hour": st.integers(0, 23), "minute": st.integers(0, 59)}
WHENS = st.one_of(
    st.builds(When, st.just("daily"), **MINUTES),
    st.builds(When, st.just("weekly"), **MINUTES, day=st.integers(0, 6)),
    st.builds(When, st.just("monthly"), **MINUTES, day=st.integers(1, LAST_DAY)),
)
MOMENTS = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1))  # noqa: DTZ001 - wall clock


def moment(text):
    """Read a moment of the wall clock."""
    return dt.datetime.fromisoformat(text)


def cron_names(line, at):
    """Tell, by crontab(5) alone, whether a line of five fields names a minute."""
    minute, hour, day, month, weekday = line.split()
    found = (at.minute, at.hour, at.day, at.month, at.isoweekday() % 7)
    fields = (minute, hour, day, month, weekday)
    return all(field == "*" or int(field) == value for field, value in zip(fields, found, strict=True))


def calendar_names(text, at):
    """Tell, by systemd.time(7) alone, whether a calendar event names a minute."""
    *weekday, date, time = text.split()
    year, month, day = date.split("-")
    return (
        (not weekday or weekday[0] == at.strftime("%a"))
        and (year, month) == ("*", "*")
        and (day == "*" or int(day) == at.day)
        and time == at.strftime("%H:%M:00")
    )


@given(WHENS, MOMENTS)
def test_now_lies_between_the_previous_slot_and_the_next(when, now):
    """previous <= now < next, both are slots, and none lies between."""
    before, after = when.previous(now), when.next(now)

    assert before <= now < after
    assert when.previous(before) == before
    assert when.previous(after) == after
    assert when.next(before) == after
    assert when.previous(after - dt.timedelta(microseconds=1)) == before


@given(WHENS, MOMENTS, st.integers(-2000, 2000))
def test_cron_systemd_and_we_name_the_same_minutes(when, now, minutes_off):
    """A minute is a slot of ours just when the crontab line and the calendar event name it."""
    slot = when.previous(now)
    for at in (slot, slot + dt.timedelta(minutes=minutes_off), slot + dt.timedelta(days=minutes_off)):
        ours = when.previous(at) == at

        assert cron_names(when.cron(), at) == ours
        assert calendar_names(when.calendar(), at) == ours


@given(WHENS)
def test_a_schedule_reads_back(when):
    """What is written is what was read, in any case and with any spaces."""
    assert When.parse(str(when)) == when
    assert When.parse("  ".join(str(when).upper().split())) == when


@pytest.mark.parametrize(
    ("every", "now", "before", "after"),
    [
        ("monthly 05:30", "2024-10-01 05:29", "2024-09-01 05:30", "2024-10-01 05:30"),
        ("monthly 05:30", "2024-10-01 05:30", "2024-10-01 05:30", "2024-11-01 05:30"),
        ("monthly 25 05:30", "2024-01-10 00:00", "2023-12-25 05:30", "2024-01-25 05:30"),
        ("monthly 28 23:59", "2024-03-01 00:00", "2024-02-28 23:59", "2024-03-28 23:59"),
        ("weekly mon 05:30", "2024-10-20 12:00", "2024-10-14 05:30", "2024-10-21 05:30"),
        ("weekly sun 00:00", "2024-10-20 00:00", "2024-10-20 00:00", "2024-10-27 00:00"),
        ("daily 05:30", "2025-01-01 00:00", "2024-12-31 05:30", "2025-01-01 05:30"),
    ],
)
def test_slots_by_hand(every, now, before, after):
    """Counted on a calendar; 20 October 2024 was a Sunday."""
    when = When.parse(every)

    assert when.previous(moment(now)) == moment(before)
    assert when.next(moment(now)) == moment(after)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ("", "--every"),
        ("montly 05:30", "“monthly”"),
        ("hàng tháng 05:30", "daily, weekly, monthly"),
        ("weekly mn 05:30", "“mon”"),
        ("weekly 05:30", "weekly mon 05:30"),
        ("daily mon 05:30", "daily 05:30"),
        ("monthly", "monthly 25 05:30"),
        ("monthly 31 05:30", "28"),
        ("monthly 0 05:30", "28"),
        ("monthly ²5 05:30", "28"),
        ("daily 24:00", "23:59"),
        ("daily 5h30", "05:30"),
        ("daily 05:60", "05:30"),
    ],
)
def test_a_schedule_that_is_not_understood_is_refused_with_what_is(found, words):
    """Each refusal names what was found and what to write, in both languages."""
    with pytest.raises(SpecError) as caught:
        When.parse(found)

    for lang in ("vi", "en"):
        assert words in caught.value.text(lang)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
@pytest.mark.parametrize(
    "every", ["daily 05:30", "monthly 05:30", "monthly 28 23:59", *map("weekly {} 00:05".format, WEEKDAYS)]
)
def test_systemd_reads_the_same_slot(every):
    """systemd itself finds the next slot where we do."""
    when = When.parse(every)
    base = moment("2024-10-20 12:00")

    told = subprocess.run(
        ["systemd-analyze", "calendar", f"--base-time={base} UTC", when.calendar()],
        capture_output=True,
        check=True,
        encoding="utf-8",
        env={"TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        timeout=120,
    ).stdout

    assert f"{when.next(base):Next elapse: %a %Y-%m-%d %H:%M:%S UTC}" in told
