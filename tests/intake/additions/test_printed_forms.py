"""Printed tables of provinces as people send them: nothing is lost, nothing is guessed, the cause is named.

All figures are made up.
"""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from forecast.base.errors import DataError, SpecError
from forecast.data.load.areas import gazetteer
from forecast.intake.additions import append, province_table
from forecast.intake.additions.table_parts import tables_in
from forecast.intake.documents import PrintedTable, grids

REAL = Path(__file__).parents[3] / "data"
HEAD = ["STT", "Tỉnh, thành phố", "Cải cách thể chế", "Chỉ số CCHC (%)", "Xếp hạng"]


@pytest.fixture
def table(areas):
    """Rows of a table: number, province, points of D2, total in percent, rank."""
    totals = [round(70 + 25 * (1 - place / 63), 2) for place in range(63)]
    return [
        [place + 1, area, round(totals[place] / 10, 2), totals[place], place + 1]
        for place, area in enumerate(areas)
    ]


def sheet(path, rows, *, head=HEAD, change=None, more=()):
    """Write a workbook; `more` are the rows of a second sheet."""
    book = openpyxl.Workbook()
    for row in [head, *rows]:
        book.active.append(row)
    if more:
        other = book.create_sheet("Trang 2")
        for row in more:
            other.append(row)
    if change:
        change(book.active)
    book.save(path)
    return path


@pytest.fixture
def read(data_dir, origin, tmp_path):
    """Read a file as the result of 2021, of which nothing is known."""
    return lambda path, code="PAR", **how: province_table.table(
        data_dir, path, code, 2021, origin(2021), **how
    )


def figures(proposal):
    """Score, unit and rank by area and component."""
    return {
        (row["area"], row["component"]): (row["score"] and float(row["score"]), row["unit"], row["rank"])
        for row in proposal.rows
    }


def plain(table):
    """What `figures` are to be of these rows."""
    points = {(area, "D2"): (value, "points", "") for _, area, value, _, _ in table}
    return points | {(area, "total"): (value, "percent", str(rank)) for _, area, _, value, rank in table}


def comma(value):
    """As it is printed."""
    return f"{value:.2f}".replace(".", ",")


FORMS = {
    "moves": (2, 3, lambda value: f"{comma(value)} (↑1,2)"),
    "arrows": (2, 3, lambda value: f"{comma(value)} ▲"),
    "points in words": (2, 3, lambda value: f"{comma(value)} điểm"),
    "points shortly": (2, 2, lambda value: f"{comma(value)} đ"),
    "of the maximum": (2, 2, lambda value: f"{comma(value)}/10"),
    "footnotes": (2, 4, lambda value: f"{value} (*)"),
    "rank of 63": (4, 4, lambda value: f"{value}/63"),
    "rank in words": (4, 4, lambda value: f"Hạng {value}"),
    "rank with its move": (4, 4, lambda value: f"{value} (↓2)"),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_usual_forms_of_figures_are_read(form, read, table, tmp_path):
    """Every row and every figure, as from the plain table."""
    first, last, write = FORMS[form]
    rows = [[write(v) if first <= at <= last else v for at, v in enumerate(row)] for row in table]

    assert figures(read(sheet(tmp_path / "a.xlsx", rows))) == plain(table)


@pytest.mark.parametrize("column", [2, 3, 4])
def test_a_recognised_heading_with_cells_that_are_no_figures_is_refused(column, read, table, tmp_path):
    """A column is not left out in silence; what is wrong with all its cells is told once."""
    rows = [[f"khoảng {v}" if at == column else v for at, v in enumerate(row)] for row in table]

    with pytest.raises(DataError) as refused:
        read(sheet(tmp_path / "a.xlsx", rows))

    told = [problem for problem in refused.value.problems if not problem.expected_key.startswith("doubt.")]
    assert [(each.column, each.expected_key) for each in told] == [
        ("ABCDE"[column], "imports.alike"),
        ("ABCDE"[column], "imports.figure"),
    ][::-1]
    assert told[-1].expected_facts["count"] == 62


@pytest.mark.parametrize(("columns", "unit"), [((3,), "points"), ((2, 3), "percent")])
def test_cells_shown_in_percent_are_read_as_they_are_seen(columns, unit, read, table, tmp_path):
    """0.8712 shown as 87.12%; of a domain it is the share of its maximum."""

    def change(page):
        for row in page.iter_rows(min_row=2):
            for at in columns:
                row[at].value, row[at].number_format = row[at].value / (100 if at == 3 else 10), "0.00%"

    own = figures(read(sheet(tmp_path / "a.xlsx", table, change=change)))

    area = table[0][1]
    assert own[area, "total"][:2] == (table[0][3], "percent")
    expected = table[0][2] if unit == "points" else 10 * table[0][2]
    assert own[area, "D2"][:2] == (pytest.approx(expected), unit)


def test_a_percent_sign_that_a_format_only_writes_changes_nothing(read, table, tmp_path):
    """0.00"%" shows 87.12 as 87.12%."""

    def change(page):
        for row in page.iter_rows(min_row=2):
            row[3].number_format = '0.00"%"'

    assert figures(read(sheet(tmp_path / "a.xlsx", table, change=change))) == plain(table)


def test_years_as_headings_are_no_row_of_the_table(read, table, tmp_path):
    """The column of the year is read, that of another is not."""
    rows = [[row[1], 1, row[3]] for row in table]

    own = figures(
        read(sheet(tmp_path / "a.xlsx", rows, head=["Chỉ số CCHC", 2020, 2021]), columns=["total=C"])
    )

    assert own[table[0][1], "total"][0] == table[0][3]
    assert len(own) == 63


def test_an_index_from_0_to_1_in_percent_cells_is_kept_in_its_points(read, areas, tmp_path):
    """DTI: 60% is 0.6 of 1."""
    rows = [[area, f"{40 + n / 2:.1f}%"] for n, area in enumerate(areas)]

    own = figures(read(sheet(tmp_path / "a.xlsx", rows, head=["Tỉnh", "DTI"]), "DTI"))

    assert own[areas[1], "total"][:2] == (0.405, "points")


def test_halves_side_by_side_are_one_table(read, table, tmp_path):
    """As they are printed to save paper; messages name the cell where it stands."""
    halves = [[*left, *right] for left, right in zip(table[:31], [*table[31:62]], strict=True)]
    rows = [*halves, [None] * 5 + table[62]]

    assert figures(read(sheet(tmp_path / "b.xlsx", rows, head=HEAD * 2))) == plain(table)
    rows[3][8] = "nhiều"
    with pytest.raises(DataError) as refused:
        read(sheet(tmp_path / "c.xlsx", rows, head=HEAD * 2))
    assert "I5" in [problem.cell for problem in refused.value.problems]


@pytest.mark.parametrize("heading", [True, False])
def test_a_table_that_goes_on_on_a_second_sheet_is_one(heading, read, table, tmp_path):
    """With its heading again or without; messages name the sheet."""
    more = [HEAD, *table[40:]] if heading else table[40:]

    assert figures(read(sheet(tmp_path / "b.xlsx", table[:40], more=more))) == plain(table)
    more[-1] = [*more[-1][:3], "nhiều", more[-1][4]]
    with pytest.raises(DataError) as refused:
        read(sheet(tmp_path / "c.xlsx", table[:40], more=more))
    assert ("Trang 2", f"D{len(more)}") in [(each.sheet, each.cell) for each in refused.value.problems]


def test_two_sheets_with_the_same_provinces_or_other_columns_are_not_one(read, table, tmp_path):
    """Which is meant, a person says."""
    other = [HEAD[0], HEAD[1], "Cải cách tài chính công", *HEAD[3:]]
    for more in ([HEAD, *table[30:]], [other, *table[40:]]):
        with pytest.raises(SpecError, match="Trang 2"):
            read(sheet(tmp_path / "a.xlsx", table[:40], more=more))


def hide(page):
    """Hide the last sheet of a page's workbook."""
    page.parent.worksheets[-1].sheet_state = "hidden"


@pytest.mark.parametrize("named", ["", "Trang 9"])
def test_a_hidden_sheet_in_a_list_of_sheets_is_said_to_be_hidden(named, read, table, tmp_path):
    """Who opens the file does not see it."""
    path = sheet(tmp_path / "a.xlsx", table, more=[HEAD, *table], change=hide)

    with pytest.raises(SpecError) as refused:
        read(path, sheet=named)

    assert "Sheet, Trang 2 (trang bị ẩn)" in refused.value.text("vi")
    assert "Sheet, Trang 2 (hidden)" in refused.value.text("en")


def test_a_hidden_sheet_that_is_read_is_named(read, table, tmp_path):
    """By itself, or as the one that was asked for."""
    path = sheet(tmp_path / "a.xlsx", [], more=[HEAD, *table], change=hide)

    told = [remark.text("en") for remark in read(path).remarks]

    assert "A sheet that the file hides is read: Trang 2; see whether it is meant." in told


def test_a_hidden_draft_beside_the_column_is_named(read, table, tmp_path):
    """Both columns, and which of them is hidden."""

    def change(page):
        page.insert_cols(3)
        for row in range(1, 65):
            page.cell(row, 3).value = page.cell(row, 4).value
        page.column_dimensions["C"].hidden = True

    with pytest.raises(DataError) as refused:
        read(sheet(tmp_path / "a.xlsx", table, change=change))

    told = {problem.expected_key: problem for problem in refused.value.problems}
    assert told["imports.twice"].cell == "D1"
    assert told["imports.hidden_columns"].expected_facts == {"columns": ["C"]}


def test_what_a_workbook_hides_is_read_and_named(read, table, tmp_path):
    """Rows behind a filter."""

    def change(page):
        for row in (5, 6, 7, 20):
            page.row_dimensions[row].hidden = True

    remarks = read(sheet(tmp_path / "a.xlsx", table, change=change)).remarks

    facts = {remark.key: remark.facts for remark in remarks}
    assert facts["imports.hidden_rows"] == {"rows": ["5–7", "20"]}


@pytest.mark.parametrize("rank", [True, False])
def test_decimal_commas_in_a_file_of_commas_are_refused(rank, read, table, tmp_path):
    """87,23 is not 87; the cause alone is told."""
    lines = ["STT,Tỉnh,Chỉ số CCHC" + ",Hạng" * rank]
    lines += [f"{n},{area},{comma(total)}" + f",{place}" * rank for n, area, _, total, place in table]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding="utf-8")

    with pytest.raises(DataError) as refused:
        read(path)

    keys = [problem.expected_key for problem in refused.value.problems]
    assert keys == ["imports.beyond_heading"]


def test_a_decimal_comma_is_seen_though_a_last_column_is_empty(read, table, tmp_path):
    """The row has more fields than the heading, though no more that are filled."""
    lines = [
        "STT,Tỉnh,Chỉ số CCHC,Ghi chú",
        *(f"{n},{area},{comma(total)}," for n, area, _, total, _ in table),
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding="utf-8")

    with pytest.raises(DataError) as refused:
        read(path)

    assert refused.value.problems[0].expected_key == "imports.beyond_heading"


def test_formulas_of_a_column_are_told_once(read, table, tmp_path):
    """With their number."""
    rows = [[*row[:3], f"=C{at}*10", row[4]] for at, row in enumerate(table, 2)]

    with pytest.raises(DataError) as refused:
        read(sheet(tmp_path / "a.xlsx", rows))

    told = {problem.expected_key: problem for problem in refused.value.problems}
    assert told["imports.figure_formula"].cell == "D2"
    assert told["imports.alike"].expected_facts == {"count": 62, "last": 64}


def test_rows_of_ministries_are_passed_over_and_named(read, table, tmp_path):
    """No ministry is asked to be a province."""
    rows = [[0, "Bộ Tài chính", 9, 90, 1], *table, [0, "Ngân hàng Nhà nước", 9, 90, 1]]

    proposal = read(sheet(tmp_path / "a.xlsx", rows))

    assert len(proposal.rows) == 126
    skipped = next(each for each in proposal.remarks if each.key == "imports.no_areas")
    assert skipped.facts == {"rows": ["Bộ Tài chính", "Ngân hàng Nhà nước"]}


def test_a_figure_merged_over_two_provinces_is_asked_for(read, table, tmp_path):
    """The second province would lose its figure, or get the first one's."""
    with pytest.raises(DataError) as refused:
        read(sheet(tmp_path / "a.xlsx", table, change=lambda book: book.merge_cells("D3:D4")))

    assert [(p.cell, p.expected_key) for p in refused.value.problems] == [("D4", "imports.merged")]


@pytest.mark.parametrize("cell", [None, "n/a", "-"])
def test_provinces_without_any_figure_are_named(read, table, tmp_path, cell):
    """Their rows are no loss in silence."""
    table[4][2:] = [cell] * 3

    proposal = read(sheet(tmp_path / "a.xlsx", table))

    assert len(proposal.rows) == 124
    assert {"count": 1, "areas": [table[4][1]]} in [phrase.facts for phrase in proposal.remarks]


def test_another_years_rank_beside_whole_figures_is_no_cut_decimal(read, table, tmp_path):
    """Only what stands right of a score and is no column of this year's is looked at."""
    rows = [[number, area, points, total, rank, 64 - rank] for number, area, points, total, rank in table]

    assert len(read(sheet(tmp_path / "a.xlsx", rows, head=[*HEAD, "Hạng 2020"])).rows) == 126


MERGED = (
    "cell B4: this cell is empty, as it is merged with B3 (“{}”, rows 3–4); undo the merge and fill each row"
)
EMPTY = "cell B4: the row has figures, and the cell of its area is empty; write the province's name"


@pytest.mark.parametrize(
    ("change", "said"),
    [(lambda page: page.merge_cells("B3:B4"), MERGED), (lambda page: page.__delitem__("B4"), EMPTY)],
)
def test_a_name_merged_over_two_rows_or_left_out_is_no_unknown_place(change, said, read, table, tmp_path):
    """The cell is empty to a machine: which rows are merged is told, or that it is empty."""
    with pytest.raises(DataError) as refused:
        read(sheet(tmp_path / "a.xlsx", table, change=change))

    assert said.format(table[1][1]) in refused.value.text("en")
    assert len(refused.value.problems) == 1


def test_cells_divided_by_bars_are_read(read, table, tmp_path):
    """As some databases write them; the decimal comma does not cut them."""
    lines = ["|".join(map(str, row)).replace(".", ",") for row in [HEAD, *table]]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding="utf-8")

    assert figures(read(path)) == plain(table)


def _tcvn3(text):
    """Letters of .VnTime for the marks that are tested."""
    return text.translate(str.maketrans("àảãáạộịăâêôơưđồếềắ", "µ¶·¸¹éÞ¨©ª«¬­®åÕÒ¾"))


def _vni(text):
    """VNI writes the mark behind its vowel."""
    return text.replace("à", "aø").replace("ộ", "oä").replace("ị", "ò").replace("á", "aù").replace("ắ", "aé")


@pytest.mark.parametrize("others", [False, True])
@pytest.mark.parametrize("old", [_tcvn3, _vni])
def test_letters_of_before_unicode_are_named(old, others, read, table, tmp_path):
    """The remedy is not to look for provinces, though names whose letters are the same are known."""
    rows = [[row[0], old(row[1]), *row[2:]] for row in table if others or old(row[1]) != row[1]]

    with pytest.raises(DataError) as refused:
        read(sheet(tmp_path / "a.xlsx", rows))

    assert [problem.expected_key for problem in refused.value.problems] == ["imports.old_letters"]


@pytest.mark.parametrize("coding", ["cp1252", "latin-1"])
def test_utf_8_read_as_latin_1_is_not_called_an_old_encoding(coding, read, table, tmp_path):
    """The cell is named, and the remedy is another than that of old letters."""
    read_wrong = {row[1]: row[1].encode().decode(coding, "surrogateescape") for row in table}
    rows = [[row[0], read_wrong[row[1]], *row[2:]] for row in table if read_wrong[row[1]].isprintable()]

    with pytest.raises(DataError) as refused:
        read(sheet(tmp_path / "a.xlsx", rows))

    [problem] = refused.value.problems
    assert (problem.column, problem.expected_key) == ("B", "expect.not_misread")
    assert "bằng UTF-8 đã được mở như Windows-1252" in problem.text("vi")


@pytest.mark.parametrize(
    ("code", "heading", "component"),
    [
        ("PAPI", "P1. Participation", "P1"),
        ("PAPI", "P8 - E-government", "P8"),
        ("PCI", "Entry costs", "gia_nhap_thi_truong"),
    ],
)
def test_english_headings_are_read(code, heading, component, read, areas, tmp_path):
    """By their numbers or words."""
    rows = [[area, round(4 + n / 100, 2)] for n, area in enumerate(areas)]

    own = figures(read(sheet(tmp_path / "a.xlsx", rows, head=["Province", heading]), code))

    assert own[areas[0], component][0] == 4


@pytest.mark.parametrize(
    ("heads", "columns"),
    [
        (["Kết quả", "Chỉ số hài lòng"], ["results", "total"]),
        (["Công chức", "Kết quả"], ["officials", "total"]),
    ],
)
def test_the_result_is_a_part_beside_the_satisfaction_and_else_the_whole(
    heads, columns, read, areas, tmp_path
):
    """SIPAS is printed with what services result in, shortly."""
    rows = [[area, 80 + n / 100, 82 + n / 100] for n, area in enumerate(areas)]

    own = figures(read(sheet(tmp_path / "a.xlsx", rows, head=["Tỉnh", *heads]), "SIPAS"))

    assert [own[areas[0], column][0] for column in columns] == [80, 82]


def test_of_percent_columns_the_domains_weigh_what_their_points_are(
    data_dir, origin, areas, made_up, tmp_path
):
    """Shares of eight domains do not add up to eight times the total."""
    points = made_up.par(areas, 2021)
    maxima = made_up.MAXIMA
    rows = [
        [area, *(f"{100 * own[name] / maxima[name]:.4f}%" for name in maxima), f"{sum(own.values()):.4f}%"]
        for area, own in points.items()
    ]
    head = ["Tỉnh", *made_up.NAMES, "Chỉ số CCHC"]

    proposal = province_table.table(
        data_dir, sheet(tmp_path / "a.xlsx", rows, head=head), "PAR", 2023, origin(2023, "Nguồn khác")
    )

    assert "doubt.sum" not in {problem.expected_key for problem in proposal.doubts}


def test_with_insisting_only_the_doubted_rows_say_so(data_dir, read, table, tmp_path):
    """A note of one odd rank is not that of 125 other rows."""
    rows = [list(row) for row in table]
    rows[10][4] = 40

    proposal = read(sheet(tmp_path / "a.xlsx", rows))
    entry = append.append(proposal, insist=True, who="thử")

    noted = [row for row in entry.rows if row["note"]]
    assert {problem.expected_key for problem in proposal.doubts} == {"doubt.rank"}
    assert {(row["area"], row["component"]) for row in noted} == {(rows[10][1], "total")}


def struck(*spots):
    """Draw a line through cells."""

    def change(page):
        for spot in spots:
            page[spot].font = openpyxl.styles.Font(strike=True)

    return change


def test_what_is_struck_through_is_left_out_and_named(read, table, tmp_path):
    """Somebody took it back: a figure, or the row of a province."""
    row = [f"{column}5" for column in "ABCDE"]

    proposal = read(sheet(tmp_path / "a.xlsx", table, change=struck("C3", *row)))

    _, (_, without, *_), _, (_, gone, *_), *_ = table
    expected = plain(table)
    del expected[without, "D2"], expected[gone, "D2"], expected[gone, "total"]
    assert figures(proposal) == expected
    (remark,) = [phrase for phrase in proposal.remarks if phrase.key == "imports.struck"]
    assert "6 struck-through cells are left out: C3, A5, B5" in remark.text("en")


def test_a_struck_name_beside_figures_that_are_not_is_refused(read, table, tmp_path):
    """Whose figures they are is not said."""
    with pytest.raises(DataError) as refused:
        read(sheet(tmp_path / "a.xlsx", table, change=struck("B4")))

    told = [(each.row, each.column, each.expected_key) for each in refused.value.problems]
    assert (4, "B", "imports.struck_name") in told


def broken(table, place, *, page=30, group=""):
    """A table printed on two pages, of which the break goes through the name of a province, or after it."""
    pages = [[HEAD, *table[:page]], [HEAD, *table[page:]]]
    first, _, second = table[place][1].rpartition(" ")
    end = pages[0][-1] = list(map(str, pages[0][-1]))
    pages[1].insert(1, ["", group or second, "", "", ""])
    end[1] = end[1] if group else first
    return [
        PrintedTable(
            ("Bảng 1. Kết quả năm 2021",) if not number else (),
            tuple(
                (r, c, 1, 1, str(text))
                for r, row in enumerate(rows, 1)
                for c, text in enumerate(row, 1)
                if text != ""
            ),
            edges=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
            page=number + 1,
            next_to=True,
        )
        for number, rows in enumerate(pages)
    ]


@pytest.mark.parametrize("group", ["", "Vùng Đồng bằng sông Hồng"])
def test_a_name_that_a_page_breaks_is_one_name(group, table):
    """“Quảng” at the end of a page and “Nam” on the next are one province; the title of a group is none."""
    places, _ = gazetteer(pd.read_csv(REAL / "areas.csv", dtype=str, keep_default_na=False))
    place = next(at for at, row in enumerate(table) if row[1] == "Quảng Nam")
    table[place], table[29] = table[29], table[place]

    (grid,) = grids("a.pdf", broken(table, 29, group=group))
    ((whole, column, rows),) = tables_in([grid], places)

    assert [places.find(whole.cells[row, column].text) for row in rows] == [row[1] for row in table]


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_a_decimal_comma_parts_no_columns(mark, read, table, tmp_path):
    """Of two columns each row has as many commas as marks between columns; headings have a comma too."""
    path = tmp_path / "a.csv"
    lines = [["Tỉnh, thành phố", "Chỉ số CCHC (%)"], *([row[1], comma(row[3])] for row in table)]
    path.write_text("\n".join(map(mark.join, lines)), encoding="utf-8")

    assert figures(read(path)) == {(row[1], "total"): (row[3], "percent", "") for row in table}


def test_a_rank_beside_satisfaction_alone_is_no_rank_of_the_index(read, table, tmp_path):
    """It is that of SIPAS: the column is named as not read, and no rank of PAR is written."""
    head = ["STT", "Tỉnh, thành phố", "Chỉ số hài lòng (%)", "Hạng"]
    rows = [[number, area, total, rank] for number, area, _, total, rank in table]

    proposal = read(sheet(tmp_path / "a.xlsx", rows, head=head))

    assert {(row["component"], row["rank"]) for row in proposal.rows} == {("D8.sipas", "")}
    assert "D Hạng" in next(each for each in proposal.remarks if each.key == "imports.unread").text("en")
