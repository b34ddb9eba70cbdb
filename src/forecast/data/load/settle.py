"""Choose among several sources of one figure: which row is taken, and why each other is set aside.

The rule, in this order (docs/decisions/0003-vintage-and-conflicts.md):

1. a page that existed on the day goes before one made later;
2. a figure that other figures of the day prove wrong (misprints.py) goes last;
3. trust: official, press, dataset preview, copy, derived;
4. the later page, as papers correct themselves;
5. the figure that more rows give;
6. the less flattering figure (lower score, worse rank), then the source's address,
   so that the order of rows in a file never matters.

Score and rank are settled apart, as many rows give a rank alone.
"""

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from forecast.data.tables import TRUST

_NO_DAY: Final = pd.Timestamp("1900-01-01")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row for a key; `share` is the score over its maximum, NaN if that is not known."""

    position: int
    score: float
    rank: float
    share: float
    trust: int
    page_day: pd.Timestamp
    late: bool
    wrong: bool
    source: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The outcome for one key: where the taken row stands, its rank, and the others' reasons."""

    position: int
    rank: float
    spread: float
    rank_spread: float
    sources: int
    aside: tuple[tuple[int, str], ...]


def settle(
    known: pd.DataFrame,
    key: Sequence[str],
    *,
    as_of: dt.date,
    share: pd.Series | None = None,
    wrong: pd.Series | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take one row for each key, of rows known on `as_of` with score, rank, trust, source_day and source_url.

    `share` is each row's score as a share of its maximum, so that points and percent compare (the score
    itself if None); `wrong` marks rows whose score other figures prove wrong.

    Returns
    -------
    taken : DataFrame
        One row a key, sorted by key: the row whose score was taken (without any score: whose rank
        was), with the settled rank, and `spread` (highest less lowest score, in the unit of the
        row taken; NaN without a score), `rank_spread`, `sources` (count of rows that were weighed).
    aside : DataFrame
        The other rows with `reason`, a key of the catalogue after ``aside.``, and of the row that was taken
        `taken_row`, its number in the file, `taken_score` and `taken_rank`.
    """
    groups: dict[tuple[object, ...], list[Candidate]] = {}
    names = zip(*(known[column] for column in key), strict=True)
    for name, candidate in zip(names, _candidates(known, as_of, share, wrong), strict=True):
        groups.setdefault(name, []).append(candidate)
    choices = [_choose(group) for group in groups.values()]
    taken = known.iloc[[choice.position for choice in choices]].assign(
        rank=np.array([choice.rank for choice in choices], dtype=float),
        spread=np.array([choice.spread for choice in choices], dtype=float),
        rank_spread=np.array([choice.rank_spread for choice in choices], dtype=float),
        sources=np.array([choice.sources for choice in choices], dtype="int64"),
    )
    others = [(position, reason, choice.position) for choice in choices for position, reason in choice.aside]
    winners = np.array([winner for _, _, winner in others], dtype="int64")
    aside = known.iloc[[position for position, _, _ in others]].assign(
        reason=pd.Series([reason for _, reason, _ in others], dtype="str").to_numpy(),
        taken_row=known["row"].to_numpy()[winners],
        taken_score=known["score"].to_numpy(dtype=float)[winners],
        taken_rank=known["rank"].to_numpy(dtype=float)[winners],
    )
    order = list(key)
    return (
        taken.sort_values(order).reset_index(drop=True),
        aside.sort_values([*order, "source_url", "row"]).reset_index(drop=True),
    )


def _candidates(
    known: pd.DataFrame, as_of: dt.date, share: pd.Series | None, wrong: pd.Series | None
) -> list[Candidate]:
    shares = known["score"] if share is None else share
    proved = [False] * len(known) if wrong is None else wrong
    today = pd.Timestamp(as_of)
    places = {name: place for place, name in enumerate(TRUST)}
    columns = (known["score"], known["rank"], shares, known["trust"], known["source_day"])
    rows = zip(*columns, known["source_url"], proved, strict=True)
    return [
        Candidate(
            position=position,
            score=float(score),
            rank=float(rank),
            share=float(part),
            trust=places[trust],
            page_day=_NO_DAY if pd.isna(page_day) else page_day,
            late=bool(page_day > today),
            wrong=bool(disproved),
            source=source,
        )
        for position, (score, rank, part, trust, page_day, source, disproved) in enumerate(rows)
    ]


def _choose(group: list[Candidate]) -> Choice:
    if len(group) == 1:  # most cells have one source
        own = group[0]
        spreads = _range([own.score]), _range([own.rank])
        return Choice(
            own.position, own.rank, *spreads, sources=int(not all(map(math.isnan, spreads))), aside=()
        )
    scored = _of_the_day([c for c in group if not math.isnan(c.score)])
    ranked = _of_the_day([c for c in group if not math.isnan(c.rank)])
    best_score = min(scored, key=_preference(scored, _score), default=None)
    best_rank = min(ranked, key=_preference(ranked, _worse_rank), default=None)
    best = best_score or best_rank or group[0]  # reading refuses rows without score and rank
    figure = _worse_rank if math.isnan(best.score) else _score
    agreed = Counter(map(figure, group))
    aside = ((c.position, _reason(c, best, figure, agreed)) for c in group if c is not best)
    return Choice(
        position=best.position,
        rank=best_rank.rank if best_rank else math.nan,
        spread=_spread(scored, best),
        rank_spread=_range([c.rank for c in ranked]),
        sources=len({c.position for c in (*scored, *ranked)}),
        aside=tuple(aside),
    )


def _of_the_day(candidates: list[Candidate]) -> list[Candidate]:
    """Pages made after the day count only where no page of the day gives the figure."""
    return [c for c in candidates if not c.late] or candidates


def _score(candidate: Candidate) -> float:
    return round(candidate.score, 9)


def _worse_rank(candidate: Candidate) -> float:
    return -candidate.rank


def _preference(
    candidates: list[Candidate], figure: Callable[[Candidate], float]
) -> Callable[[Candidate], tuple[object, ...]]:
    """Give the sort key of the rule, from its second step on; the smallest is taken."""
    agreed = Counter(figure(candidate) for candidate in candidates)

    def key(c: Candidate) -> tuple[object, ...]:
        age = (_NO_DAY - c.page_day).days
        return (c.wrong, c.trust, age, -agreed[figure(c)], figure(c), c.source, c.position)

    return key


def _reason(
    other: Candidate, best: Candidate, figure: Callable[[Candidate], float], agreed: Counter[float]
) -> str:
    """Name the first step of the rule that told the two rows apart; `agreed` counts rows by figure."""
    by_rank = math.isnan(best.score)
    steps = (
        (other.late and not best.late, "later_page"),
        (math.isnan(other.score) and not by_rank, "rank_only"),
        (figure(other) == figure(best), "same_figure"),
        (other.wrong and not best.wrong, "contradicted"),
        (other.trust != best.trust, "lower_trust"),
        (other.page_day != best.page_day, "older_page"),
        (agreed[figure(other)] < agreed[figure(best)], "fewer_sources"),
    )
    return next((name for applies, name in steps if applies), "more_flattering")


def _spread(scored: list[Candidate], best: Candidate) -> float:
    """Highest less lowest score, measured in shares, as sources may use points and percent."""
    if math.isnan(best.score):
        return math.nan
    shares = [c.share for c in scored if not math.isnan(c.share)]
    if math.isnan(best.share) or best.share == 0:
        return _range([c.score for c in scored])
    return round(_range(shares) * best.score / best.share, 6)


def _range(figures: list[float]) -> float:
    return max(figures) - min(figures) if figures else math.nan
