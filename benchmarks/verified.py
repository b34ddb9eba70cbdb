"""Past years forecast as of 20 October, then verified: every measure, by year, index and kind.

``python -m benchmarks.verified [FIRST LAST]`` prints a table; the years are 2021 to 2023 unless told.
"""

from __future__ import annotations

import sys
from functools import partial

import pandas as pd

from benchmarks.record import DATA, DAY
from forecast.answer import panel_forecast, record
from forecast.answer.lessons import kind_of
from forecast.answer.panel_forecast import MAIN_MODEL
from forecast.base.spec import RunSpec
from forecast.data import load
from forecast.model.last_rank import LAST_RANK

BASES = ("last_value", LAST_RANK)
CELL = ["target_year", "index_code", "area", "component"]
MEASURES = ("crps", "wis", "dispersion", "under", "over", "inside50", "inside80", "inside95")


def cells(first: int, last: int) -> pd.DataFrame:
    """Score the years from what was known on the same day of each; nothing later is seen."""
    vintages = load.read_vintages(DATA)
    known = vintages.known_at(DAY)
    spec = RunSpec(index_code="PAR", area=known.provinces[0], target_year=DAY.year, as_of=DAY)
    came = record.outcomes(known, "PAR", first, last)
    of_year = partial(record.of_year, vintages, came, spec, panel_forecast.forecast_rows)
    return record.joined(map(of_year, range(first, last + 1))).cells


def table(made: pd.DataFrame) -> pd.DataFrame:
    """Sum up the main model by year, index and kind, with skill against the last value or the last rank."""
    kinds = [kind_of(*pair) for pair in zip(made["component"], made["index_code"], strict=True)]
    made = made.assign(kind=kinds, error=(made["median"] - made["observed"]).abs())
    made = made[made["kind"] != "parts"]
    own = made[made["model"] == MAIN_MODEL]
    base = made[made["model"].isin(BASES)].set_index(CELL)["crps"].rename("base")
    own = own.join(base, on=CELL)
    own["paired"] = own["crps"].where(own["base"].notna())
    groups = own.groupby(["target_year", "index_code", "kind"])
    sums = groups[["error", *MEASURES]].mean()
    pairs = groups[["paired", "base"]].sum(min_count=1)
    return sums.assign(cells=groups.size(), skill=1 - pairs["paired"] / pairs["base"])


def main() -> None:
    """Print the table as Markdown."""
    first, last = map(int, sys.argv[1:3] or ("2021", "2023"))
    made = table(cells(first, last)).reset_index()
    print(f"| {' | '.join(made.columns)} |\n|{' --- |' * len(made.columns)}")
    for row in made.itertuples(index=False):
        figures = (f"{value:.2f}" if isinstance(value, float) else str(value) for value in row)
        print(f"| {' | '.join(figures)} |")


if __name__ == "__main__":
    main()
