"""Say how the figures of a table with too few provinces for a printed one are entered: one by one."""

from collections.abc import Iterable, Iterator
from typing import Final

from forecast.base.errors import Problem
from forecast.base.spelling import command_line
from forecast.data.framework import TOTAL
from forecast.data.load.areas import Gazetteer
from forecast.intake.additions.headings import recognise
from forecast.intake.additions.province_rows import area_named, area_rows, figure_in, number_columns
from forecast.intake.grid import Grid

_MOST: Final = 10  # commands that are written out


def few_provinces(grids: Iterable[Grid], places: Gazetteer, index_code: str, year: int) -> Problem | None:
    """Report a table that names some provinces, with the commands that add their figures."""
    for grid in grids:
        column, rows = area_rows(grid, places)
        if rows:
            commands = list(_commands(grid, places, column, rows, (index_code, year)))
            facts = {
                "count": len(rows),
                "commands": "\n  ".join(commands[:_MOST] or [_command(index_code, year)]),
            }
            return grid.problem(rows[0], column, "imports.few_provinces", **facts)
    return None


def _commands(
    grid: Grid, places: Gazetteer, area_column: int, rows: list[int], of: tuple[str, int]
) -> Iterator[str]:
    head = [row for row in grid.rows if row < rows[0]]
    for row in rows:
        area = area_named(grid.cells[row, area_column].text, places)
        options: dict[str, list[str]] = {}  # by component: of one figure and its rank one command
        for column in number_columns(grid, area_column, rows[0]):
            labels = [cell.text for cell in reversed(grid.headings_above(column, head, area_column))]
            meant, (value, _) = recognise(labels, *of), figure_in(grid.cells.get((row, column)))
            if meant.kind in ("figure", "rank") and value is not None:
                option = "--score" if meant.kind == "figure" else "--rank"
                options.setdefault(meant.component, []).extend([option, f"{value:.10g}"])
        for component, figures in options.items():
            part = [] if component == TOTAL else ["--component", component]
            yield _command(*of, "--area", area, *part, *figures)


def _command(index_code: str, year: int, *more: str) -> str:
    words = ["forecast", "add", "score", "--index-code", index_code, "--year", str(year), *more]
    return command_line(words) + " --published … --source …"
