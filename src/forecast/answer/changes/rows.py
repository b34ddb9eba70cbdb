"""Which rows of the data became known, changed or went between two states of knowledge.

Compared is what the forecast takes, after conflicts are settled: a correction, which is a new row of
the file, is a change of the one figure that it corrects.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import pandas as pd

from forecast.answer import submissions
from forecast.answer.changes.steps import DEPARTMENTS, EXPERTS, FIGURES, FRAMEWORK, INDICATORS, NONE
from forecast.answer.indicators import english_names
from forecast.answer.result import CHANGED_ROW_COLUMNS
from forecast.answer.submissions.bias import domain_of
from forecast.base.indexes import INDEXES, SURVEYS, panel_of
from forecast.base.spec import RunSpec
from forecast.data import tables
from forecast.data.framework import PART_PREFIX, TOTAL
from forecast.data.load import Known
from forecast.data.load.indicators import related_of
from forecast.data.tables import DAY_DTYPE, Table

Record = Mapping[Hashable, Any]
Row = dict[str, Any]

NEW: Final = "new"
CHANGED: Final = "changed"
GONE: Final = "gone"
ORDER: Final = "order"  # instead of a column: the same rows, in another order
SEPARATOR: Final = " | "  # as in `Known.set_aside`

_SOURCE: Final = ("source_url", "published_on", "note")
_WORDS: Final = ("name_vi", "name_en", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How one table is compared."""

    table: Table  # its contract; `Known` has it under the same name but for `related_indices`
    key: tuple[str, ...]  # one row of each
    # columns of which the first that is not empty says what a new row, or one that went, is about
    value: tuple[str, ...]
    silent: tuple[str, ...] = _SOURCE  # columns whose change alone is no news
    step: str = NONE  # what its rows are part of


COMPARED: Final = (
    Compared(
        table=tables.SCORES,
        step=FIGURES,
        key=tables.SCORE_KEY,
        value=("score", "rank"),
        silent=(*_SOURCE, "source_day", "sources", "rank_spread"),
    ),
    Compared(table=tables.AREAS, step=FIGURES, key=("area",), value=("kind",), silent=("aliases",)),
    Compared(
        table=tables.EVENTS, step=FRAMEWORK, key=("index_code", "year", "kind", "what"), value=("known_on",)
    ),
    Compared(
        table=tables.FRAMEWORKS,
        step=FRAMEWORK,
        key=("framework", "component"),
        value=("max_score",),
        silent=_WORDS,
    ),
    Compared(
        table=tables.INDICATORS,
        step=INDICATORS,
        key=tables.INDICATOR_KEY,
        value=("value",),
        silent=(
            *_SOURCE,
            *("indicator_name_vi", "linked_domain", "trust", "spread", "sources", "first_day", "last_day"),
        ),
    ),
    Compared(
        table=tables.INDICATOR_TYPES,
        step=INDICATORS,
        key=("indicator_code",),
        value=("component", "name_vi"),
        silent=("name_vi", "name_en", "unit", "frequency", "delay_days", "note"),
    ),
    Compared(
        table=tables.RELATED,
        step=INDICATORS,
        key=tables.RELATED_KEY,
        value=("score", "rank"),
        silent=(*_SOURCE, "source_day", "sources", "rank_spread", "spread", "trust"),
    ),
    Compared(
        table=tables.ELASTICITIES,
        step=EXPERTS,
        key=("indicator_code", "component", "stated_by"),
        value=("low",),
        silent=("stated_on", "source_url", "note"),
    ),
    Compared(
        table=tables.SUBMISSIONS,
        step=DEPARTMENTS,
        key=("department", "component"),
        value=("likely", "self_score"),
        silent=("submission_id", "reason", "remedy", "due", "received_on", "form_version", "sha256", "file"),
    ),
    Compared(
        table=tables.SELF_SCORES, step=DEPARTMENTS, key=("area", "year", "component"), value=("self_score",)
    ),
    Compared(table=tables.TARGETS, key=tables.TARGETS.key, value=("value",)),
    Compared(table=tables.ANNOUNCEMENTS, key=("index_code", "year"), value=("announced_on",)),
    Compared(
        table=tables.REMEDIES,
        key=("unit", "component", "action"),
        value=("state",),
        silent=(*_SOURCE, "recorded_on", "responsible"),
    ),
    Compared(table=tables.ORGANS, key=("unit",), value=("kind",), silent=("aliases", *_SOURCE)),
)


def changed_rows(before: Known, after: Known, spec: RunSpec) -> pd.DataFrame:
    """List what differs between two states of knowledge: `Result.changed_rows`.

    The steps follow each other, and what moves no forecast comes last; within a table the area that is
    asked for comes first.
    """
    about = _About.of(before, after, spec)
    rows: list[Row] = []
    for compared in COMPARED:
        old, new = (_used_rows(known, compared.table, spec) for known in (before, after))
        differences = _differences(compared, old, new)
        own = [row for row in differences if row["area"] == spec.area]
        others = [row for row in differences if row["area"] != spec.area]
        rows += [about.described(compared, row) for row in (*own, *others)]
    rows.sort(key=lambda row: row["step"] == NONE)
    table = pd.DataFrame(rows, columns=list(CHANGED_ROW_COLUMNS)).astype({"published_on": DAY_DTYPE})
    english = pd.Series(english_names(after, table["key"]), index=table.index, dtype="str")
    return table.assign(name_en=english.where(table["name"] != "", ""))


def _used_rows(known: Known, table: Table, spec: RunSpec) -> pd.DataFrame:
    """Give the rows of a table that the forecast takes."""
    if table is tables.SUBMISSIONS:
        return submissions.latest(
            known.submissions, area=spec.area, index_code=spec.index_code, target_year=spec.target_year
        )
    frame: pd.DataFrame = getattr(known, "related" if table is tables.RELATED else table.name)
    return frame


def _differences(compared: Compared, old: pd.DataFrame, new: pd.DataFrame) -> list[Row]:
    columns = [name for name in new.columns if name not in {*compared.key, *compared.silent}]
    if old[[*compared.key, *columns]].equals(new[[*compared.key, *columns]]):
        return []
    then, now = (
        {tuple(record[name] for name in compared.key): record for record in frame.to_dict("records")}
        for frame in (old, new)
    )
    rows: list[Row] = []
    for key, record in now.items():
        if key not in then:
            column = _value_column(compared, record)
            rows.append(_row(compared, record, NEW, column, new=record[column]))
            continue
        for column in columns:
            past, present = then[key][column], record[column]
            if past != present and not (pd.isna(past) and pd.isna(present)):
                rows.append(_row(compared, record, CHANGED, column, past, present))
    for key, record in then.items():
        if key not in now:
            column = _value_column(compared, record)
            rows.append(_row(compared, record, GONE, column, old=record[column]))
    if not rows and list(then) != list(now):
        return [_row(compared, dict.fromkeys(compared.key, ""), CHANGED, ORDER)]
    return rows


def _value_column(compared: Compared, record: Record) -> str:
    """Name the column that says what a row is about."""
    return next((name for name in compared.value if _written(record[name])), compared.value[0])


def _row(compared: Compared, record: Record, kind: str, column: str, old: Any = "", new: Any = "") -> Row:
    parts = [_written(record[name]) for name in compared.key]
    return {
        "file": compared.table.file,
        "kind": kind,
        "key": SEPARATOR.join(parts) if any(parts) else "",
        "name": record.get("indicator_name_vi", ""),
        "column": column,
        "old": _written(old),
        "new": _written(new),
        "source_url": record.get("source_url", record.get("file", "")),
        "published_on": record.get(compared.table.known_from, pd.NaT),
        # what `_About` asks for
        "area": record.get("area", ""),
        "index_code": record.get("index_code", ""),
        "indicator": record.get("indicator_code", ""),
        "component": record.get("component", record.get("linked_domain", "")),
    }


def _written(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:.10g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class _About:
    """What rows are about."""

    spec: RunSpec
    rules: Mapping[str, str]  # component that an indicator scores by a rule
    types: Mapping[str, str]  # component that an indicator of the catalogue may speak for
    # index and component of related indices that the catalogue takes as indicators
    related: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, before: Known, after: Known, spec: RunSpec) -> Self:
        rules: dict[str, str] = {}
        types: dict[str, str] = {}
        related: set[tuple[str, str]] = set()
        for known in (before, after):
            rules |= dict(zip(known.frameworks["indicator"], known.frameworks["component"], strict=True))
            named_types = known.indicator_types[known.indicator_types["component"] != ""]
            types |= dict(zip(named_types["indicator_code"], named_types["component"], strict=True))
            related |= {pair for source in named_types["source"] if (pair := related_of(source))}
        rules = {code: component for code, component in rules.items() if code}
        return cls(spec, rules, types, frozenset(related))

    def described(self, compared: Compared, row: Row) -> Row:
        return row | {"step": self._step(compared, row), "component": self._domain(row)}

    def _step(self, compared: Compared, row: Row) -> str:
        """Only the main index has criteria and forms; an indicator needs a rule or a linked component.

        Indicators and what experts say of them reach the panel of the main index, and no other.
        """
        main = INDEXES[self.spec.index_code].departments
        if compared.step == DEPARTMENTS and not main:
            return NONE
        if compared.step in (INDICATORS, EXPERTS) and not INDEXES[panel_of(self.spec.index_code)].departments:
            return NONE
        if compared.step != INDICATORS or row["column"] == ORDER or compared.table is tables.INDICATOR_TYPES:
            return compared.step
        if compared.table is tables.RELATED:
            return INDICATORS if (row["index_code"], row["component"]) in self.related else NONE
        by_rule = main and row["area"] == self.spec.area and row["indicator"] in self.rules
        return INDICATORS if by_rule or row["indicator"] in self.types else NONE

    def _domain(self, row: Row) -> str:
        """Domain of the index that a row is about; the total, or nothing if it is about none."""
        usual = self.types.get(row["indicator"], str(row["component"]))
        component = self.rules.get(row["indicator"], usual)
        index = INDEXES[panel_of(self.spec.index_code)]
        if row["index_code"] in set(INDEXES) - {index.code, index.survey} or not component:
            return ""
        if row["index_code"] in SURVEYS:
            return TOTAL if self.spec.index_code == index.survey else index.survey_component.partition(".")[0]
        return TOTAL if component.startswith(PART_PREFIX) else domain_of(component)
