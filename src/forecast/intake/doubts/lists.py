"""Compare the rows of a list with the known ones, and doubt them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import pandas as pd

from forecast.base.arrays import Floats
from forecast.base.labels import Phrase
from forecast.data.load import Vintages
from forecast.data.tables import INDICATOR_TYPES, INDICATORS, Table
from forecast.intake.doubts.comparison import Compared, compare_indicators, compare_years
from forecast.intake.doubts.indicators import IndicatorDoubts
from forecast.intake.doubts.office import DOUBTS_OF_OFFICE, area_doubts
from forecast.intake.doubts.plausible import COLUMN, FEWEST_COPIED, correlation
from forecast.intake.doubts.scores import Doubt
from forecast.intake.doubts.wholes import whole_doubts, wholes_in

LEFT_OF_LIST: Final = 1 / 3  # share of equal figures from which a list is, in part, another period's
REVISED: Final = 0.05  # share of a figure by which a later source may correct it


def compare_list(
    kind: str, now: Vintages, after: Vintages, table: Table, texts: Sequence[Mapping[str, str]]
) -> tuple[Compared, Iterable[tuple[int | None, Doubt]]]:
    """Compare new rows with the known ones, and doubt them; each doubt with the number of its row.

    `texts`: the cells of each new row as they stand in the list, by column.
    """
    if not texts:
        return Compared(), []
    if kind == "criteria":
        compared, doubts = compare_years(now, after, table)
        return compared, [*doubts, *whole_doubts(after, table, list(map(wholes_in, texts)))]
    if kind == "indicators":
        return compare_indicators(now, after), _indicator_doubts(now, after)
    of_office = DOUBTS_OF_OFFICE.get(table.name)
    found = of_office(after, len(now.frames[table.name])) if of_office else ()
    return Compared(new=len(texts)), [(number, doubt) for number, _, doubt in found]


def _indicator_doubts(now: Vintages, after: Vintages) -> Iterator[tuple[int, Doubt]]:
    """Doubt indicators beside their own values, known and new."""
    table, types = INDICATORS.name, now.frames[INDICATOR_TYPES.name]
    kinds = dict(zip(types["indicator_code"], types["kind"], strict=True))
    others = IndicatorDoubts(now.frames[table], after.frames[table], kinds)
    yield from ((number, doubt) for number, _, doubt in area_doubts(after, len(now.frames[table])))
    rows = after.frames[table].iloc[len(now.frames[table]) :]
    yield from _of_other_periods(rows, now.frames[table], kinds)
    yield from _unlike_standing(rows, now.frames[table])
    if shifted := list(_shifted(rows, now.frames[table])):  # which tells the cause of all else
        yield from shifted
        return
    for number, row in enumerate(rows.itertuples(index=False)):
        yield from ((number, doubt) for doubt in others.of(row))
        others.add(row)


def _of_other_periods(
    rows: pd.DataFrame, known: pd.DataFrame, kinds: Mapping[str, str]
) -> Iterator[tuple[int, Doubt]]:
    """Doubt a list with figures of another period: last month's, or those of a year ago.

    What is counted anew at each day, as staff, may well stay as it is; so may many figures of 0 or 100.
    """
    place = ["indicator_code", "area"]
    new = rows[[*place, "period", "value"]].assign(number=range(len(rows)))
    new = new[new["indicator_code"].map(kinds) != "level"]
    pairs = new.merge(known[[*place, "period", "value"]], on=place, suffixes=("", "_known"))
    pairs = pairs[pairs["period"] != pairs["period_known"]]
    for (period, other), own in pairs.groupby(["period", "period_known"], sort=False):
        equal, count = own[own["value"] == own["value_known"]], own["number"].nunique()
        left = equal["number"].nunique()
        if equal["value"].nunique() >= FEWEST_COPIED and left > LEFT_OF_LIST * count:
            facts = {"equal": left, "known": count, "period": period, "other": other}
            yield int(equal["number"].iloc[0]), Doubt("doubt.other_period", facts=facts, column="value")


def _unlike_standing(rows: pd.DataFrame, known: pd.DataFrame) -> Iterator[tuple[int, Doubt]]:
    """Doubt a list whose period stands already, with other figures in most places: the period is mistyped."""
    key = ["indicator_code", "area", "period"]
    pairs = rows[[*key, "value"]].assign(number=range(len(rows)))
    pairs = pairs.merge(known[[*key, "value"]], on=key, suffixes=("", "_known"))
    apart = (pairs["value"] - pairs["value_known"]).abs()
    allowed = REVISED * pairs[["value", "value_known"]].abs().max(axis=1)
    nearest = pairs.assign(other=apart > allowed).groupby([*key, "number"], as_index=False)["other"].min()
    for (_, period), own in nearest.groupby(["indicator_code", "period"], sort=False):
        other, count = own.loc[own["other"], "number"], own["number"].nunique()
        if len(other) >= FEWEST_COPIED and 2 * len(other) > count:
            facts = {"other": len(other), "known": count, "period": period}
            yield int(other.iloc[0]), Doubt("doubt.unlike_standing", facts=facts, column="period")


def _shifted(rows: pd.DataFrame, known: pd.DataFrame) -> Iterator[tuple[int, Doubt]]:
    """Doubt a list whose figures fit the places of the rows above or below far better than their own."""
    numbered = rows[["indicator_code", "area", "period", "value"]].assign(number=range(len(rows)))
    for (code, period), own in numbered.groupby(["indicator_code", "period"], sort=False):
        before = known[(known["indicator_code"] == code) & (known["period"] < period)]
        last = before.sort_values("period", kind="stable").drop_duplicates("area", keep="last")
        usual = last.set_index("area")["value"]
        values, past = own["value"].to_numpy(), usual.reindex(own["area"]).to_numpy(dtype=float)
        like, up, down = (correlation(values, _moved(past, step)) for step in (0, 1, -1))
        if max(up, down) > max(like, COLUMN) + COLUMN:
            side = Phrase("imports.row_above" if up > down else "imports.row_below")
            other = str(last["period"].mode().iloc[0])
            facts = {"side": side, "other": other, "like": round(max(up, down), 2), "own": round(like, 2)}
            yield int(own["number"].iloc[0]), Doubt("doubt.shifted", facts=facts, column="area")


def _moved(values: Floats, step: int) -> Floats:
    """Values of the rows `step` above; NaN where there is none."""
    return pd.Series(values).shift(step).to_numpy(dtype=float)
