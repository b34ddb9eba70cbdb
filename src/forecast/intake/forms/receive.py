"""Receive files that departments sent: store the good forms, return the others with all that is wrong."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from forecast.answer.submissions.duties import deadline
from forecast.answer.submissions.status import of_run
from forecast.base.errors import DataError, Problem, SpecError, WriteError
from forecast.base.labels import Phrase
from forecast.base.spec import RunSpec
from forecast.base.workbook import Opened, open_workbook
from forecast.data import load
from forecast.data.framework import framework_for
from forecast.data.load import Known
from forecast.intake import writer
from forecast.intake.forms import accepted_forms, reading, return_copy
from forecast.intake.forms.form import last_of
from forecast.intake.forms.key import Key


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    file: Path  # the path as given
    state: str  # accepted, stored (this very file was taken before) or refused
    problems: tuple[Problem, ...] = ()  # all that is wrong with a refused file
    copy: Path | None = None  # the copy with comments, if one could be made
    no_copy: WriteError | None = None  # why it could not be written
    # department, answered, expected, days_late: of an accepted form; days_late counts from 30 September of
    # its target year
    department: str = ""
    answered: int = 0
    expected: int = 0
    days_late: int = 0
    # supersedes, superseded_by: day of the department's form that this one supersedes, or that supersedes
    # this one
    supersedes: dt.date | None = None
    superseded_by: dt.date | None = None
    stored_on: dt.date | None = None  # day on which a stored file was received
    remarks: tuple[Phrase, ...] = ()  # what the form hides, and what it says beside the table


def receive(
    files: Sequence[Path],
    data_dir: Path,
    *,
    received_on: dt.date,
    as_of: dt.date,
    target_year: int | None = None,
    area: str | None = None,
    lang: str = "vi",
    insist: bool = False,
) -> list[Outcome]:
    """Read forms, store the good ones, return the others with comments; one outcome a file, in their order.

    `received_on`: day of receipt of all of them; `as_of`: day of knowledge of the framework; `target_year`,
    `area`: if given, forms for another year or area are refused; `lang`: language of the comments in returned
    copies; `insist`: doubtful figures are right. Raises DataError if the data themselves are unsound; nothing
    is changed; WriteError if the table cannot be written; nothing is changed.
    """
    with writer.locked(data_dir):
        vintages = load.read_vintages(data_dir)
        known = vintages.known_at(as_of)
        wanted = target_year, area and known.find_province(area)
        judge = _Judge(known, vintages.frames["submissions"], received_on, *wanted, [], insist)
        outcomes = [judge.outcome(file, lang) for file in files]
        accepted_forms.add(data_dir, judge.accepted)
    return outcomes


@dataclass(frozen=True, slots=True, eq=False)
class _Judge:
    """Judges one file after the other; good forms are added to `accepted`."""

    known: Known
    stored: pd.DataFrame
    received_on: dt.date
    target_year: int | None
    area: str | None
    accepted: list[accepted_forms.Accepted]
    insist: bool

    def outcome(self, file: Path, lang: str) -> Outcome:
        try:
            opened = open_workbook(file)
        except DataError as refusal:
            return Outcome(file, "refused", refusal.problems)
        before = self._stored_on(opened.sha256)
        if before:
            return Outcome(file, "stored", stored_on=before)
        read = reading.read(opened, self._target, insist=self.insist)
        if read.key is None or read.problems:
            return self._refused(file, opened, read, lang)
        key = read.key
        earlier = self._latest_before(key)
        later = earlier if earlier and earlier > self.received_on else None
        self.accepted.append(accepted_forms.Accepted(opened, key, read.answers, self.received_on))
        return Outcome(
            file,
            "accepted",
            department=key.department,
            answered=sum(answer.likely is not None for answer in read.answers),
            expected=len(key.components),
            days_late=max(0, (self.received_on - deadline(key.target_year)).days),
            supersedes=None if later else earlier,
            superseded_by=later,
            remarks=read.remarks,
        )

    def _refused(self, file: Path, opened: Opened, read: reading.Read, lang: str) -> Outcome:
        if read.key is None:  # no form of ours, so nothing that could be mended in it
            return Outcome(file, "refused", read.problems)
        outcome = Outcome(file, "refused", read.problems, remarks=read.remarks)
        try:
            copy = return_copy.write(opened, read.problems, file, self.received_on, lang)
        except WriteError as error:
            return replace(outcome, no_copy=error)
        return replace(outcome, copy=copy)

    def _target(self, key: Key) -> reading.Target:
        """Gather what a form stands for; refuse a year or area not asked for, or that cannot be forecast."""
        if self.target_year is not None and key.target_year != self.target_year:
            raise SpecError("expect.form_year", {"found": key.target_year, "wanted": self.target_year})
        if self.area and key.area != self.area:
            raise SpecError("expect.form_area", {"found": key.area, "wanted": self.area})
        known, index, year = self.known, key.index_code, key.target_year
        spec = RunSpec(index_code=index, area=key.area, target_year=year, as_of=known.as_of)
        try:
            known.for_year(spec.target_year).refuse(spec)
        except SpecError as refusal:
            if refusal.key == "spec.already_published":  # whose advice is for who makes a report
                raise SpecError("expect.form_too_late", refusal.facts) from None
            raise
        framework = framework_for(known.frameworks, known.events, index, year, known.as_of)
        last = last_of(known, spec, {code: most for code, _, most in key.components})
        return reading.Target(framework, spec, last)

    def _stored_on(self, sha256: str) -> dt.date | None:
        if any(form.opened.sha256 == sha256 for form in self.accepted):
            return self.received_on
        days = self.stored.loc[self.stored["sha256"] == sha256, "received_on"]
        return None if days.empty else days.iloc[0].date()

    def _latest_before(self, key: Key) -> dt.date | None:
        """Day of the latest other form of the department for the same index, area and year."""
        rows = of_run(self.stored, area=key.area, index_code=key.index_code, target_year=key.target_year)
        days = [day.date() for day in rows.loc[rows["department"] == key.department, "received_on"]]
        days += [form.received_on for form in self.accepted if form.key.target == key.target]
        return max(days, default=None)
