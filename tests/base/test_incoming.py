"""Files of people and records in JSON: opened with limits, or refused in a sentence."""

import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base import incoming
from forecast.base.errors import DataError


@pytest.mark.parametrize(
    ("content", "row", "key"),
    [
        (b"PK\x03\x04...", None, "expect.csv_not_excel"),
        ("a,b\n".encode("utf-16"), None, "expect.utf8_not_utf16"),
        ("a,b\n".encode("utf-16-le"), None, "expect.utf8_not_utf16"),
        (b"a\nb\xff\n", 2, "expect.utf8"),
        (b"abcdef\nb\0\n", 2, "expect.no_nul"),
    ],
)
def test_what_is_no_text_is_refused_by_its_kind(content, row, key):
    """Each with the row where it ends to be text."""
    with pytest.raises(DataError) as caught:
        incoming.text(content, "x.csv")

    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.expected_key) == ("x.csv", row, key)


def test_unicode_text_of_excel_is_read_where_it_may_come():
    """The same words in both encodings."""
    assert incoming.text("số".encode("utf-16"), "x", utf16=True) == incoming.text("số".encode(), "x") == "số"


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (Path.exists, "expect.file"),
        (Path.mkdir, "expect.regular_file"),
        (os.mkfifo, "expect.regular_file"),
        (lambda path: path.symlink_to("/dev/zero"), "expect.regular_file"),
        (lambda path: path.symlink_to(path), "expect.no_circle_of_links"),
        (lambda path: path.write_bytes(b"12345"), "expect.smaller_file"),
    ],
    ids=["missing", "folder", "pipe", "device", "circle of links", "too large"],
)
def test_what_is_no_file_to_read_is_refused_at_once(make, key, tmp_path):
    """Nobody waits for a pipe, and nothing endless is read."""
    path = tmp_path / "x.csv"
    make(path)
    with pytest.raises(DataError) as caught:
        incoming.content(path, most=4)

    assert [problem.expected_key for problem in caught.value.problems] == [key]


@pytest.mark.parametrize("written", [b"1", b"123456", b"abc"], ids=["cut", "grown", "other"])
def test_a_file_that_is_written_while_it_is_read_is_refused(written, tmp_path, monkeypatch):
    """Half of one state and half of another is no file that anybody made."""
    path = tmp_path / "x.csv"
    path.write_bytes(b"123")
    os.utime(path, (1, 1))
    looked = os.fstat

    def look(number):
        about = looked(number)
        path.write_bytes(written)
        return about

    monkeypatch.setattr(os, "fstat", look)
    with pytest.raises(DataError) as caught:
        incoming.content(path)

    assert [problem.expected_key for problem in caught.value.problems] == ["expect.steady_file"]


def test_an_address_is_no_missing_file():
    """A path has made one slash of two."""
    with pytest.raises(DataError) as caught:
        incoming.content(Path("https://moha.gov.vn/a.xlsx"))

    assert [problem.expected_key for problem in caught.value.problems] == ["expect.no_address"]


def test_a_name_that_no_system_takes_is_refused(tmp_path):
    """The system does not even look for it."""
    with pytest.raises(DataError) as caught:
        incoming.content(tmp_path / ("x" * 300))

    assert [problem.expected_key for problem in caught.value.problems] == ["expect.shorter_name"]


@pytest.mark.parametrize(
    "written",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000,
        "[" * 51 + "]" * 51,
        '{"a": ' + "9" * 5_000 + "}",
        '"\\ud800"',
        b"\xff\xfe{\x00}\x00",
        "",
        " " * (incoming.MOST_RECORD + 1),
    ],
    ids=["brackets", "objects", "a few too many", "number", "half a character", "UTF-16", "nothing", "large"],
)
def test_a_record_beyond_reason_is_no_record(written):
    """ValueError and nothing else, so that who reads it can say which file it is."""
    with pytest.raises(ValueError, match=r"brackets|digits|surrogates|decode|Expecting|bytes"):
        incoming.record(written)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ('{"a": 1, "a": 1}', "a"),
        ('[{"b": [{"a": 1, "\\u0061": 2}]}]', "a"),
        ('{"a": {"c": 1}, "b": 1, "a": {}}', "a"),
    ],
    ids=["alike", "below, as an escape", "not side by side"],
)
def test_a_key_that_stands_twice_is_named(written, key):
    """Whichever is taken, the other would be lost without a word."""
    with pytest.raises(incoming.RepeatedKeyError) as refused:
        incoming.record(written)

    assert refused.value.args == (key,)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
        lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
        max_leaves=20,
    )
)
def test_a_record_of_ours_is_read_as_it_was_written(value):
    """With letters as they are, or as escapes."""
    try:
        written = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert incoming.record(written) == value
    assert incoming.record(json.dumps(value)) == value


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_ours_alone(written):
    """Older records of ours hold it; in JSON of others nobody knows what it means."""
    assert not math.isfinite(incoming.record(written))
    with pytest.raises(incoming.NoNumberError, match=written):
        incoming.record(written, foreign=True)


@pytest.mark.parametrize(
    ("written", "row", "key"),
    [
        ("a = 1\nb = \n", 2, "expect.toml"),
        ("a = " + "[" * 100_000, None, "expect.toml_whole"),
        ("a = " + "9" * 5_000, None, "expect.toml_whole"),
    ],
)
def test_what_is_no_toml_is_told_by_its_place(written, row, key):
    """The parser's English is left out."""
    with pytest.raises(DataError) as caught:
        incoming.toml(written, "x.toml")

    assert [(each.row, each.expected_key) for each in caught.value.problems] == [(row, key)]


def test_more_toml_than_a_person_writes_is_not_parsed():
    """The file is named with its size and the limit, though all of it is TOML."""
    with pytest.raises(DataError) as refused:
        incoming.toml("a = 1\n" + "#" * incoming.MOST_TOML, "x.toml")

    assert "x.toml: the file has 1.0 MB, above the limit of 1 MB" in refused.value.text("en")


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("b = “x”", "expect.toml_quotes"),
        ("b = x y", "expect.toml_unquoted"),
        ("tên = Sở Nội vụ", "expect.toml"),
        ("b = 90,5", "expect.toml_comma"),
        ("b = { x = -90,5 }", "expect.toml_comma"),
        ("b = { x = 1, y = 90,5, z = 2 }", "expect.toml_comma"),
        ("b = 0281234", "expect.toml"),
        ('b = "1,5" x', "expect.toml"),
        ("b = true x", "expect.toml"),
    ],
)
def test_usual_slips_in_toml_are_named(line, key):
    """Where the row that is no TOML has them."""
    with pytest.raises(DataError) as refused:
        incoming.toml(f"a = 1\n{line}\n", "x.toml")

    (problem,) = refused.value.problems
    assert (problem.row, problem.expected_key) == (2, key)
