"""Doubt figures of the country and its regions that those of their provinces contradict, new ones and old."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from forecast.base.indexes import SURVEYS
from forecast.base.labels import text
from forecast.data.framework import WHOLE, with_share
from forecast.data.load import Vintages
from forecast.data.load.cells import each_row
from forecast.data.load.groups import Misfit, members_in, misfits
from forecast.data.tables import COUNTRY, SCORE_CODES, SCORES, TABLE_LANG
from forecast.intake.doubts.scores import Doubt

_CELL: Final = ["area", "component", "statistic"]
_OF_PROVINCE: Final = {"highest": "above_highest", "lowest": "below_lowest"}  # the doubt about the province


def doubts_of_new(rows: pd.DataFrame, now: Vintages, day: dt.date) -> Iterator[Doubt]:
    """Doubt new rows of one index and year, with `percent`, that make figures of groups impossible.

    A province beyond the published ends of the country is doubted as such already.
    """
    index_code, year = str(rows["index_code"].iloc[0]), int(rows["year"].iloc[0])
    if index_code not in SCORE_CODES:
        return
    before = _settled(now, index_code, day)
    before = before[before["year"] == year]
    new = rows[[*_CELL, "score", "percent", "rank"]]
    replaced = pd.MultiIndex.from_frame(before[_CELL]).isin(pd.MultiIndex.from_frame(new[_CELL]))
    after = pd.concat([before.loc[~replaced, new.columns], new], ignore_index=True)
    old = set(_misfits(before, now, index_code, year))
    places = set(new[_CELL].itertuples(index=False, name=None))
    odd_ones = [odd for odd in _misfits(after, now, index_code, year) if odd not in old]
    own = [odd for odd in odd_ones if odd.place in places]  # others may only follow from these
    others = (odd for odd in odd_ones if not (odd.province and odd.area == COUNTRY))
    yield from map(_doubt, own or others)


def doubts_of_known(vintages: Vintages, index_code: str, as_of: dt.date) -> Iterator[tuple[Any, Doubt]]:
    """Doubt figures of groups, of an index in scores.csv, as known on a day: the row of the figure, doubt.

    One is accepted if the note of any row of its component and year says so.
    """
    known = _settled(vintages, index_code, as_of)
    frame = vintages.frames[SCORES.name]
    frame = frame[frame["index_code"] == index_code]
    for year, own in known.groupby("year"):
        of_year = frame[frame["year"] == year]
        for odd in _misfits(own, vintages, index_code, int(str(year))):
            of_component = of_year[of_year["component"] == odd.component]
            kinds = (f"group_{odd.kind}", _OF_PROVINCE.get(odd.kind, ""))
            words = [text(f"doubt_kind.{kind}", TABLE_LANG) for kind in kinds if kind]
            if not any(word in note for word in words for note in of_component["note"]):
                area, _, statistic = odd.place
                row = of_component[(of_component["area"] == area) & (of_component["statistic"] == statistic)]
                yield next(each_row(row.tail(1))), _doubt(odd)


def _misfits(rows: pd.DataFrame, vintages: Vintages, index_code: str, year: int) -> Iterator[Misfit]:
    members = members_in(vintages.frames["areas"], vintages.frames["lineage"], year)
    return misfits(rows, members, weighted=index_code in SURVEYS)


def _settled(vintages: Vintages, index_code: str, day: dt.date) -> pd.DataFrame:
    """Settled figures of an index, with `percent` of their maximum."""
    frames = vintages.frames
    shares = with_share(vintages.settled_of(index_code, day), frames["frameworks"], frames["events"], day)
    return shares.assign(percent=WHOLE * shares["share"])


def _doubt(odd: Misfit) -> Doubt:
    facts = {"stated": round(odd.stated, 2), "low": round(odd.low, 2), "high": round(odd.high, 2)}
    cell = odd.area, odd.component
    return Doubt(
        f"doubt.group_{odd.kind}", *cell, {**facts, "province": odd.province}, statistic=odd.statistic
    )
