"""`forecast verify`: compare stored forecasts with the results."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import pandas as pd

from forecast.base import labels
from forecast.base.errors import EXIT_GOOD, SpecError
from forecast.base.spec import refuse_outside, today
from forecast.cli.local import option, refuse_without, verb
from forecast.cli.types import PathType
from forecast.data.load import read_vintages
from forecast.data.tables import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from forecast.intake.additions.proposal import Proposal

_OF_FILE: Final = "published source sheet column unit insist"  # options of the file alone


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
    **reading: Any,
) -> int:
    """Score the stored forecasts; print how many scores were added and the path of the page."""
    if target_year is not None:
        refuse_outside("--target-year", target_year, FIRST_YEAR, LAST_YEAR)
    refuse_without("with", _OF_FILE, given=with_file is not None)
    # Loaded here, as it takes seconds.
    from forecast.runs.verify import verify as verify_runs

    day, year = as_of or today(), target_year
    if with_file is None:
        vintages = read_vintages(data_dir)
    else:
        proposal = _proposal_of(with_file, data_dir, index_code, year, reading)
        vintages, year = proposal.after, _year_of(proposal, index_code, year)
    place = vintages.known_at(day).find_province(area)
    if with_file is not None:
        _tell_of_file(proposal, index_code, year, place, day, lang)
    result = verify_runs(
        reports_dir.resolve(), vintages, index_code=index_code, area=place, year=year, as_of=day
    )
    for run in result.skipped:
        click.echo(labels.text("verify.skipped", lang, run=run), err=True)
    facts = {"index": index_code, "year": result.judgement.year, "area": place}
    click.echo(labels.text("verify.done", lang, added=result.added, standing=result.standing, **facts))
    click.echo(labels.text("verify.where", lang, path=result.page))
    return EXIT_GOOD


def _proposal_of(
    path: Path, data_dir: Path, index_code: str, year: int | None, reading: Mapping[str, Any]
) -> Proposal:
    """Read a file as `import` does; its rows are used here and not written.

    Raises DataError with everything that is wrong or doubted; SpecError if year, day or source of a
    printed table are not given.
    """
    from forecast.intake.additions import list_sheet, lists, province_table
    from forecast.intake.additions.by_hand import columns_by_hand

    published, source = reading["published"], reading["source"]
    where = {"sheet": reading["sheet"], "columns": reading["column"]}
    if list_sheet.is_list_of_scores(path, reading["sheet"], columns_by_hand(reading["column"])):
        if reading["unit"]:
            raise SpecError("verify.own_units", {"file": path.name})
        shared = {"published_on": published.isoformat() if published else "", "source_url": source or ""}
        proposal = lists.rows_of_list(data_dir, path, "criteria", shared=shared, **where)
    else:
        for name, value in (("target-year", year), ("published", published), ("source", source)):
            if value is None:
                raise SpecError("verify.odd_with", {"file": path.name, "option": f"--{name}"})
        origin = province_table.Origin(published_on=published, source=source)
        where["unit"] = reading["unit"] or ""
        proposal = province_table.table(data_dir, path, index_code, year or 0, origin, **where)
    if proposal.doubts and not reading["insist"]:
        raise proposal.refusal("error.doubts_of_verify")
    return proposal


def _year_of(proposal: Proposal, index_code: str, year: int | None) -> int | None:
    """Give the year that a file's rows are about: the one asked for, else their newest.

    Raises SpecError if no row is about the index and the year.
    """
    new = proposal.after.frames[proposal.table.name].tail(len(proposal.rows))
    cases = sorted({(str(code), int(own)) for code, own in zip(new["index_code"], new["year"], strict=True)})
    years = [own for code, own in cases if code == index_code]
    if cases and not (year in years if year else years):
        facts = {"file": proposal.what, "index": index_code, "others": [f"{code} {y}" for code, y in cases]}
        key = "verify.of_other_years" if year else "verify.of_other_indexes"
        raise SpecError(key, {**facts, "year": year or ""})
    return year or max(years, default=None)


def _tell_of_file(
    proposal: Proposal, index_code: str, year: int | None, area: str, as_of: dt.date, lang: str
) -> None:
    """Say what was read of a file, and how its figures stand beside the known ones.

    Raises SpecError if it is without the area's figure, or was not out on the day that is looked at.
    """
    from forecast.intake.additions.proposal import comparison

    frame = proposal.after.frames[proposal.table.name]
    own = frame[(frame["index_code"] == index_code) & (frame["year"] == year) & (frame["area"] == area)]
    facts = {"file": proposal.what, "index": index_code, "year": year or "", "area": area}
    if proposal.rows and own.empty:
        raise SpecError("verify.without_area", facts)
    if len(own) and own["published_on"].isna().all():
        raise SpecError("verify.undated", facts)
    if len(own) and (first := own["published_on"].min()) > pd.Timestamp(as_of):
        raise SpecError("verify.not_out", {**facts, "published": first.date(), "as_of": as_of})
    click.echo("\n".join([*(remark.text(lang) for remark in proposal.remarks), comparison(proposal, lang)]))
