"""A run that nobody watches: what it does, what it writes down, and who is told."""

import contextlib
import datetime as dt
import email
import email.policy
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from forecast import cli
from forecast.base.errors import DataError, Problem, RunError, SpecError, WriteError
from forecast.base.lock import hold_lock
from forecast.base.mail import Patience
from forecast.cli import schedule as verb
from forecast.runs import report_notebooks
from forecast.schedule import systems, unattended
from forecast.schedule.due import MOST_ATTEMPTS, Plan, Post, Record
from forecast.schedule.when import When

ZONE = dt.timezone(dt.timedelta(hours=7))
ROOT = Path(__file__).parents[2]
BAD_DATA = DataError([Problem("scores.csv", 7, "score", "x", "spec.empty", {"name": "score"})])


@pytest.fixture
def office(tmp_path):
    """A folder with a plan, a clock that is set by hand, a report that is made up, a mail box."""
    root = tmp_path / "reports"
    root.mkdir()
    post = Post(to="lan@office.example", sender="forecast@office.example", smtp="127.0.0.1:1")
    made_plan = Plan(
        when=When.parse("monthly 05:30"),
        until=dt.date(2024, 10, 31),
        installed_at=dt.datetime.fromisoformat("2024-05-20T09:00"),
        index_code="PAR",
        area="TP. Hồ Chí Minh",
        target_year=2024,
        lang="en",
        data_dir=tmp_path / "data",
        notebooks_dir=tmp_path / "notebooks",
        post=post,
    )
    (root / "schedule.json").write_text(made_plan.as_json(), encoding="utf-8")

    class Office:
        def __init__(self):
            self.root, self.plan, self.clock = root, made_plan, ""
            self.days, self.letters, self.waits, self.errors = [], [], [], []

        def make(self, asked, as_of, folder):
            assert (asked, folder) == (self.plan, root)
            self.days.append(as_of)
            if self.errors:
                raise self.errors.pop(0)
            manifest = SimpleNamespace(run_id="a-run")
            return SimpleNamespace(folder=root / "a-run", manifest=manifest, made=True)

        def start(self, clock, **more):
            self.clock = clock
            world = unattended.Environment(
                now=lambda: dt.datetime.fromisoformat(self.clock).replace(tzinfo=ZONE),
                make=self.make,
                send=lambda *letter: self.letters.append(letter),
                wait=self.waits.append,
            )
            return unattended.run(root, replace(world, **more.pop("world", {})), **more)

        def log(self):
            lines = (root / "log.jsonl").read_text(encoding="utf-8").splitlines()
            return [json.loads(line) for line in lines]

        def events(self):
            return [entry["event"] for entry in self.log()]

    return Office()


def test_a_slot_is_served_once_as_of_today(office):
    """The first start after the slot makes the report with the data of that day; later ones do nothing."""
    early, first, second = map(office.start, ("2024-05-31T12:00", "2024-06-03T08:00", "2024-06-03T09:00"))

    assert [ended.exit_code for ended in (early, first, second)] == [0, 0, 0]
    assert office.days == [dt.date(2024, 6, 3)]
    assert "a-run" in first.message
    assert "Nothing is due" in second.message
    assert office.letters == []


def test_one_run_makes_up_for_all_that_were_missed(office):
    """Three slots passed while the machine was off; the next slot is served as ever."""
    for clock in ("2024-08-20T08:00", "2024-08-20T09:00", "2024-09-01T05:30"):
        office.start(clock)

    assert office.days == [dt.date(2024, 8, 20), dt.date(2024, 9, 1)]


def test_nothing_due_touches_nothing(office):
    """cron looks each hour, and that is no reason to write."""
    before = sorted(office.root.rglob("*"))

    office.start("2024-05-31T12:00")

    assert sorted(office.root.rglob("*")) == before


def test_both_logs_tell_the_same(office):
    """JSON lines for programs, text for people: time with zone, what happened, which run."""
    office.start("2024-06-01T05:30")

    begun, published = office.log()
    assert begun["event"] == "begun"
    assert published["event"] == "published"
    assert published["at"] == "2024-06-01T05:30:00+07:00"
    assert (published["run_id"], published["exit_code"]) == ("a-run", 0)
    lines = (office.root / "log.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split(maxsplit=2) for line in lines] == [
        [entry["at"], f"{entry['event']}:", entry["message"]] for entry in (begun, published)
    ]


def test_a_line_that_a_power_cut_has_torn_spoils_no_other(office):
    """What is added after half a line stands on a line of its own."""
    (office.root / "log.jsonl").write_bytes(b'{"at": "2024-05')

    office.start("2024-06-01T05:30")

    lines = (office.root / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines[0] == '{"at": "2024-05'
    assert [json.loads(line)["event"] for line in lines[1:]] == ["begun", "published"]


def test_after_the_end_nothing_is_made_and_the_log_says_so_once(office):
    """It stays installed, and says how it is taken out."""
    ends = [office.start(f"2024-11-0{day}T05:30") for day in (1, 2, 3)]

    assert office.days == []
    assert {ended.exit_code for ended in ends} == {0}
    assert all("forecast schedule remove" in ended.message for ended in ends)
    assert office.events() == ["over"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BAD_DATA, 1),
        (SpecError("spec.empty", {"name": "area"}), 2),
        (RunError("run.kernel_died", {"code": -9}), 3),
        (WriteError("write.no_room", {"path": "x"}), 4),
        (ZeroDivisionError("a bug"), 3),
    ],
    ids=["data", "use", "run", "write", "bug"],
)
def test_a_failure_is_told_to_the_analyst_once(office, error, code):
    """Exit code as elsewhere, reason in log and letter, and no second run that would fail the same way."""
    office.errors = [error]

    first, second = office.start("2024-06-01T05:30"), office.start("2024-06-01T06:17")

    assert (first.exit_code, second.exit_code) == (code, 0)
    assert len(office.days) == 1
    assert office.events() == ["begun", "failed", "mailed"]
    assert office.log()[1]["exit_code"] == code
    [(to, subject, body)] = office.letters
    assert to == office.plan.post
    assert subject.startswith("[forecast]")
    assert str(error).splitlines()[0] in body
    assert f"exit code {code}" in body
    assert "log.txt" in body


def test_when_all_is_mended_the_slot_is_made_again(office):
    """--again serves the slot that failed, and it is then done with."""
    office.errors = [BAD_DATA]
    office.start("2024-06-01T05:30")

    again, after = office.start("2024-06-01T09:00", again=True), office.start("2024-06-01T10:17")

    assert (again.exit_code, after.exit_code) == (0, 0)
    assert len(office.days) == 2
    [served] = unattended.read_record(office.root).served
    assert (served.exit_code, served.run_id) == (0, "a-run")


def test_the_mails_own_failure_hides_nothing(office):
    """The exit code is the run's, and the log has both."""

    def fail(*_):
        raise RunError("schedule.mail_failed", {"to": "lan", "smtp": "host:25", "error": "silence"})

    office.errors = [BAD_DATA]

    ended = office.start("2024-06-01T05:30", world={"send": fail})

    assert ended.exit_code == 1
    assert office.events() == ["begun", "failed", "mail_failed"]


def test_nobody_is_written_to_without_an_address(office):
    """A plan without addresses leaves it at the log."""
    office.plan = replace(office.plan, post=None)
    (office.root / "schedule.json").write_text(office.plan.as_json(), encoding="utf-8")
    office.errors = [BAD_DATA]

    assert office.start("2024-06-01T05:30").exit_code == 1
    assert office.letters == []


def test_another_scheduled_run_at_work_is_left_to_it(office):
    """Exit code 0, as the slot is being served; the log says who."""
    (office.root / ".schedule").mkdir()
    with hold_lock(office.root / ".schedule" / "lock"):
        ended = office.start("2024-06-01T05:30")

    assert (ended.exit_code, office.days, office.events()) == (0, [], ["busy"])


def test_a_report_made_by_hand_is_waited_for(office):
    """A held folder is tried again; after an hour it is a failure like any other."""
    locked = [WriteError("run.locked", {"folder": "reports", "pid": 1, "since": "then"}) for _ in range(500)]
    office.errors = locked[:3]

    patient = office.start("2024-06-01T05:30")
    office.errors = locked
    given_up = office.start("2024-07-01T05:30")

    assert (patient.exit_code, given_up.exit_code) == (0, 4)
    assert sum(office.waits) == 3 * unattended.PAUSE + 3600
    assert len(office.letters) == 1


def test_a_run_that_is_cut_off_is_made_again_a_few_times(office):
    """Stopped by the machine the slot stays due; after the last attempt the analyst is told."""
    office.errors = [SystemExit(143)] * MOST_ATTEMPTS
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(SystemExit):
            office.start("2024-06-01T05:30")

    assert office.letters == []
    assert office.start("2024-06-01T07:17").exit_code == 3
    assert office.start("2024-06-01T08:17").exit_code == 0
    assert (len(office.days), len(office.letters)) == (MOST_ATTEMPTS, 1)


def test_a_damaged_record_is_put_aside(office):
    """It costs one report made twice at most, never one that is not made."""
    office.start("2024-06-01T05:30")
    (office.root / ".schedule" / "record.json").write_text('{"format": 1, "serv', encoding="utf-8")

    office.start("2024-06-01T06:17")
    office.start("2024-06-01T07:17")

    assert len(office.days) == 2
    assert "record_damaged" in office.events()
    assert (office.root / ".schedule" / "record.json.damaged").exists()


def test_a_damaged_plan_is_refused_and_logged(office):
    """There is nobody to write to then, so the log and the exit code must say it."""
    (office.root / "schedule.json").write_text("{", encoding="utf-8")

    with pytest.raises(SpecError, match=r"schedule\.json"):
        office.start("2024-06-01T05:30", lang="en")

    assert [(entry["event"], entry["exit_code"]) for entry in office.log()] == [("damaged", 2)]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told_by_mail(office):
    """Not even a lock can be made, so nothing is made; exit code 4."""
    office.root.chmod(0o555)
    try:
        ended = office.start("2024-06-01T05:30")
    finally:
        office.root.chmod(0o755)

    assert (ended.exit_code, len(office.letters)) == (4, 1)


def test_a_lock_that_cannot_be_made_is_told_by_mail(office):
    """The same, with a file where the folder should be: for those who may write everywhere."""
    (office.root / ".schedule").write_text("in the way")

    ended = office.start("2024-06-01T05:30")

    assert (ended.exit_code, office.days, len(office.letters)) == (4, [], 1)
    assert office.start("2024-11-01T05:30").exit_code == 0


# ---- the letter, to a server of our own


class Server:
    """As much of a mail server as a client needs, on 127.0.0.1; keeps what it is told."""

    def __init__(self, answers):
        self.answers, self.heard, self.data = answers, [], b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(20)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        """Speak with one client."""
        with contextlib.suppress(OSError), self.socket.accept()[0] as client, client.makefile("rwb") as line:
            client.settimeout(20)
            if self.answers.get("silent"):
                client.recv(1)  # until the client has had enough
                return
            self.say(line, "220 here")
            for heard in line:
                word = heard.split()[0].decode().upper()
                self.heard.append(heard.decode().strip())
                usual = {"DATA": "354 go on", "QUIT": "221 farewell"}
                answer = self.answers.get(word, usual.get(word, "250 fine"))
                self.say(line, answer)
                if answer.startswith("354"):
                    while (more := line.readline()) not in (b".\r\n", b""):
                        self.data += more
                    self.say(line, "250 taken")
                if word == "QUIT":
                    return

    def say(self, line, words):
        """Answer."""
        line.write(f"{words}\r\n".encode())
        line.flush()

    def close(self):
        """Wait for the client to leave."""
        self.thread.join(60)
        self.socket.close()


@pytest.fixture
def server():
    """Start servers; each is waited for at the end."""
    started = []

    def start(**answers):
        started.append(Server(answers))
        return started[-1], f"127.0.0.1:{started[-1].socket.getsockname()[1]}"

    yield start
    for one in started:
        one.close()


def test_the_letter_arrives_as_it_was_written(office, server):
    """Through a real client: one reader, plain text in Vietnamese, subject and body whole."""
    box, smtp = server()
    office.plan = replace(office.plan, lang="vi", post=replace(office.plan.post, smtp=smtp, insecure=True))
    (office.root / "schedule.json").write_text(office.plan.as_json(), encoding="utf-8")
    office.errors = [BAD_DATA]

    assert office.start("2024-06-01T05:30", world={"send": unattended.send}).exit_code == 1

    assert office.events() == ["begun", "failed", "mailed"]
    box.thread.join(60)
    letter = email.message_from_bytes(box.data, policy=email.policy.default)
    assert [line for line in box.heard if line.upper().startswith("RCPT")] == ["rcpt TO:<lan@office.example>"]
    assert letter["Subject"] == "[forecast] Báo cáo tự động chạy hỏng: PAR 2024, TP. Hồ Chí Minh"
    assert letter.get_content_type() == "text/plain"
    assert "kỳ 05:30 ngày 01/06/2024, chạy hỏng (mã thoát 1)" in letter.get_content()
    assert "scores.csv" in letter.get_content()


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"silent": True}, "không trả lời kịp"),
        ({"RCPT": "550 no such reader"}, "no such reader"),
        ({"DATA": "554 not today"}, "not today"),
    ],
)
def test_a_server_that_is_silent_or_refuses_is_a_failure_in_words(answers, words, server):
    """The client leaves a silent server after the time allowed, not when that closes, and for good."""
    _, smtp = server(**answers)
    post = Post(to="lan@office.example", sender="forecast@office.example", smtp=smtp, insecure=True)
    pauses = []

    with pytest.raises(RunError) as caught:
        unattended.send(
            post, "subject\nBcc: mayor@office.example", "body", Patience(0.3, sleep=pauses.append)
        )

    assert pauses == []
    assert smtp in caught.value.text("vi")
    assert words in caught.value.text("vi")


def test_no_server_is_a_failure_in_words():
    """A port where nobody listens, a name that cannot be one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for smtp in (f"127.0.0.1:{port}", "a..b:25"):
        post = Post(to="lan@office.example", sender="forecast@office.example", smtp=smtp)
        with pytest.raises(RunError, match="could not be informed"):
            unattended.send(post, "subject", "body", Patience(2, sleep=lambda _: None))


def test_no_letter_of_a_failure_goes_unprotected(server):
    """A server without STARTTLS hears no letter, and a server elsewhere cannot be excused from it."""
    box, smtp = server()
    post = Post(to="lan@office.example", sender="forecast@office.example", smtp=smtp)

    with pytest.raises(RunError, match="offers no encryption"):
        unattended.send(post, "subject", "body")

    box.thread.join(60)
    assert not [line for line in box.heard if line.upper().startswith("MAIL")]
    with pytest.raises(SpecError, match="not for mail"):
        replace(post, smtp="mail.office.example:25", insecure=True)


# ---- the verb


@pytest.fixture
def desk(place, made, monkeypatch):
    """The verb on the tests' small notebooks, with a clock set by hand and no look at the data."""
    clock = {"now": "2024-09-15T12:00:00"}
    monkeypatch.setattr(verb, "check_inputs", lambda given: given.area)
    monkeypatch.setattr(verb, "now", lambda: dt.datetime.fromisoformat(clock["now"]))
    monkeypatch.setattr(report_notebooks, "KINDS", made.KINDS)
    real = unattended.real_environment()
    world = replace(real, now=lambda: dt.datetime.fromisoformat(clock["now"]).replace(tzinfo=ZONE))
    monkeypatch.setattr(unattended, "real_environment", lambda: world)
    monkeypatch.setattr(systems, "systems_with", lambda _name: [])  # leave this machine's alone

    def do(action, *more, at=None):
        clock["now"] = at or clock["now"]
        if action == "install":
            more = (*more, "--data-dir", str(place.data_dir), "--notebooks-dir", str(place.notebooks_dir))
        return cli.run(["schedule", action, "--reports-dir", str(place.reports_dir), *more])

    return SimpleNamespace(do=do, reports=place.reports_dir, clock=clock)


EVERY = ("--every", "monthly 05:30", "--until", "2024-10-31")


def test_from_the_plan_to_published_pages(desk, tmp_path, capsys):
    """Install, a run too early, one that is due, one too many, show, remove: whole, on small notebooks."""
    write = ("--write-only", str(tmp_path / "units"), "--system", "systemd")

    assert desk.do("install", *EVERY, *write) == 0
    assert "05:30 ngày 01/10/2024" in capsys.readouterr().out
    assert len(list((tmp_path / "units").iterdir())) == 2
    assert desk.do("run") == 0
    assert not (desk.reports / "index.html").exists()
    assert desk.do("run", at="2024-10-01T05:30:02") == 0
    assert desk.do("run") == 0
    [folder] = desk.reports.glob("2024-10-01_PAR_*")
    assert (desk.reports / "index.html").exists()
    assert desk.do("show") == 0
    assert folder.name in capsys.readouterr().out
    events = [json.loads(line)["event"] for line in (desk.reports / "log.jsonl").read_text().splitlines()]
    assert events == ["begun", "published"]
    assert desk.do("remove") == 0
    assert desk.do("show") == 2
    assert (desk.reports / "log.txt").exists()
    assert not (desk.reports / "schedule.json").exists()


def test_a_failed_run_has_the_exit_code_of_its_failure(desk, place, tmp_path, capsys):
    """The same code as `forecast report`, and the sentence on standard error."""
    desk.do("install", *EVERY, "--write-only", str(tmp_path / "units"), "--system", "cron")
    (place.notebooks_dir / "meeting.ipynb").unlink()
    capsys.readouterr()

    assert desk.do("run", at="2024-10-01T05:30:02") == 3

    assert "meeting.ipynb" in capsys.readouterr().err


def test_installing_anew_does_not_forget_a_missed_slot(desk, tmp_path):
    """With the same slots the plan goes on; with others it begins now."""
    write = ("--write-only", str(tmp_path / "units"), "--system", "cron")
    first, same, other = (
        (
            desk.do("install", *EVERY[:1], every, *EVERY[2:], *write, at=at),
            unattended.read_plan(desk.reports),
        )[1]
        for every, at in (
            ("monthly 05:30", "2024-09-15T12:00:00"),
            ("monthly 1 05:30", "2024-10-02T12:00:00"),
            ("monthly 06:30", "2024-10-03T12:00:00"),
        )
    )

    assert same.installed_at == first.installed_at
    assert other.installed_at == dt.datetime.fromisoformat("2024-10-03T12:00:00")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["install"], "--every"),
        (["install", "--every", "daily 05:30"], "--until"),
        (["install", *EVERY, "--mail-to", "lan@office.example"], "--mail-from, --smtp"),
        (["instal"], "“install”"),
        (["install", *EVERY[2:], "--every", "dayly 05:30"], "“daily”"),
        (["install", *EVERY, "--system", "crom"], "“cron”"),
        (["run"], "forecast schedule install"),
        (["remove"], "forecast schedule install"),
    ],
)
def test_wrong_use_is_one_sentence_with_exit_code_2(desk, arguments, words, capsys):
    """What is missing or misspelt is named, and nothing is left behind."""
    assert desk.do(*arguments) == 2

    assert words in capsys.readouterr().err
    assert not desk.reports.exists()


def test_a_system_that_is_away_gives_exit_code_4(desk, monkeypatch, tmp_path, capsys):
    """Whoever installs by a script must see that the machine does not have it yet."""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert desk.do("install", *EVERY, "--system", "windows") == 4
    assert "schtasks /Create" in capsys.readouterr().out


@pytest.mark.parametrize(("domain", "asked"), [("so.gov.nv", True), ("so.gov.vn", False)])
def test_an_analyst_s_address_that_looks_mistyped_is_named(domain, asked, desk, tmp_path, capsys):
    """The plan is installed all the same."""
    mail = ("--mail-to", f"a@{domain}", "--mail-from", "b@so.gov.vn", "--smtp", "thu.so.gov.vn:25")

    assert desk.do("install", *EVERY, *mail, "--write-only", str(tmp_path / "units"), "--system", "cron") == 0
    assert ("a@so.gov.vn" in capsys.readouterr().err) == asked


def test_installing_reads_data_and_notebooks_first(tmp_path, capsys):
    """A misspelt province is refused at noon, not at night, with the nearest; so is a missing notebook."""
    given = ["schedule", "install", "--reports-dir", str(tmp_path / "reports"), "--write-only", str(tmp_path)]
    given += ["--every", "daily 05:30", "--until", "2024-10-31", "--data-dir", str(ROOT / "data")]

    assert cli.run([*given, "--notebooks-dir", str(ROOT / "notebooks"), "--area", "Hà Nọi"]) == 2
    assert "Hà Nội" in capsys.readouterr().err
    assert cli.run([*given, "--notebooks-dir", str(tmp_path)]) == 3
    assert not (tmp_path / "reports").exists()


def test_a_start_that_finds_nothing_due_loads_neither_pandas_nor_jupyter(office):
    """cron starts one each hour, so it must be light."""
    office.plan = replace(office.plan, until=dt.date(2024, 5, 31))
    (office.root / "schedule.json").write_text(office.plan.as_json(), encoding="utf-8")
    code = (
        "import sys; from forecast import cli; "
        f"code = cli.run(['schedule', 'run', '--reports-dir', {str(office.root)!r}]); "
        "sys.exit(code or bool({'pandas', 'numpy', 'nbformat', 'matplotlib'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=120)

    assert done.returncode == 0, done.stderr
    assert Record.from_json(
        (office.root / ".schedule" / "record.json").read_text(encoding="utf-8"), ""
    ).over_told == dt.date(2024, 5, 31)
