"""The workbook and the long table beside the pages: every figure with its range, as a figure."""

import csv
import datetime as dt
import io
import re
import shutil
import subprocess

import docx
import openpyxl
import pytest

from forecast.base import labels
from forecast.pages import handout, plot, report
from forecast.pages.handout import book, long
from forecast.pages.markup import Elements, Table

SOFFICE = shutil.which("soffice")
RUN = "2024-10-20_par_made-up_2024_0badcafe"
# The table of a page, and the sheets in which its figures stand.
TABLES = {
    "domains": lambda r, lang: report.domain_table(r, lang=lang),
    "scorecard": lambda r, lang: Elements(
        (
            report.lost_table(r, lang=lang),
            report.scorecard_table(r, lang=lang),
            report.lever_table(r, lang=lang),
        )
    ),
    "scenarios": lambda r, lang: report.scenario_table(r, lang=lang),
    "ladder": lambda r, lang: report.ladder_table(r, lang=lang),
    "changes": lambda r, lang: report.changes_table(r, lang=lang),
    "departments": lambda r, lang: report.department_table(r, lang=lang),
    "department_domains": lambda r, lang: report.department_domain_table(r, lang=lang),
    "status": lambda r, lang: report.status_table(r, lang=lang),
    "remedies": lambda r, lang: report.remedy_table(r, lang=lang),
    "targets": lambda r, lang: report.target_table(r, lang=lang),
    "current": lambda r, lang: report.current_table(r, lang=lang),
    "track": lambda r, lang: plot.track(r, lang=lang).table,
    "coverage": lambda r, lang: plot.coverage(r, lang=lang).table,
    "periods": lambda r, lang: report.period_table(r, lang=lang),
    "year_errors": lambda r, lang: report.year_table(r, lang=lang),
    "past_years": lambda r, lang: report.past_year_table(r, lang=lang),
    "past_ranks": lambda r, lang: report.past_rank_table(r, lang=lang),
    "past_components": lambda r, lang: report.past_component_table(r, lang=lang),
    "skill": lambda r, lang: plot.skill(r, lang=lang).table,
}


def tables_in(piece):
    """Every table of a piece."""
    if isinstance(piece, Table):
        return [piece]
    return [table for part in getattr(piece, "parts", ()) for table in tables_in(part)]


def written(value, lang):
    """The forms in which a page may write a figure."""
    if isinstance(value, dt.date):
        return {labels.day(value, lang)}
    if not isinstance(value, (int, float)):
        return set()
    shown = {labels.number(abs(value) * scale, decimals, lang) for scale in (1, 100) for decimals in range(5)}
    return shown | {labels.plain(float(value), lang)}


def numbers(text):
    """The numbers that stand in the text of a cell; days are none."""
    return re.findall(r"\d[\d.,]*\d|\d", re.sub(r"\d\d/\d\d/\d{4}|\d+ [A-Z][a-z]{2} \d{4}", "", text))


def rounded(value):
    """A value as a workbook can hold it: 15 digits; no word is no cell."""
    return (
        round(value, 10) if isinstance(value, float) else value or None if isinstance(value, str) else value
    )


@pytest.fixture(scope="module")
def sheets_in(made_up):
    """The sheets in each language."""
    return {lang: handout.sheets(made_up, lang=lang, run_id=RUN) for lang in ("vi", "en")}


@pytest.fixture(scope="module")
def folder(made_up, tmp_path_factory):
    """A folder with both files in each language."""
    place = tmp_path_factory.mktemp("handout")
    for lang in ("vi", "en"):
        (place / lang).mkdir()
        handout.write(place / lang, made_up, lang=lang, run_id=RUN)
    return place


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("name", TABLES)
def test_what_a_page_tabulates_stands_in_the_workbook(name, lang, made_up, sheets_in):
    """Each number in a column of numbers, and each end of a range below it, is a figure of the sheet."""
    sheet = {each.name: each for each in sheets_in[lang]}[name]
    known = {form for row in sheet.rows for value in row for form in written(value, lang)}
    found = tables_in(TABLES[name](made_up, lang))

    assert found
    for table in found:
        for place, column in enumerate(table.columns):
            if column.numeric:
                cells = [row.cells[place] for row in table.rows]
                # "2 components DISAGREE" and "replaces 1 earlier" are words about counts
                shown = {n for cell in cells for n in numbers(f"{cell.text} {cell.mark}")} - {"1", "2", "63"}
                assert shown <= known, column.label


def test_every_range_of_the_run_stands_beside_total_and_domains(made_up, sheets_in):
    """The sheet of the domains holds the ends of each range that the run has, to the last decimal."""
    sheet = sheets_in["vi"][0]

    for component, row in zip(sheet.keys, sheet.rows, strict=True):
        found = {
            (c.level, c.end): value
            for c, value in zip(sheet.columns, row, strict=True)
            if c.measure == "forecast" and c.level
        }
        for level in made_up.spec.levels:
            rows = made_up.forecast.query("index_code == 'PAR' and output_type == 'quantile'")
            rows = rows.loc[rows["component"] == component]
            quantiles = dict(zip(rows["output_type_id"].astype(float), rows["value"], strict=True))
            share = round((1 - level / 100) / 2, 4)
            assert found[level, "lower"] == quantiles[share]
            assert found[level, "upper"] == quantiles[round(1 - share, 4)]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_workbook_reads_back_as_it_was(lang, sheets_in, folder):
    """Numbers are numbers, days are days, words are words, in the order of the sheets."""
    read = openpyxl.load_workbook(folder / lang / handout.BOOK)
    made = sheets_in[lang]

    assert read.sheetnames == [sheet.title for sheet in made]
    for sheet in made:
        page = read[sheet.title]
        back = [
            tuple(cell.value.date() if isinstance(cell.value, dt.datetime) else cell.value for cell in row)
            for row in page.iter_rows(
                min_row=book.HEAD_ROW + 1, max_row=book.HEAD_ROW + len(sheet.rows), max_col=len(sheet.columns)
            )
        ]
        assert [list(map(rounded, row)) for row in back] == [list(map(rounded, row)) for row in sheet.rows]
        assert page.freeze_panes == "B4"
        assert page.print_title_rows == "$3:$3"
        assert page["A2"].value == labels.text("page.made_up", lang)


def test_the_long_table_holds_each_figure_once_a_range(made_up, folder):
    """One row a figure and level, with point and ISO day, behind the mark that Excel wants."""
    raw = (folder / "vi" / handout.LONG).read_bytes()
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    total = [
        row for row in rows if (row["table"], row["key"], row["measure"]) == ("domains", "total", "forecast")
    ]
    summary = made_up.summary.set_index("component").loc["total"]

    assert raw.startswith(b"\xef\xbb\xbf")
    assert tuple(rows[0]) == long.HEAD
    assert {row["as_of"] for row in rows} == {"2024-10-20"}
    assert [row["level"] for row in total] == ["50", "80", "95"]
    assert float(total[1]["value"]) == summary["median"]
    assert (float(total[1]["lower"]), float(total[1]["upper"])) == (summary["lower"], summary["upper"])
    assert all(float(row["lower"]) <= float(row["upper"]) for row in rows if row["lower"])


def test_both_files_hold_the_same_figures(sheets_in, folder):
    """What the workbook shows as a figure is a value or an end of a range of the long table."""
    rows = csv.DictReader(io.StringIO((folder / "vi" / handout.LONG).read_bytes().decode("utf-8-sig")))
    told = {}
    for row in rows:
        told.setdefault((row["table"], int(row["row"])), set()).update(
            float(row[name]) for name in ("value", "lower", "upper") if row[name]
        )
    for sheet in sheets_in["vi"]:
        for place, row in enumerate(sheet.rows, start=1):
            figures = {v for c, v in zip(sheet.columns, row, strict=True) if c.measure and v is not None}
            assert figures == told.get((sheet.name, place), set())


@pytest.mark.parametrize("name", [handout.BOOK, handout.LONG])
def test_the_same_result_gives_the_same_bytes(name, made_up, folder, tmp_path, monkeypatch):
    """Neither the clock nor a second writing leaves a trace."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    handout.write(tmp_path, made_up, lang="vi", run_id=RUN)

    assert (tmp_path / name).read_bytes() == (folder / "vi" / name).read_bytes()


def test_what_has_not_been_entered_is_named(bare):
    """A part without rows has no sheet; the last sheet says what to enter."""
    made = handout.sheets(bare, lang="vi")
    said = " ".join(str(value) for row in made[-1].rows for value in row)

    assert "scenarios" not in {sheet.name for sheet in made}
    for name in ("criteria", "scenarios", "departments", "remedies", "units"):
        assert labels.text(f"absent.{name}", "vi") in said


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed here")
def test_libreoffice_opens_and_prints_it(folder, tmp_path):
    """The file is sound to another program than the one that wrote it."""
    asked = [
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path),
        str(folder / "vi" / handout.BOOK),
    ]
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    subprocess.run([SOFFICE, profile, *asked], check=True, capture_output=True, timeout=300)

    assert (tmp_path / "figures.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_the_notice_has_the_words_of_sheet_one(lang, made_up, tmp_path):
    """Headline, decisions and notes, each a paragraph of an A4 sheet, in the order of the page."""
    handout.write(tmp_path, made_up, lang=lang)

    opened = docx.Document(tmp_path / "decisions.docx")

    told = [paragraph.text for paragraph in opened.paragraphs]
    decided = [f"{place}. {line}" for place, line in enumerate(report.decision_lines(made_up, lang=lang), 1)]
    wanted = [
        labels.text("page.made_up", lang),
        *str(report.headline(made_up, lang=lang)).split("\n\n"),
        *decided,
        *report.decision_notes(made_up, lang=lang),
    ]
    assert [text for text in told if text in wanted] == wanted
    assert round(opened.sections[0].page_height.mm) == 297
    assert opened.core_properties.language == lang
