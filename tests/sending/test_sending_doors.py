"""What the file of recipients, the ledger and the options of `forecast send` refuse, case by case."""

import os

import pytest

from forecast import cli
from forecast.sending import recipients
from forecast.sending.ledger import Ledger

SMTP = '[smtp]\nhost = "h"\nport = 587\nsecurity = "starttls"\nfrom = "a@b.c"\n'
TO = '[[to]]\nname = "Lan"\nemail = "l@b.c"\n'
NO_READER, NO_SERVER = (
    "at least one reader is needed",
    "the table [smtp] with host, port, security, from is missing",
)
PORT, HOST = "a whole number from 1 to 65535 is needed", "without port, user or password"
ADDRESS, NAME = "a mail address is needed", "letters on one line without control characters are needed"
ATTACH, SECRET = "a list of some of these is needed: html, pdf, xlsx", "this key looks like a password"
BEYOND = "something is not closed, or a number or brackets are beyond reason"
TEXT, UTF8 = "a text in quotation marks is needed", "the file is no text in UTF-8"
FILES = [
    ("", NO_SERVER),
    ("", NO_READER),
    (SMTP, NO_READER),
    (TO, NO_SERVER),
    ('to = "x"\n' + SMTP, NO_READER),
    ("to = [1]\n" + SMTP, NO_READER),
    ("to = []\n" + SMTP, NO_READER),
    ('smtp = "x"\n' + TO, NO_SERVER),
    (SMTP + TO + TO, "row 11, found “l@b.c”: this address stands in [[to]] 1 already"),
    (SMTP + TO + TO.replace("l@b.c", "L@B.C"), "this address stands in [[to]] 1 already"),
    (SMTP.replace("587", "0") + TO, PORT),
    (SMTP.replace("587", "65536") + TO, PORT),
    (SMTP.replace("587", '"587"') + TO, PORT),
    (SMTP.replace("587", "true") + TO, PORT),
    (SMTP.replace("587", "2024-01-01") + TO, PORT),
    (SMTP.replace("587", "5.5") + TO, PORT),
    (SMTP.replace("587", "9" * 5_000) + TO, BEYOND),
    (SMTP.replace("starttls", "ssl") + TO, "one of these is needed: starttls, tls"),
    (SMTP.replace("starttls", "none") + TO, "one of these is needed: starttls, tls"),
    (SMTP.replace('"h"', '"h:25"') + TO, HOST),
    (SMTP.replace('"h"', '"smtp://h"') + TO, HOST),
    (SMTP.replace('"h"', '"user:word@h"') + TO, HOST),
    (SMTP.replace('"h"', '""') + TO, NAME),
    (SMTP.replace('"h"', "5") + TO, TEXT),
    (SMTP.replace("a@b.c", "Lan <a@b.c>") + TO, ADDRESS),
    (SMTP.replace("from", "form") + TO, "the nearest is from"),
    (SMTP + 'host = "x"\n' + TO, "what this row names stands above already"),
    (SMTP + 'password = "x"\n' + TO, SECRET),
    (SMTP + '"mật khẩu" = "x"\n' + TO, SECRET),
    (SMTP + 'api_key = "x"\n' + TO, SECRET),
    (SMTP + TO.replace("l@b.c", "l"), ADDRESS),
    (SMTP + TO.replace("l@b.c", "l@b.c; m@b.c"), ADDRESS),
    (SMTP + TO.replace("l@b.c", "l@b.c\\nBcc: m@b.c"), ADDRESS),
    (SMTP + TO.replace("l@b.c", "l@" + "b" * 300 + ".c"), ADDRESS),
    *(
        (SMTP + TO.replace("l@b.c", odd), ADDRESS)
        for odd in ("l@-b.c", "l@b-.c", "l@b..c", ".l@b.c", "l.@b.c", "l..m@b.c", "l@b.c.", "l@@b.c", "l@.c")
    ),
    (SMTP + TO.replace('"l@b.c"', "5"), ADDRESS),
    (SMTP + TO.replace("Lan", "Lan\\nBcc: x"), NAME),
    (SMTP + TO.replace("Lan", "Lan\\u202e"), NAME),
    (SMTP + TO.replace("Lan", ""), NAME),
    (SMTP + TO.replace("Lan", "L" * 500), NAME),
    (SMTP + TO.replace('"Lan"', "5"), TEXT),
    (SMTP + TO.replace('"Lan"', "“Lan”"), "curly quotes"),
    (SMTP + TO.replace("\n", ";\n"), "no TOML from character"),
    (SMTP + TO + 'lang = "fr"\n', "one of these is needed: vi, en"),
    (SMTP + TO + "lang = 5\n", "one of these is needed: vi, en"),
    (SMTP + TO + 'attach = "html"\n', ATTACH),
    (SMTP + TO + 'attach = ["doc"]\n', ATTACH),
    (SMTP + TO + "attach = [1]\n", ATTACH),
    (SMTP + TO + "attach = [[]]\n", ATTACH),
    (SMTP + TO + "mail = 1\n", "the nearest is email"),
    (SMTP + TO + "x = " + "[" * 100_000, BEYOND),
    ("<<<<<<< HEAD\n" + SMTP + TO, "row 1: this row is a mark of an unfinished merge"),
    ((SMTP + TO).encode("utf-16"), UTF8),
    ((SMTP + TO).replace("Lan", "Lân").encode("latin-1"), UTF8),
    ((SMTP + TO).encode() + b"\0", "a NUL character"),
    (b"PK\x03\x04", UTF8),
    (b"#" * 10_000_001, "above the limit of 10 MB"),
]
TORN = [b"", b"{", b"[]", b"5", b"null", b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b'{"at": 1}']
OPTIONS = [
    (["--run", "x"], "There is no run x"),
    (["--run", ""], "--run is empty"),
    (["--run", "../../etc"], "There is no run ../../etc"),
    (["--only", "z@b.c"], "--only z@b.c: no such address"),
    (["--only", ""], "--only is empty"),
    (["--stale-days", "-1"], "--stale-days must be from 0"),
    (["--stale-days", "x"], "--stale-days must be a whole number"),
    (["--stale-days", "9" * 21], "--stale-days must be a whole number"),
    (["--stale-days", "1"], "figures, up to 20 Oct 2024, are"),
    (["--out", "o"], "--out goes with --dry-run only"),
    (["--dry-run", "--out", ""], "--out is empty"),
    (["--reports-dir", "nowhere"], "There is no good run to send"),
    (["--to-file", "nowhere"], "there is no such file"),
    (["extra"], "Not understood: extra"),
    (["--nope"], "There is no option --nope"),
]


@pytest.mark.parametrize(("content", "words"), FILES, ids=range(len(FILES)))
def test_a_file_of_recipients_that_is_wrong(tmp_path, content, words):
    """The place and what is needed; what may be a password is not repeated."""
    path = tmp_path / "recipients.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(recipients.RecipientsError) as refused:
        recipients.read(path)

    told = refused.value.text("en")
    assert words in told
    assert "recipients.toml" in told
    assert "No letter was sent" in told
    assert "word@h" not in told


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file_of_recipients(tmp_path, kind):
    """A pipe is not waited for."""
    path = tmp_path / "recipients.toml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("no pipes with a name here")
        os.mkfifo(path)

    with pytest.raises(recipients.RecipientsError, match=r"no such file|not a regular file"):
        recipients.read(path)


@pytest.mark.parametrize("line", TORN, ids=range(len(TORN)))
def test_a_torn_line_of_the_ledger_is_numbered_and_passed_over(tmp_path, line):
    """Those around it count."""
    ledger = Ledger(tmp_path / "sent.jsonl")
    ledger.add("intent", run_id="r", to="a@b.c")
    with ledger.path.open("ab") as handle:
        handle.write(line + b"\n")
    ledger.add("sent", run_id="r", to="a@b.c")

    assert ledger.read("r")["a@b.c"].state == "sent"
    assert ledger.torn() == ([2] if line else [])


@pytest.mark.parametrize(("words", "said"), OPTIONS)
def test_a_sending_that_cannot_be(office, capsys, words, said):
    """One sentence, exit code 1 or 2, no letter and no ledger."""
    usual = {"--to-file": str(office.to_file), "--reports-dir": str(office.store.root)}
    more = [word for pair in usual.items() if pair[0] not in words for word in pair]

    code = cli.run(["send", *words, *more, "--lang", "en"])

    told = capsys.readouterr().err
    assert code in {1, 2}
    assert said in told
    assert "Traceback" not in told
    assert not office.ledger.exists()


@pytest.mark.parametrize("domain", ["sonoivu.gov.nv", "gmial.com", "example.org"])
def test_an_address_that_looks_mistyped_is_named_before_any_letter_goes(office, domain, capsys):
    """A doubt: the letter is written all the same."""
    text = office.to_file.read_text(encoding="utf-8").replace("lan@example.org", f"lan@{domain}")
    office.to_file.write_text(text, encoding="utf-8")
    given = ["--to-file", str(office.to_file), "--reports-dir", str(office.store.root), "--lang", "en"]

    cli.run(["send", *given, "--dry-run"])

    assert ("may be a slip for" in capsys.readouterr().err) == (domain != "example.org")
