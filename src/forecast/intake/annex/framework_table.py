"""Rewrite rows of ``frameworks.csv`` line by line, so that lines that an import does not change stay."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forecast.base.errors import DataError, Problem
from forecast.base.spelling import shielded
from forecast.data.framework import is_criterion
from forecast.data.load import Vintages, rehearse
from forecast.data.load.cells import parse_table
from forecast.data.load.files import read_rows
from forecast.data.tables import FRAMEWORKS

Row = Mapping[str, str]

KEYS: Final = FRAMEWORKS.names
_BOM: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Change:
    """What one column of one component was and becomes; column ``""`` speaks of the whole row."""

    component: str
    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, eq=False)
class FrameworkTable:
    """The table's bytes and its rows, each by its line in the file, the heading being line 1."""

    path: Path
    content: bytes
    rows: Mapping[int, Row]

    def of(self, framework: str) -> dict[str, Row]:
        """Rows of one framework, by component."""
        return {row["component"]: row for row in self.rows.values() if row["framework"] == framework}

    @property
    def frameworks(self) -> tuple[str, ...]:
        """Names of the frameworks, in the order of the file."""
        return tuple(dict.fromkeys(row["framework"] for row in self.rows.values()))

    def with_rows(self, framework: str, above: Mapping[str, Row], criteria: Sequence[Row]) -> bytes:
        """Write the table with other rows of one framework.

        `above`: rows of total and domains that are new or changed, by component; `criteria`: all criteria;
        those that stand there now go. Gives every other line as it was, longer by empty cells where the
        heading gains columns.
        """
        text = self.content.decode("utf-8")
        end = "\r\n" if "\r\n" in text else "\n"
        lines = text.removeprefix(_BOM).splitlines()
        names = [name.strip() for name in next(csv.reader([lines[0]]))]
        more = [name for name in KEYS if name not in names]
        names += more
        remaining = dict(above)
        pairs: list[tuple[str, bool]] = [(",".join([lines[0], *more]), False)]
        for number, line in enumerate(lines[1:], 2):
            row = self.rows.get(number)
            if row is None or row["framework"] != framework:
                pairs.append((line + "," * len(more) if line.strip() else line, False))
            elif row["component"] in remaining:
                pairs.append((_line(remaining.pop(row["component"]), names), True))
            elif not is_criterion(row["component"]):
                pairs.append((line + "," * len(more), True))
        place = max((at for at, (_, own) in enumerate(pairs, 1) if own), default=len(pairs))
        new = [_line(row, names) for row in (*remaining.values(), *criteria)]
        whole = [line for line, _ in pairs]
        result = end.join([*whole[:place], *new, *whole[place:]]) + end
        return ((_BOM if text.startswith(_BOM) else "") + result).encode("utf-8")


def read_table(path: Path) -> FrameworkTable:
    """Read ``frameworks.csv``.

    Raises DataError with every bad cell; the file must be sound before rows are added.
    """
    rows, problems = read_rows(path, FRAMEWORKS)
    if rows is None:
        raise DataError(problems)
    _, wrong, _ = parse_table(rows, FRAMEWORKS, None)
    if problems or wrong:
        raise DataError([*problems, *wrong])
    cells = {
        number: {name: rows.cells[name][place].strip() for name in KEYS}
        for place, number in enumerate(rows.numbers)
    }
    return FrameworkTable(path, path.read_bytes(), cells)


def differences(before: Mapping[str, Row], after: Mapping[str, Row]) -> tuple[Change, ...]:
    """List what is added, changed and removed, in the order of the new rows."""
    changes = []
    for component, row in after.items():
        old = before.get(component)
        if old is None:
            changes.append(Change(component, "", "", row["max_score"]))
            continue
        differ = (name for name in KEYS if not _alike(name, old[name], row[name]))
        changes += [Change(component, name, old[name], row[name]) for name in differ]
    removed = (component for component in before if component not in after)
    return (*changes, *(Change(component, "", before[component]["max_score"], "") for component in removed))


def _alike(column: str, old: str, new: str) -> bool:
    return old == new or (column == "max_score" and float(old) == float(new))


def _line(row: Row, names: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([shielded(row.get(name, "")) for name in names])
    return out.getvalue()


def rehearse_frameworks(data_dir: Path, content: bytes) -> Vintages:
    """Read the whole folder as it would be with other frameworks.

    Raises DataError if it would be refused, with every reason.
    """
    try:
        return rehearse(data_dir, FRAMEWORKS.file, content)
    except DataError as error:
        lead = Problem(FRAMEWORKS.file, None, "", "", "annex.unsound")
        raise DataError([lead, *error.problems]) from error
