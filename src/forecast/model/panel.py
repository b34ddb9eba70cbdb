"""The data container of all models: scores of areas in components over consecutive years."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecast.base.arrays import Floats
from forecast.base.errors import DataError, Problem

KEY = ("area", "component", "year")
YEAR_RANGE = (0, 9999)
MOST_AHEAD = 100  # years; beyond them a range is all that could ever be
HUGE = 1e100  # squares of larger numbers, and sums of them, leave the range of floats
MOST_CELLS = 10_000_000  # of a panel; its forecasts take many times as much


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A yearly panel as it was known at its last year; nothing after that is inside.

    Raises
    ------
    ValueError
        If shapes and names do not fit, years are not consecutive, a value is infinite or
        outside [0, upper].
    """

    # areas, components: names along the first two axes of `value`
    areas: tuple[str, ...]
    components: tuple[str, ...]
    years: tuple[int, ...]  # consecutive years along the third axis; the last is the origin
    value: Floats  # (A, C, T): scores in the components' own unit; NaN where none is known
    upper: Floats  # (C,): maximum of each component (its minimum is then 0); NaN where it has no bounds
    # years whose level may shift as the method changed; a target year may be among them
    breaks: tuple[int, ...] = ()
    # (A, C, T): what covariates account for, on the models' scale: models look at what is left
    offset: Floats | None = None

    def __post_init__(self) -> None:
        shape = (len(self.areas), len(self.components), len(self.years))
        value = np.array(self.value, dtype=float)
        upper = np.array(self.upper, dtype=float)
        if value.shape != shape or upper.shape != shape[1:2] or 0 in shape:
            raise ValueError(f"value {value.shape} and upper {upper.shape} do not fit names {shape}")
        if self.years != tuple(range(self.years[0], self.years[0] + len(self.years))):
            raise ValueError(f"years must be consecutive, got {self.years}")
        if np.isinf(value).any():
            raise ValueError("value holds an infinite number")
        top = upper[None, :, None]
        if (upper <= 0).any() or (np.isfinite(top) & ((value < 0) | (value > top))).any():
            raise ValueError("value must lie within [0, upper], and upper above 0")
        value.flags.writeable = False
        upper.flags.writeable = False
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "upper", upper)
        object.__setattr__(self, "breaks", tuple(sorted(set(self.breaks))))

    @property
    def origin(self) -> int:
        """Last year of the panel."""
        return self.years[-1]

    def until(self, year: int) -> Panel:
        """Give the panel as it ended in `year`: later values, later breaks and offsets are gone."""
        keep = [y for y in self.years if y <= year]
        if not keep:
            raise ValueError(f"the panel starts in {self.years[0]}, after {year}")
        return replace(
            self,
            years=tuple(keep),
            value=self.value[:, :, : len(keep)],
            breaks=tuple(b for b in self.breaks if b <= year),
            offset=None,
        )

    def tail(self, count: int) -> Panel:
        """Give the panel of the last `count` years, or all if it has fewer."""
        offset = None if self.offset is None else self.offset[:, :, -count:]
        return replace(self, years=self.years[-count:], value=self.value[:, :, -count:], offset=offset)

    def only(self, places: Sequence[int]) -> Panel:
        """Give the panel of some components, by their places."""
        numbers = list(places)
        return replace(
            self,
            components=tuple(self.components[c] for c in numbers),
            value=self.value[:, numbers],
            upper=self.upper[numbers],
            offset=None if self.offset is None else self.offset[:, numbers],
        )

    @classmethod
    def from_long(
        cls,
        frame: pd.DataFrame,
        *,
        upper: Mapping[str, float] | float | None = None,
        breaks: Sequence[int] = (),
        file: str = "scores",
    ) -> Panel:
        """Build a panel from rows of area, component, year, score and, if known, max_score.

        Where maxima differ over the years, scores are carried to the latest year's maximum, as
        percents of the maximum are what can be compared.  Rows may be missing.

        Parameters
        ----------
        frame : DataFrame
            One row per area, component and year, in any order.
        upper : mapping or float, optional
            Maximum of each component (or of all) where `frame` has no max_score.
        breaks : sequence of int
            Years in which the method changed.
        file : str
            Name that error messages give the table.

        Raises
        ------
        DataError
            Names every bad row: a score that is no finite number or lies outside [0, maximum],
            a year that is none, an empty name, a repeated key, a maximum that only some rows have.

        Examples
        --------
        >>> rows = pd.DataFrame({"area": ["A", "A"], "component": "D", "year": [2020, 2022], "score": [5, 6]})
        >>> Panel.from_long(rows, upper=10.0).value
        array([[[ 5., nan,  6.]]])
        """
        rows = _checked(frame, upper, file)
        areas, area = np.unique(rows["area"].to_numpy(dtype=str), return_inverse=True)
        components, component = np.unique(rows["component"].to_numpy(dtype=str), return_inverse=True)
        year = rows["year"].to_numpy(dtype=int)
        first, last = int(year.min()), int(year.max())
        latest = np.full(len(components), np.nan)
        order = np.argsort(year, kind="stable")
        latest[component[order]] = rows["max_score"].to_numpy(dtype=float)[order]
        share = latest[component] / rows["max_score"].to_numpy(dtype=float)
        shape = (len(areas), len(components), last - first + 1)
        if math.prod(shape) > MOST_CELLS:
            facts = {"areas": shape[0], "components": shape[1], "years": shape[2], "most": MOST_CELLS}
            raise DataError([Problem(file, None, "", "", "panel.sparse", facts)])
        value = np.full(shape, np.nan)
        score = rows["score"].to_numpy(dtype=float)
        value[area, component, year - first] = np.where(np.isnan(share), score, score * share)
        return cls(
            areas=tuple(areas.tolist()),
            components=tuple(components.tolist()),
            years=tuple(range(first, last + 1)),
            # A product such as 100 * (3 / 3) may step over the maximum by one unit in the last place.
            value=np.where(np.isnan(latest)[:, None], value, np.minimum(value, latest[:, None])),
            upper=latest,
            breaks=tuple(breaks),
        )


def _checked(frame: pd.DataFrame, upper: Mapping[str, float] | float | None, file: str) -> pd.DataFrame:
    """Give the rows with clean types and a max_score column, or name every bad row."""
    absent = [c for c in (*KEY, "score") if c not in frame.columns]
    if absent:
        raise DataError([Problem(file, 1, c, "", "panel.column") for c in absent])
    if frame.empty:
        raise DataError([Problem(file, None, "", "", "panel.empty")])
    rows = frame.reset_index(drop=True)
    clean = rows[["area", "component"]].astype("string")
    for name in ("year", "score", "max_score"):
        columns = rows[name] if name in rows else pd.Series(np.nan, index=rows.index)
        clean[name] = pd.to_numeric(columns, errors="coerce").astype(float)
    if upper is not None:
        known = clean["component"].map(upper) if isinstance(upper, Mapping) else float(upper)
        clean["max_score"] = clean["max_score"].fillna(known)
    top = clean["max_score"]
    partial = top.isna() & top.notna().groupby(clean["component"]).transform("any")
    wrote = rows["max_score"].notna() if "max_score" in rows else pd.Series(data=False, index=rows.index)
    low, high = YEAR_RANGE
    year_fits = clean["year"].between(low, high) & (clean["year"] % 1 == 0)
    bounded = np.isfinite(top)
    broken = {
        ("area", "panel.name"): clean["area"].fillna("").str.strip() == "",
        ("component", "panel.name"): clean["component"].fillna("").str.strip() == "",
        ("year", "panel.year"): ~year_fits,
        ("score", "panel.number"): ~np.isfinite(clean["score"]),
        ("score", "panel.huge"): ~bounded & np.isfinite(clean["score"]) & (clean["score"].abs() > HUGE),
        ("max_score", "panel.maximum"): partial | (wrote & ~(bounded & (top > 0))) | (top <= 0),
        ("score", "panel.bounds"): bounded & ~clean["score"].between(0, top) & np.isfinite(clean["score"]),
        ("year", "panel.repeated"): year_fits & clean.duplicated(list(KEY), keep=False),
    }
    # Rows of a file know their number in it; of a plain table the header is row 1.
    place = np.asarray(rows["row"] if "row" in rows else rows.index + 2)
    problems = [
        Problem(file, int(place[i]), column, _found(rows, column, int(i)), key)
        for (column, key), flag in broken.items()
        for i in np.flatnonzero(flag.to_numpy(dtype=bool))
    ]
    if problems:
        raise DataError(sorted(problems, key=lambda p: p.row or 0))
    return clean


def _found(rows: pd.DataFrame, column: str, place: int) -> str:
    value = rows[column].iloc[place] if column in rows else None
    return "" if pd.isna(value) else str(value)
