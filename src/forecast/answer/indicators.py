"""Current indicators as covariates: each year's figures as known on the same day, for one day of the year.

A figure of a past year counts only if it was published by the same day of that year.  Figures are compared
on one day of the year: that of the latest figures, the same for all areas.  Where an area has none of that
day, the nearest within so many days stands for it; one that grows over the year is scaled to the day, in
proportion to the days that are over.  The catalogue (indicator_types.csv) states this rule once an indicator.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.answer.findings import phrase
from forecast.base.arrays import Floats
from forecast.base.spec import same_day
from forecast.data.load import Known
from forecast.data.load.cells import each_row
from forecast.data.load.indicators import COUNTED, related_of, with_days
from forecast.data.load.settle import settle
from forecast.data.tables import COUNTRY, DAY_DTYPE
from forecast.model.covariates import Covariates

WITHIN_DAYS: Final = 15  # of a figure from the day that years are compared on, where the catalogue says none
TAIL_80: Final = 1.2815515655446004  # of a normal, beyond which 10 percent lie
COLUMNS: Final = (
    *("indicator", "component", "area", "year", "value", "figure", "period", "last_day", "compared_on"),
    *("factor", "published_on", "source_url"),
)
_FIGURE: Final = ["indicator_code", "area", "first_day", "last_day"]


def figures_at(known: Known, target_year: int, as_of: dt.date) -> pd.DataFrame:
    """List the figure used for each indicator, area and year, with its source and how it was scaled.

    Of the target year counts what was known on `as_of`, of an earlier year what was published by the same day
    of it.

    Gives `COLUMNS`, sorted by indicator, area, year.  `year` is the year that the figure helps to forecast,
    later than the figure's own by the indicator's lag; `value` is `figure` (as published) times `factor`, on
    the day `compared_on`; of a related index `value` is percent of its maximum.
    """
    types = known.indicator_types
    own = _nearest(_published(known, types, target_year, as_of))
    parts = [own, *(_related(known, row, target_year, as_of) for row in each_row(types))]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    figures = pd.concat([part[list(COLUMNS)] for part in parts])
    return figures.sort_values(["indicator", "area", "year"]).reset_index(drop=True)


def covariates_at(
    known: Known, target_year: int, as_of: dt.date, areas: Sequence[str] | None = None
) -> Covariates:
    """Give what is known on a day as covariates: the indicators of the catalogue that name a component.

    Areas are the provinces if none are named; an indicator that none of them has counts for all with the
    country's figure.  Years run from the first with a figure to `target_year`; names are codes, sorted.
    """
    return covariates_of(figures_at(known, target_year, as_of), known, target_year, areas)


def covariates_of(
    figures: pd.DataFrame, known: Known, target_year: int, areas: Sequence[str] | None = None
) -> Covariates:
    """Give the covariates of figures that `figures_at` listed; see `covariates_at`."""
    places = tuple(known.provinces if areas is None else areas)
    figures_used = figures[(figures["component"] != "") & figures["area"].isin((*places, COUNTRY))]
    names = sorted(set(figures_used["indicator"]))
    first = int(figures_used["year"].min()) if len(figures_used) else target_year
    years = tuple(range(first, target_year + 1))
    values = np.full((len(places), len(years), len(names)), np.nan)
    rows = dict(zip(places, range(len(places)), strict=True))
    for k, name in enumerate(names):
        own = figures_used[figures_used["indicator"] == name]
        inside = own[own["area"].isin(places)]
        if inside.empty:
            values[:, own["year"].to_numpy(dtype=int) - first, k] = own["value"].to_numpy(dtype=float)
        else:
            at = inside["area"].map(rows).to_numpy(dtype=int), inside["year"].to_numpy(dtype=int) - first
            values[(*at, k)] = inside["value"].to_numpy(dtype=float)
    types = {row.indicator_code: row for row in each_row(known.indicator_types)}
    return Covariates(
        areas=places,
        years=years,
        names=tuple(names),
        components=tuple(str(types[name].component) for name in names),
        values=values,
        sign=np.array([float(types[name].sign) for name in names]),
    )


def expert_effects(elasticities: pd.DataFrame, covariates: Covariates) -> tuple[Floats, Floats]:
    """Give what experts say that a unit of each covariate is worth in points of its component: mean, sd (K,).

    Each expert's range holds 80 percent of a normal; several experts of one indicator count alike, and how
    far they lie apart adds to the doubt (a mixture of their normals, by its mean and variance).  NaN where
    nobody said anything.
    """
    ranges: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in each_row(elasticities):
        mean_and_sd = ((row.low + row.high) / 2, (row.high - row.low) / (2 * TAIL_80))
        ranges.setdefault((row.indicator_code, row.component), []).append(mean_and_sd)
    mean, sd = np.full(len(covariates.names), np.nan), np.full(len(covariates.names), np.nan)
    for k, key in enumerate(zip(covariates.names, covariates.components, strict=True)):
        if key in ranges:
            means, sds = np.array(ranges[key]).T
            mean[k] = means.mean()
            sd[k] = np.sqrt((sds**2).mean() + means.var())
    return mean, sd


def component_of(name: str) -> str:
    """Component of the index that an indicator's own one belongs to: that of a criterion is its domain."""
    return f"D{name.partition('.')[0]}" if name[:1].isdigit() else name


def comparison(known: Known, code: str) -> str:
    """Say by which rule an indicator's figures of several years are compared, as a phrase for pages."""
    row = next(row for row in each_row(known.indicator_types) if row.indicator_code == code)
    if related_of(row.source):
        return phrase("indicators.rule_related", lag=_lag(row.lag))
    return phrase(f"indicators.rule_{row.kind}", days=_within(row.within_days))


def name_of(known: Known, code: str, lang: str) -> str:
    """Name an indicator in a language; the Vietnamese name where the catalogue has no English one."""
    row = known.indicator_types[known.indicator_types["indicator_code"] == code]
    in_catalogue = row[f"name_{lang}"].tolist() + row["name_vi"].tolist()
    in_figures = known.indicators.loc[
        known.indicators["indicator_code"] == code, "indicator_name_vi"
    ].tolist()
    return next((str(name) for name in (*in_catalogue, *in_figures) if name), code)


def english_names(known: Known, keys: pd.Series[str]) -> list[str]:
    """English names of the indicators whose codes begin the keys; empty where the catalogue has none."""
    types = known.indicator_types
    name_of_code = dict(zip(types["indicator_code"], types["name_en"], strict=True))
    return [name_of_code.get(key.partition(" | ")[0], "") for key in keys]


def _published(known: Known, types: pd.DataFrame, target_year: int, as_of: dt.date) -> pd.DataFrame:
    """Figures of single years that were known by the same day of theirs, one a period; `year` has the lag."""
    rows = known.indicator_rows.merge(
        types[["indicator_code", "component", "kind", "lag", "within_days"]], on="indicator_code"
    )
    rows["year"] = rows["first_day"].dt.year + rows["lag"].map(_lag)
    january = (rows["first_day"].dt.month == 1) & (rows["first_day"].dt.day == 1)
    fit = (rows["first_day"].dt.year == rows["last_day"].dt.year) & (rows["year"] <= target_year)
    fit &= january | ~rows["kind"].isin(COUNTED)
    rows = rows[fit]
    rows = rows[rows["published_on"] <= _limits(rows["year"], target_year, as_of)].reset_index(drop=True)
    as_scores = rows.assign(score=rows["value"], rank=np.nan, source_day=rows["published_on"])
    repeated = rows.duplicated(_FIGURE, keep=False)
    settled, _ = settle(as_scores[repeated].reset_index(drop=True), _FIGURE, as_of=as_of)
    single: pd.DataFrame = rows[~repeated]
    return pd.concat([single, settled[list(rows.columns)]]).reset_index(drop=True)


def _limits(years: pd.Series, target_year: int, as_of: dt.date) -> pd.Series:
    """The same day of each year as `as_of` is of the target year."""
    days = {year: same_day(as_of, int(year) - target_year) for year in years.unique()}
    return pd.Series([days[year] for year in years], index=years.index, dtype=DAY_DTYPE)


def _nearest(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each indicator, area and year the figure nearest to the day that years are compared on, scaled."""
    code = "indicator_code"
    near = rows.merge(_compared_on(rows), on=code)
    due = _same_days(near["day"], near["last_day"].dt.year)
    gap = (near["last_day"] - due).dt.days
    other = _month_and_day(near["first_day"]) != near["begin"]
    near = near.assign(indicator=near[code], compared_on=due, gap=gap.abs(), earlier=gap < 0, other=other)
    near = near[near["gap"] <= near["within_days"].fillna(WITHIN_DAYS)]
    near = near.sort_values(["indicator", "area", "year", "other", "gap", "earlier"])
    near = near.drop_duplicates(["indicator", "area", "year"])
    due_elapsed, elapsed = near["compared_on"].dt.day_of_year, near["last_day"].dt.day_of_year
    factor = np.where(near["kind"] == "cumulative", due_elapsed / elapsed, 1.0)
    return near.assign(figure=near["value"], factor=factor, value=near["value"] * factor)


def _compared_on(rows: pd.DataFrame) -> pd.DataFrame:
    """By indicator: the `day` on which most areas' latest figures end, and where they `begin` in the year.

    Of the latest year that has any; among days that equally many areas have, the later.
    """
    code, days = "indicator_code", ["last_day", "first_day"]
    latest = rows[rows["year"] == rows.groupby(code)["year"].transform("max")]
    latest = latest.sort_values(days, ascending=[False, True]).drop_duplicates([code, "area"])
    counts = latest.groupby([code, *days]).size().reset_index(name="areas")
    most = counts.sort_values([code, "areas", *days]).drop_duplicates(code, keep="last")
    return most[[code]].assign(day=most["last_day"], begin=_month_and_day(most["first_day"]))


def _same_days(days: pd.Series, years: pd.Series) -> pd.Series:
    """The same day of the year as each of the days, in other years."""
    pairs = pd.MultiIndex.from_arrays([days, years])
    own = {(day, year): same_day(day.date(), year - day.year) for day, year in pairs.unique()}
    return pd.Series([own[pair] for pair in pairs], index=days.index, dtype=DAY_DTYPE)


def _month_and_day(days: pd.Series) -> pd.Series:
    number: pd.Series = 100 * days.dt.month + days.dt.day
    return number


def _related(known: Known, row: Any, target_year: int, as_of: dt.date) -> pd.DataFrame:
    """Figures of a related index, percent of its maximum; each helps in the year `lag` after its own."""
    related_index = related_of(str(row.source))
    if related_index is None:
        return pd.DataFrame(columns=list(COLUMNS))
    related = known.related
    own = related[(related["index_code"] == related_index[0]) & (related["component"] == related_index[1])]
    own = own.assign(year=own["year"] + _lag(row.lag))
    own = own[own["score"].notna() & (own["year"] <= target_year)]
    own = own[own["published_on"] <= _limits(own["year"], target_year, as_of)]
    whole = own["max_score"].where(own["unit"] != "percent", 100.0)
    own = own.assign(period=(own["year"] - _lag(row.lag)).astype("str"), factor=100.0 / whole)
    own = with_days(own[whole.notna()])
    return own.assign(
        indicator=row.indicator_code,
        component=row.component,
        figure=own["score"],
        value=own["score"] * own["factor"],
        compared_on=own["last_day"],
    )


def _lag(cell: float) -> int:
    return 0 if np.isnan(cell) else int(cell)


def _within(cell: float) -> int:
    return WITHIN_DAYS if np.isnan(cell) else int(cell)
