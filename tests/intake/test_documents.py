"""Tables of Word documents and of PDF files go through the same grid as workbooks.  All is made up."""

import zipfile

import docx
import matplotlib as mpl
import pytest
from docx.oxml import OxmlElement
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from forecast.base.errors import DataError, SpecError
from forecast.intake import pdf_tables as pdf
from forecast.intake.documents import grids
from forecast.intake.reading import read_grids

HEAD = [["STT", "Tỉnh", "Điểm", ""], ["", "", "Thể chế", "Tổng điểm"]]
SPANS = [(0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 3)]  # first row and column, last row and column
ROWS = [[str(n), f"Tỉnh {n}", f"{80 + n / 100:.2f}".replace(".", ","), f"{n},5"] for n in range(1, 31)]


def word(path, *tables):
    """Write a document; each table is its titles and rows; the heading `HEAD` is merged."""
    book = docx.Document()
    for titles, rows in tables:
        for title in titles:
            book.add_paragraph(title)
        table = book.add_table(len(rows), len(rows[0]))
        for row, words in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, words, strict=True):
                cell.text = text
        if rows[0] == HEAD[0]:
            for r, c, last_r, last_c in SPANS:
                table.cell(r, c).merge(table.cell(last_r, last_c)).text = rows[r][c]
    book.save(path)
    return path


def printed(path, *pages, ruled=True):
    """Print pages as text with ruled lines; each page is a list of (top, titles, rows)."""
    with mpl.rc_context({"pdf.fonttype": 42}), PdfPages(path) as file:
        for tables in pages:
            page = Figure(figsize=(8, 11))
            for top, titles, rows in tables:
                _draw(page, top, titles, rows, ruled=ruled)
            file.savefig(page)
    return path


def _draw(page, top, titles, rows, *, ruled):
    edges, high = [0.1, 0.2, 0.5, 0.7, 0.9], 0.02
    for up, title in enumerate(reversed(titles)):
        page.text(0.1, top + 0.005 + up * high, title, fontsize=8)
    merged = rows[0] == HEAD[0]
    for r, words in enumerate(rows):
        for c, text in enumerate(words):
            page.text(edges[c] + 0.005, top - (r + 0.8) * high, text, fontsize=7)
    if not ruled:
        return
    for r in range(len(rows) + 1):
        left = edges[2] if merged and r == 1 else edges[0]
        page.add_artist(mpl.lines.Line2D([left, edges[-1]], [top - r * high] * 2, lw=0.5))
    for c, x in enumerate(edges):
        begin = top - high if merged and c == 3 else top
        page.add_artist(mpl.lines.Line2D([x, x], [begin, top - len(rows) * high], lw=0.5))


def texts(grid):
    """Rows of a grid as texts, as they are seen."""
    return [[cell.text for cell in grid.row(row)] for row in grid.rows]


@pytest.fixture
def in_this_process(monkeypatch):
    """Read PDF files without a process of their own, which takes a second."""

    def run(command, *, input, **_):  # noqa: A002 - as subprocess.run calls it
        made = pdf.json.dumps(pdf.answered(input)).encode()
        return pdf.subprocess.CompletedProcess(command, 0, made)

    monkeypatch.setattr(pdf.subprocess, "run", run)


def test_a_table_of_word_is_read_with_its_title_and_merged_heading(tmp_path):
    """The title stands above, and a merged heading covers its columns."""
    (grid,) = read_grids(
        word(tmp_path / "a.docx", (["Kính gửi", "Bảng 1. Kết quả năm 2021"], [*HEAD, *ROWS]))
    )

    assert grid.sheet == "1. Bảng 1. Kết quả năm 2021"
    assert texts(grid)[:2] == [["Kính gửi"], ["Bảng 1. Kết quả năm 2021"]]
    assert [each.text for each in grid.headings_above(4, [3, 4], 2)] == ["Tổng điểm", "Điểm"]
    assert [each.text for each in grid.headings_above(2, [3, 4], 2)] == ["Tỉnh"]
    assert texts(grid)[-30:] == ROWS
    assert grid.problem(5, 3, "expect.score").cell == "C3"  # counted in the table, as its reader counts


def test_a_table_that_goes_on_is_one(tmp_path):
    """Below its repeated heading or without one; a table with a title of its own is another."""
    head = [["STT", "Tỉnh", "Thể chế", "Tổng điểm"]]
    path = word(
        tmp_path / "a.docx",
        (["Bảng 1. Năm 2021"], [*head, *ROWS[:10]]),
        (["(tiếp theo)"], [*head, *ROWS[10:20]]),
        ([""], ROWS[20:]),
        (["Bảng 2. Năm 2022"], [*head, *ROWS]),
    )
    first, second = read_grids(path)

    assert texts(first) == [["Bảng 1. Năm 2021"], *head, *ROWS]
    assert texts(second) == [["Bảng 2. Năm 2022"], *head, *ROWS]


@pytest.mark.parametrize(("named", "year"), [("2", "2022"), ("năm 2021", "2021"), ("BẢNG 2", "2022")])
def test_a_table_is_chosen_by_number_or_title(named, year, tmp_path):
    """Several that fit, or none, are listed."""
    tables = [([f"Bảng {n}. Kết quả năm 202{n}"], [*HEAD, *ROWS]) for n in (1, 2)]
    path = word(tmp_path / "a.docx", *tables)

    (grid,) = read_grids(path, named)

    assert year in grid.sheet
    for odd in ("kết quả", "2023"):
        with pytest.raises(SpecError, match="Bảng 1"):
            read_grids(path, odd)


def test_tracked_changes_controls_and_tables_within_cells(tmp_path):
    """What was inserted counts, what was deleted does not; a table in a cell is its words."""
    book = docx.Document()
    table = book.add_table(2, 2)
    cells = [cell for row in table.rows for cell in row.cells]
    for cell, text in zip(cells, ("Tỉnh", "Điểm", "Hà Nội", ""), strict=True):
        cell.text = text
    paragraph = cells[3].paragraphs[0]._p
    for kind, tag, text in (("w:del", "w:delText", "8,11"), ("w:ins", "w:t", "9,22")):
        change, run, words = OxmlElement(kind), OxmlElement("w:r"), OxmlElement(tag)
        words.text = text
        run.append(words)
        change.append(run)
        paragraph.append(change)
    inner = cells[1].add_table(1, 1)
    inner.cell(0, 0).text = "(điểm)"
    gone = table.add_row()
    gone.cells[0].text = "Cà Mau"
    properties = gone._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:del"))
    row = table.rows[1]._tr
    control, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
    row.addprevious(control)
    control.append(content)
    content.append(row)
    book.save(tmp_path / "a.docx")

    (grid,) = read_grids(tmp_path / "a.docx")

    assert texts(grid) == [["Tỉnh", "Điểm (điểm)"], ["Hà Nội", "9,22"]]


def test_a_table_over_pages_of_a_pdf_is_one(tmp_path, in_this_process):
    """Headings repeated on each page are left out; running heads and page numbers are no titles."""
    pages = [
        [(0.85, ["BỘ NỘI VỤ", "Bảng 1. Kết quả năm 2021"], [*HEAD, *ROWS[:14]])],
        [(0.95, ["2"], [*HEAD, *ROWS[14:20]])],
        [(0.95, ["3"], ROWS[20:]), (0.5, ["Bảng 2. Năm 2022"], [*HEAD, *ROWS[:5]])],
    ]
    first, second = read_grids(printed(tmp_path / "a.pdf", *pages))

    assert texts(first)[-30:] == ROWS
    assert len(first.rows) == 2 + 2 + 30
    assert [each.text for each in first.headings_above(4, [3, 4], 2)] == ["Tổng điểm", "Điểm"]
    assert first.problem(len(first.rows), 3, "expect.score").sheet.endswith("(tr. 3)")
    assert first.problem(len(first.rows), 3, "expect.score").cell == "C10"
    assert (second.sheet, texts(second)[-5:]) == ("2. Bảng 2. Năm 2022", ROWS[:5])


@pytest.mark.slow
def test_a_pdf_is_read_in_a_process_of_its_own(tmp_path):
    """The same rows."""
    path = printed(tmp_path / "a.pdf", [(0.9, [], [*HEAD, *ROWS])])

    (grid,) = read_grids(path)

    assert texts(grid)[-30:] == ROWS


def _raw(path, data):
    path.write_bytes(data)
    return path


def _packed(path, **parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), text)
    return path


OLE = b"\xd0\xcf\x11\xe0" + bytes(2_000)
REFUSED = {
    "an old document": (lambda at: _raw(at / "a.docx", OLE), "expect.docx_not_doc"),
    "nothing as docx": (lambda at: _raw(at / "a.docx", b""), "expect.content"),
    "nothing as xlsx": (lambda at: _raw(at / "a.xlsx", b""), "expect.content"),
    "text as docx": (lambda at: _raw(at / "a.docx", b"STT;T\xe1"), "expect.docx"),
    "a workbook as docx": (lambda at: _packed(at / "a.docx", xl__workbook_xml="<a/>"), "expect.docx"),
    "no XML": (lambda at: _packed(at / "a.docx", word__document_xml="<a"), "expect.sound_document"),
    "macros": (
        lambda at: _packed(at / "a.docx", word__document_xml="<a/>", word__vbaProject_bin="x"),
        "expect.no_macros_docx",
    ),
    "a bomb": (lambda at: _packed(at / "a.docx", word__document_xml="<a>" * 9_000_000), "expect.no_bomb"),
    "a binary workbook": (lambda at: _packed(at / "a.xlsb", xl__workbook_bin="x"), "expect.xlsx_not_xlsb"),
    "nothing as PDF": (lambda at: _raw(at / "a.pdf", b""), "expect.content"),
    "text as PDF": (lambda at: _raw(at / "a.pdf", b"STT,Tinh"), "expect.pdf"),
    "a broken PDF": (lambda at: _raw(at / "a.pdf", b"%PDF-1.4\n1 0 obj\n<<"), "expect.sound_pdf"),
    "a scan": (lambda at: printed(at / "a.pdf", []), "expect.pdf_with_text"),
    "no ruled table": (
        lambda at: printed(at / "a.pdf", [(0.9, ["Bảng"], ROWS)], ruled=False),
        "expect.pdf_with_table",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_document_that_cannot_be_read_is_refused_by_its_cause(case, tmp_path, in_this_process):
    """One sentence, and what to do."""
    make, key = REFUSED[case]

    with pytest.raises(DataError) as refused:
        read_grids(make(tmp_path))

    assert [each.expected_key for each in refused.value.problems] == [key]


def test_a_pdf_of_too_many_pages_is_refused(tmp_path, in_this_process, monkeypatch):
    """With their number."""
    monkeypatch.setattr(pdf, "MOST_PAGES", 1)
    path = printed(tmp_path / "a.pdf", *[[(0.9, [], [*HEAD, *ROWS[:2]])]] * 2)

    with pytest.raises(DataError, match="2 pages"):
        read_grids(path)


@pytest.mark.parametrize("code", [-14, 1])
def test_a_pdf_whose_reading_was_ended_is_refused(code, tmp_path, monkeypatch):
    """By the system, for its time or its memory."""
    monkeypatch.setattr(
        pdf.subprocess, "run", lambda *_, **__: pdf.subprocess.CompletedProcess([], code, b"")
    )

    with pytest.raises(DataError, match="too much memory"):
        read_grids(_raw(tmp_path / "a.pdf", b"%PDF-1.4"))


def test_a_table_without_any_cell_is_no_table():
    """No grid comes of it."""
    assert list(grids("a.docx", ())) == []


def test_what_is_struck_through_in_word_is_left_out_and_named(tmp_path):
    """A figure that somebody wrote anew beside the old one is the new one; a line that is off is none."""
    path = word(tmp_path / "a.docx", (["Bảng 1"], [*HEAD, *ROWS]))
    book = docx.Document(path)
    old, off = (book.tables[0].cell(row, 3).paragraphs[0] for row in (4, 5))
    old.runs[0].font.strike, off.runs[0].font.strike = True, False
    old.add_run(" 9,25")
    book.save(path)

    (grid,) = read_grids(path)

    assert [texts(grid)[row][3] for row in (5, 6)] == ["9,25", ROWS[3][3]]
    assert [phrase.text("en") for phrase in grid.hidden()] == [
        "1 struck-through cell is left out: D5; take the line away if the figure holds."
    ]
