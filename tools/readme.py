"""Write into README.md the tables of how good past forecasts were, from the project's own data.

Run it after a change of models or data: ``.venv/bin/python tools/readme.py``; ``--check`` only compares.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
from pathlib import Path

import pandas as pd

from forecast.answer import pipeline
from forecast.answer.result import RANK, SETTLED, Result
from forecast.base import labels
from forecast.base.spec import RunSpec
from forecast.pages import reading
from forecast.pages.reading import past_scores
from forecast.pages.reading.past_scores import PERIODS

ROOT = Path(__file__).resolve().parents[1]
SPEC = RunSpec(index_code="PAR", area="TP. Hồ Chí Minh", target_year=2024, as_of=dt.date(2024, 10, 20))
BASELINE = "last_value"


def record_lines(result: Result) -> list[str]:
    """Lines between the marks: totals by model, the years' common errors, SIPAS, ranks and domains."""
    cells = past_scores.past_cells(result)
    own = cells[(cells["index_code"] == "PAR") & (cells["component"] == "total")]
    return [
        *_totals(own),
        "",
        *_ranges(result),
        "",
        *_common(past_scores.year_errors(result)),
        "",
        *_others(cells[cells["model"].isin([reading.recorded_model(result), reading.PLAIN_RANK])]),
        "",
        *_last_years(reading.past_years(result)),
    ]


def _totals(cells: pd.DataFrame) -> list[str]:
    """For each model its errors and coverage, apart by period, and its CRPS on the cells of last value."""
    base = cells[cells["model"] == BASELINE].set_index(["area", "target_year"])["crps"]
    heads = (
        *("mô hình · model", "dự báo · forecasts", "sai số TB · MAE", "trong khoảng 80% · inside 80%"),
        *(f"đến · up to {SETTLED}", f"sau · after {SETTLED}", "CRPS so với năm trước · vs last value"),
    )
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for model in dict.fromkeys(cells["model"]):
        own = cells[cells["model"] == model].set_index(["area", "target_year"])
        pair = own[["crps"]].join(base.rename("base"), how="inner")
        by_period = own.groupby("period")["inside"].mean()
        figures = (
            f"{labels.text(f'model.{model}', 'vi')} · {labels.text(f'model.{model}', 'en')}",
            str(len(own)),
            labels.number(own["error"].mean(), 1, "vi"),
            *(labels.percent(each, 0, "vi") for each in (own["inside"].mean(), *map(by_period.get, PERIODS))),
            f"{labels.number(pair['crps'].mean() / pair['base'].mean(), 2, 'vi')} ({len(pair)})",
        )
        lines.append(f"| {' | '.join(figures)} |")
    return lines


def _ranges(result: Result) -> list[str]:
    """Share of the totals that each range held, apart by period."""
    levels = [f"{level}%" for level in result.spec.levels]
    heads = ["khoảng của tổng điểm chứa · ranges of the total held", "dự báo · forecasts", *levels]
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(levels) + 1)]
    periods = (("đến · up to", {"last": SETTLED}), ("sau · after", {"first": SETTLED + 1}))
    for name, years in periods:
        table = reading.coverage(result, **years)
        shares = [labels.percent(share, 0, "vi") for share in table["share"]]
        lines.append(f"| {name} {SETTLED} | {table['cells'].max()} | {' | '.join(shares)} |")
    return lines


def _common(years: pd.DataFrame) -> list[str]:
    """The years' common errors, one column a year."""
    heads = ["dự báo trừ kết quả, TB các tỉnh · forecast less result", *map(str, years["target_year"])]
    misses = ["điểm · points", *(labels.signed(miss, 1, "vi") for miss in years["miss"])]
    marks = "| --- |" + " ---: |" * len(years)
    return [f"| {' | '.join(heads)} |", marks, f"| {' | '.join(misses)} |"]


def _others(cells: pd.DataFrame) -> list[str]:
    """Ranks beside the plain step from last year's, SIPAS with and without its new questionnaire, domains."""
    survey = cells[(cells["index_code"] == "SIPAS") & (cells["component"] == "total")]
    ranks = cells[(cells["component"] == RANK) & (cells["index_code"] == "PAR")]
    plain = ranks["model"] == reading.PLAIN_RANK
    domains = cells["component"].str.fullmatch(r"D\d")
    parts = (
        ("hạng, mô hình chứng cứ (bậc) · rank, evidence model (places)", ranks[~plain]),
        ("hạng, lấy hạng năm trước (bậc) · rank, last rank (places)", ranks[plain]),
        ("tám lĩnh vực (điểm) · eight domains (points)", cells[domains]),
        ("SIPAS (%)", survey),
        (
            "SIPAS, không kể năm có phiếu hỏi mới · without the new questionnaire",
            survey[~survey["new_method"]],
        ),
    )
    heads = (
        *("mô hình chứng cứ · evidence model", "dự báo · forecasts", "sai số TB · MAE"),
        *("trong khoảng 80% · inside 80%", f"đến · up to {SETTLED}", f"sau · after {SETTLED}", "CRPS, RPS"),
    )
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for name, own in parts:
        by_period = own.groupby("period")["inside"].mean()
        inside = (own["inside"].mean(), *map(by_period.get, PERIODS))
        figures = (
            *(name, str(len(own)), labels.number(own["error"].mean(), 1, "vi")),
            *(labels.percent(each, 0, "vi") for each in inside),
            labels.number(own["crps"].mean(), 2, "vi"),
        )
        lines.append(f"| {' | '.join(figures)} |")
    return lines


def _last_years(table: pd.DataFrame) -> list[str]:
    """The last three years one by one: totals, SIPAS, domains, ranks, beside repeating the last figure."""
    heads = (
        *("từng năm, số liệu đến 20/10 · each year, data up to 20 October", "dự báo · forecasts"),
        *("sai số TB · MAE", "trong khoảng 80% · inside 80%", "CRPS, RPS", "so với năm trước · vs last"),
    )
    names = {"total": "", "domains": ", lĩnh vực · domains", "rank": ", hạng · rank"}
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for row in table.to_dict("records"):
        new = " (cách tính mới · new method)" if row["new_method"] else ""
        ratio = row["compared_crps"] / row["base_crps"]
        figures = (
            f"{row['target_year']} {row['index_code']}{names[row['kind']]}{new}",
            str(row["cells"]),
            labels.number(row["error"], 1, "vi"),
            labels.percent(row["inside"], 0, "vi"),
            labels.number(row["crps"], 2, "vi"),
            labels.MISSING if pd.isna(ratio) else f"{labels.number(ratio, 2, 'vi')} ({row['compared']:.0f})",
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
