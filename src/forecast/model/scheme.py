"""What an index is made of in each year: its components, their maxima, its areas, and its links to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

ASSUMED_ERROR = 0.03  # of the share, where the maximum is assumed and nothing bounds it


@dataclass(frozen=True, slots=True)
class Scheme:
    """What the index is made of in one year."""

    weights: Mapping[str, float]
    maxima: Mapping[str, float]
    status: Mapping[str, str]
    children: Mapping[str, tuple[str, ...]]
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def assumed_error(self, component: str) -> float:
        """Standard deviation of an assumed maximum, as a share of it: uniform within its bounds."""
        low, high = self.bounds.get(component, (0.0, 0.0))
        return (high - low) / (12**0.5 * self.maxima[component]) if high > low else ASSUMED_ERROR


@dataclass(frozen=True, slots=True)
class Subject:
    """The areas, components and years of one index and what links it to others."""

    index_code: str
    areas: tuple[str, ...]  # all areas that are ranked, published or not
    regions: Mapping[str, tuple[str, ...]]
    components: tuple[str, ...]  # components without children
    schemes: Mapping[int, Scheme]
    breaks: Mapping[str, tuple[int, ...]]
    possible_breaks: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    links: Mapping[tuple[str, str], str] = field(default_factory=dict)
    spare: frozenset[str] = frozenset()

    @property
    def years(self) -> tuple[int, ...]:
        """All years in a row, the target year last."""
        return tuple(range(min(self.schemes), max(self.schemes) + 1))

    def only(self, area: str) -> Subject:
        """Keep one area."""
        return replace(self, areas=(area,), regions={})


def leaf_weights(subject: Subject, component: str, year: int) -> dict[str, float]:
    """Weights, adding up to 1, of the childless components in the share of `component`."""
    scheme = subject.schemes[year]
    members = _leaves(subject, scheme, component)
    if len(members) == 1:
        return {members[0]: 1.0}
    whole = sum(scheme.weights[m] for m in members)
    return {m: scheme.weights[m] / whole for m in members}


def _leaves(subject: Subject, scheme: Scheme, component: str) -> tuple[str, ...]:
    if component in subject.components:
        return (component,)
    return tuple(leaf for child in scheme.children[component] for leaf in _leaves(subject, scheme, child))
