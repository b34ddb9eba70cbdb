"""Make rows of ``frameworks.csv`` from an annex, and compare them with the known rows."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Final

from forecast.base.errors import DataError, Problem, SpecError
from forecast.base.labels import Phrase, text
from forecast.base.spec import nearest, refuse_outside, refuse_unknown, today
from forecast.data import rules
from forecast.data.framework import TOTAL, WHOLE, is_criterion
from forecast.data.load.files import read_rows
from forecast.data.load.year_rules import expected_decision, is_decision
from forecast.data.numbering import code_of
from forecast.data.tables import (
    FIRST_YEAR,
    FRAMEWORKS,
    INDICATOR_TYPES,
    INDICATORS,
    LAST_YEAR,
    MAX_STATUS,
    SOURCES,
    TABLE_LANG,
)
from forecast.intake.annex.framework_table import Change, FrameworkTable, Row, differences, read_table
from forecast.intake.annex.tree import TOLERANCE, Annex, Item
from forecast.intake.doubts.years import FAR_EVENT

HALVES: Final = {"sipas": "D8.sipas", "outcome": "D8.outcome"}
PARTS_OF: Final = {"appraised": "part.appraised", "leaders_survey": "part.leaders_survey", **HALVES}
_LAST_DOMAIN: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an import is asked to do.

    Years may be left out where the table knows the framework.
    """

    framework: str
    first_year: int | None = None
    last_year: int | None = None
    status: str = "read"
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "framework", self.framework.strip())
        if not self.framework:
            raise SpecError("spec.empty", {"name": "--framework"})
        if not is_decision(self.framework):
            expected = Phrase(*expected_decision(self.framework))
            raise SpecError("annex.decision", {"found": self.framework, "expected": expected})
        if self.status not in MAX_STATUS:
            refuse_unknown("--status", self.status, MAX_STATUS)
        first, last = ("--first-year", self.first_year), ("--last-year", self.last_year)
        for (name, year), latest in ((first, today().year + FAR_EVENT), (last, LAST_YEAR)):
            if year is not None:
                refuse_outside(name, year, FIRST_YEAR, latest)
        if self.first_year and self.last_year and self.last_year < self.first_year:
            raise SpecError("annex.years_reversed", {"first": self.first_year, "last": self.last_year})


@dataclass(frozen=True, slots=True, eq=False)
class FrameworkImport:
    """Rows that would be written, with what a person should know before."""

    # request, annex, table: what was asked, what was read, what stands in the data
    request: Request
    annex: Annex
    table: FrameworkTable
    rows: tuple[Row, ...]  # the criteria's new rows, in order
    above: Mapping[str, Row]  # rows of total and domains that are new or changed, by component
    changes: tuple[Change, ...]  # against the table, domains first
    # points of the leaves by source (``""``: not said), in the order of `tables.SOURCES`
    sources: Mapping[str, float] = field(default_factory=dict)

    @property
    def replaces(self) -> bool:
        """Whether criteria that stand in the table would change or go."""
        changed = (change.component for change in self.changes)
        return any(map(is_criterion, self.known)) and any(map(is_criterion, changed))

    @property
    def known(self) -> Mapping[str, Row]:
        """Rows of the framework that stand in the table."""
        return self.table.of(self.request.framework)

    @property
    def proposed(self) -> tuple[Item, ...]:
        """Items whose rule was made of printed lines, for a person to confirm."""
        return tuple(item for item in self.annex.items if item.scoring.proposed)

    def content(self) -> bytes:
        """Give the bytes of the table after the import."""
        return self.table.with_rows(self.request.framework, self.above, self.rows)


def prepare_import(annex: Annex, request: Request, data_dir: FilePath) -> FrameworkImport:
    """Compare an annex with the data and make the rows.

    Raises DataError with every problem: of the annex itself, against the known rows, of rules and indicators;
    SpecError if years are missing, or are not those of the table.
    """
    table = read_table(data_dir / FRAMEWORKS.file)
    known = table.of(request.framework)
    years = _years(request, known)
    maker = _RowMaker(annex, request, known, years, _indicators(data_dir))
    rows = tuple(maker.row(item) for item in annex.items if len(item.path) > 1)
    sources = maker.sources()
    problems = [*annex.problems, *maker.problems, *_against_known(annex, known)]
    problems += _against_parts(annex, known, sources)
    if problems:
        raise annex.grid.refusal(problems)
    above = maker.above()
    others = {name: row for name, row in known.items() if not is_criterion(name)}
    after = {**others, **above, **{row["component"]: row for row in rows}}
    return FrameworkImport(request, annex, table, rows, above, differences(known, after), sources)


class _RowMaker:
    """Makes rows of items; what cannot be made into one is a problem."""

    def __init__(
        self,
        annex: Annex,
        request: Request,
        known: Mapping[str, Row],
        years: tuple[str, str],
        indicators: Mapping[str, str],
    ) -> None:
        self.annex, self.request, self.known = annex, request, known
        self.years, self.indicators = years, indicators
        self.halved = set(HALVES.values()) <= set(known)
        self.by_path = {item.path: item for item in annex.items}
        self.problems: list[Problem] = []

    def row(self, item: Item) -> Row:
        """Make the row of a criterion or sub-criterion."""
        scoring = item.scoring
        leaf = not self.annex.below(item.path)
        marks = [text("annex.note.proposed", TABLE_LANG)] if scoring.proposed else []
        return self._row(
            component=item.code,
            parent=self._parent(item),
            name_vi=item.name,
            max_score=_points(item.maximum),
            responsible=self._inherited(item, "responsible") or self._known_responsible(item),
            note=" | ".join([*scoring.notes, *marks, *filter(None, [self.request.source])]),
            source=self._source(item) if leaf else scoring.source,
            rule=scoring.rule,
            indicator=self._indicator(item),
            deadline=scoring.deadline,
        )

    def above(self) -> dict[str, Row]:
        """Make the rows of total and domains that are new, or whose maximum was not read till now."""
        rows: dict[str, Row] = {}
        if TOTAL not in self.known:
            name = {"name_vi": text("annex.total_name", "vi"), "name_en": text("annex.total_name", "en")}
            rows[TOTAL] = self._row(component=TOTAL, max_score=_points(WHOLE), **name)
        note = self.request.source or text("annex.note.domain", TABLE_LANG)
        for item in self.annex.below(()):
            old = self.known.get(item.code)
            new = {"max_score": _points(item.maximum), "max_status": self.request.status, "note": note}
            new |= {"max_low": "", "max_high": ""}  # of a maximum that was assumed till now
            if old is None:
                who = item.scoring.responsible
                rows[item.code] = self._row(
                    component=item.code, parent=TOTAL, name_vi=item.name, responsible=who, **new
                )
            elif old["max_status"] not in ("read", self.request.status) or not _same(item, old):
                rows[item.code] = {**old, **new}
        return rows

    def sources(self) -> dict[str, float]:
        """Add up the leaves' points by source."""
        sums: dict[str, list[float]] = {source: [] for source in (*SOURCES, "")}
        for item in self.annex.leaves():
            sums[self._source(item)].append(item.maximum)
        return {source: round(math.fsum(points), 4) for source, points in sums.items() if points}

    def _row(self, **cells: str) -> Row:
        first, last = self.years
        base = {"framework": self.request.framework, "first_year": first, "last_year": last}
        return {**dict.fromkeys(FRAMEWORKS.names, ""), **base, "max_status": self.request.status, **cells}

    def _parent(self, item: Item) -> str:
        above = item.path[:-1]
        if len(above) > 1 or above[0] != _LAST_DOMAIN or not self.halved:
            return code_of(above)
        leaves = [leaf for leaf in self.annex.leaves() if leaf.path[: len(item.path)] == item.path]
        halves = {self._source(leaf) for leaf in leaves}
        if len(halves) > 1:
            self.problems.append(self.annex.grid.problem(*item.spot, "annex.two_halves", code=item.code))
        return HALVES.get(next(iter(halves), ""), HALVES["outcome"])

    def _source(self, item: Item) -> str:
        """Source of a leaf's points; in the last domain what is not SIPAS is outcome."""
        source = self._inherited(item, "source")
        if item.path[0] != _LAST_DOMAIN or not self.halved:
            return source
        names = " ".join(above.name.casefold() for above in self._with_above(item)[:-1])
        is_sipas = source == "sipas" or (
            source in ("", "leaders_survey") and ("hài lòng" in names or "sipas" in names)
        )
        return "sipas" if is_sipas else "outcome"

    def _with_above(self, item: Item) -> list[Item]:
        """Give the item and what stands above it, the nearest first, the domain last."""
        paths = (item.path[:size] for size in range(len(item.path), 0, -1))
        return [self.by_path[path] for path in paths if path in self.by_path]

    def _inherited(self, item: Item, name: str) -> str:
        values = (str(getattr(above.scoring, name)) for above in self._with_above(item))
        return next(filter(None, values), "")

    def _known_responsible(self, item: Item) -> str:
        """Who is in charge of the half or the domain that an item belongs to."""
        criterion = self.by_path.get(item.path[:2])
        half = self._parent(criterion) if criterion else ""
        rows = (self.known[name] for name in (half, code_of(item.path[:1])) if name in self.known)
        return next((row["responsible"] for row in rows if row["responsible"]), "")

    def _indicator(self, item: Item) -> str:
        """Find an indicator by code or name; it needs a rule to be scored by."""
        text_, rule = item.scoring.indicator, item.scoring.rule
        if not text_:
            return ""
        code = text_ if text_ in self.indicators else _code_of_name(text_, self.indicators)
        spot = item.scoring.spots.get("indicator", item.spot)
        if not code:
            near = nearest(text_, self.indicators)
            key = "annex.indicator_near" if near else "annex.indicator"
            self.problems.append(self.annex.grid.problem(*spot, key, near=near))
        elif not rule or rules.parse(rule).kind == "manual":
            key = "expect.rule_for_indicator"
            self.problems.append(self.annex.grid.problem(*spot, key, indicator=code))
        return code


def _against_known(annex: Annex, known: Mapping[str, Row]) -> Iterator[Problem]:
    """Report domains whose read maximum is another, and known domains that the annex lacks."""
    domains = {item.code: item for item in annex.below(())}
    for name, row in known.items():
        if row["parent"] != TOTAL or name in PARTS_OF.values() or is_criterion(name):
            continue
        if name not in domains:
            yield annex.grid.whole_problem("annex.no_domain", code=name, name=row["name_vi"])
        elif row["max_status"] == "read" and not _same(domains[name], row):
            facts: dict[str, Any] = {"code": name, "known": float(row["max_score"])}
            yield annex.grid.problem(*domains[name].max_spot, "annex.differs", **facts)


def _against_parts(annex: Annex, known: Mapping[str, Row], sources: Mapping[str, float]) -> Iterator[Problem]:
    """Report sums by source that are not the read parts; only where every leaf says its source."""
    if annex.source_spot is None or "" in sources or annex.problems:
        return
    for source, part in PARTS_OF.items():
        row = known.get(part)
        points = sources.get(source, 0.0)
        if row and row["max_status"] == "read" and abs(points - float(row["max_score"])) > TOLERANCE:
            facts: dict[str, Any] = {"source": source, "sum": points, "known": float(row["max_score"])}
            yield annex.grid.problem(*annex.source_spot, "annex.part", **facts)


def _same(item: Item, row: Row) -> bool:
    """Whether a maximum is that of the table; one that could not be read is reported already."""
    return math.isnan(item.maximum) or abs(item.maximum - float(row["max_score"])) <= TOLERANCE


def _years(request: Request, known: Mapping[str, Row]) -> tuple[str, str]:
    if not known:
        if request.first_year is None or request.last_year is None:
            raise SpecError("annex.years_missing", {"framework": request.framework})
        return str(request.first_year), str(request.last_year)
    row = next(iter(known.values()))
    first, last = row["first_year"], row["last_year"]
    if (request.first_year or int(first), request.last_year or int(last)) != (int(first), int(last)):
        raise SpecError("annex.years_differ", {"framework": request.framework, "first": first, "last": last})
    return first, last


def _indicators(data_dir: FilePath) -> dict[str, str]:
    """Names of the known indicators, by code; the catalogue's go before those that figures repeat."""
    rows, problems = read_rows(data_dir / INDICATORS.file, INDICATORS)
    if rows is None:
        raise DataError(problems)
    names = dict(zip(rows.cells["indicator_code"], rows.cells["indicator_name_vi"], strict=True))
    path = data_dir / INDICATOR_TYPES.file
    catalogue, _ = read_rows(path, INDICATOR_TYPES) if path.exists() else (None, [])
    if catalogue is not None:
        names |= dict(zip(catalogue.cells["indicator_code"], catalogue.cells["name_vi"], strict=True))
    return names


def _code_of_name(name: str, indicators: Mapping[str, str]) -> str:
    folded = name.casefold()
    return next((code for code, own in indicators.items() if own.casefold() == folded), "")


def _points(value: float) -> str:
    return repr(round(float(value), 4))
