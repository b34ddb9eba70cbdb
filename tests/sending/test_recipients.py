"""The file of recipients: what is wrong is told at once, with its place; a password is never shown."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from forecast import cli
from forecast.sending import secret
from forecast.sending.recipients import Recipient, RecipientsError, Smtp, read

GOOD = """\
# made-up addresses
[smtp]
host = "mail.example.org"
security = "starttls"
from = "dubao@example.org"
user = "dubao"

[[to]]
name = "Nguyễn Thị Lan"
email = "lan@example.org"
attach = ["xlsx", "html"]

[[to]]
name = "Mary Tran"
email = "mary@example.org"
lang = "en"
"""


@pytest.fixture
def told(tmp_path):
    """Read a text as a file; give what was read, or what is wrong as lines."""

    def do(text, *, lang="en"):
        path = tmp_path / "recipients.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        try:
            return read(path)
        except RecipientsError as error:
            return error.text(lang).splitlines()[1:]

    return do


def test_a_good_file_is_read_with_what_is_usual(told):
    """Port 587 for STARTTLS, Vietnamese, the page attached; the order of the files is ours."""
    found = told(GOOD)

    assert found.smtp == Smtp(
        host="mail.example.org", port=587, security="starttls", sender="dubao@example.org", user="dubao"
    )
    assert found.to == (
        Recipient(name="Nguyễn Thị Lan", email="lan@example.org", lang="vi", attach=("html", "xlsx")),
        Recipient(name="Mary Tran", email="mary@example.org", lang="en", attach=("html",)),
    )


def test_a_file_from_notepad_is_read(told):
    """A mark of UTF-8 before it, Windows' line ends, and letters of two parts."""
    decomposed = GOOD.replace("ễ", "e\u0302\u0303").replace("\n", "\r\n")

    assert told(b"\xef\xbb\xbf" + decomposed.encode()).to[0].name == "Nguyễn Thị Lan"


def test_everything_wrong_is_told_at_once_with_line_table_and_key(told):
    """Nine mistakes, nine lines."""
    wrong = told(
        """\
[smtp]
host = "mail.example.org:587"
port = 0
security = "none"
form = "dubao@example.org"

[[to]]
email = "lan@example.org, minh@example.org"
lang = "fr"
attach = ["doc"]

[[to]]
name = "Lan\\nBcc: x"
email = "lan@example.org"

[[to]]
name = "Lan"
email = "LAN@example.org"
"""
    )

    places = [line.strip().partition(": ")[0].partition(", found")[0] for line in wrong]
    assert places == [
        "recipients.toml, [smtp], form, row 5",
        "recipients.toml, [smtp], host, row 2",
        "recipients.toml, [smtp], port, row 3",
        "recipients.toml, [smtp], security, row 4",
        "recipients.toml, [smtp], from, row 1",
        "recipients.toml, [[to]] 1, name, row 7",
        "recipients.toml, [[to]] 1, email, row 8",
        "recipients.toml, [[to]] 1, lang, row 9",
        "recipients.toml, [[to]] 1, attach, row 10",
        "recipients.toml, [[to]] 2, name, row 13",
    ]
    assert "the nearest is from" in wrong[0]
    assert "Lan\\nBcc: x" in wrong[9]


def test_of_a_server_without_port_and_security_the_security_alone_is_missing(told):
    """The port follows from it, as the guide says."""
    short = GOOD.replace("port = 587\n", "").replace('security = "starttls"\n', "")

    (line,) = told(short)
    assert line.strip().startswith("recipients.toml, [smtp], security")


def test_an_address_stands_once(told):
    """Whatever the size of its letters, as servers make no difference."""
    (line,) = told(GOOD.replace("mary@", "LAN@"))

    assert "[[to]] 2, email, row 15" in line
    assert "in [[to]] 1 already" in line


@pytest.mark.parametrize(
    "key", ["password", "pass", "Passwd", "smtp_password", "mat_khau", "api-key", '"mật khẩu"']
)
@pytest.mark.parametrize("place", ["[smtp]\n", "[[to]]\n", "", "[smtp.login]\n"])
def test_a_password_in_the_file_is_refused_and_not_shown(key, place, told):
    """Wherever it stands and whatever it is called; what to do is told."""
    line = f"{key} = 'very-secret'\n"
    text = GOOD.replace(place, place + line, 1) if place in GOOD else f"{GOOD}\n{place}{line}"
    wrong = told(text)

    assert sum("FORECAST_SMTP_PASSWORD" in one for one in wrong) == 1
    assert "very-secret" not in "".join(wrong)


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("mail.example.org", "dubao:very-secret@mail.example.org"),
        GOOD.replace('user = "dubao"', 'passwort = "very-secret"'),
        GOOD.replace('user = "dubao"', 'key = "very-secret"'),
        GOOD.replace('user = "dubao"', "password = very-secret"),
        GOOD.replace('user = "dubao"', 'user = ["very-secret"]'),
    ],
)
def test_no_value_that_might_be_a_password_is_shown(text, told):
    """Also if the file is no TOML, the key is unknown, or the server is written as an address of the web."""
    wrong = told(text)

    assert wrong
    assert "very-secret" not in "".join(wrong)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "[smtp]"),
        ("smtp = 1\nto = 2\n", "[[to]]"),
        ("[smtp\n", "no TOML"),
        (GOOD.encode("utf-16"), "UTF-8"),
        (GOOD.partition("[[to]]")[0], "at least one reader"),
    ],
)
def test_a_file_that_is_none_is_told_in_words(text, words, told):
    """Empty, torn, of another kind."""
    assert any(words in line for line in told(text))


ONE_TO = '[to]\nname = "Lan"\nemail = "lan@example.org"\n'


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (GOOD.partition("[[to]]")[0] + ONE_TO, "row 8", "two square brackets"),
        (GOOD.partition("[[to]]")[0] + ONE_TO * 2, "row 8", "two square brackets"),
        (GOOD + ONE_TO, "row 17", "two square brackets"),
        (GOOD.replace('user = "dubao"', "port = 465"), "row 6", 'security = "tls"'),
        (GOOD.replace('"starttls"', '"tls"\nport = 587'), "row 5", 'security = "starttls"'),
    ],
)
def test_what_does_not_go_together_is_told_with_its_row(text, place, words, told):
    """One bracket for two, and a port that is for the other way to encrypt."""
    (line,) = told(text)

    assert place in line
    assert words in line


def test_a_port_of_one_s_own_goes_with_either_way(told):
    """As a server of an office may have it."""
    for security in ("starttls", "tls"):
        assert told(GOOD.replace('"starttls"', f'"{security}"\nport = 2525')).smtp.port == 2525


def test_a_missing_file_is_exit_code_2(tmp_path, capsys):
    """No run is looked at before the file is good."""
    code = cli.run(["send", "--to-file", str(tmp_path / "none.toml"), "--reports-dir", str(tmp_path)])

    assert code == 2
    assert "none.toml" in capsys.readouterr().err


# ---- user and password

SMTP = Smtp(host="mail.example.org", port=587, security="starttls", sender="x@example.org", user="dubao")


def test_the_keyring_is_asked_for_this_server_alone(monkeypatch):
    """Its entry names the host, so that another host in the file does not get the password."""
    kept = {("forecast:mail.example.org", "dubao"): "from the keyring"}
    keyring = SimpleNamespace(get_password=lambda service, user: kept.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", keyring)

    outside = {"FORECAST_SMTP_PASSWORD": "from outside"}
    assert secret.find(SMTP, {}) == secret.Login("dubao", "from the keyring")
    assert secret.find(SMTP, outside) == secret.Login("dubao", "from outside")
    assert secret.find(SMTP, {"FORECAST_SMTP_USER": "lan", "FORECAST_SMTP_PASSWORD": "x"}).user == "lan"


def test_a_broken_keyring_knows_nothing(monkeypatch):
    """Locked, or without a system behind it: the sentence says what else there is."""

    def broken(*_):
        raise RuntimeError("very-secret")

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=broken))

    with pytest.raises(Exception, match="FORECAST_SMTP_PASSWORD") as caught:
        secret.find(SMTP, {})
    assert "very-secret" not in str(caught.value)


def test_a_login_prints_as_nothing():
    """Whoever prints it, in a log or a traceback, prints neither."""
    login = secret.Login("dubao", "very-secret")

    assert "dubao" not in f"{login} {login!r}"
    assert "very-secret" not in f"{login} {login!r}"


def test_the_example_of_the_documentation_is_good(told):
    """What docs/send.md shows is what the command reads."""
    page = (Path(__file__).parents[2] / "docs" / "send.md").read_text(encoding="utf-8")

    found = told(page.partition("```toml\n")[2].partition("```")[0])

    assert [one.email for one in found.to] == ["lan@example.org", "mary@example.org"]
