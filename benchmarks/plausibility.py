"""False alarms and hits of the doubts about imported tables: ``python -m benchmarks.plausibility``.

Tables of published panels stand for this year's, the three years before for what is known.  A false alarm is
a doubt about a real table; a hit is the due doubt about the same table with one planted fault.  The limits
of `forecast.intake.doubts.plausible` were chosen on the early years; the late ones confirm them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.panels import folder
from forecast.intake.doubts.history import REACH, History
from forecast.intake.doubts.plausible import far
from forecast.intake.doubts.scores import Case, Doubt, judge

TRIES = 6
EARLY = {"papi": 2017, "pci": 2010}  # last of the early years
Fault = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def panel(place: Path, name: str) -> pd.DataFrame:
    """One panel as known figures: area, component, year, percent."""
    frame = pd.read_csv(place / f"{name}.csv")
    parts = ~frame["component"].isin(["total", "pci_weighted", "pci_unweighted", "pci_implement"])
    return frame[parts].assign(percent=10 * frame["score"])


def swap(now: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Two provinces exchanged that are among the tenth of all pairs that differ most."""
    table = now.to_numpy(copy=True)
    apart = np.nanmean(np.abs(table[:, None] - table[None, :]), axis=2)
    first, second = np.triu_indices(len(table), 1)
    far = np.argsort(-apart[first, second])[: len(first) // 10]
    place = rng.choice(far)
    i, k = int(first[place]), int(second[place])
    table[[i, k]] = table[[k, i]]
    return pd.DataFrame(table, now.index, now.columns)


def any_swap(now: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Any two provinces exchanged, however alike."""
    table = now.to_numpy(copy=True)
    i, k = rng.choice(len(table), 2, replace=False)
    table[[i, k]] = table[[k, i]]
    return pd.DataFrame(table, now.index, now.columns)


def columns(now: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Two columns exchanged."""
    table = now.to_numpy(copy=True)
    i, k = rng.choice(table.shape[1], 2, replace=False)
    table[:, [i, k]] = table[:, [k, i]]
    return pd.DataFrame(table, now.index, now.columns)


def shift(now: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    """Every column in the place of the next."""
    return pd.DataFrame(np.roll(now.to_numpy(), 1, axis=1), now.index, now.columns)


def slip(now: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    """Every row in the place of the next."""
    return pd.DataFrame(np.roll(now.to_numpy(), 1, axis=0), now.index, now.columns)


def tenth(now: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    """A tenth of every figure, as points are of percent."""
    return now / 10


def digit(now: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One figure 40 percent of the maximum off."""
    table = now.to_numpy(copy=True)
    i, k = rng.integers(len(table)), rng.integers(table.shape[1])
    table[i, k] += 40 if table[i, k] < 50 else -40
    return pd.DataFrame(table, now.index, now.columns)


FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "two provinces that differ most": (swap, {"doubt.swap"}),
    "any two provinces": (any_swap, {"doubt.swap"}),
    "two columns": (columns, {"doubt.column", "doubt.level", "doubt.unlike"}),
    "columns shifted": (shift, {"doubt.column", "doubt.level", "doubt.unlike"}),
    "rows slipped": (slip, {"doubt.unlike"}),
    "a tenth": (tenth, {"doubt.level"}),
    "one figure": (digit, {"doubt.jump"}),
}


def judged(now: pd.DataFrame, year: int, known: pd.DataFrame) -> list[Doubt]:
    """Doubts about a table, given the years before."""
    return judge(Case(year, now, now, pd.Series(np.nan, index=now.index), {}), History(known, {}))


def doubts(now: pd.DataFrame, year: int, known: pd.DataFrame) -> set[str]:
    """Kinds of doubts about a table."""
    return {doubt.key for doubt in judged(now, year, known)}


def trials(figures: pd.DataFrame) -> Iterator[tuple[int, str, float]]:
    """Year, what was tried, and whether (or in what share) it was told."""
    for year in sorted(set(figures["year"]))[1:]:
        known = figures[figures["year"].between(year - REACH, year - 1)]
        now = figures[figures["year"] == year].pivot_table(
            index="area", columns="component", values="percent"
        )
        told = doubts(now, year, known)
        many = [each for each in judged(now, year, known) if each.area and each.component]
        yield year, "false jump, of figures", len(many) / int(now.notna().to_numpy().sum())
        for kind in ("copy", "level", "unlike", "column", "swap", "jump"):
            yield year, f"false {kind}", float(f"doubt.{kind}" in told)
        yield year, "false any", float(bool(told))
        rng = np.random.default_rng(year)
        for name, (fault, due) in FAULTS.items():
            tries = (
                TRIES
                if name
                in ("two provinces that differ most", "any two provinces", "two columns", "one figure")
                else 1
            )
            hits = [bool(due & doubts(fault(now, rng), year, known)) for _ in range(tries)]
            yield year, f"hit {name}", float(np.mean(hits))


def alone(figures: pd.DataFrame, reach: int) -> tuple[float, float, int]:
    """Share of figures that are doubted one by one as they are, then with a slipped decimal; their number.

    `reach` is how many years before are known.
    """
    wrong: list[tuple[bool, bool]] = []
    for year in sorted(set(figures["year"]))[1:]:
        known = figures[figures["year"].between(year - reach, year - 1)]
        middles = known.groupby("component")["percent"].median()
        years = known.groupby(["area", "component"])["percent"].apply(list)
        for row in figures[figures["year"] == year].itertuples():
            if own := years.get((row.area, row.component)):
                middle = middles[row.component]
                wrong.append((far(row.percent, own, middle), far(row.percent / 10, own, middle)))
    shares = np.mean(wrong, axis=0)
    return float(shares[0]), float(shares[1]), len(wrong)


def main() -> None:
    """Print the share of tables (false alarms) and of faults (hits), early and late years apart."""
    place = folder()
    for name, last in EARLY.items():
        rows = pd.DataFrame(trials(panel(place, name)), columns=["year", "what", "share"])
        rows["when"] = np.where(rows["year"] <= last, "early", "late")
        wide = rows.pivot_table(index="what", columns="when", values="share", sort=False)
        for reach in (1, REACH, 99):
            false, slips, count = alone(panel(place, name).dropna(subset="percent"), reach)
            sys.stdout.write(
                f"{name}, figures one by one, {reach} years known: {false:.2%} of {count} doubted, "
                f"{slips:.2%} of slipped decimal marks\n"
            )
        sys.stdout.write(
            f"{name}: {rows.groupby('when')['year'].nunique().to_dict()} tables\n{wide.round(4)}\n"
        )


if __name__ == "__main__":
    main()
