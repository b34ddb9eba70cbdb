"""A form in LibreOffice: it opens, prints, and comes back with all that was in it."""

import datetime as dt
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from forecast.intake.forms import key, layout

SOFFICE = shutil.which("soffice")
ENTRY = layout.sheet_name("entry")
CELLS = {"K9": 0.7, "L9": "Còn 3 báo cáo muộn", "M9": "Nhắc trước hạn", "N9": dt.date(2024, 11, 30)}

pytestmark = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed here")


def converted(path: Path, place: Path, kind: str) -> Path:
    """Let LibreOffice open a file and save it as another kind."""
    profile = f"-env:UserInstallation=file://{place / 'profile'}"
    asked = ["--headless", "--convert-to", kind, "--outdir", str(place), str(path)]
    subprocess.run([str(SOFFICE), profile, *asked], check=True, capture_output=True, timeout=300)
    return place / f"{path.stem}.{kind}"


def test_a_form_saved_by_libreoffice_is_taken_as_it_was_filled(office, tmp_path):
    """Values, key, validations, protection and hidden sheets survive."""
    sent = office.filled(CELLS)
    again = converted(sent, tmp_path, "xlsx")
    book, before = openpyxl.load_workbook(again), openpyxl.load_workbook(sent)
    sheet = book[ENTRY]
    rules = {rule.type: rule for rule in sheet.data_validations.dataValidation}

    assert key.Key.read(book) == key.Key.read(before)
    assert set(rules) == {"decimal", "list", "textLength", "date"}
    assert "H9" in rules["decimal"].cells
    assert rules["decimal"].formula2.replace("$", "") == "C9"
    assert rules["list"].formula1.replace("'", "").replace(".", "!") == "Danh mục!$A$2:$A$9"
    assert sheet.protection.sheet
    assert not sheet["H9"].protection.locked
    assert sheet["B9"].protection.locked
    assert book[layout.sheet_name("lists")].sheet_state != "visible"
    assert book[key.SHEET].sheet_state != "visible"

    outcomes = office.take(sent, again)
    rows = [row.split(",", 1)[1] for row in office.table.read_text(encoding="utf-8").splitlines()[1:]]
    figures = [row.split(",2024-09-27,")[0] for row in rows]
    assert [outcome.state for outcome in outcomes] == ["accepted", "accepted"]
    assert figures[:12] == figures[12:]


def test_a_form_prints(office, tmp_path):
    """Every sheet that a reader sees becomes paper."""
    assert converted(office.filled(CELLS), tmp_path, "pdf").read_bytes().startswith(b"%PDF")
