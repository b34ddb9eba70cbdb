"""`forecast verify`: compare stored forecasts with the results."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import pandas as pd

from forecast.base import incoming, labels
from forecast.base.errors import EXIT_GOOD, DataError, Problem, SpecError
from forecast.base.indexes import MAIN
from forecast.base.spec import refuse_outside
from forecast.cli.local import option, refuse_without, today, typed_options, verb
from forecast.cli.types import PathType
from forecast.data.load import Vintages, read_vintages
from forecast.data.load.files import Rows, lines_of, rows_of
from forecast.data.tables import DOMAINS, FIRST_YEAR, LAST_YEAR, RELATED, RELATED_CODES, SCORES, Table

if TYPE_CHECKING:
    from forecast.intake.additions.proposal import Proposal

_OF_PRINTED: Final = "published source sheet column unit insist"  # options of a printed table


@verb(
    "verify",
    "index-code area target-year as-of",
    option("with", "with_file", type=PathType(), metavar="FILE"),
    "published source sheet column unit insist data-dir reports-dir",
)
def verify(
    *,
    index_code: str,
    area: str,
    target_year: int | None,
    as_of: dt.date | None,
    with_file: Path | None,
    data_dir: Path,
    reports_dir: Path,
    lang: str,
    **table: Any,
) -> int:
    """Score the stored forecasts; print how many scores were added and the path of the page."""
    if target_year is not None:
        refuse_outside("--target-year", target_year, FIRST_YEAR, LAST_YEAR)
    refuse_without("with", _OF_PRINTED, given=with_file is not None)
    # Loaded here, as it takes seconds.
    from forecast.runs.verify import verify as verify_runs

    if with_file is None:
        vintages = read_vintages(data_dir)
    else:
        vintages = _vintages_with(with_file, data_dir, index_code, target_year, table)
    day = as_of or today()
    place = vintages.known_at(day).find_province(area)
    result = verify_runs(
        reports_dir.resolve(), vintages, index_code=index_code, area=place, year=target_year, as_of=day
    )
    for run in result.skipped:
        click.echo(labels.text("verify.skipped", lang, run=run), err=True)
    facts = {"index": index_code, "year": result.judgement.year, "area": place}
    click.echo(labels.text("verify.done", lang, added=result.added, standing=result.standing, **facts))
    click.echo(labels.text("verify.where", lang, path=result.page))
    return EXIT_GOOD


def _vintages_with(
    path: Path, data_dir: Path, index_code: str, year: int | None, given: Mapping[str, Any]
) -> Vintages:
    """Read all tables, and add the rows of a file in memory only.

    Raises DataError with everything that is wrong or doubted; SpecError if year, day or source of a
    printed table are not given.
    """
    from forecast.intake.additions import province_table

    if (rows := _score_rows(path)) is not None:
        for name in typed_options():
            if name in _OF_PRINTED.split() and name != "insist":
                raise SpecError("verify.own_columns", {"file": path.name, "option": f"--{name}"})
        proposal = _proposed_rows(path, data_dir, *rows)
        if proposal.doubts and not given["insist"]:
            raise proposal.refusal()
        return proposal.after
    for name, value in (
        ("target-year", year),
        ("published", given["published"]),
        ("source", given["source"]),
    ):
        if value is None:
            raise SpecError("verify.odd_with", {"file": path.name, "option": f"--{name}"})
    origin = province_table.Origin(published_on=given["published"], source=given["source"])
    reading = {"sheet": given["sheet"], "columns": given["column"], "unit": given["unit"] or ""}
    proposal = province_table.table(data_dir, path, index_code, year or 0, origin, **reading)
    if proposal.doubts and not given["insist"]:
        raise proposal.refusal()
    return proposal.after


def _score_rows(path: Path) -> tuple[Table, Rows] | None:
    """Read a file with the columns of scores.csv or related_indices.csv; None if it is another table."""
    content = incoming.content(path)
    if content.startswith(incoming.EXCEL):
        return None
    (_, head), *body = lines_of(incoming.text(content, path.name, utf16=True), path.name)[0] or [(0, [])]
    if not {"index_code", "year", "area", "component"} <= set(head):
        return None
    codes = {
        cell for _, cells in body for name, cell in zip(head, cells, strict=False) if name == "index_code"
    }
    table = RELATED if codes & {*RELATED_CODES} else SCORES
    fewer = [dataclasses.replace(column, absent=True) for column in table.columns]
    rows, problems = rows_of(content, dataclasses.replace(table, columns=tuple(fewer)), path.name)
    if rows is None or problems:
        raise DataError(problems)
    if not rows.numbers:
        raise incoming.refusal(path.name, "expect.not_empty")
    return table, rows


def _proposed_rows(path: Path, data_dir: Path, table: Table, rows: Rows) -> Proposal:
    """Judge the rows of each index and year as those of an import are."""
    from forecast.intake.additions.comparison import compare_and_judge
    from forecast.intake.additions.proposal import Compared, Doubted, propose

    now = read_vintages(data_dir)
    known = len(now.frames[table.name])

    def place(problem: Problem, number: int) -> Problem:
        return dataclasses.replace(problem, file=path.name, row=rows.numbers[number])

    def judge(after: Vintages) -> tuple[Compared, list[Doubted]]:
        frame, doubted = after.frames[table.name].reset_index(drop=True), list[Doubted]()
        new = frame.iloc[known:]
        again = new.groupby(["index_code", "year", "area", "component"]).cumcount()  # of other sources
        for (code, _, _), own in new.groupby([new["index_code"], new["year"], again], sort=False):
            beside = pd.concat([frame.iloc[:known], own])
            one = dataclasses.replace(after, frames={**after.frames, table.name: beside})
            places = dict(zip(zip(own["area"], own["component"], strict=True), own.index, strict=True))
            addends = DOMAINS if code == MAIN else ()
            for doubt in compare_and_judge(now, one, table, str(code), addends=addends)[1]:
                row = places.get((doubt.area, doubt.component))
                column = doubt.column or ("rank" if doubt.key.startswith("doubt.rank") else "score")
                value = "" if row is None else f"{frame.loc[row, column]:g}"
                column = "" if row is None else column
                problem = Problem(path.name, None, column, value, doubt.key, doubt.all_facts)
                at = 0 if row is None else int(row) - known
                doubted.append((problem if row is None else place(problem, at), (at,)))
        return Compared(), doubted

    cells = zip(*(rows.cells[name] for name in table.names), strict=True)
    return propose(
        data_dir,
        now,
        table,
        [dict(zip(table.names, row, strict=True)) for row in cells],
        action="verify",
        what=path.name,
        place=place,
        judge=judge,
    )
