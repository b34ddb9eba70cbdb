"""The main job as a user meets it: seconds, memory, size of pages; beside the plain tools typed by hand.

Every figure is of processes as they are typed, in the project's environment, after one run that has filled
the caches.  By hand means: the figures computed once and written, as a run does; then, notebook by notebook,
``papermill NOTEBOOK OUTPUT -p ...`` and ``jupyter nbconvert --to html OUTPUT``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks import opening
from forecast.answer.result import Result
from forecast.base.spec import RunSpec
from forecast.pages import reading
from forecast.runs import paper, report_notebooks
from forecast.runs.manifest import Manifest

ROOT = Path(__file__).resolve().parents[1]
DAY, YEAR, AREA = "2024-10-20", 2024, "TP. Hồ Chí Minh"
TIMES = 3
GLANCE = 0.1  # seconds between two looks at memory
COMPUTE = """
import sys
from pathlib import Path
from forecast.answer import pipeline
from forecast.answer.result import spec_from
import json
pipeline.make(spec_from(json.loads(sys.argv[1])), Path("data")).write(Path(sys.argv[2]))
"""


def figures(workers: int = 0) -> dict[str, float]:
    """Measure all; wall seconds but for what the names say otherwise.

    Returns
    -------
    dict
        meeting, meeting_cpu, by_hand, by_hand_cpu, ratio, second, help, check, gigabytes; largest_mb and
        slowest_ms of the pages, the latter NaN without a browser.
    """
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder) / "reports"
        command = ["report", f"--target-year={YEAR}", f"--as-of={DAY}", f"--reports-dir={reports}"]
        command += [f"--workers={workers}"]
        forecast(command)  # fills the caches
        wall, cpu = timed(lambda: forecast([*command, "--again"]))
        found = {"meeting": wall, "meeting_cpu": cpu}
        found["gigabytes"] = _peak([*command, "--again"])
        found["second"] = _fastest(command)
        found["help"] = _fastest(["--help"])
        found["check"] = _fastest(["check", f"--as-of={DAY}"])
        (place,) = (path.parent for path in reports.glob("*/manifest.json"))
        found |= _pages(place)
        wall, cpu = timed(lambda: _by_hand(place, Path(folder) / "by hand"))
        return found | {"by_hand": wall, "by_hand_cpu": cpu, "ratio": found["meeting"] / wall}


def _by_hand(run: Path, folder: Path) -> None:
    """Make the pages of a run with the plain tools, one after the other."""
    result = folder / "result"
    result.mkdir(parents=True)
    told = (run / "spec.json").read_text(encoding="utf-8")
    python("-c", COMPUTE, told, str(result))
    # What the notebooks of a run read beside the tables.
    (result / "manifest.json").write_bytes((run / "manifest.json").read_bytes())
    for stem, given in jobs(run, result):
        output = folder / f"{stem}-{given.get('component', 'all')}.ipynb"
        words = [word for name, value in given.items() for word in ("-p", name, str(value))]
        python("-m", "papermill", f"notebooks/{stem}.ipynb", str(output), *words)
        python("-m", "jupyter", "nbconvert", "--to", "html", str(output))


def jobs(run: Path, result: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Each notebook of a run with its parameters, told to read the result from a folder."""
    told = Manifest.read(run)
    found = Result.read(run)
    spec: RunSpec = found.spec
    given = report_notebooks.parameters_of(spec, data_dir=ROOT / "data", run_dir=result, lang=told.lang)
    for kind in report_notebooks.KINDS:
        for component in reading.domains(found)["component"] if kind.per_domain else ("",):
            yield kind.stem, {**given, **({"component": component} if component else {})}


def _pages(run: Path) -> dict[str, float]:
    """Size of the largest page, and how long the slowest takes to open."""
    pages = sorted(run.glob("*.html"))
    browser = paper.chromium()
    took = [
        statistics.median(opening.milliseconds(page, browser) for _ in range(TIMES))
        for page in pages
        if browser
    ]
    largest = max(page.stat().st_size for page in pages) / 1e6
    return {"largest_mb": largest, "slowest_ms": max(took, default=float("nan"))}


def _environment() -> dict[str, str]:
    """As ``make`` sets it; the tools' own kernel is the environment's, whatever else is on the path."""
    libraries = ("OMP", "OPENBLAS", "MKL")
    folder = str(Path(sys.executable).parent)
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    threads = {f"{library}_NUM_THREADS": "1" for library in libraries}
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **threads, "PATH": path, "PYTHONUTF8": "1"}


def python(*words: str, answer: str = "") -> str:
    """Run Python in the project's folder, with one thread for each process; what it printed."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=_environment(),
        input=answer,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{words[:3]}: {done.stderr[-2000:]}")
    return done.stdout


def forecast(words: Sequence[str]) -> None:
    """Run the command as typed."""
    python("-m", "forecast", *words)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall seconds, and processor seconds of all processes that were started and have ended."""
    began, before = time.perf_counter(), os.times()
    work()
    after = os.times()
    spent = (after.children_user + after.children_system) - (before.children_user + before.children_system)
    return time.perf_counter() - began, spent


def _fastest(words: Sequence[str]) -> float:
    return min(timed(lambda: forecast(words))[0] for _ in range(TIMES))


def _peak(words: Sequence[str]) -> float:
    """Largest memory of a command with all its processes, shared pages counted once, in GB; Linux only."""
    worker = threading.Thread(target=forecast, args=(words,))
    worker.start()
    most = 0
    while worker.is_alive():
        most = max(most, sum(map(_memory, _below(os.getpid()))))
        time.sleep(GLANCE)
    worker.join()
    return most / 1024**2 if most else float("nan")


def _below(pid: int) -> set[int]:
    """Processes that a process has started, and those that these have."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue  # it has ended
    found, new = set(), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def _memory(pid: int) -> int:
    """A process's share of memory in kilobytes; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
