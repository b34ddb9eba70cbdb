"""How large the pages of a run are, and how long a browser takes to open each.

``python -m benchmarks.opening reports/<run id>``: bytes, and milliseconds from the begin of the navigation
until the page is loaded and laid out (middle of three), in a headless Chromium without a cache.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from forecast.runs import paper
from forecast.runs.html_check import MAX_BYTES

GOAL_MS = 1000
TIMES = 3
# A page allows no script, so a copy without its policy is measured; all else in it is as published.
CLOCK = """<script>addEventListener("load", () => {
  document.body.getBoundingClientRect();
  document.title = "took " + Math.round(performance.now());
});</script></body>"""


def milliseconds(page: Path, browser: str) -> float:
    """Open one page; milliseconds until it is laid out."""
    text = re.sub(r'<meta http-equiv="Content[^>]*>', "", page.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / page.name
        copy.write_text(text.replace("</body>", CLOCK), encoding="utf-8")
        command = [*paper.command(browser, Path(folder) / "profile"), "--dump-dom", copy.as_uri()]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.search(r"<title>took (\d+)", shown)
    return float(found[1]) if found else float("nan")


def main(arguments: list[str]) -> int:
    """Measure every page of the folders named; 1 if one is over the budget."""
    browser = paper.chromium()
    if browser is None or not arguments:
        print(__doc__ if browser else "No Chromium is installed.", file=sys.stderr)
        return 1
    good = True
    for page in (page for folder in arguments for page in sorted(Path(folder).glob("*.html"))):
        size = page.stat().st_size
        took = statistics.median(milliseconds(page, browser) for _ in range(TIMES))
        good &= size < MAX_BYTES and took < GOAL_MS
        print(f"{page.name:24} {size / 1e6:6.3f} MB {took:6.0f} ms")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
