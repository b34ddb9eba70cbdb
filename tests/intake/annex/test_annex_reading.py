"""Whatever an annex looks like, the same tree comes out; every figure is made up."""

import datetime as dt
import shutil
import subprocess
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.base.errors import SpecError
from forecast.data.numbering import Numbering, split_mark, whole_mark
from forecast.intake.annex import tree as annex_tree
from forecast.intake.annex.headings import role_of
from forecast.intake.annex.step_lines import proposed_rule, unread_line

LAYOUTS = ("one_column", "with_titles", "merged", "several_columns", "semicolons", "commas")
NUMBERS = ("dotted", "roman_restarting", "roman_dotted", "words", "roman_mixed", "bracketed")
POINTS = {
    "comma": lambda value: f"{value:g}".replace(".", ","),
    "point": lambda value: f"{value:g}",
    "number": float,
    "words": lambda value: f"{value:g} điểm".replace(".", ","),
    "padded": lambda value: f" \N{NO-BREAK SPACE}{value:.2f}".replace(".", ","),
}
SPELLINGS = {
    "as is": str,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "hard spaces": lambda text: text.replace(" ", "\N{NO-BREAK SPACE}"),
    "trailing point": lambda text: f"{text}.",
    "spaced": lambda text: f"  {text} ",
}


def read(path):
    """Read an annex that must be sound."""
    found = annex_tree.read(path)
    assert [problem.text("en") for problem in found.problems] == []
    return found


def tree_of(found):
    """Code, name and points, names without regard to case."""
    items = sorted(found.items, key=lambda item: item.path)
    return tuple((item.code, item.name.casefold(), item.maximum) for item in items)


@settings(max_examples=20)
@given(
    layout=st.sampled_from(LAYOUTS),
    number=st.sampled_from(NUMBERS),
    points=st.sampled_from(sorted(POINTS)),
    spelling=st.sampled_from(sorted(SPELLINGS)),
    seed=st.integers(0, 5),
)
def test_every_layout_and_spelling_gives_the_same_tree(made_up, layout, number, points, spelling, seed):
    """The tree is that of the generator, whatever layout, numbering, numbers and letters it is printed in."""
    tree = made_up.nodes(seed)
    spelt = SPELLINGS[spelling]
    with tempfile.TemporaryDirectory() as folder:
        path = getattr(made_up, layout)(
            tree, Path(folder), lambda node: spelt(getattr(made_up, number)(node)), POINTS[points]
        )
        found = read(path)

    assert tree_of(found) == made_up.expected(tree)
    assert {item.code for item in found.items if item.scoring.proposed} == {
        node.code for node in tree if node.steps
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_source_of_points_is_read_in_every_layout(made_up, tmp_path, layout):
    """Merged or printed again and again, each leaf has its own source."""
    tree = made_up.nodes()
    found = read(getattr(made_up, layout)(tree, tmp_path))

    own = {item.code: item.scoring.source for item in found.leaves()}
    assert own == {node.code: node.source for node in tree if len(node.path) == 3}


def test_numbers_kept_as_numbers_are_read(made_up, tmp_path):
    """Excel keeps 1 and 1.2 as numbers, and 1.2.3 as text."""

    def number(node):
        written = made_up.dotted(node)
        return written if len(node.path) > 2 else float(written)

    found = read(made_up.one_column(made_up.nodes(), tmp_path, number))

    assert tree_of(found) == made_up.expected(made_up.nodes())


def test_numbers_turned_into_days_are_read_where_the_order_says_which(made_up, tmp_path):
    """1.2.3 that became 1 February 2003 is read back as the next in order, and said with its cell."""

    def number(node):
        if node.path == (1, 2, 1):
            return dt.datetime(2001, 2, 1)  # noqa: DTZ001
        return made_up.dotted(node)

    found = read(made_up.one_column(made_up.nodes(), tmp_path, number))

    assert tree_of(found) == made_up.expected(made_up.nodes())
    [remark] = [each.text("en") for each in found.remarks]
    assert "2001-02-01" in remark
    assert "1.2.1" in remark


def test_levels_in_columns_of_their_own_need_no_full_numbers(made_up, tmp_path):
    """Three columns of numbers, each counting anew from 1, say the same as 1.2.3."""
    tree = made_up.nodes()
    rows = [["Lĩnh vực", "Tiêu chí", "TCTP", "Nội dung", "Điểm tối đa"]]
    for node in tree:
        own = [""] * 3
        own[len(node.path) - 1] = node.path[-1]
        rows.append([*own, node.name, node.points])
    found = read(made_up.write_sheet(tmp_path / "three.xlsx", rows))

    assert tree_of(found) == made_up.expected(tree)


def test_names_in_columns_of_their_level_are_numbered_in_order(made_up, tmp_path):
    """Where a sheet has no numbers at all, the column says the level and the order the number."""
    tree = made_up.nodes()
    rows = [["Lĩnh vực", "Tiêu chí", "Tiêu chí thành phần", "Điểm tối đa"]]
    for node in tree:
        own = [""] * 3
        own[len(node.path) - 1] = f"Tên giả định {'abc'[len(node.path) - 1]}"
        rows.append([*own, node.points])
    found = read(made_up.write_sheet(tmp_path / "unnumbered.xlsx", rows))

    assert [item.code for item in found.items] == [node.code for node in tree]


def test_a_parents_formula_is_not_evaluated_and_its_children_are_added_up(made_up, tmp_path):
    """A sum written as a formula is the sum of what stands below, and that is said."""
    tree = made_up.nodes()
    rows = [[*made_up.HEAD], *made_up.rows_of(tree)]
    rows[1][2] = "=SUM(C3:C9)"
    rows.append(["", "Tổng cộng", "=SUM(C2:C99)", "", ""])
    found = read(made_up.write_sheet(tmp_path / "formula.xlsx", rows))

    assert tree_of(found) == made_up.expected(tree)
    assert "D1" in found.remarks[0].text("vi")


def test_steps_with_their_points_in_the_column_of_maxima_are_lines_too(made_up, tmp_path):
    """A line of scoring may have its points beside it instead of behind it; it is no component."""
    tree = made_up.nodes()
    rows = [[*made_up.HEAD], *made_up.rows_of(tree)]
    for row in rows:
        if not row[0]:
            row[1], row[2] = row[1].split(": ")
    found = read(made_up.write_sheet(tmp_path / "beside.xlsx", rows))

    assert tree_of(found) == made_up.expected(tree)
    assert {item.code for item in found.items if item.scoring.proposed} == {
        node.code for node in tree if node.steps
    }


def test_each_level_may_have_its_own_column_of_maxima(made_up, tmp_path):
    """Three columns of maxima beside three of names: each level takes its own."""
    tree = made_up.nodes()
    heads = ("Lĩnh vực", "Tiêu chí", "Tiêu chí thành phần")
    rows = [[part for head in heads for part in (head, f"Điểm tối đa {head}")]]
    held = [""] * 6
    for node in tree:
        place = 2 * len(node.path) - 2
        held[place : place + 2] = [f"{made_up.dotted(node)}. {node.name}", node.points]
        if len(node.path) == 3:
            rows.append(held)
            held = [""] * 6
    found = read(made_up.write_sheet(tmp_path / "maxima.xlsx", rows))

    assert tree_of(found) == made_up.expected(tree)
    assert not any(item.summed for item in found.items)


def test_a_heading_of_two_rows_may_be_printed_again(made_up, tmp_path):
    """On a later page both rows of the heading come again; names that speak of criteria are no heading."""
    tree = made_up.nodes()
    head = [["STT", "Tiêu chí", "Điểm", "", "Cơ quan chủ trì"], ["", "", "Tối đa", "Tự chấm", ""]]
    body = [[made_up.dotted(node), node.name, node.points] for node in tree]
    body[2] = ["1.1.1", "Nội dung các tiêu chí giả định", body[2][2], "", "Cơ quan giả định"]
    path = made_up.write_sheet(tmp_path / "again.xlsx", [*head, *body[:40], *head, *body[40:]])
    found = read(path)

    assert [item.code for item in found.items] == [node.code for node in tree]
    assert all(item.scoring.notes == () for item in found.items)
    strange = [["STT", "Tiêu chí", "Cột lạ"]]
    path = made_up.write_sheet(tmp_path / "hand.xlsx", [*strange, *body[:40], *strange, *body[40:]])
    assert len(annex_tree.read(path, columns=["Điểm tối đa=C"]).items) == len(tree)


def test_notes_at_the_foot_of_a_page_do_not_end_the_table(made_up, tmp_path):
    """Numbered footnotes are no criteria, and lines of scoring below a note are kept."""
    tree = made_up.nodes()
    rows = [[*made_up.HEAD], *made_up.rows_of(tree)]
    place = next(place for place, row in enumerate(rows) if row[1].startswith("Từ 95%"))
    rows.insert(place, ["", "Ghi chú: tỷ lệ giả định", "", "", ""])
    place = next(place for place, row in enumerate(rows) if row[0] == "5")
    rows[place:place] = [["Ghi chú:"], ["1. Dòng ghi chú giả định."], [*made_up.HEAD]]
    found = read(made_up.write_sheet(tmp_path / "feet.xlsx", rows))

    assert tree_of(found) == made_up.expected(tree)
    first = next(item for item in found.items if item.code == "1.1.1")
    assert [line for line in first.scoring.notes if line.startswith(("Từ", "Dưới"))] == list(tree[2].steps)


def test_words_with_points_and_without_number_are_lines_where_the_sums_are_right(made_up, tmp_path):
    """What is given for what, in words, with the points in the column of maxima, stays with its criterion."""
    rows = [[*made_up.HEAD], *made_up.rows_of(made_up.nodes())]
    rows[4:4] = [["", "Ban hành kịp thời (giả định)", 0.5], ["", "Không kịp thời (giả định)", 0]]
    found = read(made_up.write_sheet(tmp_path / "worded.xlsx", rows))

    assert tree_of(found) == made_up.expected(made_up.nodes())
    assert "Ban hành kịp thời (giả định): 0.5" in found.items[2].scoring.notes
    assert found.items[2].scoring.rule == ""


def test_a_source_may_be_a_tick_in_a_column_of_its_own(made_up, tmp_path):
    """A heading over two columns, one for each way of judging, with an x where it applies."""
    tree = made_up.nodes()
    rows = [
        ["STT", "Tiêu chí", "Điểm tối đa", "Phương thức đánh giá", ""],
        ["", "", "", "Tự đánh giá", "Điều tra xã hội học"],
    ]
    for node in tree:
        ticks = {"appraised": ["x", ""], "leaders_survey": ["", "X"]}.get(node.source, ["", ""])
        rows.append([made_up.dotted(node), node.name, node.points, *ticks])
    merges = ["A1:A2", "B1:B2", "C1:C2", "D1:E1"]
    found = read(made_up.write_sheet(tmp_path / "ticks.xlsx", rows, merges))

    own = {item.code: item.scoring.source for item in found.leaves() if item.path[0] < 8}
    assert own == {node.code: node.source for node in tree if len(node.path) == 3 and node.path[0] < 8}


def test_texts_below_the_sum_are_no_lines_of_scoring(made_up, tmp_path):
    """A signature below the table does not become the note of the last criterion."""
    rows = [[*made_up.HEAD], *made_up.rows_of(made_up.nodes())]
    rows += [["", "Tổng cộng", "100", "", ""], ["", "KT. BỘ TRƯỞNG GIẢ ĐỊNH", "", "", ""]]
    found = read(made_up.write_sheet(tmp_path / "signed.xlsx", rows))

    assert found.items[-1].scoring.notes == ()


def test_a_column_can_be_left_out_by_hand(made_up, tmp_path):
    """A column of notes that is named as ignored is not read."""
    rows = [[*made_up.HEAD], *made_up.rows_of(made_up.nodes())]
    rows[1][4] = "Ghi chú giả định"
    path = made_up.write_sheet(tmp_path / "noted.xlsx", rows)

    assert annex_tree.read(path).items[0].scoring.notes == ("Ghi chú giả định",)
    assert annex_tree.read(path, columns=["bỏ qua=E"]).items[0].scoring.notes == ()


def test_a_column_can_be_named_by_hand(made_up, tmp_path):
    """A heading that nobody could guess is given with --column."""
    tree = made_up.nodes()
    rows = [["STT", "Tiêu chí", "Cột lạ"], *(row[:3] for row in made_up.rows_of(tree))]
    path = made_up.write_sheet(tmp_path / "strange.xlsx", rows)

    found = annex_tree.read(path, columns=["Điểm tối đa=C"])

    assert tree_of(found) == made_up.expected(tree)
    with pytest.raises(SpecError, match="--column"):
        annex_tree.read(path, columns=["Điểm tối đa"])
    with pytest.raises(SpecError, match="--column"):
        annex_tree.read(path, columns=["Cột nào đó=C"])


def test_of_several_sheets_one_must_be_chosen(made_up, tmp_path):
    """Two sheets with a table are refused by name; the chosen one is read."""
    import openpyxl

    path = made_up.one_column(made_up.nodes(), tmp_path)
    book = openpyxl.load_workbook(path)
    copy = book.copy_worksheet(book.active)
    copy.title, copy.sheet_state = "Bản sao", "veryHidden"
    book.save(path)

    with pytest.raises(SpecError, match=r"Bản sao \(hidden\)"):
        annex_tree.read(path)
    assert annex_tree.read(path, sheet="Bản sao").grid.sheet == "Bản sao"
    with pytest.raises(SpecError, match="Bản sao"):
        annex_tree.read(path, sheet="Bản sáo")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed here")
@pytest.mark.parametrize("layout", ["merged", "several_columns"])
def test_a_file_saved_by_libreoffice_gives_the_same_tree(made_up, tmp_path, layout):
    """Opened and saved again by LibreOffice, as .xlsx and as CSV, the annex says the same."""
    tree = made_up.nodes()
    path = getattr(made_up, layout)(tree, tmp_path, made_up.dotted, float)
    for kind in ("xlsx:Calc MS Excel 2007 XML", "csv:Text - txt - csv (StarCalc):59,34,76,1"):
        out = tmp_path / kind[:4]
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(out), str(path)]
        subprocess.run(command, check=True, capture_output=True)
        [saved] = out.iterdir()
        found = read(saved)

        assert tree_of(found) == made_up.expected(tree)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("I", (1,)),
        ("VIII.", (8,)),
        ("II.3", (2, 3)),
        ("1", (1,)),
        ("1.2", (1, 2)),
        ("1.2.3.", (1, 2, 3)),
        ("1. 2. 3", (1, 2, 3)),
        ("1,2", (1, 2)),
        ("(1)", (1,)),
        ("1)", (1,)),
        ("Lĩnh vực 1", (1,)),
        ("LĨNH VỰC IV:", (4,)),
        ("Tiêu chí thành phần 1.2.3", (1, 2, 3)),
        (unicodedata.normalize("NFD", "Lĩnh vực 2"), (2,)),
        ("\N{NO-BREAK SPACE}1.2\N{NO-BREAK SPACE}", (1, 2)),
        ("D3", (3,)),
    ],
)
def test_numbers_are_read_in_every_form(text, parts):
    """Each form that annexes print is the number it means."""
    assert whole_mark(text).parts == parts


@pytest.mark.parametrize("text", ["", "0", "0.5", "95%", "2 phòng", "Tổng", "1.x", "-", "12345"])
def test_what_is_no_number_is_none(text):
    """Percentages, maxima below one and words are not taken for numbers."""
    assert whole_mark(text) is None


@pytest.mark.parametrize(
    "text", ["95% trở lên: 0,5", "5 năm qua", "i) một ý", "a) một ý", "1.5 điểm nếu đủ", "Từ 80%: 1", "100"]
)
def test_a_text_that_begins_with_a_figure_keeps_it(text):
    """Only a number with a mark behind it is parted from a name."""
    assert split_mark(text) == (None, text)


def test_single_numbers_open_levels_in_the_order_of_their_styles():
    """I, 1 and (1) are three levels; without Roman numbers a plain one is a domain."""
    marks = [whole_mark(text) for text in ("I", "1", "(1)", "(2)", "2", "(1)")]
    numbering, context, paths = Numbering(marks), (), []
    for mark in marks:
        context = numbering.path(mark, context)
        paths.append(context)

    assert paths == [(1,), (1, 1), (1, 1, 1), (1, 1, 2), (1, 2), (1, 2, 1)]
    assert Numbering([whole_mark("1"), whole_mark("1.1")]).path(whole_mark("2"), (1, 1)) == (2,)


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("STT", "number"),
        ("TT", "number"),
        ("Lĩnh vực/Tiêu chí/Tiêu chí thành phần", "name"),
        ("LĨNH VỰC, TIÊU CHÍ", "name"),
        ("Nội dung", "name"),
        ("Điểm tối đa", "max"),
        ("ĐIỂM TỐI ĐA (điểm)", "max"),
        ("Thang  điểm", "max"),
        ("Diem toi da", "max"),
        (unicodedata.normalize("NFD", "Điểm chuẩn"), "max"),
        ("Ghi chú", "note"),
        ("Cơ quan chủ trì", "responsible"),
        ("Đơn vị phụ trách", "responsible"),
        ("Nguồn điểm", "source"),
        ("Phương thức đánh giá", "source"),
        ("Quy tắc chấm điểm", "rule"),
        ("Chỉ tiêu", "indicator"),
        ("Thời hạn", "deadline"),
        ("Điểm tự chấm", None),
        ("Đơn vị tính", None),
        ("1.1. Tiêu chí giả định", None),
    ],
)
def test_headings_are_recognised_in_many_spellings(heading, role):
    """A heading is known by its words, without regard to case, spaces, diacritics or form."""
    assert role_of(heading) == role


@pytest.mark.parametrize(
    "lines",
    [
        ["Từ 95% trở lên: 0,5", "Từ 80% - dưới 95%: 0,25", "Dưới 80%: 0"],
        ["- Đạt từ 95% trở lên: 0,5 điểm", "- Từ 80% đến dưới 95%: 0,25 điểm;", "- Dưới 80%: 0 điểm."],
        ["≥ 95%: 0.5", "80% - dưới 95%: 0.25"],
        ["Dưới 80%: 0", "Từ 80% tới dưới 95% được 0,25", "Tỷ lệ đạt 95% trở lên = 0,5"],
    ],
)
def test_plain_lines_are_a_rule(lines):
    """The same three steps in four wordings are one rule, from the easiest step to the hardest."""
    assert proposed_rule(lines, 0.5) == "steps(>=80: 0.25; >=95: 0.5)"


def test_all_of_a_plan_is_a_step():
    """Lines that speak of the plan, with all of it at the top, are steps too."""
    lines = ["Hoàn thành 100% kế hoạch: 1", "Từ 80% - dưới 100% kế hoạch: 0,5", "Dưới 80% kế hoạch: 0"]

    assert proposed_rule(lines, 1.0) == "steps(>=80: 0.5; >=100: 1)"


@pytest.mark.parametrize(
    ("lines", "unread"),  # number of the line that is named, none of words alone
    [
        (["Từ 95% trở lên: 0,5", "Từ 80% - dưới 90%: 0,25", "Dưới 80%: 0"], 1),  # a gap
        (["Từ 95% trở lên: 0,4", "Từ 80% - dưới 95%: 0,25", "Dưới 80%: 0"], 0),  # not the maximum
        (["Từ 95% trở lên: 0,5", "Từ 80% - dưới 95%: 0,25", "Dưới 80%: 0,1"], 0),  # something for the least
        (["Từ 95% trở lên: 0,5", "Từ 80% - dưới 95%: 0,6", "Dưới 80%: 0"], 0),  # more for less
        (["Từ 80% - dưới 95%: 0,25", "Dưới 80%: 0"], 0),  # no highest step
        (["Từ 95% trở lên", "Dưới 95%: 0"], 0),  # no points
        (["Từ 59%"], 0),  # cut off
        (["Trên 95%: 0,5", "Từ 80% - 95%: 0,25", "Dưới 80%: 0"], 0),  # above, not from
        (["Ban hành kịp thời: 0,5", "Không kịp thời: 0"], None),
        (["Từ 95% trở lên: 0,5", "Có tài liệu kiểm chứng"], 1),
        (["Từ 95% trở lên: 0,5"], 0),
        ([], None),
    ],
)
def test_lines_that_are_not_plain_are_no_rule(lines, unread):
    """Where steps leave a gap, contradict the maximum or are words, people score, and are told the line."""
    assert proposed_rule(lines, 0.5) == ""
    assert unread_line(lines, 0.5) == ("" if unread is None else lines[unread])
