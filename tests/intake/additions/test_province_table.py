"""`forecast import`: printed tables read, doubted, appended and taken back; all figures are made up."""

import csv
import datetime as dt
import io
import shutil
import zipfile
from dataclasses import replace

import openpyxl
import pytest

from forecast import cli
from forecast.base import labels
from forecast.base.errors import DataError, SpecError
from forecast.data import load
from forecast.data.tables import DOMAINS
from forecast.intake.additions import append, province_table
from forecast.intake.doubts.folder import doubts_in

YEAR = 2023


@pytest.fixture
def points(made_up, areas):
    """The made-up points of 2023."""
    return made_up.par(areas, YEAR)


@pytest.fixture
def propose(full, made_up, origin, tmp_path):
    """Print points (or rows) as an annex, and propose it on the folder with a made-up year."""

    def go(points=None, *, rows=None, year=YEAR, suffix=".csv", folder=None, columns=(), **how):
        path = tmp_path / f"phu-luc{suffix}"
        how.setdefault("percent", False)
        if rows is None:
            made_up.annex(points, year, path, **how)
        else:
            made_up.write(rows, path, per=2 if how["percent"] else 1)
        return province_table.table(folder or full, path, "PAR", YEAR, origin(YEAR), columns=columns)

    return go


def kinds(proposal):
    """Kinds of doubts of a proposal."""
    return {doubt.expected_key for doubt in proposal.doubts}


@pytest.mark.parametrize(("suffix", "percent"), [(".xlsx", True), (".csv", True), (".csv", False)])
def test_the_ministrys_table_is_read_whatever_its_form(propose, points, suffix, percent):
    """Merged headings or CSV, points alone or with percent: the same 63 x 9 figures, and no doubt."""
    proposal = propose(points, suffix=suffix, percent=percent, as_text=suffix == ".csv")

    read = {
        (row["area"], row["component"]): float(row["score"])
        for row in proposal.rows
        if row["statistic"] == "value"
    }
    due = {(area, name): value for area, own in points.items() for name, value in own.items()}
    due |= {(area, "total"): round(sum(own.values()), 2) for area, own in points.items()}
    assert read == pytest.approx(due)
    assert proposal.doubts == ()
    assert proposal.compared.missing == ()
    assert {row["statistic"] for row in proposal.rows} == {"value", "mean"}


def test_an_import_is_appended_whole_and_taken_back_whole(propose, points, full, tmp_path):
    """After the import the door gives the figures; after undoing the table is byte for byte what it was."""
    folder = tmp_path / "data"
    shutil.copytree(full, folder)
    before = (folder / "scores.csv").read_bytes()

    entry = append.append(propose(points, folder=folder), who="thử")
    vintages = load.read_vintages(folder)
    again = propose(points, folder=folder)
    append.undo(append.removal(folder, entry.entry_id), who="thử")

    scores = vintages.frames["scores"]
    own = scores[(scores["year"] == YEAR) & (scores["area"] == "Hòa Bình") & (scores["component"] == "D3")]
    assert own["score"].tolist() == [points["Hòa Bình"]["D3"]]
    assert own["max_score"].tolist() == [13.0]
    assert own["trust"].tolist() == ["official"]
    assert (again.rows, again.compared.standing) == ((), len(entry.rows))
    assert (folder / "scores.csv").read_bytes() == before
    assert entry.what == "phu-luc.csv (2023)"


@pytest.mark.parametrize(
    ("column", "change", "told"),
    [
        (6, 0.0, set()),
        (6, -6.0, {"doubt.standing", "doubt.mean", "doubt.sum"}),  # a domain, and what follows of the total
        (11, 20.0, {"doubt.rank"}),
    ],
)
def test_what_stands_already_is_not_asked_about_again(
    propose, points, made_up, areas, full, origin, tmp_path, column, change, told
):
    """The same table from another source: only what is new in it is doubted."""
    points = {**points, areas[0]: points[areas[62]], areas[62]: points[areas[0]]}
    folder = shutil.copytree(full, tmp_path / "data")
    first_time = propose(points, folder=folder)
    append.append(first_time, insist=True, who="thử")
    rows = made_up.annex_rows(points, YEAR, percent=False)
    row = rows[first(rows) + 4]
    row[column] = made_up.comma(float(str(row[column]).replace(",", ".")) + change)
    path = tmp_path / "khac.csv"
    made_up.write(rows, path, per=1)

    again = province_table.table(folder, path, "PAR", YEAR, replace(origin(YEAR), source="Trang khác"))

    assert "doubt.swap" in kinds(first_time)
    assert kinds(again) == told


def test_an_exchange_that_was_insisted_upon_is_no_question_of_check(propose, points, areas, full, tmp_path):
    """It speaks of two provinces, and the notes of their rows say so; without them it names the first row."""
    folder = shutil.copytree(full, tmp_path / "data")
    append.append(
        propose({**points, areas[0]: points[areas[62]], areas[62]: points[areas[0]]}, folder=folder),
        insist=True,
    )

    def asked():
        found = doubts_in(load.read_vintages(folder), dt.date(2024, 10, 20))
        return [(doubt.column, doubt.value in areas) for doubt in found if doubt.expected_key == "doubt.swap"]

    assert asked() == []

    path = folder / "scores.csv"
    words = labels.text("doubt_kind.swap", "vi")
    path.write_text(path.read_text(encoding="utf-8").replace(words, "x"), encoding="utf-8")
    assert asked() == [("area", True)]


def test_another_figure_from_the_same_source_is_refused(propose, points, full, tmp_path):
    """The same page cannot say two things: a correction needs its own source or day."""
    folder = tmp_path / "data"
    shutil.copytree(full, folder)
    append.append(propose(points, folder=folder), who="thử")
    points["Hà Nội"]["D1"] -= 0.5

    with pytest.raises(DataError) as refusal:
        propose(points, folder=folder)

    assert "chính nguồn này đã cho số khác" in refusal.value.text("vi")


def test_last_years_table_as_this_years_is_told(propose, made_up, areas):
    """A table whose figures are those of another year needs insisting."""
    proposal = propose(made_up.par(areas, 2022), year=2022)

    [copy] = [doubt for doubt in proposal.doubts if doubt.expected_key == "doubt.copy"]
    assert "năm 2022" in copy.text("vi")


def edited(made_up, points, change):
    """Rows of the annex after one change."""
    rows = made_up.annex_rows(points, YEAR, percent=False)
    change(rows)
    return rows


def first(rows):
    """Number of the first province's row."""
    return next(n for n, row in enumerate(rows) if row and row[0] == 1)


@pytest.mark.parametrize(
    ("column", "text", "kind"),
    [
        (10, "91,99", "doubt.sum"),  # a total that the domains do not make
        (11, "40", "doubt.rank"),  # a rank that is not in the order of the totals
    ],
)
def test_figures_that_contradict_each_other_are_told_at_their_cell(
    propose, points, made_up, column, text, kind
):
    """A total beside its parts and a rank beside its score need no other year."""

    def change(rows):
        rows[first(rows)][column] = text

    rows = edited(made_up, points, change)

    proposal = propose(rows=rows)

    [told] = [doubt for doubt in proposal.doubts if doubt.expected_key == kind][:1]
    assert told.row == first(rows) + 1
    assert kind in kinds(proposal)


@pytest.mark.parametrize("left_out", [0, 20])
def test_one_slipped_total_is_told_in_one_line_and_not_at_every_rank(propose, points, made_up, left_out):
    """In a whole table and in a part of it; the line names the cell, and says how many ranks it moves."""
    rows = made_up.annex_rows(points, YEAR, percent=False)
    place = first(rows) + 2
    rows[place][10] = made_up.comma(float(rows[place][10].replace(",", ".")) / 10, 3)
    kept = rows[: place + 5] + rows[place + 5 + left_out :]

    proposal = propose(rows=kept)

    ranks = [d for d in proposal.doubts if d.expected_key.startswith(("doubt.rank", "doubt.one"))]
    assert [d.expected_key for d in ranks] == ["doubt.one_score"]
    assert ranks[0].column == "K"
    assert ranks[0].value == rows[place][10]
    assert rows[place][1] in ranks[0].text("vi")
    assert f"{ranks[0].expected_facts['count']} ranks do not follow from the scores" in ranks[0].text("en")


def test_the_year_in_the_title_is_read(propose, points, made_up):
    """A title that names other years alone is doubted."""
    rows = made_up.annex_rows(points, YEAR, percent=False)
    rows[1] = ["CHỈ SỐ CCHC NĂM 2019"]
    rows[2] = []

    assert kinds(propose(rows=rows)) == {"doubt.title_year"}


def test_the_year_in_the_name_of_the_sheet_is_read(points, made_up, full, origin, tmp_path):
    """Where no title names one, the sheet's name is all that says it."""
    rows = made_up.annex_rows(points, YEAR, percent=False)
    rows[1] = rows[2] = []
    made_up.write(rows, tmp_path / "x.xlsx", per=1)
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    book.active.title = "PAR 2019"
    book.save(tmp_path / "x.xlsx")

    proposal = province_table.table(full, tmp_path / "x.xlsx", "PAR", YEAR, origin(YEAR))

    assert kinds(proposal) == {"doubt.title_year"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda head: head, []),
        (lambda head: [*head[:2], head[3], head[2], *head[4:]], ["imports.heading_changes"] * 2),
        (lambda head: [*head[:2], f"{head[2]} năm 2019", *head[3:]], ["imports.heading_changes"]),
    ],
    ids=["the same", "exchanged", "another year"],
)
def test_a_heading_that_stands_again_is_the_same_or_told(change, told, propose, points, made_up):
    """Figures below another heading mean something else."""
    rows = made_up.annex_rows(points, YEAR, percent=False)
    rows.insert(first(rows) + 20, change(next(row for row in rows if row[:1] == ["STT"])))

    try:
        problems = propose(rows=rows).doubts
    except DataError as refusal:
        problems = refusal.problems
    assert [p.expected_key for p in problems if p.expected_key.startswith("imports")] == told


def test_cells_without_a_figure_are_named(propose, points, made_up):
    """One figure of 63 that was left out would hardly be missed."""
    rows = made_up.annex_rows(points, YEAR, percent=False)
    row = rows[first(rows) + 4]
    row[3] = "-"

    told = [remark for remark in propose(rows=rows).remarks if remark.key == "imports.gaps"]

    assert [(remark.facts["count"], remark.facts["cells"]) for remark in told] == [(1, [f"{row[1]} D2"])]


def test_points_that_are_not_their_percent_are_told(propose, points, made_up):
    """Where both are printed they must belong together."""
    rows = made_up.annex_rows(points, YEAR)
    rows[first(rows)][3] = "50,00"

    assert kinds(propose(rows=rows, percent=True)) == {"doubt.percent", "doubt.mean"}


def test_points_with_one_decimal_are_their_percent_and_make_the_total(propose, points, made_up):
    """A table that rounds its domains is right; what is farther off than that is told."""
    rows = made_up.annex_rows(points, YEAR)
    start = first(rows)
    for row in rows[start : start + 63]:
        row[2:18:2] = [made_up.comma(round(float(cell.replace(",", ".")), 1), 1) for cell in row[2:18:2]]

    assert kinds(propose(rows=rows[: start + 63], percent=True)) == set()
    rows[start][2] = made_up.comma(float(rows[start][2].replace(",", ".")) - 0.6, 1)
    assert kinds(propose(rows=rows[: start + 63], percent=True)) == {"doubt.percent", "doubt.sum"}


def test_percent_of_domains_stand_beside_a_total_in_points(propose, points, made_up):
    """Each domain weighs what its maximum says, not a hundred; of an assumed one no sum follows."""
    rows = made_up.annex_rows(points, YEAR)
    shares = [row[:2] + row[3:18:2] + row[18:] for row in rows]
    shares[4] = rows[4][:2] + rows[4][2:18:2] + ["Chỉ số CCHC", *rows[4][19:]]
    shares[5] = [*shares[5][:10], "Tổng điểm", *rows[5][19:]]

    proposal = propose(rows=shares)

    assert {(row["component"], row["unit"]) for row in proposal.rows} > {
        ("total", "points"),
        ("D1", "percent"),
    }
    assert kinds(proposal) == set()


def test_everything_that_cannot_be_read_is_told_at_once(propose, points, made_up):
    """Unknown and repeated provinces, words for numbers, figures above the maximum: each with its cell."""

    def change(rows):
        top = first(rows)
        rows[top][1] = "Sài Gòn Cũ"
        rows[top + 1][2] = "tám"
        rows[top + 2][3] = "10,5"
        rows[top + 4][1] = rows[top + 3][1]

    rows = edited(made_up, points, change)

    with pytest.raises(DataError) as refusal:
        propose(rows=rows, suffix=".xlsx")

    cells = [problem.cell for problem in refusal.value.problems]
    top = first(rows) + 1
    assert {f"B{top}", f"C{top + 1}", f"D{top + 2}", f"B{top + 4}"} <= set(cells)


def test_of_two_columns_of_one_domain_one_is_named(propose, points, made_up):
    """Which of two headings alike is meant is not guessed; the one named by hand is taken alone."""

    def change(rows):
        rows[4][3] = rows[4][2]

    rows = edited(made_up, points, change)

    with pytest.raises(DataError, match="--column D1=D"):
        propose(rows=rows, suffix=".xlsx")

    named = propose(rows=rows, suffix=".xlsx", columns=("D1=C",)).rows
    read = {row["area"]: float(row["score"]) for row in named if row["component"] == "D1"}
    assert [read[area] for area in points] == pytest.approx([own["D1"] for own in points.values()])


def test_a_formula_and_a_day_are_no_figures(propose, points, made_up):
    """A formula has no value of its own, and a day is what Excel made of 8,5."""

    def change(rows):
        rows[first(rows)][2] = "=1+8"

    with pytest.raises(DataError, match="formula"):
        propose(rows=edited(made_up, points, change), suffix=".xlsx")


def test_a_table_that_is_cut_off_is_told(propose, points, made_up, areas):
    """Missing provinces are listed, and many of them are a doubt."""
    few = {area: points[area] for area in areas[:40]}

    proposal = propose(few)

    assert set(proposal.compared.missing) == set(areas[40:])
    assert "doubt.few" in kinds(proposal)


def test_columns_printed_on_other_pages_without_names_are_told(propose, points, full, origin, tmp_path):
    """A print that is too wide puts its last columns on pages of their own."""
    propose(points, suffix=".xlsx")
    path = tmp_path / "phu-luc.xlsx"
    book = openpyxl.load_workbook(path)
    for title, name in (("2", None), ("3", "Bộ Tài chính")):
        rest = book.create_sheet(title)
        for number in range(63):
            rest.append([16.5 - number / 10, number + 1, name])
    book.save(path)

    proposal = province_table.table(full, path, "PAR", YEAR, origin(YEAR))

    told = {doubt.expected_key: doubt.expected_facts for doubt in proposal.doubts}
    assert told["doubt.nameless"]["sheets"] == ("2",)


def test_one_column_shifted_is_refused(propose, points, made_up):
    """Figures one column to the left: maxima, sums or the past say so."""
    shifted = {
        area: dict(zip(DOMAINS, (*list(own.values())[1:], next(iter(own.values()))), strict=True))
        for area, own in points.items()
    }

    with pytest.raises(DataError) as refusal:
        propose(shifted)

    keys = {problem.expected_key for problem in refusal.value.problems}
    assert "expect.at_most" in keys


@pytest.mark.parametrize("index_code", ["PAPI", "PCI", "DTI", "SIPAS"])
def test_tables_of_other_indices_are_read_likewise(part, made_up, areas, origin, tmp_path, index_code):
    """Every component of a printed table comes in with its publisher's scale, ranks with the total."""
    figures = made_up.other(areas, index_code, YEAR)
    path = made_up.write(made_up.other_rows(figures, index_code, YEAR), tmp_path / "bang.csv")

    proposal = province_table.table(part, path, index_code, YEAR, origin(YEAR))

    read = {(row["area"], row["component"]): float(row["score"]) for row in proposal.rows}
    assert read == pytest.approx(
        {(area, name): value for area, own in figures.items() for name, value in own.items()}
    )
    totals = [row for row in proposal.rows if row["component"] == "total"]
    assert min(int(row["rank"]) for row in totals) == 1
    assert {row["max_score"] for row in totals} == {
        {"PAPI": "80", "PCI": "100", "DTI": "1", "SIPAS": ""}[index_code]
    }


def test_unknown_columns_can_be_named_by_hand(full, points, made_up, origin, tmp_path):
    """A heading that is not recognised is named with --column; two of one name are refused."""
    rows = made_up.annex_rows(points, YEAR, percent=False)
    rows[4][4] = "Nội dung khác"
    path = made_up.write(rows, tmp_path / "phu-luc.csv")

    with pytest.raises(DataError, match="differs from 100"):  # "Điểm" alone would be the total
        province_table.table(full, path, "PAR", YEAR, origin(YEAR))
    named = province_table.table(full, path, "PAR", YEAR, origin(YEAR), columns=["D3=E"])

    assert "D3" in {row["component"] for row in named.rows}
    with pytest.raises(SpecError, match="D3=E"):
        province_table.table(full, path, "PAR", YEAR, origin(YEAR), columns=["D3"])


def test_a_file_without_provinces_is_no_table(full, origin, tmp_path):
    """A file of something else is told as a whole."""
    path = tmp_path / "khac.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([["a", "b"], ["1", "2"]])

    with pytest.raises(DataError, match="no table with names of provinces"):
        province_table.table(full, path, "PAR", YEAR, origin(YEAR))


def test_a_libreoffice_file_is_refused_with_advice(full, origin, tmp_path):
    """OpenDocument is told by what it is, and how to save it."""
    path = tmp_path / "phu-luc.ods"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")

    with pytest.raises(DataError, match=r"save it as .*xlsx"):
        province_table.table(full, path, "PAR", YEAR, origin(YEAR))


def test_the_command_shows_what_it_will_do(full, made_up, points, tmp_path, capsys, golden, monkeypatch):
    """The preview is as agreed; a no writes nothing."""
    path = made_up.annex(points, YEAR, tmp_path / "phu-luc.xlsx")
    monkeypatch.setattr("sys.stdin", io.StringIO("không\n"))

    words = [
        "import",
        "par",
        path,
        "--year",
        YEAR,
        "--published",
        "2024-04-17",
        "--source",
        "Phụ lục giả định",
    ]
    code = cli.run([*map(str, words), "--no-forecast", "--data-dir", str(full)])

    told = capsys.readouterr()
    assert (code, told.err) == (0, "")
    golden("additions/import.txt", told.out.replace(str(full), "data"))
