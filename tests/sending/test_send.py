"""A run goes to its readers, a letter each, and nobody is written to twice; the server is a real one."""

import datetime as dt
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from forecast import cli
from forecast.base.errors import SpecError, WriteError
from forecast.base.lock import hold_lock
from forecast.base.mail import Patience, Server
from forecast.cli.send import sentence
from forecast.sending import letter, recipients
from forecast.sending import send as sending
from forecast.sending.send import Request

TODAY = dt.date(2024, 10, 25)
READERS = ["lan@example.org", "minh@example.org", "mary@example.org"]
LOGIN = {"FORECAST_SMTP_USER": "user-of-the-office", "FORECAST_SMTP_PASSWORD": "pass-word-of-the-office"}


@pytest.fixture
def send(office):
    """Send as `forecast send` does, with short patience; the pauses are kept and not waited for."""

    def do(environment=None, *, today=TODAY, seconds=5.0, **wish):
        do.pauses = []
        patience = Patience(seconds=seconds, sleep=do.pauses.append)
        return sending.send(
            office.store.root,
            recipients.read(office.to_file),
            Request(**wish),
            today=today,
            environment=environment or {},
            patience=patience,
        )

    return do


def events(office, to=None):
    """The ledger's events, of one reader or all."""
    if not office.ledger.exists():
        return []
    entries = [json.loads(line) for line in office.ledger.read_text(encoding="utf-8").splitlines()]
    return [entry["event"] for entry in entries if to in {None, entry["to"]}]


def states(outcome):
    """What became of each letter."""
    return [told.state for told in outcome.letters]


# ---- the letter


def test_each_reader_gets_one_letter_of_their_own(office, start, send):
    """Three readers, three letters; none names another reader, and no copy goes anywhere."""
    box = start()

    outcome = send()

    assert (states(outcome), outcome.exit_code) == (["sent"] * 3, 0)
    assert box.readers == READERS
    for number, reader in enumerate(READERS):
        content = box.letters[number][1].decode("ascii")
        assert [other for other in READERS if other in content] == [reader]
        assert box.read(number)["Bcc"] is None
    assert events(office) == ["intent", "sent"] * 3


def test_a_letter_has_its_words_and_its_files(office, made_up, start, send):
    """Subject and names with all diacritics, text and HTML, three files with ASCII names and their bytes."""
    files = {"meeting.pdf": b"%PDF made up", "figures.xlsx": b"PK made up"}
    office.publish(made_up, files=files, seed=7)
    box = start()

    send()

    made = box.read(0)
    text, page = (made.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert made["Subject"].startswith("[Số liệu giả định, chỉ để minh họa] Chỉ số CCHC năm 2024, Thành phố")
    assert made["Subject"].endswith("dự báo 86,4 điểm (khoảng 80%: 84,0 – 88,8), số liệu đến 20/10/2024")
    assert str(made["To"]) == "Nguyễn Thị Lan <lan@example.org>"
    assert made.get_content_type() == "multipart/mixed"
    assert "Kính gửi Nguyễn Thị Lan," in text
    for shown in (text, page):
        assert "Dự báo Chỉ số CCHC năm 2024 của Thành phố Hồ Chí Minh đạt 86,4 điểm" in shown
        assert "Số liệu giả định" in shown
        assert "11,07" in shown
    attached = {part.get_filename(): part.get_payload(decode=True) for part in made.iter_attachments()}
    assert attached == {
        "PAR-2024_2024-10-20_meeting.html": (office.run / "meeting.html").read_bytes(),
        "PAR-2024_2024-10-20_meeting.pdf": files["meeting.pdf"],
        "PAR-2024_2024-10-20_figures.xlsx": files["figures.xlsx"],
    }


def test_a_reader_of_another_language_is_told_that_the_report_is_not_in_it(start, send):
    """The letter is in English, the report attached in Vietnamese, and the letter says so."""
    box = start()

    send()

    assert "The attached report is in Vietnamese." in box.read(2).get_body(("plain",)).get_content()
    assert "Báo cáo kèm theo viết bằng" not in box.read(0).get_body(("plain",)).get_content()


def test_what_a_letter_is_called_depends_on_run_and_reader_alone(office, made_up, start, send):
    """The same letter sent again has the same Message-ID; another reader's or another run's has not."""
    box = start()

    send()
    send(again=True)
    office.publish(made_up, seed=8)
    send()

    names = [box.read(number)["Message-ID"] for number in range(9)]
    assert names[:3] == names[3:6]
    assert len(set(names)) == 6


def test_files_that_the_run_has_not_made_stay_where_they_are(office, start, send):
    """A workbook that somebody put into the folder goes to nobody, and that is said."""
    (office.run / "nháp.xlsx").write_bytes(b"PK somebody's draft")
    box = start()

    outcome = send()

    assert outcome.unlisted == ("nháp.xlsx",)
    assert outcome.lacking == ("pdf", "xlsx")
    assert [part.get_content_type() for part in box.read(0).iter_attachments()] == ["text/html"]


@pytest.mark.parametrize(
    ("content", "age", "goes"),
    [(b"%PDF made up", 0, True), (b"%PDF made up", 60, False), (b"draft", 0, False)],
)
def test_a_page_printed_after_the_run_goes_along(content, age, goes, office, start, send):
    """A PDF that is not older than the page it was printed from; anything else of that name stays."""
    paper = office.run / "meeting.pdf"
    paper.write_bytes(content)
    now = (office.run / "meeting.html").stat().st_mtime
    os.utime(paper, (now - age, now - age))
    box = start()

    outcome = send()

    kinds = [part.get_content_type() for part in box.read(0).iter_attachments()]
    assert ("application/pdf" in kinds) is goes
    assert outcome.unlisted == (() if goes else ("meeting.pdf",))


def test_a_letter_above_ten_megabytes_is_refused_with_its_sizes_before_any_goes(office, made_up, start, send):
    """7.4 MB of a file are 10 MB on their way; whole and parts are named, and nobody gets anything."""
    office.publish(made_up, files={"figures.xlsx": b"x" * 7_400_000}, seed=9)
    box = start()

    with pytest.raises(SpecError) as caught:
        send()

    told = caught.value.text("vi")
    assert "Thư cho lan@example.org nặng 10,1 MB, quá 10 MB" in told
    assert "PAR-2024_2024-10-20_figures.xlsx 10,1 MB" in told
    assert (box.letters, events(office)) == ([], [])


def test_a_size_is_that_of_the_letter_as_it_travels(office, made_up, start, send):
    """What counts against the limit is what the server is sent."""
    office.publish(made_up, files={"figures.xlsx": bytes(range(256)) * 500}, seed=10)
    box = start()
    chosen = sending.choose(office.store, "latest", today=TODAY, stale_days=45)
    reader = recipients.read(office.to_file).to[0]

    send(only=("lan@example.org",))

    written = letter.Writer(chosen, "dubao@example.org").write(reader)
    assert len(written.content()) == len(box.letters[0][1])


# ---- which runs go


@pytest.mark.parametrize(
    ("day", "days", "goes"),
    [("2024-12-04", None, True), ("2024-12-05", None, False), ("2024-12-05", 46, True)],
)
def test_a_run_goes_for_forty_five_days_unless_told_otherwise(day, days, goes, start, send):
    """Figures up to 20 October are fresh until 4 December."""
    box = start()
    today = dt.date.fromisoformat(day)
    if goes:
        assert send(today=today, stale_days=days).exit_code == 0
        return

    with pytest.raises(SpecError, match="figures, up to 20 Oct 2024, are 46 days old"):
        send(today=today, stale_days=days)

    assert box.letters == []
    assert send(today=today, again=True).exit_code == 0


def test_a_changed_file_stops_the_run(office, start, send):
    """The manifest's hashes are compared, of tables as of pages; every file that differs is named."""
    box = start()
    (office.run / "summary.csv").write_text("changed\n", encoding="utf-8")
    (office.run / "meeting.html").unlink()

    for again in (False, True):
        with pytest.raises(SpecError, match=r"\(meeting.html, summary.csv\)"):
            send(again=again)

    assert box.letters == []


def test_a_run_made_by_force_stops_even_with_again(office, made_up, start, send):
    """What verifies a year whose result is out is no forecast."""
    forced = office.publish(made_up, force=True)
    box = start()

    with pytest.raises(SpecError, match="--force"):
        send(run=forced.run_id, again=True)

    assert box.letters == []


def test_a_failed_or_unfinished_run_stops_even_with_again(office, start, send):
    """A run put aside, and one that was being made when its process was killed."""
    box = start()
    asked = {
        state: replace(office.manifest, run_id=office.manifest.run_id[:-8] + digits, state="planned")
        for state, digits in (("failed", "0" * 8), ("finished", "1" * 8))
    }
    with office.store.opened():
        office.store.fail(office.store.begin(asked["failed"]), asked["failed"], {"vi": "hỏng", "en": "bad"})
        office.store.begin(asked["finished"])

    for word, manifest in asked.items():
        with pytest.raises(SpecError, match=word):
            send(run=manifest.run_id, again=True)

    assert box.letters == []


def test_a_run_without_a_readable_record_stops(office, start, send):
    """A damaged manifest vouches for nothing."""
    start()
    (office.run / "manifest.json").write_text("{", encoding="utf-8")

    with pytest.raises(SpecError, match=r"manifest\.json"):
        send(run=office.manifest.run_id)
    with pytest.raises(SpecError, match="no good run"):
        send()


def test_an_unknown_run_or_reader_is_named(start, send):
    """A misspelt name is refused with what there is."""
    start()

    with pytest.raises(SpecError, match="no run 2024-x"):
        send(run="2024-x")
    with pytest.raises(SpecError, match=r"lam@example\.org.*lan@example\.org"):
        send(only=("lam@example.org",))


# ---- once, and only once


def test_who_has_the_letter_is_not_written_to_again(office, start, send):
    """The second call sends nothing and is good; --again sends, to one reader if so told."""
    box = start()
    send()

    second = send()
    assert (states(second), second.exit_code, len(box.letters)) == (["already"] * 3, 0, 3)

    third = send(again=True, only=("MINH@example.org",))
    assert (states(third), box.readers[3:]) == (["sent"], ["minh@example.org"])
    assert all(told.at for told in second.letters)


def test_a_new_reader_gets_what_the_others_have(office, start, send):
    """Only whom the ledger does not name is written to."""
    box = start()
    send(only=("lan@example.org",))

    assert states(send()) == ["already", "sent", "sent"]
    assert box.readers == READERS


def test_two_sendings_at_once_cannot_be(office, start, send):
    """Whoever comes second is told who sends, and sends nothing."""
    box = start()

    with (
        hold_lock(office.store.root / ".sending.lock"),
        pytest.raises(WriteError, match="sent nothing") as caught,
    ):
        send()

    assert caught.value.exit_code == 4
    assert box.letters == []


def test_a_letter_goes_only_after_its_line_is_written(office, start, send, monkeypatch):
    """A ledger that cannot be written stops everything, with nothing sent."""
    box = start()
    office.ledger.mkdir()
    monkeypatch.setattr("forecast.sending.ledger.Ledger.read", lambda *_: {})

    with pytest.raises(WriteError):
        send()

    assert box.letters == []


def test_killed_between_two_readers_it_writes_to_nobody_twice(office, start, send):
    """kill -9 during the second letter: the first is known, the second doubtful, the third goes."""
    box = start()
    box.hold = "minh@example.org"
    words = ["send", "--to-file", str(office.to_file), "--reports-dir", str(office.store.root)]
    process = subprocess.Popen(
        [sys.executable, "-m", "forecast", *words, "--stale-days", "99999"],
        env={**os.environ, "PYTHONUTF8": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert box.held.wait(60)
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    assert box.readers == ["lan@example.org"]
    assert events(office) == ["intent", "sent", "intent"]
    box.hold = ""

    after = send()

    assert (states(after), after.exit_code) == (["already", "doubtful", "sent"], 5)
    assert box.readers == ["lan@example.org", "mary@example.org"]
    told = sentence(after.letters[1], "vi")
    assert "không rõ" in told
    assert "--again --only minh@example.org" in told

    assert states(send(again=True, only=("minh@example.org",))) == ["sent"]
    assert states(send()) == ["already"] * 3
    assert sorted(box.readers) == sorted(READERS)


# ---- a server that does not do as it should


def test_a_refused_reader_stops_nobody(office, start, send):
    """550 to one: the others have theirs, the code is 5, the ledger knows, and the next call tries again."""
    box = start()
    box.refuse["minh@example.org"] = "550 5.1.1 không có hộp thư này"

    outcome = send()

    assert (states(outcome), outcome.exit_code) == (["sent", "refused", "sent"], 5)
    assert "550 5.1.1 không có hộp thư này" in outcome.letters[1].why.text("vi")
    assert events(office, "minh@example.org") == ["intent", "refused"]
    assert send.pauses == []  # what is refused for good is not tried again at once
    box.refuse.clear()
    assert states(send()) == ["already", "sent", "already"]


def test_nobody_taken_is_exit_code_3(start, send):
    """All refused."""
    box = start()
    box.refuse = dict.fromkeys(READERS, "550 no")

    outcome = send()

    assert (states(outcome), outcome.exit_code) == (["refused"] * 3, 3)


@pytest.mark.parametrize(("times", "state", "tries"), [(1, "sent", 2), (2, "sent", 3), (9, "failed", 3)])
def test_a_busy_server_is_asked_three_times_at_most(times, state, tries, office, start, send):
    """4xx: again after a short pause, twice; then the reader is left for the next call."""
    box = start()
    box.busy["lan@example.org"] = times

    outcome = send()

    assert states(outcome) == [state, "sent", "sent"]
    assert box.tried.count("lan@example.org") == tries
    assert send.pauses == [2.0, 8.0][: tries - 1]
    assert events(office, "lan@example.org") == ["intent", state]


def test_a_connection_lost_in_the_middle_of_a_letter_is_tried_again(office, made_up, start, send):
    """Most of the letter was never sent, so it has not arrived: three tries, then left for the next call."""
    office.publish(made_up, files={"figures.xlsx": b"x" * 6_500_000}, seed=11)
    box = start()
    box.hang_up["lan@example.org"] = "data"

    outcome = send()

    assert states(outcome) == ["failed", "sent", "sent"]
    assert box.tried.count("lan@example.org") == 3
    assert events(office, "lan@example.org") == ["intent", "failed"]
    box.hang_up.clear()
    assert states(send()) == ["already" if to != "lan@example.org" else "sent" for to in READERS]


def test_a_connection_lost_after_the_whole_letter_may_have_brought_it(office, start, send):
    """It is not tried again, neither at once nor by the next call, and the reader is named."""
    box = start()
    box.hang_up["lan@example.org"] = "end"

    outcome = send()

    assert (states(outcome), outcome.exit_code) == (["unknown", "sent", "sent"], 5)
    assert box.tried.count("lan@example.org") == 1
    assert events(office, "lan@example.org") == ["intent", "unknown"]
    box.hang_up.clear()
    assert states(send()) == ["doubtful", "already", "already"]
    assert box.readers == READERS[1:]


def test_a_server_silent_after_the_whole_letter_may_have_it(start, send):
    """Silence longer than the patience with an answer is doubt, and not waited for."""
    box = start()
    box.silent = ["lan@example.org"]

    outcome = send(seconds=0.5)

    assert states(outcome) == ["unknown", "sent", "sent"]
    assert "in time" in outcome.letters[0].why.text("en")


def test_a_server_silent_twice_in_a_row_is_asked_no_more(office, start, send):
    """With many readers each would cost the whole patience; those left have nothing in the ledger."""
    box = start()
    box.silent = READERS

    outcome = send(seconds=0.5)

    assert states(outcome) == ["unknown", "unknown", "left"]
    assert "did not answer in time" in outcome.trouble.text("en")
    assert events(office, READERS[2]) == []


def test_a_server_that_never_speaks_is_left(office, send):
    """One try of the patience's length; nobody is named in the ledger, as nothing was tried with them."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        office.write(port=mute.getsockname()[1])

        outcome = send(seconds=0.2)

    assert (states(outcome), outcome.exit_code) == (["left"] * 3, 3)
    assert "did not answer in time" in outcome.trouble.text("en")
    assert send.pauses == []
    assert events(office) == []


def test_no_server_is_told_in_words(office, send):
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    office.write(port=port)

    outcome = send()

    assert f"localhost:{port} cannot be reached" in outcome.trouble.text("en")
    assert outcome.exit_code == 3


# ---- encryption and login


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # it is TLS already
def test_tls_from_the_first_byte_works_too(start, send):
    """security = "tls", with login."""
    box = start(security="tls", login=True)

    assert send(LOGIN).exit_code == 0
    assert box.readers == READERS


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"name": "elsewhere.example"}, "certificate of the mail server localhost"),
        ({"name": "elsewhere.example", "security": "tls"}, "certificate of the mail server localhost"),
        ({"offered": False}, "offers no encryption"),
    ],
)
def test_no_letter_goes_without_encryption_to_the_right_server(settings, words, office, start, send):
    """Another machine's certificate, or no STARTTLS: told in words at once, and nobody gets anything."""
    box = start(**settings)

    outcome = send(LOGIN)

    assert words in outcome.trouble.text("en")
    assert (outcome.exit_code, send.pauses) == (3, [])
    assert (box.tried, events(office)) == ([], [])


def test_a_root_that_nobody_knows_is_not_trusted(start, send, monkeypatch):
    """Without the tests' root the same certificate is refused, and the way to name a root is told."""
    box = start()
    monkeypatch.delenv("SSL_CERT_FILE")

    outcome = send()

    assert "SSL_CERT_FILE" in outcome.trouble.text("vi")
    assert box.tried == []


def test_tls_against_a_port_without_it_names_port_and_security(office, start, send):
    """The usual mistake: 587 with tls."""
    start()
    office.to_file.write_text(
        office.to_file.read_text(encoding="utf-8").replace('"starttls"', '"tls"'), encoding="utf-8"
    )

    outcome = send()

    assert "starttls has port 587, tls has port 465" in outcome.trouble.text("en")


def test_a_refused_login_stops_all_after_one_try(office, start, send):
    """Many wrong logins lock an account, so there is one; the ledger stays empty."""
    box = start(login=True)

    outcome = send({**LOGIN, "FORECAST_SMTP_PASSWORD": "wrong"})

    assert "refuses user and password (code 535)" in outcome.trouble.text("en")
    assert (states(outcome), outcome.exit_code, send.pauses) == (["left"] * 3, 3, [])
    assert (box.logins, box.tried, events(office)) == (1, [], [])


def test_a_server_that_knows_no_login_is_told_so(start, send):
    """User and password given, AUTH not offered."""
    start()

    assert "no login by password" in send(LOGIN).trouble.text("en")


def test_without_protection_only_this_machine_is_spoken_to(office, start, send):
    """--insecure works on localhost, with a wrong certificate or none, and is refused for any other host."""
    box = start(offered=False)
    assert send(insecure=True).exit_code == 0
    start(box, name="elsewhere.example")
    assert send(insecure=True, again=True).exit_code == 0
    assert box.readers == READERS * 2

    office.to_file.write_text(
        office.to_file.read_text(encoding="utf-8").replace('"localhost"', '"mail.example.org"'),
        encoding="utf-8",
    )
    with pytest.raises(SpecError, match=r"not for mail\.example\.org"):
        send(insecure=True)


@pytest.mark.parametrize("host", ["localhost.example.org", "127.0.0.2", "127.0.0.1.example.org", "::2"])
def test_what_only_looks_like_this_machine_is_another(host):
    """The three names, and no other, are this machine."""
    smtp = recipients.Smtp(host=host, port=25, security="starttls", sender="x@example.org")

    with pytest.raises(SpecError):
        Server(smtp, insecure=True)


# ---- what is secret


def test_user_and_password_are_written_nowhere(office, start, capfd, monkeypatch, caplog):
    """After good and bad logins and a server that repeats them, no output, log or file has either."""
    caplog.set_level(0)
    for name, value in LOGIN.items():
        monkeypatch.setenv(name, value)
    box = start(login=True)
    echoed = "550 sent by AGFi user-of-the-office pass-word-of-the-office dXNlci1vZi10aGUtb2ZmaWNl"
    box.refuse["minh@example.org"] = echoed
    words = ["send", "--to-file", str(office.to_file), "--reports-dir", str(office.store.root)]

    codes = [
        cli.run([*words, "--stale-days", "99999"]),
        cli.run([*words, "--dry-run", "--stale-days", "99999"]),
    ]
    monkeypatch.setattr("forecast.base.mail.Server.deliver", _broken)
    codes.append(cli.run([*words, "--stale-days", "99999", "--lang", "en"]))
    monkeypatch.setenv("FORECAST_SMTP_PASSWORD", "pass-word-of-the-office-wrong")
    codes.append(cli.run([*words, "--again", "--lang", "en"]))

    assert codes == [5, 0, 3, 3]
    shown = "".join(capfd.readouterr())
    assert "550 sent by AGFi *** *** ***" in shown
    assert "RuntimeError: made up" in shown
    written = [path.read_bytes() for path in office.folder.rglob("*") if path.is_file()]
    logged = [
        record.getMessage() for record in caplog.records if record.name != "mail.log"
    ]  # the server's own
    every = "\n".join([shown, *logged, *(data.decode("utf-8", "replace") for data in written)])
    for secret in ("user-of-the-office", "pass-word-of-the-office", "dXNlci1vZi10aGUtb2ZmaWNl"):
        assert secret not in every


def _broken(self, *_, **__):
    raise RuntimeError("made up")


# ---- rehearsal and the verb


@pytest.fixture
def command(office, capsys, monkeypatch):
    """Give the command on a day in October; give code, output and refusals."""
    monkeypatch.setattr("forecast.cli.send.today", lambda: TODAY)

    def do(*words):
        files = ["--to-file", str(office.to_file), "--reports-dir", str(office.store.root)]
        code = cli.run(["send", *files, *words])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return do


def test_a_rehearsal_writes_the_letters_and_sends_nothing(office, command, monkeypatch):
    """One .eml a reader, without server or password; the ledger is not touched."""
    monkeypatch.setattr(socket, "socket", None)

    code, out, err = command("--dry-run", "--out", str(office.folder / "letters"), "--lang", "en")

    files = sorted(path.name for path in (office.folder / "letters").iterdir())
    assert (code, err) == (0, "")
    assert files == [f"{number:02d}_{to}.eml" for number, to in enumerate(READERS, 1)]
    assert "lan@example.org: would be sent" in out
    assert "Nothing was sent. 3 letters" in out
    assert events(office) == []


def test_what_a_rehearsal_shows_is_what_goes(office, start, command):
    """But for the moment and the parts' borders, the file is the letter."""
    command("--dry-run")
    box = start()
    command()

    folder = office.store.root / "letters" / office.manifest.run_id
    for number, path in enumerate(sorted(folder.iterdir())):
        assert _still(path.read_bytes()) == _still(box.letters[number][1] + b"\r\n")


def _still(content):
    return re.sub(rb"={15}\d+==|\nDate: [^\r]*", b"", content).strip()


def test_a_rehearsal_for_very_many_writes_the_first_letters_and_says_so(office, command, monkeypatch):
    """Thousands of letters with the same files are gigabytes; a link in a letter's place is not followed."""
    monkeypatch.setattr(sending, "MOST_REHEARSED", 1)
    folder = office.folder / "letters"
    folder.mkdir()
    precious = office.folder / "precious"
    precious.write_bytes(b"theirs")
    (folder / "01_lan@example.org.eml").symlink_to(precious)

    code, out, _ = command("--dry-run", "--out", str(folder), "--lang", "en")

    assert code == 0
    assert [path.name for path in folder.iterdir()] == ["01_lan@example.org.eml"]
    assert "2 more letters are not written: only the reader's name differs." in out
    assert "mary@example.org" in out
    assert precious.read_bytes() == b"theirs"


def test_a_rehearsal_tells_who_has_the_letter_already(start, command):
    """It says what the sending itself would do, and refuses what it would refuse."""
    start()
    command("--only", "lan@example.org")

    code, out, _ = command("--dry-run", "--lang", "en")

    assert code == 0
    assert "lan@example.org: was sent at" in out
    assert "minh@example.org: would be sent" in out
    assert command("--dry-run", "--stale-days", "0")[0] == 2


def test_the_command_says_what_became_of_each_letter(office, start, command):
    """Good news on standard output, bad on standard error, and the code."""
    box = start()
    box.refuse["minh@example.org"] = "550 hết chỗ"

    code, out, err = command()

    assert code == 5
    assert "lan@example.org: đã gửi" in out
    assert "minh@example.org: không gửi được, máy chủ từ chối: 550 hết chỗ" in err
    assert f"{office.manifest.run_id}: 2/3 người nhận đã có thư." in out


def test_letters_that_the_server_puts_off_go_with_the_command_that_is_told(
    office, start, command, monkeypatch
):
    """Greylisting: 4xx for each reader at first; nobody gets two letters."""
    monkeypatch.setattr(sending, "Patience", lambda: Patience(sleep=lambda _: None))
    box = start()
    box.busy = {"lan@example.org": 3, "mary@example.org": 99}

    code, _, err = command("--lang", "en")
    assert code == 5
    assert "put off 2 letters" in err
    told = shlex.split(err.partition("get one: ")[2])
    assert told[:2] == ["forecast", "send"]
    assert told[2:] == [
        *("--to-file", str(office.to_file), "--run", office.manifest.run_id),
        *("--reports-dir", str(office.store.root)),
    ]

    box.busy = {}
    code, _, err = command("--lang", "en")
    assert (code, "put off" in err) == (0, False)
    assert sorted(box.readers) == sorted(READERS)


@pytest.mark.parametrize(
    ("more", "words"),
    [(["--out", "x"], "--dry-run"), (["--stale-days", "-1"], "--stale-days"), (["--run", "x"], "runs list")],
)
def test_wrong_use_is_one_sentence_with_exit_code_2(more, words, command):
    """What does not go together is named."""
    code, out, err = command(*more)

    assert (code, out) == (2, "")
    assert words in err


@pytest.mark.parametrize(
    ("environment", "user", "words"),
    [
        ({"FORECAST_SMTP_USER": "a"}, "", "FORECAST_SMTP_PASSWORD"),
        ({}, 'user = "a"\n', "keyring set forecast:localhost"),
        ({"FORECAST_SMTP_PASSWORD": "b"}, "", "FORECAST_SMTP_USER"),
        ({"FORECAST_SMTP_USER": "a", "FORECAST_SMTP_PASSWORD": "mật"}, "", "ASCII"),
    ],
)
def test_half_a_login_is_refused_with_what_to_do(environment, user, words, office, send):
    """Nothing is sent with half of it."""
    told = office.to_file.read_text(encoding="utf-8").replace("from =", f"{user}from =")
    office.to_file.write_text(told, encoding="utf-8")

    with pytest.raises(SpecError, match=words):
        send(environment)
