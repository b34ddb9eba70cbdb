"""Make a panel of a table, and list what looks wrong in the table; nothing is changed."""

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase, shortened
from forecast.base.spelling import plain_words, slug, spans
from forecast.data import foreign
from forecast.model import copies, mislabelled, slips
from forecast.model.panel import Panel
from forecast.model.slips import NEAR, SLIP

TIMES: Final = 20.0  # a figure so many times its neighbours, or so many times smaller, is doubted
MOST_YEARS_APART: Final = 200  # from one year with figures to the next
GAP: Final = 10  # years without any figure, after which the years before are far away
SHOWN: Final = 5  # names in one sentence
FEWEST_SHOWN: Final = 3  # of long ones
_OF_COVARIATES: Final = {"yearly.large": "covariates.large", "yearly.small": "covariates.small"}
FEW: Final = 5  # figures above zero for each below, from which a minus sign is doubted
_WHOLE: Final = re.compile(
    r"tong( so| cong| chung)?|(trung binh|binh quan|trung vi)( chung| ca nuoc)?|ca nuoc|toan quoc"
    r"|((gia tri|diem) )?(cao|thap|lon|nho) nhat|do lech chuan|khoang bien thien"
    r"|(grand )?total|sum|mean|average|median|max(imum)?|min(imum)?|std( ?dev)?|standard deviation"
)
_LOST: Final = re.compile(r"[^\W\d_]\?+[^\W\d_]")
MANY: Final = 5  # figures that are the same where each could be any
ALIKE: Final = 3.0  # times the smallest, up to which figures of a series leave no room for zeros
PART: Final = 50.0  # times all figures of a component, above which its maximum is in another unit
EXACT: Final = 0.001  # of the whole: so near to the sum of all others, as totals are rounded


def panel_of(
    table: foreign.YearlyTable,
    *,
    upper: Mapping[str, float] | float | None = None,
    breaks: Iterable[int] = (),
    file: str = "scores",
    today: dt.date | None = None,
    target_year: int | None = None,
) -> tuple[Panel, list[Phrase]]:
    """Make a panel of a table that was read, with what its reader must know.

    `today`: a later year can have no results, least of all from `target_year` on, which is forecast.  Raises
    DataError if it has, if no row has a score, or if a rule of `Panel.from_long` is broken.
    """
    known = table.frame.dropna(subset=["score"])
    if known.empty:
        raise DataError(
            [Problem(file, None, "score", "", "panel.no_score" if len(table.frame) else "panel.empty")]
        )
    _refuse_far_years(known, file)
    if today is not None and target_year is not None:
        _refuse_years_ahead(known, file, today.year, target_year)
    try:
        panel = Panel.from_long(known, upper=upper, breaks=tuple(breaks), file=file)
    except DataError as error:
        raise DataError(foreign.fold_repeats(error.problems)) from error
    later = [] if today is None else [*_later(known, today)]
    return panel, [*table.remarks, *later, *of_table(table.frame)]


def _refuse_far_years(known: pd.DataFrame, file: str) -> None:
    """Refuse a year hundreds of years from all others, as 23 is from 2023: all between would be computed."""
    years = np.unique(known["year"].to_numpy(dtype=int)).tolist()
    gap = max(itertools.pairwise(years), key=lambda pair: pair[1] - pair[0], default=(0, 0))
    if gap[1] - gap[0] > MOST_YEARS_APART:
        before = known["year"] <= gap[0]
        odd = known[before if before.sum() * 2 <= len(known) else ~before].iloc[0]
        facts = {"before": gap[0], "after": gap[1]}
        raise DataError([Problem(file, int(odd["row"]), "year", f"{odd['year']:g}", "panel.far_year", facts)])


def _refuse_years_ahead(known: pd.DataFrame, file: str, now: int, target_year: int) -> None:
    """Refuse figures of years that have not begun, where they would end the panel after the year forecast."""
    late = known[known["year"] > now].sort_values(["year", "row"])
    if len(late) and late["year"].iloc[-1] >= target_year:
        facts = {"count": len(late), "target_year": target_year, "now": now}
        last = late[late["year"] == late["year"].iloc[-1]].iloc[0]
        found = f"{last['year']:g}"
        raise DataError([Problem(file, int(last["row"]), "", found, "panel.year_ahead", facts)])


def of_table(frame: pd.DataFrame) -> list[Phrase]:
    """Doubt the rows of a table: area, component, year, score, row; scores may be missing."""
    known = frame[frame["score"].notna()]
    phrases = [
        *(*_alike(frame, "area"), *_alike(frame, "component"), *mislabelled.areas(known)),
        *mislabelled.years(known),
        *(*_odd_sizes(known), *_below_zero(known), *_lone(known)),
        *(*_wholes(known), *_lost_letters(frame), *_numbers_as_names(frame), *_odd_maxima(known)),
        *(*_zeros_at_ends(known), *_copied_years(known)),
        *itertools.islice(copies.areas(known, _is_called_whole), SHOWN),
    ]
    empty = len(frame) - len(known)
    return [
        *phrases,
        *([Phrase("yearly.no_score", {"count": empty})] if empty else []),
        *_holes(known),
        *_never(frame, known),
    ]


def of_covariates(frame: pd.DataFrame) -> list[Phrase]:
    """Doubt the rows of a table of covariates, each in the place of a component."""
    known = frame[frame["score"].notna()]
    scale, off = slips.off_scale(known)
    phrases = [*_alike(frame, "area"), *_alike(frame, "component"), *mislabelled.years(known)]
    phrases += [*scale, *_far(known[~off]), *_lone(known)]
    return [Phrase(_OF_COVARIATES.get(phrase.key, phrase.key), phrase.facts) for phrase in phrases]


def _alike(frame: pd.DataFrame, column: str) -> Iterator[Phrase]:
    """Names that differ only in case, spaces, accents or punctuation."""
    names = list(dict.fromkeys(frame[column]))
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(slug(name).replace("-", "") or name, []).append(name)
    for group in groups.values():
        if len(group) > 1:
            rows = [int(frame.loc[frame[column] == name, "row"].iloc[0]) for name in group]
            yield Phrase("yearly.alike", {"names": [f"“{name}”" for name in group], "rows": rows})


def _odd_sizes(known: pd.DataFrame) -> Iterator[Phrase]:
    """Figures on another scale for several years, and single ones far from those beside them."""
    sums = {phrase.facts["name"] for phrase in _whole(known)}
    whole = known["area"].map(lambda name: name in sums or _is_called_whole(name)).astype(bool)
    scale, off = slips.off_scale(known[~whole])
    rest = known[~off.reindex(known.index, fill_value=False)]
    yield from (*scale, *_far(rest), *_far_alone(rest))


def _far(known: pd.DataFrame) -> Iterator[Phrase]:
    """Figures many times larger or smaller than their neighbours in time, or a lone zero: a mark is lost."""
    ordered = known.sort_values(["area", "component", "year"], kind="stable")
    size = ordered["score"].abs().to_numpy(dtype=float)
    groups = ordered.groupby(["area", "component"], sort=False).ngroup()
    times, middle, steady = slips.beside(size, groups)
    limit = np.where(steady, SLIP, TIMES)
    far = (times >= limit) | (times <= 1 / limit) | (steady & (size == 0))
    apart = {place: other for place, other in slips.apart(ordered).items() if not far[place]}
    far[list(apart)] = True
    far = np.flatnonzero(far)
    for place in far[:SHOWN]:
        record = ordered.iloc[place]
        large = times[place] if times[place] >= 1 else 1 / times[place]
        facts = {name: record[name] for name in ("area", "component", "year", "row")}
        if not size[place]:
            yield Phrase("yearly.zero", {**facts, "middle": round(float(middle[place]), 2)})
            continue
        if place in apart:
            own = {**facts, "score": float(record["score"]), "other": apart[place]}
            yield Phrase("yearly.apart" if np.isnan(apart[place]) else "yearly.exchanged", own)
            continue
        key = "yearly.large" if times[place] >= 1 else "yearly.small"
        yield Phrase(key, {**facts, "score": float(record["score"]), "times": round(float(large))})
    if len(far) > SHOWN:
        yield Phrase("yearly.more_far", {"count": len(far) - SHOWN})


def _far_alone(known: pd.DataFrame) -> Iterator[Phrase]:
    """A figure with no two years beside it, many times larger or smaller than all others of its component."""
    size = np.abs(known["score"].to_numpy(dtype=float))
    length = known.groupby(["area", "component"], sort=False)["score"].transform("size").to_numpy()
    for rows in known.groupby("component", sort=False).indices.values():
        places = rows[size[rows] > 0]
        if len(places) <= 2 * NEAR:
            continue
        for place in (places[np.argmax(size[places])], places[np.argmin(size[places])]):
            rest = size[places[places != place]]
            times = float(size[place] / np.median(rest))
            near = rest.max() < TIMES * rest.min()
            if near and length[place] <= NEAR and max(times, 1 / times) >= TIMES:
                record = known.iloc[place]
                facts = {name: record[name] for name in ("area", "component", "year", "row")}
                key = "yearly.large_alone" if times > 1 else "yearly.small_alone"
                facts |= {"score": float(record["score"]), "times": round(max(times, 1 / times))}
                yield Phrase(key, facts)


def _below_zero(known: pd.DataFrame) -> Iterator[Phrase]:
    """Figures below zero of a component whose other figures are all above."""
    of_component = known.groupby("component", sort=False)["score"]
    below, above = known["score"] < 0, of_component.transform(lambda scores: (scores > 0).sum())
    few = below.groupby(known["component"]).transform("sum") * FEW < above
    positive = known["score"].where(known["score"] > 0).groupby(known["component"])
    few &= ALIKE * positive.transform("min") > positive.transform("median")  # else zero is not far
    for record in known.loc[below & few].head(SHOWN).to_dict("records"):
        facts = {name: record[name] for name in ("area", "component", "year", "row", "score")}
        yield Phrase("yearly.below_zero", facts)


def _later(known: pd.DataFrame, today: dt.date) -> Iterator[Phrase]:
    """Figures of years that have not begun: forecasts or plans, or a year that is mistyped."""
    rows = known[known["year"] > today.year].sort_values(["year", "row"])
    if len(rows):
        years = [f"{year:g}" for year in rows["year"].unique()]
        yield Phrase(
            "yearly.later",
            {"count": len(rows), "years": shortened(years, SHOWN), "row": int(rows["row"].iloc[0])},
        )


def _zeros_at_ends(known: pd.DataFrame) -> Iterator[Phrase]:
    """Zeros in the first or last years of series whose other figures are alike: they may be not known."""
    found = []
    for _, rows in known.sort_values("year", kind="stable").groupby(["area", "component"], sort=False):
        score = rows["score"].to_numpy(dtype=float)
        rest = score[score != 0]
        zeros = len(score) - len(rest)
        if zeros < NEAR or len(rest) <= NEAR or rest.min() <= 0 or rest.max() >= ALIKE * rest.min():
            continue
        if not score[-zeros:].any() or not score[:zeros].any():
            found.append(rows[rows["score"] == 0].iloc[0])
    if found:
        facts = {name: found[0][name] for name in ("area", "component", "year", "row")}
        yield Phrase("yearly.zeros", {**facts, "count": len(found)})


def _copied_years(known: pd.DataFrame) -> Iterator[Phrase]:
    """Years that have the figures of the year before in nearly every series that moves at all."""
    ordered = known.sort_values(["area", "component", "year"], kind="stable")
    series = ordered.groupby(["area", "component"], sort=False)
    pairs = ordered.assign(before=series["score"].shift(), since=series["year"].shift())
    top = pairs["score"] == ordered.groupby("component", sort=False)["score"].transform("max")
    at_top = top & (top.groupby(ordered["component"]).transform("sum") >= MANY)  # 100 percent stays so
    free = (pairs["score"] != 0) & ~at_top
    pairs = pairs[(series["score"].transform("nunique") > 1) & free].dropna(subset="before")
    for (year, since), rows in pairs.groupby(["year", "since"]):
        same = int((rows["score"] == rows["before"]).sum())
        if len(rows) >= MANY and same * 10 >= 9 * len(rows):
            yield Phrase("yearly.copied_year", {"year": f"{year:g}", "before": f"{since:g}", "count": same})


def _odd_maxima(known: pd.DataFrame) -> Iterator[Phrase]:
    """Maxima that few rows of a year and component have, where nearly all others have one."""
    if "max_score" not in known:
        return
    for name, own in known.dropna(subset=["max_score"]).groupby("component", sort=False):
        most, least = float(own["score"].max()), float(own["max_score"].min())
        if len(own) >= MANY and 0 < most * PART < least:
            yield Phrase("yearly.far_maximum", {"component": name, "most": most, "maximum": least})
        counts = own["max_score"].value_counts()
        usual, odd = counts.index[0], own[own["max_score"] != counts.index[0]]
        if 0 < len(odd) * FEW < counts.iloc[0]:
            for record in odd.head(SHOWN).to_dict("records"):
                facts = {name: record[name] for name in ("area", "component", "year", "row")}
                yield Phrase(
                    "yearly.maximum", {**facts, "maximum": record["max_score"], "usual": float(usual)}
                )


def _wholes(known: pd.DataFrame) -> Iterator[Phrase]:
    """Areas that are the sum of all others, or are called by a sum or a mean of them."""
    sums = [*_whole(known)]
    names = [name for name in dict.fromkeys(known["area"]) if _is_called_whole(name)]
    names = [name for name in names if all(phrase.facts["name"] != name for phrase in sums)]
    if names and known["area"].nunique() > len(names) + 1:
        sums.append(Phrase("yearly.called_whole", {"names": [f"“{name}”" for name in names]}))
    yield from sums


def _is_called_whole(name: object) -> bool:
    return _WHOLE.fullmatch(plain_words(str(name))) is not None


def _lost_letters(frame: pd.DataFrame) -> Iterator[Phrase]:
    """Names in which question marks stand for letters, as a spreadsheet writes what its encoding lacks."""
    names = [name for column in ("area", "component") for name in dict.fromkeys(frame[column])]
    lost = [f"“{name}”" for name in names if _LOST.search(str(name))]
    if lost:
        yield Phrase("yearly.lost_letters", {"count": len(lost), "names": shortened(lost, SHOWN)})


def _numbers_as_names(frame: pd.DataFrame) -> Iterator[Phrase]:
    """The one area that is called by a number, where all others have names: a column or a row has slipped."""
    names = list(dict.fromkeys(frame["area"]))
    numbers = [name for name in names if not re.search(r"[^\W\d_]", str(name))]
    if len(numbers) == 1 and len(names) >= MANY:
        row = int(frame.loc[frame["area"] == numbers[0], "row"].iloc[0])
        yield Phrase("yearly.number_as_name", {"name": numbers[0], "row": row})


def _whole(known: pd.DataFrame) -> Iterator[Phrase]:
    """Areas that are the sum or the mean of all others in each of their figures, such as a row of totals."""
    of_year = known.groupby(["component", "year"], sort=False)["score"]
    total, count = of_year.transform("sum"), of_year.transform("size")
    for key, times, fewest in (("yearly.whole", 2, 2), ("yearly.mean", count, FEW)):
        same = (count > fewest) & ((times * known["score"] - total).abs() <= EXACT * total.abs())
        enough = (same & (known["score"] != 0)).groupby(known["area"]).sum() > NEAR
        # areas that hardly differ are each their mean
        apart = (known["score"] - total / count).abs() > EXACT * total.abs() / count
        areas = same.groupby(known["area"]).all() & (key == "yearly.whole" or bool(apart.mean() > 0.5))
        for name in areas.index[areas & enough]:
            yield Phrase(key, {"name": name})


def _lone(known: pd.DataFrame) -> Iterator[Phrase]:
    """Years that a long gap parts from the others."""
    years = np.unique(known["year"].to_numpy(dtype=int))
    for before, after in itertools.pairwise(years.tolist()):
        if after - before > GAP:
            rows = known.loc[known["year"] <= before, "row"]
            facts = {"before": int(before), "after": int(after), "count": len(rows), "row": int(rows.iloc[0])}
            yield Phrase("yearly.gap", facts)


def _holes(known: pd.DataFrame) -> Iterator[Phrase]:
    """Years without a figure between others: of the whole table, and of single series."""
    in_table = np.unique(known["year"].to_numpy(dtype=int))
    gaps = [range(a + 1, b) for a, b in itertools.pairwise(in_table.tolist()) if 1 < b - a <= GAP]
    if lost := [str(year) for gap in gaps for year in gap]:
        yield Phrase("yearly.no_year", {"count": len(lost), "years": shortened(lost, SHOWN)})
    found = []
    for (area, component), years in known.groupby(["area", "component"], sort=False)["year"]:
        inner = in_table[(in_table > years.min()) & (in_table < years.max())]
        if len(own := np.setdiff1d(inner, years)):
            years_ = ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in spans(own.tolist()))
            found.append(f"{area} / {component} ({years_})")
    if found:
        yield Phrase("yearly.holes", {"count": len(found), "names": shortened(found, FEWEST_SHOWN)})


def _never(frame: pd.DataFrame, known: pd.DataFrame) -> Iterator[Phrase]:
    """Cells of the table that have no figure in any year."""
    have = set(zip(known["area"], known["component"], strict=True))
    areas, components = sorted(set(frame["area"])), sorted(set(frame["component"]))
    lost = [(a, c) for a in areas for c in components if (a, c) not in have]
    if lost:
        names = shortened([f"{area} / {component}" for area, component in lost], SHOWN)
        yield Phrase("yearly.never", {"count": len(lost), "names": names})
