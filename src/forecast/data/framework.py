"""Versions of the index: components, maxima and breaks; points to share of the maximum and back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from forecast.base import indexes
from forecast.base.indexes import INDEXES, MAIN, Index
from forecast.data.tables import DAY_DTYPE, DOMAINS, as_known

TOTAL: Final = indexes.TOTAL
PART_PREFIX: Final = "part."
_UNNAMED: Final = r"\d{4}"  # a version of a year whose decision is not known, made of printed maxima
_SUM_TOLERANCE: Final = 0.005
WHOLE: Final = 100.0  # percent, and the points of the PAR Index under every version
_MODELLED: Final = frozenset(c for index in INDEXES.values() if index.forecast for c in index.components)
COMPONENT_COLUMNS: Final = (
    *("component", "parent", "name_vi", "name_en", "max_score", "max_status", "max_low", "max_high"),
    *("responsible", "source", "rule", "indicator", "deadline"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Framework:
    """The components of one index in one year, as they were known on one day."""

    name: str  # number of the decision in force that year; ``""`` where none is known
    year: int  # the year it is asked for
    # version whose maxima are used: `name`, or the nearest known version if they are borrowed
    maxima_from: str
    # What the panel is modelled on, one row a component: the total, its domains, the two halves of D8, the
    # parts.  component, parent, name_vi, name_en, max_score (points), max_status (read, assumed, borrowed,
    # made_up), max_low, max_high (between which an assumed maximum lies), responsible, source (of the
    # points), rule, indicator, deadline.
    components: pd.DataFrame
    # the criteria and sub-criteria below them, with the same columns; often none are known
    criteria: pd.DataFrame

    @property
    def made_up(self) -> bool:
        """Whether any of it is invented, for a lesson or a test."""
        return any("made_up" in set(table["max_status"]) for table in (self.components, self.criteria))

    def children(self, component: str) -> tuple[str, ...]:
        """Components that add up to `component`; parts cut across them and are left out."""
        pairs = zip(self.components["component"], self.components["parent"], strict=True)
        return tuple(n for n, parent in pairs if parent == component and not n.startswith(PART_PREFIX))

    def leaves(self) -> tuple[str, ...]:
        """The finest components that add up to the total, in the order of the framework."""
        parents = set(self.components["parent"])
        names = self.components["component"]
        return tuple(n for n in names if n not in parents and not n.startswith(PART_PREFIX))

    def parts(self) -> tuple[str, ...]:
        """Sums that cut across the domains: appraised points, the survey of leaders."""
        names = self.components["component"]
        return tuple(names[names.str.startswith(PART_PREFIX)])

    def maximum(self, component: str) -> float:
        """Maximum of a component in points; NaN if the framework does not say."""
        pairs = zip(self.components["component"], self.components["max_score"], strict=True)
        return next((float(maximum) for name, maximum in pairs if name == component), float("nan"))

    def max_status(self, component: str) -> str:
        """Whether the maximum was read, is assumed or borrowed; ``""`` for an unknown component."""
        pairs = zip(self.components["component"], self.components["max_status"], strict=True)
        return next((str(status) for name, status in pairs if name == component), "")

    def maximum_bounds(self, component: str) -> tuple[float, float]:
        """Lowest and highest points that the maximum may be: the maximum itself where nothing else is known.

        Only an assumed maximum has bounds of its own; one that is borrowed keeps those of its version.
        """
        middle = self.maximum(component)
        rows = zip(*(self.components[name] for name in ("component", "max_low", "max_high")), strict=True)
        low, high = next(((float(a), float(b)) for name, a, b in rows if name == component), (np.nan, np.nan))
        return (middle, middle) if np.isnan(low) or np.isnan(high) else (low, high)

    def without_departments(self) -> Framework:
        """The same components, with nobody in charge: departments are those of one area."""
        components, criteria = (t.assign(responsible="") for t in (self.components, self.criteria))
        return replace(self, components=components, criteria=criteria)


def framework_for(
    frameworks: pd.DataFrame, events: pd.DataFrame, index_code: str, year: int, as_of: dt.date
) -> Framework:
    """Find the framework of a year as it was known on a day; of no known version what ``indexes.toml`` says.

    The version in force is the one of the latest framework event up to `year` that was known on `as_of`.
    Where its maxima are not in the tables, those of the nearest known version stand in and every component
    but the total is marked borrowed.  A survey, which is one percentage, has the total alone.
    """
    return frameworks_for(frameworks, events, index_code, [year], as_of)[year]


def frameworks_for(
    frameworks: pd.DataFrame, events: pd.DataFrame, index_code: str, years: Iterable[int], as_of: dt.date
) -> dict[int, Framework]:
    """Find the frameworks of several years, see `framework_for`; years of one version share its tables."""
    known = as_known(events, as_of)
    changes = known.loc[known["index_code"] == index_code].sort_values(["year", "known_on"])
    index = INDEXES[index_code]
    changes = changes.loc[changes["kind"] != "areas"]  # other areas are measured the same way
    if index.inside:
        frameworks = frameworks.iloc[:0]
    else:
        changes = changes.loc[changes["kind"] == "framework"]
        names = frameworks["framework"]
        unnamed = names.str.fullmatch(_UNNAMED) & (index_code == MAIN)
        frameworks = frameworks.loc[names.isin(changes["what"]) | unnamed]
    on_file = set(frameworks["framework"])
    tables: dict[tuple[str, str], tuple[pd.DataFrame, pd.DataFrame]] = {}
    frameworks_by_year = {}
    for year in years:
        in_force = changes.loc[changes["year"] <= year, "what"]
        name = str(in_force.iloc[-1]) if len(in_force) else str(year) if str(year) in on_file else ""
        lender = name if index.inside else _lender(frameworks, name, year)
        if (name, lender) not in tables:
            tables[name, lender] = _tables_of(frameworks, name, lender, index)
        frameworks_by_year[year] = Framework(name, year, lender, *tables[name, lender])
    return frameworks_by_year


def _lender(versions: pd.DataFrame, name: str, year: int) -> str:
    """Version whose maxima a year uses: its own, else the nearest; ``""`` if there is none."""
    if versions.empty or (versions["framework"] == name).any():
        return name if len(versions) else ""
    return _nearest_version(versions, year)


def _tables_of(
    versions: pd.DataFrame, name: str, lender: str, index: Index
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Components and criteria of a version, marked where they are lent; what is declared if it has none."""
    lent = versions.loc[versions["framework"] == lender]
    if lent.empty:
        return _declared(index)
    if lender != name:
        keeps = (lent["component"] == TOTAL) | (lent["max_status"] == "made_up")  # invention stays in sight
        lent = lent.assign(max_status=lent["max_status"].where(keeps, "borrowed"))
    return _by_level(lent)


def with_printed(frameworks: pd.DataFrame, events: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Add the versions that no table holds, but whose maxima stand beside the scores of a year.

    A year's results that print the maxima of all eight domains, which add up to the total's, say what its
    version is made of.  Where most rows of a component agree on its maximum, that one is taken.  Scores need
    not be settled.  A version carries the year's number as its name where no decision is known.
    """
    changes = events.loc[(events["index_code"] == MAIN) & (events["kind"] == "framework")]
    changes = changes.sort_values(["year", "known_on"])
    by_version: dict[str, dict[int, dict[str, float]]] = {}
    for year, maxima in _printed_maxima(scores).items():
        in_force = changes.loc[changes["year"] <= year, "what"]
        name = str(in_force.iloc[-1]) if len(in_force) else str(year)
        by_version.setdefault(name, {})[year] = maxima
    on_file = set(frameworks["framework"])
    versions = [
        _version(frameworks, name, years)
        for name, years in by_version.items()
        if name not in on_file and all(maxima == years[min(years)] for maxima in years.values())
    ]
    return pd.concat([frameworks, *versions], ignore_index=True) if versions else frameworks


def _printed_maxima(scores: pd.DataFrame) -> dict[int, dict[str, float]]:
    """Maxima by year and component, of the years that print all of them and whose domains make the total."""
    own = scores.loc[
        (scores["index_code"] == MAIN) & (scores["unit"] == "points") & scores["max_score"].notna()
    ]
    counts = own.groupby(["year", "component"])["max_score"].value_counts().reset_index()
    most = counts.loc[counts["count"] * 2 > counts.groupby(["year", "component"])["count"].transform("sum")]
    by_year = {}
    for year, rows in most.groupby("year"):
        maxima = {
            str(name): float(high) for name, high in zip(rows["component"], rows["max_score"], strict=True)
        }
        total = maxima.setdefault(TOTAL, WHOLE)
        domains = [maxima[name] for name in DOMAINS if name in maxima]
        if len(domains) == len(DOMAINS) and abs(sum(domains) - total) <= _SUM_TOLERANCE:
            halves = maxima.get("D8.sipas", np.nan) + maxima.get("D8.outcome", np.nan)
            names = [TOTAL, *DOMAINS]
            names += ["D8.sipas", "D8.outcome"] if abs(halves - maxima["D8"]) <= _SUM_TOLERANCE else []
            by_year[int(str(year))] = {name: maxima[name] for name in names}
    return by_year


def _version(frameworks: pd.DataFrame, name: str, years: dict[int, dict[str, float]]) -> pd.DataFrame:
    """Make the rows of a version of printed maxima; its components have the names of other versions."""
    maxima = years[min(years)]
    blank = dict.fromkeys(frameworks.columns.difference(["row", "deadline", "max_low", "max_high"]), "")
    usual = frameworks.drop_duplicates("component", keep="last").set_index("component")
    rows = []
    for component, high in maxima.items():
        known = usual.loc[component] if component in usual.index else None
        parent = "" if component == TOTAL else component.rpartition(".")[0] or TOTAL
        names = {
            column: str(known[column]) if known is not None else component
            for column in ("name_vi", "name_en")
        }
        facts = {"framework": name, "component": component, "parent": parent, "max_status": "read", **names}
        rows.append({**blank, **facts, "first_year": min(years), "last_year": max(years), "max_score": high})
    table = pd.DataFrame(rows).reindex(columns=frameworks.columns)
    return (
        table.assign(row=0).astype(frameworks.dtypes)
        if "row" in frameworks
        else table.astype(frameworks.dtypes)
    )


def breaks(events: pd.DataFrame, index_code: str) -> tuple[int, ...]:
    """Years in which the level of an index may shift, ascending; `events` as known on the day."""
    years = events.loc[events["index_code"] == index_code, "year"]
    return tuple(sorted({int(year) for year in years}))


def with_share(
    scores: pd.DataFrame, frameworks: pd.DataFrame, events: pd.DataFrame, as_of: dt.date
) -> pd.DataFrame:
    """Add to scores what they are of their maximum.

    A percentage has the maximum 100.  Points take the maximum printed beside them, else the one
    of their year's framework.  Counts of provinces have no maximum.

    Gives the rows of `scores` in their order, with `maximum` (in the unit of `score`, NaN if not known),
    `share` (score / maximum) and `share_status`: read, assumed, borrowed, or ``""`` where there is no
    maximum.
    """
    changes = as_known(events, as_of)["what"]
    frameworks = frameworks.loc[frameworks["framework"].isin(changes)]
    missing = scores.loc[(scores["unit"] == "points") & scores["max_score"].isna()]  # what the framework says
    versions = {
        str(code): frameworks_for(frameworks, events, str(code), sorted(set(own["year"])), as_of)
        for code, own in missing.groupby("index_code")
    }
    maxima: dict[tuple[str, int, str], tuple[float, str]] = {}
    maxima_and_status = []
    columns = scores[["index_code", "year", "component", "unit", "max_score"]]
    for code, year, component, unit, own in columns.itertuples(index=False, name=None):
        if unit == "percent":
            maxima_and_status.append((WHOLE, "read"))
        elif unit != "points":
            maxima_and_status.append((np.nan, ""))
        elif not np.isnan(own):
            maxima_and_status.append((float(own), "read"))
        else:
            cell = (code, year, component)
            if cell not in maxima:
                maxima[cell] = _maximum_of(versions[code][year], frameworks, component)
            maxima_and_status.append(maxima[cell])
    maximum = np.array([value for value, _ in maxima_and_status], dtype=float)
    status = [name for _, name in maxima_and_status]
    result = scores.assign(maximum=maximum, share_status=status)
    return result.assign(share=result["score"] / result["maximum"])


def _maximum_of(version: Framework, frameworks: pd.DataFrame, component: str) -> tuple[float, str]:
    """Maximum and status; of a component that the version lacks, the nearest other version's."""
    status = version.max_status(component)
    if status:
        return version.maximum(component), status
    others = frameworks.loc[frameworks["component"] == component]
    if others.empty or not version.maxima_from:
        return float("nan"), ""
    lender = _nearest_version(others, version.year)
    return float(others.loc[others["framework"] == lender, "max_score"].iloc[0]), "borrowed"


def is_criterion(component: str) -> bool:
    """Tell criteria and sub-criteria ("1.2.3") from what the panel is modelled on.

    >>> is_criterion("1.2.3"), is_criterion("D8.sipas")
    (True, False)
    """
    return component not in _MODELLED


def _by_level(version: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    below = version["component"].map(is_criterion).astype(bool)
    parts = (version.loc[~below, list(COMPONENT_COLUMNS)], version.loc[below, list(COMPONENT_COLUMNS)])
    above, criteria = (part.reset_index(drop=True) for part in parts)
    return above, criteria


def _declared(index: Index) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The total, and the domains whose maxima ``indexes.toml`` gives."""
    rest = ("read", np.nan, np.nan, "", "", "", "", pd.NaT)
    rows = [(TOTAL, "", "Tổng điểm", "Total", index.maximum, *rest)]
    for name, maximum in index.maxima.items():
        words = index.names.get(name, {})
        rows.append((name, TOTAL, words.get("vi", name), words.get("en", name), maximum, *rest))
    return _by_level(pd.DataFrame(rows, columns=list(COMPONENT_COLUMNS)).astype({"deadline": DAY_DTYPE}))


def _nearest_version(versions: pd.DataFrame, year: int) -> str:
    """Nearest in years; of two as near, the later one."""
    spans: dict[str, tuple[int, int]] = {}  # those of the first row of each
    columns = (versions[name] for name in ("framework", "first_year", "last_year"))
    for name, first, last in zip(*columns, strict=True):
        spans.setdefault(str(name), (int(first), int(last)))
    gaps = {name: max(first - year, year - last, 0) for name, (first, last) in spans.items()}
    return min(spans, key=lambda name: (gaps[name], -spans[name][0]))
