"""Write into README.md the table of how good past forecasts were, from the project's own data.

Run it after a change of models or data: ``.venv/bin/python tools/readme.py``; ``--check`` only compares.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
from pathlib import Path

from forecast import labels, pipeline, score
from forecast.reading import past
from forecast.result import Result
from forecast.spec import RunSpec

ROOT = Path(__file__).resolve().parents[1]
SPEC = RunSpec(index_code="PAR", area="TP. Hồ Chí Minh", target_year=2024, as_of=dt.date(2024, 10, 20))
BASELINE = "last_value"


def record_lines(result: Result) -> list[str]:
    """Lines of the table: for each model its errors and coverage, and its CRPS on the cells of last value."""
    cells = past.cells(result)
    levels = sorted(set(cells.columns).difference([*past.KEY, "observed"]))
    cells = cells.assign(
        crps=score.crps_from_quantiles(cells["observed"], cells[levels].to_numpy(), levels=levels)
    )
    base = cells[cells["model"] == BASELINE].set_index(["area", "target_year"])["crps"]
    heads = ("mô hình · model", "dự báo · forecasts", "sai số TB · MAE", "trong khoảng 80% · inside 80%")
    lines = [
        f"| {' | '.join(heads)} | CRPS so với năm trước · vs last value |",
        "| --- |" + " ---: |" * len(heads),
    ]
    for model in dict.fromkeys(result.backtest["model"]):
        own = cells[cells["model"] == model].set_index(["area", "target_year"])
        pair = own[["crps"]].join(base.rename("base"), how="inner")
        figures = (
            f"{labels.text(f'model.{model}', 'vi')} · {labels.text(f'model.{model}', 'en')}",
            str(len(own)),
            labels.number((own["observed"] - own[0.5]).abs().mean(), 1, "vi"),
            f"{labels.number(100 * score.inside(own['observed'], own[0.1], own[0.9]).mean(), 0, 'vi')}%",
            f"{labels.number(pair['crps'].mean() / pair['base'].mean(), 2, 'vi')} ({len(pair)})",
        )
        lines.append(f"| {' | '.join(figures)} |")
    return lines


def with_record(text: str, lines: list[str]) -> str:
    """Put the table between its marks."""
    block = "<!-- record -->\n" + "\n".join(lines) + "\n<!-- /record -->"
    return re.sub(r"<!-- record -->.*?<!-- /record -->", lambda _: block, text, flags=re.DOTALL)


def main() -> int:
    """Write or check the table."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    fresh = with_record(text, record_lines(pipeline.make(SPEC, ROOT / "data")))
    if "--check" in sys.argv:
        return int(fresh != text)
    path.write_text(fresh, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
