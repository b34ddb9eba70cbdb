"""Compute points, totals, ranks and chances of targets from joint draws of shares.

Everything is read off one set of draws, so that domains add up to the total in every draw and the
chance of a rank knows how domains move together.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.arrays import Floats, Ints
from forecast.model.joint_draws import JointDraws
from forecast.model.scheme import Scheme, Subject, leaf_weights
from forecast.model.subject import survey_component

ENDS: Final = (0.1, 0.5, 0.9)  # levels of an 80 percent range, and the median


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Joint draws of one year."""

    subject: Subject
    year: int
    shares: Floats  # (n, P, L): share of the maximum by area and childless component
    # (n,): its maximum in every draw, where that is assumed within bounds
    maxima: Mapping[str, Floats] = field(default_factory=dict)
    # (n,): share that the survey's points have more than its percent; empty if they are the same
    offset: Floats = field(default_factory=lambda: np.zeros(0))

    def share(self, component: str) -> Floats:
        """Shares of any component for every area, shape (n, P)."""
        weights = np.zeros(len(self.subject.components))
        for leaf, weight in leaf_weights(self.subject, component, self.year).items():
            weights[self.subject.components.index(leaf)] = weight
        return np.asarray(self.shares @ weights)

    def points(self, component: str) -> Floats:
        """Points of any component for every area, shape (n, P).

        A component with children is the sum of their points, in every draw.
        """
        children = self.subject.schemes[self.year].children.get(component, ())
        if children:
            return np.asarray(sum(self.points(child) for child in children))
        if component in self.maxima:
            return self.share(component) * self.maxima[component][:, None]
        return self.share(component) * self.subject.schemes[self.year].maxima[component]

    def survey_percent(self) -> Floats:
        """Percent of the satisfaction survey for every area, shape (n, P)."""
        share = self.share(survey_component(self.subject))
        off = self.offset[:, None] if len(self.offset) else 0.0
        return np.asarray(100 * np.clip(share - off, 0.0, 1.0))

    def joint(self) -> JointDraws:
        """The draws as the model gives them, one year."""
        offset = self.offset[:, None] if len(self.offset) else np.zeros((len(self.shares), 1))
        return JointDraws(self.shares[..., None], offset, np.zeros((len(self.shares), 0)))

    def of_area(self, area: str) -> "Draws":
        """Keep one area."""
        place = self.subject.areas.index(area)
        return replace(self, subject=self.subject.only(area), shares=self.shares[:, [place]])


def drawn_maxima(scheme: Scheme, n: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Draw assumed maxima within their bounds so that their sum stays what it is; each of shape (n,).

    A uniform draw each; what their sum is off is made up in proportion to the room that each has left.
    """
    names = [name for name, (low, high) in sorted(scheme.bounds.items()) if high > low]
    if len(names) < 2:  # alone it follows from the others, which are read
        return {}
    low, high = np.array([scheme.bounds[name] for name in names]).T
    drawn = rng.uniform(low, high, size=(n, len(names)))
    off = drawn.sum(axis=1, keepdims=True) - sum(scheme.maxima[name] for name in names)
    room = np.where(off > 0, drawn - low, high - drawn)
    adjusted = drawn - off * room / room.sum(axis=1, keepdims=True)
    return {name: adjusted[:, k] for k, name in enumerate(names)}


def stream(root: int, name: str) -> np.random.Generator:
    """Give each name a source of chance of its own, so that news of one thing moves no draw of another."""
    return np.random.default_rng([root, zlib.crc32(name.encode())])


def ranks(points: Floats, area: int) -> Ints:
    """Rank of one area among all in every draw, 1 the best; shape (n,)."""
    return np.asarray((points > points[:, [area]]).sum(axis=1) + 1)


def rank_table(rank: Ints, n_areas: int) -> pd.DataFrame:
    """Probability of every rank: rank, probability (adds up to 1)."""
    counts = np.bincount(rank, minlength=n_areas + 1)[1:]
    return pd.DataFrame({"rank": np.arange(1, n_areas + 1), "probability": counts / len(rank)})


def rank_chances(points: Floats, places: Sequence[int]) -> Floats:
    """Probability of every rank for some areas, shape (K, P), each row adding up to 1."""
    n, count = points.shape
    drawn = (ranks(points, place) for place in places)
    rows = [np.bincount(rank, minlength=count + 1)[1:] / n for rank in drawn]
    return np.array(rows).reshape(len(places), count)


def chance(values: Floats, relation: str, bound: float) -> float:
    """Share of the draws in which ``value relation bound`` holds.

    Raises ValueError if `relation` is neither '<=' nor '>='.
    """
    if relation == "<=":
        return float((values <= bound).mean())
    if relation == ">=":
        return float((values >= bound).mean())
    raise ValueError(f"relation must be '<=' or '>=', got {relation!r}")


def quantiles(values: Floats, levels: Sequence[float]) -> Floats:
    """Quantiles over draws: shape (n, ...) to (levels, ...), rounded so that they can be compared."""
    return np.round(np.quantile(values, levels, axis=0), 4)
