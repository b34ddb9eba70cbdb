"""Write the workbook, the long table and the Word file of a run."""

from pathlib import Path
from typing import Final

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.disk import replace_file
from forecast.pages import reading
from forecast.pages.handout import long
from forecast.pages.handout.sheets import sheets

BOOK: Final = "figures.xlsx"
LONG: Final = "figures.csv"
NOTICE: Final = "decisions.docx"


def write(folder: Path, result: Result, *, lang: str, run_id: str = "") -> None:
    """Write ``figures.xlsx``, ``figures.csv`` and ``decisions.docx``; the same result gives the same bytes.

    Raises WriteError if the folder cannot be written.
    """
    from forecast.pages.handout import book  # openpyxl takes its time
    from forecast.pages.handout.notice import notice

    all_sheets = sheets(result, lang=lang, run_id=run_id)
    day = result.spec.as_of
    warning = labels.text("page.made_up", lang) if reading.made_up(result) else ""
    replace_file(folder / BOOK, book.content(all_sheets, lang=lang, warning=warning, day=day))
    replace_file(folder / LONG, long.content(all_sheets, run_id=run_id, as_of=day))
    replace_file(folder / NOTICE, notice(result, lang=lang))
