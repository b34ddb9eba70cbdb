"""Print a published HTML page as PDF with an installed Chromium.

The browser gets a temporary profile and no network; the page itself forbids loading anything from outside.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from forecast.base.disk import replace_file
from forecast.base.errors import RunError, SpecError, reason_of, shown

VARIABLE: Final = "FORECAST_CHROMIUM"  # a path or name that goes before all others
SECONDS: Final = 120.0
NAMES: Final = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
# Where Windows and macOS put them, which are on no search path there.
_PLACES: Final = (
    *("%ProgramFiles%/Google/Chrome/Application/chrome.exe",),
    *("%ProgramFiles(x86)%/Google/Chrome/Application/chrome.exe",),
    *("%LocalAppData%/Google/Chrome/Application/chrome.exe",),
    *("%ProgramFiles(x86)%/Microsoft/Edge/Application/msedge.exe",),
    *("%ProgramFiles%/Microsoft/Edge/Application/msedge.exe",),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_QUIET: Final = (
    *("--headless", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--mute-audio"),
    *("--no-first-run", "--no-default-browser-check", "--no-pings", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-domain-reliability"),
    *("--disable-client-side-phishing-detection", "--metrics-recording-only", "--disable-breakpad"),
    # every name is unknown, and the only proxy is one that nobody answers
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9", "--disable-quic"),
)


def chromium() -> str | None:
    """Find a Chromium, Chrome or Edge; None if there is none.

    Raises SpecError if FORECAST_CHROMIUM names one that is not there.
    """
    name = os.environ.get(VARIABLE, "")
    if name:
        path = shutil.which(name)
        if path is None:
            raise SpecError("paper.not_there", {"name": VARIABLE, "found": name})
        return path
    places = (os.path.expandvars(place) for place in _PLACES)
    return next(filter(None, map(shutil.which, (*NAMES, *places))), None)


def command(browser: str, profile: Path) -> list[str]:
    """Begin a command that runs the browser quietly, with a profile that is thrown away."""
    root = (
        ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    )  # refused to root otherwise
    return [browser, *_QUIET, *root, f"--user-data-dir={profile}"]


def pdf(page: Path, place: Path, *, browser: str, seconds: float = SECONDS) -> None:
    """Print a page as PDF: A4, tagged, with title, language and text, as its style sheet says.

    `place`: the PDF; what stood there is replaced; `seconds`: time allowed; the browser and what it has
    started are ended then. Raises RunError if the browser cannot be started, takes too long, or makes no PDF;
    WriteError if the PDF cannot be put in its place.
    """
    with tempfile.TemporaryDirectory(prefix="forecast-", ignore_cleanup_errors=True) as folder:
        printed = Path(folder) / "page.pdf"
        arguments = [*command(browser, Path(folder) / "profile"), "--no-pdf-header-footer"]
        arguments += ["--generate-pdf-document-outline", f"--print-to-pdf={printed}", page.resolve().as_uri()]
        messages = _run(arguments, browser, seconds)
        if not (printed.is_file() and printed.read_bytes().startswith(b"%PDF")):
            lines = [line for line in messages.splitlines() if line.strip()]
            reason = shown(lines[-1] if lines else "-", 300)
            raise RunError("paper.failed", {"browser": browser, "error": reason})
        replace_file(place, printed.read_bytes())


def _run(arguments: list[str], browser: str, seconds: float) -> str:
    """Run a browser and give what it said; it and its children are ended when time is over."""
    try:
        process = subprocess.Popen(  # noqa: S603 -- the browser that was found, and our own file
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=sys.platform != "win32",
        )
    except OSError as error:
        raise RunError("paper.failed", {"browser": browser, "error": reason_of(error)}) from error
    with process:
        try:
            _, messages = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise RunError("paper.timeout", {"browser": browser, "seconds": seconds}) from None
        finally:
            _end(process)
    return messages


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        if sys.platform == "win32":
            process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
