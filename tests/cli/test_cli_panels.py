"""The verbs `predict` and `backtest` asked for what cannot be: one sentence, the right code, nothing lost."""

import os

import numpy as np
import pandas as pd
import pytest

from forecast import cli
from forecast.base.errors import WriteError
from forecast.cli.panels import write_table

HEADER = "area,component,year,score\n"
YEARS = range(2012, 2018)


def rows(years=YEARS, score=lambda area, year: 5 + len(area) + year % 3):
    """Give a made-up panel of two areas as CSV."""
    lines = (f"{area},D,{year},{score(area, year)}\n" for area in ("A", "BB") for year in years)
    return HEADER + "".join(lines)


@pytest.fixture
def place(tmp_path):
    """Give a folder with a sound panel, a file and a folder."""
    (tmp_path / "scores.csv").write_text(rows())
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    return tmp_path


def refused(capsys, *arguments):
    """Run the command; give its exit code and its message, which is no traceback."""
    code = cli.run(["--lang", "en", *map(str, arguments)])
    told = capsys.readouterr().err
    assert "Traceback" not in told
    return code, told


VERBS = (("predict", "--target-year", "2018"), ("backtest", "--origins", "2016"))


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("missing/out.csv", "folder"),
        ("file/out.csv", "folder"),
        ("folder", "is a folder"),
        (".", "is a folder"),
        ("..", "is a folder"),
    ],
)
def test_a_place_that_takes_no_file_is_told(place, capsys, verb, out, words):
    """Whatever is wrong with the place of the result is one sentence with exit code 4."""
    code, told = refused(capsys, *verb, "--scores", place / "scores.csv", "--out", place / out)

    assert code == 4
    assert words in told
    assert sorted(path.name for path in place.iterdir()) == ["file", "folder", "scores.csv"]


@pytest.mark.parametrize("option", ["--scores", "--out"])
def test_a_name_that_no_system_takes_is_told_with_its_option(place, capsys, option):
    """The system would refuse it in English, wherever it is met first."""
    scores = [] if option == "--scores" else ["--scores", place / "scores.csv"]
    code, told = refused(capsys, *VERBS[0], *scores, option, place / ("x" * 300))

    assert code == 2
    assert f"{option}: the name" in told
    assert "is too long" in told


def test_the_summary_has_a_place_before_anything_is_written(place, capsys):
    """A backtest whose summary cannot be written leaves no half of its result."""
    wanted = ["--out", place / "out.csv", "--summary", place / "missing" / "s.csv"]
    code, _ = refused(capsys, *VERBS[1], "--scores", place / "scores.csv", *wanted)

    assert code == 4
    assert not (place / "out.csv").exists()


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_a_result_never_replaces_the_figures_it_comes_from(place, capsys, verb):
    """The file of scores is not taken for the result, however its path is written."""
    same = place / "folder" / ".." / "scores.csv"
    code, told = refused(capsys, *verb, "--scores", place / "scores.csv", "--out", same)

    assert code == 2
    assert "--out" in told
    assert (place / "scores.csv").read_text() == rows()


def test_a_table_has_no_name_of_another_kind(place, capsys):
    """A CSV file called .xlsx would be one that Excel refuses to open."""
    for verb in VERBS:
        code, told = refused(capsys, *verb, "--scores", place / "scores.csv", "--out", place / "o.xlsx")
        assert (code, "name it o.csv" in told) == (2, True)


def test_two_results_have_two_places(place, capsys):
    """The summary of a backtest does not replace its table."""
    both = ["--out", place / "out.csv", "--summary", place / "out.csv"]
    code, told = refused(capsys, *VERBS[1], "--scores", place / "scores.csv", *both)

    assert code == 2
    assert "--summary" in told


def test_what_is_no_plain_file_is_written_to_and_stays(place, capsys):
    """A pipe takes the table; it is not replaced by a file."""
    pipe = place / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    asked = ["predict", "--target-year", "2018", "--model", "last_value"]
    code, _ = refused(capsys, *asked, "--scores", place / "scores.csv", "--out", pipe)
    read = os.read(end, 1 << 16)
    os.close(end)

    assert code == 0
    assert pipe.is_fifo()
    assert read.startswith(b"area,component,target_year")


def test_a_device_without_room_is_told(tmp_path):
    """A full disk is one sentence, also where the file is no plain one."""
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    if not full.is_char_device():
        pytest.skip("there is no /dev/full on this system")
    with pytest.raises(WriteError, match="room"):
        write_table(pd.DataFrame({"area": ["A"] * 10_000}), full)


def test_years_beyond_reason_are_refused(place, capsys):
    """Nobody waits for forecasts of thousands of years."""
    asked = ["--scores", place / "scores.csv", "--out", place / "out.csv"]
    code, told = refused(capsys, "predict", *asked, "--target-year", "2018:9999")
    assert (code, "--target-year" in told) == (2, True)

    code, told = refused(capsys, "backtest", *asked, "--horizons", "1:9999")
    assert (code, "--horizons" in told) == (2, True)


@pytest.mark.parametrize("scale", [1e300, 1e308, -1e200])
def test_scores_that_cannot_be_squared_are_refused(place, capsys, scale):
    """A score so large that no figure of it would be left is named by its row."""
    huge = place / "huge.csv"
    huge.write_text(rows(score=lambda area, year: scale if (area, year) == ("A", 2013) else 5.0 + year % 3))
    code, told = refused(
        capsys, "predict", "--scores", huge, "--out", place / "o.csv", "--target-year", "2018"
    )

    assert code == 1
    assert "row 3, column score" in told


def test_one_year_is_too_little_data(place, capsys):
    """That no model can work with the figures is a matter of the data, not of the program."""
    (place / "one.csv").write_text(rows([2017]))
    code, told = refused(
        capsys, "predict", "--scores", place / "one.csv", "--out", place / "o.csv", "--target-year", "2018"
    )

    assert code == 1
    assert "at least one more year" in told


def test_an_empty_cell_is_shown_as_empty(place, capsys):
    """The word nan, which the file does not hold, is in no message."""
    text = HEADER.replace("score", "score,max_score") + "A,D,2016,5,10\nA,D,2017,5,\n"
    (place / "part.csv").write_text(text)
    code, told = refused(
        capsys, "predict", "--scores", place / "part.csv", "--out", place / "o.csv", "--target-year", "2018"
    )

    assert code == 1
    assert "row 3, column max_score" in told
    assert "nan" not in told


@pytest.mark.slow
def test_a_gap_of_centuries_warns_of_nothing(place, capsys):
    """Years without any figure are gaps, however many."""
    (place / "gap.csv").write_text(
        HEADER
        + "".join(
            f"{area},{component},{year},{np.sin(year + len(area + component)):.3f}\n"
            for area in ("A", "BB")
            for component in ("D", "EE")
            for year in (1700, 1850, 2016, 2017)
        )
    )
    asked = ["--scores", place / "gap.csv", "--out", place / "o.csv", "--target-year", "2018"]
    code, _ = refused(capsys, "predict", *asked)

    assert code == 0


def test_a_table_in_parts_has_the_bytes_that_pandas_writes(tmp_path):
    """Missing cells, quotes, commas, small and large numbers, whole numbers: as `DataFrame.to_csv`."""
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {
            "area": ['An, "Nam"', "Bình", None, "Đà\nNẵng"] * 50,
            "year": np.arange(200),
            "value": np.where(
                rng.random(200) < 0.2, np.nan, rng.normal(size=200) * 10.0 ** rng.integers(-20, 20, 200)
            ),
            "kind": pd.Categorical(["a", "b", None, "a"] * 50),
        }
    )
    write_table((table.iloc[first : first + 70] for first in range(0, 200, 70)), tmp_path / "parts.csv")

    table.to_csv(tmp_path / "whole.csv", index=False, lineterminator="\n")
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_what_was_understood_and_doubted_is_told_by_both_verbs(place, capsys, verb):
    """A wide table is read and said to be one; a value a hundred times the rest is named by its row."""
    wide = "area;2012;2013;2014;2015;2016;2017\nA;5;6;7;600;7;6\nBB;6;7;6;7;6,5;7\n"
    (place / "wide.csv").write_text(wide)
    code, told = refused(capsys, *verb, "--scores", place / "wide.csv", "--out", place / "o.csv")

    assert code == 0
    assert "one column a year" in told
    assert "row 2, A, score, 2015" in told


@pytest.mark.parametrize(
    ("year", "said"), [(18, True), (2012, True), (2030, True), (2014, False), (2018, False)]
)
def test_a_change_of_method_outside_the_table_is_told(place, capsys, year, said):
    """It would be lost without a word; the year that is forecast may bring one."""
    (place / "events.csv").write_text(f"year\n{year}\n")
    asked = ["--scores", place / "scores.csv", "--out", place / "o.csv", "--events", place / "events.csv"]
    code, told = refused(capsys, *VERBS[0], "--model", "last_value", *asked)

    assert code == 0
    assert (
        f"--events: 1 year is not among those of the table, 2012 to 2018, and changes nothing ({year})"
        in told
    ) == said
