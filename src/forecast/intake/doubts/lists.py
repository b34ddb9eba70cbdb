"""Compare the rows of a list with the known ones, and doubt them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from forecast.data.load import Vintages
from forecast.data.tables import INDICATOR_TYPES, INDICATORS, Table
from forecast.intake.doubts.comparison import Compared, compare_indicators, compare_years
from forecast.intake.doubts.indicators import IndicatorDoubts
from forecast.intake.doubts.office import DOUBTS_OF_OFFICE, area_doubts
from forecast.intake.doubts.scores import Doubt
from forecast.intake.doubts.wholes import whole_doubts, wholes_in


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
    for number, row in enumerate(rows.itertuples(index=False)):
        yield from ((number, doubt) for doubt in others.of(row))
        others.add(row)
