"""Join the parts of one printed table: halves side by side, and a table that continues elsewhere."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from forecast.base.errors import Problem
from forecast.base.spelling import plain_words
from forecast.data.load.areas import Gazetteer
from forecast.intake.additions.province_rows import FEWEST_AREAS, area_columns, bare_name
from forecast.intake.grid import Cell, Grid, Piece, Spot


class Table(NamedTuple):
    """A table of provinces in a grid: the column that names them, and the rows in which it does."""

    grid: Grid
    column: int
    rows: Sequence[int]


def tables_in(grids: Sequence[Grid], places: Gazetteer) -> list[Table]:
    """Find the tables of provinces, those that are parts of one put together."""
    tables = [
        table
        for grid in grids
        for table in [_whole(_rejoined(grid, places), places)]
        if table is not None and len(table.rows) >= FEWEST_AREAS
    ]
    if len(tables) < 2:
        return tables
    first = tables[0]
    if len({table.column for table in tables}) > 1 or not _apart(tables, places):
        return tables
    if any(_heading(table) not in (_heading(first), ()) for table in tables):
        return tables
    return [_joined([(table, 0, table.grid.cells) for table in tables])]


def below_each_other(parts: Sequence[tuple[Grid, int]]) -> Grid:
    """Put sheets below each other, each from a row on; messages name where a cell stood."""
    own = (
        (Table(grid, 0, ()), 0, {spot: cell for spot, cell in grid.cells.items() if spot[0] >= first})
        for grid, first in parts
    )
    return _joined(list(own)).grid


def turned_table(grids: Iterable[Grid], places: Gazetteer) -> Problem | None:
    """Report a table with its provinces beside each other in one row, if there is one."""
    for grid in grids:
        named = Counter(row for rows in area_columns(grid, places).values() for row in rows)
        row, count = max(named.items(), key=lambda pair: pair[1], default=(0, 0))
        if count >= FEWEST_AREAS:
            column = min(column for column, rows in area_columns(grid, places).items() if row in rows)
            return grid.problem(row, column, "imports.turned")
    return None


def _rejoined(grid: Grid, places: Gazetteer) -> Grid:
    """Join rows that a new page breaks in two, as “Quảng” at its end and “Nam” alone on the next.

    Only where the name of a province comes of it: a title of a group stands alone too.
    """
    cells = dict(grid.cells)
    for first in (piece.first for piece in grid.pieces[1:]):
        above, below = (
            list(grid.row(row)) for row in (max((row for row in grid.rows if row < first), default=0), first)
        )
        over = {cell.column: cell for cell in above}
        if not below or any(cell.column not in over or re.search(r"\d", cell.text) for cell in below):
            continue
        wholes = [replace(over[cell.column], lines=(*over[cell.column].lines, *cell.lines)) for cell in below]
        if any(places.find(bare_name(whole.text)) in places.provinces for whole in wholes):
            cells |= {(whole.row, whole.column): whole for whole in wholes}
            for cell in below:
                del cells[cell.row, cell.column]
    return replace(grid, cells=cells)


def _whole(grid: Grid, places: Gazetteer) -> Table | None:
    """Find the column that names most provinces, and join the parts of its table printed side by side."""
    columns = [Table(grid, column, rows) for column, rows in area_columns(grid, places).items()]
    if not columns:
        return None
    best = max(columns, key=lambda table: len(table.rows))
    halves = [table for table in columns if len(table.rows) > 1]
    width = halves[1].column - halves[0].column if len(halves) > 1 else 0
    starts = [halves[0].column + width * number for number in range(len(halves))]
    if not width or [table.column for table in halves] != starts or not _apart(halves, places):
        return best
    lead = min(column for row, column in grid.cells if row == halves[0].rows[0])
    if halves[0].column >= lead + width:  # two columns of names in one table
        return best
    parts = []
    for number, table in enumerate(halves):
        low = lead + number * width
        cells = {spot: cell for spot, cell in grid.cells.items() if low <= spot[1] < low + width}
        parts.append((table, number * width, cells))
    if len({_heading(Table(replace(grid, cells=cells), t.column, t.rows), by) for t, by, cells in parts}) > 1:
        return best
    return _joined(parts)


def _apart(tables: Sequence[Table], places: Gazetteer) -> bool:
    """Whether no province is in two of the tables."""
    names = [
        places.find(bare_name(table.grid.cells[row, table.column].text))
        for table in tables
        for row in table.rows
    ]
    return len(set(names)) == len(names)


def _heading(table: Table, shift: int = 0) -> tuple[tuple[int, str], ...]:
    """Words above the first province by column, without titles that stand alone."""
    rows = [row for row in table.grid.rows if row < table.rows[0]]
    cells = (list(table.grid.row(row)) for row in rows)
    words = ((cell.column - shift, plain_words(cell.text)) for own in cells if len(own) > 1 for cell in own)
    return tuple(sorted(words))


def _joined(parts: Sequence[tuple[Table, int, Mapping[Spot, Cell]]]) -> Table:
    """Put parts below each other, each moved to the left by its shift; messages name where a cell stood."""
    cells: dict[Spot, Cell] = {}
    merged: dict[Spot, Spot] = {}
    pieces, rows = [], []
    hidden_rows: set[int] = set()
    struck: set[Spot] = set()
    below = 0
    for table, shift, own in parts:
        grid = table.grid
        pieces.append(Piece(below + 1, grid.sheet, -below, shift))
        for (row, column), cell in own.items():
            spot = row + below, column - shift
            cells[spot] = replace(cell, row=spot[0], column=spot[1])
        for spot, start in grid.merged.items():
            if min(spot[1], start[1]) > shift:
                merged[spot[0] + below, spot[1] - shift] = start[0] + below, start[1] - shift
        hidden_rows |= {row + below for row in grid.hidden_rows}
        struck |= {(row + below, column - shift) for row, column in grid.struck if column > shift}
        rows += [row + below for row in table.rows]
        below += max(grid.rows)
    first = parts[0][0]
    whole = replace(
        first.grid,
        cells=cells,
        merged=merged,
        pieces=tuple(pieces),
        hidden_rows=frozenset(hidden_rows),
        struck=frozenset(struck),
        hidden_sheets=tuple(dict.fromkeys(n for table, *_ in parts for n in table.grid.hidden_sheets)),
        wider=any(table.grid.wider for table, *_ in parts),
    )
    return Table(whole, first.column, rows)
