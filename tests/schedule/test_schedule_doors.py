"""What a plan, its record and the options of `forecast schedule` refuse, case by case, with the sentence."""

import json
import os

import pytest

from forecast import cli
from forecast.base.errors import SpecError
from forecast.schedule import unattended
from forecast.schedule.due import Plan, Post, Record
from forecast.schedule.when import When

PLAN = {
    "format": 1,
    "when": "daily 05:30",
    "until": "2024-10-31",
    "installed_at": "2024-10-01T00:00:00",
    "index_code": "PAR",
    "area": "TP. Hồ Chí Minh",
    "target_year": 2024,
    "lang": "vi",
    "data_dir": "/d",
    "notebooks_dir": "/n",
    "post": None,
}
WHOLE = json.dumps(PLAN)
POST = {"to": "a@b.c", "sender": "c@d.e", "smtp": "localhost:25"}
ODD, DEEP = "not as forecast schedule wrote it", 100_000

RAW_PLANS = {
    '{"format": 1, "format": 1}': "the key “format” stands twice",
    "": ODD,
    "null": ODD,
    "[]": ODD,
    "5": ODD,
    '"text"': ODD,
    "[" * DEEP: ODD,
    '{"a":' * DEEP: ODD,
    WHOLE[:-9]: ODD,
    WHOLE + "x": ODD,
    WHOLE.replace("2024,", "NaN,"): ODD,
    WHOLE.replace("2024,", "Infinity,"): ODD,
    WHOLE.replace("2024,", "1e400,"): ODD,
    WHOLE.replace("2024,", "9" * 5_000 + ","): ODD,
    WHOLE.replace('"/d"', '"/d\\ud800"'): ODD,
    "\ufeff" + WHOLE: ODD,
}
PLANS = [
    ("format", 2, ODD),
    ("format", None, ODD),
    ("when", "hourly", "there is no --every “hourly”"),
    ("when", 5, ODD),
    ("until", "10/2024", "e.g. 20/10/2024"),
    ("until", "2024-02-30", "there is no day 2024-02-30"),
    ("until", None, ODD),
    ("installed_at", "yesterday", ODD),
    ("installed_at", "2024-10-01T00:00:00+07:00", ODD),
    ("index_code", "XXX", "there is no index_code “XXX”"),
    ("index_code", [], ODD),
    ("area", "", "area is empty"),
    ("area", "a" * 101, "area must be a name on one line"),
    ("area", "a\nb\u202e", "area must be a name on one line"),
    ("area", 5, ODD),
    ("target_year", 2024.9, ODD),
    ("target_year", "2024", ODD),
    ("target_year", True, ODD),
    ("target_year", -1, ODD),
    ("target_year", 99_999, "target_year must be from 2012"),
    ("lang", "fr", "there is no --lang “fr”"),
    ("lang", None, ODD),
    ("data_dir", "d", ODD),
    ("data_dir", "/d\0", ODD),
    ("data_dir", 5, ODD),
    ("notebooks_dir", "", ODD),
    ("post", [], ODD),
    ("post", "a@b.c", ODD),
    ("post", {}, ODD),
    ("post", {**POST, "password": "x"}, ODD),
    ("post", {**POST, "to": 5}, ODD),
    ("post", {**POST, "smtp": 25}, ODD),
    ("post", {**POST, "smtp": "h:99999"}, "--smtp “h:99999” is not understood"),
    (
        "post",
        {**POST, "smtp": "h:25", "insecure": True},
        "--insecure is for a mail server on this very machine",
    ),
]
RECORD = {
    "format": 1,
    "served": [{"slot": "2024-10-01T05:30:00", "exit_code": 0, "finished_at": "x", "run_id": ""}],
    "begun": None,
    "attempts": 0,
    "over_told": None,
}
RECORDS = [
    ("served", {}),
    ("served", [5]),
    ("served", [{}]),
    ("served", [{**RECORD["served"][0], "slot": "x"}]),
    ("served", [{**RECORD["served"][0], "exit_code": float("inf")}]),
    ("served", [{**RECORD["served"][0], "run_id": None}]),
    ("begun", "x"),
    ("begun", 5),
    ("attempts", -5),
    ("attempts", float("nan")),
    ("attempts", "1"),
    ("over_told", "10/2024"),
    ("over_told", 5),
]
TIMES = {
    "": "--every is empty",
    "daily": "is not understood; write: daily 05:30",
    "daily 05:30 x": "is not understood",
    "daily 25:00": "“25:00” is no time of day",
    "daily 5h30": "“5h30” is no time of day",
    "daily 05:60": "“05:60” is no time of day",
    "daily 05:30:00": "is no time of day",
    "daily 5:3": "is no time of day",
    "daily ٠٥:٣٠": "is no time of day",
    "weekly 05:30": "is not understood",
    "weekly monday 05:30": "did you mean “mon”?",
    "weekly 1 05:30": "allowed are: mon",
    "weekly thứ hai 05:30": "is not understood",
    "monthly 31 05:30": "from 1 to 28",
    "monthly 0 05:30": "from 1 to 28",
    "monthly -1 05:30": "from 1 to 28",
    "monthly ٢ 05:30": "from 1 to 28",
    "hàng ngày 05:30": "allowed are: daily, weekly, monthly",
    "* * * * *": "allowed are: daily, weekly, monthly",
    "\0": "allowed are: daily, weekly, monthly",
    "daily" + " 1" * 5_000: "…",
}
NO_ADDRESS, NO_SERVER = "is no mail address", "is not understood; write host:port"
POSTS = [
    ("to", "a", NO_ADDRESS),
    ("to", "", NO_ADDRESS),
    ("to", "a@b.c, d@e.f", NO_ADDRESS),
    ("to", "a@b.c\nBcc: x@y.z", NO_ADDRESS),
    ("to", "Lan <a@b.c>", NO_ADDRESS),
    ("to", "ân@b.c", NO_ADDRESS),
    ("to", "a@" + "b" * 300 + ".c", NO_ADDRESS),
    ("sender", "", NO_ADDRESS),
    ("sender", "c@", NO_ADDRESS),
    ("smtp", "", NO_SERVER),
    ("smtp", "h:0", NO_SERVER),
    ("smtp", "h:x", NO_SERVER),
    ("smtp", "h:٢٥", NO_SERVER),
    ("smtp", "h h", NO_SERVER),
    ("smtp", "http://h", NO_SERVER),
    ("smtp", "user:pass@h:25", NO_SERVER),
]
INSTALL = ["install", "--every", "daily 05:30", "--until", "2024-10-31"]
COMMANDS = [
    ([], "install|show|remove|run is missing"),
    (["x"], "there is no choice “x”; allowed are: install, show, remove, run"),
    (["show"], "There is no schedule in the folder"),
    (["remove"], "There is no schedule in the folder"),
    (["run"], "There is no schedule in the folder"),
    (["show", "extra"], "Not understood: extra"),
    (["install"], "needs --every"),
    (INSTALL[:3], "needs --until"),
    ([*INSTALL[:3], "--until", "10/2024"], "e.g. 20/10/2024"),
    ([*INSTALL, "--target-year", "1"], "--target-year must be from 2012"),
    ([*INSTALL, "--target-year", "2020"], "The PAR result for 2020 or later was announced"),
    ([*INSTALL, "--target-year", "x"], "must be a whole number"),
    ([*INSTALL, "--index-code", "x"], "there is no --index-code “x”"),
    ([*INSTALL, "--system", "x"], "allowed are: cron, systemd, windows"),
    ([*INSTALL, "--mail-to", "a@b.c"], "missing: --mail-from, --smtp"),
    ([*INSTALL, "--notebooks-dir", "nowhere"], "There is no notebook meeting.ipynb"),
    ([*INSTALL, "--data-dir", "nowhere"], "there is no such folder of data"),
    ([*INSTALL, "--data-dir", ""], "--data-dir is empty"),
    ([*INSTALL, "--nope"], "There is no option --nope"),
]


@pytest.mark.parametrize("content", RAW_PLANS, ids=range(len(RAW_PLANS)))
def test_a_damaged_plan(tmp_path, content):
    """The file is named and what to do; no word of a library and no traceback."""
    (tmp_path / unattended.PLAN).write_text(content, encoding="utf-8")

    with pytest.raises(SpecError) as refused:
        unattended.read_plan(tmp_path)

    told = str(refused.value)
    assert RAW_PLANS[content] in told
    assert str(tmp_path / unattended.PLAN) in told
    assert "forecast schedule install" in told


@pytest.mark.parametrize(("name", "value", "words"), PLANS)
def test_a_plan_with_an_odd_value(name, value, words):
    """What an option would refuse is refused in the plan too."""
    with pytest.raises(SpecError, match="damaged") as refused:
        Plan.from_json(json.dumps({**PLAN, name: value}), "schedule.json")

    assert words in str(refused.value)


@pytest.mark.parametrize("name", PLAN)
def test_a_plan_that_lacks_something(name):
    """It is named."""
    left = {key: value for key, value in PLAN.items() if key != name}

    with pytest.raises(SpecError, match=f"{name} is missing"):
        Plan.from_json(json.dumps(left), "schedule.json")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_a_pipe_in_the_place_of_a_plan_is_not_waited_for(tmp_path):
    """Nobody writes to it."""
    os.mkfifo(tmp_path / unattended.PLAN)

    with pytest.raises(SpecError, match="damaged"):
        unattended.read_plan(tmp_path)


@pytest.mark.parametrize(("name", "value"), RECORDS)
def test_a_record_with_an_odd_value(name, value):
    """It counts as damaged, which puts it aside."""
    with pytest.raises(SpecError, match="damaged"):
        Record.from_json(json.dumps({**RECORD, name: value}), "record.json")


@pytest.mark.parametrize("text", TIMES, ids=range(len(TIMES)))
def test_a_time_that_is_none(text):
    """With an example of one that is; a long text is cut."""
    with pytest.raises(SpecError) as refused:
        When.parse(text)

    assert TIMES[text] in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(("name", "value", "words"), POSTS)
def test_a_post_that_cannot_be(name, value, words):
    """Neither a second reader nor a header comes in by an address."""
    with pytest.raises(SpecError) as refused:
        Post(**{**POST, name: value})

    assert words in str(refused.value)


@pytest.mark.parametrize(("words", "said"), COMMANDS)
def test_a_command_that_cannot_be_done(tmp_path, capsys, words, said):
    """One sentence, and nothing is made."""
    code = cli.run(["schedule", *words, "--reports-dir", str(tmp_path / "reports"), "--lang", "en"])

    told = capsys.readouterr()
    assert code in {1, 2, 3}
    assert said in told.err
    assert "Traceback" not in told.err
    assert not (tmp_path / "reports").exists()
