"""Store accepted forms: all their rows or none, and the files they came from (see `kept_forms`).

One row of ``submissions.csv`` is one component of a form.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from forecast.base.errors import shown
from forecast.base.workbook import Opened
from forecast.data import load
from forecast.data.load.files import append_rows
from forecast.data.tables import SUBMISSIONS
from forecast.intake import journal, kept_forms, writer
from forecast.intake.forms.key import Key
from forecast.intake.forms.reading import Answer


@dataclass(frozen=True, slots=True)
class Accepted:
    """A form that is to be stored."""

    opened: Opened
    key: Key
    answers: tuple[Answer, ...]
    received_on: dt.date

    @property
    def submission_id(self) -> str:
        """The first digits of the file's SHA-256."""
        return self.opened.sha256[: kept_forms.ID_DIGITS]

    def rows(self) -> list[dict[str, str]]:
        """Give the rows of the table, as text."""
        common = {
            "submission_id": self.submission_id,
            "department": self.key.department,
            "index_code": self.key.index_code,
            "area": self.key.area,
            "target_year": str(self.key.target_year),
            "received_on": self.received_on.isoformat(),
            "form_version": self.key.form_version,
            "sha256": self.opened.sha256,
            "file": shown(self.opened.name),
        }
        names = [field.name for field in fields(Answer)]
        return [
            {**common, **{name: _text(getattr(answer, name)) for name in names}} for answer in self.answers
        ]


def add(data_dir: Path, forms: Sequence[Accepted]) -> None:
    """Store forms: all their files, and all their rows in one step; only for who holds the lock.

    The table with the new rows is read as `load` would read it before anything is changed.

    Raises DataError if `load` would refuse the table, or the journal is damaged; then nothing is changed;
    WriteError if there is no room or no permission; the table is as it was.
    """
    if not forms:
        return
    table = data_dir / SUBMISSIONS.file
    before = table.read_bytes() if table.exists() else b""
    rows = [row for form in forms for row in form.rows()]
    after = append_rows(before, SUBMISSIONS, rows)
    load.rehearse(data_dir, SUBMISSIONS.file, after)
    writer.refuse_read_only(data_dir, SUBMISSIONS.file, with_journal=True)
    kept_forms.keep(data_dir, [(form.submission_id, form.opened.content) for form in forms])
    files = ", ".join(shown(form.opened.name) for form in forms)
    entry = journal.new_entry("intake", files, SUBMISSIONS, rows)
    writer.put(data_dir, SUBMISSIONS.file, after, before=before, entry=entry)
    kept_forms.settle(data_dir)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(round(value, 6) + 0.0).removesuffix(".0")  # 0 and not -0
    return value.isoformat() if isinstance(value, dt.date) else str(value)
