"""A made-up framework with criteria, a folder of data that holds it, and forms; no figure is real."""

import csv
import datetime as dt
import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from forecast.base.spec import RunSpec
from forecast.data import load
from forecast.data.framework import Framework, framework_for
from forecast.data.load import LOCK
from forecast.intake.forms import form, layout, sheets
from forecast.intake.forms.receive import Outcome, receive

REAL = Path(__file__).parents[3] / "data"
AREA = "TP. Hồ Chí Minh"
SPEC = RunSpec(index_code="PAR", area=AREA, target_year=2024, as_of=dt.date(2024, 8, 15))
PARENTS = {  # a component, its maximum, how many criteria, how many below each: 88 sub-criteria in all
    "D1": (9.5, 4, 3),
    "D2": (10.0, 4, 3),
    "D3": (13.0, 4, 3),
    "D4": (10.5, 4, 3),
    "D5": (15.0, 4, 3),
    "D6": (12.0, 4, 3),
    "D7": (13.5, 4, 3),
    "D8.sipas": (10.0, 1, 2),
    "D8.outcome": (6.5, 1, 2),
}


@dataclass(frozen=True)
class Office:
    """A folder of data, and what is done with forms there."""

    data: Path
    desk: Path
    made: dict[tuple[str, bool], bytes]  # filled forms, as making one anew for each test takes its time

    @property
    def table(self) -> Path:
        """The table of accepted forms."""
        return self.data / "submissions.csv"

    def known(self, as_of: dt.date = SPEC.as_of) -> tuple[load.Known, Framework]:
        """Read the data as known on a day."""
        known = load.read(self.data, as_of=as_of)
        return known, framework_for(known.frameworks, known.events, "PAR", 2024, as_of)

    def blank(self, department: str = "Sở Tư pháp", model: Any = None) -> form.Form:
        """Prepare a department's empty form."""
        return form.prepare(*self.known(), department, SPEC, model)

    def filled(
        self,
        cells: Mapping[str, Any] | None = None,
        department: str = "Sở Tư pháp",
        *,
        name: str = "gui.xlsx",
        three: bool = True,
    ) -> Path:
        """Write a form with 60, 70 and 80 percent of the maximum in each row; then `cells` as told."""
        path = self.desk / name
        if (department, three) not in self.made:
            self.made[department, three] = self._filled(department, three=three)
        book = openpyxl.load_workbook(io.BytesIO(self.made[department, three]))
        for cell, value in (cells or {}).items():
            book[layout.sheet_name("entry")][cell] = value
        book.save(path)
        return path

    def _filled(self, department: str, *, three: bool) -> bytes:
        empty = self.blank(department)
        book = openpyxl.load_workbook(io.BytesIO(sheets.content(empty)))
        sheet = book[layout.sheet_name("entry")]
        maxima = {item.component: item.maximum for item in empty.items}
        for row in range(layout.FIRST_ROW, sheet.max_row + 1):
            maximum = maxima.get(str(sheet[f"A{row}"].value))
            if three and maximum is not None:
                for column, share in zip("HIJ", (0.6, 0.7, 0.8), strict=True):
                    sheet[f"{column}{row}"] = round(maximum * share, 3)
        saved = io.BytesIO()
        book.save(saved)
        return saved.getvalue()

    def change(self, path: Path, sheet: str, cells: Mapping[str, Any]) -> Path:
        """Change cells of any sheet of a form."""
        book = openpyxl.load_workbook(path)
        for cell, value in cells.items():
            book[sheet][cell] = value
        book.save(path)
        return path

    def take(self, *files: Path, day: str = "2024-09-27", **asked: Any) -> list[Outcome]:
        """Take forms on a day."""
        received = dt.date.fromisoformat(day)
        return receive(files, self.data, received_on=received, as_of=received, **asked)

    def tree(self) -> dict[str, bytes]:
        """All files of the data with their bytes, but the lock."""
        return {
            str(path.relative_to(self.data)): path.read_bytes()
            for path in sorted(self.data.rglob("*"))
            if path.is_file() and path.name != LOCK
        }


@pytest.fixture(scope="session")
def folders(tmp_path_factory) -> dict[str, Path]:
    """The city's own figures, with the framework on file (coarse) or made-up criteria below it (fine)."""
    made = {}
    for name in ("coarse", "fine"):
        folder = tmp_path_factory.mktemp(name) / "data"
        shutil.copytree(REAL, folder)
        for table in ("scores.csv", "related_indices.csv"):
            header, rows = _rows(folder / table)
            kept = [row for row in rows if row["area"] == AREA and row["year"] >= "2022"]
            _write(folder / table, header, kept)
        header, rows = _rows(folder / "indicators.csv")
        _write(folder / "indicators.csv", header, rows[:5])
        made[name] = folder
    header, rows = _rows(made["fine"] / "frameworks.csv")
    _write(made["fine"] / "frameworks.csv", header, [*rows, *_criteria()])
    return made


@pytest.fixture(scope="session")
def forms() -> dict[tuple[str, bool], bytes]:
    """Filled forms of the made-up framework, made when first asked for."""
    return {}


@pytest.fixture
def office(folders, forms, tmp_path) -> Office:
    """A folder with 88 made-up sub-criteria."""
    return _office(folders["fine"], tmp_path / "fine", forms)


@pytest.fixture
def plain_office(folders, tmp_path) -> Office:
    """A folder with nothing below the domains, as the public figures are."""
    return _office(folders["coarse"], tmp_path / "coarse", {})


def _office(source: Path, place: Path, made: dict[tuple[str, bool], bytes]) -> Office:
    (place / "desk").mkdir(parents=True)
    return Office(Path(shutil.copytree(source, place / "data")), place / "desk", made)


def _rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or ()), list(reader)


def _write(path: Path, header: list[str], rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _criteria() -> list[dict[str, Any]]:
    rows = []
    for place, (parent, (maximum, count, below)) in enumerate(PARENTS.items(), start=1):
        for number, most in enumerate(_parts(maximum, count), start=1):
            code = f"{place}.{number}"
            rows.append(_row(code, parent, f"Tiêu chí {code} (giả định)", most))
            rows += [
                _row(f"{code}.{n}", code, f"Tiêu chí thành phần {code}.{n} (giả định)", part)
                for n, part in enumerate(_parts(most, below), start=1)
            ]
    return rows


def _parts(whole: float, count: int) -> list[float]:
    each = round(whole / count, 2)
    return [*[each] * (count - 1), round(whole - each * (count - 1), 2)]


def _row(code: str, parent: str, name: str, most: float) -> dict[str, Any]:
    return {
        "framework": "876/QĐ-BNV",
        "first_year": 2022,
        "last_year": 2024,
        "component": code,
        "parent": parent,
        "name_vi": name,
        "max_score": most,
        "max_status": "made_up",
        "note": "giả định",
    }
