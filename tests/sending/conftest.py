"""A published run, a file of recipients and a real mail server.  EVERY FIGURE HERE IS MADE UP."""

import contextlib
import email
import email.policy
import importlib.util
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from forecast.runs.files import sha256
from forecast.runs.manifest import Inputs, Manifest, run_id_of
from forecast.runs.store import Store

USER, PASSWORD = "user-of-the-office", "pass-word-of-the-office"
PAGE = "<!DOCTYPE html><html lang='vi'><title>Báo cáo</title><p>Số liệu giả định</p></html>\n"
RECIPIENTS = """\
[smtp]
host = "localhost"
port = {port}
security = "{security}"
from = "dubao@example.org"

[[to]]
name = "Nguyễn Thị Lan"
email = "lan@example.org"
attach = ["html", "pdf", "xlsx"]

[[to]]
name = "Trần Văn Minh"
email = "minh@example.org"

[[to]]
name = "Mary Tran"
email = "mary@example.org"
lang = "en"
"""
READERS = ("lan@example.org", "minh@example.org", "mary@example.org")


def _pages_conftest():
    path = Path(__file__).parents[1] / "pages" / "conftest.py"
    spec = importlib.util.spec_from_file_location("conftest_of_pages", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made_up = _pages_conftest().made_up  # the fixture of the pages: a whole made-up result


@dataclass
class Office:
    """A folder of reports with one published run, and a file of recipients."""

    folder: Path
    store: Store
    manifest: Manifest
    to_file: Path

    @property
    def run(self):
        """The run's folder."""
        return self.store.root / self.manifest.run_id

    @property
    def ledger(self):
        """The ledger's path."""
        return self.store.root / "sent.jsonl"

    def write(self, *, port=25, security="starttls", text=RECIPIENTS):
        """Write the file of recipients for a server."""
        self.to_file.write_text(text.format(port=port, security=security), encoding="utf-8")

    def publish(self, result, *, files=None, **spec):
        """Publish a run of a result with a page and, if given, more files."""
        told = {**replace(result.spec, **spec).as_dict()}
        inputs = Inputs(data={}, notebooks={}, code="", versions={})
        manifest = Manifest(
            run_id=run_id_of(told, "vi", inputs), spec=told, lang="vi", inputs=inputs, pages=("meeting",)
        )
        with self.store.opened():
            folder = self.store.begin(manifest)
            replace(result, spec=replace(result.spec, **spec)).write(folder)
            (folder / "meeting.html").write_text(PAGE, encoding="utf-8")
            for name, content in (files or {}).items():
                (folder / name).write_bytes(content)
            names = sorted(path.name for path in folder.iterdir() if path.name != "manifest.json")
            outputs = {name: sha256(folder / name) for name in names}
            _, self.manifest = self.store.publish(folder, replace(manifest, outputs=outputs))
        return self.manifest


@pytest.fixture
def office(tmp_path, made_up, monkeypatch):
    """The office, with a made-up run of the day and no password around."""
    for name in ("FORECAST_SMTP_USER", "FORECAST_SMTP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    made = Office(tmp_path, Store(tmp_path / "reports"), None, tmp_path / "recipients.toml")
    made.publish(made_up)
    made.write()
    return made


# ---- the server


@dataclass
class Box:
    """What a server does to whom, and what it was given.

    `refuse` and `busy` name readers that it turns away, for good or (so many times) for now; at the letter
    to `hang_up` it ends the connection: on "data" when the letter begins, on "end" when it has it whole.
    """

    refuse: dict = field(default_factory=dict)
    busy: dict = field(default_factory=dict)
    hang_up: dict = field(default_factory=dict)
    silent: Sequence[str] = ()
    hold: str = ""
    letters: list = field(default_factory=list)
    logins: int = 0
    tried: list = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        """Take a reader or turn them away."""
        self.tried.append(address)
        if address in self.refuse:
            return self.refuse[address]
        if self.busy.get(address, 0):
            self.busy[address] -= 1
            return "451 4.3.0 come back later"
        if address == self.hold:
            self.held.set()
            await _forever()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802
        """Take a letter, or what happens instead."""
        (to,) = envelope.rcpt_tos
        if self.hang_up.get(to) == "end":
            server.transport.abort()
            return "250 nobody hears this"
        if to in self.silent:
            await _forever()
        self.letters.append((to, envelope.content))
        return "250 taken"

    def read(self, number=0):
        """Parse a letter."""
        return email.message_from_bytes(self.letters[number][1], policy=email.policy.default)

    @property
    def readers(self):
        """To whom letters came, in order."""
        return [to for to, _ in self.letters]


async def _forever():
    import asyncio

    await asyncio.sleep(3600)


class _Protocol(SMTP):
    async def smtp_DATA(self, arg):  # noqa: N802
        box, (to,) = self.event_handler, self.envelope.rcpt_tos
        if box.hang_up.get(to) == "data":
            await self.push("354 go on")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class _Controller(Controller):
    def factory(self):
        return _Protocol(self.handler, **self.SMTP_kwargs)


def _authenticate(server, session, envelope, mechanism, data):
    server.event_handler.logins += 1
    good = data == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A root certificate made for the tests, and two that it signs: for localhost, and for elsewhere."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here: no certificate can be made")
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=120)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(
        *("req", "-x509", *key, "-keyout", "root.key", "-out", "root.pem", "-days", "2"),
        *("-subj", "/CN=made up root", "-addext", "keyUsage=critical,keyCertSign"),
    )
    for name in ("localhost", "elsewhere.example"):
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (folder / "names").write_text(
            f"subjectAltName=DNS:{name}\nbasicConstraints=critical,CA:FALSE\n"
            "authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n",
            encoding="utf-8",
        )
        openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "root.pem", "-CAkey", "root.key"),
            *("-CAcreateserial", "-days", "2", "-extfile", "names", "-out", f"{name}.pem"),
        )
    return folder


def context_of(folder, name="localhost"):
    """A server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


@pytest.fixture
def start(office, certificates, monkeypatch):
    """Start a server, by itself with STARTTLS demanded, and write the recipients' file for it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "root.pem"))
    with contextlib.ExitStack() as stack:

        def begin(box=None, *, security="starttls", name="localhost", offered=True, login=False):
            box = box or Box()
            context = context_of(certificates, name)
            settings = {}
            if security == "tls":
                settings["ssl_context"] = context
            elif offered:
                settings |= {"tls_context": context, "require_starttls": True}
            if not login:
                settings |= {"auth_exclude_mechanism": ["LOGIN", "PLAIN"]}
            else:
                settings |= {
                    "authenticator": _authenticate,
                    "auth_required": True,
                    "auth_require_tls": security == "starttls",
                }
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            controller = _Controller(box, hostname="127.0.0.1", port=port, **settings)
            controller.start()
            stack.callback(controller.stop)
            office.write(port=port, security=security)
            return box

        yield begin
