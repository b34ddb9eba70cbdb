"""Write what a form was made for into a hidden sheet, and read it back."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final, Self

from openpyxl.workbook import Workbook

from forecast.base.spelling import clean

FORM_VERSION: Final = "1"
READ_VERSIONS: Final = frozenset({"1"})  # versions whose forms intake still reads
SHEET: Final = "_khoa"  # plain ASCII, as no reader sees it
_FIELDS: Final = tuple("form_version department index_code area target_year framework maxima_from".split())
_COMPONENT: Final = "component"
_DIGEST: Final = "sha256"
_MOST_ROWS: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What one form was made for; `components` are (code, name, maximum in points)."""

    form_version: str
    department: str
    index_code: str
    area: str
    target_year: int
    framework: str
    maxima_from: str
    components: tuple[tuple[str, str, float], ...]

    @property
    def target(self) -> tuple[str, str, str, int]:
        """Department, index, area and year."""
        return self.department, self.index_code, self.area, self.target_year

    @property
    def digest(self) -> str:
        """SHA-256 of all the rest: a guard against accidents, as anybody could compute it anew."""
        plain = [[str(getattr(self, name)) for name in _FIELDS], [list(row) for row in self.components]]
        return hashlib.sha256(json.dumps(plain, ensure_ascii=True).encode()).hexdigest()

    def write(self, book: Workbook) -> None:
        """Write the key into a sheet of its own that spreadsheets do not offer to show."""
        sheet = book.create_sheet(SHEET)
        sheet.sheet_state = "veryHidden"
        for name in _FIELDS:
            sheet.append([name, str(getattr(self, name))])
        for row in self.components:
            sheet.append([_COMPONENT, *row])
        sheet.append([_DIGEST, self.digest])
        for cells in sheet.iter_rows():
            for cell in cells:
                if cell.data_type == "f":  # a name that begins with = is a name
                    cell.data_type = "s"

    @classmethod
    def read(cls, book: Workbook) -> Self | None:
        """Find the key of a form; None if there is none, or it is damaged."""
        if SHEET not in book.sheetnames:
            return None
        rows: list[list[Any]] = [
            ["" if value is None else value for value in row]
            for row in book[SHEET].iter_rows(values_only=True, max_col=4, max_row=_MOST_ROWS)
        ]
        cells: dict[str, Any] = {
            str(name): clean(str(value)) for name, value, *_ in rows if name != _COMPONENT
        }
        components = (row[1:] for row in rows if row[0] == _COMPONENT)
        try:
            cells["target_year"] = int(cells["target_year"])
            cells["components"] = tuple(
                (clean(str(code)), clean(str(name)), float(most)) for code, name, most in components
            )
            key = cls(**{name: cells[name] for name in (*_FIELDS, "components")})
        except (KeyError, ValueError, TypeError):
            return None
        return key if key.digest == cells.get(_DIGEST) else None
