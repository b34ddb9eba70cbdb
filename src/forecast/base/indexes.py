"""The indexes that the workbench knows, as ``indexes.toml`` declares them."""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Final

TOTAL: Final = "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One index; what each field means is said in ``indexes.toml``."""

    code: str
    name: Mapping[str, str]
    short: Mapping[str, str]
    figures: str
    first_year: int
    maximum: float
    printed_maximum: float = math.nan
    part_maximum: float = math.nan
    earlier: Mapping[str, float] = field(default_factory=dict)
    forecast: bool = False
    departments: bool = False
    inside: str = ""
    survey: str = ""
    survey_component: str = ""
    domains: tuple[str, ...] = ()
    components: tuple[str, ...] = (TOTAL,)
    parts: tuple[str, ...] = ()
    maxima: Mapping[str, float] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    short_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def basis(self) -> str:
        """What results are measured by: criteria, questionnaire or method; no forecast knows its change."""
        return "questionnaire" if self.inside else "criteria" if self.departments else "method"

    def scale(self, year: int, component: str) -> float:
        """Maximum of a component as its publisher prints it; NaN where that is a matter of frameworks."""
        if component != TOTAL:
            return float(self.part_maximum)
        if self.earlier and year <= self.earlier["until"]:
            return float(self.earlier["maximum"])
        return float(self.maximum if math.isnan(self.printed_maximum) else self.printed_maximum)

    def parts_of_total(self, year: int) -> dict[str, float]:
        """What the total of a year is made of: points by component, NaN where no weight is declared.

        >>> list(INDEXES["PAPI"].parts_of_total(2017))
        ['P1', 'P2', 'P3', 'P4', 'P5', 'P6']
        """
        names = self.domains or tuple(name for name in self.components if name != TOTAL)
        if self.earlier and year <= self.earlier["until"]:
            names = names[: round(self.earlier["maximum"] / self.part_maximum)]
        return {name: self.maxima.get(name, math.nan) for name in names}

    @property
    def panel(self) -> str:
        """Index whose panel gives the forecast: the index itself, or the one that a survey is part of."""
        return self.inside or self.code

    def texts(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Give its words as entries of the catalogue."""
        yield f"index.{self.code}", self.name
        yield f"short_index.{self.code}", self.short
        for component, name in self.names.items():
            yield f"component.{self.code}.{component}", name
        for component, name in self.short_names.items():
            yield f"component.{component}", name


def declared(tree: Mapping[str, Any]) -> dict[str, Index]:
    """Read declarations; raises ValueError if one contradicts itself or another: a programmer's mistake."""
    indexes = {code: _index(code, dict(own)) for code, own in tree.items()}
    for code, index in indexes.items():
        others = [other for other in (index.inside, index.survey) if other]
        wrong = [f"unknown index {other!r}" for other in others if other not in indexes]
        wrong += [f"no component {name!r}" for name in _named(index) if name not in index.components]
        if index.maxima and sum(index.maxima[name] for name in index.domains) != index.maximum:
            wrong.append(f"maxima do not add up to {index.maximum:g}")
        if index.forecast and not (index.inside or index.domains):
            wrong.append("what is forecast has domains, or is inside another index")
        if wrong:
            raise ValueError(f"indexes.toml: {code}: {'; '.join(wrong)}")
    if sum(index.departments for index in indexes.values()) != 1:
        raise ValueError("indexes.toml: departments is true of one index")
    return indexes


def _index(code: str, own: dict[str, Any]) -> Index:
    survey = own.pop("survey", {})
    domains = tuple(own.pop("domains", ()))
    components = (TOTAL, *domains, *own.pop("components", ()))
    maxima = {name: float(high) for name, high in own.pop("maxima", {}).items()}
    return Index(
        code=code,
        maximum=float(own.pop("maximum")),
        survey=survey.get("index", ""),
        survey_component=survey.get("component", ""),
        domains=domains,
        components=components,
        parts=tuple(own.pop("parts", ())),
        maxima=maxima,
        **own,
    )


def _named(index: Index) -> tuple[str, ...]:
    more = (index.survey_component,) if index.survey else ()
    return (*index.parts, *index.names, *index.short_names, *index.maxima, *more)


def _read() -> dict[str, Index]:
    file = resources.files("forecast.base") / "indexes.toml"
    return declared(tomllib.loads(file.read_text(encoding="utf-8")))


INDEXES: Final[Mapping[str, Index]] = _read()
MAIN: Final = next(code for code, index in INDEXES.items() if index.departments)
FORECAST_CODES: Final = tuple(code for code, index in INDEXES.items() if index.forecast)
SCORE_CODES: Final = tuple(code for code, index in INDEXES.items() if index.figures == "scores")
RELATED_CODES: Final = tuple(code for code in INDEXES if code not in SCORE_CODES)
SURVEYS: Final = frozenset(code for code, index in INDEXES.items() if index.inside)


def panel_of(index_code: str) -> str:
    """Give the index whose panel gives the forecast of `index_code`.

    >>> panel_of("SIPAS"), panel_of("PAPI")
    ('PAR', 'PAPI')
    """
    return INDEXES[index_code].panel
