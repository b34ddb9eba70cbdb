"""`forecast check`: check the tables of data, and summarise what is known on a day."""

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from forecast.base import labels
from forecast.base.errors import EXIT_DATA, EXIT_GOOD, MOST_TOLD, DataError, Problem
from forecast.base.spec import today
from forecast.cli.local import option, verb
from forecast.cli.plain import Side, labelled_table, ranges, table, tuples
from forecast.data import load
from forecast.data.check import Summary, summary
from forecast.intake.doubts.folder import doubts_in
from forecast.intake.grid import fold_repeats

_WORDS: Final = ("table", "file", "component", "name", "area", "statistic", "reason", "max_status")
_MARKS: Final = {"score": "●", "derived": "◐", "rank": "○", "missing": "·"}


@verb(
    "check",
    option("as-of", required=True),
    "index-code area data-dir",
    option("json", "as_json", is_flag=True),
)
def check(*, as_of: dt.date, index_code: str, area: str, data_dir: Path, as_json: bool, lang: str) -> int:
    """Check the data and print what is known; bad data are all listed, with exit code 1."""
    try:
        vintages = load.read_vintages(data_dir)
        if problems := vintages.days_after(today()):
            raise DataError(problems)
        known = vintages.known_at(as_of)
    except DataError as error:
        if not as_json:
            raise
        entries = [problem.as_dict(lang) for problem in error.problems[:MOST_TOLD]]
        click.echo(_json({"sound": False, "problems": entries, "rest": error.rest}))
        return EXIT_DATA
    data = summary(known, index_code=index_code, area=known.find_province(area))
    doubts = fold_repeats(doubts_in(vintages, as_of))
    if as_json:
        entries = [doubt.as_dict(lang) for doubt in doubts]
        click.echo(_json({"sound": True, **data.as_dict(), "doubts": entries, "hashes": dict(known.hashes)}))
    else:
        click.echo("\n\n".join([page(data, lang), _doubts(doubts, lang)]))
    return EXIT_GOOD


def page(data: Summary, lang: str) -> str:
    """Write the summary as plain text."""
    index = labels.text(f"index.{data.index_code}", lang)
    head = [labels.text("check.title", lang, as_of=data.as_of, index=index, area=data.area)]
    if data.last_year is None:
        head.append(labels.text("check.no_last", lang))
    else:
        facts = {"year": data.last_year, "announced_on": data.last_announced}
        head.append(labels.text("check.last", lang, **facts))
    head += [labels.text("check.overdue", lang, year=year, due=due) for year, due in data.overdue]
    head.append(labels.text("check.sound", lang))
    sections = (_counts, _coverage, _grid, _conflicts, _contradictions, _set_aside, _maxima, _undated)
    return "\n\n".join(["\n".join(head), *(section(data, lang) for section in sections)])


def _doubts(doubts: Sequence[Problem], lang: str) -> str:
    """List possible but unlikely figures; they do not change the exit code."""
    lines = [f"  {doubt.text(lang)}" for doubt in doubts[:MOST_TOLD]]
    title = labels.text("check.doubts.title", lang, count=len(doubts))
    return "\n".join([title, *(lines or [labels.text("check.none", lang)])])


def _counts(data: Summary, lang: str) -> str:
    columns = ("table", "rows", "known", "later", "undated", "set_aside", "taken")
    rows = [[str(cell) for cell in row] for row in data.counts[list(columns)].to_numpy()]
    return _section(labels.text("check.counts.title", lang), columns, rows, lang)


def _coverage(data: Summary, lang: str) -> str:
    columns = ("component", "years", "span", "provinces", "scores", "ranks", "means", "name")
    rows = [
        [
            row.component,
            str(row.years),
            f"{row.first_year}–{row.last_year}" if row.years else labels.MISSING,
            *(str(count) for count in (row.provinces, row.scores, row.ranks, row.means)),
            row.name_vi if lang == "vi" else row.name_en,
        ]
        for row in tuples(data.coverage)
    ]
    return _section(labels.text("check.coverage.title", lang), columns, rows, lang, left=("span",))


def _grid(data: Summary, lang: str) -> str:
    wide = data.grid.pivot_table(
        index="component", columns="year", values="state", aggfunc="first", sort=False
    )
    rows = [[str(name), *(_MARKS[state] for state in states)] for name, *states in wide.itertuples()]
    headers = [labels.text("column.component", lang), *(str(year) for year in wide.columns)]
    counts = {"missing": len(data.missing), "cells": len(data.grid)}
    return "\n".join(
        [
            labels.text("check.grid.title", lang, area=data.area),
            table(headers, rows),
            labels.text("check.grid.missing", lang, **counts),
        ]
    )


def _conflicts(data: Summary, lang: str) -> str:
    columns = ("year", "area", "component", "statistic", "score", "spread", "rank", "rank_spread", "sources")
    rows = [
        [
            str(row.year),
            row.area,
            row.component,
            _statistic(row.statistic, lang),
            labels.number(row.score, 2, lang),
            labels.number(row.spread, 2, lang),
            labels.number(row.rank, 0, lang),
            labels.number(row.rank_spread, 0, lang),
            str(row.sources),
        ]
        for row in tuples(data.conflicts)
    ]
    title = labels.text("check.conflicts.title", lang, count=len(rows))
    return _section(title, columns, rows, lang)


def _contradictions(data: Summary, lang: str) -> str:
    digits = {"sum": 2, "score": 2, "rank": 0}
    columns = ("year", "area", "component", "contradiction", "stated", "due", "parts")
    rows = [
        [
            str(row.year),
            row.area,
            row.component,
            labels.text(f"contradiction.{row.kind}", lang, count=row.ranks),
            labels.number(row.stated, digits[row.kind], lang),
            labels.number(row.due, 2 if row.kind == "sum" else 0, lang)
            if row.kind != "score"
            else labels.MISSING,
            row.parts,
        ]
        for row in tuples(data.contradictions.head(MOST_TOLD))
    ]
    title = labels.text("check.contradictions.title", lang, count=len(data.contradictions))
    return _section(title, columns, rows, lang, left=("contradiction", "parts"))


def _set_aside(data: Summary, lang: str) -> str:
    rows = [
        [row.file, labels.text(f"aside.{row.reason}", lang), str(row.rows)] for row in tuples(data.set_aside)
    ]
    return _section(labels.text("check.aside.title", lang), ("file", "reason", "rows"), rows, lang)


def _maxima(data: Summary, lang: str) -> str:
    coming = data.versions.iloc[-1]
    facts = {"year": int(coming["year"]), "framework": coming["framework"]}
    rows = [
        [
            row.component,
            labels.number(row.max_score, 1, lang),
            _bounds(row.max_low, row.max_high, lang),
            labels.text(f"max_status.{row.max_status}", lang),
            row.name_vi if lang == "vi" else row.name_en,
        ]
        for row in tuples(data.not_read)
    ]
    if rows:
        columns = ("component", "max_score", "max_bounds", "max_status", "name")
        first = _section(labels.text("check.maxima.title", lang, **facts), columns, rows, lang)
    else:
        first = labels.text("check.maxima.none", lang, year=facts["year"])
    borrowed = data.versions.loc[data.versions["borrowed"] & (data.versions["maxima_from"] != "")]
    lines = [
        labels.text("check.maxima.borrowed", lang, years=ranges(years["year"].tolist()), framework=lender)
        for lender, years in borrowed.groupby("maxima_from", sort=False)
    ]
    return "\n".join([first, *lines])


def _bounds(low: float, high: float, lang: str) -> str:
    return f"{labels.number(low, 2, lang)}–{labels.number(high, 2, lang)}" if low < high else labels.MISSING


def _undated(data: Summary, lang: str) -> str:
    lines = [
        labels.text("check.undated.row", lang, file=row.file, rows=row.rows, numbers=ranges(row.numbers))
        for row in tuples(data.undated)
    ]
    return "\n".join(
        [labels.text("check.undated.title", lang), *(lines or [labels.text("check.none", lang)])]
    )


def _section(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], lang: str, left: tuple[str, ...] = ()
) -> str:
    if not rows:
        return f"{title}\n{labels.text('check.none', lang)}"
    sides: list[Side] = ["left" if column in (*_WORDS, *left) else "right" for column in columns]
    return f"{title}\n{labelled_table(columns, rows, lang, sides)}"


def _statistic(statistic: str, lang: str) -> str:
    key = f"statistic.{statistic}"
    return labels.text(key, lang) if key in labels.catalogue() else statistic


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
