"""After the result: every stored forecast scored, the ledger added to, the page of verification written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from forecast.answer import verification
from forecast.answer.judgement import Judgement
from forecast.answer.ledger import FORECAST_KEY, new_lines
from forecast.answer.lessons import judge
from forecast.base.disk import replace_file
from forecast.base.errors import ForecastError, RunError, SpecError
from forecast.base.indexes import panel_of
from forecast.base.labels import LANGUAGES
from forecast.data.load import Vintages
from forecast.pages import plot, report
from forecast.runs import html_check, ledger, site
from forecast.runs.manifest import Manifest
from forecast.runs.store import Store

_UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError, AttributeError, ForecastError)


@dataclass(frozen=True, slots=True, eq=False)
class Verified:
    """What a verification did: lines added and standing, runs that could not be read, and the pages."""

    judgement: Judgement
    added: int
    standing: int
    page: Path
    skipped: tuple[str, ...] = field(default=())


def verify(
    root: Path,
    vintages: Vintages,
    *,
    index_code: str,
    area: str,
    year: int | None,
    as_of: dt.date,
) -> Verified:
    """Score what the folder of reports holds of a year; the newest with a result if none is named.

    Raises
    ------
    SpecError
        If there is no stored forecast, no result, or nothing that can be scored.
    DataError
        If the ledger is damaged.
    WriteError
        If the folder is locked or cannot be written.
    """
    facts = {"index": index_code, "folder": str(root), "as_of": as_of, "area": area}
    entries = list(_runs(root, index_code)) if root.is_dir() else []
    years = sorted(
        {int(run.spec["target_year"]) for _, run in entries if year in (None, run.spec["target_year"])}
    )
    if not years:
        raise SpecError(
            "verify.no_forecast" if year is None else "verify.no_forecast_year", {**facts, "year": year}
        )
    came = {each: verification.results_of(vintages, as_of, index_code, each) for each in years}
    known = [each for each in years if len(came[each])]
    if not known:
        raise SpecError("verify.no_result", {**facts, "year": years[-1], "index_arg": index_code.lower()})
    chosen = known[-1]
    store = Store(root)
    with store.opened():
        before = ledger.read(root)
        received = vintages.known_at(as_of).submissions
        lines, skipped = _scored(entries, came[chosen], chosen, as_of, received)
        new = new_lines(before, lines)
        whole = pd.concat([before, new], ignore_index=True) if len(before) else new
        judgement = judge(whole, index_code, area, chosen) if len(whole) else None
        if judgement is None:
            raise SpecError("verify.nothing", {**facts, "year": chosen, "count": len(entries)})
        ledger.append(root, new)
        page = _write(root, judgement)
        store.settle()  # so the list of reports points to it
    standing = len(pd.concat(lines).drop_duplicates(list(FORECAST_KEY))) - len(new)
    return Verified(judgement, len(new), standing, page, tuple(skipped))


def _runs(root: Path, index_code: str) -> Iterator[tuple[Path, Manifest]]:
    """Published runs of an index's panel, of the city and of all areas; of one in two languages the first."""
    seen = set()
    for store in (Store(root), Store(root / site.AREAS)):
        pairs = [(entry.folder, entry.manifest) for entry in store.published() if entry.manifest]
        for folder, run in sorted(pairs, key=lambda pair: pair[1].number):
            question = repr((run.spec, run.inputs))
            if panel_of(str(run.spec["index_code"])) == panel_of(index_code) and question not in seen:
                seen.add(question)
                yield folder, run


def _scored(
    entries: list[tuple[Path, Manifest]],
    came: pd.DataFrame,
    year: int,
    verified_on: dt.date,
    received: pd.DataFrame,
) -> tuple[list[pd.DataFrame], list[str]]:
    """Lines of all runs of a year, and the runs that could not be read.

    Of runs that differ by their area alone one tells of all areas, the others of their own.
    """
    lines, skipped, done = [], [], set()
    for folder, run in entries:
        if int(run.spec["target_year"]) != year:
            continue
        group = repr(({**run.spec, "area": ""}, run.inputs))
        made_on = dt.datetime.fromisoformat(run.finished_at or run.started_at).date()
        try:
            stored = verification.read(folder, made_on, everywhere=group not in done)
        except _UNREADABLE as error:
            skipped.append(f"{run.run_id} ({error})")
            continue
        forms = verification.forms_of(stored, received)
        lines += [verification.lines_of(each, came, verified_on) for each in (stored, *forms)]
        done.add(group)
    return lines, skipped


def _write(root: Path, judgement: Judgement) -> Path:
    """Write the page in both languages, if it is fit to be read."""
    names = report.verification_files(judgement.index_code, judgement.area)
    pages, wrong = {}, []
    for lang, name in names.items():
        other = next(each for each in LANGUAGES if each != lang)
        pages[name] = report.verification_page(
            judgement, plot.verified(judgement, lang=lang), names[other], lang=lang
        )
        wrong += [f"{name}: {problem}" for problem in html_check.problems(pages[name], lang=lang)]
    if wrong:
        raise RunError("verify.page", {"problems": wrong})
    for name, page in pages.items():
        replace_file(root / name, page)
    return root / names[LANGUAGES[0]]
