"""Kill each command that writes, at random moments, and look whether anything is lost.

``python -m benchmarks.kills [--kills 30] [--seed 1] [NAME ...]``; the names are those of `TRIALS`.  After
each kill the tables are as before or as after, the journal and the ledger are read, every published report is
whole, no reader has two letters, and the same command, typed again, ends well and makes what it would have.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import openpyxl

from forecast.base.errors import ForecastError
from forecast.data import load
from forecast.intake import journal
from forecast.runs import site
from forecast.runs.store import Store
from forecast.sending.ledger import Ledger

ROOT = Path(__file__).resolve().parents[1]
DAY = "2024-10-20"
NOTED = {journal.FILE, load.LOCK}  # they say when
LEFT = (".*.part", ".old-*", ".building-*")
READERS, PORT = 20, 2525
INDICATOR = (
    "--indicator",
    "made_up_rate",
    "--name",
    "Tỷ lệ giả định",
    "--unit",
    "%",
    "--linked-domain",
    "D3",
)
ORIGIN = ("--published", "2024-10-10", "--source", "made up")
QUIET = ("--no-forecast", "--insist", "--yes")


@dataclass(slots=True)
class Place:
    """A folder with data and reports in which one command is killed again and again."""

    root: Path
    letters: Counter[str] = field(default_factory=Counter)
    tables: tuple[dict[str, bytes], ...] = ()

    @property
    def data(self) -> Path:
        """The folder of data."""
        return self.root / "data"

    @property
    def reports(self) -> Path:
        """The folder of reports."""
        return self.root / "reports"

    def forecast(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end."""
        return subprocess.run(self.command(words), check=check, capture_output=True)

    def command(self, words: tuple[str, ...]) -> list[str]:
        """Write a command with the folders."""
        return [sys.executable, "-m", "forecast", *(word.format(place=self.root) for word in words)]

    def content(self) -> dict[str, bytes]:
        """Give the tables by name."""
        names = (path for path in self.data.iterdir() if path.is_file())
        return {path.name: path.read_bytes() for path in names if path.name not in NOTED}


@dataclass(frozen=True, slots=True)
class Trial:
    """A command to be killed: what it needs, its words, what is looked at, whether each time begins anew."""

    prepare: Callable[[Place], None]
    words: tuple[str, ...]
    look: Callable[[Place], Iterator[str]]
    anew: bool = True


def data_faults(place: Place) -> Iterator[str]:
    """Look at tables and journal."""
    try:
        load.read_vintages(place.data)
        journal.read(place.data)
    except ForecastError as error:
        yield str(error)
    for name, content in place.content().items():
        if place.tables and content not in {tables.get(name, b"") for tables in place.tables}:
            yield f"{name} is neither as before nor as after"


def report_faults(place: Place) -> Iterator[str]:
    """Look at the folders of reports, once the next command has mended them."""
    for root in (place.reports, place.reports / site.AREAS):
        if not root.is_dir():
            continue
        store = Store(root)
        with store.opened():
            runs = store.published()
        yield from (f"{run.run_id} is not whole" for run in runs if store.whole(run.run_id) is None)
        yield from (f"{path.name} is left" for kind in LEFT for path in root.glob(kind))
        yield from (f"{path} looks finished" for path in root.glob("failed/*/*.html"))
        if root == place.reports and not runs:
            yield "the report that was there is lost"


def letter_faults(place: Place) -> Iterator[str]:
    """Look at the ledger and at what the server has."""
    yield from (f"{to} has {count} letters" for to, count in place.letters.items() if count > 1)
    (run,) = Store(place.reports).published()
    known = Ledger(place.reports / "sent.jsonl").read(run.run_id)
    yield from (f"{to} is not in the ledger" for to in place.letters if to not in known)


def _published(place: Place) -> None:
    place.forecast(*REPORT)


def _printed(place: Place) -> None:
    areas = load.read_vintages(place.data).known_at(dt.date.fromisoformat(DAY)).provinces
    rows = [f"{area},{60 + number / 2}" for number, area in enumerate(areas)]
    (place.root / "table.csv").write_text("\n".join(["Tỉnh,9/2024", *rows]) + "\n", encoding="utf-8")


def _filled(place: Place) -> None:
    words = ("form", "--all", "--target-year", "2024", "--as-of", "2024-09-01", "--out", "{place}/forms")
    place.forecast(*words, "--data-dir", "{place}/data")
    path = place.root / "forms" / "du-bao-2024_so-tu-phap.xlsx"
    book = openpyxl.load_workbook(path)
    for cell, value in (("H8", 8.2), ("I8", 8.8), ("J8", 9.3)):
        book["Dự báo"][cell] = value
    book.save(path)


def _with_readers(place: Place) -> None:
    _published(place)
    smtp = f'[smtp]\nhost = "localhost"\nport = {PORT}\nsecurity = "starttls"\nfrom = "a@example.org"\n'
    to = (f'[[to]]\nname = "{number}"\nemail = "r{number}@example.org"\n' for number in range(READERS))
    (place.root / "to.toml").write_text(smtp + "".join(to), encoding="utf-8")


def _two(place: Place) -> None:
    _published(place)
    (place.root / "areas.txt").write_text("Hà Nội\nĐà Nẵng\n", encoding="utf-8")


FOLDERS = (
    "--data-dir",
    "{place}/data",
    "--reports-dir",
    "{place}/reports",
    "--notebooks-dir",
    f"{ROOT}/notebooks",
)
REPORT = ("report", "--target-year", "2024", "--as-of", DAY, *FOLDERS)
TRIALS = {
    "add": Trial(
        lambda _: None,
        ("add", "indicator", *INDICATOR, "--area", "TP.HCM", "--period", "2024-01..2024-09", "--value",
         "96,5", *ORIGIN, *QUIET, *FOLDERS[:2]),
        data_faults,
    ),
    "import": Trial(
        _printed,
        ("import", "indicators", "{place}/table.csv", "--indicator", "pub_inv_disb_rate", *ORIGIN, *QUIET,
         *FOLDERS[:2]),
        data_faults,
    ),
    "intake": Trial(
        _filled,
        ("intake", "{place}/forms/du-bao-2024_so-tu-phap.xlsx", "--received-on", "2024-09-25", *FOLDERS[:2]),
        data_faults,
    ),
    "send": Trial(
        _with_readers,
        ("send", "--to-file", "{place}/to.toml", "--insecure", "--stale-days", "99999", *FOLDERS[2:4]),
        letter_faults,
    ),
    "report": Trial(_published, (*REPORT, "--again"), report_faults, anew=False),
    "areas": Trial(_two, (*REPORT, "--areas", "{place}/areas.txt", "--again"), report_faults, anew=False),
}  # fmt: skip


def killed(trial: Trial, place: Place, kills: int, rng: np.random.Generator) -> Iterator[str]:
    """Kill a trial's command so many times, half of them late, where it writes; give what was lost."""
    shutil.copytree(ROOT / "data", place.data, ignore=shutil.ignore_patterns(load.LOCK))
    trial.prepare(place)
    kept = place.root.with_name(f"{place.root.name}-kept")
    shutil.copytree(place.root, kept)
    before, began = place.content(), time.monotonic()
    place.forecast(*trial.words)
    seconds = time.monotonic() - began
    after = place.content()
    if trial.anew and trial.look is data_faults and before == after:
        raise RuntimeError("the command writes nothing, so there is nothing to lose")
    place.tables = (before, after)
    done, tries = 0, 0
    while done < kills and tries < 3 * kills:
        tries += 1
        if trial.anew:
            shutil.rmtree(place.root)
            shutil.copytree(kept, place.root)
            place.letters.clear()
        moment = rng.uniform(0.6 * (tries % 2), 1.02) * seconds
        took = _one(place, trial.words, moment)
        done += took is None
        seconds = min(seconds, took or seconds)  # the first run may have had a busy machine
        for fault in trial.look(place):
            yield f"killed after {moment:.2f} s: {fault}"
        again = place.forecast(*trial.words, check=False) if trial.anew else None
        if again is not None:
            yield from (f"after the next command: {fault}" for fault in trial.look(place))
            if place.content() != after:
                told = again.stderr.decode()
                yield f"killed after {moment:.2f} s: the next command does not make up for it: {told}"
    last = place.forecast(*trial.words, check=False)
    if not trial.anew and last.returncode:
        yield f"the next command ends with {last.returncode}: {last.stderr.decode()}"
    late = tries - done
    print(f"  {done} kills, {late} more came after its end; by itself it takes {seconds:.1f} s", flush=True)


def _one(place: Place, words: tuple[str, ...], moment: float) -> float | None:
    """Kill a command with all that it has started; None, or the seconds that it took if it had ended."""
    began = time.monotonic()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(place.command(words), start_new_session=True, **quiet)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None
    return time.monotonic() - began


class _Box:
    """A mail server's side: counts who gets letters."""

    def __init__(self, letters: Counter[str]) -> None:
        self.letters = letters

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802
        """Take a letter."""
        self.letters.update(envelope.rcpt_tos)
        return "250 taken"


def main(arguments: list[str] | None = None) -> int:
    """Kill the commands asked for; 1 if something was lost."""
    from aiosmtpd.controller import Controller

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[[], *TRIALS], default=list(TRIALS))
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    lost = 0
    for name in asked.names:
        print(name, flush=True)
        with tempfile.TemporaryDirectory(prefix="kills-", ignore_cleanup_errors=True) as folder:
            place = Place(Path(folder) / "office")
            server = Controller(_Box(place.letters), hostname="localhost", port=PORT)
            if name == "send":
                server.start()
            try:
                for fault in killed(TRIALS[name], place, asked.kills, np.random.default_rng(asked.seed)):
                    lost += 1
                    print(f"  {fault}", flush=True)
            finally:
                if name == "send":
                    server.stop()
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
