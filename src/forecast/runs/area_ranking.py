"""Rank the areas of one question by the published runs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from forecast.answer.result import read_table
from forecast.base.labels import LANGUAGES, text
from forecast.data.load.lineage import with_newcomers
from forecast.pages import reading
from forecast.runs.manifest import Manifest
from forecast.runs.site import front_page

COLUMNS: Final = (
    *("place", "area", "region", "median", "lower", "upper", "last_year", "last", "last_known", "last_rank"),
    *("change", "rank_median", "rank_lower", "rank_upper", "p_top10", "p_top15", "page"),
)
TOPS: Final = (10, 15)
# Why an area has no run though nothing is wrong with it: its batch was cut off.
_CUT_OFF: Final = ("areas.not_reached", "run.killed")
RANK_LEVELS: Final = {"rank_median": 0.5, "rank_lower": 0.1, "rank_upper": 0.9}


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """The ranking of the areas of one question."""

    newest: Manifest  # record of the run that was published last
    # `COLUMNS`, the highest median first; median, lower, upper (80 percent), last and change in points
    # (percent for SIPAS), `last` estimated where `last_known` is false; ranks with their 80 percent range,
    # and the chances of the top ten and fifteen, from the joint draws of all provinces; page is a path from
    # the folder of reports
    table: pd.DataFrame
    # area and reason, by language, of runs that failed and have no other in place
    failed: tuple[tuple[str, Any], ...]
    mixed: bool  # whether the runs were made from different data, notebooks, code or packages
    provinces: int = 0  # how many there are in the year, as the ranks of the runs say; 0 if they do not


def ranking(root: Path, runs: Iterable[Manifest], failed: Iterable[Manifest]) -> Ranking | None:
    """Rank the areas by the last run of each; None if there is no run.

    Of several questions (index, year, day) it takes the last one whose batch was complete, so that an
    interrupted batch replaces nothing; if no batch was complete, the one begun last.
    """
    ordered = sorted(runs, key=lambda run: (not run.spec["force"], run.number))
    if not ordered:
        return None
    failed = list(failed)
    waiting = _waiting(ordered, failed)
    newest = next((run for run in reversed(ordered) if _question(run) not in waiting), ordered[-1])
    by_area = {run.spec["area"]: run for run in ordered if _question(run) == _question(newest)}
    rows, reasons, provinces = [], {}, 0
    for area, run in by_area.items():
        try:
            ranks = read_table(root / run.run_id, "rank")
            rows.append(_row(root / run.run_id, run, ranks))
            provinces = max(provinces, len(ranks))
        except (OSError, ValueError, LookupError):  # someone was at its files
            reasons[area] = {lang: text("areas.unreadable", lang) for lang in LANGUAGES}
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.sort_values(["median", "area"], ascending=[False, True], ignore_index=True)
    table["place"] = table.index + 1
    for run in sorted(failed, key=lambda run: run.finished_at):
        if _question(run) == _question(newest) and run.spec["area"] not in by_area:
            reasons[run.spec["area"]] = dict(run.error)
    mixed = len({str(run.inputs) for run in by_area.values()}) > 1
    return Ranking(newest, table, tuple(reasons.items()), mixed, provinces)


def _waiting(runs: Iterable[Manifest], failed: Iterable[Manifest]) -> list[dict[str, Any]]:
    """List the questions of which some area was not reached."""
    reported = [run.spec for run in runs]
    cut_off = {text(key, language) for key in _CUT_OFF for language in LANGUAGES}
    return [
        _question(run) for run in failed if run.spec not in reported and cut_off & set(run.error.values())
    ]


def _question(run: Manifest) -> dict[str, Any]:
    return {name: value for name, value in run.spec.items() if name != "area"}


def _region(folder: Path, area: str) -> str:
    areas = pd.read_csv(folder / "data" / "areas.csv", dtype="str", keep_default_na=False)
    if not {"area", "region"} <= set(areas.columns):
        return ""
    if (file := folder / "data" / "lineage.csv").exists():
        areas = with_newcomers(areas, pd.read_csv(file, dtype="str", keep_default_na=False))
    return next(iter(areas.loc[areas["area"] == area, "region"]), "")


def _row(folder: Path, run: Manifest, ranks: pd.DataFrame) -> dict[str, Any]:
    summary = read_table(folder, "summary").set_index("component").loc[reading.TOTAL]
    names = ("median", "lower", "upper", "last_year", "last_known", "last_rank", "change")
    return {
        "area": run.spec["area"],
        "region": _region(folder, run.spec["area"]),
        **{name: summary[name] for name in names},
        "last": summary["last_median"],
        **dict(_ranks(ranks)),
        "page": front_page(run),
    }


def _ranks(table: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Quantiles of the rank, and the chance of ending among the first."""
    if table.empty:
        return
    until = table.sort_values("rank")["probability"].cumsum().round(9)
    ordered = table.sort_values("rank")["rank"]
    for name, level in RANK_LEVELS.items():
        yield name, int(ordered[until >= min(level, until.iloc[-1])].iloc[0])
    for top in TOPS:
        yield f"p_top{top}", float(table.loc[table["rank"] <= top, "probability"].sum())
