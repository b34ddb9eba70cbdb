"""Errors: told in two languages, with the right exit code, and able to cross a kernel's border."""

import errno
import os
import pickle
import re
from pathlib import Path

import pytest

from forecast.base import disk, errors, labels
from forecast.base.errors import (
    DataError,
    ForecastError,
    Problem,
    RunError,
    SpecError,
    TooFewYearsError,
    WriteError,
)

SOURCES = sorted((Path(__file__).parents[2] / "src" / "forecast").rglob("*.py"))
PREFIXES = ("error", "expect", "spec", "problem", "delimiter", "check", "cli", "column", "aside", "statistic")
PROBLEM = Problem("scores.csv", 12, "score", "87,5", "expect.number_hint", {"hint": "87.5"})

every_error = pytest.mark.parametrize(
    "error",
    [
        SpecError("spec.empty", {"name": "area"}),
        TooFewYearsError.of("theta", 6, 4),
        RunError("error.too_few_years", {"model": "m", "needed": 1, "got": 0, "notebook": "tong", "cell": 3}),
        DataError([PROBLEM]),
        WriteError("spec.empty", {"name": "out"}),
    ],
    ids=lambda error: type(error).__name__,
)


@every_error
def test_an_error_survives_pickling(error):
    """All parts are in args, so an error passes from a kernel to the runner whole."""
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert type(copy) is type(error)
    assert (copy.key, copy.facts, str(copy)) == (error.key, error.facts, str(error))


@every_error
def test_an_error_speaks_both_languages(error):
    """The text for people is not the text for programmers, and neither is a key."""
    assert str(error) == error.text("en") != error.text("vi")
    assert error.key not in error.text("vi")


@every_error
def test_every_error_is_caught_by_the_one_base(error):
    """A notebook can catch all of ours and nothing else."""
    assert isinstance(error, ForecastError)
    assert error.exit_code in (1, 2, 3, 4)


def test_builtin_families():
    """Bad values are ValueErrors and failed writing is an OSError, for callers who know neither."""
    assert issubclass(DataError, ValueError)
    assert issubclass(SpecError, ValueError)
    assert issubclass(TooFewYearsError, ValueError)
    assert issubclass(WriteError, OSError)


def test_exit_codes_are_those_of_the_readme():
    """1 bad data, 2 bad use, 3 a run failed, 4 cannot write."""
    found = [error.exit_code for error in (DataError, SpecError, RunError, WriteError)]

    assert found == [1, 2, 3, 4]


def test_a_problem_says_where_what_and_what_to_do():
    """File, row, column, value and the mended value stand on one line."""
    assert PROBLEM.text("vi") == (
        "scores.csv, dòng 12, cột score, gặp “87,5”: cần một số có dấu chấm thập phân, "
        "không có dấu phân cách hàng nghìn hay ký hiệu kèm theo: viết 87.5"
    )
    assert PROBLEM.text("en").startswith("scores.csv, row 12, column score, found “87,5”: a number")


@pytest.mark.parametrize("code", sorted(errno.errorcode))
def test_no_refusal_of_the_system_is_told_in_its_words(code):
    """They are English, whatever the reader's language; what is rare has its code's name."""
    error = OSError(code, os.strerror(code), "x")
    told = {lang: errors.reason_of(error).text(lang) for lang in labels.LANGUAGES}

    assert len(set(told.values())) == len(labels.LANGUAGES)
    assert not any(os.strerror(code) in line for line in told.values() if "denied" not in line)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.EMFILE, "too many files are open"),
        (errno.EIO, "the disk fails to read or write"),
        (errno.EBUSY, "another program is using it"),
        (errno.ETXTBSY, "another program is using it"),
        (errno.EOVERFLOW, "the system refuses with the code EOVERFLOW"),
        (None, "the system refuses with the code OSError"),
    ],
)
def test_a_refusal_of_the_system_has_its_reason(code, said):
    """One function names it, whoever reads or writes."""
    error = OSError(code, "prose") if code else OSError("prose")

    assert errors.reason_of(error).text("en") == said
    assert said in disk.write_error(error, Path("x")).text("en")


def test_all_problems_are_listed():
    """Nobody mends one row to be told of the next."""
    problems = [Problem("scores.csv", row, "score", "x", "expect.number") for row in range(2, 302)]

    lines = DataError(problems).text("vi").splitlines()

    assert lines[0] == "Dữ liệu có 300 chỗ sai; sửa hết rồi chạy lại:"
    assert len(lines) == 1 + errors.FEW_ALIKE + 1
    assert lines[-1] == "  scores.csv, cột score: thêm 295 chỗ như trên (dòng 7–301)"


@pytest.mark.parametrize(
    ("problems", "count"),
    [
        ([Problem("scores.csv", row, "score", "x", "expect.number") for row in range(2, 14)], 12),
        ([Problem("scores.csv", row, f"c{row % 2}", "x", "expect.number") for row in range(2, 26)], 24),
        ([Problem(f"{row}.csv", None, "", "", "expect.not_empty") for row in range(40)], 40),
        ([Problem("scores.csv", row, "score", "x", "expect.number") for row in range(2, 400, 2)], 6),
    ],
    ids=["few", "two columns", "whole files", "every other row"],
)
def test_only_many_problems_of_one_kind_are_one_line(problems, count):
    """What a person can read is listed; a fault of a whole column is told once, with every row."""
    lines = DataError(problems).text("en").splitlines()[1:]

    assert len(lines) == count


def test_a_found_value_cannot_steer_the_terminal():
    """Control characters are shown, not obeyed, and a long value is cut."""
    wild = errors.shown("\x1b[2Jhello\u202e" + "x" * 500)

    assert "\x1b" not in wild
    assert "\u202e" not in wild
    assert len(wild) < 100


def test_run_errors_know_their_notebook_and_cell():
    """Who reads the error need not dig in its facts."""
    error = RunError("run.any", {"notebook": "linh-vuc", "cell": 4})

    assert (error.notebook, error.cell) == ("linh-vuc", 4)
    assert (RunError("run.any").notebook, RunError("run.any").cell) == ("", None)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_key_in_the_source_is_in_the_catalogue(path):
    """A sentence that is missing would only be noticed by a reader in trouble."""
    known = labels.catalogue()
    named = re.findall(rf'"((?:{"|".join(PREFIXES)})\.[a-z_0-9.]+)"', path.read_text(encoding="utf-8"))

    assert [key for key in named if key not in known and not key.endswith((".json", ".csv"))] == []


def test_every_sentence_of_ours_is_used():
    """The catalogue holds no dead sentence of the data door and the command line."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    built = r"cli\.[a-z-]+\.|column\.|aside\.|statistic\.|component\.|trust\.|max_status\.|index\.|word\."
    ours = [key for key in labels.catalogue() if key.split(".")[0] in PREFIXES and not re.match(built, key)]

    assert [key for key in ours if f'"{key}"' not in source] == []


def test_a_list_that_nobody_reads_ends_with_a_count_of_the_rest():
    """Past a limit the rest is counted, so that a wrong file is answered at once."""
    problems = [Problem("scores.csv", row, f"c{row}", "x", "expect.number") for row in range(2, 5_002)]
    error = DataError(problems)

    lines = error.text("vi").splitlines()

    assert lines[0].startswith("Dữ liệu có 5000 chỗ sai")
    assert len(lines) == 1 + errors.MOST_TOLD + 1
    assert str(5000 - errors.MOST_TOLD) in lines[-1]
    assert error.problems == tuple(problems)


@pytest.mark.parametrize(("count", "said"), [(1, "1 figure is doubtful"), (3, "3 figures are doubtful")])
def test_doubts_are_counted_without_the_advice(count, said):
    """What can be done about them stands in the heading."""
    doubts = [Problem("a.csv", row, "score", "8", "doubt.negative") for row in range(count)]

    first, *lines = DataError(doubts, heading="error.doubts").text("en").splitlines()
    assert first.startswith(said)
    assert "--insist" in first
    assert len(lines) == count
