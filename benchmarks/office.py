"""What an office pays for complete tables: 12 made-up years of 63 provinces beside the project's sparse data.

The tables are made by a tool beside the project, ``office_full.py``; set ``FORECAST_OFFICE`` to it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.desk import changed_scores
from benchmarks.report import forecast, python, timed

ROOT = Path(__file__).resolve().parents[1]
TOOL = ROOT.parent / "shared" / "tools" / "office_full.py"
VARIABLE = "FORECAST_OFFICE"
DAY, YEAR, FIRST, LAST = "2024-10-20", 2024, 2012, 2023
PUBLISHED = "2024-04-17"  # the last year's table
TIMES = 3  # changes of a figure
AREAS = 63
FEW = ("TP. Hồ Chí Minh", "Hà Nội", "Đà Nẵng")
MORE = (
    *FEW,
    "Hải Phòng",
    "Cần Thơ",
    "An Giang",
    "Sơn La",
    "Lào Cai",
    "Thừa Thiên Huế",
    "Thái Bình",
    "Nghệ An",
)
POSTERIOR = """
import datetime as dt, sys, time
from pathlib import Path
import numpy as np
from forecast.answer import panel_forecast; from forecast.data import load
from forecast.base.spec import RunSpec
day = dt.date.fromisoformat(sys.argv[2])
known = load.read_vintages(Path(sys.argv[1])).known_at(day)
spec = RunSpec(index_code="PAR", area=known.provinces[0], target_year=day.year, as_of=day)
began = time.process_time()
panel_forecast.posterior(known, spec, np.random.default_rng(spec.seed))
spent = time.process_time() - began
# The kernel's own mark, of this program alone.
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(spent, int(peak) / 1024**2)
"""


class ToolMissingError(Exception):
    """The tool that makes the office's tables is not on this machine; the message says what to do."""


def figures() -> dict[str, float]:
    """Measure all on complete and on sparse data.

    Returns
    -------
    dict
        posterior (one thread), report, areas (reports of all areas, reckoned from those of three and eleven)
        and changed (a changed figure at the desk), each also as ``sparse_`` and ``_ratio``, and import (a
        year's table with its preview beside all others) as ``import_cpu``: processor seconds of all
        processes; gigabytes and sparse_gigabytes of the posterior; import in wall seconds.  Empty without
        the tool.
    """
    try:
        source = tool()
    except ToolMissingError as error:
        print(f"  {error}", file=sys.stderr)
        return {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        make = [str(source), "build", str(folder), f"--project={ROOT}"]
        python(*make)
        for name, years in (("complete", f"{FIRST}-{LAST}"), ("earlier", f"{FIRST}-{LAST - 1}")):
            python(str(source), "fast", *make[2:], f"--years={years}", f"--data={folder / name}")
        shutil.copytree(ROOT / "data", folder / "sparse")
        found = {}
        for name, prefix in (("complete", ""), ("sparse", "sparse_")):
            found[f"{prefix}posterior"], found[f"{prefix}gigabytes"] = _posterior(folder / name)
            found[f"{prefix}report"] = _report(folder, name, ())
            few, more = (_report(folder, name, areas) for areas in (FEW, MORE))
            each = (more - few) / (len(MORE) - len(FEW))
            found[f"{prefix}areas"] = few + (AREAS - len(FEW)) * each
            found[f"{prefix}changed"] = changed_scores(folder / name, TIMES).cpu
        for figure in ("posterior", "report", "areas", "changed"):
            found[f"{figure}_ratio"] = found[figure] / found[f"sparse_{figure}"]
        found["import"], found["import_cpu"] = timed(lambda: _import(folder))
        return found


def tool() -> Path:
    """Give the program that makes the office's tables.

    Raises
    ------
    ToolMissingError
        If it is not there.
    """
    place = Path(os.environ.get(VARIABLE) or TOOL)
    if not place.is_file():
        raise ToolMissingError(
            f"Không thấy chương trình lập bảng giả định ({place.name}), nên không đo phần này; "
            f"đặt {VARIABLE} thành đường dẫn của nó.\n  The program that makes the office's tables is "
            f"not here, so this part is not measured; set {VARIABLE} to its path."
        )
    return place


def _posterior(data: Path) -> tuple[float, float]:
    """Processor seconds and GB of the posterior alone, in a process of its own."""
    spent, peak = python("-c", POSTERIOR, str(data), DAY).split()
    return float(spent), float(peak)


def _report(folder: Path, data: str, areas: tuple[str, ...]) -> float:
    """Processor seconds of a report, or of one for each of some areas, made anew."""
    words = ["report", f"--target-year={YEAR}", f"--as-of={DAY}", "--again", f"--data-dir={folder / data}"]
    if areas:
        chosen = folder / "areas.txt"
        chosen.write_text("\n".join(areas), encoding="utf-8")
        words.append(f"--areas={chosen}")
    words.append(f"--reports-dir={folder / f'reports {data}'}")
    return timed(lambda: forecast(words))[1]


def _import(folder: Path) -> None:
    """Look at the last year's table beside all earlier ones, and refuse it."""
    words = ["-m", "forecast", "import", "par", str(folder / f"tables/par-{LAST}.xlsx"), f"--year={LAST}"]
    words += [f"--published={PUBLISHED}", "--source=bảng giả định", f"--data-dir={folder / 'earlier'}"]
    words += [f"--as-of={DAY}", f"--target-year={YEAR}", "--insist"]
    python(*words, answer="n\n")


if __name__ == "__main__":
    try:
        print(figures())
    except subprocess.CalledProcessError as error:
        sys.exit(error.stderr)
