"""The PDF of a page, by the browser that is there; without one the report counts as made."""

import re
import shutil
import socketserver
import subprocess
import threading
import time
from pathlib import Path

import pytest

from forecast.base.errors import RunError, SpecError
from forecast.cli import report
from forecast.pages.markup import Heading, Passage
from forecast.pages.report.page import page_frame
from forecast.runs import paper

CHROMIUM = paper.chromium()
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: nothing is printed")
WORDS = "Khoảng dự báo 80% của Thủ tục hành chính: 10,4 – 12,1 điểm"


def page_in(folder: Path, more: str = "") -> Path:
    """Write a page of three sheets of paper."""
    parts = [Passage((WORDS,)), *(Heading(f"Mục {n}", f"h{n}") for n in range(90))]
    html = page_frame("Báo cáo thử", lang="vi").document(parts)
    place = folder / "meeting.html"
    place.write_text(html.replace("</main>", more + "</main>"), encoding="utf-8")
    return place


def script(folder: Path, body: str) -> str:
    """Write a stand-in for a browser."""
    place = folder / "browser"
    place.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    place.chmod(0o755)
    return str(place)


@needs_chromium
def test_the_pdf_is_a4_tagged_named_and_readable(tmp_path: Path) -> None:
    """It has A4 pages, a structure, title and language; the words come out with their diacritics."""
    paper.pdf(page_in(tmp_path), tmp_path / "meeting.pdf", browser=str(CHROMIUM))

    raw = (tmp_path / "meeting.pdf").read_bytes()
    boxes = {
        tuple(round(float(side)) for side in box.split())
        for box in re.findall(rb"/MediaBox \[([\d. ]+)\]", raw)
    }
    assert boxes == {(0, 0, 595, 842)}
    assert b"/StructTreeRoot" in raw
    assert b"/Lang (vi)" in raw
    assert b"/Title" in raw
    if shutil.which("pdftotext"):
        asked = ["pdftotext", "-layout", str(tmp_path / "meeting.pdf"), "-"]
        pages = (
            subprocess.run(asked, capture_output=True, check=True, timeout=120).stdout.decode().split("\f")
        )
        assert WORDS in pages[0]
        first = [page.split(maxsplit=1)[0] for page in pages if page.strip()]
        assert first[0] == "Báo"  # no number on the first page
        assert first[1:] == [str(number) for number in range(2, len(first) + 1)]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


class _Proxy(socketserver.StreamRequestHandler):
    """Notes what is asked of it, and refuses."""

    def handle(self) -> None:
        """Note the first line."""
        self.server.asked.append(self.rfile.readline().decode(errors="replace"))  # type: ignore[attr-defined]


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch):
    """Let the browser speak to a proxy that notes every request."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Proxy) as server:
        server.daemon_threads = True
        server.asked = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        quiet = [flag for flag in paper._QUIET if not flag.startswith(("--proxy", "--host-resolver"))]

        def through(browser: str, profile: Path) -> list[str]:
            port = server.server_address[1]
            return [
                browser,
                *quiet,
                "--no-sandbox",
                f"--user-data-dir={profile}",
                f"--proxy-server=127.0.0.1:{port}",
            ]

        monkeypatch.setattr(paper, "command", through)
        yield server.asked  # type: ignore[attr-defined]
        server.shutdown()


@needs_chromium
def test_a_page_asks_nothing_of_the_network(tmp_path: Path, proxied: list[str]) -> None:
    """Whatever stands in it, its policy keeps the browser from sending a single request."""
    more = (
        '<img src="http://a.example/x.png" alt=""><style>@import url(http://b.example/x.css);</style>'
        '<p style="background:url(http://c.example/)">x</p><script src="http://d.example/x.js"></script>'
    )

    paper.pdf(page_in(tmp_path, more), tmp_path / "meeting.pdf", browser=str(CHROMIUM))

    # what is left is the browser's own; outside this test it goes nowhere (`paper._QUIET`)
    assert [line for line in proxied if ".example" in line] == []


@needs_chromium
def test_the_proxy_sees_what_a_page_without_a_policy_asks(tmp_path: Path, proxied: list[str]) -> None:
    """The test above would notice a request."""
    page = page_in(tmp_path, '<img src="http://a.example/x.png" alt="">')
    page.write_text(
        re.sub(r"<meta http-equiv=[^>]*>", "", page.read_text(encoding="utf-8")), encoding="utf-8"
    )

    paper.pdf(page, tmp_path / "meeting.pdf", browser=str(CHROMIUM))

    assert any("a.example" in line for line in proxied)


def test_a_browser_that_hangs_is_ended(tmp_path: Path) -> None:
    """After the time allowed it and its children are gone, and a sentence says so."""
    slow = script(tmp_path, f"sleep 60 & echo $! > {tmp_path / 'child'}; wait")

    with pytest.raises(RunError) as caught:
        paper.pdf(page_in(tmp_path), tmp_path / "meeting.pdf", browser=slow, seconds=0.5)

    assert "0,5 giây" in caught.value.text("vi")
    assert not (tmp_path / "meeting.pdf").exists()
    child = (tmp_path / "child").read_text(encoding="utf-8").strip()
    end = time.monotonic() + 10  # a killed process takes a moment to go
    while _runs(child) and time.monotonic() < end:
        time.sleep(0.01)
    assert not _runs(child)


def _runs(process: str) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def test_a_browser_that_makes_nothing_says_why(tmp_path: Path) -> None:
    """Its last words are told; a PDF that was there stays."""
    (tmp_path / "meeting.pdf").write_bytes(b"%PDF old")

    with pytest.raises(RunError, match="no display"):
        paper.pdf(
            page_in(tmp_path),
            tmp_path / "meeting.pdf",
            browser=script(tmp_path, "echo no display >&2; exit 1"),
        )

    assert (tmp_path / "meeting.pdf").read_bytes() == b"%PDF old"


def test_a_browser_that_is_not_there_is_refused_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong name in the environment is a mistake to be told, not a machine without a browser."""
    monkeypatch.setenv(paper.VARIABLE, "no-such-browser")

    with pytest.raises(SpecError, match="no-such-browser"):
        paper.chromium()


def test_a_machine_without_a_browser_is_told_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there is none, and the report is published all the same."""
    monkeypatch.delenv(paper.VARIABLE, raising=False)
    monkeypatch.setattr(paper.shutil, "which", lambda _name: None)

    assert paper.chromium() is None


def test_the_command_warns_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a machine without a browser nor a browser that fails takes the published report back."""
    page = page_in(tmp_path)

    report._print(page, None, "vi")
    report._print(page, script(tmp_path, "exit 1"), "vi")

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("Báo cáo HTML vẫn đầy đủ") == 2
    assert paper.VARIABLE in said.err


def test_a_pdf_that_is_there_is_of_this_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named and not made again: a run that is made anew begins in an empty folder."""
    page = page_in(tmp_path)
    page.with_suffix(".pdf").write_bytes(b"%PDF old")

    report._print(page, None, "en")

    assert "there already" in capsys.readouterr().out
