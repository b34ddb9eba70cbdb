"""From files that departments sent to stored forecasts, or to all that is wrong with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.answer.submissions.duties import deadline
from forecast.answer.submissions.status import of_run
from forecast.base.errors import DataError, Problem, SpecError, WriteError
from forecast.base.spec import RunSpec, refuse_unanswerable
from forecast.base.workbook import open_workbook
from forecast.data import load
from forecast.data.framework import framework_for
from forecast.intake import writer
from forecast.intake.forms import reading, store

if TYPE_CHECKING:
    import pandas as pd

    from forecast.base.workbook import Opened
    from forecast.data.framework import Framework
    from forecast.data.load import Known
    from forecast.intake.forms.key import Key


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    file
        The path as given.
    state
        accepted, stored (this very file was taken before) or refused.
    problems
        All that is wrong with a refused file.
    copy
        The copy with comments, if one could be made.
    no_copy
        Why it could not be written.
    department, answered, expected, days_late
        Of an accepted form; days_late counts from 30 September of its target year.
    supersedes, superseded_by
        Day of the department's form that this one supersedes, or that supersedes this one.
    stored_on
        Day on which a stored file was received.
    """

    file: Path
    state: str
    problems: tuple[Problem, ...] = ()
    copy: Path | None = None
    no_copy: WriteError | None = None
    department: str = ""
    answered: int = 0
    expected: int = 0
    days_late: int = 0
    supersedes: dt.date | None = None
    superseded_by: dt.date | None = None
    stored_on: dt.date | None = None


def intake(
    files: Sequence[Path],
    data_dir: Path,
    *,
    received_on: dt.date,
    as_of: dt.date,
    target_year: int | None = None,
    area: str | None = None,
    lang: str = "vi",
) -> list[Outcome]:
    """Read forms, store the good ones, return the others with comments.

    Parameters
    ----------
    files
        Each is judged by itself.
    data_dir
        Folder of the data; its tables must be sound.
    received_on
        Day of receipt of all of them.
    as_of
        Day of knowledge of the framework.
    target_year, area
        If given, forms for another year or area are refused.
    lang
        Language of the comments in returned copies.

    Returns
    -------
    list of Outcome
        One a file, in their order.

    Raises
    ------
    DataError
        If the data themselves are unsound; nothing is changed.
    WriteError
        If the table cannot be written; nothing is changed.
    """
    with writer.locked(data_dir):
        vintages = load.read_vintages(data_dir)
        known = vintages.known_at(as_of)
        stored = vintages.frames["submissions"]
        desk = _Desk(known, stored, received_on, target_year, area and known.find_province(area))
        seen: dict[str, dt.date] = {}
        outcomes: list[Outcome] = []
        accepted: list[store.Accepted] = []
        for file in files:
            outcome, form = desk.judge(file, seen, accepted, lang)
            outcomes.append(outcome)
            if form:
                accepted.append(form)
                seen[form.opened.sha256] = received_on
        store.add(data_dir, accepted)
    return outcomes


@dataclass(frozen=True, slots=True, eq=False)
class _Desk:
    known: Known
    stored: pd.DataFrame
    received_on: dt.date
    target_year: int | None
    area: str | None

    def judge(
        self, file: Path, seen: dict[str, dt.date], accepted: Sequence[store.Accepted], lang: str
    ) -> tuple[Outcome, store.Accepted | None]:
        """Judge one file; the form is there if it is to be stored."""
        try:
            opened = open_workbook(file)
        except DataError as refusal:
            return Outcome(file, "refused", refusal.problems), None
        before = seen.get(opened.sha256) or self._stored_on(opened.sha256)
        if before:
            return Outcome(file, "stored", stored_on=before), None
        read = reading.read(opened, self._frame)
        if read.key is None or read.problems:
            return self._refused(file, opened, read, lang), None
        form = store.Accepted(opened, read.key, read.answers, self.received_on)
        earlier = self._latest_before(read.key, accepted)
        later = earlier if earlier and earlier > self.received_on else None
        due = deadline(read.key.target_year)
        outcome = Outcome(
            file,
            "accepted",
            department=read.key.department,
            answered=sum(answer.likely is not None for answer in read.answers),
            expected=len(read.key.components),
            days_late=max(0, (self.received_on - due).days),
            supersedes=None if later else earlier,
            superseded_by=later,
        )
        return outcome, form

    def _refused(self, file: Path, opened: Opened, read: reading.Read, lang: str) -> Outcome:
        from forecast.intake.forms import returned  # openpyxl takes its time

        if read.key is None:  # no form of ours, so nothing that could be mended in it
            return Outcome(file, "refused", read.problems)
        try:
            copy = returned.write(opened, read.problems, file, self.received_on, lang)
        except WriteError as error:
            return Outcome(file, "refused", read.problems, no_copy=error)
        return Outcome(file, "refused", read.problems, copy=copy)

    def _frame(self, key: Key) -> tuple[Framework, RunSpec]:
        """Give what a form's index, area and year stand for, if they can be forecast and are wanted."""
        if self.target_year and key.target_year != self.target_year:
            raise SpecError("expect.form_year", {"found": key.target_year, "wanted": self.target_year})
        if self.area and key.area != self.area:
            raise SpecError("expect.form_area", {"found": key.area, "wanted": self.area})
        spec = RunSpec(
            index_code=key.index_code, area=key.area, target_year=key.target_year, as_of=self.known.as_of
        )
        known = self.known
        refuse_unanswerable(spec, announcements=known.announcements, areas=known.provinces)
        return framework_for(
            known.frameworks, known.events, key.index_code, key.target_year, known.as_of
        ), spec

    def _stored_on(self, sha256: str) -> dt.date | None:
        days = self.stored.loc[self.stored["sha256"] == sha256, "received_on"]
        return None if days.empty else days.iloc[0].date()

    def _latest_before(self, key: Key, accepted: Sequence[store.Accepted]) -> dt.date | None:
        rows = of_run(self.stored, area=key.area, index_code=key.index_code, target_year=key.target_year)
        days = [day.date() for day in rows.loc[rows["department"] == key.department, "received_on"]]
        same = ("department", "index_code", "area", "target_year")
        days += [
            form.received_on
            for form in accepted
            if all(getattr(form.key, name) == getattr(key, name) for name in same)
        ]
        return max(days, default=None)
