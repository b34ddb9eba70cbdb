"""Select rows and figures of a Result for pages."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.spec import interval_ends
from forecast.data.tables import COUNTRY, MADE, pick

EVEN: Final = (33, 66)  # percent; the band of the phrase table in which no direction is claimed
TOPS: Final = (10, 15)  # groups whose chance is always shown
TOTAL: Final = "total"


def domains(result: Result) -> pd.DataFrame:
    """Give the summary rows of the domains, which add up to the total; parts cut across them are left out."""
    summary = result.summary
    inside = (summary["parent"] == TOTAL) & ~summary["component"].str.startswith("part.")
    return summary.loc[inside].reset_index(drop=True)


@lru_cache(maxsize=256)
def line(result: Result, component: str) -> pd.Series[Any]:
    """Give the summary row of one component; raises KeyError if the result says nothing of the component."""
    rows = result.summary.loc[result.summary["component"] == component]
    if rows.empty:
        raise KeyError(f"no component {component!r}; there are {result.summary['component'].tolist()}")
    return rows.iloc[0]


def quantile(result: Result, component: str, level: float, *, index_code: str = "") -> float:
    """Read one quantile of the city's forecast; NaN if the result has none."""
    return _quantiles(result, component, index_code or result.spec.index_code).get(round(level, 4), math.nan)


def model_alone(result: Result) -> dict[float, float] | None:
    """Read the quantiles of the total by the model that the main one is based on; None if there is none."""
    beneath = recorded_model(result)
    if beneath == main_model(result):
        return None
    return _quantiles(result, TOTAL, result.spec.index_code, beneath) or None


@lru_cache(maxsize=256)  # a result never changes, and a page asks some hundred times
def _quantiles(result: Result, component: str, index_code: str, model: str = "") -> dict[float, float]:
    row_key = {"component": component, "area": result.spec.area, "index_code": index_code}
    rows = pick(result.forecast, **row_key, model=model or main_model(result), output_type="quantile")
    levels = rows["output_type_id"].astype(float).round(4)
    return dict(zip(levels.tolist(), rows["value"].tolist(), strict=True))


def interval(result: Result, component: str, level: int, *, index_code: str = "") -> tuple[float, float]:
    """Read the ends of a central interval of `level` percent."""
    low, high = (quantile(result, component, end, index_code=index_code) for end in interval_ends(level))
    return low, high


def main_model(result: Result) -> str:
    """Name the model whose forecast the pages show: the one that the first row of FORECAST comes from."""
    return str(result.forecast["model"].iloc[0])


def recorded_model(result: Result) -> str:
    """Name the model whose past forecasts are shown: the main one, or if it has none the one it is based on.

    Criteria and departments were added too recently to have a record; the model below them has one.
    """
    past = result.backtest["model"]
    main = main_model(result)
    return main if past.empty or main in set(past) else str(past.iloc[0])


def history(result: Result, component: str, *, index_code: str = "") -> pd.DataFrame:
    """Give the city's published years of a component.

    Gives one row per year, ascending: year, score (in the unit published, NaN where only a rank is known),
    rank, trust.
    """
    row_key = {"index_code": index_code or result.spec.index_code, "area": result.spec.area}
    rows = pick(result.evidence, **row_key, component=component, statistic="value")
    rows = rows.loc[rows["trust"] != MADE, ["year", "score", "rank", "trust"]]
    return rows.drop_duplicates("year").sort_values("year").reset_index(drop=True)


def shares(result: Result, component: str) -> pd.DataFrame:
    """Give the area's years before the target year in percent of the maximum, so that versions compare.

    Gives one row per year, ascending: year, kind (published, derived, estimated), known, median, lower and
    upper (80 percent) of what was not published.
    """
    rows = result.history
    selection = (rows["component"] == component) & (rows["year"] < result.spec.target_year)
    return rows.loc[selection].drop(columns="component").sort_values("year").reset_index(drop=True)


def national_means(result: Result, component: str) -> pd.DataFrame:
    """Give the published means of the country: year, share (percent of the maximum); one row a year."""
    row_key = {"index_code": result.spec.index_code, "area": COUNTRY, "component": component}
    rows = pick(result.evidence, **row_key, statistic="mean").dropna(subset="observed_share")
    rows = rows.drop_duplicates("year").sort_values("year").reset_index(drop=True)
    return pd.DataFrame({"year": rows["year"], "share": 100 * rows["observed_share"]})


def share_quantile(result: Result, component: str, level: float) -> float:
    """Read one quantile of the forecast in percent of the maximum."""
    return 100 * quantile(result, component, level) / float(line(result, component)["max_score"])


def rank_at(result: Result, share: float) -> int:
    """Read the rank that is not passed with probability `share`, best rank first."""
    ordered = result.rank.sort_values("rank")
    enough = ordered["probability"].cumsum() >= share - 1e-9
    return int(ordered.loc[enough, "rank"].iloc[0])


def rank_facts(result: Result) -> dict[str, int]:
    """Read the middle rank and its range of 80 percent, for a sentence."""
    ends = {"median": 0.5, "best": 0.1, "worst": 0.9}
    return {"ranked": ranked_areas(result), **{name: rank_at(result, share) for name, share in ends.items()}}


def ranked_areas(result: Result, year: int = 0) -> int:
    """Count the areas that are ranked: by the year's list, or by the ranks published of an earlier year."""
    if not year:
        return len(result.rank)
    rows = result.evidence
    ranks = rows.loc[(rows["year"] == year) & (rows["index_code"] == result.spec.index_code), "rank"]
    return max(len(result.rank), int(ranks.max())) if ranks.notna().any() else len(result.rank)


def headline_figures(result: Result) -> dict[str, float]:
    """Give the main figures of a report: total and rank with their ranges; none without ranks."""
    if result.rank.empty:
        return {}
    total, facts = line(result, TOTAL), rank_facts(result)
    middle = {name: float(total[name]) for name in ("median", "lower", "upper")}
    return middle | {f"rank_{name}": float(facts[name]) for name in ("median", "best", "worst")}


def change(record: pd.Series[Any]) -> float:
    """Give the change of a summary row as a reader computes it: between the figures that are shown."""
    last = round(float(record["last_median"]), 2 if record["last_known"] else 1)
    return round(
        float(labels.number(record["median"], 1, "en").replace(",", "").replace(labels.MINUS, "-")) - last, 2
    )


def even(probability: float) -> bool:
    """Tell whether something is about as likely as not, by the phrase table."""
    return EVEN[0] <= 100 * probability < EVEN[1]


def chance_of_top(result: Result, place: int) -> float:
    """Read the probability of a rank of `place` or better."""
    return float(result.rank.loc[result.rank["rank"] <= place, "probability"].sum())


def aims(result: Result) -> pd.DataFrame:
    """List the targets of the result: the published ones, the newest first, then the top groups of ranks.

    Gives quantity, value, set_on, probability; set_on is missing for a group that is no target.
    """
    columns = ["quantity", "value", "set_on", "probability"]
    newest = result.targets.sort_values("set_on", ascending=False, kind="stable")[columns]
    set_places = newest.loc[newest["quantity"] == "rank", "value"].tolist()
    others = [place for place in TOPS if place not in set_places]
    tops = [("rank", float(place), pd.NaT, chance_of_top(result, place)) for place in others]
    return pd.DataFrame([*newest.itertuples(index=False, name=None), *tops], columns=columns)


def parts(result: Result) -> pd.DataFrame:
    """Give the rows of `Result.merged` of the area: none if it was not merged."""
    return result.merged.loc[result.merged["area"] == result.spec.area]


def newest_year(result: Result) -> int:
    """Give the last year of which any figure of the index is there."""
    own = result.evidence.loc[result.evidence["index_code"] == result.spec.index_code, "year"]
    return int(own.max()) if len(own) else result.spec.target_year - 1


def last_rank(result: Result) -> tuple[int, int] | None:
    """Give the last year whose total has a rank, and the rank."""
    ranked = history(result, TOTAL).dropna(subset="rank")
    return (int(ranked["year"].iloc[-1]), int(ranked["rank"].iloc[-1])) if len(ranked) else None


def rank_of_year(result: Result, year: int, *, index_code: str = "") -> int | None:
    """Give the area's published rank of a year; None if there is none."""
    past = history(result, TOTAL, index_code=index_code)
    ranks = past.loc[past["year"] == year, "rank"].dropna()
    return None if ranks.empty else int(ranks.iloc[0])


def known_cells(result: Result) -> pd.DataFrame:
    """Lay out what was published of the area, its total and domains by year.

    Rows are components, columns years: "score", "derived" (a score computed from a stated change), "rank" (a
    rank alone) or "none".
    """
    components = [TOTAL, *domains(result)["component"]]
    rows = {component: history(result, component) for component in components}
    first = min(
        (int(past["year"].min()) for past in rows.values() if len(past)), default=result.spec.target_year - 1
    )
    grid = pd.DataFrame("none", index=components, columns=range(first, result.spec.target_year))
    for component, past in rows.items():
        for year, score, trust in zip(past["year"], past["score"], past["trust"], strict=True):
            grid.loc[component, year] = (
                "rank" if math.isnan(score) else "derived" if trust == "derived" else "score"
            )
    return grid


def rank_mark(rank: float, lang: str) -> str:
    """Write the published rank of a figure; an empty text if there is none."""
    return "" if math.isnan(rank) else labels.text("evidence.rank", lang, rank=int(rank))


def last_rank_of(record: pd.Series[Any], lang: str) -> str:
    """Write last year's published rank of a summary row; an empty text if there is none."""
    rank = float(record.get("last_rank", math.nan))
    return "" if math.isnan(rank) else labels.text("evidence.rank", lang, rank=int(rank))
