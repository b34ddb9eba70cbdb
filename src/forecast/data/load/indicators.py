"""Check current indicators: their catalogue, their figures, and experts' ranges of their effects."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pandas as pd

from forecast.base.errors import Problem
from forecast.base.spec import nearest
from forecast.base.spelling import plain_words
from forecast.data.framework import WHOLE
from forecast.data.load.cells import Finding, each_row, not_among, period_days, unknown_values
from forecast.data.scenarios import FILE as SCENARIOS
from forecast.data.scenarios import Scenario
from forecast.data.tables import COMPONENTS, DAY_DTYPE, RELATED_CODES

RELATED_PREFIX: Final = "related:"
_CHANGE: Final = re.compile(r"\b(tang|giam|toc do|chenh lech|thay doi|growth)\b")  # may have any sign
NO_CATALOGUE: Final = pd.DataFrame(columns=["indicator_code", "name_vi", "unit", "component"])
COUNTED: Final = ("cumulative", "to_date")  # kinds whose figures count from 1 January
FROM_CATALOGUE: Final[
    Mapping[str, str]
] = {  # a figure's cell, and the catalogue's that stands for it if empty
    "indicator_name_vi": "name_vi",
    "unit": "unit",
    "linked_domain": "component",
}


def is_share(unit: str) -> bool:
    """Whether a unit is a part of a whole, in percent."""
    return unit.startswith("%")


def is_change(name: str) -> bool:
    """Whether an indicator is a growth or a difference, which may have any sign and be near nothing."""
    return _CHANGE.search(plain_words(name)) is not None


def wrong_values(
    scenarios: Iterable[Scenario], figures: pd.DataFrame, catalogue: pd.DataFrame
) -> list[Problem]:
    """Report values of scenarios below 0, or above 100 percent, where the indicator has never been."""
    named = with_catalogue(figures, catalogue)
    columns = {**FROM_CATALOGUE, "indicator_code": "indicator_code", "value": "value"}
    rows = pd.concat([catalogue.assign(value=0.0), named.rename(columns=columns)])  # 0 is no news of an end
    problems = []
    for scenario in scenarios:
        for code, value in scenario.indicators.items():
            own = rows.loc[rows["indicator_code"] == code]
            if own.empty or is_change(str(own["name_vi"].iloc[0])):
                continue
            key, facts = "", {"low": 0.0, "high": WHOLE}
            if value < 0 <= own["value"].min():
                key = "expect.at_least"
            elif is_share(str(own["unit"].iloc[0])) and own["value"].max() <= WHOLE < value:
                key = "expect.at_most"
            if key:
                column = f"{scenario.scenario_id}.indicators.{code}"
                problems.append(Problem(SCENARIOS, None, column, f"{value:g}", key, facts))
    return problems


def with_catalogue(figures: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Fill name, unit and domain of figures that leave them empty from the catalogue, else from a first row.

    Gives the figures, no name or unit empty.
    """
    columns = {}
    for column, source in FROM_CATALOGUE.items():
        of_catalogue = dict(zip(catalogue["indicator_code"], catalogue[source], strict=True))
        first_rows = figures.loc[figures[column] != ""].drop_duplicates("indicator_code")
        first = dict(zip(first_rows["indicator_code"], first_rows[column], strict=True))
        usual = of_catalogue if column == "linked_domain" else first | of_catalogue
        pairs = zip(figures[column], figures["indicator_code"], strict=True)
        columns[column] = [own or usual.get(code, "") for own, code in pairs]
    return figures.assign(**{name: pd.Series(cells, dtype="str") for name, cells in columns.items()})


def with_days(figures: pd.DataFrame) -> pd.DataFrame:
    """Add the first and the last day of each figure's period."""
    days = {period: period_days(period) for period in set(figures["period"])}
    pairs = [days[period] or (pd.NaT, pd.NaT) for period in figures["period"]]
    return figures.assign(
        first_day=pd.Series([first for first, _ in pairs], dtype=DAY_DTYPE, index=figures.index),
        last_day=pd.Series([last for _, last in pairs], dtype=DAY_DTYPE, index=figures.index),
    )


def related_of(source: str) -> tuple[str, str] | None:
    """Give index and component that a catalogue's source names; None if it names no related index.

    >>> related_of("related:DTI:total"), related_of("Bộ Tài chính")
    (('DTI', 'total'), None)
    """
    if not source.startswith(RELATED_PREFIX):
        return None
    index_code, _, component = source.removeprefix(RELATED_PREFIX).partition(":")
    return index_code, component


def january_missing(kind: str, days: tuple[dt.date, dt.date]) -> bool:
    """Whether a figure that is to count from 1 January begins on another day: no year has its like."""
    first, last = days
    return kind in COUNTED and ((first.month, first.day) != (1, 1) or first.year != last.year)


def catalogue(frame: pd.DataFrame, components: frozenset[str]) -> Iterator[Finding]:
    """Judge the catalogue: known components, related indices that exist, whole years of lag."""
    rows = frame[frame["component"] != ""]
    if components:
        yield from unknown_values(rows, "component", tuple(sorted(components)))
    for row in each_row(frame):
        for column in ("sign", "lag", "within_days", "delay_days"):
            if getattr(row, column) % 1 > 0:
                yield row.row, column, "expect.whole_number", {}
        related = related_of(row.source)
        if related is None and not row.source.casefold().startswith(RELATED_PREFIX.removesuffix(":")):
            continue
        index_code, component = related or ("", "")
        if index_code not in RELATED_CODES or component not in COMPONENTS[index_code]:
            example = ", ".join(f"{RELATED_PREFIX}{code}:total" for code in RELATED_CODES)
            yield row.row, "source", "expect.related_source", {"example": example}


def figures(frame: pd.DataFrame, catalogue: pd.DataFrame) -> Iterator[Finding]:
    """Judge figures: one name, unit and domain a code, in the catalogue or in the rows themselves."""
    if (catalogue["indicator_code"] == "").any():  # told already; which code is meant is not known
        return
    codes = frame["indicator_code"]
    nameless = frame[frame["indicator_name_vi"].eq("") | frame["unit"].eq("")]
    yield from _unknown(nameless, frame, catalogue)
    for column, source in FROM_CATALOGUE.items():
        in_catalogue = {
            code: text
            for code, text in zip(catalogue["indicator_code"], catalogue[source], strict=True)
            if text
        }
        if column == "linked_domain":  # of a criterion it is the domain; rows without a catalogue may differ
            usual = {code: _domain(component) for code, component in in_catalogue.items()}
        else:
            first_rows = frame[frame[column] != ""].drop_duplicates("indicator_code")
            usual = dict(zip(first_rows["indicator_code"], first_rows[column], strict=True)) | in_catalogue
        for row in each_row(frame[(frame[column] != "") & codes.isin(usual)]):
            code = row.indicator_code
            if getattr(row, column) != usual[code]:
                key = "expect.same_as_catalogue" if code in in_catalogue else "expect.same_as_before"
                yield row.row, column, key, {"first": usual[code], "code": code}
    if "source" in catalogue:
        yield from _elsewhere(frame, catalogue)


def _unknown(nameless: pd.DataFrame, frame: pd.DataFrame, catalogue: pd.DataFrame) -> Iterator[Finding]:
    """Report codes without a name or a unit, each once; all in one where there is no catalogue."""
    codes_with = {
        column: {*frame.loc[frame[column] != "", "indicator_code"]}
        for column in ("indicator_name_vi", "unit")
    }
    known = {*catalogue["indicator_code"]} | (codes_with["indicator_name_vi"] & codes_with["unit"])
    rows = nameless[~nameless["indicator_code"].isin(known)].drop_duplicates("indicator_code")
    if catalogue.empty and len(rows) > 1:
        count, first = len(rows), int(rows["row"].iloc[0])
        yield first, "indicator_code", "expect.a_catalogue", {"count": count}
        return
    for row in each_row(rows):
        near = nearest(row.indicator_code, tuple(sorted(known)))
        key = "expect.in_catalogue_near" if near else "expect.in_catalogue"
        yield row.row, "indicator_code", key, {"code": row.indicator_code, "near": near}


def _domain(component: str) -> str:
    """Domain of a component of the catalogue: that of a criterion or of a part of one."""
    return f"D{component.partition('.')[0]}" if component[:1].isdigit() else component.partition(".")[0]


def _elsewhere(frame: pd.DataFrame, catalogue: pd.DataFrame) -> Iterator[Finding]:
    """Report figures of a code whose figures are those of a related index: two series would be one."""
    sources = dict(zip(catalogue["indicator_code"], catalogue["source"], strict=True))
    related = {code for code, source in sources.items() if related_of(str(source))}
    for row in each_row(frame[frame["indicator_code"].isin(related)]):
        facts = {"code": row.indicator_code, "source": sources[row.indicator_code]}
        yield row.row, "indicator_code", "expect.in_related", facts


def elasticities(frame: pd.DataFrame, catalogue: pd.DataFrame) -> Iterator[Finding]:
    """Judge what experts say: a range in order, of an indicator and the component it may speak for."""
    components = dict(zip(catalogue["indicator_code"], catalogue["component"], strict=True))
    for row in each_row(frame):
        if row.low >= row.high:
            yield row.row, "high", "expect.above_low", {"low": float(row.low)}
        if "" in components:  # a row of the catalogue without its code is told already
            continue
        if row.indicator_code not in components:
            yield row.row, "indicator_code", *not_among(row.indicator_code, tuple(sorted(components)))
        elif row.component != components[row.indicator_code]:
            due = components[row.indicator_code]
            yield (
                row.row,
                "component",
                "expect.component_of_catalogue",
                {"code": row.indicator_code, "due": due},
            )
