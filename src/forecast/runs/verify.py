"""Score every stored forecast once the result is out, append to the ledger, and write the page."""

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
class Verification:
    """The result of a verification: lines added and already there, runs that could not be read, the page."""

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
) -> Verification:
    """Score what the folder of reports holds of a year; the newest with a result if none is named.

    Raises SpecError if there is no stored forecast, no result, or nothing that can be scored; DataError if
    the ledger is damaged; WriteError if the folder is locked or cannot be written.
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
    results = {y: verification.results_of(vintages, as_of, index_code, y) for y in years}
    scorable = [y for y in years if len(results[y])]
    if not scorable:
        raise SpecError("verify.no_result", {**facts, "year": years[-1], "index_arg": index_code.lower()})
    scored_year = scorable[-1]
    store = Store(root)
    with store.opened():
        before = ledger.read(root)
        received = vintages.known_at(as_of).submissions
        lines, skipped = _score(entries, results[scored_year], scored_year, as_of, received)
        new = new_lines(before, lines)
        whole = pd.concat([before, new], ignore_index=True) if len(before) else new
        judgement = judge(whole, index_code, area, scored_year) if len(whole) else None
        if judgement is None:
            raise SpecError("verify.nothing", {**facts, "year": scored_year, "count": len(entries)})
        ledger.append(root, new)
        page = _write(root, judgement)
        store.settle()  # so the list of reports points to it
    standing = len(pd.concat(lines).drop_duplicates(list(FORECAST_KEY))) - len(new)
    return Verification(judgement, len(new), standing, page, tuple(skipped))


def _runs(root: Path, index_code: str) -> Iterator[tuple[Path, Manifest]]:
    """Published runs of an index's panel, of the city and of all areas; of one in two languages the first."""
    questions = set()
    for store in (Store(root), Store(root / site.AREAS)):
        pairs = [(entry.folder, entry.manifest) for entry in store.published() if entry.manifest]
        for folder, run in sorted(pairs, key=lambda pair: pair[1].number):
            question = repr((run.spec, run.inputs))
            if panel_of(str(run.spec["index_code"])) == panel_of(index_code) and question not in questions:
                questions.add(question)
                yield folder, run


def _score(
    entries: list[tuple[Path, Manifest]],
    results: pd.DataFrame,
    year: int,
    verified_on: dt.date,
    received: pd.DataFrame,
) -> tuple[list[pd.DataFrame], list[str]]:
    """Give the ledger lines of all runs of a year, and the runs that could not be read.

    Of runs that differ only by their area, one is scored for all areas, the others for their own.
    """
    lines, skipped, groups = [], [], set()
    for folder, run in entries:
        if int(run.spec["target_year"]) != year:
            continue
        group = repr(({**run.spec, "area": ""}, run.inputs))
        made_on = dt.datetime.fromisoformat(run.finished_at or run.started_at).date()
        try:
            stored = verification.read(folder, made_on, everywhere=group not in groups)
        except _UNREADABLE as error:
            skipped.append(f"{run.run_id} ({error})")
            continue
        forms = verification.forms_of(stored, received)
        lines += [verification.lines_of(figures, results, verified_on) for figures in (stored, *forms)]
        groups.add(group)
    return lines, skipped


def _write(root: Path, judgement: Judgement) -> Path:
    """Write the page in both languages, if it is fit to be read."""
    names = report.verification_files(judgement.index_code, judgement.area)
    pages, wrong = {}, []
    for lang, name in names.items():
        other = next(language for language in LANGUAGES if language != lang)
        pages[name] = report.verification_page(
            judgement, plot.verified(judgement, lang=lang), names[other], lang=lang
        )
        wrong += [f"{name}: {problem}" for problem in html_check.problems(pages[name], lang=lang)]
    if wrong:
        raise RunError("verify.page", {"problems": wrong})
    for name, page in pages.items():
        replace_file(root / name, page)
    return root / names[LANGUAGES[0]]
