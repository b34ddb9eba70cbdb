"""Nasty files: each is refused in one sentence with the row an editor shows, none with a traceback."""

import contextlib
import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.base.errors import DataError
from forecast.data import load
from forecast.data.load import files

GOOD = "area,component,year,score\nHà Nội,P1,2020,5.5\nHà Nội,P1,2021,6\n"  # made up


def refusal(path) -> list[tuple[int | None, str, str]]:
    """Read a panel that must be refused; give each problem's row, column and key."""
    with pytest.raises(DataError) as caught:
        load.read_panel(path)
    assert caught.value.text("vi") != caught.value.text("en")
    return [(problem.row, problem.column, problem.expected_key) for problem in caught.value.problems]


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        b"\xef\xbb\xbf" + GOOD.replace("area", '"area"').encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.rstrip("\n").encode(),
        f"{GOOD}\n\n,,,\n".encode(),
        GOOD.replace("area,component,year,score", " area , component,year,score").encode(),
        GOOD.replace("Hà Nội", '"Ha\u0300 No\u0323\u0302i "').encode(),
        "year,score,area,component\n2020,5.5,Hà Nội,P1\n2021,6,Hà Nội,P1\n".encode(),
    ],
    ids=[
        "plain",
        "bom",
        "bom and quotes",
        "crlf",
        "no last line end",
        "empty rows",
        "spaces",
        "decomposed",
        "other order",
    ],
)
def test_harmless_differences_are_accepted(content, tmp_path):
    """What Excel and editors do to a file without harm does no harm."""
    path = tmp_path / "panel.csv"
    path.write_bytes(content)

    panel = load.read_panel(path)

    assert panel["area"].tolist() == ["Hà Nội", "Hà Nội"]
    assert panel["score"].tolist() == [5.5, 6.0]
    assert panel["row"].tolist() == [2, 3]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", [(None, "", "expect.not_empty")]),
        (b"\n\n", [(None, "", "expect.not_empty")]),
        (b"area,component,year,score\n", [(None, "", "expect.not_empty")]),
        (b'area,component,year,score\n"a\nb",P1,2020,5\n', [(2, "", "expect.one_line")]),
        (GOOD.encode("utf-16"), [(None, "", "expect.utf8_not_utf16")]),
        (GOOD.encode("utf-16-le"), [(None, "", "expect.utf8_not_utf16")]),
        ("area,component,year,score\nđ,P1,2020,5\n".encode("cp1258"), [(2, "", "expect.utf8")]),
        (b"PK\x03\x04rest of a workbook", [(None, "", "expect.csv_not_excel")]),
        (GOOD.replace("2021", "20\x0021").encode(), [(3, "", "expect.no_nul")]),
        (GOOD.replace(",", ";").encode(), [(1, "", "expect.commas")]),
        (GOOD.replace(",", "\t").encode(), [(1, "", "expect.commas")]),
        (GOOD.replace("score", "scroe").encode(), [(1, "scroe", "expect.known_column_near")]),
        (
            GOOD.replace("score", "xyz").encode(),
            [(1, "xyz", "expect.known_column"), (1, "score", "expect.column")],
        ),
        (
            GOOD.replace("score", "area").encode(),
            [(1, "score", "expect.column"), (1, "area", "expect.column_once")],
        ),
        (GOOD.replace("5.5", "5,5").encode(), [(2, "score", "expect.number_hint")]),
        (GOOD.replace("5.5", "5,5,5").encode(), [(2, "", "expect.cells")]),
        (GOOD.replace("P1,2020", "P1, cũ,2020").encode(), [(2, "", "expect.cells")]),
        (GOOD.replace("P1,2020", "P1").encode(), [(2, "", "expect.cells")]),
        (GOOD.replace("Hà Nội,P1,2020", '"Hà\nNội",P1,2020').encode(), [(2, "", "expect.one_line")]),
        (GOOD.replace("P1,2021", '"P1,2021').encode(), [(3, "", "expect.quotes")]),
        (GOOD.replace("P1,2021", '"P"1,2021').encode(), [(3, "", "expect.quotes")]),
        (GOOD.replace("2021", "2020").encode(), [(3, "", "expect.new_key")]),
        (GOOD.replace("2021", "0").encode(), [(3, "year", "expect.year")]),
        (GOOD.replace("6\n", "x" * 200_000 + "\n").encode(), [(3, "", "expect.shorter_cell")]),
        (GOOD.replace("P1,2021", ",2021").encode(), [(3, "component", "expect.something")]),
    ],
)
def test_a_bad_file_is_refused_in_its_place(content, expected, tmp_path):
    """Each fault of a file has one sentence and the right row."""
    path = tmp_path / "panel.csv"
    path.write_bytes(content)

    assert refusal(path) == expected


def test_a_row_after_a_broken_one_keeps_its_number(tmp_path):
    """Rows are counted as an editor counts them, whatever stands above."""
    path = tmp_path / "panel.csv"
    path.write_text('area,component,year,score\n\n"a\nb",P1,2020,5\nc,P1,2020,x\n', encoding="utf-8")

    assert refusal(path) == [(3, "", "expect.one_line"), (5, "score", "expect.number")]


def test_a_broken_header_is_told_alone(tmp_path):
    """The row after a broken header is not taken for the header."""
    path = tmp_path / "panel.csv"
    path.write_text(GOOD.replace("area,", '"area\n",'), encoding="utf-8")

    assert refusal(path) == [(1, "", "expect.one_line")]


def test_what_is_no_file_is_refused(tmp_path):
    """A missing file and a folder in its place are two sentences."""
    (tmp_path / "folder.csv").mkdir()

    assert refusal(tmp_path / "none.csv") == [(None, "", "expect.file")]
    assert refusal(tmp_path / "folder.csv") == [(None, "", "expect.regular_file")]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_refused(tmp_path):
    """No permission is said, not thrown."""
    path = tmp_path / "panel.csv"
    path.write_text(GOOD, encoding="utf-8")
    path.chmod(0)

    assert refusal(path) == [(None, "", "expect.readable")]


def test_a_device_error_is_told(tmp_path, monkeypatch):
    """Whatever the system says when reading fails reaches the reader in a sentence."""
    path = tmp_path / "panel.csv"
    path.write_text(GOOD, encoding="utf-8")

    def fail(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(files.incoming.os, "open", fail)

    assert refusal(path) == [(None, "", "expect.readable")]


def test_a_huge_file_is_refused(tmp_path, monkeypatch):
    """A dump put in the place of a table must not fill the memory."""
    path = tmp_path / "panel.csv"
    path.write_text(GOOD, encoding="utf-8")
    monkeypatch.setattr(files, "MAX_BYTES", 10)

    assert refusal(path) == [(None, "", "expect.smaller_file")]


@settings(max_examples=150)
@given(content=st.binary(max_size=300))
def test_any_bytes_give_a_table_or_a_refusal(content, tmp_path_factory):
    """No bytes whatever raise anything but our own error."""
    path = tmp_path_factory.mktemp("bytes") / "panel.csv"
    path.write_bytes(content)

    with pytest.raises(DataError):  # random bytes never hold our header
        load.read_panel(path)


@settings(max_examples=150)
@given(seed=st.integers(0, 10**9), count=st.integers(1, 6))
def test_a_good_file_with_broken_bytes_gives_a_table_or_a_refusal(seed, count, tmp_path_factory):
    """Damage a good file at random: it is read or refused, never thrown at the reader."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    content = bytearray(GOOD.encode())
    for _ in range(count):
        place = dice.randrange(len(content))
        match dice.randrange(3):
            case 0:
                content[place] = dice.randrange(256)
            case 1:
                del content[place]
            case _:
                content.insert(place, dice.choice(b'",;\n\r\x00\xff0'))
    path = tmp_path_factory.mktemp("damaged") / "panel.csv"
    path.write_bytes(bytes(content))

    with contextlib.suppress(DataError):
        panel = load.read_panel(path)
        assert set(panel["row"]) <= set(range(2, content.count(b"\n") + content.count(b"\r") + 3))


@given(st.text(max_size=40), st.sampled_from(["area", "component", "year", "score"]))
def test_any_text_in_a_cell_gives_a_table_or_a_refusal(text, column):
    """A cell may hold anything; the answer is a value or a problem in that column."""
    cells = {"area": ["a"], "component": ["b"], "year": ["2020"], "score": ["1"], "max_score": [""]}
    rows = files.Rows("x.csv", (2,), {**cells, column: [text]}, "")

    _, problems, bad = load.parse_table(rows, load.tables.PANEL, None)

    assert {problem.column for problem in problems} <= {column}
    assert bad == ({2} if problems else set())
