"""A made-up framework with criteria, a data folder that holds it, and filled forms; no figure is real."""

import csv
import datetime as dt
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl

from forecast import load
from forecast.framework import Framework, framework_for
from forecast.spec import RunSpec
from forecast.submissions import form, layout

REAL = Path(__file__).parents[2] / "data"
AREA = "TP. Hồ Chí Minh"
SPEC = RunSpec(index_code="PAR", area=AREA, target_year=2024, as_of=dt.date(2024, 8, 15))
PARENTS = {  # the component, its maximum, how many criteria, how many below each: 88 in all
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


def criteria() -> list[dict[str, Any]]:
    """Rows of made-up criteria and sub-criteria below the domains of the framework on file."""
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


def data_folder(place: Path, *, fine: bool = True) -> Path:
    """Copy the project's data; `fine` adds the made-up criteria."""
    folder = Path(shutil.copytree(REAL, place))
    if fine:
        path = folder / "frameworks.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows([*rows, *criteria()])
    return folder


def known_of(folder: Path, spec: RunSpec = SPEC) -> tuple[load.Known, Framework]:
    """Read a folder on the spec's day."""
    known = load.read(folder, as_of=spec.as_of)
    return known, framework_for(known.frameworks, known.events, spec.index_code, spec.target_year, spec.as_of)


def blank(folder: Path, department: str, spec: RunSpec = SPEC) -> form.Form:
    """Prepare a department's empty form."""
    return form.prepare(*known_of(folder, spec), department, spec)


def filled(path: Path, empty: form.Form, cells: Mapping[str, Any] | None = None) -> Path:
    """Write a form with all three figures in each row, at 60, 70 and 80 percent; then `cells` as told."""
    path.write_bytes(form.content(empty))
    book = openpyxl.load_workbook(path)
    sheet = book[layout.sheet_name("entry")]
    codes = {item.component: item.maximum for item in empty.items}
    for row in range(layout.FIRST_ROW, sheet.max_row + 1):
        maximum = codes.get(str(sheet[f"A{row}"].value))
        if maximum is not None:
            for name, share in zip(layout.FIGURES, (0.6, 0.7, 0.8), strict=True):
                sheet[f"{layout.COLUMNS[name]}{row}"] = round(maximum * share, 3)
    for cell, value in (cells or {}).items():
        sheet[cell] = value
    book.save(path)
    return path
